//! What `npm run bench` signs in: `people COUNT FILE` leaves a whole database of that many people as D1 keeps one, with the
//! password and the seed that all of them have, and prints the keys to it in the form of .env.

use std::{fs, process::ExitCode};

use airlock::people::Role;
use airlock_tests::{KEYS, NOOR_SEED, World};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, file] = arguments.as_slice() else { return usage() };
    let Ok(count) = count.parse::<u32>() else { return usage() };
    let world = World::new();
    world.add_account("bench");
    for number in 0..count {
        let id = format!("p{number}");
        world.add_user("bench", &id, &format!("{id}@bench.test"), Role::Member, Some(NOOR_SEED));
    }
    if let Err(error) = fs::write(file, world.db.dump()) {
        eprintln!("{file}: {error}");
        return ExitCode::FAILURE;
    }
    for (name, value) in KEYS {
        println!("{name}={value}");
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("people COUNT FILE");
    ExitCode::from(2)
}
