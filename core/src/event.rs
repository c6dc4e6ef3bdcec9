//! What happens: one enum of what is attempted, and its particulars. From them come the row of the audit, the line of the
//! log, what the audit's page and API say, and whether the jobs Worker is told.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::{
    mail,
    pages::date,
    people::{Role, session::Site},
    policy::Applies,
    ports::Value,
    texts::{AdminTexts, Device},
};

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $name:literal $words:ident,)*) => {
        /// What is attempted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// In the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// Its name in the database, in the log and in answers.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// What people call it.
            pub fn words(self, t: &AdminTexts) -> &'static str {
                match self {
                    $(Self::$action => t.$words,)*
                }
            }
        }
    };
}

actions! {
    /// The password of a login.
    Login "login" action_login,
    /// The one-time code of a login.
    Verify "verify" action_verify,
    /// A recovery code in its place.
    Recovery "recovery" action_recovery,
    /// Password and code again.
    Reauth "reauth" action_reauth,
    /// Signing out.
    Logout "logout" action_logout,
    /// Setting up an authenticator.
    Enrol "enrol" action_enrol,
    /// Making new recovery codes.
    RecoveryCodes "recovery_codes" action_recovery_codes,
    /// Changing one's own name.
    Renamed "renamed" action_renamed,
    /// Changing one's own password.
    Password "password" action_password,
    /// Having one's own authenticator asked for, when no account requires it.
    TwoFactorEnabled "two_factor_enabled" action_two_factor_enabled,
    /// Turning off one's own two-factor login.
    TwoFactorDisabled "two_factor_disabled" action_two_factor_disabled,
    /// Removing one of several authenticators of one's own.
    AuthenticatorRemoved "authenticator_removed" action_authenticator_removed,
    /// Ending a session of one's own.
    SessionEnded "session_ended" action_session_ended,
    /// Ending all others of one's own.
    SessionsEnded "sessions_ended" action_sessions_ended,
    /// Changing what an account requires.
    Policy "policy" action_policy,
    /// Taking a member's second factor away.
    TwoFactorReset "two_factor_reset" action_two_factor_reset,
    /// Inviting someone.
    MemberInvited "member_invited" action_member_invited,
    /// Opening an invitation's link.
    Join "join" action_join,
    /// Accepting an invitation.
    MemberJoined "member_joined" action_member_joined,
    /// Changing a member.
    MemberChanged "member_changed" action_member_changed,
    /// Removing a member.
    MemberRemoved "member_removed" action_member_removed,
    /// Making an API token.
    TokenMade "token_made" action_token_made,
    /// Revoking one.
    TokenRevoked "token_revoked" action_token_revoked,
    /// Making a service token.
    ServiceTokenMade "service_token_made" action_service_token_made,
    /// Revoking one.
    ServiceTokenRevoked "service_token_revoked" action_service_token_revoked,
    /// Letting a member go without two-factor login until a day.
    Exempted "exempted" action_exempted,
    /// Ending that.
    ExemptionEnded "exemption_ended" action_exemption_ended,
    /// The operator creates an account.
    AccountCreated "account_created" action_account_created,
    /// The operator takes a second factor away with nobody's consent.
    BreakGlass "break_glass" action_break_glass,
    /// The operator ends all that someone may hold.
    EverythingEnded "everything_ended" action_everything_ended,
    /// The oldest rows go, after the days that the operator set.
    AuditTrimmed "audit_trimmed" action_audit_trimmed,
    /// The owner of an address ends a login that claimed it unproven, and begins anew.
    StartedOver "started_over" action_started_over,
    /// "This was not me", from a notice: all that was open ends, and the password until another is set.
    NotMe "not_me" action_not_me,
    /// An admin makes that password work again.
    PasswordRestored "password_restored" action_password_restored,
    /// A mail to someone was not taken for a day, or never will be.
    MailGivenUp "mail_given_up" action_mail_given_up,
    /// Setting a password by a link that was mailed, and asking for one.
    PasswordReset "password_reset" action_password_reset,
    /// Changing one's own address by a link that was mailed to the new one, and asking for that.
    EmailChanged "email_changed" action_email_changed,
    /// Taking that back by a link that was mailed to the old one.
    EmailUndone "email_undone" action_email_undone,
    /// Something that an admin should look at.
    Alert "alert" action_alert,
}

impl Action {
    /// The action of this name. Rows of later releases may have others.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// Whether it changes no more than the session in which it is done.
    fn is_of_session(self) -> bool {
        matches!(self, Self::Login | Self::Verify | Self::Recovery | Self::Reauth | Self::Logout)
    }
}

