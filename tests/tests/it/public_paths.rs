//! Paths that the operator makes public: who gets to the app by them, and by what spelling and method.

use airlock_tests::{Browser, NOOR_SEED, THE_APP, World, set_header};

#[test]
fn a_public_path_needs_no_session_and_tells_of_none() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/health /assets/*")]);
    let browser = world.browser();
    world.db.round_trips.set(0);
    for path in ["/health", "/assets/app.css"] {
        assert_eq!(browser.get(path).expect(200).0.body, THE_APP);
    }
    browser.login("mia@acme.test").expect(200);
    world.db.round_trips.set(0);
    browser.get("/health").expect(200);
    assert_eq!(world.db.round_trips.get(), 0);
    for forward in world.forwarded.borrow().iter() {
        assert_eq!((forward.header("airlock-assertion"), forward.header("cookie")), (None, None));
    }
    let odd = ["/assets/..%20/admin", "/assets/..%e0%80%afadmin", "/assets/..%ef%bc%8fadmin", "/assets/..:/admin"];
    for path in
        ["/", "/health/x", "/assets", "/assets/..%2fadmin", "/assets/%2e%2e/admin", "//health"].into_iter().chain(odd)
    {
        world.browser().get(path).expect(401);
    }
    world.db.down.set(true);
    browser.get("/health").expect(200);
    browser.get("/").expect(503);
}

/// What a program asks for as a path is listed as that path, for the methods that are.
#[test]
fn public_paths_can_be_meant_by_method_and_by_part_of_a_segment() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "OPTIONS /* /npm/@*%2f* GET,PUT /notes")]);
    let asks = |method: &str, path: &str, header: &str| {
        let mut request = world.browser().request(method, path, "");
        set_header(&mut request, header, "DELETE");
        world.browser().send(&request).0.status
    };
    for (method, path) in [
        ("OPTIONS", "/api/orders"),
        ("OPTIONS", "/"),
        ("GET", "/npm/@scope%2fname"),
        ("DELETE", "/npm/@scope%2Fname"),
        ("GET", "/notes"),
        ("HEAD", "/notes"),
        ("PUT", "/notes"),
    ] {
        assert_eq!(asks(method, path, "x-own"), 200, "{method} {path}");
    }
    for (method, path, header) in [
        ("GET", "/api/orders", "x-own"),
        ("POST", "/notes", "x-own"),
        ("GET", "/npm/@scope/name", "x-own"),
        ("GET", "/npm/@scope%2f..", "x-own"),
        // An app may take another method for the one that is meant.
        ("OPTIONS", "/api/orders", "x-http-method-override"),
        ("OPTIONS", "/api/orders", "x_http_method"),
        ("OPTIONS", "/api/orders", "x.http.method.override"),
        ("GET", "/notes", "x-method-override"),
        ("GET", "/notes?_method=DELETE", "x-own"),
        ("GET", "/notes?a=1&%5Fmethod=DELETE", "x-own"),
    ] {
        assert_eq!(asks(method, path, header), 401, "{method} {path} {header}");
    }
}

/// WebDAV copies and moves to where a header says: that is a path of the request's too.
#[test]
fn where_something_is_copied_to_counts_as_where_it_is_copied_from() {
    let world = World::new();
    world.set_gate(&[("PUBLIC_PATHS", "/drop/*"), ("STEP_UP_PATHS", "/payroll")]);
    let noor = world.browser();
    noor.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(300);
    let to = |browser: &Browser<'_>, from: &str, destinations: &[&str]| {
        let mut request = browser.request("MOVE", from, "");
        let lines = destinations.iter().map(|to| ("destination".to_owned(), (*to).to_owned()));
        request.headers.extend(lines);
        browser.send(&request).0.status
    };
    for inside in ["/drop/b", "https://app.test/drop/b", "http://app.internal/drop/b?x#y"] {
        assert_eq!(to(&world.browser(), "/drop/a", &[inside]), 200, "{inside}");
    }
    let readable = ["/private/b", "https://app.test/private/b", "/drop/../private", "/drop/%2e%2e/private", "/drop"];
    let unreadable = [
        "",
        "drop/b",
        "//drop/b",
        "https://app.test",
        "ftp://app.test/drop/b",
        "https://app.test\\private\\x?/drop/b",
        "https://app.test?/drop/b",
        "https://u@app.test/drop/b",
        "/drop/b c",
        "/drop/\u{e4}",
    ];
    for outside in readable.into_iter().chain(unreadable) {
        assert_eq!(to(&world.browser(), "/drop/a", &[outside]), 401, "{outside}");
        assert_eq!(to(&world.browser(), "/drop/a", &["/drop/b", outside]), 401, "{outside}");
    }
    for outside in readable {
        assert_eq!(to(&noor, "/notes/a", &[outside]), 200, "{outside}");
    }
    for guarded in
        ["/payroll", "https://app.test/payroll/1", "/x/../payroll", "/Payroll.json"].into_iter().chain(unreadable)
    {
        assert_eq!(to(&noor, "/notes/a", &[guarded]), 403, "{guarded}");
        assert_eq!(to(&noor, "/notes/a", &["/notes/b", guarded]), 403, "{guarded}");
    }
    world.set_gate(&[]);
    assert_eq!(to(&noor, "/notes/a", &["/notes/b c"]), 200, "what the app makes of it is the app's");
}
