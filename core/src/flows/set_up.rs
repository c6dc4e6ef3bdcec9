//! Setting up an authenticator: a seed is made, shown as QR code and text, and counts once a code has confirmed it.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    Shown, What, done, form_key, full, keyed_fields, leads_to, log, not_too_often, pressed,
    profile::profile_after,
    prove::wrong_code,
    purpose_of,
    repeat::{self, Beside},
    return_to, token_hash,
};
use crate::{
    context::Context,
    event::Action,
    factor::{
        SecondFactor,
        recovery::RecoveryCodes,
        totp::{self, Code, Parameters, Seed},
    },
    pages::{self, Setup, onward, with_return_to},
    people::{
        Starts,
        names::{THING_NAME_MAX_CHARS, canonical_name},
        session::{ENROL_MS, Enrolment, Session, Site},
    },
    policy::{Authenticator, Step},
    ports::{Fault, Now},
    secret::{Secret, Token, open, seal},
    store::{self, AuthenticatorEntry, EnrolRead, Kept, NewBrowser},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop},
};

/// Authenticators one user may have.
pub const AUTHENTICATORS_MAX: i64 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    code: Secret<String>,
    name: Option<String>,
    /// The authenticator that this one takes the place of; empty: of none.
    replaces: Option<String>,
    key: Option<String>,
}

/// The session, if it may set up an authenticator: led to it by the login it was just begun by, or fresh. One that was full
/// before has to prove its person again, whatever leads it here: a requirement, or a lock.
async fn allowed(cx: &Context<'_>, request: &Request) -> Result<EnrolRead, Stop> {
    let read = match token_hash(cx, request) {
        Some(token_hash) => store::enrol_read(cx, &token_hash).await?,
        None => None,
    };
    let Some(read) = read else { return Err(Outcome::Elsewhere(None).into()) };
    let session = &read.session;
    match session.step() {
        Step::Enrol if session.pending => Ok(read),
        // Someone who can only join an account so far.
        Step::Done if session.person.memberships.is_empty() => {
            Err(Problem::new(403, "no_account", Message::NoAccount).into())
        }
        Step::Enrol | Step::Done if session.fresh(cx.now) || lost(cx, session) && begun(cx, session).is_some() => {
            Ok(read)
        }
        Step::Enrol | Step::Done => {
            Err(Outcome::ReauthRequired(onward(&cx.config.prefix.path("/enrol"), &return_to(cx, request))).into())
        }
        step => Err(Outcome::Elsewhere(Some(step)).into()),
    }
}

/// Whether a recovery code has let its user in just now, who has nothing else to prove more with until the set-up is done.
fn lost(cx: &Context<'_>, session: &Session) -> bool {
    let recovered = session.proof.second_factor == Some(SecondFactor::Recovery);
    recovered && session.second_factor_at.is_some_and(|at| (cx.now.0 - at.0).abs() < ENROL_MS)
}

/// The set-up that waits for its code in this session.
fn begun<'s>(cx: &Context<'_>, session: &'s Session) -> Option<&'s Enrolment> {
    session.enrolment.as_ref().filter(|enrolment| enrolment.expires_at > cx.now)
}

