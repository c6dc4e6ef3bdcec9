//! The web surface: origins, headers, cookies, limits, redirects, and input of every kind.

use airlock::{
    admin::ROUTES,
    context::{Config, Peer},
    flows::{Prefix, gate::NoAnswer},
    pages::logo::Logo,
    people::session::Site,
    web::{Body, Response, same_origin_path},
};
use airlock_tests::{Browser, NOOR_SEED, ORIGIN, OWNER_SEED, PASSWORD, World, assert_secured, set_header};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    access::{PAGES_ASKED, body},
    admin::owner,
};

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

const PATHS: [&str; 11] = [
    "/auth/login",
    "/auth/verify",
    "/auth/recovery",
    "/auth/enrol",
    "/auth/reauth",
    "/auth/recovery-codes",
    "/auth/logout",
    "/auth/language",
    "/auth/session",
    "/auth/health",
    "/auth/nothing",
];

#[test]
fn an_unsafe_request_must_come_from_a_page_of_the_site() {
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    for (site, origin, allowed) in [
        (Some("same-origin"), None, true),
        (Some("same-origin"), Some("https://evil.test"), true),
        (Some("cross-site"), Some(ORIGIN), false),
        (Some("same-site"), None, false),
        (Some("none"), None, false),
        (None, Some(ORIGIN), true),
        (None, Some("https://evil.test"), false),
        (None, Some("null"), false),
        (None, Some("https://app.test.evil.test"), false),
        (None, None, false),
    ] {
        for path in PATHS {
            let mut request = browser.request("POST", path, "{}");
            request.headers.retain(|(name, _)| name != "sec-fetch-site");
            site.into_iter().for_each(|site| set_header(&mut request, "sec-fetch-site", site));
            origin.into_iter().for_each(|origin| set_header(&mut request, "origin", origin));
            if !allowed {
                assert_eq!(world.handle(&request).status, 403, "{path} {site:?} {origin:?}");
            } else if path != "/auth/logout" {
                let body = world.handle(&request).body;
                assert!(!body.contains("come from a page of this site"), "{path}: {body}");
            }
        }
    }
    assert_eq!(browser.stage(), "full", "nothing was changed by the refused ones");
}

/// What every answer that is no file carries. Answers its content security policy.
fn checked(response: &Response) -> String {
    assert_secured(response);
    assert_eq!(header(response, "cache-control"), Some("no-store"), "{response:?}");
    header(response, "content-security-policy").unwrap().to_owned()
}

#[test]
fn every_answer_carries_the_headers_and_every_cookie_its_attributes() {
    let world = World::new();
    let browser = world.browser();
    let mut nonces = std::collections::BTreeSet::new();
    let mut check = |response: &Response| assert!(nonces.insert(checked(response)), "a nonce came twice");
    for path in PATHS.iter().chain(&["/", "/app?x=1"]) {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            for accept in ["text/html", "application/json", "*/*"] {
                let mut request = browser.request(method, path, "{}");
                set_header(&mut request, "accept", accept);
                set_header(&mut request, "origin", "https://evil.test");
                check(&world.handle(&request));
            }
        }
    }
    check(&browser.login("owner@acme.test").0);
    check(&browser.verify(&world.code(OWNER_SEED, 0)).0);
    world.app_silent.set(Some(NoAnswer::Down));
    check(&browser.open("/").0);
    world.db.down.set(true);
    check(&browser.open("/").0);
}

