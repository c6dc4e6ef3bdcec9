//! What the documents say is so: every requirement has its row, every test named exists, every limit is the code's own.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use airlock::{
    admin::{EXPORT_ROWS, PAGE_MAX, TOKEN_DEFAULT_MS, TOKEN_LONGEST_MS},
    edge::SECURITY_TXT_MS,
    factor::{
        password::{COST, MAX_BYTES, MAX_CHARS, MIN_CHARS},
        recovery,
        totp::{MISS_STEPS, Parameters, SEED_BYTES, WINDOW_STEPS, WINDOW_STEPS_MAX},
    },
    flows::{
        self, Prefix,
        gate::{
            APP_TIMEOUT_MAX_S, APP_TIMEOUT_S, IDENTITY_HEADERS_MAX, PAGE_MAX_BYTES, PATH_MAX_BYTES, UPLOAD_BYTES_PER_S,
            assertion, pass,
        },
    },
    jobs::AUDIT_KEEP_DAYS,
    limit::{
        ALERT_FAILURES, ALERT_WINDOW_MS, ATTEMPTS_PER_LOGIN, BROWSERS_MAX, CODE_FAILURES_MAX, CODES_MAX, CODES_MS,
        CODES_UNKNOWN_MAX, EMAIL_MS, EMAIL_UNDO_MS, EMAILS, EMAILS_OF_DAY, FLOOD, FLOOD_MS, FLOOD_PAUSE_MS,
        FORGOTTEN_EACH_MS, FORGOTTEN_MS, HASHES_MAX, HASHES_OF_NETWORK_MAX, INVITATIONS_OF_ACCOUNT,
        INVITATIONS_OF_ACCOUNT_MS, INVITATIONS_TO_ADDRESS, INVITATIONS_TO_ADDRESS_MS, OWN_ACTS, OWN_ACTS_MS, PASSWORD,
        Pause, RESET_DAY_MS, RESET_MAILS, RESET_MAILS_OF_DAY, RESET_MS, RESET_PAUSE_MS, RESETS, RESETS_MS,
        RESETS_OF_NETWORK, USED_CODES_MS, USED_CODES_WRITTEN,
    },
    mail::{ATTEMPT_S, TRIED_MS, UNANSWERED_MAX},
    people::{
        names::{self, EMAIL_MAX_BYTES},
        service::NAMED_MAX,
        session::{
            BROWSER_COOKIE_MAX_AGE_S, ENROL_MS, FRESH_MS, INVITATION_COOKIE_MAX_AGE_S, PENDING_MAX, REPEAT_MS,
            REPLACED_MS, RESET_COOKIE_MAX_AGE_S, SESSIONS_MAX, SHOWN_MS, Site, TOUCH_MS, VERIFY_MS,
        },
    },
    store::{
        ANNOUNCED_OF_DAY, ENDED_TOKEN_MS, EXEMPT_MAX, EXEMPT_MS, INVITATION_MS, NOT_ME_MS, NOTICES_OF_HOUR,
        REMINDED_DAYS, STARTS_MS, TOKENS_MAX, UNFINISHED_MS, UNFINISHED_PAUSE_MS,
    },
    texts::LANGUAGE_COOKIE_MAX_AGE_S,
    web::{BODY_MAX_BYTES, FORM_FIELDS_MAX, FORM_MAX_BYTES, FORM_MAX_S, same_origin_path},
};
use airlock_tests::World;
use base64ct::{Base64UrlUnpadded, Encoding};

use crate::supply::{members, sources};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The part of a document under this heading.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let (_, rest) = document.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// The rows of the tables in a part of a document, cell by cell, without their heads.
fn rows(part: &str) -> Vec<Vec<&str>> {
    let lines = part.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(" | ").collect()).collect();
    assert!(!rows.is_empty());
    rows
}

