//! What was clicked before someone had to prove again who they are is done afterwards, as it was typed.

use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, key_in};

use crate::{
    admin::owner,
    repeats::{posted, with_old_cookies},
};

/// Noor, who signed in six minutes ago.
fn noor(world: &World) -> Browser<'_> {
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(360);
    browser
}

fn field<'p>(page: &'p str, name: &str) -> &'p str {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).map_or("", |rest| rest.split('"').next().unwrap())
}

fn encoded(value: &str) -> String {
    airlock::web::encoded(&[("", value)]).trim_start_matches('=').to_owned()
}

/// The fields of the page that asks for the proof, filled in.
fn proof(page: &str, password: &str, code: &str) -> String {
    let [key, asked, return_to] =
        ["key", "asked", "return_to"].map(|name| encoded(&field(page, name).replace("&#38;", "&")));
    assert!(!asked.is_empty(), "{page}");
    format!("key={key}&asked={asked}&return_to={return_to}&password={}&code={code}", encoded(password))
}

/// Proves it on that page.
fn proven(browser: &Browser<'_>, page: &str, seed: &str) -> Answer {
    browser.submit("/auth/reauth", &proof(page, PASSWORD, &browser.world.code(seed, 0)))
}

#[test]
fn a_button_of_the_profile_does_what_it_said() {
    let world = World::new();
    let noor = noor(&world);
    let page = noor.press("/auth/recovery-codes").expect(200).0.body;
    assert!(page.contains("<strong>Make new recovery codes</strong>"), "it says what for: {page}");
    assert!(page.contains("noor@acme.test") && page.contains("action=\"/auth/reauth\""));
    let wrong = noor.submit("/auth/reauth", &proof(&page, "wrong", "000000")).expect(401).0.body;
    let done = proven(&noor, &wrong, NOOR_SEED).expect(303);
    assert_eq!(done.header("location"), Some("/auth/recovery-codes?return_to=%2Fauth%2Fprofile"));
    let codes = noor.follow(done).expect(200).0.body;
    assert_eq!(codes.matches("<li><code>").count(), 10);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 1);
    // The one that goes through is done at once, and the next one waits again once the proof is old.
    world.wait_s(360);
    let page = noor.fill("/auth/profile", "/auth/two-factor/disable", "").expect(200).0.body;
    let off = proven(&noor, &page, NOOR_SEED).expect(303);
    assert!(off.header("location").unwrap().starts_with("/auth/profile?done=disabled."));
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 0);
}

#[test]
fn what_an_admin_typed_is_not_typed_again() {
    let world = World::new();
    let owner = owner(&world);
    let members = owner.open("/members?account=acme").expect(200).0.body;
    world.wait_s(360);
    let form = format!("key={}&account=acme&email=una%40acme.test&name=Una+Ude&role=admin", key_in(&members).unwrap());
    let page = owner.submit("/members", &form).expect(200).0.body;
    assert!(page.contains("<strong>Invite someone</strong>"), "{page}");
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'una@acme.test'"), 0);
    let done = proven(&owner, &page, OWNER_SEED).expect(303);
    assert!(done.header("location").unwrap().starts_with("/shown?account=acme&by="));
    assert!(owner.follow(done).expect(200).0.body.contains("https://app.test/auth/invite/"));
    assert_eq!(
        world.text("SELECT role || i.name FROM memberships m JOIN invitations i USING (account_id, user_id)"),
        "adminUna Ude"
    );
    // What was wrong with it is told then, on its own page.
    world.wait_s(360);
    let page = owner.submit("/members", &form).expect(200).0.body;
    owner.submit("/members", &form.replace("una%40", "mia%40")).expect(200);
    world.db.execute("UPDATE memberships SET state = 'active' WHERE email = 'una@acme.test'", &[]);
    world.db.execute("DELETE FROM invitations", &[]);
    let told = proven(&owner, &page, OWNER_SEED).expect(409);
    assert!(told.0.body.contains("value=\"Una Ude\"") && told.header("set-cookie").is_some(), "{}", told.0.body);
    owner.open("/members?account=acme").expect(200);
}

