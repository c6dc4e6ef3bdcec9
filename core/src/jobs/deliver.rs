//! Mails: one at a time from the outbox to a server. A mail that may have been taken is sent three times at most, always with
//! the same Message-ID and the same link; any other for a day, with growing pauses.

use super::Job;
use crate::{
    event::{Action, Detail},
    flows::{Asked, FORGOT, email_url, invite_url, not_me_url, opened_by, reset_url, undo_url},
    mail::{Kind, Letter, Mail, Notice, UNANSWERED_MAX},
    pages::{date, moment_of},
    ports::{Delivery, Fault, Now},
    secret::Token,
    store::{self, EMAIL, INVITATION, NOT_ME, Queued, RESET, Told, UNDO, Unfinished},
    texts::{Device, Language},
};

/// As many recovery codes as someone should be told of.
const CODES_FEW: i64 = 3;

/// Mails in one go; the rest the next time.
const MAILS: usize = 50;

/// Hands over what is due.
///
/// # Errors
/// The database, or a mail that could not be written; the others went on their way all the same.
pub async fn deliver(job: &Job<'_>) -> Result<(), Fault> {
    store::unfinished(job).await?;
    let mut broken = Ok(());
    for _ in 0..MAILS {
        if !job.mailer.has_time() {
            break;
        }
        let Some(mail) = store::mail_lease(job).await? else { break };
        broken = broken.and(attempt(job, &mail).await);
    }
    broken
}

/// One attempt at one mail.
async fn attempt(job: &Job<'_>, mail: &Queued) -> Result<(), Fault> {
    let Some(from) = &job.config.mail_from else {
        return store::mail_given_up(job, mail, "no_mail").await;
    };
    if mail.expires_at <= job.now.0 {
        return store::mail_given_up(job, mail, "too_late").await;
    }
    // One before it may have been the last that was allowed, and nobody was left to say so.
    if mail.unanswered > UNANSWERED_MAX {
        return store::mail_given_up(job, mail, "no_answer").await;
    }
    let next = Now(job.now.0 + pause_ms(mail.attempts));
    let (to, letter) = match write(job, mail).await {
        Ok(Some(written)) => written,
        Ok(None) => return store::mail_done(job, mail).await,
        // Nothing was handed over: it costs none of the attempts that may have been taken.
        Err(fault) => return store::mail_later(job, mail, next, "fault", false).await.and(Err(fault)),
    };
    let (text, html) = (letter.text(), letter.html());
    let message_id = format!("{}@{}", mail.id, job.config.host());
    let handed = Mail { from, to: &to, message_id, at: Now(mail.created_at), subject: &letter.subject, text, html };
    match job.mailer.send(&handed).await {
        Delivery::Taken => store::mail_done(job, mail).await,
        Delivery::Refused(why) => {
            job.log_mail(mail, &why);
            // Of a test the operator reads more than an account does.
            let said = if mail.kind == Some(Kind::Test) { &why } else { "refused" };
            store::mail_given_up(job, mail, said).await
        }
        Delivery::NotYet(why) => store::mail_later(job, mail, next, &why, false).await,
        Delivery::Unanswered(_) if mail.unanswered >= UNANSWERED_MAX => {
            store::mail_given_up(job, mail, "no_answer").await
        }
        Delivery::Unanswered(why) => store::mail_later(job, mail, next, &why, true).await,
    }
}

/// The pause after this many attempts: a minute, doubling to an hour.
fn pause_ms(attempts: i64) -> i64 {
    (60_000_i64 << attempts.clamp(1, 7).saturating_sub(1)).min(3_600_000)
}

