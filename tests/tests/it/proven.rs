//! Proven addresses: a mailed link goes to its address alone, whoever follows it reads mail there, and who claimed the address
//! before holds nothing against them.

use airlock::{
    limit::{INVITATIONS_OF_ACCOUNT, INVITATIONS_TO_ADDRESS},
    people::Role,
};
use airlock_tests::{Answer, Browser, World, key_in};
use serde_json::{Value, json};

use crate::{
    admin::owner,
    invitations::{INVITATION, UMBRA, USERS, eve, eves, invite, link, login_to_join, opened, press, user},
};

const UNA: &str = "una@acme.test";
const START_OVER: &str = "/auth/start-over";
const GOOD: &str = "seven grey herons wade";
const OTHER: &str = "nine white egrets stand";

/// A world that sends mails.
fn world() -> World {
    let world = World::new();
    world.send_mails();
    world
}

/// The path of the link that was mailed to an address last.
fn mailed(world: &World, address: &str) -> String {
    world.poked();
    world.post.to(address).last().unwrap().link().to_owned()
}

/// Whether someone's address is proven, as they are told themselves.
fn verified(browser: &Browser<'_>) -> Value {
    browser.get("/auth/session").expect(200).json()["user"]["email_verified"].clone()
}

fn proven_at(world: &World, email: &str) -> i64 {
    world.count(Box::leak(
        format!("SELECT ifnull(email_proven_at, 0) FROM users WHERE email = '{email}'").into_boxed_str(),
    ))
}

/// Eve has invited the address when no mail was sent, and joined herself, with a second factor of her own: the squatter's browser.
fn squatted<'w>(world: &'w World, eve: &Browser<'w>) -> Browser<'w> {
    world.configure_mail(false);
    let path = eves(eve, UNA);
    world.configure_mail(true);
    let squatter = world.browser();
    squatter.post(&path, json!({ "password": OTHER })).expect(200).field("next", "done");
    squatter
}

/// Opens the link as a person does, and ends the login that the address has.
fn start_over(browser: &Browser<'_>, path: &str) -> Answer {
    opened(browser, path).expect(200);
    browser.post(START_OVER, json!({ "password": GOOD, "start_over": true }))
}

#[test]
fn where_mail_is_sent_the_link_goes_to_the_address_and_to_nobody_else() {
    let world = world();
    let owner = owner(&world);
    let invited = invite(&owner, UNA, "member").expect(201);
    assert_eq!(invited.json()["invite_url"], Value::Null);
    let shown = owner.submit("/members", "account=acme&email=Zoe%40Acme.Test&name=Zoe&role=member").expect(303);
    let page = owner.follow(shown).expect(200).0.body;
    assert!(page.contains("We&#39;ve sent the invitation to zoe@acme.test") && page.contains("seven days"), "{page}");
    assert!(!page.contains("/invite/"), "{page}");
    let zoe = world.text("SELECT id FROM users WHERE email = 'zoe@acme.test'");
    let page = owner.open(&format!("/members/{zoe}?account=acme")).expect(200).0.body;
    assert!(page.contains("Send the invitation again") && !page.contains("/invite/"), "{page}");
    owner.open("/shown?account=acme").expect(410);
    let made = json!({ "name": "t", "scopes": ["users:write"] });
    let token =
        owner.post("/api/v1/accounts/acme/tokens", made).expect(201).json()["token"].as_str().unwrap().to_owned();
    let mut request = world.admin().request("POST", USERS, r#"{"email":"t@acme.test","name":"T","role":"member"}"#);
    request.headers.retain(|(name, _)| name != "sec-fetch-site");
    airlock_tests::set_header(&mut request, "authorization", &format!("Bearer {token}"));
    let by_token = owner.send(&request).expect(201);
    assert_eq!(by_token.json()["invite_url"], Value::Null);
    // What the database and the answers say opens nothing.
    let path = mailed(&world, UNA);
    let token = path.rsplit('/').next().unwrap().to_owned();
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&token));
    assert!(!invited.0.body.contains(&token));
    // Sent again, the one before is worth nothing.
    invite(&owner, UNA, "member").expect(201);
    world.browser().get(&path).expect(404);
    world.browser().get(&mailed(&world, UNA)).expect(200);
}

