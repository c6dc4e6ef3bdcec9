//! The audit: what happened, a row in each account it concerns.

use super::{run, sql};
use crate::{
    context::Context,
    http::Request,
    ports::{Event, Fault, Statement, Value},
    secret::TokenHash,
    throttle,
};

/// A row in each account of the target. With `proof` the result is the event's only if a session with that token exists
/// by then, and the other one given if not.
pub fn audit(
    cx: &Context<'_>,
    request: &Request,
    event: &Event<'_>,
    proof: Option<(&TokenHash, &'static str)>,
) -> Result<Statement, Fault> {
    Ok(sql!(
        "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
         SELECT ifnull(m.account_id, ''), ?1, ?2, ?3, ?4, ?5,
           iif(?10 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?10), ?6, ?11), '', ?7, ?8, ?9
         FROM (SELECT 1) LEFT JOIN memberships m ON m.user_id = ?4 AND m.state = 'active'",
        cx.rng.id()?,
        cx.now,
        event.actor,
        event.target,
        event.action,
        event.result,
        &request.client.ip,
        &request.client.country,
        &request.id,
        proof.map(|(token_hash, _)| token_hash),
        proof.map(|(_, otherwise)| otherwise),
    ))
}

/// Notes who signs out, if anyone does.
pub fn audit_logout(cx: &Context<'_>, request: &Request, token_hash: &TokenHash) -> Result<Statement, Fault> {
    Ok(sql!(
        "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
         SELECT m.account_id, ?2, ?3, s.user_id, s.user_id, 'logout', 'ok', '', ?4, ?5, ?6
         FROM sessions s JOIN memberships m ON m.user_id = s.user_id AND m.state = 'active' WHERE s.token_hash = ?1",
        token_hash,
        cx.rng.id()?,
        cx.now,
        &request.client.ip,
        &request.client.country,
        &request.id,
    ))
}

/// Notes a refused attempt. Raises an alert when a user's refused codes reach [`throttle::ALERT_FAILURES`] in 30 days.
///
/// # Errors
/// The database.
pub async fn refused(cx: &Context<'_>, request: &Request, event: &Event<'_>) -> Result<(), Fault> {
    let alert = sql!(
        "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
         SELECT account_id, ?8, ?1, ?2, 'alert', 'many_failures', '', ?3, ?4, ?5
         FROM memberships WHERE user_id = ?2 AND state = 'active' AND ?7 = (SELECT count(DISTINCT event) FROM audit
           WHERE target_id = ?2 AND action IN ('verify', 'recovery', 'reauth') AND at > ?6 AND result = 'invalid_code')",
        cx.now,
        event.target,
        &request.client.ip,
        &request.client.country,
        &request.id,
        cx.now.0 - throttle::ALERT_WINDOW_MS,
        throttle::ALERT_FAILURES,
        cx.rng.id()?,
    );
    run(cx, vec![audit(cx, request, event, None)?, alert]).await.map(drop)
}
