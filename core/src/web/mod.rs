//! HTTP as the product sees it: plain requests and responses, forms and JSON, what comes of a request and how it is told.

pub mod done;
mod outcome;
mod problem;
mod render;
mod request;
mod response;
pub mod router;

pub use outcome::{Moved, Outcome, Stop, elsewhere, reauth_required};
pub use problem::{Problem, ProblemBody};
pub use render::{moved_first, respond, respond_to_proxy, respond_with};
pub use request::{
    BODY_MAX_BYTES, Body, Client, DESTINATION_MAX_BYTES, FORM_FIELDS_MAX, FORM_MAX_BYTES, FORM_MAX_S, Request, as_read,
    encoded, same_origin_path, with_cookie,
};
pub use response::{Response, cookie, misconfigured};
