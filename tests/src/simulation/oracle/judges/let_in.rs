//! LET_IN: whoever is let in, keeps a session or binds a factor has proven what the policy asks of the person they say they
//! are: the password, and the second factor where there is one.

use airlock::people::session::Site;

use super::*;
use crate::simulation::oracle::{
    job::Stage,
    transaction::{MINUTE, invitation},
};

pub struct LetIn;

impl Judge for LetIn {
    fn promise(&self) -> &'static str {
        "nobody is let in as a person without proving every factor asked of that person"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        factors(oracle, job, t)?;
        for new in t.begun() {
            begun(oracle, job, t, new)?;
        }
        moved(oracle, job, t)?;
        for &(old, new) in &t.changed.users {
            let (Some(old), Some(new)) = (old, new) else { continue };
            let by: &[&str] = if new.must_enrol == 1 { &["two_factor_reset", "break_glass"] } else { &["enrol"] };
            let right = old.must_enrol == new.must_enrol || t.is_of(&new.id, by);
            ensure!(right, "what a reset asks: {old:?} became {new:?}");
        }
        joined(oracle, job, t)?;
        if let Some(user) = t.target().filter(|_| t.is(&["two_factor_disabled"])) {
            let required = t.after.active(user).any(|m| t.after.accounts[&m.account_id].in_force(job.now).is_some());
            ensure!(!required, "two-factor login is off while it is required of {user}");
        }
        Ok(())
    }

    fn asserted(&self, oracle: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        if matches!(job.act, Act::Program { .. }) {
            return Ok(());
        }
        let claims = &assertion.claims;
        ensure!(!claims.is_null(), "let in as nobody: {:?}", job.act);
        let Some(session) = assertion.session else { return Err(format!("let in without a session: {claims}")) };
        let user = &oracle.state.users[&session.user_id];
        ensure!(claims["sub"] == *user.id && claims["email"] == *user.email, "{claims} of {user:?}");
        let otp = claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|one| one == "otp"));
        let proven = oracle.has_second_factor(session);
        ensure!(otp == proven, "{claims} of {:?}", oracle.proven.get(&session.id));
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let Answer { status, ok, seen: is, session, .. } = *answer;
        let belongs = || session.is_some_and(|own| oracle.counts_in(&oracle.state, own).next().is_some());
        match &job.act {
            Act::Gate | Act::Save => {
                // Another judge looks at whoever passes without a question.
                let trusted = ok && job.seen.is_none() && job.site == Site::Edge;
                // It looks twice where it finds nobody: a request that began before its session had idled away may note that it
                // was seen in between.
                let may = is.stage == Stage::Full && belongs();
                let right = if ok { may } else { !may || job.seen().stage != Stage::Full };
                ensure!(trusted || right, "{status} at the gate in {is:?}");
            }
            Act::Billing if job.site == Site::Edge => {
                ensure!(!ok || is.stage == Stage::Full && belongs(), "{status} at the gate in {is:?}");
            }
            Act::Session => {
                let said = answer.body["stage"].as_str().unwrap_or("none");
                let stage = match is.stage {
                    Stage::None => "none",
                    Stage::Verify => "verify",
                    Stage::Enrol => "enrol",
                    Stage::Full => "full",
                };
                ensure!(said == stage, "told {said} in {is:?}");
            }
            _ => {}
        }
        let seen = job.seen();
        let full = seen.stage == Stage::Full;
        let allowed = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => seen.stage == Stage::Verify,
            Act::Reauth { .. } => full || seen.stage == Stage::Enrol && !seen.pending,
            Act::Kept { .. } | Act::Later | Act::Rename { .. } | Act::Password { .. } => full,
            Act::Enable | Act::EndSession { .. } | Act::EndOthers | Act::Profile => full,
            _ => true,
        };
        ensure!(!ok || allowed, "{status} in {seen:?}: {:?}", job.act);
        Ok(())
    }
}

/// A new authenticator comes of a set-up, by its code, beside others only if those are proven; new codes come with it.
fn factors(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.authenticators {
        let Some(new) = new.filter(|_| old.is_none()) else { continue };
        let setup = t
            .own
            .and_then(|own| t.before.enrolments.get(&own.id))
            .filter(|setup| setup.id == new.id && setup.user_id == new.user_id && setup.sealed_seed == new.sealed_seed);
        let (Act::Confirm { code, .. }, Some(setup)) = (&job.act, setup) else {
            return Err(format!("an authenticator out of nothing: {new:?}"));
        };
        ensure!(setup.expires_at > job.now, "its set-up has lapsed: {new:?}");
        let right = oracle.matches(new, code, job.now).contains(&new.last_step);
        ensure!(right && t.is(&["enrol"]), "set up without a right code: {new:?}");
        let alone = !t.before.has_authenticator(&new.user_id);
        ensure!(alone || t.news.second_factor.is_some(), "beside another that was not proven: {new:?}");
    }
    for &(old, new) in &t.changed.recovery_codes {
        let Some(new) = new.filter(|_| old.is_none()) else { continue };
        let may = t.is_of(&new.user_id, &["enrol", "recovery_codes"]);
        ensure!(may && new.used_at.is_none(), "a recovery code out of nothing: {new:?}");
    }
    Ok(())
}

