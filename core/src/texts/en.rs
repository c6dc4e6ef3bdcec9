//! English.

use super::{AdminTexts, Message, Texts, Told};

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
    password_hint: "At least 15 characters: four or five words that do not belong together are easy to keep and hard \
                    to guess.",
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
    sign_out_here: "You will be signed out of this site in this browser.",
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
    recovery_hint: "One of the ten codes you kept when you set up two-factor login. Each works once. Capitals and \
                    hyphens do not matter.",
    use_app: "Use your authenticator app instead",
    no_codes_left: "No codes left? Ask an admin of your account to reset your two-factor login.",
    confirm_it_is_you: "Confirm it is you",
    reauth: "What comes next needs your password once more. That counts for five minutes.",
    reauth_code: "What comes next needs your password and a code once more. That counts for five minutes.",
    next_is: "Next:",
    reauth_code_hint: "From your authenticator app. A recovery code works too.",
    reauth_locked_hint: "Your authenticator is locked after too many wrong codes.",
    why_time: "A code has to follow the password within five minutes. Please sign in again.",
    why_ended: "You've been signed out. Sign in to continue.",
    why_unsaved: "You'd been signed out, so nothing was saved. Sign in, then try again.",
    why_signed_out: "You're signed out.",
    // Setting up.
    authenticator_app: "Authenticator app",
    set_up: "Set up two-factor login",
    demanded: "Your account asks for a code from an authenticator app at each login. It takes a minute to set up.",
    demanded_of_admins: "Admins sign in with a code from an authenticator app at each login. It takes a minute to set \
                         up.",
    scan: "Scan this code",
    scan_with: "With an authenticator app, such as Google Authenticator, 2FAS or your password manager.",
    no_app: "Don't have an authenticator app?",
    get_app: "Download one of these. Any other app for one-time codes works too.",
    cannot_scan: "Cannot scan it?",
    copy_key: "Copy the key",
    copied: "Copied",
    open_here: "Open it in an app on this device",
    or_type: ", or type this key:",
    enter_shown: "Enter the code it shows",
    codes_renewed: "You'll get ten new recovery codes.",
    set_up_lost: "Set up the authenticator app on your new phone now. Then you won't need another recovery code.",
    not_now: "Not now",
    add_or_replace: "Keep your present authenticators?",
    add_beside: "Keep them: this one is added",
    replaces_all: "It replaces your present authenticators, which are locked.",
    authenticator_name_hint: "To tell your authenticators apart.",
    confirm: "Confirm",
    nothing_changes: "nothing changes until you enter a code.",
    start_again: "Start again",
    keep_codes: "Keep your recovery codes",
    codes_why: "If you lose your phone, each of these codes lets you in once.",
    codes_once: "You can see them here for ten minutes",
    codes_how: ": print this page, download them, or put them into your password manager.",
    codes_kept: "I have kept them, continue",
    kept_title: "Show that you have your codes",
    kept_question: "Do you have your recovery codes?",
    kept_why: "Type one of them, to be sure that you can find them when your phone is gone. It is not used up.",
    kept_hint: "Any of the ten. Capitals and hyphens do not matter.",
    kept_later: "Ask me at the next login",
    kept_new: "I do not have them: make new ones",
    // Invitations.
    join_existing: "I already have a login",
    join_new: "Choose a password for signing in.",
    join_button: "Join",
    // One's own profile.
    admin_pages: "Admin pages",
    edit_profile: "Edit profile",
    asked: "It is on: you are asked for a code at each login.",
    switch_links: "Authenticators, recovery codes and turning it off",
    why_two_factor: "With it, a login takes your password and a code from an app on your phone. Anyone who steals \
                     one of them gets nowhere.",
    enable: "Enable 2FA",
    change_password: "Change password",
    keep_tokens: "Keep my API tokens and the invitations I made",
    current_password: "Current password",
    other_sessions_end: "Your other sessions end.",
    asked_each_login: "You are asked for a code at each login.",
    required_by_account: "An account you belong to requires it, so it cannot be turned off.",
    password_alone: "Your password alone opens everything.",
    turn_it_on: "Turn it on",
    not_asked: "You have an authenticator, but are not asked for its codes.",
    ask_each_login: "Ask for a code at each login",
    locked_out: "Too many wrong codes in a row: your authenticators accept nothing any more. Sign in again with a recovery \
                 code and set up a new one, or ask an admin of your account to reset you.",
    authenticators: "Authenticators",
    add_authenticator: "Add an authenticator",
    add_authenticator_rest: ", or move to a new phone.",
    make_before: "Make new ones before they run out.",
    not_shown: "You have not shown yet that you kept them.",
    do_it_now: "Do it now",
    make_codes: "Make new recovery codes",
    turn_off_title: "Turn two-factor login off",
    turn_off_what: "Your authenticators and recovery codes are removed, and your other sessions end. From then on \
                    your password alone opens everything.",
    turn_it_off: "Turn it off",
    sessions: "Where you are signed in",
    this_one: "This one",
    end: "End",
    end_others: "End all others",
    unknown_device: "Unknown device",
    saved: "Saved.",
    done_set_up: "Your authenticator is set up. Your other sessions have ended.",
    done_disabled: "Two-factor login is off. Your other sessions have ended.",
    done_removed: "Removed. Your other sessions have ended.",
    done_ended: "Ended.",
    done_password: "Your password is changed. Your other sessions have ended.",

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
    replaces: |name| format!("Replace {name}"),
    ask_admin: |account| format!("Without any, ask an admin of {account} to reset your two-factor login."),
    codes_file: |site| format!("{site} recovery codes"),
    join: |account| format!("Join {account}"),
    form_from: |site| match site {
        "" => "It came from another site, which hides its name.".to_owned(),
        site => format!("It came from {site}."),
    },
    signed_in_as: |email| format!("You're signed in as {email}."),
    join_other: |email| format!("This invitation is for {email}. Sign out, then open the link again."),
    added: |day, last_code| format!("Added {day}, last code {last_code}"),
    last_seen: |moment| format!("last seen {moment}"),
    device: |browser, system| format!("{browser} on {system}"),
    as_admin: |device| format!("{device}, as an admin"),
    waiting: |device| format!("{device}, waiting for its code"),
    problem,
};

