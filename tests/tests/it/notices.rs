//! Notices: what happens to someone's login they are written, once, in their language; a password without a code too. "This was not me"
//! ends everything without a sign-in, and nothing that lasts.

use airlock::people::Role;
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, Posted, World};
use serde_json::json;

use crate::{
    admin::{colleague, owner},
    forgot,
};

/// What someone does in a browser.
type Act<'a> = &'a dyn Fn(&World, &Browser<'_>);

const GOOD: &str = "seven grey herons wade";

/// A world that sends mails, where those of signing in so far have gone.
fn world() -> World {
    let world = World::new();
    world.send_mails();
    world
}

/// What has been mailed to an address since it was last asked.
fn news(world: &World, address: &str) -> Vec<Posted> {
    world.poked();
    let (to, others) = world.post.handed.take().into_iter().partition(|mail| mail.to == address);
    world.post.handed.replace(others);
    to
}

fn subjects(world: &World, address: &str) -> Vec<String> {
    news(world, address).into_iter().map(|mail| mail.subject).collect()
}

/// Noor, signed in and proven anew, and with nothing in her mailbox.
fn noor(world: &World) -> Browser<'_> {
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    news(world, "noor@acme.test");
    noor
}

/// The path of the link in a notice.
fn not_me(mail: &Posted) -> String {
    let link = mail.link().to_owned();
    assert!(link.contains("/not-me/"), "{}", mail.text);
    link
}

/// A notice to Noor, and the link in it.
fn notice(world: &World) -> String {
    world.wait_s(30);
    world.browser().at("192.0.2.1").sign_in("noor@acme.test", NOOR_SEED);
    not_me(&news(world, "noor@acme.test").pop().unwrap())
}

