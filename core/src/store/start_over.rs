//! Starting over: who reads the mail of an address ends the login that someone has claimed it with, and begins as someone new.

use super::{
    happens,
    invitations::{Invitation, Joined, joining_facts},
    sql,
    two_factor::end_what_they_gave_out,
};
use crate::{
    context::Context,
    event::Action,
    limit,
    ports::{Fault, Statement, Value},
    secret::Token,
};

/// Ends the unproven login of whom a mailed link invites, all that it has and gave out, and makes them anew: with the name they
/// are invited by, the address proven, the invitations there are, and a user id that nothing of before is kept under, in
/// the app either. They join by this one and are signed in. Each account that the old login had joined sees it; without any,
/// nobody does. `false`: the link was used, replaced or withdrawn meanwhile, the address proven, or what was decided on has
/// changed.
///
/// # Errors
/// The database.
pub async fn start_over(
    cx: &Context<'_>,
    token: &Token,
    invitation: &Invitation,
    new_id: &str,
    joins: &Joined<'_>,
) -> Result<bool, Fault> {
    let link = token.hash(super::INVITATION);
    let (event, joined) = (cx.rng.id()?, cx.rng.id()?);
    let (old_id, email) = (invitation.person.id.as_str(), invitation.person.email.as_str());
    let mut statements = vec![
        sql!(
            concat!(
                "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
                 SELECT c.account_id, ?3, ?2, ?8, u.id, ?9, 'ok', '', ?4, ?5, ?6
                 FROM invitations i JOIN users u ON u.id = i.user_id JOIN accounts a ON a.id = i.account_id
                 JOIN concerned c ON c.user_id = u.id
                 WHERE i.token_hash = ?1 AND i.expires_at > ?2 AND i.mailed = 1 AND u.email_proven_at IS NULL
                   AND u.password_phc IS NOT NULL AND u.id = ?10 AND ?7 = ",
                joining_facts!(),
                " RETURNING id"
            ),
            &link,
            cx.now,
            &event,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
            &invitation.facts,
            new_id,
            Action::StartedOver,
            old_id,
        ),
        // Until the old row is gone, the address is taken: the new one has its id in the place of it.
        sql!(
            "INSERT INTO users (id, email, name, password_phc, password_key, email_proven_at, created_at)
             SELECT ?3, ?3, i.name, ?4, ?5, ?6, ?6 FROM invitations i
             WHERE i.token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &link,
            &event,
            new_id,
            &joins.stored.phc,
            &joins.stored.key_id,
            cx.now,
        ),
        sql!(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT account_id, ?2, ?2, role, state, created_at FROM memberships
             WHERE user_id = ?1 AND state = 'invited' AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            old_id,
            new_id,
            &event,
        ),
        sql!(
            "UPDATE invitations SET user_id = ?2 WHERE account_id IN (SELECT account_id FROM memberships WHERE user_id = ?2)
               AND user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?3)",
            old_id,
            new_id,
            &event,
        ),
    ];
    statements.extend(end_what_they_gave_out(old_id, &event));
    statements.extend([
        // Password, factors, codes, sessions, browsers, tokens and memberships go with the row.
        sql!("DELETE FROM users WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)", old_id, &event),
        sql!(
            "UPDATE users SET email = ?3 WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            new_id,
            &event,
            email,
        ),
        // What failed before was about another password.
        sql!(
            "DELETE FROM password_budgets WHERE subject = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            limit::subject(&cx.config.pepper_keys, email),
            &event,
        ),
        sql!(
            "INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id)
             SELECT i.account_id, ?3, ?4, i.user_id, i.user_id, ?5, 'ok', '', ?6, ?7, ?8 FROM invitations i
             WHERE i.token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &link,
            &event,
            &joined,
            cx.now,
            Action::MemberJoined,
            cx.peer.ip,
            cx.peer.country,
            cx.peer.request_id,
        ),
        sql!(
            "UPDATE memberships SET state = 'active'
             WHERE (account_id, user_id) = (SELECT account_id, user_id FROM invitations WHERE token_hash = ?1)
               AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &link,
            &joined,
        ),
        sql!(
            "DELETE FROM invitations WHERE token_hash = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2)",
            &link,
            &joined,
        ),
    ]);
    statements.extend(joins.signed_in(cx, &link, &joined)?);
    happens(cx, statements).await
}
