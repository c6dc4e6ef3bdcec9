//! Sessions: begun by a password, moved on by what was proven, worth as much as that and for what it was asked for; ended by
//! whoever may end them, and by nobody else.

use super::*;

impl Oracle {
    /// Judges what became of sessions.
    pub(super) fn sessions(&mut self, job: &mut Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.sessions, &t.a.sessions) {
            match (before, after) {
                (None, Some(new)) => self.begun(job, t, new)?,
                (Some(old), Some(new)) => self.moved(job, t, old, new)?,
                (Some(old), None) => self.ended(job, t, old)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn begun(&mut self, job: &mut Job, t: &Transaction<'_>, new: &Session) -> Verdict {
        let user = &t.b.users[&new.user_id];
        let joins = match &job.act {
            Act::Login { email, password, .. } => {
                let right = user.email == *email && self.is_password(user, password);
                ensure!(right && job.password_right, LET_IN, "a session without the password: {new:?}");
                let belongs = active(t.b, &user.id).next().is_some() || waits(t.b, &user.id);
                ensure!(belongs, LET_IN, "a session of nobody: {new:?}");
                let (subject, source) = job.budget.clone().unwrap_or_default();
                let kept = t.a.password_budgets.contains_key(&format!("{subject}/{source}"));
                ensure!(!kept, CHARGED, "a right password stays charged: {new:?}");
                false
            }
            Act::Join { token, password: Some(password) } => {
                let theirs = invited(t.b, token).is_some_and(|i| i.user_id == user.id && i.expires_at > job.now);
                let first = user.password_phc.is_none() && self.is_password(&t.a.users[&user.id], password);
                ensure!(theirs && first, LET_IN, "a session by a link, and not the first: {new:?}");
                true
            }
            act => {
                ensure!(false, LET_IN, "a session out of nothing: {new:?} by {act:?}");
                return Ok(());
            }
        };
        ensure!(t.is_of(&new.user_id, &["login"]), WRITTEN, "a login not written down");
        // Whoever is held from the next login on is held from the one that is written after.
        let begun_under: BTreeSet<(String, Option<i64>)> = active(t.a, &user.id)
            .map(|m| &t.a.accounts[&m.account_id])
            .filter(|account| account.two_factor_required == 1)
            .map(|account| (account.id.clone(), account.required_since))
            .collect();
        let since = begun_under.iter().filter_map(|(_, since)| *since).max();
        let password_at = since.map_or(job.now, |since| since.max(job.now));
        let proven =
            Proven { password_at, begun_under, second_factor: None, reauthenticated_at: None, stepped_up_at: None };
        self.proven.insert(new.id.clone(), proven);
        let stage = self.look(t.a, Some(new), job.site, job.now).stage;
        ensure!(
            (new.pending == 0) == (stage == Stage::Full),
            LET_IN,
            "it begins in stage {stage:?}, whatever was read before: {new:?}"
        );
        let has_one = t.a.authenticators.values().any(|one| one.user_id == user.id);
        // The password is all there is, and it was given for one's own pages.
        if stage == Stage::Full && !has_one && !joins && for_own_pages(job.site, &new.return_to) {
            self.proven.get_mut(&new.id).unwrap().reauthenticated_at = Some(job.now);
        }
        let proven = &self.proven[&new.id];
        let says = (new.second_factor.as_deref(), new.reauthenticated_at, new.stepped_up_at);
        let is = (proven.second_factor, proven.reauthenticated_at, proven.stepped_up_at);
        ensure!(says == is, PURPOSE, "{new:?} has really {proven:?}");
        let limit = if job.site == Site::Edge { 12 * 60 } else { 8 * 60 } * MINUTE;
        let begun = new.attempts == 0
            && (new.created_at, new.last_seen_at) == (job.now, job.now)
            && (joins || new.password_at == proven.password_at)
            && new.site == job.site.name()
            && new.network == job.network
            && new.expires_at <= job.now + limit;
        ensure!(begun, LET_IN, "more than a login gives: {new:?}");
        self.in_browser(job, t, None, new)?;
        job.minted = Some(new.token_hash.clone());
        Ok(())
    }

    /// A session says in which known browser it was begun: in the one it came from, or in the one it has just made known.
    fn in_browser(&self, job: &Job, t: &Transaction<'_>, old: Option<&Session>, new: &Session) -> Verdict {
        let made = t.a.browsers.get(&new.browser).filter(|_| !t.b.browsers.contains_key(&new.browser));
        let came_from = match old {
            Some(old) => old.browser.clone(),
            None => job.budget.as_ref().map(|(_, source)| source.clone()).unwrap_or_default(),
        };
        let came_from = if came_from == job.network { String::new() } else { came_from };
        let right = made.is_some_and(|made| made.user_id == new.user_id) || new.browser == came_from;
        ensure!(right, KEPT_OUT, "not in '{came_from}': {new:?}");
        Ok(())
    }

    /// A session that goes on: nothing of it changes but what was proven in it.
    fn moved(&mut self, job: &mut Job, t: &Transaction<'_>, old: &Session, new: &Session) -> Verdict {
        let fixed = |s: &Session| {
            let Session { user_id, site, network, return_to, password_at, created_at, .. } = s.clone();
            (user_id, site, network, return_to, password_at, created_at)
        };
        ensure!(fixed(old) == fixed(new), LET_IN, "{old:?} became {new:?}");
        let returned = job.returned_now && job.session.as_ref() == Some(&old.id);
        let is_own = job.cookie.as_ref() == Some(&old.token_hash);
        if old.token_hash == new.token_hash {
            // A code that was compared stays one of its login's five, be it a used one.
            let code = matches!(job.act, Act::Verify { .. } | Act::Recovery { .. });
            let uncompared = code && job.seen.is_some_and(|seen| seen.stage != Stage::Verify);
            let attempts = if job.charged_now && is_own {
                old.attempts + 1
            } else if returned && uncompared {
                (old.attempts - 1).max(0)
            } else {
                old.attempts
            };
            let same = Session { last_seen_at: new.last_seen_at, attempts, ..old.clone() } == *new
                && new.last_seen_at >= old.last_seen_at
                && (is_own || new.last_seen_at == old.last_seen_at);
            ensure!(same && (is_own || returned), CAUSE, "{old:?} became {new:?} under the same token");
            return Ok(());
        }
        ensure!(is_own, CAUSE, "someone else's {old:?} became {new:?}");
        let user = &t.b.users[&old.user_id];
        let own_pages = for_own_pages(job.site, &old.return_to);
        // What was done, by which second factor, and whether it counts for one's own pages; `None`: for nothing.
        let (action, second_factor, counts) = match &job.act {
            Act::Verify { code } => ("verify", Some(self.code_wins(job, t, user, code)?), Some(own_pages)),
            Act::Recovery { code } => ("recovery", Some(self.recovery_wins(t, user, code)?), Some(own_pages)),
            Act::Reauth { password, code, purpose } => {
                let right = self.is_password(user, password) || job.password_right;
                ensure!(right && job.budget.is_some(), LET_IN, "proven again by a wrong password");
                let has_one = t.b.authenticators.values().any(|a| a.user_id == user.id);
                let second_factor = match code {
                    Some(code) if code.len() == 6 && has_one => Some(self.code_wins(job, t, user, code)?),
                    Some(code) if has_one => Some(self.recovery_wins(t, user, code)?),
                    _ => None,
                };
                ensure!(second_factor.is_some() || !has_one, LET_IN, "proven again without the second factor");
                ("reauth", second_factor, Some(*purpose == "account"))
            }
            // The code itself is looked at where the authenticator appears.
            Act::Confirm { .. } => {
                let just = old.pending == 1 && self.proven[&old.id].password_at > job.now - 5 * MINUTE;
                ("enrol", Some("totp"), just.then_some(own_pages))
            }
            Act::Password { current, new, .. } => {
                let right = self.is_password(user, current) && self.is_password(&t.a.users[&user.id], new);
                ensure!(right && job.password_right, LET_IN, "a password changed without the present one");
                ("password", None, None)
            }
            _ => {
                ensure!(false, LET_IN, "{old:?} moved on by itself: {new:?}");
                return Ok(());
            }
        };
        ensure!(t.is(&[action]), WRITTEN, "{action} is not written down");
        let proven = self.proven.get_mut(&old.id).unwrap();
        proven.second_factor = second_factor.or(proven.second_factor);
        match counts {
            Some(true) => proven.reauthenticated_at = Some(job.now),
            Some(false) if second_factor.is_some() => proven.stepped_up_at = Some(job.now),
            _ => {}
        }
        let says = (new.second_factor.as_deref(), new.reauthenticated_at, new.stepped_up_at);
        let is = (proven.second_factor, proven.reauthenticated_at, proven.stepped_up_at);
        ensure!(says == is, PURPOSE, "{new:?} has really {proven:?}");
        let attempts = if second_factor.is_some() { 0 } else { old.attempts };
        ensure!(new.attempts == attempts, CHARGED, "{old:?} became {new:?}");
        let limit = if job.site == Site::Edge { 12 * 60 } else { 8 * 60 } + 20;
        ensure!(new.expires_at <= new.created_at + limit * MINUTE, LET_IN, "longer than a session may last: {new:?}");
        self.in_browser(job, t, Some(old), new)?;
        job.minted = Some(new.token_hash.clone());
        Ok(())
    }

    /// Whether a session may have ended: by its own user, by its time, or by an admin where nothing is left that it is worth
    /// something in.
    fn ended(&self, job: &Job, t: &Transaction<'_>, session: &Session) -> Verdict {
        let own = t.own.filter(|own| own.user_id == session.user_id);
        let other = own.is_some_and(|own| own.id != session.id);
        let shown = job.cookie.as_ref() == Some(&session.token_hash);
        let lapsed = session.expires_at <= job.now;
        let theirs = t.target() == Some(&session.user_id) && t.done.is_some();
        let may = match &job.act {
            Act::Login { email, .. } => {
                let same = t.b.users[&session.user_id].email == *email;
                let displaced = self.displaced(job, t, session);
                ensure!(!same || lapsed || shown || displaced, KEPT_OUT, "another's login ended it: {session:?}");
                same || shown
            }
            Act::Logout | Act::Join { password: Some(_), .. } => shown,
            Act::Tick => lapsed,
            Act::EndSession { id } => own.is_some() && *id == session.id,
            Act::EndOthers
            | Act::Confirm { .. }
            | Act::Disable
            | Act::RemoveAuthenticator { .. }
            | Act::Password { .. } => other && t.done.is_some(),
            Act::Reset { .. } | Act::Recover { .. } => theirs,
            // Worth nothing anywhere: else what one account does would end what opens another.
            Act::Remove { .. } | Act::Change { .. } => {
                let left = self.counts_in(t.a, session).count();
                ensure!(!theirs || left == 0, ELSEWHERE, "a session ended that counts elsewhere: {session:?}");
                theirs
            }
            _ => false,
        };
        ensure!(may, CAUSE, "a session ended without cause: {session:?} by {:?}", job.act);
        Ok(())
    }

    /// Whether a login that waits may have made room: for a sixth one from the same known browser, or from the same network.
    fn displaced(&self, job: &Job, t: &Transaction<'_>, old: &Session) -> bool {
        let Some(new) = t.a.sessions.values().find(|new| !t.b.sessions.contains_key(&new.id)) else { return false };
        // A browser becomes known after the others made room.
        let came_from = job.budget.as_ref().map_or("", |(_, source)| source);
        let from = if came_from == job.network { "" } else { came_from };
        let beside = |one: &&Session| {
            one.user_id == new.user_id
                && one.pending == 1
                && one.browser == from
                && (!from.is_empty() || one.network == new.network)
        };
        beside(&old) && t.b.sessions.values().filter(beside).count() >= 5
    }

    /// That a one-time code is right, not used before, and used up by this.
    fn code_wins(
        &mut self,
        job: &Job,
        t: &Transaction<'_>,
        user: &User,
        code: &str,
    ) -> Result<&'static str, Violation> {
        let won = t.b.authenticators.values().filter(|one| one.user_id == user.id).find_map(|one| {
            let shown = |step: &i64| self.shown.contains(&(one.id.clone(), *step));
            let steps = self.matches(one, code, job.now);
            let step = steps.into_iter().find(|step| *step > one.last_step && !shown(step))?;
            Some((one.id.clone(), step))
        });
        let Some((id, step)) = won else {
            return Err(Violation { invariant: ONCE, what: format!("{code} of {} is wrong or was used", user.id) });
        };
        let used_up = t.a.authenticators.get(&id).is_some_and(|one| one.last_step >= step);
        let newer = self.won.get(&id).is_none_or(|last| *last < step);
        self.won.insert(id, step);
        if !used_up || !newer || job.charge.is_none() {
            let charged = job.charge.is_some();
            let what = format!("{code} of {}: used up {used_up}, newer {newer}, charged {charged}", user.id);
            return Err(Violation { invariant: if charged { ONCE } else { CHARGED }, what });
        }
        Ok("totp")
    }

    /// The same of a recovery code.
    fn recovery_wins(&mut self, t: &Transaction<'_>, user: &User, code: &str) -> Result<&'static str, Violation> {
        let macs = self.macs(code, &user.id);
        let row = t.b.recovery_codes.values().find(|row| row.user_id == user.id && macs.contains(&row.mac));
        let used_up = row.is_some_and(|row| {
            let after = t.a.recovery_codes.get(&format!("{}/{}", row.user_id, row.mac));
            row.used_at.is_none() && after.is_some_and(|after| after.used_at.is_some())
        });
        let once = row.is_some_and(|row| self.spent.insert(row.mac.clone()));
        if !used_up || !once {
            let what = format!("{code} of {}: used up {used_up}, the first time {once}", user.id);
            return Err(Violation { invariant: ONCE, what });
        }
        Ok("recovery")
    }
}

/// Whether a login that leads there was for one's own pages. The admin Worker has no others.
fn for_own_pages(site: Site, return_to: &str) -> bool {
    site == Site::Admin || return_to.starts_with("/auth/")
}
