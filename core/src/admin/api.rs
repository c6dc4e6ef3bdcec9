//! The shapes of the admin API: what comes in and what goes out. The OpenAPI document is made from them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    audit::{Entry, Known},
    event::Detail,
    people::{Membership, Role, caller::Scope},
    policy::{Applies, Step},
    ports::Now,
    store::{self, Member, Policy, Reset, ServiceTokenEntry, State, Stopped, TokenEntry},
    texts::AdminTexts,
};

// `#[schema(...)]` says more of a field in the OpenAPI document, and nothing where that is not made.
macro_rules! shapes {
    ($(
        $(#[doc = $doc:literal])* $(#[schema($($more:tt)*)])? $kind:ident $name:ident {$(
            $(#[doc = $field_doc:literal])* $(#[serde($($serde:tt)*)])* $(#[schema($($field_more:tt)*)])?
            $field:ident: $type:ty
        ),* $(,)?}
    )*) => {$(
        $(#[doc = $doc])*
        #[derive($kind)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema) $(, schema($($more)*))?)]
        #[serde(deny_unknown_fields)]
        pub struct $name {$(
            $(#[doc = $field_doc])* $(#[serde($($serde)*)])*
            $(#[cfg_attr(feature = "openapi", schema($($field_more)*))])?
            pub $field: $type,
        )*}
    )*};
}

shapes! {
    /// The accounts that the caller administers.
    Serialize Accounts {
        /// All of them.
        accounts: Vec<Account>,
        /// Always null: there is one page.
        next_cursor: Option<String>,
    }

    /// An account.
    Serialize Account {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// What the caller is in it.
        role: Role,
    }

    /// An account's two-factor policy, and how far its members are.
    Serialize TwoFactor {
        /// Whether every member must have two-factor login, now or from `starts_at` on.
        required: bool,
        /// Since when that is enforced (RFC 3339); null while it is not.
        #[schema(format = DateTime)]
        required_since: Option<String>,
        /// From when on it is enforced, if a day was set (RFC 3339). Until then members who have not set it up are told.
        #[schema(format = DateTime)]
        starts_at: Option<String>,
        /// Which sessions the requirement holds.
        applies: Applies,
        /// Active members.
        members: i64,
        /// Those of them who have set it up.
        set_up: i64,
        /// Those of them who have not.
        not_set_up: i64,
        /// Those of them who have set it up and are asked for it: all of them while that is enforced, else those whose own switch is on.
        enabled: i64,
        /// All others.
        not_enabled: i64,
    }

    /// What a change of the policy would mean.
    Serialize Preview {
        /// Active members.
        members: i64,
        /// Those of them who would be led to set it up before anything else.
        to_set_up: i64,
        /// Those who have set it up and are not asked so far: they would be asked for a code.
        to_enter_code: i64,
        /// Open sessions that would be stopped at their next request: none with `next_login`; at least so many, where more than 10,000 are
        /// open.
        sessions: i64,
        /// One page of both kinds of members, ordered by e-mail address.
        users: Vec<StoppedUser>,
        /// Where the next page begins; null at the end.
        next_cursor: Option<String>,
    }

    /// A member whom a change of the policy would stop.
    Serialize StoppedUser {
        /// The user's id.
        id: String,
        /// E-mail address.
        email: String,
        /// What this account calls the user.
        name: String,
        /// What the user may do in this account.
        role: Role,
        /// What would be asked: `enrol`, to set it up, or `verify`, a code.
        next_step: &'static str,
        /// How many of the open sessions are the user's.
        sessions: i64,
        /// When the user last entered the password, as far as this account's audit has it (RFC 3339).
        #[schema(format = DateTime)]
        last_sign_in_at: Option<String>,
    }

    /// What the policy is to be.
    Deserialize TwoFactorChange {
        /// Whether every member must have two-factor login.
        required: bool,
        /// Which sessions it holds; `next_login` if left out.
        #[serde(default)]
        applies: Applies,
        /// From when on it is enforced (RFC 3339), within a year; null: at once. What it was so far, if left out.
        #[serde(default, deserialize_with = "given")]
        #[schema(format = DateTime)]
        starts_at: Option<Option<String>>,
    }

    /// Until when a member goes without two-factor login, and why.
    Deserialize NewExemption {
        /// Until when (RFC 3339): 90 days at most.
        #[schema(format = DateTime)]
        until: String,
        /// Why: the member reads it, too.
        #[schema(min_length = 1, max_length = 200)]
        reason: String,
    }

    /// Members, ordered by e-mail address.
    Serialize Users {
        /// One page of them.
        users: Vec<User>,
        /// Where the next page begins; null at the end.
        next_cursor: Option<String>,
    }

    /// A member.
    Serialize User {
        /// The user's id.
        id: String,
        /// E-mail address.
        email: String,
        /// Whether the user has joined, and has shown to read mail at this address by following a link sent there.
        email_verified: bool,
        /// What this account calls the user; the user's own display name, unless it says otherwise.
        name: String,
        /// What the user may do in this account.
        role: Role,
        /// Whether the user has joined and may sign in.
        active: bool,
        /// Whether the user was invited and has not joined yet.
        invited: bool,
        /// Whether "This was not me", in a notice to the user, has made the password worthless: until the user sets another, or an admin
        /// restores it.
        password_stopped: bool,
        /// How far the user is with two-factor login.
        two_factor: UserTwoFactor,
    }

    /// How far a member is with two-factor login.
    Serialize UserTwoFactor {
        /// Whether it is set up.
        set_up: bool,
        /// Whether it is also asked for: by the user's own switch, or because this account requires it.
        enabled: bool,
        /// Since when it is set up (RFC 3339).
        #[schema(format = DateTime)]
        enabled_at: Option<String>,
        /// When a code was last used (RFC 3339).
        #[schema(format = DateTime)]
        last_used_at: Option<String>,
        /// Whether too many codes in a row failed: only a recovery code or a reset helps.
        locked: bool,
        /// Until when no requirement of this account holds the user, who has not set it up (RFC 3339).
        #[schema(format = DateTime)]
        exempt_until: Option<String>,
        /// Why not.
        exempt_reason: Option<String>,
    }

    /// Whom to invite.
    Deserialize NewUser {
        /// E-mail address, in ASCII: a domain of other letters in its `xn--` form.
        #[schema(max_length = 254)]
        email: String,
        /// Display name.
        #[schema(min_length = 1, max_length = 100)]
        name: String,
        /// What they will be allowed; at most what the caller is, and by a token no more than `member`.
        role: Role,
    }

    /// An invitation. Inviting the same address again replaces the link.
    Serialize Invited {
        /// Who is invited.
        user: User,
        /// The link to give to them. It works once, and is shown only now. Null where Airlock sends mail: then it goes to the address
        /// and to nobody else.
        #[schema(format = "uri")]
        invite_url: Option<String>,
        /// Until when it works (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
    }

    /// What to change of a member; what is left out stays.
    #[schema(min_properties = 1)]
    Deserialize UserChange {
        /// The new role; by a token no more than `member`. A higher one ends the link of someone who has not joined.
        #[serde(default, deserialize_with = "given")]
        #[schema(nullable = false)]
        role: Option<Role>,
        /// Whether the member may sign in. Deactivating ends for good what they began in this account.
        #[serde(default, deserialize_with = "given")]
        #[schema(nullable = false)]
        active: Option<bool>,
        /// What this account calls the member from now on.
        #[serde(default, deserialize_with = "given")]
        #[schema(nullable = false, min_length = 1, max_length = 100)]
        name: Option<String>,
    }

    /// What a reset took away. The user sets two-factor login up again at the next login.
    Serialize ResetDone {
        /// Sessions, and logins that waited for their second step.
        sessions_ended: usize,
        /// Recovery codes that could still have been used.
        recovery_codes_removed: usize,
    }

    /// The audit, newest first. A page may be short before the end: only a null cursor is the end.
    Serialize Audit {
        /// One page of it.
        entries: Vec<AuditEntry>,
        /// Where the next page begins; null at the end.
        next_cursor: Option<String>,
    }

    /// One thing that happened.
    Serialize AuditEntry {
        /// Its number: later ones are higher.
        id: i64,
        /// When (RFC 3339).
        #[schema(format = DateTime)]
        at: String,
        /// Who did it; null: nobody known, or the operator.
        actor: Option<AuditPerson>,
        /// The API token by which it was done.
        token_id: Option<String>,
        /// Whom it concerns.
        target: Option<AuditPerson>,
        /// What was attempted.
        action: String,
        /// `ok`, or why not.
        result: String,
        /// What exactly, or empty.
        detail: String,
        /// How often: the same refusal within an hour is one entry, the newest.
        times: i64,
        /// IP address.
        ip: String,
        /// Two-letter country code, or empty.
        country: String,
        /// SHA-256 over this entry and all before it; null for the last minute or so.
        hash: Option<String>,
    }

    /// The public keys that exports of the audit are checked by.
    Serialize AuditKeys {
        /// The newest first.
        keys: Vec<AuditKey>,
    }

    /// A public key (Ed25519) of signed notes, as https://c2sp.org/signed-note has them.
    Serialize AuditKey {
        /// As signatures name it.
        id: String,
        /// Whose it is.
        name: String,
        /// The key alone, in base64.
        public_key: String,
        /// All three in one word, as readers of notes take them.
        verifier: String,
        /// Since when it is known (RFC 3339).
        #[schema(format = DateTime)]
        created_at: String,
    }

    /// Someone in the audit.
    Serialize AuditPerson {
        /// User id.
        id: String,
        /// The e-mail address the user has now.
        email: Option<String>,
    }

    /// The account's API tokens, newest first.
    Serialize Tokens {
        /// All of them.
        tokens: Vec<Token>,
        /// Always null: there is one page.
        next_cursor: Option<String>,
    }

    /// An API token, without its value.
    Serialize Token {
        /// Its id.
        id: String,
        /// What it is called.
        name: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
        /// The maker's e-mail address.
        made_by: String,
        /// When (RFC 3339).
        #[schema(format = DateTime)]
        created_at: String,
        /// When it ends (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
        /// When it was last used, to the minute (RFC 3339).
        #[schema(format = DateTime)]
        last_used_at: Option<String>,
    }

    /// A token to make.
    Deserialize NewToken {
        /// What it is called.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
        /// What it may be used for.
        #[schema(min_items = 1)]
        scopes: Vec<Scope>,
        /// When it ends (RFC 3339 in UTC), at most a year from now; in 90 days if left out.
        #[serde(default, deserialize_with = "given")]
        #[schema(nullable = false, format = DateTime)]
        expires_at: Option<String>,
    }

    /// A new API token.
    Serialize MadeToken {
        /// Its id.
        id: String,
        /// What it is called.
        name: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
        /// When it ends (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
        /// The token itself, shown only now: `airlock_` and 43 letters, digits, `-` or `_`.
        token: String,
    }

    /// The account's service tokens, newest first.
    Serialize ServiceTokens {
        /// All of them.
        service_tokens: Vec<ServiceToken>,
        /// Always null: there is one page.
        next_cursor: Option<String>,
    }

    /// A service token, without its value: what a program gets past the gate by. It outlasts whoever made it.
    Serialize ServiceToken {
        /// Its id: the `sub` of the assertion that the app gets.
        id: String,
        /// What it is called.
        name: String,
        /// The paths of the app that it opens, as `PUBLIC_PATHS` has them.
        paths: Vec<String>,
        /// The methods by which it does, `GET` for HEAD too; `*`: all.
        methods: Vec<String>,
        /// The maker's e-mail address; null if they are gone.
        made_by: Option<String>,
        /// When (RFC 3339).
        #[schema(format = DateTime)]
        created_at: String,
        /// When it ends (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
        /// When it was last used, to the minute (RFC 3339).
        #[schema(format = DateTime)]
        last_used_at: Option<String>,
    }

    /// A service token to make.
    Deserialize NewServiceToken {
        /// What it is called.
        #[schema(min_length = 1, max_length = 64)]
        name: String,
        /// The paths of the app that it opens, each at most 200 characters, such as `/api/*` or `/files/*/pub`.
        #[schema(min_items = 1, max_items = 20)]
        paths: Vec<String>,
        /// The methods by which it does, such as `GET`; or `*` alone.
        #[schema(min_items = 1, max_items = 20)]
        methods: Vec<String>,
        /// When it ends (RFC 3339 in UTC), at most a year from now; in 90 days if left out.
        #[serde(default, deserialize_with = "given")]
        #[schema(nullable = false, format = DateTime)]
        expires_at: Option<String>,
    }

    /// A new service token.
    Serialize MadeServiceToken {
        /// Its id.
        id: String,
        /// What it is called.
        name: String,
        /// The paths that it opens.
        paths: Vec<String>,
        /// The methods by which it does.
        methods: Vec<String>,
        /// When it ends (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
        /// The token itself, shown only now: `airlock_svc_` and 43 letters, digits, `-` or `_`.
        token: String,
    }
}

/// A field that may be left out and is never null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What the list of members is filtered by.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum TwoFactorFilter {
    /// Has set two-factor login up.
    SetUp,
    /// Has not.
    NotSetUp,
    /// Has set it up and is asked for it.
    Enabled,
    /// Has not, or is not.
    Disabled,
    /// Has not, and need not so far.
    Exempt,
    /// Has not, and has to: by a requirement, one to come too, or after a reset.
    Pending,
    /// Has, and too many codes in a row failed.
    Locked,
    /// Either.
    All,
}

fn time(at: Option<i64>) -> Option<String> {
    at.map(|at| Now(at).rfc3339())
}

impl From<&Membership> for Account {
    fn from(membership: &Membership) -> Self {
        Self { id: membership.account_id.clone(), name: membership.name.clone(), role: membership.role }
    }
}

impl From<Policy> for TwoFactor {
    fn from(policy: Policy) -> Self {
        let Policy { required, since, starts_at, applies, members, set_up, enabled } = policy;
        let [required_since, starts_at] = [since, starts_at].map(|at| at.map(Now::rfc3339));
        Self {
            required,
            required_since,
            starts_at,
            applies,
            members,
            set_up,
            not_set_up: members - set_up,
            enabled,
            not_enabled: members - enabled,
        }
    }
}

impl StoppedUser {
    /// The same, of so many sessions.
    pub(super) fn new(one: Stopped, held: impl Fn(i64) -> i64) -> Self {
        let Stopped { id, email, name, role, set_up, sessions, last_sign_in_at } = one;
        let next_step = if set_up { Step::Verify } else { Step::Enrol }.name();
        Self { id, email, name, role, next_step, sessions: held(sessions), last_sign_in_at: time(last_sign_in_at) }
    }
}

impl From<Member> for User {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            email: member.email,
            email_verified: member.email_verified,
            name: member.name,
            role: member.role,
            active: member.state == State::Active,
            invited: member.state == State::Invited,
            password_stopped: member.password_stopped,
            two_factor: UserTwoFactor {
                set_up: member.set_up,
                enabled: member.enabled,
                enabled_at: time(member.enabled_at),
                last_used_at: time(member.last_used_at),
                locked: member.locked,
                exempt_until: time(member.exempt_until),
                exempt_reason: member.exempt_why.filter(|_| member.exempt_until.is_some()),
            },
        }
    }
}

