//! What goes wrong for an owner: a code shown early, a lock, one wrong code after another.

use super::{Act, Acts, Cast, Dice, Stage};

impl Cast<'_> {
    /// A code shown early, then the right ones.
    pub(super) fn early(&mut self, dice: &mut Dice, step: usize) -> Option<Acts> {
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

    /// A lock, and the way back from it.
    pub(super) fn lock(&mut self, dice: &mut Dice) -> Option<Acts> {
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

    /// Wrong codes in a known browser, one after the other.
    pub(super) fn mistype(&mut self, dice: &mut Dice) -> Option<Acts> {
        // Where they were signed in before anything happened: that browser is known.
        let client = self.settled[0];
        let person = self.clients[client].person;
        let act = match self.clients[client].stage {
            Stage::Verify => Act::Verify { code: format!("{:06}", dice.below(1_000_000)) },
            _ => self.login_of(person, "/"),
        };
        self.one(client, act)
    }
}
