//! An account's two-factor policy, and taking a member's second factor away.

use serde::Deserialize;

use super::{
    Act, Credential,
    audit::written,
    authority::{governed, with_caller},
    budgets::forget_browsers,
    links::end_links,
    repeat::unsent,
    run, sql,
    starts::{announced, in_force},
};
use crate::{
    context::Context,
    people::caller::Caller,
    policy::Applies,
    ports::{Fault, Now, Rows, Statement, Value, flag},
    secret::TokenHash,
};

/// An account's policy, and how far its members are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the account requires two-factor login, or is going to.
    pub required: bool,
    /// Since when it is enforced, if it is.
    pub since: Option<Now>,
    /// From when on, if that was set: until then it is only announced.
    pub starts_at: Option<Now>,
    /// Which sessions it holds.
    pub applies: Applies,
    /// Active members.
    pub members: i64,
    /// Those of them who have set it up.
    pub set_up: i64,
    /// Those of whom it is asked for too.
    pub enabled: i64,
}

#[derive(Deserialize)]
struct PolicyRow {
    #[serde(deserialize_with = "flag")]
    two_factor_required: bool,
    since: Option<i64>,
    starts_at: Option<i64>,
    applies: Applies,
    members: i64,
    set_up: i64,
    enabled: i64,
}

fn select_policy(cx: &Context<'_>, account_id: &str, credential: &TokenHash) -> Statement {
    sql!(
        concat!(
            "SELECT two_factor_required, iif(",
            in_force!("?3"),
            ", max(ifnull(required_since, 0), ifnull(starts_at, 0)), NULL) AS since, starts_at, applies, members,
               enrolled AS set_up, iif(",
            in_force!("?3"),
            ", enrolled, chosen) AS enabled
             FROM accounts WHERE id = ",
            governed!("?1", "?2")
        ),
        account_id,
        credential,
        cx.now,
    )
}

fn policy(rows: Rows) -> Result<Option<Policy>, Fault> {
    Ok(rows.parse::<PolicyRow>()?.pop().map(|row| Policy {
        required: row.two_factor_required,
        since: row.since.map(Now),
        starts_at: row.starts_at.map(Now),
        applies: row.applies,
        members: row.members,
        set_up: row.set_up,
        enabled: row.enabled,
    }))
}

/// The account's policy.
///
/// # Errors
/// The database.
pub async fn policy_read(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
) -> Result<(Option<Caller>, Option<Policy>), Fault> {
    let (caller, mut results) =
        with_caller(cx, credential, vec![select_policy(cx, account_id, credential.hash())]).await?;
    Ok((caller, policy(results.next()?)?))
}

/// What an account is to require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether anything.
    pub required: bool,
    /// Which sessions it is to hold.
    pub applies: Applies,
    /// From when on; `None`: at once.
    pub starts_at: Option<Now>,
    /// Whether that is only what it was so far: then it must still be that.
    pub starts_as_before: bool,
}

/// Turns the requirement on or off, at once or for a day to come. Setting it to what it is changes and writes down nothing. `None`:
/// the caller has no say in this account any more, or another day was set meanwhile.
///
/// # Errors
/// The database.
pub async fn policy_write(cx: &Context<'_>, act: &Act<'_>, rule: Rule) -> Result<Option<Policy>, Fault> {
    let Rule { required, applies, starts_at, starts_as_before } = rule;
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT m.account_id, m.user_id AS actor_id, NULL AS target_id
                 FROM mandates m JOIN accounts a ON a.id = m.account_id WHERE m.credential = ?9 AND m.account_id = ?10
                   AND (a.two_factor_required <> ?11 OR ?11 = 1 AND (a.applies <> ?12 OR a.starts_at IS NOT ?14))
                   AND (?15 = 0 OR a.starts_at IS ?14) AND ",
                unsent!("?9", "?13", "?2")
            ),
            required,
            applies.name(),
            cx.form,
            starts_at,
            starts_as_before,
        ),
        // Who is held since when does not change where it is enforced already.
        sql!(
            concat!(
                "UPDATE accounts SET two_factor_required = ?3, applies = ?4, starts_at = ?6,
                   required_since = iif(?3 = 1 AND ",
                in_force!("?5"),
                ", max(ifnull(required_since, 0), ifnull(starts_at, 0)), ?5)
                 WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2 AND account_id = ?1)"
            ),
            act.account_id,
            act.event(),
            required,
            applies.name(),
            cx.now,
            starts_at,
        ),
        select_policy(cx, act.account_id, act.credential),
    ];
    statements.extend(announced(cx, act.account_id, act.event(), starts_at));
    statements.extend(act.done(cx));
    let mut results = run(cx, statements).await?;
    results.next()?;
    let policy = policy(results.next()?)?;
    Ok(policy.filter(|policy| {
        policy.required == required && (!required || policy.applies == applies && policy.starts_at == starts_at)
    }))
}

