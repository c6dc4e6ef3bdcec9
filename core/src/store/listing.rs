//! Lists of members: filtered, searched, a page at a time. What a page costs does not grow with the account.

use serde::Deserialize;

use super::{
    Credential, Member,
    authority::{governed, with_caller},
    json_list, run, sql,
    starts::in_force,
};
use crate::{
    context::Context,
    limit::CODE_FAILURES_MAX,
    people::caller::Caller,
    ports::{Fault, Statement, Value},
};

/// Which members are asked for, by how far they are with two-factor login: those of whom this holds, or does not.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// They have set it up.
    SetUp(bool),
    /// They have set it up, and it is asked for.
    Enabled(bool),
    /// They are exempt from the requirement.
    Exempt,
    /// They have to set it up and have not: by a requirement, one to come too, or after a reset.
    Pending,
    /// Too many codes in a row failed.
    Locked,
}

/// Which members are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this standing.
    pub standing: Option<Standing>,
    /// Only those with this in their address or name, [folded](crate::people::names::folded); of one or two letters, at the
    /// beginning of the address or of a word of the name.
    pub q: String,
    /// Only addresses from this one on.
    pub from: Option<String>,
}

/// Members as admins see them at a moment; `shown`: whoever asks.
macro_rules! members {
    (shown, $now:literal, $tail:literal) => {
        members!("memberships m", "?1", $now, $tail)
    };
    ($now:literal, $tail:literal) => {
        members!("memberships m", $crate::store::authority::governed!("?1", "?3"), $now, $tail)
    };
    ($from:literal, $account:expr, $now:literal, $tail:expr) => {
        concat!(
            "SELECT m.user_id AS id, m.email,
               iif(m.state = 'invited', ifnull(i.name, ''), coalesce(m.name, u.name)) AS name, m.role,
               m.state, m.state <> 'invited' AND u.email_proven_at IS NOT NULL AS email_verified, m.enrolled AS set_up,
               m.chosen OR m.enrolled AND (SELECT ",
            $crate::store::starts::in_force!($now),
            " FROM accounts WHERE id = m.account_id) AS enabled,
               iif(m.enrolled, (SELECT min(created_at) FROM authenticators x WHERE x.user_id = m.user_id), NULL)
                 AS enabled_at,
               iif(m.enrolled, (SELECT max(last_used_at) FROM authenticators x WHERE x.user_id = m.user_id), NULL)
                 AS last_used_at,
               m.enrolled AND u.code_failures >= ?2 AS locked,
               iif(m.enrolled = 0 AND m.exempt_until > ",
            $now,
            ", m.exempt_until, NULL) AS exempt_until, m.exempt_why,
               m.state <> 'invited' AND u.password_stopped_at IS NOT NULL AS password_stopped
             FROM ",
            $from,
            " JOIN users u ON u.id = m.user_id
             LEFT JOIN invitations i ON i.account_id = m.account_id AND i.user_id = m.user_id
             WHERE m.account_id = ",
            $account,
            " AND ",
            $tail
        )
    };
}
pub(super) use members;

/// Members who have to set it up and have not, at a moment.
macro_rules! pending {
    ($now:literal) => {
        concat!(
            "(m.enrolled = 0 AND m.state = 'active' AND (u.must_enrol = 1 OR ifnull(m.exempt_until, 0) <= ",
            $now,
            " AND (SELECT two_factor_required FROM accounts WHERE id = m.account_id)))"
        )
    };
}

/// How many members a search looks at for one page, of those who have its rarest three letters. A page may be short for that.
const SEARCHED: i64 = 1_000;

/// By how many of its letters a search may find the rarest three.
const GRAMS_MAX: usize = 8;

/// One page of members in the order of their addresses, and the address where the next page begins.
///
/// # Errors
/// The database.
pub async fn member_page(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<(Option<Caller>, Vec<Member>, Option<String>), Fault> {
    let from = filter.from.as_deref().unwrap_or_default();
    if !filter.q.is_empty() {
        return found(cx, credential, account_id, filter, from, limit).await;
    }
    // The index is named, because the planner would rather filter another one, which reads all where few are of that standing.
    macro_rules! read {
        ($sql:expr $(, $own:expr)*) => {
            sql!(
                concat!($sql, " AND m.email >= ?4 ORDER BY 2 LIMIT ?5"),
                account_id,
                CODE_FAILURES_MAX,
                credential.hash(),
                from,
                limit + 1,
                cx.now
                $(, $own)*
            )
        };
    }
    macro_rules! those {
        ($from:literal, $which:expr $(, $own:expr)*) => {
            read!(members!($from, governed!("?1", "?3"), "?6", $which) $(, $own)*)
        };
    }
    macro_rules! account {
        ($which:expr) => {
            concat!("(SELECT id FROM accounts WHERE ", $which, " AND id = ", governed!("?1", "?3"), ")")
        };
    }
    let select = match filter.standing {
        None => those!("memberships m INDEXED BY memberships_by_email", "1"),
        Some(Standing::SetUp(is)) => {
            those!("memberships m INDEXED BY memberships_by_enrolment", "m.enrolled = ?7", is)
        }
        Some(Standing::Exempt) => {
            those!("memberships m INDEXED BY memberships_exempt", "m.exempt_until > ?6 AND m.enrolled = 0")
        }
        Some(Standing::Pending) => those!("memberships m INDEXED BY memberships_by_enrolment", pending!("?6")),
        // Few are, of everybody: the number stands in the index.
        Some(Standing::Locked) => those!(
            "users w INDEXED BY users_locked CROSS JOIN memberships m ON m.user_id = w.id",
            "w.code_failures >= 100 AND m.enrolled = 1"
        ),
        // Where the account requires it, it is asked of all who have it; elsewhere of those who chose it. One half is empty.
        Some(Standing::Enabled(is)) => read!(
            concat!(
                members!(
                    "memberships m INDEXED BY memberships_by_enrolment",
                    account!(in_force!("?6")),
                    "?6",
                    "m.enrolled = ?7 AND m.email >= ?4"
                ),
                " UNION ALL ",
                members!(
                    "memberships m INDEXED BY memberships_by_choice",
                    account!(concat!("NOT ", in_force!("?6"))),
                    "?6",
                    "m.chosen = ?7"
                )
            ),
            is
        ),
    };
    let (caller, mut results) = with_caller(cx, credential, vec![select]).await?;
    let (members, next) = page(results.next()?.parse()?, limit);
    Ok((caller, members, next))
}

/// As many as were asked for, of one more than that, and where the next page begins.
fn page(mut members: Vec<Member>, limit: i64) -> (Vec<Member>, Option<String>) {
    let most = usize::try_from(limit).unwrap_or(0);
    let next = members.get(most).map(|member| member.email.clone());
    members.truncate(most);
    (members, next)
}

/// The page of a search: of those who have its rarest three letters, in the order of their addresses, who has all of it.
async fn found(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    filter: &Filter,
    from: &str,
    limit: i64,
) -> Result<(Option<Caller>, Vec<Member>, Option<String>), Fault> {
    #[derive(Deserialize)]
    struct Rarest {
        gram: String,
        ends: Option<String>,
    }
    let mut q = filter.q.clone();
    let mut grams = grams(&q);
    if grams.is_empty() {
        // Few letters are the beginning of a word.
        q.insert(0, ' ');
        grams.push(q.clone());
    }
    let rarest = sql!(
        concat!(
            "SELECT r.gram, (SELECT g.email FROM member_grams g WHERE g.account_id = ",
            governed!("?1", "?2"),
            " AND g.gram = r.gram AND g.email >= ?4 ORDER BY g.email LIMIT 1 OFFSET ?5) AS ends
             FROM (SELECT value AS gram FROM json_each(?3) ORDER BY (SELECT count(*) FROM (
               SELECT 1 FROM member_grams g WHERE g.account_id = ",
            governed!("?1", "?2"),
            " AND g.gram = value AND g.email >= ?4 LIMIT ?5)) LIMIT 1) r"
        ),
        account_id,
        credential.hash(),
        json_list(&grams),
        from,
        SEARCHED,
    );
    let (caller, mut results) = with_caller(cx, credential, vec![rarest]).await?;
    let Some(Rarest { gram, ends }) = results.next()?.parse::<Rarest>()?.pop() else {
        return Ok((caller, Vec::new(), None));
    };
    let (set_up, enabled, which) = match filter.standing {
        None => (None, None, ""),
        Some(Standing::SetUp(is)) => (Some(is), None, ""),
        Some(Standing::Enabled(is)) => (None, Some(is), ""),
        Some(Standing::Exempt) => (Some(false), None, "exempt"),
        Some(Standing::Pending) => (Some(false), None, "pending"),
        Some(Standing::Locked) => (Some(true), None, "locked"),
    };
    let select = sql!(
        members!(
            // With the `+`, because the planner would read the account's members between the same two addresses for each.
            "member_grams g CROSS JOIN memberships m INDEXED BY memberships_by_email ON m.email = +g.email",
            governed!("?1", "?3"),
            "?11",
            concat!(
                "g.account_id = ",
                governed!("?1", "?3"),
                " AND g.gram = ?4 AND g.email >= ?5 AND g.email < ?6 AND instr(m.sought, ?8)
                 AND (?9 IS NULL OR ?9 = m.enrolled) AND (?10 IS NULL OR ?10 = (m.chosen OR m.enrolled AND
                   (SELECT ",
                in_force!("?11"),
                " FROM accounts WHERE id = m.account_id)))
                 AND CASE ?12 WHEN 'exempt' THEN m.exempt_until > ?11 WHEN 'locked' THEN u.code_failures >= ?2 WHEN 'pending' THEN ",
                pending!("?11"),
                " ELSE 1 END
                 ORDER BY g.email LIMIT ?7"
            )
        ),
        account_id,
        CODE_FAILURES_MAX,
        credential.hash(),
        gram,
        from,
        // After every address: no character comes later.
        ends.as_deref().unwrap_or("\u{10ffff}"),
        limit + 1,
        q,
        set_up,
        enabled,
        cx.now,
        which,
    );
    let (members, next) = page(run(cx, vec![select]).await?.next()?.parse()?, limit);
    Ok((caller, members, next.or(ends)))
}

/// Some of the three letters in a row of a text, if it has as many, from all over it.
fn grams(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let all = letters.windows(3);
    let step = all.len().div_ceil(GRAMS_MAX).max(1);
    all.step_by(step).map(|three| three.iter().collect()).collect()
}
