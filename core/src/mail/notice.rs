//! Notices: what someone is told of what happened to their login, and an admin of what happened in their account.

use crate::{
    event::{Action, Detail},
    texts::listed,
};

listed! {
/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A whole sign-in in a browser that was not known.
    NewBrowser,
    /// A right password, and no valid code after it.
    Unfinished,
    /// An authenticator was set up.
    Added,
    /// One took the place of others.
    Replaced,
    /// One was removed.
    Removed,
    /// Codes are asked for from now on.
    TurnedOn,
    /// They are not any more, and what made them is gone.
    TurnedOff,
    /// An admin took the second factor away.
    Reset,
    /// The operator did.
    BreakGlass,
    /// There are new recovery codes.
    CodesMade,
    /// One was used.
    CodeUsed,
    /// The password was changed by someone signed in.
    PasswordChanged,
    /// It was set by a link that was mailed.
    PasswordReset,
    /// "This was not me" was pressed.
    Stopped,
    /// An admin has undone that.
    Restored,
    /// Another role in an account.
    Role,
    /// No way into an account for now.
    Deactivated,
    /// In again.
    Activated,
    /// No member any more.
    Left,
    /// No two-factor login is asked of them until a day.
    Exempted,
    /// That is over.
    ExemptionEnded,
    /// To admins: an account requires two-factor login.
    Required,
    /// To admins: it is going to, from a day on.
    RequiredFrom,
    /// To admins: it does not any more.
    NotRequired,
    /// To admins: many wrong codes of one person.
    ManyFailures,
    /// To admins: the operator took a member's second factor away.
    MemberBreakGlass,
    /// To admins: a member pressed "This was not me".
    MemberStopped,
    /// To admins: a member has taken back a change of their address.
    AddressBack,
}
}

impl Notice {
    /// What the person is told whom an event of the audit is about, if anything.
    pub fn to_person(action: Action, detail: &Detail) -> Option<Self> {
        Some(match action {
            Action::Login | Action::Verify => Self::NewBrowser,
            Action::Enrol if detail.replaced == Some(true) => Self::Replaced,
            Action::Enrol => Self::Added,
            Action::AuthenticatorRemoved => Self::Removed,
            Action::TwoFactorEnabled => Self::TurnedOn,
            Action::TwoFactorDisabled => Self::TurnedOff,
            Action::TwoFactorReset => Self::Reset,
            Action::BreakGlass => Self::BreakGlass,
            Action::RecoveryCodes => Self::CodesMade,
            Action::Recovery | Action::Reauth => Self::CodeUsed,
            Action::Password => Self::PasswordChanged,
            Action::PasswordReset => Self::PasswordReset,
            Action::NotMe => Self::Stopped,
            Action::PasswordRestored => Self::Restored,
            Action::MemberRemoved => Self::Left,
            Action::Exempted => Self::Exempted,
            Action::ExemptionEnded => Self::ExemptionEnded,
            Action::MemberChanged => match (detail.active, detail.role) {
                (Some(true), _) => Self::Activated,
                (Some(false), _) => Self::Deactivated,
                (None, Some(_)) => Self::Role,
                (None, None) => return None,
            },
            _ => return None,
        })
    }

    /// What the admins of an account are told, if anything.
    pub fn to_admin(action: Action, detail: &Detail) -> Option<Self> {
        Some(match action {
            Action::Policy if detail.starts_at.is_some() => Self::RequiredFrom,
            Action::Policy if detail.required == Some(true) => Self::Required,
            Action::Policy => Self::NotRequired,
            Action::Alert => Self::ManyFailures,
            Action::BreakGlass => Self::MemberBreakGlass,
            Action::NotMe => Self::MemberStopped,
            Action::EmailUndone => Self::AddressBack,
            _ => return None,
        })
    }

    /// Whether an admin, an operator or a program did it, rather than someone who signed in as the person.
    pub fn by_others(self) -> bool {
        matches!(
            self,
            Self::Reset
                | Self::BreakGlass
                | Self::Restored
                | Self::Role
                | Self::Deactivated
                | Self::Activated
                | Self::Left
                | Self::Exempted
                | Self::ExemptionEnded
        )
    }

    /// Whether whoever is told can say that it was not them, and with that stop everything.
    pub fn can_be_stopped(self) -> bool {
        !matches!(
            self,
            Self::Stopped
                | Self::Required
                | Self::RequiredFrom
                | Self::NotRequired
                | Self::ManyFailures
                | Self::MemberBreakGlass
                | Self::MemberStopped
                | Self::AddressBack
        )
    }
}
