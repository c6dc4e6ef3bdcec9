//! API tokens and service tokens: making, listing, revoking.

use super::{
    Call, TOKEN_PREFIX,
    api::{MadeServiceToken, MadeToken, NewServiceToken, NewToken},
};
use crate::{
    event::{Action, Detail},
    flows::What,
    people::{
        caller::{Caller, Scope},
        names::{THING_NAME_MAX_CHARS, canonical_name},
        service::{Opens, SERVICE_PREFIX},
    },
    ports::{DAY_MS, Now},
    secret::Token,
    store::{self, ServiceTokenEntry, TOKENS_MAX, TokenEntry},
    texts::Message,
    web::{Problem, Stop},
};

/// How long a token lasts if nothing is said.
pub const DEFAULT_MS: i64 = 90 * DAY_MS;

/// How long a token lasts at most: a year and a day, for people who count from tomorrow.
pub const LONGEST_MS: i64 = 366 * DAY_MS;

/// The account's tokens, without their values.
pub async fn list(call: &Call<'_>) -> Result<(Caller, Vec<TokenEntry>), Stop> {
    let (caller, entries) = store::tokens(call.cx, call.credential, call.account_id).await?;
    Ok((call.admit(caller)?, entries))
}

/// Makes a token; its value is in this answer and nowhere else.
pub async fn make(call: &Call<'_>, fields: Result<NewToken, Problem>) -> Result<MadeToken, Stop> {
    call.change(Action::TokenMade, async {
        let caller = call.caller().await?;
        let NewToken { name, scopes, expires_at } = fields?;
        let name = named(&name)?;
        let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect();
        if scopes.is_empty() {
            return Err(Problem::invalid(Message::TokenScopes).into());
        }
        let expires_at = ends(call, expires_at)?;
        let (id, token) = (call.cx.rng.id()?, Token::generate(call.cx.rng)?);
        let new = store::NewToken { id: &id, token: &token, name, scopes: &scopes, expires_at };
        let shown = format!("{TOKEN_PREFIX}{}", token.expose());
        let detail = Detail { token: Some(name.to_owned()), ..Detail::default() };
        let act = call.act_shown(&caller, (Action::TokenMade, detail), What::Token, vec![shown.clone()])?;
        let made = store::token_make(call.cx, &act, &new).await?.ok_or_else(too_many)?;
        let expires_at = Now(made.expires_at).rfc3339();
        Ok(MadeToken { id, name: made.name, scopes, expires_at, token: shown })
    })
    .await
}

fn named(name: &str) -> Result<&str, Problem> {
    canonical_name(name, THING_NAME_MAX_CHARS).ok_or_else(|| Problem::invalid(Message::TokenName))
}

/// When a token is to end.
fn ends(call: &Call<'_>, asked: Option<String>) -> Result<Now, Problem> {
    let Some(text) = asked else { return Ok(Now(call.cx.now.0 + DEFAULT_MS)) };
    Now::parse_rfc3339(&text)
        .filter(|at| *at > call.cx.now && at.0 <= call.cx.now.0 + LONGEST_MS)
        .ok_or_else(|| Problem::invalid(Message::TokenExpiry))
}

fn too_many() -> Problem {
    Problem::new(409, "too_many_tokens", Message::TooManyTokens { most: TOKENS_MAX })
}

/// Revokes a token: its next request is refused.
pub async fn revoke(call: &Call<'_>, id: &str, no_fields: Result<(), Problem>) -> Result<(), Stop> {
    call.change(Action::TokenRevoked, async {
        let caller = call.caller().await?;
        no_fields?;
        let act = call.act(&caller, Action::TokenRevoked, Detail::default())?;
        let revoked = store::token_revoke(call.cx, &act, id).await?;
        revoked.then_some(()).ok_or_else(|| Problem::not_found().into())
    })
    .await
}

/// The account's service tokens, without their values.
pub async fn list_service(call: &Call<'_>) -> Result<(Caller, Vec<ServiceTokenEntry>), Stop> {
    let (caller, entries) = store::service_tokens(call.cx, call.credential, call.account_id).await?;
    Ok((call.admit(caller)?, entries))
}

/// Makes a service token; its value is in this answer and nowhere else.
pub async fn make_service(call: &Call<'_>, fields: Result<NewServiceToken, Problem>) -> Result<MadeServiceToken, Stop> {
    call.change(Action::ServiceTokenMade, async {
        let caller = call.caller().await?;
        let NewServiceToken { name, paths, methods, expires_at } = fields?;
        let name = named(&name)?;
        let opens = Opens::new(&call.cx.config.prefix, &paths, &methods).map_err(Problem::invalid)?;
        let expires_at = ends(call, expires_at)?;
        let (id, token) = (call.cx.rng.id()?, Token::generate(call.cx.rng)?);
        let detail = Detail {
            token: Some(name.to_owned()),
            opens: Some(format!("{} {}", opens.methods, opens.paths)),
            ..Detail::default()
        };
        let shown = format!("{SERVICE_PREFIX}{}", token.expose());
        let act =
            call.act_shown(&caller, (Action::ServiceTokenMade, detail), What::ServiceToken, vec![shown.clone()])?;
        let new = store::NewServiceToken { id: &id, token: &token, name, opens: &opens, expires_at };
        if !store::service_token_make(call.cx, &act, &new).await? {
            return Err(too_many().into());
        }
        let (name, expires_at) = (name.to_owned(), expires_at.rfc3339());
        Ok(MadeServiceToken { id, name, paths, methods, expires_at, token: shown })
    })
    .await
}

/// Revokes a service token: its next request is refused.
pub async fn revoke_service(call: &Call<'_>, id: &str, no_fields: Result<(), Problem>) -> Result<(), Stop> {
    call.change(Action::ServiceTokenRevoked, async {
        let caller = call.caller().await?;
        no_fields?;
        let act = call.act(&caller, Action::ServiceTokenRevoked, Detail::default())?;
        let revoked = store::service_token_revoke(call.cx, &act, id).await?;
        revoked.then_some(()).ok_or_else(|| Problem::not_found().into())
    })
    .await
}