impl From<Reset> for ResetDone {
    fn from(reset: Reset) -> Self {
        Self { sessions_ended: reset.sessions_ended, recovery_codes_removed: reset.recovery_codes_removed }
    }
}

impl AuditEntry {
    /// An entry, in this language's words.
    pub fn new(entry: Entry, t: &AdminTexts) -> Self {
        let Entry { row, known: Known { actor_email, target_email, hash, times } } = entry;
        Self {
            id: row.id,
            at: Now(row.at).rfc3339(),
            actor: row.actor_id.map(|id| AuditPerson { id, email: actor_email }),
            token_id: row.token_id,
            target: row.target_id.map(|id| AuditPerson { id, email: target_email }),
            detail: Detail::words(&row.action, &row.detail, t),
            action: row.action,
            result: row.result,
            times,
            ip: row.ip,
            country: row.country,
            hash,
        }
    }
}

impl From<store::AuditKey> for AuditKey {
    fn from(key: store::AuditKey) -> Self {
        let store::AuditKey { id, name, public_key, verifier, created_at } = key;
        Self { id, name, public_key, verifier, created_at: Now(created_at).rfc3339() }
    }
}

impl From<TokenEntry> for Token {
    fn from(entry: TokenEntry) -> Self {
        Self {
            id: entry.id,
            name: entry.name,
            scopes: entry.scopes.split(' ').filter_map(Scope::parse).collect(),
            made_by: entry.made_by,
            created_at: Now(entry.created_at).rfc3339(),
            expires_at: Now(entry.expires_at).rfc3339(),
            last_used_at: time(entry.last_used_at),
        }
    }
}

impl From<ServiceTokenEntry> for ServiceToken {
    fn from(entry: ServiceTokenEntry) -> Self {
        let list = |text: String| text.split(' ').map(str::to_owned).collect();
        Self {
            id: entry.id,
            name: entry.name,
            paths: list(entry.paths),
            methods: list(entry.methods),
            made_by: entry.made_by,
            created_at: Now(entry.created_at).rfc3339(),
            expires_at: Now(entry.expires_at).rfc3339(),
            last_used_at: time(entry.last_used_at),
        }
    }
}
