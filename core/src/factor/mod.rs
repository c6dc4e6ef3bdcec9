//! Factors: what a person proves by, besides holding a session.

pub mod password;
pub mod recovery;
pub mod totp;

/// How the second factor was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// By a one-time code of an authenticator.
    Totp,
    /// By a recovery code.
    Recovery,
}
