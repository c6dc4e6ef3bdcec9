//! English.

use super::{AdminTexts, MailTexts, Message, Texts, Told};

pub(super) static TEXTS: Texts = Texts {
    // Every page.
    error: "Error",
    done_title: "Done",
    skip: "Skip to content",
    admin: "Admin",
    language: "Language",
    start_page: "Go to the start page",
    // Words that come up on several.
    account: "Account",
    accounts: "Accounts",
    cancel: "Cancel",
    continue_: "Continue",
    copy: "Copy",
    done: "Done",
    download: "Download",
    email: "E-mail address",
    locked: "Locked",
    name: "Name",
    next_try: "Next try:",
    new_password: "New password",
    off: "Off",
    on: "On",
    password: "Password",
    password_hint: "At least 15 characters. Four or five unrelated words are easy to remember and hard to guess.",
    print: "Print",
    profile: "Profile",
    recovery_code: "Recovery code",
    recovery_codes: "Recovery codes",
    remove: "Remove",
    role: "Role",
    save: "Save",
    search: "Search",
    settings: "Settings",
    show: "Show",
    sign_in: "Sign in",
    sign_in_again: "Sign in again",
    sign_out: "Sign out",
    sign_out_here: "You'll be signed out of this site in this browser.",
    six_digit_code: "Six-digit code",
    try_again: "Try again",
    try_again_now: "You can try again now.",
    turn_on: "Turn on two-factor login",
    two_factor: "Two-factor login",
    // Signing in.
    enter_code: "Enter your code",
    whole_code: "It's sent as soon as you've entered all six digits.",
    use_recovery_code_instead: "Use a recovery code instead",
    someone_else: "Sign in as someone else",
    use_recovery_code: "Use a recovery code",
    recovery_hint: "One of the ten codes you saved when you set up two-factor login. Each one works once. Capitals \
                    and hyphens don't matter.",
    use_app: "Use your authenticator app instead",
    no_codes_left: "No codes left? Ask an admin of your account to reset your two-factor login.",
    confirm_it_is_you: "Confirm it's you",
    reauth: "Enter your password to continue. We won't ask again for five minutes.",
    reauth_code: "Enter your password and a code to continue. We won't ask again for five minutes.",
    remove_authenticator: "Remove an authenticator",
    end_session: "End a session",
    next_is: "Next:",
    reauth_code_hint: "From your authenticator app. A recovery code works too.",
    reauth_locked_hint: "Your authenticator is locked after too many wrong codes, so enter a recovery code.",
    why_time: "You didn't enter a code within five minutes of your password. Sign in again.",
    why_ended: "You've been signed out. Sign in to continue.",
    why_unsaved: "You'd been signed out, so nothing was saved. Sign in, then try again.",
    why_signed_out: "You're signed out.",
    // Setting up.
    authenticator_app: "Authenticator app",
    set_up: "Set up two-factor login",
    demanded: "Set this up to go on. From now on, you need a code from an authenticator app each time you sign in. \
               It takes a minute.",
    demanded_of_admins: "Admins need a code from an authenticator app each time they sign in. It takes a minute to \
                         set up.",
    scan: "Scan this code",
    scan_with: "Use an authenticator app, such as Google Authenticator, 2FAS or your password manager.",
    no_app: "Don't have an authenticator app?",
    get_app: "Download one of these, or use any other app for one-time codes.",
    cannot_scan: "Can't scan it?",
    copy_key: "Copy the key",
    copied: "Copied",
    open_here: "Open it in an app on this device",
    or_type: ", or type this key:",
    enter_shown: "Enter the code it shows",
    codes_renewed: "You'll get ten new recovery codes.",
    set_up_lost: "Set up the authenticator app on your new phone now. Then you won't need another recovery code.",
    not_now: "Not now",
    add_or_replace: "Keep the authenticators you have?",
    add_beside: "Keep them and add this one",
    replaces_all: "It replaces the authenticators you have, which are locked.",
    authenticator_name_hint: "So you can tell your authenticators apart.",
    confirm: "Confirm",
    nothing_changes: "nothing changes until you enter a code.",
    start_again: "Start again",
    keep_codes: "Save your recovery codes",
    codes_why: "If you lose your phone, each of these codes signs you in once.",
    codes_once: "You can see them here for ten minutes",
    codes_how: ": print this page, download them, or save them in your password manager.",
    codes_kept: "I've saved my codes",
    kept_question: "Do you have your recovery codes?",
    kept_why: "Enter one to check that you can find them if you lose your phone. It isn't used up.",
    kept_hint: "Any of the ten. Capitals and hyphens don't matter.",
    kept_later: "Ask me next time I sign in",
    kept_new: "I don't have them: make new ones",
    // Invitations.
    join_existing: "I already have a login",
    join_new: "Choose a password to sign in with.",
    join_button: "Join",
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
    change_password: "Change password",
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
    make_codes: "Make new recovery codes",
    turn_off_title: "Turn off two-factor login",
    turn_off_what: "Your authenticators and recovery codes are removed, and you're signed out everywhere else. After \
                    that, you sign in with just your password.",
    sessions: "Where you're signed in",
    this_one: "This session",
    end: "Sign out",
    end_others: "Sign out everywhere else",
    unknown_device: "Unknown device",
    saved: "Saved.",
    done_set_up: "Your authenticator is set up. You're signed out everywhere else.",
    done_disabled: "Two-factor login is off. You're signed out everywhere else.",
    done_removed: "Authenticator removed. You're signed out everywhere else.",
    done_ended: "Session ended.",
    done_others_ended: "You're signed out everywhere else.",
    done_password: "Your password is changed. You're signed out everywhere else.",
    // A forgotten password.
    forgot: "Forgot your password?",
    forgot_how: "Type the e-mail address you sign in with. If it has a login here, we'll mail you a link to set a new password.",
    forgot_send: "Mail me a link",
    forgot_sent: "Check your mail",
    forgot_nothing: "Nothing there after a few minutes? Look among your spam, check the address, and ask again.",
    set_password: "Set a new password",
    reset_ends: "This signs you out everywhere and ends your API tokens. If you have two-factor login, you're still asked for a code.",
    why_new_password: "Your new password is set. Sign in with it.",

    seconds: |n| if n == 1 { "1 second".to_owned() } else { format!("{n} seconds") },
    minutes: |n| if n == 1 { "1 minute".to_owned() } else { format!("{n} minutes") },
    back_to: |site| format!("Back to {site}"),
    date: |year, month, day| format!("{year}-{month}-{day}"),
    open_app: |site| format!("Open your authenticator app and type the code it shows for {site}."),
    step_of: |step, steps| format!("Step {step} of {steps}"),
    parameters: |algorithm, digits, seconds| format!("Time-based, {algorithm}, {digits} digits, {seconds} seconds."),
    codes_left: |n| match n {
        1 => "One recovery code is left.".to_owned(),
        n => format!("{n} recovery codes are left."),
    },
    used_codes_left: |n| match n {
        0 => "That was your last recovery code.".to_owned(),
        1 => "You have one recovery code left.".to_owned(),
        n => format!("You have {n} recovery codes left."),
    },
    required_by: |account| format!("{account} requires two-factor login, so you can't turn it off."),
    replaces: |name| format!("Replace {name}"),
    ask_admin: |account| format!("No codes left? Ask an admin of {account} to reset your two-factor login."),
    codes_file: |site| format!("{site} recovery codes"),
    join: |account| format!("Join {account}"),
    form_from: |site| match site {
        "" => "It came from another site, which hides its name.".to_owned(),
        site => format!("It came from {site}."),
    },
    signed_in_as: |email| format!("You're signed in as {email}."),
    join_other: |email| format!("This invitation is for {email}. Sign out, then open the link again."),
    added: |day, last_used| format!("Added {day}, last used {last_used}"),
    last_seen: |moment| format!("last seen {moment}"),
    device: |browser, system| format!("{browser} on {system}"),
    as_admin: |device| format!("{device}, as an admin"),
    waiting: |device| format!("{device}, waiting for a code"),
    forgot_sent_to: |email| {
        format!("If {email} has a login here, a mail with a link is on its way. The link works once, for 30 minutes.")
    },
    join_login: |email| format!("There's already a login for {email}. Sign in with it to join."),
    start_over_why: |email| {
        format!(
            "Nobody has shown so far that they read mail at {email}: somebody else may have made this login. If it's \
             yours, go back and sign in."
        )
    },
    start_over_leaves: |account| format!("its place in {account}: its admins see that, and can invite you again"),
    start_over_new: |account| {
        format!("You join {account} as someone new. What the login has in apps stays behind, under its own name.")
    },
    problem,
};

