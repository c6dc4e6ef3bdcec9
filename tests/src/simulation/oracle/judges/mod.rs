//! The judges, each in its own file with the one promise that it watches over. To add one: a file here that implements
//! [`Judge`], its `mod`, and its line in [`JUDGES`].

mod addressed;
pub mod again;
mod cause;
mod charged;
mod closed;
mod dated;
mod elsewhere;
mod forgotten;
mod holds;
mod kept_out;
mod let_in;
mod not_me;
mod once;
mod purpose;
mod reset;
mod script;
mod service;
mod shown;
mod stronger;
mod taken;
mod told;
mod trusted;
mod verified;
mod waits;
mod whole;
mod written;

use std::collections::BTreeSet;

use airlock::{people::session::Site, web::Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value as Json;

use super::{
    Oracle,
    job::{By, Job, NOBODY, Seen, hash},
    transaction::Transaction,
};
use crate::{
    Forwarded, Posted,
    simulation::{
        actors::{Act, Waits as Waiting},
        rows::{Session, State},
    },
};

/// Every judge. If several find something, the first one is heard: those with the most particular promise come first.
pub const JUDGES: &[&dyn Judge] = &[
    &closed::Closed,
    &waits::Waits,
    &again::Again,
    &script::Script,
    &service::Service,
    &shown::Shown,
    &trusted::Trusted,
    &addressed::Addressed,
    &not_me::NotMe,
    &dated::Dated,
    &told::Told,
    &forgotten::Forgotten,
    &verified::Verified,
    &once::Once,
    &reset::Reset,
    &purpose::Purpose,
    &stronger::Stronger,
    &holds::Holds,
    &elsewhere::Elsewhere,
    &kept_out::KeptOut,
    &charged::Charged,
    &taken::Taken,
    &let_in::LetIn,
    &written::Written,
    &whole::Whole,
    &cause::Cause,
];

/// What a panic breaks.
pub const CLOSED: &dyn Judge = &closed::Closed;

/// What a judge finds: nothing, or what was seen instead of what was promised.
pub type Verdict = Result<(), String>;

/// One promise, asked about at every moment that may break it.
pub trait Judge: Sync {
    /// What is promised.
    fn promise(&self) -> &'static str;

    /// A transaction, as it is made.
    fn transaction(&self, _: &Oracle, _: &Job, _: &Transaction<'_>) -> Verdict {
        Ok(())
    }

    /// A proof goes on with the form that waited for it, in the session with this token.
    fn goes_on(&self, _: &Oracle, _: &Job, _: &Waiting, _token: &str) -> Verdict {
        Ok(())
    }

    /// The rows, whenever they have changed.
    fn rows(&self, _: &State) -> Verdict {
        Ok(())
    }

    /// What the app is told of whoever comes through the gate.
    fn asserted(&self, _: &Oracle, _: &Job, _: &Assertion<'_>) -> Verdict {
        Ok(())
    }

    /// The same, where the database was not asked.
    fn trusted(&self, _: &Oracle, _: &Job, _: &Assertion<'_>) -> Verdict {
        Ok(())
    }

    /// Every response, whether or not the database failed.
    fn sent(&self, _: &Oracle, _: &Job, _: &Response) -> Verdict {
        Ok(())
    }

    /// What a response answers, if nothing failed.
    fn answer(&self, _: &Oracle, _: &Job, _: &Answer<'_>) -> Verdict {
        Ok(())
    }

    /// A mail that is handed to a server.
    fn mailed(&self, _: &Oracle, _: &Posted, _began: i64) -> Verdict {
        Ok(())
    }

    /// The end of a world.
    fn end(&self, _dangling: usize, _: &[Export<'_>]) -> Verdict {
        Ok(())
    }
}

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}
use ensure;

/// What the app is told, and the session that this is about.
pub struct Assertion<'a> {
    pub jwt: &'a str,
    /// Null if the app is told nothing.
    claims: Json,
    session: Option<&'a Session>,
}

impl<'a> Assertion<'a> {
    /// Reads what is forwarded.
    pub fn new(forward: &'a Forwarded, session: Option<&'a Session>) -> Self {
        let jwt = forward.headers.iter().find(|(name, _)| name == "airlock-assertion").map(|(_, jwt)| jwt);
        let claims = jwt.map(|jwt| {
            let claims = jwt.split('.').nth(1).and_then(|claims| Base64UrlUnpadded::decode_vec(claims).ok()).unwrap();
            serde_json::from_slice(&claims).unwrap()
        });
        Self { jwt: jwt.map_or("", |jwt| jwt), claims: claims.unwrap_or_default(), session }
    }

    /// The accounts that the app is told of.
    fn accounts(&self) -> BTreeSet<&str> {
        let accounts = self.claims["accounts"].as_array().into_iter().flatten();
        accounts.filter_map(|account| account["id"].as_str()).collect()
    }
}

/// An answer, and how the session stands at this very moment.
pub struct Answer<'a> {
    response: &'a Response,
    status: u16,
    body: Json,
    /// Whether it says that something was done.
    ok: bool,
    session: Option<&'a Session>,
    seen: Seen,
}

impl<'a> Answer<'a> {
    /// Reads a response.
    pub fn new(job: &Job, response: &'a Response, session: Option<&'a Session>, seen: Seen) -> Self {
        let status = response.status;
        // A form is led on whether or not anything was done.
        let ok = match job.by {
            By::Page if job.act.form().is_some() => {
                let moved = || {
                    let cookie = cookie_set(response, job.site.cookie(), job.site.token_purpose());
                    cookie.is_some() && cookie != job.cookie
                };
                let done = |to: &str| match job.site {
                    _ if to.starts_with("/auth/recovery-codes?") => true,
                    Site::Admin => !to.starts_with("/auth/"),
                    Site::Edge => to.contains("?done=") || moved(),
                };
                status == 303 && location(response).is_some_and(done)
            }
            By::Form if status == 303 => !job.done.is_empty(),
            _ => (200..300).contains(&status),
        };
        let body = serde_json::from_str(&response.body).unwrap_or_default();
        Self { response, status, body, ok, session, seen }
    }

    /// What a proof would be answered, were it not for the form that waited for it.
    pub fn done(response: &'a Response, session: Option<&'a Session>, seen: Seen) -> Self {
        Self { response, status: response.status, body: Json::Null, ok: true, session, seen }
    }
}

/// The audit of an account as it is exported, and how many rows it has.
pub struct Export<'a> {
    pub account: &'a str,
    pub lines: String,
    pub rows: usize,
}

/// Where a response leads.
pub fn location(response: &Response) -> Option<&str> {
    response.headers.iter().find(|(name, _)| *name == "location").map(|(_, to)| to.as_str())
}

/// The hash of a cookie that a response sets, the last if it does so twice.
fn cookie_set(response: &Response, wanted: &str, purpose: &str) -> Option<String> {
    let mut set = response.headers.iter().rev().filter(|(name, _)| *name == "set-cookie");
    let value = set.find_map(|(_, cookie)| {
        let (name, value) = cookie.split(';').next()?.split_once('=')?;
        (name == wanted && !value.is_empty()).then_some(value)
    });
    value.map(|value| hash(value, purpose))
}
