//! Both Workers on Cloudflare, and all that they need there. What is there already is looked at first and only the rest is
//! done: whatever ended a run, the next one goes on from there.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use airlock::{
    context,
    ports::{Fault, Now, Rng, Rows, Statement},
    secret::Keyring,
    store::operator::{find_schema, population},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use toml_edit::{DocumentMut, Item};
use zeroize::Zeroizing;

use crate::{
    d1::DATABASE,
    operator,
    wrangler::{Call, Prints},
};

const EDGE: &str = "wrangler.toml";
const ADMIN: &str = "admin/wrangler.toml";
/// The app to try Airlock with: what the edge Worker calls it, and where it is.
const EXAMPLE: (&str, &str) = ("airlock-example", "examples/dashboard/wrangler.toml");

/// The id in a wrangler.toml as long as no database was made for it.
const NO_DATABASE: &str = "00000000-0000-0000-0000-000000000000";

/// Where keys are kept: Cloudflare takes them and never shows them again, and both Workers need the same.
pub const KEYS_FILE: &str = "airlock.keys";
const KEYS_HEAD: &str =
    "# Airlock's keys. Without them no password and no seed can be checked: keep a copy somewhere safe, none in git.\n";

/// Keys that are made here: the secret's name, the id of its first key, whether the rows of users depend on it.
pub const KEYS: [(&str, &str, bool); 4] = [
    ("SEED_KEYS", "s1", true),
    ("PEPPER_KEYS", "p1", true),
    ("ASSERTION_KEYS", "a1", false),
    (AUDIT_KEYS, "l1", false),
];
const AUDIT_KEYS: &str = "AUDIT_KEYS";

/// How statements are run as one transaction in the database of an id.
pub type Batch<'a> = dyn Fn(&str, &[Statement]) -> Result<Vec<Rows>, Fault> + 'a;

/// What a deployment acts on.
pub struct World<'a> {
    /// The project's folder.
    pub folder: &'a Path,
    /// Calls wrangler.
    pub wrangler: &'a dyn Fn(&Call<'_>) -> Result<Vec<u8>, Fault>,
    /// Reaches the database.
    pub batch: &'a Batch<'a>,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// When the command was given.
    pub now: Now,
    /// Says what is being done.
    pub say: &'a dyn Fn(&str),
}

/// Deploys, or brings up to date what is deployed. Of `first`, a name and its owner's address, the first account is made;
/// the answer then holds the owner's link.
///
/// # Errors
/// What to do first, while nothing is changed yet; or what went wrong, and the same command goes on from there.
pub fn deploy(world: &World<'_>, first: Option<&(String, String)>) -> Result<String, Fault> {
    let plan = Plan::new(world, first)?;
    if !plan.missing.is_empty() {
        return Err(Fault::new(format_args!("nothing was changed. First:\n{}", list(&plan.missing))));
    }
    plan.build()?;
    let (mut database, mut link) = (plan.found.database.clone(), None);
    for (number, step) in (1..).zip(&plan.steps) {
        (world.say)(&format!("[{number}/{}] {step}", plan.steps.len()));
        let taken = plan.take(step, &mut database, &mut link);
        taken.map_err(|fault| Fault::new(format_args!("{fault}\nThe same command goes on from here.")))?;
    }
    Ok(plan.summary(link))
}

/// What [`deploy`] would do. Builds both Workers, changes nothing, and needs no login.
///
/// # Errors
/// Files that cannot be read, or a Worker that cannot be built.
pub fn dry_run(world: &World<'_>, first: Option<&(String, String)>) -> Result<String, Fault> {
    let plan = Plan::new(world, first)?;
    plan.build()?;
    let steps: Vec<_> = plan.steps.iter().map(Step::to_string).collect();
    let mut said = format!("Nothing was changed. A deployment would:\n{}", list(&steps));
    if !plan.missing.is_empty() {
        said += &format!("\nFirst:\n{}", list(&plan.missing));
    }
    Ok(said)
}

/// A Worker, as its wrangler.toml has it.
struct Worker {
    file: &'static str,
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    name: String,
    #[serde(default)]
    vars: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    secrets: Secrets,
    #[serde(default)]
    d1_databases: Vec<Database>,
    #[serde(default)]
    services: Vec<Service>,
    route: Option<serde_json::Value>,
    routes: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct Secrets {
    #[serde(default)]
    required: Vec<String>,
}

#[derive(Deserialize)]
struct Database {
    database_name: String,
    database_id: String,
}

#[derive(Deserialize)]
struct Service {
    service: String,
}

/// A variable of the edge Worker, as its wrangler.toml has it.
///
/// # Errors
/// A file that cannot be read.
pub fn variable(folder: &Path, name: &str) -> Result<Option<String>, Fault> {
    Ok(Worker::read(folder, EDGE)?.var(name).map(str::to_owned))
}

impl Worker {
    fn read(folder: &Path, file: &'static str) -> Result<Self, Fault> {
        let config = toml_edit::de::from_str(&read(folder, file)?);
        let mut config: Config = config.map_err(|e| Fault::new(format_args!("{file}: {e}")))?;
        // A file of before there was this key is the operator's own by now, and the Worker needs it all the same.
        let required = &mut config.secrets.required;
        if file == ADMIN && required.iter().all(|name| name != AUDIT_KEYS) {
            required.push(AUDIT_KEYS.to_owned());
        }
        Ok(Self { file, config })
    }

    fn var(&self, name: &str) -> Option<&str> {
        self.config.vars.get(name)?.as_str()
    }

    /// The id of its database: `None` as long as there is none.
    fn database(&self) -> Option<&str> {
        let bound = self.config.d1_databases.iter().find(|bound| bound.database_name == DATABASE)?;
        Some(bound.database_id.as_str()).filter(|id| *id != NO_DATABASE)
    }

