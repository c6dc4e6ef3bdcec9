//! What a deployment asks of Cloudflare and does there, through wrangler and the database.

use std::collections::BTreeMap;

use airlock::{
    ports::Fault,
    store::operator::{find_schema, population},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    Target,
    workers::{EDGE, NO_DATABASE, Worker},
};
use crate::{
    d1::DATABASE,
    world,
    wrangler::{Call, Prints},
};

/// What is there already.
#[derive(Default)]
pub struct Found {
    /// Whether anything could be looked at.
    pub looked: bool,
    /// The database's id.
    pub database: Option<String>,
    /// How many accounts the database has.
    pub accounts: i64,
    /// How many people have joined an account.
    pub members: i64,
}

/// Looks at what is there, and notes what is set of each Worker. What keeps it from looking is `missing`.
///
/// # Errors
/// What Cloudflare or the database refuses.
pub fn look(target: &Target<'_>, workers: &mut [Worker], missing: &mut Vec<String>) -> Result<Found, Fault> {
    if let Err(fault) = answer::<serde_json::Value>(target, &["whoami", "--json"]) {
        let logged_out = fault.to_string().contains("\"loggedIn\":false");
        missing.push(match logged_out {
            true => "log in: npx wrangler login, or put an API token into CLOUDFLARE_API_TOKEN".to_owned(),
            false => format!("Cloudflare gave no answer: {fault}"),
        });
        return Ok(Found::default());
    }
    let database = database(workers, databases(target)?, missing);
    let (accounts, members) = match &database {
        Some(id) => populated(target, id)?,
        None => (0, 0),
    };
    for worker in workers {
        worker.set = secrets(target, worker)?;
    }
    Ok(Found { looked: true, database, accounts, members })
}

/// The id of the database that the files name, else of the one that has its name.
fn database(workers: &[Worker], listed: Vec<Listed>, missing: &mut Vec<String>) -> Option<String> {
    let Some(id) = workers.iter().find_map(|worker| worker.config.database()) else {
        return listed.into_iter().find(|found| found.name == DATABASE).map(|found| found.uuid);
    };
    if listed.iter().all(|found| found.uuid != id) {
        missing.push(format!(
            "{EDGE} names the database {id}, which is not in this Cloudflare account. Log in to the other account; or, to \
             start over, put {NO_DATABASE} there in its place"
        ));
        return None;
    }
    Some(id.to_owned())
}

#[derive(Deserialize)]
struct Listed {
    uuid: String,
    name: String,
}

fn databases(target: &Target<'_>) -> Result<Vec<Listed>, Fault> {
    answer(target, &["d1", "list", "--json"])
}

/// How many accounts there are in a database, and how many people have joined one.
fn populated(target: &Target<'_>, database: &str) -> Result<(i64, i64), Fault> {
    #[derive(Deserialize)]
    struct Population {
        accounts: i64,
        members: i64,
    }
    let rows = |statement| world::next(&mut (target.batch)(database, &[statement])?.into_iter());
    if rows(find_schema())?.0.is_empty() {
        return Ok((0, 0));
    }
    let found = rows(population())?.parse::<Population>()?.pop();
    Ok(found.map_or((0, 0), |found| (found.accounts, found.members)))
}

/// The names of the secrets that a Worker has: none, if it is not there yet.
fn secrets(target: &Target<'_>, worker: &Worker) -> Result<Vec<String>, Fault> {
    let found = answer::<Vec<Secret>>(target, &["secret", "list", "-c", worker.spec.file]);
    match found {
        Ok(found) => Ok(found.into_iter().map(|secret| secret.name).collect()),
        Err(fault) if fault.to_string().contains(&format!("Worker \"{}\" not found", worker.config.name)) => {
            Ok(Vec::new())
        }
        Err(fault) => Err(fault),
    }
}

/// A secret that is set, as wrangler lists it.
#[derive(Deserialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
}

/// Creates the database, and returns its id.
///
/// # Errors
/// What Cloudflare refuses.
pub fn create_database(target: &Target<'_>) -> Result<Option<String>, Fault> {
    show(target, &["d1", "create", DATABASE])?;
    Ok(databases(target)?.into_iter().find(|found| found.name == DATABASE).map(|found| found.uuid))
}

/// Applies the migrations that the database has not had yet.
///
/// # Errors
/// What Cloudflare refuses.
pub fn migrate(target: &Target<'_>) -> Result<(), Fault> {
    show(target, &["d1", "migrations", "apply", DATABASE, "--remote"])
}

/// Sets secrets of the Worker in this file.
///
/// # Errors
/// What Cloudflare refuses.
pub fn set_secrets(target: &Target<'_>, file: &str, values: &BTreeMap<&str, &str>) -> Result<(), Fault> {
    let input = Zeroizing::new(json!(values).to_string());
    let call = Call { args: &["secret", "bulk", "-c", file], input: &input, prints: Prints::Answer };
    (target.wrangler)(&call).map(drop)
}

/// Deploys the Worker in this file to the host, or only builds it as it would be deployed.
///
/// # Errors
/// It cannot be built, or what Cloudflare refuses.
pub fn deploy(target: &Target<'_>, file: &str, host: Option<&str>, only_build: bool) -> Result<(), Fault> {
    let mut args = vec!["deploy", "-c", file];
    args.extend(host.into_iter().flat_map(|host| ["--domain", host]));
    args.extend(only_build.then_some("--dry-run"));
    let prints = if only_build { Prints::Progress } else { Prints::Dialogue };
    (target.wrangler)(&Call { args: &args, input: "", prints }).map(drop)
}

fn show(target: &Target<'_>, args: &[&str]) -> Result<(), Fault> {
    (target.wrangler)(&Call { args, input: "", prints: Prints::Progress }).map(drop)
}

/// What wrangler answers, as JSON.
fn answer<T: DeserializeOwned>(target: &Target<'_>, args: &[&str]) -> Result<T, Fault> {
    let printed = (target.wrangler)(&Call { args, input: "", prints: Prints::Answer })?;
    serde_json::from_slice(&printed)
        .map_err(|e| Fault::new(format_args!("`wrangler {}` did not answer with JSON ({e})", args.join(" "))))
}
