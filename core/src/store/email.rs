//! One's own address: asked for by its person, changed by a link that was mailed to the new one, and put back by one that was
//! mailed to the old one. That one keeps the old address for its person, until its time is over.

use serde::Deserialize;

use super::{
    batch,
    budgets::forget_browsers,
    happens,
    links::{self, RESET, end_links},
    outbox::NewMail,
    profile::end_others,
    repeat::done,
    rows::visit,
    run, select_visit, sql, then,
    two_factor::end_what_they_gave_out,
};
use crate::{
    context::Context,
    event::{Action, Detail},
    factor::password,
    jobs::Job,
    limit,
    people::session::{FRESH_MS, REPEAT_MS, Session},
    ports::{Fault, Statement, Value, flag},
    secret::{Token, TokenHash},
    store::Queued,
};

/// What a link to a new address is, in the database, and what its token is hashed for.
pub const EMAIL: &str = "email";

/// The same of a link that puts the old one back.
pub const UNDO: &str = "email_undo";

/// Writes the mail to a new address, whose link is kept with the address `sealed`, and charges it. What is written does not depend
/// on whether anyone has the address. When the person, or else the network, can ask again, if that is why nothing is written.
///
/// # Errors
/// The database.
pub async fn email_ask(
    cx: &Context<'_>,
    session: &Session,
    mail: &NewMail<'_>,
    token: &Token,
    (email, sealed): (&str, &str),
) -> Result<[Option<i64>; 2], Fault> {
    #[derive(Deserialize)]
    struct Until {
        until: i64,
    }
    let token_hash = token.hash(EMAIL);
    let [pair, all] = links::asked_for(cx, email);
    let statements = vec![
        sql!(
            "SELECT until FROM (
               SELECT iif(count(*) < ?3, 0, min(created_at) + ?4) AS until FROM (SELECT created_at FROM links
                 WHERE user_id = ?1 AND kind = 'email' ORDER BY created_at DESC LIMIT ?3)
               UNION ALL
               SELECT iif(count(*) < ?5, 0, min(created_at) + ?6) FROM (SELECT created_at FROM links
                 WHERE user_id = ?1 AND kind = 'email' ORDER BY created_at DESC LIMIT ?5))
             WHERE until > ?2 ORDER BY until DESC LIMIT 1",
            &session.person.id,
            cx.now,
            limit::EMAILS,
            limit::RESETS_MS,
            limit::EMAILS_OF_DAY,
            limit::RESET_DAY_MS,
        ),
        links::network_waits(cx, &all),
        sql!(
            "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at)
             SELECT ?1, 'email', s.user_id, ?2, ?3, ?3 + ?4 FROM sessions s
             WHERE s.token_hash = ?5 AND s.expires_at > ?3 AND abs(?3 - s.reauthenticated_at) < ?6
               AND (s.second_factor IS NOT NULL OR NOT EXISTS (SELECT 1 FROM authenticators x WHERE x.user_id = s.user_id))
               AND ?7 > (SELECT count(*) FROM links l
                 WHERE l.user_id = s.user_id AND l.kind = 'email' AND l.created_at > ?3 - ?8)
               AND ?9 > (SELECT count(*) FROM links l
                 WHERE l.user_id = s.user_id AND l.kind = 'email' AND l.created_at > ?3 - ?10)
               AND NOT EXISTS (SELECT 1 FROM floods WHERE subject = ?11 AND failures >= ?12 AND began_at > ?3 - ?8)
               AND NOT EXISTS (SELECT 1 FROM floods WHERE subject = ?13
                 AND (failures >= ?14 AND began_at > ?3 - ?8 OR tried_at > ?3 - ?15))",
            &token_hash,
            sealed,
            cx.now,
            mail.tried_ms,
            &session.token_hash,
            FRESH_MS,
            limit::EMAILS,
            limit::RESETS_MS,
            limit::EMAILS_OF_DAY,
            limit::RESET_DAY_MS,
            &all,
            limit::RESETS_OF_NETWORK,
            &pair,
            limit::RESETS,
            limit::RESET_PAUSE_MS,
        ),
        sql!(
            "INSERT INTO outbox (id, kind, user_id, key_id, language, created_at, due_at, expires_at)
             SELECT ?1, ?2, user_id, ?3, ?4, ?5, ?5, expires_at FROM links WHERE token_hash = ?6",
            mail.id,
            mail.kind,
            cx.config.pepper_keys.current().id(),
            cx.peer.language.code(),
            cx.now,
            &token_hash,
        ),
        links::count_asked(cx, mail, [pair, all]),
    ];
    let mut results = run(cx, statements).await?;
    let mut until = || Ok(results.next()?.parse::<Until>()?.pop().map(|row| row.until));
    Ok([until()?, until()?])
}

/// The address that a mail's link is for, sealed; none, if the link was used or ended meanwhile.
///
/// # Errors
/// The database.
pub async fn email_mail(job: &Job<'_>, token: &Token) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct To {
        email: String,
    }
    let read = sql!(
        "SELECT email FROM links WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2",
        &token.hash(EMAIL),
        job.now,
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse::<To>()?.pop().map(|to| to.email))
}

