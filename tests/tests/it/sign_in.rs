//! Signing in and out: what each kind of user goes through.

use airlock::{
    people::session::BROWSER_COOKIE,
    web::{Body, Request},
};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, THE_APP, World};
use serde_json::json;

use crate::repeats::{posted, with_old_cookies};

#[test]
fn with_two_factor_on_the_password_alone_opens_nothing() {
    let world = World::new();
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200).field("next", "verify");
    assert_eq!(browser.stage(), "verify");
    browser.get("/").expect(401).field("code", "verify_required");
    browser.get("/auth/enrol").expect(401).field("code", "verify_required");
    browser.post("/auth/recovery-codes", json!({})).expect(401);
    browser.reauth(None).expect(401);
    browser.verify(&world.code(OWNER_SEED, 0)).expect(200).field("next", "done").field("return_to", "/");
    assert_eq!(browser.stage(), "full");
    browser.get("/").expect(200);
}

#[test]
fn without_two_factor_the_password_is_enough() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200).field("next", "done");
    let session = browser.get("/auth/session").expect(200).json();
    assert_eq!(session["stage"], "full");
    assert_eq!(
        session["user"],
        json!({ "id": "mia", "email": "mia@acme.test", "email_verified": false, "name": "mia" })
    );
    assert_eq!(session["accounts"], json!([{ "id": "acme", "name": "Acme", "role": "member" }]));
    assert_eq!(
        session["two_factor"],
        json!({ "set_up": false, "enabled": false, "required_by_account": false, "recovery_codes_left": 0 })
    );
    assert_eq!(session["expires_at"], "2027-01-15T20:00:00Z");
    browser.verify("123456").expect(409).field("code", "already_signed_in");
}

#[test]
fn before_the_second_step_nothing_is_told_of_the_accounts() {
    let world = World::new();
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    assert_eq!(browser.get("/auth/session").expect(200).json()["accounts"], json!([]));
}

#[test]
fn one_spelling_of_an_address_is_one_user() {
    let world = World::new();
    world.browser().login(" MIA@Acme.Test ").expect(200).field("next", "done");
}

#[test]
fn unknown_wrong_and_inactive_get_the_same_answer() {
    let world = World::new();
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = ?1", &["leo".into()]);
    let wrong = |email: &str, password: &str| {
        let answer = world.browser().post("/auth/login", json!({ "email": email, "password": password })).expect(401);
        let headers: Vec<_> = answer.0.headers.iter().filter(|(n, _)| *n != "content-security-policy").collect();
        format!("{headers:?} {}", answer.0.body)
    };
    let unknown = wrong("nobody@acme.test", "x");
    assert_eq!(wrong("mia@acme.test", "x"), unknown);
    assert_eq!(wrong("owner@acme.test", "x"), unknown);
    assert_eq!(wrong("leo@acme.test", PASSWORD), unknown);
}

#[test]
fn a_password_is_taken_exactly_as_it_is() {
    let world = World::new();
    let too_long = "x".repeat(1025);
    for (password, status) in [
        ("CORRECT HORSE BATTERY STAPLE", 401),
        ("correct horse battery staple ", 401),
        ("correct horse battery stapl", 401),
        ("", 400),
        (too_long.as_str(), 400),
    ] {
        let browser = world.browser();
        browser.post("/auth/login", json!({ "email": "mia@acme.test", "password": password })).expect(status);
        assert!(browser.cookies.borrow().is_empty());
    }
}

#[test]
fn a_password_does_not_expire() {
    let world = World::new();
    world.wait_s(10 * 365 * 86_400);
    world.browser().login("mia@acme.test").expect(200);
}

#[test]
fn what_is_too_long_costs_no_work() {
    let world = World::new();
    let (long_password, long_address) = ("x".repeat(1025), format!("{}@acme.test", "x".repeat(250)));
    for (email, password) in [("mia@acme.test", long_password.as_str()), (&long_address, PASSWORD)] {
        world.browser().post("/auth/login", json!({ "email": email, "password": password })).expect(400);
    }
    let mut large = world.browser().request("POST", "/auth/login", "");
    large.body = Body::TooLarge;
    world.browser().send(&large).expect(413);
    assert_eq!(world.db.round_trips.get(), 0);
}

