//! What a request is handled with: the outside world, the moment, settings and keys.

use std::{net::IpAddr, ops::RangeInclusive};

use serde::Serialize;

use crate::{
    admin,
    audit::SigningKeys,
    event::Event,
    factor::{
        password::{COST, Cost},
        totp::{WINDOW_STEPS, WINDOW_STEPS_MAX},
    },
    flows::{self, Prefix, Waiting},
    limit::Hashes,
    mail::{Mailbox, Server},
    pages::{accent::Accent, logo::Logo},
    people::session::Site,
    ports::{Brake, Db, Fault, Jobs, Log, Nfc, Now, Rng, Signing},
    secret::{Key, Keyring, Token, TokenHash},
    texts::Language,
    web::Request,
};

/// Where a request came from, as the audit, the log and a new session note it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer<'a> {
    /// IP address, or empty where no request set it off.
    pub ip: &'a str,
    /// Two-letter country code, or empty.
    pub country: &'a str,
    /// What the browser calls itself, 256 characters at most.
    pub user_agent: &'a str,
    /// How the platform names the request.
    pub request_id: &'a str,
    /// What the browser's user reads.
    pub language: Language,
}

impl Peer<'_> {
    /// What attempts are counted by: an IPv4 address, or the 48 bits of IPv6 that one customer may have. Whoever has them
    /// has 65,536 networks of 64 bits, which must not be as many strangers.
    pub fn network(&self) -> String {
        // Sockets for both write an IPv4 address as one of IPv6 (RFC 4291 §2.5.5.2).
        match self.ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V6(ip)) => {
                let [a, b, c, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
            Ok(IpAddr::V4(ip)) => ip.to_string(),
            Err(_) => self.ip.to_owned(),
        }
    }
}

/// Everything a request is handled with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The database.
    pub db: &'a dyn Db,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// The coarse brake on logins by address.
    pub brake: &'a dyn Brake,
    /// Composes text.
    pub nfc: Nfc,
    /// Where log lines go.
    pub log: &'a dyn Log,
    /// What does the work that no request waits for.
    pub jobs: &'a dyn Jobs,
    /// What makes signatures.
    pub signing: &'a dyn Signing,
    /// When the request arrived.
    pub now: Now,
    /// Where it came from.
    pub peer: Peer<'a>,
    /// The form of ours that it is, if it is one: [`Request::form`].
    pub form: Option<&'a str>,
    /// The form by which its sender has just proven who they are, if this one waited for that.
    pub proof: Option<&'a str>,
    /// Password hashes that this instance has under way.
    pub hashes: &'a Hashes,
    /// Settings and keys.
    pub config: &'a Config,
}

impl<'a> Context<'a> {
    /// The same for this request.
    pub fn of(self, request: &'a Request) -> Self {
        Self { peer: request.peer(), form: request.form(&self.config.pepper_keys), ..self }
    }

    /// The same for a form that has waited for the one sent.
    pub fn after(self, waiting: &'a Waiting) -> Self {
        Self { form: Some(&waiting.form), proof: self.form, ..self }
    }

    /// The form that is answered when the session moves on: the one that its sender has sent.
    pub fn sent(&self) -> Option<&'a str> {
        self.proof.or(self.form)
    }

    /// Writes one line of JSON to the log: the moment, where the request came from, and `event`.
    pub fn log_line(&self, event: &impl Serialize) {
        #[derive(Serialize)]
        struct Line<'a, E: Serialize> {
            at_ms: i64,
            request_id: &'a str,
            ip: &'a str,
            country: &'a str,
            #[serde(flatten)]
            event: &'a E,
        }
        let Peer { ip, country, request_id, .. } = self.peer;
        if let Ok(json) = serde_json::to_string(&Line { at_ms: self.now.0, request_id, ip, country, event }) {
            self.log.line(&json);
        }
    }

    /// Tells what became of something: the log, and, if it changed anything, the jobs Worker.
    pub fn tell(&self, event: &Event<'_>) {
        self.log_line(event);
        if event.changes() {
            self.jobs.poke();
        }
    }

    /// Writes what went wrong inside to the log; the client never sees it.
    pub fn log_fault(&self, fault: &Fault) {
        #[derive(Serialize)]
        struct Line {
            fault: String,
        }
        self.log_line(&Line { fault: fault.to_string() });
    }

    /// What the database knows of a session token of this site.
    pub fn session_hash(&self, token: &Token) -> TokenHash {
        token.hash(self.config.site.token_purpose())
    }
}

