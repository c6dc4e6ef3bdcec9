//! What `npm run bench -- --growth` has measured natively: `transactions FILE FROM COUNT` signs in so many of the people that
//! `people` made, in the database of that file, and takes the steps of an admin, who is the one after them, as often. It prints, as JSON, the transactions
//! that each step consists of: the median of their milliseconds in SQLite, and whether they write.

use std::{
    collections::BTreeMap,
    path::Path,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use airlock::ports::Now;
use airlock_tests::{Browser, NOOR_SEED, World};
use serde_json::{Value, json};

type Steps = BTreeMap<&'static str, Vec<Vec<(Duration, bool)>>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, from, count] = arguments.as_slice() else { return usage() };
    let (Ok(from), Ok(count)) = (from.parse::<u32>(), count.parse::<u32>()) else { return usage() };
    let world = World::new();
    world.db.open(Path::new(file));
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    world.now.set(Now(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)));
    let mut steps = Steps::new();
    for person in from..from + count {
        sign_in(&world, person, &mut steps);
    }
    administer(&world, from, count, &mut steps);
    let all: BTreeMap<_, Vec<Value>> = steps.into_iter().map(|(name, runs)| (name, medians(&runs))).collect();
    println!("{}", json!(all));
    ExitCode::SUCCESS
}

fn sign_in(world: &World, person: u32, steps: &mut Steps) {
    let browser = world.browser();
    step(world, steps, "password", || drop(browser.login(&format!("p{person}@bench.test")).expect(200)));
    step(world, steps, "wrong code", || drop(browser.verify("000000").expect(401)));
    step(world, steps, "code", || drop(browser.verify(&world.code(NOOR_SEED, 0)).expect(200)));
    step(world, steps, "session check", || drop(browser.get("/auth/session").expect(200)));
    step(world, steps, "gate", || drop(browser.get("/").expect(200)));
    world.wait_s(61);
    step(world, steps, "gate, once a minute", || drop(browser.get("/").expect(200)));
}

fn administer(world: &World, from: u32, count: u32, steps: &mut Steps) {
    let owner: Browser<'_> = world.admin();
    owner.sign_in(&format!("p{}@bench.test", from + count), NOOR_SEED);
    let account = "/api/v1/accounts/bench";
    for person in from..from + count {
        let required = json!({ "required": person % 2 == from % 2 });
        step(world, steps, "list, page 1", || drop(owner.get(&format!("{account}/users")).expect(200)));
        step(world, steps, "toggle", || {
            drop(owner.put(&format!("{account}/two-factor"), required.clone()).expect(200))
        });
        let reset = format!("{account}/users/p{person}/two-factor/reset");
        step(world, steps, "reset", || drop(owner.post(&reset, json!({})).expect(200)));
        step(world, steps, "audit, page 1", || drop(owner.get(&format!("{account}/audit")).expect(200)));
    }
}

fn step(world: &World, steps: &mut Steps, name: &'static str, act: impl FnOnce()) {
    world.db.record.set(true);
    act();
    world.db.record.set(false);
    world.db.recorded.take();
    steps.entry(name).or_default().push(world.db.timed.take());
}

/// Each transaction of a step by its place in it.
fn medians(runs: &[Vec<(Duration, bool)>]) -> Vec<Value> {
    let most = runs.iter().map(Vec::len).max().unwrap_or(0);
    let at = |place: usize| {
        let mut times: Vec<Duration> = runs.iter().filter_map(|run| run.get(place)).map(|(time, _)| *time).collect();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let writes = runs.iter().filter_map(|run| run.get(place)).any(|(_, wrote)| *wrote);
        json!({ "ms": median.as_secs_f64() * 1000.0, "writes": writes })
    };
    (0..most).map(at).collect()
}

fn usage() -> ExitCode {
    eprintln!("transactions FILE FROM COUNT");
    ExitCode::from(2)
}
