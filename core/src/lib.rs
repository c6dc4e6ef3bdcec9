//! Airlock: two-factor login in front of any web app.
//!
//! This crate is the whole product and touches nothing outside itself: database, randomness and clock come in through
//! [`ports`], with keys and settings, as one [`context`]. So the very handlers and SQL that run at the edge also run
//! natively in tests.
//!
//! A request flows one way: [`edge`] or [`admin`] routes it → one of [`flows`] or an admin's use case reads its fields →
//! [`policy`], [`factor`] and [`limit`] decide → [`store`] changes rows in one transaction → an [`Outcome`](web::Outcome) is
//! rendered once, as a page or as JSON, in the reader's language ([`texts`]). What is for the protected app goes through
//! [`flows::gate`] instead, and what no request waits for is done in [`jobs`]. Start reading at [`policy::next_step`], then `flows::login`.
//!
//! - [`ports`], [`context`]: the outside world, and what a request is handled with
//! - [`web`]: requests, answers, problems; [`pages`] and [`texts`]: what people see
//! - [`people`]: persons, sessions, roles, callers; [`policy`]: what comes next for them
//! - [`factor`]: passwords, one-time codes, recovery codes; [`limit`]: how often they may be tried
//! - [`flows`]: signing in, set-up, the profile, joining, the gate; [`admin`]: what admins do; [`jobs`]: what nobody waits for
//! - [`event`]: what happens, for audit, log and pages; [`mail`]: what people are written
//! - [`store`]: every SQL statement; [`audit`]: its chain of seals and the signatures over it; [`secret`]: keys and tokens
//!
//! Invariants, each held by tests:
//! - An attempt is charged to its budget before anything is compared ([`limit`]).
//! - A one-time code or recovery code opens one session at most: what uses it up also mints the session ([`store`]).
//! - What a session may do is decided at each request from the rows of now, never from the cookie.
//! - A fault of ours is an [`Err`] and answers 503; a user's mistake is data. Neither is a way in.

pub mod admin;
pub mod audit;
pub mod context;
pub mod edge;
pub mod event;
pub mod factor;
mod fields;
pub mod flows;
pub mod jobs;
pub mod limit;
pub mod mail;
pub mod pages;
pub mod people;
pub mod policy;
pub mod ports;
pub mod secret;
pub mod store;
pub mod texts;
pub mod web;
