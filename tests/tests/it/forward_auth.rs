//! Forward-auth: what a proxy in front of the app is told of a request, and what nobody learns without its key.

use airlock_tests::{Answer, Browser, NOOR_SEED, PROXY_KEYS, World, basic, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::admin::owner;

/// A proxy asks, with these headers beside its client's.
fn ask(client: &Browser<'_>, headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request("GET", "/auth/check", "");
    headers.iter().for_each(|(name, value)| set_header(&mut request, name, value));
    client.send(&request)
}

fn about<'h>(method: &'h str, target: &'h str) -> [(&'h str, &'h str); 3] {
    [("airlock-proxy-key", PROXY_KEYS), ("x-forwarded-method", method), ("x-forwarded-uri", target)]
}

fn claims(answer: &Answer) -> Value {
    let claims = answer.header("airlock-assertion").unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
}

#[test]
fn whoever_may_pass_does_and_the_app_is_told_who_it_is() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health"), ("STEP_UP_PATHS", "/billing")]);
    let noor = world.browser();
    let asked = |target: &str| ask(&noor, &about("GET", target));
    asked("/").expect(401).field("code", "login_required");
    asked("/health").expect(200);
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.cookies.borrow_mut().insert("theme".to_owned(), "dark".to_owned());
    let passed = asked("/reports?page=2").expect(200);
    assert_eq!(claims(&passed)["sub"], "noor");
    assert_eq!(passed.header("cookie"), Some("theme=dark"), "the app gets its own cookies alone");
    assert_eq!(passed.header("authorization"), Some(""), "and nothing that the client sent in its place");
    noor.cookies.borrow_mut().remove("theme");
    assert_eq!(
        asked("/reports").expect(200).header("cookie"),
        Some("airlock=none"),
        "or a proxy would leave the client's"
    );
    let none = ask(&world.browser(), &[&about("GET", "/health")[..], &[("cookie", "")]].concat());
    assert_eq!(none.expect(200).header("cookie"), Some("airlock=none"));
    noor.cookies.borrow_mut().insert("theme".to_owned(), "dark".to_owned());
    let public = asked("/health").expect(200);
    assert_eq!((public.header("airlock-assertion"), public.header("cookie")), (Some(""), Some("theme=dark")));
    asked("/billing").expect(200);
    world.wait_s(300);
    asked("/reports").expect(200);
    let stale = asked("/Billing.json").expect(403).field("code", "reauth_required");
    assert!(stale.json()["login_url"].as_str().unwrap().starts_with("https://app.test/auth/reauth"));
    ask(&noor, &about("TRACE", "/reports")).expect(405);
    world.db.down.set(true);
    asked("/reports").expect(503);
}

#[test]
fn a_program_passes_by_its_token_where_the_path_is_known() {
    let world = World::new();
    let new = json!({ "name": "ci", "paths": ["/api/*"], "methods": ["GET"] });
    let made = owner(&world).post("/api/v1/accounts/acme/service-tokens", new).expect(201).json();
    let token = made["token"].as_str().unwrap();
    let asked = |method: &str, target: &str, name: &str, value: &str| {
        let mut request = world.browser().request("GET", "/auth/check", "");
        request.headers.retain(|(name, _)| name != "sec-fetch-site");
        about(method, target).iter().for_each(|(name, value)| set_header(&mut request, name, value));
        set_header(&mut request, name, value);
        world.browser().send(&request)
    };
    for (name, value) in [("airlock-token", token), ("authorization", &basic(token))] {
        let passed = asked("GET", "/api/x", name, value).expect(200);
        assert_eq!((&claims(&passed)["sub"], passed.header("authorization")), (&made["id"], Some("")));
        asked("POST", "/api/x", name, value).expect(403);
        asked("GET", "/other", name, value).expect(403);
        // What it is for, nobody has said.
        let mut request = world.browser().request("GET", "/auth/check", "");
        request.headers.retain(|(name, _)| name != "sec-fetch-site");
        set_header(&mut request, name, value);
        world.browser().send(&request).expect(403);
    }
    let own = asked("GET", "/api/x", "authorization", "Bearer its own").expect(401);
    assert_eq!(own.header("authorization"), None);
}

