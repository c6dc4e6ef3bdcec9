//! The password step.

use super::{
    Basis, audit,
    budgets::{Admitted, PasswordAttempt, remember},
    happens, of_browser,
    rows::{self, FactsRow},
    run, sql,
};
use crate::{
    context::Context,
    event::{Action, Event},
    factor::password,
    people::{
        Person,
        session::{PENDING_MAX, REPEAT_MS, SESSIONS_MAX},
    },
    policy::{Proof, Purpose, Step},
    ports::{Fault, Statement, Value},
    secret::{Token, TokenHash},
};

/// What a login needs to know.
pub struct LoginRead {
    /// The attempt, if it was admitted and charged; if not, the password must not be compared.
    pub admitted: Option<Admitted>,
    /// Whoever has this address, with the stored password.
    pub found: Option<Found>,
}

/// Whoever has an address.
pub struct Found {
    /// Who.
    pub person: Person,
    /// The stored password, if there is one yet.
    pub stored: Option<password::Stored>,
    /// All that a login is decided on, as it was read.
    pub facts: String,
    /// Whether "This was not me" has made the password worthless.
    pub stopped: bool,
}

/// Charges the attempt and looks the address up.
///
/// # Errors
/// The database.
pub async fn login_read(cx: &Context<'_>, attempt: &PasswordAttempt, email: &str) -> Result<LoginRead, Fault> {
    let mut statements = Vec::from(attempt.charged(cx));
    statements.extend([
        sql!("SELECT * FROM people WHERE email = ?1 ORDER BY account_id", email),
        sql!(
            "SELECT s.facts, u.password_stopped_at IS NOT NULL AS stopped
             FROM users u JOIN standings s ON s.user_id = u.id WHERE u.email = ?1",
            email,
        ),
    ]);
    statements.extend(attempt.charged_before(cx));
    let mut results = run(cx, statements).await?;
    let mut admitted: Vec<Admitted> = results.next()?.parse()?;
    let person = rows::person(cx.config.site, cx.now, results.next()?)?;
    let facts = rows::facts(results.next()?)?;
    let found = person.zip(facts);
    let found = found.map(|((person, stored), FactsRow { facts, stopped })| Found { person, stored, facts, stopped });
    if cx.form.is_some() {
        admitted.extend(results.next()?.parse::<Admitted>()?);
    }
    Ok(LoginRead { admitted: admitted.pop(), found })
}

/// What the form `?2` of the user `?1` has begun before, if it has begun the session `?3` by now.
macro_rules! twin {
    () => {
        "user_id = ?1 AND form = ?2 AND token_hash <> ?3 AND abs(?4 - form_at) < ?5
           AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)"
    };
}

/// A login whose password was right.
pub struct NewLogin<'a> {
    /// Who.
    pub person: &'a Person,
    /// The stored password that was proven.
    pub stored: &'a password::Stored,
    /// All else that was decided on.
    pub facts: &'a str,
    /// What it proves.
    pub proof: Proof,
    /// What comes next.
    pub step: Step,
    /// The new session's token.
    pub token: &'a Token,
    /// The session the browser held before, which ends.
    pub previous: Option<TokenHash>,
    /// The attempt that is given back.
    pub attempt: &'a PasswordAttempt,
    /// As it was admitted.
    pub admitted: &'a Admitted,
    /// The browser, if it becomes known by this.
    pub browser: Option<(&'a str, &'a Token)>,
    /// Where to go once signed in.
    pub return_to: &'a str,
    /// The form that it came by, if it was one of ours.
    pub form: Option<&'a str>,
    /// What is proven by the password alone: nothing, where there is more that was not asked for.
    pub purpose: Option<Purpose>,
    /// The password hashed anew, if the stored hash was outdated.
    pub rehashed: Option<password::Stored>,
}

