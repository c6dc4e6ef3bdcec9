//! A request on its way, and what has been seen of it so far: who sent it, what its session was, what it was charged for,
//! what it did.

use std::collections::BTreeSet;

use airlock::{
    context::Config,
    people::session::{BROWSER_COOKIE, BROWSER_TOKEN, Site},
    ports::{Now, Value},
    secret::Token,
    web::{Body, Request},
};

use base64ct::{Base64, Encoding};

use crate::simulation::actors::{Act, Waits};

/// How far a session has come, in the oracle's judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    None,
    Verify,
    Enrol,
    Full,
}

/// How a session stood.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub stage: Stage,
    /// Every factor was proven within five minutes, for the person's own pages.
    pub fresh: bool,
    /// A second factor was proven within five minutes, for the app.
    pub stepped_up: bool,
    /// It was still the login that it began as.
    pub pending: bool,
}

/// How no session stands.
pub const NOBODY: Seen = Seen { stage: Stage::None, fresh: false, stepped_up: false, pending: false };

impl Seen {
    /// Whether it may change how the person signs in.
    pub fn is_fresh(&self) -> bool {
        matches!(self.stage, Stage::Enrol | Stage::Full) && self.fresh
    }
}

/// What sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A program, or one of Airlock's own pages.
    Itself,
    /// A page, which is looked at or whose form is sent.
    Page,
    /// A script of the app, in the user's session.
    Script,
    /// A form that a script of the app sends, in the user's session.
    Form,
}

/// A request on its way.
pub struct Job {
    /// What it asks for.
    pub act: Act,
    /// When it arrived.
    pub now: i64,
    /// Whether the database failed it.
    pub failed: bool,
    pub site: Site,
    pub by: By,
    /// Whether the person is there in person, rather than someone who pretends to be them.
    pub honest: bool,
    pub network: String,
    /// Whether mails are sent.
    pub mails: bool,
    /// Hashes of the session cookie, the API token, the service token and the browser cookie that it came with.
    pub cookie: Option<String>,
    pub bearer: Option<String>,
    pub service: Option<String>,
    pub browser: Option<String>,
    /// Tells the form that it is from every other, if it is one with a page's key; and whether it was done.
    pub form: Option<String>,
    pub did: bool,
    /// Whether it has asked what its form was answered before.
    pub recalls: bool,
    /// The proof that it has waited for, if it has: that form, and the session cookie that it came with.
    pub proof: Option<(String, String)>,
    /// How its session stood when it was first read, and which one that was.
    pub seen: Option<Seen>,
    pub own: Option<String>,
    /// After how many transactions of the world that was, and whose session it was.
    pub looked: usize,
    pub user: Option<String>,
    /// And that one's address at that moment.
    pub email: Option<String>,
    pub token_good: bool,
    /// What it was decided on.
    pub decided: String,
    /// The attempt at a code that it was charged for, whether that code was right, and the session.
    pub charge: Option<String>,
    pub code_right: bool,
    /// As of when the code is compared: with the same form as before, as of then. And whether it was another request that was charged.
    pub compared_at: i64,
    pub again: bool,
    /// Whether nobody was signed in any more as it was charged, so that it was not compared.
    pub uncompared: bool,
    pub session: Option<String>,
    /// Where the attempt at a password was charged, and whether the password was right.
    pub budget: Option<(String, String)>,
    pub password_right: bool,
    pub flood_returned: bool,
    /// The session token it made.
    pub minted: Option<String>,
    /// The recovery codes it made.
    pub made: BTreeSet<String>,
    /// Whether a recovery code had let its user in within the time that a set-up waits: it may have been the last.
    pub lost: bool,
    /// What its session had made last, as it was first read, of what is shown once in this account.
    pub newest: Option<String>,
    /// What it did, by its rows in the audit.
    pub done: Vec<String>,
    /// Whether there was a moment at which it had nothing to do: no other session to end, no two-factor login to turn off.
    pub needless: bool,
}

