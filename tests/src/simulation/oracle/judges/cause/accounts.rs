//! CAUSE, for accounts, members, invitations and API tokens: changed by an admin of that account, within their power, or by
//! whoever was invited.

use crate::simulation::{
    actors::Act,
    oracle::{
        Oracle,
        job::Job,
        judges::{Verdict, ensure},
        transaction::{FACTOR, Transaction, invitation, rank_of_role},
    },
    rows::{Account, ApiToken, Invitation, Membership, State},
};

pub fn judge(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    policies(job, t)?;
    if let Act::StartOver { token, .. } = &job.act {
        anew(token, t)?;
        return tokens(job, t);
    }
    members(job, t)?;
    invitations(oracle, job, t)?;
    tokens(job, t)?;
    authority(job, t)
}

fn policies(job: &Job, t: &Transaction<'_>) -> Verdict {
    // The counts follow the memberships, whoever changes those.
    let policy = |row: &Account| (row.two_factor_required, row.required_since, row.applies.clone(), row.starts_at);
    for &(old, new) in &t.changed.accounts {
        if old.is_some() && old.map(policy) == new.map(policy) {
            continue;
        }
        let asked = match (&job.act, old, new) {
            (Act::Require { account, required, applies, starts_at }, Some(old), Some(new)) => {
                // What is enforced already is so since when it was.
                let since = old.in_force(job.now).filter(|_| *required).or(Some(job.now));
                new.id == *account
                    && new.two_factor_required == i64::from(*required)
                    && new.applies == *applies
                    && new.required_since == since
                    && new.starts_at == starts_at.filter(|_| *required)
            }
            _ => false,
        };
        ensure!(asked && t.is(&["policy"]), "{old:?} became {new:?} by {:?}", job.act);
    }
    Ok(())
}

/// Whoever starts over leaves every account, joins by the link that they show, and is invited wherever their address was.
fn anew(token: &str, t: &Transaction<'_>) -> Verdict {
    let Some(link) = invitation(t.before, token).filter(|_| t.is(&["started_over"])) else {
        let same = t.before.memberships == t.after.memberships && t.before.invitations == t.after.invitations;
        ensure!(same, "changed, and not started over");
        return Ok(());
    };
    let old = &link.user_id;
    ensure!(!t.after.memberships.values().any(|m| m.user_id == *old), "{old} is still a member");
    for new in t.changed.memberships.iter().filter_map(|(_, new)| *new) {
        let was = t.before.membership(&new.account_id, old).filter(|was| was.state == "invited");
        let state = if new.account_id == link.account_id { "active" } else { "invited" };
        ensure!(was.is_some_and(|was| was.rank == new.rank) && new.state == state, "{was:?} became {new:?}");
    }
    for &(old_row, new) in &t.changed.invitations {
        let moved = |row: &Invitation| Invitation { user_id: String::new(), ..row.clone() };
        let there = |state: &State, row: &Invitation| state.invitations.values().any(|one| moved(one) == moved(row));
        let by_them = |row: &Invitation| row.invited_by.as_ref() == Some(old);
        let right = match (old_row, new) {
            (Some(row), None) => row.token_hash == link.token_hash || by_them(row) || there(t.after, row),
            (None, Some(row)) => there(t.before, row),
            _ => false,
        };
        ensure!(right, "{old_row:?} became {new:?}");
    }
    Ok(())
}

fn members(job: &Job, t: &Transaction<'_>) -> Verdict {
    // How far someone is with two-factor login follows them into each account.
    let factor = t.is(&FACTOR) || t.is(&["two_factor_enabled"]);
    for &(old, new) in &t.changed.memberships {
        let Some(row) = old.or(new) else { continue };
        let asked = match (old, new) {
            (Some(old), Some(new)) if old.exempt_until != new.exempt_until => exempt(job, t, old, new),
            (Some(old), Some(new)) if (old.rank, &old.state, &old.name) == (new.rank, &new.state, &new.name) => factor,
            (Some(old), Some(new)) if old.state == "invited" && new.state == "active" => {
                old.rank == new.rank && t.is(&["member_joined"]) && is_invited(job, t, new)
            }
            (Some(old), Some(new)) if old.state == "invited" => {
                old.state == new.state && t.is(&["member_invited", "member_changed"])
            }
            (Some(_), Some(_)) => t.is(&["member_changed"]),
            (None, Some(new)) => new.state == "invited" && t.is(&["member_invited"]),
            (Some(_), None) => t.is(&["member_removed"]),
            (None, None) => true,
        };
        let swept = matches!(job.act, Act::Tick);
        let theirs = swept || t.target() == Some(&row.user_id);
        let here = factor || swept || t.written.iter().any(|written| written.account_id == row.account_id);
        ensure!(asked && theirs && here, "{old:?} became {new:?} by {:?}", job.act);
    }
    Ok(())
}

