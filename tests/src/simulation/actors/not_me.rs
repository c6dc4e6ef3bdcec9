//! "This was not me": people press the button of a notice, and so does whoever reads their mail; programs follow every link in it.
//! Admins, and those who are none there, undo it.

use super::{Act, Acts, Cast, Dice, Person, Who, operator};
use crate::simulation::{oracle::hash, rows::State};

impl Cast<'_> {
    /// A notice comes, someone follows its link, and what it stopped is tried and given back.
    pub(super) fn stop(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let Person { id, email, .. } = self.people[person].clone();
        // With a session, or with the mail alone.
        let client = self.owner(dice, person, None).filter(|_| dice.chance(60)).unwrap_or(thief);
        let stopped = state.users.get(&id).is_some_and(|user| user.password_stopped_at.is_some());
        let used = |token: &String| state.links.get(&hash(token, "not_me")).is_some_and(|link| link.used_at.is_some());
        // What was pressed before, seldom.
        let mut links = (0..4).filter_map(|_| self.mailed(dice, &email, "/not-me/")).collect::<Vec<_>>();
        links.sort_by_key(used);
        let Some(token) = links.into_iter().next() else { return Some(operator::tick()) };
        let press = || (Who::Browser(client), Act::NotMe { token: token.clone() });
        match dice.below(12) {
            0 => Some(operator::tick()),
            1 => self.one(client, Act::Scan { token }),
            2..4 => self.sign_in_as(thief, person),
            4..9 if stopped && dice.chance(60) => {
                let admin = [self.admins[0], self.admins[1], self.rex][dice.weighted(&[(4, 0), (4, 1), (1, 2)])];
                let account = self.account_of(state, admin)?;
                self.one(admin, self.settle(admin).unwrap_or(Act::Restore { account, user: id }))
            }
            4..9 if stopped => self.forget(dice),
            // At the very moment of a login.
            9 => Some(vec![(Who::Browser(thief), self.login_of(person, "/")), press()]),
            _ => Some(vec![press(); dice.weighted(&[(4, 1), (1, 2)])]),
        }
    }
}
