//! What attempts are charged to. A charge is written before anything is compared, and given back where it was right. One form is
//! one attempt: sent again within a minute it is compared as it was then, and charged no more. So it gets the answer of then, and
//! nobody learns more by it.

use serde::Deserialize;

use super::{run, sql};
use crate::{
    context::Context,
    limit::{self, Pause},
    people::session::{BROWSER_MS, BROWSER_TOKEN, REPEAT_MS, Session},
    ports::{Fault, Now, Rng, Rows, Statement, Value, flag},
    secret::{Token, TokenHash},
};

/// An attempt at the password of an address, and where it comes from.
pub struct PasswordAttempt {
    subject: String,
    email: String,
    network: String,
    /// Of the cookie that may make the browser known, true or not.
    browser: Option<TokenHash>,
    charge: Name,
}

/// An attempt that was admitted.
#[derive(Deserialize)]
pub struct Admitted {
    /// The id of the known browser, or the network.
    source: String,
    /// Whether it was charged before, with the same form.
    #[serde(deserialize_with = "flag")]
    pub again: bool,
}

/// What a charge is called: by the form that it came with, and by what tells it from every other.
pub(super) struct Name {
    form: String,
    id: String,
}

impl Name {
    pub(super) fn new(cx: &Context<'_>) -> Result<Self, Fault> {
        let id = cx.rng.id()?;
        let form = cx.form.unwrap_or(&id).to_owned();
        Ok(Self { id: format!("{form}.{id}"), form })
    }
}

/// That a charge `$id` was made `$at` within this minute, with the form `$form`.
macro_rules! of_form {
    ($id:literal, $at:literal, $form:literal, $now:literal) => {
        concat!("(", $id, " BETWEEN ", $form, " || '.' AND ", $form, " || '/' AND abs(", $now, " - ", $at, ") < 60000)")
    };
}

// `of_form!` is a literal, so it spells the time out.
const _: () = assert!(REPEAT_MS == 60_000);

/// The id of the known browser whose cookie hashes to `?5`, for the address `?2`, or else the network `?3`.
macro_rules! source {
    () => {
        "ifnull((SELECT b.id FROM users u JOIN browsers b ON b.user_id = u.id
           WHERE u.email = ?2 AND b.token_hash = ?5 AND b.expires_at > ?4), ?3)"
    };
}

