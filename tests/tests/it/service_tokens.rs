//! Service tokens: what a program gets to by one, what the app is told of it, and when that ends.

use airlock::{
    flows::gate::{Changes, Forward},
    people::Role,
};
use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, World, basic, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::admin::{colleague, owner};

const SERVICE_TOKENS: &str = "/api/v1/accounts/acme/service-tokens";

fn make(by: &Browser<'_>, paths: &[&str], methods: &[&str]) -> Value {
    by.post(SERVICE_TOKENS, json!({ "name": "backup", "paths": paths, "methods": methods })).expect(201).json()
}

/// A request of a program, which is no browser, with these headers.
fn call(world: &World, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let client = world.browser();
    let mut request = client.request(method, path, "");
    request.headers.retain(|(name, _)| name != "sec-fetch-site" && name != "cookie");
    headers.iter().for_each(|(name, value)| set_header(&mut request, name, value));
    client.send(&request)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_program_gets_to_what_its_token_opens_and_to_nothing_else() {
    let world = World::new();
    let owner = owner(&world);
    world.set_gate(&[("STEP_UP_PATHS", "/api/pay")]);
    let made = make(&owner, &["/api/*", "/npm/@*%2F*"], &["GET", "PROPFIND"]);
    let token = text(&made["token"]);
    assert!(token.starts_with("airlock_svc_") && token.len() == 55, "{token}");
    assert_eq!(made["expires_at"], "2027-04-15T08:00:00Z", "90 days if nothing is said");
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&token[12..]), "only its hash is stored");
    assert!(!owner.get(SERVICE_TOKENS).expect(200).0.body.contains(&token[12..]));
    let (own, password) = ([("airlock-token", token)], basic(token));
    let by_password = [("authorization", password.as_str())];
    for (method, path) in [
        ("GET", "/api/orders?page=2"),
        ("HEAD", "/api/orders"),
        ("PROPFIND", "/api/orders"),
        ("GET", "/npm/@scope%2fname"),
    ] {
        call(&world, method, path, &own).expect(200);
        call(&world, method, path, &by_password).expect(200);
    }
    for (method, path) in [
        ("POST", "/api/orders"),
        ("OPTIONS", "/api/orders"),
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/apis/x"),
        ("GET", "/api/../admin"),
        ("GET", "/api/%2e%2e/admin"),
        ("GET", "/api/..;/admin"),
        ("GET", "/api/x%2f..%2f..%2fadmin"),
        ("GET", "/npm/@scope/name"),
        ("GET", "/api/orders?_method=DELETE"),
        // A program has no second factor.
        ("GET", "/api/pay"),
        ("GET", "/api/Pay.json"),
    ] {
        call(&world, method, path, &own).expect(403).field("code", "forbidden");
        call(&world, method, path, &by_password).expect(403);
    }
    call(&world, "TRACE", "/api/orders", &own).expect(405);
    // A path of Airlock's own asks nobody for it.
    call(&world, "GET", "/auth/session", &own).expect(401);
    let some = text(&make(&owner, &["/", "/reports/*"], &["GET"])["token"]).to_owned();
    for (path, status) in [("/", 200), ("/reports/x", 200), ("/reports", 403), ("/x", 403)] {
        call(&world, "GET", path, &[("airlock-token", &some)]).expect(status);
    }
    let inbox = text(&make(&owner, &["/dav/inbox/*"], &["PUT", "COPY"])["token"]).to_owned();
    for (to, status) in [
        ("https://app.test/dav/inbox/y", 200),
        ("/dav/inbox/y", 200),
        ("https://app.test/dav/private/y", 403),
        ("/dav/inbox/../private/y", 403),
        ("/dav/inbox/a b", 403),
    ] {
        call(&world, "COPY", "/dav/inbox/x", &[("airlock-token", &inbox), ("destination", to)]).expect(status);
    }
    let all = text(&make(&owner, &["/*"], &["*"])["token"]).to_owned();
    for (method, path) in [("DELETE", "/"), ("MKCOL", "/a;b/..%2f"), ("GET", "/100%25")] {
        call(&world, method, path, &[("airlock-token", &all)]).expect(200);
    }
    assert_eq!(owner.get(SERVICE_TOKENS).json()["service_tokens"][0]["last_used_at"], "2027-01-15T08:00:00Z");
}

