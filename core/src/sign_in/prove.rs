//! The second step: a one-time code, or a recovery code in its place. And proving both steps again.

use serde::Deserialize;

use super::{
    Moved, Outcome, full, invalid_code, invalid_credentials, log, new_device, return_to, session, token_hash,
    too_many_attempts,
};
use crate::{
    context::Context,
    http::{Problem, Request, same_origin_path},
    pages::{self, Page},
    password,
    policy::{Authenticator, Proof, SecondFactor, Step},
    ports::{Event, Fault},
    recovery::RecoveryCode,
    secret::{Secret, Token, open},
    session::{CodesKept, Session, Site},
    store::{self, Challenge, Charges, Factor, Gain, Proven},
    texts::Message,
    throttle::{self, ATTEMPTS_PER_LOGIN, CODE_FAILURES_MAX},
    totp::{Code, Miss},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeField {
    code: Secret<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReauthFields {
    password: Secret<String>,
    code: Option<Secret<String>>,
    return_to: Option<String>,
}

/// `GET /auth/verify` and `GET /auth/recovery`.
pub async fn form(cx: &Context<'_>, request: &Request, page: impl Page + 'static) -> Result<Outcome, Fault> {
    Ok(match session(cx, request).await?.map(|session| session.step()) {
        Some(Step::Verify) => Outcome::form(page),
        step => Outcome::Elsewhere(step),
    })
}

/// `POST /auth/verify`.
pub async fn verify(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    let code = match request.fields::<CodeField>() {
        Ok(fields) => Code::parse(fields.code.expose()),
        Err(problem) => return Ok(Outcome::refused(problem, pages::Verify {})),
    };
    match code {
        Some(code) => second_step(cx, request, Typed::Code(code), Box::new(pages::Verify {})).await,
        None => Ok(Outcome::refused(Problem::invalid(Message::CodeShape), pages::Verify {})),
    }
}

/// `POST /auth/recovery`.
pub async fn recovery(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    let code = match request.fields::<CodeField>() {
        Ok(fields) => RecoveryCode::parse(fields.code.expose()),
        Err(problem) => return Ok(Outcome::refused(problem, pages::Recovery {})),
    };
    match code {
        Some(code) => second_step(cx, request, Typed::Recovery(code), Box::new(pages::Recovery {})).await,
        None => Ok(Outcome::refused(Problem::invalid(Message::RecoveryCodeShape), pages::Recovery {})),
    }
}

/// A code as typed.
enum Typed {
    Code(Code),
    Recovery(RecoveryCode),
}

impl Typed {
    fn second_factor(&self) -> SecondFactor {
        match self {
            Self::Code(_) => SecondFactor::Totp,
            Self::Recovery(_) => SecondFactor::Recovery,
        }
    }

    /// One-time codes end at the limit of consecutive failures; recovery codes are past guessing and lead back from it.
    fn failures_max(&self) -> i64 {
        match self {
            Self::Code(_) => CODE_FAILURES_MAX,
            Self::Recovery(_) => i64::from(i32::MAX),
        }
    }
}

/// 1. One transaction charges the attempt and reads what to check it by.
/// 2. The session must be in the stage that asks for it, and the attempt admitted.
/// 3. A one-time code is compared; a recovery code is looked for as it is used up.
/// 4. One transaction uses the code up and moves the session on, both or neither.
async fn second_step(cx: &Context<'_>, request: &Request, typed: Typed, page: Box<dyn Page>) -> Result<Outcome, Fault> {
    let (action, wrong) = match typed {
        Typed::Code(_) => ("verify", Message::WrongCode),
        Typed::Recovery(_) => ("recovery", Message::WrongRecoveryCode),
    };
    // 1.
    let Some(token_hash) = token_hash(cx, request) else { return Ok(Outcome::Elsewhere(None)) };
    let charges = Charges { password_of: None, code_failures_max: Some(typed.failures_max()) };
    let Some(challenge) = store::challenge(cx, &token_hash, charges).await? else {
        return Ok(Outcome::Elsewhere(None));
    };
    // 2.
    let session = &challenge.session;
    let user_id = session.person.id.as_str();
    if session.step() != Step::Verify {
        return Ok(Outcome::Elsewhere(Some(session.step())));
    }
    if !challenge.code_admitted {
        log(cx, request, action, "too_many_attempts", Some(user_id));
        return Ok(Outcome::Refused(not_admitted(cx, session), page));
    }
    // 3. and 4.
    let proof = Proof { second_factor: Some(typed.second_factor()), ..session.proof };
    let next = session.person.next_step(proof);
    let moved = check_and_prove(cx, request, &challenge, &typed, action, next).await?;
    let (token, Proven { recovery_codes_left }) = match moved {
        Ok(moved) => moved,
        Err(miss) => {
            log(cx, request, action, "invalid_code", Some(user_id));
            return Ok(Outcome::Refused(wrong_code(miss, wrong), page));
        }
    };
    log(cx, request, action, "ok", Some(user_id));
    let device = new_device(cx, next, &session.browser, &session.person.email)?;
    let return_to = session.return_to.clone();
    // Who put it off is asked again; who has just lost the phone has other things to do.
    let codes_due = session.person.codes_kept != CodesKept::Kept && recovery_codes_left.is_none();
    Ok(Outcome::Moved(Moved { next, return_to, token, device, recovery_codes_left, codes_due }))
}

/// Checks a code and, if it is right, uses it up. Answers the session's new token.
async fn check_and_prove(
    cx: &Context<'_>,
    request: &Request,
    challenge: &Challenge,
    typed: &Typed,
    action: &'static str,
    step: Step,
) -> Result<Result<(Token, Proven), Option<Miss>>, Fault> {
    let user_id = challenge.session.person.id.as_str();
    let macs;
    let factor = match typed {
        Typed::Code(code) => match accepted(cx, challenge, code)? {
            Some((authenticator_id, step)) => Factor::Totp { authenticator_id, step },
            None => {
                let event = Event { action, result: "invalid_code", actor: None, target: Some(user_id) };
                let missed = missed(cx, challenge, code)?;
                let spent = match missed {
                    Some((authenticator_id, Miss::Clock { seconds: 1.., step })) => Some((authenticator_id, step)),
                    _ => None,
                };
                store::refused_code(cx, request, &event, spent).await?;
                return Ok(Err(missed.map(|(_, miss)| miss)));
            }
        },
        Typed::Recovery(code) => {
            macs = code.macs(&cx.config.pepper_keys, user_id);
            Factor::Recovery { macs: &macs }
        }
    };
    let token = Token::generate(cx.rng)?;
    // Whoever signs in to administer has just proven both; asking again at once would only teach them to type.
    let reauthenticated = action == "reauth" || cx.config.site == Site::Admin;
    let gain = Gain { action, factor, step, token: &token, reauthenticated };
    let proven = store::prove(cx, request, &challenge.session, gain).await?;
    // Nothing was used up: another request was faster with the same code.
    let used = matches!(typed, Typed::Code(_)).then_some(Miss::Used);
    Ok(proven.map(|proven| (token, proven)).ok_or(used))
}

/// Why a code is none of those that the authenticators accept, and which of them says so.
fn missed<'c>(cx: &Context<'_>, challenge: &'c Challenge, code: &Code) -> Result<Option<(&'c str, Miss)>, Fault> {
    for authenticator in &challenge.authenticators {
        let owner = [challenge.session.person.id.as_str(), authenticator.id.as_str()];
        let seed = open(&cx.config.seed_keys, &owner, &authenticator.seed)?;
        if let Some(miss) =
            authenticator.parameters.miss(cx.config.window_steps, seed.expose(), code, authenticator.last_step, cx.now)
        {
            return Ok(Some((&authenticator.id, miss)));
        }
    }
    Ok(None)
}

/// The answer to a code that was not accepted, with the reason as far as it is known.
pub fn wrong_code(miss: Option<Miss>, otherwise: Message) -> Problem {
    match miss {
        None => invalid_code(otherwise),
        Some(Miss::Used) => invalid_code(Message::UsedCode).because("used"),
        Some(Miss::Clock { seconds: seconds @ ..0, .. }) => {
            invalid_code(Message::ClockBehind { seconds: seconds.unsigned_abs() }).because("clock_behind")
        }
        Some(Miss::Clock { seconds, .. }) => {
            invalid_code(Message::ClockAhead { seconds: seconds.unsigned_abs() }).because("clock_ahead")
        }
        Some(Miss::Algorithm) => invalid_code(Message::AppAlgorithm).because("algorithm"),
    }
}

/// The authenticator and step that a code belongs to. Every authenticator is tried, whichever matches.
fn accepted<'c>(cx: &Context<'_>, challenge: &'c Challenge, code: &Code) -> Result<Option<(&'c str, i64)>, Fault> {
    let mut accepted = None;
    for authenticator in &challenge.authenticators {
        let owner = [challenge.session.person.id.as_str(), authenticator.id.as_str()];
        let seed = open(&cx.config.seed_keys, &owner, &authenticator.seed)?;
        let step = authenticator.parameters.accepted_step(
            cx.config.window_steps,
            seed.expose(),
            code,
            authenticator.last_step,
            cx.now,
        );
        accepted = accepted.or(step.map(|step| (authenticator.id.as_str(), step)));
    }
    Ok(accepted)
}

