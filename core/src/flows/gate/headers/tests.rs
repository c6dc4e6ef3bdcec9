//! What passes the gate, and what does not.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::web::Client;

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sent(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let headers = pairs(headers);
    let client = Client { ip: "203.0.113.7".to_owned(), country: "NO".to_owned() };
    let request = Request { headers, client, ..Request::default() };
    let signed = pairs(&[("airlock-assertion", "signed")]);
    outgoing(&request, "https://app.test:8443", &Prefix::default(), None, &IdentityHeaders::default(), signed)
        .applied(&request.headers)
}

#[test]
fn the_app_gets_everything_but_what_is_not_for_it() {
    let kept = [
        ("accept", "*/*"),
        ("accept-encoding", "br"),
        ("authorization", "Bearer x"),
        ("host", "app.test"),
        ("x-own", "1"),
    ];
    let dropped = [
        ("airlock-assertion", "forged"),
        ("airlock-anything", "x"),
        ("airlock_assertion", "forged"),
        ("airlock.assertion", "forged"),
        ("connection", "keep-alive, X-Hop"),
        ("x-hop", "x"),
        ("keep-alive", "x"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("proxy-authorization", "x"),
        ("upgrade", "h2c"),
        ("cf-connecting-ip", "198.51.100.1"),
        ("cf-ipcountry", "XX"),
    ];
    let got = sent(&[&kept[..], &dropped[..]].concat());
    let said = [
        ("x-forwarded-host", "app.test:8443"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-real-ip", "203.0.113.7"),
        ("cf-connecting-ip", "203.0.113.7"),
        ("cf-ipcountry", "NO"),
        ("airlock-assertion", "signed"),
    ];
    assert_eq!(got, pairs(&[&kept[..], &said].concat()));
}

/// What documentation of proxies, sign-in servers, clouds and apps names, as it writes it.
const DOCUMENTED: &str = "
    Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Proto X-Forwarded-Server
    X-Forwarded-Ssl X-Forwarded-Uri X-Forwarded-Method X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups
    X-Forwarded-Preferred-Username X-Forwarded-Access-Token X-Forwarded-Client-Cert X-Forwarded-Login
    X-Forwarded-Remote-User X-Real-IP X-Client-IP True-Client-IP Client-IP X-Cluster-Client-IP X-Originating-IP
    X-Remote-IP X-Remote-Addr Remote-Addr X-Original-Forwarded-For X-Original-URL X-Original-URI X-Original-Host
    X-Original-Proto X-Original-Method X-Rewrite-URL X-Script-Name SCRIPT_NAME PATH_INFO X-Scheme X-Url-Scheme X-Host
    Front-End-Https X-HTTP-Host-Override WL-Proxy-SSL WL-Proxy-Client-IP Proxy-Client-IP X-ProxyUser-Ip
    REMOTE_USER Remote-User Remote-Name Remote-Email Remote-Groups REMOTE_USER_GROUP X-Remote-User X-Remote-Group
    X-Remote-Extra-Scopes X_REMOTE_USER
    X-WEBAUTH-USER X-WEBAUTH-EMAIL X-WEBAUTH-FULLNAME X-WEBAUTH-ROLE X-Auth-Request-User X-Auth-Request-Email
    X-Auth-Request-Groups X-Auth-Request-Preferred-Username X-Auth-Request-Access-Token X-Auth-Username X-Auth-User
    X-Auth-Userid X-Auth-Email X-Auth-Groups X-Auth-Roles X-Auth-Subject X-Auth-Audience X-authentik-username
    X-authentik-email X-authentik-groups X-authentik-jwt X-authentik-meta-app X-Pomerium-Jwt-Assertion
    X-Pomerium-Claim-Email x-pomerium-authenticated-user-id X-Vouch-User X-Vouch-IdP-Claims-Groups X-Token-Subject
    X-Userinfo X-Consumer-Username X-Consumer-Custom-ID X-Credential-Identifier X-Authenticated-User
    X-Authenticated-Userid X-Authenticated-Groups X-Authenticated-Name OIDC_CLAIM_sub OIDC-Claim-Email
    OIDC_access_token MELLON_NAME_ID Shib-Session-ID Shib-Identity-Provider eppn SM_USER SM_UNIVERSALID iv-user
    iv-groups iv-creds OAM_REMOTE_USER Osso-User-Dn CAS-User Auth-User Auth-Mail X-SSO-User X-Proxy-User X-Proxy-Roles
    X-User X-Role X-First-name X-Last-name X-User-Email X-User-Name X-Username X-Email X-Groups X-RStudio-Username
    X-RSC-Request x-webobjects-remote-user kubeflow-userid X-Spinnaker-User X-Scope-OrgID THANOS-TENANT
    X-Replit-User-Id X-Replit-User-Name X-JWT-Assertion
    Tailscale-User-Login Tailscale-User-Name Tailscale-User-Profile-Pic Cf-Access-Jwt-Assertion
    Cf-Access-Authenticated-User-Email CF-IPCity CF-IPLatitude CF-Region Cf-Client-Cert-Der-Base64 CF-Connecting-IPv6
    CF-Pseudo-IPv4 X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-ID X-Goog-IAP-JWT-Assertion
    X-Appengine-User-Ip X-Appengine-Country X-Appengine-Cron X-Appengine-Inbound-Appid X-CloudTasks-QueueName
    X-CloudScheduler X-Apigateway-Api-Userinfo X-Endpoint-API-UserInfo x-amzn-oidc-identity x-amzn-oidc-data
    x-amzn-oidc-accesstoken X-Amzn-Mtls-Clientcert-Subject CloudFront-Viewer-Address CloudFront-Viewer-Country
    CloudFront-Forwarded-Proto X-MS-CLIENT-PRINCIPAL X-MS-CLIENT-PRINCIPAL-NAME X-MS-CLIENT-PRINCIPAL-ID
    X-MS-TOKEN-AAD-ID-TOKEN X-MS-Forwarded-Client-IP X-MS-Proxy MS-ASPNETCORE-WINAUTHTOKEN MS-ASPNETCORE-CLIENTCERT
    X-ARR-ClientCert X-ARR-SSL X-Azure-ClientIP X-Azure-SocketIP X-Envoy-External-Address X-Envoy-Original-Path
    X-NF-Client-Connection-IP X-Vercel-Forwarded-For X-Vercel-IP-Country Fastly-Client-IP Fastly-SSL Fly-Client-IP
    DO-Connecting-IP Incap-Client-IP X-Sucuri-ClientIP X-Country-Code X-Geo-Country GEOIP_COUNTRY_CODE
    Client-Cert Client-Cert-Chain SSL_CLIENT_CERT SSL-Client-Verify Ssl-Client-Subject-Dn X-SSL-Client-Cert
    X-SSL-Client-S-DN X-SSL-Client-Verify X-Client-Cert X-Client-Verify X-Client-DN X-Client-SSL-Cert
    X-Token-User-Email X-Token-User-Roles X-Alfresco-Remote-User X-Auth-CouchDB-UserName X-Auth-CouchDB-Roles $WSRU
    X-Userid X-User-Login X-RH-Identity X-Id-Token X-Amzn-Request-Context X-Apigateway-Event X-Forwarded Forwarded-For
    X-Forward-For HTTP_X_FORWARDED_FOR HTTP_CLIENT_IP HTTP-Remote-User X-IP EO-Connecting-IP Ali-Cdn-Real-Ip
    Cdn-Src-Ip X-Tls-Client-Cert X-Middleware-Subrequest X-Middleware-Rewrite X-Invoke-Path X-Matched-Path
    X-Sendfile-Type X-Accel-Mapping Proxy x-astro-path x-astro-locals X-MS-Original-URL X-FH-Requested-Host
    X-Akamai-Edgescape Ngrok-Auth-User-Email X-Sandstorm-User-Id Ynh-User Shiny-Server-Credentials
    RStudio-Connect-Credentials Posit-Connect-User-Session-Token X-Streamlit-User X-SP-UserId X-SP-UserGroups
    Plotly-User-Data Sf-Context-Current-User X-ProxiedEntitiesChain X-Proxied-Https sec-username sec-roles
    l5d-dst-override Teleport-Jwt-Assertion X-Ingress-Path";

#[test]
fn nobody_but_airlock_tells_the_app_who_or_where_someone_is() {
    for name in DOCUMENTED.split_whitespace() {
        let lower = name.to_ascii_lowercase();
        for spelled in [lower.clone(), lower.replace('-', "_"), lower.replace(['-', '_'], ".")] {
            let got = sent(&[(&spelled, "forged")]);
            assert!(!got.iter().any(|(_, value)| value == "forged"), "{spelled}");
        }
    }
}

/// Cloudflare writes over the names as it spells them, and over no other that apps read in the same way.
#[test]
fn no_other_spelling_of_what_cloudflare_says_gets_through() {
    for name in ["cf_ray", "cf_visitor", "cf.visitor", "cf-visitor_", "cf_access_client_id", "cf-access-client-ip"] {
        assert!(!sent(&[(name, "forged")]).iter().any(|(_, value)| value == "forged"), "{name}");
    }
    let got = sent(&[("cf-visitor", "cloudflare's"), ("cf_visitor", "forged")]);
    assert_eq!(got.iter().filter(|(name, _)| name.replace('_', "-") == "cf-visitor").count(), 1);
}

#[test]
fn what_a_client_may_say_of_itself_gets_through() {
    for name in [
        "authorization",
        "x-auth-token",
        "x-user-id",
        "x-user-agent",
        "x-api-key",
        "x-access-token",
        "x-csrf-token",
        "x-requested-with",
        "x-http-method-override",
        "x-request-id",
        "x-amzn-trace-id",
        "x-amz-date",
        "x-ms-version",
        "x-goog-api-key",
        "x-client-data",
        "x-client-version",
        "cf-access-client-id",
        "cf-ray",
        "cf-visitor",
        "from",
        "via",
        "range",
        "if-none-match",
        "sec-websocket-key",
    ] {
        assert!(sent(&[(name, "own")]).contains(&(name.to_owned(), "own".to_owned())), "{name}");
    }
}

#[test]
fn a_client_that_reads_nothing_packed_is_sent_nothing_packed() {
    assert!(sent(&[]).contains(&("accept-encoding".to_owned(), "identity".to_owned())));
}

#[test]
fn an_app_that_sees_its_own_address_is_told_no_other() {
    let addresses = Addresses::new("https://app.test:8443", "http://10.0.0.7:9213");
    let of = |addresses: Option<&Addresses>| {
        let came = [("origin", "https://app.test:8443"), ("referer", "https://app.test:8443/auth/invite/secret")];
        let request = Request { headers: pairs(&came), ..Request::default() };
        let none = IdentityHeaders::default();
        let told = outgoing(&request, "https://app.test:8443", &Prefix::default(), addresses, &none, vec![])
            .applied(&request.headers);
        let value = |name: &str| told.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        ["origin", "referer", "x-forwarded-host", "x-forwarded-proto"].map(|name| value(name).unwrap_or_default())
    };
    assert_eq!(of(Some(&addresses)), ["http://10.0.0.7:9213", "http://10.0.0.7:9213/", "", ""]);
    assert_eq!(of(None), ["https://app.test:8443", "https://app.test:8443/", "app.test:8443", "https"]);
}

#[test]
fn a_web_socket_is_asked_for() {
    let got = sent(&[("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-key", "x")]);
    let names: Vec<&str> = got.iter().map(|(name, _)| name.as_str()).take(2).collect();
    assert_eq!(names, ["upgrade", "sec-websocket-key"]);
}

#[test]
fn cookies_are_parted() {
    let cookies = |header| sent(&[("cookie", header)]).into_iter().find(|(name, _)| name == "cookie").map(|(_, v)| v);
    assert_eq!(
        cookies("a=1; __Host-airlock=t; b=2;__HOST-airlock-device=d; c=__Host-airlock=x").as_deref(),
        Some("a=1; b=2; c=__Host-airlock=x")
    );
    assert_eq!(cookies("__Host-airlock=t; __Host-airlock-language=de"), None);
}

#[test]
fn no_window_on_airlocks_pages_stays_open_to_the_app() {
    for (coop, coep, becomes) in [
        ("same-origin", "", Some("same-origin-allow-popups")),
        (" same-origin ", "unsafe-none", Some("same-origin-allow-popups")),
        ("same-origin; report-to=\"x\"", "", Some("same-origin-allow-popups")),
        ("same-origin", "require-corp", None),
        ("same-origin", "credentialless", Some("same-origin-allow-popups")),
        ("same-origin", "require-corp; report-to=\"x\"", None),
        ("same-origin-allow-popups", "", None),
        ("same-origin-allow-popups; report-to=\"x\"", "", Some("same-origin-allow-popups")),
        ("same-origin; report-to=\"x\"", "require-corp", Some("same-origin")),
        ("unsafe-none;report-to=\"x\"", "", Some("unsafe-none")),
        ("unsafe-none", "", None),
        ("noopener-allow-popups", "", None),
        ("same-origin, same-origin", "", Some("same-origin-allow-popups")),
        ("", "", None),
    ] {
        assert_eq!(opener_policy(coop, coep).as_deref(), becomes, "{coop} {coep}");
    }
}

/// Of a structured field that is malformed browsers take nothing: it isolates no page.
#[test]
fn no_page_counts_as_isolated_that_some_browser_does_not_isolate() {
    for coep in [
        "require-corp;",
        "require-corp ;",
        "require-corp; ",
        "require-corp;=x",
        "require-corp;Report-To=\"x\"",
        "require-corp;report-to=\"x",
        "require-corp;report-to=\"x\\\"",
        "require-corp;report-to=\"x\";",
        "require-corp;report-to=\"x\" y",
        "require-corp;report-to=\"x\", require-corp",
        "require-corp,",
        "require-corp, require-corp",
        "require-corp,require-corp",
        "require-corp x",
        "require-corp\u{a0}",
        "\trequire-corp",
        "Require-Corp",
        "\"require-corp\"",
        "unsafe-none, require-corp",
        "credentialless",
        "credentialless; report-to=\"x\"",
    ] {
        assert_eq!(opener_policy("same-origin", coep).as_deref(), Some("same-origin-allow-popups"), "{coep:?}");
    }
    for coep in [" require-corp ", "require-corp;report-to=\"coep-1\"", "require-corp;  report-to=\"a.b_c\" "] {
        assert_eq!(opener_policy("same-origin", coep), None, "{coep:?}");
    }
    // However it is said, and how often.
    for coop in
        ["SAME-ORIGIN", "same-origin,", "unsafe-none, same-origin", "same-origin;, same-origin", "\tsame-origin"]
    {
        let becomes = opener_policy(coop, "").unwrap();
        assert!(becomes.split([',', ';']).all(|part| part.trim() != "same-origin"), "{coop:?}: {becomes}");
    }
}

#[test]
fn browsers_get_what_the_app_says_but_what_would_open_ours() {
    let changes = |sent: &[(&str, &str)], service_workers| {
        let addresses = Addresses::new("https://app.test", "http://10.0.0.7:9213");
        incoming(&pairs(sent), false, false, service_workers, Some(&addresses))
    };
    for sent in [
        &[][..],
        &[("content-type", "text/html"), ("etag", "1"), ("set-cookie", "a=b"), ("set-cookie", "c=d"), ("x-own", "1")],
        &[("cross-origin-opener-policy", "same-origin"), ("cross-origin-embedder-policy", "require-corp")],
    ] {
        assert_eq!(changes(sent, false), Changes::default(), "{sent:?}");
    }
    for (sent, becomes) in [
        (&[("set-cookie", "__Host-airlock=x"), ("set-cookie", "a=b")][..], &[("set-cookie", "a=b")][..]),
        (
            &[("location", "http://10.0.0.7:9213/x"), ("set-cookie", "a=b; domain=10.0.0.7"), ("set-cookie", "c=d")],
            &[("location", "https://app.test/x"), ("set-cookie", "a=b"), ("set-cookie", "c=d")],
        ),
        (
            &[("nel", "{\"success_fraction\":1}"), ("report-to", "{}"), ("alt-svc", "h3"), ("x-own", "1")],
            &[("x-own", "1")],
        ),
        (&[(OPENER_POLICY_REPORTS, "same-origin; report-to=\"x\""), ("x-own", "1")], &[("x-own", "1")]),
        (&[("x-own", "1"), ("service-worker-allowed", "/")], &[("x-own", "1")]),
        (
            &[("cross-origin-opener-policy", "same-origin"), ("x-own", "1")],
            &[("x-own", "1"), ("cross-origin-opener-policy", "same-origin-allow-popups")],
        ),
        // Two lines are one field, which is none that browsers know.
        (
            &[
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-embedder-policy", "require-corp"),
                ("cross-origin-embedder-policy", "require-corp"),
            ],
            &[
                ("cross-origin-embedder-policy", "require-corp"),
                ("cross-origin-embedder-policy", "require-corp"),
                ("cross-origin-opener-policy", "same-origin-allow-popups"),
            ],
        ),
        (
            &[("cross-origin-opener-policy", "unsafe-none"), ("cross-origin-opener-policy", "same-origin")],
            &[("cross-origin-opener-policy", "same-origin-allow-popups")],
        ),
        (
            &[("content-type", "Text/JavaScript; charset=utf-8"), ("vary", "accept-encoding")],
            &[
                ("content-type", "Text/JavaScript; charset=utf-8"),
                ("vary", "accept-encoding"),
                ("vary", "service-worker"),
            ],
        ),
    ] {
        assert_eq!(changes(sent, false).applied(&pairs(sent)), pairs(becomes), "{sent:?}");
    }
    // Of a page that is led back.
    let sent = pairs(&[("content-type", "text/html"), ("etag", "1"), ("content-length", "9")]);
    let becomes = pairs(&[("content-type", "text/html"), ("etag", "W/1")]);
    assert_eq!(incoming(&sent, false, true, false, None).applied(&sent), becomes);
    for sent in [&[("service-worker-allowed", "/")], &[("content-type", "application/javascript")]] {
        assert_eq!(changes(sent, true), Changes::default(), "{sent:?}");
    }
}

/// What is kept of a page was looked at as a whole: nothing that comes later takes it apart.
#[test]
fn an_update_of_what_a_browser_has_kept_changes_no_policy() {
    for (sent, becomes) in [
        (&[("etag", "1"), ("cross-origin-embedder-policy", "unsafe-none")][..], &[("etag", "1")][..]),
        (
            &[("cross-origin-opener-policy", "same-origin"), ("x-own", "1")],
            &[("x-own", "1"), ("cross-origin-opener-policy", "same-origin-allow-popups")],
        ),
        (&[("cross-origin-opener-policy", "same-origin"), ("cross-origin-embedder-policy", "require-corp")], &[]),
        (&[("cross-origin-opener-policy", "unsafe-none"), ("etag", "1")], &[("etag", "1")]),
        (
            &[("vary", "accept-encoding"), ("etag", "1")],
            &[("etag", "1"), ("vary", "accept-encoding"), ("vary", "service-worker")],
        ),
    ] {
        let sent = pairs(sent);
        assert_eq!(incoming(&sent, true, false, false, None).applied(&sent), pairs(becomes), "{sent:?}");
    }
    for sent in [&[("etag", "1")], &[("content-type", "text/javascript")]] {
        assert_eq!(incoming(&pairs(sent), true, false, false, None), Changes::default(), "{sent:?}");
    }
}

#[test]
fn the_app_sets_its_own_cookies_and_none_of_ours() {
    for cookie in ["sid=1; Path=/", "__Host-sid=1; Path=/; Secure", "airlock=1", "x=__Host-airlock"] {
        assert!(app_may_set(cookie), "{cookie}");
    }
    for cookie in [
        "__Host-airlock=x; Path=/; Secure",
        "__host-AIRLOCK=x",
        " __Host-airlock-admin=x",
        "__Host-airlock-device=x",
        "=__Host-airlock=x",
        " = __Host-airlock=x",
    ] {
        assert!(!app_may_set(cookie), "{cookie}");
    }
}
