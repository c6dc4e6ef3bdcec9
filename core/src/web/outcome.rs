//! What comes of a request, before it is told.

use crate::{
    admin::AuditKeys,
    flows::Waiting,
    pages::{self, Asset, Page},
    people::{caller::Refusal, session::Session},
    policy::Step,
    ports::Fault,
    secret::Token,
    store::SessionEntry,
    texts::Message,
    web::Problem,
};

/// What came of a request. A user's mistake is one of these; only faults of ours are errors.
#[must_use]
pub enum Outcome {
    /// A page, most often a form to fill in.
    Form(Box<dyn Page>),
    /// The session moved on.
    Moved(Moved),
    /// The session moved on, and a form that waited for that is sent in it now.
    Afterwards(Moved, Box<Waiting>),
    /// New recovery codes, shown once. After a set-up the session moved on as well.
    RecoveryCodes(Vec<zeroize::Zeroizing<String>>, Option<Moved>),
    /// Who is signed in, as data.
    Session(Box<Session>),
    /// One's own sessions, as data.
    Sessions(Vec<SessionEntry>),
    /// It is done; a browser goes on here.
    Done(String),
    /// The session is over.
    SignedOut,
    /// The request belongs to another stage than the session is in; `None`: there is no session.
    Elsewhere(Option<Step>),
    /// The password, and the code where two-factor login is on, must be proven again first; then it goes on here.
    ReauthRequired(String),
    /// The user's mistake, and the form to show it on.
    Refused(Problem, Box<dyn Page>),
    /// This method is not for this path; these are.
    MethodNotAllowed(String),
    /// The browser keeps a cookie.
    Cookie {
        /// Its name.
        name: &'static str,
        /// What it says.
        value: String,
        /// For how long.
        max_age_s: u32,
        /// Where the browser goes on.
        to: String,
    },
    /// Everything this service needs is there.
    Healthy,
    /// The public keys that exports of the audit are checked by.
    AuditKeys(AuditKeys),
    /// A file that pages load.
    Asset(Asset),
}

impl Outcome {
    pub(crate) fn form(page: impl Page + 'static) -> Self {
        Self::Form(Box::new(page))
    }

    pub(crate) fn refused(problem: Problem, page: impl Page + 'static) -> Self {
        Self::Refused(problem, Box::new(page))
    }
}

/// A mistake on no form.
impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Self::refused(problem, pages::Message {})
    }
}

/// Why a use case ended early.
pub enum Stop {
    /// Something of ours did not work.
    Fault(Fault),
    /// The caller's mistake.
    Problem(Problem),
    /// The caller may not.
    Refused(Refusal),
    /// This is all that comes of it.
    Outcome(Box<Outcome>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Outcome> for Stop {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

/// A session that moved on.
pub struct Moved {
    /// The stage it is in now.
    pub next: Step,
    /// Where to go once signed in.
    pub return_to: String,
    /// The new token.
    pub token: Token,
    /// What the cookie of a browser holds that is known from now on.
    pub browser: Option<Token>,
    /// After a recovery code was used: how many are left.
    pub recovery_codes_left: Option<i64>,
    /// Whether it is still to be shown that the recovery codes were kept.
    pub codes_due: bool,
}

impl Moved {
    /// A full session that goes on under a new token.
    pub(crate) fn on(token: Token) -> Self {
        let return_to = "/".to_owned();
        Self { next: Step::Done, return_to, token, browser: None, recovery_codes_left: None, codes_due: false }
    }
}

/// What a client hears who must prove again who it is.
pub fn reauth_required() -> Problem {
    Problem::new(403, "reauth_required", Message::ReauthRequired)
}

/// What a client hears whose request belongs to another stage.
pub fn elsewhere(step: Option<Step>) -> Problem {
    match step {
        None | Some(Step::Refuse) => Problem::new(401, "login_required", Message::LoginRequired),
        Some(Step::Verify) => Problem::new(401, "verify_required", Message::VerifyRequired),
        Some(Step::Enrol) => Problem::new(401, "enrol_required", Message::EnrolRequired),
        Some(Step::Done) => Problem::new(409, "already_signed_in", Message::AlreadySignedIn),
    }
}