/// Each field for a password hides what is typed and tells a password manager what it is; nothing keeps one from pasting.
#[test]
fn password_fields_are_for_password_managers() {
    let world = World::new();
    let (stranger, mia) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    let new = json!({ "email": "new@acme.test", "name": "New", "role": "member" });
    let invited = owner.post("/api/v1/accounts/acme/users", new).expect(201).json();
    let invitation = invited["invite_url"].as_str().unwrap().trim_start_matches("https://app.test");
    crate::invitations::opened(&stranger, invitation).expect(200);
    let mut fields = 0;
    for (browser, path) in [
        (&stranger, "/auth/login"),
        (&stranger, crate::invitations::INVITATION),
        (&mia, "/auth/reauth"),
        (&mia, "/auth/password"),
        (&owner, "/auth/reauth"),
    ] {
        let page = browser.open(path).expect(200).0.body;
        assert!(!page.contains("onpaste"), "{path}");
        let scripts: Vec<_> =
            page.split("<script ").skip(1).map(|rest| rest.split("</script>").next().unwrap()).collect();
        assert!(matches!(&scripts[..], [one] if one.ends_with('>') && one.contains(" src=\"/auth/script-")), "{path}");
        assert!(page.contains("autocomplete=\"username\""), "{path}: whose password it is");
        for input in page.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let kept = ["current-password", "new-password"].iter().any(|kind| input.contains(&format!("\"{kind}\"")));
            assert_eq!(input.contains("password\" type=\"password\""), kept, "{path}: {input}");
            fields += usize::from(kept);
        }
    }
    assert_eq!(fields, 6);
}

#[test]
fn a_removed_or_deactivated_user_is_out_at_the_next_request() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = ?1", &["mia".into()]);
    assert_eq!(browser.stage(), "none");
    browser.get("/").expect(401);
}

#[test]
fn logging_out_ends_the_session_on_the_server() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    let thief = browser.twin();
    let answer = browser.post("/auth/logout", json!({})).expect(204);
    assert_eq!(answer.header("clear-site-data"), None, "what the app keeps is the app's");
    assert_eq!(thief.stage(), "none");
    assert_eq!(browser.token(), "");
    assert!(browser.cookies.borrow().contains_key(BROWSER_COOKIE), "the browser stays known");
    browser.post("/auth/logout", json!({})).expect(204);
    world.clear_at_sign_out();
    let answer = browser.post("/auth/logout", json!({})).expect(204);
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
}

/// What an app can link to that nobody can edit, or that has no form.
#[test]
fn a_page_has_a_button_to_sign_out_whoever_asks_for_it() {
    let world = World::new();
    let browser = world.browser();
    assert!(browser.open("/auth/logout").expect(200).0.body.contains("action=\"/auth/logout\""));
    browser.sign_in("noor@acme.test", NOOR_SEED);
    browser.get("/auth/logout").expect(200).field("next", "logout");
    browser.open("/auth/logout").expect(200);
    assert_eq!(browser.stage(), "full", "with GET nobody is signed out");
    assert_eq!(browser.submit("/auth/logout", "").expect(303).header("location"), Some("/auth/login?why=signed-out"));
    assert_eq!(browser.stage(), "none");
}

#[test]
fn pages_lead_through_the_whole_login_without_a_script() {
    let world = World::new();
    let browser = world.browser();
    let gate = browser.open("/reports/7?year=2027").expect(303);
    let login = gate.header("location").unwrap();
    assert_eq!(login, "/auth/login?return_to=%2Freports%2F7%3Fyear%3D2027");
    assert!(browser.open(login).expect(200).0.body.contains("value=\"/reports/7?year=2027\""));
    let form = "email=noor%40acme.test&password=correct+horse+battery+staple&return_to=%2Freports%2F7%3Fyear%3D2027";
    let verify = "/auth/verify?return_to=%2Freports%2F7%3Fyear%3D2027";
    assert_eq!(browser.submit(login, form).expect(303).header("location"), Some(verify));
    // Another tab comes back to where it was.
    let other = browser.open("/reports/8").expect(303);
    assert_eq!(other.header("location"), Some("/auth/verify?return_to=%2Freports%2F8"));
    assert!(
        browser
            .open(other.header("location").unwrap())
            .expect(200)
            .0
            .body
            .contains("/auth/recovery?return_to=%2Freports%2F8")
    );
    assert!(browser.open("/auth/verify").expect(200).0.body.contains("autocomplete=\"one-time-code\""));
    let wrong = browser.fill(verify, verify, "code=000000").expect(401);
    assert!(wrong.0.body.contains("That code isn&#39;t right") && wrong.0.body.contains("aria-invalid"));
    let right = browser.fill(verify, verify, &format!("code={}", world.code(NOOR_SEED, 0))).expect(303);
    assert_eq!(right.header("location"), Some("/reports/7?year=2027"));
    assert_eq!(browser.open("/reports/7?year=2027").expect(200).0.body, THE_APP);
    assert_eq!(browser.open("/auth/login").expect(303).header("location"), Some("/"));
    assert_eq!(browser.submit("/auth/logout", "").expect(303).header("location"), Some("/auth/login?why=signed-out"));
}

