//! Why someone is asked to sign in.

use crate::texts::Texts;

/// Why someone is asked to sign in. It is in the address, where anyone can write it: it says nothing of anyone, and leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The code did not come in time.
    Time,
    /// The session has ended.
    Ended,
    /// It had ended when a form was sent.
    Unsaved,
    /// They signed out.
    SignedOut,
    /// They have a new password.
    NewPassword,
}

impl Why {
    /// Its name in an address.
    pub fn code(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Ended => "ended",
            Self::Unsaved => "unsaved",
            Self::SignedOut => "signed-out",
            Self::NewPassword => "new-password",
        }
    }

    /// The one of this name.
    pub fn parse(code: &str) -> Option<Self> {
        let all = [Self::Time, Self::Ended, Self::Unsaved, Self::SignedOut, Self::NewPassword];
        all.into_iter().find(|why| why.code() == code)
    }

    pub(super) fn said(self, t: &Texts) -> &'static str {
        match self {
            Self::Time => t.why_time,
            Self::Ended => t.why_ended,
            Self::Unsaved => t.why_unsaved,
            Self::SignedOut => t.why_signed_out,
            Self::NewPassword => t.why_new_password,
        }
    }
}
