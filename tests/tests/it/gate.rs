//! The gate: what gets through to the protected app, with what, and what does not.

use airlock::flows::gate::NoAnswer;
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, THE_APP, World, gate, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// The assertion that the app got last, and what it says.
fn asserted(world: &World) -> (String, Value) {
    let forwarded = world.forwarded.borrow();
    let assertion = forwarded.last().unwrap().header("airlock-assertion").unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    (assertion.to_owned(), serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap())
}

fn navigate(browser: &Browser<'_>, method: &str, path: &str, referer: Option<&str>) -> Option<String> {
    let mut request = browser.request(method, path, "");
    set_header(&mut request, "accept", "text/html");
    set_header(&mut request, "sec-fetch-mode", "navigate");
    referer.into_iter().for_each(|referer| set_header(&mut request, "referer", referer));
    browser.send(&request).expect(303).header("location").map(str::to_owned)
}

#[test]
fn the_app_is_told_who_it_is_and_how_they_proved_it() {
    let world = World::new();
    let (mia, noor) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    mia.get("/").expect(200);
    let (_, mut claims) = asserted(&world);
    let sid = claims.as_object_mut().unwrap().remove("sid").unwrap();
    let expected = json!({
        "iss": "https://app.test",
        "aud": "https://app.test",
        "sub": "mia",
        "email": "mia@acme.test",
        "email_verified": false,
        "name": "mia",
        "accounts": [{ "id": "acme", "name": "Acme", "role": "member" }],
        "accounts_total": 1,
        "amr": ["pwd"],
        "acr": "https://refeds.org/profile/sfa",
        "auth_time": 1_800_000_000,
        "iat": 1_800_000_000,
        "exp": 1_800_000_060,
    });
    assert_eq!(claims, expected);
    assert_eq!(sid, world.text("SELECT id FROM sessions WHERE user_id = 'mia'"));
    noor.login("noor@acme.test").expect(200);
    world.wait_s(20);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    world.wait_s(70);
    noor.get("/").expect(200);
    let claims = asserted(&world).1;
    assert_eq!(
        [&claims["amr"], &claims["acr"], &claims["auth_time"], &claims["iat"]],
        [
            &json!(["pwd", "otp"]),
            &json!("https://refeds.org/profile/mfa"),
            &json!(1_800_000_020),
            &json!(1_800_000_090)
        ]
    );
    noor.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    noor.get("/").expect(200);
    assert_eq!(asserted(&world).1["auth_time"], 1_800_000_090);
}

#[test]
fn only_a_session_that_has_done_all_gets_through() {
    let world = World::new();
    let browser = world.browser();
    browser.get("/app").expect(401);
    browser.login("noor@acme.test").expect(200);
    browser.get("/app").expect(401).field("code", "verify_required");
    browser.verify(&world.code(NOOR_SEED, 0)).expect(200);
    assert!(world.forwarded.borrow().is_empty());
    browser.get("/app").expect(200);
    world.reset("noor");
    browser.get("/app").expect(401);
    browser.login("noor@acme.test").expect(200);
    browser.get("/app").expect(401).field("code", "enrol_required");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.get("/app").expect(200);
    world.require("acme", true, "now");
    mia.get("/app").expect(401).field("code", "enrol_required");
    assert_eq!(world.forwarded.borrow().len(), 2);
}

#[test]
fn what_a_client_says_in_airlocks_name_is_not_passed_on() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    browser.cookies.borrow_mut().insert("theme".to_owned(), "dark".to_owned());
    let mut request = browser.request("POST", "/save?x=1", "body");
    request.headers.push(("airlock-assertion".to_owned(), "forged".to_owned()));
    request.headers.push(("airlock-user".to_owned(), "owner".to_owned()));
    request.headers.push(("x-forwarded-for".to_owned(), "127.0.0.1".to_owned()));
    browser.send(&request).expect(200);
    let forwarded = world.forwarded.borrow();
    let forward = forwarded.last().unwrap();
    let assertions = forward.headers.iter().filter(|(name, _)| name.starts_with("airlock-")).count();
    assert!(assertions == 1 && forward.header("airlock-assertion").unwrap().starts_with("ey"));
    assert_eq!(forward.header("cookie"), Some("theme=dark"));
    assert_eq!(forward.header("x-forwarded-for"), Some("203.0.113.7"));
    assert!(!forward.headers.iter().any(|(_, value)| value.contains(&browser.token())));
}