#[test]
fn every_answer_of_the_admin_worker_carries_them_too_and_no_other_site_changes_anything() {
    let world = World::new();
    let (owner, stranger) = (owner(&world), world.admin());
    let before = world.db.dump();
    let pages = PAGES_ASKED.iter().map(|(method, path, form)| (*method, (*path).to_owned(), *form));
    let routes = ROUTES.iter().map(|route| {
        let path = route.path.replace("{account}", "acme").replace("{user}", "noor").replace("{token}", "none");
        (route.method, format!("/api/v1{path}"), body(route.method, route.path))
    });
    for (method, path, body) in pages.chain(routes) {
        for browser in [&owner, &stranger] {
            for accept in ["text/html", "application/json"] {
                let mut request = browser.request(method, &path, body);
                set_header(&mut request, "accept", accept);
                if !path.starts_with("/api/") {
                    set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
                }
                checked(&world.handle(&request));
                world.db.restore(&before);
                for (name, value) in
                    [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", ORIGIN)]
                {
                    let mut foreign = browser.request(method, &path, body);
                    foreign.headers.retain(|(name, _)| name != "sec-fetch-site");
                    set_header(&mut foreign, name, value);
                    let response = world.handle(&foreign);
                    checked(&response);
                    assert!(method == "GET" || [401, 403].contains(&response.status), "{method} {path} {name} {value}");
                    assert!(method == "GET" || world.db.dump() == before, "{method} {path} {name} {value}");
                    world.db.restore(&before);
                }
            }
        }
    }
}

/// Without settings there are no pages, and yet whoever comes is told that it is not theirs to mend, and no more.
#[test]
fn a_mistake_of_the_operator_is_called_one() {
    let world = World::new();
    let mut request = world.browser().request("GET", "/anything", "");
    let answer = airlock::web::misconfigured(&request);
    assert_eq!((answer.status, answer.body.contains("\"code\":\"unavailable\"")), (503, true), "{}", answer.body);
    set_header(&mut request, "accept", "text/html");
    for (language, title) in [("en", "This site isn't set up correctly"), ("de", "Diese Website"), ("hi", "यह साइट")]
    {
        set_header(&mut request, "accept-language", language);
        let page = airlock::web::misconfigured(&request);
        let header = |name: &str| page.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
        assert!(page.status == 503 && page.body.contains(&format!("<html lang=\"{language}\"")), "{}", page.body);
        assert!(page.body.contains(&format!("<h1>{title}")) && !page.body.contains("<form"), "{}", page.body);
        assert!(header("content-security-policy").unwrap().contains("default-src 'none'; style-src 'none'"));
        assert_eq!(
            [header("retry-after"), header("cache-control"), header("strict-transport-security")],
            [Some("30"), Some("no-store"), None]
        );
    }
    request.method = "HEAD".to_owned();
    assert!(airlock::web::misconfigured(&request).body.is_empty());
}

#[test]
fn only_listed_methods_are_answered() {
    let world = World::new();
    let browser = world.browser();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        for path in &PATHS[..10] {
            let answer = browser.send(&browser.request(method, path, "")).expect(405);
            assert!(answer.header("allow").is_some());
        }
    }
    browser.get("/auth/language").expect(405);
    let mut overridden = browser.request("GET", "/auth/language", "");
    set_header(&mut overridden, "x-http-method-override", "POST");
    browser.send(&overridden).expect(405);
    // A reload, or the way back, asks for what a button sends: that leads to the page where the button is.
    for path in [
        "/auth/authenticators/x/remove",
        "/auth/sessions/x/end",
        "/auth/sessions/end-others",
        "/auth/two-factor/enable",
    ] {
        assert_eq!(browser.open(path).expect(303).header("location"), Some("/auth/profile"), "{path}");
        assert_eq!(browser.get(path).expect(405).header("allow"), Some("POST"));
        let mut script = browser.request("GET", path, "");
        set_header(&mut script, "accept", "text/html");
        set_header(&mut script, "sec-fetch-mode", "cors");
        browser.send(&script).expect(405);
    }
    browser.submit("/auth/profile", "").expect(405);
    browser.open("/auth/language").expect(405);
    browser.get("/auth/nothing").expect(404).field("code", "not_found");
    let head = browser.send(&browser.request("HEAD", "/auth/health", "")).expect(200);
    assert!(head.0.body.is_empty());
}