/// A form that is too long to come back within another is not forgotten in silence.
#[test]
fn what_is_too_long_to_wait_is_said_to_be() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0", &[]);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "done");
    let key = encoded(key_in(&noor.open("/auth/password").expect(200).0.body).unwrap());
    let form = |length| format!("key={key}&current_password={}&new_password=x", "x".repeat(length));
    noor.submit("/auth/password", &form(8 * 1024)).expect(200);
    let page = noor.submit("/auth/password", &form(12 * 1024)).expect(413).0.body;
    assert!(page.contains("Nothing has changed yet") && !page.contains("name=\"asked\""), "{page}");
    let form = format!(
        "key={}&return_to=%2Fauth%2Fpassword&password={}&code={}",
        encoded(field(&page, "key")),
        encoded(PASSWORD),
        world.code(NOOR_SEED, 0)
    );
    assert_eq!(noor.submit("/auth/reauth", &form).expect(303).header("location"), Some("/auth/password"));
}

/// A switch of the language would leave the page, and the form that is nowhere else.
#[test]
fn nothing_on_the_page_that_asks_leads_away_from_what_waits() {
    let world = World::new();
    let noor = noor(&world);
    let switch = "action=\"/auth/language\"";
    let waits = noor.press("/auth/recovery-codes").expect(200).0.body;
    let wrong = noor.submit("/auth/reauth", &proof(&waits, "wrong", "000000")).expect(401).0.body;
    assert!(!waits.contains(switch) && !wrong.contains(switch), "{wrong}");
    assert!(noor.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body.contains(switch));
}

/// Enter twice on that page.
#[test]
fn the_proof_sent_twice_does_it_once() {
    let world = World::new();
    let noor = noor(&world);
    let page = noor.press("/auth/recovery-codes").expect(200).0.body;
    let form = proof(&page, PASSWORD, &world.code(NOOR_SEED, 0));
    let twin = noor.twin();
    let to = noor.submit("/auth/reauth", &form).expect(303).header("location").unwrap().to_owned();
    assert_eq!(twin.submit("/auth/reauth", &form).expect(303).header("location"), Some(to.as_str()));
    assert_eq!(noor.token(), twin.token());
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 1);
    assert_eq!(twin.open(&to).expect(200).0.body.matches("<li><code>").count(), 10);
}

/// Nobody slips a form in: it comes from this very session, with the key of one of its pages, and waits for a quarter of an hour.
#[test]
fn no_form_of_anyone_else_is_done() {
    let world = World::new();
    let (one, other) = (noor(&world), world.browser());
    other.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(330);
    let made = "SELECT count(*) FROM audit WHERE action IN ('recovery_codes', 'two_factor_disabled')";
    // Without the key of a page it is led on as it was, and forgotten.
    for form in ["", "key=x.y", "x=1"] {
        let led = one.submit("/auth/recovery-codes", form);
        assert!(led.0.status != 200 && !led.0.body.contains("name=\"asked\""), "{form}: {}", led.0.body);
    }
    let page = one.press("/auth/recovery-codes").expect(200).0.body;
    let foreign = field(&page, "asked").to_owned();
    let own = other.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body;
    for asked in [foreign.as_str(), "", "k1.AAAA", "x"] {
        let code = world.code(NOOR_SEED, 0);
        let (key, asked) = (encoded(key_in(&own).unwrap()), encoded(asked));
        let form =
            format!("key={key}&asked={asked}&return_to=/auth/profile&password={}&code={code}", encoded(PASSWORD));
        other.submit("/auth/reauth", &form).expect(409);
        assert_eq!(world.count(made), 0);
        world.wait_s(30);
    }
    world.wait_s(901);
    let late = one.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body;
    let form = proof(&page, PASSWORD, &world.code(NOOR_SEED, 0))
        .replace(&encoded(field(&page, "key")), &encoded(key_in(&late).unwrap()));
    let told = one.submit("/auth/reauth", &form).expect(409).0.body;
    assert!(told.contains("That took too long") && !told.contains("name=\"asked\""), "{told}");
    assert_eq!(world.count(made), 0, "a quarter of an hour is over");
}

