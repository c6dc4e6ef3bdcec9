//! The admin Worker: where owners and admins look after their accounts, on a host of its own.

use airlock::{admin, people::session::Site};
use airlock_platform::{run, serve};
use worker::{Context, Env, Request, Result, ScheduleContext, ScheduledEvent, event, web_sys::Response};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    serve(request, &env, Site::Admin, admin::handle).await
}

#[event(scheduled)]
async fn scheduled(_: ScheduledEvent, env: Env, _: ScheduleContext) {
    run(&env, Site::Admin, admin::tick).await;
}
