//! Signing in, at both Workers: every path under `/auth/`.
//!
//! One way through: [`route`] → use case → [`Outcome`] → [`respond`].

mod enrol;
mod invite;
mod login;
mod profile;
mod prove;
mod render;

pub use enrol::AUTHENTICATORS_MAX;
pub use invite::invite_url;
pub use render::{elsewhere, reauth_required, respond};

use serde::Deserialize;

use crate::{
    admin::{self, AuditKeys},
    context::Context,
    http::{self, Problem, Request, same_origin_path},
    pages::{self, Page, stylesheet_path},
    policy::Step,
    ports::{Event, Fault},
    secret::{Sealed, Token, TokenHash, open, seal},
    session::Session,
    store::{self, SessionEntry},
    texts::{Language, Message},
};

/// What a destination is sealed for.
const DESTINATION: &str = "destination";

/// What came of a request. A user's mistake is one of these; only faults of ours are errors.
#[must_use]
pub enum Outcome {
    /// A page, most often a form to fill in.
    Form(Box<dyn Page>),
    /// The session moved on.
    Moved(Moved),
    /// New recovery codes, shown this once. After a set-up the session moved on as well.
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
    MethodNotAllowed(&'static str),
    /// The browser's user has chosen a language, and goes on here.
    Language(Language, String),
    /// Everything this service needs is there.
    Healthy,
    /// The public keys that exports of the audit are checked by.
    AuditKeys(AuditKeys),
    /// The pages' style sheet.
    Stylesheet,
}

impl Outcome {
    fn form(page: impl Page + 'static) -> Self {
        Self::Form(Box::new(page))
    }

    fn refused(problem: Problem, page: impl Page + 'static) -> Self {
        Self::Refused(problem, Box::new(page))
    }
}

/// A mistake on no form.
impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Self::refused(problem, pages::Message {})
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
    fn on(token: Token) -> Self {
        let return_to = "/".to_owned();
        Self { next: Step::Done, return_to, token, browser: None, recovery_codes_left: None, codes_due: false }
    }
}

/// Whether a path is one of ours rather than the protected app's or the admin's.
pub fn owns(path: &str) -> bool {
    path == "/auth" || path.starts_with("/auth/")
}

/// Where people see or change how they sign in, or what is shown once. The app shares this host, and its scripts could
/// ask for these in their user's name: they are for navigations alone.
fn for_people(path: &str) -> bool {
    let path = path.strip_prefix("/auth/").unwrap_or_default();
    let first = path.split('/').next().unwrap_or_default();
    matches!(
        first,
        "enrol" | "recovery-codes" | "profile" | "two-factor" | "authenticators" | "password" | "sessions" | "invite"
    )
}

/// What the forms of a session's own pages carry: a script of the app can send a form, but read none of these pages.
fn form_key(cx: &Context<'_>, session: &Session) -> String {
    cx.config.pepper_keys.current().mac("form", &[&session.id])
}

/// That a button on one of these pages was pressed, or that it is no browser that asks.
fn pressed(cx: &Context<'_>, request: &Request, session: &Session) -> Result<(), Problem> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct KeyField {
        key: Option<String>,
    }
    let KeyField { key } = request.any_fields()?;
    keyed(cx, request, session, key.as_deref())
}

/// That a form with this `key` was sent from one of these pages, or that it is no browser that asks.
fn keyed(cx: &Context<'_>, request: &Request, session: &Session, key: Option<&str>) -> Result<(), Problem> {
    let right = match key {
        Some(key) => cx.config.pepper_keys.all().any(|pepper| pepper.mac_matches("form", &[&session.id], key)),
        None => !request.says_how(),
    };
    right.then_some(()).ok_or_else(|| Problem::forbidden(Message::Foreign))
}

/// What pressing a button does: a form without a field.
async fn button(request: &Request, press: impl Future<Output = Result<Outcome, Fault>>) -> Result<Outcome, Fault> {
    match request.no_fields() {
        Ok(()) => press.await,
        Err(problem) => Ok(problem.into()),
    }
}

/// Answers a request for a path of ours that both Workers have; `others` answers for those that this one has alone.
///
/// # Errors
/// A fault of ours.
pub async fn route(
    cx: &Context<'_>,
    request: &Request,
    others: impl Future<Output = Result<Outcome, Fault>>,
) -> Result<Outcome, Fault> {
    if let Some(problem) = request.foreign(&cx.config.origin) {
        return Ok(problem.into());
    }
    if for_people(&request.path) && request.by_script() {
        return Ok(Problem::forbidden(Message::ForPeople).into());
    }
    match (request.path.as_str(), request.read_as()) {
        ("/auth/login", "GET") => login::form(cx, request).await,
        ("/auth/login", "POST") => login::login(cx, request).await,
        ("/auth/verify", "GET") => prove::form(cx, request, pages::Verify {}).await,
        ("/auth/verify", "POST") => prove::verify(cx, request).await,
        ("/auth/recovery", "GET") => prove::form(cx, request, pages::Recovery {}).await,
        ("/auth/recovery", "POST") => prove::recovery(cx, request).await,
        ("/auth/reauth", "GET") => prove::reauth_form(cx, request).await,
        ("/auth/reauth", "POST") => prove::reauth(cx, request).await,
        ("/auth/enrol", "GET") => enrol::begin(cx, request).await,
        ("/auth/enrol", "POST") => enrol::confirm(cx, request).await,
        ("/auth/recovery-codes", "POST") => enrol::recovery_codes(cx, request).await,
        ("/auth/recovery-codes/kept", "GET") => profile::kept_form(cx, request).await,
        ("/auth/recovery-codes/kept", "POST") => profile::kept(cx, request).await,
        ("/auth/logout", "POST") => button(request, login::logout(cx, request)).await,
        ("/auth/language", "POST") => Ok(language(request)),
        ("/auth/session", "GET") => Ok(match session(cx, request).await? {
            Some(session) => Outcome::Session(Box::new(session)),
            None => Outcome::Elsewhere(None),
        }),
        ("/auth/health", "GET") => store::health(cx).await.map(|()| Outcome::Healthy),
        (path, "GET") if path == stylesheet_path(cx.config.accent.as_ref()) => Ok(Outcome::Stylesheet),
        (
            "/auth/login"
            | "/auth/verify"
            | "/auth/recovery"
            | "/auth/reauth"
            | "/auth/enrol"
            | "/auth/recovery-codes/kept",
            _,
        ) => Ok(Outcome::MethodNotAllowed("GET, HEAD, POST")),
        ("/auth/session" | "/auth/health", _) => Ok(Outcome::MethodNotAllowed("GET, HEAD")),
        ("/auth/logout" | "/auth/language" | "/auth/recovery-codes", _) => Ok(Outcome::MethodNotAllowed("POST")),
        _ => others.await,
    }
}