    fn deployment(&self, origin: &str) -> Step {
        // Who has routes of their own in wrangler.toml needs no custom domain.
        let routed = self.config.route.is_some() || self.config.routes.is_some();
        let host = self.var(origin).and_then(public_host).filter(|_| !routed);
        Step::Deploy { file: self.file, worker: self.config.name.clone(), host: host.map(str::to_owned) }
    }
}

/// The host of an origin where a custom domain can be: https, no port, spelled as browsers spell it.
fn public_host(origin: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    let host = context::host(origin).filter(|_| origin.starts_with("https://"))?;
    (host.contains('.') && host.chars().all(plain)).then_some(host)
}

/// What is on Cloudflare.
#[derive(Default)]
struct Found {
    database: Option<String>,
    accounts: i64,
    /// Who has joined an account.
    members: i64,
    /// The names of the secrets that the edge Worker and the admin Worker have.
    secrets: [Vec<String>; 2],
}

/// What to do, what is missing for it, and what both follow from.
struct Plan<'a> {
    world: &'a World<'a>,
    workers: [Worker; 2],
    found: Found,
    steps: Vec<Step>,
    missing: Vec<String>,
}

/// A step. Taken once more it does no harm, but for the last, which is only taken while there is no account.
enum Step {
    CreateDatabase,
    NameDatabase,
    Migrate,
    MakeKeys(Vec<&'static str>),
    SetKeys { file: &'static str, worker: String, names: Vec<String> },
    Deploy { file: &'static str, worker: String, host: Option<String> },
    Invite { name: String, email: String },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDatabase => write!(f, "create the D1 database {DATABASE}"),
            Self::NameDatabase => write!(f, "write the database's id into {EDGE} and {ADMIN}"),
            Self::Migrate => write!(f, "apply the migrations that the database has not had yet"),
            Self::MakeKeys(names) => write!(f, "make {}, and keep them in {KEYS_FILE}", names.join(", ")),
            Self::SetKeys { worker, names, .. } => write!(f, "set {} of {worker}", names.join(", ")),
            Self::Deploy { worker, host: Some(host), .. } => write!(f, "deploy {worker} to {host}"),
            Self::Deploy { worker, host: None, .. } => write!(f, "deploy {worker}"),
            Self::Invite { name, email } => write!(f, "create the account {name} and invite {email} as its owner"),
        }
    }
}

impl<'a> Plan<'a> {
    fn new(world: &'a World<'a>, first: Option<&(String, String)>) -> Result<Self, Fault> {
        let workers = [Worker::read(world.folder, EDGE)?, Worker::read(world.folder, ADMIN)?];
        let mut missing = origins(&workers);
        for Worker { file, config } in &workers {
            if config.d1_databases.iter().all(|bound| bound.database_name != DATABASE) {
                missing.push(format!("{file}: a [[d1_databases]] needs database_name = \"{DATABASE}\""));
            }
        }
        let found = look(world, &workers, &mut missing)?;
        let mut plan = Self { world, workers, found, steps: Vec::new(), missing };
        plan.data();
        plan.keys()?;
        plan.deployments();
        plan.invitation(first);
        Ok(plan)
    }

    fn data(&mut self) {
        let database = self.found.database.as_deref();
        if database.is_none() {
            self.steps.push(Step::CreateDatabase);
        }
        if database.is_none() || self.workers.iter().any(|worker| worker.database() != database) {
            self.steps.push(Step::NameDatabase);
        }
        self.steps.push(Step::Migrate);
    }

    /// Keys are made once, for every Worker that lacks them. What is set already stays.
    fn keys(&mut self) -> Result<(), Fault> {
        let kept = kept_keys(self.world.folder)?;
        let (mut made, mut steps) = (Vec::new(), Vec::new());
        for (worker, has) in self.workers.iter().zip(&self.found.secrets) {
            let name = &worker.config.name;
            let lacking: Vec<_> = worker.config.secrets.required.iter().filter(|key| !has.contains(key)).collect();
            for key in &lacking {
                let Some((key, _, of_users)) = KEYS.iter().find(|(known, ..)| known == key) else {
                    let put = format!("npx wrangler secret put {key} -c {}", worker.file);
                    self.missing.push(format!("{name} needs the secret {key}, which is not made here: {put}"));
                    continue;
                };
                let elsewhere = self.found.secrets.iter().flatten().any(|set| set == key);
                if !kept.contains_key(*key) && (elsewhere || *of_users && self.found.accounts > 0) {
                    self.missing.push(format!(
                        "{name} lacks {key}, which is in use already and cannot be read back from Cloudflare: put {KEYS_FILE} \
                         back where it was. With a new one nobody could sign in"
                    ));
                } else if !kept.contains_key(*key) && !made.contains(key) {
                    made.push(*key);
                }
            }
            if !lacking.is_empty() {
                let names = lacking.into_iter().cloned().collect();
                steps.push(Step::SetKeys { file: worker.file, worker: name.clone(), names });
            }
        }
        if !made.is_empty() {
            self.steps.push(Step::MakeKeys(made));
        }
        self.steps.append(&mut steps);
        Ok(())
    }

    fn deployments(&mut self) {
        let [edge, admin] = &self.workers;
        let (example, file) = EXAMPLE;
        if edge.config.services.iter().any(|bound| bound.service == example) {
            match edge.var("APP_URL").unwrap_or_default() {
                "" => self.steps.push(Step::Deploy { file, worker: example.to_owned(), host: None }),
                // Cloudflare takes no Worker that is bound to one which is not there.
                _ => self
                    .missing
                    .push(format!("{EDGE}: APP_URL names your app, so take out the [[services]] of {example}")),
            }
        }
        self.steps.extend([edge.deployment("EDGE_ORIGIN"), admin.deployment("ADMIN_ORIGIN")]);
    }

