//! Passwords: argon2id (RFC 9106) under a pepper, as PHC strings; which ones may be set; and that one is the same however
//! a keyboard spells its characters (RFC 8265 §4.2, NIST SP 800-63B-4 §3.1.1.2).

mod common;
mod rules;

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use serde::Deserialize;

use crate::{
    ports::{Fault, Nfc, Rng},
    secret::{Key, Keyring, Secret},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use rules::{MAX_CHARS, MIN_CHARS, Refusal};

/// Longest password in bytes; longer ones are refused before any hashing.
pub const MAX_BYTES: usize = 1024;

/// A text takes at most three times as many bytes in one form of Unicode as in another (UAX #15).
const TYPED_MAX_BYTES: usize = 3 * MAX_BYTES;

/// A password in the one form in which it is hashed: OpaqueString of RFC 8265, composed and with ASCII's space for each other.
pub struct Password {
    prepared: Secret<String>,
    /// As it was typed, where that is different: a hash from before there was this form may be of it.
    typed: Option<Secret<String>>,
}

impl Password {
    /// A password as it was typed. `None`: it is empty, or too long in either form.
    pub fn typed(nfc: Nfc, typed: Secret<String>) -> Option<Self> {
        let text = typed.expose();
        if text.is_empty() || text.len() > TYPED_MAX_BYTES {
            return None;
        }
        if text.is_ascii() {
            return (text.len() <= MAX_BYTES).then_some(Self { prepared: typed, typed: None });
        }
        let spaced: Zeroizing<String> =
            Zeroizing::new(text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect());
        let prepared = Secret::new(nfc(&spaced));
        let short = |text: &Secret<String>| text.expose().len() <= MAX_BYTES;
        let fits = short(&prepared) || short(&typed);
        let same: bool = prepared.expose().as_bytes().ct_eq(typed.expose().as_bytes()).into();
        let typed = (!same).then_some(typed);
        fits.then_some(Self { prepared, typed })
    }

    /// A password that is to be set. `personal` is what a guesser would know of its user: the e-mail address, its local part,
    /// the user's name, the site's name.
    ///
    /// # Errors
    /// Why it may not be.
    pub fn chosen(nfc: Nfc, typed: Secret<String>, personal: &[&str]) -> Result<Self, Refusal> {
        let empty = typed.expose().is_empty();
        let refusal = if empty { Refusal::TooShort } else { Refusal::TooLong };
        let password = Self::typed(nfc, typed).ok_or(refusal)?;
        let personal: Vec<String> = personal.iter().map(|name| nfc(name)).collect();
        rules::acceptable(password.prepared.expose(), &personal)?;
        Ok(password)
    }
}

/// A space that is not ASCII's (general category Zs).
fn is_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// What one argon2id hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// OWASP's and ASVS's choice for a machine with little memory: what every [`Config`](crate::context::Config) is built with.
pub const COST: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };

/// How each stored password begins: algorithm and version.
const PHC: &str = "$argon2id$v=19$";

const HASH_BYTES: usize = 32;

/// A stored password.
#[derive(Clone, Deserialize)]
pub struct Stored {
    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. The pepper went in as RFC 9106's secret value K.
    #[serde(rename = "password_phc")]
    pub phc: String,
    /// Id of the pepper.
    #[serde(rename = "password_key")]
    pub key_id: String,
}

/// Hashes a password under the current pepper.
///
/// # Errors
/// No randomness or no memory.
pub fn hash(cost: Cost, peppers: &Keyring, rng: &dyn Rng, password: &Password) -> Result<Stored, Fault> {
    let pepper = peppers.current();
    let salt = rng.bytes::<16>()?;
    let hash = argon2id(cost, pepper, password.prepared.expose().as_bytes(), &salt)?;
    let Cost { memory_kib, passes, lanes } = cost;
    let [salt, hash] = [&salt[..], &hash].map(Base64Unpadded::encode_string);
    let phc = format!("{PHC}m={memory_kib},t={passes},p={lanes}${salt}${hash}");
    Ok(Stored { phc, key_id: pepper.id().to_owned() })
}

/// What came of comparing a password.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another.
    Wrong,
    /// It is the stored one.
    Right,
    /// It is, but the stored hash is of how it was typed, from before there was one form.
    AsTyped,
}

impl Verdict {
    /// Whether it is the stored one.
    pub fn right(self) -> bool {
        self != Self::Wrong
    }
}

