//! Every SQL statement, the shapes of rows, and what they are used for. Each function is one round trip and one
//! transaction. A change of state is a compare-and-set: its first statement holds all the conditions and replaces the
//! session's token; the others run only if a session with that new token exists. So either all of it happened or none.

use serde::Deserialize;

use crate::{
    http::Request,
    password,
    policy::{self, Applies, Proof, Requirement, SecondFactor, Step},
    ports::{Context, Event, Fault, Now, Rows, Statement, Value},
    recovery::RecoveryCodes,
    secret::{Sealed, Token, TokenHash, sha256},
    session::{
        ConfirmedAuthenticator, Enrolment, IDLE_MS, Membership, PENDING_MAX, Person, Session, TOUCH_MS, lifetime_ms,
    },
    throttle::{self, Pause},
    totp::Parameters,
};

/// Shorthand for a statement with its values in the order of `?1`, `?2`, ….
macro_rules! sql {
    ($sql:expr $(, $param:expr)* $(,)?) => {
        Statement { sql: $sql, params: vec![$(Value::from($param)),*] }
    };
}

// Rows ---------------------------------------------------------------------------------------------------------------

/// A row of the view `people`.
#[derive(Deserialize)]
struct PersonRow {
    user_id: String,
    email: String,
    name: String,
    password_phc: Option<String>,
    password_key: Option<String>,
    active: i64,
    two_factor_chosen: i64,
    must_enrol: i64,
    code_failures: i64,
    authenticators: i64,
    recovery_codes_left: i64,
    account_id: Option<String>,
    account_name: Option<String>,
    role: Option<String>,
    two_factor_required: Option<i64>,
    required_since: Option<i64>,
    applies: Option<String>,
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
            applies: if self.applies.as_deref() == Some("now") { Applies::Now } else { Applies::NextLogin },
        });
        Some(Membership {
            account_id: self.account_id.take()?,
            name: self.account_name.take().unwrap_or_default(),
            role: self.role.take().unwrap_or_default(),
            requirement,
        })
    }
}

/// One person from the rows of all their accounts, with the stored password.
fn person(rows: Vec<PersonRow>) -> Option<(Person, Option<password::Stored>)> {
    let mut rows = rows.into_iter();
    let mut first = rows.next()?;
    let memberships = first.membership().into_iter().chain(rows.filter_map(|mut row| row.membership())).collect();
    let user = policy::User {
        active: first.active == 1,
        chosen: first.two_factor_chosen == 1,
        must_enrol: first.must_enrol == 1,
        authenticator: throttle::authenticator(first.authenticators, first.code_failures),
    };
    let stored = first.password_phc.zip(first.password_key).map(|(phc, key_id)| password::Stored { phc, key_id });
    let person = Person {
        id: first.user_id,
        email: first.email,
        name: first.name,
        user,
        authenticators: first.authenticators,
        recovery_codes_left: first.recovery_codes_left,
        memberships,
    };
    Some((person, stored))
}

/// A session from rows of `visits`, and the stored password of whose it is.
fn visit(rows: Rows, token_hash: &TokenHash) -> Result<Option<(Session, Option<password::Stored>)>, Fault> {
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
    let blocked_until = first.blocked_until.unwrap_or(0);
    let Some((person, stored)) = person(rows.into_iter().map(|row| row.person).collect()) else { return Ok(None) };
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
        expires_at,
        enrolment,
        blocked_until,
        charge,
    };
    // A user who may not sign in has no session, whatever the table holds.
    Ok(Some((session, stored)).filter(|(session, _)| session.step() != Step::Refuse))
}

/// The results of a batch, one by one.
struct Results(std::vec::IntoIter<Rows>);

impl Results {
    fn next(&mut self) -> Result<Rows, Fault> {
        self.0.next().ok_or_else(|| Fault::new("the database answered fewer results than statements"))
    }
}

async fn run(cx: &Context<'_>, statements: Vec<Statement>) -> Result<Results, Fault> {
    Ok(Results(cx.db.batch(statements).await?.into_iter()))
}

