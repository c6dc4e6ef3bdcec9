//! A forgotten password: a link by mail sets a new one, once, within half an hour, and ends all that the one before began. It
//! never leads around the second factor, tells nobody who has a login, and no stranger floods a mailbox or kills a link by asking.

use airlock::{limit, people::Role, ports::Delivery};
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, key_in, tally};
use serde_json::json;

use crate::admin::owner;

const GOOD: &str = "seven grey herons wade";
const GOOD_FORM: &str = "seven+grey+herons+wade";
const PAGE: &str = "/auth/reset-password";

fn world() -> World {
    let world = World::new();
    world.send_mails();
    world
}

/// Asks for a link, as a page does.
pub fn ask(browser: &Browser<'_>, email: &str) -> Answer {
    browser.fill("/auth/forgot", "/auth/forgot", &format!("email={}", email.replace('@', "%40")))
}

/// The paths of the links that were mailed to an address, the oldest first.
pub fn links(world: &World, email: &str) -> Vec<String> {
    let mails = world.post.to(email);
    let links = mails.iter().filter_map(|mail| mail.any_link()).map(str::to_owned);
    links.filter(|link| link.contains("/reset-password/")).collect()
}

/// A link for this address, mailed at this moment.
pub fn link(world: &World, email: &str) -> String {
    ask(&world.browser().at("192.0.2.77"), email).expect(200);
    world.poked();
    links(world, email).pop().unwrap()
}

/// Opens a link, as a person does.
pub fn opened(browser: &Browser<'_>, link: &str) -> Answer {
    assert_eq!(browser.open(link).expect(303).header("location"), Some(PAGE));
    browser.open(PAGE)
}

/// Opens a link and sets the password.
fn reset(browser: &Browser<'_>, link: &str) -> Answer {
    opened(browser, link).expect(200);
    browser.fill(PAGE, PAGE, &format!("new_password={GOOD_FORM}"))
}

fn login(browser: &Browser<'_>, email: &str, password: &str) -> Answer {
    browser.post("/auth/login", json!({ "email": email, "password": password }))
}

#[test]
fn a_link_by_mail_sets_a_password_and_the_code_is_asked_for_as_before() {
    let world = world();
    let noor = world.browser();
    let sign_in = noor.open("/auth/login").expect(200).0.body;
    assert!(sign_in.contains("<a href=\"/auth/forgot\">Forgot your password?</a>"), "{sign_in}");
    let wrong = noor.submit("/auth/login", "email=noor%40acme.test&password=wrong").expect(401).0.body;
    assert!(wrong.contains("action=\"/auth/forgot\"") && wrong.contains("name=\"email\" value=\"noor@acme.test\""));
    // What was typed comes along, and nothing is done before the button there is pressed.
    let prefilled = noor.submit("/auth/forgot", "email=noor%40acme.test").expect(200).0.body;
    assert!(prefilled.contains("value=\"noor@acme.test\""), "{prefilled}");
    assert_eq!(world.count("SELECT count(*) FROM outbox"), 0);
    let asked = ask(&noor, "noor@acme.test").expect(200).0.body;
    assert!(asked.contains("Check your e-mail") && asked.contains("noor@acme.test"), "{asked}");
    assert_eq!((world.pokes.0.get(), world.count("SELECT count(*) FROM links")), (1, 0), "nobody is looked up here");
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains("outboxnoor@acme.test"));
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE address LIKE '%noor%' OR user_id IS NOT NULL"), 0);
    world.poked();
    let [mail] = &world.post.to("noor@acme.test")[..] else { panic!("one mail") };
    for part in ["2027-01-15 08:00 UTC", "NZ", "2027-01-15 08:30 UTC", "Wasn't you?"] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let token = mail.link().rsplit('/').next().unwrap();
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(token), "kept nowhere");

    let shown = opened(&noor, mail.link()).expect(200);
    assert!(!shown.0.body.contains(token) && shown.0.body.contains("value=\"noor@acme.test\""), "{}", shown.0.body);
    for weak in ["short", "noor%40acme.test+noor"] {
        noor.fill(PAGE, PAGE, &format!("new_password={weak}")).expect(400);
    }
    let done = noor.fill(PAGE, PAGE, &format!("new_password={GOOD_FORM}")).expect(303);
    assert_eq!(done.header("location"), Some("/auth/login?why=new-password"));
    assert_eq!(noor.stage(), "none", "it signs nobody in");
    login(&noor, "noor@acme.test", PASSWORD).expect(401);
    login(&noor, "noor@acme.test", GOOD).expect(200).field("next", "verify");
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200).field("next", "done");
    let rows =
        world.texts("SELECT actor_id || ' ' || target_id || ' ' || result FROM audit WHERE action = 'password_reset'");
    assert_eq!(rows, ["noor noor ok"]);
    world.poked();
    let mails = world.post.to("noor@acme.test");
    assert!(mails.len() == 3 && mails[1].subject == "You have a new password at Airlock", "{mails:?}");
    assert!(mails[1].text.contains("NZ, 203.0.113.7"), "{}", mails[1].text);
    assert_eq!(mails[2].subject, "New sign-in at Airlock", "its browsers are strangers again");
}

