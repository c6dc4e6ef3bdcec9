//! One's own address: it changes by a link that was mailed to the new one, in a session of its person, and comes back by one that was
//! mailed to the old one. Nobody learns by it who has a login, and nobody gets an address that its person can still have back.

use airlock::{limit, people::Role};
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, key_in};
use serde_json::json;

use crate::{admin::owner, forgot};

const OLD: &str = "noor@acme.test";
const NEW: &str = "noor@new.test";
const CONFIRM: &str = "/auth/email-confirm";
const UNDO: &str = "/auth/email-undo";
const GOOD: &str = "seven grey herons wade";

fn world() -> World {
    let world = World::new();
    world.send_mails();
    world.db.execute("UPDATE users SET email_proven_at = 5 WHERE id = 'noor'", &[]);
    world
}

/// Noor, who has just proven who she is for her own pages.
fn noor<'w>(world: &'w World, email: &str) -> Browser<'w> {
    let noor = world.browser();
    noor.sign_in(email, NOOR_SEED);
    fresh(&noor);
    noor
}

fn fresh(noor: &Browser<'_>) {
    noor.world.wait_s(30);
    noor.reauth(Some(&noor.world.code(NOOR_SEED, 0))).expect(200);
}

fn ask(browser: &Browser<'_>, email: &str) -> Answer {
    browser.fill("/auth/email", "/auth/email", &format!("email={}", email.replace('@', "%40")))
}

/// The link that was last mailed to an address.
fn link(world: &World, email: &str) -> String {
    world.poked();
    world.post.to(email).last().unwrap_or_else(|| panic!("no mail to {email}")).link().to_owned()
}

fn opened(browser: &Browser<'_>, link: &str, page: &str) -> Answer {
    assert_eq!(browser.open(link).expect(303).header("location"), Some(page));
    browser.open(page)
}

/// Changes the address, and answers with the link back.
fn change(browser: &Browser<'_>, from: &str, to: &str) -> String {
    let world = browser.world;
    ask(browser, to).expect(200);
    opened(browser, &link(world, to), CONFIRM).expect(200);
    browser.press_on(CONFIRM, CONFIRM).expect(303);
    assert_eq!(address(world), to);
    link(world, from)
}

/// Puts the address back, and answers with where that leads.
fn undo(browser: &Browser<'_>, link: &str) -> Answer {
    opened(browser, link, UNDO).expect(200);
    browser.press_on(UNDO, UNDO)
}

fn address(world: &World) -> String {
    world.text("SELECT email FROM users WHERE id = 'noor'")
}

