//! The routes of the admin API, and their JSON face.

use super::{
    Call,
    api::{
        Account, Accounts, Audit, AuditEntry, ResetDone, ServiceToken, ServiceTokens, Token, Tokens, TwoFactor, User,
        Users,
    },
    audit, credential, cursor, members, preview, table, tokens, two_factor,
};
use crate::{
    context::Context,
    people::{
        Permission,
        caller::{Caller, Need},
    },
    ports::Fault,
    store::{self, Credential},
    texts::Language,
    web::{
        Problem, Request, Response, Stop,
        router::{Fit, Route, fitting, route},
    },
};

/// The OpenAPI 3.1 document of these routes: made from the code by a test, which also fails when it is not up to date. A Worker
/// has it beside its Wasm, which is compiled at each start.
#[cfg(not(target_arch = "wasm32"))]
pub const OPENAPI: &str = include_str!("openapi.json");

#[cfg(not(target_arch = "wasm32"))]
fn openapi() -> Option<String> {
    Some(OPENAPI.to_owned())
}

#[cfg(target_arch = "wasm32")]
fn openapi() -> Option<String> {
    crate::texts::beside("openapi")
}

/// Who may, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// Who may.
    pub who: Who,
    pub(super) endpoint: Endpoint,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// Anyone.
    Anyone,
    /// Every session of an admin, and every token: what is told is their own.
    EveryCaller,
    /// Callers of whom this holds, in the account of the path.
    May(Need),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    OpenApi,
    Accounts,
    PolicyRead,
    PolicyWrite,
    Preview,
    Users,
    UsersTable,
    Invite,
    ChangeUser,
    RemoveUser,
    Reset,
    Exempt,
    EndExemption,
    RestorePassword,
    Audit,
    AuditKeys,
    Tokens,
    MakeToken,
    RevokeToken,
    ServiceTokens,
    MakeServiceToken,
    RevokeServiceToken,
}

const fn api(method: &'static str, path: &'static str, who: Who, endpoint: Endpoint) -> Route<Api> {
    route(method, path, Api { who, endpoint })
}

/// A token with the scope of this, or any session of whoever may.
const fn read(permission: Permission) -> Who {
    Who::May(Need { permission, fresh: false })
}

/// The same, but a session must have been proven again within five minutes.
const fn write(permission: Permission) -> Who {
    Who::May(Need { permission, fresh: true })
}

/// Every route, by its path under `/api/v1`.
pub const ROUTES: [Route<Api>; 22] = [
    api("GET", "/openapi.json", Who::Anyone, Endpoint::OpenApi),
    api("GET", "/audit/keys", Who::Anyone, Endpoint::AuditKeys),
    api("GET", "/accounts", Who::EveryCaller, Endpoint::Accounts),
    api("GET", "/accounts/{account}/two-factor", read(Permission::ReadPolicy), Endpoint::PolicyRead),
    api("PUT", "/accounts/{account}/two-factor", write(Permission::WritePolicy), Endpoint::PolicyWrite),
    api("GET", "/accounts/{account}/two-factor/preview", read(Permission::ReadUsers), Endpoint::Preview),
    api("GET", "/accounts/{account}/users", read(Permission::ReadUsers), Endpoint::Users),
    api("GET", "/accounts/{account}/users.csv", read(Permission::ReadUsers), Endpoint::UsersTable),
    api("POST", "/accounts/{account}/users", write(Permission::WriteUsers), Endpoint::Invite),
    api("PATCH", "/accounts/{account}/users/{user}", write(Permission::WriteUsers), Endpoint::ChangeUser),
    api("DELETE", "/accounts/{account}/users/{user}", write(Permission::WriteUsers), Endpoint::RemoveUser).bare(),
    api("POST", "/accounts/{account}/users/{user}/two-factor/reset", write(Permission::Reset), Endpoint::Reset).bare(),
    api("PUT", "/accounts/{account}/users/{user}/two-factor/exemption", write(Permission::Reset), Endpoint::Exempt),
    api(
        "DELETE",
        "/accounts/{account}/users/{user}/two-factor/exemption",
        write(Permission::Reset),
        Endpoint::EndExemption,
    )
    .bare(),
    api(
        "POST",
        "/accounts/{account}/users/{user}/password/restore",
        write(Permission::Reset),
        Endpoint::RestorePassword,
    )
    .bare(),
    api("GET", "/accounts/{account}/audit", read(Permission::ReadAudit), Endpoint::Audit),
    api("GET", "/accounts/{account}/tokens", read(Permission::Tokens), Endpoint::Tokens),
    api("POST", "/accounts/{account}/tokens", write(Permission::Tokens), Endpoint::MakeToken),
    api("DELETE", "/accounts/{account}/tokens/{token}", write(Permission::Tokens), Endpoint::RevokeToken).bare(),
    api("GET", "/accounts/{account}/service-tokens", read(Permission::Tokens), Endpoint::ServiceTokens),
    api("POST", "/accounts/{account}/service-tokens", write(Permission::Tokens), Endpoint::MakeServiceToken),
    api(
        "DELETE",
        "/accounts/{account}/service-tokens/{token}",
        write(Permission::Tokens),
        Endpoint::RevokeServiceToken,
    )
    .bare(),
];

