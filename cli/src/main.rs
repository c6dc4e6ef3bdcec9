//! The operator's commands. They reach D1 through wrangler, as its user.

mod d1;
mod deploy;
mod operator;
mod wrangler;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use airlock::{
    context,
    factor::{password, totp::parse_seed},
    people::Role,
    ports::{Fault, Now, Rng},
    secret::{Keyring, Secret, seal},
    store::{NewAccount, NewUser, create_account, create_user, operator::keep_key_checks},
};

use zeroize::Zeroizing;

use d1::Database;
use operator::{Keys, World};
use wrangler::{Call, Prints};

const USAGE: &str = "\
npm run admin -- COMMAND

  create-account NAME OWNER_EMAIL [--name OWNER_NAME] [--origin URL] [--trust-admins]
      creates the account and prints a link by which its owner joins: it works once, for seven days. A second account
      takes --trust-admins: whoever administers one of them can invite the people of another
  recover EMAIL [--keys FILE] [--yes]
      takes away the second factor of someone whom no admin can reset, and ends their sessions
  end-everything [--recovery-codes] [--keys FILE] [--yes]
      after the database was restored from an earlier moment: ends every session, API token, invitation and known browser,
      and every code that may have been used since; with --recovery-codes those too. docs/restore.md says the rest
  status
      every account, and how far its members are
  verify-audit FILE [--keys KEYS_FILE]
      checks an export of an account's audit; of - the standard input. KEYS_FILE is what /auth/audit-keys answered, saved
      at a time when you trusted it: with it the signatures are checked too
  secrets
      prints new keys, in the form of .env
  demo --persist-to DIR
      adds the demo account to the local database in DIR
  deploy [NAME OWNER_EMAIL] [--dry-run] [--yes]
      brings both Workers up on Cloudflare, or up to date, with all they need; the first time with an account, as by
      create-account. --dry-run shows the steps and takes none; --yes lets hosts be taken over without asking

The first four act on the local database that `npm start` made, in --persist-to DIR, else in $STATE_DIR, else in
.wrangler/state. With --remote they act on the one on Cloudflare. recover and end-everything need a key that the Workers
have: PEPPER_KEYS in --keys FILE, else in .env, or with --remote in airlock.keys, where `npm run deploy` keeps it.";

/// Every option of every command. npm takes them for its own where no `--` stands before them.
const OPTIONS: [&str; 10] = [
    "--dry-run",
    "--keys",
    "--local",
    "--name",
    "--origin",
    "--persist-to",
    "--recovery-codes",
    "--remote",
    "--trust-admins",
    "--yes",
];

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
        keys: Option<String>,
        yes: bool,
    },
    EndEverything {
        database: Database,
        recovery_codes: bool,
        keys: Option<String>,
        yes: bool,
    },
    Status(Database),
    VerifyAudit {
        file: String,
        keys: Option<String>,
    },
    Deploy {
        first: Option<(String, String)>,
        dry_run: bool,
        yes: bool,
    },
}

