//! VERIFIED: an address says who someone is only if they followed a link that was mailed there, and seen by nobody else; a link to
//! a new password says so only where there is no second factor that would say more. Until then whoever follows one may end the
//! login that the address has; afterwards nobody.

use super::*;
use crate::simulation::{oracle::job::hash, rows::User};

pub struct Verified;

impl Judge for Verified {
    fn promise(&self) -> &'static str {
        "an address is called verified only once its owner has read mail sent to it"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let mailed_to = match &job.act {
            Act::Join { token, .. } | Act::StartOver { token, .. } => oracle.posted.get(token),
            _ => None,
        };
        for &(old, new) in &t.changed.users {
            let proven = |user: Option<&User>| user.and_then(|user| user.email_proven_at);
            let Some(new) = new.filter(|_| proven(old) != proven(new)) else { continue };
            // Another judge looks at those.
            if t.is_of(&new.id, &["email_changed", "email_undone"]) {
                continue;
            }
            let first = proven(old).is_none() && proven(Some(new)).is_some();
            let reset = t.is_of(&new.id, &["password_reset"]) && !t.before.has_authenticator(&new.id);
            ensure!(first && (reset || mailed_to == Some(&new.email)), "no mail was read: {old:?} became {new:?}");
        }
        let Some(old) = t.target().filter(|_| t.is(&["started_over"])).and_then(|id| t.before.users.get(id)) else {
            return Ok(());
        };
        ensure!(old.email_proven_at.is_none(), "the login of someone who reads the mail ended: {old:?}");
        ensure!(mailed_to == Some(&old.email), "a login ended by someone who has read no mail: {old:?}");
        let anew = t.after.user_at(&old.email);
        ensure!(anew.is_some_and(|new| new.id != old.id && new.email_proven_at.is_some()), "begun anew as {anew:?}");
        Ok(())
    }

    fn asserted(&self, oracle: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        let claims = &assertion.claims;
        let person = !matches!(job.act, Act::Program { .. });
        let user = assertion.session.and_then(|session| oracle.state.users.get(&session.user_id));
        let proven = user.is_some_and(|user| user.email_proven_at.is_some());
        ensure!(!person || claims.is_null() || claims["email_verified"] == proven, "{claims}");
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        if let (Act::Invite { .. }, Some(url)) = (&job.act, answer.body["invite_url"].as_str()) {
            let link = hash(url.rsplit('/').next().unwrap_or_default(), "invitation");
            let mailed = oracle.state.invitations.values().any(|one| one.token_hash == link && one.mailed == 1);
            ensure!(!mailed, "whoever invites sees a link that was mailed");
        }
        let user = &answer.body["user"];
        let told = matches!(job.act, Act::Session) && answer.ok;
        let session = answer.session.and_then(|session| oracle.state.users.get(&session.user_id));
        let proven = session.is_some_and(|user| user.email_proven_at.is_some());
        ensure!(!told || user["email_verified"] == proven, "{user}");
        Ok(())
    }
}
