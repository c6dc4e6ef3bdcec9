//! The protected app: another Worker bound to this one, or an origin.

use std::{ops::RangeInclusive, pin::pin, time::Duration};

use airlock::{
    flows::gate::{Changes, Forward, Gate, NoAnswer, Page},
    ports::Fault,
};
use futures_util::future::{Either, select};
use js_sys::{Function, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::prelude::*;
use worker::{
    AbortController, Delay, Env, Error, Headers, Request,
    web_sys::{
        self, QueuingStrategy, ReadableStreamByobReader, ReadableStreamDefaultController, ReadableStreamReadResult,
        RequestCache, RequestInit, RequestRedirect, ResponseInit, WorkerGlobalScope,
    },
    worker_sys::Fetcher,
};

use crate::target;

/// Name of the binding in wrangler.toml.
const APP: &str = "APP";

/// Room for what is read of a page at once: twice as much as came last, within these bounds. By itself the runtime reads 4 KiB, and
/// each turn through JavaScript costs more than what is done with them.
const PART_BYTES: RangeInclusive<u32> = 4 * 1024..=64 * 1024;

/// Sends the event on to the app and answers what the app answers, untouched but for [`Gate::answered`]. Bodies stream through
/// in both directions; a web socket stays connected.
///
/// # Errors
/// Why there is no answer.
pub async fn answer(
    event: &Request,
    env: &Env,
    gate: &Gate,
    forward: Forward,
) -> Result<web_sys::Response, (NoAnswer, Fault)> {
    let down = |error: Error| (NoAnswer::Down, Fault::new(error));
    let abort = AbortController::default();
    let request = outgoing(event, gate, &forward, &abort).map_err(down)?;
    let reply = pin!(send(env, gate, &request));
    let reply = match forward.patience_ms {
        None => reply.await,
        Some(patience_ms) => match select(reply, Delay::from(Duration::from_millis(u64::from(patience_ms)))).await {
            Either::Left((reply, _)) => reply,
            Either::Right(((), _)) => {
                abort.abort();
                return Err((NoAnswer::Slow, Fault::new(format_args!("no answer within {patience_ms} ms"))));
            }
        },
    };
    let head = event.inner().method() == "HEAD";
    reply.and_then(|response| incoming(response, head, gate, &forward)).map_err(down)
}

fn outgoing(
    event: &Request,
    gate: &Gate,
    forward: &Forward,
    abort: &AbortController,
) -> worker::Result<web_sys::Request> {
    let mut url = event.inner().url();
    let changes = RequestInit::new();
    // A Worker is told the address that the browser has, and nothing on the way to it is a cache.
    if let Some(origin) = &gate.app_url {
        url = format!("{origin}{}", target(&url).1);
    }
    // As a template for the new request the old one gives its method, its headers and its body, unread.
    let template: &RequestInit = event.inner().unchecked_ref();
    let request = web_sys::Request::new_with_str_and_init(&url, template)?;
    let headers = Headers(request.headers());
    change(&headers, &forward.changes)?;
    if gate.app_url.is_some() {
        // Between here and there is Cloudflare's cache, which knows no permissions: the app's answers stay out of it.
        changes.set_cache(RequestCache::NoStore);
        // The runtime would add `no-cache`, at which Express and others send everything again instead of 304.
        if !headers.has("cache-control")? {
            headers.set("cache-control", "max-age=0")?;
        }
    }
    changes.set_redirect(RequestRedirect::Manual);
    changes.set_signal(Some(&abort.signal()));
    Ok(web_sys::Request::new_with_request_and_init(&request, &changes)?)
}

async fn send(env: &Env, gate: &Gate, request: &web_sys::Request) -> worker::Result<web_sys::Response> {
    let promise = match gate.app_url {
        Some(_) => js_sys::global().unchecked_into::<WorkerGlobalScope>().fetch_with_request(request),
        None => JsValue::from(env.service(APP)?).unchecked_into::<Fetcher>().fetch(request)?,
    };
    Ok(JsFuture::from(promise).await?.dyn_into()?)
}

fn incoming(
    response: web_sys::Response,
    head: bool,
    gate: &Gate,
    forward: &Forward,
) -> worker::Result<web_sys::Response> {
    let headers = Headers(response.headers());
    let mut sent: Vec<_> = headers.entries().filter(|(name, _)| name != "set-cookie").collect();
    sent.extend(headers.get_all("set-cookie")?.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie)));
    let updates = head || matches!(response.status(), 206 | 304);
    let (changes, page) = gate.answered(forward, &sent, updates);
    if changes == Changes::default() && page.is_none() {
        return Ok(response);
    }
    // The runtime makes no such response.
    if response.status() > 599 {
        return Err(Error::from(format!("the app answered the status {}", response.status())));
    }
    // The app's own headers cannot be changed; those of a response that has them from it can.
    let template: &ResponseInit = response.unchecked_ref();
    let body = match (response.body(), page) {
        (Some(body), Some(page)) => Some(led_back(&body, page)?),
        (body, _) => body,
    };
    let response = web_sys::Response::new_with_opt_readable_stream_and_init(body.as_ref(), template)?;
    change(&Headers(response.headers()), &changes)?;
    Ok(response)
}

