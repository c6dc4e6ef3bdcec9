//! The gate: every path that is not Airlock's own belongs to the protected app, and this is what a request must have to
//! get there. What goes through carries an [`assertion`] that names its sender.

mod addresses;
pub mod assertion;
mod headers;
mod identity;
mod pages;
pub mod pass;
mod paths;
mod programs;
mod proxy;
mod readings;
pub mod signing;
mod told;

pub use addresses::Addresses;
pub use headers::{Changes, app_may_set, for_service_worker, outgoing};
pub use identity::{IDENTITY_HEADERS_MAX, IdentityHeaders};
pub use pages::{PAGE_MAX_BYTES, Page};
pub use paths::{PATH_MAX_BYTES, Paths};
pub use programs::{CHALLENGE, may_ask};
pub use proxy::{CHECK, check};

use crate::{
    context::{Config, Context, chosen, host, number, signing_keyring},
    flows,
    people::session::Session,
    policy::Step,
    ports::{Fault, Signing},
    secret::Keyring,
    texts::Message,
    web::{Outcome, Problem, Request, Stop},
};

use addresses::is_canonical;
use assertion::{Issuer, Subject};
use headers::incoming;
use pass::Who;
use programs::shows_token;
use signing::SigningKeys;

/// Seconds the app may take to begin its answer, unless the operator says otherwise: as long as Cloudflare waits.
pub const APP_TIMEOUT_S: u32 = 100;

/// The longest that an operator may allow.
pub const APP_TIMEOUT_MAX_S: u32 = 3600;

/// Bytes a second that the slowest upload is expected to have: so much longer a body may take.
pub const UPLOAD_BYTES_PER_S: u64 = 50_000;

/// What stands behind the gate, and what it takes to get there.
pub struct Gate {
    /// Where the app is, unless it is the Worker bound as `APP`: scheme, host and port.
    pub app_url: Option<String>,
    /// The two addresses of an app that sees its own. `None`: it is told the public one, beside its own.
    pub addresses: Option<Addresses>,
    app_timeout_s: u32,
    public: Paths,
    step_up: Paths,
    form_posts: Paths,
    /// Whether the app may have service workers. One of them makes documents out of nothing, with any headers: with
    /// `Cross-Origin-Opener-Policy: same-origin` it could look into Airlock's pages, and no such document passes the gate.
    pub service_workers: bool,
    issuer: Issuer,
    identity: IdentityHeaders,
    /// Which app is told who someone is, and how: what was sealed to tell another is not told here.
    told_to: String,
    /// For how many seconds a session that was found whole may read without being asked about again.
    trust_s: i64,
    /// What proxies show, to be believed.
    proxy_keys: Keyring,
    /// Whether Airlock answers at the well-known paths that it has a use for: `/.well-known/jwks.json` and
    /// `/.well-known/change-password`.
    pub well_known: bool,
    /// Where the operator is told of a hole: addresses for security.txt (RFC 9116), if there are any.
    pub security_contacts: Vec<String>,
}

/// A request that goes to the app: as it came, but for these headers.
pub struct Forward {
    /// What changes.
    pub changes: Changes,
    /// A line of `Set-Cookie`, for the browser to keep a [`pass`].
    pub pass: Option<String>,
    /// Milliseconds until the app must have begun its answer; `None`: as long as a body of unknown length takes.
    pub patience_ms: Option<u32>,
    /// Whether a page that the app answers with is led back. Programs keep what they get, and may put it back where it was
    /// (WebDAV): theirs is the page as the app wrote it.
    pub leads_pages_back: bool,
}

/// Why the app gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It cannot be reached.
    Down,
    /// It took too long.
    Slow,
}

