//! What people change of their own: name, password, authenticators, sessions, and whether they use two-factor login.

use serde::Deserialize;

use super::{
    Admitted, PasswordAttempt,
    audit::noted,
    budgets::forget_browsers,
    happens, json_list,
    links::end_links,
    repeat::{done, unsent},
    rows::visit,
    run, select_visit, sql,
    starts::in_force,
    touch_visit,
    two_factor::{delete_factors, end_what_they_gave_out},
};
use crate::{
    context::Context,
    event::Action,
    factor::password,
    limit::CODE_FAILURES_MAX,
    people::session::{FRESH_MS, SESSIONS_MAX, Session, Site},
    ports::{Fault, Statement, Value, flag},
    secret::{Token, TokenHash},
};

/// An authenticator as its owner sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct AuthenticatorEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was confirmed.
    pub created_at: i64,
    /// When a code of it was last used.
    pub last_used_at: i64,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionEntry {
    /// Its id.
    pub id: String,
    /// Whether it is the one that asks.
    #[serde(deserialize_with = "flag")]
    pub current: bool,
    /// Whether it is at the admin Worker.
    #[serde(deserialize_with = "flag")]
    pub admin: bool,
    /// Whether it waits for its second step.
    #[serde(deserialize_with = "flag")]
    pub pending: bool,
    /// What the browser calls itself.
    pub user_agent: String,
    /// IP address it began at.
    pub ip: String,
    /// Two-letter country code, or empty.
    pub country: String,
    /// When it began.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub last_seen_at: i64,
    /// When it ends at the latest.
    pub expires_at: i64,
}

/// Everything that is a person's own.
pub struct Profile {
    /// The session that asks.
    pub session: Session,
    /// Authenticators, the oldest first.
    pub authenticators: Vec<AuthenticatorEntry>,
    /// Live sessions, the one used last first.
    pub sessions: Vec<SessionEntry>,
    /// Why they are exempt from a requirement, if they are.
    pub exempt_why: Option<String>,
}

/// The authenticators of whoever has the session with this token.
pub(super) fn select_authenticators(token_hash: &TokenHash) -> Statement {
    sql!(
        "SELECT a.id, a.name, a.created_at, a.last_used_at
         FROM sessions s JOIN authenticators a ON a.user_id = s.user_id WHERE s.token_hash = ?1 ORDER BY a.created_at, a.rowid",
        token_hash,
    )
}

/// The session with this token, and everything of the person it belongs to.
///
/// # Errors
/// The database.
pub async fn profile(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Profile>, Fault> {
    let statements = vec![
        touch_visit(cx, token_hash),
        select_visit(cx, token_hash),
        select_authenticators(token_hash),
        sql!(
            "SELECT o.id, o.token_hash = ?1 AS current, o.site = 'admin' AS admin, o.pending, o.user_agent, o.ip, o.country,
               o.created_at, o.last_seen_at, o.expires_at
             FROM sessions s JOIN sessions o ON o.user_id = s.user_id
             WHERE s.token_hash = ?1 AND o.expires_at > ?2 AND o.last_seen_at > ?2 - iif(o.site = 'admin', ?4, ?3)
             ORDER BY current DESC, o.last_seen_at DESC LIMIT ?5",
            token_hash,
            cx.now,
            Site::Edge.idle_ms(),
            Site::Admin.idle_ms(),
            SESSIONS_MAX,
        ),
        sql!(
            "SELECT m.exempt_why AS why FROM sessions s JOIN memberships m ON m.user_id = s.user_id
             WHERE s.token_hash = ?1 AND m.state = 'active' AND m.exempt_until > ?2 ORDER BY m.exempt_until LIMIT 1",
            token_hash,
            cx.now,
        ),
    ];
    #[derive(Deserialize)]
    struct Why {
        why: String,
    }
    let mut results = run(cx, statements).await?;
    let Some((session, _)) = visit(cx.config.site, cx.now, results.next()?, token_hash)? else { return Ok(None) };
    let (authenticators, sessions) = (results.next()?.parse()?, results.next()?.parse()?);
    let exempt_why = results.next()?.parse::<Why>()?.pop().map(|row| row.why);
    Ok(Some(Profile { session, authenticators, sessions, exempt_why }))
}

/// Ends the person's other sessions, here and at the admin Worker, and forgets their other browsers.
pub(super) fn end_others(session: &Session, event: &str) -> [Statement; 2] {
    [
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND id <> ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            &session.person.id,
            &session.id,
            event,
        ),
        forget_browsers(&session.person.id, Some(session), event),
    ]
}

