//! CAUSE: every row that changes is changed by someone who may: the person in their own session, whoever tries a code or a
//! password, an admin of the account, or time. Here sessions, users and attempts; [`factors`] and [`accounts`] have files.

mod accounts;
mod factors;

use super::*;
use crate::simulation::{
    oracle::{
        job::Stage,
        transaction::{HOUR, Proof},
    },
    rows::Membership,
};

pub struct Cause;

impl Judge for Cause {
    fn promise(&self) -> &'static str {
        "nothing changes except by someone who may change it"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        attempts(oracle, job, t)?;
        factors::judge(oracle, job, t)?;
        sessions(job, t)?;
        users(oracle, job, t)?;
        accounts::judge(oracle, job, t)
    }

    fn answer(&self, _: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let still_in = matches!(job.act, Act::Logout) && answer.ok && answer.session.is_some();
        ensure!(!still_in, "signed out, and still in");
        Ok(())
    }
}

/// Whoever tries a code or a password is counted, and nobody else.
fn attempts(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.code_attempts {
        let Some(new) = new.filter(|_| old.is_none()) else { continue };
        let theirs = t.charge(job).is_some_and(|(row, own, _)| row.id == new.id && own.user_id == new.user_id);
        ensure!(theirs && new.at == job.now, "{new:?} for no attempt of {:?}", job.act);
    }
    for new in t.changed.password_budgets.iter().filter_map(|(_, new)| *new) {
        ensure!(Oracle::address(job).is_some(), "{new:?} for no attempt of {:?}", job.act);
    }
    for &(old, new) in &t.changed.floods {
        let Some(row) = old.or(new) else { continue };
        let by = match &job.budget {
            _ if let Act::Forgot { email } | Act::Email { email } = &job.act => {
                oracle.asked_for(job, email).contains(&row.subject)
            }
            Some((subject, _)) => [subject, &job.network].contains(&&row.subject),
            None => {
                let lapsed = old.is_some_and(|row| row.tried_at <= job.now - HOUR) && new.is_none();
                lapsed && matches!(job.act, Act::Tick)
            }
        };
        ensure!(by, "{old:?} became {new:?} by {:?}", job.act);
    }
    Ok(())
}

/// A session goes on by what its own user does in it, and ends by whoever may end it.
fn sessions(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.sessions {
        match (old, new) {
            (Some(old), Some(new)) if old.token_hash == new.token_hash => seen_again(job, t, old, new)?,
            (Some(old), Some(new)) => {
                let own = job.cookie.as_ref() == Some(&old.token_hash);
                ensure!(own, "someone else's {old:?} became {new:?}");
            }
            (Some(old), None) => {
                ensure!(may_end(job, t, old), "a session ended without cause: {old:?} by {:?}", job.act);
            }
            (None, _) => {}
        }
    }
    Ok(())
}

/// Under the same token only its attempts change, when it was last seen, and whether its person was told of it.
fn seen_again(job: &Job, t: &Transaction<'_>, old: &Session, new: &Session) -> Verdict {
    let own = job.cookie.as_ref() == Some(&old.token_hash);
    let returned = t.news.returned && job.session.as_ref() == Some(&old.id);
    // A code that was compared stays one of its login's five, even a used one.
    let code = matches!(job.act, Act::Verify { .. } | Act::Recovery { .. });
    let uncompared = code && job.seen.is_some_and(|seen| seen.stage != Stage::Verify);
    let attempts = if t.news.charged && own {
        old.attempts + 1
    } else if returned && uncompared {
        (old.attempts - 1).max(0)
    } else {
        old.attempts
    };
    // Its person is told of it once: when its code is overdue, or by its fifth.
    let overdue = matches!(job.act, Act::Tick);
    let told = if overdue || t.news.charged && own { new.told.max(old.told) } else { old.told };
    // Whoever gives up the last of their own power ends the session by which they do.
    let left = |m: &Membership| t.after.barred.contains_key(&format!("{}/{}", old.id, m.account_id));
    let over = own && t.news.barred.iter().any(|(id, _)| *id == old.id) && t.after.active(&old.user_id).all(left);
    let expires_at = if over { job.now } else { old.expires_at };
    let same = Session { last_seen_at: new.last_seen_at, attempts, expires_at, told, ..old.clone() } == *new
        && new.last_seen_at >= old.last_seen_at
        && (own || new.last_seen_at == old.last_seen_at);
    ensure!(same && (own || returned || overdue), "{old:?} became {new:?} under the same token");
    Ok(())
}

