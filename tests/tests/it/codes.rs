//! Limits on codes: exact, across logins, and what a wrong one is told.

use airlock::limit::{ATTEMPTS_PER_LOGIN, CODE_FAILURES_MAX, CODES_MAX, CODES_UNKNOWN_MAX, PASSWORD as PASSWORD_PAUSE};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header, tally};
use serde_json::json;

use crate::throttle::wrong_password;

pub fn pending<'w>(world: &'w World, email: &str) -> Browser<'w> {
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
    assert_eq!(answer.header("retry-after"), Some("900"));
    world.wait_s(60);
    browser.verify(&world.code(NOOR_SEED, 0)).expect(429);
    world.wait_s(840);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn fifty_logins_share_one_budget() {
    let world = World::new();
    let answers: Vec<_> = (0..50).map(|_| pending(&world, "owner@acme.test").verify("000000")).collect();
    assert_eq!(tally(&answers), [(401, 5), (429, 45)].into());
    assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 5);
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'owner'"), 5);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn a_right_password_clears_no_failed_code_and_a_right_code_clears_its_own_only() {
    let world = World::new();
    let failures = "SELECT count(*) FROM code_attempts";
    let browser = pending(&world, "owner@acme.test");
    for _ in 0..3 {
        browser.verify("000000").expect(401);
    }
    let browser = pending(&world, "owner@acme.test");
    assert_eq!(world.count(failures), 3);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'owner'"), 0, "the hundred in a row");
    assert_eq!(world.count(failures), 3, "ten in fifteen minutes are ten, whatever came between");
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

/// Tries at every ten seconds, from a known browser and from strangers': never more than ten compared in any fifteen
/// minutes, of which strangers have five.
#[test]
fn ten_codes_in_any_fifteen_minutes_of_which_strangers_share_five() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("owner@acme.test", OWNER_SEED);
    let (mut known_at, mut strange_at) = (Vec::new(), Vec::new());
    for moment in 0..360 {
        // A login is over after five tries, and its hash is slow: begun anew only where another try would be admitted.
        let [all, strange] = ["", " AND browser = ''"].map(|which| {
            world
                .count(&format!("SELECT count(*) FROM code_attempts WHERE at > {}{which}", world.now.get().0 - 900_000))
        });
        for (browser, compared, open) in [
            (world.browser(), &mut strange_at, strange < CODES_UNKNOWN_MAX && all < CODES_MAX),
            (known.twin(), &mut known_at, all < CODES_MAX),
        ] {
            if open && moment % 2 == 0 || moment % 60 == 7 {
                browser.login("owner@acme.test").expect(200).field("next", "verify");
                if browser.verify("000000").0.status == 401 {
                    compared.push(moment * 10);
                }
            }
        }
        world.wait_s(10);
    }
    let within = |at: &[i64], start: i64| at.iter().filter(|at| (start..start + 900).contains(*at)).count();
    let all: Vec<i64> = known_at.iter().chain(&strange_at).copied().collect();
    assert!(all.len() >= 30, "{all:?}");
    for start in &all {
        assert!(within(&all, *start) <= 10, "{all:?}");
        assert!(within(&strange_at, *start) <= 5, "{strange_at:?}");
    }
}