impl PasswordAttempt {
    /// An attempt at the password of `email`, from a browser with this cookie.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(cx: &Context<'_>, browser: Option<&str>, email: &str) -> Result<Self, Fault> {
        Ok(Self {
            subject: limit::subject(&cx.config.pepper_keys, email),
            email: email.to_owned(),
            network: cx.peer.network(),
            browser: browser.map(|cookie| Token::claimed(cookie).hash(BROWSER_TOKEN)),
            charge: Name::new(cx)?,
        })
    }

    /// Charges it, unless a pause or a flood stands in the way, or its form was charged before: the first answers an [`Admitted`]
    /// if it is charged now.
    pub(super) fn charged(&self, cx: &Context<'_>) -> [Statement; 2] {
        let Pause { from, first_ms, longest_ms } = limit::PASSWORD;
        [
            sql!(
                concat!(
                    "INSERT INTO password_budgets (subject, source, failures, blocked_until, charge, updated_at, forgotten_at)
                     SELECT ?1, p.source, 1, 0, ?6, ?4, ?4 + ?13 FROM (SELECT ",
                    source!(),
                    " AS source) p
                     WHERE p.source <> ?3 OR NOT EXISTS (SELECT 1 FROM floods WHERE subject = ?3
                       AND failures >= ?10 AND began_at > ?4 - ?11 AND tried_at > ?4 - ?12)
                     ON CONFLICT (subject, source) DO UPDATE SET
                       failures = failures + 1, charge = ?6, updated_at = ?4, forgotten_at = ?4 + min((failures + 1) * ?13, ?14),
                       blocked_until = iif(failures + 1 < ?7, 0, ?4 + min(?8 << min(failures + 1 - ?7, 20), ?9))
                     WHERE blocked_until <= ?4 AND (source <> ?3 OR updated_at <= ?4 - ?12 OR NOT EXISTS
                       (SELECT 1 FROM floods WHERE subject = ?1 AND failures >= ?10 AND began_at > ?4 - ?11)) AND NOT ",
                    of_form!("charge", "updated_at", "?15", "?4"),
                    " RETURNING source, 0 AS again"
                ),
                &self.subject,
                &self.email,
                &self.network,
                cx.now,
                self.browser.as_ref(),
                &self.charge.id,
                from,
                first_ms,
                longest_ms,
                limit::FLOOD,
                limit::FLOOD_MS,
                limit::FLOOD_PAUSE_MS,
                limit::FORGOTTEN_EACH_MS,
                limit::FORGOTTEN_MS,
                &self.charge.form,
            ),
            // What a known browser does is no flood.
            sql!(
                "INSERT INTO floods (subject, began_at, failures, tried_at)
                 SELECT k.value, ?4, 1, ?4 FROM json_each(?5) k WHERE EXISTS (SELECT 1 FROM password_budgets
                   WHERE subject = ?1 AND source = ?2 AND charge = ?3)
                 ON CONFLICT (subject) DO UPDATE SET tried_at = ?4,
                   failures = iif(began_at > ?4 - ?6, failures + 1, 1), began_at = iif(began_at > ?4 - ?6, began_at, ?4)",
                &self.subject,
                &self.network,
                &self.charge.id,
                cx.now,
                super::json_list(&[self.subject.clone(), self.network.clone()]),
                limit::FLOOD_MS,
            ),
        ]
    }

    /// Answers an [`Admitted`] if its form was charged before. What is no form never was.
    pub(super) fn charged_before(&self, cx: &Context<'_>) -> Option<Statement> {
        let before = |form| {
            sql!(
                concat!(
                    "SELECT source, 1 AS again FROM password_budgets WHERE subject = ?1 AND source = ",
                    source!(),
                    " AND charge <> ?6 AND ",
                    of_form!("charge", "updated_at", "?7", "?4"),
                ),
                &self.subject,
                &self.email,
                &self.network,
                cx.now,
                self.browser.as_ref(),
                &self.charge.id,
                form,
            )
        };
        cx.form.map(before)
    }

    /// Gives the charge back, and all that failed from there before it: the password was right. With the charge of a code and
    /// the token that the session has if it was right: unless the code was a used one, whose charge is gone and which opened
    /// nothing.
    pub(super) fn right(&self, admitted: &Admitted, unless_used: Option<(&str, &TokenHash)>) -> [Statement; 2] {
        // What was not charged is not given back.
        let strange = admitted.source == self.network && !admitted.again;
        let (charge, new) = unless_used.unzip();
        [
            sql!(
                "DELETE FROM password_budgets WHERE subject = ?1 AND source = ?2 AND (?3 IS NULL
                   OR EXISTS (SELECT 1 FROM code_attempts WHERE id = ?3) OR EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4))",
                &self.subject,
                &admitted.source,
                charge,
                new,
            ),
            sql!(
                "UPDATE floods SET failures = failures - 1 WHERE ?3 AND subject IN (?1, ?2) AND failures > 0 AND (?4 IS NULL
                   OR EXISTS (SELECT 1 FROM code_attempts WHERE id = ?4) OR EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?5))",
                &self.subject,
                &self.network,
                strange,
                charge,
                new,
            ),
        ]
    }

    /// From when on one more is admitted, where one was not.
    ///
    /// # Errors
    /// The database.
    pub async fn retry_at(&self, cx: &Context<'_>) -> Result<i64, Fault> {
        let until = sql!(
            concat!(
                "SELECT max(
                   ifnull((SELECT blocked_until FROM password_budgets WHERE subject = ?1 AND source = ",
                source!(),
                "), 0),
                   ifnull((SELECT p.updated_at + ?6 FROM password_budgets p JOIN floods f ON f.subject = p.subject
                     WHERE p.subject = ?1 AND p.source = ?3 AND f.failures >= ?7 AND f.began_at > ?4 - ?8), 0),
                   ifnull((SELECT tried_at + ?6 FROM floods
                     WHERE subject = ?3 AND failures >= ?7 AND began_at > ?4 - ?8), 0)
                 ) AS until"
            ),
            &self.subject,
            &self.email,
            &self.network,
            cx.now,
            self.browser.as_ref(),
            limit::FLOOD_PAUSE_MS,
            limit::FLOOD,
            limit::FLOOD_MS,
        );
        parse_until(run(cx, vec![until]).await?.next()?)
    }
}

impl Admitted {
    /// The id of the known browser, or empty.
    pub fn browser(&self, attempt: &PasswordAttempt) -> &str {
        if self.source == attempt.network { "" } else { &self.source }
    }
}

