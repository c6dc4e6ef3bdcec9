//! The gate: who a request is from, which headers pass, which paths are public.

use std::collections::{BTreeMap, BTreeSet};

use airlock::{
    flows::{
        Prefix,
        gate::{Addresses, Forward, IdentityHeaders, Page, Paths, app_may_set, outgoing},
    },
    web::{Client, Request},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_compact::{PublicKey, Signature};
use serde_json::Value;

use crate::{Forwarded, ORIGIN, World};

/// No change of an assertion makes another that is accepted. The input is one, with `$header`, `$claims` and `$signature` for
/// those of a true one.
pub fn assertion(input: &[u8]) {
    thread_local!(static TRUE: (String, Value) = {
        let world = World::new();
        let mia = world.browser();
        mia.login("mia@acme.test").expect(200);
        mia.get("/").expect(200);
        let jwks = mia.get("/.well-known/jwks.json").expect(200).json();
        let forwarded = world.forwarded.take();
        let (_, assertion) = forwarded[0].headers.iter().find(|(name, _)| name == "airlock-assertion").unwrap();
        (assertion.clone(), jwks)
    });
    TRUE.with(|(assertion, jwks)| {
        assert!(accepted(assertion, jwks), "{assertion}");
        let parts: Vec<&str> = assertion.split('.').collect();
        let text = String::from_utf8_lossy(input);
        let mut text = text.trim_end_matches('\n').to_owned();
        for (word, part) in ["$header", "$claims", "$signature"].iter().zip(&parts) {
            text = text.replace(word, part);
        }
        assert!(text == *assertion || !accepted(&text, jwks), "{text}");
        // The same bytes laid over a true one.
        let mut bytes = assertion.clone().into_bytes();
        for (at, with) in input.chunks_exact(2).map(|pair| (usize::from(pair[0]), pair[1])) {
            let at = (at * 2 + usize::from(with & 1)) % bytes.len();
            bytes[at] ^= with >> 1;
        }
        let laid = String::from_utf8_lossy(&bytes);
        assert!(laid == *assertion || !accepted(&laid, jwks), "{laid}");
    });
}

/// As RFC 7515 §5.2 and RFC 8725 §3 ask of whoever checks.
fn accepted(assertion: &str, jwks: &Value) -> bool {
    let check = || {
        let (signed, signature) = assertion.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decoded = |part: &str| Base64UrlUnpadded::decode_vec(part).ok();
        let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
        let key = jwks["keys"].as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
        let key = PublicKey::from_slice(&decoded(key["x"].as_str()?)?).ok()?;
        key.verify(signed, &Signature::from_slice(&decoded(signature)?).ok()?).ok()?;
        let claims: Value = serde_json::from_slice(&decoded(claims)?).ok()?;
        (header["alg"] == "EdDSA" && claims["iss"] == ORIGIN && claims["aud"] == ORIGIN).then_some(())
    };
    check().is_some()
}

/// Whatever headers a client sends, none of them speaks to the app in the name of Airlock or of the network. The input is
/// headers, one a line.
pub fn headers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let headers = text.lines().filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    let client = Client { ip: "203.0.113.7".to_owned(), country: String::new() };
    let request = Request { headers: headers.collect(), client, ..Request::default() };
    let identity = IdentityHeaders::parse("X-User-Id=sub From-Acme=email").unwrap();
    for who in [&["airlock-assertion", "x-user-id", "from-acme"][..], &[]] {
        let told = who.iter().map(|name| ((*name).to_owned(), "told".to_owned())).collect();
        let forward = Forward {
            changes: outgoing(&request, ORIGIN, &Prefix::default(), None, &identity, told),
            pass: None,
            patience_ms: None,
            leads_pages_back: true,
        };
        let forward = Forwarded::new(&request, &forward);
        assert_eq!(holds_nothing_of_ours(&request, &forward), usize::from(!who.is_empty()));
        // Of the operator's own names too there is what the gate says, and nothing else.
        for name in ["x-user-id", "from-acme"] {
            let read = |name: &str| name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            let values =
                forward.headers.iter().filter(|(other, _)| read(other) == name).map(|(_, value)| value.as_str());
            let expected: &[&str] = if who.is_empty() { &[] } else { &["told"] };
            assert_eq!(values.collect::<Vec<_>>(), expected, "{:?}", forward.headers);
        }
    }
    for (_, cookie) in request.headers.iter().filter(|(name, _)| name == "set-cookie") {
        // RFC 6265bis §5.7: a nameless cookie is its value, and browsers trim both.
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (name.trim(), value.trim());
        let sent = if name.is_empty() { value } else { name };
        assert!(!app_may_set(cookie) || !is_our_cookie(sent), "{cookie:?}");
    }
}

/// By which well-known apps are told who or where someone is.
const SPOKEN_FOR: [&str; 14] = [
    "remote-user",
    "x-remote-user",
    "x-webauth-user",
    "x-auth-request-email",
    "x-authentik-username",
    "x-forwarded-user",
    "x-ms-client-principal",
    "x-goog-authenticated-user-email",
    "x-amzn-oidc-data",
    "tailscale-user-login",
    "ssl-client-verify",
    "x-client-ip",
    "true-client-ip",
    "x-script-name",
];

