//! AGAIN: the same form sent twice gets the same answer, and is done once.

use super::*;
use crate::simulation::oracle::Done;

pub const PROMISE: &str = "the same form sent again gets the same answer, and nothing is done twice";

pub struct Again;

impl Judge for Again {
    fn promise(&self) -> &'static str {
        PROMISE
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let done = t.done.filter(|_| !job.did && oracle.again(job).is_some());
        ensure!(done.is_none(), "done once more: {done:?} by {:?}", job.act);
        for new in t.begun() {
            let beside = |one: &&Session| one.user_id == new.user_id && one.id != new.id && oracle.twin(job, one);
            let twin = t.after.sessions.values().find(beside);
            ensure!(twin.is_none(), "a second session of one form: {twin:?}");
            let ended = t.changed.sessions.iter().filter_map(|&(old, now)| old.filter(|_| now.is_none()));
            for old in ended.filter(|old| oracle.twin(job, old)) {
                let made = t.before.browsers.get(&old.browser).is_some_and(|one| one.created_at == old.created_at);
                let anew = t.after.browsers.contains_key(&new.browser) && !t.before.browsers.contains_key(&new.browser);
                let left = made && anew && t.after.browsers.contains_key(&old.browser);
                ensure!(!left, "a second browser is known by one form: {old:?}");
            }
        }
        Ok(())
    }

    fn sent(&self, _: &Oracle, job: &Job, response: &Response) -> Verdict {
        let cookie = cookie_set(response, job.site.cookie(), job.site.token_purpose());
        let proven = job.proof.is_some() && cookie == job.cookie;
        ensure!(cookie.is_none() || cookie == job.minted || proven, "the token of another session: {:?}", job.act);
        Ok(())
    }
}

/// The answer to a form that its session has just done. `due`: that session still stands.
pub fn answered(oracle: &Oracle, job: &Job, done: &Done, due: bool, response: &Response) -> Verdict {
    let answer = Answer::new(job, response, None, NOBODY);
    ensure!(answer.ok || !due, "{} for what was done: {:?}", answer.status, job.act);
    let kept = job.charge.as_ref().is_some_and(|charge| oracle.state.code_attempts.contains_key(charge));
    // A code may be too old by the time that the form comes again, beside the first.
    ensure!(!(kept && job.code_right) || job.failed || job.again, "charged for what was done: {:?}", job.act);
    if !answer.ok {
        return Ok(());
    }
    // Only a form of a page is led anywhere.
    let led = done.led.is_none() || job.by != By::Page || done.led.as_deref() == location(response);
    // Or where it leads since mail is sent.
    let mailed = location(response).is_some_and(|to| to.contains("done=mailed"));
    let led = led || mailed && matches!(job.act, Act::Invite { .. });
    ensure!(led, "led to {:?} rather than {:?}: {:?}", location(response), done.led, job.act);
    let cookie = cookie_set(response, job.site.cookie(), job.site.token_purpose());
    let moved = (done.before != done.token || job.proof.is_some()).then_some(&done.token);
    ensure!(cookie.as_ref() == moved, "another token than before: {:?}", job.act);
    let user = oracle.state.session_of(Some(&done.token)).map_or("", |session| session.user_id.as_str());
    let codes = answer.body["recovery_codes"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let strange = codes.filter(|code| oracle.macs(code, user).iter().all(|mac| !done.codes.contains(mac))).count();
    ensure!(strange == 0, "{strange} codes that were not made then: {:?}", job.act);
    Ok(())
}
