//! `GATE_TRUST_S`: a session that was just found whole reads on for so many seconds, and nothing else does.

use airlock::{
    flows::gate::{Changes, Forward},
    people::Role,
};
use airlock_tests::{Browser, NOOR_SEED, World, gate, set_header};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

const PASS: &str = "__Host-airlock-pass";

fn signed_in(trust_s: &str) -> World {
    let world = World::new();
    world.set_gate(&[
        ("GATE_TRUST_S", trust_s),
        ("STEP_UP_PATHS", "/billing"),
        ("IDENTITY_HEADERS", "Remote-User=email"),
    ]);
    world
}

fn claims(world: &World) -> Value {
    let forwarded = world.forwarded.borrow();
    let assertion = forwarded.last().unwrap().header("airlock-assertion").unwrap().to_owned();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(assertion.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Whether a request got to the app, and how often the database was asked about it.
fn asks(browser: &Browser<'_>, method: &str, path: &str, headers: &[(&str, &str)]) -> (bool, usize) {
    let world = browser.world;
    let mut request = browser.request(method, path, "");
    headers.iter().for_each(|(name, value)| set_header(&mut request, name, value));
    world.db.round_trips.set(0);
    world.forwarded.take();
    browser.send(&request);
    let passed = !world.forwarded.borrow().is_empty();
    (passed, world.db.round_trips.get())
}

#[test]
fn a_session_that_was_found_whole_reads_on_without_a_question_and_no_longer() {
    let world = signed_in("30");
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    assert_eq!(asks(&noor, "POST", "/reports", &[]), (true, 1));
    assert!(!noor.cookies.borrow().contains_key(PASS), "what changes something needs none");
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (true, 1));
    let first = claims(&world);
    assert_eq!(first["exp"].as_i64().unwrap() - first["iat"].as_i64().unwrap(), 30, "it ends with the pass");
    let line = noor.send(&noor.request("GET", "/billing", "")).expect(200);
    assert_eq!(line.header("set-cookie"), None, "a step-up path gives none");
    for at in 0..30 {
        assert_eq!(asks(&noor, if at % 2 == 0 { "GET" } else { "HEAD" }, "/style.css?x=1", &[]), (true, 0), "{at}");
        assert_eq!(claims(&world), first);
        let forwarded = world.forwarded.borrow();
        assert_eq!(forwarded[0].header("remote-user"), Some("noor@acme.test"));
        assert_eq!(forwarded[0].header("cookie"), None, "the app never sees it");
        drop(forwarded);
        world.wait_s(1);
    }
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (true, 1));
    assert_ne!(claims(&world), first);
    world.db.down.set(true);
    assert!(asks(&noor, "GET", "/reports", &[]).0);
    world.wait_s(30);
    assert!(!asks(&noor, "GET", "/reports", &[]).0);
}

#[test]
fn whatever_is_no_short_read_asks_as_before() {
    let world = signed_in("60");
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.get("/reports").expect(200);
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (true, 0));
    for (method, path, header, value) in [
        ("POST", "/reports", "x-own", ""),
        ("DELETE", "/reports", "x-own", ""),
        ("OPTIONS", "/reports", "x-own", ""),
        ("PROPFIND", "/reports", "x-own", ""),
        ("GET", "/reports?_method=DELETE", "x-own", ""),
        ("GET", "/reports", "x-http-method-override", "DELETE"),
        ("GET", "/socket", "upgrade", "websocket"),
        ("GET", "/events", "accept", "Text/Event-Stream"),
        ("GET", "/billing", "x-own", ""),
        ("GET", "/Billing.json", "x-own", ""),
    ] {
        assert_eq!(asks(&noor, method, path, &[(header, value)]), (true, 1), "{method} {path} {header}");
    }
    for (path, key) in [("/auth/session", ""), ("/auth/check", airlock_tests::PROXY_KEYS)] {
        let mut request = noor.request("GET", path, "");
        set_header(&mut request, "x-forwarded-uri", "/reports");
        if !key.is_empty() {
            set_header(&mut request, "airlock-proxy-key", key);
        }
        world.db.round_trips.set(0);
        noor.send(&request).expect(200);
        assert_eq!(world.db.round_trips.get(), 1, "{path}");
    }
    world.wait_s(300);
    noor.get("/reports").expect(200);
    assert_eq!(asks(&noor, "GET", "/billing", &[]), (false, 1), "a step-up is asked for all the same");
}

