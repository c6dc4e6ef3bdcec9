//! Both Workers, from bytes to the answer.
//!
//! An input is the name of a [`State`] on a line of its own, then HTTP requests as RFC 9112 writes them, divided by lines of
//! `----`. A browser in that state sends one after the other, with its cookies and what browsers say of themselves wherever a
//! request says nothing else. Words such as `$code` stand for secrets of that state.

use std::{cell::RefCell, collections::BTreeMap};

use airlock::{
    people::{Role, session::Site},
    web::{BODY_MAX_BYTES, Body, Request, Response},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::json;

use super::gate::holds_nothing_of_ours;
use crate::{Browser, Forwarded, NOOR_SEED, OWNER_SEED, PASSWORD, World, assert_secured, set_header};

/// Requests of one input; what is more is left out.
const REQUESTS_MAX: usize = 4;

/// Where a browser stands when an input begins.
struct State {
    name: &'static str,
    site: Site,
    cookies: BTreeMap<String, String>,
    /// What stands for what.
    words: Vec<(&'static str, String)>,
}

/// A world with a browser in every state. It is put back to what it is after each input.
struct Stage {
    world: World,
    states: Vec<State>,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        world.set_gate(&[("PUBLIC_PATHS", "/health /assets/*"), ("STEP_UP_PATHS", "/billing/*")]);
        world.add_user("acme", "ada", "ada@acme.test", Role::Admin, Some(NOOR_SEED));
        let state = |name, browser: &Browser<'_>, words: &[(&'static str, String)]| State {
            name,
            site: browser.site,
            cookies: browser.cookies.borrow().clone(),
            words: [&[("$password", PASSWORD.to_owned())], words].concat(),
        };
        let text = |answer: &serde_json::Value| answer.as_str().unwrap().to_owned();

        let full = world.browser();
        full.sign_in("owner@acme.test", OWNER_SEED);
        let admin = world.admin();
        world.wait_s(30);
        admin.sign_in("owner@acme.test", OWNER_SEED);
        world.wait_s(30);
        full.reauth(Some(&world.code(OWNER_SEED, 0))).expect(200);
        let codes = full.post("/auth/recovery-codes", json!({})).expect(200).json();
        let [used, recovery] = [0, 1].map(|n| text(&codes["recovery_codes"][n]));
        let scopes = ["two_factor:read", "two_factor:write", "reset", "users:read", "users:write", "audit:read"];
        let token = json!({ "name": "fuzz", "scopes": scopes });
        let token = text(&admin.post("/api/v1/accounts/acme/tokens", token).expect(201).json()["token"]);
        let new = json!({ "email": "new@acme.test", "name": "New", "role": "member" });
        let invited = admin.post("/api/v1/accounts/acme/users", new).expect(201).json();
        let invite = text(&invited["invite_url"]).rsplit('/').next().unwrap().to_owned();
        world.wait_s(30);
        let pending = world.browser();
        pending.login("owner@acme.test").expect(200).field("next", "verify");
        let admin_pending = world.admin();
        admin_pending.login("ada@acme.test").expect(200).field("next", "verify");
        let plain = world.browser();
        plain.login("leo@acme.test").expect(200).field("next", "done");
        world.require("acme", true, "next_login");
        let enrolling = world.browser();
        enrolling.login("mia@acme.test").expect(200).field("next", "enrol");
        let seed = text(&enrolling.get("/auth/enrol").expect(200).json()["secret"]);

        let code = |seed: &str| ("$code", world.code(seed, 0));
        let states = vec![
            state("none", &world.browser(), &[("$invite", invite)]),
            state("pending", &pending, &[code(OWNER_SEED), ("$used", used), ("$recovery", recovery.clone())]),
            state("enrolling", &enrolling, &[code(&seed)]),
            state("plain", &plain, &[]),
            state("full", &full, &[code(OWNER_SEED), ("$recovery", recovery)]),
            state("admin-none", &world.admin(), &[("$token", token)]),
            state("admin-pending", &admin_pending, &[code(NOOR_SEED)]),
            state("admin", &admin, &[code(OWNER_SEED)]),
        ];
        Self { world, states }
    }
}

thread_local!(static STAGE: Stage = Stage::new());

