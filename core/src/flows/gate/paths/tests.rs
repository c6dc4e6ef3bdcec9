//! Lists of paths: what they name, and by whose reading.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn a_path_is_public_only_as_it_is_written() {
    let paths = Paths::parse("/ /health  /assets/* /a%20b").unwrap();
    for path in ["/", "/health", "/assets/", "/assets/app.css", "/assets/a/b.js", "/assets/%C3%A9.png", "/a%20b"] {
        assert!(paths.surely_are("GET", path), "{path}");
    }
    for path in [
        "/health/",
        "/Health",
        "/healthy",
        "/health/x",
        "/assets",
        "/assetsx",
        "/Assets/app.css",
        "//",
        "//assets/x",
        "/assets//x",
        "/assets/../x",
        "/assets/./x",
        "/assets/..",
        "/assets/..%2fx",
        "/assets/%2e%2e/x",
        "/assets/%2E./x",
        "/assets/x%5c..",
        "/assets/\\x",
        "/assets/x;y",
        "/assets/..;/x",
        "/assets/%3bx",
        "/assets/%252e",
        "/assets/%c0%af",
        "/assets/%0ax",
        "/assets/%00",
        "/assets/%zz",
        "/assets/%2",
        "/assets/%61",
        "/assets/x y",
        "/assets/é",
    ] {
        assert!(!paths.surely_are("GET", path), "{path}");
    }
    assert!(!Paths::default().surely_are("GET", "/"));
}

#[test]
fn a_star_is_what_is_in_one_segment() {
    let paths = Paths::parse("/app-*.js /docs/*/index.html /u/*/pub/* /@*%2f* /x*y*z /v*").unwrap();
    for path in [
        "/app-1.js",
        "/app-a.b.js",
        "/docs/v1.2/index.html",
        "/u/noor/pub/a/b",
        "/u/noor/pub/",
        "/@scope%2fname",
        "/@scope%2Fname",
        "/x1y2z",
        "/xyyzz",
        "/v1",
    ] {
        assert!(paths.surely_are("GET", path), "{path}");
    }
    for path in [
        "/app-.js",
        "/app-1.jsx",
        "/app-a/b.js",
        "/app-a%2fb.js",
        "/docs/a/b/index.html",
        "/docs//index.html",
        "/docs/../index.html",
        "/docs/%2e%2e/index.html",
        "/docs/index.html",
        "/u/noor/pub",
        "/u//pub/x",
        "/u/../pub/x",
        "/u/noor/pub/../../x",
        "/u/noor/pub/a%2fb",
        "/u/a;b/pub/x",
        "/@scope/name",
        "/@scope%2f",
        "/@%2fname",
        "/@a%2fb%2fc",
        "/@a%252fb",
        "/@a%5cb",
        "/@a%2f..",
        "/@..%2fb",
        "/@a%2f../b",
        "/xyz",
        "/x1y2",
        "/v",
        "/v1/x",
        "/v%2fx",
    ] {
        assert!(!paths.surely_are("GET", path), "{path}");
    }
    let asks = Paths::parse("/orgs/*/billing /files/*.xhtml /@*%2Fpay").unwrap();
    for path in [
        "/orgs/1/billing",
        "/ORGS/a%20b/billing.json",
        "/orgs/x/billing/cards",
        "/orgs/a/../b/billing",
        "/files/report.xhtml",
        "/files/report",
        "/files/x.jsf",
        "/@a/pay",
        "/@a%2fpay/x",
    ] {
        assert!(asks.may_be(path), "{path}");
    }
    for path in ["/orgs/billing", "/orgs/1/bills", "/orgs/1/2/billing", "/orgs", "/@a", "/pay"] {
        assert!(!asks.may_be(path), "{path}");
    }
}

