//! The audit: every act leaves a row that nothing can change or remove, and everyone sees only their own account's.

use airlock::{
    admin::{PAGES, ROUTES},
    flows,
    people::Role,
    ports::Statement,
};
use airlock_tests::{Browser, NOOR_SEED, World, set_header};
use serde_json::{Value as Json, json};

use crate::admin::{POLICY, owner};

const AUDIT: &str = "/api/v1/accounts/acme/audit";
pub const EXPORT: &str = "/audit/export?account=acme";

fn actions(list: &Json) -> Vec<String> {
    let line = |entry: &Json| format!("{} {}", entry["action"].as_str().unwrap(), entry["detail"].as_str().unwrap());
    list["entries"].as_array().unwrap().iter().map(|entry| line(entry).trim().to_owned()).collect()
}

pub fn some_acts(owner: &Browser<'_>) {
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
            "token_made “job”",
            "member_removed",
            "two_factor_reset",
            "member_changed role from member to admin, renamed",
            "member_invited as admin",
            "policy required from now on",
            "verify at the admin pages",
            "login at the admin pages",
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
    // A refusal is no act.
    owner.post("/api/v1/accounts/acme/users/owner/two-factor/reset", json!({})).expect(403);
    assert_eq!(owner.get(AUDIT).json()["entries"].as_array().unwrap().len(), 8);
}

