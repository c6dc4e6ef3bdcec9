//! The pages of the admin Worker.

use askama::Template;

use super::{Head, Languages, accent::Accent, date, day, moment, tied, with_return_to};
use crate::{
    admin::api::{Account, AuditEntry, NewUser, Preview, ServiceToken, Token, TwoFactor, User},
    event::Action,
    flows::Prefix,
    people::{Role, caller::Scope},
    policy::Applies,
    ports::Fault,
    texts::{AdminTexts as Texts, Language, Said},
    web::encoded,
};

/// What every admin page has.
pub struct Frame<'a> {
    /// The operator's name for the site.
    pub site_name: &'a str,
    /// Where Airlock's own paths begin.
    pub prefix: &'a Prefix,
    /// What the elements carry that load style sheet and script.
    pub nonce: &'a str,
    /// The operator's colour.
    pub accent: Option<&'a Accent>,
    /// Where the operator's logo is.
    pub logo: Option<&'a str>,
    /// What went wrong with the form before.
    pub problem: Option<Said>,
    /// Whether the caller may change things now, without proving again who they are.
    pub fresh: bool,
    /// Whether a form that is folded away is to be open.
    pub open: bool,
    /// What was done just before.
    pub done: Option<String>,
    /// The caller's address.
    pub email: &'a str,
    /// Where the caller's own profile is.
    pub profile: String,
    /// The accounts the caller administers.
    pub accounts: Vec<Account>,
    /// The one the page is about.
    pub account: &'a Account,
    /// Which entry of the navigation this is.
    pub section: &'static str,
    /// What it is written in.
    pub language: Language,
    /// Where another choice of language leads back to.
    pub here: String,
    /// What its forms carry, which tells one sent twice from two.
    pub key: String,
    /// Whether mails are sent.
    pub mails: bool,
}

/// The entries of the navigation: what they are known by, where they are, what they are called.
fn sections(t: &Texts) -> [(&'static str, &'static str, &'static str); 5] {
    [
        ("two-factor", "/settings/security/two-factor", t.two_factor_short),
        ("members", "/members", t.members),
        ("audit", "/audit", t.audit),
        ("tokens", "/tokens", t.api_tokens),
        ("service-tokens", "/service-tokens", t.service_tokens),
    ]
}

/// What stands above each page: where one is, and as whom.
#[derive(Template)]
#[template(path = "admin/header.html")]
struct Header<'a> {
    frame: &'a Frame<'a>,
    t: &'static Texts,
}

