//! What was clicked before someone had to prove again who they are is done afterwards, as it was typed.

use airlock_tests::{Answer, Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, key_in};

use crate::admin::owner;

/// Noor, who signed in six minutes ago.
fn noor(world: &World) -> Browser<'_> {
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(360);
    browser
}

fn field<'p>(page: &'p str, name: &str) -> &'p str {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).map_or("", |rest| rest.split('"').next().unwrap())
}

fn encoded(value: &str) -> String {
    airlock::web::encoded(&[("", value)]).trim_start_matches('=').to_owned()
}

/// The fields of the page that asks for the proof, filled in.
fn proof(page: &str, password: &str, code: &str) -> String {
    let [key, asked, return_to] =
        ["key", "asked", "return_to"].map(|name| encoded(&field(page, name).replace("&#38;", "&")));
    assert!(!asked.is_empty(), "{page}");
    format!("key={key}&asked={asked}&return_to={return_to}&password={}&code={code}", encoded(password))
}

/// Proves it on that page.
fn proven(browser: &Browser<'_>, page: &str, seed: &str) -> Answer {
    browser.submit("/auth/reauth", &proof(page, PASSWORD, &browser.world.code(seed, 0)))
}

#[test]
fn a_button_of_the_profile_does_what_it_said() {
    let world = World::new();
    let noor = noor(&world);
    let page = noor.press("/auth/recovery-codes").expect(200).0.body;
    assert!(page.contains("<strong>Make new recovery codes</strong>"), "it says what for: {page}");
    assert!(page.contains("noor@acme.test") && page.contains("action=\"/auth/reauth\""));
    let wrong = noor.submit("/auth/reauth", &proof(&page, "wrong", "000000")).expect(401).0.body;
    let done = proven(&noor, &wrong, NOOR_SEED).expect(303);
    assert_eq!(done.header("location"), Some("/auth/recovery-codes?return_to=%2Fauth%2Fprofile"));
    let codes = noor.follow(done).expect(200).0.body;
    assert_eq!(codes.matches("<li><code>").count(), 10);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 1);
    // The one that goes through is done at once, and the next one waits again once the proof is old.
    world.wait_s(360);
    let page = noor.fill("/auth/profile", "/auth/two-factor/disable", "").expect(200).0.body;
    let off = proven(&noor, &page, NOOR_SEED).expect(303);
    assert!(off.header("location").unwrap().starts_with("/auth/profile?done=disabled."));
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 0);
}

#[test]
fn what_an_admin_typed_is_not_typed_again() {
    let world = World::new();
    let owner = owner(&world);
    let members = owner.open("/members?account=acme").expect(200).0.body;
    world.wait_s(360);
    let form = format!("key={}&account=acme&email=una%40acme.test&name=Una+Ude&role=admin", key_in(&members).unwrap());
    let page = owner.submit("/members", &form).expect(200).0.body;
    assert!(page.contains("<strong>Invite someone</strong>"), "{page}");
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'una@acme.test'"), 0);
    let done = proven(&owner, &page, OWNER_SEED).expect(303);
    assert_eq!(done.header("location"), Some("/shown?account=acme"));
    assert!(owner.follow(done).expect(200).0.body.contains("https://app.test/auth/invite/"));
    assert_eq!(
        world.text("SELECT role || i.name FROM memberships m JOIN invitations i USING (account_id, user_id)"),
        "adminUna Ude"
    );
    // What was wrong with it is told then, on its own page.
    world.wait_s(360);
    let page = owner.submit("/members", &form).expect(200).0.body;
    owner.submit("/members", &form.replace("una%40", "mia%40")).expect(200);
    world.db.execute("UPDATE memberships SET state = 'active' WHERE email = 'una@acme.test'", &[]);
    world.db.execute("DELETE FROM invitations", &[]);
    let told = proven(&owner, &page, OWNER_SEED).expect(409);
    assert!(told.0.body.contains("value=\"Una Ude\"") && told.header("set-cookie").is_some(), "{}", told.0.body);
    owner.open("/members?account=acme").expect(200);
}

/// Enter twice on that page.
#[test]
fn the_proof_sent_twice_does_it_once() {
    let world = World::new();
    let noor = noor(&world);
    let page = noor.press("/auth/recovery-codes").expect(200).0.body;
    let form = proof(&page, PASSWORD, &world.code(NOOR_SEED, 0));
    let twin = noor.twin();
    let to = noor.submit("/auth/reauth", &form).expect(303).header("location").unwrap().to_owned();
    assert_eq!(twin.submit("/auth/reauth", &form).expect(303).header("location"), Some(to.as_str()));
    assert_eq!(noor.token(), twin.token());
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 1);
    assert_eq!(twin.open(&to).expect(200).0.body.matches("<li><code>").count(), 10);
}

/// Nobody slips a form in: it comes from this very session, with the key of one of its pages, and waits for a quarter of an hour.
#[test]
fn no_form_of_anyone_else_is_done() {
    let world = World::new();
    let (one, other) = (noor(&world), world.browser());
    other.sign_in("noor@acme.test", NOOR_SEED);
    world.wait_s(330);
    let made = "SELECT count(*) FROM audit WHERE action IN ('recovery_codes', 'two_factor_disabled')";
    // Without the key of a page it is led on as it was, and forgotten.
    for form in ["", "key=x.y", "x=1"] {
        let led = one.submit("/auth/recovery-codes", form);
        assert!(led.0.status != 200 && !led.0.body.contains("name=\"asked\""), "{form}: {}", led.0.body);
    }
    let page = one.press("/auth/recovery-codes").expect(200).0.body;
    let foreign = field(&page, "asked").to_owned();
    let own = other.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body;
    for asked in [foreign.as_str(), "", "k1.AAAA", "x"] {
        let code = world.code(NOOR_SEED, 0);
        let (key, asked) = (encoded(key_in(&own).unwrap()), encoded(asked));
        let form =
            format!("key={key}&asked={asked}&return_to=/auth/profile&password={}&code={code}", encoded(PASSWORD));
        other.submit("/auth/reauth", &form);
        assert_eq!(world.count(made), 0);
        world.wait_s(30);
    }
    world.wait_s(901);
    let late = one.open("/auth/reauth?return_to=/auth/profile").expect(200).0.body;
    let form = proof(&page, PASSWORD, &world.code(NOOR_SEED, 0))
        .replace(&encoded(field(&page, "key")), &encoded(key_in(&late).unwrap()));
    assert_eq!(one.submit("/auth/reauth", &form).expect(303).header("location"), Some("/auth/profile"));
    assert_eq!(world.count(made), 0, "a quarter of an hour is over");
}
