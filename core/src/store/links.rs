//! Links to a new password: asked for at the edge, where nobody is looked up; written for whom they are by `jobs`; used once.

use serde::Deserialize;

use super::{
    batch, budgets::forget_browsers, happens, json_list, of_browser, outbox::NewMail, run, sql, then,
    two_factor::end_what_they_gave_out,
};
use crate::{
    context::Context,
    factor::password,
    jobs::Job,
    limit,
    people::session::REPEAT_MS,
    ports::{Fault, Statement, Value, flag},
    secret::Token,
    store::Queued,
};

/// What such a link is, in the database, and what its token is hashed for.
pub const RESET: &str = "reset";

/// Writes the mail to a `sealed` address, if neither it nor the network has had its share, and charges both. What is written, and
/// how, does not depend on whether anyone has the address. Until when the network must wait, if that is why it is not written.
///
/// # Errors
/// The database.
pub async fn forgot(cx: &Context<'_>, mail: &NewMail<'_>, email: &str, sealed: &str) -> Result<Option<i64>, Fault> {
    #[derive(Deserialize)]
    struct Until {
        until: i64,
    }
    let [pair, all] = asked_for(cx, email);
    let statements = vec![
        network_waits(cx, &all),
        sql!(
            "INSERT INTO outbox (id, kind, address, key_id, language, created_at, due_at, expires_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6 + ?7
             WHERE NOT EXISTS (SELECT 1 FROM floods WHERE subject = ?8 AND failures >= ?9 AND began_at > ?6 - ?10)
               AND NOT EXISTS (SELECT 1 FROM floods WHERE subject = ?11
                 AND (failures >= ?12 AND began_at > ?6 - ?10 OR tried_at > ?6 - ?13))",
            mail.id,
            mail.kind,
            sealed,
            cx.config.pepper_keys.current().id(),
            cx.peer.language.code(),
            cx.now,
            mail.tried_ms,
            &all,
            limit::RESETS_OF_NETWORK,
            limit::RESETS_MS,
            &pair,
            limit::RESETS,
            limit::RESET_PAUSE_MS,
        ),
        count_asked(cx, mail, [pair, all]),
    ];
    Ok(run(cx, statements).await?.next()?.parse::<Until>()?.pop().map(|row| row.until))
}

/// Under what it is counted that a link is asked for: by network and address, and by network.
pub(super) fn asked_for(cx: &Context<'_>, email: &str) -> [String; 2] {
    let network = cx.peer.network();
    [email, ""].map(|email| limit::asked_for(&cx.config.pepper_keys, &network, email))
}

/// Answers until when a network must wait that has had its share.
pub(super) fn network_waits(cx: &Context<'_>, network: &str) -> Statement {
    sql!(
        "SELECT began_at + ?4 AS until FROM floods WHERE subject = ?1 AND failures >= ?3 AND began_at > ?2 - ?4",
        network,
        cx.now,
        limit::RESETS_OF_NETWORK,
        limit::RESETS_MS,
    )
}

/// Counts that one was asked for, if its mail was written.
pub(super) fn count_asked(cx: &Context<'_>, mail: &NewMail<'_>, subjects: [String; 2]) -> Statement {
    sql!(
        "INSERT INTO floods (subject, began_at, failures, tried_at)
         SELECT k.value, ?2, 1, ?2 FROM json_each(?3) k WHERE EXISTS (SELECT 1 FROM outbox WHERE id = ?1)
         ON CONFLICT (subject) DO UPDATE SET tried_at = ?2,
           failures = iif(began_at > ?2 - ?4, failures + 1, 1), began_at = iif(began_at > ?2 - ?4, began_at, ?2)",
        mail.id,
        cx.now,
        json_list(&subjects),
        limit::RESETS_MS,
    )
}

/// Writes the link of a mail, for whoever has this address and could sign in with a password: where it goes then. Written once,
/// however often the mail is tried. None, where there is nobody, or they have had their share; or it was used since.
///
/// # Errors
/// The database.
pub async fn reset_link(
    job: &Job<'_>,
    mail: &Queued,
    token: &Token,
    email: &str,
    browser: Option<&str>,
) -> Result<Option<String>, Fault> {
    #[derive(Deserialize)]
    struct To {
        email: String,
    }
    let token_hash = token.hash(RESET);
    let statements = vec![
        sql!(
            "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at, browser)
             SELECT ?1, ?2, p.id, p.email, ?3, ?4, p.browser FROM (
               SELECT u.id, u.email, ifnull((SELECT b.id FROM browsers b
                 WHERE b.user_id = u.id AND b.token_hash = ?6 AND b.expires_at > ?7), '') AS browser
               FROM users u WHERE u.email = ?5 AND u.password_phc IS NOT NULL AND EXISTS (SELECT 1 FROM people w
                 WHERE w.user_id = u.id AND (w.account_id IS NOT NULL OR w.invited = 1))
             ) p
             WHERE (SELECT count(*) FROM links l
                 WHERE l.user_id = p.id AND l.kind = ?2 AND l.created_at > ?7 - ?9 AND l.browser = p.browser)
               < iif(?10 > (SELECT count(*) FROM links l
                 WHERE l.user_id = p.id AND l.kind = ?2 AND l.created_at > ?7 - ?11 AND l.browser = p.browser), ?8, 1)
             ON CONFLICT DO NOTHING",
            &token_hash,
            RESET,
            mail.created_at,
            mail.expires_at,
            email,
            browser,
            job.now,
            limit::RESET_MAILS,
            limit::RESETS_MS,
            limit::RESET_MAILS_OF_DAY,
            limit::RESET_DAY_MS,
        ),
        // If it cannot be delivered, the person's accounts read of it.
        sql!(
            "UPDATE outbox SET user_id = (SELECT user_id FROM links WHERE token_hash = ?2) WHERE id = ?1 AND user_id IS NULL",
            &mail.id,
            &token_hash,
        ),
        sql!(
            "SELECT u.email FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email
             WHERE l.token_hash = ?1 AND l.used_at IS NULL AND l.expires_at > ?2",
            &token_hash,
            job.now,
        ),
    ];
    Ok(batch(job.db, statements).await?.next()?.parse::<To>()?.pop().map(|to| to.email))
}

