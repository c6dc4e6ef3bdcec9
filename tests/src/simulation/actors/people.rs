//! People at their browsers: they sign in, look after their profile, mistype, click twice and use two tabs.

use airlock::people::session::Site;

use super::{ACCOUNTS, Act, Acts, Cast, Client, Dice, Stage, Who};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// What someone does next at a browser, whoever sits there.
    pub(super) fn at_a_browser(&mut self, dice: &mut Dice, state: &State) -> Acts {
        let all: Vec<usize> = (0..self.clients.len()).collect();
        let from = match dice.below(100) {
            0..48 => &self.near,
            48..78 => &self.admins,
            78..88 => &self.thieves,
            _ => &all,
        };
        let client = dice.pick(from).copied().unwrap();
        // The same second step at several browsers at once.
        let waits = |i: &usize| {
            self.clients[*i].person == self.clients[client].person && self.clients[*i].stage == Stage::Verify
        };
        let waiting: Vec<usize> = all.into_iter().filter(waits).collect();
        if waiting.len() > 1 && dice.chance(50) {
            return waiting.into_iter().map(|i| (Who::Browser(i), self.second_step(dice, i))).collect();
        }
        let act = if self.clients[client].thief { self.theft(dice, client) } else { self.act(dice, client, state) };
        let Some(act) = act else { return Vec::new() };
        let mut acts = vec![act.clone()];
        match dice.below(100) {
            // A double click, or the request sent again because no answer came.
            0..12 => acts.push(act),
            // Two tabs of one browser.
            12..27 if !self.clients[client].thief => acts.extend(self.act(dice, client, state)),
            _ => {}
        }
        acts.into_iter().map(|act| (Who::Browser(client), act)).collect()
    }

    /// What a browser does next to be signed in and fresh, if it is not.
    pub fn settle(&self, client: usize) -> Option<Act> {
        let Client { ref browser, person, stage, ref setup, fresh_at, .. } = self.clients[client];
        let person = &self.people[person];
        let code = |seed: &String| self.world.code(seed, 0);
        let password = person.passwords[person.passwords.len() - 1].clone();
        let fresh = self.world.now.get().0 - fresh_at < 300_000;
        match (stage, setup) {
            (Stage::Login, _) => Some(Act::Login { email: person.email.clone(), password, return_to: "/" }),
            (Stage::Verify, _) => person.seeds.last().map(|seed| Act::Verify { code: code(seed) }),
            (Stage::Enrol, None) => Some(Act::Begin),
            (Stage::Enrol, Some(seed)) => {
                Some(Act::Confirm { code: code(seed), name: String::new(), replaces: String::new() })
            }
            (Stage::Full, _) if !fresh && (fresh_at == 0 || browser.site == Site::Admin) => {
                Some(self.reauth_of(client))
            }
            (Stage::Full, _) => None,
        }
    }

    /// A right proof for the person's own pages.
    pub(super) fn reauth_of(&self, client: usize) -> Act {
        let person = &self.people[self.clients[client].person];
        let code = person.seeds.last().map(|seed| self.world.code(seed, 0));
        Act::Reauth {
            password: person.passwords[person.passwords.len() - 1].clone(),
            code,
            purpose: "account",
            waits: None,
        }
    }

    /// Someone who is signed in joins an account, most often once they have proven who they are for that.
    pub(super) fn join_of(&self, dice: &mut Dice, client: usize, token: String) -> Act {
        let fresh = self.world.now.get().0 - self.clients[client].fresh_at < 300_000;
        if fresh || dice.chance(20) { Act::Join { token, password: None } } else { self.reauth_of(client) }
    }

    /// What someone does next in their own browser.
    pub(super) fn act(&mut self, dice: &mut Dice, client: usize, state: &State) -> Option<Act> {
        let Client { person, stage, fresh_at, ref browser, ref setup, .. } = self.clients[client];
        let (site, setup) = (browser.site, setup.clone());
        let fresh = self.world.now.get().0 - fresh_at < 300_000;
        let email = &self.people[person].email;
        let (own, others) = (self.links.iter().filter(|link| link.1 == *email).collect::<Vec<_>>(), dice.chance(1));
        let mailed: Vec<_> = self.mailed.iter().filter(|link| link.1 == *email).collect();
        if dice.chance(20)
            && let Some((token, _)) = dice.pick(&mailed).copied().cloned()
        {
            return Some(self.follow(dice, client, token));
        }
        let links = if others { self.links.iter().collect() } else { own };
        if (others || dice.chance(20))
            && let Some((token, _)) = dice.pick(&links).copied().cloned()
        {
            let password = self.password(dice, person);
            if dice.chance(8) {
                return Some(Act::StartOver { token, password });
            }
            return Some(match stage != Stage::Full || dice.chance(10) {
                true => Act::Join { token, password: Some(password) },
                false => self.join_of(dice, client, token),
            });
        }
        let confirm = |cast: &mut Self, dice: &mut Dice, setup: &str| Act::Confirm {
            code: match dice.below(100) {
                0..85 => cast.world.code(setup, dice.weighted(&[(6, 0), (1, 1), (1, -1)])),
                _ => cast.code(dice, person, false),
            },
            name: ["", "Phone", "Tablet"][dice.weighted(&[(5, 0), (2, 1), (1, 2)])].to_owned(),
            replaces: match dice.chance(40) {
                true => {
                    let owned = state.authenticators.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
                    cast.mostly_own(dice, person, owned)
                }
                false => String::new(),
            },
        };
        match (stage, dice.below(100)) {
            (Stage::Login, 0..94) | (_, 0..2) => return Some(self.login(dice, client)),
            (_, 2..5) => return Some(Act::Gate),
            (_, 5..7) => return Some(Act::Session),
            (Stage::Verify, _) | (_, 7..9) => return Some(self.second_step(dice, client)),
            (Stage::Enrol, _) => {
                return Some(match setup {
                    Some(setup) if dice.chance(90) => confirm(self, dice, &setup),
                    _ => Act::Begin,
                });
            }
            (_, 9..11) => return Some(Act::Logout),
            _ => {}
        }
        if !fresh && dice.chance(70) {
            return Some(self.reauth(dice, client));
        }
        if let Some(setup) = &setup
            && dice.chance(60)
        {
            return Some(confirm(self, dice, setup));
        }
        if site == Site::Admin && dice.chance(90) {
            let id = &self.people[person].id;
            let own: Vec<&str> = ACCOUNTS
                .into_iter()
                .filter(|account| state.memberships.contains_key(&format!("{account}/{id}")))
                .collect();
            let account = if dice.chance(97) { dice.pick(&own).copied() } else { dice.pick(&ACCOUNTS).copied() };
            return account.map(|account| self.admin_act(dice, state, account.to_owned()));
        }
        let b = self.bias;
        Some(
            match dice.weighted(&[
                (4 + b[0], 0),
                (1 + b[1], 1),
                (b[2] + usize::from(fresh) * 4, 2),
                (b[3], 3),
                (b[4], 4),
                (b[5], 5),
                (b[6] / 2, 6),
                (b[7] / 2, 7),
                (1, 8),
                (b[8], 9),
                (b[9], 10),
                (b[10], 11),
                (b[11], 12),
                (1, 13),
                (2, 14),
                (8, 15),
            ]) {
                0 => Act::Gate,
                14 => Act::Billing,
                15 if site == Site::Edge => Act::Save,
                15 => Act::Gate,
                1 => Act::Session,
                2 => Act::Begin,
                // Someone who has it and is not asked for it may want to be. So may others, to whom the page has no button for it.
                3 if dice.chance(if self.may_enable(person, state) { 50 } else { 15 }) => Act::Enable,
                3 => Act::Disable,
                4 => {
                    let owned = state.authenticators.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
                    Act::RemoveAuthenticator { id: self.mostly_own(dice, person, owned) }
                }
                5 => Act::NewCodes,
                6 => Act::Kept { code: self.recovery_code(dice, person, false) },
                7 => Act::Later,
                8 => Act::Rename { name: self.new_name() },
                9 => Act::Password {
                    current: self.password(dice, person),
                    new: format!("{} wade at dawn", self.new_name()),
                    keep_tokens: dice.chance(30),
                },
                10 => Act::Logout,
                11 => {
                    let owned = state.sessions.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
                    Act::EndSession { id: self.mostly_own(dice, person, owned) }
                }
                12 => Act::EndOthers,
                _ => Act::Profile,
            },
        )
    }

    fn may_enable(&self, person: usize, state: &State) -> bool {
        let id = &self.people[person].id;
        state.users[id].two_factor_chosen == 0 && state.has_authenticator(id)
    }

    /// Signs in.
    pub(super) fn login(&self, dice: &mut Dice, client: usize) -> Act {
        let person = self.clients[client].person;
        let email = if dice.chance(98) { self.people[person].email.clone() } else { "nobody@x.test".to_owned() };
        let return_to = dice.weighted(&[(5, "/"), (2, "/auth/profile"), (1, "/billing")]);
        Act::Login { email, password: self.password(dice, person), return_to }
    }

    /// Gives the second factor.
    pub(super) fn second_step(&mut self, dice: &mut Dice, client: usize) -> Act {
        let Client { person, thief, .. } = self.clients[client];
        let act = match dice.chance(78) {
            true => Act::Verify { code: self.code(dice, person, thief) },
            false => Act::Recovery { code: self.recovery_code(dice, person, thief) },
        };
        let (Act::Verify { code } | Act::Recovery { code }) = &act else { return act };
        self.people[person].typed.push(code.clone());
        if self.people[person].typed.len() > 6 {
            self.people[person].typed.remove(0);
        }
        act
    }

    /// Proves it is them once more.
    pub(super) fn reauth(&mut self, dice: &mut Dice, client: usize) -> Act {
        let Client { person, thief, .. } = self.clients[client];
        let code = match dice.below(100) {
            0..80 if !self.people[person].seeds.is_empty() || thief => Some(self.code(dice, person, thief)),
            80..92 => Some(self.recovery_code(dice, person, thief)),
            _ => None,
        };
        let purpose = dice.weighted(&[(7, "account"), (3, "app")]);
        Act::Reauth { password: self.password(dice, person), code, purpose, waits: None }
    }

    /// A code for the second step: mostly right, sometimes of a neighbouring or a used step, sometimes a guess.
    pub(super) fn code(&self, dice: &mut Dice, person: usize, thief: bool) -> String {
        let person = &self.people[person];
        let seed = if dice.chance(85) { person.seeds.last() } else { dice.pick(&person.seeds) };
        match (seed, dice.below(100)) {
            (Some(seed), 0..80) if !thief => {
                let steps = dice.weighted(&[(60, 0), (16, 1), (16, -1), (3, 2), (2, -2), (2, 5), (1, -7)]);
                self.world.code(seed, steps)
            }
            (_, 0..92) if !person.typed.is_empty() => dice.pick(&person.typed).unwrap().clone(),
            _ => format!("{:06}", dice.below(1_000_000)),
        }
    }

    /// A recovery code: one they wrote down, or one that was seen as they typed it.
    pub(super) fn recovery_code(&self, dice: &mut Dice, person: usize, thief: bool) -> String {
        let person = &self.people[person];
        let seen: Vec<&String> = person.typed.iter().filter(|code| code.len() > 6).collect();
        let written: Vec<&String> = if thief { Vec::new() } else { person.codes.iter().collect() };
        let from = if dice.chance(30) { seen } else { written };
        match dice.pick(&from) {
            Some(code) => (*code).clone(),
            None => "0000-0000-0000-0000-0000-0000".to_owned(),
        }
    }

    /// Mostly the present password.
    pub(super) fn password(&self, dice: &mut Dice, person: usize) -> String {
        let passwords = &self.people[person].passwords;
        match dice.below(100) {
            0..80 => passwords[passwords.len() - 1].clone(),
            80..92 => dice.pick(passwords).unwrap().clone(),
            _ => "something else entirely".to_owned(),
        }
    }

    /// The id of something, mostly of the person's own.
    pub(super) fn mostly_own<'s>(
        &self,
        dice: &mut Dice,
        person: usize,
        owned: impl Iterator<Item = (&'s str, &'s str)>,
    ) -> String {
        let all: Vec<(&str, &str)> = owned.collect();
        let own: Vec<(&str, &str)> =
            all.iter().copied().filter(|(_, owner)| *owner == self.people[person].id).collect();
        let from = if dice.chance(80) { own } else { all };
        dice.pick(&from).map_or_else(|| "none".to_owned(), |(id, _)| (*id).to_owned())
    }

    /// A name that nothing has so far.
    pub(super) fn new_name(&mut self) -> String {
        self.named += 1;
        format!("Name {}", self.named)
    }
}
