//! NOT_ME: the link of a notice ends everything of a login and nothing else, once, and once a day for a person. The password opens
//! nothing from then on, until another is set by mail or an admin restores it who has power over its person wherever it opens something.

use super::*;
use crate::simulation::{
    oracle::transaction::HOUR,
    rows::{Link, User},
};

pub struct NotMe;

impl Judge for NotMe {
    fn promise(&self) -> &'static str {
        "the link of a notice stops a login, all of it and nothing else, and a stopped password opens nothing"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let same = t.before == t.after && t.written.is_empty();
        ensure!(same || !matches!(job.act, Act::Scan { .. }), "something was changed by {:?}", job.act);
        for &(old, new) in &t.changed.links {
            link(job, t, old, new)?;
        }
        for &(old, new) in &t.changed.users {
            let (Some(old), Some(new)) = (old, new) else { continue };
            let by: &[&str] = match new.password_stopped_at {
                Some(_) => &["not_me"],
                None => &["password_reset", "password_restored"],
            };
            let right = old.password_stopped_at == new.password_stopped_at || t.is_of(&new.id, by);
            ensure!(right, "the password: {old:?} became {new:?} by {:?}", job.act);
        }
        let Some(user) = t.target().filter(|_| t.is(&["not_me"])) else {
            let set = t.target().filter(|_| t.is(&["password_reset"]));
            let stopped = set.filter(|user| t.after.users[*user].password_stopped_at.is_some());
            ensure!(stopped.is_none(), "a new password opens nothing: {stopped:?}");
            return Ok(());
        };
        by_link(oracle, job, t, user)?;
        ends(job, t, user)?;
        spares(job, t, user)
    }

    fn rows(&self, state: &State) -> Verdict {
        let stopped = |session: &&Session| state.users[&session.user_id].password_stopped_at.is_some();
        let session = state.sessions.values().find(stopped);
        ensure!(session.is_none(), "a session of a stopped password: {session:?}");
        Ok(())
    }
}

/// It was mailed to the address that they have now, within three days, and none was used within one.
fn by_link(oracle: &Oracle, job: &Job, t: &Transaction<'_>, user: &String) -> Verdict {
    let Act::NotMe { token } = &job.act else { return Err(format!("stopped by {:?}", job.act)) };
    let was = t.before.links.get(&hash(token, "not_me"));
    let good = was.is_some_and(|link| {
        let theirs =
            (link.kind.as_str(), &link.user_id) == ("not_me", user) && link.email == t.before.users[user].email;
        theirs && link.used_at.is_none() && link.created_at > job.now - 72 * HOUR
    });
    ensure!(good && oracle.posted.get(token) == was.map(|link| &link.email), "stopped by {was:?}");
    let lately =
        |link: &&Link| link.user_id == *user && link.kind == "not_me" && link.used_at > Some(job.now - 24 * HOUR);
    let before = t.before.links.values().find(lately);
    ensure!(before.is_none(), "stopped a second time in a day: {before:?}");
    let used = t.after.links.get(&hash(token, "not_me")).and_then(|link| link.used_at);
    ensure!(used == Some(job.now), "the link is not used up: {used:?}");
    Ok(())
}

/// Nothing that was begun with the login is left, and each of its accounts reads of it.
fn ends(job: &Job, t: &Transaction<'_>, user: &String) -> Verdict {
    let after = t.after;
    let left = (
        after.sessions.values().any(|row| row.user_id == *user),
        after.enrolments.values().any(|row| row.user_id == *user),
        after.browsers.values().any(|row| row.user_id == *user),
        after.api_tokens.values().any(|row| row.user_id == *user),
        after.invitations.values().any(|row| row.invited_by.as_ref() == Some(user)),
    );
    let none = (false, false, false, false, false);
    ensure!(left == none, "sessions, set-ups, browsers, tokens, invitations live on: {left:?}");
    for m in t.before.memberships.values().filter(|m| m.user_id == *user && m.state != "invited") {
        ensure!(t.is_told(&m.account_id), "{} is not told of {:?}", m.account_id, job.act);
    }
    Ok(())
}

/// What lasts stays, and all of everyone else.
fn spares(job: &Job, t: &Transaction<'_>, user: &String) -> Verdict {
    let (before, after) = (t.before, t.after);
    let same = before.memberships == after.memberships
        && before.accounts == after.accounts
        && before.authenticators == after.authenticators
        && before.recovery_codes == after.recovery_codes
        && before.service_tokens == after.service_tokens
        && before.code_attempts == after.code_attempts
        && before.password_budgets == after.password_budgets;
    ensure!(same, "more than is begun with the login of {user} is gone");
    let stopped = |old: &User| User { password_stopped_at: Some(job.now), ..old.clone() };
    let only = t
        .changed
        .users
        .iter()
        .all(|&(old, new)| old.is_some_and(|old| old.id == *user) && old.map(stopped).as_ref() == new);
    ensure!(only, "more than the password of {user} is stopped: {:?}", t.changed.users);
    let others = t.changed.sessions.iter().filter_map(|(old, _)| *old).any(|row| row.user_id != *user)
        || t.changed.enrolments.iter().filter_map(|(old, _)| *old).any(|row| row.user_id != *user)
        || t.changed.browsers.iter().filter_map(|(old, _)| *old).any(|row| row.user_id != *user)
        || t.changed.api_tokens.iter().filter_map(|(old, _)| *old).any(|row| row.user_id != *user)
        || t.changed.invitations.iter().filter_map(|(old, _)| *old).any(|row| row.invited_by.as_ref() != Some(user));
    ensure!(!others, "something of others ends with the login of {user}");
    Ok(())
}

/// A link comes of a mail, is used by its button alone, and goes a day after it has lapsed.
fn link(job: &Job, t: &Transaction<'_>, old: Option<&Link>, new: Option<&Link>) -> Verdict {
    let Some(row) = old.or(new).filter(|link| link.kind == "not_me") else { return Ok(()) };
    let right = match (old, new) {
        (None, Some(new)) => {
            let user = &t.before.users[&new.user_id];
            let theirs = user.email == new.email && user.password_phc.is_some() && new.used_at.is_none();
            theirs && matches!(job.act, Act::Tick) && new.expires_at == new.created_at + 72 * HOUR
        }
        (Some(old), Some(new)) => {
            let used = Link { used_at: Some(job.now), ..old.clone() } == *new && old.used_at.is_none();
            let shown = matches!(&job.act, Act::NotMe { token } if hash(token, "not_me") == new.token_hash);
            used && shown && t.is_of(&new.user_id, &["not_me"])
        }
        _ => matches!(job.act, Act::Tick) && row.expires_at <= job.now - 24 * HOUR || t.starts_over(&row.user_id),
    };
    ensure!(right, "{old:?} became {new:?} by {:?}", job.act);
    Ok(())
}