pub(super) static MAIL: MailTexts = MailTexts {
    button_fails: "If nothing happens, open this address:",
    not_expected: "You weren't expecting this? Ignore this mail and nothing happens.",
    test_subject: "Your test mail has arrived",
    test_arrives: "Mails from here reach this address. Nothing else is to be done.",
    join: "Join",
    forgot_ignore: "This wasn't you? Ignore this mail: nothing has changed, and your password still works.",
    changed_ends: "You've been signed out everywhere, and your API tokens have ended. If you have two-factor login, it's as it was.",
    changed_not_you: "This wasn't you? Then someone can read your mail. Change its password first, then set a new one here.",
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
    everywhere: &TEXTS,
};

pub(super) static ADMIN: AdminTexts = AdminTexts {
    // Administering: the frame, and what is said of members.
    two_factor_short: "Two-factor",
    members: "Members",
    audit: "Audit",
    api_tokens: "API tokens",
    confirm_first: "You'll confirm it's you first.",
    next_page: "Next page",
    name_or_email: "Name or e-mail address",
    show_all_members: "Show all members",
    nobody_so_far: "Nobody so far. There are more to look through.",
    role_member: "Member",
    role_admin: "Admin",
    role_owner: "Owner",
    invited_not_joined: "Invited, not joined yet",
    too_many_wrong: "too many wrong codes",
    since: "since",
    last_used: "last used",
    set_up: "Set up",
    not_asked_for: "not asked for a code",
    not_set_up: "Not set up",
    deactivated: "Deactivated",
    // The policy.
    settings_security: "Settings › Security",
    two_factor_authentication: "Two-factor authentication",
    required: "Required",
    from_next: "from each member's next login.",
    from_now: "for open sessions too.",
    not_required: "Not required",
    members_decide: "Members decide for themselves.",
    if_stopped: "If you stop requiring it, members decide for themselves again: those who turned it on are still \
                 asked for a code, the others sign in with just a password. Nobody loses an authenticator.",
    if_required_all_have: "If you require it, everyone is asked for a code each time they sign in.",
    require: "Require two-factor login",
    stop_requiring: "Stop requiring it",
    apply_now: "Apply to open sessions now",
    when: "When",
    next_login: "From the next login",
    next_login_hint: "Sessions already open go on until they end.",
    at_once: "At once",
    at_once_hint: "At their next click, people with open sessions set it up or enter a code.",
    all: "All",
    nobody_yet: "Nobody has set it up yet.",
    everybody_has: "Everybody has set it up.",
    nobody_here: "No members yet.",
    reset: "Reset",
    reset_not_self: "You can't reset your own.",
    policy_required: "Two-factor login is now required.",
    policy_not_required: "Two-factor login is no longer required.",
    confirmed: "You've confirmed it's you. Nothing has changed yet.",
    // Asking once more.
    change_member: "Change member",
    reset_two_factor: "Reset two-factor login",
    withdraw_invitation: "Withdraw the invitation",
    remove_member: "Remove member",
    reset_stops: "Their authenticators and recovery codes stop working at once.",
    reset_sessions: "They're signed out everywhere, and every API token and invitation they made stops working, in \
                     every account.",
    reset_next: "Next time they sign in, they set up two-factor login before they can do anything else.",
    no_undo: "You can't undo this.",
    link_stops: "The link stops working at once.",
    remove_tokens: "API tokens and invitations they made stop working.",
    invitation_needed: "To come back, they need a new invitation.",
    // Members.
    invite_someone: "Invite someone",
    invite_note: "You'll get a link to send them. It works once, for seven days.",
    invite: "Invite",
    invitation: "Invitation",
    not_accepted: "Not accepted yet. A new link replaces the old one.",
    make_link: "Make a new link",
    mailed_note: "They'll get a mail with a link. It works once, for seven days, and nobody else sees it.",
    send_again: "Send the invitation again",
    not_read: "Not shown yet to read mail at this address",
    this_is_you: "This is you. Ask another admin to reset, deactivate or remove you.",
    access: "Access",
    deactivating: "Deactivating someone ends their sessions and API tokens in this account. You can undo this, but \
                   they'll have to sign in again.",
    deactivated_until: "Deactivated: they can't use this account until you activate them again.",
    deactivate: "Deactivate",
    activate: "Activate",
    removed_from_account: "Removed from the account.",
    // The audit.
    what: "What",
    everything: "Everything",
    who: "Who",
    to_whom: "To whom",
    exact: "Enter full e-mail addresses.",
    nothing_found: "Nothing found.",
    nothing_found_yet: "Nothing found so far.",
    show_everything: "Show everything",
    at_admin: "at the admin pages",
    unknown: "Unknown",
    by_token: "by API token",
    older: "Older entries",
    keep_copy: "Keep a copy",
    keep_copy_why: "Each entry is sealed with a hash of all entries before it, and the newest seal is signed every \
                    minute, so a copy shows whether anything was removed or changed later. Save the public keys too, \
                    and check your copy with",
    keep_copy_parts: "A download has up to 5,000 entries, oldest first. If there are more, its file name ends with \
                      the number of its last entry: the next part starts after that one.",
    public_keys: "Public keys",
    next_part: "Download the next part",
    after_entry: "After entry no.",
    action_login: "Sign-in: password",
    action_verify: "Sign-in: code",
    action_recovery: "Sign-in: recovery code",
    action_reauth: "Password and code again",
    action_logout: "Sign-out",
    action_enrol: "Authenticator set up",
    action_recovery_codes: "New recovery codes",
    action_policy: "Policy changed",
    action_two_factor_reset: "Two-factor login reset",
    action_member_invited: "Member invited",
    action_join: "Invitation tried",
    action_member_joined: "Member joined",
    action_member_changed: "Member changed",
    action_member_removed: "Member removed",
    action_token_made: "API token made",
    action_token_revoked: "API token revoked",
    action_service_token_made: "Service token made",
    action_service_token_revoked: "Service token revoked",
    action_alert: "Alert",
    action_renamed: "Own name changed",
    action_password: "Own password",
    action_two_factor_enabled: "Two-factor login turned on",
    action_two_factor_disabled: "Two-factor login turned off",
    action_authenticator_removed: "Authenticator removed",
    action_session_ended: "Session ended",
    action_sessions_ended: "Other sessions ended",
    action_account_created: "Account created",
    action_break_glass: "Emergency access",
    action_everything_ended: "Everything ended",
    action_mail_given_up: "A mail was not taken",
    action_started_over: "Started over, and the login of before ended",
    mail_test: "test mail",
    mail_invitation: "invitation",
    mail_forgot: "link to a new password",
    mail_password_changed: "notice of a new password",
    action_password_reset: "Password set by a mailed link",
    action_audit_trimmed: "Old entries removed",
    result_credentials: "wrong password",
    result_code: "wrong code",
    result_conflict: "changed meanwhile",
    result_failures: "many failures",
    detail_next_login: "required from the next login",
    detail_now: "required from now on",
    detail_not_required: "not required",
    detail_activated: "activated",
    detail_deactivated: "deactivated",
    detail_renamed: "renamed",
    detail_elsewhere: "in another account",
    detail_operator: "by the operator",
    detail_key: "with key",
    detail_codes_too: "recovery codes too",
    // API tokens.
    api_description: "Description of the API",
    make_token: "Make a token",
    what_for: "What it's for",
    ends_after: "Ends after",
    days_30: "30 days",
    days_90: "90 days",
    a_year: "A year",
    no_tokens: "There are no tokens yet.",
    for_: "For",
    last_used_label: "Last used",
    ends: "Ends",
    revoke: "Revoke",
    never: "never",
    new_token: "New API token",
    token_advice: "Programs send it with each request, in the header Authorization after the word Bearer.",
    revoked: "Token revoked. It no longer works.",
    shown_once: "Save it now: you can see it here for ten minutes.",
    scope_two_factor_read: "See the two-factor policy",
    scope_two_factor_write: "Change the two-factor policy",
    scope_reset: "Reset members' two-factor login",
    scope_users_read: "See members",
    scope_users_write: "Invite, change and remove members; never admins or owners",
    scope_audit_read: "Read the audit",
    // Service tokens.
    service_tokens: "Service tokens",
    new_service_token: "New service token",
    service_token_advice: "Programs send it in the header Airlock-Token. Those that can't, such as git, WebDAV and \
                           npm, send it as the password, with any name.",
    paths: "Paths",
    paths_hint: "One or more, with spaces between them. /api/* is everything below /api/; /*/info/* has anything in \
                 between.",
    methods: "Methods",
    methods_hint: "Such as GET POST, or * for all of them. GET only reads.",
    opens: "Opens",
    for_everyone: |account| format!("For everyone in {account}"),
    set_up_by: |n, members| {
        format!(
            "{n} of {members} {} {} set it up.",
            if members == 1 { "member" } else { "members" },
            if n == 1 { "has" } else { "have" }
        )
    },
    set_up_not_asked: |n| match n {
        1 => "One of them is not asked for a code.".to_owned(),
        _ => format!("{n} of them are not asked for a code."),
    },
    of_members: |n, members| format!("{n} of {members} members"),
    led_to_it: |n| format!("{} not, and can't get in before they do.", if n == 1 { "has" } else { "have" }),
    asked_to: |n| {
        let have = if n == 1 { "has" } else { "have" };
        format!("{have} not set it up. They'll have to at their next login, and can't skip it.")
    },
    just_password: |n| {
        let have = if n == 1 { "has" } else { "have" };
        format!("{have} not set it up, and will go on signing in with just a password.")
    },
    stop_question: |account| format!("Stop requiring two-factor login in {account}?"),
    require_question: |account| format!("Require two-factor login in {account}?"),
    nobody_has: |letters| format!("Nobody here has “{letters}” in their name or address."),
    reset_of: |email| format!("Reset two-factor login for {email}"),
    reset_question: |email| format!("Reset two-factor login for {email}?"),
    reset_why: |name| {
        let member = if name.is_empty() { "this member" } else { name };
        format!(
            "For members who lose their phone or their authenticator app. First make sure that it's really {member} \
             asking."
        )
    },
    was_reset: |email| {
        format!("Two-factor login for {email} is reset. They'll set it up again next time they sign in.")
    },
    withdraw_question: |email| format!("Withdraw the invitation for {email}?"),
    remove_question: |email, account| format!("Remove {email} from {account}?"),
    remove_sessions: |account| format!("They're signed out of {account} and can't get back in."),
    only_role: |role| format!("Only an {0} can change, reset or remove an {0}.", role.name()),
    members_of: |account| format!("Members of {account}"),
    invited: |email, role| {
        format!(
            "Send this link to {email}. It works once, for seven days: whoever uses it joins with the role {}.",
            role.name()
        )
    },
    invitation_mailed: |email| format!("We have sent the invitation to {email}. Its link works once, for seven days."),
    detail_as: |role| format!("as {}", role.name()),
    detail_role: |from, to| format!("role from {} to {}", from.name(), to.name()),
    detail_trimmed: |rows, last| match rows {
        1 => format!("one entry, up to no. {last}"),
        rows => format!("{rows} entries, up to no. {last}"),
    },
    tokens_for: |account| {
        format!(
            "For programs that manage members of {account}. A token can do what its scopes allow, and never more than its \
             maker can do at that moment."
        )
    },
    service_tokens_for: |account| {
        format!(
            "For programs that use the app on behalf of {account} without signing in. They keep working after their maker leaves: go through them when an admin leaves."
        )
    },
    made_by: |email| format!("made by {email}"),
    everywhere: &TEXTS,
};

