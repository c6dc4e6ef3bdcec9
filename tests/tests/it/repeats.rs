//! What a person does by accident costs nothing: the same form twice gets the same answer.

use airlock::{people::Role, web::Request};
use airlock_tests::{Answer, Browser, NOOR_SEED, PASSWORD, World, key_in};
use serde_json::json;

use crate::admin::owner;

const NEW: &str = "seven+grey+herons+wade";

/// What an answer does: status, where it leads, and the cookies that it sets.
fn told(answer: &Answer) -> (u16, String, Vec<String>) {
    let cookies = answer.0.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.clone());
    (answer.0.status, answer.header("location").unwrap_or_default().to_owned(), cookies.collect())
}

/// The form on a page, filled in, as a browser sends it.
pub fn form(browser: &Browser<'_>, page: &str, path: &str, fields: &str) -> Request {
    let page = browser.open(page).expect(200).0.body;
    let form = format!("key={}&{fields}", key_in(&page).unwrap().replace('+', "%2B"));
    posted(browser, path, form.trim_end_matches('&'))
}

pub fn posted(browser: &Browser<'_>, path: &str, form: &str) -> Request {
    let mut request = browser.request("POST", path, form);
    for (name, value) in [
        ("accept", "text/html"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        airlock_tests::set_header(&mut request, name, value);
    }
    request
}

/// The same request again, with the cookies that the browser has by now.
fn with_new_cookies(browser: &Browser<'_>, request: &Request) -> Request {
    let (path, body) = (&request.path, &request.body);
    let airlock::web::Body::Whole(body) = body else { panic!("a form has a body") };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    posted(browser, &format!("{path}{query}"), std::str::from_utf8(body).unwrap())
}

/// A form of someone at a browser of their own, made ready.
struct Case {
    name: &'static str,
    /// What must be there once, however often the form was sent.
    once: &'static str,
    ready: fn(&World) -> (Browser<'_>, Request),
}

pub fn fresh_noor(world: &World) -> Browser<'_> {
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    world.wait_s(30);
    noor
}

fn waiting_noor(world: &World) -> Browser<'_> {
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    noor
}

