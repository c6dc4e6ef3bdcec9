//! Round trips to the database are what a request costs at the edge: counted here, for every route.

use airlock::ports::Statement;
use airlock_tests::{OWNER_SEED, PASSWORD, World, basic, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

use crate::admin::{POLICY, owner};

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
    spent("gate, open", 1, &|| drop(browser.get("/").expect(200)));
    world.wait_s(61);
    spent("gate, open, once a minute noting that it was seen", 2, &|| drop(browser.get("/").expect(200)));
    spent("gate without a cookie", 0, &|| drop(world.browser().get("/").expect(401)));
    spent("reauth", 4, &|| drop(browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200)));
    spent("begin a set-up", 2, &|| drop(browser.get("/auth/enrol").expect(200)));
    spent("see it again", 1, &|| drop(browser.get("/auth/enrol").expect(200)));
    let seed = browser.get("/auth/enrol").json()["secret"].as_str().unwrap().to_owned();
    spent("confirm it", 2, &|| {
        drop(browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "x" })).expect(200));
    });
    spent("new recovery codes", 2, &|| drop(browser.post("/auth/recovery-codes", json!({})).expect(200)));
    spent("logout", 1, &|| drop(browser.post("/auth/logout", json!({})).expect(204)));
    spent("health", 1, &|| drop(browser.get("/auth/health").expect(200)));
    world.wait_s(90);
    let owner = owner(&world);
    let new = json!({ "name": "t", "paths": ["/*"], "methods": ["GET"] });
    let made = owner.post("/api/v1/accounts/acme/service-tokens", new).expect(201).json();
    let program = |token: &str| {
        let mut request = world.browser().request("GET", "/", "");
        request.headers.retain(|(name, _)| name != "sec-fetch-site");
        set_header(&mut request, "authorization", &basic(token));
        world.handle(&request).status
    };
    let token = made["token"].as_str().unwrap();
    spent("a program, noting that it was seen", 2, &|| assert_eq!(program(token), 200));
    spent("a program", 1, &|| assert_eq!(program(token), 200));
    spent("a program with another token, asked for one", 2, &|| {
        assert_eq!(program(&token.replace("svc_", "svc_x")[..55]), 401)
    });
    spent("a program with none, asked for one", 1, &|| assert_eq!(program("x"), 401));
}

#[test]
fn round_trips_of_the_profile() {
    let world = World::new();
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    let (mia, other) = (world.browser(), world.browser());
    other.login("mia@acme.test").expect(200);
    mia.login("mia@acme.test").expect(200);
    spent("profile", 1, &|| drop(mia.open("/auth/profile").expect(200)));
    spent("sessions", 1, &|| drop(mia.get("/auth/sessions").expect(200)));
    spent("name", 2, &|| drop(mia.post("/auth/profile/edit", json!({ "name": "M" })).expect(204)));
    spent("end the others", 2, &|| drop(mia.post("/auth/sessions/end-others", json!({})).expect(204)));
    let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    spent("password", 3, &|| drop(mia.post("/auth/password", change.clone()).expect(200)));
    spent("its form", 1, &|| drop(mia.open("/auth/password").expect(200)));
}

#[test]
fn round_trips_of_a_forgotten_password() {
    let world = World::new();
    world.send_mails();
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    let mia = world.browser();
    let ask = |email: &str| drop(mia.post("/auth/forgot", json!({ "email": email })).expect(200));
    spent("its form", 0, &|| drop(mia.open("/auth/forgot").expect(200)));
    spent("an address that nobody has", 1, &|| ask("nobody@acme.test"));
    spent("another", 1, &|| ask("mia@acme.test"));
    spent("again", 1, &|| ask("mia@acme.test"));
    spent(
        "the jobs: codes overdue; a lease, a look, gone; a lease, a link, sent, gone; no lease; nothing to seal",
        9,
        &|| world.poked(),
    );
    let link = world.post.to("mia@acme.test")[0].link().to_owned();
    spent("the link, opened", 0, &|| drop(mia.open(&link).expect(303)));
    spent("its page", 1, &|| drop(mia.open("/auth/reset-password").expect(200)));
    let set = json!({ "new_password": "seven grey herons wade" });
    spent("a new password", 2, &|| drop(mia.post(&link, set.clone()).expect(204)));
    spent("once more", 1, &|| drop(mia.post(&link, set.clone()).expect(404)));
}

