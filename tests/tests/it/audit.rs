//! The audit: every act leaves a row that nothing can change or remove, and a copy shows what was done to the rest.

use std::rc::Rc;

use airlock::{
    audit::{self, Begins, Key, Row, Seal, Sealed, Verified},
    context::Config,
    http::Response,
    ports::{DAY_MS, Fault, Statement, Value},
    secret::Keyring,
    session::{Role, Site},
};
use airlock_tests::{Browser, KEYS, PEPPER_KEYS, World, set_header};
use base64ct::{Base64, Encoding};
use ed25519_compact::{PublicKey, Signature};
use serde_json::{Value as Json, json};

use crate::admin::{POLICY, owner};

const AUDIT: &str = "/api/v1/accounts/acme/audit";
const EXPORT: &str = "/audit/export?account=acme";

/// Checks the chain alone, as someone without keys does.
fn verify(export: &str) -> Result<Verified, String> {
    audit::verify(export, &[])
}

fn actions(list: &Json) -> Vec<String> {
    let line = |entry: &Json| format!("{} {}", entry["action"].as_str().unwrap(), entry["detail"].as_str().unwrap());
    list["entries"].as_array().unwrap().iter().map(|entry| line(entry).trim().to_owned()).collect()
}

fn some_acts(owner: &Browser<'_>) {
    owner.put(POLICY, json!({ "required": true, "applies": "now" })).expect(200);
    let users = "/api/v1/accounts/acme/users";
    owner.post(users, json!({ "email": "una@acme.test", "name": "Una", "role": "admin" })).expect(201);
    let change = json!({ "role": "admin", "name": "Mia K." }).to_string();
    owner.send(&owner.request("PATCH", &format!("{users}/mia"), &change)).expect(200);
    owner.post(&format!("{users}/noor/two-factor/reset"), json!({})).expect(200);
    owner.send(&owner.request("DELETE", &format!("{users}/leo"), "")).expect(204);
    owner.post("/api/v1/accounts/acme/tokens", json!({ "name": "job", "scopes": ["users:read"] })).expect(201);
}

#[test]
fn every_act_of_an_admin_is_there_with_who_whom_what_and_from_where() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let list = owner.get(AUDIT).expect(200).json();
    assert_eq!(
        actions(&list),
        [
            "token_made job",
            "member_removed",
            "two_factor_reset",
            "member_changed role from member to admin, renamed",
            "member_invited as admin",
            "policy required from now on",
            "verify admin",
            "login admin",
        ]
    );
    let reset = &list["entries"][2];
    assert_eq!(reset["actor"], json!({ "id": "owner", "email": "owner@acme.test" }));
    assert_eq!(reset["target"], json!({ "id": "noor", "email": "noor@acme.test" }));
    assert_eq!(
        [&reset["ip"], &reset["country"], &reset["result"]],
        [&json!("203.0.113.7"), &json!("NZ"), &json!("ok")]
    );
    assert_eq!(reset["at"], "2027-01-15T08:00:00Z");
    // What was refused is no act.
    owner.post("/api/v1/accounts/acme/users/owner/two-factor/reset", json!({})).expect(403);
    assert_eq!(owner.get(AUDIT).json()["entries"].as_array().unwrap().len(), 8);
}

