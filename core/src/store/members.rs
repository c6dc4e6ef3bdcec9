//! The members of an account: listing, inviting, changing, removing. And joining, at the edge.

use serde::Deserialize;

use super::{Act, Credential, audit::written, authority::with_caller, happens, run, sql};
use crate::{
    caller::Caller,
    context::Context,
    http::Request,
    password,
    ports::{DAY_MS, Fault, Now, Statement, Value},
    secret::{Token, TokenHash},
    session::Role,
    throttle::CODE_FAILURES_MAX,
};

/// What an invitation's token is hashed for.
const INVITATION: &str = "invitation";

/// How long an invitation lasts: seven days.
pub const INVITATION_MS: i64 = 7 * DAY_MS;

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
    /// 1: has a confirmed authenticator.
    pub enrolled: i64,
    /// When the oldest of them was confirmed.
    pub enabled_at: Option<i64>,
    /// When one was last used.
    pub last_used_at: Option<i64>,
    /// 1: too many codes in a row failed.
    pub locked: i64,
}

/// Which members are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those with, or without, an authenticator.
    pub enrolled: Option<bool>,
    /// Only addresses that begin so.
    pub prefix: String,
    /// Only addresses from this one on.
    pub from: Option<String>,
}

macro_rules! members {
    ($tail:literal) => {
        members!("", $tail)
    };
    ($index:literal, $tail:literal) => {
        concat!(
            "SELECT m.user_id AS id, m.email, iif(m.state = 'invited', ifnull(i.name, ''), u.name) AS name, m.role,
               m.state, m.enrolled,
               iif(m.enrolled, (SELECT min(created_at) FROM authenticators x WHERE x.user_id = m.user_id), NULL)
                 AS enabled_at,
               iif(m.enrolled, (SELECT max(last_used_at) FROM authenticators x WHERE x.user_id = m.user_id), NULL)
                 AS last_used_at,
               m.enrolled AND u.code_failures >= ?2 AS locked
             FROM memberships m ",
            $index,
            " JOIN users u ON u.id = m.user_id
             LEFT JOIN invitations i ON i.account_id = m.account_id AND i.user_id = m.user_id
             WHERE m.account_id = ?1 AND ",
            $tail
        )
    };
}

fn select_member(account_id: &str, user_id: &str) -> Statement {
    sql!(members!("m.user_id = ?3"), account_id, CODE_FAILURES_MAX, user_id)
}

