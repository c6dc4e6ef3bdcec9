//! What people read: everything that pages, mails and problems say is in one folder for each language. A text that one of
//! them lacks does not compile.

#[macro_use]
mod data;
#[cfg(not(target_arch = "wasm32"))]
mod de;
#[cfg(not(target_arch = "wasm32"))]
mod en;
#[cfg(not(target_arch = "wasm32"))]
mod hi;

use std::{borrow::Cow, ops::Deref, sync::OnceLock};

use serde::{Deserialize, Serialize};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use data::Told;
pub(crate) use data::{Listed, listed};
use data::{Parts, Table, digest, kept};

use crate::{mail::Notice, people::Role, ports::Fault};

/// The cookie that keeps which language a browser's user has chosen.
pub const LANGUAGE_COOKIE: &str = "__Host-airlock-language";

/// How long the choice is kept, in seconds: a year.
pub const LANGUAGE_COOKIE_MAX_AGE_S: u32 = 365 * 86_400;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// Hindi.
    Hi,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Hi];

    /// Its tag (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Hi => "hi",
        }
    }

    /// Its name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Hi => "हिन्दी",
        }
    }

    /// Which way it is written, for HTML.
    pub fn dir(self) -> &'static str {
        match self {
            Self::En | Self::De | Self::Hi => "ltr",
        }
    }

    /// Everything it says to the users of either Worker.
    pub fn texts(self) -> &'static Texts {
        self.says().texts
    }

    /// The same, and all that it says at the edge Worker.
    pub fn edge_texts(self) -> &'static EdgeTexts {
        self.says().edge
    }

    /// The same, and all that it says at the admin Worker.
    pub fn admin_texts(self) -> &'static AdminTexts {
        self.says().admin
    }

    /// All that mails say.
    pub fn mail_texts(self) -> &'static MailTexts {
        self.says().mail
    }

    /// As it is compiled in.
    #[cfg(not(target_arch = "wasm32"))]
    fn says(self) -> &'static Says {
        macro_rules! says {
            ($language:ident) => {{
                static SAYS: Says = Says {
                    texts: &$language::TEXTS,
                    edge: &$language::EDGE,
                    admin: &$language::ADMIN,
                    mail: &$language::MAIL,
                };
                &SAYS
            }};
        }
        match self {
            Self::En => says!(en),
            Self::De => says!(de),
            Self::Hi => says!(hi),
        }
    }

    /// As it is read when it is first needed.
    #[cfg(target_arch = "wasm32")]
    fn says(self) -> &'static Says {
        static READ: [OnceLock<Says>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
        let read =
            || SOURCE.get().and_then(|(part, data)| part.read(self, data(self.code())?).ok()).unwrap_or(Says::NONE);
        READ.get(self as usize).map_or(&Says::NONE, |says| says.get_or_init(read))
    }

    /// The language with this tag.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// What to answer in: as chosen by the user, else what the browser likes best (RFC 9110 §12.5.4), else English. Regions
    /// and scripts make no difference.
    pub fn choose(cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        let mut best = (0, Self::En);
        for entry in accept_language.unwrap_or_default().split(',') {
            let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let known = if primary == "*" { Some(Self::En) } else { Self::parse(&primary) };
            // Of two that are liked as well, the one named first.
            if let (Some(weight), Some(language)) = (thousandths(weight), known)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        cookie.and_then(Self::parse).unwrap_or(best.1)
    }

    /// A message in this language.
    pub fn say(self, message: Message) -> Said {
        use Message as M;
        let t = self.texts();
        let (title, detail) = t.problems.get(message);
        let number = match message {
            M::ClockBehind { seconds } | M::ClockAhead { seconds } => duration(seconds, t),
            M::Passwords { seconds }
            | M::LoginTries { seconds }
            | M::CodeTries { seconds }
            | M::TooOften { seconds }
            | M::NetworkResets { seconds } => {
                duration(if seconds < IN_SECONDS { seconds } else { seconds.next_multiple_of(60) }, t)
            }
            M::TooManyTokens { most } | M::ExemptTooMany { most } => most.to_string(),
            _ => return Said { title, detail: detail.into(), field: message.field() },
        };
        Said { title, detail: self.fill(detail, &[("number", number.as_str().into())]).into(), field: message.field() }
    }
}

