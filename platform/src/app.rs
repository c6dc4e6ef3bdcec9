//! The protected app: another Worker bound to this one, or an origin.

use std::{pin::pin, time::Duration};

use airlock::{
    flows::gate::{Changes, Forward, Gate, NoAnswer, Page},
    ports::Fault,
};
use futures_util::{
    AsyncReadExt, StreamExt,
    future::{Either, ready, select},
    stream,
};
use js_sys::{Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_streams::ReadableStream;
use worker::{
    AbortController, Delay, Env, Error, Headers, Request,
    web_sys::{self, RequestCache, RequestInit, RequestRedirect, ResponseInit, WorkerGlobalScope},
    worker_sys::Fetcher,
};

use crate::target;

/// Name of the binding in wrangler.toml.
const APP: &str = "APP";

/// The most of a page that is read at once.
const PART_BYTES: usize = 64 * 1024;

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
    let body = response.body().map(|body| match page {
        Some(page) => led_back(body, page),
        None => body,
    });
    let response = web_sys::Response::new_with_opt_readable_stream_and_init(body.as_ref(), template)?;
    change(&Headers(response.headers()), &changes)?;
    Ok(response)
}

/// A page with the addresses that browsers have, each part as soon as the app has sent it.
fn led_back(body: web_sys::ReadableStream, page: Page) -> web_sys::ReadableStream {
    let parts = match ReadableStream::from_raw(body.unchecked_into()).try_into_async_read() {
        Ok(parts) => parts,
        Err((_, body)) => return body.into_raw().unchecked_into(),
    };
    // By itself the runtime reads 4 KiB at once, and each turn through JavaScript costs more than what is done with them.
    let led = stream::unfold(Some((parts, page, vec![0; PART_BYTES])), |reading| async {
        let (mut parts, mut page, mut buffer) = reading?;
        Some(match parts.read(&mut buffer).await {
            Ok(0) => (Ok(page.end()), None),
            Ok(length) => (Ok(page.part(buffer.get(..length)?)), Some((parts, page, buffer))),
            Err(error) => (Err(JsError::from(error).into()), None),
        })
    });
    let some = led.filter(|told| ready(!told.as_ref().is_ok_and(Vec::is_empty)));
    ReadableStream::from_stream(some.map(|told| told.map(|bytes| Uint8Array::from(bytes.as_slice()).into())))
        .into_raw()
        .unchecked_into()
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
