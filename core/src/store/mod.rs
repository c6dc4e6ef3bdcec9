//! Every SQL statement, the shapes of rows, and what they are used for. Each function is one round trip and one
//! transaction. A change of state is a compare-and-set: its first statement holds all the conditions and replaces the
//! session's token; the others run only if a session with that new token exists. So either all of it happened or none.

mod create;
mod enrol;
mod login;
mod prove;
mod rows;

use rows::visit;

use crate::{
    context::Context,
    http::Request,
    ports::{Event, Fault, Now, Rows, Statement, Value},
    secret::TokenHash,
    session::{IDLE_MS, Session, TOUCH_MS},
    throttle,
};

/// Shorthand for a statement with its values in the order of `?1`, `?2`, ….
macro_rules! sql {
    ($sql:expr $(, $param:expr)* $(,)?) => {
        Statement { sql: $sql, params: vec![$(Value::from($param)),*] }
    };
}
use sql;

pub use create::{NewAccount, NewUser, create_account, create_user};
pub use enrol::{Confirmed, enrol_begin, enrol_finish, new_recovery_codes};
pub use login::{LoginRead, NewLogin, login_finish, login_read};
pub use prove::{Challenge, Charges, Factor, Gain, challenge, prove};

/// The live session with this token, and notes that it was seen.
///
/// # Errors
/// The database.
pub async fn session(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    let touch = sql!(
        "UPDATE sessions SET last_seen_at = ?2
         WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3 AND last_seen_at <= ?4",
        token_hash,
        cx.now,
        cx.now.0 - IDLE_MS,
        cx.now.0 - TOUCH_MS,
    );
    let mut results = run(cx, vec![touch, select_visit(token_hash, cx.now)]).await?;
    results.next()?;
    Ok(visit(results.next()?, token_hash)?.map(|(session, _)| session))
}

/// Ends a session.
///
/// # Errors
/// The database.
pub async fn logout(cx: &Context<'_>, request: &Request, token_hash: &TokenHash) -> Result<(), Fault> {
    run(
        cx,
        vec![
            sql!(
                "INSERT INTO audit (at, actor_id, target_id, action, result, ip, country, request_id)
                 SELECT ?2, user_id, user_id, 'logout', 'ok', ?3, ?4, ?5 FROM sessions WHERE token_hash = ?1",
                token_hash,
                cx.now,
                &request.client.ip,
                &request.client.country,
                &request.id,
            ),
            sql!("DELETE FROM sessions WHERE token_hash = ?1", token_hash),
        ],
    )
    .await
    .map(drop)
}

/// That the database answers.
///
/// # Errors
/// It does not.
pub async fn health(cx: &Context<'_>) -> Result<(), Fault> {
    run(cx, vec![sql!("SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1)")]).await.map(drop)
}

/// Notes a refused attempt. Raises an alert when a user's refused codes reach [`throttle::ALERT_FAILURES`] in 30 days.
///
/// # Errors
/// The database.
pub async fn refused(cx: &Context<'_>, request: &Request, event: &Event<'_>) -> Result<(), Fault> {
    let alert = sql!(
        "INSERT INTO audit (at, target_id, action, result, ip, country, request_id)
         SELECT ?1, ?2, 'alert', 'many_failures', ?3, ?4, ?5 WHERE ?2 IS NOT NULL AND ?7 = (SELECT count(*) FROM audit
           WHERE target_id = ?2 AND action IN ('verify', 'recovery', 'reauth') AND at > ?6 AND result = 'invalid_code')",
        cx.now,
        event.target,
        &request.client.ip,
        &request.client.country,
        &request.id,
        cx.now.0 - throttle::ALERT_WINDOW_MS,
        throttle::ALERT_FAILURES,
    );
    run(cx, vec![audit(cx, request, event, None), alert]).await.map(drop)
}

/// The results of a batch, one by one.
struct Results(std::vec::IntoIter<Rows>);

impl Results {
    fn next(&mut self) -> Result<Rows, Fault> {
        self.0.next().ok_or_else(|| Fault::new("the database answered fewer results than statements"))
    }
}

async fn run(cx: &Context<'_>, statements: Vec<Statement>) -> Result<Results, Fault> {
    Ok(Results(cx.db.batch(statements).await?.into_iter()))
}

const SELECT_VISIT: &str = "SELECT * FROM visits WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3";

fn select_visit(token_hash: &TokenHash, now: Now) -> Statement {
    sql!(SELECT_VISIT, token_hash, now, now.0 - IDLE_MS)
}

/// An audit row. With `proof` its result is the event's only if a session with that token exists by then, and the other
/// one given if not.
fn audit(
    cx: &Context<'_>,
    request: &Request,
    event: &Event<'_>,
    proof: Option<(&TokenHash, &'static str)>,
) -> Statement {
    sql!(
        "INSERT INTO audit (at, actor_id, target_id, action, result, ip, country, request_id)
         SELECT ?1, ?2, ?3, ?4,
           iif(?9 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?9), ?5, ?10), ?6, ?7, ?8",
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
    )
}

fn json_list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}
