//! Bugs that the simulation must find. None is in the product: each is planted between it and the database, by changing
//! the text of a statement, leaving one out, tearing a transaction apart, or altering the rows that come back.

use std::cell::{Cell, RefCell};

use airlock::ports::{Fault, Rows, Statement, Value};
use serde_json::{Map, Value as Json};

use super::{Between, Memory, others};

/// A row as the core reads it.
type Row = Map<String, Json>;

/// A bug.
#[derive(Debug)]
pub struct Bug {
    /// What it is called.
    pub name: &'static str,
    /// How it is planted.
    plant: Plant,
}

#[derive(Debug)]
enum Plant {
    /// In every statement with the first text, the second stands in its place.
    Replace(&'static str, &'static str),
    /// Every statement with this text is left out.
    Leave(&'static str),
    /// The statement with this text, and all after it, run in a transaction of their own.
    Tear(&'static str),
    /// This expression is worked out beforehand, by a statement of its own with the same values.
    Before(&'static str, &'static str),
    /// The rows of statements with this text are altered.
    Alter(&'static str, fn(&mut Row)),
    /// The rows of statements with this text are kept for a minute.
    Keep(&'static str),
    /// A fault becomes an answer without rows.
    Swallow,
}

/// A bug in a world.
pub(super) struct Planted {
    bug: &'static Bug,
    chances: Cell<u64>,
    memory: RefCell<Memory>,
}

impl Planted {
    pub(super) fn new(bug: &'static Bug) -> Self {
        Self { bug, chances: Cell::new(0), memory: RefCell::default() }
    }

    pub(super) fn chances(&self) -> u64 {
        self.chances.get()
    }

    /// Counts a chance, if there is one.
    fn chance(&self, there: bool) -> bool {
        self.chances.set(self.chances.get() + u64::from(there));
        there
    }

    /// The transactions that become of one.
    pub(super) fn parts(&self, mut statements: Vec<Statement>) -> Vec<Vec<Statement>> {
        let Plant::Tear(text) = self.bug.plant else { return vec![statements] };
        match statements.iter().position(|statement| statement.sql.contains(text)) {
            Some(at) if self.chance(at > 0) => {
                let rest = statements.split_off(at);
                vec![statements, rest]
            }
            _ => vec![statements],
        }
    }

    /// What becomes of the statements.
    pub(super) async fn statements(&self, between: &Between<'_>, mut statements: Vec<Statement>) -> Vec<Statement> {
        for statement in &mut statements {
            match self.bug.plant {
                Plant::Replace(from, to) if self.chance(statement.sql.contains(from)) => {
                    statement.sql = text(statement.sql.replace(from, to));
                }
                Plant::Leave(text) if self.chance(statement.sql.contains(text)) => {
                    *statement = Statement { sql: "SELECT 1 WHERE 0", params: Vec::new() };
                }
                Plant::Before(expression, read) if self.chance(statement.sql.contains(expression)) => {
                    let read = Statement { sql: read, params: statement.params.clone() };
                    let rows = between.world.db.run(vec![read]).remove(0);
                    others().await;
                    let value = rows.0.first().and_then(|row| row.values().next()).cloned().unwrap_or_default();
                    statement.sql = text(statement.sql.replace(expression, &value.to_string()));
                }
                _ => {}
            }
        }
        statements
    }

    /// What becomes of a fault.
    pub(super) fn fault(&self, statements: usize, fault: Fault) -> Result<Vec<Rows>, Fault> {
        match self.chance(matches!(self.bug.plant, Plant::Swallow)) {
            true => Ok(vec![Rows::default(); statements]),
            false => Err(fault),
        }
    }

    /// What becomes of the rows.
    pub(super) fn rows(&self, statements: &[Statement], results: &mut [Rows], now: i64) {
        for (statement, rows) in statements.iter().zip(results) {
            match self.bug.plant {
                Plant::Alter(text, alter) if statement.sql.contains(text) => {
                    self.chance(!rows.0.is_empty());
                    rows.0.iter_mut().for_each(alter);
                }
                Plant::Keep(text) if statement.sql.contains(text) => {
                    let Some(Value::Text(key)) = statement.params.first() else { continue };
                    let mut memory = self.memory.borrow_mut();
                    match memory.get(key).filter(|(at, _)| now - at < 60_000) {
                        Some((_, kept)) => {
                            self.chance(true);
                            *rows = kept.clone();
                        }
                        None => drop(memory.insert(key.clone(), (now, rows.clone()))),
                    }
                }
                _ => {}
            }
        }
    }
}

/// A statement's text lasts as long as the program; there are only so many.
fn text(sql: String) -> &'static str {
    thread_local! {
        static TEXTS: RefCell<std::collections::HashSet<&'static str>> = RefCell::default();
    }
    TEXTS.with_borrow_mut(|texts| match texts.get(sql.as_str()) {
        Some(text) => text,
        None => {
            let text: &'static str = sql.leak();
            texts.insert(text);
            text
        }
    })
}

fn set(row: &mut Row, column: &str, value: impl Into<Json>) {
    if row.contains_key(column) {
        row.insert(column.to_owned(), value.into());
    }
}

const fn bug(name: &'static str, plant: Plant) -> Bug {
    Bug { name, plant }
}

/// All of them.
pub const BUGS: &[Bug] = &[
    // Codes.
    bug("a used code is refused where it is read, not where it wins", Plant::Replace("a.last_step < ?10", "?10 = ?10")),
    bug(
        "a code wins if it is not the last one, rather than later",
        Plant::Replace("a.last_step < ?10", "a.last_step <> ?10"),
    ),
    bug(
        "a code is used up in a transaction of its own",
        Plant::Tear("UPDATE authenticators SET last_step = ?2, last_used_at"),
    ),
    bug("a recovery code is not used up", Plant::Leave("UPDATE recovery_codes SET used_at")),
    bug(
        "a used recovery code wins",
        Plant::Replace("r.user_id = sessions.user_id AND r.used_at IS NULL", "r.user_id = sessions.user_id"),
    ),
    // Attempts.
    bug(
        "failures are read, then written",
        Plant::Before(
            "code_failures + 1",
            "SELECT u.code_failures + 1 FROM users u JOIN sessions s ON s.user_id = u.id WHERE s.token_hash = ?1 AND ?2 <> ''",
        ),
    ),
    bug("the attempts of a login are not counted", Plant::Leave("UPDATE sessions SET attempts = attempts + 1")),
    bug("a sixth code in one login", Plant::Replace("s.attempts < ?8", "?8 > 0")),
    bug("a pause holds nobody", Plant::Replace("WHERE blocked_until <= ?4", "WHERE ?4 > 0")),
    bug("after a hundred failures codes go on", Plant::Replace("u.code_failures < ?9", "?9 > 0")),
    bug(
        "a right code clears everyone's failures",
        Plant::Replace("scope = 'code' AND subject = ?1 AND device = ?2", "scope = 'code' AND ?1 <> ?2"),
    ),
    // The policy.
    bug(
        "a login that waits for its code is taken for full",
        Plant::Alter("FROM visits", |row| {
            let proven = row.get("second_factor").is_some_and(|factor| !factor.is_null());
            if !proven {
                set(row, "second_factor", "totp");
            }
        }),
    ),
    bug("`now` holds from the next login", Plant::Alter("FROM visits", |row| set(row, "applies", "next_login"))),
    bug(
        "a requirement holds a minute late",
        Plant::Alter("FROM visits", |row| {
            if let Some(since) = row.get("required_since").and_then(Json::as_i64) {
                set(row, "required_since", since + 60_000);
            }
        }),
    ),
    bug("the policy is remembered for a minute", Plant::Keep("FROM visits")),
    bug(
        "every session is fresh",
        Plant::Alter("FROM visits", |row| {
            let seen = row.get("last_seen_at").cloned();
            set(row, "reauthenticated_at", seen);
        }),
    ),
    bug("two-factor login goes off while it is required", Plant::Replace("AND a.two_factor_required = 1)", "AND 0)")),
    // Sessions.
    bug(
        "sessions do not end by themselves",
        Plant::Replace("AND expires_at > ?2 AND last_seen_at > ?3", "AND ?2 > ?3"),
    ),
    bug("signing out leaves the session", Plant::Leave("DELETE FROM sessions WHERE token_hash = ?1")),
    bug("a login on its way outlives a new password", Plant::Replace("u.password_phc = ?13", "?13 <> ''")),
    bug(
        "the token before a new password lives on",
        Plant::Leave("UPDATE sessions SET token_hash = ?3 WHERE token_hash = ?1"),
    ),
    bug(
        "a set-up leaves the other sessions",
        Plant::Leave("DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2"),
    ),
    bug(
        "a set-up leaves what a reset asks for",
        Plant::Replace("SET must_enrol = 0, code_failures = 0", "SET code_failures = 0"),
    ),
    bug(
        "recovery codes outlive the last authenticator",
        Plant::Replace("AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = s.user_id)", ""),
    ),
    // Admins.
    bug(
        "a reset leaves the sessions",
        Plant::Leave(
            "DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2) RETURNING id",
        ),
    ),
    bug("a reset leaves the recovery codes", Plant::Leave("RETURNING used_at")),
    bug("a reset leaves the lock", Plant::Replace("must_enrol = 1, code_failures = 0", "must_enrol = 1")),
    bug("a reset asks for nothing", Plant::Replace("SET must_enrol = 1, code_failures", "SET code_failures")),
    bug("what an admin decided on may have changed", Plant::Replace("AND facts = ?12", "AND ?12 <> ''")),
    bug("an invitation reaches as high as when it was decided on", Plant::Replace("rank >= ?", "rank > 0 * ?")),
    bug("the last owner can go", Plant::Alter("FROM reach", |row| set(row, "last_owner", 0))),
    bug("higher roles are in reach", Plant::Alter("FROM reach", |row| set(row, "outranks", 0))),
    bug(
        "an API token outlives a reset of who made it",
        Plant::Alter("FROM api_tokens t JOIN people p", |row| {
            set(row, "must_enrol", 0);
            set(row, "authenticators", 1);
        }),
    ),
    bug("an invitation is good twice", Plant::Leave("DELETE FROM invitations WHERE token_hash = ?1")),
    // The audit, and faults.
    bug("sign-ins are not written down", Plant::Leave("SELECT ifnull(m.account_id, ''), ?1, ?2")),
    bug("an act and its row in the audit are two transactions", Plant::Tear("UPDATE accounts SET two_factor_required")),
    bug(
        "each sealing begins a new chain",
        Plant::Alter("WHERE e.hash IS NULL", |row| set(row, "previous", Json::Null)),
    ),
    bug("a database that fails is read as empty", Plant::Swallow),
];
