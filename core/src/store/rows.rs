//! The shapes of rows, and what becomes of them.

use serde::Deserialize;

use crate::{
    password,
    policy::{self, Applies, Proof, Requirement, SecondFactor, Step},
    ports::{Fault, Now, Rows},
    secret::{Sealed, TokenHash},
    session::{CodesKept, ConfirmedAuthenticator, Enrolment, Membership, Person, Role, Session, Site},
    throttle,
    totp::Parameters,
};

/// A row of the view `people`.
#[derive(Deserialize)]
struct PersonRow {
    user_id: String,
    email: String,
    name: String,
    password_phc: Option<String>,
    password_key: Option<String>,
    two_factor_chosen: i64,
    must_enrol: i64,
    codes_kept: CodesKept,
    code_failures: i64,
    authenticators: i64,
    recovery_codes_left: i64,
    account_id: Option<String>,
    account_name: Option<String>,
    role: Option<Role>,
    two_factor_required: Option<i64>,
    required_since: Option<i64>,
    applies: Option<Applies>,
}

/// The columns that the view `visits` adds to `people`.
#[derive(Deserialize)]
struct VisitRow {
    session_id: String,
    pending: i64,
    device: String,
    return_to: String,
    attempts: i64,
    password_at: i64,
    second_factor: Option<String>,
    reauthenticated_at: Option<i64>,
    second_factor_at: Option<i64>,
    last_seen_at: i64,
    expires_at: i64,
    enrolment_id: Option<String>,
    enrolment_expires_at: Option<i64>,
    charge: Option<String>,
    blocked_until: Option<i64>,
    #[serde(flatten)]
    person: PersonRow,
}

/// The columns an authenticator and a set-up have in common.
#[derive(Deserialize)]
struct SeedRow {
    #[serde(flatten)]
    parameters: Parameters,
    #[serde(flatten)]
    seed: Sealed,
}

#[derive(Deserialize)]
struct AuthenticatorRow {
    id: String,
    last_step: i64,
    #[serde(flatten)]
    seed: SeedRow,
}

impl PersonRow {
    fn membership(&mut self) -> Option<Membership> {
        let required = self.two_factor_required == Some(1);
        let requirement = required.then(|| Requirement {
            // A requirement without a beginning holds everyone.
            since: Now(self.required_since.unwrap_or(i64::MIN)),
            applies: self.applies.unwrap_or(Applies::Now),
        });
        Some(Membership {
            account_id: self.account_id.take()?,
            name: self.account_name.take()?,
            role: self.role?,
            requirement,
        })
    }
}

/// One person from rows of `people`, with the stored password.
pub fn person(site: Site, rows: Rows) -> Result<Option<(Person, Option<password::Stored>)>, Fault> {
    Ok(merge(site, rows.parse()?))
}

/// One person from the rows of all their accounts.
fn merge(site: Site, rows: Vec<PersonRow>) -> Option<(Person, Option<password::Stored>)> {
    let mut rows = rows.into_iter();
    let mut first = rows.next()?;
    let memberships: Vec<Membership> =
        first.membership().into_iter().chain(rows.filter_map(|mut row| row.membership())).collect();
    let user = policy::User {
        active: !memberships.is_empty(),
        chosen: first.two_factor_chosen == 1,
        must_enrol: first.must_enrol == 1,
        authenticator: throttle::authenticator(first.authenticators, first.code_failures),
    };
    let stored = first.password_phc.zip(first.password_key).map(|(phc, key_id)| password::Stored { phc, key_id });
    let person = Person {
        site,
        id: first.user_id,
        email: first.email,
        name: first.name,
        user,
        authenticators: first.authenticators,
        recovery_codes_left: first.recovery_codes_left,
        codes_kept: first.codes_kept,
        memberships,
    };
    Some((person, stored))
}

/// A session from rows of `visits`, and the stored password of whose it is.
pub fn visit(
    site: Site,
    rows: Rows,
    token_hash: &TokenHash,
) -> Result<Option<(Session, Option<password::Stored>)>, Fault> {
    let seed = rows.0.first().filter(|row| row.get("enrolment_id").is_some_and(|id| !id.is_null()));
    let seed: Option<SeedRow> =
        seed.map(|row| serde_json::from_value(row.clone().into()).map_err(Fault::new)).transpose()?;
    let mut rows: Vec<VisitRow> = rows.parse()?;
    let Some(first) = rows.first_mut() else { return Ok(None) };
    let second_factor = match first.second_factor.as_deref() {
        None => None,
        Some("totp") => Some(SecondFactor::Totp),
        Some("recovery") => Some(SecondFactor::Recovery),
        Some(_) => return Err(Fault::new("unexpected second factor")),
    };
    let enrolment = first.enrolment_id.take().zip(first.enrolment_expires_at).zip(seed).map(
        |((id, expires_at), SeedRow { parameters, seed })| Enrolment {
            id,
            parameters,
            seed,
            expires_at: Now(expires_at),
        },
    );
    let (id, device, return_to, charge) = (
        std::mem::take(&mut first.session_id),
        std::mem::take(&mut first.device),
        std::mem::take(&mut first.return_to),
        first.charge.take(),
    );
    let (pending, attempts, expires_at) = (first.pending == 1, first.attempts, Now(first.expires_at));
    let proof = Proof { password_at: Now(first.password_at), second_factor };
    let reauthenticated_at = first.reauthenticated_at.map(Now);
    let second_factor_at = first.second_factor_at.map(Now);
    let last_seen_at = Now(first.last_seen_at);
    let blocked_until = first.blocked_until.unwrap_or(0);
    let Some((person, stored)) = merge(site, rows.into_iter().map(|row| row.person).collect()) else { return Ok(None) };
    let session = Session {
        id,
        token_hash: token_hash.clone(),
        person,
        pending,
        proof,
        device,
        return_to,
        attempts,
        reauthenticated_at,
        second_factor_at,
        last_seen_at,
        expires_at,
        enrolment,
        blocked_until,
        charge,
    };
    // A user who may not sign in has no session, whatever the table holds.
    Ok(Some((session, stored)).filter(|(session, _)| session.step() != Step::Refuse))
}

/// Authenticators from their rows.
pub fn authenticators(rows: Rows) -> Result<Vec<ConfirmedAuthenticator>, Fault> {
    let confirmed = |AuthenticatorRow { id, last_step, seed: SeedRow { parameters, seed } }| ConfirmedAuthenticator {
        id,
        parameters,
        seed,
        last_step,
    };
    Ok(rows.parse()?.into_iter().map(confirmed).collect())
}