fn refused(world: &World, password: &str) -> String {
    let answer = world.browser().post("/auth/login", json!({ "email": "noor@acme.test", "password": password }));
    answer.expect(401).json()["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_sign_in_is_told_of_where_the_browser_was_not_known() {
    let world = world();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    assert!(world.pokes.0.get() > 0, "at once");
    let [mail] = &news(&world, "noor@acme.test")[..] else { panic!("one mail") };
    assert_eq!(mail.subject, "New sign-in at Airlock");
    assert!(mail.text.contains("NZ, 203.0.113.7") && mail.text.contains("2027-01-15 08:00 UTC"), "{}", mail.text);
    assert!(!mail.html.contains("<img") && !mail.html.contains("src="), "no pictures");
    noor.post("/auth/logout", json!({})).expect(204);
    world.wait_s(30);
    noor.sign_in("noor@acme.test", NOOR_SEED);
    assert_eq!(subjects(&world, "noor@acme.test"), [""; 0], "known by now");
    // Without a second factor, too.
    world.browser().login("mia@acme.test").expect(200);
    assert_eq!(subjects(&world, "mia@acme.test"), ["New sign-in at Airlock"]);
}

#[test]
fn what_someone_does_to_their_own_login_they_are_told() {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let acts: [(&str, Act<'_>); 6] = [
        ("New recovery codes for Airlock", &|_, noor| drop(noor.press("/auth/recovery-codes").expect(303))),
        ("Your password for Airlock was changed", &|_, noor| {
            let change = json!({ "current_password": PASSWORD, "new_password": GOOD });
            let mut request = noor.request("POST", "/auth/password", &change.to_string());
            airlock_tests::set_header(&mut request, "user-agent", firefox);
            noor.send(&request).expect(200);
        }),
        ("Two-factor login is off at Airlock", &|_, noor| drop(noor.press("/auth/two-factor/disable").expect(303))),
        ("Two-factor login is on at Airlock", &|world, noor| {
            world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
            noor.press("/auth/two-factor/enable").expect(303);
        }),
        ("Your authenticator at Airlock was replaced", &|world, noor| {
            let secret = noor.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
            let code = world.code(&secret, 0);
            noor.post("/auth/enrol", json!({ "code": code, "replaces": "noor-app" })).expect(200);
        }),
        ("An authenticator was removed at Airlock", &|world, noor| {
            world.db.execute(
                "INSERT INTO authenticators SELECT 'second', user_id, 'second', algorithm, digits, period_s, sealed_seed, seed_key,
                   last_step, created_at, last_used_at, burned_steps FROM authenticators WHERE id = 'noor-app'",
                &[],
            );
            noor.press("/auth/authenticators/second/remove").expect(303);
        }),
    ];
    for (subject, act) in acts {
        let world = world();
        let noor = noor(&world);
        act(&world, &noor);
        let mails = news(&world, "noor@acme.test");
        let [mail] = &mails[..] else { panic!("{subject}: {mails:?}") };
        assert_eq!(mail.subject, subject);
        assert!(mail.text.contains("203.0.113.7"), "{}", mail.text);
        assert_eq!(mail.text.contains("Firefox on Linux"), subject.contains("changed"), "{}", mail.text);
        not_me(mail);
        assert_eq!(world.post.handed.borrow().len(), 0, "{subject}: nobody else is told");
    }
}

#[test]
fn a_recovery_code_that_is_used_is_told_of_with_how_many_are_left() {
    let world = world();
    let noor = noor(&world);
    let codes = noor.post("/auth/recovery-codes", json!({})).expect(200).json();
    let codes: Vec<_> = codes["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    news(&world, "noor@acme.test");
    let phone = world.browser();
    phone.login("noor@acme.test").expect(200);
    phone.post("/auth/recovery", json!({ "code": codes[0] })).expect(200);
    let [mail] = &news(&world, "noor@acme.test")[..] else { panic!("one mail, though the browser is new too") };
    assert_eq!(mail.subject, "A recovery code was used at Airlock");
    assert!(
        mail.text.contains("You have 9 recovery codes left.") && !mail.text.contains("Make new ones"),
        "{}",
        mail.text
    );
    world.db.execute("UPDATE recovery_codes SET used_at = 0 WHERE mac NOT IN (SELECT mac FROM recovery_codes WHERE used_at IS NULL LIMIT 4)", &[]);
    let left = world.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL");
    assert_eq!(left, 4);
    // Typed where it is to be proven again, it counts as much.
    let mut proven = 0;
    for code in &codes[1..] {
        let proof = json!({ "password": PASSWORD, "code": code });
        proven += i32::from(noor.post("/auth/reauth", proof).0.status == 200);
        if proven == 1 {
            break;
        }
        world.db.execute("DELETE FROM code_attempts", &[]);
    }
    let [mail] = &news(&world, "noor@acme.test")[..] else { panic!("one mail") };
    assert!(
        mail.text.contains("You have 3 recovery codes left.") && mail.text.contains("Make new ones"),
        "{}",
        mail.text
    );
}

#[test]
fn what_admins_do_to_someone_they_are_told_with_who_it_was_and_not_from_where() {
    let world = world();
    let owner = owner(&world);
    news(&world, "owner@acme.test");
    let users = "/api/v1/accounts/acme/users";
    let patch = |id: &str, change: &str| {
        drop(owner.send(&owner.request("PATCH", &format!("{users}/{id}"), change)).expect(200))
    };
    let told = |address: &str, subject: &str, word: &str| {
        let mails = news(&world, address);
        let [mail] = &mails[..] else { panic!("{subject}: {mails:?}") };
        assert_eq!(mail.subject, subject);
        assert!(mail.text.contains("owner@acme.test") && mail.text.contains(word), "{}", mail.text);
        assert!(!mail.text.contains("203.0.113.7"), "{}", mail.text);
        mail.clone()
    };
    owner.post(&format!("{users}/noor/two-factor/reset"), json!({})).expect(200);
    not_me(&told("noor@acme.test", "Your two-factor login at Airlock was reset", "set it up again"));
    patch("leo", r#"{"role":"admin"}"#);
    told("leo@acme.test", "Your role in Acme has changed", "It's now: Admin.");
    patch("leo", r#"{"active":false}"#);
    told("leo@acme.test", "You can't use Acme for now", "deactivated");
    patch("leo", r#"{"active":true}"#);
    told("leo@acme.test", "You can use Acme again", "again");
    patch("leo", r#"{"name":"Leopold"}"#);
    assert_eq!(subjects(&world, "leo@acme.test"), [""; 0], "what the account calls someone is no news");
    owner.send(&owner.request("DELETE", &format!("{users}/leo"), "")).expect(204);
    told("leo@acme.test", "You're no longer a member of Acme", "removed you");
}

#[test]
fn admins_are_told_what_concerns_their_account_and_members_are_not() {
    let world = world();
    world.add_account("umbra");
    world.add_user("umbra", "rex", "rex@umbra.test", Role::Owner, None);
    let (owner, ada) = (owner(&world), colleague(&world, "ada", Role::Admin));
    drop(ada);
    news(&world, "");
    world.post.handed.take();
    let policy = "/api/v1/accounts/acme/two-factor";
    owner.put(policy, json!({ "required": true })).expect(200);
    let told = || {
        world.poked();
        let mut told: Vec<_> = world.post.handed.take().into_iter().map(|mail| (mail.to, mail.subject)).collect();
        told.sort();
        told.into_iter().map(|(to, subject)| format!("{to}: {subject}")).collect::<Vec<_>>()
    };
    let both = |subject: &str| vec![format!("ada@acme.test: {subject}"), format!("owner@acme.test: {subject}")];
    assert_eq!(told(), both("Acme now requires two-factor login"));
    owner.put(policy, json!({ "required": false })).expect(200);
    assert_eq!(told(), both("Acme no longer requires two-factor login"));
    // The operator takes a second factor away: its person is told, and every admin.
    world.reset("noor");
    let mut expected = both("noor@acme.test's two-factor login was reset");
    expected.insert(1, "noor@acme.test: Your two-factor login at Airlock was reset".to_owned());
    assert_eq!(told(), expected);
    // Ten wrong codes of one person.
    let stranger = world.browser();
    for round in 0..3 {
        world.db.execute("DELETE FROM code_attempts", &[]);
        stranger.login("ada@acme.test").expect(200);
        (0..4).for_each(|_| drop(stranger.verify("000000").expect(401)));
        assert_eq!(
            told().iter().any(|told| told.contains("owner@acme.test: Many wrong codes for ada@acme.test")),
            round == 2
        );
        world.wait_s(1);
    }
}

/// A login whose password was right, from `ip`, in a browser of its own.
fn waiting<'w>(world: &'w World, ip: &str) -> Browser<'w> {
    let browser = world.browser().at(ip);
    browser.login("noor@acme.test").expect(200);
    browser
}

const KNOWN: &str = "Someone knows your password for Airlock";

#[test]
fn a_password_without_a_code_is_told_of_after_three_minutes() {
    let world = world();
    waiting(&world, "198.51.100.7");
    world.wait_s(179);
    assert_eq!(subjects(&world, "noor@acme.test"), [""; 0]);
    world.wait_s(1);
    world.tick();
    let [mail] = &news(&world, "noor@acme.test")[..] else { panic!("one mail") };
    assert_eq!(mail.subject, KNOWN);
    assert!(mail.text.contains("198.51.100.7"), "{}", mail.text);
    not_me(mail);
    world.wait_s(300);
    world.tick();
    assert_eq!(subjects(&world, "noor@acme.test"), [""; 0], "once");
    // Whoever has no second factor is asked for no code.
    world.browser().login("mia@acme.test").expect(200);
    world.wait_s(400);
    world.tick();
    assert_eq!(subjects(&world, "mia@acme.test"), ["New sign-in at Airlock"]);
}

#[test]
fn however_such_a_login_ends_its_person_is_told() {
    let ends: [(&str, Act<'_>, i64); 4] = [
        ("five wrong codes", &|_, thief| (0..5).for_each(|_| drop(thief.verify("000000").expect(401))), 0),
        ("signed out", &|_, thief| drop(thief.post("/auth/logout", json!({})).expect(204)), 180),
        ("pushed out by five more", &|world, _| (0..5).for_each(|_| drop(waiting(world, "198.51.100.7"))), 180),
        (
            "over and swept",
            &|world, _| {
                world.wait_s(400);
                world.tick();
            },
            0,
        ),
    ];
    for (how, end, after_s) in ends {
        let world = world();
        let thief = waiting(&world, "198.51.100.7");
        end(&world, &thief);
        assert!(after_s == 0 || subjects(&world, "noor@acme.test").is_empty(), "{how}");
        world.wait_s(after_s);
        assert_eq!(subjects(&world, "noor@acme.test"), [KNOWN], "{how}");
    }
}

#[test]
fn of_a_login_that_ends_with_what_it_waits_for_its_person_is_told() {
    let world = world();
    let (noor, _thief) = (noor(&world), waiting(&world, "198.51.100.7"));
    noor.press("/auth/two-factor/disable").expect(303);
    assert_eq!(subjects(&world, "noor@acme.test"), ["Two-factor login is off at Airlock"]);
    world.wait_s(180);
    assert_eq!(subjects(&world, "noor@acme.test"), [KNOWN]);
}

#[test]
fn nobody_is_told_of_their_own_login_that_took_two_tries() {
    let world = world();
    let noor = waiting(&world, "198.51.100.7");
    // Back to the password, and then the code.
    world.wait_s(60);
    noor.login("noor@acme.test").expect(200);
    noor.verify("000000").expect(401);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    for _ in 0..10 {
        world.wait_s(60);
        world.tick();
    }
    assert_eq!(subjects(&world, "noor@acme.test"), ["New sign-in at Airlock"]);
    // The fifth try was right.
    world.db.execute("DELETE FROM code_attempts", &[]);
    let noor = waiting(&world, "192.0.2.3");
    (0..4).for_each(|_| drop(noor.verify("000000").expect(401)));
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    world.wait_s(600);
    world.tick();
    assert_eq!(subjects(&world, "noor@acme.test"), ["New sign-in at Airlock"]);
}

#[test]
fn one_such_mail_in_a_quarter_of_an_hour_is_enough() {
    let world = world();
    let mut told = Vec::new();
    for minute in 0..60 {
        if minute % 2 == 0 {
            waiting(&world, &format!("198.51.100.{minute}"));
        }
        world.wait_s(60);
        world.tick();
        told.extend(subjects(&world, "noor@acme.test").iter().map(|_| minute));
    }
    assert_eq!(told.len(), 4, "{told:?}");
}

/// Whatever fills the mailbox that is about roles keeps nothing out that is about the login.
#[test]
fn nobodys_mailbox_is_flooded_by_notices() {
    let world = world();
    let owner = owner(&world);
    for i in 0..40 {
        let role = if i % 2 == 0 { "admin" } else { "member" };
        let request = owner.request("PATCH", "/api/v1/accounts/acme/users/leo", &json!({ "role": role }).to_string());
        owner.send(&request).expect(200);
    }
    assert_eq!(subjects(&world, "leo@acme.test").len(), 30);
    world.browser().login("leo@acme.test").expect(200);
    assert_eq!(subjects(&world, "leo@acme.test"), ["New sign-in at Airlock"]);
}

#[test]
fn a_notice_is_in_the_language_of_whoever_it_is_for() {
    let world = world();
    let noor = world.browser();
    noor.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), "de".to_owned());
    noor.sign_in("noor@acme.test", NOOR_SEED);
    assert_eq!(subjects(&world, "noor@acme.test"), ["Neue Anmeldung auf Airlock"]);
    // Whoever has the password alone does not choose what its owner reads.
    world.wait_s(30);
    let thief = world.browser().at("198.51.100.7");
    thief.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), "hi".to_owned());
    thief.login("noor@acme.test").expect(200);
    world.wait_s(200);
    world.tick();
    assert_eq!(subjects(&world, "noor@acme.test"), ["Jemand kennt Ihr Passwort für Airlock"]);
    owner(&world).post("/api/v1/accounts/acme/users/noor/two-factor/reset", json!({})).expect(200);
    assert_eq!(subjects(&world, "noor@acme.test"), ["Ihre Zwei-Faktor-Anmeldung auf Airlock wurde zurückgesetzt"]);
}

#[test]
fn this_was_not_me_ends_everything_without_a_sign_in() {
    let world = world();
    let noor = noor(&world);
    let thief = waiting(&world, "198.51.100.7");
    world.db.execute(
        "INSERT INTO api_tokens (id, token_hash, account_id, user_id, name, scopes, created_at, expires_at)
         SELECT 't', 't', 'acme', 'noor', 't', '[]', 0, 9e15 WHERE EXISTS (SELECT 1 FROM memberships WHERE user_id = 'noor')",
        &[],
    );
    let link = notice(&world);
    let anyone = world.browser().at("192.0.2.200");
    // A program that follows links does nothing by it.
    let before = world.db.dump();
    let page = anyone.open(&link).expect(200).0.body;
    assert!(page.contains("Stop everything") && !page.contains("noor"), "{page}");
    assert!(world.db.dump() == before);
    let done = anyone.submit(&link, "").expect(303);
    let page = anyone.follow(done).expect(200).0.body;
    assert!(page.contains("Everything is stopped") && page.contains("href=\"/auth/forgot\""), "{page}");
    // Sessions, what waited, known browsers and tokens are gone; the second factor is as it was.
    assert_eq!(noor.stage(), "none");
    thief.verify(&world.code(NOOR_SEED, 0)).expect(401);
    for table in ["sessions", "browsers", "enrolments", "api_tokens"] {
        assert_eq!(world.count(&format!("SELECT count(*) FROM {table} WHERE user_id = 'noor'")), 0, "{table}");
    }
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 1);
    // The password opens nothing, and only whoever knows it hears why.
    assert_eq!(refused(&world, PASSWORD), "password_reset_required");
    assert_eq!(refused(&world, "no such password"), "invalid_credentials");
    assert_eq!(subjects(&world, "noor@acme.test").last().unwrap(), "Your password for Airlock no longer works");
    assert_eq!(world.texts("SELECT target_id || ' ' || result FROM audit WHERE action = 'not_me'"), ["noor ok"]);
    // Sent again, by another reader of the mail, it is done already.
    let rows = world.count("SELECT count(*) FROM audit");
    let again = world.browser().submit(&link, "").expect(200).0.body;
    assert!(again.contains("Everything is stopped"), "{again}");
    assert_eq!(world.count("SELECT count(*) FROM audit"), rows);
    // A new password by mail, and then the code, as before.
    let path = forgot::link(&world, "noor@acme.test");
    noor.post(&path, json!({ "new_password": GOOD })).expect(204);
    noor.post("/auth/login", json!({ "email": "noor@acme.test", "password": GOOD }))
        .expect(200)
        .field("next", "verify");
}

#[test]
fn the_admins_of_every_account_are_told_and_can_give_the_password_back() {
    let world = world();
    world.add_account("umbra");
    world.add_user("umbra", "rex", "rex@umbra.test", Role::Owner, Some(OWNER_SEED));
    world.join("umbra", "noor", "noor@acme.test", Role::Member);
    let (owner, link) = (owner(&world), notice(&world));
    news(&world, "owner@acme.test");
    world.browser().submit(&link, "").expect(303);
    for admin in ["owner@acme.test", "rex@umbra.test"] {
        assert_eq!(subjects(&world, admin), ["noor@acme.test says “This wasn't me”"], "{admin}");
    }
    // It opens both accounts, so it takes power in both.
    let restore = "/api/v1/accounts/acme/users/noor/password/restore";
    assert_eq!(owner.post(restore, json!({})).expect(409).json()["code"], "belongs_elsewhere");
    world.db.execute("DELETE FROM memberships WHERE account_id = 'umbra' AND user_id = 'noor'", &[]);
    let page = "/members/noor?account=acme";
    assert!(owner.open(page).expect(200).0.body.contains("Make the password work again"));
    owner.post(restore, json!({})).expect(204);
    assert!(!owner.open(page).expect(200).0.body.contains("Make the password work again"));
    assert_eq!(subjects(&world, "noor@acme.test").last().unwrap(), "Your password for Airlock works again");
    // Nothing but the password is back.
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "verify");
    assert_eq!(world.count("SELECT count(*) FROM browsers WHERE user_id = 'noor'"), 0);
    assert_eq!(
        world.texts("SELECT actor_id || ' ' || target_id FROM audit WHERE action = 'password_restored'"),
        ["owner noor"]
    );
}