// Statements used in several places ----------------------------------------------------------------------------------

const SELECT_VISIT: &str = "SELECT * FROM visits WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3";

fn select_visit(token_hash: &TokenHash, now: Now) -> Statement {
    sql!(SELECT_VISIT, token_hash, now, now.0 - IDLE_MS)
}

/// Charges one password attempt, unless a pause holds: then the row keeps its older `charge`.
fn charge_password(email: &str, device: &str, charge: &str, now: Now) -> Statement {
    let Pause { from, first_ms, longest_ms } = throttle::PASSWORD;
    sql!(
        "INSERT INTO throttles (scope, subject, device, failures, blocked_until, charge, updated_at)
         VALUES ('password', ?1, ?2, 1, 0, ?3, ?4)
         ON CONFLICT (scope, subject, device) DO UPDATE SET
           failures = failures + 1, charge = ?3, updated_at = ?4,
           blocked_until = iif(failures + 1 < ?5, 0, ?4 + min(?6 << min(failures + 1 - ?5, 20), ?7))
         WHERE blocked_until <= ?4
         RETURNING charge",
        sha256(email),
        device,
        charge,
        now,
        from,
        first_ms,
        longest_ms,
    )
}

/// Charges one attempt at a code to the session, the budget and the user, unless a limit holds.
fn charge_code(token_hash: &TokenHash, failures_max: i64, charge: &str, now: Now) -> [Statement; 3] {
    let Pause { from, first_ms, longest_ms } = throttle::CODE;
    [
        sql!(
            "INSERT INTO throttles (scope, subject, device, failures, blocked_until, charge, updated_at)
             SELECT 'code', s.user_id, s.device, 1, 0, ?3, ?4
             FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.token_hash = ?1 AND s.expires_at > ?4 AND s.last_seen_at > ?2
               AND (s.pending = 0 OR s.attempts < ?8) AND u.code_failures < ?9
               AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id)
             ON CONFLICT (scope, subject, device) DO UPDATE SET
               failures = failures + 1, charge = ?3, updated_at = ?4,
               blocked_until = iif(failures + 1 < ?5, 0, ?4 + min(?6 << min(failures + 1 - ?5, 20), ?7))
             WHERE blocked_until <= ?4",
            token_hash,
            now.0 - IDLE_MS,
            charge,
            now,
            from,
            first_ms,
            longest_ms,
            throttle::ATTEMPTS_PER_LOGIN,
            failures_max,
        ),
        sql!(
            "UPDATE sessions SET attempts = attempts + 1
             WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM throttles t WHERE t.scope = 'code'
               AND t.subject = sessions.user_id AND t.device = sessions.device AND t.charge = ?2)",
            token_hash,
            charge,
        ),
        sql!(
            "UPDATE users SET code_failures = code_failures + 1
             WHERE id = (SELECT s.user_id FROM sessions s JOIN throttles t ON t.scope = 'code'
               AND t.subject = s.user_id AND t.device = s.device AND t.charge = ?2 WHERE s.token_hash = ?1)",
            token_hash,
            charge,
        ),
    ]
}

/// An audit row whose result is `event.result` if a session with the token `proof` exists by then, else `otherwise`.
fn audit_if(
    cx: &Context<'_>,
    request: &Request,
    event: &Event<'_>,
    proof: &TokenHash,
    otherwise: &'static str,
) -> Statement {
    sql!(
        "INSERT INTO audit (at, actor_id, target_id, action, result, ip, country, request_id)
         SELECT ?1, ?2, ?3, ?4, iif(EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?9), ?5, ?10), ?6, ?7, ?8",
        cx.now,
        event.actor,
        event.target,
        event.action,
        event.result,
        &request.client.ip,
        &request.client.country,
        &request.id,
        proof,
        otherwise,
    )
}

fn audit(cx: &Context<'_>, request: &Request, event: &Event<'_>) -> Statement {
    sql!(
        "INSERT INTO audit (at, actor_id, target_id, action, result, ip, country, request_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        cx.now,
        event.actor,
        event.target,
        event.action,
        event.result,
        &request.client.ip,
        &request.client.country,
        &request.id,
    )
}

