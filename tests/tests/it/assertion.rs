//! The assertion of who a request is from: the keys that sign it, and how long it may be.

use airlock::{
    flows::gate::assertion::MAX_BYTES,
    people::{
        Role,
        names::{EMAIL_MAX_BYTES, NAME_MAX_CHARS},
    },
};
use airlock_tests::{
    World, gate,
    signing::{es256, es256_verifies, jwk_entry},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

const ED25519: &str = "a1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// The assertion that the app got last.
fn assertion(world: &World) -> String {
    let forwarded = world.forwarded.borrow();
    let (_, value) = forwarded.last().unwrap().headers.iter().find(|(name, _)| name == "airlock-assertion").unwrap();
    value.clone()
}

/// What one of its parts says.
fn part(assertion: &str, number: usize) -> Value {
    let part = Base64UrlUnpadded::decode_vec(assertion.split('.').nth(number).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// Published before it signs, and the old one for as long as assertions of it are about: nobody who checks sees a gap.
#[test]
fn keys_change_from_ed25519_to_es256_without_a_gap() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let new = es256("a2", [7; 32]);
    let published = |keys: &str| {
        world.set_gate(&[("ASSERTION_KEYS", keys)]);
        mia.get("/").expect(200);
        mia.get("/.well-known/jwks.json").expect(200).json()["keys"].as_array().unwrap().clone()
    };
    let x = "gTl3Dqh9F19Wo1Rmw0x-zMuNipG07jeiXfYPW4_Js5Q";
    let as_before = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "a1", "x": x });
    assert_eq!(published(ED25519), [as_before]);
    for (keys, signs, alg) in [
        (format!("{ED25519},{new}"), "a1", "EdDSA"),
        (format!("{new},{ED25519}"), "a2", "ES256"),
        (new.clone(), "a2", "ES256"),
    ] {
        let jwks = published(&keys);
        assert_eq!(jwks.len(), keys.split(',').count());
        let assertion = assertion(&world);
        assert_eq!(part(&assertion, 0), json!({ "alg": alg, "typ": "JWT", "kid": signs }));
        if let Some(jwk) = jwks.iter().find(|jwk| jwk["kid"] == "a2") {
            let of = |name: &str| jwk[name].clone();
            assert_eq!(
                *jwk,
                json!({
                    "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "a2", "x": of("x"), "y": of("y")
                })
            );
            let (signed, signature) = assertion.rsplit_once('.').unwrap();
            let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
            assert_eq!(es256_verifies(jwk, signed, &signature), signs == "a2");
            assert!(!es256_verifies(jwk, &format!("{signed}x"), &signature));
        }
    }
}

fn jwk_of(entry: &str) -> Value {
    let (_, jwk) = entry.rsplit_once(':').unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(jwk).unwrap()).unwrap()
}

/// A private key as JSON, and what of it changes.
fn changed(jwk: &Value, changes: &[(&str, Value)]) -> Value {
    let mut jwk = jwk.clone();
    for (name, value) in changes {
        match value {
            Value::Null => drop(jwk.as_object_mut().unwrap().remove(*name)),
            value => jwk[*name] = value.clone(),
        }
    }
    jwk
}