#[test]
fn what_a_client_says_of_who_and_where_it_is_stays_out() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    let mut request = browser.request("GET", "/", "");
    for name in ["remote-user", "x-webauth-user", "x-auth-request-email", "x-forwarded-user", "x_remote_user"] {
        set_header(&mut request, name, "forged");
    }
    for name in ["x-client-ip", "true-client-ip", "client-ip", "x-script-name", "x-scheme", "cf-ipcity"] {
        set_header(&mut request, name, "forged");
    }
    set_header(&mut request, "authorization", "Bearer its own");
    browser.send(&request).expect(200);
    let forwarded = world.forwarded.borrow();
    let forward = forwarded.last().unwrap();
    assert!(!forward.headers.iter().any(|(_, value)| value == "forged"), "{:?}", forward.headers);
    assert_eq!(forward.header("authorization"), Some("Bearer its own"));
}

/// Servers that answer TRACE would send the assertion back.
#[test]
fn nobody_asks_the_app_for_the_headers_it_got() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.send(&mia.request("TRACE", "/", "")).expect(405);
    assert!(world.forwarded.borrow().is_empty());
}

/// What a service worker answers passes no gate: with a policy of its choice it would look into pages for people.
#[test]
fn the_script_of_a_service_worker_reaches_no_browser_unless_the_operator_says_so() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let asks = |path: &str, header: &str, value: &str| {
        let mut request = mia.request("GET", path, "");
        set_header(&mut request, header, value);
        mia.send(&request)
    };
    let asked = [
        ("service-worker", "script"),
        ("service-worker", ""),
        ("service-worker", "x"),
        ("sec-fetch-dest", "serviceworker"),
    ];
    for allowed in ["", "allow"] {
        world.set_gate(&[("PUBLIC_PATHS", "/assets/*"), ("APP_SERVICE_WORKERS", allowed)]);
        for (header, value) in asked {
            for path in ["/sw.js", "/assets/sw.js"] {
                let answer = asks(path, header, value).expect(200);
                // One that a browser has from before is replaced by one that goes at once.
                let ours = answer.0.body.contains("registration.unregister()");
                assert!(ours == allowed.is_empty() && (ours || answer.0.body == THE_APP), "{path} {header}");
                assert!(!ours || answer.header("content-type") == Some("text/javascript; charset=utf-8"));
            }
        }
        for path in ["/sw.js", "/assets/sw.js"] {
            asks(path, "sec-fetch-dest", "script").expect(200);
        }
    }
}

#[test]
fn a_step_up_takes_a_second_factor_of_the_last_five_minutes() {
    let world = World::new();
    world.set_gate(&[("STEP_UP_PATHS", "/billing/*"), ("PUBLIC_PATHS", "/billing/*")]);
    let browser = world.browser();
    world.browser().get("/billing/cards").expect(401).field("code", "login_required");
    browser.sign_in("noor@acme.test", NOOR_SEED);
    browser.get("/billing/cards").expect(200);
    world.wait_s(5 * 60 - 1);
    browser.get("/billing/cards").expect(200);
    world.wait_s(1);
    browser.get("/home").expect(200);
    browser.get("/Billing//cards").expect(403).field("code", "reauth_required");
    let to = navigate(&browser, "GET", "/billing/cards?page=2", None);
    assert_eq!(to.as_deref(), Some("/auth/reauth?return_to=%2Fbilling%2Fcards%3Fpage%3D2"));
    let form =
        format!("password=correct+horse+battery+staple&code={}&return_to=%2Fbilling%2Fcards", world.code(NOOR_SEED, 0));
    assert_eq!(
        browser.fill("/auth/reauth", "/auth/reauth", &form).expect(303).header("location"),
        Some("/billing/cards")
    );
    browser.get("/billing/cards").expect(200);
    // The password again is no second factor.
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    mia.get("/billing/cards").expect(401).field("code", "enrol_required");
    let to = navigate(&mia, "GET", "/billing/cards", None);
    assert_eq!(to.as_deref(), Some("/auth/enrol?return_to=%2Fbilling%2Fcards"));
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200);
    mia.get("/billing/cards").expect(403).field("code", "reauth_required");
    let again = json!({ "password": airlock_tests::PASSWORD, "code": world.code(&seed, 1), "purpose": "app" });
    mia.post("/auth/reauth", again).expect(200);
    mia.get("/billing/cards").expect(200);
    assert_eq!(asserted(&world).1["amr"], json!(["pwd", "otp"]));
}

