//! The admin's pages: the HTML face of the same use cases. No script, a form for everything.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Call, PAGE_MAX, Stop,
    api::{Account, NewToken, NewUser, Token, TwoFactorChange, User, UserChange},
    audit, credential, cursor, members, tokens, two_factor,
};
use crate::{
    context::Context,
    pages::{
        self,
        admin::{self, Frame, Listed, Page, TypedToken},
    },
    people::{
        Role,
        caller::{Caller, Need, Refusal, Scope},
    },
    policy::Applies,
    ports::{DAY_MS, Now},
    store::{self, Credential},
    texts::{AdminTexts, Language},
    web::{self, Outcome, Problem, Request, Response, done},
};

const SETTINGS: &str = "/settings/security/two-factor";

/// Looking at things. The scope does not matter: pages take no tokens.
const LOOK: Need = Need { scope: None, fresh: false };

/// Changing things, or coming to a page whose only button does.
const CHANGE: Need = Need { scope: None, fresh: true };

/// What the address of a page may ask for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Query {
    account: String,
    two_factor: String,
    q: String,
    cursor: String,
    actor: String,
    target: String,
    action: String,
    done: String,
    after: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountField {
    account: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFields {
    account: String,
    required: bool,
    applies: Option<Applies>,
    apply_now: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteFields {
    account: String,
    email: String,
    name: String,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberFields {
    account: String,
    role: Option<Role>,
    name: Option<String>,
    active: Option<bool>,
}

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
}

/// A request for a page, and who makes it.
struct Visit<'a> {
    cx: &'a Context<'a>,
    request: &'a Request,
    credential: Credential,
    language: Language,
}

/// Answers a request for a page.
pub(super) async fn answer(cx: &Context<'_>, request: &Request) -> Result<Response, Stop> {
    let path: Vec<&str> = request.path.split('/').skip(1).collect();
    let allow = match path.as_slice() {
        [""] | ["audit"] | ["audit", "export"] => "GET, HEAD",
        ["settings", "security", "two-factor"] | ["members"] | ["tokens"] => "GET, HEAD, POST",
        ["members", id] | ["members", id, "reset" | "remove"] | ["tokens", id, "revoke"] if !id.is_empty() => {
            "GET, HEAD, POST"
        }
        _ => return Err(Problem::not_found().into()),
    };
    let method = request.read_as();
    if !allow.split(", ").any(|allowed| allowed == method) {
        return Ok(web::respond(cx, request, Ok(Outcome::MethodNotAllowed(allow))));
    }
    let visit = Visit { cx, request, credential: credential(cx, request)?, language: request.language() };
    match (path.as_slice(), method) {
        ([""], _) => Ok(Response::see_other(SETTINGS).secured(None)),
        (["settings", ..], "GET") => visit.settings(visit.query()?, None).await,
        (["settings", ..], _) => visit.policy().await,
        (["members"], "GET") => visit.members(visit.query()?, None).await,
        (["members"], _) => visit.invite().await,
        (["members", id], "GET") => visit.member(id, visit.query()?, None).await,
        (["members", id], _) => visit.change(id).await,
        (["members", id, "reset"], "GET") => visit.confirm(id, true).await,
        (["members", id, "reset"], _) => visit.reset(id).await,
        (["members", id, _], "GET") => visit.confirm(id, false).await,
        (["members", id, _], _) => visit.remove(id).await,
        (["audit"], _) => visit.audit(visit.query()?).await,
        (["audit", _], _) => visit.export(visit.query()?).await,
        (["tokens"], "GET") => visit.tokens(visit.query()?, None).await,
        (["tokens"], _) => visit.make_token().await,
        // Nothing to see: whoever signs in again after a click on "Revoke" comes back to the list.
        (["tokens", ..], "GET") => Ok(Response::see_other(&format!("/tokens?{}", request.query)).secured(None)),
        (["tokens", id, _], _) => visit.revoke_token(id).await,
        _ => Err(Problem::not_found().into()),
    }
}

/// A form that was refused: why, and what was typed.
type Refused<T> = Option<(Problem, T)>;

impl Visit<'_> {
    fn t(&self) -> &'static AdminTexts {
        self.language.admin_texts()
    }

    fn query(&self) -> Result<Query, Stop> {
        Ok(self.request.query_fields()?)
    }

    fn fields<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        Ok(self.request.fields()?)
    }

    fn call<'c>(&'c self, account_id: &'c str, need: Need) -> Call<'c> {
        Call::new(self.cx, &self.credential, account_id, need)
    }

    /// Goes to the same page for an account by name, if the address names none.
    async fn named(&self, query: &Query) -> Result<Option<Response>, Stop> {
        if !query.account.is_empty() {
            return Ok(None);
        }
        let caller = Caller::admitted(store::caller(self.cx, &self.credential).await?, false)?;
        let first = caller.administered().next().ok_or(Refusal::NotFound)?;
        let separator = if self.request.query.is_empty() { "" } else { "&" };
        let (path, query) = (&self.request.path, self.request.query.trim_start_matches("account="));
        let to = format!("{path}?{}{separator}{query}", encoded(&[("account", &first.account_id)]));
        Ok(Some(Response::see_other(&to).secured(None)))
    }

    /// A page about an account, for a caller who administers it.
    fn page(
        &self,
        caller: &Caller,
        account_id: &str,
        section: &'static str,
        page: &dyn Page,
        done: Option<String>,
        problem: Option<&Problem>,
    ) -> Result<Response, Stop> {
        let nonce = pages::nonce(self.cx.rng)?;
        let accounts: Vec<Account> = caller.administered().map(Account::from).collect();
        let account = caller.authorize(account_id, LOOK, self.cx.now)?.into();
        let frame = Frame {
            open: problem.is_some() || done.as_deref() == Some(self.t().confirmed),
            fresh: fresh(caller, account_id, self.cx.now),
            site_name: &self.cx.config.site_name,
            nonce: &nonce,
            stylesheet: &pages::stylesheet_path(self.cx.config.accent.as_ref()),
            problem: problem.map(|problem| self.language.say(problem.message)),
            done,
            email: &caller.person().email,
            accounts,
            account: &account,
            section,
            language: self.language,
            // Going back to what is shown only once would lose it.
            here: page.lasts().then(|| match self.request.read_as() {
                "GET" => self.request.target(),
                _ => format!("{}?{}", self.request.path, encoded(&[("account", account_id)])),
            }),
        };
        let response = Response::html(problem.map_or(200, |problem| problem.status), page.html(&frame)?);
        Ok(response.secured(Some(&nonce)))
    }

    async fn settings(&self, query: Query, problem: Option<Problem>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let filter = match query.two_factor.as_str() {
            "disabled" => "disabled",
            "all" => "all",
            _ => "enabled",
        };
        let (_, policy) = two_factor::read(&self.call(&query.account, LOOK)).await?;
        let (caller, users) = self.users(&query, filter).await?;
        let done = match self.done(&caller, &query) {
            Some("policy") if policy.required => Some(self.t().policy_required.to_owned()),
            Some("policy") => Some(self.t().policy_not_required.to_owned()),
            Some(done) if done.starts_with(RESET) => {
                self.was_reset(&query.account, done.trim_start_matches(RESET)).await?
            }
            _ => self.said(&caller, &query),
        };
        let page = admin::TwoFactorPage { policy: policy.into(), users, filter, q: query.q };
        self.page(&caller, &query.account, "two-factor", &page, done, problem.as_ref())
    }

    /// That a member was reset, unless the rows say otherwise by now.
    async fn was_reset(&self, account: &str, id: &str) -> Result<Option<String>, Stop> {
        match members::reach(&self.call(account, LOOK), id).await {
            Ok((.., member)) => Ok((member.enrolled == 0).then(|| self.t().was_reset(&member.email))),
            Err(Stop::Problem(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    async fn users(&self, query: &Query, filter: &str) -> Result<(Caller, Listed<User>), Stop> {
        let list = members::List::new(filter, &query.q, some(&query.cursor), PAGE_MAX)?;
        let (caller, rows, next) = members::list(&self.call(&query.account, LOOK), &list).await?;
        let next = next.map(|next| {
            let (account, two_factor, q) = (query.account.as_str(), filter, query.q.as_str());
            encoded(&[("account", account), ("two_factor", two_factor), ("q", q), ("cursor", &cursor(&next))])
        });
        Ok((caller, Listed { rows: rows.into_iter().map(User::from).collect(), next }))
    }

    async fn policy(&self) -> Result<Response, Stop> {
        let PolicyFields { account, required, applies, apply_now } = self.fields()?;
        let change = match apply_now {
            Some(true) => TwoFactorChange { required: true, applies: Applies::Now },
            _ => TwoFactorChange { required, applies: applies.unwrap_or_default() },
        };
        let call = self.call(&account, CHANGE);
        match two_factor::write(&call, Ok(change)).await {
            Ok(_) => Ok(went(SETTINGS, &call, Some("policy"))),
            Err(Stop::Problem(problem)) => self.settings(Query { account, ..Query::default() }, Some(problem)).await,
            Err(stop) => Err(stop),
        }
    }

    async fn members(&self, query: Query, refused: Refused<NewUser>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, users) = self.users(&query, "all").await?;
        let roles = roles(&caller, &query.account, self.cx.now)?;
        let (problem, typed) = refused.unzip();
        let empty = || NewUser { email: String::new(), name: String::new(), role: Role::Member };
        let done = self.said(&caller, &query);
        let page = admin::Members { users, q: query.q, typed: typed.unwrap_or_else(empty), roles };
        self.page(&caller, &query.account, "members", &page, done, problem.as_ref())
    }

    async fn invite(&self) -> Result<Response, Stop> {
        let InviteFields { account, email, name, role } = self.fields()?;
        let typed = NewUser { email: email.clone(), name: name.clone(), role };
        let fields = Ok(NewUser { email, name, role });
        let invited = members::invite(&self.call(&account, CHANGE), fields).await;
        match invited {
            Ok(invited) => {
                let advice = self.t().invited(&invited.user.email, invited.user.role);
                self.once(&account, "members", self.t().invitation, invited.invite_url, advice).await
            }
            Err(Stop::Problem(problem)) => {
                self.members(Query { account, ..Query::default() }, Some((problem, typed))).await
            }
            Err(stop) => Err(stop),
        }
    }

    async fn once(
        &self,
        account: &str,
        section: &'static str,
        title: &'static str,
        value: String,
        advice: String,
    ) -> Result<Response, Stop> {
        let caller = Caller::admitted(store::caller(self.cx, &self.credential).await?, false)?;
        self.page(&caller, account, section, &admin::Once { title, value, advice }, None, None)
    }

    async fn member(&self, id: &str, query: Query, problem: Option<Problem>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, reach, member) = members::reach(&self.call(&query.account, CHANGE), id).await?;
        let mut roles = roles(&caller, &query.account, self.cx.now)?;
        if !roles.contains(&member.role) {
            roles.push(member.role);
        }
        let page = admin::MemberPage { user: member.into(), roles, own: reach.own == 1 };
        self.page(&caller, &query.account, "members", &page, self.said(&caller, &query), problem.as_ref())
    }

    async fn change(&self, id: &str) -> Result<Response, Stop> {
        let MemberFields { account, role, name, active } = self.fields()?;
        let call = self.call(&account, CHANGE);
        match members::change(&call, id, Ok(UserChange { role, active, name })).await {
            Ok((_, changed)) => Ok(went(&format!("/members/{id}"), &call, changed.then_some("changed"))),
            Err(Stop::Problem(problem)) => self.member(id, Query { account, ..Query::default() }, Some(problem)).await,
            Err(stop) => Err(stop),
        }
    }

    /// The question before a reset or removal. Whoever may not do it is told now rather than after.
    async fn confirm(&self, id: &str, reset: bool) -> Result<Response, Stop> {
        let query = self.query()?;
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, reach, member) = members::reach(&self.call(&query.account, CHANGE), id).await?;
        match reset {
            true => two_factor::may_reset(&reach)?,
            false => members::may_remove(&reach, caller.authorize(&query.account, CHANGE, self.cx.now)?.role)?,
        }
        let section = if reset { "two-factor" } else { "members" };
        let page = admin::Confirm { user: member.into(), reset };
        self.page(&caller, &query.account, section, &page, self.said(&caller, &query), None)
    }

    async fn reset(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account } = self.fields()?;
        let call = self.call(&account, CHANGE);
        two_factor::reset(&call, id, Ok(())).await?;
        Ok(went(SETTINGS, &call, Some(&format!("{RESET}{id}"))))
    }

    async fn remove(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account } = self.fields()?;
        let call = self.call(&account, CHANGE);
        members::remove(&call, id, Ok(())).await?;
        Ok(went("/members", &call, Some("removed")))
    }

    async fn audit(&self, query: Query) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let search = [query.actor, query.target, query.action];
        let [actor, target, action] = search.each_ref().map(|text| some(text));
        let list = audit::List::new([actor, target, action], some(&query.cursor), PAGE_MAX)?;
        let (caller, rows, next) = audit::list(&self.call(&query.account, LOOK), &list).await?;
        let [actor, target, action] = &search;
        let next = next.map(|next| {
            let cursor = cursor(&next.to_string());
            let account = query.account.as_str();
            encoded(&[
                ("account", account),
                ("actor", actor),
                ("target", target),
                ("action", action),
                ("cursor", &cursor),
            ])
        });
        let entries = Listed { rows: rows.into_iter().map(Into::into).collect(), next };
        self.page(&caller, &query.account, "audit", &admin::AuditPage { entries, search }, None, None)
    }

    async fn export(&self, query: Query) -> Result<Response, Stop> {
        let Query { account, after, .. } = query;
        let (lines, last) = audit::export(&self.call(&account, LOOK), after.unwrap_or(0)).await?;
        let response = Response { body: lines, ..Response::empty(200) }
            .with("content-type", "application/x-ndjson; charset=utf-8")
            .with(
                "content-disposition",
                match last {
                    Some(last) => format!("attachment; filename=\"audit-to-{last}.ndjson\""),
                    None => "attachment; filename=\"audit.ndjson\"".to_owned(),
                },
            );
        let next = last.map(|last| encoded(&[("account", &account), ("after", &last.to_string())]));
        Ok(match next {
            Some(next) => response.with("link", format!("</audit/export?{next}>; rel=\"next\"")),
            None => response,
        }
        .secured(None))
    }

    async fn tokens(&self, query: Query, refused: Refused<TypedToken>) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let (caller, entries) = tokens::list(&self.call(&query.account, LOOK)).await?;
        let (problem, typed) = refused.unzip();
        let typed = typed.unwrap_or_else(|| TypedToken { name: String::new(), scopes: Vec::new(), days: 90 });
        let page = admin::TokensPage { tokens: entries.into_iter().map(Token::from).collect(), typed };
        self.page(&caller, &query.account, "tokens", &page, self.said(&caller, &query), problem.as_ref())
    }

    async fn make_token(&self) -> Result<Response, Stop> {
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
        match tokens::make(&self.call(account, CHANGE), new).await {
            Ok(made) => {
                let advice = self.t().token_advice.to_owned();
                self.once(account, "tokens", self.t().new_token, made.token, advice).await
            }
            Err(Stop::Problem(problem)) => {
                let query = Query { account: account.clone(), ..Query::default() };
                self.tokens(query, Some((problem, TypedToken { name: name.clone(), scopes, days: *days }))).await
            }
            Err(stop) => Err(stop),
        }
    }

    async fn revoke_token(&self, id: &str) -> Result<Response, Stop> {
        let AccountField { account } = self.fields()?;
        let call = self.call(&account, CHANGE);
        tokens::revoke(&call, id, Ok(())).await?;
        Ok(went("/tokens", &call, Some("revoked")))
    }

    /// What was done in the caller's session, if the address does not just claim it.
    fn done<'q>(&self, caller: &Caller, query: &'q Query) -> Option<&'q str> {
        let Caller::Session(session) = caller else { return None };
        done::read(&self.cx.config.pepper_keys, &session.id, &query.done)
    }

    /// What a page says after something was done, where it takes no more than that to say it.
    fn said(&self, caller: &Caller, query: &Query) -> Option<String> {
        let t = self.t();
        let said = match self.done(caller, query) {
            Some("changed") => t.saved,
            Some("removed") => t.removed_from_account,
            Some("revoked") => t.revoked,
            // The caller has proven again who they are, as the session shows: what was sent before that was not done.
            None if query.done == "confirmed" && fresh(caller, &query.account, self.cx.now) => t.confirmed,
            _ => return None,
        };
        Some(said.to_owned())
    }
}