/// What the notice of a changed address says.
#[derive(Deserialize)]
pub struct EmailChanged {
    /// Where it goes: the address of before.
    pub email: String,
    /// Until when the link puts it back.
    pub expires_at: i64,
    /// When it was changed.
    pub at: i64,
    /// From which country: two letters, or empty.
    pub country: String,
    /// From which address, or empty.
    pub ip: String,
}

/// The same, of what a mail tells of; none, if the address is back.
///
/// # Errors
/// The database.
pub async fn email_changed_mail(job: &Job<'_>, mail: &Queued, token: &Token) -> Result<Option<EmailChanged>, Fault> {
    let read = sql!(
        "SELECT l.email, l.expires_at, e.at, e.country, e.ip FROM links l JOIN audit e ON e.event = ?2
         WHERE l.token_hash = ?1 AND l.used_at IS NULL AND l.expires_at > ?3 LIMIT 1",
        &token.hash(UNDO),
        mail.event.as_deref(),
        job.now,
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse()?.pop())
}

/// A link to a new address that works, or that has just been used by this very form, and who opens it.
pub struct EmailLink {
    /// Whose address changes.
    pub user_id: String,
    /// The new one, sealed.
    pub sealed: String,
    /// Whether it is used.
    pub used: bool,
    /// The browser's session.
    pub session: Option<Session>,
}

/// The link with this token, as the browser with the live session of that one sees it.
///
/// # Errors
/// The database.
pub async fn email_link(
    cx: &Context<'_>,
    token: &Token,
    session: Option<&TokenHash>,
) -> Result<Option<EmailLink>, Fault> {
    #[derive(Deserialize)]
    struct Row {
        user_id: String,
        email: String,
        #[serde(deserialize_with = "flag")]
        used: bool,
    }
    let mut statements = vec![sql!(
        "SELECT user_id, email, used_at IS NOT NULL AS used FROM links WHERE token_hash = ?1 AND kind = 'email'
           AND (used_at IS NULL AND expires_at > ?2 OR form = ?3 AND abs(?2 - used_at) < ?4)",
        &token.hash(EMAIL),
        cx.now,
        cx.form,
        REPEAT_MS,
    )];
    statements.extend(session.map(|token_hash| select_visit(cx, token_hash)));
    let mut results = run(cx, statements).await?;
    let Some(Row { user_id, email: sealed, used }) = results.next()?.parse()?.pop() else { return Ok(None) };
    let session = match session {
        Some(token_hash) => visit(cx.config.site, cx.now, results.next()?, token_hash)?.map(|(session, _)| session),
        None => None,
    };
    Ok(Some(EmailLink { user_id, sealed, used, session }))
}

/// Changes the address of the session's person by a link that was mailed to the new one, once. The other sessions end, and every
/// link that was mailed to the old one, but for those that put an address back: one more goes there by `notice`, whose link has this
/// `undo` token. Whoever comes back to an address that is kept for them has it back, as if they had followed its link, and no link
/// leads away from it. `false`: the link was used or has lapsed, the session ended, or someone has that address, or
/// gets it back.
///
/// # Errors
/// The database.
pub async fn email_change(
    cx: &Context<'_>,
    token: &Token,
    session: &Session,
    email: &str,
    (notice, undo): (&NewMail<'_>, &Token),
) -> Result<bool, Fault> {
    let (event, token_hash) = (cx.rng.id()?, token.hash(EMAIL));
    let (user_id, before) = (session.person.id.as_str(), session.person.email.as_str());
    let mut statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT c.account_id, ?3, ?2, u.id, u.id, ?10, 'ok', ?11, ?4, ?5, ?6
             FROM links l JOIN users u ON u.id = l.user_id JOIN concerned c ON c.user_id = u.id
             WHERE l.token_hash = ?1 AND l.kind = 'email' AND l.used_at IS NULL AND l.expires_at > ?2 AND u.email = ?7
               AND EXISTS (SELECT 1 FROM sessions s WHERE s.token_hash = ?8 AND s.user_id = u.id)
               AND NOT EXISTS (SELECT 1 FROM users x WHERE x.email = ?9)
               AND NOT EXISTS (SELECT 1 FROM reserved r WHERE r.email = ?9 AND r.expires_at > ?2 AND r.user_id <> u.id)
             RETURNING id",
            &token_hash,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            before,
            &session.token_hash,
            email,
            Action::EmailChanged,
            &detail(email, before),
        ),
        then!(
            user_id,
            &event,
            "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at, proven_at)
             SELECT ?4, 'email_undo', id, email, ?5, ?5 + ?6, email_proven_at FROM users",
            "id = ?1 AND NOT EXISTS (SELECT 1 FROM reserved r WHERE r.email = ?3 AND r.expires_at > ?5)",
            email,
            &undo.hash(UNDO),
            cx.now,
            limit::EMAIL_UNDO_MS,
        ),
        then!(
            user_id,
            &event,
            "UPDATE links SET used_at = ?4",
            "user_id = ?1 AND kind = 'email_undo' AND used_at IS NULL AND created_at >= (
               SELECT min(r.created_at) FROM reserved r WHERE r.email = ?3 AND r.expires_at > ?4)",
            email,
            cx.now,
        ),
        then!(
            user_id,
            &event,
            "UPDATE links SET used_at = ?3, form = iif(token_hash = ?4, ?5, NULL)",
            "user_id = ?1 AND kind = 'email' AND used_at IS NULL",
            cx.now,
            &token_hash,
            cx.form,
        ),
        then!(user_id, &event, "UPDATE users SET email = ?3, email_proven_at = ?4", "id = ?1", email, cx.now),
        end_links(user_id, &event),
    ];
    statements.extend(end_others(session, &event));
    statements.push(notice.of_event(cx, &event));
    statements.extend(done(cx, &session.token_hash, &event, None));
    happens(cx, statements).await
}

