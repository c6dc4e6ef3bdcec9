//! Invitations: made by an admin, and joining by one, at the edge.

use serde::Deserialize;

use super::{
    Act, Member, Reach,
    audit::{noted, written},
    happens,
    listing::members,
    outbox::NewMail,
    repeat::{done, unsent},
    rows, run, select_visit, sql,
};
use crate::{
    context::Context,
    event::{Action, Detail},
    factor::password,
    limit::{
        CODE_FAILURES_MAX, INVITATIONS_OF_ACCOUNT, INVITATIONS_OF_ACCOUNT_MS, INVITATIONS_TO_ADDRESS,
        INVITATIONS_TO_ADDRESS_MS,
    },
    people::{
        Person, Role, Starts,
        session::{FRESH_MS, Session},
    },
    policy::{Applies, Requirement, Step},
    ports::{DAY_MS, Fault, Now, Statement, Value, flag},
    secret::{Token, TokenHash},
};

/// What an invitation's token is hashed for.
pub const INVITATION: &str = "invitation";

/// How long an invitation lasts: seven days.
pub const INVITATION_MS: i64 = 7 * DAY_MS;

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
    /// The mail that brings it, where mails are sent.
    pub mail: Option<NewMail<'a>>,
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
            "INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at, invited_by, mailed)
             SELECT m.account_id, m.user_id, ?3, ?4, ?5, e.actor_id, ?7
             FROM memberships m JOIN audit e ON e.event = ?6 AND e.account_id = m.account_id
             WHERE m.account_id = ?1 AND m.user_id = (SELECT id FROM users WHERE email = ?2) AND m.state = 'invited'
             ON CONFLICT (account_id, user_id) DO UPDATE SET token_hash = excluded.token_hash, name = excluded.name,
               expires_at = excluded.expires_at, invited_by = excluded.invited_by, mailed = excluded.mailed",
            account_id,
            invitation.email,
            &invitation.token.hash(INVITATION),
            invitation.name,
            invitation.expires_at,
            event,
            invitation.mail.is_some(),
        ),
    ]
}

/// How many invitations the account `$account` has sent since `$since`.
macro_rules! invited_since {
    ($account:literal, $since:literal $(, $of:literal)?) => {
        concat!(
            "(SELECT count(*) FROM audit t WHERE t.account_id = ",
            $account,
            " AND t.action = 'member_invited' AND t.result = 'ok' AND t.at > ",
            $since
            $(, $of)?,
            ")"
        )
    };
}