#[test]
fn round_trips_of_another_address() {
    let world = World::new();
    world.send_mails();
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    world.poked();
    spent("its form", 1, &|| drop(mia.open("/auth/email").expect(200)));
    spent("asked for", 2, &|| drop(mia.post("/auth/email", json!({ "email": "mia@new.test" })).expect(200)));
    spent("the jobs: codes overdue; a lease, a look, gone; no lease; nothing to seal", 6, &|| world.poked());
    let link = world.post.to("mia@new.test")[0].link().to_owned();
    spent("the link, opened", 0, &|| drop(mia.open(&link).expect(303)));
    spent("its page", 1, &|| drop(mia.open("/auth/email-confirm").expect(200)));
    spent("confirmed", 2, &|| drop(mia.post(&link, json!({})).expect(204)));
    world.poked();
    let told = world.post.to("mia@acme.test").pop().unwrap();
    let link = told.link().to_owned();
    spent("the page of the way back", 1, &|| drop(mia.get(&link).expect(200)));
    spent("the way back", 2, &|| drop(mia.post(&link, json!({})).expect(204)));
    spent("once more", 1, &|| drop(mia.post(&link, json!({})).expect(404)));
}

#[test]
fn round_trips_of_the_admin_worker() {
    let world = World::new();
    let owner = owner(&world);
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    let users = "/api/v1/accounts/acme/users";
    spent("accounts", 1, &|| drop(owner.get("/api/v1/accounts").expect(200)));
    spent("policy", 1, &|| drop(owner.get(POLICY).expect(200)));
    spent("toggle", 2, &|| drop(owner.put(POLICY, json!({ "required": true })).expect(200)));
    spent("list", 1, &|| drop(owner.get(&format!("{users}?two_factor=enabled")).expect(200)));
    spent("reset", 2, &|| drop(owner.post(&format!("{users}/noor/two-factor/reset"), json!({})).expect(200)));
    let new = json!({ "email": "new@acme.test", "name": "New", "role": "member" });
    spent("invite", 2, &|| drop(owner.post(users, new.clone()).expect(201)));
    let link = |email: &str, account: &str| {
        let new = json!({ "email": email, "name": "New", "role": "member" });
        let invited = owner.post(&format!("/api/v1/accounts/{account}/users"), new).expect(201).json();
        invited["invite_url"].as_str().unwrap().strip_prefix("https://app.test").unwrap().to_owned()
    };
    let (new, leo) = (world.browser(), world.browser());
    let path = link("new@acme.test", "acme");
    spent("invitation", 1, &|| drop(crate::invitations::opened(&new, &path).expect(200)));
    let password = json!({ "password": "seven grey herons wade" });
    spent("join", 2, &|| drop(new.post(&path, password.clone()).expect(200)));
    world.add_account("umbra");
    world.join("umbra", "owner", "owner@acme.test", airlock::people::Role::Owner);
    world.require("acme", false, "next_login");
    leo.login("leo@acme.test").expect(200).field("next", "done");
    let path = link("leo@acme.test", "umbra");
    leo.reauth(None).expect(200);
    spent("join by a session", 2, &|| drop(leo.send(&leo.request("POST", &path, "")).expect(204)));
    let change = json!({ "active": false }).to_string();
    spent("change", 2, &|| drop(owner.send(&owner.request("PATCH", &format!("{users}/leo"), &change)).expect(200)));
    spent("remove", 2, &|| drop(owner.send(&owner.request("DELETE", &format!("{users}/leo"), "")).expect(204)));
    spent("audit", 1, &|| drop(owner.get("/api/v1/accounts/acme/audit").expect(200)));
    let token = json!({ "name": "t", "scopes": ["users:read"] });
    spent("make a token", 2, &|| drop(owner.post("/api/v1/accounts/acme/tokens", token.clone()).expect(201)));
    let service = json!({ "name": "t", "paths": ["/*"], "methods": ["GET"] });
    let services = "/api/v1/accounts/acme/service-tokens";
    spent("make a service token", 2, &|| drop(owner.post(services, service.clone()).expect(201)));
    spent("list them", 1, &|| drop(owner.get(services).expect(200)));
    spent("settings page", 2, &|| drop(owner.open("/settings/security/two-factor?account=acme").expect(200)));
    spent("no session", 0, &|| drop(world.admin().get(POLICY).expect(401)));
}

