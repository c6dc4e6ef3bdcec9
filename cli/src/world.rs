//! What commands act on: a database, randomness and the time.

use std::time::{SystemTime, UNIX_EPOCH};

use airlock::ports::{Fault, Now, Rng, Rows, Statement};
use unicode_normalization::UnicodeNormalization;

/// Runs statements as one transaction.
pub type Batch<'a> = dyn Fn(&[Statement]) -> Result<Vec<Rows>, Fault> + 'a;

/// What a command acts on.
pub struct World<'a> {
    /// The database.
    pub batch: &'a Batch<'a>,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// When the command was given.
    pub now: Now,
}

/// The operating system's randomness.
pub struct Random;

impl Rng for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        getrandom::fill(bytes).map_err(Fault::new)
    }
}

/// The time.
///
/// # Errors
/// The clock is set to before 1970.
pub fn now() -> Result<Now, Fault> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Fault::new)?;
    i64::try_from(since.as_millis()).map(Now).map_err(Fault::new)
}

/// A text composed.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// The rows of the next statement.
///
/// # Errors
/// There are none.
pub fn next(results: &mut impl Iterator<Item = Rows>) -> Result<Rows, Fault> {
    results.next().ok_or_else(|| Fault::new("the database returned fewer results than statements"))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Runs a command on the database that the core's tests have.
    pub fn on<T>(world: &airlock_tests::World, act: impl FnOnce(&World<'_>) -> T) -> T {
        let batch = |statements: &[Statement]| Ok(world.db.run(statements.to_vec()));
        act(&World { batch: &batch, rng: &Random, now: world.now.get() })
    }
}
