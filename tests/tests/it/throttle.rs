//! Limits on logins and passwords: exact, and no way for strangers to lock someone out.

use airlock::{
    limit::{BROWSERS_MAX, FLOOD, HASHES_MAX, HASHES_OF_NETWORK_MAX, PASSWORD as PASSWORD_PAUSE},
    people::Role,
};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use serde_json::json;

use crate::codes::pending;

pub fn wrong_password(browser: &Browser<'_>, email: &str) -> u16 {
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
