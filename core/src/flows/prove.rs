//! The second step: a one-time code, or a recovery code in its place. And proving both steps again.

use serde::Deserialize;

use super::{
    afterwards, busy, form_key, invalid_code, keyed, keyed_fields, known_browser, leads_to, log, purpose_of,
    repeat::{self, Beside},
    return_to, session, token_hash, too_many_attempts, wrong_password,
};
use crate::{
    context::Context,
    event::{Action, Event},
    factor::{
        SecondFactor,
        password::{self, Password},
        recovery::RecoveryCode,
        totp::{Code, Miss},
    },
    limit::{self, ATTEMPTS_PER_LOGIN, CODE_FAILURES_MAX},
    pages::{self, Page},
    people::{CodesKept, session::Session},
    policy::{Authenticator, Proof, Purpose, Step},
    ports::Fault,
    secret::{Secret, Token, open},
    store::{self, Admitted, Challenge, Charge, Factor, Gain, NewBrowser, PasswordAttempt, Refused},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop, same_origin_path},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeField {
    code: Secret<String>,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReauthFields {
    password: Secret<String>,
    code: Option<Secret<String>>,
    return_to: Option<String>,
    purpose: Option<Purpose>,
    /// The form that waits for the proof, sealed.
    asked: Option<String>,
    key: Option<String>,
}

/// Where a session is proven again.
const REAUTH: &str = "/reauth";

/// The page that asks for a code of this kind.
fn code_page(cx: &Context<'_>, request: &Request, of: SecondFactor, session: Option<&Session>) -> Box<dyn Page> {
    let (form_key, return_to) = (form_key(cx, request), return_to(cx, request));
    match of {
        SecondFactor::Totp => Box::new(pages::Verify { form_key, return_to }),
        SecondFactor::Recovery => {
            let accounts = session.into_iter().flat_map(|session| &session.person.memberships);
            let accounts = accounts.map(|account| account.name.as_str()).collect::<Vec<_>>().join(", ");
            Box::new(pages::Recovery { accounts, form_key, return_to })
        }
    }
}

/// `GET /auth/verify`, `GET /auth/recovery`.
pub async fn form(cx: &Context<'_>, request: &Request, of: SecondFactor) -> Result<Outcome, Stop> {
    let Some((session, until)) = session_and_pause(cx, request).await? else { return Ok(Outcome::Elsewhere(None)) };
    Ok(match session.step() {
        Step::Verify => held_up_here(cx, request, &session, until)
            .unwrap_or_else(|| Outcome::Form(code_page(cx, request, of, Some(&session)))),
        step => Outcome::Elsewhere(Some(step)),
    })
}

/// The live session of the browser, and from when on a code is compared for it.
async fn session_and_pause(cx: &Context<'_>, request: &Request) -> Result<Option<(Session, i64)>, Fault> {
    match token_hash(cx, request) {
        Some(token_hash) => store::session_and_pause(cx, &token_hash).await,
        None => Ok(None),
    }
}

/// The code that a form for codes was sent with.
fn typed_code(cx: &Context<'_>, request: &Request) -> Result<Secret<String>, Problem> {
    keyed_fields(cx, request, |fields: &CodeField| fields.key.as_deref()).map(|fields| fields.code)
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

/// `POST /auth/verify`, `POST /auth/recovery`.
///
/// 1. The fields. The page of a form without the right key may be of a session that is no more: that is told first.
/// 2. One transaction charges the attempt and reads what to check it by.
/// 3. The session must be in the stage that asks for it, and the attempt admitted.
/// 4. A one-time code is compared; a recovery code is looked for as it is used up.
/// 5. One transaction uses the code up and moves the session on, both or neither.
pub async fn second_step(cx: &Context<'_>, request: &Request, of: SecondFactor) -> Result<Outcome, Stop> {
    let (action, wrong, shape) = match of {
        SecondFactor::Totp => (Action::Verify, Message::WrongCode, Message::CodeShape),
        SecondFactor::Recovery => (Action::Recovery, Message::WrongRecoveryCode, Message::RecoveryCodeShape),
    };
    // 1.
    let typed = typed_code(cx, request).and_then(|code| {
        let typed = match of {
            SecondFactor::Totp => Code::parse(code.expose()).map(Typed::Code),
            SecondFactor::Recovery => RecoveryCode::parse(code.expose()).map(Typed::Recovery),
        };
        typed.ok_or_else(|| Problem::invalid(shape))
    });
    let typed = match typed {
        Ok(typed) => typed,
        Err(problem) => {
            let session = session(cx, request).await?;
            let step = session.as_ref().map(Session::step);
            return Ok(match problem.status {
                403 if step != Some(Step::Verify) => Outcome::Elsewhere(step),
                _ => Outcome::Refused(problem, code_page(cx, request, of, session.as_ref())),
            });
        }
    };
    // 2.
    let Some(token_hash) = token_hash(cx, request) else { return Ok(Outcome::Elsewhere(None)) };
    let Some(challenge) = store::challenge(cx, &token_hash, typed.failures_max(), None).await? else {
        return Ok(Outcome::Elsewhere(None));
    };
    // 3.
    let session = &challenge.session;
    let user_id = session.person.id.as_str();
    if session.step() != Step::Verify {
        if let Some(Charge { id, again: false, .. }) = &challenge.charge {
            store::uncharge_code(cx, session, id).await?;
        }
        return Ok(Outcome::Elsewhere(Some(session.step())));
    }
    let Some(charge) = &challenge.charge else {
        log(cx, action, "too_many_attempts", Some(user_id));
        let until = store::code_retry_at(cx, &token_hash).await?;
        return Ok(held_up_here(cx, request, session, until)
            .unwrap_or_else(|| Outcome::Refused(again(), code_page(cx, request, of, Some(session)))));
    };
    // 4. and 5.
    let return_to = leads_to(cx, request, session);
    let person = &session.person;
    let proof = Proof { second_factor: Some(typed.second_factor()), ..session.proof };
    let step = person.next_step(proof);
    // Whoever put it off to keep the codes is asked again. A recovery code shows that they were, and leads to setting up another
    // authenticator, as a proof for that.
    let (purpose, recovery_codes_left, codes_due) = match typed {
        Typed::Code(_) => (purpose_of(cx, &return_to), None, person.codes_kept != CodesKept::Kept),
        Typed::Recovery(_) => (Purpose::Account, Some((person.recovery_codes_left - 1).max(0)), false),
    };
    let told = |token, browser| Moved { next: step, return_to, token, browser, recovery_codes_left, codes_due };
    let next = Next { action, step, purpose, beside: Beside::Nothing };
    Ok(match check_and_prove(cx, &challenge, (&typed, charge), next, None, told).await? {
        Ok(moved) => {
            log(cx, action, "ok", Some(user_id));
            Outcome::Moved(moved)
        }
        Err(miss) => {
            log(cx, action, "invalid_code", Some(user_id));
            // Its person is told, of the last that it has.
            if session.attempts >= ATTEMPTS_PER_LOGIN {
                cx.jobs.poke();
            }
            Outcome::Refused(wrong_code(miss, wrong), code_page(cx, request, of, Some(session)))
        }
    })
}

/// What a code leads to, if it is right.
#[derive(Clone, Copy)]
struct Next {
    action: Action,
    step: Step,
    purpose: Purpose,
    beside: Beside,
}

impl Next {
    /// What the session gains that has moved on so, and what is answered if the same form is sent again.
    fn gain<'a>(
        self,
        cx: &Context<'_>,
        factor: Factor<'a>,
        moved: &'a Moved,
        browser: Option<(&'a str, &'a Token)>,
        password: Option<(&'a PasswordAttempt, &'a Admitted)>,
    ) -> Result<Gain<'a>, Fault> {
        let Self { action, step, purpose, beside } = self;
        let (token, answer) = (&moved.token, repeat::answer(cx, moved, beside)?);
        let keeps_set_up = beside == Beside::SetUp;
        Ok(Gain { action, factor, step, token, answer, purpose, browser, keeps_set_up, password })
    }
}

