//! The day from which on an account requires two-factor login, and how those hear of it whom it would stop.
//!
//! Each date has three announcements at most in the outbox: when it is set, seven days and one day before. One is worked off by
//! [`announce`], which puts a mail for each of those people there, [`PEOPLE`] in one go. Another date takes their place.

use serde::Deserialize;

use super::{Queued, batch, sql};
use crate::{
    context::Context,
    jobs::Job,
    mail::Kind,
    ports::{DAY_MS, Fault, Now, Statement, Value},
};

/// How far ahead a day can be set, in milliseconds: a year.
pub const STARTS_MS: i64 = 366 * DAY_MS;

/// How long before it people are reminded, in days.
pub const REMINDED_DAYS: [i64; 2] = [7, 1];

/// Announcements of an account in a day, in so many changes of the date; a further one is told of by the reminders alone.
pub const ANNOUNCED_OF_DAY: i64 = 5;

/// People who are written to in one go, once a minute: other mails are on their way as well.
const PEOPLE: i64 = 40;

/// How long one go waits for the next, in milliseconds.
const PAUSE_MS: i64 = 60_000;

/// Whether an account requires two-factor login at a moment: of the columns of `accounts`.
macro_rules! in_force {
    ($now:expr) => {
        concat!("(two_factor_required = 1 AND ifnull(starts_at, 0) <= ", $now, ")")
    };
}
pub(super) use in_force;

/// The announcements of a date that `event` has set, in place of all of the account before; of none, where it is enforced at once.
/// All of that if the audit has this event by then.
pub(super) fn announced(cx: &Context<'_>, account_id: &str, event: &str, starts_at: Option<Now>) -> Vec<Statement> {
    let id = |days: Option<i64>| format!("starts.{account_id}.{}", days.unwrap_or_default());
    let days: Vec<_> = std::iter::once(None).chain(REMINDED_DAYS.map(Some)).collect();
    let mut statements: Vec<_> = days
        .iter()
        .map(|days| {
            sql!("DELETE FROM outbox WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", id(*days), event)
        })
        .collect();
    let Some(starts_at) = starts_at.filter(|at| *at > cx.now && cx.config.mail_from.is_some()) else {
        return statements;
    };
    for days in days {
        let due = days.map_or(cx.now, |days| Now(starts_at.0 - days * DAY_MS));
        if due < cx.now {
            continue;
        }
        statements.push(sql!(
            "INSERT INTO outbox (id, kind, event, account_id, key_id, language, created_at, due_at, expires_at, about)
             SELECT ?1, ?2, event, account_id, '', '', ?4, ?5, ?6, json_object('starts_at', CAST(?6 AS INTEGER), 'after', '')
             FROM audit WHERE event = ?3 AND account_id = ?7 AND (?5 > ?4 OR ?8 >= (
               SELECT count(*) FROM audit d WHERE d.target_id IS NULL AND d.action = audit.action AND d.result = 'ok'
                 AND d.at > ?4 - ?9 AND d.account_id = ?7))",
            id(days),
            Kind::Announcement,
            event,
            cx.now,
            due,
            starts_at,
            account_id,
            ANNOUNCED_OF_DAY,
            DAY_MS,
        ));
    }
    statements
}

/// What an announcement keeps.
#[derive(Default, Deserialize)]
struct Announcement {
    starts_at: i64,
    after: String,
}

/// Puts a mail into the outbox for the next people whom the date of an announcement would stop, if it still is the account's. The
/// rest of them come a minute later: then it has no lease any more, and goes on.
///
/// # Errors
/// The database.
pub async fn announce(job: &Job<'_>, mail: &Queued) -> Result<(), Fault> {
    let Announcement { starts_at, after } =
        serde_json::from_str(mail.about.as_deref().unwrap_or_default()).unwrap_or_default();
    // As many as the index has next, the invited and deactivated among them: they are few or many, and no row more is read.
    macro_rules! next {
        ($what:literal) => {
            concat!(
                "SELECT ",
                $what,
                " FROM (SELECT m.email, m.user_id, m.state FROM accounts a JOIN memberships m ON m.account_id = a.id
                   WHERE a.id = ?1 AND m.enrolled = 0 AND m.email > ?2
                     AND a.two_factor_required = 1 AND a.starts_at = ?3 AND a.starts_at > ?4
                   ORDER BY m.email LIMIT ?5)"
            )
        };
    }
    let statements = vec![
        sql!(
            concat!(
                "INSERT INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at, about)
                 SELECT o.id || '.' || p.user_id || '.' || o.event, ?8, o.event, o.account_id, p.user_id, '', '', ?4, ?4,
                   min(?3, ?4 + ?9), CAST(?3 AS INTEGER)
                 FROM outbox o, (",
                next!("user_id, state"),
                ") p WHERE o.id = ?6 AND o.lease IS ?7 AND p.state = 'active' ON CONFLICT DO NOTHING"
            ),
            mail.account_id.as_deref(),
            &after,
            starts_at,
            job.now,
            PEOPLE,
            &mail.id,
            mail.lease(),
            Kind::Starts,
            DAY_MS,
        ),
        sql!(
            concat!(
                "UPDATE outbox SET due_at = ?4 + ?8, lease = NULL, attempts = 0, unanswered = 0,
                   about = json_object('starts_at', CAST(?3 AS INTEGER), 'after', (",
                next!("max(email)"),
                ")) WHERE id = ?6 AND lease IS ?7 AND ?5 = (",
                next!("count(*)"),
                ")"
            ),
            mail.account_id.as_deref(),
            &after,
            starts_at,
            job.now,
            PEOPLE,
            &mail.id,
            mail.lease(),
            PAUSE_MS,
        ),
    ];
    batch(job.db, statements).await.map(drop)
}

/// What someone is told of a date.
#[derive(Deserialize)]
pub struct StartsMail {
    /// Where it goes.
    pub email: String,
    /// The account's name.
    pub account: String,
    /// The date.
    pub starts_at: i64,
    /// What they read, where that is known.
    pub language: Option<String>,
}

/// What the mail of a date says; none, if that date is not the account's any more, or it would not stop them.
///
/// # Errors
/// The database.
pub async fn starts_mail(job: &Job<'_>, mail: &Queued) -> Result<Option<StartsMail>, Fault> {
    let read = sql!(
        "SELECT m.email, a.name AS account, a.starts_at, (SELECT language FROM users WHERE id = m.user_id) AS language
         FROM memberships m JOIN accounts a ON a.id = m.account_id
         WHERE m.account_id = ?1 AND m.user_id = ?2 AND m.state = 'active' AND m.enrolled = 0
           AND a.two_factor_required = 1 AND a.starts_at = CAST(?3 AS INTEGER) AND a.starts_at > ?4",
        mail.account_id.as_deref(),
        mail.user_id.as_deref(),
        mail.about.as_deref(),
        job.now,
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse()?.pop())
}
