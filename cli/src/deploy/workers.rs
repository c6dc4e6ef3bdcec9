//! The Workers that are deployed, and what their wrangler.toml say.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    future::ready,
    net::IpAddr,
    path::Path,
};

use airlock::{
    context::{self, Config as Settings},
    flows::gate::Gate,
    jobs,
    people::session::Site,
    ports::{Algorithm, Ed25519, Fault, LocalFuture, Sign, Signing},
};
use serde::Deserialize;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::files::read;
use crate::{
    d1::DATABASE,
    keys::{FILE, SMTP_URL},
};

/// A Worker of Airlock's. Its name is in its file, and the operator's to choose.
pub struct Spec {
    /// Its wrangler.toml.
    pub file: &'static str,
    /// The variable with its own origin, if it answers requests from outside.
    pub origin: Option<&'static str>,
    /// The secrets it needs, even where the operator's file is older than one of them.
    pub secrets: &'static [&'static str],
}

/// Every Worker of Airlock's, in the order in which they are deployed: Cloudflare takes no Worker with a binding to one that
/// is not there, and the others have one to the jobs Worker.
pub static WORKERS: &[Spec] = &[
    Spec { file: JOBS, origin: None, secrets: &["SEED_KEYS", "PEPPER_KEYS", "AUDIT_KEYS"] },
    Spec {
        file: EDGE,
        origin: Some("EDGE_ORIGIN"),
        secrets: &["SEED_KEYS", "PEPPER_KEYS", "ASSERTION_KEYS", "PROXY_KEYS"],
    },
    Spec {
        file: "admin/wrangler.toml",
        origin: Some("ADMIN_ORIGIN"),
        secrets: &["SEED_KEYS", "PEPPER_KEYS", "AUDIT_KEYS"],
    },
];

/// The edge Worker's file. It also has what all of them share; see [`crate::settings`].
pub const EDGE: &str = "wrangler.toml";

/// The jobs Worker's file.
pub const JOBS: &str = "jobs/wrangler.toml";

/// The app to try Airlock with: what the edge Worker calls it, and where it is.
pub const EXAMPLE: (&str, &str) = ("airlock-example", "examples/dashboard/wrangler.toml");

/// The id in a wrangler.toml until a database is made for it.
pub const NO_DATABASE: &str = "00000000-0000-0000-0000-000000000000";

/// A Worker as its file has it, and as it is on Cloudflare.
pub struct Worker {
    /// What we know of it.
    pub spec: &'static Spec,
    /// What its file says.
    pub config: Config,
    /// The names of the secrets that are set.
    pub set: Vec<String>,
}

/// What a wrangler.toml says.
#[derive(Deserialize)]
pub struct Config {
    /// The Worker's name.
    pub name: String,
    #[serde(default)]
    vars: BTreeMap<String, serde_json::Value>,
    /// Its secrets.
    #[serde(default)]
    pub secrets: Secrets,
    #[serde(default)]
    d1_databases: Vec<Database>,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    send_email: Vec<Named>,
    route: Option<serde_json::Value>,
    routes: Option<serde_json::Value>,
    /// All that it says, by table.
    #[serde(skip)]
    whole: BTreeMap<String, serde_json::Value>,
}

/// The secrets of a Worker.
#[derive(Default, Deserialize)]
pub struct Secrets {
    /// The names of those it needs.
    #[serde(default)]
    pub required: Vec<String>,
}

#[derive(Deserialize)]
struct Database {
    database_name: String,
    database_id: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Service {
    binding: String,
    service: String,
}

impl Config {
    /// Reads a wrangler.toml.
    ///
    /// # Errors
    /// It cannot be read, or is no such file.
    pub fn read(folder: &Path, file: &str) -> Result<Self, Fault> {
        let toml = read(folder, file)?;
        let wrong = |e: toml_edit::de::Error| Fault::new(format_args!("{file}: {e}"));
        let whole = toml_edit::de::from_str(&toml).map_err(wrong)?;
        Ok(Self { whole, ..toml_edit::de::from_str(&toml).map_err(wrong)? })
    }

    /// A variable.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name)?.as_str()
    }

    /// A variable as `npm start` gives it to the Worker: the environment's, or else the file's. What is empty counts as unset.
    pub fn started_with(&self, name: &str, environment: impl Fn(&str) -> Option<String>) -> Option<String> {
        let given = |value: &String| !value.is_empty();
        environment(name).filter(given).or_else(|| self.var(name).map(str::to_owned).filter(given))
    }

