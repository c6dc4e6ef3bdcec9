//! The edge Worker: Airlock's login in front of the protected app.

use airlock::session::Site;
use airlock_platform::{install_panic_hook, serve};
use worker::{Context, Env, Request, Response, Result, event};

#[event(start)]
fn start() {
    install_panic_hook();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    serve(request, &env, Site::Edge, airlock::edge::handle).await
}
