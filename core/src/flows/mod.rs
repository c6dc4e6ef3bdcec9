//! Signing in, at both Workers: every path within the [`Prefix`], `/auth` unless the operator says otherwise.
//!
//! One way through: [`ROUTES`] → use case → [`Outcome`] → [`respond`](crate::web::respond).

mod afterwards;
mod email;
mod forgot;
mod join;
mod login;
mod not_me;
mod prefix;
mod profile;
mod prove;
mod repeat;
mod set_up;
mod start_over;

pub mod gate;

pub use afterwards::{Waiting, first as proof_first, settled};
pub use email::{email_url, taken as address_taken, undo_url};
pub use forgot::{Asked, FORGOT, LINK as RESET_LINK, PAGE as RESET, reset_url};
pub use join::{LINK, PAGE as INVITATION, invite_url};
pub use not_me::{LINK as NOT_ME_LINK, not_me_url};
pub use prefix::Prefix;
pub use repeat::{Shown, What, made_by, opened_by, show, shown};
pub use set_up::AUTHENTICATORS_MAX;

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    admin,
    context::Context,
    event::{Action, Event},
    factor::SecondFactor,
    limit,
    pages::{self, Asset},
    people::session::{BROWSER_COOKIE, Session, Site},
    policy::{Purpose, Step},
    ports::Fault,
    secret::{Token, TokenHash},
    store,
    texts::{LANGUAGE_COOKIE, LANGUAGE_COOKIE_MAX_AGE_S, Language, Message},
    web::{
        Outcome, Problem, Request, Stop,
        router::{self, Route, route},
        same_origin_path,
    },
};

/// Where a proof for one's own pages may lead, exactly as it is written. Other paths of ours lead on to where their query says,
/// which may be the app.
const OWN_PAGES: [&str; 9] = [
    "/profile",
    "/profile/edit",
    profile::DISABLE,
    "/sessions",
    "/password",
    "/enrol",
    email::PATH,
    email::PAGE,
    join::PAGE,
];

/// What a proof counts for that leads to this path. The admin Worker has no app.
fn purpose_of(cx: &Context<'_>, return_to: &str) -> Purpose {
    let path = return_to.split(['?', '#']).next().unwrap_or_default();
    let own = cx.config.prefix.within(path).is_some_and(|path| OWN_PAGES.contains(&path));
    if own || cx.config.site == Site::Admin { Purpose::Account } else { Purpose::App }
}

/// The page of new recovery codes.
pub const RECOVERY_CODES: &str = "/recovery-codes";

/// The page of one's own that a request within the prefix is for, or that its button is on; `/`, if it is none.
pub(crate) fn own_page_of(cx: &Context<'_>, request: &Request) -> String {
    let path = cx.config.prefix.within(&request.path).unwrap_or_default();
    let on_profile = ["/two-factor/", "/authenticators/", "/sessions/", "/recovery-codes"];
    match path {
        path if OWN_PAGES.contains(&path) => cx.config.prefix.path(path),
        path if on_profile.iter().any(|button| path.starts_with(button)) => cx.config.own_page(),
        _ => "/".to_owned(),
    }
}

/// What a form key is a MAC for.
const FORM: &str = "form";

/// What the forms of people's own pages carry: a script of the app can send a form, but read none of these pages. It is made of
/// the cookie that the page was asked for with, true or not: what makes a cookie worthless, a proof or a new password, does so
/// to the keys that whoever held it has read. Each time a page is made it has another, which tells a form sent twice from two.
fn form_key(cx: &Context<'_>, request: &Request) -> String {
    key_over(cx, &[cookie(cx, request)])
}

fn key_over(cx: &Context<'_>, cookies: &[&str]) -> String {
    let made = cx.rng.id().unwrap_or_default();
    format!("{made}.{}", cx.config.pepper_keys.current().mac(FORM, &[&[made.as_str()], cookies].concat()))
}

fn cookie<'r>(cx: &Context<'_>, request: &'r Request) -> &'r str {
    request.cookie(cx.config.site.cookie()).unwrap_or_default()
}

