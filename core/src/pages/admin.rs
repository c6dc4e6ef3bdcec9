//! The pages of the admin Worker.

use askama::Template;

use crate::{
    admin::api::{Account, AuditEntry, Token, TwoFactor, User},
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
    /// What was done just before.
    pub done: Option<&'static str>,
    /// The caller's address.
    pub email: &'a str,
    /// The accounts the caller administers.
    pub accounts: Vec<Account>,
    /// The one the page is about.
    pub account: &'a Account,
    /// Which entry of the navigation this is.
    pub section: &'static str,
}

/// A list as a page shows it.
pub struct Listed<T> {
    /// One page of it.
    pub rows: Vec<T>,
    /// The query of the next page.
    pub next: Option<String>,
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
        typed: (String, String),
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
        typed: String,
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
        typed: &'a (String, String),
        roles: &'a [Role],
    }
    MemberPage "admin/member.html" { user: &'a User, roles: &'a [Role], own: bool }
    AuditPage "admin/audit.html" { entries: &'a Listed<AuditEntry>, search: &'a [String; 3] }
    TokensPage "admin/tokens.html" { tokens: &'a [Token], scopes: [Scope; 5], typed: &'a str }
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

/// A moment as people read it: `2026-11-03 14:05` of `2026-11-03T14:05:09Z`. Everything is in UTC, which the page says.
fn moment(rfc3339: &str) -> String {
    rfc3339.get(..16).unwrap_or(rfc3339).replace('T', " ")
}

/// The same, without the time of day.
fn day(rfc3339: &str) -> &str {
    rfc3339.get(..10).unwrap_or(rfc3339)
}
