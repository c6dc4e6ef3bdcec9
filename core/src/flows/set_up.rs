//! Setting up an authenticator: a seed is made, shown as QR code and text, and counts once a code has confirmed it.

use serde::Deserialize;

use super::{
    form_key, full, keyed_fields, leads_to, log, not_too_often, pressed, profile::profile_after, prove::wrong_code,
    purpose_of, return_to, session, token_hash,
};
use crate::{
    context::Context,
    event::Action,
    factor::{
        recovery::RecoveryCodes,
        totp::{self, Code, Parameters, Seed},
    },
    pages::{self, Setup},
    people::{
        names::{THING_NAME_MAX_CHARS, canonical_name},
        session::{ENROL_MS, Enrolment, Session, Site},
    },
    policy::{Authenticator, Step},
    ports::{Fault, Now},
    secret::{Secret, Token, open, seal},
    store::{self, NewBrowser},
    texts::{Language, Message},
    web::{Moved, Outcome, Problem, Request, Stop},
};

/// Authenticators one user may have.
pub const AUTHENTICATORS_MAX: i64 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    code: Secret<String>,
    name: Option<String>,
    key: Option<String>,
}

/// The session, if it may set up an authenticator: led to it by the login it was just begun by, or fresh. One that was full
/// before has to prove its person again, whatever leads it here: a requirement, or a lock.
fn allowed(cx: &Context<'_>, session: Option<Session>) -> Result<Session, Stop> {
    let Some(session) = session else { return Err(Outcome::Elsewhere(None).into()) };
    match session.step() {
        Step::Enrol if session.pending => Ok(session),
        // Someone who can only join an account so far.
        Step::Done if session.person.memberships.is_empty() => {
            Err(Problem::new(403, "no_account", Message::NoAccount).into())
        }
        Step::Enrol | Step::Done if session.fresh(cx.now) => Ok(session),
        Step::Enrol | Step::Done => Err(Outcome::ReauthRequired(cx.config.prefix.path("/enrol")).into()),
        step => Err(Outcome::Elsewhere(Some(step)).into()),
    }
}

/// `GET /auth/enrol`: begins a set-up in this session, or shows again the one begun.
pub async fn begin(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = allowed(cx, session(cx, request).await?)?;
    // Locked ones all go as the new one comes.
    if session.person.authenticators >= AUTHENTICATORS_MAX && !locked(&session) {
        return Err(Problem::new(409, "too_many_authenticators", Message::TooManyAuthenticators).into());
    }
    if let Some(enrolment) = session.enrolment.as_ref().filter(|enrolment| enrolment.expires_at > cx.now) {
        let (setup, _) = setup(cx, request, &session, enrolment)?;
        return Ok(Outcome::form(pages::Enrol { setup }));
    }
    let id = cx.rng.id()?;
    let seed = totp::generate_seed(cx.rng)?;
    let new = Enrolment {
        seed: seal(&cx.config.seed_keys, cx.rng, &[&session.person.id, &id], seed.expose())?,
        id,
        parameters: Parameters::default(),
        expires_at: Now(cx.now.0 + ENROL_MS),
    };
    let Some(enrolment) = store::enrol_begin(cx, &session, &new).await? else { return Ok(Outcome::Elsewhere(None)) };
    let (setup, _) = setup(cx, request, &session, &enrolment)?;
    Ok(Outcome::form(pages::Enrol { setup }))
}

