//! A proof of who one is counts for what it was asked for, and what was decided on still holds where it is written.

use airlock::flows::{EDGE_ROUTES, ROUTES};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, key_in, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

fn with_step_up() -> World {
    let world = World::new();
    world.set_gate(&[("STEP_UP_PATHS", "/billing/*")]);
    world
}

/// Proves password and code for `purpose`.
fn prove(world: &World, browser: &Browser<'_>, seed: &str, purpose: &str) {
    let again = json!({ "password": PASSWORD, "code": world.code(seed, 0), "purpose": purpose });
    browser.post("/auth/reauth", again).expect(200);
}

#[test]
fn a_proof_for_the_app_opens_nothing_of_ones_own_and_the_other_way_round() {
    let world = with_step_up();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let own = |browser: &Browser<'_>| browser.get("/auth/enrol").0.status;
    let apps = |browser: &Browser<'_>| browser.get("/billing/cards").0.status;
    assert_eq!([own(&noor), apps(&noor)], [403, 200], "a login that leads to the app");
    world.wait_s(300);
    assert_eq!([own(&noor), apps(&noor)], [403, 403]);
    prove(&world, &noor, NOOR_SEED, "app");
    assert_eq!([own(&noor), apps(&noor)], [403, 200]);
    for path in ["/auth/two-factor/disable", "/auth/recovery-codes", "/auth/authenticators/noor-app/remove"] {
        noor.post(path, json!({})).expect(403).field("code", "reauth_required");
    }
    world.wait_s(300);
    prove(&world, &noor, NOOR_SEED, "account");
    assert_eq!([own(&noor), apps(&noor)], [200, 403]);
}

/// Where a form says where it returns to, that is what it was asked for.
#[test]
fn a_page_asks_for_what_it_returns_to() {
    let world = with_step_up();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    for (return_to, own, apps) in [
        ("/billing/cards", 403, 200),
        ("/auth/profile", 200, 403),
        ("/auth", 403, 200),
        ("/authors", 403, 200),
        ("//evil.test", 403, 200),
        ("/auth/../billing/cards", 403, 200),
        ("/auth/%252e%252E/billing", 403, 200),
        ("/auth/%2E%2e/billing/cards", 403, 200),
        ("/auth/./../billing/cards", 403, 200),
        // Pages of ours that lead on by themselves to where their query says.
        ("/auth/login%3Freturn_to%3D/evil", 403, 200),
        ("/auth/./login%3Freturn_to%3D/evil", 403, 200),
        ("/auth/reauth%3Freturn_to%3D/evil", 403, 200),
        ("/auth/recovery-codes/kept%3Freturn_to%3D/evil", 403, 200),
        ("/auth/invite/../login%3Freturn_to%3D/evil", 403, 200),
        ("/auth/profile%3Fdone%3Dx", 200, 403),
    ] {
        world.wait_s(300);
        let form =
            format!("password={}&code={}&return_to={return_to}", PASSWORD.replace(' ', "+"), world.code(NOOR_SEED, 0));
        noor.fill("/auth/reauth", "/auth/reauth", &form).expect(303);
        let is = [noor.get("/auth/enrol").0.status, noor.get("/billing/cards").0.status];
        assert_eq!(is, [own, apps], "{return_to}");
    }
}

#[test]
fn a_login_on_its_way_to_ones_own_pages_is_a_proof_for_them() {
    let world = with_step_up();
    let login = |email: &str| {
        let browser = world.browser();
        browser
            .post("/auth/login", json!({ "email": email, "password": PASSWORD, "return_to": "/auth/profile" }))
            .expect(200);
        browser
    };
    let noor = login("noor@acme.test");
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    noor.get("/auth/enrol").expect(200);
    noor.get("/billing/cards").expect(403);
    let mia = login("mia@acme.test");
    mia.get("/auth/enrol").expect(200);
    world.wait_s(300);
    mia.get("/auth/enrol").expect(403);
    // The password alone is no proof where there is more, asked for at the login or not.
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'owner'", &[]);
    login("owner@acme.test").get("/auth/enrol").expect(403);
}