impl From<Action> for Value {
    fn from(action: Action) -> Self {
        action.name().into()
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One line of the log, and one row of the audit: who did what to whom, with what result. Never a secret.
#[derive(Clone, Debug, Serialize)]
pub struct Event<'a> {
    /// What was attempted.
    pub action: Action,
    /// `ok`, or the code of the refusal.
    pub result: &'static str,
    /// User id of the actor, where known.
    pub actor: Option<&'a str>,
    /// User id of whom it concerns.
    pub target: Option<&'a str>,
}

impl Event<'_> {
    /// Whether it changed more than the session in which it was done.
    pub fn changes(&self) -> bool {
        self.result == "ok" && !self.action.is_of_session()
    }
}

macro_rules! detail {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// The particulars of an event: in the database JSON with what there is to say, or nothing.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Detail {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }

        impl Detail {
            /// What they are called.
            const NAMES: &[&str] = &[$(stringify!($field)),*];
        }
    };
}

detail! {
    /// The Worker at which it was done.
    site: Site,
    /// The role that was given.
    role: Role,
    /// The one before it.
    role_before: Role,
    /// Whether they may sign in.
    active: bool,
    /// Whether the account calls them something else.
    renamed: bool,
    /// Whether two-factor login is required.
    required: bool,
    /// Of which sessions.
    applies: Applies,
    /// From which day on (RFC 3339).
    starts_at: String,
    /// Until which day someone is exempt (RFC 3339).
    until: String,
    /// Why.
    reason: String,
    /// Whether the operator did it.
    operator: bool,
    /// The key that the operator proved to have.
    key: String,
    /// Whether recovery codes ended too.
    recovery_codes: bool,
    /// What an API token or a service token is called.
    token: String,
    /// What a service token opens: methods and paths.
    opens: String,
    /// How many rows went.
    rows: i64,
    /// The number of the last of them.
    up_to: i64,
    /// Its seal.
    sealed: String,
    /// Whether it was done in another account.
    elsewhere: bool,
    /// How many wrong passwords there were.
    times: i64,
    /// From how many networks.
    networks: i64,
    /// Which mail.
    mail: mail::Kind,
    /// The browser that it was done in, as [`Device`] writes one.
    device: Device,
    /// Whether a recovery code took the place of a one-time code.
    recovery_code: bool,
    /// Whether an authenticator took the place of others.
    replaced: bool,
    /// The address that someone has from then on.
    email: String,
    /// The one before it.
    email_before: String,
}

impl Detail {
    /// An act of the operator, with the key that they proved to have where one was asked for.
    pub fn of_operator(key: Option<&str>) -> Self {
        Self { operator: Some(true), key: key.map(str::to_owned), ..Self::default() }
    }

    /// The seal of the last row that went. A row of before says it at the end of an English sentence.
    pub fn sealed(text: &str) -> Option<String> {
        match serde_json::from_str::<Self>(text) {
            Ok(detail) => detail.sealed,
            Err(_) => text.split_once(", sealed ").map(|(_, sealed)| sealed.to_owned()),
        }
    }

