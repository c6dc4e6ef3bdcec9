//! Limits on attempts: exact, across logins, and no way for strangers to lock someone out.

use airlock::{
    limit::{
        ATTEMPTS_PER_LOGIN, BROWSERS_MAX, CODE_FAILURES_MAX, CODES_MAX, CODES_UNKNOWN_MAX, FLOOD, HASHES_MAX,
        HASHES_OF_NETWORK_MAX, PASSWORD as PASSWORD_PAUSE,
    },
    people::Role,
};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header, tally};
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

fn wrong_password(browser: &Browser<'_>, email: &str) -> u16 {
    browser.post("/auth/login", json!({ "email": email, "password": "wrong" })).0.status
}

#[test]
fn passwords_pause_from_the_tenth_failure_and_never_for_good() {
    let world = World::new();
    let right = || world.browser().login("mia@acme.test").0.status;
    for _ in 0..PASSWORD_PAUSE.from {
        assert_eq!(wrong_password(&world.browser(), "mia@acme.test"), 401);
    }
    let paused = world.browser().login("mia@acme.test").expect(429).field("code", "too_many_attempts");
    assert_eq!(paused.header("retry-after"), Some("1"));
    world.wait_s(1);
    assert_eq!(right(), 200);
    for _ in 0..40 {
        wrong_password(&world.browser(), "mia@acme.test");
        world.wait_s(900);
    }
    assert_eq!(right(), 200, "the longest pause is fifteen minutes");
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 0);
}

/// What is told in a pause is told of every address, whether or not anyone has it.
#[test]
fn a_pause_is_the_same_for_an_address_that_nobody_has() {
    let world = World::new();
    let told = |email: &str| {
        for _ in 0..PASSWORD_PAUSE.from {
            wrong_password(&world.browser(), email);
        }
        let mut answer = world.browser().login(email).expect(429).0;
        answer.headers.retain(|(name, _)| *name != "content-security-policy");
        (answer.headers, answer.body)
    };
    assert_eq!(told("mia@acme.test"), told("nobody@acme.test"));
}

#[test]
fn strangers_elsewhere_keep_no_browser_of_the_owner_out() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("owner@acme.test", OWNER_SEED);
    known.post("/auth/logout", json!({})).expect(204);
    for _ in 0..12 {
        wrong_password(&world.browser(), "owner@acme.test");
    }
    assert_eq!(world.browser().login("owner@acme.test").0.status, 429, "strangers wait");
    known.login("owner@acme.test").expect(200).field("next", "verify");
    // A browser of the owner's that has never been here, from another network.
    world.browser().at("198.51.100.9").login("owner@acme.test").expect(200);
    world.wait_s(30);
    // The same for someone who knows the password and fails at codes.
    let stranger = world.browser().at("198.51.100.77");
    stranger.login("owner@acme.test").expect(200);
    for _ in 0..5 {
        stranger.verify("000000").expect(401);
    }
    known.verify(&world.code(OWNER_SEED, 0)).expect(200);
}

/// A flood at one address from more networks than anyone has: each still gets a try in thirty seconds, a known browser is
/// not slowed at all, and the network that floods is slowed for every address.
#[test]
fn a_flood_slows_nobody_for_long() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("owner@acme.test", OWNER_SEED);
    for flood in 0..FLOOD {
        let stranger = world.browser().at(&format!("198.51.{}.{}", flood / 250, flood % 250));
        assert_eq!(wrong_password(&stranger, "owner@acme.test"), 401, "{flood}");
    }
    let late = || world.browser().at("192.0.2.1");
    assert_eq!(wrong_password(&late(), "owner@acme.test"), 401, "a network's first try");
    let paused = late().login("owner@acme.test").expect(429);
    assert_eq!(paused.header("retry-after"), Some("30"));
    known.login("owner@acme.test").expect(200);
    world.browser().at("192.0.2.2").login("mia@acme.test").expect(200);
    world.wait_s(30);
    late().login("owner@acme.test").expect(200);
    // One network, many addresses.
    for flood in 0..FLOOD {
        assert_eq!(wrong_password(&world.browser().at("203.0.113.99"), &format!("u{flood}@acme.test")), 401);
    }
    assert_eq!(world.browser().at("203.0.113.99").login("mia@acme.test").0.status, 429);
    let six = |ip: &str| world.browser().at(ip).login("leo@acme.test").0.status;
    assert_eq!([six("203.0.113.98"), six("2001:db8::1")], [200, 200]);
    world.wait_s(30);
    world.browser().at("203.0.113.99").login("mia@acme.test").expect(200);
}