/// A session that was full by the password alone, and is asked for a code hours later, has not proven the password lately.
#[test]
fn a_code_alone_is_no_proof_for_ones_own_pages() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    let noor = world.browser();
    let login = json!({ "email": "noor@acme.test", "password": PASSWORD, "return_to": "/auth/profile" });
    noor.post("/auth/login", login).expect(200).field("next", "done");
    world.wait_s(20 * 60);
    world.require("acme", true, "now");
    noor.get("/auth/profile").expect(401);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    noor.open("/auth/profile").expect(200);
    noor.get("/auth/enrol").expect(403).field("code", "reauth_required");
    noor.post("/auth/recovery-codes", json!({})).expect(403).field("code", "reauth_required");
}

/// What browsers say of a script's request, of one that is shown inside another page, and of one for a service worker that
/// looks like its user's own.
const BY_SCRIPT: [&[(&str, &str)]; 9] = [
    &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    &[("sec-fetch-mode", "same-origin"), ("sec-fetch-dest", "empty")],
    &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")],
    &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
    &[("sec-fetch-mode", "websocket"), ("sec-fetch-dest", "websocket")],
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("service-worker-navigation-preload", "true")],
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("service-worker-navigation-preload", "")],
    &[("service-worker-navigation-preload", "x")],
];

#[test]
fn a_script_of_the_app_reads_and_changes_nothing_that_is_for_people() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    prove(&world, &noor, NOOR_SEED, "account");
    let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" }).to_string();
    let before = world.db.dump();
    for said in BY_SCRIPT {
        for (method, path, body) in [
            ("GET", "/auth/enrol", ""),
            ("POST", "/auth/enrol", r#"{"code":"000000"}"#),
            ("POST", "/auth/recovery-codes", "{}"),
            ("GET", "/auth/recovery-codes/kept", ""),
            ("GET", "/auth/profile", ""),
            ("GET", "/auth/profile/edit", ""),
            ("POST", "/auth/two-factor/enable", "{}"),
            ("POST", "/auth/two-factor/disable", "{}"),
            ("POST", "/auth/authenticators/noor-app/remove", "{}"),
            ("GET", "/auth/sessions", ""),
            ("POST", "/auth/sessions/end-others", "{}"),
            ("GET", "/auth/password", ""),
            ("POST", "/auth/password", &change),
            ("GET", "/auth/invite", ""),
            ("POST", "/auth/invite", r#"{"password":"seven grey herons wade"}"#),
            ("GET", "/auth/invite/x", ""),
            ("GET", "/auth/invite/x/", ""),
            ("GET", "/auth/invite/x/y", ""),
            ("POST", "/auth/invite/x", r#"{"password":"seven grey herons wade"}"#),
        ] {
            let mut request = noor.request(method, path, body);
            said.iter().for_each(|(name, value)| set_header(&mut request, name, value));
            let answer = noor.send(&request).expect(403).field("code", "forbidden");
            assert!(!answer.0.body.contains("noor"), "{method} {path}");
        }
        // Who is signed in is for scripts too.
        let mut request = noor.request("GET", "/auth/session", "");
        said.iter().for_each(|(name, value)| set_header(&mut request, name, value));
        noor.send(&request).expect(200);
    }
    assert!(world.db.dump() == before, "something changed");
}

/// A thief who held the cookie, and has read a page with it, is out with it: where the owner proves who they are again, and where
/// they change their password.
#[test]
fn a_key_ends_with_the_cookie_that_it_was_read_with() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let read =
        |browser: &Browser<'_>| format!("key={}", key_in(&browser.open("/auth/profile").expect(200).0.body).unwrap());
    let (thief, key) = (noor.twin(), read(&noor));
    world.wait_s(30);
    prove(&world, &noor, NOOR_SEED, "account");
    thief.open("/auth/profile").expect(303);
    noor.submit("/auth/two-factor/disable", &key).expect(403);
    let change = |password: &str, new: &str| format!("current_password={password}&new_password={new}");
    noor.submit("/auth/password", &format!("{}&{key}", change(PASSWORD, "a thief keeps grey herons"))).expect(403);
    // The page it is on has the key of now.
    let page = noor.submit("/auth/password", "current_password=x&new_password=y&key=old").expect(403).0.body;
    assert!(page.contains("Open it again") && key_in(&page).unwrap() != key.trim_start_matches("key="), "{page}");
    // It loses nothing but what was secret.
    let page = noor
        .submit("/auth/reauth", &format!("password=x&code=1&return_to=%2Fauth%2Fpassword&{key}"))
        .expect(403)
        .0
        .body;
    assert!(page.contains("name=\"return_to\" value=\"/auth/password\""), "{page}");
    let key = read(&noor);
    noor.fill("/auth/password", "/auth/password", &change(PASSWORD, "seven grey herons wade")).expect(303);
    noor.submit("/auth/two-factor/disable", &key).expect(403);
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 1);
}