/// Recovery codes of noor's.
fn codes(world: &World) -> Vec<String> {
    let codes = fresh_noor(world).post("/auth/recovery-codes", json!({})).expect(200).json();
    codes["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

fn seed(browser: &Browser<'_>) -> String {
    browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned()
}

fn invited(world: &World, email: &str) -> String {
    let owner = owner(world);
    let made = owner.post("/api/v1/accounts/acme/users", json!({ "email": email, "name": "Una", "role": "member" }));
    made.expect(201).json()["invite_url"].as_str().unwrap().strip_prefix("https://app.test").unwrap().to_owned()
}

const CASES: &[Case] = &[
    Case {
        name: "a code",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'verify' AND result = 'ok'",
        ready: |world| {
            let noor = waiting_noor(world);
            let request = form(&noor, "/auth/verify", "/auth/verify", &format!("code={}", world.code(NOOR_SEED, 0)));
            (noor, request)
        },
    },
    Case {
        name: "a recovery code",
        once: "SELECT count(*) FROM recovery_codes WHERE used_at IS NOT NULL",
        ready: |world| {
            let (codes, noor) = (codes(world), waiting_noor(world));
            let request = form(&noor, "/auth/recovery", "/auth/recovery", &format!("code={}", codes[2]));
            (noor, request)
        },
    },
    Case {
        name: "a proof",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'reauth' AND result = 'ok'",
        ready: |world| {
            let noor = world.browser();
            noor.sign_in("noor@acme.test", NOOR_SEED);
            world.wait_s(30);
            let fields = format!("password={PASSWORD}&code={}&return_to=/auth/profile", world.code(NOOR_SEED, 0));
            let request = form(&noor, "/auth/reauth", "/auth/reauth", &fields);
            (noor, request)
        },
    },
    Case {
        name: "a set-up",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'enrol'",
        ready: |world| {
            world.require("acme", true, "next_login");
            let leo = world.browser();
            leo.login("leo@acme.test").expect(200).field("next", "enrol");
            let code = world.code(&seed(&leo), 0);
            let request = form(&leo, "/auth/enrol", "/auth/enrol", &format!("code={code}"));
            (leo, request)
        },
    },
    Case {
        name: "one more authenticator",
        once: "SELECT count(*) - 1 FROM authenticators WHERE user_id = 'noor'",
        ready: |world| {
            codes(world);
            let noor = fresh_noor(world);
            let code = world.code(&seed(&noor), 0);
            let request = form(&noor, "/auth/enrol", "/auth/enrol", &format!("code={code}&name=Tablet&replaces="));
            (noor, request)
        },
    },
    Case {
        name: "a new password",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'password' AND result = 'ok'",
        ready: |world| {
            let noor = fresh_noor(world);
            let fields = format!("current_password={PASSWORD}&new_password={NEW}&keep_tokens=true");
            let request = form(&noor, "/auth/password", "/auth/password", &fields);
            (noor, request)
        },
    },
    Case {
        name: "joining with a password",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'member_joined'",
        ready: |world| {
            let link = invited(world, "una@acme.test");
            let una = world.browser();
            let page = una.follow(una.open(&link)).expect(200).0.body;
            let key = key_in(&page).unwrap().to_owned();
            let request = posted(&una, "/auth/invite", &format!("key={key}&password={NEW}"));
            (una, request)
        },
    },
    Case {
        name: "joining by a session",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'member_joined'",
        ready: |world| {
            world.add_account("bolt");
            world.add_user("bolt", "una", "una@acme.test", Role::Member, None);
            let link = invited(world, "una@acme.test");
            let una = world.browser();
            una.login("una@acme.test").expect(200);
            una.reauth(None).expect(200);
            let page = una.follow(una.open(&link)).expect(200).0.body;
            let key = key_in(&page).unwrap().to_owned();
            let request = posted(&una, "/auth/invite", &format!("key={key}"));
            (una, request)
        },
    },
    Case {
        name: "new recovery codes",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'recovery_codes'",
        ready: |world| {
            let noor = fresh_noor(world);
            let request = form(&noor, "/auth/profile", "/auth/recovery-codes", "");
            (noor, request)
        },
    },
    Case {
        name: "codes kept later",
        once: "SELECT count(*) FROM users WHERE codes_kept = 'postponed'",
        ready: |world| {
            codes(world);
            let noor = fresh_noor(world);
            let page = "/auth/recovery-codes/kept";
            let request = form(&noor, page, page, "later=true&return_to=/x");
            (noor, request)
        },
    },
    Case {
        name: "removing an authenticator",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'authenticator_removed'",
        ready: |world| {
            let noor = fresh_noor(world);
            let code = world.code(&seed(&noor), 0);
            noor.post("/auth/enrol", json!({ "code": code, "name": "Tablet" })).expect(200);
            let request = form(&noor, "/auth/profile", "/auth/authenticators/noor-app/remove", "name=phone");
            (noor, request)
        },
    },
    Case {
        name: "turning it off",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'two_factor_disabled'",
        ready: |world| {
            let noor = fresh_noor(world);
            let request = form(&noor, "/auth/two-factor/disable", "/auth/two-factor/disable", "");
            (noor, request)
        },
    },
    Case {
        name: "ending a session",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'session_ended'",
        ready: |world| {
            let noor = fresh_noor(world);
            let other = world.browser();
            other.sign_in("noor@acme.test", NOOR_SEED);
            let id = other.get("/auth/profile").json()["sessions"][0]["id"].as_str().unwrap().to_owned();
            let request = form(&noor, "/auth/profile", &format!("/auth/sessions/{id}/end"), "name=Firefox");
            (noor, request)
        },
    },
    Case {
        name: "ending the others",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'sessions_ended'",
        ready: |world| {
            let noor = fresh_noor(world);
            world.browser().sign_in("noor@acme.test", NOOR_SEED);
            let request = form(&noor, "/auth/profile", "/auth/sessions/end-others", "");
            (noor, request)
        },
    },
    Case {
        name: "a name",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'renamed'",
        ready: |world| {
            let noor = fresh_noor(world);
            let request = form(&noor, "/auth/profile/edit", "/auth/profile/edit", "name=N");
            (noor, request)
        },
    },
    Case {
        name: "an invitation",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'member_invited'",
        ready: |world| {
            let fields = "account=acme&email=una%40acme.test&name=Una&role=member";
            let owner = owner(world);
            let request = form(&owner, "/members?account=acme", "/members", fields);
            (owner, request)
        },
    },
    Case {
        name: "an API token",
        once: "SELECT count(*) FROM api_tokens",
        ready: |world| {
            let fields = "account=acme&name=job&days=30&users%3Aread=on";
            let owner = owner(world);
            let request = form(&owner, "/tokens?account=acme", "/tokens", fields);
            (owner, request)
        },
    },
    Case {
        name: "a service token",
        once: "SELECT count(*) FROM service_tokens",
        ready: |world| {
            let fields = "account=acme&name=job&days=30&paths=%2Fapi%2F*&methods=GET";
            let owner = owner(world);
            let request = form(&owner, "/service-tokens?account=acme", "/service-tokens", fields);
            (owner, request)
        },
    },
    Case {
        name: "revoking a token",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'token_revoked'",
        ready: |world| {
            let owner = owner(world);
            let made = owner.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": ["users:read"] }));
            let path = format!("/tokens/{}/revoke", made.expect(201).json()["id"].as_str().unwrap());
            let request = form(&owner, "/tokens?account=acme", &path, "account=acme");
            (owner, request)
        },
    },
    Case {
        name: "a change of role",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'member_changed'",
        ready: |world| {
            let owner = owner(world);
            let request = form(&owner, "/members/mia?account=acme", "/members/mia", "account=acme&name=mia&role=admin");
            (owner, request)
        },
    },
    Case {
        name: "a reset",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'two_factor_reset'",
        ready: |world| {
            let owner = owner(world);
            let request = form(&owner, "/members/noor/reset?account=acme", "/members/noor/reset", "account=acme");
            (owner, request)
        },
    },
    Case {
        name: "removing a member",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'member_removed'",
        ready: |world| {
            let owner = owner(world);
            let request = form(&owner, "/members/noor/remove?account=acme", "/members/noor/remove", "account=acme");
            (owner, request)
        },
    },
    Case {
        name: "the requirement",
        once: "SELECT count(DISTINCT event) FROM audit WHERE action = 'policy'",
        ready: |world| {
            let (owner, settings) = (owner(world), "/settings/security/two-factor");
            let fields = "account=acme&required=true&applies=now";
            let request = form(&owner, &format!("{settings}/change?account=acme"), settings, fields);
            (owner, request)
        },
    },
];

/// The first answer may be lost, or come after the second, or while the second is under way; and it may be that only its cookies
/// came.
#[test]
fn every_form_sent_twice_gets_the_same_answer_and_is_done_once() {
    for Case { name, once, ready } in CASES {
        let world = World::new();
        let (browser, request) = ready(&world);
        let charged = "SELECT count(*) FROM code_attempts";
        let before = world.count(once);
        world.db.round_trips.set(0);
        let first = Answer(world.handle(&request));
        let trips = world.db.round_trips.replace(0);
        assert_eq!(first.0.status, 303, "{name}: {}", first.0.body);
        assert_eq!(world.count(once), before + 1, "{name}");
        world.wait_s(2);
        let again = Answer(world.handle(&with_old_cookies(&request)));
        assert_eq!(told(&again), told(&first), "{name}, its answer lost: {}", again.0.body);
        assert!(
            world.db.round_trips.get() <= trips + 1,
            "{name}: {} round trips, {trips} the first time",
            world.db.round_trips.get()
        );
        browser.keep(&first.0);
        let again = browser.send(&with_new_cookies(&browser, &request));
        assert_eq!(told(&again).1, told(&first).1, "{name}, its cookies kept: {}", again.0.body);
        assert_eq!((world.count(once), world.count(charged)), (before + 1, 0), "{name}");
        // What it led to is there to be gone to.
        browser.open(&told(&first).1).expect(200);
    }
}

pub fn with_old_cookies(request: &Request) -> Request {
    let airlock::web::Body::Whole(body) = &request.body else { panic!("a form has a body") };
    Request {
        method: request.method.clone(),
        host: request.host.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: airlock::web::Body::Whole(body.clone()),
        client: request.client.clone(),
        id: request.id.clone(),
        ..Request::default()
    }
}

#[test]
fn every_form_sent_twice_at_once_is_done_once() {
    for Case { name, once, ready } in CASES {
        let world = World::new();
        let (_browser, request) = ready(&world);
        let before = world.count(once);
        let requests: Vec<_> = (0..3).map(|_| with_old_cookies(&request)).collect();
        assert_eq!(world.at_once(&requests), [303, 303, 303], "{name}");
        assert_eq!(world.count(once), before + 1, "{name}");
        assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0, "{name}: what is a repeat is no attempt");
    }
}

/// Only the same form, only for a minute, only while its session lives.
#[test]
fn anything_else_is_no_repeat() {
    let world = World::new();
    let noor = waiting_noor(&world);
    let code = world.code(NOOR_SEED, 0);
    let request = form(&noor, "/auth/verify", "/auth/verify", &format!("code={code}"));
    let other = form(&noor, "/auth/verify", "/auth/verify", &format!("code={code}"));
    let before = noor.twin();
    let first = noor.send(&request).expect(303);
    let led = |request: &Request| {
        let answer = Answer(world.handle(request));
        let to = answer.header("location").unwrap_or_default();
        // Why, is another test's matter.
        (answer.0.status, to.split_once("?why=").map_or(to, |(page, _)| page).to_owned())
    };
    let login = (303, "/auth/login".to_owned());
    assert_eq!(led(&other), login, "the same code from another page");
    let keyless = posted(&before, "/auth/verify", &format!("code={code}"));
    assert_eq!(led(&keyless), login, "without the page's key");
    let mut elsewhere = with_old_cookies(&request);
    elsewhere.query = "return_to=%2Felsewhere".to_owned();
    assert_eq!(led(&elsewhere).0, 303);
    assert!(led(&elsewhere).1.starts_with("/auth/login"), "to another address");
    let stranger = with_new_cookies(&world.browser(), &request);
    assert_eq!(led(&stranger), login, "without the cookie");
    for path in ["/auth/session", "/", "/auth/profile"] {
        before.get(path).expect(401);
    }
    world.wait_s(59);
    assert_eq!(led(&with_old_cookies(&request)).1, first.header("location").unwrap());
    world.wait_s(1);
    assert_eq!(led(&with_old_cookies(&request)), login, "a minute later");
    // Another act in between.
    let fresh = fresh_noor(&world);
    let remove = form(&fresh, "/auth/profile", "/auth/recovery-codes", "");
    fresh.send(&remove).expect(303);
    fresh.fill("/auth/profile/edit", "/auth/profile/edit", "name=N").expect(303);
    let made = "SELECT count(*) FROM audit WHERE action = 'recovery_codes'";
    let sent = world.count(made);
    fresh.send(&with_new_cookies(&fresh, &remove));
    assert_eq!(world.count(made), sent + 1, "only the last form is remembered");
    // Its session has ended.
    let noor = waiting_noor(&world);
    world.wait_s(30);
    let request = form(&noor, "/auth/verify", "/auth/verify", &format!("code={}", world.code(NOOR_SEED, 0)));
    noor.send(&request).expect(303);
    noor.post("/auth/logout", json!({})).expect(204);
    assert_eq!(led(&with_old_cookies(&request)), login, "signed out since");
}

/// Two pages are two forms, and mean what they say.
#[test]
fn two_tabs_make_two_tokens() {
    let world = World::new();
    let owner = owner(&world);
    let mut pages = Vec::new();
    for made in 1..=2 {
        let fields = "account=acme&name=job&days=30&users%3Aread=on";
        let page = owner.send(&form(&owner, "/tokens?account=acme", "/tokens", fields)).expect(303);
        assert_eq!(world.count("SELECT count(*) FROM api_tokens"), made);
        pages.push(page.header("location").unwrap().to_owned());
    }
    // Each page shows its own.
    let value = |page: &String| owner.open(page).expect(200).0.body.split("airlock_").nth(1).unwrap()[..43].to_owned();
    let shown: Vec<_> = pages.iter().map(value).collect();
    assert_ne!(shown[0], shown[1]);
    assert_eq!(pages.iter().map(value).collect::<Vec<_>>(), shown);
}

/// What was done stays done, though it could not be done any more.
#[test]
fn what_is_off_is_off_though_an_account_requires_it_since() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let request = form(&noor, "/auth/two-factor/disable", "/auth/two-factor/disable", "");
    noor.send(&request).expect(303);
    world.require("acme", true, "next_login");
    noor.send(&request).expect(303);
}

