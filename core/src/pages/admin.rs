//! The pages of the admin Worker.

use askama::Template;

use super::{day, moment};
use crate::{
    admin::api::{Account, AuditEntry, NewUser, Token, TwoFactor, User},
    caller::Scope,
    http::Problem,
    policy::Applies,
    ports::Fault,
    session::Role,
};

/// What every admin page has.
pub struct Frame<'a> {
    /// The operator's name for the site.
    pub site_name: &'a str,
    /// What the style sheet's element carries.
    pub nonce: &'a str,
    /// Where the style sheet is.
    pub stylesheet: &'a str,
    /// What went wrong with the form before.
    pub problem: Option<&'a Problem>,
    /// Whether the caller may change things now, without proving again who they are.
    pub fresh: bool,
    /// Whether a form that is folded away is to be open.
    pub open: bool,
    /// What was done just before.
    pub done: Option<String>,
    /// The caller's address.
    pub email: &'a str,
    /// The accounts the caller administers.
    pub accounts: Vec<Account>,
    /// The one the page is about.
    pub account: &'a Account,
    /// Which entry of the navigation this is.
    pub section: &'static str,
}

/// The entries of the navigation: what they are known by, where they are, what they are called.
const SECTIONS: [(&str, &str, &str); 4] = [
    ("two-factor", "/settings/security/two-factor", "Two-factor"),
    ("members", "/members", "Members"),
    ("audit", "/audit", "Audit"),
    ("tokens", "/tokens", "API tokens"),
];

impl Frame<'_> {
    /// Where the page's section begins.
    fn section_path(&self) -> &'static str {
        SECTIONS.iter().find(|(section, ..)| *section == self.section).map_or("/", |(_, path, _)| *path)
    }

    /// By way of proving again who one is, back to where the section begins.
    fn confirm_path(&self) -> String {
        let encoded = |fields: &[(&str, &str)]| serde_urlencoded::to_string(fields).unwrap_or_default();
        let query = encoded(&[("account", &self.account.id), ("done", "confirmed")]);
        format!("/auth/reauth?{}", encoded(&[("return_to", &format!("{}?{query}", self.section_path()))]))
    }
}

/// A list as a page shows it.
pub struct Listed<T> {
    /// One page of it.
    pub rows: Vec<T>,
    /// The query of the next page.
    pub next: Option<String>,
}

/// The form for a token, as it was filled in.
pub struct TypedToken {
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// After how many days it ends.
    pub days: i64,
}

/// An admin page and what it shows.
pub enum AdminPage {
    /// Settings › Security › Two-factor authentication.
    TwoFactor {
        /// The policy, and how far members are.
        policy: TwoFactor,
        /// Members.
        users: Listed<User>,
        /// `enabled`, `disabled` or `all`.
        filter: &'static str,
        /// What their addresses begin with.
        q: String,
    },
    /// Asks once more before a member's second factor or membership is taken away.
    Confirm {
        /// Whom it concerns.
        user: User,
        /// Whether it is a reset rather than a removal.
        reset: bool,
    },
    /// Members, and a form to invite one.
    Members {
        /// Members.
        users: Listed<User>,
        /// What their addresses begin with.
        q: String,
        /// What was typed into the form before.
        typed: NewUser,
        /// Roles the caller may give.
        roles: Vec<Role>,
    },
    /// One member, and what can be changed.
    Member {
        /// Who.
        user: User,
        /// Roles the caller may give.
        roles: Vec<Role>,
        /// Whether it is the caller.
        own: bool,
    },
    /// The audit.
    Audit {
        /// Entries, newest first.
        entries: Listed<AuditEntry>,
        /// What is searched for: actor, target, action.
        search: [String; 3],
    },
    /// API tokens, and a form to make one.
    Tokens {
        /// All of them.
        tokens: Vec<Token>,
        /// What was typed into the form before.
        typed: TypedToken,
    },
    /// Something that is shown only once.
    Once {
        /// What it is: a heading.
        title: &'static str,
        /// The value.
        value: String,
        /// What to do with it.
        advice: String,
    },
}

templates! {
    TwoFactorPage "admin/two_factor.html" {
        policy: &'a TwoFactor,
        users: &'a Listed<User>,
        filter: &'a str,
        q: &'a str,
    }
    Confirm "admin/confirm.html" { user: &'a User, reset: bool }
    Members "admin/members.html" {
        users: &'a Listed<User>,
        q: &'a str,
        typed: &'a NewUser,
        roles: &'a [Role],
    }
    MemberPage "admin/member.html" { user: &'a User, roles: &'a [Role], own: bool }
    AuditPage "admin/audit.html" { entries: &'a Listed<AuditEntry>, search: &'a [String; 3] }
    TokensPage "admin/tokens.html" { tokens: &'a [Token], scopes: [Scope; 5], typed: &'a TypedToken }
    Once "admin/once.html" { title: &'a str, value: &'a str, advice: &'a str }
}

impl AdminPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// A template that does not render.
    pub fn render(&self, frame: &Frame<'_>) -> Result<String, Fault> {
        match self {
            Self::TwoFactor { policy, users, filter, q } => TwoFactorPage { frame, policy, users, filter, q }.render(),
            Self::Confirm { user, reset } => Confirm { frame, user, reset: *reset }.render(),
            Self::Members { users, q, typed, roles } => Members { frame, users, q, typed, roles }.render(),
            Self::Member { user, roles, own } => MemberPage { frame, user, roles, own: *own }.render(),
            Self::Audit { entries, search } => AuditPage { frame, entries, search }.render(),
            Self::Tokens { tokens, typed } => TokensPage { frame, tokens, scopes: Scope::ALL, typed }.render(),
            Self::Once { title, value, advice } => Once { frame, title, value, advice }.render(),
        }
        .map_err(Fault::new)
    }
}

/// What is written down, in the words of the page.
const ACTIONS: [(&str, &str); 17] = [
    ("login", "Sign-in: password"),
    ("verify", "Sign-in: code"),
    ("recovery", "Sign-in: recovery code"),
    ("reauth", "Password and code again"),
    ("logout", "Sign-out"),
    ("enrol", "Authenticator set up"),
    ("recovery_codes", "New recovery codes"),
    ("policy", "Policy changed"),
    ("two_factor_reset", "Two-factor login reset"),
    ("member_invited", "Member invited"),
    ("join", "Invitation tried"),
    ("member_joined", "Member joined"),
    ("member_changed", "Member changed"),
    ("member_removed", "Member removed"),
    ("token_made", "API token made"),
    ("token_revoked", "API token revoked"),
    ("alert", "Alert"),
];

/// An action as people read it; one without words by its name.
fn action(name: &str) -> &str {
    ACTIONS.iter().find(|(action, _)| *action == name).map_or(name, |(_, words)| words)
}

/// A role, standing alone.
fn title(role: &Role) -> &'static str {
    match role {
        Role::Member => "Member",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

/// What a scope is for.
fn purpose(scope: &Scope) -> &'static str {
    match scope {
        Scope::TwoFactorRead => "See the two-factor policy",
        Scope::TwoFactorWrite => "Change the two-factor policy, reset members",
        Scope::UsersRead => "See members",
        Scope::UsersWrite => "Invite, change and remove members",
        Scope::AuditRead => "Read the audit",
    }
}
