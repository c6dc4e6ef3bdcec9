//! The jobs Worker: what no request waits for. No address leads here: time does, every minute, and the other two Workers by
//! their binding.

use airlock::{jobs, texts::Part};
use airlock_platform::{poked, run};
use worker::{Context, Env, Request, Result, ScheduleContext, ScheduledEvent, event, web_sys::Response};

#[event(start)]
fn start() {
    airlock_platform::start(Part::MAILS);
}

#[event(fetch)]
async fn fetch(_: Request, env: Env, context: Context) -> Result<Response> {
    poked(env, &context, jobs::poked)
}

#[event(scheduled)]
async fn scheduled(_: ScheduledEvent, env: Env, _: ScheduleContext) {
    run(&env, jobs::tick).await;
}