/// Checks a code and, if it is right, uses it up. Answers what is `told` of the session's new token, and of that of the browser if
/// it becomes known by this. `password` was right on the way here.
async fn check_and_prove(
    cx: &Context<'_>,
    challenge: &Challenge,
    (typed, charge): (&Typed, &Charge),
    next: Next,
    password: Option<(&PasswordAttempt, &Admitted)>,
    told: impl FnOnce(Token, Option<Token>) -> Moved,
) -> Result<Result<Moved, Option<Miss>>, Fault> {
    let (action, step) = (next.action, next.step);
    let session = &challenge.session;
    let macs;
    let then = &Context { now: charge.at, ..*cx };
    let factor = match typed {
        Typed::Code(code) => match accepted(then, challenge, code)? {
            Some((authenticator_id, step)) => Factor::Totp { charge, authenticator_id, step },
            None => {
                let missed = missed(then, challenge, code)?;
                let early = match missed {
                    Some((authenticator_id, Miss::Clock { seconds: 1.., step })) => Some((authenticator_id, step)),
                    _ => None,
                };
                let refused = match missed {
                    Some((_, Miss::Used)) => Refused::Used(&charge.id),
                    _ if charge.again => Refused::Again(password),
                    _ => Refused::Wrong(password),
                };
                store::refused_code(cx, session, action, early, refused).await?;
                return Ok(Err(missed.map(|(_, miss)| miss)));
            }
        },
        Typed::Recovery(code) => {
            macs = code.macs(&cx.config.pepper_keys, &session.person.id);
            Factor::Recovery { charge, macs: &macs }
        }
    };
    let browser = match step == Step::Done && session.browser.is_empty() {
        true => Some(NewBrowser::generate(cx.rng)?),
        false => None,
    };
    let (id, known) = browser.map(|NewBrowser { id, token }| (id, token)).unzip();
    let moved = told(Token::generate(cx.rng)?, known);
    let browser = id.as_deref().zip(moved.browser.as_ref());
    let gain = next.gain(cx, factor, &moved, browser, password)?;
    // Nothing was used up: another request was faster with the same code.
    let used = matches!(typed, Typed::Code(_)).then_some(Miss::Used);
    let proven = store::prove(cx, session, gain).await?;
    // A notice is waiting.
    if proven && (moved.browser.is_some() || matches!(typed, Typed::Recovery(_))) {
        cx.jobs.poke();
    }
    Ok(proven.then_some(moved).ok_or(used))
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
            let message = Message::ClockBehind { seconds: seconds.unsigned_abs() };
            invalid_code(message).because("clock_behind").ahead_by(seconds)
        }
        Some(Miss::Clock { seconds, .. }) => {
            let message = Message::ClockAhead { seconds: seconds.unsigned_abs() };
            invalid_code(message).because("clock_ahead").ahead_by(seconds)
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

/// Why no code is taken on the page that this request is for.
fn held_up_here(cx: &Context<'_>, request: &Request, session: &Session, until: i64) -> Option<Outcome> {
    let here = cx.config.prefix.within(&request.path).unwrap_or_default();
    held_up(cx, (here, return_to(cx, request)), session, until)
}

/// Why no code is taken on the page `here`, of someone who has given the right password, and what works instead. `until`: from
/// when on the codes of this person are compared.
fn held_up(cx: &Context<'_>, (here, return_to): (&str, String), session: &Session, until: i64) -> Option<Outcome> {
    let pause_s = (until > cx.now.0).then(|| limit::retry_after_s(until, cx.now));
    let spent = session.proof.second_factor.is_none() && session.attempts >= ATTEMPTS_PER_LOGIN;
    // A recovery code leads back from a lock, here and where a password is proven again.
    let locked = here == "/verify" && session.person.user.authenticator == Authenticator::Locked;
    let lapses = session.pending && until >= session.expires_at.0;
    let (message, retry_after_s, way) = match pause_s {
        None if spent => (Message::LoginSpent, 1, Some("/login")),
        Some(seconds) if spent => (Message::LoginTries { seconds }, seconds, Some("/login")),
        _ if locked && session.person.recovery_codes_left > 0 => {
            (Message::AuthenticatorLocked, 3600, Some("/recovery"))
        }
        _ if locked => (Message::NoWayBack, 3600, None),
        Some(seconds) if lapses => (Message::LoginTries { seconds }, seconds, Some("/login")),
        Some(seconds) => (Message::CodeTries { seconds }, seconds, Some(here)),
        None => return None,
    };
    let way = way.map(str::to_owned);
    let page = pages::Paused { way, locked, signed_in: !session.pending, return_to };
    Some(Outcome::refused(too_many_attempts(message, retry_after_s), page))
}

/// The answer where an attempt was not admitted, and what stood in its way has ended since.
fn again() -> Problem {
    too_many_attempts(Message::CodeTries { seconds: 1 }, 1)
}

/// The session, if it may be re-authenticated: a full one, and one that is led to a set-up but was not begun just
/// now, so that a cookie alone never binds a new authenticator.
fn provable(session: Option<Session>) -> Result<Session, Stop> {
    match session {
        Some(session) if session.step() == Step::Done || session.step() == Step::Enrol && !session.pending => {
            Ok(session)
        }
        session => Err(Outcome::Elsewhere(session.map(|session| session.step())).into()),
    }
}

/// `GET /auth/reauth`.
pub async fn reauth_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let (_, page) = to_prove(cx, request, return_to(cx, request)).await?;
    Ok(Outcome::form(page))
}