/// That a form with this `key` was sent from one of these pages, or that it is no browser that asks.
fn keyed(cx: &Context<'_>, request: &Request, key: Option<&str>) -> Result<(), Problem> {
    keyed_over(cx, request, &[cookie(cx, request)], key)
}

fn keyed_over(cx: &Context<'_>, request: &Request, cookies: &[&str], key: Option<&str>) -> Result<(), Problem> {
    let right = match key {
        Some(key) => key.split_once('.').is_some_and(|(made, mac)| {
            let parts = [&[made], cookies].concat();
            cx.config.pepper_keys.all().any(|pepper| pepper.mac_matches(FORM, &parts, mac))
        }),
        None => !request.says_how(),
    };
    right.then_some(()).ok_or_else(|| Problem::forbidden(Message::OldPage))
}

/// The fields of a form of one of these pages, if it came with its `key`, or if it is no browser that asks.
fn keyed_fields<T: DeserializeOwned>(
    cx: &Context<'_>,
    request: &Request,
    key: impl FnOnce(&T) -> Option<&str>,
) -> Result<T, Problem> {
    let fields = request.fields()?;
    keyed(cx, request, key(&fields))?;
    Ok(fields)
}

/// What a button of these pages sends.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyField {
    key: Option<String>,
    /// What it is about, as its page calls it.
    #[serde(default)]
    name: String,
}

/// That a button on one of these pages was pressed, or that it is no browser that asks.
fn key_of_button(cx: &Context<'_>, request: &Request) -> Result<(), Problem> {
    let KeyField { key, .. } = request.any_fields()?;
    keyed(cx, request, key.as_deref())
}

/// What was done by a button, and to what.
fn done_to(request: &Request, what: &str) -> Result<String, Problem> {
    let KeyField { name, .. } = request.any_fields()?;
    Ok(crate::web::done::to(what, &name))
}

/// The [`full`] session of a person who pressed a button on one of their own pages.
async fn pressed(cx: &Context<'_>, request: &Request, fresh: Option<&str>) -> Result<Session, Stop> {
    let session = full(cx, request, fresh).await?;
    key_of_button(cx, request)?;
    Ok(session)
}

/// What a route of [`ROUTES`] leads to.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is named after the use case it leads to")]
pub enum Endpoint {
    LoginForm,
    Login,
    VerifyForm,
    Verify,
    RecoveryForm,
    Recovery,
    ReauthForm,
    Reauth,
    SetUpForm,
    SetUp,
    RecoveryCodes,
    RecoveryCodesShown,
    KeptForm,
    Kept,
    LogoutForm,
    Logout,
    Language,
    Session,
    Health,
}

/// The paths within the prefix that both Workers have.
pub const ROUTES: &[Route<Endpoint>] = &[
    route("GET", "/login", Endpoint::LoginForm),
    route("POST", "/login", Endpoint::Login),
    route("GET", "/verify", Endpoint::VerifyForm).for_people(),
    route("POST", "/verify", Endpoint::Verify).for_people(),
    route("GET", "/recovery", Endpoint::RecoveryForm).for_people(),
    route("POST", "/recovery", Endpoint::Recovery).for_people(),
    route("GET", "/reauth", Endpoint::ReauthForm).for_people(),
    route("POST", "/reauth", Endpoint::Reauth).for_people(),
    route("GET", "/enrol", Endpoint::SetUpForm).for_people(),
    route("POST", "/enrol", Endpoint::SetUp).for_people(),
    route("GET", RECOVERY_CODES, Endpoint::RecoveryCodesShown).for_people(),
    route("POST", RECOVERY_CODES, Endpoint::RecoveryCodes).for_people(),
    route("GET", "/recovery-codes/kept", Endpoint::KeptForm).for_people(),
    route("POST", "/recovery-codes/kept", Endpoint::Kept).for_people(),
    route("GET", "/logout", Endpoint::LogoutForm),
    route("POST", "/logout", Endpoint::Logout).bare(),
    route("POST", "/language", Endpoint::Language),
    route("GET", "/session", Endpoint::Session),
    route("GET", "/health", Endpoint::Health),
];

