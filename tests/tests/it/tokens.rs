//! API tokens: what they open, and that they are worth no more than who made them.

use airlock::people::Role;
use airlock_tests::{Browser, World, set_header};
use serde_json::{Value, json};

use crate::admin::{POLICY, colleague, owner};

const TOKENS: &str = "/api/v1/accounts/acme/tokens";

fn make(by: &Browser<'_>, scopes: &[&str]) -> Value {
    by.post(TOKENS, json!({ "name": "backup job", "scopes": scopes })).expect(201).json()
}

/// The status of a call with a token and no cookie.
fn call(world: &World, token: &Value, method: &str, path: &str, body: &str) -> u16 {
    let client = world.admin();
    let mut request = client.request(method, path, body);
    request.headers.retain(|(name, _)| name != "sec-fetch-site" && name != "cookie");
    set_header(&mut request, "authorization", &format!("Bearer {}", token.as_str().unwrap()));
    client.send(&request).0.status
}

#[test]
fn a_token_opens_what_its_scopes_say_and_is_shown_once() {
    let world = World::new();
    let owner = owner(&world);
    let made = make(&owner, &["two_factor:read", "users:read", "two_factor:read"]);
    let token = &made["token"];
    let text = token.as_str().unwrap();
    assert!(text.starts_with("airlock_") && text.len() == 51, "{text}");
    assert_eq!(made["scopes"], json!(["two_factor:read", "users:read"]));
    assert_eq!(made["expires_at"], "2027-04-15T08:00:00Z", "90 days if nothing is said");
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&text[8..]), "only its hash is stored");
    assert!(!owner.get(TOKENS).expect(200).0.body.contains(&text[8..]));
    assert_eq!(call(&world, token, "GET", POLICY, ""), 200);
    assert_eq!(call(&world, token, "GET", "/api/v1/accounts/acme/users", ""), 200);
    assert_eq!(call(&world, token, "GET", "/api/v1/accounts", ""), 200);
    assert_eq!(call(&world, token, "PUT", POLICY, r#"{"required":true}"#), 403);
    assert_eq!(call(&world, token, "GET", "/api/v1/accounts/acme/audit", ""), 403);
    assert_eq!(call(&world, token, "GET", TOKENS, ""), 403, "no token manages tokens");
    assert_eq!(call(&world, token, "POST", TOKENS, r#"{"name":"x","scopes":["users:read"]}"#), 403);
    assert_eq!(call(&world, token, "GET", "/members?account=acme", ""), 401, "and none opens pages");
    assert_eq!(owner.get(TOKENS).json()["tokens"][0]["last_used_at"], "2027-01-15T08:00:00Z");
    let reset = |user: &str| format!("/api/v1/accounts/acme/users/{user}/two-factor/reset");
    let write = &make(&owner, &["two_factor:write"])["token"];
    assert_eq!(call(&world, write, "PUT", POLICY, r#"{"required":true}"#), 200);
    assert_eq!(call(&world, write, "POST", &reset("noor"), ""), 403, "a scope of its own");
    let resets = &make(&owner, &["reset"])["token"];
    assert_eq!(call(&world, resets, "PUT", POLICY, r#"{"required":false}"#), 403);
    assert_eq!(call(&world, resets, "POST", &reset("owner"), ""), 403, "its maker");
    world.add_account("umbra");
    world.join("umbra", "noor", "noor@acme.test", Role::Member);
    world.join("umbra", "owner", "owner@acme.test", Role::Owner);
    assert_eq!(call(&world, resets, "POST", &reset("noor"), ""), 409, "a token is of one account");
    world.db.execute("DELETE FROM memberships WHERE account_id = 'umbra'", &[]);
    assert_eq!(call(&world, resets, "POST", &reset("noor"), ""), 200);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE token_id IS NOT NULL AND actor_id = 'owner'"), 2);
}

#[test]
fn a_token_ends_when_it_expires_is_revoked_or_its_maker_loses_the_power() {
    let world = World::new();
    let owner = owner(&world);
    let admin = colleague(&world, "ada", Role::Admin);
    let made = make(&admin, &["users:read", "users:write"]);
    let token = &made["token"];
    let users = "/api/v1/accounts/acme/users";
    let status = || call(&world, token, "GET", users, "");
    assert_eq!(status(), 200);
    assert_eq!(call(&world, token, "PATCH", &format!("{users}/owner"), r#"{"role":"member"}"#), 403);
    let change = |role: &str| {
        let body = json!({ "role": role }).to_string();
        owner.send(&owner.request("PATCH", &format!("{users}/ada"), &body)).expect(200);
    };
    change("member");
    assert_eq!(status(), 401);
    change("admin");
    assert_eq!(status(), 401, "power that was taken does not come back");
    let own = make(&owner, &["users:read"]);
    world.wait_s(90 * 86_400 - 1);
    assert_eq!(call(&world, &own["token"], "GET", users, ""), 200);
    world.wait_s(1);
    assert_eq!(call(&world, &own["token"], "GET", users, ""), 401);
    let owner = self::owner(&world);
    let own = make(&owner, &["users:read"]);
    assert_eq!(call(&world, &own["token"], "GET", users, ""), 200);
    let path = format!("{TOKENS}/{}", own["id"].as_str().unwrap());
    owner.send(&owner.request("DELETE", &path, "")).expect(204);
    assert_eq!(call(&world, &own["token"], "GET", users, ""), 401);
    owner.send(&owner.request("DELETE", &path, "")).expect(404);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'token_revoked'"), 1);
}

#[test]
fn a_cookie_beside_a_token_counts_for_nothing() {
    let world = World::new();
    let owner = owner(&world);
    for authorization in ["Bearer airlock_wrong", "Bearer ", "Bearer", "Basic b3duZXI6eA==", ""] {
        let mut request = owner.request("GET", POLICY, "");
        set_header(&mut request, "authorization", authorization);
        let answer = owner.send(&request).expect(401).field("code", "invalid_token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    // Not even the value of a session is a token, or the other way round.
    let mut request = owner.request("GET", POLICY, "");
    set_header(&mut request, "authorization", &format!("Bearer airlock_{}", owner.token()));
    owner.send(&request).expect(401);
    let token = make(&owner, &["users:read"])["token"].as_str().unwrap()[8..].to_owned();
    let thief = world.admin();
    thief.cookies.borrow_mut().insert("__Host-airlock-admin".to_owned(), token);
    assert_eq!(thief.stage(), "none");
}

#[test]
fn what_a_token_is_made_of_is_checked() {
    let world = World::new();
    let owner = owner(&world);
    for bad in [
        json!({ "name": "x", "scopes": [] }),
        json!({ "name": "x", "scopes": ["root"] }),
        json!({ "name": " ", "scopes": ["users:read"] }),
        json!({ "name": "x".repeat(65), "scopes": ["users:read"] }),
        json!({ "name": "x", "scopes": ["users:read"], "expires_at": "2027-01-15T08:00:00Z" }),
        json!({ "name": "x", "scopes": ["users:read"], "expires_at": "2029-01-15T08:00:00Z" }),
        json!({ "name": "x", "scopes": ["users:read"], "expires_at": "soon" }),
        json!({ "name": "x" }),
    ] {
        owner.post(TOKENS, bad).expect(400).field("code", "invalid_request");
    }
    for n in 0..50 {
        owner.post(TOKENS, json!({ "name": format!("t{n}"), "scopes": ["users:read"] })).expect(201);
    }
    owner
        .post(TOKENS, json!({ "name": "one more", "scopes": ["users:read"] }))
        .expect(409)
        .field("code", "too_many_tokens");
    assert_eq!(owner.get(TOKENS).json()["tokens"].as_array().unwrap().len(), 50);
}

/// S12: what was begun before power ended is worth nothing when it is given again: a token, and a session at either site.
#[test]
fn power_that_was_taken_does_not_come_back() {
    let users = "/api/v1/accounts/acme/users";
    type Act = fn(&Browser<'_>, &World);
    fn patch(owner: &Browser<'_>, change: &str) {
        let path = "/api/v1/accounts/acme/users/ada";
        owner.send(&owner.request("PATCH", path, change)).expect(200);
    }
    let takes: [(&str, Act); 4] = [
        ("demoted", |owner, _| {
            patch(owner, r#"{"role":"member"}"#);
            patch(owner, r#"{"role":"admin"}"#);
        }),
        ("deactivated", |owner, _| {
            patch(owner, r#"{"active":false}"#);
            patch(owner, r#"{"active":true}"#);
        }),
        ("removed", |owner, world| {
            owner.send(&owner.request("DELETE", "/api/v1/accounts/acme/users/ada", "")).expect(204);
            world.join("acme", "ada", "ada@acme.test", Role::Admin);
        }),
        ("reset", |owner, world| {
            owner.post("/api/v1/accounts/acme/users/ada/two-factor/reset", json!({})).expect(200);
            let ada = world.browser();
            ada.login("ada@acme.test").expect(200).field("next", "enrol");
            let seed = ada.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
            ada.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
        }),
    ];
    // In one account, and in two, of which the other took nothing.
    for (how, take) in takes {
        for two in [false, true] {
            let world = World::new();
            let owner = owner(&world);
            let ada = colleague(&world, "ada", Role::Admin);
            world.wait_s(30);
            let edge = world.browser();
            edge.sign_in("ada@acme.test", airlock_tests::NOOR_SEED);
            let old = make(&ada, &["users:read"])["token"].clone();
            let elsewhere = two && how != "reset";
            if elsewhere {
                world.add_account("umbra");
                world.join("umbra", "ada", "ada@acme.test", Role::Admin);
            }
            assert_eq!(call(&world, &old, "GET", users, ""), 200);
            take(&owner, &world);
            assert_eq!(call(&world, &old, "GET", users, ""), 401, "{how}");
            let (here, there) = if elsewhere { (404, "full") } else { (401, "none") };
            ada.get(users).expect(here);
            ada.post("/api/v1/accounts/acme/tokens", json!({ "name": "x", "scopes": ["users:read"] })).expect(here);
            assert_eq!([ada.stage(), edge.stage()], [there, there], "{how}");
            if elsewhere {
                ada.get("/api/v1/accounts/umbra/users").expect(200);
                let accounts = edge.get("/auth/session").json()["accounts"].clone();
                assert_eq!(accounts.as_array().unwrap().len(), 1, "{how}: {accounts}");
            }
        }
    }
}

/// S11: a token makes nothing stronger than itself.
#[test]
fn a_token_makes_members_only() {
    let world = World::new();
    let owner = owner(&world);
    let users = "/api/v1/accounts/acme/users";
    let token = make(&owner, &["users:read", "users:write"])["token"].clone();
    let invite = |role: &str, email: &str| {
        let body = json!({ "email": email, "name": "N", "role": role }).to_string();
        call(&world, &token, "POST", users, &body)
    };
    let patch = |user: &str, change: &str| call(&world, &token, "PATCH", &format!("{users}/{user}"), change);
    assert_eq!([invite("owner", "o@acme.test"), invite("admin", "a@acme.test")], [403, 403]);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email IN ('o@acme.test', 'a@acme.test')"), 0);
    assert_eq!([patch("mia", r#"{"role":"owner"}"#), patch("mia", r#"{"role":"admin"}"#)], [403, 403]);
    assert_eq!(invite("member", "m@acme.test"), 201);
    // Nor does it get hold of the link of someone who is to be more.
    owner.post(users, json!({ "email": "boss@acme.test", "name": "B", "role": "admin" })).expect(201);
    let link = world.text("SELECT token_hash FROM invitations WHERE name = 'B'");
    assert_eq!(invite("member", "boss@acme.test"), 403);
    assert_eq!(world.text("SELECT token_hash FROM invitations WHERE name = 'B'"), link);
    // Nor gives back a power that was taken.
    colleague(&world, "ada", Role::Admin);
    owner.send(&owner.request("PATCH", &format!("{users}/ada"), r#"{"active":false}"#)).expect(200);
    assert_eq!(patch("ada", r#"{"active":true}"#), 403);
    assert_eq!(patch("ada", r#"{"role":"member","active":true}"#), 200);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE role <> 'member'"), 2);
}

/// The same where it is written, whatever was decided before: two who change a member at once.
#[test]
fn what_a_token_makes_is_compared_again_as_it_is_written() {
    let world = World::new();
    let owner = owner(&world);
    let users = "/api/v1/accounts/acme/users";
    let token = make(&owner, &["users:write"])["token"].clone();
    owner.post(users, json!({ "email": "una@acme.test", "name": "U", "role": "member" })).expect(201);
    let link = world.text("SELECT token_hash FROM invitations");
    world.db.run_before_batch(2, "UPDATE memberships SET role = 'admin' WHERE state = 'invited'");
    let body = json!({ "email": "una@acme.test", "name": "U", "role": "member" }).to_string();
    assert_eq!(call(&world, &token, "POST", users, &body), 409);
    assert_eq!(world.text("SELECT token_hash FROM invitations"), link);
}
