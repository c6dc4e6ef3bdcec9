//! What went wrong, for people and for programs (RFC 9457).

use serde::Serialize;

use crate::texts::{Language, Message};

/// What went wrong. What it is called is for programs and stable; the text is for people, in their language.
#[derive(Clone, Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// What kind of problem.
    pub code: &'static str,
    /// Which of the reasons this problem can have.
    pub reason: Option<&'static str>,
    /// What people are told.
    pub message: Message,
    /// Seconds until it is worth trying again.
    pub retry_after_s: Option<u64>,
    /// How many seconds the clock of the app that makes codes is ahead.
    pub seconds: Option<i64>,
    /// Where a person does what is missing.
    pub login_url: Option<String>,
}

/// What went wrong, for a client: RFC 9457. Nothing of the inside is in it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
pub struct ProblemBody {
    /// Always `about:blank`: `code` says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What kind of problem, for people.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What to do about it, for people.
    detail: String,
    /// What kind of problem, for programs; stable.
    code: &'static str,
    /// Which of the reasons this problem can have; stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    reason: Option<&'static str>,
    /// How many seconds the clock of the app that makes codes is ahead; behind, if negative. Not in the admin API.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    seconds: Option<i64>,
    /// Where a person does what is missing, for a script to send them to. Not in the admin API.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    login_url: Option<String>,
}

impl Problem {
    /// A problem.
    pub fn new(status: u16, code: &'static str, message: Message) -> Self {
        Self { status, code, reason: None, message, retry_after_s: None, seconds: None, login_url: None }
    }

    /// The request cannot be understood.
    pub fn invalid(message: Message) -> Self {
        Self::new(400, "invalid_request", message)
    }

    /// The request is understood and not allowed.
    pub fn forbidden(message: Message) -> Self {
        Self::new(403, "forbidden", message)
    }

    /// There is no such thing, or not for this client.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", Message::NotFound)
    }

    /// There is such a thing, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method_not_allowed", Message::MethodNotAllowed)
    }

    /// Something this service needs does not work.
    pub fn unavailable() -> Self {
        Self::new(503, "unavailable", Message::Unavailable).retry_after(30)
    }

    /// The operator has made a mistake: nothing works before it is mended.
    pub fn misconfigured() -> Self {
        Self { message: Message::Misconfigured, ..Self::unavailable() }
    }

    /// As programs get it, in this language.
    pub(super) fn body(&self, language: Language) -> ProblemBody {
        let &Self { status, code, reason, message, seconds, .. } = self;
        let said = language.say(message);
        let (title, detail) = (said.title, said.detail.into_owned());
        let login_url = self.login_url.clone();
        ProblemBody { kind: "about:blank", title, status, detail, code, reason, seconds, login_url }
    }

    /// Says which of the reasons it was.
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Says how many seconds a clock is ahead.
    pub fn ahead_by(mut self, seconds: i64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Says where a person does what is missing.
    pub fn login_at(mut self, url: String) -> Self {
        self.login_url = Some(url);
        self
    }

    /// Says when to try again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}
