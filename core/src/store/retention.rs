//! What goes again by itself. Each statement takes a bounded number of rows, by an index; the rest goes the next time.

use serde::Deserialize;

use super::{batch, sql, starts::exemptions_over};
use crate::{
    jobs::Job,
    people::session::{REPEAT_MS, SHOWN_MS},
    ports::{DAY_MS, Fault, Now, Statement, Value},
};

/// Rows of one kind that go in one transaction. D1 writes them in far less than the 30 s it allows.
const SWEPT: i64 = 1_000;

/// How long a token that has ended stays in the list, so that whoever looks for why a job failed finds it.
pub const ENDED_TOKEN_MS: i64 = 30 * DAY_MS;

/// For how long an attempt at a code stays: it counts for fifteen minutes.
const CODE_ATTEMPT_MS: i64 = 3_600_000;

/// For how long a flood of wrong passwords stays, and how many links were asked for: it is counted by the hour.
const FLOOD_MS: i64 = 3_600_000;

/// For how long it stays how often strangers were refused.
const REFUSALS_MS: i64 = 7 * DAY_MS;

/// Removes what is over, up to 1,000 rows of each kind: what sessions keep for minutes, sessions with the set-ups begun in them, set-ups, API and service
/// tokens, known browsers, links that were mailed, counts of failures and of refusals; and works out what is due. An invitation that has lapsed stays: it opens nothing, and holds the name
/// by which its member is invited again. `true`: there may be more.
///
/// # Errors
/// The database.
pub async fn sweep(job: &Job<'_>) -> Result<bool, Fault> {
    /// Rows of a table up to a moment, by the index on it.
    macro_rules! over {
        ($table:literal, $key:literal, $when:literal, $moment:expr) => {
            sql!(
                concat!(
                    "DELETE FROM ",
                    $table,
                    " WHERE (",
                    $key,
                    ") IN (SELECT ",
                    $key,
                    " FROM ",
                    $table,
                    " WHERE ",
                    $when,
                    " <= ?1 LIMIT ?2) RETURNING 1 AS gone"
                ),
                $moment,
                SWEPT,
            )
        };
    }
    /// What sessions keep for minutes, up to a moment.
    macro_rules! kept {
        ($what:literal, $since:literal, $moment:expr) => {
            sql!(
                concat!(
                    "UPDATE sessions SET ",
                    $what,
                    " = NULL WHERE rowid IN (SELECT rowid FROM sessions WHERE ",
                    $what,
                    " IS NOT NULL AND ",
                    $since,
                    " <= ?1 LIMIT ?2) RETURNING 1 AS gone"
                ),
                $moment,
                SWEPT,
            )
        };
    }
    let now = job.now.0;
    let statements = vec![
        exemptions_over(job.now),
        kept!("answer", "form_at", now - REPEAT_MS),
        kept!("shown", "shown_at", now - SHOWN_MS),
        over!("sessions", "rowid", "expires_at", now),
        over!("enrolments", "rowid", "expires_at", now),
        over!("api_tokens", "rowid", "expires_at", now - ENDED_TOKEN_MS),
        over!("service_tokens", "rowid", "expires_at", now - ENDED_TOKEN_MS),
        over!("browsers", "rowid", "expires_at", now),
        over!("code_attempts", "rowid", "at", now - CODE_ATTEMPT_MS),
        over!("password_budgets", "subject, source", "forgotten_at", now),
        over!("floods", "subject", "tried_at", now - FLOOD_MS),
        // They count for a day after they were mailed.
        over!("links", "rowid", "expires_at", now - DAY_MS),
        over!("refusals", "minute, network, action, target", "minute", (now - REFUSALS_MS).div_euclid(60_000)),
        // What searches look at, of members from before there were any.
        sql!(
            "UPDATE memberships SET sought = (SELECT text FROM called c
               WHERE c.account_id = memberships.account_id AND c.user_id = memberships.user_id)
             WHERE (account_id, user_id) IN (SELECT account_id, user_id FROM memberships INDEXED BY memberships_unsought
               WHERE sought IS NULL AND account_id > '' LIMIT ?1) RETURNING 1 AS done",
            SWEPT,
        ),
    ];
    let kinds = statements.len();
    let mut results = batch(job.db, statements).await?;
    let mut more = false;
    for _ in 0..kinds {
        more |= i64::try_from(results.next()?.0.len()) == Ok(SWEPT);
    }
    Ok(more)
}

/// Whose audit loses its oldest rows.
#[derive(Clone, Copy)]
pub enum Trimmed {
    /// What belongs to no account.
    Nobodys,
    /// The account that has the oldest row of all.
    Oldest,
}

/// Removes the oldest rows from an audit, if they are from before `before`: up to the first that is not, or is not sealed. A row of the audit tells of it. `false`: there is nothing to remove.
///
/// # Errors
/// The database.
pub async fn audit_trim(job: &Job<'_>, whose: Trimmed, before: Now) -> Result<bool, Fault> {
    #[derive(Deserialize)]
    struct Cut {
        account_id: String,
        id: i64,
    }
    // Numbers grow with time: the oldest row is the first. One that was written by a clock ahead makes all others wait.
    let oldest = sql!(
        "WITH oldest AS (
           SELECT account_id, id, at, hash FROM audit
           WHERE account_id = ifnull(?4, (SELECT account_id FROM audit WHERE id > 0 ORDER BY id LIMIT 1))
           ORDER BY id LIMIT ?2
         )
         SELECT account_id, max(id) AS id FROM oldest
         WHERE id < ifnull((SELECT min(id) FROM oldest WHERE at >= ?1 OR hash IS NULL), ?3)
         GROUP BY account_id",
        before,
        SWEPT,
        Value::MAX_INTEGER,
        match whose {
            Trimmed::Nobodys => Some(""),
            Trimmed::Oldest => None,
        },
    );
    let Some(Cut { account_id, id }) = batch(job.db, vec![oldest]).await?.next()?.parse()?.pop() else {
        return Ok(false);
    };
    let event = job.rng.id()?;
    let statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
             SELECT account_id, ?3, ?4, 'audit_trimmed', 'ok',
               json_object('rows', (SELECT count(*) FROM audit WHERE account_id = ?1 AND id <= ?2), 'up_to', id, 'sealed', hash),
               '', '', ''
             FROM audit WHERE id = ?2 AND account_id = ?1",
            &account_id,
            id,
            &event,
            job.now,
        ),
        sql!(
            "INSERT INTO audit_begins (account_id, row_id, hash)
             SELECT account_id, id, hash FROM audit
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)
             ON CONFLICT (account_id) DO UPDATE SET row_id = excluded.row_id, hash = excluded.hash",
            id,
            &event,
        ),
        sql!(
            "DELETE FROM audit WHERE account_id = ?1 AND id <= ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            &account_id,
            id,
            &event,
        ),
    ];
    // Nothing happens where someone else has just removed the row; there may be more all the same.
    batch(job.db, statements).await.map(|_| true)
}
