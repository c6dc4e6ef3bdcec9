//! Authenticators, recovery codes, set-ups and known browsers.

use super::*;

const GONE: [&str; 3] = ["two_factor_reset", "break_glass", "two_factor_disabled"];

impl Oracle {
    /// Judges what became of all the others.
    pub(super) fn factors(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        self.recovery_codes(job, t)?;
        self.set_ups(job, t)?;
        self.browsers(job, t)
    }

    /// Judges what became of authenticators.
    pub(super) fn authenticators(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.authenticators, &t.a.authenticators) {
            match (before, after) {
                (None, Some(new)) => {
                    let setup = t.own.and_then(|own| t.b.enrolments.get(&own.id)).filter(|setup| {
                        setup.id == new.id && setup.user_id == new.user_id && setup.sealed_seed == new.sealed_seed
                    });
                    let (Act::Confirm { code, .. }, Some(own), Some(setup)) = (&job.act, t.own, setup) else {
                        ensure!(false, LET_IN, "an authenticator out of nothing: {new:?}");
                        continue;
                    };
                    ensure!(setup.expires_at > job.now, LET_IN, "its set-up has lapsed: {new:?}");
                    let right = self.matches(new, code, job.now).contains(&new.last_step);
                    ensure!(right && t.is(&["enrol"]), LET_IN, "set up without a right code: {new:?}");
                    ensure!(!self.spent.contains(&new.id), RESET, "{new:?} came back");
                    // As it is written: what led here may have changed since it was read.
                    let now = self.look(t.b, Some(own), job.site, job.now);
                    // A lock that led here may be over by then.
                    let recovered = self.proven[&own.id].second_factor == Some("recovery");
                    let led = now.pending && (now.stage == Stage::Enrol || recovered);
                    let fresh = matches!(now.stage, Stage::Enrol | Stage::Full) && now.fresh;
                    ensure!(led || fresh, PURPOSE, "set up in {now:?}: {new:?}");
                    let has_one = t.b.authenticators.values().any(|one| one.user_id == new.user_id);
                    let proven = self.proven[&own.id].second_factor.is_some();
                    ensure!(proven || !has_one, LET_IN, "beside another that was not proven: {new:?}");
                    self.won.insert(new.id.clone(), new.last_step);
                }
                (Some(old), Some(new)) => self.used(job, t, old, new)?,
                (Some(old), None) => {
                    let locked = t.b.users[&old.user_id].code_failures >= 100;
                    let replaced = t.is(&["enrol"])
                        && (locked
                            || t.a.authenticators.values().any(|a| a.user_id == old.user_id && a.name == old.name));
                    let removed =
                        matches!(&job.act, Act::RemoveAuthenticator { id } if *id == old.id && t.done.is_some());
                    let theirs = t.target() == Some(&old.user_id);
                    ensure!((replaced || removed || t.is(&GONE)) && theirs, CAUSE, "an authenticator went: {old:?}");
                    self.spent.insert(old.id.clone());
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// A code of it was used up, or one was shown too early: that one is never accepted, and no other.
    fn used(&self, job: &Job, t: &Transaction<'_>, old: &Authenticator, new: &Authenticator) -> Verdict {
        let theirs = t.own_user() == Some(&new.user_id)
            || matches!(job.act, Act::Verify { .. } | Act::Reauth { .. }) && t.target() == Some(&new.user_id);
        ensure!(theirs, CAUSE, "someone else's {old:?} became {new:?}");
        let steps = |one: &Authenticator| serde_json::from_str::<BTreeSet<i64>>(&one.burned_steps).unwrap();
        let rest = Authenticator {
            last_step: new.last_step,
            last_used_at: new.last_used_at,
            burned_steps: new.burned_steps.clone(),
            ..old.clone()
        };
        ensure!(rest == *new, CAUSE, "{old:?} became {new:?}");
        let later = |step: &&i64| **step > new.last_step;
        let kept = steps(old).iter().filter(later).all(|step| steps(new).contains(step));
        ensure!(kept, ONCE, "a code that was shown too early is accepted again: {old:?} became {new:?}");
        let burned: Vec<i64> = steps(new).difference(&steps(old)).copied().collect();
        if new.last_step == old.last_step {
            ensure!(burned.len() <= 1 && !t.is(&["verify", "reauth"]), KEPT_OUT, "{old:?} became {new:?}");
            return Ok(());
        }
        ensure!(new.last_step > old.last_step, ONCE, "a step back: {old:?} became {new:?}");
        // Steps that have not come yet are nobody's to take away from the owner, but by the very code.
        let ahead = new.last_step > job.now / 30_000 + 1;
        ensure!(!ahead && burned.is_empty(), KEPT_OUT, "steps ahead are gone: {old:?} became {new:?}");
        Ok(())
    }

    fn recovery_codes(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        let changes = diff(&t.b.recovery_codes, &t.a.recovery_codes);
        if t.is(&["enrol", "recovery_codes"]) && !changes.is_empty() {
            job.made.clear();
        }
        for (before, after) in changes {
            match (before, after) {
                (Some(old), Some(new)) => {
                    let used = t.is(&["recovery", "reauth"]) && old.used_at.is_none() && self.spent.contains(&new.mac);
                    ensure!(used, ONCE, "{old:?} became {new:?}");
                }
                (Some(old), None) => {
                    let may = t.is(&GONE) || t.is(&["enrol", "recovery_codes"]);
                    ensure!(may && t.target() == Some(&old.user_id), CAUSE, "a recovery code went: {old:?}");
                    self.spent.insert(old.mac.clone());
                }
                (None, Some(new)) => {
                    let may = t.is_of(&new.user_id, &["enrol", "recovery_codes"]);
                    ensure!(may && new.used_at.is_none(), LET_IN, "a recovery code out of nothing: {new:?}");
                    ensure!(!self.spent.contains(&new.mac), RESET, "{new:?} came back");
                    job.made.insert(new.mac.clone());
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn set_ups(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let proof = t.own.filter(|own| t.is_of(&own.user_id, &["verify", "recovery", "reauth"]));
        if let Some(own) = proof {
            ensure!(!t.a.enrolments.contains_key(&own.id), PURPOSE, "a set-up outlived a proof: {own:?}");
        }
        for (before, after) in diff(&t.b.enrolments, &t.a.enrolments) {
            if let Some(new) = after {
                let own = t.own.filter(|own| own.id == new.session_id && own.user_id == new.user_id);
                let began = matches!(job.act, Act::Begin) && own.is_some();
                let lapsed = before.is_none_or(|before| before.expires_at <= job.now);
                ensure!(began && lapsed, CAUSE, "a set-up out of nothing: {new:?}");
                let seen = job.seen.unwrap_or(NOBODY);
                let allowed = seen.stage == Stage::Enrol && seen.pending
                    || matches!(seen.stage, Stage::Enrol | Stage::Full) && seen.fresh;
                ensure!(allowed, PURPOSE, "a set-up begun in {seen:?}");
                ensure!(job.by != By::Script, SCRIPT, "a set-up begun by a script");
            } else if let Some(old) = before {
                let ended = !t.a.sessions.contains_key(&old.session_id);
                let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                let proven = proof.is_some_and(|own| own.id == old.session_id);
                let may = ended || lapsed || proven || t.is_of(&old.user_id, &["enrol", "two_factor_disabled"]);
                ensure!(may, CAUSE, "a set-up went: {old:?}");
            }
        }
        Ok(())
    }

    /// A browser becomes known by a whole login, five at most; and ends with what it was known by.
    fn browsers(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.browsers, &t.a.browsers) {
            match (before, after) {
                (None, Some(new)) => {
                    let session = t.a.sessions.values().find(|session| session.browser == new.id);
                    let whole = session.is_some_and(|session| {
                        let has_one = t.a.authenticators.values().any(|one| one.user_id == new.user_id);
                        let stage = self.look(t.a, Some(session), job.site, job.now).stage;
                        let proven = self.proven.get(&session.id).is_some_and(|proven| proven.second_factor.is_some());
                        session.user_id == new.user_id && stage == Stage::Full && (proven || !has_one)
                    });
                    ensure!(whole, KEPT_OUT, "known without a whole login: {new:?}");
                    let logs_in = t.is_of(&new.user_id, &["login", "verify", "recovery", "reauth", "enrol"]);
                    ensure!(logs_in && new.created_at == job.now, CAUSE, "a known browser out of nothing: {new:?}");
                    let days = 90 * 24 * 60 * MINUTE;
                    ensure!(new.expires_at <= job.now + days, KEPT_OUT, "known for more than 90 days: {new:?}");
                    self.known.insert(new.id.clone(), new.clone());
                    if !job.honest {
                        self.strangers.insert(new.id.clone());
                    }
                }
                (Some(old), None) => {
                    let sixth = t.a.browsers.values().any(|new| {
                        new.user_id == old.user_id && new.created_at == job.now && !t.b.browsers.contains_key(&new.id)
                    });
                    let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                    let ends = ["password", "authenticator_removed", "sessions_ended", "enrol"];
                    let own = t.own.is_some_and(|own| own.browser == old.id);
                    let ended = t.is_of(&old.user_id, &ends) && (!own || t.is(&["enrol"]));
                    let may = lapsed || ended || t.is(&GONE) && t.target() == Some(&old.user_id);
                    let theirs = t.b.browsers.values().filter(|one| one.user_id == old.user_id);
                    ensure!(may || sixth && theirs.count() >= 5, CAUSE, "a browser was forgotten: {old:?}");
                    self.known.remove(&old.id);
                    self.taken.insert(old.token_hash.clone());
                }
                (before, after) => ensure!(false, CAUSE, "{before:?} became {after:?}"),
            }
        }
        Ok(())
    }
}
