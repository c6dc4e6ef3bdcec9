//! How the pages hang together, and how they say things: Settings as people look for them, ways between app, profile and
//! admins, questions before what weakens many, times, recovery codes to take away.

use airlock::people::Role;
use airlock_tests::{Browser, NOOR_SEED, OWNER_SEED, World};

use crate::admin::{colleague, owner};

const POLICY: &str = "/settings/security/two-factor";

fn noor(world: &World) -> Browser<'_> {
    let browser = world.browser();
    browser.sign_in("noor@acme.test", NOOR_SEED);
    browser
}

fn page(browser: &Browser<'_>, path: &str) -> String {
    browser.open(path).expect(200).0.body
}

fn main_of(page: &str) -> &str {
    page.split("<main").nth(1).unwrap()
}

/// What the element of a switch says.
fn switch(page: &str) -> &str {
    page.split("role=\"switch\"").nth(1).unwrap().split('>').next().unwrap()
}

#[test]
fn settings_profile_edit_profile_enable_2fa() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    assert_eq!(mia.open("/auth/settings").expect(303).header("location"), Some("/auth/profile"));
    let profile = page(&mia, "/auth/profile");
    let (crumbs, heading) = (profile.find(">Settings</p>").unwrap(), profile.find("<h1>Profile</h1>").unwrap());
    assert!(crumbs < heading && profile.contains("href=\"/auth/profile/edit\">Edit profile</a>"));
    let edit = page(&mia, "/auth/profile/edit");
    assert!(edit.contains("<p class=\"crumbs\">Settings › <a href=\"/auth/profile\">Profile</a></p>"));
    assert!(switch(&edit).starts_with(" aria-checked=\"false\""), "{}", switch(&edit));
    assert!(edit.contains("<form method=\"get\" action=\"/auth/enrol\">") && edit.contains(">Enable 2FA</button>"));
    let on = page(&noor(&world), "/auth/profile/edit");
    assert!(switch(&on).starts_with(" aria-checked=\"true\"") && !switch(&on).contains("disabled"));
    assert!(on.contains("<form method=\"get\" action=\"/auth/two-factor/disable\">"));
}

#[test]
fn turning_ones_own_two_factor_login_off_asks_first() {
    let world = World::new();
    let browser = noor(&world);
    world.wait_s(360);
    let asked = browser.open("/auth/two-factor/disable").expect(303);
    assert_eq!(asked.header("location"), Some("/auth/reauth?return_to=%2Fauth%2Ftwo-factor%2Fdisable"));
    browser.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let question = page(&browser, "/auth/two-factor/disable");
    assert!(question.contains("Your authenticators and recovery codes are removed"), "{question}");
    assert_eq!(
        world.text("SELECT CAST(two_factor_chosen AS TEXT) FROM users WHERE id = 'noor'"),
        "1",
        "nothing has happened so far"
    );
    let done = browser.fill("/auth/two-factor/disable", "/auth/two-factor/disable", "").expect(303);
    assert!(done.header("location").unwrap().starts_with("/auth/profile?done="));
    assert_eq!(world.text("SELECT CAST(two_factor_chosen AS TEXT) FROM users WHERE id = 'noor'"), "0");
}

#[test]
fn app_profile_and_admins_lead_to_each_other() {
    let world = World::new();
    let profile = page(&noor(&world), "/auth/profile");
    assert!(profile.contains("<a class=\"brand\" href=\"/\">Airlock</a>"), "the brand leads to the app");
    assert!(profile.contains("<a href=\"/\">Back to Airlock</a>"));
    assert!(!profile.contains("https://admin.test"), "noor administers nothing");
    let edge = world.browser();
    edge.sign_in("owner@acme.test", OWNER_SEED);
    assert!(page(&edge, "/auth/profile").contains("<a href=\"https://admin.test\">Admin pages</a>"));
    world.wait_s(30);
    let admin = page(&owner(&world), &format!("{POLICY}?account=acme"));
    assert!(admin.contains("<a class=\"brand\" href=\"/\">"));
    assert!(admin.contains("<a href=\"https://app.test/auth/profile\">Profile</a>"));
    world.hide_admins();
    assert!(!page(&edge, "/auth/profile").contains("Admin pages"), "unknown where");
}

#[test]
fn settings_security_two_factor_authentication() {
    let world = World::new();
    let owner = owner(&world);
    for path in ["/settings", "/settings/security"] {
        assert_eq!(owner.open(path).expect(303).header("location"), Some(POLICY), "{path}");
    }
    let shown = page(&owner, &format!("{POLICY}?account=acme"));
    assert!(switch(&shown).starts_with(" aria-checked=\"false\""));
    world.require("acme", true, "next_login");
    assert!(switch(&page(&owner, &format!("{POLICY}?account=acme"))).starts_with(" aria-checked=\"true\""));
}