/// A quality value such as `q=0.8`, in thousandths: it has three decimals at most.
fn thousandths(weight: &str) -> Option<u16> {
    let weight = weight.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim();
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let plain = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let value = whole.parse::<u16>().ok()?.checked_mul(1000)?
        + format!("{decimals:0<3}").parse::<u16>().ok().filter(|_| plain)?;
    (value <= 1000).then_some(value)
}

/// What went wrong, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What kind of problem.
    pub title: &'static str,
    /// What to do about it.
    pub detail: Cow<'static, str>,
    /// Which field of its form it is about, where a form has several; empty, if it is about none or all.
    pub field: &'static str,
}

/// A browser and the system it runs on, as far as its `User-Agent` says, such as Firefox on Windows; kept as `Firefox/Windows`. Only a
/// help to tell one's own sessions apart: any client can claim to be any other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device(String);

impl Device {
    /// The one behind a `User-Agent`.
    pub fn of(user_agent: &str) -> Self {
        // The first that fits: later ones are part of what earlier ones call themselves.
        const BROWSERS: [(&str, &str); 9] = [
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("OPT/", "Opera"),
            ("SamsungBrowser", "Samsung Internet"),
            ("Firefox/", "Firefox"),
            ("FxiOS", "Firefox"),
            ("CriOS", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ];
        const SYSTEMS: [(&str, &str); 7] = [
            ("Windows", "Windows"),
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ];
        let named = |names: &[(&str, &'static str)]| {
            names.iter().find(|(part, _)| user_agent.contains(part)).map_or("", |(_, name)| *name)
        };
        Self(format!("{}/{}", named(&BROWSERS), named(&SYSTEMS)))
    }

    /// One as it is kept.
    pub fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The one behind a `User-Agent`, if that says anything.
    pub fn known(user_agent: &str) -> Option<Self> {
        Some(Self::of(user_agent)).filter(|device| device.0 != "/")
    }

    /// What people call it.
    pub fn said(&self, t: &Texts) -> String {
        match self.0.split_once('/') {
            Some((browser, system)) if !browser.is_empty() && !system.is_empty() => t.device(browser, system),
            Some((one, "")) | Some(("", one)) if !one.is_empty() => one.to_owned(),
            _ => t.unknown_device.to_owned(),
        }
    }
}

/// Below so many seconds people count them.
const IN_SECONDS: u64 = 120;

/// Seconds as people say them: two minutes and more in minutes and what is left.
fn duration(seconds: u64, t: &Texts) -> String {
    match (seconds / 60, seconds % 60) {
        _ if seconds < IN_SECONDS => t.seconds(seconds),
        (minutes, 0) => t.minutes(minutes),
        (minutes, seconds) => format!("{} {}", t.minutes(minutes), t.seconds(seconds)),
    }
}

listed! {
/// What can go wrong, as far as people are told.
#[expect(missing_docs, reason = "the texts say what each is")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    // Any request.
    Fields,
    QueryFields,
    TooLarge,
    UnsupportedMediaType,
    Foreign,
    OldPage,
    NothingSaved,
    FormHeld,
    SignInApart,
    ForPeople,
    AppDown,
    AppSlow,
    NotFound,
    MethodNotAllowed,
    Unavailable,
    Misconfigured,
    UnknownLanguage,
    // Signing in.
    LoginRequired,
    VerifyRequired,
    EnrolRequired,
    AlreadySignedIn,
    ReauthRequired,
    NetworkLogins,
    NetworkTries,
    Passwords { seconds: u64 },
    Busy,
    CookiesBlocked,
    EmailAddress,
    AsciiAddress,
    PasswordLength,
    InvalidCredentials,
    WrongPassword,
    EnterPassword,
    EnterCode,
    CodeShape,
    RecoveryCodeShape,
    WrongCode,
    WrongNewCode,
    WrongRecoveryCode,
    NotRecoveryCode,
    UsedCode,
    ClockBehind { seconds: u64 },
    ClockAhead { seconds: u64 },
    AppAlgorithm,
    AuthenticatorLocked,
    NoWayBack,
    LoginSpent,
    LoginTries { seconds: u64 },
    CodeTries { seconds: u64 },
    TooOften { seconds: u64 },
    // Setting up, and the profile.
    TooManyAuthenticators,
    NoEnrolment,
    /// A form waited for its sender to prove who they are, for longer than it does.
    WaitedTooLong,
    CodesShownBefore,
    NoRecoveryCodes,
    /// A form is too long to wait for that.
    TooLongToWait,
    NameTaken,
    NoAuthenticator,
    AuthenticatorFirst,
    AuthenticatorName,
    Name,
    PasswordTooShort,
    PasswordTooLong,
    PasswordCommon,
    PasswordPersonal,
    RequiredToKeep,
    RequiredLastAuthenticator,
    LastAuthenticator,
    AlreadyPostponed,
    InvitationGone,
    LoginExists,
    OtherLogin,
    StartOverUnsure,
    NoAccount,
    NetworkResets { seconds: u64 },
    ResetGone,
    PasswordStopped,
    NotMeGone,
    NotMeToday,
    AddressTaken,
    LinkGone,
    // Administering.
    InvalidToken,
    InvalidServiceToken,
    NotForService,
    ProxyKey,
    ProxyTarget,
    ForgedHeader,
    NoServiceWorker,
    TokenScope,
    TokenMakes,
    Conflict,
    Cursor,
    Limit,
    AuditSearch,
    TwoFactorFilter,
    Sought,
    InviteHigher,
    AlreadyMember,
    EnoughInvitations,
    NothingToChange,
    ChangeHigher,
    DeactivateSelf,
    NotJoinedAccess,
    BelongsElsewhere,
    RemoveHigher,
    RemoveSelf,
    LastOwner,
    ResetSelf,
    ResetHigher,
    NotJoinedReset,
    RestoreSelf,
    TokenName,
    ServicePaths,
    ServiceMethods,
    TokenScopes,
    TokenExpiry,
    StartsAt,
    ExemptSelf,
    NotJoinedExempt,
    ExemptUntil,
    ExemptWhy,
    ExemptSetUp,
    ExemptTooMany { most: i64 },
    TooManyTokens { most: i64 },
    NothingShown,
    LinkEnded,
    TokenEnded,
}
}

impl Message {
    /// The field that is at fault, of forms that have several.
    fn field(self) -> &'static str {
        match self {
            Self::EmailAddress | Self::AsciiAddress | Self::AlreadyMember | Self::AddressTaken => "email",
            Self::Name | Self::TokenName => "name",
            Self::PasswordTooShort | Self::PasswordTooLong | Self::PasswordCommon | Self::PasswordPersonal => "new",
            Self::WrongPassword | Self::Passwords { .. } => "current",
            Self::ServicePaths => "paths",
            Self::ServiceMethods => "methods",
            Self::TokenScopes => "scopes",
            Self::StartsAt => "starts-at",
            Self::ExemptUntil => "until",
            Self::ExemptWhy => "reason",
            _ => "",
        }
    }

