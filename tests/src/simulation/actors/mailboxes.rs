//! Those who read the mail of an address: they follow the links in it, and end a login that someone else has claimed it with.

use super::{Act, Acts, Cast, Dice, Person, Stage, operator, roster::REX};
use crate::simulation::rows::State;

/// The address that Rex claims.
const CLAIMED: &str = "new0@x.test";

impl Cast<'_> {
    /// Takes in what was mailed since, and whose addresses are someone else's by now.
    pub(super) fn read_mail(&mut self, state: &State) {
        for person in &mut self.people {
            if let Some(user) = state.users.get(&person.id) {
                person.email.clone_from(&user.email);
            }
            if !state.users.contains_key(&person.id)
                && let Some(user) = state.user_at(&person.email)
            {
                person.id.clone_from(&user.id);
            }
        }
        let handed = self.world.post.handed.borrow().clone();
        for mail in handed.into_iter().skip(self.mails_read) {
            self.mails_read += 1;
            let Some(link) = mail.any_link().filter(|link| link.contains("/invite/")) else { continue };
            self.mailed.push((link.rsplit('/').next().unwrap().to_owned(), mail.to.clone()));
            let reads = |i: &usize| self.people[self.clients[*i].person].email == mail.to && !self.clients[*i].thief;
            if (0..self.clients.len()).any(|i| reads(&i)) {
                continue;
            }
            let Some(user) = state.user_at(&mail.to) else { continue };
            self.people.push(Person {
                id: user.id.clone(),
                home: mail.to.clone(),
                email: mail.to,
                passwords: vec![format!("who reads mail as {}", &user.id[..8])],
                seeds: Vec::new(),
                codes: Vec::new(),
                typed: Vec::new(),
            });
            let person = self.people.len() - 1;
            for browser in [self.world.browser(), self.world.browser()] {
                self.add(person, browser, false);
            }
        }
    }

    /// What someone does with a link that was mailed to them.
    pub(super) fn follow(&self, dice: &mut Dice, client: usize, token: String) -> Act {
        let person = self.clients[client].person;
        let password = self.password(dice, person);
        match (self.clients[client].stage, dice.below(10)) {
            (Stage::Full, 0..9) => self.join_of(dice, client, token),
            (_, 0..5) => Act::StartOver { token, password },
            (_, 5..8) => Act::Join { token, password: Some(password) },
            _ => self.login_of(person, "/auth/profile"),
        }
    }

    /// An admin invites by mail whom another account knows, or who has claimed an address, and whoever reads it gets hold of that.
    pub(super) fn reclaim(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let waits = |email: &str| self.mailed.iter().all(|link| link.1 != email);
        let admin = self.admins[dice.below(2)];
        let account = self.account_of(state, admin)?;
        let near = [REX, self.hot[0], self.hot[1]].map(|person| &self.people[person]);
        let strangers = near.into_iter().filter(|person| {
            let here = state.membership(&account, &person.id);
            here.is_none_or(|m| m.state == "invited") && person.id != "rex"
        });
        let claimed = self.people.iter().find(|person| person.email == CLAIMED).into_iter();
        let emails: Vec<String> = strangers.chain(claimed).map(|person| person.email.clone()).collect();
        let Some(email) = dice.pick(&emails).cloned() else { return self.claim(dice, state) };
        match dice.below(10) {
            0..2 => Some(operator::tick()),
            2..4 if waits(&email) || dice.chance(20) => {
                let act = Act::Invite { account, email, role: "member" };
                self.one(admin, self.settle(admin).unwrap_or(act))
            }
            4..9 => {
                let (token, email) = self.mailed.last().cloned()?;
                let reads = |i: &usize| self.people[self.clients[*i].person].email == email && !self.clients[*i].thief;
                let readers: Vec<usize> = (0..self.clients.len()).filter(reads).collect();
                // Mostly where nobody is signed in.
                let away = |i: &usize| self.clients[*i].stage != Stage::Full;
                let away: Vec<usize> = readers.iter().copied().filter(away).collect();
                let from = if dice.chance(70) && !away.is_empty() { away } else { readers };
                let reader = dice.pick(&from).copied()?;
                self.one(reader, self.follow(dice, reader, token))
            }
            _ => self.claim(dice, state),
        }
    }
}
