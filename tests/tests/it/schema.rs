//! Deployed databases come by `migrations/`, all others by schema.sql: both must end in the same schema, and no row of an
//! older one may get lost on the way.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, types::Value};

type Row = BTreeMap<String, Value>;

/// A row of every table, as the first migration has them.
const OLD_ROWS: &str = "
INSERT INTO users (id, email, name, password_phc, password_key, two_factor_chosen, codes_kept, created_at)
VALUES ('ann', 'ann@acme.test', 'Ann', '$argon2id$x', 'p1', 1, 'due', 1), ('bob', 'bob@acme.test', 'bob', NULL, NULL, 0, 'kept', 2);
INSERT INTO accounts (id, name, two_factor_required, required_since, applies, created_at) VALUES ('acme', 'Acme', 1, 5, 'now', 1);
INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
VALUES ('acme', 'ann', 'ann@acme.test', 'owner', 'active', 1), ('acme', 'bob', 'bob@acme.test', 'member', 'invited', 2);
INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at) VALUES ('acme', 'bob', 'ih', 'Bob', 9);
INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
VALUES ('th', 't', 'acme', 'ann', 'CI', 'users:read', 1, 9);
INSERT INTO authenticators
  (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at, last_used_at)
VALUES ('a', 'ann', 'Phone', 'SHA1', 6, 30, 'sealed', 's1', 7, 1, 1);
INSERT INTO recovery_codes (user_id, mac, used_at, created_at) VALUES ('ann', 'm1', NULL, 1), ('ann', 'm2', 3, 1);
INSERT INTO sessions
  (token_hash, id, user_id, site, pending, device, return_to, password_at, last_seen_at, expires_at, created_at, ip, country,
   user_agent)
VALUES ('sh', 's', 'ann', 'edge', 0, 'd', '/', 1, 1, 9, 1, '192.0.2.1', 'CH', 'Firefox');
INSERT INTO enrolments (session_id, id, user_id, algorithm, digits, period_s, sealed_seed, seed_key, expires_at)
VALUES ('s', 'e', 'ann', 'SHA1', 6, 30, 'sealed', 's1', 9);
INSERT INTO throttles (scope, subject, device, failures, blocked_until, charge, updated_at) VALUES ('code', 'ann', 'd', 2, 8, 'c', 1);
INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id, hash)
VALUES ('acme', 'v1', 1, 'ann', 'ann', 'login', 'ok', '', '192.0.2.1', 'CH', 'r', 'sealed'), ('', 'v2', 2, NULL, NULL, 'login', 'failed', '', '', '', 'q', NULL);
";

/// The migrations in the order in which wrangler applies them.
fn migrations() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations")).unwrap();
    let mut files: Vec<_> = folder
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    database
}

