//! Answers, at the moment of the last transaction that each rests on: whom they let in, what they show and assert.

use airlock::{audit, gate::Forward, http::Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value as Json;

use super::*;

impl Oracle {
    /// Judges what the app is told of whoever comes through the gate.
    pub fn asserted(&self, job: &Job, forward: &Forward) -> Verdict {
        let Some((_, jwt)) = forward.headers.iter().find(|(name, _)| name == "airlock-assertion") else {
            return Err(Violation { invariant: LET_IN, what: format!("let in as nobody: {:?}", job.act) });
        };
        let claims = jwt.split('.').nth(1).and_then(|claims| Base64UrlUnpadded::decode_vec(claims).ok()).unwrap();
        let claims: Json = serde_json::from_slice(&claims).unwrap();
        let Some(session) = session_of(&self.state, job.cookie.as_deref()) else {
            return Err(Violation { invariant: LET_IN, what: format!("let in without a session: {claims}") });
        };
        let user = &self.state.users[&session.user_id];
        ensure!(claims["sub"] == *user.id && claims["email"] == *user.email, LET_IN, "{claims} of {user:?}");
        self.verified(&claims)?;
        let told: BTreeSet<&str> =
            claims["accounts"].as_array().into_iter().flatten().filter_map(|account| account["id"].as_str()).collect();
        let real: BTreeSet<&str> = self.counts_in(&self.state, session).map(|m| m.account_id.as_str()).collect();
        ensure!(told.is_subset(&real), TAKEN, "asserted in {told:?} rather than {real:?}");
        ensure!(told == real, WHOLE, "asserted in {told:?} rather than {real:?}");
        let otp = claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|one| one == "otp"));
        let proven = self.proven.get(&session.id).is_some_and(|proven| proven.second_factor.is_some());
        ensure!(otp == proven, LET_IN, "{claims} of {:?}", self.proven.get(&session.id));
        Ok(())
    }

    /// Nobody in these worlds can read a mail.
    fn verified(&self, user: &Json) -> Verdict {
        ensure!(user["email_verified"] == false, VERIFIED, "{user}");
        Ok(())
    }

    /// Judges an answer.
    pub fn answer(&self, job: &Job, response: &Response) -> Verdict {
        let status = response.status;
        ensure!(
            (status == 503) == job.failed,
            CLOSED,
            "{status} when the database {}",
            if job.failed { "failed" } else { "had not failed" }
        );
        ensure!(status < 500 || status == 503, CLOSED, "{status}: {}", response.body);
        self.cookies(job, response)?;
        if job.failed {
            return Ok(());
        }
        let body: Json = serde_json::from_str(&response.body).unwrap_or_default();
        // A form is led on whether or not anything was done.
        let ok = (200..300).contains(&status) || job.by == By::Form && status == 303 && !job.done.is_empty();
        self.let_in(job, status, ok, &body)?;
        let compared = ok || status == 401 && body["code"] == "invalid_code";
        let code_sent = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => true,
            // Without an authenticator no code is asked for, and one that is sent is not looked at.
            Act::Reauth { code, .. } => code.is_some() && body["code"] == "invalid_code",
            _ => false,
        };
        ensure!(!(code_sent && compared) || job.charge.is_some(), CHARGED, "not charged: {:?}", job.act);
        let kept = job.charge.as_ref().is_some_and(|charge| self.state.code_attempts.contains_key(charge));
        let one_time = matches!(job.code(), Some(Code::OneTime(_)));
        ensure!(!(kept && one_time && job.code_right), CHARGED, "a right code stays charged: {:?}", job.act);
        ensure!(!(kept && ok), CHARGED, "charged for a right code: {:?}", job.act);
        if job.by != By::Itself {
            self.answered_script(job, status, ok, response)?;
        }
        if ok { self.done(job, status) } else { Ok(()) }
    }

    fn cookies(&self, job: &Job, response: &Response) -> Verdict {
        let set = |wanted: &str| {
            response.headers.iter().filter(|(name, _)| *name == "set-cookie").find_map(|(_, cookie)| {
                let (name, value) = cookie.split(';').next()?.split_once('=')?;
                (name == wanted && !value.is_empty()).then(|| value.to_owned())
            })
        };
        if let Some(cookie) = set(job.site.cookie()).map(|value| hash(&value, job.site.token_purpose())) {
            ensure!(!job.failed, CLOSED, "a cookie with a 503");
            let real = job.minted.as_ref() == Some(&cookie) && session_of(&self.state, Some(&cookie)).is_some();
            ensure!(real, WHOLE, "a cookie without a session");
        }
        if let Some(cookie) = set(BROWSER_COOKIE).map(|value| hash(&value, BROWSER_TOKEN)) {
            let own = session_of(&self.state, job.minted.as_deref());
            let real = own.is_some_and(|own| {
                self.known
                    .get(&own.browser)
                    .is_some_and(|known| known.token_hash == cookie && known.user_id == own.user_id)
            });
            ensure!(real, KEPT_OUT, "a browser that is not known");
        }
        Ok(())
    }

    /// At the gate, and whatever shows who one is.
    fn let_in(&self, job: &Job, status: u16, ok: bool, body: &Json) -> Verdict {
        // At this very moment: the rows have not changed since it was last looked at.
        let session = session_of(&self.state, job.cookie.as_deref());
        let seen = self.look(&self.state, session, job.site, job.now);
        match &job.act {
            Act::Gate => {
                let belongs = session.is_some_and(|own| self.counts_in(&self.state, own).next().is_some());
                ensure!(ok == (seen.stage == Stage::Full && belongs), LET_IN, "{status} at the gate in {seen:?}");
            }
            Act::Billing if job.site == Site::Edge => {
                let belongs = session.is_some_and(|own| self.counts_in(&self.state, own).next().is_some());
                let full = seen.stage == Stage::Full && belongs;
                let one =
                    session.is_some_and(|own| self.state.authenticators.values().any(|a| a.user_id == own.user_id));
                ensure!(full || !ok, LET_IN, "{status} at the gate in {seen:?}");
                ensure!(ok == (full && seen.stepped_up), PURPOSE, "{status} where one steps up, {one}, in {seen:?}");
            }
            Act::Session => {
                let said = body["stage"].as_str().unwrap_or("none");
                let is = match seen.stage {
                    Stage::None => "none",
                    Stage::Verify => "verify",
                    Stage::Enrol => "enrol",
                    Stage::Full => "full",
                };
                ensure!(said == is, LET_IN, "told {said} in {seen:?}");
                if ok {
                    self.verified(&body["user"])?;
                }
            }
            Act::Logout if ok => {
                ensure!(session.is_none(), CAUSE, "signed out, and still in");
            }
            _ => {}
        }
        Ok(())
    }

    /// What a script of the app reads.
    fn answered_script(&self, job: &Job, status: u16, ok: bool, response: &Response) -> Verdict {
        let refused = job.by == By::Script && job.act.for_people() || job.by == By::Form && job.act.is_button();
        ensure!(!(refused && ok), SCRIPT, "{status} for {:?} by {:?}", job.act, job.by);
        let secret = ["otpauth", "recovery_codes", "<svg"].iter().any(|secret| response.body.contains(secret));
        ensure!(!(job.by == By::Script && secret), SCRIPT, "a secret for {:?} by a script", job.act);
        Ok(())
    }

    /// What was done is written down, and was allowed.
    fn done(&self, job: &Job, status: u16) -> Verdict {
        let expected = match &job.act {
            Act::Login { .. } => Some("login"),
            Act::Verify { .. } => Some("verify"),
            Act::Recovery { .. } => Some("recovery"),
            Act::Confirm { .. } => Some("enrol"),
            Act::Reauth { .. } => Some("reauth"),
            Act::Disable => Some("two_factor_disabled"),
            Act::RemoveAuthenticator { .. } => Some("authenticator_removed"),
            Act::NewCodes => Some("recovery_codes"),
            // Who is called so already is not renamed.
            Act::Rename { name } => {
                let called = job.user.as_ref().is_some_and(|user| self.state.users[user].name == *name);
                (!called).then_some("renamed")
            }
            Act::Password { .. } => Some("password"),
            Act::EndSession { .. } => Some("session_ended"),
            Act::EndOthers => Some("sessions_ended"),
            Act::Join { .. } => Some("member_joined"),
            Act::Reset { .. } => Some("two_factor_reset"),
            Act::Invite { .. } => Some("member_invited"),
            Act::Remove { .. } => Some("member_removed"),
            Act::MakeToken { .. } => Some("token_made"),
            Act::RevokeToken { .. } => Some("token_revoked"),
            _ => None,
        };
        if let Some(action) = expected {
            ensure!(job.done.iter().any(|done| done == action), WRITTEN, "{status} and no {action}: {:?}", job.act);
        }
        let strange = job.budget.as_ref().is_some_and(|(_, source)| *source == job.network);
        let returned = !strange || job.flood_returned;
        ensure!(returned, CHARGED, "a right password counts as one of a flood: {:?}", job.act);
        let has = |mac: &String| self.state.recovery_codes.values().any(|code| code.mac == *mac);
        ensure!(job.made.iter().all(has), HOLDS, "recovery codes were answered that are not there");
        let seen = job.seen.unwrap_or(NOBODY);
        let full = seen.stage == Stage::Full;
        let fresh = matches!(seen.stage, Stage::Enrol | Stage::Full) && seen.fresh;
        let (allowed, invariant) = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => (seen.stage == Stage::Verify, LET_IN),
            Act::Begin | Act::Confirm { .. } => (seen.stage == Stage::Enrol && seen.pending || fresh, PURPOSE),
            Act::Disable | Act::RemoveAuthenticator { .. } | Act::NewCodes => (full && fresh, PURPOSE),
            Act::Reauth { .. } => (full || seen.stage == Stage::Enrol && !seen.pending, LET_IN),
            Act::Kept { .. } | Act::Later | Act::Rename { .. } | Act::Password { .. } => (full, LET_IN),
            Act::EndSession { .. } | Act::EndOthers | Act::Profile => (full, LET_IN),
            Act::Members { account } => {
                let member = |session: &Session| {
                    let counts = !self.barred.contains(&(session.id.clone(), account.clone()));
                    counts && rank(&self.state, account, &session.user_id) > 1
                };
                let allowed = match job.bearer {
                    Some(_) => job.token_good,
                    None => full && session_of(&self.state, job.cookie.as_deref()).is_some_and(member),
                };
                (allowed, TAKEN)
            }
            _ => (true, LET_IN),
        };
        ensure!(allowed, invariant, "{status} in {seen:?}: {:?}", job.act);
        Ok(())
    }

    /// Judges how many rows point at what is not there.
    pub fn dangling(&self, rows: usize) -> Verdict {
        ensure!(rows == 0, WHOLE, "{rows} rows point at what is not there");
        Ok(())
    }

    /// Judges the export of an account: one chain from its first row to its last.
    pub fn export(&self, account: &str, export: &str, rows: usize) -> Verdict {
        let verified = audit::verify(export, &[]);
        let whole =
            verified.as_ref().is_ok_and(|verified| verified.rows == rows && verified.begins == audit::Begins::First);
        ensure!(whole, WRITTEN, "the audit of {account} with {rows} rows: {verified:?}");
        Ok(())
    }
}
