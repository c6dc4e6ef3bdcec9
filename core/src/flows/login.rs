//! The first step: e-mail address and password. And the last: signing out.

use serde::Deserialize;

use super::{
    busy, invalid_credentials, known_browser, log, purpose_of, return_to, session, set_up, token_hash,
    too_many_attempts,
};
use crate::{
    context::Context,
    event::{Action, Event},
    factor::password::{self, Password, Verdict},
    limit,
    pages::{self, Why},
    people::{names::typed_email, session::PROBE_COOKIE},
    policy::{Proof, Step},
    ports::Fault,
    secret::{Secret, Token},
    store::{self, NewBrowser, PasswordAttempt},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop, same_origin_path},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    email: String,
    password: Secret<String>,
    return_to: Option<String>,
    /// That it comes from the page that set the cookie by which it is seen whether the browser keeps any.
    cookies: Option<bool>,
    /// Tells the form that it is from every other: sent twice, it leaves one session.
    form: Option<String>,
}

/// `GET /auth/login`.
pub async fn form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let step = session(cx, request).await?.map(|session| session.step());
    if step == Some(Step::Done) {
        return Ok(Outcome::Elsewhere(step));
    }
    let why = request.query_field("why").and_then(|code| Why::parse(&code));
    Ok(Outcome::form(pages::Login { email: String::new(), return_to: return_to(cx, request), why, form: cx.rng.id()? }))
}

/// `POST /auth/login`.
///
/// 1. The coarse brake, by network; and how many hashes this instance has under way.
/// 2. Fields, bounded before any work.
/// 3. One transaction charges the attempt and looks the address up; in a pause that is all.
/// 4. The same hashing whether or not there is such a user.
/// 5. The policy decides what comes next.
/// 6. One transaction begins the session, if all that was decided on still holds.
pub async fn login(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1.
    let form = cx.rng.id()?;
    let empty = pages::Login { email: String::new(), return_to: return_to(cx, request), why: None, form: form.clone() };
    let network = cx.peer.network();
    if !cx.brake.admit(&network).await? {
        log(cx, Action::Login, "brake", None);
        return Ok(Outcome::refused(too_many_attempts(Message::NetworkLogins, 60), empty));
    }
    let Some(_hash) = cx.hashes.begin(&network, cx.now) else { return Ok(Outcome::refused(busy(), empty)) };
    // 2.
    let fields: Fields = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, empty)),
    };
    let return_to = same_origin_path(&cx.config.prefix, fields.return_to.as_deref().unwrap_or("/"));
    let page =
        pages::Login { email: fields.email.chars().take(254).collect(), return_to: return_to.clone(), why: None, form };
    if fields.cookies == Some(true) && request.cookies(PROBE_COOKIE).next().is_none() {
        return Ok(Outcome::refused(Problem::new(400, "cookies_blocked", Message::CookiesBlocked), page));
    }
    let Some(email) = typed_email(&fields.email) else {
        return Ok(Outcome::refused(Problem::invalid(Message::EmailAddress), page));
    };
    let Some(password) = Password::typed(cx.nfc, fields.password) else {
        return Ok(Outcome::refused(Problem::invalid(Message::PasswordLength), page));
    };
    // 3. to 6.; once more if what was decided on has changed meanwhile.
    let form = fields.form.map(|form| cx.config.pepper_keys.current().mac(FORM, &[&form]));
    let typed = Typed { email: &email, password: &password, return_to: &return_to, form: form.as_deref() };
    for _ in 0..2 {
        match attempt(cx, request, &typed).await? {
            Attempt::Moved(moved) => return Ok(Outcome::Moved(moved)),
            Attempt::Refused => return Ok(Outcome::refused(invalid_credentials(), page)),
            Attempt::Stopped => {
                let problem = Problem::new(401, "password_reset_required", Message::PasswordStopped);
                return Ok(Outcome::refused(problem, page));
            }
            Attempt::Paused(seconds) => {
                return Ok(Outcome::refused(too_many_attempts(Message::Passwords { seconds }, seconds), page));
            }
            Attempt::Changed => {}
        }
    }
    Ok(Outcome::refused(Problem::new(409, "conflict", Message::Conflict), page))
}

/// What was typed, in its canonical form.
struct Typed<'a> {
    email: &'a str,
    password: &'a Password,
    return_to: &'a str,
    /// The form that it came by.
    form: Option<&'a str>,
}

