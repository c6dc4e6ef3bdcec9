//! Recovery codes.

use airlock::factor::recovery::RecoveryCode;
use airlock_tests::{Answer, Browser, World};
use serde_json::json;

/// Leo, set up because the account requires it: his seed and recovery codes.
fn leo(world: &World) -> (Browser<'_>, String, Vec<String>) {
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200).field("next", "enrol");
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    let codes =
        done["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (browser, seed, codes)
}

fn recover(world: &World, code: &str) -> airlock_tests::Answer {
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200).field("next", "verify");
    browser.post("/auth/recovery", json!({ "code": code }))
}

#[test]
fn each_code_works_once_in_any_order_and_says_how_many_are_left() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    let answer = recover(&world, &codes[7]).expect(200).field("next", "done").json();
    assert_eq!(answer["recovery_codes_left"], 9);
    recover(&world, &codes[7]).expect(401).field("code", "invalid_code");
    assert_eq!(recover(&world, &codes[0]).expect(200).json()["recovery_codes_left"], 8);
}

/// Full at first, then asked for the second factor, then for a new authenticator: its twelve hours go on from the login.
#[test]
fn a_session_that_is_led_back_to_set_up_lasts_no_longer_for_it() {
    let world = World::new();
    let (browser, _, codes) = leo(&world);
    browser.post("/auth/logout", json!({})).expect(204);
    world.require("acme", false, "now");
    browser.login("leo@acme.test").expect(200).field("next", "done");
    let expires = "SELECT expires_at FROM sessions WHERE user_id = 'leo'";
    let limit = world.count(expires);
    world.wait_s(600);
    world.require("acme", true, "now");
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = 'leo'", &[]);
    browser.post("/auth/recovery", json!({ "code": codes[0] })).expect(200).field("next", "enrol");
    // It was not begun just now: the way to a new authenticator takes the password too.
    browser.get("/auth/enrol").expect(403).field("code", "reauth_required");
    browser.reauth(Some(&codes[1])).expect(200);
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    assert_eq!(browser.stage(), "full");
    assert_eq!(world.count(expires), limit);
}

#[test]
fn another_users_code_is_worth_nothing() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    let browser = world.browser();
    browser.login("noor@acme.test").expect(200);
    browser.post("/auth/recovery", json!({ "code": codes[0] })).expect(401);
    recover(&world, &codes[0]).expect(200);
}

#[test]
fn codes_forgive_what_people_mistype() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    let typed = codes[0].to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    recover(&world, &typed).expect(200);
    // Whatever is in them: that code may have had none of these.
    let macs = |code: &str| {
        let peppers = &world.config.borrow()[0].pepper_keys;
        RecoveryCode::parse(code).unwrap_or_else(|| panic!("{code} was refused")).macs(peppers, "leo")
    };
    for like_it in [
        "ooii-ll00-1111-abcd-efgh-jkmn",
        "OOIILL001111ABCDEFGHJKMN",
        " 00 11 11 0o 1i Il abcdefghjkmn - ",
        "\u{200e}００１１\u{2011}１１００\u{2013}１１１１\u{2014}ＡＢＣＤ\u{2212}ｅｆｇｈ\u{ad}ｊｋｍｎ\u{feff}",
        "००११\u{a0}١١۰۰\u{202f}1111\u{200b}ABCDEFGHJKMN",
    ] {
        assert_eq!(macs(like_it), macs("0011-1100-1111-ABCD-EFGH-JKMN"), "{like_it}");
    }
    for bad in
        ["", "0000", "U000-0000-0000-0000-0000-0000", "0000-0000-0000-0000-0000-00000", "é000-0000-0000-0000-0000-0000"]
    {
        assert!(RecoveryCode::parse(bad).is_none(), "{bad}");
        recover(&world, bad).expect(400);
    }
}

/// Whoever has no codes left is told whose admins can help, after a wrong one too.
#[test]
fn the_page_goes_on_saying_who_can_help() {
    let world = World::new();
    leo(&world);
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    let helps = |page: Answer| assert!(page.0.body.contains("Ask an admin of Acme"), "{}", page.0.body);
    helps(browser.open("/auth/recovery").expect(200));
    for (code, status) in [("0".repeat(24), 401), ("1".to_owned(), 400)] {
        helps(browser.fill("/auth/recovery", "/auth/recovery", &format!("code={code}")).expect(status));
    }
    // An old page.
    helps(browser.submit("/auth/recovery", "code=1&key=x.y").expect(403));
}

#[test]
fn codes_have_120_random_bits() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    for code in &codes {
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
        assert!(code.chars().all(|c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains(c)));
    }
    let unique: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(unique.len(), 10);
}

#[test]
fn new_codes_need_a_fresh_proof_and_kill_the_old() {
    let world = World::new();
    let (browser, seed, old) = leo(&world);
    browser.post("/auth/recovery-codes", json!({})).expect(403).field("code", "reauth_required");
    world.wait_s(30);
    browser.reauth(Some(&world.code(&seed, 0))).expect(200);
    let new = browser.post("/auth/recovery-codes", json!({})).expect(200).json();
    let new = new["recovery_codes"].as_array().unwrap();
    assert_eq!(new.len(), 10);
    recover(&world, &old[0]).expect(401);
    recover(&world, new[0].as_str().unwrap()).expect(200);
    let mia = world.browser();
    world.require("acme", false, "now");
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    mia.post("/auth/recovery-codes", json!({})).expect(409).field("code", "no_authenticator");
}

