//! The admin Worker: signing in there, requiring two-factor login, seeing who has it, resetting a lost key.

use airlock::people::Role;
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, THE_APP, World};
use serde_json::{Value, json};

pub const POLICY: &str = "/api/v1/accounts/acme/two-factor";
const USERS: &str = "/api/v1/accounts/acme/users";
const NOORS_RESET: &str = "/api/v1/accounts/acme/users/noor/two-factor/reset";

/// The owner, signed in at the admin Worker.
pub fn owner(world: &World) -> Browser<'_> {
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    owner
}

/// A further member with an authenticator that shows the same codes as noor's, signed in at the admin Worker.
pub fn colleague<'w>(world: &'w World, id: &str, role: Role) -> Browser<'w> {
    world.add_user("acme", id, &format!("{id}@acme.test"), role, Some(NOOR_SEED));
    let browser = world.admin();
    browser.sign_in(&format!("{id}@acme.test"), NOOR_SEED);
    browser
}

fn emails(list: &Value) -> Vec<&str> {
    list["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[test]
fn the_story_of_the_demo_account() {
    let world = World::new();
    let owner = owner(&world);
    assert_eq!(
        owner.get(POLICY).expect(200).json(),
        json!({ "required": false, "required_since": null, "starts_at": null, "applies": "next_login", "members": 4, "set_up": 2,
            "not_set_up": 2, "enabled": 2, "not_enabled": 2 })
    );
    let policy = owner.put(POLICY, json!({ "required": true })).expect(200).json();
    assert_eq!([&policy["required"], &policy["required_since"]], [&json!(true), &json!("2027-01-15T08:00:00Z")]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "enrol");
    mia.get("/").expect(401).field("code", "enrol_required");
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    mia.get("/").expect(200);

    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let list = owner.get(&format!("{USERS}?two_factor=enabled")).expect(200).json();
    assert_eq!(emails(&list), ["mia@acme.test", "noor@acme.test", "owner@acme.test"]);
    let reset = owner.post(NOORS_RESET, json!({})).expect(200).json();
    assert_eq!(reset, json!({ "sessions_ended": 1, "recovery_codes_removed": 0 }));
    assert_eq!(noor.stage(), "none");
    noor.login("noor@acme.test").expect(200).field("next", "enrol");
    noor.verify(&world.code(NOOR_SEED, 1)).expect(401);

    owner.put(POLICY, json!({ "required": false })).expect(200);
    world.browser().login("leo@acme.test").expect(200).field("next", "done");
    world.browser().login("mia@acme.test").expect(200).field("next", "done");
    world.browser().login("noor@acme.test").expect(200).field("next", "enrol");
    assert_eq!(world.count("SELECT two_factor_chosen FROM users WHERE id = 'mia'"), 0, "mia's own choice is as it was");
    assert_eq!(world.count("SELECT two_factor_chosen FROM users WHERE id = 'noor'"), 1, "and so is noor's");
}

/// Set up and asked for are two things: everywhere the same two, in lists, counts and filters, on pages and in the session.
#[test]
fn on_means_set_up_and_asked_for() {
    let world = World::new();
    let owner = owner(&world);
    // Mia set it up while it was required, and chose nothing.
    world.require("acme", true, "now");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "enrol");
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    let told = || {
        let policy = owner.get(POLICY).expect(200).json();
        let list = |filter: &str| {
            let list = owner.get(&format!("{USERS}?two_factor={filter}")).expect(200).json();
            emails(&list).iter().map(|email| email.split('@').next().unwrap()).collect::<Vec<_>>().join(" ")
        };
        let all = owner.get(USERS).expect(200).json();
        let of_mia =
            all["users"].as_array().unwrap().iter().find(|user| user["id"] == "mia").unwrap()["two_factor"].clone();
        let own = mia.get("/auth/session").expect(200).json()["two_factor"].clone();
        assert_eq!([&of_mia["set_up"], &of_mia["enabled"]], [&own["set_up"], &own["enabled"]]);
        let counts =
            ["members", "set_up", "not_set_up", "enabled", "not_enabled"].map(|name| policy[name].as_i64().unwrap());
        (counts, ["set_up", "not_set_up", "enabled", "disabled"].map(list), of_mia["enabled"] == true)
    };
    let page = || owner.open("/settings/security/two-factor?account=acme").expect(200).0.body;
    let lists = |enabled: &str, disabled: &str| ["mia noor owner", "leo", enabled, disabled].map(str::to_owned);
    assert_eq!(told(), ([4, 3, 1, 3, 1], lists("mia noor owner", "leo"), true));
    assert!(!page().contains("not asked for a code"));
    world.require("acme", false, "now");
    assert_eq!(told(), ([4, 3, 1, 2, 2], lists("noor owner", "leo mia"), false));
    assert_eq!(page().matches("not asked for a code").count(), 2, "in the list, and how many there are");
    mia.post("/auth/two-factor/enable", json!({})).expect(204);
    assert_eq!(told(), ([4, 3, 1, 3, 1], lists("mia noor owner", "leo"), true));
    // What another account requires is no matter of this one: its list says what it would see to alone.
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'mia'", &[]);
    world.add_account("umbra");
    world.join("umbra", "mia", "mia@acme.test", Role::Member);
    world.require("umbra", true, "now");
    assert_eq!(owner.get(POLICY).json()["enabled"], 2);
    assert_eq!(mia.get("/auth/session").json()["two_factor"]["enabled"], true);
}

#[test]
fn only_who_administers_gets_in_and_only_with_a_second_factor() {
    let world = World::new();
    let wrong = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        world.admin().post("/auth/login", body).expect(401).0.body
    };
    assert_eq!(
        wrong("noor@acme.test", PASSWORD),
        wrong("owner@acme.test", "wrong"),
        "a member looks like a wrong password"
    );
    // An admin without two-factor login can set it up and nothing else, though the account does not require it.
    world.db.execute("UPDATE memberships SET role = 'admin' WHERE user_id = ?1", &["leo".into()]);
    let leo = world.admin();
    leo.login("leo@acme.test").expect(200).field("next", "enrol");
    for path in ["/api/v1/accounts", POLICY, USERS] {
        leo.get(path).expect(401).field("code", "enrol_required");
    }
    assert_eq!(
        leo.open("/members?account=acme").expect(303).header("location"),
        Some("/auth/enrol?return_to=%2Fmembers%3Faccount%3Dacme")
    );
    let seed = leo.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    leo.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    leo.put(POLICY, json!({ "required": true })).expect(200); // password and code were proven just now
    // With two-factor login the password alone opens nothing.
    let owner = world.admin();
    owner.login("owner@acme.test").expect(200).field("next", "verify");
    owner.get(POLICY).expect(401).field("code", "verify_required");
}