/// The tests named in a text: file and test, as `file.rs::function` or `file.test.mjs` "title".
fn tests(text: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = text.split('`').collect();
    let mut named = Vec::new();
    for pair in parts[1..].chunks(2) {
        if let Some((file, test)) = pair[0].split_once(".rs::") {
            named.push((&pair[0][..file.len() + 3], test));
        } else if pair[0].ends_with(".test.mjs") {
            let title =
                pair.get(1).and_then(|after| after.strip_prefix(" \"")).and_then(|title| title.split('"').next());
            named.push((pair[0], title.unwrap_or_else(|| panic!("{} without a title", pair[0]))));
        }
    }
    named
}

/// Numbers such as `D7` in a text, after this letter.
fn numbers(text: &str, letter: char) -> BTreeSet<usize> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| word.strip_prefix(letter)?.parse().ok()).collect()
}

/// Where Rust tests are.
const FOLDERS: [&str; 3] = ["tests/tests/it", "core/src", "cli/src"];

fn exists(file: &str, test: &str) -> bool {
    if file.ends_with(".mjs") {
        let source = fs::read_to_string(root().join("tests/e2e").join(file)).unwrap_or_default();
        return ['"', '`'].iter().any(|quote| source.contains(&format!("test({quote}{test}{quote}, ")));
    }
    FOLDERS.iter().filter_map(|folder| fs::read_to_string(root().join(folder).join(file)).ok()).any(|source| {
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        let function = format!("fn {test}(");
        lines.iter().position(|line| line.starts_with(&function)).is_some_and(|at| {
            let before = lines[..at].iter().rev();
            before.take_while(|line| line.starts_with("#[") || line.starts_with("//")).any(|line| *line == "#[test]")
        })
    })
}

#[test]
fn every_test_named_exists() {
    let document = read("docs/security.md");
    let named = tests(&document);
    assert!(named.len() > 150, "{}", named.len());
    let missing: Vec<_> = named.into_iter().filter(|(file, test)| !exists(file, test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_promise_names_what_holds_it() {
    let (readme, all) = (read("README.md"), read("docs/promises.md"));
    let promises = |text| -> Vec<&str> { str::split(text, "\n- ").skip(1).collect() };
    let (short, long) = (promises(section(&readme, "What it promises")), promises(&all));
    assert_eq!(short.len(), 10);
    assert!(long.len() > 20, "{}", long.len());
    for promise in short.into_iter().chain(long) {
        let named: Vec<&str> = promise.split('`').skip(1).step_by(2).filter(|name| is_file(name)).collect();
        assert!(!named.is_empty(), "{promise}");
        for name in named {
            let there =
                ["", "tests/tests/it", "tests/e2e"].iter().any(|folder| root().join(folder).join(name).exists());
            assert!(there, "{name}: {promise}");
        }
    }
}

fn is_file(name: &str) -> bool {
    [".rs", ".mjs"].iter().any(|end| name.ends_with(end)) || name.starts_with("core/") || name.starts_with(".ci/")
}

/// The documents for people: those of the root and of docs/.
fn documents() -> Vec<PathBuf> {
    let files = ["", "docs"].iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            if !link.starts_with("https://") && !file.is_empty() {
                links += 1;
                assert!(document.parent().unwrap().join(file).exists(), "{}: {link}", document.display());
            }
        }
    }
    assert!(links > 30, "{links}");
}

/// Whether there is `fn function` in a file that has each part of `module` in its path.
fn is_function(module: &str, function: &str) -> bool {
    let files = ["core/src", "platform/src"].iter().flat_map(|folder| sources(folder));
    files
        .filter(|file| {
            let path = file.strip_prefix(root()).unwrap();
            module.split("::").all(|name| path.iter().any(|part| part.to_string_lossy().starts_with(name)))
        })
        .any(|file| fs::read_to_string(file).unwrap().contains(&format!("fn {function}(")))
}

/// What newcomers are sent to: files by their path from the root, functions as `module::function`.
#[test]
fn what_the_guides_name_exists() {
    for guide in ["CONTRIBUTING.md", "docs/architecture.md"] {
        let text = read(guide);
        let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|name| !name.contains([' ', '…'])).collect();
        assert!(named.len() > 15, "{guide}: {}", named.len());
        for name in named {
            if let Some((module, function)) = name.rsplit_once("::") {
                assert!(is_function(module, function), "{guide}: {name}");
            } else if name.contains('/') {
                assert!(root().join(name).exists() || is_ignored(name), "{guide}: {name}");
            }
        }
    }
}