/// The charge of an attempt at a code that may be compared.
pub struct Charge {
    /// Its id.
    pub id: String,
    /// When it was made, and as of when the code is compared.
    pub at: Now,
    /// Whether it was made before, with the same form, so that it is written down already.
    pub again: bool,
}

impl Charge {
    pub(super) fn of(rows: Rows, name: &Name) -> Result<Option<Self>, Fault> {
        #[derive(Deserialize)]
        struct Row {
            id: String,
            at: i64,
        }
        let charge = |Row { id, at }| Self { again: id != name.id, id, at: Now(at) };
        Ok(rows.parse()?.pop().map(charge))
    }
}

/// Charges one attempt at a code to the session, the user's quarter of an hour and their hundred in a row, unless a limit
/// holds or its form was charged before. The last answers a [`Charge`] if it was charged. Without a password that was `proven` just
/// now none is charged to a session that has its second factor: many at once would hold what its owner's other logins need.
pub(super) fn charge_code(
    cx: &Context<'_>,
    token_hash: &TokenHash,
    failures_max: i64,
    proven: bool,
    Name { form, id: charge }: &Name,
) -> [Statement; 4] {
    [
        sql!(
            concat!(
                "INSERT INTO code_attempts (id, user_id, browser, at)
             SELECT ?3, c.user_id, c.browser, ?4 FROM (
               SELECT s.user_id, s.attempts, s.second_factor, ifnull((SELECT b.id FROM browsers b
                 WHERE b.id = s.browser AND b.user_id = s.user_id AND b.expires_at > ?4), '') AS browser
               FROM sessions s WHERE s.token_hash = ?1 AND s.expires_at > ?4 AND s.last_seen_at > ?2
             ) c JOIN users u ON u.id = c.user_id
             WHERE iif(c.second_factor IS NULL, c.attempts < ?5, ?10) AND u.code_failures < ?6
               AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id)
               AND ?7 > (SELECT count(*) FROM code_attempts t WHERE t.user_id = u.id AND t.at > ?4 - ?9)
               AND (c.browser <> '' OR ?8 > (SELECT count(*) FROM code_attempts t
                 WHERE t.user_id = u.id AND t.at > ?4 - ?9 AND t.browser = ''))
               AND NOT EXISTS (SELECT 1 FROM code_attempts t WHERE ",
                of_form!("t.id", "t.at", "?11", "?4"),
                ")"
            ),
            token_hash,
            cx.now.0 - cx.config.site.idle_ms(),
            charge,
            cx.now,
            limit::ATTEMPTS_PER_LOGIN,
            failures_max,
            limit::CODES_MAX,
            limit::CODES_UNKNOWN_MAX,
            limit::CODES_MS,
            proven,
            form,
        ),
        sql!(
            "UPDATE sessions SET attempts = attempts + 1
             WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM code_attempts WHERE id = ?2)",
            token_hash,
            charge,
        ),
        sql!(
            "UPDATE users SET code_failures = code_failures + 1
             WHERE id = (SELECT user_id FROM code_attempts WHERE id = ?1)",
            charge,
        ),
        sql!(
            concat!(
                "SELECT id, at FROM code_attempts WHERE ",
                of_form!("id", "at", "?1", "?2"),
                " ORDER BY at DESC LIMIT 1"
            ),
            form,
            cx.now,
        ),
    ]
}

/// Which codes give their charge back.
pub(super) enum Right<'a> {
    /// This one: it was right, whether or not it still could be used.
    Code,
    /// A recovery code that the user has, used or not, by what it would be stored as.
    Recovery(&'a str),
}

/// Gives the charge of a code back that was right to its person. One charge is given back once.
pub(super) fn give_back(charge: &str, right: &Right<'_>) -> [Statement; 2] {
    let macs = match right {
        Right::Code => None,
        Right::Recovery(macs) => Some(*macs),
    };
    [
        sql!(
            "UPDATE users SET code_failures = max(code_failures - 1, 0)
             WHERE id = (SELECT user_id FROM code_attempts WHERE id = ?1) AND (?2 IS NULL OR EXISTS
               (SELECT 1 FROM recovery_codes r WHERE r.user_id = users.id AND r.mac IN (SELECT value FROM json_each(?2))))",
            charge,
            macs,
        ),
        sql!(
            "DELETE FROM code_attempts WHERE id = ?1 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM recovery_codes r
               WHERE r.user_id = code_attempts.user_id AND r.mac IN (SELECT value FROM json_each(?2))))",
            charge,
            macs,
        ),
    ]
}