#[test]
fn a_recovery_code_stands_in_for_the_lost_phone_when_setting_up_a_new_one() {
    let world = World::new();
    let (_, old_seed, codes) = leo(&world);
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    browser.open("/auth/recovery").expect(200);
    let used = browser.fill("/auth/recovery", "/auth/recovery?return_to=%2Fx", &format!("code={}", codes[0]));
    // It is the proof for the new phone's set-up: nothing else is asked for.
    let page = browser.follow(used).expect(200).0.body;
    assert!(page.contains("You have 9 recovery codes left") && page.contains("new phone"), "{page}");
    assert!(
        page.contains("<a href=\"/x\">Not now</a>") && page.contains("checked> Replace Authenticator app"),
        "{page}"
    );
    let (seed, old) = (key(&page), world.text("SELECT id FROM authenticators WHERE user_id = 'leo'"));
    let at = "/auth/enrol?return_to=%2Fx";
    let set_up = browser.fill(at, at, &format!("code={}&replaces={old}", world.code(&seed, 0))).expect(303);
    assert_eq!(set_up.header("location"), Some("/x"), "where the login led, and no word of codes: nine are left");
    world.wait_s(60);
    let next = world.browser();
    next.login("leo@acme.test").expect(200);
    next.verify(&world.code(&old_seed, 0)).expect(401);
    next.verify(&world.code(&seed, 0)).expect(200);
}

#[test]
fn a_recovery_code_leads_back_from_a_locked_authenticator_to_a_new_one() {
    let world = World::new();
    let (_, old_seed, codes) = leo(&world);
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = ?1", &["leo".into()]);
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200).field("next", "verify");
    browser.verify(&world.code(&old_seed, 1)).expect(429);
    browser.post("/auth/recovery", json!({ "code": codes[0] })).expect(200).field("next", "enrol");
    assert_eq!(browser.stage(), "enrol");
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "New phone" })).expect(200);
    assert_eq!(browser.stage(), "full");
    let next = world.browser();
    next.login("leo@acme.test").expect(200);
    next.verify(&world.code(&old_seed, 1)).expect(401);
    next.verify(&world.code(&seed, 1)).expect(200);
}

#[test]
fn the_page_says_how_many_are_left() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    browser.open("/auth/recovery").expect(200);
    let used = browser.fill("/auth/recovery", "/auth/recovery", &format!("code={}", codes[0]));
    let page = browser.follow(used).expect(200).0.body;
    assert!(page.contains("You have 9 recovery codes left"), "{page}");
    // Whoever has used one has kept them.
    assert_eq!(world.text("SELECT codes_kept FROM users WHERE id = 'leo'"), "kept");
}

/// The last one leads to a new phone as the first does, and to ten new codes.
#[test]
fn the_last_recovery_code_sets_up_a_new_phone() {
    let world = World::new();
    let (_, _, codes) = leo(&world);
    world.db.execute("UPDATE recovery_codes SET used_at = 1", &[]);
    let mac = "UPDATE recovery_codes SET used_at = NULL WHERE mac = ?1";
    let [last] = airlock::factor::recovery::RecoveryCode::parse(&codes[4])
        .unwrap()
        .macs(&world.config.borrow()[0].pepper_keys, "leo")
        .try_into()
        .unwrap();
    world.db.execute(mac, &[last.into()]);
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    let page = browser.open("/auth/recovery").expect(200).0.body;
    assert!(page.contains("No codes left? Ask an admin of Acme"), "without any: whom to ask: {page}");
    let used = browser.fill("/auth/recovery", "/auth/recovery", &format!("code={}", codes[4]));
    let page = browser.follow(used).expect(200).0.body;
    assert!(page.contains("That was your last recovery code") && page.contains("ten new recovery codes"), "{page}");
    let code = world.code(&key(&page), 0);
    let set_up = browser.fill("/auth/enrol", "/auth/enrol", &format!("code={code}&name=New+phone"));
    let page = browser.follow(set_up).expect(200).0.body;
    assert_eq!(page.matches("<li><code>").count(), 10, "{page}");
}

/// The key of a set-up, as its page shows it.
fn key(page: &str) -> String {
    page.split("id=\"key\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "")
}

/// A page asks once more at the next login; a program is told that it would.
#[test]
fn a_program_hears_that_the_codes_are_still_to_be_shown() {
    let world = World::new();
    let (_, seed, codes) = leo(&world);
    let sign_in = || {
        world.wait_s(30);
        let browser = world.browser();
        browser.login("leo@acme.test").expect(200);
        let moved = browser.verify(&world.code(&seed, 0)).expect(200).json();
        (browser, moved)
    };
    let (browser, moved) = sign_in();
    assert_eq!(moved["codes_due"], true);
    browser.get("/auth/recovery-codes/kept").expect(200).field("next", "done");
    browser.post("/auth/recovery-codes/kept", json!({ "code": codes[3] })).expect(204);
    assert_eq!(sign_in().1.get("codes_due"), None);
}
