//! Notices: what the audit and a login that came to nothing have put into the outbox, by triggers. Here is what each says, and the link
//! in it.

use serde::Deserialize;

use super::{
    Act, audit::written, batch, budgets::forget_browsers, happens, of_browser, repeat::unsent, run, sql, then,
    two_factor::end_what_they_gave_out,
};
use crate::{
    context::Context,
    jobs::Job,
    people::session::VERIFY_MS,
    ports::{DAY_MS, Fault, Statement, Value, flag},
    secret::Token,
    store::Queued,
};

/// What the link "This was not me" is, in the database, and what its token is hashed for.
pub const NOT_ME: &str = "not_me";

/// For how long it works, in milliseconds: 72 hours.
pub const NOT_ME_MS: i64 = 3 * DAY_MS;

/// Notices to one person within an hour, of their login, and as many of what admins do; what happens beyond, the audit alone tells.
pub const NOTICES_OF_HOUR: i64 = 30;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// How long after its password a login still has for its code before its person is told.
pub const UNFINISHED_MS: i64 = 3 * 60_000;

/// For how long one mail of that is enough.
pub const UNFINISHED_PAUSE_MS: i64 = 15 * 60_000;

/// What someone is told.
#[derive(Default, Deserialize)]
pub struct Told {
    /// Where it goes.
    pub email: String,
    /// What happened.
    pub action: String,
    /// What exactly, as the audit has it.
    pub detail: String,
    /// When.
    pub at: i64,
    /// From which address, or empty.
    pub ip: String,
    /// From which country: two letters, or empty.
    pub country: String,
    /// The address of whoever did it, if it was someone else who signed in.
    pub by: Option<String>,
    /// The address of whom it was done to.
    pub who: Option<String>,
    /// What the account is called where it happened; empty, if it has no name any more.
    pub account: String,
    /// How many recovery codes they have left.
    pub codes_left: i64,
    /// What they read, where that is known.
    pub language: Option<String>,
}

/// Writes the link of a notice, once, however often the mail is tried: unless its hour has had [`NOTICES_OF_HOUR`], or nobody has
/// that login any more.
fn link(job: &Job<'_>, mail: &Queued, token: &Token, about: &str, not_after: Option<i64>) -> Statement {
    sql!(
        "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at, about)
         SELECT ?1, ?2, u.id, u.email, ?3, ?3 + ?4, ?6 FROM users u
         WHERE u.id = ?5 AND u.password_phc IS NOT NULL
           AND ?7 > (SELECT count(*) FROM links l WHERE l.user_id = u.id AND l.kind = ?2 AND l.created_at > ?8 - ?9 AND l.about = ?6)
           AND NOT EXISTS (SELECT 1 FROM links l
             WHERE l.user_id = u.id AND l.kind = ?2 AND l.created_at > ?10 AND l.about = ?6)
         ON CONFLICT DO NOTHING",
        &token.hash(NOT_ME),
        NOT_ME,
        mail.created_at,
        NOT_ME_MS,
        mail.user_id.as_deref(),
        about,
        NOTICES_OF_HOUR,
        job.now,
        HOUR_MS,
        not_after.unwrap_or(Value::MAX_INTEGER),
    )
}

