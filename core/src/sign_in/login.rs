//! The first step: e-mail address and password. And the last: signing out.

use serde::Deserialize;

use super::{Moved, Outcome, invalid_credentials, log, new_device, return_to, session, token_hash, too_many_attempts};
use crate::{
    context::Context,
    http::{Problem, Request, same_origin_path},
    pages, password,
    policy::{Proof, Step},
    ports::{Event, Fault},
    secret::{Secret, Token},
    session::{DEVICE_COOKIE, typed_email},
    store,
    texts::Message,
    throttle,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    email: String,
    password: Secret<String>,
    return_to: Option<String>,
}

/// `GET /auth/login`.
pub async fn form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    let step = session(cx, request).await?.map(|session| session.step());
    if step == Some(Step::Done) {
        return Ok(Outcome::Elsewhere(step));
    }
    Ok(Outcome::form(pages::Login { email: String::new(), return_to: return_to(request) }))
}

/// `POST /auth/login`.
///
/// 1. The coarse brake, by address of the network.
/// 2. Fields, bounded before any work.
/// 3. One transaction charges the attempt and looks the address up.
/// 4. The same hashing whether or not there is such a user, or a pause holds.
/// 5. The policy decides what comes next.
/// 6. One transaction begins the session.
pub async fn login(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    // 1.
    let empty = pages::Login { email: String::new(), return_to: "/".to_owned() };
    if !cx.brake.admit(&request.client.network()).await? {
        log(cx, request, "login", "brake", None);
        return Ok(Outcome::refused(too_many_attempts(Message::NetworkLogins, 60), empty));
    }
    // 2.
    let fields: Fields = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, empty)),
    };
    let return_to = same_origin_path(fields.return_to.as_deref().unwrap_or("/"));
    let page = pages::Login { email: fields.email.chars().take(254).collect(), return_to: return_to.clone() };
    let Some(email) = typed_email(&fields.email) else {
        return Ok(Outcome::refused(Problem::invalid(Message::EmailAddress), page));
    };
    let length = fields.password.expose().len();
    if length == 0 || length > password::MAX_BYTES {
        return Ok(Outcome::refused(Problem::invalid(Message::PasswordLength), page));
    }
    // 3. to 6.; once more if the password was changed, or hashed anew, while it was compared.
    let typed = Typed { email: &email, password: &fields.password, return_to: &return_to };
    for _ in 0..2 {
        match attempt(cx, request, &typed).await? {
            Attempt::Moved(moved) => return Ok(Outcome::Moved(moved)),
            Attempt::Refused => break,
            Attempt::Changed => {}
        }
    }
    Ok(Outcome::refused(invalid_credentials(), page))
}

/// What was typed, in its canonical form.
struct Typed<'a> {
    email: &'a str,
    password: &'a Secret<String>,
    return_to: &'a str,
}

/// What came of an attempt.
enum Attempt {
    /// The session has begun.
    Moved(Moved),
    /// The password is wrong, or there is no such user.
    Refused,
    /// What it was compared with has changed since.
    Changed,
}

async fn attempt(cx: &Context<'_>, request: &Request, typed: &Typed<'_>) -> Result<Attempt, Fault> {
    // 3.
    let (cost, peppers) = (cx.config.password_cost, &cx.config.pepper_keys);
    let device_cookie = request.cookie(DEVICE_COOKIE).unwrap_or_default();
    let device = throttle::known_device(peppers, typed.email, device_cookie).unwrap_or_default();
    let store::LoginRead { admitted, found } = store::login_read(cx, typed.email, device).await?;
    // 4.
    let stored = found.as_ref().and_then(|(_, stored)| stored.as_ref()).filter(|_| admitted);
    let proven = password::verify(cost, peppers, stored, typed.password)?;
    // 5.
    let proof = Proof { password_at: cx.now, second_factor: None };
    let step = found.as_ref().map_or(Step::Refuse, |(person, _)| person.next_step(proof));
    let (Some((person, Some(stored))), true) = (&found, proven && step != Step::Refuse) else {
        let user_id = found.as_ref().map(|(person, _)| person.id.as_str());
        let event = Event { action: "login", result: "invalid_credentials", actor: None, target: user_id };
        store::refused(cx, request, &event).await?;
        log(cx, request, "login", event.result, user_id);
        return Ok(Attempt::Refused);
    };
    // 6.
    let rehashed = match password::outdated(cost, peppers, stored) {
        true => Some(password::hash(cost, peppers, cx.rng, typed.password)?),
        false => None,
    };
    let token = Token::generate(cx.rng)?;
    let login = store::NewLogin {
        person,
        stored,
        step,
        token: &token,
        previous: token_hash(cx, request),
        device,
        return_to: typed.return_to,
        rehashed,
    };
    if !store::login_finish(cx, request, login).await? {
        log(cx, request, "login", "conflict", Some(&person.id));
        return Ok(Attempt::Changed);
    }
    log(cx, request, "login", "ok", Some(&person.id));
    let device = new_device(cx, step, device, &person.email)?;
    let return_to = typed.return_to.to_owned();
    Ok(Attempt::Moved(Moved { next: step, return_to, device, ..Moved::on(token) }))
}

/// `POST /auth/logout`: the same answer whether or not there was a session.
pub async fn logout(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    if let Some(token_hash) = token_hash(cx, request) {
        store::logout(cx, request, &token_hash).await?;
        log(cx, request, "logout", "ok", None);
    }
    Ok(Outcome::SignedOut)
}
