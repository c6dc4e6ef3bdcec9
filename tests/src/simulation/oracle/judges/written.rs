//! WRITTEN: every act has its row in the audit of every account that it concerns, in the very transaction. Every row tells of
//! an act that was done, and the audit of an account is one chain.

use airlock::audit;

use super::*;
use crate::simulation::oracle::{Written as Row, transaction::rank_of_role};

pub struct Written;

impl Judge for Written {
    fn promise(&self) -> &'static str {
        "what happens is written down, and what is written down happened"
    }

    fn transaction(&self, _: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        for new in t.begun() {
            let login = |row: &Row| row.action == "login" && row.target_id.as_ref() == Some(&new.user_id);
            ensure!(t.written.iter().any(login), "a login not written down");
        }
        let action = match &job.act {
            Act::Verify { .. } => "verify",
            Act::Recovery { .. } => "recovery",
            Act::Reauth { .. } => "reauth",
            Act::Confirm { .. } => "enrol",
            Act::Password { .. } => "password",
            _ => "",
        };
        ensure!(t.moved(job).is_none() || action.is_empty() || t.is(&[action]), "{action} is not written down");
        for &(old, new) in t.changed.users.iter().filter(|(old, new)| old.is_none() || new.is_none()) {
            let invited = matches!(&job.act, Act::Invite { .. }) && t.is(&["member_invited"]);
            let ends = old.is_none_or(|old| t.starts_over(&old.id)) && t.is(&["started_over"]);
            ensure!(old.is_none() && invited || ends, "{old:?} became {new:?}");
        }
        if job.act.account().is_some() && t.done.is_none() {
            let unchanged = t.before.users == t.after.users && t.before.memberships == t.after.memberships;
            ensure!(unchanged, "changed, and not written down: {:?}", job.act);
        }
        told(job, t)?;
        happened(job, t)
    }

    fn answer(&self, oracle: &Oracle, job: &Job, answer: &Answer<'_>) -> Verdict {
        let called = |name: &str| {
            job.user.as_ref().is_some_and(|user| oracle.state.users.get(user).is_some_and(|user| user.name == name))
        };
        let expected = match &job.act {
            Act::Login { .. } => "login",
            Act::Verify { .. } => "verify",
            Act::Recovery { .. } => "recovery",
            Act::Confirm { .. } => "enrol",
            Act::Reauth { .. } => "reauth",
            Act::Enable | Act::Disable | Act::EndOthers | Act::Reset { .. } if job.needless => return Ok(()),
            Act::NotMe { .. } | Act::Restore { .. } if job.needless => return Ok(()),
            Act::Enable => "two_factor_enabled",
            Act::Disable => "two_factor_disabled",
            Act::RemoveAuthenticator { .. } => "authenticator_removed",
            Act::NewCodes => "recovery_codes",
            // Someone who has that name already is not renamed.
            Act::Rename { name } if called(name) => return Ok(()),
            Act::Rename { .. } => "renamed",
            Act::Password { .. } => "password",
            Act::SetPassword { .. } => "password_reset",
            Act::ConfirmEmail { .. } => "email_changed",
            Act::UndoEmail { .. } => "email_undone",
            Act::EndSession { .. } => "session_ended",
            Act::EndOthers => "sessions_ended",
            Act::Join { .. } => "member_joined",
            Act::StartOver { .. } => "started_over",
            Act::Reset { .. } => "two_factor_reset",
            Act::NotMe { .. } => "not_me",
            Act::Restore { .. } => "password_restored",
            Act::Invite { .. } => "member_invited",
            Act::Remove { .. } => "member_removed",
            Act::MakeToken { .. } => "token_made",
            Act::RevokeToken { .. } => "token_revoked",
            Act::MakeServiceToken { .. } => "service_token_made",
            Act::RevokeServiceToken { .. } => "service_token_revoked",
            _ => return Ok(()),
        };
        let written = job.done.iter().any(|done| done == expected);
        ensure!(!answer.ok || written, "{} and no {expected}: {:?}", answer.status, job.act);
        Ok(())
    }

    fn end(&self, _: usize, exports: &[Export<'_>]) -> Verdict {
        // What belongs to no account is nobody's to export, and its oldest rows go after a week.
        for Export { account, lines, rows } in exports.iter().filter(|export| !export.lines.contains("audit_trimmed")) {
            let verified = audit::verify(lines, &[]);
            let whole = verified.as_ref().is_ok_and(|one| one.rows == *rows && one.begins == audit::Begins::First);
            ensure!(whole, "the audit of {account} with {rows} rows: {verified:?}");
        }
        Ok(())
    }
}

/// Every account that someone belongs to is told when what opens it changes.
fn told(job: &Job, t: &Transaction<'_>) -> Verdict {
    for m in t.before.memberships.values().filter(|m| m.state != "invited" && t.starts_over(&m.user_id)) {
        ensure!(t.is_told(&m.account_id), "{} is not told of {:?}", m.account_id, job.act);
    }
    let Some((here, _)) = t.admins_act(job) else { return Ok(()) };
    for user in t.touched(here) {
        for m in t.before.memberships.values().filter(|m| m.user_id == user && m.state != "invited") {
            ensure!(t.is_told(&m.account_id), "{} is not told of {:?}", m.account_id, job.act);
        }
    }
    Ok(())
}

