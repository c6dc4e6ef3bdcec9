//! One's own profile, at the edge: name, two-factor login, authenticators, recovery codes, sessions, password.

use serde::Deserialize;

use super::{
    done_before, done_to, form_key, full, invalid_code, keyed, keyed_fields, log, not_too_often, pressed,
    prove::proven_password, repeat, return_to, set_up, token_hash, too_often, wrong_password,
};
use crate::{
    context::Context,
    event::Action,
    factor::{
        password::{self, Password},
        recovery::RecoveryCode,
    },
    pages,
    people::{
        CodesKept,
        names::{NAME_MAX_CHARS, canonical_name},
        session::Session,
    },
    policy::Step,
    secret::{Secret, Token},
    store::{self, Profile},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop, done, encoded, same_origin_path},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameField {
    name: String,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordFields {
    current_password: Secret<String>,
    new_password: Secret<String>,
    /// Whether one's API tokens and invitations go on; they end if nothing is said.
    keep_tokens: Option<bool>,
    /// For the password manager, which fills it in; whose password it is, the session says.
    #[serde(rename = "email")]
    _email: Option<String>,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFields {
    code: Option<Secret<String>>,
    later: Option<bool>,
    return_to: Option<String>,
    key: Option<String>,
}

/// `GET /auth/profile`.
pub async fn page(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let profile = everything(cx, request).await?;
    let told = request.query_field("done").unwrap_or_default();
    let done = done::read(&cx.config.pepper_keys, &profile.session.id, &told).unwrap_or_default().to_owned();
    let admin = cx.config.admin_origin.clone().filter(|_| administers(&profile.session));
    let form_key = form_key(cx, request);
    Ok(Outcome::form(pages::ProfilePage { profile, done, admin, form_key }))
}

/// `GET /auth/sessions`.
pub async fn sessions(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    Ok(Outcome::Sessions(everything(cx, request).await?.sessions))
}

/// What `GET /auth/profile` shows and, as data alone, `GET /auth/sessions`.
async fn everything(cx: &Context<'_>, request: &Request) -> Result<Profile, Stop> {
    let profile = match token_hash(cx, request) {
        Some(token_hash) => store::profile(cx, &token_hash).await?,
        None => None,
    };
    match profile {
        Some(profile) if profile.session.step() == Step::Done => Ok(profile),
        profile => Err(Outcome::Elsewhere(profile.map(|profile| profile.session.step())).into()),
    }
}

/// `GET /auth/profile/edit`.
pub async fn edit_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    Ok(Outcome::form(edit_page(cx, request, &session, session.person.name.clone())))
}

/// `POST /auth/profile/edit`: the name.
pub async fn edit(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    let NameField { name: typed, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => {
            return Ok(Outcome::refused(problem, edit_page(cx, request, &session, session.person.name.clone())));
        }
    };
    // Of another tab's proof or password: what was typed in this one stays.
    if let Err(problem) = keyed(cx, request, key.as_deref()) {
        return Ok(Outcome::refused(problem, edit_page(cx, request, &session, typed)));
    }
    let Some(name) = canonical_name(&typed, NAME_MAX_CHARS) else {
        let problem = Problem::invalid(Message::Name);
        return Ok(Outcome::refused(problem, edit_page(cx, request, &session, typed)));
    };
    if store::rename(cx, &session, name).await? {
        log(cx, Action::Renamed, "ok", Some(&session.person.id));
    } else {
        // One that they have already is no change.
        let session = full(cx, request, None).await?;
        if session.person.name != name
            && let Some(problem) = too_often(cx, &session, Action::Renamed).await?
        {
            return Ok(Outcome::refused(problem, edit_page(cx, request, &session, typed)));
        }
    }
    Ok(after(cx, &session, "saved"))
}

fn edit_page(cx: &Context<'_>, request: &Request, session: &Session, name: String) -> pages::EditProfile {
    pages::EditProfile {
        name,
        two_factor: session.person.two_factor_enabled(),
        authenticator: session.person.user.authenticator,
        required_by: session.person.required_by.clone(),
        form_key: form_key(cx, request),
    }
}

/// `POST /auth/two-factor/enable`: the authenticator that someone has is asked for from now on. It takes no fresh proof to ask
/// for more; this very session is asked for the code next, if it has not given one.
pub async fn enable(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = match pressed(cx, request, None).await {
        Ok(session) => session,
        // The code is what this very session is asked for since.
        Err(_) if done_before(cx, request).await? => return Ok(Outcome::Done(cx.config.own_page())),
        Err(stop) => return Err(stop),
    };
    if store::two_factor_enable(cx, &session).await? {
        log(cx, Action::TwoFactorEnabled, "ok", Some(&session.person.id));
        return Ok(after(cx, &session, "enabled"));
    }
    let session = full(cx, request, None).await?;
    match session.person.user.chosen && session.person.two_factor_set_up() {
        // It was on.
        true => Ok(after(cx, &session, "enabled")),
        false => {
            not_too_often(cx, &session, Action::TwoFactorEnabled).await?;
            Ok(set_up::first(cx, Problem::new(409, "no_authenticator", Message::AuthenticatorFirst)))
        }
    }
}

/// Where two-factor login is turned off.
pub const DISABLE: &str = "/two-factor/disable";

/// `GET /auth/two-factor/disable`: asks first.
pub async fn disable_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, Some(&cx.config.prefix.path(DISABLE))).await?;
    match session.person.required_by_account() {
        true => Err(required(Message::RequiredToKeep).into()),
        false => Ok(Outcome::form(pages::TurnOff { form_key: form_key(cx, request) })),
    }
}