    /// Whether it ends with time alone.
    pub fn waits(self) -> bool {
        matches!(
            self,
            Self::NetworkLogins
                | Self::NetworkTries
                | Self::Passwords { .. }
                | Self::LoginTries { .. }
                | Self::CodeTries { .. }
                | Self::TooOften { .. }
                | Self::NetworkResets { .. }
        )
    }
}

texts! {
    /// Everything that is said in one language, but for what one Worker alone says.
    Texts { written_in: Language = Language::En, problems: Table<Message> = Table::NONE }

    // Every page.
    error, done_title, skip, admin, language, start_page,
    // Words that come up on several.
    account, cancel, continue_, copy, done, download, email, locked, name, next_try, new_password, on, password, password_hint, print, profile, recovery_code, recovery_codes, remove, role, role_member, role_admin, role_owner, save, search, show, sign_in, sign_in_again, sign_out, sign_out_here, six_digit_code, try_again, try_again_now, turn_on, two_factor,
    // Signing in.
    enter_code, whole_code, use_recovery_code_instead, someone_else, use_recovery_code, recovery_hint, use_app, no_codes_left, confirm_it_is_you, reauth, reauth_code, remove_authenticator, end_session, next_is, reauth_code_hint, reauth_locked_hint, why_time, why_ended, why_unsaved, why_signed_out,
    // Setting up.
    authenticator_app, set_up, demanded, demanded_of_admins, scan, scan_with, no_app, get_app, cannot_scan, copy_key, copied, open_here, or_type, enter_shown, codes_renewed, set_up_lost, not_now, add_or_replace, add_beside, replaces_all, authenticator_name_hint, confirm, nothing_changes, keep_codes, codes_why, codes_once, codes_how, codes_kept, kept_question, kept_why, kept_hint, kept_later, kept_new,
    // Invitations.
    join_button,
    // One's own profile.
    change_password, change_email, make_codes, turn_off_title, end_others,
    // A forgotten password.
    forgot, set_password, why_new_password, unknown_device, saved, form_from_hidden;

    seconds(n: u64),
    minutes(n: u64),
    date(year: &str, month: &str, day: &str),
    open_app(site: &str),
    step_of(step: i64, steps: i64),
    parameters(algorithm: &str, digits: u32, seconds: u64),
    used_codes_left(n: i64),
    replaces(name: &str),
    ask_admin(account: &str),
    codes_file(site: &str),
    form_from(site: &str),
    signed_in_as(email: &str),
    added(day: &str, last_used: &str),
    device(browser: &str, system: &str),
}

