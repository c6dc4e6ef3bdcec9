//! Members: who they are, inviting, changing, removing.

use serde::Deserialize;

use super::{
    Call,
    api::{Invited, NewUser, User, UserChange},
    conflict, cursor, parse_cursor, parse_limit, table,
};
use crate::{
    event::{Action, Detail},
    flows::{What, address_taken},
    limit,
    mail::Kind,
    people::{
        Role,
        caller::Caller,
        names::{EMAIL_MAX_BYTES, NAME_MAX_CHARS, canonical_email, canonical_name, folded},
    },
    ports::Now,
    secret::Token,
    store::{
        self, Filter, INVITATION, INVITATION_MS, Member, MemberChange, NewInvitation, NewMail, Reach, Standing, State,
    },
    texts::Message,
    web::{Problem, Response, Stop},
};

/// What a list is asked for, as an API client says it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only members who are that far with it; `all` if left out.
    #[cfg_attr(feature = "openapi", param(inline, value_type = Option<super::api::TwoFactorFilter>))]
    two_factor: Option<String>,
    /// Only members with this in their e-mail address or name, in capital or small letters. One or two letters: at the beginning of
    /// the address or of a word of the name.
    #[cfg_attr(feature = "openapi", param(max_length = 254, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"))]
    q: Option<String>,
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
    /// Which members.
    pub filter: Filter,
    limit: i64,
}

impl List {
    /// Understands a query.
    pub fn parse(query: Query) -> Result<Self, Problem> {
        let Query { two_factor, q, limit, cursor } = query;
        let two_factor = two_factor.as_deref().unwrap_or("all");
        Self::new(two_factor, &q.unwrap_or_default(), cursor.as_deref(), parse_limit(limit)?)
    }

    /// Members of a standing, or `all`; with `q` in their address or name.
    pub fn new(two_factor: &str, q: &str, cursor: Option<&str>, limit: i64) -> Result<Self, Problem> {
        let standing = match two_factor {
            "all" => None,
            "set_up" => Some(Standing::SetUp(true)),
            "not_set_up" => Some(Standing::SetUp(false)),
            "enabled" => Some(Standing::Enabled(true)),
            "disabled" => Some(Standing::Enabled(false)),
            "exempt" => Some(Standing::Exempt),
            "pending" => Some(Standing::Pending),
            "locked" => Some(Standing::Locked),
            _ => return Err(Problem::invalid(Message::TwoFactorFilter)),
        };
        if q.chars().count() > EMAIL_MAX_BYTES || q.chars().any(char::is_control) {
            return Err(Problem::invalid(Message::Sought));
        }
        Ok(Self { filter: Filter { standing, q: folded(q.trim()), from: parse_cursor(cursor)? }, limit })
    }
}

/// One page of members, and where the next begins.
pub async fn list(call: &Call<'_>, list: &List) -> Result<(Caller, Vec<Member>, Option<String>), Stop> {
    let (caller, members, next) =
        store::member_page(call.cx, call.credential, call.account_id, &list.filter, list.limit).await?;
    Ok((call.admit(caller)?, members, next))
}

/// The same members as a table, [`table::ROWS`] of them; `path`: where the next one is.
pub async fn as_table(call: &Call<'_>, list: List, path: impl FnOnce(&str) -> String) -> Result<Response, Stop> {
    let list = List { limit: table::ROWS, ..list };
    let (_, members, next) = self::list(call, &list).await?;
    let mut lines =
        "email,name,role,state,email_verified,set_up,enabled,enabled_at,last_used_at,locked,exempt_until\r\n"
            .to_owned();
    for member in members {
        let state = match member.state {
            State::Invited => "invited",
            State::Active => "active",
            State::Inactive => "inactive",
        };
        let User { email, name, role, email_verified, two_factor: of, .. } = User::from(member);
        let [email, name] = [email, name].map(|text| table::cell(&text));
        let [since, used, exempt] = [of.enabled_at, of.last_used_at, of.exempt_until].map(Option::unwrap_or_default);
        lines += &format!(
            "{email},{name},{},{state},{email_verified},{},{},{since},{used},{},{exempt}\r\n",
            role.name(),
            of.set_up,
            of.enabled,
            of.locked
        );
    }
    Ok(table::response(lines, "members", next.as_deref().map(|next| path(&cursor(next)))))
}

