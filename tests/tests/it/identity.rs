//! Headers of the operator's choice that tell the app who a request is from.

use airlock::people::Role;
use airlock_tests::{PROXY_KEYS, World, gate, set_header};
use serde_json::json;

use crate::admin::owner;

const HEADERS: &str =
    "Remote-User=email X-Forwarded-User=sub remote-name=name X-Acme-Accounts=accounts Remote-Groups=groups";

/// What the app got last of headers that it may read as one of these, with `_` for `-` and the other way round.
fn told(world: &World) -> Vec<(String, String)> {
    let of = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let names = ["remote-user", "x-forwarded-user", "remote-name", "x-acme-accounts", "remote-groups"];
    let forwarded = world.forwarded.borrow();
    let headers = forwarded.last().unwrap().headers.iter().filter(|(name, _)| names.contains(&of(name).as_str()));
    headers.cloned().collect()
}

#[test]
fn the_app_is_told_by_the_headers_that_the_operator_names() {
    let world = World::new();
    world.add_account("globex");
    world.join("globex", "mia", "mia@acme.test", Role::Admin);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.get("/").expect(200);
    assert_eq!(told(&world), [], "none unless they are named");
    world.set_gate(&[("IDENTITY_HEADERS", HEADERS)]);
    mia.get("/").expect(200);
    let expected = [
        ("remote-user", "mia@acme.test"),
        ("x-forwarded-user", "mia"),
        ("remote-name", "mia"),
        ("x-acme-accounts", "acme,globex"),
        ("remote-groups", "acme:member,globex:admin"),
    ];
    assert_eq!(told(&world), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Also where nobody is told of: an app takes what it reads there for the gate's word.
#[test]
fn no_client_says_who_it_is_by_them_however_it_spells_them() {
    let world = World::new();
    world.set_gate(&[("IDENTITY_HEADERS", HEADERS), ("PUBLIC_PATHS", "/public")]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    for (path, many) in [("/", 5), ("/public", 0)] {
        let mut request = mia.request("GET", path, "");
        for name in ["remote-user", "x-forwarded-user", "remote-name", "x-acme-accounts", "remote-groups"] {
            for spelled in [name.to_owned(), name.replace('-', "_"), name.replacen('-', "_", 1), name.replace('-', ".")]
            {
                request.headers.push((spelled.clone(), "forged".to_owned()));
                request.headers.push((spelled, "forged again".to_owned()));
            }
        }
        set_header(&mut request, "connection", "remote-user");
        mia.send(&request).expect(200);
        let told = told(&world);
        assert!(told.len() == many && told.iter().all(|(_, value)| !value.contains("forged")), "{path}: {told:?}");
        let forwarded = world.forwarded.borrow();
        let headers = &forwarded.last().unwrap().headers;
        assert!(!headers.iter().any(|(_, value)| value.contains("forged")), "{path}: {headers:?}");
    }
}

/// An app must never read another's name in one, nor a second header: what does not fit is left out.
#[test]
fn what_fits_into_no_header_is_left_out() {
    let world = World::new();
    world.set_gate(&[("IDENTITY_HEADERS", "Remote-User=email Remote-Name=name")]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    for (email, name, expected) in [
        ("mia@acme.test", "Zoë Müller 山田", &["mia@acme.test", "Zoë Müller 山田"][..]),
        ("mía@acme.test", "Mia", &["Mia"]),
        ("mia x@acme.test", "Mia", &["Mia"]),
        ("mia@acme.test", "Mia\r\nRemote-User: owner@acme.test", &["mia@acme.test"]),
        ("mia@acme.test\u{85}", "Mia\u{85}", &[]),
        ("mia@acme.test", "Mia\0", &["mia@acme.test"]),
    ] {
        let sql = "UPDATE users SET email = ?1, name = ?2 WHERE id = 'mia'";
        world.db.execute(sql, &[email.into(), name.into()]);
        mia.get("/").expect(200);
        let values: Vec<_> = told(&world).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, expected, "{email:?} {name:?}");
    }
}

/// It has no address, so an app that asks for one finds nobody.
#[test]
fn a_program_is_told_of_by_the_id_of_its_token() {
    let world = World::new();
    world.set_gate(&[("IDENTITY_HEADERS", HEADERS)]);
    let asked = json!({ "name": "backup", "paths": ["/api/*"], "methods": ["GET"] });
    let made = owner(&world).post("/api/v1/accounts/acme/service-tokens", asked).expect(201).json();
    let client = world.browser();
    let mut request = client.request("GET", "/api/x", "");
    request.headers.retain(|(name, _)| name != "sec-fetch-site");
    set_header(&mut request, "airlock-token", made["token"].as_str().unwrap());
    set_header(&mut request, "remote-user", "owner@acme.test");
    client.send(&request).expect(200);
    let id = made["id"].as_str().unwrap();
    let expected = [("x-forwarded-user", id), ("remote-name", "backup"), ("x-acme-accounts", "acme")];
    assert_eq!(told(&world), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// A proxy that asks puts them in place of the client's, so each is answered, empty where there is nothing to say.
#[test]
fn a_proxy_that_asks_is_told_each_of_them() {
    let world = World::new();
    world.set_gate(&[("IDENTITY_HEADERS", "Remote-User=email Remote-Name=name"), ("PUBLIC_PATHS", "/public")]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let asked = |key: Option<&str>, path: &str| {
        let mut request = mia.request("GET", "/auth/check", "");
        set_header(&mut request, "x-forwarded-uri", path);
        key.into_iter().for_each(|key| set_header(&mut request, "airlock-proxy-key", key));
        let answer = mia.send(&request).expect(200);
        ["remote-user", "remote-name"].map(|name| answer.header(name).map(str::to_owned))
    };
    let told = |user: &str, name: &str| [Some(user.to_owned()), Some(name.to_owned())];
    assert_eq!(asked(Some(PROXY_KEYS), "/reports"), told("mia@acme.test", "mia"));
    assert_eq!(asked(Some(PROXY_KEYS), "/public"), told("", ""));
    assert_eq!(asked(None, "/reports"), [None, None], "any script can ask");
}

/// As many accounts as the assertion names, so the two agree, and no header is without bound.
#[test]
fn they_name_the_accounts_that_the_assertion_names() {
    let world = World::new();
    world.set_gate(&[("IDENTITY_HEADERS", HEADERS)]);
    for number in 0..150 {
        let id = format!("{number:024}");
        world.add_account(&id);
        world.join(&id, "mia", "mia@acme.test", Role::Owner);
    }
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.get("/").expect(200);
    let many = |name: &str| {
        let told = told(&world);
        let (_, value) = told.iter().find(|(n, _)| n == name).unwrap();
        (value.split(',').count(), value.len())
    };
    let ((accounts, _), (groups, length)) = (many("x-acme-accounts"), many("remote-groups"));
    assert!(accounts == groups && (10..150).contains(&accounts) && length < 2048, "{accounts} {groups} {length}");
}

#[test]
fn a_name_that_means_something_else_is_refused() {
    for name in [
        "Host",
        "Cookie",
        "Set-Cookie",
        "Authorization",
        "Airlock-Assertion",
        "Airlock-User",
        "Content-Type",
        "Content-Length",
        "Connection",
        "Keep-Alive",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "CF-Connecting-IP",
        "Forwarded",
        "Origin",
        "Referer",
        "Accept",
        "Accept-Encoding",
        "Sec-Fetch-Site",
        "If-None-Match",
        "Range",
        "User-Agent",
        "Cache-Control",
        "Expect",
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Accel-Redirect",
        "X-CSRF-Token",
        "X-Requested-With",
        "Remote_User",
        "Remote User",
        "Remote.User",
        "Rémote",
        "-Remote",
        "1-Remote",
        "",
        &"x".repeat(65),
    ] {
        let fault =
            gate(&[("IDENTITY_HEADERS", &format!("{name}=email"))]).err().unwrap_or_else(|| panic!("{name}: taken"));
        assert!(fault.to_string().starts_with("IDENTITY_HEADERS has \""), "{name}: {fault}");
    }
    for (list, why) in [
        ("Remote-User", "not of the form"),
        ("Remote-User=", "a header says"),
        ("Remote-User=password", "a header says"),
        ("Remote-User=Email", "a header says"),
        ("Remote-User=email remote-user=sub", "named twice"),
        ("Remote-User=email,X-User=sub", "a header says"),
    ] {
        let fault = gate(&[("IDENTITY_HEADERS", list)]).err().unwrap_or_else(|| panic!("{list}: taken")).to_string();
        assert!(fault.starts_with("IDENTITY_HEADERS has \"") && fault.contains(why), "{list}: {fault}");
    }
    let many = |count: usize| (0..count).map(|number| format!("X-User-{number}=email ")).collect::<String>();
    assert!(gate(&[("IDENTITY_HEADERS", &many(16))]).is_ok());
    assert!(gate(&[("IDENTITY_HEADERS", &many(17))]).err().unwrap().to_string().contains("more than 16"));
    for name in [
        "Remote-User",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-WEBAUTH-USER",
        "X-Auth-Request-User",
        "Tailscale-User-Login",
        "X-User",
        "Acme-User",
    ] {
        assert!(gate(&[("IDENTITY_HEADERS", &format!("{name}=email"))]).is_ok(), "{name}");
    }
    assert!(gate(&[("IDENTITY_HEADERS", " ")]).is_ok());
}