    /// What people read of it, what others typed in quotation marks. What rows of before say is shown as it is, the names of
    /// their tokens too.
    pub fn words(action: &str, text: &str, t: &AdminTexts) -> String {
        // Looked up by name: to make a struct of it would take the Worker several kilobytes.
        let Ok(detail) = serde_json::from_str::<Map<String, Json>>(text) else { return text.to_owned() };
        // A later release said it.
        if detail.keys().any(|name| !Self::NAMES.contains(&name.as_str())) {
            return text.to_owned();
        }
        let (said, number) = (|name| detail.get(name)?.as_str(), |name| detail.get(name)?.as_i64());
        let is = |name: &str| detail.get(name).and_then(Json::as_bool);
        if action == Action::TokenMade.name() && said("token").is_none() {
            return text.to_owned();
        }
        let says = |name: &str, words: &str| is(name).filter(|is| *is).map(|_| words.to_owned());
        let role = |name| Role::ALL.into_iter().find(|role| Some(role.name()) == said(name));
        let parts = [
            said("site").filter(|site| *site == Site::Admin.name()).map(|_| t.at_admin.to_owned()),
            role("role").map(|now| match role("role_before") {
                Some(before) => t.detail_role(t.role_in_text(before), t.role_in_text(now)),
                None => t.detail_as(t.role_in_text(now)),
            }),
            is("active").map(|active| if active { t.detail_activated } else { t.detail_deactivated }.to_owned()),
            says("renamed", t.detail_renamed),
            is("required").map(|required| {
                match (required, said("applies"), said("starts_at")) {
                    (false, ..) => t.detail_not_required,
                    (true, _, Some(day)) => return t.detail_starts(&date(day, t)),
                    (true, Some("now"), _) => t.detail_now,
                    (true, ..) => t.detail_next_login,
                }
                .to_owned()
            }),
            said("until").map(|day| t.detail_until(&date(day, t))),
            said("reason").map(|why| format!("\u{201c}{}\u{201d}", why.replace(['\u{201c}', '\u{201d}'], "\""))),
            says("elsewhere", t.detail_elsewhere),
            says("operator", t.detail_operator),
            said("key").map(|key| format!("{} {key}", t.detail_key)),
            says("recovery_codes", t.detail_codes_too),
            // Marks of its own would end the quotation early.
            said("token").map(|name| format!("\u{201c}{}\u{201d}", name.replace(['\u{201c}', '\u{201d}'], "\""))),
            said("mail").map(|mail| t.mail(mail).to_owned()),
            says("recovery_code", t.detail_recovery_code),
            says("replaced", t.detail_replaced),
            said("device").map(|device| Device::kept(device).said(t)),
            said("opens").map(str::to_owned),
            said("email_before").zip(said("email")).map(|(before, email)| format!("{before} → {email}")),
            number("rows").zip(number("up_to")).map(|(rows, last)| t.detail_trimmed(rows, last)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl From<&Detail> for Value {
    fn from(detail: &Detail) -> Self {
        match *detail == Detail::default() {
            true => "".into(),
            false => serde_json::to_string(detail).unwrap_or_default().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::texts::Language;

    #[test]
    fn each_action_has_a_name_and_words_of_its_own_in_each_language() {
        for language in Language::ALL {
            for (i, action) in Action::ALL.iter().enumerate() {
                assert_eq!(Action::parse(action.name()), Some(*action));
                let t = language.admin_texts();
                let other = Action::ALL.iter().take(i).find(|other| other.words(t) == action.words(t));
                assert_eq!(other, None, "{action:?} in {language:?}");
            }
        }
        assert_eq!(Action::parse("Login"), None);
    }

    #[test]
    fn only_what_outlives_the_session_changes_anything() {
        let changes = |action, result| Event { action, result, actor: None, target: None }.changes();
        let of_session = Action::ALL.iter().filter(|action| !changes(**action, "ok")).map(|action| action.name());
        assert_eq!(of_session.collect::<Vec<_>>(), ["login", "verify", "recovery", "reauth", "logout"]);
        assert!(Action::ALL.iter().all(|action| !changes(*action, "forbidden")));
    }

    #[test]
    fn a_detail_says_what_there_is_to_say() {
        let none = Detail::default();
        let all = Detail {
            site: Some(Site::Admin),
            role: Some(Role::Admin),
            role_before: Some(Role::Member),
            active: Some(false),
            renamed: Some(true),
            required: Some(true),
            applies: Some(Applies::Now),
            key: Some("p1".to_owned()),
            recovery_codes: Some(true),
            token: Some("nightly".to_owned()),
            opens: Some("GET /reports/*".to_owned()),
            rows: Some(12),
            up_to: Some(345),
            sealed: Some("e5".to_owned()),
            ..Detail::of_operator(None)
        };
        for (detail, said) in [
            (none.clone(), ""),
            (
                all,
                "at the admin pages, role from member to admin, deactivated, renamed, required from now on, \
                 by the operator, with key p1, recovery codes too, “nightly”, GET /reports/*, 12 entries, up to no. 345",
            ),
            (Detail { site: Some(Site::Edge), ..none.clone() }, ""),
            (Detail { role: Some(Role::Owner), active: Some(true), ..none.clone() }, "as owner, activated"),
            (Detail { elsewhere: Some(true), ..none.clone() }, "in another account"),
            (
                Detail { token: Some("x”, by the operator, “y".to_owned()), ..none.clone() },
                "“x\", by the operator, \"y”",
            ),
            (Detail { required: Some(false), ..none.clone() }, "not required"),
            (
                Detail { required: Some(true), applies: Some(Applies::NextLogin), ..none.clone() },
                "required from the next login",
            ),
            (Detail { renamed: Some(false), times: Some(3), networks: Some(2), ..none }, ""),
        ] {
            let text = match Value::from(&detail) {
                Value::Text(text) => text,
                value => format!("{value:?}"),
            };
            assert_eq!(Detail::words("policy", &text, Language::En.admin_texts()), said);
            if !text.is_empty() {
                assert_eq!(serde_json::from_str::<Detail>(&text).unwrap(), detail);
            }
        }
    }

    /// Before particulars were JSON, a token's row had its name alone.
    #[test]
    fn a_name_is_no_particular() {
        for name in ["{}", r#"{"operator":true}"#, "x, by the operator"] {
            assert_eq!(Detail::words("token_made", name, Language::En.admin_texts()), name);
        }
    }

    #[test]
    fn the_seal_of_what_went_is_found_in_rows_of_before_too() {
        assert_eq!(Detail::sealed(r#"{"rows":1,"up_to":5,"sealed":"e5"}"#), Some("e5".to_owned()));
        assert_eq!(Detail::sealed("1 up to row 5, sealed e5"), Some("e5".to_owned()));
        assert_eq!(Detail::sealed(r#"{"rows":1}"#), None);
        assert_eq!(Detail::sealed(""), None);
    }
}
