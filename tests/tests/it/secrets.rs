//! What is stored and logged is worth nothing to who steals it.

use std::collections::BTreeSet;

use airlock::{
    context::Config,
    factor::totp::parse_seed,
    ports::Fault,
    secret::{Keyring, Secret, Token, seal},
};
use airlock_tests::{NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding};
use serde_json::{Value as Json, json};

use crate::budgets::{admin_flow, profile_flow};

const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
/// The keys that a world begins with.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Each byte as a character, for texts can be searched fast.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Every secret that people sent and were shown: in cookies, tokens, links and the fields that hold one.
fn secrets(world: &World) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |text: Option<&str>| found.extend(text.map(|text| text.trim_start_matches("airlock_").to_owned()));
    for heard in world.heard.borrow().iter() {
        add(heard.path.strip_prefix("/auth/invite/"));
        for (name, value) in &heard.headers {
            let mut cookies = value.split("; ").filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
            match name.as_str() {
                "authorization" => add(value.strip_prefix("Bearer ")),
                "cookie" => cookies.for_each(|value| add(Some(value))),
                "set-cookie" => add(cookies.next()),
                _ => {}
            }
        }
        for (body, sent) in heard.bodies.iter().zip([true, false]) {
            let body: Json = serde_json::from_str(body).unwrap_or_default();
            for (name, value) in body.as_object().into_iter().flatten() {
                match name.as_str() {
                    "code" if !sent => {} // the name of a problem
                    "code" | "password" | "current_password" | "new_password" | "secret" | "token" => {
                        add(value.as_str())
                    }
                    "recovery_codes" => value.as_array().unwrap().iter().for_each(|code| add(code.as_str())),
                    _ => {}
                }
            }
        }
    }
    // What tests type where anything wrong will do is everywhere.
    found.retain(|secret| secret.len() > 5 && secret.chars().any(|c| !secret.starts_with(c)));
    found
}

/// A secret as it could be written down: plain and in the usual encodings, wherever it begins in what is encoded.
fn spellings(secret: &str) -> BTreeSet<String> {
    let mut plain = vec![secret.as_bytes().to_vec()];
    plain.extend([secret.to_lowercase(), secret.to_uppercase(), secret.replace('-', "")].map(String::into_bytes));
    if let Some(seed) = parse_seed(secret).filter(|seed| seed.expose().len() == 20) {
        plain.push(seed.expose().to_vec());
    }
    let mut spellings: BTreeSet<String> = plain.iter().map(|bytes| latin1(bytes)).collect();
    for bytes in plain {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent = |c: char| match c.is_ascii_alphanumeric() || "-._~".contains(c) {
            true => c.to_string(),
            false => format!("%{:02X}", u32::from(c)),
        };
        let percent: String = latin1(&bytes).chars().map(percent).collect();
        // As Rust shows a list of bytes, and JSON.
        let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>();
        spellings.extend([list.join(", "), list.join(",")]);
        spellings.extend([hex.to_uppercase(), hex, percent.replace("%20", "+"), percent]);
        // In Base64 three bytes are four letters: of each beginning, the letters that depend on the secret alone.
        for (before, first) in [(0, 0), (1, 2), (2, 3)] {
            let all = [vec![0; before], bytes.clone()].concat();
            let last = all.len() * 8 / 6;
            spellings.extend(
                [Base64::encode_string(&all), Base64Url::encode_string(&all)].map(|text| text[first..last].to_owned()),
            );
        }
    }
    spellings
}

