//! What the oracle remembers of people, apart from the tables: what each of them really proved, which code won, what was
//! taken from them. It is brought up to date with every transaction, before that is judged.

use std::collections::BTreeSet;

use super::{
    Done, Made, Oracle, Proven, Tried,
    evidence::for_own_pages,
    job::{Code, Job, Stage, hash},
    transaction::{Begins, FACTOR, MINUTE, News, Proof, QUARTER, Transaction},
};
use crate::simulation::{
    actors::Act,
    rows::{Invitation, Session},
};

impl Oracle {
    /// Takes in what a transaction did.
    pub(super) fn learn(&mut self, job: &mut Job, t: &Transaction<'_>) -> News {
        job.done.extend(t.written.iter().filter(|row| row.result == "ok").map(|row| row.action.clone()));
        job.needless |= match &job.act {
            Act::Reset { user, .. } => {
                let left =
                    t.before.has_authenticator(user) || t.before.sessions.values().any(|one| one.user_id == *user);
                !left && t.before.users.get(user).is_some_and(|user| user.must_enrol == 1)
            }
            Act::Restore { account, user } => {
                let joined = t.before.membership(account, user).is_some_and(|m| m.state != "invited");
                !joined || t.before.users.get(user).is_some_and(|user| user.password_stopped_at.is_none())
            }
            Act::NotMe { token } => {
                let link = t.before.links.get(&hash(token, "not_me"));
                link.is_some_and(|link| t.before.users[&link.user_id].password_stopped_at.is_some())
            }
            _ => false,
        };
        job.needless |= t.own.is_some_and(|own| match job.act {
            Act::EndOthers => !t.before.sessions.values().any(|one| one.user_id == own.user_id && one.id != own.id),
            Act::Enable => t.before.users[&own.user_id].two_factor_chosen == 1,
            Act::Disable => {
                t.before.users[&own.user_id].two_factor_chosen == 0 && !t.before.has_authenticator(&own.user_id)
            }
            _ => false,
        });
        let mut news = News { barred: self.takes(job, t), ..News::default() };
        // By what was proven before this.
        job.lost |= t.own.and_then(|own| self.proven.get(&own.id)).is_some_and(|proven| {
            proven.second_factor == Some("recovery")
                && proven.reauthenticated_at.is_some_and(|at| at > job.now - QUARTER)
        });
        news.stood = self.look(t.before, t.own, job.site, job.now);
        news.second_factor = t.own.and_then(|own| self.proven.get(&own.id)?.second_factor);
        self.codes(job, t, &mut news);
        self.shows(job, t);
        self.passwords(job, t, &mut news);
        self.floods(job, t, &mut news);
        self.authenticators(t);
        for new in t.begun() {
            self.begins(job, t, new);
        }
        self.moves(job, t, &mut news);
        self.recovery_codes(job, t);
        self.browsers(job, t);
        self.forms(job, t);
        self.made(job, t);
        for (old, new) in
            t.changed.users.iter().filter_map(|(old, new)| old.zip(*new)).filter(|(old, new)| old.email != new.email)
        {
            self.moved.insert((new.id.clone(), old.email.clone()), job.now);
        }
        let members = t.changed.memberships.iter().filter_map(|(old, new)| Some(old.or(*new)?.user_id.clone()));
        let owners = t.changed.authenticators.iter().filter_map(|(old, new)| Some(old.or(*new)?.user_id.clone()));
        self.touched.extend(members.chain(owners).map(|user| (user, job.now)));
        for written in t.written.iter().filter(|written| written.action == "policy" && written.result == "ok") {
            self.policies.entry(written.account_id.clone()).or_default().push(job.now);
        }
        let queued = t.changed.outbox.iter().filter_map(|(_, new)| *new);
        self.unfinished.extend(queued.filter(|mail| mail.kind == "unfinished").map(|mail| mail.id.clone()));
        news
    }

