//! Attempts: each wrong one is charged before it is compared, to whoever made it and to nobody else. What was right is
//! given back, whether or not it still could be used. And whoever is refused one has used up their own.

use airlock::limit;

use super::*;

/// A quarter of an hour and an hour.
const QUARTER: i64 = 15 * MINUTE;
const HOUR: i64 = 60 * MINUTE;

impl Oracle {
    /// Judges what a transaction charged and gave back.
    pub(super) fn charges(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        (job.charged_now, job.returned_now) = (false, false);
        match t.begins {
            Begins::TriesCode => self.tries_code(job, t)?,
            Begins::TriesPassword => self.tries_password(job, t)?,
            _ => {}
        }
        self.codes(job, t)?;
        self.failures(job, t)?;
        self.passwords(job, t)?;
        self.floods(job, t)
    }

    /// The known browser that a request comes from, for this person.
    fn known_browser(&self, job: &Job, user_id: &str) -> Option<&KnownBrowser> {
        let theirs = |one: &&KnownBrowser| {
            one.user_id == user_id && Some(&one.token_hash) == job.browser.as_ref() && one.expires_at > job.now
        };
        self.known.values().find(theirs).filter(|one| !self.taken.contains(&one.token_hash))
    }

    /// Where an attempt at a password is counted, by the address and by where it comes from.
    pub(super) fn budget(&self, state: &State, job: &Job, email: &str) -> (String, String) {
        let user = state.users.values().find(|user| user.email == email);
        let known = user.and_then(|user| self.known_browser(job, &user.id));
        let source = known.map_or_else(|| job.network.clone(), |known| known.id.clone());
        (limit::subject(&self.edge[0].pepper_keys, email), source)
    }

    /// The known browser that a session was begun in, as long as it is known.
    fn browser_of(&self, state: &State, session: &Session, now: i64) -> String {
        let known = self.known.get(&session.browser).filter(|one| {
            one.user_id == session.user_id && one.expires_at > now && !self.taken.contains(&one.token_hash)
        });
        known.filter(|one| state.browsers.contains_key(&one.id)).map_or_else(String::new, |one| one.id.clone())
    }

    /// How many codes of a person are counted, over all browsers and over those that nobody knows.
    fn counted(state: &State, user_id: &str, now: i64) -> (usize, usize) {
        let lately = |one: &&super::super::rows::CodeAttempt| one.user_id == user_id && one.at > now - QUARTER;
        let all = state.code_attempts.values().filter(lately);
        (all.clone().count(), all.filter(|one| one.browser.is_empty()).count())
    }

    /// A code is to be tried: it is charged, or there is a reason why not.
    fn tries_code(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let charged = t.a.code_attempts.len() > t.b.code_attempts.len();
        let Some(own) = t.own.filter(|_| !charged) else { return Ok(()) };
        let user = &t.b.users[&own.user_id];
        let (all, unknown) = Self::counted(t.b, &user.id, job.now);
        let spent = self.proven.get(&own.id).is_none_or(|proven| proven.second_factor.is_none() && own.attempts >= 5)
            || matches!(job.code(), Some(Code::OneTime(_))) && user.code_failures >= 100
            || all >= 10
            || unknown >= 5 && self.browser_of(t.b, own, job.now).is_empty()
            || !t.b.authenticators.values().any(|one| one.user_id == user.id)
            || self.look(t.b, t.own, job.site, job.now).stage == Stage::None;
        ensure!(spent, KEPT_OUT, "a code is refused after {all} wrong ones, {unknown} of strangers: {own:?}");
        // Whoever pretends to be them has left the owner's own browser its half.
        let browser = self.browser_of(t.b, own, job.now);
        let theirs = t.b.code_attempts.values().filter(|one| {
            let lately = one.user_id == user.id && one.at > job.now - QUARTER;
            // In a browser whose cookies they stole they are the owner.
            let elsewhere = one.browser.is_empty() || self.strangers.contains(&one.browser);
            lately && elsewhere && self.strangers.contains(&one.id)
        });
        let kept_out = job.honest && !browser.is_empty() && theirs.count() > 5;
        ensure!(!kept_out, KEPT_OUT, "strangers have spent more than their half: {own:?}");
        Ok(())
    }