/// New recovery codes instead of the old, if a session with the token `proof` exists by then.
fn replace_recovery_codes(user_id: &str, codes: &RecoveryCodes, proof: &TokenHash, now: Now) -> [Statement; 2] {
    [
        sql!(
            "DELETE FROM recovery_codes WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            proof,
        ),
        sql!(
            "INSERT INTO recovery_codes (user_id, mac, created_at) SELECT ?1, value, ?3 FROM json_each(?4)
             WHERE EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2) RETURNING created_at",
            user_id,
            proof,
            now,
            json_list(&codes.macs),
        ),
    ]
}

fn json_list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

// Login --------------------------------------------------------------------------------------------------------------

/// What a login needs to know.
pub struct LoginRead {
    /// Whether the attempt was admitted and charged; if not, the password must not be compared.
    pub admitted: bool,
    /// Who has this address, with the stored password.
    pub found: Option<(Person, Option<password::Stored>)>,
}

/// Charges the attempt to the address's budget and looks the address up.
///
/// # Errors
/// The database.
pub async fn login_read(cx: &Context<'_>, email: &str, device: &str) -> Result<LoginRead, Fault> {
    let charge = cx.rng.id()?;
    let mut results = run(
        cx,
        vec![
            charge_password(email, device, &charge, cx.now),
            sql!("SELECT * FROM people WHERE email = ?1 ORDER BY account_id", email),
        ],
    )
    .await?;
    let admitted = !results.next()?.0.is_empty();
    Ok(LoginRead { admitted, found: person(results.next()?.parse()?) })
}

/// A login whose password was right.
pub struct NewLogin<'a> {
    /// Who.
    pub person: &'a Person,
    /// What comes next.
    pub step: Step,
    /// The new session's token.
    pub token: &'a Token,
    /// The session the browser held before, which ends.
    pub previous: Option<TokenHash>,
    /// Whose budget the attempt was charged to, and later ones will be.
    pub device: &'a str,
    /// Where to go once signed in.
    pub return_to: &'a str,
    /// The password hashed anew, if the stored hash was outdated.
    pub rehashed: Option<password::Stored>,
}

/// Begins a session. The user's oldest logins beyond [`PENDING_MAX`] that still wait for their second step end.
///
/// # Errors
/// The database.
pub async fn login_finish(cx: &Context<'_>, request: &Request, login: NewLogin<'_>) -> Result<(), Fault> {
    let user_id = login.person.id.as_str();
    let mut statements = vec![
        sql!(
            "INSERT INTO sessions (token_hash, id, user_id, pending, device, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?7, ?9, ?10, ?11)",
            &login.token.hash(),
            cx.rng.id()?,
            user_id,
            login.step != Step::Done,
            login.device,
            login.return_to,
            cx.now,
            cx.now.0 + lifetime_ms(login.step),
            &request.client.ip,
            &request.client.country,
            request.header("user-agent").unwrap_or_default().chars().take(256).collect::<String>(),
        ),
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND (expires_at <= ?2 OR pending = 1 AND id NOT IN
               (SELECT id FROM sessions WHERE user_id = ?1 AND pending = 1 ORDER BY created_at DESC, rowid DESC LIMIT ?3))",
            user_id,
            cx.now,
            PENDING_MAX,
        ),
        sql!(
            "DELETE FROM throttles WHERE scope = 'password' AND subject = ?1 AND device = ?2",
            sha256(&login.person.email),
            login.device,
        ),
        audit(cx, request, &Event { action: "login", result: "ok", actor: Some(user_id), target: Some(user_id) }),
    ];
    if let Some(previous) = &login.previous {
        statements.push(sql!("DELETE FROM sessions WHERE token_hash = ?1", previous));
    }
    if let Some(stored) = &login.rehashed {
        statements.push(sql!(
            "UPDATE users SET password_phc = ?2, password_key = ?3 WHERE id = ?1",
            user_id,
            &stored.phc,
            &stored.key_id,
        ));
    }
    run(cx, statements).await.map(drop)
}

