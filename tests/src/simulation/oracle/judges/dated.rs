//! DATED: whoever a date would stop is written to when it is set, seven days and one day before; nobody else is, and of no other date.

use super::*;
use crate::simulation::rows::{Account, Queued};

const DAY: i64 = 24 * 3_600_000;

pub struct Dated;

impl Judge for Dated {
    fn promise(&self) -> &'static str {
        "whoever a requirement is going to stop is told of its day, and nobody else"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        if let (Act::Require { account, .. }, true) = (&job.act, t.is(&["policy"])) {
            announced(oracle, job, t, account)?;
        }
        for &(old, new) in &t.changed.outbox {
            match (old, new) {
                (None, Some(new)) if new.kind == "starts" => {
                    let (account, date) = of(t.after, new);
                    let whom = stopped(t.after, account, date).any(|user| Some(user) == new.user_id.as_ref());
                    let own = t.is(&["exempted"]) && t.target() == new.user_id.as_ref();
                    ensure!(own || whom && account.starts(job.now) == date, "{new:?} of {account:?}");
                }
                // Its work is done where each of them has a mail, or has had it.
                (Some(old), None) if old.kind == "announcement" && matches!(job.act, Act::Tick) => {
                    let (account, date) = of(t.before, old);
                    let now = account.starts(job.now).filter(|at| date == Some(*at));
                    for user in stopped(t.before, account, date).filter(|_| now.is_some()) {
                        let id = format!("{}.{user}.{}", old.id, old.event.as_deref().unwrap_or_default());
                        let told =
                            t.before.outbox.contains_key(&id) || oracle.sent.contains_key(&format!("{id}@app.test"));
                        let late = oracle.touched.get(user).is_some_and(|at| *at >= old.created_at);
                        ensure!(told || late, "{user} is not told of {old:?}");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn mailed(&self, oracle: &Oracle, mail: &Posted, began: i64) -> Verdict {
        let row = mail.id.split_once('@').and_then(|(id, _)| oracle.state.outbox.get(id));
        let Some(row) = row.filter(|row| row.kind == "starts") else { return Ok(()) };
        let account = &oracle.state.accounts[row.account_id.as_ref().unwrap()];
        let user = row.user_id.as_ref().unwrap();
        let (_, date) = of(&oracle.state, row);
        let stopped = stopped(&oracle.state, account, date).any(|one| one == user);
        // It may have been set up, or taken back, while the mail was on its way.
        let lately = oracle.touched.get(user).is_some_and(|at| *at >= began);
        ensure!(stopped || lately, "{user} is told of {account:?}, and would not be stopped");
        let moved = oracle.policies.get(&account.id).is_some_and(|at| at.last() >= Some(&began));
        let own = oracle.state.membership(&account.id, user).and_then(|member| member.exempt_until);
        let comes = account.two_factor_required == 1 && date.is_some_and(|date| date > began);
        let right = comes && date == own.max(account.starts_at);
        ensure!(right || moved || lately, "{mail:?} of {account:?}");
        Ok(())
    }
}

/// The account of a mail, and the date that it tells of.
fn of<'s>(state: &'s State, mail: &Queued) -> (&'s Account, Option<i64>) {
    let about: Option<Json> = mail.about.as_deref().and_then(|about| serde_json::from_str(about).ok());
    let date = about.and_then(|about| about.as_i64().or_else(|| about["starts_at"].as_i64()));
    (&state.accounts[mail.account_id.as_ref().unwrap()], date)
}

/// The members whom a requirement would stop at a date.
fn stopped<'s>(state: &'s State, account: &'s Account, date: Option<i64>) -> impl Iterator<Item = &'s String> {
    let members = state.memberships.values().filter(move |m| {
        m.account_id == account.id && m.state == "active" && m.exempt_until.unwrap_or(0) <= date.unwrap_or(0)
    });
    members.map(|m| &m.user_id).filter(|user| !state.has_authenticator(user))
}

/// What is going to be announced of a date that was just set: at once, if the account has not had its share of the day, and then.
fn announced(oracle: &Oracle, job: &Job, t: &Transaction<'_>, account: &str) -> Verdict {
    let is = &t.after.accounts[account];
    let due = |at: i64| [job.now, at - 7 * DAY, at - DAY].into_iter().filter(|due| *due >= job.now);
    let mut due: Vec<i64> = is.starts(job.now).filter(|_| job.mails).into_iter().flat_map(due).collect();
    if oracle.policies.get(account).is_some_and(|at| at.iter().filter(|at| **at > job.now - DAY).count() > 5) {
        due.retain(|due| *due > job.now);
    }
    due.sort_unstable();
    let waits = t.after.outbox.values().filter(|mail| mail.kind == "announcement");
    let mut waits: Vec<i64> =
        waits.filter(|mail| mail.account_id.as_deref() == Some(account)).map(|mail| mail.due_at).collect();
    waits.sort_unstable();
    ensure!(waits == due, "announced at {waits:?}, and not at {due:?}, of {is:?}");
    Ok(())
}