/// However many stars there are.
#[test]
fn a_list_is_looked_through_in_no_time() {
    let paths = Paths::parse(&format!("/{}b", "*a".repeat(50))).unwrap();
    assert!(!paths.surely_are("GET", &format!("/{}", "a".repeat(PATH_MAX_BYTES - 1))));
}

#[test]
fn a_path_can_be_listed_for_some_methods() {
    let paths = Paths::parse("OPTIONS /api/* GET,PUT /api/open /any OPTIONS /*").unwrap();
    for (method, path, is) in [
        ("OPTIONS", "/api/x", true),
        ("GET", "/api/x", false),
        ("GET", "/api/open", true),
        ("PUT", "/api/open", true),
        ("POST", "/api/open", false),
        ("DELETE", "/any", true),
        ("", "/any", true),
        ("", "/api/open", false),
        ("OPTIONS", "/elsewhere", true),
        ("get", "/api/open", false),
    ] {
        assert_eq!(paths.surely_are(method, path), is, "{method} {path}");
    }
}

/// Whatever a step-up is asked for as another path is no public one.
#[test]
fn no_path_is_public_that_any_server_reads_as_another() {
    let [public, admin] = ["/assets/* /_next/* /pricing /", "/admin"].map(|list| Paths::parse(list).unwrap());
    for path in [
        "/assets/..%20/admin",
        "/assets/..+/admin",
        "/assets/..%a0/admin",
        "/assets/..%e2%80%8b/admin",
        "/assets/..%e0%80%afadmin",
        "/assets/%e0%80%ae%e0%80%ae/admin",
        "/assets/..%f0%80%80%afadmin",
        "/assets/..%ef%bc%8fadmin",
        "/assets/%ef%bc%8e%ef%bc%8e/admin",
        "/assets/%e2%80%a5/admin",
        "/assets/..:/admin",
        "/assets/..!x/admin",
        "/assets/x.php/admin",
        "/_next/data/BUILD/admin.json",
        "/faces/admin.xhtml",
    ] {
        assert!(admin.may_be(path) && !public.surely_are("GET", path), "{path}");
    }
    assert!(!public.surely_are("GET", "/_next/data/BUILD/en/admin.json"));
    // Servers that run by its name what is asked for in any folder.
    for path in ["/assets/users.action", "/assets/x/users!save.action", "/assets/elmah.axd", "/assets/Pay.ASHX"] {
        assert!(!public.surely_are("GET", path), "{path}");
        assert!(Paths::parse(path).unwrap().surely_are("GET", path), "{path} is what the operator means");
    }
    let mixed = Paths::parse("/index.action /admin/css/* /shop/*").unwrap();
    assert!(!mixed.surely_are("GET", "/admin/css/index.action"), "Struts runs /admin/index.action");
    assert!(!mixed.surely_are("GET", "/shop/x.action") && mixed.surely_are("GET", "/admin/css/index.css"));
    for path in [
        "/assets/app.min.js",
        "/assets/a%20b.png",
        "/assets/fonts/x.woff2",
        "/assets/caf%C3%A9.png",
        "/assets/%E6%97%A5%E6%9C%AC.svg",
        "/assets/jquery-3.7.1/jquery.js",
        "/assets/v1.2/app.js",
        "/assets/App-BxT_9k~1.css",
        "/assets/chunk(1).js",
        "/assets/@scope/x.js",
        "/assets/a+b.js",
        "/assets/a,b.css",
        "/assets/index.html",
        "/_next/static/chunks/app/%5Bslug%5D/page-5f.js",
        "/_next/image",
        // The data of pages that are public themselves.
        "/_next/data/BUILD/pricing.json",
        "/_next/data/BUILD/index.json",
    ] {
        assert!(public.surely_are("GET", path), "{path}");
    }
    // What the operator writes is what the operator means.
    for listed in ["/v1:batch", "/a!b", "/index.php/feed", "/page-data/app-data.json", "/x(S(1))"] {
        assert!(Paths::parse(listed).unwrap().surely_are("GET", listed), "{listed}");
    }
    assert!(!Paths::parse("/index.php/*").unwrap().surely_are("GET", "/index.php/admin"));
}

