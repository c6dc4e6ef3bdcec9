//! Roles, each a set of permissions: what a person may do in an account. Pages and API ask for the same ones.

use serde::{Deserialize, Serialize};

/// What a person may do in an account. Later ones may do all that earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sign in.
    Member,
    /// Administer the account.
    Admin,
    /// Administer it and its admins. An account always has one.
    Owner,
}

impl Role {
    /// The lowest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// Its name in the database and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Its place among them, as `memberships.rank` has it.
    pub fn rank(self) -> i64 {
        match self {
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }

    /// What it allows.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Member => &[],
            Self::Admin | Self::Owner => &Permission::ALL,
        }
    }

    /// Whether it allows this.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// Whether it is enough for the admin Worker.
    pub fn administers(self) -> bool {
        !self.permissions().is_empty()
    }
}

/// What a role allows in an account, beside signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// See the two-factor policy.
    ReadPolicy,
    /// Change the policy.
    WritePolicy,
    /// Reset members, of no higher role.
    Reset,
    /// See members.
    ReadUsers,
    /// Invite, change and remove members, of no higher role and to none.
    WriteUsers,
    /// See the audit.
    ReadAudit,
    /// See, make and revoke API tokens and service tokens.
    Tokens,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 7] = [
        Self::ReadPolicy,
        Self::WritePolicy,
        Self::Reset,
        Self::ReadUsers,
        Self::WriteUsers,
        Self::ReadAudit,
        Self::Tokens,
    ];
}
