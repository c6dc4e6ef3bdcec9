//! ELSEWHERE: an admin has power in their account. Whatever else its members belong to stays as it was.

use super::*;
use crate::simulation::rows::Membership;

pub struct Elsewhere;

impl Judge for Elsewhere {
    fn promise(&self) -> &'static str {
        "no act in one account changes what opens another"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        // A session that still counts somewhere does not end because one account takes power away.
        if let (Act::Remove { .. } | Act::Change { .. }, Some(_)) = (&job.act, t.done) {
            for &(old, new) in &t.changed.sessions {
                let ended = old.filter(|old| new.is_none() && t.target() == Some(&old.user_id));
                let left = ended.map_or(0, |session| oracle.counts_in(t.after, session).count());
                ensure!(left == 0, "a session ended that counts elsewhere: {old:?}");
            }
        }
        let Some((here, actor)) = t.admins_act(job) else { return Ok(()) };
        for &(old, new) in &t.changed.memberships {
            let Some(row) = old.or(new) else { continue };
            let standing = |row: Option<&Membership>| row.map(|row| (row.rank, row.state.clone(), row.name.clone()));
            let same = row.account_id == here || standing(old) == standing(new);
            ensure!(same, "{old:?} became {new:?} by {:?}", job.act);
        }
        for user in t.touched(here) {
            for m in t.before.memberships.values().filter(|m| m.user_id == user && m.state != "invited") {
                let power = oracle.power(job, t, actor, &m.account_id);
                let enough = m.account_id == here || power > 1 && power >= m.rank;
                ensure!(enough, "{actor} did {:?} to {user}, who has joined {}", job.act, m.account_id);
            }
        }
        Ok(())
    }
}