/// As a reset does: it says what it means for how many, and only its own button does it.
#[test]
fn no_longer_requiring_it_asks_first() {
    let world = World::new();
    let owner = owner(&world);
    world.require("acme", true, "next_login");
    let settings = page(&owner, &format!("{POLICY}?account=acme"));
    assert!(!settings.contains("name=\"required\" value=\"false\""), "no button there stops it");
    assert!(settings.contains(&format!("<form method=\"get\" action=\"{POLICY}/change\">")));
    let question = page(&owner, &format!("{POLICY}/change?account=acme"));
    assert!(question.contains("<h1>Stop requiring two-factor login in Acme?</h1>"), "{question}");
    assert!(
        question.contains("<strong>2 of 4 members</strong> have not set it up, and will go on signing in with just a")
    );
    assert_eq!(
        world.text("SELECT CAST(two_factor_required AS TEXT) FROM accounts"),
        "1",
        "nothing has happened so far"
    );
    owner.submit(POLICY, "account=acme&required=false").expect(303);
    assert_eq!(world.text("SELECT CAST(two_factor_required AS TEXT) FROM accounts"), "0");
    let question = page(&owner, &format!("{POLICY}/change?account=acme"));
    assert!(
        question.contains("<h1>Require two-factor login in Acme?</h1>")
            && question.contains("value=\"next_login\" checked")
    );
}

#[test]
fn the_reset_icon_is_beside_the_address_or_the_reason_why_there_is_none() {
    let world = World::new();
    let ada = colleague(&world, "ada", Role::Admin);
    let list = page(&ada, &format!("{POLICY}?account=acme&two_factor=all"));
    let row = |email: &str| {
        let row = list.split("<th scope=\"row\">").find(|row| row.contains(&format!("<span>{email}</span>"))).unwrap();
        row.split("</th>").next().unwrap().to_owned()
    };
    assert!(row("noor@acme.test").contains("class=\"icon\""));
    assert!(
        row("ada@acme.test").contains("You can't reset your own.")
            || row("ada@acme.test").contains("can&#39;t reset your own")
    );
    assert!(row("owner@acme.test").contains("Only an owner can change, reset or remove an owner."));
    for other in ["ada@acme.test", "owner@acme.test", "mia@acme.test"] {
        assert!(!row(other).contains("class=\"icon\""), "{other}");
    }
}

/// In UTC, as the page's language writes days; a script turns what `datetime` says into the reader's own time.
#[test]
fn times_are_elements_in_the_form_of_the_language() {
    let world = World::new();
    let browser = noor(&world);
    for (language, time, day) in [
        ("en", "2027-01-15 08:00 UTC", "2027-01-15"),
        ("de", "15.01.2027 08:00 UTC", "15.01.2027"),
        ("hi", "15/01/2027 08:00 UTC", "15/01/2027"),
    ] {
        browser.cookies.borrow_mut().insert("__Host-airlock-language".to_owned(), language.to_owned());
        let profile = page(&browser, "/auth/profile");
        assert!(profile.contains(&format!("<time datetime=\"2027-01-15T08:00:00Z\">{time}</time>")), "{profile}");
        assert!(profile.contains(&format!(" data-day>{day}</time>")) || !profile.contains("data-day"), "{profile}");
        assert_eq!(profile.matches("UTC").count(), profile.matches(" UTC</time>").count(), "each says so itself");
    }
}

/// Copy, Download and Print come before "I've saved them"; what is taken away says whose codes of which site from which day.
#[test]
fn recovery_codes_can_be_taken_away_in_three_ways() {
    let world = World::new();
    let browser = noor(&world);
    world.wait_s(30);
    browser.reauth(Some(&world.code(NOOR_SEED, 0))).expect(200);
    let shown = browser.follow(browser.fill("/auth/profile", "/auth/recovery-codes", "")).expect(200).0.body;
    let places = ["data-copy=\"codes\"", "download=\"recovery-codes.txt\"", "data-print", "I&#39;ve saved my codes"];
    let at = places.map(|part| shown.find(part).unwrap_or_else(|| panic!("{part} in {shown}")));
    assert!(at.is_sorted(), "{at:?}");
    let file = shown.split("charset=utf-8,").nth(1).unwrap().split('"').next().unwrap();
    assert!(file.starts_with("Airlock%20recovery%20codes%0Anoor%40acme.test%0A2027-01-15%0A%0A"), "{file}");
    assert_eq!(file.matches("%0A").count(), 3 + 10 + 1);
    assert!(main_of(&shown).contains("Airlock, noor@acme.test, <span class=\"unit\">2027-01-15</span>"), "on paper");
    assert_eq!(
        shown.matches("<button type=\"button\"").count(),
        shown.matches(" hidden>").count(),
        "none without script"
    );
}

/// Only links: nothing is loaded from where they lead, and who follows one is not told of from where.
#[test]
fn someone_without_an_authenticator_app_finds_where_to_get_one() {
    let world = World::new();
    world.require("acme", true, "next_login");
    let leo = world.browser();
    leo.login("leo@acme.test").expect(200);
    let page = page(&leo, "/auth/enrol");
    let links: Vec<_> = page.split("<a ").skip(1).filter(|link| link.starts_with("href=\"https://")).collect();
    for link in &links {
        assert!(link.contains(" rel=\"noreferrer\">"), "{link}");
        let host = link.trim_start_matches("href=\"https://").split('/').next().unwrap();
        assert!(["play.google.com", "apps.apple.com"].contains(&host), "{host}");
    }
    assert_eq!(links.len(), 8);
    assert!(!page.contains("src=\"http"));
}
