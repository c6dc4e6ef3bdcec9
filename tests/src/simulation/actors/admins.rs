//! Admins: what they do in their accounts, by their session or through an API token.

use super::{Act, Cast, Dice};
use crate::simulation::rows::{Membership, State, User};

/// What API tokens are made for.
pub const SCOPES: [&[&str]; 3] = [
    &["two_factor:write", "reset", "users:read", "users:write"],
    &["two_factor:write", "users:read"],
    &["reset", "users:read"],
];

impl Cast<'_> {
    /// What an admin does in an account.
    pub(super) fn admin_act(&mut self, dice: &mut Dice, state: &State, account: String) -> Act {
        let b = self.bias;
        let user = self.someone(dice, state, &account);
        let role = || ["member", "admin", "owner"];
        match dice.weighted(&[
            (2 + b[12], 0),
            (1 + b[13], 1),
            (b[14], 2),
            (1 + b[15], 3),
            (b[16] / 2, 4),
            (b[17], 5),
            (b[18] / 2, 6),
            (1 + b[19] / 2, 7),
            (1 + b[17] / 2, 8),
            (b[18], 9),
            (2, 10),
            (1, 11),
            (2, 12),
        ]) {
            0 => Act::Require {
                account,
                required: dice.chance(65),
                applies: if dice.chance(50) { "now" } else { "next_login" },
                starts_at: self.day(dice),
            },
            1 => Act::Reset { account, user },
            12 => {
                let without = |m: &&Membership| m.account_id == account && m.state == "active" && m.enrolled == 0;
                let without: Vec<_> = state.memberships.values().filter(without).map(|m| &m.user_id).collect();
                let exempt = |m: &&Membership| m.account_id == account && m.exempt_until.is_some();
                let exempt: Vec<_> = state.memberships.values().filter(exempt).map(|m| &m.user_id).collect();
                match dice.pick(&exempt).filter(|_| dice.chance(50)) {
                    Some(user) => Act::Exempt { account, user: (*user).clone(), until: None },
                    None => {
                        let one = dice.pick(&without).filter(|_| dice.chance(80));
                        let user = one.map_or(user, |id| (*id).clone());
                        Act::Exempt { account, user, until: self.day(dice) }
                    }
                }
            }
            2 => {
                let member = |user: &&User| state.memberships.contains_key(&format!("{account}/{}", user.id));
                let strangers: Vec<&User> = state.users.values().filter(|user| !member(user)).collect();
                let email = match dice.below(100) {
                    0..60 if !strangers.is_empty() => dice.pick(&strangers).unwrap().email.clone(),
                    0..75 => state.users[&user].email.clone(),
                    _ => format!("new{}@x.test", dice.below(2)),
                };
                Act::Invite { account, email, role: role()[dice.below(3)] }
            }
            3 => match dice.below(10) {
                0..4 => Act::Change { account, user, role: Some(role()[dice.below(3)]), active: None, name: None },
                4..9 => Act::Change { account, user, role: None, active: Some(dice.chance(55)), name: None },
                _ => Act::Change { account, user, role: None, active: None, name: Some(self.new_name()) },
            },
            4 => {
                let invited = state.invitations.values().filter(|i| i.account_id == account && i.user_id != user);
                let invited: Vec<&String> = invited.map(|i| &i.user_id).collect();
                let user = if dice.chance(50) { dice.pick(&invited).map_or(user, |id| (*id).clone()) } else { user };
                Act::Remove { account, user }
            }
            5 => Act::MakeToken { account, scopes: SCOPES[dice.below(3)] },
            6 => {
                let ids: Vec<&String> = state.api_tokens.values().map(|token| &token.id).collect();
                Act::RevokeToken { account, id: dice.pick(&ids).map_or_else(|| "none".to_owned(), |id| (*id).clone()) }
            }
            7 => Act::Members { account },
            8 => self.new_service_token(dice, account),
            10 => Act::Shown { account },
            11 => Act::Restore { account, user },
            _ => {
                let used = self.service_tokens.get(self.used_last).filter(|_| dice.chance(60)).map(|(_, id)| id);
                let ids: Vec<&String> = state.service_tokens.values().map(|token| &token.id).collect();
                let id = used.or_else(|| dice.pick(&ids).copied()).map_or_else(|| "none".to_owned(), String::clone);
                Act::RevokeServiceToken { account, id }
            }
        }
    }

    /// An account that this client's person administers.
    pub(super) fn account_of(&self, state: &State, client: usize) -> Option<String> {
        let id = &self.people[self.clients[client].person].id;
        let theirs = |m: &&Membership| m.user_id == *id && m.rank > 1 && m.state == "active";
        state.memberships.values().find(theirs).map(|m| m.account_id.clone())
    }

    /// Mostly one of those most happens to, or a member of this account.
    pub(super) fn someone(&self, dice: &mut Dice, state: &State, account: &str) -> String {
        let members: Vec<&String> =
            state.memberships.values().filter(|m| m.account_id == account).map(|m| &m.user_id).collect();
        let hot: Vec<&String> = self.hot.iter().map(|person| &self.people[*person].id).collect();
        let hot: Vec<&String> = hot.into_iter().filter(|id| account.is_empty() || members.contains(id)).collect();
        let known: Vec<&String> = state.users.keys().collect();
        let from = match dice.below(100) {
            0..60 if !hot.is_empty() => hot,
            0..92 if !members.is_empty() => members,
            _ => known,
        };
        (*dice.pick(&from).unwrap()).clone()
    }

    /// From when on a requirement is to be enforced: mostly at once.
    fn day(&self, dice: &mut Dice) -> Option<i64> {
        const MINUTE: i64 = 60_000;
        let ahead = [1, 3, 30, 24 * 60, 24 * 60 + 5, 3 * 24 * 60, 7 * 24 * 60, 8 * 24 * 60][dice.below(8)] * MINUTE;
        dice.chance(45).then(|| (self.world.now.get().0 + ahead).div_euclid(1000) * 1000)
    }
}
