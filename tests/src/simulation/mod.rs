//! Deterministic simulation: a seed makes a world, and everything that happens in it.
//!
//! People, thieves, admins and programs ask things of both Workers ([`actors`]): the real core, on the real schema. Many
//! requests are on their way at once; before each transaction any other may run, and any may fail, before it was made or
//! after, with the answer lost. An [`oracle`] judges every transaction and every answer. What the net must catch is in
//! [`bugs`]. The same seed always gives the same world, so whatever is found can be looked at again.

mod actors;
pub mod bugs;
mod oracle;
mod rows;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{self, Poll, Waker},
    thread,
};

use airlock::{
    admin,
    audit::Sealed,
    context::{Config, Context},
    edge,
    http::Response,
    jobs,
    password::Cost,
    ports::{Db, Fault, LocalFuture, Now, Rows, Statement},
    session::Site,
    store::operator::{self, KeyCheck},
    throttle,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use rusqlite::config::DbConfig;

use crate::{THE_APP, World, configs};
use actors::{ACCOUNTS, Act, Cast, Dice, Person, Who, people};
use bugs::{Bug, Planted};
use oracle::{Begins, Compared, Job, Oracle, Violation, Written};
use rows::State;

/// Requests in one world, and how many of them may be on their way at once.
const REQUESTS: usize = 60;
const AT_ONCE: usize = 6;

/// Seeds that `cargo test` runs.
pub const SEEDS: u64 = 2_000;

/// As cheap as argon2id gets.
pub const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

/// The pepper in use, and the one before it, which half of the passwords were made with.
const PEPPERS: &str = "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=,p0:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// A place to run one world after another.
pub struct Simulation {
    world: World,
    people: Vec<Person>,
    begins_with: State,
    compared: Compared,
}

/// What became of a world.
pub struct Outcome {
    /// What did not hold, if anything.
    pub violation: Option<Violation>,
    /// What happened, line by line, if that was asked for.
    pub trace: Vec<String>,
    /// How often the bug had its chance.
    pub planted: u64,
}

impl Default for Simulation {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulation {
    /// Prepares the accounts and people that every world begins with.
    pub fn new() -> Self {
        let world = World::empty(0);
        // Statements keep their plan whatever is bound; without this SQLite plans them anew each time.
        world.db.connection.borrow().set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        let cheap = |keys| configs(crate::SEED_KEYS, keys).map(|config| Config { password_cost: CHEAP, ..config });
        *world.config.borrow_mut() = Rc::new(cheap(PEPPERS));
        *world.jobs.borrow_mut() = Rc::new(crate::jobs_config(crate::SEED_KEYS, PEPPERS, None));
        world.set_gate(&[("STEP_UP_PATHS", "/billing")]);
        world.db.run(operator::keep_key_checks(&world.config.borrow()[0].pepper_keys).into());
        let people = people(&world);
        let mut begins_with = State::default();
        for table in State::TABLES {
            begins_with.read(&world.db.connection.borrow(), table);
        }
        Self { world, people, begins_with, compared: Compared::default() }
    }

    /// Runs the world of a seed, with a bug planted in it or without.
    pub fn run(&self, seed: u64, bug: Option<&'static Bug>, traced: bool) -> Outcome {
        let world = &self.world;
        world.now.set(Now(1_800_000_000_000));
        *world.rng.0.borrow_mut() = ChaCha20Rng::seed_from_u64(seed);
        world.log.0.borrow_mut().clear();
        world.db.connection.borrow().execute_batch("SAVEPOINT world").unwrap();
        let mut dice = Dice::new(seed);
        let cast = Cast::new(world, &self.people, &mut dice);
        if self.compared.borrow().len() > 10_000 {
            self.compared.take();
        }
        let config = world.config.borrow().clone();
        let between = Between {
            world,
            oracle: RefCell::new(Oracle::new(self.begins_with.clone(), config, self.compared.clone())),
            dice: RefCell::new(dice),
            jobs: RefCell::default(),
            current: Cell::new(0),
            fails: Cell::new(0),
            bug: bug.map(Planted::new),
            violation: RefCell::default(),
            trace: RefCell::new(traced.then(Vec::new)),
        };
        between.play(cast);
        let planted = between.bug.as_ref().map_or(0, Planted::chances);
        let (violation, trace) = (between.violation.into_inner(), between.trace.into_inner().unwrap_or_default());
        world.db.connection.borrow().execute_batch("ROLLBACK TO world; RELEASE world").unwrap();
        Outcome { violation, trace, planted }
    }
}

/// What stands between the core and the database: decides who runs next and what fails, and shows the oracle everything.
struct Between<'w> {
    world: &'w World,
    oracle: RefCell<Oracle>,
    dice: RefCell<Dice>,
    jobs: RefCell<Vec<Job>>,
    current: Cell<usize>,
    /// Of a hundred transactions so many fail.
    fails: Cell<usize>,
    bug: Option<Planted>,
    violation: RefCell<Option<Violation>>,
    trace: RefCell<Option<Vec<String>>>,
}

impl Between<'_> {
    fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut *self.trace.borrow_mut() {
            let ms = self.world.now.get().0 - 1_800_000_000_000;
            trace.push(format!("{:>9}.{:03}  {}", ms / 1000, ms % 1000, line()));
        }
    }

    fn judged(&self, verdict: Result<(), Violation>) {
        if let Err(violation) = verdict {
            self.note(|| format!("VIOLATION  {}: {}", violation.invariant, violation.what));
            self.violation.borrow_mut().get_or_insert(violation);
        }
    }

    fn play(&self, mut cast: Cast<'_>) {
        let configs = self.world.config.borrow().clone();
        self.settle(&configs, &mut cast);
        let mut on_their_way: Vec<(usize, Who, LocalFuture<'_, Response>)> = Vec::new();
        let mut left = REQUESTS;
        while self.violation.borrow().is_none() {
            let begin = left > 0
                && (on_their_way.is_empty() || on_their_way.len() < AT_ONCE && self.dice.borrow_mut().chance(35));
            if begin {
                left -= 1;
                self.wait();
                let next = cast.next(&mut self.dice.borrow_mut(), &self.oracle.borrow().state);
                for (who, act) in next {
                    let id = self.jobs.borrow().len();
                    on_their_way.push((id, who.clone(), self.begin(&configs, &cast, id, &who, act)));
                }
            } else if on_their_way.is_empty() {
                if left == 0 {
                    break;
                }
            } else {
                let at = self.dice.borrow_mut().below(on_their_way.len());
                let (id, _, future) = &mut on_their_way[at];
                self.current.set(*id);
                if let Poll::Ready(response) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                    let (id, who, _) = on_their_way.swap_remove(at);
                    self.end(&mut cast, id, &who, &response);
                }
            }
        }
        drop(on_their_way);
        if self.violation.borrow().is_none() {
            self.judged(self.last_look());
        }
    }

    /// Signs some in, one after the other, and decides how this world is before everything happens at once.
    fn settle(&self, configs: &[Config; 2], cast: &mut Cast<'_>) {
        for client in cast.settled.clone() {
            for _ in 0..6 {
                self.world.wait_s(31);
                if self.violation.borrow().is_some() {
                    return;
                }
                let Some(act) = cast.settle(client) else { break };
                let (who, id) = (Who::Browser(client), self.jobs.borrow().len());
                let mut future = self.begin(configs, cast, id, &who, act);
                self.current.set(id);
                let response = loop {
                    if let Poll::Ready(response) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                        break response;
                    }
                };
                self.end(cast, id, &who, &response);
            }
        }
        let (mut dice, mut oracle) = (self.dice.borrow_mut(), self.oracle.borrow_mut());
        for account in ACCOUNTS {
            if dice.chance(50) {
                self.world.require(account, dice.chance(60), if dice.chance(50) { "now" } else { "next_login" });
            }
        }
        if dice.chance(30) {
            let failures = 96 + i64::try_from(dice.below(4)).unwrap();
            let params = [cast.hottest().into(), failures.into()];
            self.world.db.execute("UPDATE users SET code_failures = ?2 WHERE id = ?1", &params);
        }
        if dice.chance(25) {
            // Strangers have been at it for a while.
            let email = cast.hottest_address();
            let subject = throttle::subject(&configs[0].pepper_keys, email);
            let began_at = self.world.now.get().0 - 60_000;
            for subject in [subject, "198.51.100.1".to_owned()] {
                let params = [subject.into(), began_at.into(), (296 + i64::try_from(dice.below(6)).unwrap()).into()];
                self.world.db.execute(
                    "INSERT INTO floods (subject, began_at, failures, tried_at) VALUES (?1, ?2, ?3, ?2)
                     ON CONFLICT DO UPDATE SET began_at = ?2, failures = ?3",
                    &params,
                );
            }
        }
        for table in ["accounts", "users", "floods"] {
            oracle.state.read(&self.world.db.connection.borrow(), table);
        }
        self.fails.set([0, 0, 2, 6][dice.below(4)]);
    }

    /// Lets time pass: mostly seconds, sometimes hours, and now and then a little backwards.
    fn wait(&self) {
        let mut dice = self.dice.borrow_mut();
        let ms = match dice.below(100) {
            0..60 => dice.below(3_000),
            60..78 => 15_000 + dice.below(30_000),
            78..86 => 60_000 + dice.below(120_000),
            86..89 => 300_000 + dice.below(120_000),
            89 => 1_200_000 + dice.below(1_800_000),
            90 if dice.chance(50) => 7_200_000 + dice.below(43_200_000),
            _ => 0,
        };
        let back = if dice.chance(5) { dice.below(5_000) } else { 0 };
        let now = self.world.now.get().0 + i64::try_from(ms).unwrap() - i64::try_from(back).unwrap();
        self.world.now.set(Now(now));
    }

    fn begin<'c>(
        &'c self,
        configs: &'c [Config; 2],
        cast: &Cast<'_>,
        id: usize,
        who: &Who,
        act: Act,
    ) -> LocalFuture<'c, Response> {
        let mut request = cast.request(who, &act);
        let config = if request.host == "app.test" { &configs[0] } else { &configs[1] };
        self.note(|| format!("#{id} {}: {act:?}", cast.name(who)));
        let cx = Context { db: self, ..self.world.context(config) };
        let (by, honest) = cast.sender(who);
        self.jobs.borrow_mut().push(Job::new(act.clone(), cx.now, config, &request, by, honest));
        if let Some(bug) = &self.bug {
            bug.request(&mut request);
        }
        let gate = self.world.gate.borrow().clone();
        Box::pin(async move {
            let done = |result: Result<(), Fault>| Response::empty(if result.is_ok() { 204 } else { 503 });
            match (&act, config.site) {
                (Act::Tick, _) => {
                    let config = self.world.jobs.borrow().clone();
                    done(jobs::tick(&jobs::Job { db: cx.db, ..self.world.job(&config) }).await)
                }
                (Act::Recover { user }, _) => {
                    let event = cx.rng.id().unwrap();
                    let check = KeyCheck::of(cx.config.pepper_keys.current());
                    done(self.batch(operator::break_glass(user, &check, &event, cx.now)).await.map(drop))
                }
                (_, Site::Edge) => match edge::handle(&cx, &gate, &request).await {
                    edge::Answer::Ours(response) => response,
                    edge::Answer::Apps(forward) => {
                        self.judged(self.oracle.borrow().asserted(&self.jobs.borrow()[id], &forward));
                        Response::html(200, THE_APP.to_owned())
                    }
                },
                (_, Site::Admin) => admin::handle(&cx, &request).await,
            }
        })
    }

    fn end(&self, cast: &mut Cast<'_>, id: usize, who: &Who, response: &Response) {
        let job = &self.jobs.borrow()[id];
        self.note(|| {
            let body: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
            let said = ["code", "reason", "next", "stage"].map(|name| body[name].as_str().unwrap_or_default());
            format!("#{id} answered {} {}", response.status, said.join(" ").trim())
        });
        self.judged(self.oracle.borrow().answer(job, response));
        cast.learn(who, &job.act, response);
    }

    /// Runs statements as one transaction, and has what they did judged.
    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
        let begins = match statements.first().map_or("", |first| first.sql) {
            sql if sql.starts_with("UPDATE sessions SET last_seen_at") => Begins::Looks,
            sql if sql.starts_with("INSERT INTO code_attempts") => Begins::TriesCode,
            sql if sql.starts_with("INSERT INTO password_budgets") => Begins::TriesPassword,
            _ => Begins::Otherwise,
        };
        // A statement that changed no row left every table as it was.
        let mut tables = BTreeSet::new();
        let results =
            self.world.db.watched(statements, |sql| tables.extend(written_tables(sql))).map_err(Fault::new)?;
        let mut after = self.oracle.borrow().state.clone();
        let connection = self.world.db.connection.borrow();
        for table in &tables {
            after.read(&connection, table);
        }
        drop(connection);
        let written = if tables.contains("audit") { self.written() } else { Vec::new() };
        self.judge(begins, after, &written);
        Ok(results)
    }

    fn judge(&self, begins: Begins, after: State, written: &[Written]) {
        let job = &mut self.jobs.borrow_mut()[self.current.get()];
        let verdict = self.oracle.borrow_mut().transaction(job, begins, after, written);
        self.judged(verdict);
    }

    /// What the audit has gained.
    fn written(&self) -> Vec<Written> {
        let connection = self.world.db.connection.borrow();
        let mut statement = connection
            .prepare_cached(
                "SELECT account_id, actor_id, target_id, action, result, id FROM audit WHERE id > ?1 ORDER BY id",
            )
            .unwrap();
        let mut oracle = self.oracle.borrow_mut();
        let rows = statement.query_map([oracle.seen], |row| {
            let written = Written {
                account_id: row.get(0)?,
                actor_id: row.get(1)?,
                target_id: row.get(2)?,
                action: row.get(3)?,
                result: row.get(4)?,
            };
            Ok((written, row.get::<_, i64>(5)?))
        });
        let rows: Vec<(Written, i64)> = rows.unwrap().map(Result::unwrap).collect();
        oracle.seen = rows.last().map_or(oracle.seen, |(_, id)| *id);
        rows.into_iter().map(|(written, _)| written).collect()
    }

    /// At the end: the whole database as it is, and the chain of the audit.
    fn last_look(&self) -> Result<(), Violation> {
        let world = self.world;
        let mut state = State::default();
        for table in State::TABLES {
            state.read(&world.db.connection.borrow(), table);
        }
        assert!(state == self.oracle.borrow().state, "a change went by unseen");
        let dangling = world.db.run(vec![Statement { sql: "PRAGMA foreign_key_check", params: Vec::new() }]);
        let oracle = self.oracle.borrow();
        oracle.dangling(dangling[0].0.len())?;
        world.tick();
        for account in ACCOUNTS.into_iter().chain([""]) {
            let rows = world.db.run(vec![Statement {
                sql: "SELECT *, ifnull(lag(hash) OVER (ORDER BY id), '') AS previous FROM audit WHERE account_id = ?1 ORDER BY id",
                params: vec![account.into()],
            }]);
            let sealed: Vec<Sealed> = rows[0].clone().parse().unwrap();
            let lines: String = sealed.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
            oracle.export(account, &lines, sealed.len())?;
        }
        Ok(())
    }
}