#[test]
fn a_path_needs_a_step_up_however_it_is_written() {
    let paths = Paths::parse("/Pay /billing/*").unwrap();
    for path in [
        "/pay",
        "/PAY",
        "/pay/",
        "/billing",
        "/billing/",
        "/Billing/cards",
        "/billing/cards/",
        "/%70ay",
        // A page's data, as frameworks have it; a session in the path, a method, scripts in front.
        "/_next/data/x7-Q/billing/cards.json",
        "/_next/data/x7-Q/pay.json",
        "/billing/__data.json",
        "/pay/__data.json",
        "/pay/_payload.json",
        "/page-data/pay/page-data.json",
        "/(S(x))/pay",
        "/p(A(1)F(2))ay",
        "/pay!input.action",
        "/index.php5/pay",
        "/app.wsgi/billing/cards",
        "//pay",
        "/x/../pay",
        "/x/%2e%2e/pay",
        "/billing%2fcards",
        "/billing;x/cards",
        // Spaces, dots and streams that Windows drops; bytes that frameworks trim.
        "/pay.",
        "/pay..%20.",
        "/pay%20",
        "/pay/%20",
        "/%20pay",
        "/pay%2e",
        "/pay/%2e",
        "/pay::$DATA",
        "/billing:$i30:$INDEX_ALLOCATION/cards",
        "/pay%09",
        "/p%0aay",
        "/pay%a0",
        "/pay%85",
        "/pay+",
        "/pay%e2%80%8b",
        "/x/..%20/pay",
        // Where others stop.
        "/pay%00",
        "/pay%00.css",
        "/pay%3fx",
        "/pay%23x",
        "/pay;x=1",
        "/x;y/../pay",
        "/x/..;/pay",
        "/pay%3bx",
        // Separators and what becomes one.
        "/%5cpay",
        "/x%5c..%5cpay",
        "\\pay",
        "/x//../../pay",
        "/x//../pay",
        "/billing//",
        "/%2fpay",
        "/x%2f..%2fpay",
        "/x%252f..%252fpay",
        "/x/..%c0%afpay",
        "/x/..%e0%80%afpay",
        "/x/..%ef%bc%8fpay",
        "/x/..%u2215pay",
        "/x/%e2%80%a5/pay",
        // Letters that become ASCII.
        "/%2570ay",
        "/%25252570ay",
        "/%u0070ay",
        "/%c1%b0ay",
        "/%ef%bd%90ay",
        "/%ef%bc%b0ay",
        "/ｐａｙ",
        "/ⓟay",
        "/\u{1d429}ay",
        // Other names of the same page.
        "/pay.json",
        "/pay.html/",
        "/billing.json",
        "/pay/index.html",
        "/pay/Index",
        "/index.php/pay",
        "/public/index.php/billing/cards",
    ] {
        assert!(paths.may_be(path), "{path}");
    }
    for path in ["/", "/payment", "/billings", "/x/pay", "/x%20y", "/pay-me", "/prepay"] {
        assert!(!paths.may_be(path), "{path}");
    }
    // Whatever of this a listed path has itself.
    let odd = Paths::parse("/v1:batch /pay!delete.action /x:y/*").unwrap();
    for path in ["/v1:batch;x=1", "/v1:batch%3Bx", "/pay!delete.action;j=1", "/x:y;a/b", "/x:y/z;a", "/v1:batch/1"] {
        assert!(odd.may_be(path), "{path}");
    }
    let paths = Paths::parse("/Se%C3%9F%20ion/* /report.html /tool.php").unwrap();
    for path in ["/se%c3%9f+ion/x", "/report", "/report/", "/report.html;x", "/tool.php/x", "/TOOL.PHP"] {
        assert!(paths.may_be(path), "{path}");
    }
    assert!(paths.may_be("/tool/x"), "Apache finds the script");
    for path in ["/report.css", "/report/x", "/tools.php", "/tools/x"] {
        assert!(!paths.may_be(path), "{path}");
    }
    assert!(!Paths::default().may_be("//"), "nothing needs one");
    assert!(Paths::parse("/*").unwrap().may_be("/any/thing"));
    assert!(Paths::parse("/*").unwrap().may_be("/"));
}

