//! How bugs are planted, and what they do to the requests, statements, rows and faults that pass by.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashSet},
};

use airlock::{
    ports::{Fault, Now, Rows, Statement, Value},
    web::Request,
};
use serde_json::{Map, Value as Json};

use super::{
    Bug,
    waiting::{self, Brought},
};
use crate::{
    World,
    simulation::{actors::Act, between::others, oracle::Job},
};

/// A row as the core reads it.
pub type Row = Map<String, Json>;

/// A way to plant a bug.
#[derive(Debug)]
pub enum Plant {
    /// In every statement with the first text, the second stands in its place.
    Replace(&'static str, &'static str),
    /// Every statement with this text is left out.
    Leave(&'static str),
    /// Every statement with the second text is left out where another of the transaction has the first.
    Beside(&'static str, &'static str),
    /// This trigger is missing.
    Drop(&'static str),
    /// The statement with this text, and all after it, run in a separate transaction.
    Tear(&'static str),
    /// This expression is worked out beforehand, by a separate statement with the same values.
    Before(&'static str, &'static str),
    /// The rows of statements with this text are altered.
    Alter(&'static str, fn(&mut Row)),
    /// The rows of statements with this text are kept for a minute.
    Keep(&'static str),
    /// A fault becomes an answer without rows.
    Swallow,
    /// The request is read as another one.
    Request(fn(&mut Request)),
    /// A form that waits for a proof is altered on its way.
    Waiting(fn(&mut Brought)),
    /// A form that waits is done as it comes, in a session that counts as fresh for that.
    Unproven,
    /// The clock is slow for requests with this cookie, by so many milliseconds.
    Slow(&'static str, i64),
    /// Both: each alone is caught by the other's defence.
    Both(&'static Plant, &'static Plant),
}

/// A bug in a world.
pub struct Planted {
    bug: &'static Bug,
    chances: Cell<u64>,
    /// Rows that a bug remembers, and since when.
    memory: RefCell<BTreeMap<String, (i64, Rows)>>,
}

impl Planted {
    pub fn new(bug: &'static Bug) -> Self {
        Self { bug, chances: Cell::new(0), memory: RefCell::default() }
    }

    pub fn chances(&self) -> u64 {
        self.chances.get()
    }

    /// Counts a chance, if there is one.
    fn chance(&self, there: bool) -> bool {
        self.chances.set(self.chances.get() + u64::from(there));
        there
    }

    /// What becomes of the schema.
    pub fn begin(&self, world: &World) {
        if let Plant::Drop(trigger) = self.bug.plant {
            world.db.connection.borrow().execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
            self.chance(true);
        }
    }

    /// What becomes of a request.
    pub fn request(&self, world: &World, request: &mut Request) {
        match self.bug.plant {
            Plant::Request(reads) => {
                let told = |request: &Request| format!("{request:?}{}{:?}", request.path, request.headers);
                let before = told(request);
                reads(request);
                self.chance(before != told(request));
            }
            Plant::Waiting(alters) => drop(self.chance(waiting::altered(world, request, alters))),
            Plant::Unproven => drop(self.chance(waiting::sent_on(world, request))),
            _ => {}
        }
    }

    /// When a request arrives.
    pub fn now(&self, request: &Request, now: Now) -> Now {
        match self.bug.plant {
            Plant::Slow(cookie, ms) if self.chance(request.cookie(cookie).is_some()) => Now(now.0 - ms),
            _ => now,
        }
    }

    /// What is planted, one by one.
    fn plants(&self) -> impl Iterator<Item = &Plant> {
        let (one, other) = match &self.bug.plant {
            Plant::Both(one, other) => (*one, Some(*other)),
            one => (one, None),
        };
        std::iter::once(one).chain(other)
    }

    /// The transactions that become of one.
    pub fn parts(&self, mut statements: Vec<Statement>) -> Vec<Vec<Statement>> {
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
    pub async fn statements(&self, world: &World, mut statements: Vec<Statement>) -> Vec<Statement> {
        let all = self.plants().flat_map(|plant| (0..statements.len()).map(move |at| (plant, at)));
        for (plant, at) in all.collect::<Vec<_>>() {
            let with = |text| statements.iter().any(|statement| statement.sql.contains(text));
            let beside = !matches!(*plant, Plant::Beside(text, _) if !with(text));
            let statement = &mut statements[at];
            match *plant {
                Plant::Replace(from, to) if self.chance(statement.sql.contains(from)) => {
                    statement.sql = text(statement.sql.replace(from, to));
                }
                Plant::Leave(text) | Plant::Beside(_, text) if self.chance(beside && statement.sql.contains(text)) => {
                    *statement = Statement { sql: "SELECT 1 WHERE 0", params: Vec::new() };
                }
                Plant::Before(expression, read) if self.chance(statement.sql.contains(expression)) => {
                    let read = Statement { sql: read, params: statement.params.clone() };
                    let rows = world.db.run(vec![read]).remove(0);
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
    pub fn fault(&self, statements: usize, fault: Fault) -> Result<Vec<Rows>, Fault> {
        match self.chance(matches!(self.bug.plant, Plant::Swallow)) {
            true => Ok(vec![Rows::default(); statements]),
            false => Err(fault),
        }
    }

    /// What becomes of the rows.
    pub fn rows(&self, statements: &[Statement], results: &mut [Rows], job: &Job) {
        let now = job.now;
        for (plant, at) in
            self.plants().flat_map(|plant| (0..results.len()).map(move |at| (plant, at))).collect::<Vec<_>>()
        {
            let (statement, rows) = (&statements[at], &mut results[at]);
            match *plant {
                Plant::Alter(text, alter) if statement.sql.contains(text) => {
                    self.chance(!rows.0.is_empty());
                    rows.0.iter_mut().for_each(alter);
                }
                Plant::Unproven
                    if statement.sql.contains("FROM visits")
                        && matches!(job.act, Act::Reauth { waits: Some(_), .. }) =>
                {
                    rows.0.iter_mut().for_each(|row| drop(row.insert("reauthenticated_at".to_owned(), now.into())));
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
        static TEXTS: RefCell<HashSet<&'static str>> = RefCell::default();
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
