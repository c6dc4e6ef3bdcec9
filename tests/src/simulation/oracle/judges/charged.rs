//! CHARGED: each attempt is charged before it is compared, and given back if it was right, whether or not it could still be
//! used. Pauses, locks and floods follow from what was charged.

use super::*;
use crate::simulation::{
    oracle::{
        job::{Code, Stage},
        transaction::{FACTOR, HOUR, Proof, QUARTER},
    },
    rows::{CodeAttempt, PasswordBudget},
};

pub struct Charged;

impl Judge for Charged {
    fn promise(&self) -> &'static str {
        "every wrong attempt is charged before it is compared, and nothing else is charged"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        codes(oracle, job, t)?;
        failures(job, t)?;
        passwords(job, t)?;
        floods(job, t)?;
        sessions(job, t)
    }

    fn rows(&self, state: &State) -> Verdict {
        for session in state.sessions.values() {
            ensure!(session.attempts <= 5 || session.pending == 0, "{session:?}");
        }
        Ok(())
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let wrong = answer.body["code"] == "invalid_code";
        let compared = answer.ok || answer.status == 401 && wrong;
        let code_sent = match &job.act {
            Act::Verify { .. } | Act::Recovery { .. } => true,
            // Without an authenticator no code is asked for, and one that is sent is not looked at.
            Act::Reauth { code, .. } => code.is_some() && wrong,
            _ => false,
        };
        ensure!(!(code_sent && compared) || job.charge.is_some(), "not charged: {:?}", job.act);
        let kept = job.charge.as_ref().is_some_and(|charge| oracle.state.code_attempts.contains_key(charge));
        let one_time = matches!(job.code(), Some(Code::OneTime(_)));
        // The one that was charged gives it back, if it does not win.
        ensure!(!(kept && one_time && job.code_right && !job.again), "a right code stays charged: {:?}", job.act);
        ensure!(!(kept && answer.ok), "charged for a right code: {:?}", job.act);
        let strange = job.budget.as_ref().is_some_and(|(_, source)| *source == job.network);
        let returned = !answer.ok || !strange || job.flood_returned;
        ensure!(returned, "a right password counts as one of a flood: {:?}", job.act);
        Ok(())
    }
}

/// Rows of wrong codes.
fn codes(oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
    if let Some((new, own, code)) = t.charge(job) {
        ensure!(!t.news.again, "the same form is charged again: {new:?}");
        ensure!(t.before.has_authenticator(&new.user_id), "{new:?} where there is nothing to compare");
        let browser = oracle.browser_of(t.before, own, job.now);
        let (all, unknown) = Oracle::counted(t.before, &own.user_id, job.now);
        let more = all < 10 && (!browser.is_empty() || unknown < 5);
        ensure!(more, "one more after {all} wrong codes, {unknown} of strangers: {new:?}");
        let lacks = oracle.lacks_second_factor(own);
        ensure!(!lacks || own.attempts < 5, "a sixth code in {own:?}");
        ensure!(lacks || matches!(job.act, Act::Reauth { .. }), "{new:?} for a session that needs no code: {own:?}");
        let failures = t.before.users[&own.user_id].code_failures;
        let locked = matches!(code, Code::OneTime(_)) && failures >= 100;
        ensure!(!locked, "a one-time code after a hundred wrong ones");
        let counted = t.after.users[&own.user_id].code_failures == failures + 1
            && t.after.sessions.get(&own.id).is_some_and(|now| now.attempts == own.attempts + 1);
        ensure!(counted, "{new:?} is not counted in the login and in a row");
    }
    for &(old, new) in &t.changed.code_attempts {
        ensure!(old.is_none() || new.is_none(), "{old:?} became {new:?}");
        if let Some(old) = old {
            given_back(oracle, job, t, old)?;
        }
    }
    // A recovery code is given back in the very transaction that looks for it.
    if let (Some(code @ Code::Recovery(_)), Some(charge)) = (job.code(), &job.charge)
        && t.written.iter().any(|row| ["recovery", "reauth"].contains(&row.action.as_str()))
        && !t.news.charged
        && let Some(old) = t.before.code_attempts.get(charge)
    {
        let kept = t.after.code_attempts.contains_key(charge);
        let right = oracle.is_code(t.before, &old.user_id, code, job.now);
        ensure!(!(kept && right), "a right code stays charged: {:?}", job.act);
    }
    Ok(())
}

/// An attempt that no longer counts: it was right or could not be compared, or the person begins anew, or it is long ago.
fn given_back(oracle: &Oracle, job: &Job, t: &Transaction<'_>, old: &CodeAttempt) -> Verdict {
    let lapsed = matches!(job.act, Act::Tick) && old.at <= job.now - QUARTER;
    if lapsed || t.is_of(&old.user_id, &FACTOR) {
        return Ok(());
    }
    ensure!(job.charge.as_ref() == Some(&old.id), "another's charge was given back: {old:?}");
    let right = match job.code() {
        // Looked for as it is used up: by then it may have gone.
        Some(code @ Code::Recovery(_)) => oracle.is_code(t.before, &old.user_id, code, job.now),
        _ => job.code_right,
    };
    let second = matches!(job.act, Act::Verify { .. } | Act::Recovery { .. });
    let not_compared = job.uncompared || second && job.seen.is_some_and(|seen| seen.stage != Stage::Verify);
    ensure!(right || not_compared, "the charge of a wrong code was given back: {:?}", job.act);
    let [was, is] = [t.before, t.after].map(|state| state.users[&old.user_id].code_failures);
    ensure!(is == 0 || is < was, "given back, and still one of {is} in a row: {old:?}");
    Ok(())
}