/// What a mail says, and where it goes; `None`: there is nothing to say any more.
async fn write(job: &Job<'_>, mail: &Queued) -> Result<Option<(String, Letter)>, Fault> {
    let language = mail.language();
    match mail.kind {
        Some(Kind::Test) => Ok(mail.address.clone().map(|to| (to, test(job, language)))),
        Some(Kind::Invitation) => invitation(job, mail, language).await,
        Some(Kind::Forgot) => forgot(job, mail, language).await,
        Some(Kind::Notice) => notice(job, mail).await,
        Some(Kind::AdminNotice) => admin_notice(job, mail).await,
        Some(Kind::Unfinished) => unfinished(job, mail).await,
        Some(Kind::Email) => email(job, mail, language).await,
        Some(Kind::EmailChanged) => email_changed(job, mail, language).await,
        Some(Kind::Announcement) => store::announce(job, mail).await.map(|()| None),
        Some(Kind::Starts) => starts(job, mail).await,
        // Of a later release, which will be back.
        None => Err(Fault::new("a mail that this release does not know")),
    }
}

fn letter(job: &Job<'_>, language: Language, subject: String) -> Letter {
    let (paragraphs, notes) = (Vec::new(), Vec::new());
    Letter { subject, paragraphs, link: None, notes, site_name: job.config.site_name.clone(), language }
}

fn test(job: &Job<'_>, language: Language) -> Letter {
    let t = language.mail_texts();
    let paragraphs = vec![t.test_arrives.to_owned()];
    Letter { paragraphs, ..letter(job, language, t.test_subject.to_owned()) }
}

async fn invitation(job: &Job<'_>, mail: &Queued, language: Language) -> Result<Option<(String, Letter)>, Fault> {
    let t = language.mail_texts();
    let token = token(job, mail, INVITATION)?;
    let Some(said) = store::invitation_mail(job, &token).await? else { return Ok(None) };
    let site = &job.config.site_name;
    let by = said.by.as_deref().unwrap_or(site);
    let letter = Letter {
        paragraphs: vec![t.invited(by, &said.account_name, site)],
        link: Some((t.join, invite_url(&job.config.own_url(), &token))),
        notes: vec![
            t.joins_until(&moment_of(&Now(said.expires_at).rfc3339(), t)),
            t.works_for(&said.email),
            t.not_expected.to_owned(),
        ],
        ..letter(job, language, t.invitation_subject(&said.account_name))
    };
    Ok(Some((said.email, letter)))
}

/// The link to a new password: to whoever has the address that was typed, if anyone does.
async fn forgot(job: &Job<'_>, mail: &Queued, language: Language) -> Result<Option<(String, Letter)>, Fault> {
    let t = language.mail_texts();
    let sealed = mail.address.as_deref().unwrap_or_default();
    let Some(asked) = opened_by::<Asked>(&job.config.seed_keys, &[FORGOT, &mail.id], sealed) else { return Ok(None) };
    let token = token(job, mail, RESET)?;
    let to = store::reset_link(job, mail, &token, &asked.email, asked.browser.as_deref()).await?;
    let Some(to) = to else { return Ok(None) };
    let site = &job.config.site_name;
    let letter = Letter {
        paragraphs: vec![
            t.forgot_asked(site),
            t.when(&moment_of(&Now(mail.created_at).rfc3339(), t)),
            t.from(&joined(&[&Device::of(&asked.user_agent).said(t), &asked.country])),
        ],
        link: Some((t.set_password, reset_url(&job.config.own_url(), &token))),
        notes: vec![t.joins_until(&moment_of(&Now(mail.expires_at).rfc3339(), t)), t.forgot_ignore.to_owned()],
        ..letter(job, language, t.forgot_subject(site))
    };
    Ok(Some((to, letter)))
}

/// What happened to someone's login.
async fn notice(job: &Job<'_>, mail: &Queued) -> Result<Option<(String, Letter)>, Fault> {
    let token = token(job, mail, NOT_ME)?;
    let Some(told) = store::notice(job, mail, &token).await? else { return Ok(None) };
    let detail = serde_json::from_str(&told.detail).unwrap_or_default();
    let what = Action::parse(&told.action).and_then(|action| Notice::to_person(action, &detail));
    Ok(what.map(|what| noticed(job, what, told, &detail, Some(&token))))
}

