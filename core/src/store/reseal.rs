//! Seeds come under the key that seals new ones, so that an older key can be taken away; and the database is told which
//! peppers there are.

use serde::{Deserialize, Serialize};

use super::{batch, operator::keep_key_checks, sql};
use crate::{
    jobs::Job,
    ports::{Fault, Statement, Value},
    secret::{Sealed, open, seal},
};

/// Seeds sealed anew in one go: within a minute's job, some milliseconds of CPU and one transaction.
const RESEALED: i64 = 500;

/// Seals seeds that are under an older key under the current one: at most [`RESEALED`], the rest the next time. One
/// that does not open stays as it is and keeps no other from it. By the way it keeps what the operator's commands know the
/// peppers by.
///
/// # Errors
/// The database, or a seed that does not open; the others are sealed anew all the same.
pub async fn reseal(job: &Job<'_>) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        user_id: String,
    }
    #[derive(Serialize)]
    struct New<'a> {
        id: &'a str,
        was: &'a str,
        is: String,
    }
    let key = job.config.seed_keys.current().id();
    let older = sql!(
        "SELECT id, user_id, sealed_seed, seed_key FROM authenticators WHERE seed_key < ?1 OR seed_key > ?1 LIMIT ?2",
        key,
        RESEALED,
    );
    let mut statements = vec![older];
    statements.extend(keep_key_checks(&job.config.pepper_keys));
    let rows: Vec<(Row, Sealed)> = batch(job.db, statements).await?.next()?.parse_both()?;
    let under_current = |(row, seed): &(Row, Sealed)| {
        let owner = [row.user_id.as_str(), row.id.as_str()];
        seal(&job.config.seed_keys, job.rng, &owner, open(&job.config.seed_keys, &owner, seed)?.expose())
    };
    let mut new = Vec::new();
    let mut broken = Ok(());
    for sealed in &rows {
        let (Row { id, .. }, was) = sealed;
        match under_current(sealed) {
            Ok(now) => new.push(New { id, was: &was.text, is: now.text }),
            Err(fault) => broken = Err(Fault::new(format_args!("authenticator {id}: {fault}"))),
        }
    }
    if !new.is_empty() {
        let update = sql!(
            "UPDATE authenticators SET sealed_seed = new.value ->> 'is', seed_key = ?2 FROM json_each(?1) new
             WHERE authenticators.id = new.value ->> 'id' AND authenticators.sealed_seed = new.value ->> 'was'",
            serde_json::to_string(&new).map_err(Fault::new)?,
            key,
        );
        batch(job.db, vec![update]).await?;
    }
    broken
}