#[test]
fn no_spelling_of_a_path_avoids_the_step_up_and_none_of_another_asks_for_it() {
    let world = World::new();
    world.set_gate(&[("STEP_UP_PATHS", "/settings /billing/*")]);
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(5 * 60);
    for path in [
        "/settings",
        "/settings.",
        "/settings%20",
        "/settings/%20",
        "/settings%2e",
        "/settings%00",
        "/settings::$DATA",
        "/settings;x=1",
        "/settings.json",
        "/%2573ettings",
        "/ｓettings",
        "/x/..%5csettings",
        "//billing//cards",
        "/index.php/billing/cards",
    ] {
        browser.get(path).expect(403).field("code", "reauth_required");
    }
    for path in ["/files/a%2Fb", "/x//y", "/@scope%2fname", "/a;b/c", "/~user", "/%7Euser", "/x\\y", "/settings-old."] {
        browser.get(path).expect(200);
    }
}

#[test]
fn a_script_is_told_where_its_user_signs_in_and_comes_back_to_its_page() {
    let world = World::new();
    let browser = world.browser();
    let told = |referer: &str| {
        let mut request = browser.request("GET", "/api/rows?x=1", "");
        set_header(&mut request, "accept", "text/html, */*");
        set_header(&mut request, "sec-fetch-mode", "cors");
        set_header(&mut request, "referer", referer);
        let answer = browser.send(&request);
        assert!(answer.header("content-type").unwrap().starts_with("application/problem+json"));
        answer.json()["login_url"].as_str().unwrap().to_owned()
    };
    assert_eq!(told("https://app.test/rows?p=2"), "https://app.test/auth/login?return_to=%2Frows%3Fp%3D2");
    for elsewhere in
        ["https://app.test/", "https://app.test.evil.test/x", "https://evil.test/x", "https://app.test//evil.test", ""]
    {
        assert_eq!(told(elsewhere), "https://app.test/auth/login", "{elsewhere}");
    }
    assert_eq!(navigate(&browser, "GET", "//evil.test/x", None).as_deref(), Some("/auth/login"));
    browser.login("noor@acme.test").expect(200);
    assert_eq!(told("https://app.test/rows?p=2"), "https://app.test/auth/verify?return_to=%2Frows%3Fp%3D2");
    assert_eq!(navigate(&browser, "GET", "/rows?p=3", None).as_deref(), Some("/auth/verify?return_to=%2Frows%3Fp%3D3"));
}

/// A form that was sent after its session ended is not lost: the browser still has it, and sends it again on a reload. Nor is
/// anything led away that is shown inside another page.
#[test]
fn what_a_login_would_lose_is_answered_where_it_is() {
    let world = World::new();
    world.set_gate(&[("STEP_UP_PATHS", "/billing")]);
    let browser = world.browser();
    let asked = |method: &str, path: &str, dest: &str| {
        let mut request = browser.request(method, path, "");
        for (name, value) in [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)] {
            set_header(&mut request, name, value);
        }
        set_header(&mut request, "referer", "https://app.test/rows?p=2");
        browser.send(&request)
    };
    let apart = |answer: &airlock_tests::Answer, title: &str, to: &str| {
        let body = &answer.0.body;
        assert!(body.contains(&format!("<h1>{title}</h1>")), "{body}");
        assert!(body.contains(&format!("href=\"{to}\" target=\"_blank\"")), "{to}: {body}");
    };
    let saved = asked("POST", "/rows/7/delete", "document").expect(401);
    apart(&saved, "Nothing was saved", "/auth/login?return_to=%2Frows%3Fp%3D2");
    assert_eq!(saved.header("x-frame-options"), Some("DENY"));
    let shown = asked("GET", "/rows/7", "iframe").expect(401);
    apart(&shown, "Please sign in", "/auth/login?return_to=%2Frows%2F7");
    assert_eq!(shown.header("x-frame-options"), Some("SAMEORIGIN"));
    assert!(shown.header("content-security-policy").unwrap().contains("frame-ancestors 'self'"));
    browser.login("noor@acme.test").expect(200);
    apart(
        &asked("PUT", "/rows/7", "document").expect(401),
        "Nothing was saved",
        "/auth/verify?return_to=%2Frows%3Fp%3D2",
    );
    browser.verify(&world.code(NOOR_SEED, 0)).expect(200);
    world.wait_s(300);
    let again = asked("POST", "/billing", "document").expect(403);
    apart(&again, "Nothing was saved", "/auth/reauth?return_to=%2Frows%3Fp%3D2");
    assert!(world.forwarded.borrow().is_empty());
    asked("POST", "/rows/7", "document").expect(200);
}

