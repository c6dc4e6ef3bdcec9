//! Deterministic simulation: a seed makes a world, and everything that happens in it.
//!
//! People, thieves, admins and programs ask things of both Workers ([`actors`]): the real core, on the real schema. Many
//! requests are under way at once. Before each transaction any other may run, and any may fail ([`between`]): before it was
//! made, or after, with the answer lost. An [`oracle`] judges every transaction and every answer. What the net must catch is
//! in [`bugs`]. The same seed always gives the same world, so whatever is found can be looked at again.
//!
//! - To add a judge: a file in `oracle/judges` that implements `Judge`, and its line in `JUDGES` there.
//! - To add an actor: a file in `actors`, and its line in `Cast::next`; for something that thieves are after, in `PLOTS`.
//! - To add a planted bug: a line in one of the lists of `bugs`; for a new way of planting one, a kind of `Plant`.

mod actors;
mod between;
pub mod bugs;
mod oracle;
mod rows;
mod settle;

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use airlock::{context::Config, flows::gate::Gate, jobs, mail::Mailbox, ports::Now, store::operator};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rusqlite::config::DbConfig;

use crate::World;
use actors::{Cast, Dice, Person, people};
use between::Between;
use bugs::{Bug, Planted};
use oracle::{Compared, Oracle, Violation};
use rows::State;

/// Seeds that `cargo test` runs.
pub const SEEDS: u64 = 2_000;

/// For how long a session is trusted in half of the worlds.
const TRUST_S: i64 = 60;

/// The pepper in use, and the one before it, which half of the passwords were made with.
const PEPPERS: &str = "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=,p0:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// A place to run one world after another.
pub struct Simulation {
    world: World,
    people: Vec<Person>,
    /// Which asks about every request, and which trusts a session for so many seconds.
    gates: [(Rc<Gate>, i64); 2],
    /// Settings without mail, and with it.
    configs: [Rc<[Config; 2]>; 2],
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
        world.rotate_keys(crate::SEED_KEYS, PEPPERS);
        let gates = [0, TRUST_S].map(|trust_s| {
            world.set_gate(&[("STEP_UP_PATHS", "/billing"), ("GATE_TRUST_S", &trust_s.to_string())]);
            (world.gate.borrow().clone(), trust_s)
        });
        // People are mailed what they ask for at the edge; links of invitations are mailed too, or shown to whoever makes them.
        let mail_from = Mailbox::parse("login@app.test").ok();
        let configs = [None, mail_from.clone()].map(|admins| {
            let [edge, admin] = crate::configs(crate::SEED_KEYS, PEPPERS);
            let edge = Config { mail_from: mail_from.clone(), ..edge };
            Rc::new([edge, Config { mail_from: admins, ..admin }])
        });
        let jobs = crate::jobs_config(crate::SEED_KEYS, PEPPERS, None);
        *world.jobs.borrow_mut() = Rc::new(jobs::Config { mail_from, ..jobs });
        world.db.run(operator::keep_key_checks(&world.config.borrow()[0].pepper_keys).into());
        let people = people(&world);
        let mut begins_with = State::default();
        for table in State::TABLES {
            begins_with.read(&world.db.connection.borrow(), table);
        }
        Self { world, people, gates, configs, begins_with, compared: Compared::default() }
    }

    /// Runs the world of a seed, with a bug planted in it or without.
    pub fn run(&self, seed: u64, bug: Option<&'static Bug>, traced: bool) -> Outcome {
        let world = &self.world;
        world.now.set(Now(1_800_000_000_000));
        *world.rng.0.borrow_mut() = ChaCha20Rng::seed_from_u64(seed);
        world.log.0.borrow_mut().clear();
        world.post.handed.borrow_mut().clear();
        world.db.connection.borrow().execute_batch("SAVEPOINT world").unwrap();
        let mut dice = Dice::new(seed);
        let cast = Cast::new(world, &self.people, &mut dice);
        if self.compared.borrow().len() > 10_000 {
            self.compared.take();
        }
        // Mail is sent never, always, or from somewhere on.
        let mail_at = [0, usize::MAX, 50, 65][dice.below(4)];
        let config = self.configs[0].clone();
        *world.config.borrow_mut() = config.clone();
        let (gate, trust_s) = self.gates[dice.below(2)].clone();
        *world.gate.borrow_mut() = gate;
        let oracle = Oracle::new(self.begins_with.clone(), config, self.compared.clone(), trust_s);
        let bug = bug.map(Planted::new);
        bug.iter().for_each(|bug| bug.begin(world));
        let between = Between::new(world, (&self.configs, mail_at), oracle, dice, bug, traced);
        between.play(cast);
        let outcome = between.outcome();
        world.db.connection.borrow().execute_batch("ROLLBACK TO world; RELEASE world").unwrap();
        outcome
    }
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
                            Some(Violation { promise: oracle::CLOSED.promise(), what })
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