pub(super) static ADMIN: AdminTexts = AdminTexts {
    // Administering: the frame, and what is said of members.
    two_factor_short: "Two-factor",
    members: "Members",
    audit: "Audit",
    api_tokens: "API tokens",
    confirm_first: "You confirm first that it is you.",
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
    from_next: "from each member’s next login.",
    from_now: "for open sessions too.",
    not_required: "Not required",
    members_decide: "Members decide for themselves.",
    if_stopped: "If you stop requiring it, each member’s own choice counts again: anyone who turned it on is still \
                 asked for a code, the others get in with the password alone. Nobody loses an authenticator.",
    if_required_all_have: "If you require it, a code is asked for at each login.",
    require: "Require two-factor login",
    stop_requiring: "Stop requiring it",
    apply_now: "Apply to open sessions now",
    when: "When",
    next_login: "From the next login",
    next_login_hint: "Sessions already open go on until they end.",
    at_once: "At once",
    at_once_hint: "Sessions already open are led to set-up, or to the code, at their next click.",
    all: "All",
    nobody_yet: "Nobody has set it up yet.",
    everybody_has: "Everybody has set it up.",
    nobody_here: "Nobody is here yet.",
    reset: "Reset",
    reset_not_self: "You can't reset your own.",
    policy_required: "Two-factor login is required from now on.",
    policy_not_required: "Two-factor login is not required any more.",
    confirmed: "You have confirmed that it is you. Nothing has been changed yet.",
    // Asking once more.
    reset_two_factor: "Reset two-factor login",
    withdraw_invitation: "Withdraw the invitation",
    remove_member: "Remove member",
    reset_stops: "The authenticator and all recovery codes stop working at once.",
    reset_sessions: "Every session ends, and every API token and invitation they made stops working, in every account.",
    reset_next: "At the next login the password leads to the set-up, and nothing else is reachable before that is \
                 done.",
    no_undo: "This cannot be undone.",
    link_stops: "The link stops working at once.",
    remove_tokens: "API tokens and invitations this member made stop working.",
    invitation_needed: "To come back, a new invitation is needed.",
    // Members.
    invite_someone: "Invite someone",
    invite_note: "You get a link to send to them. It works once, for seven days.",
    invite: "Invite",
    invitation: "Invitation",
    not_accepted: "Not accepted yet. A new link takes the place of the one before.",
    make_link: "Make a new link",
    withdraw: "Withdraw",
    this_is_you: "This is you: another admin can reset, deactivate or remove you.",
    access: "Access",
    deactivating: "Deactivating ends what they have open in this account: sessions and API tokens. You can undo this, but they sign \
                   in again.",
    deactivated_until: "Deactivated: nobody signs in with this address until you activate it again.",
    deactivate: "Deactivate",
    activate: "Activate",
    removed_from_account: "Removed from the account.",
    // The audit.
    what: "What",
    everything: "Everything",
    who: "Who",
    to_whom: "To whom",
    exact: "Who and to whom: by the whole e-mail address.",
    nothing_found: "Nothing found.",
    nothing_found_yet: "Nothing found so far.",
    show_everything: "Show everything",
    at_admin: "at the admin pages",
    unknown: "Unknown",
    by_token: "by API token",
    older: "Older entries",
    keep_copy: "Keep a copy",
    keep_copy_why: "Each entry is sealed by a hash over all before it, and every minute the newest seal is signed, \
                    so a copy shows whether anything was cut out or changed later. Save the public keys as well, and \
                    check with",
    keep_copy_parts: "One download has up to 5,000 entries, the oldest first. If there are more, its name ends with the \
                      number of its last entry: the next part comes after that.",
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
    action_audit_trimmed: "Old entries removed",
    result_credentials: "invalid credentials",
    result_code: "invalid code",
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
    what_for: "What it is for",
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
    token_advice: "A program sends it with each request, in the header Authorization after the word Bearer.",
    revoked: "Revoked: the next request with this token is refused.",
    shown_once: "This is shown only now.",
    scope_two_factor_read: "See the two-factor policy",
    scope_two_factor_write: "Change the two-factor policy",
    scope_reset: "Reset members’ two-factor login",
    scope_users_read: "See members",
    scope_users_write: "Invite, change and remove members; never admins or owners",
    scope_audit_read: "Read the audit",
    // Service tokens.
    service_tokens: "Service tokens",
    new_service_token: "New service token",
    service_token_advice: "A program sends it in the header Airlock-Token, or as the password with any name where it can only do that: git, WebDAV, npm.",
    paths: "Paths",
    paths_hint: "One or more, with spaces between them: /api/* is everything below /api/, /*/info/* has anything in between.",
    methods: "Methods",
    methods_hint: "Such as GET POST. GET only reads; * is all of them.",
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
    led_to_it: |n| format!("{} not, and will be led to it before they get in.", if n == 1 { "has" } else { "have" }),
    asked_to: |n| {
        let have = if n == 1 { "has" } else { "have" };
        format!("{have} not set it up and will be asked to at their next login. They cannot skip it.")
    },
    just_password: |n| {
        let have = if n == 1 { "has" } else { "have" };
        format!("{have} not set it up, and will go on signing in with just a password.")
    },
    stop_question: |account| format!("Stop requiring two-factor login in {account}?"),
    require_question: |account| format!("Require two-factor login in {account}?"),
    nobody_has: |letters| format!("Nobody here has “{letters}” in their name or address."),
    reset_of: |email| format!("Reset two-factor login of {email}"),
    reset_question: |email| format!("Reset two-factor login of {email}?"),
    reset_why: |name| {
        let member = if name.is_empty() { "this member" } else { name };
        format!(
            "For a member who has lost the phone or the authenticator app. First make sure that it really is \
             {member} asking."
        )
    },
    was_reset: |email| format!("{email} was reset, and sets two-factor login up again at the next login."),
    withdraw_question: |email| format!("Withdraw the invitation of {email}?"),
    remove_question: |email, account| format!("Remove {email} from {account}?"),
    remove_sessions: |account| format!("They are signed out of {account}, and can no longer reach it."),
    only_role: |role| format!("Only an {0} changes, resets or removes an {0}.", role.name()),
    members_of: |account| format!("Members of {account}"),
    invited: |email, role| {
        format!(
            "Send this link to {email}. It works once, for seven days: whoever uses it joins with the role {}.",
            role.name()
        )
    },
    detail_as: |role| format!("as {}", role.name()),
    detail_role: |from, to| format!("role from {} to {}", from.name(), to.name()),
    detail_trimmed: |rows, last| match rows {
        1 => format!("one entry, up to no. {last}"),
        rows => format!("{rows} entries, up to no. {last}"),
    },
    tokens_for: |account| {
        format!(
            "For programs that manage members of {account}. A token can do what its maker can do at that moment, \
             within its scopes, and never more."
        )
    },
    service_tokens_for: |account| {
        format!(
            "For programs that use the app in the name of {account} without signing in. They outlast whoever makes them: look through them when an admin leaves."
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
    const CODE: &str = "That code is not right";
    const REQUIRED: &str = "Required by your account";
    const NOT_JOINED: &str = "Not joined yet";
    const PASSWORD: &str = "Choose another password";
    match message {
        M::Fields => &(INVALID, "A field is missing, unknown, repeated or not of the right type."),
        M::QueryFields => &(INVALID, "A field of the query is missing, unknown, repeated or not of the right type."),
        M::TooLarge => &("Request too large", "The body is larger than 16 KiB."),
        M::UnsupportedMediaType => {
            &("Unsupported media type", "Send application/x-www-form-urlencoded or application/json.")
        }
        M::ForPeople => &(FORBIDDEN, "This page is for people. Open it in the browser."),
        M::Foreign => &(FORBIDDEN, "This request did not come from a page of this site."),
        M::NothingSaved => {
            &("Nothing was saved", "Sign in in a new tab, then come back here and reload: your browser sends it again.")
        }
        M::FormHeld => &(
            "Send this form on?",
            "Press Continue if you expect it. If you are signed out, sign in in a new tab first.",
        ),
        M::SignInApart => &("Please sign in", "Sign in in a new tab, then come back here and reload."),
        M::OldPage => &(
            "Nothing was changed",
            "The page was from before you last signed in or confirmed that it is you. Open it again, and try once more.",
        ),
        M::AppDown => &(
            "The app cannot be reached",
            "You are still signed in. Try again in a moment; if it stays so, tell whoever runs it.",
        ),
        M::AppSlow => {
            &("The app takes too long", "It did not answer in time. You are still signed in; try again in a moment.")
        }
        M::NotFound => &("Not found", "There is nothing at this address."),
        M::MethodNotAllowed => &("Method not allowed", "This address does not answer to that method."),
        M::Misconfigured => &(
            "This site is misconfigured",
            "Whoever runs it will find the reason in its log. There is nothing wrong on your side.",
        ),
        M::Unavailable => {
            &("Not available", "Signing in does not work at the moment. Nothing was lost; try again in a minute.")
        }
        M::UnknownLanguage => &(INVALID, "This language is not spoken here."),
        M::LoginRequired => &("Sign in first", "There is no session, or it has ended."),
        M::VerifyRequired => &("One more step", "The one-time code is still to be proven."),
        M::EnrolRequired => &("Set up two-factor login first", "An authenticator is still to be set up."),
        M::AlreadySignedIn => &("Already signed in", "There is nothing to prove here."),
        M::ReauthRequired => &("Prove it is you", "Prove password and code again first; that counts for five minutes."),
        M::NetworkLogins => &(TOO_MANY, "Too many sign-ins from your network. Try again in a minute."),
        M::Passwords { .. } => &(TOO_MANY, "Too many wrong passwords. Try again in {}."),
        M::Busy => &("Busy", "Many people are signing in right now. Try again in a few seconds."),
        M::NetworkTries => &(TOO_MANY, "Too many tries from your network. Try again in a minute."),
        M::CookiesBlocked => &(
            "Cookies are blocked",
            "Your browser blocks cookies for this site, and signing in takes one. Allow them, then sign in again.",
        ),
        M::EmailAddress => &(INVALID, "Enter an e-mail address, such as name@example.com."),
        M::AsciiAddress => &(
            INVALID,
            "Enter an e-mail address in ASCII letters, such as name@example.com; a domain in other letters in its xn-- form.",
        ),
        M::PasswordLength => &(INVALID, "Enter a password of at most 1,024 bytes."),
        M::InvalidCredentials => &(
            "Sign-in failed",
            "The e-mail address or the password is wrong. After several wrong tries signing in pauses for up to 15 \
             minutes.",
        ),
        M::EnterPassword => &(INVALID, "Enter your password."),
        M::EnterCode => &(INVALID, "Enter the six digits your authenticator app shows, or a recovery code."),
        M::CodeShape => &("Check the code", "Enter all six digits."),
        M::RecoveryCodeShape => &(INVALID, "A recovery code has 24 letters and digits, in six groups of four."),
        M::WrongCode => &(CODE, "Enter the six digits your authenticator app shows now. Each code works once."),
        M::WrongNewCode => &(CODE, "Enter the six digits your authenticator app shows now for this new entry."),
        M::WrongRecoveryCode => &(CODE, "That is not one of your recovery codes, or it has been used before."),
        M::NotRecoveryCode => &(CODE, "That is not one of your recovery codes."),
        M::UsedCode => &(CODE, "This code has been used already. Wait for the next one; it comes within 30 seconds."),
        M::ClockBehind { .. } => &(
            CODE,
            "Your app's clock is about {} behind. Let your phone set its time by itself, then enter the code it \
                 shows.",
        ),
        M::ClockAhead { .. } => &(
            CODE,
            "Your app's clock is about {} ahead. Let your phone set its time by itself, then enter a code in {}.",
        ),
        M::AppAlgorithm => &(
            CODE,
            "Your app ignores how this code is computed. Set up another app, such as Google Authenticator or 2FAS.",
        ),
        M::AuthenticatorLocked => &(
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes. Use a recovery code, or ask an admin to reset \
             it.",
        ),
        M::NoWayBack => &(
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes, and you have no recovery codes left. Ask an admin of \
             your account to reset your two-factor login.",
        ),
        M::LoginSpent => &(TOO_MANY, "Too many wrong codes. Sign in again."),
        M::LoginTries { .. } => &(TOO_MANY, "Too many wrong codes. Sign in again in {}."),
        M::CodeTries { .. } => &(TOO_MANY, "Too many wrong codes. Try again in {}."),
        M::TooOften { .. } => &("Too often", "You have done this very often within an hour. Try again in {}."),
        M::TooManyAuthenticators => {
            &("Too many authenticators", "You have ten authenticators already. Remove one first.")
        }
        M::NoEnrolment => {
            &("Nothing to confirm", "There is no set-up to confirm, or it took longer than 15 minutes. Start again.")
        }
        M::ShownBefore => &(
            "No longer shown",
            "This is shown for ten minutes after it is made. If you didn't save it, make a new one.",
        ),
        M::NameTaken => &(
            "Choose another name",
            "You already have an authenticator of that name. To move to a new phone, replace it.",
        ),
        M::NoAuthenticator => &("No authenticator", "Recovery codes stand in for an authenticator. Set one up first."),
        M::AuthenticatorName => &(INVALID, "A name has at most 64 characters."),
        M::Name => &(INVALID, "A name has 1 to 100 characters."),
        M::PasswordTooShort => {
            &(PASSWORD, "This password is too short. Use at least 15 characters, such as several unrelated words.")
        }
        M::PasswordTooLong => &(PASSWORD, "This password is too long. Use at most 256 characters."),
        M::PasswordCommon => &(
            PASSWORD,
            "This password is easy to guess: it is made of common words, repetitions or sequences. Use \
                     several unrelated words, or let a password manager make one.",
        ),
        M::PasswordPersonal => &(
            PASSWORD,
            "This password is easy to guess: it is made of your name, your e-mail address or this site's \
                     name. Use several words that have nothing to do with you or this site.",
        ),
        M::RequiredToKeep => {
            &(REQUIRED, "An account you belong to requires two-factor login, so two-factor login cannot be turned off.")
        }
        M::RequiredLastAuthenticator => {
            &(REQUIRED, "An account you belong to requires two-factor login, so the last authenticator stays.")
        }
        M::LastAuthenticator => {
            &("The last authenticator", "This is the last one. Set up another first, or turn two-factor login off.")
        }
        M::AlreadyPostponed => {
            &("Not again", "This was put off once. Type one of your recovery codes, or make new ones.")
        }
        M::InvitationGone => &(
            "No such invitation",
            "Open the link again. If it still leads here, the invitation was used, replaced or withdrawn, or is older \
             than seven days: ask for a new one.",
        ),
        M::LoginExists => &(
            "Sign in first",
            "There is a login for this address already. Sign in with it, then open the invitation again.",
        ),
        M::OtherLogin => {
            &("Signed in as someone else", "This invitation is for someone else. Sign out, then open the link again.")
        }
        M::NoAccount => &(
            "No account yet",
            "You don't belong to an account at the moment. Open the link in your invitation to join one.",
        ),
        M::InvalidToken => {
            &("Invalid token", "This token is unknown, has expired, or whoever made it may no longer use it.")
        }
        M::InvalidServiceToken => &("Invalid token", "This service token is unknown, was revoked, or has expired."),
        M::NotForService => &(FORBIDDEN, "This service token does not open this path by this method."),
        M::ProxyKey => &(
            FORBIDDEN,
            "Airlock-Proxy-Key is only for /check, Airlock-Relay-Key for what a proxy relays, and either is one of PROXY_KEYS.",
        ),
        M::ProxyTarget => &(INVALID, "Say in X-Forwarded-Uri which path this is about."),
        M::ForgedHeader => &(INVALID, "Leave out the headers by which the app is told who you are."),
        M::NoServiceWorker => &(FORBIDDEN, "The app may have no service worker on this host."),
        M::TokenScope => &(FORBIDDEN, "This token is not for that."),
        M::TokenMakes => &(FORBIDDEN, "A token can only add members. Sign in to invite or appoint an admin or owner."),
        M::Conflict => &(
            "Changed meanwhile",
            "Someone changed this at the same moment. Look at it again, then repeat it if it is still right.",
        ),
        M::Cursor => &(INVALID, "This cursor did not come from a list."),
        M::Limit => &(INVALID, "A limit is a number from 1 to 50."),
        M::AuditSearch => &(INVALID, "Search for an id or an e-mail address, and for the name of an action."),
        M::TwoFactorFilter => &(INVALID, "two_factor is `set_up`, `not_set_up`, `enabled`, `disabled` or `all`."),
        M::Sought => &(INVALID, "q is part of a name or an e-mail address, at most 254 characters."),
        M::InviteHigher => &(FORBIDDEN, "You cannot invite anyone to a higher role than yours."),
        M::AlreadyMember => {
            &("Already a member", "This address belongs to a member already, perhaps a deactivated one.")
        }
        M::NothingToChange => &(INVALID, "Say what to change: role, active or name."),
        M::ChangeHigher => {
            &(FORBIDDEN, "You cannot change someone with a higher role than yours, or give a higher role.")
        }
        M::DeactivateSelf => &(FORBIDDEN, "You cannot deactivate yourself. Ask another admin."),
        M::NotJoinedAccess => {
            &(NOT_JOINED, "Someone who was only invited has not joined yet. Remove them to withdraw the invitation.")
        }
        M::BelongsElsewhere => &(
            "Belongs to other accounts too",
            "A reset here would open this person's other accounts as well. Ask an admin of all of them, or whoever runs \
             this site.",
        ),
        M::RemoveHigher => &(FORBIDDEN, "You cannot remove someone with a higher role than yours."),
        M::RemoveSelf => &(FORBIDDEN, "You cannot remove yourself. Ask another admin."),
        M::LastOwner => {
            &("The last owner", "An account keeps at least one active owner. Make someone else an owner first.")
        }
        M::ResetSelf => &(
            FORBIDDEN,
            "You cannot reset your own two-factor login here. Change it in your profile, or ask another admin.",
        ),
        M::ResetHigher => &(FORBIDDEN, "This member has a higher role than you."),
        M::NotJoinedReset => &(NOT_JOINED, "Someone who was only invited has nothing to reset."),
        M::ServicePaths => {
            &(INVALID, "Name 1 to 20 paths of the app, such as /api/* or /files/*/pub, each of at most 200 characters.")
        }
        M::ServiceMethods => &(INVALID, "Name 1 to 20 methods in capital letters, such as GET and POST, or * alone."),
        M::TokenName => &(INVALID, "A token has a name of 1 to 64 characters."),
        M::TokenScopes => &(INVALID, "Say what the token is for: at least one scope."),
        M::TokenExpiry => &(INVALID, "A token ends within a year, such as 2030-01-31T00:00:00Z."),
        M::TooManyTokens { .. } => &("Too many tokens", "An account has at most {} tokens. Revoke one first."),
    }
}