/// Whatever follows the name of its script, its endings, and what frameworks have below it.
#[test]
fn a_page_needs_a_step_up_by_every_name_that_servers_give_it() {
    let paths = Paths::parse("/ /settings /billing/* /shop/pay /docs/index.html /report.html").unwrap();
    for path in [
        "/settings.php/x",
        "/settings.php/x/y.css",
        "/settings.PHP7/x",
        "/settings.asp/x",
        "/settings.jsp;j=1/x",
        "/settings/index.php/x",
        "/settings/index",
        "/settings/index/1",
        "/settings/Index/1/2",
        "/settings/default.aspx",
        "/settings.json",
        "/settings.x.json",
        "/settings.en.html",
        "/settings.html__data.json",
        "/settings.segments/_tree.segment.rsc",
        "/settings/__data.json",
        "/settings/q-data.json",
        "/settings/index.pageContext.json",
        "/settings/_.data",
        "/settings.data",
        "/page-data/settings/page-data.json",
        "/_next/data/B/settings.json",
        "/billing.x/cards",
        "/billing/cards.en.json/x",
        // The first page itself.
        "/_root.data",
        "/__data.json",
        "/index.html",
        "/_next/data/B/index.json",
        "/page-data/index/page-data.json",
        // In a folder of its own.
        "/shop/index.php/pay",
        "/shop/_next/data/B/pay.json",
        "/shop/page-data/pay/page-data.json",
        // Where an ending is listed.
        "/docs",
        "/docs/",
        "/docs/index.htm",
        "/report",
        "/report.html.gz",
        "/report.en.html",
        "/report.html/x",
    ] {
        assert!(paths.may_be(path), "{path}");
    }
    for script in
        ["php3", "php8", "phtml", "phar", "asp", "aspx", "ashx", "jsp", "jspx", "do", "action", "cgi", "pl", "py", "rb"]
    {
        for path in [format!("/app.{script}/settings"), format!("/shop/X.{}/pay", script.to_uppercase())] {
            assert!(paths.may_be(&path), "{path}");
        }
    }
    for path in [
        "/settings-index",
        "/settingsx.php/x",
        "/x/settings.php",
        "/report.css",
        "/report.css/x",
        "/reports",
        "/docs/x",
        "/shop",
        "/pay",
        "/.settings",
        "/v1.2/settings",
    ] {
        assert!(!paths.may_be(path), "{path}");
    }
}