texts! {
    /// What the edge Worker says besides.
    EdgeTexts { everywhere: &'static Texts = &NO_TEXTS }

    // Words that come up on several.
    accounts, off, settings,
    // Invitations.
    join_existing, join_new, not_my_login, start_over, start_over_ends, start_over_factors, start_over_sessions, start_over_sure,
    // One's own profile.
    admin_pages, edit_profile, switch_links, why_two_factor, enable, keep_tokens, current_password, other_sessions_end, asked_each_login, password_alone, not_asked, ask_each_login, locked_out, authenticators, add_authenticator, add_authenticator_rest, make_before, not_shown, do_it_now, turn_off_what, sessions, this_one, end,
    set_up_now, later,
    // A forgotten password.
    forgot_how, forgot_send, forgot_sent, forgot_nothing, reset_ends, done_set_up, done_disabled, done_others_ended, done_password,
    // From a notice.
    not_me, not_me_ends, not_me_what, not_me_sure, not_me_done, not_me_next,
    // Another address.
    email_how, new_email, email_fixed, email_nothing, email_now, email_ends, email_login, email_other, email_undo, email_undo_ends, email_confirm, done_email;

    back_to(site: &str),
    done_removed(name: &str),
    done_ended(device: &str),
    codes_left(n: i64),
    required_by(account: &str),
    starts_from(account: &str, day: &str),
    exempt_from(account: &str, day: &str, why: &str),
    join(account: &str),
    join_other(email: &str),
    last_seen(moment: &str),
    as_admin(device: &str),
    waiting(device: &str),
    forgot_sent_to(email: &str),
    join_login(email: &str),
    email_sent_to(email: &str),
    email_undo_to(email: &str),
    start_over_why(email: &str),
    start_over_leaves(account: &str),
    start_over_new(account: &str),
}

texts! {
    /// What the admin Worker says besides.
    AdminTexts { everywhere: &'static Texts = &NO_TEXTS }

    // Administering: the frame, and what is said of members.
    two_factor_short, members, audit, api_tokens, confirm_first, next_page, name_or_email, show_all_members, nobody_so_far,
    invited_not_joined, too_many_wrong, since, last_used, set_up, not_asked_for, not_set_up,
    deactivated,
    // The policy.
    settings_security, two_factor_authentication, required, from_next, from_now, not_required, members_decide,
    if_stopped, if_required_all_have, require, stop_requiring, apply_now, when,
    next_login, next_login_hint, at_once, at_once_hint, starts_at, starts_hint, starts_mails, then_next, then_now, change_day, require_today, preview, look, stopped, last_sign_in, sets_up, enters_code, as_table, back, exempt_short, nobody_exempt, nobody_locked, exemption, exempt_what, until_day, until_hint, reason, reason_hint, exempt, end_exemption, all, nobody_yet,
    everybody_has, nobody_here, reset, reset_not_self, policy_required, policy_not_required, confirmed,
    // Asking once more.
    change_member, reset_two_factor, withdraw_invitation, remove_member, reset_stops, reset_sessions, reset_next, no_undo,
    link_stops, remove_tokens, invitation_needed,
    // Members.
    invite_someone, invite_note, invite, invitation, not_accepted, make_link, this_is_you, access,
    deactivating, deactivated_until, deactivate, activate, password_stopped, restore_password, mailed_note, send_again, not_read,
    // The audit.
    what, everything, who, to_whom, exact, nothing_found, nothing_found_yet, show_everything, at_admin,
    unknown, by_token, older, keep_copy, keep_copy_why, keep_copy_parts, after_entry, public_keys, next_part, action_login, action_verify, action_recovery, action_reauth,
    action_logout, action_enrol, action_recovery_codes, action_policy, action_two_factor_reset,
    action_member_invited, action_join, action_member_joined, action_member_changed, action_member_removed,
    action_token_made, action_token_revoked, action_service_token_made, action_service_token_revoked, action_alert, action_renamed, action_password,
    action_two_factor_enabled, action_two_factor_disabled, action_authenticator_removed, action_session_ended, action_sessions_ended,
    action_exempted, action_exemption_ended, action_account_created, action_break_glass, action_everything_ended, action_audit_trimmed, action_mail_given_up, action_started_over, mail_test, mail_invitation, mail_forgot, mail_email, mail_email_changed, mail_notice, mail_admin_notice, mail_unfinished, mail_starts, action_not_me, action_password_restored, detail_recovery_code, detail_replaced, action_password_reset, action_email_changed, action_email_undone, result_credentials, result_code, result_conflict,
    result_failures, detail_next_login, detail_now, detail_not_required, detail_activated,
    detail_deactivated, detail_renamed, detail_elsewhere, detail_operator, detail_key, detail_codes_too,
    // API tokens.
    api_description, make_token, what_for, ends_after, days_30, days_90, a_year, no_tokens, for_,
    last_used_label, ends, revoke, never, new_token, token_advice, shown_once, scope_two_factor_read,
    scope_two_factor_write, scope_reset, scope_users_read, scope_users_write, scope_audit_read,
    this_member, member_in_text, admin_in_text, owner_in_text,
    // Service tokens.
    service_tokens, new_service_token, service_token_advice, paths, paths_hint, methods, methods_hint, opens;

    required_from(day: &str),
    exempt_until(day: &str),
    quoted(text: &str),
    detail_until(day: &str),
    starts_until(n: i64),
    preview_question(account: &str),
    would_set_up(n: i64, members: i64),
    would_enter_code(n: i64),
    would_stop_sessions(n: i64),
    open_sessions(n: i64),
    policy_starts(day: &str),
    detail_starts(day: &str),
    for_everyone(account: &str),
    set_up_by(n: i64, members: i64),
    set_up_not_asked(n: i64),
    of_members(n: i64, members: i64),
    led_to_it(n: i64),
    asked_to(n: i64),
    just_password(n: i64),
    stop_question(account: &str),
    require_question(account: &str),
    nobody_has(letters: &str),
    reset_of(email: &str),
    reset_question(email: &str),
    reset_why(member: &str),
    was_reset(email: &str),
    withdraw_question(email: &str),
    remove_question(email: &str, account: &str),
    remove_sessions(account: &str),
    only_role(role: &str),
    members_of(account: &str),
    invited(email: &str, role: &str),
    invitation_mailed(email: &str),
    invitation_withdrawn(email: &str),
    removed_from_account(email: &str),
    revoked(name: &str),
    detail_as(role: &str),
    detail_role(from: &str, to: &str),
    detail_trimmed(rows: i64, last: i64),
    tokens_for(account: &str),
    service_tokens_for(account: &str),
    made_by(email: &str),
}

texts! {
    /// What mails say in one language.
    MailTexts { everywhere: &'static Texts = &NO_TEXTS, notices: Table<Notice> = Table::NONE }

    button_fails, not_expected,
    test_subject, test_arrives,
    join,
    forgot_ignore, changed_not_you,
    not_me, not_me_does, was_you, ask_admin_why, make_new_codes,
    email_confirm, email_undo, email_changed_not_you, email_changed_you,
    starts_needs, starts_later;

    forgot_subject(site: &str),
    forgot_asked(site: &str),
    when(at: &str),
    from(from: &str),
    email_subject(site: &str),
    email_asked(site: &str),
    email_changed_subject(site: &str),
    email_changed(site: &str),
    starts_subject(account: &str, day: &str),
    starts(account: &str, site: &str, day: &str),
    invitation_subject(account: &str),
    invited(by: &str, account: &str, site: &str),
    joins_until(until: &str),
    works_for(address: &str),
}

/// What is said by what has read nothing.
static NO_TEXTS: Texts = Texts::NONE;

/// Everything that one language says; in a Worker, as far as that says it.
#[derive(Clone, Copy)]
struct Says {
    texts: &'static Texts,
    edge: &'static EdgeTexts,
    admin: &'static AdminTexts,
    mail: &'static MailTexts,
}

impl Says {
    const NONE: Self = {
        static EDGE: EdgeTexts = EdgeTexts::NONE;
        static ADMIN: AdminTexts = AdminTexts::NONE;
        static MAIL: MailTexts = MailTexts::NONE;
        Self { texts: &NO_TEXTS, edge: &EDGE, admin: &ADMIN, mail: &MAIL }
    };
}

/// What one Worker says.
pub struct Part {
    /// The Worker's name.
    pub name: &'static str,
    head: u64,
    read: fn(&mut Parts, Language) -> Says,
    #[cfg(not(target_arch = "wasm32"))]
    parts: fn(&Says) -> Vec<&'static str>,
}

impl Part {
    /// What the edge Worker says.
    pub const EDGE: Self = Self {
        name: "worker",
        head: digest(&[Texts::NAMES, Message::NAMES, EdgeTexts::NAMES]),
        read: |parts, language| {
            let texts = everywhere(parts, language);
            Says { texts, edge: kept(EdgeTexts::read(parts, (texts,))), ..Says::NONE }
        },
        #[cfg(not(target_arch = "wasm32"))]
        parts: |says| says.edge.parts(),
    };

    /// What the admin Worker says.
    pub const ADMIN: Self = Self {
        name: "admin",
        head: digest(&[Texts::NAMES, Message::NAMES, AdminTexts::NAMES]),
        read: |parts, language| {
            let texts = everywhere(parts, language);
            Says { texts, admin: kept(AdminTexts::read(parts, (texts,))), ..Says::NONE }
        },
        #[cfg(not(target_arch = "wasm32"))]
        parts: |says| says.admin.parts(),
    };

    /// What mails say.
    pub const MAILS: Self = Self {
        name: "jobs",
        head: digest(&[Texts::NAMES, Message::NAMES, MailTexts::NAMES, Notice::NAMES]),
        read: |parts, language| {
            let (texts, notices) = (everywhere(parts, language), Table::read(parts));
            Says { texts, mail: kept(MailTexts::read(parts, (texts, notices))), ..Says::NONE }
        },
        #[cfg(not(target_arch = "wasm32"))]
        parts: |says| [says.mail.notices.parts(), says.mail.parts()].concat(),
    };

    /// Each.
    #[cfg(not(target_arch = "wasm32"))]
    pub const ALL: [Self; 3] = [Self::EDGE, Self::ADMIN, Self::MAILS];

    /// The file that has it in a language.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn file(&self, language: Language) -> String {
        let says = language.says();
        data::file(self.head, &[says.texts.problems.parts(), says.texts.parts(), (self.parts)(says)])
    }

    /// Whether this can be read: a file of this release.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, language: Language, data: Vec<u8>) -> Result<(), Fault> {
        self.read(language, data).map(drop)
    }

    /// Such a file, read.
    fn read(&self, language: Language, data: Vec<u8>) -> Result<Says, Fault> {
        data::read(data, self.head, |parts| (self.read)(parts, language))
    }
}

/// What both Workers say.
fn everywhere(parts: &mut Parts, language: Language) -> &'static Texts {
    let problems = Table::read(parts);
    kept(Texts::read(parts, (language, problems)))
}