/// Whether `password` is the stored one. With nothing stored the same work is done against a hash that nothing matches,
/// so that no one learns from the time it takes, or from the answer, whether there is such a user. Nor from a stored hash that
/// cannot be checked, malformed or under a pepper that is not in use any more: `unreadable` is told, and it is as none.
/// A password that was typed in another form is compared in both, one after the other, whoever it is for.
///
/// # Errors
/// No memory.
pub fn verify(
    cost: Cost,
    peppers: &Keyring,
    stored: Option<&Stored>,
    password: &Password,
    unreadable: impl Fn(&Fault),
) -> Result<Verdict, Fault> {
    let is = |form: &Secret<String>| is_of(cost, peppers, stored, form.expose().as_bytes(), &unreadable);
    if is(&password.prepared)? {
        return Ok(Verdict::Right);
    }
    match &password.typed {
        Some(typed) if is(typed)? => Ok(Verdict::AsTyped),
        _ => Ok(Verdict::Wrong),
    }
}

/// Whether the stored hash is of these bytes.
fn is_of(
    cost: Cost,
    peppers: &Keyring,
    stored: Option<&Stored>,
    typed: &[u8],
    unreadable: impl Fn(&Fault),
) -> Result<bool, Fault> {
    let readable = |stored: &Stored| {
        let (cost, salt, hash) = parts(&stored.phc).ok_or_else(|| Fault::new("no PHC string of argon2id"))?;
        Ok(argon2id(cost, peppers.get(&stored.key_id)?, typed, &salt)?.ct_eq(hash.as_slice()).into())
    };
    if let Some(right) = stored.and_then(|stored| readable(stored).inspect_err(unreadable).ok()) {
        return Ok(right);
    }
    argon2id(cost, peppers.current(), typed, &[0; 16])?;
    Ok(false)
}

/// Whether a stored hash should be made anew from the password just proven: other costs, or an older pepper.
pub fn outdated(cost: Cost, peppers: &Keyring, stored: &Stored) -> bool {
    let paid = parts(&stored.phc).map(|(paid, ..)| paid);
    stored.key_id != peppers.current().id() || paid != Some(cost)
}

/// Cost, salt and hash of a PHC string. By hand: what the crate has for it reads every algorithm's, and is 7 kB of a Worker.
fn parts(phc: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let mut parts = phc.strip_prefix(PHC)?.split('$');
    let mut settings = parts.next()?.split(',');
    let mut number = |name| settings.next()?.strip_prefix(name)?.parse().ok();
    let cost = Cost { memory_kib: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
    let mut bytes = || Base64Unpadded::decode_vec(parts.next()?).ok();
    let (salt, hash) = (bytes()?, bytes()?);
    let whole = settings.next().or(parts.next()).is_none() && hash.len() == HASH_BYTES;
    whole.then_some((cost, salt, hash))
}

fn argon2id(cost: Cost, pepper: &Key, password: &[u8], salt: &[u8]) -> Result<[u8; HASH_BYTES], Fault> {
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES)).map_err(Fault::new)?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params)
        .and_then(|argon2| argon2.hash_password_into(password, salt, &mut hash))
        .map_err(Fault::new)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::cell::Cell;

    use super::*;

    const LEAST: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    /// Of `correct horse battery`, as the crate itself writes it.
    const WRITTEN: &str =
        "$argon2id$v=19$m=8,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQ$obWc0z6ETXJ6FPB2Qor0BZd2hqbT/+/aa7kKXkmKX64";

    struct Ones;

    impl Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
            bytes.fill(1);
            Ok(())
        }
    }

    #[test]
    fn phc_strings_are_those_of_the_crate_and_no_other_is_read() {
        let peppers = Keyring::parse("p1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
        let password = Password::typed(str::to_owned, Secret::new("correct horse battery".to_owned())).unwrap();
        assert_eq!(hash(LEAST, &peppers, &Ones, &password).unwrap().phc, WRITTEN);

        let read = |phc: &str| {
            let (told, stored) = (Cell::new(0), Stored { phc: phc.to_owned(), key_id: "p1".to_owned() });
            let verdict = verify(LEAST, &peppers, Some(&stored), &password, |_| told.set(told.get() + 1)).unwrap();
            (verdict, told.get(), outdated(LEAST, &peppers, &stored))
        };
        assert_eq!(read(WRITTEN), (Verdict::Right, 0, false));
        assert_eq!(read(&WRITTEN.replace("$ob", "$oc")), (Verdict::Wrong, 0, false));
        assert_eq!(read(&WRITTEN.replace("m=8", "m=9")), (Verdict::Wrong, 0, true));
        let (no_hash, _) = WRITTEN.rsplit_once('$').unwrap();
        let others = [
            ("$argon2id", "$argon2i"),
            ("v=19", "v=16"),
            ("m=8,", ""),
            ("m=8", "m="),
            ("t=1", "x=1"),
            ("p=1", "p=1,"),
            ("p=1$", "p=1,"),
            ("$AQ", "$A*"),
            ("/aa7k", "/aa"),
            ("KX64", "KX64$"),
        ];
        for other in others.map(|(from, to)| WRITTEN.replace(from, to)).iter().map(String::as_str).chain(["", no_hash])
        {
            assert_eq!(read(other), (Verdict::Wrong, 1, true), "{other}");
        }
    }
}
