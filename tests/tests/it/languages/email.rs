//! Pages and mails of another address, in each language.

use airlock::people::Role;
use airlock_tests::{Answer, Browser, World};

use super::{COOKIE, Walk, forgot::assert_translated, said};

const ASK: &str = "/auth/email";
const CONFIRM: &str = "/auth/email-confirm";
const UNDO: &str = "/auth/email-undo";

fn opened(browser: &Browser<'_>, link: &str, page: &str) -> Answer {
    browser.open(link).expect(303);
    browser.open(page)
}

/// The link that was last mailed to an address.
fn link(world: &World, email: &str) -> String {
    world.poked();
    world.post.to(email).last().unwrap().link().to_owned()
}

fn ask(browser: &Browser<'_>, email: &str) -> Answer {
    browser.fill(ASK, ASK, &format!("email={email}"))
}

impl Walk<'_> {
    /// Another address, of someone without a second factor.
    pub(super) fn move_on(&mut self) {
        let world = self.world;
        for id in ["ed", "una"] {
            world.add_user("acme", id, &format!("{id}@acme.test"), Role::Member, None);
        }
        world.db.execute("UPDATE users SET name = 'Newcomer' WHERE id IN ('ed', 'una')", &[]);
        world.configure_mail(false);
        let browser = self.browser().at("192.0.2.10");
        browser.login("ed@acme.test").expect(200);
        self.see(200, "profile, without mail", browser.open("/auth/profile"));
        world.configure_mail(true);
        self.see(200, "profile, with mail", browser.open("/auth/profile"));
        browser.reauth(None).expect(200);
        self.see(200, "another address", browser.open(ASK));
        self.see(400, "another address, none", ask(&browser, "ed"));
        self.see(409, "another address, the same", ask(&browser, "ed%40acme.test"));
        self.see(200, "another address, sent", ask(&browser, "ed%40new.test"));
        let asked = link(world, "ed@new.test");
        let stranger = self.browser();
        self.see(200, "another address, signed out", opened(&stranger, &asked, CONFIRM));
        stranger.login("una@acme.test").expect(200);
        self.see(200, "another address, someone else", stranger.open(CONFIRM));
        self.see(404, "another address, gone", opened(&stranger, "/auth/email/x", CONFIRM));
        self.see(200, "another address, confirm", opened(&browser, &asked, CONFIRM));
        let done = browser.press_on(CONFIRM, CONFIRM);
        self.see(200, "another address, done", browser.follow(done));
        ask(&browser, "una%40acme.test").expect(200);
        opened(&browser, &link(world, "una@acme.test"), CONFIRM).expect(200);
        self.see(409, "another address, taken", browser.press_on(CONFIRM, CONFIRM));
        for i in 0..3 {
            ask(&browser, &format!("u{i}%40new.test")).expect(200);
        }
        self.see(429, "another address, too often", ask(&browser, "u%40new.test"));
        self.see(200, "way back", opened(&browser, &link(world, "ed@acme.test"), UNDO));
        let undone = browser.press_on(UNDO, UNDO);
        self.see(200, "way back, done", browser.follow(undone));
    }
}

#[test]
fn mails_of_another_address_are_wholly_in_the_language_of_whoever_asks() {
    assert_translated(|language| {
        let world = World::new();
        world.send_mails();
        let mia = world.browser();
        mia.cookies.borrow_mut().insert(COOKIE.to_owned(), language.to_owned());
        mia.login("mia@acme.test").expect(200);
        mia.reauth(None).expect(200);
        world.poked();
        world.post.handed.take();
        ask(&mia, "mia%40new.test").expect(200);
        opened(&mia, &link(&world, "mia@new.test"), CONFIRM).expect(200);
        mia.press_on(CONFIRM, CONFIRM).expect(303);
        world.poked();
        let mails = world.post.handed.borrow();
        assert_eq!(mails.len(), 2);
        mails.iter().flat_map(|mail| said(&mail.html)).collect()
    });
}