#[test]
fn a_mail_says_nothing_that_whoever_invites_has_typed() {
    let world = world();
    let typed = json!({ "email": UNA, "name": "Your account was hacked, call 555", "role": "member" });
    owner(&world).post(USERS, typed).expect(201);
    mailed(&world, UNA);
    let [mail] = &world.post.to(UNA)[..] else { panic!("one mail") };
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(!part.contains("hacked"), "{part}");
    }
    assert!(mail.text.contains("owner@acme.test") && mail.text.contains("Acme"), "{}", mail.text);
}

#[test]
fn a_mail_tells_the_time_as_its_reader_writes_it() {
    for (language, until) in
        [("en", "2027-01-22 08:00 UTC"), ("de", "22.01.2027 08:00 UTC"), ("hi", "22/01/2027 08:00 UTC")]
    {
        let world = world();
        let owner = owner(&world);
        owner.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), language.to_owned());
        invite(&owner, UNA, "member").expect(201);
        mailed(&world, UNA);
        let [mail] = &world.post.to(UNA)[..] else { panic!("one mail") };
        assert!(mail.text.contains(until) && mail.html.contains(until), "{}", mail.text);
    }
}

#[test]
fn whoever_follows_a_mailed_link_has_proven_the_address() {
    let world = world();
    let owner = owner(&world);
    invite(&owner, UNA, "member").expect(201);
    let una = world.browser();
    let path = mailed(&world, UNA);
    una.get(&path).expect(200).field("next", "password");
    assert_eq!(proven_at(&world, UNA), 0, "opening it is no more than looking");
    una.post(&path, json!({ "password": GOOD })).expect(200);
    assert_eq!(verified(&una), true);
    una.get("/").expect(200);
    let listed = owner.get(USERS).json();
    assert_eq!(user(&listed, UNA)["email_verified"], true);
    assert_eq!(user(&listed, "mia@acme.test")["email_verified"], false);
    // A full session of an existing login does it too.
    let eve = eve(&world);
    eve.post(UMBRA, json!({ "email": "mia@acme.test", "name": "Mia", "role": "member" })).expect(201);
    let mia = world.browser();
    let path = mailed(&world, "mia@acme.test");
    mia.get(&path).expect(200).field("next", "login");
    let page = opened(&mia, &path).expect(200).0.body;
    assert!(
        page.contains("/auth/login?return_to=/auth/invite\"") && page.contains("href=\"/auth/start-over\""),
        "{page}"
    );
    login_to_join(&mia, "mia@acme.test").expect(200).field("return_to", INVITATION);
    assert_eq!(verified(&mia), false, "not before it was followed");
    press(&mia, &path).expect(204);
    assert_eq!(verified(&mia), true);
}

#[test]
fn a_link_that_was_printed_or_shown_proves_nothing() {
    let world = World::new();
    let path = link(&invite(&owner(&world), UNA, "member").expect(201));
    world.send_mails();
    let una = world.browser();
    una.get(&path).expect(200).field("next", "password");
    una.post(&path, json!({ "password": GOOD })).expect(200);
    assert_eq!(verified(&una), false);
    una.open(START_OVER).expect(404);
}

/// The link says who reads the mail of the address it went to, and of no other.
#[test]
fn a_link_to_an_address_of_before_is_worth_nothing() {
    let world = world();
    invite(&owner(&world), UNA, "member").expect(201);
    let path = mailed(&world, UNA);
    world.browser().get(&path).expect(200);
    world.db.execute("UPDATE users SET email = 'ude@acme.test' WHERE email = 'una@acme.test'", &[]);
    world.browser().post(&path, json!({ "password": GOOD })).expect(404);
    assert_eq!(proven_at(&world, "ude@acme.test"), 0);
}