/// One page of members in the order of their addresses, and the address where the next page begins.
///
/// # Errors
/// The database.
pub async fn member_page(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<(Option<Caller>, Vec<Member>, Option<String>), Fault> {
    let from = filter.from.as_ref().map_or(&filter.prefix, |from| from.max(&filter.prefix));
    // After every address that begins so: no character comes later.
    let to = format!("{}\u{10ffff}", filter.prefix);
    let select = match filter.enrolled {
        None => sql!(
            members!("INDEXED BY memberships_by_email", "m.email >= ?3 AND m.email < ?4 ORDER BY m.email LIMIT ?5"),
            account_id,
            CODE_FAILURES_MAX,
            from,
            to,
            limit + 1,
        ),
        Some(enrolled) => sql!(
            // Named, because the planner would rather filter the other one, which reads all where few have it.
            members!(
                "INDEXED BY memberships_by_enrolment",
                "m.enrolled = ?6 AND m.email >= ?3 AND m.email < ?4 ORDER BY m.email LIMIT ?5"
            ),
            account_id,
            CODE_FAILURES_MAX,
            from,
            to,
            limit + 1,
            enrolled,
        ),
    };
    let (caller, mut results) = with_caller(cx, credential, vec![select]).await?;
    let mut members: Vec<Member> = results.next()?.parse()?;
    let most = usize::try_from(limit).unwrap_or(0);
    let next = members.get(most).map(|member| member.email.clone());
    members.truncate(most);
    Ok((caller, members, next))
}

/// What a caller can do to a member, as of now: see the view `reach`.
#[derive(Clone, Debug, Deserialize)]
pub struct Reach {
    /// The member's role.
    pub role: Role,
    /// Whether they have joined.
    pub state: State,
    /// 1: the member is the caller.
    pub own: i64,
    /// 1: the member has a higher role than the caller, in this account.
    pub outranks: i64,
    /// 1: the member has joined another account in which the caller has no power over them.
    pub beyond: i64,
    /// 1: the account has no other active owner.
    pub last_owner: i64,
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
        select_member(account_id, user_id),
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
    /// The new name.
    pub name: Option<String>,
}

/// Changes a member if `facts` still hold. Deactivating ends every session. `None`: the facts do not hold.
///
/// # Errors
/// The database.
pub async fn member_change(
    cx: &Context<'_>,
    request: &Request,
    act: &Act<'_>,
    user_id: &str,
    facts: &str,
    change: &MemberChange,
) -> Result<Option<Member>, Fault> {
    let state = change.active.map(|active| if active { "active" } else { "inactive" });
    let mut statements = vec![
        act.on_member(cx, request, user_id, facts),
        sql!(
            "UPDATE memberships SET role = ifnull(?4, role), state = ifnull(?5, state)
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
            change.role.map(Role::name),
            state,
        ),
    ];
    if let Some(name) = &change.name {
        statements.push(sql!(
            "UPDATE users SET name = ?3 WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            user_id,
            act.event(),
            name,
        ));
        statements.push(sql!(
            "UPDATE invitations SET name = ?4
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
            name,
        ));
    }
    if change.active == Some(false) {
        statements.push(end_sessions(user_id, act.event()));
    }
    statements.push(select_member(act.account_id, user_id));
    let last = statements.len() - 2;
    let mut results = run(cx, statements).await?;
    if results.next()?.0.is_empty() {
        return Ok(None);
    }
    Ok(results.nth(last)?.parse()?.pop())
}

/// Removes a member if what the caller can do to them is still the same: invitation and API tokens go too, and every
/// session ends.
///
/// # Errors
/// The database.
pub async fn member_remove(
    cx: &Context<'_>,
    request: &Request,
    act: &Act<'_>,
    user_id: &str,
    reach: &Reach,
) -> Result<bool, Fault> {
    let mut statements = vec![
        act.on_member(cx, request, user_id, &reach.facts),
        sql!(
            "DELETE FROM memberships
             WHERE account_id = ?1 AND user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            act.account_id,
            user_id,
            act.event(),
        ),
    ];
    // Who has not joined has no session here, and those of their other accounts are no business of this one.
    if reach.state != State::Invited {
        statements.push(end_sessions(user_id, act.event()));
    }
    happens(cx, statements).await
}

/// All of a user's sessions, whatever other accounts they belong to: signing in again is cheap, a forgotten session is not.
fn end_sessions(user_id: &str, event: &str) -> Statement {
    sql!("DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", user_id, event)
}

/// Someone to invite.
pub struct NewInvitation<'a> {
    /// A new user's id, should the address be unknown.
    pub user_id: &'a str,
    /// E-mail address in its canonical form.
    pub email: &'a str,
    /// What the admin calls them.
    pub name: &'a str,
    /// What they will be allowed.
    pub role: Role,
    /// What is in the link.
    pub token: &'a Token,
    /// Until when it can be used.
    pub expires_at: Now,
}

/// A user for an address that is not known yet: without a password and without an account, nobody.
pub fn create_invited_user(invitation: &NewInvitation<'_>, now: Now) -> Statement {
    sql!(
        "INSERT INTO users (id, email, name, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (email) DO NOTHING",
        invitation.user_id,
        invitation.email,
        invitation.name,
        now,
    )
}

/// The membership that waits for its user, and the link: if the audit has `event` by then. Who has joined stays as is.
pub fn create_invitation(account_id: &str, invitation: &NewInvitation<'_>, event: &str, now: Now) -> [Statement; 2] {
    [
        sql!(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT ?1, id, email, ?3, 'invited', ?4 FROM users
             WHERE email = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?5)
             ON CONFLICT (account_id, user_id) DO UPDATE SET role = excluded.role WHERE state = 'invited'",
            account_id,
            invitation.email,
            invitation.role.name(),
            now,
            event,
        ),
        sql!(
            "INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at)
             SELECT account_id, user_id, ?3, ?4, ?5 FROM memberships
             WHERE account_id = ?1 AND user_id = (SELECT id FROM users WHERE email = ?2) AND state = 'invited'
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?6)
             ON CONFLICT (account_id, user_id) DO UPDATE SET token_hash = excluded.token_hash, name = excluded.name,
               expires_at = excluded.expires_at",
            account_id,
            invitation.email,
            &invitation.token.hash(INVITATION),
            invitation.name,
            invitation.expires_at,
            event,
        ),
    ]
}

/// The caller, and the member that already has this address, if any.
///
/// # Errors
/// The database.
pub async fn member_of_address(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    email: &str,
) -> Result<(Option<Caller>, Option<(Reach, Member)>), Fault> {
    let statements = vec![
        sql!(
            // By the id: an account's members are found by it, and the planner would look at all of them for an address.
            "SELECT * FROM reach
             WHERE credential = ?1 AND account_id = ?2 AND target_id = (SELECT id FROM users WHERE email = ?3)",
            credential.hash(),
            account_id,
            email,
        ),
        sql!(members!("m.user_id = (SELECT id FROM users WHERE email = ?3)"), account_id, CODE_FAILURES_MAX, email),
    ];
    let (caller, mut results) = with_caller(cx, credential, statements).await?;
    let reach = results.next()?.parse::<Reach>()?.pop();
    Ok((caller, reach.zip(results.next()?.parse::<Member>()?.pop())))
}

