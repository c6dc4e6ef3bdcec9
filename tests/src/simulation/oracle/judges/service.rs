//! SERVICE: a program gets to what its service token opens, as long as that is in use, and to nothing else. Tokens are made and
//! revoked by admins of the account that they are for.

use super::*;
use crate::simulation::{actors::FORM_DAYS, oracle::transaction::HOUR, rows::ServiceToken};

pub struct Service;

impl Judge for Service {
    fn promise(&self) -> &'static str {
        "a program gets to what its token opens and to nothing else"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        for &(old, new) in &t.changed.service_tokens {
            let in_account = |token: &ServiceToken| job.act.account() == Some(&token.account_id);
            let asked = match (old, new) {
                (Some(old), Some(new)) => {
                    let used = ServiceToken { last_used_at: new.last_used_at, ..old.clone() };
                    *new == used && job.service.as_ref() == Some(&new.token_hash)
                }
                (Some(old), None) => {
                    let lapsed = matches!(job.act, Act::Tick) && old.expires_at <= job.now;
                    lapsed || t.is(&["service_token_revoked"]) && in_account(old)
                }
                (None, Some(new)) => match &job.act {
                    Act::MakeServiceToken { path, method, expires_at, .. } => {
                        let by_form = (job.now + FORM_DAYS * 24 * HOUR) / 1000 * 1000;
                        let expires_at = if job.by == By::Page { &by_form } else { expires_at };
                        let as_asked = (new.paths.as_str(), new.methods.as_str(), new.expires_at);
                        let by = t.actor() == Some(&new.made_by) && t.is(&["service_token_made"]);
                        by && in_account(new) && as_asked == (*path, *method, *expires_at)
                    }
                    _ => false,
                },
                (None, None) => true,
            };
            ensure!(asked, "{old:?} became {new:?} by {:?}", job.act);
        }
        Ok(())
    }

    fn asserted(&self, oracle: &Oracle, job: &Job, assertion: &Assertion<'_>) -> Verdict {
        let claims = &assertion.claims;
        let says = claims["amr"] == serde_json::json!(["svc"]);
        ensure!(says == matches!(job.act, Act::Program { .. }), "{claims} for {:?}", job.act);
        if !says {
            return Ok(());
        }
        let Some(token) = opens(oracle, job) else { return Err(format!("let in by nothing: {claims}")) };
        let is = claims["sub"] == *token.id && assertion.accounts() == BTreeSet::from([token.account_id.as_str()]);
        ensure!(is && claims["email"].is_null(), "{claims} of {token:?}");
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let asks = matches!(job.act, Act::Program { .. });
        ensure!(!asks || answer.ok == opens(oracle, job).is_some(), "{} to {:?}", answer.status, job.act);
        Ok(())
    }
}

/// The token by which a program gets to what it asks for.
fn opens<'o>(oracle: &'o Oracle, job: &Job) -> Option<&'o ServiceToken> {
    let Act::Program { path, method } = &job.act else { return None };
    let token = oracle.state.service_tokens.get(job.service.as_ref()?)?;
    let named = match token.paths.strip_suffix("/*") {
        Some(above) => path.strip_prefix(above).is_some_and(|below| below.starts_with('/')),
        None => token.paths == *path,
    };
    let by = token.methods == "*" || token.methods == *method;
    // What asks for a second factor is for people.
    (named && by && *path != "/billing" && token.expires_at > job.now).then_some(token)
}
