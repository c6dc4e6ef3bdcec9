//! The admin Worker: require two-factor login of an account, see who has it, reset a lost key, keep its members.
//!
//! One way through: [`handle`] finds the route → a use case (`two_factor`, `members`, `audit`, `tokens`) reads the caller
//! with what it needs in one round trip, decides, and changes rows in a second one → JSON under `/api/v1`, pages
//! elsewhere. Both faces call the same use cases. Signing in is `flows`, as at the edge.

pub mod api;
mod audit;
mod browse;
mod members;
#[cfg(feature = "openapi")]
pub mod openapi;
mod preview;
mod routes;
mod table;
mod tokens;
mod two_factor;

use std::{cell::OnceCell, future::Future};

use base64ct::{Base64UrlUnpadded, Encoding};

pub use api::AuditKeys;
pub use audit::{EXPORT_ROWS, keys as audit_keys};
pub use browse::PAGES;
#[cfg(not(target_arch = "wasm32"))]
pub use routes::OPENAPI;
pub use routes::ROUTES;
pub use tokens::{DEFAULT_MS as TOKEN_DEFAULT_MS, LONGEST_MS as TOKEN_LONGEST_MS};

use crate::{
    context::{self, Context},
    event::{Action, Detail, Event},
    flows::{self, Prefix, Shown, What},
    people::{
        Role,
        caller::{Caller, Need, Refusal},
    },
    ports::Fault,
    secret::Token,
    store::{self, API_TOKEN, Act, Credential, Member},
    texts::Message,
    web::{self, Outcome, Problem, Request, Response, Stop},
};

/// What an API token begins with, for people and for those who scan for leaked secrets.
const TOKEN_PREFIX: &str = "airlock_";

/// What the paths of the API begin with.
const API: &str = "/api/v1";

/// Most entries on one page of a list.
pub const PAGE_MAX: i64 = 50;

/// What ended a use case, for the log.
fn code(stop: &Stop) -> &'static str {
    match stop {
        Stop::Problem(problem) => problem.code,
        Stop::Refused(refusal) => refused(*refusal).code,
        Stop::Fault(_) | Stop::Outcome(_) => Problem::unavailable().code,
    }
}

/// Whether paths of the admin Worker's own begin with the same segment.
pub fn has(prefix: &Prefix) -> bool {
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let own = PAGES.iter().map(|page| page.path).chain([API]);
    own.map(first).any(|own| own == first(&prefix.path("")))
}

/// Answers a request.
pub async fn handle(cx: &Context<'_>, request: &Request) -> Response {
    answer(&cx.of(request), request).await.to(request)
}

async fn answer(cx: &Context<'_>, request: &Request) -> Response {
    // No name but the configured one leads here, or the admin pages would be reachable around whatever guards that name.
    if context::host(&cx.config.origin) != Some(request.host.as_str()) {
        return web::respond(cx, request, Ok(Problem::not_found().into()));
    }
    if let Some(path) = cx.config.prefix.within(&request.path) {
        return match flows::answer(cx, request, path, nothing_else()).await {
            // A form that has waited for its sender to prove who they are.
            Ok(Outcome::Afterwards(moved, waiting)) => {
                let (cx, proof, request) = (&cx.after(&waiting), request, &waiting.request);
                let response = match cx.config.prefix.within(&request.path) {
                    Some(path) => {
                        let outcome = flows::answer(cx, request, path, nothing_else()).await;
                        web::respond(cx, request, flows::settled(cx, proof, outcome).await)
                    }
                    None => page(cx, request).await,
                };
                web::moved_first(cx, &moved, response)
            }
            outcome => web::respond(cx, request, outcome),
        };
    }
    if let Some(path) = request.path.strip_prefix(API) {
        return match routes::answer(cx, request, path).await {
            Ok(response) => response.secured(cx.config, None),
            Err(stop) => problem(cx, request, stop).secured(cx.config, None),
        };
    }
    page(cx, request).await
}

/// The paths within the prefix are those that both Workers have.
async fn nothing_else() -> Result<Outcome, Stop> {
    Err(Problem::not_found().into())
}

/// Answers a request for a page.
async fn page(cx: &Context<'_>, request: &Request) -> Response {
    let outcome = match browse::answer(cx, request).await {
        Ok(response) => return response,
        Err(Stop::Refused(Refusal::Reauthenticate)) => {
            let back = browse::back(request);
            match flows::proof_first(cx, request, &back, browse::about(request)).await {
                Ok(page) => Ok(page.unwrap_or(Outcome::ReauthRequired(back))),
                Err(stop) => Err(stop),
            }
        }
        Err(stop) => Err(stop),
    };
    web::respond(cx, request, outcome)
}

/// What the client says it is. A request that could change something by a cookie must come from a page of this site.
fn credential(cx: &Context<'_>, request: &Request) -> Result<Credential, Stop> {
    if request.path.starts_with("/api/")
        && let Some(authorization) = request.header("authorization")
    {
        // A cookie that comes along counts for nothing.
        let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token =
            token.and_then(|(_, token)| token.trim().strip_prefix(TOKEN_PREFIX)).ok_or(Refusal::InvalidToken)?;
        return Ok(Credential::Token(Token::claimed(token).hash(API_TOKEN)));
    }
    let session = flows::token_hash(cx, request).ok_or(Refusal::Stage(None))?;
    match request.foreign(&cx.config.origin) {
        Some(problem) => Err(problem.into()),
        None => Ok(Credential::Session(session)),
    }
}

