//! A code opens one session at most.

use airlock::{context::Config, people::session::Site};
use airlock_tests::{OWNER_SEED, PEPPER_KEYS, World, tally};

#[test]
fn a_code_works_once() {
    let world = World::new();
    let code = world.code(OWNER_SEED, 0);
    world.browser().sign_in("owner@acme.test", OWNER_SEED);
    let again = world.browser();
    again.login("owner@acme.test").expect(200);
    again.verify(&code).expect(401).field("code", "invalid_code");
    assert_eq!(again.stage(), "verify");
}

#[test]
fn after_a_later_code_no_earlier_one_works() {
    let world = World::new();
    for (offset, status) in [(1, 200), (0, 401), (1, 401), (-1, 401)] {
        let browser = world.browser();
        browser.login("owner@acme.test").expect(200);
        browser.verify(&world.code(OWNER_SEED, offset)).expect(status);
    }
}

#[test]
fn one_step_either_side_is_accepted_and_no_more() {
    for (offset, status) in [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)] {
        let world = World::new();
        let browser = world.browser();
        browser.login("owner@acme.test").expect(200);
        browser.verify(&world.code(OWNER_SEED, offset)).expect(status);
    }
}

#[test]
fn twenty_posts_of_one_code_over_five_logins_open_one_session() {
    let world = World::new();
    let browsers: Vec<_> = (0..5).map(|_| world.browser()).collect();
    for browser in &browsers {
        browser.login("owner@acme.test").expect(200);
    }
    let twins: Vec<_> = browsers.iter().flat_map(|browser| (0..4).map(|_| browser.twin())).collect();
    let code = world.code(OWNER_SEED, 0);
    let answers: Vec<_> = twins.iter().map(|browser| browser.verify(&code)).collect();
    assert_eq!(tally(&answers).get(&200), Some(&1));
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE pending = 0"), 1);
}

#[test]
fn the_operator_says_how_early_or_late_a_code_may_be() {
    for window in 0..=2 {
        for steps in -3..=3_i64 {
            let world = World::new();
            world.set_window(window);
            let browser = world.browser();
            browser.login("owner@acme.test").expect(200);
            let status = if steps.abs() <= window { 200 } else { 401 };
            browser.verify(&world.code(OWNER_SEED, steps)).expect(status);
        }
    }
    let build = |steps: &str| {
        Config::build(Site::Edge, |name| {
            Some(match name {
                "EDGE_ORIGIN" => "https://app.test".to_owned(),
                "CODE_WINDOW_STEPS" => steps.to_owned(),
                "SITE_NAME" => "Airlock".to_owned(),
                "SEED_KEYS" | "PEPPER_KEYS" => PEPPER_KEYS.to_owned(),
                _ => return None,
            })
        })
        .map(|config| config.window_steps)
        .map_err(|fault| fault.to_string())
    };
    assert_eq!(["", "0", "1", "2"].map(build), [Ok(1), Ok(0), Ok(1), Ok(2)]);
    for bad in ["3", "-1", "1.5", "one", " "] {
        assert!(build(bad).is_err_and(|said| said.starts_with("CODE_WINDOW_STEPS is not")), "{bad}");
    }
}

/// Sends each code by a login of its own, all at the same time. Answers the statuses.
fn at_once(world: &World, codes: &[String]) -> Vec<u16> {
    let requests: Vec<_> = codes
        .iter()
        .map(|code| {
            let browser = world.browser();
            browser.login("owner@acme.test").expect(200);
            browser.request("POST", "/auth/verify", &format!("{{\"code\":\"{code}\"}}"))
        })
        .collect();
    world.at_once(&requests)
}

#[test]
fn of_the_same_code_at_the_same_time_one_wins() {
    let world = World::new();
    let code = world.code(OWNER_SEED, 0);
    assert_eq!(at_once(&world, &[code.clone(), code.clone(), code.clone(), code]), [200, 401, 401, 401]);
}

#[test]
fn an_earlier_code_checked_at_the_same_time_as_a_later_one_does_not_bring_the_later_one_back() {
    let world = World::new();
    let later = world.code(OWNER_SEED, 1);
    assert_eq!(at_once(&world, &[later.clone(), world.code(OWNER_SEED, 0)]), [200, 401]);
    assert_eq!(at_once(&world, &[later]), [401]);
}

#[test]
fn a_used_code_sets_up_nothing_and_a_set_up_uses_its_code() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200).field("next", "enrol");
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let code = world.code(&seed, 0);
    browser.post("/auth/enrol", serde_json::json!({ "code": code })).expect(200);
    let again = world.browser();
    again.login("mia@acme.test").expect(200).field("next", "verify");
    again.verify(&code).expect(401);
    again.verify(&world.code(&seed, 1)).expect(200);
}