#[test]
fn without_mail_there_is_no_such_page() {
    let world = World::new();
    let browser = world.browser();
    assert!(!browser.open("/auth/login").expect(200).0.body.contains("forgot"));
    for path in ["/auth/forgot", PAGE, "/auth/reset-password/x"] {
        browser.open(path).expect(404);
    }
    browser.post("/auth/forgot", json!({ "email": "noor@acme.test" })).expect(404);
    browser.post(PAGE, json!({ "new_password": GOOD })).expect(404);
    world.send_mails();
    world.admin().get("/auth/forgot").expect(404);
    let sign_in = world.admin().open("/auth/login").expect(200).0.body;
    assert!(sign_in.contains("href=\"https://app.test/auth/forgot\""), "{sign_in}");
}

/// Sessions at both Workers, waiting logins, set-ups, API tokens, known browsers and invitations; what runs by a service token
/// goes on, and so does what someone else holds.
#[test]
fn a_reset_ends_all_that_was_begun_with_the_password_before() {
    let world = world();
    let edge = world.browser();
    edge.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    let admin = owner(&world);
    let made = |path: &str, new| admin.post(&format!("/api/v1/accounts/acme/{path}"), new).expect(201).json();
    let token = made("tokens", json!({ "name": "t", "scopes": ["users:read"] }))["token"].as_str().unwrap().to_owned();
    made("service-tokens", json!({ "name": "t", "paths": ["/*"], "methods": ["GET"] }));
    made("users", json!({ "email": "una@acme.test", "name": "Una", "role": "member" }));
    world.wait_s(30);
    edge.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
    edge.get("/auth/enrol").expect(200);
    let (waiting, other) = (world.browser(), world.browser());
    waiting.login("owner@acme.test").expect(200);
    other.sign_in("noor@acme.test", NOOR_SEED);
    for _ in 0..10 {
        login(&world.browser(), "owner@acme.test", "wrong").expect(401);
    }
    waiting.verify("000000").expect(401);
    let link = link(&world, "owner@acme.test");
    let later = self::link(&world, "owner@acme.test");
    let counted = |sql: &str| world.count(sql);
    let factors = "SELECT count(*) FROM authenticators a JOIN users u ON u.id = a.user_id WHERE u.id = 'owner'
                   AND u.code_failures = 1";
    assert_eq!(counted(factors), 1);
    reset(&world.browser(), &link).expect(303);
    assert_eq!([edge.stage(), admin.stage(), waiting.stage(), other.stage()], ["none", "none", "none", "full"]);
    let mut program = admin.request("GET", "/api/v1/accounts", "");
    program.headers.retain(|(name, _)| name != "cookie" && name != "sec-fetch-site");
    airlock_tests::set_header(&mut program, "authorization", &format!("Bearer {token}"));
    assert_eq!(world.handle(&program).status, 401);
    for table in ["browsers", "api_tokens", "enrolments", "password_budgets", "invitations"] {
        let rows = counted(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, i64::from(table == "browsers"), "{table}: noor's browser stays");
    }
    assert_eq!(counted("SELECT count(*) FROM service_tokens"), 1);
    // What counts wrong codes goes on.
    assert_eq!((counted(factors), counted("SELECT count(*) FROM code_attempts")), (1, 1));
    opened(&world.browser(), &later).expect(404);
    login(&edge, "owner@acme.test", GOOD).expect(200).field("next", "verify");
}