/// Answers a request for `path`, which is that under `/api/v1`.
pub(super) async fn answer(cx: &Context<'_>, request: &Request, path: &str) -> Result<Response, Stop> {
    let found = match fitting(&ROUTES, path, request.read_as()) {
        Fit::Route(found) => found,
        Fit::Methods(allow) => {
            return Ok(Response::problem(&Problem::method_not_allowed(), request.language()).with("allow", allow));
        }
        Fit::Nothing => return Err(Problem::not_found().into()),
    };
    let Api { who, endpoint } = found.route.endpoint;
    let Who::May(need) = who else { return about_no_account(cx, request, endpoint).await };
    let credential = &credential(cx, request)?;
    let (account, other) = (found.parameter(0), found.parameter(1));
    // Whether a body came is asked only once the caller is known.
    let bare = found.route.check_bare(request);
    let call = &Call::new(cx, credential, account, need);
    Ok(match endpoint {
        Endpoint::OpenApi | Endpoint::AuditKeys | Endpoint::Accounts => about_no_account(cx, request, endpoint).await?,
        Endpoint::PolicyRead => {
            let (_, policy) = two_factor::read(call).await?;
            Response::json(200, &TwoFactor::from(policy))
        }
        Endpoint::PolicyWrite => {
            let policy = two_factor::write(call, request.fields()).await?;
            Response::json(200, &TwoFactor::from(policy))
        }
        Endpoint::Preview => {
            let query = request.query_fields()?;
            // A path and a query of ours: nothing in it ends the address.
            match request.header("accept").is_some_and(|accept| accept.starts_with("text/csv")) {
                true => {
                    preview::as_table(call, query, |next| table::path_of_next(&request.path, &request.query, next))
                        .await?
                }
                false => Response::json(200, &preview::read(call, query, None).await?.1),
            }
        }
        Endpoint::Reset => {
            let reset = two_factor::reset(call, other, bare).await?;
            Response::json(200, &ResetDone::from(reset))
        }
        Endpoint::Exempt => Response::json(200, &User::from(two_factor::exempt(call, other, request.fields()).await?)),
        Endpoint::EndExemption => {
            two_factor::end_exemption(call, other, bare).await?;
            Response::empty(204)
        }
        Endpoint::RestorePassword => {
            members::restore_password(call, other, bare).await?;
            Response::empty(204)
        }
        Endpoint::Users => {
            let list = members::List::parse(request.query_fields()?)?;
            let (_, users, next) = members::list(call, &list).await?;
            let next_cursor = next.as_deref().map(cursor);
            Response::json(200, &Users { users: users.into_iter().map(User::from).collect(), next_cursor })
        }
        Endpoint::UsersTable => {
            let list = members::List::parse(request.query_fields()?)?;
            members::as_table(call, list, |next| table::path_of_next(&request.path, &request.query, next)).await?
        }
        Endpoint::Invite => Response::json(201, &members::invite(call, request.fields()).await?),
        Endpoint::ChangeUser => {
            let fields = request.fields();
            let (member, _) = members::change(call, other, fields).await?;
            Response::json(200, &User::from(member))
        }
        Endpoint::RemoveUser => {
            members::remove(call, other, bare.map(|()| None)).await?;
            Response::empty(204)
        }
        Endpoint::Audit => {
            let list = audit::List::parse(request.query_fields()?)?;
            let (_, entries, next) = audit::list(call, &list).await?;
            let next_cursor = next.map(|at| cursor(&at.to_string()));
            let t = Language::En.admin_texts();
            let entries = entries.into_iter().map(|entry| AuditEntry::new(entry, t)).collect();
            Response::json(200, &Audit { entries, next_cursor })
        }
        Endpoint::Tokens => {
            let (_, entries) = tokens::list(call).await?;
            Response::json(200, &Tokens { tokens: entries.into_iter().map(Token::from).collect(), next_cursor: None })
        }
        Endpoint::MakeToken => Response::json(201, &tokens::make(call, request.fields()).await?),
        Endpoint::RevokeToken => {
            tokens::revoke(call, other, bare).await?;
            Response::empty(204)
        }
        Endpoint::ServiceTokens => {
            let (_, entries) = tokens::list_service(call).await?;
            let service_tokens = entries.into_iter().map(ServiceToken::from).collect();
            Response::json(200, &ServiceTokens { service_tokens, next_cursor: None })
        }
        Endpoint::MakeServiceToken => Response::json(201, &tokens::make_service(call, request.fields()).await?),
        Endpoint::RevokeServiceToken => {
            tokens::revoke_service(call, other, bare).await?;
            Response::empty(204)
        }
    })
}

/// What is about no account, or about all of the caller's.
async fn about_no_account(cx: &Context<'_>, request: &Request, endpoint: Endpoint) -> Result<Response, Stop> {
    Ok(match endpoint {
        Endpoint::Accounts => Response::json(200, &accounts(cx, &credential(cx, request)?).await?),
        Endpoint::AuditKeys => Response::json(200, &audit::keys(cx).await?),
        _ => Response { body: openapi().ok_or_else(|| Fault::new("no OpenAPI document"))?, ..Response::empty(200) }
            .with("content-type", "application/json; charset=utf-8"),
    })
}

/// The accounts that the caller administers.
async fn accounts(cx: &Context<'_>, credential: &Credential) -> Result<Accounts, Stop> {
    let caller = store::caller(cx, credential).await?;
    let caller = Caller::admitted(caller, matches!(credential, Credential::Token(_)))?;
    Ok(Accounts { accounts: caller.administered().map(Account::from).collect(), next_cursor: None })
}
