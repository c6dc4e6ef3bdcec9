//! `demo`: the demo account that `npm start` shows. There is no way to name a remote database: its password is public.

use std::path::Path;

use airlock::{
    password,
    ports::Fault,
    secret::{Secret, seal},
    session::Role,
    store::{NewAccount, NewUser, create_account, create_user, operator::keep_key_checks},
    totp::parse_seed,
};

use crate::{
    d1::Database,
    keys,
    world::{Random, now},
};

/// Everyone's password.
const PASSWORD: &str = "correct horse battery staple";
/// Who they are: id, name, role, seed.
const USERS: [(&str, &str, Role, Option<&str>); 4] = [
    ("owner", "Olivia Owner", Role::Owner, Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")),
    ("noor", "Noor Haddad", Role::Member, Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
    ("mia", "Mia Keller", Role::Member, None),
    ("leo", "Leo Moreau", Role::Member, None),
];

/// Adds the demo account to a local database
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// The local database's folder
    #[arg(long, value_name = "DIR")]
    pub persist_to: String,
}

impl Args {
    /// Adds it.
    ///
    /// # Errors
    /// .env has no keys, or the database.
    pub fn run(self) -> Result<String, Fault> {
        let env = Path::new(".env");
        let (seed_keys, pepper_keys) = (keys::read(env, "SEED_KEYS")?, keys::read(env, "PEPPER_KEYS")?);
        let now = now()?;
        let password = Secret::new(PASSWORD.to_owned());
        let mut statements = keep_key_checks(&pepper_keys).to_vec();
        statements.push(create_account(&NewAccount { id: "acme", name: "Acme" }, now));
        for (id, name, role, seed) in USERS {
            let authenticator_id = format!("{id}-app");
            let sealed = match seed.and_then(parse_seed) {
                Some(seed) => Some(seal(&seed_keys, &Random, &[id, &authenticator_id], seed.expose())?),
                None => None,
            };
            let user = NewUser {
                id,
                email: &format!("{id}@acme.test"),
                name,
                role,
                password: password::hash(password::COST, &pepper_keys, &Random, &password)?,
                authenticator: sealed.map(|sealed| (authenticator_id.as_str(), "Authenticator app", sealed)),
            };
            statements.extend(create_user("acme", &user, now));
        }
        let said = format!("The demo account is in {}.", self.persist_to);
        Database::Local(self.persist_to).batch(&statements)?;
        Ok(said)
    }
}
