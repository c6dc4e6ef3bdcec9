//! English: what the edge Worker says besides.

use super::TEXTS;
use crate::texts::EdgeTexts;

pub(in crate::texts) static EDGE: EdgeTexts = EdgeTexts {
    // Words that come up on several.
    accounts: "Accounts",
    off: "Off",
    settings: "Settings",
    // Invitations.
    join_existing: "I already have a login",
    join_new: "Choose a password to sign in with.",
    not_my_login: "That isn't my login, or I can't sign in with it",
    start_over: "Start over",
    start_over_ends: "If you start over, this ends for good:",
    start_over_factors: "the login's password, authenticators and recovery codes",
    start_over_sessions: "its sessions, and the API tokens and invitations it made",
    start_over_sure: "End all of this",
    // One's own profile.
    admin_pages: "Admin pages",
    edit_profile: "Edit profile",
    switch_links: "Manage authenticators and recovery codes",
    why_two_factor: "Signing in will take your password and a code from an app on your phone. Someone who steals one \
                     still can't sign in.",
    enable: "Enable 2FA",
    keep_tokens: "Keep my API tokens and the invitations I sent",
    current_password: "Current password",
    other_sessions_end: "This signs you out everywhere else.",
    asked_each_login: "You're asked for a code each time you sign in.",
    password_alone: "You sign in with just your password.",
    not_asked: "You have an authenticator, but you aren't asked for its codes.",
    ask_each_login: "Ask for a code each time I sign in",
    locked_out: "Too many wrong codes in a row locked your authenticators. Sign in again with a recovery code and \
                 set up a new one, or ask an admin of your account to reset your two-factor login.",
    authenticators: "Authenticators",
    add_authenticator: "Add an authenticator",
    add_authenticator_rest: ", or move to a new phone.",
    make_before: "Make new ones now.",
    not_shown: "You haven't confirmed that you saved them.",
    do_it_now: "Confirm now",
    turn_off_what: "Your authenticators and recovery codes are removed, and you're signed out everywhere else. After \
                    that, you sign in with just your password.",
    sessions: "Where you're signed in",
    this_one: "This session",
    end: "Sign out",
    done_set_up: "Your authenticator is set up. You're signed out everywhere else.",
    done_disabled: "Two-factor login is off. You're signed out everywhere else.",
    done_others_ended: "You're signed out everywhere else.",
    done_password: "Your password is changed. You're signed out everywhere else.",
    // A forgotten password.
    forgot_how: "Enter the e-mail address you sign in with. If there's a login for it, we'll e-mail you a link to set a new password.",
    forgot_send: "E-mail me a link",
    forgot_sent: "Check your e-mail",
    forgot_nothing: "Nothing after a few minutes? Check your spam folder and the address, then ask again.",
    reset_ends: "This signs you out everywhere and revokes your API tokens. If two-factor login is on, you're still asked for a code.",
    // Another address.
    email_how: "We'll mail a link to the new one. Until you open it and confirm, nothing changes.",
    new_email: "New e-mail address",
    email_fixed: "It can't be changed here: this site sends no mail.",
    email_nothing: "Nothing there after a few minutes? Look among your spam, check the address, and ask again.",
    email_now: "The address that you sign in with from now on:",
    email_ends: "This signs you out everywhere else. A mail to your old address says so; for seven days, a link in it undoes this.",
    email_login: "Sign in first, with your present address.",
    email_other: "This link is for someone else. Sign out, then open it again.",
    email_undo: "Undo the change",
    email_undo_ends: "This signs you out everywhere, ends your API tokens and your password. Then you set a new one.",
    email_confirm: "Confirm the new address",
    done_email: "Your e-mail address is changed. You're signed out everywhere else.",

    done_removed: |name| format!("“{name}” removed. You're signed out everywhere else."),
    done_ended: |device| format!("Signed out {device}."),
    back_to: |site| format!("Back to {site}"),
    codes_left: |n| match n {
        1 => "One recovery code is left.".to_owned(),
        n => format!("{n} recovery codes are left."),
    },
    required_by: |account| format!("{account} requires two-factor login, so you can't turn it off."),
    join: |account| format!("Join {account}"),
    join_other: |email| format!("This invitation is for {email}. Sign out, then open the link again."),
    last_seen: |moment| format!("last seen {moment}"),
    as_admin: |device| format!("{device}, as an admin"),
    waiting: |device| format!("{device}, waiting for a code"),
    forgot_sent_to: |email| {
        format!(
            "If there's a login for {email}, an e-mail with a link is on its way. The link works once, for 30 minutes."
        )
    },
    join_login: |email| format!("There's already a login for {email}. Sign in with it to join."),
    start_over_why: |email| {
        format!(
            "Nobody has verified {email} so far, so someone else may have made this login. If it's yours, go back and sign in."
        )
    },
    start_over_leaves: |account| format!("its membership of {account}: its admins can see that, and invite you again"),
    start_over_new: |account| {
        format!("You'll join {account} as a new person. Anything the old login has in apps stays with that login.")
    },
    email_sent_to: |email| {
        format!(
            "A mail with a link is on its way to {email}. The link works once, for an hour, while you're signed in."
        )
    },
    email_undo_to: |email| format!("Your login has the address {email} again."),
    not_me: "This wasn't me",
    not_me_ends: "If you didn't do what the e-mail says, stop it here. No sign-in needed.",
    not_me_what: "You're signed out everywhere, and your API tokens end. Your password stops working until you set a new one by e-mail. The admins of your accounts are told.",
    not_me_sure: "Stop everything",
    not_me_done: "Everything is stopped",
    not_me_next: "Nobody is signed in as you any more, and your password no longer works. Set a new one now: we'll e-mail you a link.",
    everywhere: &TEXTS,
};