/// `POST /auth/two-factor/disable`.
pub async fn disable(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, Some(&cx.config.prefix.path(DISABLE))).await?;
    if !session.person.required_by_account() && store::two_factor_disable(cx, &session).await?
        || done_before(cx, request).await?
    {
        log(cx, Action::TwoFactorDisabled, "ok", Some(&session.person.id));
        return Ok(after(cx, &session, "disabled"));
    }
    // It was asked again as it was written: since the first time an account may have begun to require it, or the session ended.
    let session = full(cx, request, None).await?;
    if session.person.required_by_account() {
        return Err(required(Message::RequiredToKeep).into());
    }
    not_too_often(cx, &session, Action::TwoFactorDisabled).await?;
    let on = session.person.user.chosen || session.person.authenticators > 0;
    // It was off. Or an account that required it has stopped since, and now it is turned off, here or by the same form.
    if !on || store::two_factor_disable(cx, &session).await? || done_before(cx, request).await? {
        if on {
            log(cx, Action::TwoFactorDisabled, "ok", Some(&session.person.id));
        }
        return Ok(after(cx, &session, "disabled"));
    }
    Err(Problem::new(409, "conflict", Message::Conflict).into())
}

/// `POST /auth/authenticators/{id}/remove`: one of several.
pub async fn remove_authenticator(cx: &Context<'_>, request: &Request, id: &str) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, Some(&cx.config.own_page())).await?;
    if store::authenticator_remove(cx, &session, id).await? || done_before(cx, request).await? {
        log(cx, Action::AuthenticatorRemoved, "ok", Some(&session.person.id));
        return Ok(after(cx, &session, &done_to(request, "removed")?));
    }
    let profile = everything(cx, request).await?;
    not_too_often(cx, &session, Action::AuthenticatorRemoved).await?;
    Err(match profile.authenticators.iter().any(|entry| entry.id == id) {
        false => Problem::not_found(),
        true if session.person.required_by_account() => required(Message::RequiredLastAuthenticator),
        true => Problem::new(409, "last_authenticator", Message::LastAuthenticator),
    }
    .into())
}

fn required(message: Message) -> Problem {
    Problem::new(409, "required_by_account", message)
}

/// `POST /auth/sessions/{id}/end`.
pub async fn end_session(cx: &Context<'_>, request: &Request, id: &str) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, None).await?;
    if !store::session_end(cx, &session, id).await? && !done_before(cx, request).await? {
        return Err(match everything(cx, request).await?.sessions.iter().any(|entry| entry.id == id) {
            true => Outcome::ReauthRequired(cx.config.own_page()).into(),
            false => Problem::not_found().into(),
        });
    }
    log(cx, Action::SessionEnded, "ok", Some(&session.person.id));
    Ok(match session.id == id {
        true => Outcome::SignedOut,
        false => after(cx, &session, &done_to(request, "ended")?),
    })
}

/// `POST /auth/sessions/end-others`.
pub async fn end_other_sessions(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = pressed(cx, request, None).await?;
    // Once more if what stood in the way has gone meanwhile: browsers may still be known.
    for _ in 0..2 {
        if store::sessions_end_others(cx, &session).await? {
            log(cx, Action::SessionsEnded, "ok", Some(&session.person.id));
            break;
        }
        if done_before(cx, request).await? {
            break;
        }
        if everything(cx, request).await?.sessions.iter().any(|entry| !entry.current) {
            return Ok(Outcome::ReauthRequired(cx.config.own_page()));
        }
    }
    Ok(after(cx, &session, "others-ended"))
}

/// `GET /auth/password`.
pub async fn password_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    Ok(Outcome::form(password_page(cx, request, &session)))
}

fn password_page(cx: &Context<'_>, request: &Request, session: &Session) -> pages::Password {
    let administers = administers(session);
    pages::Password { email: session.person.email.clone(), administers, form_key: form_key(cx, request) }
}

fn administers(session: &Session) -> bool {
    session.person.memberships.iter().any(|membership| membership.role.administers())
}