/// A right one counts nowhere: neither for its address nor for its network, however many people sign in from there.
#[test]
fn right_passwords_spend_no_budget() {
    let world = World::new();
    for _ in 0..30 {
        world.browser().login("mia@acme.test").expect(200);
        world.browser().login("leo@acme.test").expect(200);
    }
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 0);
    assert_eq!(world.count("SELECT ifnull(sum(failures), 0) FROM floods"), 0);
}

#[test]
fn fifty_right_passwords_at_once_are_told_apart_from_wrong_ones() {
    let world = World::new();
    let requests: Vec<_> = (0..50)
        .map(|i| {
            let body = json!({ "email": "mia@acme.test", "password": PASSWORD }).to_string();
            world.browser().at(&format!("198.51.100.{}", i % 7)).request("POST", "/auth/login", &body)
        })
        .collect();
    let statuses = world.at_once(&requests);
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.iter().filter(|status| **status == 200).count() >= 10);
}

#[test]
fn a_browser_is_known_by_a_whole_login_of_its_own() {
    let world = World::new();
    let known = "SELECT count(*) FROM browsers";
    // The password alone makes none known where there is more to prove.
    let owner = world.browser();
    owner.login("owner@acme.test").expect(200);
    assert_eq!(world.count(known), 0);
    owner.verify(&world.code(OWNER_SEED, 0)).expect(200);
    assert_eq!(world.count(known), 1);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    assert_eq!(world.count(known), 2);
    mia.twin().login("mia@acme.test").expect(200);
    assert_eq!(world.count(known), 2, "it is known already");
    // Someone else's cookie, or one that is made up, is a stranger's.
    let own = "SELECT count(*) FROM password_budgets WHERE source NOT LIKE '%.%'";
    let borrowed = mia.twin();
    wrong_password(&borrowed, "owner@acme.test");
    borrowed.cookies.borrow_mut().insert(airlock::people::session::BROWSER_COOKIE.to_owned(), "x.y".to_owned());
    wrong_password(&borrowed, "mia@acme.test");
    assert_eq!(world.count(own), 0);
    wrong_password(&mia, "mia@acme.test");
    assert_eq!(world.count(own), 1);
}

/// Whoever signs in often by the password alone, before two-factor login is on, hoards nothing.
/// What a script of the app sends from its user's browser counts for the network, so it keeps nobody out of that browser.
#[test]
fn a_script_spends_no_budget_of_the_known_browser_it_runs_in() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("noor@acme.test", NOOR_SEED);
    for (path, body) in [
        ("/auth/reauth", json!({ "password": "wrong", "code": "000000" })),
        ("/auth/login", json!({ "email": "noor@acme.test", "password": "wrong" })),
    ] {
        let mut request = known.request("POST", path, &body.to_string());
        set_header(&mut request, "sec-fetch-mode", "cors");
        set_header(&mut request, "sec-fetch-dest", "empty");
        set_header(&mut request, "sec-fetch-site", "same-origin");
        for _ in 0..12 {
            world.handle(&request);
        }
    }
    assert_eq!(wrong_password(&world.browser(), "noor@acme.test"), 429, "the network is in a pause");
    known.twin().login("noor@acme.test").expect(200);
    // Nor does it make that browser someone else's: a login that a script sends makes none known.
    world.add_user("acme", "una", "una@acme.test", Role::Member, None);
    world.wait_s(600);
    let script = known.twin();
    let body = json!({ "email": "una@acme.test", "password": PASSWORD }).to_string();
    let mut request = script.request("POST", "/auth/login", &body);
    set_header(&mut request, "sec-fetch-mode", "cors");
    let before = world.count("SELECT count(*) FROM browsers");
    let answer = world.handle(&request);
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.iter().any(|(_, value)| value.starts_with("__Host-airlock-browser")));
    assert_eq!(world.count("SELECT count(*) FROM browsers"), before);
}

