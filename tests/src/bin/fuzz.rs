//! npm run fuzz: one target of `airlock_tests::fuzz` for as long as wanted.
//!
//! With the feature `libfuzzer` this is libFuzzer's program: led by which code an input reaches, it takes libFuzzer's options
//! and the target's name from `FUZZ_TARGET`. Without, `fuzz TARGET SECONDS` makes changes of the corpus that know nothing of
//! the code.

#![cfg_attr(feature = "libfuzzer", no_main)]

use airlock_tests::fuzz::{TARGETS, Target};

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    thread_local!(static TARGET: &'static Target = named(&std::env::var("FUZZ_TARGET").unwrap_or_default()));
    TARGET.with(|target| (target.run)(input));
});

fn named(name: &str) -> &'static Target {
    Target::named(name).unwrap_or_else(|| {
        let names = TARGETS.map(|target| target.name).join("|");
        eprintln!("npm run fuzz -- {names} [--seconds N]");
        std::process::exit(2);
    })
}

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    use std::{
        process::ExitCode,
        time::{Duration, Instant, SystemTime},
    };

    let mut arguments = std::env::args().skip(1);
    let target = named(&arguments.next().unwrap_or_default());
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(60);
    let from = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros() as u64);
    let (begun, mut tried) = (Instant::now(), 0);
    let time_left = |_: &u64| begun.elapsed() < Duration::from_secs(seconds);
    match target.search((from..).take_while(time_left).inspect(|_| tried += 1)) {
        None => {
            println!("{tried} inputs, and everything held");
            ExitCode::SUCCESS
        }
        Some(input) => {
            println!("does not hold for {:?}", input.escape_ascii().to_string());
            ExitCode::FAILURE
        }
    }
}
