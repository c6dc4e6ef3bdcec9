//! The pages, as typed templates compiled in from `templates/`, and what programs get in their place. Pages need no script
//! (the one there is makes them handier), and every value is escaped.

use askama::Template;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::{
    factor::recovery::grouped,
    flows::Prefix,
    pages::accent::Accent,
    policy::Step,
    ports::{Fault, Rng},
    texts::{Language, Said, Texts},
    web::{Response, encoded},
};

pub use assets::Asset;
pub use edge::{
    ConfirmedBy, EditProfile, Email, EmailConfirm, EmailSent, EmailUndo, Forgot, ForgotSent, Invitation, JoinsBy,
    NotMe, NotMeDone, Offer, Password, ProfilePage, ResetPassword, StartOver, TurnOff,
};
pub use setup::Setup;
pub use why::Why;
use words::{added, day, moment};
pub use words::{date, moment_of, until};

pub(crate) use bodies::{HealthBody, MovedBody, SessionBody, SessionsBody};

use bodies::{FormBody, SetupBody};

/// A struct for each page, with all that its template sees beside the frame and the texts of its Worker, and in a second pair of braces what else
/// there is to say of it as a `Page`. A Worker is built with the pages that it makes, and with no others.
macro_rules! pages {
    ($texts:ident, $Texts:ty; $(
        $(#[doc = $doc:literal])* $name:ident $path:literal {$(
            $(#[doc = $field_doc:literal])* $field:ident: $type:ty
        ),* $(,)?} $({ $($own:tt)* })?
    )*) => {$(
        $(#[doc = $doc])*
        pub struct $name {$(
            $(#[doc = $field_doc])*
            pub $field: $type,
        )*}

        impl Page for $name {
            fn html(&self, frame: &Frame<'_>) -> Result<String, Fault> {
                #[derive(Template)]
                #[template(path = $path)]
                struct View<'a> {
                    frame: &'a Frame<'a>,
                    t: &'static $Texts,
                    $($field: &'a $type,)*
                }
                View { frame, t: frame.language.$texts(), $($field: &self.$field),* }.render().map_err(Fault::new)
            }

            $($($own)*)?
        }
    )*};
}

pub mod accent;
pub mod admin;
mod assets;
mod bodies;
mod edge;
pub mod logo;
mod setup;
mod why;
mod words;

/// What the elements of one page carry that load style sheet and script, for the content security policy: new for every response.
///
/// # Errors
/// No randomness.
pub fn nonce(rng: &dyn Rng) -> Result<String, Fault> {
    Ok(Base64::encode_string(&rng.bytes::<16>()?))
}

/// A page and what it shows.
pub trait Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// A template that does not render.
    fn html(&self, frame: &Frame<'_>) -> Result<String, Fault>;

    /// The same for programs: which step it is for, unless there is more to tell. Most are for people who are signed in.
    fn json(&self, _: Language) -> Response {
        next(Step::Done.name())
    }

    /// Where one finds it again after it answered a form sent to `path`; `None`: it is shown only once.
    fn address(&self, path: &str) -> Option<String> {
        Some(path.to_owned())
    }

    /// Whether its form is worth nothing in a browser that keeps no cookies.
    fn needs_cookies(&self) -> bool {
        false
    }

    /// Whether its form leads on to the app, which may lead anywhere. The form is sent to the very address of the page, so that
    /// what stands behind `#` there is not lost on the way.
    fn leads_on(&self) -> bool {
        false
    }
}

fn next(next: &'static str) -> Response {
    Response::json(200, &FormBody { next })
}

/// A page of ours, and where to go from it.
pub fn with_return_to(path: &str, return_to: &str) -> String {
    format!("{path}?{}", encoded(&[("return_to", return_to)]))
}

/// The same, if there is anywhere to go but the start page.
pub fn onward(path: &str, return_to: &str) -> String {
    if return_to == "/" { path.to_owned() } else { with_return_to(path, return_to) }
}

pages! { texts, Texts;
    /// E-mail address and password.
    Login "login.html" {
        /// What was typed before.
        email: String,
        /// Where to go once signed in.
        return_to: String,
        /// Why one is here.
        why: Option<Why>,
        /// Tells its form from every other.
        form: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("login")
        }

        fn needs_cookies(&self) -> bool {
            true
        }

        fn address(&self, path: &str) -> Option<String> {
            Some(with_return_to(path, &self.return_to))
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// The one-time code.
    Verify "verify.html" {
        /// What its form carries.
        form_key: String,
        /// Where to go once signed in, if the page was asked for with that.
        return_to: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("verify")
        }

        fn address(&self, path: &str) -> Option<String> {
            Some(onward(path, &self.return_to))
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// A recovery code.
    Recovery "recovery.html" {
        /// The accounts whose admins can help; none, where the page does not know.
        accounts: String,
        /// What its form carries.
        form_key: String,
        /// As at the one-time code.
        return_to: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("verify")
        }

        fn address(&self, path: &str) -> Option<String> {
            Some(onward(path, &self.return_to))
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// The QR code and the first code.
    Enrol "enrol.html" {
        /// What the authenticator app is to be given.
        setup: Setup,
    } {
        fn json(&self, _: Language) -> Response {
            let Setup { secret, otpauth_uri, qr_svg, expires_at, .. } = &self.setup;
            let expires_at = expires_at.rfc3339();
            Response::json(200, &SetupBody { secret, otpauth_uri, qr_svg, expires_at })
        }

        fn address(&self, path: &str) -> Option<String> {
            Some(onward(path, &self.setup.return_to))
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// No code is taken at the moment: until when, and what works instead.
    Paused "paused.html" {
        /// Where it goes on, within the prefix.
        way: Option<String>,
        /// Whether it never goes on with the authenticator.
        locked: bool,
        /// Whether there is a full session to go back to.
        signed_in: bool,
        /// Where to go once signed in.
        return_to: String,
    } {
        fn address(&self, path: &str) -> Option<String> {
            Some(onward(path, &self.return_to))
        }
    }

    /// Password and code again.
    Reauth "reauth.html" {
        /// For the password manager.
        email: String,
        /// Whether a code is asked for.
        needs_code: bool,
        /// Whether it can only be a recovery code.
        locked: bool,
        /// What it is for, if that is known.
        about: String,
        /// Where its form goes.
        at: String,
        /// The form that waits for the proof, sealed; empty, if none does.
        asked: String,
        /// Where to go then.
        return_to: String,
        /// What its form carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("reauth")
        }

        /// The form that waits is nowhere but on this very page.
        fn address(&self, _: &str) -> Option<String> {
            self.asked.is_empty().then(|| with_return_to(&self.at, &self.return_to))
        }

        fn leads_on(&self) -> bool {
            self.asked.is_empty()
        }
    }

    /// New recovery codes.
    RecoveryCodes "recovery_codes.html" {
        /// In groups of four.
        codes: Vec<Zeroizing<String>>,
        /// Whose they are.
        email: String,
        /// Which day it is.
        made: String,
        /// Where to go then.
        return_to: String,
    } {
        fn json(&self, _: Language) -> Response {
            let recovery_codes = Some(self.codes.iter().map(|code| code.as_str()).collect());
            Response::json(200, &MovedBody { recovery_codes, ..MovedBody::default() })
        }
    }

    /// Asks for a recovery code, to show that they were kept.
    KeptCodes "kept_codes.html" {
        /// Whether it can be put off.
        may_wait: bool,
        /// Where to go then.
        return_to: String,
        /// What its buttons carry.
        form_key: String,
    } {
        fn address(&self, path: &str) -> Option<String> {
            Some(with_return_to(path, &self.return_to))
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// A button to sign out: what apps can link to.
    SignOut "sign_out.html" {} {
        fn json(&self, _: Language) -> Response {
            next("logout")
        }
    }

    /// The problem, and a way to sign in that leaves this page as it is.
    Apart "apart.html" {
        /// Where one signs in.
        to: String,
        /// Whether it is only to confirm it.
        again: bool,
        /// What is sent on at the press of a button.
        fields: Vec<(String, String)>,
        /// The other site that sent it; empty, if it does not say.
        from: Option<String>,
    } {
        fn leads_on(&self) -> bool {
            !self.fields.is_empty()
        }

        fn address(&self, _: &str) -> Option<String> {
            None
        }
    }

    /// The problem, and the way to a set-up.
    SetUpFirst "set_up_first.html" {
        /// Where one sets up.
        at: String,
    } {
        fn address(&self, _: &str) -> Option<String> {
            Some(self.at.clone())
        }
    }

    /// Nothing but the problem.
    Message "message.html" {} {
        fn address(&self, _: &str) -> Option<String> {
            Some("/".to_owned())
        }
    }
}

/// The files that each page loads.
#[derive(Template)]
#[template(path = "head.html")]
struct Head<'a> {
    prefix: &'a Prefix,
    nonce: &'a str,
    accent: Option<&'a Accent>,
    t: &'static Texts,
}

/// Authenticator apps, and where each is to be had.
const APPS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Google Authenticator",
        &[
            ("Android", "https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2"),
            ("iPhone", "https://apps.apple.com/app/id388497605"),
        ],
    ),
    (
        "Microsoft Authenticator",
        &[
            ("Android", "https://play.google.com/store/apps/details?id=com.azure.authenticator"),
            ("iPhone", "https://apps.apple.com/app/id983156458"),
        ],
    ),
    (
        "2FAS",
        &[
            ("Android", "https://play.google.com/store/apps/details?id=com.twofasapp"),
            ("iPhone", "https://apps.apple.com/app/id1217793794"),
        ],
    ),
    ("Aegis", &[("Android", "https://play.google.com/store/apps/details?id=com.beemdevelopment.aegis")]),
    ("Apple Passwords", &[("iPhone", "https://apps.apple.com/app/id6473799789")]),
];

/// The choice of a language, at the end of each page.
#[derive(Template)]
#[template(path = "languages.html")]
struct Languages<'a> {
    prefix: &'a Prefix,
    here: Option<&'a str>,
    language: Language,
    t: &'static Texts,
}

impl<'a> Languages<'a> {
    fn new(prefix: &'a Prefix, here: Option<&'a str>, language: Language) -> Self {
        Self { prefix, here, language, t: language.texts() }
    }
}

/// What ties a field to its hint, if it has one, and to the problem, if that is about it, as attributes.
fn tied(problem: Option<&Said>, field: &str, hint: &str) -> String {
    match problem {
        Some(problem) if problem.field == field => {
            format!(" aria-describedby=\"problem {hint}\" aria-invalid=\"true\" autofocus")
        }
        _ if hint.is_empty() => String::new(),
        _ => format!(" aria-describedby=\"{hint}\""),
    }
}

impl Frame<'_> {
    fn t(&self) -> &'static Texts {
        self.language.texts()
    }

    /// The field that the problem is about; empty, if it is about none or all.
    fn field(&self) -> &'static str {
        self.problem.as_ref().map_or("", |problem| problem.field)
    }

    fn tied(&self, field: &str, hint: &str) -> String {
        tied(self.problem.as_ref(), field, hint)
    }

    fn head(&self) -> Head<'_> {
        Head { prefix: self.prefix, nonce: self.nonce, accent: self.accent, t: self.t() }
    }

    fn languages(&self) -> Languages<'_> {
        Languages::new(self.prefix, self.here.as_deref(), self.language)
    }
}

/// What every page has.
pub struct Frame<'a> {
    /// The operator's name for the site.
    pub site_name: &'a str,
    /// Where Airlock's own paths begin.
    pub prefix: &'a Prefix,
    /// What the elements carry that load style sheet and script, for the content security policy.
    pub nonce: &'a str,
    /// The operator's colour.
    pub accent: Option<&'a Accent>,
    /// Where the operator's logo is.
    pub logo: Option<&'a str>,
    /// What went wrong with the form before.
    pub problem: Option<Said>,
    /// From when on it may go right, as HTML; empty, if that does not depend on the time.
    pub until: String,
    /// Where a new password is to be had, if mails are sent.
    pub forgot: Option<String>,
    /// Whether it is a page of the admin Worker.
    pub admin: bool,
    /// What it is written in.
    pub language: Language,
    /// Where another choice of language leads back to; `None`: there is no choice on this page.
    pub here: Option<String>,
}