/// Invites someone. Inviting again makes the link before it worthless: the one that `held` tells of. `None`: the caller has
/// no say any more, or not over that role, or the address joined or was invited meanwhile; or, where mail is sent, the account
/// has sent enough for now.
///
/// # Errors
/// The database.
pub async fn invite(
    cx: &Context<'_>,
    act: &Act<'_>,
    invitation: &NewInvitation<'_>,
    held: Option<&Reach>,
) -> Result<Option<Member>, Fault> {
    // A link that is handed over floods nobody's mailbox.
    let most = |most: i64| invitation.mail.as_ref().map(|_| most);
    let mut statements = vec![
        // Before the row of the audit, which names them; for callers who may invite, like all that follows.
        sql!(
            concat!(
                "INSERT INTO users (id, email, name, created_at) SELECT ?1, ?2, ?3, ?4 FROM mandates
                 WHERE credential = ?5 AND account_id = ?6 AND makes >= ?7 AND (?8 IS NULL OR ?8 > ",
                invited_since!("?6", "?4 - ?9"),
                ") AND NOT EXISTS (SELECT 1 FROM reserved r WHERE r.email = ?2 AND r.expires_at > ?4)
                 ON CONFLICT (email) DO NOTHING"
            ),
            invitation.user_id,
            invitation.email,
            invitation.name,
            cx.now,
            act.credential,
            act.account_id,
            invitation.role.rank(),
            most(INVITATIONS_OF_ACCOUNT),
            INVITATIONS_OF_ACCOUNT_MS,
        ),
        written!(
            act,
            cx,
            concat!(
                "SELECT m.account_id, m.user_id AS actor_id, u.id AS target_id FROM mandates m JOIN users u ON u.email = ?11
             WHERE m.credential = ?9 AND m.account_id = ?10 AND m.makes >= ?12 AND NOT EXISTS (SELECT 1 FROM memberships j
               WHERE j.account_id = ?10 AND j.user_id = u.id AND (j.state <> 'invited' OR j.rank > m.makes))
               AND ?13 IS (SELECT i.token_hash FROM invitations i WHERE i.account_id = ?10 AND i.user_id = u.id) AND ",
                unsent!("?9", "?14", "?2"),
                " AND (?15 IS NULL OR ?15 > ",
                invited_since!("?10", "?2 - ?16"),
                " AND ?17 > ",
                invited_since!("?10", "?2 - ?18", " AND t.target_id = u.id"),
                ")"
            ),
            invitation.email,
            invitation.role.rank(),
            held.and_then(|held| held.link.as_deref()),
            cx.form,
            most(INVITATIONS_OF_ACCOUNT),
            INVITATIONS_OF_ACCOUNT_MS,
            INVITATIONS_TO_ADDRESS,
            INVITATIONS_TO_ADDRESS_MS,
        ),
    ];
    statements.extend(create_invitation(act.account_id, invitation, act.event(), cx.now));
    statements.extend(invitation.mail.as_ref().map(|mail| mail.of_event(cx, act.event())));
    statements.push(sql!(
        members!(shown, "?4", "m.user_id = (SELECT user_id FROM invitations WHERE token_hash = ?3)"),
        act.account_id,
        CODE_FAILURES_MAX,
        &invitation.token.hash(INVITATION),
        cx.now,
    ));
    statements.extend(act.done(cx));
    let mut results = run(cx, statements).await?;
    match results.next()?.0.is_empty() {
        true => Ok(None),
        false => Ok(results.next()?.parse()?.pop()),
    }
}

/// From when on an account mails another invitation to this address, where it has sent enough for now.
///
/// # Errors
/// The database.
pub async fn invitation_retry_at(cx: &Context<'_>, account_id: &str, email: &str) -> Result<Option<i64>, Fault> {
    #[derive(Deserialize)]
    struct Until {
        at: Option<i64>,
    }
    let until = sql!(
        "SELECT max(at) AS at FROM (
           SELECT * FROM (SELECT t.at + ?4 AS at FROM audit t WHERE t.account_id = ?1 AND t.action = 'member_invited'
             AND t.result = 'ok' AND t.at > ?2 - ?4 ORDER BY t.at DESC LIMIT 1 OFFSET ?3 - 1)
           UNION ALL
           SELECT * FROM (SELECT t.at + ?6 FROM audit t WHERE t.account_id = ?1 AND t.action = 'member_invited'
             AND t.result = 'ok' AND t.at > ?2 - ?6 AND t.target_id = (SELECT id FROM users WHERE email = ?7)
             ORDER BY t.at DESC LIMIT 1 OFFSET ?5 - 1))",
        account_id,
        cx.now,
        INVITATIONS_OF_ACCOUNT,
        INVITATIONS_OF_ACCOUNT_MS,
        INVITATIONS_TO_ADDRESS,
        INVITATIONS_TO_ADDRESS_MS,
        email,
    );
    Ok(run(cx, vec![until]).await?.next()?.parse::<Until>()?.pop().and_then(|until| until.at))
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
    /// Whether its link went to their address and to nobody else: whoever follows it reads mail there.
    pub mailed: bool,
    /// What the account asks of those who join it.
    pub requirement: Option<Requirement>,
    /// From when on it asks that, if that is to come.
    pub starts: Option<Starts>,
    /// The browser's session.
    pub session: Option<Session>,
    pub(super) facts: String,
}

#[derive(Deserialize)]
struct InvitationRow {
    account_name: String,
    name: String,
    #[serde(deserialize_with = "flag")]
    mailed: bool,
    #[serde(deserialize_with = "flag")]
    two_factor_required: bool,
    required_since: Option<i64>,
    applies: Option<Applies>,
    starts_at: Option<i64>,
    facts: String,
}