/// Changes the name. `false`: they have that name already, or the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn rename(cx: &Context<'_>, session: &Session, name: &str) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::Renamed,
            concat!(
                "EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id AND u.name <> ?11) AND ",
                unsent!("?7", "?12", "?2")
            ),
            name,
            cx.form,
        ),
        sql!(
            "UPDATE users SET name = ?3 WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &session.person.id,
            &event,
            name,
        ),
    ];
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// Has the person's authenticator asked for at each login. Browsers that were known by less are strangers again. `false`: there
/// is none that accepts codes, it is asked for already, or the session ended.
///
/// # Errors
/// The database.
pub async fn two_factor_enable(cx: &Context<'_>, session: &Session) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let user_id = session.person.id.as_str();
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::TwoFactorEnabled,
            concat!(
                "EXISTS (SELECT 1 FROM users u JOIN authenticators a ON a.user_id = u.id
                   WHERE u.id = s.user_id AND u.two_factor_chosen = 0 AND u.code_failures < ?11) AND ",
                unsent!("?7", "?12", "?2")
            ),
            CODE_FAILURES_MAX,
            cx.form,
        ),
        sql!(
            "UPDATE users SET two_factor_chosen = 1 WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            &event,
        ),
        forget_browsers(user_id, Some(session).filter(|session| session.proof.second_factor.is_some()), &event),
    ];
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// Turns two-factor login off: authenticators, recovery codes and the other sessions go. `false`: an account requires it
/// by now, or the session ended.
///
/// # Errors
/// The database.
pub async fn two_factor_disable(cx: &Context<'_>, session: &Session) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let user_id = session.person.id.as_str();
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::TwoFactorDisabled,
            concat!(
                "NOT EXISTS (SELECT 1 FROM memberships r JOIN accounts a ON a.id = r.account_id
                   WHERE r.user_id = s.user_id AND r.state = 'active' AND ",
                in_force!("?2"),
                ") AND EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id AND (u.two_factor_chosen = 1 OR
                   EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id)))"
            ),
        ),
        sql!(
            "UPDATE users SET two_factor_chosen = 0, code_failures = 0, codes_kept = 'kept', codes_set = ''
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            &event,
        ),
    ];
    // Before what they wait for: of a login without its code its person is told.
    statements.extend(end_others(session, &event));
    statements.extend(delete_factors(user_id, &event));
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// Removes an authenticator, never the last, and ends the other sessions. `false`: it is the last by now, or gone.
///
/// # Errors
/// The database.
pub async fn authenticator_remove(cx: &Context<'_>, session: &Session, id: &str) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::AuthenticatorRemoved,
            "EXISTS (SELECT 1 FROM authenticators WHERE id = ?11 AND user_id = s.user_id)
             AND EXISTS (SELECT 1 FROM authenticators WHERE id <> ?11 AND user_id = s.user_id)",
            id,
        ),
        sql!("DELETE FROM authenticators WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", id, &event),
    ];
    statements.extend(end_others(session, &event));
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// Ends one session of the same person. `false`: they have no such session, or it began after this one, which is not fresh:
/// a stolen session ends none of its owner's later ones.
///
/// # Errors
/// The database.
pub async fn session_end(cx: &Context<'_>, session: &Session, id: &str) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::SessionEnded,
            "EXISTS (SELECT 1 FROM sessions o WHERE o.id = ?11 AND o.user_id = s.user_id
               AND (o.created_at <= s.created_at OR abs(?2 - s.reauthenticated_at) < ?12))",
            id,
            FRESH_MS,
        ),
        sql!("DELETE FROM sessions WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", id, &event),
    ];
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// Ends all other sessions of the same person. `false`: there are none, some began after this one, which is not fresh, or this
/// one ended meanwhile.
///
/// # Errors
/// The database.
pub async fn sessions_end_others(cx: &Context<'_>, session: &Session) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let mut statements = vec![noted!(
        cx,
        &session.token_hash,
        &event,
        Action::SessionsEnded,
        concat!(
            "(EXISTS (SELECT 1 FROM sessions o WHERE o.user_id = s.user_id AND o.id <> s.id)
               OR EXISTS (SELECT 1 FROM browsers b WHERE b.user_id = s.user_id AND b.id <> s.browser))
             AND (abs(?2 - s.reauthenticated_at) < ?11 OR NOT EXISTS (SELECT 1 FROM sessions o
               WHERE o.user_id = s.user_id AND o.created_at > s.created_at AND o.expires_at > ?2
                 AND o.last_seen_at > ?2 - iif(o.site = 'admin', ?13, ?12))) AND ",
            unsent!("?7", "?14", "?2")
        ),
        FRESH_MS,
        Site::Edge.idle_ms(),
        Site::Admin.idle_ms(),
        cx.form,
    )];
    statements.extend(end_others(session, &event));
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