    /// The form that the request's own session has done last.
    fn forms(&mut self, job: &mut Job, t: &Transaction<'_>) {
        for done in self.forms.values_mut().filter(|_| matches!(job.act, Act::Tick)) {
            done.swept |= done.at <= job.now - MINUTE;
        }
        if let (Act::Login { .. }, Some(form)) = (&job.act, &job.form) {
            for new in t.begun() {
                let token = || new.token_hash.clone();
                let done = Done {
                    form: form.clone(),
                    at: job.now,
                    order: self.transactions,
                    before: token(),
                    token: token(),
                    proof: None,
                    codes: BTreeSet::new(),
                    led: None,
                    swept: false,
                };
                self.forms.insert(new.id.clone(), done);
            }
            return;
        }
        let Some(own) = t.own else { return };
        // What is done once more is for a judge to see.
        let Some(form) = job.form.clone().filter(|_| self.again(job).is_none()) else { return };
        let moved = t.moved(job).map(|(_, new)| new.token_hash.clone());
        let later = matches!(job.act, Act::Later) && !t.changed.users.is_empty();
        // Signing in by way of a code that nobody has told is written down too.
        if moved.is_none() && !later && t.done.is_none_or(|done| done.actor_id.as_ref() != Some(&own.user_id)) {
            return;
        }
        job.did = true;
        if let (Act::Reauth { .. }, Some(token)) = (&job.act, &moved) {
            self.proofs.insert(token.clone(), (form.clone(), own.token_hash.clone(), job.now));
        }
        let before = own.token_hash.clone();
        let (form, before, token, proof) = match (moved, job.proof.clone()) {
            // Of two that move a session on, the first is sent again.
            (Some(token), Some((form, before))) => (form, before, token, None),
            (moved, proof) => (form, before.clone(), moved.unwrap_or(before), proof),
        };
        self.forms.insert(
            own.id.clone(),
            Done {
                form,
                at: job.now,
                order: self.transactions,
                before,
                token,
                proof,
                codes: job.made.clone(),
                led: None,
                swept: false,
            },
        );
    }

    /// What the request's own session has made that is shown once.
    fn made(&mut self, job: &Job, t: &Transaction<'_>) {
        for made in self.made.values_mut().flatten().filter(|_| matches!(job.act, Act::Tick)) {
            made.swept |= made.at <= job.now - 10 * MINUTE;
        }
        let (Some(own), None) = (t.own, &job.bearer) else { return };
        let of = |account: &str, hash: &str| (Some(account.to_owned()), hash.to_owned());
        let (links, tokens, service) = (&t.changed.invitations, &t.changed.api_tokens, &t.changed.service_tokens);
        let made = if t.is(&["member_invited"]) {
            links
                .iter()
                .find_map(|(_, new)| new.filter(|new| new.mailed == 0).map(|new| of(&new.account_id, &new.token_hash)))
        } else if t.is(&["token_made"]) {
            tokens.iter().find_map(|(_, new)| new.map(|new| of(&new.account_id, &new.token_hash)))
        } else if t.is(&["service_token_made"]) {
            service.iter().find_map(|(_, new)| new.map(|new| of(&new.account_id, &new.token_hash)))
        } else {
            t.is(&["recovery_codes", "enrol"]).then(|| (None, String::new()))
        };
        if let Some((account, hash)) = made {
            self.made.entry(own.id.clone()).or_default().push(Made { account, hash, at: job.now, swept: false });
        }
    }

    /// What ends by this transaction; answers with the sessions that no longer count in an account.
    fn takes(&mut self, job: &Job, t: &Transaction<'_>) -> BTreeSet<(String, String)> {
        let (target, own) = (t.target().cloned().unwrap_or_default(), t.own.map(|own| own.browser.clone()));
        let reset = t.is(&["two_factor_reset", "break_glass", "password_reset", "not_me", "email_undone"]);
        let tokens = reset || t.is(&["password"]) && !matches!(job.act, Act::Password { keep_tokens: true, .. });
        // Turned on by a session of less, its own browser was known by less too.
        let less = t.is(&["two_factor_enabled"]) && t.own.is_some_and(|own| self.lacks_second_factor(own));
        let browsers = reset || less || t.is(&["enrol"]);
        let others = t.is(&["password", "two_factor_enabled", "two_factor_disabled", "authenticator_removed"])
            || t.is(&["sessions_ended", "email_changed"]);
        let (mut taken, mut just_barred) = (Vec::new(), BTreeSet::new());
        for token in t.before.api_tokens.values().filter(|token| tokens && token.user_id == target) {
            taken.push(token.token_hash.clone());
        }
        for browser in t.before.browsers.values().filter(|one| one.user_id == target) {
            if browsers || others && own.as_ref() != Some(&browser.id) {
                taken.push(browser.token_hash.clone());
            }
        }
        for link in t.before.invitations.values() {
            let by_them = tokens && link.invited_by.as_ref() == Some(&target);
            let same = |now: &&Invitation| now.token_hash == link.token_hash;
            if by_them || !t.after.invitations.values().any(|now| same(&now)) {
                taken.push(link.token_hash.clone());
            }
        }
        let gone = t.before.api_tokens.keys().filter(|token| !t.after.api_tokens.contains_key(*token));
        taken.extend(gone.cloned());
        for &(before, after) in &t.changed.memberships {
            let Some(old) = before.filter(|old| old.state != "invited") else { continue };
            let active = old.state == "active";
            if after.is_some_and(|new| new.rank >= old.rank && (new.state == "active" || !active)) {
                continue;
            }
            let sessions = t.before.sessions.values().filter(|session| session.user_id == old.user_id);
            let barred = sessions.map(|session| (session.id.clone(), old.account_id.clone()));
            just_barred.extend(barred.filter(|pair| !self.barred.contains(pair)));
            let theirs = |account: &str, user: Option<&String>| account == old.account_id && user == Some(&old.user_id);
            let tokens = t.before.api_tokens.values().filter(|token| theirs(&token.account_id, Some(&token.user_id)));
            taken.extend(tokens.map(|token| token.token_hash.clone()));
            let links = t.before.invitations.values().filter(|link| theirs(&link.account_id, link.invited_by.as_ref()));
            taken.extend(links.map(|link| link.token_hash.clone()));
        }
        // Whoever joins again by a session proves every factor in it once more.
        let by_session = t.is(&["member_joined"]) && !t.is(&["started_over"]);
        if let (true, Some(own), Some(done)) = (by_session, t.own, t.done) {
            self.barred.remove(&(own.id.clone(), done.account_id.clone()));
        }
        self.barred.extend(just_barred.iter().cloned());
        self.taken.extend(taken);
        just_barred
    }