#[test]
fn the_app_is_told_which_program_it_is_and_never_sees_the_token() {
    let world = World::new();
    let owner = owner(&world);
    let made = make(&owner, &["/api/*"], &["GET"]);
    let token = text(&made["token"]);
    let password = basic(token);
    let user = format!("Basic {}", base64ct::Base64::encode_string(format!("{token}:x").as_bytes()));
    let bearer = format!("Bearer {token}");
    for headers in [
        &[("airlock-token", token)] as &[_],
        &[("authorization", password.as_str())],
        &[("airlock-token", token), ("authorization", password.as_str())],
        &[("airlock-token", token), ("authorization", user.as_str())],
        &[("airlock-token", token), ("authorization", bearer.as_str())],
        &[("airlock-token", token), ("authorization", "Bearer its own")],
    ] {
        call(&world, "GET", "/api/x", headers).expect(200);
        let forwarded = world.forwarded.take();
        let told = forwarded[0].header("authorization");
        assert_eq!(told, headers.iter().any(|(_, value)| *value == "Bearer its own").then_some("Bearer its own"));
        assert_eq!(forwarded[0].header("airlock-token"), None);
        let claims = forwarded[0].header("airlock-assertion").unwrap().split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap();
        let said = json!({
            "iss": "https://app.test",
            "aud": "https://app.test",
            "sub": made["id"],
            "name": "backup",
            "accounts": [{ "id": "acme", "name": "Acme" }],
            "amr": ["svc"],
            "iat": 1_800_000_000,
            "exp": 1_800_000_060,
        });
        assert_eq!(claims, said);
    }
    // Nor where nobody is asked who it is.
    world.set_gate(&[("PUBLIC_PATHS", "/api/*")]);
    call(&world, "GET", "/api/x", &[("authorization", &password)]).expect(200);
    let public = world.forwarded.take();
    assert_eq!((public[0].header("authorization"), public[0].header("airlock-assertion")), (None, None));
}

/// A WebDAV client puts back what it got.
#[test]
fn a_program_gets_pages_as_the_app_wrote_them() {
    let world = World::new();
    let owner = owner(&world);
    let token = text(&make(&owner, &["/dav/*"], &["GET"])["token"]).to_owned();
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    let own = ("APP_URL", "http://10.0.0.7:9213");
    for public in ["", "/dav/*"] {
        world.set_gate(&[own, ("APP_SEES", "own"), ("PUBLIC_PATHS", public)]);
        noor.get("/dav/a.html").expect(200);
        call(&world, "GET", "/dav/a.html", &[("airlock-token", &token)]).expect(200);
        call(&world, "GET", "/dav/a.html", &[("authorization", &basic(&token))]).expect(200);
        let said = [("location", own.1), ("content-type", "text/html"), ("content-length", "9"), ("etag", "\"1\"")];
        let sent = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answered = world.forwarded.take().into_iter().map(|forwarded| {
            let leads_pages_back = forwarded.leads_pages_back;
            let forward = Forward { changes: Changes::default(), pass: None, patience_ms: None, leads_pages_back };
            let (changes, page) = world.gate.borrow().answered(&forward, &sent, false);
            let names: Vec<String> = changes.iter().map(|(name, _)| name.to_owned()).collect();
            (names.join(" "), page.is_some())
        });
        let person = ("location content-length etag".to_owned(), true);
        let program = ("location".to_owned(), false);
        assert_eq!(answered.collect::<Vec<_>>(), [person, program.clone(), program], "{public}");
    }
}

