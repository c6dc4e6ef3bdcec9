//! The database of tests: SQLite in memory, which can fail, wait and count.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    task::Poll,
    time::{Duration, Instant},
};

use airlock::ports::{Db, Fault, LocalFuture, Rows, Statement, Value};
use rusqlite::{
    Connection, StatementStatus,
    types::{ToSqlOutput, ValueRef},
};

/// The database: SQLite in memory, with the schema that D1 has.
pub struct Sqlite {
    pub(crate) connection: RefCell<Connection>,
    /// How many batches ran.
    pub round_trips: Cell<usize>,
    /// Steps of SQLite's virtual machine that statements took: what they cost, whatever the machine.
    pub steps: Cell<i64>,
    /// Makes every batch let other requests go first.
    pub yields: Cell<bool>,
    /// A statement that someone else runs just before a coming batch: how many batches come before that one.
    pub between: Cell<Option<(usize, &'static str)>>,
    /// Makes every batch fail.
    pub down: Cell<bool>,
    /// Lets this many batches pass, then makes the statement of this number in the next one fail.
    pub fail_later: Cell<Option<(usize, usize)>>,
    /// What the tables held before the batch that failed.
    pub before_failure: RefCell<String>,
    /// Whether to keep the statements that run.
    pub record: Cell<bool>,
    /// The statements kept.
    pub recorded: RefCell<Vec<Statement>>,
    /// How long the transactions took, and whether each wrote, while the above are kept.
    pub timed: RefCell<Vec<(Duration, bool)>>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection.set_prepared_statement_cache_capacity(1_000);
        connection.execute_batch(include_str!("../../schema.sql")).unwrap();
        Self {
            connection: RefCell::new(connection),
            round_trips: Cell::new(0),
            steps: Cell::new(0),
            yields: Cell::new(false),
            between: Cell::new(None),
            down: Cell::new(false),
            fail_later: Cell::new(None),
            before_failure: RefCell::default(),
            record: Cell::new(false),
            recorded: RefCell::default(),
            timed: RefCell::default(),
        }
    }

    /// Goes on with the database in a file, in the journal mode that D1 has. A commit waits for no disk: D1's waits for its
    /// other copies, which nothing here has.
    pub fn open(&self, file: &Path) {
        let connection = Connection::open(file).unwrap();
        connection.set_prepared_statement_cache_capacity(1_000);
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL").unwrap();
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
        self.connection.replace(connection);
    }

    /// Runs statements, or stops the test.
    pub fn run(&self, statements: Vec<Statement>) -> Vec<Rows> {
        self.transaction(statements).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Runs one statement of the test's own that may be refused: why.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn try_run(&self, sql: &'static str) -> Result<(), String> {
        self.transaction(vec![Statement { sql, params: Vec::new() }]).map(drop).map_err(|e| e.to_string())
    }

    /// Has someone else run a statement just before the batch of this number, counted from the next as 1.
    pub fn run_before_batch(&self, number: usize, sql: &'static str) {
        self.between.set(Some((number, sql)));
    }

    /// Runs one statement of the test's own.
    pub fn execute(&self, sql: &'static str, params: &[Value]) {
        self.run(vec![Statement { sql, params: params.to_vec() }]);
    }

