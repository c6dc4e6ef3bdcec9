//! A day from which on an account requires two-factor login: nothing is asked before it, everything from then on, and whoever it would
//! stop hears of it.

use airlock::{people::Role, ports::Now};
use airlock_tests::{Browser, NOOR_SEED, Posted, World};
use serde_json::{Value, json};

use crate::admin::{POLICY, colleague, owner};

const DAY_S: i64 = 86_400;
const PAGE: &str = "/settings/security/two-factor";
/// Two days after the world's beginning.
const FRIDAY: &str = "2027-01-17T08:00:00Z";

fn day(world: &World, days: i64) -> String {
    Now(world.now.get().0 + days * DAY_S * 1000).rfc3339()
}

/// A world with an owner, signed in with a fresh proof, who has set a day.
fn set<'w>(world: &'w World, applies: &str, starts_at: &str) -> Browser<'w> {
    let owner = owner(world);
    let policy = owner.put(POLICY, json!({ "required": true, "applies": applies, "starts_at": starts_at })).expect(200);
    assert_eq!(policy.json()["starts_at"], starts_at);
    owner
}

fn policy(owner: &Browser<'_>) -> Value {
    owner.get(POLICY).expect(200).json()
}

/// Mails to members of a date, as they went out: to whom.
fn told(world: &World) -> Vec<String> {
    world.poked();
    let mut to: Vec<_> = world.post.handed.take().into_iter().filter(of_a_day).map(|mail| mail.to).collect();
    to.sort();
    to
}

fn of_a_day(mail: &Posted) -> bool {
    mail.subject.starts_with("Acme requires")
}

