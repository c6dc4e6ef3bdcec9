//! Someone who has to sign in again is told why, and comes to where they were going. The reason is in an address, where anyone can
//! write it: so it is one of a few, and says nothing of anyone.

use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use serde_json::json;

use crate::codes::pending;

const TIME: &str = "You didn&#39;t enter a code within five minutes of your password.";
const ENDED: &str = "You&#39;ve been signed out. Sign in to continue.";
const UNSAVED: &str = "so nothing was saved.";

/// Asserts where an answer leads, and what is said there.
#[track_caller]
fn led(browser: &Browser<'_>, answer: &airlock_tests::Answer, to: &str, says: &str) {
    assert_eq!((answer.0.status, answer.header("location")), (303, Some(to)));
    let page = browser.open(to).expect(200).0.body;
    assert!(page.contains(says) && page.contains("aria-describedby=\"why\""), "{page}");
}

#[test]
fn a_code_that_comes_too_late_says_so_and_keeps_the_destination() {
    let world = World::new();
    let noor = pending(&world, "noor@acme.test");
    let key = airlock_tests::key_in(&noor.open("/auth/verify").expect(200).0.body).unwrap().to_owned();
    let code = world.code(NOOR_SEED, 0);
    world.wait_s(301);
    for (path, code) in [("/auth/verify", code.as_str()), ("/auth/recovery", "0000-0000-0000-0000-0000-0000")] {
        let form = format!("key={key}&code={code}");
        let asked = format!("{path}?return_to=%2Freports%2F7%3Fx%3D1");
        let to = "/auth/login?return_to=%2Freports%2F7%3Fx%3D1&why=time";
        led(&noor, &noor.open(&asked), to, TIME);
        led(&noor, &noor.submit(&asked, &form), to, TIME);
        led(&noor, &noor.open(path), "/auth/login?why=time", TIME);
        let answer = noor.get(&asked).expect(401).field("code", "login_required").json();
        assert_eq!(answer["login_url"], format!("https://app.test{to}"));
    }
    // The sign-in page keeps it, and so does the page for the code after it.
    let to = "/auth/login?return_to=%2Freports%2F7&why=time";
    let page = noor.open(to).expect(200).0.body;
    assert!(page.contains("name=\"return_to\" value=\"/reports/7\""), "{page}");
    let form = format!("email=noor%40acme.test&password={}&return_to=%2Freports%2F7", PASSWORD.replace(' ', "+"));
    assert_eq!(noor.submit(to, &form).expect(303).header("location"), Some("/auth/verify?return_to=%2Freports%2F7"));
}

#[test]
fn a_session_that_has_ended_says_so_wherever_it_is_missed() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let key = airlock_tests::key_in(&noor.open("/auth/profile/edit").expect(200).0.body).unwrap().to_owned();
    world.wait_s(31 * 60);
    for (path, to) in [
        ("/reports/7?x=1", "/auth/login?return_to=%2Freports%2F7%3Fx%3D1&why=ended"),
        ("/", "/auth/login?why=ended"),
        ("/auth/profile?done=saved", "/auth/login?return_to=%2Fauth%2Fprofile&why=ended"),
        ("/auth/password", "/auth/login?return_to=%2Fauth%2Fpassword&why=ended"),
        ("/auth/enrol", "/auth/login?return_to=%2Fauth%2Fenrol&why=ended"),
        ("/auth/reauth?return_to=%2Fauth%2Fpassword", "/auth/login?return_to=%2Fauth%2Fpassword&why=ended"),
        ("/auth/reauth?return_to=%2F%2Fevil.test", "/auth/login?why=ended"),
    ] {
        led(&noor, &noor.open(path), to, ENDED);
    }
    for (path, to) in [
        ("/auth/profile/edit", "%2Fauth%2Fprofile%2Fedit"),
        ("/auth/password", "%2Fauth%2Fpassword"),
        ("/auth/two-factor/disable", "%2Fauth%2Ftwo-factor%2Fdisable"),
        ("/auth/authenticators/x/remove", "%2Fauth%2Fprofile"),
        ("/auth/sessions/end-others", "%2Fauth%2Fprofile"),
        ("/auth/recovery-codes", "%2Fauth%2Fprofile"),
    ] {
        let sent = noor.submit(path, &format!("key={key}&name=N"));
        led(&noor, &sent, &format!("/auth/login?return_to={to}&why=unsaved"), UNSAVED);
    }
    assert_eq!(world.text("SELECT name FROM users WHERE id = 'noor'"), "noor");
}