/// S3: with mail, whoever holds the link may know; whoever invites learns nothing.
#[test]
fn whoever_invites_learns_nothing_of_whom_they_invite() {
    let world = world();
    world.db.execute("UPDATE users SET email_proven_at = 1 WHERE id = 'noor'", &[]);
    let eve = eve(&world);
    let seen = |email: &str| {
        let answer = eve.post(UMBRA, json!({ "email": email, "name": "N", "role": "member" })).expect(201).json();
        let listed = user(&eve.get(UMBRA).json(), email).clone();
        let id = listed["id"].as_str().unwrap().to_owned();
        let page = eve.open(&format!("/members/{id}?account=umbra")).expect(200).0.body;
        let nonce = page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let text = format!("{answer}{listed}{page}").replace(&nonce, "").replace(&key, "");
        text.replace(email, "").replace(&id, "").replace(&email.replace('@', "%40"), "")
    };
    let nobody = seen("nobody@acme.test");
    for email in ["noor@acme.test", "mia@acme.test"] {
        assert_eq!(seen(email), nobody, "{email}");
    }
}

/// S2: B squats an address before A invites the real person.
#[test]
fn who_claimed_an_address_holds_nothing_against_its_owner() {
    let world = world();
    let eve = eve(&world);
    let squatter = squatted(&world, &eve);
    let old = world.text("SELECT id FROM users WHERE email = 'una@acme.test'");
    // It is an admin there, with a token, an invitation it made and a browser that is known.
    world.db.execute("UPDATE memberships SET role = 'owner' WHERE user_id = ?1", &[old.as_str().into()]);
    world.db.execute(
        "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
         VALUES ('x', 'x', 'umbra', ?1, 't', 'users:read', 0, 1 << 52)",
        &[old.as_str().into()],
    );
    world.db.execute(
        "INSERT INTO browsers (id, user_id, token_hash, created_at, expires_at) VALUES ('x', ?1, 'x', 0, 1 << 52)",
        &[old.as_str().into()],
    );
    eve.post(UMBRA, json!({ "email": "ivo@acme.test", "name": "I", "role": "member" })).expect(201);
    world.db.execute("UPDATE invitations SET invited_by = ?1", &[old.as_str().into()]);
    squatter.get("/").expect(200);
    invite(&owner(&world), UNA, "member").expect(201);
    let path = mailed(&world, UNA);
    // Another account has invited the address too, by a link that was shown: that one stays.
    world.add_account("globex");
    world.join("globex", "owner", "owner@acme.test", Role::Owner);
    world.configure_mail(false);
    let globex = "/api/v1/accounts/globex/users";
    world.wait_s(30);
    let third = link(&owner(&world).post(globex, json!({ "email": UNA, "name": "U", "role": "admin" })).expect(201));
    world.configure_mail(true);

    let una = world.browser();
    let page = opened(&una, &path).expect(200).0.body;
    assert!(page.contains("already a login for una@acme.test") && !page.contains("type=\"password\""), "{page}");
    una.post(&path, json!({ "password": GOOD })).expect(409).field("code", "login_exists");
    let page = una.open(START_OVER).expect(200).0.body;
    assert!(page.contains("Umbra") && !page.contains("Globex"), "it names what ends: {page}");
    una.get(START_OVER).expect(200).field("next", "start_over");
    una.post(START_OVER, json!({ "password": GOOD })).expect(400);
    una.post(START_OVER, json!({ "password": GOOD, "start_over": false })).expect(400);
    una.post(START_OVER, json!({ "password": "short", "start_over": true })).expect(400).field("code", "weak_password");
    assert_eq!(squatter.stage(), "full");

    una.post(START_OVER, json!({ "password": GOOD, "start_over": true })).expect(200).field("next", "done");
    assert_eq!(una.stage(), "full");
    let session = una.get("/auth/session").json();
    assert_eq!(session["user"]["email_verified"], true);
    assert_eq!(session["user"]["name"], "Una Ude");
    assert_ne!(session["user"]["id"], json!(old), "the app takes them for someone else");
    assert_eq!(session["accounts"], json!([{ "id": "acme", "name": "Acme", "role": "member" }]));
    // Nothing of the squatter is left.
    assert_eq!(squatter.stage(), "none");
    squatter.get("/").expect(401);
    let login =
        |password: &str| world.browser().post("/auth/login", json!({ "email": UNA, "password": password })).0.status;
    assert_eq!([login(OTHER), login(GOOD)], [401, 200]);
    for sql in ["api_tokens", "browsers", "sessions", "memberships", "authenticators", "recovery_codes"] {
        let sql = format!("SELECT count(*) FROM {sql} WHERE user_id = '{old}'");
        assert_eq!(world.count(Box::leak(sql.clone().into_boxed_str())), 0, "{sql}");
    }
    assert_eq!(
        world.count("SELECT count(*) FROM invitations i JOIN users u ON u.id = i.user_id WHERE u.email LIKE 'ivo%'"),
        0
    );
    // Each account sees what concerns it, and whoever invited learns nothing of what was before.
    let rows = world.texts(
        "SELECT account_id || ' ' || action || ' ' || result FROM audit
         WHERE id >= (SELECT id FROM audit WHERE action = 'started_over') ORDER BY id",
    );
    assert_eq!(rows[..3], ["umbra started_over ok", "acme member_joined ok", "acme login ok"]);
    assert_eq!(world.text("SELECT target_id FROM audit WHERE action = 'started_over'"), old);
    // The link is used, and the third account's still invites whom it invited.
    una.get(&path).expect(404);
    una.get(&third).expect(200).field("next", "join");
    press(&una, &third).expect(403).field("code", "reauth_required");
}