/// What the answer to a form was, whoever gives it.
fn told(answer: &Answer) -> (u16, Option<&str>, bool) {
    let body = answer.0.body.contains("You've confirmed it's you") || answer.0.body.contains("nothing was saved");
    (answer.0.status, answer.header("location").map(|to| to.split("done=").next().unwrap()), body)
}

/// Enter twice on the page that asks, whatever waits for it; and the form itself once more.
#[test]
fn a_proof_sent_twice_is_answered_as_what_it_was_for() {
    let admins = [
        ("/members?account=acme", "/members", "account=acme&email=una%40acme.test&name=Una&role=member"),
        ("/tokens?account=acme", "/tokens", "account=acme&name=job&days=30&users%3Aread=on"),
        (
            "/settings/security/two-factor/change?account=acme",
            "/settings/security/two-factor",
            "account=acme&required=true&applies=now",
        ),
        ("/members/noor/reset?account=acme", "/members/noor/reset", "account=acme"),
        ("/members/mia?account=acme", "/members/mia", "account=acme&role=admin&name=mia"),
        // Refused, both times.
        ("/members?account=acme", "/members", "account=acme&email=mia%40acme.test&name=Mia&role=member"),
    ];
    for (page, path, fields) in admins {
        let world = World::new();
        let owner = owner(&world);
        let key = key_in(&owner.open(page).expect(200).0.body).unwrap().to_owned();
        world.wait_s(360);
        let form = format!("key={key}&{fields}");
        let asks = owner.submit(path, &form);
        assert_eq!(asks.0.status, 200, "{path}: {:?}", asks.header("location"));
        let asks = asks.0.body;
        let proof = proof(&asks, PASSWORD, &world.code(OWNER_SEED, 0));
        let twin = owner.twin();
        let first = owner.submit("/auth/reauth", &proof);
        let rows = world.count("SELECT count(*) FROM audit");
        world.wait_s(1);
        let second = twin.submit("/auth/reauth", &proof);
        assert_eq!(told(&first), told(&second), "{path}");
        assert!(!told(&first).2, "{path}: {}", first.0.body);
        assert_eq!(owner.token(), twin.token());
        // And from the page before, by Back and a reload.
        assert_eq!(told(&first), told(&owner.submit(path, &form)), "{path}");
        assert_eq!(world.count("SELECT count(*) FROM audit"), rows, "{path}: it is done once");
    }
    let own = [
        ("/auth/two-factor/disable", "/auth/two-factor/disable", String::new()),
        ("/auth/profile", "/auth/recovery-codes", String::new()),
        (
            "/auth/password",
            "/auth/password",
            format!("current_password={}&new_password=seven+grey+herons+wade", encoded(PASSWORD)),
        ),
    ];
    for (page, path, fields) in own {
        let world = World::new();
        // Asked for no code at the login: its session is not whole.
        world.db.execute("UPDATE users SET two_factor_chosen = 0", &[]);
        let noor = world.browser();
        noor.login("noor@acme.test").expect(200).field("next", "done");
        if path == "/auth/two-factor/disable" {
            noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
        }
        let key = key_in(&noor.open(page).expect(200).0.body).unwrap().to_owned();
        world.wait_s(360);
        let asks = noor.submit(path, &format!("key={key}&{fields}")).expect(200).0.body;
        let form = proof(&asks, PASSWORD, &world.code(NOOR_SEED, 0));
        let twin = noor.twin();
        let first = noor.submit("/auth/reauth", &form);
        let rows = world.count("SELECT count(*) FROM audit");
        let second = twin.submit("/auth/reauth", &form);
        assert_eq!((told(&first), first.0.status), (told(&second), 303), "{path}");
        assert_eq!(noor.token(), twin.token(), "{path}");
        assert_eq!(world.count("SELECT count(*) FROM audit"), rows, "{path}: it is done once");
        assert_eq!(noor.stage(), "full");
    }
}

