//! Airlock's keys as files keep them: a line `NAME="id:key"` for each secret.

use std::{collections::BTreeMap, fmt::Display, fs, path::Path};

use airlock::{
    flows::gate::signing::SigningKeys,
    mail::Server,
    ports::{Fault, Rng},
    secret::Keyring,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use p256::{SecretKey, elliptic_curve::sec1::ToSec1Point};
use zeroize::Zeroizing;

/// A secret that holds keys.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The id of its first key.
    pub first_id: &'static str,
    /// Whether what the database holds of users can only be read with it.
    pub of_users: bool,
}

/// Those that sign assertions: ES256, which every library for JWTs knows. Older ones are 32 bytes like the others.
const ASSERTION_KEYS: &str = "ASSERTION_KEYS";

/// The server that takes mails, if it is the operator's: none is made, but it is kept with the keys.
pub const SMTP_URL: &str = "SMTP_URL";

/// All of them.
pub static KINDS: &[Kind] = &[
    Kind { name: "SEED_KEYS", first_id: "s1", of_users: true },
    Kind { name: "PEPPER_KEYS", first_id: "p1", of_users: true },
    Kind { name: ASSERTION_KEYS, first_id: "a1", of_users: false },
    Kind { name: "AUDIT_KEYS", first_id: "l1", of_users: false },
    Kind { name: "PROXY_KEYS", first_id: "x1", of_users: false },
];

/// Where `npm run deploy` keeps them: Cloudflare takes secrets and never shows them again, and Workers share some.
pub const FILE: &str = "airlock.keys";

impl Kind {
    /// A new key, as a line of a file.
    ///
    /// # Errors
    /// No randomness.
    pub fn line(&self, rng: &dyn Rng) -> Result<String, Fault> {
        let key = match self.name {
            ASSERTION_KEYS => es256(self.first_id, rng)?,
            _ => Keyring::generate(self.first_id, rng)?,
        };
        Ok(format!("{}=\"{}\"", self.name, *key))
    }
}

/// A new key for ES256, in the form that [`SigningKeys::parse`] reads.
fn es256(id: &str, rng: &dyn Rng) -> Result<Zeroizing<String>, Fault> {
    // One number in four thousand million is not below the curve's order, and zero is none.
    let secret = loop {
        if let Ok(secret) = SecretKey::from_slice(&*Zeroizing::new(rng.bytes::<32>()?)) {
            break secret;
        }
    };
    let point = secret.public_key().to_sec1_point(false);
    let encoded = Base64UrlUnpadded::encode_string;
    let [x, y] = [point.x(), point.y()].map(|coordinate| encoded(coordinate.map_or(&[], |bytes| bytes.as_slice())));
    let d = Zeroizing::new(encoded(&secret.to_bytes()));
    let jwk = Zeroizing::new(format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","d":"{}"}}"#, *d));
    Ok(Zeroizing::new(format!("{id}:ES256:{}", encoded(jwk.as_bytes()))))
}

/// The keys under this name in a file, which may hold other variables too.
///
/// # Errors
/// The file cannot be read, or has no such keys.
pub fn read(file: &Path, name: &str) -> Result<Keyring, Fault> {
    let wrong = |problem: &dyn Display| Fault::new(format_args!("{}: {problem}", file.display()));
    let variables = Zeroizing::new(fs::read_to_string(file).map_err(|e| wrong(&e))?);
    let value = variables.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    let value = value.ok_or_else(|| wrong(&format_args!("has no {name}")))?;
    Keyring::parse(value.trim_matches('"')).map_err(|problem| wrong(&format_args!("{name} {problem}")))
}

/// All keys in the text of [`FILE`], by the secret's name.
///
/// # Errors
/// The first line that is damaged, by its number: nothing of it is shown.
pub fn parse(text: &str) -> Result<BTreeMap<String, Zeroizing<String>>, Fault> {
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let wrong = |why: &str| Fault::new(format_args!("{FILE}, line {number}: {why}"));
            let (name, value) = line.split_once("=\"").ok_or_else(|| wrong("must be NAME=\"id:key\""))?;
            let value = value.trim_end_matches('"');
            match name {
                ASSERTION_KEYS => SigningKeys::parse(value).map(drop),
                SMTP_URL => Server::parse(value).map(drop).map_err(|problem| format!("{SMTP_URL} {problem}")),
                _ => Keyring::parse(value).map(drop).map_err(str::to_owned),
            }
            .map_err(|problem| wrong(&problem))?;
            Ok((name.to_owned(), Zeroizing::new(value.to_owned())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::world::Random;

    #[test]
    fn a_new_key_for_assertions_is_one_of_es256_that_signs() {
        let kind = KINDS.iter().find(|kind| kind.name == ASSERTION_KEYS).unwrap();
        let lines = [kind.line(&Random).unwrap(), kind.line(&Random).unwrap()];
        assert_ne!(lines[0], lines[1]);
        for line in lines {
            let kept = parse(&line).unwrap();
            let value = kept.get(ASSERTION_KEYS).unwrap().as_str();
            assert!(value.starts_with("a1:ES256:"), "{value}");
            // It would be refused if its public part did not verify what its private one signs.
            let gate = airlock_tests::gate(&[(ASSERTION_KEYS, value)]).unwrap();
            assert_eq!(gate.jwks()["keys"].as_array().unwrap().len(), 1);
        }
    }

    #[test]
    fn a_mail_server_is_kept_with_the_keys_and_not_shown_where_it_is_malformed() {
        let kept = parse("# mine\nSMTP_URL=\"smtps://u:p%22@mail.test\"").unwrap();
        assert_eq!(kept.get(SMTP_URL).unwrap().as_str(), "smtps://u:p%22@mail.test");
        let said = parse("SMTP_URL=\"smtp://u:secret@mail.test:25\"").unwrap_err().to_string();
        assert!(said.starts_with("airlock.keys, line 1: SMTP_URL names port 25") && !said.contains("secret"), "{said}");
    }

    #[test]
    fn both_forms_are_kept_and_only_where_they_belong() {
        let old = "a1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
        let new = es256("a2", &Random).unwrap();
        for value in [old.to_owned(), new.to_string(), format!("{old},{}", *new)] {
            assert_eq!(parse(&format!("ASSERTION_KEYS=\"{value}\"")).unwrap().len(), 1);
        }
        for line in [format!("SEED_KEYS=\"{}\"", *new), format!("ASSERTION_KEYS=\"{}x\"", *new)] {
            let said = parse(&line).unwrap_err().to_string();
            assert!(said.starts_with("airlock.keys, line 1: ") && said.len() < 120, "{said}");
        }
    }
}