/// Each thing that anyone can ask of either Worker, asked twice. What is so already the second time, or is not there any more, is
/// written down once; the rest of the routes make something new each time.
#[test]
fn what_changes_nothing_is_not_written_down() {
    let exemption = "/api/v1/accounts/acme/users/mia/two-factor/exemption";
    let again: [(&str, &str, &str, i64); 28] = [
        ("PUT", "/api/v1/accounts/acme/two-factor", r#"{"required":true}"#, 1),
        ("PUT", "/api/v1/accounts/acme/two-factor", r#"{"required":false,"applies":"now"}"#, 0),
        ("PATCH", "/api/v1/accounts/acme/users/mia", r#"{"role":"member","active":true,"name":"mia"}"#, 0),
        ("PATCH", "/api/v1/accounts/acme/users/mia", r#"{"role":"admin","name":"Mia K."}"#, 1),
        ("PATCH", "/api/v1/accounts/acme/users/mia", r#"{"active":false}"#, 1),
        ("PATCH", "/api/v1/accounts/acme/users/una", r#"{"role":"admin","name":"Una B."}"#, 1),
        ("PATCH", "/api/v1/accounts/acme/users/una", r#"{"role":"member","name":"una"}"#, 0),
        ("DELETE", "/api/v1/accounts/acme/users/mia", "", 1),
        ("POST", "/api/v1/accounts/acme/users/noor/two-factor/reset", "", 1),
        ("POST", "/api/v1/accounts/acme/users/mia/two-factor/reset", "", 1),
        ("PUT", exemption, r#"{"until":"2027-02-01T00:00:00Z","reason":"R"}"#, 1),
        ("DELETE", exemption, "", 0),
        ("DELETE", "/api/v1/accounts/acme/tokens/t", "", 1),
        ("DELETE", "/api/v1/accounts/acme/service-tokens/s", "", 1),
        ("POST", "/settings/security/two-factor", "account=acme&required=true&applies=now", 1),
        ("POST", "/members/mia", "account=acme&role=member&name=mia", 0),
        ("POST", "/members/mia", "account=acme&active=true", 0),
        ("POST", "/members/mia/exempt", "account=acme&until=2027-02-01&reason=R", 1),
        ("POST", "/members/mia/end-exemption", "account=acme", 0),
        ("POST", "/members/noor/reset", "account=acme", 1),
        ("POST", "/members/noor/remove", "account=acme", 1),
        ("POST", "/tokens/t/revoke", "account=acme", 1),
        ("POST", "/service-tokens/s/revoke", "account=acme", 1),
        ("POST", "/auth/profile/edit", r#"{"name":"Noor A."}"#, 1),
        ("POST", "/auth/profile/edit", r#"{"name":"noor"}"#, 0),
        ("POST", "/auth/two-factor/enable", "{}", 0),
        ("POST", "/auth/sessions/end-others", "{}", 1),
        ("POST", "/auth/logout", "{}", 1),
    ];
    // With another authenticator there, or with the one there asked for by nothing.
    let more = [
        ("POST", "/auth/authenticators/noor-app/remove", "{}", 1),
        ("POST", "/auth/sessions/other/end", "{}", 1),
        ("POST", "/auth/recovery-codes/kept", "{\"later\":true}", 0),
        ("POST", "/auth/language", r#"{"language":"de"}"#, 0),
        ("POST", "/auth/two-factor/disable", "{}", 1),
        ("POST", "/auth/two-factor/enable", "{}", 1),
    ];
    for (i, (method, path, body, rows)) in again.iter().chain(&more).enumerate() {
        let world = World::new();
        world.add_user("acme", "una", "una@acme.test", Role::Member, None);
        world.db.execute("UPDATE memberships SET state = 'invited' WHERE user_id = 'una'", &[]);
        for sql in [
            "INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at) VALUES ('acme', 'una', 'h', 'una', 1 << 52)",
            "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
             VALUES ('h', 't', 'acme', 'owner', 't', 'users:read', 0, 1 << 52)",
            "INSERT INTO service_tokens (token_hash, id, account_id, made_by, name, paths, methods, created_at, expires_at)
             VALUES ('h', 's', 'acme', 'owner', 's', '/x', 'GET', 0, 1 << 52)",
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent)
             VALUES ('h', 'other', 'noor', 'edge', 0, '', '/', 0, 1 << 52, 1 << 52, 0, '', '', '')",
        ] {
            world.db.execute(sql, &[]);
        }
        let (owner, noor) = (owner(&world), world.browser());
        noor.sign_in("noor@acme.test", NOOR_SEED);
        world.wait_s(30);
        noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
        if i >= again.len() {
            world.db.execute(
                "INSERT INTO authenticators SELECT 'second', user_id, 'second', algorithm, digits, period_s, sealed_seed, seed_key,
                   last_step, created_at, last_used_at, burned_steps FROM authenticators WHERE id = 'noor-app'",
                &[],
            );
        }
        if i == again.len() + more.len() - 1 {
            world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
        }
        world.db.execute("UPDATE users SET codes_kept = 'due' WHERE id = 'noor'", &[]);
        let written = || world.count("SELECT count(*) FROM audit WHERE result = 'ok' AND account_id = 'acme'");
        let before = written();
        let by = if path.starts_with("/auth/") { &noor } else { &owner };
        let send = || match body.starts_with("account=") {
            true => by.submit(path, body).0.status,
            false => by.send(&by.request(method, path, body)).0.status,
        };
        assert!((200..400).contains(&send()), "{method} {path} {body}");
        assert_eq!(written() - before, *rows, "{method} {path} {body}: the first time");
        send();
        assert_eq!(written() - before, *rows, "{method} {path} {body}: the second time");
    }
    // Nothing that could write a row is left out.
    let anew = [
        ("POST", "/api/v1/accounts/{account}/users"),
        ("POST", "/api/v1/accounts/{account}/tokens"),
        ("POST", "/api/v1/accounts/{account}/service-tokens"),
        ("POST", "/members"),
        ("POST", "/tokens"),
        ("POST", "/service-tokens"),
        ("POST", "/auth/login"),
        ("POST", "/auth/verify"),
        ("POST", "/auth/recovery"),
        ("POST", "/auth/reauth"),
        ("POST", "/auth/enrol"),
        ("POST", "/auth/recovery-codes"),
        ("POST", "/auth/password"),
        ("POST", "/auth/invite"),
        ("POST", "/auth/invite/{token}"),
        ("POST", "/auth/forgot"),
        ("POST", "/auth/reset-password"),
        ("POST", "/auth/reset-password/{token}"),
        ("POST", "/auth/start-over"),
        ("POST", "/auth/not-me/{token}"),
        ("POST", "/api/v1/accounts/{account}/users/{user}/password/restore"),
        ("POST", "/members/{id}/restore-password"),
        ("POST", "/auth/email"),
        ("POST", "/auth/email-confirm"),
        ("POST", "/auth/email/{token}"),
        ("POST", "/auth/email-undo"),
        ("POST", "/auth/email-undo/{token}"),
    ];
    let api = ROUTES.iter().map(|route| (route.method, format!("/api/v1{}", route.path)));
    let pages = PAGES.iter().map(|route| (route.method, route.path.to_owned()));
    let own = flows::ROUTES.iter().map(|route| (route.method, format!("/auth{}", route.path)));
    let edge = flows::EDGE_ROUTES.iter().map(|route| (route.method, format!("/auth{}", route.path)));
    let asked = |method: &str, path: &str| {
        let fits = |tried: &str| {
            let (tried, path) = (tried.split('/').collect::<Vec<_>>(), path.split('/').collect::<Vec<_>>());
            tried.len() == path.len()
                && tried.iter().zip(&path).all(|(tried, part)| tried == part || part.starts_with('{'))
        };
        anew.contains(&(method, path)) || again.iter().chain(&more).any(|(m, tried, ..)| *m == method && fits(tried))
    };
    for (method, path) in api.chain(pages).chain(own).chain(edge).filter(|(method, _)| *method != "GET") {
        assert!(asked(method, &path), "{method} {path}");
    }
}

/// What was written down before the particulars were JSON is shown as it is, and counts for what it says.
#[test]
fn rows_of_before_are_shown_as_they_are() {
    let world = World::new();
    let owner = owner(&world);
    for (event, action, result, detail) in [
        ("a", "policy", "ok", "required from now on"),
        ("b", "login", "ok", "admin"),
        ("c", "login", "invalid_credentials", "7 times, 2 networks"),
        ("d", "login", "invalid_credentials", r#"{"times":5,"networks":1}"#),
        ("e", "of_a_later_release", "ok", r#"{"of_a_later_release":1}"#),
    ] {
        world.db.execute(
            "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
             VALUES ('acme', ?1, 3600000, 'noor', ?2, ?3, ?4, '', '', '')",
            &[event.into(), action.into(), result.into(), detail.into()],
        );
    }
    let list = owner.get(&format!("{AUDIT}?target=noor")).expect(200).json();
    let shown =
        [r#"of_a_later_release {"of_a_later_release":1}"#, "login", "login admin", "policy required from now on"];
    assert_eq!(actions(&list), shown);
    assert_eq!(list["entries"][1]["times"], 12, "one entry for both rows of the hour");
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
    world.join("umbra", "mia", "mia@acme.test", Role::Member);
    world.add_user("umbra", "uma", "uma@umbra.test", Role::Member, None);
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
    assert_eq!(
        world.count("SELECT count(*) FROM audit WHERE account_id = ''"),
        0,
        "and a login of nobody concerns none"
    );
}

#[test]
fn no_row_changes_or_disappears() {
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

pub fn seal(world: &World) {
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0, "a minute later every row is sealed");
}

/// Adds rows that are not sealed yet.
pub fn unsealed(world: &World, account: &str, rows: i64) {
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT ?1, ?1 || i, 7, 'filler', 'ok', '', '', '', '' FROM n",
        &[account.into(), rows.into()],
    );
}

/// L3: nobody's seals wait for a stranger, nor for another account.
#[test]
fn a_flood_of_rows_makes_no_other_account_wait_for_its_seals() {
    let unsealed_of = |world: &World, account: &str| {
        world.count(&format!("SELECT count(*) FROM audit WHERE hash IS NULL AND account_id = '{account}'"))
    };
    for (flooded, name) in [("", "of no account"), ("aaa", "of an account")] {
        let world = World::new();
        unsealed(&world, flooded, 50_000);
        owner(&world);
        world.tick();
        assert_eq!(unsealed_of(&world, "acme"), 0, "two rows after 50,000 {name}");
        assert!(unsealed_of(&world, flooded) <= 45_000, "and the others go on");
    }
    // Where there is more than a minute can seal, the rows of no account come last.
    let world = World::new();
    unsealed(&world, "", 150);
    for number in 0..120 {
        unsealed(&world, &format!("a{number:03}"), 150);
    }
    world.tick();
    assert_eq!([unsealed_of(&world, ""), world.count("SELECT count(hash) FROM audit")], [150, 10_000]);
}

/// What one go seals is shared by however many accounts wait, though D1 takes every number it is given for a REAL.
#[test]
fn accounts_whose_number_divides_nothing_are_all_sealed() {
    for accounts in [1, 2, 3, 7, 99] {
        let world = World::new();
        for number in 0..accounts {
            unsealed(&world, &format!("a{number:02}"), 2);
        }
        world.tick();
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0, "{accounts} accounts");
    }
}

/// L5: with an unknown credential a search, a page and an export read nothing of the audit, however long it is.
#[test]
fn nothing_is_read_for_nobody() {
    let world = World::new();
    let nobody = world.admin();
    nobody.cookies.borrow_mut().insert("__Host-airlock-admin".to_owned(), "garbage".to_owned());
    let steps = || {
        let by_token = |path: &str| {
            let mut request = world.admin().request("GET", path, "");
            set_header(&mut request, "authorization", "Bearer airlock_garbage");
            world.db.steps.set(0);
            world.admin().send(&request).expect(401);
            world.db.steps.get()
        };
        let by_cookie = |path: &str| {
            world.db.steps.set(0);
            nobody.get(path).expect(401);
            world.db.steps.get()
        };
        let search = format!("{AUDIT}?action=policy&actor=owner%40acme.test");
        [by_token(AUDIT), by_token(&search), by_cookie(AUDIT), by_cookie(&search), by_cookie(EXPORT)]
    };
    let before = steps();
    unsealed(&world, "acme", 4_000);
    world.tick();
    assert_eq!(steps(), before);
}

/// L6: repeats of a refusal are one entry with a count, on the page and in the list.
#[test]
fn refusals_of_one_member_do_not_fill_the_page() {
    let world = World::new();
    let owner = owner(&world);
    let wrong = json!({ "email": "noor@acme.test", "password": "wrong" });
    for number in 0..30 {
        let stranger = Browser { ip: format!("198.51.100.{number}"), ..world.browser() };
        stranger.post("/auth/login", wrong.clone()).expect(401);
        world.wait_s(5);
    }
    world.wait_s(60);
    world.tick();
    let list = owner.get(AUDIT).expect(200).json();
    assert_eq!(actions(&list), ["login", "verify at the admin pages", "login at the admin pages"]);
    let rows = world.count("SELECT count(*) FROM audit WHERE target_id = 'noor' AND result = 'invalid_credentials'");
    assert_eq!(rows, 3, "the export has one for each minute");
    let last = world.text("SELECT detail FROM audit WHERE target_id = 'noor' ORDER BY id DESC LIMIT 1");
    assert_eq!(last, r#"{"times":6,"networks":6}"#);
    let entry = &list["entries"][0];
    assert_eq!([&entry["result"], &entry["times"]], [&json!("invalid_credentials"), &json!(30)]);
    assert_eq!(list["entries"][1]["times"], 1);
    let page = owner.open("/audit?account=acme").expect(200).0.body;
    assert_eq!(page.matches("noor@acme.test").count(), 1);
    assert!(page.contains("×30"), "{page}");
    // Page by page it is the same, and refusals an hour apart are two entries.
    world.wait_s(3_600);
    world.browser().post("/auth/login", wrong).expect(401);
    world.wait_s(60);
    world.tick();
    let owner = crate::admin::owner(&world);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("{AUDIT}?limit=1{cursor}")).expect(200).json();
        seen.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["times"].as_i64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [1, 1, 1, 30, 1, 1]);
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
    // On a page as in the API.
    owner.submit("/members/noor/reset", "account=acme").expect(303);
    said("two_factor_reset", "reauth_required", Some("owner"), None);
}