#[test]
fn a_hundred_consecutive_failures_lock_the_authenticator_until_a_new_one_is_bound() {
    let world = World::new();
    for _ in 0..CODE_FAILURES_MAX {
        pending(&world, "owner@acme.test").verify("000000").expect(401);
        world.wait_s(901);
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

/// A budget is charged for what is compared, after the right password, and for nothing else.
#[test]
fn what_is_not_compared_costs_nothing() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    let spent = || {
        let attempts = world.count("SELECT count(*) FROM code_attempts");
        (attempts, world.count("SELECT code_failures FROM users WHERE id = 'owner'"))
    };
    for _ in 0..5 {
        browser
            .post("/auth/reauth", json!({ "password": "wrong", "code": "123456" }))
            .expect(401)
            .field("title", "Wrong password");
        browser.verify("000000").expect(409).field("code", "already_signed_in");
        browser.post("/auth/recovery", json!({ "code": "0".repeat(24) })).expect(409);
        browser.verify("nonsense").expect(400);
    }
    assert_eq!(spent(), (0, 0));
    assert_eq!(world.count("SELECT attempts FROM sessions"), 0);
    world.wait_s(30);
    pending(&world, "owner@acme.test").verify(&world.code(OWNER_SEED, 0)).expect(200);
}

/// A script of the app sends the cookie of a login that waits, but knows no key: it spends none of its user's codes.
#[test]
fn a_script_spends_no_code_of_the_login_that_waits_beside_it() {
    let world = World::new();
    let noor = pending(&world, "noor@acme.test");
    for path in ["/auth/verify", "/auth/recovery"] {
        for mode in ["cors", "navigate"] {
            let code = if path == "/auth/verify" { "000000" } else { "0000-0000-0000-0000-0000-0000" };
            let mut request = noor.request("POST", path, &json!({ "code": code, "key": "made up" }).to_string());
            let mut bare = noor.request("POST", path, &json!({ "code": code }).to_string());
            for request in [&mut request, &mut bare] {
                set_header(request, "sec-fetch-site", "same-origin");
                set_header(request, "sec-fetch-mode", mode);
                assert_eq!(world.handle(request).status, 403, "{path} {mode}");
            }
            let mut page = noor.request("GET", path, "");
            set_header(&mut page, "sec-fetch-mode", "cors");
            assert_eq!(world.handle(&page).status, 403, "nor does it read the key");
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0);
    assert_eq!(world.count("SELECT sum(attempts) FROM sessions"), 0);
    noor.fill("/auth/verify", "/auth/verify", &format!("code={}", world.code(NOOR_SEED, 0))).expect(303);
}

/// Ten requests under way with the cookie of a signed-in browser leave the owner's next login its code.
#[test]
fn a_session_that_needs_no_code_holds_no_budget_while_it_is_told_so() {
    let world = World::new();
    let stolen = world.browser();
    stolen.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    let login = pending(&world, "owner@acme.test");
    let code = |code: &str| json!({ "code": code }).to_string();
    let mut requests: Vec<_> = (0..10).map(|_| stolen.request("POST", "/auth/verify", &code("000000"))).collect();
    requests.push(login.request("POST", "/auth/verify", &code(&world.code(OWNER_SEED, 0))));
    let statuses = world.at_once(&requests);
    assert_eq!(statuses.last(), Some(&200), "{statuses:?}");
}

/// Of twenty right codes at once one wins, and the others are no wrong ones: by the app as by a recovery code.
#[test]
fn right_codes_cost_nothing_whoever_is_first() {
    let world = World::new();
    let codes = world.browser();
    codes.sign_in("noor@acme.test", NOOR_SEED);
    codes.reauth(Some(&world.code(NOOR_SEED, 1))).expect(200);
    let codes = codes.post("/auth/recovery-codes", json!({})).expect(200).json()["recovery_codes"].clone();
    world.wait_s(60);
    for (path, code) in
        [("/auth/verify", world.code(NOOR_SEED, 0)), ("/auth/recovery", codes[0].as_str().unwrap().into())]
    {
        let browsers: Vec<_> = (0..20)
            .map(|i| {
                let browser = world.browser().at(&format!("198.51.100.{i}"));
                browser.login("noor@acme.test").expect(200);
                browser
            })
            .collect();
        let body = json!({ "code": code }).to_string();
        let requests: Vec<_> = browsers.iter().map(|browser| browser.request("POST", path, &body)).collect();
        let statuses = world.at_once(&requests);
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{path}: {statuses:?}");
        assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0, "{path}");
        assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'noor'"), 0, "{path}");
    }
}

/// A right code that is used, or burned, costs its person nothing. It is one of its login's five, and after ten of an hour no
/// further row of the audit.
#[test]
fn used_and_burned_codes_are_bounded_by_their_login_and_written_down_ten_times_an_hour() {
    for kind in ["used", "burned", "recovery"] {
        let world = World::new();
        let noor = world.browser();
        noor.sign_in("noor@acme.test", NOOR_SEED);
        let (path, code) = match kind {
            "used" => ("/auth/verify", world.code(NOOR_SEED, 0)),
            "burned" => {
                let early = world.code(NOOR_SEED, 2);
                pending(&world, "noor@acme.test").verify(&early).expect(401).field("reason", "clock_ahead");
                world.wait_s(60);
                world.db.execute("DELETE FROM code_attempts", &[]);
                world.db.execute("UPDATE users SET code_failures = 0", &[]);
                ("/auth/verify", early)
            }
            _ => {
                noor.reauth(Some(&world.code(NOOR_SEED, 1))).expect(200);
                let codes = noor.post("/auth/recovery-codes", json!({})).expect(200).json()["recovery_codes"].clone();
                let code = codes[0].as_str().unwrap().to_owned();
                pending(&world, "noor@acme.test").post("/auth/recovery", json!({ "code": code })).expect(200);
                ("/auth/recovery", code)
            }
        };
        let written = || {
            world.count(
                "SELECT count(*) FROM audit WHERE result = 'used_code' AND target_id = 'noor' AND actor_id IS NULL",
            )
        };
        for _ in 0..3 {
            let browser = pending(&world, "noor@acme.test");
            for _ in 0..ATTEMPTS_PER_LOGIN {
                browser.post(path, json!({ "code": code })).expect(401);
            }
            browser.post(path, json!({ "code": code })).expect(429).field("code", "too_many_attempts");
        }
        let spent = world
            .count("SELECT (SELECT count(*) FROM code_attempts) + (SELECT code_failures FROM users WHERE id = 'noor')");
        let alerts = world.count("SELECT count(*) FROM audit WHERE action = 'alert'");
        assert_eq!([written(), spent, alerts], [10, 0, 0], "{kind}");
        if kind == "recovery" {
            world.wait_s(3600);
            pending(&world, "noor@acme.test").post(path, json!({ "code": code })).expect(401);
            assert_eq!(written(), 11, "an hour later there is room");
        }
    }
}

/// In a full session, where no login counts them, they cost a try at the password each. A right code clears all.
#[test]
fn used_codes_in_a_full_session_bring_the_pause_of_wrong_passwords() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    let used = world.code(NOOR_SEED, 0);
    for _ in 0..PASSWORD_PAUSE.from {
        browser.reauth(Some(&used)).expect(401).field("reason", "used");
    }
    browser.reauth(Some(&used)).expect(429).field("code", "too_many_attempts");
    assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0);
    world.wait_s(30);
    browser.reauth(Some("000000")).expect(401);
    assert_eq!(
        world.count("SELECT count(*) FROM password_budgets"),
        0,
        "the password was right, and the code was not used"
    );
    browser.reauth(Some(&used)).expect(401);
    browser.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 0);
}

