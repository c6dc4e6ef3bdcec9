//! What can be asked of Airlock, and as which request.

use airlock::{people::session::Site, ports::Now};
use serde_json::{Value as Json, json};

/// How long a service token lasts that is made by a form, in days.
pub const FORM_DAYS: i64 = 1;

/// Something to ask of Airlock.
#[derive(Clone, Debug)]
pub enum Act {
    Login {
        email: String,
        password: String,
        return_to: &'static str,
    },
    Verify {
        code: String,
    },
    Recovery {
        code: String,
    },
    Begin,
    Confirm {
        code: String,
        name: String,
        /// The authenticator that it takes the place of, or none.
        replaces: String,
    },
    Reauth {
        password: String,
        code: Option<String>,
        purpose: &'static str,
        waits: Option<Box<Waits>>,
    },
    Enable,
    Disable,
    RemoveAuthenticator {
        id: String,
    },
    NewCodes,
    Kept {
        code: String,
    },
    Later,
    Rename {
        name: String,
    },
    Password {
        current: String,
        new: String,
        keep_tokens: bool,
    },
    Logout,
    EndSession {
        id: String,
    },
    EndOthers,
    /// What someone reads of the app, and what they change.
    Gate,
    Save,
    Billing,
    Session,
    Profile,
    Join {
        token: String,
        password: Option<String>,
    },
    /// By a link to an address whose login is to end.
    StartOver {
        token: String,
        password: String,
    },
    Require {
        account: String,
        required: bool,
        applies: &'static str,
        /// From when on; `None`: at once.
        starts_at: Option<i64>,
    },
    /// Until then; `None`: no longer.
    Exempt {
        account: String,
        user: String,
        until: Option<i64>,
    },
    Reset {
        account: String,
        user: String,
    },
    Invite {
        account: String,
        email: String,
        role: &'static str,
    },
    Change {
        account: String,
        user: String,
        role: Option<&'static str>,
        active: Option<bool>,
        name: Option<String>,
    },
    Remove {
        account: String,
        user: String,
    },
    MakeToken {
        account: String,
        scopes: &'static [&'static str],
    },
    RevokeToken {
        account: String,
        id: String,
    },
    MakeServiceToken {
        account: String,
        path: &'static str,
        method: &'static str,
        expires_at: i64,
    },
    RevokeServiceToken {
        account: String,
        id: String,
    },
    /// What a program asks of the app.
    Program {
        path: &'static str,
        method: &'static str,
    },
    Members {
        account: String,
    },
    /// The page of what was made last and is shown once.
    Shown {
        account: String,
    },
    Forgot {
        email: String,
    },
    SetPassword {
        token: String,
        new: String,
    },
    /// Another address: asked for, confirmed by a link, and taken back by one.
    Email {
        email: String,
    },
    ConfirmEmail {
        token: String,
    },
    UndoEmail {
        token: String,
    },
    /// By the link of a notice; and what a program does that follows every link.
    NotMe {
        token: String,
    },
    Scan {
        token: String,
    },
    Restore {
        account: String,
        user: String,
    },
    Tick,
    Recover {
        user: String,
    },
}

/// A form that waits for a proof, as the page brings it along that asks for that.
#[derive(Clone, Debug)]
pub struct Waits {
    pub act: Act,
    /// What tells the form from every other, the session that it was sent in, and when.
    pub form: Option<String>,
    pub session: Option<String>,
    pub at: i64,
    /// What the page carries: its own key, the form as it is sealed, where to go then.
    pub key: String,
    pub asked: String,
    pub return_to: String,
    /// Whether someone has altered what is sealed.
    pub altered: bool,
}

