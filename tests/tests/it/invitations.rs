//! Invitations: who may make one, who joins by it and what they prove, and that a link is worth what its maker is worth.

use airlock::people::Role;
use airlock_tests::{Answer, Browser, NOOR_SEED, PASSWORD, World, key_in};
use serde_json::{Value, json};

use crate::admin::{colleague, owner};

pub const USERS: &str = "/api/v1/accounts/acme/users";
pub const UMBRA: &str = "/api/v1/accounts/umbra/users";
const GOOD: &str = "seven grey herons wade";

pub fn invite(by: &Browser<'_>, email: &str, role: &str) -> Answer {
    by.post(USERS, json!({ "email": email, "name": "Una Ude", "role": role }))
}

/// The path of the link in an invitation.
pub fn link(invited: &Answer) -> String {
    let url = invited.json()["invite_url"].as_str().unwrap().to_owned();
    url.strip_prefix("https://app.test").unwrap().to_owned()
}

pub fn user<'v>(list: &'v Value, email: &str) -> &'v Value {
    list["users"].as_array().unwrap().iter().find(|user| user["email"] == email).unwrap()
}

#[test]
fn an_invitation_is_accepted_once_with_a_password_of_their_choice() {
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
    assert_eq!(
        owner.get("/api/v1/accounts/acme/two-factor").json()["members"],
        4,
        "someone who has not joined does not count"
    );
    world.browser().login("una@acme.test").expect(401);

    let una = world.browser();
    assert_eq!(
        una.get(&path).expect(200).json(),
        json!({ "account": "Acme", "email": "una@acme.test", "next": "password" })
    );
    for (bad, reason) in [("short", "too_short"), ("passwordpassword", "common"), ("una@acme.test una", "personal")] {
        una.post(&path, json!({ "password": bad })).expect(400).field("code", "weak_password").field("reason", reason);
    }
    una.post(&path, json!({ "password": GOOD })).expect(200).field("next", "done").field("return_to", "/");
    una.post(&path, json!({ "password": GOOD })).expect(404);
    una.get(&path).expect(404);
    assert_eq!(una.stage(), "full", "someone new is in at once");
    una.get("/").expect(200);
    let rows = world.texts("SELECT action FROM audit WHERE actor_id = target_id AND actor_id <> 'owner' ORDER BY id");
    assert_eq!(rows, ["member_joined", "login"]);
    let login = |password: &str| una.post("/auth/login", json!({ "email": "una@acme.test", "password": password }));
    una.post("/auth/logout", json!({})).expect(204);
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
fn whoever_is_no_longer_an_admin_when_the_invitation_is_written_leaves_nothing_behind() {
    let world = World::new();
    let owner = owner(&world);
    let users = world.db.table("SELECT * FROM users");
    world.db.run_before_batch(2, "DELETE FROM sessions");
    invite(&owner, "una@acme.test", "member").expect(409);
    assert_eq!(world.db.table("SELECT * FROM users"), users);
}

#[test]
fn an_owner_made_an_admin_before_the_invitation_is_written_invites_no_owner() {
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

/// The owner of another account, signed in at the admin Worker.
pub fn eve(world: &World) -> Browser<'_> {
    world.add_account("umbra");
    world.add_user("umbra", "eve", "eve@umbra.test", Role::Owner, Some(NOOR_SEED));
    let eve = world.admin();
    eve.sign_in("eve@umbra.test", NOOR_SEED);
    eve
}

/// An invitation of Eve's, and its link.
pub fn eves(eve: &Browser<'_>, email: &str) -> String {
    link(&eve.post(UMBRA, json!({ "email": email, "name": "Mine now", "role": "member" })).expect(201))
}

/// The page of the link that was opened last.
pub const INVITATION: &str = "/auth/invite";

/// Opens a link, as a person does.
pub fn opened(browser: &Browser<'_>, path: &str) -> Answer {
    assert_eq!(browser.open(path).expect(303).header("location"), Some(INVITATION));
    browser.open(INVITATION)
}

/// The password step of a login that is on its way to join.
pub fn login_to_join(browser: &Browser<'_>, email: &str) -> Answer {
    browser.post("/auth/login", json!({ "email": email, "password": PASSWORD, "return_to": INVITATION }))
}

/// A press of the button: no fields.
pub fn press(browser: &Browser<'_>, path: &str) -> Answer {
    browser.send(&browser.request("POST", path, ""))
}

/// S1: a thief who knows the password and owns another account invites the person there, to get power over their
/// second factor.
#[test]
fn nobody_joins_without_every_factor_they_have() {
    let world = World::new();
    let eve = eve(&world);
    let path = eves(&eve, "noor@acme.test");
    let thief = world.browser();
    for password in [PASSWORD, GOOD] {
        thief.post(&path, json!({ "password": password })).expect(409).field("code", "login_exists");
    }
    thief.login("noor@acme.test").expect(200).field("next", "verify");
    thief.post(&path, json!({ "password": PASSWORD })).expect(409).field("code", "login_exists");
    press(&thief, &path).expect(400);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE user_id = 'noor' AND state = 'active'"), 1);
    // Not even where a login does not ask for the factor.
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    login_to_join(&thief, "noor@acme.test").expect(200).field("next", "done");
    thief.get(&path).expect(200).field("next", "join");
    press(&thief, &path).expect(403).field("code", "reauth_required");
    world.db.execute("UPDATE users SET two_factor_chosen = 1 WHERE id = 'noor'", &[]);
    let noor = world.browser();
    login_to_join(&noor, "noor@acme.test").expect(200);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    press(&noor, &path).expect(204);
    press(&noor, &path).expect(404);
    assert_eq!(noor.get("/auth/session").json()["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(user(&eve.get(UMBRA).json(), "noor@acme.test")["two_factor"]["enabled"], true);
}

/// A stolen cookie joins nothing for its owner: the account would have a say in how they sign in, and the one they belong to
/// could no longer reset them alone. Where someone joins another account, theirs sees it.
#[test]
fn nobody_joins_by_a_session_alone_or_by_what_was_proven_for_the_app() {
    let world = World::new();
    let eve = eve(&world);
    let path = eves(&eve, "noor@acme.test");
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    press(&noor, &path).expect(403).field("code", "reauth_required");
    world.wait_s(30);
    let code = world.code(NOOR_SEED, 0);
    noor.post("/auth/reauth", json!({ "password": PASSWORD, "code": code, "purpose": "app" })).expect(200);
    press(&noor, &path).expect(403).field("code", "reauth_required");
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    world.wait_s(5 * 60);
    press(&noor, &path).expect(403).field("code", "reauth_required");
    // It ends as it is written, too.
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    world.db.run_before_batch(2, "UPDATE sessions SET password_at = 0, second_factor_at = 0, reauthenticated_at = 0");
    press(&noor, &path).expect(409);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    press(&noor, &path).expect(204);
    let rows = world.texts(
        "SELECT account_id || ' ' || detail FROM audit WHERE action = 'member_joined' AND target_id = 'noor' ORDER BY account_id",
    );
    assert_eq!(rows, [r#"acme {"elsewhere":true}"#, "umbra "]);
    let owner = crate::admin::owner(&world);
    let list = owner.get("/api/v1/accounts/acme/audit?action=member_joined").expect(200).json();
    assert_eq!(list["entries"][0]["detail"], "in another account");
    assert!(!list.to_string().contains("umbra"), "which one is nobody's to know");
}

/// S3: what a link shows is the same for every address.
#[test]
fn a_link_shows_nothing_of_the_address() {
    let world = World::new();
    let eve = eve(&world);
    let shown = |email: &str| {
        let path = eves(&eve, email);
        let browser = world.browser();
        let page = opened(&browser, &path).expect(200).0.body;
        let nonce = page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let data = browser.get(&path).expect(200).0.body;
        let token = path.rsplit('/').next().unwrap().to_owned();
        let key = key_in(&page).unwrap().to_owned();
        [page, data].map(|text| text.replace(&nonce, "").replace(&key, "").replace(&token, "").replace(email, ""))
    };
    let nobody = shown("nobody@acme.test");
    for email in ["noor@acme.test", "mia@acme.test", "owner@acme.test"] {
        assert_eq!(shown(email), nobody, "{email}");
    }
}

#[test]
fn someone_new_meets_what_the_account_requires_at_once() {
    let world = World::new();
    let owner = owner(&world);
    let path = link(&invite(&owner, "una@acme.test", "member").expect(201));
    world.require("acme", true, "next_login");
    let una = world.browser();
    una.post(&path, json!({ "password": GOOD })).expect(200).field("next", "enrol");
    assert_eq!(una.stage(), "enrol");
    una.get("/").expect(401);
}

/// S10: what joining was decided on is compared again as it happens.
#[test]
fn a_rule_made_while_someone_joins_holds_for_them() {
    for (sql, status) in [
        ("UPDATE accounts SET two_factor_required = 1, required_since = 1", 409),
        ("DELETE FROM invitations", 404),
        ("UPDATE invitations SET expires_at = 0", 404),
        ("UPDATE users SET password_phc = 'x', password_key = 'p1' WHERE email = 'una@acme.test'", 409),
    ] {
        let world = World::new();
        let path = link(&invite(&owner(&world), "una@acme.test", "member").expect(201));
        let una = world.browser();
        world.db.run_before_batch(2, sql);
        una.post(&path, json!({ "password": GOOD })).expect(status);
        assert_eq!(una.stage(), "none");
        assert_eq!(world.count("SELECT count(*) FROM sessions WHERE site = 'edge'"), 0, "{sql}");
        assert_eq!(world.count("SELECT count(*) FROM memberships WHERE state = 'invited'"), 1, "{sql}");
    }
    // A rule made after the request arrived, and before it was looked at, holds for them as for the next login.
    let world = World::new();
    let path = link(&invite(&owner(&world), "una@acme.test", "member").expect(201));
    let una = world.browser();
    let since = world.now.get().0 + 150;
    let rule: &'static str =
        Box::leak(format!("UPDATE accounts SET two_factor_required = 1, required_since = {since}").into_boxed_str());
    world.db.run_before_batch(1, rule);
    una.post(&path, json!({ "password": GOOD })).expect(200).field("next", "enrol");
    world.wait_s(60);
    assert_eq!(una.stage(), "enrol");
    for sql in [
        "DELETE FROM sessions",
        "UPDATE users SET must_enrol = 1 WHERE id = 'mia'",
        "INSERT INTO authenticators SELECT 'x', 'mia', name, algorithm, digits, period_s, sealed_seed, seed_key,
           last_step, created_at, last_used_at, burned_steps FROM authenticators WHERE user_id = 'noor'",
    ] {
        let world = World::new();
        let path = eves(&eve(&world), "mia@acme.test");
        let mia = world.browser();
        login_to_join(&mia, "mia@acme.test").expect(200);
        world.db.run_before_batch(2, sql);
        press(&mia, &path).expect(409).field("code", "conflict");
        assert_eq!(world.count("SELECT count(*) FROM memberships WHERE state = 'invited'"), 1, "{sql}");
    }
}

/// F14: nobody joins as someone else by mistake.
#[test]
fn whoever_is_signed_in_as_someone_else_signs_out_first() {
    let world = World::new();
    let path = link(&invite(&owner(&world), "una@acme.test", "member").expect(201));
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    assert!(opened(&mia, &path).expect(200).0.body.contains("mia@acme.test"));
    mia.get(&path).expect(200).field("next", "logout");
    press(&mia, &path).expect(409).field("code", "other_login");
    mia.post(&path, json!({ "password": GOOD })).expect(409).field("code", "other_login");
    mia.post("/auth/logout", json!({})).expect(204);
    mia.post(&path, json!({ "password": GOOD })).expect(200).field("next", "done");
}

#[test]
fn tries_at_an_invitation_are_slowed_by_network() {
    let world = World::new();
    let path = eves(&eve(&world), "mia@acme.test");
    world.brake_admits.set(false);
    world.browser().post(&path, json!({ "password": PASSWORD })).expect(429);
    let line: Value = serde_json::from_str(world.log.0.borrow().last().unwrap()).unwrap();
    assert_eq!([&line["action"], &line["result"]], ["join", "brake"]);
}

/// Taking an invitation back does nothing to someone who has not joined.
#[test]
fn a_withdrawn_invitation_ends_no_session_elsewhere() {
    let world = World::new();
    let eve = eve(&world);
    let path = eves(&eve, "mia@acme.test");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    eve.send(&eve.request("DELETE", &format!("{UMBRA}/mia"), "")).expect(204);
    assert_eq!(mia.stage(), "full");
    mia.get(&path).expect(404);
}

/// Someone deactivated in one account and invited by another signs in to join and for nothing else, and the account that
/// deactivated them sees it. Demoting someone who has not joined ends nothing of theirs.
#[test]
fn someone_who_belongs_nowhere_can_join_and_nothing_else() {
    let world = World::new();
    let owner = owner(&world);
    owner.send(&owner.request("PATCH", &format!("{USERS}/leo"), r#"{"active":false}"#)).expect(200);
    let eve = eve(&world);
    let id = "leo";
    eve.post(UMBRA, json!({ "email": "leo@acme.test", "name": "Leo", "role": "owner" })).expect(201);
    let leo = world.browser();
    leo.post("/auth/login", json!({ "email": "leo@acme.test", "password": PASSWORD, "return_to": "/auth/profile" }))
        .expect(200);
    leo.get("/auth/enrol").expect(403).field("code", "no_account");
    leo.get("/").expect(403).field("code", "no_account");
    let told = |account: &str| {
        world
            .texts("SELECT account_id || ' ' || action FROM audit WHERE target_id = 'leo'")
            .contains(&account.to_owned())
    };
    assert!(told("acme login") && !told("umbra login"));
    eve.send(&eve.request("PATCH", &format!("{UMBRA}/{id}"), r#"{"role":"member"}"#)).expect(200);
    assert_eq!(leo.stage(), "full", "it ends nothing of someone who has not joined");
    assert_eq!(world.count("SELECT count(*) FROM barred"), 0);
    // And they look after their own profile.
    leo.post("/auth/profile/edit", json!({ "name": "L" })).expect(204);
    leo.post("/auth/sessions/end-others", json!({})).expect(204);
}

/// S13: an invitation is worth what its maker is worth.
#[test]
fn an_invitation_ends_with_the_power_of_its_maker() {
    let world = World::new();
    let owner = owner(&world);
    type End = for<'w> fn(&Browser<'w>) -> Answer;
    let ends: [(&str, End); 4] = [
        ("demoted", |owner| owner.send(&owner.request("PATCH", &format!("{USERS}/ada"), r#"{"role":"member"}"#))),
        ("deactivated", |owner| owner.send(&owner.request("PATCH", &format!("{USERS}/ada"), r#"{"active":false}"#))),
        ("removed", |owner| owner.send(&owner.request("DELETE", &format!("{USERS}/ada"), ""))),
        ("reset", |owner| press(owner, &format!("{USERS}/ada/two-factor/reset"))),
    ];
    let ada = colleague(&world, "ada", Role::Admin);
    let others = link(&invite(&owner, "una@acme.test", "member").expect(201));
    let before = (link(&invite(&ada, "back@acme.test", "admin").expect(201)), world.db.dump());
    for (how, end) in ends {
        let (path, dump) = &before;
        world.db.restore(dump);
        world.browser().get(path).expect(200);
        assert!((200..300).contains(&end(&owner).0.status), "{how}");
        world.browser().get(path).expect(404);
        world.browser().post(path, json!({ "password": GOOD })).expect(404);
        world.browser().get(&others).expect(200);
        // Whoever is left may make another.
        owner.post(USERS, json!({ "email": "back@acme.test", "name": "B", "role": "member" })).expect(201);
    }
}

/// A link opens what it was given out for: whoever made it may know it, and could not give more.
#[test]
fn a_link_given_out_for_less_opens_no_more() {
    let world = World::new();
    let owner = owner(&world);
    let ada = colleague(&world, "ada", Role::Admin);
    let path = link(&invite(&ada, "una@acme.test", "admin").expect(201));
    let id = world.text("SELECT id FROM users WHERE email = 'una@acme.test'");
    let patch = |role: &str| {
        let body = json!({ "role": role }).to_string();
        owner.send(&owner.request("PATCH", &format!("{USERS}/{id}"), &body)).expect(200)
    };
    patch("member").field("name", "Una Ude");
    world.browser().get(&path).expect(200);
    patch("owner").field("name", "Una Ude");
    world.browser().post(&path, json!({ "password": GOOD })).expect(404);
    let path = link(&invite(&owner, "una@acme.test", "owner").expect(201));
    world.browser().post(&path, json!({ "password": GOOD })).expect(200);
}

/// Some browsers show scripts of the app the addresses of the tab's earlier pages. What people are sent to from an invitation
/// says nothing of its link, and what the cookie opens is opened by its own page alone.
#[test]
fn no_page_stands_at_the_address_of_a_link() {
    let world = World::new();
    let owner = owner(&world);
    let path = link(&invite(&owner, "una@acme.test", "member").expect(201));
    let token = path.rsplit('/').next().unwrap().to_owned();
    let una = world.browser();
    let page = opened(&una, &path).expect(200).0;
    assert!(page.body.contains("Join Acme") && !page.body.contains(&token), "{}", page.body);
    assert!(page.body.contains("/auth/login?return_to=/auth/invite\""), "{}", page.body);
    let password = "password=seven+grey+herons+wade";
    // A script of the app can send a form here, or put another link's cookie in between.
    una.submit(INVITATION, password).expect(403);
    let own = una.twin();
    let others = link(&invite(&owner, "back@acme.test", "member").expect(201));
    opened(&una, &others).expect(200);
    let key = key_in(&page.body).unwrap();
    una.submit(INVITATION, &format!("{password}&key={key}")).expect(403);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE state = 'invited'"), 2);
    let joined = own.submit(INVITATION, &format!("{password}&key={key}")).expect(303);
    assert_eq!(joined.header("location"), Some("/"));
    own.open(INVITATION).expect(404);
    // Of two cookies none counts, and the one that a page of the app has set in its own partition is taken back.
    let mut two = una.request("GET", INVITATION, "");
    two.headers.push(("cookie".to_owned(), "__Host-airlock-invitation=another".to_owned()));
    let cleared = una.send(&two).expect(404).header("set-cookie").unwrap_or_default().to_owned();
    assert!(cleared.starts_with("__Host-airlock-invitation=; ") && cleared.contains("Partitioned"), "{cleared}");
    // A link that something was put behind still works, and stands nowhere; what is no token is nobody's cookie.
    for (behind, status) in
        [("", 200), (".", 200), (")", 200), ("/", 200), ("/x?y=z", 200), (";b", 200), ("x", 404), ("%0d%0ab=", 200)]
    {
        let browser = world.browser();
        let answer = opened(&browser, &format!("{others}{behind}")).expect(status);
        assert!(!answer.0.body.contains(others.rsplit('/').next().unwrap()), "{behind}");
        browser.post("/auth/logout", json!({})).expect(204);
        browser.open(INVITATION).expect(404);
    }
    world.browser().get("/auth/invite/a/b").expect(404);
    // It is the page alone that the cookie opens.
    opened(&una, &others).expect(200);
    una.get(INVITATION).expect(200).field("next", "password");
    una.get("/auth/invite/").expect(404);
    // What joining is kept under names no link either, also where a page of before asks for it.
    let leo = world.browser();
    let login = json!({ "email": "leo@acme.test", "password": PASSWORD, "return_to": others });
    leo.post("/auth/login", login).expect(200).field("return_to", INVITATION);
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(others.rsplit('/').next().unwrap()));
    let mia = world.browser();
    login_to_join(&mia, "mia@acme.test").expect(200).field("return_to", INVITATION);
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&token));
}

/// L4: when several invite one address at once, one gets a link that works, and the others are told.
#[test]
fn when_eight_invite_at_once_one_wins() {
    let world = World::new();
    let owner = owner(&world);
    let body = json!({ "email": "una@acme.test", "name": "Una", "role": "member" }).to_string();
    for _ in 0..2 {
        let requests: Vec<_> = (0..8).map(|_| owner.request("POST", USERS, &body)).collect();
        let statuses = world.at_once(&requests);
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'member_invited'"), 2);
    assert_eq!(world.count("SELECT count(*) FROM invitations WHERE invited_by = 'owner'"), 1);
}

/// S15: one spelling of an address, in ASCII; all else is refused, by the form and by the API.
#[test]
fn only_the_canonical_form_of_an_address_is_invited() {
    let world = World::new();
    let owner = owner(&world);
    let long = format!("{}@acme.test", "x".repeat(65));
    let longer = format!("x@{}.test", ["y".repeat(63), "y".repeat(63), "y".repeat(63), "y".repeat(63)].join("."));
    let bad = [
        "\u{feff}mia@acme.test",
        "mia@acme.te\u{17f}t",
        "mia@ac\u{212a}.test",
        "mi\u{200b}a@acme.test",
        "\u{202e}mia@acme.test",
        "mia@@acme.test",
        "<mia@acme.test>",
        "a@x,b@x",
        "Mia <mia@acme.test>",
        "mia@b\u{fc}cher.test",
        "m\u{fc}a@acme.test",
        ".mia@acme.test",
        "mi..a@acme.test",
        "mia.@acme.test",
        "\"mia\"@acme.test",
        "mia@-acme.test",
        "mia@acme-.test",
        "mia@acme..test",
        "mia@acme.test.",
        "mia@acme_x.test",
        "mia@[127.0.0.1]",
        "mia acme@acme.test",
        "mia",
        "@acme.test",
        "mia@",
        "",
        &long,
        &longer,
    ];
    let users = world.db.table("SELECT * FROM users");
    for email in bad {
        invite(&owner, email, "member").expect(400).field("code", "invalid_request");
        let typed = form_urlencoded::byte_serialize(email.as_bytes()).collect::<String>();
        owner.submit("/members", &format!("account=acme&name=N&role=member&email={typed}")).expect(400);
    }
    assert_eq!(world.db.table("SELECT * FROM users"), users);
    for (typed, kept) in [
        (" X.y+z!#$%&'*/=?^_`{|}~-@A-1.Xn--Bcher-Kva.Test\n", "x.y+z!#$%&'*/=?^_`{|}~-@a-1.xn--bcher-kva.test"),
        ("n@localhost", "n@localhost"),
    ] {
        let invited = invite(&owner, typed, "member").expect(201);
        assert_eq!(invited.json()["user"]["email"], kept);
    }
}

/// Addresses from before there was one canonical form still sign in.
#[test]
fn an_older_address_still_signs_in() {
    let world = World::new();
    for (id, email) in [("old", "m\u{fc}a@acme.test"), ("quoted", "\"q\"@acme.test")] {
        world.add_user("acme", id, email, Role::Member, None);
        world.browser().login(&format!(" {email} ")).expect(200).field("next", "done");
    }
}