#[test]
fn it_works_once_and_for_half_an_hour_and_asking_again_leaves_it_alone() {
    let world = world();
    let first = link(&world, "mia@acme.test");
    world.wait_s(61);
    let second = link(&world, "mia@acme.test");
    assert_ne!(first, second);
    world.wait_s(29 * 60 - 62);
    opened(&world.browser(), &first).expect(200);
    world.wait_s(61);
    let over = opened(&world.browser(), &first).expect(404).0.body;
    assert!(over.contains("Link not valid") && over.contains("action=\"/auth/forgot\""), "the way on: {over}");
    let mia = world.browser();
    reset(&mia, &second).expect(303);
    opened(&world.browser(), &second).expect(404);
    mia.post(&second, json!({ "new_password": GOOD })).expect(404).field("code", "not_found");
    for wrong in ["x", "", &"A".repeat(64), "a b", "../login"] {
        world.browser().get(&format!("/auth/reset-password/{wrong}")).expect(404);
    }
    assert_eq!(world.count("SELECT count(DISTINCT event) FROM audit WHERE action = 'password_reset'"), 1);
}

#[test]
fn of_many_at_once_one_sets_the_password() {
    let world = world();
    let link = link(&world, "mia@acme.test");
    let requests: Vec<_> = (0..8)
        .map(|i| world.browser().request("POST", &link, &json!({ "new_password": format!("{GOOD} {i}") }).to_string()))
        .collect();
    let statuses = world.at_once(&requests);
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    let right = (0..8).filter(|i| login(&world.browser(), "mia@acme.test", &format!("{GOOD} {i}")).0.status == 200);
    assert_eq!(right.count(), 1);
}

/// A second Enter, whether it comes before the answer or after it.
#[test]
fn the_same_form_twice_gets_the_same_answer() {
    let world = world();
    let mia = world.browser();
    opened(&mia, &link(&world, "mia@acme.test")).expect(200);
    let page = mia.open(PAGE).expect(200).0.body;
    let form = format!("key={}&new_password={GOOD_FORM}", key_in(&page).unwrap());
    for _ in 0..2 {
        assert_eq!(mia.submit(PAGE, &form).expect(303).header("location"), Some("/auth/login?why=new-password"));
    }
    mia.submit(PAGE, &form.replace("grey", "dark")).expect(404);
    world.wait_s(60);
    mia.submit(PAGE, &form).expect(404);
    assert_eq!(world.count("SELECT count(DISTINCT event) FROM audit WHERE action = 'password_reset'"), 1);
    world.poked();
    assert_eq!(world.post.to("mia@acme.test").len(), 2, "the link, and one notice");
}

/// Only a page of ours has the form, and only the form of the link that was opened last.
#[test]
fn a_form_without_its_key_sets_nothing() {
    let world = world();
    let mia = world.browser();
    let (mine, noors) = (link(&world, "mia@acme.test"), link(&world, "noor@acme.test"));
    opened(&mia, &noors).expect(200);
    let page = mia.open(PAGE).expect(200).0.body;
    let key = key_in(&page).unwrap();
    mia.open(&mine).expect(303);
    for form in [format!("new_password={GOOD_FORM}"), format!("new_password={GOOD_FORM}&key={key}")] {
        mia.submit(PAGE, &form).expect(403);
    }
    mia.submit("/auth/forgot", &format!("email=mia%40acme.test&key={key}")).expect(403);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'password_reset'"), 0);
}

#[test]
fn a_link_is_for_the_address_that_it_was_mailed_to_and_for_nothing_else() {
    let world = world();
    let first = link(&world, "mia@acme.test");
    world.db.execute("UPDATE users SET email = 'mia@new.test' WHERE id = 'mia'", &[]);
    opened(&world.browser(), &first).expect(404);
    world.browser().post(&first, json!({ "new_password": GOOD })).expect(404);
    world.db.execute("UPDATE users SET email = 'mia@acme.test' WHERE id = 'mia'", &[]);
    world.db.execute("UPDATE links SET kind = 'other'", &[]);
    opened(&world.browser(), &first).expect(404);
    world.browser().post(&first, json!({ "new_password": GOOD })).expect(404);
}

