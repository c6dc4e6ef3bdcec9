//! The edge Worker: signing in under `/auth/`; every other path belongs to whoever is signed in.

use crate::{
    context::Context,
    http::{Request, Response},
    policy::Step,
    ports::Fault,
    sign_in::{self, Outcome},
};

/// Answers a request.
pub async fn handle(cx: &Context<'_>, request: &Request) -> Response {
    let outcome = match request.path.as_str() {
        // Where password managers send people (W3C, A Well-Known URL for Changing Passwords).
        "/.well-known/change-password" => return Response::see_other("/auth/password").secured(None),
        path if sign_in::owns(path) => sign_in::route(cx, request).await,
        _ => gate(cx, request).await,
    };
    sign_in::respond(cx, request, outcome)
}

/// Only a session that has done all that the policy asks of it, at this very moment, comes through.
async fn gate(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    Ok(match sign_in::session(cx, request).await? {
        Some(session) if session.step() == Step::Done => Outcome::Admitted(Box::new(session)),
        session => Outcome::Elsewhere(session.map(|session| session.step())),
    })
}