#[test]
fn a_cookie_of_one_site_is_worth_nothing_at_the_other() {
    let world = World::new();
    let (edge, admin) = (world.browser(), owner(&world));
    edge.login("owner@acme.test").expect(200);
    world.wait_s(30);
    edge.verify(&world.code(OWNER_SEED, 0)).expect(200);
    for (from, to, name) in [(&edge, &admin, "__Host-airlock-admin"), (&admin, &edge, "__Host-airlock")] {
        let thief = to.twin();
        thief.cookies.borrow_mut().clear();
        thief.cookies.borrow_mut().insert(name.to_owned(), from.token());
        assert_eq!(thief.stage(), "none");
        thief.cookies.borrow_mut().insert(from.site.cookie().to_owned(), from.token());
        assert_eq!(thief.stage(), "none");
    }
    assert_eq!(edge.get(POLICY).expect(200).0.body, THE_APP, "at the edge this is a path of the app");
    admin.get("/auth/invite/x").expect(404);
}

#[test]
fn admin_sessions_live_shorter() {
    let world = World::new();
    let idle = owner(&world);
    world.wait_s(15 * 60 - 1);
    assert_eq!(idle.stage(), "full");
    world.wait_s(15 * 60);
    assert_eq!(idle.stage(), "none");
    let busy = owner(&world);
    for _ in 0..47 {
        world.wait_s(600);
        assert_eq!(busy.stage(), "full");
    }
    world.wait_s(600);
    assert_eq!(busy.stage(), "none", "eight hours end it whatever happens");
}

