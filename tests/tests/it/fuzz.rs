//! Any bytes at all: what must hold for them, tried with the corpus and changes of it. `airlock_tests::fuzz` has the targets,
//! `npm run fuzz -- TARGET` goes on for longer.

use airlock_tests::fuzz::{TARGETS, Target};

fn holds(name: &str) {
    let target = Target::named(name).unwrap();
    if let Some(input) = target.search(0..target.cases) {
        panic!("{name} does not hold for {:?}", input.escape_ascii().to_string());
    }
}

#[test]
fn both_workers_answer_any_request() {
    holds("http");
}

#[test]
fn fields_cookies_and_small_texts_are_read_as_they_were_meant() {
    holds("fields");
}

#[test]
fn codes_and_seeds_are_read_exactly() {
    holds("codes");
}

#[test]
fn no_changed_assertion_is_accepted() {
    holds("assertion");
}

#[test]
fn no_header_of_a_client_speaks_for_airlock() {
    holds("headers");
}

#[test]
fn of_a_page_nothing_changes_but_the_apps_own_origin_where_an_address_begins() {
    holds("pages");
}

#[test]
fn no_spelling_makes_a_path_public_or_avoids_a_step_up() {
    holds("paths");
}

#[test]
fn whatever_a_mail_server_says_a_mail_is_taken_only_whole_and_nothing_is_repeated() {
    holds("smtp");
}

#[test]
fn the_corpus_is_small_and_each_target_has_one() {
    let sizes = TARGETS.iter().flat_map(|target| target.corpus()).map(|input| input.len());
    let all: usize = sizes.clone().sum();
    assert!(all < 100_000, "{all}");
    assert!(TARGETS.iter().all(|target| target.corpus().len() >= 3));
}