/// Notes a refused attempt. Raises an alert when a user's refused codes reach [`throttle::ALERT_FAILURES`] in 30 days.
///
/// # Errors
/// The database.
pub async fn refused(cx: &Context<'_>, request: &Request, event: &Event<'_>) -> Result<(), Fault> {
    let alert = sql!(
        "INSERT INTO audit (at, target_id, action, result, ip, country, request_id)
         SELECT ?1, ?2, 'alert', 'many_failures', ?3, ?4, ?5 WHERE ?2 IS NOT NULL AND ?7 = (SELECT count(*) FROM audit
           WHERE target_id = ?2 AND action IN ('verify', 'recovery', 'reauth') AND at > ?6 AND result = 'invalid_code')",
        cx.now,
        event.target,
        &request.client.ip,
        &request.client.country,
        &request.id,
        cx.now.0 - throttle::ALERT_WINDOW_MS,
        throttle::ALERT_FAILURES,
    );
    run(cx, vec![audit(cx, request, event), alert]).await.map(drop)
}

// Sessions -----------------------------------------------------------------------------------------------------------

/// The live session with this token, and notes that it was seen.
///
/// # Errors
/// The database.
pub async fn session(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    let touch = sql!(
        "UPDATE sessions SET last_seen_at = ?2
         WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3 AND last_seen_at <= ?4",
        token_hash,
        cx.now,
        cx.now.0 - IDLE_MS,
        cx.now.0 - TOUCH_MS,
    );
    let mut results = run(cx, vec![touch, select_visit(token_hash, cx.now)]).await?;
    results.next()?;
    Ok(visit(results.next()?, token_hash)?.map(|(session, _)| session))
}

/// Ends a session.
///
/// # Errors
/// The database.
pub async fn logout(cx: &Context<'_>, request: &Request, token_hash: &TokenHash) -> Result<(), Fault> {
    run(
        cx,
        vec![
            sql!(
                "INSERT INTO audit (at, actor_id, target_id, action, result, ip, country, request_id)
                 SELECT ?2, user_id, user_id, 'logout', 'ok', ?3, ?4, ?5 FROM sessions WHERE token_hash = ?1",
                token_hash,
                cx.now,
                &request.client.ip,
                &request.client.country,
                &request.id,
            ),
            sql!("DELETE FROM sessions WHERE token_hash = ?1", token_hash),
        ],
    )
    .await
    .map(drop)
}

/// That the database answers.
///
/// # Errors
/// It does not.
pub async fn health(cx: &Context<'_>) -> Result<(), Fault> {
    run(cx, vec![sql!("SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1)")]).await.map(drop)
}

// Proving a factor ---------------------------------------------------------------------------------------------------

/// What is needed to check a code, with the attempt already charged.
pub struct Challenge {
    /// The session.
    pub session: Session,
    /// The stored password of whose it is.
    pub password: Option<password::Stored>,
    /// Whether the password attempt, if one was asked for, was admitted.
    pub password_admitted: bool,
    /// Whether the attempt at a code was admitted; if not, nothing may be compared.
    pub code_admitted: bool,
    /// The authenticators that accept codes.
    pub authenticators: Vec<ConfirmedAuthenticator>,
}

/// Which attempts to charge before anything is compared.
#[derive(Clone, Copy)]
pub struct Charges<'a> {
    /// A password attempt on the budget of this address and device.
    pub password_of: Option<(&'a str, &'a str)>,
    /// An attempt at a code, allowed while consecutive failures are below this number.
    pub code_failures_max: Option<i64>,
}

