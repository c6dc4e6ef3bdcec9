//! What a change of the policy would mean, before it is made: whom it would stop, and how many sessions.

use serde::Deserialize;

use super::{
    Credential,
    authority::{governed, with_caller},
    sql,
    starts::in_force,
};
use crate::{
    context::Context,
    people::{Role, caller::Caller, session::Site},
    ports::{Fault, Now, Statement, Value, flag},
};

/// Sessions that are looked at to count some, those that end last: what it costs does not grow with an account.
pub const SESSIONS_COUNTED: i64 = 10_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When it would be enforced.
    pub at: Now,
    /// Only addresses from this one on.
    pub from: Option<String>,
    /// People in one go.
    pub limit: i64,
}

/// How many it would stop.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Counts {
    /// Active members.
    pub members: i64,
    /// Those who would have to set it up.
    pub to_set_up: i64,
    /// Those who have, and would be asked for a code from then on.
    pub to_enter_code: i64,
    /// Sessions without a second factor that will not have run out by then, of both.
    pub sessions: i64,
}

/// Someone whom it would stop.
#[derive(Clone, Debug, Deserialize)]
pub struct Stopped {
    /// User id.
    pub id: String,
    /// Address.
    pub email: String,
    /// What the account calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they have it set up, and are only asked for a code.
    #[serde(deserialize_with = "flag")]
    pub set_up: bool,
    /// How many of those sessions are theirs.
    pub sessions: i64,
    /// When they last entered their password, as far as this account's audit has it.
    pub last_sign_in_at: Option<i64>,
}

/// Sessions of a row of `memberships` that the policy would stop.
macro_rules! held {
    ($at:literal, $idle:literal) => {
        concat!(
            "s.site = 'edge' AND s.pending = 0 AND s.second_factor IS NULL AND s.expires_at > ",
            $at,
            " AND s.last_seen_at > ",
            $idle
        )
    };
}

/// People of one index whom it would stop.
macro_rules! stopped {
    ($index:literal, $account:expr, $which:literal) => {
        concat!(
            "SELECT m.user_id AS id, m.email, coalesce(m.name, u.name) AS name, m.role, m.enrolled AS set_up,
               (SELECT count(*) FROM sessions s WHERE s.user_id = m.user_id AND ",
            held!("?5", "?6"),
            ") AS sessions,
               (SELECT max(l.at) FROM audit l WHERE l.target_id = m.user_id AND l.action = 'login' AND l.result = 'ok'
                  AND l.account_id = m.account_id) AS last_sign_in_at
             FROM memberships m INDEXED BY ",
            $index,
            " JOIN users u ON u.id = m.user_id WHERE m.account_id = (SELECT id FROM accounts WHERE ",
            $account,
            " AND id = ",
            governed!("?1", "?2"),
            ") AND m.email >= ?3 AND m.state = 'active' AND (m.enrolled = 1 OR ifnull(m.exempt_until, 0) <= ?5) AND ",
            $which
        )
    };
}

/// How many a requirement that is enforced at a moment would stop, and one page of them in the order of their addresses, with where
/// the next one begins.
///
/// # Errors
/// The database.
pub async fn policy_preview(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    asked: &Asked,
) -> Result<(Option<Caller>, Option<(Counts, Vec<Stopped>, Option<String>)>), Fault> {
    // Beyond their absolute end sessions are none; how long they will idle, nobody knows.
    let idle = cx.now.0 - Site::Edge.idle_ms();
    let counts = sql!(
        concat!(
            "SELECT members, members - enrolled - (SELECT count(*) FROM memberships x
               INDEXED BY memberships_exempt WHERE x.account_id = accounts.id AND x.exempt_until > ?4 AND x.enrolled = 0
                 AND x.state = 'active') AS to_set_up, iif(",
            in_force!("?3"),
            ", 0, enrolled - chosen) AS to_enter_code, (SELECT count(*) FROM (
               SELECT * FROM sessions INDEXED BY sessions_by_end WHERE expires_at > ?4 ORDER BY expires_at DESC LIMIT ?6) s
               CROSS JOIN memberships m ON m.account_id = accounts.id AND m.user_id = s.user_id AND m.state = 'active'
               WHERE ",
            held!("?4", "?5"),
            " AND iif(",
            in_force!("?3"),
            ", m.enrolled, m.chosen) = 0 AND (m.enrolled = 1 OR ifnull(m.exempt_until, 0) <= ?4)) AS sessions
             FROM accounts WHERE id = ",
            governed!("?1", "?2")
        ),
        account_id,
        credential.hash(),
        cx.now,
        asked.at,
        idle,
        SESSIONS_COUNTED,
    );
    // As in the lists of members, one half is empty.
    let page = sql!(
        concat!(
            stopped!("memberships_by_choice", concat!("NOT ", in_force!("?7")), "m.chosen = 0"),
            " UNION ALL ",
            stopped!("memberships_by_enrolment", in_force!("?7"), "m.enrolled = 0"),
            " ORDER BY 2 LIMIT ?4"
        ),
        account_id,
        credential.hash(),
        asked.from.as_deref().unwrap_or_default(),
        asked.limit + 1,
        asked.at,
        idle,
        cx.now,
    );
    let (caller, mut results) = with_caller(cx, credential, vec![counts, page]).await?;
    let counts = results.next()?.parse::<Counts>()?.pop();
    let mut people = results.next()?.parse::<Stopped>()?;
    let most = usize::try_from(asked.limit).unwrap_or(0);
    let next = people.get(most).map(|one| one.email.clone());
    people.truncate(most);
    Ok((caller, counts.map(|counts| (counts, people, next))))
}
