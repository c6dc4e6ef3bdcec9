//! What must hold, judged from the rows alone and from what was really sent: a second opinion that shares no decision with
//! the product. It sees every transaction as it is made (rows before, rows after, who asked for it) and every answer.
//!
//! Three kinds of judgement:
//! - *What changed was asked for*: each row that appears, changes or goes is traced to a request that may do that, with the
//!   password, code or seed really proven. What a session has proven is kept here, apart from its row.
//! - *What is written down happened*, and what happened is written down: a row of the audit and its effects come together.
//! - *What was let in had proven what is asked*, by the policy as README promises it, stated once more in [`Oracle::stage`].

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use airlock::{
    audit,
    context::Config,
    http::Response,
    password,
    ports::Now,
    recovery::RecoveryCode,
    secret::{Sealed, Secret, Token, open},
    session::{BROWSER_COOKIE, BROWSER_TOKEN, Site},
    throttle,
    totp::Parameters,
};

use super::{
    actors::Act,
    rows::{Account, ApiToken, Authenticator, Invitation, Membership, Session, State, Table, User},
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

pub const ASKED: &str = "nothing reaches a full session without what the policy asks";
pub const ONCE: &str = "a code wins once, and steps only grow";
pub const CHARGED: &str = "every attempt is charged before it is compared";
pub const RESET: &str = "after a reset nothing old opens anything";
pub const WRITTEN: &str = "what happens is written down, and what is written down happened";
pub const WHOLE: &str = "no row is half-written";
pub const CAUSE: &str = "nothing changes but by who may change it";
pub const CLOSED: &str = "it fails closed, and only when something failed";

macro_rules! ensure {
    ($holds:expr, $invariant:expr, $($what:tt)+) => {
        if !$holds {
            return Err(Violation { invariant: $invariant, what: format!($($what)+) });
        }
    };
}

/// How far a session has come, judged here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    None,
    Verify,
    Enrol,
    Full,
}

/// What a session has really proven.
#[derive(Clone, Debug)]
struct Proven {
    password_at: i64,
    second_factor: Option<&'static str>,
    reauthenticated_at: Option<i64>,
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
    /// Hashes of the session cookie and of the API token it came with.
    cookie: Option<String>,
    bearer: Option<String>,
    device: Option<String>,
    /// How far its session had come, and whether it was fresh, when it was first read.
    stage: Option<(Stage, bool)>,
    /// Whose session it was, or who was invited.
    user: Option<String>,
    token_good: bool,
    charged: bool,
    password_charged: bool,
    /// The session token it made.
    minted: Option<String>,
    /// What it did, by its rows of the audit.
    done: Vec<String>,
}

impl Job {
    /// A request that is about to be sent.
    pub fn new(act: Act, now: Now, config: &Config, request: &airlock::http::Request) -> Self {
        let hash = |token: &str, purpose: &str| text((&Token::claimed(token).hash(purpose)).into());
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer airlock_"));
        Self {
            act,
            now: now.0,
            failed: false,
            site: config.site,
            cookie: request.cookie(config.site.cookie()).map(|token| hash(token, config.site.token_purpose())),
            bearer: bearer.map(|token| hash(token, "api token")),
            device: request.cookie(BROWSER_COOKIE).map(|token| hash(token, BROWSER_TOKEN)),
            stage: None,
            user: None,
            token_good: false,
            charged: false,
            password_charged: false,
            minted: None,
            done: Vec::new(),
        }
    }
}

