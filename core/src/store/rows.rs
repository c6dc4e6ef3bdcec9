//! The shapes of rows, and what becomes of them.

use serde::Deserialize;

use crate::{
    factor::{SecondFactor, password},
    limit,
    people::{
        CodesKept, Membership, Person, Role, Starts,
        session::{ConfirmedAuthenticator, Enrolment, Session, Site},
    },
    policy::{self, Applies, Proof, Requirement, Step},
    ports::{Fault, Now, Rows, flag},
    secret::TokenHash,
};

/// A row of the view `people`.
#[derive(Deserialize)]
struct PersonRow {
    user_id: String,
    email: String,
    email_proven_at: Option<i64>,
    name: String,
    password_phc: Option<String>,
    password_key: Option<String>,
    #[serde(deserialize_with = "flag")]
    two_factor_chosen: bool,
    #[serde(deserialize_with = "flag")]
    must_enrol: bool,
    codes_kept: CodesKept,
    codes_set: String,
    code_failures: i64,
    authenticators: i64,
    recovery_codes_left: i64,
    #[serde(deserialize_with = "flag")]
    invited: bool,
    account_id: Option<String>,
    account_name: Option<String>,
    role: Option<Role>,
    two_factor_required: Option<i64>,
    required_since: Option<i64>,
    applies: Option<Applies>,
    starts_at: Option<i64>,
    exempt_until: Option<i64>,
    /// Whether the session is worth nothing in this account any more. Only in `visits`.
    #[serde(default, deserialize_with = "flag")]
    barred: bool,
}

/// The columns that the view `visits` adds to `people`.
#[derive(Deserialize)]
struct VisitRow {
    session_id: String,
    #[serde(deserialize_with = "flag")]
    pending: bool,
    browser: String,
    return_to: String,
    attempts: i64,
    password_at: i64,
    second_factor: Option<SecondFactor>,
    reauthenticated_at: Option<i64>,
    second_factor_at: Option<i64>,
    stepped_up_at: Option<i64>,
    last_seen_at: i64,
    expires_at: i64,
    enrolment_id: Option<String>,
    enrolment_expires_at: Option<i64>,
}

/// A row of the view `standings`.
#[derive(Deserialize)]
pub struct FactsRow {
    pub facts: String,
    /// Whether "This was not me" has made the password worthless. Only where someone signs in.
    #[serde(default, deserialize_with = "flag")]
    pub stopped: bool,
}

/// The columns that an authenticator has beside those of its seed.
#[derive(Deserialize)]
struct AuthenticatorRow {
    id: String,
    last_step: i64,
}

impl PersonRow {
    fn requirement(&self, now: Now) -> Option<Requirement> {
        requirement(self.two_factor_required? != 0, self.required_since, self.begins(), self.applies, now)
    }

    fn starts(&self, now: Now) -> Option<Starts> {
        let starts = starts(self.two_factor_required? != 0, self.begins(), self.account_name.as_deref()?, now)?;
        Some(Starts { exempt: self.begins() != self.starts_at, ..starts })
    }

    /// From when on a requirement holds this one: whoever has an authenticator needs no exemption.
    fn begins(&self) -> Option<i64> {
        self.starts_at.max(self.exempt_until.filter(|_| self.authenticators == 0))
    }

    fn membership(&mut self) -> Option<Membership> {
        if self.barred {
            return None;
        }
        let (account_id, name) = (self.account_id.take()?, self.account_name.take()?);
        Some(Membership { account_id, name, role: self.role? })
    }
}

/// What an account asks of its members now, from its columns: nothing before its day, and from then on of whoever signs in.
pub fn requirement(
    required: bool,
    since: Option<i64>,
    starts_at: Option<i64>,
    applies: Option<Applies>,
    now: Now,
) -> Option<Requirement> {
    let in_force = required && starts_at.is_none_or(|at| at <= now.0);
    in_force.then(|| Requirement {
        // A requirement without a beginning holds everyone.
        since: Now(since.max(starts_at).unwrap_or(i64::MIN)),
        applies: applies.unwrap_or(Applies::Now),
    })
}

