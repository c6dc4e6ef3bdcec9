//! What a request costs does not grow with what the database holds, and what it touches is one account and its people.

use airlock::{
    limit::{OWN_ACTS, OWN_ACTS_MS},
    people::session::SESSIONS_MAX,
};
use airlock_tests::{Browser, NOOR_SEED, World};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

use crate::{
    admin::{POLICY, owner},
    budgets::{admin_flow, profile_flow, sign_in_flow},
};

/// Gives an account so many more members, each with an authenticator, a recovery code, a session, attempts counted, an API
/// token and three sealed rows of the audit, under numbers that no later row gets.
fn populate(world: &World, account: &'static str, people: i64) {
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO users (id, email, name, two_factor_chosen, created_at)
         SELECT printf('u%06d', i), printf('u%06d@big.test', i), 'U', i % 2, 0 FROM n",
        &[people.into()],
    );
    world.db.execute(
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
         SELECT ?1, id, email, 'member', 'active', 0 FROM users WHERE email > 'u' AND email LIKE '%@big.test'",
        &[account.into()],
    );
    for sql in [
        "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step,
           created_at, last_used_at)
         SELECT 'a' || user_id, user_id, 'app', 'SHA1', 6, 30, '', 's1', 0, 0, 0 FROM memberships WHERE account_id = ?1
           AND email LIKE '%@big.test'",
        "INSERT INTO recovery_codes (user_id, mac, created_at)
         SELECT user_id, 'mac', 0 FROM memberships WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
           expires_at, created_at, ip, country, user_agent)
         SELECT 'h' || user_id, 's' || user_id, user_id, 'edge', 0, '', '/', 0, 0, 1 << 52, 0, '', '', ''
         FROM memberships WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO browsers (id, user_id, token_hash, created_at, expires_at)
         SELECT 'b' || user_id, user_id, 'h' || user_id, 0, 1 << 52 FROM memberships
         WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO password_budgets (subject, source, failures, blocked_until, charge, updated_at, forgotten_at)
         SELECT user_id, '', 1, 0, '', 1 << 52, 1 << 52 FROM memberships WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO floods (subject, began_at, failures, tried_at)
         SELECT user_id, 0, 1, 1 << 52 FROM memberships WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO code_attempts (id, user_id, browser, at)
         SELECT user_id, user_id, '', 1 << 52 FROM memberships WHERE account_id = ?1 AND email LIKE '%@big.test'",
        "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
         SELECT 'h' || user_id, 't' || user_id, account_id, user_id, 't', 'users:read', 0, 1 << 52
         FROM memberships WHERE account_id = ?1 AND user_id < 'u000011' AND email LIKE '%@big.test'",
        "INSERT INTO service_tokens (token_hash, id, account_id, made_by, name, paths, methods, created_at, expires_at)
         SELECT 'h' || user_id, 't' || user_id, account_id, user_id, 't', '/x', 'GET', 0, 1 << 52
         FROM memberships WHERE account_id = ?1 AND user_id < 'u000011' AND email LIKE '%@big.test'",
        "INSERT INTO audit (id, account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id, hash)
         SELECT -3 * CAST(substr(user_id, 2) AS INTEGER) - j.value, account_id, user_id || j.value, 1 << 52, user_id, user_id,
           'login', 'ok', '', '', '', '', 'sealed'
         FROM memberships, json_each('[0, 1, 2]') j WHERE account_id = ?1 AND email LIKE '%@big.test'",
    ] {
        world.db.execute(sql, &[account.into()]);
    }
}

