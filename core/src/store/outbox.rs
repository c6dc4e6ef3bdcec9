//! The outbox: mails written in the transaction that they tell of, leased one at a time, and gone once a server has taken them.

use serde::Deserialize;

use super::{batch, invitations::INVITATION, sql};
use crate::{
    context::Context,
    event::{Action, Detail},
    jobs::Job,
    mail::{Kind, TRIED_MS},
    ports::{Fault, Now, Statement, Value},
    secret::Token,
    texts::Language,
};

/// How long one attempt has a mail for itself, from when the run that it is part of began: no run begins an attempt that could
/// last longer ([`Mailer::has_time`](crate::ports::Mailer::has_time)).
pub const LEASE_MS: i64 = 2 * 60_000;

/// A mail that waits.
#[derive(Deserialize)]
pub struct Queued {
    /// Its id, from which its link is derived.
    pub id: String,
    /// Which mail; none that this release knows, if a later one wrote it.
    #[serde(deserialize_with = "kind")]
    pub kind: Option<Kind>,
    /// What it tells of.
    pub event: Option<String>,
    /// What it tells of, where that is no event.
    pub about: Option<String>,
    /// The account that it is about.
    pub account_id: Option<String>,
    /// Whom it is for.
    pub user_id: Option<String>,
    /// Where to, if not to that user's address.
    pub address: Option<String>,
    /// Id of the pepper that its link is derived from.
    pub key_id: String,
    /// What whoever set it off reads.
    pub language: String,
    /// When it was written.
    pub created_at: i64,
    /// When it is given up.
    pub expires_at: i64,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// How often it may have been taken, this time included.
    pub unanswered: i64,
    lease: Option<String>,
}

fn kind<'de, D: serde::Deserializer<'de>>(column: D) -> Result<Option<Kind>, D::Error> {
    let name = String::deserialize(column)?;
    Ok(serde_json::from_value(name.into()).ok())
}

impl Queued {
    /// The attempt under way.
    pub(super) fn lease(&self) -> Option<&str> {
        self.lease.as_deref()
    }

    /// What it is written in.
    pub fn language(&self) -> Language {
        Language::parse(&self.language).unwrap_or_default()
    }
}

/// A mail to write.
pub struct NewMail<'a> {
    /// Its id.
    pub id: &'a str,
    /// Which.
    pub kind: Kind,
    /// For how long it is tried, in milliseconds: as long as what it says holds, and a day at most.
    pub tried_ms: i64,
    /// Where to, if not to the address of whom it concerns: sealed.
    pub address: Option<&'a str>,
}

impl<'a> NewMail<'a> {
    /// One that is tried for a day.
    pub fn new(id: &'a str, kind: Kind) -> Self {
        Self { id, kind, tried_ms: TRIED_MS, address: None }
    }

    /// The statement that writes it to whom `event` concerns in an account, if the audit has that by then.
    pub(super) fn of_event(&self, cx: &Context<'_>, event: &str) -> Statement {
        sql!(
            "INSERT INTO outbox (id, kind, event, account_id, user_id, address, key_id, language, created_at, due_at, expires_at)
             SELECT ?1, ?2, event, iif(?8, account_id, NULL), target_id, ?9, ?4, ?5, ?6, ?6, ?6 + ?7 FROM audit
             WHERE event = ?3 LIMIT 1",
            self.id,
            self.kind,
            event,
            cx.config.pepper_keys.current().id(),
            cx.peer.language.code(),
            cx.now,
            self.tried_ms,
            // A notice is about someone, whichever accounts they have joined.
            self.kind == Kind::Invitation,
            self.address,
        )
    }
}