    /// Attempts at codes, charged and given back.
    fn codes(&mut self, job: &mut Job, t: &Transaction<'_>, news: &mut News) {
        for change in &t.changed.code_attempts {
            match *change {
                (None, Some(new)) => {
                    let (Some(own), Some(code), None) = (t.own, job.code(), &job.charge) else { continue };
                    if !job.honest {
                        self.strangers.insert(new.id.clone());
                    }
                    job.code_right = self.is_code(t.before, &own.user_id, code, job.now);
                    job.uncompared = news.stood.stage == Stage::None;
                    (job.charge, job.session) = (Some(new.id.clone()), Some(own.id.clone()));
                    news.charged = true;
                    self.tries(&new.id, job, job.code_right);
                }
                (Some(old), None) => {
                    let lapsed = matches!(job.act, Act::Tick) && old.at <= job.now - QUARTER;
                    news.returned |= !lapsed && !t.is_of(&old.user_id, &FACTOR);
                }
                _ => {}
            }
        }
        let mut charges = t.before.code_attempts.values().map(|row| &row.id);
        let (Some(own), Begins::TriesCode, None) = (t.own, t.begins, &job.charge) else { return };
        if let Some((id, tried)) = charges.find_map(|id| Some((id, self.tried_before(id, job)?))) {
            (job.charge, job.session) = (Some(id.clone()), Some(own.id.clone()));
            (job.compared_at, job.code_right) = (tried.at, tried.right);
            (job.again, news.again) = (true, true);
        }
    }

    /// An attempt is charged, with the form that it came by.
    fn tries(&mut self, charge: &str, job: &Job, right: bool) {
        if let Some(form) = job.form.clone() {
            self.tried.insert(charge.to_owned(), Tried { form, at: job.now, right });
        }
    }

    /// The attempt of this charge, if it came by the form that the request is, within a minute.
    fn tried_before(&self, charge: &str, job: &Job) -> Option<&Tried> {
        let tried = self.tried.get(charge)?;
        (job.form.as_ref() == Some(&tried.form) && (job.now - tried.at).abs() < MINUTE).then_some(tried)
    }

    /// A code that was shown before its time is no longer good for anyone.
    fn shows(&mut self, job: &Job, t: &Transaction<'_>) {
        let refused = t.written.iter().find(|row| row.result == "invalid_code");
        let (Some(Code::OneTime(code)), Some(user)) = (job.code(), refused.and_then(|row| row.target_id.as_ref()))
        else {
            return;
        };
        for one in t.before.authenticators.values().filter(|one| one.user_id == *user) {
            let later = self.steps(one, code, job.now, 2..=10);
            self.shown.extend(later.into_iter().map(|step| (one.id.clone(), step)));
        }
    }