/// Whether a path is one of a route's.
fn fits(route: &str, path: &str) -> bool {
    let [route, path] = [route, path].map(|text| text.split('/').collect::<Vec<_>>());
    route.len() == path.len() && route.iter().zip(path).all(|(one, other)| one.starts_with('{') || *one == other)
}

/// A script can send a form as a page does. It has not read the page, and so not what its buttons carry.
#[test]
fn a_button_is_pressed_on_its_own_page_alone() {
    let world = World::new();
    world.send_mails();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    prove(&world, &noor, NOOR_SEED, "account");
    let owner = world.browser();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    let others = format!("key={}", key_in(&owner.open("/auth/profile").expect(200).0.body).unwrap());
    let id = world.text("SELECT id FROM sessions WHERE user_id = 'noor'");
    // An app knows the ids of its users' sessions. Whatever is sent as a cookie, the forms for codes answer with its key.
    let mut keys = vec![String::new(), "key=".to_owned(), "key=x".to_owned(), others];
    for path in ["/auth/verify", "/auth/recovery"] {
        let mut request = world.browser().request("POST", path, "code=x");
        set_header(&mut request, "cookie", &format!("__Host-airlock={id}"));
        set_header(&mut request, "accept", "text/html");
        set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
        keys.push(format!("key={}", key_in(&world.handle(&request).body).unwrap()));
    }
    noor.open("/auth/enrol").expect(200);
    let code = world.code(NOOR_SEED, 1);
    let before = world.db.dump();
    let buttons = [
        "/auth/two-factor/enable",
        "/auth/two-factor/disable",
        "/auth/recovery-codes",
        "/auth/authenticators/noor-app/remove",
        "/auth/sessions/end-others",
        &format!("/auth/sessions/{id}/end"),
    ];
    let forms = [
        ("/auth/profile/edit", "name=Thief".to_owned()),
        ("/auth/recovery-codes/kept", "later=true".to_owned()),
        ("/auth/password", format!("current_password={PASSWORD}&new_password=a thief keeps grey herons")),
        ("/auth/reauth", format!("password={PASSWORD}&code={code}")),
        ("/auth/reauth", "password=wrong&code=000000".to_owned()),
        ("/auth/enrol", "code=000000".to_owned()),
        ("/auth/email", "email=thief%40acme.test".to_owned()),
    ];
    for (path, form) in buttons.map(|path| (path, String::new())).into_iter().chain(forms.clone()) {
        for key in &keys {
            noor.submit(path, format!("{form}&{key}").trim_matches('&')).expect(403);
        }
    }
    buttons.iter().for_each(|path| drop(noor.submit(path, "other=1").expect(400)));
    assert!(world.db.dump() == before, "something changed");
    // That is all there is: those for codes are tried in `codes.rs`, those for joining in `invitations.rs` and `proven.rs`, those for a
    // forgotten password in `forgot.rs`, those for another address in `email.rs`.
    let tried = |path: &str| {
        let paths = buttons.iter().copied().chain(forms.iter().map(|(path, _)| *path));
        paths
            .chain([
                "/auth/verify",
                "/auth/recovery",
                "/auth/invite",
                "/auth/invite/x",
                "/auth/reset-password",
                "/auth/reset-password/x",
                "/auth/start-over",
                // The link is all there is to know.
                "/auth/not-me/x",
                "/auth/email-confirm",
                "/auth/email/x",
                "/auth/email-undo",
                "/auth/email-undo/x",
            ])
            .any(|tried| fits(&format!("/auth{path}"), tried))
    };
    let rows = ROUTES.iter().map(|r| (r.method, r.path, r.people_only));
    let rows = rows.chain(EDGE_ROUTES.iter().map(|r| (r.method, r.path, r.people_only)));
    let unsafe_rows: Vec<_> = rows.filter(|(method, _, people_only)| *method != "GET" && *people_only).collect();
    assert!(unsafe_rows.len() > 10, "{unsafe_rows:?}");
    assert!(unsafe_rows.iter().all(|(_, path, _)| tried(path)), "{unsafe_rows:?}");
    noor.press("/auth/recovery-codes").expect(303);
    noor.press("/auth/two-factor/disable").expect(303);
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 0);
}

