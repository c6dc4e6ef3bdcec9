//! Forms that wait for a proof: whoever has sent one gives it on the page that asks for it, most often. Others bring along what
//! is not theirs, or not as it was.

use super::{Act, Acts, Cast, Dice, Waits, Who};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// Sends a proof, and what waits for it.
    pub(super) fn prove(&mut self, dice: &mut Dice, state: &State) -> Acts {
        let at = dice.below(self.waiting.len());
        let (mut client, mut waits) = self.waiting[at].clone();
        let other = dice.pick(&self.waiting).cloned();
        // The page may stay open in another tab.
        if self.waiting.len() > 4 || dice.chance(70) {
            self.waiting.swap_remove(at);
        }
        match (dice.below(20), self.another(dice, &Who::Page(client)), other) {
            (0..2, Some(Who::Page(other)), _) => {
                client = other;
                waits.key = self.key(client, None);
            }
            (2..4, _, Some((_, other))) => waits = Waits { key: waits.key, return_to: waits.return_to, ..other },
            (4, _, _) => {
                let last = if waits.asked.ends_with('A') { "Q" } else { "A" };
                waits.asked.replace_range(waits.asked.len() - 1.., last);
                waits.altered = true;
            }
            _ => {}
        }
        let person = self.clients[client].person;
        let right = self.people[person].passwords.last().cloned().unwrap_or_default();
        let password = if dice.chance(85) { right } else { self.password(dice, person) };
        let seed = self.people[person].seeds.last().filter(|_| dice.chance(85));
        let code = match seed {
            Some(seed) => Some(self.world.code(seed, dice.weighted(&[(6, 0), (3, 1), (1, -1)]))),
            None => dice.chance(60).then(|| self.code(dice, person, false)),
        };
        let act = Act::Reauth { password, code, purpose: "account", waits: Some(Box::new(waits)) };
        let times = if dice.chance(20) { 2 } else { 1 };
        let mut acts = vec![(Who::Page(client), act); times];
        // Just when others change what it rests on.
        if dice.chance(15) {
            acts.extend(self.clash(dice, state));
        }
        acts
    }
}