/// A login asked for its code again, because an account began to require one, has five tries as any other.
#[test]
fn five_tries_hold_wherever_a_code_is_asked_for() {
    let world = World::new();
    let noor = world.browser();
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    noor.login("noor@acme.test").expect(200).field("next", "done");
    world.require("acme", true, "now");
    assert_eq!(noor.stage(), "verify");
    for _ in 0..5 {
        noor.verify("000000").expect(401);
    }
    world.wait_s(901);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(429);
}

#[test]
fn reauthentication_is_no_side_door() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    for _ in 0..CODES_MAX {
        browser.reauth(Some("000000")).expect(401).field("code", "invalid_code");
    }
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(429);
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 0, "the password was right");
    for _ in 0..10 {
        browser.post("/auth/reauth", json!({ "password": "wrong", "code": "000000" })).expect(401);
    }
    let paused = json!({ "password": PASSWORD, "code": world.code(OWNER_SEED, 0) });
    browser.post("/auth/reauth", paused).expect(429).field("code", "too_many_attempts");
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
    world.wait_s(900);
    // A code five minutes ahead costs its owner that one step and no more.
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 10)).expect(401).field("reason", "clock_ahead");
    world.wait_s(30);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
    world.wait_s(270);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(401).field("reason", "used");
    world.wait_s(30);
    pending(&world, "noor@acme.test").verify(&world.code(NOOR_SEED, 0)).expect(200);
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
