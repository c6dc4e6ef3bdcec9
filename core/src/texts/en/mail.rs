//! English: mails.

use super::TEXTS;
use crate::texts::MailTexts;

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "If nothing happens, open this address:",
    not_expected: "You weren't expecting this? Ignore this mail and nothing happens.",
    test_subject: "Your test mail has arrived",
    test_arrives: "Mails from here reach this address. Nothing else is to be done.",
    join: "Join",
    forgot_ignore: "This wasn't you? Ignore this mail: nothing has changed, and your password still works.",
    changed_ends: "You've been signed out everywhere, and your API tokens have ended. If you have two-factor login, it's as it was.",
    changed_not_you: "This wasn't you? Then someone can read your mail. Change its password first, then set a new one here.",
    email_confirm: "Confirm the new address",
    email_undo: "Undo the change",
    email_changed_not_you: "This wasn't you? Undo it: that signs everyone out of your login, and you set a new password.",
    email_changed_you: "This was you? There's nothing to do.",
    forgot_subject: |site| format!("Set a new password at {site}"),
    forgot_asked: |site| format!("Someone asked to set a new password for your login at {site}."),
    when_where: |at, from| format!("When: {at}. From where: {from}."),
    changed_subject: |site| format!("You have a new password at {site}"),
    changed: |site| format!("A new password for your login at {site} was set by a link that was mailed to you."),
    invitation_subject: |account| format!("Your invitation to {account}"),
    invited: |by, account, site| format!("{by} has invited you to join {account} at {site}."),
    joins_until: |until| format!("The link works once, until {until}."),
    works_for: |address| {
        format!("It is for {address} alone: whoever has it can join in your name, so don't pass it on.")
    },
    email_subject: |site| format!("Confirm your new e-mail address for {site}"),
    email_asked: |site| format!("Someone asked to sign in to {site} with this address from now on."),
    email_changed_subject: |site| format!("Your e-mail address for {site} was changed"),
    email_changed: |site| format!("You no longer sign in to {site} with this address: your login has another one now."),
    everywhere: &TEXTS,
};
