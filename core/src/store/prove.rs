//! Proving a factor: the attempt is charged as what to check it by is read; the factor is used up as the session moves on.

use serde::Deserialize;

use super::{
    alert, audit, json_list,
    login::{charge_password, charged, clear_passwords},
    rows, run, select_visit, sql,
};
use crate::{
    context::Context,
    http::Request,
    password,
    policy::Step,
    ports::{Event, Fault, Statement, Value},
    secret::{Token, TokenHash},
    session::{ConfirmedAuthenticator, Session},
    throttle::{self, Pause},
};

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
        statements.push(charge_password(cx, email, device, &charge));
    }
    if let Some(failures_max) = charges.code_failures_max {
        statements.extend(charge_code(cx, token_hash, failures_max, &charge));
    }
    statements.push(select_visit(cx, token_hash));
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
    let Some((session, password)) = rows::visit(cx.config.site, results.next()?, token_hash)? else { return Ok(None) };
    let authenticators = rows::authenticators(results.next()?)?;
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

#[derive(Deserialize)]
struct Left {
    left_over: i64,
}

/// A factor was used up, and the session moved on.
pub struct Proven {
    /// If it was a recovery code: how many are left.
    pub recovery_codes_left: Option<i64>,
}

/// Uses up the factor and moves the session on, both or neither. `None`: the factor had been used before, was no factor,
/// or the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn prove(
    cx: &Context<'_>,
    request: &Request,
    session: &Session,
    gain: Gain<'_>,
) -> Result<Option<Proven>, Fault> {
    let user_id = session.person.id.as_str();
    let new = cx.session_hash(gain.token);
    let (kind, authenticator_id, step, macs) = match gain.factor {
        Factor::Password => (None, "", 0, "[]".to_owned()),
        Factor::Totp { authenticator_id, step } => (Some("totp"), authenticator_id, step, "[]".to_owned()),
        Factor::Recovery { macs } => (Some("recovery"), "", 0, json_list(macs)),
    };
    let expires_at =
        if session.pending { cx.now.0 + cx.config.site.lifetime_ms(gain.step) } else { session.expires_at.0 };
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
        cx.now.0 - cx.config.site.idle_ms(),
        // One that was full before, and is asked for more, has its hours counted already.
        session.pending && gain.step != Step::Done,
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
            &session.browser,
            &new,
        ));
    }
    if gain.reauthenticated {
        statements.push(clear_passwords(cx, &session.person.email, &session.browser, &new));
    }
    let event = Event { action: gain.action, result: "ok", actor: Some(user_id), target: Some(user_id) };
    statements.push(audit(cx, request, &event, Some((&new, "invalid_code")))?);
    let recovery = matches!(gain.factor, Factor::Recovery { .. });
    if recovery {
        statements.extend([
            alert(cx, request, Some(user_id), Some(&new))?,
            sql!("SELECT count(*) AS left_over FROM recovery_codes WHERE user_id = ?1 AND used_at IS NULL", user_id),
        ]);
    }
    let mut results = run(cx, statements).await?;
    if results.next()?.0.is_empty() {
        return Ok(None);
    }
    let recovery_codes_left = match recovery {
        true => Some(results.last()?.parse::<Left>()?.pop().ok_or_else(|| Fault::new("unexpected row"))?.left_over),
        false => None,
    };
    Ok(Some(Proven { recovery_codes_left }))
}

/// Charges one attempt at a code to the session, the budget and the user, unless a limit holds.
fn charge_code(cx: &Context<'_>, token_hash: &TokenHash, failures_max: i64, charge: &str) -> [Statement; 3] {
    let Pause { from, first_ms, longest_ms } = throttle::CODE;
    [
        sql!(
            charged!(
                "SELECT 'code', s.user_id, s.browser, 1, 0, ?3, ?4
                 FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.token_hash = ?1 AND s.expires_at > ?4 AND s.last_seen_at > ?2
                   AND (s.pending = 0 OR s.attempts < ?8) AND u.code_failures < ?9
                   AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id)",
                ""
            ),
            token_hash,
            cx.now.0 - cx.config.site.idle_ms(),
            charge,
            cx.now,
            from,
            first_ms,
            longest_ms,
            throttle::ATTEMPTS_PER_LOGIN,
            failures_max,
        ),
        sql!(
            "UPDATE sessions SET attempts = attempts + 1
             WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM throttles t WHERE t.scope = 'code'
               AND t.subject = sessions.user_id AND t.device = sessions.browser AND t.charge = ?2)",
            token_hash,
            charge,
        ),
        sql!(
            "UPDATE users SET code_failures = code_failures + 1
             WHERE id = (SELECT s.user_id FROM sessions s JOIN throttles t ON t.scope = 'code'
               AND t.subject = s.user_id AND t.device = s.browser AND t.charge = ?2 WHERE s.token_hash = ?1)",
            token_hash,
            charge,
        ),
    ]
}
