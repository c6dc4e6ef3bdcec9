//! How mails leave: to the operator's server by SMTP, or where there is none by Cloudflare's own binding.

use std::{pin::pin, time::Duration};

use airlock::{
    jobs::Config,
    mail::{ATTEMPT_S, Mail, Server, cloudflare, smtp},
    ports::{Delivery, LocalFuture, Mailer, Now},
};
use futures_util::future::{Either, select};
use js_sys::{JsString, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, EmailAddress, Env, SendEmail, SendEmailBuilder};

use crate::{binding, now, socket::Socket};

/// Name of the binding in wrangler.toml.
const EMAIL: &str = "EMAIL";

/// What hands mails over.
pub struct Post<'e> {
    pub env: &'e Env,
    pub config: &'e Config,
    /// When the runtime may end all this, or the mails are no longer this run's alone.
    pub ends: Now,
}

impl Mailer for Post<'_> {
    fn send<'a>(&'a self, mail: &'a Mail<'a>) -> LocalFuture<'a, Delivery> {
        Box::pin(async move {
            match &self.config.mail_server {
                Some(server) => by_smtp(server, self.config.host(), mail).await,
                None => match binding::<SendEmail>(self.env, EMAIL) {
                    Ok(email) => by_binding(&email, mail).await,
                    Err(_) => Delivery::NotYet("neither SMTP_URL nor the binding EMAIL is set".to_owned()),
                },
            }
        })
    }

    fn has_time(&self) -> bool {
        // What is read and written before and after it takes its time too.
        now().0 + i64::try_from((ATTEMPT_S + 2) * 1_000).unwrap_or(i64::MAX) < self.ends.0
    }
}

fn deadline() -> Delay {
    Delay::from(Duration::from_secs(ATTEMPT_S))
}

async fn by_smtp(server: &Server, name: &str, mail: &Mail<'_>) -> Delivery {
    let Some(mut socket) = Socket::connect(server) else {
        return Delivery::NotYet("no connection".to_owned());
    };
    let delivery = smtp::send(&mut socket, Box::pin(deadline()), server, name, mail).await;
    socket.close();
    delivery
}

/// Date and Message-ID are Cloudflare's own: it takes neither from whoever sends. So of a mail whose answer was lost, each
/// attempt may be another to whoever gets it.
async fn by_binding(email: &SendEmail, mail: &Mail<'_>) -> Delivery {
    let message = SendEmailBuilder::new(&mail.from.address, mail.to, mail.subject);
    if !mail.from.name.is_empty() {
        message.set_from_with_email_address(&EmailAddress::new(&mail.from.name, &mail.from.address));
    }
    message.set_text(&mail.text);
    message.set_html(&mail.html);
    let headers = Object::new();
    for (name, value) in Mail::HEADERS {
        // Setting a field of a plain object does not fail.
        let _ = Reflect::set(&headers, &name.into(), &value.into());
    }
    message.set_headers(headers.unchecked_ref::<Object<JsString>>());
    match select(pin!(email.send_with_builder(&message)), deadline()).await {
        Either::Left((Ok(_), _)) => Delivery::Taken,
        Either::Left((Err(error), _)) => cloudflare::thrown(code(&error).as_deref()),
        Either::Right(((), _)) => Delivery::Unanswered("no answer of EMAIL".to_owned()),
    }
}

fn code(error: &JsValue) -> Option<String> {
    Reflect::get(error, &"code".into()).ok()?.as_string()
}