    /// Attempts at passwords.
    fn passwords(&mut self, job: &mut Job, t: &Transaction<'_>, news: &mut News) {
        if let (Begins::TriesPassword, Some(email)) = (t.begins, Self::address(job)) {
            let (subject, source) = self.budget(t.before, job, &email);
            let row = t.before.password_budgets.get(&format!("{subject}/{source}"));
            if let Some(tried) = row.and_then(|row| self.tried_before(&row.charge, job)) {
                (job.password_right, news.again) = (tried.right, true);
                // What was not charged is not given back.
                (job.budget, job.flood_returned) = (Some((subject, source)), true);
            }
        }
        for row in t.changed.password_budgets.iter().filter_map(|(_, new)| *new) {
            let Some(email) = Self::address(job) else { continue };
            let user = t.before.user_at(&email);
            job.password_right = match &job.act {
                Act::Login { password, .. }
                | Act::Reauth { password, .. }
                | Act::Password { current: password, .. } => user.is_some_and(|user| self.is_password(user, password)),
                _ => false,
            };
            (job.budget, job.flood_returned) = (Some((row.subject.clone(), row.source.clone())), false);
            // A login begins anew.
            if !matches!(job.act, Act::Login { .. }) {
                self.tries(&row.charge, job, job.password_right);
            }
        }
    }

    /// Right passwords given back to floods.
    fn floods(&self, job: &mut Job, t: &Transaction<'_>, news: &mut News) {
        let Some((subject, source)) = &job.budget else { return };
        let charged = t.charges_password(subject, source);
        // A count of none stays one as it is returned, and where a code is charged nothing is.
        let silent = matches!(t.begins, Begins::Looks | Begins::TriesCode);
        if *source != job.network || !job.password_right || charged || job.flood_returned || silent {
            return;
        }
        for subject in [subject, &job.network] {
            let (was, is) = (t.before.floods.get(subject), t.after.floods.get(subject));
            let returned = was.map(|row| (row.began_at, (row.failures - 1).max(0), row.tried_at));
            news.flood_returned |= is.map(|row| (row.began_at, row.failures, row.tried_at)) == returned;
        }
        job.flood_returned = news.flood_returned;
    }

    fn authenticators(&mut self, t: &Transaction<'_>) {
        for change in &t.changed.authenticators {
            match *change {
                (None, Some(new)) => drop(self.won.insert(new.id.clone(), new.last_step)),
                (Some(old), None) => drop(self.spent.insert(old.id.clone())),
                _ => {}
            }
        }
    }

    /// A session that begins, by a password or as someone joins.
    fn begins(&mut self, job: &mut Job, t: &Transaction<'_>, new: &Session) {
        let joins = match &job.act {
            Act::Login { .. } => false,
            Act::Join { password: Some(_), .. } | Act::StartOver { .. } => true,
            _ => return,
        };
        // Whoever is held from the next login on is held from the one that is written after.
        let begun_under: BTreeSet<(String, i64)> = t
            .after
            .active(&new.user_id)
            .filter_map(|m| {
                let has_one = t.after.has_authenticator(&new.user_id);
                let since = t.after.accounts[&m.account_id].in_force_for(m, has_one, job.now)?;
                Some((m.account_id.clone(), since))
            })
            .collect();
        let since = begun_under.iter().map(|(_, since)| *since).max();
        let password_at = since.map_or(job.now, |since| since.max(job.now));
        let proven =
            Proven { password_at, begun_under, second_factor: None, reauthenticated_at: None, stepped_up_at: None };
        self.proven.insert(new.id.clone(), proven);
        let full = self.look(t.after, Some(new), job.site, job.now).stage == Stage::Full;
        let has_one = t.after.has_authenticator(&new.user_id);
        // The password is all there is, and it was given for the person's own pages.
        if full && !has_one && !joins && for_own_pages(job.site, &new.return_to) {
            self.proven.get_mut(&new.id).unwrap().reauthenticated_at = Some(job.now);
        }
        job.minted = Some(new.token_hash.clone());
    }

