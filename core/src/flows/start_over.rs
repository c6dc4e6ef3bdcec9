//! Starting over: an invitation was mailed to an address that has a login already, and nobody has proven so far to read mail
//! there. Whoever holds the link does. They are asked to sign in first; but that login may be somebody else's, who claimed the
//! address. Then they may end it and begin anew: a second step, that says what ends, and takes more than a button.

use serde::Deserialize;

use super::{
    busy, cookie,
    join::{PAGE, find, first_step, full, gone, opened},
    key_over, keyed_over, log,
    profile::weak_password,
    repeat, set_up, token_hash, too_many_attempts,
};
use crate::{
    context::Context,
    event::{Action, Event},
    factor::password::{self, Password},
    pages,
    policy::{Authenticator, Step, User},
    secret::{Secret, Token},
    store::{self, Invitation, Joined},
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop},
};

/// The page that asks.
pub const PATH: &str = "/start-over";

/// Someone who has nothing yet.
const NEW: User = User { active: true, chosen: false, must_enrol: false, authenticator: Authenticator::Missing };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    password: Secret<String>,
    /// That all of the login is to end.
    #[serde(default)]
    start_over: bool,
    key: Option<String>,
}

/// Whether this invitation lets whoever holds it start over: not where someone has proven the address, who may have forgotten
/// their password and keeps all else; nor in a session, which joins as it is.
pub fn offered(invitation: &Invitation) -> bool {
    invitation.mailed && invitation.has_login && !invitation.person.email_verified && full(invitation).is_none()
}

/// `GET /auth/start-over`.
pub async fn form(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    let token = opened(request);
    Ok(match find(cx, request, &token).await? {
        Some(invitation) if offered(&invitation) => Outcome::form(page(cx, request, &token, &invitation)),
        Some(_) => Outcome::Done(cx.config.prefix.path(PAGE)),
        None => gone(),
    })
}

/// `POST /auth/start-over`.
///
/// 1. The coarse brake, and the invitation.
/// 2. A new password, and that this is meant.
/// 3. One transaction, once.
pub async fn start_over(cx: &Context<'_>, request: &Request) -> Result<Outcome, Stop> {
    // 1.
    if !cx.brake.admit(&cx.peer.network()).await? {
        log(cx, Action::StartedOver, "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let token = opened(request);
    let Some(invitation) = find(cx, request, &token).await? else { return Ok(gone()) };
    if !offered(&invitation) {
        return Ok(conflict().into());
    }
    let refused = |problem| Ok(Outcome::refused(problem, page(cx, request, &token, &invitation)));
    // 2.
    let Some(_hash) = cx.hashes.begin(&cx.peer.network(), cx.now) else { return refused(busy()) };
    let Fields { password, start_over, key } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return refused(problem),
    };
    // On no form, as where one joins.
    keyed_over(cx, request, &[cookie(cx, request), token.expose()], key.as_deref())?;
    if !start_over {
        return refused(Problem::invalid(Message::StartOverUnsure));
    }
    let person = &invitation.person;
    let local = person.email.split('@').next().unwrap_or_default();
    let personal = [person.email.as_str(), local, &invitation.name, &cx.config.site_name];
    let password = match Password::chosen(cx.nfc, password, &personal) {
        Ok(password) => password,
        Err(refusal) => return refused(weak_password(refusal)),
    };
    let stored = password::hash(cx.config.password_cost, &cx.config.pepper_keys, cx.rng, &password)?;
    // What the accounts ask that the old login had joined, they do not ask of someone new.
    let (step, password_at) = first_step(cx, NEW, invitation.requirement.into_iter().collect());
    let starts = invitation.starts.as_ref().filter(|_| step == Step::Done);
    let return_to = set_up::by_way_of_offer(cx, request, starts, "/");
    let moved = Moved { next: step, return_to, ..Moved::on(Token::generate(cx.rng)?) };
    // 3.
    let (answer, previous) = (repeat::answer(cx, &moved, repeat::Beside::Nothing)?, token_hash(cx, request));
    let joined = Joined { stored, token: &moved.token, step, password_at, answer, previous };
    let new_id = cx.rng.id()?;
    if !store::start_over(cx, &token, &invitation, &new_id, &joined).await? {
        return match find(cx, request, &token).await? {
            Some(invitation) if offered(&invitation) => {
                Ok(Outcome::refused(conflict(), page(cx, request, &token, &invitation)))
            }
            Some(_) => Ok(conflict().into()),
            None => Ok(gone()),
        };
    }
    let (actor, target) = (Some(new_id.as_str()), Some(person.id.as_str()));
    cx.tell(&Event { action: Action::StartedOver, result: "ok", actor, target });
    Ok(Outcome::Moved(moved))
}

/// Whoever holds the link reads mail at this address: that it is a member of these accounts is told to nobody else.
fn page(cx: &Context<'_>, request: &Request, token: &Token, invitation: &Invitation) -> pages::StartOver {
    pages::StartOver {
        account: invitation.account_name.clone(),
        email: invitation.person.email.clone(),
        accounts: invitation.person.memberships.iter().map(|membership| membership.name.clone()).collect(),
        form_key: key_over(cx, &[cookie(cx, request), token.expose()]),
    }
}

fn conflict() -> Problem {
    Problem::new(409, "conflict", Message::Conflict)
}
