//! D1 through `wrangler d1 execute`, which takes no bound values: they are written into the SQL here, and only here.

use std::{
    env::{self, VarError},
    fmt::Write,
    path::Path,
    thread::sleep,
    time::Duration,
};

use airlock::ports::{Fault, Rows, Statement, Value};
use serde::Deserialize;

use crate::{
    world::{Random, World, now},
    wrangler::{self, Call, Prints},
};

/// What the database is called on Cloudflare and in both wrangler.toml.
pub const DATABASE: &str = "airlock";

/// How often a local database is tried. Nothing there waits while another process, such as `npm start`, holds the lock:
/// beside 65 requests a second one call in seven found it taken.
const TRIES: usize = 5;

/// The options that say which database.
#[derive(clap::Args, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Act on the local database: the default
    #[arg(long, conflicts_with = "remote")]
    pub local: bool,
    /// Act on the database on Cloudflare
    #[arg(long)]
    pub remote: bool,
    /// The local database's folder [default: $STATE_DIR, else .wrangler/state]
    #[arg(long, value_name = "DIR", conflicts_with = "remote")]
    pub persist_to: Option<String>,
}

impl Place {
    /// The database they name.
    ///
    /// # Errors
    /// `STATE_DIR` is not UTF-8.
    pub fn database(self) -> Result<Database, Fault> {
        if self.remote {
            return Ok(Database::Remote);
        }
        let folder = self.persist_to.map_or_else(|| env::var("STATE_DIR"), Ok);
        match folder {
            Ok(folder) => Ok(Database::Local(folder)),
            Err(VarError::NotPresent) => Ok(Database::Local(".wrangler/state".to_owned())),
            Err(VarError::NotUnicode(_)) => Err(Fault::new("STATE_DIR is not UTF-8")),
        }
    }
}

/// Which database.
#[derive(Debug, PartialEq, Eq)]
pub enum Database {
    /// The local one whose state is in this folder: wrangler's `--persist-to`.
    Local(String),
    /// The one on Cloudflare.
    Remote,
}