/// The link to a new address: to whoever reads mail there, and nothing is said of whose it is to be.
async fn email(job: &Job<'_>, mail: &Queued, language: Language) -> Result<Option<(String, Letter)>, Fault> {
    let t = language.mail_texts();
    let token = token(job, mail, EMAIL)?;
    let Some(sealed) = store::email_mail(job, &token).await? else { return Ok(None) };
    let asked = opened_by::<Asked>(&job.config.seed_keys, &[EMAIL, token.hash(EMAIL).as_str()], &sealed);
    let Some(asked) = asked else { return Ok(None) };
    let site = &job.config.site_name;
    let letter = Letter {
        paragraphs: vec![
            t.email_asked(site),
            t.when(&moment_of(&Now(mail.created_at).rfc3339(), t)),
            t.from(&joined(&[&Device::of(&asked.user_agent).said(t), &asked.country])),
        ],
        link: Some((t.email_confirm, email_url(&job.config.own_url(), &token))),
        notes: vec![t.joins_until(&moment_of(&Now(mail.expires_at).rfc3339(), t)), t.not_expected.to_owned()],
        ..letter(job, language, t.email_subject(site))
    };
    Ok(Some((asked.email, letter)))
}

/// That an address was changed: to the one of before, with the link that puts it back.
async fn email_changed(job: &Job<'_>, mail: &Queued, language: Language) -> Result<Option<(String, Letter)>, Fault> {
    let t = language.mail_texts();
    let token = token(job, mail, UNDO)?;
    let Some(said) = store::email_changed_mail(job, mail, &token).await? else { return Ok(None) };
    let sealed = mail.address.as_deref().unwrap_or_default();
    let by = opened_by::<Asked>(&job.config.seed_keys, &[UNDO, &mail.id], sealed);
    let device = by.map(|by| Device::of(&by.user_agent).said(t)).unwrap_or_default();
    let site = &job.config.site_name;
    let letter = Letter {
        paragraphs: vec![
            t.email_changed(site),
            t.when(&moment_of(&Now(said.at).rfc3339(), t)),
            t.from(&joined(&[&device, &said.country, &said.ip])),
            t.email_changed_not_you.to_owned(),
        ],
        link: Some((t.email_undo, undo_url(&job.config.own_url(), &token))),
        notes: vec![t.joins_until(&moment_of(&Now(said.expires_at).rfc3339(), t)), t.email_changed_you.to_owned()],
        ..letter(job, language, t.email_changed_subject(site))
    };
    Ok(Some((said.email, letter)))
}

/// That someone's account is going to require two-factor login.
async fn starts(job: &Job<'_>, mail: &Queued) -> Result<Option<(String, Letter)>, Fault> {
    let Some(said) = store::starts_mail(job, mail).await? else { return Ok(None) };
    let language = said.language.as_deref().and_then(Language::parse).unwrap_or_default();
    let t = language.mail_texts();
    let (site, day) = (&job.config.site_name, date(&Now(said.starts_at).rfc3339(), t));
    let letter = Letter {
        paragraphs: vec![t.starts(&said.account, site, &day), t.starts_needs.to_owned()],
        link: Some((t.set_up, format!("{}/enrol", job.config.own_url()))),
        notes: vec![t.starts_later.to_owned()],
        ..letter(job, language, t.starts_subject(&said.account, &day))
    };
    Ok(Some((said.email, letter)))
}

/// Those that say anything.
fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What happened in an account, to one of its admins.
async fn admin_notice(job: &Job<'_>, mail: &Queued) -> Result<Option<(String, Letter)>, Fault> {
    let Some(told) = store::admin_notice(job, mail).await? else { return Ok(None) };
    let detail = serde_json::from_str(&told.detail).unwrap_or_default();
    let what = Action::parse(&told.action).and_then(|action| Notice::to_admin(action, &detail));
    Ok(what.map(|what| noticed(job, what, told, &detail, None)))
}

