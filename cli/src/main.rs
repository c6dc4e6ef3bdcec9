//! Operator's commands. They reach D1 through wrangler, as its user.

mod d1;

use std::process::ExitCode;

use airlock::{
    password,
    ports::{Fault, Now, Rng},
    secret::{Keyring, Secret, seal},
    session::Role,
    store::{NewAccount, NewUser, create_account, create_user},
    totp::parse_seed,
};

const USAGE: &str = "\
airlock-cli secrets                 prints new keys, in the form of .env
airlock-cli demo --persist-to DIR   adds the demo account to the local database in DIR";

/// The demo's password, the same for all four, and who they are: id, name, role, seed.
const DEMO_PASSWORD: &str = "correct horse battery staple";
const DEMO_USERS: [(&str, &str, Role, Option<&str>); 4] = [
    ("owner", "Olivia Owner", Role::Owner, Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")),
    ("noor", "Noor Haddad", Role::Member, Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
    ("mia", "Mia Keller", Role::Member, None),
    ("leo", "Leo Moreau", Role::Member, None),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["secrets"] => secrets(),
        ["demo", "--persist-to", folder] => demo(folder),
        _ => Err(Fault::new(format_args!("usage:\n{USAGE}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("airlock-cli: {fault}");
            ExitCode::FAILURE
        }
    }
}

struct Random;

impl Rng for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        getrandom::fill(bytes).map_err(Fault::new)
    }
}

fn secrets() -> Result<(), Fault> {
    println!("SEED_KEYS=\"{}\"", *Keyring::generate("s1", &Random)?);
    println!("PEPPER_KEYS=\"{}\"", *Keyring::generate("p1", &Random)?);
    Ok(())
}

/// Seeds the demo account. There is no way to name a remote database here: its password is public.
fn demo(folder: &str) -> Result<(), Fault> {
    let variables = std::fs::read_to_string(".env").map_err(|e| Fault::new(format_args!(".env: {e}")))?;
    let keyring = |name: &str| {
        let value = variables.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let value = value.ok_or_else(|| Fault::new(format_args!(".env has no {name}")))?;
        Keyring::parse(value.trim_matches('"')).map_err(Fault::new)
    };
    let (seed_keys, pepper_keys) = (keyring("SEED_KEYS")?, keyring("PEPPER_KEYS")?);
    let now = Now(unix_ms()?);
    let password = Secret::new(DEMO_PASSWORD.to_owned());
    let mut statements = vec![create_account(&NewAccount { id: "acme", name: "Acme" }, now)];
    for (id, name, role, seed) in DEMO_USERS {
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
            password: password::hash(&pepper_keys, &Random, &password)?,
            authenticator: sealed.map(|sealed| (authenticator_id.as_str(), "Authenticator app", sealed)),
        };
        statements.extend(create_user("acme", &user, now));
    }
    d1::Local { folder: folder.to_owned() }.execute(&statements)
}

fn unix_ms() -> Result<i64, Fault> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(Fault::new)?;
    i64::try_from(since.as_millis()).map_err(Fault::new)
}
