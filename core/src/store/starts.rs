//! The day from which on an account requires two-factor login, and how those hear of it whom it would stop; and single members whom
//! it holds later.
//!
//! Each date has three announcements at most in the outbox: when it is set, seven days and one day before. One is worked off by
//! [`announce`], which puts a mail for each of those people there, [`PEOPLE`] in one go. Another date takes their place.

use serde::Deserialize;

use super::{Act, Queued, audit::written, batch, repeat::unsent, run, sql};
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
                " FROM (SELECT m.email, m.user_id, m.state, ifnull(m.exempt_until, 0) <= ?3 AS held FROM accounts a JOIN memberships m ON m.account_id = a.id
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
                next!("user_id, state, held"),
                ") p WHERE o.id = ?6 AND o.lease IS ?7 AND p.state = 'active' AND p.held = 1 ON CONFLICT DO NOTHING"
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
        "SELECT m.email, a.name AS account, CAST(?3 AS INTEGER) AS starts_at, (SELECT language FROM users WHERE id = m.user_id) AS language
         FROM memberships m JOIN accounts a ON a.id = m.account_id
         WHERE m.account_id = ?1 AND m.user_id = ?2 AND m.state = 'active' AND m.enrolled = 0
           AND a.two_factor_required = 1 AND CAST(?3 AS INTEGER) > ?4
           AND CAST(?3 AS INTEGER) = max(ifnull(a.starts_at, 0), ifnull(m.exempt_until, 0))",
        mail.account_id.as_deref(),
        mail.user_id.as_deref(),
        mail.about.as_deref(),
        job.now,
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse()?.pop())
}

/// How long someone can be exempt from a requirement, in milliseconds: 90 days.
pub const EXEMPT_MS: i64 = 90 * DAY_MS;

/// Members of an account who can be exempt at a time.
pub const EXEMPT_MAX: i64 = 200;

/// How long before the end someone is reminded, in milliseconds.
const EXEMPT_REMINDED_MS: i64 = DAY_MS;

/// That someone is exempt from a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption<'a> {
    /// Until when.
    pub until: Now,
    /// Why.
    pub why: &'a str,
}

/// Exempts a member without an authenticator, or ends that, if `facts` still hold. To be what they are already changes and writes down
/// nothing. The mail that reminds of its end takes the place of one before. `false`: the facts do not hold, or the account has
/// [`EXEMPT_MAX`] others.
///
/// # Errors
/// The database.
pub async fn exempt(
    cx: &Context<'_>,
    act: &Act<'_>,
    user_id: &str,
    facts: &str,
    exemption: Option<&Exemption<'_>>,
) -> Result<bool, Fault> {
    let (until, why) = exemption.map(|exemption| (exemption.until, exemption.why)).unzip();
    let reminder = format!("exempt.{}.{user_id}", act.account_id);
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT r.account_id, r.actor_id, r.target_id FROM reach r
                 JOIN memberships m ON m.account_id = r.account_id AND m.user_id = r.target_id
                 WHERE r.credential = ?9 AND r.account_id = ?10 AND r.target_id = ?11 AND r.facts = ?12
                   AND iif(?14 IS NULL, ifnull(m.exempt_until, 0) > ?2, m.exempt_until IS NOT ?14 OR m.exempt_why IS NOT ?15)
                   AND (?14 IS NULL OR ?16 > (SELECT count(*) FROM memberships o WHERE o.account_id = ?10
                     AND o.exempt_until > ?2 AND o.user_id <> ?11)) AND ",
                unsent!("?9", "?13", "?2")
            ),
            user_id,
            facts,
            cx.form,
            until,
            why,
            EXEMPT_MAX,
        ),
        sql!(
            // What ends now has held until now: whoever signed in before is held as by a requirement that begins now.
            "UPDATE memberships SET exempt_until = ifnull(?3, ?6), exempt_why = ?4
             WHERE account_id = ?5 AND user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            act.event(),
            until,
            why,
            act.account_id,
            cx.now,
        ),
        sql!(
            "DELETE FROM outbox WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &reminder,
            act.event(),
        ),
    ];
    if let Some(until) = until.filter(|_| cx.config.mail_from.is_some()) {
        statements.push(sql!(
            "INSERT INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at, about)
             SELECT ?1, ?2, event, account_id, target_id, '', '', ?4, max(?4, ?5 - ?6), ?5, CAST(?5 AS INTEGER)
             FROM audit WHERE event = ?3 AND account_id = ?7",
            &reminder,
            Kind::Starts,
            act.event(),
            cx.now,
            until,
            EXEMPT_REMINDED_MS,
            act.account_id,
        ));
    }
    statements.extend(act.done(cx));
    statements.push(sql!(
        "SELECT 1 FROM reach r JOIN memberships m ON m.account_id = r.account_id AND m.user_id = r.target_id
         WHERE r.credential = ?1 AND r.account_id = ?2 AND r.target_id = ?3 AND r.facts = ?4
           AND iif(?5 IS NULL, ifnull(m.exempt_until, 0) <= ?7, m.exempt_until IS ?5 AND m.exempt_why IS ?6)",
        act.credential,
        act.account_id,
        user_id,
        facts,
        until,
        why,
        cx.now,
    ));
    let mut results = run(cx, statements).await?;
    let done = !results.next()?.0.is_empty();
    Ok(done || !results.next()?.0.is_empty())
}

/// Exemptions go a day after their end: by then no session is left that was begun before it.
pub(super) fn exemptions_over(now: Now) -> Statement {
    sql!(
        "UPDATE memberships SET exempt_until = NULL, exempt_why = NULL WHERE (account_id, user_id) IN (
           SELECT account_id, user_id FROM memberships INDEXED BY memberships_exempt_end WHERE exempt_until <= ?1 LIMIT 1000)
         RETURNING 1 AS gone",
        now.0 - DAY_MS,
    )
}