/// Whether it is below build/, where commands leave what they make.
fn is_ignored(name: &str) -> bool {
    name.starts_with("build/") && read(".gitignore").lines().any(|line| line == "build/")
}

#[test]
fn the_changelog_says_what_is_not_released_yet() {
    assert!(section(&read("CHANGELOG.md"), "Unreleased").contains("\n- "));
}

#[test]
fn both_licences_are_there_and_every_manifest_names_them() {
    const BOTH: &str = "MIT OR Apache-2.0";
    let (mit, apache) = (read("LICENSE-MIT"), read("LICENSE-APACHE"));
    assert!(mit.starts_with("MIT License\n") && mit.contains("Copyright (c) 2026 The Airlock authors\n"));
    assert!(apache.contains("Apache License\n") && apache.contains("Version 2.0, January 2004\n"));
    assert!(apache.contains("   END OF TERMS AND CONDITIONS\n"), "the whole text");
    assert!(read("Cargo.toml").contains(&format!("\nlicense = \"{BOTH}\"\n")));
    for member in members() {
        assert!(read(&format!("{member}/Cargo.toml")).contains("\nlicense.workspace = true\n"), "{member}");
    }
    assert!(read("package.json").contains(&format!("\n  \"license\": \"{BOTH}\",\n")));
}

/// Whether a cell says what holds its row: a test, a deviation, or that nothing does yet.
fn held(cell: &str) -> bool {
    !tests(cell).is_empty() || ['D', 'N'].iter().any(|letter| !numbers(cell, *letter).is_empty())
}

#[test]
fn every_requirement_stands_once_with_what_holds_it() {
    let document = read("docs/security.md");
    let requirements = rows(section(&document, "Requirements"));
    let ids: Vec<&str> = requirements.iter().map(|row| row[0]).filter(|id| id.starts_with('R')).collect();
    assert_eq!(ids, (1..=84).map(|number| format!("R{number:02}")).collect::<Vec<_>>());
    for row in requirements.iter().filter(|row| row[0].starts_with('R')) {
        assert!(row.len() == 3 && held(row[2]), "{row:?}");
    }
}

/// The items in a cell such as `6.2.1, 6.2.3–6.2.5`.
fn items(cell: &str) -> Vec<String> {
    let range = |item: &str| {
        let (first, last) = item.split_once('–').unwrap_or((item, item));
        let number =
            |item: &str| item.rsplit_once('.').map(|(part, number)| (part.to_owned(), number.parse().unwrap()));
        let ((part, first), (same, last)): ((String, u32), (String, u32)) =
            (number(first).unwrap(), number(last).unwrap());
        assert!(part == same && part.contains('.') && first <= last, "{item}");
        (first..=last).map(move |number| format!("{part}.{number}")).collect::<Vec<_>>()
    };
    cell.split(", ").flat_map(range).collect()
}

#[test]
fn every_item_of_the_asvs_stands_once_with_what_holds_it() {
    let document = read("docs/security.md");
    let mut seen = BTreeSet::new();
    for row in rows(section(&document, "OWASP ASVS 5.0, levels 1 and 2"))
        .iter()
        .filter(|row| row[0].starts_with(|c: char| c.is_ascii_digit()))
    {
        let held = held(row[2]) || !numbers(row[2], 'R').is_empty() || row[2].starts_with("not applicable: ");
        assert!(row.len() == 3 && held, "{row:?}");
        for item in items(row[0]) {
            assert!(seen.insert(item.clone()), "{item} twice");
        }
    }
    assert!(seen.len() > 200, "{}", seen.len());
    assert!(numbers(&document, 'R').iter().all(|number| (1..=84).contains(number)));
}

