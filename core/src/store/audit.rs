//! The audit: what happened, a row in each account it concerns, each sealed by a hash over all before it.

use serde::Deserialize;

use super::{
    Credential,
    authority::with_caller,
    batch,
    budgets::{Admitted, PasswordAttempt, Right, give_back},
    repeat::{done, unsent},
    run, sql,
};
use crate::{
    audit::{Entry, Filter, Row, Sealed},
    context::Context,
    event::{Action, Detail, Event},
    jobs::Job,
    limit,
    people::{caller::Caller, session::Session},
    ports::{Fault, Statement, Value},
    secret::TokenHash,
    texts::Device,
};

/// Newest rows looked at for one page of a search; the cursor goes on from there.
const SEARCHED: i64 = 2_000;

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Rows looked at for each entry of a page without a search: repeats of a refusal are one entry, and most are not kept.
const LOOKED_AT: i64 = 4;

/// Selects rows, each with the seal of the row before it in its account: as kept, if that row is gone.
macro_rules! chained {
    ($which:literal) => {
        concat!(
            "SELECT e.*, coalesce(
               (SELECT p.hash FROM audit p WHERE p.account_id = e.account_id AND p.id < e.id ORDER BY p.id DESC LIMIT 1),
               (SELECT b.hash FROM audit_begins b WHERE b.account_id = e.account_id), '') AS previous
             FROM audit e WHERE ",
            $which
        )
    };
}
pub(super) use chained;

/// What an event rests on that is written down before it is known to have happened.
pub struct Basis<'a> {
    /// The token that a session has if it has happened.
    pub token_hash: &'a TokenHash,
    /// The result if it has not. `None`: no row.
    pub otherwise: Option<&'static str>,
    /// The charge of the code that was tried: it is gone where the code was right but used.
    pub charge: Option<&'a str>,
}

/// What someone did at which Worker, in which browser.
pub fn of_browser(cx: &Context<'_>) -> Detail {
    Detail { site: Some(cx.config.site), device: Device::known(cx.peer.user_agent), ..Detail::default() }
}

/// How many events of this user, action and result there were since a moment, up to `$most`: an event has a row in each account.
macro_rules! events_since {
    ($user:literal, $action:literal, $result:literal, $since:literal, $most:literal) => {
        concat!(
            "(SELECT count(*) FROM (SELECT DISTINCT event FROM audit WHERE target_id = ",
            $user,
            " AND action = ",
            $action,
            " AND result = '",
            $result,
            "' AND at > ",
            $since,
            " LIMIT ",
            $most,
            "))"
        )
    };
}
pub(super) use events_since;

/// A row in each account that the target has joined; of someone who has joined none, one of no account; of someone unknown,
/// none. The result is the event's only if its `basis` holds; otherwise the basis has another one, or there is no row. A
/// refused code is nobody's act: whoever typed it is not known. Of used ones an hour has [`limit::USED_CODES_WRITTEN`].
pub fn audit(
    cx: &Context<'_>,
    event: &Event<'_>,
    detail: &Detail,
    basis: Option<&Basis<'_>>,
) -> Result<Statement, Fault> {
    Ok(sql!(
        concat!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
         SELECT m.account_id, ?1, ?2, iif(r.result IN ('invalid_code', 'used_code'), NULL, ?3), ?4, ?5, r.result,
           ?12, ?7, ?8, ?9
         FROM concerned m JOIN (SELECT CASE
           WHEN ?10 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?10) THEN ?6
           WHEN ?13 IS NULL OR EXISTS (SELECT 1 FROM code_attempts WHERE id = ?13) THEN ?11
           ELSE 'used_code' END AS result) r
         WHERE m.user_id = ?4 AND r.result IS NOT NULL AND (r.result <> 'used_code' OR ?14 > ",
            events_since!("?4", "?5", "used_code", "?2 - ?15", "?14"),
            ")"
        ),
        cx.rng.id()?,
        cx.now,
        event.actor,
        event.target,
        event.action,
        event.result,
        cx.peer.ip,
        cx.peer.country,
        cx.peer.request_id,
        basis.map(|basis| basis.token_hash),
        basis.and_then(|basis| basis.otherwise),
        detail,
        basis.and_then(|basis| basis.charge),
        limit::USED_CODES_WRITTEN,
        limit::USED_CODES_MS,
    ))
}

