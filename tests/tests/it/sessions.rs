//! How long sessions live, and what ends them.

use airlock_tests::{OWNER_SEED, World, set_header};
use serde_json::json;

#[test]
fn every_change_of_stage_brings_a_new_token_and_the_old_one_is_dead() {
    let world = World::new();
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    let first_login = browser.twin();
    browser.login("owner@acme.test").expect(200);
    assert_eq!(first_login.stage(), "none", "a new login in the same browser ends the one before");
    let pending = browser.twin();
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    let full = browser.twin();
    world.wait_s(30);
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    assert_eq!([pending.stage(), full.stage(), browser.stage()], ["none", "none", "full"]);
    for token in [pending.token(), full.token(), browser.token()] {
        assert_eq!(token.len(), 43, "256 bits in base64url");
    }
}

#[test]
fn a_changed_token_is_worth_nothing() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    let token = browser.token();
    for i in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        browser.cookies.borrow_mut().insert(browser.site.cookie().to_owned(), changed);
        assert_eq!(browser.stage(), "none");
    }
}

#[test]
fn what_a_sub_domain_can_set_does_not_pass_for_the_cookie() {
    let world = World::new();
    let (mia, thief) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    thief.login("leo@acme.test").expect(200);
    let whose = |cookies: &str| {
        let mut request = mia.request("GET", "/auth/session", "");
        set_header(&mut request, "cookie", cookies);
        world.browser().send(&request).expect(200).json()["user"]["email"].as_str().unwrap().to_owned()
    };
    let (own, planted) = (format!("__Host-airlock={}", mia.token()), format!("__Host-airlock={}", thief.token()));
    assert_eq!(whose(&format!("a=b;\t{own} ")), "mia@acme.test");
    // Browsers let any site set these: to them the name begins otherwise.
    for other in ["\u{85}", "\u{a0}", "\u{2000}", "\u{3000}", "\u{b}", "\u{c}", "\"", "=", "$"] {
        assert_eq!(whose(&format!("{other}{planted}; {own}")), "mia@acme.test", "{other:?}");
    }
}

#[test]
fn of_two_cookies_with_one_name_none_counts() {
    let world = World::new();
    let (mia, thief) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    thief.login("leo@acme.test").expect(200);
    let (own, planted) = (format!("__Host-airlock={}", mia.token()), format!("__Host-airlock={}", thief.token()));
    for (first, second) in [(&own, &planted), (&planted, &own), (&own, &own)] {
        for path in ["/auth/session", "/"] {
            let mut request = mia.request("GET", path, "");
            set_header(&mut request, "cookie", &format!("{first}; a=b; {second}"));
            world.browser().send(&request).expect(401);
            // HTTP/2 may send each in a header of its own.
            set_header(&mut request, "cookie", first);
            request.headers.push(("cookie".to_owned(), second.clone()));
            world.browser().send(&request).expect(401);
        }
    }
    let mut request = mia.request("GET", "/", "");
    request.headers.push(("cookie".to_owned(), "theme=dark; theme=light".to_owned()));
    request.headers.push(("cookie".to_owned(), "__host-airlock=x; __Host-airlockx=y".to_owned()));
    world.browser().send(&request).expect(200);
    let forwarded = world.forwarded.borrow();
    let cookies: Vec<_> = forwarded.last().unwrap().headers.iter().filter(|(name, _)| name == "cookie").collect();
    assert_eq!(cookies, [&("cookie".to_owned(), "theme=dark; theme=light".to_owned())], "the app's own are its own");
    // The language too.
    let mut request = mia.request("GET", "/auth/login", "");
    set_header(&mut request, "accept", "text/html");
    set_header(&mut request, "cookie", "__Host-airlock-language=hi; __Host-airlock-language=hi");
    assert!(world.handle(&request).body.contains("<html lang=\"en\""));
}