/// The caller, what they can do to a member, and who that is.
pub async fn reach(call: &Call<'_>, user_id: &str) -> Result<(Caller, Reach, Member), Stop> {
    let (caller, found) = store::reach(call.cx, call.credential, call.account_id, user_id).await?;
    let caller = call.admit(caller)?;
    let (reach, member) = found.ok_or_else(Problem::not_found)?;
    call.concerns(&member);
    Ok((caller, reach, member))
}

/// Invites someone by a link that works once, for seven days. Where mail is sent it goes to their address and to nobody else.
pub async fn invite(call: &Call<'_>, fields: Result<NewUser, Problem>) -> Result<Invited, Stop> {
    call.change(Action::MemberInvited, async {
        // 1. Who calls, before anything is said of what they sent; and the member who has this address, if any.
        let address = fields.as_ref().ok().and_then(|fields| canonical_email(&fields.email));
        let (caller, found, reserved) =
            store::member_of_address(call.cx, call.credential, call.account_id, address.as_deref().unwrap_or_default())
                .await?;
        let caller = call.admit(caller)?;
        let own = call.role(&caller)?;
        let NewUser { name, role, .. } = fields?;
        let email = address.ok_or_else(|| Problem::invalid(Message::AsciiAddress))?;
        let name = checked_name(&name)?;
        if let Some((_, member)) = &found {
            call.concerns(member);
        }
        // 2. What is allowed. An invitation of before is as strong as the role it is for: its link is replaced.
        let held = found.as_ref().map(|(reach, _)| reach);
        let most = held.map_or(role, |reach| role.max(reach.role));
        if most > own {
            return Err(Problem::forbidden(Message::InviteHigher).into());
        }
        if held.is_some_and(|reach| reach.state != State::Invited) {
            return Err(Problem::new(409, "already_member", Message::AlreadyMember).into());
        }
        if most > caller.makes(own) {
            return Err(Problem::forbidden(Message::TokenMakes).into());
        }
        if reserved {
            return Err(address_taken().into());
        }
        // 3. One transaction.
        let mail_id = call.cx.rng.id()?;
        let mail = call.cx.config.mail_from.is_some().then(|| NewMail::new(&mail_id, Kind::Invitation));
        let token = match mail {
            Some(_) => Token::derived(call.cx.config.pepper_keys.current(), INVITATION, &mail_id),
            None => Token::generate(call.cx.rng)?,
        };
        let expires_at = Now(call.cx.now.0 + INVITATION_MS);
        let user_id = call.cx.rng.id()?;
        let invitation =
            NewInvitation { user_id: &user_id, email: &email, name, role, token: &token, expires_at, mail };
        // Where it goes by mail, whoever invites does not see it.
        let invite_url = invitation.mail.is_none().then(|| call.cx.config.invite_url(&token));
        let detail = Detail { role: Some(role), ..Detail::default() };
        let act = match &invite_url {
            Some(url) => {
                let values = vec![url.clone(), email.clone(), role.name().to_owned()];
                call.act_shown(&caller, (Action::MemberInvited, detail), What::Invitation, values)?
            }
            None => call.act(&caller, Action::MemberInvited, detail)?,
        };
        let Some(member) = store::invite(call.cx, &act, &invitation, held).await? else {
            return Err(match invitation.mail {
                Some(_) => enough_sent(call, &email).await?.unwrap_or_else(conflict),
                None => conflict(),
            });
        };
        call.concerns(&member);
        Ok(Invited { user: User::from(member), invite_url, expires_at: expires_at.rfc3339() })
    })
    .await
}

/// That no mail goes out because the account has sent enough for now.
async fn enough_sent(call: &Call<'_>, email: &str) -> Result<Option<Stop>, Stop> {
    let until = store::invitation_retry_at(call.cx, call.account_id, email).await?;
    Ok(until.map(|until| {
        let problem = Problem::new(429, "too_many_attempts", Message::EnoughInvitations);
        problem.retry_after(limit::retry_after_s(until, call.cx.now)).into()
    }))
}