/// Fifty times as many people, sessions and rows of the audit: not one step of SQLite's machine more. Lists of members have a
/// test of their own in `budgets.rs`.
#[test]
fn no_step_costs_more_with_a_hundred_thousand_people_than_with_two_thousand() {
    let cost = |people: i64| {
        let world = World::new();
        populate(&world, "acme", people);
        let mut costs = Vec::new();
        let mut step = |name: &'static str, act: &dyn Fn()| {
            world.db.steps.set(0);
            act();
            costs.push((name, world.db.steps.get()));
        };
        let noor = world.browser();
        step("unknown address", &|| drop(noor.login("nobody@acme.test").expect(401)));
        step("password", &|| drop(noor.login("noor@acme.test").expect(200)));
        step("wrong code", &|| drop(noor.verify("000000").expect(401)));
        step("code", &|| drop(noor.verify(&world.code(NOOR_SEED, 0)).expect(200)));
        step("session", &|| drop(noor.get("/auth/session").expect(200)));
        step("gate", &|| drop(noor.get("/").expect(200)));
        world.wait_s(61);
        step("gate, noting that it was seen", &|| drop(noor.get("/").expect(200)));
        step("profile", &|| drop(noor.get("/auth/profile").expect(200)));
        step("sessions", &|| drop(noor.get("/auth/sessions").expect(200)));
        step("step-up", &|| drop(noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200)));
        step("new recovery codes", &|| drop(noor.post("/auth/recovery-codes", json!({})).expect(200)));
        step("health", &|| drop(noor.get("/auth/health").expect(200)));

        let owner = owner(&world);
        let users = "/api/v1/accounts/acme/users";
        let audit = "/api/v1/accounts/acme/audit";
        step("accounts", &|| drop(owner.get("/api/v1/accounts").expect(200)));
        step("policy", &|| drop(owner.get(POLICY).expect(200)));
        step("settings page", &|| drop(owner.open("/settings/security/two-factor?account=acme").expect(200)));
        step("toggle on", &|| drop(owner.put(POLICY, json!({ "required": true })).expect(200)));
        step("toggle off", &|| drop(owner.put(POLICY, json!({ "required": false })).expect(200)));
        step("reset", &|| drop(owner.post(&format!("{users}/u000500/two-factor/reset"), json!({})).expect(200)));
        let new = json!({ "email": "newer@acme.test", "name": "Newer", "role": "member" });
        step("invite", &|| drop(owner.post(users, new.clone()).expect(201)));
        let off = json!({ "active": false }).to_string();
        step("change", &|| drop(owner.send(&owner.request("PATCH", &format!("{users}/u000501"), &off)).expect(200)));
        step("remove", &|| drop(owner.send(&owner.request("DELETE", &format!("{users}/u000502"), "")).expect(204)));
        step("audit", &|| drop(owner.get(audit).expect(200)));
        let page = owner.get(audit).json();
        let next = format!("{audit}?cursor={}", page["next_cursor"].as_str().unwrap());
        step("audit, next page", &|| drop(owner.get(&next).expect(200)));
        step("audit, searched", &|| drop(owner.get(&format!("{audit}?action=reset")).expect(200)));
        step("tokens", &|| drop(owner.get("/api/v1/accounts/acme/tokens").expect(200)));
        step("service tokens", &|| drop(owner.get("/api/v1/accounts/acme/service-tokens").expect(200)));
        step("the job of every minute", &|| world.tick());
        step("logout", &|| drop(noor.post("/auth/logout", json!({})).expect(204)));
        let counted = owner.get(POLICY).json();
        assert_eq!(
            ["members", "set_up", "enabled"].map(|count| &counted[count]),
            [&json!(people + 2), &json!(people - 1), &json!(people / 2 + 1)]
        );
        // What is not above is in these.
        world.wait_s(90);
        step("all that an admin does", &|| admin_flow(&world));
        step("all that people do of their own", &|| profile_flow(&world));
        costs
    };
    assert_eq!(cost(100_000), cost(2_000));
}

/// However many there are whom it would stop, a page of a preview costs the same once more sessions are open than it looks at.
#[test]
fn a_preview_looks_at_a_page_of_people_and_ten_thousand_sessions() {
    let cost = |people: i64| {
        let world = World::new();
        populate(&world, "acme", people);
        world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE email LIKE '%@big.test'", &[]);
        let owner = owner(&world);
        world.db.steps.set(0);
        owner.get(&format!("{POLICY}/preview?applies=now")).expect(200);
        world.db.steps.get()
    };
    assert_eq!(cost(30_000), cost(12_000));
}

/// Wrong passwords for addresses that nobody has stay for a week. The job of every minute looks past all of them.
#[test]
fn the_job_of_every_minute_reads_no_refusal_of_strangers() {
    let cost = |strangers: i64| {
        let world = World::new();
        world.db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO refusals (minute, network, action, target, times)
             SELECT ?2 - 2 - i % 9000, 'n' || i, 'login', '', 1 FROM n",
            &[strangers.into(), (world.now.get().0 / 60_000).into()],
        );
        // Two of a member's from one minute, and one of another, are two rows of the audit.
        for (network, user) in [("203.0.113.7", "noor"), ("203.0.113.8", "noor"), ("203.0.113.7", "mia")] {
            let stranger = Browser { ip: network.to_owned(), ..world.browser() };
            let wrong = json!({ "email": format!("{user}@acme.test"), "password": "wrong" });
            stranger.post("/auth/login", wrong).expect(401);
        }
        world.wait_s(60);
        world.db.steps.set(0);
        world.tick();
        let noted = world.count("SELECT count(*) FROM audit WHERE result = 'invalid_credentials'");
        assert_eq!([noted, world.count("SELECT count(*) FROM refusals")], [2, strangers]);
        world.db.steps.get()
    };
    assert_eq!(cost(50_000), cost(50));
}

