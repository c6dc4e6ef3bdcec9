//! WAITS: a form that needs a proof waits for it, and is done by whoever gave that in the very session that sent it, within a quarter
//! of an hour, as it was. Its own act is judged as any other, in the session as it is by then.

use super::*;
use crate::simulation::oracle::transaction::{MINUTE, QUARTER};

pub struct Waits;

impl Judge for Waits {
    fn promise(&self) -> &'static str {
        "a form that waits for a proof is done in the session that sent it, after that proof, and as it was"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let proves = matches!(&job.act, Act::Reauth { waits: Some(_), .. });
        let early = t.done.filter(|done| proves && done.action != "reauth");
        ensure!(early.is_none(), "done before anything was proven: {early:?}");
        Ok(())
    }

    fn goes_on(&self, oracle: &Oracle, job: &Job, waits: &Waiting, token: &str) -> Verdict {
        let proven = job.minted.as_deref() == Some(token);
        ensure!(proven || oracle.proven_by(job, token), "a session that was not proven by it: {:?}", waits.act);
        ensure!(!waits.altered, "altered on its way: {:?}", waits.act);
        let own = oracle.state.session_of(Some(token)).map(|own| &own.id);
        let theirs = own.is_none() || own == waits.session.as_ref();
        ensure!(theirs, "it waited in {:?}, and is done in {own:?}: {:?}", waits.session, waits.act);
        // The same proof sent again leads to it once more.
        let longest = if proven { QUARTER } else { QUARTER + MINUTE };
        let ms = (job.now - waits.at).abs();
        ensure!(ms < longest, "it has waited for {ms} ms: {:?}", waits.act);
        Ok(())
    }

    fn answer(&self, _: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let waits = matches!(&job.act, Act::Reauth { waits: Some(_), .. });
        // As it is proven, what waited is still to come.
        let lost = waits && job.minted.is_some() && answer.status != 204;
        ensure!(!lost, "proven, and what waited for that was not looked at: {:?}", job.act);
        // Some may need more than a proof, or a session that is older.
        let enough = job.act.account().is_some()
            || matches!(job.act, Act::Disable | Act::NewCodes | Act::RemoveAuthenticator { .. } | Act::Confirm { .. });
        let fresh = job.proof.is_some() && enough && job.seen().is_fresh();
        let asked = answer.response.body.contains("name=\"asked\"");
        ensure!(!(fresh && asked), "asked again for what was just proven: {:?}", job.act);
        Ok(())
    }
}