#[test]
fn without_the_key_nothing_is_known_and_nothing_is_told() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health"), ("STEP_UP_PATHS", "/billing")]);
    let noor = world.browser();
    let forged = [("x-forwarded-uri", "/health"), ("x-forwarded-method", "GET"), ("x-forwarded-for", "198.51.100.9")];
    ask(&noor, &forged).expect(401);
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.cookies.borrow_mut().insert("app".to_owned(), "secret".to_owned());
    let passed = ask(&noor, &forged).expect(200);
    for name in ["airlock-assertion", "cookie", "authorization"] {
        assert_eq!(passed.header(name), None, "any script can ask: {name}");
    }
    let other = PROXY_KEYS.replace("x1:B", "x1:C");
    for wrong in ["", "x", &PROXY_KEYS[3..], &PROXY_KEYS[..46], &other] {
        for name in ["airlock-proxy-key", "airlock-relay-key"] {
            let mut request = noor.request("GET", "/", "");
            set_header(&mut request, name, wrong);
            noor.send(&request).expect(403).field("code", "invalid_proxy_key");
            ask(&noor, &[(name, wrong), ("x-forwarded-uri", "/")]).expect(403);
        }
    }
    for target in ["", "reports", "https://app.test/reports", "*"] {
        ask(&noor, &about("GET", target)).expect(400);
    }
    let mut request = noor.request("POST", "/auth/check", "");
    assert_eq!(noor.send(&request).expect(405).header("allow"), Some("GET, HEAD"));
    request.headers.clear();
    noor.send(&request).expect(405);
}

#[test]
fn a_proxy_that_shows_its_key_says_whose_request_it_is() {
    let world = World::new();
    let from = |key: Option<&str>, forwarded: &str| {
        let mut request =
            world.browser().request("POST", "/auth/login", r#"{"email":"mia@acme.test","password":"wrong"}"#);
        key.into_iter().for_each(|key| set_header(&mut request, "airlock-relay-key", key));
        set_header(&mut request, "x-forwarded-for", forwarded);
        world.handle(&request);
        world.braked.borrow().clone()
    };
    assert_eq!(from(None, "198.51.100.9"), "203.0.113.7", "the connection's");
    assert_eq!(from(Some(PROXY_KEYS), "198.51.100.9"), "198.51.100.9");
    assert_eq!(
        from(Some(PROXY_KEYS), "203.0.113.66, 198.51.100.9"),
        "198.51.100.9",
        "a client may have sent the first"
    );
    assert_eq!(from(Some(PROXY_KEYS), "2001:db8:1:2::3"), "2001:db8:1::/48");
    assert_eq!(from(Some(PROXY_KEYS), "::ffff:198.51.100.9"), "198.51.100.9", "one customer of many, not all of IPv4");
    assert_eq!(from(Some(PROXY_KEYS), "unknown"), "203.0.113.7");
    assert_eq!(from(Some(PROXY_KEYS), ""), "203.0.113.7");
    // The app is told the same, and never the key.
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let mut request = noor.request("GET", "/", "");
    set_header(&mut request, "airlock-relay-key", PROXY_KEYS);
    set_header(&mut request, "x-forwarded-for", "203.0.113.66, 198.51.100.9");
    noor.send(&request).expect(200);
    let forwarded = world.forwarded.take();
    assert_eq!(forwarded[0].header("x-forwarded-for"), Some("198.51.100.9"));
    assert_eq!(forwarded[0].header("airlock-relay-key"), None);
}

/// What a proxy relays came from a client, who may ask too, and say in the proxy's headers what the question is about.
#[test]
fn nobody_asks_in_the_name_of_a_proxy_that_relays() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health")]);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.cookies.borrow_mut().insert("app".to_owned(), "secret".to_owned());
    let relayed = |client: &Browser<'_>, path: &str, key: &str| {
        let mut request = client.request("GET", path, "");
        for (name, value) in [(key, PROXY_KEYS), ("x-forwarded-uri", "/health"), ("x-forwarded-method", "GET")] {
            set_header(&mut request, name, value);
        }
        client.send(&request)
    };
    let told = relayed(&noor, "/auth/check", "airlock-relay-key").expect(200);
    for name in ["airlock-assertion", "cookie", "authorization"] {
        assert_eq!(told.header(name), None, "{name}");
    }
    relayed(&world.browser(), "/auth/check", "airlock-relay-key").expect(401);
    relayed(&noor, "/auth/check/health", "airlock-relay-key").expect(404);
    let mut both = noor.request("GET", "/auth/check", "");
    for name in ["airlock-relay-key", "airlock-proxy-key"] {
        set_header(&mut both, name, PROXY_KEYS);
    }
    noor.send(&both).expect(403);
    // The one mistaken for the other stops everyone, before anyone learns of it.
    for path in ["/auth/login", "/auth/checks", "/", "/.well-known/jwks.json"] {
        relayed(&noor, path, "airlock-proxy-key").expect(403).field("code", "invalid_proxy_key");
    }
}