/// Takes the mail that has been due longest, for one attempt of at most [`LEASE_MS`]: until the answer is known it counts as one
/// that may have been taken.
///
/// # Errors
/// The database.
pub async fn mail_lease(job: &Job<'_>) -> Result<Option<Queued>, Fault> {
    let lease = sql!(
        "UPDATE outbox SET lease = ?1, due_at = ?2 + ?3, attempts = attempts + 1, unanswered = unanswered + 1,
           key_id = iif(key_id = '', ?4, key_id)
         WHERE id = (SELECT id FROM outbox WHERE due_at <= ?2 ORDER BY due_at LIMIT 1) RETURNING *",
        job.rng.id()?,
        job.now,
        LEASE_MS,
        // Whoever wrote it may have had no key.
        job.config.pepper_keys.current().id(),
    );
    Ok(batch(job.db, vec![lease]).await?.next()?.parse()?.pop())
}

/// A mail is done with: a server has taken it, or there is nothing to say any more.
///
/// # Errors
/// The database.
pub async fn mail_done(job: &Job<'_>, mail: &Queued) -> Result<(), Fault> {
    let done = sql!("DELETE FROM outbox WHERE id = ?1 AND lease IS ?2", &mail.id, mail.lease());
    batch(job.db, vec![done]).await.map(drop)
}

/// A mail is tried again at `due`. `unanswered`: this time it may have been taken.
///
/// # Errors
/// The database.
pub async fn mail_later(job: &Job<'_>, mail: &Queued, due: Now, error: &str, unanswered: bool) -> Result<(), Fault> {
    let later = sql!(
        "UPDATE outbox SET due_at = ?3, error = ?4, lease = NULL, unanswered = unanswered - iif(?5, 0, 1)
         WHERE id = ?1 AND lease IS ?2",
        &mail.id,
        mail.lease(),
        due,
        error,
        unanswered,
    );
    batch(job.db, vec![later]).await.map(drop)
}

/// A mail is given up: the accounts that it concerns read of it. An operator's test stays for a while, to be looked at.
///
/// # Errors
/// The database.
pub async fn mail_given_up(job: &Job<'_>, mail: &Queued, error: &str) -> Result<(), Fault> {
    if mail.kind == Some(Kind::Test) && mail.expires_at > job.now.0 {
        return mail_later(job, mail, Now(Value::MAX_INTEGER), error, false).await;
    }
    let detail = Detail { mail: mail.kind, ..Detail::default() };
    let statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
             SELECT account_id, ?3, ?4, user_id, ?5, ?6, ?7, '', '', '' FROM (
               SELECT c.account_id, c.user_id FROM concerned c JOIN outbox o ON o.user_id = c.user_id
               WHERE o.id = ?1 AND o.lease IS ?2 AND o.account_id IS NULL
               UNION ALL
               SELECT o.account_id, o.user_id FROM outbox o WHERE o.id = ?1 AND o.lease IS ?2 AND o.account_id IS NOT NULL)",
            &mail.id,
            mail.lease(),
            job.rng.id()?,
            job.now,
            Action::MailGivenUp,
            error,
            &detail,
        ),
        sql!("DELETE FROM outbox WHERE id = ?1 AND lease IS ?2", &mail.id, mail.lease()),
    ];
    batch(job.db, statements).await.map(drop)
}

/// What an invitation's mail says.
#[derive(Deserialize)]
pub struct InvitationMail {
    /// Where it goes.
    pub email: String,
    /// The account.
    pub account_name: String,
    /// Address of the admin who invites; none, if the operator does.
    pub by: Option<String>,
    /// Until when the link can be used.
    pub expires_at: i64,
}

/// What the mail of an invitation says, unless that link is used, replaced or over.
///
/// # Errors
/// The database.
pub async fn invitation_mail(job: &Job<'_>, token: &Token) -> Result<Option<InvitationMail>, Fault> {
    let read = sql!(
        "SELECT u.email, a.name AS account_name, b.email AS \"by\", i.expires_at
         FROM invitations i JOIN users u ON u.id = i.user_id JOIN accounts a ON a.id = i.account_id
         LEFT JOIN users b ON b.id = i.invited_by
         WHERE i.token_hash = ?1 AND i.mailed = 1 AND i.expires_at > ?2",
        &token.hash(INVITATION),
        job.now,
    );
    Ok(batch(job.db, vec![read]).await?.next()?.parse()?.pop())
}
