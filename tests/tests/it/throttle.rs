//! Limits on attempts: exact, across logins, and no way for strangers to lock someone out.

use airlock::throttle::{ATTEMPTS_PER_LOGIN, CODE, CODE_FAILURES_MAX, PASSWORD as PASSWORD_PAUSE};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, tally};
use serde_json::json;

fn pending<'w>(world: &'w World, email: &str) -> Browser<'w> {
    let browser = world.browser();
    browser.login(email).expect(200).field("next", "verify");
    browser
}

#[test]
fn after_five_wrong_codes_a_login_is_over_even_for_the_right_code() {
    let world = World::new();
    let browser = pending(&world, "noor@acme.test");
    for _ in 0..ATTEMPTS_PER_LOGIN {
        browser.verify("000000").expect(401).field("code", "invalid_code");
    }
    let answer = browser.verify(&world.code(NOOR_SEED, 0)).expect(429).field("code", "too_many_attempts");
    assert_eq!(answer.header("retry-after"), Some("30"));
    world.wait_s(60);
    browser.verify(&world.code(NOOR_SEED, 0)).expect(429);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn fifty_logins_share_one_budget() {
    let world = World::new();
    let answers: Vec<_> = (0..50).map(|_| pending(&world, "owner@acme.test").verify("000000")).collect();
    assert_eq!(tally(&answers), [(401, 5), (429, 45)].into());
    assert_eq!(world.count("SELECT failures FROM throttles WHERE scope = 'code'"), 5);
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'owner'"), 5);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn a_right_password_clears_no_failed_code_and_a_right_code_clears_its_own_only() {
    let world = World::new();
    let failures = "SELECT failures FROM throttles WHERE scope = 'code'";
    let browser = pending(&world, "owner@acme.test");
    for _ in 0..3 {
        browser.verify("000000").expect(401);
    }
    let browser = pending(&world, "owner@acme.test");
    assert_eq!(world.count(failures), 3);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    assert_eq!(world.count("SELECT count(*) FROM throttles"), 0);
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'owner'"), 0);
}

#[test]
fn one_time_codes_and_recovery_codes_draw_on_one_budget() {
    let world = World::new();
    let browser = pending(&world, "owner@acme.test");
    let recovery = json!({ "code": "0000-0000-0000-0000-0000-0000" });
    for _ in 0..2 {
        browser.verify("000000").expect(401);
        browser.post("/auth/recovery", recovery.clone()).expect(401).field("code", "invalid_code");
    }
    browser.verify("000000").expect(401);
    browser.post("/auth/recovery", recovery).expect(429);
    browser.verify("000000").expect(429);
}

/// Tries at every second: never more than ten compared in any fifteen minutes, and pauses double up to the longest.
#[test]
fn pauses_double_and_keep_within_ten_in_fifteen_minutes() {
    let world = World::new();
    let mut compared_at = Vec::new();
    for second in 0..4 * 3600 {
        // The hash of the password is too slow to log in at every second; a paused attempt is refused anyway.
        if world.count("SELECT ifnull(max(blocked_until), 0) FROM throttles WHERE scope = 'code'") <= world.now.get().0
        {
            pending(&world, "owner@acme.test").verify("000000").expect(401);
            compared_at.push(second);
        }
        world.wait_s(1);
    }
    let pauses: Vec<_> = compared_at.windows(2).map(|pair| pair[1] - pair[0]).skip(4).collect();
    assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    assert_eq!(CODE.longest_ms, 3_600_000);
    for start in &compared_at {
        assert!(compared_at.iter().filter(|at| (*start..*start + 900).contains(*at)).count() <= 10);
    }
}

#[test]
fn a_hundred_consecutive_failures_lock_the_authenticator_until_a_new_one_is_bound() {
    let world = World::new();
    for _ in 0..CODE_FAILURES_MAX {
        pending(&world, "owner@acme.test").verify("000000").expect(401);
        world.wait_s(3601);
    }
    let browser = pending(&world, "owner@acme.test");
    browser.verify(&world.code(OWNER_SEED, 0)).expect(429).field("code", "too_many_attempts");
    world.wait_s(86_400);
    pending(&world, "owner@acme.test").verify(&world.code(OWNER_SEED, 0)).expect(429);
    world.reset("owner");
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200).field("next", "enrol");
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    pending(&world, "owner@acme.test").verify(&world.code(&seed, 1)).expect(200);
}

