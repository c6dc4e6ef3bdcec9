//! Accounts, members, invitations and API tokens: changed by an admin of that account, within their power, or by whoever
//! was invited. What is taken ends for good; and what one account does changes nothing of what opens another.

use super::*;
use crate::simulation::rows::{Account, ApiToken, Barred};

const FACTOR: [&str; 4] = ["enrol", "two_factor_disabled", "two_factor_reset", "break_glass"];

impl Oracle {
    /// Notes what ends by this transaction.
    pub(super) fn takes(&mut self, job: &Job, t: &Transaction<'_>) {
        let (target, own) = (t.target().cloned().unwrap_or_default(), t.own.map(|own| own.browser.clone()));
        let reset = t.is(&["two_factor_reset", "break_glass"]);
        let tokens = reset || t.is(&["password"]) && !matches!(job.act, Act::Password { keep_tokens: true, .. });
        let browsers = reset || t.is(&["enrol"]);
        let others = t.is(&["password", "two_factor_disabled", "authenticator_removed", "sessions_ended"]);
        let mut taken = Vec::new();
        self.just_barred.clear();
        for token in t.b.api_tokens.values().filter(|token| tokens && token.user_id == target) {
            taken.push(token.token_hash.clone());
        }
        for browser in t.b.browsers.values().filter(|one| one.user_id == target) {
            if browsers || others && own.as_ref() != Some(&browser.id) {
                taken.push(browser.token_hash.clone());
            }
        }
        for link in t.b.invitations.values() {
            let by_them = reset && link.invited_by.as_ref() == Some(&target);
            let same = |now: &&Invitation| now.token_hash == link.token_hash;
            if by_them || !t.a.invitations.values().any(|now| same(&now)) {
                taken.push(link.token_hash.clone());
            }
        }
        taken.extend(t.b.api_tokens.keys().filter(|token| !t.a.api_tokens.contains_key(*token)).cloned());
        for (before, after) in diff(&t.b.memberships, &t.a.memberships) {
            let Some(old) = before.filter(|old| old.state != "invited") else { continue };
            let active = old.state == "active";
            if after.is_some_and(|new| new.rank >= old.rank && (new.state == "active" || !active)) {
                continue;
            }
            let sessions = t.b.sessions.values().filter(|session| session.user_id == old.user_id);
            let barred = sessions.map(|session| (session.id.clone(), old.account_id.clone()));
            self.just_barred.extend(barred.filter(|pair| !self.barred.contains(pair)));
            let theirs = |account: &str, user: Option<&String>| account == old.account_id && user == Some(&old.user_id);
            let tokens = t.b.api_tokens.values().filter(|token| theirs(&token.account_id, Some(&token.user_id)));
            taken.extend(tokens.map(|token| token.token_hash.clone()));
            let links = t.b.invitations.values().filter(|link| theirs(&link.account_id, link.invited_by.as_ref()));
            taken.extend(links.map(|link| link.token_hash.clone()));
        }
        // Whoever joins again by a session proves every factor in it once more.
        if let (true, Some(own), Some(done)) = (t.is(&["member_joined"]), t.own, t.done) {
            self.barred.remove(&(own.id.clone(), done.account_id.clone()));
        }
        self.barred.extend(self.just_barred.iter().cloned());
        self.taken.extend(taken);
    }