/// Answers for the paths that the edge has alone: one's own profile, and invitations.
///
/// # Errors
/// A fault of ours.
pub async fn edge_route(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    match (request.path.as_str(), request.read_as()) {
        ("/auth/audit-keys", "GET") => return admin::audit_keys(cx).await.map(Outcome::AuditKeys),
        ("/auth/audit-keys", _) => return Ok(Outcome::MethodNotAllowed("GET, HEAD")),
        _ => {}
    }
    match request.path.strip_prefix("/auth/invite/") {
        Some(token) => invite::route(cx, request, token).await,
        None => profile::route(cx, request).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageFields {
    language: String,
    return_to: Option<String>,
}

/// `POST /auth/language`: for this browser, whether or not anyone is signed in.
fn language(request: &Request) -> Outcome {
    match request.fields::<LanguageFields>() {
        Ok(LanguageFields { language, return_to }) => match Language::parse(&language) {
            Some(language) => Outcome::Language(language, same_origin_path(&return_to.unwrap_or_default())),
            None => Problem::invalid(Message::UnknownLanguage).into(),
        },
        Err(problem) => problem.into(),
    }
}

/// The hash of the session token the browser sent, true or not.
pub fn token_hash(cx: &Context<'_>, request: &Request) -> Option<TokenHash> {
    request.cookie(cx.config.site.cookie()).map(|cookie| cx.session_hash(&Token::claimed(cookie)))
}

/// The live session of the browser.
///
/// # Errors
/// The database.
pub async fn session(cx: &Context<'_>, request: &Request) -> Result<Option<Session>, Fault> {
    match token_hash(cx, request) {
        Some(token_hash) => store::session(cx, &token_hash).await,
        None => Ok(None),
    }
}

/// The live session, if it has done all that the policy asks. `fresh`: if it was re-authenticated within five minutes too;
/// otherwise where to come back to after that.
///
/// # Errors
/// The database.
pub async fn full(cx: &Context<'_>, request: &Request, fresh: Option<&str>) -> Result<Result<Session, Outcome>, Fault> {
    Ok(match (session(cx, request).await?, fresh) {
        (Some(session), Some(back)) if session.step() == Step::Done && !session.fresh(cx.now) => {
            Err(Outcome::ReauthRequired(back.to_owned()))
        }
        (Some(session), _) if session.step() == Step::Done => Ok(session),
        (session, _) => Err(Outcome::Elsewhere(session.map(|session| session.step()))),
    })
}

/// Where a login leads, as the database may know it. The link of an invitation is a secret.
fn kept_destination(cx: &Context<'_>, path: &str) -> Result<String, Fault> {
    if !path.starts_with("/auth/invite/") {
        return Ok(path.to_owned());
    }
    let sealed = seal(&cx.config.seed_keys, cx.rng, &[DESTINATION], path.as_bytes())?;
    Ok(format!("{}:{}", sealed.key_id, sealed.text))
}

/// What [`kept_destination`] made, or the start page if its key has gone.
fn destination(cx: &Context<'_>, kept: &str) -> String {
    let opened = kept.split_once(':').filter(|_| !kept.starts_with('/')).map(|(key_id, text)| {
        let sealed = Sealed { text: text.to_owned(), key_id: key_id.to_owned() };
        open(&cx.config.seed_keys, &[DESTINATION], &sealed)
            .map(|path| same_origin_path(&String::from_utf8_lossy(path.expose())))
    });
    match opened {
        None => kept.to_owned(),
        Some(opened) => opened.unwrap_or_else(|_| "/".to_owned()),
    }
}

/// Where the query asks to go after signing in.
fn return_to(request: &Request) -> String {
    same_origin_path(&request.query_field("return_to").unwrap_or_default())
}

/// Tells what a user did to their own sign-in.
fn log(cx: &Context<'_>, request: &Request, action: &'static str, result: &'static str, user_id: Option<&str>) {
    http::tell(cx, request, &Event { action, result, actor: user_id, target: user_id });
}

/// The answer to a wrong password or an unknown address.
fn invalid_credentials() -> Problem {
    Problem::new(401, "invalid_credentials", Message::InvalidCredentials)
}

/// The answer while this instance has enough hashes under way.
fn busy() -> Problem {
    Problem { message: Message::Busy, ..Problem::unavailable() }.retry_after(5)
}

/// The answer to a wrong or used code.
fn invalid_code(message: Message) -> Problem {
    Problem::new(401, "invalid_code", message)
}

/// The answer when attempts have run out.
fn too_many_attempts(message: Message, retry_after_s: u64) -> Problem {
    Problem::new(429, "too_many_attempts", message).retry_after(retry_after_s)
}