/// What a row says is done by the very transaction that writes it.
fn happened(job: &Job, t: &Transaction<'_>) -> Verdict {
    let Some(done) = t.done else { return Ok(()) };
    let after = t.after;
    let user = done.target_id.as_deref().unwrap_or_default();
    match (done.action.as_str(), &job.act) {
        (action @ ("login" | "verify" | "recovery" | "reauth" | "enrol" | "password"), _) => {
            ensure!(job.minted.is_some(), "{action} is written down, and no session came of it");
        }
        ("two_factor_reset" | "break_glass" | "two_factor_disabled", _) | ("recovery_codes", Act::NewCodes) => {}
        // Of no account, after a week.
        ("audit_trimmed", Act::Tick) => ensure!(done.account_id.is_empty(), "rows of {} went", done.account_id),
        ("password_reset", Act::SetPassword { .. }) => {
            ensure!(t.before.users[user].password_phc != after.users[user].password_phc, "no password was set");
        }
        ("not_me", Act::NotMe { .. }) => {
            ensure!(after.users[user].password_stopped_at == Some(job.now), "the password was not stopped");
        }
        ("exempted" | "exemption_ended", Act::Exempt { account, until, .. }) => {
            let is = after.membership(account, user).and_then(|member| member.exempt_until);
            ensure!(is == until.or(Some(job.now)), "exempt until {is:?}");
        }
        ("password_restored", Act::Restore { .. }) => {
            let was = t.before.users[user].password_stopped_at;
            let restored = was.is_some() && after.users[user].password_stopped_at.is_none();
            ensure!(restored, "no password was restored: stopped {was:?}");
        }
        ("two_factor_enabled", Act::Enable) => {
            let on = after.users[user].two_factor_chosen == 1 && t.before.users[user].two_factor_chosen == 0;
            let accepts = after.has_authenticator(user) && after.users[user].code_failures < 100;
            ensure!(on && accepts, "it was not turned on, or nothing accepts a code: on {on}, accepts {accepts}");
        }
        ("started_over", Act::StartOver { .. }) => ensure!(!after.users.contains_key(user), "{user} is still there"),
        ("email_changed", Act::ConfirmEmail { .. }) | ("email_undone", Act::UndoEmail { .. }) => {
            ensure!(
                t.before.users[user].password_phc != after.users[user].password_phc || done.action == "email_changed",
                "the password is the same"
            );
            ensure!(t.before.users[user].email != after.users[user].email, "the address is the same");
        }
        ("member_invited", Act::Invite { .. }) | ("member_joined", Act::Join { .. }) => {}
        ("authenticator_removed", Act::RemoveAuthenticator { id }) => {
            ensure!(!after.authenticators.contains_key(id), "{id} was not removed");
        }
        ("session_ended", Act::EndSession { id }) => ensure!(!after.sessions.contains_key(id), "{id} did not end"),
        ("sessions_ended", _) => {
            let mut sessions = after.sessions.values().filter(|session| session.user_id == user);
            let other = sessions.find(|session| Some(&session.id) != t.own.map(|own| &own.id));
            ensure!(other.is_none(), "others live on: {other:?}");
        }
        ("logout", _) => {
            ensure!(after.session_of(job.cookie.as_deref()).is_none(), "it did not end");
        }
        ("policy", Act::Require { account, required, starts_at, .. }) => {
            let is = &after.accounts[account];
            let right = (is.two_factor_required == 1) == *required && is.starts_at == starts_at.filter(|_| *required);
            ensure!(right, "the requirement is {is:?}");
        }
        ("member_changed", Act::Change { account, role, active, name, .. }) => {
            let member = &after.memberships[&format!("{account}/{user}")];
            ensure!(role.is_none_or(|role| member.rank == rank_of_role(role)), "{member:?}");
            ensure!(active.is_none_or(|active| active == (member.state == "active")), "{member:?}");
            let called = member.state == "invited" || name.is_none() || member.name == *name;
            ensure!(called, "called {name:?}: {member:?}");
        }
        ("member_removed", Act::Remove { account, .. }) => {
            ensure!(after.membership(account, user).is_none(), "{user} is still there");
        }
        ("renamed", Act::Rename { name }) => ensure!(after.users[user].name == *name, "not renamed"),
        ("token_made", Act::MakeToken { .. }) => {
            ensure!(after.api_tokens.len() == t.before.api_tokens.len() + 1, "no token was made");
        }
        ("token_revoked", Act::RevokeToken { id, .. }) => {
            ensure!(!after.api_tokens.values().any(|token| token.id == *id), "it is still there");
        }
        ("service_token_made", Act::MakeServiceToken { .. }) => {
            ensure!(after.service_tokens.len() == t.before.service_tokens.len() + 1, "no token was made");
        }
        ("service_token_revoked", Act::RevokeServiceToken { id, .. }) => {
            ensure!(!after.service_tokens.values().any(|token| token.id == *id), "it is still there");
        }
        (action, act) => ensure!(false, "{action} is written down for {act:?}"),
    }
    Ok(())
}
