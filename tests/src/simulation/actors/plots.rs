//! What thieves are after, step by step. A plot does whatever brings it on, by how things stand: it can be crossed by anyone.

use super::*;

/// A plot, and how often it was gone on with.
pub struct Plot {
    kind: Kind,
    steps: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Invites someone whose password is known, joins as them, resets them here, and signs in as them there.
    Borrow,
    /// Takes power from someone they invited or share an account with, as they please.
    Harass,
    /// Claims an address that nobody has.
    Claim,
    /// Logs in by password alone again and again, and keeps the cookies for when codes are asked for.
    Hoard,
    /// Logs in again and again, so that the owner's waiting login is pushed out.
    Crowd,
    /// Wrong passwords from many networks.
    Flood,
    /// Wrong codes with a wrong password, and where no code is asked for.
    Spend,
    /// Logins on their way while an account begins to require a second factor.
    Race,
    /// The same thing at the same time: codes, resets, invitations, sets of recovery codes.
    Twice,
    /// Power that is taken and given back, and what it left behind.
    Return,
    /// A link, a token or an admin who is stronger than whoever made them.
    Outlast,
    /// A code shown early, then the right ones.
    Early,
    /// A lock, and the way back from it.
    Lock,
    /// Wrong codes in one's own browser, one after the other.
    Mistype,
    /// Steps up for the app, and then a script tries what is for people.
    StepUp,
}

const KINDS: [Kind; 15] = [
    Kind::Borrow,
    Kind::Harass,
    Kind::Claim,
    Kind::Hoard,
    Kind::Crowd,
    Kind::Flood,
    Kind::Spend,
    Kind::Race,
    Kind::Twice,
    Kind::Return,
    Kind::Outlast,
    Kind::Early,
    Kind::Lock,
    Kind::Mistype,
    Kind::StepUp,
];

impl Plot {
    /// One or two of them.
    pub fn some(dice: &mut Dice) -> Vec<Self> {
        let most = 1 + dice.below(2);
        (0..most).map(|_| Self { kind: KINDS[dice.below(KINDS.len())], steps: 0 }).collect()
    }

    /// Whether it takes the thief who administers an account.
    pub fn needs_rex(&self) -> bool {
        matches!(self.kind, Kind::Borrow | Kind::Harass | Kind::Claim)
    }
}

type Acts = Vec<(Who, Act)>;