    /// The query plan of a statement.
    pub fn plan(&self, statement: &Statement) -> String {
        let connection = self.connection.borrow();
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let params = rusqlite::params_from_iter(statement.params.iter().map(sqlite_value));
        let lines = explained.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// Every text and blob in the database, for a search of what must not be there.
    pub fn dump(&self) -> Vec<u8> {
        self.connection.borrow_mut().serialize("main").unwrap().to_vec()
    }

    /// Puts the database back to what [`Self::dump`] held.
    pub fn restore(&self, dump: &[u8]) {
        self.connection.borrow_mut().deserialize_read_exact("main", dump, dump.len(), false).unwrap();
    }

    /// The rows of a table, in order.
    pub fn table(&self, sql: &'static str) -> String {
        let rows = self.run(vec![Statement { sql, params: Vec::new() }]);
        rows.iter().flat_map(|rows| &rows.0).map(|row| format!("{row:?}\n")).collect()
    }

    /// All that the tables hold.
    pub fn tables(&self) -> String {
        let order = [
            "SELECT * FROM users ORDER BY id",
            "SELECT * FROM accounts ORDER BY id",
            "SELECT * FROM memberships ORDER BY account_id, user_id",
            "SELECT * FROM member_grams ORDER BY account_id, gram, email",
            "SELECT * FROM invitations ORDER BY account_id, user_id",
            "SELECT * FROM api_tokens ORDER BY id",
            "SELECT * FROM service_tokens ORDER BY id",
            "SELECT * FROM authenticators ORDER BY id",
            "SELECT * FROM recovery_codes ORDER BY user_id, mac",
            "SELECT * FROM sessions ORDER BY id",
            "SELECT * FROM enrolments ORDER BY id",
            "SELECT * FROM barred ORDER BY session_id, account_id",
            "SELECT * FROM browsers ORDER BY id",
            "SELECT * FROM code_attempts ORDER BY id",
            "SELECT * FROM password_budgets ORDER BY subject, source",
            "SELECT * FROM floods ORDER BY subject",
            "SELECT * FROM audit ORDER BY id",
            "SELECT * FROM audit_begins ORDER BY account_id",
        ];
        order.iter().map(|sql| self.table(sql)).collect()
    }

    /// Rows written so far.
    fn changes(&self) -> u64 {
        self.connection.borrow().total_changes()
    }

    fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, rusqlite::Error> {
        self.watched(&statements, |_| {})
    }

    /// Runs statements as one transaction. `wrote` hears of each that changed a row, be it by a trigger or a foreign key.
    pub(crate) fn watched(
        &self,
        statements: &[Statement],
        mut wrote: impl FnMut(&'static str),
    ) -> Result<Vec<Rows>, rusqlite::Error> {
        let fail_at = match self.fail_later.get() {
            Some((0, statement)) if statement < statements.len() => {
                self.fail_later.set(None);
                *self.before_failure.borrow_mut() = self.tables();
                Some(statement)
            }
            Some((batches, statement)) if batches > 0 => {
                self.fail_later.set(Some((batches - 1, statement)));
                None
            }
            _ => None,
        };
        let connection = self.connection.borrow();
        let run = |sql| connection.prepare_cached(sql)?.execute([]);
        // A savepoint: the simulation runs each world within a transaction of its own, and takes it back at the end.
        run("SAVEPOINT batch")?;
        let mut changes = connection.total_changes();
        let each = statements.iter().enumerate().map(|(i, statement)| {
            if fail_at == Some(i) {
                return Err(rusqlite::Error::InvalidQuery);
            }
            let (rows, steps) = rows(&connection, statement)?;
            self.steps.set(self.steps.get() + i64::from(steps));
            if std::mem::replace(&mut changes, connection.total_changes()) != changes {
                wrote(statement.sql);
            }
            Ok(rows)
        });
        let results = each.collect::<Result<_, _>>().and_then(|rows| run("RELEASE batch").map(|_| rows));
        if results.is_err() {
            run("ROLLBACK TO batch")?;
            run("RELEASE batch")?;
        }
        results
    }
}

impl Db for Sqlite {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            self.round_trips.set(self.round_trips.get() + 1);
            let mut waited = !self.yields.get();
            std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
            match self.between.take() {
                Some((1, sql)) => self.execute(sql, &[]),
                Some((batches, sql)) => self.between.set(Some((batches - 1, sql))),
                None => {}
            }
            if self.down.get() {
                return Err(Fault::new("D1_ERROR: no such table: users"));
            }
            if !self.record.get() {
                return self.transaction(statements).map_err(Fault::new);
            }
            self.recorded.borrow_mut().extend(statements.iter().cloned());
            let (begun, before) = (Instant::now(), self.changes());
            let results = self.transaction(statements).map_err(Fault::new);
            self.timed.borrow_mut().push((begun.elapsed(), self.changes() > before));
            results
        })
    }
}

/// The rows a statement answers, and the steps it took.
fn rows(connection: &Connection, statement: &Statement) -> Result<(Rows, i32), rusqlite::Error> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    prepared.reset_status(StatementStatus::VmStep);
    let mut found = prepared.query(rusqlite::params_from_iter(statement.params.iter().map(sqlite_value)))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..row.as_ref().column_count()).map(|i| {
            let value = match row.get_ref(i)? {
                ValueRef::Null => serde_json::Value::Null,
                ValueRef::Integer(number) => number.into(),
                // A JavaScript number, which is whole or not: nothing says which type SQLite had.
                #[expect(clippy::cast_possible_truncation, reason = "it is whole")]
                ValueRef::Real(number) if number.fract() == 0.0 => (number as i64).into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                other => panic!("unexpected type {other:?}"),
            };
            Ok((row.as_ref().column_name(i)?.to_owned(), value))
        });
        rows.push(values.collect::<Result<_, rusqlite::Error>>()?);
    }
    drop(found);
    Ok((Rows(rows), prepared.get_status(StatementStatus::VmStep)))
}

/// A value as D1 binds it: a number is JavaScript's, so SQLite sees a REAL, whole or not.
#[expect(clippy::cast_precision_loss, reason = "no Integer is beyond what an f64 holds exactly")]
fn sqlite_value(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(number) => ValueRef::Real(*number as f64),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
    })
}