#[test]
fn database_and_log_hold_no_password_seed_token_link_cookie_or_code() {
    let world = World::new();
    world.listens.set(true);
    // All that people and admins can do, and what goes wrong.
    admin_flow(&world);
    profile_flow(&world);
    world.require("acme", true, "next_login");
    let owner = world.browser();
    owner.login("owner@acme.test").expect(200);
    owner.verify("918273").expect(401);
    owner.post("/auth/recovery", json!({ "code": "0123456789ABCDEFGHJKMNPQ" })).expect(401);
    world.wait_s(30);
    owner.verify(&world.code(OWNER_SEED, 0)).expect(200);
    let wrong = json!({ "email": "owner@acme.test", "password": "a wrong one, canary" });
    owner.post("/auth/login", wrong).expect(401);
    owner.post("/auth/login", json!({ "email": "typed-in-the-wrong-field@x", "password": "xxxxxxx" })).expect(401);
    let change = json!({ "current_password": "wrong, this one", "new_password": "three calm owls nod" });
    let mia = world.browser();
    world.db.execute("UPDATE memberships SET state = 'active' WHERE user_id = 'mia'", &[]);
    mia.login("mia@acme.test").expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    mia.post("/auth/enrol", json!({ "code": "135790" })).expect(401);
    let done = mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    mia.post("/auth/password", change).expect(401);
    mia.post("/auth/recovery-codes/kept", json!({ "code": done["recovery_codes"][0] })).expect(204);
    mia.post("/auth/logout", json!({})).expect(204);
    mia.login("mia@acme.test").expect(200);
    mia.post("/auth/recovery", json!({ "code": done["recovery_codes"][1] })).expect(200);
    let client = world.admin();
    let mut request = client.request("GET", "/api/v1/accounts", "");
    set_header(&mut request, "authorization", "Bearer airlock_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIz");
    client.send(&request).expect(401);
    let page = world.browser();
    page.open("/reports?year=2027").expect(303);
    let form = "email=mia%40acme.test&password=correct+horse+battery+staple&return_to=%2Freports";
    page.submit("/auth/login", form).expect(303);
    page.fill("/auth/recovery", "/auth/recovery", &format!("code={}", done["recovery_codes"][1].as_str().unwrap()))
        .expect(401);
    page.submit("/auth/logout", "").expect(303);
    world.db.down.set(true);
    mia.login("mia@acme.test").expect(503);
    world.db.down.set(false);
    world.keep_audit(30);
    world.wait_s(31 * 86_400);
    world.tick();
    let mut secrets = secrets(&world);
    secrets.extend([OWNER_SEED, NOOR_SEED, "typed-in-the-wrong-field"].map(str::to_owned));
    for canary in
        [PASSWORD, "918273", "135790", "a wrong one, canary", "wrong, this one", &seed, "seven grey herons wade"]
    {
        assert!(secrets.contains(canary), "{canary} was not heard");
    }
    assert!(secrets.len() > 60, "{}", secrets.len());
    let (dump, log) = (latin1(&world.db.dump()), world.log.0.borrow().join("\n"));
    for word in ["owner@acme.test", "audit_trimmed", "una@acme.test"] {
        assert!(dump.contains(word), "the search sees {word}");
    }
    assert!(["\"action\":\"enrol\"", "D1_ERROR", "token_made"].iter().all(|word| log.contains(word)), "{log}");
    let heard = world.heard.borrow();
    let led: Vec<&String> = heard
        .iter()
        .flat_map(|heard| &heard.headers)
        .filter(|(name, _)| name == "location")
        .map(|(_, to)| to)
        .collect();
    assert!(led.len() >= 3, "{led:?}");
    for secret in &secrets {
        for spelling in spellings(secret) {
            assert!(!led.iter().any(|to| to.contains(&spelling)), "{secret} is in an address, as {spelling}");
            assert!(!dump.contains(&spelling), "{secret} is in the database, as {spelling}");
            assert!(!log.contains(&spelling), "{secret} is in the log, as {spelling}");
        }
    }
}

#[test]
fn every_password_is_argon2id_under_a_pepper() {
    let world = World::new();
    world.at_cost(airlock_tests::products_cost());
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
    world.rotate_keys(&format!("s2:{OTHER_KEY},s1:{ZEROS}"), &format!("p2:{OTHER_KEY},p1:{ONES}"));
    let browser = world.browser();
    browser.sign_in("owner@acme.test", OWNER_SEED);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_key = 'p2'"), 1);
    world.wait_s(30);
    world.browser().sign_in("owner@acme.test", OWNER_SEED);
    // The key that sealed the seeds is gone: no code can be checked, and that is a 503, never a way in.
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p2:{OTHER_KEY},p1:{ONES}"));
    let browser = world.browser();
    browser.login("owner@acme.test").expect(200).field("next", "verify");
    let answer = browser.verify("000000").expect(503).field("code", "unavailable");
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert_eq!(browser.stage(), "verify");
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p2:{OTHER_KEY}"));
    // The pepper of some passwords is gone: nobody learns by the answer who has one, and the log says what is wrong.
    world.log.0.take();
    world.browser().login("mia@acme.test").expect(401).field("code", "invalid_credentials");
    let faults = world.log.0.take().into_iter().filter(|line| line.contains("\"fault\"")).collect::<Vec<_>>();
    assert!(faults.len() == 1 && faults[0].contains("p1"), "{faults:?}");
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p2:{OTHER_KEY},p1:{ONES}"));
    world.browser().login("mia@acme.test").expect(200);
}

