//! Recovery codes: what lets a user in once when the authenticator is lost.

use zeroize::Zeroizing;

use super::typed::meant;
use crate::{
    ports::{Fault, Rng},
    secret::{Keyring, Secret},
};

/// How many codes a user has.
pub const COUNT: usize = 10;

/// Random bytes in a code. 120 bits are past guessing, so a keyed hash stores them safely (ASVS 6.5.2: at least 112).
pub const BYTES: usize = 15;

/// Characters of a code: 5 bits each.
const CHARACTERS: usize = BYTES * 8 / 5;

/// A recovery code as typed, in its one canonical form: 24 characters of Crockford's base32, upper case, no hyphens.
#[derive(Debug)]
pub struct RecoveryCode(Secret<String>);

impl RecoveryCode {
    /// Reads a code. Case does not matter, nor do O for 0 and I or L for 1, nor what is forgiven in every code.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(CHARACTERS);
        for c in meant(typed) {
            if code.len() == CHARACTERS {
                return None;
            }
            code.push(match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c @ ('0'..='9' | 'A'..='H' | 'J' | 'K' | 'M' | 'N' | 'P'..='T' | 'V'..='Z') => c,
                _ => return None,
            });
        }
        (code.len() == CHARACTERS).then(|| Self(Secret::new(code)))
    }

    /// What the database would hold of this code of this user, under each pepper in use.
    pub fn macs(&self, peppers: &Keyring, user_id: &str) -> Vec<String> {
        peppers.all().map(|pepper| pepper.mac("recovery code", &[user_id, self.0.expose()])).collect()
    }
}

/// Ten new codes: as shown to the user, once, and as kept.
pub struct RecoveryCodes {
    /// Names these ten.
    pub id: String,
    /// In groups of four, joined by hyphens.
    pub shown: Vec<Zeroizing<String>>,
    /// HMAC-SHA-256 of each under the current pepper.
    pub macs: Vec<String>,
}

impl RecoveryCodes {
    /// Makes new codes for a user.
    ///
    /// # Errors
    /// No randomness.
    pub fn generate(rng: &dyn Rng, peppers: &Keyring, user_id: &str) -> Result<Self, Fault> {
        let mut codes = Self { id: rng.id()?, shown: Vec::new(), macs: Vec::new() };
        for _ in 0..COUNT {
            let bytes = Zeroizing::new(rng.bytes::<BYTES>()?);
            let code = Zeroizing::new(base32::encode(base32::Alphabet::Crockford, bytes.as_slice()));
            codes.macs.push(peppers.current().mac("recovery code", &[user_id, &code]));
            codes.shown.push(grouped(&code, '-'));
        }
        Ok(codes)
    }
}

/// `text` in groups of four characters, for people to read and type.
pub fn grouped(text: &str, separator: char) -> Zeroizing<String> {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push(separator);
        }
        out.push(c);
    }
    Zeroizing::new(out)
}