/// Without an authenticator whoever reads the mailbox is in; with one, the mailbox alone says nothing about who they are.
#[test]
fn it_proves_the_address_of_those_who_have_no_second_factor() {
    let world = world();
    for (email, proven) in [("mia@acme.test", 1), ("noor@acme.test", 0)] {
        reset(&world.browser(), &link(&world, email)).expect(303);
        let sql = format!("SELECT count(*) FROM users WHERE email = '{email}' AND email_proven_at IS NOT NULL");
        assert_eq!(world.count(&sql), proven, "{email}");
    }
}

#[test]
fn set_up_stays_demanded_and_the_deactivated_stay_out() {
    let world = world();
    world.reset("noor");
    reset(&world.browser(), &link(&world, "noor@acme.test")).expect(303);
    login(&world.browser(), "noor@acme.test", GOOD).expect(200).field("next", "enrol");
    let before = link(&world, "mia@acme.test");
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'mia'", &[]);
    reset(&world.browser(), &before).expect(303);
    login(&world.browser(), "mia@acme.test", GOOD).expect(401);
    world.wait_s(3_600);
    ask(&world.browser(), "mia@acme.test").expect(200);
    world.poked();
    assert_eq!(links(&world, "mia@acme.test").len(), 1, "nothing to sign in to");
}

#[test]
fn whoever_has_no_password_is_mailed_nothing() {
    let world = world();
    airlock_tests::enumeration::prepare(&world);
    let forgot = "SELECT count(*) FROM outbox WHERE kind = 'forgot'";
    for (kind, email) in airlock_tests::enumeration::ADDRESSES {
        ask(&world.browser(), email).expect(200);
        assert_eq!(world.count(forgot), 1, "{kind}");
        world.poked();
        let none = ["nobody", "absent", "invite", "locked"].contains(&kind);
        assert_eq!(links(&world, email).len(), usize::from(!none), "{kind}");
        assert_eq!(world.count(forgot), 0, "{kind}");
    }
}

/// From one network; from everywhere the person's own share of mails counts.
#[test]
fn a_network_asks_five_times_an_hour_for_an_address_and_sixty_in_all() {
    let world = world();
    let written = || world.count("SELECT count(*) FROM outbox");
    let browser = world.browser();
    let same = |answer: Answer| {
        let body = answer.expect(200).0.body;
        let (nonce, _) = body.split_once("nonce=\"").unwrap().1.split_once('"').unwrap();
        body.replace(nonce, "")
    };
    let first = same(ask(&browser, "mia@acme.test"));
    assert_eq!(same(ask(&browser, "mia@acme.test")), first);
    assert_eq!(written(), 1, "the mail is on its way");
    for sent in 2..9 {
        world.wait_s(60);
        assert_eq!(same(ask(&browser, "mia@acme.test")), first);
        assert_eq!(written(), sent.min(limit::RESETS), "{sent}");
    }
    world.wait_s(3_600);
    ask(&browser, "mia@acme.test").expect(200);
    assert_eq!(written(), limit::RESETS + 1);
    for i in 1..limit::RESETS_OF_NETWORK {
        ask(&browser, &format!("u{i}@acme.test")).expect(200);
    }
    let paused = ask(&browser, "u@acme.test").expect(429);
    assert_eq!(paused.header("retry-after"), Some("3600"));
    ask(&browser, "mia@acme.test").expect(429);
    ask(&world.browser().at("192.0.2.1"), "mia@acme.test").expect(200);
    world.brake_admits.set(false);
    ask(&world.browser().at("192.0.2.2"), "mia@acme.test").expect(429);
}

#[test]
fn nobodys_mailbox_is_flooded_and_the_owners_own_browser_is_heard_all_the_same() {
    let world = world();
    let known = world.browser();
    known.sign_in("noor@acme.test", NOOR_SEED);
    known.post("/auth/logout", json!({})).expect(204);
    let mails = || links(&world, "noor@acme.test").len();
    let stranger = |i: i64| {
        ask(&world.browser().at(&format!("198.51.100.{i}")), "noor@acme.test").expect(200);
        world.poked();
    };
    (0..10).for_each(stranger);
    assert_eq!(mails(), 3);
    for (hour, sent) in [(1, 6), (2, 9), (3, 10), (4, 11), (5, 12)] {
        world.wait_s(3_600);
        (0..10).for_each(|i| stranger(hour * 10 + i));
        assert_eq!(mails(), sent, "past ten in a day one an hour");
    }
    ask(&known, "noor@acme.test").expect(200);
    world.poked();
    assert_eq!(mails(), 13);
    reset(&known, &links(&world, "noor@acme.test")[12]).expect(303);
}

