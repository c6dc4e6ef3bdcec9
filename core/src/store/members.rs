//! The members of an account: looking at one, changing, removing.

use serde::Deserialize;

use super::{
    Act, Credential, audit::written, authority::with_caller, happens, listing::members, repeat::unsent, run, sql,
};
use crate::{
    context::Context,
    limit::CODE_FAILURES_MAX,
    people::{Role, caller::Caller},
    ports::{Fault, Statement, Value, flag},
};

/// Whether someone has joined an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not yet.
    Invited,
    /// Yes.
    Active,
    /// Yes, and was deactivated.
    Inactive,
}

/// A member, as admins see one.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// User id.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// Display name; until they have joined, what the inviting admin calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they have joined.
    pub state: State,
    /// Whether they have joined, and read mail at their address. Of whom it invites an account learns nothing.
    #[serde(deserialize_with = "flag")]
    pub email_verified: bool,
    /// Whether they have a confirmed authenticator.
    #[serde(deserialize_with = "flag")]
    pub set_up: bool,
    /// Whether its codes are asked for too: by their own switch, or because this account requires it.
    #[serde(deserialize_with = "flag")]
    pub enabled: bool,
    /// When the oldest of them was confirmed.
    pub enabled_at: Option<i64>,
    /// When one was last used.
    pub last_used_at: Option<i64>,
    /// Whether too many codes in a row failed.
    #[serde(deserialize_with = "flag")]
    pub locked: bool,
    /// Until when no requirement holds them, as long as they have no authenticator; and why.
    pub exempt_until: Option<i64>,
    /// Why.
    pub exempt_why: Option<String>,
    /// Whether "This was not me" has made their password worthless.
    #[serde(deserialize_with = "flag")]
    pub password_stopped: bool,
}

/// What a caller can do to a member, as of now: see the view `reach`.
#[derive(Clone, Debug, Deserialize)]
pub struct Reach {
    /// The member's role.
    pub role: Role,
    /// Whether they have joined.
    pub state: State,
    /// Whether the member is the caller.
    #[serde(deserialize_with = "flag")]
    pub own: bool,
    /// Whether the member has a higher role than the caller, in this account.
    #[serde(deserialize_with = "flag")]
    pub outranks: bool,
    /// Whether the member has joined another account in which the caller has no power over them.
    #[serde(deserialize_with = "flag")]
    pub beyond: bool,
    /// Whether the account has no other active owner.
    #[serde(deserialize_with = "flag")]
    pub last_owner: bool,
    /// The hash of the link that waits for the member, if one does.
    pub(super) link: Option<String>,
    /// All of it, to be compared when the change is made.
    pub facts: String,
}

/// The caller, with what they can do to a member and who that is.
///
/// # Errors
/// The database.
pub async fn reach(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    user_id: &str,
) -> Result<(Option<Caller>, Option<(Reach, Member)>), Fault> {
    let statements = vec![
        sql!(
            "SELECT * FROM reach WHERE credential = ?1 AND account_id = ?2 AND target_id = ?3",
            credential.hash(),
            account_id,
            user_id,
        ),
        sql!(members!("?5", "m.user_id = ?4"), account_id, CODE_FAILURES_MAX, credential.hash(), user_id, cx.now),
    ];
    let (caller, mut results) = with_caller(cx, credential, statements).await?;
    let reach = results.next()?.parse::<Reach>()?.pop();
    Ok((caller, reach.zip(results.next()?.parse::<Member>()?.pop())))
}

/// What is to become of a member.
#[derive(Clone, Debug, Default)]
pub struct MemberChange {
    /// The new role.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub active: Option<bool>,
    /// What the account is to call them.
    pub name: Option<String>,
}

impl MemberChange {
    /// Whether it is nothing.
    pub fn is_none(&self) -> bool {
        self.role.is_none() && self.active.is_none() && self.name.is_none()
    }

    /// What it makes of a member of this role, if it gives them anything: another role, or that of before.
    pub fn makes(&self, before: Role) -> Option<Role> {
        self.role.or((self.active == Some(true)).then_some(before))
    }
}