/// The same, while the first is under way.
#[test]
fn proofs_sent_at_once_do_it_once_and_all_say_so() {
    type Fields = fn(&World, &str) -> String;
    let forms: [(&str, &str, Fields, &str); 4] = [
        (
            "/auth/enrol",
            "SELECT count(*) - 1 FROM authenticators",
            |world, page| {
                let seed = page.split("secret=").nth(1).unwrap().split('&').next().unwrap();
                format!("code={}&name=tablet", world.code(seed, 0))
            },
            "enrol",
        ),
        (
            "/auth/password",
            "SELECT count(DISTINCT event) FROM audit WHERE action = 'password' AND result = 'ok'",
            |_, _| format!("current_password={}&new_password=seven+grey+herons+wade", encoded(PASSWORD)),
            "password",
        ),
        (
            "/auth/profile",
            "SELECT count(DISTINCT event) FROM audit WHERE action = 'recovery_codes'",
            |_, _| String::new(),
            "recovery-codes",
        ),
        (
            "/auth/two-factor/disable",
            "SELECT 1 - count(*) FROM authenticators",
            |_, _| String::new(),
            "two-factor/disable",
        ),
    ];
    for (page, done, fields, path) in forms {
        for times in 2..=3 {
            let world = World::new();
            world.db.execute("DELETE FROM authenticators WHERE user_id <> 'noor'", &[]);
            // Asked for no code at the login: its session is not whole.
            world.db.execute("UPDATE users SET two_factor_chosen = 0", &[]);
            let noor = world.browser();
            noor.login("noor@acme.test").expect(200).field("next", "done");
            if path != "password" {
                noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
            }
            let shown = noor.open(page).expect(200).0.body;
            world.wait_s(360);
            let form = format!("key={}&{}", encoded(key_in(&shown).unwrap()), fields(&world, &shown));
            let asks = noor.submit(&format!("/auth/{path}"), form.trim_end_matches('&')).expect(200).0.body;
            let request = posted(&noor, "/auth/reauth", &proof(&asks, PASSWORD, &world.code(NOOR_SEED, 0)));
            let requests: Vec<_> = (0..times).map(|_| with_old_cookies(&request)).collect();
            let answers = world.answers_at_once(&requests);
            assert_eq!(world.count(done), 1, "{path}");
            for answer in &answers {
                let cookie = |answer: &Answer| answer.header("set-cookie").map(str::to_owned);
                assert_eq!((told(answer), cookie(answer)), (told(&answers[0]), cookie(&answers[0])), "{path}, {times}");
                assert_eq!((answer.0.status, told(answer).2), (303, false), "{path}: {}", answer.0.body);
            }
            noor.keep(&answers[1].0);
            noor.open(told(&answers[1]).1.unwrap()).expect(200);
            assert_eq!(noor.stage(), "full");
        }
    }
}

/// The code of a set-up waits as long as the set-up, and costs no second proof that nobody has.
#[test]
fn a_set_up_that_took_longer_than_the_proof_is_confirmed() {
    let world = World::new();
    let noor = noor(&world);
    let key = encoded(key_in(&noor.open("/auth/reauth?return_to=/auth/enrol").expect(200).0.body).unwrap());
    let (password, code) = (encoded(PASSWORD), world.code(NOOR_SEED, 0));
    noor.submit("/auth/reauth", &format!("key={key}&password={password}&code={code}&return_to=/auth/enrol"))
        .expect(303);
    let page = noor.open("/auth/enrol").expect(200).0.body;
    let seed = page.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    world.wait_s(400);
    let form = format!("key={}&code={}&name=tablet", encoded(key_in(&page).unwrap()), world.code(&seed, 0));
    let asks = noor.submit("/auth/enrol", &form).expect(200).0.body;
    assert!(asks.contains("<strong>Set up"), "{asks}");
    proven(&noor, &asks, NOOR_SEED).expect(303);
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 2);
}