/// A form that someone's browser sends again takes nothing back that others have done since.
#[test]
fn a_repeat_undoes_nothing() {
    type Undone = fn(&Browser<'_>);
    let cases: [(&str, &str, &str, Undone, &str); 3] = [
        (
            "/settings/security/two-factor/change?account=acme",
            "/settings/security/two-factor",
            "account=acme&required=true&applies=now",
            |other| drop(other.put("/api/v1/accounts/acme/two-factor", json!({ "required": false })).expect(200)),
            "SELECT two_factor_required = 0 FROM accounts",
        ),
        (
            "/members/mia?account=acme",
            "/members/mia",
            "account=acme&name=mia&role=admin",
            |other| {
                let back = json!({ "role": "member" }).to_string();
                other.send(&other.request("PATCH", "/api/v1/accounts/acme/users/mia", &back)).expect(200);
            },
            "SELECT role = 'member' FROM memberships WHERE user_id = 'mia'",
        ),
        (
            "/members/mia/remove?account=acme",
            "/members/mia/remove",
            "account=acme",
            |other| {
                let back = json!({ "email": "mia@acme.test", "name": "Mia", "role": "member" });
                other.post("/api/v1/accounts/acme/users", back).expect(201);
            },
            "SELECT count(*) FROM memberships WHERE user_id = 'mia'",
        ),
    ];
    for (page, path, fields, undone, since) in cases {
        let world = World::new();
        let one = owner(&world);
        let other = one.twin();
        let request = form(&one, page, path, fields);
        let first = Answer(world.handle(&request)).expect(303);
        world.wait_s(20);
        undone(&other);
        assert_eq!(world.count(since), 1, "{path}");
        let again = Answer(world.handle(&with_old_cookies(&request)));
        assert_eq!(told(&again), told(&first), "{path}");
        assert_eq!(world.count(since), 1, "{path}: it was taken back");
    }
    let world = World::new();
    let [one, other] = [fresh_noor(&world), fresh_noor(&world)];
    let request = form(&one, "/auth/profile/edit", "/auth/profile/edit", "name=One");
    let first = one.send(&request).expect(303);
    other.fill("/auth/profile/edit", "/auth/profile/edit", "name=Other").expect(303);
    assert_eq!(told(&one.send(&with_old_cookies(&request))), told(&first));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE name = 'Other'"), 1);
}