/// Ten thousand refused codes of one hour, which someone has planted: a page of the audit and one more refused code cost what
/// they cost after three thousand.
#[test]
fn neither_a_page_nor_a_refused_code_costs_more_for_what_was_refused_before() {
    let cost = |refused: i64| {
        let world = World::new();
        let owner = owner(&world);
        let plant = |rows: i64, result: &str, actor: Option<&str>| {
            world.db.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
                 SELECT 'acme', ?2 || ?5 || i, ?3 + i, ?4, 'noor', 'verify', ?2, '', '', '', '' FROM n",
                &[rows.into(), result.into(), world.now.get().into(), actor.into(), actor.unwrap_or("nobody").into()],
            );
        };
        // What is asked for comes before, in the same hour, as many of others as there may be.
        plant(2_000, "invalid_code", Some("noor"));
        let boundary = world.count("SELECT max(id) + 1 FROM audit");
        plant(refused, "used_code", None);
        plant(refused, "invalid_code", None);
        world.wait_s(60);
        let steps = |act: &dyn Fn()| {
            world.db.steps.set(0);
            act();
            world.db.steps.get()
        };
        let cursor = Base64UrlUnpadded::encode_string(boundary.to_string().as_bytes());
        let audit = "/api/v1/accounts/acme/audit";
        let search = format!("{audit}?action=verify&cursor={cursor}");
        let pages = [audit, &search].map(|path| steps(&|| drop(owner.get(path).expect(200))));
        let noor = world.browser();
        noor.login("noor@acme.test").expect(200);
        let first = steps(&|| drop(noor.verify("000000").expect(401)));
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'alert'"), 1);
        (pages, first, steps(&|| drop(noor.verify("000000").expect(401))))
    };
    assert_eq!(cost(10_000), cost(3_000));
}

/// However often someone signs in, they have a hundred sessions, and what is done with them costs the same. The one seen least
/// lately ends, never the one just begun.
#[test]
fn sessions_of_one_user_are_a_hundred_and_the_one_seen_least_lately_ends() {
    let edge = "SELECT count(*) FROM sessions WHERE site = 'edge' AND pending = 0 AND user_id = ";
    let cost = |logins: i64| {
        let world = World::new();
        let owner = owner(&world);
        let mia = || {
            let browser = world.browser();
            browser.login("mia@acme.test").expect(200).field("next", "done");
            browser
        };
        let (first, second) = (mia(), mia());
        (2..SESSIONS_MAX).for_each(|_| drop(mia()));
        world.wait_s(61);
        first.get("/auth/session").expect(200);
        (0..logins).for_each(|_| drop(mia()));
        assert_eq!([first.stage(), second.stage()], ["full", "none"]);
        let steps = |act: &dyn Fn()| {
            world.db.steps.set(0);
            act();
            world.db.steps.get()
        };
        let last = world.browser();
        let login = steps(&|| drop(last.login("mia@acme.test").expect(200)));
        let list = steps(&|| drop(last.get("/auth/sessions").expect(200)));
        assert_eq!(world.count(&format!("{edge} 'mia'")), SESSIONS_MAX);
        let removal = owner.request("DELETE", "/api/v1/accounts/acme/users/mia", "");
        ([login, list], steps(&|| drop(owner.send(&removal).expect(204))))
    };
    let ((more, removal_after_more), (few, removal)) = (cost(50), cost(20));
    assert_eq!(more, few);
    // Some steps depend on the order of random ids.
    assert!((removal_after_more - removal).abs() < 50, "{removal_after_more} steps rather than {removal}");
    // So it is where a code makes a session full, and the admin Worker has a hundred of its own.
    let world = World::new();
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
           expires_at, created_at, ip, country, user_agent)
         SELECT 'h' || i, 's' || i, iif(i % 2, 'noor', 'owner'), 'edge', 0, '', '/', 0, ?1 + 9000, ?1 + 43200000, 0, '', '', '' FROM n",
        &[world.now.get().into()],
    );
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let owner = owner(&world);
    assert_eq!([noor.stage(), owner.stage()], ["full", "full"]);
    let [noor, owner] = ["noor", "owner"].map(|user| world.count(&format!("{edge} '{user}'")));
    assert_eq!([noor, owner], [SESSIONS_MAX, 150]);
}