/// What a route of [`EDGE_ROUTES`] leads to.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is named after the use case it leads to")]
pub enum EdgeEndpoint {
    Profile,
    EditForm,
    Edit,
    Enable,
    Settings,
    DisableForm,
    Disable,
    Offer,
    RemoveAuthenticator,
    Sessions,
    EndOthers,
    EndSession,
    PasswordForm,
    Password,
    Invitation,
    Join,
    JoinByLink,
    Link,
    AuditKeys,
    ForgotForm,
    Forgot,
    ResetForm,
    Reset,
    ResetByLink,
    ResetLink,
    StartOverForm,
    StartOver,
    NotMeForm,
    NotMe,
    EmailForm,
    Email,
    EmailConfirmForm,
    EmailConfirm,
    EmailByLink,
    EmailLink,
    EmailUndoForm,
    EmailUndo,
    EmailUndoByLink,
    EmailUndoLink,
}

/// The paths that the edge has alone: a person's profile, invitations, a forgotten password, and another address.
pub const EDGE_ROUTES: &[Route<EdgeEndpoint>] = &[
    route("GET", "/settings", EdgeEndpoint::Settings),
    route("GET", "/profile", EdgeEndpoint::Profile).for_people(),
    route("GET", "/profile/edit", EdgeEndpoint::EditForm).for_people(),
    route("POST", "/profile/edit", EdgeEndpoint::Edit).for_people(),
    route("POST", "/two-factor/enable", EdgeEndpoint::Enable).for_people(),
    route("GET", profile::DISABLE, EdgeEndpoint::DisableForm).for_people(),
    route("POST", profile::DISABLE, EdgeEndpoint::Disable).for_people(),
    route("GET", set_up::OFFER, EdgeEndpoint::Offer).for_people(),
    route("POST", "/authenticators/{id}/remove", EdgeEndpoint::RemoveAuthenticator).for_people(),
    route("GET", "/sessions", EdgeEndpoint::Sessions).for_people(),
    route("POST", "/sessions/end-others", EdgeEndpoint::EndOthers).for_people(),
    route("POST", "/sessions/{id}/end", EdgeEndpoint::EndSession).for_people(),
    route("GET", "/password", EdgeEndpoint::PasswordForm).for_people(),
    route("POST", "/password", EdgeEndpoint::Password).for_people(),
    route("GET", join::PAGE, EdgeEndpoint::Invitation).for_people(),
    route("POST", join::PAGE, EdgeEndpoint::Join).for_people(),
    route("POST", "/invite/{token}", EdgeEndpoint::JoinByLink).for_people(),
    // A mail program may put anything behind a link.
    route("GET", "/invite/{link...}", EdgeEndpoint::Link).for_people(),
    route("GET", "/audit-keys", EdgeEndpoint::AuditKeys),
    route("GET", FORGOT, EdgeEndpoint::ForgotForm),
    route("POST", FORGOT, EdgeEndpoint::Forgot),
    route("GET", RESET, EdgeEndpoint::ResetForm).for_people(),
    route("POST", RESET, EdgeEndpoint::Reset).for_people(),
    route("POST", "/reset-password/{token}", EdgeEndpoint::ResetByLink).for_people(),
    route("GET", "/reset-password/{link...}", EdgeEndpoint::ResetLink).for_people(),
    route("GET", start_over::PATH, EdgeEndpoint::StartOverForm).for_people(),
    route("POST", start_over::PATH, EdgeEndpoint::StartOver).for_people(),
    route("GET", "/not-me/{token}", EdgeEndpoint::NotMeForm).for_people(),
    route("POST", "/not-me/{token}", EdgeEndpoint::NotMe).for_people().bare(),
    route("GET", email::PATH, EdgeEndpoint::EmailForm).for_people(),
    route("POST", email::PATH, EdgeEndpoint::Email).for_people(),
    route("GET", email::PAGE, EdgeEndpoint::EmailConfirmForm).for_people(),
    route("POST", email::PAGE, EdgeEndpoint::EmailConfirm).for_people(),
    route("POST", "/email/{token}", EdgeEndpoint::EmailByLink).for_people(),
    route("GET", "/email/{link...}", EdgeEndpoint::EmailLink).for_people(),
    route("GET", email::UNDO_PAGE, EdgeEndpoint::EmailUndoForm).for_people(),
    route("POST", email::UNDO_PAGE, EdgeEndpoint::EmailUndo).for_people(),
    route("POST", "/email-undo/{token}", EdgeEndpoint::EmailUndoByLink).for_people(),
    route("GET", "/email-undo/{link...}", EdgeEndpoint::EmailUndoLink).for_people(),
];