/// The page on which the browser's session is proven again, and that session. Whoever cannot prove it now, hears that first.
pub async fn to_prove(
    cx: &Context<'_>,
    request: &Request,
    return_to: String,
) -> Result<(Session, pages::Reauth), Stop> {
    let (session, until) = session_and_pause(cx, request).await?.unzip();
    let session = provable(session)?;
    let held_up = held_up(cx, (REAUTH, return_to.clone()), &session, until.unwrap_or_default());
    match held_up.filter(|_| session.person.authenticators > 0) {
        Some(held_up) => Err(held_up.into()),
        None => {
            let page = reauth_page(cx, request, &session, return_to);
            Ok((session, page))
        }
    }
}

fn reauth_page(cx: &Context<'_>, request: &Request, session: &Session, return_to: String) -> pages::Reauth {
    let needs_code = session.person.authenticators > 0;
    let (email, form_key) = (session.person.email.clone(), form_key(cx, request));
    let locked = session.person.user.authenticator == Authenticator::Locked;
    let about = afterwards::about(cx, &return_to, request.language().texts()).to_owned();
    let at = cx.config.prefix.path(REAUTH);
    pages::Reauth { email, needs_code, locked, about, at, asked: String::new(), return_to, form_key }
}

/// `POST /auth/reauth`: password and, for whoever has an authenticator, a code or recovery code. The session then counts as
/// fresh for five minutes, for what it was asked for.
pub async fn reauth(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1. The session, and the fields before any work.
    let session = provable(session(cx, request).await?)?;
    let fields: ReauthFields = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => {
            return Ok(Outcome::refused(problem, reauth_page(cx, request, &session, return_to(cx, request))));
        }
    };
    let return_to = fields.return_to.as_deref().map(|path| same_origin_path(&cx.config.prefix, path));
    let led_to = return_to.as_deref().map(|path| purpose_of(cx, path));
    let purpose = fields.purpose.or(led_to).unwrap_or(Purpose::Account);
    let return_to = return_to.unwrap_or_else(|| "/".to_owned());
    let asked = afterwards::asked(cx, &session, fields.asked.as_deref());
    let refused = |problem| {
        let page = reauth_page(cx, request, &session, return_to.clone());
        let page = match (&asked, &fields.asked) {
            (Some(form), Some(sealed)) => pages::Reauth { asked: sealed.clone(), about: form.about.clone(), ..page },
            _ => page,
        };
        Ok(Outcome::refused(problem, page))
    };
    // Nobody is asked to prove anything for what will not be done.
    if asked.is_none() && fields.asked.is_some() {
        return refused(Problem::new(409, "conflict", Message::WaitedTooLong));
    }
    if let Err(problem) = keyed(cx, request, fields.key.as_deref()) {
        return refused(problem);
    }
    let Some(password) = Password::typed(cx.nfc, fields.password) else {
        return refused(Problem::invalid(Message::EnterPassword));
    };
    let typed = fields.code.as_ref().map(Secret::expose).and_then(|code| {
        let code_or_recovery = Code::parse(code).map(Typed::Code);
        code_or_recovery.or_else(|| RecoveryCode::parse(code).map(Typed::Recovery))
    });
    let needs_code = session.person.authenticators > 0;
    if needs_code && typed.is_none() {
        return refused(Problem::invalid(Message::EnterCode));
    }
    // 2. The password, as at the login. Only after the right one is a code charged, and compared.
    let (attempt, admitted) = match proven_password(cx, request, &session, &password, Action::Reauth).await? {
        Ok((attempt, admitted, ..)) => (attempt, admitted),
        Err(problem) => return refused(problem),
    };
    let user_id = session.person.id.as_str();
    let beside = match &asked {
        Some(asked) if asked.sets_up(cx) => Beside::SetUp,
        Some(_) => Beside::Waiting,
        None => Beside::Nothing,
    };
    let next = Next { action: Action::Reauth, step: session.step(), purpose, beside };
    let password = Some((&attempt, &admitted));
    let told = |token, browser| Moved { return_to: return_to.clone(), browser, ..Moved::on(token) };
    let moved = match typed.as_ref().filter(|_| needs_code) {
        None => {
            let moved = told(Token::generate(cx.rng)?, None);
            let gain = next.gain(cx, Factor::Password, &moved, None, password)?;
            match store::prove(cx, &session, gain).await? {
                true => Ok(moved),
                false => return Ok(Outcome::Elsewhere(None)),
            }
        }
        // 3. The code is used up and the session fresh, both or neither.
        Some(typed) => {
            let challenge = store::challenge(cx, &session.token_hash, typed.failures_max(), password).await?;
            let Some(challenge) = challenge else { return Ok(Outcome::Elsewhere(None)) };
            let Some(charge) = &challenge.charge else {
                log(cx, Action::Reauth, "too_many_attempts", Some(user_id));
                let until = store::code_retry_at(cx, &session.token_hash).await?;
                let held_up = held_up(cx, (REAUTH, return_to.clone()), &challenge.session, until);
                return held_up.map_or_else(|| refused(again()), Ok);
            };
            check_and_prove(cx, &challenge, (typed, charge), next, password, told).await?
        }
    };
    match moved {
        Ok(moved) => {
            log(cx, Action::Reauth, "ok", Some(user_id));
            Ok(match asked {
                Some(asked) => asked.after(cx, request, moved),
                None => Outcome::Moved(moved),
            })
        }
        Err(miss) => {
            log(cx, Action::Reauth, "invalid_code", Some(user_id));
            let wrong = match typed {
                Some(Typed::Recovery(_)) => Message::WrongRecoveryCode,
                _ => Message::WrongCode,
            };
            refused(wrong_code(miss, wrong))
        }
    }
}

