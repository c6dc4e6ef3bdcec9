//! What the judges reason with: what a session has really proven, which code or password is right, who may still try one.
//! Worked out from the rows and from what the oracle remembers, never by asking the product.

use std::ops::RangeInclusive;

use airlock::{
    factor::{password, recovery::RecoveryCode, totp::Parameters},
    limit,
    people::session::Site,
    secret::{Sealed, open},
};

use super::{
    Oracle,
    job::{Code, Job, NOBODY, Seen, Stage},
    transaction::{HOUR, MINUTE, QUARTER, Transaction},
};
use crate::prefix::prefix;
use crate::simulation::{
    actors::Act,
    rows::{Authenticator, CodeAttempt, KnownBrowser, Membership, Session, State, User},
};

impl Oracle {
    /// The accounts in which a session is worth something.
    pub(super) fn counts_in<'s>(
        &'s self,
        state: &'s State,
        session: &'s Session,
    ) -> impl Iterator<Item = &'s Membership> {
        let counts = |m: &&Membership| !self.barred.contains(&(session.id.clone(), m.account_id.clone()));
        state.active(&session.user_id).filter(counts)
    }

    /// Whether a session has a say in an account.
    pub(super) fn administers(&self, session: &Session, account: &str) -> bool {
        self.counts_in(&self.state, session).any(|m| m.account_id == account && m.rank > 1)
    }

    /// How far a session has come, and what is fresh in it: the policy in other words, and by what was really proven rather
    /// than by what the session's row says.
    pub(super) fn look(&self, state: &State, session: Option<&Session>, site: Site, now: i64) -> Seen {
        let Some(session) = session else { return NOBODY };
        let (idle, longest) = if site == Site::Edge { (30, 12 * 60) } else { (15, 8 * 60) };
        let over = session.expires_at <= now
            || session.last_seen_at <= now - idle * MINUTE
            || session.created_at <= now - (longest + 20) * MINUTE;
        let (Some(proven), Some(user)) = (self.proven.get(&session.id), state.users.get(&session.user_id)) else {
            return NOBODY;
        };
        let member_of: Vec<&Membership> = self.counts_in(state, session).collect();
        // Someone who was invited and belongs nowhere so far has something to sign in for.
        let may_join = state.active(&user.id).next().is_none() && state.is_invited(&user.id);
        let of_account = !member_of.is_empty() || may_join;
        if over || !of_account || site == Site::Admin && member_of.iter().all(|m| m.rank < 2) {
            return NOBODY;
        }
        // An account in which the session no longer counts asks for what it asks for all the same.
        let held = state.active(&user.id).any(|m| {
            let account = &state.accounts[&m.account_id];
            account.in_force_for(m, state.has_authenticator(&user.id), now).is_some_and(|since| {
                account.applies == "now"
                    || since <= proven.password_at
                    || proven.begun_under.contains(&(account.id.clone(), since))
            })
        });
        let stage = if user.must_enrol == 1 {
            Stage::Enrol
        } else if !(held || user.two_factor_chosen == 1 || site == Site::Admin) {
            Stage::Full
        } else if !state.has_authenticator(&user.id) {
            Stage::Enrol
        } else if proven.second_factor.is_none() {
            Stage::Verify
        } else if user.code_failures >= 100 && proven.second_factor == Some("recovery") {
            Stage::Enrol
        } else {
            Stage::Full
        };
        let lately = |at: Option<i64>| at.is_some_and(|at| (now - at).abs() < 5 * MINUTE);
        Seen {
            stage,
            fresh: lately(proven.reauthenticated_at),
            stepped_up: lately(proven.stepped_up_at),
            pending: session.pending == 1,
        }
    }

    /// Whether a second factor was proven in a session.
    pub(super) fn has_second_factor(&self, session: &Session) -> bool {
        self.proven.get(&session.id).is_some_and(|proven| proven.second_factor.is_some())
    }

    /// Whether a session is a login that has not proven its second factor so far.
    pub(super) fn lacks_second_factor(&self, session: &Session) -> bool {
        self.proven.get(&session.id).is_some_and(|proven| proven.second_factor.is_none())
    }

    /// What an act is decided on and changes: it must not have changed in between.
    pub(super) fn decided(state: &State, act: &Act, own: Option<&Session>) -> String {
        let of = |user: &User, account: &str| {
            let key = format!("{account}/{}", user.id);
            let member = state.memberships.get(&key).map(|m| (m.rank, m.state.clone(), m.name.clone()));
            let link = state.invitations.get(&key).map(|link| (link.token_hash.clone(), link.name.clone()));
            let factors = state.authenticators.values().filter(|one| one.user_id == user.id).map(|one| &one.id);
            format!("{member:?} {link:?} {} {:?}", user.must_enrol, factors.collect::<Vec<_>>())
        };
        match act {
            Act::Reset { account, user }
            | Act::Restore { account, user }
            | Act::Change { account, user, .. }
            | Act::Remove { account, user } => state.users.get(user).map(|user| of(user, account)).unwrap_or_default(),
            Act::Invite { account, email, .. } => {
                let key = state.user_at(email).map(|user| format!("{account}/{}", user.id)).unwrap_or_default();
                format!("{:?}", state.invitations.get(&key).map(|link| &link.token_hash))
            }
            Act::NewCodes => {
                let codes = own.map(|own| state.recovery_codes.values().filter(|code| code.user_id == own.user_id));
                format!("{:?}", codes.map(|codes| codes.map(|code| code.mac.clone()).collect::<Vec<_>>()))
            }
            _ => String::new(),
        }
    }

    /// Whether a user's password is this.
    pub(super) fn is_password(&self, user: &User, password: &str) -> bool {
        let stored = user.password_phc.clone().zip(user.password_key.clone());
        let stored = stored.map(|(phc, key_id)| password::Stored { phc, key_id });
        let config = &self.edge[0];
        stored.is_some_and(|stored| {
            let right = || {
                let password = crate::password(password);
                let stored = Some(&stored);
                password::verify(config.password_cost, &config.pepper_keys, stored, &password, |_| ()).unwrap().right()
            };
            let key = (stored.phc.clone() + &stored.key_id, password.to_owned());
            *self.compared.borrow_mut().entry(key).or_insert_with(right)
        })
    }

    /// The steps around now whose code this is.
    pub(super) fn matches(&self, authenticator: &Authenticator, code: &str, now: i64) -> Vec<i64> {
        self.steps(authenticator, code, now, -1..=1)
    }

    pub(super) fn steps(
        &self,
        authenticator: &Authenticator,
        code: &str,
        now: i64,
        around: RangeInclusive<i64>,
    ) -> Vec<i64> {
        let sealed = Sealed { text: authenticator.sealed_seed.clone(), key_id: authenticator.seed_key.clone() };
        let seed = open(&self.edge[0].seed_keys, &[&authenticator.user_id, &authenticator.id], &sealed).unwrap();
        let present = now / 30_000;
        around
            .map(|step| present + step)
            .filter(|step| *Parameters::default().code(seed.expose(), *step) == code)
            .collect()
    }

    /// Whether the user has this code, used or not.
    pub(super) fn is_code(&self, state: &State, user_id: &str, code: Code<'_>, now: i64) -> bool {
        match code {
            Code::OneTime(code) => state
                .authenticators
                .values()
                .any(|one| one.user_id == user_id && !self.matches(one, code, now).is_empty()),
            Code::Recovery(code) => {
                let macs = self.macs(code, user_id);
                state.recovery_codes.values().any(|one| one.user_id == user_id && macs.contains(&one.mac))
            }
        }
    }

    /// A recovery code as the database may keep it.
    pub(super) fn macs(&self, code: &str, user_id: &str) -> Vec<String> {
        RecoveryCode::parse(code).map(|code| code.macs(&self.edge[0].pepper_keys, user_id)).unwrap_or_default()
    }

    /// Whether an API token is worth anything: not expired, its maker still an admin there who has a second factor, and
    /// none of that ever taken away since it was made.
    pub(super) fn token_good(&self, state: &State, job: &Job) -> bool {
        job.bearer.as_ref().and_then(|hash| state.api_tokens.get(hash)).is_some_and(|token| {
            token.expires_at > job.now
                && state.rank(&token.account_id, &token.user_id) > 1
                && state.users[&token.user_id].must_enrol == 0
                && state.has_authenticator(&token.user_id)
                && !self.taken.contains(&token.token_hash)
        })
    }

    /// The power of an admin in an account, as far as the credential that the act comes with carries it.
    pub(super) fn power(&self, job: &Job, t: &Transaction<'_>, actor: &str, account: &str) -> i64 {
        let counts = match (&job.bearer, t.own) {
            (Some(hash), _) => t.before.api_tokens.get(hash).is_some_and(|token| token.account_id == account),
            (None, Some(own)) => {
                let pair = (own.id.clone(), account.to_owned());
                !self.barred.contains(&pair) || t.news.barred.contains(&pair)
            }
            (None, None) => false,
        };
        if counts { t.before.rank(account, actor) } else { 0 }
    }

    /// The known browser that a request comes from, for this person.
    fn known_browser(&self, job: &Job, user_id: &str) -> Option<&KnownBrowser> {
        let theirs = |one: &&KnownBrowser| {
            one.user_id == user_id && Some(&one.token_hash) == job.browser.as_ref() && one.expires_at > job.now
        };
        self.known.values().find(theirs).filter(|one| !self.taken.contains(&one.token_hash))
    }

    /// The known browser that a session was begun in, as long as it is known.
    pub(super) fn browser_of(&self, state: &State, session: &Session, now: i64) -> String {
        let known = self.known.get(&session.browser).filter(|one| {
            one.user_id == session.user_id && one.expires_at > now && !self.taken.contains(&one.token_hash)
        });
        known.filter(|one| state.browsers.contains_key(&one.id)).map_or_else(String::new, |one| one.id.clone())
    }

    /// Whose password is tried, by their address.
    pub(super) fn address(job: &Job) -> Option<String> {
        match (&job.act, &job.user) {
            (Act::Login { email, .. }, _) => Some(email.clone()),
            // As it was read: another may be theirs by now, or they may be gone.
            (Act::Reauth { .. } | Act::Password { .. }, Some(_)) => job.email.clone(),
            _ => None,
        }
    }

    /// Where an attempt at a password is counted: by the address, and by where it comes from.
    pub(super) fn budget(&self, state: &State, job: &Job, email: &str) -> (String, String) {
        let known = state.user_at(email).and_then(|user| self.known_browser(job, &user.id));
        let source = known.map_or_else(|| job.network.clone(), |known| known.id.clone());
        (limit::subject(&self.edge[0].pepper_keys, email), source)
    }

    /// Where it is counted that a link was asked for: by network and address, and by network.
    pub(super) fn asked_for(&self, job: &Job, email: &str) -> [String; 2] {
        [email, ""].map(|email| limit::asked_for(&self.edge[0].pepper_keys, &job.network, email))
    }

    /// Why an attempt from a browser that is not known has to wait: a flood, and a try within half a minute.
    pub(super) fn flooded(state: &State, job: &Job, subject: &str) -> Option<&'static str> {
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

    /// How many codes of a person are counted: from all browsers, and from unknown ones.
    pub(super) fn counted(state: &State, user_id: &str, now: i64) -> (usize, usize) {
        let lately = |one: &&CodeAttempt| one.user_id == user_id && one.at > now - QUARTER;
        let all = state.code_attempts.values().filter(lately);
        (all.clone().count(), all.filter(|one| one.browser.is_empty()).count())
    }
}

/// Whether a login that leads there was for the person's own pages. The admin Worker has no others.
pub(super) fn for_own_pages(site: Site, return_to: &str) -> bool {
    site == Site::Admin || prefix().within(return_to).is_some()
}