/// One that is refused closes everything until it is corrected, so what is said must be enough, and no secret.
#[test]
fn a_key_that_cannot_sign_is_refused_by_its_name_and_not_shown() {
    let entry = es256("a2", [7; 32]);
    let (_, encoded) = entry.rsplit_once(':').unwrap();
    let (ec, other) = (jwk_of(&entry), jwk_of(&es256("a2", [8; 32])));
    let bytes = |byte: u8, length: usize| json!(Base64UrlUnpadded::encode_string(&vec![byte; length]));
    let rsa = json!({
        "kty": "RSA", "e": "AQAB", "n": bytes(0xff, 256), "d": bytes(1, 256),
        "p": bytes(1, 128), "q": bytes(1, 128), "dp": bytes(1, 128), "dq": bytes(1, 128), "qi": bytes(1, 128),
    });
    let es = |changes: &[(&str, Value)]| jwk_entry("a2", "ES256", &changed(&ec, changes));
    let rs = |changes: &[(&str, Value)]| jwk_entry("a2", "RS256", &changed(&rsa, changes));
    let padded = format!("{entry}=");
    for (keys, why) in [
        (es(&[("d", Value::Null)]), "`d` is missing"),
        (es(&[("y", Value::Null)]), "`x` or `y` is missing"),
        (es(&[("d", bytes(0, 32))]), "a key of zeros"),
        (es(&[("d", bytes(1, 31))]), "32 bytes"),
        (es(&[("d", bytes(0xff, 32))]), "not a key"),
        (es(&[("crv", json!("P-384"))]), "the curve P-256"),
        (es(&[("kty", json!("OKP"))]), "the curve P-256"),
        (es(&[("d", json!("\"quoted\""))]), "not in base64url"),
        (es(&[("x", other["x"].clone()), ("y", other["y"].clone())]), "its public part is another key's"),
        (rs(&[("n", bytes(0xff, 255))]), "2048 to 4096 bits"),
        (rs(&[("n", bytes(0x7f, 256))]), "2048 to 4096 bits"),
        (rs(&[("n", bytes(0xff, 513))]), "2048 to 4096 bits"),
        (rs(&[("d", Value::Null)]), "`d` is missing"),
        (rs(&[("d", bytes(0, 256))]), "a key of zeros"),
        (rs(&[("e", json!("Aw"))]), "`e` is AQAB"),
        (rs(&[("qi", Value::Null)]), "`qi` is missing"),
        (jwk_entry("a2", "RS256", &ec), "takes an RSA key"),
        (jwk_entry("a2", "ES256", &rsa), "the curve P-256"),
        (jwk_entry("a2", "HS256", &ec), "ES256 or RS256"),
        (jwk_entry("a2", "ES256", &json!("x")), "no JWK"),
        (padded, "without padding"),
        (format!("a2:{encoded}"), "32 bytes in base64"),
        ("a2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), "a key of zeros"),
    ] {
        // The second of two is looked at as well: it would close everything on the day it is to sign.
        for keys in [keys.clone(), format!("{ED25519},{keys}")] {
            let fault = gate(&[("ASSERTION_KEYS", &keys)]).err().unwrap_or_else(|| panic!("{why}: taken")).to_string();
            assert!(fault.starts_with("ASSERTION_KEYS: key a2: ") && fault.contains(why), "{why}: {fault}");
            assert!(fault.len() < 120 && !fault.contains(ec["d"].as_str().unwrap()), "{fault}");
        }
    }
    for (keys, why) in [
        (format!("{entry},{entry}"), "two keys have the same id"),
        (entry.replace("a2:", "a_2:"), "1 to 16 letters and digits"),
        (format!("{entry},"), "must be id:base64"),
    ] {
        let fault = gate(&[("ASSERTION_KEYS", &keys)]).err().unwrap_or_else(|| panic!("{why}: taken")).to_string();
        assert!(fault.contains("ASSERTION_KEYS") && fault.contains(why), "{fault}");
    }
    // Members that others add are no hindrance.
    let more = [("kid", json!("mine")), ("alg", json!("ES256")), ("use", json!("sig")), ("key_ops", json!(["sign"]))];
    assert!(gate(&[("ASSERTION_KEYS", &es(&more))]).is_ok());
}

/// Servers refuse requests with too many bytes of headers, all of them, so an assertion is bounded whatever someone belongs to.
#[test]
fn an_assertion_has_a_bound_and_says_how_many_accounts_it_leaves_out() {
    let world = World::new();
    let mia = world.browser();
    let longest_email = format!(
        "{}@{}.test",
        "m".repeat(64),
        [&"a".repeat(63), &"b".repeat(63), &"c".repeat(56)].map(|s| s.as_str()).join(".")
    );
    assert_eq!(longest_email.len(), EMAIL_MAX_BYTES);
    let longest = "🔒".repeat(NAME_MAX_CHARS);
    world.db.execute(
        "UPDATE users SET email = ?1, name = ?2 WHERE id = 'mia'",
        &[(&longest_email).into(), (&longest).into()],
    );
    let audience = "a".repeat(600 - "https://app.test".len());
    mia.login(&longest_email).expect(200);
    // Of ordinary names there is room for dozens.
    for (name, from, to, all) in [("Acme GmbH & Co. KG", 1, 20, true), (longest.as_str(), 20, 150, false)] {
        for number in from..to {
            let id = format!("{number:024}");
            world.add_account(&id);
            world.join(&id, "mia", &longest_email, Role::Member);
        }
        world.db.execute("UPDATE accounts SET name = ?1", &[name.into()]);
        for keys in [ED25519.to_owned(), es256("0123456789abcdef", [7; 32])] {
            for audience in ["", &audience] {
                world.set_gate(&[("ASSERTION_KEYS", &keys), ("ASSERTION_AUDIENCE", audience)]);
                mia.get("/").expect(200);
                let assertion = assertion(&world);
                let claims = part(&assertion, 1);
                let accounts = claims["accounts"].as_array().unwrap();
                assert!(assertion.len() <= MAX_BYTES, "{}", assertion.len());
                assert_eq!(claims["accounts_total"], to);
                let ids: Vec<_> = accounts.iter().map(|account| account["id"].as_str().unwrap().to_owned()).collect();
                let first = world.texts("SELECT account_id FROM memberships WHERE user_id = 'mia' ORDER BY account_id");
                assert!(!ids.is_empty() && first.starts_with(&ids), "the first of them, by their ids");
                // One more would not fit.
                let one = serde_json::to_string(&accounts[0]).unwrap().len() * 4 / 3;
                assert!(ids.len() == first.len() || assertion.len() + one + 8 > MAX_BYTES, "{}", assertion.len());
                assert!(!all || !audience.is_empty() || ids.len() == first.len(), "{} of {}", ids.len(), first.len());
            }
        }
    }
    let fault = gate(&[("ASSERTION_AUDIENCE", &format!("{audience}a"))]).err().unwrap().to_string();
    assert!(fault.contains("ASSERTION_AUDIENCE"), "{fault}");
}