/// Has the password of a session's person proven, in the same limits as at the login, the coarse brake among them. Answers the attempt, which is to be
/// given back, what it was compared with, and its place among the hashes under way; or why not.
pub async fn proven_password<'a>(
    cx: &'a Context<'_>,
    request: &Request,
    session: &Session,
    typed: &Password,
    action: Action,
) -> Result<Result<(PasswordAttempt, store::Admitted, password::Stored, limit::Hash<'a>), Problem>, Fault> {
    let (network, user_id) = (cx.peer.network(), Some(session.person.id.as_str()));
    if !cx.brake.admit(&network).await? {
        log(cx, action, "brake", user_id);
        return Ok(Err(too_many_attempts(Message::NetworkLogins, 60)));
    }
    let Some(hash) = cx.hashes.begin(&network, cx.now) else { return Ok(Err(busy())) };
    let email = session.person.email.as_str();
    let attempt = PasswordAttempt::new(cx, known_browser(request), email)?;
    let store::LoginRead { admitted, found } = store::login_read(cx, &attempt, email).await?;
    let Some(admitted) = admitted else {
        log(cx, action, "too_many_attempts", user_id);
        let seconds = limit::retry_after_s(attempt.retry_at(cx).await?, cx.now);
        return Ok(Err(too_many_attempts(Message::Passwords { seconds }, seconds)));
    };
    let stored = found.and_then(|found| found.stored);
    let (cost, peppers) = (cx.config.password_cost, &cx.config.pepper_keys);
    if password::verify(cost, peppers, stored.as_ref(), typed, |fault| cx.log_fault(fault))?.right()
        && let Some(stored) = stored
    {
        return Ok(Ok((attempt, admitted, stored, hash)));
    }
    let event = Event { action, result: "invalid_credentials", actor: None, target: user_id };
    if !admitted.again {
        store::password_refused(cx, &event).await?;
    }
    log(cx, action, event.result, user_id);
    Ok(Err(wrong_password()))
}
