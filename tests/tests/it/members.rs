//! Members: roles, names, deactivating, removing; and what one account cannot do to another.

use airlock::people::Role;
use airlock_tests::{Answer, Browser, NOOR_SEED, World};
use serde_json::{Value, json};

use crate::{
    admin::{colleague, owner},
    invitations::{UMBRA, USERS, eve, eves, invite, link, login_to_join, press, user},
};

/// S1: an account has no power over the second factor of someone who joins it, nor over anything else of theirs.
#[test]
fn no_account_has_power_over_what_opens_another() {
    let world = World::new();
    let eve = eve(&world);
    let path = eves(&eve, "noor@acme.test");
    let listed = eve.get(UMBRA).expect(200).json();
    let invited = user(&listed, "noor@acme.test");
    assert_eq!([&invited["name"], &invited["two_factor"]["enabled"]], [&json!("Mine now"), &json!(false)]);
    let noor = world.browser();
    login_to_join(&noor, "noor@acme.test").expect(200);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    press(&noor, &path).expect(204);
    let reset = || eve.post(&format!("{UMBRA}/noor/two-factor/reset"), json!({}));
    reset().expect(409).field("code", "belongs_elsewhere");
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE account_id = 'acme' AND user_id = 'noor'", &[]);
    reset().expect(409).field("code", "belongs_elsewhere");
    world.db.execute("UPDATE memberships SET state = 'active' WHERE account_id = 'acme' AND user_id = 'noor'", &[]);
    // What an account calls someone is its own affair.
    let renamed = eve.send(&eve.request("PATCH", &format!("{UMBRA}/noor"), &json!({ "name": "Eve's" }).to_string()));
    renamed.expect(200).field("name", "Eve's");
    assert_eq!(user(&eve.get(UMBRA).json(), "noor@acme.test")["name"], "Eve's");
    assert_eq!(user(&owner(&world).get(USERS).json(), "noor@acme.test")["name"], "noor");
    assert_eq!(noor.get("/auth/session").json()["user"]["name"], "noor");
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 1);
    // Only power in every one of their accounts is enough, and each of those sees it.
    world.join("acme", "eve", "eve@umbra.test", Role::Admin);
    reset().expect(200);
    let rows = world.texts("SELECT account_id FROM audit WHERE action = 'two_factor_reset' ORDER BY account_id");
    assert_eq!(rows, ["acme", "umbra"]);
    assert_eq!(world.count("SELECT count(DISTINCT event) FROM audit WHERE action = 'two_factor_reset'"), 1);
}

/// S18: whatever one account takes from someone, and however often.
#[test]
fn what_someone_does_in_another_account_goes_on() {
    let world = World::new();
    let eve = eve(&world);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let patch = |change: Value| eve.send(&eve.request("PATCH", &format!("{UMBRA}/mia"), &change.to_string()));
    let accounts = || -> Vec<String> {
        let session = mia.get("/auth/session").expect(200).json();
        session["accounts"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap().to_owned()).collect()
    };
    for round in 0..3 {
        let path = eves(&eve, "mia@acme.test");
        mia.reauth(None).expect(200);
        press(&mia, &path).expect(204);
        assert_eq!(accounts(), ["acme", "umbra"], "joined by a session that was worthless there: {round}");
        patch(json!({ "active": false })).expect(200);
        patch(json!({ "active": true })).expect(200);
        assert_eq!(accounts(), ["acme"], "a session begun before is worth nothing there any more");
        mia.get("/").expect(200);
        eve.send(&eve.request("DELETE", &format!("{UMBRA}/mia"), "")).expect(204);
        assert_eq!(accounts(), ["acme"]);
    }
    // An account asks the same of its members whatever the session is worth there.
    press(&mia, &eves(&eve, "mia@acme.test")).expect(204);
    patch(json!({ "active": false })).expect(200);
    patch(json!({ "active": true })).expect(200);
    world.require("umbra", true, "now");
    assert_eq!(mia.stage(), "enrol");
}

#[test]
fn a_name_holds_nothing_that_cannot_be_seen() {
    let world = World::new();
    let owner = owner(&world);
    let named = |name: &str| {
        let body = json!({ "name": name }).to_string();
        owner.send(&owner.request("PATCH", &format!("{USERS}/mia"), &body)).0.status
    };
    for c in "\u{0}\n\u{7f}\u{85}\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{3164}\u{feff}\u{e0041}"
        .chars()
    {
        assert_eq!(named(&format!("Mi{c}a")), 400, "{c:?}");
    }
    assert_eq!([named("\u{200d}"), named(" \u{200c} "), named("")], [400; 3]);
    for name in [
        "\u{928}\u{94d}\u{200d}\u{928}\u{93e}",
        "\u{645}\u{6cc}\u{200c}\u{62e}",
        "Zo\u{eb} \u{2764}\u{fe0f}",
        "O'Neill-Łoś",
    ] {
        assert_eq!(named(name), 200, "{name}");
    }
}