    fn invitation(&mut self, first: Option<&(String, String)>) {
        if self.found.accounts > 0 {
            return;
        }
        let Some((name, email)) = first else {
            let how = "npm run deploy -- \"Acme\" ann@acme.test";
            return self
                .missing
                .push(format!("there is no account yet: give the name and the owner's address of one, {how}"));
        };
        match operator::named(name).and_then(|name| Ok((name.to_owned(), operator::address(email)?))) {
            Ok((name, email)) => self.steps.push(Step::Invite { name, email }),
            Err(fault) => self.missing.push(fault.to_string()),
        }
    }

    /// Builds every Worker as it will be deployed, so that one that cannot be built is known before anything changes.
    fn build(&self) -> Result<(), Fault> {
        for step in &self.steps {
            if let Step::Deploy { file, worker, host } = step {
                (self.world.say)(&format!("Building {worker}"));
                self.wrangler_deploy(file, host.as_deref(), true)?;
            }
        }
        Ok(())
    }

    fn wrangler_deploy(&self, file: &str, host: Option<&str>, dry: bool) -> Result<(), Fault> {
        let mut args = vec!["deploy", "-c", file];
        args.extend(host.into_iter().flat_map(|host| ["--domain", host]));
        args.extend(dry.then_some("--dry-run"));
        let prints = if dry { Prints::Progress } else { Prints::Dialogue };
        (self.world.wrangler)(&Call { args: &args, input: "", prints }).map(drop)
    }

    fn take(&self, step: &Step, database: &mut Option<String>, link: &mut Option<String>) -> Result<(), Fault> {
        let World { folder, wrangler, batch, rng, now, .. } = *self.world;
        let database_id = || database.as_deref().ok_or_else(|| Fault::new("the database was made and is not listed"));
        match step {
            Step::CreateDatabase => {
                wrangler(&Call { args: &["d1", "create", DATABASE], input: "", prints: Prints::Progress })?;
                *database =
                    databases(self.world)?.into_iter().find(|found| found.name == DATABASE).map(|found| found.uuid);
            }
            Step::NameDatabase => {
                for worker in &self.workers {
                    let named = with_database(&read(folder, worker.file)?, database_id()?);
                    let named =
                        named.ok_or_else(|| Fault::new(format_args!("{}: where is its database_id?", worker.file)))?;
                    write(folder, worker.file, &named, 0o644)?;
                }
            }
            Step::Migrate => {
                let args = ["d1", "migrations", "apply", DATABASE, "--remote"];
                wrangler(&Call { args: &args, input: "", prints: Prints::Progress })?;
            }
            Step::MakeKeys(names) => {
                let mut text =
                    Zeroizing::new(read_if_there(folder, KEYS_FILE)?.unwrap_or_else(|| KEYS_HEAD.to_owned()));
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                for (name, id, _) in KEYS.iter().filter(|(name, ..)| names.contains(name)) {
                    text.push_str(&key_line(name, id, rng)?);
                    text.push('\n');
                }
                write(folder, KEYS_FILE, &text, 0o600)?;
            }
            Step::SetKeys { file, names, .. } => {
                let kept = kept_keys(folder)?;
                let values: BTreeMap<_, _> =
                    names.iter().filter_map(|name| Some((name, kept.get(name)?.as_str()))).collect();
                let input = Zeroizing::new(json!(values).to_string());
                wrangler(&Call { args: &["secret", "bulk", "-c", file], input: &input, prints: Prints::Answer })?;
            }
            Step::Deploy { file, host, .. } => self.wrangler_deploy(file, host.as_deref(), false)?,
            Step::Invite { name, email } => {
                let id = database_id()?;
                let world = operator::World { batch: &|statements| batch(id, statements), rng, now };
                let [edge, _] = &self.workers;
                let origin = edge.var("EDGE_ORIGIN").unwrap_or_default();
                *link = Some(operator::create_account(&world, origin, name, email, None, false)?);
            }
        }
        Ok(())
    }