/// Where a Worker has its texts from: what it says, and what is beside its Wasm under a name, such as a language's code.
type Source = (Part, fn(&str) -> Option<Vec<u8>>);

static SOURCE: OnceLock<Source> = OnceLock::new();

/// Says where texts come from; the first time counts.
pub fn come_from(part: Part, data: fn(&str) -> Option<Vec<u8>>) {
    let _ = SOURCE.set((part, data));
}

/// What is beside the Wasm under a name.
#[cfg(target_arch = "wasm32")]
pub(crate) fn beside(name: &str) -> Option<String> {
    SOURCE.get().and_then(|(_, data)| String::from_utf8(data(name)?).ok())
}

/// Whether there are texts, and those of this release.
///
/// # Errors
/// There are not.
pub fn check() -> Result<(), Fault> {
    match Language::default().texts().error {
        "" => Err(Fault::new("no texts, or those of another release")),
        _ => Ok(()),
    }
}

impl Deref for MailTexts {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        self.everywhere
    }
}

impl Deref for EdgeTexts {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        self.everywhere
    }
}

impl Deref for AdminTexts {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        self.everywhere
    }
}

impl AdminTexts {
    /// A mail, by the name of its kind.
    pub(crate) fn mail(&self, kind: &str) -> &'static str {
        match kind {
            "test" => self.mail_test,
            "invitation" => self.mail_invitation,
            "forgot" => self.mail_forgot,
            "email" => self.mail_email,
            "email_changed" => self.mail_email_changed,
            "admin_notice" => self.mail_admin_notice,
            "unfinished" => self.mail_unfinished,
            "announcement" | "starts" => self.mail_starts,
            _ => self.mail_notice,
        }
    }
}

