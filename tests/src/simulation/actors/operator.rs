//! The operator: the job of every minute, and the way back in for someone who has lost everything.

use super::{Act, Acts, Cast, Dice, Who};
use crate::simulation::rows::State;

/// The admin Worker's job of every minute.
pub fn tick() -> Acts {
    vec![(Who::Nobody, Act::Tick)]
}

/// A reset with the database at hand.
pub fn recover(cast: &Cast<'_>, dice: &mut Dice, state: &State) -> Acts {
    vec![(Who::Nobody, Act::Recover { user: cast.someone(dice, state, "") })]
}
