//! One transaction: the rows before and after it, the session it came with, what it wrote down, and what the oracle learned
//! from it.

use std::collections::BTreeSet;

use super::job::{Code, Job, NOBODY, Seen, hash};
use crate::simulation::rows::{Changes, CodeAttempt, Invitation, Session, State};

/// A minute, and what is made of minutes.
pub const MINUTE: i64 = 60_000;
pub const QUARTER: i64 = 15 * MINUTE;
pub const HOUR: i64 = 60 * MINUTE;

/// What takes every authenticator away.
pub const GONE: [&str; 4] = ["two_factor_reset", "break_glass", "two_factor_disabled", "started_over"];

/// What gives or takes authenticators, and clears wrong codes.
pub const FACTOR: [&str; 5] = ["enrol", "two_factor_disabled", "two_factor_reset", "break_glass", "started_over"];

/// A row in the audit, as far as the oracle reads it.
#[derive(Clone, Debug)]
pub struct Written {
    pub account_id: String,
    pub actor_id: Option<String>,
    pub target_id: Option<String>,
    pub action: String,
    pub result: String,
    pub event: String,
}

/// How a transaction begins: what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// It notes that a session was seen. How the session stands then is what the request is judged by.
    Looks,
    /// It charges an attempt at a code, or finds that none is allowed.
    TriesCode,
    /// The same, at a password.
    TriesPassword,
    Otherwise,
}

/// One transaction.
pub struct Transaction<'t> {
    pub before: &'t State,
    pub after: &'t State,
    pub changed: Changes<'t>,
    /// The session that the request came with.
    pub own: Option<&'t Session>,
    pub begins: Begins,
    pub written: &'t [Written],
    /// The row in the audit that says what was done.
    pub done: Option<&'t Written>,
    pub news: News,
}

/// What the oracle learned from a transaction.
pub struct News {
    /// How the request's own session stood before it, and by which second factor.
    pub stood: Seen,
    pub second_factor: Option<&'static str>,
    /// Whether an attempt at a code was charged in it, or given back.
    pub charged: bool,
    pub returned: bool,
    /// Whether an attempt, at a code or a password, was charged before, with the same form.
    pub again: bool,
    /// Whether a right password was given back to a flood.
    pub flood_returned: bool,
    /// The second factor that the request's own session was moved on by.
    pub proof: Option<Proof>,
    /// Sessions that are worth nothing in an account since this very transaction.
    pub barred: BTreeSet<(String, String)>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            stood: NOBODY,
            second_factor: None,
            charged: false,
            returned: false,
            again: false,
            flood_returned: false,
            proof: None,
            barred: BTreeSet::new(),
        }
    }
}

/// A second factor that a session was moved on by.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// A new authenticator: its code is looked at where the authenticator appears.
    SetUp,
    /// A code that was right and unused: which kind, whether it is used up by this, and whether it never won before.
    Won { factor: &'static str, used_up: bool, first: bool },
    /// A code that was wrong, or used.
    Lost,
}

impl Proof {
    /// What it proves.
    pub fn factor(self) -> Option<&'static str> {
        match self {
            Self::SetUp => Some("totp"),
            Self::Won { factor, .. } => Some(factor),
            Self::Lost => None,
        }
    }
}

impl<'t> Transaction<'t> {
    /// A transaction of a request.
    pub fn new(job: &Job, begins: Begins, before: &'t State, after: &'t State, written: &'t [Written]) -> Self {
        Self {
            before,
            after,
            changed: Changes::between(before, after),
            own: before.session_of(job.cookie.as_deref()),
            begins,
            written,
            done: written.iter().find(|row| row.result == "ok"),
            news: News::default(),
        }
    }

    /// Whether one of these is written down.
    pub fn is(&self, actions: &[&str]) -> bool {
        self.written.iter().any(|row| row.result == "ok" && actions.contains(&row.action.as_str()))
    }

