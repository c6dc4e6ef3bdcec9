//! A request, its fields, and the origin rule.

use std::{cell::OnceCell, fmt};

use serde::de::DeserializeOwned;

use super::Problem;
use crate::{
    context::{Config, Peer},
    fields::Fields,
    flows::{self, Prefix},
    secret::Keyring,
    texts::{LANGUAGE_COOKIE, Language, Message},
};

/// Largest body read, in bytes. Every form of ours is far smaller.
pub const BODY_MAX_BYTES: usize = 16 * 1024;

/// The largest form of the app's that is held, in bytes: SAML responses are large.
pub const FORM_MAX_BYTES: usize = 256 * 1024;

/// For how long it may take to come, in seconds: as the slowest upload does.
pub const FORM_MAX_S: u64 = 6;

/// And the most fields of it.
pub const FORM_FIELDS_MAX: usize = 1000;

/// The longest path to come back to, in bytes.
pub const DESTINATION_MAX_BYTES: usize = 8 * 1024;

/// The same, as the field of a form.
const DESTINATION_ENCODED_MAX_BYTES: usize = 14 * 1024;

/// What stands in place of bytes that are no text, and what HTML puts the same in place of.
const REPLACED: [char; 2] = [char::REPLACEMENT_CHARACTER, '\0'];

/// How much is kept of what a browser calls itself, in characters.
const USER_AGENT_MAX_CHARS: usize = 256;

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
    /// What [`Self::form`] has found.
    pub form: OnceCell<Option<String>>,
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
    /// More than [`BODY_MAX_BYTES`], or [`FORM_MAX_BYTES`], or it took too long; the rest was not read.
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

