//! API tokens: made, listed, revoked. What they open is read in `authority`.

use serde::Deserialize;

use super::{
    Act, Credential,
    audit::written,
    authority::{governed, with_caller},
    happens,
    repeat::unsent,
    run, sql,
};
use crate::{
    context::Context,
    people::caller::{Caller, Scope},
    ports::{Fault, Now, Statement, Value},
    secret::{Token, TokenHash},
};

/// What an API token is hashed for.
pub const API_TOKEN: &str = "api token";

/// Tokens one account may have.
pub const TOKENS_MAX: i64 = 50;

/// A token as admins see it: without its value.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenEntry {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it may be used for, separated by spaces.
    pub scopes: String,
    /// Its maker's e-mail address.
    pub made_by: String,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}

fn select_tokens(account_id: &str, credential: &TokenHash) -> Statement {
    sql!(
        concat!(
            "SELECT t.id, t.name, t.scopes, u.email AS made_by, t.created_at, t.expires_at, t.last_used_at
             FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.account_id = ",
            governed!("?1", "?3"),
            " ORDER BY t.created_at DESC LIMIT ?2"
        ),
        account_id,
        TOKENS_MAX,
        credential,
    )
}

/// The account's tokens, the newest first.
///
/// # Errors
/// The database.
pub async fn tokens(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
) -> Result<(Option<Caller>, Vec<TokenEntry>), Fault> {
    let (caller, mut results) = with_caller(cx, credential, vec![select_tokens(account_id, credential.hash())]).await?;
    Ok((caller, results.next()?.parse()?))
}

/// A token to make.
pub struct NewToken<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its value.
    pub token: &'a Token,
    /// What it is called.
    pub name: &'a str,
    /// What it may be used for.
    pub scopes: &'a [Scope],
    /// When it ends.
    pub expires_at: Now,
}

/// Makes a token. `None`: the caller has no say any more, or the account has [`TOKENS_MAX`].
///
/// # Errors
/// The database.
pub async fn token_make(cx: &Context<'_>, act: &Act<'_>, new: &NewToken<'_>) -> Result<Option<TokenEntry>, Fault> {
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.name()).collect();
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT account_id, user_id AS actor_id, NULL AS target_id FROM mandates
             WHERE credential = ?9 AND account_id = ?10
               AND ?11 > (SELECT count(*) FROM api_tokens t WHERE t.account_id = ?10) AND ",
                unsent!("?9", "?12", "?2")
            ),
            TOKENS_MAX,
            cx.form,
        ),
        sql!(
            "INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
             SELECT ?2, ?3, account_id, actor_id, ?4, ?5, ?6, ?7 FROM audit WHERE event = ?1",
            act.event(),
            &new.token.hash(API_TOKEN),
            new.id,
            new.name,
            scopes.join(" "),
            cx.now,
            new.expires_at,
        ),
        select_tokens(act.account_id, act.credential),
    ];
    statements.extend(act.done(cx));
    let mut results = run(cx, statements).await?;
    results.next()?;
    let made: Vec<TokenEntry> = results.next()?.parse()?;
    Ok(made.into_iter().find(|entry| entry.id == new.id))
}

/// Revokes a token. `false`: there is no such token, or the caller has no say any more.
///
/// # Errors
/// The database.
pub async fn token_revoke(cx: &Context<'_>, act: &Act<'_>, id: &str) -> Result<bool, Fault> {
    let mut statements = vec![
        written!(
            act,
            cx,
            "SELECT m.account_id, m.user_id AS actor_id, t.user_id AS target_id
             FROM mandates m JOIN api_tokens t ON t.account_id = m.account_id
             WHERE m.credential = ?9 AND m.account_id = ?10 AND t.id = ?11",
            id,
        ),
        sql!("DELETE FROM api_tokens WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", id, act.event(),),
    ];
    statements.extend(act.done(cx));
    happens(cx, statements).await
}