/// Charges the attempts and reads the session with everything to check them by.
///
/// # Errors
/// The database.
pub async fn challenge(
    cx: &Context<'_>,
    token_hash: &TokenHash,
    charges: Charges<'_>,
) -> Result<Option<Challenge>, Fault> {
    let charge = cx.rng.id()?;
    let mut statements = Vec::new();
    if let Some((email, device)) = charges.password_of {
        statements.push(charge_password(email, device, &charge, cx.now));
    }
    if let Some(failures_max) = charges.code_failures_max {
        statements.extend(charge_code(token_hash, failures_max, &charge, cx.now));
    }
    statements.push(select_visit(token_hash, cx.now));
    statements.push(sql!(
        "SELECT a.* FROM sessions s JOIN authenticators a ON a.user_id = s.user_id WHERE s.token_hash = ?1 ORDER BY a.id",
        token_hash,
    ));
    let mut results = run(cx, statements).await?;
    let password_admitted = charges.password_of.is_some() && !results.next()?.0.is_empty();
    if charges.code_failures_max.is_some() {
        for _ in 0..3 {
            results.next()?;
        }
    }
    let Some((session, password)) = visit(results.next()?, token_hash)? else { return Ok(None) };
    let rows: Vec<AuthenticatorRow> = results.next()?.parse()?;
    let authenticators = rows
        .into_iter()
        .map(|AuthenticatorRow { id, last_step, seed: SeedRow { parameters, seed } }| ConfirmedAuthenticator {
            id,
            parameters,
            seed,
            last_step,
        })
        .collect();
    let code_admitted = session.charge.as_ref() == Some(&charge);
    Ok(Some(Challenge { session, password, password_admitted, code_admitted, authenticators }))
}

/// A factor that was checked and is to be used up.
#[derive(Clone, Copy)]
pub enum Factor<'a> {
    /// None: the password alone was asked for.
    Password,
    /// A one-time code: the step it belongs to, of this authenticator.
    Totp {
        /// The authenticator.
        authenticator_id: &'a str,
        /// The step.
        step: i64,
    },
    /// A recovery code, known by what it would be stored as; not yet checked, that happens as it is used up.
    Recovery {
        /// Under each pepper in use.
        macs: &'a [String],
    },
}

/// What a session gains when a factor is used up.
pub struct Gain<'a> {
    /// `verify`, `recovery` or `reauth`: for the audit.
    pub action: &'static str,
    /// The factor.
    pub factor: Factor<'a>,
    /// The stage the session comes to.
    pub step: Step,
    /// Its new token.
    pub token: &'a Token,
    /// Whether it counts as re-authenticated from now on.
    pub reauthenticated: bool,
}

