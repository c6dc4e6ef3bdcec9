//! VERIFIED: an address says who someone is only if they read its mail. In these worlds nobody can read any.

use super::*;

pub struct Verified;

impl Judge for Verified {
    fn promise(&self) -> &'static str {
        "an address is called verified only once its owner has read mail sent to it"
    }

    fn transaction(&self, _: &Oracle, _: &Job, t: &Transaction<'_>) -> Verdict {
        for &(old, new) in &t.changed.users {
            let proven = old.and(new).is_some_and(|user| user.email_proven_at.is_some());
            ensure!(!proven, "no mail was ever read: {new:?}");
        }
        Ok(())
    }

    fn asserted(&self, _: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        let claims = &assertion.claims;
        let person = !matches!(job.act, Act::Program { .. });
        ensure!(!person || claims.is_null() || claims["email_verified"] == false, "{claims}");
        Ok(())
    }

    fn answer(&self, _: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let user = &answer.body["user"];
        let told = matches!(job.act, Act::Session) && answer.ok;
        ensure!(!told || user["email_verified"] == false, "{user}");
        Ok(())
    }
}