impl Gate {
    /// Checks and collects the settings, and makes ready what signs assertions.
    ///
    /// # Errors
    /// The first one that is missing or malformed, by name. An empty variable is one that is not set.
    pub async fn build(
        config: &Config,
        variable: impl Fn(&str) -> Option<String>,
        signing: &dyn Signing,
    ) -> Result<Self, Fault> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let wrong = |name: &str, problem: &str| Fault::new(format_args!("{name} {problem}"));
        let paths = |name: &str, parse: fn(&str) -> Result<Paths, String>| {
            let paths = parse(&set(name).unwrap_or_default()).map_err(|problem| wrong(name, &problem))?;
            match paths.within(&config.prefix) {
                Some(path) => Err(wrong(name, &format!("has {path}, which is not the app's"))),
                None => Ok(paths),
            }
        };
        let app_url = set("APP_URL");
        if app_url.as_deref().is_some_and(|url| host(url).is_none()) {
            return Err(wrong("APP_URL", "is not an origin such as https://app.internal, without a path"));
        }
        if app_url.as_ref() == Some(&config.origin) {
            return Err(wrong("APP_URL", "is EDGE_ORIGIN: requests would go in a circle"));
        }
        let addresses = match set("APP_SEES").as_deref() {
            None | Some("public") => None,
            Some("own") => {
                let own = app_url.as_ref().unwrap_or(&config.origin);
                for (name, origin) in [("EDGE_ORIGIN", &config.origin), ("APP_URL", own)] {
                    if !is_canonical(origin) {
                        return Err(wrong(
                            name,
                            "is not as browsers write it: small letters, no port that goes without saying",
                        ));
                    }
                }
                Some(Addresses::new(&config.origin, own))
            }
            Some(_) => return Err(wrong("APP_SEES", "is neither \"own\" nor \"public\"")),
        };
        let app_timeout_s = match set("APP_TIMEOUT_S") {
            None => APP_TIMEOUT_S,
            Some(seconds) => seconds
                .parse()
                .ok()
                .filter(|seconds| (1..=APP_TIMEOUT_MAX_S).contains(seconds))
                .ok_or_else(|| wrong("APP_TIMEOUT_S", "is not a number of seconds from 1 to 3600"))?,
        };
        let (public, form_posts) =
            (paths("PUBLIC_PATHS", Paths::parse)?, paths("FORM_POST_PATHS", Paths::parse_without_methods)?);
        if public.everything() {
            return Err(wrong("PUBLIC_PATHS", "names every path: nothing would be protected"));
        }
        if form_posts.everything() {
            return Err(wrong("FORM_POST_PATHS", "names every path: any site's forms would be sent on"));
        }
        let service_workers = chosen(&variable, "APP_SERVICE_WORKERS", "allow")?;
        let contacts = set("SECURITY_CONTACT").unwrap_or_default();
        let security_contacts: Vec<String> = contacts.split_ascii_whitespace().map(str::to_owned).collect();
        if !security_contacts.iter().all(|contact| is_contact(contact)) {
            return Err(wrong(
                "SECURITY_CONTACT",
                "must be addresses such as mailto:security@example.com, or https://…",
            ));
        }
        let trust_s = number(&variable, "GATE_TRUST_S", 0..=pass::TRUST_MAX_S, "a number of seconds from 0 to 60")?;
        let well_known = !chosen(&variable, "WELL_KNOWN_PATHS", "app")?;
        if !well_known && !security_contacts.is_empty() {
            return Err(wrong("SECURITY_CONTACT", "is answered at a path that WELL_KNOWN_PATHS leaves to the app"));
        }
        let headers = set("IDENTITY_HEADERS").unwrap_or_default();
        let identity = IdentityHeaders::parse(&headers);
        let identity = identity.map_err(|problem| wrong("IDENTITY_HEADERS", &problem))?;
        let keys = set("ASSERTION_KEYS").ok_or_else(|| wrong("ASSERTION_KEYS", "is not set"))?;
        let keys = SigningKeys::parse(&keys).map_err(|problem| wrong("ASSERTION_KEYS:", &problem))?;
        let signer = keys.open(signing).await;
        let signer = signer.map_err(|fault| wrong("ASSERTION_KEYS:", &fault.to_string()))?;
        let audience = set("ASSERTION_AUDIENCE").unwrap_or_else(|| config.origin.clone());
        Ok(Self {
            told_to: format!("{} {audience} {headers}", config.origin),
            app_url,
            addresses,
            app_timeout_s,
            public,
            step_up: paths("STEP_UP_PATHS", Paths::parse_without_methods)?,
            form_posts,
            service_workers,
            trust_s: trust_s.unwrap_or(0),
            proxy_keys: signing_keyring(&variable, "PROXY_KEYS")?,
            issuer: Issuer::new(config.origin.clone(), audience, signer)?,
            identity,
            well_known,
            security_contacts,
        })
    }

    /// The public keys of the assertions: those that sign, and those that may soon or did until lately.
    pub fn jwks(&self) -> &serde_json::Value {
        self.issuer.jwks()
    }

    /// Whether the form that a request brings is held for its user, if it lacks something: identity and payment providers have a
    /// browser send one from their own site, and a session's cookie does not come along.
    pub fn holds_form(&self, request: &Request) -> bool {
        request.method == "POST"
            && request.is_navigation()
            && !request.is_framed()
            && request.media_type() == "application/x-www-form-urlencoded"
            && self.form_posts.surely_are("POST", &request.path)
    }

    /// What changes in the app's answer, whose headers are `sent`, each line as a pair with its name in lower case: in these, and
    /// in its body if that is a page to lead back. `updates`: whether browsers write the headers over those of an answer that
    /// they have kept, as after 304 and 206 and for HEAD (RFC 9111 §4.3.4, §4.3.5, §3.4).
    pub fn answered(&self, forward: &Forward, sent: &[(String, String)], updates: bool) -> (Changes, Option<Page>) {
        let addresses = self.addresses.as_ref();
        let page = Page::of(sent, addresses).filter(|_| forward.leads_pages_back && !updates);
        let mut changes = incoming(sent, updates, page.is_some(), self.service_workers, addresses);
        if let Some(pass) = &forward.pass {
            changes.add("set-cookie", sent, pass.clone());
        }
        (changes, page)
    }

    fn patience_ms(&self, request: &Request) -> Option<u32> {
        let extra_s = match (request.read_as(), request.header("content-length")) {
            ("GET", _) => 0,
            (_, length) => length?.parse::<u64>().ok()? / UPLOAD_BYTES_PER_S,
        };
        u32::try_from((u64::from(self.app_timeout_s) + extra_s) * 1000).ok()
    }
}

