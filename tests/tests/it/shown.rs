//! What is shown once can be seen again for ten minutes, in the session that made it, as long as it is good.

use airlock_tests::{NOOR_SEED, OWNER_SEED, World};

use crate::{
    admin::owner,
    repeats::{form, fresh_noor},
};

#[test]
fn recovery_codes_are_seen_again_for_ten_minutes_in_their_session() {
    let world = World::new();
    let noor = fresh_noor(&world);
    let made = noor.press("/auth/recovery-codes").expect(303);
    let to = made.header("location").unwrap().to_owned();
    assert_eq!(to, "/auth/recovery-codes?return_to=%2Fauth%2Fprofile");
    let page = noor.open(&to).expect(200).0.body;
    assert_eq!(page.matches("<li><code>").count(), 10);
    let listed =
        |page: &str| page.split("<ol class=\"codes\"").nth(1).unwrap().split("</ol>").next().unwrap().to_owned();
    world.wait_s(599);
    assert_eq!(listed(&noor.open(&to).expect(200).0.body), listed(&page), "a reload shows them again");
    // Nobody else: another session of the same person, or a script of the app.
    let other = world.browser();
    other.sign_in("noor@acme.test", NOOR_SEED);
    assert!(other.open(&to).expect(410).0.body.contains("No longer shown"));
    let mut script = noor.request("GET", &to, "");
    airlock_tests::set_header(&mut script, "sec-fetch-mode", "cors");
    airlock_tests::set_header(&mut script, "sec-fetch-dest", "empty");
    noor.send(&script).expect(403);
    world.browser().open(&to).expect(303);
    world.wait_s(1);
    noor.open(&to).expect(410);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE shown IS NOT NULL"), 1);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE shown IS NOT NULL OR answer IS NOT NULL"), 0);
}

/// Codes that were made are good until others are, whatever is set up beside; and no longer than there is a use for them.
#[test]
fn recovery_codes_are_shown_as_long_as_they_work() {
    let world = World::new();
    let noor = fresh_noor(&world);
    let to = noor.press("/auth/recovery-codes").expect(303).header("location").unwrap().to_owned();
    let seed = noor.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    noor.post("/auth/enrol", serde_json::json!({ "code": world.code(&seed, 0), "name": "tablet" })).expect(200);
    noor.open(&to).expect(200);
    noor.post("/auth/two-factor/disable", serde_json::json!({})).expect(204);
    noor.open(&to).expect(410);
}

/// Codes that others have replaced would only mislead.
#[test]
fn recovery_codes_that_work_no_more_are_not_seen_again() {
    let world = World::new();
    let (noor, other) = (fresh_noor(&world), fresh_noor(&world));
    let made = noor.press("/auth/recovery-codes").expect(303);
    let to = made.header("location").unwrap().to_owned();
    noor.open(&to).expect(200);
    other.press("/auth/recovery-codes").expect(303);
    noor.open(&to).expect(410);
    other.open(&to).expect(200);
}

#[test]
fn what_an_admin_made_is_seen_again_for_ten_minutes() {
    let world = World::new();
    let owner = owner(&world);
    let fields = "account=acme&email=una%40acme.test&name=Una&role=member";
    let made = owner.send(&form(&owner, "/members?account=acme", "/members", fields)).expect(303);
    let to = made.header("location").unwrap().to_owned();
    assert!(to.starts_with("/shown?account=acme&by="), "{to}");
    let link = |page: String| {
        page.split("https://app.test/auth/invite/").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let first = link(owner.open(&to).expect(200).0.body);
    world.wait_s(599);
    assert_eq!(link(owner.open(&to).expect(200).0.body), first);
    world.browser().follow(world.browser().open(&format!("/auth/invite/{first}"))).expect(404);
    owner.open("/shown?account=umbra").expect(410);
    world.wait_s(1);
    owner.open(&to).expect(410);
    // At rest it is sealed: whoever reads the database alone reads no token.
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&first));
    let other = world.admin();
    world.wait_s(30);
    other.sign_in("owner@acme.test", OWNER_SEED);
    other.open(&to).expect(410);
}

/// What was revoked, used, replaced or withdrawn since is not shown as good.
#[test]
fn what_is_good_for_nothing_any_more_is_not_shown() {
    let world = World::new();
    let owner = owner(&world);
    let made = |page: &str, path: &str, fields: &str| {
        let form = form(&owner, &format!("{page}?account=acme"), path, &format!("account=acme&{fields}"));
        let to = owner.send(&form).expect(303).header("location").unwrap().to_owned();
        let shown = owner.open(&to).expect(200).0.body;
        (to, shown.split("id=\"value\">").nth(1).unwrap().split('<').next().unwrap().to_owned())
    };
    let gone = |to: &str, value: &str, says: &str| {
        let told = owner.open(to).expect(410).0.body;
        assert!(told.contains(says) && !told.contains(value), "{told}");
    };
    let invite = "email=una%40acme.test&name=Una&role=member";
    for (page, fields) in [
        ("/tokens", "name=job&days=30&users%3Aread=on"),
        ("/service-tokens", "name=job&days=30&paths=%2Fapi%2F*&methods=GET"),
    ] {
        let (to, value) = made(page, page, fields);
        let id =
            world.text(&format!("SELECT id FROM {}", if page == "/tokens" { "api_tokens" } else { "service_tokens" }));
        owner.submit(&format!("{page}/{id}/revoke"), "account=acme").expect(303);
        gone(&to, &value, "Token no longer valid");
    }
    let (first, link) = made("/members", "/members", invite);
    world.wait_s(1);
    let (second, newer) = made("/members", "/members", invite);
    gone(&first, &link, "Link no longer valid");
    let una = world.browser();
    crate::invitations::opened(&una, newer.strip_prefix("https://app.test").unwrap()).expect(200);
    una.fill("/auth/invite", "/auth/invite", "password=seven+grey+herons+wade").expect(303);
    gone(&second, &newer, "Link no longer valid");
    let (third, link) = made("/members", "/members", &invite.replace("una", "ivy"));
    let id = world.text("SELECT id FROM users WHERE email = 'ivy@acme.test'");
    owner.submit(&format!("/members/{id}/remove"), "account=acme").expect(303);
    gone(&third, &link, "Link no longer valid");
}

/// Each page that has nothing to show says what is true of it.
#[test]
fn where_nothing_is_shown_nobody_is_told_of_what_was_never_made() {
    let world = World::new();
    let owner = owner(&world);
    let told = owner.open("/shown?account=acme").expect(410).0.body;
    assert!(told.contains("Nothing to show") && !told.contains("no longer"), "{told}");
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let told = mia.open("/auth/recovery-codes").expect(410).0.body;
    assert!(told.contains("when you set up two-factor login") && !told.contains("make new"), "{told}");
}