#[test]
fn no_host_name_but_the_configured_one_is_answered() {
    let world = World::new();
    let owner = owner(&world);
    for path in [POLICY, "/auth/session", "/auth/health", "/members", "/api/v1/openapi.json"] {
        let mut request = owner.request("GET", path, "");
        request.host = "admin.workers.test".to_owned();
        assert_eq!(world.handle(&request).status, 404, "{path}");
    }
}

#[test]
fn changes_need_a_proof_not_older_than_five_minutes() {
    let world = World::new();
    let owner = owner(&world);
    world.wait_s(299);
    owner.put(POLICY, json!({ "required": true })).expect(200);
    world.wait_s(1);
    owner.put(POLICY, json!({ "required": false })).expect(403).field("code", "reauth_required");
    owner.post(NOORS_RESET, json!({})).expect(403).field("code", "reauth_required");
    owner.get(POLICY).expect(200);
    let page = owner.open("/members/noor/reset?account=acme").expect(303);
    let to = page.header("location").unwrap();
    assert_eq!(to, "/auth/reauth?return_to=%2Fmembers%2Fnoor%2Freset%3Faccount%3Dacme");
    assert!(owner.open(to).expect(200).0.body.contains("value=\"/members/noor/reset?account=acme\""));
    owner.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    owner.post(NOORS_RESET, json!({})).expect(200);
}

#[test]
fn a_reset_leaves_nothing_that_opens_anything() {
    let world = World::new();
    let owner = owner(&world);
    // Leo has everything one can have: recovery codes, two sessions, a login that waits, a lock, a set-up begun.
    world.require("acme", true, "next_login");
    let full = world.browser();
    full.login("leo@acme.test").expect(200);
    let seed = full.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = full.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    let second = world.browser();
    second.login("leo@acme.test").expect(200);
    second.post("/auth/recovery", json!({ "code": done["recovery_codes"][0] })).expect(200);
    world.wait_s(30);
    full.reauth(Some(&world.code(&seed, 0))).expect(200);
    full.get("/auth/enrol").expect(200);
    let pending = world.browser();
    pending.login("leo@acme.test").expect(200).field("next", "verify");
    for _ in 0..5 {
        pending.verify("000000").expect(401);
    }
    for sql in [
        "INSERT INTO browsers VALUES ('b', 'leo', 'hash', 0, 0)",
        "INSERT INTO code_attempts VALUES ('c', 'leo', '', 0)",
        "UPDATE users SET codes_set = 'x' WHERE id = 'leo'",
    ] {
        world.db.execute(sql, &[]);
    }
    let reset = owner.post("/api/v1/accounts/acme/users/leo/two-factor/reset", json!({}));
    let reset = reset.expect(200);
    assert_eq!(reset.json(), json!({ "sessions_ended": 3, "recovery_codes_removed": 9 }));
    for left in [
        "SELECT count(*) FROM authenticators WHERE user_id = 'leo'",
        "SELECT count(*) FROM recovery_codes WHERE user_id = 'leo'",
        "SELECT count(*) FROM sessions WHERE user_id = 'leo'",
        "SELECT count(*) FROM enrolments WHERE user_id = 'leo'",
        "SELECT count(*) FROM code_attempts WHERE user_id = 'leo'",
        "SELECT code_failures FROM users WHERE id = 'leo'",
        "SELECT count(*) FROM browsers WHERE user_id = 'leo'",
        "SELECT count(*) FROM code_attempts WHERE user_id = 'leo'",
        "SELECT count(*) FROM users WHERE id = 'leo' AND codes_set <> ''",
    ] {
        assert_eq!(world.count(left), 0, "{left}");
    }
    for browser in [&full, &second, &pending] {
        assert_eq!(browser.stage(), "none");
    }
    // Not even where nothing requires it any more: set-up comes first.
    world.require("acme", false, "now");
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200).field("next", "enrol");
    leo.post("/auth/recovery", json!({ "code": done["recovery_codes"][1] })).expect(401);
    assert_ne!(leo.get("/auth/enrol").expect(200).json()["secret"], json!(seed));
}