/// A page of the app asks again and again, while its user proves in another tab who they are.
#[test]
fn the_token_that_a_proof_replaces_reads_at_the_gate_for_ten_seconds_more() {
    let world = with_step_up();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    let (before, early) = (noor.twin(), noor.twin());
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let status = |method: &str, path: &str, browser: &Browser<'_>| {
        let request = browser.request(method, path, "");
        world.handle(&request).status
    };
    for (method, path, expected) in [
        ("GET", "/reports", 200),
        ("HEAD", "/reports", 200),
        ("GET", "/reports?_method=DELETE", 401),
        ("POST", "/reports", 401),
        ("GET", "/billing", 401),
        ("GET", "/auth/session", 401),
        ("GET", "/auth/profile", 401),
        ("GET", "/auth/enrol", 401),
    ] {
        assert_eq!(status(method, path, &before), expected, "{method} {path}");
    }
    for (name, value) in [("upgrade", "websocket"), ("sec-websocket-key", "x"), ("accept", "text/event-stream")] {
        let mut request = before.request("GET", "/reports", "");
        set_header(&mut request, name, value);
        assert_eq!(world.handle(&request).status, 401, "{name}: what lasts is no read");
    }
    // What was proven since is told of the new token alone.
    let auth_time = |browser: &Browser<'_>| {
        world.forwarded.take();
        browser.get("/reports").expect(200);
        let forwarded = world.forwarded.take();
        let claims = forwarded[0].header("airlock-assertion").unwrap().split('.').nth(1).unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap();
        (claims["auth_time"].as_i64().unwrap(), claims["amr"].clone())
    };
    let amr = json!(["pwd", "otp"]);
    let began = world.now.get().0 / 1000;
    assert_eq!(auth_time(&noor), (began, amr.clone()));
    assert_eq!(auth_time(&before), (began - 30, amr));
    world.wait_s(9);
    assert_eq!(status("GET", "/reports", &before), 200);
    // Only the last one, and what takes trust away takes this too.
    let second = noor.twin();
    world.wait_s(30);
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    assert_eq!([status("GET", "/reports", &second), status("GET", "/reports", &early)], [200, 401]);
    let new = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    noor.post("/auth/password", new).expect(200);
    assert_eq!(status("GET", "/reports", &second), 401, "a new password");
    world.wait_s(300);
    let third = noor.twin();
    let proof = json!({ "password": "seven grey herons wade", "code": world.code(NOOR_SEED, 1) });
    noor.post("/auth/reauth", proof).expect(200);
    assert_eq!(status("GET", "/reports", &third), 200);
    world.wait_s(10);
    assert_eq!(status("GET", "/reports", &third), 401, "ten seconds are over");
    let fourth = noor.twin();
    world.wait_s(60);
    let proof = json!({ "password": "seven grey herons wade", "code": world.code(NOOR_SEED, 1) });
    noor.post("/auth/reauth", proof).expect(200);
    noor.post("/auth/logout", json!({})).expect(204);
    assert_eq!(status("GET", "/reports", &fourth), 401, "the session ended");
    // Nothing is read across stages.
    let other = world.browser();
    other.post("/auth/login", json!({ "email": "noor@acme.test", "password": "seven grey herons wade" })).expect(200);
    let waiting = other.twin();
    world.wait_s(60);
    other.verify(&world.code(NOOR_SEED, 0)).expect(200);
    assert_eq!(status("GET", "/reports", &waiting), 401);
}