/// Identity and payment providers have a browser send a form from their own site, where no session's cookie comes along. What
/// the operator names is held, and sent on by a button.
#[test]
fn a_form_that_another_site_sends_is_held_where_the_operator_says() {
    let world = World::new();
    world.set_gate(&[("FORM_POST_PATHS", "/saml/acs /pay/*"), ("STEP_UP_PATHS", "/pay/back")]);
    let browser = world.browser();
    let sent = |browser: &airlock_tests::Browser<'_>, path: &str, form: &str| {
        let mut request = browser.request("POST", path, form);
        for (name, value) in [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("origin", "https://idp.example"),
        ] {
            set_header(&mut request, name, value);
        }
        request
    };
    let request = |path: &str, form: &str| sent(&browser, path, form);
    let form = "SAMLResponse=PHNhbWw%2B%2Bo%3D&RelayState=%22%3E%3Cscript%3E&a=1&a=2&empty=";
    let page = browser.send(&request("/saml/acs", form)).expect(401);
    let body = &page.0.body;
    assert!(
        body.contains("<h1>Send this form on?</h1>") && body.contains("It came from https://idp.example."),
        "{body}"
    );
    let fields: Vec<_> = body.match_indices("<input type=\"hidden\"").collect();
    assert_eq!(fields.len(), 5, "{body}");
    for field in [
        r#"name="SAMLResponse" value="PHNhbWw++o=""#,
        r#"name="RelayState" value="&#34;&#62;&#60;script&#62;""#,
        r#"name="a" value="1""#,
        r#"name="a" value="2""#,
        r#"name="empty" value="""#,
    ] {
        assert!(body.contains(field), "{field}: {body}");
    }
    assert!(body.contains("<form method=\"post\">") && body.contains("target=\"_blank\">Sign in</a>"), "{body}");
    let csp = page.header("content-security-policy").unwrap();
    assert!(!csp.contains("form-action") && csp.contains("frame-ancestors 'none'"), "{csp}");
    airlock_tests::assert_secured(&page.0);
    let mut nameless = request("/saml/acs", "a=1");
    set_header(&mut nameless, "origin", "null");
    assert!(browser.send(&nameless).expect(401).0.body.contains("It came from another site, which hides its name."));
    // Only so many of one network are read, and none of them is a login: any page may send one.
    world.brake_admits.set(false);
    let refused = browser.send(&request("/saml/acs", "a=SECRET")).expect(401).0.body;
    assert!(refused.contains("Nothing was saved") && !refused.contains("SECRET"), "{refused}");
    world.brake_admits.set(true);
    assert_eq!(*world.braked.borrow(), "form 203.0.113.7");
    // Where a step-up is asked for it is held as well.
    browser.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(300);
    let page = browser.send(&request("/pay/back", "id=1")).expect(403).0.body;
    assert!(page.contains("name=\"id\" value=\"1\"") && page.contains("Confirm it&#39;s you"), "{page}");
    // What the press sends goes through as any other.
    let mut pressed = request("/pay/x", "id=1");
    set_header(&mut pressed, "sec-fetch-site", "same-origin");
    browser.send(&pressed).expect(200);
    assert_eq!(world.forwarded.borrow().len(), 1);
    // And nothing else is: other paths, other methods and types, scripts, frames, what is no text and what is too much.
    let stranger = world.browser();
    let request = |path: &str, form: &str| sent(&stranger, path, form);
    let plain = |request: &airlock::web::Request| {
        let body = stranger.send(request).expect(401).0.body;
        assert!(!body.contains("hidden") && !body.contains("SECRET"), "{body}");
    };
    for path in ["/saml/acs/", "/saml", "/saml/acs%2F", "/pay", "/SAML/acs"] {
        plain(&request(path, "a=SECRET"));
    }
    for (name, value) in [
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-type", "text/plain"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-mode", "cors"),
        ("accept", "application/json"),
    ] {
        let mut other = request("/saml/acs", "a=SECRET");
        set_header(&mut other, name, value);
        plain(&other);
    }
    plain(&airlock::web::Request { method: "PUT".to_owned(), ..request("/saml/acs", "a=SECRET") });
    for form in ["a=SECRET&b=%FF", "a=SECRET&b=%00", "=SECRET", &"a=SECRET&".repeat(1001)] {
        plain(&request("/saml/acs", form));
    }
    let large = airlock::web::Request { body: airlock::web::Body::TooLarge, ..request("/saml/acs", "") };
    assert!(stranger.send(&large).expect(401).0.body.contains("Nothing was saved"));
    assert!(airlock_tests::gate(&[("FORM_POST_PATHS", "/*")]).is_err());
}