#[test]
fn ten_failures_in_a_month_raise_an_alert_whatever_came_between() {
    let world = World::new();
    let alerts = "SELECT count(*) FROM audit WHERE action = 'alert' AND target_id = 'owner'";
    for round in 0..5 {
        let browser = pending(&world, "owner@acme.test");
        browser.verify("000000").expect(401);
        browser.verify("000000").expect(401);
        assert_eq!(world.count(alerts), i64::from(round == 4));
        browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
        world.wait_s(3600);
    }
}

/// Wrong passwords, which any stranger can type, raise none; and a recovery code can be the tenth.
#[test]
fn an_alert_is_raised_once_by_the_code_that_makes_it_ten() {
    let world = World::new();
    let alerts = "SELECT count(*) FROM audit WHERE action = 'alert' AND target_id = 'owner'";
    for failure in 1..=10 {
        assert_eq!(world.count(alerts), 0, "before failure {failure}");
        let recovery = json!({ "code": "0000-0000-0000-0000-0000-0000" });
        let browser = pending(&world, "owner@acme.test");
        match failure {
            10 => browser.post("/auth/recovery", recovery).expect(401),
            _ => browser.verify("000000").expect(401),
        };
        world.wait_s(3600);
    }
    assert_eq!(world.count(alerts), 1);
    for _ in 0..3 {
        wrong_password(&world.browser(), "owner@acme.test");
    }
    pending(&world, "owner@acme.test").verify(&world.code(OWNER_SEED, 0)).expect(200);
    assert_eq!(world.count(alerts), 1);
}

fn wrong_password(browser: &Browser<'_>, email: &str) -> u16 {
    browser.post("/auth/login", json!({ "email": email, "password": "wrong" })).0.status
}

#[test]
fn passwords_pause_from_the_tenth_failure_and_never_for_good() {
    let world = World::new();
    let right = || world.browser().login("mia@acme.test").0.status;
    for _ in 1..PASSWORD_PAUSE.from {
        assert_eq!(wrong_password(&world.browser(), "mia@acme.test"), 401);
    }
    assert_eq!(wrong_password(&world.browser(), "mia@acme.test"), 401);
    assert_eq!(right(), 401, "paused for a second");
    world.wait_s(1);
    assert_eq!(right(), 200);
    for _ in 0..40 {
        wrong_password(&world.browser(), "mia@acme.test");
        world.wait_s(900);
    }
    assert_eq!(right(), 200, "the longest pause is fifteen minutes");
    assert_eq!(world.count("SELECT count(*) FROM throttles"), 0);
}

#[test]
fn strangers_cannot_keep_a_known_browser_out() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("owner@acme.test", OWNER_SEED);
    known.post("/auth/logout", json!({})).expect(204);
    for _ in 0..12 {
        wrong_password(&world.browser(), "owner@acme.test");
    }
    let stranger = world.browser();
    assert_eq!(stranger.login("owner@acme.test").0.status, 401, "strangers wait");
    world.wait_s(30);
    known.login("owner@acme.test").expect(200).field("next", "verify");
    // The same for someone who knows the password and fails at codes.
    let stranger = pending(&world, "owner@acme.test");
    for _ in 0..5 {
        stranger.verify("000000").expect(401);
    }
    known.verify(&world.code(OWNER_SEED, 0)).expect(200);
}

