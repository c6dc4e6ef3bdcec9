//! Sessions: what a browser has proven, for how long, and the cookies it holds.

use serde::{Deserialize, Serialize};

use super::Person;
use crate::{
    factor::totp::Parameters,
    policy::{Proof, Step},
    ports::Now,
    secret::{Sealed, TokenHash},
};

/// The cookie of a browser in which someone has completed a login. It opens nothing; see [`crate::limit`].
pub const BROWSER_COOKIE: &str = "__Host-airlock-browser";

/// The cookie by which the sign-in page finds out whether the browser keeps any.
pub const PROBE_COOKIE: &str = "__Host-airlock-probe";

/// The cookie with the link that was opened last, for as long as it takes to sign in and join.
pub const INVITATION_COOKIE: &str = "__Host-airlock-invitation";

/// How long that is, in seconds.
pub const INVITATION_COOKIE_MAX_AGE_S: u32 = 3_600;

/// The cookie with the link to a new password that was opened last.
pub const RESET_COOKIE: &str = "__Host-airlock-reset";

/// How long it is kept, in seconds: as long as a link works.
pub const RESET_COOKIE_MAX_AGE_S: u32 = 1_800;

/// The cookie with the link to a new address, or back to the old one, that was opened last.
pub const EMAIL_COOKIE: &str = "__Host-airlock-email";

/// How long it is kept, in seconds: as long as a link to a new address works.
pub const EMAIL_COOKIE_MAX_AGE_S: u32 = 3_600;

/// How long a browser stays known, in seconds.
pub const BROWSER_COOKIE_MAX_AGE_S: u32 = 90 * 86_400;

/// The same in milliseconds, which is what counts.
pub const BROWSER_MS: i64 = BROWSER_COOKIE_MAX_AGE_S as i64 * 1_000;

/// What the token in that cookie is hashed for.
pub const BROWSER_TOKEN: &str = "browser";

/// From password to code: five minutes.
pub const VERIFY_MS: i64 = 5 * 60_000;

/// From password to a set-up authenticator: fifteen minutes.
pub const ENROL_MS: i64 = 15 * 60_000;

/// `last_seen_at` is written at most once a minute.
pub const TOUCH_MS: i64 = 60_000;

/// How long a re-authentication, or a second factor, counts as fresh.
pub const FRESH_MS: i64 = 5 * 60_000;

/// Logins of one user that may wait for their second step at the same time, for each known browser and for each network of
/// others; a further one ends the oldest from there.
pub const PENDING_MAX: i64 = 5;

/// Full sessions of one user at one of the Workers; a further one ends the one seen least lately. As many are listed.
pub const SESSIONS_MAX: i64 = 100;

/// For how long the token that a re-authentication replaced still reads at the gate, in milliseconds.
pub const REPLACED_MS: i64 = 10_000;

/// For how long the same form, sent again, gets the answer of before, in milliseconds.
pub const REPEAT_MS: i64 = 60_000;

/// For how long what is shown once is shown again by a reload, in milliseconds.
pub const SHOWN_MS: i64 = 10 * 60_000;

/// Which of the two Workers a session belongs to. A token of the one is worth nothing at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Site {
    /// In front of the protected app: for everyone.
    Edge,
    /// For those who administer an account, and never without a second factor.
    Admin,
}

impl Site {
    /// Its name in the audit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Admin => "admin",
        }
    }

    /// The session cookie. `__Host-`: this host only, over TLS only, for every path.
    pub fn cookie(self) -> &'static str {
        match self {
            Self::Edge => "__Host-airlock",
            Self::Admin => "__Host-airlock-admin",
        }
    }

    /// What goes into the hash of a session token, so that no token of one site is found at the other.
    pub fn token_purpose(self) -> &'static str {
        match self {
            Self::Edge => "edge session",
            Self::Admin => "admin session",
        }
    }

    /// A full session ends after so many milliseconds whatever happens (NIST SP 800-63B-4 §2.2.3 allows 24 hours).
    pub fn absolute_ms(self) -> i64 {
        match self {
            Self::Edge => 12 * 3_600_000,
            Self::Admin => 8 * 3_600_000,
        }
    }

    /// A session ends after so many milliseconds without a request (§2.2.3 allows an hour).
    pub fn idle_ms(self) -> i64 {
        match self {
            Self::Edge => 30 * 60_000,
            Self::Admin => 15 * 60_000,
        }
    }

    /// How long a session lasts that has just come to `step`, in milliseconds.
    pub fn lifetime_ms(self, step: Step) -> i64 {
        match step {
            Step::Refuse => 0,
            Step::Verify => VERIFY_MS,
            Step::Enrol => ENROL_MS,
            Step::Done => self.absolute_ms(),
        }
    }
}

/// A live session and the person it belongs to, as the rows say now.
pub struct Session {
    /// The session's id, the same for its whole life.
    pub id: String,
    /// Hash of the token it was found by.
    pub token_hash: TokenHash,
    /// Whose it is.
    pub person: Person,
    /// Whether the login still waits for its second step.
    pub pending: bool,
    /// What it has proven.
    pub proof: Proof,
    /// The id of the known browser it was begun in, or empty.
    pub browser: String,
    /// Where to go once signed in: a path on this origin.
    pub return_to: String,
    /// Codes tried in this login.
    pub attempts: i64,
    /// When password and second factor were last proven for the person's own pages.
    pub reauthenticated_at: Option<Now>,
    /// When they were last proven for the app.
    pub stepped_up_at: Option<Now>,
    /// When the second factor was last proven, at the login or since.
    pub second_factor_at: Option<Now>,
    /// When it was last noted that a request came: once a minute at most.
    pub last_seen_at: Now,
    /// When it ends at the latest.
    pub expires_at: Now,
    /// The set-up begun in it, if one is waiting for its first code.
    pub enrolment: Option<Enrolment>,
}

impl Session {
    /// The stage it is in: decided now, from the rows of now.
    pub fn step(&self) -> Step {
        self.person.next_step(self.proof)
    }

    /// Whether its person was proven within the last five minutes, for their own pages.
    pub fn fresh(&self, now: Now) -> bool {
        lately(self.reauthenticated_at, now)
    }

    /// When each thing was last proven. A step-up is a second factor, and no further proof.
    pub fn proofs(&self) -> impl Iterator<Item = Now> {
        [Some(self.proof.password_at), self.second_factor_at, self.reauthenticated_at].into_iter().flatten()
    }

    /// Whether a second factor was proven for the app within the last five minutes.
    pub fn stepped_up(&self, now: Now) -> bool {
        lately(self.stepped_up_at, now)
    }

    /// Whether all is proven that its person has, asked for or not.
    pub fn whole(&self) -> bool {
        self.step() == Step::Done && (self.proof.second_factor.is_some() || self.person.authenticators == 0)
    }
}

/// A moment ahead was written by a clock that was set back since: it counts for as long, and no longer.
fn lately(at: Option<Now>, now: Now) -> bool {
    at.is_some_and(|at| (now.0 - at.0).abs() < FRESH_MS)
}

/// A set-up that waits for its first code.
pub struct Enrolment {
    /// Becomes the authenticator's id.
    pub id: String,
    /// How codes are computed.
    pub parameters: Parameters,
    /// The sealed seed.
    pub seed: Sealed,
    /// When it lapses.
    pub expires_at: Now,
}

/// A confirmed authenticator.
pub struct ConfirmedAuthenticator {
    /// Its id.
    pub id: String,
    /// How codes are computed.
    pub parameters: Parameters,
    /// The sealed seed.
    pub seed: Sealed,
    /// The newest time step used.
    pub last_step: i64,
}
