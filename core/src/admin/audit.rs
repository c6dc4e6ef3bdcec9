//! The account's audit: searching it, and taking it away to keep.

use serde::Deserialize;

use super::{Call, api::AuditKeys, parse_cursor, parse_limit};
use crate::{
    audit::{self, Entry, Filter, holds},
    context::Context,
    jobs,
    people::{caller::Caller, names::EMAIL_MAX_BYTES},
    ports::Fault,
    store,
    texts::Message,
    web::{Problem, Stop},
};

/// Rows in one export; the next one goes on after them.
pub const EXPORT_ROWS: i64 = 5_000;

/// What a list is asked for, as an API client says it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only what this user did: a user id or an e-mail address.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    actor: Option<String>,
    /// Only what concerns this user: a user id or an e-mail address.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    target: Option<String>,
    /// Only this action, such as `two_factor_reset`.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    action: Option<String>,
    /// Entries on a page; 50 if left out.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 50))]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[A-Za-z0-9_-]+$"))]
    cursor: Option<String>,
}

/// The same, understood.
#[derive(Debug)]
pub struct List {
    /// Which entries.
    pub filter: Filter,
    limit: i64,
}

impl List {
    /// Understands a query.
    pub fn parse(query: Query) -> Result<Self, Problem> {
        let Query { actor, target, action, limit, cursor } = query;
        Self::new([actor.as_deref(), target.as_deref(), action.as_deref()], cursor.as_deref(), parse_limit(limit)?)
    }

    /// Entries of this actor, target and action: ids or e-mail addresses, and the action's name.
    pub fn new(search: [Option<&str>; 3], cursor: Option<&str>, limit: i64) -> Result<Self, Problem> {
        let before = parse_cursor(cursor)?.map(|at| at.parse()).transpose();
        let before = before.map_err(|_| Problem::invalid(Message::Cursor))?;
        if search.into_iter().flatten().any(|text| text.len() > EMAIL_MAX_BYTES) {
            return Err(Problem::invalid(Message::AuditSearch));
        }
        let [actor, target, action] = search.map(|text| text.map(|text| text.trim().to_owned()));
        Ok(Self { filter: Filter { actor, target, action, before }, limit })
    }
}

/// One page of the audit, newest first, and where the next begins.
pub async fn list(call: &Call<'_>, list: &List) -> Result<(Caller, Vec<Entry>, Option<i64>), Stop> {
    let (caller, entries, next) =
        store::audit_page(call.cx, call.credential, call.account_id, &list.filter, list.limit).await?;
    Ok((call.admit(caller)?, entries, next))
}

/// The audit after row `after` as lines of JSON, oldest first, with what signs it, and the last row of a full export.
pub async fn export(call: &Call<'_>, after: i64) -> Result<(String, Option<i64>), Stop> {
    call.caller().await?;
    let Some(keys) = &call.cx.config.audit_keys else { return Err(Fault::new("nothing signs the audit").into()) };
    let signer = keys.open(call.cx.signing).await?;
    // Only sealed rows go out: what is not sealed yet is sealed now.
    jobs::seal(call.cx.db, call.cx.now, &signer, Some(call.account_id)).await?;
    let (caller, rows, mut notes) =
        store::audit_export(call.cx, call.credential, call.account_id, after, EXPORT_ROWS).await?;
    call.admit(caller)?;
    let last = rows.last().map(|sealed| (sealed.row.id, sealed.hash.as_str()));
    // A part ends where nothing has been signed yet, and so does an audit of before there were signatures.
    if let Some((id, head)) = last
        && notes.last().is_none_or(|(signed, _)| *signed < id)
        && holds(&rows)
    {
        notes.push((id, signer.checkpoint(call.account_id, id, head, call.cx.now).await?));
    }
    let next = last.map(|(id, _)| id).filter(|_| i64::try_from(rows.len()) == Ok(EXPORT_ROWS));
    Ok((audit::export(&rows, notes.iter().map(|(_, note)| note.as_str())), next))
}

/// The public keys by which exports can be checked: for anyone, at both Workers.
pub async fn keys(cx: &Context<'_>) -> Result<AuditKeys, Fault> {
    Ok(AuditKeys { keys: store::audit_keys(cx).await?.into_iter().map(Into::into).collect() })
}