/// Uses up the factor and moves the session on, both or neither. Answers how many recovery codes are left, or `None` if
/// the factor had been used before, was no factor, or the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn prove(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
    gain: Gain<'_>,
) -> Result<Option<i64>, Fault> {
    let user_id = session.person.id.as_str();
    let new = gain.token.hash();
    let (kind, authenticator_id, step, macs) = match gain.factor {
        Factor::Password => (None, "", 0, "[]".to_owned()),
        Factor::Totp { authenticator_id, step } => (Some("totp"), authenticator_id, step, "[]".to_owned()),
        Factor::Recovery { macs } => (Some("recovery"), "", 0, json_list(macs)),
    };
    let expires_at = if session.pending { cx.now.0 + lifetime_ms(gain.step) } else { session.expires_at.0 };
    let mut statements = vec![sql!(
        "UPDATE sessions SET token_hash = ?2, pending = ?5, attempts = 0, last_seen_at = ?3, expires_at = ?6,
           second_factor = coalesce(?7, second_factor), second_factor_at = iif(?7 IS NULL, second_factor_at, ?3),
           reauthenticated_at = iif(?8 = 1, ?3, reauthenticated_at)
         WHERE token_hash = ?1 AND expires_at > ?3 AND last_seen_at > ?4 AND CASE
           WHEN ?7 IS NULL THEN 1
           WHEN ?7 = 'totp' THEN EXISTS (SELECT 1 FROM authenticators a
             WHERE a.id = ?9 AND a.user_id = sessions.user_id AND a.last_step < ?10)
           ELSE EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = sessions.user_id AND r.used_at IS NULL
             AND r.mac IN (SELECT value FROM json_each(?11)))
         END
         RETURNING id",
        &session.token_hash,
        &new,
        cx.now,
        cx.now.0 - IDLE_MS,
        gain.step != Step::Done,
        expires_at,
        kind,
        gain.reauthenticated,
        authenticator_id,
        step,
        &macs,
    )];
    match gain.factor {
        Factor::Password => {}
        Factor::Totp { .. } => statements.extend([
            sql!(
                "UPDATE authenticators SET last_step = ?2, last_used_at = ?3
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4)",
                authenticator_id,
                step,
                cx.now,
                &new,
            ),
            sql!(
                "UPDATE users SET code_failures = 0
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                user_id,
                &new,
            ),
        ]),
        Factor::Recovery { .. } => statements.push(sql!(
            "UPDATE recovery_codes SET used_at = ?3 WHERE user_id = ?1 AND used_at IS NULL
               AND mac IN (SELECT value FROM json_each(?4)) AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
            cx.now,
            &macs,
        )),
    }
    if kind.is_some() {
        statements.push(sql!(
            "DELETE FROM throttles WHERE scope = 'code' AND subject = ?1 AND device = ?2
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
            user_id,
            &session.device,
            &new,
        ));
    }
    if gain.reauthenticated {
        statements.push(sql!(
            "DELETE FROM throttles WHERE scope = 'password' AND subject = ?1 AND device = ?2
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
            sha256(&session.person.email),
            &session.device,
            &new,
        ));
    }
    let event = Event { action: gain.action, result: "ok", actor: Some(user_id), target: Some(user_id) };
    statements.push(audit_if(cx, request, &event, &new, "invalid_code"));
    statements
        .push(
            sql!("SELECT count(*) AS left_over FROM recovery_codes WHERE user_id = ?1 AND used_at IS NULL", user_id,),
        );
    let count = statements.len();
    let mut results = run(cx, statements).await?;
    if results.next()?.0.is_empty() {
        return Ok(None);
    }
    let last = results.0.nth(count - 2).ok_or_else(|| Fault::new("the database answered too few results"))?;
    let left = last.0.first().and_then(|row| row.get("left_over")).and_then(serde_json::Value::as_i64);
    left.map(Some).ok_or_else(|| Fault::new("unexpected row"))
}

// Setting up ---------------------------------------------------------------------------------------------------------

/// Begins a set-up in this session, or finds the one another request began in it meanwhile.
///
/// # Errors
/// The database.
pub async fn enrol_begin(cx: &Context<'_>, session: &Session, new: &Enrolment) -> Result<Option<Enrolment>, Fault> {
    let insert = sql!(
        "INSERT INTO enrolments (session_id, id, user_id, algorithm, digits, period_s, sealed_seed, seed_key, expires_at)
         SELECT s.id, ?3, s.user_id, ?4, ?5, ?6, ?7, ?8, ?9 FROM sessions s WHERE s.token_hash = ?1
         ON CONFLICT (session_id) DO UPDATE SET id = excluded.id, algorithm = excluded.algorithm,
           digits = excluded.digits, period_s = excluded.period_s, sealed_seed = excluded.sealed_seed,
           seed_key = excluded.seed_key, expires_at = excluded.expires_at
         WHERE enrolments.expires_at <= ?2",
        &session.token_hash,
        cx.now,
        &new.id,
        new.parameters.algorithm.name(),
        i64::from(new.parameters.digits),
        i64::try_from(new.parameters.period_s).unwrap_or(i64::MAX),
        &new.seed.text,
        &new.seed.key_id,
        new.expires_at,
    );
    let mut results = run(cx, vec![insert, select_visit(&session.token_hash, cx.now)]).await?;
    results.next()?;
    Ok(visit(results.next()?, &session.token_hash)?.and_then(|(session, _)| session.enrolment))
}