/// Apps read other spellings as the same name, and no proxy takes those out.
#[test]
fn a_client_that_says_who_it_is_does_not_pass() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health"), ("IDENTITY_HEADERS", "Remote-User=email")]);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    for target in ["/health", "/reports"] {
        let asked = |name| ask(&noor, &[&about("GET", target)[..], &[(name, "admin")]].concat());
        for name in
            ["remote-user", "remote_user", "remote.user", "airlock-assertion", "airlock_assertion", "airlock_token"]
        {
            asked(name).expect(400);
        }
        for name in ["remote-users", "x-remote-user", "airlocks"] {
            asked(name).expect(200);
        }
    }
}

/// nginx leads people itself; Caddy and Traefik pass on what they are answered.
#[test]
fn people_are_led_to_the_login_where_the_proxy_asks_for_that() {
    let world = World::new();
    let client = world.browser();
    let asked = |query: &str, target: &str, more: &[(&str, &str)]| {
        let mut request = client.request("GET", &format!("/auth/check{query}"), "");
        about("GET", target).iter().chain(more).for_each(|(name, value)| set_header(&mut request, name, value));
        client.send(&request)
    };
    let person = [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let led = asked("?redirect=1", "/reports?page=2", &person).expect(303);
    assert_eq!(led.header("location"), Some("/auth/login?return_to=%2Freports%3Fpage%3D2"));
    let told = asked("", "/reports?page=2", &person).expect(401);
    assert_eq!(told.json()["login_url"], "https://app.test/auth/login?return_to=%2Freports%3Fpage%3D2");
    assert_eq!(told.header("airlock-login"), told.json()["login_url"].as_str());
    let script = asked("", "/reports", &[("sec-fetch-mode", "cors")]).expect(401);
    assert_eq!(script.header("airlock-login"), None, "nobody to lead on");
    asked("?redirect=1", "/reports", &[("sec-fetch-mode", "cors")]).expect(401).field("code", "login_required");
    asked("?redirect=0", "/reports", &person).expect(401);
}

/// Envoy asks by the original's own method, and has its path behind ours.
#[test]
fn the_path_may_stand_behind_the_question() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health POST /hooks/*")]);
    let asked = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let mut request = world.browser().request(method, path, "");
        request.headers.retain(|(name, _)| name != "sec-fetch-site");
        headers.iter().for_each(|(name, value)| set_header(&mut request, name, value));
        world.browser().send(&request).0.status
    };
    let key = ("airlock-proxy-key", PROXY_KEYS);
    assert_eq!(asked("GET", "/auth/check/health", &[key]), 200);
    assert_eq!(asked("POST", "/auth/check/hooks/x?y", &[key]), 200);
    assert_eq!(asked("GET", "/auth/check/hooks/x", &[key]), 401);
    assert_eq!(asked("GET", "/auth/check/reports", &[key]), 401);
    // A client may have sent the headers of other proxies.
    let forged = [key, ("x-forwarded-uri", "/health"), ("x-forwarded-method", "GET")];
    assert_eq!(asked("GET", "/auth/check/reports", &forged), 401);
    assert_eq!(asked("POST", "/auth/check/hooks/x", &forged), 200);
    assert_eq!(
        asked("GET", "/auth/check", &[key, ("x-original-uri", "/health")]),
        400,
        "nor those of no proxy that is meant"
    );
    assert_eq!(asked("GET", "/auth/check/health", &[]), 404);
    assert_eq!(asked("GET", "/auth/checkhealth", &[key]), 403);
}

#[test]
fn no_service_worker_of_the_app_comes_by_another_proxy() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let script = [&about("GET", "/sw.js")[..], &[("service-worker", "script")]].concat();
    ask(&noor, &script).expect(403);
    world.set_gate(&[("APP_SERVICE_WORKERS", "allow")]);
    ask(&noor, &script).expect(200);
}