/// A request about one account, and who makes it: what every use case begins with.
struct Call<'a> {
    cx: &'a Context<'a>,
    credential: &'a Credential,
    account_id: &'a str,
    need: Need,
    /// The caller's user id, once read.
    actor: OnceCell<String>,
    /// User id of the member it concerns, once found.
    target: OnceCell<String>,
    /// Id of the session by which it is made, once read.
    session: OnceCell<String>,
}

impl<'a> Call<'a> {
    fn new(cx: &'a Context<'a>, credential: &'a Credential, account_id: &'a str, need: Need) -> Self {
        let (actor, target, session) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { cx, credential, account_id, need, actor, target, session }
    }

    /// The caller that was read, if admitted to do this in this account.
    fn admit(&self, caller: Option<Caller>) -> Result<Caller, Stop> {
        if let Some(caller) = &caller {
            self.actor.get_or_init(|| caller.person().id.clone());
        }
        if let Some(Caller::Session(session)) = &caller {
            self.session.get_or_init(|| session.id.clone());
        }
        let caller = Caller::admitted(caller, matches!(self.credential, Credential::Token(_)))?;
        caller.authorize(self.account_id, self.need, self.cx.now)?;
        Ok(caller)
    }

    /// The same, read for nothing else.
    async fn caller(&self) -> Result<Caller, Stop> {
        self.admit(store::caller(self.cx, self.credential).await?)
    }

    /// The member it concerns.
    fn concerns(&self, member: &Member) {
        self.target.get_or_init(|| member.id.clone());
    }

    /// What the caller is in this account.
    fn role(&self, caller: &Caller) -> Result<Role, Stop> {
        Ok(caller.authorize(self.account_id, self.need, self.cx.now)?.role)
    }

    /// What the caller does, for the audit.
    fn act(&self, caller: &'a Caller, action: Action, detail: Detail) -> Result<Act<'a>, Fault> {
        Act::new(self.cx, (caller, self.credential), self.account_id, action, detail)
    }

    /// The same of which something is shown once: in a session it is kept for the page that shows it.
    fn act_shown(
        &self,
        caller: &'a Caller,
        (action, detail): (Action, Detail),
        what: What,
        values: Vec<String>,
    ) -> Result<Act<'a>, Fault> {
        let (of, by) = (self.account_id.to_owned(), flows::made_by(self.cx).to_owned());
        let shown = Shown { what, of, by, at: self.cx.now.0, values };
        let mut act = self.act(caller, action, detail)?;
        act.shown = self.session.get().map(|id| flows::show(self.cx, id, &shown)).transpose()?;
        Ok(act)
    }

    /// Makes a change, and logs what became of it: who asked for it and what stood in the way, if anything did.
    async fn change<T>(&self, action: Action, change: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        let done = change.await;
        let result = done.as_ref().map_or_else(code, |_| "ok");
        let [actor, target] = [&self.actor, &self.target].map(|id| id.get().map(String::as_str));
        self.cx.tell(&Event { action, result, actor, target });
        done
    }
}

/// What came in between: another admin changed what the decision was made on.
fn conflict() -> Stop {
    Problem::new(409, "conflict", Message::Conflict).into()
}

/// Where a list goes on, as clients hold it.
fn cursor(at: &str) -> String {
    Base64UrlUnpadded::encode_string(at.as_bytes())
}

/// What [`cursor`] made.
fn parse_cursor(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = Base64UrlUnpadded::decode_vec(cursor).ok();
    let at = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|at| !at.is_empty() && !at.contains('\0'));
    at.map(Some).ok_or_else(|| Problem::invalid(Message::Cursor))
}

/// How many entries are wanted on a page.
fn parse_limit(limit: Option<i64>) -> Result<i64, Problem> {
    let limit = limit.unwrap_or(PAGE_MAX);
    (1..=PAGE_MAX).contains(&limit).then_some(limit).ok_or_else(|| Problem::invalid(Message::Limit))
}

/// What an API client gets instead.
fn problem(cx: &Context<'_>, request: &Request, stop: Stop) -> Response {
    let language = request.language();
    match stop {
        Stop::Problem(problem) => Response::problem(&problem, language),
        Stop::Outcome(outcome) => web::respond(cx, request, Ok(*outcome)),
        Stop::Fault(fault) => {
            cx.log_fault(&fault);
            Response::problem(&Problem::unavailable(), language)
        }
        Stop::Refused(refusal) => {
            let response = Response::problem(&refused(refusal), language);
            if refusal == Refusal::InvalidToken { response.with("www-authenticate", "Bearer") } else { response }
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Stage(step) => web::elsewhere(step),
        Refusal::Reauthenticate => web::reauth_required(),
        Refusal::NotFound => Problem::not_found(),
        Refusal::Scope => Problem::forbidden(Message::TokenScope),
        Refusal::InvalidToken => Problem::new(401, "invalid_token", Message::InvalidToken),
    }
}