/// Settings and keys. Built once from the platform's secrets and variables by [`Config::build`].
pub struct Config {
    /// Which of the two Workers that answer this is.
    pub site: Site,
    /// Scheme, host and port browsers use for this site, such as `https://app.example.com`.
    pub origin: String,
    /// The same for the protected app, which is where invitations lead.
    pub edge_origin: String,
    /// The same for its admins, if this Worker knows.
    pub admin_origin: Option<String>,
    /// Where Airlock's own paths begin.
    pub prefix: Prefix,
    /// Name shown on pages and in authenticator apps.
    pub site_name: String,
    /// Whom mails are from, where they are sent.
    pub mail_from: Option<Mailbox>,
    /// The colour of buttons and links, if the operator has one.
    pub accent: Option<Accent>,
    /// What stands beside the name of the site, if the operator has a logo.
    pub logo: Option<Logo>,
    /// Whether browsers are to require TLS of hosts below this one too (RFC 6797 §6.1.2).
    pub hsts_subdomains: bool,
    /// Whether signing out clears what the app has kept in the browser.
    pub sign_out_clears: bool,
    /// How many time steps before and after the present one a code may belong to.
    pub window_steps: i64,
    /// Keys that seal authenticator seeds; the first seals, all open.
    pub seed_keys: Keyring,
    /// Keys of the password pepper, recovery codes and device cookies; the first makes, all check.
    pub pepper_keys: Keyring,
    /// Keys that sign the audit: the edge Worker has none. The admin Worker signs an export at its end.
    pub audit_keys: Option<SigningKeys>,
    /// What a password hash costs: [`COST`], whatever the variables say. Tests that log in thousands of times lower it.
    pub password_cost: Cost,
}

impl Config {
    /// Checks and collects the settings.
    ///
    /// # Errors
    /// The first one that is missing or malformed, by name and without its value.
    pub fn build(site: Site, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let edge_origin = origin(&variable, "EDGE_ORIGIN")?;
        let origin = match site {
            Site::Edge => edge_origin.clone(),
            Site::Admin => origin(&variable, "ADMIN_ORIGIN")?,
        };
        let admin_origin =
            given(&variable, "ADMIN_ORIGIN").map(|_| self::origin(&variable, "ADMIN_ORIGIN")).transpose()?;
        let prefix = prefix(&variable)?;
        if site == Site::Admin && admin::has(&prefix) {
            return Err(Fault::new("AUTH_PREFIX is where the admin Worker has pages of its own"));
        }
        let site_name = site_name(&variable)?;
        let accent = given(&variable, "ACCENT_COLOR");
        let accent = accent.map(|colour| Accent::parse(&colour)).transpose();
        let accent = accent.map_err(|problem| Fault::new(format_args!("ACCENT_COLOR {problem}")))?;
        let logo = given(&variable, "LOGO_URL").map(|url| Logo::parse(&url, &edge_origin)).transpose();
        let logo = logo.map_err(|problem| Fault::new(format_args!("LOGO_URL {problem}")))?;
        let hsts_subdomains = !chosen(&variable, "HSTS_SUBDOMAINS", "no")?;
        let sign_out_clears = chosen(&variable, "SIGN_OUT_CLEARS", "storage")?;
        let window_steps = number(&variable, "CODE_WINDOW_STEPS", 0..=WINDOW_STEPS_MAX, "0, 1 or 2")?;
        let audit_keys = match site {
            Site::Edge => None,
            Site::Admin => Some(audit_keys(&variable)?),
        };
        Ok(Self {
            site,
            origin,
            edge_origin,
            admin_origin,
            prefix,
            site_name,
            mail_from: mail_from(&variable)?,
            accent,
            logo,
            hsts_subdomains,
            sign_out_clears,
            window_steps: window_steps.unwrap_or(WINDOW_STEPS),
            seed_keys: keyring(&variable, "SEED_KEYS")?,
            pepper_keys: keyring(&variable, "PEPPER_KEYS")?,
            audit_keys,
            password_cost: COST,
        })
    }

    /// Where images of the pages may come from, for the content security policy: besides this site, where the logo is.
    pub fn images(&self) -> Option<&str> {
        self.logo.as_ref().map(|logo| logo.origin.as_str()).filter(|origin| *origin != self.origin)
    }

    /// Where people go on after changing how they sign in.
    pub fn own_page(&self) -> String {
        match self.site {
            Site::Edge => self.prefix.path("/profile"),
            Site::Admin => "/".to_owned(),
        }
    }

    /// The link by which someone joins.
    pub fn invite_url(&self, token: &Token) -> String {
        flows::invite_url(&format!("{}{}", self.edge_origin, self.prefix), token)
    }
}