/// Counts a wrong password, by minute and network, and whose it was to be: nobody's, too.
///
/// # Errors
/// The database.
pub async fn password_refused(cx: &Context<'_>, event: &Event<'_>) -> Result<(), Fault> {
    let count = sql!(
        "INSERT INTO refusals (minute, network, action, target, times) VALUES (?1, ?2, ?3, ?4, 1)
         ON CONFLICT DO UPDATE SET times = times + 1",
        cx.now.0.div_euclid(MINUTE_MS),
        cx.peer.network(),
        event.action,
        event.target.unwrap_or_default(),
    );
    run(cx, vec![count]).await.map(drop)
}

/// Writes down the wrong passwords of minutes that are over: one row in each account of whoever they were for, however many
/// tried and however often.
///
/// # Errors
/// The database.
pub async fn note_refusals(job: &Job<'_>) -> Result<(), Fault> {
    let minute = job.now.0.div_euclid(MINUTE_MS);
    // Those of strangers stay for days, and are not looked at.
    let statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
             SELECT m.account_id, r.event, r.at, r.target, r.action, 'invalid_credentials', r.detail, r.network, '', ''
             FROM (
               SELECT target, action, minute * ?2 AS at, ?3 || '/' || minute || '/' || action || '/' || target AS event,
                 json_object('times', sum(times), 'networks', count(*)) AS detail, min(network) AS network
               FROM refusals INDEXED BY refusals_by_target WHERE target > '' AND minute < ?1 GROUP BY minute, action, target
             ) r JOIN concerned m ON m.user_id = r.target",
            minute,
            MINUTE_MS,
            job.rng.id()?,
        ),
        sql!("DELETE FROM refusals INDEXED BY refusals_by_target WHERE target > '' AND minute < ?1", minute),
    ];
    batch(job.db, statements).await.map(drop)
}

/// Why a code is refused.
pub enum Refused<'a> {
    /// It is none. The password that was right on the way here is given back.
    Wrong(Option<(&'a PasswordAttempt, &'a Admitted)>),
    /// The same, of a form that was sent before: all else is written down.
    Again(Option<(&'a PasswordAttempt, &'a Admitted)>),
    /// It was right, but used before. Its charge is given back: it is no wrong code of its person's.
    Used(&'a str),
}

/// Notes a refused code. One that belongs to a later step of an authenticator (`early`) will not be accepted when its time
/// comes: whoever typed it is told that it was close, and so gains nothing by that; its owner loses that one step.
///
/// # Errors
/// The database.
pub async fn refused_code(
    cx: &Context<'_>,
    session: &Session,
    action: Action,
    early: Option<(&str, i64)>,
    refused: Refused<'_>,
) -> Result<(), Fault> {
    let user_id = Some(session.person.id.as_str());
    let result = match refused {
        Refused::Again(None) => return Ok(()),
        Refused::Again(Some((attempt, admitted))) => {
            return run(cx, attempt.right(admitted, None).into()).await.map(drop);
        }
        Refused::Wrong(_) => "invalid_code",
        Refused::Used(_) => "used_code",
    };
    let event = Event { action, result, actor: None, target: user_id };
    let mut statements = vec![audit(cx, &event, &of_browser(cx), None)?, alert(cx, user_id, None)?];
    if let Some((authenticator_id, step)) = early {
        statements.push(sql!(
            "UPDATE authenticators SET burned_steps = (SELECT json_group_array(value) FROM (
               SELECT value FROM json_each(burned_steps) WHERE value > last_step UNION SELECT CAST(?2 AS INTEGER)))
             WHERE id = ?1",
            authenticator_id,
            step,
        ));
    }
    match refused {
        Refused::Wrong(Some((attempt, admitted))) => statements.extend(attempt.right(admitted, None)),
        Refused::Wrong(None) | Refused::Again(_) => {}
        Refused::Used(charge) => statements.extend(give_back(charge, &Right::Code)),
    }
    run(cx, statements).await.map(drop)
}

