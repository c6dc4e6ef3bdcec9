//! Proving a factor: the attempt is charged as what to check it by is read; the factor is used up as the session moves on.

use super::{
    Basis, alert, audit,
    budgets::{Admitted, Charge, Name, PasswordAttempt, Right, charge_code, give_back, remember},
    happens, json_list,
    login::make_room,
    of_browser, rows, run, select_visit, sql,
};
use crate::{
    context::Context,
    event::{Action, Detail, Event},
    factor::SecondFactor,
    people::session::{ConfirmedAuthenticator, FRESH_MS, Session},
    policy::{Purpose, Step},
    ports::{Fault, Statement, Value},
    secret::{Token, TokenHash},
};

/// What is needed to check a code, with the attempt already charged.
pub struct Challenge {
    /// The session.
    pub session: Session,
    /// The attempt, if it was admitted; if not, nothing may be compared.
    pub charge: Option<Charge>,
    /// The authenticators that accept codes.
    pub authenticators: Vec<ConfirmedAuthenticator>,
}

/// Charges an attempt at a code, allowed while consecutive failures are below `failures_max`, and reads the session with
/// everything to check it by. `password` was right on the way here: it is given back if there is nothing to compare, or else
/// with the outcome.
///
/// # Errors
/// The database.
pub async fn challenge(
    cx: &Context<'_>,
    token_hash: &TokenHash,
    failures_max: i64,
    password: Option<(&PasswordAttempt, &Admitted)>,
) -> Result<Option<Challenge>, Fault> {
    let name = Name::new(cx)?;
    let mut statements = Vec::from(charge_code(cx, token_hash, failures_max, password.is_some(), &name));
    statements.extend([
        select_visit(cx, token_hash),
        sql!(
            "SELECT a.* FROM sessions s JOIN authenticators a ON a.user_id = s.user_id WHERE s.token_hash = ?1 ORDER BY a.id",
            token_hash,
        ),
    ]);
    let mut results = run(cx, statements).await?;
    let charge = Charge::of(results.next()?, &name)?;
    let visit = rows::visit(cx.config.site, cx.now, results.next()?, token_hash)?;
    // Where nothing is compared: by someone who may not sign in any more, or past a limit.
    let mut uncompared = Vec::new();
    if let (None, Some(Charge { id, again: false, .. })) = (&visit, &charge) {
        uncompared.extend(give_back(id, &Right::Code));
    }
    if let Some((attempt, of_password)) = password.filter(|_| visit.is_none() || charge.is_none()) {
        uncompared.extend(attempt.right(of_password, None));
    }
    if !uncompared.is_empty() {
        run(cx, uncompared).await?;
    }
    let Some((session, _)) = visit else { return Ok(None) };
    let authenticators = rows::authenticators(results.next()?)?;
    Ok(Some(Challenge { session, charge, authenticators }))
}

/// A factor that was checked and is to be used up.
#[derive(Clone, Copy)]
pub enum Factor<'a> {
    /// None: the password alone was asked for.
    Password,
    /// A one-time code: the step it belongs to, of this authenticator.
    Totp {
        /// The attempt, which is given back.
        charge: &'a Charge,
        /// The authenticator.
        authenticator_id: &'a str,
        /// The step.
        step: i64,
    },
    /// A recovery code, known by what it would be stored as; not yet checked, that happens as it is used up.
    Recovery {
        /// The attempt, which is given back if the user has this code, used or not.
        charge: &'a Charge,
        /// Under each pepper in use.
        macs: &'a [String],
    },
}

/// What a session gains when a factor is used up.
pub struct Gain<'a> {
    /// `verify`, `recovery` or `reauth`: for the audit.
    pub action: Action,
    /// The factor.
    pub factor: Factor<'a>,
    /// The stage the session comes to.
    pub step: Step,
    /// Its new token.
    pub token: &'a Token,
    /// What is answered if the same form is sent again, sealed.
    pub answer: Option<String>,
    /// What it counts as proven for from now on.
    pub purpose: Purpose,
    /// The browser, if it becomes known by this.
    pub browser: Option<(&'a str, &'a Token)>,
    /// Whether a set-up that was begun goes on: its code waits for this proof.
    pub keeps_set_up: bool,
    /// The password, if it was right just now. It is given back, unless a code that was asked for too was a used one.
    pub password: Option<(&'a PasswordAttempt, &'a Admitted)>,
}

