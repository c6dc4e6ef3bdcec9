//! Who calls the admin Worker: read in the same round trip as what they ask for.

use serde::Deserialize;

use super::{Results, rows, run, select_visit, sql, touch_visit};
use crate::{
    context::Context,
    people::{
        caller::{ApiToken, Caller, Scope},
        session::TOUCH_MS,
    },
    ports::{Fault, Rows, Statement, Value},
    secret::TokenHash,
};

/// What a client shows to say who it is.
pub enum Credential {
    /// The hash of a session token.
    Session(TokenHash),
    /// The hash of an API token.
    Token(TokenHash),
}

impl Credential {
    /// The hash, by which every change is guarded again as it happens.
    pub fn hash(&self) -> &TokenHash {
        match self {
            Self::Session(hash) | Self::Token(hash) => hash,
        }
    }
}

#[derive(Deserialize)]
struct TokenRow {
    token_id: String,
    scopes: String,
}

/// Reads the caller and runs `statements`, in one round trip. What they answer must not be shown before the caller was
/// found to be allowed to see it.
pub(super) async fn with_caller(
    cx: &Context<'_>,
    credential: &Credential,
    statements: Vec<Statement>,
) -> Result<(Option<Caller>, Results), Fault> {
    let mut all = match credential {
        Credential::Session(hash) => vec![touch_visit(cx, hash), select_visit(cx, hash)],
        Credential::Token(hash) => vec![
            sql!(
                "UPDATE api_tokens SET last_used_at = ?2
                 WHERE token_hash = ?1 AND expires_at > ?2 AND ifnull(last_used_at, 0) <= ?3",
                hash,
                cx.now,
                cx.now.0 - TOUCH_MS,
            ),
            sql!(
                "SELECT t.id AS token_id, t.scopes, p.*
                 FROM api_tokens t JOIN people p ON p.user_id = t.user_id AND p.account_id = t.account_id
                 WHERE t.token_hash = ?1 AND t.expires_at > ?2",
                hash,
                cx.now,
            ),
        ],
    };
    all.extend(statements);
    let mut results = run(cx, all).await?;
    let found = results.next()?;
    let caller = match credential {
        Credential::Session(hash) => {
            rows::visit(cx.config.site, cx.now, found, hash)?.map(|(session, _)| Caller::Session(Box::new(session)))
        }
        Credential::Token(_) => token(cx, found)?.map(|token| Caller::Token(Box::new(token))),
    };
    Ok((caller, results))
}

/// The account of one parameter, if the credential in another has a say in it. As the key of an index it keeps anything
/// from being read for one that has none.
macro_rules! governed {
    ($account:literal, $credential:literal) => {
        concat!(
            "(SELECT mandates.account_id FROM mandates WHERE mandates.credential = ",
            $credential,
            " AND mandates.account_id = ",
            $account,
            " LIMIT 1)"
        )
    };
}
pub(super) use governed;

/// The caller alone.
///
/// # Errors
/// The database.
pub async fn caller(cx: &Context<'_>, credential: &Credential) -> Result<Option<Caller>, Fault> {
    Ok(with_caller(cx, credential, Vec::new()).await?.0)
}

fn token(cx: &Context<'_>, rows: Rows) -> Result<Option<ApiToken>, Fault> {
    let Some(TokenRow { token_id, scopes }) = rows.clone().parse::<TokenRow>()?.into_iter().next() else {
        return Ok(None);
    };
    let person = rows::person(cx.config.site, cx.now, rows)?.map(|(person, _)| person);
    let scopes = scopes.split(' ').filter_map(Scope::parse).collect();
    Ok(person.map(|person| ApiToken { id: token_id, scopes, person }))
}
