//! Airlock: two-factor login in front of any web app.
//!
//! This crate is the whole product and touches nothing outside itself: database, randomness and clock come in through
//! [`ports`], with keys and settings, as one [`context`]. So the very handlers and SQL that run at the edge also run
//! natively in tests.
//!
//! A request flows one way: [`edge`] routes it, `sign_in` parses its body → [`policy`] and the concept modules decide → `store`
//! changes rows in one transaction → an [`Outcome`](sign_in::Outcome) is rendered once, as a page or as JSON, in the
//! language of whoever asks ([`texts`]). What is for the protected app goes through the [`gate`] instead, and what no
//! request waits for is done in [`jobs`].
//! Start reading at [`policy::next_step`], then `sign_in::login`.
//!
//! Invariants, each held by tests:
//! - An attempt is charged to its budget before anything is compared ([`throttle`]).
//! - A one-time code or recovery code opens one session at most: what uses it up also mints the session (`store`).
//! - What a session may do is decided at each request from the rows of now, never from the cookie.
//! - A fault of ours is an [`Err`] and answers 503; a user's mistake is data. Neither is a way in.

pub mod accent;
pub mod admin;
pub mod audit;
pub mod caller;
pub mod context;
pub mod done;
pub mod edge;
mod fields;
pub mod gate;
pub mod http;
pub mod jobs;
pub mod pages;
pub mod password;
pub mod policy;
pub mod ports;
pub mod recovery;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod store;
pub mod texts;
pub mod throttle;
pub mod totp;
