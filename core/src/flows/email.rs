//! One's own address, where mails are sent: a link that is mailed to the new one changes it, in a session of its person. The old
//! one is told at once, and for seven days a link there puts it back, without a session: whoever has taken over a session, and
//! all that it takes to sign in, does not keep the login.

use serde::Deserialize;

use super::{
    KeyField, busy, cookie,
    forgot::{self, Asked, mailed},
    form_key, full,
    join::link_kept,
    key_over, keyed_fields, keyed_over, log,
    profile::profile_after,
    repeat, token_hash, too_many_attempts,
};
use crate::{
    context::Context,
    event::Action,
    factor::password::{self, Password},
    limit,
    mail::Kind,
    pages::{self, ConfirmedBy},
    people::{
        names::canonical_email,
        session::{EMAIL_COOKIE, EMAIL_COOKIE_MAX_AGE_S, RESET_COOKIE, RESET_COOKIE_MAX_AGE_S, Session},
    },
    policy::Step,
    ports::Fault,
    secret::{Secret, Token},
    store::{self, EMAIL, EmailLink, NewMail, RESET, UNDO, UndoLink},
    texts::Message,
    web::{Outcome, Problem, Request, Stop},
};

/// Where a new address is asked for; links to it are below.
pub const PATH: &str = "/email";

/// The page of the link to a new address that was opened last, which keeps it out of the tab's history.
pub const PAGE: &str = "/email-confirm";

/// The same of a link back to the old one; these are below.
pub const UNDO_PAGE: &str = "/email-undo";

/// The link by which someone's address becomes the one that it is mailed to, where `own` is what Airlock's own paths begin with.
pub fn email_url(own: &str, token: &Token) -> String {
    format!("{own}{PATH}/{}", token.expose())
}

/// The link by which the address that it is mailed to is someone's again.
pub fn undo_url(own: &str, token: &Token) -> String {
    format!("{own}{UNDO_PAGE}/{}", token.expose())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailField {
    email: String,
    key: Option<String>,
}

/// A session that may ask: every factor was proven in it, for its person's own pages and just now.
async fn proven(cx: &Context<'_>, request: &Request) -> Result<Session, Stop> {
    mailed(cx)?;
    let back = cx.config.prefix.path(PATH);
    let session = full(cx, request, Some(&back)).await?;
    if session.whole() { Ok(session) } else { Err(Outcome::ReauthRequired(back).into()) }
}

/// `GET /auth/email`.
pub async fn form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = proven(cx, request).await?;
    Ok(Outcome::form(page(cx, request, &session, String::new())))
}

fn page(cx: &Context<'_>, request: &Request, session: &Session, email: String) -> pages::Email {
    pages::Email { present: session.person.email.clone(), email, form_key: form_key(cx, request) }
}

/// `POST /auth/email`: one transaction charges person, address and network, and writes the mail. It is the same whether or not anyone
/// has the address.
pub async fn ask(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = proven(cx, request).await?;
    let EmailField { email: typed, .. } = match keyed_fields(cx, request, |fields: &EmailField| fields.key.as_deref()) {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, page(cx, request, &session, String::new()))),
    };
    let page = page(cx, request, &session, typed.chars().take(254).collect());
    let Some(email) = canonical_email(&typed) else {
        return Ok(Outcome::refused(Problem::invalid(Message::AsciiAddress), page));
    };
    if email == session.person.email {
        return Ok(Outcome::refused(taken(), page));
    }
    let id = cx.rng.id()?;
    let token = Token::derived(cx.config.pepper_keys.current(), EMAIL, &id);
    let asked = asked(cx, email);
    let sealed = repeat::sealed(cx, &[EMAIL, token.hash(EMAIL).as_str()], &asked)?;
    let mail = NewMail { tried_ms: limit::EMAIL_MS, ..NewMail::new(&id, Kind::Email) };
    let person = &session.person.id;
    let [of_person, of_network] = store::email_ask(cx, &session, &mail, &token, (&asked.email, &sealed)).await?;
    if let Some(until) = of_person.or(of_network) {
        log(cx, Action::EmailChanged, "too_many_attempts", Some(person));
        let seconds = limit::retry_after_s(until, cx.now);
        let message =
            if of_person.is_some() { Message::TooOften { seconds } } else { Message::NetworkResets { seconds } };
        return Ok(Outcome::refused(too_many_attempts(message, seconds), page));
    }
    log(cx, Action::EmailChanged, "asked", Some(person));
    cx.jobs.poke();
    Ok(Outcome::form(pages::EmailSent { email: asked.email }))
}