/// Wrong codes in a row.
fn failures(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.users {
        let (Some(old), Some(new)) = (old, new) else { continue };
        let (was, is) = (old.code_failures, new.code_failures);
        let theirs = t.own.is_some_and(|own| own.user_id == new.id)
            || t.target() == Some(&new.id)
            || job.user.as_ref() == Some(&new.id);
        let counted = is == was + 1 && t.news.charged && theirs;
        let returned = is == (was - 1).max(0) && t.news.returned && theirs;
        let by_code = matches!(job.code(), Some(Code::OneTime(_))) && t.is_of(&new.id, &["verify", "reauth"]);
        let cleared = is == 0 && (by_code || t.is_of(&new.id, &FACTOR));
        ensure!(was == is || counted || returned || cleared, "{was} wrong codes of {} became {is}", new.id);
    }
    Ok(())
}

/// Wrong passwords, by address and place.
fn passwords(job: &Job, t: &Transaction<'_>) -> Verdict {
    for &(old, new) in &t.changed.password_budgets {
        match (old, new) {
            (_, Some(new)) if Oracle::address(job).is_some() => attempt(job, t, old, new)?,
            (Some(old), None) => {
                let lapsed = matches!(job.act, Act::Tick) && job.now - old.updated_at >= old.failures.min(24) * HOUR;
                let theirs = job
                    .budget
                    .as_ref()
                    .is_some_and(|(subject, source)| (subject, source) == (&old.subject, &old.source));
                // Of a password that is none any more.
                let reset = t.is(&["password_reset"]) && matches!(job.act, Act::SetPassword { .. });
                let reset = reset || t.is(&["started_over"]);
                ensure!(
                    lapsed || reset || job.password_right && theirs,
                    "a budget was cleared: {old:?} by {:?}",
                    job.act
                );
            }
            _ => {}
        }
    }
    Ok(())
}

/// One more attempt at a password, with the pause that it brings.
fn attempt(job: &Job, t: &Transaction<'_>, old: Option<&PasswordBudget>, new: &PasswordBudget) -> Verdict {
    ensure!(!t.news.again, "the same form is charged again: {new:?}");
    let was = old.map_or(0, |row| row.failures);
    ensure!(new.failures == was + 1, "{was} attempts became {}: {new:?}", new.failures);
    ensure!(old.is_none_or(|row| row.blocked_until <= job.now), "an attempt in a pause: {old:?}");
    if new.source == job.network {
        let flooded = Oracle::flooded(t.before, job, &new.subject);
        ensure!(flooded.is_none(), "an attempt though {flooded:?}: {new:?}");
    }
    let doublings = u32::try_from((new.failures - 10).clamp(0, 20)).unwrap();
    let pause = job.now + QUARTER.min(1_000 * 2_i64.pow(doublings));
    let pause = if new.failures < 10 { 0 } else { pause };
    ensure!(new.blocked_until == pause, "a pause until {pause} is {new:?}");
    ensure!(new.updated_at == job.now, "charged at {}: {new:?}", job.now);
    Ok(())
}

/// Floods: of one address from everywhere, of one network at every address. What known browsers do is none.
fn floods(job: &Job, t: &Transaction<'_>) -> Verdict {
    let Some((subject, source)) = &job.budget else { return Ok(()) };
    let charged = t.charges_password(subject, source);
    let strange = *source == job.network;
    let may_return = strange && job.password_right && !charged && (!job.flood_returned || t.news.flood_returned);
    for subject in [subject, &job.network] {
        let (was, is) = (t.before.floods.get(subject), t.after.floods.get(subject));
        let counted = was.filter(|row| row.began_at > job.now - HOUR);
        let as_it_was = was.map(|row| (row.began_at, row.failures, row.tried_at));
        let returned = was.map(|row| (row.began_at, (row.failures - 1).max(0), row.tried_at));
        let one_more =
            (counted.map_or(job.now, |row| row.began_at), counted.map_or(0, |row| row.failures) + 1, job.now);
        let expected = if charged && strange { Some(one_more) } else { as_it_was };
        let is = is.map(|row| (row.began_at, row.failures, row.tried_at));
        let right = is == expected || may_return && is == returned;
        ensure!(right, "the flood {was:?} is {is:?} rather than {expected:?}: {:?}", job.act);
    }
    Ok(())
}

/// What a session says of its attempts, and that a right password is not kept among the wrong ones.
fn sessions(job: &Job, t: &Transaction<'_>) -> Verdict {
    if matches!(job.act, Act::Login { .. }) && t.begun().next().is_some() {
        let (subject, source) = job.budget.clone().unwrap_or_default();
        let kept = t.after.password_budgets.contains_key(&format!("{subject}/{source}"));
        ensure!(!kept, "a right password stays charged: {:?}", job.act);
    }
    let Some((old, new)) = t.moved(job) else { return Ok(()) };
    let attempts = if t.news.proof.is_some_and(|proof| proof.factor().is_some()) { 0 } else { old.attempts };
    ensure!(new.attempts == attempts, "{old:?} became {new:?}");
    let won = matches!(t.news.proof, Some(Proof::Won { factor: "totp", .. }));
    ensure!(!won || job.charge.is_some(), "a code wins that was not charged: {:?}", job.act);
    Ok(())
}