/// S2, when A was first: B's link cannot be followed to anything that A's invitation opens.
#[test]
fn who_claims_an_address_after_it_was_invited_holds_nothing_against_its_owner() {
    let world = world();
    invite(&owner(&world), UNA, "member").expect(201);
    let path = mailed(&world, UNA);
    let eve = eve(&world);
    let squatter = squatted(&world, &eve);
    assert_eq!(verified(&squatter), false);
    assert_eq!(squatter.get("/auth/session").json()["accounts"][0]["id"], "umbra");
    let una = world.browser();
    start_over(&una, &path).expect(200);
    assert_eq!([una.stage(), squatter.stage()], ["full", "none"]);
    // Or the real person was faster: then the squatter's link opens nothing without their session.
    let world = self::world();
    invite(&owner(&world), UNA, "member").expect(201);
    let una = world.browser();
    una.post(&mailed(&world, UNA), json!({ "password": GOOD })).expect(200);
    let eve = self::eve(&world);
    world.configure_mail(false);
    let shown = eves(&eve, UNA);
    world.browser().post(&shown, json!({ "password": OTHER })).expect(409);
    assert_eq!(una.stage(), "full");
}

#[test]
fn who_has_proven_their_address_is_never_started_over() {
    let world = world();
    world.db.execute("UPDATE users SET email_proven_at = 1 WHERE id = 'mia'", &[]);
    let eve = eve(&world);
    eve.post(UMBRA, json!({ "email": "mia@acme.test", "name": "Mia", "role": "member" })).expect(201);
    let path = mailed(&world, "mia@acme.test");
    let browser = world.browser();
    let page = opened(&browser, &path).expect(200).0.body;
    assert!(!page.contains("start-over"), "{page}");
    assert_eq!(browser.open(START_OVER).expect(303).header("location"), Some(INVITATION));
    start_over(&browser, &path).expect(409);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'started_over'"), 0);
    world.browser().login("mia@acme.test").expect(200);
    // Nor by a link that was shown, nor by the session that could join.
    world.db.execute("UPDATE users SET email_proven_at = NULL WHERE id = 'mia'", &[]);
    world.db.execute("UPDATE invitations SET mailed = 0", &[]);
    start_over(&browser, &path).expect(409);
    world.db.execute("UPDATE invitations SET mailed = 1", &[]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    start_over(&mia, &path).expect(409);
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200);
    start_over(&leo, &path).expect(409);
    leo.post("/auth/logout", json!({})).expect(204);
    start_over(&leo, &path).expect(200);
    assert_eq!(leo.get("/auth/session").json()["user"]["email"], "mia@acme.test");
}