fn is_our_cookie(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("__host-airlock")
}

/// Panics if a header that the app gets says what only Airlock may say, or holds what only Airlock may see. How many
/// assertions there are.
pub fn holds_nothing_of_ours(request: &Request, forward: &Forwarded) -> usize {
    // CGI and what came of it (RFC 3875 §4.1.18) give the app names in which `-` and `_` are one.
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, value) in &forward.headers {
        said.entry(name.to_ascii_lowercase().replace('_', "-")).or_default().push(value);
    }
    let once = |name: &str| said.get(name).map(Vec::as_slice);
    let context = || format!("{:?}\n{:?}", request.headers, forward.headers);
    for name in SPOKEN_FOR {
        assert_eq!(once(name), None, "{}", context());
    }
    assert_eq!(once("x-forwarded-for"), Some([request.client.ip.as_str()].as_slice()), "{}", context());
    assert_eq!(once("x-real-ip"), Some([request.client.ip.as_str()].as_slice()), "{}", context());
    assert_eq!(once("x-forwarded-proto"), Some(["https"].as_slice()), "{}", context());
    assert_eq!(once("x-forwarded-host"), Some(["app.test"].as_slice()), "{}", context());
    for hop in ["forwarded", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "proxy-authorization"] {
        assert_eq!(once(hop), None, "{}", context());
    }
    let cookies = said.get("cookie").into_iter().flatten().flat_map(|cookies| cookies.split(';'));
    for cookie in cookies.map(str::trim) {
        assert!(!is_our_cookie(cookie), "{}", context());
    }
    let ours: Vec<_> = said.iter().filter(|(name, _)| name.starts_with("airlock-")).collect();
    assert!(ours.iter().all(|(name, _)| *name == "airlock-assertion"), "{}", context());
    ours.iter().map(|(_, values)| values.len()).sum()
}

/// Whatever a page is and in whatever parts it comes, nothing changes in it but the app's own origin, where a value begins, and
/// only if what follows is its end or that of the host; and nothing in it keeps what comes later from changing. The input is a page.
pub fn pages(input: &[u8]) {
    const OWN: &str = "http://10.0.0.7:9213";
    const PUBLIC: &str = "https://public.test";
    let headers = [("content-type".to_owned(), "text/html".to_owned())];
    let led = |input: &[u8], length: usize| {
        let mut page = Page::of(&headers, Some(&Addresses::new(PUBLIC, OWN))).unwrap();
        let mut told: Vec<u8> = input.chunks(length).flat_map(|part| page.part(part)).collect();
        told.extend(page.end());
        told
    };
    // Once all that it may have begun has ended. This has no end.
    if !input.to_ascii_lowercase().windows(9).any(|name| name == b"plaintext") {
        let ends = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
        let end = ends.map(|name| format!("</{name}>")).concat();
        let page = [input, b"x--!>\"'>", end.as_bytes(), format!("<a href='{OWN}/'>").as_bytes()].concat();
        let told = led(&page, page.len());
        assert!(told.ends_with(format!("<a href='{PUBLIC}/'>").as_bytes()), "{}", input.escape_ascii());
    }
    let told = led(input, input.len().max(1));
    assert!(told == led(input, 1) && told == led(input, 11), "{}", input.escape_ascii());
    let (mut came, mut told, mut before) = (input, told.as_slice(), b' ');
    while let (Some(a), Some(b)) = (came.first(), told.first()) {
        let [in_came, in_told] = [came, told].map(|rest| rest.starts_with(PUBLIC.as_bytes()));
        if a == b && in_came == in_told {
            (before, came, told) = (*a, &came[1..], &told[1..]);
            continue;
        }
        let context = || format!("{}", input.escape_ascii());
        assert!(b"\"'= \t\n\r\x0c,;".contains(&before), "{}", context());
        told = told.strip_prefix(PUBLIC.as_bytes()).unwrap_or_else(|| panic!("{}", context()));
        let spelled = String::from_utf8_lossy(&came[..came.len().min(100)]).into_owned();
        let plain = spelled.trim_ascii_start();
        let spaces = spelled.len() - plain.len();
        let escapes = ["&#x2F;", "&#x2f;", "&#47;", "&sol;", "/"];
        let slashes = escapes.iter().flat_map(|a| escapes.iter().map(move |b| format!("{a}{b}")));
        let own =
            slashes.flat_map(|slashes| ["http:", "https:", ""].map(|scheme| format!("{scheme}{slashes}10.0.0.7:9213")));
        let own = own.filter(|own| plain.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own)));
        let own = own.max_by_key(String::len).unwrap_or_else(|| panic!("{}", context()));
        came = &came[spaces + own.len()..];
        let ends = came.first().is_none_or(|byte| b"?#\\\"'> \t\n\r\x0c".contains(byte));
        assert!(ends || escapes.iter().any(|slash| came.starts_with(slash.as_bytes())), "{}", context());
        before = b'x';
    }
    assert!(came.is_empty() && told.is_empty(), "{}", input.escape_ascii());
}

