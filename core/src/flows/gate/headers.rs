//! Headers on their way through the gate.

use std::collections::BTreeSet;

use super::{
    addresses::{ANSWERED, Addresses, referer},
    identity::IdentityHeaders,
    pages::about_bytes,
    programs::holds_token,
    told::told,
};
use crate::{
    flows::Prefix,
    web::{Request, as_read},
};

/// Every cookie of Airlock's own begins so.
const OUR_COOKIES: &str = "__host-airlock";

/// How a page stands to windows of other pages.
const OPENER_POLICY: &str = "cross-origin-opener-policy";

/// The same, only to be reported.
const OPENER_POLICY_REPORTS: &str = "cross-origin-opener-policy-report-only";

/// What a page lets in from other origins: with the one above it may be isolated.
const EMBEDDER_POLICY: &str = "cross-origin-embedder-policy";

/// Browsers say by it that they ask for the script of a service worker.
const SERVICE_WORKER: &str = "service-worker";

/// Headers between two neighbours only (RFC 9110 §7.6.1, and those that clients send to proxies).
pub(super) const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
];

/// What becomes of some headers on their way: each has these lines in place of those it came with, if any. All others stay
/// as they came, byte for byte: as text, what is not UTF-8 would be lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<(String, Vec<String>)>);

impl Changes {
    fn set(&mut self, name: &str, lines: impl IntoIterator<Item = String>) {
        self.0.push((name.to_owned(), lines.into_iter().collect()));
    }

    /// One more line of a header, after those that `came` or that are in their place.
    pub(super) fn add(&mut self, name: &str, came: &[(String, String)], line: String) {
        match self.0.iter_mut().find(|(changed, _)| changed == name) {
            Some((_, lines)) => lines.push(line),
            None => {
                let came = came.iter().filter(|(n, _)| n == name).map(|(_, line)| line.clone());
                self.set(name, came.chain([line]).collect::<Vec<_>>());
            }
        }
    }

    /// Each header that changes, its name in lower case, and its new lines.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, lines)| (name.as_str(), lines.as_slice()))
    }

    /// The headers that come of `came`.
    pub fn applied(&self, came: &[(String, String)]) -> Vec<(String, String)> {
        let stay = came.iter().filter(|(name, _)| !self.0.iter().any(|(changed, _)| changed == name)).cloned();
        let change = |(name, lines): &(String, Vec<String>)| {
            lines.iter().map(|line| (name.clone(), line.clone())).collect::<Vec<_>>()
        };
        stay.chain(self.0.iter().flat_map(change)).collect()
    }
}

/// What changes in a request's headers before the app gets them. Out go those between client and gate, Airlock's own cookies,
/// and whatever would speak for Airlock, by the headers that the operator named too. `origin` is the one that browsers see,
/// `prefix` begins Airlock's own paths there, `addresses` are those of an app that sees its own; `who` tells it who this is, if anyone: headers with their values.
pub fn outgoing(
    request: &Request,
    origin: &str,
    prefix: &Prefix,
    addresses: Option<&Addresses>,
    identity: &IdentityHeaders,
    who: Vec<(String, String)>,
) -> Changes {
    let listed = request.header("connection").unwrap_or_default().to_ascii_lowercase();
    // One after the other: what collects a set sorts it, by two kilobytes of code.
    let mut hop_by_hop = BTreeSet::new();
    hop_by_hop.extend(listed.split(',').map(str::trim));
    let websocket = request.header("upgrade").is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    let dropped = |name: &str, value: &str| {
        let read = as_read(name);
        HOP_BY_HOP.contains(&read.as_str())
            || told(name, &read)
            || identity.has(&read)
            || name == "authorization" && holds_token(value)
            || name == "upgrade" && !websocket
            || name != "upgrade" && hop_by_hop.contains(name)
    };
    let (scheme, host) = origin.split_once("://").unwrap_or_default();
    let (scheme, host) = addresses.map_or((scheme, host), |_| ("", ""));
    let said = [
        ("x-forwarded-host", host),
        ("x-forwarded-proto", scheme),
        ("x-forwarded-for", &request.client.ip),
        ("x-real-ip", &request.client.ip),
        ("cf-connecting-ip", &request.client.ip),
        ("cf-ipcountry", &request.client.country),
    ];
    let said = said.into_iter().filter(|(_, value)| !value.is_empty());
    let mut changes = Changes::default();
    for (name, value) in &request.headers {
        if dropped(name, value) {
            changes.set(name, None);
            continue;
        }
        let from = (name == "referer").then(|| referer(origin, prefix, value)).flatten();
        let own = addresses.and_then(|addresses| addresses.asked(name, from.as_deref().unwrap_or(value)));
        if let Some(value) = own.or(from) {
            changes.set(name, Some(value).filter(|value| !value.is_empty()));
        }
    }
    if request.cookie_lines().any(|line| cookies(line).any(|cookie| cookie.is_empty() || ours(cookie))) {
        changes.set("cookie", request.cookie_lines().filter_map(cookies_of_the_app));
    }
    for (name, value) in said {
        changes.set(name, Some(value.to_owned()));
    }
    for (name, value) in who {
        changes.set(&name, Some(value));
    }
    // Where a client says nothing, the runtime would ask for gzip, and the client could not read it.
    if request.header("accept-encoding").is_none() {
        changes.set("accept-encoding", Some("identity".to_owned()));
    }
    changes
}

fn cookies(header: &str) -> impl Iterator<Item = &str> {
    header.split(';').map(str::trim)
}

