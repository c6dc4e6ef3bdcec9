//! A forgotten password, where mails are sent: a link goes to an address that nobody looks up here, works once, and sets a
//! password. It signs nobody in: what a login asks for beside the password, it asks for as before.

use serde::{Deserialize, Serialize};

use super::{
    busy, cookie, form_key, join::link_kept, key_over, keyed, keyed_over, known_browser, log, profile::weak_password,
    repeat, too_many_attempts,
};
use crate::{
    context::Context,
    event::Action,
    factor::password::{self, Password},
    limit,
    mail::Kind,
    pages::{self, Why},
    people::{
        names::typed_email,
        session::{BROWSER_TOKEN, RESET_COOKIE, RESET_COOKIE_MAX_AGE_S},
    },
    secret::{Secret, Token},
    store::{self, NewMail, ResetLink},
    texts::Message,
    web::{Outcome, Problem, Request, Stop},
};

/// Where a link is asked for.
pub const FORGOT: &str = "/forgot";

/// The page of the link that was opened last, which keeps it out of the tab's history.
pub const PAGE: &str = "/reset-password";

/// Where links begin.
pub const LINK: &str = "/reset-password/";

/// The link by which someone sets a password, where `own` is what Airlock's own paths at the edge begin with, origin and all.
pub fn reset_url(own: &str, token: &Token) -> String {
    format!("{own}{LINK}{}", token.expose())
}

/// Who asked for a link, as the mail's row keeps it, sealed.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// For which address.
    pub email: String,
    /// The hash of the cookie that may make the browser a known one.
    pub browser: Option<String>,
    /// From which country: two letters, or empty.
    pub country: String,
    /// What the browser calls itself.
    pub user_agent: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailField {
    email: String,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordField {
    new_password: Secret<String>,
    key: Option<String>,
}

/// That mails are sent: else there is no such page.
pub(super) fn mailed(cx: &Context<'_>) -> Result<(), Problem> {
    cx.config.mail_from.as_ref().map(drop).ok_or_else(Problem::not_found)
}

/// `GET /auth/forgot`.
pub fn form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    mailed(cx)?;
    Ok(Outcome::form(page(cx, request, String::new())))
}

fn page(cx: &Context<'_>, request: &Request, email: String) -> pages::Forgot {
    pages::Forgot { email, form_key: form_key(cx, request) }
}

/// `POST /auth/forgot`: the same answer and the same work for every address. Whom the mail is for, `jobs` finds out.
///
/// 1. The coarse brake, and the fields.
/// 2. The sign-in page leads here with what was typed there: without a key nothing is done but to ask.
/// 3. One transaction charges address and network, and writes the mail to the address, sealed.
pub async fn forgot(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    mailed(cx)?;
    // 1.
    let empty = || page(cx, request, String::new());
    if !cx.brake.admit(&cx.peer.network()).await? {
        log(cx, Action::PasswordReset, "brake", None);
        return Ok(Outcome::refused(too_many_attempts(Message::NetworkTries, 60), empty()));
    }
    let EmailField { email: typed, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, empty())),
    };
    let page = page(cx, request, typed.chars().take(254).collect());
    // 2.
    if key.is_none() && request.says_how() {
        return Ok(Outcome::form(page));
    }
    if let Err(problem) = keyed(cx, request, key.as_deref()) {
        return Ok(Outcome::refused(problem, page));
    }
    let Some(email) = typed_email(&typed) else {
        return Ok(Outcome::refused(Problem::invalid(Message::EmailAddress), page));
    };
    // 3.
    let id = cx.rng.id()?;
    let asked = Asked {
        browser: known_browser(request).map(|cookie| Token::claimed(cookie).hash(BROWSER_TOKEN).as_str().to_owned()),
        country: cx.peer.country.to_owned(),
        user_agent: cx.peer.user_agent.to_owned(),
        email,
    };
    let sealed = repeat::sealed(cx, &[FORGOT, &id], &asked)?;
    let mail = NewMail { tried_ms: limit::RESET_MS, ..NewMail::new(&id, Kind::Forgot) };
    if let Some(until) = store::forgot(cx, &mail, &asked.email, &sealed).await? {
        log(cx, Action::PasswordReset, "too_many_attempts", None);
        let seconds = limit::retry_after_s(until, cx.now);
        return Ok(Outcome::refused(too_many_attempts(Message::NetworkResets { seconds }, seconds), page));
    }
    log(cx, Action::PasswordReset, "asked", None);
    cx.jobs.poke();
    Ok(Outcome::form(pages::ForgotSent { email: asked.email }))
}

