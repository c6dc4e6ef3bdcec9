//! `demo`: the demo account that `npm start` shows. There is no way to name a remote database: its password is public.

use std::path::Path;

use airlock::{
    context,
    factor::{
        password::{self, Password},
        totp::parse_seed,
    },
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
    world::{Random, nfc, now},
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
            return app(&Config::read(Path::new("."), EDGE)?, |name| std::env::var(name).ok());
        }
        let demo: Demo = serde_json::from_str(PEOPLE).map_err(Fault::new)?;
        match self.persist_to {
            None => Ok(demo.show()),
            Some(folder) => demo.add(folder),
        }
    }
}

/// What is behind the gate, by the environment or else by wrangler.toml: its name, and of the example the paths it has that
/// neither of them lists. And what Airlock's own paths begin with, which the example links to.
fn app(config: &Config, variable: impl Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let prefix = context::prefix(|name| config.started_with(name, &variable))?;
    let prefix = format!("; export AUTH_PREFIX='{prefix}'");
    let behind = match (config.started_with("APP_URL", &variable), config.app()) {
        (Some(url), _) => url,
        (None, Some(worker)) if worker != EXAMPLE.0 => format!("{worker}, once `wrangler dev` runs in its folder"),
        (None, Some(_)) => {
            let listed = |name: &str| variable(name).is_some() || config.var(name).is_some_and(|list| !list.is_empty());
            let own = [("PUBLIC_PATHS", "/health"), ("STEP_UP_PATHS", "/billing")];
            let own = own.into_iter().filter(|(name, _)| !listed(name));
            let own: String = own.map(|(name, list)| format!("; export {name}='{list}'")).collect();
            return Ok(format!("behind='an example app'{own}{prefix}"));
        }
        (None, None) => "nothing: there is no APP_URL, and no Worker is bound as APP".to_owned(),
    };
    Ok(format!("behind='{}'{prefix}", behind.replace('\'', "'\\''")))
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
        let password = Password::typed(nfc, Secret::new(self.password.clone()));
        let password = password.ok_or_else(|| Fault::new("the demo account has no password"))?;
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
            let said = app(&Config::read(&cloud.folder, EDGE).unwrap(), given).unwrap();
            said.strip_suffix("; export AUTH_PREFIX='/auth'").unwrap().to_owned()
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

    #[test]
    fn an_empty_variable_leaves_the_prefix_to_the_file_and_no_other_text_reaches_the_shell() {
        let cloud = Cloud::new();
        let of = |line: &str, given: Option<&str>| {
            cloud.put(EDGE, &format!("name = \"airlock-edge\"\n[vars]\nAPP_URL = \"http://app\"\n{line}"));
            let given = |name: &str| given.filter(|_| name == "AUTH_PREFIX").map(str::to_owned);
            app(&Config::read(&cloud.folder, EDGE).unwrap(), given).map_err(|fault| fault.to_string())
        };
        let in_file = "AUTH_PREFIX = \"/-/login\"";
        for (line, given, prefix) in [
            ("", None, "/auth"),
            ("AUTH_PREFIX = \"\"", Some(""), "/auth"),
            (in_file, None, "/-/login"),
            (in_file, Some(""), "/-/login"),
            (in_file, Some("/-/sign-in"), "/-/sign-in"),
        ] {
            let said = format!("behind='http://app'; export AUTH_PREFIX='{prefix}'");
            assert_eq!(of(line, given).unwrap(), said, "{line}");
        }
        assert!(of("", Some("/x'; touch y; '")).unwrap_err().starts_with("AUTH_PREFIX is not a path"));
    }
}
