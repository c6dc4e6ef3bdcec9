//! Who can do what: every route of both Workers, for every kind of caller, against a table that people can read and review.

use std::collections::BTreeSet;

use airlock::{
    admin::{PAGES, ROUTES},
    flows,
    people::Role,
    web::router::{Fit, Route, fitting},
};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use base64ct::{Base64, Encoding};
use serde_json::json;

use crate::admin::{colleague, owner};

/// Rewritten by `UPDATE_GOLDEN=1 cargo test -p airlock-tests access`; read every change of it.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/access.txt");
const EDGE_GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/access_edge.txt");

pub const SCOPES: [&str; 6] =
    ["two_factor:read", "two_factor:write", "reset", "users:read", "users:write", "audit:read"];

/// A caller: its cookies, or a token.
enum Caller<'w> {
    Cookies(Browser<'w>),
    Token(Browser<'w>, String),
    /// A browser of nobody, with this header.
    Headed(Browser<'w>, &'static str, String),
}

impl Caller<'_> {
    fn status(&self, method: &str, path: &str, body: &str, page: bool) -> String {
        let (Self::Cookies(browser) | Self::Token(browser, _) | Self::Headed(browser, ..)) = self;
        let browser = browser.twin();
        let mut request = browser.request(method, path, body);
        if let Self::Token(_, token) = self {
            request.headers.retain(|(name, _)| name != "cookie" && name != "sec-fetch-site");
            set_header(&mut request, "authorization", &format!("Bearer {token}"));
        }
        if let Self::Headed(_, name, value) = self {
            set_header(&mut request, name, value);
        }
        if page {
            set_header(&mut request, "accept", "text/html");
            set_header(&mut request, "sec-fetch-mode", "navigate");
            set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
        }
        let answer = browser.send(&request);
        match answer.header("location") {
            Some(to) if to.starts_with("/auth/") => to.split(['?', '/']).nth(2).unwrap_or_default().to_owned(),
            _ => answer.0.status.to_string(),
        }
    }
}

fn cookies<'w>(name: &str, browser: Browser<'w>) -> (String, Caller<'w>) {
    (name.to_owned(), Caller::Cookies(browser))
}

/// Each kind of caller, named. All of them exist in the same world, which is put back after every request.
fn callers(world: &World) -> Vec<(String, Caller<'_>)> {
    let mut callers = Vec::new();
    // Six minutes before the others: no longer fresh.
    let stale = colleague(world, "stale", Role::Admin);
    world.wait_s(360);
    callers.push(cookies("none", world.admin()));
    let edge = world.browser();
    edge.sign_in("owner@acme.test", OWNER_SEED);
    let full_edge = world.admin();
    full_edge.cookies.borrow_mut().insert("__Host-airlock-admin".to_owned(), edge.token());
    callers.push(cookies("edge", full_edge));
    world.add_user("acme", "ben", "ben@acme.test", Role::Admin, Some(NOOR_SEED));
    let verify = world.admin();
    verify.login("ben@acme.test").expect(200).field("next", "verify");
    callers.push(cookies("verify", verify));
    world.add_user("acme", "cat", "cat@acme.test", Role::Admin, None);
    let enrol = world.admin();
    enrol.login("cat@acme.test").expect(200).field("next", "enrol");
    callers.push(cookies("enrol", enrol));
    let member = colleague(world, "dan", Role::Admin);
    world.db.execute("UPDATE memberships SET role = 'member' WHERE user_id = ?1", &["dan".into()]);
    callers.push(cookies("member", member));
    callers.push(cookies("stale", stale));
    callers.push(cookies("admin", colleague(world, "ada", Role::Admin)));
    world.wait_s(30);
    let owner = owner(world);
    for scope in SCOPES {
        let made = owner.post("/api/v1/accounts/acme/tokens", json!({ "name": scope, "scopes": [scope] })).expect(201);
        let token = made.json()["token"].as_str().unwrap().to_owned();
        callers.push((scope.to_owned(), Caller::Token(world.admin(), token)));
    }
    callers.insert(7, cookies("owner", owner));
    callers
}

