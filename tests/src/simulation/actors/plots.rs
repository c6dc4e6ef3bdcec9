//! What thieves are after and what befalls people, step by step. A plot does whatever brings it on, by how things stand:
//! anyone can cross it. To add one: a method of [`Cast`] in the file of its actor, and its line in [`PLOTS`].

use super::{Act, Acts, Cast, Dice, Stage, Who};
use crate::simulation::rows::State;

/// How a plot goes on; the number is how often it has.
type Step = fn(&mut Cast<'_>, &mut Dice, &State, usize) -> Option<Acts>;

/// Whether a plot takes Rex, and its step.
const PLOTS: &[(bool, Step)] = &[
    // Rex, who administers an account.
    (true, |cast, dice, state, _| cast.borrow(dice, state)),
    (true, |cast, dice, state, _| cast.harass(dice, state)),
    (true, |cast, dice, state, _| cast.claim(dice, state)),
    // Thieves who know a password.
    (false, |cast, dice, _, _| cast.hoard(dice)),
    (false, |cast, dice, _, step| cast.crowd(dice, step)),
    (false, |cast, dice, _, _| cast.flood(dice)),
    (false, |cast, dice, _, _| cast.spend(dice)),
    // Whatever happens at the same time.
    (false, |cast, dice, state, _| cast.race(dice, state)),
    (false, |cast, dice, state, _| cast.twice(dice, state)),
    // Power that ends.
    (false, |cast, dice, state, _| cast.return_power(dice, state)),
    (false, |cast, dice, state, _| cast.outlast(dice, state)),
    // Mishaps of owners.
    (false, |cast, dice, _, step| cast.early(dice, step)),
    (false, |cast, dice, _, _| cast.lock(dice)),
    (false, |cast, dice, _, _| cast.mistype(dice)),
    // A program whose token comes and goes.
    (false, |cast, dice, state, _| cast.come_and_go(dice, state)),
    // People who read the mail of an address.
    (true, |cast, dice, state, _| cast.reclaim(dice, state)),
    // The app's script.
    (false, |cast, dice, _, _| cast.step_up(dice)),
    // A forgotten password, and one that is stopped.
    (false, |cast, dice, _, _| cast.forget(dice)),
    (false, |cast, dice, state, _| cast.stop(dice, state)),
];

/// A plot in a world, and how often it has gone on.
pub struct Plot {
    pub needs_rex: bool,
    step: Step,
    steps: usize,
}

impl Plot {
    /// One or two of them.
    pub fn some(dice: &mut Dice) -> Vec<Self> {
        let most = 1 + dice.below(2);
        let one = |_| {
            let (needs_rex, step) = PLOTS[dice.below(PLOTS.len())];
            Self { needs_rex, step, steps: 0 }
        };
        (0..most).map(one).collect()
    }
}

impl Cast<'_> {
    /// The next step of a plot.
    pub(super) fn plot(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let at = dice.below(self.plots.len());
        let Plot { step, ref mut steps, .. } = self.plots[at];
        *steps += 1;
        let count = *steps;
        step(self, dice, state, count)
    }

    /// One act at one browser.
    pub(super) fn one(&self, client: usize, act: Act) -> Option<Acts> {
        Some(vec![(Who::Browser(client), act)])
    }

    /// A browser at the app with this person in front of it.
    pub(super) fn owner(&self, dice: &mut Dice, person: usize, stage: Option<Stage>) -> Option<usize> {
        let near = self.near.iter().copied();
        let theirs: Vec<usize> = near
            .filter(|i| self.clients[*i].person == person && stage.is_none_or(|stage| self.clients[*i].stage == stage))
            .collect();
        dice.pick(&theirs).copied()
    }

    /// The newest link that was sent to an address.
    pub(super) fn link_of(&self, email: &str) -> Option<String> {
        self.links.iter().rev().find(|link| link.1 == email).map(|link| link.0.clone())
    }

    /// A login with the present password.
    pub(super) fn login_of(&self, person: usize, return_to: &'static str) -> Act {
        let person = &self.people[person];
        let password = person.passwords[person.passwords.len() - 1].clone();
        Act::Login { email: person.email.clone(), password, return_to }
    }
}
