//! What goes by itself: each kind when it is due and not before, in bounded parts. The audit is in `audit_retention.rs`.

use airlock::{
    limit::{self, Pause},
    ports::Now,
};
use airlock_tests::World;
use serde_json::json;

use crate::{admin::owner, audit_retention::add_audit};

pub const DAY_S: i64 = 86_400;

/// Runs the job one millisecond before `at`, then at `at`, and counts what it leaves each time.
pub fn around(world: &World, at: i64, counted: &str) -> [i64; 2] {
    [at - 1, at].map(|now| {
        world.now.set(Now(now));
        world.tick();
        world.count(counted)
    })
}

#[test]
fn a_session_goes_when_it_is_over_and_its_set_up_with_it() {
    let world = World::new();
    let begun = world.now.get().0;
    world.browser().login("owner@acme.test").expect(200).field("next", "verify");
    assert_eq!(around(&world, begun + 5 * 60_000, "SELECT count(*) FROM sessions"), [1, 0]);

    let begun = world.now.get().0;
    world.require("acme", true, "next_login");
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200).field("next", "enrol");
    leo.get("/auth/enrol").expect(200);
    world.db.execute("UPDATE enrolments SET expires_at = expires_at + 1", &[]);
    assert_eq!(around(&world, begun + 15 * 60_000, "SELECT count(*) FROM sessions"), [1, 0]);
    assert_eq!(world.count("SELECT count(*) FROM enrolments"), 0);
    world.require("acme", false, "next_login");

    let begun = world.now.get().0;
    world.browser().login("mia@acme.test").expect(200).field("next", "done");
    assert_eq!(around(&world, begun + 12 * 3_600_000, "SELECT count(*) FROM sessions"), [1, 0]);

    let begun = world.now.get().0;
    owner(&world);
    assert_eq!(around(&world, begun + 8 * 3_600_000, "SELECT count(*) FROM sessions"), [1, 0]);
}

#[test]
fn a_set_up_that_lapsed_goes_and_its_session_stays() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let begun = world.now.get().0;
    mia.get("/auth/enrol").expect(200);
    assert_eq!(around(&world, begun + 15 * 60_000, "SELECT count(*) FROM enrolments"), [1, 0]);
    assert_eq!(mia.stage(), "full");
}

#[test]
fn a_token_goes_30_days_after_its_end() {
    let world = World::new();
    let expires_at = json!({ "name": "job", "scopes": ["users:read"], "expires_at": "2027-02-01T00:00:00Z" });
    let admin = owner(&world);
    admin.post("/api/v1/accounts/acme/tokens", expires_at).expect(201);
    let expires_at = "2027-02-01T00:00:00Z";
    let service = json!({ "name": "svc", "paths": ["/a"], "methods": ["GET"], "expires_at": expires_at });
    admin.post("/api/v1/accounts/acme/service-tokens", service).expect(201);
    let end = Now::parse_rfc3339("2027-02-01T00:00:00Z").unwrap().0;
    world.now.set(Now(end + 29 * DAY_S * 1000));
    world.tick();
    let admin = owner(&world);
    assert!(admin.get("/api/v1/accounts/acme/tokens").expect(200).0.body.contains("\"job\""), "still listed");
    assert!(admin.get("/api/v1/accounts/acme/service-tokens").expect(200).0.body.contains("\"svc\""), "still listed");
    let both = "SELECT (SELECT count(*) FROM api_tokens) + (SELECT count(*) FROM service_tokens)";
    assert_eq!(around(&world, end + 30 * DAY_S * 1000, both), [2, 0]);
}

#[test]
fn failures_are_forgotten_after_an_hour_for_each_and_no_pause_ends_early() {
    let world = World::new();
    let wrong = |email: &str| world.browser().post("/auth/login", json!({ "email": email, "password": "wrong" }));
    for _ in 0..9 {
        wrong("mia@acme.test").expect(401);
        wrong("nobody@acme.test").expect(401);
    }
    // An hour for each: a minute before it is over each address has its tenth failure, and the job leaves the pause that
    // follows alone.
    world.wait_s(9 * 3_600 - 60);
    world.tick();
    wrong("mia@acme.test").expect(401);
    wrong("nobody@acme.test").expect(401);
    world.tick();
    world.browser().login("mia@acme.test").expect(429);
    assert_eq!(world.count("SELECT count(*) FROM password_budgets WHERE failures = 10"), 2);
    let last = world.now.get().0;
    assert_eq!(around(&world, last + 10 * 3_600_000, "SELECT count(*) FROM password_budgets"), [2, 0]);

    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    for _ in 0..5 {
        noor.verify("000000").expect(401);
    }
    let last = world.now.get().0;
    assert_eq!(around(&world, last + 3_600_000, "SELECT count(*) FROM code_attempts"), [5, 0]);
    assert_eq!(world.count("SELECT code_failures FROM users WHERE id = 'noor'"), 5, "the hundred in a row go on");
}

