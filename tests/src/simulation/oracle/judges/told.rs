//! TOLD: in the very transaction of what happens to someone's login they are written a mail, and admins of what concerns their account;
//! of a login whose password was right and whose code never came, too. One event, one mail, which is sent again only where nobody
//! knows whether it was taken.

use super::*;
use crate::simulation::{
    oracle::{Written, transaction::Proof},
    rows::{KnownBrowser, Membership, Queued, User},
};

/// What the person is told whom it is about, wherever it is written down; and what the admins of the account are told.
const PERSON: [&str; 16] = [
    "enrol",
    "recovery",
    "recovery_codes",
    "password",
    "password_reset",
    "two_factor_enabled",
    "two_factor_disabled",
    "authenticator_removed",
    "two_factor_reset",
    "break_glass",
    "member_changed",
    "member_removed",
    "not_me",
    "password_restored",
    "exempted",
    "exemption_ended",
];
const ADMINS: [&str; 4] = ["policy", "break_glass", "not_me", "email_undone"];

/// How often a mail is sent whose answer is lost.
const UNANSWERED: usize = 3;

pub struct Told;

impl Judge for Told {
    fn promise(&self) -> &'static str {
        "whoever something happens to is told, and so are the admins of what concerns them, in one mail each"
    }

    fn transaction(&self, oracle: &Oracle, job: &Job, t: &Transaction<'_>) -> Verdict {
        let new: Vec<&Queued> =
            t.changed.outbox.iter().filter(|(old, _)| old.is_none()).filter_map(|(_, new)| *new).collect();
        let (people, admins) = (due_to_people(t), due_to_admins(t));
        for (kind, due) in [("notice", people), ("admin_notice", admins)] {
            let told: Vec<_> = new.iter().filter(|mail| mail.kind == kind).map(|mail| key(mail)).collect();
            for one in &due {
                let times = told.iter().filter(|told| *told == one).count();
                ensure!(times == 1, "{times} mails of {one:?}: {:?}", t.written);
            }
            // Beside a browser that became known in the same instant another login counts as new.
            let known =
                |user: &str| t.after.browsers.values().any(|one| one.user_id == user && one.created_at == job.now);
            let more = told.iter().find(|told| !(due.contains(*told) || kind == "notice" && known(told.2)));
            ensure!(more.is_none(), "a mail of nothing: {more:?}");
        }
        for &(old, now) in &t.changed.sessions {
            let Some(login) = now.or(old).filter(|login| login.pending == 1 && login.second_factor.is_none()) else {
                continue;
            };
            let asked = t.before.has_authenticator(&login.user_id) && t.after.users.contains_key(&login.user_id);
            let over = now.is_none_or(|now| now.attempts >= 5 || now.told == 1);
            let told = oracle.unfinished.contains(&login.id);
            ensure!(told || !(asked && over), "nobody is told of a password without a code: {login:?}");
        }
        let gone = t.changed.outbox.iter().find(|(_, new)| new.is_none());
        // Another date takes the place of the one before.
        let gone_is = |kind: &str| gone.is_some_and(|(old, _)| old.is_some_and(|old| old.kind == kind));
        let replaced =
            gone_is("announcement") && t.is(&["policy"]) || gone_is("starts") && t.is(&["exempted", "exemption_ended"]);
        let may = matches!(job.act, Act::Tick) || replaced;
        ensure!(gone.is_none() || may, "a mail went by {:?}: {gone:?}", job.act);
        Ok(())
    }

    fn mailed(&self, oracle: &Oracle, mail: &Posted, began: i64) -> Verdict {
        let row = mail.id.split_once('@').and_then(|(id, _)| oracle.state.outbox.get(id));
        // What changes an address goes to another one.
        let other = |row: &&Queued| row.kind.starts_with("email");
        let user = row.filter(|row| !other(row)).and_then(|row| oracle.state.users.get(row.user_id.as_ref()?));
        let theirs = |user: &User| {
            let left = oracle.moved.get(&(user.id.clone(), mail.to.clone()));
            user.email == mail.to || left.is_some_and(|at| *at >= began)
        };
        ensure!(user.is_none_or(theirs), "to {}, and for {user:?}: {row:?}", mail.to);
        let Some(sent) = oracle.sent.get(&mail.id) else { return Ok(()) };
        ensure!(!sent.over, "sent again, and there was an answer: {}", mail.id);
        ensure!(sent.unanswered < UNANSWERED, "sent {} times without an answer: {}", sent.unanswered, mail.id);
        ensure!(sent.link.as_deref() == mail.any_link(), "{} with another link: {:?}", mail.id, sent.link);
        Ok(())
    }
}

/// What a mail tells of and to whom: an event, in which account if that matters, a user.
fn key(mail: &Queued) -> (&str, &str, &str) {
    let account = mail.account_id.as_deref().filter(|_| mail.kind == "admin_notice");
    let [event, user] = [&mail.event, &mail.user_id].map(|text| text.as_deref().unwrap_or_default());
    (event, account.unwrap_or_default(), user)
}

/// Each event that someone is told of, with whom it is about: once, however many accounts it is written down in.
fn due_to_people<'t>(t: &Transaction<'t>) -> BTreeSet<(&'t str, &'t str, &'t str)> {
    let told = |row: &&Written| {
        let target = row.target_id.as_deref().unwrap_or_default();
        let appeared = |(old, new): &(Option<_>, Option<&KnownBrowser>)| {
            old.is_none() && new.is_some_and(|new| new.user_id == target)
        };
        let kind = match row.action.as_str() {
            "reauth" => matches!(t.news.proof, Some(Proof::Won { factor: "recovery", .. })),
            "login" | "verify" => t.changed.browsers.iter().any(appeared),
            action => PERSON.contains(&action),
        };
        kind && row.result == "ok" && t.after.users.contains_key(target)
    };
    let one = |row: &'t Written| (row.event.as_str(), "", row.target_id.as_deref().unwrap_or_default());
    t.written.iter().filter(told).map(one).collect()
}

/// The same for the admins of each account, but for whom it is about.
fn due_to_admins<'t>(t: &Transaction<'t>) -> BTreeSet<(&'t str, &'t str, &'t str)> {
    let told = |row: &&Written| row.action == "alert" || row.result == "ok" && ADMINS.contains(&row.action.as_str());
    let admins = |row: &'t Written| {
        let other = move |m: &&Membership| m.account_id == row.account_id && Some(&m.user_id) != row.target_id.as_ref();
        let admins = t.after.memberships.values().filter(|m| m.state == "active" && m.rank > 1).filter(other);
        admins.map(|m| (row.event.as_str(), row.account_id.as_str(), m.user_id.as_str()))
    };
    t.written.iter().filter(told).flat_map(admins).collect()
}