/// Whatever happens meanwhile, one of the two loses.
#[test]
fn starting_over_loses_to_what_was_proven_or_changed_meanwhile() {
    for (sql, status) in [
        ("UPDATE users SET email_proven_at = 1 WHERE email = 'una@acme.test'", 409),
        ("UPDATE users SET password_phc = NULL WHERE email = 'una@acme.test'", 409),
        ("UPDATE invitations SET mailed = 0", 409),
        ("UPDATE invitations SET expires_at = 0", 404),
        ("DELETE FROM invitations", 404),
        ("UPDATE accounts SET two_factor_required = 1, required_since = 1 WHERE id = 'acme'", 409),
    ] {
        let world = world();
        let eve = eve(&world);
        squatted(&world, &eve);
        invite(&owner(&world), UNA, "member").expect(201);
        let path = mailed(&world, UNA);
        let una = world.browser();
        opened(&una, &path).expect(200);
        let users = world.db.table("SELECT id, email FROM users");
        world.db.run_before_batch(2, sql);
        una.post(START_OVER, json!({ "password": GOOD, "start_over": true })).expect(status);
        assert_eq!(una.stage(), "none", "{sql}");
        assert_eq!(world.db.table("SELECT id, email FROM users"), users, "{sql}");
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'started_over'"), 0, "{sql}");
    }
    // A login that was under way loses to it.
    let world = world();
    let eve = eve(&world);
    squatted(&world, &eve);
    world.db.run_before_batch(2, "DELETE FROM users WHERE email = 'una@acme.test'");
    world.browser().post("/auth/login", json!({ "email": UNA, "password": OTHER })).expect(401);
}

#[test]
fn starting_over_is_all_or_nothing_and_done_once() {
    let world = world();
    let eve = eve(&world);
    squatted(&world, &eve);
    invite(&owner(&world), UNA, "member").expect(201);
    let path = mailed(&world, UNA);
    let una = world.browser();
    opened(&una, &path).expect(200);
    let page = una.open(START_OVER).expect(200).0.body;
    let key = key_in(&page).unwrap().to_owned();
    // A script of the app has no key.
    una.submit(START_OVER, "password=seven+grey+herons+wade&start_over=true").expect(403);
    let form = format!("password=seven+grey+herons+wade&start_over=true&key={key}");
    let twice = una.twin();
    let done = una.submit(START_OVER, &form).expect(303);
    assert_eq!(done.header("location"), Some("/"));
    // The same form again is answered again.
    twice.submit(START_OVER, &form).expect(303);
    assert_eq!([una.stage(), twice.stage()], ["full", "full"]);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'started_over'"), 1);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'una@acme.test'"), 1);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email NOT LIKE '%@%'"), 0);
    // Found by its address and name as any member is, and counted once.
    world.wait_s(30);
    let owner = owner(&world);
    assert_eq!(owner.get(&format!("{USERS}?q=una@acme")).json()["users"].as_array().unwrap().len(), 1);
    assert_eq!(owner.get(&format!("{USERS}?q=ude")).json()["users"].as_array().unwrap().len(), 1);
    assert_eq!(world.count("SELECT members FROM accounts WHERE id = 'umbra'"), 1);
    assert_eq!(
        world.count("SELECT members FROM accounts WHERE id = 'acme'"),
        world.count("SELECT count(*) FROM memberships WHERE account_id = 'acme' AND state = 'active'")
    );
}

/// An account that is left without an owner goes on: else whoever claims an address need only make themselves the last.
#[test]
fn the_last_owner_of_an_account_is_no_exception() {
    let world = world();
    let eve = eve(&world);
    let squatter = squatted(&world, &eve);
    world.db.execute("UPDATE memberships SET role = 'owner' WHERE email = 'una@acme.test'", &[]);
    world.db.execute("DELETE FROM memberships WHERE user_id = 'eve'", &[]);
    invite(&owner(&world), UNA, "member").expect(201);
    start_over(&world.browser(), &mailed(&world, UNA)).expect(200);
    assert_eq!(squatter.stage(), "none");
    assert_eq!(world.count("SELECT members FROM accounts WHERE id = 'umbra'"), 0);
}