#[test]
fn roles_are_given_up_to_the_givers_own_and_taken_from_nobody_above() {
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
    // What is so already is no change, and is not written down.
    let changes = || world.count("SELECT count(*) FROM audit WHERE action = 'member_changed'");
    let before = changes();
    let same = json!({ "role": "member", "active": true, "name": "ada" });
    patch(&owner, "ada", same).expect(200).field("role", "member");
    assert_eq!(changes(), before);
    patch(&owner, "ada", json!({ "role": "admin", "active": true, "name": "ada" })).expect(200);
    assert_eq!(
        world.text("SELECT detail FROM audit WHERE action = 'member_changed' ORDER BY id DESC LIMIT 1"),
        r#"{"role":"admin","role_before":"member"}"#
    );
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
    patch(&owner, "owner", json!({ "role": "admin" })).expect(200).field("role", "admin");
    owner.get(USERS).expect(401);
    world.wait_s(30);
    self::owner(&world).get(USERS).expect(200);
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
    // With an invitation there is something to sign in for again: joining, and nothing else.
    let path = link(&invite(&owner, "noor@acme.test", "member").expect(201));
    world.wait_s(30);
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.get("/").expect(403).field("code", "no_account");
    assert_eq!(noor.get("/auth/session").json()["accounts"], json!([]));
    noor.post(&path, Value::Null).expect(400);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    noor.send(&noor.request("POST", &path, "")).expect(204);
    noor.get("/").expect(200);
}

#[test]
fn another_accounts_ids_look_like_unknown_ones() {
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
    // A member of another account, by way of the caller's own.
    for (method, path) in [("PATCH", "uma"), ("DELETE", "uma"), ("POST", "uma/two-factor/reset")] {
        owner.send(&owner.request(method, &format!("{USERS}/{path}"), r#"{"role":"admin"}"#)).expect(404);
    }
    assert_eq!(world.db.table("SELECT * FROM memberships"), before);
    assert_eq!(world.count("SELECT two_factor_required FROM accounts WHERE id = 'umbra'"), 0);
    assert_eq!(owner.get("/api/v1/accounts").json()["accounts"].as_array().unwrap().len(), 1);
}

/// It ends the session by which it was done; the form sent again, by a second Enter, still hears that it was.
#[test]
fn power_given_up_twice_is_given_up_once() {
    for (elsewhere, role) in [(false, "member"), (false, "admin"), (true, "member"), (true, "admin")] {
        let world = World::new();
        world.db.execute("UPDATE memberships SET role = 'owner' WHERE user_id = 'mia'", &[]);
        if elsewhere {
            world.add_account("beta");
            world.join("beta", "owner", "owner@acme.test", Role::Owner);
        }
        let owner = owner(&world);
        let page = owner.open("/members/owner?account=acme").expect(200).0.body;
        let form = format!("key={}&account=acme&role={role}&name=owner", airlock_tests::key_in(&page).unwrap());
        let request = crate::repeats::posted(&owner, "/members/owner", &form);
        let first = owner.send(&request).expect(303);
        let rows = world.count("SELECT count(*) FROM audit");
        assert_eq!(
            world.count(&format!(
                "SELECT role = '{role}' FROM memberships WHERE user_id = 'owner' AND account_id = 'acme'"
            )),
            1
        );
        world.wait_s(2);
        let again = owner.send(&crate::repeats::with_old_cookies(&request)).expect(303);
        let to = |answer: &Answer| answer.header("location").unwrap_or_default().to_owned();
        assert_eq!(to(&again), to(&first), "{elsewhere}, {role}");
        assert!(to(&again).starts_with("/members/owner?account=acme&done=changed."));
        assert_eq!(world.count("SELECT count(*) FROM audit"), rows, "and nothing is done twice");
        // Its session is none all the same, at once and for good.
        assert_eq!(owner.open("/members?account=acme").0.status, if elsewhere { 404 } else { 303 });
        let live = format!(
            "SELECT count(*) FROM sessions WHERE user_id = 'owner' AND expires_at > {}",
            world.now.get().0 - 2_000
        );
        assert_eq!(world.count(&live), i64::from(elsewhere));
        world.wait_s(60);
        let late = owner.send(&crate::repeats::with_old_cookies(&request));
        assert_ne!(to(&late), to(&first));
    }
}
