//! What a change of the policy would mean, before it is made: as data, as a page, and as a table to take away.

use serde::Deserialize;

use super::{
    Call,
    api::{Preview, StoppedUser},
    cursor, parse_cursor, parse_limit, table,
    two_factor::day,
};
use crate::{
    people::caller::Caller,
    policy::Applies,
    store::{self, PreviewAsked},
    web::{Problem, Response, Stop},
};

/// What is asked, as an API client says it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Which sessions it would hold; `next_login` if left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", param(inline))]
    applies: Applies,
    /// From when on it would be enforced (RFC 3339), within a year; at once, if left out.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    starts_at: Option<String>,
    /// Entries on a page; 50 if left out. A table has up to 5,000.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 50))]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[A-Za-z0-9_-]+$"))]
    cursor: Option<String>,
}

impl Query {
    /// The question of a page.
    pub fn new(applies: Applies, starts_at: Option<String>, cursor: Option<String>) -> Self {
        Self { applies, starts_at, limit: None, cursor }
    }
}

/// Whom it would stop: one page, or `rows` of them.
pub async fn read(call: &Call<'_>, query: Query, rows: Option<i64>) -> Result<(Caller, Preview), Stop> {
    let Query { applies, starts_at, limit, cursor: at } = query;
    let starts_at = starts_at.map(|asked| day(call.cx.now, &asked, None)).transpose()?;
    let asked = PreviewAsked {
        at: starts_at.unwrap_or(call.cx.now),
        from: parse_cursor(at.as_deref())?,
        limit: rows.unwrap_or(parse_limit(limit)?),
    };
    let (caller, found) = store::policy_preview(call.cx, call.credential, call.account_id, &asked).await?;
    let caller = call.admit(caller)?;
    let (counts, people, next) = found.ok_or_else(Problem::not_found)?;
    // Whoever is only held from the next login on goes on until it ends.
    let held = |sessions| if applies == Applies::Now { sessions } else { 0 };
    let users = people.into_iter().map(|one| StoppedUser::new(one, held)).collect();
    Ok((
        caller,
        Preview {
            members: counts.members,
            to_set_up: counts.to_set_up,
            to_enter_code: counts.to_enter_code,
            sessions: held(counts.sessions),
            users,
            next_cursor: next.as_deref().map(cursor),
        },
    ))
}

/// The same people as a table (RFC 4180), and where the next one is; `path`: where this one is, with its query.
pub async fn as_table(call: &Call<'_>, query: Query, path: impl FnOnce(&str) -> String) -> Result<Response, Stop> {
    let (_, preview) = read(call, query, Some(table::ROWS)).await?;
    let mut lines = "email,name,role,next_step,sessions,last_sign_in_at\r\n".to_owned();
    for user in &preview.users {
        let [email, name] = [&user.email, &user.name].map(|text| table::cell(text));
        let last = user.last_sign_in_at.as_deref().unwrap_or_default();
        lines += &format!("{email},{name},{},{},{},{last}\r\n", user.role.name(), user.next_step, user.sessions);
    }
    Ok(table::response(lines, "two-factor-preview", preview.next_cursor.as_deref().map(path)))
}