#[test]
fn until_the_day_nothing_is_asked_and_from_then_on_at_the_next_login() {
    let world = World::new();
    let owner = set(&world, "next_login", FRIDAY);
    let now = policy(&owner);
    assert_eq!([&now["required"], &now["required_since"]], [&json!(true), &Value::Null]);
    assert_eq!([&now["enabled"], &now["starts_at"]], [&json!(2), &json!(FRIDAY)]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    let session = mia.get("/auth/session").expect(200).json();
    assert_eq!(session["two_factor"]["required_from"], FRIDAY);
    assert_eq!(session["two_factor"]["required_by_account"], false);
    world.wait_s(2 * DAY_S - 60);
    let early = world.browser();
    early.login("mia@acme.test").expect(200).field("next", "done");
    world.wait_s(60);
    assert_eq!(early.stage(), "full", "whoever is in goes on");
    assert_eq!(early.get("/auth/session").json()["two_factor"]["required_by_account"], true);
    assert_eq!(early.get("/auth/session").json()["two_factor"].get("required_from"), None);
    world.browser().login("mia@acme.test").expect(200).field("next", "enrol");
    owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
    assert_eq!(policy(&owner)["required_since"], FRIDAY);
}

#[test]
fn from_that_day_on_open_sessions_are_held_too_where_the_admin_says_so() {
    let world = World::new();
    set(&world, "now", FRIDAY);
    world.wait_s(2 * DAY_S - 60);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    world.wait_s(59);
    assert_eq!(mia.stage(), "full");
    mia.get("/").expect(200);
    world.wait_s(1);
    assert_eq!(mia.stage(), "enrol");
    mia.get("/").expect(401).field("code", "enrol_required");
}

/// `GATE_TRUST_S` trusts nobody beyond it.
#[test]
fn no_pass_lasts_beyond_the_day() {
    let world = World::new();
    world.set_gate(&[("GATE_TRUST_S", "60")]);
    set(&world, "now", FRIDAY);
    world.wait_s(2 * DAY_S - 30);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.get("/").expect(200);
    world.wait_s(29);
    mia.get("/").expect(200);
    world.wait_s(1);
    mia.get("/").expect(401);
}

#[test]
fn turning_ones_own_off_is_refused_from_the_day_on() {
    let world = World::new();
    set(&world, "next_login", FRIDAY);
    world.wait_s(2 * DAY_S - 61);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let before = world.db.dump();
    world.wait_s(30);
    noor.post("/auth/two-factor/disable", json!({})).expect(204);
    world.db.restore(&before);
    world.wait_s(1);
    noor.post("/auth/two-factor/disable", json!({})).expect(409).field("code", "required_by_account");
}

#[test]
fn whoever_it_would_stop_is_offered_a_set_up_after_each_login_and_can_go_on() {
    let world = World::new();
    set(&world, "next_login", FRIDAY);
    let mia = world.browser();
    let to_app = "email=mia%40acme.test&password=correct%20horse%20battery%20staple&return_to=%2Freports%3Fa%3D1";
    let password = airlock_tests::PASSWORD.replace(' ', "%20");
    let form = to_app.replace("correct%20horse%20battery%20staple", &password);
    let led = mia.submit("/auth/login", &form).expect(303);
    let offer = led.header("location").unwrap().to_owned();
    assert!(offer.ends_with("/two-factor/offer?return_to=%2Freports%3Fa%3D1"), "{offer}");
    let page = mia.open(&offer).expect(200).0.body;
    assert!(page.contains("Acme requires two-factor login from 2027-01-17."), "{page}");
    assert!(page.contains("<a href=\"/reports?a=1\">Later</a>"), "{page}");
    assert!(page.contains("/enrol?return_to=%2Freports%3Fa%3D1\">Set it up now</a>"), "{page}");
    let profile = mia.open("/auth/profile").expect(200).0.body;
    assert!(profile.contains("Acme requires two-factor login from 2027-01-17."), "{profile}");
    // To a page of one's own one goes at once.
    let own = form.replace("%2Freports%3Fa%3D1", "%2Fauth%2Fenrol");
    assert_eq!(world.browser().submit("/auth/login", &own).expect(303).header("location"), Some("/auth/enrol"));
    // It says nothing to anyone else, and nothing after the day.
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    assert_eq!(noor.open(&offer).expect(303).header("location"), Some("/reports?a=1"));
    assert!(!noor.open("/auth/profile").expect(200).0.body.contains("2027-01-17"), "set up");
    mia.reauth(None).expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    assert_eq!(mia.open(&offer).expect(303).header("location"), Some("/reports?a=1"));
    assert_eq!(world.count("SELECT two_factor_chosen FROM users WHERE id = 'mia'"), 1, "she is asked from now on");
    world.browser().open(&offer).expect(303);
}

#[test]
fn whoever_joins_with_a_new_password_is_offered_it_too() {
    let world = World::new();
    let owner = set(&world, "next_login", FRIDAY);
    let invited = json!({ "email": "una@acme.test", "name": "Una", "role": "member" });
    let url = owner.post("/api/v1/accounts/acme/users", invited).expect(201).json()["invite_url"].clone();
    let link = url.as_str().unwrap().strip_prefix("https://app.test").unwrap().to_owned();
    let una = world.browser();
    let page = una.follow(una.open(&link).expect(303));
    assert_eq!(page.0.status, 200);
    let led = una.fill("/auth/invite", "/auth/invite", "password=seven%20grey%20herons%20wade").expect(303);
    assert!(led.header("location").unwrap().ends_with("/two-factor/offer?return_to=%2F"), "{:?}", led.0.headers);
}

#[test]
fn a_day_is_moved_nearer_taken_back_and_kept_by_whoever_says_nothing_of_it() {
    let world = World::new();
    let owner = set(&world, "next_login", FRIDAY);
    let audits = || world.count("SELECT count(*) FROM audit WHERE action = 'policy'");
    owner.put(POLICY, json!({ "required": true, "starts_at": FRIDAY })).expect(200);
    owner.put(POLICY, json!({ "required": true })).expect(200).field("starts_at", FRIDAY);
    assert_eq!(audits(), 1, "it is that already");
    // Of a change that says nothing of the day, the day is what was seen.
    world.db.run_before_batch(2, "UPDATE accounts SET starts_at = starts_at + 1000");
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(409);
    world.db.execute("UPDATE accounts SET starts_at = starts_at - 1000", &[]);
    let nearer = day(&world, 1);
    owner.put(POLICY, json!({ "required": true, "starts_at": nearer })).expect(200).field("starts_at", &nearer);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200).field("next", "done");
    world.wait_s(60);
    let at_once = owner.put(POLICY, json!({ "required": true, "starts_at": null })).expect(200).json();
    assert_eq!([&at_once["starts_at"], &at_once["required_since"]], [&Value::Null, &json!("2027-01-15T08:01:00Z")]);
    assert_eq!(mia.stage(), "full", "her session is older than the requirement");
    world.browser().login("mia@acme.test").expect(200).field("next", "enrol");
    owner.put(POLICY, json!({ "required": false, "starts_at": FRIDAY })).expect(200);
    assert_eq!(policy(&owner)["starts_at"], Value::Null, "what is not required has no day");
    world.browser().login("mia@acme.test").expect(200).field("next", "done");
}

