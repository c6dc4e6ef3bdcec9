//! Other addresses: a thief who has everything of someone but the old mailbox gives the login an address of the thief's own, and
//! whoever reads the old one takes it back. Owners move on too, and others are after an address that was left.

use super::{Act, Acts, Cast, Dice, Stage, Who, operator};
use crate::simulation::{oracle::hash, rows::State};

/// The cookie of a link to a new password.
const RESET: &str = "__Host-airlock-reset";

impl Cast<'_> {
    /// Someone asks for another address, the mail goes, the link is followed, and what comes of that depends on what they are `after`:
    /// the owner takes it back, or the thief moves once more, or the owner comes back, or someone else wants the old address.
    pub(super) fn readdress(&mut self, dice: &mut Dice, state: &State, after: usize) -> Option<Acts> {
        let (thief, person) = (self.thieves[0], self.clients[self.thieves[0]].person);
        let owner = self.owner(dice, person, Some(Stage::Full)).or_else(|| self.owner(dice, person, None))?;
        let (home, id) = (self.people[person].home.clone(), self.people[person].id.clone());
        let (home, second, evil) =
            ([home], ["second@x.test".to_owned()], ["evil0@x.test", "evil1@x.test"].map(str::to_owned));
        let live = |kind: &str| {
            let links = state.links.values().filter(|link| link.user_id == id && link.used_at.is_none());
            links.filter(|link| link.kind == kind).count()
        };
        let waits = state.links.iter().any(|(key, link)| {
            let new = link.user_id == id || link.kind == "email";
            new && link.used_at.is_none() && link.kind.starts_with("email") && !self.was_posted(key, &link.kind)
        });
        if waits && dice.chance(80) {
            return Some(operator::tick());
        }
        let reset = self.clients[owner].browser.cookies.borrow().get(RESET).cloned();
        if let Some(token) = reset.filter(|_| dice.chance(60)) {
            self.clients[owner].browser.cookies.borrow_mut().remove(RESET);
            let new = format!("{} wade at dusk", self.new_name());
            return self.one(owner, Act::SetPassword { token, new });
        }
        let moved = state.users.get(&id).is_some_and(|user| user.email != home[0]);
        let present = &self.people[person].email;
        let next = [evil[usize::from(*present == evil[0])].clone()];
        match (dice.below(20), after) {
            (0, _) => self.one(thief, self.login_of(person, "/")),
            (1, _) if moved => {
                let admin = self.admins[dice.below(2)];
                let account = self.account_of(state, admin)?;
                let [email] = home;
                let act = Act::Invite { account, email, role: "member" };
                self.one(admin, self.settle(admin).unwrap_or(act))
            }
            (2, _) => {
                let token = self.posted(dice, state, &[home, second].concat(), "email_undo")?;
                self.one(owner, Act::UndoEmail { token })
            }
            (3..9, 0) if moved => {
                let token = self.posted(dice, state, &home, "email_undo")?;
                self.one(owner, Act::UndoEmail { token })
            }
            (3..15, 1) if live("email_undo") > 1 => {
                let token = self.posted(dice, state, &evil, "email_undo")?;
                self.one(thief, Act::UndoEmail { token })
            }
            (_, 0..2) => self.moves_on(dice, state, thief, &next),
            (_, 2) if moved => self.moves_on(dice, state, owner, &home),
            // Someone who reads the same mail, and has a login.
            (_, 3) if moved => {
                let other = self.near.iter().copied().find(|i| self.clients[*i].person != person)?;
                self.moves_on(dice, state, other, &home)
            }
            _ => self.moves_on(dice, state, owner, &second),
        }
    }

    /// Signs in, proves it, asks for one of these addresses and follows the link.
    fn moves_on(&self, dice: &mut Dice, state: &State, client: usize, addresses: &[String]) -> Option<Acts> {
        let fresh = self.world.now.get().0 - self.clients[client].fresh_at < 300_000;
        if self.clients[client].stage == Stage::Full
            && let Some(token) = self.posted(dice, state, addresses, "email")
        {
            let twice = dice.weighted(&[(4, 1), (1, 2)]);
            return Some(vec![(Who::Browser(client), Act::ConfirmEmail { token }); twice]);
        }
        let email = dice.pick(addresses)?.clone();
        let act = match self.clients[client].stage {
            Stage::Full if !fresh => self.reauth_of(client),
            Stage::Login => self.login_of(self.clients[client].person, "/auth/profile"),
            _ => self.settle(client).unwrap_or(Act::Email { email }),
        };
        self.one(client, act)
    }

    /// A link that was mailed to one of these addresses: mostly one that works.
    fn posted(&self, dice: &mut Dice, state: &State, emails: &[String], kind: &str) -> Option<String> {
        let path = if kind == "email" { "/email/" } else { "/email-undo/" };
        let handed = self.world.post.handed.borrow();
        let mails = handed.iter().filter(|mail| emails.contains(&mail.to)).filter_map(|mail| mail.any_link());
        let mut tokens: Vec<&str> =
            mails.filter(|link| link.contains(path)).filter_map(|link| link.rsplit('/').next()).collect();
        if dice.chance(95) {
            let works = |token: &str| state.links.get(&hash(token, kind)).is_some_and(|link| link.used_at.is_none());
            tokens.retain(|token| works(token));
        }
        let token = if dice.chance(60) { tokens.last() } else { dice.pick(&tokens) };
        token.map(|token| (*token).to_owned())
    }

    /// Whether a link of this hash was mailed.
    fn was_posted(&self, key: &str, kind: &str) -> bool {
        let handed = self.world.post.handed.borrow();
        handed.iter().any(|mail| {
            mail.any_link().and_then(|link| link.rsplit('/').next()).is_some_and(|token| hash(token, kind) == key)
        })
    }
}
