//! English: what the admin Worker says besides.

use super::TEXTS;
use crate::texts::AdminTexts;

pub(in crate::texts) static ADMIN: AdminTexts = AdminTexts {
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
    mailed_note: "They'll get an e-mail with a link. It works once, for seven days, and nobody else sees it.",
    send_again: "Send the invitation again",
    not_read: "E-mail address not verified yet",
    this_is_you: "This is you. Ask another admin to reset, deactivate or remove you.",
    access: "Access",
    deactivating: "Deactivating someone ends their sessions and API tokens in this account. You can undo this, but \
                   they'll have to sign in again.",
    deactivated_until: "Deactivated: they can't use this account until you activate them again.",
    deactivate: "Deactivate",
    activate: "Activate",
    password_stopped: "“This wasn't me” was pressed in an e-mail to this member: their password no longer works. They set a new one by e-mail. If it was a mistake, make the old one work again.",
    restore_password: "Make the password work again",
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
    action_password: "Password change",
    action_two_factor_enabled: "Two-factor login turned on",
    action_two_factor_disabled: "Two-factor login turned off",
    action_authenticator_removed: "Authenticator removed",
    action_session_ended: "Session ended",
    action_sessions_ended: "Other sessions ended",
    action_account_created: "Account created",
    action_break_glass: "Emergency access",
    action_everything_ended: "Everything ended",
    action_mail_given_up: "E-mail not delivered",
    action_started_over: "Started over: the previous login ended",
    mail_test: "test e-mail",
    mail_invitation: "invitation",
    mail_forgot: "link to a new password",
    mail_email: "link to a new address",
    mail_email_changed: "notice of another address",
    action_password_reset: "Password set by an e-mailed link",
    action_email_changed: "Own address changed",
    action_email_undone: "Change of address undone",
    mail_notice: "notice",
    mail_admin_notice: "notice to an admin",
    mail_unfinished: "notice of a password without a code",
    action_not_me: "“This wasn't me”",
    action_password_restored: "Password works again",
    detail_recovery_code: "with a recovery code",
    detail_replaced: "in place of another",
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
    ends_after: "Expires after",
    days_30: "30 days",
    days_90: "90 days",
    a_year: "A year",
    no_tokens: "There are no tokens yet.",
    for_: "For",
    last_used_label: "Last used",
    ends: "Expires",
    revoke: "Revoke",
    never: "never",
    new_token: "New API token",
    token_advice: "Programs send it with each request, in the Authorization header after the word Bearer.",
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
    service_token_advice: "Programs send it in the Airlock-Token header. Those that can't, such as git, WebDAV and \
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
    invitation_mailed: |email| format!("We've sent the invitation to {email}. Its link works once, for seven days."),
    invitation_withdrawn: |email| format!("The invitation for {email} is withdrawn."),
    removed_from_account: |email| format!("{email} removed from the account."),
    revoked: |name| format!("“{name}” revoked. It no longer works."),
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
