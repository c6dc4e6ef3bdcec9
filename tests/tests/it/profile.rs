//! One's own profile: name, two-factor login, authenticators, recovery codes, sessions, password.

use airlock::{
    people::Role,
    texts::{Device, Language},
};
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, PASSWORD, World, set_header};
use serde_json::{Value, json};

const NEW: &str = "seven grey herons wade";

fn noor(world: &World) -> Browser<'_> {
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    browser
}

/// Proves again who noor is, with the code after the last one used.
fn fresh(browser: &Browser<'_>) {
    browser.world.wait_s(30);
    browser.reauth(Some(&browser.world.code(NOOR_SEED, 0))).expect(200);
}

/// Sets up a further authenticator: its seed, and the recovery codes that come with it if there were none.
fn add(browser: &Browser<'_>, name: &str) -> (String, Vec<String>) {
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let body = json!({ "code": browser.world.code(&seed, 0), "name": name });
    let done = browser.post("/auth/enrol", body).expect(200).json();
    let codes = done["recovery_codes"].as_array().cloned().unwrap_or_default();
    (seed, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

fn authenticators(browser: &Browser<'_>) -> Vec<Value> {
    browser.get("/auth/profile").expect(200).json()["authenticators"].as_array().unwrap().clone()
}

#[test]
fn the_profile_shows_everything_of_ones_own_and_no_secret() {
    let world = World::new();
    let browser = noor(&world);
    let profile = browser.get("/auth/profile").expect(200).json();
    assert_eq!(
        profile["user"],
        json!({ "id": "noor", "email": "noor@acme.test", "email_verified": false, "name": "noor" })
    );
    assert_eq!(profile["accounts"], json!([{ "id": "acme", "name": "Acme", "role": "member" }]));
    assert_eq!(
        profile["authenticators"],
        json!([{ "id": "noor-app", "name": "Authenticator app", "created_at": "2027-01-15T08:00:00Z",
            "last_used_at": "2027-01-15T08:00:00Z" }])
    );
    assert_eq!(profile["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(profile["sessions"][0]["current"], true);
    for secret in [NOOR_SEED, "sealed", "hash", "password", &browser.token()] {
        assert!(!profile.to_string().contains(secret), "{secret}");
    }
    let page = browser.open("/auth/profile").expect(200).0.body;
    assert!(page.contains("noor@acme.test") && page.contains("Authenticator app") && page.contains("This session"));
    // Nothing of it before the second step.
    let pending = world.browser();
    pending.login("noor@acme.test").expect(200);
    for path in ["/auth/profile", "/auth/profile/edit", "/auth/sessions", "/auth/password", "/auth/recovery-codes/kept"]
    {
        pending.get(path).expect(401).field("code", "verify_required");
        world.browser().get(path).expect(401).field("code", "login_required");
    }
    // And nothing at the admin Worker.
    let owner = world.admin();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    owner.get("/auth/profile").expect(404);
}

#[test]
fn a_name_is_changed_where_it_is_shown() {
    let world = World::new();
    let browser = noor(&world);
    browser.post("/auth/profile/edit", json!({ "name": " Noor H. " })).expect(204);
    assert_eq!(browser.get("/auth/session").json()["user"]["name"], "Noor H.");
    for bad in [json!({ "name": " " }), json!({ "name": "x".repeat(101) }), json!({ "name": "a\nb" }), json!({})] {
        browser.post("/auth/profile/edit", bad).expect(400);
    }
    let page = browser.fill("/auth/profile/edit", "/auth/profile/edit", "name=%20").expect(400).0.body;
    assert!(page.contains("A name has 1 to 100 characters"));
    // The name that it has already is saved as any other, and written down no further time.
    for _ in 0..3 {
        browser.post("/auth/profile/edit", json!({ "name": "Noor H." })).expect(204);
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'renamed'"), 1);
    let saved = browser.fill("/auth/profile/edit", "/auth/profile/edit", "name=N").expect(303);
    let to = saved.header("location").unwrap();
    assert!(to.starts_with("/auth/profile?done=saved."), "{to}");
    // What a page says happened, happened, and in this session.
    let said =
        |browser: &Browser<'_>, address: &str| browser.open(address).expect(200).0.body.contains("class=\"done\"");
    assert!(said(&browser, to) && said(&browser, to), "after a reload too");
    let other = world.browser();
    world.wait_s(30);
    other.sign_in("noor@acme.test", NOOR_SEED);
    assert!(!said(&other, to));
    for claimed in ["saved", "disabled", "removed", "set-up", "password", "ended", "disabled.0"] {
        assert!(!said(&browser, &format!("/auth/profile?done={claimed}")), "{claimed}");
    }
}

/// It says what was removed or signed out, by the name on the page whose button was pressed; no address makes up another.
#[test]
fn what_was_done_is_said_by_name() {
    let world = World::new();
    let browser = noor(&world);
    fresh(&browser);
    let seed = browser.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    browser.post("/auth/enrol", json!({ "code": world.code(&seed, 0), "name": "Tablet & co" })).expect(200);
    world.wait_s(30);
    let other = world.browser();
    other.login("noor@acme.test").expect(200);
    other.verify(&world.code(NOOR_SEED, 0)).expect(200);
    world.db.execute(
        "UPDATE sessions SET user_agent = 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' WHERE id <> ?1",
        &[world.text("SELECT id FROM sessions ORDER BY created_at LIMIT 1").into()],
    );
    // Each button as the page has it: where it is sent, and what it is about.
    let press = |path: &str, says: &str| {
        let page = browser.open("/auth/profile").expect(200).0.body;
        let mut forms = page.split("<form").map(|form| form.split("</form>").next().unwrap());
        let form = forms.find(|form| form.contains(path) && form.contains(says)).unwrap();
        let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        let name = form.split("name=\"name\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let name = airlock::web::encoded(&[("name", &name.replace("&#38;", "&"))]);
        let to = browser.fill("/auth/profile", action, &name).expect(303).header("location").unwrap().to_owned();
        (browser.open(&to).expect(200).0.body, to)
    };
    let (page, to) = press("/auth/sessions/", "Firefox on Windows");
    assert!(page.contains("role=\"status\">Signed out Firefox on Windows.<"), "{page}");
    for forged in [to.replace("Firefox", "Safari"), to.replace("ended", "removed")] {
        assert!(!browser.open(&forged).expect(200).0.body.contains("role=\"status\""), "{forged}");
    }
    let (page, _) = press("/auth/authenticators/", "Tablet");
    assert!(page.contains("“Tablet &#38; co” removed. You&#39;re signed out everywhere else."), "{page}");
}

/// Whoever set it up because an account required it keeps it on with one click once that account no longer does.
#[test]
fn what_a_requirement_had_someone_set_up_they_keep_on_with_one_click() {
    let world = World::new();
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
    world.require("acme", true, "now");
    noor(&world);
    world.require("acme", false, "now");
    let (browser, other, strange) = (world.browser(), world.browser(), world.browser());
    for browser in [&browser, &other] {
        browser.login("noor@acme.test").expect(200).field("next", "done");
    }
    let two_factor = |browser: &Browser<'_>| {
        let session = browser.get("/auth/session").expect(200).json();
        [&session["two_factor"]["set_up"], &session["two_factor"]["enabled"]].map(|is| is.as_bool().unwrap())
    };
    assert_eq!(two_factor(&browser), [true, false]);
    for page in ["/auth/profile", "/auth/profile/edit"] {
        let page = browser.open(page).expect(200).0.body;
        assert!(page.contains("/auth/two-factor/enable") && !page.contains("href=\"/auth/enrol\">Enable"), "{page}");
    }
    let known = || world.count("SELECT count(*) FROM browsers WHERE user_id = 'noor'");
    assert!(known() > 0);
    // By the button: no fresh proof, no new authenticator. What this browser lacks is asked for next, and then it is said.
    let to = browser.press("/auth/two-factor/enable").expect(303);
    let to = to.header("location").unwrap();
    assert_eq!(known(), 0, "no browser is known by the password alone any more");
    assert_eq!([browser.stage(), other.stage()], ["verify", "verify"]);
    world.wait_s(30);
    browser.verify(&world.code(NOOR_SEED, 0)).expect(200);
    assert!(browser.open(to).expect(200).0.body.contains("class=\"done\""));
    assert_eq!(two_factor(&browser), [true, true]);
    strange.login("noor@acme.test").expect(200).field("next", "verify");
    let written = || world.count("SELECT count(*) FROM audit WHERE action = 'two_factor_enabled' AND result = 'ok'");
    assert_eq!(written(), 1);
    assert_eq!(authenticators(&browser).len(), 1);
    // Once more changes nothing, and a browser that gave the code stays known.
    browser.post("/auth/two-factor/enable", json!({})).expect(204);
    assert_eq!([written(), known()], [1, 1]);
    assert!(!browser.open("/auth/profile").expect(200).0.body.contains("/auth/two-factor/enable"));
}

/// It can be asked only for what there is: an authenticator, one that still accepts codes.
#[test]
fn what_nobody_could_answer_is_not_asked_for() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.post("/auth/two-factor/enable", json!({})).expect(409).field("code", "no_authenticator");
    world.db.execute("UPDATE users SET two_factor_chosen = 0, code_failures = 100 WHERE id = 'noor'", &[]);
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200).field("next", "done");
    assert!(!noor.open("/auth/profile").expect(200).0.body.contains("/auth/two-factor/enable"));
    noor.post("/auth/two-factor/enable", json!({})).expect(409).field("code", "no_authenticator");
    assert_eq!(noor.stage(), "full");
    // The page says so, leads to a set-up, and says nothing of recovery codes.
    let told = mia.fill("/auth/profile/edit", "/auth/two-factor/enable", "").expect(409).0.body;
    assert!(told.contains("Set up an authenticator first") && told.contains("href=\"/auth/enrol\""), "{told}");
    assert!(!told.contains("ecovery code"), "{told}");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'two_factor_enabled'"), 0);
}

#[test]
fn turning_it_off_takes_a_fresh_proof_and_leaves_nothing_behind() {
    let world = World::new();
    let (browser, other) = (noor(&world), world.browser());
    world.wait_s(30);
    other.sign_in("noor@acme.test", NOOR_SEED);
    browser.post("/auth/two-factor/disable", json!({})).expect(403).field("code", "reauth_required");
    fresh(&browser);
    browser.post("/auth/two-factor/disable", json!({})).expect(204);
    assert_eq!(browser.stage(), "full");
    assert_eq!(other.stage(), "none", "the other sessions end");
    assert_eq!(browser.get("/auth/session").json()["two_factor"]["enabled"], false);
    for left in [
        "SELECT count(*) FROM authenticators WHERE user_id = 'noor'",
        "SELECT count(*) FROM recovery_codes WHERE user_id = 'noor'",
        "SELECT two_factor_chosen FROM users WHERE id = 'noor'",
    ] {
        assert_eq!(world.count(left), 0, "{left}");
    }
    world.browser().login("noor@acme.test").expect(200).field("next", "done");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'two_factor_disabled'"), 1);
}

/// What was refused because the session ended is no matter of what an account requires, or of what there is.
#[test]
fn a_session_that_ends_meanwhile_is_told_so() {
    let world = World::new();
    for path in ["/auth/two-factor/disable", "/auth/authenticators/noor-app/remove"] {
        let browser = noor(&world);
        fresh(&browser);
        world.db.run_before_batch(2, "DELETE FROM sessions");
        browser.post(path, json!({})).expect(401).field("code", "login_required");
        world.wait_s(30);
    }
    assert_eq!(world.count("SELECT count(*) FROM authenticators WHERE user_id = 'noor'"), 1);
}

#[test]
fn new_recovery_codes_at_the_same_time_leave_nothing_behind_either() {
    let world = World::new();
    let browser = noor(&world);
    fresh(&browser);
    let post = |path: &str| browser.request("POST", path, "{}");
    assert_eq!(world.at_once(&[post("/auth/two-factor/disable"), post("/auth/recovery-codes")]), [204, 409]);
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes"), 0);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'recovery_codes'"), 0);
    assert_eq!(browser.stage(), "full");
}

#[test]
fn there_is_no_switch_while_an_account_requires_it() {
    let world = World::new();
    world.add_account("abacus");
    world.join("abacus", "noor", "noor@acme.test", Role::Member);
    world.require("acme", true, "now");
    let browser = noor(&world);
    fresh(&browser);
    browser.post("/auth/two-factor/disable", json!({})).expect(409).field("code", "required_by_account");
    browser.post("/auth/authenticators/noor-app/remove", json!({})).expect(409).field("code", "required_by_account");
    let page = browser.open("/auth/profile").expect(200).0.body;
    assert!(
        !page.contains("/auth/two-factor/disable")
            && page.contains("Acme requires two-factor login, so you can&#39;t turn it off.")
    );
    let page = browser.open("/auth/profile/edit").expect(200).0.body;
    let switch = page.split("role=\"switch\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(switch.contains("aria-checked=\"true\"") && switch.ends_with(" disabled"), "{switch}");
    assert_eq!(authenticators(&browser).len(), 1);
    // The requirement comes between reading and writing: it still holds.
    world.require("acme", false, "now");
    fresh(&browser);
    world.db.run_before_batch(2, "UPDATE accounts SET two_factor_required = 1");
    browser.post("/auth/two-factor/disable", json!({})).expect(409);
    assert_eq!(authenticators(&browser).len(), 1);
}

