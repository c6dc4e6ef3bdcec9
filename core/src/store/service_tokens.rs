//! Service tokens: made, listed, revoked by admins; asked about at the gate.

use serde::Deserialize;

use super::{
    Act, Credential, TOKENS_MAX,
    audit::written,
    authority::{governed, with_caller},
    happens,
    repeat::unsent,
    run, sql,
};
use crate::{
    context::Context,
    people::{
        caller::Caller,
        service::{Opens, Service},
        session::TOUCH_MS,
    },
    ports::{Fault, Now, Statement, Value},
    secret::{Token, TokenHash},
};

/// What a service token is hashed for.
pub const SERVICE_TOKEN: &str = "service token";

/// How many are looked at to say whether there is one for a path; where more are in use, there is.
const LOOKED_AT: usize = 200;

/// A service token as admins see it: without its value.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceTokenEntry {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Paths, separated by spaces.
    pub paths: String,
    /// Methods, separated by spaces.
    pub methods: String,
    /// The e-mail address of whoever made it, if they are still there.
    pub made_by: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}

fn select(account_id: &str, credential: &TokenHash) -> Statement {
    sql!(
        concat!(
            "SELECT t.id, t.name, t.paths, t.methods, u.email AS made_by, t.created_at, t.expires_at, t.last_used_at
             FROM service_tokens t LEFT JOIN users u ON u.id = t.made_by WHERE t.account_id = ",
            governed!("?1", "?3"),
            " ORDER BY t.created_at DESC LIMIT ?2"
        ),
        account_id,
        TOKENS_MAX,
        credential,
    )
}

/// The account's service tokens, the newest first.
///
/// # Errors
/// The database.
pub async fn service_tokens(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
) -> Result<(Option<Caller>, Vec<ServiceTokenEntry>), Fault> {
    let (caller, mut results) = with_caller(cx, credential, vec![select(account_id, credential.hash())]).await?;
    Ok((caller, results.next()?.parse()?))
}

/// A service token to make.
pub struct NewServiceToken<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its value.
    pub token: &'a Token,
    /// What it is called.
    pub name: &'a str,
    /// What it opens.
    pub opens: &'a Opens,
    /// When it ends.
    pub expires_at: Now,
}

/// Makes one. `false`: the caller has no say any more, or the account has [`TOKENS_MAX`].
///
/// # Errors
/// The database.
pub async fn service_token_make(cx: &Context<'_>, act: &Act<'_>, new: &NewServiceToken<'_>) -> Result<bool, Fault> {
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT account_id, user_id AS actor_id, NULL AS target_id FROM mandates
             WHERE credential = ?9 AND account_id = ?10
               AND ?11 > (SELECT count(*) FROM service_tokens t WHERE t.account_id = ?10) AND ",
                unsent!("?9", "?12", "?2")
            ),
            TOKENS_MAX,
            cx.form,
        ),
        sql!(
            "INSERT INTO service_tokens (token_hash, id, account_id, made_by, name, paths, methods, created_at, expires_at)
             SELECT ?2, ?3, account_id, actor_id, ?4, ?5, ?6, ?7, ?8 FROM audit WHERE event = ?1",
            act.event(),
            &new.token.hash(SERVICE_TOKEN),
            new.id,
            new.name,
            &new.opens.paths,
            &new.opens.methods,
            cx.now,
            new.expires_at,
        ),
    ];
    statements.extend(act.done(cx));
    happens(cx, statements).await
}

/// Revokes one. `false`: there is no such token, or the caller has no say any more.
///
/// # Errors
/// The database.
pub async fn service_token_revoke(cx: &Context<'_>, act: &Act<'_>, id: &str) -> Result<bool, Fault> {
    let mut statements = vec![
        written!(
            act,
            cx,
            "SELECT m.account_id, m.user_id AS actor_id, NULL AS target_id
             FROM mandates m JOIN service_tokens t ON t.account_id = m.account_id
             WHERE m.credential = ?9 AND m.account_id = ?10 AND t.id = ?11",
            id,
        ),
        sql!(
            "DELETE FROM service_tokens WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            id,
            act.event()
        ),
    ];
    statements.extend(act.done(cx));
    happens(cx, statements).await
}

/// The program that has this token, if it is in use, and what that opens. That it was seen is noted once a minute.
///
/// # Errors
/// The database.
pub async fn service(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<(Service, Opens)>, Fault> {
    let select = || {
        sql!(
            "SELECT t.id, t.name, t.paths, t.methods, t.last_used_at, a.id AS account_id, a.name AS account_name
             FROM service_tokens t JOIN accounts a ON a.id = t.account_id WHERE t.token_hash = ?1 AND t.expires_at > ?2",
            token_hash,
            cx.now,
        )
    };
    let found: Option<(Service, Opens)> = run(cx, vec![select()]).await?.next()?.parse_both()?.pop();
    if found.as_ref().is_none_or(|(service, _)| service.last_used_at.is_some_and(|at| at > cx.now.0 - TOUCH_MS)) {
        return Ok(found);
    }
    // As with a session: what counts is how it is as that is written.
    let touch = sql!(
        "UPDATE service_tokens SET last_used_at = ?2 WHERE token_hash = ?1 AND expires_at > ?2",
        token_hash,
        cx.now,
    );
    Ok(run(cx, vec![touch, select()]).await?.next()?.parse_both()?.pop())
}

/// Whether a service token is in use of which `opens` holds. Where there are very many it is taken for granted.
///
/// # Errors
/// The database.
pub async fn any_service(cx: &Context<'_>, opens: impl Fn(&Opens) -> bool) -> Result<bool, Fault> {
    let in_use = sql!(
        "SELECT paths, methods FROM service_tokens WHERE expires_at > ?1 LIMIT ?2",
        cx.now,
        i64::try_from(LOOKED_AT).unwrap_or(i64::MAX),
    );
    let all: Vec<Opens> = run(cx, vec![in_use]).await?.next()?.parse()?;
    Ok(all.len() == LOOKED_AT || all.iter().any(opens))
}
