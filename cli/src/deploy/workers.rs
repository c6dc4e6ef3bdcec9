//! The Workers that are deployed, and what their wrangler.toml say.

use std::{collections::BTreeMap, path::Path};

use airlock::{context, ports::Fault};
use serde::Deserialize;
use toml_edit::{DocumentMut, Item};

use super::files::read;
use crate::d1::DATABASE;

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
    Spec { file: "jobs/wrangler.toml", origin: None, secrets: &["SEED_KEYS", "PEPPER_KEYS", "AUDIT_KEYS"] },
    Spec { file: EDGE, origin: Some("EDGE_ORIGIN"), secrets: &["SEED_KEYS", "PEPPER_KEYS", "ASSERTION_KEYS"] },
    Spec {
        file: "admin/wrangler.toml",
        origin: Some("ADMIN_ORIGIN"),
        secrets: &["SEED_KEYS", "PEPPER_KEYS", "AUDIT_KEYS"],
    },
];

/// The edge Worker's file. It also has what all of them share; see [`crate::settings`].
pub const EDGE: &str = "wrangler.toml";

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
    route: Option<serde_json::Value>,
    routes: Option<serde_json::Value>,
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
struct Service {
    service: String,
}

impl Config {
    /// Reads a wrangler.toml.
    ///
    /// # Errors
    /// It cannot be read, or is no such file.
    pub fn read(folder: &Path, file: &str) -> Result<Self, Fault> {
        toml_edit::de::from_str(&read(folder, file)?).map_err(|e| Fault::new(format_args!("{file}: {e}")))
    }

    /// A variable.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name)?.as_str()
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

/// The host of an origin where a custom domain can be: https, no port, spelled as browsers spell it.
fn public_host(origin: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    let host = context::host(origin).filter(|_| origin.starts_with("https://"))?;
    (host.contains('.') && host.chars().all(plain)).then_some(host)
}

/// What the jobs Worker alone reads. It was the admin Worker's once: left there, an operator's limit would silently end.
const OF_JOBS: (&str, &str) = ("AUDIT_KEEP_DAYS", "jobs/wrangler.toml");

/// What is wrong with what the files say: each origin is one that can be public and no other's, the database is there, and each
/// setting is where it is read.
pub fn wrong(workers: &[Worker]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for Worker { spec, config, .. } in workers {
        let (setting, file) = OF_JOBS;
        if spec.file != file && config.var(setting).is_some() {
            wrong.push(format!("{}: {setting} is read from {file} alone: move it there", spec.file));
        }
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
    if workers.iter().any(|worker| !worker.config.has_database()) {
        wrong.push(format!("{EDGE}: a [[d1_databases]] needs database_name = \"{DATABASE}\""));
    }
    wrong
}

/// A wrangler.toml with the database's id filled in, all else as it was.
pub fn with_database(toml: &str, id: &str) -> Option<String> {
    let mut toml: DocumentMut = toml.parse().ok()?;
    let bound = toml.get_mut("d1_databases")?.as_array_of_tables_mut()?;
    let named = bound.iter_mut().find(|table| table.get("database_name").and_then(Item::as_str) == Some(DATABASE))?;
    let value = named.get_mut("database_id")?.as_value_mut()?;
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
    fn variables_are_read_from_vars_alone() {
        let cloud = Cloud::new();
        cloud.put(EDGE, "name = \"airlock\"\n[vars]\nSITE = \"x\"\nEDGE_ORIGIN = \"https://a.test\" # ours\n\n[x]");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap().as_deref(), Some("https://a.test"));
        assert_eq!(variable(&cloud.folder, "OTHER").unwrap(), None);
        cloud.put(EDGE, "name = \"airlock\"\nEDGE_ORIGIN = \"no\"\n[vars]\n[x]\nEDGE_ORIGIN = \"no\"");
        assert_eq!(variable(&cloud.folder, "EDGE_ORIGIN").unwrap(), None);
    }
}
