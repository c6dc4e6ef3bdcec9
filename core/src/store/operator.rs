//! What the operator does from outside, with the database itself in hand and no session: statements for the CLI to run.
//! Each act is one transaction and begins with its row of the audit, as an admin's does; its actor is nobody.

use serde::Deserialize;
use serde_json::json;

use super::{NewAccount, NewInvitation, create_invitation, forget_second_factor, sql};
use crate::{
    event::Detail,
    factor::totp::WINDOW_STEPS_MAX,
    policy::Applies,
    ports::{DAY_MS, Now, Statement, Value, flag},
    secret::{Key, Keyring},
};

const KEY_CHECK: &str = "key check";

/// Shows that its maker has a key of the Workers, and tells nothing of the key.
#[derive(Deserialize)]
pub struct KeyCheck {
    /// The key's id.
    pub key_id: String,
    /// The id, keyed.
    pub mac: String,
}

impl KeyCheck {
    /// That of this key.
    pub fn of(key: &Key) -> Self {
        Self { key_id: key.id().to_owned(), mac: key.mac(KEY_CHECK, &[key.id()]) }
    }

    /// Whether it was made with this key.
    pub fn is_of(&self, key: &Key) -> bool {
        self.key_id == key.id() && key.mac_matches(KEY_CHECK, &[key.id()], &self.mac)
    }
}

/// Keeps a [`KeyCheck`] of each of these peppers, and of no other.
pub fn keep_key_checks(peppers: &Keyring) -> [Statement; 2] {
    let checks: Vec<_> = peppers.all().map(KeyCheck::of).map(|check| json!([check.key_id, check.mac])).collect();
    let checks = json!(checks).to_string();
    [
        sql!(
            "DELETE FROM key_checks WHERE key_id > '' AND key_id NOT IN (SELECT value ->> 0 FROM json_each(?1))",
            checks.as_str(),
        ),
        sql!(
            "INSERT INTO key_checks (key_id, mac) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
             ON CONFLICT (key_id) DO UPDATE SET mac = excluded.mac WHERE mac <> excluded.mac",
            checks,
        ),
    ]
}

/// Every [`KeyCheck`].
pub fn key_checks() -> Statement {
    sql!("SELECT key_id, mac FROM key_checks")
}

/// What time it is where the database is, in milliseconds.
pub fn clock() -> Statement {
    sql!("SELECT unixepoch() * 1000 AS at")
}

/// An account, and how far its members are.
#[derive(Debug, Deserialize)]
pub struct AccountStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it requires two-factor login.
    #[serde(deserialize_with = "flag")]
    pub two_factor_required: bool,
    /// Which sessions that holds.
    pub applies: Applies,
    /// From when on, if that was set.
    pub starts_at: Option<i64>,
    /// Active members.
    pub members: i64,
    /// Those of them who have set it up.
    pub set_up: i64,
    /// Invitations that can still be accepted.
    pub invited: i64,
    /// Rows of its audit that are not sealed yet.
    pub unsealed: i64,
}

/// What a key was used for.
#[derive(Debug, Deserialize)]
pub struct KeyUse {
    /// `seed` or `password`.
    pub kind: String,
    /// The key's id.
    pub key: String,
    /// How many rows are under it.
    pub rows: i64,
}

/// What strangers from one network were refused.
#[derive(Debug, Deserialize)]
pub struct Refused {
    /// The network.
    pub network: String,
    /// How often.
    pub times: i64,
    /// How often from all networks.
    pub total: i64,
}

/// Every account as an [`AccountStatus`], the oldest first; then the number `unsealed` of audit rows of no account; then
/// each [`KeyUse`]; then the five networks from which strangers were [`Refused`] most in the last 24 hours; then each
/// `email` that may not be in the form that new ones must have.
pub fn status(now: Now) -> [Statement; 5] {
    [
        sql!(
            "SELECT a.id, a.name, a.two_factor_required, a.applies, a.starts_at, a.members, a.enrolled AS set_up,
               (SELECT count(*) FROM invitations WHERE account_id = a.id AND expires_at > ?1) AS invited,
               (SELECT count(*) FROM audit WHERE account_id = a.id AND hash IS NULL) AS unsealed
             FROM accounts a ORDER BY a.created_at, a.id",
            now,
        ),
        sql!("SELECT count(*) AS unsealed FROM audit WHERE account_id = '' AND hash IS NULL"),
        sql!(
            "SELECT 'seed' AS kind, seed_key AS key, count(*) AS rows FROM authenticators GROUP BY seed_key
             UNION ALL
             SELECT 'password', password_key, count(*) FROM users WHERE password_key IS NOT NULL GROUP BY password_key"
        ),
        sql!(
            "SELECT network, sum(times) AS times, sum(sum(times)) OVER () AS total FROM refusals WHERE minute > ?1
             GROUP BY network ORDER BY times DESC, network LIMIT 5",
            (now.0 - DAY_MS).div_euclid(60_000),
        ),
        sql!(
            "SELECT email FROM (SELECT email, substr(email, instr(email, '@') + 1) AS domain FROM users)
             WHERE email GLOB '*[^a-z0-9.!#$%&''*+/=?^_`{|}~@-]*' OR '.' || replace(email, '@', '.') || '.' LIKE '%..%'
                OR domain GLOB '*[^a-z0-9.-]*' OR '.' || domain || '.' LIKE '%.-%' OR domain || '.' LIKE '%-.%'
                OR instr(email, '@') NOT BETWEEN 2 AND 65 OR length(domain) > 63 ORDER BY email"
        ),
    ]
}