/// Whether security.txt may name it: mail, a page or a telephone.
fn is_contact(address: &str) -> bool {
    let schemes = ["mailto:", "https://", "tel:"];
    let rest = schemes.iter().find_map(|scheme| address.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Lets a request through or answers what it lacks. Only a session that has done all that the policy asks of it, at this
/// very moment, gets past, or a program whose token is for this; paths the operator made public need neither, and tell the app
/// of none.
///
/// # Errors
/// A fault of ours, or what it lacks.
pub async fn admit(cx: &Context<'_>, gate: &Gate, request: &Request) -> Result<Forward, Stop> {
    admit_trusting(cx, gate, request, gate.trust_s).await
}

/// The same, where a session may be trusted for so many seconds.
async fn admit_trusting(cx: &Context<'_>, gate: &Gate, request: &Request, trust_s: i64) -> Result<Forward, Stop> {
    // It asks for its own headers back, the assertion among them (RFC 9110 §9.3.8).
    if request.method == "TRACE" {
        return Err(Problem::method_not_allowed().into());
    }
    let method = request.surely_by();
    let step_up = !gate.step_up.is_empty() && request.may_be_about(|path| gate.step_up.may_be(path));
    if !step_up && request.surely_about(|path| gate.public.surely_are(method, path)) {
        return Ok(forward(cx, gate, request, Vec::new(), None));
    }
    if let Some(service) = programs::program(cx, request, step_up).await? {
        return identified(cx, gate, request, Subject::program(&service), None).await;
    }
    let only_reads = !step_up && method == "GET" && !pass::lasts(request);
    if only_reads && let Some(who) = pass::read(cx, trust_s, &gate.told_to, request) {
        return Ok(forward(cx, gate, request, who, None));
    }
    let (session, of_now) = match only_reads {
        true => flows::full_to_read(cx, request).await?,
        false => (flows::full(cx, request, None).await?, true),
    };
    let session = belonging(session)?;
    if step_up && !session.stepped_up(cx.now) {
        return Err(match session.person.authenticators {
            0 => Outcome::Elsewhere(Some(Step::Enrol)),
            _ => Outcome::ReauthRequired(request.came_from(cx.config)),
        }
        .into());
    }
    let pass_ends = Some(pass::ends_at(trust_s, &session, cx.now)).filter(|_| only_reads && of_now && trust_s > 0);
    identified(cx, gate, request, Subject::person(&session), pass_ends).await
}

/// The request as it goes on: with whoever sent it, and with a pass, if `pass_ends` says when that ends.
async fn identified(
    cx: &Context<'_>,
    gate: &Gate,
    request: &Request,
    mut subject: Subject<'_>,
    pass_ends: Option<i64>,
) -> Result<Forward, Stop> {
    let assertion = gate.issuer.assertion(&mut subject, cx.now, pass_ends).await?;
    let mut who = gate.identity.of(&subject);
    who.push(("airlock-assertion".to_owned(), assertion));
    let pass = pass_ends.map(|ends| pass::make(cx, &gate.told_to, request, ends, &who)).transpose()?.flatten();
    Ok(forward(cx, gate, request, who, pass))
}

/// A session that the app may be told of.
async fn whole(cx: &Context<'_>, request: &Request) -> Result<Session, Stop> {
    belonging(flows::full(cx, request, None).await?)
}

fn belonging(session: Session) -> Result<Session, Stop> {
    // Someone who can only join an account so far.
    match session.person.memberships.is_empty() {
        true => Err(Problem::new(403, "no_account", Message::NoAccount).into()),
        false => Ok(session),
    }
}

fn forward(cx: &Context<'_>, gate: &Gate, request: &Request, who: Who, pass: Option<String>) -> Forward {
    Forward {
        pass,
        changes: outgoing(request, &cx.config.origin, &cx.config.prefix, gate.addresses.as_ref(), &gate.identity, who),
        patience_ms: gate.patience_ms(request),
        leads_pages_back: !shows_token(request),
    }
}