#[test]
fn an_address_changes_once_its_new_mailbox_was_read_and_the_old_one_is_told() {
    let world = world();
    world.add_account("umbra");
    world.join("umbra", "noor", OLD, Role::Member);
    let admin = owner(&world);
    let (noor, elsewhere, waiting) = (noor(&world, OLD), world.browser(), world.browser());
    world.wait_s(30);
    elsewhere.sign_in(OLD, NOOR_SEED);
    waiting.login(OLD).expect(200);
    let before = forgot::link(&world, OLD);
    let profile = noor.open("/auth/profile").expect(200).0.body;
    assert!(profile.contains("href=\"/auth/email\">Change e-mail address</a>"), "{profile}");
    let sent = ask(&noor, "Noor@New.Test").expect(200).0.body;
    assert!(sent.contains("Check your e-mail") && sent.contains(NEW), "{sent}");
    assert_eq!((address(&world).as_str(), world.post.to(NEW).len()), (OLD, 0), "asking changes nothing");
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(NEW), "what was only typed is sealed");
    let asked = link(&world, NEW);
    let [mail] = &world.post.to(NEW)[..] else { panic!("one mail") };
    assert!(!mail.text.contains(OLD) && !mail.text.contains("noor\n"), "nothing of her: {}", mail.text);
    assert!(mail.text.contains("NZ") && mail.text.contains("UTC"), "{}", mail.text);
    assert!(asked.contains("/email/"));

    // A GET does nothing, however often a scanner asks.
    let page = opened(&noor, &asked, CONFIRM).expect(200).0.body;
    assert!(page.contains(NEW) && !page.contains(asked.rsplit('/').next().unwrap()), "{page}");
    assert_eq!(address(&world), OLD);
    let done = noor.press_on(CONFIRM, CONFIRM).expect(303);
    let profile = noor.open(done.header("location").unwrap()).expect(200).0.body;
    assert!(profile.contains("Your e-mail address is changed.") && profile.contains(NEW), "{profile}");
    assert_eq!([elsewhere.stage(), waiting.stage()], ["none", "none"]);
    let session = noor.get("/auth/session").expect(200).json();
    assert_eq!((&session["user"]["email"], &session["user"]["email_verified"]), (&json!(NEW), &json!(true)));
    assert_eq!(session["user"]["id"], "noor");
    forgot::opened(&world.browser(), &before).expect(404);

    // Every account sees it, under both addresses.
    let rows = world.texts("SELECT account_id || actor_id || detail FROM audit WHERE action = 'email_changed'");
    let detail = format!("{{\"email\":\"{NEW}\",\"email_before\":\"{OLD}\"}}");
    assert_eq!(rows, [format!("acmenoor{detail}"), format!("umbranoor{detail}")]);
    let found = admin.get("/api/v1/accounts/acme/users?q=new.test").expect(200).json();
    assert_eq!(found["users"][0]["email"], NEW);
    let audit = admin.open("/audit?account=acme").expect(200).0.body;
    assert!(audit.contains("noor@acme.test → noor@new.test"), "{audit}");

    let back = link(&world, OLD);
    let mails = world.post.to(OLD);
    let told = &mails.last().unwrap().text;
    assert!(told.contains("NZ, 203.0.113.7") && told.contains("2027-01-22") && !told.contains(NEW), "{told}");
    assert!(back.contains("/email-undo/"), "{back}");
    world.browser().login(OLD).expect(401);
    world.wait_s(30);
    world.browser().sign_in(NEW, NOOR_SEED);
}

#[test]
fn it_comes_back_by_the_old_mailbox_and_whoever_changed_it_keeps_nothing() {
    let world = world();
    world.db.execute("UPDATE memberships SET role = 'admin' WHERE user_id = 'noor'", &[]);
    // A thief with the password, the phone and a session.
    let thief = noor(&world, OLD);
    let back = change(&thief, OLD, NEW);
    world.wait_s(30);
    let admin = world.admin();
    admin.sign_in(NEW, NOOR_SEED);
    let made = admin.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": ["users:read"] }));
    made.expect(201);
    let theirs = forgot::link(&world, NEW);
    ask(&thief, "third@new.test").expect(200);
    let third = link(&world, "third@new.test");

    let owner = world.browser();
    let page = opened(&owner, &back, UNDO).expect(200).0.body;
    assert!(page.contains(OLD) && !page.contains(NEW), "{page}");
    assert_eq!(address(&world), NEW, "a GET does nothing");
    let led = owner.press_on(UNDO, UNDO).expect(303);
    assert_eq!(led.header("location"), Some("/auth/reset-password"));
    assert_eq!(world.text("SELECT email || email_proven_at FROM users WHERE id = 'noor'"), format!("{OLD}5"));
    assert_eq!([thief.stage(), admin.stage()], ["none", "none"]);
    for table in ["sessions", "api_tokens", "browsers"] {
        assert_eq!(world.count(&format!("SELECT count(*) FROM {table} WHERE user_id = 'noor'")), 0, "{table}");
    }
    // Not even with the password and the code.
    for email in [OLD, NEW] {
        thief.login(email).expect(401);
    }
    forgot::opened(&thief, &theirs).expect(404);
    opened(&thief, &third, CONFIRM).expect(404);
    opened(&world.browser(), &back, UNDO).expect(404);
    let rows = world.texts("SELECT actor_id || detail FROM audit WHERE action = 'email_undone'");
    assert_eq!(rows, [format!("noor{{\"email\":\"{OLD}\",\"email_before\":\"{NEW}\"}}")]);

    // The owner goes on at once, or later by a mail.
    owner.fill("/auth/reset-password", "/auth/reset-password", "new_password=seven+grey+herons+wade").expect(303);
    owner.post("/auth/login", json!({ "email": OLD, "password": GOOD })).expect(200).field("next", "verify");
    owner.verify(&world.code(NOOR_SEED, 1)).expect(200).field("next", "done");
    assert_eq!(forgot::links(&world, OLD).len(), 0);
    forgot::link(&world, OLD);

    // Admins are told, and the notices of before still stop what may be wrong.
    let told = world.post.to("owner@acme.test").pop().unwrap();
    assert_eq!(told.subject, "noor@acme.test undid a change of address");
    let notice = world.post.to(OLD).into_iter().find(|mail| mail.text.contains("/not-me/")).unwrap();
    owner.post(notice.link(), json!({})).expect(204);
    assert_eq!(owner.stage(), "none");
}