/// Changes a member if what the caller can do to them is still the same, and to what the caller may make of anyone. Power
/// that is taken ends. `None`: it is not the same.
///
/// # Errors
/// The database.
pub async fn member_change(
    cx: &Context<'_>,
    act: &Act<'_>,
    member: &Member,
    reach: &Reach,
    change: &MemberChange,
) -> Result<Option<Member>, Fault> {
    let user_id = member.id.as_str();
    let state = change.active.map(|active| if active { "active" } else { "inactive" });
    let mut statements = vec![
        written!(
            act,
            cx,
            concat!(
                "SELECT account_id, actor_id, target_id FROM reach
                 WHERE credential = ?9 AND account_id = ?10 AND target_id = ?11 AND facts = ?12 AND makes >= ?13 AND ",
                unsent!("?9", "?14", "?2")
            ),
            user_id,
            &reach.facts,
            change.makes(reach.role).map_or(0, Role::rank),
            cx.form,
        ),
        sql!(
            "UPDATE memberships SET role = ifnull(?4, role), state = ifnull(?5, state),
               name = iif(state = 'invited' OR ?6 IS NULL, name, ?6)
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
            change.role.map(Role::name),
            state,
            change.name.as_deref(),
        ),
    ];
    if let Some(name) = &change.name {
        statements.push(sql!(
            "UPDATE invitations SET name = ?4
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
            name,
        ));
    }
    // Someone who has not joined has no power here, and what they do elsewhere is no business of this account.
    let less = change.active == Some(false) || change.role.is_some_and(|role| role < reach.role);
    if less && reach.state != State::Invited {
        statements.extend(power_ends(cx, act, user_id));
    }
    if reach.state == State::Invited && change.role.is_some_and(|role| role > reach.role) {
        // Its link was given out for less, perhaps by one who could not give more. It lapses.
        statements.push(sql!(
            "UPDATE invitations SET expires_at = 0
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
        ));
    }
    // Of the members as they are, whoever asks: one who gave up power of their own sees what became of it.
    statements.push(sql!(members!(shown, "?4", "m.user_id = ?3"), act.account_id, CODE_FAILURES_MAX, user_id, cx.now));
    statements.extend(act.done(cx));
    let mut results = run(cx, statements).await?;
    if results.next()?.0.is_empty() {
        return Ok(None);
    }
    Ok(results.next()?.parse()?.pop())
}

/// Removes a member if what the caller can do to them is still the same. All their power in this account ends.
///
/// # Errors
/// The database.
pub async fn member_remove(cx: &Context<'_>, act: &Act<'_>, user_id: &str, reach: &Reach) -> Result<bool, Fault> {
    let mut statements = vec![
        act.on_member(cx, user_id, &reach.facts),
        sql!(
            "DELETE FROM memberships
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
        ),
    ];
    if reach.state != State::Invited {
        statements.extend(power_ends(cx, act, user_id));
    }
    statements.extend(act.done(cx));
    happens(cx, statements).await
}

/// That a session is worth nothing in any account any more, of the user `?1`, if the audit has the event `?2` by then.
macro_rules! worthless {
    () => {
        "EXISTS (SELECT 1 FROM audit WHERE event = ?2) AND NOT EXISTS (
           SELECT 1 FROM memberships m WHERE m.user_id = ?1 AND m.state = 'active' AND NOT EXISTS (
             SELECT 1 FROM barred b WHERE b.session_id = sessions.id AND b.account_id = m.account_id))"
    };
}

/// What ends when someone is demoted, deactivated or removed, so that none of it comes back with the power: if the audit
/// has this event by then. What they do in other accounts goes on.
fn power_ends(cx: &Context<'_>, act: &Act<'_>, user_id: &str) -> [Statement; 5] {
    let (account_id, event) = (act.account_id, act.event());
    [
        sql!(
            "INSERT INTO barred (session_id, account_id) SELECT id, ?1 FROM sessions
             WHERE user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3) ON CONFLICT DO NOTHING",
            account_id,
            user_id,
            event,
        ),
        // The one by which its user did this to themselves has ended too, and says for its last minute that it was done.
        sql!(
            concat!("DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?3 AND ", worthless!()),
            user_id,
            event,
            act.credential,
        ),
        sql!(
            concat!("UPDATE sessions SET expires_at = ?4 WHERE user_id = ?1 AND token_hash = ?3 AND ", worthless!()),
            user_id,
            event,
            act.credential,
            cx.now,
        ),
        sql!(
            "DELETE FROM api_tokens
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            account_id,
            user_id,
            event,
        ),
        sql!(
            "DELETE FROM invitations
             WHERE account_id = ?1 AND invited_by = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            account_id,
            user_id,
            event,
        ),
    ]
}

/// The caller, the member that already has this address, if any, and whether it is kept for someone who changed it.
///
/// # Errors
/// The database.
pub async fn member_of_address(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    email: &str,
) -> Result<(Option<Caller>, Option<(Reach, Member)>, bool), Fault> {
    let statements = vec![
        sql!("SELECT 1 FROM reserved WHERE email = ?1 AND expires_at > ?2", email, cx.now),
        sql!(
            // By the id: an account's members are found by it, and the planner would look at all of them for an address.
            "SELECT * FROM reach
             WHERE credential = ?1 AND account_id = ?2 AND target_id = (SELECT id FROM users WHERE email = ?3)",
            credential.hash(),
            account_id,
            email,
        ),
        sql!(
            members!("?5", "m.user_id = (SELECT id FROM users WHERE email = ?4)"),
            account_id,
            CODE_FAILURES_MAX,
            credential.hash(),
            email,
            cx.now,
        ),
    ];
    let (caller, mut results) = with_caller(cx, credential, statements).await?;
    let reserved = !results.next()?.0.is_empty();
    let reach = results.next()?.parse::<Reach>()?.pop();
    Ok((caller, reach.zip(results.next()?.parse::<Member>()?.pop()), reserved))
}
