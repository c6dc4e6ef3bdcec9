//! The admin Worker.
use crate::{
    context::Context,
    http::{Request, Response},
    sign_in,
};
/// Answers a request.
pub async fn handle(cx: &Context<'_>, request: &Request) -> Response {
    sign_in::respond(cx, request, sign_in::route(cx, request).await)
}