/// The job of every minute brings seeds under the current key, some hundreds at a time; one that does not open stays as
/// it is, is named in the log, and keeps no other from it.
#[test]
fn seeds_come_under_the_current_key_by_themselves() {
    let world = World::new();
    let old = Keyring::parse(&format!("s1:{ZEROS}")).unwrap();
    let rng = Counter(std::cell::Cell::new(0));
    for id in (0..600).map(|i| format!("u{i}")) {
        let sealed = seal(&old, &rng, &[&id, &id], b"a seed of twenty byte").unwrap();
        world.db.execute("INSERT INTO users (id, email, name, created_at) VALUES (?1, ?1, ?1, 0)", &[(&id).into()]);
        world.db.execute(
            "INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step,
               created_at, last_used_at) VALUES (?1, ?1, '', 'SHA1', 6, 30, ?2, ?3, 0, 0, 0)",
            &[(&id).into(), sealed.text.into(), sealed.key_id.into()],
        );
    }
    world.db.execute("UPDATE authenticators SET sealed_seed = 'AAAA' WHERE id = ?1", &["u7".into()]);
    world.rotate_keys(&format!("s2:{OTHER_KEY},s1:{ZEROS}"), &format!("p1:{ONES}"));
    let older = || world.count("SELECT count(*) FROM authenticators WHERE seed_key <> 's2'");
    let fault = world.try_tick().unwrap_err().to_string();
    assert!(fault.starts_with("authenticator u7: "), "{fault}");
    assert_eq!(older(), 103, "602, less one bounded go, and the one that does not open");
    world.try_tick().unwrap_err();
    assert_eq!(older(), 1);
    world.db.execute("DELETE FROM authenticators WHERE id = ?1", &["u7".into()]);
    world.tick();
    // The older key is not needed any more.
    world.rotate_keys(&format!("s2:{OTHER_KEY}"), &format!("p1:{ONES}"));
    world.browser().sign_in("owner@acme.test", OWNER_SEED);
}

/// Whoever has the table cannot find out, by trying addresses, which of them were typed at a login.
#[test]
fn a_budget_does_not_tell_whose_it_is_without_the_pepper() {
    let world = World::new();
    world.browser().login("nobody@acme.test").expect(401);
    let subject = world.db.table("SELECT subject FROM password_budgets");
    let plain = airlock::secret::sha256("nobody@acme.test");
    assert!(subject.contains("String(") && !subject.contains(&plain) && !subject.contains("nobody"), "{subject}");
    world.rotate_keys(&format!("s1:{ZEROS}"), &format!("p2:{OTHER_KEY},p1:{ONES}"));
    world.browser().login("nobody@acme.test").expect(401);
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 2, "under another pepper it is another");
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
fn a_token_is_all_the_randomness_it_is_made_of() {
    let rng = Counter(std::cell::Cell::new(0));
    let mut hashes = BTreeSet::new();
    for made in 1..=10_000_u64 {
        let token = Token::generate(&rng).unwrap();
        let bytes = Base64UrlUnpadded::decode_vec(token.expose()).unwrap();
        assert_eq!((bytes.len(), &bytes[..8]), (32, made.to_be_bytes().as_slice()));
        assert!(hashes.insert(format!("{:?}", token.hash("edge session"))));
    }
}

#[test]
fn a_missing_short_or_malformed_key_is_no_configuration() {
    let good = format!("k1:{OTHER_KEY}");
    let build = |seed_keys: Option<&str>| {
        Config::build(airlock::people::session::Site::Edge, |name| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "ADMIN_ORIGIN" | "AUTH_PREFIX" | "ACCENT_COLOR" | "LOGO_URL" | "CODE_WINDOW_STEPS" | "HSTS_SUBDOMAINS"
            | "SIGN_OUT_CLEARS" | "MAIL_FROM" => None,
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
        let built = Config::build(airlock::people::session::Site::Edge, |name| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "ACCENT_COLOR" => Some(colour.to_owned()),
            "ADMIN_ORIGIN" | "AUTH_PREFIX" | "LOGO_URL" | "CODE_WINDOW_STEPS" | "HSTS_SUBDOMAINS"
            | "SIGN_OUT_CLEARS" | "MAIL_FROM" => None,
            _ => Some(good.clone()),
        });
        assert_eq!(built.is_ok(), taken, "{colour}");
    }
}