impl Request {
    /// Where it comes from.
    pub fn peer(&self) -> Peer<'_> {
        let user_agent = self.header("user-agent").unwrap_or_default();
        let end = user_agent.char_indices().nth(USER_AGENT_MAX_CHARS).map_or(user_agent.len(), |(at, _)| at);
        Peer {
            ip: &self.client.ip,
            country: &self.client.country,
            user_agent: user_agent.get(..end).unwrap_or_default(),
            request_id: &self.id,
            language: self.language(),
        }
    }

    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The cookie of this name, if there is one and no other of the same name: which of two is meant, nobody can say. Around
    /// the name only what browsers drop themselves is dropped: if `\u{2000}__Host-x` were the same name, any sub-domain
    /// could set it.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut values = self.cookies(name);
        let value = values.next();
        value.filter(|_| values.next().is_none())
    }

    /// All cookies, a header in each.
    pub fn cookie_lines(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(|(n, _)| n == "cookie").map(|(_, line)| line.as_str())
    }

    /// The values of all cookies of this name.
    pub fn cookies(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.cookie_lines().flat_map(|line| line.split(';'));
        let pairs = pairs.filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='));
        pairs.filter(move |(n, _)| *n == name).map(|(_, value)| value)
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

    /// Whether all that it is about is so: its path, and the one to which WebDAV copies or moves (RFC 4918 §10.3). Of one that
    /// nobody can read, nothing is sure.
    pub fn surely_about(&self, is: impl Fn(&str) -> bool) -> bool {
        is(&self.path) && self.destinations().all(|path| path.is_some_and(&is))
    }

    /// Whether any of it may be. Of one that nobody can read, all may be.
    pub fn may_be_about(&self, is: impl Fn(&str) -> bool) -> bool {
        is(&self.path) || self.destinations().any(|path| path.is_none_or(&is))
    }

    fn destinations(&self) -> impl Iterator<Item = Option<&str>> {
        let lines = self.headers.iter().filter(|(name, _)| name == "destination");
        lines.map(|(_, line)| {
            let path = match line.split_once("://") {
                Some(("http" | "https", rest)) => {
                    // What some readers of an address end the host at, is in none.
                    let (host, path) = rest.split_at(rest.find('/')?);
                    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
                    if host.bytes().all(plain) { path } else { return None }
                }
                _ => line,
            };
            let path = path.split(['?', '#']).next()?;
            let read =
                path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|byte| byte.is_ascii_graphic());
            read.then_some(path)
        })
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
    pub fn came_from(&self, config: &Config) -> String {
        if self.read_as() == "GET" && self.is_navigation() {
            return same_origin_path(&config.prefix, &self.target());
        }
        let page = self.header("referer").and_then(|page| page.strip_prefix(&config.origin));
        same_origin_path(&config.prefix, page.unwrap_or_default())
    }

    /// Whether a person's browser is going to this address, rather than a script fetching it.
    pub fn is_navigation(&self) -> bool {
        let by_method = matches!(self.method.as_str(), "GET" | "HEAD");
        self.wants_html() && self.header("sec-fetch-mode").map_or(by_method, |mode| mode == "navigate")
    }

    /// Whether a browser asks for a page to show it inside another one.
    pub fn is_framed(&self) -> bool {
        self.header("sec-fetch-dest").is_some_and(|dest| ["iframe", "frame", "embed", "object"].contains(&dest))
    }

    /// Where the query asks to go, if it does.
    pub fn return_to(&self, prefix: &Prefix) -> Option<String> {
        self.query_field("return_to").map(|path| same_origin_path(prefix, &path))
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

    /// The method that every app reads the request by, HEAD as GET; empty where one may take another that it names.
    pub fn surely_by(&self) -> &str {
        let names = |name: &str| matches!(name, "x-http-method-override" | "x-http-method" | "x-method-override");
        let named = self.headers.iter().any(|(name, _)| names(&as_read(name)));
        let asked = form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| name.contains("_method"));
        if named || asked { "" } else { self.read_as() }
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

    /// Whether it is a browser that sends this, for whatever purpose: none since 2023 leaves these headers out.
    pub fn from_browser(&self) -> bool {
        self.says_how() || self.header("sec-fetch-site").is_some()
    }

    /// Whether a browser says that it sends this for a script, or to show it inside another page: not because its user
    /// goes to this address. What it loads ahead for a service worker, it says is a navigation, and hands to that worker.
    pub fn by_script(&self) -> bool {
        let other = |name: &str, own: &str| self.header(name).is_some_and(|value| value != own);
        other("sec-fetch-mode", "navigate")
            || other("sec-fetch-dest", "document")
            || self.header("service-worker-navigation-preload").is_some()
    }

    /// What the body is said to be, in small letters and without parameters.
    pub fn media_type(&self) -> String {
        let said = self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        said.trim().to_ascii_lowercase()
    }

    /// Names and values of a form of the app's, in their order. None, where not every one of them could be sent on as it is.
    pub fn held_fields(&self) -> Vec<(String, String)> {
        let Body::Whole(body) = &self.body else { return Vec::new() };
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().take(FORM_FIELDS_MAX + 1).collect();
        let whole = fields.len() <= FORM_FIELDS_MAX
            && fields
                .iter()
                .all(|(name, value)| !name.is_empty() && !name.contains(REPLACED) && !value.contains(REPLACED));
        if whole { fields } else { Vec::new() }
    }

    /// Tells a form of ours that was sent from every other: a MAC over where it was sent and all that is in it. None, where it
    /// does not bring the key of a page of ours, which is another each time that one is made.
    pub fn form(&self, peppers: &Keyring) -> Option<&str> {
        let named = || {
            let Body::Whole(body) = &self.body else { return None };
            let key = self.body_fields().ok()?.text("key").is_some_and(|key| !key.is_empty());
            let body = str::from_utf8(body).ok().filter(|_| key && self.method == "POST")?;
            Some(peppers.current().mac("sent", &[&self.path, &self.query, body]))
        };
        self.form.get_or_init(named).as_deref()
    }

    fn body_fields(&self) -> Result<Fields, Problem> {
        let Body::Whole(body) = &self.body else {
            return Err(Problem::new(413, "too_large", Message::TooLarge));
        };
        match self.media_type().as_str() {
            "application/x-www-form-urlencoded" => Ok(Fields::of_form(body)),
            "application/json" => Fields::of_json(body).map_err(|_| Problem::invalid(Message::Fields)),
            _ => Err(Problem::new(415, "unsupported_media_type", Message::UnsupportedMediaType)),
        }
    }
}

/// The headers of a request from a browser that holds this in the cookie of this name.
pub fn with_cookie(headers: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let other = |pair: &&str| pair.split_once('=').is_none_or(|(n, _)| n.trim() != name);
    let (lines, rest): (Vec<_>, Vec<_>) = headers.iter().cloned().partition(|(n, _)| n == "cookie");
    let kept = lines.iter().flat_map(|(_, line)| line.split(';')).filter(other).map(str::trim);
    let own = format!("{name}={value}");
    let line = kept.chain([own.as_str()]).collect::<Vec<_>>().join("; ");
    rest.into_iter().chain([("cookie".to_owned(), line)]).collect()
}

/// A header's name as apps read it that see headers as CGI variables: they take `airlock_assertion` for the same.
pub fn as_read(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Names and values as the query of an address.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A path on this origin to go to after signing in. Anything else a client sends becomes `/`: other sites, `//host`,
/// backslashes (browsers read them as slashes), control characters, and `..`, which browsers resolve: where it leads
/// decides what a proof counts for.
pub fn same_origin_path(prefix: &Prefix, claimed: &str) -> String {
    // As a form or an address has it, it is longer: bodies and addresses have bounds of their own.
    let encoded =
        claimed.bytes().map(|byte| if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) { 1 } else { 3 });
    let plain = claimed.len() <= DESTINATION_MAX_BYTES
        && encoded.sum::<usize>() <= DESTINATION_ENCODED_MAX_BYTES
        && claimed.starts_with('/')
        && !claimed.starts_with("//")
        && claimed.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !claimed.split(['?', '#']).next().unwrap_or_default().split('/').any(is_dots);
    match plain {
        // A link is a secret, and what it leads to is kept.
        true if prefix.within(claimed).is_some_and(|path| path.starts_with(flows::LINK)) => {
            prefix.path(flows::INVITATION)
        }
        true if prefix.within(claimed).is_some_and(|path| path.starts_with(flows::RESET_LINK)) => {
            prefix.path(flows::RESET)
        }
        true => claimed.to_owned(),
        false => "/".to_owned(),
    }
}

/// Whether browsers take a segment of a path for `.` or `..` (WHATWG URL).
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}