/// A link that was used is not brought back by a mail that is tried once more.
#[test]
fn a_mail_that_is_tried_again_has_the_same_link_or_none() {
    let world = world();
    world
        .post
        .answers
        .borrow_mut()
        .extend([Delivery::NotYet("450".to_owned()), Delivery::Unanswered("after DATA".to_owned())]);
    let first = link(&world, "mia@acme.test");
    world.wait_s(60);
    world.poked();
    assert_eq!(links(&world, "mia@acme.test"), [first.clone(), first.clone()]);
    reset(&world.browser(), &first).expect(303);
    world.wait_s(180);
    world.poked();
    assert_eq!(links(&world, "mia@acme.test").len(), 2);
    opened(&world.browser(), &first).expect(404);
    // Nor is one sent after its half hour; those whose mail is refused have admins who read of it.
    world.wait_s(3_600);
    world.post.answers.borrow_mut().extend(vec![Delivery::NotYet("450".to_owned()); 9]);
    ask(&world.browser(), "mia@acme.test").expect(200);
    for _ in 0..31 {
        world.poked();
        world.wait_s(60);
    }
    world.poked();
    assert_eq!(world.count("SELECT count(*) FROM outbox"), 0);
    let given_up = world.texts("SELECT target_id || result || detail FROM audit WHERE action = 'mail_given_up'");
    assert_eq!(given_up, ["miatoo_late{\"mail\":\"forgot\"}"]);
}

#[test]
fn every_account_of_the_person_reads_of_it() {
    let world = world();
    world.add_account("umbra");
    world.join("umbra", "mia", "mia@acme.test", Role::Member);
    reset(&world.browser(), &link(&world, "mia@acme.test")).expect(303);
    let rows = world.texts("SELECT account_id FROM audit WHERE action = 'password_reset' ORDER BY account_id");
    assert_eq!(rows, ["acme", "umbra"]);
}

/// In the language of whoever asks.
#[test]
fn it_is_written_in_the_language_of_the_one_who_asks() {
    for (language, subject) in [
        ("de", "Neues Passwort für Airlock"),
        ("hi", "Airlock पर नया पासवर्ड रखें"),
        ("en", "Set a new password at Airlock"),
    ] {
        let world = world();
        let mia = world.browser();
        mia.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), language.to_owned());
        ask(&mia, "mia@acme.test").expect(200);
        world.poked();
        assert_eq!(world.post.to("mia@acme.test")[0].subject, subject);
    }
}

#[test]
fn links_and_counts_go_after_a_day_and_what_ends_everything_ends_them() {
    let world = world();
    let rows = |table: &str| world.count(&format!("SELECT count(*) FROM {table}"));
    link(&world, "mia@acme.test");
    world.tick();
    assert_eq!((rows("links"), rows("floods")), (1, 2));
    world.wait_s(3_600);
    world.tick();
    assert_eq!((rows("links"), rows("floods")), (1, 0));
    world.wait_s(86_400);
    world.tick();
    assert_eq!(rows("links"), 0);
}

/// While hashes are under way elsewhere nothing is lost.
#[test]
fn a_busy_instance_says_when_to_come_again() {
    let world = world();
    let link = link(&world, "mia@acme.test");
    let now = world.now.get();
    let held: Vec<_> = (0..limit::HASHES_OF_NETWORK_MAX).map(|_| world.hashes.begin("203.0.113.7", now)).collect();
    assert_eq!(tally(&[world.browser().post(&link, json!({ "new_password": GOOD }))])[&503], 1);
    drop(held);
    world.browser().post(&link, json!({ "new_password": GOOD })).expect(204);
}

/// A thief who reads the mailbox for a moment keeps nothing of it once its owner has a new password, or was reset.
#[test]
fn a_new_password_or_a_reset_ends_links() {
    let world = world();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let before = link(&world, "mia@acme.test");
    mia.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": GOOD })).expect(200);
    opened(&world.browser(), &before).expect(404);
    let before = link(&world, "noor@acme.test");
    world.reset("noor");
    opened(&world.browser(), &before).expect(404);
}
