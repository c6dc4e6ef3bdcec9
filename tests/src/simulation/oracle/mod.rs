//! What must hold, judged from the rows alone and from what was really sent: a second opinion that shares no decision with
//! the product. It sees every transaction as it is made (rows before, rows after, who asked for it) and every answer.
//!
//! It judges *people*, not rows: what each of them really knows and typed, whose power was taken, which browser is known. That
//! is kept here, apart from the tables. A judge in a file of its own for
//! - what was charged for which attempt ([`charges`]), and who is kept out by that;
//! - what each session has proven ([`sessions`]), and for what;
//! - authenticators, recovery codes and known browsers ([`factors`]);
//! - accounts, members and everyone's power ([`accounts`]), and that it ends where it ends;
//! - users, and that what is written down happened ([`effects`]);
//! - answers ([`answers`]): what was let in, shown and asserted.

mod accounts;
mod answers;
mod charges;
mod effects;
mod factors;
mod sessions;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    rc::Rc,
};

use airlock::{
    context::Config,
    factor::{password, recovery::RecoveryCode, totp::Parameters},
    people::session::{BROWSER_COOKIE, BROWSER_TOKEN, Site},
    ports::Now,
    secret::{Sealed, Secret, Token, open},
    web::Request,
};

use super::{
    actors::Act,
    rows::{Authenticator, Invitation, KnownBrowser, Membership, Session, State, Table, User},
};

/// A row of the audit, as far as it is looked at.
#[derive(Clone, Debug)]
pub struct Written {
    pub account_id: String,
    pub actor_id: Option<String>,
    pub target_id: Option<String>,
    pub action: String,
    pub result: String,
}

/// What does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which promise.
    pub invariant: &'static str,
    /// What was seen instead.
    pub what: String,
}

type Verdict = Result<(), Violation>;

/// Hashes and passwords, and whether they belong together.
pub type Compared = Rc<RefCell<BTreeMap<(String, String), bool>>>;

// Of people.
pub const LET_IN: &str = "nobody is let in as a person whose every asked factor they did not prove";
pub const VERIFIED: &str = "an address is asserted as verified only for someone who read its mail";
pub const ELSEWHERE: &str = "no act in one account changes what opens another";
pub const TAKEN: &str = "what was taken opens nothing later";
pub const KEPT_OUT: &str = "nobody but their owner spends a budget that keeps the owner out";
pub const PURPOSE: &str = "a proof counts only for what it was asked for";
pub const SCRIPT: &str = "a script changes and reads nothing that is for people";
pub const STRONGER: &str = "nothing makes anything stronger than itself";
pub const HOLDS: &str = "what is answered is what holds";
// Of what was done.
pub const ONCE: &str = "a code wins once, and steps only grow";
pub const CHARGED: &str = "every wrong attempt is charged before it is compared, and nothing else is";
pub const RESET: &str = "after a reset nothing old opens anything";
pub const WRITTEN: &str = "what happens is written down, and what is written down happened";
pub const WHOLE: &str = "no row is half-written";
pub const CAUSE: &str = "nothing changes but by who may change it";
pub const CLOSED: &str = "it fails closed, and only when something failed";

macro_rules! ensure {
    ($holds:expr, $invariant:expr, $($what:tt)+) => {
        if !$holds {
            return Err($crate::simulation::oracle::Violation { invariant: $invariant, what: format!($($what)+) });
        }
    };
}
use ensure;

/// How far a session has come, judged here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    None,
    Verify,
    Enrol,
    Full,
}

/// What a session was found to be.
#[derive(Clone, Copy, Debug)]
struct Seen {
    stage: Stage,
    /// Everything proven within five minutes, for one's own pages.
    fresh: bool,
    /// A second factor proven within five minutes, for the app.
    stepped_up: bool,
    /// Whether it still was the login that it began as.
    pending: bool,
}

const NOBODY: Seen = Seen { stage: Stage::None, fresh: false, stepped_up: false, pending: false };

/// What was really proven in a session.
#[derive(Clone, Debug)]
struct Proven {
    password_at: i64,
    /// The requirements that held as it began, by account and beginning.
    begun_under: BTreeSet<(String, Option<i64>)>,
    second_factor: Option<&'static str>,
    reauthenticated_at: Option<i64>,
    stepped_up_at: Option<i64>,
}

