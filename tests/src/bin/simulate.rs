//! npm run simulate: worlds by their seeds. See `airlock_tests::simulation`.
//!
//! `--seeds N` runs the first N, on every core, up to the first where something does not hold; `--from M` leaves out those
//! below M. `--seed N` runs one and prints all that happens in it. `--bug NAME` plants one of the bugs that the simulation must find.

use std::{process::ExitCode, sync::Mutex, time::Instant};

use airlock_tests::simulation::{SEEDS, bugs, search, trace};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mut from, mut seeds, mut one, mut bug) = (0, SEEDS, None, None);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--seeds" && value.parse::<u64>().is_ok() => {
                seeds = value.parse().unwrap_or(seeds)
            }
            [name, value] if name == "--from" && value.parse::<u64>().is_ok() => from = value.parse().unwrap_or(from),
            [name, value] if name == "--seed" && value.parse::<u64>().is_ok() => one = value.parse().ok(),
            [name, value] if name == "--bug" && bugs::all().any(|bug| bug.name == value) => {
                bug = bugs::all().find(|bug| bug.name == value);
            }
            _ => {
                let names: Vec<&str> = bugs::all().map(|bug| bug.name).collect();
                eprintln!("simulate [--seeds N [--from M] | --seed N] [--bug NAME]\n\nBugs:\n  {}", names.join("\n  "));
                return ExitCode::FAILURE;
            }
        }
    }
    if let Some(seed) = one {
        trace(seed, bug).iter().for_each(|line| println!("{line}"));
        return ExitCode::SUCCESS;
    }
    let (begun, said) = (Instant::now(), Mutex::new(Instant::now()));
    let (found, _) = search(from..seeds, bug, |done| {
        if let Ok(mut said) = said.lock()
            && (said.elapsed().as_secs() >= 2 || from + done == seeds)
        {
            *said = Instant::now();
            let rate = done as f64 / begun.elapsed().as_secs_f64();
            eprintln!("{} of {seeds} worlds, {rate:.0} a second", from + done);
        }
    });
    match found {
        None => {
            println!("seeds {from} to {}, and everything held", seeds.saturating_sub(1));
            ExitCode::SUCCESS
        }
        Some(found) => {
            println!("seed {}: {}\n  {}", found.seed, found.violation.promise, found.violation.what);
            println!("  npm run simulate -- --seed {}", found.seed);
            ExitCode::FAILURE
        }
    }
}
