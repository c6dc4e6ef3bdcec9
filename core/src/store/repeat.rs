//! The same form sent again, and what is shown once: both are kept with the session, sealed, for minutes.

use serde::Deserialize;

use super::{rows, run, select_visit, sql};
use crate::{
    context::Context,
    people::session::{REPEAT_MS, SHOWN_MS, Session},
    ports::{Fault, Statement, Value, flag},
    secret::TokenHash,
};

/// What is answered again.
#[derive(Deserialize)]
pub struct Answered {
    /// The session's id.
    pub session_id: String,
    /// Its token, as the database knows it.
    pub token_hash: String,
    /// Sealed for the form.
    pub answer: String,
    /// What is shown once, sealed, if there is anything and its time is not over.
    pub shown: Option<String>,
}

// `unsent!` is a literal, so it spells the time out.
const _: () = assert!(REPEAT_MS == 60_000);

/// That this form was not the last that the session of `$credential` has done, nor waited for that.
macro_rules! unsent {
    ($credential:literal, $form:literal, $now:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM sessions f WHERE f.token_hash = ",
            $credential,
            " AND ",
            $form,
            " IN (f.form, f.waited) AND abs(",
            $now,
            " - f.form_at) < 60000)"
        )
    };
}
pub(super) use unsent;

// `shows!` too.
const _: () = assert!(SHOWN_MS == 600_000);

/// Keeps one more thing that is shown once, with those of the last ten minutes.
macro_rules! shows {
    ($shown:literal, $now:literal) => {
        concat!(
            "shown = iif(abs(",
            $now,
            " - shown_at) < 600000 AND (",
            $shown,
            " IS NULL OR length(shown) < 16384), shown || iif(",
            $shown,
            " IS NULL, '', ' ' || ",
            $shown,
            "), ",
            $shown,
            "), shown_at = iif(",
            $shown,
            " IS NULL, shown_at, ",
            $now,
            ")"
        )
    };
}
pub(super) use shows;

/// Keeps that the form was done, if the audit has `event` by then, and what it shows.
pub(super) fn done(cx: &Context<'_>, token_hash: &TokenHash, event: &str, shown: Option<&str>) -> Vec<Statement> {
    // Without a form there is nothing to keep but what is shown, and the form of before stays the last.
    let kept = cx.form.is_some() || shown.is_some();
    let keep = || {
        sql!(
            concat!(
                "UPDATE sessions SET form = iif(?6, form, coalesce(?3, form)), waited = iif(?6, ?3, iif(?3 IS NULL, waited, NULL)),
               form_at = iif(?3 IS NULL, form_at, ?4), answer = iif(?6 OR ?3 IS NULL, answer, NULL), ",
                shows!("?5", "?4"),
                " WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)"
            ),
            token_hash,
            event,
            cx.form,
            cx.now,
            shown,
            // What is answered to the proof stays: sent again, it leads here again.
            cx.proof.is_some(),
        )
    };
    kept.then(keep).into_iter().collect()
}

/// The session that has just done the form, by its id, whether or not it has ended by that.
///
/// # Errors
/// The database.
pub async fn done_before(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
    }
    let Some(form) = cx.form else { return Ok(None) };
    let before = sql!(
        "SELECT id FROM sessions WHERE token_hash = ?1 AND ?2 IN (form, waited) AND abs(?3 - form_at) < ?4",
        token_hash,
        form,
        cx.now,
        REPEAT_MS,
    );
    Ok(run(cx, vec![before]).await?.next()?.parse::<Row>()?.pop().map(|row| row.id))
}

/// The live session with this token, and whether the link or token with the hash `shown` is still good: nobody has used,
/// replaced, withdrawn or revoked it.
///
/// # Errors
/// The database.
pub async fn still_good(
    cx: &Context<'_>,
    token_hash: &TokenHash,
    shown: &TokenHash,
) -> Result<(Option<Session>, bool), Fault> {
    let statements = vec![
        select_visit(cx, token_hash),
        sql!(
            "SELECT 1 FROM invitations WHERE token_hash = ?1 AND expires_at > ?2
             UNION ALL SELECT 1 FROM api_tokens WHERE token_hash = ?1 AND expires_at > ?2
             UNION ALL SELECT 1 FROM service_tokens WHERE token_hash = ?1 AND expires_at > ?2",
            shown,
            cx.now,
        ),
    ];
    let mut results = run(cx, statements).await?;
    let session = rows::visit(cx.config.site, cx.now, results.next()?, token_hash)?.map(|(session, _)| session);
    Ok((session, !results.next()?.0.is_empty()))
}

/// What a form was answered that led to another token, if it is the last that its session has done. `replaced`: the token
/// that the browser has, or that it had before, or the link that it has opened.
///
/// # Errors
/// The database.
pub async fn answered(
    cx: &Context<'_>,
    form: &str,
    replaced: [Option<&TokenHash>; 2],
) -> Result<Option<Answered>, Fault> {
    let [token, link] = replaced;
    let found = sql!(
        "SELECT id AS session_id, token_hash, answer, iif(abs(?4 - shown_at) < ?6, shown, NULL) AS shown FROM sessions
         WHERE (token_hash = ?1 OR previous_hash IN (?1, ?2)) AND form = ?3 AND abs(?4 - form_at) < ?5
           AND answer IS NOT NULL AND expires_at > ?4 AND last_seen_at > ?7",
        token,
        link,
        form,
        cx.now,
        REPEAT_MS,
        SHOWN_MS,
        cx.now.0 - cx.config.site.idle_ms(),
    );
    Ok(run(cx, vec![found]).await?.next()?.parse()?.pop())
}

/// A session, and what it keeps for minutes.
pub struct Kept {
    /// The live session.
    pub session: Session,
    /// What it shows once, sealed, if its time is not over.
    pub shown: Option<String>,
    /// Whether the form is the one that it has just done.
    pub again: bool,
}

/// The live session with this token, and what it keeps.
///
/// # Errors
/// The database.
pub async fn kept(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Kept>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        shown: Option<String>,
        #[serde(deserialize_with = "flag")]
        again: bool,
    }
    let statements = vec![
        select_visit(cx, token_hash),
        sql!(
            "SELECT iif(abs(?2 - shown_at) < ?3, shown, NULL) AS shown,
               ifnull(?4 IN (form, waited) AND abs(?2 - form_at) < ?5, 0) AS again FROM sessions WHERE token_hash = ?1",
            token_hash,
            cx.now,
            SHOWN_MS,
            cx.form,
            REPEAT_MS,
        ),
    ];
    let mut results = run(cx, statements).await?;
    let session = rows::visit(cx.config.site, cx.now, results.next()?, token_hash)?;
    let row = results.next()?.parse::<Row>()?.pop();
    Ok(session.zip(row).map(|((session, _), Row { shown, again })| Kept { session, shown, again }))
}
