//! WHOLE: an act that changes several things changes all of them. No limit is passed, no count is off, and no row points at
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

pub struct Whole;

impl Judge for Whole {
    fn promise(&self) -> &'static str {
        "no change is half made"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let owned = |state: &State, id: &str| {
            state.memberships.values().any(|m| m.account_id == id && m.rank == 3 && m.state == "active")
        };
        for id in t.before.accounts.keys() {
            // Else whoever claims an address need only be the last.
            let gone = owned(t.before, id) && !owned(t.after, id) && !t.is(&["started_over"]);
            ensure!(!gone, "{id} has no owner");
        }
        let Some(done) = t.done else { return Ok(()) };
        let after = t.after;
        let user = done.target_id.as_deref().unwrap_or_default();
        let mut sessions = after.sessions.values().filter(|session| session.user_id == user);
        let other = sessions.find(|session| Some(&session.id) != t.own.map(|own| &own.id));
        let authenticators = after.authenticators.values().filter(|one| one.user_id == user).count();
        let codes = after.recovery_codes.values().filter(|one| one.user_id == user).count();
        if let action @ ("login" | "verify" | "recovery" | "reauth" | "enrol" | "password") = done.action.as_str() {
            let before = after.sessions.values().any(|session| Some(&session.token_hash) == job.cookie.as_ref());
            ensure!(!before, "{action}: the token before it still works");
        }
        match (done.action.as_str(), &job.act) {
            ("enrol", _) => {
                ensure!(other.is_none(), "other sessions live on after a set-up: {other:?}");
                // Ten new codes, or those there were.
                let before = t.before.recovery_codes.values().filter(|one| one.user_id == user).count();
                let have = codes == 10 || codes > 0 && codes == before;
                let set_up = authenticators > 0 && have && after.users[user].must_enrol == 0;
                ensure!(set_up, "half a set-up");
                ensure!(!after.enrolments.values().any(|setup| setup.user_id == user), "a set-up is still open");
            }
            ("two_factor_disabled", _) => {
                ensure!(other.is_none() && authenticators == 0 && codes == 0, "half of two-factor login is off");
            }
            ("authenticator_removed", _) => {
                let whole = other.is_none() && authenticators > 0;
                ensure!(whole, "sessions live on, or the last authenticator is gone");
            }
            ("password", _) => ensure!(other.is_none(), "other sessions live on after a new password: {other:?}"),
            ("recovery_codes", _) => ensure!(codes == 10, "{codes} recovery codes"),
            ("member_removed", Act::Remove { account, .. }) => {
                let left = after.invitations.contains_key(&format!("{account}/{user}"));
                ensure!(!left, "an invitation of {user} is still there");
            }
            ("member_invited", Act::Invite { account, .. }) => {
                let key = format!("{account}/{user}");
                let both = after.memberships.contains_key(&key) && after.invitations.contains_key(&key);
                ensure!(both, "half an invitation");
            }
            ("started_over", _) => {
                let left = other.is_some() || authenticators + codes > 0;
                let known = after.browsers.values().any(|one| one.user_id == user);
                let tokens = after.api_tokens.values().any(|one| one.user_id == user);
                let links = after.invitations.values().any(|one| one.invited_by.as_deref() == Some(user));
                ensure!(!left && !known && !tokens && !links, "something of {user} is left");
            }
            ("member_joined", _) => {
                let joined = after.active(user).any(|m| m.account_id == done.account_id);
                ensure!(joined && after.users[user].password_phc.is_some(), "{user} has not joined");
            }
            _ => {}
        }
        Ok(())
    }

    fn rows(&self, state: &State) -> Verdict {
        for m in state.memberships.values() {
            let enrolled = m.state != "invited" && state.has_authenticator(&m.user_id);
            let chosen = enrolled && state.users[&m.user_id].two_factor_chosen == 1;
            ensure!((m.enrolled == 1) == enrolled && (m.chosen == 1) == chosen, "{m:?}");
        }
        for account in state.accounts.values() {
            let active = state.memberships.values().filter(|m| m.account_id == account.id && m.state == "active");
            let counted = active.fold((0, 0, 0), |(members, enrolled, chosen), m| {
                (members + 1, enrolled + m.enrolled, chosen + m.chosen)
            });
            ensure!(
                (account.members, account.enrolled, account.chosen) == counted,
                "{account:?} has really {counted:?}"
            );
        }
        for user in state.users.values() {
            let authenticators = state.authenticators.values().filter(|one| one.user_id == user.id).count();
            let codes = state.recovery_codes.values().filter(|one| one.user_id == user.id).count();
            let mut waiting: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for session in state.sessions.values().filter(|one| one.user_id == user.id && one.pending == 1) {
                let (browser, network) = (session.browser.as_str(), session.network.as_str());
                let place = if browser.is_empty() { ("", network) } else { (browser, "") };
                *waiting.entry(place).or_default() += 1;
            }
            let most = waiting.into_values().max().unwrap_or(0);
            ensure!(authenticators <= 10 && codes <= 10 && most <= 5, "too many of something: {user:?}");
            ensure!(codes == 0 || authenticators > 0, "recovery codes without an authenticator: {user:?}");
            ensure!(user.codes_kept == "kept" || codes > 0, "no codes to be kept: {user:?}");
        }
        Ok(())
    }

    fn asserted(&self, oracle: &Oracle, _: &Job, assertion: &Assertion<'_>) -> Verdict {
        let Some(session) = assertion.session else { return Ok(()) };
        let told = assertion.accounts();
        let real: BTreeSet<&str> = oracle.counts_in(&oracle.state, session).map(|m| m.account_id.as_str()).collect();
        ensure!(real.is_subset(&told), "asserted in {told:?} rather than {real:?}");
        Ok(())
    }

    fn sent(&self, oracle: &Oracle, job: &Job, response: &Response) -> Verdict {
        if let Some(cookie) = cookie_set(response, job.site.cookie(), job.site.token_purpose()) {
            let real = job.minted.as_ref() == Some(&cookie) && oracle.state.session_of(Some(&cookie)).is_some();
            // What a proof brought may have ended by the time that what waited is answered.
            let over = job.proof.is_some() && job.cookie.as_ref() == Some(&cookie);
            ensure!(real || over, "a cookie without a session");
        }
        Ok(())
    }

    fn end(&self, dangling: usize, _: &[Export<'_>]) -> Verdict {
        ensure!(dangling == 0, "{dangling} rows point at what is not there");
        Ok(())
    }
}