    fn summary(&self, link: Option<String>) -> String {
        let [edge, admin] = &self.workers;
        let origin = |worker: &Worker, name| worker.var(name).unwrap_or_default().to_owned();
        let (edge, admin) = (origin(edge, "EDGE_ORIGIN"), origin(admin, "ADMIN_ORIGIN"));
        let mut said = vec![format!(
            "Airlock is at {edge}, for admins at {admin}. A new host takes some minutes to get its certificate;\n\
             {edge}/auth/health answers 200 when all is well."
        )];
        if self.steps.iter().any(|step| matches!(step, Step::Deploy { file, .. } if *file == EXAMPLE.1)) {
            said.push(format!(
                "Behind it is the example app. For your own, put the name of its Worker into [[services]] in {EDGE}, or its\n\
                 address into APP_URL there and take [[services]] out; then deploy again."
            ));
        }
        if self.world.folder.join(KEYS_FILE).exists() {
            said.push(format!(
                "{KEYS_FILE} holds the keys. Keep a copy somewhere safe: without it no password and no seed can be checked."
            ));
        }
        said.push(match (link, self.found.members) {
            (Some(link), _) => link,
            (None, 0) => {
                "There is an account already that nobody has joined. If its link got lost, make another in its place:\n\
                 npm run admin -- create-account NAME OWNER_EMAIL --remote"
                    .to_owned()
            }
            (None, _) => "There are accounts already: npm run admin -- status --remote".to_owned(),
        });
        said.join("\n\n")
    }
}

/// What is wrong with the origins in both files.
fn origins(workers: &[Worker; 2]) -> Vec<String> {
    let [edge, admin] = workers;
    let mut wrong = Vec::new();
    for (worker, name) in [(edge, "EDGE_ORIGIN"), (admin, "EDGE_ORIGIN"), (admin, "ADMIN_ORIGIN")] {
        let origin = worker.var(name).unwrap_or_default();
        if public_host(origin).is_none() {
            wrong.push(format!(
                "{}: {name} is {origin:?} and must be an https origin in small letters, such as https://app.example.com",
                worker.file
            ));
        }
    }
    for name in ["EDGE_ORIGIN", "ADMIN_ORIGIN"] {
        if let (Some(one), Some(other)) = (edge.var(name), admin.var(name))
            && one != other
        {
            wrong.push(format!("{name} is {one} in {EDGE} and {other} in {ADMIN}: it must be the same"));
        }
    }
    if edge.var("EDGE_ORIGIN") == admin.var("ADMIN_ORIGIN") {
        wrong.push(format!("{ADMIN}: ADMIN_ORIGIN must be on another host than EDGE_ORIGIN"));
    }
    wrong
}

/// Looks at what is on Cloudflare.
fn look(world: &World<'_>, workers: &[Worker; 2], missing: &mut Vec<String>) -> Result<Found, Fault> {
    if let Err(fault) = answer::<serde_json::Value>(world, &["whoami", "--json"]) {
        let logged_out = fault.to_string().contains("\"loggedIn\":false");
        missing.push(match logged_out {
            true => "log in: npx wrangler login, or put an API token into CLOUDFLARE_API_TOKEN".to_owned(),
            false => format!("Cloudflare cannot be asked: {fault}"),
        });
        return Ok(Found::default());
    }
    let databases = databases(world)?;
    let mut ids = workers.iter().filter_map(Worker::database);
    let database = match (ids.next(), ids.next()) {
        (Some(one), Some(other)) if one != other => {
            missing.push(format!("{EDGE} and {ADMIN} name different databases: {one} and {other}"));
            None
        }
        (Some(id), _) if databases.iter().all(|found| found.uuid != id) => {
            missing.push(format!(
                "{EDGE} names the database {id}, which is not in this Cloudflare account. Log in to the other account; or, to \
                 begin anew, put {NO_DATABASE} into both files"
            ));
            None
        }
        (Some(id), _) => Some(id.to_owned()),
        (None, _) => databases.into_iter().find(|found| found.name == DATABASE).map(|found| found.uuid),
    };
    let (accounts, members) = match &database {
        Some(id) => populated(world, id)?,
        None => (0, 0),
    };
    let [edge, admin] = workers;
    Ok(Found { database, accounts, members, secrets: [secrets(world, edge)?, secrets(world, admin)?] })
}

#[derive(Deserialize)]
struct Listed {
    uuid: String,
    name: String,
}

fn databases(world: &World<'_>) -> Result<Vec<Listed>, Fault> {
    answer(world, &["d1", "list", "--json"])
}

/// How many accounts there are in a database, and how many people have joined one.
fn populated(world: &World<'_>, database: &str) -> Result<(i64, i64), Fault> {
    #[derive(Deserialize)]
    struct Population {
        accounts: i64,
        members: i64,
    }
    let rows = |statement| operator::next(&mut (world.batch)(database, &[statement])?.into_iter());
    if rows(find_schema())?.0.is_empty() {
        return Ok((0, 0));
    }
    let found = rows(population())?.parse::<Population>()?.pop();
    Ok(found.map_or((0, 0), |found| (found.accounts, found.members)))
}

/// The names of the secrets that a Worker has: none, if it is not there yet.
fn secrets(world: &World<'_>, worker: &Worker) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    match answer::<Vec<Named>>(world, &["secret", "list", "-c", worker.file]) {
        Ok(found) => Ok(found.into_iter().map(|secret| secret.name).collect()),
        Err(fault) if fault.to_string().contains(&format!("Worker \"{}\" not found", worker.config.name)) => {
            Ok(Vec::new())
        }
        Err(fault) => Err(fault),
    }
}

/// What wrangler answers, as JSON.
fn answer<T: DeserializeOwned>(world: &World<'_>, args: &[&str]) -> Result<T, Fault> {
    let printed = (world.wrangler)(&Call { args, input: "", prints: Prints::Answer })?;
    serde_json::from_slice(&printed)
        .map_err(|e| Fault::new(format_args!("`wrangler {}` answered what is not JSON ({e})", args.join(" "))))
}

/// A new key, as a line of a file that names it.
///
/// # Errors
/// No randomness.
pub fn key_line(name: &str, id: &str, rng: &dyn Rng) -> Result<String, Fault> {
    Ok(format!("{name}=\"{}\"", *Keyring::generate(id, rng)?))
}

/// The keys kept in the project's folder, by the secret's name.
fn kept_keys(folder: &Path) -> Result<BTreeMap<String, Zeroizing<String>>, Fault> {
    let text = Zeroizing::new(read_if_there(folder, KEYS_FILE)?.unwrap_or_default());
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            // Of a line that is damaged nothing is shown.
            let wrong = |why| Fault::new(format_args!("{KEYS_FILE}, line {number}: {why}"));
            let (name, value) = line.split_once("=\"").ok_or_else(|| wrong("must be NAME=\"id:key\""))?;
            let value = value.trim_end_matches('"');
            Keyring::parse(value).map_err(wrong)?;
            Ok((name.to_owned(), Zeroizing::new(value.to_owned())))
        })
        .collect()
}

