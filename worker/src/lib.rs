//! The edge Worker: Airlock's login in front of the protected app.

use airlock::texts::Part;
use airlock_platform::guard;
use worker::{Context, Env, Request, Result, event, web_sys::Response};

#[event(start)]
fn start() {
    airlock_platform::start(Part::EDGE);
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    guard(request, &env, &context).await
}