/// Raises an alert when a user's refused codes reach [`limit::ALERT_FAILURES`] in 30 days, once in that time. Runs where
/// one more was written down: with `proof` only if no session with that token came of it.
pub fn alert(cx: &Context<'_>, user_id: Option<&str>, proof: Option<&TokenHash>) -> Result<Statement, Fault> {
    Ok(sql!(
        "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
         SELECT account_id, ?8, ?1, ?2, 'alert', 'many_failures', '', ?3, ?4, ?5
         FROM concerned WHERE user_id = ?2
           AND (?9 IS NULL OR NOT EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?9))
           AND NOT EXISTS (SELECT 1 FROM audit
             WHERE target_id = ?2 AND action = 'alert' AND result = 'many_failures' AND at > ?6)
           AND ?7 <= (SELECT count(*) FROM (SELECT DISTINCT event FROM audit WHERE target_id = ?2
             AND action IN ('verify', 'recovery', 'reauth') AND result = 'invalid_code' AND at > ?6 LIMIT ?7))",
        cx.now,
        user_id,
        cx.peer.ip,
        cx.peer.country,
        cx.peer.request_id,
        cx.now.0 - limit::ALERT_WINDOW_MS,
        limit::ALERT_FAILURES,
        cx.rng.id()?,
        proof,
    ))
}

/// The statement that writes down what someone does to their own sign-in: if the session of `$token_hash` exists by then,
/// `$when` holds for it (`s`) and the hour has had fewer than [`limit::own_acts`] of its kind, in each of their accounts. `?11`
/// and what follows are its own.
macro_rules! noted {
    ($cx:expr, $token_hash:expr, $event:expr, $action:expr, $when:expr $(, $own:expr)* $(,)?) => {
        $crate::store::sql!(
            concat!(
                "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
                 SELECT m.account_id, ?1, ?2, s.user_id, s.user_id, ?3, 'ok', ?8, ?4, ?5, ?6
                 FROM sessions s JOIN concerned m ON m.user_id = s.user_id
                 WHERE s.token_hash = ?7 AND (?9 IS NULL OR ?9 > ",
                $crate::store::audit::events_since!("s.user_id", "?3", "ok", "?10", "?9"),
                ") AND ",
                $when,
                " RETURNING id"
            ),
            $event,
            $cx.now,
            $action,
            $cx.peer.ip,
            $cx.peer.country,
            $cx.peer.request_id,
            $token_hash,
            &$crate::store::audit::of_browser($cx),
            $crate::limit::own_acts($action),
            $cx.now.0 - $crate::limit::OWN_ACTS_MS
            $(, $own)*
        )
    };
}
pub(super) use noted;

/// From when on someone may do again what their hour has had [`limit::OWN_ACTS`] of; none if that is not why it was not done.
///
/// # Errors
/// The database.
pub async fn own_act_retry_at(cx: &Context<'_>, session: &Session, action: Action) -> Result<Option<i64>, Fault> {
    #[derive(Deserialize)]
    struct Earliest {
        at: i64,
    }
    let earliest = sql!(
        "SELECT max(at) AS at FROM audit WHERE target_id = ?1 AND action = ?2 AND result = 'ok' AND at > ?3
         GROUP BY event ORDER BY at DESC LIMIT 1 OFFSET ?4 - 1",
        &session.person.id,
        action,
        cx.now.0 - limit::OWN_ACTS_MS,
        limit::OWN_ACTS,
    );
    let earliest = run(cx, vec![earliest]).await?.next()?.parse::<Earliest>()?.pop();
    Ok(earliest.map(|row| row.at + limit::OWN_ACTS_MS))
}

/// The statement that writes down an [`Act`] for each row of a query of `account_id`, `actor_id` and `target_id`. The
/// query asks all that the act depends on: `?9` is the caller's credential, `?10` the account, what follows is its own.
macro_rules! written {
    ($act:expr, $cx:expr, $when:expr $(, $own:expr)* $(,)?) => {
        $crate::store::sql!(
            concat!(
                "INSERT INTO audit (account_id, event, at, actor_id, token_id, target_id, action, result, detail, ip, country,
                   request_id)
                 SELECT account_id, ?1, ?2, actor_id, ?3, target_id, ?4, 'ok', ?5, ?6, ?7, ?8 FROM (",
                $when,
                ") RETURNING id"
            ),
            $act.event(),
            $cx.now,
            $act.token_id,
            $act.action,
            &$act.detail,
            $cx.peer.ip,
            $cx.peer.country,
            $cx.peer.request_id,
            $act.credential,
            $act.account_id
            $(, $own)*
        )
    };
}
pub(super) use written;

/// What an admin does: who, in which account, and the event that it is written down as. The row is written only if the
/// caller's mandate and the facts decided on still hold; everything else happens only if the row is there.
pub struct Act<'a> {
    /// The hash of the session's or token's value.
    pub credential: &'a TokenHash,
    /// The API token's id, if it is one.
    pub token_id: Option<&'a str>,
    /// The account.
    pub account_id: &'a str,
    /// What is done.
    pub action: Action,
    /// What exactly.
    pub detail: Detail,
    /// What of it is shown once, sealed.
    pub shown: Option<String>,
    event: String,
}

