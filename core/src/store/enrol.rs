//! Setting up an authenticator, and the recovery codes that come with it.

use super::{
    Basis, audit,
    audit::events_since,
    budgets::remember,
    happens, json_list, noted, of_browser,
    profile::{AuthenticatorEntry, select_authenticators},
    repeat::{done, shows, unsent},
    rows::{facts, visit},
    run, select_visit, sql,
};
use crate::{
    context::Context,
    event::{Action, Detail, Event},
    factor::recovery::RecoveryCodes,
    limit,
    people::session::{ENROL_MS, Enrolment, FRESH_MS, Session},
    policy::{Purpose, Step},
    ports::{Fault, Statement, Value},
    secret::{Token, TokenHash},
};

/// The statements that put new recovery codes in the place of the old, if `$proven` of `?2` by then. That they were kept is
/// still to be shown.
macro_rules! replaced {
    ($proven:literal, $user_id:expr, $proof:expr, $now:expr, $codes:expr $(,)?) => {
        [
            sql!(concat!("DELETE FROM recovery_codes WHERE user_id = ?1 AND ", $proven), $user_id, $proof),
            sql!(
                concat!(
                    "INSERT INTO recovery_codes (user_id, mac, created_at) SELECT ?1, value, ?3 FROM json_each(?4) WHERE ",
                    $proven
                ),
                $user_id,
                $proof,
                $now,
                json_list(&$codes.macs),
            ),
            sql!(
                concat!("UPDATE users SET codes_kept = 'due', codes_set = ?3 WHERE id = ?1 AND ", $proven),
                $user_id,
                $proof,
                &$codes.id,
            ),
        ]
    };
}

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
    let mut results = run(cx, vec![insert, select_visit(cx, &session.token_hash)]).await?;
    Ok(visit(cx.config.site, cx.now, results.next()?, &session.token_hash)?.and_then(|(session, _)| session.enrolment))
}

/// What a set-up is decided on.
pub struct EnrolRead {
    /// The live session.
    pub session: Session,
    /// All that its stage is decided on, but for what it has proven.
    pub facts: String,
    /// The authenticators that its person has, the oldest first.
    pub others: Vec<AuthenticatorEntry>,
}

/// The live session with this token, and what else a set-up in it is decided on.
///
/// # Errors
/// The database.
pub async fn enrol_read(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<EnrolRead>, Fault> {
    let statements = vec![
        select_visit(cx, token_hash),
        sql!(
            "SELECT facts FROM standings WHERE user_id = (SELECT user_id FROM sessions WHERE token_hash = ?1)",
            token_hash,
        ),
        select_authenticators(token_hash),
    ];
    let mut results = run(cx, statements).await?;
    let session = visit(cx.config.site, cx.now, results.next()?, token_hash)?;
    let (facts, others) = (facts(results.next()?)?, results.next()?.parse()?);
    Ok(session.zip(facts).map(|((session, _), row)| EnrolRead { session, facts: row.facts, others }))
}

/// A set-up that a code has confirmed.
pub struct Confirmed<'a> {
    /// The set-up.
    pub enrolment: &'a Enrolment,
    /// The step of the code that confirmed it, which is used up by that.
    pub step: i64,
    /// The authenticator's name.
    pub name: &'a str,
    /// The one that it takes the place of.
    pub replaces: Option<&'a str>,
    /// Whether older authenticators go whatever their name: they are locked.
    pub replace_all: bool,
    /// Whether this is the user's own choice rather than what an account or a reset asked for.
    pub chosen: bool,
    /// All that the session's stage was decided on.
    pub facts: &'a str,
    /// What it proves, on the way to where the login leads.
    pub purpose: Purpose,
    /// The session's new token.
    pub token: &'a Token,
    /// What is answered if the same form is sent again, sealed.
    pub answer: Option<String>,
    /// What is shown of it, sealed.
    pub shown: Option<String>,
    /// The browser, which alone is known from now on.
    pub browser: (&'a str, &'a Token),
    /// New recovery codes, for someone who has none left.
    pub codes: Option<&'a RecoveryCodes>,
}

