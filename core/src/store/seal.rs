//! The seal of the audit: each row's hash over all before it in its account, and the signed checkpoints of how far that is.

use serde::Deserialize;

use super::{audit::chained, batch, run, sql};
use crate::{
    audit::{Row, Signer},
    context::Context,
    ports::{DAY_MS, Db, Fault, Now, Statement, Value},
};

/// Rows sealed in one go, and accounts that share them.
const SEALED: i64 = 500;
const SEALED_ACCOUNTS: i64 = 100;

/// For how long checkpoints but an account's newest are kept, one a day: 31 of some 300 bytes are 10 KB, whatever an
/// account does. The newest covers all rows; those before let an auditor who comes by within the month compare.
const CHECKPOINTS_MS: i64 = 30 * DAY_MS;

/// Seals the oldest rows that are not sealed yet, of one account or of all, and signs how far each of these accounts is.
/// The accounts share what is sealed in one go, whoever has waited longest first and what belongs to no account last: so
/// nobody waits for rows that a stranger brought about. Two of it at once do no harm: whoever seals a row comes to the same
/// hash. `true`: there may be more.
///
/// # Errors
/// The database.
pub async fn audit_seal(db: &dyn Db, now: Now, signer: &Signer, account_id: Option<&str>) -> Result<bool, Fault> {
    #[derive(Deserialize)]
    struct Open {
        previous: String,
    }
    // `found` goes from account to account by the index, however many rows each has.
    let open = sql!(
        chained!(
            "e.id IN (
               WITH RECURSIVE found (account_id) AS (
                 SELECT ifnull(?1, (SELECT min(account_id) FROM audit WHERE hash IS NULL))
                 UNION ALL
                 SELECT (SELECT min(account_id) FROM audit WHERE hash IS NULL AND account_id > found.account_id)
                 FROM found WHERE ?1 IS NULL AND found.account_id IS NOT NULL
               ), waiting (account_id, since) AS MATERIALIZED (
                 SELECT account_id, (SELECT min(id) FROM audit WHERE hash IS NULL AND account_id = found.account_id) AS since
                 FROM found WHERE account_id IS NOT NULL ORDER BY account_id = '', since LIMIT ?3
               )
               SELECT o.id FROM waiting CROSS JOIN audit o ON o.hash IS NULL AND o.account_id = waiting.account_id AND o.id <= (
                 SELECT max(id) FROM (
                   SELECT id FROM audit WHERE hash IS NULL AND account_id = waiting.account_id ORDER BY id
                   LIMIT CAST(?2 AS INTEGER) / (SELECT count(*) FROM waiting)
                 )
               )
             ) ORDER BY e.account_id, e.id"
        ),
        account_id,
        SEALED,
        SEALED_ACCOUNTS,
    );
    let mut results = batch(db, vec![publish(signer, now)?, open]).await?;
    let open: Vec<(Open, Row)> = results.next()?.parse_both()?;
    let mut seals = Vec::with_capacity(open.len());
    // Of each account: its last row, the seal that comes to, and how many rows it took.
    let mut heads: Vec<(String, i64, String, i64)> = Vec::new();
    for (Open { previous }, row) in open {
        match heads.last_mut().filter(|(account_id, ..)| *account_id == row.account_id) {
            Some((_, id, head, rows)) => {
                (*id, *head) = (row.id, row.seal(head));
                *rows += 1;
            }
            None => heads.push((row.account_id.clone(), row.id, row.seal(&previous), 1)),
        }
        seals.extend(heads.last().map(|(_, _, head, _)| (row.id, head.clone())));
    }
    let Some(accounts) = i64::try_from(heads.len()).ok().filter(|accounts| *accounts > 0) else { return Ok(false) };
    let share = SEALED / accounts;
    let more = accounts == SEALED_ACCOUNTS || heads.iter().any(|(.., rows)| *rows >= share);
    let seal = sql!(
        "UPDATE audit SET hash = j.value ->> 1 FROM json_each(?1) j WHERE audit.id = j.value ->> 0 AND hash IS NULL",
        serde_json::to_string(&seals).map_err(Fault::new)?,
    );
    let mut statements = vec![seal];
    statements.extend(checkpoints(signer, now, &heads).await?);
    batch(db, statements).await?;
    Ok(more)
}

/// Keeps what is signed of each account: the last of each day, if the rows are sealed so.
async fn checkpoints(signer: &Signer, now: Now, heads: &[(String, i64, String, i64)]) -> Result<[Statement; 2], Fault> {
    let mut signed = Vec::new();
    for (account_id, id, head, _) in heads.iter().filter(|(account_id, ..)| !account_id.is_empty()) {
        signed.push((account_id, id, head, signer.checkpoint(account_id, *id, head, now).await?));
    }
    let signed = serde_json::to_string(&signed).map_err(Fault::new)?;
    Ok([
        sql!(
            "INSERT INTO audit_checkpoints (account_id, day, row_id, note)
             SELECT a.account_id, ?2, a.id, j.value ->> 3
             FROM json_each(?1) j JOIN audit a ON a.id = j.value ->> 1 AND a.hash = j.value ->> 2 WHERE true
             ON CONFLICT (account_id, day) DO UPDATE SET row_id = excluded.row_id, note = excluded.note
             WHERE excluded.row_id > audit_checkpoints.row_id",
            &signed,
            now.0.div_euclid(DAY_MS),
        ),
        sql!(
            "DELETE FROM audit_checkpoints WHERE account_id IN (SELECT j.value ->> 0 FROM json_each(?1) j) AND day < ?2",
            &signed,
            (now.0 - CHECKPOINTS_MS).div_euclid(DAY_MS),
        ),
    ])
}

/// Makes the public keys known before anything is signed with them. None of them ever goes.
fn publish(signer: &Signer, now: Now) -> Result<Statement, Fault> {
    let keys = signer.keys().iter();
    let keys: Vec<_> = keys.map(|key| [key.id(), key.name.clone(), key.public_key(), key.verifier()]).collect();
    Ok(sql!(
        "INSERT OR IGNORE INTO audit_keys (id, name, public_key, verifier, created_at)
         SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, ?2 FROM json_each(?1) j",
        serde_json::to_string(&keys).map_err(Fault::new)?,
        now,
    ))
}

/// A public key of checkpoints.
#[derive(Debug, Deserialize)]
pub struct AuditKey {
    /// As signatures name it.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// In base64.
    pub public_key: String,
    /// All of it in one word.
    pub verifier: String,
    /// Since when.
    pub created_at: i64,
}

/// Every public key that checkpoints were signed with, or will be, the newest first.
///
/// # Errors
/// The database.
pub async fn audit_keys(cx: &Context<'_>) -> Result<Vec<AuditKey>, Fault> {
    run(cx, vec![sql!("SELECT * FROM audit_keys ORDER BY created_at DESC, id LIMIT 1000")]).await?.next()?.parse()
}
