//! One piece of work and no other, for valgrind to count its instructions: `work NAME`, from `tests/tests/it/work.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "broken work should stop there")]

use std::hint::black_box;

use airlock::{
    factor::{
        password::{self, Cost},
        recovery::RecoveryCode,
        totp::{Code, Parameters, WINDOW_STEPS, parse_seed},
    },
    ports::{Fault, Now, Rng},
    secret::{Keyring, Token},
};
use airlock_tests::{CHEAP, NOOR_SEED, PASSWORD, PEPPER_KEYS, World, enumeration, products_cost};
use serde_json::json;

/// What valgrind counts: all that runs below this.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    // Something to come back to, or this would be left before the work begins.
    black_box(());
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let (kind, class) = name.split_once('/').unwrap_or_default();
    match kind {
        "code" => code(class),
        "tag" => tag(class),
        "password" => stored_password(class),
        "recovery" => recovery(class),
        "token" => token(class),
        "login" => login(class, "wrong horse battery staple"),
        // Typed in another form than it is hashed in, so it is compared in both.
        "decomposed" => login(class, "wro\u{308}ng horse battery staple"),
        _ => panic!("{name} is no work"),
    }
}

struct Sevens;

impl Rng for Sevens {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        bytes.fill(7);
        Ok(())
    }
}

/// `text` with another character in place of the first or the last, or as it is.
fn differing(text: &str, class: &str, others: [char; 2]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = match class {
        "equal" => return text.to_owned(),
        "first" => chars.first_mut(),
        "last" => chars.last_mut(),
        _ => panic!("{class} is no class"),
    };
    if let Some(c) = at {
        *c = if *c == others[0] { others[1] } else { others[0] };
    }
    chars.into_iter().collect()
}

/// A one-time code: of one of the three steps, used, or with a wrong digit.
fn code(class: &str) {
    let (parameters, now) = (Parameters::default(), Now(1_800_000_000_000));
    let present = parameters.step_at(now);
    let seed = parse_seed(NOOR_SEED).unwrap();
    let of = |step: i64| parameters.code(seed.expose(), step).to_string();
    let (typed, last_step, expected) = match class {
        "before" => (of(present - 1), 0, Some(present - 1)),
        "present" => (of(present), 0, Some(present)),
        "after" => (of(present + 1), 0, Some(present + 1)),
        "used" => (of(present), present, None),
        class => (differing(&of(present), class, ['0', '1']), 0, None),
    };
    let code = Code::parse(&typed).unwrap();
    let mut found = None;
    counted(&mut || found = parameters.accepted_step(WINDOW_STEPS, seed.expose(), black_box(&code), last_step, now));
    assert_eq!(found, expected);
}

/// The tag of a MAC, as the buttons of one's own pages carry.
fn tag(class: &str) {
    let keys = Keyring::parse(PEPPER_KEYS).unwrap();
    let typed = differing(&keys.current().mac("form", &["x"]), class, ['0', '1']);
    let mut found = false;
    counted(&mut || found = keys.current().mac_matches("form", &["x"], black_box(&typed)));
    assert_eq!(found, class == "equal");
}

/// A password whose stored hash is of it, or differs in its first or last byte.
fn stored_password(class: &str) {
    let keys = Keyring::parse(PEPPER_KEYS).unwrap();
    let typed = airlock_tests::password(PASSWORD);
    let stored = password::hash(CHEAP, &keys, &Sevens, &typed).unwrap();
    let (settings, hash) = stored.phc.rsplit_once('$').unwrap();
    // The last of 43 characters stands for four bits.
    let stored = password::Stored { phc: format!("{settings}${}", differing(hash, class, ['A', 'E'])), ..stored };
    let mut found = false;
    counted(&mut || {
        found = password::verify(CHEAP, &keys, Some(black_box(&stored)), &typed, |_| ()).unwrap().right();
    });
    assert_eq!(found, class == "equal");
}

/// What a recovery code is looked up by: the database compares nothing but MACs, under a key that nobody knows.
fn recovery(class: &str) {
    let keys = Keyring::parse(PEPPER_KEYS).unwrap();
    let code = RecoveryCode::parse(&differing("0123456789ABCDEFGHJKMNPQ", class, ['0', '1'])).unwrap();
    counted(&mut || drop(black_box(black_box(&code).macs(&keys, "mia"))));
}

/// What a session is looked up by: the database compares nothing but hashes of 256 random bits.
fn token(class: &str) {
    let token = Token::claimed(&differing(&"A".repeat(43), class, ['A', 'B']));
    counted(&mut || drop(black_box(black_box(&token).hash("edge"))));
}

/// A login with a wrong password, for each kind of address.
fn login(class: &str, password: &str) {
    let world = World::new();
    enumeration::prepare(&world);
    // An eighth of the product's, which is enough to count.
    let cost = products_cost();
    world.at_cost(Cost { memory_kib: cost.memory_kib / 8, ..cost });
    let email = enumeration::ADDRESSES.iter().find(|(name, _)| *name == class).unwrap().1;
    let browser = world.browser();
    let body = json!({ "email": email, "password": password });
    let request = browser.request("POST", "/auth/login", &body.to_string());
    let mut status = 0;
    counted(&mut || status = world.handle(&request).status);
    assert_eq!(status, 401);
}
