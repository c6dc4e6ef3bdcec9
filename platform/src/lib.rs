//! Airlock's core on Cloudflare Workers: the only crate that knows requests, D1, secrets, the clock, randomness and rate
//! limits as Cloudflare has them.

use airlock::{
    context::{Config, Context},
    http::{self, BODY_MAX_BYTES, Body, Client},
    ports::{Brake, Db, Fault, LocalFuture, Log, Now, Rng, Rows, Statement, Value},
    session::Site,
};
use futures_util::StreamExt;
use worker::{
    D1Database, Date, Env, Headers, RateLimiter, Request, Response, console_error, console_log, wasm_bindgen::JsValue,
};

/// Names of the bindings in wrangler.toml.
const DATABASE: &str = "DB";
const LOGIN_BRAKE: &str = "LOGIN_BRAKE";

/// Logs a panic with its place before the worker runtime's own hook, which then replaces the broken instance.
pub fn install_panic_hook() {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        next(info);
    }));
}

/// Answers one event with `handle`, one of the core's. Whatever is missing, the answer is 503.
///
/// # Errors
/// The runtime refuses to make the response.
pub async fn serve(
    mut event: Request,
    env: &Env,
    site: Site,
    handle: impl AsyncFn(&Context<'_>, &http::Request) -> http::Response,
) -> worker::Result<Response> {
    let response = match load(env, site) {
        Ok((config, db, brake)) => {
            let request = read(&mut event, site).await?;
            let cx = Context { db: &db, rng: &Random, brake: &brake, log: &Console, now: now(), config: &config };
            handle(&cx, &request).await
        }
        Err(fault) => {
            console_error!("{}", serde_json::json!({ "fault": fault.to_string() }));
            http::unavailable()
        }
    };
    write(response)
}

/// Runs `work`, one of the core's, that no request waits for. What goes wrong is logged and left to the next time.
pub async fn run(env: &Env, site: Site, work: impl AsyncFn(&Context<'_>) -> Result<(), Fault>) {
    let done = match load(env, site) {
        Ok((config, db, brake)) => {
            let cx = Context { db: &db, rng: &Random, brake: &brake, log: &Console, now: now(), config: &config };
            work(&cx).await
        }
        Err(fault) => Err(fault),
    };
    if let Err(fault) = done {
        console_error!("{}", serde_json::json!({ "fault": fault.to_string() }));
    }
}

fn now() -> Now {
    Now(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// Settings and bindings from the environment.
fn load(env: &Env, site: Site) -> Result<(Config, D1, Limiter), Fault> {
    // Secrets and variables are the same kind of binding.
    let config = Config::build(site, |name| env.var(name).ok().map(|value| value.to_string()))?;
    let db = env.d1(DATABASE).map_err(Fault::new)?;
    let limiter = env.rate_limiter(LOGIN_BRAKE).map_err(Fault::new)?;
    Ok((config, D1(db), Limiter(limiter)))
}

async fn read(event: &mut Request, site: Site) -> worker::Result<http::Request> {
    // Normalised by the runtime. Worker's own parser would bring Unicode tables for host names that we never look at.
    let url = event.inner().url();
    let (_, after_scheme) = url.split_once("://").unwrap_or_default();
    let (host, target) = after_scheme.split_at(after_scheme.find('/').unwrap_or(after_scheme.len()));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = event.headers().entries().collect();
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    // Cloudflare sets both headers itself; what a client sends under these names never gets here.
    let client = Client {
        ip: header("cf-connecting-ip").unwrap_or_default(),
        country: event.cf().and_then(worker::Cf::country).unwrap_or_default(),
    };
    let id = header("cf-ray").unwrap_or_default();
    // As text: worker's own type takes methods it does not know for GET.
    let method = event.inner().method();
    // What is for the protected app is not ours to read.
    let ours = site == Site::Admin || path.starts_with("/auth/");
    let ours = ours && !matches!(method.as_str(), "GET" | "HEAD");
    let body = if ours { read_body(event, header("content-length")).await? } else { Body::default() };
    Ok(http::Request {
        method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
        client,
        id,
    })
}

async fn read_body(event: &mut Request, length: Option<String>) -> worker::Result<Body> {
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > BODY_MAX_BYTES) {
        return Ok(Body::TooLarge);
    }
    if event.inner().body().is_none() {
        return Ok(Body::default());
    }
    let mut stream = event.stream()?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > BODY_MAX_BYTES {
            return Ok(Body::TooLarge);
        }
    }
    Ok(Body::Whole(body))
}

fn write(response: http::Response) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in &response.headers {
        headers.append(name, value)?;
    }
    let builder = Response::builder().with_status(response.status).with_headers(headers);
    Ok(match response.body.is_empty() {
        true => builder.empty(),
        false => builder.fixed(response.body.into_bytes()),
    })
}

struct D1(D1Database);

impl Db for D1 {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let prepared: worker::Result<Vec<_>> = statements
                .into_iter()
                .map(|statement| {
                    let values: Vec<JsValue> = statement.params.into_iter().map(js_value).collect();
                    self.0.prepare(statement.sql).bind(&values)
                })
                .collect();
            let results = self.0.batch(prepared.map_err(Fault::new)?).await.map_err(Fault::new)?;
            results.iter().map(|result| result.results().map(Rows).map_err(Fault::new)).collect()
        })
    }
}

/// D1 takes no BigInt: whole numbers go as doubles, exact up to 53 bits.
#[expect(clippy::cast_precision_loss, reason = "Value::Integer has at most 53 bits")]
fn js_value(value: Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(number) => JsValue::from_f64(number as f64),
        Value::Text(text) => JsValue::from_str(&text),
    }
}

struct Random;

impl Rng for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        getrandom::fill(bytes).map_err(Fault::new)
    }
}

struct Limiter(RateLimiter);

impl Brake for Limiter {
    fn admit<'a>(&'a self, address: &'a str) -> LocalFuture<'a, Result<bool, Fault>> {
        Box::pin(async move { Ok(self.0.limit(address.to_owned()).await.map_err(Fault::new)?.success) })
    }
}

struct Console;

impl Log for Console {
    fn line(&self, json: &str) {
        console_log!("{json}");
    }
}
