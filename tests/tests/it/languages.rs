//! Languages: which one is spoken, that each says everything, and that nothing else changes with it.

use airlock::{
    flows::{Prefix, gate::NoAnswer},
    pages::Asset,
    people::Role,
    texts::Language,
    web::same_origin_path,
};
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use serde_json::json;

mod dates;
mod email;
mod forgot;

use crate::invitations::{INVITATION, opened};

mod mailed;

const COOKIE: &str = "__Host-airlock-language";
const FORM_PASSWORD: &str = "correct+horse+battery+staple";

/// The pages seen on a walk through both Workers, by name.
struct Walk<'w> {
    world: &'w World,
    language: &'static str,
    pages: Vec<(String, String)>,
}

impl<'w> Walk<'w> {
    fn browser(&self) -> Browser<'w> {
        self.speaking(self.world.browser())
    }

    fn admin(&self) -> Browser<'w> {
        self.speaking(self.world.admin())
    }

    fn speaking(&self, browser: Browser<'w>) -> Browser<'w> {
        browser.cookies.borrow_mut().insert(COOKIE.to_owned(), self.language.to_owned());
        browser
    }

    #[track_caller]
    fn see(&mut self, status: u16, name: &str, answer: Answer) -> String {
        let body = answer.expect(status).0.body;
        assert!(body.starts_with("<!doctype html>"), "{name}: {body}");
        self.pages.push((name.to_owned(), body.clone()));
        body
    }

    fn code(&self, seed: &str) -> String {
        self.world.wait_s(30);
        self.world.code(seed, 0)
    }

    fn seed(&self, browser: &Browser<'_>) -> String {
        browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned()
    }

    /// Signing in, and everything that can be seen on the way.
    fn sign_in(&mut self) {
        let browser = self.browser();
        let form = |password: &str| format!("email=noor%40acme.test&password={password}&return_to=%2F");
        self.see(200, "login", browser.open("/auth/login"));
        self.see(401, "wrong password", browser.submit("/auth/login", &form("wrong")));
        self.see(403, "foreign", {
            let mut request = browser.request("POST", "/auth/login", "");
            set_header(&mut request, "accept", "text/html");
            set_header(&mut request, "sec-fetch-site", "cross-site");
            browser.send(&request)
        });
        self.see(404, "not found", browser.open("/auth/nothing"));
        self.see(405, "method not allowed", browser.submit("/auth/session", ""));
        browser.submit("/auth/login", &form(FORM_PASSWORD)).expect(303);
        self.see(200, "verify", browser.open("/auth/verify"));
        self.see(401, "wrong code", browser.fill("/auth/verify", "/auth/verify", "code=000000"));
        self.see(400, "no code", browser.fill("/auth/verify", "/auth/verify", "code=1"));
        self.see(
            401,
            "clock",
            browser.fill("/auth/verify", "/auth/verify", &format!("code={}", self.world.code(NOOR_SEED, -8))),
        );
        self.see(200, "recovery", browser.open("/auth/recovery"));
        self.see(
            401,
            "wrong recovery code",
            browser.fill("/auth/recovery", "/auth/recovery", &format!("code={}", "0".repeat(24))),
        );
        let code = self.world.code(NOOR_SEED, 0);
        browser.fill("/auth/verify", "/auth/verify", &format!("code={code}")).expect(303);
        for (status, why) in [(502, NoAnswer::Down), (504, NoAnswer::Slow)] {
            self.world.app_silent.set(Some(why));
            self.see(status, "no answer of the app", browser.open("/"));
        }
        self.profile(&browser);
        self.recovery();
    }

    /// One's own pages.
    fn profile(&mut self, browser: &Browser<'w>) {
        for done in ["saved", "disabled", "removed Token", "ended Firefox", "password"] {
            let id = self.world.text("SELECT id FROM sessions WHERE user_id = 'noor' AND pending = 0");
            let told = airlock::web::done::seal(&self.world.config.borrow()[0].pepper_keys, &id, done);
            self.see(
                200,
                &format!("profile, {done}"),
                browser.open(&format!("/auth/profile?{}", airlock::web::encoded(&[("done", &told)]))),
            );
        }
        self.see(200, "edit profile", browser.open("/auth/profile/edit"));
        self.see(400, "edit profile, no name", browser.fill("/auth/profile/edit", "/auth/profile/edit", "name="));
        self.see(200, "password", browser.open("/auth/password"));
        let weak = "current_password=x&new_password=";
        for (new, name) in [
            ("short", "short"),
            (&"a".repeat(300), "long"),
            ("passwordpassword", "common"),
            ("noornoornoornoor", "own"),
        ] {
            let form = format!("{weak}{new}");
            self.see(400, &format!("password, {name}"), browser.fill("/auth/password", "/auth/password", &form));
        }
        self.see(200, "reauth", browser.open("/auth/reauth"));
        self.see(401, "reauth, wrong", browser.fill("/auth/reauth", "/auth/reauth", "password=x&code=123456"));
        let code = self.code(NOOR_SEED);
        browser.reauth(Some(&code)).expect(200);
        self.see(200, "turn off", browser.open("/auth/two-factor/disable"));
        self.see(200, "enrol beside others", browser.open("/auth/enrol"));
        self.see(401, "enrol, wrong code", browser.fill("/auth/enrol", "/auth/enrol", "code=000000"));
        let seed = self.seed(browser);
        let code = self.world.code(&seed, 0);
        let form = format!("code={code}&name=Second");
        self.see(200, "recovery codes", browser.follow(browser.fill("/auth/enrol", "/auth/enrol", &form)));
        let kept = "/auth/recovery-codes/kept";
        self.see(200, "kept", browser.open(kept));
        self.see(401, "kept, wrong", browser.fill(kept, kept, &format!("code={}", "0".repeat(24))));
        self.see(200, "profile, two authenticators", browser.open("/auth/profile"));
        browser.fill(kept, kept, "later=true").expect(303);
        self.see(200, "kept, not again", browser.open("/auth/recovery-codes/kept"));
        self.see(409, "kept, postponed", browser.fill(kept, kept, "later=true"));
        self.see(404, "no session to end", browser.press("/auth/sessions/none/end"));
        browser.press("/auth/authenticators/noor-app/remove").expect(303);
        let last = browser.get("/auth/profile").json()["authenticators"][0]["id"].as_str().unwrap().to_owned();
        self.see(409, "last authenticator", browser.press(&format!("/auth/authenticators/{last}/remove")));
        self.world.require("acme", true, "next_login");
        self.see(409, "required", browser.press("/auth/two-factor/disable"));
        self.see(409, "turn off, required", browser.open("/auth/two-factor/disable"));
        self.see(200, "profile, required", browser.open("/auth/profile"));
        self.see(200, "edit profile, required", browser.open("/auth/profile/edit"));
        self.world.require("acme", false, "next_login");
        self.world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
        self.see(200, "profile, not asked", browser.open("/auth/profile"));
        self.see(200, "edit profile, not asked", browser.open("/auth/profile/edit"));
        let asked = browser.press("/auth/two-factor/enable");
        self.see(200, "profile, asked again", browser.open(asked.expect(303).header("location").unwrap()));
        let other = self.browser();
        other.login("noor@acme.test").expect(200);
        let mut named = browser.request("GET", "/auth/profile", "");
        set_header(&mut named, "accept", "text/html");
        set_header(&mut named, "user-agent", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0");
        self.see(200, "profile, another session", browser.send(&named));
        self.world.db.execute("UPDATE users SET code_failures = 100 WHERE id = 'noor'", &[]);
        self.see(429, "locked", other.open("/auth/verify"));
        self.world.db.execute("UPDATE users SET code_failures = 0 WHERE id = 'noor'", &[]);
    }

    /// Without two-factor login, setting it up, and recovery codes until none is left.
    fn recovery(&mut self) {
        let mia = self.browser();
        mia.login("mia@acme.test").expect(200);
        self.see(200, "profile, off", mia.open("/auth/profile"));
        self.see(200, "edit profile, off", mia.open("/auth/profile/edit"));
        self.see(200, "reauth without a code", mia.open("/auth/reauth"));
        self.see(409, "no authenticator", {
            mia.reauth(None).expect(200);
            let mut unasked = mia.request("POST", "/auth/recovery-codes", "");
            set_header(&mut unasked, "accept", "text/html");
            mia.send(&unasked)
        });
        self.see(409, "nothing to ask for", mia.fill("/auth/profile/edit", "/auth/two-factor/enable", ""));
        self.see(410, "no recovery codes", mia.open("/auth/recovery-codes"));
        self.see(200, "enrol", mia.open("/auth/enrol"));
        self.world.wait_s(16 * 60);
        mia.reauth(None).expect(200);
        self.see(409, "start again", mia.submit("/auth/enrol", "code=123456"));
        self.world.require("acme", true, "next_login");
        let leo = self.browser();
        leo.login("leo@acme.test").expect(200).field("next", "enrol");
        self.see(200, "enrol, demanded", leo.open("/auth/enrol"));
        let seed = self.seed(&leo);
        let code = self.world.code(&seed, 0);
        let codes = leo.post("/auth/enrol", json!({ "code": code })).expect(200).json()["recovery_codes"].clone();
        for (n, code) in codes.as_array().unwrap().iter().enumerate() {
            let leo = self.browser();
            leo.login("leo@acme.test").expect(200);
            let used = leo.fill("/auth/recovery", "/auth/recovery", &format!("code={}", code.as_str().unwrap()));
            self.see(200, &format!("recovery code {n} used"), leo.follow(used));
            if n >= 8 {
                self.see(200, &format!("profile, {n} used"), leo.open("/auth/profile"));
            }
        }
        self.world.require("acme", false, "next_login");
    }

    /// The admin Worker.
    fn administer(&mut self) {
        let owner = self.admin();
        self.see(404, "admin: not for members", {
            let mut request = owner.request("GET", "/auth/login", "");
            request.host = "elsewhere.test".to_owned();
            set_header(&mut request, "accept", "text/html");
            owner.send(&request)
        });
        self.see(200, "admin: login", owner.open("/auth/login"));
        self.world.wait_s(90);
        owner.sign_in("owner@acme.test", OWNER_SEED);
        let settings = "/settings/security/two-factor";
        for query in [
            "",
            "&two_factor=not_set_up",
            "&two_factor=exempt",
            "&two_factor=all",
            "&q=zzz",
            "&two_factor=set_up&q=noor",
        ] {
            self.see(200, &format!("settings{query}"), owner.open(&format!("{settings}?account=acme{query}")));
        }
        let policy = |change: &str| {
            let to = owner.submit(settings, &format!("account=acme&{change}")).expect(303);
            owner.open(to.header("location").unwrap())
        };
        let change = format!("{settings}/change?account=acme");
        self.see(200, "require?", owner.open(&change));
        self.look_ahead(&owner, settings);
        self.see(200, "required", policy("required=true&applies=next_login"));
        self.see(200, "stop requiring?", owner.open(&change));
        self.see(200, "required now", policy("required=true&applies=now"));
        self.see(200, "not required", policy("required=false"));
        self.see(400, "invite, no address", owner.submit("/members", "account=acme&email=x&name=N&role=member"));
        self.see(
            409,
            "invite, member",
            owner.submit("/members", "account=acme&email=mia%40acme.test&name=N&role=member"),
        );
        let new = "account=acme&email=new%40acme.test&name=Newcomer&role=admin";
        let once = self.see(200, "invited", owner.follow(owner.submit("/members", new)));
        let link = once.split("id=\"value\">https://app.test").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let id: String = self.world.text("SELECT id FROM users WHERE email = 'new@acme.test'");
        self.see(200, "member, invited", owner.open(&format!("/members/{id}?account=acme")));
        self.see(200, "withdraw", owner.open(&format!("/members/{id}/remove?account=acme")));
        self.see(409, "reset, invited", owner.open(&format!("/members/{id}/reset?account=acme")));
        let browser = self.browser();
        self.see(200, "invitation", opened(&browser, &link));
        self.see(400, "invitation, weak", browser.fill(INVITATION, INVITATION, "password=short"));
        browser.fill(INVITATION, INVITATION, "password=seven+grey+herons+wade").expect(303);
        self.see(404, "invitation, gone", opened(&browser, &link));
        self.world.add_account("bolt");
        self.world.join("bolt", "owner", "owner@acme.test", Role::Owner);
        let invited = owner.submit("/members", "account=bolt&email=mia%40acme.test&name=Mia&role=member");
        let once = owner.follow(invited).expect(200).0.body;
        let link = once.split("id=\"value\">https://app.test").nth(1).unwrap().split('<').next().unwrap().to_owned();
        self.see(200, "invitation, someone else is signed in", opened(&browser, &link));
        self.see(409, "joining, someone else is signed in", browser.submit(INVITATION, ""));
        let mia = self.browser();
        opened(&mia, &link).expect(200);
        let chosen = mia.fill(INVITATION, INVITATION, "password=seven+grey+herons+wade");
        self.see(409, "joining with a password, has a login", chosen);
        mia.login("mia@acme.test").expect(200);
        mia.reauth(None).expect(200);
        self.see(200, "invitation, signed in", opened(&mia, &link));
        mia.press_on(INVITATION, INVITATION).expect(303);
        self.mailed(&owner);
        self.world.add_user("acme", "ivy", "ivy@acme.test", Role::Member, None);
        owner.submit("/members/ivy/remove", "account=acme").expect(303);
        owner.submit("/members", "account=bolt&email=ivy%40acme.test&name=Ivy&role=member").expect(303);
        let ivy = self.browser();
        ivy.login("ivy@acme.test").expect(200);
        self.see(403, "of no account so far", ivy.open("/"));
        self.world.add_account("umbra");
        self.world.join("umbra", "noor", "noor@acme.test", Role::Member);
        self.see(409, "reset, belongs elsewhere", owner.open("/members/noor/reset?account=acme"));
        self.see(200, "member", owner.open("/members/mia?account=acme"));
        self.see(200, "member, own", owner.open("/members/owner?account=acme"));
        self.see(403, "reset, own", owner.open("/members/owner/reset?account=acme"));
        self.see(200, "reset", owner.open("/members/leo/reset?account=acme"));
        self.see(200, "remove", owner.open("/members/mia/remove?account=acme"));
        let change = |change: &str| {
            let to = owner.submit("/members/noor", &format!("account=acme&{change}")).expect(303);
            owner.open(to.header("location").unwrap())
        };
        self.see(200, "changed", change("name=Noor&role=admin"));
        self.see(200, "deactivated", change("active=false"));
        self.see(200, "activated", change("active=true"));
        let reset = owner.submit("/members/leo/reset", "account=acme").expect(303);
        self.see(200, "was reset", owner.open(reset.header("location").unwrap()));
        let removed = owner.submit("/members/leo/remove", "account=acme&name=leo%40acme.test").expect(303);
        self.see(200, "removed", owner.open(removed.header("location").unwrap()));
        self.see(200, "tokens, none", owner.open("/tokens?account=acme"));
        let scopes = "two_factor%3Aread=on&users%3Awrite=on";
        let made = owner.submit("/tokens", &format!("account=acme&name=Backup&days=30&{scopes}"));
        self.see(200, "token", owner.follow(made));
        self.see(410, "nothing shown in this account", owner.open("/shown?account=none"));
        self.see(200, "tokens", owner.open("/tokens?account=acme"));
        self.see(400, "token, no scope", owner.submit("/tokens", "account=acme&name=Backup&days=365"));
        let id: String = self.world.text("SELECT id FROM api_tokens");
        let revoked = owner.submit(&format!("/tokens/{id}/revoke"), "account=acme&name=Token").expect(303);
        self.see(200, "revoked", owner.open(revoked.header("location").unwrap()));
        self.see(200, "service tokens, none", owner.open("/service-tokens?account=acme"));
        let token = "account=acme&name=Backup&days=30&paths=%2Fapi%2F*+%2Fpub&methods=GET+POST";
        self.see(200, "service token", owner.follow(owner.submit("/service-tokens", token)));
        self.see(200, "service tokens", owner.open("/service-tokens?account=acme"));
        for wrong in ["paths=x&methods=GET", "paths=%2Fx&methods=get"] {
            let form = format!("account=acme&name=Backup&days=30&{wrong}");
            self.see(400, &format!("service token, {wrong}"), owner.submit("/service-tokens", &form));
        }
        let id: String = self.world.text("SELECT id FROM service_tokens");
        let revoked = owner.submit(&format!("/service-tokens/{id}/revoke"), "account=acme&name=Token").expect(303);
        self.see(200, "service token revoked", owner.open(revoked.header("location").unwrap()));
        for detail in [r#"{"rows":1,"up_to":5,"sealed":"e5"}"#, r#"{"rows":12,"up_to":345,"sealed":"e5"}"#] {
            self.world.db.execute(
                "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
                 VALUES ('acme', ?1, 0, 'audit_trimmed', 'ok', ?1, '', '', '')",
                &[detail.into()],
            );
        }
        let mia = self.browser();
        mia.login("mia@acme.test").expect(200);
        let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
        mia.post("/auth/password", change).expect(200);
        let audit = self.see(200, "audit", owner.open("/audit?account=acme"));
        let named = |action: &str| audit.contains(&format!("<option value=\"{action}\""));
        for action in self.world.texts("SELECT DISTINCT action FROM audit WHERE account_id = 'acme'") {
            assert!(named(&action), "{action} is not among those that can be looked for");
        }
        self.see(200, "audit, nothing", owner.open("/audit?account=acme&actor=nobody"));
        self.world.wait_s(360);
        for path in [settings, "/members", "/tokens", "/service-tokens"] {
            self.see(200, &format!("{path}, not fresh"), owner.open(&format!("{path}?account=acme")));
        }
        owner.reauth(Some(&self.code(OWNER_SEED))).expect(200);
        self.see(200, "confirmed", owner.open("/members?account=acme&done=confirmed"));
        let admin = self.admin();
        self.world.add_user("acme", "ada", "ada@acme.test", Role::Admin, None);
        admin.login("ada@acme.test").expect(200).field("next", "enrol");
        self.see(200, "admin: enrol", admin.open("/auth/enrol"));
        let seed = self.seed(&admin);
        admin.post("/auth/enrol", json!({ "code": self.world.code(&seed, 0) })).expect(200);
        admin.reauth(Some(&self.code(&seed))).expect(200);
        self.see(200, "member, higher", admin.open("/members/owner?account=acme"));
        self.see(403, "remove, higher", admin.open("/members/owner/remove?account=acme"));
    }
}

/// Every page of both Workers, in one language.
fn pages(language: &'static str) -> Vec<(String, String)> {
    let world = World::new();
    let mut walk = Walk { world: &world, language, pages: Vec::new() };
    walk.sign_in();
    walk.administer();
    walk.move_on();
    walk.forget();
    walk.pages
}

/// What a page says to its reader: text between tags, and the attributes that are read out. Neither pictures nor code.
fn said(page: &str) -> Vec<String> {
    let mut page = page[page.find("<title>").unwrap()..].to_owned();
    for (from, to) in
        [("<svg", "</svg>"), ("<code", "</code>"), ("<footer", "</footer>"), ("<link", ">"), ("<script", "</script>")]
    {
        while let Some(start) = page.find(from) {
            let end = start + page[start..].find(to).unwrap() + to.len();
            page.replace_range(start..end, "");
        }
    }
    let attributes =
        ["aria-label=\"", "title=\"", "data-label=\"", "data-said=\"", "placeholder=\""].into_iter().flat_map(|name| {
            page.split(name).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
        });
    let texts = page.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim().to_owned());
    attributes.chain(texts).filter(|text| text.chars().any(char::is_alphabetic)).collect()
}

