//! Nobody learns from an answer, or from the work behind it, whether an address has a user. Work is counted, not timed;
//! `work.rs` counts the instructions as well.

use airlock_tests::{
    Answer, Browser, NOOR_SEED, PASSWORD, World,
    enumeration::{ADDRESSES, prepare},
};
use serde_json::{Value, json};

/// What came of a request and what it took.
struct Work {
    /// Status, headers and body, but for the nonce and the address.
    answer: String,
    /// The statements of each round trip, in their order.
    statements: Vec<&'static str>,
    round_trips: usize,
    steps: i64,
}

/// Steps of SQLite's machine by which the work for one address may differ from that for another. A step takes some 20 ns, so
/// these are a ten-thousandth of the 50 ms that the hash of a password takes: what reading one's row
/// and one or two accounts is.
const STEPS: i64 = 280;

impl Work {
    fn of(world: &World, email: &str, ask: impl FnOnce() -> Answer) -> Self {
        world.db.round_trips.set(0);
        world.db.steps.set(0);
        world.db.record.set(true);
        let Answer(response) = ask();
        world.db.record.set(false);
        let csp = response.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap();
        let nonce = csp.1.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        // Both are drawn anew for each page, whosever address it is.
        let form = response.body.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let answer = format!("{} {:?} {}", response.status, response.headers, response.body);
        Self {
            answer: answer.replace(nonce, "NONCE").replace(form.unwrap_or("FORM"), "FORM").replace(email, "ADDRESS"),
            statements: world.db.recorded.take().iter().map(|statement| statement.sql).collect(),
            round_trips: world.db.round_trips.get(),
            steps: world.db.steps.get(),
        }
    }

    #[track_caller]
    fn assert_as(&self, other: &Self, of: &str) {
        assert_eq!(self.answer, other.answer, "{of}");
        assert_eq!(self.statements, other.statements, "{of}");
        assert_eq!(self.round_trips, other.round_trips, "{of}");
        let (more, less) = (self.steps.max(other.steps), self.steps.min(other.steps));
        assert!(more - less <= STEPS, "{of}: {less} steps, {more}");
    }
}

/// Each address of [`ADDRESSES`] against the one that nobody has, by JSON and by form, in the same state of the world.
#[test]
fn a_wrong_password_takes_the_same_for_every_kind_of_address() {
    let world = World::new();
    prepare(&world);
    let before = world.db.dump();
    for password in ["wrong", PASSWORD] {
        for form in [false, true] {
            let work = |email: &str| {
                let browser = world.browser();
                let work = Work::of(&world, email, || match form {
                    true => browser.submit("/auth/login", &format!("email={email}&password={password}")),
                    false => browser.post("/auth/login", json!({ "email": email, "password": password })),
                });
                world.db.restore(&before);
                work
            };
            // In a pause nothing is compared, of whomever.
            let absent = work("absent@acme.test");
            assert_eq!((absent.round_trips, absent.statements.len()), (2, 5));
            work("paused@acme.test").assert_as(&absent, "paused");
            let nobody = work("nobody@acme.test");
            assert_eq!((nobody.round_trips, nobody.statements.len()), (2, 5));
            // With the right password some get in.
            let paused = |kind: &str| ["paused", "absent"].contains(&kind);
            let refused = |kind: &str| !paused(kind) && (password != PASSWORD || ["invite", "locked"].contains(&kind));
            for (kind, email) in ADDRESSES.iter().filter(|(kind, _)| refused(kind)) {
                work(email).assert_as(&nobody, kind);
            }
        }
    }
}

/// Asking for a link to a new password: whose it is, nobody looks up before the answer. And a link that is none takes the same
/// however near it comes.
#[test]
fn asking_for_a_link_takes_the_same_for_every_kind_of_address() {
    let world = World::new();
    world.send_mails();
    prepare(&world);
    world.db.execute("DELETE FROM outbox", &[]);
    let before = world.db.dump();
    for form in [false, true] {
        let work = |email: &str| {
            let browser = world.browser();
            let page = browser.open("/auth/forgot").expect(200).0.body;
            let key = airlock_tests::key_in(&page).unwrap();
            let work = Work::of(&world, email, || match form {
                true => browser.submit("/auth/forgot", &format!("email={email}&key={key}")),
                false => browser.post("/auth/forgot", json!({ "email": email })),
            });
            let written = ["outbox", "floods", "links", "audit"]
                .map(|table| world.count(&format!("SELECT count(*) FROM {table}")));
            world.db.restore(&before);
            (work, written)
        };
        let (nobody, written) = work("nobody@acme.test");
        assert_eq!((nobody.round_trips, nobody.statements.len(), written[0], written[1]), (1, 3, 1, 2));
        assert!(nobody.answer.starts_with("200"), "{}", nobody.answer);
        for (kind, email) in ADDRESSES {
            let (work, rows) = work(email);
            work.assert_as(&nobody, kind);
            assert_eq!((rows, work.steps), (written, nobody.steps), "{kind}");
        }
    }
    world.browser().post("/auth/forgot", json!({ "email": "member@acme.test" })).expect(200);
    world.poked();
    let link = world.post.to("member@acme.test")[0].link().to_owned();
    let work = |link: &str| {
        let browser = world.browser();
        Work::of(&world, "nobody@acme.test", || browser.post(link, json!({ "new_password": "seven grey herons wade" })))
    };
    let none = work("/auth/reset-password/x");
    let other = if link.ends_with('0') { "1" } else { "0" };
    work(&format!("{}{other}", &link[..link.len() - 1])).assert_as(&none, "a near one");
}

