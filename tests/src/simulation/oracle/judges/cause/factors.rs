//! CAUSE, for authenticators, recovery codes, set-ups and known browsers.

use crate::simulation::{
    actors::Act,
    oracle::{
        Oracle,
        job::Job,
        judges::{Verdict, ensure},
        transaction::{GONE, Transaction},
    },
    rows::Authenticator,
};

pub fn judge(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    authenticators(job, t)?;
    for &(old, new) in &t.changed.recovery_codes {
        let Some(old) = old.filter(|_| new.is_none()) else { continue };
        let may = t.is(&GONE) || t.is(&["enrol", "recovery_codes"]);
        ensure!(may && t.target() == Some(&old.user_id), "a recovery code went: {old:?}");
    }
    set_ups(job, t)?;
    browsers(oracle, job, t)
}

fn authenticators(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.authenticators {
        match (old, new) {
            // A code of it was used up, or one was shown too early.
            (Some(old), Some(new)) => {
                let theirs = t.own.is_some_and(|own| own.user_id == new.user_id)
                    || matches!(job.act, Act::Verify { .. } | Act::Reauth { .. }) && t.target() == Some(&new.user_id);
                ensure!(theirs, "someone else's {old:?} became {new:?}");
                let rest = Authenticator {
                    last_step: new.last_step,
                    last_used_at: new.last_used_at,
                    burned_steps: new.burned_steps.clone(),
                    ..old.clone()
                };
                ensure!(rest == *new, "{old:?} became {new:?}");
            }
            (Some(old), None) => {
                let locked = t.before.users[&old.user_id].code_failures >= 100;
                let named = matches!(&job.act, Act::Confirm { replaces, .. } if *replaces == old.id);
                let replaced = t.is(&["enrol"]) && (locked || named);
                let removed = matches!(&job.act, Act::RemoveAuthenticator { id } if *id == old.id && t.done.is_some());
                let theirs = t.target() == Some(&old.user_id);
                ensure!((replaced || removed || t.is(&GONE)) && theirs, "an authenticator went: {old:?}");
            }
            (None, _) => {}
        }
    }
    Ok(())
}

fn set_ups(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.enrolments {
        if let Some(new) = new {
            let own = t.own.filter(|own| own.id == new.session_id && own.user_id == new.user_id);
            let began = matches!(job.act, Act::Begin) && own.is_some();
            let lapsed = old.is_none_or(|old| old.expires_at <= job.now);
            ensure!(began && lapsed, "a set-up out of nothing: {new:?}");
        } else if let Some(old) = old {
            let ended = !t.after.sessions.contains_key(&old.session_id);
            let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
            let proves = |user: &str| t.is_of(user, &["verify", "recovery", "reauth"]);
            let proven = t.own.is_some_and(|own| own.id == old.session_id && proves(&own.user_id));
            let may = ended
                || lapsed
                || proven
                || t.is_of(
                    &old.user_id,
                    &["enrol", "two_factor_disabled", "password", "password_reset", "email_undone"],
                );
            ensure!(may, "a set-up went: {old:?}");
        }
    }
    Ok(())
}

/// A browser becomes known by signing in, five at most, and ends with what it was known by.
fn browsers(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.browsers {
        match (old, new) {
            (None, Some(new)) => {
                let logs_in = t.is_of(&new.user_id, &["login", "verify", "recovery", "reauth", "enrol"]);
                ensure!(logs_in && new.created_at == job.now, "a known browser out of nothing: {new:?}");
            }
            (Some(old), None) => {
                let sixth = t.after.browsers.values().any(|new| {
                    new.user_id == old.user_id && new.created_at == job.now && !t.before.browsers.contains_key(&new.id)
                });
                let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                let ends = [
                    "password",
                    "two_factor_enabled",
                    "authenticator_removed",
                    "sessions_ended",
                    "enrol",
                    "email_changed",
                ];
                let own = t.own.is_some_and(|own| own.browser == old.id);
                let known_by_less = t.is(&["enrol"]) || t.is(&["two_factor_enabled"]) && t.news.second_factor.is_none();
                let ended = t.is_of(&old.user_id, &ends) && (!own || known_by_less);
                // Another has taken its place by the same form.
                let mut sessions =
                    t.changed.sessions.iter().filter_map(|&(session, now)| session.filter(|_| now.is_none()));
                let twin = sessions.any(|session| session.browser == old.id && oracle.twin(job, session));
                let gone = t.is_of(&old.user_id, &GONE)
                    || t.is_of(&old.user_id, &["password_reset", "not_me", "email_undone"]);
                let may = lapsed || ended || twin || gone;
                let theirs = t.before.browsers.values().filter(|one| one.user_id == old.user_id);
                ensure!(may || sixth && theirs.count() >= 5, "a browser was forgotten: {old:?}");
            }
            (old, new) => ensure!(false, "{old:?} became {new:?}"),
        }
    }
    Ok(())
}