/// A password that was right, and no code after it.
async fn unfinished(job: &Job<'_>, mail: &Queued) -> Result<Option<(String, Letter)>, Fault> {
    let token = token(job, mail, NOT_ME)?;
    let login: Unfinished = serde_json::from_str(mail.about.as_deref().unwrap_or_default()).unwrap_or_default();
    let to = store::unfinished_now(job, mail, &login, &token).await?;
    let Some((email, language)) = to else { return Ok(None) };
    let detail = Detail { device: Device::known(&login.user_agent), ..Detail::default() };
    let told = Told { email, at: mail.created_at, ip: login.ip, country: login.country, language, ..Told::default() };
    Ok(Some(noticed(job, Notice::Unfinished, told, &detail, Some(&token))))
}

/// A notice: what happened, when, and from where; and, where it could have been someone else, the button that stops everything.
fn noticed(job: &Job<'_>, what: Notice, told: Told, detail: &Detail, token: Option<&Token>) -> (String, Letter) {
    let language = told.language.as_deref().and_then(Language::parse).unwrap_or_default();
    let t = language.mail_texts();
    let own = job.config.own_url();
    let by = told.by.as_deref().unwrap_or(if told.account.is_empty() { &job.config.site_name } else { &told.account });
    let day = detail.starts_at.as_ref().or(detail.until.as_ref()).map(|day| date(day, t)).unwrap_or_default();
    let fillings = [
        ("site", job.config.site_name.as_str().into()),
        ("account", told.account.as_str().into()),
        ("by", by.into()),
        ("who", told.who.as_deref().unwrap_or_default().into()),
        ("day", day.as_str().into()),
        ("role", detail.role.map_or("", |role| t.role(role)).into()),
    ];
    let filled = |text| language.fill(text, &fillings);
    let (subject, text) = t.notices.get(what);
    let mut paragraphs = vec![filled(text)];
    if what == Notice::CodeUsed {
        paragraphs.push(t.used_codes_left(told.codes_left));
        if told.codes_left <= CODES_FEW {
            paragraphs.push(t.make_new_codes.to_owned());
        }
    }
    paragraphs.push(t.when(&moment_of(&Now(told.at).rfc3339(), t)));
    let mut notes = Vec::new();
    if !what.by_others() {
        let device = detail.device.as_ref().map(|device| device.said(t)).unwrap_or_default();
        let from = joined(&[&device, &told.country, &told.ip]);
        if !from.is_empty() {
            paragraphs.push(t.from(&from));
        }
        notes.extend(token.filter(|_| what.can_be_stopped()).map(|_| t.was_you.to_owned()));
    } else {
        notes.push(t.ask_admin_why.to_owned());
    }
    let link = match token {
        Some(token) if what.can_be_stopped() => {
            notes.push(t.not_me_does.to_owned());
            Some((t.not_me, not_me_url(&own, token)))
        }
        Some(_) if what == Notice::Stopped => Some((t.set_password, format!("{own}{FORGOT}"))),
        _ => None,
    };
    if what == Notice::PasswordReset {
        notes.push(t.changed_not_you.to_owned());
    }
    (told.email, Letter { paragraphs, link, notes, ..letter(job, language, filled(subject)) })
}

/// The token of a mail's link.
fn token(job: &Job<'_>, mail: &Queued, purpose: &str) -> Result<Token, Fault> {
    Ok(Token::derived(job.config.pepper_keys.get(&mail.key_id)?, purpose, &mail.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_minute_to_an_hour() {
        let minutes = [1, 2, 3, 6, 7, 8, 500, i64::MAX].map(|attempts| pause_ms(attempts) / 60_000);
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60, 60, 60]);
        assert_eq!(pause_ms(0), 60_000);
    }
}
