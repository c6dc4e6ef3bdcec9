//! ONCE: whatever is good for one use (a one-time code, a recovery code, an invitation) is used up by it, and a code shown
//! before its time is never good.

use std::collections::BTreeSet;

use super::*;
use crate::simulation::{
    oracle::transaction::{Proof, invitation},
    rows::Authenticator,
};

pub struct Once;

impl Judge for Once {
    fn promise(&self) -> &'static str {
        "a code works once, and steps only grow"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        match t.news.proof {
            Some(Proof::Lost) => ensure!(false, "a code that is wrong or was used is accepted: {:?}", job.act),
            Some(Proof::Won { used_up, first, .. }) => {
                ensure!(used_up && first, "used up {used_up}, the first time {first}: {:?}", job.act);
            }
            Some(Proof::SetUp) | None => {}
        }
        for &(old, new) in &t.changed.authenticators {
            let (Some(old), Some(new)) = (old, new) else { continue };
            let steps = |one: &Authenticator| serde_json::from_str::<BTreeSet<i64>>(&one.burned_steps).unwrap();
            let later = |step: &&i64| **step > new.last_step;
            let kept = steps(old).iter().filter(later).all(|step| steps(new).contains(step));
            ensure!(kept, "a code that was shown too early is accepted again: {old:?} became {new:?}");
            ensure!(new.last_step >= old.last_step, "a step back: {old:?} became {new:?}");
        }
        for &(old, new) in &t.changed.recovery_codes {
            let (Some(old), Some(new)) = (old, new) else { continue };
            let used = t.is(&["recovery", "reauth"]) && old.used_at.is_none() && oracle.spent.contains(&new.mac);
            ensure!(used, "{old:?} became {new:?}");
        }
        if let (Act::Join { token, .. } | Act::StartOver { token, .. }, true) = (&job.act, t.is(&["member_joined"])) {
            ensure!(invitation(t.after, token).is_none(), "an invitation that was used is still there");
        }
        Ok(())
    }
}