#[test]
fn it_is_searched_by_who_whom_and_what_page_by_page() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let list = |query: &str| owner.get(&format!("{AUDIT}?{query}")).expect(200).json();
    assert_eq!(actions(&list("target=noor%40acme.test")), ["two_factor_reset"]);
    assert_eq!(actions(&list("target=noor")), ["two_factor_reset"]);
    assert_eq!(actions(&list("action=policy&actor=owner%40acme.test")), ["policy required from now on"]);
    assert_eq!(actions(&list("actor=mia%40acme.test")), Vec::<String>::new());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=3{cursor}"));
        seen.extend(actions(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, actions(&list("")));
    // A search that finds nothing in a long audit still comes to an end, bounded step by bounded step.
    world.db.run(vec![Statement {
        sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
          INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
          SELECT 'acme', 'e' || i, 0, 'filler', 'ok', '', '', '', '' FROM n",
        params: Vec::new(),
    }]);
    let (mut pages, mut found, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let page = list(&format!("action=policy{cursor}"));
        pages += 1;
        found.extend(actions(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((pages, found.len()), (3, 1));
}

#[test]
fn one_account_sees_nothing_of_another() {
    let world = World::new();
    world.add_account("umbra");
    world.join("umbra", "mia", "mia@acme.test", airlock::session::Role::Member);
    world.add_user("umbra", "uma", "uma@umbra.test", airlock::session::Role::Member, None);
    for email in ["mia@acme.test", "uma@umbra.test", "leo@acme.test"] {
        world.browser().login(email).expect(200);
    }
    let targets = |account: &str| {
        let sql = match account {
            "acme" => "SELECT target_id FROM audit WHERE account_id = 'acme' ORDER BY id",
            _ => "SELECT target_id FROM audit WHERE account_id = 'umbra' ORDER BY id",
        };
        world.db.table(sql).lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets("acme"), ["mia", "leo"], "a login concerns each account of the user");
    assert_eq!(targets("umbra"), ["mia", "uma"]);
    let unknown = world.browser().post("/auth/login", json!({ "email": "nobody@x.test", "password": "x" }));
    unknown.expect(401);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE account_id = ''"), 0, "and that of nobody none");
}

#[test]
fn no_row_changes_or_goes() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let before = world.db.table("SELECT * FROM audit ORDER BY id");
    for sql in [
        "DELETE FROM audit WHERE id = 3",
        "DELETE FROM audit",
        "UPDATE audit SET result = 'refused' WHERE id = 3",
        "UPDATE audit SET actor_id = NULL, hash = 'x' WHERE id = 3",
        "UPDATE audit SET target_id = 'mia', hash = 'x'",
        "UPDATE audit SET id = 99, hash = 'x' WHERE id = 3",
        "INSERT OR REPLACE INTO audit (id, account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT id, account_id, 'new', at, 'other', result, detail, ip, country, request_id FROM audit WHERE id = 3",
        "INSERT OR REPLACE INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT account_id, event, at, 'other', result, detail, ip, country, request_id FROM audit WHERE id = 3",
    ] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
    assert_eq!(world.db.table("SELECT * FROM audit ORDER BY id"), before);
    seal(&world);
    for sql in ["UPDATE audit SET hash = 'x' WHERE id = 3", "UPDATE audit SET hash = NULL WHERE id = 3"] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
}

fn seal(world: &World) {
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0, "a minute later every row is sealed");
}

fn export(owner: &Browser<'_>) -> Response {
    export_at(owner, EXPORT)
}

fn export_at(owner: &Browser<'_>, path: &str) -> Response {
    let answer = owner.open(path).expect(200);
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"audit.ndjson\""));
    answer.0
}

