//! Programs with an API token.

use super::{Act, Acts, Cast, Dice, Who};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// What a program does, if there is a token for one.
    pub(super) fn program(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let (token, account) = dice.pick(&self.tokens).cloned()?;
        let act = if dice.chance(40) { Act::Members { account } } else { self.admin_act(dice, state, account) };
        Some(vec![(Who::Token(token), act)])
    }
}