/// What a notice says to the person whom its event is about; none, where its hour has had its share.
///
/// # Errors
/// The database.
pub async fn notice(job: &Job<'_>, mail: &Queued, token: &Token) -> Result<Option<Told>, Fault> {
    let statements = vec![
        // What admins do has a share of its own: it keeps nothing from anyone that happens to their login.
        link(job, mail, token, if mail.account_id.is_some() { "member" } else { "login" }, None),
        // Where it was done to someone by themselves, no one else did it.
        sql!(
            "SELECT u.email, e.action, e.detail, e.at, e.ip, e.country, iif(b.id <> u.id, b.email, NULL) AS \"by\", NULL AS who,
               ifnull(a.name, '') AS account,
               (SELECT count(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS codes_left, u.language
             FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email
             JOIN audit e ON e.event = ?2 AND (?3 IS NULL OR e.account_id = ?3)
             LEFT JOIN users b ON b.id = e.actor_id LEFT JOIN accounts a ON a.id = e.account_id
             WHERE l.token_hash = ?1 ORDER BY e.account_id LIMIT 1",
            &token.hash(NOT_ME),
            mail.event.as_deref(),
            mail.account_id.as_deref(),
        ),
    ];
    Ok(batch(job.db, statements).await?.next()?.parse()?.pop())
}

/// What a notice says to an admin of its account; none, if they are none any more.
///
/// # Errors
/// The database.
pub async fn admin_notice(job: &Job<'_>, mail: &Queued) -> Result<Option<Told>, Fault> {
    let read = sql!(
        "SELECT m.email, e.action, e.detail, e.at, '' AS ip, '' AS country, b.email AS \"by\", w.email AS who, a.name AS account,
           0 AS codes_left, (SELECT language FROM users WHERE id = m.user_id) AS language
         FROM audit e JOIN accounts a ON a.id = e.account_id
         JOIN memberships m ON m.account_id = e.account_id AND m.user_id = ?2 AND m.state = 'active' AND m.role IN ('owner', 'admin')
         LEFT JOIN users b ON b.id = e.actor_id LEFT JOIN users w ON w.id = e.target_id
         WHERE e.event = ?1 AND e.account_id = ?3",
        mail.event.as_deref(),
        mail.user_id.as_deref(),
        mail.account_id.as_deref(),
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse()?.pop())
}

/// The logins whose code is overdue are put into the outbox: those that end by themselves before long. Those that have gone, or have
/// had their tries, are there already. Where no mail is sent, nobody waits for any of it.
///
/// # Errors
/// The database.
pub async fn unfinished(job: &Job<'_>) -> Result<(), Fault> {
    macro_rules! overdue {
        () => {
            "s.expires_at > ?1 AND s.expires_at <= ?1 + ?2 AND s.created_at <= ?1 - ?3 AND s.pending = 1 AND s.told = 0
               AND s.second_factor IS NULL AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = s.user_id)"
        };
    }
    if job.config.mail_from.is_none() {
        let none = sql!(
            "DELETE FROM outbox WHERE due_at <= ?1 AND kind IN ('notice', 'admin_notice', 'unfinished', 'announcement', 'starts')",
            job.now,
        );
        return batch(job.db, vec![none]).await.map(drop);
    }
    let statements = vec![
        sql!(
            concat!(
                "INSERT INTO outbox (id, kind, user_id, key_id, language, created_at, due_at, expires_at, about)
                 SELECT s.id, 'unfinished', s.user_id, '', '', s.created_at, ?1, s.created_at + ?4,
                   json_object('ip', s.ip, 'country', s.country, 'user_agent', s.user_agent, 'network', s.network)
                 FROM sessions s WHERE ",
                overdue!(),
                " ON CONFLICT DO NOTHING"
            ),
            job.now,
            VERIFY_MS - UNFINISHED_MS,
            UNFINISHED_MS,
            DAY_MS,
        ),
        sql!(
            concat!("UPDATE sessions AS s SET told = 1 WHERE ", overdue!()),
            job.now,
            VERIFY_MS - UNFINISHED_MS,
            UNFINISHED_MS,
        ),
    ];
    batch(job.db, statements).await.map(drop)
}

/// A login whose password was right, as its mail keeps it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Unfinished {
    /// From which address, or empty.
    pub ip: String,
    /// From which country: two letters, or empty.
    pub country: String,
    /// What the browser calls itself.
    pub user_agent: String,
    network: String,
}

/// Where the mail of a login without a code goes, and what they read: to nobody, if a code came after all, in it or in another begun there since; or
/// where such a mail went within [`UNFINISHED_PAUSE_MS`].
///
/// # Errors
/// The database.
pub async fn unfinished_now(
    job: &Job<'_>,
    mail: &Queued,
    login: &Unfinished,
    token: &Token,
) -> Result<Option<(String, Option<String>)>, Fault> {
    #[derive(Deserialize)]
    struct To {
        email: String,
        language: Option<String>,
        #[serde(deserialize_with = "flag")]
        whole: bool,
    }
    let whole = sql!(
        "SELECT u.email, u.language, EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.pending = 0
           AND (s.id = ?2 OR s.created_at >= ?3 AND s.network = ?4 AND s.user_agent = ?5)) AS whole
         FROM users u WHERE u.id = ?1",
        mail.user_id.as_deref(),
        &mail.id,
        mail.created_at,
        &login.network,
        &login.user_agent,
    );
    let to = batch(job.db, vec![whole]).await?.next()?.parse::<To>()?.pop();
    if to.is_none_or(|to| to.whole) {
        return Ok(None);
    }
    let statements = vec![
        link(job, mail, token, "unfinished", Some(mail.created_at - UNFINISHED_PAUSE_MS)),
        sql!(
            "SELECT u.email, u.language, 0 AS whole FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email WHERE l.token_hash = ?1",
            &token.hash(NOT_ME),
        ),
    ];
    Ok(batch(job.db, statements).await?.next()?.parse::<To>()?.pop().map(|to| (to.email, to.language)))
}

