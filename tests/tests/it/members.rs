//! Members: inviting, joining, roles, deactivating, removing; and what one account cannot do to another.

use airlock::session::Role;
use airlock_tests::{Answer, Browser, NOOR_SEED, PASSWORD, World};
use serde_json::{Value, json};

use crate::admin::{colleague, owner};

const USERS: &str = "/api/v1/accounts/acme/users";
const GOOD: &str = "seven grey herons wade";

fn invite(by: &Browser<'_>, email: &str, role: &str) -> Answer {
    by.post(USERS, json!({ "email": email, "name": "Una Ude", "role": role }))
}

/// The path of the link in an invitation.
fn link(invited: &Answer) -> String {
    let url = invited.json()["invite_url"].as_str().unwrap().to_owned();
    url.strip_prefix("https://app.test").unwrap().to_owned()
}

fn user<'v>(list: &'v Value, email: &str) -> &'v Value {
    list["users"].as_array().unwrap().iter().find(|user| user["email"] == email).unwrap()
}

#[test]
fn an_invitation_is_accepted_once_with_a_password_of_ones_own() {
    let world = World::new();
    let owner = owner(&world);
    let invited = invite(&owner, " Una@Acme.Test ", "member").expect(201);
    assert_eq!(invited.json()["expires_at"], "2027-01-22T08:00:00Z");
    let path = link(&invited);
    let token = path.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 43);
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(token), "only its hash is stored");
    let listed = owner.get(USERS).expect(200).json();
    let una = user(&listed, "una@acme.test");
    assert_eq!([&una["invited"], &una["active"]], [&json!(true), &json!(false)]);
    assert_eq!(owner.get("/api/v1/accounts/acme/two-factor").json()["members"], 4, "who has not joined does not count");
    world.browser().login("una@acme.test").expect(401);

    let una = world.browser();
    assert_eq!(
        una.get(&path).expect(200).json(),
        json!({ "account": "Acme", "email": "una@acme.test", "has_password": false })
    );
    for (bad, reason) in [("short", "too_short"), ("passwordpassword", "common"), ("una@acme.test una", "personal")] {
        una.post(&path, json!({ "password": bad })).expect(400).field("code", "weak_password").field("reason", reason);
    }
    una.post(&path, json!({ "password": GOOD })).expect(200).field("next", "login");
    una.post(&path, json!({ "password": GOOD })).expect(404);
    una.get(&path).expect(404);
    assert_eq!(una.stage(), "none", "an invitation opens no session");
    let login = |password: &str| una.post("/auth/login", json!({ "email": "una@acme.test", "password": password }));
    login(&GOOD.to_uppercase()).expect(401);
    login(GOOD).expect(200).field("next", "done");
    assert_eq!(una.get("/auth/session").json()["user"]["name"], "Una Ude");
}

#[test]
fn an_invitation_lasts_seven_days_and_a_new_one_replaces_it() {
    let world = World::new();
    let owner = owner(&world);
    let first = link(&invite(&owner, "una@acme.test", "member").expect(201));
    let second = link(&invite(&owner, "una@acme.test", "admin").expect(201));
    world.browser().get(&first).expect(404);
    world.wait_s(7 * 86_400 - 1);
    world.browser().get(&second).expect(200);
    world.wait_s(1);
    world.browser().post(&second, json!({ "password": GOOD })).expect(404);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE role = 'admin'"), 1);
    let owner = self::owner(&world);
    let third = link(&invite(&owner, "una@acme.test", "member").expect(201));
    let una = world.count("SELECT count(*) FROM users WHERE email = 'una@acme.test'");
    assert_eq!(una, 1);
    let id = owner.get(&format!("{USERS}?q=una")).json()["users"][0]["id"].as_str().unwrap().to_owned();
    owner.send(&owner.request("DELETE", &format!("{USERS}/{id}"), "")).expect(204);
    world.browser().get(&third).expect(404);
}

#[test]
fn who_is_no_admin_any_more_as_the_invitation_is_written_leaves_nothing_behind() {
    let world = World::new();
    let owner = owner(&world);
    let users = world.db.table("SELECT * FROM users");
    world.db.run_before_batch(2, "DELETE FROM sessions");
    invite(&owner, "una@acme.test", "member").expect(409);
    assert_eq!(world.db.table("SELECT * FROM users"), users);
}

#[test]
fn an_owner_who_is_made_an_admin_as_the_invitation_is_written_invites_no_owner() {
    for (role, status) in [("owner", 409), ("admin", 201)] {
        let world = World::new();
        let owner = owner(&world);
        let users = world.db.table("SELECT * FROM users");
        world.db.run_before_batch(2, "UPDATE memberships SET role = 'admin' WHERE user_id = 'owner'");
        invite(&owner, "una@acme.test", role).expect(status);
        assert_eq!(world.db.table("SELECT * FROM users") == users, status == 409);
        assert_eq!(world.count("SELECT count(*) FROM memberships WHERE role = 'owner'"), 0);
    }
}