/// The longest anyone can be paused is far less than a day, and waiting a day for a new budget wins no attempt over trying
/// at the longest pause all the while.
#[test]
fn waiting_for_failures_to_be_forgotten_gains_nothing() {
    let Pause { from, first_ms, longest_ms } = limit::PASSWORD;
    let doublings = i64::from((longest_ms / first_ms).ilog2()) + 1;
    assert!(from + doublings <= limit::FORGOTTEN_MS / longest_ms);
    // Whoever waits after each has one try an hour.
    assert!(limit::FORGOTTEN_EACH_MS >= longest_ms);
}

#[test]
fn what_stays_stays() {
    let world = World::new();
    let admin = owner(&world);
    let new = json!({ "email": "una@acme.test", "name": "Una", "role": "member" });
    admin.post("/api/v1/accounts/acme/users", new.clone()).expect(201);
    world.wait_s(3650 * DAY_S);
    world.tick();
    for (kept, rows) in [
        ("SELECT count(*) FROM users", 5),
        ("SELECT count(*) FROM memberships", 5),
        ("SELECT count(*) FROM invitations", 1),
        ("SELECT count(*) FROM authenticators", 2),
        ("SELECT count(*) FROM audit", 3),
    ] {
        assert_eq!(world.count(kept), rows, "{kept}");
    }
    let again = owner(&world).post("/api/v1/accounts/acme/users", new).expect(201).json();
    let link = again["invite_url"].as_str().unwrap().trim_start_matches("https://app.test").to_owned();
    world.browser().post(&link, json!({ "password": "seven grey herons wade" })).expect(200);
}

/// A statement about numbers `i` from 1 to 2,500.
macro_rules! many {
    ($sql:literal) => {
        concat!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) ", $sql, " FROM n")
    };
}

/// Adds 2,500 rows of each kind, all or half of them over, and 2,500 sessions that live on.
fn grow(world: &World) {
    for sql in [
        many!(
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent)
             SELECT 's' || i, 's' || i, 'mia', 'edge', 0, '', '/', 0, 0, 1, 0, '', '', ''"
        ),
        many!(
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent)
             SELECT 'live' || i, 'live' || i, 'mia', 'edge', 0, '', '/', 0, 0, 9000000000000000, 0, '', '', ''"
        ),
        many!(
            "INSERT INTO enrolments (session_id, id, user_id, algorithm, digits, period_s, sealed_seed, seed_key, expires_at)
             SELECT 'live' || i, 'e' || i, 'mia', 'SHA1', 6, 30, '', '', 1"
        ),
        many!(
            "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
             SELECT 't' || i, 't' || i, 'acme', 'mia', '', '', 0, 1"
        ),
        many!(
            "INSERT INTO service_tokens (token_hash, id, account_id, made_by, name, paths, methods, created_at, expires_at)
             SELECT 't' || i, 't' || i, 'acme', 'mia', '', '', '', 0, 1"
        ),
        many!(
            "INSERT INTO browsers (id, user_id, token_hash, created_at, expires_at)
             SELECT 'b' || i, 'mia', 'b' || i, 0, iif(i % 2, 1, 9000000000000000)"
        ),
        many!(
            "INSERT INTO code_attempts (id, user_id, browser, at)
             SELECT 'c' || i, 'mia', '', iif(i % 2, 1, 9000000000000000)"
        ),
        many!(
            "INSERT INTO password_budgets (subject, source, failures, blocked_until, charge, updated_at, forgotten_at)
             SELECT 'x', i, 1, 0, '', 1, iif(i % 2, 1, 9000000000000000)"
        ),
        many!(
            "INSERT INTO floods (subject, began_at, failures, tried_at)
             SELECT i, 0, 1, iif(i % 2, 1, 9000000000000000)"
        ),
        many!(
            "INSERT INTO refusals (minute, network, action, target, times)
             SELECT iif(i % 2, 1, 150000000000), i, 'login', '', 1"
        ),
    ] {
        world.db.execute(sql, &[]);
    }
}

