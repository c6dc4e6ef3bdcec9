//! A mail handed over by SMTP (RFC 5321), a connection for each.
//!
//! What went wrong is told by where it did and by the server's numbers: its words may say anything, addresses and what it was
//! told included. Until the line that ends the message nothing was taken; from then on only an answer tells.

use std::{
    cell::{Cell, OnceCell},
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::{
    Mail,
    server::{Login, Server, Tls},
};
use crate::ports::{Delivery, LocalFuture, Wire};

/// Longest line of an answer, in bytes: RFC 5321 §4.5.3.1.5 has 512.
const LINE_MAX_BYTES: usize = 4_096;

/// Most lines of one answer: EHLO's have one for each extension.
const LINES_MAX: usize = 100;

/// Hands a mail to a server, to which one is `name`, until `deadline`.
pub async fn send(
    wire: &mut dyn Wire,
    mut deadline: LocalFuture<'_, ()>,
    server: &Server,
    name: &str,
    mail: &Mail<'_>,
) -> Delivery {
    if ![mail.from.address.as_str(), mail.to].into_iter().all(fits) {
        return Delivery::Refused("an address that SMTP has no spelling for".to_owned());
    }
    let (step, known) = (Cell::new(Step::Connect), OnceCell::new());
    {
        let mut talk = Talk { wire, step: &step, heard: Vec::new() };
        let mut work = pin!(async {
            let delivery = talk.hand_over(server, name, mail).await.err().unwrap_or(Delivery::Taken);
            let _ = known.set(delivery);
            // As a courtesy: whatever comes of it, the mail's fate is known.
            let _ = talk.wire.write(b"QUIT\r\n").await;
        });
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => deadline.as_mut().poll(cx),
        })
        .await;
    }
    known.into_inner().unwrap_or_else(|| lost(step.get(), "no answer"))
}

/// Whether an address can stand between angle brackets as it is.
fn fits(address: &str) -> bool {
    !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    Hello,
    Secure,
    SignIn,
    From,
    To,
    Data,
    Message,
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Hello => "EHLO",
            Self::Secure => "STARTTLS",
            Self::SignIn => "AUTH",
            Self::From => "MAIL",
            Self::To => "RCPT",
            Self::Data => "DATA",
            Self::Message => "half the message",
            Self::End => "the whole message",
        })
    }
}

/// What to make of it where no answer tells.
fn lost(step: Step, what: &str) -> Delivery {
    let why = format!("{what} after {step}");
    if step == Step::End { Delivery::Unanswered(why) } else { Delivery::NotYet(why) }
}

/// What to make of an answer that is not the one to go on with.
fn refused(step: Step, reply: &Reply) -> Delivery {
    let why = format!("{reply} after {step}");
    // Whom mails are from is the same for all of them: a fault there costs none.
    let of_this_mail = matches!(step, Step::To | Step::Data | Step::End);
    match reply.code {
        // Who one is, and how that is to be proven, is the operator's to set right (RFC 4954 §6).
        530 | 534 | 535 | 538 => Delivery::NotYet(why),
        500..=599 if of_this_mail => Delivery::Refused(why),
        // Neither taken nor refused: what it answers makes no sense.
        300..=399 if step == Step::End => Delivery::Unanswered(why),
        _ => Delivery::NotYet(why),
    }
}

/// An answer (RFC 5321 §4.2).
struct Reply {
    code: u16,
    /// What says more exactly why (RFC 3463).
    enhanced: Option<String>,
    /// What the lines say after the code.
    lines: Vec<String>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.enhanced.iter().try_for_each(|enhanced| write!(f, " {enhanced}"))
    }
}

impl Reply {
    fn is(&self, hundreds: u16) -> bool {
        self.code / 100 == hundreds
    }
}

/// The code of a line, whether it is the last, and what else it says.
fn line(bytes: &[u8]) -> Option<(u16, bool, String)> {
    let (code, rest) = bytes.split_at_checked(3)?;
    let code = std::str::from_utf8(code).ok().filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let (last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return None,
    };
    (200..600).contains(&code).then(|| (code, last, String::from_utf8_lossy(text).into_owned()))
}

/// The enhanced code that a line's text begins with, if it is of the same class: digits and dots, whatever else is there.
fn enhanced(code: u16, text: &str) -> Option<String> {
    let word = text.split(' ').next()?;
    let numbers: Vec<&str> = word.split('.').collect();
    let number = |text: &&str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let [class, _, _] = numbers.as_slice() else { return None };
    (numbers.iter().all(number) && class.parse() == Ok(code / 100)).then(|| word.to_owned())
}

/// What a server can do, as EHLO tells.
#[derive(Default)]
struct Offers {
    start_tls: bool,
    plain: bool,
    login: bool,
}

impl Offers {
    fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        // The first line is the server's name.
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("STARTTLS") => offers.start_tls = true,
                Some("AUTH") => words.for_each(|word| {
                    offers.plain |= word == "PLAIN";
                    offers.login |= word == "LOGIN";
                }),
                _ => {}
            }
        }
        offers
    }
}

/// A conversation: the wire, how far it has come, and what was heard and not read yet.
struct Talk<'a> {
    wire: &'a mut dyn Wire,
    step: &'a Cell<Step>,
    heard: Vec<u8>,
}

