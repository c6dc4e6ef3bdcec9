//! Every SQL statement, the shapes of rows, and what they are used for. A function is one round trip and one transaction;
//! the few that look before they write are two of each. A change of state is a compare-and-set: its first statement holds
//! all the conditions and leaves a proof, and the others run only if that is there. So either all of it happened or none.
//! The proof is the session's new token where a session moves on, and the row of the audit (its `event`) otherwise.

mod audit;
mod authority;
mod budgets;
mod create;
mod email;
mod enrol;
mod invitations;
mod links;
mod listing;
mod login;
mod members;
mod notices;
pub mod operator;
mod outbox;
mod preview;
mod profile;
mod prove;
mod repeat;
mod reseal;
mod retention;
mod rows;
mod seal;
mod service_tokens;
mod start_over;
mod starts;
mod tokens;
mod two_factor;

use audit::{Basis, alert, audit, noted, of_browser};
use rows::visit;

use crate::{
    context::Context,
    event::Action,
    people::session::{REPLACED_MS, Session, TOUCH_MS},
    ports::{Db, Fault, Rows, Statement, Value},
    secret::TokenHash,
};

/// Shorthand for a statement with its values in the order of `?1`, `?2`, ….
macro_rules! sql {
    ($sql:expr $(, $param:expr)* $(,)?) => {
        Statement { sql: $sql, params: vec![$(Value::from($param)),*] }
    };
}
use sql;

/// What happens to a user, `?1`, if the audit has the event `?2`.
macro_rules! then {
    ($user_id:expr, $event:expr, $what:literal, $whose:literal $(, $own:expr)* $(,)?) => {
        $crate::store::sql!(
            concat!($what, " WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?2) AND ", $whose),
            $user_id,
            $event
            $(, $own)*
        )
    };
}
use then;

pub use audit::{
    Act, Refused, audit_export, audit_page, note_refusals, own_act_retry_at, password_refused, refused_code,
};
pub use authority::{Credential, caller};
pub use budgets::{Admitted, Charge, NewBrowser, PasswordAttempt, code_retry_at, uncharge_code};
pub use create::{NewAccount, NewUser, create_account, create_user};
pub use email::{
    EMAIL, EmailChanged, EmailLink, UNDO, UndoLink, email_ask, email_change, email_changed_mail, email_link,
    email_mail, email_undo, undo_link,
};
pub use enrol::{Confirmed, EnrolRead, enrol_begin, enrol_finish, enrol_read, new_recovery_codes};
pub use invitations::{
    INVITATION, INVITATION_MS, Invitation, Joined, Joins, NewInvitation, create_invitation, invitation,
    invitation_retry_at, invite, join,
};
pub use links::{RESET, ResetLink, forgot, password_reset, reset_link, reset_opened};
pub use listing::{Filter, Standing, member_page};
pub use login::{Found, LoginRead, NewLogin, login_finish, login_read};
pub use members::{Member, MemberChange, Reach, State, member_change, member_of_address, member_remove, reach};
pub use notices::{
    NOT_ME, NOT_ME_MS, NOTICES_OF_HOUR, NotMe, Told, UNFINISHED_MS, UNFINISHED_PAUSE_MS, Unfinished, admin_notice,
    not_me, not_me_read, notice, password_restore, unfinished, unfinished_now,
};
pub use outbox::{
    InvitationMail, LEASE_MS, NewMail, Queued, invitation_mail, mail_done, mail_given_up, mail_later, mail_lease,
};
pub use preview::{Asked as PreviewAsked, Stopped, policy_preview};
pub use profile::{
    AuthenticatorEntry, NewPassword, Profile, SessionEntry, authenticator_remove, codes_kept, codes_postpone,
    password_change, profile, rename, session_end, sessions_end_others, two_factor_disable, two_factor_enable,
};
pub use prove::{Challenge, Factor, Gain, challenge, prove};
pub use repeat::{Answered, Kept, answered, done_before, kept, still_good};
pub use reseal::reseal;
pub use retention::{ENDED_TOKEN_MS, Trimmed, audit_trim, sweep};
pub use seal::{AuditKey, audit_keys, audit_seal};
pub use service_tokens::{
    NewServiceToken, SERVICE_TOKEN, ServiceTokenEntry, any_service, service, service_token_make, service_token_revoke,
    service_tokens,
};
pub use start_over::start_over;
pub use starts::{
    ANNOUNCED_OF_DAY, EXEMPT_MAX, EXEMPT_MS, Exemption, REMINDED_DAYS, STARTS_MS, StartsMail, announce, exempt,
    starts_mail,
};
pub use tokens::{API_TOKEN, NewToken, TOKENS_MAX, TokenEntry, token_make, token_revoke, tokens};
pub use two_factor::{Policy, Reset, Rule, forget_second_factor, policy_read, policy_write, reset};