/// A wrangler.toml with the id of the database filled in, all else as it was.
fn with_database(toml: &str, id: &str) -> Option<String> {
    let mut toml: DocumentMut = toml.parse().ok()?;
    let bound = toml.get_mut("d1_databases")?.as_array_of_tables_mut()?;
    let named = bound.iter_mut().find(|table| table.get("database_name").and_then(Item::as_str) == Some(DATABASE))?;
    let value = named.get_mut("database_id")?.as_value_mut()?;
    let comment = value.decor().clone();
    *value = id.into();
    *value.decor_mut() = comment;
    Some(toml.to_string())
}

fn read(folder: &Path, file: &str) -> Result<String, Fault> {
    fs::read_to_string(folder.join(file)).map_err(|e| Fault::new(format_args!("{file}: {e}")))
}

fn read_if_there(folder: &Path, file: &str) -> Result<Option<String>, Fault> {
    match fs::read_to_string(folder.join(file)) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(|e| Fault::new(format_args!("{file}: {e}"))),
    }
}

/// Writes the whole file, or leaves what was there.
fn write(folder: &Path, file: &str, text: &str, mode: u32) -> Result<(), Fault> {
    let new = folder.join(format!("{file}.new"));
    let written = || {
        let _ = fs::remove_file(&new); // of an interrupted run
        let mut opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&new, folder.join(file))
    };
    written().map_err(|e| Fault::new(format_args!("{file}: {e}")))
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

    use std::{
        cell::{Cell, RefCell},
        collections::BTreeSet,
        os::unix::fs::PermissionsExt,
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    /// A project's folder and a Cloudflare account, both empty at first.
    struct Cloud {
        folder: PathBuf,
        logged_in: Cell<bool>,
        database: Cell<bool>,
        migrated: Cell<bool>,
        rows: airlock_tests::World,
        /// Of each Worker that is there: its secrets.
        workers: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
        /// The Workers deployed in this run.
        deployed: RefCell<Vec<String>>,
        /// Every argument, and all that was said.
        seen: RefCell<String>,
        /// Changes made on Cloudflare in this run.
        changes: Cell<usize>,
        /// The change at which the run ends, and whether it still happens.
        ends_at: Cell<Option<(usize, bool)>>,
        /// Every value that a secret ever had.
        values: RefCell<BTreeSet<(String, String)>>,
    }

    impl Drop for Cloud {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.folder).unwrap();
        }
    }

    impl Cloud {
        fn new() -> Self {
            static NUMBER: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let folder = std::env::temp_dir().join(format!("airlock-deploy-{}-{number}", std::process::id()));
            let rows = airlock_tests::World::new();
            rows.db.execute("DELETE FROM accounts", &[]);
            let cloud = Self {
                folder,
                logged_in: Cell::new(true),
                database: Cell::default(),
                migrated: Cell::default(),
                rows,
                workers: RefCell::default(),
                deployed: RefCell::default(),
                seen: RefCell::default(),
                changes: Cell::default(),
                ends_at: Cell::default(),
                values: RefCell::default(),
            };
            fs::create_dir_all(cloud.folder.join("admin")).unwrap();
            fs::create_dir_all(cloud.folder.join("examples/dashboard")).unwrap();
            let bound = format!(
                "[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"airlock\"\ndatabase_id = \"{NO_DATABASE}\" # why\n"
            );
            cloud.put(
                EDGE,
                &format!(
                    "name = \"airlock-edge\"\n[vars]\nEDGE_ORIGIN = \"https://app.acme.test\"\n[secrets]\n\
                     required = [\"SEED_KEYS\", \"PEPPER_KEYS\", \"ASSERTION_KEYS\"]\n{bound}"
                ),
            );
            cloud.put(
                ADMIN,
                &format!(
                    "name = \"airlock-admin\"\n[vars]\nEDGE_ORIGIN = \"https://app.acme.test\"\n\
                     ADMIN_ORIGIN = \"https://admin.acme.test\"\n[secrets]\nrequired = [\"SEED_KEYS\", \"PEPPER_KEYS\"]\n{bound}"
                ),
            );
            cloud.put(EXAMPLE.1, "name = \"airlock-example\"\n");
            cloud
        }

        fn put(&self, file: &str, text: &str) {
            fs::write(self.folder.join(file), text).unwrap();
        }

        fn file(&self, file: &str) -> String {
            read(&self.folder, file).unwrap()
        }

        fn edit(&self, file: &str, from: &str, to: &str) {
            let text = self.file(file);
            assert!(text.contains(from), "{text}");
            self.put(file, &text.replace(from, to));
        }

        /// Sets a secret as someone did before.
        fn has(&self, worker: &str, secret: &str) {
            self.workers.borrow_mut().entry(worker.to_owned()).or_default().insert(secret.to_owned(), "old".to_owned());
        }

        fn populate(&self) {
            self.database.set(true);
            self.migrated.set(true);
            self.rows.add_account("acme");
        }

        fn on<T>(&self, act: impl FnOnce(&World<'_>) -> T) -> T {
            self.changes.set(0);
            self.deployed.borrow_mut().clear();
            let batch = |id: &str, statements: &[Statement]| {
                assert_eq!((id, self.database.get()), (ID, true));
                if !self.migrated.get() {
                    return Ok(vec![Rows::default()]);
                }
                match statements.iter().any(|statement| statement.sql.contains("INSERT")) {
                    true => self.change(|| self.rows.db.run(statements.to_vec())),
                    false => Ok(self.rows.db.run(statements.to_vec())),
                }
            };
            let world = World {
                folder: &self.folder,
                wrangler: &|call| self.wrangler(call),
                batch: &batch,
                rng: &crate::Random,
                now: self.rows.now.get(),
                say: &|line| self.seen.borrow_mut().push_str(line),
            };
            act(&world)
        }

        fn deploy(&self, first: Option<(&str, &str)>) -> Result<String, String> {
            let first = first.map(|(name, email)| (name.to_owned(), email.to_owned()));
            let said = self.on(|world| deploy(world, first.as_ref())).map_err(|fault| fault.to_string());
            self.seen.borrow_mut().push_str(said.as_ref().unwrap_or_else(|said| said));
            said
        }

        fn first(&self) -> Result<String, String> {
            self.deploy(Some(("Acme", "ann@acme.test")))
        }

        /// What must be done first, and that it was said before anything changed.
        fn refused(&self, first: Option<(&str, &str)>) -> String {
            let files = || [EDGE, ADMIN, KEYS_FILE].map(|file| fs::read_to_string(self.folder.join(file)).ok());
            let before = files();
            let said = self.deploy(first).unwrap_err();
            assert_eq!((self.changes.get(), files()), (0, before), "{said}");
            said
        }

        fn change<T>(&self, act: impl FnOnce() -> T) -> Result<T, Fault> {
            self.changes.set(self.changes.get() + 1);
            match self.ends_at.get() {
                Some((number, happens)) if number == self.changes.get() => {
                    if happens {
                        act();
                    }
                    Err(Fault::new("the run ended"))
                }
                _ => Ok(act()),
            }
        }

        /// As wrangler behaves.
        fn wrangler(&self, call: &Call<'_>) -> Result<Vec<u8>, Fault> {
            self.seen.borrow_mut().push_str(&call.args.join(" "));
            let answer = |value: serde_json::Value| Ok(value.to_string().into_bytes());
            let worker = |file: &str| Worker::read(&self.folder, Box::leak(file.to_owned().into_boxed_str())).unwrap();
            match call.args {
                ["whoami", "--json"] if self.logged_in.get() => answer(json!({ "loggedIn": true })),
                ["whoami", "--json"] => Err(Fault::new("wrangler failed\n{\"loggedIn\":false}")),
                _ if !self.logged_in.get() && call.args.last() != Some(&"--dry-run") => panic!("{:?}", call.args),
                ["d1", "list", "--json"] => match self.database.get() {
                    true => answer(json!([{ "uuid": "other", "name": "other" }, { "uuid": ID, "name": DATABASE }])),
                    false => answer(json!([])),
                },
                ["d1", "create", DATABASE] => {
                    assert!(!self.database.get(), "there is one");
                    self.change(|| self.database.set(true)).map(|()| Vec::new())
                }
                ["d1", "migrations", "apply", DATABASE, "--remote"] => {
                    assert_eq!(worker(EDGE).database(), Some(ID));
                    self.change(|| self.migrated.set(true)).map(|()| Vec::new())
                }
                ["secret", "list", "-c", file] => {
                    let name = worker(file).config.name;
                    match self.workers.borrow().get(&name) {
                        Some(secrets) => answer(secrets.keys().map(|name| json!({ "name": name })).collect()),
                        None => Err(Fault::new(format_args!("wrangler failed\nWorker \"{name}\" not found."))),
                    }
                }
                ["secret", "bulk", "-c", file] => {
                    let values: BTreeMap<String, String> = serde_json::from_str(call.input).unwrap();
                    assert!(!values.is_empty());
                    self.change(|| {
                        self.values.borrow_mut().extend(values.clone());
                        self.workers.borrow_mut().entry(worker(file).config.name).or_default().extend(values);
                        Vec::new()
                    })
                }
                ["deploy", "-c", file, rest @ ..] => {
                    let worker = worker(file);
                    if rest.last() == Some(&"--dry-run") {
                        return Ok(Vec::new());
                    }
                    assert_eq!(worker.database().unwrap_or(ID), ID);
                    let workers = self.workers.borrow();
                    for name in &worker.config.secrets.required {
                        assert!(workers[&worker.config.name].contains_key(name), "{name} is not set");
                    }
                    self.change(|| {
                        self.deployed.borrow_mut().push(format!("{} {}", worker.config.name, rest.join(" ")))
                    })
                    .map(|()| Vec::new())
                }
                other => panic!("{other:?}"),
            }
        }

        fn accounts(&self) -> usize {
            self.rows.db.table("SELECT id FROM accounts").lines().count()
        }

        /// That all is as one whole run leaves it.
        fn assert_up(&self) {
            for file in [EDGE, ADMIN] {
                assert!(self.file(file).contains(&format!("database_id = \"{ID}\" # why\n")), "{}", self.file(file));
            }
            let keys = kept_keys(&self.folder).unwrap();
            assert_eq!(keys.keys().collect::<Vec<_>>(), ["ASSERTION_KEYS", "AUDIT_KEYS", "PEPPER_KEYS", "SEED_KEYS"]);
            assert_eq!(fs::metadata(self.folder.join(KEYS_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
            let workers = self.workers.borrow();
            let set = |worker: &str| {
                workers[worker].iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
            };
            let kept = |names: &[&str]| {
                names.iter().map(|name| ((*name).to_owned(), keys[*name].to_string())).collect::<Vec<_>>()
            };
            assert_eq!(set("airlock-edge"), kept(&["ASSERTION_KEYS", "PEPPER_KEYS", "SEED_KEYS"]));
            // Its file is from before there was the first of them.
            assert_eq!(set("airlock-admin"), kept(&["AUDIT_KEYS", "PEPPER_KEYS", "SEED_KEYS"]));
            assert_eq!(self.values.borrow().len(), 4, "a key was made twice");
            for (_, value) in &*self.values.borrow() {
                let secret = value.split_once(':').unwrap().1;
                assert!(!self.seen.borrow().contains(secret), "a key was said, or an argument");
            }
            assert!(self.migrated.get());
            assert_eq!(self.accounts(), 1);
        }
    }

    #[test]
    fn from_nothing_to_the_first_owners_link() {
        let cloud = Cloud::new();
        let said = cloud.first().unwrap();
        cloud.assert_up();
        assert_eq!(
            *cloud.deployed.borrow(),
            ["airlock-edge --domain app.acme.test", "airlock-admin --domain admin.acme.test"]
        );
        assert!(said.contains("https://app.acme.test/auth/invite/") && said.contains("ann@acme.test"), "{said}");
    }

    #[test]
    fn a_variable_is_one_of_those_in_vars() {
        let cloud = Cloud::new();
        cloud.put(EDGE, "name = \"airlock\"\n[vars]\nSITE = \"x\"\nEDGE_ORIGIN = \"https://a.test\" # ours\n\n[x]");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap().as_deref(), Some("https://a.test"));
        assert_eq!(variable(&cloud.folder, "OTHER").unwrap(), None);
        cloud.put(EDGE, "name = \"airlock\"\nEDGE_ORIGIN = \"no\"\n[vars]\n[x]\nEDGE_ORIGIN = \"no\"");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap(), None);
    }

    #[test]
    fn wherever_a_run_ends_the_next_one_goes_on() {
        let changes = {
            let cloud = Cloud::new();
            cloud.first().unwrap();
            cloud.changes.get()
        };
        assert_eq!(changes, 7, "database, migrations, secrets of two, two Workers, account");
        for (end, happens) in (1..=changes).flat_map(|end| [(end, false), (end, true)]) {
            let cloud = Cloud::new();
            cloud.ends_at.set(Some((end, happens)));
            assert_eq!(cloud.first().unwrap_err(), "the run ended\nThe same command goes on from here.", "{end}");
            cloud.ends_at.set(None);
            let said = cloud.first().unwrap_or_else(|e| panic!("after {end}, {happens}: {e}"));
            cloud.assert_up();
            assert_eq!(cloud.deployed.borrow().len(), 2);
            let lost = (end, happens) == (changes, true);
            assert_eq!(said.contains("nobody has joined"), lost, "{said}");
            assert_eq!(said.contains("/auth/invite/"), !lost, "{said}");
        }
    }

    #[test]
    fn a_run_that_ended_between_two_files_goes_on_too() {
        let cloud = Cloud::new();
        cloud.database.set(true);
        cloud.edit(EDGE, NO_DATABASE, ID);
        cloud.put(&format!("{KEYS_FILE}.new"), "SEED_KEYS=\"half");
        cloud.first().unwrap();
        cloud.assert_up();
        assert!(!cloud.folder.join(format!("{KEYS_FILE}.new")).exists());
    }

    #[test]
    fn once_more_brings_up_to_date_and_makes_nothing_anew() {
        let cloud = Cloud::new();
        cloud.first().unwrap();
        let said = cloud.deploy(None).unwrap();
        cloud.assert_up();
        assert_eq!((cloud.changes.get(), cloud.deployed.borrow().len()), (3, 2), "migrations and two Workers");
        assert!(!said.contains("/auth/invite/"), "{said}");
    }

    #[test]
    fn no_key_is_made_where_another_may_be_in_use() {
        let at_one_worker = Cloud::new();
        at_one_worker.has("airlock-admin", "PEPPER_KEYS");
        let said = at_one_worker.refused(Some(("Acme", "ann@acme.test")));
        assert!(said.contains("airlock-edge lacks PEPPER_KEYS") && said.contains("airlock.keys"), "{said}");
        assert!(!said.contains("lacks SEED_KEYS"), "{said}");

        let by_accounts = Cloud::new();
        by_accounts.populate();
        let said = by_accounts.refused(None);
        assert!(
            said.contains("airlock-edge lacks SEED_KEYS") && said.contains("airlock-admin lacks PEPPER_KEYS"),
            "{said}"
        );
        assert!(!said.contains("ASSERTION_KEYS"), "no row depends on it: {said}");
    }

    #[test]
    fn a_new_kind_of_key_is_added_to_those_in_use_which_stay() {
        let cloud = Cloud::new();
        cloud.populate();
        for worker in ["airlock-edge", "airlock-admin"] {
            ["SEED_KEYS", "PEPPER_KEYS"].iter().for_each(|secret| cloud.has(worker, secret));
        }
        cloud.deploy(None).unwrap();
        let made = cloud.values.borrow();
        assert_eq!(made.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["ASSERTION_KEYS", "AUDIT_KEYS"]);
        assert_eq!(cloud.workers.borrow()["airlock-edge"]["SEED_KEYS"], "old");
        assert_eq!(cloud.workers.borrow()["airlock-admin"].len(), 3);
    }

    #[test]
    fn a_file_of_keys_that_was_edited_is_added_to() {
        let cloud = Cloud::new();
        let seed_keys = format!("SEED_KEYS=\"{}\"", *Keyring::generate("s2", &crate::Random).unwrap());
        cloud.put(KEYS_FILE, &seed_keys);
        cloud.first().unwrap();
        cloud.assert_up();
        assert!(cloud.file(KEYS_FILE).starts_with(&format!("{seed_keys}\nPEPPER_KEYS=\"p1:")));
    }

    #[test]
    fn kept_keys_are_set_again_where_a_worker_was_lost() {
        let cloud = Cloud::new();
        cloud.first().unwrap();
        cloud.workers.borrow_mut().clear();
        cloud.deploy(None).unwrap();
        cloud.assert_up();
    }

    #[test]
    fn a_damaged_file_of_keys_is_named_and_not_shown() {
        let cloud = Cloud::new();
        let damaged = [
            ("# one\nSEED_KEYS=\"s1:c2hvcnQ=\"", "airlock.keys, line 2: a key must be 32 bytes"),
            ("s1:c2hvcnQ=", "airlock.keys, line 1: must be NAME="),
        ];
        for (text, why) in damaged {
            cloud.put(KEYS_FILE, text);
            let said = cloud.refused(Some(("Acme", "ann@acme.test")));
            assert!(said.contains(why) && !said.contains("c2hvcnQ"), "{said}");
        }
    }

    #[test]
    fn all_that_is_missing_is_said_at_once_before_anything_changes() {
        let cloud = Cloud::new();
        cloud.edit(EDGE, "https://app.acme.test", "http://localhost:8787");
        cloud.edit(ADMIN, "https://admin.acme.test", "https://Admin.acme.test");
        cloud.edit(EDGE, "\"ASSERTION_KEYS\"", "\"MAIL_TOKEN\"");
        cloud.edit(ADMIN, "\"airlock\"", "\"airlocks\"");
        let said = cloud.refused(None);
        for line in [
            "wrangler.toml: EDGE_ORIGIN is \"http://localhost:8787\" and must be",
            "admin/wrangler.toml: ADMIN_ORIGIN is \"https://Admin.acme.test\" and must be",
            "EDGE_ORIGIN is http://localhost:8787 in wrangler.toml and https://app.acme.test in admin/wrangler.toml",
            "admin/wrangler.toml: a [[d1_databases]] needs database_name = \"airlock\"",
            "npx wrangler secret put MAIL_TOKEN -c wrangler.toml",
            "there is no account yet",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
    }

    #[test]
    fn each_thing_missing_alone_is_enough_to_change_nothing() {
        let acme = Some(("Acme", "ann@acme.test"));
        let refused = |prepare: &dyn Fn(&Cloud), first, why: &str| {
            let cloud = Cloud::new();
            prepare(&cloud);
            let said = cloud.refused(first);
            assert!(said.contains(why), "{why}\n{said}");
        };
        refused(&|cloud| cloud.logged_in.set(false), acme, "npx wrangler login");
        refused(&|_| (), None, "npm run deploy -- \"Acme\" ann@acme.test");
        refused(&|_| (), Some(("Acme", "ann")), "ann is not an e-mail address");
        refused(&|_| (), Some((" ", "ann@acme.test")), "a name has 1 to 100 characters");
        refused(
            &|cloud| cloud.edit(ADMIN, "admin.acme.test", "app.acme.test"),
            acme,
            "on another host than EDGE_ORIGIN",
        );
        refused(
            &|cloud| cloud.edit(ADMIN, "https://admin.acme.test", "https://admin.acme.test:8443"),
            acme,
            "ADMIN_ORIGIN is",
        );
        refused(&|cloud| cloud.edit(EDGE, NO_DATABASE, "another"), acme, "not in this Cloudflare account");
        refused(
            &|cloud| [(EDGE, ID), (ADMIN, "another")].iter().for_each(|(file, id)| cloud.edit(file, NO_DATABASE, id)),
            acme,
            "name different databases",
        );
        refused(&|cloud| cloud.put(EDGE, "name = "), acme, "wrangler.toml");
    }

    #[test]
    fn a_dry_run_builds_both_and_changes_nothing_logged_in_or_not() {
        for logged_in in [true, false] {
            let cloud = Cloud::new();
            cloud.logged_in.set(logged_in);
            let before = [EDGE, ADMIN].map(|file| cloud.file(file));
            let said = cloud.on(|world| dry_run(world, None)).unwrap();
            assert_eq!((cloud.changes.get(), [EDGE, ADMIN].map(|file| cloud.file(file))), (0, before));
            assert!(!cloud.folder.join(KEYS_FILE).exists());
            let seen = cloud.seen.borrow();
            assert!(seen.contains("deploy -c wrangler.toml --domain app.acme.test --dry-run"), "{seen}");
            assert!(seen.contains("deploy -c admin/wrangler.toml --domain admin.acme.test --dry-run"), "{seen}");
            for step in [
                "create the D1 database",
                "make SEED_KEYS, PEPPER_KEYS, ASSERTION_KEYS, AUDIT_KEYS, and keep",
                "deploy airlock-admin to admin.acme.test",
            ] {
                assert!(said.contains(step), "{step}\n{said}");
            }
            assert!(said.contains("there is no account yet"), "{said}");
            assert_eq!(said.contains("npx wrangler login"), !logged_in, "{said}");
        }
    }

    #[test]
    fn the_example_is_deployed_first_as_long_as_no_app_is_named() {
        let bound = "[[services]]\nbinding = \"APP\"\nservice = \"airlock-example\"\n[[d1_databases]]";
        let cloud = Cloud::new();
        cloud.edit(EDGE, "[[d1_databases]]", bound);
        let said = cloud.first().unwrap();
        assert!(said.contains("Behind it is the example app"), "{said}");
        let deployed: Vec<_> =
            cloud.deployed.borrow().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(deployed, ["airlock-example", "airlock-edge", "airlock-admin"]);
        cloud.edit(EDGE, "[vars]\n", "[vars]\nAPP_URL = \"https://origin.acme.test\"\n");
        assert!(cloud.refused(None).contains("take out the [[services]] of airlock-example"));
        cloud.edit(EDGE, "\"airlock-example\"", "\"own-app\"");
        assert!(!cloud.deploy(None).unwrap().contains("example app"));
        assert_eq!(cloud.deployed.borrow().len(), 2);
    }

    #[test]
    fn routes_of_ones_own_take_the_place_of_the_custom_domain() {
        let cloud = Cloud::new();
        cloud.edit(EDGE, "[vars]", "routes = [{ pattern = \"app.acme.test/*\", zone_name = \"acme.test\" }]\n[vars]");
        cloud.first().unwrap();
        assert_eq!(cloud.deployed.borrow().first().map(String::as_str), Some("airlock-edge "));
    }
}