/// The eleventh wrong password is as the first, and so is one after a month of codes.
#[test]
fn neither_failures_before_nor_a_long_history_show() {
    let world = World::new();
    prepare(&world);
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO audit (account_id, event, at, target_id, action, result, detail, ip, country, request_id)
         SELECT 'acme', 'e' || i, ?1, 'factor', 'verify', 'invalid_code', '', '', '', '' FROM n",
        &[world.now.get().into()],
    );
    let before = world.db.dump();
    let failed = |email: &str, times: usize| {
        let mut last = None;
        for _ in 0..times {
            let browser = world.browser();
            last = Some(Work::of(&world, email, || {
                browser.post("/auth/login", json!({ "email": email, "password": "wrong" }))
            }));
        }
        world.db.restore(&before);
        last.unwrap()
    };
    let nobody = failed("nobody@acme.test", 1);
    failed("factor@acme.test", 1).assert_as(&nobody, "a long history");
    let nobody = failed("nobody@acme.test", 12);
    for email in ["member@acme.test", "factor@acme.test"] {
        failed(email, 12).assert_as(&nobody, "the twelfth");
    }
}

/// Before the second step: whoever has no session that waits for it learns nothing of who has one.
#[test]
fn a_code_without_a_login_takes_the_same_whatever_cookie_comes_with_it() {
    let world = World::new();
    let pending = world.browser();
    pending.login("noor@acme.test").expect(200);
    let token = pending.token();
    let before = world.db.dump();
    let other = if token.starts_with('A') { "B" } else { "A" };
    for (path, code) in [("/auth/verify", json!("000000")), ("/auth/recovery", json!("0".repeat(24)))] {
        let work = |token: &str, code: &Value| {
            let browser = world.browser();
            browser.cookies.borrow_mut().insert(browser.site.cookie().to_owned(), token.to_owned());
            let work = Work::of(&world, "nobody@acme.test", || browser.post(path, json!({ "code": code })));
            world.db.restore(&before);
            work
        };
        let unknown = work(&"A".repeat(43), &code);
        for token in [&format!("{other}{}", &token[1..]), &format!("{}{other}", &token[..42]), "x"] {
            let near = work(token, &code);
            near.assert_as(&unknown, path);
            assert_eq!(near.steps, unknown.steps, "{path}");
        }
    }
}

/// With the right password: wrong codes take the same, whichever digits are right, and so do wrong recovery codes.
#[test]
fn a_wrong_code_takes_the_same_however_wrong_it_is() {
    let world = World::new();
    let pending = world.browser();
    pending.login("noor@acme.test").expect(200);
    let before = world.db.dump();
    let right = world.code(NOOR_SEED, 0);
    let digit = |at: usize| (right.as_bytes()[at] - b'0' + 5) % 10;
    let wrong = [format!("{}{}", digit(0), &right[1..]), format!("{}{}", &right[..5], digit(5)), "918273".to_owned()];
    let recovery = ["0".repeat(24), "Z".repeat(24), "0123456789ABCDEFGHJKMNPQ".to_owned()];
    for (path, codes) in [("/auth/verify", wrong), ("/auth/recovery", recovery)] {
        let [first, others @ ..] = codes.map(|code| {
            let twin: Browser<'_> = pending.twin();
            let work = Work::of(&world, "noor@acme.test", || twin.post(path, json!({ "code": code })));
            world.db.restore(&before);
            work
        });
        assert!(first.answer.starts_with("401"), "{}", first.answer);
        for other in others {
            other.assert_as(&first, path);
            assert_eq!(other.steps, first.steps, "{path}");
        }
    }
}
