//! Airlock's own paths begin as the operator says. By `AUTH_PREFIX=/-/sign-in cargo test` every test here runs under another prefix.

use airlock::{context::Config, people::session::Site};
use airlock_tests::{KEYS, NOOR_SEED, World, gate, set_header};

const PREFIX: &str = "/-/sign-in";

#[test]
fn all_of_airlock_moves_and_its_old_place_is_the_apps() {
    let world = World::new();
    world.move_to(PREFIX);
    let noor = world.browser();
    let led = noor.open("/auth/login?x=1").expect(303);
    assert_eq!(led.header("location"), Some("/-/sign-in/login?return_to=%2Fauth%2Flogin%3Fx%3D1"));
    let said = noor.get("/auth/token").expect(401).json();
    assert_eq!(said["login_url"], "https://app.test/-/sign-in/login");
    let page = noor.open("/-/sign-in/login").expect(200).0.body;
    assert!(!page.contains("/auth"), "{page}");
    noor.post(
        "/-/sign-in/login",
        serde_json::json!({ "email": "noor@acme.test", "password": airlock_tests::PASSWORD }),
    )
    .expect(200)
    .field("next", "verify");
    noor.post("/-/sign-in/verify", serde_json::json!({ "code": world.code(NOOR_SEED, 0) })).expect(200);
    for path in ["/auth", "/auth/login", "/auth/invite/secret", "/-/sign-ins", "/-", "/-/Sign-In/login"] {
        let mut request = noor.request("POST", path, "{}");
        set_header(&mut request, "referer", "https://app.test/auth/login?flow=1");
        noor.send(&request).expect(200);
        let forwarded = world.forwarded.take();
        assert_eq!(forwarded[0].header("referer"), Some("https://app.test/auth/login?flow=1"), "a page of the app's");
        set_header(&mut request, "referer", "https://app.test/-/sign-in/login?flow=1");
        noor.send(&request).expect(200);
        assert_eq!(world.forwarded.take()[0].header("referer"), Some("https://app.test/"), "a page of ours");
    }
    noor.get("/-/sign-in/session").expect(200).field("stage", "full");
    noor.get("/-/sign-in/nothing").expect(404);
    noor.get("/-/sign-in").expect(404);
    assert!(world.forwarded.take().is_empty());
    // The link of an invitation is a secret wherever it is; one of the app's is nowhere kept out.
    let to = |path: &str| {
        let fields =
            serde_json::json!({ "email": "mia@acme.test", "password": airlock_tests::PASSWORD, "return_to": path });
        world.browser().post("/-/sign-in/login", fields).expect(200).json()["return_to"].clone()
    };
    assert_eq!(to("/-/sign-in/invite/secret"), "/-/sign-in/invite");
    assert_eq!(to("/auth/invite/theirs"), "/auth/invite/theirs");
    world.admin().get("/auth/session").expect(404);
    world.admin().get("/-/sign-in/session").expect(401);
}

#[test]
fn the_well_known_paths_are_the_apps_where_the_operator_says_so() {
    let world = World::new();
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    let keys = noor.get("/auth/jwks.json").expect(200);
    assert_eq!(keys.0.body, noor.get("/.well-known/jwks.json").expect(200).0.body);
    noor.post("/auth/jwks.json", serde_json::json!({})).expect(405);
    world.set_gate(&[("WELL_KNOWN_PATHS", "app")]);
    for path in ["jwks.json", "change-password", "security.txt", "openid-configuration"] {
        noor.get(&format!("/.well-known/{path}")).expect(200);
        assert_eq!(world.forwarded.take().len(), 1, "{path}");
        world.browser().get(&format!("/.well-known/{path}")).expect(401);
    }
    assert_eq!(keys.0.body, world.browser().get("/auth/jwks.json").expect(200).0.body);
    for (variables, wrong) in [
        (&[("WELL_KNOWN_PATHS", "ours")][..], "WELL_KNOWN_PATHS"),
        (&[("WELL_KNOWN_PATHS", "app"), ("SECURITY_CONTACT", "mailto:s@acme.test")], "SECURITY_CONTACT"),
    ] {
        assert!(gate(variables).err().unwrap().to_string().starts_with(wrong));
    }
}

#[test]
fn a_prefix_that_something_else_has_is_no_configuration() {
    let build = |site, prefix: &str| {
        let variable = |name: &str| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "ADMIN_ORIGIN" => Some("https://admin.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "AUTH_PREFIX" => Some(prefix.to_owned()),
            _ => KEYS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
        };
        Config::build(site, variable).err().map(|fault| fault.to_string())
    };
    for right in ["", "/auth", "/-/sign-in", "/setting"] {
        assert_eq!((build(Site::Edge, right), build(Site::Admin, right)), (None, None), "{right}");
    }
    for taken in ["/settings", "/members/x", "/audit", "/tokens", "/api", "/service-tokens"] {
        assert_eq!(build(Site::Edge, taken), None, "only the admin's has such pages: {taken}");
        assert!(build(Site::Admin, taken).unwrap().starts_with("AUTH_PREFIX"), "{taken}");
    }
    for wrong in ["auth", "/", "/auth/", "/.well-known/x", "/Auth"] {
        assert!(build(Site::Edge, wrong).unwrap().starts_with("AUTH_PREFIX is not"), "{wrong}");
    }
}