/// Whatever changes while the password is compared: the login is as one that begins after it.
#[test]
fn what_a_login_was_decided_on_is_compared_again_where_it_is_written() {
    for (meanwhile, next) in [
        (
            "UPDATE accounts SET two_factor_required = 1, required_since = 1800000000150, applies = 'next_login'",
            "enrol",
        ),
        ("UPDATE accounts SET two_factor_required = 1, required_since = 1800000000150, applies = 'now'", "enrol"),
        ("UPDATE users SET must_enrol = 1 WHERE id = 'mia'", "enrol"),
        ("UPDATE users SET two_factor_chosen = 1 WHERE id = 'mia'", "enrol"),
        ("UPDATE authenticators SET user_id = 'mia' WHERE user_id = 'noor'", "done"),
        (
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             VALUES ('second', 'mia', 'mia@acme.test', 'member', 'active', 0)",
            "enrol",
        ),
    ] {
        let world = World::new();
        world.add_account("second");
        world.require("second", true, "next_login");
        world.db.run_before_batch(2, meanwhile);
        let mia = world.browser();
        mia.login("mia@acme.test").expect(200).field("next", next);
        world.wait_s(60);
        let stage = if next == "done" { "full" } else { next };
        assert_eq!(mia.stage(), stage, "{meanwhile}");
        assert_eq!(world.count("SELECT count(*) FROM sessions WHERE user_id = 'mia'"), 1);
    }
}

/// Ten logins at once, and the requirement between their reading and their writing: none is let in without it.
#[test]
fn no_login_slips_in_before_a_requirement() {
    let world = World::new();
    let body = json!({ "email": "mia@acme.test", "password": PASSWORD }).to_string();
    let logins: Vec<_> =
        (0..8).map(|i| world.browser().at(&format!("198.51.100.{i}")).request("POST", "/auth/login", &body)).collect();
    world.db.run_before_batch(
        9,
        "UPDATE accounts SET two_factor_required = 1, required_since = 1800000000150, applies = 'next_login'",
    );
    assert_eq!(world.at_once(&logins), [200; 8]);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE pending = 0"), 0);
}

/// A set-up that was allowed when its code was sent is not, if what allowed it has changed.
#[test]
fn what_a_set_up_was_allowed_by_is_compared_again_where_it_is_written() {
    for (meanwhile, status) in [
        ("UPDATE sessions SET reauthenticated_at = NULL", 409),
        ("DELETE FROM enrolments", 409),
        ("UPDATE users SET must_enrol = 1 WHERE id = 'mia'", 401),
        ("UPDATE accounts SET two_factor_required = 1, required_since = 0", 401),
        ("DELETE FROM sessions", 401),
    ] {
        let world = World::new();
        let mia = world.browser();
        mia.login("mia@acme.test").expect(200);
        mia.reauth(None).expect(200);
        let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
        world.db.run_before_batch(2, meanwhile);
        mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(status);
        assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'mia'"), 0, "{meanwhile}");
    }
}