#[test]
fn a_token_ends_at_once_when_it_is_revoked_or_lapses_and_outlasts_its_maker() {
    let world = World::new();
    let owner = owner(&world);
    let ada = colleague(&world, "ada", Role::Admin);
    let made = make(&ada, &["/api/*"], &["GET"]);
    let token = text(&made["token"]).to_owned();
    let status = || call(&world, "GET", "/api/x", &[("airlock-token", &token)]).0.status;
    assert_eq!(status(), 200);
    owner.send(&owner.request("DELETE", "/api/v1/accounts/acme/users/ada", "")).expect(204);
    assert_eq!(status(), 200, "it is the account's");
    let listed = owner.get(SERVICE_TOKENS).json()["service_tokens"][0].clone();
    assert_eq!(listed["made_by"], "ada@acme.test", "and who made it is still said");
    let path = format!("{SERVICE_TOKENS}/{}", text(&made["id"]));
    owner.send(&owner.request("DELETE", &path, "")).expect(204);
    call(&world, "GET", "/api/x", &[("airlock-token", &token)]).expect(401).field("code", "invalid_token");
    owner.send(&owner.request("DELETE", &path, "")).expect(404);
    let until = json!({ "name": "x", "paths": ["/api/*"], "methods": ["GET"], "expires_at": "2027-01-15T09:00:00Z" });
    let short = owner.post(SERVICE_TOKENS, until).expect(201).json();
    let status = || call(&world, "GET", "/api/x", &[("airlock-token", text(&short["token"]))]).0.status;
    let left = (airlock::ports::Now::parse_rfc3339("2027-01-15T09:00:00Z").unwrap().0 - world.now.get().0) / 1000;
    world.wait_s(left - 1);
    assert_eq!(status(), 200);
    world.wait_s(1);
    assert_eq!(status(), 401);
    let said = world.texts("SELECT action || ' ' || detail FROM audit WHERE action LIKE 'service_token%' ORDER BY id");
    let made = r#"service_token_made {"token":"backup","opens":"GET /api/*"}"#;
    assert_eq!(said, [made, "service_token_revoked ", &made.replace("backup", "x")]);
}

#[test]
fn what_is_no_token_opens_nothing_whatever_comes_with_it() {
    let world = World::new();
    let admin = owner(&world);
    let token = text(&make(&admin, &["/api/*"], &["GET"])["token"]).to_owned();
    let api = json!({ "name": "t", "scopes": ["users:read"] });
    let api = text(&admin.post("/api/v1/accounts/acme/tokens", api).expect(201).json()["token"]).to_owned();
    world.wait_s(60);
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    let with_session = |header: (&str, &str), path: &str| {
        let mut request = browser.request("GET", path, "");
        set_header(&mut request, header.0, header.1);
        browser.send(&request).0.status
    };
    let twice = format!("{token}, {token}");
    let as_api = api.replace("airlock_", "airlock_svc_");
    let session = format!("airlock_svc_{}", browser.token());
    let cut = &token[..54];
    let long = format!("{token}x");
    for wrong in ["", "x", "airlock_svc_", cut, &long, &twice, &as_api, &api, &session, &token[12..]] {
        call(&world, "GET", "/api/x", &[("airlock-token", wrong)]).expect(401).field("code", "invalid_token");
        // A session beside it counts for nothing.
        assert_eq!(with_session(("airlock-token", wrong), "/api/x"), 401, "{wrong}");
    }
    assert_eq!(with_session(("airlock-token", &token), "/other"), 403);
    assert_eq!(with_session(("airlock-token", &token), "/api/x"), 200);
    for wrong in [basic(&token[12..]), basic(&api), format!("Bearer {token}"), format!("Basic {token}"), basic("")] {
        call(&world, "GET", "/api/x", &[("authorization", &wrong)]).expect(401).field("code", "login_required");
    }
    // Nor is it a token of the admin API.
    let mut request = world.admin().request("GET", "/api/v1/accounts", "");
    set_header(&mut request, "authorization", &format!("Bearer {token}"));
    assert_eq!(world.handle(&request).status, 401);
}

