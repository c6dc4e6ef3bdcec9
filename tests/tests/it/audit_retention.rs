//! How long the audit is kept: the rows that go are the oldest, in bounded parts, and what is left can still be checked.

use airlock::{
    audit::{self, Begins, Seal, Sealed, Verified},
    jobs,
    ports::Now,
};
use airlock_tests::{Browser, World};
use serde_json::json;

use crate::{
    admin::{POLICY, owner},
    retention::{DAY_S, around},
};

fn verify(export: &str) -> Result<Verified, String> {
    audit::verify(export, &[])
}

/// The rows of an export, without what signs them.
fn rows_of(export: &str) -> Vec<Sealed> {
    export.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Rows of no account are nobody's to read, and strangers cause them: they have a short life, limit or not.
#[test]
fn rows_of_the_audit_that_belong_to_no_account_go_after_seven_days_and_no_others() {
    let world = World::new();
    owner(&world);
    let nobodys = "SELECT count(*) FROM audit WHERE account_id = '' AND action <> 'audit_trimmed'";
    world.db.execute(
        "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         VALUES ('', 'old', ?1, 'login', 'invalid_credentials', '', '', '', '')",
        &[world.now.get().into()],
    );
    world.tick();
    let early = |days: i64| {
        world.db.execute(
            "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
             SELECT '', 'told' || ?1, at + ?1, 'audit_trimmed', 'ok', json_object('sealed', hash), '', '', ''
             FROM audit WHERE event = 'old'",
            &[days.into()],
        );
        let begin = "INSERT INTO audit_begins SELECT account_id, id, hash FROM audit WHERE event = 'old'";
        world.db.try_run(begin).is_ok()
    };
    assert!(!early(7 * DAY_S * 1000 - 1), "the database itself lets none go before");
    // The world begins at eight in the morning: the row is sixteen hours short of its midnight.
    let midnight = Now::parse_rfc3339("2027-01-23T00:00:00Z").unwrap().0;
    assert_eq!(around(&world, midnight, nobodys), [1, 0]);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE account_id = 'acme'"), 2);
}

/// What was signed before rows went is still true of those that stay, and a signature that only covers rows that went is
/// not taken for one of theirs.
#[test]
fn an_audit_that_lost_its_oldest_rows_is_signed_all_the_same() {
    let world = World::new();
    world.keep_audit(30);
    owner(&world);
    world.tick();
    let keys = audit::keys(&world.browser().get("/auth/audit-keys").expect(200).0.body).unwrap();
    world.wait_s(31 * DAY_S);
    world.tick();
    world.tick();
    assert_eq!(world.count("SELECT row_id FROM audit_begins WHERE account_id = 'acme'"), 2, "both rows went");
    let left = export(&owner(&world));
    let verified = audit::verify(&left, &keys).unwrap();
    assert!(matches!(verified.begins, Begins::Trimmed(_)), "{verified:?}");
    assert!(matches!(verified.signed, Seal::By(row, _) if row == verified.last), "{verified:?}");
}

/// An account's newest checkpoint stays, and one a day of those from the month before, whatever the account does.
#[test]
fn checkpoints_are_one_a_day_for_a_month() {
    let world = World::new();
    let checkpoints = "SELECT count(*) FROM audit_checkpoints WHERE account_id = 'acme'";
    for _ in 0..3 {
        world.browser().login("mia@acme.test").expect(200);
        world.tick();
    }
    assert_eq!(world.count(checkpoints), 1);
    for _ in 0..40 {
        world.wait_s(DAY_S);
        world.browser().login("mia@acme.test").expect(200);
        world.tick();
    }
    assert_eq!(world.count(checkpoints), 31);
    world.wait_s(3_650 * DAY_S);
    world.tick();
    assert_eq!(world.count(checkpoints), 31, "nothing comes, nothing goes");
}

/// Adds old rows to the audit: `per_account` in each of `accounts` accounts, one a second, the first of them at `at`.
pub fn add_audit(world: &World, at: i64, accounts: i64, per_account: i64) {
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 * ?3 - 1)
         INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         SELECT 'a' || (i % CAST(?2 AS INTEGER)), 'e' || ?1 || i, ?1 + 1000 * i, 'login', 'ok', '', '', '', '' FROM n",
        &[at.into(), accounts.into(), per_account.into()],
    );
}

