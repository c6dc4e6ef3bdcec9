//! Mails: whom they are from, what they say, and the message that a server is given. When they are sent, `jobs` decides; how,
//! [`ports::Mailer`](crate::ports::Mailer).

pub mod cloudflare;
mod letter;
mod notice;
mod server;
pub mod smtp;

pub use letter::Letter;
pub use notice::Notice;
pub use server::{Login, Server, Tls};

use mail_builder::{
    MessageBuilder,
    headers::{address::Address, date::Date, message_id::MessageId, raw::Raw},
};
use serde::{Deserialize, Serialize};

use crate::{
    people::names::canonical_email,
    ports::{DAY_MS, Now, Value},
};

/// For how long a mail is tried.
pub const TRIED_MS: i64 = DAY_MS;

/// Most times that one is sent while nobody has said whether it was taken.
pub const UNANSWERED_MAX: i64 = 3;

/// How long one attempt may take, in seconds: less than what a Worker is given after its answer, 30.
pub const ATTEMPT_S: u64 = 25;

/// Most bytes of the name that mails are from.
const NAME_MAX_BYTES: usize = 64;

/// Which mail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// That mails arrive: the operator has asked.
    Test,
    /// The link by which someone joins an account.
    Invitation,
    /// The link to a new password: whom it is for, `jobs` finds out.
    Forgot,
    /// What happened to someone's login.
    #[serde(alias = "password_changed")]
    Notice,
    /// What happened in an account, to one of its admins.
    AdminNotice,
    /// That a right password was entered, and no valid code.
    Unfinished,
    /// The link by which someone's address becomes the one that it goes to.
    Email,
    /// That it did: to the one of before, with a link that takes it back.
    EmailChanged,
    /// To write to whom a date would stop: none itself, but what brings the next about.
    Announcement,
    /// That someone's account is going to require two-factor login.
    Starts,
}

impl Kind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Invitation => "invitation",
            Self::Forgot => "forgot",
            Self::Notice => "notice",
            Self::AdminNotice => "admin_notice",
            Self::Unfinished => "unfinished",
            Self::Email => "email",
            Self::EmailChanged => "email_changed",
            Self::Announcement => "announcement",
            Self::Starts => "starts",
        }
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        kind.name().into()
    }
}

/// Whom mails are from: `login@example.com`, or `Example <login@example.com>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name, or nothing.
    pub name: String,
    /// The address.
    pub address: String,
}

impl Mailbox {
    /// Reads one.
    ///
    /// # Errors
    /// What it is not.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let not = "is neither an address nor `Name <address>`";
        let (name, address) = match text.split_once('<') {
            Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix('>').ok_or(not)?),
            None => ("", text),
        };
        let name = name.trim_matches('"');
        if name.len() > NAME_MAX_BYTES || name.contains(|c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '\\'))
        {
            return Err("has a name of more than 64 bytes or with signs that mails give a meaning");
        }
        Ok(Self { name: name.to_owned(), address: canonical_email(address).ok_or(not)? })
    }
}

/// A mail as it is handed over.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Whom it is from.
    pub from: &'a Mailbox,
    /// The one address it goes to.
    pub to: &'a str,
    /// Names it (RFC 5322 §3.6.4), without angle brackets: the same however often it is sent.
    pub message_id: String,
    /// When it was written.
    pub at: Now,
    /// What it is about.
    pub subject: &'a str,
    /// What it says, to be read as it is.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

impl Mail<'_> {
    /// What else its head says: that nobody's holiday notice is to answer it (RFC 3834 §5).
    pub const HEADERS: [(&'static str, &'static str); 2] =
        [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")];

    /// The whole message (RFC 5322), in lines of ASCII that end in CR LF.
    pub fn message(&self) -> Vec<u8> {
        let name = Some(self.from.name.as_str()).filter(|name| !name.is_empty());
        let mut message = MessageBuilder::new()
            .from(Address::new_address(name, self.from.address.as_str()))
            .to(self.to)
            .subject(self.subject)
            .date(Date::new(i64::try_from(self.at.seconds()).unwrap_or_default()))
            .message_id(MessageId::new(self.message_id.as_str()))
            .text_body(self.text.as_str())
            .html_body(self.html.as_str());
        for (name, value) in Self::HEADERS {
            message = message.header(name, Raw::new(value));
        }
        // Writing to memory does not fail.
        message.write_to_vec().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_an_address_with_or_without_a_name() {
        let mailbox = |name: &str, address: &str| Mailbox { name: name.to_owned(), address: address.to_owned() };
        for (text, read) in [
            ("login@example.com", mailbox("", "login@example.com")),
            ("Ärzte am See <Login@Example.com>", mailbox("Ärzte am See", "login@example.com")),
            ("\"Acme, Inc.\" <login@example.com> ", mailbox("Acme, Inc.", "login@example.com")),
        ] {
            assert_eq!(Mailbox::parse(text), Ok(read));
        }
        let long = format!("{} <login@example.com>", "x".repeat(65));
        for text in [
            "",
            "login",
            "<>",
            "A <login@example.com",
            "A <a@b.test>, B <b@b.test>",
            "A\r\nBcc: x@y.test <a@b.test>",
            &long,
        ] {
            assert!(Mailbox::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_message_is_ascii_with_two_bodies_and_one_of_each_header() {
        let from = Mailbox { name: "Ärzte, am See".to_owned(), address: "login@example.com".to_owned() };
        let mail = Mail {
            from: &from,
            to: "mia@acme.test",
            message_id: "m1@app.test".to_owned(),
            at: Now(1_800_000_000_000),
            subject: "Ihr Link für Ärzte am See",
            text: format!("Grüße\n.\n{}", "lang ".repeat(300)),
            html: "<p>Grüße</p>".to_owned(),
        };
        let message = String::from_utf8(mail.message()).unwrap_or_default();
        assert!(message.is_ascii() && message.lines().all(|line| line.len() < 998), "{message}");
        assert_eq!(message.matches('\n').count(), message.matches("\r\n").count());
        for header in ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "MIME-Version: ", "Auto-Submitted: "] {
            let lines = message.lines().take_while(|line| !line.is_empty());
            assert_eq!(lines.filter(|line| line.starts_with(header)).count(), 1, "{header}{message}");
        }
        for part in
            ["<m1@app.test>", "Fri, 15 Jan 2027 08:00:00 +0000", "multipart/alternative", "text/plain", "text/html"]
        {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