/// A code that was sent.
#[derive(Clone, Copy, Debug)]
pub enum Code<'c> {
    OneTime(&'c str),
    Recovery(&'c str),
}

impl Job {
    /// A request that is about to be sent.
    pub fn new(act: Act, now: Now, config: &Config, request: &Request, by: By, honest: bool) -> Self {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer airlock_"));
        let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let basic = basic.map(|encoded| String::from_utf8(Base64::decode_vec(encoded).unwrap()).unwrap());
        let service = basic.and_then(|pair| Some(pair.split_once(":airlock_svc_")?.1.to_owned()));
        Self {
            cookie: request.cookie(config.site.cookie()).map(|token| hash(token, config.site.token_purpose())),
            bearer: bearer.map(|token| hash(token, "api token")),
            service: service.map(|token| hash(&token, "service token")),
            browser: request.cookie(BROWSER_COOKIE).map(|token| hash(token, BROWSER_TOKEN)),
            form: form(request),
            mails: config.mail_from.is_some(),
            ..Self::begun(act, now.0, config.site, by, honest, request.peer().network())
        }
    }

    /// What has waited for this proof, as it is done in the session with this token.
    pub fn then(&self, waits: &Waits, token: &str) -> Self {
        Self {
            failed: self.failed,
            mails: self.mails,
            cookie: Some(token.to_owned()),
            minted: Some(token.to_owned()),
            browser: self.browser.clone(),
            form: waits.form.clone(),
            proof: self.form.clone().zip(self.cookie.clone()),
            ..Self::begun(waits.act.clone(), self.now, self.site, self.by, self.honest, self.network.clone())
        }
    }

    fn begun(act: Act, now: i64, site: Site, by: By, honest: bool, network: String) -> Self {
        Self {
            act,
            now,
            failed: false,
            site,
            by,
            honest,
            network,
            mails: false,
            cookie: None,
            bearer: None,
            service: None,
            browser: None,
            form: None,
            did: false,
            recalls: false,
            proof: None,
            seen: None,
            own: None,
            looked: 0,
            user: None,
            email: None,
            token_good: false,
            decided: String::new(),
            charge: None,
            code_right: false,
            compared_at: now,
            again: false,
            session: None,
            budget: None,
            password_right: false,
            flood_returned: false,
            minted: None,
            made: BTreeSet::new(),
            lost: false,
            newest: None,
            done: Vec::new(),
            needless: false,
            uncompared: false,
        }
    }

    /// The code that was sent.
    pub fn code(&self) -> Option<Code<'_>> {
        match &self.act {
            Act::Verify { code } => Some(Code::OneTime(code)),
            Act::Recovery { code } => Some(Code::Recovery(code)),
            Act::Reauth { code: Some(code), .. } if code.len() == 6 => Some(Code::OneTime(code)),
            Act::Reauth { code: Some(code), .. } => Some(Code::Recovery(code)),
            _ => None,
        }
    }

    /// How its session stood when it was first read.
    pub fn seen(&self) -> Seen {
        self.seen.unwrap_or(NOBODY)
    }

    /// Whether a script asks for what is for people alone.
    pub fn oversteps(&self) -> bool {
        self.by == By::Script && self.act.for_people() || self.by == By::Form && self.act.takes_key()
    }

    /// The known browser in which an attempt at a password was counted; empty where it was counted by network.
    pub fn known_browser_used(&self) -> &str {
        let source = self.budget.as_ref().map_or("", |(_, source)| source);
        if source == self.network { "" } else { source }
    }
}

/// Where a form goes that tells its page from others, and all that is in it; of a login, the page alone.
fn form(request: &Request) -> Option<String> {
    let Body::Whole(body) = &request.body else { return None };
    let body = String::from_utf8_lossy(body).into_owned();
    if let Some((_, page)) = body.split_once("\"form\":\"") {
        return page.split('"').next().map(|page| format!("{} {page}", request.path));
    }
    let keyed = body.contains("\"key\":") || body.starts_with("key=");
    keyed.then(|| format!("{} {body}", request.path))
}

/// A token as the database keeps it.
pub fn hash(token: &str, purpose: &str) -> String {
    match (&Token::claimed(token).hash(purpose)).into() {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    }
}