#[test]
fn many_all_go_within_the_minute_and_what_lives_stays() {
    let world = World::new();
    grow(&world);
    world.tick();
    for table in ["sessions", "enrolments", "api_tokens", "service_tokens"] {
        let live = if table == "sessions" { 2500 } else { 0 };
        assert_eq!(world.count(&format!("SELECT count(*) FROM {table}")), live, "{table}");
    }
    for table in ["browsers", "code_attempts", "password_budgets", "floods", "refusals"] {
        assert_eq!(world.count(&format!("SELECT count(*) FROM {table}")), 1250, "{table}");
    }
}

/// However many rows strangers make: the work of a minute is bounded, and removes more than a minute can bring.
#[test]
fn a_bounded_part_of_very_many_goes_each_minute() {
    let world = World::new();
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 23000)
         INSERT INTO password_budgets (subject, source, failures, blocked_until, charge, updated_at, forgotten_at)
         SELECT i, '192.0.2.1', 1, 0, '', 1, 1 FROM n",
        &[],
    );
    for rows in [3_000, 0] {
        world.tick();
        assert_eq!(world.count("SELECT count(*) FROM password_budgets"), rows);
    }
}

#[test]
fn what_counts_attempts_goes_when_it_no_longer_counts() {
    let world = World::new();
    let now = world.now.get().0;
    for (insert, table, kept_s) in [
        ("INSERT INTO browsers VALUES ('b', 'mia', 'b', 0, ?1)", "browsers", 0),
        ("INSERT INTO code_attempts VALUES ('c', 'mia', '', ?1)", "code_attempts", 3_600),
        ("INSERT INTO password_budgets VALUES ('x', 'y', 3, 0, '', 0, ?1)", "password_budgets", 0),
        ("INSERT INTO floods VALUES ('x', 0, 3, ?1)", "floods", 3_600),
        ("INSERT INTO refusals VALUES (?1 / 60000, '192.0.2.1', 'login', '', 3)", "refusals", 7 * DAY_S),
    ] {
        world.db.execute(insert, &[now.into()]);
        assert_eq!(around(&world, now + kept_s * 1000, &format!("SELECT count(*) FROM {table}")), [1, 0], "{table}");
    }
}

/// A world in which the job has something of each kind to do.
fn much_to_do() -> World {
    let world = World::new();
    world.keep_audit(30);
    add_audit(&world, 1_000, 3, 4);
    world.add_account("umbra");
    owner(&world);
    world.browser().login("mia@acme.test").expect(200);
    world.browser().login("nobody@x.test").expect(401);
    world.wait_s(40 * DAY_S);
    world
}

/// What there is once the job is done. Which event told of it is random.
fn outcome(world: &World) -> String {
    let audit =
        world.db.table("SELECT account_id, action, result, detail IS NOT NULL FROM audit ORDER BY account_id, id");
    let begins = world.db.table("SELECT account_id, row_id FROM audit_begins ORDER BY account_id");
    let others = world.db.table("SELECT count(*) FROM sessions UNION ALL SELECT count(*) FROM password_budgets");
    audit + &begins + &others
}

#[test]
fn a_job_killed_anywhere_goes_on_the_next_minute() {
    let world = much_to_do();
    let before = world.db.dump();
    world.db.round_trips.set(0);
    world.tick();
    let (done, round_trips) = (outcome(&world), world.db.round_trips.get());
    let mut failures = 0;
    for batch in 0..round_trips {
        for statement in 0..6 {
            world.db.restore(&before);
            world.db.fail_later.set(Some((batch, statement)));
            if world.try_tick().is_err() {
                failures += 1;
                let [sessions, audit] = ["SELECT count(*) FROM sessions", "SELECT count(*) FROM audit WHERE at < 9999"]
                    .map(|rows| world.count(rows));
                assert!(sessions == 0 || audit == 0, "one kind holds up no other");
            }
            world.db.fail_later.set(None);
            world.tick();
            assert_eq!(outcome(&world), done, "batch {batch}, statement {statement}");
        }
    }
    assert!(failures > round_trips, "{failures} of {round_trips}");
}

#[test]
fn two_jobs_at_once_do_it_once() {
    let world = much_to_do();
    world.tick();
    let done = outcome(&world);
    let world = much_to_do();
    world.two_ticks_at_once();
    assert_eq!(outcome(&world), done);
    world.tick();
    assert_eq!(outcome(&world), done);
}
