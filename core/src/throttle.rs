//! How many wrong attempts are allowed, and how long the pause after them is. The counting itself is one SQL statement
//! that charges the attempt before anything is compared (`store`), so no burst of parallel requests gets past it.
//!
//! Budgets are per user, across logins. A browser that has completed a login before carries a device cookie and draws on
//! a budget of its own, so strangers who fail on purpose cannot keep it out.

use crate::{
    policy::Authenticator,
    ports::{Fault, Now, Rng},
    secret::Keyring,
};

/// A pause after repeated failures: from failure number `from` on, `first_ms`, doubling with each further one up to
/// `longest_ms`.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    /// The failure that brings the first pause.
    pub from: i64,
    /// The first pause in milliseconds.
    pub first_ms: i64,
    /// The longest pause in milliseconds.
    pub longest_ms: i64,
}

/// Passwords: from the tenth failure 1 s, doubling to 15 minutes. Never for good, or strangers could lock anyone out.
pub const PASSWORD: Pause = Pause { from: 10, first_ms: 1_000, longest_ms: 15 * 60_000 };

/// One-time codes and recovery codes together: from the fifth failure 30 s, doubling to an hour. The tenth failure comes
/// at the earliest 15.5 minutes after the first, which keeps within ten in fifteen minutes.
pub const CODE: Pause = Pause { from: 5, first_ms: 30_000, longest_ms: 60 * 60_000 };

/// Codes that may be tried in one login; then it is over and the password is asked for again.
pub const ATTEMPTS_PER_LOGIN: i64 = 5;

/// Consecutive failures after which a user's authenticators accept nothing more (NIST SP 800-63B-4 §3.2.2: at most 100).
pub const CODE_FAILURES_MAX: i64 = 100;

/// Failures within 30 days, whether or not a success came between, that raise an alert.
pub const ALERT_FAILURES: i64 = 10;

/// The days over which [`ALERT_FAILURES`] counts, in milliseconds.
pub const ALERT_WINDOW_MS: i64 = 30 * 24 * 3_600_000;

/// After so many milliseconds without an attempt a budget is full again. Who waits for that gains nothing: of passwords a
/// day allows 96 attempts at the longest pause, and 20 on the way to it; of codes 24, and 12.
pub const FORGOTTEN_MS: i64 = 24 * 3_600_000;

/// The state of a user's authenticators, from how many there are and how many attempts failed in a row.
pub fn authenticator(confirmed: i64, code_failures: i64) -> Authenticator {
    match confirmed {
        0 => Authenticator::Missing,
        _ if code_failures >= CODE_FAILURES_MAX => Authenticator::Locked,
        _ => Authenticator::Ready,
    }
}

/// Whole seconds from `now` until `blocked_until`, at least one: the value of `Retry-After`.
pub fn retry_after_s(blocked_until: i64, now: Now) -> u64 {
    u64::try_from((blocked_until - now.0 + 999).div_euclid(1000)).unwrap_or(0).max(1)
}

/// Under what the budget of an address is kept, whether or not a user has it. Keyed: what strangers type at a login, a
/// password in the wrong field among it, cannot be guessed from the table.
pub fn subject(peppers: &Keyring, email: &str) -> String {
    peppers.current().mac("throttle", &[email])
}

/// Makes the value of a device cookie for a browser that has just completed a login: a random id and a MAC that ties it
/// to the user's address.
///
/// # Errors
/// No randomness.
pub fn new_device(peppers: &Keyring, rng: &dyn Rng, email: &str) -> Result<String, Fault> {
    let id = rng.id()?;
    let tag = peppers.current().mac("device", &[email, &id]);
    Ok(format!("{id}.{tag}"))
}

/// The id in a device cookie, if it is true and this user's.
pub fn known_device<'c>(peppers: &Keyring, email: &str, cookie: &'c str) -> Option<&'c str> {
    let (id, tag) = cookie.split_once('.')?;
    peppers.all().any(|key| key.mac_matches("device", &[email, id], tag)).then_some(id)
}
