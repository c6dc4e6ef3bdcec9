//! The account's two-factor policy, and resetting a member who lost the phone.

use super::{Call, api::TwoFactorChange, conflict, members};
use crate::{
    event::{Action, Detail},
    people::caller::Caller,
    ports::Now,
    store::{self, Policy, Reach, Reset, Rule, STARTS_MS, State},
    texts::Message,
    web::{Problem, Stop},
};

/// The account's policy, and how far its members are.
pub async fn read(call: &Call<'_>) -> Result<(Caller, Policy), Stop> {
    let (caller, policy) = store::policy_read(call.cx, call.credential, call.account_id).await?;
    let caller = call.admit(caller)?;
    Ok((caller, policy.ok_or_else(Problem::not_found)?))
}

/// Turns the requirement on or off. Whoever can call this has a second factor: nobody else comes this far.
pub async fn write(call: &Call<'_>, change: Result<TwoFactorChange, Problem>) -> Result<Policy, Stop> {
    call.change(Action::Policy, async {
        let (caller, before) = read(call).await?;
        let TwoFactorChange { required, applies, starts_at } = change?;
        let asked = starts_at.as_ref().filter(|_| required);
        let rule = Rule {
            required,
            applies,
            starts_at: match asked {
                Some(asked) => asked.as_deref().map(|asked| day(call.cx.now, asked, before.starts_at)).transpose()?,
                None => before.starts_at.filter(|_| required),
            },
            starts_as_before: required && asked.is_none(),
        };
        let detail = Detail {
            required: Some(required),
            applies: Some(applies).filter(|_| required),
            starts_at: rule.starts_at.filter(|at| *at > call.cx.now).map(Now::rfc3339),
            ..Detail::default()
        };
        let act = call.act(&caller, Action::Policy, detail)?;
        store::policy_write(call.cx, &act, rule).await?.ok_or_else(conflict)
    })
    .await
}

/// The day that is asked for: one to come within a year, or the one that was set before.
pub(super) fn day(now: Now, asked: &str, before: Option<Now>) -> Result<Now, Problem> {
    Now::parse_rfc3339(asked)
        .filter(|at| *at > now && at.0 - now.0 <= STARTS_MS || Some(*at) == before)
        .ok_or_else(|| Problem::invalid(Message::StartsAt))
}

/// Takes a member's second factor away: it is set up again at the next login.
pub async fn reset(call: &Call<'_>, user_id: &str, no_fields: Result<(), Problem>) -> Result<Reset, Stop> {
    call.change(Action::TwoFactorReset, async {
        let (caller, reach, _) = members::reach(call, user_id).await?;
        may_reset(&reach)?;
        no_fields?;
        let act = call.act(&caller, Action::TwoFactorReset, Detail::default())?;
        store::reset(call.cx, &act, user_id, &reach.facts).await?.ok_or_else(conflict)
    })
    .await
}

/// Whether the caller may reset this member: a second factor opens every account that the member has joined, so it takes
/// power over them in each.
pub fn may_reset(reach: &Reach) -> Result<(), Problem> {
    if reach.own {
        return Err(Problem::forbidden(Message::ResetSelf));
    }
    if reach.outranks {
        return Err(Problem::forbidden(Message::ResetHigher));
    }
    if reach.state == State::Invited {
        return Err(Problem::new(409, "not_joined", Message::NotJoinedReset));
    }
    if reach.beyond {
        return Err(Problem::new(409, "belongs_elsewhere", Message::BelongsElsewhere));
    }
    Ok(())
}