/// One after another: the oldest goes behind all later ones, and none of these is what is left of it.
#[test]
fn a_second_change_takes_nothing_from_the_first_ones_way_back() {
    let world = world();
    let thief = noor(&world, OLD);
    let first = change(&thief, OLD, "b@new.test");
    world.wait_s(86_400);
    let thief = noor(&world, "b@new.test");
    let second = change(&thief, "b@new.test", "c@new.test");
    world.wait_s(5 * 86_400);
    undo(&world.browser(), &second).expect(303);
    assert_eq!(address(&world), "b@new.test");
    undo(&world.browser(), &first).expect(303);
    assert_eq!(address(&world), OLD);

    // And from the first straight back.
    let world = self::world();
    let thief = noor(&world, OLD);
    let first = change(&thief, OLD, "b@new.test");
    world.wait_s(1);
    fresh(&thief);
    let second = change(&thief, "b@new.test", "c@new.test");
    undo(&world.browser(), &first).expect(303);
    assert_eq!(address(&world), OLD);
    opened(&world.browser(), &second, UNDO).expect(404);
}

/// Else whoever had it in between could take it once more.
#[test]
fn whoever_comes_back_by_themselves_has_come_back_for_good() {
    let world = world();
    let noor = noor(&world, OLD);
    let first = change(&noor, OLD, NEW);
    world.wait_s(60);
    fresh(&noor);
    ask(&noor, OLD).expect(200);
    opened(&noor, &link(&world, OLD), CONFIRM).expect(200);
    noor.press_on(CONFIRM, CONFIRM).expect(303);
    world.poked();
    assert_eq!((address(&world).as_str(), world.post.to(NEW).len()), (OLD, 1), "no way back to an address in between");
    assert_eq!(world.count("SELECT count(*) FROM reserved"), 0);
    opened(&world.browser(), &first, UNDO).expect(404);
}

#[test]
fn for_seven_days_nobody_else_gets_the_address() {
    let world = world();
    let noor = noor(&world, OLD);
    let back = change(&noor, OLD, NEW);
    let admin = owner(&world);
    let invite = |email: &str| {
        let fields = json!({ "email": email, "name": "Other", "role": "member" });
        admin.post("/api/v1/accounts/acme/users", fields)
    };
    invite(OLD).expect(409).field("code", "address_taken");
    // Nor by a change of someone else's.
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    ask(&mia, OLD).expect(200);
    opened(&mia, &link(&world, OLD), CONFIRM).expect(200);
    let refused = mia.press_on(CONFIRM, CONFIRM).expect(409).0.body;
    assert!(refused.contains("Choose another address"), "{refused}");
    // Nor by whatever else makes a user: the database itself refuses.
    let made = "INSERT INTO users (id, email, name, created_at) VALUES ('x', 'noor@acme.test', 'x', 1800000000000)";
    assert!(world.db.try_run(made).unwrap_err().contains("the address can still be taken back"));
    world.wait_s(7 * 86_400 - 300);
    opened(&world.browser(), &back, UNDO).expect(200);
    world.wait_s(600);
    opened(&world.browser(), &back, UNDO).expect(404);
    world.tick();
    world.wait_s(86_400);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM links"), 0);
    let admin = owner(&world);
    let fields = json!({ "email": OLD, "name": "Other", "role": "member" });
    admin.post("/api/v1/accounts/acme/users", fields).expect(201);
}