/// Invites someone. Inviting again makes the link before it worthless. `None`: the caller has no say any more, or not over
/// that role, or the address joined meanwhile.
///
/// # Errors
/// The database.
pub async fn invite(
    cx: &Context<'_>,
    request: &Request,
    act: &Act<'_>,
    invitation: &NewInvitation<'_>,
) -> Result<Option<Member>, Fault> {
    let mut statements = vec![
        // Before the row of the audit, which names them; for who may invite, like all that follows.
        sql!(
            "INSERT INTO users (id, email, name, created_at) SELECT ?1, ?2, ?3, ?4 FROM mandates
             WHERE credential = ?5 AND account_id = ?6 AND rank >= ?7 ON CONFLICT (email) DO NOTHING",
            invitation.user_id,
            invitation.email,
            invitation.name,
            cx.now,
            act.credential,
            act.account_id,
            invitation.role.rank(),
        ),
        written!(
            act,
            cx,
            request,
            "SELECT m.account_id, m.user_id AS actor_id, u.id AS target_id FROM mandates m JOIN users u ON u.email = ?11
             WHERE m.credential = ?9 AND m.account_id = ?10 AND m.rank >= ?12 AND NOT EXISTS (SELECT 1 FROM memberships j
               WHERE j.account_id = ?10 AND j.user_id = u.id AND (j.state <> 'invited' OR j.rank > m.rank))",
            invitation.email,
            invitation.role.rank(),
        ),
    ];
    statements.extend(create_invitation(act.account_id, invitation, act.event(), cx.now));
    statements.push(sql!(
        members!("m.user_id = (SELECT user_id FROM invitations WHERE token_hash = ?3)"),
        act.account_id,
        CODE_FAILURES_MAX,
        &invitation.token.hash(INVITATION),
    ));
    Ok(run(cx, statements).await?.nth(4)?.parse()?.pop())
}

/// An invitation that can still be used.
#[derive(Deserialize)]
pub struct Invitation {
    /// The account's name.
    pub account_name: String,
    /// User id of who is invited.
    pub user_id: String,
    /// Their address.
    pub email: String,
    /// What the inviting admin calls them.
    pub name: String,
    /// 1: they have a password already, from another account.
    pub has_password: i64,
}

fn select_invitation(token_hash: &TokenHash, now: Now) -> Statement {
    sql!(
        "SELECT a.name AS account_name, u.id AS user_id, u.email, i.name, u.password_phc IS NOT NULL AS has_password
         FROM invitations i JOIN accounts a ON a.id = i.account_id JOIN users u ON u.id = i.user_id
         WHERE i.token_hash = ?1 AND i.expires_at > ?2",
        token_hash,
        now,
    )
}

/// The invitation with this token.
///
/// # Errors
/// The database.
pub async fn invitation(cx: &Context<'_>, token: &Token) -> Result<Option<Invitation>, Fault> {
    let select = select_invitation(&token.hash(INVITATION), cx.now);
    Ok(run(cx, vec![select]).await?.next()?.parse()?.pop())
}

/// Joins, once. `password` is set for a user who has none; a user who has one keeps it. `false`: the invitation was used,
/// replaced or withdrawn meanwhile, or the user got a password by another one.
///
/// # Errors
/// The database.
pub async fn join(
    cx: &Context<'_>,
    request: &Request,
    token: &Token,
    password: Option<&password::Stored>,
) -> Result<bool, Fault> {
    let token_hash = token.hash(INVITATION);
    let event = cx.rng.id()?;
    let statements = vec![
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT i.account_id, ?3, ?2, i.user_id, i.user_id, 'member_joined', 'ok', '', ?4, ?5, ?6
             FROM invitations i JOIN users u ON u.id = i.user_id
             WHERE i.token_hash = ?1 AND i.expires_at > ?2 AND (u.password_phc IS NULL) = ?7 RETURNING id",
            &token_hash,
            cx.now,
            &event,
            &request.client.ip,
            &request.client.country,
            &request.id,
            password.is_some(),
        ),
        sql!(
            "UPDATE users SET password_phc = ?3, password_key = ?4, name = (SELECT name FROM invitations
               WHERE token_hash = ?1)
             WHERE ?3 IS NOT NULL AND id = (SELECT user_id FROM invitations WHERE token_hash = ?1)
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
            password.map(|stored| &stored.phc),
            password.map(|stored| &stored.key_id),
        ),
        sql!(
            "UPDATE memberships SET state = 'active'
             WHERE (account_id, user_id) = (SELECT account_id, user_id FROM invitations WHERE token_hash = ?1)
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
        ),
        sql!(
            "DELETE FROM invitations WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
        ),
    ];
    happens(cx, statements).await
}