/// What frameworks make of one address, or of several in one.
#[test]
fn a_page_needs_a_step_up_wherever_frameworks_have_it() {
    let paths = Paths::parse(
        "/api/trpc/billing.pay /settings /billing/* /report.xhtml /list.jsf /pay.action /elmah.axd /shop/pay.action /shop/report.xhtml",
    );
    let paths = paths.unwrap();
    for path in [
        "/api/trpc/hello,billing.pay",
        "/api/trpc/billing.pay,hello",
        "/api/trpc/a,b,billing.pay,c",
        "/api/trpc/hello%2Cbilling.pay",
        "/_next/data/B/en/settings.json",
        "/_next/data/B/default/billing/cards.json",
        "/_next/data/B/de-CH/settings/index.json",
        "/report.jsf",
        "/report.faces",
        "/faces/report.xhtml",
        "/list.xhtml",
        "/list.faces;jsessionid=1",
        "/faces/list.xhtml",
        "/x/pay.action",
        "/x/y/pay!input.action",
        "/x/Elmah.AXD",
        "/shop/x/pay.action",
        "/shop/x/y/pay!input.action",
        "/shop/faces/report.xhtml",
        "/faces/shop/report.jsf",
        "/settings/1",
        "/settings/x/y",
        "/settings/1.json",
        "//x/settings",
        "///x/settings",
        "/%2fx/settings",
        "//x:443/billing/cards",
        "/index.phpsettings",
        "/app.php5/settings",
        "/index.phpbilling/cards",
        "/shop/index.phpreport.xhtml",
    ] {
        assert!(paths.may_be(path), "{path}");
    }
    assert!(Paths::parse("/").unwrap().may_be("/_next/data/B/en.json"));
    for path in [
        "/api/trpc/hello,world",
        "/api/trpc/billing.payments,hello",
        "/_next/data/B/en/x.json",
        "/_next/data/B/x.json",
        "/reports.jsf",
        "/faces/x.xhtml",
        "/faces/report.png",
        "/x/pay.html",
        "/x/report.xhtml",
    ] {
        assert!(!paths.may_be(path), "{path}");
    }
}

#[test]
fn what_nobody_reads_as_a_listed_path_needs_none_however_odd_it_is() {
    let paths = Paths::parse("/billing/* /settings /a%20b").unwrap();
    for path in [
        "/files/a%2Fb",
        "/x//y",
        "/@scope%2fname",
        "/a;b/c",
        "/~user",
        "/%7Euser",
        "/x\\y",
        "/a%20b%20c",
        "/caf%C3%A9/%E6%97%A5%E6%9C%AC",
        "/100%25",
        "/c%2B%2B",
        "/v1:batch",
        "/x/../y/./z",
        "/notes;v=1/settings-old//x%3Fy%23z",
        "/%zz%",
        "/%c3%28",
        "/.well-known/x",
        "/settingsx/%2e%2e/x",
        "/%F0%9F%92%B3/%2f%2f;%5c",
        "/files/2026.11.29/%5Bdraft%5D%20offer%20(2).pdf",
    ] {
        assert!(!paths.may_be(path), "{path}");
    }
    let route = format!("/match/v1/driving/{}", ["13.388860,52.517037"; 90].join(";"));
    assert!(!paths.may_be(&route) && Paths::parse("/match/*").unwrap().may_be(&route));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for list in [
        "health",
        "*",
        "/a**",
        "/a,/b",
        "GET",
        "GET, /a",
        ", /a",
        "get /a",
        "GET PUT /a",
        "/a GET",
        "/a/%2e%2e%2Fb",
        "/a?b",
        "/a#b",
        "//a",
        "/a//*",
        "/a/../b",
        "/%61",
        "https://x.test/a",
        "a/*",
    ] {
        assert!(Paths::parse(list).is_err(), "{list}");
    }
    assert!(Paths::parse("/*").unwrap().everything());
    for list in ["/*/*", "GET /*", "OPTIONS,PUT /*/*"] {
        assert!(Paths::parse(list).unwrap().everything(), "{list}");
    }
    for list in ["/ /a/*", "OPTIONS /*", "/a*/*", "/*x/*"] {
        assert!(!Paths::parse(list).unwrap().everything(), "{list}");
    }
    assert!(Paths::parse_without_methods("/a GET /b").is_err() && Paths::parse_without_methods("/a /b").is_ok());
    let prefix = Prefix::default();
    for list in ["/a /auth/*/x", "/auth/*", "/auth", "/auth/login"] {
        assert!(Paths::parse(list).unwrap().within(&prefix).is_some(), "{list}");
    }
    assert_eq!(Paths::parse("/author /a/auth/*").unwrap().within(&prefix), None);
    assert!(Paths::parse("/a/").unwrap().surely_are("GET", "/a/"));
    assert!(!Paths::parse("/a/").unwrap().surely_are("GET", "/a"));
}