#[test]
fn what_the_account_requires_is_asked_of_someone_who_starts_over() {
    let world = world();
    let eve = eve(&world);
    squatted(&world, &eve);
    world.require("umbra", true, "now");
    invite(&owner(&world), UNA, "member").expect(201);
    let path = mailed(&world, UNA);
    let una = world.browser();
    start_over(&una, &path).expect(200).field("next", "done");
    let world = self::world();
    let eve = self::eve(&world);
    squatted(&world, &eve);
    invite(&owner(&world), UNA, "member").expect(201);
    world.require("acme", true, "next_login");
    let una = world.browser();
    start_over(&una, &mailed(&world, UNA)).expect(200).field("next", "enrol");
}

#[test]
fn nobodys_mailbox_is_flooded_by_invitations() {
    let world = world();
    let owner = owner(&world);
    for _ in 0..INVITATIONS_TO_ADDRESS {
        invite(&owner, UNA, "member").expect(201);
    }
    let id = world.text("SELECT id FROM users WHERE email = 'una@acme.test'");
    // Withdrawing it does not help.
    owner.send(&owner.request("DELETE", &format!("{USERS}/{id}"), "")).expect(204);
    let refused = invite(&owner, UNA, "member").expect(429).field("code", "too_many_attempts");
    assert_eq!(refused.header("retry-after"), Some("86400"));
    let page = owner.submit("/members", "account=acme&email=una%40acme.test&name=U&role=member").expect(429);
    assert!(page.0.body.contains("Too many invitations"), "{}", page.0.body);
    for number in INVITATIONS_TO_ADDRESS..INVITATIONS_OF_ACCOUNT {
        invite(&owner, &format!("u{number}@acme.test"), "member").expect(201);
    }
    let users = world.db.table("SELECT * FROM users");
    let refused = invite(&owner, "one-more@acme.test", "member").expect(429);
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(world.db.table("SELECT * FROM users"), users, "it leaves nothing behind");
    // Another account has its own, and so has this one later.
    let eve = eve(&world);
    eve.post(UMBRA, json!({ "email": UNA, "name": "U", "role": "member" })).expect(201);
    world.wait_s(3_600);
    let owner = self::owner(&world);
    invite(&owner, "one-more@acme.test", "member").expect(201);
    invite(&owner, UNA, "member").expect(429);
    world.wait_s(23 * 3_600);
    let owner = self::owner(&world);
    invite(&owner, UNA, "member").expect(201);
    // Where links are handed over there is no mailbox to flood.
    world.configure_mail(false);
    for _ in 0..=INVITATIONS_TO_ADDRESS {
        invite(&owner, UNA, "member").expect(201);
    }
}

#[test]
fn admins_see_whose_address_is_proven_only_of_members_and_only_where_mail_is_sent() {
    let world = World::new();
    let page = |path: &str| owner(&world).open(path).expect(200).0.body;
    let says = "E-mail address not verified yet";
    assert!(!page("/members?account=acme").contains(says));
    world.wait_s(30);
    world.send_mails();
    world.db.execute("UPDATE users SET email_proven_at = 1 WHERE id <> 'mia'", &[]);
    assert_eq!(page("/members?account=acme").matches(says).count(), 1);
    world.wait_s(30);
    assert!(page("/members/mia?account=acme").contains(says));
    world.wait_s(30);
    assert!(!page("/members/leo?account=acme").contains(says));
}

/// The round trips of what is new.
#[test]
fn what_is_new_costs_two_round_trips() {
    let world = world();
    let eve = eve(&world);
    squatted(&world, &eve);
    let owner = owner(&world);
    let spent = |name: &str, most: usize, act: &dyn Fn()| {
        world.db.round_trips.set(0);
        act();
        assert_eq!(world.db.round_trips.get(), most, "{name}");
    };
    spent("invite by mail", 2, &|| drop(invite(&owner, UNA, "member").expect(201)));
    let path = mailed(&world, UNA);
    let una = world.browser();
    opened(&una, &path).expect(200);
    spent("the page", 1, &|| drop(una.open(START_OVER).expect(200)));
    let sure = json!({ "password": GOOD, "start_over": true });
    spent("starting over", 2, &|| drop(una.post(START_OVER, sure.clone()).expect(200)));
}