fn problem(message: Message) -> &'static Told {
    use Message as M;
    const INVALID: &str = "Invalid request";
    const FORBIDDEN: &str = "Forbidden";
    const TOO_MANY: &str = "Too many attempts";
    const CODE: &str = "That code isn't right";
    const REQUIRED: &str = "Required by your account";
    const NOT_JOINED: &str = "Not joined yet";
    const PASSWORD: &str = "Choose another password";
    const EMAIL: &str = "Check the e-mail address";
    const CHECK_PASSWORD: &str = "Check the password";
    const CHECK_CODE: &str = "Check the code";
    const CHECK_NAME: &str = "Check the name";
    match message {
        M::Fields => &(INVALID, "A field is missing, unknown, repeated or of the wrong type."),
        M::QueryFields => &(INVALID, "A field of the query is missing, unknown, repeated or of the wrong type."),
        M::TooLarge => &("Request too large", "The body is larger than 16 KiB."),
        M::UnsupportedMediaType => {
            &("Unsupported media type", "Send application/x-www-form-urlencoded or application/json.")
        }
        M::ForPeople => &(FORBIDDEN, "This page is for people. Open it in the browser."),
        M::Foreign => {
            &(FORBIDDEN, "This request didn't come from a page of this site. Open the page again and try once more.")
        }
        M::NothingSaved => {
            &("Nothing was saved", "Sign in in a new tab, then come back here and reload: your browser sends it again.")
        }
        M::FormHeld => &(
            "Send this form on?",
            "Press Continue if you expected this. If you're signed out, sign in in a new tab first.",
        ),
        M::SignInApart => &("Please sign in", "Sign in in a new tab, then come back here and reload."),
        M::OldPage => &(
            "Nothing was changed",
            "This page is from before you last signed in or confirmed it's you. Open it again and try once more.",
        ),
        M::AppDown => &(
            "The app can't be reached",
            "You're still signed in. Try again in a moment. If it keeps happening, tell whoever runs the app.",
        ),
        M::AppSlow => {
            &("The app is taking too long", "It didn't answer in time. You're still signed in. Try again in a moment.")
        }
        M::NotFound => &("Not found", "There's nothing at this address."),
        M::MethodNotAllowed => &("Method not allowed", "This address doesn't accept this method."),
        M::Misconfigured => &(
            "This site isn't set up correctly",
            "It's nothing you did. The reason is in the site's log, for whoever runs it.",
        ),
        M::Unavailable => &("Not available", "Something isn't working on our side. Try again in a minute."),
        M::UnknownLanguage => &("Language not available", "Choose one of the languages at the end of each page."),
        M::LoginRequired => &("Sign in first", "You aren't signed in, or your session has ended."),
        M::VerifyRequired => &("Enter your code first", "Enter a one-time code to finish signing in."),
        M::EnrolRequired => &("Set up two-factor login first", "You need an authenticator to go on."),
        M::AlreadySignedIn => &("Already signed in", "There's nothing to do here."),
        M::ReauthRequired => {
            &("Confirm it's you", "Enter your password and a code again first. That counts for five minutes.")
        }
        M::NetworkLogins => &(TOO_MANY, "Too many sign-ins from your network. Try again in a minute."),
        M::Passwords { .. } => &(TOO_MANY, "Too many wrong passwords. Try again in {}."),
        M::Busy => &("Busy", "Many people are signing in right now. Try again in a few seconds."),
        M::NetworkTries => &(TOO_MANY, "Too many tries from your network. Try again in a minute."),
        M::CookiesBlocked => &(
            "Allow cookies",
            "Your browser blocks cookies for this site, and signing in takes one. Allow them, then sign in again.",
        ),
        M::EmailAddress => &(EMAIL, "Enter an e-mail address, such as name@example.com."),
        M::AsciiAddress => &(
            EMAIL,
            "Use ASCII letters, such as name@example.com. If the domain has other letters, enter its xn-- form.",
        ),
        M::PasswordLength => &(CHECK_PASSWORD, "A password has at most 1,024 bytes."),
        M::InvalidCredentials => &(
            "Sign-in failed",
            "The e-mail address or the password is wrong. After several wrong tries, you'll have to wait for up to \
             15 minutes.",
        ),
        M::WrongPassword => &(
            "Wrong password",
            "Enter the password you sign in with. After several wrong tries, you'll have to wait for up to 15 \
             minutes.",
        ),
        M::EnterPassword => &(CHECK_PASSWORD, "Enter your password."),
        M::EnterCode => &(CHECK_CODE, "Enter the six digits your authenticator app shows, or a recovery code."),
        M::CodeShape => &(CHECK_CODE, "Enter all six digits."),
        M::RecoveryCodeShape => &(CHECK_CODE, "A recovery code has 24 letters and digits, in six groups of four."),
        M::WrongCode => &(CODE, "Enter the six digits your authenticator app shows now. Each code works once."),
        M::WrongNewCode => &(CODE, "Enter the six digits your authenticator app shows now for this new entry."),
        M::WrongRecoveryCode => &(CODE, "It isn't one of your recovery codes, or you've used it already."),
        M::NotRecoveryCode => &(CODE, "It isn't one of your recovery codes."),
        M::UsedCode => &(CODE, "You've already used this code. Wait for the next one; it comes within 30 seconds."),
        M::ClockBehind { .. } => &(
            CODE,
            "Your app's clock is about {} behind. Let your phone set its time automatically, then enter the code it \
             shows.",
        ),
        M::ClockAhead { .. } => &(
            CODE,
            "Your app's clock is about {} ahead. Let your phone set its time automatically, then enter a code in {}.",
        ),
        M::AppAlgorithm => &(
            CODE,
            "Your app doesn't support this kind of code. Set up another app, such as Google Authenticator or 2FAS.",
        ),
        M::AuthenticatorLocked => &(
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes. Use a recovery code, or ask an admin to reset \
             your two-factor login.",
        ),
        M::NoWayBack => &(
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes, and you have no recovery codes left. Ask an admin of \
             your account to reset your two-factor login.",
        ),
        M::LoginSpent => &(TOO_MANY, "Too many wrong codes. Sign in again."),
        M::LoginTries { .. } => &(TOO_MANY, "Too many wrong codes. Sign in again in {}."),
        M::CodeTries { .. } => &(TOO_MANY, "Too many wrong codes. Try again in {}."),
        M::TooOften { .. } => &("Too often", "You've done this very often within an hour. Try again in {}."),
        M::TooManyAuthenticators => &("Too many authenticators", "You already have ten. Remove one first."),
        M::NoEnrolment => &(
            "Nothing to confirm",
            "You haven't started setting it up, or you took longer than 15 minutes. Start again.",
        ),
        M::WaitedTooLong => {
            &("That took too long", "Forms wait 15 minutes. Nothing has changed: go back and send yours again.")
        }
        M::ShownBefore => {
            &("No longer shown", "You could see it for ten minutes. If you didn't save it, make a new one.")
        }
        M::NameTaken => &(
            "Choose another name",
            "You already have an authenticator with this name. To move to a new phone, replace it.",
        ),
        M::NoAuthenticator => {
            &("Set up an authenticator first", "Recovery codes stand in for an authenticator, so you need one first.")
        }
        M::AuthenticatorName => &(CHECK_NAME, "A name has at most 64 characters."),
        M::Name => &(CHECK_NAME, "A name has 1 to 100 characters."),
        M::PasswordTooShort => {
            &(PASSWORD, "This one is too short. Use at least 15 characters, such as several unrelated words.")
        }
        M::PasswordTooLong => &(PASSWORD, "This one is too long. Use at most 256 characters."),
        M::PasswordCommon => &(
            PASSWORD,
            "This one is easy to guess: it's made of common words, repetitions or sequences. Use several unrelated \
             words, or let a password manager make one.",
        ),
        M::PasswordPersonal => &(
            PASSWORD,
            "This one is easy to guess: it's made of your name, your e-mail address or this site's name. Use several \
             words that have nothing to do with you or this site.",
        ),
        M::RequiredToKeep => &(REQUIRED, "Your account requires two-factor login, so you can't turn it off."),
        M::RequiredLastAuthenticator => {
            &(REQUIRED, "Your account requires two-factor login, so you can't remove your last authenticator.")
        }
        M::LastAuthenticator => {
            &("Keep one authenticator", "This is your last one. Set up another first, or turn off two-factor login.")
        }
        M::AlreadyPostponed => &(
            "Enter a recovery code",
            "You've put this off once already. Enter one of your recovery codes, or make new ones.",
        ),
        M::InvitationGone => &(
            "Invitation not valid",
            "Open the link again. If you still end up here, the invitation was used, replaced or withdrawn, or is \
             older than seven days: ask for a new one.",
        ),
        M::LoginExists => &(
            "Sign in first",
            "There's already a login for this address. Sign in with it, then open the invitation again.",
        ),
        M::OtherLogin => {
            &("Signed in as someone else", "This invitation is for someone else. Sign out, then open the link again.")
        }
        M::NetworkResets { .. } => &(TOO_MANY, "Too many links were asked for from your network. Try again in {}."),
        M::ResetGone => {
            &("Link not valid", "It was used, is older than 30 minutes, or isn't whole. Ask for a new one below.")
        }
        M::NoAccount => &(
            "No account yet",
            "You don't belong to an account right now. To join one, open the link in your invitation.",
        ),
        M::InvalidToken => {
            &("Invalid token", "This token is unknown or has expired, or its maker may no longer use it.")
        }
        M::InvalidServiceToken => &("Invalid token", "This service token is unknown, revoked or expired."),
        M::NotForService => &(FORBIDDEN, "This service token doesn't open this path with this method."),
        M::ProxyKey => &(
            FORBIDDEN,
            "Airlock-Proxy-Key is only for /check, Airlock-Relay-Key only for what a proxy relays, and each has to \
             be one of PROXY_KEYS.",
        ),
        M::ProxyTarget => &(INVALID, "Say in X-Forwarded-Uri which path this is about."),
        M::ForgedHeader => &(INVALID, "Leave out the headers that tell the app who you are."),
        M::NoServiceWorker => &(FORBIDDEN, "The app can't have a service worker on this host."),
        M::TokenScope => &(FORBIDDEN, "This token doesn't have the scope for this."),
        M::TokenMakes => &(FORBIDDEN, "A token can only add members. Sign in to invite or appoint an admin or owner."),
        M::Conflict => &(
            "Changed meanwhile",
            "Someone changed this at the same moment. Look at it again, then repeat your change if it's still right.",
        ),
        M::Cursor => &(INVALID, "This cursor didn't come from a list."),
        M::Limit => &(INVALID, "A limit is a number from 1 to 50."),
        M::AuditSearch => &(INVALID, "Search for an id or an e-mail address, and for the name of an action."),
        M::TwoFactorFilter => &(INVALID, "two_factor is `set_up`, `not_set_up`, `enabled`, `disabled` or `all`."),
        M::Sought => &(INVALID, "q is part of a name or an e-mail address, at most 254 characters."),
        M::InviteHigher => &(FORBIDDEN, "You can't invite anyone to a higher role than yours."),
        M::StartOverUnsure => &(INVALID, "To start over, tick the box that says what ends."),
        M::EnoughInvitations => {
            &("Too many invitations", "At most five a day to one address, and fifty an hour in all. Try again later.")
        }
        M::AlreadyMember => {
            &("Already a member", "This address already belongs to a member, perhaps a deactivated one.")
        }
        M::NothingToChange => &(INVALID, "Say what to change: role, active or name."),
        M::ChangeHigher => {
            &(FORBIDDEN, "You can't change someone with a higher role than yours, or give a higher role.")
        }
        M::DeactivateSelf => &(FORBIDDEN, "You can't deactivate yourself. Ask another admin."),
        M::NotJoinedAccess => &(NOT_JOINED, "This person hasn't accepted the invitation. To withdraw it, remove them."),
        M::BelongsElsewhere => &(
            "Belongs to other accounts too",
            "A reset here would open this person's other accounts as well. Ask an admin of all of them, or whoever \
             runs this site.",
        ),
        M::RemoveHigher => &(FORBIDDEN, "You can't remove someone with a higher role than yours."),
        M::RemoveSelf => &(FORBIDDEN, "You can't remove yourself. Ask another admin."),
        M::LastOwner => {
            &("Keep one owner", "An account needs at least one active owner. Make someone else an owner first.")
        }
        M::ResetSelf => &(
            FORBIDDEN,
            "You can't reset your own two-factor login here. Change it in your profile, or ask another admin.",
        ),
        M::ResetHigher => &(FORBIDDEN, "This member has a higher role than you."),
        M::NotJoinedReset => &(NOT_JOINED, "This person hasn't accepted the invitation, so there's nothing to reset."),
        M::ServicePaths => &(
            "Check the paths",
            "Enter 1 to 20 paths of the app, such as /api/* or /files/*/pub, each of at most 200 characters.",
        ),
        M::ServiceMethods => {
            &("Check the methods", "Enter 1 to 20 methods in capital letters, such as GET and POST, or * alone.")
        }
        M::TokenName => &(CHECK_NAME, "A token has a name of 1 to 64 characters."),
        M::TokenScopes => &("Choose what the token is for", "Choose at least one scope."),
        M::TokenExpiry => &("Check when it ends", "A token ends within a year, such as 2030-01-31T00:00:00Z."),
        M::TooManyTokens { .. } => &("Too many tokens", "An account has at most {} tokens. Revoke one first."),
    }
}