#[test]
fn only_a_person_going_there_is_sent_to_a_page() {
    let world = World::new();
    let browser = world.browser();
    for (method, mode, status) in [
        ("GET", Some("navigate"), 303),
        ("GET", None, 303),
        ("GET", Some("cors"), 401),
        ("POST", Some("navigate"), 401),
        ("POST", None, 401),
    ] {
        let mut request = browser.request(method, "/reports", "");
        airlock_tests::set_header(&mut request, "accept", "text/html");
        mode.into_iter().for_each(|mode| airlock_tests::set_header(&mut request, "sec-fetch-mode", mode));
        browser.send(&request).expect(status);
    }
}

#[test]
fn a_failed_login_page_keeps_what_was_typed() {
    let world = World::new();
    let form = "email=a%22%3Cb%3E%40acme.test&password=wrong&return_to=%2Fx";
    let page = world.browser().submit("/auth/login", form).expect(401).0.body;
    assert!(page.contains("value=\"a&#34;&#60;b&#62;@acme.test\""), "{page}");
    assert!(page.contains("value=\"/x\""));
    assert!(!page.contains("wrong\""));
}

/// What was compared must still be there as the session begins: an old password does not come in after a new one.
#[test]
fn a_login_on_its_way_does_not_outlive_a_new_password_or_a_deactivation() {
    for meanwhile in [
        "UPDATE users SET password_phc = substr(password_phc, 1, length(password_phc) - 4) || 'AAAA' WHERE id = 'mia'",
        "UPDATE memberships SET state = 'inactive' WHERE user_id = 'mia'",
    ] {
        let world = World::new();
        let browser = world.browser();
        world.db.run_before_batch(2, meanwhile);
        browser.login("mia@acme.test").expect(401).field("code", "invalid_credentials");
        assert_eq!(world.count("SELECT count(*) FROM sessions"), 0);
        assert_eq!(world.count("SELECT failures FROM password_budgets"), 1, "what was right is given back");
    }
}

#[test]
fn who_proves_the_password_again_twice_at_once_is_not_told_of_a_code() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    let reauth = || browser.request("POST", "/auth/reauth", &json!({ "password": PASSWORD }).to_string());
    world.db.run_before_batch(3, "DELETE FROM sessions");
    browser.send(&reauth()).expect(401).field("code", "login_required");
    browser.login("mia@acme.test").expect(200);
    assert_eq!(world.at_once(&[reauth(), reauth()]), [200, 401]);
}

#[test]
fn of_two_logins_at_once_that_hash_the_password_anew_both_come_in() {
    let world = World::new();
    world.rotate_keys(
        "s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "p2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=,p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    );
    let login = || {
        let body = json!({ "email": "mia@acme.test", "password": PASSWORD }).to_string();
        world.browser().request("POST", "/auth/login", &body)
    };
    assert_eq!(world.at_once(&[login(), login()]), [200, 200]);
    assert_eq!(world.text("SELECT password_key FROM users WHERE id = 'mia'"), "p2");
}

#[test]
fn a_login_form_opened_when_signed_in_leads_on_to_where_it_was_to_lead() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    for (asked, to) in [
        ("/auth/login?return_to=%2Freports%3Fx%3D1", "/reports?x=1"),
        ("/auth/login?return_to=%2F%2Fevil.test", "/"),
        ("/auth/verify", "/"),
    ] {
        assert_eq!(mia.open(asked).expect(303).header("location"), Some(to), "{asked}");
    }
}

