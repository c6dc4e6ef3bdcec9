//! The operator's commands. They reach D1 through wrangler, as its user.

mod d1;
mod deploy;
mod operator;
mod wrangler;

use std::{path::Path, process::ExitCode};

use airlock::{
    context, password,
    ports::{Fault, Now, Rng},
    secret::{Keyring, Secret, seal},
    session::Role,
    store::{NewAccount, NewUser, create_account, create_user},
    totp::parse_seed,
};

use d1::Database;
use operator::World;
use wrangler::{Call, Prints};

const USAGE: &str = "\
npm run admin -- COMMAND

  create-account NAME OWNER_EMAIL [--name OWNER_NAME] [--origin URL] [--trust-admins]
      creates the account and prints a link by which its owner joins: it works once, for seven days. A second account
      takes --trust-admins: whoever administers one of them can invite the people of another
  recover EMAIL [--yes]
      takes away the second factor of someone whom no admin can reset, and ends their sessions
  status
      every account, and how far its members are
  verify-audit FILE
      checks an export of an account's audit; of - the standard input
  secrets
      prints new keys, in the form of .env
  demo --persist-to DIR
      adds the demo account to the local database in DIR
  deploy [NAME OWNER_EMAIL] [--dry-run] [--yes]
      brings both Workers up on Cloudflare, or up to date, with all they need; the first time with an account, as by
      create-account. --dry-run shows the steps and takes none; --yes lets hosts be taken over without asking

The first three act on the local database that `npm start` made, in --persist-to DIR, else in $STATE_DIR, else in
.wrangler/state. With --remote they act on the one on Cloudflare.";