#[test]
fn round_trips_of_the_job_of_every_minute() {
    let world = World::new();
    let spent = |name: &str, most: usize| {
        world.db.round_trips.set(0);
        world.tick();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    spent("nothing to do", 7);
    owner(&world);
    spent("two rows to seal", 8);
    world.keep_audit(30);
    spent("the audit is limited, nothing is past it", 8);
    world.wait_s(31 * 86_400);
    spent("one account's rows go", 10);
    world.rotate_keys(
        "s2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=,s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    );
    spent("two seeds to seal anew, and the row that tells of those that went", 9);
}

/// One page out of 100,000 members costs what it costs out of 50, wherever it is and however it is filtered.
#[test]
fn a_page_of_a_hundred_thousand_members_costs_what_a_page_of_fifty_costs() {
    let world = World::new();
    let owner = owner(&world);
    let cost = |query: &str| {
        world.db.steps.set(0);
        let page = owner.get(&format!("/api/v1/accounts/acme/users?{query}")).expect(200).json();
        (page["users"].as_array().unwrap().len(), world.db.steps.get())
    };
    let grow = |from: i64, to: i64| {
        for sql in [
            "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
             INSERT INTO users (id, email, name, two_factor_chosen, created_at)
             SELECT 'u' || i, printf('u%06d@big.test', i), 'U', i <= 100 OR i % 2000 = 0, 0 FROM n",
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT 'acme', id, email, 'member', 'active', 0 FROM users
             WHERE id BETWEEN 'u' AND 'v' AND CAST(substr(id, 2) AS INTEGER) BETWEEN ?1 AND ?2",
            // Of the first hundred all have it, of the others one in a thousand, and half of those are not asked.
            "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step,
               created_at, last_used_at)
             SELECT 'a' || id, id, 'app', 'SHA1', 6, 30, '', '', 0, 0, 0 FROM users
             WHERE id BETWEEN 'u' AND 'v' AND CAST(substr(id, 2) AS INTEGER) BETWEEN ?1 AND ?2
               AND (CAST(substr(id, 2) AS INTEGER) <= 100 OR CAST(substr(id, 2) AS INTEGER) % 1000 = 0)",
        ] {
            world.db.execute(sql, &[from.into(), to.into()]);
        }
    };
    grow(1, 100);
    let (rows, small) = cost("two_factor=enabled");
    assert_eq!(rows, 50);
    grow(101, 100_000);
    let from = |address: &str| format!("&cursor={}", Base64UrlUnpadded::encode_string(address.as_bytes()));
    let (middle, end) = (from("u05"), from("u099900"));
    // What a search costs has a test of its own in `search.rs`.
    for (query, rows) in [
        ("".to_owned(), 50),
        (middle.clone(), 50),
        (from("u099999"), 2),
        ("two_factor=enabled".to_owned(), 50),
        (format!("two_factor=set_up{middle}"), 50),
        (format!("two_factor=not_set_up{end}"), 50),
        (format!("two_factor=disabled{end}"), 50),
        (format!("two_factor=enabled{middle}"), 26),
        (from("zz"), 0),
    ] {
        let query = query.as_str();
        let (found, steps) = cost(query);
        assert_eq!(found, rows, "{query}");
        assert!(steps <= small * 5 / 4, "{query}: {steps} steps, {small} with few members");
    }
    let plan = owner.get(POLICY).expect(200).json();
    assert_eq!(["members", "set_up", "enabled"].map(|count| &plan[count]), [&json!(100_004), &json!(202), &json!(152)]);
    for sql in [
        "UPDATE memberships SET exempt_until = 1 << 52 WHERE email IN ('u000101@big.test', 'u000102@big.test', 'u050003@big.test', 'u099999@big.test')",
        "UPDATE users SET code_failures = 100 WHERE email IN ('u000001@big.test', 'u000050@big.test', 'u050000@big.test')",
        "UPDATE accounts SET two_factor_required = 1, starts_at = 1 << 52",
    ] {
        world.db.execute(sql, &[]);
    }
    for (query, rows) in [("exempt", 4), ("locked", 3), ("pending", 50)] {
        let (found, steps) = cost(&format!("two_factor={query}"));
        assert_eq!(found, rows, "{query}");
        assert!(steps <= small * 5 / 4, "{query}: {steps} steps, {small} with few members");
    }
}

/// No statement that a request runs reads a whole table: each finds its rows by an index.
#[test]
fn no_statement_scans_a_table() {
    let world = World::new();
    // Statistics of a large database could tempt the planner otherwise; ours has none, as D1 has none.
    world.db.record.set(true);
    admin_flow(&world);
    profile_flow(&world);
    let done = sign_in_flow(&world);
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    browser.post("/auth/recovery", json!({ "code": done["recovery_codes"][0] })).expect(401);
    world.send_mails();
    let link = crate::forgot::link(&world, "una@acme.test");
    browser.get(&link).expect(200);
    browser.post(&link, json!({ "new_password": "seven grey herons wade" })).expect(204);
    world.poked();
    world.tick();
    world.keep_audit(30);
    world.wait_s(31 * 86_400);
    world.tick();
    assert!(world.count("SELECT count(*) FROM audit_begins") > 0, "old rows went");
    world.db.record.set(false);
    let statements: Vec<Statement> = world.db.recorded.take();
    assert!(statements.len() > 40);
    for statement in &statements {
        let plan = world.db.plan(statement);
        // What a subquery reads has lines of its own; reading its result is no table.
        let of_subquery =
            |line| ["CO-ROUTINE ", "MATERIALIZE "].into_iter().find_map(|as_| str::strip_prefix(line, as_));
        let results: Vec<_> = plan.lines().filter_map(of_subquery).collect();
        let table = |line: &&str| line.strip_prefix("SCAN ").is_some_and(|name| !results.contains(&name));
        let scans: Vec<_> = plan.lines().filter(table).filter(|line| !allowed_scan(line)).collect();
        assert!(scans.is_empty(), "{}\n{plan}", statement.sql);
    }
}

/// A login once, with what goes wrong at it; the gate, a new authenticator and the way out. Answers what was said as the
/// authenticator was confirmed.
pub fn sign_in_flow(world: &World) -> serde_json::Value {
    let browser = world.browser();
    browser.login("nobody@acme.test").expect(401);
    browser.login("owner@acme.test").expect(200);
    browser.verify("000000").expect(401);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200);
    browser.get("/").expect(200);
    world.wait_s(61);
    browser.get("/").expect(200);
    browser.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    browser.post("/auth/recovery-codes", json!({})).expect(200);
    browser.post("/auth/logout", json!({})).expect(204);
    done
}

