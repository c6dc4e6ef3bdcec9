//! CLOSED: a failing database lets nobody in, and nothing else makes a request fail.

use super::*;

pub struct Closed;

impl Judge for Closed {
    fn promise(&self) -> &'static str {
        "Airlock fails closed, and only when something has failed"
    }

    fn sent(&self, _: &Oracle, job: &Job, response: &Response) -> Verdict {
        let status = response.status;
        let failed = if job.failed { "failed" } else { "had not failed" };
        ensure!((status == 503) == job.failed, "{status} when the database {failed}");
        ensure!(status < 500 || status == 503, "{status}: {}", response.body);
        let cookie = cookie_set(response, job.site.cookie(), job.site.token_purpose());
        // Of a proof that was done before what waited for it failed.
        let proven = job.proof.is_some() && cookie == job.cookie;
        ensure!(!job.failed || cookie.is_none() || proven, "a cookie with a 503");
        Ok(())
    }
}