/// Since when it holds whom does not change by a change of which sessions it holds, nor once its day is behind it.
#[test]
fn what_is_enforced_goes_on_from_when_it_was() {
    let world = World::new();
    set(&world, "next_login", FRIDAY);
    world.wait_s(2 * DAY_S - 60);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    world.wait_s(120);
    let owner = world.admin();
    owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
    for change in [
        json!({ "required": true, "starts_at": FRIDAY }),
        json!({ "required": true, "starts_at": null }),
        json!({ "required": true }),
    ] {
        owner.put(POLICY, change).expect(200).field("required_since", FRIDAY);
        assert_eq!(mia.stage(), "full");
    }
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    assert_eq!(mia.stage(), "enrol");
}

#[test]
fn a_day_is_one_to_come_within_a_year() {
    let world = World::new();
    let owner = owner(&world);
    for wrong in [
        json!("2027-01-15T08:00:00Z"),
        json!("2026-12-31T00:00:00Z"),
        json!("2028-01-17T08:00:00Z"),
        json!("2027-01-17"),
        json!("tomorrow"),
        json!(""),
        json!(1_800_172_800),
    ] {
        owner.put(POLICY, json!({ "required": true, "starts_at": wrong })).expect(400).field("code", "invalid_request");
    }
    owner.put(POLICY, json!({ "required": false, "starts_at": "" })).expect(400);
    assert_eq!(policy(&owner)["required"], false);
    owner.put(POLICY, json!({ "required": true, "starts_at": "2028-01-16T08:00:00Z" })).expect(200);
}

/// What a login is decided on includes the day.
#[test]
fn a_login_that_is_under_way_as_the_day_is_moved_is_decided_anew() {
    let world = World::new();
    set(&world, "next_login", FRIDAY);
    world.db.run_before_batch(2, "UPDATE accounts SET starts_at = NULL, required_since = 0");
    world.browser().login("mia@acme.test").expect(200).field("next", "enrol");
}

#[test]
fn those_whom_it_would_stop_are_written_to_when_it_is_set_seven_days_and_one_day_before() {
    let world = World::new();
    world.send_mails();
    colleague(&world, "zoe", Role::Admin);
    world.db.execute("UPDATE users SET language = 'de' WHERE id = 'mia'", &[]);
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'leo'", &[]);
    let start = day(&world, 10);
    let owner = set(&world, "next_login", &start);
    let invited = json!({ "email": "una@acme.test", "name": "Una", "role": "member" });
    owner.post("/api/v1/accounts/acme/users", invited).expect(201);
    world.poked();
    let mails = world.post.handed.take();
    let of_mia: Vec<_> = mails.iter().filter(|mail| mail.to == "mia@acme.test").collect();
    let [mail] = of_mia[..] else { panic!("{of_mia:?}") };
    assert_eq!(mail.subject, "Acme schreibt ab dem 25.01.2027 die Zwei-Faktor-Anmeldung vor");
    assert!(mail.link().ends_with("/enrol"), "{}", mail.text);
    assert!(
        mails.iter().all(|mail| !of_a_day(mail)),
        "nobody else: they have it, or have not joined, or cannot sign in"
    );
    let admins: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("will require")).collect();
    assert_eq!(admins.len(), 2, "both are told: {mails:?}");
    assert!(admins[0].text.contains("owner@acme.test set the day: from 2027-01-25, everyone in Acme"), "{admins:?}");
    // Again a week before, a day before, and not on the day.
    world.db.execute("UPDATE users SET language = NULL", &[]);
    world.wait_s(3 * DAY_S - 1);
    assert_eq!(told(&world), [""; 0]);
    world.wait_s(1);
    assert_eq!(told(&world), ["mia@acme.test"]);
    world.wait_s(6 * DAY_S - 1);
    assert_eq!(told(&world), [""; 0]);
    world.wait_s(1);
    assert_eq!(told(&world), ["mia@acme.test"]);
    world.wait_s(DAY_S);
    assert_eq!(told(&world), [""; 0]);
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind IN ('announcement', 'starts')"), 0);
}

#[test]
fn a_day_that_is_moved_or_taken_back_is_announced_no_more() {
    let world = World::new();
    world.send_mails();
    let owner = set(&world, "next_login", &day(&world, 10));
    assert_eq!(told(&world), ["leo@acme.test", "mia@acme.test"]);
    let later = day(&world, 20);
    owner.put(POLICY, json!({ "required": true, "starts_at": later })).expect(200);
    assert_eq!(told(&world), ["leo@acme.test", "mia@acme.test"], "of the new day");
    world.wait_s(9 * DAY_S);
    assert_eq!(told(&world), [""; 0], "nothing is left of the one before");
    owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
    owner.put(POLICY, json!({ "required": false })).expect(200);
    world.wait_s(10 * DAY_S);
    assert_eq!(told(&world), [""; 0]);
    // A mail that waits says nothing that is not so any more.
    owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
    let then = day(&world, 30);
    owner.put(POLICY, json!({ "required": true, "starts_at": then })).expect(200);
    world.post.answers.borrow_mut().extend((0..20).map(|_| airlock::ports::Delivery::NotYet("450".to_owned())));
    world.poked();
    world.post.handed.take();
    world.post.answers.borrow_mut().clear();
    world.db.execute("UPDATE memberships SET enrolled = 1 WHERE user_id = 'leo'", &[]);
    world.wait_s(120);
    assert_eq!(told(&world), ["mia@acme.test"], "leo has set it up");
    owner.put(POLICY, json!({ "required": true, "starts_at": day(&world, 3) })).expect(200);
    assert_eq!(told(&world), ["mia@acme.test"], "and a week before is past");
}