/// Changes role, whether a member may sign in, or what the account calls them; and says whether anything was to change.
pub async fn change(
    call: &Call<'_>,
    user_id: &str,
    fields: Result<UserChange, Problem>,
) -> Result<(Member, bool), Stop> {
    call.change(Action::MemberChanged, async {
        let (caller, reach, member) = self::reach(call, user_id).await?;
        let own = call.role(&caller)?;
        let UserChange { role, active, name } = fields?;
        let name = name.map(|name| checked_name(&name).map(str::to_owned)).transpose()?;
        let asked = MemberChange { role, active, name };
        may_change(&reach, own, &asked)?;
        if asked.makes(reach.role).is_some_and(|role| role > caller.makes(own)) {
            return Err(Problem::forbidden(Message::TokenMakes).into());
        }
        // What is so already is no change.
        let change = MemberChange {
            role: asked.role.filter(|role| *role != reach.role),
            active: asked.active.filter(|active| *active != (reach.state == State::Active)),
            name: asked.name.filter(|name| *name != member.name),
        };
        if change.is_none() {
            return Ok((member, false));
        }
        let detail = Detail {
            role: change.role,
            role_before: change.role.map(|_| reach.role),
            active: change.active,
            renamed: change.name.as_ref().map(|_| true),
            ..Detail::default()
        };
        let act = call.act(&caller, Action::MemberChanged, detail)?;
        let changed = store::member_change(call.cx, &act, &member, &reach, &change).await?;
        changed.map(|member| (member, true)).ok_or_else(conflict)
    })
    .await
}

/// Removes a member from the account. `asked`: whether it was an invitation that its sender was asked about, if they were asked.
pub async fn remove(call: &Call<'_>, user_id: &str, asked: Result<Option<bool>, Problem>) -> Result<(), Stop> {
    call.change(Action::MemberRemoved, async {
        let (caller, reach, _) = self::reach(call, user_id).await?;
        let own = call.role(&caller)?;
        may_remove(&reach, own)?;
        if asked?.is_some_and(|invited| invited != (reach.state == State::Invited)) {
            return Err(conflict());
        }
        let act = call.act(&caller, Action::MemberRemoved, Detail::default())?;
        store::member_remove(call.cx, &act, user_id, &reach).await?.then_some(()).ok_or_else(conflict)
    })
    .await
}

/// Makes a member's password work again that "This was not me" has made worthless.
pub async fn restore_password(call: &Call<'_>, user_id: &str, no_fields: Result<(), Problem>) -> Result<(), Stop> {
    call.change(Action::PasswordRestored, async {
        let (caller, reach, member) = self::reach(call, user_id).await?;
        may_restore(&reach)?;
        no_fields?;
        if !member.password_stopped {
            return Ok(());
        }
        let act = call.act(&caller, Action::PasswordRestored, Detail::default())?;
        store::password_restore(call.cx, &act, user_id, &reach.facts).await?.then_some(()).ok_or_else(conflict)
    })
    .await
}

/// Whether the caller may restore this member's password: it opens every account that the member has joined, so it takes power over
/// them in each.
pub fn may_restore(reach: &Reach) -> Result<(), Problem> {
    if reach.own {
        return Err(Problem::forbidden(Message::RestoreSelf));
    }
    if reach.outranks {
        return Err(Problem::forbidden(Message::ChangeHigher));
    }
    if reach.beyond {
        return Err(Problem::new(409, "belongs_elsewhere", Message::BelongsElsewhere));
    }
    Ok(())
}

/// Whether a caller with the role `own` may make this change.
pub fn may_change(reach: &Reach, own: Role, change: &MemberChange) -> Result<(), Problem> {
    if change.is_none() {
        return Err(Problem::invalid(Message::NothingToChange));
    }
    if reach.role > own || change.role.is_some_and(|role| role > own) {
        return Err(Problem::forbidden(Message::ChangeHigher));
    }
    if reach.last_owner && (change.role.is_some_and(|role| role < Role::Owner) || change.active == Some(false)) {
        return Err(last_owner());
    }
    if reach.own && change.active.is_some() {
        return Err(Problem::forbidden(Message::DeactivateSelf));
    }
    if reach.state == State::Invited && change.active.is_some() {
        return Err(Problem::new(409, "not_joined", Message::NotJoinedAccess));
    }
    Ok(())
}

/// Whether a caller with the role `own` may remove this member.
pub fn may_remove(reach: &Reach, own: Role) -> Result<(), Problem> {
    if reach.role > own {
        return Err(Problem::forbidden(Message::RemoveHigher));
    }
    if reach.last_owner {
        return Err(last_owner());
    }
    if reach.own {
        return Err(Problem::forbidden(Message::RemoveSelf));
    }
    Ok(())
}

fn last_owner() -> Problem {
    Problem::new(409, "last_owner", Message::LastOwner)
}

fn checked_name(name: &str) -> Result<&str, Problem> {
    canonical_name(name, NAME_MAX_CHARS).ok_or_else(|| Problem::invalid(Message::Name))
}