/// What is written, how, and what is answered does not depend on who has the address; whoever reads its mail is told.
#[test]
fn asking_tells_nobody_who_has_a_login() {
    let told = |email: &str| {
        let world = world();
        let noor = noor(&world, OLD);
        let page = noor.open("/auth/email").expect(200).0.body;
        let form = format!("key={}&email={}", key_in(&page).unwrap(), email.replace('@', "%40"));
        let trips = world.db.round_trips.get();
        let answer = noor.submit("/auth/email", &form).expect(200).0.body;
        let trips = world.db.round_trips.get() - trips;
        let rows = ["outbox", "links", "floods"].map(|table| world.count(&format!("SELECT count(*) FROM {table}")));
        let (nonce, _) = answer.split_once("nonce=\"").unwrap().1.split_once('"').unwrap();
        let answer = answer.replace(nonce, "").replace(email, "");
        let asked = link(&world, email);
        opened(&noor, &asked, CONFIRM).expect(200);
        (answer, trips, rows, noor.press_on(CONFIRM, CONFIRM).0.status)
    };
    let (free, taken) = (told("free@acme.test"), told("mia@acme.test"));
    assert_eq!((&free.0, free.1, free.2), (&taken.0, taken.1, taken.2));
    assert_eq!((free.1, free.3, taken.3), (2, 303, 409));
}

/// The mailbox alone opens nothing: an address that was mistyped gives a stranger nothing.
#[test]
fn only_a_session_of_its_person_follows_a_link() {
    let world = world();
    let noor = noor(&world, OLD);
    ask(&noor, NEW).expect(200);
    let asked = link(&world, NEW);
    let stranger = world.browser();
    let page = opened(&stranger, &asked, CONFIRM).expect(200).0.body;
    assert!(page.contains("/auth/login?return_to=/auth/email-confirm") && !page.contains(OLD), "{page}");
    stranger.post(&asked, json!({})).expect(401).field("code", "login_required");
    stranger.login(OLD).expect(200);
    stranger.post(&asked, json!({})).expect(401).field("code", "verify_required");
    stranger.login("mia@acme.test").expect(200);
    let page = opened(&stranger, &asked, CONFIRM).expect(200).0.body;
    assert!(page.contains("This link is for someone else"), "{page}");
    stranger.post(&asked, json!({})).expect(409).field("code", "other_login");
    assert_eq!(address(&world), OLD);
    // A form of another link, or of no page of ours, does nothing either.
    opened(&noor, &asked, CONFIRM).expect(200);
    noor.submit(CONFIRM, "").expect(403);
    let key = noor.open(CONFIRM).expect(200).0.body;
    let key = format!("key={}", key_in(&key).unwrap());
    noor.submit(UNDO, &key).expect(404);
    noor.post(&asked, json!({})).expect(204);
    noor.post(&asked, json!({})).expect(404);
}

