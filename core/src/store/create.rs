//! Creating accounts and users.

use super::sql;
use crate::{
    factor::{password, totp::Parameters},
    people::Role,
    ports::{Now, Statement, Value},
    secret::Sealed,
};

/// An account to create.
pub struct NewAccount<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// A user to create, as a member of an account.
pub struct NewUser<'a> {
    /// The user's id.
    pub id: &'a str,
    /// E-mail address in its canonical form.
    pub email: &'a str,
    /// Display name.
    pub name: &'a str,
    /// What the user may do in the account.
    pub role: Role,
    /// The password.
    pub password: password::Stored,
    /// An authenticator that is set up already: id, name and sealed seed. The user has chosen two-factor login then.
    pub authenticator: Option<(&'a str, &'a str, Sealed)>,
}

/// The statements that create an account; one that exists stays as it is.
pub fn create_account(account: &NewAccount<'_>, now: Now) -> Statement {
    sql!(
        "INSERT INTO accounts (id, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        account.id,
        account.name,
        now,
    )
}

/// The statements that create a user in an account; one that exists stays as it is.
pub fn create_user(account_id: &str, user: &NewUser<'_>, now: Now) -> Vec<Statement> {
    let mut statements = vec![
        sql!(
            "INSERT INTO users (id, email, name, password_phc, password_key, two_factor_chosen, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            user.id,
            user.email,
            user.name,
            &user.password.phc,
            &user.password.key_id,
            user.authenticator.is_some(),
            now,
        ),
        sql!(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT ?1, u.id, u.email, ?3, 'active', ?4 FROM users u WHERE u.id = ?2 ON CONFLICT DO NOTHING",
            account_id,
            user.id,
            user.role.name(),
            now,
        ),
    ];
    if let Some((id, name, seed)) = &user.authenticator {
        let parameters = Parameters::default();
        statements.push(sql!(
            "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key,
               last_step, created_at, last_used_at)
             SELECT ?1, u.id, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9 FROM users u WHERE u.id = ?2 ON CONFLICT DO NOTHING",
            *id,
            user.id,
            *name,
            parameters.algorithm.name(),
            i64::from(parameters.digits),
            i64::try_from(parameters.period_s).unwrap_or(i64::MAX),
            &seed.text,
            &seed.key_id,
            now,
        ));
    }
    statements
}
