//! What Airlock must do and must not let happen, one file for each behaviour or threat. Everything runs through the same
//! handlers and SQL as at the edge.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a broken test should stop there"
)]

mod access;
mod admin;
mod afterwards;
mod assertion;
mod audit;
mod audit_retention;
mod audit_signed;
mod budgets;
mod codes;
mod dates;
mod documents;
mod email;
mod enrolment;
mod enumeration;
mod exemptions;
mod faults;
mod forgot;
mod forward_auth;
mod fuzz;
mod gate;
mod growth;
mod identity;
mod invitations;
mod jobs;
mod languages;
mod members;
mod mistakes;
mod notices;
mod openapi;
mod outbox;
mod pages;
mod paused;
mod policy;
mod prefix;
mod preview;
mod profile;
mod proofs;
mod proven;
mod public_paths;
mod reasons;
mod recovery;
mod repeats;
mod replay;
mod retention;
mod schema;
mod search;
mod secrets;
mod service_tokens;
mod sessions;
mod set_up;
mod shown;
mod sign_in;
mod simulation;
mod smtp;
mod supply;
mod tables;
mod throttle;
mod tokens;
mod trust;
mod typed;
mod web;
#[cfg(target_os = "linux")]
mod work;