    /// A variable as the Worker reads it: what is no text, as its JSON. Its secrets are what they should be.
    fn setting(&self, name: &str) -> Option<String> {
        if self.secrets.required.iter().any(|secret| secret == name) {
            return Some(if name == SMTP_URL { A_SERVER } else { A_KEY }.to_owned());
        }
        match self.vars.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Whether Airlock's database is bound.
    pub fn has_database(&self) -> bool {
        self.d1_databases.iter().any(|bound| bound.database_name == DATABASE)
    }

    /// The database's id: `None` until there is one.
    pub fn database(&self) -> Option<&str> {
        let bound = self.d1_databases.iter().find(|bound| bound.database_name == DATABASE)?;
        Some(bound.database_id.as_str()).filter(|id| *id != NO_DATABASE)
    }

    /// The Worker bound as the app.
    pub fn app(&self) -> Option<&str> {
        self.services.iter().find(|bound| bound.binding == "APP").map(|bound| bound.service.as_str())
    }

    /// Whether Cloudflare's own way for mails is bound.
    pub fn has_email(&self) -> bool {
        self.send_email.iter().any(|bound| bound.name == "EMAIL")
    }

    /// Whether another Worker is bound.
    pub fn has_service(&self, worker: &str) -> bool {
        self.services.iter().any(|bound| bound.service == worker)
    }
}

impl Worker {
    /// Reads its file; nothing is known yet of what is set on Cloudflare.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(folder: &Path, spec: &'static Spec) -> Result<Self, Fault> {
        let mut config = Config::read(folder, spec.file)?;
        let required = &mut config.secrets.required;
        for name in spec.secrets {
            if required.iter().all(|required| required != name) {
                required.push((*name).to_owned());
            }
        }
        Ok(Self { spec, config, set: Vec::new() })
    }

    /// The host that becomes its custom domain: none if it has no origin, or routes of its own in wrangler.toml.
    pub fn host(&self) -> Option<&str> {
        let routed = self.config.route.is_some() || self.config.routes.is_some();
        public_host(self.config.var(self.spec.origin?)?).filter(|_| !routed)
    }
}

/// A variable of the edge Worker, as its wrangler.toml has it.
///
/// # Errors
/// The file cannot be read.
pub fn variable(folder: &Path, name: &str) -> Result<Option<String>, Fault> {
    Ok(Config::read(folder, EDGE)?.var(name).map(str::to_owned))
}

/// Whom mails are from, of a deployment that sends any.
///
/// # Errors
/// The file cannot be read.
pub fn mail_from(folder: &Path) -> Result<Option<String>, Fault> {
    Ok(variable(folder, "MAIL_FROM")?.filter(|from| !from.is_empty()))
}

/// The host of an origin where a custom domain can be: https, no port, spelled as browsers spell it.
fn public_host(origin: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    let host = context::host(origin).filter(|_| origin.starts_with("https://"))?;
    (host.contains('.') && host.chars().all(plain)).then_some(host)
}

/// In place of a key that nothing is made with.
const A_KEY: &str = "k:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// In place of a server that nothing is sent to.
const A_SERVER: &str = "smtps://user:password@mail.example.com";

/// Takes [`A_KEY`] in, and signs nothing.
struct NoKeys;

impl Signing for NoKeys {
    fn import<'a>(&'a self, _: Algorithm, _: &'a str, _: &'a str) -> LocalFuture<'a, Result<Box<dyn Sign>, Fault>> {
        Box::pin(ready(Err(Fault::new("nothing is signed here"))))
    }

    fn ed25519<'a>(&'a self, _: &'a [u8; 32]) -> LocalFuture<'a, Result<Ed25519, Fault>> {
        Box::pin(ready(Ok(Ed25519 { public: String::new(), private: Box::new(Self) })))
    }
}

impl Sign for NoKeys {
    fn sign<'a>(&'a self, _: &'a str) -> LocalFuture<'a, Result<Vec<u8>, Fault>> {
        Box::pin(ready(Err(Fault::new("nothing is signed here"))))
    }
}