#[test]
fn a_pass_is_worth_nothing_to_another_session_at_another_time_or_changed() {
    let world = signed_in("30");
    let (noor, mia) = (world.browser(), world.browser());
    noor.sign_in("noor@acme.test", NOOR_SEED);
    mia.login("mia@acme.test").expect(200);
    noor.get("/reports").expect(200);
    let pass = noor.cookies.borrow()[PASS].clone();
    let with = |browser: &Browser<'_>, pass: &str| {
        browser.cookies.borrow_mut().insert(PASS.to_owned(), pass.to_owned());
        let was = asks(browser, "GET", "/reports", &[]);
        let sub = was.0.then(|| claims(&world)["sub"].as_str().unwrap().to_owned());
        (was.1, sub)
    };
    let by_asking = |user: &str| (1, Some(user.to_owned()));
    assert_eq!(with(&noor, &pass), (0, Some("noor".to_owned())));
    assert_eq!(with(&mia, &pass), by_asking("mia"));
    assert_eq!(with(&world.browser(), &pass), (0, None), "nor without a session");
    let [ends, tag, told] = pass.splitn(3, '.').collect::<Vec<_>>().try_into().unwrap();
    let later = (ends.parse::<i64>().unwrap() + 1).to_string();
    for wrong in [
        String::new(),
        "..".to_owned(),
        ends.to_owned(),
        format!("{later}.{tag}.{told}"),
        format!("+{ends}.{tag}.{told}"),
        format!("{ends}.{}.{told}", "0".repeat(64)),
        format!("{ends}.{tag}.{told}A"),
        format!("{ends}.{tag}."),
        format!("{pass}; {PASS}={pass}"),
    ] {
        assert_eq!(with(&noor, &wrong), by_asking("noor"), "{wrong}");
    }
    // From a clock that was ahead.
    world.wait_s(-2);
    assert_eq!(with(&noor, &pass), by_asking("noor"));
    world.wait_s(2);
    // For another app, or told in another way.
    for other in [("ASSERTION_AUDIENCE", "https://other.test"), ("IDENTITY_HEADERS", "Remote-User=name")] {
        world.set_gate(&[("GATE_TRUST_S", "30"), other]);
        assert_eq!(with(&noor, &pass), by_asking("noor"), "{other:?}");
    }
    world.set_gate(&[("GATE_TRUST_S", "30"), ("IDENTITY_HEADERS", "Remote-User=email")]);
    assert_eq!(with(&noor, &pass), (0, Some("noor".to_owned())));
    // Another token of the same session, and none at all. What the one before reads, it is given no pass for.
    let before = noor.twin();
    noor.reauth(Some(&world.code(NOOR_SEED, 1))).expect(200);
    assert_eq!(with(&noor, &pass), by_asking("noor"));
    before.cookies.borrow_mut().remove(PASS);
    before.get("/reports").expect(200);
    assert!(!before.cookies.borrow().contains_key(PASS));
    noor.get("/reports").expect(200);
    noor.post("/auth/logout", serde_json::json!({})).expect(204);
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (false, 0));
    // A shorter trust ends the longer passes of before.
    let leo = world.browser();
    leo.login("mia@acme.test").expect(200);
    leo.get("/reports").expect(200);
    world.set_gate(&[("GATE_TRUST_S", "10")]);
    assert_eq!(asks(&leo, "GET", "/reports", &[]), (true, 1));
    world.set_gate(&[]);
    assert_eq!(asks(&leo, "GET", "/reports", &[]), (true, 1));
}

#[test]
fn what_ends_a_session_ends_its_reading_within_the_time_that_is_trusted() {
    let world = signed_in("30");
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    noor.get("/reports").expect(200);
    world.db.execute("DELETE FROM sessions", &[]);
    world.wait_s(29);
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (true, 0));
    assert_eq!(asks(&noor, "POST", "/reports", &[]), (false, 1), "and its writing at once");
    world.wait_s(1);
    assert_eq!(asks(&noor, "GET", "/reports", &[]), (false, 2), "whose token it was until just now is asked as well");
    // No pass lasts longer than its session.
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    world.db.execute("UPDATE sessions SET expires_at = ?1 + 5000", &[world.now.get().0.into()]);
    mia.get("/reports").expect(200);
    world.wait_s(4);
    assert_eq!(asks(&mia, "GET", "/reports", &[]), (true, 0));
    world.wait_s(1);
    assert_eq!(asks(&mia, "GET", "/reports", &[]), (false, 2));
}

#[test]
fn a_pass_that_would_be_too_large_is_none() {
    let world = signed_in("30");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let mut given = 0;
    for i in 0..60 {
        let id = format!("account-{i}-{}", "x".repeat(40));
        world.add_account(&id);
        world.join(&id, "mia", "mia@acme.test", Role::Member);
        let answer = mia.get("/reports").expect(200);
        mia.cookies.borrow_mut().remove(PASS);
        if let Some(line) = answer.header("set-cookie") {
            assert!(line.split(';').next().unwrap().len() <= 3 * 1024 + PASS.len() + 1);
            given += 1;
        }
    }
    assert!((3..60).contains(&given), "{given}");
    assert_eq!(asks(&mia, "GET", "/reports", &[]), (true, 1), "it goes on without one");
}

#[test]
fn a_pass_is_one_more_cookie_beside_the_apps_own() {
    let gate = gate(&[("APP_URL", "http://10.0.0.7"), ("APP_SEES", "own")]).unwrap_or_else(|fault| panic!("{fault}"));
    let with = |sent: &[&str], pass: Option<&str>| {
        let sent: Vec<_> = sent.iter().map(|line| ("set-cookie".to_owned(), (*line).to_owned())).collect();
        let pass = pass.map(str::to_owned);
        let forward = Forward { changes: Changes::default(), pass, patience_ms: None, leads_pages_back: true };
        let lines = gate.answered(&forward, &sent, false).0.applied(&sent).into_iter().map(|(_, line)| line);
        lines.collect::<Vec<_>>()
    };
    assert_eq!(with(&["a=b", "c=d"], Some("pass")), ["a=b", "c=d", "pass"]);
    assert_eq!(with(&["a=b; Domain=10.0.0.7", "__Host-airlock=x"], Some("pass")), ["a=b", "pass"]);
    assert_eq!(with(&["a=b"], None), ["a=b"]);
}

#[test]
fn only_a_minute_can_be_trusted() {
    for right in ["", "0", "1", "60"] {
        gate(&[("GATE_TRUST_S", right)]).unwrap_or_else(|fault| panic!("{fault}"));
    }
    for wrong in ["61", "-1", "1.5", "yes"] {
        assert!(gate(&[("GATE_TRUST_S", wrong)]).err().unwrap().to_string().starts_with("GATE_TRUST_S"), "{wrong}");
    }
}
