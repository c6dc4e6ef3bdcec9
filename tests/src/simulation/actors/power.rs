//! Power that ends: it is taken and given back, and what it left behind is tried.

use airlock::people::session::Site;

use super::{Act, Acts, Cast, Dice, Stage, Who, admins::SCOPES};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// Power that is taken away and given back, and what it left behind.
    pub(super) fn return_power(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
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
                        let act = act.unwrap_or_else(|| self.join_of(dice, edge, token));
                        return self.one(edge, act);
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

    /// A link, a token or an admin that would be stronger than whoever made it.
    pub(super) fn outlast(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
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
                let demoted = state.rank(&account, &maker) < 2;
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
}
