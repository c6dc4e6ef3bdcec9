//! ADDRESSED: someone's address becomes one whose mail was read, by a session of theirs; and comes back by a link that was mailed to
//! the one before, for seven days, whatever was done since. Who changed it keeps nothing then, and nobody else gets it meanwhile.

use super::*;
use crate::simulation::{
    oracle::{job::Stage, transaction::HOUR},
    rows::{Link, User},
};

pub struct Addressed;

const WEEK: i64 = 7 * 24 * HOUR;

impl Judge for Addressed {
    fn promise(&self) -> &'static str {
        "an address is whoever's read its mail, and a change that is undone leaves no power"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        for &(old, new) in &t.changed.links {
            if old.or(new).is_some_and(|link| link.kind.starts_with("email")) {
                link(oracle, job, t, old, new)?;
            }
        }
        for &(old, new) in &t.changed.users {
            let Some(new) = new else { continue };
            let kept = waits(t, job.now).find(|link| link.email == new.email && link.user_id != new.id);
            let same = old.is_some_and(|old| old.email == new.email);
            ensure!(same || kept.is_none(), "{new:?} has an address that is kept: {kept:?}");
            match old {
                Some(old) if !same => moved(oracle, job, t, old, new)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The links that put an address back, as they were.
fn waits<'t>(t: &Transaction<'t>, now: i64) -> impl Iterator<Item = &'t Link> {
    let waits = move |link: &&Link| link.kind == "email_undo" && link.used_at.is_none() && link.expires_at > now;
    t.before.links.values().filter(waits)
}

/// The token of the link that the request shows.
fn token(job: &Job) -> Option<(&String, &str)> {
    match &job.act {
        Act::ConfirmEmail { token } => Some((token, "email")),
        Act::UndoEmail { token } => Some((token, "email_undo")),
        _ => None,
    }
}

/// The link that the request shows, as it was and as it is.
fn shown<'t>(job: &Job, t: &Transaction<'t>) -> Option<(&'t Link, &'t Link)> {
    let (token, kind) = token(job)?;
    let key = hash(token, kind);
    t.before.links.get(&key).zip(t.after.links.get(&key))
}

/// Another address.
fn moved(oracle: &Oracle, job: &Job, t: &Transaction<'_>, old: &User, new: &User) -> Verdict {
    let Some((was, is)) = shown(job, t) else { return Err(format!("{old:?} became {new:?} by no link")) };
    let read = token(job).and_then(|(token, _)| oracle.posted.get(token)) == Some(&new.email);
    let lasts = if was.kind == "email" { HOUR } else { WEEK };
    let good = was.user_id == new.id && was.used_at.is_none() && was.created_at > job.now - lasts;
    ensure!(read && good && is.used_at == Some(job.now), "{old:?} became {new:?} by {was:?}, {is:?} by now");
    let (before, after) = (t.before, t.after);
    let others =
        after.sessions.values().filter(|one| one.user_id == new.id && Some(&one.id) != t.own.map(|own| &own.id));
    ensure!(others.count() == 0, "sessions of {} live on", new.id);
    if was.kind == "email" {
        let own = t.own.filter(|own| own.user_id == new.id);
        let stage = job.seen().stage;
        ensure!(own.is_some() && stage == Stage::Full, "another address by a session in {stage:?}: {own:?}");
        ensure!(new.email_proven_at == Some(job.now), "not proven: {new:?}");
        let back = waits(t, job.now).any(|link| link.email == new.email && link.user_id == new.id);
        let told = |link: &Link| link.kind == "email_undo" && link.email == old.email && link.created_at == job.now;
        let way = after.links.values().any(|link| link.user_id == new.id && link.used_at.is_none() && told(link));
        ensure!(back != way, "back to a kept address: {back}, a way back to {}: {way}", old.email);
        return Ok(());
    }
    ensure!(new.email_proven_at == was.proven_at, "proven otherwise than before: {new:?}");
    let of = |user: &String| *user == new.id;
    let sessions = after.sessions.values().any(|row| of(&row.user_id));
    let tokens = after.api_tokens.values().any(|row| of(&row.user_id));
    let browsers = after.browsers.values().any(|row| of(&row.user_id));
    let set_ups = after.enrolments.values().any(|row| of(&row.user_id));
    let invitations = after.invitations.values().any(|row| row.invited_by.as_ref().is_some_and(of));
    let alive = |link: &&Link| of(&link.user_id) && link.used_at.is_none();
    let later = |link: &&Link| {
        // A notice says which address it went to, and stops nothing under another.
        alive(link)
            && link.kind != "not_me"
            && (link.kind != "email_undo" || link.created_at >= was.created_at)
            && before.links.contains_key(&link.token_hash)
    };
    let link = after.links.values().find(later);
    ensure!(link.is_none(), "a link lives on: {link:?}");
    let left = (sessions, tokens, browsers, set_ups, invitations);
    ensure!(
        left == (false, false, false, false, false),
        "sessions, tokens, browsers, set-ups, invitations live on: {left:?}"
    );
    ensure!(old.password_phc != new.password_phc, "the password lives on");
    Ok(())
}

/// A link comes of its person asking for it or of a change, ends with the first that is used, and goes after a day.
fn link(oracle: &Oracle, job: &Job, t: &Transaction<'_>, old: Option<&Link>, new: Option<&Link>) -> Verdict {
    match (old, new) {
        (None, Some(new)) if new.kind == "email" => {
            let own = t.own.filter(|own| own.user_id == new.user_id);
            let seen = oracle.look(t.before, own, job.site, job.now);
            let every =
                own.is_some_and(|own| oracle.has_second_factor(own)) || !t.before.has_authenticator(&new.user_id);
            // An account may ask for more since it was read.
            let may = matches!(job.act, Act::Email { .. }) && job.seen().stage == Stage::Full && seen.fresh && every;
            ensure!(may && new.expires_at == job.now + HOUR, "{new:?} by {:?} in {seen:?}", job.act);
            let within = |ms: i64| {
                let lately = |link: &&Link| {
                    link.user_id == new.user_id && link.kind == "email" && link.created_at > job.now - ms
                };
                t.before.links.values().filter(lately).count()
            };
            ensure!(within(HOUR) < 5 && within(24 * HOUR) < 10, "one more: {new:?}");
        }
        (None, Some(new)) => {
            let user = &t.before.users[&new.user_id];
            let made = t.is_of(&user.id, &["email_changed"])
                && new.email == user.email
                && new.proven_at == user.email_proven_at;
            ensure!(made && new.expires_at == job.now + WEEK, "{new:?} by {:?}", job.act);
        }
        (Some(old), Some(new)) => {
            let used = Link { used_at: Some(job.now), ..old.clone() } == *new && old.used_at.is_none();
            let by = t.is_of(&old.user_id, &["email_changed", "email_undone"]);
            // One that puts an address back ends with one that puts back an earlier one.
            let first = match &job.act {
                _ if old.kind == "email" => Some(old.created_at),
                Act::UndoEmail { .. } => shown(job, t).map(|(was, _)| was.created_at),
                _ => {
                    let email = &t.after.users[&old.user_id].email;
                    waits(t, job.now).filter(|one| one.email == *email).map(|one| one.created_at).min()
                }
            };
            ensure!(
                used && by && first.is_some_and(|first| first <= old.created_at),
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
