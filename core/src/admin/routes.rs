//! The routes of the admin API, and their JSON face.

use super::{
    Call, Stop,
    api::{Account, Accounts, Audit, ResetDone, Token, Tokens, TwoFactor, User, Users},
    audit, credential, cursor, members, tokens, two_factor,
};
use crate::{
    context::Context,
    people::caller::{Caller, Need, Scope},
    store::{self, Credential},
    web::{Problem, Request, Response},
};

/// The OpenAPI 3.1 document of these routes: made from the code by a test, which also fails when it is not up to date.
pub const OPENAPI: &str = include_str!("openapi.json");

/// A route of the admin API.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path under `/api/v1`, with parameters in braces.
    pub path: &'static str,
    /// What it asks of its caller; `None`: nothing.
    pub need: Option<Need>,
    pub(super) endpoint: Endpoint,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    OpenApi,
    Accounts,
    PolicyRead,
    PolicyWrite,
    Users,
    Invite,
    ChangeUser,
    RemoveUser,
    Reset,
    Audit,
    AuditKeys,
    Tokens,
    MakeToken,
    RevokeToken,
}

const fn route(method: &'static str, path: &'static str, need: Option<Need>, endpoint: Endpoint) -> Route {
    Route { method, path, need, endpoint }
}

/// A token with this scope, or any session of an admin.
const fn read(scope: Scope) -> Option<Need> {
    Some(Need { scope: Some(scope), fresh: false })
}

/// A token with this scope, or a session proven again within five minutes.
const fn write(scope: Scope) -> Option<Need> {
    Some(Need { scope: Some(scope), fresh: true })
}

/// A session proven again within five minutes; no token makes tokens.
const SESSION_WRITE: Option<Need> = Some(Need { scope: None, fresh: true });

/// Every route.
pub const ROUTES: [Route; 14] = [
    route("GET", "/openapi.json", None, Endpoint::OpenApi),
    route("GET", "/audit/keys", None, Endpoint::AuditKeys),
    // Which accounts are the caller's own is told to any caller.
    route("GET", "/accounts", Some(Need { scope: None, fresh: false }), Endpoint::Accounts),
    route("GET", "/accounts/{account}/two-factor", read(Scope::TwoFactorRead), Endpoint::PolicyRead),
    route("PUT", "/accounts/{account}/two-factor", write(Scope::TwoFactorWrite), Endpoint::PolicyWrite),
    route("GET", "/accounts/{account}/users", read(Scope::UsersRead), Endpoint::Users),
    route("POST", "/accounts/{account}/users", write(Scope::UsersWrite), Endpoint::Invite),
    route("PATCH", "/accounts/{account}/users/{user}", write(Scope::UsersWrite), Endpoint::ChangeUser),
    route("DELETE", "/accounts/{account}/users/{user}", write(Scope::UsersWrite), Endpoint::RemoveUser),
    route("POST", "/accounts/{account}/users/{user}/two-factor/reset", write(Scope::Reset), Endpoint::Reset),
    route("GET", "/accounts/{account}/audit", read(Scope::AuditRead), Endpoint::Audit),
    route("GET", "/accounts/{account}/tokens", Some(Need { scope: None, fresh: false }), Endpoint::Tokens),
    route("POST", "/accounts/{account}/tokens", SESSION_WRITE, Endpoint::MakeToken),
    route("DELETE", "/accounts/{account}/tokens/{token}", SESSION_WRITE, Endpoint::RevokeToken),
];

/// What stands for the parameters of `pattern` in `path`, if it fits.
fn parameters<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let (mut pattern, mut path) = (pattern.trim_start_matches('/').split('/'), path.split('/'));
    let mut found = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(value)) if name.starts_with('{') && !value.is_empty() => found.push(value),
            (Some(name), Some(value)) if name == value => {}
            _ => return None,
        }
    }
}

/// Answers a request for `path` under `/api/v1/`.
pub(super) async fn answer(cx: &Context<'_>, request: &Request, path: &str) -> Result<Response, Stop> {
    let fitting = || ROUTES.iter().filter_map(|route| Some((route, parameters(route.path, path)?)));
    let method = request.read_as();
    let Some((route, parameters)) = fitting().find(|(route, _)| route.method == method) else {
        let mut allow: Vec<&str> = fitting().map(|(route, _)| route.method).collect();
        if allow.is_empty() {
            return Err(Problem::not_found().into());
        }
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        return Ok(
            Response::problem(&Problem::method_not_allowed(), request.language()).with("allow", allow.join(", "))
        );
    };
    let Some(need) = route.need else {
        if matches!(route.endpoint, Endpoint::AuditKeys) {
            return Ok(Response::json(200, &audit::keys(cx).await?));
        }
        return Ok(Response { body: OPENAPI.to_owned(), ..Response::empty(200) }
            .with("content-type", "application/json; charset=utf-8"));
    };
    let credential = &credential(cx, request)?;
    let mut parameters = parameters.into_iter();
    let (account, other) = (parameters.next().unwrap_or_default(), parameters.next().unwrap_or_default());
    let call = &Call::new(cx, credential, account, need);
    Ok(match route.endpoint {
        Endpoint::OpenApi | Endpoint::AuditKeys | Endpoint::Accounts => {
            Response::json(200, &accounts(cx, credential).await?)
        }
        Endpoint::PolicyRead => {
            let (_, policy) = two_factor::read(call).await?;
            Response::json(200, &TwoFactor::from(policy))
        }
        Endpoint::PolicyWrite => {
            let policy = two_factor::write(call, request.fields()).await?;
            Response::json(200, &TwoFactor::from(policy))
        }
        Endpoint::Reset => {
            let reset = two_factor::reset(call, other, request.no_fields()).await?;
            Response::json(200, &ResetDone::from(reset))
        }
        Endpoint::Users => {
            let list = members::List::parse(request.query_fields()?)?;
            let (_, users, next) = members::list(call, &list).await?;
            let next_cursor = next.as_deref().map(cursor);
            Response::json(200, &Users { users: users.into_iter().map(User::from).collect(), next_cursor })
        }
        Endpoint::Invite => Response::json(201, &members::invite(call, request.fields()).await?),
        Endpoint::ChangeUser => {
            let fields = request.fields();
            let (member, _) = members::change(call, other, fields).await?;
            Response::json(200, &User::from(member))
        }
        Endpoint::RemoveUser => {
            members::remove(call, other, request.no_fields()).await?;
            Response::empty(204)
        }
        Endpoint::Audit => {
            let list = audit::List::parse(request.query_fields()?)?;
            let (_, entries, next) = audit::list(call, &list).await?;
            let next_cursor = next.map(|at| cursor(&at.to_string()));
            Response::json(200, &Audit { entries: entries.into_iter().map(Into::into).collect(), next_cursor })
        }
        Endpoint::Tokens => {
            let (_, entries) = tokens::list(call).await?;
            Response::json(200, &Tokens { tokens: entries.into_iter().map(Token::from).collect(), next_cursor: None })
        }
        Endpoint::MakeToken => Response::json(201, &tokens::make(call, request.fields()).await?),
        Endpoint::RevokeToken => {
            tokens::revoke(call, other, request.no_fields()).await?;
            Response::empty(204)
        }
    })
}

/// The accounts that the caller administers.
async fn accounts(cx: &Context<'_>, credential: &Credential) -> Result<Accounts, Stop> {
    let caller = store::caller(cx, credential).await?;
    let caller = Caller::admitted(caller, matches!(credential, Credential::Token(_)))?;
    Ok(Accounts { accounts: caller.administered().map(Account::from).collect(), next_cursor: None })
}