/// Answers a request for a `path` within the prefix that both Workers have; `others` answers for those that this one has alone.
/// A form that was done before gets the answer of then; one that needs a proof first, waits for it.
///
/// # Errors
/// A fault of ours, or what else ends it early.
pub async fn answer(
    cx: &Context<'_>,
    request: &Request,
    path: &str,
    others: impl Future<Output = Result<Outcome, Stop>>,
) -> Result<Outcome, Stop> {
    let outcome = answer_once(cx, request, path, others).await;
    let outcome = repeat::or_before(cx, request, outcome).await;
    afterwards::instead(cx, request, outcome).await
}

async fn answer_once(
    cx: &Context<'_>,
    request: &Request,
    path: &str,
    others: impl Future<Output = Result<Outcome, Stop>>,
) -> Result<Outcome, Stop> {
    if let Some(problem) = request.foreign(&cx.config.origin) {
        return Err(problem.into());
    }
    if request.read_as() == "GET"
        && let Some(asset) = Asset::at(path, cx.config.accent.as_ref())
    {
        return Ok(Outcome::Asset(asset));
    }
    let Some(found) = router::find(ROUTES, request, path)? else { return others.await };
    match found.route.endpoint {
        Endpoint::LoginForm => login::form(cx, request).await,
        Endpoint::Login => login::login(cx, request).await,
        of @ (Endpoint::VerifyForm | Endpoint::RecoveryForm) => {
            let recovery = matches!(of, Endpoint::RecoveryForm);
            prove::form(cx, request, if recovery { SecondFactor::Recovery } else { SecondFactor::Totp }).await
        }
        of @ (Endpoint::Verify | Endpoint::Recovery) => {
            let recovery = matches!(of, Endpoint::Recovery);
            prove::second_step(cx, request, if recovery { SecondFactor::Recovery } else { SecondFactor::Totp }).await
        }
        Endpoint::ReauthForm => prove::reauth_form(cx, request).await,
        Endpoint::Reauth => prove::reauth(cx, request).await,
        Endpoint::SetUpForm => set_up::begin(cx, request).await,
        Endpoint::SetUp => set_up::confirm(cx, request).await,
        Endpoint::RecoveryCodesShown => set_up::recovery_codes_shown(cx, request).await,
        Endpoint::RecoveryCodes => set_up::recovery_codes(cx, request).await,
        Endpoint::KeptForm => profile::kept_form(cx, request).await,
        Endpoint::Kept => profile::kept(cx, request).await,
        Endpoint::LogoutForm => Ok(Outcome::form(pages::SignOut {})),
        Endpoint::Logout => login::logout(cx, request).await,
        Endpoint::Language => language(cx, request),
        Endpoint::Session => Ok(match session(cx, request).await? {
            Some(session) => Outcome::Session(Box::new(session)),
            None => Outcome::Elsewhere(None),
        }),
        Endpoint::Health => Ok(store::health(cx).await.map(|()| Outcome::Healthy)?),
    }
}

