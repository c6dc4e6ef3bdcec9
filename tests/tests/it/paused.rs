//! Where nothing typed can succeed, a page says so before anyone types: until when, and what works instead.

use airlock::limit::ATTEMPTS_PER_LOGIN;
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, World};
use serde_json::json;

use crate::{codes::pending, throttle::wrong_password};

const FIELD: &str = "<input id=\"code\"";

/// Asserts that a page takes no code, says this, and from when on, if that is a matter of time.
#[track_caller]
fn held_up(browser: &Browser<'_>, path: &str, says: &str, seconds: Option<i64>) -> String {
    let answer = browser.open(path).expect(429);
    let page = &answer.0.body;
    assert!(page.contains(says) && !page.contains(FIELD) && !page.contains("type=\"password\""), "{page}");
    match seconds {
        Some(seconds) => {
            assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
            let at = airlock::ports::Now(browser.world.now.get().0 + seconds * 1000).rfc3339();
            let time = format!("<time datetime=\"{at}\" data-countdown=\"{seconds}\">{} UTC</time>", &at[11..16]);
            assert!(page.contains(&time), "{time}: {page}");
        }
        None => assert!(!page.contains("<time"), "{page}"),
    }
    browser.get(path).expect(429).field("code", "too_many_attempts");
    answer.0.body
}

#[test]
fn a_login_that_has_had_its_tries_says_until_when_and_leads_to_another() {
    let world = World::new();
    let stranger = pending(&world, "noor@acme.test");
    for _ in 0..ATTEMPTS_PER_LOGIN {
        stranger.verify("000000").expect(401);
    }
    for path in ["/auth/verify?return_to=%2Fx", "/auth/recovery?return_to=%2Fx"] {
        let page = held_up(&stranger, path, "Too many wrong codes. Sign in again in 15 minutes.", Some(900));
        assert!(page.contains("<a class=\"button\" href=\"/auth/login?return_to=%2Fx\">Sign in again</a>"), "{page}");
        assert!(!page.contains("href=\"/auth/recovery"), "a recovery code is a try as well: {page}");
    }
    // What is sent all the same, from a page that was open, gets the same.
    let typed = stranger.post("/auth/verify", json!({ "code": world.code(NOOR_SEED, 0) })).expect(429);
    assert_eq!(typed.header("retry-after"), Some("900"));
    // The next login, in the same pause: as long as that lasts longer than the login.
    world.wait_s(550);
    let next = pending(&world, "noor@acme.test");
    let page = held_up(&next, "/auth/verify", "Sign in again in 6 minutes.", Some(350));
    assert!(page.contains("href=\"/auth/login\">Sign in again"), "{page}");
    world.wait_s(100);
    let next = pending(&world, "noor@acme.test");
    let page = held_up(&next, "/auth/verify?return_to=%2Fx", "Try again in 5 minutes.", Some(250));
    assert!(page.contains("<a class=\"button\" href=\"/auth/verify?return_to=%2Fx\">Try again</a>"), "{page}");
    assert!(page.contains("href=\"/auth/login?return_to=%2Fx\">Sign in as someone else"), "{page}");
    held_up(&next, "/auth/recovery", "Try again in 5 minutes.", Some(250));
    world.wait_s(250);
    assert!(next.open("/auth/verify").expect(200).0.body.contains(FIELD));
    next.verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn a_known_browser_signs_in_again_at_once() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.post("/auth/logout", json!({})).expect(204);
    world.wait_s(30);
    noor.login("noor@acme.test").expect(200);
    for _ in 0..ATTEMPTS_PER_LOGIN {
        noor.verify("000000").expect(401);
    }
    held_up(&noor, "/auth/verify", "Too many wrong codes. Sign in again.", None);
    noor.login("noor@acme.test").expect(200);
    assert!(noor.open("/auth/verify").expect(200).0.body.contains(FIELD));
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn after_a_lock_the_code_page_leads_to_recovery_codes_and_says_whom_to_ask() {
    let world = World::new();
    let owner = world.browser();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    owner.reauth(Some(&world.code(OWNER_SEED, 1))).expect(200);
    let codes = owner.post("/auth/recovery-codes", json!({})).expect(200).json()["recovery_codes"].clone();
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = 'owner'", &[]);
    let lost = pending(&world, "owner@acme.test");
    let page = held_up(&lost, "/auth/verify?return_to=%2Fx", "Your authenticator is locked", None);
    assert!(
        page.contains("<a class=\"button\" href=\"/auth/recovery?return_to=%2Fx\">Use a recovery code</a>"),
        "{page}"
    );
    assert!(page.contains("Ask an admin"), "{page}");
    // The page where a password is proven again takes a recovery code, and says so.
    let page = owner.open("/auth/reauth").expect(200).0.body;
    assert!(page.contains(">Recovery code</label>") && page.contains("locked after too many wrong codes"), "{page}");
    assert!(lost.open("/auth/recovery").expect(200).0.body.contains(FIELD));
    lost.post("/auth/recovery", json!({ "code": codes[0] })).expect(200).field("next", "enrol");
    // Someone who has none left is not sent to where one is asked for.
    world.db.execute("DELETE FROM recovery_codes", &[]);
    let page = held_up(&pending(&world, "owner@acme.test"), "/auth/verify", "you have no recovery codes left", None);
    assert!(page.contains("Ask an admin") && !page.contains("href=\"/auth/recovery"), "{page}");
}

#[test]
fn a_proof_that_would_not_be_compared_is_not_asked_for() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    for _ in 0..10 {
        noor.reauth(Some("000000")).expect(401);
    }
    let page = held_up(&noor, "/auth/reauth?return_to=%2Fauth%2Fpassword", "Try again in 15 minutes.", Some(900));
    assert!(
        page.contains("/auth/reauth?return_to=%2Fauth%2Fpassword\">Try again") && page.contains("/auth/profile"),
        "{page}"
    );
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(429);
    world.wait_s(900);
    assert!(noor.open("/auth/reauth").expect(200).0.body.contains(FIELD));
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
}

