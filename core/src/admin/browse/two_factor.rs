//! The requirement, who has set two-factor login up, and resetting a member.

use serde::Deserialize;

use super::{AccountField, PREVIEW_TABLE, Query, RESET, SETTINGS, Visit, encoded, some, to_change, to_see, went};
use crate::{
    admin::{api::TwoFactorChange, members, preview, table, two_factor},
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

/// The beginning of a day, as its field has it.
pub(super) fn beginning(day: &str) -> String {
    format!("{day}T00:00:00Z")
}

/// What the address of a preview asks.
fn asked(query: &Query) -> preview::Query {
    let cursor = some(&query.cursor).map(str::to_owned);
    preview::Query::new(query.applies, some(&query.starts_at).map(beginning), cursor)
}

impl Visit<'_> {
    pub(super) async fn settings(&self, query: Query, problem: Option<Problem>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let filter = match query.two_factor.as_str() {
            "not_set_up" => "not_set_up",
            "exempt" => "exempt",
            "locked" => "locked",
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

    /// Whom requiring it would stop, before it is.
    pub(super) async fn preview(&self, query: Query) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let call = self.call(&query.account, to_see(Permission::ReadUsers));
        let (applies, starts_at, account) = (query.applies, query.starts_at.clone(), query.account.clone());
        let fields = |cursor: &str| {
            let applies = applies.name();
            encoded(&[("account", &account), ("applies", applies), ("starts_at", &starts_at), ("cursor", cursor)])
        };
        let page = |preview| admin::PreviewPage {
            applies,
            starts_at: starts_at.clone(),
            table: fields(""),
            next: None,
            preview,
        };
        match preview::read(&call, asked(&query), None).await {
            Ok((caller, preview)) => {
                let next = preview.next_cursor.as_deref().map(fields);
                let page = admin::PreviewPage { next, ..page(Some(preview)) };
                self.page(&caller, &account, "two-factor", &page, None, None)
            }
            Err(Stop::Problem(problem)) if problem.status == 400 => {
                let caller = call.caller().await?;
                self.page(&caller, &account, "two-factor", &page(None), None, Some(&problem))
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) async fn preview_table(&self, query: Query) -> Result<Response, Stop> {
        let call = self.call(&query.account, to_see(Permission::ReadUsers));
        let next = |next: &str| table::path_of_next(PREVIEW_TABLE, &self.request.query, next);
        Ok(preview::as_table(&call, asked(&query), next).await?.secured(self.cx.config, None))
    }

    pub(super) async fn policy(&self) -> Result<Response, Stop> {
        let PolicyFields { account, required, applies, starts_at, .. } = self.fields()?;
        let starts_at = starts_at.map(|day| some(&day).map(beginning));
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
