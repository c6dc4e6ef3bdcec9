//! What is written down happened, all of it and in the very transaction; and what holds of the rows at any moment.

use super::*;

impl Oracle {
    /// Users: names, passwords and switches.
    pub(super) fn users(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.users, &t.a.users) {
            let (Some(old), Some(new)) = (before, after) else {
                let invited = matches!(&job.act, Act::Invite { .. }) && t.is(&["member_invited"]);
                ensure!(before.is_none() && invited, WRITTEN, "{before:?} became {after:?}");
                continue;
            };
            let target = t.target() == Some(&new.id);
            ensure!(old.email == new.email, CAUSE, "{old:?} became {new:?}");
            ensure!(new.email_proven_at.is_none(), VERIFIED, "no mail was ever read: {new:?}");
            if old.name != new.name {
                let first = t.is(&["member_joined"]) && old.password_phc.is_none();
                ensure!(target && (t.is(&["renamed"]) || first), CAUSE, "renamed: {old:?} became {new:?}");
            }
            if old.password_phc != new.password_phc {
                let set = match &job.act {
                    // The same password, hashed anew.
                    Act::Login { password, .. } => {
                        t.is(&["login"]) && self.is_password(old, password) && self.is_password(new, password)
                    }
                    Act::Password { current, new: next, .. } => {
                        t.is(&["password"]) && self.is_password(old, current) && self.is_password(new, next)
                    }
                    Act::Join { password: Some(password), .. } => {
                        t.is(&["member_joined"]) && old.password_phc.is_none() && self.is_password(new, password)
                    }
                    _ => false,
                };
                ensure!(target && set, CAUSE, "another password: {old:?} became {new:?}");
            }
            if old.two_factor_chosen != new.two_factor_chosen {
                let action = if new.two_factor_chosen == 1 { "enrol" } else { "two_factor_disabled" };
                ensure!(target && t.is(&[action]), CAUSE, "the switch: {old:?} became {new:?}");
            }
            if old.must_enrol != new.must_enrol {
                let by: &[&str] = if new.must_enrol == 1 { &["two_factor_reset", "break_glass"] } else { &["enrol"] };
                ensure!(target && t.is(by), LET_IN, "what a reset asks: {old:?} became {new:?}");
            }
            if old.codes_kept != new.codes_kept {
                let by_act = match (&job.act, new.codes_kept.as_str()) {
                    (Act::Kept { code }, "kept") => {
                        let macs = self.macs(code, &new.id);
                        t.a.recovery_codes.values().any(|c| c.used_at.is_none() && macs.contains(&c.mac))
                    }
                    (Act::Later, "postponed") => old.codes_kept == "due",
                    (_, "due") => target && t.is(&["enrol", "recovery_codes"]),
                    (_, "kept") => target && t.is(&["two_factor_reset", "break_glass", "two_factor_disabled"]),
                    _ => false,
                };
                let by_person = job.by == By::Itself || !job.act.for_people();
                ensure!(by_act && by_person, CAUSE, "recovery codes kept: {old:?} became {new:?}");
            }
        }
        Ok(())
    }

    /// What is written down happened: all of it, in this very transaction.
    pub(super) fn effects(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let Some(done) = t.done else { return Ok(()) };
        let a = t.a;
        let user = done.target_id.clone().unwrap_or_default();
        let sessions: Vec<&Session> = a.sessions.values().filter(|session| session.user_id == user).collect();
        let others = sessions.iter().any(|session| Some(&session.id) != t.own.map(|own| &own.id));
        let (authenticators, codes) = (
            a.authenticators.values().filter(|one| one.user_id == user).count(),
            a.recovery_codes.values().filter(|one| one.user_id == user).count(),
        );
        let moved = |action: &str| -> Verdict {
            ensure!(job.minted.is_some(), WRITTEN, "{action} is written down, and no session came of it");
            let before = a.sessions.values().any(|session| Some(&session.token_hash) == job.cookie.as_ref());
            ensure!(!before, WHOLE, "{action}: the token before it still works");
            Ok(())
        };
        let power =
            |state: &State| state.memberships.values().filter(|m| m.user_id == user && m.state == "active").count();
        if t.is(&["member_changed", "member_removed"]) && power(t.b) > power(a) {
            let nothing = sessions.iter().find(|session| self.counts_in(a, session).next().is_none());
            ensure!(nothing.is_none(), TAKEN, "worth nothing anywhere: {nothing:?}");
        }
        match (done.action.as_str(), &job.act) {
            ("login" | "verify" | "recovery" | "reauth", _) => moved(&done.action)?,
            ("enrol", _) => {
                moved("enrol")?;
                ensure!(!others, WHOLE, "other sessions live on after a set-up: {sessions:?}");
                ensure!(authenticators > 0 && codes == 10 && a.users[&user].must_enrol == 0, WHOLE, "half a set-up");
                ensure!(!a.enrolments.values().any(|setup| setup.user_id == user), WHOLE, "a set-up is still open");
                let known = a.browsers.values().filter(|browser| browser.user_id == user).count();
                ensure!(known == 1, TAKEN, "{known} browsers are known after a set-up");
            }
            ("two_factor_reset" | "break_glass", _) => {
                ensure!(sessions.is_empty(), RESET, "sessions live on: {sessions:?}");
                let left = (authenticators, codes, a.users[&user].must_enrol, a.users[&user].code_failures);
                ensure!(left == (0, 0, 1, 0), RESET, "authenticators, codes, must_enrol, failures: {left:?}");
                let locked = a.code_attempts.values().any(|row| row.user_id == user);
                ensure!(!locked, RESET, "wrong codes still count");
                let browsers = a.browsers.values().any(|row| row.user_id == user);
                let tokens = a.api_tokens.values().any(|row| row.user_id == user);
                let links = a.invitations.values().any(|row| row.invited_by.as_ref() == Some(&user));
                ensure!(!browsers && !tokens && !links, TAKEN, "browsers {browsers}, tokens {tokens}, links {links}");
            }
            ("two_factor_disabled", _) => {
                ensure!(!others && authenticators == 0 && codes == 0, WHOLE, "half of two-factor login is off");
                let required = active(a, &user).any(|m| a.accounts[&m.account_id].two_factor_required == 1);
                ensure!(!required, LET_IN, "two-factor login is off while it is required of {user}");
            }
            ("authenticator_removed", Act::RemoveAuthenticator { id }) => {
                ensure!(!a.authenticators.contains_key(id), WRITTEN, "{id} was not removed");
                ensure!(!others && authenticators > 0, WHOLE, "sessions live on, or the last authenticator is gone");
            }
            ("password", _) => {
                moved("password")?;
                ensure!(!others, WHOLE, "other sessions live on after a new password: {sessions:?}");
            }
            ("recovery_codes", Act::NewCodes) => {
                ensure!(codes == 10, WHOLE, "{codes} recovery codes");
                let before = self.decided(t.b, &job.act, t.own);
                ensure!(before == job.decided, HOLDS, "others were made since: {before} rather than {}", job.decided);
            }
            ("session_ended", Act::EndSession { id }) => {
                ensure!(!a.sessions.contains_key(id), WRITTEN, "{id} did not end");
            }
            ("sessions_ended", _) => ensure!(!others, WRITTEN, "others live on: {sessions:?}"),
            ("logout", _) => ensure!(session_of(a, job.cookie.as_deref()).is_none(), WRITTEN, "it did not end"),
            ("policy", Act::Require { account, required, .. }) => {
                let is = a.accounts[account].two_factor_required == 1;
                ensure!(is == *required, WRITTEN, "the requirement is {is}");
            }
            ("member_changed", Act::Change { account, role, active, name, .. }) => {
                let member = &a.memberships[&format!("{account}/{user}")];
                ensure!(role.is_none_or(|role| member.rank == rank_of_role(role)), WRITTEN, "{member:?}");
                ensure!(active.is_none_or(|active| active == (member.state == "active")), WRITTEN, "{member:?}");
                let called = member.state == "invited" || name.is_none() || member.name == *name;
                ensure!(called, WRITTEN, "called {name:?}: {member:?}");
            }
            ("member_removed", Act::Remove { account, .. }) => {
                let key = format!("{account}/{user}");
                ensure!(!a.memberships.contains_key(&key), WRITTEN, "{user} is still there");
                ensure!(!a.invitations.contains_key(&key), WHOLE, "an invitation of {user} is still there");
            }
            ("member_invited", Act::Invite { account, role, .. }) => {
                let key = format!("{account}/{user}");
                let both = a.memberships.contains_key(&key) && a.invitations.contains_key(&key);
                ensure!(both, WHOLE, "half an invitation");
                ensure!(a.memberships[&key].rank == rank_of_role(role), STRONGER, "{:?}", a.memberships[&key]);
            }
            ("member_joined", Act::Join { token, .. }) => {
                ensure!(invited(a, token).is_none(), ONCE, "an invitation that was used is still there");
                let joined = active(a, &user).any(|m| m.account_id == done.account_id);
                ensure!(joined && a.users[&user].password_phc.is_some(), WHOLE, "{user} has not joined");
            }
            ("renamed", Act::Rename { name }) => ensure!(a.users[&user].name == *name, WRITTEN, "not renamed"),
            ("token_made", Act::MakeToken { .. }) => {
                ensure!(a.api_tokens.len() == t.b.api_tokens.len() + 1, WRITTEN, "no token was made");
            }
            ("token_revoked", Act::RevokeToken { id, .. }) => {
                ensure!(!a.api_tokens.values().any(|token| token.id == *id), WRITTEN, "it is still there");
            }
            (action, act) => ensure!(false, WRITTEN, "{action} is written down for {act:?}"),
        }
        Ok(())
    }

    /// What holds of the rows at any moment.
    pub(super) fn whole(&self, state: &State) -> Verdict {
        for m in state.memberships.values() {
            let enrolled = m.state != "invited" && state.authenticators.values().any(|one| one.user_id == m.user_id);
            ensure!((m.enrolled == 1) == enrolled, WHOLE, "{m:?}");
        }
        for account in state.accounts.values() {
            let active = state.memberships.values().filter(|m| m.account_id == account.id && m.state == "active");
            ensure!(active.clone().any(|m| m.rank == 3), WHOLE, "{} has no owner", account.id);
            let counted = active.fold((0, 0), |(members, enrolled), m| (members + 1, enrolled + m.enrolled));
            ensure!((account.members, account.enrolled) == counted, WHOLE, "{account:?} has really {counted:?}");
        }
        for user in state.users.values() {
            let authenticators = state.authenticators.values().filter(|one| one.user_id == user.id).count();
            let codes = state.recovery_codes.values().filter(|one| one.user_id == user.id).count();
            let known = state.browsers.values().filter(|one| one.user_id == user.id).count();
            let mut waiting: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for session in state.sessions.values().filter(|one| one.user_id == user.id && one.pending == 1) {
                let place = if session.browser.is_empty() {
                    ("", session.network.as_str())
                } else {
                    (session.browser.as_str(), "")
                };
                *waiting.entry(place).or_default() += 1;
            }
            let most = waiting.into_values().max().unwrap_or(0);
            ensure!(authenticators <= 10 && codes <= 10 && most <= 5, WHOLE, "too many of something: {user:?}");
            ensure!(known <= 5, KEPT_OUT, "{known} known browsers: {user:?}");
            ensure!(codes == 0 || authenticators > 0, WHOLE, "recovery codes without an authenticator: {user:?}");
            ensure!(user.codes_kept == "kept" || codes > 0, WHOLE, "no codes to be kept: {user:?}");
            ensure!(user.must_enrol == 0 || authenticators == 0, RESET, "an authenticator after a reset: {user:?}");
        }
        for session in state.sessions.values() {
            ensure!(session.attempts <= 5 || session.pending == 0, CHARGED, "{session:?}");
        }
        Ok(())
    }
}