/// By what a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By a program, or by a page of ours.
    Itself,
    /// By a script of the app, in the user's session.
    Script,
    /// By a form that a script of the app sends, in the user's session.
    Form,
}

/// How a transaction begins: what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// It notes that a session was seen, and how the session is then is what the request is judged by.
    Looks,
    /// It charges an attempt at a code, or finds that none is allowed.
    TriesCode,
    /// The same, at a password.
    TriesPassword,
    Otherwise,
}

/// A request on its way, and what was seen of it so far.
pub struct Job {
    /// What it asks for.
    pub act: Act,
    /// When it arrived.
    pub now: i64,
    /// Whether the database failed it.
    pub failed: bool,
    site: Site,
    by: By,
    /// Whether it is the person themselves who sits there, rather than someone who pretends to be them.
    honest: bool,
    network: String,
    /// Hashes of the session cookie, of the API token and of the browser cookie it came with.
    cookie: Option<String>,
    bearer: Option<String>,
    browser: Option<String>,
    /// What its session was when it was first read.
    seen: Option<Seen>,
    /// Whose session it was.
    user: Option<String>,
    token_good: bool,
    /// What it was decided on.
    decided: String,
    /// The attempt at a code that it was charged for; whether that code was right; the session.
    charge: Option<String>,
    code_right: bool,
    session: Option<String>,
    charged_now: bool,
    returned_now: bool,
    /// Where the attempt at a password was charged, and whether that was right.
    budget: Option<(String, String)>,
    password_right: bool,
    flood_returned: bool,
    /// The session token it made.
    minted: Option<String>,
    /// Recovery codes it made.
    made: BTreeSet<String>,
    /// What it did, by its rows of the audit.
    done: Vec<String>,
}

impl Job {
    /// A request that is about to be sent.
    pub fn new(act: Act, now: Now, config: &Config, request: &Request, by: By, honest: bool) -> Self {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer airlock_"));
        Self {
            act,
            now: now.0,
            failed: false,
            site: config.site,
            by,
            honest,
            network: request.peer().network(),
            cookie: request.cookie(config.site.cookie()).map(|token| hash(token, config.site.token_purpose())),
            bearer: bearer.map(|token| hash(token, "api token")),
            browser: request.cookie(BROWSER_COOKIE).map(|token| hash(token, BROWSER_TOKEN)),
            seen: None,
            user: None,
            token_good: false,
            decided: String::new(),
            charge: None,
            code_right: false,
            session: None,
            charged_now: false,
            returned_now: false,
            budget: None,
            password_right: false,
            flood_returned: false,
            minted: None,
            made: BTreeSet::new(),
            done: Vec::new(),
        }
    }

