//! SHOWN: a link or a token is shown once. In the session that made it it is seen again for ten minutes, as long as it is good;
//! nobody else sees it.

use super::*;
use crate::simulation::{
    actors::shown_in,
    oracle::{Made, job::Stage, transaction::MINUTE},
    rows::State,
};

pub struct Shown;

impl Judge for Shown {
    fn promise(&self) -> &'static str {
        "what is shown once is seen for ten minutes in the session that made it, as long as it is good, and nowhere else"
    }

    fn sent(&self, oracle: &Oracle, job: &Job, response: &Response) -> Verdict {
        let Some(value) = shown_in(&response.body) else { return Ok(()) };
        let own = oracle.state.session_of(job.cookie.as_deref()).and_then(|own| oracle.made.get(&own.id));
        let Some(made) = own else { return Err(format!("what this session did not make: {:?}", job.act)) };
        let bare = value.strip_prefix("airlock_svc_").or(value.strip_prefix("airlock_"));
        let token = bare.or(value.rsplit('/').next()).unwrap_or_default();
        let theirs = |made: &&Made| {
            ["invitation", "api token", "service token"].iter().any(|kind| hash(token, kind) == made.hash)
        };
        let Some(made) = made.iter().find(theirs) else { return Err(format!("of another session: {:?}", job.act)) };
        let here = matches!(&job.act, Act::Shown { account } if made.account.as_ref() == Some(account));
        let age = (job.now - made.at).abs();
        ensure!(here && age < 10 * MINUTE, "{age} ms old: {:?}", job.act);
        ensure!(good(oracle, &made.hash, job.now), "it opens nothing any more: {:?}", job.act);
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let (Act::Shown { account }, Some(own)) = (&job.act, answer.session) else { return Ok(()) };
        // What was made since it was first read may have come too late.
        let newest = oracle.newest(own, account).filter(|made| job.newest.as_ref() == Some(&made.hash));
        let due = newest.is_some_and(|made| {
            (job.now - made.at).abs() < 10 * MINUTE && !made.swept && good(oracle, &made.hash, job.now)
        });
        let may = answer.seen.stage == Stage::Full && oracle.administers(own, account);
        let shown = shown_in(&answer.response.body).is_some();
        // What the jobs have looked at may be gone, though the clock says otherwise here.
        let right = if shown { may } else { !(due && may) };
        ensure!(right, "shown {shown}, due {due}, by one who may {may}: {:?}", job.act);
        Ok(())
    }
}

/// Whether the link or token with this hash is there, and its time is not over.
fn good(oracle: &Oracle, hash: &str, now: i64) -> bool {
    let State { invitations, api_tokens, service_tokens, .. } = &oracle.state;
    let link = invitations.values().find(|link| link.token_hash == hash).map(|link| link.expires_at);
    let token = api_tokens.get(hash).map(|token| token.expires_at);
    let service = service_tokens.get(hash).map(|token| token.expires_at);
    link.or(token).or(service).is_some_and(|at| at > now)
}
