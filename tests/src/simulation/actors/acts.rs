//! What people do next.

use super::*;

impl Cast<'_> {
    /// What happens next: one request, or several at the same time.
    pub fn next(&mut self, dice: &mut Dice, state: &State) -> Vec<(Who, Act)> {
        if dice.chance(4) {
            return vec![(Who::Nobody, Act::Tick)];
        }
        if dice.below(300) == 0 {
            return vec![(Who::Nobody, Act::Recover { user: self.someone(dice, state, "") })];
        }
        if dice.chance(30)
            && let Some(acts) = self.plot(dice, state)
        {
            return acts;
        }
        if dice.chance(6) {
            return self.script(dice, state);
        }
        if dice.chance(8)
            && let Some((token, account)) = dice.pick(&self.tokens).cloned()
        {
            let act = if dice.chance(40) { Act::Members { account } } else { self.admin_act(dice, state, account) };
            return vec![(Who::Token(token), act)];
        }
        if dice.chance(8) {
            return self.clash(dice, state);
        }
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

    /// What gets in each other's way, at the same time: two admins who act on each other and themselves, or one's own changes in two tabs
    /// while an admin changes something too.
    fn clash(&mut self, dice: &mut Dice, state: &State) -> Vec<(Who, Act)> {
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
            true => Act::Require { account: account.to_owned(), required: !required, applies: "now" },
            false => on(dice, account, id),
        };
        acts.push((Who::Browser(admins[admin]), act));
        acts
    }

    /// The id of something, mostly of one's own.
    fn mostly_own<'s>(
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

    /// Mostly one of the hot ones, or a member of this account.
    pub(super) fn someone(&self, dice: &mut Dice, state: &State, account: &str) -> String {
        let members: Vec<&String> =
            state.memberships.values().filter(|m| m.account_id == account).map(|m| &m.user_id).collect();
        let hot: Vec<&String> = self.hot.iter().map(|person| &self.people[*person].id).collect();
        let hot: Vec<&String> = hot.into_iter().filter(|id| account.is_empty() || members.contains(id)).collect();
        let known: Vec<&String> = state.users.keys().collect();
        let from = match dice.below(100) {
            0..60 if !hot.is_empty() => hot,
            0..92 if !members.is_empty() => members,
            _ => known,
        };
        (*dice.pick(&from).unwrap()).clone()
    }

    /// A code for the second step. Mostly right, sometimes of a neighbouring or a used step, sometimes a guess.
    fn code(&self, dice: &mut Dice, person: usize, thief: bool) -> String {
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

    fn password(&self, dice: &mut Dice, person: usize) -> String {
        let passwords = &self.people[person].passwords;
        match dice.below(100) {
            0..80 => passwords[passwords.len() - 1].clone(),
            80..92 => dice.pick(passwords).unwrap().clone(),
            _ => "something else entirely".to_owned(),
        }
    }

    pub(super) fn new_name(&mut self) -> String {
        self.named += 1;
        format!("Name {}", self.named)
    }

    fn login(&self, dice: &mut Dice, client: usize) -> Act {
        let person = self.clients[client].person;
        let email = if dice.chance(98) { self.people[person].email.clone() } else { "nobody@x.test".to_owned() };
        let return_to = dice.weighted(&[(5, "/"), (2, "/auth/profile"), (1, "/billing")]);
        Act::Login { email, password: self.password(dice, person), return_to }
    }

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

    /// What a script of the app tries in its user's session, as the fetch it is or by a form without the page's key.
    fn script(&self, dice: &mut Dice, state: &State) -> Vec<(Who, Act)> {
        let near: Vec<usize> = self.near.iter().copied().filter(|i| self.clients[*i].stage == Stage::Full).collect();
        let Some(client) = dice.pick(&near).copied() else { return Vec::new() };
        let person = self.clients[client].person;
        let by = if dice.chance(60) { By::Script } else { By::Form };
        let owned = state.authenticators.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
        let act = match dice.below(9) {
            0..2 if by == By::Script => Act::Begin,
            2..4 => Act::Disable,
            4..6 => Act::NewCodes,
            6 => Act::RemoveAuthenticator { id: self.mostly_own(dice, person, owned) },
            7 if by == By::Script => Act::Rename { name: "by a script".to_owned() },
            8 if by == By::Script => Act::Profile,
            _ => Act::NewCodes,
        };
        vec![(Who::Script(client, by), act)]
    }

    /// What a thief does: knows the password, sees what is typed, now and then gets hold of a browser's cookies.
    fn theft(&mut self, dice: &mut Dice, client: usize) -> Option<Act> {
        let person = self.clients[client].person;
        if dice.chance(12) {
            let marks: Vec<usize> = (0..self.clients.len())
                .filter(|i| self.clients[*i].person == person && self.clients[*i].browser.site == Site::Edge)
                .collect();
            let mark = dice.pick(&marks).copied()?;
            let cookies = self.clients[mark].browser.cookies.clone();
            self.clients[client].stage = self.clients[mark].stage;
            self.clients[client].browser.cookies = cookies;
        }
        Some(match (self.clients[client].stage, dice.below(100)) {
            (_, 0..15) => Act::Gate,
            (_, 15..20) => self.reauth(dice, client),
            (Stage::Login, _) => self.login(dice, client),
            (Stage::Verify, _) => self.second_step(dice, client),
            (Stage::Enrol, _) => Act::Begin,
            (Stage::Full, 20..40) => Act::NewCodes,
            (Stage::Full, 40..60) => Act::Disable,
            (Stage::Full, 60..80) => Act::Begin,
            (Stage::Full, _) => Act::EndOthers,
        })
    }

    pub(super) fn reauth(&mut self, dice: &mut Dice, client: usize) -> Act {
        let Client { person, thief, .. } = self.clients[client];
        let code = match dice.below(100) {
            0..80 if !self.people[person].seeds.is_empty() || thief => Some(self.code(dice, person, thief)),
            80..92 => Some(self.recovery_code(dice, person, thief)),
            _ => None,
        };
        let purpose = dice.weighted(&[(7, "account"), (3, "app")]);
        Act::Reauth { password: self.password(dice, person), code, purpose }
    }

    fn act(&mut self, dice: &mut Dice, client: usize, state: &State) -> Option<Act> {
        let Client { person, stage, fresh_at, ref browser, ref setup, .. } = self.clients[client];
        let (site, setup) = (browser.site, setup.clone());
        let fresh = self.world.now.get().0 - fresh_at < 300_000;
        let email = &self.people[person].email;
        let (own, others) = (self.links.iter().filter(|link| link.1 == *email).collect::<Vec<_>>(), dice.chance(1));
        let links = if others { self.links.iter().collect() } else { own };
        if (others || dice.chance(20))
            && let Some((token, _)) = dice.pick(&links).copied().cloned()
        {
            let password = self.password(dice, person);
            return Some(Act::Join { token, password: (stage != Stage::Full || dice.chance(10)).then_some(password) });
        }
        let confirm = |cast: &mut Self, dice: &mut Dice, setup: &str| Act::Confirm {
            code: match dice.below(100) {
                0..85 => cast.world.code(setup, dice.weighted(&[(6, 0), (1, 1), (1, -1)])),
                _ => cast.code(dice, person, false),
            },
            name: ["", "Phone", "Tablet"][dice.weighted(&[(5, 0), (2, 1), (1, 2)])].to_owned(),
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
            ]) {
                0 => Act::Gate,
                14 => Act::Billing,
                1 => Act::Session,
                2 => Act::Begin,
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

    pub(super) fn admin_act(&mut self, dice: &mut Dice, state: &State, account: String) -> Act {
        let b = self.bias;
        let user = self.someone(dice, state, &account);
        let role = || ["member", "admin", "owner"];
        match dice.weighted(&[
            (2 + b[12], 0),
            (1 + b[13], 1),
            (b[14], 2),
            (1 + b[15], 3),
            (b[16] / 2, 4),
            (b[17], 5),
            (b[18] / 2, 6),
            (1 + b[19] / 2, 7),
        ]) {
            0 => Act::Require {
                account,
                required: dice.chance(65),
                applies: if dice.chance(50) { "now" } else { "next_login" },
            },
            1 => Act::Reset { account, user },
            2 => {
                let member = |user: &&User| state.memberships.contains_key(&format!("{account}/{}", user.id));
                let strangers: Vec<&User> = state.users.values().filter(|user| !member(user)).collect();
                let email = match dice.below(100) {
                    0..60 if !strangers.is_empty() => dice.pick(&strangers).unwrap().email.clone(),
                    0..75 => state.users[&user].email.clone(),
                    _ => format!("new{}@x.test", dice.below(2)),
                };
                Act::Invite { account, email, role: role()[dice.below(3)] }
            }
            3 => match dice.below(10) {
                0..4 => Act::Change { account, user, role: Some(role()[dice.below(3)]), active: None, name: None },
                4..9 => Act::Change { account, user, role: None, active: Some(dice.chance(55)), name: None },
                _ => Act::Change { account, user, role: None, active: None, name: Some(self.new_name()) },
            },
            4 => {
                let invited = state.invitations.values().filter(|i| i.account_id == account && i.user_id != user);
                let invited: Vec<&String> = invited.map(|i| &i.user_id).collect();
                let user = if dice.chance(50) { dice.pick(&invited).map_or(user, |id| (*id).clone()) } else { user };
                Act::Remove { account, user }
            }
            5 => Act::MakeToken { account, scopes: SCOPES[dice.below(3)] },
            6 => {
                let ids: Vec<&String> = state.api_tokens.values().map(|token| &token.id).collect();
                Act::RevokeToken { account, id: dice.pick(&ids).map_or_else(|| "none".to_owned(), |id| (*id).clone()) }
            }
            _ => Act::Members { account },
        }
    }
}