/// From when on an account asks anything, if that is to come.
pub fn starts(required: bool, starts_at: Option<i64>, account: &str, now: Now) -> Option<Starts> {
    let at = starts_at.map(Now).filter(|at| required && *at > now)?;
    Some(Starts { at, account: account.to_owned(), exempt: false })
}

/// One person from the rows of `people` of all their accounts, with the stored password.
pub fn person(site: Site, now: Now, rows: Rows) -> Result<Option<(Person, Option<password::Stored>)>, Fault> {
    let mut rows = rows.parse::<PersonRow>()?;
    // An account in which a session is worth nothing any more still asks what it asks of its members.
    let requirements = rows.iter().filter_map(|row| row.requirement(now)).collect();
    let required_by = rows.iter().find(|row| row.requirement(now).is_some()).and_then(|row| row.account_name.clone());
    let starts = rows.iter().filter_map(|row| row.starts(now)).min_by_key(|starts| starts.at);
    let memberships: Vec<Membership> = rows.iter_mut().filter_map(PersonRow::membership).collect();
    let Some(first) = rows.into_iter().next() else { return Ok(None) };
    let user = policy::User {
        // Someone with an invitation has something to sign in for: joining.
        active: !memberships.is_empty() || first.invited,
        chosen: first.two_factor_chosen,
        must_enrol: first.must_enrol,
        authenticator: limit::authenticator(first.authenticators, first.code_failures),
    };
    let stored = first.password_phc.zip(first.password_key).map(|(phc, key_id)| password::Stored { phc, key_id });
    let person = Person {
        site,
        id: first.user_id,
        email: first.email,
        email_verified: first.email_proven_at.is_some(),
        name: first.name,
        user,
        authenticators: first.authenticators,
        recovery_codes_left: first.recovery_codes_left,
        codes_kept: first.codes_kept,
        codes_set: first.codes_set,
        memberships,
        requirements,
        required_by,
        starts,
    };
    Ok(Some((person, stored)))
}

/// All that a login or a set-up is decided on, but for what was proven.
pub fn facts(rows: Rows) -> Result<Option<FactsRow>, Fault> {
    Ok(rows.parse()?.pop())
}

/// A session from rows of `visits`, and its person's stored password.
pub fn visit(
    site: Site,
    now: Now,
    rows: Rows,
    token_hash: &TokenHash,
) -> Result<Option<(Session, Option<password::Stored>)>, Fault> {
    // What is the session's is the same in each row.
    let first = || Rows(rows.0.iter().take(1).cloned().collect());
    let Some(visit) = first().parse::<VisitRow>()?.pop() else { return Ok(None) };
    let enrolment = match visit.enrolment_id.zip(visit.enrolment_expires_at) {
        Some((id, expires_at)) => first().parse_both()?.pop().map(|(parameters, seed)| Enrolment {
            id,
            parameters,
            seed,
            expires_at: Now(expires_at),
        }),
        None => None,
    };
    let Some((person, stored)) = person(site, now, rows)? else { return Ok(None) };
    let session = Session {
        id: visit.session_id,
        token_hash: token_hash.clone(),
        person,
        pending: visit.pending,
        proof: Proof { password_at: Now(visit.password_at), second_factor: visit.second_factor },
        browser: visit.browser,
        return_to: visit.return_to,
        attempts: visit.attempts,
        reauthenticated_at: visit.reauthenticated_at.map(Now),
        second_factor_at: visit.second_factor_at.map(Now),
        stepped_up_at: visit.stepped_up_at.map(Now),
        last_seen_at: Now(visit.last_seen_at),
        expires_at: Now(visit.expires_at),
        enrolment,
    };
    // A user who may not sign in has no session, whatever the table holds.
    Ok(Some((session, stored)).filter(|(session, _)| session.step() != Step::Refuse))
}

/// Authenticators from their rows.
pub fn authenticators(rows: Rows) -> Result<Vec<ConfirmedAuthenticator>, Fault> {
    let own = rows.clone().parse()?.into_iter();
    let confirmed = |(AuthenticatorRow { id, last_step }, (parameters, seed))| ConfirmedAuthenticator {
        id,
        parameters,
        seed,
        last_step,
    };
    Ok(own.zip(rows.parse_both()?).map(confirmed).collect())
}
