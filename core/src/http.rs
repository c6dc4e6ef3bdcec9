//! HTTP as the product sees it: plain requests and responses, forms and JSON, the origin rule, problems, headers.

use std::fmt::{self, Write};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    context::Context,
    fields::Fields,
    ports::Fault,
    texts::{LANGUAGE_COOKIE, Language, Message},
};

/// Largest body read, in bytes. Every form of ours is far smaller.
pub const BODY_MAX_BYTES: usize = 16 * 1024;

/// How much of `Cookie` headers is looked at, in bytes.
pub const COOKIE_MAX_BYTES: usize = 8 * 1024;

/// A request.
#[derive(Default)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// Host and port the request was made to.
    pub host: String,
    /// The path, as sent: percent-encoded, beginning with `/`.
    pub path: String,
    /// The query without its `?`.
    pub query: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Where the request comes from, as the platform says; no header a client can send changes it.
    pub client: Client,
    /// Names this request in the log.
    pub id: String,
}

/// Without what may be secret in it: links in its path, cookies and tokens in its headers, passwords in its body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, host, client, id, .. } = self;
        write!(f, "Request {id}: {method} to {host} from {client:?}")
    }
}

/// A request's body.
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// More than [`BODY_MAX_BYTES`]; the rest was not read.
    TooLarge,
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Vec::new())
    }
}

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// IP address.
    pub ip: String,
    /// Two-letter country code, or empty.
    pub country: String,
}

impl Client {
    /// What attempts are counted by: an IPv4 address, or the 48 bits of IPv6 that one customer may have. Whoever has them
    /// has 65,536 networks of 64 bits, which must not be as many strangers.
    pub fn network(&self) -> String {
        match self.ip.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V6(ip)) => {
                let [a, b, c, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
            _ => self.ip.clone(),
        }
    }
}

impl Request {
    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The cookie of this name, if there is one and no other of the same name: which of two is meant, nobody can say. Around
    /// the name only what browsers drop themselves is dropped: if `\u{2000}__Host-x` were the same name, any sub-domain
    /// could set it.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = || self.headers.iter().filter(|(n, _)| n == "cookie").map(|(_, value)| value.as_str());
        if headers().map(str::len).sum::<usize>() > COOKIE_MAX_BYTES {
            return None;
        }
        let pairs = headers().flat_map(|header| header.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='));
        let mut values = pairs.filter(|(n, _)| *n == name).map(|(_, value)| value);
        let value = values.next();
        value.filter(|_| values.next().is_none())
    }

    /// One field of the query.
    pub fn query_field(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(self.query.as_bytes());
        fields.find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }

    /// The query's fields as `T`. `T` should deny unknown fields; repeated ones always are.
    ///
    /// # Errors
    /// 400.
    pub fn query_fields<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Fields::of_form(self.query.as_bytes()).parse().map_err(|_| Problem::invalid(Message::QueryFields))
    }

    /// Path and query.
    pub fn target(&self) -> String {
        let separator = if self.query.is_empty() { "" } else { "?" };
        format!("{}{separator}{}", self.path, self.query)
    }

    /// What to answer in: as chosen by the user, or as the browser asks.
    pub fn language(&self) -> Language {
        Language::choose(self.cookie(LANGUAGE_COOKIE), self.header("accept-language"))
    }

    /// Whether the answer should be a page rather than JSON.
    pub fn wants_html(&self) -> bool {
        self.header("accept").is_some_and(|accept| accept.contains("text/html"))
    }

    /// Where to lead a browser back to: this address, or, since a form is not sent twice, the page it was sent from. What
    /// a page's script fetches is nowhere to go to either. A path on this origin.
    pub fn came_from(&self, origin: &str) -> String {
        if self.read_as() == "GET" && self.is_navigation() {
            return same_origin_path(&self.target());
        }
        let page = self.header("referer").and_then(|page| page.strip_prefix(origin));
        same_origin_path(page.unwrap_or_default())
    }

    /// Whether a person's browser is going to this address, rather than a script fetching it.
    pub fn is_navigation(&self) -> bool {
        let by_method = matches!(self.method.as_str(), "GET" | "HEAD");
        self.wants_html() && self.header("sec-fetch-mode").map_or(by_method, |mode| mode == "navigate")
    }

    /// Whether an unsafe request comes from a page of `origin` itself. `Sec-Fetch-Site` decides, which no page can set;
    /// browsers without it send `Origin`. With neither the answer is no.
    pub fn is_same_origin(&self, origin: &str) -> bool {
        match self.header("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => self.header("origin") == Some(origin),
        }
    }

    /// The method, with HEAD read as GET: it asks for the same and takes less.
    pub fn read_as(&self) -> &str {
        if self.method == "HEAD" { "GET" } else { &self.method }
    }

    /// Why a request that may change something is refused, unless it comes from a page of `origin` itself.
    pub fn foreign(&self, origin: &str) -> Option<Problem> {
        let refused = self.read_as() != "GET" && !self.is_same_origin(origin);
        refused.then(|| Problem::forbidden(Message::Foreign))
    }

    /// The body's fields as `T`, from a form or from JSON. `T` should deny unknown fields; repeated ones always are.
    ///
    /// # Errors
    /// A [`Problem`] that says what is wrong: 413, 415 or 400.
    pub fn fields<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.body_fields()?.parse().map_err(|_| Problem::invalid(Message::Fields))
    }

    /// That there are none, where the path says it all. No body needs no media type.
    ///
    /// # Errors
    /// As [`Self::fields`].
    pub fn no_fields(&self) -> Result<(), Problem> {
        let none = matches!(&self.body, Body::Whole(body) if body.is_empty()) || self.body_fields()?.is_empty();
        none.then_some(()).ok_or_else(|| Problem::invalid(Message::Fields))
    }

    /// The body's fields as `T`, where a body may be missing.
    ///
    /// # Errors
    /// As [`Self::fields`].
    pub fn any_fields<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        match &self.body {
            Body::Whole(body) if body.is_empty() => Ok(T::default()),
            _ => self.fields(),
        }
    }

    /// Whether a browser says how it came to send this, which no script can change.
    pub fn says_how(&self) -> bool {
        self.header("sec-fetch-mode").or(self.header("sec-fetch-dest")).is_some()
    }

    /// Whether a browser says that it sends this for a script, or to show it inside another page: not because its user
    /// goes to this address. What it loads ahead for a service worker, it says is a navigation, and hands to that worker.
    pub fn by_script(&self) -> bool {
        let other = |name: &str, own: &str| self.header(name).is_some_and(|value| value != own);
        other("sec-fetch-mode", "navigate")
            || other("sec-fetch-dest", "document")
            || self.header("service-worker-navigation-preload").is_some()
    }

    fn body_fields(&self) -> Result<Fields, Problem> {
        let Body::Whole(body) = &self.body else {
            return Err(Problem::new(413, "too_large", Message::TooLarge));
        };
        let media_type = self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Ok(Fields::of_form(body)),
            "application/json" => Fields::of_json(body).map_err(|_| Problem::invalid(Message::Fields)),
            _ => Err(Problem::new(415, "unsupported_media_type", Message::UnsupportedMediaType)),
        }
    }
}