    /// The request's own session, moved on by what was proven in it.
    fn moves(&mut self, job: &mut Job, t: &Transaction<'_>, news: &mut News) {
        let Some((old, new)) = t.moved(job) else { return };
        self.replaced.retain(|_, (session, _)| *session != old.id);
        let whole = news.second_factor.is_some() || !t.before.has_authenticator(&old.user_id);
        // As it was read, and as it is written: between them an account may have ceased to ask for more.
        let full = [job.seen(), news.stood].iter().all(|seen| seen.stage == Stage::Full);
        if matches!(job.act, Act::Reauth { .. }) && full && whole {
            self.replaced.insert(old.token_hash.clone(), (old.id.clone(), job.now));
        }
        // A recovery code leads to setting up another authenticator.
        let own_pages = for_own_pages(job.site, &old.return_to) || matches!(job.act, Act::Recovery { .. });
        // By which second factor, and whether it counts for the person's own pages; `None`: for nothing.
        let (proof, counts) = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => {
                // A code alone, hours after the password, is none for the person's own pages.
                let began = self.proven.get(&old.id).map(|proven| proven.password_at);
                let lately = began > Some(job.now - 5 * MINUTE);
                (self.proof(job, t, &old.user_id), (lately || !own_pages).then_some(own_pages))
            }
            Act::Reauth { purpose, .. } => {
                let has_one = t.before.has_authenticator(&old.user_id);
                let proof = if has_one { self.proof(job, t, &old.user_id) } else { None };
                (proof, Some(*purpose == "account"))
            }
            Act::Confirm { .. } => {
                let began = self.proven.get(&old.id).map(|proven| proven.password_at);
                let just = old.pending == 1 && began > Some(job.now - 5 * MINUTE);
                (Some(Proof::SetUp), just.then_some(own_pages))
            }
            Act::Password { .. } => (None, None),
            _ => return,
        };
        news.proof = proof;
        let second_factor = proof.and_then(Proof::factor);
        if let Some(proven) = self.proven.get_mut(&old.id) {
            proven.second_factor = second_factor.or(proven.second_factor);
            match counts {
                Some(true) => proven.reauthenticated_at = Some(job.now),
                Some(false) if second_factor.is_some() => proven.stepped_up_at = Some(job.now),
                _ => {}
            }
        }
        job.minted = Some(new.token_hash.clone());
    }

    /// What the code that was sent proves.
    fn proof(&mut self, job: &Job, t: &Transaction<'_>, user_id: &str) -> Option<Proof> {
        Some(match job.code()? {
            Code::OneTime(code) => self.one_time_code(job, t, user_id, code),
            Code::Recovery(code) => self.recovery_code(t, user_id, code),
        })
    }

    fn one_time_code(&mut self, job: &Job, t: &Transaction<'_>, user_id: &str, code: &str) -> Proof {
        let won = t.before.authenticators.values().filter(|one| one.user_id == user_id).find_map(|one| {
            let shown = |step: &i64| self.shown.contains(&(one.id.clone(), *step));
            let steps = self.matches(one, code, job.compared_at);
            let step = steps.into_iter().find(|step| *step > one.last_step && !shown(step))?;
            Some((one.id.clone(), step))
        });
        let Some((id, step)) = won else { return Proof::Lost };
        let used_up = t.after.authenticators.get(&id).is_some_and(|one| one.last_step >= step);
        let first = self.won.get(&id).is_none_or(|last| *last < step);
        self.won.insert(id, step);
        Proof::Won { factor: "totp", used_up, first }
    }

    fn recovery_code(&mut self, t: &Transaction<'_>, user_id: &str, code: &str) -> Proof {
        let macs = self.macs(code, user_id);
        let mut rows = t.before.recovery_codes.values();
        let Some(row) = rows.find(|row| row.user_id == user_id && macs.contains(&row.mac)) else {
            return Proof::Lost;
        };
        let after = t.after.recovery_codes.get(&format!("{}/{}", row.user_id, row.mac));
        let used_up = row.used_at.is_none() && after.is_some_and(|after| after.used_at.is_some());
        Proof::Won { factor: "recovery", used_up, first: self.spent.insert(row.mac.clone()) }
    }

    fn recovery_codes(&mut self, job: &mut Job, t: &Transaction<'_>) {
        let changes = &t.changed.recovery_codes;
        if t.is(&["enrol", "recovery_codes"]) && !changes.is_empty() {
            job.made.clear();
        }
        for change in changes {
            match *change {
                (Some(old), None) => drop(self.spent.insert(old.mac.clone())),
                (None, Some(new)) => drop(job.made.insert(new.mac.clone())),
                _ => {}
            }
        }
    }

    fn browsers(&mut self, job: &Job, t: &Transaction<'_>) {
        for change in &t.changed.browsers {
            match *change {
                (None, Some(new)) => {
                    self.known.insert(new.id.clone(), new.clone());
                    if !job.honest {
                        self.strangers.insert(new.id.clone());
                    }
                }
                (Some(old), None) => {
                    self.known.remove(&old.id);
                    self.taken.insert(old.token_hash.clone());
                }
                _ => {}
            }
        }
    }
}