#[test]
fn nobody_resets_themselves_upward_or_someone_who_never_joined() {
    let world = World::new();
    let owner = owner(&world);
    let admin = colleague(&world, "ada", Role::Admin);
    let reset = |by: &Browser<'_>, user: &str| by.post(&format!("{USERS}/{user}/two-factor/reset"), json!({})).0.status;
    assert_eq!(reset(&owner, "owner"), 403);
    assert_eq!(reset(&admin, "ada"), 403);
    assert_eq!(reset(&admin, "owner"), 403);
    assert_eq!(reset(&admin, "nobody"), 404);
    let invited = owner.post(USERS, json!({ "email": "new@acme.test", "name": "New", "role": "member" })).expect(201);
    assert_eq!(reset(&admin, invited.json()["user"]["id"].as_str().unwrap()), 409);
    // Someone with power in another account is not to be had by way of this one.
    world.add_account("umbra");
    world.join("umbra", "noor", "noor@acme.test", Role::Admin);
    assert_eq!(reset(&owner, "noor"), 409);
    world.db.execute("UPDATE memberships SET role = 'member' WHERE account_id = ?1", &["umbra".into()]);
    assert_eq!(reset(&owner, "noor"), 409);
    world.db.execute("DELETE FROM memberships WHERE account_id = ?1", &["umbra".into()]);
    assert_eq!(reset(&owner, "noor"), 200);
    assert_eq!(reset(&owner, "ada"), 200);
    assert_eq!(admin.stage(), "none", "whoever was reset is out at once");
}

#[test]
fn setting_the_policy_to_what_it_is_changes_and_notes_nothing() {
    let world = World::new();
    let owner = owner(&world);
    let notes = || world.count("SELECT count(*) FROM audit WHERE action = 'policy'");
    owner.put(POLICY, json!({ "required": false })).expect(200);
    assert_eq!(notes(), 0);
    let first = owner.put(POLICY, json!({ "required": true, "applies": "next_login" })).expect(200).json();
    world.wait_s(10);
    assert_eq!(owner.put(POLICY, json!({ "required": true })).expect(200).json(), first);
    assert_eq!(notes(), 1);
    let now = owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200).json();
    assert_eq!([&now["applies"], &now["required_since"]], [&json!("now"), &first["required_since"]]);
    owner.put(POLICY, json!({ "required": false })).expect(200);
    assert_eq!(notes(), 3);
    for bad in [
        json!({}),
        json!({ "required": "yes" }),
        json!({ "required": true, "applies": "never" }),
        json!({ "required": true, "x": 1 }),
    ] {
        owner.put(POLICY, bad).expect(400).field("code", "invalid_request");
    }
}

