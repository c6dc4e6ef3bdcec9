//! What people type and paste: the same code, password or address, however their keyboard, phone or mail spells it.

use airlock_tests::{Browser, NOOR_SEED, PASSWORD, World, key_in};
use serde_json::json;

/// "Grüße aus Zürich, Noël" as one keyboard has it, and as another does: composed, decomposed, and with a no-break space.
const COMPOSED: &str = "gr\u{fc}\u{df}e aus z\u{fc}rich no\u{eb}l";
const DECOMPOSED: &str = "gru\u{308}\u{df}e aus zu\u{308}rich noe\u{308}l";
const SPACED: &str = "gr\u{fc}\u{df}e\u{a0}aus\u{202f}z\u{fc}rich\u{3000}no\u{eb}l";
const SPELLINGS: [&str; 3] = [COMPOSED, DECOMPOSED, SPACED];

/// Digits of other scripts in place of ASCII's, with what phones and mails put around them.
fn spelt(code: &str) -> Vec<String> {
    let digits = |zero: u32| -> String {
        code.chars().map(|c| c.to_digit(10).map_or(c, |digit| char::from_u32(zero + digit).unwrap())).collect()
    };
    let (arabic, full_width) = (digits(0x660), digits(0xff10));
    vec![
        digits(0x6f0),
        digits(0x966),
        format!("\u{200e}{}\u{a0}{}", &code[..3], &code[3..]),
        format!("\u{feff}{}\u{2011}{}\u{200b}", &code[..2], &code[2..]),
        format!("\u{2067}{arabic}\u{2069}"),
        format!("\u{3000}{full_width}\r\n"),
    ]
}

#[test]
fn a_code_is_read_in_any_script_and_with_whatever_is_pasted_around_it() {
    let world = World::new();
    for i in 0..spelt("000000").len() {
        let noor = world.browser();
        noor.login("noor@acme.test").expect(200);
        noor.verify(&spelt(&world.code(NOOR_SEED, 0))[i]).expect(200).field("next", "done");
        world.wait_s(30);
        noor.reauth(Some(&spelt(&world.code(NOOR_SEED, 0))[i])).expect(200);
        world.wait_s(30);
    }
    // No other number is a digit, and nothing else stands between them.
    let noor = world.browser();
    noor.login("noor@acme.test").expect(200);
    for bad in ["½23456", "①23456", "123.456", "一二三四五六", "12345\u{661}7"] {
        noor.verify(bad).expect(400).field("code", "invalid_request");
    }
}

#[test]
fn so_is_a_recovery_code_and_the_first_code_of_a_set_up() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let code = &spelt(&world.code(&seed, 0))[4];
    let codes = mia.post("/auth/enrol", json!({ "code": code })).expect(200).json()["recovery_codes"].clone();
    let typed: String = codes[0]
        .as_str()
        .unwrap()
        .chars()
        .map(|c| if c == '-' { '\u{2011}' } else { char::from_u32(u32::from(c) + 0xfee0).unwrap() })
        .collect();
    mia.post("/auth/recovery-codes/kept", json!({ "code": typed })).expect(204);
    world.wait_s(30);
    mia.reauth(Some(&typed.replace('\u{2011}', "\u{2013}"))).expect(200);
    let other = world.browser();
    other.login("mia@acme.test").expect(200);
    let typed = codes[1].as_str().unwrap().replace('-', "\u{2212}\u{200b}");
    other.post("/auth/recovery", json!({ "code": format!("\u{a0}{typed}\u{feff}") })).expect(200);
}

