//! Joining an account by an invitation, at the edge: a link that works once. It opens no session; signing in comes after.

use serde::Deserialize;

use super::{Outcome, invalid_credentials, log, profile::weak_password, too_many_attempts};
use crate::{
    context::Context,
    http::{Problem, Request},
    pages, password,
    ports::Fault,
    secret::{Secret, Token},
    store::{self, Invitation},
    texts::Message,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    password: Secret<String>,
}

/// The link by which someone joins.
pub fn invite_url(edge_origin: &str, token: &Token) -> String {
    format!("{edge_origin}/auth/invite/{}", token.expose())
}

/// Answers a request for `/auth/invite/{token}`.
pub async fn route(cx: &Context<'_>, request: &Request, token: &str) -> Result<Outcome, Fault> {
    match request.read_as() {
        "GET" => form(cx, token).await,
        "POST" => join(cx, request, token).await,
        _ => Ok(Outcome::MethodNotAllowed("GET, HEAD, POST")),
    }
}

/// `GET /auth/invite/{token}`.
async fn form(cx: &Context<'_>, token: &str) -> Result<Outcome, Fault> {
    Ok(match store::invitation(cx, &Token::claimed(token)).await? {
        Some(invitation) => Outcome::form(page(invitation)),
        None => gone(),
    })
}

/// `POST /auth/invite/{token}`: whoever is new chooses a password; whoever has one from another account proves it, so
/// that nobody gets hold of an address by inviting it.
async fn join(cx: &Context<'_>, request: &Request, token: &str) -> Result<Outcome, Fault> {
    // 1. As at the login: the brake, and the fields before any work.
    if !cx.brake.admit(&request.client.network()).await? {
        log(cx, request, "join", "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let token = Token::claimed(token);
    let Some(invitation) = store::invitation(cx, &token).await? else { return Ok(gone()) };
    let Fields { password } = match request.fields() {
        Ok(fields) => fields,
        Err(problem) => return Ok(Outcome::refused(problem, page(invitation))),
    };
    let (cost, peppers) = (cx.config.password_cost, &cx.config.pepper_keys);
    // 2. The password: chosen, or proven.
    let chosen = if invitation.has_password == 1 {
        return Ok(Outcome::refused(invalid_credentials(), page(invitation)));
    } else {
        let local = invitation.email.split('@').next().unwrap_or_default();
        let personal = [invitation.email.as_str(), local, &invitation.name, &cx.config.site_name];
        if let Err(refusal) = password::acceptable(&password, &personal) {
            return Ok(Outcome::refused(weak_password(refusal), page(invitation)));
        }
        Some(password::hash(cost, peppers, cx.rng, &password)?)
    };
    // 3. Once.
    if !store::join(cx, request, &token, chosen.as_ref()).await? {
        return Ok(gone());
    }
    log(cx, request, "member_joined", "ok", Some(&invitation.user_id));
    Ok(Outcome::form(pages::Joined { account: invitation.account_name }))
}

fn page(invitation: Invitation) -> pages::Invitation {
    let Invitation { account_name, email, has_password, .. } = invitation;
    pages::Invitation { account: account_name, email, has_password: has_password == 1 }
}

fn gone() -> Outcome {
    Problem::new(404, "not_found", Message::InvitationGone).into()
}
