//! Programs, with an API token or a service token.

use super::{Act, Acts, Cast, Dice, Who};
use crate::simulation::rows::State;

impl Cast<'_> {
    /// What a program does, if there is a token for one.
    pub(super) fn program(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        if dice.chance(50) && !self.service_tokens.is_empty() {
            if dice.chance(40) {
                self.used_last = dice.below(self.service_tokens.len());
            }
            let (token, _) = &self.service_tokens[self.used_last];
            let path = ["/reports", "/api/orders", "/api", "/billing"][dice.below(4)];
            let act = Act::Program { path, method: ["GET", "POST"][dice.below(2)] };
            return Some(vec![(Who::Service(token.clone()), act)]);
        }
        let (token, account) = dice.pick(&self.tokens).cloned()?;
        let act = if dice.chance(40) { Act::Members { account } } else { self.admin_act(dice, state, account) };
        Some(vec![(Who::Token(token), act)])
    }
}
