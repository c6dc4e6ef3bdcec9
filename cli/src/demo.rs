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
pub struct Args {
    /// The local database's folder
    #[arg(long, value_name = "DIR", required_unless_present = "show", conflicts_with = "show")]
    pub persist_to: Option<String>,
    /// Show how everyone signs in, and add nothing
    #[arg(long)]
    pub show: bool,
}

impl Args {
    /// Adds it, or shows it.
    ///
    /// # Errors
    /// .env has no keys, or the database.
    pub fn run(self) -> Result<String, Fault> {
        let demo: Demo = serde_json::from_str(PEOPLE).map_err(Fault::new)?;
        match self.persist_to {
            None => Ok(demo.show()),
            Some(folder) => demo.add(folder),
        }
    }
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