impl Texts {
    /// A role, standing alone.
    pub(crate) fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Member => self.role_member,
            Role::Admin => self.role_admin,
            Role::Owner => self.role_owner,
        }
    }
}

impl AdminTexts {
    /// A role, in a sentence.
    pub(crate) fn role_in_text(&self, role: Role) -> &'static str {
        match role {
            Role::Member => self.member_in_text,
            Role::Admin => self.admin_in_text,
            Role::Owner => self.owner_in_text,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn each_message_is_told_in_the_words_of_each_language() {
        for &message in Message::ALL {
            let [english, german, hindi] = Language::ALL.map(|language| language.say(message));
            for other in [&german, &hindi] {
                assert!(other.title != english.title && other.detail != english.detail, "{other:?}");
                assert!(!other.title.is_empty() && !other.detail.contains(['{', '}']), "{other:?}");
            }
            let devanagari = |text: &str| text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c));
            assert!(devanagari(hindi.title) && devanagari(&hindi.detail), "{hindi:?}");
        }
    }

    /// What docs/words.md asks, as far as a machine can tell.
    #[test]
    fn texts_keep_to_the_words_that_were_agreed_on() {
        macro_rules! all {
            ($language:literal) => {
                concat!(
                    include_str!(concat!($language, "/mod.rs")),
                    include_str!(concat!($language, "/edge.rs")),
                    include_str!(concat!($language, "/admin.rs")),
                    include_str!(concat!($language, "/mail.rs")),
                    include_str!(concat!($language, "/problems.rs")),
                )
            };
        }
        let (english, german, hindi) = (all!("en"), all!("de"), all!("hi"));
        for (file, strays) in [
            (
                english,
                "who has|for who |of which|prove|cannot |do not|does not|did not|it is you| a mail|A mail|no mail|ll mail|this mail|your mail",
            ),
            (german, "Konten|Ihr Konto|Ihres Kontos|Authentifizierung|2FA |Administrator"),
            (hindi, "खात|अकाउंट|प्रशास|वन-टाइम|प्रमाणीकरण|2FA "),
        ] {
            for stray in strays.split('|') {
                assert_eq!(file.lines().find(|line| line.contains(stray)), None, "{stray}");
            }
        }
        // Nothing that is typed as it stands is followed by a mark that could be taken for a part of it.
        let typed = |part: &str| part.ends_with(|c: char| c.is_ascii_alphanumeric());
        assert_eq!(hindi.lines().find(|line| line.split('।').rev().skip(1).any(typed)), None);
        for language in Language::ALL {
            let t = language.admin_texts();
            assert_ne!(t.cancel, t.revoke, "{language:?}");
        }
    }

    /// What is in braces is filled in, all of it; and where words depend on a number, there is one for each plural category.
    #[test]
    fn whatever_is_to_be_filled_in_is_in_every_language() {
        fn places(text: &str) -> Vec<&str> {
            let inner = text.split('{').skip(1).map(|place| place.split(['|', '}']).next().unwrap());
            inner.collect()
        }
        /// How many forms each place has that has any, but for the one of none at all.
        fn forms(text: &str) -> Vec<usize> {
            let (mut open, mut counts) = (Vec::new(), Vec::new());
            for (at, c) in text.char_indices() {
                match c {
                    '{' => open.push((at, 0)),
                    '|' => open.last_mut().unwrap().1 += 1,
                    '}' => counts.extend(
                        open.pop()
                            .filter(|(_, forms)| *forms > 0)
                            .map(|(begin, forms)| forms - usize::from(text.get(begin..at).unwrap().contains("|=0 "))),
                    ),
                    _ => {}
                }
            }
            assert_eq!(open, [], "{text}");
            counts
        }
        for language in Language::ALL {
            let categories = (0..200).map(|n| language.plural(n)).max().unwrap() + 1;
            let (texts, edge) = (language.texts().filled(), language.edge_texts().filled());
            let (admin, mail) = (language.admin_texts().filled(), language.mail_texts().filled());
            for (name, text, values) in [texts, edge, admin, mail].concat() {
                let found = places(text);
                assert!(found.iter().all(|place| values.contains(place)), "{language:?}: {name} has {found:?}");
                // Some verbs do not change with their number, and some languages say it without one.
                let left: Vec<_> = values.iter().filter(|value| !found.contains(value)).collect();
                assert!(left.is_empty() || left == [&"n"], "{language:?}: {name} lacks {left:?}");
                assert!(forms(text).iter().all(|forms| *forms == categories), "{language:?}: {name}: {text}");
                assert!(!language.fill(text, &[]).contains(['{', '}', '|']), "{language:?}: {name}");
            }
            for notice in Notice::ALL {
                let (subject, text) = language.mail_texts().notices.get(*notice);
                let known = ["site", "account", "by", "who", "day", "role"];
                assert!([places(subject), places(text)].concat().iter().all(|place| known.contains(place)), "{text}");
            }
        }
    }

    /// A Worker reads what was written for it, and nothing else.
    #[test]
    fn a_file_is_read_as_it_was_written() {
        for part in Part::ALL {
            for language in Language::ALL {
                let file = part.file(language);
                let read = part.read(language, file.clone().into_bytes()).unwrap();
                let says = language.says();
                assert_eq!(read.texts.parts(), says.texts.parts());
                assert_eq!(read.texts.problems.parts(), says.texts.problems.parts());
                assert_eq!(read.texts.written_in, language);
                assert_eq!((part.parts)(&read), (part.parts)(says));
                assert_eq!(read.texts.seconds(2), says.texts.seconds(2));
                let spoilt = [
                    format!("{file}\0"),
                    file.rsplit_once('\0').unwrap().0.to_owned(),
                    format!("1{file}"),
                    String::new(),
                ];
                for spoilt in spoilt.into_iter().map(String::into_bytes).chain([vec![0xff]]) {
                    assert!(part.check(language, spoilt).is_err(), "{}", part.name);
                }
                let others = Part::ALL.into_iter().filter(|other| other.name != part.name);
                for other in others {
                    assert!(
                        other.check(language, file.clone().into_bytes()).is_err(),
                        "{} as {}",
                        part.name,
                        other.name
                    );
                }
            }
        }
    }

    #[test]
    fn numbers_are_counted_as_each_language_counts() {
        let codes = |language: Language| [0, 1, 2].map(|n| language.texts().used_codes_left(n));
        assert_eq!(codes(Language::En)[1..], ["You have one recovery code left.", "You have 2 recovery codes left."]);
        assert_eq!(
            codes(Language::De)[1..],
            ["Sie haben noch einen Wiederherstellungscode.", "Sie haben noch 2 Wiederherstellungscodes."]
        );
        assert_eq!(codes(Language::Hi)[1..], ["आपके पास एक रिकवरी कोड बचा है।", "आपके पास 2 रिकवरी कोड बचे हैं।"]);
        let policy = |language: Language| {
            let t = language.admin_texts();
            [1, 3].map(|n| format!("{} {} {}", t.set_up_by(n, n), t.of_members(n, 5), t.led_to_it(n)))
        };
        assert_eq!(
            policy(Language::En),
            [
                "1 of 1 member has set it up. 1 of 5 members has not, and can't get in before they do.",
                "3 of 3 members have set it up. 3 of 5 members have not, and can't get in before they do.",
            ]
        );
        for language in Language::ALL {
            let [one, other] = policy(language);
            assert_ne!(one.replace('1', "3"), other, "{language:?}");
        }
        let said = |seconds| Language::ALL.map(|language| duration(seconds, language.texts()));
        assert_eq!(said(1), ["1 second", "1 Sekunde", "1 सेकंड"]);
        assert_eq!(said(119), ["119 seconds", "119 Sekunden", "119 सेकंड"]);
        assert_eq!(said(120), ["2 minutes", "2 Minuten", "2 मिनट"]);
        assert_eq!(said(150), ["2 minutes 30 seconds", "2 Minuten 30 Sekunden", "2 मिनट 30 सेकंड"]);
        // Nobody is told to come back too early.
        let tries = |seconds| Language::En.say(Message::CodeTries { seconds }).detail;
        assert_eq!(tries(119), "Too many wrong codes. Try again in 119 seconds.");
        assert_eq!(tries(121), "Too many wrong codes. Try again in 3 minutes.");
    }
}
