//! Factors: what a person proves by, besides holding a session.

pub mod password;
pub mod recovery;
pub mod totp;
mod typed;

use serde::Deserialize;

/// How the second factor was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// By a one-time code of an authenticator.
    Totp,
    /// By a recovery code.
    Recovery,
}

impl SecondFactor {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Recovery => "recovery",
        }
    }

    /// What it proves to the app (RFC 8176): both are one-time passwords.
    pub fn amr(self) -> &'static str {
        match self {
            Self::Totp | Self::Recovery => "otp",
        }
    }
}