/// A set-up that a code has confirmed.
pub struct Confirmed<'a> {
    /// The set-up.
    pub enrolment: &'a Enrolment,
    /// The step of the code that confirmed it, which is used up by that.
    pub step: i64,
    /// The authenticator's name. One of the same name is replaced.
    pub name: &'a str,
    /// Whether older authenticators go whatever their name: they are locked.
    pub replace_all: bool,
    /// Whether this is the user's own choice rather than what an account or a reset asked for.
    pub chosen: bool,
    /// The session's new token.
    pub token: &'a Token,
    /// New recovery codes.
    pub codes: &'a RecoveryCodes,
}

/// Makes the set-up an authenticator, the session full, and ends the user's other sessions: all or nothing. `false` if
/// the set-up or the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn enrol_finish(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
    confirmed: Confirmed<'_>,
) -> Result<bool, Fault> {
    let user_id = session.person.id.as_str();
    let new = confirmed.token.hash();
    let expires_at = if session.pending { cx.now.0 + lifetime_ms(Step::Done) } else { session.expires_at.0 };
    let mut statements = vec![
        sql!(
            "UPDATE sessions SET token_hash = ?2, pending = 0, attempts = 0, last_seen_at = ?3, expires_at = ?5,
               second_factor = 'totp', second_factor_at = ?3
             WHERE token_hash = ?1 AND expires_at > ?3 AND last_seen_at > ?4 AND EXISTS (SELECT 1 FROM enrolments e
               WHERE e.id = ?6 AND e.session_id = sessions.id AND e.expires_at > ?3)
             RETURNING id",
            &session.token_hash,
            &new,
            cx.now,
            cx.now.0 - IDLE_MS,
            expires_at,
            &confirmed.enrolment.id,
        ),
        sql!(
            "DELETE FROM authenticators WHERE user_id = ?1 AND (name = ?2 OR ?3 = 1)
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4)",
            user_id,
            confirmed.name,
            confirmed.replace_all,
            &new,
        ),
        sql!(
            "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key,
               last_step, created_at, last_used_at)
             SELECT e.id, e.user_id, ?2, e.algorithm, e.digits, e.period_s, e.sealed_seed, e.seed_key, ?3, ?4, ?4
             FROM enrolments e WHERE e.id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?5)",
            &confirmed.enrolment.id,
            confirmed.name,
            confirmed.step,
            cx.now,
            &new,
        ),
        sql!(
            "UPDATE users SET must_enrol = 0, code_failures = 0, two_factor_chosen = max(two_factor_chosen, ?2)
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
            user_id,
            confirmed.chosen,
            &new,
        ),
        sql!(
            "DELETE FROM enrolments WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
        ),
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
        ),
        sql!(
            "DELETE FROM throttles WHERE scope = 'code' AND subject = ?1
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
        ),
    ];
    statements.extend(replace_recovery_codes(user_id, confirmed.codes, &new, cx.now));
    let event = Event { action: "enrol", result: "ok", actor: Some(user_id), target: Some(user_id) };
    statements.push(audit_if(cx, request, &event, &new, "expired"));
    Ok(!run(cx, statements).await?.next()?.0.is_empty())
}

/// Replaces the user's recovery codes. `false` if the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn new_recovery_codes(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
    codes: &RecoveryCodes,
) -> Result<bool, Fault> {
    let user_id = session.person.id.as_str();
    let mut statements = replace_recovery_codes(user_id, codes, &session.token_hash, cx.now).to_vec();
    let event = Event { action: "recovery_codes", result: "ok", actor: Some(user_id), target: Some(user_id) };
    statements.push(audit_if(cx, request, &event, &session.token_hash, "expired"));
    let mut results = run(cx, statements).await?;
    results.next()?;
    Ok(!results.next()?.0.is_empty())
}

// Creating accounts and users ----------------------------------------------------------------------------------------

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
    /// `owner`, `admin` or `member`.
    pub role: &'a str,
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
            "INSERT INTO memberships (account_id, user_id, role, created_at)
             SELECT ?1, u.id, ?3, ?4 FROM users u WHERE u.id = ?2 ON CONFLICT DO NOTHING",
            account_id,
            user.id,
            user.role,
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