/// A password that was proven, and the one that takes its place.
pub struct NewPassword<'a> {
    /// The one proven.
    pub old: &'a password::Stored,
    /// The new one.
    pub new: &'a password::Stored,
    /// The attempt at the old one, which is given back.
    pub attempt: &'a PasswordAttempt,
    /// As it was admitted.
    pub admitted: &'a Admitted,
    /// The session's new token.
    pub token: &'a Token,
    /// What is answered if the same form is sent again, sealed.
    pub answer: Option<String>,
    /// Whether the person's API tokens and the invitations they made go on.
    pub keep_tokens: bool,
}

/// Changes the password: the session goes on under a new token, the others end, and in every account API tokens and the
/// invitations they made, unless they are to be kept. `false`: the session ended meanwhile, or the password was changed by another one.
///
/// # Errors
/// The database.
pub async fn password_change(cx: &Context<'_>, session: &Session, change: NewPassword<'_>) -> Result<bool, Fault> {
    let (event, new_hash) = (cx.rng.id()?, cx.session_hash(change.token));
    let mut statements = vec![
        noted!(
            cx,
            &session.token_hash,
            &event,
            Action::Password,
            "EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id AND u.password_phc = ?11)",
            &change.old.phc,
        ),
        sql!(
            "UPDATE users SET password_phc = ?3, password_key = ?4
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &session.person.id,
            &event,
            &change.new.phc,
            &change.new.key_id,
        ),
        sql!(
            "UPDATE sessions SET token_hash = ?3, previous_hash = iif(?7, previous_hash, token_hash), replaced_at = NULL,
               form = ?4, form_at = ?5, answer = ?6, waited = NULL
             WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &session.token_hash,
            &event,
            &new_hash,
            cx.sent(),
            cx.now,
            change.answer,
            cx.proof.is_some(),
        ),
        // Someone else may have seen its seed.
        sql!(
            "DELETE FROM enrolments WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &session.person.id,
            &event,
        ),
        end_links(&session.person.id, &event),
    ];
    statements.extend(end_others(session, &event));
    if !change.keep_tokens {
        statements.extend(end_what_they_gave_out(&session.person.id, &event));
    }
    statements.extend(change.attempt.right(change.admitted, None));
    happens(cx, statements).await
}

/// Notes that one of the recovery codes was shown to be at hand; it is not used up. `false`: it is none of them.
///
/// # Errors
/// The database.
pub async fn codes_kept(cx: &Context<'_>, session: &Session, macs: &[String]) -> Result<bool, Fault> {
    let update = sql!(
        "UPDATE users SET codes_kept = 'kept' WHERE id = ?1 AND EXISTS (SELECT 1 FROM recovery_codes
           WHERE user_id = ?1 AND used_at IS NULL AND mac IN (SELECT value FROM json_each(?2)))
         RETURNING id",
        &session.person.id,
        json_list(macs),
    );
    happens(cx, vec![update]).await
}

/// Puts that off until the next login. `false`: it was put off before.
///
/// # Errors
/// The database.
pub async fn codes_postpone(cx: &Context<'_>, session: &Session) -> Result<bool, Fault> {
    let statements = vec![
        sql!(
            "UPDATE sessions SET form = ?3, form_at = ?4, answer = NULL
             WHERE token_hash = ?2 AND EXISTS (SELECT 1 FROM users WHERE id = ?1 AND codes_kept = 'due')",
            &session.person.id,
            &session.token_hash,
            cx.form,
            cx.now,
        ),
        sql!(
            "UPDATE users SET codes_kept = 'postponed' WHERE id = ?1 AND codes_kept = 'due' RETURNING id",
            &session.person.id,
        ),
    ];
    happens(cx, statements).await
}
