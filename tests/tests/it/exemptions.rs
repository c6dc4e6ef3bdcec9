//! Exemptions: a member without an authenticator goes without two-factor login until a day, for a reason, and no longer.

use airlock::{people::Role, ports::Now};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, World};
use serde_json::{Value, json};

use crate::admin::{POLICY, colleague, owner};

const DAY_S: i64 = 86_400;
const MIA: &str = "/api/v1/accounts/acme/users/mia/two-factor/exemption";

fn day(world: &World, days: i64) -> String {
    Now(world.now.get().0 + days * DAY_S * 1000).rfc3339()
}

fn exempt(owner: &Browser<'_>, until: &str) -> Value {
    let fields = json!({ "until": until, "reason": "Shared mailbox" });
    owner.send(&owner.request("PUT", MIA, &fields.to_string())).expect(200).json()
}

fn next(world: &World) -> String {
    world.browser().login("mia@acme.test").expect(200).json()["next"].as_str().unwrap().to_owned()
}

fn anew<'w>(world: &'w World) -> Browser<'w> {
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    owner
}

#[test]
fn until_the_day_nothing_is_asked_of_them_and_then_it_is() {
    let world = World::new();
    let owner = owner(&world);
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    assert_eq!(next(&world), "enrol");
    let until = day(&world, 2);
    let user = exempt(&owner, &until);
    assert_eq!(
        [&user["two_factor"]["exempt_until"], &user["two_factor"]["exempt_reason"]],
        [&json!(until), &json!("Shared mailbox")]
    );
    assert_eq!(next(&world), "done");
    assert_eq!(world.browser().login("leo@acme.test").json()["next"], "enrol", "and of nobody else");
    let list = owner.get("/api/v1/accounts/acme/users?two_factor=exempt").expect(200).json();
    assert_eq!((list["users"].as_array().unwrap().len(), &list["users"][0]["id"]), (1, &json!("mia")));
    let found = owner.get("/api/v1/accounts/acme/users?two_factor=exempt&q=mia").expect(200).json();
    assert_eq!(found["users"][0], list["users"][0]);
    assert_eq!(owner.get("/api/v1/accounts/acme/users?two_factor=exempt&q=leo").json()["users"], json!([]));
    assert_eq!(owner.get(&format!("{POLICY}/preview")).json()["to_set_up"], 1, "leo alone");
    world.wait_s(2 * DAY_S - 60);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    assert_eq!(mia.get("/auth/session").json()["two_factor"]["required_from"], until);
    let profile = mia.open("/auth/profile").expect(200).0.body;
    assert!(
        profile.contains("Acme doesn&#39;t require two-factor login of you until 2027-01-17: “Shared mailbox”."),
        "{profile}"
    );
    world.wait_s(59);
    assert_eq!(mia.stage(), "full");
    world.wait_s(1);
    assert_eq!(mia.stage(), "enrol", "it ends by itself");
    assert_eq!(next(&world), "enrol");
    assert_eq!(anew(&world).get("/api/v1/accounts/acme/users?two_factor=exempt").json()["users"], json!([]));
    world.wait_s(DAY_S);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE exempt_until IS NOT NULL"), 0);
}

/// Of open sessions it holds those that the requirement would: what ended was good while it lasted.
#[test]
fn sessions_of_before_its_end_go_on_where_those_of_before_a_requirement_do() {
    let world = World::new();
    let owner = owner(&world);
    owner.put(POLICY, json!({ "required": true })).expect(200);
    world.wait_s(1);
    exempt(&owner, &day(&world, 30));
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    world.wait_s(1);
    owner.send(&owner.request("DELETE", MIA, "")).expect(204);
    assert_eq!(mia.stage(), "full");
    assert_eq!(next(&world), "enrol");
    world.tick();
    assert_eq!(mia.stage(), "full", "swept or not");
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    assert_eq!(mia.stage(), "enrol");
}

#[test]
fn whoever_has_set_it_up_is_asked_exempt_or_not() {
    let world = World::new();
    let owner = owner(&world);
    owner.put(POLICY, json!({ "required": true })).expect(200);
    exempt(&owner, &day(&world, 30));
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    mia.reauth(None).expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    assert_eq!(next(&world), "verify");
    mia.post("/auth/two-factor/disable", json!({})).expect(409).field("code", "required_by_account");
    let fields = json!({ "until": day(&world, 10), "reason": "Again" }).to_string();
    owner.send(&owner.request("PUT", MIA, &fields)).expect(409).field("code", "already_set_up");
    let shown = owner.open("/members/mia?account=acme").expect(200).0.body;
    assert!(!shown.contains("Exempt"), "{shown}");
}