#[test]
fn a_login_waits_five_minutes_for_its_code() {
    let world = World::new();
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    world.wait_s(299);
    assert_eq!(browser.stage(), "verify");
    world.wait_s(1);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(401).field("code", "login_required");
}

#[test]
fn thirty_minutes_without_a_request_end_a_session_and_a_request_in_time_extends_it() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    for _ in 0..3 {
        world.wait_s(1799);
        assert_eq!(browser.stage(), "full");
    }
    world.wait_s(1800);
    assert_eq!(browser.stage(), "none");
}

#[test]
fn twelve_hours_end_a_session_whatever_happens() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    for _ in 0..71 {
        world.wait_s(600);
        assert_eq!(browser.stage(), "full");
    }
    browser.reauth(None).expect(200);
    world.wait_s(600);
    assert_eq!(browser.stage(), "none");
}

#[test]
fn last_seen_is_written_once_a_minute_at_most() {
    let world = World::new();
    let browser = world.browser();
    let seen = || world.count("SELECT last_seen_at FROM sessions");
    browser.login("mia@acme.test").expect(200);
    let begun = seen();
    world.wait_s(59);
    browser.get("/").expect(200);
    assert_eq!(seen(), begun);
    world.wait_s(1);
    browser.get("/").expect(200);
    assert_eq!(seen(), begun + 60_000);
}

#[test]
fn a_requirement_holds_from_the_next_login_or_from_the_next_request() {
    let world = World::new();
    let (mia, owner) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    owner.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(1);
    world.require("acme", true, "next_login");
    assert_eq!(mia.stage(), "full", "a session already open goes on");
    world.browser().login("mia@acme.test").expect(200).field("next", "enrol");
    world.require("acme", true, "now");
    assert_eq!(mia.stage(), "enrol", "now holds at the very next request");
    mia.get("/").expect(401).field("code", "enrol_required");
    assert_eq!(owner.stage(), "full", "who has proven a second factor is not disturbed");
    // The cookie alone binds no authenticator: whoever has it proves the password too.
    mia.get("/auth/enrol").expect(403).field("code", "reauth_required");
    mia.post("/auth/enrol", json!({ "code": "000000" })).expect(403);
    mia.reauth(None).expect(200);
    assert_eq!(mia.stage(), "enrol");
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    assert_eq!(mia.stage(), "full");
}

#[test]
fn with_now_an_open_session_of_someone_set_up_is_led_to_the_code() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = ?1", &["noor".into()]);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "done");
    world.require("acme", true, "now");
    assert_eq!(noor.stage(), "verify");
    noor.verify(&world.code(airlock_tests::NOOR_SEED, 0)).expect(200);
    assert_eq!(noor.stage(), "full");
}

#[test]
fn every_session_attempt_is_written_to_the_audit() {
    let world = World::new();
    let browser = world.browser();
    browser.post("/auth/login", json!({ "email": "owner@acme.test", "password": "wrong" })).expect(401);
    browser.post("/auth/login", json!({ "email": "nobody@acme.test", "password": "wrong" })).expect(401);
    browser.login("owner@acme.test").expect(200);
    browser.verify("000000").expect(401);
    let twin = browser.twin();
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    twin.verify(&world.code(OWNER_SEED, 1)).expect(401);
    browser.post("/auth/logout", json!({})).expect(204);
    // Wrong passwords of a minute are one row, once it is over; those for addresses that nobody has belong to no account.
    world.wait_s(60);
    world.tick();
    let rows = world
        .db
        .table("SELECT action || ' ' || result || ' ' || ifnull(target_id, '-') AS line FROM audit ORDER BY id");
    let lines: Vec<_> = rows.lines().map(|row| row.split('"').nth(3).unwrap()).collect();
    assert_eq!(
        lines,
        [
            "login ok owner",
            "verify invalid_code owner",
            "verify ok owner",
            "logout ok owner",
            "login invalid_credentials owner",
        ]
    );
}
