//! The requirement, who has set two-factor login up, and resetting a member.

use serde::Deserialize;

use super::{AccountField, Query, RESET, SETTINGS, Visit, to_change, to_see, went};
use crate::{
    admin::{api::TwoFactorChange, members, two_factor},
    pages::{admin, date},
    people::Permission,
    policy::Applies,
    web::{Problem, Response, Stop, done},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFields {
    account: String,
    required: bool,
    applies: Option<Applies>,
    /// A day; empty: at once.
    starts_at: Option<String>,
    #[serde(rename = "key")]
    _key: Option<String>,
}

impl Visit<'_> {
    pub(super) async fn settings(&self, query: Query, problem: Option<Problem>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let filter = match query.two_factor.as_str() {
            "not_set_up" => "not_set_up",
            "all" => "all",
            _ => "set_up",
        };
        let (_, policy) = two_factor::read(&self.call(&query.account, to_see(Permission::ReadPolicy))).await?;
        let (caller, users) = self.users(&query, filter).await?;
        let done = match self.done(&caller, &query) {
            Some("policy") => Some(match (policy.required, policy.since, policy.starts_at) {
                (true, None, Some(day)) => self.t().policy_starts(&date(&day.rfc3339(), self.t())),
                (true, ..) => self.t().policy_required.to_owned(),
                (false, ..) => self.t().policy_not_required.to_owned(),
            }),
            done => match done.map(done::parts) {
                Some((RESET, id)) => self.was_reset(&query.account, id).await?,
                _ => self.said(&caller, &query),
            },
        };
        let page = admin::TwoFactorPage { policy: policy.into(), users, filter, q: query.q };
        self.page(&caller, &query.account, "two-factor", &page, done, problem.as_ref())
    }

    /// That a member was reset, unless the rows say otherwise by now.
    pub(super) async fn was_reset(&self, account: &str, id: &str) -> Result<Option<String>, Stop> {
        match members::reach(&self.call(account, to_see(Permission::ReadUsers)), id).await {
            Ok((.., member)) => Ok((!member.set_up).then(|| self.t().was_reset(&member.email))),
            Err(Stop::Problem(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// The question before the requirement is turned on or off for everyone.
    pub(super) async fn confirm_policy(&self, query: Query) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, policy) = two_factor::read(&self.call(&query.account, to_change(Permission::WritePolicy))).await?;
        let page = admin::ChangePolicy { policy: policy.into() };
        self.page(&caller, &query.account, "two-factor", &page, self.said(&caller, &query), None)
    }

    pub(super) async fn policy(&self) -> Result<Response, Stop> {
        let PolicyFields { account, required, applies, starts_at, .. } = self.fields()?;
        let starts_at = starts_at.map(|day| Some(format!("{day}T00:00:00Z")).filter(|_| !day.is_empty()));
        let change = TwoFactorChange { required, applies: applies.unwrap_or_default(), starts_at };
        let call = self.call(&account, to_change(Permission::WritePolicy));
        match self.once(&call, two_factor::write(&call, Ok(change))).await {
            Ok(_) => Ok(went(SETTINGS, &call, Some("policy"))),
            Err(Stop::Problem(problem)) => {
                self.settings(Query { account: account.clone(), ..Query::default() }, Some(problem)).await
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) async fn reset(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Reset));
        self.once(&call, two_factor::reset(&call, id, Ok(()))).await?;
        Ok(went(SETTINGS, &call, Some(&done::to(RESET, id))))
    }
}
