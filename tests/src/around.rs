//! What stands around the core in a [`World`](crate::World): a mail server, the jobs Worker's bell, the log.

use std::cell::{Cell, RefCell};

use airlock::{
    mail::Mail,
    ports::{Delivery, Jobs, LocalFuture, Log, Mailer},
};

use crate::ORIGIN;

/// A mail as the server was handed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its Message-ID.
    pub id: String,
    /// Where it goes.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

impl Posted {
    /// A mail, as it is handed over.
    pub(crate) fn new(mail: &Mail<'_>) -> Self {
        Self {
            id: mail.message_id.clone(),
            to: mail.to.to_owned(),
            subject: mail.subject.to_owned(),
            text: mail.text.clone(),
            html: mail.html.clone(),
        }
    }

    /// The link in it: what follows the origin.
    pub fn link(&self) -> &str {
        self.any_link().unwrap_or_else(|| panic!("no link: {}", self.text))
    }

    /// The same, if it has one.
    pub fn any_link(&self) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix(ORIGIN))
    }
}

/// A mail server: takes everything, unless it is told to answer otherwise next.
#[derive(Default)]
pub struct Post {
    /// All that it was handed, taken or not.
    pub handed: RefCell<Vec<Posted>>,
    /// What it answers next, the last first.
    pub answers: RefCell<Vec<Delivery>>,
    /// Whether the run has no time left for another mail.
    pub late: Cell<bool>,
}

impl Post {
    /// What has gone to this address, the oldest first.
    pub fn to(&self, address: &str) -> Vec<Posted> {
        self.handed.borrow().iter().filter(|mail| mail.to == address).cloned().collect()
    }
}

impl Mailer for Post {
    fn send<'a>(&'a self, mail: &'a Mail<'a>) -> LocalFuture<'a, Delivery> {
        self.handed.borrow_mut().push(Posted::new(mail));
        let answer = self.answers.borrow_mut().pop().unwrap_or(Delivery::Taken);
        Box::pin(std::future::ready(answer))
    }

    fn has_time(&self) -> bool {
        !self.late.get()
    }
}

/// How often the jobs Worker was poked.
#[derive(Default)]
pub struct Pokes(pub Cell<u32>);

impl Jobs for Pokes {
    fn poke(&self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Every line logged.
#[derive(Default)]
pub struct Lines(pub RefCell<Vec<String>>);

impl Log for Lines {
    fn line(&self, json: &str) {
        self.0.borrow_mut().push(json.to_owned());
    }
}