/// What waits in the outbox.
#[derive(Debug, Deserialize)]
pub struct Waiting {
    /// How many mails.
    pub mails: i64,
    /// Since when the oldest does; none, if there is none.
    pub since: Option<i64>,
    /// Why the one that was tried most has not gone.
    pub error: Option<String>,
}

/// What is [`Waiting`] by now, operators' tests apart: not what is to be sent on a day to come.
pub fn mails(now: Now) -> Statement {
    sql!(
        "SELECT count(*) AS mails, min(created_at) AS since,
           (SELECT error FROM outbox WHERE kind <> 'test' AND error IS NOT NULL ORDER BY attempts DESC LIMIT 1) AS error
         FROM outbox WHERE kind <> 'test' AND (due_at <= ?1 OR attempts > 0)",
        now,
    )
}

/// How long an operator's test mail is tried.
pub const TEST_MAIL_MS: i64 = 10 * 60_000;

/// Writes a test mail to an address, and forgets those that are over.
pub fn write_test_mail(id: &str, address: &str, now: Now) -> [Statement; 2] {
    [
        sql!("DELETE FROM outbox WHERE kind = 'test' AND expires_at <= ?1", now),
        // No key: there is no link in it.
        sql!(
            "INSERT INTO outbox (id, kind, address, key_id, language, created_at, due_at, expires_at)
             VALUES (?1, 'test', ?2, '', 'en', ?3, ?3, ?3 + ?4)",
            id,
            address,
            now,
            TEST_MAIL_MS,
        ),
    ]
}

/// How far a test mail has come.
#[derive(Debug, Deserialize)]
pub struct TestMail {
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried again.
    pub due_at: i64,
    /// Why it has not gone.
    pub error: Option<String>,
}

impl TestMail {
    /// Whether it is not tried again.
    pub fn given_up(&self) -> bool {
        self.due_at == Value::MAX_INTEGER
    }
}

/// A [`TestMail`], until a server has taken it.
pub fn find_test_mail(id: &str) -> Statement {
    sql!("SELECT attempts, due_at, error FROM outbox WHERE id = ?1 AND kind = 'test'", id)
}

/// Forgets a test mail that was looked at.
pub fn forget_test_mail(id: &str) -> Statement {
    sql!("DELETE FROM outbox WHERE id = ?1 AND kind = 'test'", id)
}

/// Whether there is a schema at all: one row or none.
pub fn find_schema() -> Statement {
    sql!("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'accounts'")
}

/// How many `accounts` there are, and how many `members` have joined one. Of any age of the schema.
pub fn population() -> Statement {
    sql!(
        "SELECT (SELECT count(*) FROM accounts) AS accounts,
           (SELECT count(*) FROM memberships WHERE state <> 'invited') AS members"
    )
}

/// Creates an account and invites its first owner: if nobody has joined any account yet; or, where the operator trusts
/// the admins of each account not to invite people of another, if none has this name. The first statement answers a row if
/// that is so, the second the `name` of each account that goes for it, because nobody has joined it.
pub fn open_account(
    account: &NewAccount<'_>,
    owner: &NewInvitation<'_>,
    trusts_admins: bool,
    event: &str,
    now: Now,
) -> Vec<Statement> {
    let mut statements = vec![
        sql!(
            "INSERT INTO accounts (id, name, created_at) SELECT ?1, ?2, ?3
             WHERE iif(?4, NOT EXISTS (SELECT 1 FROM accounts WHERE name = ?2),
               NOT EXISTS (SELECT 1 FROM memberships WHERE state <> 'invited')) RETURNING id",
            account.id,
            account.name,
            now,
            trusts_admins,
        ),
        sql!(
            "DELETE FROM accounts WHERE id <> ?1 AND NOT ?2 AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1)
             RETURNING name",
            account.id,
            trusts_admins,
        ),
        sql!(
            "INSERT INTO users (id, email, name, created_at) SELECT ?1, ?2, ?3, ?4 FROM accounts WHERE id = ?5
             ON CONFLICT (email) DO NOTHING",
            owner.user_id,
            owner.email,
            owner.name,
            now,
            account.id,
        ),
        sql!(
            "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
             SELECT a.id, ?2, ?3, u.id, 'account_created', 'ok', ?5, '', '', ''
             FROM users u JOIN accounts a ON a.id = ?1 WHERE u.email = ?4",
            account.id,
            event,
            now,
            owner.email,
            &Detail::of_operator(None),
        ),
    ];
    statements.extend(create_invitation(account.id, owner, event, now));
    statements
}

