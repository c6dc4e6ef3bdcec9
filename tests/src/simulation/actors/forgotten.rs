//! Forgotten passwords: people who forget, strangers who ask for somebody's address again and again, and thieves who read a
//! mailbox and have nothing else.

use super::{Act, Acts, Cast, Dice, Who, operator};

/// What is in a link that sets no password.
pub const OTHER_LINK: &str = "a-link-of-another-kind";

impl Cast<'_> {
    /// Someone asks, the mail goes, someone opens it, and the owner or the thief signs in.
    pub(super) fn forget(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let owner = self.owner(dice, person, None).filter(|_| dice.chance(50));
        let (client, email) = (owner.unwrap_or(thief), self.people[person].email.clone());
        if client == thief {
            self.clients[thief].browser.ip = format!("198.51.100.{}", dice.below(9));
        }
        match (dice.below(12), self.mailed(dice, &email, "/reset-password/")) {
            (0..3, _) | (6..9, None) => self.one(client, Act::Forgot { email }),
            (3..6, _) => Some(operator::tick()),
            (6..9, Some(token)) => {
                let mut acts = Vec::new();
                for _ in 0..dice.weighted(&[(4, 1), (1, 2)]) {
                    let new = format!("{} wade at noon", self.new_name());
                    acts.push((Who::Browser(client), Act::SetPassword { token: token.clone(), new }));
                }
                Some(acts)
            }
            (9, _) => self.one(client, Act::Gate),
            _ => match owner.and_then(|owner| self.settle(owner)) {
                Some(act) => self.one(client, act),
                None => self.sign_in_as(thief, person),
            },
        }
    }

    /// The token of a link with `below` in it that was mailed to an address: mostly the newest.
    pub(super) fn mailed(&self, dice: &mut Dice, email: &str, below: &str) -> Option<String> {
        if dice.chance(5) {
            return Some(OTHER_LINK.to_owned());
        }
        let mails = self.world.post.to(email);
        let links = mails.iter().filter_map(|mail| mail.any_link()).filter(|link| link.contains(below));
        let links: Vec<&str> = links.collect();
        let link = if dice.chance(75) { links.last() } else { dice.pick(&links) };
        link.and_then(|link| link.rsplit('/').next()).map(str::to_owned)
    }
}