impl Act {
    /// Method, path and body.
    pub fn call(&self, site: Site) -> (&'static str, String, Json) {
        let user = |account: &str, user: &str| format!("/api/v1/accounts/{account}/users/{user}");
        match self {
            Self::Login { email, password, return_to } => {
                let fields = json!({ "email": email, "password": password, "return_to": return_to });
                ("POST", "/auth/login".to_owned(), fields)
            }
            Self::Verify { code } => ("POST", "/auth/verify".to_owned(), json!({ "code": code })),
            Self::Recovery { code } => ("POST", "/auth/recovery".to_owned(), json!({ "code": code })),
            Self::Begin => ("GET", "/auth/enrol".to_owned(), Json::Null),
            Self::Confirm { code, name, replaces } => {
                ("POST", "/auth/enrol".to_owned(), json!({ "code": code, "name": name, "replaces": replaces }))
            }
            Self::Reauth { password, code, purpose, .. } => {
                let mut fields = json!({ "password": password, "purpose": purpose });
                if let Some(code) = code {
                    fields["code"] = code.as_str().into();
                }
                ("POST", "/auth/reauth".to_owned(), fields)
            }
            Self::Enable => ("POST", "/auth/two-factor/enable".to_owned(), json!({})),
            Self::Disable => ("POST", "/auth/two-factor/disable".to_owned(), json!({})),
            Self::RemoveAuthenticator { id } => ("POST", format!("/auth/authenticators/{id}/remove"), json!({})),
            Self::NewCodes => ("POST", "/auth/recovery-codes".to_owned(), json!({})),
            Self::Kept { code } => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "code": code })),
            Self::Later => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "later": true })),
            Self::Rename { name } => ("POST", "/auth/profile/edit".to_owned(), json!({ "name": name })),
            Self::Password { current, new, keep_tokens } => (
                "POST",
                "/auth/password".to_owned(),
                json!({ "current_password": current, "new_password": new, "keep_tokens": keep_tokens }),
            ),
            Self::Logout => ("POST", "/auth/logout".to_owned(), json!({})),
            Self::EndSession { id } => ("POST", format!("/auth/sessions/{id}/end"), json!({})),
            Self::EndOthers => ("POST", "/auth/sessions/end-others".to_owned(), json!({})),
            Self::Gate if site == Site::Admin => ("GET", "/api/v1/accounts".to_owned(), Json::Null),
            Self::Gate => ("GET", "/reports".to_owned(), Json::Null),
            Self::Save => ("POST", "/reports".to_owned(), Json::Null),
            Self::Billing => ("GET", "/billing".to_owned(), Json::Null),
            Self::Session => ("GET", "/auth/session".to_owned(), Json::Null),
            Self::Profile => ("GET", "/auth/profile".to_owned(), Json::Null),
            Self::Join { token, password } => {
                let fields = password.as_ref().map_or(json!({}), |password| json!({ "password": password }));
                ("POST", format!("/auth/invite/{token}"), fields)
            }
            Self::StartOver { password, .. } => {
                ("POST", "/auth/start-over".to_owned(), json!({ "password": password, "start_over": true }))
            }
            Self::Require { account, required, applies, starts_at } => (
                "PUT",
                format!("/api/v1/accounts/{account}/two-factor"),
                json!({ "required": required, "applies": applies, "starts_at": starts_at.map(|at| Now(at).rfc3339()) }),
            ),
            Self::Exempt { account, user: id, until } => match until {
                Some(until) => (
                    "PUT",
                    user(account, id) + "/two-factor/exemption",
                    json!({ "until": Now(*until).rfc3339(), "reason": "More time" }),
                ),
                None => ("DELETE", user(account, id) + "/two-factor/exemption", Json::Null),
            },
            Self::Reset { account, user: id } => ("POST", user(account, id) + "/two-factor/reset", json!({})),
            Self::Invite { account, email, role } => (
                "POST",
                format!("/api/v1/accounts/{account}/users"),
                json!({ "email": email, "name": "Invited", "role": role }),
            ),
            Self::Change { account, user: id, role, active, name } => {
                let mut change = serde_json::Map::new();
                change.extend(role.map(|role| ("role".to_owned(), role.into())));
                change.extend(active.map(|active| ("active".to_owned(), active.into())));
                change.extend(name.clone().map(|name| ("name".to_owned(), name.into())));
                ("PATCH", user(account, id), change.into())
            }
            Self::Remove { account, user: id } => ("DELETE", user(account, id), Json::Null),
            Self::MakeToken { account, scopes } => {
                ("POST", format!("/api/v1/accounts/{account}/tokens"), json!({ "name": "job", "scopes": scopes }))
            }
            Self::RevokeToken { account, id } => {
                ("DELETE", format!("/api/v1/accounts/{account}/tokens/{id}"), json!({}))
            }
            Self::MakeServiceToken { account, path, method, expires_at } => (
                "POST",
                format!("/api/v1/accounts/{account}/service-tokens"),
                json!({ "name": "program", "paths": [path], "methods": [method], "expires_at": Now(*expires_at).rfc3339() }),
            ),
            Self::RevokeServiceToken { account, id } => {
                ("DELETE", format!("/api/v1/accounts/{account}/service-tokens/{id}"), json!({}))
            }
            Self::Program { path, method } => (method, (*path).to_owned(), Json::Null),
            Self::Members { account } => ("GET", format!("/api/v1/accounts/{account}/users"), Json::Null),
            Self::Shown { account } => ("GET", format!("/shown?account={account}"), Json::Null),
            Self::Forgot { email } => ("POST", "/auth/forgot".to_owned(), json!({ "email": email })),
            Self::SetPassword { token, new } => {
                ("POST", format!("/auth/reset-password/{token}"), json!({ "new_password": new }))
            }
            Self::Email { email } => ("POST", "/auth/email".to_owned(), json!({ "email": email })),
            Self::ConfirmEmail { token } => ("POST", format!("/auth/email/{token}"), json!({})),
            Self::UndoEmail { token } => ("POST", format!("/auth/email-undo/{token}"), json!({})),
            Self::NotMe { token } => ("POST", format!("/auth/not-me/{token}"), json!({})),
            Self::Scan { token } => ("GET", format!("/auth/not-me/{token}"), Json::Null),
            Self::Restore { account, user: id } => ("POST", user(account, id) + "/password/restore", json!({})),
            // No request: the admin Worker's job of every minute, and the operator with the database in hand.
            Self::Tick | Self::Recover { .. } => ("", String::new(), Json::Null),
        }
    }

    /// An act as the form of a page: where it is sent, and its fields beside the page's key.
    pub fn form(&self) -> Option<(String, Vec<(&'static str, String)>)> {
        const ON: &str = "on";
        let own = || self.call(Site::Edge).1;
        let account = |account: &String| vec![("account", account.clone())];
        Some(match self {
            // The page knows days alone.
            Self::Require { starts_at: Some(_), .. } => return None,
            Self::Require { account: id, required, applies, starts_at: None } => {
                let chosen = [
                    ("required", required.to_string()),
                    ("applies", (*applies).to_owned()),
                    ("starts_at", String::new()),
                ];
                ("/settings/security/two-factor".to_owned(), [account(id), chosen.into()].concat())
            }
            Self::Reset { account: id, user } => (format!("/members/{user}/reset"), account(id)),
            Self::Restore { account: id, user } => (format!("/members/{user}/restore-password"), account(id)),
            Self::Invite { account: id, email, role } => {
                let who = [("email", email.clone()), ("name", "Invited".to_owned()), ("role", (*role).to_owned())];
                ("/members".to_owned(), [account(id), who.into()].concat())
            }
            Self::Change { account: id, user, role, active, name } => {
                let mut fields = account(id);
                fields.extend(role.map(|role| ("role", role.to_owned())));
                fields.extend(active.map(|active| ("active", active.to_string())));
                fields.extend(name.clone().map(|name| ("name", name)));
                (format!("/members/{user}"), fields)
            }
            Self::Remove { account: id, user } => (format!("/members/{user}/remove"), account(id)),
            Self::MakeToken { account: id, scopes } => {
                let mut fields = account(id);
                fields.extend([("name", "job".to_owned()), ("days", "90".to_owned())]);
                fields.extend(scopes.iter().map(|scope| (*scope, ON.to_owned())));
                ("/tokens".to_owned(), fields)
            }
            Self::RevokeToken { account: of, id } => (format!("/tokens/{id}/revoke"), account(of)),
            Self::MakeServiceToken { account: id, path, method, .. } => {
                let opens = [("paths", (*path).to_owned()), ("methods", (*method).to_owned())];
                let named = [("name", "program".to_owned()), ("days", FORM_DAYS.to_string())];
                ("/service-tokens".to_owned(), [account(id), named.into(), opens.into()].concat())
            }
            Self::RevokeServiceToken { account: of, id } => (format!("/service-tokens/{id}/revoke"), account(of)),
            Self::Disable
            | Self::NewCodes
            | Self::EndOthers
            | Self::EndSession { .. }
            | Self::RemoveAuthenticator { .. } => (own(), Vec::new()),
            Self::Password { current, new, keep_tokens } => {
                let mut fields = vec![("current_password", current.clone()), ("new_password", new.clone())];
                fields.extend(keep_tokens.then(|| ("keep_tokens", "true".to_owned())));
                (own(), fields)
            }
            Self::Confirm { code, name, replaces } => {
                let named = [("name", name.clone()), ("replaces", replaces.clone())];
                (own(), [vec![("code", code.clone())], named.into()].concat())
            }
            Self::Reauth { password, code, waits: Some(waits), .. } => {
                let mut fields = vec![("password", password.clone()), ("asked", waits.asked.clone())];
                fields.extend(code.clone().map(|code| ("code", code)));
                fields.push(("return_to", waits.return_to.clone()));
                (own(), fields)
            }
            _ => return None,
        })
    }

    /// Whether it shows or changes how someone signs in: that is for people alone, whatever a script may send.
    pub fn for_people(&self) -> bool {
        self.takes_key()
            || matches!(
                self,
                Self::Begin
                    | Self::Profile
                    | Self::Join { .. }
                    | Self::SetPassword { .. }
                    | Self::StartOver { .. }
                    | Self::NotMe { .. }
            )
            || matches!(self, Self::Email { .. } | Self::ConfirmEmail { .. } | Self::UndoEmail { .. })
    }

    /// Whether it is a form that a person sends from their own pages, with the key of that page.
    pub fn takes_key(&self) -> bool {
        matches!(
            self,
            Self::Verify { .. }
                | Self::Recovery { .. }
                | Self::Confirm { .. }
                | Self::Reauth { .. }
                | Self::Enable
                | Self::Disable
                | Self::RemoveAuthenticator { .. }
                | Self::NewCodes
                | Self::Kept { .. }
                | Self::Later
                | Self::Rename { .. }
                | Self::Password { .. }
                | Self::EndSession { .. }
                | Self::EndOthers
        )
    }

    /// What the key of its form is made over beside the session, if it is a form with one.
    pub fn key(&self) -> Option<Option<&str>> {
        match self {
            Self::Join { token, password: None } => Some(Some(token)),
            act => act.takes_key().then_some(None),
        }
    }

    /// The account in which it is an admin's act.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Require { account, .. }
            | Self::Reset { account, .. }
            | Self::Restore { account, .. }
            | Self::Invite { account, .. }
            | Self::Change { account, .. }
            | Self::Remove { account, .. }
            | Self::MakeToken { account, .. }
            | Self::RevokeToken { account, .. }
            | Self::MakeServiceToken { account, .. }
            | Self::RevokeServiceToken { account, .. } => Some(account),
            _ => None,
        }
    }

    /// The scope that lets an API token do it.
    pub fn scope(&self) -> &'static str {
        match self {
            Self::Require { .. } => "two_factor:write",
            Self::Reset { .. } | Self::Restore { .. } => "reset",
            Self::Invite { .. } | Self::Change { .. } | Self::Remove { .. } => "users:write",
            _ => "",
        }
    }
}