/// Gives the charge of a code back that was never compared: to its login too.
///
/// # Errors
/// The database.
pub async fn uncharge_code(cx: &Context<'_>, session: &Session, charge: &str) -> Result<(), Fault> {
    let mut statements = vec![sql!(
        "UPDATE sessions SET attempts = max(attempts - 1, 0)
         WHERE id = ?2 AND EXISTS (SELECT 1 FROM code_attempts WHERE id = ?1)",
        charge,
        &session.id,
    )];
    statements.extend(give_back(charge, &Right::Code));
    run(cx, statements).await.map(drop)
}

/// From when on a code is compared again for the session with this token, where one was not.
///
/// # Errors
/// The database.
pub async fn code_retry_at(cx: &Context<'_>, token_hash: &TokenHash) -> Result<i64, Fault> {
    parse_until(run(cx, vec![select_code_retry(cx, token_hash)]).await?.next()?)
}

#[derive(Deserialize)]
struct Until {
    until: i64,
}

pub(super) fn parse_until(rows: Rows) -> Result<i64, Fault> {
    Ok(rows.parse::<Until>()?.pop().map_or(0, |row| row.until))
}

pub(super) fn select_code_retry(cx: &Context<'_>, token_hash: &TokenHash) -> Statement {
    sql!(
        "SELECT max(
           ifnull((SELECT at + ?3 FROM code_attempts WHERE user_id = s.user_id AND at > ?2 - ?3
             ORDER BY at DESC LIMIT 1 OFFSET ?4 - 1), 0),
           ifnull((SELECT at + ?3 FROM code_attempts WHERE user_id = s.user_id AND at > ?2 - ?3 AND browser = ''
             AND NOT EXISTS (SELECT 1 FROM browsers WHERE id = s.browser AND user_id = s.user_id AND expires_at > ?2)
             ORDER BY at DESC LIMIT 1 OFFSET ?5 - 1), 0)
         ) AS until FROM sessions s WHERE s.token_hash = ?1",
        token_hash,
        cx.now,
        limit::CODES_MS,
        limit::CODES_MAX,
        limit::CODES_UNKNOWN_MAX,
    )
}

/// A browser that becomes known.
pub struct NewBrowser {
    /// Its id.
    pub id: String,
    /// What its cookie holds.
    pub token: Token,
}

impl NewBrowser {
    /// Makes one.
    ///
    /// # Errors
    /// No randomness.
    pub fn generate(rng: &dyn Rng) -> Result<Self, Fault> {
        Ok(Self { id: rng.id()?, token: Token::generate(rng)? })
    }
}

/// Makes a browser known by the whole login that led to the session with this token; the oldest beyond
/// [`limit::BROWSERS_MAX`] is forgotten.
pub(super) fn remember(cx: &Context<'_>, (id, token): (&str, &Token), new: &TokenHash) -> [Statement; 3] {
    [
        sql!(
            "INSERT INTO browsers (id, user_id, token_hash, created_at, expires_at)
             SELECT ?2, user_id, ?3, ?4, ?4 + ?5 FROM sessions WHERE token_hash = ?1",
            new,
            id,
            &token.hash(BROWSER_TOKEN),
            cx.now,
            BROWSER_MS,
        ),
        sql!(
            "DELETE FROM browsers WHERE user_id = (SELECT user_id FROM sessions WHERE token_hash = ?1) AND id NOT IN
               (SELECT b.id FROM sessions s JOIN browsers b ON b.user_id = s.user_id WHERE s.token_hash = ?1
                ORDER BY b.id = ?2 DESC, b.created_at DESC, b.rowid DESC LIMIT ?3)",
            new,
            id,
            limit::BROWSERS_MAX,
        ),
        sql!("UPDATE sessions SET browser = ?2 WHERE token_hash = ?1", new, id),
    ]
}

/// Forgets all browsers of a user but that of `kept`, a session: if the audit has `event` by then.
pub(super) fn forget_browsers(user_id: &str, kept: Option<&Session>, event: &str) -> Statement {
    sql!(
        "DELETE FROM browsers WHERE user_id = ?1 AND id <> ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
        user_id,
        kept.map_or("", |session| session.browser.as_str()),
        event,
    )
}
