//! Service tokens: the list, making one, revoking one.

use serde::Deserialize;

use super::{AccountField, Query, REVOKED, Refused, Visit, to_change, to_see, went, went_to_shown};
use crate::{
    admin::{
        api::{NewServiceToken, ServiceToken},
        tokens,
    },
    pages::admin::{self, TypedServiceToken},
    people::Permission,
    ports::{DAY_MS, Now},
    web::{Response, Stop, done},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceTokenFields {
    account: String,
    name: String,
    paths: String,
    methods: String,
    days: i64,
    #[serde(rename = "key")]
    _key: Option<String>,
}

impl Visit<'_> {
    pub(super) async fn service_tokens(
        &self,
        query: Query,
        refused: Refused<TypedServiceToken>,
    ) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, entries) = tokens::list_service(&self.call(&query.account, to_see(Permission::Tokens))).await?;
        let (problem, typed) = refused.unzip();
        let typed = typed.unwrap_or_else(|| TypedServiceToken {
            name: String::new(),
            paths: String::new(),
            methods: "GET".to_owned(),
            days: 90,
        });
        let page = admin::ServiceTokensPage { tokens: entries.into_iter().map(ServiceToken::from).collect(), typed };
        self.page(&caller, &query.account, "service-tokens", &page, self.said(&caller, &query), problem.as_ref())
    }

    pub(super) async fn make_service_token(&self) -> Result<Response, Stop> {
        let ServiceTokenFields { account, name, paths, methods, days, .. } = self.fields()?;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let expires_at = Some(Now(self.cx.now.0 + days.clamp(0, 366) * DAY_MS).rfc3339());
        let new = NewServiceToken { name: name.clone(), paths: words(&paths), methods: words(&methods), expires_at };
        let call = self.call(&account, to_change(Permission::Tokens));
        match self.once(&call, tokens::make_service(&call, Ok(new))).await {
            Ok(_) => Ok(went_to_shown(&call)),
            Err(Stop::Problem(problem)) => {
                let query = Query { account: account.clone(), ..Query::default() };
                self.service_tokens(query, Some((problem, TypedServiceToken { name, paths, methods, days }))).await
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) async fn revoke_service_token(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account, name, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Tokens));
        self.once(&call, tokens::revoke_service(&call, id, Ok(()))).await?;
        Ok(went("/service-tokens", &call, Some(&done::to(REVOKED, &name))))
    }
}
