//! VERIFIED: an address says who someone is only if they read its mail and nothing else is asked of them: a link to a new
//! password proves it, where there is no second factor that would say more.

use super::*;

pub struct Verified;

impl Judge for Verified {
    fn promise(&self) -> &'static str {
        "an address is called verified only once its owner has read mail sent to it"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        for &(old, new) in &t.changed.users {
            let (Some(old), Some(new)) = (old, new) else { continue };
            let alone = !t.before.has_authenticator(&new.id);
            let proven = t.is_of(&new.id, &["password_reset"]) && alone && old.email_proven_at.is_none();
            let expected = if proven { Some(job.now) } else { old.email_proven_at };
            ensure!(new.email_proven_at == expected, "{old:?} became {new:?}");
        }
        Ok(())
    }

    fn asserted(&self, oracle: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        let claims = &assertion.claims;
        let Some(session) = assertion.session else { return Ok(()) };
        let person = !matches!(job.act, Act::Program { .. });
        let proven = oracle.state.users[&session.user_id].email_proven_at.is_some();
        ensure!(!person || claims.is_null() || claims["email_verified"] == proven, "{claims}");
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let (user, Some(session)) = (&answer.body["user"], answer.session) else { return Ok(()) };
        let told = matches!(job.act, Act::Session) && answer.ok;
        let proven = oracle.state.users[&session.user_id].email_proven_at.is_some();
        ensure!(!told || user["email_verified"] == proven, "{user}");
        Ok(())
    }
}