    /// The same of a password.
    fn tries_password(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let charges = |state: &State| -> BTreeSet<String> {
            state.password_budgets.values().map(|row| row.charge.clone()).collect()
        };
        let Some(email) = self.address(job, t).filter(|_| charges(t.b) == charges(t.a)) else { return Ok(()) };
        let (subject, source) = self.budget(t.b, job, &email);
        let row = t.b.password_budgets.get(&format!("{subject}/{source}"));
        let spent = row.is_some_and(|row| row.blocked_until > job.now)
            || source == job.network && self.flooded(t.b, job, &subject).is_some();
        ensure!(spent, KEPT_OUT, "a password of {email} from {source} is refused: {row:?}");
        Ok(())
    }

    /// Why an attempt from a browser that is not known has to wait: a flood, and a try within half a minute.
    fn flooded(&self, state: &State, job: &Job, subject: &str) -> Option<&'static str> {
        let floods = |subject: &str| {
            state.floods.get(subject).filter(|row| row.failures >= 300 && row.began_at > job.now - HOUR)
        };
        let lately = |at: i64| at > job.now - 30_000;
        let row = state.password_budgets.get(&format!("{subject}/{}", job.network));
        if floods(&job.network).is_some_and(|row| lately(row.tried_at)) {
            return Some("the network floods");
        }
        (floods(subject).is_some() && row.is_some_and(|row| lately(row.updated_at))).then_some("the address is flooded")
    }

    /// Whose password is tried, by their address.
    fn address(&self, job: &Job, t: &Transaction<'_>) -> Option<String> {
        match (&job.act, &job.user) {
            (Act::Login { email, .. }, _) => Some(email.clone()),
            (Act::Reauth { .. } | Act::Password { .. }, Some(user)) => Some(t.b.users[user].email.clone()),
            _ => None,
        }
    }

    /// Rows of wrong codes.
    fn codes(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.code_attempts, &t.a.code_attempts) {
            match (before, after) {
                (None, Some(new)) => {
                    let (Some(own), Some(code), None) = (t.own, job.code(), &job.charge) else {
                        ensure!(false, CAUSE, "{new:?} for no attempt of {:?}", job.act);
                        continue;
                    };
                    ensure!(own.user_id == new.user_id && new.at == job.now, CAUSE, "{new:?} for another's attempt");
                    let browser = self.browser_of(t.b, own, job.now);
                    ensure!(new.browser == browser, KEPT_OUT, "{new:?} of an attempt in '{browser}'");
                    if let Act::Reauth { password, .. } = &job.act {
                        let right = self.is_password(&t.b.users[&own.user_id], password);
                        // It was right as it was compared; it may have been changed since.
                        ensure!(right || job.password_right, KEPT_OUT, "{new:?} without the password");
                    }
                    let has_one = t.b.authenticators.values().any(|one| one.user_id == new.user_id);
                    ensure!(has_one, CHARGED, "{new:?} where there is nothing to compare");
                    if !job.honest {
                        self.strangers.insert(new.id.clone());
                    }
                    let (all, unknown) = Self::counted(t.b, &own.user_id, job.now);
                    let more = all < 10 && (!browser.is_empty() || unknown < 5);
                    ensure!(more, CHARGED, "one more after {all} wrong codes, {unknown} of strangers: {new:?}");
                    let begun = self.proven.get(&own.id).is_some_and(|proven| proven.second_factor.is_none());
                    ensure!(!begun || own.attempts < 5, CHARGED, "a sixth code in {own:?}");
                    let failures = t.b.users[&own.user_id].code_failures;
                    let locked = matches!(code, Code::OneTime(_)) && failures >= 100;
                    ensure!(!locked, CHARGED, "a one-time code after a hundred wrong ones");
                    let counted = t.a.users[&own.user_id].code_failures == failures + 1
                        && t.a.sessions.get(&own.id).is_some_and(|now| now.attempts == own.attempts + 1);
                    ensure!(counted, CHARGED, "{new:?} is not counted in the login and in a row");
                    job.code_right = self.is_code(t.b, &own.user_id, code, job.now);
                    (job.charge, job.session, job.charged_now) = (Some(new.id.clone()), Some(own.id.clone()), true);
                }
                (Some(old), None) => {
                    let cleared =
                        t.is_of(&old.user_id, &["enrol", "two_factor_disabled", "two_factor_reset", "break_glass"]);
                    let lapsed = matches!(job.act, Act::Tick) && old.at <= job.now - QUARTER;
                    if cleared || lapsed {
                        continue;
                    }
                    ensure!(job.charge.as_ref() == Some(&old.id), CHARGED, "another's charge was given back: {old:?}");
                    let right = match job.code() {
                        // Looked for as it is used up: by then it may have gone.
                        Some(code @ Code::Recovery(_)) => self.is_code(t.b, &old.user_id, code, job.now),
                        _ => job.code_right,
                    };
                    let second = matches!(job.act, Act::Verify { .. } | Act::Recovery { .. });
                    let not_compared = second && job.seen.is_some_and(|seen| seen.stage != Stage::Verify);
                    ensure!(right || not_compared, CHARGED, "the charge of a wrong code was given back: {:?}", job.act);
                    job.returned_now = true;
                }
                (before, after) => ensure!(false, CHARGED, "{before:?} became {after:?}"),
            }
        }
        self.shows(job, t);
        // A recovery code is given back in the very transaction that looks for it.
        if let (Some(code @ Code::Recovery(_)), Some(charge)) = (job.code(), &job.charge)
            && t.written.iter().any(|row| ["recovery", "reauth"].contains(&row.action.as_str()))
            && !job.charged_now
            && let Some(old) = t.b.code_attempts.get(charge)
        {
            let kept = t.a.code_attempts.contains_key(charge);
            let right = self.is_code(t.b, &old.user_id, code, job.now);
            ensure!(!(kept && right), CHARGED, "a right code stays charged: {:?}", job.act);
        }
        Ok(())
    }

    /// A code that was shown before its time is for nobody any more.
    fn shows(&mut self, job: &Job, t: &Transaction<'_>) {
        let refused = t.written.iter().find(|row| row.result == "invalid_code");
        let (Some(Code::OneTime(code)), Some(user)) = (job.code(), refused.and_then(|row| row.target_id.as_ref()))
        else {
            return;
        };
        for one in t.b.authenticators.values().filter(|one| one.user_id == *user) {
            let later = self.steps(one, code, job.now, 2..=10);
            self.shown.extend(later.into_iter().map(|step| (one.id.clone(), step)));
        }
    }

    /// Wrong codes in a row.
    fn failures(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.users, &t.a.users) {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let (was, is) = (before.code_failures, after.code_failures);
            let theirs = t.own_user() == Some(&after.id)
                || t.target() == Some(&after.id)
                || job.user.as_ref() == Some(&after.id);
            let counted = is == was + 1 && job.charged_now && theirs;
            let returned = is == (was - 1).max(0) && job.returned_now && theirs;
            let by_code = matches!(job.code(), Some(Code::OneTime(_))) && t.is_of(&after.id, &["verify", "reauth"]);
            let cleared = is == 0
                && (by_code
                    || t.is_of(&after.id, &["enrol", "two_factor_disabled", "two_factor_reset", "break_glass"]));
            ensure!(
                was == is || counted || returned || cleared,
                CHARGED,
                "{was} wrong codes of {} became {is}",
                after.id
            );
        }
        Ok(())
    }

    /// Wrong passwords by address and place.
    fn passwords(&self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.password_budgets, &t.a.password_budgets) {
            let Some(row) = before.or(after) else { continue };
            let key = (row.subject.clone(), row.source.clone());
            let Some(after) = after else {
                let lapsed = matches!(job.act, Act::Tick) && job.now - row.updated_at >= row.failures.min(24) * HOUR;
                let right = job.password_right && job.budget.as_ref() == Some(&key);
                ensure!(lapsed || right, CHARGED, "a budget was cleared: {row:?} by {:?}", job.act);
                continue;
            };
            let Some(email) = self.address(job, t) else {
                ensure!(false, CAUSE, "{after:?} for no attempt of {:?}", job.act);
                continue;
            };
            let expected = self.budget(t.b, job, &email);
            ensure!(key == expected, KEPT_OUT, "{after:?} for an attempt at {email} from {}", expected.1);
            let was = before.map_or(0, |row| row.failures);
            ensure!(after.failures == was + 1, CHARGED, "{was} attempts became {}: {after:?}", after.failures);
            let paused = before.is_some_and(|row| row.blocked_until > job.now);
            ensure!(!paused, CHARGED, "an attempt in a pause: {before:?}");
            if row.source == job.network {
                let flooded = self.flooded(t.b, job, &row.subject);
                ensure!(flooded.is_none(), CHARGED, "an attempt though {flooded:?}: {after:?}");
            }
            let doublings = u32::try_from((after.failures - 10).clamp(0, 20)).unwrap();
            let pause = job.now + QUARTER.min(1_000 * 2_i64.pow(doublings));
            let pause = if after.failures < 10 { 0 } else { pause };
            ensure!(after.blocked_until == pause, CHARGED, "a pause until {pause} is {after:?}");
            ensure!(after.updated_at == job.now, CHARGED, "charged at {}: {after:?}", job.now);
            let user = t.b.users.values().find(|user| user.email == email);
            job.password_right = match &job.act {
                Act::Login { password, .. }
                | Act::Reauth { password, .. }
                | Act::Password { current: password, .. } => user.is_some_and(|user| self.is_password(user, password)),
                _ => false,
            };
            (job.budget, job.flood_returned) = (Some(key), false);
        }
        Ok(())
    }

    /// Floods: of one address from everywhere, of one network at every address. What known browsers do is none.
    fn floods(&self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        let Some((subject, source)) = &job.budget.clone() else {
            for (before, after) in diff(&t.b.floods, &t.a.floods) {
                let lapsed = before.is_some_and(|row| row.tried_at <= job.now - HOUR) && after.is_none();
                ensure!(lapsed && matches!(job.act, Act::Tick), CAUSE, "{before:?} became {after:?} by {:?}", job.act);
            }
            return Ok(());
        };
        let key = format!("{subject}/{source}");
        let (was, is) = (t.b.password_budgets.get(&key), t.a.password_budgets.get(&key));
        let charged = is.is_some() && was.map(|row| &row.charge) != is.map(|row| &row.charge);
        let strange = source == &job.network;
        let may_return = strange && job.password_right && !charged && !job.flood_returned;
        for subject in [subject, &job.network.clone()] {
            let (was, is) = (t.b.floods.get(subject), t.a.floods.get(subject));
            let counted = was.filter(|row| row.began_at > job.now - HOUR);
            let as_it_was = was.map(|row| (row.began_at, row.failures, row.tried_at));
            let returned = was.map(|row| (row.began_at, (row.failures - 1).max(0), row.tried_at));
            let expected = match charged && strange {
                true => Some((
                    counted.map_or(job.now, |row| row.began_at),
                    counted.map_or(0, |row| row.failures) + 1,
                    job.now,
                )),
                false => as_it_was,
            };
            let is = is.map(|row| (row.began_at, row.failures, row.tried_at));
            let right = is == expected || may_return && is == returned;
            ensure!(right, CHARGED, "the flood {was:?} is {is:?} rather than {expected:?}: {:?}", job.act);
            job.flood_returned |= may_return && is == returned;
        }
        for (before, after) in diff(&t.b.floods, &t.a.floods) {
            let row = before.or(after).unwrap();
            ensure!([subject, &job.network].contains(&&row.subject), CAUSE, "{before:?} became {after:?} for another");
        }
        Ok(())
    }
}