#[test]
fn a_copy_verifies_and_shows_every_cut_and_change() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let copy = export(&owner).body;
    let verified = verify(&copy).unwrap();
    assert_eq!((verified.rows, verified.begins), (8, Begins::First));
    let lines: Vec<&str> = copy.lines().collect();
    assert!(lines[7].contains(&verified.head) && lines[8].starts_with("{\"checkpoint\":"), "{}", lines[8]);
    // Every line cut out but the last; every pair swapped; every single character of the rows changed.
    for i in 1..7 {
        let cut: String =
            lines.iter().enumerate().filter(|(n, _)| *n != i).map(|(_, line)| format!("{line}\n")).collect();
        assert!(verify(&cut).is_err());
        let mut swapped = lines.clone();
        swapped.swap(i, i + 1);
        assert!(verify(&swapped.join("\n")).is_err());
    }
    let begun = verify(&lines[1..].join("\n")).unwrap();
    assert_eq!((begun.rows, begun.begins), (7, Begins::Later), "a copy that begins later says so");
    for (from, to) in [
        ("owner", "mia"),
        ("two_factor_reset", "login"),
        ("203.0.113.7", "203.0.113.8"),
        ("1800000000000", "1800000000001"),
    ] {
        let changed = copy.replacen(from, to, 1);
        assert!(verify(&changed).is_err(), "{from}");
    }
    for (from, to) in [
        ("\"token_id\":null", "\"tokenid\":null"),
        ("{\"previous\"", "{\"x\":1,\"previous\""),
        ("\"id\":2", "\"id\": 2"),
    ] {
        assert!(verify(&copy.replacen(from, to, 1)).is_err(), "{from}");
    }
    for garbage in ["x", "{}", "[]"] {
        assert!(verify(garbage).is_err());
    }
    // More is added later: the old rows are still there, and what signs them moves on.
    let copy = lines[..8].join("\n");
    owner.put(POLICY, json!({ "required": false })).expect(200);
    world.tick();
    let later = export(&owner).body;
    assert!(later.starts_with(&copy) && verify(&later).unwrap().rows == 9);
}

/// The public keys, as anyone gets them at the edge.
fn keys(world: &World) -> Vec<Key> {
    audit::keys(&world.browser().get("/auth/audit-keys").expect(200).0.body).unwrap()
}

/// Rows of an export, and the lines that sign them.
fn apart(export: &str) -> (Vec<Sealed>, Vec<String>) {
    let lines = export.lines().map(str::to_owned);
    let (rows, notes): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains("\"previous\":"));
    (rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect(), notes)
}

/// The same rows hashed anew from the first to the last, as whoever holds a file can do.
fn hashed_anew(rows: Vec<Row>) -> Vec<Sealed> {
    let mut previous = String::new();
    let seal = |row: Row| {
        let hash = row.seal(&previous);
        Sealed { previous: std::mem::replace(&mut previous, hash.clone()), row, hash }
    };
    rows.into_iter().map(seal).collect()
}

/// S14: of hashes alone whoever holds the file can make others. A signature they cannot.
#[test]
fn an_export_that_was_hashed_anew_does_not_bear_its_signature() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let copy = export(&owner).body;
    let keys = keys(&world);
    let whole = audit::verify(&copy, &keys).unwrap();
    assert_eq!((whole.last, whole.signed), (8, Seal::By(8, keys[0].id())));
    let (rows, notes) = apart(&copy);
    let told = |rows: &[Sealed], notes: &[String]| {
        let file = audit::export(rows, []) + &notes.iter().map(|note| format!("{note}\n")).collect::<String>();
        audit::verify(&file, &keys)
    };
    let plain = || rows.iter().map(|sealed| sealed.row.clone()).collect::<Vec<_>>();
    for cut in 0..8 {
        let mut fewer = plain();
        fewer.remove(cut);
        let fewer = hashed_anew(fewer);
        assert!(audit::verify(&audit::export(&fewer, []), &[]).is_ok(), "by its hashes alone nothing is missing");
        assert!(told(&fewer, &notes).is_err_and(|said| said.contains("row 8")), "row {cut} was cut out");
    }
    let mut other = plain();
    other[5].actor_id = Some("mia".to_owned());
    let other = hashed_anew(other);
    assert!(told(&other, &notes).is_err_and(|said| said.contains("cut out, changed or put in")), "another did it");
    // Without its signature it is not signed, and says so; with one of a key that is nobody's, or for other rows, it is false.
    assert_eq!(told(&other, &[]).unwrap().signed, Seal::Missing);
    let forger = audit::Signer::new("admin.test", &Keyring::parse(PEPPER_KEYS).unwrap());
    let forged = |signer: &audit::Signer, account: &str, rows: &[Sealed]| {
        let note = signer.checkpoint(account, 8, &rows.last().unwrap().hash, world.now.get()).unwrap();
        audit::export(&[], [note.as_str()]).trim_end().to_owned()
    };
    let note = forged(&forger, "acme", &other);
    assert!(told(&other, std::slice::from_ref(&note)).is_err_and(|said| said.contains("none of these keys")));
    let unchecked = audit::verify(&(audit::export(&other, []) + &note), &[]).unwrap();
    assert_eq!(unchecked.signed, Seal::Unchecked(8), "which nobody takes for checked");
    let [own, others] = [&other, &rows].map(|rows| Base64::encode_string(&decoded(&rows[7].hash)));
    let moved = notes[0].replace(&others, &own);
    assert!(moved != notes[0] && told(&other, &[moved]).is_err_and(|said| said.contains("wrong signature")));
    let [_, config] = &*world.config.borrow().clone();
    let signer = config.audit_signer.as_ref().unwrap();
    // What is called a checkpoint and is a row as well is neither.
    let hidden = copy.replacen("{\"previous\"", &format!("{},\"previous\"", notes[0].trim_end_matches('}')), 1);
    assert!(hidden != copy && audit::verify(&hidden, &keys).is_err());
    let elsewhere = forged(signer, "umbra", &rows);
    assert!(told(&rows, &[elsewhere]).is_err_and(|said| said.contains("wrong signature")), "another account's");
}