impl Db for Between<'_> {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let mut results = Vec::new();
            let parts = match &self.bug {
                Some(bug) => bug.parts(statements),
                None => vec![statements],
            };
            for statements in parts {
                others().await;
                let statements = match &self.bug {
                    Some(bug) => bug.statements(self, statements).await,
                    None => statements,
                };
                let id = self.current.get();
                let mut dice = self.dice.borrow_mut();
                // `true`: only after the transaction was made.
                let fault = dice.chance(self.fails.get()).then(|| dice.chance(50));
                drop(dice);
                if fault.is_some() {
                    self.jobs.borrow_mut()[id].failed = true;
                }
                if fault == Some(false) {
                    self.note(|| format!("#{id} the database fails"));
                    let fault = Fault::new("the database failed");
                    return match &self.bug {
                        Some(bug) => bug.fault(statements.len(), fault),
                        None => Err(fault),
                    };
                }
                self.note(|| format!("#{id} {}", summary(&statements)));
                let mut rows = self.transaction(&statements)?;
                if let Some(bug) = &self.bug {
                    bug.rows(&statements, &mut rows, self.jobs.borrow()[id].now);
                }
                if fault == Some(true) {
                    self.note(|| format!("#{id} the database's answer is lost"));
                    return Err(Fault::new("the answer was lost"));
                }
                results.extend(rows);
            }
            Ok(results)
        })
    }
}

