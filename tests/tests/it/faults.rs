//! When something we need does not work: 503, nothing half-done, nobody let in.

use airlock_tests::{OWNER_SEED, World};
use serde_json::json;

#[test]
fn without_the_database_every_route_answers_503_and_says_nothing_of_why() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    let code = world.code(OWNER_SEED, 0);
    world.db.down.set(true);
    let cookies = browser.cookies.borrow().clone();
    for answer in [
        browser.get("/"),
        browser.get("/auth/session"),
        browser.get("/auth/enrol"),
        browser.get("/auth/health"),
        browser.login("mia@acme.test"),
        browser.verify(&code),
        browser.post("/auth/recovery", json!({ "code": "0".repeat(24) })),
        browser.reauth(None),
        browser.post("/auth/recovery-codes", json!({})),
        browser.post("/auth/logout", json!({})),
        browser.open("/"),
    ] {
        let answer = answer.expect(503);
        assert_eq!(answer.header("retry-after"), Some("30"));
        assert!(answer.header("set-cookie").is_none());
        assert!(!answer.0.body.contains("D1_ERROR") && !answer.0.body.contains("table"), "{}", answer.0.body);
    }
    assert_eq!(*browser.cookies.borrow(), cookies);
    assert!(world.log.0.borrow().iter().any(|line| line.contains("D1_ERROR: no such table")), "the log knows why");
    world.db.down.set(false);
    assert_eq!(browser.stage(), "full", "and nothing was lost");
    browser.get("/auth/health").expect(200).field("status", "ok");
}

/// Lets each statement of the last transaction of a request fail in turn: the tables must be as the transaction found
/// them, and the request can simply be sent again.
pub fn all_or_nothing(prepare: impl Fn(&World) -> airlock::web::Request, transactions_before: usize) {
    for statement in 0..20 {
        let world = World::new();
        let request = prepare(&world);
        world.db.fail_later.set(Some((transactions_before, statement)));
        let response = world.handle(&request);
        if world.db.fail_later.get().is_some() {
            assert!(statement > 1 && (200..300).contains(&response.status), "{statement}: {response:?}");
            return;
        }
        assert_eq!(response.status, 503, "{statement}: {}", response.body);
        assert_eq!(world.db.tables(), *world.db.before_failure.borrow());
    }
    panic!("more statements than expected");
}

#[test]
fn a_login_is_all_or_nothing() {
    all_or_nothing(
        |world| {
            let body = json!({ "email": "owner@acme.test", "password": airlock_tests::PASSWORD }).to_string();
            world.browser().request("POST", "/auth/login", &body)
        },
        1,
    );
}

#[test]
fn a_verified_code_is_all_or_nothing() {
    all_or_nothing(
        |world| {
            let browser = world.browser();
            browser.login("owner@acme.test").expect(200);
            browser.request("POST", "/auth/verify", &json!({ "code": world.code(OWNER_SEED, 0) }).to_string())
        },
        1,
    );
}

#[test]
fn a_set_up_is_all_or_nothing() {
    all_or_nothing(
        |world| {
            world.require("acme", true, "now");
            let browser = world.browser();
            browser.login("leo@acme.test").expect(200);
            let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
            browser.request("POST", "/auth/enrol", &json!({ "code": world.code(&seed, 0) }).to_string())
        },
        1,
    );
}

/// Each change an admin makes, with its last statement failing first, then the one before, and so on.
#[test]
fn what_an_admin_does_is_all_or_nothing() {
    let users = "/api/v1/accounts/acme/users";
    for (method, path, body) in [
        ("PUT", "/api/v1/accounts/acme/two-factor", r#"{"required":true}"#),
        ("POST", "/api/v1/accounts/acme/users/noor/two-factor/reset", ""),
        ("POST", users, r#"{"email":"new@acme.test","name":"New","role":"member"}"#),
        ("PATCH", "/api/v1/accounts/acme/users/noor", r#"{"role":"admin","active":false,"name":"N"}"#),
        ("DELETE", "/api/v1/accounts/acme/users/noor", ""),
        ("POST", "/api/v1/accounts/acme/tokens", r#"{"name":"t","scopes":["users:read"]}"#),
    ] {
        all_or_nothing(
            |world| {
                world.browser().sign_in("noor@acme.test", airlock_tests::NOOR_SEED);
                crate::admin::owner(world).request(method, path, body)
            },
            1,
        );
    }
}

#[test]
fn joining_is_all_or_nothing() {
    all_or_nothing(
        |world| {
            let owner = crate::admin::owner(world);
            let new = json!({ "email": "new@acme.test", "name": "New", "role": "member" });
            let new = owner.post("/api/v1/accounts/acme/users", new).expect(201).json();
            let link = new["invite_url"].as_str().unwrap().trim_start_matches("https://app.test").to_owned();
            world.browser().request("POST", &link, r#"{"password":"seven grey herons wade"}"#)
        },
        1,
    );
}