#[test]
fn without_an_answer_of_the_app_the_session_stays() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    for (why, status, code, title) in [
        (NoAnswer::Down, 502, "app_down", "The app can&#39;t be reached"),
        (NoAnswer::Slow, 504, "app_slow", "The app is taking too long"),
    ] {
        world.app_silent.set(Some(why));
        let token = browser.token();
        browser.get("/").expect(status).field("code", code);
        let page = browser.open("/").expect(status).0.body;
        assert!(page.contains(title) && !page.contains("refused"), "{page}");
        assert!(world.log.0.borrow().last().unwrap().contains("connection refused"));
        assert_eq!((browser.token(), browser.stage()), (token, "full".to_owned()));
    }
}

#[test]
fn how_long_the_app_may_take_depends_on_what_it_is_sent() {
    let world = World::new();
    world.set_gate(&[("APP_TIMEOUT_S", "7")]);
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    for (method, length, patience_ms) in [
        ("GET", None, Some(7_000)),
        ("HEAD", None, Some(7_000)),
        ("DELETE", Some("0"), Some(7_000)),
        ("POST", Some("100000000"), Some(2_007_000)),
        ("POST", None, None),
        ("PUT", Some("99999999999999999999"), None),
        ("PUT", Some("9999999999999999"), None),
    ] {
        let mut request = browser.request(method, "/", "");
        length.into_iter().for_each(|length| set_header(&mut request, "content-length", length));
        browser.send(&request).expect(200);
        assert_eq!(world.forwarded.borrow().last().unwrap().patience_ms, patience_ms, "{method} {length:?}");
    }
}

#[test]
fn keys_are_published_before_they_sign_and_after() {
    let world = World::new();
    let [old, new] =
        ["a1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=", "a2:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="];
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    let mut seen = Vec::new();
    for (keys, signing) in
        [(old.to_owned(), "a1"), (format!("{old},{new}"), "a1"), (format!("{new},{old}"), "a2"), (new.to_owned(), "a2")]
    {
        world.set_gate(&[("ASSERTION_KEYS", &keys)]);
        let published = world.browser().get("/.well-known/jwks.json").expect(200);
        assert_eq!(published.header("cache-control"), Some("public, max-age=600"));
        let jwks = published.json();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), keys.split(',').count());
        browser.get("/").expect(200);
        let (assertion, _) = asserted(&world);
        let head = Base64UrlUnpadded::decode_vec(assertion.split('.').next().unwrap()).unwrap();
        let head: Value = serde_json::from_slice(&head).unwrap();
        assert_eq!(head, json!({ "alg": "EdDSA", "typ": "JWT", "kid": signing }));
        let jwk = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == signing).unwrap().clone();
        assert_eq!([&jwk["kty"], &jwk["crv"], &jwk["alg"], &jwk["use"]], ["OKP", "Ed25519", "EdDSA", "sig"]);
        assert!(jwk.get("d").is_none(), "a private key was published");
        seen.push(jwk["x"].clone());
    }
    assert!(seen[0] == seen[1] && seen[2] == seen[3] && seen[1] != seen[2]);
    world.browser().post("/.well-known/jwks.json", json!({})).expect(405);
    assert_eq!(world.handle(&browser.request("HEAD", "/.well-known/jwks.json", "")).body, "");
}