/// Lets any other request go first.
async fn others() {
    let mut waited = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// What statements do, in a few words.
fn summary(statements: &[Statement]) -> String {
    let words = |statement: &Statement| statement.sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    statements.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The tables that a statement may change, with those that follow by foreign key or trigger.
fn written_tables(sql: &'static str) -> impl Iterator<Item = &'static str> {
    let mut words = sql.split_whitespace();
    let table = match words.next() {
        Some("INSERT" | "DELETE") => words.nth(1),
        Some("UPDATE") => words.next(),
        _ => None,
    };
    let follow: &[&str] = match table {
        Some("sessions") => &["enrolments", "barred"],
        Some("memberships") => &["invitations", "api_tokens", "accounts"],
        Some("authenticators") => &["memberships", "accounts"],
        _ => &[],
    };
    table.into_iter().chain(follow.iter().copied())
}

/// A world where something did not hold.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its seed.
    pub seed: u64,
    /// What did not hold.
    pub violation: Violation,
}

/// Runs the worlds of these seeds on every core, up to the first one where something does not hold: that one, and how
/// often the bug had its chance. `progress` hears how many are done.
pub fn search(seeds: Range<u64>, bug: Option<&'static Bug>, progress: impl Fn(u64) + Sync) -> (Option<Found>, u64) {
    let (next, done, planted) = (AtomicU64::new(seeds.start), AtomicU64::new(0), AtomicU64::new(0));
    let first: Mutex<Option<Found>> = Mutex::new(None);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut simulation = Simulation::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || first.lock().unwrap().as_ref().is_some_and(|found| found.seed < seed) {
                        break;
                    }
                    let violation = match catch_unwind(AssertUnwindSafe(|| simulation.run(seed, bug, false))) {
                        Ok(outcome) => {
                            planted.fetch_add(outcome.planted, Ordering::Relaxed);
                            outcome.violation
                        }
                        Err(panic) => {
                            simulation = Simulation::new();
                            let what = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
                            Some(Violation { invariant: oracle::CLOSED, what })
                        }
                    };
                    if let Some(violation) = violation {
                        let mut first = first.lock().unwrap();
                        if first.as_ref().is_none_or(|found| seed < found.seed) {
                            *first = Some(Found { seed, violation });
                        }
                    }
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    (first.into_inner().unwrap(), planted.into_inner())
}

/// What happened in the world of a seed, line by line.
pub fn trace(seed: u64, bug: Option<&'static Bug>) -> Vec<String> {
    Simulation::new().run(seed, bug, true).trace
}

/// For rows that a bug remembers.
type Memory = BTreeMap<String, (i64, Rows)>;
