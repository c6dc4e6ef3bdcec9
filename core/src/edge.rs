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
    let outcome =
        if sign_in::owns(&request.path) { sign_in::route(cx, request).await } else { gate(cx, request).await };
    sign_in::respond(cx, request, outcome)
}

/// Only a session that has done all that the policy asks of it, at this very moment, comes through.
async fn gate(cx: &Context<'_>, request: &Request) -> Result<Outcome, Fault> {
    Ok(match sign_in::session(cx, request).await? {
        Some(session) if session.step() == Step::Done => Outcome::Admitted(Box::new(session)),
        session => Outcome::Elsewhere(session.map(|session| session.step())),
    })
}
