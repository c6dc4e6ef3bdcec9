//! Bugs that the simulation must find. None is in the product: each is planted between it and the database, by changing or
//! leaving out a statement, tearing a transaction apart, or altering the rows that come back or the request.
//! To add one: a line in the list of its kind.

mod accounts;
mod mails;
mod plant;
mod signing_in;
mod waiting;

use airlock::web::Request;
use serde_json::Value as Json;

pub(super) use plant::Planted;
use plant::{Plant, Row};
use waiting::Brought;

/// A bug.
#[derive(Debug)]
pub struct Bug {
    /// What it is called.
    pub name: &'static str,
    /// How it is planted.
    plant: Plant,
}

fn set(row: &mut Row, column: &str, value: impl Into<Json>) {
    if row.contains_key(column) {
        row.insert(column.to_owned(), value.into());
    }
}

/// Sets one column to what another says, if that says anything.
fn copy(row: &mut Row, from: &str, to: &str) {
    if let Some(value) = row.get(from).filter(|value| !value.is_null()).cloned() {
        set(row, to, value);
    }
}

/// Takes away what a browser says about how it came to send something.
fn silent(request: &mut Request, mode: &str) {
    if request.header("sec-fetch-mode") == Some(mode) {
        request.headers.retain(|(name, _)| name != "sec-fetch-mode" && name != "sec-fetch-dest");
    }
}

/// The cookie of a session that is trusted for a while.
const PASS: &str = "__Host-airlock-pass";

/// Whether a request for the app comes with one.
fn has_pass(request: &Request) -> bool {
    request.cookie(PASS).is_some() && !request.path.starts_with("/auth/")
}

const fn bug(name: &'static str, plant: Plant) -> Bug {
    Bug { name, plant }
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Bug> {
    [signing_in::BUGS, accounts::BUGS, mails::BUGS].into_iter().flatten()
}