/// The words of the demo world, of browsers, and of the API: the same in every language.
const DATA: &str = "Acme Airlock Bolt N Newcomer Noor Mia Second Backup pub files Token npm WebDAV git info api POST GET noor \
    mia leo owner new zzz nobody NZ Firefox Windows Google Authenticator 2FA 2FAS API CSV UTC SHA1 ASCII xn \
    Authorization Bearer KiB app App Microsoft Android iPhone Aegis Apple Passwords";

fn is_data(word: &str) -> bool {
    DATA.split(' ').any(|one| one == word)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let addresses = |word: &&str| !word.contains('@');
    text.split_whitespace().filter(addresses).flat_map(|word| word.split(|c: char| !c.is_ascii_alphanumeric()))
}

#[test]
fn every_page_is_wholly_in_its_language() {
    let english = pages("en");
    for language in ["de", "hi"] {
        let pages = pages(language);
        assert_eq!(pages.len(), english.len());
        for ((name, page), (_, english)) in pages.iter().zip(&english) {
            assert!(page.contains(&format!("<html lang=\"{language}\" dir=\"ltr\">")), "{name}");
            let english = said(english);
            for text in said(page) {
                assert!(!text.contains(['{', '}']), "{name}: {text}");
                if language == "hi" {
                    let strange =
                        words(&text).find(|word| word.contains(|c: char| c.is_ascii_alphabetic()) && !is_data(word));
                    // Set up in English, before anyone chose a language.
                    assert!(strange.is_none() || text == "Authenticator app", "{name}: {text}");
                } else {
                    let same = english.contains(&text)
                        && words(&text).any(|word| {
                            word.len() > 1 && !is_data(word) && !word.starts_with(|c: char| c.is_ascii_digit())
                        });
                    assert!(!same || ["Name", "Admin"].contains(&text.as_str()), "{name}: {text}");
                    let strange = words(&text).find(|word| {
                        ["the", "and", "your", "you", "with", "is", "of", "to", "not", "are", "this", "for", "has"]
                            .contains(&word.to_ascii_lowercase().as_str())
                    });
                    assert!(strange.is_none(), "{name}: {text}");
                }
            }
        }
        let plain = |language: &str| {
            let language = Language::parse(language).unwrap();
            [
                language.texts().plain(),
                language.edge_texts().plain(),
                language.admin_texts().plain(),
                language.mail_texts().plain(),
            ]
            .concat()
        };
        for ((name, text), (_, english)) in plain(language).into_iter().zip(plain("en")) {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{name}");
            let same = ["name", "role_admin"].contains(&name) && language == "de";
            assert_eq!(text == english, same, "{language} {name}: {text}");
        }
    }
    // What is to be kept is downloaded in the same language.
    let german = pages("de");
    let (_, codes) = german.iter().find(|(name, _)| name == "recovery codes").unwrap();
    assert!(
        codes.contains(
            "charset=utf-8,Wiederherstellungscodes%20f%C3%BCr%20Airlock%0Anoor%40acme.test%0A15.01.2027%0A%0A"
        )
    );
}