#[test]
fn bodies_are_bounded_and_of_the_two_types() {
    let world = World::new();
    let browser = world.browser();
    let mut large = browser.request("POST", "/auth/login", "");
    large.body = Body::TooLarge;
    browser.send(&large).expect(413).field("code", "too_large");
    for (media_type, status) in [
        ("text/plain", 415),
        ("multipart/form-data", 415),
        ("application/jsonx", 415),
        ("", 415),
        ("APPLICATION/JSON; charset=utf-8", 200),
    ] {
        let body = json!({ "email": "mia@acme.test", "password": PASSWORD }).to_string();
        let mut request = browser.request("POST", "/auth/login", &body);
        set_header(&mut request, "content-type", media_type);
        browser.send(&request).expect(status);
    }
    let mut untyped = browser.request("POST", "/auth/login", "{}");
    untyped.headers.retain(|(name, _)| name != "content-type");
    browser.send(&untyped).expect(415);
}

#[test]
fn unknown_repeated_and_wrongly_typed_fields_are_refused() {
    let world = World::new();
    let browser = world.browser();
    for body in [
        r#"{"email":"mia@acme.test","password":"x","role":"owner"}"#,
        r#"{"email":"mia@acme.test","email":"leo@acme.test","password":"x"}"#,
        r#"{"email":["mia@acme.test"],"password":"x"}"#,
        r#"{"email":"mia@acme.test","password":{"$ne":null}}"#,
        r#"{"email":"mia@acme.test"}"#,
        r#"{"email":"mia@acme.test","password":"x""#,
        r#"[]"#,
        "",
        "null",
        &"[".repeat(10_000),
    ] {
        browser.send(&browser.request("POST", "/auth/login", body)).expect(400).field("code", "invalid_request");
    }
    for form in
        ["email=mia%40acme.test&password=x&password=y", "email=mia%40acme.test&password=x&admin=1", "email=%ff%fe&x"]
    {
        browser.submit("/auth/login", form).expect(400);
    }
    for email in ["", "mia", "@acme.test", "mia@", "a b@c", "a\r\nx@c", &format!("{}@acme.test", "x".repeat(250))] {
        browser.post("/auth/login", json!({ "email": email, "password": "x" })).expect(400);
    }
    browser.login("owner@acme.test").expect(200);
    for code in [
        json!(123_456),
        json!("12345"),
        json!("１２３４５"),
        json!("+12345"),
        json!("12345\0"),
        json!(null),
        json!("1".repeat(9999)),
    ] {
        browser.post("/auth/verify", json!({ "code": code })).expect(400);
    }
    assert_eq!(world.count("SELECT count(*) FROM code_attempts"), 0, "malformed codes are no attempts");
}