#[test]
fn hoarded_browsers_multiply_no_budget() {
    let world = World::new();
    let hoard: Vec<_> = (0..26)
        .map(|_| {
            let browser = world.browser();
            browser.login("mia@acme.test").expect(200);
            browser
        })
        .collect();
    assert_eq!(world.count("SELECT count(*) FROM browsers"), BROWSERS_MAX);
    // Mia turns it on.
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    assert_eq!(world.count("SELECT count(*) FROM browsers"), 1, "hers alone");
    let compared = hoard.iter().map(|thief| {
        thief.login("mia@acme.test").expect(200);
        (0..5).filter(|_| thief.verify("000000").0.status == 401).count()
    });
    assert_eq!(compared.sum::<usize>(), 5, "all of them share what strangers have");
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'mia'"), 5);
    // And her own browser is as it was.
    world.wait_s(30);
    mia.login("mia@acme.test").expect(200);
    mia.verify(&world.code(&seed, 0)).expect(200);
}

/// What ends trust ends what is known of browsers: a new password, a reset, the end of other sessions, and its days.
#[test]
fn a_browser_is_known_no_longer_than_it_is_trusted() {
    let world = World::new();
    let known = || world.count("SELECT count(*) FROM browsers WHERE user_id = 'owner'");
    let wrong = |browser: &Browser<'_>| {
        wrong_password(browser, "owner@acme.test");
        world.count("SELECT count(*) FROM password_budgets WHERE source NOT LIKE '%.%'") == 1
    };
    let here = world.browser();
    here.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    let there = world.browser();
    there.sign_in("owner@acme.test", OWNER_SEED);
    assert_eq!(known(), 2);
    here.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" }))
        .expect(200);
    assert_eq!(known(), 1);
    assert!(!wrong(&there), "a stranger's again");
    world.db.execute("DELETE FROM password_budgets", &[]);
    assert!(wrong(&here));
    world.reset("owner");
    assert_eq!(known(), 0);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    world.wait_s(90 * 86_400);
    mia.login("mia@acme.test").expect(200);
    assert_eq!(world.count("SELECT count(*) FROM browsers WHERE user_id = 'mia'"), 2, "it became known anew");
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM browsers WHERE user_id = 'mia'"), 1);
}