/// `GET /auth/reset-password/{token}`: a browser is led to [`PAGE`], whatever a mail program has put behind the link.
pub async fn open(cx: &Context<'_>, request: &Request, link: &str) -> Result<Outcome, Stop> {
    mailed(cx)?;
    if !request.wants_html() {
        return reset_form(cx, request, &Token::claimed(link)).await;
    }
    Ok(link_kept(link, (RESET_COOKIE, RESET_COOKIE_MAX_AGE_S), cx.config.prefix.path(PAGE)))
}

/// The token of the link that was opened last, true or not.
pub fn opened(request: &Request) -> Token {
    Token::claimed(request.cookie(RESET_COOKIE).unwrap_or_default())
}

/// `GET /auth/reset-password`.
pub async fn reset_form(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    Ok(match store::reset_opened(cx, token).await? {
        Some(link) => Outcome::form(reset_page(cx, request, token, &link)),
        None => gone(cx, request),
    })
}

/// Its form is of this link: a script of the app can set the cookie of another.
fn reset_page(cx: &Context<'_>, request: &Request, token: &Token, link: &ResetLink) -> pages::ResetPassword {
    let form_key = key_over(cx, &[cookie(cx, request), token.expose()]);
    pages::ResetPassword { email: link.email.clone(), form_key }
}

/// `POST /auth/reset-password`, and with the token in the path for clients that are no browsers.
///
/// 1. The coarse brake, and the link.
/// 2. Fields, bounded before any work.
/// 3. One transaction, once. It leads to the sign-in page.
pub async fn reset(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    // 1.
    let network = cx.peer.network();
    if !cx.brake.admit(&network).await? {
        log(cx, Action::PasswordReset, "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let Some(link) = store::reset_opened(cx, token).await? else { return Ok(gone(cx, request)) };
    if link.used {
        return Ok(done(cx));
    }
    let refused = |problem| Ok(Outcome::refused(problem, reset_page(cx, request, token, &link)));
    // 2.
    let Some(_hash) = cx.hashes.begin(&network, cx.now) else { return refused(busy()) };
    let PasswordField { new_password, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return refused(problem),
    };
    // On no form: another link may have been opened since, and its form would stand where this one was.
    keyed_over(cx, request, &[cookie(cx, request), token.expose()], key.as_deref())?;
    let local = link.email.split('@').next().unwrap_or_default();
    let personal = [&link.email, local, &link.name, &cx.config.site_name];
    let new = match Password::chosen(cx.nfc, new_password, &personal) {
        Ok(new) => new,
        Err(refusal) => return refused(weak_password(refusal)),
    };
    let stored = password::hash(cx.config.password_cost, &cx.config.pepper_keys, cx.rng, &new)?;
    // 3.
    if !store::password_reset(cx, token, &link, &stored).await? {
        // The same form, which was under way at the same time.
        return Ok(match store::reset_opened(cx, token).await? {
            Some(link) if link.used => done(cx),
            _ => gone(cx, request),
        });
    }
    log(cx, Action::PasswordReset, "ok", Some(&link.user_id));
    Ok(done(cx))
}

fn done(cx: &Context<'_>) -> Outcome {
    Outcome::Done(format!("{}?why={}", cx.config.prefix.path("/login"), Why::NewPassword.code()))
}

/// A link that does nothing, and the form by which another is to be had.
fn gone(cx: &Context<'_>, request: &Request) -> Outcome {
    Outcome::refused(Problem::new(404, "not_found", Message::ResetGone), page(cx, request, String::new()))
}