impl Frame<'_> {
    fn t(&self) -> &'static Texts {
        self.language.admin_texts()
    }

    fn header(&self) -> Header<'_> {
        Header { frame: self, t: self.t() }
    }

    /// Ties a field to its hint, if it has one, and to the problem, if that is about it: then it is where one begins.
    fn tied(&self, field: &str, hint: &str) -> String {
        tied(self.problem.as_ref(), field, hint)
    }

    fn head(&self) -> Head<'_> {
        Head { prefix: self.prefix, nonce: self.nonce, accent: self.accent, t: self.t() }
    }

    fn languages(&self) -> Languages<'_> {
        Languages::new(self.prefix, Some(&self.here), self.language)
    }

    /// Where the page's section begins.
    fn section_path(&self) -> &'static str {
        let sections = sections(self.t());
        sections.into_iter().find(|(section, ..)| *section == self.section).map_or("/", |(_, path, _)| path)
    }

    /// By way of re-authentication, back to where the section begins.
    fn confirm_path(&self) -> String {
        let query = encoded(&[("account", &self.account.id), ("done", "confirmed")]);
        with_return_to(&self.prefix.path("/reauth"), &format!("{}?{query}", self.section_path()))
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

/// The form for a service token, as it was filled in.
pub struct TypedServiceToken {
    /// What it is called.
    pub name: String,
    /// Paths, with white space between them.
    pub paths: String,
    /// Methods, with white space between them.
    pub methods: String,
    /// After how many days it ends.
    pub days: i64,
}

/// An admin page and what it shows.
pub trait Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// A template that does not render.
    fn html(&self, frame: &Frame<'_>) -> Result<String, Fault>;
}

pages! { admin_texts, Texts;
    /// Settings › Security › Two-factor authentication.
    TwoFactorPage "admin/two_factor.html" {
        /// The policy, and how far members are.
        policy: TwoFactor,
        /// Members.
        users: Listed<User>,
        /// `set_up`, `not_set_up`, `exempt`, `locked` or `all`.
        filter: &'static str,
        /// What is looked for in their addresses and names.
        q: String,
    }

    /// Asks before the requirement is turned on or off.
    ChangePolicy "admin/change_policy.html" {
        /// The policy as it is, and how far members are.
        policy: TwoFactor,
    }

    /// Whom requiring it would stop.
    PreviewPage "admin/preview.html" {
        /// Which sessions it would hold.
        applies: Applies,
        /// From which day on; empty: at once.
        starts_at: String,
        /// Whom; nothing, if what was asked makes no sense.
        preview: Option<Preview>,
        /// The query of the next page.
        next: Option<String>,
        /// The query of the table.
        table: String,
    }

    /// Asks once more before a member's second factor or membership is taken away.
    Confirm "admin/confirm.html" {
        /// Whom it concerns.
        user: User,
        /// Whether it is a reset rather than a removal.
        reset: bool,
    }

    /// Members, and a form to invite one.
    Members "admin/members.html" {
        /// Members.
        users: Listed<User>,
        /// What is looked for in their addresses and names.
        q: String,
        /// What was typed into the form before.
        typed: NewUser,
        /// Roles the caller may give.
        roles: Vec<Role>,
    }

    /// One member, and what can be changed.
    MemberPage "admin/member.html" {
        /// Who.
        user: User,
        /// Roles the caller may give.
        roles: Vec<Role>,
        /// Whether it is the caller.
        own: bool,
        /// What was typed into the form of an exemption before: the day, and the reason.
        typed: [String; 2],
    }

    /// The audit.
    AuditPage "admin/audit.html" {
        /// Entries, newest first.
        entries: Listed<AuditEntry>,
        /// What is searched for: actor, target, action.
        search: [String; 3],
    }

    /// API tokens, and a form to make one.
    TokensPage "admin/tokens.html" {
        /// All of them.
        tokens: Vec<Token>,
        /// What was typed into the form before.
        typed: TypedToken,
    }

    /// Service tokens, and a form to make one.
    ServiceTokensPage "admin/service_tokens.html" {
        /// All of them.
        tokens: Vec<ServiceToken>,
        /// What was typed into the form before.
        typed: TypedServiceToken,
    }

    /// Something that is shown only once.
    Once "admin/once.html" {
        /// What it is: a heading.
        title: &'static str,
        /// The value.
        value: String,
        /// What to do with it.
        advice: String,
    }
}

/// The day of a moment, as a field has it.
fn date_value(at: &Option<String>) -> &str {
    at.as_deref().and_then(|at| at.get(..10)).unwrap_or_default()
}

/// How far a member is with two-factor login.
#[derive(Template)]
#[template(path = "admin/status.html")]
struct Status<'a> {
    user: &'a User,
    t: &'static Texts,
}

fn status<'a>(user: &'a User, t: &'static Texts) -> Status<'a> {
    Status { user, t }
}

/// Which members a list shows.
fn filters(t: &Texts) -> [(&'static str, &'static str); 5] {
    [
        ("set_up", t.set_up),
        ("not_set_up", t.not_set_up),
        ("exempt", t.exempt_short),
        ("locked", t.locked),
        ("all", t.all),
    ]
}

/// After how many days a token may end.
fn lifetimes(t: &Texts) -> [(i64, &'static str); 3] {
    [(30, t.days_30), (90, t.days_90), (365, t.a_year)]
}

/// What can be looked for, and what people call it.
fn actions(t: &Texts) -> Vec<(&'static str, &'static str)> {
    Action::ALL.iter().map(|action| (action.name(), action.words(t))).collect()
}

/// An action as people read it; one without words by its name.
fn action<'a>(name: &'a str, t: &Texts) -> &'a str {
    Action::parse(name).map_or(name, |action| action.words(t))
}

/// What came of it, as people read it.
fn result(name: &str, t: &Texts) -> String {
    match name {
        "invalid_credentials" => t.result_credentials.to_owned(),
        "invalid_code" => t.result_code.to_owned(),
        "conflict" => t.result_conflict.to_owned(),
        "many_failures" => t.result_failures.to_owned(),
        name => name.replace('_', " "),
    }
}

/// What a scope is for.
fn purpose(scope: &Scope, t: &Texts) -> &'static str {
    match scope {
        Scope::TwoFactorRead => t.scope_two_factor_read,
        Scope::TwoFactorWrite => t.scope_two_factor_write,
        Scope::Reset => t.scope_reset,
        Scope::UsersRead => t.scope_users_read,
        Scope::UsersWrite => t.scope_users_write,
        Scope::AuditRead => t.scope_audit_read,
    }
}
