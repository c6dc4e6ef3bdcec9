//! The audit as it is exported: a copy verifies, is signed, and shows whatever was done to it since.

use std::rc::Rc;

use airlock::{
    audit::{self, Begins, Key, Row, Seal, Sealed, SigningKeys, Verified},
    context::Config,
    jobs,
    people::{Role, session::Site},
    ports::{DAY_MS, Fault, Statement, Value},
    secret::Keyring,
    web::Response,
};
use airlock_tests::{Browser, KEYS, PEPPER_KEYS, World, signing::Signatures};
use base64ct::{Base64, Encoding};
use ed25519_compact::{PublicKey, Signature};
use pollster::block_on;
use serde_json::{Value as Json, json};

use crate::{
    admin::{POLICY, owner},
    audit::{EXPORT, seal, some_acts, unsealed},
};

/// Checks the chain alone, as someone without keys would.
fn verify(export: &str) -> Result<Verified, String> {
    audit::verify(export, &[])
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

/// The same rows hashed anew from the first to the last, as anyone who holds a file can.
fn hashed_anew(rows: Vec<Row>) -> Vec<Sealed> {
    let mut previous = String::new();
    let seal = |row: Row| {
        let hash = row.seal(&previous);
        Sealed { previous: std::mem::replace(&mut previous, hash.clone()), row, hash }
    };
    rows.into_iter().map(seal).collect()
}

/// S14: whoever holds a file can make new hashes for it, but no signature.
#[test]
fn an_export_with_new_hashes_no_longer_matches_its_signature() {
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
    // Without a signature the file counts as unsigned; a signature by an unknown key, or for other rows, is refused.
    assert_eq!(told(&other, &[]).unwrap().signed, Seal::Missing);
    let open = |keys: &SigningKeys| block_on(keys.open(&Signatures)).unwrap();
    let forger = open(&SigningKeys::new("admin.test", Keyring::parse(PEPPER_KEYS).unwrap()));
    let forged = |signer: &audit::Signer, account: &str, rows: &[Sealed]| {
        let note = block_on(signer.checkpoint(account, 8, &rows.last().unwrap().hash, world.now.get())).unwrap();
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
    let signer = open(config.audit_keys.as_ref().unwrap());
    // What is called a checkpoint and is a row as well is neither.
    let hidden = copy.replacen("{\"previous\"", &format!("{},\"previous\"", notes[0].trim_end_matches('}')), 1);
    assert!(hidden != copy && audit::verify(&hidden, &keys).is_err());
    let elsewhere = forged(&signer, "umbra", &rows);
    assert!(told(&rows, &[elsewhere]).is_err_and(|said| said.contains("wrong signature")), "another account's");
}

/// Whoever has an export can put rows behind the last one signed: they are told apart, and nothing is believed of them.
#[test]
fn rows_that_nobody_signed_are_told_apart_and_account_for_nothing() {
    let world = World::new();
    let owner = owner(&world);
    some_acts(&owner);
    let copy = export(&owner).body;
    let keys = keys(&world);
    let whole = audit::verify(&copy, &keys).unwrap();
    assert_eq!((&whole.signed, whole.unsigned), (&Seal::By(whole.last, keys[0].id()), 0));
    let (rows, notes) = apart(&copy);
    let behind = |id: i64, change: &dyn Fn(&mut Row)| {
        let mut row = Row { id, event: "forged".to_owned(), ..rows.last().unwrap().row.clone() };
        change(&mut row);
        let hash = row.seal(&whole.head);
        audit::export(&[Sealed { previous: whole.head.clone(), row, hash }], [])
    };
    for id in [i64::MIN, 0, 1, whole.last - 1, whole.last] {
        let forged = copy.clone() + &behind(id, &|row| row.action = "two_factor_reset".to_owned());
        for keys in [&keys[..], &[]] {
            assert!(audit::verify(&forged, keys).unwrap_err().contains("no higher number"), "{id}");
        }
    }
    let told = audit::verify(&(copy.clone() + &behind(whole.last + 1, &|_| ())), &keys).unwrap();
    assert_eq!((told.rows, told.signed, told.unsigned), (rows.len() + 1, whole.signed.clone(), 1));
    // The beginning is cut out, and the operator's limit is said to have done it.
    let removed = rows[4].previous.clone();
    let trimmed = behind(whole.last + 1, &|row| {
        row.action = "audit_trimmed".to_owned();
        row.detail = format!(r#"{{"rows":4,"up_to":{},"sealed":"{removed}"}}"#, rows[3].row.id);
    });
    let file = audit::export(&rows[4..], []) + &notes.join("\n") + "\n" + &trimmed;
    let told = audit::verify(&file, &keys).unwrap();
    assert_eq!((told.begins, told.signed, told.unsigned), (Begins::Later, whole.signed, 1));
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

/// Every minute's seal ends in a checkpoint, before anybody asks for an export.
#[test]
fn whatever_is_sealed_is_signed_every_minute() {
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
    assert_eq!(signed("").len(), 0, "nobody asks for the rows of no account");
}

/// Gives both Workers these keys to sign audits with.
fn sign_with(world: &World, audit_keys: &str) {
    let variable = |name: &str| match name {
        "EDGE_ORIGIN" => Some("https://app.test".to_owned()),
        "ADMIN_ORIGIN" => Some("https://admin.test".to_owned()),
        "SITE_NAME" => Some("Airlock".to_owned()),
        "AUDIT_KEYS" => Some(audit_keys.to_owned()),
        "AUTH_PREFIX" => std::env::var(name).ok(),
        _ => KEYS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    };
    *world.config.borrow_mut() = Rc::new([Site::Edge, Site::Admin].map(|site| Config::build(site, variable).unwrap()));
    *world.jobs.borrow_mut() = Rc::new(jobs::Config::build(variable).unwrap());
}

#[test]
fn what_an_older_key_signed_can_always_be_checked() {
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

/// Without a signing key the admin Worker is not set up, as without any other key.
#[test]
fn admin_and_jobs_worker_need_a_signing_key_and_the_edge_none() {
    let variable = |name: &str, audit_keys: Option<&str>| match name {
        "EDGE_ORIGIN" | "ADMIN_ORIGIN" => Some("https://app.test".to_owned()),
        "SITE_NAME" => Some("Airlock".to_owned()),
        "AUDIT_KEYS" => audit_keys.map(str::to_owned),
        _ => KEYS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    };
    let signs = |site, audit_keys: Option<&str>| {
        let built = Config::build(site, |name| variable(name, audit_keys));
        built.map(|config| config.audit_keys.is_some()).map_err(|fault: Fault| fault.to_string())
    };
    let jobs = |audit_keys: Option<&str>| {
        let built = jobs::Config::build(|name| variable(name, audit_keys));
        built.map(|_| true).map_err(|fault: Fault| fault.to_string())
    };
    assert_eq!(signs(Site::Edge, None), Ok(false), "nor has it one");
    for build in [
        &|audit_keys: Option<&str>| signs(Site::Admin, audit_keys),
        &jobs as &dyn Fn(Option<&str>) -> Result<bool, String>,
    ] {
        assert_eq!(build(None), Err("AUDIT_KEYS is not set".to_owned()));
        for bad in ["", "l1:short", "x"] {
            assert!(build(Some(bad)).is_err_and(|said| said.starts_with("AUDIT_KEYS: ")), "{bad}");
        }
        assert_eq!(build(Some("l1:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=")), Ok(true));
    }
}

/// An audit from before there were signatures verifies as it did, is called unsigned, and is signed as it is exported.
#[test]
fn an_audit_from_before_signatures_is_signed_as_it_is_exported() {
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
    // No new name holds one; an older row may.
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
    // As older exports have them: still to the letter.
    let old: String = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    assert!(old.contains('\u{2028}') && verify(&old).unwrap().rows == 4);
    assert!(verify(&(old + &notes[0])).is_ok());
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
