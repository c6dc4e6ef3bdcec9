//! The members of an account: listing, inviting, changing, removing. And joining, at the edge.

use serde::Deserialize;

use super::{
    Act, Credential,
    audit::written,
    authority::{governed, with_caller},
    happens, noted, rows, run, select_visit, sql,
};
use crate::{
    context::Context,
    factor::password,
    limit::CODE_FAILURES_MAX,
    people::{Person, Role, caller::Caller, session::Session},
    policy::{Applies, Requirement, Step},
    ports::{DAY_MS, Fault, Now, Statement, Value},
    secret::{Token, TokenHash},
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

/// Members as admins see them; `shown`: whoever asks.
macro_rules! members {
    (shown, $tail:literal) => {
        members!("", "?1", $tail)
    };
    ($tail:literal) => {
        members!("", governed!("?1", "?3"), $tail)
    };
    ($index:literal, $account:expr, $tail:literal) => {
        concat!(
            "SELECT m.user_id AS id, m.email,
               iif(m.state = 'invited', ifnull(i.name, ''), coalesce(m.name, u.name)) AS name, m.role,
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
             WHERE m.account_id = ",
            $account,
            " AND ",
            $tail
        )
    };
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
            members!(
                "INDEXED BY memberships_by_email",
                governed!("?1", "?3"),
                "m.email >= ?4 AND m.email < ?5 ORDER BY m.email LIMIT ?6"
            ),
            account_id,
            CODE_FAILURES_MAX,
            credential.hash(),
            from,
            to,
            limit + 1,
        ),
        Some(enrolled) => sql!(
            // Named, because the planner would rather filter the other one, which reads all where few have it.
            members!(
                "INDEXED BY memberships_by_enrolment",
                governed!("?1", "?3"),
                "m.enrolled = ?7 AND m.email >= ?4 AND m.email < ?5 ORDER BY m.email LIMIT ?6"
            ),
            account_id,
            CODE_FAILURES_MAX,
            credential.hash(),
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
    /// The hash of the link that waits for the member, if one does.
    link: Option<String>,
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
        sql!(members!("m.user_id = ?4"), account_id, CODE_FAILURES_MAX, credential.hash(), user_id),
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
            "SELECT account_id, actor_id, target_id FROM reach
             WHERE credential = ?9 AND account_id = ?10 AND target_id = ?11 AND facts = ?12 AND makes >= ?13",
            user_id,
            &reach.facts,
            change.makes(reach.role).map_or(0, Role::rank),
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
        statements.extend(power_ends(act.account_id, user_id, act.event()));
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
    statements.push(sql!(members!(shown, "m.user_id = ?3"), act.account_id, CODE_FAILURES_MAX, user_id));
    let last = statements.len() - 2;
    let mut results = run(cx, statements).await?;
    if results.next()?.0.is_empty() {
        return Ok(None);
    }
    Ok(results.nth(last)?.parse()?.pop())
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
        statements.extend(power_ends(act.account_id, user_id, act.event()));
    }
    happens(cx, statements).await
}

/// What ends when someone is demoted, deactivated or removed, so that none of it comes back with the power: if the audit
/// has this event by then. What they do in other accounts goes on.
fn power_ends(account_id: &str, user_id: &str, event: &str) -> [Statement; 4] {
    [
        sql!(
            "INSERT INTO barred (session_id, account_id) SELECT id, ?1 FROM sessions
             WHERE user_id = ?2 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3) ON CONFLICT DO NOTHING",
            account_id,
            user_id,
            event,
        ),
        // A session that is worth nothing in any account any more.
        sql!(
            "DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2) AND NOT EXISTS (
               SELECT 1 FROM memberships m WHERE m.user_id = ?1 AND m.state = 'active' AND NOT EXISTS (
                 SELECT 1 FROM barred b WHERE b.session_id = sessions.id AND b.account_id = m.account_id))",
            user_id,
            event,
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
            "INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at, invited_by)
             SELECT m.account_id, m.user_id, ?3, ?4, ?5, e.actor_id
             FROM memberships m JOIN audit e ON e.event = ?6 AND e.account_id = m.account_id
             WHERE m.account_id = ?1 AND m.user_id = (SELECT id FROM users WHERE email = ?2) AND m.state = 'invited'
             ON CONFLICT (account_id, user_id) DO UPDATE SET token_hash = excluded.token_hash, name = excluded.name,
               expires_at = excluded.expires_at, invited_by = excluded.invited_by",
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
        sql!(
            members!("m.user_id = (SELECT id FROM users WHERE email = ?4)"),
            account_id,
            CODE_FAILURES_MAX,
            credential.hash(),
            email,
        ),
    ];
    let (caller, mut results) = with_caller(cx, credential, statements).await?;
    let reach = results.next()?.parse::<Reach>()?.pop();
    Ok((caller, reach.zip(results.next()?.parse::<Member>()?.pop())))
}