/// Answers for the paths that the edge has alone.
///
/// # Errors
/// A fault of ours, or what else ends it early.
pub async fn answer_at_the_edge(cx: &Context<'_>, request: &Request, path: &str) -> Result<Outcome, Stop> {
    let found = router::find(EDGE_ROUTES, request, path)?.ok_or_else(Problem::not_found)?;
    let id = found.parameter(0);
    match found.route.endpoint {
        EdgeEndpoint::Profile => profile::page(cx, request).await,
        EdgeEndpoint::EditForm => profile::edit_form(cx, request).await,
        EdgeEndpoint::Edit => profile::edit(cx, request).await,
        EdgeEndpoint::Enable => profile::enable(cx, request).await,
        EdgeEndpoint::Settings => Ok(Outcome::Done(cx.config.own_page())),
        EdgeEndpoint::DisableForm => profile::disable_form(cx, request).await,
        EdgeEndpoint::Disable => profile::disable(cx, request).await,
        EdgeEndpoint::Offer => set_up::offer(cx, request).await,
        EdgeEndpoint::RemoveAuthenticator => profile::remove_authenticator(cx, request, id).await,
        EdgeEndpoint::Sessions => profile::sessions(cx, request).await,
        EdgeEndpoint::EndOthers => profile::end_other_sessions(cx, request).await,
        EdgeEndpoint::EndSession => profile::end_session(cx, request, id).await,
        EdgeEndpoint::PasswordForm => profile::password_form(cx, request).await,
        EdgeEndpoint::Password => profile::password(cx, request).await,
        EdgeEndpoint::Invitation => join::form(cx, request, &join::opened(request)).await,
        EdgeEndpoint::Join => join::join(cx, request, &join::opened(request)).await,
        EdgeEndpoint::JoinByLink => join::join(cx, request, &Token::claimed(id)).await,
        EdgeEndpoint::Link => join::open(cx, request, id).await,
        EdgeEndpoint::AuditKeys => Ok(Outcome::AuditKeys(admin::audit_keys(cx).await?)),
        EdgeEndpoint::ForgotForm => forgot::form(cx, request),
        EdgeEndpoint::Forgot => forgot::forgot(cx, request).await,
        EdgeEndpoint::ResetForm => forgot::reset_form(cx, request, &forgot::opened(request)).await,
        EdgeEndpoint::Reset => forgot::reset(cx, request, &forgot::opened(request)).await,
        EdgeEndpoint::ResetByLink => forgot::reset(cx, request, &Token::claimed(id)).await,
        EdgeEndpoint::ResetLink => forgot::open(cx, request, id).await,
        EdgeEndpoint::StartOverForm => start_over::form(cx, request).await,
        EdgeEndpoint::StartOver => start_over::start_over(cx, request).await,
        EdgeEndpoint::NotMeForm => not_me::form(cx, request, id).await,
        EdgeEndpoint::NotMe => not_me::not_me(cx, request, id).await,
        EdgeEndpoint::EmailForm => email::form(cx, request).await,
        EdgeEndpoint::Email => email::ask(cx, request).await,
        EdgeEndpoint::EmailConfirmForm => email::confirm_form(cx, request, &email::opened(request)).await,
        EdgeEndpoint::EmailConfirm => email::confirm(cx, request, &email::opened(request)).await,
        EdgeEndpoint::EmailByLink => email::confirm(cx, request, &Token::claimed(id)).await,
        EdgeEndpoint::EmailLink => email::open(cx, request, id).await,
        EdgeEndpoint::EmailUndoForm => email::undo_form(cx, request, &email::opened(request)).await,
        EdgeEndpoint::EmailUndo => email::undo(cx, request, &email::opened(request)).await,
        EdgeEndpoint::EmailUndoByLink => email::undo(cx, request, &Token::claimed(id)).await,
        EdgeEndpoint::EmailUndoLink => email::undo_open(cx, request, id).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageFields {
    language: String,
    return_to: Option<String>,
}

/// `POST /auth/language`: for this browser, whether or not anyone is signed in.
fn language(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let LanguageFields { language, return_to } = request.fields()?;
    let language = Language::parse(&language).ok_or_else(|| Problem::invalid(Message::UnknownLanguage))?;
    let to = same_origin_path(&cx.config.prefix, &return_to.unwrap_or_default());
    let value = language.code().to_owned();
    Ok(Outcome::Cookie { name: LANGUAGE_COOKIE, value, max_age_s: LANGUAGE_COOKIE_MAX_AGE_S, to })
}

/// The hash of the session token the browser sent, true or not.
pub fn token_hash(cx: &Context<'_>, request: &Request) -> Option<TokenHash> {
    request.cookie(cx.config.site.cookie()).map(|cookie| cx.session_hash(&Token::claimed(cookie)))
}

/// What says that a browser is known. A script of the app says it too, in whatever browser it runs: what one sends counts for
/// the network, so that no page keeps its user out of the browser that is theirs.
fn known_browser(request: &Request) -> Option<&str> {
    request.cookie(BROWSER_COOKIE).filter(|_| !request.by_script())
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

/// Whether this form is the one that was just done in its session, so that all is as it was to be.
async fn done_before(cx: &Context<'_>, request: &Request) -> Result<bool, Fault> {
    match token_hash(cx, request) {
        Some(token_hash) => Ok(store::done_before(cx, &token_hash).await?.is_some()),
        None => Ok(false),
    }
}

/// The live session, if it has done all that the policy asks. `fresh`: if it was re-authenticated within five minutes too;
/// otherwise where to come back to after that.
///
/// # Errors
/// The database.
pub async fn full(cx: &Context<'_>, request: &Request, fresh: Option<&str>) -> Result<Session, Stop> {
    match (session(cx, request).await?, fresh) {
        (Some(session), Some(back)) if session.step() == Step::Done && !session.fresh(cx.now) => {
            Err(Outcome::ReauthRequired(back.to_owned()).into())
        }
        (session, _) => done(session),
    }
}

/// A session that has done all that the policy asks.
fn done(session: Option<Session>) -> Result<Session, Stop> {
    match session {
        Some(session) if session.step() == Step::Done => Ok(session),
        session => Err(Outcome::Elsewhere(session.map(|session| session.step())).into()),
    }
}

/// The same for what only reads: whatever a page of the app asks while its user proves again who they are, comes with the token
/// of before. And whether it is the token of now.
pub async fn full_to_read(cx: &Context<'_>, request: &Request) -> Result<(Session, bool), Stop> {
    let Some(token_hash) = token_hash(cx, request) else { return Err(Outcome::Elsewhere(None).into()) };
    let (session, of_now) = match store::session(cx, &token_hash).await? {
        None => (store::session_of_before(cx, &token_hash).await?, false),
        session => (session, true),
    };
    Ok((done(session)?, of_now))
}

/// Where the query asks to go after signing in.
pub(crate) fn return_to(cx: &Context<'_>, request: &Request) -> String {
    request.return_to(&cx.config.prefix).unwrap_or_else(|| "/".to_owned())
}

/// Where a login leads: where this tab asks to go, or else where it asked as it began.
fn leads_to(cx: &Context<'_>, request: &Request, session: &Session) -> String {
    let prefix = &cx.config.prefix;
    request.return_to(prefix).unwrap_or_else(|| same_origin_path(prefix, &session.return_to))
}

/// Logs what a user did to their own sign-in.
fn log(cx: &Context<'_>, action: Action, result: &'static str, user_id: Option<&str>) {
    cx.tell(&Event { action, result, actor: user_id, target: user_id });
}

/// Why something was not done, if it is what this person has done too often within an hour.
async fn too_often(cx: &Context<'_>, session: &Session, action: Action) -> Result<Option<Problem>, Fault> {
    let Some(until) = store::own_act_retry_at(cx, session, action).await? else { return Ok(None) };
    log(cx, action, "too_many_attempts", Some(&session.person.id));
    let seconds = limit::retry_after_s(until, cx.now);
    Ok(Some(too_many_attempts(Message::TooOften { seconds }, seconds)))
}

/// That this is not why something was not done.
async fn not_too_often(cx: &Context<'_>, session: &Session, action: Action) -> Result<(), Stop> {
    too_often(cx, session, action).await?.map_or(Ok(()), |problem| Err(problem.into()))
}

/// The answer to a wrong password or an unknown address.
fn invalid_credentials() -> Problem {
    Problem::new(401, "invalid_credentials", Message::InvalidCredentials)
}

/// The same where it is known whose password it is.
fn wrong_password() -> Problem {
    Problem { message: Message::WrongPassword, ..invalid_credentials() }
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