fn needed(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<String, Fault> {
    variable(name).ok_or_else(|| Fault::new(format_args!("{name} is not set")))
}

fn given(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// The origin in a variable.
///
/// # Errors
/// It is missing or malformed.
pub fn origin(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<String, Fault> {
    let origin = needed(variable, name)?;
    match host(&origin) {
        Some(_) => Ok(origin),
        None => Err(Fault::new(format_args!("{name} is not an origin such as https://app.example.com"))),
    }
}

/// What the site is called.
///
/// # Errors
/// The variable is missing or malformed.
pub fn site_name(variable: impl Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let name = needed(variable, "SITE_NAME")?;
    if name.trim().is_empty() || name.len() > 64 || name.contains(':') {
        return Err(Fault::new("SITE_NAME must have 1 to 64 bytes and no colon"));
    }
    Ok(name)
}

/// Whom mails are from: none are sent where it is not set.
///
/// # Errors
/// The variable is malformed.
pub fn mail_from(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Mailbox>, Fault> {
    let from = given(variable, "MAIL_FROM").map(|text| Mailbox::parse(&text)).transpose();
    from.map_err(|problem| Fault::new(format_args!("MAIL_FROM {problem}")))
}

/// The server that mails are handed to, if it is not the platform.
///
/// # Errors
/// The secret is malformed: nothing of it is said.
pub fn mail_server(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Server>, Fault> {
    let server = given(variable, "SMTP_URL").map(|url| Server::parse(&url)).transpose();
    server.map_err(|problem| Fault::new(format_args!("SMTP_URL {problem}")))
}

/// What Airlock's own paths begin with.
///
/// # Errors
/// The variable is malformed.
pub fn prefix(variable: impl Fn(&str) -> Option<String>) -> Result<Prefix, Fault> {
    let prefix = given(variable, "AUTH_PREFIX").map(|path| Prefix::parse(&path)).transpose();
    prefix.map(Option::unwrap_or_default).map_err(|problem| Fault::new(format_args!("AUTH_PREFIX {problem}")))
}

/// Whether a variable is set, to the one `word` that it may be.
///
/// # Errors
/// It is another.
pub fn chosen(variable: impl Fn(&str) -> Option<String>, name: &str, word: &str) -> Result<bool, Fault> {
    match given(variable, name).as_deref() {
        None => Ok(false),
        Some(given) if given == word => Ok(true),
        Some(_) => Err(Fault::new(format_args!("{name} is neither empty nor \"{word}\""))),
    }
}

/// The number in a variable, if it is set: one of those `allowed`, which are `what`.
///
/// # Errors
/// It is none of them.
pub fn number(
    variable: impl Fn(&str) -> Option<String>,
    name: &str,
    allowed: RangeInclusive<i64>,
    what: &str,
) -> Result<Option<i64>, Fault> {
    let number = |text: String| text.parse().ok().filter(|number| allowed.contains(number));
    let checked = |text| number(text).ok_or_else(|| Fault::new(format_args!("{name} is not {what}")));
    given(variable, name).map(checked).transpose()
}

/// What signs the audit, in the name of the admin Worker's host.
///
/// # Errors
/// A variable is missing or malformed.
pub fn audit_keys(variable: impl Fn(&str) -> Option<String>) -> Result<SigningKeys, Fault> {
    let origin = origin(&variable, "ADMIN_ORIGIN")?;
    Ok(SigningKeys::new(host(&origin).unwrap_or_default(), signing_keyring(&variable, "AUDIT_KEYS")?))
}

/// The keys in a variable, none of which may be blank.
///
/// # Errors
/// As [`keyring`], or one is nothing but zeros.
pub fn signing_keyring(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<Keyring, Fault> {
    let keys = keyring(variable, name)?;
    let blank = keys.all().any(Key::is_blank);
    if blank { Err(Fault::new(format_args!("{name}: a key of zeros"))) } else { Ok(keys) }
}

/// The keys in a variable.
///
/// # Errors
/// It is missing or malformed: its name, without its value.
pub fn keyring(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<Keyring, Fault> {
    Keyring::parse(&needed(variable, name)?).map_err(|problem| Fault::new(format_args!("{name}: {problem}")))
}

/// Host and port of an origin, if it is one.
pub fn host(origin: &str) -> Option<&str> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    (!host.is_empty() && !host.contains(['/', '?', '#', ' '])).then_some(host)
}

/// An origin's host without its port; empty if it is no origin.
pub fn host_name(origin: &str) -> &str {
    let host = host(origin).unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