/// A browser keeps Basic credentials and sends them with what any page has it ask for: there they count for nothing.
#[test]
fn no_browser_gets_through_by_a_password_or_is_asked_for_one() {
    let world = World::new();
    let token = text(&make(&owner(&world), &["/api/*"], &["GET"])["token"]).to_owned();
    let password = basic(&token);
    for sign in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
        let answer = call(&world, "GET", "/api/x", &[("authorization", &password), (sign, "x")]).expect(401);
        assert_eq!(answer.header("www-authenticate"), None, "{sign}");
    }
    let asked = |path: &str, headers: &[(&str, &str)]| {
        call(&world, "GET", path, headers).expect(401).header("www-authenticate").map(str::to_owned)
    };
    let challenge = Some("Basic realm=\"Airlock\", charset=\"UTF-8\"".to_owned());
    assert_eq!(asked("/api/x", &[]), challenge);
    assert_eq!(asked("/api/x", &[("authorization", &basic("airlock_svc_wrong"))]), challenge);
    assert_eq!(asked("/other", &[]), None, "no token opens that");
    let page = call(&world, "GET", "/api/x", &[("accept", "text/html")]).expect(303);
    assert_eq!(page.header("www-authenticate"), None, "a browser of before");
    assert_eq!(asked("/api/x", &[("cookie", "__Host-airlock=x")]), None);
    assert_eq!(asked("/api/x", &[("airlock-token", "x")]), None);
    // No more often than its network may try to sign in.
    world.brake_admits.set(false);
    assert_eq!(asked("/api/x", &[]), None);
    world.brake_admits.set(true);
    world.wait_s(91 * 86_400);
    assert_eq!(asked("/api/x", &[]), None, "none is in use");
}

#[test]
fn a_token_that_cannot_be_meant_is_not_made() {
    let world = World::new();
    let owner = owner(&world);
    let long = format!("/{}", "a".repeat(200));
    let many = vec!["/a"; 21];
    for (paths, methods) in [
        (json!([]), json!(["GET"])),
        (json!(["api"]), json!(["GET"])),
        (json!(["/a b"]), json!(["GET"])),
        (json!(["/a", ""]), json!(["GET"])),
        (json!(["/auth/*"]), json!(["GET"])),
        (json!(["/../a"]), json!(["GET"])),
        (json!(["GET /a"]), json!(["GET"])),
        (json!(["GET"]), json!(["GET"])),
        (json!([long]), json!(["GET"])),
        (json!(many), json!(["GET"])),
        (json!(["/a"]), json!([])),
        (json!(["/a"]), json!(["get"])),
        (json!(["/a"]), json!([""])),
        (json!(["/a"]), json!(["GET POST"])),
        (json!(["/a"]), json!(["GET,POST"])),
        (json!(["/a"]), json!(["GET", "*"])),
        (json!(["/a"]), json!(["A".repeat(33)])),
        (json!(["/a"]), json!(vec!["GET"; 21])),
        (json!(["/a"]), json!("GET")),
    ] {
        let new = json!({ "name": "x", "paths": paths, "methods": methods });
        owner.post(SERVICE_TOKENS, new.clone()).expect(400);
    }
    for (name, expires_at) in [("", None), ("x", Some("2026-01-01T00:00:00Z")), ("x", Some("2029-01-01T00:00:00Z"))] {
        let mut new = json!({ "name": name, "paths": ["/a"], "methods": ["GET"] });
        expires_at.into_iter().for_each(|at| new["expires_at"] = at.into());
        owner.post(SERVICE_TOKENS, new).expect(400);
    }
    assert_eq!(world.count("SELECT count(*) FROM service_tokens"), 0);
    for _ in 0..50 {
        make(&owner, &["/a"], &["GET"]);
    }
    let new = json!({ "name": "x", "paths": ["/a"], "methods": ["GET"] });
    owner.post(SERVICE_TOKENS, new).expect(409).field("code", "too_many_tokens");
}

/// What a row holds that was written by hand opens nothing rather than everything.
#[test]
fn what_is_not_understood_opens_nothing() {
    let world = World::new();
    let token = text(&make(&owner(&world), &["/api/*"], &["GET"])["token"]).to_owned();
    for (paths, methods) in [("", "GET"), ("/api/*", ""), ("/api/*", "get"), ("api", "GET"), ("", ""), ("/api/**", "*")]
    {
        world.db.execute("UPDATE service_tokens SET paths = ?1, methods = ?2", &[paths.into(), methods.into()]);
        call(&world, "GET", "/api/x", &[("airlock-token", &token)]).expect(403);
    }
}
