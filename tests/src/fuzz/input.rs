//! What people and programs type: forms, JSON, cookies, languages, codes, seeds.

use std::collections::{BTreeMap, BTreeSet};

use airlock::{
    context::Peer,
    factor::{
        recovery::RecoveryCode,
        totp::{Code, Parameters, otpauth_uri, parse_seed, qr_svg, seed_text},
    },
    flows::Prefix,
    pages::{accent::Accent, logo::Logo},
    people::names::canonical_email,
    ports::Now,
    secret::{Keyring, Secret},
    texts::Language,
    web::{Body, Request, same_origin_path},
};
use serde::Deserialize;

use crate::PEPPER_KEYS;

/// Fields as a use case has them.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    email: String,
    code: Option<String>,
}

fn request(media_type: &str, body: Vec<u8>) -> Request {
    let headers = vec![("content-type".to_owned(), media_type.to_owned())];
    Request { headers, body: Body::Whole(body), ..Request::default() }
}

/// Bodies, cookies and all the small texts: read as whoever wrote them meant them, or refused.
pub fn fields(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // What is taken for fields is the same when it is written again, as a form or as JSON.
    for media_type in ["application/x-www-form-urlencoded", "application/json"] {
        if let Ok(fields) = request(media_type, input.to_vec()).fields::<Fields>() {
            written(&fields.email, fields.code.as_deref());
        }
    }
    // Any two texts arrive as they were sent, and a field more, or one twice, is refused.
    let (email, code) = text.split_at(text.floor_char_boundary(text.len() / 2));
    written(email, Some(code));
    written(email, None);
    cookies(&text);
    let path = same_origin_path(&Prefix::default(), &text);
    assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']), "{path:?}");
    assert_eq!(same_origin_path(&Prefix::default(), &path), path);
    if let Some(email) = canonical_email(&text) {
        assert_eq!(canonical_email(&email).as_ref(), Some(&email));
        assert!(!email.contains(char::is_whitespace) && !email.contains(|c: char| c.is_ascii_uppercase()), "{email:?}");
    }
    if let Some(moment) = Now::parse_rfc3339(&text) {
        assert_eq!(Now::parse_rfc3339(&moment.rfc3339()).map(Now::seconds), Some(moment.seconds()));
    }
    let request = Request { headers: vec![("accept-language".to_owned(), text.to_string())], ..Request::default() };
    assert!(Language::ALL.contains(&request.language()));
    let peer = Peer { ip: &text, ..Peer::default() };
    assert_eq!(peer.network(), peer.network());
    let _ = Accent::parse(&text);
    if let Ok(Logo { src, origin }) = Logo::parse(&text, "https://app.test") {
        assert!(src.starts_with(&origin) && origin.starts_with("https://"), "{src}");
        assert!(!src.contains([' ', ';', ',', '\'', '"', '<', '*']), "{src}");
    }
    if let Ok(keys) = Keyring::parse(&text) {
        let ids: BTreeSet<&str> = keys.all().map(|key| key.id()).collect();
        assert_eq!(ids.len(), text.split(',').count(), "each key has an id of its own");
    }
}

/// Both ways to send these fields are read back exactly; nothing can be added to them.
fn written(email: &str, code: Option<&str>) {
    let sent = Fields { email: email.to_owned(), code: code.map(str::to_owned) };
    let mut pairs = vec![("email", email)];
    pairs.extend(code.map(|code| ("code", code)));
    let form = |pairs: &[(&str, &str)]| {
        request(
            "application/x-www-form-urlencoded",
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes(),
        )
    };
    let map: BTreeMap<_, _> = pairs.iter().copied().collect();
    let json = serde_json::to_vec(&map).unwrap();
    assert_eq!(form(&pairs).fields::<Fields>().ok().as_ref(), Some(&sent));
    assert_eq!(request("application/json", json).fields::<Fields>().ok().as_ref(), Some(&sent));
    for more in [("email", code.unwrap_or("x")), ("role", "owner")] {
        assert!(form(&[pairs.as_slice(), &[more]].concat()).fields::<Fields>().is_err(), "{pairs:?} and {more:?}");
    }
}

