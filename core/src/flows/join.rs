//! Joining an account by an invitation, at the edge: a link that works once. One that was mailed proves that whoever follows it
//! reads mail at the address; one that was handed over does not say whose hands it is in. Someone who has a login joins from a full session of it; someone new chooses a password and is signed in at once.

use serde::Deserialize;

use super::{
    KeyField, busy, cookie, done_before, key_over, keyed_over, log, profile::weak_password, repeat, set_up, start_over,
    token_hash, too_many_attempts,
};
use crate::{
    context::Context,
    event::Action,
    factor::password::{self, Password},
    pages::{self, JoinsBy},
    people::session::{INVITATION_COOKIE, INVITATION_COOKIE_MAX_AGE_S, Session},
    policy::{self, Proof, Requirement, Step, User},
    ports::{Fault, Now},
    secret::{Secret, Token},
    store::{self, Invitation, Joined, Joins},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop},
};

/// The page of the invitation that was opened last. It keeps the link out of the tab's history, which scripts of the app that
/// is opened in the tab later can read in some browsers (HTML, `navigation.entries()`).
pub const PAGE: &str = "/invite";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    password: Secret<String>,
    key: Option<String>,
}

/// Where links begin.
pub const LINK: &str = "/invite/";

/// The link by which someone joins, where `own` is what Airlock's own paths at the edge begin with, origin and all.
pub fn invite_url(own: &str, token: &Token) -> String {
    format!("{own}{LINK}{}", token.expose())
}

/// `GET /auth/invite/{token}`: a browser is led to [`PAGE`], whatever a mail program has put behind the link.
pub async fn open(cx: &Context<'_>, request: &Request, link: &str) -> Result<Outcome, Stop> {
    if !request.wants_html() {
        return form(cx, request, &Token::claimed(link)).await;
    }
    Ok(link_kept(link, (INVITATION_COOKIE, INVITATION_COOKIE_MAX_AGE_S), cx.config.prefix.path(PAGE)))
}