/// Each as one transaction, as D1 does.
fn apply<'m>(database: &Connection, migrations: impl IntoIterator<Item = &'m (String, String)>) {
    for (name, sql) in migrations {
        database.execute_batch(&format!("BEGIN; {sql}; COMMIT")).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

fn rows(database: &Connection, sql: &str) -> Vec<Row> {
    let mut statement = database.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let found = statement
        .query_map([], |row| names.iter().enumerate().map(|(i, name)| Ok((name.clone(), row.get(i)?))).collect())
        .unwrap();
    found.map(Result::unwrap).collect()
}

fn text(row: &Row, column: &str) -> String {
    match row.get(column) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{column}: {other:?}"),
    }
}

/// What the database consists of, each by kind and name. SQLite's own, such as the index of a UNIQUE, has no SQL.
fn schema(database: &Connection) -> BTreeMap<String, String> {
    let found = rows(database, "SELECT type || ' ' || name AS name, sql FROM sqlite_master WHERE sql IS NOT NULL");
    found.iter().map(|row| (text(row, "name"), normalised(&text(row, "sql")))).collect()
}

/// SQL without comments, the quotes that a rename leaves around names, and spaces that mean nothing.
fn normalised(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let word = match next {
            '-' if rest.starts_with("--") => rest.split_inclusive('\n').next().unwrap(),
            '\'' => rest.get(..rest.get(1..).unwrap().find('\'').unwrap() + 2).unwrap(),
            _ => rest.get(..next.len_utf8()).unwrap(),
        };
        rest = rest.strip_prefix(word).unwrap();
        match next {
            '-' if word.starts_with("--") => out.push(' '),
            '"' => {}
            _ if next.is_whitespace() => out.push(' '),
            '(' | ')' | ',' => out.push_str(&format!(" {next} ")),
            _ => out.push_str(word),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn migrations_end_in_what_schema_sql_says() {
    let (migrated, whole) = (database(), database());
    apply(&migrated, &migrations());
    whole.execute_batch(include_str!("../../../schema.sql")).unwrap();
    let (migrated, whole) = (schema(&migrated), schema(&whole));
    let differ: BTreeSet<_> =
        whole.keys().chain(migrated.keys()).filter(|name| whole.get(*name) != migrated.get(*name)).collect();
    let next = migrations().len() + 1;
    assert!(
        differ.is_empty(),
        "schema.sql changed: add migrations/{next:04}_….sql that makes the same change to a database in use, new columns last \
         in both.\n{}",
        differ
            .iter()
            .map(|name| format!(
                "{name}\n  schema.sql: {:?}\n  migrations: {:?}\n",
                whole.get(*name),
                migrated.get(*name)
            ))
            .collect::<String>()
    );
}

#[test]
fn every_row_survives_the_migrations() {
    let database = database();
    let migrations = migrations();
    apply(&database, migrations.iter().take(1));
    database.execute_batch(OLD_ROWS).unwrap();
    let tables = rows(
        &database,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    let select = |table: &Row| rows(&database, &format!("SELECT * FROM {}", text(table, "name")));
    let before: Vec<_> = tables.iter().map(select).collect();
    apply(&database, migrations.iter().skip(1));
    for (table, before) in tables.iter().zip(before) {
        assert!(!before.is_empty(), "no row was in {table:?}");
        let after = select(table);
        for row in before {
            let kept = |now: &Row| row.iter().all(|(column, value)| now.get(column).is_none_or(|now| now == value));
            assert!(after.iter().any(kept), "lost from {}: {row:?}", text(table, "name"));
        }
    }
    assert!(rows(&database, "PRAGMA foreign_key_check").is_empty());
}

/// Whoever can sign in was made by the operator, or invited.
#[test]
fn a_new_database_holds_nobody() {
    let (migrated, whole) = (database(), database());
    apply(&migrated, &migrations());
    whole.execute_batch(include_str!("../../../schema.sql")).unwrap();
    for database in [migrated, whole] {
        let tables = rows(&database, "SELECT name FROM sqlite_master WHERE type = 'table'");
        assert!(tables.len() > 10);
        for table in tables {
            assert_eq!(rows(&database, &format!("SELECT * FROM {}", text(&table, "name"))), [], "{table:?}");
        }
    }
}

/// Cloudflare takes a migration apart at its semicolons, which goes wrong for triggers of several lines, in lower case or
/// with a `CASE`; local D1 takes them all.
#[test]
fn migrations_are_numbered_and_written_so_that_d1_can_take_them_apart() {
    for (i, (name, sql)) in migrations().iter().enumerate() {
        assert!(
            name.starts_with(&format!("{:04}_", i + 1)) && name.ends_with(".sql"),
            "{name}: the next number is {}",
            i + 1
        );
        assert!(!sql.contains('\r'), "{name}: lines must end in LF");
        let comments = sql.lines().filter(|line| line.contains("--") || line.contains("/*"));
        for line in comments {
            let plain = line.starts_with("--") && !line.contains([';', '\'', '"', '`']);
            assert!(plain, "{name}: a comment must be a line of its own, without semicolons and quotes: {line}");
        }
        for line in
            sql.lines().filter(|line| line.to_ascii_uppercase().contains("TRIGGER") && !line.starts_with("DROP "))
        {
            let whole = line.starts_with("CREATE TRIGGER ") && line.contains(" BEGIN ") && line.ends_with(" END;");
            assert!(whole && !line.contains("CASE"), "{name}: a trigger must be one line, without CASE: {line}");
        }
    }
}