#[test]
fn asking_takes_every_factor_just_now_and_mail() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in(OLD, NOOR_SEED);
    let profile = noor.open("/auth/profile").expect(200).0.body;
    assert!(profile.contains("this site sends no e-mail") && !profile.contains("/auth/email"), "{profile}");
    for path in ["/auth/email", CONFIRM, UNDO, "/auth/email/x", "/auth/email-undo/x"] {
        noor.open(path).expect(404);
        noor.post(path, json!({})).expect(404);
    }
    world.send_mails();
    world.wait_s(301);
    let proof = noor.post("/auth/email", json!({ "email": NEW })).expect(403);
    proof.field("code", "reauth_required");
    // Someone whom no account asks for the code they have.
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    let less = world.browser();
    less.post("/auth/login", json!({ "email": OLD, "password": PASSWORD, "return_to": "/auth/email" })).expect(200);
    less.post("/auth/email", json!({ "email": NEW })).expect(403).field("code", "reauth_required");
    fresh(&noor);
    for wrong in ["noor", "nöör@new.test", "a@b@c.test", ""] {
        noor.post("/auth/email", json!({ "email": wrong })).expect(400);
    }
    noor.post("/auth/email", json!({ "email": OLD })).expect(409).field("code", "address_taken");
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'email'"), 0);
    world.poked();
}

#[test]
fn a_person_asks_five_times_an_hour_and_ten_times_a_day() {
    let world = world();
    let noor = noor(&world, OLD);
    let asks = |email: &str| {
        let answer = noor.post("/auth/email", json!({ "email": email }));
        (answer.0.status, answer.header("retry-after").map(str::to_owned))
    };
    for i in 0..limit::EMAILS {
        assert_eq!(asks(&format!("a{i}@new.test")).0, 200);
    }
    assert_eq!(asks("a9@new.test"), (429, Some("3600".to_owned())));
    world.poked();
    world.wait_s(3_600);
    let noor = self::noor(&world, OLD);
    for i in 0..limit::EMAILS {
        assert_eq!(noor.post("/auth/email", json!({ "email": format!("b{i}@new.test") })).0.status, 200);
    }
    world.poked();
    world.wait_s(3_600);
    let noor = self::noor(&world, OLD);
    noor.post("/auth/email", json!({ "email": "c@new.test" })).expect(429);
    let links = world.post.handed.borrow().iter().filter(|mail| mail.to.ends_with("@new.test")).count();
    assert_eq!(links, usize::try_from(limit::EMAILS_OF_DAY).unwrap());
}

#[test]
fn a_link_works_once_for_an_hour_and_the_same_form_twice_gets_the_same_answer() {
    let world = world();
    let noor = noor(&world, OLD);
    ask(&noor, "slow@new.test").expect(200);
    let slow = link(&world, "slow@new.test");
    world.wait_s(1_500);
    noor.get("/auth/profile").expect(200);
    world.wait_s(1_500);
    opened(&noor, &slow, CONFIRM).expect(200);
    world.wait_s(600);
    opened(&noor, &slow, CONFIRM).expect(404);

    let noor = self::noor(&world, OLD);
    ask(&noor, NEW).expect(200);
    ask(&noor, "other@new.test").expect(200);
    let other = link(&world, "other@new.test");
    opened(&noor, &link(&world, NEW), CONFIRM).expect(200);
    let form = |page: &str| format!("key={}", key_in(&noor.open(page).expect(200).0.body).unwrap());
    let confirm = form(CONFIRM);
    for _ in 0..2 {
        let to = noor.submit(CONFIRM, &confirm).expect(303);
        assert!(to.header("location").unwrap().starts_with("/auth/profile?done="));
    }
    opened(&noor, &other, CONFIRM).expect(404);
    let back = link(&world, OLD);
    opened(&noor, &back, UNDO).expect(200);
    let undo = form(UNDO);
    for _ in 0..2 {
        assert_eq!(noor.submit(UNDO, &undo).expect(303).header("location"), Some("/auth/reset-password"));
        noor.open("/auth/reset-password").expect(200);
    }
    let events = "SELECT count(DISTINCT event) FROM audit WHERE action LIKE 'email%'";
    assert_eq!(world.count(events), 2);
}