fn detail(email: &str, before: &str) -> Detail {
    Detail { email: Some(email.to_owned()), email_before: Some(before.to_owned()), ..Detail::default() }
}

/// A link that puts an address back, or that has just been used by this very form.
#[derive(Deserialize)]
pub struct UndoLink {
    /// Whose address it is.
    pub user_id: String,
    /// The address: the one that it was mailed to.
    pub email: String,
    /// The one that they have now.
    pub present: String,
    /// Whether it is used.
    #[serde(deserialize_with = "flag")]
    pub used: bool,
}

/// The link with this token.
///
/// # Errors
/// The database.
pub async fn undo_link(cx: &Context<'_>, token: &Token) -> Result<Option<UndoLink>, Fault> {
    let found = sql!(
        "SELECT l.user_id, l.email, u.email AS present, l.used_at IS NOT NULL AS used
         FROM links l JOIN users u ON u.id = l.user_id WHERE l.token_hash = ?1 AND l.kind = 'email_undo'
           AND (l.used_at IS NULL AND l.expires_at > ?2 OR l.form = ?3 AND abs(?2 - l.used_at) < ?4)",
        &token.hash(UNDO),
        cx.now,
        cx.form,
        REPEAT_MS,
    );
    Ok(run(cx, vec![found]).await?.next()?.parse()?.pop())
}

/// Puts an address back, once, with what was known of it, and ends all that whoever changed it may hold: sessions and the set-ups in
/// them, known browsers, API tokens, invitations they made, links to a new password or address, and those that would put a later
/// address back. The password becomes `unknown` to everybody, and the link `reset` sets another. The second factor stays as
/// it is. `false`: the link was used or has lapsed meanwhile, or the address is another by now.
///
/// # Errors
/// The database.
pub async fn email_undo(
    cx: &Context<'_>,
    token: &Token,
    link: &UndoLink,
    unknown: &password::Stored,
    reset: &Token,
) -> Result<bool, Fault> {
    let (event, token_hash) = (cx.rng.id()?, token.hash(UNDO));
    let user_id = link.user_id.as_str();
    let mut statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT c.account_id, ?3, ?2, u.id, u.id, ?8, 'ok', ?9, ?4, ?5, ?6
             FROM links l JOIN users u ON u.id = l.user_id JOIN concerned c ON c.user_id = u.id
             WHERE l.token_hash = ?1 AND l.kind = 'email_undo' AND l.used_at IS NULL AND l.expires_at > ?2 AND u.email = ?7
               AND NOT EXISTS (SELECT 1 FROM users x WHERE x.email = l.email AND x.id <> u.id)
             RETURNING id",
            &token_hash,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            &link.present,
            Action::EmailUndone,
            &detail(&link.email, &link.present),
        ),
        then!(
            user_id,
            &event,
            "UPDATE users SET email = ?4, password_phc = ?5, password_key = ?6,
               email_proven_at = (SELECT proven_at FROM links WHERE token_hash = ?3)",
            "id = ?1",
            &token_hash,
            &link.email,
            &unknown.phc,
            &unknown.key_id,
        ),
        then!(
            user_id,
            &event,
            "UPDATE links SET used_at = ?3, form = iif(token_hash = ?4, ?5, NULL)",
            "user_id = ?1 AND used_at IS NULL AND kind <> 'not_me'
               AND (kind <> 'email_undo' OR created_at >= (SELECT created_at FROM links WHERE token_hash = ?4))",
            cx.now,
            &token_hash,
            cx.form,
        ),
        then!(
            user_id,
            &event,
            "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at)
             SELECT ?3, ?4, id, email, ?5, ?5 + ?6 FROM users",
            "id = ?1",
            &reset.hash(RESET),
            RESET,
            cx.now,
            limit::RESET_MS,
        ),
        then!(user_id, &event, "DELETE FROM sessions", "user_id = ?1"),
        then!(user_id, &event, "DELETE FROM enrolments", "user_id = ?1"),
        forget_browsers(user_id, None, &event),
    ];
    statements.extend(end_what_they_gave_out(user_id, &event));
    happens(cx, statements).await
}
