//! The rows of a world, as the oracle sees them: every table but the audit, and what has changed between two moments.

use std::{collections::BTreeMap, rc::Rc};

use rusqlite::Connection;

/// Rows of a table by their key.
pub type Table<T> = Rc<BTreeMap<String, T>>;

/// A row that differs: as it was and as it is.
pub type Change<'s, T> = (Option<&'s T>, Option<&'s T>);

macro_rules! tables {
    ($($table:ident: $row:ident [$($key:ident),+] { $($column:ident: $type:ty),* $(,)? })*) => {
        $(
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $row { $(pub $column: $type),* }
        )*

        /// All rows but the audit's.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct State { $(pub $table: Table<$row>),* }

        /// The rows that differ, by table.
        #[expect(dead_code, reason = "no judge reads the changes of every table")]
        pub struct Changes<'s> { $(pub $table: Vec<Change<'s, $row>>),* }

        impl<'s> Changes<'s> {
            /// Compares the rows of two moments.
            pub fn between(before: &'s State, after: &'s State) -> Self {
                Self { $($table: changes(&before.$table, &after.$table)),* }
            }
        }

        impl State {
            /// Every table.
            pub const TABLES: &[&str] = &[$(stringify!($table)),*];

            /// Reads a table anew.
            pub fn read(&mut self, connection: &Connection, table: &str) {
                match table {
                    $(stringify!($table) => {
                        let sql = concat!("SELECT ", $(stringify!($column), ", ",)* "0 FROM ", stringify!($table));
                        let mut statement = connection.prepare_cached(sql).unwrap();
                        let rows = statement.query_map([], |row| {
                            let mut column = 0..;
                            Ok($row { $($column: row.get::<usize, $type>(column.next().unwrap())?),* })
                        });
                        let keyed = rows.unwrap().map(|row| {
                            let row = row.unwrap();
                            ([$(row.$key.as_str()),+].join("/"), row)
                        });
                        self.$table = Rc::new(keyed.collect());
                    })*
                    _ => {}
                }
            }
        }
    };
}

tables! {
    users: User [id] {
        id: String, email: String, name: String, password_phc: Option<String>, password_key: Option<String>,
        two_factor_chosen: i64, must_enrol: i64, codes_kept: String, code_failures: i64, email_proven_at: Option<i64>,
        codes_set: String, password_stopped_at: Option<i64>,
    }
    accounts: Account [id] {
        id: String, two_factor_required: i64, required_since: Option<i64>, applies: String, members: i64, enrolled: i64,
        chosen: i64, starts_at: Option<i64>,
    }
    memberships: Membership [account_id, user_id] {
        account_id: String, user_id: String, rank: i64, state: String, enrolled: i64, chosen: i64,
        name: Option<String>, exempt_until: Option<i64>,
    }
    invitations: Invitation [account_id, user_id] {
        account_id: String, user_id: String, token_hash: String, name: String, expires_at: i64,
        invited_by: Option<String>, mailed: i64,
    }
    api_tokens: ApiToken [token_hash] {
        token_hash: String, id: String, account_id: String, user_id: String, scopes: String, expires_at: i64,
        last_used_at: Option<i64>,
    }
    service_tokens: ServiceToken [token_hash] {
        token_hash: String, id: String, account_id: String, made_by: String, paths: String, methods: String,
        expires_at: i64, last_used_at: Option<i64>,
    }
    authenticators: Authenticator [id] {
        id: String, user_id: String, name: String, sealed_seed: String, seed_key: String, last_step: i64,
        last_used_at: i64, burned_steps: String,
    }
    recovery_codes: Code [user_id, mac] {
        user_id: String, mac: String, used_at: Option<i64>,
    }
    sessions: Session [id] {
        id: String, token_hash: String, user_id: String, site: String, pending: i64, browser: String, network: String,
        return_to: String, attempts: i64, password_at: i64, second_factor: Option<String>,
        reauthenticated_at: Option<i64>, stepped_up_at: Option<i64>, last_seen_at: i64, expires_at: i64,
        created_at: i64, told: i64,
    }
    enrolments: Enrolment [session_id] {
        session_id: String, id: String, user_id: String, sealed_seed: String, seed_key: String, expires_at: i64,
    }
    barred: Barred [session_id, account_id] {
        session_id: String, account_id: String,
    }
    browsers: KnownBrowser [id] {
        id: String, user_id: String, token_hash: String, created_at: i64, expires_at: i64,
    }
    code_attempts: CodeAttempt [id] {
        id: String, user_id: String, browser: String, at: i64,
    }
    password_budgets: PasswordBudget [subject, source] {
        subject: String, source: String, failures: i64, blocked_until: i64, charge: String, updated_at: i64,
    }
    floods: Flood [subject] {
        subject: String, began_at: i64, failures: i64, tried_at: i64,
    }
    links: Link [token_hash] {
        token_hash: String, kind: String, user_id: String, email: String, created_at: i64, expires_at: i64,
        browser: String, used_at: Option<i64>, proven_at: Option<i64>,
    }
    outbox: Queued [id] {
        id: String, kind: String, event: Option<String>, account_id: Option<String>, user_id: Option<String>,
        created_at: i64, due_at: i64, lease: Option<String>, about: Option<String>,
    }
}

