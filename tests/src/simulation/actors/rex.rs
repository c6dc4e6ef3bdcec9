//! Rex, a thief who administers an account: he invites people there and uses whatever power over them that gives him.

use super::{Act, Acts, Cast, Client, Dice, Person, Stage};
use crate::simulation::rows::{Membership, State};

impl Cast<'_> {
    pub(super) fn rex_does(&self, act: Act) -> Option<Acts> {
        self.one(self.rex, self.settle(self.rex).unwrap_or(act))
    }

    /// Invites someone whose password he knows, joins as them, resets them here, and signs in as them elsewhere.
    pub(super) fn borrow(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
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
                    Some(owner) => self.one(owner, self.join_of(dice, owner, token)),
                    None if full => self.one(thief, self.join_of(dice, thief, token)),
                    None if dice.chance(15) => {
                        self.one(thief, Act::StartOver { token, password: "mine from now on, herons".to_owned() })
                    }
                    None if dice.chance(50) => self.one(thief, Act::Join { token, password }),
                    None => self.one(thief, self.login_of(person, "/")),
                }
            }
            Some(_) if state.users[&id].must_enrol == 0 && dice.chance(70) => {
                self.rex_does(Act::Reset { account, user: id })
            }
            Some(_) => self.sign_in_as(thief, person),
        }
    }

    /// Takes power, however he pleases, from someone who shares his account.
    pub(super) fn harass(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let here = |m: &&Membership| m.account_id == "den" && m.user_id != "rex";
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
            _ => Act::Require { account, required: dice.chance(70), applies: "now", starts_at: None },
        };
        self.rex_does(act)
    }

    /// Claims an address that nobody has.
    pub(super) fn claim(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
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
                    self.one(client, self.join_of(dice, client, token))
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
}
