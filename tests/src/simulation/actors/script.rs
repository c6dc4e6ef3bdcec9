//! The app's script: it runs in its user's session and tries what is for people.

use super::{Act, Acts, Cast, Dice, Stage, Who};
use crate::simulation::{oracle::By, rows::State};

impl Cast<'_> {
    /// What it tries, as the fetch it is or by a form without the page's key.
    pub(super) fn script(&self, dice: &mut Dice, state: &State) -> Acts {
        let near: Vec<usize> = self.near.iter().copied().filter(|i| self.clients[*i].stage == Stage::Full).collect();
        let Some(client) = dice.pick(&near).copied() else { return Vec::new() };
        let person = self.clients[client].person;
        let by = if dice.chance(60) { By::Script } else { By::Form };
        let owned = state.authenticators.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
        // The app may have asked for the password itself.
        let password = self.people[person].passwords.last().cloned().unwrap_or_default();
        let act = match dice.below(11) {
            0..2 if by == By::Script => Act::Begin,
            2 => Act::Disable,
            3 => {
                let code = dice.chance(80).then(|| self.code(dice, person, false));
                Act::Reauth { password, code, purpose: ["account", "app"][dice.below(2)], waits: None }
            }
            4 => Act::Password {
                current: password,
                new: "a script keeps grey herons".to_owned(),
                keep_tokens: dice.chance(50),
            },
            5..7 => Act::NewCodes,
            9 => Act::RemoveAuthenticator { id: self.mostly_own(dice, person, owned) },
            7 if by == By::Script => Act::Rename { name: "by a script".to_owned() },
            8 if by == By::Script => Act::Profile,
            _ => Act::NewCodes,
        };
        vec![(Who::Script(client, by), act)]
    }

    /// Its user steps up for the app, and then it tries what is for people.
    pub(super) fn step_up(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (_, person) = self.thief(dice);
        let client = self.owner(dice, person, Some(Stage::Full)).or_else(|| self.owner(dice, person, None))?;
        if self.clients[client].stage != Stage::Full {
            return self.one(client, self.settle(client)?);
        }
        let seed = self.people[person].seeds.last();
        let reauth = |purpose| {
            let code = seed.map(|seed| self.world.code(seed, 0));
            Act::Reauth {
                password: self.people[person].passwords.last().cloned().unwrap_or_default(),
                code,
                purpose,
                waits: None,
            }
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
