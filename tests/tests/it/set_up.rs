//! A set-up: what its page tells, and that leaving it at any point leaves everything as it was.

use airlock::factor::totp::{Algorithm, Code, Miss, Parameters, WINDOW_STEPS, parse_seed};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, World};
use serde_json::json;

/// The app on the same phone is opened by a link, and what it takes to type the key instead stands beside it.
#[test]
fn the_page_has_the_link_and_the_parameters() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200);
    let setup = leo.get("/auth/enrol").expect(200).json();
    let page = leo.open("/auth/enrol").expect(200).0.body;
    let (_, link) = page.split_once("<a href=\"otpauth").unwrap();
    let link = format!("otpauth{}", link.split('"').next().unwrap()).replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(link, setup["otpauth_uri"].as_str().unwrap());
    let (_, told) = page.split_once("data-copy=\"key\"").unwrap();
    let told = told.split("</details>").next().unwrap();
    for parameter in ["SHA1", "6", "30"] {
        assert!(told.contains(parameter), "{parameter}: {told}");
    }
    assert!(link.ends_with("&issuer=Airlock&algorithm=SHA1&digits=6&period=30"), "{link}");
}

/// Up to which point someone goes.
const POINTS: [&str; 8] = [
    "the page is opened",
    "the page is opened twice",
    "a wrong code is sent",
    "a code of no shape is sent",
    "a name that cannot be is sent",
    "the set-up lapses",
    "someone signs out",
    "another browser sets up too",
];

/// Begins a set-up, and leaves it at that point: the key that was shown.
fn leave(world: &World, browser: &Browser<'_>, point: &str) -> String {
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let right = world.code(&seed, 0);
    match point {
        "the page is opened twice" => drop(browser.open("/auth/enrol").expect(200)),
        "a wrong code is sent" => drop(browser.post("/auth/enrol", json!({ "code": "000000" })).expect(401)),
        "a code of no shape is sent" => drop(browser.post("/auth/enrol", json!({ "code": "12345" })).expect(400)),
        "a name that cannot be is sent" => {
            browser.post("/auth/enrol", json!({ "code": right, "name": "a\u{7}b" })).expect(400);
        }
        "the set-up lapses" => {
            world.wait_s(15 * 60);
            let code = world.code(&seed, 0);
            assert_ne!(browser.post("/auth/enrol", json!({ "code": code })).0.status, 200);
        }
        "someone signs out" => drop(browser.post("/auth/logout", json!({})).expect(204)),
        _ => {}
    }
    seed
}

#[test]
fn whoever_leaves_it_at_any_point_has_what_they_had() {
    for point in POINTS {
        // By choice, and without one so far.
        let world = World::new();
        let mia = world.browser();
        mia.login("mia@acme.test").expect(200).field("next", "done");
        mia.reauth(None).expect(200);
        let seed = leave(&world, &mia, point);
        let next = world.browser();
        next.login("mia@acme.test").expect(200).field("next", "done");
        let told = next.get("/auth/session").expect(200).json();
        let none = json!({ "set_up": false, "enabled": false, "required_by_account": false, "recovery_codes_left": 0 });
        assert_eq!(told["two_factor"], none, "{point}");
        assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'mia'"), 0, "{point}");
        // Another begins anew, and what was shown before is no code of anything.
        next.reauth(None).expect(200);
        let other = next.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
        assert_ne!(other, seed, "{point}");
        next.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(401);
        // Beside one that works: it goes on alone.
        let world = World::new();
        let owner = world.browser();
        owner.sign_in("owner@acme.test", OWNER_SEED);
        world.wait_s(30);
        owner.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
        let seed = leave(&world, &owner, point);
        world.wait_s(60);
        let next = world.browser();
        next.login("owner@acme.test").expect(200).field("next", "verify");
        next.verify(&world.code(&seed, 0)).expect(401);
        next.verify(&world.code(OWNER_SEED, 0)).expect(200);
        // Where it is required the next login leads to it again, with another key.
        let world = World::new();
        world.require("acme", true, "next_login");
        let leo = world.browser();
        leo.login("leo@acme.test").expect(200).field("next", "enrol");
        let seed = leave(&world, &leo, point);
        let next = world.browser();
        next.login("leo@acme.test").expect(200).field("next", "enrol");
        next.get("/").expect(401);
        let other = next.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
        assert_ne!(other, seed, "{point}");
    }
}

/// Many apps compute with SHA-1 whatever the QR code says. Only an authenticator of another algorithm can be missed so, and
/// the code itself tells which.
#[test]
fn a_code_of_another_algorithm_is_told_from_a_wrong_one() {
    let world = World::new();
    let seed = parse_seed(NOOR_SEED).unwrap();
    let now = world.now.get();
    let typed = Code::parse(&world.code(NOOR_SEED, 0)).unwrap();
    let miss = |algorithm, code: &Code| {
        Parameters { algorithm, ..Parameters::default() }.miss(WINDOW_STEPS, seed.expose(), code, -1, now)
    };
    let wrong = Code::parse("000000").unwrap();
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        assert_eq!(miss(algorithm, &typed), Some(Miss::Algorithm), "{algorithm:?}");
        assert_eq!(miss(algorithm, &wrong), None, "{algorithm:?}");
    }
    // Of the same algorithm it is no miss.
    assert_eq!(miss(Algorithm::Sha1, &typed), None);
    assert_eq!(miss(Algorithm::Sha1, &wrong), None);
}

#[test]
fn an_authenticator_gets_its_name_in_the_language_of_its_user() {
    let world = World::new();
    let mia = world.browser();
    mia.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), "de".to_owned());
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    let profile = mia.get("/auth/profile").expect(200).json();
    assert_eq!(profile["authenticators"][0]["name"], "Authenticator-App");
    assert_eq!(profile["sessions"][0]["device"], "Unbekanntes Gerät");
}
