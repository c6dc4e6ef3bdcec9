//! TAKEN: when power, a password or a factor ends, so does every token, link, browser and session that rests on it, and none
//! of them counts again when the power comes back.

use std::collections::BTreeSet;

use super::*;
use crate::simulation::{
    oracle::{job::Stage, transaction::invitation},
    rows::Barred,
};

pub struct Taken;

impl Judge for Taken {
    fn promise(&self) -> &'static str {
        "what was taken away opens nothing afterwards"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        joined(job, t)?;
        if let Some((account, actor)) = t.admins_act(job) {
            let had = t.before.rank(account, actor) > 1;
            let has = oracle.power(job, t, actor, account) > 1;
            ensure!(!had || has, "{actor} did {:?} by what was taken", job.act);
        }
        gone(oracle, t)?;
        done(oracle, t)
    }

    fn asserted(&self, oracle: &Oracle, _: &Job, assertion: &Assertion<'_>) -> Verdict {
        let Some(session) = assertion.session else { return Ok(()) };
        let told = assertion.accounts();
        let real: BTreeSet<&str> = oracle.counts_in(&oracle.state, session).map(|m| m.account_id.as_str()).collect();
        ensure!(told.is_subset(&real), "asserted in {told:?} rather than {real:?}");
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let Act::Members { account } = &job.act else { return Ok(()) };
        let admin = |session: &Session| {
            let counts = !oracle.barred.contains(&(session.id.clone(), account.clone()));
            counts && oracle.state.rank(account, &session.user_id) > 1
        };
        let allowed = match job.bearer {
            Some(_) => job.token_good,
            None => job.seen().stage == Stage::Full && answer.session.is_some_and(admin),
        };
        ensure!(!answer.ok || allowed, "{} in {:?}: {:?}", answer.status, job.seen(), job.act);
        Ok(())
    }
}

/// A link still rests on the power of whoever made it.
fn joined(job: &Job, t: &Transaction<'_>) -> Verdict {
    let (Act::Join { token, .. } | Act::StartOver { token, .. }) = &job.act else { return Ok(()) };
    // It is used up, and so it is taken by now: whose power it rests on is asked of the rows.
    let Some(link) = invitation(t.before, token).filter(|_| t.is(&["member_joined"])) else { return Ok(()) };
    let power = link.invited_by.as_ref().is_none_or(|maker| t.before.rank(&link.account_id, maker) > 1);
    ensure!(power, "{} joins by the word of {:?}, whose power is gone", link.user_id, link.invited_by);
    Ok(())
}

/// It is gone, and comes back by nothing.
fn gone(oracle: &Oracle, t: &Transaction<'_>) -> Verdict {
    for token in t.after.api_tokens.values() {
        ensure!(!oracle.taken.contains(&token.token_hash), "{token:?}");
    }
    for link in t.after.invitations.values() {
        ensure!(!oracle.taken.contains(&link.token_hash), "{link:?}");
    }
    for browser in t.after.browsers.values() {
        ensure!(!oracle.taken.contains(&browser.token_hash), "{browser:?}");
    }
    for (session_id, account_id) in &oracle.barred {
        let row = Barred { session_id: session_id.clone(), account_id: account_id.clone() };
        let there = t.after.barred.values().any(|barred| *barred == row);
        ensure!(there || !t.after.sessions.contains_key(session_id), "it counts in {account_id}: {session_id}");
    }
    Ok(())
}

/// What an act must take with it.
fn done(oracle: &Oracle, t: &Transaction<'_>) -> Verdict {
    let Some(user) = t.done.and_then(|done| done.target_id.as_ref()) else { return Ok(()) };
    if t.is(&["member_changed", "member_removed"]) && t.before.active(user).count() > t.after.active(user).count() {
        let mut sessions = t.after.sessions.values().filter(|session| session.user_id == *user);
        let nothing = sessions.find(|session| oracle.counts_in(t.after, session).next().is_none());
        ensure!(nothing.is_none(), "worth nothing anywhere: {nothing:?}");
    }
    if t.is(&["enrol"]) {
        let known = t.after.browsers.values().filter(|browser| browser.user_id == *user).count();
        ensure!(known == 1, "{known} browsers are known after a set-up");
    }
    if t.is(&["two_factor_reset", "break_glass"]) {
        let browsers = t.after.browsers.values().any(|row| row.user_id == *user);
        let tokens = t.after.api_tokens.values().any(|row| row.user_id == *user);
        let links = t.after.invitations.values().any(|row| row.invited_by.as_ref() == Some(user));
        ensure!(!browsers && !tokens && !links, "browsers {browsers}, tokens {tokens}, links {links}");
    }
    Ok(())
}