/// By the last recovery code, which nobody can prove more by.
#[test]
fn whoever_has_lost_the_phone_has_as_long_as_the_set_up_takes() {
    let world = World::new();
    let noor = noor(&world);
    let (password, code) = (encoded(PASSWORD), world.code(NOOR_SEED, 0));
    let key = encoded(key_in(&noor.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body).unwrap());
    noor.submit("/auth/reauth", &format!("key={key}&password={password}&code={code}&return_to=/auth/profile"))
        .expect(303);
    let made = noor.press("/auth/recovery-codes").expect(303);
    let page = noor.follow(made).0.body;
    let last = page.split("<li><code>").nth(1).unwrap().split("</code>").next().unwrap().replace("<wbr>", "");
    let lost = world.browser();
    lost.login("noor@acme.test").expect(200).field("next", "verify");
    lost.post("/auth/recovery", serde_json::json!({ "code": last })).expect(200);
    world.db.execute("DELETE FROM recovery_codes", &[]);
    let seed = lost.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    world.wait_s(600);
    assert_eq!(lost.get("/auth/enrol").expect(200).json()["secret"], seed.as_str());
    let confirm = |steps| serde_json::json!({ "code": world.code(&seed, steps), "name": "new" });
    lost.post("/auth/enrol", confirm(40)).expect(401);
    lost.post("/auth/enrol", confirm(0)).expect(200);
    // A set-up that is begun later is of a session like any other.
    world.wait_s(360);
    lost.get("/auth/enrol").expect(403).field("code", "reauth_required");
}

/// Whoever cannot prove it now hears that before they type anything, and comes back to where they were.
#[test]
fn a_pause_is_told_before_the_proof() {
    let world = World::new();
    let noor = noor(&world);
    for _ in 0..2 {
        let thief = world.browser().at("203.0.113.99");
        thief.login("noor@acme.test").expect(200);
        for _ in 0..5 {
            thief.verify("000000");
        }
    }
    world
        .db
        .execute("UPDATE code_attempts SET browser = (SELECT browser FROM sessions WHERE pending = 0 LIMIT 1)", &[]);
    for _ in 0..5 {
        noor.reauth(Some("000000"));
    }
    let paused = noor.press("/auth/recovery-codes");
    assert_eq!(paused.0.status, 429, "{}", paused.0.body);
    assert!(paused.0.body.contains("href=\"/auth/reauth?return_to=%2Fauth%2Fprofile\""), "{}", paused.0.body);
}

/// A form that is refused after the proof says why; the proof had gone through all the same.
#[test]
fn what_is_refused_afterwards_is_told() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0", &[]);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "done");
    let key = key_in(&noor.open("/auth/password").expect(200).0.body).unwrap().to_owned();
    let form = format!("key={key}&current_password=wrong+wrong+wrong&new_password=seven+grey+herons+wade");
    let asks = noor.submit("/auth/password", &form).expect(200).0.body;
    let told = proven(&noor, &asks, NOOR_SEED);
    assert_eq!(told.0.status, 401, "{:?}", told.header("location"));
    assert_eq!(noor.stage(), "full");
}

/// Whatever other invitation is opened meanwhile, the one is accepted whose button was pressed.
#[test]
fn a_join_that_waits_is_of_its_own_invitation() {
    let world = World::new();
    for account in ["beta", "gamma"] {
        world.add_account(account);
        world.join(account, "owner", "owner@acme.test", airlock::people::Role::Owner);
    }
    let owner = owner(&world);
    let [beta, gamma] = ["beta", "gamma"].map(|account| {
        let invited = owner.post(
            &format!("/api/v1/accounts/{account}/users"),
            serde_json::json!({ "email": "noor@acme.test", "name": "Noor", "role": "member" }),
        );
        crate::invitations::link(&invited.expect(201))
    });
    let noor = noor(&world);
    noor.open(&beta).expect(303);
    let key = encoded(key_in(&noor.open("/auth/invite").expect(200).0.body).unwrap());
    let asks = noor.submit("/auth/invite", &format!("key={key}")).expect(200).0.body;
    noor.open(&gamma).expect(303);
    proven(&noor, &asks, NOOR_SEED).expect(303);
    let joined =
        "SELECT account_id FROM memberships WHERE user_id = 'noor' AND state = 'active' AND account_id <> 'acme'";
    assert_eq!(world.texts(joined), ["beta"]);
}
