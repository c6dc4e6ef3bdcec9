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
pub fn hash(cost: Cost, peppers: &Keyring, rng: &dyn Rng, password: &Secret<String>) -> Result<Stored, Fault> {
    let pepper = peppers.current();
    let salt = rng.bytes::<16>()?;
    let phc =
        argon2id(cost, pepper)?.hash_password_with_salt(password.expose().as_bytes(), &salt).map_err(Fault::new)?;
    Ok(Stored { phc: phc.to_string(), key_id: pepper.id().to_owned() })
}

/// Whether `password` is the stored one. With nothing stored the same work is done against a hash that nothing matches,
/// so that no one learns from the time it takes, or from the answer, whether there is such a user. Nor from a stored hash that
/// cannot be checked, malformed or under a pepper that is not in use any more: `unreadable` is told, and it is as none.
///
/// # Errors
/// No memory.
pub fn verify(
    cost: Cost,
    peppers: &Keyring,
    stored: Option<&Stored>,
    password: &Secret<String>,
    unreadable: impl FnOnce(&Fault),
) -> Result<bool, Fault> {
    let typed = password.expose().as_bytes();
    let readable = |stored: &Stored| {
        let (pepper, phc) = (peppers.get(&stored.key_id)?, PasswordHash::new(&stored.phc).map_err(Fault::new)?);
        // Without an output nothing would be compared, nor any work done.
        if phc.hash.is_none() {
            return Err(Fault::new("a stored password without its hash"));
        }
        match argon2id(cost, pepper)?.verify_password(typed, &phc) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(e) => Err(Fault::new(e)),
        }
    };
    if let Some(right) = stored.and_then(|stored| readable(stored).inspect_err(unreadable).ok()) {
        return Ok(right);
    }
    let mut nothing = [0; 32];
    argon2id(cost, peppers.current())?.hash_password_into(typed, &[0; 16], &mut nothing).map_err(Fault::new)?;
    Ok(false)
}

/// Whether a stored hash should be made anew from the password just proven: other costs, or an older pepper.
pub fn outdated(cost: Cost, peppers: &Keyring, stored: &Stored) -> bool {
    let paid = PasswordHash::new(&stored.phc).ok().and_then(|phc| Params::try_from(&phc).ok());
    let paid = paid.map(|p| Cost { memory_kib: p.m_cost(), passes: p.t_cost(), lanes: p.p_cost() });
    stored.key_id != peppers.current().id() || paid != Some(cost)
}

fn argon2id(cost: Cost, pepper: &Key) -> Result<Argon2<'_>, Fault> {
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(Fault::new)?;
    Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params).map_err(Fault::new)
}