    /// Whom it is done to. A refused attempt names them too.
    pub fn target(&self) -> Option<&'t String> {
        self.done.or(self.written.first()).and_then(|row| row.target_id.as_ref())
    }

    /// Whether one of these was done to this user.
    pub fn is_of(&self, user_id: &str, actions: &[&str]) -> bool {
        self.is(actions) && self.target().is_some_and(|target| target == user_id)
    }

    /// Whether the login of this user ended, and its address is someone else's from now on.
    pub fn starts_over(&self, user_id: &str) -> bool {
        self.is_of(user_id, &["started_over"])
    }

    /// Whoever did it.
    pub fn actor(&self) -> Option<&'t String> {
        self.done.and_then(|done| done.actor_id.as_ref())
    }

    /// Whether it is written down for this account.
    pub fn is_told(&self, account_id: &str) -> bool {
        self.written.iter().any(|row| row.result == "ok" && row.account_id == account_id)
    }

    /// The sessions that it begins.
    pub fn begun(&self) -> impl Iterator<Item = &'t Session> {
        self.changed.sessions.iter().filter(|(old, _)| old.is_none()).filter_map(|(_, new)| *new)
    }

    /// The request's own session, if it goes on under a new token: as it was, as it is.
    pub fn moved(&self, job: &Job) -> Option<(&'t Session, &'t Session)> {
        let moved = |(old, new): &(Option<&'t Session>, Option<&'t Session>)| Some(((*old)?, (*new)?));
        self.changed
            .sessions
            .iter()
            .filter_map(moved)
            .find(|(old, new)| old.token_hash != new.token_hash && job.cookie.as_ref() == Some(&old.token_hash))
    }

    /// An attempt at a code that is charged in it, with the session and the code.
    pub fn charge<'j>(&self, job: &'j Job) -> Option<(&'t CodeAttempt, &'t Session, Code<'j>)> {
        let charged = |row: &&CodeAttempt| self.news.charged && job.charge.as_ref() == Some(&row.id);
        let new = self.changed.code_attempts.iter().filter_map(|(_, new)| *new).find(charged)?;
        Some((new, self.own?, job.code()?))
    }

    /// Whether an attempt at a password is charged in it, to this budget.
    pub fn charges_password(&self, subject: &str, source: &str) -> bool {
        let key = format!("{subject}/{source}");
        let (was, is) = (self.before.password_budgets.get(&key), self.after.password_budgets.get(&key));
        is.is_some() && was.map(|row| &row.charge) != is.map(|row| &row.charge)
    }

    /// The admin's act that it does: in which account, and who does it.
    pub fn admins_act<'j>(&self, job: &'j Job) -> Option<(&'j str, &'t str)> {
        let (account, done) = (job.act.account()?, self.done?);
        Some((account, done.actor_id.as_deref().unwrap_or_default()))
    }

    /// The users who can sign in otherwise than before, as an act in one account may change it.
    pub fn touched(&self, account: &str) -> BTreeSet<&'t str> {
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        let changed = &self.changed;
        touched
            .extend(changed.users.iter().filter_map(|(old, new)| Some((*old)?.id.as_str()).filter(|_| new.is_some())));
        touched.extend(changed.authenticators.iter().filter_map(|(old, _)| Some((*old)?.user_id.as_str())));
        touched.extend(changed.recovery_codes.iter().filter_map(|(old, _)| Some((*old)?.user_id.as_str())));
        touched.extend(changed.browsers.iter().filter_map(|(old, _)| Some((*old)?.user_id.as_str())));
        let elsewhere = changed.api_tokens.iter().filter_map(|(old, new)| (*old).filter(|_| new.is_none()));
        touched.extend(elsewhere.filter(|old| old.account_id != account).map(|old| old.user_id.as_str()));
        touched
    }
}

/// The invitation that a link is.
pub fn invitation<'s>(state: &'s State, token: &str) -> Option<&'s Invitation> {
    let hash = hash(token, "invitation");
    state.invitations.values().find(|invitation| invitation.token_hash == hash)
}

/// The rank that a role has.
pub fn rank_of_role(name: &str) -> i64 {
    ["", "member", "admin", "owner"]
        .iter()
        .position(|role| *role == name)
        .and_then(|at| i64::try_from(at).ok())
        .unwrap()
}
