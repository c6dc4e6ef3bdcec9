//! Passwords: argon2id (RFC 9106) under a pepper, as PHC strings; and which ones may be set.

mod common;
mod rules;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use serde::Deserialize;

use crate::{
    ports::{Fault, Rng},
    secret::{Key, Keyring, Secret},
};

pub use rules::{MAX_CHARS, MIN_CHARS, Refusal, acceptable};

/// Longest password in bytes; longer ones are refused before any hashing.
pub const MAX_BYTES: usize = 1024;

/// Memory in KiB, passes, lanes: OWASP's and ASVS's choice for a machine with little memory.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// A stored password.
#[derive(Clone, Debug, Deserialize)]
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
pub fn hash(peppers: &Keyring, rng: &dyn Rng, password: &Secret<String>) -> Result<Stored, Fault> {
    let pepper = peppers.current();
    let salt = rng.bytes::<16>()?;
    let phc = argon2id(pepper)?.hash_password_with_salt(password.expose().as_bytes(), &salt).map_err(Fault::new)?;
    Ok(Stored { phc: phc.to_string(), key_id: pepper.id().to_owned() })
}

/// Whether `password` is the stored one. With nothing stored the same work is done against a hash that nothing matches,
/// so that no one learns from the time it takes whether there is such a user.
///
/// # Errors
/// The stored hash cannot be checked: malformed, or its pepper is not in use.
pub fn verify(peppers: &Keyring, stored: Option<&Stored>, password: &Secret<String>) -> Result<bool, Fault> {
    let pepper = stored.map_or(Ok(peppers.current()), |stored| peppers.get(&stored.key_id))?;
    let argon2 = argon2id(pepper)?;
    let Some(stored) = stored else {
        let mut nothing = [0; 32];
        argon2.hash_password_into(password.expose().as_bytes(), &[0; 16], &mut nothing).map_err(Fault::new)?;
        return Ok(false);
    };
    let phc = PasswordHash::new(&stored.phc).map_err(Fault::new)?;
    match argon2.verify_password(password.expose().as_bytes(), &phc) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(Fault::new(e)),
    }
}

/// Whether a stored hash should be made anew from the password just proven: other costs, or an older pepper.
pub fn outdated(peppers: &Keyring, stored: &Stored) -> bool {
    let costs = PasswordHash::new(&stored.phc).ok().and_then(|phc| Params::try_from(&phc).ok());
    stored.key_id != peppers.current().id()
        || costs.is_none_or(|costs| (costs.m_cost(), costs.t_cost(), costs.p_cost()) != COST)
}

fn argon2id(pepper: &Key) -> Result<Argon2<'_>, Fault> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(Fault::new)?;
    Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params).map_err(Fault::new)
}
