//! What someone mistyped counts once, however often its form is sent: within a minute the same form gets the same answer. And what
//! they typed elsewhere is not lost by it.

use airlock::web::Request;
use airlock_tests::{Answer, Browser, NOOR_SEED, PASSWORD, World, key_in};
use serde_json::json;

use crate::repeats::{posted, with_old_cookies};

/// All that counts what was wrong, and all that tells of it.
const COUNTED: &str = "SELECT json_array((SELECT count(*) FROM code_attempts), (SELECT code_failures FROM users WHERE id = 'noor'),
    (SELECT sum(attempts) FROM sessions), (SELECT sum(failures) FROM password_budgets), (SELECT sum(failures) FROM floods),
    (SELECT count(DISTINCT event) FROM audit WHERE result <> 'ok'), (SELECT sum(times) FROM refusals))";

const WRONG_RECOVERY_CODE: &str = "0000-0000-0000-0000-0000-0000";

/// The form of a page, filled in.
fn form(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Request {
    let page = browser.open(path).expect(200).0.body;
    let fields = [&[("key", key_in(&page).unwrap())], fields].concat();
    posted(browser, path, &airlock::web::encoded(&fields))
}

/// What an answer says to whoever reads it.
fn told(answer: &Answer) -> (u16, String) {
    let problem = answer.0.body.split_once("role=\"alert\"").and_then(|(_, rest)| rest.split("</div>").next());
    (answer.0.status, problem.unwrap_or_else(|| panic!("{}", answer.0.body)).to_owned())
}

/// Forms with something wrong in them, each from a page of its own.
fn mistakes<'w>(world: &'w World) -> Vec<(&'static str, Browser<'w>, Request)> {
    let waiting = || {
        let noor = world.browser();
        noor.login("noor@acme.test").expect(200);
        noor
    };
    let signed_in = || {
        world.wait_s(30);
        let noor = world.browser();
        noor.sign_in("noor@acme.test", NOOR_SEED);
        noor
    };
    let (verify, recovery, code, password, change) = (waiting(), waiting(), signed_in(), signed_in(), signed_in());
    world.wait_s(30);
    let (late, right) = (world.code(NOOR_SEED, 3), world.code(NOOR_SEED, 0));
    let new = [("current_password", "wrong"), ("new_password", "seven+grey+herons+wade")];
    let forms = [
        ("a code", form(&verify, "/auth/verify", &[("code", &late)])),
        ("a recovery code", form(&recovery, "/auth/recovery", &[("code", WRONG_RECOVERY_CODE)])),
        ("a code, to prove it", form(&code, "/auth/reauth", &[("password", PASSWORD), ("code", "000000")])),
        ("a password, to prove it", form(&password, "/auth/reauth", &[("password", "wrong"), ("code", &right)])),
        ("a password, to change it", form(&change, "/auth/password", &new)),
    ];
    let browsers = [verify, recovery, code, password, change];
    forms.into_iter().zip(browsers).map(|((name, form), browser)| (name, browser, form)).collect()
}

#[test]
fn what_is_wrong_and_sent_twice_counts_once() {
    let world = World::new();
    for (name, _, request) in mistakes(&world) {
        let before = world.text(COUNTED);
        let first = Answer(world.handle(&request));
        assert_eq!(told(&first).0, 401, "{name}");
        let counted = world.text(COUNTED);
        assert_ne!(counted, before, "{name} is counted");
        // A code of later is none by the time that its form comes again, and no form waits for its code.
        for _ in 0..2 {
            world.wait_s(29);
            let again = Answer(world.handle(&with_old_cookies(&request)));
            assert_eq!(told(&again), told(&first), "{name}");
            assert_eq!(world.text(COUNTED), counted, "{name} counts twice");
        }
        world.wait_s(2);
        world.handle(&with_old_cookies(&request));
        assert_ne!(world.text(COUNTED), counted, "{name}, a minute later, is another try");
    }
}

#[test]
fn what_is_wrong_and_sent_twice_at_once_counts_once() {
    for at in 0..5 {
        let counted = |times: usize| {
            let world = World::new();
            let (name, _browser, request) = mistakes(&world).swap_remove(at);
            let requests: Vec<_> = (0..times).map(|_| with_old_cookies(&request)).collect();
            assert_eq!(world.at_once(&requests), vec![401; times], "{name}");
            (name, world.text(COUNTED))
        };
        assert_eq!(counted(3), counted(1));
    }
}

/// The last try before a pause is answered as what it was, not as one too many.
#[test]
fn the_last_try_sent_twice_is_no_try_too_many() {
    let world = World::new();
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    let last = (0..5).map(|_| form(&noor, "/auth/verify", &[("code", "000000")])).map(|request| {
        let answer = Answer(world.handle(&request)).expect(401);
        (request, told(&answer))
    });
    let (request, answer) = last.last().unwrap();
    assert_eq!(told(&Answer(world.handle(&with_old_cookies(&request)))), answer);
    noor.open("/auth/verify").expect(429);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(429);
}

/// Another page, another try: whoever guesses gains nothing by the same code again, nor by the same page with another code.
#[test]
fn whoever_guesses_is_charged_for_each_guess() {
    let world = World::new();
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    let page = noor.open("/auth/verify").expect(200).0.body;
    let key = key_in(&page).unwrap();
    let charged = || world.count("SELECT count(*) FROM code_attempts");
    noor.submit("/auth/verify", &airlock::web::encoded(&[("key", key), ("code", "000000")])).expect(401);
    noor.submit("/auth/verify", &airlock::web::encoded(&[("key", key), ("code", "000001")])).expect(401);
    noor.submit("/auth/verify?x=1", &airlock::web::encoded(&[("key", key), ("code", "000001")])).expect(401);
    noor.send(&form(&noor, "/auth/verify", &[("code", "000001")])).expect(401);
    assert_eq!(charged(), 4);
    // What no page sends has no form, and is a try each time.
    world.db.execute("DELETE FROM code_attempts", &[]);
    let other = world.browser();
    other.login("noor@acme.test").expect(200);
    (0..3).for_each(|_| drop(other.post("/auth/verify", json!({ "code": "000000" })).expect(401)));
    assert_eq!(charged(), 3);
}

/// A name is saved in one tab, and who one is proven again; the name typed in the other, from a page of before, is still there.
#[test]
fn what_was_typed_in_another_tab_stays() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let other = form(&noor, "/auth/profile/edit", &[("name", "Noor of the other tab")]);
    noor.fill("/auth/profile/edit", "/auth/profile/edit", "name=Noor+of+this+tab").expect(303);
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let mut other = with_old_cookies(&other);
    airlock_tests::set_header(&mut other, "cookie", noor.request("GET", "/", "").header("cookie").unwrap());
    let page = Answer(world.handle(&other)).expect(403).0.body;
    assert!(page.contains("value=\"Noor of the other tab\""), "{page}");
    noor.send(&form(&noor, "/auth/profile/edit", &[("name", "Noor of the other tab")])).expect(303);
    assert_eq!(world.text("SELECT name FROM users WHERE id = 'noor'"), "Noor of the other tab");
}