/// Begins a session, in place of one that the same form has begun. The oldest logins of this browser, or of its network if it is
/// not known, that still wait for their second step end beyond [`PENDING_MAX`]: nobody ends another's. Of full ones the person has [`SESSIONS_MAX`]. `false`: meanwhile the
/// password was changed or hashed anew by another login, or anything else that was decided on has changed.
///
/// # Errors
/// The database.
pub async fn login_finish(cx: &Context<'_>, login: NewLogin<'_>) -> Result<bool, Fault> {
    let user_id = login.person.id.as_str();
    let new = cx.session_hash(login.token);
    let browser = login.admitted.browser(login.attempt);
    let event = Event { action: Action::Login, result: "ok", actor: Some(user_id), target: Some(user_id) };
    let basis = Basis { token_hash: &new, otherwise: Some("conflict"), charge: None };
    let mut statements = vec![
        sql!(
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent, network, reauthenticated_at, form, form_at)
             SELECT ?1, ?2, u.id, ?12, ?4, ?5, ?6, ?15, ?7, ?8, ?7, ?9, ?10, ?11, ?16, ?17, ?18, ?7 FROM users u
             WHERE u.id = ?3 AND u.password_phc = ?13 AND u.email = ?19 AND u.password_stopped_at IS NULL
               AND ?14 = (SELECT s.facts FROM standings s WHERE s.user_id = u.id)
               AND EXISTS (SELECT 1 FROM people p WHERE p.user_id = u.id AND (p.account_id IS NOT NULL OR p.invited = 1))
             RETURNING id",
            &new,
            cx.rng.id()?,
            user_id,
            login.step != Step::Done,
            browser,
            login.return_to,
            cx.now,
            cx.now.0 + cx.config.site.lifetime_ms(login.step),
            cx.peer.ip,
            cx.peer.country,
            cx.peer.user_agent,
            cx.config.site.name(),
            &login.stored.phc,
            login.facts,
            login.proof.password_at,
            cx.peer.network(),
            (login.purpose == Some(Purpose::Account)).then_some(cx.now),
            login.form,
            &login.person.email,
        ),
    ];
    // Nobody holds its token who holds this one: the answer was lost, or comes second in the same browser. What has been done in it
    // since was another form.
    if let Some(form) = login.form {
        // With the browser that it made known, if this one makes another known: neither costs the person one of few.
        statements.extend(login.browser.map(|_| {
            sql!(
                concat!("DELETE FROM browsers WHERE id IN (SELECT browser FROM sessions WHERE ", twin!(), ")"),
                user_id,
                form,
                &new,
                cx.now,
                REPEAT_MS,
            )
        }));
        statements.push(sql!(concat!("DELETE FROM sessions WHERE ", twin!()), user_id, form, &new, cx.now, REPEAT_MS,));
    }
    statements.extend([
        // The one just begun stays, even where clocks differ or it took longer than others.
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND (expires_at <= ?2 OR pending = 1 AND browser = ?5
               AND (?5 <> '' OR network = ?6) AND id NOT IN
               (SELECT id FROM sessions WHERE user_id = ?1 AND pending = 1 AND browser = ?5 AND (?5 <> '' OR network = ?6)
                ORDER BY token_hash = ?4 DESC, created_at DESC, rowid DESC LIMIT ?3))",
            user_id,
            cx.now,
            PENDING_MAX,
            &new,
            browser,
            cx.peer.network(),
        ),
    ]);
    statements.extend(login.attempt.right(login.admitted, None));
    if let Some(previous) = &login.previous {
        statements.push(sql!(
            "DELETE FROM sessions WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
            previous,
            &new,
        ));
    }
    if let Some(stored) = &login.rehashed {
        statements.push(sql!(
            "UPDATE users SET password_phc = ?2, password_key = ?3
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?4)",
            user_id,
            &stored.phc,
            &stored.key_id,
            &new,
        ));
    }
    if let Some(browser) = login.browser {
        statements.extend(remember(cx, browser, &new));
    }
    if login.step == Step::Done {
        statements.push(make_room(cx, &new));
        statements.push(sql!(
            "UPDATE users SET language = ?2
             WHERE id = ?1 AND language IS NOT ?2 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
            user_id,
            cx.peer.language.code(),
            &new,
        ));
    }
    // After the browser, by which it is known to be a new one.
    statements.push(audit(cx, &event, &of_browser(cx), Some(&basis))?);
    happens(cx, statements).await
}

/// Ends the full sessions beyond [`SESSIONS_MAX`] of whoever has the one with this token, which has just become full and stays.
pub(super) fn make_room(cx: &Context<'_>, new: &TokenHash) -> Statement {
    sql!(
        "DELETE FROM sessions WHERE user_id = (SELECT user_id FROM sessions WHERE token_hash = ?1)
           AND site = ?2 AND pending = 0 AND id NOT IN
             (SELECT o.id FROM sessions s JOIN sessions o ON o.user_id = s.user_id
              WHERE s.token_hash = ?1 AND o.site = ?2 AND o.pending = 0
              ORDER BY o.token_hash = ?1 DESC, o.last_seen_at DESC, o.rowid DESC LIMIT ?3)",
        new,
        cx.config.site.name(),
        SESSIONS_MAX,
    )
}
