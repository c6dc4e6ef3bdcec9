//! Sessions, profiles and set-ups as programs get them: JSON.

use serde::Serialize;

use crate::{
    people::{Membership, Person, session::Session},
    policy::Step,
    ports::Now,
    store::{Profile, SessionEntry},
    texts::{Device, Texts},
};

/// Who is signed in.
#[derive(Serialize)]
pub(crate) struct SessionBody<'a> {
    stage: &'static str,
    user: UserBody<'a>,
    accounts: &'a [Membership],
    two_factor: TwoFactorBody,
    expires_at: String,
}

#[derive(Serialize)]
struct UserBody<'a> {
    id: &'a str,
    email: &'a str,
    email_verified: bool,
    name: &'a str,
}

impl<'a> From<&'a Person> for UserBody<'a> {
    fn from(person: &'a Person) -> Self {
        let Person { id, email, email_verified, name, .. } = person;
        Self { id, email, email_verified: *email_verified, name }
    }
}

#[derive(Serialize)]
struct TwoFactorBody {
    set_up: bool,
    enabled: bool,
    required_by_account: bool,
    /// From when on one is, if a day to come was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    required_from: Option<String>,
    recovery_codes_left: i64,
}

impl<'a> From<&'a Session> for SessionBody<'a> {
    fn from(session: &'a Session) -> Self {
        let person = &session.person;
        let stage = match session.step() {
            Step::Done => "full",
            step => step.name(),
        };
        Self {
            stage,
            user: person.into(),
            // Before the second step the password alone tells nothing of the accounts behind it.
            accounts: if stage == "full" { &person.memberships } else { &[] },
            two_factor: TwoFactorBody {
                set_up: person.two_factor_set_up(),
                enabled: person.two_factor_enabled(),
                required_by_account: person.required_by_account(),
                required_from: person.starts.as_ref().map(|starts| starts.at.rfc3339()),
                recovery_codes_left: person.recovery_codes_left,
            },
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

/// Where a session that moved on goes next, and what its user is told on the way.
#[derive(Default, Serialize)]
pub(crate) struct MovedBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes_left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<&'a str>>,
    /// It is still to be shown that the recovery codes were kept: at `/auth/recovery-codes/kept`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub codes_due: bool,
}

impl<'a> MovedBody<'a> {
    pub(crate) fn to(next: &'static str, return_to: &'a str) -> Self {
        Self { next: Some(next), return_to: Some(return_to), ..Self::default() }
    }
}

/// That everything is there.
#[derive(Serialize)]
pub(crate) struct HealthBody {
    pub status: &'static str,
}

/// Which step a form is for.
#[derive(Serialize)]
pub(super) struct FormBody {
    pub next: &'static str,
}

/// A set-up.
#[derive(Serialize)]
pub(super) struct SetupBody<'a> {
    pub secret: &'a str,
    pub otpauth_uri: &'a str,
    pub qr_svg: &'a str,
    pub expires_at: String,
}

/// An invitation.
#[derive(Serialize)]
pub(super) struct InvitationBody<'a> {
    pub account: &'a str,
    pub email: &'a str,
    /// `password`: to choose one, or sign in first; `login`: to sign in first; `join`: by the session; `logout`: someone else is signed in.
    pub next: &'static str,
}

/// A login to end, and to begin anew in its place.
#[derive(Serialize)]
pub(super) struct StartOverBody<'a> {
    pub account: &'a str,
    pub email: &'a str,
    pub next: &'static str,
    /// The accounts that it leaves.
    pub accounts: &'a [String],
}

/// One's own sessions.
#[derive(Serialize)]
pub(crate) struct SessionsBody<'a> {
    sessions: Vec<SessionEntryBody<'a>>,
}

impl<'a> SessionsBody<'a> {
    pub(crate) fn new(entries: &'a [SessionEntry], t: &Texts) -> Self {
        Self { sessions: entries.iter().map(|entry| SessionEntryBody::new(entry, t)).collect() }
    }
}

/// Everything that is a person's own.
#[derive(Serialize)]
pub(crate) struct ProfileBody<'a> {
    user: UserBody<'a>,
    accounts: &'a [Membership],
    two_factor: TwoFactorBody,
    authenticators: Vec<AuthenticatorBody<'a>>,
    sessions: Vec<SessionEntryBody<'a>>,
}

#[derive(Serialize)]
struct AuthenticatorBody<'a> {
    id: &'a str,
    name: &'a str,
    created_at: String,
    last_used_at: String,
}

#[derive(Serialize)]
pub(crate) struct SessionEntryBody<'a> {
    id: &'a str,
    current: bool,
    site: &'static str,
    device: String,
    ip: &'a str,
    country: &'a str,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
}

impl<'a> ProfileBody<'a> {
    pub(crate) fn new(profile: &'a Profile, t: &Texts) -> Self {
        let SessionBody { user, accounts, two_factor, .. } = SessionBody::from(&profile.session);
        let authenticators = profile.authenticators.iter().map(|entry| AuthenticatorBody {
            id: &entry.id,
            name: &entry.name,
            created_at: Now(entry.created_at).rfc3339(),
            last_used_at: Now(entry.last_used_at).rfc3339(),
        });
        let sessions = SessionsBody::new(&profile.sessions, t).sessions;
        Self { user, accounts, two_factor, authenticators: authenticators.collect(), sessions }
    }
}

impl<'a> SessionEntryBody<'a> {
    fn new(entry: &'a SessionEntry, t: &Texts) -> Self {
        Self {
            id: &entry.id,
            current: entry.current,
            site: if entry.admin { "admin" } else { "edge" },
            device: Device::of(&entry.user_agent).said(t),
            ip: &entry.ip,
            country: &entry.country,
            created_at: Now(entry.created_at).rfc3339(),
            last_seen_at: Now(entry.last_seen_at).rfc3339(),
            expires_at: Now(entry.expires_at).rfc3339(),
        }
    }
}