/// Whatever is sent: an answer that is no fault, with the headers every answer carries, and nothing for who has no secret.
pub fn run(input: &[u8]) {
    STAGE.with(|Stage { world, states }| {
        let (name, requests) = split_once(input, b"\n").unwrap_or((b"none", input));
        let name = String::from_utf8_lossy(name);
        let Some(state) = states.iter().find(|state| state.name == name.trim()) else { return };
        *world.rng.0.borrow_mut() = ChaCha20Rng::seed_from_u64(1);
        world.forwarded.borrow_mut().clear();
        world.log.0.borrow_mut().clear();
        world.db.connection.borrow().execute_batch("SAVEPOINT input").unwrap();
        let browser = Browser { site: state.site, cookies: RefCell::new(state.cookies.clone()), ..world.browser() };
        let before = opened(world);
        for request in split(requests, b"\n----\n").take(REQUESTS_MAX) {
            let request = parse(&browser, &spell_out(request, &state.words));
            let forwarded = world.forwarded.borrow().len();
            let response = world.handle(&request);
            match world.forwarded.borrow().get(forwarded) {
                Some(forward) => passed_on(state, &request, forward),
                None => answered(&request, &response),
            }
            browser.keep(&response);
        }
        let with_a_secret = state.words.iter().any(|(word, _)| contains(input, word.as_bytes()));
        if !with_a_secret && !matches!(state.name, "plain" | "full" | "admin") {
            assert_eq!(opened(world), before, "without a secret nothing opens");
        }
        world.db.connection.borrow().execute_batch("ROLLBACK TO input; RELEASE input").unwrap();
    });
}

/// What only secrets open: full sessions, and acts that are written down.
fn opened(world: &World) -> [i64; 2] {
    [
        "SELECT count(*) FROM sessions WHERE pending = 0",
        "SELECT count(*) FROM audit WHERE result = 'ok' AND action <> 'logout'",
    ]
    .map(|sql| world.count(sql))
}

/// What holds of any answer of ours.
fn answered(request: &Request, response: &Response) {
    let of = || format!("{request:?}\n{response:?}");
    assert!((200..500).contains(&response.status), "{}", of());
    assert_secured(response);
    for (name, value) in &response.headers {
        // Anything else would end the header, or be no byte string for the runtime to send.
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {}", of());
    }
    let header = |name: &str| response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
    let media_type = header("content-type").unwrap_or_default();
    if request.method == "HEAD" {
        assert!(response.body.is_empty(), "{}", of());
    } else if media_type.contains("json;") && !media_type.contains("ndjson") {
        assert!(serde_json::from_str::<serde_json::Value>(&response.body).is_ok(), "{}", of());
    } else if media_type.starts_with("text/html") {
        assert!(!response.body.contains("<zq"), "markup of the client's own: {}", of());
    }
    if let Some(to) = header("location") {
        assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{}", of());
    }
}

/// What holds of any request that goes to the app.
fn passed_on(state: &State, request: &Request, forward: &Forwarded) {
    let assertions = holds_nothing_of_ours(request, forward);
    let public = request.path == "/health" || request.path.starts_with("/assets/");
    assert_eq!(assertions, usize::from(!public), "{request:?} {:?}", forward.headers);
    let secret = matches!(state.name, "plain" | "full");
    assert!(public || secret || !request.path.starts_with("/billing"), "{request:?}");
}

/// A request as it is written, with what the browser says of itself in all it leaves out.
fn parse(browser: &Browser<'_>, text: &[u8]) -> Request {
    let (head, body) = split_once(text, b"\n\n").or_else(|| split_once(text, b"\r\n\r\n")).unwrap_or((text, b""));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut line = lines.next().unwrap_or_default().splitn(3, ' ');
    let method = line.next().unwrap_or_default().to_ascii_uppercase();
    let mut request = browser.request(&method, &target(line.next().unwrap_or_default()), "");
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = name.trim().to_ascii_lowercase();
        if name == "host" {
            request.host = value.trim().to_owned();
        }
        set_header(&mut request, &name, value.trim());
    }
    request.body = if body.len() > BODY_MAX_BYTES { Body::TooLarge } else { Body::Whole(body.to_vec()) };
    request
}

/// Path and query as the runtime gives them: from a `/` on, percent-encoded where they are not printable ASCII.
fn target(text: &str) -> String {
    let slash = if text.starts_with('/') { "" } else { "/" };
    let encoded = text.bytes().map(|byte| match byte {
        b'!' | b'#'..=b';' | b'=' | b'?'..=b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    format!("{slash}{}", encoded.collect::<String>())
}

fn spell_out(text: &[u8], words: &[(&'static str, String)]) -> Vec<u8> {
    words.iter().fold(text.to_vec(), |text, (word, secret)| {
        split(&text, word.as_bytes()).collect::<Vec<_>>().join(secret.as_bytes())
    })
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    split_once(bytes, wanted).is_some()
}

fn split<'b>(bytes: &'b [u8], at: &[u8]) -> impl Iterator<Item = &'b [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let (part, others) = split_once(bytes, at).map_or((bytes, None), |(part, others)| (part, Some(others)));
        rest = others;
        Some(part)
    })
}

fn split_once<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let i = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..i], &bytes[i + at.len()..]))
}