/// A session that was full, by whatever it had proven hours ago, binds no new authenticator when a lock or a requirement leads
/// it to a set-up.
#[test]
fn a_cookie_alone_never_binds_an_authenticator() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    prove(&world, &noor, NOOR_SEED, "account");
    let codes = noor.post("/auth/recovery-codes", json!({})).expect(200).json()["recovery_codes"].clone();
    let thiefs = world.browser();
    thiefs.login("noor@acme.test").expect(200);
    thiefs.post("/auth/recovery", json!({ "code": codes[0] })).expect(200).field("next", "done");
    world.wait_s(600);
    world.db.execute("UPDATE users SET code_failures = 100 WHERE id = 'noor'", &[]);
    assert_eq!(thiefs.stage(), "enrol");
    thiefs.get("/auth/enrol").expect(403).field("code", "reauth_required");
    thiefs.post("/auth/enrol", json!({ "code": "000000" })).expect(403);
    thiefs.reauth(Some("000000")).expect(429);
    thiefs.reauth(Some(codes[1].as_str().unwrap())).expect(200);
    thiefs.get("/auth/enrol").expect(200);
}

/// Where there is more than a password, asked for at the login or not, it takes more to change it.
#[test]
fn a_password_alone_changes_no_password_of_someone_who_has_more() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "done");
    let change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    noor.post("/auth/password", change.clone()).expect(403).field("code", "reauth_required");
    prove(&world, &noor, NOOR_SEED, "account");
    noor.post("/auth/password", change).expect(200);
}

/// Whoever saw a set-up before its owner proved again who they are has seen another seed than the one that is bound.
#[test]
fn each_proof_has_a_set_up_of_its_own() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let seed =
        |browser: &Browser<'_>| browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let before = seed(&mia);
    assert_eq!(seed(&mia), before);
    mia.reauth(None).expect(200);
    let after = seed(&mia);
    assert_ne!(after, before);
    mia.post("/auth/enrol", json!({ "code": world.code(&before, 0) })).expect(401);
    mia.post("/auth/enrol", json!({ "code": world.code(&after, 0) })).expect(200);
}

/// Whichever request answers recovery codes, they are the ones that hold.
#[test]
fn of_recovery_codes_made_at_once_those_hold_that_were_answered() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(30);
    prove(&world, &noor, NOOR_SEED, "account");
    let six: Vec<_> = (0..6).map(|_| noor.request("POST", "/auth/recovery-codes", "{}")).collect();
    let mut statuses = world.at_once(&six);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes WHERE user_id = 'noor'"), 10);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 1);
}

/// API tokens and invitations end with the password they were made under, unless their maker says otherwise.
#[test]
fn a_new_password_ends_what_was_given_out_under_the_old_unless_it_is_kept() {
    for (keep, left) in [(json!(null), 0), (json!(false), 0), (json!(true), 1)] {
        let world = World::new();
        world.db.execute(
            "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
             VALUES ('h', 't', 'acme', 'owner', 't', 'users:read', 0, 1 << 52), ('i', 'u', 'acme', 'noor', 't', '', 0, 1 << 52)",
            &[],
        );
        let admin = crate::admin::owner(&world);
        let una = json!({ "email": "una@acme.test", "name": "Una", "role": "owner" });
        let link = admin.post("/api/v1/accounts/acme/users", una).expect(201).json()["invite_url"].clone();
        let link = link.as_str().unwrap().trim_start_matches("https://app.test").to_owned();
        let owner = world.browser();
        world.wait_s(30);
        owner.sign_in("owner@acme.test", OWNER_SEED);
        let mut change = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
        if !keep.is_null() {
            change["keep_tokens"] = keep.clone();
        }
        owner.post("/auth/password", change).expect(200);
        assert_eq!(world.count("SELECT count(*) FROM api_tokens WHERE user_id = 'owner'"), left, "{keep}");
        assert_eq!(world.count("SELECT count(*) FROM api_tokens WHERE user_id = 'noor'"), 1);
        world.browser().get(&link).expect(if left == 1 { 200 } else { 404 });
    }
}
