//! How many wrong attempts are allowed, and how long the pause after them is. The counting itself is SQL that charges the
//! attempt before anything is compared (`store`), so no burst of parallel requests gets past it. What was right is
//! given back: a person's budgets count wrong attempts and nothing else. A right code that is used or burned is given back to
//! its person too, but stays counted where it was typed: in the login, or in a full session as a try at the password.
//!
//! Passwords are counted by address and place, codes by user. A browser in which someone has completed a login is known: its
//! attempts are counted apart, so strangers who fail on purpose cannot keep it out.

use std::cell::RefCell;

use crate::{event::Action, policy::Authenticator, ports::Now, secret::Keyring};

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

/// Wrong passwords for one address from one network, or from one known browser: from the tenth on 1 s, doubling to 15
/// minutes. Never for good, or strangers could lock anyone out.
pub const PASSWORD: Pause = Pause { from: 10, first_ms: 1_000, longest_ms: 15 * 60_000 };

/// Wrong passwords in an hour, for one address from everywhere or from one network for every address, after which
/// browsers that are not known get one try in [`FLOOD_PAUSE_MS`].
pub const FLOOD: i64 = 300;

/// The hour that [`FLOOD`] counts in, in milliseconds. It begins with the first wrong password.
pub const FLOOD_MS: i64 = 60 * 60_000;

/// The pause between two tries in a flood, in milliseconds: for each network where an address is flooded, for all of
/// its addresses where a network floods.
pub const FLOOD_PAUSE_MS: i64 = 30_000;

/// Wrong codes of one user within [`CODES_MS`], over all browsers.
pub const CODES_MAX: i64 = 10;

/// Those of them that browsers share which are not known: a thief of the password leaves the owner's browser the rest.
pub const CODES_UNKNOWN_MAX: i64 = 5;

/// The quarter of an hour that wrong codes are counted in, in milliseconds.
pub const CODES_MS: i64 = 15 * 60_000;

/// Codes that may be tried in one login, used ones too; then it is over and the password is asked for again.
pub const ATTEMPTS_PER_LOGIN: i64 = 5;

/// Consecutive failures after which a user's authenticators accept nothing more (NIST SP 800-63B-4 §3.2.2: at most 100).
pub const CODE_FAILURES_MAX: i64 = 100;

/// Failures within 30 days, whether or not a success came between, that raise an alert.
pub const ALERT_FAILURES: i64 = 10;

/// The days over which [`ALERT_FAILURES`] counts, in milliseconds.
pub const ALERT_WINDOW_MS: i64 = 30 * 24 * 3_600_000;

/// Used and burned codes of one user and one act that are written down within [`USED_CODES_MS`].
pub const USED_CODES_WRITTEN: i64 = 10;

/// The hour that [`USED_CODES_WRITTEN`] counts in, in milliseconds.
pub const USED_CODES_MS: i64 = 3_600_000;

/// Acts of one kind with which someone changes their own sign-in, within [`OWN_ACTS_MS`]: each is a row of the audit.
pub const OWN_ACTS: i64 = 30;

/// How many of this kind there may be, if that is bounded. What ends a session, sets a new password or takes an authenticator
/// away is always in reach, or a thief could spend what its owner needs against the thief. Each of these takes a login or a
/// password's hash, or there was a set-up before it.
pub fn own_acts(action: Action) -> Option<i64> {
    match action {
        Action::Login | Action::Logout | Action::SessionEnded | Action::SessionsEnded => None,
        Action::Password | Action::AuthenticatorRemoved | Action::TwoFactorDisabled => None,
        _ => Some(OWN_ACTS),
    }
}

/// The hour that [`OWN_ACTS`] counts in, in milliseconds.
pub const OWN_ACTS_MS: i64 = 3_600_000;

/// Invitations that one account mails to one address within [`INVITATIONS_TO_ADDRESS_MS`]: nobody's mailbox is flooded by them.
pub const INVITATIONS_TO_ADDRESS: i64 = 5;

/// The day that [`INVITATIONS_TO_ADDRESS`] counts in, in milliseconds.
pub const INVITATIONS_TO_ADDRESS_MS: i64 = 24 * 3_600_000;

/// Invitations that one account mails within [`INVITATIONS_OF_ACCOUNT_MS`], to whomever.
pub const INVITATIONS_OF_ACCOUNT: i64 = 50;

/// The hour that [`INVITATIONS_OF_ACCOUNT`] counts in, in milliseconds.
pub const INVITATIONS_OF_ACCOUNT_MS: i64 = 3_600_000;

/// For each wrong password in a row it takes so many milliseconds without another until all are forgotten, up to
/// [`FORGOTTEN_MS`]. So whoever waits for that has one try an hour, where the longest pause allows four; and a network that
/// makes addresses up has never more rows than it has tries in an hour.
pub const FORGOTTEN_EACH_MS: i64 = 3_600_000;

