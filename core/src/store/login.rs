//! The password step.

use super::{audit, happens, rows, run, sql};
use crate::{
    context::Context,
    http::Request,
    password,
    policy::Step,
    ports::{Event, Fault, Statement, Value},
    secret::{Token, TokenHash},
    session::{PENDING_MAX, Person},
    throttle::{self, Pause},
};

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
            charge_password(cx, email, device, &charge),
            sql!("SELECT * FROM people WHERE email = ?1 ORDER BY account_id", email),
        ],
    )
    .await?;
    let admitted = !results.next()?.0.is_empty();
    Ok(LoginRead { admitted, found: rows::person(cx.config.site, results.next()?)? })
}

/// A login whose password was right.
pub struct NewLogin<'a> {
    /// Who.
    pub person: &'a Person,
    /// The stored password that was proven.
    pub stored: &'a password::Stored,
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

/// Begins a session. The user's oldest logins beyond [`PENDING_MAX`] that still wait for their second step end. `false`:
/// meanwhile the password was changed, or hashed anew by another login, or the user may not sign in any more.
///
/// # Errors
/// The database.
pub async fn login_finish(cx: &Context<'_>, request: &Request, login: NewLogin<'_>) -> Result<bool, Fault> {
    let user_id = login.person.id.as_str();
    let new = cx.session_hash(login.token);
    let event = Event { action: "login", result: "ok", actor: Some(user_id), target: Some(user_id) };
    let mut statements = vec![
        sql!(
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent)
             SELECT ?1, ?2, u.id, ?12, ?4, ?5, ?6, ?7, ?7, ?8, ?7, ?9, ?10, ?11 FROM users u
             WHERE u.id = ?3 AND u.password_phc = ?13
               AND EXISTS (SELECT 1 FROM people p WHERE p.user_id = u.id AND (p.account_id IS NOT NULL OR p.invited = 1))
             RETURNING id",
            &new,
            cx.rng.id()?,
            user_id,
            login.step != Step::Done,
            login.device,
            login.return_to,
            cx.now,
            cx.now.0 + cx.config.site.lifetime_ms(login.step),
            &request.client.ip,
            &request.client.country,
            request.header("user-agent").unwrap_or_default().chars().take(256).collect::<String>(),
            cx.config.site.name(),
            &login.stored.phc,
        ),
        // The one just begun stays, even where clocks differ or it took longer than others.
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND (expires_at <= ?2 OR pending = 1 AND id NOT IN
               (SELECT id FROM sessions WHERE user_id = ?1 AND pending = 1
                ORDER BY token_hash = ?4 DESC, created_at DESC, rowid DESC LIMIT ?3))",
            user_id,
            cx.now,
            PENDING_MAX,
            &new,
        ),
        clear_passwords(cx, &login.person.email, login.device, &new),
        audit(cx, request, &event, Some((&new, "conflict")))?,
    ];
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
    happens(cx, statements).await
}

/// The statement that charges an attempt to a budget, `$what` of a first one, unless a pause holds: then the row keeps its older
/// `charge`. `?3` is the charge, `?4` now, `?5` to `?7` are the [`Pause`].
macro_rules! charged {
    ($what:literal, $then:literal) => {
        concat!(
            "INSERT INTO throttles (scope, subject, device, failures, blocked_until, charge, updated_at) ",
            $what,
            " ON CONFLICT (scope, subject, device) DO UPDATE SET
               failures = failures + 1, charge = ?3, updated_at = ?4,
               blocked_until = iif(failures + 1 < ?5, 0, ?4 + min(?6 << min(failures + 1 - ?5, 20), ?7))
             WHERE blocked_until <= ?4 ",
            $then
        )
    };
}
pub(super) use charged;

/// Charges one attempt at a password.
pub fn charge_password(cx: &Context<'_>, email: &str, device: &str, charge: &str) -> Statement {
    let Pause { from, first_ms, longest_ms } = throttle::PASSWORD;
    sql!(
        charged!("VALUES ('password', ?1, ?2, 1, 0, ?3, ?4)", "RETURNING charge"),
        throttle::subject(&cx.config.pepper_keys, email),
        device,
        charge,
        cx.now,
        from,
        first_ms,
        longest_ms,
    )
}

/// Fills the budget of a password that was right, if the session with this token came of it.
pub fn clear_passwords(cx: &Context<'_>, email: &str, device: &str, new: &TokenHash) -> Statement {
    sql!(
        "DELETE FROM throttles WHERE scope = 'password' AND subject = ?1 AND device = ?2
               AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)",
        throttle::subject(&cx.config.pepper_keys, email),
        device,
        new,
    )
}
