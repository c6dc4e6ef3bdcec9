//! Members: the list, inviting, one of them, and the question before a reset or removal.

use serde::Deserialize;

use super::{
    AccountField, MAILED, MEMBERS_TABLE, Query, REMOVED, Refused, Visit, WITHDRAWN, roles, some, to_change, to_see,
    two_factor::beginning, went, went_to_shown,
};
use crate::{
    admin::{
        api::{NewExemption, NewUser, UserChange},
        members, table, two_factor,
    },
    pages::admin,
    people::{Permission, Role, names::canonical_email},
    store,
    web::{Response, Stop, done},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteFields {
    account: String,
    email: String,
    name: String,
    role: Role,
    #[serde(rename = "key")]
    _key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberFields {
    account: String,
    role: Option<Role>,
    name: Option<String>,
    active: Option<bool>,
    #[serde(rename = "key")]
    _key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExemptionFields {
    account: String,
    /// The last day of it.
    until: String,
    reason: String,
    #[serde(rename = "key")]
    _key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovalFields {
    account: String,
    /// Their address, as the page had it.
    #[serde(default)]
    name: String,
    /// Whether it was an invitation that the page asked about.
    invited: Option<bool>,
    #[serde(rename = "key")]
    _key: Option<String>,
}

impl Visit<'_> {
    pub(super) async fn members(&self, query: Query, refused: Refused<NewUser>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, users) = self.users(&query, "all").await?;
        let roles = roles(&caller, &query.account)?;
        let (problem, typed) = refused.unzip();
        let empty = || NewUser { email: String::new(), name: String::new(), role: Role::Member };
        let done = self.said(&caller, &query);
        let page = admin::Members { users, q: query.q, typed: typed.unwrap_or_else(empty), roles };
        self.page(&caller, &query.account, "members", &page, done, problem.as_ref())
    }

    pub(super) async fn members_table(&self, query: Query) -> Result<Response, Stop> {
        let two_factor = if query.two_factor.is_empty() { "all" } else { &query.two_factor };
        let list = members::List::new(two_factor, &query.q, some(&query.cursor), table::ROWS)?;
        let call = self.call(&query.account, to_see(Permission::ReadUsers));
        let next = |next: &str| table::path_of_next(MEMBERS_TABLE, &self.request.query, next);
        Ok(members::as_table(&call, list, next).await?.secured(self.cx.config, None))
    }

    pub(super) async fn invite(&self) -> Result<Response, Stop> {
        let InviteFields { account, email, name, role, .. } = self.fields()?;
        let typed = NewUser { email: email.clone(), name: name.clone(), role };
        let fields = Ok(NewUser { email, name, role });
        let call = self.call(&account, to_change(Permission::WriteUsers));
        match (self.once(&call, members::invite(&call, fields)).await, self.cx.config.mail_from.is_some()) {
            (Ok(_), false) => Ok(went_to_shown(&call)),
            (Ok(_), true) => {
                let mailed = canonical_email(&typed.email).unwrap_or_default();
                Ok(went("/members", &call, Some(&done::to(MAILED, &mailed))))
            }
            (Err(Stop::Problem(problem)), _) => {
                self.members(Query { account: account.clone(), ..Query::default() }, Some((problem, typed))).await
            }
            (Err(stop), _) => Err(stop),
        }
    }

    pub(super) async fn member(&self, id: &str, query: Query, refused: Refused<[String; 2]>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, reach, member) =
            members::reach(&self.call(&query.account, to_change(Permission::WriteUsers)), id).await?;
        let mut roles = roles(&caller, &query.account)?;
        if !roles.contains(&member.role) {
            roles.push(member.role);
        }
        let (problem, typed) = refused.unzip();
        let page = admin::MemberPage { user: member.into(), roles, own: reach.own, typed: typed.unwrap_or_default() };
        self.page(&caller, &query.account, "members", &page, self.said(&caller, &query), problem.as_ref())
    }

    pub(super) async fn change(&self, id: &str) -> Result<Response, Stop> {
        let MemberFields { account, role, name, active, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::WriteUsers));
        match self.once(&call, members::change(&call, id, Ok(UserChange { role, active, name }))).await {
            Ok(done) => {
                let changed = done.is_none_or(|(_, changed)| changed)
                    || store::done_before(self.cx, self.credential.hash()).await?.is_some();
                Ok(went(&format!("/members/{id}"), &call, changed.then_some("changed")))
            }
            Err(Stop::Problem(problem)) => {
                self.member(
                    id,
                    Query { account: account.clone(), ..Query::default() },
                    Some((problem, Default::default())),
                )
                .await
            }
            Err(stop) => Err(stop),
        }
    }

    /// The question before a reset or removal. Whoever may not do it is told now rather than after.
    pub(super) async fn confirm(&self, id: &str, reset: bool) -> Result<Response, Stop> {
        let query = self.query()?;
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let permission = if reset { Permission::Reset } else { Permission::WriteUsers };
        let (caller, reach, member) = members::reach(&self.call(&query.account, to_change(permission)), id).await?;
        match reset {
            true => two_factor::may_reset(&reach)?,
            false => members::may_remove(&reach, caller.membership(&query.account)?.role)?,
        }
        let section = if reset { "two-factor" } else { "members" };
        let page = admin::Confirm { user: member.into(), reset };
        self.page(&caller, &query.account, section, &page, self.said(&caller, &query), None)
    }

    pub(super) async fn remove(&self, id: &str) -> Result<Response, Stop> {
        let RemovalFields { account, name, invited, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::WriteUsers));
        self.once(&call, members::remove(&call, id, Ok(invited))).await?;
        let what = if invited == Some(true) { WITHDRAWN } else { REMOVED };
        Ok(went("/members", &call, Some(&done::to(what, &name))))
    }

    pub(super) async fn exempt(&self, id: &str) -> Result<Response, Stop> {
        let ExemptionFields { account, until, reason, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Reset));
        let typed = [until.clone(), reason.clone()];
        let fields = NewExemption { until: beginning(&until), reason };
        match self.once(&call, two_factor::exempt(&call, id, Ok(fields))).await {
            Ok(_) => Ok(went(&format!("/members/{id}"), &call, Some("changed"))),
            Err(Stop::Problem(problem)) => {
                self.member(id, Query { account: account.clone(), ..Query::default() }, Some((problem, typed))).await
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) async fn end_exemption(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Reset));
        self.once(&call, two_factor::end_exemption(&call, id, Ok(()))).await?;
        Ok(went(&format!("/members/{id}"), &call, Some("changed")))
    }

    pub(super) async fn restore_password(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account, .. } = self.fields()?;
        let call = self.call(&account, to_change(Permission::Reset));
        self.once(&call, members::restore_password(&call, id, Ok(()))).await?;
        Ok(went(&format!("/members/{id}"), &call, Some("changed")))
    }
}
