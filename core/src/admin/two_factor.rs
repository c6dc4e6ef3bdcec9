//! The account's two-factor policy, and resetting a member who lost the phone.

use super::{Call, api::TwoFactorChange, conflict, members};
use crate::{
    event::{Action, Detail},
    people::caller::Caller,
    store::{self, Policy, Reach, Reset, State},
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
        let caller = call.caller().await?;
        let TwoFactorChange { required, applies } = change?;
        let detail =
            Detail { required: Some(required), applies: Some(applies).filter(|_| required), ..Detail::default() };
        let act = call.act(&caller, Action::Policy, detail)?;
        store::policy_write(call.cx, &act, required, applies).await?.ok_or_else(conflict)
    })
    .await
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
