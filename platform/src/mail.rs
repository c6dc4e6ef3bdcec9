//! How mails leave: by Cloudflare's own binding.

use airlock::{
    mail::Mail,
    ports::{Delivery, LocalFuture, Mailer},
};
use worker::{EmailAddress, Env, SendEmail, SendEmailBuilder};

use crate::binding;

/// Name of the binding in wrangler.toml.
const EMAIL: &str = "EMAIL";

/// What hands mails over.
pub struct Post<'e>(pub &'e Env);

impl Mailer for Post<'_> {
    fn send<'a>(&'a self, mail: &'a Mail<'a>) -> LocalFuture<'a, Delivery> {
        Box::pin(async move {
            let Ok(email) = binding::<SendEmail>(self.0, EMAIL) else {
                return Delivery::NotYet("no binding EMAIL".to_owned());
            };
            let message = SendEmailBuilder::new("", mail.to, mail.subject);
            message.set_from_with_email_address(&EmailAddress::new(&mail.from.name, &mail.from.address));
            message.set_text(&mail.text);
            message.set_html(&mail.html);
            match email.send_with_builder(&message).await {
                Ok(_) => Delivery::Taken,
                Err(_) => Delivery::Unanswered("EMAIL".to_owned()),
            }
        })
    }
}