/// After so many milliseconds without an attempt a budget of passwords is full again, however many failed.
pub const FORGOTTEN_MS: i64 = 24 * FORGOTTEN_EACH_MS;

/// Browsers of one user that are known at the same time; a further one takes the place of the oldest.
pub const BROWSERS_MAX: i64 = 5;

/// Password hashes that one instance has under way; one more is answered 503.
pub const HASHES_MAX: usize = 16;

/// Those of them that come from one network.
pub const HASHES_OF_NETWORK_MAX: usize = 8;

/// After so many milliseconds one that never ended is no longer counted: its request was cut off.
pub const HASH_LAPSES_MS: i64 = 10_000;

/// The state of a user's authenticators, from how many there are and how many attempts failed in a row.
pub fn authenticator(confirmed: i64, code_failures: i64) -> Authenticator {
    match confirmed {
        0 => Authenticator::Missing,
        _ if code_failures >= CODE_FAILURES_MAX => Authenticator::Locked,
        _ => Authenticator::Ready,
    }
}

/// Whole seconds from `now` until `until`, at least one: the value of `Retry-After`.
pub fn retry_after_s(until: i64, now: Now) -> u64 {
    u64::try_from((until - now.0 + 999).div_euclid(1000)).unwrap_or(0).max(1)
}

/// For how long a link to a new password works after it was asked for, in milliseconds.
pub const RESET_MS: i64 = 30 * 60_000;

/// Links to a new password that can be asked for within [`RESETS_MS`], from one network for one address.
pub const RESETS: i64 = 5;

/// And from one network for every address.
pub const RESETS_OF_NETWORK: i64 = 60;

/// The hour that both count in, in milliseconds. It begins with the first.
pub const RESETS_MS: i64 = 3_600_000;

/// For so many milliseconds the same network has no further one for the same address: its mail is on the way.
pub const RESET_PAUSE_MS: i64 = 60_000;

/// Links that are mailed to one person within [`RESETS_MS`], whoever asks: strangers in all, and each known browser apart, so
/// that no stranger takes its owner's.
pub const RESET_MAILS: i64 = 3;

/// The same within [`RESET_DAY_MS`]; past these there is one within [`RESETS_MS`], or a stranger could take a whole day of them.
pub const RESET_MAILS_OF_DAY: i64 = 10;

/// The day that they count in, in milliseconds.
pub const RESET_DAY_MS: i64 = 24 * 3_600_000;

/// For how long a link to a new address works after it was asked for, in milliseconds: its person may have to sign in first.
pub const EMAIL_MS: i64 = 60 * 60_000;

/// Links to a new address that one person asks for within [`RESETS_MS`].
pub const EMAILS: i64 = 5;

/// The same within [`RESET_DAY_MS`].
pub const EMAILS_OF_DAY: i64 = 10;

/// For how long whoever reads the mail of an address can take it back after it was changed, and nobody else gets it, in milliseconds.
pub const EMAIL_UNDO_MS: i64 = 7 * 24 * 3_600_000;

/// Under what it is kept how many links were asked for from a network, for one address or for every one.
pub fn asked_for(peppers: &Keyring, network: &str, email: &str) -> String {
    peppers.current().mac("forgot", &[network, email])
}

/// Under what the budget of an address is kept, whether or not a user has it. Keyed: what strangers type at a login, a
/// password in the wrong field among it, cannot be guessed from the table.
pub fn subject(peppers: &Keyring, email: &str) -> String {
    peppers.current().mac("throttle", &[email])
}

/// The password hashes that an instance has under way: each takes 19 MiB and all of its attention, so a flood of them must not
/// queue up before everyone else. Forms that it holds for their users are bounded by the same numbers, apart from these.
#[derive(Default)]
pub struct Hashes(RefCell<Vec<UnderWay>>);

struct UnderWay {
    number: u64,
    network: String,
    since: Now,
}

/// One of [`Hashes`], until it is dropped.
pub struct Hash<'h> {
    hashes: &'h Hashes,
    number: u64,
}

impl Hashes {
    /// Begins one. `None`: there are too many, in all or from this network.
    pub fn begin(&self, network: &str, now: Now) -> Option<Hash<'_>> {
        let mut under_way = self.0.try_borrow_mut().ok()?;
        under_way.retain(|hash| (now.0 - hash.since.0).abs() < HASH_LAPSES_MS);
        let of_network = under_way.iter().filter(|hash| hash.network == network).count();
        if under_way.len() >= HASHES_MAX || of_network >= HASHES_OF_NETWORK_MAX {
            return None;
        }
        let number = under_way.iter().map(|hash| hash.number).max().unwrap_or(0) + 1;
        under_way.push(UnderWay { number, network: network.to_owned(), since: now });
        Some(Hash { hashes: self, number })
    }
}

impl Drop for Hash<'_> {
    fn drop(&mut self) {
        if let Ok(mut under_way) = self.hashes.0.try_borrow_mut() {
            under_way.retain(|hash| hash.number != self.number);
        }
    }
}