    /// The code that was sent: a one-time code, or a recovery code.
    fn code(&self) -> Option<Code<'_>> {
        match &self.act {
            Act::Verify { code } => Some(Code::OneTime(code)),
            Act::Recovery { code } => Some(Code::Recovery(code)),
            Act::Reauth { code: Some(code), .. } if code.len() == 6 => Some(Code::OneTime(code)),
            Act::Reauth { code: Some(code), .. } => Some(Code::Recovery(code)),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Code<'c> {
    OneTime(&'c str),
    Recovery(&'c str),
}

/// As the database keeps a token.
fn hash(token: &str, purpose: &str) -> String {
    match (&Token::claimed(token).hash(purpose)).into() {
        airlock::ports::Value::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

/// The judge.
pub struct Oracle {
    /// The rows as they are.
    pub state: State,
    edge: Rc<[Config; 2]>,
    proven: BTreeMap<String, Proven>,
    /// Browsers that are known: their id, and the row as it was made.
    known: BTreeMap<String, KnownBrowser>,
    /// The newest step by which each authenticator won.
    won: BTreeMap<String, i64>,
    /// Steps of authenticators whose code was shown before their time.
    shown: BTreeSet<(String, i64)>,
    /// Attempts at codes, and browsers that became known, by those who pretended to be someone.
    strangers: BTreeSet<String>,
    /// Recovery codes that won, and all factors that were taken away.
    spent: BTreeSet<String>,
    /// Sessions that are worth nothing in an account any more.
    barred: BTreeSet<(String, String)>,
    /// Those of them since this very transaction.
    just_barred: BTreeSet<(String, String)>,
    /// Tokens, links and browsers that are worth nothing any more, by their hashes.
    taken: BTreeSet<String>,
    /// The newest row of the audit that was seen.
    pub seen: i64,
    /// What was compared once, in any world: all begin with the same passwords.
    compared: Compared,
    /// The rows that were last found whole: they still are while none has changed.
    whole: State,
}

impl Oracle {
    /// Of a world as it begins.
    pub fn new(state: State, config: Rc<[Config; 2]>, compared: Compared) -> Self {
        Self {
            state,
            edge: config,
            proven: BTreeMap::new(),
            known: BTreeMap::new(),
            won: BTreeMap::new(),
            shown: BTreeSet::new(),
            strangers: BTreeSet::new(),
            spent: BTreeSet::new(),
            barred: BTreeSet::new(),
            just_barred: BTreeSet::new(),
            taken: BTreeSet::new(),
            seen: 0,
            compared,
            whole: State::default(),
        }
    }

    /// Judges a transaction: it has turned the rows into `after` and written these rows of the audit.
    pub fn transaction(&mut self, job: &mut Job, begins: Begins, after: State, written: &[Written]) -> Verdict {
        let before = std::mem::replace(&mut self.state, after.clone());
        let own = session_of(&before, job.cookie.as_deref()).cloned();
        let done = written.iter().find(|row| row.result == "ok");
        let t = Transaction { b: &before, a: &after, own: own.as_ref(), begins, written, done };
        job.done.extend(written.iter().filter(|row| row.result == "ok").map(|row| row.action.clone()));
        self.takes(job, &t);
        self.scripts(job, &t)?;
        self.charges(job, &t)?;
        // By what was proven before this.
        self.authenticators(job, &t)?;
        self.sessions(job, &t)?;
        self.factors(job, &t)?;
        self.users(job, &t)?;
        self.accounts(job, &t)?;
        self.elsewhere(job, &t)?;
        self.effects(job, &t)?;
        if self.whole != after {
            self.whole(&after)?;
            self.whole = after.clone();
        }
        if begins == Begins::Looks || job.seen.is_none() {
            let session = session_of(&after, job.cookie.as_deref());
            job.seen = Some(self.look(&after, session, job.site, job.now));
            job.user = session.map(|session| session.user_id.clone());
            job.token_good = self.token_good(&after, job);
            job.decided = self.decided(&after, &job.act, session);
        }
        Ok(())
    }

    /// The accounts in which a session is worth something.
    fn counts_in<'s>(&'s self, state: &'s State, session: &'s Session) -> impl Iterator<Item = &'s Membership> {
        active(state, &session.user_id).filter(|m| !self.barred.contains(&(session.id.clone(), m.account_id.clone())))
    }

    /// How far a session has come, and what is fresh in it: the policy in other words, and by what was really proven rather
    /// than by what the session's row says.
    fn look(&self, state: &State, session: Option<&Session>, site: Site, now: i64) -> Seen {
        let Some(session) = session else { return NOBODY };
        let (idle, longest) = if site == Site::Edge { (30, 12 * 60) } else { (15, 8 * 60) };
        let over = session.expires_at <= now
            || session.last_seen_at <= now - idle * MINUTE
            || session.created_at <= now - (longest + 20) * MINUTE;
        let (Some(proven), Some(user)) = (self.proven.get(&session.id), state.users.get(&session.user_id)) else {
            return NOBODY;
        };
        let member_of: Vec<&Membership> = self.counts_in(state, session).collect();
        // Someone who was invited and belongs nowhere so far has something to sign in for.
        let may_join = active(state, &user.id).next().is_none() && waits(state, &user.id);
        let of_account = !member_of.is_empty() || may_join;
        if over || !of_account || site == Site::Admin && member_of.iter().all(|m| m.rank < 2) {
            return NOBODY;
        }
        // An account in which the session is worth nothing any more asks what it asks all the same.
        let held = active(state, &user.id).any(|m| {
            let account = &state.accounts[&m.account_id];
            account.two_factor_required == 1
                && (account.applies == "now"
                    || account.required_since <= Some(proven.password_at)
                    || proven.begun_under.contains(&(account.id.clone(), account.required_since)))
        });
        let has_one = state.authenticators.values().any(|a| a.user_id == user.id);
        let stage = if user.must_enrol == 1 {
            Stage::Enrol
        } else if !(held || user.two_factor_chosen == 1 || site == Site::Admin) {
            Stage::Full
        } else if !has_one {
            Stage::Enrol
        } else if proven.second_factor.is_none() {
            Stage::Verify
        } else if user.code_failures >= 100 && proven.second_factor == Some("recovery") {
            Stage::Enrol
        } else {
            Stage::Full
        };
        let lately = |at: Option<i64>| at.is_some_and(|at| (now - at).abs() < 5 * MINUTE);
        Seen {
            stage,
            fresh: lately(proven.reauthenticated_at),
            stepped_up: lately(proven.stepped_up_at),
            pending: session.pending == 1,
        }
    }

    /// What a script of the app does in its user's session.
    fn scripts(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let for_people = job.by == By::Script && job.act.for_people() || job.by == By::Form && job.act.is_button();
        ensure!(!(for_people && t.done.is_some()), SCRIPT, "{:?} by {:?}", job.act, job.by);
        Ok(())
    }

    /// What an act is decided on and changes: it must not have changed between.
    fn decided(&self, state: &State, act: &Act, own: Option<&Session>) -> String {
        let of = |user: &User, account: &str| {
            let key = format!("{account}/{}", user.id);
            let member = state.memberships.get(&key).map(|m| (m.rank, m.state.clone()));
            let link = state.invitations.get(&key).map(|link| link.token_hash.clone());
            let factors = state.authenticators.values().filter(|one| one.user_id == user.id).map(|one| &one.id);
            format!("{member:?} {link:?} {} {:?}", user.must_enrol, factors.collect::<Vec<_>>())
        };
        match act {
            Act::Reset { account, user } | Act::Change { account, user, .. } | Act::Remove { account, user } => {
                state.users.get(user).map(|user| of(user, account)).unwrap_or_default()
            }
            Act::Invite { account, email, .. } => {
                let user = state.users.values().find(|user| user.email == *email);
                let key = user.map(|user| format!("{account}/{}", user.id)).unwrap_or_default();
                format!("{:?}", state.invitations.get(&key).map(|link| &link.token_hash))
            }
            Act::NewCodes => {
                let codes = own.map(|own| state.recovery_codes.values().filter(|code| code.user_id == own.user_id));
                format!("{:?}", codes.map(|codes| codes.map(|code| code.mac.clone()).collect::<Vec<_>>()))
            }
            _ => String::new(),
        }
    }

    fn is_password(&self, user: &User, password: &str) -> bool {
        let stored = user.password_phc.clone().zip(user.password_key.clone());
        let stored = stored.map(|(phc, key_id)| password::Stored { phc, key_id });
        let config = &self.edge[0];
        stored.is_some_and(|stored| {
            let right = || {
                let password = Secret::new(password.to_owned());
                password::verify(config.password_cost, &config.pepper_keys, Some(&stored), &password).unwrap()
            };
            let key = (stored.phc.clone() + &stored.key_id, password.to_owned());
            *self.compared.borrow_mut().entry(key).or_insert_with(right)
        })
    }

    /// The steps around now whose code this is.
    fn matches(&self, authenticator: &Authenticator, code: &str, now: i64) -> Vec<i64> {
        self.steps(authenticator, code, now, -1..=1)
    }

    fn steps(&self, authenticator: &Authenticator, code: &str, now: i64, around: RangeInclusive<i64>) -> Vec<i64> {
        let sealed = Sealed { text: authenticator.sealed_seed.clone(), key_id: authenticator.seed_key.clone() };
        let seed = open(&self.edge[0].seed_keys, &[&authenticator.user_id, &authenticator.id], &sealed).unwrap();
        let present = now / 30_000;
        around
            .map(|step| present + step)
            .filter(|step| *Parameters::default().code(seed.expose(), *step) == code)
            .collect()
    }

    /// Whether it is a code that the user has, used or not.
    fn is_code(&self, state: &State, user_id: &str, code: Code<'_>, now: i64) -> bool {
        match code {
            Code::OneTime(code) => state
                .authenticators
                .values()
                .any(|one| one.user_id == user_id && !self.matches(one, code, now).is_empty()),
            Code::Recovery(code) => {
                let macs = self.macs(code, user_id);
                state.recovery_codes.values().any(|one| one.user_id == user_id && macs.contains(&one.mac))
            }
        }
    }

    fn macs(&self, code: &str, user_id: &str) -> Vec<String> {
        RecoveryCode::parse(code).map(|code| code.macs(&self.edge[0].pepper_keys, user_id)).unwrap_or_default()
    }

    /// Whether an API token is worth anything: not expired, its maker still an admin there who has a second factor, and
    /// nothing of that was ever taken since it was made.
    fn token_good(&self, state: &State, job: &Job) -> bool {
        job.bearer.as_ref().and_then(|hash| state.api_tokens.get(hash)).is_some_and(|token| {
            let member = state.memberships.get(&format!("{}/{}", token.account_id, token.user_id));
            token.expires_at > job.now
                && member.is_some_and(|m| m.state == "active" && m.rank > 1)
                && state.users[&token.user_id].must_enrol == 0
                && state.authenticators.values().any(|one| one.user_id == token.user_id)
                && !self.taken.contains(&token.token_hash)
        })
    }
}

const MINUTE: i64 = 60_000;

/// One transaction: the rows before and after it, the session it came with, and what it wrote down.
struct Transaction<'t> {
    b: &'t State,
    a: &'t State,
    own: Option<&'t Session>,
    begins: Begins,
    written: &'t [Written],
    done: Option<&'t Written>,
}

impl Transaction<'_> {
    fn is(&self, actions: &[&str]) -> bool {
        self.written.iter().any(|row| row.result == "ok" && actions.contains(&row.action.as_str()))
    }

    fn target(&self) -> Option<&String> {
        // A refused attempt names whom it concerns too.
        self.done.or(self.written.first()).and_then(|row| row.target_id.as_ref())
    }

    fn is_of(&self, user_id: &str, actions: &[&str]) -> bool {
        self.is(actions) && self.target().is_some_and(|target| target == user_id)
    }

    fn actor(&self) -> Option<&String> {
        self.done.and_then(|done| done.actor_id.as_ref())
    }

    fn own_user(&self) -> Option<&String> {
        self.own.map(|own| &own.user_id)
    }
}

/// Rows that differ: as they were, as they are.
fn diff<'t, T: PartialEq>(before: &'t Table<T>, after: &'t Table<T>) -> Vec<(Option<&'t T>, Option<&'t T>)> {
    if Rc::ptr_eq(before, after) {
        return Vec::new();
    }
    let new = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, row)| (None, Some(row)));
    let old = before.iter().map(|(key, row)| (Some(row), after.get(key)));
    new.chain(old).filter(|(before, after)| before != after).collect()
}

fn active<'s>(state: &'s State, user_id: &str) -> impl Iterator<Item = &'s Membership> {
    let user_id = user_id.to_owned();
    state.memberships.values().filter(move |m| m.user_id == user_id && m.state == "active")
}

/// Whether an invitation waits for them.
fn waits(state: &State, user_id: &str) -> bool {
    state.invitations.values().any(|link| link.user_id == user_id)
}

fn session_of<'s>(state: &'s State, token_hash: Option<&str>) -> Option<&'s Session> {
    state.sessions.values().find(|session| Some(session.token_hash.as_str()) == token_hash)
}

fn invited<'s>(state: &'s State, token: &str) -> Option<&'s Invitation> {
    let hash = hash(token, "invitation");
    state.invitations.values().find(|invitation| invitation.token_hash == hash)
}

/// The rank of an active member; 0 of anyone else.
fn rank(state: &State, account: &str, user: &str) -> i64 {
    state.memberships.get(&format!("{account}/{user}")).filter(|m| m.state == "active").map_or(0, |m| m.rank)
}

fn rank_of_role(name: &str) -> i64 {
    ["", "member", "admin", "owner"]
        .iter()
        .position(|role| *role == name)
        .and_then(|at| i64::try_from(at).ok())
        .unwrap()
}
