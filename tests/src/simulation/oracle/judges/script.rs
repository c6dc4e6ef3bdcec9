//! SCRIPT: a script of the app, in its user's session, may do what the app may do. How someone signs in is for people alone.

use super::*;

pub struct Script;

impl Judge for Script {
    fn promise(&self) -> &'static str {
        "a script neither changes nor reads what is for people"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        ensure!(!(job.oversteps() && t.done.is_some()), "{:?} by {:?}", job.act, job.by);
        let charged = !t.changed.code_attempts.is_empty() || !t.changed.password_budgets.is_empty();
        ensure!(!(job.oversteps() && charged), "{:?} by {:?} was charged", job.act, job.by);
        let begins = t.changed.enrolments.iter().any(|(_, new)| new.is_some());
        ensure!(!(begins && job.by == By::Script), "a set-up begun by a script");
        Ok(())
    }

    fn answer(&self, _: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        ensure!(!(job.oversteps() && answer.ok), "{} for {:?} by {:?}", answer.status, job.act, job.by);
        let secret = ["otpauth", "recovery_codes", "<svg"].iter().any(|one| answer.response.body.contains(one));
        ensure!(!(job.by == By::Script && secret), "a secret for {:?} by a script", job.act);
        Ok(())
    }
}
