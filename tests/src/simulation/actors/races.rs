//! Whatever gets in each other's way: people and admins who act at the very same time.

use airlock::people::session::Site;

use super::{ACCOUNTS, Act, Acts, Cast, Dice, Stage, Who};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// Two admins who act on each other and themselves, or someone's changes in two tabs while an admin acts too.
    pub(super) fn clash(&mut self, dice: &mut Dice, state: &State) -> Acts {
        let admins = [self.admins[0], self.admins[1]];
        let ids = admins.map(|client| self.people[self.clients[client].person].id.clone());
        let on = |dice: &mut Dice, account: &str, user: &str| {
            let (account, user) = (account.to_owned(), user.to_owned());
            match dice.below(8) {
                0..3 => {
                    let role = Some(["member", "admin"][dice.below(2)]);
                    Act::Change { account, user, role, active: None, name: None }
                }
                3 => Act::Change { account, user, role: None, active: Some(false), name: None },
                4 => Act::Remove { account, user },
                5 => Act::Reset { account, user },
                _ => Act::Invite { account, email: format!("new{}@x.test", dice.below(2)), role: "owner" },
            }
        };
        let shared = |dice: &mut Dice, one: &str, other: &str| {
            let both = |account: &&str| {
                [one, other].iter().all(|id| state.memberships.contains_key(&format!("{account}/{id}")))
            };
            let shared: Vec<&str> = ACCOUNTS.into_iter().filter(both).collect();
            dice.pick(&shared).map_or(ACCOUNTS[0], |account| account)
        };
        if dice.chance(50) {
            let account = shared(dice, &ids[0], &ids[1]);
            let mut on_one = || {
                let user = &ids[dice.below(2)];
                on(dice, account, user)
            };
            return admins.map(|admin| (Who::Browser(admin), on_one())).into();
        }
        let near: Vec<usize> = self.near.iter().copied().filter(|i| self.clients[*i].stage == Stage::Full).collect();
        let Some(client) = dice.pick(&near).copied() else { return Vec::new() };
        let id = &self.people[self.clients[client].person].id;
        let mut acts = Vec::new();
        for _ in 0..2 {
            let act = dice.weighted(&[(3, 0), (1, 1), (1, 2), (1, 3)]);
            acts.push((Who::Browser(client), [Act::Disable, Act::NewCodes, Act::EndOthers, Act::Begin][act].clone()));
        }
        let admin = dice.below(2);
        let account = shared(dice, &ids[admin], id);
        let required = state.accounts[account].two_factor_required == 1;
        let act = match dice.chance(60) {
            true => Act::Require { account: account.to_owned(), required: !required, applies: "now", starts_at: None },
            false => on(dice, account, id),
        };
        acts.push((Who::Browser(admins[admin]), act));
        acts
    }

    /// Logins under way while an account begins to require a second factor.
    pub(super) fn race(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let admin = self.admins[dice.below(2)];
        if let Some(act) = self.settle(admin) {
            return self.one(admin, act);
        }
        let account = self.account_of(state, admin)?;
        let required = state.accounts[&account].two_factor_required == 1;
        let act = Act::Require {
            account: account.clone(),
            required: !required,
            applies: ["next_login", "now"][dice.below(2)],
            starts_at: None,
        };
        let mut acts = vec![(Who::Browser(admin), act)];
        // Or someone turns it off just then.
        let near: Vec<usize> = self.near.iter().copied().filter(|i| self.clients[*i].stage == Stage::Full).collect();
        if let Some(client) = dice.pick(&near).copied().filter(|_| !required && dice.chance(50)) {
            if self.world.now.get().0 - self.clients[client].fresh_at >= 300_000 {
                let act = self.reauth(dice, client);
                return self.one(client, act);
            }
            acts.push((Who::Browser(client), Act::Disable));
            return Some(acts);
        }
        if !required || dice.chance(30) {
            let theirs = |i: &usize| {
                let id = &self.people[self.clients[*i].person].id;
                self.clients[*i].browser.site == Site::Edge
                    && state.memberships.contains_key(&format!("{account}/{id}"))
            };
            let clients: Vec<usize> = (0..self.clients.len()).filter(theirs).collect();
            for _ in 0..3 {
                let client = dice.pick(&clients).copied()?;
                acts.push((Who::Browser(client), self.login_of(self.clients[client].person, "/")));
            }
        }
        Some(acts)
    }

    /// The same thing at the same time: codes, resets, invitations, sets of recovery codes.
    pub(super) fn twice(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let both = [self.admins[0], self.admins[1]];
        let (_, person) = self.thief(dice);
        match dice.below(5) {
            0 => {
                // The same recovery code, or the same new ones.
                let client = self.owner(dice, person, Some(Stage::Full))?;
                if let Some(act) = self.settle(client).filter(|_| dice.chance(80)) {
                    return self.one(client, act);
                }
                Some(vec![(Who::Browser(client), Act::NewCodes); 2 + dice.below(2)])
            }
            1 => {
                let waiting = self.owner(dice, person, Some(Stage::Verify));
                let Some(client) = waiting else {
                    let client = self.owner(dice, person, None)?;
                    return self.one(client, self.login_of(person, "/"));
                };
                let code = self.recovery_code(dice, person, false);
                Some(vec![(Who::Browser(client), Act::Recovery { code }); 2 + dice.below(2)])
            }
            which => {
                for admin in both {
                    if let Some(act) = self.settle(admin) {
                        return self.one(admin, act);
                    }
                }
                let account = self.account_of(state, both[0])?;
                let user = self.someone(dice, state, &account);
                let act = match which {
                    2 => Act::Reset { account, user },
                    3 => Act::Require { account, required: dice.chance(50), applies: "now", starts_at: None },
                    _ => Act::Invite { account, email: format!("new{}@x.test", 1 + dice.below(2)), role: "member" },
                };
                let other = if dice.chance(50) { both[1] } else { both[0] };
                let then = match act.clone() {
                    // Or what undoes it.
                    Act::Require { account, required, applies, starts_at } => {
                        Act::Require { account, required: !required, applies, starts_at }
                    }
                    act => act,
                };
                Some(vec![(Who::Browser(both[0]), act), (Who::Browser(other), then)])
            }
        }
    }
}