/// Whoever invites an address that belongs to someone gets no hold of it: the link sets no password where there is one.
#[test]
fn inviting_someone_elses_address_gains_nothing() {
    let world = World::new();
    world.add_account("umbra");
    world.add_user("umbra", "eve", "eve@umbra.test", Role::Owner, Some(NOOR_SEED));
    let eve = world.admin();
    eve.sign_in("eve@umbra.test", NOOR_SEED);
    let users = "/api/v1/accounts/umbra/users";
    let invited =
        eve.post(users, json!({ "email": "noor@acme.test", "name": "Mine now", "role": "member" })).expect(201);
    let path = link(&invited);
    assert_eq!(invited.json()["user"]["name"], "Mine now");
    let listed = eve.get(users).json();
    let noor = user(&listed, "noor@acme.test");
    assert_eq!(noor["name"], "Mine now", "the name from the other account stays there");
    assert_eq!(noor["two_factor"]["enabled"], false, "and so does whether she has two-factor login");
    let browser = world.browser();
    browser.get(&path).expect(200).field("email", "noor@acme.test");
    browser.post(&path, json!({ "password": GOOD })).expect(401).field("code", "invalid_credentials");
    eve.post(&format!("{users}/noor/two-factor/reset"), json!({})).expect(409);
    let renamed = eve.send(&eve.request("PATCH", &format!("{users}/noor"), &json!({ "name": "Eve's" }).to_string()));
    renamed.expect(409).field("code", "belongs_elsewhere");
    assert_eq!(world.count("SELECT count(*) FROM users WHERE name = 'Mine now' OR name = 'Eve''s'"), 0);
    // Nor does taking the invitation back sign her out of her own account.
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    eve.send(&eve.request("DELETE", &format!("{users}/noor"), "")).expect(204);
    assert_eq!(noor.stage(), "full");
    browser.get(&path).expect(404);
    // She can join with the password she has.
    let invited =
        eve.post(users, json!({ "email": "noor@acme.test", "name": "Mine now", "role": "member" })).expect(201);
    let path = link(&invited);
    browser.post(&path, json!({ "password": PASSWORD })).expect(200);
    let listed = eve.get(users).json();
    assert_eq!(user(&listed, "noor@acme.test")["two_factor"]["enabled"], true);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "verify");
}

#[test]
fn tries_at_the_password_of_an_invitation_are_limited_like_logins() {
    let world = World::new();
    world.add_account("umbra");
    world.add_user("umbra", "eve", "eve@umbra.test", Role::Owner, Some(NOOR_SEED));
    let eve = world.admin();
    eve.sign_in("eve@umbra.test", NOOR_SEED);
    let body = json!({ "email": "mia@acme.test", "name": "M", "role": "member" });
    let path = link(&eve.post("/api/v1/accounts/umbra/users", body).expect(201));
    for _ in 0..10 {
        world.browser().post(&path, json!({ "password": "wrong" })).expect(401);
    }
    world.browser().post(&path, json!({ "password": PASSWORD })).expect(401);
    world.wait_s(1);
    world.browser().post(&path, json!({ "password": PASSWORD })).expect(200);
    world.brake_admits.set(false);
    world.browser().post(&path, json!({ "password": PASSWORD })).expect(429);
    let line: Value = serde_json::from_str(world.log.0.borrow().last().unwrap()).unwrap();
    assert_eq!([&line["action"], &line["result"]], ["join", "brake"]);
}

#[test]
fn roles_are_given_up_to_ones_own_and_taken_from_nobody_above() {
    let world = World::new();
    let owner = owner(&world);
    let admin = colleague(&world, "ada", Role::Admin);
    let patch = |by: &Browser<'_>, user: &str, change: Value| {
        by.send(&by.request("PATCH", &format!("{USERS}/{user}"), &change.to_string()))
    };
    patch(&admin, "mia", json!({ "role": "admin" })).expect(200).field("role", "admin");
    patch(&admin, "mia", json!({ "role": "owner" })).expect(403);
    patch(&admin, "owner", json!({ "role": "member" })).expect(403);
    patch(&admin, "owner", json!({ "name": "Nobody" })).expect(403);
    patch(&admin, "owner", json!({ "active": false })).expect(403);
    admin.send(&admin.request("DELETE", &format!("{USERS}/owner"), "")).expect(403);
    invite(&admin, "una@acme.test", "owner").expect(403);
    invite(&owner, "una@acme.test", "owner").expect(201);
    invite(&admin, "una@acme.test", "member").expect(403);
    invite(&admin, "mia@acme.test", "member").expect(409).field("code", "already_member");
    patch(&admin, "mia", json!({})).expect(400);
    patch(&admin, "mia", json!({ "name": "  " })).expect(400);
    patch(&admin, "mia", json!({ "id": "x" })).expect(400);
    patch(&admin, "ada", json!({ "active": false })).expect(403);
    admin.send(&admin.request("DELETE", &format!("{USERS}/ada"), "")).expect(403);
    patch(&owner, "ada", json!({ "role": "member" })).expect(200);
    assert_eq!(admin.stage(), "none", "a demotion holds at the very next request");
}

