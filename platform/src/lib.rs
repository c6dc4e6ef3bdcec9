//! Airlock's core on Cloudflare Workers: the only crate that knows requests, D1, secrets, the clock, randomness and rate
//! limits as Cloudflare has them.

mod app;
mod jobs;
mod mail;
mod signing;
mod socket;

use std::{cell::OnceCell, panic, pin::pin, rc::Rc, thread::LocalKey, time::Duration};

use airlock::{
    context::{Config, Context, Peer},
    edge::{self, Answer},
    flows::gate::Gate,
    limit::Hashes,
    people::session::Site,
    ports::{Brake, Db, Fault, LocalFuture, Log, Now, Rng, Rows, Statement, Value},
    texts::{self, Part},
    web::{self, BODY_MAX_BYTES, Body, Client, FORM_MAX_BYTES, FORM_MAX_S},
};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use js_sys::{Array, JSON, JsString, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsValue};
use worker::{
    Date, Delay, Env, Error, Headers, Request, console_error, console_log,
    web_sys::{Response, ResponseInit},
    worker_sys::{
        RateLimiter,
        types::{D1Database, D1Result},
    },
};

pub use jobs::{poked, run};

use jobs::Poker;
use signing::WebCrypto;

/// Names of the bindings in wrangler.toml.
const DATABASE: &str = "DB";
const LOGIN_BRAKE: &str = "LOGIN_BRAKE";

/// To be called once, as a Worker starts that says this: from then on a panic is logged with its place in the source and the calls
/// that led there. `worker` has a hook as well, which makes the instance anew after a panic; whichever is set first, both run.
pub fn start(says: Part) {
    texts::come_from(says, |name| {
        let files = Reflect::get(&js_sys::global(), &"airlockTexts".into()).ok()?;
        let file = Reflect::get(&files, &name.into()).ok()?;
        file.is_object().then(|| Uint8Array::new(&file).to_vec())
    });
    let other = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        other(info);
    }));
}

/// Answers one event at the edge, or has the app answer it.
///
/// # Errors
/// The runtime refuses to make the response.
pub async fn guard(mut event: Request, env: &Env, around: &worker::Context) -> worker::Result<Response> {
    thread_local!(static GATED: Once<(Config, Gate)> = const { Once::new() });
    let gated = async {
        let config = config(env, Site::Edge)?;
        let gate = Gate::build(&config, |name| variable(env, name), &WebCrypto).await?;
        Ok((config, gate))
    };
    let gated = once(&GATED, gated).await;
    let (gated, db, brake) = match gated.and_then(|gated| bindings(env).map(|(db, brake)| (gated, db, brake))) {
        Ok(loaded) => loaded,
        Err(fault) => return misconfigured(&event, &fault),
    };
    let (config, gate) = &*gated;
    let mut request = read(&mut event, config).await?;
    let (hashes, jobs) = (hashes(), Poker { env, event: around });
    let cx = context(config, &db, &brake, &jobs, &hashes);
    let forward = match edge::handle(&cx, gate, &mut request).await {
        Answer::Ours(response) => return write(response),
        Answer::Apps(forward) => forward,
        Answer::HoldsForm(stop) => {
            let forms = forms();
            let Some(_place) = forms.begin(&request.peer().network(), cx.now) else {
                return write(edge::form_held(&cx, &request, stop));
            };
            let length = request.header("content-length").map(str::to_owned);
            let body = pin!(read_body(&mut event, length, FORM_MAX_BYTES));
            request.body = match select(body, Delay::from(Duration::from_secs(FORM_MAX_S))).await {
                Either::Left((body, _)) => body?,
                Either::Right(((), _)) => Body::TooLarge,
            };
            return write(edge::form_held(&cx, &request, stop));
        }
    };
    match app::answer(&event, env, gate, forward).await {
        Ok(response) => Ok(response),
        Err((why, fault)) => write(edge::no_answer(&cx, &request, why, &fault)),
    }
}