/// Everything people do of their own once.
pub fn profile_flow(world: &World) {
    let mia = world.browser();
    world.add_user("acme", "una", "una@acme.test", airlock::people::Role::Member, None);
    world.browser().login("una@acme.test").expect(200);
    mia.login("una@acme.test").expect(200);
    mia.get("/auth/profile").expect(200);
    mia.post("/auth/profile/edit", json!({ "name": "U" })).expect(204);
    mia.reauth(None).expect(200);
    for name in ["one", "two"] {
        let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
        mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": name })).expect(200);
    }
    mia.post("/auth/recovery-codes/kept", json!({ "code": "0".repeat(24) })).expect(401);
    mia.post("/auth/recovery-codes/kept", json!({ "later": true })).expect(204);
    let id = mia.get("/auth/profile").json()["authenticators"][0]["id"].as_str().unwrap().to_owned();
    mia.post(&format!("/auth/authenticators/{id}/remove"), json!({})).expect(204);
    mia.post("/auth/two-factor/disable", json!({})).expect(204);
    mia.post("/auth/sessions/nothing/end", json!({})).expect(404);
    for _ in ["some", "none"] {
        mia.post("/auth/sessions/end-others", json!({})).expect(204);
    }
    let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    mia.post("/auth/password", change).expect(200);
}

