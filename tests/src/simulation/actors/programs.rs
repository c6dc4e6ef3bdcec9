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
            return self.by_service_token(dice);
        }
        let (token, account) = dice.pick(&self.tokens).cloned()?;
        let act = if dice.chance(40) { Act::Members { account } } else { self.admin_act(dice, state, account) };
        Some(vec![(Who::Token(token), act)])
    }

    fn by_service_token(&self, dice: &mut Dice) -> Option<Acts> {
        let (token, _) = self.service_tokens.get(self.used_last)?;
        let path = ["/reports", "/api/orders", "/api", "/billing"][dice.below(4)];
        let act = Act::Program { path, method: ["GET", "POST"][dice.below(2)] };
        Some(vec![(Who::Service(token.clone()), act)])
    }

    /// A service token is made, used, revoked, and tried again.
    pub(super) fn come_and_go(&mut self, dice: &mut Dice, state: &State) -> Option<Acts> {
        let admin = self.admins[dice.below(2)];
        let account = self.account_of(state, admin)?;
        if let Some(act) = self.settle(admin) {
            return self.one(admin, act);
        }
        let theirs = state.service_tokens.values().find(|token| token.account_id == account);
        match (dice.below(6), theirs) {
            (0, _) | (_, None) if dice.chance(50) || self.service_tokens.is_empty() => {
                let act = self.new_service_token(dice, account);
                self.one(admin, act)
            }
            (1, Some(token)) => {
                let id = token.id.clone();
                let used = self.by_service_token(dice).into_iter().flatten();
                Some(used.chain([(Who::Browser(admin), Act::RevokeServiceToken { account, id })]).collect())
            }
            _ => {
                self.used_last = self.service_tokens.len().saturating_sub(1 + dice.below(2));
                self.by_service_token(dice)
            }
        }
    }

    /// A service token to make.
    pub(super) fn new_service_token(&self, dice: &mut Dice, account: String) -> Act {
        let minutes = [2, 30, 24 * 60][dice.below(3)];
        let (path, method) = (["/reports", "/api/*", "/*"][dice.below(3)], ["GET", "POST", "*"][dice.below(3)]);
        // To the second, as it is asked for.
        let expires_at = (self.world.now.get().0 / 1000 + minutes * 60) * 1000;
        Act::MakeServiceToken { account, path, method, expires_at }
    }
}
