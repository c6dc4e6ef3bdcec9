//! The audit: every act leaves a row that nothing can change or remove, and a copy shows what was done to the rest.

use airlock::{
    audit::{Begins, verify},
    http::Response,
    ports::{Statement, Value},
};
use airlock_tests::{Browser, World};
use serde_json::{Value as Json, json};

use crate::admin::{POLICY, owner};

const AUDIT: &str = "/api/v1/accounts/acme/audit";
const EXPORT: &str = "/audit/export?account=acme";

fn actions(list: &Json) -> Vec<String> {
    let line = |entry: &Json| format!("{} {}", entry["action"].as_str().unwrap(), entry["detail"].as_str().unwrap());
    list["entries"].as_array().unwrap().iter().map(|entry| line(entry).trim().to_owned()).collect()
}

fn some_acts(owner: &Browser<'_>) {
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    let users = "/api/v1/accounts/acme/users";
    owner.post(users, json!({ "email": "una@acme.test", "name": "Una", "role": "admin" })).expect(201);
    let change = json!({ "role": "admin", "name": "Mia K." }).to_string();
    owner.send(&owner.request("PATCH", &format!("{users}/mia"), &change)).expect(200);
    owner.post(&format!("{users}/noor/two-factor/reset"), json!({})).expect(200);
    owner.send(&owner.request("DELETE", &format!("{users}/leo"), "")).expect(204);
    owner.post("/api/v1/accounts/acme/tokens", json!({ "name": "job", "scopes": ["users:read"] })).expect(201);
}

#[test]
fn every_act_of_an_admin_is_there_with_who_whom_what_and_from_where() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let list = owner.get(AUDIT).expect(200).json();
    assert_eq!(
        actions(&list),
        [
            "token_made job",
            "member_removed",
            "two_factor_reset",
            "member_changed role from member to admin, renamed",
            "member_invited as admin",
            "policy required from now on",
            "verify admin",
            "login admin",
        ]
    );
    let reset = &list["entries"][2];
    assert_eq!(reset["actor"], json!({ "id": "owner", "email": "owner@acme.test" }));
    assert_eq!(reset["target"], json!({ "id": "noor", "email": "noor@acme.test" }));
    assert_eq!(
        [&reset["ip"], &reset["country"], &reset["result"]],
        [&json!("203.0.113.7"), &json!("NZ"), &json!("ok")]
    );
    assert_eq!(reset["at"], "2027-01-15T08:00:00Z");
    // What was refused is no act.
    owner.post("/api/v1/accounts/acme/users/owner/two-factor/reset", json!({})).expect(403);
    assert_eq!(owner.get(AUDIT).json()["entries"].as_array().unwrap().len(), 8);
}

#[test]
fn it_is_searched_by_who_whom_and_what_page_by_page() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let list = |query: &str| owner.get(&format!("{AUDIT}?{query}")).expect(200).json();
    assert_eq!(actions(&list("target=noor%40acme.test")), ["two_factor_reset"]);
    assert_eq!(actions(&list("target=noor")), ["two_factor_reset"]);
    assert_eq!(actions(&list("action=policy&actor=owner%40acme.test")), ["policy required from now on"]);
    assert_eq!(actions(&list("actor=mia%40acme.test")), Vec::<String>::new());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=3{cursor}"));
        seen.extend(actions(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, actions(&list("")));
    // A search that finds nothing in a long audit still comes to an end, bounded step by bounded step.
    world.db.run(vec![Statement {
        sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
          INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
          SELECT 'acme', 'e' || i, 0, 'filler', 'ok', '', '', '', '' FROM n",
        params: Vec::new(),
    }]);
    let (mut pages, mut found, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let page = list(&format!("action=policy{cursor}"));
        pages += 1;
        found.extend(actions(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((pages, found.len()), (3, 1));
}

#[test]
fn one_account_sees_nothing_of_another() {
    let world = World::new();
    world.add_account("umbra");
    world.join("umbra", "mia", "mia@acme.test", airlock::session::Role::Member);
    world.add_user("umbra", "uma", "uma@umbra.test", airlock::session::Role::Member, None);
    for email in ["mia@acme.test", "uma@umbra.test", "leo@acme.test"] {
        world.browser().login(email).expect(200);
    }
    let targets = |account: &str| {
        let sql = match account {
            "acme" => "SELECT target_id FROM audit WHERE account_id = 'acme' ORDER BY id",
            _ => "SELECT target_id FROM audit WHERE account_id = 'umbra' ORDER BY id",
        };
        world.db.table(sql).lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets("acme"), ["mia", "leo"], "a login concerns each account of the user");
    assert_eq!(targets("umbra"), ["mia", "uma"]);
    let unknown = world.browser().post("/auth/login", json!({ "email": "nobody@x.test", "password": "x" }));
    unknown.expect(401);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE account_id = ''"), 1, "and that of nobody none");
}

#[test]
fn no_row_changes_or_goes() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let before = world.db.table("SELECT * FROM audit ORDER BY id");
    for sql in [
        "DELETE FROM audit WHERE id = 3",
        "DELETE FROM audit",
        "UPDATE audit SET result = 'refused' WHERE id = 3",
        "UPDATE audit SET actor_id = NULL, hash = 'x' WHERE id = 3",
        "UPDATE audit SET target_id = 'mia', hash = 'x'",
        "UPDATE audit SET id = 99, hash = 'x' WHERE id = 3",
        "INSERT OR REPLACE INTO audit (id, account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT id, account_id, 'new', at, 'other', result, detail, ip, country, request_id FROM audit WHERE id = 3",
        "INSERT OR REPLACE INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT account_id, event, at, 'other', result, detail, ip, country, request_id FROM audit WHERE id = 3",
    ] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
    assert_eq!(world.db.table("SELECT * FROM audit ORDER BY id"), before);
    seal(&world);
    for sql in ["UPDATE audit SET hash = 'x' WHERE id = 3", "UPDATE audit SET hash = NULL WHERE id = 3"] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
}

fn seal(world: &World) {
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0, "a minute later every row is sealed");
}

fn export(owner: &Browser<'_>) -> Response {
    let answer = owner.open(EXPORT).expect(200);
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"audit.ndjson\""));
    answer.0
}

