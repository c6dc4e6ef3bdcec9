//! People: who they are, what they belong to, and the sessions and tokens by which they act.

pub mod caller;
pub mod names;
pub mod role;
pub mod service;
pub mod session;

use serde::{Deserialize, Serialize};

pub use role::{Permission, Role};

use self::session::Site;
use crate::{
    policy::{self, Authenticator, Proof, Requirement, Step},
    ports::Now,
};

/// A person, as far as signing in is concerned.
pub struct Person {
    /// The site the person is signing in at.
    pub site: Site,
    /// User id.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// Whether they have followed a link that was mailed to it. Until then others vouch for it.
    pub email_verified: bool,
    /// Display name.
    pub name: String,
    /// What the policy needs to know.
    pub user: policy::User,
    /// How many confirmed authenticators there are.
    pub authenticators: i64,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
    /// Whether they have shown that they have them at hand.
    pub codes_kept: CodesKept,
    /// Names the recovery codes there are.
    pub codes_set: String,
    /// The accounts the person belongs to, as far as the session is worth something in them.
    pub memberships: Vec<Membership>,
    /// What the accounts the person belongs to ask for, each of those that require two-factor login.
    pub requirements: Vec<Requirement>,
    /// The name of one of those accounts.
    pub required_by: Option<String>,
    /// Where two-factor login is going to be required, the first of those days.
    pub starts: Option<Starts>,
}

/// That an account is going to require two-factor login.
#[derive(Clone)]
pub struct Starts {
    /// From when on.
    pub at: Now,
    /// The account's name.
    pub account: String,
    /// Whether others are held before: they are exempt until then.
    pub exempt: bool,
}

/// Whether someone has shown, by typing one of them, that they kept their recovery codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodesKept {
    /// Not yet asked for, or not answered.
    Due,
    /// Put off until the next login; it can be put off only once.
    Postponed,
    /// Shown, or there are none.
    Kept,
}

/// That a person belongs to an account.
#[derive(Serialize)]
pub struct Membership {
    /// Account id.
    #[serde(rename = "id")]
    pub account_id: String,
    /// Account name.
    pub name: String,
    /// What the person may do there.
    pub role: Role,
}

impl Person {
    /// What comes next for this person with this proof, at this site.
    pub fn next_step(&self, proof: Proof) -> Step {
        match self.site {
            Site::Edge => policy::next_step(self.user, &self.requirements, proof),
            Site::Admin => {
                let administers = self.memberships.iter().any(|m| m.role.administers());
                policy::next_admin_step(self.user, administers, proof)
            }
        }
    }

    /// Since when the requirement holds that was turned on last.
    pub fn required_since(&self) -> Option<Now> {
        self.requirements.iter().map(|requirement| requirement.since).max()
    }

    /// Whether an account of this person requires two-factor login.
    pub fn required_by_account(&self) -> bool {
        !self.requirements.is_empty()
    }

    /// The day from which on this person is going to be stopped with all others, as long as they have set nothing up.
    pub fn stopped_from(&self) -> Option<&Starts> {
        self.starts.as_ref().filter(|starts| !starts.exempt && !self.two_factor_set_up())
    }

    /// Whether this person has set two-factor login up.
    pub fn two_factor_set_up(&self) -> bool {
        self.user.authenticator != Authenticator::Missing
    }

    /// Whether it is on: set up, and asked for by their own switch or by an account.
    pub fn two_factor_enabled(&self) -> bool {
        self.two_factor_set_up() && (self.user.chosen || self.required_by_account())
    }
}
