//! What a mail says, once as plain text and once as a page: the same paragraphs, and a link that is a button there.

use askama::Template;

use crate::texts::{Language, MailTexts};

/// What a mail says.
#[derive(Template)]
#[template(path = "mail.html")]
pub struct Letter {
    /// What it is about.
    pub subject: String,
    /// What has happened, and what it means.
    pub paragraphs: Vec<String>,
    /// What to press, and where it leads.
    pub link: Option<(&'static str, String)>,
    /// What to know beside that.
    pub notes: Vec<String>,
    /// What the site is called.
    pub site_name: String,
    /// What it is written in.
    pub language: Language,
}

impl Letter {
    /// As plain text.
    pub fn text(&self) -> String {
        let link = self.link.iter().map(|(label, url)| format!("{label}:\n{url}"));
        let paragraphs = self.paragraphs.iter().cloned().chain(link).chain(self.notes.iter().cloned());
        let text: Vec<_> = paragraphs.chain([format!("-- \n{}", self.site_name)]).collect();
        text.join("\n\n") + "\n"
    }

    /// As a page.
    pub fn html(&self) -> String {
        self.render().unwrap_or_default()
    }

    fn t(&self) -> &'static MailTexts {
        self.language.mail_texts()
    }
}
