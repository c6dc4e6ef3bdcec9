//! English: mails.

use super::TEXTS;
use crate::{
    mail::Notice,
    texts::{MailTexts, Table, Told},
};

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "If nothing happens, open this address:",
    not_expected: "Weren't expecting this? Ignore this e-mail and nothing happens.",
    test_subject: "Your test e-mail has arrived",
    test_arrives: "E-mails from here reach this address. There's nothing else to do.",
    join: "Join",
    forgot_ignore: "Wasn't you? Ignore this e-mail: nothing has changed, and your password still works.",
    changed_not_you: "Wasn't you? Then someone else can read your e-mail. Change your e-mail password first, then set a new one here.",
    email_confirm: "Confirm the new address",
    email_undo: "Undo the change",
    email_changed_not_you: "This wasn't you? Undo it: that signs everyone out of your login, and you set a new password.",
    email_changed_you: "This was you? There's nothing to do.",
    starts_needs: "You haven't set it up yet. You need a phone with an authenticator app, and you scan a code.",
    starts_later: "If you wait until then, you set it up the next time you sign in, before you can do anything else.",
    forgot_subject: "Set a new password at {site}",
    forgot_asked: "Someone asked to set a new password for your login at {site}.",
    not_me: "This wasn't me",
    not_me_does: "The button signs you out everywhere and stops your password from working until you set a new one. It works for 72 hours.",
    was_you: "If this was you, there's nothing to do.",
    ask_admin_why: "If you don't know why, ask them.",
    make_new_codes: "Make new ones in your profile before they run out.",
    when: "When: {at}.",
    from: "From where: {from}.",
    invitation_subject: "Your invitation to {account}",
    starts_subject: "{account} requires two-factor login from {day}",
    starts: "From {day}, signing in to {account} at {site} takes a code from an app on your phone, as well as your password.",
    invited: "{by} has invited you to join {account} at {site}.",
    joins_until: "The link works once, until {until}.",
    works_for: "It's for {address} alone: whoever has it can join in your name, so don't pass it on.",
    email_subject: "Confirm your new e-mail address for {site}",
    email_asked: "Someone asked to sign in to {site} with this address from now on.",
    email_changed_subject: "Your e-mail address for {site} was changed",
    email_changed: "You no longer sign in to {site} with this address: your login has another one now.",
    notices: Table::Written(notice),
    everywhere: &TEXTS,
};

/// What a notice is about, and what it says. In braces what is filled in: the `site`, the `account`, whoever it was done `by`, `who` it
/// was done to, and their `role`.
fn notice(notice: Notice) -> Told {
    use Notice as N;
    match notice {
        N::NewBrowser => {
            ("New sign-in at {site}", "Someone signed in to your login at {site}, in a browser we haven't seen you in.")
        }
        N::Unfinished => (
            "Someone knows your password for {site}",
            "Your password was entered at {site}, but no valid code came after it. If it wasn't you, someone knows your password, and two-factor login has kept them out.",
        ),
        N::Added => (
            "An authenticator was set up at {site}",
            "An authenticator app was set up for your login at {site}. Its codes sign in as you.",
        ),
        N::Replaced => (
            "Your authenticator at {site} was replaced",
            "A new authenticator app took the place of the one you had at {site}. The old one no longer works.",
        ),
        N::Removed => (
            "An authenticator was removed at {site}",
            "An authenticator app was removed from your login at {site}. Its codes no longer work.",
        ),
        N::TurnedOn => {
            ("Two-factor login is on at {site}", "From now on you're asked for a code each time you sign in at {site}.")
        }
        N::TurnedOff => (
            "Two-factor login is off at {site}",
            "Two-factor login was turned off for your login at {site}. A password alone now signs in.",
        ),
        N::Reset => (
            "Your two-factor login at {site} was reset",
            "{by} reset your two-factor login at {site}. You'll set it up again the next time you sign in.",
        ),
        N::BreakGlass => (
            "Your two-factor login at {site} was reset",
            "The operator of {site} reset your two-factor login. You'll set it up again the next time you sign in.",
        ),
        N::CodesMade => (
            "New recovery codes for {site}",
            "New recovery codes were made for your login at {site}. The old ones no longer work.",
        ),
        N::CodeUsed => ("A recovery code was used at {site}", "One of your recovery codes was used at {site}."),
        N::PasswordChanged => {
            ("Your password for {site} was changed", "The password of your login at {site} was changed.")
        }
        N::PasswordReset => (
            "You have a new password at {site}",
            "A new password for your login at {site} was set with a link we e-mailed you. You've been signed out everywhere, and your API tokens no longer work. If two-factor login was on, it still is.",
        ),
        N::Stopped => (
            "Your password for {site} no longer works",
            "“This wasn't me” was pressed in a notice to you. You've been signed out everywhere at {site}, your API tokens have ended, and your password no longer works. Set a new one to sign in again.",
        ),
        N::Restored => ("Your password for {site} works again", "{by} made your password for {site} work again."),
        N::Role => {
            ("Your role in {account} has changed", "{by} changed your role in {account} at {site}. It's now: {role}.")
        }
        N::Deactivated => ("You can't use {account} for now", "{by} deactivated you in {account} at {site}."),
        N::Activated => ("You can use {account} again", "{by} activated you in {account} at {site} again."),
        N::Left => ("You're no longer a member of {account}", "{by} removed you from {account} at {site}."),
        N::Exempted => (
            "{account} doesn't require two-factor login of you until {day}",
            "{by} exempted you in {account} at {site}: until {day} you can sign in with just your password. After that, you set up two-factor login at your next sign-in.",
        ),
        N::ExemptionEnded => (
            "Your exemption in {account} has ended",
            "{by} ended it. If {account} at {site} requires two-factor login, you set it up at your next sign-in.",
        ),
        N::Required => (
            "{account} now requires two-factor login",
            "{by} turned on the requirement for everyone in {account} at {site}.",
        ),
        N::RequiredFrom => (
            "{account} will require two-factor login from {day}",
            "{by} set the day: from {day}, everyone in {account} at {site} needs two-factor login. Members who haven't set it up are told.",
        ),
        N::NotRequired => (
            "{account} no longer requires two-factor login",
            "{by} turned off the requirement for everyone in {account} at {site}. People who haven't turned it on themselves sign in with just a password.",
        ),
        N::ManyFailures => (
            "Many wrong codes for {who}",
            "There have been ten wrong codes for {who}, a member of {account} at {site}, within 30 days. The audit says when and from where.",
        ),
        N::MemberBreakGlass => (
            "{who}'s two-factor login was reset",
            "The operator of {site} reset the two-factor login of {who}, a member of {account}.",
        ),
        N::MemberStopped => (
            "{who} says “This wasn't me”",
            "Someone used the button “This wasn't me” in a notice to {who}, a member of {account} at {site}. Their sessions and API tokens have ended, and their password no longer works until they set a new one by e-mail. Ask them what happened: if it was a mistake, you can make the password work again.",
        ),
        N::AddressBack => (
            "{who} undid a change of address",
            "The e-mail address of {who}, a member of {account} at {site}, was changed, and {who} has undone that from the old mailbox. Someone else may have used their login: their sessions and API tokens have ended, and they set a new password. Ask them what happened. If their authenticator may be someone else's too, reset it.",
        ),
    }
}