/// Of many at once, one gets the address; a login under way with the old one does not outlive it.
#[test]
fn an_address_is_one_persons_whatever_happens_at_once() {
    let world = world();
    let (noor, mia) = (noor(&world, OLD), world.browser());
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    ask(&noor, NEW).expect(200);
    let noors = link(&world, NEW);
    world.wait_s(61);
    ask(&mia, NEW).expect(200);
    let mias = link(&world, NEW);
    let login =
        world.browser().request("POST", "/auth/login", &json!({ "email": OLD, "password": PASSWORD }).to_string());
    let requests = [noor.request("POST", &noors, "{}"), mia.request("POST", &mias, "{}"), login];
    assert_eq!(world.at_once(&requests), [204, 409, 401]);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'noor@new.test'"), 1);
}

/// A mailed invitation to the old address says nothing of the new one, and API tokens go on.
#[test]
fn what_was_mailed_before_ends_and_programs_go_on() {
    let world = world();
    world.add_account("umbra");
    world.add_user("umbra", "una", "una@umbra.test", Role::Owner, Some(OWNER_SEED));
    let una = world.admin();
    una.sign_in("una@umbra.test", OWNER_SEED);
    una.post("/api/v1/accounts/umbra/users", json!({ "email": OLD, "name": "N", "role": "member" })).expect(201);
    let invited = link(&world, OLD);
    world.db.execute("UPDATE memberships SET role = 'admin' WHERE user_id = 'noor'", &[]);
    world.wait_s(30);
    let admin = world.admin();
    admin.sign_in(OLD, NOOR_SEED);
    let token =
        admin.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": ["users:read"] })).expect(201);
    world.wait_s(30);
    change(&noor(&world, OLD), OLD, NEW);
    world.browser().get(&invited).expect(404);
    let mut program = admin.request("GET", "/api/v1/accounts", "");
    program.headers.retain(|(name, _)| name != "cookie" && name != "sec-fetch-site");
    let bearer = format!("Bearer {}", token.json()["token"].as_str().unwrap());
    airlock_tests::set_header(&mut program, "authorization", &bearer);
    assert_eq!(world.handle(&program).status, 200);
}

/// Until someone has shown that they read mail at the old address, they get no more by the way back than they had.
#[test]
fn an_address_that_was_never_proven_comes_back_as_it_was() {
    let world = world();
    world.db.execute("UPDATE users SET email_proven_at = NULL WHERE id = 'noor'", &[]);
    let back = change(&noor(&world, OLD), OLD, NEW);
    undo(&world.browser(), &back).expect(303);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE id = 'noor' AND email_proven_at IS NULL"), 1);
}

#[test]
fn a_way_back_outlasts_what_ends_all_else() {
    let world = world();
    let noor = noor(&world, OLD);
    let back = change(&noor, OLD, NEW);
    world.reset("noor");
    world.db.execute("UPDATE users SET password_phc = 'x' WHERE id = 'noor'", &[]);
    undo(&world.browser(), &back).expect(303);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE id = 'noor' AND must_enrol = 1"), 1);
    world.brake_admits.set(false);
    world.browser().post(&back, json!({})).expect(429);
}

#[test]
fn a_change_and_its_way_back_are_all_or_nothing() {
    fn asks(world: &World) -> (Browser<'_>, String) {
        world.send_mails();
        let noor = noor(world, OLD);
        ask(&noor, NEW).expect(200);
        (noor, link(world, NEW))
    }
    crate::faults::all_or_nothing(
        |world| {
            world.send_mails();
            noor(world, OLD).request("POST", "/auth/email", &json!({ "email": NEW }).to_string())
        },
        1,
    );
    crate::faults::all_or_nothing(
        |world| {
            let (noor, link) = asks(world);
            noor.request("POST", &link, "{}")
        },
        1,
    );
    crate::faults::all_or_nothing(
        |world| {
            let (noor, confirm) = asks(world);
            noor.post(&confirm, json!({})).expect(204);
            world.browser().request("POST", &link(world, OLD), "{}")
        },
        1,
    );
}