#[test]
fn only_someone_with_power_over_them_everywhere_exempts_and_nobody_themselves() {
    let world = World::new();
    let owner = owner(&world);
    let of = |by: &Browser<'_>, account: &str, user: &str| {
        let fields = json!({ "until": day(&world, 10), "reason": "Because" }).to_string();
        let path = format!("/api/v1/accounts/{account}/users/{user}/two-factor/exemption");
        let (put, delete) = (by.send(&by.request("PUT", &path, &fields)), by.send(&by.request("DELETE", &path, "")));
        (put.0.status, delete.0.status)
    };
    let admin = colleague(&world, "ada", Role::Admin);
    assert_eq!(of(&admin, "acme", "owner"), (403, 403), "above");
    assert_eq!(of(&admin, "acme", "ada"), (403, 403), "oneself");
    assert_eq!(of(&admin, "acme", "nobody"), (404, 404));
    assert_eq!(of(&admin, "acme", "mia"), (200, 204));
    world.add_account("umbra");
    assert_eq!(of(&owner, "umbra", "mia"), (404, 404), "another account");
    world.join("umbra", "mia", "mia@acme.test", Role::Member);
    assert_eq!(of(&admin, "acme", "mia"), (409, 409), "belongs elsewhere too");
    let invited = json!({ "email": "una@acme.test", "name": "Una", "role": "member" });
    owner.post("/api/v1/accounts/acme/users", invited).expect(201);
    let una = world.text("SELECT id FROM users WHERE email = 'una@acme.test'");
    assert_eq!(of(&owner, "acme", &una), (409, 409), "has not joined");
    world.wait_s(301);
    assert_eq!(of(&owner, "acme", "leo"), (403, 403), "not fresh");
}

#[test]
fn the_day_is_within_ninety_and_the_reason_is_given() {
    let world = World::new();
    let owner = owner(&world);
    let with = |until: &str, reason: &str| {
        owner.send(&owner.request("PUT", MIA, &json!({ "until": until, "reason": reason }).to_string())).0.status
    };
    let (long, now) = (day(&world, 90), day(&world, 0));
    let most = "x".repeat(200);
    let over = Now(world.now.get().0 + 90 * DAY_S * 1000 + 1000).rfc3339();
    for (until, reason, status) in [
        (long.as_str(), most.as_str(), 200),
        (&over, "Because", 400),
        (&now, "Because", 400),
        ("2027-01-20", "Because", 400),
        (&long, "", 400),
        (&long, "  ", 400),
        (&long, &"x".repeat(201), 400),
        (&long, "a\u{202e}b", 400),
    ] {
        assert_eq!(with(until, reason), status, "{until} {reason}");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'exempted' AND result = 'ok'"), 1);
    assert_eq!(with(&long, &most), 200);
    assert_eq!(
        world.count("SELECT count(*) FROM audit WHERE action = 'exempted' AND result = 'ok'"),
        1,
        "it is so already"
    );
    for _ in 0..2 {
        owner.send(&owner.request("DELETE", MIA, "")).expect(204);
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'exemption_ended'"), 1);
}

#[test]
fn no_more_than_two_hundred_are_exempt_at_a_time() {
    let world = World::new();
    let owner = owner(&world);
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO users (id, email, name, created_at) SELECT 'p' || i, printf('p%04d@acme.test', i), 'P', 0 FROM n",
        &[],
    );
    world.db.execute(
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at, exempt_until)
         SELECT 'acme', id, email, 'member', 'active', 0, 1 << 52 FROM users WHERE id GLOB 'p*'",
        &[],
    );
    let fields = json!({ "until": day(&world, 10), "reason": "Because" }).to_string();
    owner.send(&owner.request("PUT", MIA, &fields)).expect(409).field("code", "too_many_exemptions");
    world.db.execute("UPDATE memberships SET exempt_until = 1 WHERE user_id = 'p1'", &[]);
    owner.send(&owner.request("PUT", MIA, &fields)).expect(200);
}

/// What lists tell apart, alone and in a search.
#[test]
fn lists_tell_who_is_pending_who_exempt_and_who_locked() {
    let world = World::new();
    let owner = owner(&world);
    let of = |filter: &str| {
        let ids = |query: &str| {
            let list = owner.get(&format!("/api/v1/accounts/acme/users?two_factor={filter}{query}")).expect(200).json();
            let users = list["users"].as_array().unwrap();
            users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ids("&q=acme"), ids(""), "{filter}: a search finds the same");
        ids("")
    };
    assert_eq!([of("pending"), of("exempt"), of("locked")], ["", "", ""]);
    world.db.execute("UPDATE users SET must_enrol = 1 WHERE id = 'leo'", &[]);
    assert_eq!(of("pending"), "leo", "after a reset, required or not");
    owner.put(POLICY, json!({ "required": true, "starts_at": day(&world, 9) })).expect(200);
    assert_eq!(of("pending"), "leo mia");
    exempt(&owner, &day(&world, 20));
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id IN ('noor', 'leo')", &[]);
    assert_eq!([of("pending"), of("exempt"), of("locked")], ["leo", "mia", "noor"]);
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'leo'", &[]);
    assert_eq!(of("pending"), "", "whoever cannot sign in has nothing to do");
    let page = owner.open("/settings/security/two-factor?account=acme&two_factor=locked").expect(200).0.body;
    assert!(page.contains("noor@acme.test") && !page.contains("mia@acme.test"), "{page}");
}