/// Everything an admin does once, by session and by token.
pub fn admin_flow(world: &World) {
    let owner = owner(world);
    let users = "/api/v1/accounts/acme/users";
    let send = |method: &str, path: &str, body: &str| owner.send(&owner.request(method, path, body));
    send("GET", "/api/v1/accounts", "").expect(200);
    send("GET", POLICY, "").expect(200);
    send("PUT", POLICY, r#"{"required":true}"#).expect(200);
    send("PUT", POLICY, r#"{"required":false}"#).expect(200);
    send("GET", &format!("{users}?q=m"), "").expect(200);
    send("GET", &format!("{users}?two_factor=enabled"), "").expect(200);
    let new = send("POST", users, r#"{"email":"new@acme.test","name":"New","role":"member"}"#).expect(201).json();
    let link = new["invite_url"].as_str().unwrap().trim_start_matches("https://app.test").to_owned();
    world.browser().get(&link).expect(200);
    world.browser().post(&link, json!({ "password": "seven grey herons wade" })).expect(200);
    send("PATCH", &format!("{users}/mia"), r#"{"role":"admin","name":"M","active":false}"#).expect(200);
    send("POST", &format!("{users}/noor/two-factor/reset"), "").expect(200);
    send("DELETE", &format!("{users}/leo"), "").expect(204);
    let audit = "/api/v1/accounts/acme/audit";
    send("GET", &format!("{audit}?actor=owner&target=noor%40acme.test&action=login"), "").expect(200);
    let token = r#"{"name":"t","scopes":["users:read"]}"#;
    let token = send("POST", "/api/v1/accounts/acme/tokens", token).expect(201).json();
    let client = world.admin();
    let mut request = client.request("GET", users, "");
    set_header(&mut request, "authorization", &format!("Bearer {}", token["token"].as_str().unwrap()));
    client.send(&request).expect(200);
    let service = r#"{"name":"t","paths":["/*"],"methods":["GET"]}"#;
    let service = send("POST", "/api/v1/accounts/acme/service-tokens", service).expect(201).json();
    for token in [service["token"].as_str().unwrap(), "airlock_svc_"] {
        let mut request = world.browser().request("GET", "/", "");
        request.headers.retain(|(name, _)| name != "sec-fetch-site");
        set_header(&mut request, "authorization", &basic(token));
        world.handle(&request);
    }
    send("GET", "/api/v1/accounts/acme/service-tokens", "").expect(200);
    let service = format!("/api/v1/accounts/acme/service-tokens/{}", service["id"].as_str().unwrap());
    send("DELETE", &service, "").expect(204);
    send("GET", "/api/v1/accounts/acme/tokens", "").expect(200);
    send("DELETE", &format!("/api/v1/accounts/acme/tokens/{}", token["id"].as_str().unwrap()), "").expect(204);
    owner.open("/audit/export?account=acme").expect(200);
    world.tick();
    owner.post("/auth/logout", json!({})).expect(204);
    // What follows uses the same codes again.
    world.wait_s(90);
}

/// A list given as JSON, rows that have no table behind them, and the few rows that no seal has reached yet.
fn allowed_scan(line: &str) -> bool {
    ["VIRTUAL TABLE", "CONSTANT ROW", "audit_unsealed", "SCAN key_checks"].iter().any(|allowed| line.contains(allowed))
}

/// L5: for a credential that has no say nothing is read: it costs in a large account what it costs in one that is not there.
#[test]
fn nothing_is_read_for_nobody() {
    let world = World::new();
    let owner = owner(&world);
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO users (id, email, name, created_at) SELECT 'u' || i, 'u' || i || '@big.test', 'u', 0 FROM n",
        &[],
    );
    world.db.execute(
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
         SELECT 'acme', id, email, 'member', 'active', 0 FROM users WHERE id LIKE 'u%'",
        &[],
    );
    owner.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": ["users:read"] })).expect(201);
    let client = world.admin();
    let steps = |method: &str, path: &str, body: &str, bearer: bool| {
        let mut request = client.request(method, path, body);
        match bearer {
            true => set_header(&mut request, "authorization", &format!("Bearer airlock_{}", "x".repeat(43))),
            false => set_header(&mut request, "cookie", &format!("__Host-airlock-admin={}", "x".repeat(43))),
        }
        world.db.steps.set(0);
        client.send(&request).expect(401);
        world.db.steps.get()
    };
    let invite = r#"{"email":"u7@big.test","name":"N","role":"member"}"#;
    for (method, rest, body) in [
        ("GET", "two-factor", ""),
        ("GET", "users", ""),
        ("GET", "users?q=u&two_factor=disabled", ""),
        ("GET", "tokens", ""),
        ("POST", "users", invite),
        ("PATCH", "users/u7", r#"{"role":"member"}"#),
        ("DELETE", "users/u7", ""),
        ("POST", "users/u7/two-factor/reset", ""),
    ] {
        for bearer in [true, false] {
            let [here, nowhere] = ["acme", "none"]
                .map(|account| steps(method, &format!("/api/v1/accounts/{account}/{rest}"), body, bearer));
            assert_eq!(here, nowhere, "{method} {rest}");
        }
    }
}