#[wasm_bindgen]
extern "C" {
    /// A function of ours, as JavaScript has it.
    #[wasm_bindgen(typescript_type = "Function")]
    type Step;
    #[wasm_bindgen(method, js_name = bind)]
    fn with(this: &Step, of: &JsValue, step: &Step) -> Step;
    #[wasm_bindgen(method, js_name = bind)]
    fn with_both(this: &Step, of: &JsValue, step: &Step, controller: &ReadableStreamDefaultController) -> Step;

    /// A promise.
    type Reading;
    #[wasm_bindgen(method)]
    fn then(this: &Reading, step: &Step) -> JsValue;
}

/// A page with the addresses that browsers have, each part as soon as the app has sent it. What waits, for the app or for the
/// browser, waits in JavaScript, whose collector frees it: as long as the app is silent nobody is told that the browser has left,
/// and a future would keep its buffer.
fn led_back(body: &web_sys::ReadableStream, mut page: Page) -> Result<web_sys::ReadableStream, JsValue> {
    let reader = ReadableStreamByobReader::new(body)?;
    let source = Object::new();
    let cancel: Function = Reflect::get(&reader, &"cancel".into())?.unchecked_into();
    Reflect::set(&source, &"cancel".into(), &cancel.bind0(&reader))?;
    let mut room = *PART_BYTES.start();
    // It is given itself each time: if it held itself, nothing would ever free it.
    let step =
        move |step: Step, controller: ReadableStreamDefaultController, read: Option<ReadableStreamReadResult>| {
            if let Some(read) = read {
                let part: Uint8Array = read.get_value().unchecked_into();
                let done = read.get_done().unwrap_or_default();
                room = part.length().saturating_mul(2).clamp(*PART_BYTES.start(), *PART_BYTES.end());
                let told = if done { page.end() } else { page.part(&part.to_vec()) };
                if !told.is_empty() {
                    controller.enqueue_with_chunk(&Uint8Array::from(told.as_slice()))?;
                }
                if done {
                    controller.close()?;
                }
                if done || !told.is_empty() {
                    return Ok(JsValue::UNDEFINED);
                }
            }
            let read = reader.read_with_array_buffer_view(&Uint8Array::new_with_length(room));
            let next = step.with_both(&JsValue::NULL, &step, &controller);
            Ok(read.unchecked_into::<Reading>().then(&next))
        };
    let step: Closure<dyn FnMut(Step, ReadableStreamDefaultController, _) -> Result<JsValue, JsValue>> =
        Closure::new(step);
    let step: Step = step.into_js_value().unchecked_into();
    Reflect::set(&source, &"pull".into(), &step.with(&JsValue::NULL, &step))?;
    let none_ahead = QueuingStrategy::new();
    none_ahead.set_high_water_mark(0.0);
    web_sys::ReadableStream::new_with_underlying_source_and_strategy(&source, &none_ahead)
}

fn change(headers: &Headers, changes: &Changes) -> worker::Result<()> {
    for (name, lines) in changes.iter() {
        headers.delete(name)?;
        for line in lines {
            headers.append(name, line)?;
        }
    }
    Ok(())
}
