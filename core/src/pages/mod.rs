//! The pages, as typed templates compiled in from `templates/`. They need no script, and every value is escaped.

use std::sync::LazyLock;

use askama::Template;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::{
    accent::Accent,
    policy::Authenticator,
    ports::{Fault, Now, Rng},
    recovery::grouped,
    session::CodesKept,
    store::{AuthenticatorEntry, Profile},
    texts::{Language, Said, Texts, device_name},
    totp::Parameters,
};

/// One struct for each template; its fields are all that the template sees.
macro_rules! templates {
    ($($name:ident $path:literal { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            frame: &'a Frame<'a>,
            t: &'static Texts,
            $($field: $type,)*
        }
    )*};
}

pub mod admin;

/// The style sheet, and where it is: its content is in its name, so a browser may keep it for good.
const STYLESHEET: &str = include_str!("../../templates/style.css");
static STYLESHEET_HASH: LazyLock<String> =
    LazyLock::new(|| crate::secret::sha256(STYLESHEET).get(..12).unwrap_or_default().to_owned());

/// The style sheet in the operator's colour.
pub fn stylesheet(accent: Option<&Accent>) -> String {
    STYLESHEET.to_owned() + &accent.map(Accent::css).unwrap_or_default()
}

/// Where [`stylesheet`] is.
pub fn stylesheet_path(accent: Option<&Accent>) -> String {
    format!("/auth/style-{}{}.css", *STYLESHEET_HASH, accent.map(Accent::name).unwrap_or_default())
}

/// What the style sheet's element of one page carries, for the content security policy: new for every response.
///
/// # Errors
/// No randomness.
pub fn nonce(rng: &dyn Rng) -> Result<String, Fault> {
    Ok(Base64::encode_string(&rng.bytes::<16>()?))
}

/// A page and what it shows.
pub enum Page {
    /// E-mail address and password.
    Login {
        /// What was typed before.
        email: String,
        /// Where to go once signed in.
        return_to: String,
    },
    /// The one-time code.
    Verify,
    /// A recovery code.
    Recovery,
    /// The QR code and the first code.
    Enrol(Setup),
    /// Password and code again.
    Reauth {
        /// For the password manager.
        email: String,
        /// Whether a code is asked for.
        needs_code: bool,
        /// Where to go then.
        return_to: String,
    },
    /// New recovery codes.
    RecoveryCodes {
        /// In groups of four.
        codes: Vec<Zeroizing<String>>,
        /// Where to go then.
        return_to: String,
    },
    /// A recovery code was used.
    RecoveryUsed {
        /// How many are left.
        left: i64,
        /// Where to go then.
        return_to: String,
    },
    /// An invitation.
    Invitation {
        /// The account's name.
        account: String,
        /// Who is invited.
        email: String,
        /// Whether they have a password already, to prove rather than choose.
        has_password: bool,
    },
    /// The invitation was accepted.
    Joined {
        /// The account's name.
        account: String,
    },
    /// Everything of one's own.
    Profile(Box<ProfileView>),
    /// The name, and the switch.
    EditProfile {
        /// Display name, as typed or as it is.
        name: String,
        /// Whether two-factor login is on.
        two_factor: bool,
        /// Whether an account requires it, so that there is no switch.
        required: bool,
    },
    /// A new password.
    Password {
        /// For the password manager.
        email: String,
    },
    /// Asks for a recovery code, to show that they were kept.
    KeptCodes {
        /// Whether it can be put off.
        may_wait: bool,
        /// Where to go then.
        return_to: String,
    },
    /// The set-up took too long.
    StartAgain,
    /// Nothing but the problem.
    Message,
}

/// What the profile shows.
pub struct ProfileView {
    /// What was done just before.
    done: Option<&'static str>,
    name: String,
    email: String,
    accounts: Vec<String>,
    two_factor: bool,
    required: bool,
    locked: bool,
    recovery_codes_left: i64,
    codes_due: bool,
    authenticators: Vec<AuthenticatorEntry>,
    sessions: Vec<SessionView>,
}

struct SessionView {
    id: String,
    current: bool,
    what: String,
    place: String,
    last_seen: String,
}

impl ProfileView {
    /// The view of a profile, after `done`.
    pub fn new(profile: Profile, done: &str, t: &Texts) -> Self {
        let Profile { session, authenticators, sessions } = profile;
        let person = session.person;
        let sessions = sessions.into_iter().map(|entry| SessionView {
            what: match (entry.admin == 1, entry.pending == 1) {
                (true, _) => t.as_admin(&device_name(&entry.user_agent, t)),
                (false, true) => t.waiting(&device_name(&entry.user_agent, t)),
                (false, false) => device_name(&entry.user_agent, t),
            },
            place: [entry.country, entry.ip].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            last_seen: t.last_seen(&moment(&Now(entry.last_seen_at).rfc3339())),
            current: entry.current == 1,
            id: entry.id,
        });
        Self {
            done: said_after(done, t),
            two_factor: person.two_factor_enabled(),
            required: person.required_by_account(),
            locked: person.user.authenticator == Authenticator::Locked,
            recovery_codes_left: person.recovery_codes_left,
            codes_due: person.codes_kept != CodesKept::Kept,
            accounts: person.memberships.into_iter().map(|membership| membership.name).collect(),
            name: person.name,
            email: person.email,
            authenticators,
            sessions: sessions.collect(),
        }
    }
}