/// Uses up the factor and moves the session on, both or neither. `false`: the factor had been used before, was no factor,
/// or the session ended meanwhile.
///
/// # Errors
/// The database.
pub async fn prove(cx: &Context<'_>, session: &Session, gain: Gain<'_>) -> Result<bool, Fault> {
    let user_id = session.person.id.as_str();
    let new = cx.session_hash(gain.token);
    let (kind, authenticator_id, step, macs) = match gain.factor {
        Factor::Password => (None, "", 0, "[]".to_owned()),
        Factor::Totp { authenticator_id, step, .. } => {
            (Some(SecondFactor::Totp.name()), authenticator_id, step, "[]".to_owned())
        }
        Factor::Recovery { macs, .. } => (Some(SecondFactor::Recovery.name()), "", 0, json_list(macs)),
    };
    let expires_at =
        if session.pending { cx.now.0 + cx.config.site.lifetime_ms(gain.step) } else { session.expires_at.0 };
    let mut statements = vec![sql!(
        "UPDATE sessions SET token_hash = ?2, previous_hash = token_hash, replaced_at = iif(?13, ?3, NULL), pending = ?5, last_seen_at = ?3, expires_at = ?6,
           form = ?14, form_at = ?3, answer = ?15, waited = NULL,
           attempts = iif(?7 IS NULL, attempts, 0),
           second_factor = coalesce(?7, second_factor), second_factor_at = iif(?7 IS NULL, second_factor_at, ?3),
           reauthenticated_at = iif(?8 AND ?12, ?3, reauthenticated_at),
           stepped_up_at = iif(?8 OR ?7 IS NULL, stepped_up_at, ?3)
         WHERE token_hash = ?1 AND expires_at > ?3 AND last_seen_at > ?4 AND CASE
           WHEN ?7 IS NULL THEN NOT EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = sessions.user_id)
           WHEN ?7 = 'totp' THEN EXISTS (SELECT 1 FROM authenticators a
             WHERE a.id = ?9 AND a.user_id = sessions.user_id AND a.last_step < ?10
               AND NOT EXISTS (SELECT 1 FROM json_each(a.burned_steps) b WHERE b.value = ?10))
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
        gain.purpose == Purpose::Account,
        authenticator_id,
        step,
        &macs,
        // A session of before may be asked for a code alone, hours after its password.
        gain.password.is_some() || session.proof.password_at.0 > cx.now.0 - FRESH_MS,
        // A session that stays what it was: nothing is read across stages, or by a factor that its token had not proven.
        session.whole(),
        cx.form,
        gain.answer,
    )];
    // Before a code is used up, by which it is known to be one of the user's.
    match gain.factor {
        Factor::Password => {}
        Factor::Totp { charge, .. } => statements.extend(give_back(&charge.id, &Right::Code)),
        Factor::Recovery { charge, .. } => statements.extend(give_back(&charge.id, &Right::Recovery(&macs))),
    }
    let charge = match gain.factor {
        Factor::Password => None,
        Factor::Totp { charge, .. } | Factor::Recovery { charge, .. } => Some(charge),
    };
    if let Some((attempt, admitted)) = gain.password {
        statements.extend(attempt.right(admitted, charge.map(|charge| (charge.id.as_str(), &new))));
    }
    match gain.factor {
        Factor::Password => {}
        Factor::Totp { .. } => statements.extend([
            sql!(
                "UPDATE authenticators SET last_step = ?2, last_used_at = ?3,
                   burned_steps = (SELECT json_group_array(value) FROM json_each(burned_steps) WHERE value > ?2)
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4)",
                authenticator_id,
                step,
                cx.now,
                &new,
            ),
            sql!(
                "UPDATE users SET code_failures = 0, language = ?3
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                user_id,
                &new,
                cx.peer.language.code(),
            ),
        ]),
        Factor::Recovery { .. } => statements.extend([
            sql!(
                "UPDATE recovery_codes SET used_at = ?3 WHERE user_id = ?1 AND used_at IS NULL
                   AND mac IN (SELECT value FROM json_each(?4)) AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                user_id,
                &new,
                cx.now,
                &macs,
            ),
            // Whoever uses one has kept them.
            sql!(
                "UPDATE users SET codes_kept = 'kept'
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                user_id,
                &new,
            ),
        ]),
    }
    // A seed that was shown before is not the one that is bound after this: someone else may have seen it. But whoever has typed
    // its code, and proves who they are for that, has.
    statements.push(sql!(
        "DELETE FROM enrolments WHERE session_id = ?1 AND NOT ?3 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
        &session.id,
        &new,
        gain.keeps_set_up,
    ));
    if let Some(browser) = gain.browser {
        statements.extend(remember(cx, browser, &new));
    }
    if session.pending && gain.step == Step::Done {
        statements.push(make_room(cx, &new));
    }
    let event = Event { action: gain.action, result: "ok", actor: Some(user_id), target: Some(user_id) };
    let otherwise = Some("invalid_code").filter(|_| charge.is_none_or(|charge| !charge.again));
    let basis = Basis { token_hash: &new, otherwise, charge: charge.map(|charge| charge.id.as_str()) };
    let by_code = matches!(gain.factor, Factor::Recovery { .. }) && gain.action == Action::Reauth;
    let detail = Detail { recovery_code: by_code.then_some(true), ..of_browser(cx) };
    statements.push(audit(cx, &event, &detail, Some(&basis))?);
    if let Factor::Recovery { .. } = gain.factor {
        statements.push(alert(cx, Some(user_id), Some(&new))?);
    }
    happens(cx, statements).await
}