/// `POST /auth/enrol`: confirms the set-up by a code. Until then any older authenticator stays as it is.
pub async fn confirm(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1. Who may.
    let read = match token_hash(cx, request) {
        Some(token_hash) => store::enrol_read(cx, &token_hash).await?,
        None => None,
    };
    let (session, facts) = read.unzip();
    let session = allowed(cx, session)?;
    let Some(enrolment) = session.enrolment.as_ref().filter(|enrolment| enrolment.expires_at > cx.now) else {
        let problem = Problem::new(409, "no_enrolment", Message::NoEnrolment);
        return Ok(Outcome::refused(problem, pages::StartAgain {}));
    };
    let (mut setup, seed) = setup(cx, request, &session, enrolment)?;
    // 2. Fields.
    let (code, name) = match keyed_fields(cx, request, |fields: &Fields| fields.key.as_deref()) {
        Ok(fields) => (Code::parse(fields.code.expose()), fields.name.unwrap_or_default()),
        Err(problem) => return Ok(Outcome::refused(problem, pages::Enrol { setup })),
    };
    let name = if name.trim().is_empty() { default_name(request) } else { name.as_str() };
    setup.name = name.chars().take(THING_NAME_MAX_CHARS).collect();
    let Some(name) = canonical_name(name, THING_NAME_MAX_CHARS) else {
        return Ok(Outcome::refused(Problem::invalid(Message::AuthenticatorName), pages::Enrol { setup }));
    };
    let Some(code) = code else {
        return Ok(Outcome::refused(Problem::invalid(Message::CodeShape), pages::Enrol { setup }));
    };
    // 3. The code.
    let window = cx.config.window_steps;
    let Some(step) = enrolment.parameters.accepted_step(window, seed.expose(), &code, -1, cx.now) else {
        log(cx, Action::Enrol, "invalid_code", Some(&session.person.id));
        let miss = enrolment.parameters.miss(window, seed.expose(), &code, -1, cx.now);
        return Ok(Outcome::refused(wrong_code(miss, Message::WrongNewCode), pages::Enrol { setup }));
    };
    // 4. Authenticator, recovery codes, session: one transaction.
    let token = Token::generate(cx.rng)?;
    let codes = RecoveryCodes::generate(cx.rng, &cx.config.pepper_keys, &session.person.id)?;
    let browser = NewBrowser::generate(cx.rng)?;
    let confirmed = store::Confirmed {
        enrolment,
        step,
        name,
        replaces: &replaced(name),
        replace_all: locked(&session),
        // Set up while no account requires it, two-factor login is the user's own choice.
        chosen: !session.person.required_by_account(),
        facts: &facts.unwrap_or_default(),
        purpose: purpose_of(cx, &leads_to(cx, request, &session)),
        token: &token,
        browser: &browser,
        codes: &codes,
    };
    if !store::enrol_finish(cx, &session, confirmed).await? {
        let present = super::session(cx, request).await?;
        if present.as_ref().is_some_and(|session| session.step() == Step::Done) {
            not_too_often(cx, &session, Action::Enrol).await?;
        }
        return Ok(Outcome::Elsewhere(present.map(|session| session.step())));
    }
    log(cx, Action::Enrol, "ok", Some(&session.person.id));
    // Whoever had to goes on to where they wanted; whoever chose to, back to where they chose it.
    let return_to = match (session.step(), cx.config.site) {
        (Step::Done, Site::Edge) => profile_after(cx, &session, "set-up"),
        _ => leads_to(cx, request, &session),
    };
    let browser = Some(browser.token);
    Ok(Outcome::RecoveryCodes(codes.shown, Some(Moved { return_to, browser, ..Moved::on(token) })))
}

/// `POST /auth/recovery-codes`: ten new ones, and the old ones are dead.
pub async fn recovery_codes(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, Some(&cx.config.own_page())).await?;
    if session.person.authenticators == 0 {
        return Err(Problem::new(409, "no_authenticator", Message::NoAuthenticator).into());
    }
    let codes = RecoveryCodes::generate(cx.rng, &cx.config.pepper_keys, &session.person.id)?;
    if !store::new_recovery_codes(cx, &session, &codes).await? {
        // Another request made others, or the session ended.
        full(cx, request, None).await?;
        not_too_often(cx, &session, Action::RecoveryCodes).await?;
        return Err(Problem::new(409, "conflict", Message::Conflict).into());
    }
    log(cx, Action::RecoveryCodes, "ok", Some(&session.person.id));
    Ok(Outcome::RecoveryCodes(codes.shown, None))
}

/// Whether the user's authenticators have failed a hundred times in a row.
fn locked(session: &Session) -> bool {
    session.person.user.authenticator == Authenticator::Locked
}

/// The names of authenticators that one of this name takes the place of: nobody has chosen `Authenticator app`, so in
/// another language it is the same name.
fn replaced(name: &str) -> Vec<String> {
    let unchosen = Language::ALL.map(|language| language.texts().authenticator_app);
    if unchosen.contains(&name) { unchosen.map(str::to_owned).into() } else { vec![name.to_owned()] }
}

/// What an authenticator is called if its user does not say.
fn default_name(request: &Request) -> &'static str {
    request.language().texts().authenticator_app
}

/// What the user sees of a set-up, and its seed.
fn setup(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
    enrolment: &Enrolment,
) -> Result<(Setup, Seed), Fault> {
    let owner = [session.person.id.as_str(), enrolment.id.as_str()];
    let seed = open(&cx.config.seed_keys, &owner, &enrolment.seed)?;
    let uri = totp::otpauth_uri(&seed, enrolment.parameters, &cx.config.site_name, &session.person.email);
    let setup = Setup {
        secret: totp::seed_text(&seed),
        qr_svg: totp::qr_svg(&uri)?.into(),
        otpauth_uri: uri,
        parameters: enrolment.parameters,
        expires_at: enrolment.expires_at,
        demanded: session.step() == Step::Enrol,
        beside_others: session.person.authenticators > 0,
        name: default_name(request).to_owned(),
        form_key: form_key(cx, request),
        return_to: return_to(cx, request),
    };
    Ok((setup, seed))
}