/// What is all said by its path takes no field either, and no other kind of body.
#[test]
fn a_button_takes_no_fields() {
    let world = World::new();
    let (mia, owner) = (world.browser(), crate::admin::owner(&world));
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let edge = [
        "two-factor/enable",
        "two-factor/disable",
        "authenticators/a/remove",
        "recovery-codes",
        "sessions/a/end",
        "sessions/end-others",
        "logout",
    ];
    let edge = edge.map(|path| (&mia, "POST", format!("/auth/{path}")));
    let users = "/api/v1/accounts/acme";
    let admin = [format!("{users}/users/mia"), format!("{users}/tokens/none")].map(|path| (&owner, "DELETE", path));
    for (browser, method, path) in edge.into_iter().chain(admin) {
        let sent = |media_type: &str, body: &str| {
            let mut request = browser.request(method, &path, body);
            set_header(&mut request, "content-type", media_type);
            browser.twin().send(&request).0.status
        };
        assert_eq!(sent("application/json", r#"{"x":1}"#), 400, "{path}");
        assert_eq!(sent("application/x-www-form-urlencoded", "x=1"), 400, "{path}");
        assert_eq!(sent("text/plain", "x"), 415, "{path}");
        assert!(![400, 413, 415].contains(&sent("application/json", "{}")), "{path}");
    }
}

#[test]
fn after_signing_in_one_stays_on_this_origin() {
    let world = World::new();
    for (claimed, path) in [
        ("/reports?x=1&y=%2F", "/reports?x=1&y=%2F"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("\\\\evil.test", "/"),
        ("/a\\b", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.test", "/"),
        ("/\r\nSet-Cookie:x=1", "/"),
        ("/é", "/"),
        ("", "/"),
        ("/%2F/evil.test", "/%2F/evil.test"),
    ] {
        let browser = world.browser();
        let body = json!({ "email": "mia@acme.test", "password": PASSWORD, "return_to": claimed });
        browser.post("/auth/login", body).expect(200).field("return_to", path);
    }
    assert_eq!(same_origin_path(&Prefix::default(), &format!("/{}", "x".repeat(8192))), "/");
    // Nor is it too long for a form or an address once it is encoded.
    assert_eq!(same_origin_path(&Prefix::default(), &format!("/{}", "%".repeat(5000))), "/");
    let dense = format!("/{}", "%".repeat(4700));
    assert_eq!(same_origin_path(&Prefix::default(), &dense), dense);
    let body = format!(
        "email=mia%40acme.test&password={}&return_to={}",
        PASSWORD.replace(' ', "+"),
        dense.replace('%', "%25")
    );
    assert_eq!(world.browser().submit("/auth/login", &body).expect(303).header("location"), Some(dense.as_str()));
}

#[test]
fn no_header_of_a_client_changes_time_or_address() {
    let world = World::new();
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    let body = json!({ "code": world.code(OWNER_SEED, 4) }).to_string();
    let mut request = browser.request("POST", "/auth/verify", &body);
    for (name, value) in [
        ("date", "Fri, 15 Jan 2027 08:02:00 GMT"),
        ("x-time", "1800000120"),
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-host", "evil.test"),
        ("forwarded", "for=198.51.100.1;host=evil.test"),
        ("x-real-ip", "198.51.100.1"),
    ] {
        set_header(&mut request, name, value);
    }
    browser.send(&request).expect(401);
    assert!(!world.db.table("SELECT * FROM audit").contains("198.51.100.1"));
    assert!(world.db.table("SELECT * FROM audit").contains("203.0.113.7"));
}

#[test]
fn an_ipv6_network_of_48_bits_is_one_stranger() {
    let key = |ip: &str| Peer { ip, ..Peer::default() }.network();
    assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2::9"));
    assert_eq!(key("2001:db8:1:2::"), key("2001:db8:1:3::"));
    assert_ne!(key("2001:db8:1:2::"), key("2001:db8:2:2::"));
    assert_eq!(key("192.0.2.1"), "192.0.2.1");
}

#[test]
fn a_log_line_stays_one_line_of_json_whatever_is_typed() {
    let world = World::new();
    let browser = world.browser();
    let mut request = browser.request("POST", "/auth/login", r#"{"email":"mia@acme.test","password":"wrong"}"#);
    request.client.country = "N\r\nZ\u{1b}[31m\"".to_owned();
    set_header(&mut request, "user-agent", "a\r\nb");
    browser.send(&request).expect(401);
    for line in world.log.0.borrow().iter() {
        assert!(!line.contains(['\r', '\n', '\u{1b}']));
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["action"], "login");
        assert_eq!(line["at_ms"], 1_800_000_000_000_i64);
    }
}

#[test]
fn what_pages_load_has_a_name_of_its_own_and_may_be_kept() {
    let world = World::new();
    for (name, kind) in [("style", "text/css"), ("script", "text/javascript"), ("icon", "image/svg+xml")] {
        let answer = world.browser().open(&loaded(&world, name)).expect(200);
        assert_eq!(answer.header("content-type"), Some(format!("{kind}; charset=utf-8").as_str()));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(world.db.round_trips.get(), 0, "nothing is read for it");
    }
    world.browser().open(&loaded(&world, "script").replace("script-", "script-0")).expect(404);
}

/// Nothing runs or is loaded that the page does not name, each by the nonce of this answer; no page has code of its own in it.
#[test]
fn pages_load_files_of_ours_alone_by_their_nonce() {
    let world = World::new();
    let answer = world.browser().open("/auth/login").expect(200);
    let policy = answer.header("content-security-policy").unwrap().to_owned();
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("; img-src 'self'; "), "{policy}");
    let page = answer.0.body;
    for element in ["<link rel=\"stylesheet\" ", "<script "] {
        let found: Vec<_> = page.split(element).skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        assert!(matches!(&found[..], [one] if one.contains(&format!("nonce=\"{nonce}\""))), "{element}: {found:?}");
    }
    assert!(page.contains("\"></script>"), "no code in the page");
}

/// Where a page finds its style sheet, script or icon.
fn loaded(world: &World, name: &str) -> String {
    let page = world.browser().open("/auth/login").expect(200).0.body;
    let start = format!("/auth/{name}-");
    page.split('"').find(|part| part.starts_with(&start)).unwrap().to_owned()
}

/// The operator's colour comes with a style sheet of its own name, so no browser keeps the old one; a bad one is no
/// configuration.
#[test]
fn the_operators_colour_is_in_the_style_sheet() {
    let world = World::new();
    let plain = loaded(&world, "style");
    world.set_accent("#7b1fa2");
    let coloured = loaded(&world, "style");
    assert_ne!(plain, coloured);
    let css = world.browser().open(&coloured).expect(200).0.body;
    assert!(css.contains("--accent:#7b1fa2") && css.contains("prefers-color-scheme:dark"));
    world.browser().open(&plain).expect(404);
    let icon = world.browser().open(&loaded(&world, "icon")).expect(200).0.body;
    assert!(icon.contains("#7b1fa2") && !icon.contains("#1f5fbf"), "{icon}");
}

const OTHER: &str = "'self' https://img.test:8443";

/// The operator's logo stands beside the name, and its origin is the one more that images come from; without it, nothing does.
#[test]
fn the_operators_logo_is_on_every_page_and_its_origin_in_the_policy() {
    let world = World::new();
    let seen = |browser: Browser<'_>| {
        let Response { body, headers, .. } = browser.open("/auth/login").expect(200).0;
        let (_, policy) = headers.into_iter().find(|(name, _)| *name == "content-security-policy").unwrap();
        let sources = policy.split_once("img-src ").unwrap().1.split(';').next().unwrap().to_owned();
        let image = body.split_once("<img ").map(|(_, rest)| rest.split('>').next().unwrap().to_owned());
        (sources, image)
    };
    let both = || [seen(world.browser()), seen(world.admin())];
    assert_eq!(both(), [("'self'".to_owned(), None), ("'self'".to_owned(), None)]);
    for (url, src, edge, admin) in [
        ("/logo.svg", "https://app.test/logo.svg", "'self'", "'self' https://app.test"),
        ("https://img.test:8443/a/logo.png?v=2&amp", "https://img.test:8443/a/logo.png?v=2&#38;amp", OTHER, OTHER),
    ] {
        world.set_logo(url);
        let [(at_edge, one), (at_admin, other)] = both();
        assert_eq!((at_edge.as_str(), at_admin.as_str()), (edge, admin));
        let image = one.unwrap();
        assert!(image.contains(&format!(" src=\"{src}\" alt=\"\" ")) && image.contains("\"no-referrer\""), "{image}");
        assert_eq!(other.unwrap(), image);
    }
}

#[test]
fn a_logo_that_is_no_address_is_no_configuration() {
    for good in ["/logo.svg", "/assets/logo%20v2.png?size=2x", "https://cdn.example.com/logo.svg"] {
        assert!(Logo::parse(good, "https://app.test").is_ok(), "{good}");
    }
    let long = format!("/{}", "a".repeat(256));
    for bad in [
        "logo.svg",
        "/",
        "//cdn.test/logo.svg",
        "http://cdn.test/logo.svg",
        "https://cdn.test",
        "https:///logo.svg",
        "https://cdn.test; script-src */x",
        "https://*/logo.svg",
        "https://u@cdn.test/x",
        "/a b",
        "/a\"onerror=x",
        "/a;b",
        "/a,b",
        "data:image/png;base64,AAAA",
        "javascript:x/",
        "/l\u{f6}go.svg",
        &long,
    ] {
        assert!(Logo::parse(bad, "https://app.test").is_err(), "{bad}");
    }
    let built = |logo: &str| {
        let variable = |name: &str| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "LOGO_URL" => Some(logo.to_owned()),
            "SEED_KEYS" | "PEPPER_KEYS" => Some(format!("k1:{}", "A".repeat(42) + "E=")),
            _ => None,
        };
        Config::build(Site::Edge, variable).map(|config| config.logo).map_err(|fault| fault.to_string())
    };
    assert_eq!(built(""), Ok(None));
    assert_eq!(built("/logo.svg").unwrap().unwrap().src, "https://app.test/logo.svg");
    let said = "LOGO_URL is neither a path of the app such as /logo.svg nor an https URL";
    assert_eq!(built("logo.svg"), Err(said.to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Any bytes to any address: an answer, never a panic, never a fault.
    #[test]
    fn any_request_gets_an_answer(
        method in "GET|POST|HEAD|PUT|[A-Z]{1,7}",
        path in "/auth/(login|verify|recovery|enrol|reauth|session|logout|language|recovery-codes)|/\\PC{0,20}",
        query in "\\PC{0,40}|return_to=.{0,30}",
        cookie in "__Host-airlock=[a-zA-Z0-9_-]{0,50}|\\PC{0,60}",
        media_type in "application/json|application/x-www-form-urlencoded|\\PC{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        html in any::<bool>(),
    ) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let mut request = world.browser().request(&method, "/", "");
            (request.path, request.query, request.body) = (path, query, Body::Whole(body));
            set_header(&mut request, "cookie", &cookie);
            set_header(&mut request, "content-type", &media_type);
            set_header(&mut request, "accept", if html { "text/html" } else { "*/*" });
            let response = world.handle(&request);
            assert!(response.status < 500, "{request:?} {response:?}");
        });
    }
}

