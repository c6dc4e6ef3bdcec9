//! HOLDS: between the moment an act is decided on and the moment it is done anyone else may act. What the decision rests on,
//! and what the answer shows, still holds by then.

use super::*;

pub struct Holds;

impl Judge for Holds {
    fn promise(&self) -> &'static str {
        "an act and its answer rest on what still holds"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        if t.admins_act(job).is_some() || matches!(job.act, Act::NewCodes) && t.is(&["recovery_codes"]) {
            let now = Oracle::decided(t.before, &job.act, t.own);
            ensure!(job.decided == now, "decided on {:?}, and by now {now:?}: {:?}", job.decided, job.act);
        }
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let has = |mac: &String| oracle.state.recovery_codes.values().any(|code| code.mac == *mac);
        ensure!(!answer.ok || job.made.iter().all(has), "recovery codes were answered that are not there");
        Ok(())
    }
}