#[test]
fn many_are_written_to_forty_in_a_minute() {
    let world = World::new();
    world.send_mails();
    for i in 0..44 {
        let id = format!("p{i:02}");
        world.add_user("acme", &id, &format!("{id}@acme.test"), Role::Member, None);
    }
    world.add_account("other");
    world.add_user("other", "ada", "ada@acme.test", Role::Member, None);
    set(&world, "next_login", &day(&world, 3));
    let first = told(&world);
    assert_eq!(first.len(), 40);
    assert_eq!(told(&world), [""; 0]);
    world.wait_s(60);
    let rest = told(&world);
    let mut all = [first, rest].concat();
    all.dedup();
    assert_eq!(all.len(), 46, "each once, and nobody of another account");
    world.wait_s(60);
    assert_eq!(told(&world), [""; 0]);
}

#[test]
fn nobody_is_flooded_by_an_admin_who_changes_their_mind() {
    let world = World::new();
    world.send_mails();
    let owner = owner(&world);
    let mails = |times: i64| {
        for days in 0..times {
            let starts_at = day(&world, 20 + days);
            owner.put(POLICY, json!({ "required": true, "starts_at": starts_at })).expect(200);
            world.poked();
        }
        world.post.handed.take().iter().filter(|mail| of_a_day(mail) && mail.to == "mia@acme.test").count()
    };
    assert_eq!(mails(7), 5);
    assert_eq!(
        world.count("SELECT count(*) FROM outbox WHERE kind = 'announcement'"),
        2,
        "she is reminded all the same"
    );
}

#[test]
fn where_no_mail_is_sent_nothing_waits_for_any() {
    let world = World::new();
    set(&world, "next_login", &day(&world, 10));
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'announcement'"), 0);
}

#[test]
fn the_admins_page_sets_the_day_changes_it_and_requires_it_at_once() {
    let world = World::new();
    let owner = owner(&world);
    let open = || owner.open(&format!("{PAGE}?account=acme")).expect(200).0.body;
    let question = owner.open(&format!("{PAGE}/change?account=acme")).expect(200).0.body;
    assert!(question.contains("<input id=\"starts-at\" name=\"starts_at\" type=\"date\""), "{question}");
    assert!(!question.contains("They're also e-mailed"), "no mail is sent here");
    let form = "account=acme&required=true&applies=next_login&starts_at=";
    let refused = owner.submit(PAGE, &format!("{form}2027-01-15")).expect(400).0.body;
    assert!(refused.contains("Choose a day to come, within a year."), "{refused}");
    let led = owner.submit(PAGE, &format!("{form}2027-02-01")).expect(303);
    let page = owner.follow(led).expect(200).0.body;
    assert!(page.contains("Two-factor login is required from 2027-02-01."), "{page}");
    assert!(page.contains("<strong class=\"badge\">Required from 2027-02-01</strong>"), "{page}");
    assert!(page.contains("Until then, 2 members"), "{page}");
    assert!(page.contains("Sessions open at that time go on until they end."), "{page}");
    assert!(page.contains("value=\"2027-02-01\""), "the day can be changed");
    assert!(!page.contains("get in before they do"), "not yet");
    owner.submit(PAGE, &format!("{form}2027-02-03")).expect(303);
    assert!(open().contains("Required from 2027-02-03"));
    world.browser().login("mia@acme.test").expect(200).field("next", "done");
    let led = owner.submit(PAGE, form).expect(303);
    assert!(owner.follow(led).expect(200).0.body.contains("Two-factor login is now required."));
    assert!(open().contains("get in before they do"));
    let audit = owner.open("/audit?account=acme").expect(200).0.body;
    assert!(audit.contains("required from 2027-02-03") && audit.contains("required from the next login"), "{audit}");
    owner.submit(PAGE, &format!("{form}2027-02-03")).expect(303);
    owner.submit(PAGE, "account=acme&required=false").expect(303);
    assert!(open().contains("Not required"));
}