/// A user, as the operator looks one up.
#[derive(Debug, Deserialize)]
pub struct Found {
    /// User id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Whether they have joined an account at some time, and so have a password.
    #[serde(deserialize_with = "flag")]
    pub joined: bool,
}

/// The user with this address as a [`Found`], if there is one.
pub fn find_user(email: &str) -> Statement {
    sql!("SELECT id, name, password_phc IS NOT NULL AS joined FROM users WHERE email = ?1", email)
}

/// Takes away a user's second factor with nobody else's consent, if `check` is of a key that the Workers have. The first
/// statement answers the audit rows written: one in each account that shows this user as a member, deactivated or not, and
/// if there is none, one of no account; each with the number of `authenticators` that there were. The next two answer what
/// went, as those of [`forget_second_factor`] do.
pub fn break_glass(user_id: &str, check: &KeyCheck, event: &str, now: Now) -> Vec<Statement> {
    let mut statements = vec![sql!(
        "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
         SELECT ifnull(m.account_id, ''), ?2, ?3, u.id, 'break_glass', 'ok', ?6, '', '', ''
         FROM users u LEFT JOIN memberships m ON m.user_id = u.id AND m.state <> 'invited' WHERE u.id = ?1
           AND EXISTS (SELECT 1 FROM key_checks WHERE key_id = ?4 AND mac = ?5)
         RETURNING account_id, (SELECT count(*) FROM authenticators WHERE user_id = ?1) AS authenticators",
        user_id,
        event,
        now,
        check.key_id.as_str(),
        check.mac.as_str(),
        &Detail::of_operator(Some(&check.key_id)),
    )];
    statements.extend(forget_second_factor(user_id, event));
    statements
}

/// How many there were of what [`end_everything`] ends.
#[derive(Debug, Deserialize)]
pub struct Ended {
    /// Sessions, those that wait for a code among them.
    pub sessions: usize,
    /// API tokens.
    pub tokens: usize,
    /// Service tokens.
    pub service_tokens: usize,
    /// Known browsers.
    pub browsers: usize,
    /// Invitations.
    pub invitations: usize,
    /// Unused recovery codes, if those are to end.
    pub recovery_codes: usize,
}

/// Ends all that someone may hold who should not, for a database that was taken back to an earlier moment: what had ended
/// since is in it again, and codes that were used since are not known to be. Done if `check` is of a key that the Workers
/// have. The first statement answers the audit rows written, one in each account; the second, [`Ended`].
pub fn end_everything(check: &KeyCheck, recovery_codes: bool, event: &str, now: Now) -> Vec<Statement> {
    let mut statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
             SELECT a.id, ?1, ?2, 'everything_ended', 'ok', ?5, '', '', ''
             FROM (SELECT id FROM accounts UNION ALL SELECT '' WHERE NOT EXISTS (SELECT 1 FROM accounts)) a
             WHERE EXISTS (SELECT 1 FROM key_checks WHERE key_id = ?3 AND mac = ?4)
             RETURNING account_id",
            event,
            now,
            check.key_id.as_str(),
            check.mac.as_str(),
            &Detail { recovery_codes: recovery_codes.then_some(true), ..Detail::of_operator(Some(&check.key_id)) },
        ),
        sql!(
            "SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM api_tokens) AS tokens,
               (SELECT count(*) FROM service_tokens) AS service_tokens,
               (SELECT count(*) FROM browsers) AS browsers, (SELECT count(*) FROM invitations) AS invitations,
               (SELECT count(*) FROM recovery_codes WHERE used_at IS NULL AND ?1) AS recovery_codes",
            recovery_codes,
        ),
        // Set-ups end with their session.
        sql!("DELETE FROM sessions WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        sql!("DELETE FROM api_tokens WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        sql!("DELETE FROM service_tokens WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        sql!("DELETE FROM browsers WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        sql!("DELETE FROM invitations WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        // Whoever reads the mail of an address that was changed can still have it back.
        sql!("DELETE FROM links WHERE kind <> 'email_undo' AND EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        sql!("DELETE FROM code_attempts WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
        // A code may have been used up to so many steps early. Later steps that are burned stay so.
        sql!(
            "UPDATE authenticators SET last_step = max(last_step, CAST(?2 AS INTEGER) / 1000 / period_s + ?3),
               burned_steps = (
                 SELECT json_group_array(value) FROM json_each(burned_steps)
                 WHERE value > CAST(?2 AS INTEGER) / 1000 / period_s + ?3
               )
             WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)",
            event,
            now,
            WINDOW_STEPS_MAX,
        ),
    ];
    if recovery_codes {
        statements.extend([
            sql!("DELETE FROM recovery_codes WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)", event),
            sql!(
                "UPDATE users SET codes_set = '', codes_kept = 'kept' WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?1)",
                event,
            ),
        ]);
    }
    statements
}
