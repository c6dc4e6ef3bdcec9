//! TRUSTED: where the operator trusts a session for some seconds, what it reads in them is answered as of the moment at which the
//! database was last asked about it. Nothing old opens anything later than that, nor for anyone else, nor changes anything.

use super::*;

pub struct Trusted;

impl Judge for Trusted {
    fn promise(&self) -> &'static str {
        "nothing old opens anything later than is trusted"
    }

    fn trusted(&self, oracle: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        ensure!(matches!(job.act, Act::Gate), "{:?} without a question", job.act);
        let Some((cookie, at)) = oracle.told.get(assertion.jwt) else {
            return Err(format!("never told before: {}", assertion.claims));
        };
        let age = job.now - at;
        ensure!(Some(cookie) == job.cookie.as_ref(), "what was told of another: {}", assertion.claims);
        // Within the same second a clock may have gone back.
        ensure!((-999..oracle.trust_ms).contains(&age), "{age} ms old: {}", assertion.claims);
        ensure!(
            job.now < assertion.claims["exp"].as_i64().unwrap_or(0) * 1000,
            "over by {}: {}",
            job.now,
            assertion.claims
        );
        Ok(())
    }
}
