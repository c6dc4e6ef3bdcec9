//! PURPOSE: a proof given for the app does not open the person's own pages, nor the other way about, and neither lasts more
//! than five minutes.

use airlock::people::session::Site;

use super::*;
use crate::simulation::oracle::job::Stage;

pub struct Purpose;

impl Judge for Purpose {
    fn promise(&self) -> &'static str {
        "a proof counts only for what it was asked for"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let moved = t.moved(job).map(|(_, new)| new);
        for new in t.begun().chain(moved) {
            let Some(proven) = oracle.proven.get(&new.id) else { continue };
            let says = (new.second_factor.as_deref(), new.reauthenticated_at, new.stepped_up_at);
            let is = (proven.second_factor, proven.reauthenticated_at, proven.stepped_up_at);
            ensure!(says == is, "{new:?} has really {proven:?}");
        }
        set_ups(job, t)?;
        if let (Some(_), None) = (t.admins_act(job), &job.bearer) {
            let seen = job.seen();
            ensure!(seen.stage == Stage::Full && seen.fresh, "in {seen:?}: {:?}", job.act);
        }
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        if let Act::Billing = job.act {
            let is = answer.seen;
            let belongs = answer.session.is_some_and(|own| oracle.counts_in(&oracle.state, own).next().is_some());
            let stepped_up = is.stage == Stage::Full && belongs && is.stepped_up;
            let asked = job.site == Site::Edge;
            ensure!(!asked || answer.ok == stepped_up, "{} where a step-up is asked for, in {is:?}", answer.status);
        }
        let seen = job.seen();
        let allowed = match &job.act {
            Act::Begin | Act::Confirm { .. } => {
                seen.stage == Stage::Enrol && seen.pending || seen.is_fresh() || job.lost
            }
            Act::Disable | Act::RemoveAuthenticator { .. } | Act::NewCodes => seen.stage == Stage::Full && seen.fresh,
            _ => true,
        };
        ensure!(!answer.ok || allowed, "{} in {seen:?}: {:?}", answer.status, job.act);
        Ok(())
    }
}

/// A set-up is begun by a fresh proof or as the login that leads to it, and ended by one too, or by whoever has lost the phone; and a
/// new proof ends it.
fn set_ups(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.authenticators {
        let Some(new) = new.filter(|_| old.is_none()) else { continue };
        // As it is written: what led here may have changed since it was read.
        let stood = t.news.stood;
        // A lock that led here may be over by then.
        let recovered = t.news.second_factor == Some("recovery");
        let led = stood.pending && (stood.stage == Stage::Enrol || recovered);
        ensure!(led || stood.is_fresh() || job.lost, "set up in {stood:?}: {new:?}");
    }
    // One whose code waits for that proof goes on with it.
    let waits = matches!(&job.act, Act::Reauth { waits: Some(waits), .. } if matches!(waits.act, Act::Confirm { .. }));
    if let Some(own) =
        t.own.filter(|own| !waits && t.is_of(&own.user_id, &["verify", "recovery", "reauth", "password"]))
    {
        ensure!(!t.after.enrolments.contains_key(&own.id), "a set-up outlived a proof: {own:?}");
    }
    let seen = job.seen();
    let allowed = seen.stage == Stage::Enrol && seen.pending || seen.is_fresh();
    let begins = t.changed.enrolments.iter().any(|(_, new)| new.is_some());
    ensure!(!begins || allowed, "a set-up begun in {seen:?}");
    Ok(())
}