/// A link kept in a cookie for the page that is for it.
pub fn link_kept(link: &str, (name, max_age_s): (&'static str, u32), to: String) -> Outcome {
    let value = link.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next().unwrap_or_default();
    Outcome::Cookie { name, value: value.to_owned(), max_age_s, to }
}

/// `GET /auth/invite`: the same whether or not the address has a login, but to whoever is signed in, or got the link by mail.
pub async fn form(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    Ok(match find(cx, request, token).await? {
        Some(invitation) => Outcome::form(page(cx, request, token, &invitation)),
        None => gone(),
    })
}

/// `POST /auth/invite`, and with the token in the path for clients that are no browsers.
///
/// 1. The coarse brake, and the invitation.
/// 2. Someone signed in joins by that session, if it is fresh, and by no other.
/// 3. Someone new chooses a password.
/// 4. One transaction, once.
pub async fn join(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    // 1.
    if !cx.brake.admit(&cx.peer.network()).await? {
        log(cx, Action::Join, "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let Some(invitation) = find(cx, request, token).await? else {
        return Ok(if done_before(cx, request).await? { joined() } else { gone() });
    };
    let keyed = |key: Option<String>| keyed_over(cx, request, &[cookie(cx, request), token.expose()], key.as_deref());
    let refused = |problem| Ok(Outcome::refused(problem, page(cx, request, token, &invitation)));
    // 2.
    if let Some(session) = full(&invitation) {
        if session.person.id != invitation.person.id {
            return refused(Problem::new(409, "other_login", Message::OtherLogin));
        }
        request.any_fields().and_then(|KeyField { key, .. }| keyed(key))?;
        // Nobody joins without every factor they have, also where nothing asks for it at a login; nor by a session alone, or by
        // what was proven for the app: an account that someone has joined has a say in how they sign in.
        let every_factor = session.person.authenticators == 0 || session.proof.second_factor.is_some();
        if !every_factor || !session.fresh(cx.now) {
            return Ok(Outcome::ReauthRequired(cx.config.prefix.path(PAGE)));
        }
        // 4.
        if !store::join(cx, token, &invitation, Joins::Session(session)).await? {
            return lost(cx, request, token).await;
        }
        log(cx, Action::MemberJoined, "ok", Some(&invitation.person.id));
        return Ok(joined());
    }
    // The page's button had a session, which is no more.
    if cx.form.is_some() && request.fields::<KeyField>().is_ok() {
        return Ok(Outcome::Elsewhere(invitation.session.as_ref().map(Session::step)));
    }
    // 3.
    let Some(_hash) = cx.hashes.begin(&cx.peer.network(), cx.now) else { return refused(busy()) };
    let Fields { password, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return refused(problem),
    };
    // On no form: another link may have been opened since, and its form would stand where this one was.
    keyed(key)?;
    if invitation.has_login {
        return refused(Problem::new(409, "login_exists", Message::LoginExists));
    }
    let email = invitation.person.email.as_str();
    let local = email.split('@').next().unwrap_or_default();
    let personal = [email, local, &invitation.name, &cx.config.site_name];
    let password = match Password::chosen(cx.nfc, password, &personal) {
        Ok(password) => password,
        Err(refusal) => return refused(weak_password(refusal)),
    };
    let stored = password::hash(cx.config.password_cost, &cx.config.pepper_keys, cx.rng, &password)?;
    let person = &invitation.person;
    let asked = person.requirements.iter().copied().chain(invitation.requirement).collect();
    let (step, password_at) = first_step(cx, person.user, asked);
    let starts = invitation.starts.as_ref().filter(|_| step == Step::Done);
    let return_to = set_up::by_way_of_offer(cx, request, starts, "/");
    let moved = Moved { next: step, return_to, ..Moved::on(Token::generate(cx.rng)?) };
    // 4.
    let (answer, previous) = (repeat::answer(cx, &moved, repeat::Beside::Nothing)?, token_hash(cx, request));
    let joins = Joins::Password(Joined { stored, token: &moved.token, step, password_at, answer, previous });
    if !store::join(cx, token, &invitation, joins).await? {
        return lost(cx, request, token).await;
    }
    log(cx, Action::MemberJoined, "ok", Some(&invitation.person.id));
    Ok(Outcome::Moved(moved))
}

/// Someone with a session goes on in it.
fn joined() -> Outcome {
    Outcome::Done("/".to_owned())
}

/// The answer where joining did not happen: it was over, or what it was decided on is not so any more.
async fn lost(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Outcome, Stop> {
    Ok(match find(cx, request, token).await? {
        Some(invitation) => {
            Outcome::refused(Problem::new(409, "conflict", Message::Conflict), page(cx, request, token, &invitation))
        }
        None if done_before(cx, request).await? => joined(),
        None => gone(),
    })
}

/// The token of the link that was opened last, true or not.
pub fn opened(request: &Request) -> Token {
    Token::claimed(request.cookie(INVITATION_COOKIE).unwrap_or_default())
}

pub(super) async fn find(cx: &Context<'_>, request: &Request, token: &Token) -> Result<Option<Invitation>, Fault> {
    store::invitation(cx, token, token_hash(cx, request).as_ref()).await
}

/// The browser's session, if it has done all that the policy asks.
pub(super) fn full(invitation: &Invitation) -> Option<&Session> {
    invitation.session.as_ref().filter(|session| session.step() == Step::Done)
}

/// What comes next for someone new once they have joined, with nothing but their password, which was proven at no earlier
/// moment than the last of the rules that were read.
pub(super) fn first_step(cx: &Context<'_>, user: User, asked: Vec<Requirement>) -> (Step, Now) {
    let password_at = asked.iter().map(|requirement| requirement.since).fold(cx.now, Now::max);
    (policy::next_step(user, &asked, Proof { password_at, second_factor: None }), password_at)
}

/// Its form is of this invitation: a script of the app can set the cookie of another.
fn page(cx: &Context<'_>, request: &Request, token: &Token, invitation: &Invitation) -> pages::Invitation {
    let key = key_over(cx, &[cookie(cx, request), token.expose()]);
    let by = match full(invitation) {
        // Of a link that was mailed its holder may know what only they can see.
        None if invitation.mailed && invitation.has_login => {
            JoinsBy::Login { unproven: start_over::offered(invitation) }
        }
        None => JoinsBy::Password(key),
        Some(session) if session.person.id == invitation.person.id => JoinsBy::Session(key),
        Some(session) => JoinsBy::Nothing(session.person.email.clone()),
    };
    pages::Invitation { account: invitation.account_name.clone(), email: invitation.person.email.clone(), by }
}

pub(super) fn gone() -> Outcome {
    Problem::new(404, "not_found", Message::InvitationGone).into()
}