/// A body that would be right, if the caller may.
pub fn body(method: &str, path: &str) -> &'static str {
    match (method, path) {
        ("PUT", "/accounts/{account}/users/{user}/two-factor/exemption") => {
            r#"{"until":"2027-02-01T00:00:00Z","reason":"R"}"#
        }
        ("PUT", _) => r#"{"required":true}"#,
        ("POST", "/accounts/{account}/users") => r#"{"email":"new@acme.test","name":"New","role":"member"}"#,
        ("PATCH", _) => r#"{"name":"Other"}"#,
        ("POST", "/accounts/{account}/tokens") => r#"{"name":"t","scopes":["users:read"]}"#,
        ("POST", "/accounts/{account}/service-tokens") => r#"{"name":"t","paths":["/api/*"],"methods":["GET"]}"#,
        _ => "",
    }
}

pub const PAGES_ASKED: [(&str, &str, &str); 37] = [
    ("GET", "/", ""),
    ("GET", "/settings", ""),
    ("GET", "/settings/security", ""),
    ("GET", "/settings/security/two-factor/change", ""),
    ("GET", "/settings/security/two-factor/change?account=acme", ""),
    ("GET", "/settings/security/two-factor/preview?account=acme", ""),
    ("GET", "/members.csv?account=acme", ""),
    ("GET", "/members/mia/exempt?account=acme", ""),
    ("POST", "/members/mia/exempt", "account=acme&until=2027-02-01&reason=R"),
    ("GET", "/members/mia/end-exemption?account=acme", ""),
    ("POST", "/members/mia/end-exemption", "account=acme"),
    ("GET", "/settings/security/two-factor/preview.csv?account=acme", ""),
    ("GET", "/settings/security/two-factor", ""),
    ("GET", "/settings/security/two-factor?account=acme", ""),
    ("POST", "/settings/security/two-factor", "account=acme&required=true&applies=now"),
    ("GET", "/members?account=acme", ""),
    ("POST", "/members", "account=acme&email=new%40acme.test&name=New&role=member"),
    ("GET", "/members/mia?account=acme", ""),
    ("POST", "/members/mia", "account=acme&name=Other"),
    ("GET", "/members/noor/reset?account=acme", ""),
    ("POST", "/members/noor/reset", "account=acme"),
    ("GET", "/members/owner/reset?account=acme", ""),
    ("GET", "/members/mia/restore-password?account=acme", ""),
    ("POST", "/members/mia/restore-password", "account=acme"),
    ("GET", "/members/mia/remove?account=acme", ""),
    ("POST", "/members/mia/remove", "account=acme"),
    ("GET", "/shown?account=acme", ""),
    ("GET", "/audit?account=acme", ""),
    ("GET", "/audit/export?account=acme", ""),
    ("GET", "/tokens?account=acme", ""),
    ("POST", "/tokens", "account=acme&name=t&days=30&users%3Aread=on"),
    ("POST", "/tokens/none/revoke", "account=acme"),
    ("GET", "/service-tokens?account=acme", ""),
    ("POST", "/service-tokens", "account=acme&name=t&paths=%2Fapi%2F*&methods=GET&days=30"),
    ("POST", "/service-tokens/none/revoke", "account=acme"),
    ("GET", "/auth/session", ""),
    ("GET", "/auth/enrol", ""),
];

#[test]
fn every_route_for_every_caller_equals_the_table() {
    let world = World::new();
    let callers = callers(&world);
    let before = world.db.dump();
    let names: Vec<String> = callers.iter().map(|(name, _)| format!("{name:>17}")).collect();
    let mut table = format!("{:<66}{}\n", "", names.concat());
    let mut row = |method: &str, path: &str, sent: &str, body: &str, page: bool| {
        let statuses = callers.iter().map(|(_, caller)| {
            let status = caller.status(method, sent, body, page);
            world.db.restore(&before);
            format!("{status:>17}")
        });
        table += &format!("{:<66}{}\n", format!("{method} {path}"), statuses.collect::<String>());
    };
    for route in ROUTES {
        let path = format!("/api/v1{}", route.path);
        let user = if path.ends_with("/exemption") { "mia" } else { "noor" };
        let sent = path.replace("{account}", "acme").replace("{user}", user).replace("{token}", "none");
        row(route.method, &path, &sent, body(route.method, route.path), false);
    }
    for (method, path, body) in PAGES_ASKED {
        row(method, path, path, body, true);
    }
    same_as(GOLDEN, &table);
}

fn same_as(golden: &str, table: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(golden).unwrap_or_default(), "\n{table}");
}