    /// Judges what became of accounts, and of everyone's power in them.
    pub(super) fn accounts(&mut self, job: &Job, t: &Transaction<'_>) -> Verdict {
        // Its numbers follow the memberships, whoever changes those.
        let policy = |row: &Account| (row.two_factor_required, row.required_since, row.applies.clone());
        for (before, after) in diff(&t.b.accounts, &t.a.accounts) {
            if before.is_some() && before.map(policy) == after.map(policy) {
                continue;
            }
            let asked = match (&job.act, before, after) {
                (Act::Require { account, required, applies }, Some(old), Some(new)) => {
                    let since = match (old.two_factor_required, *required) {
                        (1, true) => old.required_since,
                        _ => Some(job.now),
                    };
                    new.id == *account
                        && new.two_factor_required == i64::from(*required)
                        && new.applies == *applies
                        && new.required_since == since
                }
                _ => false,
            };
            ensure!(asked && t.is(&["policy"]), CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        self.members(job, t)?;
        for (before, after) in diff(&t.b.invitations, &t.a.invitations) {
            let row = before.or(after).unwrap();
            let ends = match before {
                Some(link) if after.is_none_or(|now| now.token_hash != link.token_hash) => {
                    self.taken.contains(&link.token_hash)
                }
                _ => false,
            };
            let of_target = t.target() == Some(&row.user_id);
            let asked = match after {
                None => ends && t.done.is_some(),
                Some(new) if t.is(&["member_invited"]) => {
                    // It rests on the power of whoever made it.
                    of_target && new.invited_by.as_ref() == t.actor()
                }
                Some(_) => of_target && t.is(&["member_changed"]) && before.is_some(),
            };
            ensure!(asked, CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        for (before, after) in diff(&t.b.api_tokens, &t.a.api_tokens) {
            let asked = match (before, after) {
                (Some(old), Some(new)) => {
                    let used = ApiToken { last_used_at: new.last_used_at, ..old.clone() };
                    *new == used && job.bearer.as_ref() == Some(&new.token_hash)
                }
                (Some(old), None) => {
                    let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                    lapsed || t.is(&["token_revoked", "member_removed", "member_changed", "password"]) || t.is(&FACTOR)
                }
                (None, Some(new)) => t.is(&["token_made"]) && t.actor() == Some(&new.user_id),
                (None, None) => true,
            };
            ensure!(asked, CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        self.ended_for_good(t)?;
        self.authority(job, t)
    }

    fn members(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        for (before, after) in diff(&t.b.memberships, &t.a.memberships) {
            let row = before.or(after).unwrap();
            let asked = match (before, after) {
                (Some(old), Some(new)) if (old.rank, &old.state, &old.name) == (new.rank, &new.state, &new.name) => {
                    t.is(&FACTOR)
                }
                (Some(old), Some(new)) if old.state == "invited" && new.state == "active" => {
                    old.rank == new.rank && t.is(&["member_joined"]) && self.may_join(job, t, new)?
                }
                (Some(old), Some(new)) if old.state == "invited" => {
                    old.state == new.state && t.is(&["member_invited", "member_changed"])
                }
                (Some(_), Some(_)) => t.is(&["member_changed"]),
                (None, Some(new)) => new.state == "invited" && t.is(&["member_invited"]),
                (Some(_), None) => t.is(&["member_removed"]),
                (None, None) => true,
            };
            let theirs = t.target() == Some(&row.user_id);
            let here = t.is(&FACTOR) || t.written.iter().any(|written| written.account_id == row.account_id);
            ensure!(asked && theirs && here, CAUSE, "{before:?} became {after:?} by {:?}", job.act);
        }
        Ok(())
    }

    /// Nobody joins by a link alone: someone who has a login proves every factor of it, and the link still has its maker.
    fn may_join(&self, job: &Job, t: &Transaction<'_>, new: &Membership) -> Result<bool, Violation> {
        let Act::Join { token, password } = &job.act else { return Ok(false) };
        let Some(link) = invited(t.b, token) else { return Ok(false) };
        // It is used up, and so it is taken by now: whose power it rests on is asked of the rows.
        let power = link.invited_by.as_ref().is_none_or(|maker| rank(t.b, &link.account_id, maker) > 1);
        ensure!(power, TAKEN, "{} joins by the word of {:?}, whose power is gone", new.user_id, link.invited_by);
        let here = (&link.account_id, &link.user_id) == (&new.account_id, &new.user_id) && link.expires_at > job.now;
        let user = &t.b.users[&new.user_id];
        if password.is_some() && user.password_phc.is_none() {
            return Ok(here);
        }
        let own = t.own.filter(|own| own.user_id == new.user_id);
        let has_one = t.b.authenticators.values().any(|one| one.user_id == new.user_id);
        let proven = own.is_some_and(|own| {
            let second = self.proven.get(&own.id).is_some_and(|proven| proven.second_factor.is_some());
            self.look(t.b, Some(own), job.site, job.now).stage == Stage::Full && (second || !has_one)
        });
        ensure!(proven, LET_IN, "{} joined {} without every factor they have", new.user_id, new.account_id);
        Ok(here)
    }

    /// What was taken is gone, and comes back by nothing.
    fn ended_for_good(&self, t: &Transaction<'_>) -> Verdict {
        for token in t.a.api_tokens.values() {
            ensure!(!self.taken.contains(&token.token_hash), TAKEN, "{token:?}");
        }
        for link in t.a.invitations.values() {
            ensure!(!self.taken.contains(&link.token_hash), TAKEN, "{link:?}");
        }
        for browser in t.a.browsers.values() {
            ensure!(!self.taken.contains(&browser.token_hash), TAKEN, "{browser:?}");
        }
        for (session_id, account_id) in &self.barred {
            let row = Barred { session_id: session_id.clone(), account_id: account_id.clone() };
            let there = t.a.barred.values().any(|barred| *barred == row);
            ensure!(there || !t.a.sessions.contains_key(session_id), TAKEN, "it counts in {account_id}: {session_id}");
        }
        Ok(())
    }

    /// The power of an admin's act over someone, in an account: by the very credential that the act comes with.
    fn power(&self, job: &Job, t: &Transaction<'_>, actor: &str, account: &str) -> i64 {
        let counts = match (&job.bearer, t.own) {
            (Some(hash), _) => t.b.api_tokens.get(hash).is_some_and(|token| token.account_id == account),
            (None, Some(own)) => {
                let pair = (own.id.clone(), account.to_owned());
                !self.barred.contains(&pair) || self.just_barred.contains(&pair)
            }
            (None, None) => false,
        };
        if counts { rank(t.b, account, actor) } else { 0 }
    }

    /// What an admin does in one account changes nothing of what opens another, where they have no power.
    pub(super) fn elsewhere(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let (Some(here), Some(done)) = (job.act.account(), t.done) else { return Ok(()) };
        let actor = done.actor_id.clone().unwrap_or_default();
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        for (before, after) in diff(&t.b.users, &t.a.users) {
            if let (Some(old), Some(_)) = (before, after) {
                touched.insert(&old.id);
            }
        }
        touched.extend(
            diff(&t.b.authenticators, &t.a.authenticators).into_iter().filter_map(|(b, _)| Some(b?.user_id.as_str())),
        );
        touched.extend(
            diff(&t.b.recovery_codes, &t.a.recovery_codes).into_iter().filter_map(|(b, _)| Some(b?.user_id.as_str())),
        );
        touched.extend(diff(&t.b.browsers, &t.a.browsers).into_iter().filter_map(|(b, _)| Some(b?.user_id.as_str())));
        for (before, after) in diff(&t.b.api_tokens, &t.a.api_tokens) {
            let old = before.filter(|old| old.account_id != here && after.is_none());
            touched.extend(old.map(|old| old.user_id.as_str()));
        }
        for (before, after) in diff(&t.b.memberships, &t.a.memberships) {
            let row = before.or(after).unwrap();
            let standing = |row: Option<&Membership>| row.map(|row| (row.rank, row.state.clone(), row.name.clone()));
            let same = row.account_id == here || standing(before) == standing(after);
            ensure!(same, ELSEWHERE, "{before:?} became {after:?} by {:?}", job.act);
        }
        for user in touched {
            for m in t.b.memberships.values().filter(|m| m.user_id == user && m.state != "invited") {
                let power = self.power(job, t, &actor, &m.account_id);
                let enough = m.account_id == here || power > 1 && power >= m.rank;
                ensure!(enough, ELSEWHERE, "{actor} did {:?} to {user}, who has joined {}", job.act, m.account_id);
                let told = t.written.iter().any(|row| row.result == "ok" && row.account_id == m.account_id);
                ensure!(told, WRITTEN, "{} is not told of {:?}", m.account_id, job.act);
            }
        }
        Ok(())
    }

    /// Whether an admin's act was theirs to do.
    fn authority(&self, job: &Job, t: &Transaction<'_>) -> Verdict {
        let Some(account) = job.act.account() else { return Ok(()) };
        let target = match &job.act {
            Act::Invite { email, .. } => t.b.users.values().find(|user| user.email == *email).map(|user| &user.id),
            Act::Reset { user, .. } | Act::Change { user, .. } | Act::Remove { user, .. } => Some(user),
            _ => None,
        };
        let Some(done) = t.done else {
            // An act that is not written down has not happened.
            let unchanged = t.b.users == t.a.users && t.b.memberships == t.a.memberships;
            ensure!(unchanged, WRITTEN, "changed, and not written down: {:?}", job.act);
            return Ok(());
        };
        let actor = done.actor_id.clone().unwrap_or_default();
        let own = rank(t.b, account, &actor);
        let here = t.written.iter().any(|row| row.result == "ok" && row.account_id == account);
        ensure!(here && own > 1, CAUSE, "{actor} is no admin of {account}: {:?}", job.act);
        ensure!(self.power(job, t, &actor, account) > 1, TAKEN, "{actor} did {:?} by what was taken", job.act);
        match &job.bearer {
            None => {
                let theirs = t.own.is_some_and(|session| session.user_id == actor && session.site == "admin");
                ensure!(theirs, CAUSE, "not by the session of {actor}: {:?}", job.act);
                let seen = job.seen.unwrap_or(NOBODY);
                ensure!(seen.stage == Stage::Full && seen.fresh, PURPOSE, "in {seen:?}: {:?}", job.act);
            }
            Some(hash) => {
                let token = t.b.api_tokens.get(hash);
                let theirs = token.is_some_and(|token| token.user_id == actor && token.account_id == account);
                let waits = t.b.users[&actor].must_enrol == 1;
                ensure!(theirs && job.token_good && !waits, CAUSE, "not by the token of {actor}: {:?}", job.act);
                let scopes = token.map_or("", |token| &token.scopes);
                let scope = if matches!(job.act, Act::Reset { .. }) { "reset" } else { job.act.scope() };
                ensure!(
                    scopes.split(' ').any(|one| one == scope),
                    STRONGER,
                    "{scope} is none of {scopes}: {:?}",
                    job.act
                );
                for (before, after) in diff(&t.b.memberships, &t.a.memberships) {
                    let power = |m: Option<&Membership>| m.filter(|m| m.state != "inactive").map_or(0, |m| m.rank);
                    let more = power(after) > power(before).max(1);
                    ensure!(!more, STRONGER, "a token made an admin: {before:?} became {after:?}");
                }
            }
        }
        let now = self.decided(t.b, &job.act, t.own);
        ensure!(job.decided == now, HOLDS, "decided on {:?}, and by now {now:?}: {:?}", job.decided, job.act);
        let granted = match &job.act {
            Act::Change { role: Some(name), .. } | Act::Invite { role: name, .. } => rank_of_role(name),
            _ => 0,
        };
        let held = target.and_then(|user| t.b.memberships.get(&format!("{account}/{user}"))).map_or(0, |m| m.rank);
        ensure!(granted <= own && held <= own, CAUSE, "above their rank: {:?}", job.act);
        if let (Act::Reset { .. }, Some(user)) = (&job.act, target) {
            ensure!(*user != actor, CAUSE, "their own: {:?}", job.act);
        }
        Ok(())
    }
}
