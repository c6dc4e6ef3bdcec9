//! KEPT_OUT: attempts are counted apart for known browsers, so that strangers use up only their own share. No attempt, login
//! or code of anyone else may keep an owner out.

use std::collections::{BTreeMap, BTreeSet};

use airlock::people::session::{BROWSER_COOKIE, BROWSER_TOKEN};

use super::*;
use crate::simulation::{
    oracle::{
        job::{Code, Stage},
        transaction::{Begins, MINUTE, QUARTER},
    },
    rows::Authenticator,
};

pub struct KeptOut;

impl Judge for KeptOut {
    fn promise(&self) -> &'static str {
        "only an owner's own attempts can keep the owner out"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        match t.begins {
            Begins::TriesCode => tries_code(oracle, job, t)?,
            Begins::TriesPassword => tries_password(oracle, job, t)?,
            _ => {}
        }
        charges(oracle, job, t)?;
        steps(job, t)?;
        browsers(oracle, job, t)?;
        sessions(oracle, job, t)
    }

    fn rows(&self, state: &State) -> Verdict {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for browser in state.browsers.values() {
            *known.entry(&browser.user_id).or_default() += 1;
        }
        for (user, known) in known {
            ensure!(known <= 5, "{known} known browsers of {user}");
        }
        Ok(())
    }

    fn sent(&self, oracle: &Oracle, job: &Job, response: &Response) -> Verdict {
        let Some(cookie) = cookie_set(response, BROWSER_COOKIE, BROWSER_TOKEN) else { return Ok(()) };
        let own = oracle.state.session_of(job.minted.as_deref());
        let real = own.is_some_and(|own| {
            let known = oracle.known.get(&own.browser);
            known.is_some_and(|known| known.token_hash == cookie && known.user_id == own.user_id)
        });
        // What a proof brought may have ended by the time that what waited is answered.
        let ended = own.is_none() && oracle.known.values().any(|known| known.token_hash == cookie);
        let over = job.proof.is_some() && (ended || oracle.taken.contains(&cookie));
        ensure!(real || over, "a browser that is not known");
        Ok(())
    }
}

/// A code is to be tried: it is charged, or there is a reason why not.
fn tries_code(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    let charged = t.after.code_attempts.len() > t.before.code_attempts.len();
    let Some(own) = t.own.filter(|_| !charged && !t.news.again) else { return Ok(()) };
    let user = &t.before.users[&own.user_id];
    let (all, unknown) = Oracle::counted(t.before, &user.id, job.now);
    let browser = oracle.browser_of(t.before, own, job.now);
    let proven = oracle.proven.get(&own.id);
    let second = matches!(job.act, Act::Verify { .. } | Act::Recovery { .. });
    let spent = proven.is_none_or(|proven| match proven.second_factor {
        None => own.attempts >= 5,
        // Nothing more is asked of it.
        Some(_) => second,
    }) || matches!(job.code(), Some(Code::OneTime(_))) && user.code_failures >= 100
        || all >= 10
        || unknown >= 5 && browser.is_empty()
        || !t.before.has_authenticator(&user.id)
        || t.news.stood.stage == Stage::None;
    ensure!(spent, "a code is refused after {all} wrong ones, {unknown} of strangers: {own:?}");
    // Whoever pretends to be them has left half of the attempts to the owner's own browser.
    let theirs = t.before.code_attempts.values().filter(|one| {
        // Within fifteen minutes, and none that came while this request took its time.
        let lately = one.user_id == user.id && one.at > job.now - QUARTER && one.at <= job.now;
        // In a browser whose cookies they stole they are the owner; one in which they completed a whole login is known.
        lately && one.browser.is_empty() && oracle.strangers.contains(&one.id)
    });
    let kept_out = job.honest && !browser.is_empty() && theirs.count() > 5;
    ensure!(!kept_out, "strangers have spent more than their half: {own:?}");
    Ok(())
}

/// The same for a password.
fn tries_password(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    let charges =
        |state: &State| -> BTreeSet<String> { state.password_budgets.values().map(|row| row.charge.clone()).collect() };
    let refused = charges(t.before) == charges(t.after);
    let Some(email) = Oracle::address(job).filter(|_| refused && !t.news.again) else { return Ok(()) };
    let (subject, source) = oracle.budget(t.before, job, &email);
    let row = t.before.password_budgets.get(&format!("{subject}/{source}"));
    let spent = row.is_some_and(|row| row.blocked_until > job.now)
        || source == job.network && Oracle::flooded(t.before, job, &subject).is_some();
    ensure!(spent, "a password of {email} from {source} is refused: {row:?}");
    Ok(())
}

