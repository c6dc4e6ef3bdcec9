//! Pages and mails of a forgotten password, in each language.

use airlock_tests::{Answer, Browser, World};

use super::{COOKIE, Walk, is_data, said, words};

const RESET: &str = "/auth/reset-password";

fn opened_reset(browser: &Browser<'_>, path: &str) -> Answer {
    browser.open(path).expect(303);
    browser.open(RESET)
}

impl Walk<'_> {
    /// A forgotten password.
    pub(super) fn forget(&mut self) {
        self.world.send_mails();
        let browser = self.browser().at("192.0.2.9");
        self.see(200, "sign in, with mail", browser.open("/auth/login"));
        let wrong = browser.submit("/auth/login", "email=noor%40acme.test&password=wrong");
        self.see(401, "wrong password, with mail", wrong);
        self.see(200, "forgotten", browser.open("/auth/forgot"));
        let fill = |email: &str| browser.fill("/auth/forgot", "/auth/forgot", &format!("email={email}"));
        self.see(400, "forgotten, no address", fill("noor"));
        self.see(200, "forgotten, sent", fill("noor%40acme.test"));
        self.world.poked();
        let mails = crate::forgot::links(self.world, "noor@acme.test");
        self.see(404, "link, gone", opened_reset(&browser, "/auth/reset-password/x"));
        self.see(200, "link", opened_reset(&browser, &mails[0]));
        self.see(400, "link, weak", browser.fill(RESET, RESET, "new_password=short"));
        let set = browser.fill(RESET, RESET, "new_password=seven+grey+herons+wade");
        self.see(200, "link, done", browser.follow(set));
        for i in 0..60 {
            fill(&format!("u{i}%40acme.test"));
        }
        self.see(429, "forgotten, too often", fill("noor%40acme.test"));
    }
}

/// Of the same parts, none in another language.
#[test]
fn mails_of_a_forgotten_password_are_wholly_in_the_language_of_whoever_asks() {
    assert_translated(|language| {
        let world = World::new();
        world.send_mails();
        let noor = world.browser();
        noor.cookies.borrow_mut().insert(COOKIE.to_owned(), language.to_owned());
        noor.fill("/auth/forgot", "/auth/forgot", "email=noor%40acme.test").expect(200);
        world.poked();
        opened_reset(&noor, world.post.to("noor@acme.test")[0].link()).expect(200);
        noor.fill(RESET, RESET, "new_password=seven+grey+herons+wade").expect(303);
        world.poked();
        let mails = world.post.to("noor@acme.test");
        assert_eq!(mails.len(), 2);
        mails.iter().flat_map(|mail| said(&mail.html)).collect()
    });
}

/// Says the same in each language, in other words.
pub(super) fn assert_translated(said_in: impl Fn(&'static str) -> Vec<String>) {
    let said_in = |language| {
        let texts = said_in(language).into_iter().filter(|text| !text.starts_with("https://"));
        texts.collect::<Vec<_>>()
    };
    let english = said_in("en");
    for language in ["de", "hi"] {
        let texts = said_in(language);
        assert_eq!(texts.len(), english.len());
        for (text, english) in texts.iter().zip(&english) {
            assert!(text != english || text == "Airlock", "{language}: {text}");
            let strange = words(text).find(|word| {
                let data = is_data(word) || ["UTC", "NZ"].contains(word);
                language == "hi" && word.contains(|c: char| c.is_ascii_alphabetic()) && !data
            });
            assert_eq!(strange, None, "{text}");
        }
    }
}
