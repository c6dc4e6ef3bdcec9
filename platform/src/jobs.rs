//! The jobs Worker: what it runs, and how the others reach it.

use airlock::{
    jobs::{Config, Job},
    ports::{Fault, Jobs, Now},
    store::LEASE_MS,
    texts, web,
};
use js_sys::futures::JsFuture;
use worker::{Env, web_sys::Response, worker_sys::Fetcher};

use crate::mail::Post;
use crate::{Console, Once, Random, WebCrypto, binding, database, log_fault, now, once, variable, write};

/// Name of the binding in wrangler.toml.
const JOBS: &str = "JOBS";

/// How long Cloudflare lets go on what a request has left to be done after its answer. What time has set off may take longer than
/// a lease.
const AFTER_ANSWER_MS: i64 = 30_000;

/// Runs `work`, one of the core's, that no request waits for. What goes wrong is logged and left to the next time.
pub async fn run(env: &Env, work: impl AsyncFn(&Job<'_>) -> Result<(), Fault>) {
    run_for(env, LEASE_MS, work).await;
}

async fn run_for(env: &Env, most_ms: i64, work: impl AsyncFn(&Job<'_>) -> Result<(), Fault>) {
    thread_local!(static SETTINGS: Once<Config> = const { Once::new() });
    let config = async {
        texts::check()?;
        Config::build(|name| variable(env, name))
    };
    let config = once(&SETTINGS, config).await;
    let done = match config.and_then(|config| Ok((config, database(env)?))) {
        Ok((config, db)) => {
            let (now, log) = (now(), &Console);
            let mailer = Post { env, config: &config, ends: Now(now.0 + most_ms) };
            work(&Job { db: &db, rng: &Random, signing: &WebCrypto, mailer: &mailer, log, now, config: &config }).await
        }
        Err(fault) => Err(fault),
    };
    if let Err(fault) = done {
        log_fault(&fault);
    }
}

/// Answers a poke at once, and runs `work` after that.
///
/// # Errors
/// The runtime refuses to make the response.
pub fn poked(
    env: Env,
    event: &worker::Context,
    work: impl AsyncFn(&Job<'_>) -> Result<(), Fault> + 'static,
) -> worker::Result<Response> {
    event.wait_until(async move { run_for(&env, AFTER_ANSWER_MS, work).await });
    write(web::Response::empty(204))
}

/// How one event reaches the jobs Worker: beside its answer, which waits for nothing of it.
pub struct Poker<'e> {
    pub env: &'e Env,
    pub event: &'e worker::Context,
}

impl Jobs for Poker<'_> {
    fn poke(&self) {
        let Ok(jobs) = binding::<Fetcher>(self.env, JOBS) else { return };
        self.event.wait_until(async move {
            // Who it is, the binding says; what there is to do, the database.
            if let Ok(promise) = jobs.fetch_with_str("https://jobs/") {
                let _ = JsFuture::from(promise).await;
            }
        });
    }
}