/// A cookie is the one of exactly that name, wherever it stands.
fn cookies(header: &str) {
    const NAME: &str = "__Host-airlock";
    let request =
        |header: &str| Request { headers: vec![("cookie".to_owned(), header.to_owned())], ..Request::default() };
    let found = |header: &str| request(header).cookie(NAME).map(str::to_owned);
    let _ = found(header);
    let other = header.replace(NAME, "other");
    assert_eq!(found(&other), None, "{other:?}");
    assert_eq!(found(&format!("{other};{NAME}=x; y")).as_deref(), Some("x"), "{other:?}");
    // Of two, none.
    assert_eq!(found(&format!("{NAME}=x;{other};{NAME}=x")), None, "{other:?}");
}

/// One-time codes, recovery codes, seeds and the address in a QR code.
pub fn codes(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // A one-time code is six digits, in any script. Spaces and hyphens are forgiven; letters and ASCII's other signs are not.
    let none_of_it = |c: &char| c.is_alphanumeric() || !c.is_control() && c.is_ascii() && !" -".contains(*c);
    let kept: Vec<char> = text.chars().filter(none_of_it).collect();
    let digits = kept.len() == 6 && kept.iter().all(|c| c.is_numeric());
    assert!(digits || Code::parse(&text).is_none(), "{text:?}");
    let plain: String = text.chars().filter(|c| !" -".contains(*c)).collect();
    let six = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
    assert!(!six || Code::parse(&text).is_some(), "{text:?}");
    // A recovery code is 24 letters and digits of Crockford's base32, however they are grouped and written.
    let peppers = Keyring::parse(PEPPER_KEYS).unwrap();
    let canonical: String = plain
        .chars()
        .map(|c| match c {
            'o' | 'O' => '0',
            'i' | 'I' | 'l' | 'L' => '1',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    let right = canonical.len() == 24 && canonical.chars().all(|c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(c));
    let macs = |typed: &str| RecoveryCode::parse(typed).map(|code| code.macs(&peppers, "mia"));
    assert!(kept.len() == 24 || macs(&text).is_none(), "{text:?}");
    if right {
        assert_eq!(macs(&text).as_ref(), macs(&canonical).as_ref(), "{text:?}");
        assert!(macs(&text).is_some(), "{text:?}");
        let other = if canonical.starts_with('0') { "1" } else { "0" };
        assert_ne!(macs(&text), macs(&format!("{other}{}", &canonical[1..])), "{text:?}");
    }
    // Any seed is read back from base32, and what can be read is written in one way.
    let seed = Secret::new(input.to_vec());
    assert_eq!(parse_seed(&seed_text(&seed)).unwrap().expose(), input);
    if let Some(read) = parse_seed(&text) {
        assert_eq!(parse_seed(&seed_text(&read)).unwrap().expose(), read.expose());
    }
    // Any name and address are read back from the URI, with nothing added.
    let (issuer, email) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let uri = otpauth_uri(&seed, Parameters::default(), issuer, email);
    let (label, query) = uri.strip_prefix("otpauth://totp/").unwrap().split_once('?').unwrap();
    let (named, address) = label.split_once(':').unwrap();
    let percent_decoded = |text: &str| {
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{uri:?}");
        form_urlencoded::parse(format!("x={text}").as_bytes()).into_owned().next().unwrap().1
    };
    assert_eq!((percent_decoded(named).as_str(), percent_decoded(address).as_str()), (issuer, email));
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let secret = seed_text(&seed);
    let expected =
        [("secret", secret.as_str()), ("issuer", issuer), ("algorithm", "SHA1"), ("digits", "6"), ("period", "30")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    // It fits a QR code as far as one goes: 2,331 bytes at this level of correction.
    let svg = qr_svg(&uri);
    assert_eq!(svg.is_ok(), uri.len() <= 2_331, "{}", uri.len());
    assert!(!svg.is_ok_and(|svg| svg.contains("zq")));
}
