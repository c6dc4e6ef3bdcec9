//! Headers on their way through the gate.

use crate::http::Request;

/// Every cookie of Airlock's own begins so.
const OUR_COOKIES: &str = "__host-airlock";

/// Headers between two neighbours only (RFC 9110 §7.6.1, and those that clients send to proxies).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
];

/// Headers by which the app learns what it cannot see, with all of `x-forwarded-…`, or is told of another path than was
/// admitted: what a client says under these names never gets through.
const FORWARDED: [&str; 4] = ["forwarded", "x-real-ip", "x-original-url", "x-rewrite-url"];

/// What the app gets of the request's headers: all but those between client and gate, Airlock's own cookies, and whatever
/// would speak for Airlock. `origin` is the one that browsers see.
pub fn outgoing(request: &Request, origin: &str, assertion: Option<&str>) -> Vec<(String, String)> {
    let listed = request.header("connection").unwrap_or_default().to_ascii_lowercase();
    let websocket = request.header("upgrade").is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    let dropped = |name: &str| {
        // Apps that see headers as CGI variables take `airlock_assertion` for the same name.
        let read = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        HOP_BY_HOP.contains(&name)
            || FORWARDED.contains(&read.as_str())
            || read.starts_with("x-forwarded-")
            || read.starts_with("airlock-")
            || name == "upgrade" && !websocket
            || name != "upgrade" && listed.split(',').any(|token| token.trim() == name)
    };
    let mut headers: Vec<(String, String)> = Vec::with_capacity(request.headers.len() + 5);
    for (name, value) in request.headers.iter().filter(|(name, _)| !dropped(name)) {
        match name.as_str() {
            "cookie" => headers.extend(cookies_of_the_app(value).map(|cookies| (name.clone(), cookies))),
            _ => headers.push((name.clone(), value.clone())),
        }
    }
    let (scheme, host) = origin.split_once("://").unwrap_or_default();
    let mut say = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    say("x-forwarded-host", host);
    say("x-forwarded-proto", scheme);
    if !request.client.ip.is_empty() {
        say("x-forwarded-for", &request.client.ip);
        say("x-real-ip", &request.client.ip);
    }
    if let Some(assertion) = assertion {
        say("airlock-assertion", assertion);
    }
    headers
}

fn cookies_of_the_app(header: &str) -> Option<String> {
    let cookies: Vec<&str> = header.split(';').map(str::trim).filter(|cookie| !ours(cookie)).collect();
    let cookies = cookies.join("; ");
    (!cookies.is_empty()).then_some(cookies)
}

/// Whether the app may set this cookie, a `Set-Cookie` header's value.
pub fn app_may_set(cookie: &str) -> bool {
    // A cookie without a name and the value `__Host-airlock=x` comes back as one with that name.
    !ours(cookie.trim_start_matches(|c: char| c == '=' || c.is_ascii_whitespace()))
}

fn ours(cookie: &str) -> bool {
    cookie.get(..OUR_COOKIES.len()).is_some_and(|start| start.eq_ignore_ascii_case(OUR_COOKIES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Client;

    fn sent(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let client = Client { ip: "203.0.113.7".to_owned(), country: String::new() };
        let request = Request { headers, client, ..Request::default() };
        outgoing(&request, "https://app.test:8443", Some("signed"))
    }

    #[test]
    fn the_app_gets_everything_but_what_is_not_for_it() {
        let kept = [("accept", "*/*"), ("authorization", "Bearer x"), ("host", "app.test"), ("x-own", "1")];
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
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-host", "evil.test"),
            ("x-real-ip", "198.51.100.1"),
            ("x_forwarded_for", "198.51.100.1"),
            ("x-forwarded-port", "8080"),
            ("x-original-url", "/billing"),
            ("x-rewrite-url", "/billing"),
            ("forwarded", "for=198.51.100.1"),
        ];
        let got = sent(&[&kept[..], &dropped[..]].concat());
        let said = [
            ("x-forwarded-host", "app.test:8443"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-real-ip", "203.0.113.7"),
            ("airlock-assertion", "signed"),
        ];
        let expected = kept.iter().chain(&said).map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        assert_eq!(got, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_web_socket_is_asked_for() {
        let got = sent(&[("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-key", "x")]);
        let names: Vec<&str> = got.iter().map(|(name, _)| name.as_str()).take(2).collect();
        assert_eq!(names, ["upgrade", "sec-websocket-key"]);
    }

    #[test]
    fn cookies_are_parted() {
        let cookies =
            |header| sent(&[("cookie", header)]).into_iter().find(|(name, _)| name == "cookie").map(|(_, v)| v);
        assert_eq!(
            cookies("a=1; __Host-airlock=t; b=2;__HOST-airlock-device=d; c=__Host-airlock=x").as_deref(),
            Some("a=1; b=2; c=__Host-airlock=x")
        );
        assert_eq!(cookies("__Host-airlock=t; __Host-airlock-language=de"), None);
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
}