/// The live session with this token. That it was seen is noted once a minute.
///
/// # Errors
/// The database.
pub async fn session(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    seen(cx, token_hash, run(cx, vec![select_visit(cx, token_hash)]).await?.next()?).await
}

/// The same, and from when on a code is compared for it.
///
/// # Errors
/// The database.
pub async fn session_and_pause(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<(Session, i64)>, Fault> {
    let read = vec![select_visit(cx, token_hash), budgets::select_code_retry(cx, token_hash)];
    let mut results = run(cx, read).await?;
    let session = seen(cx, token_hash, results.next()?).await?;
    let until = budgets::parse_until(results.next()?)?;
    Ok(session.map(|session| (session, until)))
}

async fn seen(cx: &Context<'_>, token_hash: &TokenHash, found: Rows) -> Result<Option<Session>, Fault> {
    let parse = |rows| Ok(visit(cx.config.site, cx.now, rows, token_hash)?.map(|(session, _)| session));
    let session = parse(found)?;
    if session.as_ref().is_none_or(|session: &Session| session.last_seen_at.0 > cx.now.0 - TOUCH_MS) {
        return Ok(session);
    }
    // Only now and then is it written: reading alone is half the work, and a replica could do it. What counts is how the
    // session is as that is written.
    parse(run(cx, vec![touch_visit(cx, token_hash), select_visit(cx, token_hash)]).await?.next()?)
}

/// The live session whose token this was until a re-authentication replaced it just now: good for reading.
///
/// # Errors
/// The database.
pub async fn session_of_before(cx: &Context<'_>, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    let found = sql!(
        "SELECT * FROM visits WHERE expires_at > ?2 AND last_seen_at > ?3
           AND token_hash = (SELECT token_hash FROM sessions WHERE previous_hash = ?1 AND abs(?2 - replaced_at) < ?4)",
        token_hash,
        cx.now,
        cx.now.0 - cx.config.site.idle_ms(),
        REPLACED_MS,
    );
    let found = visit(cx.config.site, cx.now, run(cx, vec![found]).await?.next()?, token_hash)?;
    // What was proven by then is not known any more, and what was proven since is not this token's.
    Ok(found.map(|(session, _)| Session {
        second_factor_at: None,
        reauthenticated_at: None,
        stepped_up_at: None,
        ..session
    }))
}

/// Ends a session.
///
/// # Errors
/// The database.
pub async fn logout(cx: &Context<'_>, token_hash: &TokenHash) -> Result<(), Fault> {
    run(
        cx,
        vec![
            noted!(cx, token_hash, cx.rng.id()?, Action::Logout, "1"),
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

/// What a transaction answers: of each statement that answers rows, in their order. What only writes is left out, so that one
/// more of those moves nothing.
struct Results(std::vec::IntoIter<Rows>);

impl Results {
    fn next(&mut self) -> Result<Rows, Fault> {
        self.0.next().ok_or_else(|| Fault::new("the database answered fewer results than statements"))
    }
}

/// Whether a statement answers rows, rather than only writing some.
fn answers(statement: &Statement) -> bool {
    statement.sql.starts_with("SELECT") || statement.sql.starts_with("WITH") || statement.sql.contains("RETURNING")
}

async fn run(cx: &Context<'_>, statements: Vec<Statement>) -> Result<Results, Fault> {
    batch(cx.db, statements).await
}

async fn batch(db: &dyn Db, statements: Vec<Statement>) -> Result<Results, Fault> {
    let answering: Vec<bool> = statements.iter().map(answers).collect();
    let results = db.batch(statements).await?.into_iter().zip(answering);
    Ok(Results(results.filter(|(_, answers)| *answers).map(|(rows, _)| rows).collect::<Vec<_>>().into_iter()))
}

/// Runs a change whose first statement answers a row if, and only if, the change happens.
async fn happens(cx: &Context<'_>, statements: Vec<Statement>) -> Result<bool, Fault> {
    Ok(!run(cx, statements).await?.next()?.0.is_empty())
}

fn touch_visit(cx: &Context<'_>, token_hash: &TokenHash) -> Statement {
    sql!(
        "UPDATE sessions SET last_seen_at = ?2
         WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3 AND last_seen_at <= ?4",
        token_hash,
        cx.now,
        cx.now.0 - cx.config.site.idle_ms(),
        cx.now.0 - TOUCH_MS,
    )
}

const SELECT_VISIT: &str = "SELECT * FROM visits WHERE token_hash = ?1 AND expires_at > ?2 AND last_seen_at > ?3";

fn select_visit(cx: &Context<'_>, token_hash: &TokenHash) -> Statement {
    sql!(SELECT_VISIT, token_hash, cx.now, cx.now.0 - cx.config.site.idle_ms())
}

fn json_list(texts: &[String]) -> String {
    serde_json::to_string(texts).unwrap_or_default()
}