/// The browser that asks, for the mail that tells of it.
fn asked(cx: &Context<'_>, email: String) -> Asked {
    let (country, user_agent) = (cx.peer.country.to_owned(), cx.peer.user_agent.to_owned());
    Asked { email, browser: None, country, user_agent }
}

/// `GET /auth/email/{token}`: a browser is led to [`PAGE`], whatever a mail program has put behind the link.
pub async fn open(cx: &Context<'_>, request: &Request, link: &str) -> Result<Outcome, Stop> {
    mailed(cx)?;
    if !request.wants_html() {
        return confirm_form(cx, request, &Token::claimed(link)).await;
    }
    Ok(link_kept(link, (EMAIL_COOKIE, EMAIL_COOKIE_MAX_AGE_S), cx.config.prefix.path(PAGE)))
}

/// The token of the link that was opened last, true or not.
pub fn opened(request: &Request) -> Token {
    Token::claimed(request.cookie(EMAIL_COOKIE).unwrap_or_default())
}

/// `GET /auth/email-confirm`.
pub async fn confirm_form(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    Ok(match find(cx, request, token).await? {
        Some((link, email)) => Outcome::form(confirm_page(cx, request, token, &link, email)),
        None => gone(),
    })
}

/// The link, and the address that it is for.
async fn find(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Option<(EmailLink, String)>, Fault> {
    let Some(link) = store::email_link(cx, token, token_hash(cx, request).as_ref()).await? else { return Ok(None) };
    let asked = repeat::opened::<Asked>(cx, &[EMAIL, token.hash(EMAIL).as_str()], &link.sealed);
    Ok(asked.map(|asked| (link, asked.email)))
}

fn signed_in(link: &EmailLink) -> Option<&Session> {
    link.session.as_ref().filter(|session| session.step() == Step::Done)
}

/// Its form is of this link: a script of the app can set the cookie of another. Whoever reads the mail of an address that was
/// mistyped learns nothing of the person.
fn confirm_page(
    cx: &Context<'_>,
    request: &Request,
    token: &Token,
    link: &EmailLink,
    email: String,
) -> pages::EmailConfirm {
    let by = match signed_in(link) {
        None => ConfirmedBy::Login,
        Some(session) if session.person.id == link.user_id => {
            ConfirmedBy::Session(key_over(cx, &[cookie(cx, request), token.expose()]))
        }
        Some(session) => ConfirmedBy::Nothing(session.person.email.clone()),
    };
    pages::EmailConfirm { email, by }
}

/// `POST /auth/email-confirm`, and with the token in the path for clients that are no browsers.
///
/// 1. The link, and a full session of the person who asked for it.
/// 2. One transaction, once.
pub async fn confirm(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    // 1.
    let Some((link, email)) = find(cx, request, token).await? else { return Ok(gone()) };
    let Some(session) = signed_in(&link) else {
        return Ok(Outcome::Elsewhere(link.session.as_ref().map(Session::step)));
    };
    let changed = || Outcome::Done(profile_after(cx, session, "email"));
    let page = |link| confirm_page(cx, request, token, link, email.clone());
    if session.person.id != link.user_id {
        return Ok(Outcome::refused(Problem::new(409, "other_login", Message::OtherLogin), page(&link)));
    }
    if link.used {
        return Ok(changed());
    }
    // On no form, as where one joins.
    button(cx, request, token)?;
    // 2.
    let id = cx.rng.id()?;
    let undo = Token::derived(cx.config.pepper_keys.current(), UNDO, &id);
    let told = repeat::sealed(cx, &[UNDO, &id], &asked(cx, session.person.email.clone()))?;
    let notice = NewMail { address: Some(&told), ..NewMail::new(&id, Kind::EmailChanged) };
    if !store::email_change(cx, token, session, &email, (&notice, &undo)).await? {
        return Ok(match find(cx, request, token).await? {
            // The same form, which was under way at the same time.
            Some((link, _)) if link.used => changed(),
            Some((link, _)) if signed_in(&link).is_some() => Outcome::refused(taken(), page(&link)),
            Some(_) => Outcome::Elsewhere(None),
            None => gone(),
        });
    }
    log(cx, Action::EmailChanged, "ok", Some(&session.person.id));
    Ok(changed())
}

/// That the button of this link's page was pressed.
fn button(cx: &Context<'_>, request: &Request, token: &Token) -> Result<(), Problem> {
    let KeyField { key, .. } = request.any_fields()?;
    keyed_over(cx, request, &[cookie(cx, request), token.expose()], key.as_deref())
}

/// `GET /auth/email-undo/{token}`: a browser is led to [`UNDO_PAGE`].
pub async fn undo_open(cx: &Context<'_>, request: &Request, link: &str) -> Result<Outcome, Stop> {
    mailed(cx)?;
    if !request.wants_html() {
        return undo_form(cx, request, &Token::claimed(link)).await;
    }
    Ok(link_kept(link, (EMAIL_COOKIE, EMAIL_COOKIE_MAX_AGE_S), cx.config.prefix.path(UNDO_PAGE)))
}

/// `GET /auth/email-undo`.
pub async fn undo_form(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    Ok(match store::undo_link(cx, token).await? {
        Some(link) => Outcome::form(undo_page(cx, request, token, &link)),
        None => gone(),
    })
}

fn undo_page(cx: &Context<'_>, request: &Request, token: &Token, link: &UndoLink) -> pages::EmailUndo {
    let form_key = key_over(cx, &[cookie(cx, request), token.expose()]);
    pages::EmailUndo { email: link.email.clone(), form_key }
}

/// `POST /auth/email-undo`, and with the token in the path for clients that are no browsers.
///
/// 1. The coarse brake, and the link.
/// 2. One transaction, once. It leads to the page that sets a new password: nobody knows the one in between.
pub async fn undo(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    mailed(cx)?;
    // 1.
    let network = cx.peer.network();
    if !cx.brake.admit(&network).await? {
        log(cx, Action::EmailUndone, "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let Some(link) = store::undo_link(cx, token).await? else { return Ok(gone()) };
    let reset = Token::derived(cx.config.pepper_keys.current(), RESET, token.hash(UNDO).as_str());
    let undone = || {
        let to = cx.config.prefix.path(forgot::PAGE);
        link_kept(reset.expose(), (RESET_COOKIE, RESET_COOKIE_MAX_AGE_S), to)
    };
    if link.used {
        return Ok(undone());
    }
    button(cx, request, token)?;
    // 2.
    let refused = |problem| Ok(Outcome::refused(problem, undo_page(cx, request, token, &link)));
    let Some(_hash) = cx.hashes.begin(&network, cx.now) else { return refused(busy()) };
    let unknown = Secret::new(Token::generate(cx.rng)?.expose().to_owned());
    let unknown = Password::typed(cx.nfc, unknown).ok_or_else(|| Fault::new("no password"))?;
    let unknown = password::hash(cx.config.password_cost, &cx.config.pepper_keys, cx.rng, &unknown)?;
    if !store::email_undo(cx, token, &link, &unknown, &reset).await? {
        return match store::undo_link(cx, token).await? {
            Some(link) if link.used => Ok(undone()),
            Some(_) => refused(taken()),
            None => Ok(gone()),
        };
    }
    log(cx, Action::EmailUndone, "ok", Some(&link.user_id));
    Ok(undone())
}

/// The answer where an address is someone's, or kept for someone.
pub fn taken() -> Problem {
    Problem::new(409, "address_taken", Message::AddressTaken)
}

fn gone() -> Outcome {
    Problem::new(404, "not_found", Message::LinkGone).into()
}
