//! A response, and the headers that every answer of ours carries.

use std::fmt::{self, Write};

use serde::Serialize;

use super::{Problem, Request};
use crate::texts::Language;

/// A response.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and values. A name may stand more than once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// Without what may be secret in it: cookies in its headers, recovery codes and links in its body.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(f, "Response {}: {names:?}", self.status)
    }
}

impl Response {
    /// An empty response.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// A page.
    pub fn html(status: u16, body: String) -> Self {
        Self { body, ..Self::empty(status) }.with("content-type", "text/html; charset=utf-8")
    }

    /// JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self { body: serde_json::to_string(body).unwrap_or_default(), ..Self::empty(status) }
            .with("content-type", "application/json; charset=utf-8")
    }

    /// A problem as JSON.
    pub fn problem(problem: &Problem, language: Language) -> Self {
        let mut response = Self::json(problem.status, &problem.body(language));
        response.headers.clear();
        response.with("content-type", "application/problem+json; charset=utf-8").retry_after(problem)
    }

    /// "See other": a browser goes on with GET.
    pub fn see_other(location: &str) -> Self {
        Self::empty(303).with("location", location)
    }

    /// As it is sent to `request`: to HEAD without its body.
    pub fn to(mut self, request: &Request) -> Self {
        if request.method == "HEAD" {
            self.body.clear();
        }
        self
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the problem's `Retry-After`.
    pub fn retry_after(self, problem: &Problem) -> Self {
        match problem.retry_after_s {
            Some(seconds) => self.with("retry-after", seconds.to_string()),
            None => self,
        }
    }

    /// Sets a cookie for this host alone, out of reach of scripts. `max_age_s` of `None`: until the browser closes.
    pub fn with_cookie(self, name: &str, value: &str, max_age_s: Option<u32>) -> Self {
        let mut cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax");
        if let Some(seconds) = max_age_s {
            let _ = write!(cookie, "; Max-Age={seconds}");
        }
        self.with("set-cookie", cookie)
    }

    /// Adds the headers that every answer of ours carries. `nonce` is what the page's own style carries.
    pub fn secured(self, nonce: Option<&str>) -> Self {
        let style = nonce.map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
        let csp = format!(
            "default-src 'none'; style-src {style}; script-src {style}; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
        );
        let cached = self.headers.iter().any(|(name, _)| *name == "cache-control");
        let response = if cached { self } else { self.with("cache-control", "no-store") };
        response
            .with("content-security-policy", csp)
            .with("strict-transport-security", "max-age=63072000; includeSubDomains")
            .with("x-content-type-options", "nosniff")
            .with("x-frame-options", "DENY")
            .with("referrer-policy", "no-referrer")
            .with("cross-origin-opener-policy", "same-origin")
            .with("cross-origin-resource-policy", "same-origin")
            .with("permissions-policy", "camera=(), microphone=(), geolocation=()")
    }
}

/// The answer when there is not even a configuration to work with.
pub fn unavailable() -> Response {
    Response::problem(&Problem::unavailable(), Language::En).secured(None)
}
