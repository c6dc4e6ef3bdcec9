//! The people of the demo account, as `npm start` has them.

use airlock::people::Role;
use serde::Deserialize;

const DEMO: &str = include_str!("../../dev/people.json");

/// Everyone's password.
pub const PASSWORD: &str = quoted(DEMO, "\"password\": \"");
/// The seed of `owner@acme.test`.
pub const OWNER_SEED: &str = quoted(after(DEMO, "\"id\": \"owner\""), "\"seed\": \"");
/// The seed of `noor@acme.test`.
pub const NOOR_SEED: &str = quoted(after(DEMO, "\"id\": \"noor\""), "\"seed\": \"");

/// One of them.
#[derive(Deserialize)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub seed: Option<String>,
}

/// All of them.
pub fn people() -> Vec<Person> {
    #[derive(Deserialize)]
    struct Demo {
        people: Vec<Person>,
    }
    let demo: Demo = serde_json::from_str(DEMO).unwrap();
    demo.people
}

/// What follows `before`.
const fn after(text: &'static str, before: &str) -> &'static str {
    let (bytes, before) = (text.as_bytes(), before.as_bytes());
    let (mut at, mut same) = (0, 0);
    while same < before.len() {
        same = if bytes[at] == before[same] { same + 1 } else { 0 };
        at += 1;
    }
    text.split_at(at).1
}

/// What follows `before`, up to the quotation mark.
const fn quoted(text: &'static str, before: &str) -> &'static str {
    let rest = after(text, before);
    let mut end = 0;
    while rest.as_bytes()[end] != b'"' {
        end += 1;
    }
    rest.split_at(end).0
}
