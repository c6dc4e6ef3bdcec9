//! A response, and the headers that every answer of ours carries.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use serde::Serialize;

use super::{Problem, Request};
use crate::{
    context::Config,
    texts::{Language, Said},
};

/// For how long browsers are to require TLS: two years.
const TLS_REQUIRED: &str = "max-age=63072000";

/// A response.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and values. A name may stand more than once.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: String,
}

/// Without what may be secret in it: cookies in its headers, recovery codes and links in its body.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_ref()).collect();
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
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
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
        self.with("set-cookie", cookie(name, value, max_age_s))
    }

    /// Adds the headers that every answer of ours carries, but for those it has in a way of its own. `nonce` is what the
    /// page's own style carries. Without settings nothing is said of TLS: what a browser knows of it stays.
    pub fn secured(self, config: &Config, nonce: Option<&str>) -> Self {
        let below = if config.hsts_subdomains { "; includeSubDomains" } else { "" };
        self.with("strict-transport-security", format!("{TLS_REQUIRED}{below}"))
            .secured_by_default(nonce, config.images())
    }

    fn secured_by_default(self, nonce: Option<&str>, images: Option<&str>) -> Self {
        let defaults = [
            ("cache-control", "no-store".to_owned()),
            ("content-security-policy", content_security_policy(nonce, images, true, false)),
            ("x-content-type-options", "nosniff".to_owned()),
            ("x-frame-options", "DENY".to_owned()),
            // Not `no-referrer`: with it some browsers send `Origin: null` with forms. Nor `same-origin`: the app's pages would
            // see the addresses of these, in their history and as the referrer, and links of invitations are among them.
            ("referrer-policy", "origin".to_owned()),
            ("cross-origin-opener-policy", "same-origin".to_owned()),
            ("cross-origin-resource-policy", "same-origin".to_owned()),
            // One that the app set before the gate stood here would report the addresses of these pages (W3C, Network Error
            // Logging §5.1): it ends.
            ("nel", r#"{"report_to":"none","max_age":0}"#.to_owned()),
            ("permissions-policy", "camera=(), microphone=(), geolocation=()".to_owned()),
        ];
        defaults.into_iter().fold(self, |response, (name, value)| {
            if response.headers.iter().any(|(own, _)| *own == name) { response } else { response.with(name, value) }
        })
    }
}

/// What a page may load, and do. `images`: where they may come from besides this site. `forms`: whether its forms stay on this site; one that leads on to the app goes wherever the
/// app leads. `framed`: whether pages of this site may show it inside them.
pub fn content_security_policy(nonce: Option<&str>, images: Option<&str>, forms: bool, framed: bool) -> String {
    let style = nonce.map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
    let images = images.map(|origin| format!(" {origin}")).unwrap_or_default();
    let forms = if forms { "form-action 'self'; " } else { "" };
    let ancestors = if framed { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; style-src {style}; script-src {style}; img-src 'self'{images}; connect-src 'self'; \
         {forms}base-uri 'none'; object-src 'none'; frame-ancestors {ancestors}"
    )
}

/// The answer while settings, secrets or bindings are not fit to work with. The log says why.
pub fn misconfigured(request: &Request) -> Response {
    let (language, problem) = (request.language(), Problem::misconfigured());
    let response = match request.wants_html() {
        // Without settings there is no style sheet either.
        true => {
            let Said { title, detail, .. } = language.say(problem.message);
            let (code, dir) = (language.code(), language.dir());
            let page = format!(
                "<!doctype html><html lang=\"{code}\" dir=\"{dir}\"><head><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
                 <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head>\
                 <body><main><h1>{title}</h1><p>{detail}</p></main></body></html>"
            );
            Response::html(problem.status, page).retry_after(&problem)
        }
        false => Response::problem(&problem, language),
    };
    response.secured_by_default(None, None).to(request)
}

/// The line that sets a cookie for this host alone, out of reach of scripts.
pub fn cookie(name: &str, value: &str, max_age_s: Option<u32>) -> String {
    let mut cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax");
    if let Some(seconds) = max_age_s {
        let _ = write!(cookie, "; Max-Age={seconds}");
    }
    cookie
}