/// A page with a form was made for a session: where its cookie is gone, that is what is told, and not that the page is old.
#[test]
fn a_form_whose_session_is_gone_says_so_and_keeps_the_destination() {
    let world = World::new();
    let key = |browser: &Browser<'_>, page: &str| {
        let key = airlock_tests::key_in(&browser.open(page).expect(200).0.body).unwrap().to_owned();
        airlock::web::encoded(&[("key", key.as_str())])
    };
    let waiting = pending(&world, "noor@acme.test");
    for (path, code) in [("/auth/verify", world.code(NOOR_SEED, 0)), ("/auth/recovery", "0".repeat(24))] {
        let page = format!("{path}?return_to=%2Freports%2F7");
        let form = format!("{}&code={code}", key(&waiting, &page));
        let (cleared, ended) = (world.browser(), world.browser());
        let to = "/auth/login?return_to=%2Freports%2F7&why=ended";
        led(&cleared, &cleared.submit(&page, &form), to, ENDED);
        ended.cookies.borrow_mut().insert("__Host-airlock".to_owned(), "x".to_owned());
        led(&ended, &ended.submit(&page, &form), "/auth/login?return_to=%2Freports%2F7&why=time", TIME);
        // One that is signed in by now goes on to where it was going.
        let done = world.browser();
        world.wait_s(30);
        done.sign_in("noor@acme.test", NOOR_SEED);
        assert_eq!(done.submit(&page, &form).expect(303).header("location"), Some("/reports/7"));
        // A login that waits has a page of its own.
        let other = pending(&world, "noor@acme.test");
        assert!(other.submit(&page, &form).expect(403).0.body.contains("Open it again"));
    }
    assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0, "and nothing is charged");
    world.wait_s(30);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let key = key(&noor, "/auth/profile/edit");
    for (path, fields, to) in [
        ("/auth/profile/edit", "name=N", "%2Fauth%2Fprofile%2Fedit"),
        ("/auth/two-factor/enable", "", "%2Fauth%2Fprofile"),
        ("/auth/reauth", "password=x&code=1&return_to=%2Fauth%2Fpassword", "%2Fauth%2Fpassword"),
    ] {
        let cleared = world.browser();
        let sent = cleared.submit(path, format!("{key}&{fields}").trim_end_matches('&'));
        led(&cleared, &sent, &format!("/auth/login?return_to={to}&why=unsaved"), UNSAVED);
    }
}

/// The button by which someone joins is one of their session's.
#[test]
fn whoever_joins_and_is_signed_out_meanwhile_comes_back_to_the_invitation() {
    let world = World::new();
    world.add_account("beta");
    world.join("beta", "owner", "owner@acme.test", airlock::people::Role::Owner);
    let invite = json!({ "email": "noor@acme.test", "name": "Noor", "role": "member" });
    let made = crate::admin::owner(&world).post("/api/v1/accounts/beta/users", invite).expect(201);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.open(&crate::invitations::link(&made)).expect(303);
    let page = noor.open("/auth/invite").expect(200).0.body;
    let form = airlock::web::encoded(&[("key", airlock_tests::key_in(&page).unwrap())]);
    world.wait_s(31 * 60);
    let to = "/auth/login?return_to=%2Fauth%2Finvite&why=unsaved";
    led(&noor, &noor.submit("/auth/invite", &form), to, UNSAVED);
    // Whoever is no browser is told what is missing.
    noor.post("/auth/invite", json!({})).expect(400);
}