#[test]
fn five_authenticators_have_names_and_all_but_the_last_can_go() {
    let world = World::new();
    let browser = noor(&world);
    fresh(&browser);
    let seeds: Vec<String> =
        ["Tablet", "Watch", "Work phone", "Safe"].iter().map(|name| add(&browser, name).0).collect();
    let entries = authenticators(&browser);
    let names: Vec<_> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Authenticator app", "Tablet", "Watch", "Work phone", "Safe"]);
    browser.post("/auth/authenticators/owner-app/remove", json!({})).expect(404);
    for entry in &entries[1..] {
        let path = format!("/auth/authenticators/{}/remove", entry["id"].as_str().unwrap());
        browser.post(&path, json!({})).expect(204);
        browser.post(&path, json!({})).expect(404);
    }
    browser.post("/auth/authenticators/noor-app/remove", json!({})).expect(409).field("code", "last_authenticator");
    world.wait_s(60);
    let next = world.browser();
    next.login("noor@acme.test").expect(200);
    for seed in &seeds {
        next.verify(&world.code(seed, 0)).expect(401);
    }
    next.verify(&world.code(NOOR_SEED, 0)).expect(200);
}

#[test]
fn removing_takes_a_fresh_proof() {
    let world = World::new();
    let browser = noor(&world);
    browser.post("/auth/authenticators/noor-app/remove", json!({})).expect(403).field("code", "reauth_required");
    let page = browser.submit("/auth/authenticators/noor-app/remove", "").expect(303);
    assert_eq!(page.header("location"), Some("/auth/reauth?return_to=%2Fauth%2Fprofile"));
}