/// Why an attempt at a code was not admitted, for someone who has given the right password.
fn not_admitted(cx: &Context<'_>, session: &Session) -> Problem {
    let pause_s = throttle::retry_after_s(session.blocked_until, cx.now);
    if session.person.user.authenticator == Authenticator::Locked {
        return too_many_attempts(Message::AuthenticatorLocked, 3600);
    }
    let minutes = pause_s.div_ceil(60);
    if session.pending && session.attempts >= ATTEMPTS_PER_LOGIN {
        return too_many_attempts(Message::LoginTries { minutes }, pause_s);
    }
    too_many_attempts(Message::CodeTries { minutes }, pause_s)
}

/// `GET /auth/reauth`.
pub async fn reauth_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    Ok(match full(cx, request, None).await? {
        Ok(session) => Outcome::form(reauth_page(&session, return_to(request))),
        Err(outcome) => outcome,
    })
}

fn reauth_page(session: &Session, return_to: String) -> pages::Reauth {
    pages::Reauth { email: session.person.email.clone(), needs_code: session.person.authenticators > 0, return_to }
}

/// `POST /auth/reauth`: password and, for who has an authenticator, a code or recovery code. A full session then counts
/// as fresh for five minutes.
pub async fn reauth(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    // 1. The session, for the address and device whose budget a password attempt is charged to.
    let session = match full(cx, request, None).await? {
        Ok(session) => session,
        Err(outcome) => return Ok(outcome),
    };
    let fields: ReauthFields = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, reauth_page(&session, "/".to_owned()))),
    };
    let return_to = same_origin_path(fields.return_to.as_deref().unwrap_or("/"));
    let refused = |problem| Ok(Outcome::refused(problem, reauth_page(&session, return_to.clone())));
    let length = fields.password.expose().len();
    if length == 0 || length > password::MAX_BYTES {
        return refused(Problem::invalid(Message::EnterPassword));
    }
    let typed = fields.code.as_ref().map(Secret::expose).and_then(|code| {
        let code_or_recovery = Code::parse(code).map(Typed::Code);
        code_or_recovery.or_else(|| RecoveryCode::parse(code).map(Typed::Recovery))
    });
    let needs_code = session.person.authenticators > 0;
    if needs_code && typed.is_none() {
        return refused(Problem::invalid(Message::EnterCode));
    }
    // 2. Charge both, then compare: first the password, and only who knows it learns anything of the code.
    let typed = typed.filter(|_| needs_code);
    let charges = Charges {
        password_of: Some((&session.person.email, &session.browser)),
        code_failures_max: typed.as_ref().map(Typed::failures_max),
    };
    let Some(challenge) = store::challenge(cx, &session.token_hash, charges).await? else {
        return Ok(Outcome::Elsewhere(None));
    };
    let user_id = challenge.session.person.id.as_str();
    let stored = challenge.password.as_ref().filter(|_| challenge.password_admitted);
    if !password::verify(cx.config.password_cost, &cx.config.pepper_keys, stored, &fields.password)? {
        let event = Event { action: "reauth", result: "invalid_credentials", actor: None, target: Some(user_id) };
        store::refused(cx, request, &event).await?;
        log(cx, request, "reauth", event.result, Some(user_id));
        return refused(invalid_credentials());
    }
    // 3. Use the code up and mark the session fresh, both or neither.
    let moved = match &typed {
        Some(_) if !challenge.code_admitted => {
            log(cx, request, "reauth", "too_many_attempts", Some(user_id));
            return refused(not_admitted(cx, &challenge.session));
        }
        Some(typed) => check_and_prove(cx, request, &challenge, typed, "reauth", Step::Done).await?,
        None => match prove_password(cx, request, &challenge.session).await? {
            Some(moved) => Ok(moved),
            None => return Ok(Outcome::Elsewhere(None)),
        },
    };
    let token = match moved {
        Ok((token, _)) => token,
        Err(miss) => {
            log(cx, request, "reauth", "invalid_code", Some(user_id));
            return refused(wrong_code(miss, Message::WrongCode));
        }
    };
    log(cx, request, "reauth", "ok", Some(user_id));
    Ok(Outcome::Moved(Moved { return_to, ..Moved::on(token) }))
}

async fn prove_password(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
) -> Result<Option<(Token, Proven)>, Fault> {
    let token = Token::generate(cx.rng)?;
    let gain =
        Gain { action: "reauth", factor: Factor::Password, step: Step::Done, token: &token, reauthenticated: true };
    let proven = store::prove(cx, request, session, gain).await?;
    Ok(proven.map(|proven| (token, proven)))
}
