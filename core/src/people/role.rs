//! Roles: what a person may do in an account.

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

    /// Whether it is enough for the admin Worker.
    pub fn administers(self) -> bool {
        self >= Self::Admin
    }
}
