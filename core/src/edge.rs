//! The edge Worker: signing in under `/auth/`, or another [`Prefix`](flows::Prefix); every other path belongs to the protected app, behind the [`gate`].

use serde::Serialize;

use crate::{
    context::Context,
    flows::{
        self, Waiting,
        gate::{self, Forward, Gate, NoAnswer},
    },
    ports::{DAY_MS, Fault, Now},
    texts::Message,
    web::{self, Moved, Outcome, Problem, Request, Response, Stop},
};

/// Where the public keys are, within the prefix.
const JWKS: &str = "/jwks.json";

/// How long others may keep the public keys. A new key is published for longer than that before it signs.
const JWKS_CACHED: &str = "public, max-age=600";

/// Where RFC 9116 has it.
const SECURITY_TXT: &str = "/.well-known/security.txt";

/// For how long a copy of it may be believed, in milliseconds: 30 days.
pub const SECURITY_TXT_MS: i64 = 30 * DAY_MS;

/// In place of every service worker of an app that may have none: it takes the place of one that a browser has from before,
/// answers nothing, and goes. A refusal would leave that one where it is.
const NO_SERVICE_WORKER: &str = "addEventListener(\"install\", () => skipWaiting());\n\
    addEventListener(\"activate\", (event) => event.waitUntil(registration.unregister()));\n";

/// What becomes of a request.
pub enum Answer {
    /// It is answered here.
    Ours(Response),
    /// The app answers.
    Apps(Forward),
    /// It lacks something, and brings a form that is not to be lost: read as much as [`FORM_MAX_BYTES`](web::FORM_MAX_BYTES) of
    /// it within [`FORM_MAX_S`](web::FORM_MAX_S), unless too many are under way, and answer with [`form_held`].
    HoldsForm(Stop),
}

/// Answers a request, or lets it through to the app.
pub async fn handle(cx: &Context<'_>, gate: &Gate, request: &mut Request) -> Answer {
    let arrived = gate.arrive(&cx.config.prefix, request);
    let request = &*request;
    let cx = &cx.of(request);
    if let Err(problem) = arrived {
        return Answer::Ours(web::respond(cx, request, Err(problem.into())));
    }
    if let Some(answer) = well_known(cx, gate, request) {
        return Answer::Ours(answer);
    }
    let outcome = match cx.config.prefix.within(&request.path) {
        Some(gate::CHECK) => return Answer::Ours(gate::check(cx, gate, request).await),
        _ if !gate.service_workers && gate::for_service_worker(request) => {
            let script = Response { body: NO_SERVICE_WORKER.to_owned(), ..Response::empty(200) };
            return Answer::Ours(published(cx, request, script.with("content-type", "text/javascript; charset=utf-8")));
        }
        Some(JWKS) => return Answer::Ours(jwks(cx, gate, request)),
        Some(path) => match flows::answer(cx, request, path, flows::answer_at_the_edge(cx, request, path)).await {
            Ok(Outcome::Afterwards(moved, waiting)) => {
                return Answer::Ours(afterwards(cx, request, &moved, &waiting).await);
            }
            outcome => outcome,
        },
        None => match gate::admit(cx, gate, request).await {
            Ok(forward) => return Answer::Apps(forward),
            // Apart from its network's logins: any page that someone there has open may send forms.
            Err(stop) if gate.holds_form(request) => match cx.brake.admit(&format!("form {}", cx.peer.network())).await
            {
                Ok(true) => return Answer::HoldsForm(stop),
                Ok(false) => Err(stop),
                Err(fault) => Err(fault.into()),
            },
            Err(stop) => return Answer::Ours(refused(cx, request, stop).await),
        },
    };
    Answer::Ours(web::respond(cx, request, outcome))
}

/// The answer to a form that has waited for its sender to prove who they are.
async fn afterwards(cx: &Context<'_>, proof: &Request, moved: &Moved, waiting: &Waiting) -> Response {
    let (cx, request) = (&cx.after(waiting), &waiting.request);
    let path = cx.config.prefix.within(&request.path).unwrap_or_default();
    let outcome = flows::answer(cx, request, path, flows::answer_at_the_edge(cx, request, path)).await;
    let outcome = flows::settled(cx, proof, outcome).await;
    web::moved_first(cx, moved, web::respond(cx, request, outcome))
}

/// The answer at a well-known path (RFC 8615), unless the operator leaves those to the app.
fn well_known(cx: &Context<'_>, gate: &Gate, request: &Request) -> Option<Response> {
    match request.path.as_str() {
        _ if !gate.well_known => None,
        "/.well-known/jwks.json" => Some(jwks(cx, gate, request)),
        // Where password managers send people (W3C, A Well-Known URL for Changing Passwords).
        "/.well-known/change-password" => {
            Some(Response::see_other(&cx.config.prefix.path("/password")).secured(cx.config, None))
        }
        // Without a contact this is the app's, as any other path.
        SECURITY_TXT if !gate.security_contacts.is_empty() => Some(published(cx, request, security_txt(cx, gate))),
        _ => None,
    }
}

/// The public keys of the assertions.
fn jwks(cx: &Context<'_>, gate: &Gate, request: &Request) -> Response {
    published(cx, request, Response::json(200, gate.jwks()).with("cache-control", JWKS_CACHED))
}

/// What a request for the app lacks.
async fn refused(cx: &Context<'_>, request: &Request, stop: Stop) -> Response {
    let response = web::respond(cx, request, Err(stop));
    if response.status != 401 {
        return response;
    }
    match gate::may_ask(cx, request).await {
        Ok(true) => response.with("www-authenticate", gate::CHALLENGE),
        Ok(false) => response,
        Err(fault) => web::respond(cx, request, Err(fault.into())),
    }
}

/// The answer to a request that brings a form, its body, and lacks something: a page that sends the form on at the press of a
/// button.
pub fn form_held(cx: &Context<'_>, request: &Request, stop: Stop) -> Response {
    web::respond_with(&cx.of(request), request, Err(stop), request.held_fields())
}

/// The answer in place of the app's. The session stays as it is.
pub fn no_answer(cx: &Context<'_>, request: &Request, why: NoAnswer, fault: &Fault) -> Response {
    let cx = &cx.of(request);
    #[derive(Serialize)]
    struct Line {
        app: &'static str,
        fault: String,
    }
    let (status, code, message) = match why {
        NoAnswer::Down => (502, "app_down", Message::AppDown),
        NoAnswer::Slow => (504, "app_slow", Message::AppSlow),
    };
    cx.log_line(&Line { app: code, fault: fault.to_string() });
    web::respond(cx, request, Ok(Problem::new(status, code, message).into()))
}

/// What anyone may read.
fn published(cx: &Context<'_>, request: &Request, answer: Response) -> Response {
    let response = match request.read_as() {
        "GET" => answer,
        _ => Response::empty(405).with("allow", "GET, HEAD"),
    };
    response.secured(cx.config, None).to(request)
}

/// Whom to tell of a hole (RFC 9116).
fn security_txt(cx: &Context<'_>, gate: &Gate) -> Response {
    let contacts: String = gate.security_contacts.iter().map(|contact| format!("Contact: {contact}\n")).collect();
    let expires = Now(cx.now.0 + SECURITY_TXT_MS).rfc3339();
    let body = format!("{contacts}Expires: {expires}\nCanonical: {}{SECURITY_TXT}\n", cx.config.origin);
    Response { body, ..Response::empty(200) }.with("content-type", "text/plain; charset=utf-8")
}
