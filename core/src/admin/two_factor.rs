//! The account's two-factor policy, and resetting a member who lost the phone.

use super::{Stop, admit, api::TwoFactorChange, conflict, log, members};
use crate::{
    caller::{Caller, Need},
    context::Context,
    http::{Problem, Request},
    policy::Applies,
    store::{self, Act, Credential, Policy, Reach, Reset, State},
};

/// The account's policy, and how far its members are.
pub async fn read(
    cx: &Context<'_>,
    credential: &Credential,
    account_id: &str,
    need: Need,
) -> Result<(Caller, Policy), Stop> {
    let (caller, policy) = store::policy_read(cx, credential, account_id).await?;
    let caller = admit(cx, credential, caller, account_id, need)?;
    Ok((caller, policy.ok_or_else(Problem::not_found)?))
}

/// Turns the requirement on or off. Whoever can call this has a second factor: nobody else comes this far.
pub async fn write(
    cx: &Context<'_>,
    request: &Request,
    credential: &Credential,
    account_id: &str,
    need: Need,
    change: Result<TwoFactorChange, Problem>,
) -> Result<Policy, Stop> {
    let caller = admit(cx, credential, store::caller(cx, credential).await?, account_id, need)?;
    let TwoFactorChange { required, applies } = change?;
    let detail = match (required, applies) {
        (true, Applies::NextLogin) => "required from the next login",
        (true, Applies::Now) => "required from now on",
        (false, _) => "not required",
    };
    let act = Act::new(cx, (&caller, credential), account_id, "policy", detail.to_owned())?;
    let policy = store::policy_write(cx, request, &act, required, applies).await?.ok_or_else(conflict)?;
    log(cx, request, "policy", &caller, None);
    Ok(policy)
}

/// Takes a member's second factor away: it is set up again at the next login.
pub async fn reset(
    cx: &Context<'_>,
    request: &Request,
    credential: &Credential,
    account_id: &str,
    user_id: &str,
    need: Need,
) -> Result<Reset, Stop> {
    let (caller, reach, _) = members::reach(cx, credential, account_id, user_id, need).await?;
    may_reset(&reach)?;
    let act = Act::new(cx, (&caller, credential), account_id, "two_factor_reset", String::new())?;
    let reset = store::reset(cx, request, &act, user_id, &reach.facts).await?.ok_or_else(conflict)?;
    log(cx, request, "two_factor_reset", &caller, Some(user_id));
    Ok(reset)
}

/// Whether the caller may reset this member.
pub fn may_reset(reach: &Reach) -> Result<(), Problem> {
    if reach.own == 1 {
        let detail = "Nobody resets their own two-factor login here. Change it in your profile, or ask another admin.";
        return Err(Problem::forbidden(detail));
    }
    if reach.outranks == 1 {
        return Err(Problem::forbidden("This member has a higher role than you, here or in another account."));
    }
    if reach.state == State::Invited {
        return Err(Problem::new(
            409,
            "not_joined",
            "Not joined yet",
            "Whoever was only invited has nothing to reset.",
        ));
    }
    Ok(())
}