#[test]
fn the_list_filters_searches_and_goes_on_where_it_stopped() {
    let world = World::new();
    let owner = owner(&world);
    let list = |query: &str| owner.get(&format!("{USERS}?{query}")).expect(200).json();
    assert_eq!(emails(&list("two_factor=enabled")), ["noor@acme.test", "owner@acme.test"]);
    assert_eq!(emails(&list("two_factor=disabled")), ["leo@acme.test", "mia@acme.test"]);
    assert_eq!(emails(&list("q=M")), ["mia@acme.test"]);
    assert_eq!(emails(&list("q=%25")), Vec::<&str>::new(), "no pattern, a beginning");
    assert_eq!(emails(&list("q=n&two_factor=disabled")), Vec::<&str>::new());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=1{cursor}"));
        seen.extend(emails(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["leo@acme.test", "mia@acme.test", "noor@acme.test", "owner@acme.test"]);
    let noor = &list("q=noor")["users"][0];
    assert_eq!(
        *noor,
        json!({ "id": "noor", "email": "noor@acme.test", "email_verified": false, "name": "noor", "password_stopped": false, "role": "member", "active": true,
            "invited": false, "two_factor": { "set_up": true, "enabled": true, "enabled_at": "2027-01-15T08:00:00Z",
            "last_used_at": "2027-01-15T08:00:00Z", "locked": false, "exempt_until": null, "exempt_reason": null } })
    );
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = ?1", &["noor".into()]);
    assert_eq!(list("q=noor")["users"][0]["two_factor"]["locked"], true);
    for bad in ["limit=0", "limit=51", "limit=x", "cursor=%21", "cursor=", "two_factor=maybe", "x=1", "q=a&q=b"] {
        owner.get(&format!("{USERS}?{bad}")).expect(400).field("code", "invalid_request");
    }
}

#[test]
fn no_answer_to_an_admin_holds_a_seed_a_code_or_a_hash() {
    let world = World::new();
    // Someone who has recovery codes, a set-up on its way, and a browser that is known.
    world.require("acme", true, "next_login");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200);
    let begun = leo.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let owner = owner(&world);
    let mut secrets = vec![seed, begun, mia.token(), leo.token()];
    for code in done["recovery_codes"].as_array().unwrap() {
        let code = code.as_str().unwrap();
        secrets.extend([code.to_owned(), code.replace('-', "")]);
    }
    for kept in [
        "SELECT mac FROM recovery_codes",
        "SELECT sealed_seed FROM authenticators UNION SELECT sealed_seed FROM enrolments",
        "SELECT token_hash FROM sessions UNION SELECT token_hash FROM browsers",
        "SELECT password_phc FROM users",
    ] {
        let found = world.texts(kept);
        assert!(!found.is_empty(), "{kept}");
        secrets.extend(found);
    }
    secrets.extend(
        ["otpauth:", NOOR_SEED, OWNER_SEED, "$argon2id", "sealed_seed", "token_hash", "password_phc"]
            .map(str::to_owned),
    );
    let answers = [
        owner.get("/api/v1/accounts"),
        owner.get(POLICY),
        owner.get(USERS),
        owner.get("/api/v1/accounts/acme/audit"),
        owner.get("/api/v1/accounts/acme/tokens"),
        owner.open("/settings/security/two-factor?account=acme"),
        owner.open("/members/noor?account=acme"),
        owner.open("/members/mia?account=acme"),
        owner.get("/api/v1/accounts/acme/users?q=mia"),
        owner.open("/audit?account=acme"),
        owner.open("/audit/export?account=acme"),
        owner.post(NOORS_RESET, json!({})),
    ];
    for answer in answers {
        let body = answer.expect(200).0.body;
        for secret in &secrets {
            assert!(!body.contains(secret), "{secret}: {body}");
        }
    }
}

/// L7: what an act changes is among what it was decided on.
#[test]
fn of_twenty_resets_at_once_one_wins() {
    let world = World::new();
    let owner = owner(&world);
    let requests: Vec<_> = (0..20).map(|_| owner.request("POST", NOORS_RESET, "")).collect();
    let statuses = world.at_once(&requests);
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'two_factor_reset'"), 1);
}