/// Makes the set-up an authenticator, the session full, and ends the user's other sessions: all or nothing. `false` if
/// the set-up or the session ended meanwhile, or what allowed it has changed: the stage, or the proof that was fresh. Nor in a
/// session that was full, after [`limit::OWN_ACTS`] of them in an hour.
///
/// # Errors
/// The database.
pub async fn enrol_finish(cx: &Context<'_>, session: &Session, confirmed: Confirmed<'_>) -> Result<bool, Fault> {
    let user_id = session.person.id.as_str();
    let new = cx.session_hash(confirmed.token);
    let expires_at =
        if session.pending { cx.now.0 + cx.config.site.lifetime_ms(Step::Done) } else { session.expires_at.0 };
    let mut statements = vec![
        sql!(
            concat!(
                "UPDATE sessions SET token_hash = ?2, previous_hash = iif(?9, previous_hash, token_hash), replaced_at = NULL, pending = 0,
               attempts = 0, last_seen_at = ?3, expires_at = ?5, form = ?13, form_at = ?3, answer = ?14, waited = NULL, ",
                shows!("?15", "?3"),
                ",
               second_factor = 'totp', second_factor_at = ?3,
               reauthenticated_at = iif(?8 AND password_at > ?7, ?3, reauthenticated_at),
               stepped_up_at = iif(NOT ?8 AND password_at > ?7, ?3, stepped_up_at)
             WHERE token_hash = ?1 AND expires_at > ?3 AND last_seen_at > ?4
               AND (pending = 1 OR (abs(?3 - reauthenticated_at) < ?16
                   OR second_factor = 'recovery' AND abs(?3 - second_factor_at) < ?17) AND ?11 > ",
                events_since!("sessions.user_id", "'enrol'", "ok", "?12", "?11"),
                ") AND ?10 = (SELECT s.facts FROM standings s WHERE s.user_id = sessions.user_id)
               AND EXISTS (SELECT 1 FROM enrolments e
                 WHERE e.id = ?6 AND e.session_id = sessions.id AND e.expires_at > ?3)
             RETURNING id"
            ),
            &session.token_hash,
            &new,
            cx.now,
            cx.now.0 - cx.config.site.idle_ms(),
            expires_at,
            &confirmed.enrolment.id,
            // As after signing in: whoever sets it up on the way has just proven both, for where they are going.
            match session.pending {
                true => cx.now.0 - FRESH_MS,
                false => Value::MAX_INTEGER,
            },
            confirmed.purpose == Purpose::Account,
            cx.proof.is_some(),
            confirmed.facts,
            limit::OWN_ACTS,
            cx.now.0 - limit::OWN_ACTS_MS,
            cx.sent(),
            confirmed.answer,
            confirmed.shown,
            FRESH_MS,
            ENROL_MS,
        ),
        sql!(
            "DELETE FROM authenticators WHERE user_id = ?1 AND (id = ?2 OR ?3 = 1)
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4)",
            user_id,
            confirmed.replaces,
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
            "UPDATE users SET must_enrol = 0, code_failures = 0, two_factor_chosen = max(two_factor_chosen, ?2), language = ?4
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
            user_id,
            confirmed.chosen,
            &new,
            cx.peer.language.code(),
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
            "DELETE FROM code_attempts WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
        ),
        // What was known by less than this is a stranger again.
        sql!(
            "DELETE FROM browsers WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
        ),
    ];
    statements.extend(remember(cx, confirmed.browser, &new));
    if let Some(codes) = confirmed.codes {
        statements.extend(replaced!(
            "EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            user_id,
            &new,
            cx.now,
            codes,
        ));
    }
    let event = Event { action: Action::Enrol, result: "ok", actor: Some(user_id), target: Some(user_id) };
    let basis = Basis { token_hash: &new, otherwise: None, charge: None };
    let replaced = confirmed.replaces.is_some() || confirmed.replace_all;
    let detail = Detail { replaced: replaced.then_some(true), ..of_browser(cx) };
    statements.push(audit(cx, &event, &detail, Some(&basis))?);
    happens(cx, statements).await
}

/// Replaces the user's recovery codes. `false`: the session ended meanwhile, the last authenticator went, or others were
/// made since: what is answered is what holds.
///
/// # Errors
/// The database.
pub async fn new_recovery_codes(
    cx: &Context<'_>,
    session: &Session,
    codes: &RecoveryCodes,
    shown: &str,
) -> Result<bool, Fault> {
    let event = cx.rng.id()?;
    let mut statements = vec![noted!(
        cx,
        &session.token_hash,
        &event,
        Action::RecoveryCodes,
        concat!(
            "EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = s.user_id)
             AND EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id AND u.codes_set = ?11) AND ",
            unsent!("?7", "?12", "?2")
        ),
        &session.person.codes_set,
        cx.form,
    )];
    let user_id = session.person.id.as_str();
    statements.extend(replaced!("EXISTS (SELECT 1 FROM audit WHERE event = ?2)", user_id, &event, cx.now, codes));
    statements.extend(done(cx, &session.token_hash, &event, Some(shown)));
    happens(cx, statements).await
}