/// Answers one event with `handle`, one of the core's. Whatever is missing, the answer is 503.
///
/// # Errors
/// The runtime refuses to make the response.
pub async fn serve(
    mut event: Request,
    env: &Env,
    around: &worker::Context,
    site: Site,
    handle: impl AsyncFn(&Context<'_>, &web::Request) -> web::Response,
) -> worker::Result<Response> {
    match load(env, site).await {
        Ok((config, db, brake)) => {
            let request = read(&mut event, &config).await?;
            let (hashes, jobs) = (hashes(), Poker { env, event: around });
            let cx = context(&config, &db, &brake, &jobs, &hashes);
            write(handle(&cx, &request).await)
        }
        Err(fault) => misconfigured(&event, &fault),
    }
}

fn context<'c>(
    config: &'c Config,
    db: &'c D1,
    brake: &'c Limiter,
    jobs: &'c Poker<'_>,
    hashes: &'c Hashes,
) -> Context<'c> {
    let (now, peer) = (now(), Peer::default());
    Context {
        db,
        rng: &Random,
        brake,
        nfc,
        log: &Console,
        jobs,
        signing: &WebCrypto,
        now,
        peer,
        form: None,
        proof: None,
        hashes,
        config,
    }
}

fn now() -> Now {
    Now(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// The hashes that all requests of this instance have under way.
fn hashes() -> Rc<Hashes> {
    thread_local!(static HASHES: Rc<Hashes> = Rc::default());
    HASHES.with(Rc::clone)
}

/// The forms that it is reading, to hold them.
fn forms() -> Rc<Hashes> {
    thread_local!(static FORMS: Rc<Hashes> = Rc::default());
    FORMS.with(Rc::clone)
}

/// Settings that the first request of this instance built. Others never meet them: a changed variable or secret is another
/// deployment, with instances of its own.
type Once<T> = OnceCell<Rc<T>>;

/// Whichever of two first requests at once is done first builds them for all.
async fn once<T>(
    built: &'static LocalKey<Once<T>>,
    build: impl Future<Output = Result<T, Fault>>,
) -> Result<Rc<T>, Fault> {
    if let Some(settings) = built.with(|cell| cell.get().cloned()) {
        return Ok(settings);
    }
    let settings = Rc::new(build.await?);
    Ok(built.with(|cell| cell.get_or_init(|| settings).clone()))
}

/// Settings and bindings from the environment.
async fn load(env: &Env, site: Site) -> Result<(Rc<Config>, D1, Limiter), Fault> {
    thread_local!(static SETTINGS: Once<Config> = const { Once::new() });
    let config = once(&SETTINGS, async { config(env, site) }).await?;
    bindings(env).map(|(db, brake)| (config, db, brake))
}

fn config(env: &Env, site: Site) -> Result<Config, Fault> {
    texts::check()?;
    Config::build(site, |name| variable(env, name))
}

fn bindings(env: &Env) -> Result<(D1, Limiter), Fault> {
    Ok((database(env)?, Limiter(binding(env, LOGIN_BRAKE)?)))
}

/// Chooses the database; nothing else does. There is one, and without D1's Sessions API every statement goes to its
/// primary: no read is stale. docs/scale.md says what more than one would take.
fn database(env: &Env) -> Result<D1, Fault> {
    binding(env, DATABASE).map(D1)
}

fn binding<T: JsCast>(env: &Env, name: &str) -> Result<T, Fault> {
    let bound = Reflect::get(env, &name.into()).map_err(thrown)?;
    if bound.is_object() { Ok(bound.unchecked_into()) } else { Err(Fault::new(format_args!("no binding {name}"))) }
}

/// Secrets and variables are the same kind of binding. A variable may be a number too; what else it is reads as its JSON, and
/// is no setting's value: none counts as unset because it is no text.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    value.as_string().or_else(|| JSON::stringify(&value).ok()?.as_string())
}

fn misconfigured(event: &Request, fault: &Fault) -> worker::Result<Response> {
    log_fault(fault);
    let (method, headers) = (event.inner().method(), event.headers().entries().collect());
    write(web::misconfigured(&web::Request { method, headers, ..web::Request::default() }))
}

fn log_fault(fault: &Fault) {
    console_error!("{}", serde_json::json!({ "fault": fault.to_string() }));
}

async fn read(event: &mut Request, config: &Config) -> worker::Result<web::Request> {
    let url = event.inner().url();
    let (host, target) = target(&url);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = event.headers().entries().collect();
    // Cloudflare asks for what it unpacks itself, and keeps what the client said beside it.
    if client_unpacks_nothing(event) {
        headers.retain(|(name, _)| name != "accept-encoding");
    }
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
    let ours = config.site == Site::Admin || config.prefix.within(path).is_some();
    let ours = ours && !matches!(method.as_str(), "GET" | "HEAD");
    let body = if ours { read_body(event, header("content-length"), BODY_MAX_BYTES).await? } else { Body::default() };
    Ok(web::Request {
        method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
        client,
        id,
        ..web::Request::default()
    })
}

fn client_unpacks_nothing(event: &Request) -> bool {
    let cf = Reflect::get(event.inner(), &"cf".into());
    let said = cf.and_then(|cf| Reflect::get(&cf, &"clientAcceptEncoding".into()));
    said.is_ok_and(|said| said.as_string().is_some_and(|said| said.is_empty()))
}

/// Host and port of a URL, and path and query. The runtime has normalised it, and worker's own parser would bring Unicode
/// tables for host names that we never look at.
fn target(url: &str) -> (&str, &str) {
    let (_, after_scheme) = url.split_once("://").unwrap_or_default();
    after_scheme.split_at(after_scheme.find('/').unwrap_or(after_scheme.len()))
}

async fn read_body(event: &mut Request, length: Option<String>, most: usize) -> worker::Result<Body> {
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > most) {
        return Ok(Body::TooLarge);
    }
    if event.inner().body().is_none() {
        return Ok(Body::default());
    }
    let mut stream = event.stream()?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > most {
            return Ok(Body::TooLarge);
        }
    }
    Ok(Body::Whole(body))
}

