//! API tokens: the list, making one, revoking one.

use serde::Deserialize;

use super::{AccountField, Query, REVOKED, Refused, Visit, to_change, to_see, went, went_to_shown};
use crate::{
    admin::{
        api::{NewToken, Token},
        tokens,
    },
    pages::admin::{self, TypedToken},
    people::{Permission, caller::Scope},
    ports::{DAY_MS, Now},
    web::{Response, Stop, done},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFields {
    account: String,
    name: String,
    days: i64,
    #[serde(rename = "two_factor:read")]
    two_factor_read: Option<String>,
    #[serde(rename = "two_factor:write")]
    two_factor_write: Option<String>,
    reset: Option<String>,
    #[serde(rename = "users:read")]
    users_read: Option<String>,
    #[serde(rename = "users:write")]
    users_write: Option<String>,
    #[serde(rename = "audit:read")]
    audit_read: Option<String>,
    #[serde(rename = "key")]
    _key: Option<String>,
}

impl Visit<'_> {
    pub(super) async fn tokens(&self, query: Query, refused: Refused<TypedToken>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, entries) = tokens::list(&self.call(&query.account, to_see(Permission::Tokens))).await?;
        let (problem, typed) = refused.unzip();
        let typed = typed.unwrap_or_else(|| TypedToken { name: String::new(), scopes: Vec::new(), days: 90 });
        let page = admin::TokensPage { tokens: entries.into_iter().map(Token::from).collect(), typed };
        self.page(&caller, &query.account, "tokens", &page, self.said(&caller, &query), problem.as_ref())
    }

    pub(super) async fn make_token(&self) -> Result<Response, Stop> {
        let fields: TokenFields = self.fields()?;
        let TokenFields { account, name, days, .. } = &fields;
        let checked = [
            (Scope::TwoFactorRead, &fields.two_factor_read),
            (Scope::TwoFactorWrite, &fields.two_factor_write),
            (Scope::Reset, &fields.reset),
            (Scope::UsersRead, &fields.users_read),
            (Scope::UsersWrite, &fields.users_write),
            (Scope::AuditRead, &fields.audit_read),
        ];
        let scopes: Vec<Scope> = checked.into_iter().filter(|(_, on)| on.is_some()).map(|(scope, _)| scope).collect();
        let expires_at = Now(self.cx.now.0 + (*days).clamp(0, 366) * DAY_MS).rfc3339();
        let new = Ok(NewToken { name: name.clone(), scopes: scopes.clone(), expires_at: Some(expires_at) });
        let call = self.call(account, to_change(Permission::Tokens));
        match self.once(&call, tokens::make(&call, new)).await {
            Ok(_) => Ok(went_to_shown(&call)),
            Err(Stop::Problem(problem)) => {
                let query = Query { account: account.clone(), ..Query::default() };
                self.tokens(query, Some((problem, TypedToken { name: name.clone(), scopes, days: *days }))).await
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) async fn revoke_token(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account, name, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Tokens));
        self.once(&call, tokens::revoke(&call, id, Ok(()))).await?;
        Ok(went("/tokens", &call, Some(&done::to(REVOKED, &name))))
    }
}