/// A link to a new password that works, or that has just been used by this very form.
#[derive(Deserialize)]
pub struct ResetLink {
    /// Whose password it is.
    pub user_id: String,
    /// Their address: the one that it was mailed to.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Whether it is used.
    #[serde(deserialize_with = "flag")]
    pub used: bool,
}

/// The link with this token.
///
/// # Errors
/// The database.
pub async fn reset_opened(cx: &Context<'_>, token: &Token) -> Result<Option<ResetLink>, Fault> {
    let found = sql!(
        "SELECT u.id AS user_id, u.email, u.name, l.used_at IS NOT NULL AS used
         FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email
         WHERE l.token_hash = ?1 AND l.kind = ?2
           AND (l.used_at IS NULL AND l.expires_at > ?3 OR l.form = ?4 AND abs(?3 - l.used_at) < ?5)",
        &token.hash(RESET),
        RESET,
        cx.now,
        cx.form,
        REPEAT_MS,
    );
    Ok(run(cx, vec![found]).await?.next()?.parse()?.pop())
}

/// Ends a user's links to a new password, if the audit has this event. Their rows stay: by them it is known how many there were.
pub(super) fn end_links(user_id: &str, event: &str) -> Statement {
    sql!(
        "UPDATE links SET used_at = created_at WHERE user_id = ?1 AND kind = ?3 AND used_at IS NULL
           AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
        user_id,
        event,
        RESET,
    )
}

/// Sets a password by a link, once, and ends all that was begun with the one before, in every account: sessions and the set-ups
/// in them, known browsers, API tokens, invitations they made, other links. Pauses after wrong passwords for that address end.
/// The second factor stays as it is, and so does what counts wrong codes. Whoever has none is known by nothing but the mailbox,
/// so that is proven to be theirs. `false`: the link was used or has lapsed meanwhile.
///
/// # Errors
/// The database.
pub async fn password_reset(
    cx: &Context<'_>,
    token: &Token,
    link: &ResetLink,
    new: &password::Stored,
) -> Result<bool, Fault> {
    let (event, token_hash) = (cx.rng.id()?, token.hash(RESET));
    let user_id = link.user_id.as_str();
    let mut statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT c.account_id, ?3, ?2, c.user_id, c.user_id, 'password_reset', 'ok', ?9, ?4, ?5, ?6
             FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email JOIN concerned c ON c.user_id = u.id
             WHERE l.token_hash = ?1 AND l.kind = ?7 AND l.used_at IS NULL AND l.expires_at > ?2 AND u.id = ?8
             RETURNING id",
            &token_hash,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            RESET,
            user_id,
            &of_browser(cx),
        ),
        then!(
            user_id,
            &event,
            "UPDATE users SET password_phc = ?3, password_key = ?4, password_stopped_at = NULL, language = ?6, email_proven_at = coalesce(email_proven_at,
               iif(EXISTS (SELECT 1 FROM authenticators WHERE user_id = ?1), NULL, ?5))",
            "id = ?1",
            &new.phc,
            &new.key_id,
            cx.now,
            cx.peer.language.code(),
        ),
        // They stay for a day: by them it is known how many there were, and a mail that is tried again brings none back.
        then!(
            user_id,
            &event,
            "UPDATE links SET used_at = ?3, form = iif(token_hash = ?4, ?5, NULL)",
            "user_id = ?1 AND kind = ?6 AND used_at IS NULL",
            cx.now,
            &token_hash,
            cx.form,
            RESET,
        ),
        then!(user_id, &event, "DELETE FROM sessions", "user_id = ?1"),
        then!(user_id, &event, "DELETE FROM enrolments", "user_id = ?1"),
        forget_browsers(user_id, None, &event),
        then!(user_id, &event, "DELETE FROM password_budgets", "subject = ?3", limit::subject(&cx.config.pepper_keys, &link.email)),
    ];
    statements.extend(end_what_they_gave_out(user_id, &event));
    happens(cx, statements).await
}
