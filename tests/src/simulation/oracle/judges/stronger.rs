//! STRONGER: a token, a link or an admin gives no more than it has: a token does what it was made for and makes no admins.

use super::*;
use crate::simulation::{oracle::transaction::rank_of_role, rows::Membership};

pub struct Stronger;

impl Judge for Stronger {
    fn promise(&self) -> &'static str {
        "nothing makes anything stronger than itself"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        if let (Act::Invite { account, role, .. }, Some(user)) = (&job.act, t.target())
            && t.is(&["member_invited"])
        {
            let invited = t.after.membership(account, user);
            ensure!(invited.is_none_or(|m| m.rank == rank_of_role(role)), "{invited:?}");
        }
        let token = job.bearer.as_ref().and_then(|hash| t.before.api_tokens.get(hash));
        let (Some(token), Some(_)) = (token, t.admins_act(job)) else { return Ok(()) };
        let scope = job.act.scope();
        ensure!(token.scopes.split(' ').any(|one| one == scope), "{scope} is none of {}: {:?}", token.scopes, job.act);
        for &(old, new) in &t.changed.memberships {
            let power = |m: Option<&Membership>| m.filter(|m| m.state != "inactive").map_or(0, |m| m.rank);
            ensure!(power(new) <= power(old).max(1), "a token made an admin: {old:?} became {new:?}");
        }
        Ok(())
    }
}
