//! Finding members by any part of what they are called or of their address.

use airlock::people::{Role, names::folded};
use airlock_tests::{Browser, World};
use serde_json::{Value, json};

use crate::{
    admin::owner,
    budgets::{admin_flow, profile_flow, sign_in_flow},
    invitations::{USERS, invite, link},
};

/// The ids of those found, page by page, and how many pages that took.
fn found(owner: &Browser<'_>, query: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = owner.get(&format!("{USERS}?{query}{cursor}")).expect(200).json();
        let id = |user: &Value| user["id"].as_str().unwrap().to_owned();
        ids.extend(page["users"].as_array().unwrap().iter().map(id));
        pages += 1;
        let Some(next) = page["next_cursor"].as_str() else { return (ids, pages) };
        cursor = format!("&cursor={next}");
    }
}

fn called(world: &World, id: &'static str, name: &str) {
    world.add_user("acme", id, &format!("{id}@acme.test"), Role::Member, None);
    world.db.execute("UPDATE users SET name = ?2 WHERE id = ?1", &[id.into(), name.into()]);
}

#[test]
fn any_part_of_a_name_or_an_address_finds_a_member_in_capital_or_small_letters() {
    let world = World::new();
    let owner = owner(&world);
    called(&world, "anna", "Anna-Lena Øster Šimić");
    called(&world, "bo", "Бо ИВАНОВ");
    called(&world, "cy", "Nguyễn Ánh Ưu");
    called(&world, "di", "50%_off \"O'Neill\"");
    for (q, ids) in [
        ("anna", "anna"),
        ("NNA-LE", "anna"),
        ("lena øs", "anna"),
        ("ØSTER", "anna"),
        ("ŠIMIĆ", "anna"),
        ("иван", "bo"),
        ("ИВАН", "bo"),
        ("ánh", "cy"),
        ("ưu", "cy"),
        ("NGUYỄN", "cy"),
        ("50%25_", "di"),
        ("%25%25%25", ""),
        ("___", ""),
        ("o'neill\"", "di"),
        ("ME.TEST", "anna bo cy di leo mia noor owner"),
        ("@acme.test b", ""),
        // One or two letters begin the address or a word of the name.
        ("l", "leo"),
        ("\u{f8}", "anna"),
        ("si", ""),
        ("и", "bo"),
        ("an", "anna"),
        ("na", ""),
        (" an ", "anna"),
        ("test", "anna bo cy di leo mia noor owner"),
        ("nobody of that name is here, however much is typed", ""),
    ] {
        let asked = q.replace(' ', "%20").replace('"', "%22").replace('\'', "%27");
        let asked: String =
            asked.bytes().map(|b| if b < 128 { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
        assert_eq!(found(&owner, &format!("q={asked}")).0.join(" "), ids, "{q}");
        assert_eq!(found(&owner, &format!("limit=1&q={asked}")).0.join(" "), ids, "{q}, one by one");
    }
    assert_eq!(found(&owner, "q=acme&two_factor=set_up").0, ["noor", "owner"]);
    assert_eq!(found(&owner, "q=acme&two_factor=not_set_up&limit=2").0, ["anna", "bo", "cy", "di", "leo", "mia"]);
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    assert_eq!(found(&owner, "q=noo&two_factor=enabled").0, Vec::<String>::new());
    assert_eq!(found(&owner, "q=noo&two_factor=disabled").0, ["noor"]);
    world.require("acme", true, "next_login");
    assert_eq!(found(&owner, "q=noo&two_factor=enabled").0, ["noor"]);
    // Nobody of another account.
    world.add_account("umbra");
    world.add_user("umbra", "uma", "uma@umbra.test", Role::Member, None);
    assert_eq!(found(&owner, "q=umbra").0, Vec::<String>::new());
    // The pages find the same, and say how much was typed.
    for page in ["/members", "/settings/security/two-factor"] {
        let page = owner.open(&format!("{page}?account=acme&two_factor=all&q=lena")).expect(200).0.body;
        assert!(
            page.contains("anna@acme.test")
                && !page.contains("mia@acme.test")
                && page.contains("Name or e-mail address")
        );
    }
    owner.get(&format!("{USERS}?q={}", "%C3%B8".repeat(254))).expect(200);
    owner.get(&format!("{USERS}?q={}", "%C3%B8".repeat(255))).expect(400);
}

/// What is looked at is what members are called now, whoever changed that.
fn follows(world: &World) {
    let off =
        "SELECT count(*) FROM memberships m JOIN called c ON c.account_id = m.account_id AND c.user_id = m.user_id
               WHERE m.sought IS NOT c.text";
    assert_eq!(world.count(off), 0);
    let should = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
      SELECT account_id, substr(sought, i, 3) AS gram, email FROM memberships JOIN n ON i <= length(sought)
      UNION SELECT account_id, substr(sought, i, 2), email FROM memberships JOIN n ON i <= length(sought) AND substr(sought, i, 1) = ' '
      ORDER BY 1, 2, 3";
    assert_eq!(
        world.db.table("SELECT account_id, gram, email FROM member_grams ORDER BY 1, 2, 3"),
        world.db.table(should)
    );
}

#[test]
fn a_search_follows_whatever_changes_a_name() {
    let world = World::new();
    follows(&world);
    let owner = owner(&world);
    let path = link(&invite(&owner, "new@acme.test", "member").expect(201));
    let of_new = |q: &str| found(&owner, &format!("q={q}")).0.len();
    let id = found(&owner, "q=new@acme").0.remove(0);
    let named = |name: &str| {
        let change = json!({ "name": name }).to_string();
        owner.send(&owner.request("PATCH", &format!("{USERS}/{id}"), &change)).expect(200);
        follows(&world);
    };
    named("Walburga");
    assert_eq!(of_new("walb"), 1);
    let new = world.browser();
    new.post(&path, json!({ "password": "seven grey herons wade" })).expect(200);
    follows(&world);
    assert_eq!(of_new("walb"), 1);
    new.post("/auth/profile/edit", json!({ "name": "Theodora" })).expect(204);
    follows(&world);
    assert_eq!([of_new("walb"), of_new("theod")], [0, 1]);
    // What the account calls them is what counts there from then on.
    named("Dora from accounting");
    assert_eq!([of_new("theod"), of_new("accounting")], [0, 1]);
    new.post("/auth/profile/edit", json!({ "name": "Theodora II" })).expect(204);
    assert_eq!(of_new("theod"), 0);
    world.db.execute("UPDATE users SET email = 'theo@acme.test' WHERE id = ?1", &[id.as_str().into()]);
    follows(&world);
    assert_eq!([of_new("new@"), of_new("theo@")], [0, 1]);
    owner.send(&owner.request("DELETE", &format!("{USERS}/{id}"), "")).expect(204);
    follows(&world);
    assert_eq!(of_new("theo"), 0);
    world.wait_s(90);
    admin_flow(&world);
    follows(&world);
    profile_flow(&world);
    sign_in_flow(&world);
    follows(&world);
    world.db.execute("DELETE FROM users WHERE id <> 'owner'", &[]);
    follows(&world);
}

/// SQL and Rust make the same letters small, and of those pairs that are one letter each, the usual ones.
#[test]
fn letters_are_folded_alike_where_they_are_kept_and_where_they_are_typed() {
    let world = World::new();
    let letters: Vec<char> = (0x21..0x3000).filter_map(char::from_u32).collect();
    for (i, some) in letters.chunks(100).enumerate() {
        let (id, name) = (format!("l{i}"), some.iter().collect::<String>());
        world.db.execute(
            "INSERT INTO users (id, email, name, created_at) VALUES (?1, ?1 || '@l.test', ?2, 0)",
            &[id.as_str().into(), name.as_str().into()],
        );
        world.db.execute(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT 'acme', id, email, 'member', 'active', 0 FROM users WHERE id = ?1",
            &[id.as_str().into()],
        );
    }
    let kept = world.texts(
        "SELECT sought FROM memberships WHERE email LIKE '%@l.test' ORDER BY CAST(substr(user_id, 2) AS INTEGER)",
    );
    for (i, (kept, some)) in kept.iter().zip(letters.chunks(100)).enumerate() {
        assert_eq!(*kept, format!(" l{i}@l.test {}", folded(&some.iter().collect::<String>())));
    }
    for c in letters {
        let small: String = c.to_lowercase().collect();
        let is = folded(&c.to_string());
        assert!(is == small || is == c.to_string(), "{c} became {is}");
    }
    assert_eq!(folded("ÀÞ ŸŁŻ ĲŐ ǍȘȚ ΆΈΌΏΑΩ ЀЏАЯҐ ԱՖ ẠỸ ƠƯ ×÷ß"), "àþ Ÿłż ĳő ǎșț άέόώαω ѐџаяґ աֆ ạỹ ơư ×÷ß");
}

/// A database in use: the job of every minute works out what searches look at.
#[test]
fn members_of_before_are_found_after_the_next_minutes() {
    let world = World::new();
    let owner = owner(&world);
    world.db.execute("UPDATE memberships SET sought = NULL", &[]);
    assert_eq!(world.count("SELECT count(*) FROM member_grams"), 0);
    assert_eq!(found(&owner, "q=noor").0, Vec::<String>::new());
    assert_eq!(found(&owner, "").0.len(), 4);
    world.tick();
    follows(&world);
    assert_eq!(world.count("SELECT count(*) FROM memberships WHERE sought IS NULL"), 0);
    assert_eq!(found(&owner, "q=noor").0, ["noor"]);
}

/// A page of a search costs the same in ten times as large an account: what all have, what few have, what nobody has, and
/// letters that many have but nobody together.
#[test]
fn a_search_costs_the_same_however_many_members_there_are() {
    let cost = |people: i64| {
        let world = World::new();
        let owner = owner(&world);
        world.db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO users (id, email, name, created_at)
             SELECT 'u' || i, printf('u%06d@big.test', i), iif(i % 2, 'abc', 'bcd') || iif(i % (?1 / 20) = 1, ' Rare', ''), 0 FROM n",
            &[people.into()],
        );
        world.db.execute(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
             SELECT 'acme', id, email, 'member', 'active', 0 FROM users WHERE email LIKE '%@big.test'",
            &[],
        );
        let asked = [
            "q=big.test",
            "q=u00",
            "q=u000001",
            "q=rare&limit=1",
            "q=nobody",
            "q=abcd",
            "q=a",
            "q=zz",
            "q=abc&two_factor=set_up",
        ];
        let costs = asked.map(|query| {
            world.db.steps.set(0);
            let page = owner.get(&format!("{USERS}?{query}")).expect(200).json();
            (query, page["users"].as_array().unwrap().len(), page["next_cursor"].is_string(), world.db.steps.get())
        });
        // Page by page it comes to an end, each bounded.
        let pages = usize::try_from(people / 2).unwrap().div_ceil(1_000);
        assert_eq!(found(&owner, "q=abcd"), (Vec::new(), pages));
        assert_eq!(found(&owner, "q=rare").0.len(), 20);
        let page = owner.open("/members?account=acme&q=abcd").expect(200).0.body;
        assert!(page.contains("Nobody so far") && page.contains("cursor="));
        // Someone more is a bounded number of rows, of the longest address and name too.
        let before = world.count("SELECT count(*) FROM member_grams");
        let new = json!({ "email": format!("{}@{}.test", "x1".repeat(32), "y2z.".repeat(45).trim_matches('.')), "name": "n".repeat(100), "role": "member" });
        owner.post(USERS, new).expect(201);
        assert!(world.count("SELECT count(*) FROM member_grams") - before <= 360);
        costs
    };
    assert_eq!(cost(20_000), cost(4_000));
}
