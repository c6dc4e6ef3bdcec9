//! The pages, as typed templates compiled in from `templates/`. They need no script, and every value is escaped.

use std::sync::LazyLock;

use askama::Template;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::{
    http::Problem,
    ports::{Fault, Now, Rng},
    recovery::grouped,
    totp::Parameters,
};

/// One struct for each template; its fields are all that the template sees.
macro_rules! templates {
    ($($name:ident $path:literal { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            frame: &'a Frame<'a>,
            $($field: $type,)*
        }
    )*};
}

pub mod admin;

/// The style sheet.
pub const STYLESHEET: &str = include_str!("../../templates/style.css");

/// Where the style sheet is: its content is in its name, so a browser may keep it for good.
pub static STYLESHEET_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/auth/style-{}.css", crate::secret::sha256(STYLESHEET).get(..12).unwrap_or_default()));

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
    /// Who is signed in.
    Home {
        /// Display name.
        name: String,
        /// E-mail address.
        email: String,
        /// Names of the accounts.
        accounts: Vec<String>,
        /// Whether two-factor login is on.
        two_factor: bool,
        /// How many recovery codes are left.
        recovery_codes_left: i64,
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
    /// The set-up took too long.
    StartAgain,
    /// Nothing but the problem.
    Message,
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
}

/// What every page has.
pub struct Frame<'a> {
    /// The operator's name for the site.
    pub site_name: &'a str,
    /// What the style sheet's element carries, for the content security policy.
    pub nonce: &'a str,
    /// What went wrong with the form before.
    pub problem: Option<&'a Problem>,
    /// Where the style sheet is.
    pub stylesheet: &'a str,
    /// Whether it is a page of the admin Worker.
    pub admin: bool,
}

templates! {
    Login "login.html" { email: &'a str, return_to: &'a str }
    Verify "verify.html" {}
    Recovery "recovery.html" {}
    Enrol "enrol.html" { setup: &'a Setup, secret: &'a str }
    Reauth "reauth.html" { email: &'a str, needs_code: bool, return_to: &'a str }
    RecoveryCodes "recovery_codes.html" { codes: &'a [Zeroizing<String>], return_to: &'a str }
    RecoveryUsed "recovery_used.html" { left: i64, return_to: &'a str }
    Home "home.html" {
        name: &'a str,
        email: &'a str,
        accounts: &'a [String],
        two_factor: bool,
        recovery_codes_left: i64,
    }
    Invitation "invitation.html" { account: &'a str, email: &'a str, has_password: bool }
    Joined "joined.html" { account: &'a str }
    StartAgain "start_again.html" {}
    Message "message.html" {}
}

impl Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// A template that does not render.
    pub fn render(&self, frame: &Frame<'_>) -> Result<String, Fault> {
        match self {
            Self::Login { email, return_to } => Login { frame, email, return_to }.render(),
            Self::Verify => Verify { frame }.render(),
            Self::Recovery => Recovery { frame }.render(),
            Self::Enrol(setup) => Enrol { frame, setup, secret: &grouped(&setup.secret, ' ') }.render(),
            Self::Reauth { email, needs_code, return_to } => {
                Reauth { frame, email, needs_code: *needs_code, return_to }.render()
            }
            Self::RecoveryCodes { codes, return_to } => RecoveryCodes { frame, codes, return_to }.render(),
            Self::RecoveryUsed { left, return_to } => RecoveryUsed { frame, left: *left, return_to }.render(),
            Self::Home { name, email, accounts, two_factor, recovery_codes_left } => Home {
                frame,
                name,
                email,
                accounts,
                two_factor: *two_factor,
                recovery_codes_left: *recovery_codes_left,
            }
            .render(),
            Self::Invitation { account, email, has_password } => {
                Invitation { frame, account, email, has_password: *has_password }.render()
            }
            Self::Joined { account } => Joined { frame, account }.render(),
            Self::StartAgain => StartAgain { frame }.render(),
            Self::Message => Message { frame }.render(),
        }
        .map_err(Fault::new)
    }
}