impl Database {
    /// Runs a command on it.
    ///
    /// # Errors
    /// The command's own.
    pub fn on(&self, act: impl FnOnce(&World<'_>) -> Result<String, Fault>) -> Result<String, Fault> {
        act(&World { batch: &|statements| self.batch(statements), rng: &Random, now: now()? })
    }

    /// Runs the statements in order as one transaction, all or nothing, and answers the rows each returned.
    ///
    /// # Errors
    /// Wrangler cannot be started, or refuses.
    pub fn batch(&self, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
        let folder = match self {
            Self::Remote => return batch(DATABASE, &["--remote"], statements),
            Self::Local(folder) => folder,
        };
        // Wrangler would make an empty database there.
        if !Path::new(folder).join("v3/d1").exists() {
            return Err(Fault::new(format_args!("no local database in {folder}: `npm start` makes one")));
        }
        batch(DATABASE, &["--local", "--persist-to", folder], statements)
    }
}

/// The same in the database with this id on Cloudflare, whichever one wrangler.toml names.
///
/// # Errors
/// Wrangler cannot be started, or refuses.
pub fn remote_batch(id: &str, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
    batch(id, &["--remote"], statements)
}

fn batch(database: &str, place: &[&str], statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
    let sql = statements.iter().map(literal).collect::<Result<Vec<_>, _>>()?.join(";\n");
    let mut answer = execute(database, place, &sql, statements.len());
    for _ in 1..TRIES {
        // Another process had the file. A refused transaction wrote nothing, so nothing happens twice.
        if !answer.as_ref().is_err_and(|fault| fault.to_string().contains("SQLITE_BUSY")) {
            break;
        }
        sleep(Duration::from_millis(200));
        answer = execute(database, place, &sql, statements.len());
    }
    answer
}

fn execute(database: &str, place: &[&str], sql: &str, statements: usize) -> Result<Vec<Rows>, Fault> {
    // Not `--file`: for a file the remote database answers no rows.
    let args = [&["d1", "execute", database, "--json", "--yes", "--command", sql], place].concat();
    rows(&wrangler::run(&Call { args: &args, input: "", prints: Prints::Answer })?, statements)
}

/// The rows of each statement, as wrangler prints them.
fn rows(stdout: &[u8], statements: usize) -> Result<Vec<Rows>, Fault> {
    #[derive(Deserialize)]
    struct Answer {
        results: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    let answers: Vec<Answer> =
        serde_json::from_slice(stdout).map_err(|e| Fault::new(format_args!("wrangler's answer is not rows ({e})")))?;
    match answers.len() == statements {
        true => Ok(answers.into_iter().map(|answer| Rows(answer.results)).collect()),
        false => Err(Fault::new("wrangler did not answer a result for each statement")),
    }
}

/// The statement with its values in place of `?1`, `?2`, …. A `?` without a number is one of a text, and stays.
fn literal(statement: &Statement) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = statement.sql;
    while let Some((before, after)) = rest.split_once('?') {
        out.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, tail) = after.split_at(digits);
        if number.is_empty() {
            out.push('?');
            rest = tail;
            continue;
        }
        let value = number.parse::<usize>().ok().and_then(|n| statement.params.get(n.checked_sub(1)?));
        match value {
            Some(Value::Integer(number)) => {
                let _ = write!(out, "{number}");
            }
            // In hexadecimal, so that no character of a text can end it.
            Some(Value::Text(text)) => {
                let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                let _ = write!(out, "CAST(x'{hex}' AS TEXT)");
            }
            Some(Value::Null) => out.push_str("NULL"),
            None => return Err(Fault::new(format_args!("a statement names no value: ?{number}"))),
        }
        rest = tail;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn the_local_database_is_meant_unless_the_other_one_is_named() {
        let database = |local, remote, persist_to: Option<&str>| {
            Place { local, remote, persist_to: persist_to.map(str::to_owned) }.database().unwrap()
        };
        assert!(matches!(database(false, false, None), Database::Local(_)));
        assert_eq!(database(true, false, Some("other")), Database::Local("other".to_owned()));
        assert_eq!(database(false, true, None), Database::Remote);
    }

    #[test]
    fn no_text_ends_its_literal() {
        let statement = |sql| Statement { sql, params: vec![Value::from("a'); DROP"), Value::from(7), Value::Null] };
        let written = literal(&statement("SELECT ?2, ?1, ?3")).unwrap();
        assert_eq!(written, "SELECT 7, CAST(x'6127293b2044524f50' AS TEXT), NULL");
        for unnamed in ["SELECT ?4", "SELECT ?0"] {
            assert!(literal(&statement(unnamed)).is_err(), "{unnamed}");
        }
        let pattern = "SELECT 'a' GLOB '[=?^]', ?2";
        assert_eq!(literal(&statement(pattern)).unwrap(), "SELECT 'a' GLOB '[=?^]', 7");
    }

    #[test]
    fn every_statement_has_its_rows() {
        let printed = json!([{ "results": [], "success": true }, { "results": [{ "id": "a" }], "success": true }]);
        let results = rows(printed.to_string().as_bytes(), 2).unwrap();
        assert_eq!(results.iter().map(|rows| rows.0.len()).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(results[1].0[0]["id"], "a");
        assert!(rows(printed.to_string().as_bytes(), 3).is_err(), "one result is missing");
        assert!(rows(b"null", 1).is_err());
    }

    #[test]
    fn a_folder_without_a_database_is_named_and_stays_empty() {
        let refused = Database::Local("no/such/folder".to_owned()).batch(&[]).unwrap_err();
        assert_eq!(refused.to_string(), "no local database in no/such/folder: `npm start` makes one");
    }
}