/// Invites someone. Inviting again makes the link before it worthless: the one that `held` tells of. `None`: the caller has
/// no say any more, or not over that role, or the address joined or was invited meanwhile.
///
/// # Errors
/// The database.
pub async fn invite(
    cx: &Context<'_>,
    act: &Act<'_>,
    invitation: &NewInvitation<'_>,
    held: Option<&Reach>,
) -> Result<Option<Member>, Fault> {
    let mut statements = vec![
        // Before the row of the audit, which names them; for callers who may invite, like all that follows.
        sql!(
            "INSERT INTO users (id, email, name, created_at) SELECT ?1, ?2, ?3, ?4 FROM mandates
             WHERE credential = ?5 AND account_id = ?6 AND makes >= ?7 ON CONFLICT (email) DO NOTHING",
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
            "SELECT m.account_id, m.user_id AS actor_id, u.id AS target_id FROM mandates m JOIN users u ON u.email = ?11
             WHERE m.credential = ?9 AND m.account_id = ?10 AND m.makes >= ?12 AND NOT EXISTS (SELECT 1 FROM memberships j
               WHERE j.account_id = ?10 AND j.user_id = u.id AND (j.state <> 'invited' OR j.rank > m.makes))
               AND ?13 IS (SELECT i.token_hash FROM invitations i WHERE i.account_id = ?10 AND i.user_id = u.id)",
            invitation.email,
            invitation.role.rank(),
            held.and_then(|held| held.link.as_deref()),
        ),
    ];
    statements.extend(create_invitation(act.account_id, invitation, act.event(), cx.now));
    statements.push(sql!(
        members!(shown, "m.user_id = (SELECT user_id FROM invitations WHERE token_hash = ?3)"),
        act.account_id,
        CODE_FAILURES_MAX,
        &invitation.token.hash(INVITATION),
    ));
    Ok(run(cx, statements).await?.nth(4)?.parse()?.pop())
}

/// An invitation that can still be used, and who opens its link.
pub struct Invitation {
    /// The account's name.
    pub account_name: String,
    /// What the inviting admin calls the one who is invited.
    pub name: String,
    /// The one who is invited.
    pub person: Person,
    /// Whether they have a login already.
    pub has_login: bool,
    /// What the account asks of those who join it.
    pub requirement: Option<Requirement>,
    /// The browser's session.
    pub session: Option<Session>,
    facts: String,
}

#[derive(Deserialize)]
struct InvitationRow {
    account_name: String,
    name: String,
    two_factor_required: i64,
    required_since: Option<i64>,
    applies: Option<Applies>,
    facts: String,
}

/// All that joining is decided on: of the user `u` and the account `a`.
macro_rules! joining_facts {
    () => {
        "json_array(a.two_factor_required, a.required_since, a.applies, u.password_phc IS NOT NULL,
           (SELECT facts FROM standings WHERE user_id = u.id))"
    };
}

/// The invitation with this token, as the browser with the live session of that one sees it.
///
/// # Errors
/// The database.
pub async fn invitation(
    cx: &Context<'_>,
    token: &Token,
    session: Option<&TokenHash>,
) -> Result<Option<Invitation>, Fault> {
    let token_hash = token.hash(INVITATION);
    let mut statements = vec![
        sql!(
            concat!(
                "SELECT a.name AS account_name, i.name, a.two_factor_required, a.required_since, a.applies, ",
                joining_facts!(),
                " AS facts
                 FROM invitations i JOIN accounts a ON a.id = i.account_id JOIN users u ON u.id = i.user_id
                 WHERE i.token_hash = ?1 AND i.expires_at > ?2"
            ),
            &token_hash,
            cx.now,
        ),
        sql!(
            "SELECT * FROM people WHERE user_id = (SELECT user_id FROM invitations WHERE token_hash = ?1)",
            &token_hash
        ),
    ];
    statements.extend(session.map(|token_hash| select_visit(cx, token_hash)));
    let site = cx.config.site;
    let mut results = run(cx, statements).await?;
    let (found, people) = (results.next()?.parse::<InvitationRow>()?.pop(), results.next()?);
    let (Some(row), Some((person, stored))) = (found, rows::person(site, people)?) else { return Ok(None) };
    let session = match session {
        Some(token_hash) => rows::visit(site, results.next()?, token_hash)?.map(|(session, _)| session),
        None => None,
    };
    Ok(Some(Invitation {
        account_name: row.account_name,
        name: row.name,
        person,
        has_login: stored.is_some(),
        requirement: rows::requirement(row.two_factor_required, row.required_since, row.applies),
        session,
        facts: row.facts,
    }))
}