/// All that joining is decided on: of the user `u` and the account `a`.
macro_rules! joining_facts {
    () => {
        "json_array(a.two_factor_required, a.required_since, a.applies, a.starts_at, u.password_phc IS NOT NULL,
           (SELECT facts FROM standings WHERE user_id = u.id))"
    };
}
pub(super) use joining_facts;

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
                "SELECT a.name AS account_name, i.name, i.mailed, a.two_factor_required, a.required_since, a.applies, a.starts_at, ",
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
    let (Some(row), Some((person, stored))) = (found, rows::person(site, cx.now, people)?) else { return Ok(None) };
    let session = match session {
        Some(token_hash) => rows::visit(site, cx.now, results.next()?, token_hash)?.map(|(session, _)| session),
        None => None,
    };
    Ok(Some(Invitation {
        starts: rows::starts(row.two_factor_required, row.starts_at, &row.account_name, cx.now),
        account_name: row.account_name,
        name: row.name,
        person,
        has_login: stored.is_some(),
        mailed: row.mailed,
        requirement: rows::requirement(row.two_factor_required, row.required_since, row.starts_at, row.applies, cx.now),
        session,
        facts: row.facts,
    }))
}

/// By what someone joins.
pub enum Joins<'a> {
    /// By their full session, with every factor they have. It is worth something in this account from now on.
    Session(&'a Session),
    /// By a password they chose, for they have none. They are signed in at once.
    Password(Joined<'a>),
}

/// A password that someone new has chosen, and the session that it begins.
pub struct Joined<'a> {
    /// The password.
    pub stored: password::Stored,
    /// The new session's token.
    pub token: &'a Token,
    /// What comes next in it.
    pub step: Step,
    /// When the password counts as proven.
    pub password_at: Now,
    /// What is answered if the same form is sent again, sealed.
    pub answer: Option<String>,
    /// The session the browser held before, which ends.
    pub previous: Option<TokenHash>,
}

impl Joined<'_> {
    /// Begins its session, for whoever did `event` by the link of this hash.
    pub(super) fn signed_in(&self, cx: &Context<'_>, link: &TokenHash, event: &str) -> Result<Vec<Statement>, Fault> {
        let new = cx.session_hash(self.token);
        let mut statements = vec![
            sql!(
                "INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at,
                   expires_at, created_at, ip, country, user_agent, network, previous_hash, form, form_at, answer)
                 SELECT ?1, ?2, actor_id, ?3, ?4, '', '/', ?12, ?5, ?6, ?5, ?7, ?8, ?9, ?10, ?13, ?14, ?5, ?15
                 FROM audit WHERE event = ?11",
                &new,
                cx.rng.id()?,
                cx.config.site.name(),
                self.step != Step::Done,
                cx.now,
                cx.now.0 + cx.config.site.lifetime_ms(self.step),
                cx.peer.ip,
                cx.peer.country,
                cx.peer.user_agent,
                cx.peer.network(),
                event,
                self.password_at,
                // The link is gone; by its hash the session is found again that it led to.
                link,
                cx.form,
                self.answer.as_deref(),
            ),
            noted!(cx, &new, cx.rng.id()?, Action::Login, "1"),
        ];
        statements.extend(self.previous.as_ref().map(|previous| {
            sql!(
                "DELETE FROM sessions WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?2)",
                previous,
                &new,
            )
        }));
        Ok(statements)
    }
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
        Joins::Password(login) => (None, Some(&login.stored)),
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
                     AND abs(?2 - s.reauthenticated_at) < ?9
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
            FRESH_MS,
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
    statements.extend(invitation.mailed.then(|| {
        sql!(
            "UPDATE users SET email_proven_at = ?3
             WHERE id = (SELECT user_id FROM invitations WHERE token_hash = ?1 AND mailed = 1)
               AND email_proven_at IS NULL AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &token_hash,
            &event,
            cx.now,
        )
    }));
    statements.push(sql!(
        "DELETE FROM invitations WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
        &token_hash,
        &event,
    ));
    // The accounts joined before see it too: from now on none of them resets this person alone.
    statements.extend(session.map(|session| {
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT m.account_id, e.event, e.at, e.actor_id, e.target_id, e.action, e.result, ?3, e.ip, e.country, e.request_id
             FROM audit e JOIN memberships m ON m.user_id = ?2 AND m.state <> 'invited' AND m.account_id <> e.account_id
             WHERE e.event = ?1",
            &event,
            &session.person.id,
            &Detail { elsewhere: Some(true), ..Detail::default() },
        )
    }));
    statements.extend(session.into_iter().flat_map(|session| done(cx, &session.token_hash, &event, None)));
    if let Joins::Password(login) = &joins {
        statements.extend(login.signed_in(cx, &token_hash, &event)?);
    }
    happens(cx, statements).await
}
