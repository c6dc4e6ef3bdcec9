//! English: mails.

use super::TEXTS;
use crate::texts::MailTexts;

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "If nothing happens, open this address:",
    not_expected: "Weren't expecting this? Ignore this e-mail and nothing happens.",
    test_subject: "Your test e-mail has arrived",
    test_arrives: "E-mails from here reach this address. There's nothing else to do.",
    join: "Join",
    forgot_ignore: "Wasn't you? Ignore this e-mail: nothing has changed, and your password still works.",
    changed_ends: "You've been signed out everywhere, and your API tokens no longer work. If two-factor login was on, it still is.",
    changed_not_you: "Wasn't you? Then someone else can read your e-mail. Change your e-mail password first, then set a new one here.",
    forgot_subject: |site| format!("Set a new password at {site}"),
    forgot_asked: |site| format!("Someone asked to set a new password for your login at {site}."),
    when_where: |at, from| format!("When: {at}. From: {from}."),
    changed_subject: |site| format!("You have a new password at {site}"),
    changed: |site| format!("A new password for your login at {site} was set with a link we e-mailed you."),
    invitation_subject: |account| format!("Your invitation to {account}"),
    invited: |by, account, site| format!("{by} has invited you to join {account} at {site}."),
    joins_until: |until| format!("The link works once, until {until}."),
    works_for: |address| {
        format!("It's for {address} alone: whoever has it can join in your name, so don't pass it on.")
    },
    everywhere: &TEXTS,
};
