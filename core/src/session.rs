//! Sessions: what a browser has proven, for how long, and the cookies it holds.

use serde::{Deserialize, Serialize};

use crate::{
    policy::{self, Authenticator, Proof, Purpose, Requirement, Step},
    ports::Now,
    secret::{Sealed, TokenHash},
    sign_in,
    totp::Parameters,
};

/// The cookie of a browser in which someone has completed a login. It opens nothing; see [`crate::throttle`].
pub const BROWSER_COOKIE: &str = "__Host-airlock-browser";

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

/// Which of the two Workers a session belongs to. A token of the one is worth nothing at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// What a proof counts for that leads to this path. The admin Worker has no app.
    pub fn purpose(self, return_to: &str) -> Purpose {
        let path = return_to.split(['?', '#']).next().unwrap_or_default();
        match self {
            Self::Edge if !sign_in::owns(path) => Purpose::App,
            _ => Purpose::Account,
        }
    }

    /// Where people go on after changing how they sign in.
    pub fn own_page(self) -> &'static str {
        match self {
            Self::Edge => "/auth/profile",
            Self::Admin => "/",
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

/// What a person may do in an account. Later ones may do all that earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sign in.
    Member,
    /// Administer the account.
    Admin,
    /// Administer it and its admins. An account always has one.
    Owner,
}

impl Role {
    /// The lowest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// Its name in the database and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Its place among them, as `memberships.rank` has it.
    pub fn rank(self) -> i64 {
        match self {
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }

    /// Whether it is enough for the admin Worker.
    pub fn administers(self) -> bool {
        self >= Self::Admin
    }
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

    /// Whether two-factor login is on for this person: an authenticator, and something that asks for it.
    pub fn two_factor_enabled(&self) -> bool {
        self.user.authenticator != Authenticator::Missing && (self.user.chosen || self.required_by_account())
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
    /// When password and second factor were last proven for one's own pages.
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

    /// Whether it was proven within the last five minutes whose it is, for one's own pages.
    pub fn fresh(&self, now: Now) -> bool {
        lately(self.reauthenticated_at, now)
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

/// Longest e-mail address in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX_BYTES: usize = 254;

/// Longest name of a person or an account, in characters.
pub const NAME_MAX_CHARS: usize = 100;

/// Longest name of a thing: an authenticator, an API token.
pub const THING_NAME_MAX_CHARS: usize = 64;

/// Longest part of an e-mail address before its `@`, in bytes (RFC 5321 §4.5.3.1.1).
pub const LOCAL_MAX_BYTES: usize = 64;

/// A name without surrounding spaces, if it has 1 to `most` characters and all can be seen.
pub fn canonical_name(typed: &str, most: usize) -> Option<&str> {
    // As it was sent: what is trimmed away counts too, so that a description of the API can say what is taken.
    let plain = typed.chars().count() <= most && !typed.chars().any(unseen);
    let name = typed.trim();
    // What joins letters joins none alone.
    (plain && name.chars().any(|c| !c.is_whitespace() && !JOINERS.contains(&c))).then_some(name)
}

/// They shape Persian and Indic words, so names may hold them.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Whether a character only changes how others look, or ends a line: two names that look the same would not be.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// The one spelling of an address that someone new is invited by: `local@domain` in ASCII and in lower case, a dot-atom
/// (RFC 5321 §4.1.2, without quoted strings) at a name of the DNS. A domain of other letters is typed in its `xn--` form.
pub fn canonical_email(typed: &str) -> Option<String> {
    let email = typed.trim_matches([' ', '\t', '\r', '\n']);
    let (local, domain) = email.split_once('@')?;
    let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || ATEXT.contains(&b));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // As it was sent, like a name.
    let plain = typed.len() <= EMAIL_MAX_BYTES
        && local.len() <= LOCAL_MAX_BYTES
        && local.split('.').all(atom)
        && domain.split('.').all(label);
    plain.then(|| email.to_ascii_lowercase())
}

/// What an atom may hold beside letters and digits (RFC 5322 §3.2.3).
const ATEXT: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

/// An address as someone signs in with it: also one from before [`canonical_email`] was as strict.
pub fn typed_email(typed: &str) -> Option<String> {
    let email = typed.trim();
    let (local, domain) = email.rsplit_once('@')?;
    let plain = email.len() <= EMAIL_MAX_BYTES && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && !local.is_empty() && !domain.is_empty()).then(|| email.to_ascii_lowercase())
}
