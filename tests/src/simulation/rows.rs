//! The rows of a world, as the oracle sees them.

use std::{collections::BTreeMap, rc::Rc};

use rusqlite::Connection;

/// Rows of a table by their key.
pub type Table<T> = Rc<BTreeMap<String, T>>;

macro_rules! tables {
    ($($table:ident: $row:ident [$($key:ident),+] { $($column:ident: $type:ty),* $(,)? })*) => {
        $(
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $row { $(pub $column: $type),* }
        )*

        /// All rows but the audit's.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct State { $(pub $table: Table<$row>),* }

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
        codes_set: String,
    }
    accounts: Account [id] {
        id: String, two_factor_required: i64, required_since: Option<i64>, applies: String, members: i64, enrolled: i64,
    }
    memberships: Membership [account_id, user_id] {
        account_id: String, user_id: String, rank: i64, state: String, enrolled: i64, name: Option<String>,
    }
    invitations: Invitation [account_id, user_id] {
        account_id: String, user_id: String, token_hash: String, name: String, expires_at: i64,
        invited_by: Option<String>,
    }
    api_tokens: ApiToken [token_hash] {
        token_hash: String, id: String, account_id: String, user_id: String, scopes: String, expires_at: i64,
        last_used_at: Option<i64>,
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
        created_at: i64,
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
}
