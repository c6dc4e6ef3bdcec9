//! The audit as people read it, and the chain of hashes that shows whether anything was cut out of it or changed.

use serde::{Deserialize, Serialize};

use crate::secret::sha256;

/// One thing that happened, in one account: a row as stored, in the order of `schema.sql`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number: later ones are higher.
    pub id: i64,
    /// The account; empty for what belongs to none.
    pub account_id: String,
    /// The event's id, the same in every account it concerns.
    pub event: String,
    /// When: Unix time in milliseconds.
    pub at: i64,
    /// User id of who did it.
    pub actor_id: Option<String>,
    /// The API token by which it was done.
    pub token_id: Option<String>,
    /// User id of whom it concerns.
    pub target_id: Option<String>,
    /// What was attempted.
    pub action: String,
    /// `ok`, or why not.
    pub result: String,
    /// What exactly, or empty.
    pub detail: String,
    /// The address it came from.
    pub ip: String,
    /// Two-letter country code, or empty.
    pub country: String,
    /// The request, as the platform names it, or empty.
    pub request_id: String,
}

/// A row with what is known of it besides.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The row.
    pub row: Row,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a row besides.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    /// The e-mail address that the actor has now.
    pub actor_email: Option<String>,
    /// The e-mail address that the target has now.
    pub target_email: Option<String>,
    /// The row's seal, once it has one.
    pub hash: Option<String>,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id or e-mail address of who did it.
    pub actor: Option<String>,
    /// Id or e-mail address of whom it concerns.
    pub target: Option<String>,
    /// What was attempted.
    pub action: Option<String>,
    /// Only entries with a lower number.
    pub before: Option<i64>,
}

impl Row {
    /// The hash that seals this row after the one sealed by `previous` (empty for an account's first): SHA-256, in
    /// hexadecimal, over `previous`, a line feed and the row as JSON.
    pub fn seal(&self, previous: &str) -> String {
        let row = serde_json::to_string(self).unwrap_or_default();
        sha256(&format!("{previous}\n{row}"))
    }
}

/// One line of an export: a row, its seal, and the seal before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The seal of the account's row before this one; empty for the first.
    pub previous: String,
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// Its seal.
    pub hash: String,
}

/// Where an export begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// With the account's first row.
    First,
    /// After rows that the operator's limit removed, as the row of this number says.
    Trimmed(i64),
    /// After rows that the export does not account for.
    Later,
}

/// What an export shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows it has.
    pub rows: usize,
    /// Where it begins.
    pub begins: Begins,
    /// The seal of its last row: whoever notes it can tell later whether the end was cut off.
    pub head: String,
}

/// Checks an export: that every row is as it was sealed and none between the first and the last is missing.
///
/// # Errors
/// Which line does not fit, counted from 1, and why.
pub fn verify(export: &str) -> Result<Verified, String> {
    let mut verified = Verified { rows: 0, begins: Begins::First, head: String::new() };
    let mut removed = String::new();
    for (number, line) in (1..).zip(export.lines().filter(|line| !line.trim().is_empty())) {
        let sealed: Sealed = serde_json::from_str(line).map_err(|e| format!("line {number} is not a row: {e}"))?;
        if number == 1 {
            removed.clone_from(&sealed.previous);
            verified.begins = if removed.is_empty() { Begins::First } else { Begins::Later };
        } else if sealed.previous != verified.head {
            return Err(format!("line {number} does not follow the line before it: something was cut out or put in"));
        }
        // To the letter: what a reader of JSON overlooks, such as a second key, is a change too.
        let as_exported = serde_json::to_string(&sealed).is_ok_and(|written| written == line);
        if !as_exported || sealed.row.seal(&sealed.previous) != sealed.hash {
            return Err(format!("line {number} was changed after it was sealed"));
        }
        if sealed.row.action == "audit_trimmed" && !removed.is_empty() && sealed.row.detail.ends_with(&removed) {
            verified.begins = Begins::Trimmed(sealed.row.id);
        }
        (verified.rows, verified.head) = (number, sealed.hash);
    }
    Ok(verified)
}