fn text(value: airlock::ports::Value) -> String {
    match value {
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
    /// The newest step by which each authenticator won.
    won: BTreeMap<String, i64>,
    /// Recovery codes that won, and all that was taken away by resets.
    spent: BTreeSet<String>,
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
            won: BTreeMap::new(),
            spent: BTreeSet::new(),
            seen: 0,
            compared,
            whole: State::default(),
        }
    }

    /// Judges a transaction: it has turned the rows into `after` and written these rows of the audit. `looks`: it notes that
    /// the session was seen, and how the session is then is what the request is judged by.
    pub fn transaction(&mut self, job: &mut Job, looks: bool, after: State, written: &[Written]) -> Verdict {
        let before = std::mem::replace(&mut self.state, after.clone());
        let own = self.session(&before, job.cookie.as_deref()).cloned();
        let t = Transaction { b: &before, a: &after, own: own.as_ref(), written, done: done(written) };
        job.done.extend(written.iter().filter(|row| row.result == "ok").map(|row| row.action.clone()));
        self.charges(job, &t)?;
        self.sessions(job, &t)?;
        self.factors(job, &t)?;
        self.people(job, &t)?;
        self.accounts(job, &t)?;
        self.effects(job, &t)?;
        if self.whole != after {
            whole(&after)?;
            self.whole = after.clone();
        }
        if looks || job.stage.is_none() {
            let session = self.session(&after, job.cookie.as_deref());
            job.stage = Some(self.stage(&after, session, job.site, job.now));
            job.user = match &job.act {
                Act::Join { token, .. } => invited(&after, token).map(|invitation| invitation.user_id.clone()),
                _ => session.map(|session| session.user_id.clone()),
            };
            job.token_good = token_good(&after, job);
        }
        Ok(())
    }

    fn session<'s>(&self, state: &'s State, token_hash: Option<&str>) -> Option<&'s Session> {
        state.sessions.values().find(|session| Some(session.token_hash.as_str()) == token_hash)
    }

    /// How far a session has come, and whether it was proven again within five minutes: the policy in other words, and by
    /// what was really proven rather than by what the session's row says.
    fn stage(&self, state: &State, session: Option<&Session>, site: Site, now: i64) -> (Stage, bool) {
        let Some(session) = session else { return (Stage::None, false) };
        let (idle, longest) = if site == Site::Edge { (30, 12 * 60) } else { (15, 8 * 60) };
        let over = session.expires_at <= now
            || session.last_seen_at <= now - idle * MINUTE
            || session.created_at <= now - (longest + 20) * MINUTE;
        let (Some(proven), Some(user)) = (self.proven.get(&session.id), state.users.get(&session.user_id)) else {
            return (Stage::None, false);
        };
        let member_of: Vec<&Membership> = active(state, &user.id).collect();
        if over || member_of.is_empty() || site == Site::Admin && member_of.iter().all(|m| m.rank < 2) {
            return (Stage::None, false);
        }
        let held = member_of.iter().any(|m| {
            let account = &state.accounts[&m.account_id];
            let at_once = account.applies == "now";
            account.two_factor_required == 1 && (at_once || account.required_since <= Some(proven.password_at))
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
        (stage, proven.reauthenticated_at.is_some_and(|at| now - at < 5 * MINUTE))
    }

    /// Attempts: who may try at all, and that each is counted before it is compared.
    fn charges(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        let config = self.edge.clone();
        let subject = |email: &str| throttle::subject(&config[0].pepper_keys, email);
        for (before, after) in diff(&t.b.throttles, &t.a.throttles) {
            let Some(row) = before.or(after) else { continue };
            let Some(after) = after else {
                if matches!(job.act, Act::Tick) && job.now - row.updated_at >= 24 * 60 * MINUTE {
                    continue;
                }
                let cleared = match row.scope.as_str() {
                    "password" if job.site == Site::Admin => t.is(&["login", "verify", "recovery", "reauth"]),
                    "password" => t.is(&["login", "reauth", "password"]),
                    _ => t.is(&["verify", "recovery", "reauth", "enrol", "two_factor_reset", "break_glass"]),
                };
                let theirs = t.target().is_some_and(|id| {
                    row.subject == *id || t.b.users.get(id).is_some_and(|user| row.subject == subject(&user.email))
                });
                ensure!(cleared && theirs, CHARGED, "a budget was cleared: {row:?}");
                continue;
            };
            let was = before.map_or(0, |row| row.failures);
            ensure!(after.failures == was + 1, CHARGED, "{was} attempts became {}: {after:?}", after.failures);
            let paused = before.is_some_and(|row| row.blocked_until > job.now);
            ensure!(!paused, CHARGED, "an attempt in a pause: {before:?}");
            let (from, first, longest) =
                if row.scope == "password" { (10, 1_000, 15 * MINUTE) } else { (5, 30_000, 60 * MINUTE) };
            let doublings = u32::try_from((after.failures - from).clamp(0, 20)).unwrap();
            let pause = if after.failures < from { 0 } else { job.now + longest.min(first * 2_i64.pow(doublings)) };
            ensure!(after.blocked_until == pause, CHARGED, "a pause until {pause} is {after:?}");
            if row.scope == "password" {
                let email = match (&job.act, &job.user) {
                    (Act::Login { email, .. }, _) => Some(email.clone()),
                    (Act::Join { .. } | Act::Reauth { .. } | Act::Password { .. }, Some(user)) => {
                        Some(t.b.users[user].email.clone())
                    }
                    _ => None,
                };
                ensure!(
                    email.is_some_and(|email| subject(&email) == row.subject),
                    CAUSE,
                    "{row:?} for another's attempt"
                );
                job.password_charged = true;
            } else {
                ensure!(
                    matches!(job.act, Act::Verify { .. } | Act::Recovery { .. } | Act::Reauth { .. }),
                    CAUSE,
                    "{row:?} for no attempt"
                );
                let Some(own) = t.own.filter(|own| own.user_id == row.subject && own.browser == row.device) else {
                    ensure!(false, CAUSE, "{row:?} for another's attempt");
                    continue;
                };
                let user = (&t.b.users[&own.user_id], &t.a.users[&own.user_id]);
                let session = t.a.sessions.get(&own.id);
                ensure!(user.1.code_failures == user.0.code_failures + 1, CHARGED, "not counted: {:?}", user.1);
                ensure!(
                    session.is_some_and(|session| session.attempts == own.attempts + 1),
                    CHARGED,
                    "not counted in {session:?}"
                );
                ensure!(own.pending == 0 || own.attempts < 5, CHARGED, "a sixth attempt in {own:?}");
                let one_time = match &job.act {
                    Act::Reauth { code: Some(code), .. } => code.len() == 6,
                    act => matches!(act, Act::Verify { .. }),
                };
                ensure!(!one_time || user.0.code_failures < 100, CHARGED, "a one-time code after a hundred failures");
                job.charged = true;
            }
        }
        for (before, after) in diff(&t.b.users, &t.a.users) {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let (was, is) = (before.code_failures, after.code_failures);
            let counted = is == was + 1 && job.charged;
            let by_code = match &job.act {
                Act::Reauth { code: Some(code), .. } => code.len() == 6,
                act => !matches!(act, Act::Recovery { .. } | Act::Reauth { .. }),
            };
            let cleared = is == 0
                && by_code
                && t.is(&["verify", "reauth", "enrol", "two_factor_disabled", "two_factor_reset", "break_glass"])
                && t.target() == Some(&after.id);
            ensure!(was == is || counted || cleared, CHARGED, "{was} failures of {} became {is}", after.id);
        }
        Ok(())
    }

    /// Sessions: begun by a password, moved on by what was proven, ended by who may end them.
    fn sessions(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.sessions, &t.a.sessions) {
            match (before, after) {
                (None, Some(new)) => {
                    let Act::Login { email, password } = &job.act else {
                        ensure!(false, ASKED, "a session out of nothing: {new:?}");
                        continue;
                    };
                    let user = t.b.users.values().find(|user| user.email == *email);
                    let right = user.is_some_and(|user| user.id == new.user_id && self.is_password(user, password));
                    ensure!(right && job.password_charged, ASKED, "a session without the password: {new:?}");
                    ensure!(active(t.b, &new.user_id).count() > 0, ASKED, "a session of nobody: {new:?}");
                    ensure!(t.is(&["login"]) && t.target() == Some(&new.user_id), WRITTEN, "a login not written down");
                    let limit = if job.site == Site::Edge { 12 * 60 } else { 8 * 60 } * MINUTE;
                    let begun = new.second_factor.is_none()
                        && new.reauthenticated_at.is_none()
                        && new.attempts == 0
                        && (new.password_at, new.created_at, new.last_seen_at) == (job.now, job.now, job.now)
                        && new.site == job.site.name()
                        && new.expires_at <= job.now + limit;
                    let device = job.device.clone();
                    ensure!(
                        begun && new.browser == device.unwrap_or_default(),
                        ASKED,
                        "more than a login gives: {new:?}"
                    );
                    let proven = Proven { password_at: job.now, second_factor: None, reauthenticated_at: None };
                    self.proven.insert(new.id.clone(), proven);
                    job.minted = Some(new.token_hash.clone());
                }
                (Some(old), Some(new)) => self.moved(job, t, old, new)?,
                (Some(old), None) => {
                    ensure!(self.may_end(job, t, old), CAUSE, "a session ended without cause: {old:?}")
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// A session that goes on: nothing of it changes but what was proven in it.
    fn moved(&mut self, job: &mut Job, t: &Transaction<'_>, old: &Session, new: &Session) -> Verdict {
        let fixed = |s: &Session| (s.user_id.clone(), s.site.clone(), s.browser.clone(), s.password_at, s.created_at);
        ensure!(fixed(old) == fixed(new), ASKED, "{old:?} became {new:?}");
        let is_own = job.cookie.as_ref() == Some(&old.token_hash);
        ensure!(is_own, CAUSE, "someone else's {old:?} became {new:?}");
        if old.token_hash == new.token_hash {
            let same = old.second_factor == new.second_factor
                && (old.pending, old.reauthenticated_at, old.expires_at)
                    == (new.pending, new.reauthenticated_at, new.expires_at)
                && new.last_seen_at >= old.last_seen_at
                && (new.attempts == old.attempts || new.attempts == old.attempts + 1 && job.charged);
            ensure!(same, ASKED, "{old:?} became {new:?} under the same token");
            return Ok(());
        }
        let user = &t.b.users[&old.user_id];
        let (action, second_factor, again) = match &job.act {
            Act::Verify { code } => ("verify", Some(self.code_wins(job, t, user, code)?), job.site == Site::Admin),
            Act::Recovery { code } => ("recovery", Some(self.recovery_wins(t, user, code)?), job.site == Site::Admin),
            Act::Reauth { password, code } => {
                ensure!(
                    self.is_password(user, password) && job.password_charged,
                    ASKED,
                    "proven again by a wrong password"
                );
                let has_one = t.b.authenticators.values().any(|a| a.user_id == user.id);
                let second_factor = match code {
                    Some(code) if code.len() == 6 && has_one => Some(self.code_wins(job, t, user, code)?),
                    Some(code) if has_one => Some(self.recovery_wins(t, user, code)?),
                    _ => None,
                };
                ensure!(second_factor.is_some() || !has_one, ASKED, "proven again without the second factor");
                ("reauth", second_factor, true)
            }
            // The code itself is looked at where the authenticator appears.
            Act::Confirm { .. } => {
                ("enrol", Some("totp"), job.site == Site::Admin && job.now - old.password_at < 5 * MINUTE)
            }
            Act::Password { current, new } => {
                let right = self.is_password(user, current) && self.is_password(&t.a.users[&user.id], new);
                ensure!(right && job.password_charged, ASKED, "a password changed without the present one");
                ("password", None, false)
            }
            _ => {
                ensure!(false, ASKED, "{old:?} moved on by itself: {new:?}");
                return Ok(());
            }
        };
        ensure!(t.is(&[action]), WRITTEN, "{action} is not written down");
        let proven = self.proven.get_mut(&old.id).unwrap();
        proven.second_factor = second_factor.or(proven.second_factor);
        proven.reauthenticated_at = if again { Some(job.now) } else { proven.reauthenticated_at };
        let says = (new.second_factor.as_deref(), new.reauthenticated_at);
        ensure!(says == (proven.second_factor, proven.reauthenticated_at), ASKED, "{new:?} has really {proven:?}");
        let limit = if job.site == Site::Edge { 12 * 60 } else { 8 * 60 } + 20;
        ensure!(new.expires_at <= new.created_at + limit * MINUTE, ASKED, "longer than a session may last: {new:?}");
        job.minted = Some(new.token_hash.clone());
        Ok(())
    }

    /// Whether a session may have ended: by its own user, by its time, or by an admin of an account that its user joined.
    fn may_end(&self, job: &Job, t: &Transaction<'_>, session: &Session) -> bool {
        let own = t.own.filter(|own| own.user_id == session.user_id);
        let other = own.is_some_and(|own| own.id != session.id);
        let shown = job.cookie.as_ref() == Some(&session.token_hash);
        let joined = |account: &str| {
            t.b.memberships.get(&format!("{account}/{}", session.user_id)).is_some_and(|m| m.state != "invited")
        };
        match &job.act {
            Act::Login { email, .. } => {
                let waiting = t.b.sessions.values().filter(|s| s.user_id == session.user_id && s.pending == 1).count();
                let same = t.b.users[&session.user_id].email == *email;
                shown || same && (session.expires_at <= job.now || session.pending == 1 && waiting >= 5)
            }
            Act::Logout => shown,
            Act::Tick => session.expires_at <= job.now,
            Act::EndSession { id } => own.is_some() && *id == session.id,
            Act::EndOthers
            | Act::Confirm { .. }
            | Act::Disable
            | Act::RemoveAuthenticator { .. }
            | Act::Password { .. } => other && t.done.is_some(),
            Act::Reset { account, user } | Act::Remove { account, user } => {
                *user == session.user_id && joined(account) && t.done.is_some()
            }
            Act::Change { account, user, active: Some(false), .. } => {
                *user == session.user_id && joined(account) && t.done.is_some()
            }
            Act::Recover { user } => *user == session.user_id,
            _ => false,
        }
    }

    /// Authenticators, recovery codes and set-ups.
    fn factors(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let taken = ["two_factor_reset", "break_glass", "two_factor_disabled"];
        for (before, after) in diff(&t.b.authenticators, &t.a.authenticators) {
            match (before, after) {
                (None, Some(new)) => {
                    let setup = t.own.and_then(|own| t.b.enrolments.get(&own.id)).filter(|setup| {
                        setup.id == new.id && setup.user_id == new.user_id && setup.sealed_seed == new.sealed_seed
                    });
                    let Act::Confirm { code, .. } = &job.act else {
                        ensure!(false, ASKED, "an authenticator out of nothing: {new:?}");
                        continue;
                    };
                    ensure!(setup.is_some_and(|setup| setup.expires_at > job.now), ASKED, "no set-up for {new:?}");
                    let right = self.matches(new, code, job.now).contains(&new.last_step);
                    ensure!(right && t.is(&["enrol"]), ASKED, "set up without a right code: {new:?}");
                    ensure!(!self.spent.contains(&new.id), RESET, "{new:?} came back");
                    self.won.insert(new.id.clone(), new.last_step);
                }
                (Some(old), Some(new)) => {
                    let fixed = |a: &Authenticator| (a.user_id.clone(), a.name.clone(), a.sealed_seed.clone());
                    ensure!(fixed(old) == fixed(new), CAUSE, "{old:?} became {new:?}");
                    let theirs = t.own_user() == Some(&new.user_id)
                        || matches!(job.act, Act::Verify { .. } | Act::Reauth { .. })
                            && t.target() == Some(&new.user_id);
                    ensure!(theirs, CAUSE, "someone else's {old:?} became {new:?}");
                    ensure!(new.last_step > old.last_step, ONCE, "a step back: {old:?} became {new:?}");
                }
                (Some(old), None) => {
                    let locked = t.b.users[&old.user_id].code_failures >= 100;
                    let replaced = t.is(&["enrol"])
                        && (locked
                            || t.a.authenticators.values().any(|a| a.user_id == old.user_id && a.name == old.name));
                    let removed =
                        matches!(&job.act, Act::RemoveAuthenticator { id } if *id == old.id && t.done.is_some());
                    ensure!(
                        (replaced || removed || t.is(&taken)) && t.target() == Some(&old.user_id),
                        CAUSE,
                        "an authenticator went: {old:?}"
                    );
                    self.spent.insert(old.id.clone());
                }
                (None, None) => {}
            }
        }
        for (before, after) in diff(&t.b.recovery_codes, &t.a.recovery_codes) {
            match (before, after) {
                (Some(old), Some(new)) => {
                    let used = t.is(&["recovery", "reauth"]) && old.used_at.is_none() && self.spent.contains(&new.mac);
                    ensure!(used, ONCE, "{old:?} became {new:?}");
                }
                (Some(old), None) => {
                    let may = t.is(&taken) || t.is(&["enrol", "recovery_codes"]);
                    ensure!(may && t.target() == Some(&old.user_id), CAUSE, "a recovery code went: {old:?}");
                    self.spent.insert(old.mac.clone());
                }
                (None, Some(new)) => {
                    let may = t.is(&["enrol", "recovery_codes"]) && t.target() == Some(&new.user_id);
                    ensure!(may && new.used_at.is_none(), ASKED, "a recovery code out of nothing: {new:?}");
                    ensure!(!self.spent.contains(&new.mac), RESET, "{new:?} came back");
                }
                (None, None) => {}
            }
        }
        for (before, after) in diff(&t.b.enrolments, &t.a.enrolments) {
            if let Some(new) = after {
                let own = t.own.filter(|own| own.id == new.session_id && own.user_id == new.user_id);
                let began = matches!(job.act, Act::Begin) && own.is_some();
                let lapsed = before.is_none_or(|before| before.expires_at <= job.now);
                ensure!(began && lapsed, CAUSE, "a set-up out of nothing: {new:?}");
                let allowed = matches!(job.stage, Some((Stage::Enrol, _) | (Stage::Full, true)));
                ensure!(allowed, ASKED, "a set-up begun in stage {:?}", job.stage);
            } else if let Some(old) = before {
                let ended = !t.a.sessions.contains_key(&old.session_id);
                let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                let may =
                    ended || lapsed || t.is(&["enrol", "two_factor_disabled"]) && t.target() == Some(&old.user_id);
                ensure!(may, CAUSE, "a set-up went: {old:?}");
            }
        }
        Ok(())
    }

    /// Users: names, passwords and switches.
    fn people(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.users, &t.a.users) {
            let (Some(old), Some(new)) = (before, after) else {
                let invited = matches!(&job.act, Act::Invite { .. }) && t.is(&["member_invited"]);
                ensure!(before.is_none() && invited, WRITTEN, "{before:?} became {after:?}");
                continue;
            };
            let target = t.target() == Some(&new.id);
            ensure!(old.email == new.email, CAUSE, "{old:?} became {new:?}");
            if old.name != new.name {
                ensure!(
                    target && t.is(&["renamed", "member_changed", "member_joined"]),
                    CAUSE,
                    "renamed: {old:?} became {new:?}"
                );
            }
            if old.password_phc != new.password_phc {
                let set = match &job.act {
                    // The same password, hashed anew.
                    Act::Login { password, .. } => {
                        t.is(&["login"]) && self.is_password(old, password) && self.is_password(new, password)
                    }
                    Act::Password { current, new: next } => {
                        t.is(&["password"]) && self.is_password(old, current) && self.is_password(new, next)
                    }
                    Act::Join { password, .. } => {
                        t.is(&["member_joined"]) && old.password_phc.is_none() && self.is_password(new, password)
                    }
                    _ => false,
                };
                ensure!(target && set, CAUSE, "another password: {old:?} became {new:?}");
            }
            if old.two_factor_chosen != new.two_factor_chosen {
                let action = if new.two_factor_chosen == 1 { "enrol" } else { "two_factor_disabled" };
                ensure!(target && t.is(&[action]), CAUSE, "the switch: {old:?} became {new:?}");
            }
            if old.must_enrol != new.must_enrol {
                let by: &[&str] = if new.must_enrol == 1 { &["two_factor_reset", "break_glass"] } else { &["enrol"] };
                ensure!(target && t.is(by), ASKED, "what a reset asks: {old:?} became {new:?}");
            }
            if old.codes_kept != new.codes_kept {
                let by_act = match (&job.act, new.codes_kept.as_str()) {
                    (Act::Kept { code }, "kept") => {
                        let macs = self.macs(code, &new.id);
                        t.a.recovery_codes.values().any(|c| c.used_at.is_none() && macs.contains(&c.mac))
                    }
                    (Act::Later, "postponed") => old.codes_kept == "due",
                    (_, "due") => target && t.is(&["enrol", "recovery_codes"]),
                    (_, "kept") => target && t.is(&["two_factor_reset", "break_glass", "two_factor_disabled"]),
                    _ => false,
                };
                ensure!(by_act, CAUSE, "recovery codes kept: {old:?} became {new:?}");
            }
        }
        Ok(())
    }

    /// Accounts, members, invitations and API tokens: changed by an admin of that account, within their rank, or by who
    /// was invited.
    fn accounts(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        // Its numbers follow the memberships, whoever changes those.
        let policy = |row: &Account| (row.two_factor_required, row.required_since, row.applies.clone());
        for (before, after) in diff(&t.b.accounts, &t.a.accounts) {
            if before.is_some() && before.map(policy) == after.map(policy) {
                continue;
            }
            let asked = match (&job.act, before, after) {
                (Act::Require { account, required, applies }, Some(old), Some(new)) => {
                    let since = match (old.two_factor_required, *required) {
                        (1, true) => old.required_since,
                        _ => Some(job.now),
                    };
                    new.id == *account
                        && new.two_factor_required == i64::from(*required)
                        && new.applies == *applies
                        && new.required_since == since
                }
                _ => false,
            };
            ensure!(asked && t.is(&["policy"]), CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        for (before, after) in diff(&t.b.memberships, &t.a.memberships) {
            let asked = match (before, after) {
                (Some(old), Some(new)) if (old.rank, &old.state) == (new.rank, &new.state) => {
                    t.is(&["enrol", "two_factor_disabled", "two_factor_reset", "break_glass"])
                }
                (Some(old), Some(new)) if old.state == "invited" && new.state == "active" => {
                    old.rank == new.rank
                        && t.is(&["member_joined"])
                        && matches!(&job.act, Act::Join { token, .. } if invited(t.b, token).is_some_and(|i| {
                            (&i.account_id, &i.user_id) == (&new.account_id, &new.user_id) && i.expires_at > job.now
                        }))
                }
                (Some(old), Some(new)) if old.state == "invited" => {
                    old.state == new.state && t.is(&["member_invited", "member_changed"])
                }
                (Some(_), Some(_)) => t.is(&["member_changed"]),
                (None, Some(new)) => new.state == "invited" && t.is(&["member_invited"]),
                (Some(_), None) => t.is(&["member_removed"]),
                (None, None) => true,
            };
            let row = before.or(after).unwrap();
            let theirs = t.target() == Some(&row.user_id);
            let here = t.is(&["enrol", "two_factor_disabled", "two_factor_reset", "break_glass"])
                || t.written.iter().any(|written| written.account_id == row.account_id);
            ensure!(asked && theirs && here, CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        for (before, after) in diff(&t.b.invitations, &t.a.invitations) {
            let asked = match (before, after) {
                (Some(_), None) => t.is(&["member_joined", "member_removed"]),
                _ => t.is(&["member_invited", "member_changed"]),
            };
            let row = before.or(after).unwrap();
            ensure!(asked && t.target() == Some(&row.user_id), CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        for (before, after) in diff(&t.b.api_tokens, &t.a.api_tokens) {
            let asked = match (before, after) {
                (Some(old), Some(new)) => {
                    let used = ApiToken { last_used_at: new.last_used_at, ..old.clone() };
                    *new == used && job.bearer.as_ref() == Some(&new.token_hash)
                }
                (Some(_), None) => t.is(&["token_revoked", "member_removed"]),
                (None, Some(new)) => t.is(&["token_made"]) && t.actor() == Some(&new.user_id),
                (None, None) => true,
            };
            ensure!(asked, CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        self.authority(job, t)
    }

    /// Whether an admin's act was theirs to do.
    fn authority(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let (account, target) = match &job.act {
            Act::Require { account, .. } | Act::MakeToken { account } | Act::RevokeToken { account, .. } => {
                (account, None)
            }
            Act::Invite { account, email, .. } => {
                (account, t.b.users.values().find(|user| user.email == *email).map(|user| &user.id))
            }
            Act::Reset { account, user } | Act::Change { account, user, .. } | Act::Remove { account, user } => {
                (account, Some(user))
            }
            _ => return Ok(()),
        };
        let Some(done) = t.done else {
            // An act that is not written down has not happened.
            let unchanged = t.b.users == t.a.users && t.b.memberships == t.a.memberships;
            ensure!(unchanged, WRITTEN, "changed, and not written down: {:?}", job.act);
            return Ok(());
        };
        let rank = |user: &str, account: &str| {
            t.b.memberships.get(&format!("{account}/{user}")).filter(|m| m.state == "active").map_or(0, |m| m.rank)
        };
        let actor = done.actor_id.clone().unwrap_or_default();
        let own = rank(&actor, account);
        ensure!(done.account_id == *account && own > 1, CAUSE, "{actor} is no admin of {account}: {:?}", job.act);
        match &job.bearer {
            None => {
                let theirs = t.own.is_some_and(|session| session.user_id == actor && session.site == "admin");
                ensure!(theirs, CAUSE, "not by the session of {actor}: {:?}", job.act);
                ensure!(job.stage == Some((Stage::Full, true)), ASKED, "in stage {:?}: {:?}", job.stage, job.act);
            }
            Some(hash) => {
                let token = t.b.api_tokens.get(hash);
                let theirs = token.is_some_and(|token| token.user_id == actor && token.account_id == *account);
                let waits = t.b.users[&actor].must_enrol == 1;
                ensure!(theirs && job.token_good && !waits, CAUSE, "not by the token of {actor}: {:?}", job.act);
            }
        }
        let role = |role: &str| ["", "member", "admin", "owner"].iter().position(|name| *name == role).unwrap();
        let granted = match &job.act {
            Act::Change { role: Some(name), .. } | Act::Invite { role: name, .. } => role(name),
            _ => 0,
        };
        let granted = i64::try_from(granted).unwrap();
        let held = target.and_then(|user| t.b.memberships.get(&format!("{account}/{user}"))).map_or(0, |m| m.rank);
        ensure!(granted <= own && held <= own, CAUSE, "above their rank: {:?}", job.act);
        if let (Act::Reset { .. }, Some(user)) = (&job.act, target) {
            let above =
                t.b.memberships
                    .values()
                    .any(|m| m.user_id == *user && m.state != "invited" && m.rank > rank(&actor, &m.account_id).max(1));
            ensure!(!above && *user != actor, CAUSE, "above their rank, or their own: {:?}", job.act);
        }
        Ok(())
    }

    /// What is written down happened: all of it, in this very transaction.
    fn effects(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let Some(done) = t.done else { return Ok(()) };
        let a = t.a;
        let user = done.target_id.clone().unwrap_or_default();
        let sessions: Vec<&Session> = a.sessions.values().filter(|session| session.user_id == user).collect();
        let others = sessions.iter().any(|session| Some(&session.id) != t.own.map(|own| &own.id));
        let (authenticators, codes) = (
            a.authenticators.values().filter(|one| one.user_id == user).count(),
            a.recovery_codes.values().filter(|one| one.user_id == user).count(),
        );
        let moved = |action: &str| -> Verdict {
            ensure!(job.minted.is_some(), WRITTEN, "{action} is written down, and no session came of it");
            ensure!(
                !a.sessions.values().any(|session| Some(&session.token_hash) == job.cookie.as_ref()),
                WHOLE,
                "{action}: the token before it still works"
            );
            Ok(())
        };
        match (done.action.as_str(), &job.act) {
            ("login" | "verify" | "recovery" | "reauth", _) => moved(&done.action)?,
            ("enrol", _) => {
                moved("enrol")?;
                ensure!(!others, WHOLE, "other sessions live on after a set-up: {sessions:?}");
                ensure!(authenticators > 0 && codes == 10 && a.users[&user].must_enrol == 0, WHOLE, "half a set-up");
                ensure!(!a.enrolments.values().any(|setup| setup.user_id == user), WHOLE, "a set-up is still open");
            }
            ("two_factor_reset" | "break_glass", _) => {
                ensure!(sessions.is_empty(), RESET, "sessions live on: {sessions:?}");
                let left = (authenticators, codes, a.users[&user].must_enrol, a.users[&user].code_failures);
                ensure!(left == (0, 0, 1, 0), RESET, "authenticators, codes, must_enrol, failures: {left:?}");
                let locked = a.throttles.values().any(|row| row.scope == "code" && row.subject == user);
                ensure!(!locked, RESET, "a lock lives on");
            }
            ("two_factor_disabled", _) => {
                ensure!(!others && authenticators == 0 && codes == 0, WHOLE, "half of two-factor login is off");
                let required = active(a, &user).any(|m| a.accounts[&m.account_id].two_factor_required == 1);
                ensure!(!required, ASKED, "two-factor login is off while it is required of {user}");
            }
            ("authenticator_removed", Act::RemoveAuthenticator { id }) => {
                ensure!(!a.authenticators.contains_key(id), WRITTEN, "{id} was not removed");
                ensure!(!others && authenticators > 0, WHOLE, "sessions live on, or the last authenticator is gone");
            }
            ("password", _) => {
                moved("password")?;
                ensure!(!others, WHOLE, "other sessions live on after a new password: {sessions:?}");
            }
            ("recovery_codes", _) => ensure!(codes == 10, WHOLE, "{codes} recovery codes"),
            ("session_ended", Act::EndSession { id }) => {
                ensure!(!a.sessions.contains_key(id), WRITTEN, "{id} did not end");
            }
            ("sessions_ended", _) => ensure!(!others, WRITTEN, "others live on: {sessions:?}"),
            ("logout", _) => ensure!(self.session(a, job.cookie.as_deref()).is_none(), WRITTEN, "it did not end"),
            ("policy", Act::Require { account, required, .. }) => {
                let is = a.accounts[account].two_factor_required == 1;
                ensure!(is == *required, WRITTEN, "the requirement is {is}");
            }
            ("member_changed", Act::Change { account, role, active, .. }) => {
                let member = &a.memberships[&format!("{account}/{user}")];
                let rank =
                    role.map(|role| ["", "member", "admin", "owner"].iter().position(|name| *name == role).unwrap());
                ensure!(rank.is_none_or(|rank| usize::try_from(member.rank) == Ok(rank)), WRITTEN, "{member:?}");
                ensure!(active.is_none_or(|active| active == (member.state == "active")), WRITTEN, "{member:?}");
                ensure!(*active != Some(false) || sessions.is_empty(), WHOLE, "sessions live on: {sessions:?}");
            }
            ("member_removed", Act::Remove { account, .. }) => {
                let key = format!("{account}/{user}");
                ensure!(!a.memberships.contains_key(&key), WRITTEN, "{user} is still there");
                ensure!(!a.invitations.contains_key(&key), WHOLE, "an invitation of {user} is still there");
                let tokens = a.api_tokens.values().any(|token| token.user_id == user && token.account_id == *account);
                ensure!(!tokens, WHOLE, "tokens of {user} are still there");
            }
            ("member_invited", Act::Invite { account, .. }) => {
                let key = format!("{account}/{user}");
                ensure!(
                    a.memberships.contains_key(&key) && a.invitations.contains_key(&key),
                    WHOLE,
                    "half an invitation"
                );
            }
            ("member_joined", Act::Join { token, .. }) => {
                ensure!(invited(a, token).is_none(), ONCE, "an invitation that was used is still there");
                let joined = active(a, &user).any(|m| m.account_id == done.account_id);
                ensure!(joined && a.users[&user].password_phc.is_some(), WHOLE, "{user} has not joined");
            }
            ("renamed", Act::Rename { name }) => ensure!(a.users[&user].name == *name, WRITTEN, "not renamed"),
            ("token_made", Act::MakeToken { .. }) => {
                ensure!(a.api_tokens.len() == t.b.api_tokens.len() + 1, WRITTEN, "no token was made");
            }
            ("token_revoked", Act::RevokeToken { id, .. }) => {
                ensure!(!a.api_tokens.values().any(|token| token.id == *id), WRITTEN, "it is still there");
            }
            (action, act) => ensure!(false, WRITTEN, "{action} is written down for {act:?}"),
        }
        Ok(())
    }

    /// Judges an answer, at the moment of the last transaction that it rests on.
    pub fn answer(&self, job: &Job, response: &Response) -> Verdict {
        let status = response.status;
        ensure!(
            (status == 503) == job.failed,
            CLOSED,
            "{status} when the database {}",
            if job.failed { "failed" } else { "had not failed" }
        );
        ensure!(status < 500 || status == 503, CLOSED, "{status}: {}", response.body);
        let cookie = response.headers.iter().filter(|(name, _)| *name == "set-cookie").find_map(|(_, cookie)| {
            let (name, value) = cookie.split(';').next()?.split_once('=')?;
            (name == job.site.cookie() && !value.is_empty())
                .then(|| text((&Token::claimed(value).hash(job.site.token_purpose())).into()))
        });
        if let Some(cookie) = &cookie {
            ensure!(!job.failed, CLOSED, "a cookie with a 503");
            let real = job.minted.as_ref() == Some(cookie) && self.session(&self.state, Some(cookie)).is_some();
            ensure!(real, WHOLE, "a cookie without a session");
        }
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
        let ok = (200..300).contains(&status);
        let (stage, fresh) = job.stage.unwrap_or((Stage::None, false));
        // The stage at this very moment: the rows have not changed since it was last looked at.
        let present = || {
            let session = self.session(&self.state, job.cookie.as_deref());
            self.stage(&self.state, session, job.site, job.now).0
        };
        match &job.act {
            Act::Gate if !job.failed => {
                let stage = present();
                ensure!(ok == (stage == Stage::Full), ASKED, "{status} at the gate in stage {stage:?}");
            }
            Act::Session if !job.failed => {
                let stage = present();
                let said = body["stage"].as_str().unwrap_or("none");
                let is = match stage {
                    Stage::None => "none",
                    Stage::Verify => "verify",
                    Stage::Enrol => "enrol",
                    Stage::Full => "full",
                };
                ensure!(said == is, ASKED, "told {said} in stage {stage:?}");
            }
            Act::Logout if ok => {
                ensure!(self.session(&self.state, job.cookie.as_deref()).is_none(), CAUSE, "signed out, and still in");
            }
            _ => {}
        }
        if job.failed {
            return Ok(());
        }
        let compared = ok || status == 401 && body["code"] == "invalid_code";
        let code_sent = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => true,
            // Without an authenticator no code is asked for, and one that is sent is not looked at.
            Act::Reauth { code, .. } => code.is_some() && body["code"] == "invalid_code",
            _ => false,
        };
        ensure!(!(code_sent && compared) || job.charged, CHARGED, "compared and not charged: {:?}", job.act);
        if !ok {
            return Ok(());
        }
        let expected = match &job.act {
            Act::Login { .. } => Some("login"),
            Act::Verify { .. } => Some("verify"),
            Act::Recovery { .. } => Some("recovery"),
            Act::Confirm { .. } => Some("enrol"),
            Act::Reauth { .. } => Some("reauth"),
            Act::Disable => Some("two_factor_disabled"),
            Act::RemoveAuthenticator { .. } => Some("authenticator_removed"),
            Act::NewCodes => Some("recovery_codes"),
            Act::Rename { .. } => Some("renamed"),
            Act::Password { .. } => Some("password"),
            Act::EndSession { .. } => Some("session_ended"),
            Act::EndOthers => Some("sessions_ended"),
            Act::Join { .. } => Some("member_joined"),
            Act::Reset { .. } => Some("two_factor_reset"),
            Act::Invite { .. } => Some("member_invited"),
            Act::Change { .. } => Some("member_changed"),
            Act::Remove { .. } => Some("member_removed"),
            Act::MakeToken { .. } => Some("token_made"),
            Act::RevokeToken { .. } => Some("token_revoked"),
            _ => None,
        };
        if let Some(action) = expected {
            ensure!(job.done.iter().any(|done| done == action), WRITTEN, "{status} and no {action}: {:?}", job.act);
        }
        let allowed = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => stage == Stage::Verify,
            Act::Begin | Act::Confirm { .. } => stage == Stage::Enrol || stage == Stage::Full && fresh,
            Act::Disable | Act::RemoveAuthenticator { .. } | Act::NewCodes => stage == Stage::Full && fresh,
            Act::Kept { .. } | Act::Later | Act::Rename { .. } | Act::Password { .. } | Act::Reauth { .. } => {
                stage == Stage::Full
            }
            Act::EndSession { .. } | Act::EndOthers | Act::Profile => stage == Stage::Full,
            Act::Members { account } => {
                let member = |session: &Session| {
                    let rank = self.state.memberships.get(&format!("{account}/{}", session.user_id));
                    rank.is_some_and(|m| m.rank > 1 && m.state == "active")
                };
                match job.bearer {
                    Some(_) => job.token_good,
                    None => {
                        stage == Stage::Full && self.session(&self.state, job.cookie.as_deref()).is_some_and(member)
                    }
                }
            }
            _ => true,
        };
        ensure!(allowed, ASKED, "{status} in stage {stage:?}, fresh {fresh}: {:?}", job.act);
        Ok(())
    }

    /// Judges how many rows point at what is not there.
    pub fn dangling(&self, rows: usize) -> Verdict {
        ensure!(rows == 0, WHOLE, "{rows} rows point at what is not there");
        Ok(())
    }

    /// Judges the export of an account: one chain from its first row to its last.
    pub fn export(&self, account: &str, export: &str, rows: usize) -> Verdict {
        let verified = audit::verify(export, &[]);
        let whole =
            verified.as_ref().is_ok_and(|verified| verified.rows == rows && verified.begins == audit::Begins::First);
        ensure!(whole, WRITTEN, "the audit of {account} with {rows} rows: {verified:?}");
        Ok(())
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
        let sealed = Sealed { text: authenticator.sealed_seed.clone(), key_id: authenticator.seed_key.clone() };
        let seed = open(&self.edge[0].seed_keys, &[&authenticator.user_id, &authenticator.id], &sealed).unwrap();
        let present = now / 30_000;
        (present - 1..=present + 1).filter(|step| *Parameters::default().code(seed.expose(), *step) == code).collect()
    }

    /// That a one-time code is right, not used before, and used up by this.
    fn code_wins(
        &mut self,
        job: &Job,
        t: &Transaction<'_>,
        user: &User,
        code: &str,
    ) -> Result<&'static str, Violation> {
        let won = t.b.authenticators.values().filter(|one| one.user_id == user.id).find_map(|one| {
            let steps = self.matches(one, code, job.now);
            let step = steps.into_iter().find(|step| *step > one.last_step)?;
            Some((one.id.clone(), step))
        });
        let Some((id, step)) = won else {
            return Err(Violation { invariant: ONCE, what: format!("{code} of {} is wrong or was used", user.id) });
        };
        let used_up = t.a.authenticators.get(&id).is_some_and(|one| one.last_step >= step);
        let newer = self.won.get(&id).is_none_or(|last| *last < step);
        self.won.insert(id, step);
        if !used_up || !newer || !job.charged {
            let what = format!("{code} of {}: used up {used_up}, newer {newer}, charged {}", user.id, job.charged);
            return Err(Violation { invariant: if job.charged { ONCE } else { CHARGED }, what });
        }
        Ok("totp")
    }

    /// The same of a recovery code.
    fn recovery_wins(&mut self, t: &Transaction<'_>, user: &User, code: &str) -> Result<&'static str, Violation> {
        let macs = self.macs(code, &user.id);
        let row = t.b.recovery_codes.values().find(|row| row.user_id == user.id && macs.contains(&row.mac));
        let used_up = row.is_some_and(|row| {
            let after = t.a.recovery_codes.get(&format!("{}/{}", row.user_id, row.mac));
            row.used_at.is_none() && after.is_some_and(|after| after.used_at.is_some())
        });
        let once = row.is_some_and(|row| self.spent.insert(row.mac.clone()));
        if !used_up || !once {
            let what = format!("{code} of {}: used up {used_up}, the first time {once}", user.id);
            return Err(Violation { invariant: ONCE, what });
        }
        Ok("recovery")
    }

    fn macs(&self, code: &str, user_id: &str) -> Vec<String> {
        RecoveryCode::parse(code).map(|code| code.macs(&self.edge[0].pepper_keys, user_id)).unwrap_or_default()
    }
}

const MINUTE: i64 = 60_000;

/// One transaction: the rows before and after it, the session it came with, and what it wrote down.
struct Transaction<'t> {
    b: &'t State,
    a: &'t State,
    own: Option<&'t Session>,
    written: &'t [Written],
    done: Option<&'t Written>,
}

impl Transaction<'_> {
    fn is(&self, actions: &[&str]) -> bool {
        self.done.is_some_and(|done| actions.contains(&done.action.as_str()))
    }

    fn target(&self) -> Option<&String> {
        // A refused attempt names whom it concerns too.
        self.done.or(self.written.first()).and_then(|row| row.target_id.as_ref())
    }

    fn actor(&self) -> Option<&String> {
        self.done.and_then(|done| done.actor_id.as_ref())
    }

    fn own_user(&self) -> Option<&String> {
        self.own.map(|own| &own.user_id)
    }
}

fn done(written: &[Written]) -> Option<&Written> {
    written.iter().find(|row| row.result == "ok")
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
    state.memberships.values().filter(move |m| m.user_id == user_id && m.state == "active")
}

fn invited<'s>(state: &'s State, token: &str) -> Option<&'s Invitation> {
    let hash = text((&Token::claimed(token).hash("invitation")).into());
    state.invitations.values().find(|invitation| invitation.token_hash == hash)
}

/// Whether an API token is worth anything: not expired, and its maker still an admin there who has a second factor.
fn token_good(state: &State, job: &Job) -> bool {
    job.bearer.as_ref().and_then(|hash| state.api_tokens.get(hash)).is_some_and(|token| {
        let member = state.memberships.get(&format!("{}/{}", token.account_id, token.user_id));
        token.expires_at > job.now
            && member.is_some_and(|m| m.state == "active" && m.rank > 1)
            && state.users[&token.user_id].must_enrol == 0
            && state.authenticators.values().any(|one| one.user_id == token.user_id)
    })
}

/// What holds of the rows at any moment.
fn whole(state: &State) -> Verdict {
    for m in state.memberships.values() {
        let enrolled = m.state != "invited" && state.authenticators.values().any(|one| one.user_id == m.user_id);
        ensure!((m.enrolled == 1) == enrolled, WHOLE, "{m:?}");
    }
    for account in state.accounts.values() {
        let active = state.memberships.values().filter(|m| m.account_id == account.id && m.state == "active");
        ensure!(active.clone().any(|m| m.rank == 3), WHOLE, "{} has no owner", account.id);
        let counted = active.fold((0, 0), |(members, enrolled), m| (members + 1, enrolled + m.enrolled));
        ensure!((account.members, account.enrolled) == counted, WHOLE, "{account:?} has really {counted:?}");
    }
    for user in state.users.values() {
        let authenticators = state.authenticators.values().filter(|one| one.user_id == user.id).count();
        let codes = state.recovery_codes.values().filter(|one| one.user_id == user.id).count();
        let sessions = state.sessions.values().filter(|session| session.user_id == user.id);
        let waiting = sessions.clone().filter(|session| session.pending == 1).count();
        ensure!(authenticators <= 10 && codes <= 10 && waiting <= 5, WHOLE, "too many of something: {user:?}");
        ensure!(codes == 0 || authenticators > 0, WHOLE, "recovery codes without an authenticator: {user:?}");
        ensure!(user.codes_kept == "kept" || codes > 0, WHOLE, "no codes to be kept: {user:?}");
        ensure!(user.must_enrol == 0 || authenticators == 0, RESET, "an authenticator after a reset: {user:?}");
        let nobody = active(state, &user.id).next().is_none();
        ensure!(!nobody || sessions.count() == 0, WHOLE, "a session of who may not sign in: {user:?}");
    }
    for session in state.sessions.values() {
        ensure!(session.attempts <= 5 || session.pending == 0, CHARGED, "{session:?}");
    }
    Ok(())
}