#[test]
fn the_admins_pages_do_so_too() {
    let world = World::new();
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(16 * 60);
    let members = owner.open("/members?account=acme");
    led(&owner, &members, "/auth/login?return_to=%2Fmembers%3Faccount%3Dacme&why=ended", ENDED);
    let sent = owner.submit("/members", "account=acme&email=x%40acme.test&name=X&role=member");
    led(&owner, &sent, "/auth/login?return_to=%2Fmembers%3Faccount%3Dacme&why=unsaved", UNSAVED);
    let sent = owner.submit("/settings/security/two-factor", "account=%2F%2Fevil.test&required=true");
    let to = "/auth/login?return_to=%2Fsettings%2Fsecurity%2Ftwo-factor%3Faccount%3D%252F%252Fevil.test&why=unsaved";
    led(&owner, &sent, to, UNSAVED);
}

#[test]
fn signing_out_says_so() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    led(&noor, &noor.submit("/auth/logout", ""), "/auth/login?why=signed-out", "You&#39;re signed out.");
}

/// Without a session cookie nobody knows that there ever was one: nothing is said, but where it was to lead is kept.
#[test]
fn a_stranger_is_told_nothing_and_keeps_the_destination() {
    let world = World::new();
    for (path, to) in [
        ("/reports", "/auth/login?return_to=%2Freports"),
        ("/auth/verify?return_to=%2Fx", "/auth/login?return_to=%2Fx"),
        ("/auth/profile", "/auth/login?return_to=%2Fauth%2Fprofile"),
        ("/auth/verify", "/auth/login"),
    ] {
        assert_eq!(world.browser().open(path).expect(303).header("location"), Some(to));
    }
    // What anyone can write there is one of four sentences, or nothing.
    for why in ["", "TIME", "time%20", "%3Cb%3E", "ended%26x"] {
        let page = world.browser().open(&format!("/auth/login?why={why}")).expect(200).0.body;
        assert!(!page.contains("id=\"why\"") && !page.contains("<b>"), "{page}");
    }
}

/// A cookie that the sign-in page has set and that does not come back with its form is blocked. Said before anything is looked up,
/// to everyone alike; programs, which do not send that field, are not asked.
#[test]
fn a_browser_that_keeps_no_cookies_is_told_so() {
    let world = World::new();
    for (browser, email) in
        [(world.browser(), "noor@acme.test"), (world.browser(), "nobody@acme.test"), (world.admin(), "owner@acme.test")]
    {
        let path = "/auth/login?return_to=%2Fx";
        let page = browser.open(path).expect(200);
        assert!(page.0.body.contains("name=\"cookies\" value=\"true\""));
        let form = format!(
            "cookies=true&email={}&password={}&return_to=%2Fx",
            email.replace('@', "%40"),
            PASSWORD.replace(' ', "+")
        );
        let mut blocked = browser.request("POST", path, &form);
        set_header(&mut blocked, "accept", "text/html");
        set_header(&mut blocked, "content-type", "application/x-www-form-urlencoded");
        blocked.headers.retain(|(name, _)| name != "cookie");
        world.db.round_trips.set(0);
        let answer = airlock_tests::Answer(world.handle(&blocked)).expect(400);
        assert_eq!(world.db.round_trips.get(), 0);
        assert!(answer.0.body.contains("Your browser blocks cookies"), "{}", answer.0.body);
        assert!(answer.0.body.contains("value=\"/x\"") && answer.0.body.contains(email));
        set_header(&mut blocked, "accept", "application/json");
        airlock_tests::Answer(world.handle(&blocked)).expect(400).field("code", "cookies_blocked");
        // One that keeps them goes on, also where a page of the app has planted another of that name.
        let answer = browser.submit(path, &form);
        assert_eq!(answer.0.status, if email == "nobody@acme.test" { 401 } else { 303 });
        set_header(&mut blocked, "cookie", "__Host-airlock-probe=1; __Host-airlock-probe=x");
        assert_ne!(airlock_tests::Answer(world.handle(&blocked)).json()["code"], "cookies_blocked");
    }
    // It is set once, and where it is needed.
    let browser = world.browser();
    assert!(browser.open("/auth/login").expect(200).header("set-cookie").is_some());
    assert!(browser.open("/auth/login").expect(200).header("set-cookie").is_none());
    assert!(world.browser().get("/auth/login").expect(200).header("set-cookie").is_none());
    world.browser().post("/auth/login", json!({ "email": "mia@acme.test", "password": PASSWORD })).expect(200);
}