/// An attempt is charged to whoever makes it.
fn charges(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    if let Some((new, own, _)) = t.charge(job) {
        let browser = oracle.browser_of(t.before, own, job.now);
        ensure!(new.browser == browser, "{new:?} of an attempt in '{browser}'");
        if let Act::Reauth { password, .. } = &job.act {
            let right = oracle.is_password(&t.before.users[&own.user_id], password);
            // It was right as it was compared; it may have been changed since.
            ensure!(right || job.password_right, "{new:?} without the password");
        }
    }
    for new in t.changed.password_budgets.iter().filter_map(|(_, new)| *new) {
        let Some(email) = Oracle::address(job) else { continue };
        let (subject, source) = oracle.budget(t.before, job, &email);
        let right = new.subject == subject && new.source == source;
        ensure!(right, "{new:?} for an attempt at {email} from {source}");
    }
    Ok(())
}

/// Steps that have not come yet are nobody's to take from the owner, except by the very code.
fn steps(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.authenticators {
        let (Some(old), Some(new)) = (old, new) else { continue };
        let steps = |one: &Authenticator| serde_json::from_str::<BTreeSet<i64>>(&one.burned_steps).unwrap();
        let burned = steps(new).difference(&steps(old)).count();
        if new.last_step == old.last_step {
            ensure!(burned <= 1 && !t.is(&["verify", "reauth"]), "{old:?} became {new:?}");
        } else {
            let ahead = new.last_step > job.compared_at / 30_000 + 1;
            ensure!(!ahead && burned == 0, "steps ahead are gone: {old:?} became {new:?}");
        }
    }
    Ok(())
}

/// A browser becomes known by a whole login, and for 90 days.
fn browsers(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.browsers {
        let Some(new) = new.filter(|_| old.is_none()) else { continue };
        let session = t.after.sessions.values().find(|session| session.browser == new.id);
        let whole = session.is_some_and(|session| {
            let has_one = t.after.has_authenticator(&new.user_id);
            let stage = oracle.look(t.after, Some(session), job.site, job.now).stage;
            let proven = oracle.has_second_factor(session);
            // Attempts of the same moment may have locked the authenticators since the code was compared, and an admin may be none
            // any more.
            let locked = t.after.users[&new.user_id].code_failures >= 100;
            let whole = stage == Stage::Full || proven && (locked || stage == Stage::None && job.site == Site::Admin);
            session.user_id == new.user_id && whole && (proven || !has_one)
        });
        ensure!(whole, "known without a whole login: {new:?}");
        let days = 90 * 24 * 60 * MINUTE;
        ensure!(new.expires_at <= job.now + days, "known for more than 90 days: {new:?}");
    }
    Ok(())
}

/// Nobody's login pushes out another's, and a session says in which known browser it was begun.
fn sessions(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for new in t.begun() {
        in_browser(t, job.known_browser_used(), new)?;
    }
    if let Some((old, new)) = t.moved(job) {
        let source = if old.browser == job.network { "" } else { &old.browser };
        in_browser(t, source, new)?;
    }
    if let Some(own) = t.own.filter(|own| t.is_of(&own.user_id, &["session_ended", "sessions_ended"])) {
        let fresh = own.reauthenticated_at.is_some_and(|at| (job.now - at).abs() < 5 * MINUTE);
        let idle = |old: &Session| if old.site == "admin" { 15 * MINUTE } else { 30 * MINUTE };
        let live = |old: &Session| old.expires_at > job.now && old.last_seen_at > job.now - idle(old);
        let later = |old: &&Session| old.created_at > own.created_at && live(old);
        let ended = t.changed.sessions.iter().filter_map(|&(old, new)| old.filter(|_| new.is_none()));
        let first = ended.clone().find(later);
        ensure!(fresh || first.is_none(), "an older session, not fresh, ended {first:?}: {own:?}");
    }
    let Act::Login { email, .. } = &job.act else { return Ok(()) };
    for &(old, new) in &t.changed.sessions {
        let Some(old) = old.filter(|_| new.is_none()) else { continue };
        let same = t.before.users[&old.user_id].email == *email;
        let lapsed = old.expires_at <= job.now;
        let shown = job.cookie.as_ref() == Some(&old.token_hash);
        let may = !same || lapsed || shown || oracle.twin(job, old) || displaced(oracle, job, t, old);
        ensure!(may, "another's login ended it: {old:?}");
    }
    Ok(())
}

/// It was begun in the browser that it came from, or in the one that it has just made known.
fn in_browser(t: &Transaction<'_>, came_from: &str, new: &Session) -> Verdict {
    let made = t.after.browsers.get(&new.browser).filter(|_| !t.before.browsers.contains_key(&new.browser));
    let right = made.is_some_and(|made| made.user_id == new.user_id) || new.browser == came_from;
    ensure!(right, "not in '{came_from}': {new:?}");
    Ok(())
}

/// Whether a login that waits may have made room: for a sixth one from the same known browser, or from the same network.
fn displaced(oracle: &Oracle, job: &Job, t: &Transaction<'_>, old: &Session) -> bool {
    let Some(new) = t.begun().next() else { return false };
    // A browser becomes known after the others made room.
    let from = job.known_browser_used();
    let beside = |one: &&Session| {
        one.user_id == new.user_id
            && one.pending == 1
            && !oracle.twin(job, one)
            && one.browser == from
            && (!from.is_empty() || one.network == new.network)
    };
    beside(&old) && t.before.sessions.values().filter(beside).count() >= 5
}