/// The demo's password, the same for all four, and who they are: id, name, role, seed.
const DEMO_PASSWORD: &str = "correct horse battery staple";
const DEMO_USERS: [(&str, &str, Role, Option<&str>); 4] = [
    ("owner", "Olivia Owner", Role::Owner, Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")),
    ("noor", "Noor Haddad", Role::Member, Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
    ("mia", "Mia Keller", Role::Member, None),
    ("leo", "Leo Moreau", Role::Member, None),
];

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    Secrets,
    Demo(String),
    CreateAccount {
        database: Database,
        name: String,
        email: String,
        owner: Option<String>,
        origin: Option<String>,
        trusts_admins: bool,
    },
    Recover {
        database: Database,
        email: String,
        yes: bool,
    },
    Status(Database),
    VerifyAudit(String),
    Deploy {
        first: Option<(String, String)>,
        dry_run: bool,
        yes: bool,
    },
}

fn main() -> ExitCode {
    let folder = std::env::var("STATE_DIR").unwrap_or_else(|_| ".wrangler/state".to_owned());
    let Some(command) = parse(std::env::args().skip(1).collect(), folder) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(command) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("airlock: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// The command in these words; `folder` is the local database's unless they name one. `None`: they are not understood.
fn parse(mut words: Vec<String>, folder: String) -> Option<Command> {
    if words.is_empty() || flag(&mut words, "--help") {
        return Some(Command::Help);
    }
    let command = words.remove(0);
    Some(match command.as_str() {
        "create-account" => {
            let database = database(&mut words, folder)?;
            let (owner, origin) = (value(&mut words, "--name"), value(&mut words, "--origin"));
            let trusts_admins = flag(&mut words, "--trust-admins");
            let [name, email] = plain(words)?;
            Command::CreateAccount { database, name, email, owner, origin, trusts_admins }
        }
        "recover" => {
            let (database, yes) = (database(&mut words, folder)?, flag(&mut words, "--yes"));
            let [email] = plain(words)?;
            Command::Recover { database, email, yes }
        }
        "status" => {
            let database = database(&mut words, folder)?;
            let [] = plain(words)?;
            Command::Status(database)
        }
        "verify-audit" => {
            let [file] = plain(words)?;
            Command::VerifyAudit(file)
        }
        "secrets" => {
            let [] = plain(words)?;
            Command::Secrets
        }
        "deploy" => {
            let (dry_run, yes) = (flag(&mut words, "--dry-run"), flag(&mut words, "--yes"));
            let first = match words.is_empty() {
                true => None,
                false => Some(plain(words)?.into()),
            };
            Command::Deploy { first, dry_run, yes }
        }
        "demo" => {
            let folder = value(&mut words, "--persist-to")?;
            let [] = plain(words)?;
            Command::Demo(folder)
        }
        _ => return None,
    })
}

/// Takes an option out of the words.
fn flag(words: &mut Vec<String>, name: &str) -> bool {
    let at = words.iter().position(|word| word == name);
    at.map(|at| words.remove(at)).is_some()
}

/// Takes an option with its value out of the words.
fn value(words: &mut Vec<String>, name: &str) -> Option<String> {
    let at = words.iter().position(|word| word == name)?;
    let value = words.get(at + 1).filter(|value| !value.starts_with("--"))?.clone();
    words.drain(at..at + 2);
    Some(value)
}

/// Takes the options out of the words that say which database.
fn database(words: &mut Vec<String>, folder: String) -> Option<Database> {
    match (flag(words, "--local"), flag(words, "--remote")) {
        (true, true) => None,
        (_, true) => Some(Database::Remote),
        (_, false) => Some(Database::Local(value(words, "--persist-to").unwrap_or(folder))),
    }
}

/// What is left of the words when every option that fits has been taken out.
fn plain<const N: usize>(words: Vec<String>) -> Option<[String; N]> {
    let options = words.iter().any(|word| word.starts_with('-') && word != "-");
    words.try_into().ok().filter(|_| !options)
}

fn run(command: Command) -> Result<String, Fault> {
    let now = now()?;
    let on = |database: &Database, act: &dyn Fn(&World<'_>) -> Result<String, Fault>| {
        act(&World { batch: &|statements| database.batch(statements), rng: &Random, now })
    };
    match command {
        Command::Help => Ok(USAGE.to_owned()),
        Command::Secrets => secrets(),
        Command::Demo(folder) => demo(&folder),
        Command::CreateAccount { database, name, email, owner, origin, trusts_admins } => {
            let origin = edge_origin(&database, origin)?;
            on(&database, &|world| {
                operator::create_account(world, &origin, &name, &email, owner.as_deref(), trusts_admins)
            })
        }
        Command::Recover { database, email, yes } => on(&database, &|world| {
            operator::recover(world, &email, |email| match yes || database != Database::Remote {
                true => Ok(true),
                false => operator::typed_again(email, std::io::stdin().lock(), std::io::stderr()),
            })
        }),
        Command::Status(database) => on(&database, &operator::status),
        Command::VerifyAudit(file) => operator::verify_audit(&file),
        Command::Deploy { first, dry_run, yes } => deploy(first.as_ref(), dry_run, yes, now),
    }
}

fn deploy(first: Option<&(String, String)>, dry_run: bool, yes: bool, now: Now) -> Result<String, Fault> {
    let asking = !yes && wrangler::someone_can_answer();
    // Without a terminal wrangler takes over a host's DNS record, or another Worker's host, and does not ask.
    if !asking && !yes && !dry_run {
        return Err(Fault::new("no terminal: with --yes a host that is in use already is taken over without asking"));
    }
    let world = deploy::World {
        folder: std::path::Path::new("."),
        wrangler: &|call| match call.prints {
            Prints::Dialogue if !asking => wrangler::run(&Call { prints: Prints::Progress, ..*call }),
            _ => wrangler::run(call),
        },
        batch: &d1::remote_batch,
        rng: &Random,
        now,
        say: &|line| eprintln!("\n==> {line}"),
    };
    match dry_run {
        true => deploy::dry_run(&world, first),
        false => deploy::deploy(&world, first),
    }
}

/// Where links lead: as given, else to what `npm start` serves or what the Worker is deployed with.
fn edge_origin(database: &Database, given: Option<String>) -> Result<String, Fault> {
    let origin = match (given, database) {
        (Some(origin), _) => origin,
        (None, Database::Local(_)) => {
            format!("http://localhost:{}", std::env::var("PORT").unwrap_or_else(|_| "8787".to_owned()))
        }
        (None, Database::Remote) => {
            let origin = deploy::variable(Path::new("."), "EDGE_ORIGIN")?;
            origin.ok_or_else(|| Fault::new("wrangler.toml has no EDGE_ORIGIN in [vars]: give --origin"))?
        }
    };
    if context::host(&origin).is_none() {
        return Err(Fault::new(format_args!("{origin} is not an origin such as https://app.example.com")));
    }
    // The link would be shown this once, and lead to the operator's own machine.
    if *database == Database::Remote && !origin.starts_with("https://") {
        return Err(Fault::new(format_args!(
            "{origin} is for development: give --origin https://…, or set EDGE_ORIGIN"
        )));
    }
    Ok(origin)
}

struct Random;

impl Rng for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        getrandom::fill(bytes).map_err(Fault::new)
    }
}

fn secrets() -> Result<String, Fault> {
    let lines = deploy::KEYS.iter().map(|(name, id, _)| deploy::key_line(name, id, &Random));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// Seeds the demo account. There is no way to name a remote database here: its password is public.
fn demo(folder: &str) -> Result<String, Fault> {
    let variables = std::fs::read_to_string(".env").map_err(|e| Fault::new(format_args!(".env: {e}")))?;
    let keyring = |name: &str| {
        let value = variables.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let value = value.ok_or_else(|| Fault::new(format_args!(".env has no {name}")))?;
        Keyring::parse(value.trim_matches('"')).map_err(Fault::new)
    };
    let (seed_keys, pepper_keys) = (keyring("SEED_KEYS")?, keyring("PEPPER_KEYS")?);
    let now = now()?;
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
            password: password::hash(password::COST, &pepper_keys, &Random, &password)?,
            authenticator: sealed.map(|sealed| (authenticator_id.as_str(), "Authenticator app", sealed)),
        };
        statements.extend(create_user("acme", &user, now));
    }
    Database::Local(folder.to_owned()).batch(&statements)?;
    Ok(format!("The demo account is in {folder}."))
}