/// What was done when a member was reset, before the member's id.
const RESET: &str = "reset ";

/// Whether the caller may change things now.
fn fresh(caller: &Caller, account_id: &str, now: Now) -> bool {
    caller.authorize(account_id, CHANGE, now).is_ok()
}

/// On to a page that shows what was done, so that a reload does not do it again.
fn went(path: &str, call: &Call<'_>, done: Option<&str>) -> Response {
    let session_id = call.session.get().map_or("", String::as_str);
    let done = done.map(|done| done::seal(&call.cx.config.pepper_keys, session_id, done)).unwrap_or_default();
    Response::see_other(&format!("{path}?{}", encoded(&[("account", call.account_id), ("done", &done)]))).secured(None)
}

/// A page of ours to come back to after signing in or proving again who one is. A form that was sent is not sent again,
/// and not filled in either: an address that fills in forms would be a trap.
pub(super) fn back(request: &Request) -> String {
    if request.read_as() == "GET" {
        return request.target();
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct AnyForm {
        account: String,
    }
    let AnyForm { account } = request.fields().unwrap_or_default();
    format!("{}?{}", request.path, encoded(&[("account", &account), ("done", "confirmed")]))
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let given: Vec<_> = fields.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    web::encoded(&given)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The roles a caller may give: the lowest first.
fn roles(caller: &Caller, account_id: &str, now: Now) -> Result<Vec<Role>, Refusal> {
    let own = caller.authorize(account_id, LOOK, now)?.role;
    Ok(Role::ALL.into_iter().filter(|role| *role <= own).collect())
}