/// The link of a notice that works, or worked.
#[derive(Deserialize)]
pub struct NotMe {
    /// Whose login it is.
    pub user_id: String,
    /// Whether it was used.
    #[serde(deserialize_with = "flag")]
    pub used: bool,
    /// Whether the password is worthless now, by this link or another.
    #[serde(deserialize_with = "flag")]
    pub stopped: bool,
    /// When one was last used, within a day.
    pub pressed_at: Option<i64>,
}

/// The link with this token, unless it is over.
///
/// # Errors
/// The database.
pub async fn not_me_read(cx: &Context<'_>, token: &Token) -> Result<Option<NotMe>, Fault> {
    let read = sql!(
        "SELECT u.id AS user_id, l.used_at IS NOT NULL AS used, u.password_stopped_at IS NOT NULL AS stopped,
           (SELECT max(o.used_at) FROM links o WHERE o.user_id = u.id AND o.kind = ?2 AND o.used_at > ?3 - ?4) AS pressed_at
         FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email
         WHERE l.token_hash = ?1 AND l.kind = ?2 AND l.expires_at > ?3",
        &token.hash(NOT_ME),
        NOT_ME,
        cx.now,
        DAY_MS,
    );
    Ok(run(cx, vec![read]).await?.next()?.parse()?.pop())
}

/// Ends, in every account, what someone's login has open: sessions and the set-ups in them, known browsers, API tokens, invitations they
/// made; and makes their password worthless. Service tokens are an account's, and stay. `false`: the link was used or has lapsed
/// meanwhile, or one was used within a day.
///
/// # Errors
/// The database.
pub async fn not_me(cx: &Context<'_>, token: &Token, user_id: &str) -> Result<bool, Fault> {
    let (event, token_hash) = (cx.rng.id()?, token.hash(NOT_ME));
    let mut statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
             SELECT c.account_id, ?3, ?2, c.user_id, 'not_me', 'ok', ?7, ?4, ?5, ?6
             FROM links l JOIN users u ON u.id = l.user_id AND u.email = l.email JOIN concerned c ON c.user_id = u.id
             WHERE l.token_hash = ?1 AND l.kind = ?8 AND l.used_at IS NULL AND l.expires_at > ?2 AND u.id = ?9
               AND u.password_stopped_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM links o WHERE o.user_id = u.id AND o.kind = ?8 AND o.used_at > ?2 - ?10)
             RETURNING id",
            &token_hash,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            &of_browser(cx),
            NOT_ME,
            user_id,
            DAY_MS,
        ),
        then!(user_id, &event, "UPDATE users SET password_stopped_at = ?3", "id = ?1", cx.now),
        then!(user_id, &event, "UPDATE links SET used_at = ?3", "token_hash = ?4", cx.now, &token_hash),
        then!(user_id, &event, "DELETE FROM sessions", "user_id = ?1"),
        then!(user_id, &event, "DELETE FROM enrolments", "user_id = ?1"),
        forget_browsers(user_id, None, &event),
    ];
    statements.extend(end_what_they_gave_out(user_id, &event));
    happens(cx, statements).await
}

/// Makes a member's password work again as it was, if `facts` still hold and it does not. It is written down in every account that
/// they have joined: it opens all of them.
///
/// # Errors
/// The database.
pub async fn password_restore(cx: &Context<'_>, act: &Act<'_>, user_id: &str, facts: &str) -> Result<bool, Fault> {
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT j.account_id, r.actor_id, r.target_id
             FROM reach r JOIN memberships j ON j.user_id = r.target_id AND j.state <> 'invited'
             JOIN users u ON u.id = r.target_id AND u.password_stopped_at IS NOT NULL
             WHERE r.credential = ?9 AND r.account_id = ?10 AND r.target_id = ?11 AND r.facts = ?12 AND ",
                unsent!("?9", "?13", "?2")
            ),
            user_id,
            facts,
            cx.form,
        ),
        then!(user_id, act.event(), "UPDATE users SET password_stopped_at = NULL", "id = ?1"),
    ];
    statements.extend(act.done(cx));
    happens(cx, statements).await
}
