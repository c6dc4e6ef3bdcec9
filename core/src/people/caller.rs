//! Who calls the admin Worker, and whether what they ask for is theirs to ask: an admin's session, or an API token.

use serde::{Deserialize, Serialize};

use crate::{
    factor::SecondFactor,
    people::{Membership, Permission, Person, Role, session::Session},
    policy::{Proof, Step},
    ports::Now,
};

/// What an API token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// See the account's two-factor policy.
    #[serde(rename = "two_factor:read")]
    TwoFactorRead,
    /// Change the policy.
    #[serde(rename = "two_factor:write")]
    TwoFactorWrite,
    /// Reset members.
    #[serde(rename = "reset")]
    Reset,
    /// See members.
    #[serde(rename = "users:read")]
    UsersRead,
    /// Invite, change and remove members; never make anyone more than a member.
    #[serde(rename = "users:write")]
    UsersWrite,
    /// See the audit.
    #[serde(rename = "audit:read")]
    AuditRead,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::TwoFactorRead, Self::TwoFactorWrite, Self::Reset, Self::UsersRead, Self::UsersWrite, Self::AuditRead];

    /// Its name in the database and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoFactorRead => "two_factor:read",
            Self::TwoFactorWrite => "two_factor:write",
            Self::Reset => "reset",
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::AuditRead => "audit:read",
        }
    }

    /// The scope a token needs for this; `None`: no token will do.
    pub fn of(permission: Permission) -> Option<Self> {
        match permission {
            Permission::ReadPolicy => Some(Self::TwoFactorRead),
            Permission::WritePolicy => Some(Self::TwoFactorWrite),
            Permission::Reset => Some(Self::Reset),
            Permission::ReadUsers => Some(Self::UsersRead),
            Permission::WriteUsers => Some(Self::UsersWrite),
            Permission::ReadAudit => Some(Self::AuditRead),
            Permission::Tokens => None,
        }
    }

    /// The scope of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Who calls.
pub enum Caller {
    /// Someone with a session at the admin Worker, in whatever stage.
    Session(Box<Session>),
    /// A program with a token.
    Token(Box<ApiToken>),
}

/// An API token, and who made it. It is worth what its maker is worth now.
pub struct ApiToken {
    /// Its id.
    pub id: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// Its maker, with the one account it is for.
    pub person: Person,
}

/// What a route asks of its caller, in the account it is about.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// What the caller's role must allow, and a token's scopes.
    pub permission: Permission,
    /// Whether a session must have been re-authenticated within five minutes.
    pub fresh: bool,
}

/// Why a caller is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The session is in another stage; `None`: there is none.
    Stage(Option<Step>),
    /// The token is not, or no longer, worth anything.
    InvalidToken,
    /// The token is not for this.
    Scope,
    /// Password and code must be proven again first.
    Reauthenticate,
    /// There is no such account, or the caller does not administer it: the two look the same.
    NotFound,
}

impl Caller {
    /// Who it is, or who made the token.
    pub fn person(&self) -> &Person {
        match self {
            Self::Session(session) => &session.person,
            Self::Token(token) => &token.person,
        }
    }

    /// Whether the caller may do anything at all.
    ///
    /// # Errors
    /// Why not.
    pub fn admitted(caller: Option<Self>, token: bool) -> Result<Self, Refusal> {
        let proven = Proof { password_at: Now(i64::MAX), second_factor: Some(SecondFactor::Totp) };
        match caller {
            Some(Self::Session(session)) if session.step() != Step::Done => Err(Refusal::Stage(Some(session.step()))),
            // A token has no code to show; all else that is asked of its maker is asked of it.
            Some(Self::Token(token)) if token.person.next_step(proven) != Step::Done => Err(Refusal::InvalidToken),
            Some(caller) => Ok(caller),
            None if token => Err(Refusal::InvalidToken),
            None => Err(Refusal::Stage(None)),
        }
    }

    /// Whether the caller may do this in this account, and as what.
    ///
    /// # Errors
    /// Why not.
    pub fn authorize(&self, account_id: &str, need: Need, now: Now) -> Result<&Membership, Refusal> {
        let membership = self.membership(account_id)?;
        let scope = Scope::of(need.permission);
        match self {
            _ if !membership.role.may(need.permission) => Err(Refusal::NotFound),
            Self::Token(token) if scope.is_none_or(|scope| !token.scopes.contains(&scope)) => Err(Refusal::Scope),
            Self::Session(_) if need.fresh && !self.fresh(now) => Err(Refusal::Reauthenticate),
            _ => Ok(membership),
        }
    }

    /// What the caller is in an account that they administer.
    ///
    /// # Errors
    /// They do not.
    pub fn membership(&self, account_id: &str) -> Result<&Membership, Refusal> {
        self.administered().find(|membership| membership.account_id == account_id).ok_or(Refusal::NotFound)
    }

    /// Whether it is a session that was re-authenticated within five minutes.
    pub fn fresh(&self, now: Now) -> bool {
        matches!(self, Self::Session(session) if session.fresh(now))
    }

    /// The highest role that the caller may give to anyone where their own is `own`. A token makes members only: what it
    /// makes outlasts it, and must not be stronger.
    pub fn makes(&self, own: Role) -> Role {
        match self {
            Self::Session(_) => own,
            Self::Token(_) => Role::Member,
        }
    }

    /// The accounts the caller administers.
    pub fn administered(&self) -> impl Iterator<Item = &Membership> {
        self.person().memberships.iter().filter(|membership| membership.role.administers())
    }
}
