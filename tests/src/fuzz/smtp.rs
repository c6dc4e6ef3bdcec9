//! A mail server that says anything.
//!
//! An input is all that it says, in pieces that end at `|`; then it is gone.

use std::future::ready;

use airlock::{
    mail::{Mail, Mailbox, Server, smtp},
    ports::{Delivery, LocalFuture, Now, Wire},
};

const PASSWORD: &str = "s3cret-pass";

/// What it says, what it was told, and how much of that before TLS.
struct Says<'i> {
    pieces: std::slice::Split<'i, u8, fn(&u8) -> bool>,
    told: Vec<u8>,
    plain: Option<usize>,
}

impl Wire for Says<'_> {
    fn read(&mut self) -> LocalFuture<'_, Option<Vec<u8>>> {
        Box::pin(ready(self.pieces.next().map(<[u8]>::to_vec)))
    }

    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Option<()>> {
        self.told.extend_from_slice(bytes);
        Box::pin(ready(Some(())))
    }

    fn start_tls(&mut self) -> LocalFuture<'_, Option<()>> {
        self.plain = Some(self.told.len());
        Box::pin(ready(Some(())))
    }
}

pub fn run(input: &[u8]) {
    for (url, secured) in [("smtps", true), ("smtp", false)] {
        let server = Server::parse(&format!("{url}://user:{PASSWORD}@mail.test")).unwrap();
        let from = Mailbox::parse("login@app.test").unwrap();
        let (text, html) = ("Hello\r\n.\r\n".to_owned(), "<p>Hello</p>".to_owned());
        let message_id = "m1@app.test".to_owned();
        let mail = Mail { from: &from, to: "mia@acme.test", message_id, at: Now(0), subject: "Hello", text, html };
        let piece: fn(&u8) -> bool = |byte| *byte == b'|';
        let mut wire = Says { pieces: input.split(piece), told: Vec::new(), plain: None };
        let delivery = pollster::block_on(smtp::send(&mut wire, Box::pin(ready(())), &server, "app.test", &mail));
        // Without TLS it has heard no login, no address and no mail.
        let plain = if secured { &[][..] } else { &wire.told[..wire.plain.unwrap_or(wire.told.len())] };
        let plain = String::from_utf8_lossy(plain);
        assert!(!["AUTH", "MAIL", "RCPT", "DATA"].iter().any(|verb| plain.contains(verb)), "{plain}");
        // Whatever it says, a mail is only taken, or perhaps taken, if all of it was said.
        let whole = wire.told.windows(5).any(|bytes| bytes == b"\r\n.\r\n");
        match &delivery {
            Delivery::Taken => assert!(whole),
            Delivery::Unanswered(why) => {
                assert!(whole);
                ours(why);
            }
            Delivery::NotYet(why) | Delivery::Refused(why) => ours(why),
        }
    }
}

/// Nothing of what it says is repeated but numbers.
fn ours(why: &str) {
    let (what, step) = why.split_once(" after ").unwrap();
    let steps =
        ["connecting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "half the message", "the whole message"];
    let words = [
        "connection lost",
        "no answer of SMTP",
        "too long an answer",
        "two answers",
        "no STARTTLS",
        "neither AUTH PLAIN nor AUTH LOGIN",
    ];
    let numbers = what.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b' '));
    assert!(steps.contains(&step) && (words.contains(&what) || numbers && what.len() <= 15), "{why}");
}