/// However a server reads a path, it is public only if it is one of the public ones, and needs a step-up if, and only if, it
/// can be one of those. The input is a path.
pub fn paths(input: &[u8]) {
    thread_local!(static LISTS: [Paths; 2] =
        ["/health /assets/* /docs/a%20b /x/", "/billing/* /Pay"].map(|list| Paths::parse(list).unwrap()));
    let text = String::from_utf8_lossy(input);
    // A path ends there before anyone sees it.
    let path = format!("/{}", text.split(['?', '#']).next().unwrap_or_default());
    LISTS.with(|[public, step_up]| {
        let readings = readings(&path);
        if public.surely_are("GET", &path) {
            for reading in &readings {
                let is = ["/health", "/docs/a b", "/x/", "/docs/a%20b"].contains(&reading.as_str())
                    || reading.starts_with("/assets/");
                assert!(is, "{path:?} is public, and can be read as {reading:?}");
            }
        }
        if !step_up.may_be(&path) {
            for reading in readings.iter().map(|reading| reading.to_lowercase()) {
                let reading = reading.trim_end_matches('/');
                let page = reading.rsplit_once('.').filter(|(_, format)| !format.contains('/'));
                let page = page.map_or(reading, |(page, _)| page);
                let is =
                    |name: &str| ["/pay", "/billing", "/pay/index"].contains(&name) || name.starts_with("/billing/");
                let given = reading
                    .split_once(".php/")
                    .map_or(reading, |(_, given)| &reading[reading.len() - given.len() - 1..]);
                // What a segment is without its endings.
                let bare = |segment: &str| {
                    let end = segment.match_indices('.').find(|(at, _)| *at > 0).map_or(segment.len(), |(at, _)| at);
                    segment[..end].to_owned()
                };
                let bare = reading.split('/').map(bare).collect::<Vec<_>>().join("/");
                assert!(
                    !is(reading) && !is(page) && !is(&bare) && !is(given),
                    "{path:?} needs no step-up, and can be read as {reading:?}"
                );
            }
        }
        // Odd, but of nothing that is listed.
        let parts = input.iter().take(7).map(|byte| ODD[usize::from(*byte) % ODD.len()]);
        let odd = parts.fold("/files".to_owned(), |path, part| path + "/" + part);
        assert!(!step_up.may_be(&odd), "{odd:?} needs a step-up, and nobody reads it so");
    });
    // The operator's lists: refused or understood, and what is listed is itself public.
    let list = path.trim_end_matches('*');
    if let Ok(paths) = Paths::parse(list)
        && !list.contains(char::is_whitespace)
    {
        assert!(paths.surely_are("GET", list) && paths.may_be(list), "{list:?}");
    }
}

/// What stands in paths of ordinary apps, and is read in more than one way.
const ODD: [&str; 20] = [
    "a%2Fb",
    "@scope%2fname",
    "",
    "a;v=1",
    "v1:batch",
    "~user",
    "%7Euser",
    "x.json",
    "a%20b.pdf",
    "%20",
    "caf%C3%A9",
    "日本",
    "..",
    ".",
    "%2e%2e",
    "a\\b",
    "%5C",
    "C%2B%2B",
    "100%25",
    "index.html",
];

/// A path as servers are known to read it: decoded once or more, backslashes as slashes, full width as ASCII, without
/// parameters and dots and spaces at the end of segments, doubled slashes as one, `..` resolved, in any order.
fn readings(path: &str) -> BTreeSet<String> {
    let steps: [fn(&str) -> String; 8] = [
        decoded,
        |path| path.replace('\\', "/"),
        |path| path.split('/').map(|segment| segment.split(';').next().unwrap_or("")).collect::<Vec<_>>().join("/"),
        |path| path.split(['?', '#', '\0']).next().unwrap_or("").to_owned(),
        |path| {
            let mut path = path.to_owned();
            while path.contains("//") {
                path = path.replace("//", "/");
            }
            path
        },
        resolved,
        |path| {
            let narrow = |c: char| match u32::from(c) {
                wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap(),
                _ => c,
            };
            path.chars().map(narrow).collect()
        },
        |path| {
            let bare = |segment: &str| match segment.trim_end() {
                "." | ".." => segment.trim_end().to_owned(),
                segment => segment.trim_end_matches(['.', ' ']).to_owned(),
            };
            path.split('/').map(bare).collect::<Vec<_>>().join("/")
        },
    ];
    let mut found = BTreeSet::from([path.to_owned()]);
    let mut fresh = vec![path.to_owned()];
    while let Some(path) = fresh.pop() {
        for step in steps {
            let read = step(&path);
            if found.len() < 500 && found.insert(read.clone()) {
                fresh.push(read);
            }
        }
    }
    found
}

/// Percent-decoded once, byte by byte as old decoders do, so `%c0%af` stays two characters that are no slash.
fn decoded(path: &str) -> String {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn resolved(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            ".." => {
                kept.pop();
                kept.extend(last.then_some(""));
            }
            "." => kept.extend(last.then_some("")),
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}