fn write(response: web::Response) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in &response.headers {
        headers.append(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(response.status);
    init.set_headers(&headers.0);
    let body = (!response.body.is_empty()).then(|| Uint8Array::from(response.body.as_bytes()));
    Ok(Response::new_with_opt_js_u8_array_and_init(body.as_ref(), &init)?)
}

/// What JavaScript threw.
fn thrown(error: JsValue) -> Fault {
    Fault::new(Error::from(error))
}

struct D1(D1Database);

impl Db for D1 {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let prepare = |statement: Statement| {
                let values: Array = statement.params.into_iter().map(js_value).collect();
                self.0.prepare(statement.sql)?.bind(values)
            };
            let prepared = statements.into_iter().map(prepare).collect::<Result<Array, _>>().map_err(thrown)?;
            let results = JsFuture::from(self.0.batch(prepared).map_err(thrown)?).await.map_err(thrown)?;
            Array::from(&results).iter().map(|result| rows(result.unchecked_ref())).collect()
        })
    }
}

/// Rows cross over as text: one call for all of them, not one for each name and value in each.
fn rows(result: &D1Result) -> Result<Rows, Fault> {
    let Some(rows) = result.results().map_err(thrown)? else { return Ok(Rows::default()) };
    let text = String::from(JSON::stringify(&rows).map_err(thrown)?);
    serde_json::from_str(&text).map(Rows).map_err(Fault::new)
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

/// The runtime's own: tables for this would be a tenth of a Worker.
fn nfc(text: &str) -> String {
    JsString::from(text).normalize("NFC").into()
}

struct Limiter(RateLimiter);

impl Brake for Limiter {
    fn admit<'a>(&'a self, address: &'a str) -> LocalFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let options = Object::new();
            Reflect::set(&options, &"key".into(), &address.into()).map_err(thrown)?;
            let outcome = JsFuture::from(self.0.limit(options).map_err(thrown)?).await.map_err(thrown)?;
            let success = Reflect::get(&outcome, &"success".into()).map_err(thrown)?;
            success.as_bool().ok_or_else(|| Fault::new("the limiter does not say whether"))
        })
    }
}

struct Console;

impl Log for Console {
    fn line(&self, json: &str) {
        console_log!("{json}");
    }
}