/// Which rows of `routes` these requests lead to.
fn reached<E>(routes: &[Route<E>], requests: &[(&str, &str, &str)]) -> BTreeSet<(&'static str, &'static str)> {
    let found = |(method, path, _): &(&str, &str, &str)| match fitting(routes, path.split('?').next()?, method) {
        Fit::Route(found) => Some((found.route.method, found.route.path)),
        _ => None,
    };
    requests.iter().filter_map(found).collect()
}

fn all<E>(routes: &[Route<E>]) -> BTreeSet<(&'static str, &'static str)> {
    routes.iter().map(|route| (route.method, route.path)).collect()
}

#[test]
fn every_route_of_every_table_of_routes_is_in_a_table_of_access() {
    let own = EDGE.map(|(method, path, body)| (method, path.strip_prefix("/auth").unwrap_or_default(), body));
    assert_eq!(reached(flows::ROUTES, &own), all(flows::ROUTES));
    assert_eq!(reached(flows::EDGE_ROUTES, &own), all(flows::EDGE_ROUTES));
    // What a click on "Revoke" comes back to shows nothing.
    let mut pages = all(PAGES);
    assert!(pages.remove(&("GET", "/tokens/{id}/revoke")) && pages.remove(&("GET", "/service-tokens/{id}/revoke")));
    assert_eq!(reached(PAGES, &PAGES_ASKED), pages);
}

