//! Setting two-factor login up: by choice, because an account requires it, and after a reset.

use std::collections::BTreeSet;

use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, World};
use serde_json::{Value, json};

fn begin(browser: &Browser<'_>) -> String {
    browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned()
}

fn confirm(browser: &Browser<'_>, seed: &str) -> Value {
    let code = browser.world.code(seed, 0);
    browser.post("/auth/enrol", json!({ "code": code })).expect(200).field("next", "done").json()
}

/// The owner, who has just proven both steps again.
fn fresh_owner(world: &World) -> Browser<'_> {
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    browser
}

/// Gives the owner so many more authenticators.
fn owners(world: &World, more: usize) {
    for n in 0..more {
        world.db.execute(
            "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at,
               last_used_at) SELECT ?1, user_id, ?1, algorithm, digits, period_s, sealed_seed, seed_key, 0, 0, 0
             FROM authenticators WHERE id = 'owner-app'",
            &[format!("a{n}").into()],
        );
    }
}

#[test]
fn a_user_turns_it_on_and_is_asked_from_then_on() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200).field("next", "done");
    browser.get("/auth/enrol").expect(403).field("code", "reauth_required");
    browser.post("/auth/enrol", json!({ "code": "123456" })).expect(403).field("code", "reauth_required");
    browser.reauth(None).expect(200);
    let setup = browser.get("/auth/enrol").expect(200).json();
    let seed = setup["secret"].as_str().unwrap();
    assert_eq!(seed.len(), 32, "160 bits");
    assert_eq!(
        setup["otpauth_uri"],
        format!(
            "otpauth://totp/Airlock:mia%40acme.test?secret={seed}&issuer=Airlock&algorithm=SHA1&digits=6&period=30"
        )
    );
    assert!(setup["qr_svg"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(setup["expires_at"], "2027-01-15T08:15:00Z");
    assert_eq!(begin(&browser), seed, "asked again it shows the same");
    let codes = confirm(&browser, seed)["recovery_codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let session = browser.get("/auth/session").expect(200).json();
    assert_eq!(
        session["two_factor"],
        json!({ "set_up": true, "enabled": true, "required_by_account": false, "recovery_codes_left": 10 })
    );
    let next = world.browser();
    next.login("mia@acme.test").expect(200).field("next", "verify");
    next.verify(&world.code(seed, 1)).expect(200);
}

#[test]
fn where_an_account_requires_it_nothing_else_is_reachable() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200).field("next", "enrol");
    assert_eq!(browser.stage(), "enrol");
    browser.get("/").expect(401).field("code", "enrol_required");
    browser.get("/anything").expect(401);
    browser.verify("123456").expect(401).field("code", "enrol_required");
    browser.reauth(None).expect(401);
    browser.post("/auth/recovery-codes", json!({})).expect(401);
    assert_eq!(browser.open("/reports").expect(303).header("location"), Some("/auth/enrol?return_to=%2Freports"));
    let pending = browser.token();
    confirm(&browser, &begin(&browser));
    assert_ne!(browser.token(), pending);
    assert_eq!(browser.stage(), "full");
    browser.get("/").expect(200);
}

#[test]
fn turning_the_requirement_off_restores_each_users_own_choice() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "enrol");
    confirm(&mia, &begin(&mia));
    world.browser().login("mia@acme.test").expect(200).field("next", "verify");
    world.require("acme", false, "next_login");
    world.browser().login("mia@acme.test").expect(200).field("next", "done");
    world.browser().login("leo@acme.test").expect(200).field("next", "done");
    world.browser().login("noor@acme.test").expect(200).field("next", "verify");
}

#[test]
fn an_unconfirmed_seed_is_never_valid_and_lapses() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    let seed = begin(&browser);
    for wrong in ["000000", &world.code(OWNER_SEED, 0)] {
        browser.post("/auth/enrol", json!({ "code": wrong })).expect(401).field("code", "invalid_code");
    }
    let other = world.browser();
    other.login("leo@acme.test").expect(200).field("next", "enrol");
    other.verify(&world.code(&seed, 0)).expect(401).field("code", "enrol_required");
    other.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(409).field("code", "no_enrolment");
    world.wait_s(15 * 60);
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(401).field("code", "login_required");
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'leo'"), 0);
}