/// A program that asks for a form is told what it is for: nobody who is signed in is sent to the login.
#[test]
fn the_forms_of_who_is_signed_in_say_so_to_programs() {
    let world = World::new();
    let mia = world.browser();
    mia.get("/auth/login").expect(200).field("next", "login");
    mia.login("mia@acme.test").expect(200);
    for form in ["/auth/profile/edit", "/auth/password"] {
        mia.get(form).expect(200).field("next", "done");
    }
    mia.get("/auth/reauth").expect(200).field("next", "reauth");
}

/// The form of the page to sign in, filled in.
fn login_form(browser: &Browser<'_>, email: &str) -> Request {
    let page = browser.open("/auth/login").expect(200).0.body;
    let form = page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = format!(
        "cookies=true&form={form}&return_to=%2F&email={}&password={}",
        email.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    );
    posted(browser, "/auth/login", &fields)
}

/// It costs neither a login that waits elsewhere nor a known browser.
#[test]
fn a_login_form_sent_twice_leaves_one_session() {
    for (email, id) in [("noor@acme.test", "noor"), ("mia@acme.test", "mia")] {
        let world = World::new();
        let count = |table: &str| world.count(&format!("SELECT count(*) FROM {table} WHERE user_id = '{id}'"));
        let others: Vec<_> = (0..4).map(|_| world.browser()).collect();
        for other in &others {
            other.login(email).expect(200);
        }
        let known = count("browsers");
        let browser = world.browser();
        let request = login_form(&browser, email);
        world.db.round_trips.set(0);
        world.handle(&request);
        let trips = world.db.round_trips.replace(0);
        assert_eq!(count("sessions"), 5);
        let once = count("browsers") - known;
        for sent in 2..=4 {
            world.wait_s(2);
            let again = browser.send(&with_old_cookies(&request)).expect(303);
            assert_eq!(world.db.round_trips.replace(0), trips, "{email}");
            assert_eq!((count("sessions"), count("browsers") - known), (5, once), "{email}, sent {sent} times");
            assert_eq!(again.header("location"), Some(if id == "noor" { "/auth/verify" } else { "/" }));
        }
        // The one that was answered last goes on, and so do those elsewhere.
        assert_ne!(browser.stage(), "none", "{email}");
        assert!(others.iter().all(|other| other.stage() != "none"), "{email}");
        // At once, too.
        let requests: Vec<_> = (0..3).map(|_| with_old_cookies(&request)).collect();
        assert_eq!(world.at_once(&requests), [303, 303, 303], "{email}");
        assert_eq!(count("sessions"), 5, "{email}");
    }
}

/// Another page's form, another person, or a login that has gone on since, is no twin.
#[test]
fn a_login_form_ends_nothing_but_its_own_twin() {
    let world = World::new();
    let [one, other] = [world.browser(), world.browser()];
    let request = login_form(&one, "noor@acme.test");
    one.send(&request).expect(303);
    other.send(&login_form(&other, "noor@acme.test")).expect(303);
    assert_eq!(one.stage(), "verify", "another page");
    let Body::Whole(body) = &request.body else { panic!("a form has a body") };
    let body = String::from_utf8(body.clone()).unwrap().replace("cookies=true&", "");
    world.browser().submit("/auth/login", &body.replace("noor%40", "leo%40")).expect(303);
    assert_eq!(one.stage(), "verify", "another person");
    world.browser().submit("/auth/login", &body.replace("correct", "wrong")).expect(401);
    assert_eq!(one.stage(), "verify", "a wrong password");
    one.fill("/auth/verify", "/auth/verify", &format!("code={}", world.code(NOOR_SEED, 0))).expect(303);
    world.handle(&with_old_cookies(&request));
    assert_eq!(one.stage(), "full", "gone on since");
    let waits = world.browser();
    let late = login_form(&waits, "noor@acme.test");
    waits.send(&late).expect(303);
    world.wait_s(60);
    world.handle(&with_old_cookies(&late));
    assert_eq!(waits.stage(), "verify", "a minute later");
}
