//! What the operator does from outside, with the database itself in hand and no session: statements for the CLI to run.
//! Each act is one transaction and begins with its row of the audit, as an admin's does; its actor is nobody.

use serde::Deserialize;

use super::{NewAccount, NewInvitation, create_invitation, forget_second_factor, sql};
use crate::{
    policy::Applies,
    ports::{Now, Statement, Value},
};

/// An account, and how far its members are.
#[derive(Debug, Deserialize)]
pub struct AccountStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 1: it requires two-factor login.
    pub two_factor_required: i64,
    /// Which sessions that holds.
    pub applies: Applies,
    /// Active members.
    pub members: i64,
    /// Those of them who have set it up.
    pub enabled: i64,
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

/// Every account as an [`AccountStatus`], the oldest first; then the number `unsealed` of audit rows of no account; then
/// each [`KeyUse`]; then each `email` that may not be in the form that new ones must have.
pub fn status(now: Now) -> [Statement; 4] {
    [
        sql!(
            "SELECT a.id, a.name, a.two_factor_required, a.applies, a.members, a.enrolled AS enabled,
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
            "SELECT email FROM (SELECT email, substr(email, instr(email, '@') + 1) AS domain FROM users)
             WHERE email GLOB '*[^a-z0-9.!#$%&''*+/=?^_`{|}~@-]*' OR '.' || replace(email, '@', '.') || '.' LIKE '%..%'
               OR domain GLOB '*[^a-z0-9.-]*' OR '.' || domain || '.' LIKE '%.-%' OR domain || '.' LIKE '%-.%'
               OR instr(email, '@') NOT BETWEEN 2 AND 65 OR length(domain) > 63 ORDER BY email"
        ),
    ]
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
             SELECT a.id, ?2, ?3, u.id, 'account_created', 'ok', 'by the operator', '', '', ''
             FROM users u JOIN accounts a ON a.id = ?1 WHERE u.email = ?4",
            account.id,
            event,
            now,
            owner.email,
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
    /// 1: has joined an account at some time, and so has a password.
    pub joined: i64,
}

/// The user with this address as a [`Found`], if there is one.
pub fn find_user(email: &str) -> Statement {
    sql!("SELECT id, name, password_phc IS NOT NULL AS joined FROM users WHERE email = ?1", email)
}

/// Takes away a user's second factor with nobody else's consent. The first statement answers the audit rows written: one
/// in each account that shows this user as a member, deactivated or not, and if there is none, one of no account. The
/// next two answer what went, as those of [`forget_second_factor`] do.
pub fn break_glass(user_id: &str, event: &str, now: Now) -> Vec<Statement> {
    let mut statements = vec![sql!(
        "INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
         SELECT ifnull(m.account_id, ''), ?2, ?3, u.id, 'break_glass', 'ok', 'by the operator', '', '', ''
         FROM users u LEFT JOIN memberships m ON m.user_id = u.id AND m.state <> 'invited' WHERE u.id = ?1
         RETURNING account_id",
        user_id,
        event,
        now,
    )];
    statements.extend(forget_second_factor(user_id, event));
    statements
}
