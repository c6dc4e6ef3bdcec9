//! FORGOTTEN: a mailed link sets a password once, within half an hour, for the address that it was mailed to. It ends all that
//! was begun before, and neither touches a second factor nor stands in for one.

use super::*;
use crate::simulation::{
    oracle::transaction::{HOUR, MINUTE},
    rows::Link,
};

pub struct Forgotten;

impl Judge for Forgotten {
    fn promise(&self) -> &'static str {
        "a mailed link sets a password, once, and opens nothing"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let of_reset = |link: Option<&Link>| link.is_some_and(|link| link.kind == "reset");
        for &(old, new) in t.changed.links.iter().filter(|(old, new)| of_reset(*old) || of_reset(*new)) {
            changed(job, t, old, new)?;
        }
        let Some(user) = t.target().filter(|_| t.is(&["password_reset"])) else { return Ok(()) };
        let Act::SetPassword { token, .. } = &job.act else { return Err(format!("a password set by {:?}", job.act)) };
        let key = hash(token, "reset");
        let (was, is) = (t.before.links.get(&key), t.after.links.get(&key));
        let good = was.is_some_and(|link| {
            let lately = link.created_at > job.now - 30 * MINUTE;
            (link.kind.as_str(), &link.user_id, link.used_at) == ("reset", user, None)
                && link.email == t.before.users[user].email
                && lately
        });
        ensure!(good, "a password set by {was:?}");
        ensure!(is.is_some_and(|link| link.used_at == Some(job.now)), "it is not used up: {is:?}");
        let (before, after) = (t.before, t.after);
        let alive =
            after.links.values().find(|link| link.user_id == *user && link.kind == "reset" && link.used_at.is_none());
        ensure!(alive.is_none(), "another link lives on: {alive:?}");
        let sessions = after.sessions.values().any(|row| row.user_id == *user);
        let tokens = after.api_tokens.values().any(|row| row.user_id == *user);
        let browsers = after.browsers.values().any(|row| row.user_id == *user);
        let set_ups = after.enrolments.values().any(|row| row.user_id == *user);
        let invitations = after.invitations.values().any(|row| row.invited_by.as_ref() == Some(user));
        let left = (sessions, tokens, browsers, set_ups, invitations);
        let none = (false, false, false, false, false);
        ensure!(left == none, "sessions, tokens, browsers, set-ups, invitations live on: {left:?}");
        let factors = before.authenticators == after.authenticators && before.recovery_codes == after.recovery_codes;
        let asks = |state: &State| {
            let user = &state.users[user];
            (user.two_factor_chosen, user.must_enrol, user.code_failures, user.codes_kept.clone())
        };
        let same = factors && asks(before) == asks(after) && before.code_attempts == after.code_attempts;
        ensure!(same, "the second factor of {user} is another: {:?} became {:?}", asks(before), asks(after));
        Ok(())
    }
}

/// A link comes of a mail, is used by whoever sets a password, and goes after a day.
fn changed(job: &Job, t: &Transaction<'_>, old: Option<&Link>, new: Option<&Link>) -> Verdict {
    match (old, new) {
        (None, Some(new)) => {
            // A way back leads to a new password.
            let back = t.is_of(&new.user_id, &["email_undone"]) && matches!(job.act, Act::UndoEmail { .. });
            let user = if back { &t.after.users[&new.user_id] } else { &t.before.users[&new.user_id] };
            let theirs = user.email == new.email && user.password_phc.is_some() && new.kind == "reset";
            let made = (back || matches!(job.act, Act::Tick))
                && new.used_at.is_none()
                && new.expires_at == new.created_at + HOUR / 2;
            ensure!(theirs && made, "{new:?} by {:?}", job.act);
            let within = |ms: i64| {
                let lately = |link: &&Link| link.created_at > job.now - ms && link.browser == new.browser;
                t.before
                    .links
                    .values()
                    .filter(|link| link.user_id == user.id && link.kind == "reset")
                    .filter(lately)
                    .count()
            };
            let most = if within(24 * HOUR) < 10 { 3 } else { 1 };
            ensure!(back || within(HOUR) < most, "one more for {}: {new:?}", user.id);
        }
        (Some(old), Some(new)) => {
            let used = Link { used_at: Some(job.now), ..old.clone() } == *new && old.used_at.is_none();
            let ended = Link { used_at: Some(old.created_at), ..old.clone() } == *new && old.used_at.is_none();
            let by = t.is_of(&old.user_id, &["password", "two_factor_reset", "break_glass", "email_changed"]);
            ensure!(
                ended && by || used && t.is_of(&old.user_id, &["password_reset", "email_undone"]),
                "{old:?} became {new:?} by {:?}",
                job.act
            );
        }
        (Some(old), None) => {
            let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now - 24 * HOUR;
            ensure!(lapsed || t.is_of(&old.user_id, &["started_over"]), "a link went: {old:?} by {:?}", job.act);
        }
        (None, None) => {}
    }
    Ok(())
}