/// What the database has of a recovery code is worth nothing without the pepper, which no thief of it has.
#[test]
fn recovery_codes_are_kept_under_the_pepper() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let done = mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })).expect(200).json();
    let codes = &done["recovery_codes"];
    let login = || {
        let browser = world.browser();
        browser.login("mia@acme.test").expect(200).field("next", "verify");
        browser
    };
    let [robbed, whole] = [login(), login()];
    let code = json!({ "code": codes[0] });
    world.rotate_keys(&format!("s1:{ZEROS}"), &format!("p1:{OTHER_KEY}"));
    robbed.post("/auth/recovery", code.clone()).expect(401).field("code", "invalid_code");
    world.rotate_keys(&format!("s1:{ZEROS}"), &format!("p1:{ONES}"));
    whole.post("/auth/recovery", code).expect(200);
}

/// Whether something can be printed, asked of its type.
struct Printed<T: ?Sized>(std::marker::PhantomData<T>);
trait Kept {
    const PRINTS: bool = false;
}
impl<T: ?Sized> Kept for T {}
impl<T: ?Sized + std::fmt::Debug> Printed<T> {
    const PRINTS: bool = true;
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", Secret::new("hidden".to_owned())), "REDACTED");
    let world = World::new();
    let browser = world.browser();
    browser.login("mia@acme.test").expect(200);
    let mut request = browser.request("POST", "/auth/invite/a-link?a=query", r#"{"password":"hidden"}"#);
    set_header(&mut request, "authorization", "Bearer airlock_token");
    let printed = format!("{request:?} {request:#?}");
    for secret in [&browser.token(), "a-link", "query", "hidden", "104, 105, 100", "airlock_token", "__Host"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    assert!(printed.contains("POST"), "{printed}");
    let answer = airlock::web::Response::html(200, "a page".to_owned()).with_cookie("__Host-airlock", "hidden", None);
    let printed = format!("{answer:?}");
    assert!(printed.contains("200") && !printed.contains("hidden") && !printed.contains("a page"), "{printed}");
    const { assert!(Printed::<String>::PRINTS, "the test sees what prints") };
    for (name, prints) in [
        ("Body", Printed::<airlock::web::Body>::PRINTS),
        ("Token", Printed::<Token>::PRINTS),
        ("MadeToken", Printed::<airlock::admin::api::MadeToken>::PRINTS),
        ("Invited", Printed::<airlock::admin::api::Invited>::PRINTS),
        ("RecoveryCodes", Printed::<airlock::factor::recovery::RecoveryCodes>::PRINTS),
        ("password::Stored", Printed::<airlock::factor::password::Stored>::PRINTS),
    ] {
        assert!(!prints, "{name}");
    }
}

/// What is secret can be compared in one way only, by `subtle`, and that takes the same time wherever two differ.
#[test]
fn secrets_do_not_compare() {
    struct Type<T: ?Sized>(std::marker::PhantomData<T>);
    trait Otherwise {
        const COMPARES: bool = false;
    }
    impl<T: ?Sized> Otherwise for T {}
    impl<T: ?Sized + PartialEq> Type<T> {
        const COMPARES: bool = true;
    }
    const { assert!(Type::<String>::COMPARES, "the test sees what compares") };
    for (name, compares) in [
        ("Secret<String>", Type::<Secret<String>>::COMPARES),
        ("Secret<Vec<u8>>", Type::<Secret<Vec<u8>>>::COMPARES),
        ("Key", Type::<airlock::secret::Key>::COMPARES),
        ("Keyring", Type::<Keyring>::COMPARES),
        ("Sealed", Type::<airlock::secret::Sealed>::COMPARES),
        ("Token", Type::<airlock::secret::Token>::COMPARES),
        ("TokenHash", Type::<airlock::secret::TokenHash>::COMPARES),
        ("password::Stored", Type::<airlock::factor::password::Stored>::COMPARES),
        ("Code", Type::<airlock::factor::totp::Code>::COMPARES),
        ("RecoveryCode", Type::<airlock::factor::recovery::RecoveryCode>::COMPARES),
        ("RecoveryCodes", Type::<airlock::factor::recovery::RecoveryCodes>::COMPARES),
    ] {
        assert!(!compares, "{name}");
    }
    // And nobody takes the value out of its wrapper to compare it.
    for file in crate::supply::sources("core/src") {
        let text = std::fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        for line in product
            .lines()
            .filter(|line| line.contains("expose()") || line.contains(".code(seed") || line.contains(".mac("))
        {
            assert!(![" == ", " != ", ".eq("].iter().any(|by| line.contains(by)), "{}: {line}", file.display());
        }
    }
}