fn export(owner: &Browser<'_>) -> String {
    owner.open("/audit/export?account=acme").expect(200).0.body
}

fn first(export: &str) -> Sealed {
    serde_json::from_str(export.lines().next().unwrap()).unwrap()
}

#[test]
fn the_audit_is_kept_for_ever_unless_the_operator_limits_it() {
    let world = World::new();
    owner(&world);
    world.wait_s(20 * 365 * DAY_S);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit"), 2);
}

#[test]
fn a_row_of_the_audit_goes_at_the_first_midnight_after_its_days_and_what_is_left_verifies() {
    let world = World::new();
    world.keep_audit(30);
    owner(&world).put(POLICY, json!({ "required": true })).expect(200);
    world.browser().login("nobody@x.test").expect(401);
    let old = export(&owner_later(&world));
    assert_eq!(verify(&old).unwrap().begins, Begins::First);
    // The world begins at eight in the morning: the next day's rows are 16 hours younger than their midnight.
    let midnight = Now::parse_rfc3339("2027-01-16T00:00:00Z").unwrap().0;
    world.now.set(Now(midnight));
    world.browser().login("mia@acme.test").expect(200);
    world.wait_s(30);
    let rows = "SELECT count(*) FROM audit WHERE action <> 'audit_trimmed' AND at < 1800057600000";
    assert_eq!(around(&world, midnight + 30 * DAY_S * 1000, rows), [5, 0], "the rows of no account went before");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'login'"), 1, "not the next day's");
    let left = export(&owner(&world));
    let told = rows_of(&left);
    let told = told.iter().find(|line| line.row.action == "audit_trimmed").unwrap();
    let last = rows_of(&old).pop().unwrap();
    assert_eq!(told.row.detail, format!(r#"{{"rows":5,"up_to":{},"sealed":"{}"}}"#, last.row.id, last.hash));
    assert_eq!((told.row.actor_id.as_deref(), told.row.account_id.as_str()), (None, "acme"));
    assert_eq!(first(&left).previous, last.hash, "it follows what is gone");
    let verified = verify(&left).unwrap();
    assert_eq!((verified.rows, verified.begins), (4, Begins::Trimmed(told.row.id)));
    assert_eq!(
        verify(&(old.clone() + &left)).unwrap().begins,
        Begins::First,
        "with the copy before it nothing is missing"
    );
    // Whoever cuts off more cannot say that it was the limit.
    let cut: Vec<&str> = left.lines().skip(1).collect();
    assert_eq!(verify(&cut.join("\n")).unwrap().begins, Begins::Later);
    let page = owner_later(&world).open("/audit?account=acme&action=audit_trimmed").expect(200).0.body;
    assert!(page.contains("Old entries removed") && page.contains(&format!("5 entries, up to no. {}", last.row.id)));
    assert!(!page.contains(&last.hash));
}

/// The owner again, a code later.
fn owner_later(world: &World) -> Browser<'_> {
    world.wait_s(30);
    owner(world)
}

#[test]
fn an_audit_that_lost_every_row_goes_on_from_the_seal_kept() {
    let world = World::new();
    world.keep_audit(30);
    owner(&world);
    for days in 0..4 {
        world.tick();
        let rows = world.count("SELECT count(*) FROM audit WHERE account_id = 'acme'");
        assert_eq!(rows, if days == 0 { 2 } else { 1 }, "but for the row that tells of it");
        world.wait_s(31 * DAY_S);
    }
    world.wait_s(-31 * DAY_S);
    let kept = world.text("SELECT hash FROM audit_begins WHERE account_id = 'acme'");
    let left = export(&owner(&world));
    assert_eq!(first(&left).previous, kept);
    assert_eq!(verify(&left).unwrap().begins, Begins::Trimmed(first(&left).row.id));
}

#[test]
fn one_row_a_day_tells_of_it_however_often_the_job_runs() {
    let world = World::new();
    world.keep_audit(30);
    let day = Now::parse_rfc3339("2027-01-16T00:00:00Z").unwrap().0;
    for hour in 0..24 {
        world.now.set(Now(day + hour * 3_600_000));
        world.browser().login("mia@acme.test").expect(200);
        world.tick();
    }
    for hour in 0..24 {
        world.now.set(Now(day + 31 * DAY_S * 1000 + hour * 3_600_000));
        world.tick();
    }
    let told = "SELECT detail FROM audit WHERE action = 'audit_trimmed' AND account_id = 'acme'";
    assert!(world.text(told).starts_with(r#"{"rows":24,"up_to":24,"#));
    assert_eq!(world.count("SELECT count(*) FROM audit"), 1);
}

#[test]
fn a_bounded_part_of_a_long_audit_goes_each_minute() {
    let world = World::new();
    world.keep_audit(30);
    add_audit(&world, 1_000, 25, 40);
    add_audit(&world, 100_000_000, 1, 2_500);
    world.tick();
    let told = "SELECT count(*) FROM audit WHERE action = 'audit_trimmed'";
    assert_eq!(world.count(told), 20, "twenty accounts");
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action <> 'audit_trimmed'"), 0);
    let most = "SELECT max(detail ->> 'rows') FROM audit WHERE action = 'audit_trimmed'";
    assert_eq!((world.count(told), world.count(most)), (27, 1_000));
    let removed = "SELECT sum(detail ->> 'rows') FROM audit WHERE action = 'audit_trimmed'";
    assert_eq!(world.count(removed), 25 * 40 + 2_500);
}

#[test]
fn nothing_unsealed_goes_and_nothing_after_it() {
    let world = World::new();
    world.keep_audit(30);
    // Someone else's rows come in after the job has looked for what to seal, and before it looks for what is old.
    world.db.run_before_batch(
        3,
        "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
         VALUES ('b', 'x', 1, 'login', 'ok', '', '', '', ''), ('b', 'y', 2, 'login', 'ok', '', '', '', '')",
    );
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE account_id = 'b' AND hash IS NULL"), 2);
    world.tick();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE account_id = 'b' AND action = 'login'"), 0);
}

/// The schema itself limits what may go, whatever a Worker asks for.
#[test]
fn the_database_refuses_to_lose_any_other_row() {
    let world = World::new();
    world.keep_audit(30);
    add_audit(&world, 1_000, 1, 3);
    world.tick();
    world.browser().login("mia@acme.test").expect(200);
    world.browser().login("leo@acme.test").expect(200);
    world.wait_s(60);
    world.tick();
    let before = world.db.tables();
    for sql in [
        // Without a beginning after it, no row goes.
        "DELETE FROM audit WHERE account_id = 'acme'",
        "DELETE FROM audit WHERE account_id = 'a0'",
        // A beginning is where the account's newest row says, on a sealed row of the account 30 days old, and only later.
        "INSERT INTO audit_begins SELECT account_id, id, hash FROM audit WHERE account_id = 'acme' LIMIT 1",
        "INSERT INTO audit_begins VALUES ('acme', 99, 'x')",
        "INSERT INTO audit_begins SELECT 'umbra', id, hash FROM audit WHERE account_id = 'acme' LIMIT 1",
        "INSERT OR REPLACE INTO audit_begins SELECT account_id, id, hash FROM audit WHERE account_id = 'a0' LIMIT 1",
        "UPDATE audit_begins SET row_id = row_id + 1",
        "UPDATE audit_begins SET row_id = row_id - 1",
        "UPDATE audit_begins SET hash = 'x'",
        "UPDATE audit_begins SET account_id = 'acme'",
        "UPDATE audit_begins SET row_id = (SELECT id FROM audit WHERE account_id = 'a0'),
           hash = (SELECT hash FROM audit WHERE account_id = 'a0')",
        "DELETE FROM audit_begins",
    ] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
    assert_eq!(world.db.tables(), before);
    // What tells of it must name the seal, and be 30 days younger.
    let tells = |at: i64, hash: &str| {
        world.db.execute(
            "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id)
             VALUES ('acme', 'told' || ?1 || ?2, ?1, 'audit_trimmed', 'ok', json_object('sealed', ?2), '', '', '')",
            &[at.into(), hash.into()],
        );
        let stolen = "UPDATE audit_begins SET (account_id, row_id, hash) =
          (SELECT account_id, id, hash FROM audit WHERE account_id = 'acme' ORDER BY id LIMIT 1) WHERE account_id = 'a0'";
        assert!(world.db.try_run(stolen).is_err(), "each account has its own");
        let begin = "INSERT INTO audit_begins SELECT account_id, id, hash FROM audit WHERE account_id = 'acme' AND
          id = (SELECT min(id) FROM audit WHERE account_id = 'acme')";
        world.db.try_run(begin).is_ok()
    };
    let at = world.count("SELECT at FROM audit WHERE account_id = 'acme' ORDER BY id LIMIT 1");
    let hash = world.text("SELECT hash FROM audit WHERE account_id = 'acme' ORDER BY id LIMIT 1");
    assert!(!tells(at + 30 * DAY_S * 1000 - 1, &hash));
    assert!(!tells(at + 30 * DAY_S * 1000, &"0".repeat(64)));
    assert!(tells(at + 30 * DAY_S * 1000, &hash));
    for sql in [
        "UPDATE audit_begins SET row_id = row_id WHERE account_id = 'acme'",
        "DELETE FROM audit WHERE account_id = 'acme' AND action = 'audit_trimmed'",
        "DELETE FROM audit WHERE account_id = 'acme'",
    ] {
        assert!(world.db.try_run(sql).is_err_and(|e| e.contains("append-only")), "{sql}");
    }
    world.db.try_run("DELETE FROM audit WHERE id = (SELECT min(id) FROM audit WHERE account_id = 'acme')").unwrap();
    // A row put in before the beginning was never sealed, and cannot go.
    world.db.execute(
        "INSERT INTO audit (id, account_id, event, at, action, result, detail, ip, country, request_id)
         VALUES (1, 'acme', 'x', 0, 'x', 'ok', '', '', '', '')",
        &[],
    );
    assert!(world.db.try_run("DELETE FROM audit WHERE id = 1").is_err_and(|e| e.contains("append-only")));
}

#[test]
fn the_limit_is_a_number_of_days_or_nothing_starts() {
    let key = "k1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let build = |days: Option<&str>| {
        jobs::Config::build(|name| match name {
            "ADMIN_ORIGIN" | "EDGE_ORIGIN" => Some("https://admin.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "AUTH_PREFIX" | "MAIL_FROM" | "SMTP_URL" => None,
            "AUDIT_KEEP_DAYS" => days.map(str::to_owned),
            _ => Some(key.to_owned()),
        })
        .map(|config| config.audit_keep_days)
        .map_err(|fault| fault.to_string())
    };
    for (days, kept) in [(None, None), (Some(""), None), (Some("30"), Some(30)), (Some("3650"), Some(3650))] {
        assert_eq!(build(days), Ok(kept));
    }
    for days in ["29", "3651", "0", "-30", "30.5", "a year", "30 days", " ", "9999999999999999999"] {
        assert!(build(Some(days)).is_err_and(|said| said.starts_with("AUDIT_KEEP_DAYS is not")), "{days}");
    }
}