#[test]
fn that_codes_were_kept_is_shown_by_typing_one_which_stays_usable_and_can_wait_once() {
    let world = World::new();
    let browser = noor(&world);
    fresh(&browser);
    let (seed, codes) = add(&browser, "New phone");
    let kept = "/auth/recovery-codes/kept";
    browser.post(kept, json!({ "code": "0".repeat(24) })).expect(401).field("code", "invalid_code");
    browser.post(kept, json!({ "code": "short" })).expect(400);
    browser.post(kept, json!({ "later": true })).expect(204);
    browser.post(kept, json!({ "later": true })).expect(409).field("code", "already_postponed");
    // The next login leads there by itself, and does not offer to wait.
    world.wait_s(30);
    let next = world.browser();
    next.submit("/auth/login", "email=noor%40acme.test&password=correct+horse+battery+staple&return_to=%2Fx")
        .expect(303);
    let led = next.fill("/auth/verify", "/auth/verify", &format!("code={}", world.code(&seed, 0))).expect(303);
    let to = led.header("location").unwrap();
    assert_eq!(to, "/auth/recovery-codes/kept?return_to=%2Fx");
    let page = next.open(to).expect(200).0.body;
    assert!(!page.contains("next login") && page.contains("make new ones"));
    let shown = next.fill(to, kept, &format!("code={}&return_to=%2Fx", codes[3].to_lowercase())).expect(303);
    assert_eq!(shown.header("location"), Some("/x"));
    assert_eq!(next.open(to).expect(303).header("location"), Some("/x"));
    assert_eq!(next.get("/auth/session").json()["two_factor"]["recovery_codes_left"], 10, "none was spent");
    let last = world.browser();
    last.login("noor@acme.test").expect(200);
    last.post("/auth/recovery", json!({ "code": codes[3] })).expect(200);
    // A code of someone else, or a used one, shows nothing.
    world.wait_s(30);
    let next = world.browser();
    next.sign_in("noor@acme.test", &seed);
    next.post(kept, json!({ "code": codes[3] })).expect(401);
}