/// Whether a session may have ended: by its own user, by its time, or by an admin.
fn may_end(job: &Job, t: &Transaction<'_>, session: &Session) -> bool {
    let own = t.own.filter(|own| own.user_id == session.user_id);
    let other = own.is_some_and(|own| own.id != session.id);
    let shown = job.cookie.as_ref() == Some(&session.token_hash);
    match &job.act {
        Act::Login { email, .. } => shown || t.before.users[&session.user_id].email == *email,
        Act::Logout | Act::Join { password: Some(_), .. } => shown,
        Act::StartOver { .. } => shown || t.starts_over(&session.user_id),
        Act::Tick => session.expires_at <= job.now,
        Act::EndSession { id } => own.is_some() && *id == session.id,
        Act::EndOthers
        | Act::Confirm { .. }
        | Act::Disable
        | Act::RemoveAuthenticator { .. }
        | Act::Password { .. }
        | Act::ConfirmEmail { .. } => other && t.done.is_some(),
        Act::Reset { .. }
        | Act::Recover { .. }
        | Act::Remove { .. }
        | Act::Change { .. }
        | Act::SetPassword { .. }
        | Act::NotMe { .. }
        | Act::UndoEmail { .. } => t.target() == Some(&session.user_id) && t.done.is_some(),
        _ => false,
    }
}

/// Names, passwords and switches.
fn users(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.users {
        let (Some(old), Some(new)) = (old, new) else { continue };
        let target = t.target() == Some(&new.id);
        let moved = t.is_of(&new.id, &["email_changed", "email_undone"]);
        ensure!(old.email == new.email || moved, "{old:?} became {new:?}");
        if old.name != new.name {
            let first = t.is(&["member_joined"]) && old.password_phc.is_none();
            ensure!(target && (t.is(&["renamed"]) || first), "renamed: {old:?} became {new:?}");
        }
        if old.password_phc != new.password_phc {
            let set = match &job.act {
                // The same password, hashed anew.
                Act::Login { password, .. } => {
                    t.is(&["login"]) && oracle.is_password(old, password) && oracle.is_password(new, password)
                }
                Act::Password { current, new: next, .. } => {
                    t.is(&["password"]) && oracle.is_password(old, current) && oracle.is_password(new, next)
                }
                Act::Join { password: Some(password), .. } => {
                    t.is(&["member_joined"]) && old.password_phc.is_none() && oracle.is_password(new, password)
                }
                Act::SetPassword { new: next, .. } => {
                    t.is(&["password_reset"]) && old.password_phc.is_some() && oracle.is_password(new, next)
                }
                Act::UndoEmail { .. } => t.is(&["email_undone"]),
                _ => false,
            };
            ensure!(target && set, "another password: {old:?} became {new:?}");
        }
        if old.two_factor_chosen != new.two_factor_chosen {
            let actions: &[&str] =
                if new.two_factor_chosen == 1 { &["enrol", "two_factor_enabled"] } else { &["two_factor_disabled"] };
            ensure!(target && t.is(actions), "the switch: {old:?} became {new:?}");
        }
        if old.codes_kept != new.codes_kept {
            let by_act = match (&job.act, new.codes_kept.as_str()) {
                (Act::Kept { code }, "kept") => {
                    let macs = oracle.macs(code, &new.id);
                    t.after.recovery_codes.values().any(|c| c.used_at.is_none() && macs.contains(&c.mac))
                }
                (Act::Later, "postponed") => old.codes_kept == "due",
                (_, "due") => target && t.is(&["enrol", "recovery_codes"]),
                // Whoever uses one has kept them.
                (Act::Recovery { .. } | Act::Reauth { .. }, "kept") => {
                    target && t.news.proof.and_then(Proof::factor) == Some("recovery")
                }
                (_, "kept") => target && t.is(&["two_factor_reset", "break_glass", "two_factor_disabled"]),
                _ => false,
            };
            let by_person = matches!(job.by, By::Itself | By::Page) || !job.act.for_people();
            ensure!(by_act && by_person, "recovery codes kept: {old:?} became {new:?}");
        }
    }
    Ok(())
}