fn main() -> ExitCode {
    let refused = |why: &str| {
        eprintln!("airlock: {why}");
        ExitCode::from(2)
    };
    if let Some(option) = swallowed(|name| std::env::var_os(name)) {
        let script = std::env::var("npm_lifecycle_event").unwrap_or_else(|_| "admin".to_owned());
        return refused(&format!(
            "npm kept {option} for itself, so nothing was done. A -- is missing: npm run {script} -- … {option}"
        ));
    }
    let folder = std::env::var_os("STATE_DIR").unwrap_or_else(|| ".wrangler/state".into());
    let words = std::env::args_os().skip(1).chain([folder]).map(OsString::into_string);
    let Ok(mut words) = words.collect::<Result<Vec<_>, _>>() else {
        return refused("an argument, or STATE_DIR, is not UTF-8");
    };
    let folder = words.pop().unwrap_or_default();
    let Some(command) = parse(words, folder) else {
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

/// The option that npm took for its own and hands on in the environment, if there is one.
fn swallowed(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    OPTIONS.into_iter().find(|option| {
        let name = format!("npm_config_{}", option.trim_start_matches('-').replace('-', "_"));
        variable(&name).is_some_and(|value| !value.is_empty() && value != "false")
    })
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
            let keys = value(&mut words, "--keys");
            let [email] = plain(words)?;
            Command::Recover { database, email, keys, yes }
        }
        "end-everything" => {
            let (database, yes) = (database(&mut words, folder)?, flag(&mut words, "--yes"));
            let (recovery_codes, keys) = (flag(&mut words, "--recovery-codes"), value(&mut words, "--keys"));
            let [] = plain(words)?;
            Command::EndEverything { database, recovery_codes, keys, yes }
        }
        "status" => {
            let database = database(&mut words, folder)?;
            let [] = plain(words)?;
            Command::Status(database)
        }
        "verify-audit" => {
            let keys = value(&mut words, "--keys");
            let [file] = plain(words)?;
            Command::VerifyAudit { file, keys }
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
        Command::Recover { database, email, keys, yes } => {
            let keys = peppers(&database, keys)?;
            on(&database, &|world| {
                operator::recover(world, &keys, &email, |email| match yes || database != Database::Remote {
                    true => Ok(true),
                    false => operator::typed_again(email, io::stdin().lock(), io::stderr()),
                })
            })
        }
        Command::EndEverything { database, recovery_codes, keys, yes } => {
            let keys = peppers(&database, keys)?;
            on(&database, &|world| {
                operator::end_everything(world, &keys, recovery_codes, || match yes || database != Database::Remote {
                    true => Ok(true),
                    false => operator::typed_everything(io::stdin().lock(), io::stderr()),
                })
            })
        }
        Command::Status(database) => on(&database, &operator::status),
        Command::VerifyAudit { file, keys } => operator::verify_audit(&file, keys.as_deref()),
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

/// The keys of this name, as a file of `NAME="id:key"` keeps them.
fn keyring(file: &Path, name: &str) -> Result<Keyring, Fault> {
    let wrong = |problem: &dyn std::fmt::Display| Fault::new(format_args!("{}: {problem}", file.display()));
    let variables = Zeroizing::new(std::fs::read_to_string(file).map_err(|e| wrong(&e))?);
    let value = variables.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    let value = value.ok_or_else(|| wrong(&format_args!("has no {name}")))?;
    Keyring::parse(value.trim_matches('"')).map_err(|problem| wrong(&format_args!("{name} {problem}")))
}

/// The peppers by which the operator of this database is known: those in the file, else where they are kept.
fn peppers(database: &Database, file: Option<String>) -> Result<Keys, Fault> {
    let file = match (file, database) {
        // npm starts commands in the project's folder, and names here the one that the user is in.
        (Some(file), _) => Path::new(&std::env::var_os("INIT_CWD").unwrap_or_default()).join(file),
        (None, Database::Local(_)) => PathBuf::from(".env"),
        (None, Database::Remote) => PathBuf::from(deploy::KEYS_FILE),
    };
    let peppers = keyring(&file, "PEPPER_KEYS").map_err(|fault| {
        Fault::new(format_args!(
            "{fault}\nThis takes a key that the Workers have: PEPPER_KEYS as they have it, in {} or in --keys FILE. Nothing was \
             changed.",
            file.display()
        ))
    })?;
    Ok(Keys { peppers, from: file.display().to_string() })
}

/// Seeds the demo account. There is no way to name a remote database here: its password is public.
fn demo(folder: &str) -> Result<String, Fault> {
    let kept = Path::new(".env");
    let (seed_keys, pepper_keys) = (keyring(kept, "SEED_KEYS")?, keyring(kept, "PEPPER_KEYS")?);
    let now = now()?;
    let password = Secret::new(DEMO_PASSWORD.to_owned());
    let mut statements = keep_key_checks(&pepper_keys).to_vec();
    statements.push(create_account(&NewAccount { id: "acme", name: "Acme" }, now));
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
        let recover = |database, yes| Some(Command::Recover { database, email: email.clone(), keys: None, yes });
        assert_eq!(parsed("recover --local noor@acme.test"), recover(local("state"), false));
        assert_eq!(parsed("recover noor@acme.test --yes --remote"), recover(Database::Remote, true));
        let everything = |database, recovery_codes, keys: Option<&str>, yes| {
            Some(Command::EndEverything { database, recovery_codes, keys: keys.map(str::to_owned), yes })
        };
        assert_eq!(parsed("end-everything"), everything(local("state"), false, None, false));
        assert_eq!(
            parsed("end-everything --remote --recovery-codes --keys kept --yes"),
            everything(Database::Remote, true, Some("kept"), true)
        );
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
        let verify =
            |keys: Option<&str>| Some(Command::VerifyAudit { file: "-".to_owned(), keys: keys.map(str::to_owned) });
        assert_eq!(parsed("verify-audit -"), verify(None));
        assert_eq!(parsed("verify-audit --keys keys.json -"), verify(Some("keys.json")));
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
            "recover a@acme.test --keys",
            "recover a@acme.test --recovery-codes",
            "end-everything mia@acme.test",
            "end-everything --all",
            "create-account Two",
            "create-account Two rosa@two.test --name",
            "create-account Two rosa@two.test --name --remote",
            "create-account Two rosa@two.test --name Rosa --name Rosa",
            "verify-audit",
            "verify-audit file --remote",
            "verify-audit file --keys",
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
    fn an_option_that_npm_kept_is_missed() {
        let kept = |set: &'static [(&str, &str)]| {
            swallowed(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value)))
        };
        assert_eq!(kept(&[("npm_config_remote", "true")]), Some("--remote"));
        assert_eq!(kept(&[("npm_config_dry_run", "true")]), Some("--dry-run"));
        assert_eq!(kept(&[("npm_config_recovery_codes", "true"), ("npm_config_yes", "")]), Some("--recovery-codes"));
        assert_eq!(kept(&[("npm_config_name", "Rosa")]), Some("--name"));
        assert_eq!(kept(&[("npm_config_loglevel", "silent"), ("npm_config_dry_run", "false"), ("PATH", "/bin")]), None);
    }

    #[test]
    fn every_option_of_a_command_is_one_that_npm_could_keep() {
        let named = USAGE.split(|c: char| !c.is_ascii_lowercase() && c != '-').filter(|word| word.starts_with("--"));
        for option in named.filter(|word| word.len() > 2) {
            assert!(OPTIONS.contains(&option), "{option}");
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