/// A session begins by the password, or by the first password of someone who joins.
fn begun(oracle: &Oracle, job: &Job, t: &Transaction<'_>, new: &Session) -> Verdict {
    let anew = matches!(job.act, Act::StartOver { .. });
    let user = if anew { &t.after.users[&new.user_id] } else { &t.before.users[&new.user_id] };
    let joins = match &job.act {
        Act::Login { email, password, .. } => {
            let right = user.email == *email && oracle.is_password(user, password);
            ensure!(right && job.password_right, "a session without the password: {new:?}");
            let belongs = t.before.active(&user.id).next().is_some() || t.before.is_invited(&user.id);
            ensure!(belongs, "a session of nobody: {new:?}");
            false
        }
        Act::Join { token, password: Some(password) } => {
            let theirs = invitation(t.before, token).is_some_and(|i| i.user_id == user.id && i.expires_at > job.now);
            let first = user.password_phc.is_none() && oracle.is_password(&t.after.users[&user.id], password);
            ensure!(theirs && first, "a session by a link, and not the first: {new:?}");
            true
        }
        Act::StartOver { token, password } => {
            let link = invitation(t.before, token).filter(|link| link.expires_at > job.now);
            let old = link.and_then(|link| t.before.users.get(&link.user_id));
            let theirs = old.is_some_and(|old| old.email == user.email && t.starts_over(&old.id));
            ensure!(theirs && oracle.is_password(user, password), "a session by a link to someone else: {new:?}");
            true
        }
        act => return Err(format!("a session out of nothing: {new:?} by {act:?}")),
    };
    let stage = oracle.look(t.after, Some(new), job.site, job.now).stage;
    let full = stage == Stage::Full;
    ensure!((new.pending == 0) == full, "it begins in stage {stage:?}, whatever was read before: {new:?}");
    let proven = oracle.proven.get(&new.id).map(|proven| proven.password_at);
    let begun = new.attempts == 0
        && (new.created_at, new.last_seen_at) == (job.now, job.now)
        && (joins || Some(new.password_at) == proven)
        && new.site == job.site.name()
        && new.network == job.network
        && new.expires_at <= job.now + longest(job.site);
    ensure!(begun, "more than a login gives: {new:?}");
    Ok(())
}

/// A session that goes on: nothing of it changes but what was proven in it.
fn moved(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.sessions {
        let (Some(old), Some(new)) = (old, new) else { continue };
        let fixed = |s: &Session| {
            let Session { user_id, site, network, return_to, password_at, created_at, .. } = s.clone();
            (user_id, site, network, return_to, password_at, created_at)
        };
        ensure!(fixed(old) == fixed(new), "{old:?} became {new:?}");
    }
    let Some((old, new)) = t.moved(job) else { return Ok(()) };
    let user = &t.before.users[&old.user_id];
    match &job.act {
        Act::Verify { .. } | Act::Recovery { .. } | Act::Confirm { .. } => {}
        Act::Reauth { password, .. } => {
            let right = oracle.is_password(user, password) || job.password_right;
            ensure!(right && job.budget.is_some(), "proven again by a wrong password");
            let has_one = t.before.has_authenticator(&user.id);
            ensure!(t.news.proof.is_some() || !has_one, "proven again without the second factor");
        }
        Act::Password { current, new, .. } => {
            let right = oracle.is_password(user, current) && oracle.is_password(&t.after.users[&user.id], new);
            ensure!(right && job.password_right, "a password changed without the present one");
        }
        _ => return Err(format!("{old:?} moved on by itself: {new:?}")),
    }
    let limit = longest(job.site) + 20 * MINUTE;
    ensure!(new.expires_at <= new.created_at + limit, "longer than a session may last: {new:?}");
    Ok(())
}

/// Nobody joins by a link alone, or by a cookie and a link: someone who has a login proves every factor of it for that.
fn joined(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    let Act::Join { token, password } = &job.act else { return Ok(()) };
    let Some(link) = invitation(t.before, token).filter(|_| t.is(&["member_joined"])) else { return Ok(()) };
    let user = &t.before.users[&link.user_id];
    if password.is_some() && user.password_phc.is_none() {
        return Ok(());
    }
    let own = t.own.filter(|own| own.user_id == user.id);
    let proven = own.is_some_and(|own| {
        let every = oracle.has_second_factor(own) || !t.before.has_authenticator(&user.id);
        let seen = oracle.look(t.before, Some(own), job.site, job.now);
        seen.stage == Stage::Full && seen.fresh && every
    });
    ensure!(proven, "{} joined {} without every factor they have", user.id, link.account_id);
    Ok(())
}

/// How long a session may last.
fn longest(site: Site) -> i64 {
    MINUTE * if site == Site::Edge { 12 * 60 } else { 8 * 60 }
}