/// `POST /auth/password`: a new password, for someone who knows the present one. A wrong one counts as at the login.
pub async fn password(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1. The session, and the fields before any work.
    let session = full(cx, request, None).await?;
    let email = session.person.email.clone();
    // The password alone changes no password of someone who has more, asked for at the login or not.
    if !session.whole() {
        return Ok(Outcome::ReauthRequired(cx.config.prefix.path("/password")));
    }
    let refused = |problem| Ok(Outcome::refused(problem, password_page(cx, request, &session)));
    let fields = keyed_fields(cx, request, |fields: &PasswordFields| fields.key.as_deref());
    let PasswordFields { current_password, new_password, keep_tokens, .. } = match fields {
        Ok(fields) => fields,
        Err(problem) => return refused(problem),
    };
    let Some(current) = Password::typed(cx.nfc, current_password) else { return refused(wrong_password()) };
    let local = email.split('@').next().unwrap_or_default();
    let personal = [&email, local, &session.person.name, &cx.config.site_name];
    let new = match Password::chosen(cx.nfc, new_password, &personal) {
        Ok(new) => new,
        Err(refusal) => return refused(weak_password(refusal)),
    };
    // 2. Charge, then compare.
    // Its place is for the second hash too: a right password must not be charged for want of one.
    let (attempt, admitted, stored, _hash) =
        match proven_password(cx, request, &session, &current, Action::Password).await? {
            Ok(proven) => proven,
            Err(problem) => return refused(problem),
        };
    // 3. One transaction: the password, a new token, the other sessions.
    let new = password::hash(cx.config.password_cost, &cx.config.pepper_keys, cx.rng, &new)?;
    let return_to = profile_after(cx, &session, "password");
    let moved = Moved { return_to, ..Moved::on(Token::generate(cx.rng)?) };
    let change = store::NewPassword {
        old: &stored,
        new: &new,
        attempt: &attempt,
        admitted: &admitted,
        token: &moved.token,
        answer: repeat::answer(cx, &moved, repeat::Beside::Nothing)?,
        keep_tokens: keep_tokens == Some(true),
    };
    if !store::password_change(cx, &session, change).await? {
        return match too_often(cx, &session, Action::Password).await? {
            Some(problem) => refused(problem),
            None => Ok(Outcome::Elsewhere(None)),
        };
    }
    log(cx, Action::Password, "ok", Some(&session.person.id));
    Ok(Outcome::Moved(moved))
}

/// The answer to a password that must not be set.
pub fn weak_password(refusal: password::Refusal) -> Problem {
    Problem::new(400, "weak_password", refusal.message()).because(refusal.code())
}

/// `GET /auth/recovery-codes/kept`: asks for one of the new recovery codes, to show that they were kept.
pub async fn kept_form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    let return_to = return_to(cx, request);
    Ok(match session.person.codes_kept {
        CodesKept::Kept => Outcome::Done(return_to),
        due => {
            let form_key = form_key(cx, request);
            Outcome::form(pages::KeptCodes { may_wait: due == CodesKept::Due, return_to, form_key })
        }
    })
}

/// `POST /auth/recovery-codes/kept`: one of them, which stays usable, or `later`, once.
pub async fn kept(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let session = full(cx, request, None).await?;
    let (may_wait, form_key) = (session.person.codes_kept == CodesKept::Due, form_key(cx, request));
    let KeptFields { code, later, return_to, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => {
            return Ok(Outcome::refused(problem, pages::KeptCodes { may_wait, return_to: "/".to_owned(), form_key }));
        }
    };
    let return_to = same_origin_path(&cx.config.prefix, return_to.as_deref().unwrap_or("/"));
    let page = pages::KeptCodes { may_wait, return_to: return_to.clone(), form_key };
    if let Err(problem) = keyed(cx, request, key.as_deref()) {
        return Ok(Outcome::refused(problem, page));
    }
    if later == Some(true) {
        return Ok(match store::codes_postpone(cx, &session).await? || done_before(cx, request).await? {
            true => Outcome::Done(return_to),
            false => Outcome::refused(Problem::new(409, "already_postponed", Message::AlreadyPostponed), page),
        });
    }
    let Some(code) = code.and_then(|code| RecoveryCode::parse(code.expose())) else {
        return Ok(Outcome::refused(Problem::invalid(Message::RecoveryCodeShape), page));
    };
    let macs = code.macs(&cx.config.pepper_keys, &session.person.id);
    Ok(match store::codes_kept(cx, &session, &macs).await? {
        true => Outcome::Done(return_to),
        false => Outcome::refused(invalid_code(Message::NotRecoveryCode), page),
    })
}

/// The profile, which says what was done in this session.
pub fn profile_after(cx: &Context<'_>, session: &Session, what: &str) -> String {
    let done = done::seal(&cx.config.pepper_keys, &session.id, what);
    format!("{}?{}", cx.config.own_page(), encoded(&[("done", &done)]))
}

fn after(cx: &Context<'_>, session: &Session, what: &str) -> Outcome {
    Outcome::Done(profile_after(cx, session, what))
}
