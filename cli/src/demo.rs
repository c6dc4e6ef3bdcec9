//! `demo`: the demo account that `npm start` shows. There is no way to name a remote database: its password is public.

use std::path::Path;

use airlock::{
    factor::{password, totp::parse_seed},
    people::Role,
    ports::Fault,
    secret::{Secret, seal},
    store::{NewAccount, NewUser, create_account, create_user, operator::keep_key_checks},
};
use serde::Deserialize;

use crate::{
    d1::Database,
    deploy::{Config, EDGE, EXAMPLE},
    keys,
    world::{Random, now},
};

/// Who is in it, and how they sign in: the tests read it too.
const PEOPLE: &str = include_str!("../../dev/people.json");

#[derive(Deserialize)]
struct Demo {
    /// Everyone's.
    password: String,
    account: Account,
    people: Vec<Person>,
}

#[derive(Deserialize)]
struct Account {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    email: String,
    name: String,
    role: Role,
    seed: Option<String>,
}

/// Adds the demo account to a local database, or shows who is in it
#[derive(clap::Args, Debug, PartialEq, Eq)]
#[group(required = true, multiple = false)]
pub struct Args {
    /// The local database's folder
    #[arg(long, value_name = "DIR")]
    pub persist_to: Option<String>,
    /// Show how everyone signs in, and add nothing
    #[arg(long)]
    pub show: bool,
    /// Show what `npm start` has behind the gate, as variables of a shell
    #[arg(long)]
    pub app: bool,
}

impl Args {
    /// Adds it, or shows it.
    ///
    /// # Errors
    /// .env has no keys, or the database.
    pub fn run(self) -> Result<String, Fault> {
        if self.app {
            return Ok(app(&Config::read(Path::new("."), EDGE)?, |name| std::env::var(name).ok()));
        }
        let demo: Demo = serde_json::from_str(PEOPLE).map_err(Fault::new)?;
        match self.persist_to {
            None => Ok(demo.show()),
            Some(folder) => demo.add(folder),
        }
    }
}

/// What is behind the gate, by the environment or else by wrangler.toml: its name, and of the example the paths it has that
/// neither of them lists.
fn app(config: &Config, variable: impl Fn(&str) -> Option<String>) -> String {
    let url = variable("APP_URL").filter(|url| !url.is_empty());
    let url = url.or_else(|| config.var("APP_URL").filter(|url| !url.is_empty()).map(str::to_owned));
    let behind = match (url, config.app()) {
        (Some(url), _) => url,
        (None, Some(worker)) if worker != EXAMPLE.0 => format!("{worker}, once `wrangler dev` runs in its folder"),
        (None, Some(_)) => {
            let listed = |name: &str| variable(name).is_some() || config.var(name).is_some_and(|list| !list.is_empty());
            let own = [("PUBLIC_PATHS", "/health"), ("STEP_UP_PATHS", "/billing")];
            let own = own.into_iter().filter(|(name, _)| !listed(name));
            let own: String = own.map(|(name, list)| format!("; export {name}='{list}'")).collect();
            return format!("behind='an example app'{own}");
        }
        (None, None) => "nothing: there is no APP_URL, and no Worker is bound as APP".to_owned(),
    };
    format!("behind='{}'", behind.replace('\'', "'\\''"))
}

impl Demo {
    fn show(&self) -> String {
        let factor = |person: &Person| match &person.seed {
            Some(seed) => format!("second factor on, seed {seed}"),
            None => "none yet".to_owned(),
        };
        let people = self.people.iter().map(|person| format!("\n  {:<17} {}", person.email, factor(person)));
        format!("Everyone's password: {}{}", self.password, people.collect::<String>())
    }

    fn add(&self, folder: String) -> Result<String, Fault> {
        let env = Path::new(".env");
        let (seed_keys, pepper_keys) = (keys::read(env, "SEED_KEYS")?, keys::read(env, "PEPPER_KEYS")?);
        let now = now()?;
        let password = Secret::new(self.password.clone());
        let mut statements = keep_key_checks(&pepper_keys).to_vec();
        let Account { id: account, name } = &self.account;
        statements.push(create_account(&NewAccount { id: account, name }, now));
        for Person { id, email, name, role, seed } in &self.people {
            let authenticator_id = format!("{id}-app");
            let sealed = match seed.as_deref().and_then(parse_seed) {
                Some(seed) => Some(seal(&seed_keys, &Random, &[id, &authenticator_id], seed.expose())?),
                None => None,
            };
            let user = NewUser {
                id,
                email,
                name,
                role: *role,
                password: password::hash(password::COST, &pepper_keys, &Random, &password)?,
                authenticator: sealed.map(|sealed| (authenticator_id.as_str(), "Authenticator app", sealed)),
            };
            statements.extend(create_user(account, &user, now));
        }
        let said = format!("The demo account is in {folder}.");
        Database::Local(folder).batch(&statements)?;
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::deploy::cloud::Cloud;

    /// What the file says holds unless the environment says otherwise.
    #[test]
    fn what_is_behind_the_gate_is_what_the_file_or_the_environment_says() {
        let cloud = Cloud::new();
        let of = |lines: &str, variables: &[(&str, &str)]| {
            cloud.put(EDGE, &format!("name = \"airlock-edge\"\n{lines}"));
            let given = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            app(&Config::read(&cloud.folder, EDGE).unwrap(), given)
        };
        let example = "[vars]\nAPP_URL = \"\"\nPUBLIC_PATHS = \"\"\n[[services]]\nbinding = \"APP\"\nservice = \"airlock-example\"";
        let paths = "; export PUBLIC_PATHS='/health'; export STEP_UP_PATHS='/billing'";
        assert_eq!(of(example, &[]), format!("behind='an example app'{paths}"));
        assert_eq!(of(example, &[("APP_URL", "")]), format!("behind='an example app'{paths}"));
        assert_eq!(of(example, &[("PUBLIC_PATHS", "")]), "behind='an example app'; export STEP_UP_PATHS='/billing'");
        let listed = example.replace("PUBLIC_PATHS = \"\"", "PUBLIC_PATHS = \"/x\"");
        assert_eq!(of(&listed, &[]), "behind='an example app'; export STEP_UP_PATHS='/billing'");
        assert_eq!(of(example, &[("APP_URL", "http://localhost:3000")]), "behind='http://localhost:3000'");
        let url = example.replace("APP_URL = \"\"", "APP_URL = \"http://localhost:4000\"");
        assert_eq!(of(&url, &[]), "behind='http://localhost:4000'");
        assert_eq!(of(&url, &[("APP_URL", "http://o'x")]), "behind='http://o'\\''x'");
        let worker = example.replace("airlock-example", "acme-app");
        assert_eq!(of(&worker, &[]), "behind='acme-app, once `wrangler dev` runs in its folder'");
        assert!(of("", &[]).contains("nothing"));
    }
}