/// What a Worker would refuse once it is deployed, answering 503 to everything, and the names of the settings that it reads:
/// asked of the very code that it runs.
fn built(Worker { spec, config, .. }: &Worker) -> (Option<String>, BTreeSet<String>) {
    let read = RefCell::<BTreeSet<String>>::default();
    let variable = |name: &str| {
        read.borrow_mut().insert(name.to_owned());
        config.setting(name)
    };
    let built = match spec.origin {
        None => jobs::Config::build(variable).map(drop),
        Some("ADMIN_ORIGIN") => Settings::build(Site::Admin, variable).map(drop),
        Some(_) => {
            let gate = |settings| pollster::block_on(Gate::build(&settings, variable, &NoKeys)).map(drop);
            Settings::build(Site::Edge, variable).and_then(gate)
        }
    };
    let refused = built.err().map(|fault| format!("{}: {fault}", spec.file));
    (refused, read.into_inner())
}

/// What a Worker's file sets and nobody reads there: misspelled, in another Worker's file or outside the variables. It would
/// count as unset, and a list of paths that is unset asks for nothing.
fn unread(Worker { spec, config, .. }: &Worker, workers: &[Worker], read: &[BTreeSet<String>]) -> Vec<String> {
    let readers = |name: &str| -> Vec<&str> {
        let readers = workers.iter().zip(read).filter(|(_, read)| read.contains(name));
        readers.map(|(worker, _)| worker.spec.file).collect()
    };
    let shared = |name: &str| workers.iter().all(|worker| worker.config.vars.contains_key(name));
    let unknown = config.vars.keys().filter_map(|name| match readers(name).as_slice() {
        [] => Some(format!("{}: no Worker reads {name}", spec.file)),
        readers if readers.contains(&spec.file) || shared(name) => None,
        readers => Some(format!("{}: {name} is read from {} alone: move it there", spec.file, readers.join(" and "))),
    });
    let tables = config.whole.iter().filter(|(table, _)| *table != "vars");
    let misplaced = tables.flat_map(|(table, value)| names(table, value));
    let misplaced = misplaced.filter(|(_, name)| !readers(name).is_empty());
    let misplaced = misplaced.map(|(table, name)| format!("{}: {name} belongs in [vars], not in {table}", spec.file));
    // Which of them it were, wrangler would decide by a variable of the shell.
    let environments = config.whole.get("env").map(|_| format!("{}: [env] is not supported", spec.file));
    unknown.chain(misplaced).chain(environments).collect()
}

/// The names in a table, or in several of its name, each with the table's; a name that stands in none is its own.
fn names<'v>(table: &'v str, value: &'v serde_json::Value) -> Vec<(&'v str, &'v str)> {
    match value {
        serde_json::Value::Object(fields) => {
            let below = fields.iter().filter(|(_, value)| value.is_object() || value.is_array());
            let below = below.flat_map(|(_, value)| names(table, value)).collect::<Vec<_>>();
            fields.keys().map(|name| (table, name.as_str())).chain(below).collect()
        }
        serde_json::Value::Array(tables) => tables.iter().flat_map(|value| names(table, value)).collect(),
        _ => vec![("the file itself", table)],
    }
}

/// What is wrong with the app that the edge Worker would stand in front of, where Cloudflare is to reach it.
fn app(config: &Config) -> Option<String> {
    let url = config.var("APP_URL").unwrap_or_default();
    if url.is_empty() && config.app().is_none() {
        return Some(format!("{EDGE}: there is no app: give its address in APP_URL, or bind its Worker as APP"));
    }
    is_private(context::host_name(url)).then(|| {
        format!("{EDGE}: APP_URL is {url:?}, which Cloudflare cannot reach: give it a public name or a tunnel")
    })
}

/// Whether a host is one of this machine, or of a network that is not public (RFC 1918, RFC 4193, RFC 6761).
fn is_private(name: &str) -> bool {
    match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => name == "localhost" || [".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end)),
    }
}