fn now() -> Result<Now, Fault> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(Fault::new)?;
    i64::try_from(since.as_millis()).map(Now).map_err(Fault::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Option<Command> {
        parse(words.split_whitespace().map(str::to_owned).collect(), "state".to_owned())
    }

    #[test]
    fn the_local_database_is_meant_unless_the_other_one_is_named() {
        let local = |folder: &str| Database::Local(folder.to_owned());
        assert_eq!(parsed("status"), Some(Command::Status(local("state"))));
        assert_eq!(parsed("status --persist-to other"), Some(Command::Status(local("other"))));
        assert_eq!(parsed("status --remote"), Some(Command::Status(Database::Remote)));
        let email = "noor@acme.test".to_owned();
        let recover = |database, yes| Some(Command::Recover { database, email: email.clone(), yes });
        assert_eq!(parsed("recover --local noor@acme.test"), recover(local("state"), false));
        assert_eq!(parsed("recover noor@acme.test --yes --remote"), recover(Database::Remote, true));
        assert_eq!(
            parsed("create-account Two --name Rosa rosa@two.test --origin https://two.test"),
            Some(Command::CreateAccount {
                database: local("state"),
                name: "Two".to_owned(),
                email: "rosa@two.test".to_owned(),
                owner: Some("Rosa".to_owned()),
                origin: Some("https://two.test".to_owned()),
                trusts_admins: false,
            })
        );
        let trusting = parsed("create-account Two rosa@two.test --trust-admins");
        assert!(matches!(trusting, Some(Command::CreateAccount { trusts_admins: true, .. })));
        let deploy = |first: Option<(&str, &str)>, dry_run, yes| {
            let first = first.map(|(name, email)| (name.to_owned(), email.to_owned()));
            Some(Command::Deploy { first, dry_run, yes })
        };
        assert_eq!(parsed("deploy --dry-run"), deploy(None, true, false));
        assert_eq!(parsed("deploy Acme ann@acme.test --yes"), deploy(Some(("Acme", "ann@acme.test")), false, true));
        assert_eq!(parsed("verify-audit -"), Some(Command::VerifyAudit("-".to_owned())));
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for words in ["", "--help", "recover --help"] {
            assert_eq!(parsed(words), Some(Command::Help), "{words}");
        }
        for words in [
            "restart",
            "status all",
            "status --yes",
            "status --local --remote",
            "status --remote --persist-to state",
            "recover",
            "recover --yes",
            "recover a@acme.test b@acme.test",
            "recover a@acme.test --force",
            "create-account Two",
            "create-account Two rosa@two.test --name",
            "create-account Two rosa@two.test --name --remote",
            "create-account Two rosa@two.test --name Rosa --name Rosa",
            "verify-audit",
            "verify-audit file --remote",
            "demo",
            "demo --remote",
            "secrets --remote",
            "deploy Acme",
            "deploy Acme ann@acme.test --remote",
        ] {
            assert_eq!(parsed(words), None, "{words}");
        }
    }

    #[test]
    fn links_lead_where_the_database_belongs() {
        let origin = |database, given: &str| edge_origin(&database, Some(given.to_owned())).ok();
        let local = || Database::Local("state".to_owned());
        assert_eq!(origin(local(), "http://localhost:9").as_deref(), Some("http://localhost:9"));
        assert_eq!(origin(Database::Remote, "https://a.test").as_deref(), Some("https://a.test"));
        assert_eq!(origin(Database::Remote, "http://localhost:9"), None, "a link to nowhere, shown once");
        assert_eq!(origin(local(), "https://a.test/"), None);
    }
}
