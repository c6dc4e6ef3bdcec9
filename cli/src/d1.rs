//! D1 through `wrangler d1 execute`. Wrangler takes no bound values, so they are written into the SQL here, and only here.

use std::{fmt::Write, path::Path, thread::sleep, time::Duration};

use airlock::ports::{Fault, Rows, Statement, Value};
use serde::Deserialize;

use crate::wrangler::{self, Call, Prints};

/// What the database is called on Cloudflare and in both wrangler.toml.
pub const DATABASE: &str = "airlock";

/// Times a local database is tried: nothing there waits for the lock of another process, such as `npm start`, and beside
/// 65 requests a second one call in seven found it taken.
const TRIES: usize = 5;

/// Which database.
#[derive(Debug, PartialEq, Eq)]
pub enum Database {
    /// The local one whose state is in this folder: wrangler's `--persist-to`.
    Local(String),
    /// The one on Cloudflare.
    Remote,
}

impl Database {
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

/// The same in the database on Cloudflare that has this id, whichever one wrangler.toml names.
///
/// # Errors
/// Wrangler cannot be started, or refuses.
pub fn remote_batch(id: &str, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
    batch(id, &["--remote"], statements)
}

fn batch(database: &str, place: &[&str], statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
    let sql = statements.iter().map(literal).collect::<Vec<_>>().join(";\n");
    let mut answer = execute(database, place, &sql, statements.len());
    for _ in 1..TRIES {
        // The server beside us had the file. A transaction that is refused wrote nothing, so nothing happens twice.
        if !answer.as_ref().is_err_and(|fault| fault.to_string().contains("SQLITE_BUSY")) {
            break;
        }
        sleep(Duration::from_millis(200));
        answer = execute(database, place, &sql, statements.len());
    }
    answer
}

fn execute(database: &str, place: &[&str], sql: &str, statements: usize) -> Result<Vec<Rows>, Fault> {
    // Not `--file`: of a file the remote database answers no rows.
    let args = [&["d1", "execute", database, "--json", "--yes", "--command", sql], place].concat();
    rows(&wrangler::run(&Call { args: &args, input: "", prints: Prints::Answer })?, statements)
}

/// What wrangler prints when all went well: the rows of each statement.
fn rows(stdout: &[u8], statements: usize) -> Result<Vec<Rows>, Fault> {
    #[derive(Deserialize)]
    struct Answer {
        results: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    let answers: Vec<Answer> = serde_json::from_slice(stdout)
        .map_err(|e| Fault::new(format_args!("wrangler answered what is not rows ({e})")))?;
    match answers.len() == statements {
        true => Ok(answers.into_iter().map(|answer| Rows(answer.results)).collect()),
        false => Err(Fault::new("wrangler answered another number of results than statements")),
    }
}

/// The statement with its values in place of `?1`, `?2`, ….
fn literal(statement: &Statement) -> String {
    let mut out = String::new();
    let mut rest = statement.sql;
    while let Some((before, after)) = rest.split_once('?') {
        out.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, tail) = after.split_at(digits);
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
            Some(Value::Null) | None => out.push_str("NULL"),
        }
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        let statement = Statement { sql: "SELECT ?2, ?1, ?10", params: vec![Value::from("a'); DROP"), Value::from(7)] };
        assert_eq!(literal(&statement), "SELECT 7, CAST(x'6127293b2044524f50' AS TEXT), NULL");
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
