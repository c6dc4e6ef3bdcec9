//! The routes of the admin API, and their JSON face.

use super::{
    Call,
    api::{Account, Accounts, Audit, ResetDone, Token, Tokens, TwoFactor, User, Users},
    audit, credential, cursor, members, tokens, two_factor,
};
use crate::{
    context::Context,
    people::caller::{Caller, Need, Scope},
    store::{self, Credential},
    web::{
        Problem, Request, Response, Stop,
        router::{Fit, Route, Takes, fitting, route},
    },
};

/// The OpenAPI 3.1 document of these routes: made from the code by a test, which also fails when it is not up to date.
pub const OPENAPI: &str = include_str!("openapi.json");

/// What a route asks of its caller, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Api {
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

const fn api(
    method: &'static str,
    path: &'static str,
    takes: Takes,
    need: Option<Need>,
    endpoint: Endpoint,
) -> Route<Api> {
    route(method, path, takes, Api { need, endpoint })
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

/// Every route, by its path under `/api/v1`.
pub const ROUTES: [Route<Api>; 14] = [
    api("GET", "/openapi.json", Takes::Query, None, Endpoint::OpenApi),
    api("GET", "/audit/keys", Takes::Query, None, Endpoint::AuditKeys),
    // Which accounts are the caller's own is told to any caller.
    api("GET", "/accounts", Takes::Query, Some(Need { scope: None, fresh: false }), Endpoint::Accounts),
    api("GET", "/accounts/{account}/two-factor", Takes::Query, read(Scope::TwoFactorRead), Endpoint::PolicyRead),
    api("PUT", "/accounts/{account}/two-factor", Takes::Fields, write(Scope::TwoFactorWrite), Endpoint::PolicyWrite),
    api("GET", "/accounts/{account}/users", Takes::Query, read(Scope::UsersRead), Endpoint::Users),
    api("POST", "/accounts/{account}/users", Takes::Fields, write(Scope::UsersWrite), Endpoint::Invite),
    api("PATCH", "/accounts/{account}/users/{user}", Takes::Fields, write(Scope::UsersWrite), Endpoint::ChangeUser),
    api("DELETE", "/accounts/{account}/users/{user}", Takes::Nothing, write(Scope::UsersWrite), Endpoint::RemoveUser),
    api(
        "POST",
        "/accounts/{account}/users/{user}/two-factor/reset",
        Takes::Nothing,
        write(Scope::Reset),
        Endpoint::Reset,
    ),
    api("GET", "/accounts/{account}/audit", Takes::Query, read(Scope::AuditRead), Endpoint::Audit),
    api("GET", "/accounts/{account}/tokens", Takes::Query, Some(Need { scope: None, fresh: false }), Endpoint::Tokens),
    api("POST", "/accounts/{account}/tokens", Takes::Fields, SESSION_WRITE, Endpoint::MakeToken),
    api("DELETE", "/accounts/{account}/tokens/{token}", Takes::Nothing, SESSION_WRITE, Endpoint::RevokeToken),
];

/// Answers a request for `path`, which is that under `/api/v1`.
pub(super) async fn answer(cx: &Context<'_>, request: &Request, path: &str) -> Result<Response, Stop> {
    let (route, parameters) = match fitting(&ROUTES, path, request.read_as()) {
        Fit::Route(route, parameters) => (route, parameters),
        Fit::Methods(allow) => {
            return Ok(Response::problem(&Problem::method_not_allowed(), request.language()).with("allow", allow));
        }
        Fit::Nothing => return Err(Problem::not_found().into()),
    };
    let Api { need, endpoint } = route.endpoint;
    let Some(need) = need else {
        if matches!(endpoint, Endpoint::AuditKeys) {
            return Ok(Response::json(200, &audit::keys(cx).await?));
        }
        return Ok(Response { body: OPENAPI.to_owned(), ..Response::empty(200) }
            .with("content-type", "application/json; charset=utf-8"));
    };
    let credential = &credential(cx, request)?;
    let mut parameters = parameters.into_iter();
    let (account, other) = (parameters.next().unwrap_or_default(), parameters.next().unwrap_or_default());
    let call = &Call::new(cx, credential, account, need);
    Ok(match endpoint {
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