/// Whom it holds up, nobody knows before an address is typed; then the same for each, and someone else may try.
#[test]
fn the_sign_in_page_says_until_when_it_pauses() {
    for email in ["mia@acme.test", "nobody@acme.test"] {
        let world = World::new();
        for _ in 0..13 {
            wrong_password(&world.browser(), email);
        }
        let form = format!("email={}&password=wrong", email.replace('@', "%40"));
        let answer = world.browser().submit("/auth/login", &form).expect(429);
        let page = &answer.0.body;
        assert!(
            page.contains("Too many wrong passwords. Try again in") && page.contains("name=\"password\""),
            "{page}"
        );
        let seconds = answer.header("retry-after").unwrap();
        let at = airlock::ports::Now(world.now.get().0 + seconds.parse::<i64>().unwrap() * 1000).rfc3339();
        assert!(page.contains(&format!("<time datetime=\"{at}\" data-countdown=\"{seconds}\">")), "{page}");
    }
}

#[test]
fn a_clock_that_is_off_is_told_as_a_number_and_in_seconds() {
    for (steps, says) in [
        (-10, "5 minutes behind"),
        (-3, "90 seconds behind"),
        (3, "90 seconds ahead"),
        (5, "2 minutes 30 seconds ahead"),
        (10, "5 minutes ahead"),
    ] {
        let world = World::new();
        let noor = pending(&world, "noor@acme.test");
        let answer = noor.verify(&world.code(NOOR_SEED, steps)).expect(401).json();
        assert_eq!(answer["seconds"], steps * 30, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(says), "{answer}");
        assert!(noor.verify("000000").expect(401).json().get("seconds").is_none());
    }
}

/// Telling it costs no round trip more than the form alone.
#[test]
fn the_pages_for_codes_take_one_round_trip() {
    let world = World::new();
    let noor = pending(&world, "noor@acme.test");
    let spent = |path: &str, status| {
        world.db.round_trips.set(0);
        noor.open(path).expect(status);
        assert_eq!(world.db.round_trips.get(), 1, "{path}");
    };
    spent("/auth/verify", 200);
    spent("/auth/recovery", 200);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    spent("/auth/reauth", 200);
}
