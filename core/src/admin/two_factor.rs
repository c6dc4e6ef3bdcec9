//! The account's two-factor policy, and resetting a member who lost the phone.

use super::{
    Call,
    api::{NewExemption, TwoFactorChange},
    conflict, members,
};
use crate::{
    event::{Action, Detail},
    people::{caller::Caller, names::canonical_name},
    ports::Now,
    store::{self, EXEMPT_MAX, EXEMPT_MS, Exemption, Member, Policy, Reach, Reset, Rule, STARTS_MS, State},
    texts::Message,
    web::{Problem, Stop},
};

/// The longest reason, in characters.
pub const REASON_MAX_CHARS: usize = 200;

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
        // A day that is none is told of, though nothing is required from it on.
        let malformed = |asked: &String| !required && Now::parse_rfc3339(asked).is_none();
        if starts_at.as_ref().and_then(Option::as_ref).is_some_and(malformed) {
            return Err(Problem::invalid(Message::StartsAt).into());
        }
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

/// Lets a member without an authenticator go without two-factor login until a day.
pub async fn exempt(call: &Call<'_>, user_id: &str, fields: Result<NewExemption, Problem>) -> Result<Member, Stop> {
    call.change(Action::Exempted, async {
        let (caller, reach, member) = members::reach(call, user_id).await?;
        may_exempt(&reach)?;
        let NewExemption { until, reason } = fields?;
        let now = call.cx.now;
        let until = Now::parse_rfc3339(&until)
            .filter(|until| *until > now && until.0 - now.0 <= EXEMPT_MS)
            .ok_or_else(|| Problem::invalid(Message::ExemptUntil))?;
        let why = canonical_name(&reason, REASON_MAX_CHARS).ok_or_else(|| Problem::invalid(Message::ExemptWhy))?;
        if member.set_up {
            return Err(Problem::new(409, "already_set_up", Message::ExemptSetUp).into());
        }
        let detail = Detail { until: Some(until.rfc3339()), reason: Some(why.to_owned()), ..Detail::default() };
        let act = call.act(&caller, Action::Exempted, detail)?;
        if !store::exempt(call.cx, &act, user_id, &reach.facts, Some(&Exemption { until, why })).await? {
            let (_, again, _) = members::reach(call, user_id).await?;
            return Err(match again.facts == reach.facts {
                true => Problem::new(409, "too_many_exemptions", Message::ExemptTooMany { most: EXEMPT_MAX }).into(),
                false => conflict(),
            });
        }
        Ok(Member { exempt_until: Some(until.0), exempt_why: Some(why.to_owned()), ..member })
    })
    .await
}

/// Ends that.
pub async fn end_exemption(call: &Call<'_>, user_id: &str, no_fields: Result<(), Problem>) -> Result<(), Stop> {
    call.change(Action::ExemptionEnded, async {
        let (caller, reach, _) = members::reach(call, user_id).await?;
        may_exempt(&reach)?;
        no_fields?;
        let act = call.act(&caller, Action::ExemptionEnded, Detail::default())?;
        store::exempt(call.cx, &act, user_id, &reach.facts, None).await?.then_some(()).ok_or_else(conflict)
    })
    .await
}

/// Whether the caller may exempt this member.
fn may_exempt(reach: &Reach) -> Result<(), Problem> {
    has_power(reach, Message::ExemptSelf, Message::NotJoinedExempt)
}

/// Whether the caller may reset this member.
pub fn may_reset(reach: &Reach) -> Result<(), Problem> {
    has_power(reach, Message::ResetSelf, Message::NotJoinedReset)
}

/// Whether the caller has power over this member's second factor: that opens every account that the member has joined, so it takes
/// power over them in each. Nobody has it over their own, or over someone `not_joined` yet.
fn has_power(reach: &Reach, own: Message, not_joined: Message) -> Result<(), Problem> {
    if reach.own {
        return Err(Problem::forbidden(own));
    }
    if reach.outranks {
        return Err(Problem::forbidden(Message::ResetHigher));
    }
    if reach.state == State::Invited {
        return Err(Problem::new(409, "not_joined", not_joined));
    }
    if reach.beyond {
        return Err(Problem::new(409, "belongs_elsewhere", Message::BelongsElsewhere));
    }
    Ok(())
}