/// Someone who knows the password must not get the user to confirm a seed that he has seen.
#[test]
fn each_login_has_a_seed_of_its_own() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let (attacker, leo) = (world.browser(), world.browser());
    attacker.login("leo@acme.test").expect(200);
    leo.login("leo@acme.test").expect(200);
    let seen = begin(&attacker);
    let seed = begin(&leo);
    assert_ne!(seen, seed);
    confirm(&leo, &seed);
    assert_eq!(attacker.stage(), "none", "confirming ends every other session");
}

#[test]
fn a_set_up_is_confirmed_once() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    let seed = begin(&browser);
    let twin = browser.twin();
    confirm(&browser, &seed);
    twin.post("/auth/enrol", json!({ "code": world.code(&seed, 1) })).expect(401);
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 1) })).expect(403).field("code", "reauth_required");
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes WHERE user_id = 'leo'"), 10);
}

#[test]
fn the_old_authenticator_stays_valid_until_the_one_that_replaces_it_is_confirmed() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    browser.reauth(None).expect(400);
    world.wait_s(30);
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    let seed = begin(&browser);
    browser.post("/auth/enrol", json!({ "code": "000000" })).expect(401);
    world.wait_s(30);
    let other = world.browser();
    other.sign_in("owner@acme.test", OWNER_SEED);
    let code = world.code(&seed, 0);
    let replacing = |id: &str| json!({ "code": code, "replaces": id });
    browser.post("/auth/enrol", replacing("noor-app")).expect(404);
    browser.post("/auth/enrol", replacing("owner-app")).expect(200);
    assert_eq!(other.stage(), "none");
    world.wait_s(60);
    let next = world.browser();
    next.login("owner@acme.test").expect(200);
    next.verify(&world.code(OWNER_SEED, 0)).expect(401);
    next.verify(&world.code(&seed, 0)).expect(200);
}

#[test]
fn an_authenticator_of_another_name_is_added_beside_the_old() {
    let world = World::new();
    let browser = fresh_owner(&world);
    let seed = begin(&browser);
    let too_long = "x".repeat(65);
    for bad in [too_long.as_str(), "a\nb"] {
        browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": bad })).expect(400);
    }
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "Tablet" })).expect(200);
    world.wait_s(60);
    for seed in [OWNER_SEED, &seed] {
        let next = world.browser();
        next.login("owner@acme.test").expect(200);
        next.verify(&world.code(seed, 0)).expect(200);
    }
    owners(&world, 8);
    browser.get("/auth/enrol").expect(409).field("code", "too_many_authenticators");
}