impl Talk<'_> {
    /// All of it, until the mail is taken. An error is anything else.
    async fn hand_over(&mut self, server: &Server, name: &str, mail: &Mail<'_>) -> Result<(), Delivery> {
        let greeting = self.reply().await?;
        self.expect(&greeting, 2)?;
        let mut offers = self.hello(Step::Hello, name).await?;
        match server.tls {
            Tls::Implicit => {}
            Tls::StartTls | Tls::Local if offers.start_tls => {
                self.ask(Step::Secure, "STARTTLS", 2).await?;
                // Whoever sits between may have added it, for what is said under TLS to look as if the server had.
                self.nothing_more()?;
                self.wire.start_tls().await.ok_or_else(|| self.lost("no TLS"))?;
                offers = self.hello(Step::Secure, name).await?;
            }
            Tls::StartTls => return Err(self.lost("no STARTTLS")),
            Tls::Local => {}
        }
        if let Some(login) = &server.login {
            self.sign_in(login, &offers).await?;
        }
        self.ask(Step::From, &format!("MAIL FROM:<{}>", mail.from.address), 2).await?;
        self.ask(Step::To, &format!("RCPT TO:<{}>", mail.to), 2).await?;
        self.ask(Step::Data, "DATA", 3).await?;
        self.nothing_more()?;
        self.step.set(Step::Message);
        self.write(&stuffed(&mail.message())).await?;
        self.step.set(Step::End);
        self.write(b".\r\n").await?;
        let answer = self.reply().await?;
        self.expect(&answer, 2)
    }

    async fn hello(&mut self, step: Step, name: &str) -> Result<Offers, Delivery> {
        Ok(Offers::read(&self.ask(step, &format!("EHLO {name}"), 2).await?))
    }

    async fn sign_in(&mut self, Login { user, password }: &Login, offers: &Offers) -> Result<(), Delivery> {
        let encoded = |text: &str| Zeroizing::new(Base64::encode_string(text.as_bytes()));
        if offers.plain {
            let both = Zeroizing::new(format!("\0{}\0{}", **user, **password));
            let line = Zeroizing::new(format!("AUTH PLAIN {}", *encoded(&both)));
            self.ask(Step::SignIn, &line, 2).await?;
        } else if offers.login {
            self.ask(Step::SignIn, "AUTH LOGIN", 3).await?;
            self.ask(Step::SignIn, &encoded(user), 3).await?;
            self.ask(Step::SignIn, &encoded(password), 2).await?;
        } else {
            return Err(self.lost("neither AUTH PLAIN nor AUTH LOGIN"));
        }
        Ok(())
    }

    /// Says a line, and reads the answer, whose code has to be one of these hundreds.
    async fn ask(&mut self, step: Step, line: &str, hundreds: u16) -> Result<Reply, Delivery> {
        self.nothing_more()?;
        self.step.set(step);
        let line = Zeroizing::new(format!("{line}\r\n"));
        self.write(line.as_bytes()).await?;
        let reply = self.reply().await?;
        self.expect(&reply, hundreds)?;
        Ok(reply)
    }

    fn expect(&self, reply: &Reply, hundreds: u16) -> Result<(), Delivery> {
        if reply.is(hundreds) { Ok(()) } else { Err(refused(self.step.get(), reply)) }
    }

    /// Each line is answered once: a second answer would pass for that to the next line.
    fn nothing_more(&self) -> Result<(), Delivery> {
        if self.heard.is_empty() { Ok(()) } else { Err(self.lost("two answers")) }
    }

    fn lost(&self, what: &str) -> Delivery {
        lost(self.step.get(), what)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Delivery> {
        self.wire.write(bytes).await.ok_or_else(|| self.lost("connection lost"))
    }

    async fn reply(&mut self) -> Result<Reply, Delivery> {
        let mut reply: Option<Reply> = None;
        for _ in 0..LINES_MAX {
            let bytes = self.line().await?;
            let (code, last, text) = line(&bytes).ok_or_else(|| self.lost("no answer of SMTP"))?;
            let told = reply.get_or_insert_with(|| Reply { code, enhanced: enhanced(code, &text), lines: Vec::new() });
            if told.code != code {
                return Err(self.lost("no answer of SMTP"));
            }
            told.lines.push(text);
            if let Some(reply) = reply.take_if(|_| last) {
                return Ok(reply);
            }
        }
        Err(self.lost("too long an answer"))
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Delivery> {
        loop {
            let end = self.heard.iter().position(|byte| *byte == b'\n');
            if end.unwrap_or(self.heard.len()) > LINE_MAX_BYTES {
                return Err(self.lost("too long an answer"));
            }
            if let Some(end) = end {
                let mut line: Vec<u8> = self.heard.drain(..=end).collect();
                line.truncate(line.trim_ascii_end().len());
                return Ok(line);
            }
            match self.wire.read().await {
                Some(bytes) if !bytes.is_empty() => self.heard.extend(bytes),
                _ => return Err(self.lost("connection lost")),
            }
        }
    }
}

/// A message with the dot that lines beginning with one get (RFC 5321 §4.5.2), and an end to its last line.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}