#[test]
fn whoever_finds_a_hole_is_told_whom_to_tell() {
    let world = World::new();
    let (browser, path) = (world.browser(), "/.well-known/security.txt");
    browser.get(path).expect(401);
    world.set_gate(&[("SECURITY_CONTACT", "mailto:security@acme.test https://acme.test/report")]);
    world.db.down.set(true);
    let told = browser.get(path).expect(200);
    assert_eq!(
        told.0.body,
        "Contact: mailto:security@acme.test\nContact: https://acme.test/report\nExpires: 2027-02-14T08:00:00Z\n\
         Canonical: https://app.test/.well-known/security.txt\n"
    );
    assert_eq!(told.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(world.handle(&browser.request("HEAD", path, "")).body, "");
    browser.post(path, json!({})).expect(405);
}

#[test]
fn a_setting_that_cannot_be_meant_is_named_and_opens_nothing() {
    for (name, value) in [
        ("APP_URL", "app.internal"),
        ("APP_URL", "https://app.internal/path"),
        ("APP_URL", "ftp://app.internal"),
        ("APP_URL", "https://app.test"),
        ("APP_TIMEOUT_S", "0"),
        ("APP_TIMEOUT_S", "3601"),
        ("APP_TIMEOUT_S", "1m"),
        ("PUBLIC_PATHS", "health"),
        ("PUBLIC_PATHS", "/health /*"),
        ("PUBLIC_PATHS", "/auth/*"),
        ("PUBLIC_PATHS", "GET /*"),
        ("PUBLIC_PATHS", "/*/*"),
        ("PUBLIC_PATHS", "/a GET"),
        ("STEP_UP_PATHS", "POST /a"),
        ("STEP_UP_PATHS", "/a/**"),
        ("FORM_POST_PATHS", "POST /a"),
        ("FORM_POST_PATHS", "/*/*"),
        ("APP_SERVICE_WORKERS", "yes"),
        ("APP_SERVICE_WORKERS", "Allow"),
        ("APP_SEES", "both"),
        ("ASSERTION_KEYS", ""),
        ("ASSERTION_KEYS", "a1:short"),
        ("ASSERTION_KEYS", "a1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("SECURITY_CONTACT", "security@acme.test"),
        ("SECURITY_CONTACT", "mailto:a@acme.test http://acme.test"),
        ("SECURITY_CONTACT", "mailto:"),
    ] {
        let fault = gate(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value}")).to_string();
        assert!(fault.contains(name), "{name}={value}: {fault}");
    }
    for (name, value) in [
        ("APP_URL", ""),
        ("APP_URL", "http://127.0.0.1:3000"),
        ("PUBLIC_PATHS", " "),
        ("STEP_UP_PATHS", "/*"),
        ("APP_SERVICE_WORKERS", ""),
        ("APP_SERVICE_WORKERS", "allow"),
        ("APP_SEES", ""),
        ("APP_SEES", "public"),
        ("APP_SEES", "own"),
    ] {
        assert!(gate(&[(name, value)]).is_ok(), "{name}={value}");
    }
    // Where apps compare it with their own, it must be as browsers write it.
    for url in ["https://App.internal", "https://app.internal:443", "http://app.internal:80", "http://a@app.internal"] {
        let fault = gate(&[("APP_URL", url), ("APP_SEES", "own")]).err().unwrap_or_else(|| panic!("{url}")).to_string();
        assert!(fault.contains("APP_URL"), "{url}: {fault}");
    }
    assert!(gate(&[("APP_URL", "http://app.internal:443"), ("APP_SEES", "own")]).is_ok());
}