/// What an admin decided on is compared again where it is written.
#[test]
fn an_exemption_of_someone_who_sets_it_up_meanwhile_is_none() {
    let world = World::new();
    let owner = owner(&world);
    world.db.run_before_batch(
        2,
        "INSERT INTO authenticators SELECT 'meanwhile', 'mia', name, algorithm, digits, period_s, sealed_seed, seed_key,
           last_step, created_at, last_used_at, burned_steps FROM authenticators WHERE id = 'noor-app'",
    );
    let fields = json!({ "until": day(&world, 10), "reason": "Because" }).to_string();
    owner.send(&owner.request("PUT", MIA, &fields)).expect(409).field("code", "conflict");
}

#[test]
fn they_are_told_when_it_begins_a_day_before_it_ends_and_when_it_is_ended() {
    let world = World::new();
    world.send_mails();
    let owner = owner(&world);
    owner.put(POLICY, json!({ "required": true })).expect(200);
    let subjects = || {
        world.poked();
        let mails = world.post.handed.take();
        mails.into_iter().filter(|mail| mail.to == "mia@acme.test").map(|mail| mail.subject).collect::<Vec<_>>()
    };
    subjects();
    exempt(&owner, &day(&world, 5));
    assert_eq!(subjects(), ["Acme doesn't require two-factor login of you until 2027-01-20"]);
    world.wait_s(4 * DAY_S - 1);
    assert_eq!(subjects(), [""; 0]);
    world.wait_s(1);
    assert_eq!(subjects(), ["Acme requires two-factor login from 2027-01-20"]);
    let owner = anew(&world);
    exempt(&owner, &day(&world, 9));
    assert_eq!(subjects().len(), 1);
    owner.send(&owner.request("DELETE", MIA, "")).expect(204);
    assert_eq!(subjects(), ["Your exemption in Acme has ended"]);
    world.wait_s(9 * DAY_S);
    assert_eq!(subjects(), [""; 0], "nothing is left to remind of");
    // Where nothing is required nobody is reminded.
    let owner = anew(&world);
    owner.put(POLICY, json!({ "required": false })).expect(200);
    exempt(&owner, &day(&world, 2));
    subjects();
    world.wait_s(DAY_S);
    assert_eq!(subjects(), [""; 0]);
}

/// A date that comes before their day is not announced to them; their own is.
#[test]
fn a_date_and_an_exemption_are_told_as_one() {
    let world = World::new();
    world.send_mails();
    let owner = owner(&world);
    exempt(&owner, &day(&world, 20));
    world.poked();
    world.post.handed.take();
    let starts = day(&world, 10);
    owner.put(POLICY, json!({ "required": true, "starts_at": starts })).expect(200);
    world.poked();
    let told: Vec<_> = world
        .post
        .handed
        .take()
        .into_iter()
        .filter(|mail| mail.subject.starts_with("Acme requires"))
        .map(|mail| mail.to)
        .collect();
    assert_eq!(told, ["leo@acme.test"]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    assert_eq!(mia.get("/auth/session").json()["two_factor"]["required_from"], day(&world, 20));
    world.wait_s(19 * DAY_S);
    world.poked();
    let told: Vec<_> = world.post.handed.take().into_iter().map(|mail| (mail.to, mail.subject)).collect();
    let reminded = ("mia@acme.test".to_owned(), "Acme requires two-factor login from 2027-02-04".to_owned());
    assert!(told.contains(&reminded), "{told:?}");
}

#[test]
fn the_members_page_exempts_and_ends_it() {
    let world = World::new();
    let owner = owner(&world);
    let page = || owner.open("/members/mia?account=acme").expect(200).0.body;
    assert!(page().contains("<h2 id=\"exemption\">Exemption</h2>"));
    let form = "account=acme&reason=More%20time&until=";
    let refused = owner.submit("/members/mia/exempt", &format!("{form}2027-01-15")).expect(400).0.body;
    for kept in ["Choose a day to come, within 90 days.", "value=\"2027-01-15\"", "value=\"More time\""] {
        assert!(refused.contains(kept), "{kept}: {refused}");
    }
    let led = owner.submit("/members/mia/exempt", &format!("{form}2027-02-01")).expect(303);
    assert!(owner.follow(led).expect(200).0.body.contains("Saved."));
    assert!(page().contains("<p>Exempt until 2027-02-01 “More time”</p>"), "{}", page());
    let list = owner.open("/settings/security/two-factor?account=acme&two_factor=exempt").expect(200).0.body;
    assert!(
        list.contains("mia@acme.test") && list.contains("Exempt until 2027-02-01") && !list.contains("leo@"),
        "{list}"
    );
    let audit = owner.open("/audit?account=acme").expect(200).0.body;
    assert!(audit.contains("until 2027-02-01, “More time”"), "{audit}");
    owner.submit("/members/mia/end-exemption", "account=acme").expect(303);
    assert!(page().contains("name=\"reason\""));
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.open("/auth/profile").expect(200);
}