/// A sub-domain can set any number of cookies for its parent, and an app may have many: none of them hides ours.
#[test]
fn however_many_cookies_others_set_ours_is_found() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    let others: String = (0..180).map(|i| format!("c{i}={}; ", "x".repeat(300))).collect();
    let mut request = browser.request("GET", "/auth/session", "");
    let own = request.header("cookie").unwrap().to_owned();
    set_header(&mut request, "cookie", &format!("{others}{own}"));
    assert_eq!(browser.send(&request).expect(200).json()["stage"], "full");
}

/// A script of the app can set a cookie of our name in the partition of its page, beside the one that it cannot reach. Nobody
/// can say which of two is meant; so the answer takes the script's back, and the sign-in goes on.
#[test]
fn a_second_cookie_of_our_name_is_taken_back() {
    let world = World::new();
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    for name in ["__Host-airlock", "__Host-airlock-browser"] {
        let mut request = browser.request("GET", "/auth/login", "");
        let own = request.header("cookie").unwrap().to_owned();
        set_header(&mut request, "cookie", &format!("{own}; {name}=x"));
        let answer = world.handle(&request);
        let set: Vec<_> = answer.headers.iter().filter(|(name, _)| *name == "set-cookie").map(|(_, v)| v).collect();
        assert_eq!(set, [&format!("{name}=; Path=/; Secure; SameSite=None; Partitioned; Max-Age=0")]);
    }
    assert_eq!(browser.stage(), "full");
    assert!(browser.get("/auth/login").header("set-cookie").is_none());
}
