//! Other proxies. One that stands in front of Airlock relays requests, and says whose they are. One that stands in front of the app
//! asks for each request whether it may pass (forward-auth): nginx's `auth_request`, Caddy's `forward_auth`, Traefik's
//! `ForwardAuth`, Envoy's `ext_authz`. For each there is a header in which it shows a key, or it counts as any other client: what
//! is relayed came from a client, which must not ask in the proxy's name.

use std::net::IpAddr;

use super::{
    Gate, admit_trusting, for_service_worker,
    programs::{HEADER as SERVICE_TOKEN, shows_token},
    whole,
};
use crate::{
    context::Context,
    flows::Prefix,
    texts::Message,
    web::{self, Body, Outcome, Problem, Request, Response, Stop, as_read},
};

/// Where they ask, within the prefix.
pub const CHECK: &str = "/check";

/// The headers that the key comes in, a line's value in the file of keys, `id:base64`: of a proxy that asks, and of one that
/// relays.
const ASKS: &str = "airlock-proxy-key";
const RELAYS: &str = "airlock-relay-key";

/// In which a proxy says what the original request asks for: its method, its path and query.
const METHOD: &str = "x-forwarded-method";
const TARGET: &str = "x-forwarded-uri";

/// What a proxy puts in place of what the client sent, and nothing where this is empty; so it does with the headers that the
/// operator named.
const SET: [&str; 3] = ["airlock-assertion", "authorization", "cookie"];

/// The app's cookies, where it has none.
const NO_COOKIE: &str = "airlock=none";

/// What comes with a question beside that, under names of Airlock's own.
const SHOWN: [&str; 3] = [ASKS, RELAYS, SERVICE_TOKEN];

impl Gate {
    /// Takes from a proxy what it says of a request, if it shows the key: the client's address, and what it asks about.
    ///
    /// # Errors
    /// 403: it shows another key, and all of its users would count as one; or it shows that by which it asks with what it relays.
    pub fn arrive(&self, prefix: &Prefix, request: &mut Request) -> Result<(), Problem> {
        if request.header(ASKS).or(request.header(RELAYS)).is_none() {
            return Ok(());
        }
        let behind = prefix.within(&request.path).and_then(|path| path.strip_prefix(CHECK));
        let asks = behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('/'));
        let sound = |name: &str, here: bool| request.header(name).is_none() || here && self.shows(request, name);
        let both = request.header(ASKS).and(request.header(RELAYS)).is_some();
        if both || !sound(ASKS, asks) || !sound(RELAYS, true) {
            return Err(Problem::new(403, "invalid_proxy_key", Message::ProxyKey));
        }
        // The last is the proxy's own; what stands before it, a client may have sent.
        let client = request.header("x-forwarded-for").and_then(|all| all.rsplit(',').next());
        if let Some(ip) = client.and_then(|ip| ip.trim().parse::<IpAddr>().ok()) {
            request.client = web::Client { ip: ip.to_string(), country: String::new() };
        }
        // Envoy asks by the method of the original request, whose path stands behind ours. A client may have sent the headers by
        // which others say the same.
        if let Some(path) = behind.filter(|path| path.starts_with('/') && request.header(ASKS).is_some()) {
            let separator = if request.query.is_empty() { "" } else { "?" };
            let said = [(METHOD, request.method.clone()), (TARGET, format!("{path}{separator}{}", request.query))];
            request.headers.retain(|(name, _)| name != METHOD && name != TARGET);
            request.headers.extend(said.map(|(name, value)| (name.to_owned(), value)));
            request.query = String::new();
            (request.method, request.path, request.body) = ("GET".to_owned(), prefix.path(CHECK), Body::default());
        }
        Ok(())
    }

    fn shows(&self, request: &Request, name: &str) -> bool {
        request.header(name).is_some_and(|shown| self.proxy_keys.all().any(|key| key.is_shown(shown)))
    }
}

/// The request that a proxy asks about.
fn original(request: &Request) -> Result<Request, Problem> {
    let target = request.header(TARGET).filter(|target| target.starts_with('/'));
    let target = target.ok_or_else(|| Problem::invalid(Message::ProxyTarget))?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(asking(request, request.header(METHOD).unwrap_or(&request.method), path, query))
}

/// The same client's request for something else.
fn asking(request: &Request, method: &str, path: &str, query: &str) -> Request {
    let [method, path, query] = [method, path, query].map(str::to_owned);
    let (headers, client, id) = (request.headers.clone(), request.client.clone(), request.id.clone());
    Request { method, path, query, headers, client, id, ..Request::default() }
}

/// `GET /auth/check`: 200 if the request that a proxy asks about may pass, with the headers to set before the app gets it. Without
/// the key nothing is known of that request: whoever is signed in passes, nobody else does, and no header is told, since any
/// script can ask.
pub async fn check(cx: &Context<'_>, gate: &Gate, request: &Request) -> Response {
    if request.read_as() != "GET" {
        return web::respond_to_proxy(cx, request, Ok(Outcome::MethodNotAllowed("GET, HEAD".to_owned())));
    }
    let keyed = gate.shows(request, ASKS);
    let asked = match keyed {
        true => original(request),
        // Where a login then leads back to.
        false => Ok(asking(request, &request.method, "/", "")),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return web::respond_to_proxy(cx, request, Err(problem.into())),
    };
    match passes(cx, gate, &asked, keyed).await {
        Ok(set) => set
            .into_iter()
            .fold(Response::empty(200).secured(cx.config, None), |response, (name, value)| response.with(name, value)),
        Err(stop) if request.query_field("redirect").as_deref() == Some("1") => web::respond(cx, &asked, Err(stop)),
        Err(stop) => web::respond_to_proxy(cx, &asked, Err(stop)),
    }
}

/// The headers to set, each in place of the client's, if a request may pass.
async fn passes(cx: &Context<'_>, gate: &Gate, asked: &Request, keyed: bool) -> Result<Vec<(String, String)>, Stop> {
    if !keyed {
        if shows_token(asked) {
            return Err(Problem::forbidden(Message::NotForService).into());
        }
        return whole(cx, asked).await.map(|_| Vec::new());
    }
    // Another script cannot be put in its place from here.
    if !gate.service_workers && for_service_worker(asked) {
        return Err(Problem::forbidden(Message::NoServiceWorker).into());
    }
    // Not every proxy takes out what the client sent under these names, nor under others that apps read as the same.
    let forged = |name: &str| {
        let read = as_read(name);
        gate.identity.has(&read) || read.starts_with("airlock-") && !SHOWN.contains(&name)
    };
    if asked.headers.iter().any(|(name, _)| forged(name)) {
        return Err(Problem::invalid(Message::ForgedHeader).into());
    }
    let forward = admit_trusting(cx, gate, asked, 0).await?;
    let headers = forward.changes.applied(&asked.headers);
    let value = |name: &str| {
        let lines = headers.iter().filter(|(n, _)| n == name).map(|(_, line)| line.as_str());
        lines.collect::<Vec<_>>().join("; ")
    };
    let set = SET.into_iter().chain(gate.identity.names());
    Ok(set
        .map(|name| {
            let said = match value(name) {
                // Some proxies leave the client's where the answer has none, and these are Airlock's own.
                none if none.is_empty() && name == "cookie" && asked.header(name).is_some() => NO_COOKIE.to_owned(),
                said => said,
            };
            (name.to_owned(), said)
        })
        .collect())
}