/// Whether someone is exempt as an admin has it who has power over them wherever they belong, or no more a day after its end.
fn exempt(job: &Job, t: &Transaction<'_>, old: &Membership, new: &Membership) -> bool {
    const DAY: i64 = 24 * 3_600_000;
    let rest = Membership { exempt_until: old.exempt_until, ..new.clone() } == *old;
    let right = match &job.act {
        Act::Tick => new.exempt_until.is_none() && old.exempt_until.is_some_and(|until| until <= job.now - DAY),
        Act::Exempt { account, until, .. } => {
            let power = t.actor().is_some_and(|actor| {
                let mut joined =
                    t.before.memberships.values().filter(|m| m.user_id == new.user_id && m.state != "invited");
                joined.all(|m| t.before.rank(&m.account_id, actor) >= m.rank.max(2))
            });
            let set = match until {
                Some(until) => t.is(&["exempted"]) && new.exempt_until == Some(*until) && *until <= job.now + 90 * DAY,
                None => t.is(&["exemption_ended"]) && new.exempt_until == Some(job.now),
            };
            power && set && new.account_id == *account && !t.before.has_authenticator(&new.user_id)
        }
        _ => false,
    };
    rest && right
}

/// Whether whoever joins was invited there by the link that they show.
fn is_invited(job: &Job, t: &Transaction<'_>, new: &Membership) -> bool {
    let Act::Join { token, .. } = &job.act else { return false };
    invitation(t.before, token).is_some_and(|link| {
        (&link.account_id, &link.user_id) == (&new.account_id, &new.user_id) && link.expires_at > job.now
    })
}

fn invitations(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.invitations {
        let Some(row) = old.or(new) else { continue };
        let of_target = t.target() == Some(&row.user_id);
        let asked = match new {
            None => t.done.is_some() && oracle.taken.contains(&row.token_hash),
            // It rests on the power of whoever made it.
            Some(new) if t.is(&["member_invited"]) => of_target && new.invited_by.as_ref() == t.actor(),
            // Where it was mailed to is not the address any more.
            Some(new) if t.is(&["email_changed", "email_undone"]) => {
                let over = |old: &Invitation| Invitation { expires_at: 0, ..old.clone() };
                of_target && new.mailed == 1 && old.map(over).as_ref() == Some(new)
            }
            Some(_) => of_target && t.is(&["member_changed"]) && old.is_some(),
        };
        ensure!(asked, "{old:?} became {new:?} by {:?}", job.act);
    }
    Ok(())
}

fn tokens(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.api_tokens {
        let asked = match (old, new) {
            (Some(old), Some(new)) => {
                let used = ApiToken { last_used_at: new.last_used_at, ..old.clone() };
                *new == used && job.bearer.as_ref() == Some(&new.token_hash)
            }
            (Some(old), None) => {
                let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                lapsed
                    || t.is(&[
                        "token_revoked",
                        "member_removed",
                        "member_changed",
                        "password",
                        "password_reset",
                        "not_me",
                    ])
                    || t.is(&FACTOR)
                    || t.is(&["email_undone"])
            }
            (None, Some(new)) => t.is(&["token_made"]) && t.actor() == Some(&new.user_id),
            (None, None) => true,
        };
        ensure!(asked, "{old:?} became {new:?} by {:?}", job.act);
    }
    Ok(())
}

/// Whether an admin's act was theirs to do.
fn authority(job: &Job, t: &Transaction<'_>) -> Verdict {
    let Some((account, actor)) = t.admins_act(job) else { return Ok(()) };
    let own = t.before.rank(account, actor);
    ensure!(t.is_told(account) && own > 1, "{actor} is no admin of {account}: {:?}", job.act);
    match &job.bearer {
        None => {
            let theirs = t.own.is_some_and(|session| session.user_id == actor && session.site == "admin");
            ensure!(theirs, "not by the session of {actor}: {:?}", job.act);
        }
        Some(hash) => {
            let token = t.before.api_tokens.get(hash);
            let theirs = token.is_some_and(|token| token.user_id == actor && token.account_id == account);
            let waits = t.before.users[actor].must_enrol == 1;
            ensure!(theirs && job.token_good && !waits, "not by the token of {actor}: {:?}", job.act);
        }
    }
    let granted = match &job.act {
        Act::Change { role: Some(name), .. } | Act::Invite { role: name, .. } => rank_of_role(name),
        _ => 0,
    };
    let target = target_of(t.before, &job.act);
    let held = target.and_then(|user| t.before.membership(account, user)).map_or(0, |m| m.rank);
    ensure!(granted <= own && held <= own, "above their rank: {:?}", job.act);
    let their_own = matches!(job.act, Act::Reset { .. } | Act::Restore { .. } | Act::Exempt { .. })
        && target.is_some_and(|user| user == actor);
    ensure!(!their_own, "their own: {:?}", job.act);
    Ok(())
}

/// Whom an admin's act is done to.
fn target_of<'s>(state: &'s State, act: &'s Act) -> Option<&'s String> {
    match act {
        Act::Invite { email, .. } => state.user_at(email).map(|user| &user.id),
        Act::Exempt { user, .. }
        | Act::Reset { user, .. }
        | Act::Restore { user, .. }
        | Act::Change { user, .. }
        | Act::Remove { user, .. } => Some(user),
        _ => None,
    }
}
