//! Worlds of people, thieves, admins and faults, each from a seed, in which everything must hold: `airlock_tests::simulation`.
//! `npm run simulate` runs as many as wanted.

use airlock_tests::simulation::{SEEDS, bugs, search, trace};

#[test]
#[ignore = "thousands of worlds: npm test runs it optimised"]
fn whatever_happens_in_whatever_order_and_whatever_fails_everything_holds() {
    let (found, _) = search(0..SEEDS, None, |_| {});
    if let Some(found) = found {
        let trace = trace(found.seed, None).join("\n");
        panic!("{trace}\n\nnpm run simulate -- --seed {}\n{:#?}", found.seed, found.violation);
    }
}

/// Proof that the net catches fish.
#[test]
#[ignore = "as above"]
fn every_planted_bug_is_found() {
    for bug in bugs::all() {
        let (found, planted) = search(0..SEEDS, Some(bug), |_| {});
        assert!(planted > 0, "{}: what it changes is not there any more", bug.name);
        let found = found.unwrap_or_else(|| panic!("{}: not found in {SEEDS} worlds", bug.name));
        println!("{:60} seed {:4}: {}", bug.name, found.seed, found.violation.promise);
    }
}

#[test]
fn as_many_bugs_are_planted_as_is_said() {
    let said = include_str!("../../../docs/promises.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("They also plant {} bugs", bugs::all().count())), "docs/promises.md");
}
