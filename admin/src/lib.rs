//! The admin Worker: where owners and admins look after their accounts, on a host of its own.

use airlock::{admin, people::session::Site, texts::Part};
use airlock_platform::serve;
use worker::{Context, Env, Request, Result, event, web_sys::Response};

#[event(start)]
fn start() {
    airlock_platform::start(Part::ADMIN);
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(request, &env, &context, Site::Admin, admin::handle).await
}