#[test]
fn a_language_is_chosen_by_the_user_else_by_the_browser() {
    use Language::{De, En, Hi};
    for (cookie, accept_language, language) in [
        (None, None, En),
        (None, Some("de"), De),
        (None, Some("de-AT, en;q=0.7"), De),
        (None, Some("DE-ch"), De),
        (None, Some("fr-FR, hi;q=0.9, de;q=0.8"), Hi),
        (None, Some("en;q=0.1, de-AT;q=0.8, hi;q=0.8"), De),
        (None, Some("hi-Latn"), Hi),
        (None, Some(" hi ; q = 0.5 , de;q=0.4"), Hi),
        (None, Some("de;q=0, hi;q=0.001"), Hi),
        (None, Some("de;q=0"), En),
        (None, Some("*;q=0.9, de;q=0.5"), En),
        (None, Some("fr, ja"), En),
        (None, Some("deu, german, d"), En),
        (None, Some("de;q=NaN, hi;q=2, de;q=, de;x=1, ;;;,,, q=1"), En),
        (None, Some("\u{fffd},de;q=0.3"), De),
        (Some("hi"), Some("de"), Hi),
        (Some("en"), Some("de"), En),
        (Some("xx"), Some("de"), De),
        (Some(""), Some("de"), De),
        (Some("DE"), None, En),
    ] {
        assert_eq!(Language::choose(cookie, accept_language), language, "{cookie:?} {accept_language:?}");
    }
    // The cookie is read from the request, and so is the header.
    let world = World::new();
    let mut request = world.browser().request("GET", "/auth/login", "");
    set_header(&mut request, "accept", "text/html");
    set_header(&mut request, "accept-language", "de-DE,de;q=0.9");
    assert!(world.handle(&request).body.contains("<html lang=\"de\""));
    set_header(&mut request, "cookie", &format!("{COOKIE}=hi"));
    assert!(world.handle(&request).body.contains("<html lang=\"hi\""));
}