#[test]
fn sessions_are_listed_with_device_place_and_time_and_ended_one_or_all() {
    let world = World::new();
    let mia = world.browser();
    let mut request =
        mia.request("POST", "/auth/login", &json!({ "email": "mia@acme.test", "password": PASSWORD }).to_string());
    set_header(&mut request, "user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    mia.send(&request).expect(200);
    let others: Vec<_> = (0..3).map(|_| world.browser()).collect();
    for other in &others {
        world.wait_s(60);
        other.login("mia@acme.test").expect(200);
    }
    let list = mia.get("/auth/sessions").expect(200).json()["sessions"].clone();
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert_eq!(
        [&list[0]["current"], &list[0]["device"], &list[0]["country"], &list[0]["site"]],
        [&json!(true), &json!("Firefox on Linux"), &json!("NZ"), &json!("edge")]
    );
    assert_eq!(list[0]["last_seen_at"], "2027-01-15T08:03:00Z");
    assert_eq!(list[1]["device"], "Unknown device");
    let path = |entry: &Value| format!("/auth/sessions/{}/end", entry["id"].as_str().unwrap());
    // They began later: whoever has this session alone cannot keep its owner from signing in.
    mia.post(&path(&list[1]), json!({})).expect(403).field("code", "reauth_required");
    mia.post("/auth/sessions/end-others", json!({})).expect(403).field("code", "reauth_required");
    assert!(others.iter().all(|other| other.stage() == "full"));
    mia.reauth(None).expect(200);
    mia.post(&path(&list[1]), json!({})).expect(204);
    assert_eq!(others[2].stage(), "none");
    assert_eq!(others[1].stage(), "full");
    // Nobody else's.
    let noor = noor(&world);
    noor.post(&path(&list[2]), json!({})).expect(404);
    mia.post("/auth/sessions/nothing/end", json!({})).expect(404);
    mia.post("/auth/sessions/end-others", json!({})).expect(204);
    assert!(others.iter().all(|other| other.stage() == "none"));
    assert_eq!(mia.get("/auth/sessions").json()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(noor.stage(), "full");
    let own = mia.get("/auth/sessions").json()["sessions"][0].clone();
    mia.post(&path(&own), json!({})).expect(204);
    assert_eq!(mia.stage(), "none", "ending one's own is signing out");
}

/// A session ends those that began before it, as often as there are any: what a thief holds ends the moment its owner looks.
#[test]
fn whoever_signed_in_last_can_end_the_others_at_once() {
    let world = World::new();
    let (thief, owner) = (world.browser(), world.browser());
    for round in 0..40 {
        thief.login("mia@acme.test").expect(200);
        world.wait_s(1);
        owner.login("mia@acme.test").expect(200);
        thief.post("/auth/sessions/end-others", json!({})).expect(403);
        if round % 2 == 0 {
            owner.post("/auth/sessions/end-others", json!({})).expect(204);
        } else {
            let list = owner.get("/auth/sessions").expect(200).json()["sessions"].clone();
            let theirs = list.as_array().unwrap().iter().find(|entry| entry["current"] == false).unwrap();
            owner.post(&format!("/auth/sessions/{}/end", theirs["id"].as_str().unwrap()), json!({})).expect(204);
        }
        assert_eq!([thief.stage(), owner.stage()], ["none", "full"]);
        world.wait_s(1);
    }
}

#[test]
fn of_two_browsers_that_end_each_other_at_once_one_is_told_that_it_is_out() {
    let world = World::new();
    let browsers = [world.browser(), world.browser()];
    let end_others = browsers.each_ref().map(|browser| {
        browser.login("mia@acme.test").expect(200);
        browser.request("POST", "/auth/sessions/end-others", "{}")
    });
    assert_eq!(world.at_once(&end_others), [204, 401]);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'sessions_ended'"), 1);
    assert_eq!(browsers[0].stage(), "full");
}

#[test]
fn an_admins_session_is_among_ones_own_while_it_lives() {
    let world = World::new();
    let admin = world.admin();
    admin.sign_in("owner@acme.test", OWNER_SEED);
    world.wait_s(30);
    let owner = world.browser();
    owner.sign_in("owner@acme.test", OWNER_SEED);
    let sites = || {
        let list = owner.get("/auth/sessions").expect(200).json()["sessions"].clone();
        list.as_array().unwrap().iter().map(|entry| entry["site"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sites(), ["edge", "admin"]);
    world.wait_s(15 * 60);
    assert_eq!(sites(), ["edge"], "idle for fifteen minutes it is over");
}

#[test]
fn a_new_password_takes_the_old_one_ends_the_other_sessions_and_follows_the_rules() {
    let world = World::new();
    let (mia, other) = (world.browser(), world.browser());
    mia.login("mia@acme.test").expect(200);
    other.login("mia@acme.test").expect(200);
    let change = |current: &str, new: &str| {
        mia.post("/auth/password", json!({ "current_password": current, "new_password": new }))
    };
    for (bad, reason) in [
        ("fourteen chars", "too_short"),
        ("passwordpassword", "common"),
        ("mia@acme.test mia@acme.test", "personal"),
        ("airlock airlock", "personal"),
    ] {
        change(PASSWORD, bad).expect(400).field("code", "weak_password").field("reason", reason);
    }
    assert_eq!(world.count("SELECT count(*) FROM password_budgets"), 0, "what the rules refuse is no attempt");
    change("wrong", NEW).expect(401).field("code", "invalid_credentials").field("title", "Wrong password");
    mia.post("/auth/password", json!({ "new_password": NEW })).expect(400);
    assert_eq!(world.count("SELECT failures FROM password_budgets"), 1, "and a wrong one is");
    let before = mia.twin();
    change(PASSWORD, NEW).expect(200);
    assert_eq!([before.stage(), other.stage(), mia.stage()], ["none", "none", "full"]);
    world.browser().login("mia@acme.test").expect(401);
    let next = world.browser();
    next.post("/auth/login", json!({ "email": "mia@acme.test", "password": NEW })).expect(200).field("next", "done");
    // With two-factor login on, a new password skips nothing.
    let noor = noor(&world);
    noor.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": NEW })).expect(200);
    let next = world.browser();
    next.post("/auth/login", json!({ "email": "noor@acme.test", "password": NEW })).expect(200).field("next", "verify");
    assert_eq!(
        world.browser().open("/.well-known/change-password").expect(303).header("location"),
        Some("/auth/password")
    );
}

#[test]
fn a_long_password_counts_to_its_last_character() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let new: String = (0..128).map(|i| char::from(b'a' + (i * 7 + i / 26) as u8 % 26)).collect();
    mia.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": new })).expect(200);
    for (typed, status) in [(&new[..127], 401), (&new[..72], 401), (&new.to_uppercase(), 401), (&new, 200)] {
        world.browser().post("/auth/login", json!({ "email": "mia@acme.test", "password": typed })).expect(status);
    }
}

#[test]
fn guessing_the_password_from_inside_is_limited_as_at_the_login() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let change = |current: &str| {
        mia.post("/auth/password", json!({ "current_password": current, "new_password": NEW })).0.status
    };
    for _ in 0..10 {
        assert_eq!(change("wrong"), 401);
    }
    assert_eq!(change(PASSWORD), 429, "paused");
    world.wait_s(1);
    assert_eq!(change(PASSWORD), 200);
}

#[test]
fn each_change_is_all_or_nothing() {
    crate::faults::all_or_nothing(
        |world| {
            let browser = noor(world);
            world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'", &[]);
            browser.request("POST", "/auth/two-factor/enable", "{}")
        },
        1,
    );
    for (path, body) in [
        ("/auth/two-factor/disable", json!({})),
        ("/auth/profile/edit", json!({ "name": "N" })),
        ("/auth/password", json!({ "current_password": PASSWORD, "new_password": NEW })),
        ("/auth/sessions/end-others", json!({})),
    ] {
        let before = if path == "/auth/password" { 2 } else { 1 };
        crate::faults::all_or_nothing(
            |world| {
                let browser = noor(world);
                fresh(&browser);
                browser.request("POST", path, &body.to_string())
            },
            before,
        );
    }
}

#[test]
fn devices_have_names_people_know() {
    for (user_agent, name) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
            "Firefox on iPhone",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/605.1.15",
            "Edge on iPad",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1 OPT/6.1",
            "Opera on iPhone",
        ),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ] {
        assert_eq!(Device::of(user_agent).said(Language::En.texts()), name);
    }
}