fn decoded(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// Checked by hand, as any reader of C2SP signed notes does.
#[test]
fn a_checkpoint_is_a_signed_note() {
    let world = World::new();
    let owner = owner(&world);
    let (rows, notes) = apart(&export(&owner).body);
    let line: Json = serde_json::from_str(&notes[0]).unwrap();
    let note = line["checkpoint"].as_str().unwrap();
    let published = world.browser().get("/auth/audit-keys").expect(200).json();
    let key = &published["keys"][0];
    let public = Base64::decode_vec(key["public_key"].as_str().unwrap()).unwrap();
    let (text, signature) = note.split_once("\n\n").unwrap();
    let head = Base64::encode_string(&decoded(&rows[1].hash));
    assert_eq!(text, format!("admin.test/audit/acme\n2\n{head}\n2027-01-15T08:00:00Z"));
    let signature = signature.strip_prefix("\u{2014} admin.test/audit ").unwrap().strip_suffix('\n').unwrap();
    let signature = Base64::decode_vec(signature).unwrap();
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let named = [b"admin.test/audit\n\x01", public.as_slice()].concat();
    let id = hexadecimal(&airlock::secret::sha256_bytes(&named)[..4]);
    assert_eq!([hexadecimal(&signature[..4]).as_str(), key["id"].as_str().unwrap()], [&id, &id]);
    let verifier = Base64::encode_string(&[&[1], public.as_slice()].concat());
    assert_eq!(key["verifier"], format!("admin.test/audit+{id}+{verifier}"));
    let public = PublicKey::from_slice(&public).unwrap();
    public.verify(format!("{text}\n"), &Signature::from_slice(&signature[4..]).unwrap()).unwrap();
}

/// Every minute's seal ends in one, before anybody asks for an export.
#[test]
fn every_minute_what_was_sealed_is_signed() {
    let world = World::new();
    world.add_account("umbra");
    world.add_user("umbra", "uma", "uma@umbra.test", Role::Member, None);
    let signed =
        |account: &str| world.texts(&format!("SELECT note FROM audit_checkpoints WHERE account_id = '{account}'"));
    for rows in ["1", "3"] {
        world.browser().login("mia@acme.test").expect(200);
        world.browser().login("uma@umbra.test").expect(200);
        world.browser().login("nobody@x.test").expect(401);
        assert!(signed("acme").iter().all(|note| note.lines().nth(1) != Some(rows)));
        seal(&world);
    }
    let newest = |account: &str| world.count(&format!("SELECT max(id) FROM audit WHERE account_id = '{account}'"));
    for account in ["acme", "umbra"] {
        let note = signed(account).pop().unwrap();
        let mut lines = note.lines();
        assert_eq!(lines.next(), Some(format!("admin.test/audit/{account}").as_str()));
        assert_eq!(lines.next(), Some(newest(account).to_string().as_str()), "each account to its own last row");
    }
    assert_eq!(signed("").len(), 0, "nobody asks for what is nobody's");
}

/// Both Workers with these keys of the audit.
fn sign_with(world: &World, audit_keys: &str) {
    let build = |site| {
        Config::build(site, |name| match name {
            "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
            "ADMIN_ORIGIN" => Some("https://admin.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "AUDIT_KEYS" if !audit_keys.is_empty() => Some(audit_keys.to_owned()),
            _ => {
                KEYS.iter().find(|(key, _)| *key == name && name != "AUDIT_KEYS").map(|(_, value)| (*value).to_owned())
            }
        })
        .unwrap()
    };
    *world.config.borrow_mut() = Rc::new([Site::Edge, Site::Admin].map(build));
}

#[test]
fn what_an_older_key_signed_can_be_checked_for_good() {
    let world = World::new();
    let first = export(&owner(&world)).body;
    let old = keys(&world).remove(0);
    let [newer, older] =
        ["BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="];
    world.wait_s(DAY_MS / 1000);
    // Put in beside the one that signs, then in front of it, then alone.
    for keys_now in [format!("l1:{older},l2:{newer}"), format!("l2:{newer},l1:{older}"), format!("l2:{newer}")] {
        sign_with(&world, &keys_now);
        world.browser().login("mia@acme.test").expect(200);
        world.tick();
        assert_eq!(keys(&world).len(), 2, "known before it signs, and after");
    }
    let later = export(&owner(&world)).body;
    let keys = keys(&world);
    let signed = |file: &str| audit::verify(file, &keys).unwrap().signed;
    assert!(matches!(signed(&first), Seal::By(_, id) if id == old.id()));
    assert!(matches!(signed(&later), Seal::By(_, id) if id != old.id()));
    for sql in ["DELETE FROM audit_keys", "UPDATE audit_keys SET verifier = 'x'"] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
    for browser in [world.browser(), world.admin()] {
        let path = if browser.site == Site::Edge { "/auth/audit-keys" } else { "/api/v1/audit/keys" };
        assert_eq!(browser.get(path).expect(200).json()["keys"].as_array().unwrap().len(), 2);
        browser.send(&browser.request("POST", path, "{}")).expect(405);
    }
}

/// The admin Worker without a key to sign with is not set up, as it is not without any other.
#[test]
fn without_a_key_to_sign_with_the_admin_worker_is_not_set_up_and_the_edge_needs_none() {
    let build = |site, audit_keys: Option<&str>| {
        let built = Config::build(site, |name| match name {
            "EDGE_ORIGIN" | "ADMIN_ORIGIN" => Some("https://app.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "AUDIT_KEYS" => audit_keys.map(str::to_owned),
            _ => KEYS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
        });
        built.map(|config| config.audit_signer.is_some()).map_err(|fault: Fault| fault.to_string())
    };
    assert_eq!(build(Site::Edge, None), Ok(false), "nor has it one");
    assert_eq!(build(Site::Admin, None), Err("AUDIT_KEYS is not set".to_owned()));
    for bad in ["", "l1:short", "x"] {
        assert!(build(Site::Admin, Some(bad)).is_err_and(|said| said.starts_with("AUDIT_KEYS: ")), "{bad}");
    }
}

/// An audit of before there were signatures verifies as it did, is called what it is, and is signed as it is taken away.
#[test]
fn an_audit_of_before_there_were_signatures_is_signed_as_it_is_taken_away() {
    let world = World::new();
    let owner = owner(&world);
    let old = audit::export(&apart(&export(&owner).body).0, []);
    assert_eq!(audit::verify(&old, &[]).unwrap().signed, Seal::Missing);
    assert_eq!(audit::verify(&old, &keys(&world)).unwrap().signed, Seal::Missing);
    world.db.execute("DELETE FROM audit_checkpoints", &[]);
    let now = export(&owner).body;
    assert!(now.starts_with(&old));
    assert_eq!(audit::verify(&now, &keys(&world)).unwrap().signed, Seal::By(2, keys(&world)[0].id()));
}

/// Whatever readers take for the end of a line, such as Python's `splitlines`.
fn lines_of_every_reader(text: &str) -> Vec<&str> {
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    let mut lines: Vec<&str> = text.split(ends).collect();
    assert_eq!(lines.pop(), Some(""), "the last line ends too");
    lines
}

/// S28: lines are lines for every reader.
#[test]
fn no_text_of_a_row_ends_a_line_of_an_export() {
    let world = World::new();
    let owner = owner(&world);
    let name = json!({ "name": "a\u{2028}b\u{2029}c", "scopes": ["users:read"] });
    // No new name holds one; a row of before may.
    owner.post("/api/v1/accounts/acme/tokens", name).expect(400);
    world.db.execute(
        "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         VALUES ('acme', 'before', 1, 'token_made', 'ok', ?1, '', '', '')",
        &["a\u{2028}b\u{2029}c".into()],
    );
    let all = "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}\u{feff}";
    world.db.execute(
        "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         VALUES ('acme', 'x', 1, 'filler', 'ok', ?1, ?1, ?1, ?1)",
        &[all.into()],
    );
    let copy = export(&owner).body;
    let lines = lines_of_every_reader(&copy);
    assert_eq!(lines.len(), copy.lines().count());
    assert_eq!(lines.len(), 5, "four rows and what signs them");
    let (rows, notes) = apart(&copy);
    assert_eq!(rows[3].row.detail, all);
    assert_eq!(audit::verify(&copy, &keys(&world)).unwrap().rows, 4);
    // As exports of before have them: still to the letter.
    let old: String = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    assert!(old.contains('\u{2028}') && verify(&old).unwrap().rows == 4);
    assert!(verify(&(old + &notes[0])).is_ok());
}

/// Adds rows that are not sealed yet.
fn unsealed(world: &World, account: &str, rows: i64) {
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT ?1, ?1 || i, 7, 'filler', 'ok', '', '', '', '' FROM n",
        &[account.into(), rows.into()],
    );
}

/// L3: nobody's seals wait for a stranger, nor for another account.
#[test]
fn a_flood_of_rows_makes_no_other_account_wait_for_its_seals() {
    let unsealed_of = |world: &World, account: &str| {
        world.count(&format!("SELECT count(*) FROM audit WHERE hash IS NULL AND account_id = '{account}'"))
    };
    for (flooded, name) in [("", "of no account"), ("aaa", "of an account")] {
        let world = World::new();
        unsealed(&world, flooded, 50_000);
        owner(&world);
        world.tick();
        assert_eq!(unsealed_of(&world, "acme"), 0, "two rows after 50,000 {name}");
        assert!(unsealed_of(&world, flooded) <= 45_000, "and the others go on");
    }
    // Where there is more than a minute's work can seal, what is nobody's comes last.
    let world = World::new();
    unsealed(&world, "", 150);
    for number in 0..120 {
        unsealed(&world, &format!("a{number:03}"), 150);
    }
    world.tick();
    assert_eq!([unsealed_of(&world, ""), world.count("SELECT count(hash) FROM audit")], [150, 10_000]);
}

/// What one go seals is shared by however many accounts wait, though D1 takes every number it is given for a REAL.
#[test]
fn accounts_whose_number_divides_nothing_are_all_sealed() {
    for accounts in [1, 2, 3, 7, 99] {
        let world = World::new();
        for number in 0..accounts {
            unsealed(&world, &format!("a{number:02}"), 2);
        }
        world.tick();
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0, "{accounts} accounts");
    }
}

/// L5: a search, a page and an export for a credential that is nobody's read nothing of the audit, however long it is.
#[test]
fn nothing_is_read_for_nobody() {
    let world = World::new();
    let nobody = world.admin();
    nobody.cookies.borrow_mut().insert("__Host-airlock-admin".to_owned(), "garbage".to_owned());
    let steps = || {
        let by_token = |path: &str| {
            let mut request = world.admin().request("GET", path, "");
            set_header(&mut request, "authorization", "Bearer airlock_garbage");
            world.db.steps.set(0);
            world.admin().send(&request).expect(401);
            world.db.steps.get()
        };
        let by_cookie = |path: &str| {
            world.db.steps.set(0);
            nobody.get(path).expect(401);
            world.db.steps.get()
        };
        let search = format!("{AUDIT}?action=policy&actor=owner%40acme.test");
        [by_token(AUDIT), by_token(&search), by_cookie(AUDIT), by_cookie(&search), by_cookie(EXPORT)]
    };
    let before = steps();
    unsealed(&world, "acme", 4_000);
    world.tick();
    assert_eq!(steps(), before);
}

/// L6: repeats of a refusal are one entry with how often, on the page and in the list.
#[test]
fn refusals_of_one_member_do_not_fill_the_page() {
    let world = World::new();
    let owner = owner(&world);
    let wrong = json!({ "email": "noor@acme.test", "password": "wrong" });
    for number in 0..30 {
        let stranger = Browser { ip: format!("198.51.100.{number}"), ..world.browser() };
        stranger.post("/auth/login", wrong.clone()).expect(401);
        world.wait_s(5);
    }
    world.wait_s(60);
    world.tick();
    let list = owner.get(AUDIT).expect(200).json();
    assert_eq!(actions(&list), ["login 6 times, 6 networks", "verify admin", "login admin"]);
    let rows = world.count("SELECT count(*) FROM audit WHERE target_id = 'noor' AND result = 'invalid_credentials'");
    assert_eq!(rows, 3, "the export has one for each minute");
    let entry = &list["entries"][0];
    assert_eq!([&entry["result"], &entry["times"]], [&json!("invalid_credentials"), &json!(30)]);
    assert_eq!(list["entries"][1]["times"], 1);
    let page = owner.open("/audit?account=acme").expect(200).0.body;
    assert_eq!(page.matches("noor@acme.test").count(), 1);
    assert!(page.contains("×30"), "{page}");
    // Page by page it is the same, and what lies an hour apart is two.
    world.wait_s(3_600);
    world.browser().post("/auth/login", wrong).expect(401);
    world.wait_s(60);
    world.tick();
    let owner = crate::admin::owner(&world);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("{AUDIT}?limit=1{cursor}")).expect(200).json();
        seen.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["times"].as_i64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [1, 1, 1, 30, 1, 1]);
}