fn cookies_of_the_app(header: &str) -> Option<String> {
    let cookies = cookies(header).filter(|cookie| !ours(cookie)).collect::<Vec<_>>().join("; ");
    (!cookies.is_empty()).then_some(cookies)
}

/// What changes in the app's headers before browsers get them, as [`Gate::answered`](super::Gate::answered) says. `page`: whether
/// their answer is a page that is led back. `service_workers`: whether the app may have them. `addresses`: those of an app that
/// sees its own.
pub fn incoming(
    sent: &[(String, String)],
    updates: bool,
    page: bool,
    service_workers: bool,
    addresses: Option<&Addresses>,
) -> Changes {
    let lines = |name: &'static str| sent.iter().filter(move |(n, _)| n == name).map(|(_, line)| line.as_str());
    let joined = |name| lines(name).collect::<Vec<_>>().join(", ");
    let mut changes = Changes::default();
    for name in ANSWERED {
        let passes = |line: &&str| name != "set-cookie" || app_may_set(line);
        let led_back = |line: &str| addresses.and_then(|addresses| addresses.answered(name, line));
        let told: Vec<String> =
            lines(name).filter(passes).map(|line| led_back(line).unwrap_or_else(|| line.to_owned())).collect();
        if !lines(name).eq(told.iter().map(String::as_str)) {
            changes.set(name, told);
        }
    }
    // These have browsers tell the app the addresses of other pages of the origin (W3C, Network Error Logging; the Reporting API
    // as it was at first; WHATWG HTML, reporting of opener policies): links of invitations are among them. `Alt-Svc` would send
    // them past the gate, to the app itself (RFC 7838).
    for name in ["nel", "report-to", OPENER_POLICY_REPORTS, "alt-svc"] {
        if lines(name).next().is_some() {
            changes.set(name, None);
        }
    }
    if page {
        about_bytes(sent).into_iter().for_each(|(name, line)| changes.set(name, line));
    }
    if !service_workers && lines("service-worker-allowed").next().is_some() {
        changes.set("service-worker-allowed", None);
    }
    let opener = opener_policy(&joined(OPENER_POLICY), &joined(EMBEDDER_POLICY));
    if updates {
        // The two were looked at together when the answer was kept: neither changes without the other. But one that was kept
        // before the gate stood here was not: what cannot stay does not.
        for (policy, becomes) in [(OPENER_POLICY, opener), (EMBEDDER_POLICY, None)] {
            if lines(policy).next().is_some() {
                changes.set(policy, becomes);
            }
        }
    } else if let Some(opener) = opener {
        changes.set(OPENER_POLICY, Some(opener));
    }
    // With `updateViaCache: "all"` browsers take a service worker's script from what they have kept of an ordinary request,
    // and nobody could refuse it. An update with another `Vary` must not take that away; without one it must not bring one.
    let script = joined("content-type").to_ascii_lowercase().contains("script") && !updates;
    if !service_workers && (script || lines("vary").next().is_some()) {
        changes.set("vary", lines("vary").chain([SERVICE_WORKER]).map(str::to_owned));
    }
    changes
}

/// Whether a browser asks for the script of a service worker.
pub fn for_service_worker(request: &Request) -> bool {
    request.header(SERVICE_WORKER).is_some() || request.header("sec-fetch-dest") == Some("serviceworker")
}

/// Whether the app may set this cookie, a `Set-Cookie` header's value.
pub fn app_may_set(cookie: &str) -> bool {
    // A cookie without a name and the value `__Host-airlock=x` comes back as one with that name.
    !ours(cookie.trim_start_matches(|c: char| c == '=' || c.is_ascii_whitespace()))
}

/// What becomes of the app's `Cross-Origin-Opener-Policy`, given its `Cross-Origin-Embedder-Policy`, if it cannot stay; of
/// both all lines, joined by commas. The app shares its origin with pages of Airlock's that say `same-origin`: if it says the
/// same, a window that its script opened on one of them would be open to that script. Between `same-origin-allow-popups` and
/// `same-origin` browsers part them, and between an isolated page, which has both policies, and one that is not. It reports to
/// nobody: what browsers would tell are addresses of Airlock's pages too.
fn opener_policy(coop: &str, coep: &str) -> Option<String> {
    // Whatever some reader might take for it; of most of these browsers take none.
    let same = |part: &str| part.trim().eq_ignore_ascii_case("same-origin");
    if coop.split([',', ';']).any(same) && !isolates(coep) {
        return Some("same-origin-allow-popups".to_owned());
    }
    let (policy, _) = coop.split_once(';')?;
    Some(policy.trim().to_owned())
}

/// Whether every browser isolates a page with this `Cross-Origin-Embedder-Policy`: it is a structured field (RFC 8941 §3.3),
/// and of a malformed one they take nothing. `credentialless` does not isolate where a browser does not know it.
fn isolates(coep: &str) -> bool {
    let parameters = coep.trim_matches(' ').strip_prefix("require-corp");
    let reports = |parameters: &str| {
        let name =
            parameters.strip_prefix(';')?.trim_start_matches(' ').strip_prefix("report-to=\"")?.strip_suffix('"')?;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)).then_some(())
    };
    parameters.is_some_and(|parameters| parameters.is_empty() || reports(parameters).is_some())
}

fn ours(cookie: &str) -> bool {
    cookie.get(..OUR_COOKIES.len()).is_some_and(|start| start.eq_ignore_ascii_case(OUR_COOKIES))
}

#[cfg(test)]
mod tests;