/// What the profile says after something was done.
fn said_after(done: &str, t: &Texts) -> Option<&'static str> {
    Some(match done {
        "saved" => t.saved,
        "set-up" => t.done_set_up,
        "disabled" => t.done_disabled,
        "removed" => t.done_removed,
        "ended" => t.done_ended,
        "password" => t.done_password,
        _ => return None,
    })
}

/// A moment as people read it: `2026-11-03 14:05` of `2026-11-03T14:05:09Z`. Everything is in UTC, which the page says.
fn moment(rfc3339: &str) -> String {
    rfc3339.get(..16).unwrap_or(rfc3339).replace('T', " ")
}

/// The same, without the time of day.
fn day(rfc3339: &str) -> &str {
    rfc3339.get(..10).unwrap_or(rfc3339)
}

/// Since when there is an authenticator, and when it was last used.
fn added(entry: &AuthenticatorEntry, t: &Texts) -> String {
    let (created, used) = (Now(entry.created_at).rfc3339(), Now(entry.last_used_at).rfc3339());
    t.added(day(&created), &moment(&used))
}

/// A set-up: what an authenticator app is to be given.
pub struct Setup {
    /// The seed in base32.
    pub secret: Zeroizing<String>,
    /// The same with everything else, for the app to read.
    pub otpauth_uri: Zeroizing<String>,
    /// The URI as QR code.
    pub qr_svg: Zeroizing<String>,
    /// How codes are computed.
    pub parameters: Parameters,
    /// When it lapses.
    pub expires_at: Now,
    /// Whether the user cannot go on without it.
    pub demanded: bool,
    /// Whether the user has authenticators already, from which a name tells this one.
    pub beside_others: bool,
    /// The name, as typed or as it would be.
    pub name: String,
}

/// What every page has.
pub struct Frame<'a> {
    /// The operator's name for the site.
    pub site_name: &'a str,
    /// What the style sheet's element carries, for the content security policy.
    pub nonce: &'a str,
    /// What went wrong with the form before.
    pub problem: Option<Said>,
    /// Where the style sheet is.
    pub stylesheet: &'a str,
    /// Whether it is a page of the admin Worker.
    pub admin: bool,
    /// What it is written in.
    pub language: Language,
    /// Where another choice of language leads back to; `None`: there is no choice on this page.
    pub here: Option<String>,
}

templates! {
    Login "login.html" { email: &'a str, return_to: &'a str }
    Verify "verify.html" {}
    Recovery "recovery.html" {}
    Enrol "enrol.html" { setup: &'a Setup, secret: &'a str }
    Reauth "reauth.html" { email: &'a str, needs_code: bool, return_to: &'a str }
    RecoveryCodes "recovery_codes.html" { codes: &'a [Zeroizing<String>], return_to: &'a str }
    RecoveryUsed "recovery_used.html" { left: i64, return_to: &'a str }
    Invitation "invitation.html" { account: &'a str, email: &'a str, has_password: bool }
    Joined "joined.html" { account: &'a str }
    ProfilePage "profile.html" { profile: &'a ProfileView }
    EditProfile "edit_profile.html" { name: &'a str, two_factor: bool, required: bool }
    Password "password.html" { email: &'a str }
    KeptCodes "kept_codes.html" { may_wait: bool, return_to: &'a str }
    StartAgain "start_again.html" {}
    Message "message.html" {}
}

impl Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// A template that does not render.
    pub fn render(&self, frame: &Frame<'_>) -> Result<String, Fault> {
        let t = frame.language.texts();
        match self {
            Self::Login { email, return_to } => Login { frame, t, email, return_to }.render(),
            Self::Verify => Verify { frame, t }.render(),
            Self::Recovery => Recovery { frame, t }.render(),
            Self::Enrol(setup) => Enrol { frame, t, setup, secret: &grouped(&setup.secret, ' ') }.render(),
            Self::Reauth { email, needs_code, return_to } => {
                Reauth { frame, t, email, needs_code: *needs_code, return_to }.render()
            }
            Self::RecoveryCodes { codes, return_to } => RecoveryCodes { frame, t, codes, return_to }.render(),
            Self::RecoveryUsed { left, return_to } => RecoveryUsed { frame, t, left: *left, return_to }.render(),
            Self::Invitation { account, email, has_password } => {
                Invitation { frame, t, account, email, has_password: *has_password }.render()
            }
            Self::Joined { account } => Joined { frame, t, account }.render(),
            Self::Profile(profile) => ProfilePage { frame, t, profile }.render(),
            Self::EditProfile { name, two_factor, required } => {
                EditProfile { frame, t, name, two_factor: *two_factor, required: *required }.render()
            }
            Self::Password { email } => Password { frame, t, email }.render(),
            Self::KeptCodes { may_wait, return_to } => KeptCodes { frame, t, may_wait: *may_wait, return_to }.render(),
            Self::StartAgain => StartAgain { frame, t }.render(),
            Self::Message => Message { frame, t }.render(),
        }
        .map_err(Fault::new)
    }
}