/// S26: what a page says happened, happened, in this session.
#[test]
fn a_page_says_only_what_was_done() {
    let world = World::new();
    let owner = owner(&world);
    let said = |browser: &Browser<'_>, path: &str| browser.open(path).expect(200).0.body.contains("role=\"status\"");
    let settings = "/settings/security/two-factor?account=acme";
    for path in [
        format!("{settings}&done=policy"),
        format!("{settings}&done=reset&target=leo"),
        format!("{settings}&done=reset+leo"),
        "/members?account=acme&done=removed".to_owned(),
        "/members?account=acme&done=removed+mia%40acme.test".to_owned(),
        "/members/mia?account=acme&done=changed".to_owned(),
        "/tokens?account=acme&done=revoked".to_owned(),
        format!("/tokens?account=acme&done=revoked.{}", "0".repeat(64)),
    ] {
        assert!(!said(&owner, &path), "{path}");
    }
    let done = |to: Answer| to.expect(303).header("location").unwrap().to_owned();
    let paths = [
        done(owner.submit("/settings/security/two-factor", "account=acme&required=true")),
        done(owner.submit("/members/mia", "account=acme&name=Mia&role=member")),
        done(owner.submit("/members/noor/reset", "account=acme")),
        done(owner.submit("/members/leo/remove", "account=acme&name=leo%40acme.test&invited=false")),
    ];
    let other = colleague(&world, "ada", Role::Admin);
    for path in &paths {
        assert!(said(&owner, path), "{path}");
        assert!(!said(&other, path), "another session's: {path}");
    }
    let same = done(owner.submit("/members/mia", "account=acme&name=Mia&role=member"));
    assert!(!said(&owner, &same), "nothing was changed: {same}");
    // That one has just proven who one is shows in the session itself.
    assert!(said(&owner, "/members?account=acme&done=confirmed"));
    world.wait_s(360);
    assert!(!said(&owner, "/members?account=acme&done=confirmed"));
}

/// What was removed, withdrawn or revoked is said by its name; and whoever was asked about an invitation removes no member.
#[test]
fn a_page_says_who_or_what_is_gone() {
    let world = World::new();
    let owner = owner(&world);
    let said = |to: Answer| {
        let page = owner.follow(to).expect(200).0.body;
        page.split("role=\"status\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    owner.submit("/members", "account=acme&email=una%40acme.test&name=Una&role=member").expect(303);
    let id = world.text("SELECT id FROM users WHERE email = 'una@acme.test'");
    let asked = owner.open(&format!("/members/{id}/remove?account=acme")).expect(200).0.body;
    assert!(
        asked.contains("name=\"name\" value=\"una@acme.test\"") && asked.contains("name=\"invited\" value=\"true\"")
    );
    let form = "account=acme&name=una%40acme.test&invited=true";
    assert_eq!(
        said(owner.submit(&format!("/members/{id}/remove"), form)),
        "The invitation for una@acme.test is withdrawn."
    );
    let form = "account=acme&name=leo%40acme.test&invited=";
    let told = owner.submit("/members/leo/remove", &format!("{form}true")).expect(409).0.body;
    assert!(told.contains("Changed meanwhile"), "leo has joined: {told}");
    // The link to the question and its button say the same.
    for page in ["/members/leo?account=acme", "/members/leo/remove?account=acme"] {
        assert!(owner.open(page).expect(200).0.body.contains(">Remove member</"), "{page}");
    }
    let removed = owner.submit("/members/leo/remove", &format!("{form}false"));
    assert_eq!(said(removed), "leo@acme.test removed from the account.");
    owner.submit("/tokens", "account=acme&name=Night+job&days=30&users%3Aread=on").expect(303);
    let list = owner.open("/tokens?account=acme").expect(200).0.body;
    assert!(list.contains("name=\"name\" value=\"Night job\""), "{list}");
    let id = world.text("SELECT id FROM api_tokens");
    let revoked = owner.submit(&format!("/tokens/{id}/revoke"), "account=acme&name=Night+job");
    assert_eq!(said(revoked), "“Night job” revoked. It no longer works.");
}
