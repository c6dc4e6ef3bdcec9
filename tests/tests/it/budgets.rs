//! Round trips to the database are what a request costs at the edge: counted here, for every route.

use airlock::ports::Statement;
use airlock_tests::{OWNER_SEED, World};
use serde_json::json;

#[test]
fn round_trips_of_every_route() {
    let world = World::new();
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    let browser = world.browser();
    spent("login form", 0, &|| drop(browser.open("/auth/login").expect(200)));
    spent("unknown address", 2, &|| drop(browser.login("nobody@acme.test").expect(401)));
    spent("login", 2, &|| drop(browser.login("owner@acme.test").expect(200)));
    spent("wrong code", 2, &|| drop(browser.verify("000000").expect(401)));
    spent("wrong recovery code", 2, &|| {
        drop(browser.post("/auth/recovery", json!({ "code": "0".repeat(24) })).expect(401));
    });
    spent("gate, closed", 1, &|| drop(browser.get("/").expect(401)));
    spent("verify", 2, &|| drop(browser.verify(&world.code(OWNER_SEED, 0)).expect(200)));
    spent("session", 1, &|| drop(browser.get("/auth/session").expect(200)));
    world.wait_s(61);
    spent("gate, open, noting that it was seen", 1, &|| drop(browser.get("/").expect(200)));
    spent("gate without a cookie", 0, &|| drop(world.browser().get("/").expect(401)));
    spent("reauth", 3, &|| drop(browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200)));
    spent("begin a set-up", 2, &|| drop(browser.get("/auth/enrol").expect(200)));
    spent("see it again", 1, &|| drop(browser.get("/auth/enrol").expect(200)));
    let seed = browser.get("/auth/enrol").json()["secret"].as_str().unwrap().to_owned();
    spent("confirm it", 2, &|| {
        drop(browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "x" })).expect(200));
    });
    spent("new recovery codes", 2, &|| drop(browser.post("/auth/recovery-codes", json!({})).expect(200)));
    spent("logout", 1, &|| drop(browser.post("/auth/logout", json!({})).expect(204)));
    spent("health", 1, &|| drop(browser.get("/auth/health").expect(200)));
}

/// No statement that a request runs reads a whole table: each finds its rows by an index.
#[test]
fn no_statement_scans_a_table() {
    let world = World::new();
    world.db.record.set(true);
    let browser = world.browser();
    browser.login("nobody@acme.test").expect(401);
    browser.login("owner@acme.test").expect(200);
    browser.verify("000000").expect(401);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    world.wait_s(30);
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    browser.post("/auth/recovery-codes", json!({})).expect(200);
    browser.post("/auth/logout", json!({})).expect(204);
    browser.login("owner@acme.test").expect(200);
    browser.post("/auth/recovery", json!({ "code": done["recovery_codes"][0] })).expect(401);
    world.db.record.set(false);
    let statements: Vec<Statement> = world.db.recorded.take();
    assert!(statements.len() > 40);
    for statement in &statements {
        let plan = world.db.plan(statement);
        let scans: Vec<_> = plan.lines().filter(|line| line.starts_with("SCAN") && !allowed_scan(line)).collect();
        assert!(scans.is_empty(), "{}\n{plan}", statement.sql);
    }
}

/// A list given as JSON, and rows that have no table behind them. What a subquery reads has lines of its own.
fn allowed_scan(line: &str) -> bool {
    line.contains("json_each") || line.contains("CONSTANT ROW") || line.contains("(subquery-")
}
