//! Whom requiring two-factor login would stop, before it is required: as numbers, list and table.

use airlock::people::Role;
use airlock_tests::{NOOR_SEED, World};
use serde_json::{Value, json};

use crate::admin::{POLICY, owner};

const PREVIEW: &str = "/api/v1/accounts/acme/two-factor/preview";
const PAGE: &str = "/settings/security/two-factor/preview";

fn numbers(preview: &Value) -> [i64; 4] {
    ["members", "to_set_up", "to_enter_code", "sessions"].map(|name| preview[name].as_i64().unwrap())
}

fn users(preview: &Value) -> Vec<String> {
    let of = |user: &Value| {
        format!("{} {} {}", user["id"].as_str().unwrap(), user["next_step"].as_str().unwrap(), user["sessions"])
    };
    preview["users"].as_array().unwrap().iter().map(of).collect()
}

/// What it says comes true, to the last session.
#[test]
fn it_says_who_is_stopped_and_so_it_comes() {
    let world = World::new();
    let owner = owner(&world);
    // Noor has set it up, and is not asked.
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'leo'", &[]);
    let sessions: Vec<_> = [("mia", ""), ("mia", ""), ("noor", ""), ("noor", NOOR_SEED)]
        .map(|(who, seed)| {
            let browser = world.browser();
            browser.login(&format!("{who}@acme.test")).expect(200).field("next", "done");
            if !seed.is_empty() {
                browser.reauth(Some(&world.code(seed, 0))).expect(200);
            }
            browser
        })
        .into();
    let next = owner.get(PREVIEW).expect(200).json();
    assert_eq!(numbers(&next), [3, 1, 1, 0], "sessions go on");
    assert_eq!(users(&next), ["mia enrol 0", "noor verify 0"]);
    assert_eq!(next["users"][0]["last_sign_in_at"], "2027-01-15T08:00:00Z");
    let now = owner.get(&format!("{PREVIEW}?applies=now")).expect(200).json();
    assert_eq!(users(&now), ["mia enrol 2", "noor verify 1"]);
    assert_eq!(numbers(&now), [3, 1, 1, 3]);
    let before = world.db.dump();
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    let stages: Vec<_> = sessions.iter().map(|browser| browser.stage()).collect();
    assert_eq!(stages, ["enrol", "enrol", "verify", "full"]);
    // Where it is enforced already, only those are left who have not set it up.
    let enforced = owner.get(&format!("{PREVIEW}?applies=now")).expect(200).json();
    assert_eq!((numbers(&enforced), users(&enforced)), ([3, 1, 0, 2], vec!["mia enrol 2".to_owned()]));
    world.db.restore(&before);
    // By the day of then, sessions of today have run out.
    let then = |at: &str| owner.get(&format!("{PREVIEW}?applies=now&starts_at={at}")).expect(200).json();
    assert_eq!(numbers(&then("2027-01-15T19:59:00Z")), [3, 1, 1, 3]);
    assert_eq!(numbers(&then("2027-01-15T20:00:00Z")), [3, 1, 1, 0]);
    for wrong in ["2027-01-15T08:00:00Z", "2028-02-15T08:00:00Z", "soon", ""] {
        owner.get(&format!("{PREVIEW}?starts_at={wrong}")).expect(400).field("code", "invalid_request");
    }
    owner.get(&format!("{PREVIEW}?applies=later")).expect(400);
    world.wait_s(1_801);
    let owner = world.admin();
    owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
    assert_eq!(numbers(&owner.get(&format!("{PREVIEW}?applies=now")).json()), [3, 1, 1, 0], "idled away");
}

#[test]
fn it_comes_in_pages_and_as_a_table_that_no_program_takes_for_formulas() {
    let world = World::new();
    let owner = owner(&world);
    for (id, email) in [("eve", "=cmd@acme.test"), ("una", "una@acme.test")] {
        world.add_user("acme", id, email, Role::Member, None);
    }
    world.db.execute("UPDATE users SET name = '@SUM(A1) \"x\", y' WHERE id = 'una'", &[]);
    let first = owner.get(&format!("{PREVIEW}?limit=2")).expect(200).json();
    assert_eq!(users(&first), ["eve enrol 0", "leo enrol 0"]);
    let next = first["next_cursor"].as_str().unwrap();
    let second = owner.get(&format!("{PREVIEW}?limit=2&cursor={next}")).expect(200).json();
    assert_eq!(
        (users(&second), &second["next_cursor"]),
        (vec!["mia enrol 0".to_owned(), "una enrol 0".to_owned()], &Value::Null)
    );
    let mut request = owner.request("GET", &format!("{PREVIEW}?applies=now"), "");
    airlock_tests::set_header(&mut request, "accept", "text/csv");
    let table = owner.send(&request).expect(200);
    assert!(table.header("content-type").unwrap().starts_with("text/csv"));
    let by_page = owner.open(&format!("{PAGE}.csv?account=acme&applies=now")).expect(200);
    assert_eq!(table.0.body, by_page.0.body);
    let lines: Vec<&str> = table.0.body.split("\r\n").collect();
    assert_eq!(lines[0], "email,name,role,next_step,sessions,last_sign_in_at");
    assert_eq!(lines[1], "\"'=cmd@acme.test\",\"eve\",member,enrol,0,");
    assert_eq!(lines[4], "\"una@acme.test\",\"'@SUM(A1) \"\"x\"\", y\",member,enrol,0,");
    assert_eq!((lines.len(), table.header("link")), (6, None), "and nothing after the last");
}

#[test]
fn a_table_of_many_goes_on_where_it_ended() {
    let world = World::new();
    let owner = owner(&world);
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO users (id, email, name, created_at) SELECT 'p' || i, printf('p%04d@acme.test', i), 'P', 0 FROM n",
        &[],
    );
    world.db.execute(
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
         SELECT 'acme', id, email, 'member', 'active', 0 FROM users WHERE id GLOB 'p*'",
        &[],
    );
    let first = owner.open(&format!("{PAGE}.csv?account=acme&applies=now")).expect(200);
    assert_eq!(first.0.body.lines().count(), 5_001);
    let link = first.header("link").unwrap();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    let rest = owner.open(next).expect(200);
    assert_eq!((rest.0.body.lines().count(), rest.header("link")), (3, None), "{next}");
}

#[test]
fn the_page_shows_it_and_keeps_what_was_asked() {
    let world = World::new();
    let owner = owner(&world);
    world.browser().login("mia@acme.test").expect(200);
    let question = owner.open("/settings/security/two-factor/change?account=acme").expect(200).0.body;
    assert!(question.contains(&format!("<a href=\"{PAGE}?account=acme\">See who would be stopped</a>")), "{question}");
    let page = owner.open(&format!("{PAGE}?account=acme&applies=now")).expect(200).0.body;
    for said in [
        "2 of 4 members would have to set it up.",
        "One open session is stopped at its next click.",
        "one open session",
        "never",
        "value=\"now\" checked",
        "two-factor/preview.csv?account=acme&#38;applies=now",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let wrong = owner.open(&format!("{PAGE}?account=acme&starts_at=2026-01-01")).expect(400).0.body;
    assert!(wrong.contains("Choose a day to come") && wrong.contains("value=\"2026-01-01\""), "{wrong}");
    owner.open(PAGE).expect(303);
}