/// What is wrong with what the files say: each origin is one that can be public and no other's, the database is there, each
/// setting is where it is read, and the Workers and the app could work with them.
pub fn wrong(workers: &[Worker]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for Worker { spec, config, .. } in workers {
        let Some(name) = spec.origin else { continue };
        let origin = config.var(name).unwrap_or_default();
        if public_host(origin).is_none() {
            wrong.push(format!(
                "{EDGE}: {name} is {origin:?} and must be an https origin in lower case, such as https://app.example.com"
            ));
        }
        if let Some((earlier, _)) = seen.iter().find(|(_, taken)| *taken == origin) {
            wrong.push(format!("{EDGE}: {name} must be on a different host from {earlier}"));
        }
        seen.push((name, origin));
    }
    let (refused, read): (Vec<_>, Vec<_>) = workers.iter().map(built).unzip();
    let refused: Vec<_> = refused.into_iter().flatten().collect();
    // What it stops at, it has not read past.
    if refused.is_empty() {
        wrong.extend(workers.iter().flat_map(|worker| unread(worker, workers, &read)));
    }
    wrong.extend(refused);
    let passwords = workers.iter().filter(|worker| worker.config.vars.contains_key(SMTP_URL));
    wrong.extend(passwords.map(|worker| {
        format!("{}: {SMTP_URL} holds a password: take it out of this file, and put it into {FILE}", worker.spec.file)
    }));
    wrong.extend(workers.iter().filter(|worker| worker.spec.file == EDGE).filter_map(|worker| app(&worker.config)));
    if workers.iter().any(|worker| !worker.config.has_database()) {
        wrong.push(format!("{EDGE}: a [[d1_databases]] needs database_name = \"{DATABASE}\""));
    }
    wrong
}

/// What keeps mails from leaving, though they are to be sent. `kept`: the operator's server is among what is kept here.
pub fn no_way_for_mails(workers: &[Worker], kept: bool) -> Option<String> {
    let jobs = workers.iter().find(|worker| worker.spec.file == JOBS)?;
    let wanted = jobs.config.var("MAIL_FROM").is_some_and(|from| !from.is_empty());
    let named = |secrets: &[String]| secrets.iter().any(|secret| secret == SMTP_URL);
    let way = kept || jobs.config.has_email() || named(&jobs.set) || named(&jobs.config.secrets.required);
    (wanted && !way).then(|| {
        format!(
            "{EDGE}: MAIL_FROM is set, but nothing takes mails: put a [[send_email]] with name = \"EMAIL\" into {JOBS}, or \
             {SMTP_URL}=\"smtps://…\" into {FILE}"
        )
    })
}

/// A wrangler.toml with the database's id filled in, all else as it was.
pub fn with_database(toml: &str, id: &str) -> Option<String> {
    let mut toml: DocumentMut = toml.parse().ok()?;
    let value = match toml.get_mut("d1_databases")? {
        Item::ArrayOfTables(tables) => {
            let is_ours = |table: &&mut Table| table.get("database_name").and_then(Item::as_str) == Some(DATABASE);
            tables.iter_mut().find(is_ours)?.get_mut("database_id")?.as_value_mut()?
        }
        item => {
            let is_ours =
                |table: &&mut InlineTable| table.get("database_name").and_then(Value::as_str) == Some(DATABASE);
            let tables = item.as_array_mut()?.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.into_iter().find(is_ours)?.get_mut("database_id")?
        }
    };
    let comment = value.decor().clone();
    *value = id.into();
    *value.decor_mut() = comment;
    Some(toml.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::deploy::cloud::Cloud;

    #[test]
    fn the_databases_id_is_filled_in_however_the_table_is_written() {
        let inline =
            "d1_databases = [{ binding = \"X\" }, { database_name = \"airlock\", database_id = \"old\" }] # ours\n";
        assert_eq!(with_database(inline, "new").unwrap(), inline.replace("old", "new"));
        let tables = "[[d1_databases]]\nbinding = \"X\"\n[[d1_databases]]\ndatabase_name = \"airlock\"\ndatabase_id = \"old\" # ours\n";
        assert_eq!(with_database(tables, "new").unwrap(), tables.replace("old", "new"));
        assert_eq!(with_database("d1_databases = 1", "new"), None);
    }

    #[test]
    fn variables_are_read_from_vars_alone() {
        let cloud = Cloud::new();
        cloud.put(EDGE, "name = \"airlock\"\n[vars]\nSITE = \"x\"\nEDGE_ORIGIN = \"https://a.test\" # ours\n\n[x]");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap().as_deref(), Some("https://a.test"));
        assert_eq!(variable(&cloud.folder, "OTHER").unwrap(), None);
        cloud.put(EDGE, "name = \"airlock\"\nEDGE_ORIGIN = \"no\"\n[vars]\n[x]\nEDGE_ORIGIN = \"no\"");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap(), None);
    }
}