impl<'a> Act<'a> {
    /// An act of this caller.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(
        cx: &Context<'_>,
        (caller, credential): (&'a Caller, &'a Credential),
        account_id: &'a str,
        action: Action,
        detail: Detail,
    ) -> Result<Self, Fault> {
        let token_id = match caller {
            Caller::Token(token) => Some(token.id.as_str()),
            Caller::Session(_) => None,
        };
        Ok(Self {
            credential: credential.hash(),
            token_id,
            account_id,
            action,
            detail,
            shown: None,
            event: cx.rng.id()?,
        })
    }

    /// The event's id: its row is the proof that the act was allowed.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Keeps in the caller's session that the form was done, and what it shows.
    pub(super) fn done(&self, cx: &Context<'_>) -> Vec<Statement> {
        done(cx, self.credential, &self.event, self.shown.as_deref())
    }

    /// Writes down an act on a member, if `facts` still hold.
    pub(super) fn on_member(&self, cx: &Context<'_>, target_id: &str, facts: &str) -> Statement {
        written!(
            self,
            cx,
            concat!(
                "SELECT account_id, actor_id, target_id FROM reach
             WHERE credential = ?9 AND account_id = ?10 AND target_id = ?11 AND facts = ?12 AND ",
                unsent!("?9", "?13", "?2")
            ),
            target_id,
            facts,
            cx.form,
        )
    }
}

