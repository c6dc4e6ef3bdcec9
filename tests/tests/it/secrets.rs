//! What is stored and logged is worth nothing to who steals it.

use airlock::{
    context::Config,
    ports::Fault,
    secret::{Keyring, Secret, seal},
};
use airlock_tests::{NOOR_SEED, OWNER_SEED, PASSWORD, World};
use serde_json::json;

const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn database_and_log_hold_no_password_seed_token_code_or_recovery_code() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let mut canaries: Vec<String> = vec![PASSWORD.to_owned(), OWNER_SEED.to_owned(), NOOR_SEED.to_owned()];
    let owner = world.browser();
    owner.login("owner@acme.test").expect(200);
    canaries.push(owner.token());
    canaries.push(world.code(OWNER_SEED, 0));
    owner.verify("918273").expect(401);
    canaries.push("918273".to_owned());
    owner.verify(&world.code(OWNER_SEED, 0)).expect(200);
    owner.post("/auth/login", json!({ "email": "owner@acme.test", "password": "a wrong one, canary" })).expect(401);
    canaries.push("a wrong one, canary".to_owned());
    owner.post("/auth/login", json!({ "email": "typed-in-the-wrong-field@x", "password": "x" })).expect(401);
    canaries.push("typed-in-the-wrong-field".to_owned());
    canaries.push(owner.token());
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200);
    let seed = leo.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = leo.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    for code in done["recovery_codes"].as_array().unwrap() {
        let code = code.as_str().unwrap();
        canaries.extend([code.to_owned(), code.replace('-', ""), code.to_lowercase()]);
    }
    leo.post("/auth/logout", json!({})).expect(204);
    canaries.extend([leo.token(), seed]);
    let dump = world.db.dump();
    let log = world.log.0.borrow().join("\n");
    assert!(contains(&dump, b"owner@acme.test") && log.contains("\"action\":\"enrol\""), "the search sees something");
    for canary in canaries.iter().filter(|canary| !canary.is_empty()) {
        assert!(!contains(&dump, canary.as_bytes()), "{canary} is in the database");
        assert!(!log.contains(canary.as_str()), "{canary} is in the log");
        if let Some(seed) = airlock::totp::parse_seed(canary).filter(|seed| seed.expose().len() == 20) {
            let hex: String = seed.expose().iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!contains(&dump, seed.expose()) && !contains(&dump, hex.as_bytes()));
        }
    }
}

#[test]
fn every_password_is_argon2id_under_a_pepper() {
    let world = World::new();
    for row in world.db.table("SELECT password_phc, password_key FROM users").lines() {
        assert!(row.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{row}");
        assert!(row.contains("String(\"p1\")"), "{row}");
    }
    // The dump without the pepper checks no password: with another key under the same id, the right one fails.
    world.rotate_keys(&format!("s1:{OTHER_KEY}"), &format!("p1:{OTHER_KEY}"));
    world.browser().login("mia@acme.test").expect(401);
}

#[test]
fn keys_change_without_a_gap_and_passwords_move_to_the_new_pepper() {
    let world = World::new();
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let ones = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    world.rotate_keys(&format!("s2:{OTHER_KEY},s1:{zeros}"), &format!("p2:{OTHER_KEY},p1:{ones}"));
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_key = 'p2'"), 1);
    world.wait_s(30);
    world.browser().sign_in("owner@acme.test", OWNER_SEED);
    // The key that sealed the seeds is gone: no code can be checked, and that is a 503, never a way in.
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p2:{OTHER_KEY},p1:{ones}"));
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200).field("next", "verify");
    let answer = browser.verify("000000").expect(503).field("code", "unavailable");
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert_eq!(browser.stage(), "verify");
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p2:{OTHER_KEY}"));
    world.browser().login("mia@acme.test").expect(503);
}

#[test]
fn a_seed_copied_into_another_row_is_refused() {
    let world = World::new();
    world.db.execute(
        "UPDATE authenticators SET sealed_seed = (SELECT sealed_seed FROM authenticators WHERE user_id = 'noor')
         WHERE user_id = ?1",
        &["owner".into()],
    );
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200);
    browser.verify(&world.code(NOOR_SEED, 0)).expect(503);
    assert_eq!(browser.stage(), "verify");
    assert!(world.log.0.borrow().iter().any(|line| line.contains("does not belong to its row")));
}

struct Counter(std::cell::Cell<u64>);

impl airlock::ports::Rng for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.0.set(self.0.get() + 1);
        bytes.fill(0);
        bytes.iter_mut().zip(self.0.get().to_be_bytes()).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

#[test]
fn the_same_seed_is_never_sealed_twice_the_same() {
    let keys = Keyring::parse(&format!("k:{OTHER_KEY}")).unwrap();
    let rng = Counter(std::cell::Cell::new(0));
    let sealed: std::collections::BTreeSet<_> =
        (0..10_000).map(|_| seal(&keys, &rng, &["u", "a"], b"seed").unwrap().text).collect();
    assert_eq!(sealed.len(), 10_000);
}

#[test]
fn a_missing_short_or_malformed_key_is_no_configuration() {
    let good = format!("k1:{OTHER_KEY}");
    let build = |seed_keys: Option<&str>| {
        Config::build(airlock::session::Site::Edge, |name| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "ACCENT_COLOR" | "AUDIT_KEEP_DAYS" => None,
            "SEED_KEYS" => seed_keys.map(str::to_owned),
            _ => Some(good.clone()),
        })
        .map_err(|fault| fault.to_string())
    };
    assert!(build(Some(&good)).is_ok());
    let duplicate = format!("{good},{good}");
    let long_id = format!("abcdefghijklmnopq:{OTHER_KEY}");
    for bad in
        ["", "k1", "k1:", "k1:AAAA", OTHER_KEY, "k1:not base64 at all !!", &duplicate, &long_id, &format!("{good},")]
    {
        let problem = build(Some(bad)).err().unwrap_or_else(|| panic!("{bad} was taken"));
        assert!(problem.starts_with("SEED_KEYS") && (bad.len() < 9 || !problem.contains(bad)), "{problem}");
    }
    assert!(build(None).is_err());
    for (colour, taken) in [("#1f5fbf", true), ("", true), ("#ffee00", false), ("red", false)] {
        let built = Config::build(airlock::session::Site::Edge, |name| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "ACCENT_COLOR" => Some(colour.to_owned()),
            "AUDIT_KEEP_DAYS" => None,
            _ => Some(good.clone()),
        });
        assert_eq!(built.is_ok(), taken, "{colour}");
    }
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", Secret::new("hidden".to_owned())), "REDACTED");
}