#[test]
fn a_forged_or_foreign_device_cookie_is_worth_nothing() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let devices = "SELECT count(*) FROM throttles WHERE device <> ''";
    let borrowed = mia.twin();
    wrong_password(&borrowed, "owner@acme.test");
    borrowed.cookies.borrow_mut().insert(airlock::session::DEVICE_COOKIE.to_owned(), "x.y".to_owned());
    wrong_password(&borrowed, "mia@acme.test");
    assert_eq!(world.count(devices), 0);
    wrong_password(&mia, "mia@acme.test");
    assert_eq!(world.count(devices), 1);
}

#[test]
fn at_most_five_logins_wait_for_their_code() {
    let world = World::new();
    let browsers: Vec<_> = (0..6).map(|_| pending(&world, "owner@acme.test")).collect();
    assert_eq!(browsers[0].stage(), "none", "the oldest ended");
    assert!(browsers[1..].iter().all(|browser| browser.stage() == "verify"));
    // By a clock that is behind it is still the newest.
    world.wait_s(-1);
    assert_eq!(pending(&world, "owner@acme.test").stage(), "verify");
    assert_eq!(browsers[1].stage(), "none");
}

#[test]
fn the_brake_by_address_answers_before_any_work() {
    let world = World::new();
    world.brake_admits.set(false);
    let answer = world.browser().login("mia@acme.test").expect(429);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(world.db.round_trips.get(), 0);
}

#[test]
fn reauthentication_is_no_side_door() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    for _ in 0..5 {
        browser.reauth(Some("000000")).expect(401).field("code", "invalid_code");
    }
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(429);
    for _ in 0..10 {
        browser.post("/auth/reauth", json!({ "password": "wrong", "code": "000000" })).expect(401);
    }
    let paused = json!({ "password": PASSWORD, "code": world.code(OWNER_SEED, 0) });
    browser.post("/auth/reauth", paused).expect(401).field("code", "invalid_credentials");
}

/// What is said of a wrong code helps its owner and nobody else: why it is wrong, never that it will be right.
#[test]
fn a_wrong_code_is_told_why_and_gains_nothing_by_it() {
    let world = World::new();
    let browser = pending(&world, "noor@acme.test");
    let reason = |steps: i64| {
        let answer = browser.verify(&world.code(NOOR_SEED, steps)).expect(401).field("code", "invalid_code").json();
        (answer["reason"].clone(), answer["detail"].as_str().unwrap().to_owned())
    };
    let (behind, detail) = reason(-4);
    assert_eq!(behind, "clock_behind");
    assert!(detail.contains("about 2 minutes behind"), "{detail}");
    let (ahead, detail) = reason(2);
    assert_eq!(ahead, "clock_ahead");
    assert!(detail.contains("about 60 seconds ahead"), "{detail}");
    assert_eq!(reason(-11).0, json!(null));
    assert_eq!(reason(11).0, json!(null));
    // The code that was too early does not become right.
    let early = world.code(NOOR_SEED, 2);
    world.wait_s(60);
    let again = pending(&world, "noor@acme.test");
    again.verify(&early).expect(401).field("reason", "used");
    world.wait_s(30);
    let next = world.code(NOOR_SEED, 0);
    let again = pending(&world, "noor@acme.test");
    again.verify(&next).expect(200);
    let replay = pending(&world, "noor@acme.test");
    replay.verify(&next).expect(401).field("reason", "used");
    // Without the right password nothing of it is told.
    assert_eq!(wrong_password(&world.browser(), "noor@acme.test"), 401);
}

#[test]
fn an_app_that_ignores_the_algorithm_is_found_out() {
    let world = World::new();
    world.db.execute("UPDATE authenticators SET algorithm = 'SHA256' WHERE user_id = ?1", &["noor".into()]);
    let browser = pending(&world, "noor@acme.test");
    browser.verify(&world.code(NOOR_SEED, 0)).expect(401).field("reason", "algorithm");
}