#[test]
fn programs_are_told_the_same_in_every_language() {
    let world = World::new();
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    let edge = world.browser();
    let requests = [
        edge.request("POST", "/auth/login", r#"{"email":"noor@acme.test","password":"wrong"}"#),
        edge.request("POST", "/auth/login", r#"{"email":"noor","password":"wrong"}"#),
        edge.request("GET", "/", ""),
        edge.request("DELETE", "/auth/login", ""),
        world.admin().request("GET", "/api/v1/accounts", ""),
        owner.request("PUT", "/api/v1/accounts", ""),
        owner.request("GET", "/api/v1/accounts/acme/users?limit=0", ""),
        owner.request("DELETE", "/api/v1/accounts/acme/users/owner", ""),
    ];
    for mut request in requests {
        let mut told = |language: &str| {
            set_header(&mut request, "accept-language", language);
            let response = world.handle(&request);
            let body = serde_json::from_str::<serde_json::Value>(&response.body).unwrap();
            let [title, detail] = ["title", "detail"].map(|name| body[name].as_str().unwrap().to_owned());
            let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
            ((response.status, names, body["code"].clone(), body["reason"].clone()), title, detail)
        };
        let (english, german, hindi) = (told("fr"), told("de"), told("hi"));
        assert_eq!([&german.0, &hindi.0], [&english.0; 2]);
        assert!(english.1 != german.1 && english.2 != german.2, "{german:?}");
        assert!(hindi.1.chars().any(|c| ('ऀ'..='ॿ').contains(&c)), "{hindi:?}");
    }
    let mut request = edge.request("POST", "/auth/login", r#"{"email":"x","password":"x"}"#);
    set_header(&mut request, "accept-language", "de");
    assert_eq!(
        world.handle(&request).body,
        r#"{"type":"about:blank","title":"E-Mail-Adresse prüfen","status":400,"#.to_owned()
            + r#""detail":"Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.com.","code":"invalid_request"}"#
    );
}

#[test]
fn a_language_is_switched_on_every_page_and_one_stays_there() {
    let world = World::new();
    for browser in [world.browser(), world.admin()] {
        let page = browser.open("/auth/login?return_to=%2Fx").expect(200).0.body;
        assert!(page.contains(r#"name="return_to" value="/auth/login?return_to=%2Fx""#), "{page}");
        assert!(page.contains(r#"value="de" lang="de" dir="ltr">Deutsch</button>"#));
        assert!(page.contains(r#"value="en" lang="en" dir="ltr" aria-current="true">English</button>"#));
        let to =
            browser.submit("/auth/language", "language=de&return_to=%2Fauth%2Flogin%3Freturn_to%3D%252Fx").expect(303);
        assert_eq!(to.header("location"), Some("/auth/login?return_to=%2Fx"));
        let cookie = "__Host-airlock-language=de; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000";
        assert_eq!(to.header("set-cookie"), Some(cookie));
        let page = browser.open("/auth/login?return_to=%2Fx").expect(200).0.body;
        assert!(page.contains(r#"dir="ltr" aria-current="true">Deutsch</button>"#));
        // Not for other sites to choose, and only what there is.
        let mut foreign = browser.request("POST", "/auth/language", r#"{"language":"hi"}"#);
        set_header(&mut foreign, "sec-fetch-site", "cross-site");
        assert!(browser.send(&foreign).expect(403).header("set-cookie").is_none());
        for form in ["language=fr", "language=", "language=DE", "", "language=de&language=hi", "language=de&x=1"] {
            assert!(browser.submit("/auth/language", form).expect(400).header("set-cookie").is_none(), "{form}");
        }
        assert_eq!(browser.get("/auth/language").expect(405).header("allow"), Some("POST"));
        for elsewhere in ["https%3A%2F%2Fevil.test", "%2F%2Fevil.test", "%2F%5Cevil.test", ""] {
            let to = browser.submit("/auth/language", &format!("language=hi&return_to={elsewhere}")).expect(303);
            assert_eq!(to.header("location"), Some("/"));
        }
        browser.post("/auth/language", json!({ "language": "de" })).expect(204);
        // Signing in and out changes nothing of it, and it nothing of the session.
        browser.sign_in("owner@acme.test", OWNER_SEED);
        browser.post("/auth/language", json!({ "language": "hi" })).expect(204);
        assert_eq!(browser.stage(), "full");
        browser.post("/auth/logout", json!({})).expect(204);
        assert!(browser.open("/auth/login").0.body.contains("<html lang=\"hi\""));
        world.wait_s(30);
    }
    // It leads back to an address that can be gone to.
    let mut without = Vec::new();
    for (name, page) in pages("en") {
        let Some(form) = page.split(r#"action="/auth/language""#).nth(1) else {
            without.push(name);
            continue;
        };
        let here = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        assert_eq!(same_origin_path(&Prefix::default(), &here), here, "{name}");
        for browser in [world.browser(), world.admin()] {
            assert_ne!(browser.open(&here).0.status, 405, "{name}: {here}");
        }
    }
    assert_eq!(without, [""; 0]);
}

/// A page may run from right to left: the style sheet speaks of starts and ends, never of left and right.
#[test]
fn the_layout_has_no_left_and_no_right() {
    for line in Asset::Style.response(None).body.lines().filter(|line| !line.trim_start().starts_with("/*")) {
        let words = line.split(|c: char| !c.is_ascii_alphabetic());
        assert!(words.clone().all(|word| !["left", "right"].contains(&word)), "{line}");
        // Four values name the sides: those of the line must be the same.
        for declaration in line.split([';', '{', '}']) {
            let Some((property, values)) = declaration.split_once(':') else { continue };
            if let ("margin" | "padding" | "inset", [_, right, _, left]) =
                (property.trim(), values.split_whitespace().collect::<Vec<_>>().as_slice())
            {
                assert_eq!(right, left, "{declaration}");
            }
        }
    }
}