/// What a reset took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Sessions, and logins that waited for their second step.
    pub sessions_ended: usize,
    /// Recovery codes that could still have been used.
    pub recovery_codes_removed: usize,
}

impl Reset {
    /// Counts what [`forget_second_factor`] answers.
    pub fn count(sessions: &Rows, recovery_codes: &Rows) -> Self {
        let unused = |row: &&serde_json::Map<_, _>| row.get("used_at").is_some_and(serde_json::Value::is_null);
        Self {
            sessions_ended: sessions.0.len(),
            recovery_codes_removed: recovery_codes.0.iter().filter(unused).count(),
        }
    }
}

/// Resets a member if `facts` still hold. It is written down in every account the member has joined: there, too, another
/// factor opens what this one did. One who was reset, and has not signed in since, has nothing left to take: that changes and
/// writes down nothing. `None`: the facts do not hold.
///
/// # Errors
/// The database.
pub async fn reset(cx: &Context<'_>, act: &Act<'_>, user_id: &str, facts: &str) -> Result<Option<Reset>, Fault> {
    let mut statements = vec![written!(
        act,
        cx,
        concat!(
            "SELECT j.account_id, r.actor_id, r.target_id
         FROM reach r JOIN memberships j ON j.user_id = r.target_id AND j.state <> 'invited'
         WHERE r.credential = ?9 AND r.account_id = ?10 AND r.target_id = ?11 AND r.facts = ?12
           AND (r.must_enrol = 0 OR r.factors <> '[]' OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = r.target_id)) AND ",
            unsent!("?9", "?13", "?2")
        ),
        user_id,
        facts,
        cx.form,
    )];
    statements.extend(forget_second_factor(user_id, act.event()));
    statements.extend(act.done(cx));
    statements.push(sql!(
        "SELECT 1 FROM reach r WHERE r.credential = ?1 AND r.account_id = ?2 AND r.target_id = ?3 AND r.facts = ?4",
        act.credential,
        act.account_id,
        user_id,
        facts,
    ));
    let mut results = run(cx, statements).await?;
    let done = !results.next()?.0.is_empty();
    let reset = Reset::count(&results.next()?, &results.next()?);
    Ok((done || !results.next()?.0.is_empty()).then_some(reset))
}

/// Takes all of a user's second factor away, and in every account what was begun with it: sessions and the set-ups in them,
/// known browsers, API tokens, invitations they made, links to a new password, tries at codes. It is set up again at the next login. All of that if
/// the audit has this event by then. The first two statements answer the sessions and recovery codes that went.
pub fn forget_second_factor(user_id: &str, event: &str) -> [Statement; 10] {
    let [codes, authenticators, attempts, set_ups] = delete_factors(user_id, event);
    let [tokens, invitations] = end_what_they_gave_out(user_id, event);
    [
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2) RETURNING id",
            user_id,
            event,
        ),
        codes,
        authenticators,
        attempts,
        set_ups,
        forget_browsers(user_id, None, event),
        tokens,
        invitations,
        end_links(user_id, event),
        sql!(
            "UPDATE users SET must_enrol = 1, code_failures = 0, codes_kept = 'kept', codes_set = ''
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
    ]
}

/// Deletes a user's factors, and all that goes with them: set-ups under way and tries at codes. If the audit has this event by
/// then. The first answers the recovery codes that went.
pub(super) fn delete_factors(user_id: &str, event: &str) -> [Statement; 4] {
    [
        sql!(
            "DELETE FROM recovery_codes WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)
             RETURNING used_at",
            user_id,
            event,
        ),
        sql!(
            "DELETE FROM authenticators WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
        sql!(
            "DELETE FROM code_attempts WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
        sql!(
            "DELETE FROM enrolments WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
    ]
}

/// Ends a user's API tokens and the invitations they made, in every account: if the audit has this event by then.
pub(super) fn end_what_they_gave_out(user_id: &str, event: &str) -> [Statement; 2] {
    [
        sql!(
            "DELETE FROM api_tokens WHERE account_id IN (SELECT account_id FROM memberships WHERE user_id = ?1)
               AND user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
        sql!(
            "DELETE FROM invitations WHERE account_id IN (SELECT account_id FROM memberships WHERE user_id = ?1)
               AND invited_by = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            event,
        ),
    ]
}
