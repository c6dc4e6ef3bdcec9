//! What a person must do next: the heart of Airlock. Pure, small, and tested over its whole input.

use serde::{Deserialize, Serialize};

use crate::{factor::SecondFactor, ports::Now};

/// What the policy needs to know of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// Whether the user may sign in at all.
    pub active: bool,
    /// The user's own two-factor switch. It counts only while no account of the user requires two-factor login.
    pub chosen: bool,
    /// Set by an admin's reset: two-factor must be set up again, whatever the switches say.
    pub must_enrol: bool,
    /// The state of the user's authenticators.
    pub authenticator: Authenticator,
}

/// The state of a user's authenticators, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticator {
    /// None confirmed.
    Missing,
    /// At least one accepts codes.
    Ready,
    /// Too many consecutive failures: none accepts a code until a new one is bound (NIST SP 800-63B-4 §3.2.2).
    Locked,
}

/// That an account requires two-factor login of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// When it was turned on.
    pub since: Now,
    /// Whom it holds.
    pub applies: Applies,
}

/// Which sessions a requirement holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Those begun since it was turned on; older ones go on until they end.
    #[default]
    NextLogin,
    /// Every one, at its very next request.
    Now,
}

impl Applies {
    /// Its name in the database and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::NextLogin => "next_login",
            Self::Now => "now",
        }
    }
}

/// What a session has proven so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// When the password was proven.
    pub password_at: Now,
    /// The second factor, if it was proven too.
    pub second_factor: Option<SecondFactor>,
}

impl Proof {
    /// What the app is told of it (RFC 8176).
    pub fn amr(&self) -> Vec<&'static str> {
        std::iter::once("pwd").chain(self.second_factor.map(SecondFactor::amr)).collect()
    }

    /// How much that is, in the words of REFEDS: one factor, or two that are of different kinds.
    pub fn acr(&self) -> &'static str {
        match self.second_factor {
            None => "https://refeds.org/profile/sfa",
            Some(SecondFactor::Totp | SecondFactor::Recovery) => "https://refeds.org/profile/mfa",
        }
    }
}

/// What a re-authentication counts for. One never stands in for the other: what a person types for the app, or for a
/// page that says it is the app's, opens nothing of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// One's own pages: how one signs in.
    Account,
    /// Paths of the app that ask for a second factor again.
    App,
}

/// What comes next. `Verify` and `Enrol` are also the stage a session is in until that is done.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Not allowed to sign in.
    Refuse,
    /// Prove the second factor.
    Verify,
    /// Set up an authenticator; nothing else is reachable.
    Enrol,
    /// Nothing: the session is full.
    Done,
}

impl Step {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "login",
            Self::Verify => "verify",
            Self::Enrol => "enrol",
            Self::Done => "done",
        }
    }
}

/// Decides what comes next. The strictest of the user's accounts wins; the user's own switch counts only while none of
/// them requires two-factor login, and is never changed by them.
pub fn next_step(user: User, requirements: &[Requirement], proof: Proof) -> Step {
    if !user.active {
        return Step::Refuse;
    }
    if user.must_enrol {
        return Step::Enrol;
    }
    if !user.chosen && !requirements.iter().any(|requirement| holds(*requirement, proof)) {
        return Step::Done;
    }
    match (user.authenticator, proof.second_factor) {
        (Authenticator::Missing, _) => Step::Enrol,
        (Authenticator::Ready | Authenticator::Locked, None) => Step::Verify,
        (Authenticator::Ready, Some(_)) => Step::Done,
        // Proven before the lock, and a lock is no reason to throw out who holds the authenticator.
        (Authenticator::Locked, Some(SecondFactor::Totp)) => Step::Done,
        // The way back from a lock: a recovery code, then a new authenticator.
        (Authenticator::Locked, Some(SecondFactor::Recovery)) => Step::Enrol,
    }
}

/// What comes next at the admin Worker: only for people who administer an account, and never without a second factor, whatever
/// accounts and users have chosen.
pub fn next_admin_step(user: User, administers: bool, proof: Proof) -> Step {
    let always = Requirement { since: Now(i64::MIN), applies: Applies::Now };
    next_step(User { active: user.active && administers, ..user }, &[always], proof)
}

/// Whether `requirement` holds a session with this proof. A login in the same millisecond is held.
fn holds(requirement: Requirement, proof: Proof) -> bool {
    match requirement.applies {
        Applies::Now => true,
        Applies::NextLogin => proof.password_at >= requirement.since,
    }
}