#[test]
fn a_copy_verifies_and_shows_every_cut_and_change() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let copy = export(&owner).body;
    let verified = verify(&copy).unwrap();
    assert_eq!((verified.rows, verified.begins), (8, Begins::First));
    let lines: Vec<&str> = copy.lines().collect();
    assert!(lines[7].contains(&verified.head));
    // Every line cut out but the last; every pair swapped; every single character of the rows changed.
    for i in 1..7 {
        let cut: String =
            lines.iter().enumerate().filter(|(n, _)| *n != i).map(|(_, line)| format!("{line}\n")).collect();
        assert!(verify(&cut).is_err());
        let mut swapped = lines.clone();
        swapped.swap(i, i + 1);
        assert!(verify(&swapped.join("\n")).is_err());
    }
    let begun = verify(&lines[1..].join("\n")).unwrap();
    assert_eq!((begun.rows, begun.begins), (7, Begins::Later), "a copy that begins later says so");
    for (from, to) in [
        ("owner", "mia"),
        ("two_factor_reset", "login"),
        ("203.0.113.7", "203.0.113.8"),
        ("1800000000000", "1800000000001"),
    ] {
        let changed = copy.replacen(from, to, 1);
        assert!(verify(&changed).is_err(), "{from}");
    }
    for (from, to) in [
        ("\"token_id\":null", "\"tokenid\":null"),
        ("{\"previous\"", "{\"x\":1,\"previous\""),
        ("\"id\":2", "\"id\": 2"),
    ] {
        assert!(verify(&copy.replacen(from, to, 1)).is_err(), "{from}");
    }
    for garbage in ["x", "{}", "[]"] {
        assert!(verify(garbage).is_err());
    }
    // More is added later: the old head is still in the chain.
    owner.put(POLICY, json!({ "required": false })).expect(200);
    world.tick();
    let later = export(&owner).body;
    assert!(later.starts_with(&copy) && verify(&later).unwrap().rows == 9);
}

#[test]
fn a_long_audit_is_sealed_and_exported_in_bounded_parts_that_follow_each_other() {
    let world = World::new();
    let owner = owner(&world);
    world.db.run(vec![Statement {
        sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
          INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
          SELECT iif(i % 3, 'acme', 'umbra'), 'e' || i, ?1, 'filler', 'ok', '', '', '', '' FROM n",
        params: vec![Value::from(7)],
    }]);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0);
    let first = export(&owner);
    let first = first.body;
    assert_eq!(verify(&first).unwrap().rows, 4002);
    let last: Json = serde_json::from_str(first.lines().nth(99).unwrap()).unwrap();
    let rest = owner.open(&format!("{EXPORT}&after={}", last["id"])).expect(200).0.body;
    let head: String = first.lines().take(100).map(|line| format!("{line}\n")).collect();
    assert_eq!(verify(&(head + &rest)).unwrap().rows, 4002);
}

/// The log has a line for every change that was asked for: by whom, of whom, and what stood in the way.
#[test]
fn a_change_refused_is_a_line_of_the_log() {
    let world = World::new();
    let owner = owner(&world);
    let users = "/api/v1/accounts/acme/users";
    let said = |action: &str, result: &str, actor: Option<&str>, target: Option<&str>| {
        let line: serde_json::Value = serde_json::from_str(world.log.0.borrow().last().unwrap()).unwrap();
        let named = |name: &str| line[name].as_str();
        assert_eq!(
            [named("action"), named("result"), named("actor"), named("target")],
            [Some(action), Some(result), actor, target]
        );
    };
    let (noor, own) = (format!("{users}/noor/two-factor/reset"), format!("{users}/owner/two-factor/reset"));
    owner.post(&own, json!({})).expect(403);
    said("two_factor_reset", "forbidden", Some("owner"), Some("owner"));
    owner.post(&format!("{users}/nobody/two-factor/reset"), json!({})).expect(404);
    said("two_factor_reset", "not_found", Some("owner"), None);
    owner.post("/api/v1/accounts/other/users/noor/two-factor/reset", json!({})).expect(404);
    said("two_factor_reset", "not_found", Some("owner"), None);
    world.admin().post(&noor, json!({})).expect(401);
    assert!(!world.log.0.borrow().last().unwrap().contains("noor"), "a stranger without a cookie is no caller");
    owner.post(users, json!({ "email": "noor@acme.test", "name": "N", "role": "member" })).expect(409);
    said("member_invited", "already_member", Some("owner"), Some("noor"));
    owner.send(&owner.request("DELETE", &format!("{users}/owner"), "")).expect(409);
    said("member_removed", "last_owner", Some("owner"), Some("owner"));
    owner.put("/api/v1/accounts/acme/two-factor", json!({ "required": "perhaps" })).expect(400);
    said("policy", "invalid_request", Some("owner"), None);
    owner.send(&owner.request("DELETE", "/api/v1/accounts/acme/tokens/none", "")).expect(404);
    said("token_revoked", "not_found", Some("owner"), None);
    world.wait_s(6 * 60);
    owner.post(&noor, json!({})).expect(403);
    said("two_factor_reset", "reauth_required", Some("owner"), None);
    // By a page as by the API.
    owner.submit("/members/noor/reset", "account=acme").expect(303);
    said("two_factor_reset", "reauth_required", Some("owner"), None);
}