/// Otherwise a bundle of old notices would keep someone out for good.
#[test]
fn it_is_done_once_a_day_and_for_three_days() {
    let world = world();
    let links: Vec<_> = (0..3).map(|_| notice(&world)).collect();
    let owner = owner(&world);
    let restore = || drop(owner.post("/api/v1/accounts/acme/users/noor/password/restore", json!({})).expect(204));
    let press = |link: &str| world.browser().submit(link, "");
    press(&links[0]).expect(303);
    restore();
    let answer: Answer = press(&links[1]).expect(429);
    assert_eq!(answer.header("retry-after"), Some("86400"));
    press(&links[0]).expect(404);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_stopped_at IS NOT NULL"), 0);
    world.wait_s(86_401);
    world.browser().open(&links[1]).expect(200);
    press(&links[1]).expect(303);
    world.wait_s(2 * 86_400);
    world.tick();
    press(&links[2]).expect(404);
    world.browser().open(&links[2]).expect(404);
    press("/auth/not-me/none").expect(404);
}

#[test]
fn a_login_that_was_read_before_it_is_not_begun_after_it() {
    let world = world();
    let link = notice(&world);
    let (thief, anyone) = (world.browser().at("198.51.100.7"), world.browser());
    let login = || {
        thief.request("POST", "/auth/login", &json!({ "email": "noor@acme.test", "password": PASSWORD }).to_string())
    };
    let press = || {
        let mut press = anyone.request("POST", &link, "");
        press.headers.retain(|(name, _)| name != "content-type");
        press
    };
    for requests in [[press(), login()], [login(), press()]] {
        let before = world.db.dump();
        world.at_once(&requests);
        assert_eq!(world.count("SELECT count(*) FROM sessions WHERE user_id = 'noor'"), 0);
        assert_eq!(world.count("SELECT count(*) FROM users WHERE password_stopped_at IS NOT NULL"), 1);
        world.db.restore(&before);
    }
}

#[test]
fn without_mail_there_is_no_such_page() {
    let world = world();
    let link = notice(&world);
    world.configure_mail(false);
    world.browser().open(&link).expect(404);
    world.browser().submit(&link, "").expect(404);
}