/// O7: a download says where it ends, is signed up to there, and leads on.
#[test]
fn a_part_of_a_long_audit_says_that_it_is_one_and_is_signed_on_its_own() {
    let world = World::new();
    let owner = owner(&world);
    unsealed(&world, "acme", 5_003);
    let answer = owner.open(EXPORT).expect(200);
    let part = answer.0.body.clone();
    let (last, keys) = (audit::verify(&part, &[]).unwrap().last, keys(&world));
    assert_eq!(
        answer.header("content-disposition"),
        Some(format!("attachment; filename=\"audit-to-{last}.ndjson\"").as_str())
    );
    assert_eq!(audit::verify(&part, &keys).unwrap().signed, Seal::By(last, keys[0].id()));
    let rest = export_at(&owner, &format!("{EXPORT}&after={last}")).body;
    let whole = audit::verify(&(part + &rest), &keys).unwrap();
    assert_eq!((whole.rows, whole.begins, whole.signed), (5_005, Begins::First, Seal::By(whole.last, keys[0].id())));
    assert_eq!(audit::verify(&rest, &keys).unwrap().begins, Begins::Later);
    let page = owner.open("/audit?account=acme").expect(200).0.body;
    assert!(page.contains("up to 5,000 entries") && page.contains("name=\"after\""));
}

