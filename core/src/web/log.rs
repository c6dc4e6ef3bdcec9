//! The log: a line of JSON for what happened, and for what did not work.

use serde::Serialize;

use super::Request;
use crate::{context::Context, ports::Fault};

/// Writes what went wrong inside to the log; the client never sees it.
pub fn log_fault(cx: &Context<'_>, request: &Request, fault: &Fault) {
    #[derive(Serialize)]
    struct Line {
        fault: String,
    }
    log(cx, request, &Line { fault: fault.to_string() });
}

/// Writes one line of JSON to the log: the moment, the request, and `event`.
pub fn log(cx: &Context<'_>, request: &Request, event: &impl Serialize) {
    #[derive(Serialize)]
    struct Line<'a, E: Serialize> {
        at_ms: i64,
        request_id: &'a str,
        ip: &'a str,
        country: &'a str,
        #[serde(flatten)]
        event: &'a E,
    }
    let line = Line {
        at_ms: cx.now.0,
        request_id: &request.id,
        ip: &request.client.ip,
        country: &request.client.country,
        event,
    };
    if let Ok(json) = serde_json::to_string(&line) {
        cx.log.line(&json);
    }
}