/// What the MAC of a form is for by which someone signs in.
const FORM: &str = "login form";

/// What came of an attempt.
enum Attempt {
    /// The session has begun.
    Moved(Moved),
    /// The password is wrong, or there is no such user.
    Refused,
    /// The password is right, and worthless since "This was not me".
    Stopped,
    /// Nothing was compared; so many seconds more.
    Paused(u64),
    /// What was decided on has changed since.
    Changed,
}

async fn attempt(cx: &Context<'_>, request: &Request, typed: &Typed<'_>) -> Result<Attempt, Fault> {
    // 3.
    let (cost, peppers) = (cx.config.password_cost, &cx.config.pepper_keys);
    let attempt = PasswordAttempt::new(cx, known_browser(request), typed.email)?;
    let store::LoginRead { admitted, found } = store::login_read(cx, &attempt, typed.email).await?;
    let Some(admitted) = admitted else {
        log(cx, Action::Login, "too_many_attempts", None);
        return Ok(Attempt::Paused(limit::retry_after_s(attempt.retry_at(cx).await?, cx.now)));
    };
    // 4.
    let stored = found.as_ref().and_then(|found| found.stored.as_ref());
    let verdict = password::verify(cost, peppers, stored, typed.password, |fault| cx.log_fault(fault))?;
    // 5. Whoever is held from the next login on is held from this one: it has not begun before its row is written.
    let since = found.as_ref().and_then(|found| found.person.required_since());
    let proof = Proof { password_at: since.map_or(cx.now, |since| since.max(cx.now)), second_factor: None };
    let step = found.as_ref().map_or(Step::Refuse, |found| found.person.next_step(proof));
    let (Some(store::Found { person, stored: Some(stored), facts, stopped }), true) =
        (&found, verdict.right() && step != Step::Refuse)
    else {
        let user_id = found.as_ref().map(|found| found.person.id.as_str());
        let event = Event { action: Action::Login, result: "invalid_credentials", actor: None, target: user_id };
        store::password_refused(cx, &event).await?;
        log(cx, Action::Login, event.result, user_id);
        return Ok(Attempt::Refused);
    };
    // Whoever knows the password may know that it is worth nothing, and why.
    if *stopped {
        let event =
            Event { action: Action::Login, result: "password_reset_required", actor: None, target: Some(&person.id) };
        store::password_refused(cx, &event).await?;
        cx.tell(&event);
        return Ok(Attempt::Stopped);
    }
    // 6.
    let rehashed = match verdict == Verdict::AsTyped || password::outdated(cost, peppers, stored) {
        true => Some(password::hash(cost, peppers, cx.rng, typed.password)?),
        false => None,
    };
    let token = Token::generate(cx.rng)?;
    // The password is all there is.
    let whole = step == Step::Done && person.authenticators == 0;
    let browser = match whole && admitted.browser(&attempt).is_empty() && !request.by_script() {
        true => Some(NewBrowser::generate(cx.rng)?),
        false => None,
    };
    let login = store::NewLogin {
        person,
        stored,
        facts,
        proof,
        step,
        token: &token,
        previous: token_hash(cx, request),
        attempt: &attempt,
        admitted: &admitted,
        browser: browser.as_ref().map(|new| (new.id.as_str(), &new.token)),
        return_to: typed.return_to,
        form: typed.form,
        purpose: whole.then(|| purpose_of(cx, typed.return_to)),
        rehashed,
    };
    if !store::login_finish(cx, login).await? {
        log(cx, Action::Login, "conflict", Some(&person.id));
        return Ok(Attempt::Changed);
    }
    log(cx, Action::Login, "ok", Some(&person.id));
    // A notice is waiting.
    if browser.is_some() {
        cx.jobs.poke();
    }
    let starts = person.stopped_from().filter(|_| step == Step::Done);
    let return_to = set_up::by_way_of_offer(cx, request, starts, typed.return_to);
    Ok(Attempt::Moved(Moved { next: step, return_to, browser: browser.map(|new| new.token), ..Moved::on(token) }))
}

/// `POST /auth/logout`: the same answer whether or not there was a session.
pub async fn logout(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    if let Some(token_hash) = token_hash(cx, request) {
        store::logout(cx, &token_hash).await?;
        log(cx, Action::Logout, "ok", None);
    }
    Ok(Outcome::SignedOut)
}