/// Names and values as the query of an address.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A path on this origin to go to after signing in. Anything else a client sends becomes `/`: other sites, `//host`,
/// backslashes (browsers read them as slashes), control characters, and `..`, which browsers resolve: where it leads
/// decides what a proof counts for.
pub fn same_origin_path(claimed: &str) -> String {
    let plain = claimed.len() <= 2048
        && claimed.starts_with('/')
        && !claimed.starts_with("//")
        && claimed.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !claimed.split(['?', '#']).next().unwrap_or_default().split('/').any(is_dots);
    if plain { claimed.to_owned() } else { "/".to_owned() }
}

/// Whether browsers take a segment of a path for `.` or `..` (WHATWG URL).
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// What went wrong. What it is called is for programs and stable; the text is for people, in their language.
#[derive(Clone, Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// What kind of problem.
    pub code: &'static str,
    /// Which of the reasons this problem can have.
    pub reason: Option<&'static str>,
    /// What people are told.
    pub message: Message,
    /// Seconds until it is worth trying again.
    pub retry_after_s: Option<u64>,
    /// Where a person does what is missing.
    pub login_url: Option<String>,
}

/// What went wrong, for a client: RFC 9457. Nothing of the inside is in it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
pub struct ProblemBody {
    /// Always `about:blank`: `code` says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What kind of problem, for people.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What to do about it, for people.
    detail: String,
    /// What kind of problem, for programs; stable.
    code: &'static str,
    /// Which of the reasons this problem can have; stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    reason: Option<&'static str>,
    /// Where a person does what is missing, for a script to send them to. Not in the admin API.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    login_url: Option<String>,
}

impl Problem {
    /// A problem.
    pub fn new(status: u16, code: &'static str, message: Message) -> Self {
        Self { status, code, reason: None, message, retry_after_s: None, login_url: None }
    }

    /// The request cannot be understood.
    pub fn invalid(message: Message) -> Self {
        Self::new(400, "invalid_request", message)
    }

    /// The request is understood and not allowed.
    pub fn forbidden(message: Message) -> Self {
        Self::new(403, "forbidden", message)
    }

    /// There is no such thing, or not for this client.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", Message::NotFound)
    }

    /// There is such a thing, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method_not_allowed", Message::MethodNotAllowed)
    }

    /// Something this service needs does not work.
    pub fn unavailable() -> Self {
        Self::new(503, "unavailable", Message::Unavailable).retry_after(30)
    }

    /// Says which of the reasons it was.
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Says where a person does what is missing.
    pub fn login_at(mut self, url: String) -> Self {
        self.login_url = Some(url);
        self
    }

    /// Says when to try again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

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
        let &Problem { status, code, reason, message, .. } = problem;
        let login_url = problem.login_url.clone();
        let said = language.say(message);
        let (title, detail) = (said.title, said.detail.into_owned());
        let mut response =
            Self::json(status, &ProblemBody { kind: "about:blank", title, status, detail, code, reason, login_url });
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