/// Each thing that people change of their own sign-in is a row of the audit in each of their accounts: an hour has thirty of a
/// kind, and none where there was nothing to change.
#[test]
fn what_people_change_of_their_own_writes_a_bounded_number_of_rows() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let rows = |action: &str| {
        let since = world.now.get().0 - OWN_ACTS_MS;
        world.count(&format!("SELECT count(*) FROM audit WHERE action = '{action}' AND at > {since}"))
    };
    let rename = |i: i64| noor.post("/auth/profile/edit", json!({ "name": format!("Noor {i}") }));
    for i in 0..OWN_ACTS {
        rename(i).expect(204);
        world.wait_s(1);
    }
    let refused = rename(OWN_ACTS).expect(429).field("code", "too_many_attempts");
    assert_eq!(refused.header("retry-after"), Some("3570"), "when the first of them is an hour old");
    let form = noor.fill("/auth/profile/edit", "/auth/profile/edit", "name=Typed+once").expect(429).0.body;
    assert!(form.contains("Typed once") && form.contains("60 min"), "what was typed is still there: {form}");
    assert_eq!(world.text("SELECT name FROM users WHERE id = 'noor'"), "Noor 29");
    assert_eq!(rows("renamed"), OWN_ACTS);
    // Recovery codes and authenticators, for whoever has proven both again; no other kind's budget.
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    for _ in 0..OWN_ACTS {
        noor.post("/auth/recovery-codes", json!({})).expect(200);
    }
    noor.post("/auth/recovery-codes", json!({})).expect(429);
    let set_up = || {
        let seed = noor.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
        let tablet = noor.get("/auth/profile").expect(200).json()["authenticators"][1]["id"].clone();
        let tablet = tablet.as_str().unwrap_or_default();
        noor.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "Tablet", "replaces": tablet }))
    };
    for _ in 0..OWN_ACTS {
        set_up().expect(200);
    }
    for _ in 0..3 {
        set_up().expect(429);
    }
    let at_once: Vec<_> = (0..3).map(|_| noor.request("POST", "/auth/recovery-codes", "{}")).collect();
    assert_eq!(world.at_once(&at_once), [429, 429, 429]);
    assert_eq!([rows("recovery_codes"), rows("enrol")], [OWN_ACTS; 2]);
    // What changes nothing is done, and no row.
    for _ in 0..3 {
        noor.post("/auth/sessions/end-others", json!({})).expect(204);
    }
    for _ in 0..3 {
        noor.post("/auth/two-factor/disable", json!({})).expect(204);
    }
    assert_eq!([rows("sessions_ended"), rows("two_factor_disabled")], [0, 1]);
    // What protects is never out of reach: each session that was begun can be ended.
    world.wait_s(3_600);
    noor.login("noor@acme.test").expect(200);
    rename(0).expect(204);
}

/// Every request keeps to one account and its people: whether others share the database makes no difference to what it
/// asks, answers and writes, and nothing of theirs changes. So they could as well be in another one: docs/scale.md.
#[test]
fn no_request_touches_another_accounts_rows() {
    let lines = |world: &World| world.db.tables().lines().map(str::to_owned).collect::<Vec<_>>();
    let told = |strangers: i64| {
        let world = World::new();
        let before = lines(&world);
        if strangers > 0 {
            world.add_account("other");
            populate(&world, "other", strangers);
        }
        let theirs: Vec<_> = lines(&world).into_iter().filter(|line| !before.contains(line)).collect();
        world.db.record.set(true);
        world.listens.set(true);
        admin_flow(&world);
        profile_flow(&world);
        sign_in_flow(&world);
        let asked: Vec<_> = world.db.recorded.take().iter().map(|statement| format!("{statement:?}")).collect();
        let answered: Vec<_> =
            world.heard.take().into_iter().map(|heard| (heard.path, heard.headers, heard.bodies)).collect();
        (asked, answered, lines(&world), theirs)
    };
    let (asked, answered, alone, _) = told(0);
    let (asked_too, answered_too, together, theirs) = told(20);
    assert!(asked.len() > 100 && theirs.len() > 100, "{} statements, {} rows", asked.len(), theirs.len());
    assert_eq!(asked_too, asked);
    assert_eq!(answered_too, answered);
    let sorted = |mut lines: Vec<String>| {
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(together), sorted([alone, theirs].concat()));
}

/// What decides which database a request is answered from is one function of `platform`.
#[test]
fn one_function_chooses_the_database() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources = ["platform/src", "worker/src", "admin/src"].into_iter().flat_map(|folder| {
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
    });
    assert_eq!(sources.map(|source| source.matches("DATABASE)").count()).sum::<usize>(), 1);
}