/// By what someone joins.
pub enum Joins<'a> {
    /// By their full session, with every factor they have. It is worth something in this account from now on.
    Session(&'a Session),
    /// By a password they chose, for they have none. They are signed in at once.
    Password {
        /// The password.
        stored: password::Stored,
        /// The new session's token.
        token: &'a Token,
        /// What comes next in it.
        step: Step,
        /// When the password counts as proven.
        password_at: Now,
        /// The session the browser held before, which ends.
        previous: Option<TokenHash>,
    },
}

/// Joins, once. `false`: the invitation was used, replaced or withdrawn meanwhile, or what was decided on has changed.
///
/// # Errors
/// The database.
pub async fn join(cx: &Context<'_>, token: &Token, invitation: &Invitation, joins: Joins<'_>) -> Result<bool, Fault> {
    let token_hash = token.hash(INVITATION);
    let event = cx.rng.id()?;
    let (session, stored) = match &joins {
        Joins::Session(session) => (Some(*session), None),
        Joins::Password { stored, .. } => (None, Some(stored)),
    };
    let mut statements = vec![
        sql!(
            concat!(
                "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
                 SELECT i.account_id, ?3, ?2, i.user_id, i.user_id, 'member_joined', 'ok', '', ?4, ?5, ?6
                 FROM invitations i JOIN users u ON u.id = i.user_id JOIN accounts a ON a.id = i.account_id
                 WHERE i.token_hash = ?1 AND i.expires_at > ?2 AND ?7 = ",
                joining_facts!(),
                " AND iif(?8 IS NULL, u.password_phc IS NULL, EXISTS (SELECT 1 FROM sessions s
                   WHERE s.token_hash = ?8 AND s.user_id = i.user_id AND s.expires_at > ?2
                     AND (s.second_factor IS NOT NULL OR NOT EXISTS (
                       SELECT 1 FROM authenticators x WHERE x.user_id = i.user_id)))) RETURNING id"
            ),
            &token_hash,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            &invitation.facts,
            session.map(|session| &session.token_hash),
        ),
        // What the account calls them stays theirs to say; for someone new it is their name.
        sql!(
            "UPDATE memberships SET state = 'active', name = (
               SELECT i.name FROM invitations i JOIN users u ON u.id = i.user_id
               WHERE i.token_hash = ?1 AND i.name <> u.name AND ?3)
             WHERE (account_id, user_id) = (SELECT account_id, user_id FROM invitations WHERE token_hash = ?1)
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
            session.is_some(),
        ),
    ];
    statements.extend(session.map(|session| {
        sql!(
            "DELETE FROM barred WHERE session_id = ?1
               AND account_id = (SELECT account_id FROM audit WHERE event = ?2)",
            &session.id,
            &event,
        )
    }));
    statements.extend(stored.map(|stored| {
        sql!(
            "UPDATE users SET password_phc = ?3, password_key = ?4,
               name = (SELECT name FROM invitations WHERE token_hash = ?1)
             WHERE id = (SELECT user_id FROM invitations WHERE token_hash = ?1)
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
            &stored.phc,
            &stored.key_id,
        )
    }));
    statements.push(sql!(
        "DELETE FROM invitations WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
        &token_hash,
        &event,
    ));
    if let Joins::Password { token, step, password_at, previous, .. } = joins {
        let new = cx.session_hash(token);
        statements.push(sql!(
            "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
               expires_at, created_at, ip, country, user_agent, network)
             SELECT ?1, ?2, actor_id, ?3, ?4, '', '/', ?12, ?5, ?6, ?5, ?7, ?8, ?9, ?10 FROM audit WHERE event = ?11",
            &new,
            cx.rng.id()?,
            cx.config.site.name(),
            step != Step::Done,
            cx.now,
            cx.now.0 + cx.config.site.lifetime_ms(step),
            cx.peer.ip,
            cx.peer.country,
            cx.peer.user_agent,
            cx.peer.network(),
            &event,
            password_at,
        ));
        statements.push(noted!(cx, &new, cx.rng.id()?, "login", "1"));
        statements.extend(previous.map(|previous| {
            sql!(
                "DELETE FROM sessions WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                &previous,
                &new,
            )
        }));
    }
    happens(cx, statements).await
}