#[test]
fn at_most_five_logins_wait_for_their_code_from_one_place() {
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
fn a_stranger_ends_nobodys_waiting_login() {
    let world = World::new();
    let known = world.browser();
    known.sign_in("owner@acme.test", OWNER_SEED);
    known.login("owner@acme.test").expect(200);
    let elsewhere = world.browser().at("2001:db8:7::1");
    elsewhere.login("owner@acme.test").expect(200);
    for thief in 0..54 {
        world.browser().at(&format!("2001:db8:{thief:x}aa::1")).login("owner@acme.test").expect(200);
        world.browser().login("owner@acme.test").expect(200);
    }
    assert_eq!([known.stage(), elsewhere.stage()], ["verify", "verify"]);
    world.wait_s(30);
    known.verify(&world.code(OWNER_SEED, 0)).expect(200);
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
        browser.post("/auth/reauth", json!({ "password": "wrong", "code": "123456" })).expect(401);
        browser.verify("000000").expect(409).field("code", "already_signed_in");
        browser.post("/auth/recovery", json!({ "code": "0".repeat(24) })).expect(409);
        browser.verify("nonsense").expect(400);
    }
    assert_eq!(spent(), (0, 0));
    assert_eq!(world.count("SELECT attempts FROM sessions"), 0);
    world.wait_s(30);
    pending(&world, "owner@acme.test").verify(&world.code(OWNER_SEED, 0)).expect(200);
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

/// What a stranger can make it store: nothing in any audit, one row a minute for the network, and as many budgets as the
/// flood lets through.
#[test]
fn made_up_addresses_leave_little_and_not_for_long() {
    let world = World::new();
    let rows = |table: &str| world.count(&format!("SELECT count(*) FROM {table}"));
    let before = rows("audit");
    for address in 0..400 {
        wrong_password(&world.browser(), &format!("made-up-{address}@acme.test"));
        world.wait_s(1);
    }
    assert_eq!(rows("audit"), before);
    assert!(rows("refusals") <= 7, "{}", rows("refusals"));
    let tried = FLOOD + (400 - FLOOD) / 30 + 1;
    assert!(rows("password_budgets") <= tried && rows("floods") <= tried + 1, "{}", rows("password_budgets"));
    // The rows say nothing of whoever has an address and whoever has none.
    let mut targets = world.texts("SELECT DISTINCT target FROM refusals");
    assert_eq!(targets, [""]);
    wrong_password(&world.browser().at("192.0.2.9"), "mia@acme.test");
    targets.push("mia".to_owned());
    assert_eq!(world.texts("SELECT DISTINCT target FROM refusals ORDER BY target"), targets);
    world.wait_s(60);
    world.tick();
    assert_eq!(rows("audit"), before + 1);
    world.wait_s(8 * 86_400);
    world.tick();
    assert_eq!([rows("refusals"), rows("password_budgets"), rows("floods")], [0; 3]);
}

/// One instance has so many hashes under way, and no queue: the rest is told when to come again.
#[test]
fn hashes_under_way_are_bounded() {
    let world = World::new();
    let login = |ip: &str| {
        let body = json!({ "email": "nobody@acme.test", "password": "wrong" }).to_string();
        world.browser().at(ip).request("POST", "/auth/login", &body)
    };
    let one_network: Vec<_> = (0..12).map(|_| login("203.0.113.7")).collect();
    let busy = |requests: &[_]| world.at_once(requests).into_iter().filter(|status| *status == 503).count();
    assert_eq!(busy(&one_network), 12 - HASHES_OF_NETWORK_MAX);
    let many: Vec<_> = (0..30).map(|i| login(&format!("198.51.100.{i}"))).collect();
    assert_eq!(busy(&many), 30 - HASHES_MAX);
    assert_eq!(busy(&many[..1]), 0, "they have ended");
    // One that was cut off is not counted for ever.
    for i in 0..HASHES_MAX {
        std::mem::forget(world.hashes.begin(&i.to_string(), world.now.get()));
    }
    let answer = world.browser().login("mia@acme.test").expect(503);
    assert!(answer.header("retry-after").is_some());
    world.wait_s(10);
    world.browser().login("mia@acme.test").expect(200);
}

#[test]
fn the_brake_by_address_answers_before_any_work() {
    let world = World::new();
    world.brake_admits.set(false);
    let answer = world.browser().login("mia@acme.test").expect(429);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(world.db.round_trips.get(), 0);
    // Wherever a password is hashed.
    world.brake_admits.set(true);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    world.brake_admits.set(false);
    mia.reauth(None).expect(429);
    let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    mia.post("/auth/password", change).expect(429);
    assert_eq!(world.count("SELECT count(*) FROM password_budgets WHERE charge <> ''"), 0, "nothing was compared");
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