/// As the e2e tests have zbar read it from the page's pixels, so another reader does from the picture itself.
#[test]
fn the_qr_code_says_the_same_as_the_address_beside_it() {
    const PIXELS: usize = 4; // a module is so many wide
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.login("leo@acme.test").expect(200);
    let setup = browser.get("/auth/enrol").expect(200).json();
    let svg = setup["qr_svg"].as_str().unwrap();
    let size: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let dark: BTreeSet<(usize, usize)> = svg
        .split('M')
        .filter_map(|part| part.strip_suffix("h1v1h-1z").or_else(|| Some(part.split_once("h1v1h-1z\"")?.0)))
        .map(|part| part.split_once(' ').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap())
        .collect();
    let shade = |x, y| if dark.contains(&(x / PIXELS, y / PIXELS)) { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(size * PIXELS, size * PIXELS, shade);
    let (_, read) = picture.detect_grids()[0].decode().unwrap();
    assert_eq!(read, setup["otpauth_uri"].as_str().unwrap());
}

/// Whoever has as many as there may be is locked out no further than anyone else.
#[test]
fn ten_locked_authenticators_make_way_for_a_new_one() {
    let world = World::new();
    let browser = fresh_owner(&world);
    let codes = browser.post("/auth/recovery-codes", json!({})).expect(200).json();
    owners(&world, 9);
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = 'owner'", &[]);
    let next = world.browser();
    next.login("owner@acme.test").expect(200).field("next", "verify");
    next.post("/auth/recovery", json!({ "code": codes["recovery_codes"][0] })).expect(200).field("next", "enrol");
    let seed = begin(&next);
    confirm(&next, &seed);
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'owner'"), 1);
}

/// Nothing that works is taken away by adding: neither an authenticator, whatever its name, nor the recovery codes.
#[test]
fn adding_adds_and_leaves_the_recovery_codes() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    browser.reauth(None).expect(200);
    let seed = begin(&browser);
    let first = confirm(&browser, &seed);
    let codes = |world: &World| world.text("SELECT group_concat(mac || created_at) FROM recovery_codes");
    let before = codes(&world);
    world.wait_s(1);
    for _ in 0..2 {
        let added = begin(&browser);
        assert_eq!(confirm(&browser, &added).get("recovery_codes"), None);
    }
    let names = world.text("SELECT group_concat(name, ', ') FROM authenticators WHERE user_id = 'mia'");
    assert_eq!(names, "Authenticator app, Authenticator app 2, Authenticator app 3");
    assert_eq!(codes(&world), before);
    let taken = begin(&browser);
    let named = |name: &str| json!({ "code": world.code(&taken, 0), "name": name });
    browser.post("/auth/enrol", named("Authenticator app")).expect(409).field("code", "name_taken");
    let page = browser.fill("/auth/enrol", "/auth/enrol", "code=1&name=Authenticator+app").expect(409).0.body;
    assert!(page.contains("replace it") && page.contains("value=\"Authenticator app\""), "{page}");
    // Once none is left, new ones are made with the next.
    world.db.execute("UPDATE recovery_codes SET used_at = 1", &[]);
    let last = browser.post("/auth/enrol", named("Tablet")).expect(200).json();
    assert_eq!(last["recovery_codes"].as_array().map(Vec::len), Some(10));
    assert_ne!(last["recovery_codes"], first["recovery_codes"]);
}

#[test]
fn binding_takes_a_proof_not_older_than_five_minutes() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    browser.reauth(None).expect(200);
    world.wait_s(299);
    let seed = begin(&browser);
    world.wait_s(1);
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(403).field("code", "reauth_required");
}

#[test]
fn after_a_reset_nothing_old_opens_anything() {
    let world = World::new();
    let full = world.browser();
    full.sign_in("noor@acme.test", NOOR_SEED);
    let pending = world.browser();
    pending.login("noor@acme.test").expect(200);
    world.reset("noor");
    assert_eq!(full.stage(), "none");
    pending.verify(&world.code(NOOR_SEED, 1)).expect(401).field("code", "login_required");
    let next = world.browser();
    next.login("noor@acme.test").expect(200).field("next", "enrol");
    next.verify(&world.code(NOOR_SEED, 1)).expect(401);
    let seed = begin(&next);
    assert_ne!(seed, NOOR_SEED);
    confirm(&next, &seed);
    world.browser().login("noor@acme.test").expect(200).field("next", "verify");
}

#[test]
fn the_page_shows_key_and_code_and_then_the_recovery_codes() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let browser = world.browser();
    browser.submit("/auth/login", "email=leo%40acme.test&password=correct+horse+battery+staple").expect(303);
    let page = browser.open("/auth/enrol").expect(200).0.body;
    let key: String = page.split("id=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(key.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8], "groups of four: {key}");
    let seed = key.replace(' ', "");
    let wrong = browser.fill("/auth/enrol", "/auth/enrol", "code=000000").expect(401).0.body;
    assert!(wrong.contains(&key), "a wrong code loses nothing");
    let done = browser.fill("/auth/enrol", "/auth/enrol", &format!("code={}", world.code(&seed, 0)));
    let done = browser.follow(done).expect(200).0.body;
    assert_eq!(done.matches("<li><code>").count(), 10);
    assert_eq!(
        browser.open("/auth/enrol").expect(303).header("location"),
        Some("/auth/reauth?return_to=%2Fauth%2Fenrol")
    );
}