/// `GET /auth/enrol`: begins a set-up in this session, or shows again the one begun.
pub async fn begin(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let read = allowed(cx, request).await?;
    let session = &read.session;
    // Locked ones all go as the new one comes.
    if session.person.authenticators >= AUTHENTICATORS_MAX && !locked(session) {
        return Err(Problem::new(409, "too_many_authenticators", Message::TooManyAuthenticators).into());
    }
    if let Some(enrolment) = begun(cx, session) {
        let (setup, _) = setup(cx, request, &read, enrolment)?;
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
    let Some(enrolment) = store::enrol_begin(cx, session, &new).await? else { return Ok(Outcome::Elsewhere(None)) };
    let (setup, _) = setup(cx, request, &read, &enrolment)?;
    Ok(Outcome::form(pages::Enrol { setup }))
}

/// `POST /auth/enrol`: confirms the set-up by a code. Until then any older authenticator stays as it is.
pub async fn confirm(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1. Who may.
    let read = allowed(cx, request).await?;
    let EnrolRead { session, facts, others } = &read;
    let Some(enrolment) = begun(cx, session) else {
        let problem = Problem::new(409, "no_enrolment", Message::NoEnrolment);
        return Ok(first(cx, problem));
    };
    let (mut setup, seed) = setup(cx, request, &read, enrolment)?;
    // 2. Fields.
    let (code, name, replaces) = match keyed_fields(cx, request, |fields: &Fields| fields.key.as_deref()) {
        Ok(Fields { code, name, replaces, .. }) => {
            (Code::parse(code.expose()), name.unwrap_or_default(), replaces.unwrap_or_default())
        }
        Err(problem) => return Ok(Outcome::refused(problem, pages::Enrol { setup })),
    };
    let replaced = others.iter().find(|other| other.id == replaces);
    if !replaces.is_empty() && replaced.is_none() {
        return Ok(Outcome::refused(Problem::not_found(), pages::Enrol { setup }));
    }
    setup.replaces = replaces;
    let taken = |name: &str| {
        let stays = |other: &&AuthenticatorEntry| !locked(session) && other.id != setup.replaces;
        others.iter().filter(stays).any(|other| other.name == name)
    };
    let name = match name.trim() {
        "" => free_name(default_name(request), taken),
        typed => typed.to_owned(),
    };
    let Some(name) = canonical_name(&name, THING_NAME_MAX_CHARS) else {
        setup.name = name.chars().take(THING_NAME_MAX_CHARS).collect();
        return Ok(Outcome::refused(Problem::invalid(Message::AuthenticatorName), pages::Enrol { setup }));
    };
    let taken = taken(name);
    name.clone_into(&mut setup.name);
    if taken {
        return Ok(Outcome::refused(Problem::new(409, "name_taken", Message::NameTaken), pages::Enrol { setup }));
    }
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
    // 4. Authenticator, recovery codes for someone who has none, session: one transaction.
    let codes = match session.person.recovery_codes_left {
        0 => Some(RecoveryCodes::generate(cx.rng, &cx.config.pepper_keys, &session.person.id)?),
        _ => None,
    };
    let browser = NewBrowser::generate(cx.rng)?;
    let moved = Moved {
        // Whoever had to, or was on the way elsewhere, goes on to where they wanted; whoever chose to, back to where they chose it.
        return_to: match (session.step(), cx.config.site) {
            (Step::Done, Site::Edge) if request.query_field("return_to").is_none() => {
                profile_after(cx, session, "set-up")
            }
            _ => leads_to(cx, request, session),
        },
        browser: Some(browser.token),
        ..Moved::on(Token::generate(cx.rng)?)
    };
    let shown = codes.as_ref().map(|codes| show_codes(cx, session, codes)).transpose()?;
    let confirmed = store::Confirmed {
        enrolment,
        step,
        name,
        replaces: replaced.map(|other| other.id.as_str()),
        replace_all: locked(session),
        // Set up while no account requires it, two-factor login is the user's own choice.
        chosen: !session.person.required_by_account(),
        facts,
        purpose: purpose_of(cx, &leads_to(cx, request, session)),
        token: &moved.token,
        answer: repeat::answer(cx, &moved, if codes.is_some() { Beside::Codes } else { Beside::Nothing })?,
        shown,
        browser: (&browser.id, moved.browser.as_ref().unwrap_or(&moved.token)),
        codes: codes.as_ref(),
    };
    if !store::enrol_finish(cx, session, confirmed).await? {
        let present = super::session(cx, request).await?;
        if present.as_ref().is_some_and(|session| session.step() == Step::Done) {
            not_too_often(cx, session, Action::Enrol).await?;
        }
        return Ok(Outcome::Elsewhere(present.map(|session| session.step())));
    }
    log(cx, Action::Enrol, "ok", Some(&session.person.id));
    Ok(match codes {
        Some(codes) => Outcome::RecoveryCodes(codes.shown, Some(moved)),
        None => Outcome::Moved(moved),
    })
}

/// Where someone is offered to set it up who is going to be stopped from a day on.
pub const OFFER: &str = "/two-factor/offer";

/// Where someone goes who has signed in with nothing but a password: to the app by way of that offer, if it is for them.
pub fn by_way_of_offer(cx: &Context<'_>, request: &Request, starts: Option<&Starts>, return_to: &str) -> String {
    let path = return_to.split(['?', '#']).next().unwrap_or_default();
    match starts.is_some() && request.wants_html() && cx.config.prefix.within(path).is_none() {
        true => with_return_to(&cx.config.prefix.path(OFFER), return_to),
        false => return_to.to_owned(),
    }
}

/// `GET /auth/two-factor/offer`: from which day on it is required, and the way to it, or on.
pub async fn offer(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    let return_to = return_to(cx, request);
    Ok(match session.person.stopped_from() {
        Some(Starts { at, account, .. }) => {
            let from = pages::date(&at.rfc3339(), request.language().texts());
            Outcome::form(pages::Offer { account: account.clone(), from, return_to })
        }
        None => Outcome::Done(return_to),
    })
}

/// A problem that a set-up ends, and the way to it.
pub fn first(cx: &Context<'_>, problem: Problem) -> Outcome {
    Outcome::refused(problem, pages::SetUpFirst { at: cx.config.prefix.path("/enrol") })
}

/// New recovery codes, sealed for the page that shows them.
fn show_codes(cx: &Context<'_>, session: &Session, codes: &RecoveryCodes) -> Result<String, Fault> {
    let values = codes.shown.iter().map(|code| code.to_string()).collect();
    repeat::show(
        cx,
        &session.id,
        &Shown { what: What::RecoveryCodes, of: codes.id.clone(), by: String::new(), at: cx.now.0, values },
    )
}

/// `GET /auth/recovery-codes`: those made in this session within ten minutes, as long as no others were.
pub async fn recovery_codes_shown(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let kept = match token_hash(cx, request) {
        Some(token_hash) => store::kept(cx, &token_hash).await?,
        None => None,
    };
    let (session, shown) = kept.map(|kept| (kept.session, kept.shown)).unzip();
    let session = done(session)?;
    let codes = codes_shown(cx, &session, shown.flatten());
    if codes.is_empty() {
        let message = match session.person.authenticators {
            0 => Message::NoRecoveryCodes,
            _ => Message::CodesShownBefore,
        };
        return Ok(Problem::new(410, "gone", message).into());
    }
    let return_to = with_return_to(&cx.config.prefix.path("/recovery-codes/kept"), &return_to(cx, request));
    let made = pages::date(&cx.now.rfc3339(), request.language().texts());
    Ok(Outcome::form(pages::RecoveryCodes { codes, email: session.person.email, made, return_to }))
}

/// What is shown of the present recovery codes; nothing, where their time is over.
fn codes_shown(cx: &Context<'_>, session: &Session, sealed: Option<String>) -> Vec<Zeroizing<String>> {
    let mut shown = repeat::shown(cx, &session.id, sealed.as_deref()).into_iter();
    let codes = shown.find(|shown| shown.what == What::RecoveryCodes && shown.of == session.person.codes_set);
    codes.map_or(Vec::new(), |shown| shown.values.into_iter().map(Zeroizing::new).collect())
}

/// `POST /auth/recovery-codes`: ten new ones, and the old ones are dead.
pub async fn recovery_codes(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, Some(&cx.config.own_page())).await?;
    if session.person.authenticators == 0 {
        return Ok(first(cx, Problem::new(409, "no_authenticator", Message::NoAuthenticator)));
    }
    let codes = RecoveryCodes::generate(cx.rng, &cx.config.pepper_keys, &session.person.id)?;
    let shown = show_codes(cx, &session, &codes)?;
    if !store::new_recovery_codes(cx, &session, &codes, &shown).await? {
        if let Some(Kept { session, shown, again: true }) = store::kept(cx, &session.token_hash).await? {
            return Ok(Outcome::RecoveryCodes(codes_shown(cx, &session, shown), None));
        }
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

/// The name, with a number behind it if others have it.
fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// What an authenticator is called if its user does not say.
fn default_name(request: &Request) -> &'static str {
    request.language().texts().authenticator_app
}

/// What the user sees of a set-up, and its seed.
fn setup(
    cx: &Context<'_>,
    request: &Request,
    EnrolRead { session, others, .. }: &EnrolRead,
    enrolment: &Enrolment,
) -> Result<(Setup, Seed), Fault> {
    // A code that was kept let its user in: the authenticator is out of reach.
    let lost = session.step() == Step::Done && session.proof.second_factor == Some(SecondFactor::Recovery);
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
        lost,
        codes_left: session.person.recovery_codes_left,
        replaces: match &others[..] {
            [one] if lost => one.id.clone(),
            _ => String::new(),
        },
        locked: locked(session),
        name: free_name(default_name(request), |name| others.iter().any(|other| other.name == name)),
        others: others.clone(),
        form_key: form_key(cx, request),
        return_to: return_to(cx, request),
    };
    Ok((setup, seed))
}
