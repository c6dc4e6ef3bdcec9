//! Deployed databases come by `migrations/`, all others by schema.sql: both must end in the same schema, and no row of an
//! older one may get lost on the way.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, types::Value};

type Row = BTreeMap<String, Value>;

/// A row of every table, as the first migration has them.
const OLD_ROWS: &str = include_str!("../../golden/old_rows.sql");

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
        // Attempts are counted by place now, and from nothing.
        if text(table, "name") == "throttles" {
            continue;
        }
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