fn changes<'s, T: PartialEq>(before: &'s Table<T>, after: &'s Table<T>) -> Vec<Change<'s, T>> {
    if Rc::ptr_eq(before, after) {
        return Vec::new();
    }
    let new = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, row)| (None, Some(row)));
    let old = before.iter().map(|(key, row)| (Some(row), after.get(key)));
    new.chain(old).filter(|(before, after)| before != after).collect()
}

impl Account {
    /// Since when it requires two-factor login, if it does by now: of all who are not exempt.
    pub fn in_force(&self, now: i64) -> Option<i64> {
        self.since(self.starts_at, now)
    }

    /// The same, of a member: whoever has an authenticator is never exempt.
    pub fn in_force_for(&self, member: &Membership, has_authenticator: bool, now: i64) -> Option<i64> {
        let exempt = member.exempt_until.filter(|_| !has_authenticator);
        self.since(self.starts_at.max(exempt), now)
    }

    fn since(&self, begins: Option<i64>, now: i64) -> Option<i64> {
        let begun = self.two_factor_required == 1 && begins.is_none_or(|at| at <= now);
        self.required_since.filter(|_| begun).map(|since| since.max(begins.unwrap_or(since)))
    }

    /// From when on it is going to.
    pub fn starts(&self, now: i64) -> Option<i64> {
        self.starts_at.filter(|at| self.two_factor_required == 1 && *at > now)
    }
}

impl State {
    /// Days that were set for something.
    pub fn dates(&self) -> Vec<i64> {
        let accounts = self.accounts.values().filter_map(|account| account.starts_at);
        accounts.chain(self.memberships.values().filter_map(|member| member.exempt_until)).collect()
    }

    /// The active memberships of a user.
    pub fn active(&self, user_id: &str) -> impl Iterator<Item = &Membership> {
        self.memberships.values().filter(move |m| m.user_id == user_id && m.state == "active")
    }

    /// A user's membership of an account, in whatever state.
    pub fn membership(&self, account: &str, user: &str) -> Option<&Membership> {
        self.memberships.get(&format!("{account}/{user}"))
    }

    /// The rank of an active member; 0 for anyone else.
    pub fn rank(&self, account: &str, user: &str) -> i64 {
        self.membership(account, user).filter(|m| m.state == "active").map_or(0, |m| m.rank)
    }

    /// Whether an invitation waits for them.
    pub fn is_invited(&self, user_id: &str) -> bool {
        self.invitations.values().any(|link| link.user_id == user_id)
    }

    /// Whether they have an authenticator.
    pub fn has_authenticator(&self, user_id: &str) -> bool {
        self.authenticators.values().any(|one| one.user_id == user_id)
    }

    /// The user with this address.
    pub fn user_at(&self, email: &str) -> Option<&User> {
        self.users.values().find(|user| user.email == email)
    }

    /// The session with this token.
    pub fn session_of(&self, token_hash: Option<&str>) -> Option<&Session> {
        self.sessions.values().find(|session| Some(session.token_hash.as_str()) == token_hash)
    }
}