impl Cast<'_> {
    /// The next step of a plot.
    pub(super) fn plot(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let at = dice.below(self.plots.len());
        let Plot { kind, ref mut steps } = self.plots[at];
        *steps += 1;
        let step = *steps;
        match kind {
            Kind::Borrow => self.borrow(dice, state),
            Kind::Harass => self.harass(dice, state),
            Kind::Claim => self.claim(dice, state),
            Kind::Hoard => self.hoard(dice),
            Kind::Crowd => self.crowd(dice, step),
            Kind::Flood => self.flood(dice),
            Kind::Spend => self.spend(dice),
            Kind::Race => self.race(dice, state),
            Kind::Twice => self.twice(dice, state),
            Kind::Return => self.return_power(dice, state),
            Kind::Outlast => self.outlast(dice, state),
            Kind::Early => self.early(dice, step),
            Kind::Lock => self.lock(dice),
            Kind::Mistype => self.mistype(dice),
            Kind::StepUp => self.step_up(dice),
        }
    }

    fn one(&self, client: usize, act: Act) -> Option<Acts> {
        Some(vec![(Who::Browser(client), act)])
    }

    /// The thief's client of the hottest person, and that person.
    fn thief(&self, dice: &mut Dice) -> (usize, usize) {
        let thief = self.thieves[dice.below(self.thieves.len())];
        (thief, self.clients[thief].person)
    }

    /// A browser of that person themselves, at the app.
    fn owner(&self, dice: &mut Dice, person: usize, stage: Option<Stage>) -> Option<usize> {
        let near = self.near.iter().copied();
        let theirs: Vec<usize> = near
            .filter(|i| self.clients[*i].person == person && stage.is_none_or(|stage| self.clients[*i].stage == stage))
            .collect();
        dice.pick(&theirs).copied()
    }

    fn rex_does(&self, act: Act) -> Option<Acts> {
        self.one(self.rex, self.settle(self.rex).unwrap_or(act))
    }

    fn link_of(&self, email: &str) -> Option<String> {
        self.links.iter().rev().find(|link| link.1 == email).map(|link| link.0.clone())
    }

    fn login_of(&self, person: usize, return_to: &'static str) -> Act {
        let person = &self.people[person];
        let password = person.passwords[person.passwords.len() - 1].clone();
        Act::Login { email: person.email.clone(), password, return_to }
    }

    fn borrow(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let Person { id, email, passwords, .. } = self.people[person].clone();
        let account = "den".to_owned();
        match state.memberships.get(&format!("den/{id}")).map(|m| m.state.as_str()) {
            None => self.rex_does(Act::Invite { account, email, role: "member" }),
            Some("invited") => {
                let Some(token) = self.link_of(&email) else {
                    return self.rex_does(Act::Invite { account, email, role: "member" });
                };
                let full = self.clients[thief].stage == Stage::Full;
                let password = passwords.last().filter(|_| !full).cloned();
                let owner = self.owner(dice, person, Some(Stage::Full)).filter(|_| dice.chance(25));
                match owner {
                    // Sometimes they are taken in.
                    Some(owner) => self.one(owner, Act::Join { token, password: None }),
                    None if dice.chance(50) || full => self.one(thief, Act::Join { token, password }),
                    None => self.one(thief, self.login_of(person, "/")),
                }
            }
            Some(_) if state.users[&id].must_enrol == 0 && dice.chance(70) => {
                self.rex_does(Act::Reset { account, user: id })
            }
            Some(_) => self.sign_in_as(thief, person),
        }
    }

    /// Signs in with nothing but a password, and sets up a phone of the thief's own if it comes to that.
    fn sign_in_as(&mut self, thief: usize, person: usize) -> Option<Acts> {
        let act = match (self.clients[thief].stage, self.clients[thief].setup.clone()) {
            (Stage::Login | Stage::Verify, _) => self.login_of(person, "/"),
            (Stage::Enrol, Some(setup)) => Act::Confirm { code: self.world.code(&setup, 0), name: "Mine".to_owned() },
            (Stage::Enrol, None) => Act::Begin,
            (Stage::Full, _) => Act::Gate,
        };
        self.one(thief, act)
    }

    fn harass(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let here = |m: &&super::super::rows::Membership| m.account_id == "den" && m.user_id != "rex";
        let members: Vec<&String> = state.memberships.values().filter(here).map(|m| &m.user_id).collect();
        let Some(user) = dice.pick(&members).map(|id| (*id).clone()) else { return self.borrow(dice, state) };
        let account = "den".to_owned();
        let change =
            |role, active, name| Act::Change { account: "den".to_owned(), user: user.clone(), role, active, name };
        let act = match dice.below(8) {
            0..2 => Act::Reset { account, user },
            2..4 => change(None, Some(false), None),
            4 => change(Some(["member", "admin", "owner"][dice.below(3)]), Some(true), None),
            5 => change(None, None, Some(self.new_name())),
            6 => Act::Remove { account, user },
            _ => Act::Require { account, required: dice.chance(70), applies: "now" },
        };
        self.rex_does(act)
    }

    fn claim(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let email = "new0@x.test".to_owned();
        let known = state.users.values().find(|user| user.email == email);
        let client = (0..self.clients.len()).find(|i| self.people[self.clients[*i].person].email == email);
        if let (Some(user), Some(client)) = (known, client)
            && dice.chance(80)
        {
            let Client { person, stage, .. } = self.clients[client];
            let password = self.people[person].passwords.last().cloned();
            return match (user.password_phc.is_some(), self.link_of(&email)) {
                (false, Some(token)) => self.one(client, Act::Join { token, password }),
                (true, Some(token)) if stage == Stage::Full && dice.chance(40) => {
                    self.one(client, Act::Join { token, password: None })
                }
                _ if dice.chance(50) => self.one(client, Act::Session),
                _ => self.sign_in_as(client, person),
            };
        }
        if dice.chance(50) {
            return self.rex_does(Act::Invite { account: "den".to_owned(), email, role: "member" });
        }
        let admin = self.admins[dice.below(2)];
        let account = self.account_of(state, admin)?;
        self.one(admin, self.settle(admin).unwrap_or(Act::Invite { account, email, role: "member" }))
    }

    /// An account that this client's person administers.
    fn account_of(&self, state: &State, client: usize) -> Option<String> {
        let id = &self.people[self.clients[client].person].id;
        let theirs = |m: &&super::super::rows::Membership| m.user_id == *id && m.rank > 1 && m.state == "active";
        state.memberships.values().find(theirs).map(|m| m.account_id.clone())
    }

    fn hoard(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let all: Vec<usize> =
            (0..self.clients.len()).filter(|i| self.clients[*i].thief && self.clients[*i].person == person).collect();
        if all.len() < 5 {
            let browser = self.world.browser();
            let more = self.add(person, browser, true);
            return self.one(more, self.login_of(person, "/"));
        }
        let owner = self.owner(dice, person, None);
        if let Some(owner) = owner
            && self.people[person].seeds.is_empty()
            && dice.chance(50)
        {
            // They turn it on.
            let act = match (self.clients[owner].stage, self.clients[owner].setup.clone()) {
                (Stage::Login, _) => self.login_of(person, "/auth/profile"),
                (_, Some(setup)) => Act::Confirm { code: self.world.code(&setup, 0), name: String::new() },
                (_, None) => self.settle(owner).unwrap_or(Act::Begin),
            };
            return self.one(owner, act);
        }
        let one = dice.pick(&all).copied().unwrap_or(thief);
        let act = match self.clients[one].stage {
            Stage::Verify => Act::Verify { code: format!("{:06}", dice.below(1_000_000)) },
            _ => self.login_of(person, "/"),
        };
        self.one(one, act)
    }

    fn crowd(&mut self, dice: &mut Dice, step: usize) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        match dice.below(10) {
            0..2 => {
                let owner = self.owner(dice, person, None)?;
                let act = match self.clients[owner].stage {
                    Stage::Verify => self.second_step(dice, owner),
                    _ => self.login_of(person, "/"),
                };
                self.one(owner, act)
            }
            2..4 => {
                // From a network beside the owner's, and from the owner's own.
                let near = self.owner(dice, person, None).map(|owner| self.clients[owner].browser.ip.clone());
                let ip = near.filter(|_| dice.chance(40)).unwrap_or_else(|| format!("198.51.100.{}", step % 3));
                self.clients[thief].browser.ip = ip;
                self.clients[thief].browser.cookies.borrow_mut().clear();
                self.one(thief, self.login_of(person, "/"))
            }
            _ => {
                self.clients[thief].browser.cookies.borrow_mut().clear();
                self.one(thief, self.login_of(person, "/"))
            }
        }
    }

    fn flood(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        if dice.chance(25) {
            let owner = self.owner(dice, person, None)?;
            return self.one(owner, self.login_of(person, "/"));
        }
        self.clients[thief].browser.ip = format!("198.51.100.{}", dice.below(5));
        let email = self.people[person].email.clone();
        let act = Act::Login { email, password: "something else entirely".to_owned(), return_to: "/" };
        Some((0..1 + dice.below(4)).map(|_| (Who::Browser(thief), act.clone())).collect())
    }

    fn spend(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let full = self.owner(dice, person, Some(Stage::Full)).filter(|_| dice.chance(70));
        let client = full.unwrap_or(thief);
        let code = format!("{:06}", dice.below(1_000_000));
        let act = match dice.below(10) {
            0..5 => {
                Act::Reauth { password: "something else entirely".to_owned(), code: Some(code), purpose: "account" }
            }
            5..9 => Act::Verify { code },
            _ => Act::Recovery { code: "0000-0000-0000-0000-0000-0000".to_owned() },
        };
        self.one(client, act)
    }

    fn race(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
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

    fn twice(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let both = [self.admins[0], self.admins[1]];
        let (_, person) = self.thief(dice);
        match dice.below(4) {
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
                    _ => Act::Invite { account, email: format!("new{}@x.test", 1 + dice.below(2)), role: "member" },
                };
                let other = if dice.chance(50) { both[1] } else { both[0] };
                Some(vec![(Who::Browser(both[0]), act.clone()), (Who::Browser(other), act)])
            }
        }
    }

    fn return_power(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let [one, other] = [self.admins[0], self.admins[1]];
        let id = self.people[self.clients[other].person].id.clone();
        let account = self.account_of(state, one)?;
        if let Some(act) = self.settle(one) {
            return self.one(one, act);
        }
        let member = state.memberships.get(&format!("{account}/{id}"));
        let has_token = self.tokens.iter().any(|(_, of)| *of == account);
        if member.is_some_and(|m| m.rank > 1 && m.state == "active") && (!has_token && dice.chance(60)) {
            let act = self.settle(other).unwrap_or(Act::MakeToken { account, scopes: SCOPES[dice.below(3)] });
            return self.one(other, act);
        }
        let change =
            |role, active| Act::Change { account: account.clone(), user: id.clone(), role, active, name: None };
        if has_token && dice.chance(20) {
            // Or the password it was made under.
            let person = self.clients[other].person;
            let same = |i: &usize| self.clients[*i].person == person && self.clients[*i].browser.site == Site::Edge;
            let edge = (0..self.clients.len()).find(same)?;
            let (current, new) = (self.people[person].passwords.last()?.clone(), self.new_name() + " wade at dusk");
            let act = Act::Password { current, new, keep_tokens: dice.chance(30) };
            return self.one(edge, self.settle(edge).unwrap_or(act));
        }
        match dice.below(10) {
            // What was left behind is tried: tokens, the session, a link.
            0..2 if has_token => {
                let (token, account) = self.tokens.iter().find(|(_, of)| *of == account)?.clone();
                let act = if dice.chance(50) { Act::Members { account } } else { self.admin_act(dice, state, account) };
                Some(vec![(Who::Token(token), act)])
            }
            2..4 => self.one(other, if dice.chance(50) { Act::Gate } else { Act::Members { account } }),
            4 => {
                let user = self.someone(dice, state, &account);
                let name = Some(self.new_name());
                self.one(other, Act::Change { account, user, role: None, active: None, name })
            }
            _ => {
                let act = match member.map(|m| (m.rank, m.state.as_str())) {
                    None => Act::Invite {
                        account,
                        email: self.people[self.clients[other].person].email.clone(),
                        role: "admin",
                    },
                    Some((_, "invited")) => {
                        let token = self.link_of(&self.people[self.clients[other].person].email)?;
                        let edge = (0..self.clients.len())
                            .find(|i| self.clients[*i].person == self.clients[other].person && *i != other)?;
                        let act = if self.clients[edge].stage == Stage::Full { None } else { self.settle(edge) };
                        return self.one(edge, act.unwrap_or(Act::Join { token, password: None }));
                    }
                    Some((_, "inactive")) => change(None, Some(true)),
                    Some((1, _)) => change(Some("admin"), None),
                    Some(_) => match dice.below(6) {
                        0..2 => change(Some("member"), None),
                        2..4 => change(None, Some(false)),
                        4 => Act::Remove { account, user: id },
                        _ => Act::Reset { account, user: id },
                    },
                };
                self.one(one, act)
            }
        }
    }

    fn outlast(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let [one, other] = [self.admins[0], self.admins[1]];
        let account = self.account_of(state, other)?;
        if let Some((token, account)) = self.tokens.iter().find(|(_, of)| *of == account).cloned()
            && dice.chance(50)
        {
            let email = format!("new{}@x.test", 1 + dice.below(2));
            let user = self.someone(dice, state, &account);
            let role = ["owner", "admin", "member"][dice.below(3)];
            let act = match dice.below(3) {
                0 => Act::Invite { account, email, role },
                1 => Act::Change { account, user, role: Some(role), active: None, name: None },
                _ => Act::Reset { account, user },
            };
            return Some(vec![(Who::Token(token), act)]);
        }
        if let Some(act) = self.settle(other) {
            return self.one(other, act);
        }
        let links = state.invitations.values().find(|link| link.account_id == account);
        match (dice.below(6), links) {
            (0, _) => self.one(other, Act::MakeToken { account, scopes: SCOPES[dice.below(3)] }),
            (1..3, Some(link)) => {
                // The power it rests on goes, and the link is tried.
                let maker = link.invited_by.clone()?;
                let email = &state.users[&link.user_id].email;
                let token = self.link_of(email)?;
                let demoted = rank(state, &account, &maker) < 2;
                let invited = (0..self.clients.len()).find(|i| self.people[self.clients[*i].person].email == *email);
                match invited.filter(|_| demoted || dice.chance(20)) {
                    Some(client) => {
                        let password = self.people[self.clients[client].person].passwords.last().cloned();
                        self.one(client, Act::Join { token, password })
                    }
                    None => {
                        let act = Act::Change { account, user: maker, role: Some("member"), active: None, name: None };
                        self.one(one, self.settle(one).unwrap_or(act))
                    }
                }
            }
            _ => {
                let act = Act::Invite { account, email: format!("new{}@x.test", 1 + dice.below(2)), role: "admin" };
                self.one(other, act)
            }
        }
    }

    fn early(&mut self, dice: &mut Dice, step: usize) -> Option<Acts> {
        let (_, person) = self.thief(dice);
        let client = self.owner(dice, person, Some(Stage::Verify)).or_else(|| self.owner(dice, person, None))?;
        let act = match (self.clients[client].stage, self.people[person].seeds.last()) {
            (Stage::Verify, Some(seed)) => {
                let steps = if step.is_multiple_of(2) { 2 + i64::try_from(dice.below(4)).ok()? } else { 0 };
                Act::Verify { code: self.world.code(seed, steps) }
            }
            _ => self.login_of(person, "/"),
        };
        self.one(client, act)
    }

    fn lock(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let client = if dice.chance(50) { thief } else { self.owner(dice, person, None)? };
        let act = match self.clients[client].stage {
            Stage::Verify if dice.chance(50) => Act::Verify { code: format!("{:06}", dice.below(1_000_000)) },
            Stage::Verify => Act::Recovery { code: self.recovery_code(dice, person, self.clients[client].thief) },
            Stage::Enrol => return self.sign_in_as(client, person),
            _ => self.login_of(person, "/"),
        };
        self.one(client, act)
    }

    fn mistype(&mut self, dice: &mut Dice) -> Option<Acts> {
        // Where they were signed in before anything happened: that browser is known.
        let client = self.settled[0];
        let person = self.clients[client].person;
        let act = match self.clients[client].stage {
            Stage::Verify => Act::Verify { code: format!("{:06}", dice.below(1_000_000)) },
            _ => self.login_of(person, "/"),
        };
        self.one(client, act)
    }

    fn step_up(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (_, person) = self.thief(dice);
        let client = self.owner(dice, person, Some(Stage::Full)).or_else(|| self.owner(dice, person, None))?;
        if self.clients[client].stage != Stage::Full {
            return self.one(client, self.settle(client)?);
        }
        let seed = self.people[person].seeds.last();
        let reauth = |purpose| {
            let code = seed.map(|seed| self.world.code(seed, 0));
            Act::Reauth { password: self.people[person].passwords.last().cloned().unwrap_or_default(), code, purpose }
        };
        let act = match dice.below(10) {
            0..4 => reauth("app"),
            4 => reauth("account"),
            5..7 => Act::Billing,
            7 => Act::Begin,
            8 => Act::NewCodes,
            _ => Act::Disable,
        };
        let by = [By::Itself, By::Script, By::Form][dice.below(3)];
        match act {
            Act::Begin | Act::NewCodes | Act::Disable if by != By::Itself => Some(vec![(Who::Script(client, by), act)]),
            act => self.one(client, act),
        }
    }
}

fn rank(state: &State, account: &str, user: &str) -> i64 {
    state.memberships.get(&format!("{account}/{user}")).filter(|m| m.state == "active").map_or(0, |m| m.rank)
}