#[test]
fn a_long_audit_is_sealed_and_exported_in_bounded_parts_that_follow_each_other() {
    let world = World::new();
    let owner = owner(&world);
    world.db.run(vec![Statement {
        sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
          INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
          SELECT iif(i % 3, 'acme', 'umbra'), 'e' || i, ?1, 'filler', 'ok', '', '', '', '' FROM n",
        params: vec![Value::from(7)],
    }]);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0);
    let first = export(&owner);
    let first = first.body;
    assert_eq!(verify(&first).unwrap().rows, 4002);
    let last: Json = serde_json::from_str(first.lines().nth(99).unwrap()).unwrap();
    let rest = owner.open(&format!("{EXPORT}&after={}", last["id"])).expect(200).0.body;
    let head: String = first.lines().take(100).map(|line| format!("{line}\n")).collect();
    assert_eq!(verify(&(head + &rest)).unwrap().rows, 4002);
}

/// The log has a line for every change that was asked for: by whom, of whom, and what stood in the way.
#[test]
fn a_change_refused_is_a_line_of_the_log() {
    let world = World::new();
    let owner = owner(&world);
    let users = "/api/v1/accounts/acme/users";
    let said = |action: &str, result: &str, actor: Option<&str>, target: Option<&str>| {
        let line: serde_json::Value = serde_json::from_str(world.log.0.borrow().last().unwrap()).unwrap();
        let named = |name: &str| line[name].as_str();
        assert_eq!(
            [named("action"), named("result"), named("actor"), named("target")],
            [Some(action), Some(result), actor, target]
        );
    };
    let (noor, own) = (format!("{users}/noor/two-factor/reset"), format!("{users}/owner/two-factor/reset"));
    owner.post(&own, json!({})).expect(403);
    said("two_factor_reset", "forbidden", Some("owner"), Some("owner"));
    owner.post(&format!("{users}/nobody/two-factor/reset"), json!({})).expect(404);
    said("two_factor_reset", "not_found", Some("owner"), None);
    owner.post("/api/v1/accounts/other/users/noor/two-factor/reset", json!({})).expect(404);
    said("two_factor_reset", "not_found", Some("owner"), None);
    world.admin().post(&noor, json!({})).expect(401);
    assert!(!world.log.0.borrow().last().unwrap().contains("noor"), "a stranger without a cookie is no caller");
    owner.post(users, json!({ "email": "noor@acme.test", "name": "N", "role": "member" })).expect(409);
    said("member_invited", "already_member", Some("owner"), Some("noor"));
    owner.send(&owner.request("DELETE", &format!("{users}/owner"), "")).expect(409);
    said("member_removed", "last_owner", Some("owner"), Some("owner"));
    owner.put("/api/v1/accounts/acme/two-factor", json!({ "required": "perhaps" })).expect(400);
    said("policy", "invalid_request", Some("owner"), None);
    owner.send(&owner.request("DELETE", "/api/v1/accounts/acme/tokens/none", "")).expect(404);
    said("token_revoked", "not_found", Some("owner"), None);
    world.wait_s(6 * 60);
    owner.post(&noor, json!({})).expect(403);
    said("two_factor_reset", "reauth_required", Some("owner"), None);
    // By a page as by the API.
    owner.submit("/members/noor/reset", "account=acme").expect(303);
    said("two_factor_reset", "reauth_required", Some("owner"), None);
}