/// One page of an account's audit, newest first. The second value is where the next page begins: at most 2,000 rows are
/// searched for one page, so a page may be short before the end.
///
/// # Errors
/// The database.
pub async fn audit_page(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<(Option<Caller>, Vec<Entry>, Option<i64>), Fault> {
    #[derive(Deserialize)]
    struct Reached {
        oldest: Option<i64>,
        searched: i64,
    }
    let before = filter.before.unwrap_or(Value::MAX_INTEGER);
    let every = filter.actor.is_none() && filter.target.is_none() && filter.action.is_none();
    // Where every row is shown, few are searched beyond those of the page.
    let searched = if every { LOOKED_AT * limit + 1 } else { SEARCHED };
    // Of the same refusal within an hour the newest row is the entry: rows of one kind carry the same actor, and are found by
    // an index. How often it was is asked for those that are shown. Without a mandate there is no account to begin with.
    let search = sql!(
        "SELECT e.*, (SELECT email FROM users WHERE id = e.actor_id) AS actor_email,
           (SELECT email FROM users WHERE id = e.target_id) AS target_email,
           iif(e.result = 'ok' OR e.target_id IS NULL, 1, (SELECT sum(times) FROM (
             -- A row for a minute of wrong passwords says how many they were; one of before begins with it.
             SELECT max(1, ifnull(iif(json_valid(r.detail), r.detail ->> 'times', CAST(r.detail AS INTEGER)), 1)) AS times
             FROM audit r
             WHERE r.target_id = e.target_id AND r.action = e.action AND r.result = e.result
               AND r.at >= e.at - e.at % 3600000 AND r.at < e.at - e.at % 3600000 + 3600000
               AND r.account_id = e.account_id LIMIT 1000
           ))) AS times
         FROM (
           SELECT * FROM (
             SELECT * FROM audit
             WHERE account_id = (SELECT account_id FROM mandates WHERE credential = ?8 AND account_id = ?1) AND id < ?2
             ORDER BY id DESC LIMIT ?3
           ) e
           WHERE (?4 IS NULL OR e.actor_id IN (SELECT id FROM users WHERE id = ?4 OR email = ?4))
             AND (?5 IS NULL OR e.target_id IN (SELECT id FROM users WHERE id = ?5 OR email = ?5))
             AND (?6 IS NULL OR e.action = ?6)
             AND (e.result = 'ok' OR e.target_id IS NULL OR e.id = (
               SELECT r.id FROM audit r
               WHERE r.target_id = e.target_id AND r.action = e.action AND r.result = e.result
                 AND r.at >= e.at - e.at % 3600000 AND r.at < e.at - e.at % 3600000 + 3600000
                 AND r.account_id = e.account_id
               ORDER BY r.at DESC, r.id DESC LIMIT 1
             ))
           ORDER BY e.id DESC LIMIT ?7
         ) e ORDER BY e.id DESC",
        account_id,
        before,
        searched,
        filter.actor.as_deref(),
        filter.target.as_deref(),
        filter.action.as_deref(),
        limit + 1,
        credential.hash(),
    );
    let reached = sql!(
        "SELECT min(id) AS oldest, count(*) AS searched FROM (
           SELECT id FROM audit
           WHERE account_id = (SELECT account_id FROM mandates WHERE credential = ?4 AND account_id = ?1) AND id < ?2
           ORDER BY id DESC LIMIT ?3
         )",
        account_id,
        before,
        searched,
        credential.hash(),
    );
    let (caller, mut results) = with_caller(cx, credential, vec![search, reached]).await?;
    let rows = results.next()?.parse_both()?.into_iter();
    let mut entries: Vec<Entry> = rows.map(|(row, known)| Entry { row, known }).collect();
    let reached = results.next()?.parse::<Reached>()?.pop().ok_or_else(|| Fault::new("no row"))?;
    let most = usize::try_from(limit).unwrap_or(0);
    let next = if entries.len() > most {
        entries.truncate(most);
        entries.last().map(|entry| entry.row.id)
    } else {
        reached.oldest.filter(|_| reached.searched == searched)
    };
    Ok((caller, entries, next))
}

/// The oldest sealed rows of an account after row `after`, at most `limit`, and the checkpoints among them with the rows
/// they sign.
///
/// # Errors
/// The database.
pub async fn audit_export(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    after: i64,
    limit: i64,
) -> Result<(Option<Caller>, Vec<Sealed>, Vec<(i64, String)>), Fault> {
    #[derive(Deserialize)]
    struct Seal {
        previous: String,
        hash: String,
    }
    #[derive(Deserialize)]
    struct Checkpoint {
        row_id: i64,
        note: String,
    }
    let rows = sql!(
        chained!(
            "e.account_id = (SELECT account_id FROM mandates WHERE credential = ?4 AND account_id = ?1)
             AND e.id > ?2 AND e.hash IS NOT NULL ORDER BY e.id LIMIT ?3"
        ),
        account_id,
        after,
        limit,
        credential.hash(),
    );
    let checkpoints = sql!(
        "SELECT row_id, note FROM audit_checkpoints
         WHERE account_id = (SELECT account_id FROM mandates WHERE credential = ?3 AND account_id = ?1) AND row_id > ?2
         ORDER BY row_id",
        account_id,
        after,
        credential.hash(),
    );
    let (caller, mut results) = with_caller(cx, credential, vec![rows, checkpoints]).await?;
    let rows = results.next()?.parse_both::<Row, Seal>()?.into_iter();
    let rows: Vec<_> = rows.map(|(row, Seal { previous, hash })| Sealed { previous, row, hash }).collect();
    // Those of rows that have gone sign nothing that is here.
    let [first, last] = [rows.first(), rows.last()].map(|sealed: Option<&Sealed>| sealed.map_or(0, |s| s.row.id));
    let checkpoints = results.next()?.parse::<Checkpoint>()?.into_iter().map(|c| (c.row_id, c.note));
    let checkpoints = checkpoints.filter(|(row_id, _)| (first..=last).contains(row_id));
    Ok((caller, rows, checkpoints.collect()))
}
