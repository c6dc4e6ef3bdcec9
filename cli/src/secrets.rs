//! `secrets`: new keys, in the form of .env.

use airlock::ports::Fault;

use crate::{keys, world::Random};

/// A new key of each kind, a line each.
///
/// # Errors
/// No randomness.
pub fn run() -> Result<String, Fault> {
    let lines = keys::KINDS.iter().map(|kind| kind.line(&Random));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}