#[test]
fn the_last_owner_stays() {
    let world = World::new();
    let owner = owner(&world);
    let patch = |by: &Browser<'_>, user: &str, change: Value| {
        by.send(&by.request("PATCH", &format!("{USERS}/{user}"), &change.to_string()))
    };
    patch(&owner, "owner", json!({ "role": "member" })).expect(409).field("code", "last_owner");
    patch(&owner, "owner", json!({ "active": false })).expect(409).field("code", "last_owner");
    owner.send(&owner.request("DELETE", &format!("{USERS}/owner"), "")).expect(409).field("code", "last_owner");
    patch(&owner, "owner", json!({ "name": "Olivia" })).expect(200).field("name", "Olivia");
    let second = colleague(&world, "oscar", Role::Owner);
    patch(&owner, "oscar", json!({ "active": false })).expect(200);
    assert_eq!(second.stage(), "none");
    patch(&owner, "owner", json!({ "role": "admin" })).expect(409).field("code", "last_owner");
    patch(&owner, "oscar", json!({ "active": true })).expect(200);
    patch(&owner, "owner", json!({ "role": "admin" })).expect(200);
    owner.get(USERS).expect(200);
}

/// Both read before either writes: one wins, the other is told, and an owner is left.
#[test]
fn two_owners_who_demote_each_other_at_once_leave_one() {
    let world = World::new();
    let (olivia, oscar) = (owner(&world), colleague(&world, "oscar", Role::Owner));
    let demote = |by: &Browser<'_>, user: &str| {
        by.request("PATCH", &format!("{USERS}/{user}"), &json!({ "role": "member" }).to_string())
    };
    let statuses = world.at_once(&[demote(&olivia, "oscar"), demote(&oscar, "owner")]);
    assert_eq!(statuses, [200, 409]);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE role = 'owner'"), 1);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'member_changed'"), 1);
}

#[test]
fn deactivated_and_removed_members_are_out_at_once_and_come_back_with_nothing_old() {
    let world = World::new();
    let owner = owner(&world);
    let patch = |user: &str, change: Value| {
        owner.send(&owner.request("PATCH", &format!("{USERS}/{user}"), &change.to_string()))
    };
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    patch("noor", json!({ "active": false })).expect(200);
    assert_eq!(noor.stage(), "none");
    noor.login("noor@acme.test").expect(401).field("code", "invalid_credentials");
    patch("noor", json!({ "active": true })).expect(200);
    assert_eq!(noor.stage(), "none", "an old session does not come back");
    noor.login("noor@acme.test").expect(200).field("next", "verify");
    owner.send(&owner.request("DELETE", &format!("{USERS}/noor"), "")).expect(204);
    assert_eq!(noor.stage(), "none");
    world.browser().login("noor@acme.test").expect(401);
    owner.send(&owner.request("DELETE", &format!("{USERS}/noor"), "")).expect(404);
    let path = link(&invite(&owner, "noor@acme.test", "member").expect(201));
    world.browser().post(&path, json!({ "password": PASSWORD })).expect(200);
    world.browser().login("noor@acme.test").expect(200).field("next", "verify");
}

#[test]
fn another_accounts_ids_look_like_none() {
    let world = World::new();
    world.add_account("umbra");
    world.add_user("umbra", "eve", "eve@umbra.test", Role::Owner, Some(NOOR_SEED));
    world.add_user("umbra", "uma", "uma@umbra.test", Role::Member, None);
    let owner = owner(&world);
    let before = world.db.table("SELECT * FROM memberships");
    for account in ["umbra", "nothing"] {
        let base = format!("/api/v1/accounts/{account}");
        for (method, path, body) in [
            ("GET", "two-factor", ""),
            ("PUT", "two-factor", r#"{"required":true}"#),
            ("GET", "users", ""),
            ("POST", "users", r#"{"email":"x@y.test","name":"X","role":"member"}"#),
            ("PATCH", "users/uma", r#"{"role":"admin"}"#),
            ("DELETE", "users/uma", ""),
            ("POST", "users/uma/two-factor/reset", ""),
            ("GET", "audit", ""),
            ("GET", "tokens", ""),
            ("POST", "tokens", r#"{"name":"x","scopes":["users:read"]}"#),
            ("DELETE", "tokens/x", ""),
        ] {
            owner.send(&owner.request(method, &format!("{base}/{path}"), body)).expect(404).field("code", "not_found");
        }
        for page in [
            "settings/security/two-factor",
            "members",
            "members/uma",
            "members/uma/reset",
            "audit",
            "tokens",
            "audit/export",
        ] {
            owner.open(&format!("/{page}?account={account}")).expect(404);
        }
    }
    // A member of another account by way of one's own.
    for (method, path) in [("PATCH", "uma"), ("DELETE", "uma"), ("POST", "uma/two-factor/reset")] {
        owner.send(&owner.request(method, &format!("{USERS}/{path}"), r#"{"role":"admin"}"#)).expect(404);
    }
    assert_eq!(world.db.table("SELECT * FROM memberships"), before);
    assert_eq!(world.count("SELECT two_factor_required FROM accounts WHERE id = 'umbra'"), 0);
    assert_eq!(owner.get("/api/v1/accounts").json()["accounts"].as_array().unwrap().len(), 1);
}