/// What a browser holds back never arrives: iOS pastes a code with marks around it, which neither a pattern nor a length lets by.
#[test]
fn no_field_for_a_code_holds_anything_back() {
    let world = World::new();
    let (noor, mia) = (world.browser(), world.browser());
    noor.login("noor@acme.test").expect(200);
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let mut pages: Vec<String> =
        ["/auth/verify", "/auth/recovery"].map(|path| noor.open(path).expect(200).0.body).into();
    pages.push(mia.open("/auth/enrol").expect(200).0.body);
    noor.verify(&world.code(NOOR_SEED, 0)).expect(200);
    pages.push(noor.open("/auth/reauth").expect(200).0.body);
    for page in pages {
        let field = page.split("<input id=\"code\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(!field.contains("pattern") && !field.contains("maxlength") && !field.contains("type="), "{field}");
        assert!(key_in(&page).is_some());
    }
}

#[test]
fn an_address_is_the_same_with_what_is_pasted_around_it() {
    let world = World::new();
    for typed in [" mia@acme.test\u{a0}", "\u{200b}Mia@acme.test\u{feff}", "\u{2068}mia@acme.test\u{2069}\n"] {
        world.browser().login(typed).expect(200);
    }
    for other in ["mia\u{200b}@acme.test", "mi\u{430}@acme.test"] {
        world.browser().login(other).expect(401);
    }
}

fn login(browser: &Browser<'_>, password: &str, status: u16) {
    browser.post("/auth/login", json!({ "email": "mia@acme.test", "password": password })).expect(status);
}

#[test]
fn a_password_is_the_same_however_its_characters_are_spelt() {
    let world = World::new();
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let mut current = PASSWORD;
    for chosen in SPELLINGS {
        let change = json!({ "current_password": current, "new_password": chosen });
        mia.post("/auth/password", change).expect(200);
        SPELLINGS.iter().for_each(|typed| login(&world.browser(), typed, 200));
        SPELLINGS.iter().for_each(|typed| drop(mia.post("/auth/reauth", json!({ "password": typed })).expect(200)));
        // What only looks alike, or what NFKC would make the same, is another.
        for other in [
            "gru\u{df}e aus zurich noel",
            "GR\u{dc}\u{df}E AUS Z\u{dc}RICH NO\u{cb}L",
            "gr\u{fc}sse aus z\u{fc}rich no\u{eb}l",
        ] {
            login(&world.browser(), other, 401);
        }
        current = SPELLINGS[1];
    }
}

#[test]
fn a_password_hashed_as_it_was_typed_is_hashed_anew_at_the_next_login() {
    for typed in [DECOMPOSED, "gru\u{308}\u{df}e aus zu\u{308}rich noe\u{308}l "] {
        let world = World::new();
        world.hash_as_typed("mia", typed);
        let phc = || world.text("SELECT password_phc FROM users WHERE id = 'mia'");
        let before = phc();
        login(&world.browser(), COMPOSED, 401);
        let mia = world.browser();
        login(&mia, typed, 200);
        let after = phc();
        assert_ne!(after, before);
        let composed = airlock_tests::nfc(typed);
        login(&world.browser(), &composed, 200);
        login(&world.browser(), typed, 200);
        assert_eq!(phc(), after, "once");
        // Where it is only proven again, or changed, the one of before is right as well.
        world.hash_as_typed("mia", typed);
        mia.post("/auth/reauth", json!({ "password": typed })).expect(200);
        let change = json!({ "current_password": typed, "new_password": "slate ferns beside the weir" });
        mia.post("/auth/password", change).expect(200);
    }
}

/// Length, common words and what is known of the user are judged in the form that is hashed.
#[test]
fn the_rules_for_passwords_are_about_the_one_form() {
    let world = World::new();
    world.db.execute("UPDATE users SET name = ?1 WHERE id = 'mia'", &["Zoe\u{308} O\u{308}sterberg".into()]);
    let mia = world.browser();
    mia.login("mia@acme.test").expect(200);
    let change = |chosen: &str, status, reason: &str| {
        let answer = mia.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": chosen }));
        assert_eq!(answer.expect(status).json()["reason"], reason, "{chosen}");
    };
    change(&"e\u{308}".repeat(14), 400, "too_short");
    change(&"x7kp2vqm9lw4zgh3tq8rb6nc5yd1sfj\u{958}".repeat(8), 400, "too_long");
    change("", 400, "too_short");
    change(&"\u{ac00}".repeat(1025), 400, "too_long");
    change("zo\u{eb} \u{f6}sterberg 1985", 400, "personal");
    change("password\u{a0}password", 400, "common");
    // 256 of them are three times as many bytes decomposed as composed.
    let longest: String = (0..256).map(|i| char::from_u32(0xac01 + i * 37).unwrap()).collect();
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd(longest.as_str()).collect();
    assert!(decomposed.len() > 2 * longest.len());
    mia.post("/auth/password", json!({ "current_password": PASSWORD, "new_password": longest })).expect(200);
    login(&world.browser(), &decomposed, 200);
    login(&world.browser(), &longest[..longest.len() - 3], 401);
}
