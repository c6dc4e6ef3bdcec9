//! What pages say of moments, sessions and what was done.

use askama::Template;

use crate::{
    ports::{Fault, Now},
    store::{AuthenticatorEntry, SessionEntry},
    texts::{Device, EdgeTexts, Language, Texts},
    web::{Problem, done},
};

/// What the profile says after something was done.
pub(super) fn said_after(done: &str, t: &EdgeTexts) -> Option<String> {
    let said = match done::parts(done) {
        ("removed" | "ended", "") => return None,
        ("removed", name) => return Some(t.done_removed(name)),
        ("ended", device) => return Some(t.done_ended(device)),
        (done, _) => done,
    };
    let said = match said {
        "saved" => t.saved,
        "set-up" => t.done_set_up,
        "enabled" => t.asked_each_login,
        "disabled" => t.done_disabled,
        "others-ended" => t.done_others_ended,
        "password" => t.done_password,
        "email" => t.done_email,
        _ => return None,
    };
    Some(said.to_owned())
}

/// What a session is called: by its browser and system, and what else there is to it.
pub(super) fn session_name(entry: &SessionEntry, t: &EdgeTexts) -> String {
    let device = Device::of(&entry.user_agent).said(t);
    match (entry.admin, entry.pending) {
        (true, _) => t.as_admin(&device),
        (false, true) => t.waiting(&device),
        (false, false) => device,
    }
}

/// When it was last used, as HTML.
pub(super) fn last_seen(entry: &SessionEntry, t: &EdgeTexts) -> String {
    t.last_seen(&moment(&Now(entry.last_seen_at).rfc3339(), t))
}

/// A moment of ours, as HTML: in UTC, as long as no script makes it the reader's own time.
pub(super) fn moment(rfc3339: &str, t: &Texts) -> String {
    format!("<time datetime=\"{rfc3339}\">{}</time>", moment_of(rfc3339, t))
}

/// The same where there are no elements: in a mail.
pub fn moment_of(rfc3339: &str, t: &Texts) -> String {
    format!("{} {} UTC", date(rfc3339, t), rfc3339.get(11..16).unwrap_or_default())
}

/// The same, without the time of day.
pub(super) fn day(rfc3339: &str, t: &Texts) -> String {
    format!("<time datetime=\"{rfc3339}\" data-day>{}</time>", date(rfc3339, t))
}

/// The day of a moment, as it is written in a language.
pub fn date(rfc3339: &str, t: &Texts) -> String {
    let [year, month, day] = [0..4, 5..7, 8..10].map(|part| rfc3339.get(part).unwrap_or_default());
    t.date(year, month, day)
}

/// Since when there is an authenticator, and when it was last used, as HTML.
pub(super) fn added(entry: &AuthenticatorEntry, t: &Texts) -> String {
    let (created, used) = (Now(entry.created_at).rfc3339(), Now(entry.last_used_at).rfc3339());
    t.added(&day(&created, t), &moment(&used, t))
}

/// From when on trying again is worth it: the page's script counts it down.
#[derive(Template)]
#[template(path = "until.html")]
struct Until<'a> {
    at: &'a str,
    clock: &'a str,
    seconds: u64,
    t: &'static Texts,
}

/// The same, for the problems that end with time.
///
/// # Errors
/// A template that does not render.
pub fn until(problem: &Problem, now: Now, language: Language) -> Result<String, Fault> {
    let Some(seconds) = problem.retry_after_s.filter(|_| problem.message.waits()) else { return Ok(String::new()) };
    let at = Now(now.0.saturating_add_unsigned(seconds.saturating_mul(1000))).rfc3339();
    let clock = at.get(11..16).unwrap_or_default();
    Until { at: &at, clock, seconds, t: language.texts() }.render().map_err(Fault::new)
}