/// Each kind of caller at the edge.
fn edge_callers(world: &World) -> Vec<(String, Caller<'_>)> {
    let add = |id: &str, seed| world.add_user("acme", id, &format!("{id}@acme.test"), Role::Member, seed);
    let (expired, verify, enrol, password, stale, fresh) =
        (world.browser(), world.browser(), world.browser(), world.browser(), world.browser(), world.browser());
    expired.login("leo@acme.test").expect(200);
    world.wait_s(1800);
    add("ben", Some(NOOR_SEED));
    verify.login("ben@acme.test").expect(200).field("next", "verify");
    add("cat", None);
    world.db.execute("UPDATE users SET must_enrol = 1 WHERE id = ?1", &["cat".into()]);
    enrol.login("cat@acme.test").expect(200).field("next", "enrol");
    password.login("mia@acme.test").expect(200).field("next", "done");
    stale.sign_in("noor@acme.test", NOOR_SEED);
    add("dan", Some(NOOR_SEED));
    fresh.sign_in("dan@acme.test", NOOR_SEED);
    world.wait_s(30);
    fresh.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let admin = owner(world);
    let made = admin.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": SCOPES })).expect(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let service = json!({ "name": "t", "paths": ["/", "/auth/*x"], "methods": ["*"] });
    admin.post("/api/v1/accounts/acme/service-tokens", service).expect(400);
    let service = json!({ "name": "t", "paths": ["/*"], "methods": ["GET"] });
    let service = admin.post("/api/v1/accounts/acme/service-tokens", service).expect(201).json();
    let service = service["token"].as_str().unwrap().to_owned();
    let basic = format!("Basic {}", Base64::encode_string(format!("mia@acme.test:{PASSWORD}").as_bytes()));
    let as_admin = world.browser();
    as_admin.cookies.borrow_mut().insert("__Host-airlock".to_owned(), admin.token());
    vec![
        cookies("none", world.browser()),
        cookies("expired", expired),
        cookies("verify", verify),
        cookies("enrol", enrol),
        cookies("password", password),
        cookies("stale", stale),
        cookies("fresh", fresh),
        cookies("admin", as_admin),
        ("bearer".to_owned(), Caller::Headed(world.browser(), "authorization", bearer)),
        ("basic".to_owned(), Caller::Headed(world.browser(), "authorization", basic)),
        ("service".to_owned(), Caller::Headed(world.browser(), "airlock-token", service)),
    ]
}

const EDGE: [(&str, &str, &str); 64] = [
    ("GET", "/", ""),
    ("POST", "/reports", "{}"),
    ("GET", "/.well-known/change-password", ""),
    ("GET", "/auth/login", ""),
    ("POST", "/auth/login", r#"{"email":"mia@acme.test","password":"wrong"}"#),
    ("GET", "/auth/verify", ""),
    ("POST", "/auth/verify", r#"{"code":"000000"}"#),
    ("GET", "/auth/recovery", ""),
    ("POST", "/auth/recovery", r#"{"code":"0000-0000-0000-0000-0000-0000"}"#),
    ("GET", "/auth/enrol", ""),
    ("POST", "/auth/enrol", r#"{"code":"000000"}"#),
    ("GET", "/auth/reauth", ""),
    ("POST", "/auth/reauth", r#"{"password":"wrong","code":"000000"}"#),
    ("GET", "/auth/session", ""),
    ("GET", "/auth/settings", ""),
    ("GET", "/auth/profile", ""),
    ("GET", "/auth/profile/edit", ""),
    ("POST", "/auth/profile/edit", r#"{"name":"N"}"#),
    ("POST", "/auth/two-factor/enable", "{}"),
    ("GET", "/auth/two-factor/disable", ""),
    ("GET", "/auth/two-factor/offer", ""),
    ("POST", "/auth/two-factor/disable", "{}"),
    ("POST", "/auth/authenticators/dan-app/remove", "{}"),
    ("POST", "/auth/recovery-codes", "{}"),
    ("GET", "/auth/recovery-codes", ""),
    ("GET", "/auth/recovery-codes/kept", ""),
    ("POST", "/auth/recovery-codes/kept", r#"{"code":"0000-0000-0000-0000-0000-0000"}"#),
    ("GET", "/auth/sessions", ""),
    ("POST", "/auth/sessions/none/end", "{}"),
    ("POST", "/auth/sessions/end-others", "{}"),
    ("GET", "/auth/password", ""),
    ("POST", "/auth/password", r#"{"current_password":"wrong","new_password":"seven grey herons wade"}"#),
    ("GET", "/auth/invite/none", ""),
    ("POST", "/auth/invite/none", r#"{"password":"seven grey herons wade"}"#),
    ("GET", "/auth/invite", ""),
    ("POST", "/auth/invite", r#"{"password":"seven grey herons wade"}"#),
    ("GET", "/auth/forgot", ""),
    ("POST", "/auth/forgot", r#"{"email":"mia@acme.test"}"#),
    ("GET", "/auth/reset-password/none", ""),
    ("POST", "/auth/reset-password/none", r#"{"new_password":"seven grey herons wade"}"#),
    ("GET", "/auth/not-me/none", ""),
    ("POST", "/auth/not-me/none", ""),
    ("GET", "/auth/reset-password", ""),
    ("POST", "/auth/reset-password", r#"{"new_password":"seven grey herons wade"}"#),
    ("GET", "/auth/start-over", ""),
    ("POST", "/auth/start-over", r#"{"password":"seven grey herons wade","start_over":true}"#),
    ("GET", "/auth/email", ""),
    ("POST", "/auth/email", r#"{"email":"new@acme.test"}"#),
    ("GET", "/auth/email/none", ""),
    ("POST", "/auth/email/none", "{}"),
    ("GET", "/auth/email-confirm", ""),
    ("POST", "/auth/email-confirm", "{}"),
    ("GET", "/auth/email-undo/none", ""),
    ("POST", "/auth/email-undo/none", "{}"),
    ("GET", "/auth/email-undo", ""),
    ("POST", "/auth/email-undo", "{}"),
    ("POST", "/auth/language", r#"{"language":"de"}"#),
    ("GET", "/auth/audit-keys", ""),
    ("GET", "/auth/health", ""),
    ("GET", "/.well-known/jwks.json", ""),
    ("GET", "/auth/jwks.json", ""),
    ("GET", "/auth/check", ""),
    ("GET", "/auth/logout", ""),
    ("POST", "/auth/logout", "{}"),
];

#[test]
fn every_edge_route_for_every_caller_equals_the_table() {
    let world = World::new();
    world.send_mails();
    let callers = edge_callers(&world);
    let before = world.db.dump();
    let names: Vec<String> = callers.iter().map(|(name, _)| format!("{name:>10}")).collect();
    let mut table = format!("{:<50}{}\n", "", names.concat());
    for (method, path, body) in EDGE {
        let statuses = callers.iter().map(|(_, caller)| {
            let status = caller.status(method, path, body, false);
            world.db.restore(&before);
            format!("{status:>10}")
        });
        table += &format!("{:<50}{}\n", format!("{method} {path}"), statuses.collect::<String>());
    }
    same_as(EDGE_GOLDEN, &table);
}