#[test]
fn every_deviation_and_every_gap_is_told_and_referred_to() {
    let document = read("docs/security.md");
    for (letter, heading) in [('D', "Deviations"), ('N', "Not held yet")] {
        let part = section(&document, heading);
        let own = rows(part).iter().filter_map(|row| row[0].strip_prefix(letter)?.parse().ok()).collect::<Vec<usize>>();
        assert_eq!(own, (1..=own.len()).collect::<Vec<_>>(), "{heading}, in order");
        let others = document.replace(part, "");
        assert_eq!(numbers(&others, letter), own.into_iter().collect(), "{heading}: told, and referred to elsewhere");
    }
}

/// A time in the largest unit that it is a whole number of; a day is 24 h.
fn time(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let (unit, name) =
        UNITS.into_iter().find(|(unit, name)| ms % unit == 0 && (ms > *unit || *name != "days")).unwrap();
    format!("{} {name}", ms / unit)
}

fn pause(of: Pause) -> String {
    format!("from the {}th on a pause of {}, doubling to {}", of.from, time(of.first_ms), time(of.longest_ms))
}

fn session_of(site: Site) -> String {
    format!("{} without a request, {} in all", time(site.idle_ms()), time(site.absolute_ms()))
}

/// What a setting says in the `wrangler.toml` of both Workers that answer.
fn setting(name: &str) -> String {
    let of = |file: &str| {
        let text = read(file);
        let (_, value) = text.split_once(&format!("{name} = ")).unwrap_or_else(|| panic!("{file}: {name}"));
        value.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    assert_eq!(of("wrangler.toml"), of("admin/wrangler.toml"));
    of("wrangler.toml")
}

/// `npm run admin -- settings` makes it so.
#[test]
fn what_all_workers_share_is_in_each_file_as_in_the_one_it_is_edited_in() {
    let shared = |file: &str| {
        let text = read(file);
        let (_, rest) = text.split_once("\n# >>> Shared").unwrap_or_else(|| panic!("{file}"));
        rest.split_once("\n# <<< Shared").unwrap().0.to_owned()
    };
    let settings = shared("wrangler.toml");
    for name in ["compatibility_date", "EDGE_ORIGIN", "ADMIN_ORIGIN", "SITE_NAME", "database_id", "cpu_ms", "logs"] {
        assert!(settings.contains(&format!("\n{name} = ")), "{name}");
        assert_eq!(read("wrangler.toml").matches(&format!("\n{name} = ")).count(), 1, "{name}");
    }
    for file in ["admin/wrangler.toml", "jobs/wrangler.toml"] {
        assert_eq!(shared(file), settings, "{file}: run `npm run admin -- settings`");
    }
}

/// A number out of a header that everyone gets.
fn in_header(path: &str, header: &str, before: &str) -> i64 {
    let world = World::new();
    let answer = world.browser().get(path);
    let (_, number) = answer.header(header).unwrap().split_once(before).unwrap();
    number.split(';').next().unwrap().parse().unwrap()
}

#[test]
fn every_limit_is_the_codes_own() {
    let Parameters { digits, period_s, .. } = Parameters::default();
    let token = {
        let world = World::new();
        let mia = world.browser();
        mia.login("mia@acme.test").expect(200);
        Base64UrlUnpadded::decode_vec(&mia.token()).unwrap().len() * 8
    };
    let longest_path = (1..10_000).take_while(|length| {
        same_origin_path(&Prefix::default(), &format!("/{}", "x".repeat(length - 1))) != "/" || *length == 1
    });
    let days = AUDIT_KEEP_DAYS;
    let limits = [
        ("password that is set", format!("{MIN_CHARS} to {MAX_CHARS} code points")),
        ("password that is typed", format!("{MAX_BYTES} bytes")),
        ("argon2id", format!("{} KiB, {} passes, {} lane", COST.memory_kib, COST.passes, COST.lanes)),
        ("wrong passwords for one address, known or not, from one network or known browser", pause(PASSWORD)),
        (
            "wrong passwords for one address from everywhere, or from one network for every address",
            format!("from {FLOOD} in {} on, unknown browsers get one try in {}", time(FLOOD_MS), time(FLOOD_PAUSE_MS)),
        ),
        (
            "wrong codes of one user, one-time and recovery codes together, over all logins",
            format!("{CODES_MAX} in {}; unknown browsers share {CODES_UNKNOWN_MAX} of them", time(CODES_MS)),
        ),
        ("codes in one login", ATTEMPTS_PER_LOGIN.to_string()),
        (
            "wrong one-time codes in a row, over all browsers",
            format!("{CODE_FAILURES_MAX}, then no code is accepted any more"),
        ),
        ("wrong codes that raise an alert", format!("{ALERT_FAILURES} in {}", time(ALERT_WINDOW_MS))),
        (
            "used codes of one user that are written down",
            format!(
                "{USED_CODES_WRITTEN} in {}, for each of sign-in, recovery code and re-authentication",
                time(USED_CODES_MS)
            ),
        ),
        (
            "acts of one kind with which someone changes their own sign-in, but for those that a thief must not be able to spend: \
             ending sessions, a new password, removing an authenticator",
            format!("{OWN_ACTS} in {}", time(OWN_ACTS_MS)),
        ),
        (
            "wrong passwords are forgotten after",
            format!("{} for each in a row without an attempt, {} at most", time(FORGOTTEN_EACH_MS), time(FORGOTTEN_MS)),
        ),
        (
            "logins from one IPv4 address or IPv6 /48, at each Cloudflare location",
            format!("about {} in {} s", setting("limit"), setting("period")),
        ),
        (
            "logins of one user that wait for a code",
            format!(
                "{PENDING_MAX} for each known browser and each network of others; one more ends the oldest from there"
            ),
        ),
        ("link to a new password", format!("{}, once", time(RESET_MS))),
        (
            "links to a new password that are asked for from one network",
            format!(
                "for one address {RESETS} in {} and one in {}, beyond which nothing is sent; for every address \
                 {RESETS_OF_NETWORK} in {}, then 429",
                time(RESETS_MS),
                time(RESET_PAUSE_MS),
                time(RESETS_MS)
            ),
        ),
        (
            "the link \"This was not me\" works for",
            format!("{}, once, and one of a person's in {}", time(NOT_ME_MS), time(RESET_DAY_MS)),
        ),
        (
            "notices to one person",
            format!("{NOTICES_OF_HOUR} in 1 h of their login, and {NOTICES_OF_HOUR} of what admins do"),
        ),
        ("a day from which on two-factor login is required", format!("within {}", time(STARTS_MS))),
        ("an exemption from it lasts", format!("{} at most, of {EXEMPT_MAX} members at a time", time(EXEMPT_MS))),
        (
            "mails of such a day",
            format!(
                "when it is set, {ANNOUNCED_OF_DAY} times in 24 h, and {} days and {} day before",
                REMINDED_DAYS[0], REMINDED_DAYS[1]
            ),
        ),
        (
            "a right password without a code is told of",
            format!("after {}, once in {}", time(UNFINISHED_MS), time(UNFINISHED_PAUSE_MS)),
        ),
        (
            "links to a new password that are mailed to one person",
            format!(
                "{RESET_MAILS} in {0}, past {RESET_MAILS_OF_DAY} in {1} one in {0}; for all unknown browsers together and for each known one",
                time(RESETS_MS),
                time(RESET_DAY_MS)
            ),
        ),
        ("link to a new address", format!("{}, once", time(EMAIL_MS))),
        (
            "links to a new address that one person asks for",
            format!(
                "{EMAILS} in {} and {EMAILS_OF_DAY} in {}; from one network as links to a new password",
                time(RESETS_MS),
                time(RESET_DAY_MS)
            ),
        ),
        ("an address that was changed can be taken back, and is nobody else's, for", time(EMAIL_UNDO_MS)),
        (
            "password hashes under way in one instance",
            format!("{HASHES_MAX}, at most {HASHES_OF_NETWORK_MAX} of them from one network; one more gets 503"),
        ),
        (
            "forms of other sites that one instance reads, to hold them",
            format!(
                "{HASHES_MAX}, at most {HASHES_OF_NETWORK_MAX} of them from one network; each {} KiB, {FORM_FIELDS_MAX} fields, \
                 within {FORM_MAX_S} s",
                FORM_MAX_BYTES / 1024
            ),
        ),
        (
            "one-time code",
            format!(
                "{digits} digits, {period_s} s, {WINDOW_STEPS} step either side, or 0 to {WINDOW_STEPS_MAX} if the operator says so"
            ),
        ),
        ("steps compared to say why a code is wrong, without accepting it", format!("{MISS_STEPS} steps either side")),
        ("seed", format!("{} bits", SEED_BYTES * 8)),
        ("recovery codes", format!("{}, each of {} bits, each once", recovery::COUNT, recovery::BYTES * 8)),
        ("authenticators of one user", flows::AUTHENTICATORS_MAX.to_string()),
        ("session token, invitation, API token, service token", format!("{token} bits")),
        ("a login waits for its code", time(VERIFY_MS)),
        ("a set-up waits for its code", time(ENROL_MS)),
        ("session at the edge", session_of(Site::Edge)),
        ("session at the admin Worker", session_of(Site::Admin)),
        (
            "sessions of one user",
            format!(
                "{SESSIONS_MAX} at the edge and {SESSIONS_MAX} at the admin Worker; one more ends the one seen least lately. The \
                 {SESSIONS_MAX} most recently used are listed, and all others can be ended at once"
            ),
        ),
        ("last use of a session is recorded", format!("every {}", time(TOUCH_MS))),
        ("a proof of password and code is fresh for", time(FRESH_MS)),
        ("the token that it replaces still reads at the gate for", time(REPLACED_MS)),
        ("the same form, sent again, gets the answer of before for", time(REPEAT_MS)),
        ("what is shown once is shown again in its session for", time(SHOWN_MS)),
        ("a form waits for the proof that it needs for", time(ENROL_MS)),
        ("known browsers of one user", BROWSERS_MAX.to_string()),
        ("a browser stays known for", time(i64::from(BROWSER_COOKIE_MAX_AGE_S) * 1000)),
        ("the choice of a language lasts", time(i64::from(LANGUAGE_COOKIE_MAX_AGE_S) * 1000)),
        ("invitation", format!("{}, once", time(INVITATION_MS))),
        (
            "invitations that one account mails to one address",
            format!("{INVITATIONS_TO_ADDRESS} in {}", time(INVITATIONS_TO_ADDRESS_MS)),
        ),
        (
            "invitations that one account mails, to whomever",
            format!("{INVITATIONS_OF_ACCOUNT} in {}", time(INVITATIONS_OF_ACCOUNT_MS)),
        ),
        (
            "a link that was opened is kept in the browser for",
            format!(
                "{}; one to a new password for {}",
                time(i64::from(INVITATION_COOKIE_MAX_AGE_S) * 1000),
                time(i64::from(RESET_COOKIE_MAX_AGE_S) * 1000)
            ),
        ),
        (
            "API token, service token",
            format!("{} by default, {} at most", time(TOKEN_DEFAULT_MS), time(TOKEN_LONGEST_MS)),
        ),
        ("API tokens, and service tokens, of one account", format!("{TOKENS_MAX} each")),
        ("paths, and methods, of one service token", format!("{NAMED_MAX} each")),
        ("a token stays listed after its end for", time(ENDED_TOKEN_MS)),
        ("assertion", format!("{} s", assertion::LIFETIME_S)),
        ("an assertion, with as many accounts as fit", format!("{} bytes", assertion::MAX_BYTES)),
        (
            "what a session was found to be holds for what it reads",
            format!("not at all, or {} s at most if the operator says so", pass::TRUST_MAX_S),
        ),
        ("a pass, by which it reads then", format!("{} bytes; a larger one is none", pass::MAX_BYTES)),
        ("headers by which the operator has the app told who it is", IDENTITY_HEADERS_MAX.to_string()),
        (
            "the public keys of assertions may be cached for",
            time(in_header("/.well-known/jwks.json", "cache-control", "max-age=") * 1000),
        ),
        ("security.txt is valid for", time(SECURITY_TXT_MS)),
        ("browsers require TLS for", time(in_header("/auth/login", "strict-transport-security", "max-age=") * 1000)),
        ("a mail that is not taken is tried for", time(TRIED_MS)),
        ("one attempt at a mail", format!("{ATTEMPT_S} s")),
        ("attempts at a mail that may have been taken", UNANSWERED_MAX.to_string()),
        (
            "rows of the audit",
            format!("kept for ever, or {} to {} days if the operator says so", days.start(), days.end()),
        ),
        ("body of a request to Airlock itself", format!("{} KiB", BODY_MAX_BYTES / 1024)),
        ("e-mail address", format!("{EMAIL_MAX_BYTES} bytes")),
        ("name of a user", format!("{} characters", names::NAME_MAX_CHARS)),
        ("name of an authenticator", format!("{} characters", names::THING_NAME_MAX_CHARS)),
        ("path to come back to", format!("{} bytes", longest_path.count())),
        (
            "path that is looked for among public and step-up ones",
            format!("{PATH_MAX_BYTES} bytes; a longer one is not public, and needs the step-up if any does"),
        ),
        (
            "part of an app's page in which its own address becomes the public one",
            format!("the first {} MiB", PAGE_MAX_BYTES >> 20),
        ),
        ("rows on a page of a list; in an export", format!("{PAGE_MAX}; {EXPORT_ROWS}")),
        (
            "the app begins its answer within",
            format!(
                "{APP_TIMEOUT_S} s by default, {APP_TIMEOUT_MAX_S} s at most; 1 s more for each {UPLOAD_BYTES_PER_S} \
                 bytes sent"
            ),
        ),
        ("CPU of a request", format!("{} ms", setting("cpu_ms"))),
    ];
    let document = read("docs/security.md");
    let told = rows(section(&document, "Limits"));
    let told: Vec<_> = told.iter().map(|row| (row[0], row[1])).skip(1).collect();
    let limits: Vec<_> = limits.iter().map(|(what, limit)| (*what, limit.as_str())).collect();
    assert_eq!(told, limits);
}

/// A step that was not measured holds no bound.
#[test]
fn the_last_bench_has_every_step_within_its_bound() {
    let last: serde_json::Value = serde_json::from_str(&read("bench/results/latest.json")).unwrap();
    let targets = &last["targets"];
    let document = read("docs/scale.md");
    let bounds = rows(section(&document, "CPU of one request"));
    let mut bounded = BTreeSet::new();
    for row in bounds.iter().filter_map(|row| Some((row[0], row[1].strip_suffix(" ms")?.parse::<f64>().unwrap()))) {
        let (step, most) = row;
        let p99 = targets["Airlock"]["steps"][step]["p99"].as_f64().unwrap_or(f64::INFINITY);
        assert!(p99 <= most, "{step}: {p99} ms of CPU, and {most} ms at most");
        bounded.insert(step);
    }
    let measured: BTreeSet<_> = targets["Airlock"]["steps"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(measured, bounded, "each step has a bound");
    let above = |name: &str| {
        let start = |name: &str| targets[name]["start"]["startup"].as_f64().unwrap();
        start(name) - start("floor")
    };
    assert!(above("Airlock") * 3.0 <= above("better-auth"), "start-up");
    assert_eq!(last["quick"], false, "a quick run is none to speak of");
}
