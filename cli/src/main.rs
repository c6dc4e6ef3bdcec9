//! The operator's commands. They reach D1 through wrangler, as its user.

mod console;
mod create_account;
mod d1;
mod demo;
mod deploy;
mod end_everything;
mod guarded;
mod keys;
mod mail_test;
mod npm;
mod recover;
mod secrets;
mod settings;
mod status;
mod verify_audit;
mod world;
mod wrangler;

use std::{ffi::OsString, process::ExitCode};

use airlock::ports::Fault;
use clap::{CommandFactory, Parser, Subcommand};

/// Airlock's commands for its operator
///
/// create-account, recover, end-everything, status and mail-test act on the local database that `npm start` made, or with --remote on
/// the one on Cloudflare. COMMAND --help says more about each.
#[derive(Debug, Parser)]
#[command(name = "airlock", bin_name = "npm run admin --", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
enum Command {
    CreateAccount(create_account::Args),
    Recover(recover::Args),
    EndEverything(end_everything::Args),
    Status(status::Args),
    MailTest(mail_test::Args),
    VerifyAudit(verify_audit::Args),
    /// Prints new keys, in the form of .env
    Secrets,
    /// Copies what all Workers share from wrangler.toml into the other Workers' files
    Settings,
    Demo(demo::Args),
    Deploy(deploy::Args),
}

fn main() -> ExitCode {
    if let Some(missed) = npm::kept(&Cli::command(), |name| std::env::var_os(name)) {
        eprintln!("airlock: {missed}");
        return ExitCode::from(2);
    }
    match run(Cli::parse_from(words(std::env::args_os())).command) {
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

/// What was typed; where that is nothing, a request for help.
fn words(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<_> = typed.collect();
    if words.len() < 2 {
        words.push("--help".into());
    }
    words
}

fn run(command: Command) -> Result<String, Fault> {
    match command {
        Command::CreateAccount(args) => args.run(),
        Command::Recover(args) => args.run(),
        Command::EndEverything(args) => args.run(),
        Command::Status(args) => args.run(),
        Command::MailTest(args) => args.run(),
        Command::VerifyAudit(args) => args.run(),
        Command::Secrets => secrets::run(),
        Command::Settings => settings::run(),
        Command::Demo(args) => args.run(),
        Command::Deploy(args) => args.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;
    use crate::{d1::Place, guarded::Guard};

    fn parsed(typed: &str) -> Result<Command, ErrorKind> {
        let typed = ["airlock"].into_iter().chain(typed.split_whitespace()).map(OsString::from);
        Cli::try_parse_from(words(typed)).map(|cli| cli.command).map_err(|error| error.kind())
    }

    #[test]
    fn clap_finds_no_fault_in_the_commands() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_understood_in_any_order_of_their_options() {
        let local = Place::default;
        let remote = || Place { remote: true, ..Place::default() };
        let status = |place| Ok(Command::Status(status::Args { place }));
        assert_eq!(parsed("status"), status(local()));
        assert_eq!(
            parsed("status --persist-to other"),
            status(Place { persist_to: Some("other".to_owned()), ..local() })
        );
        assert_eq!(parsed("status --remote"), status(remote()));
        let guarded = |place, keys: Option<&str>, yes| Guard { place, keys: keys.map(str::to_owned), yes };
        let recover = |place, yes| {
            let email = "noor@acme.test".to_owned();
            Ok(Command::Recover(recover::Args { email, guarded: guarded(place, None, yes) }))
        };
        assert_eq!(parsed("recover --local noor@acme.test"), recover(Place { local: true, ..local() }, false));
        assert_eq!(parsed("recover noor@acme.test --yes --remote"), recover(remote(), true));
        let everything =
            |recovery_codes, guarded| Ok(Command::EndEverything(end_everything::Args { recovery_codes, guarded }));
        assert_eq!(parsed("end-everything"), everything(false, guarded(local(), None, false)));
        assert_eq!(
            parsed("end-everything --remote --recovery-codes --keys kept --yes"),
            everything(true, guarded(remote(), Some("kept"), true))
        );
        assert_eq!(
            parsed("create-account Two --name Rosa rosa@two.test --origin https://two.test"),
            Ok(Command::CreateAccount(create_account::Args {
                name: "Two".to_owned(),
                owner_email: "rosa@two.test".to_owned(),
                owner_name: Some("Rosa".to_owned()),
                origin: Some("https://two.test".to_owned()),
                trust_admins: false,
                place: local(),
            }))
        );
        let trusting = parsed("create-account Two rosa@two.test --trust-admins");
        assert!(matches!(trusting, Ok(Command::CreateAccount(create_account::Args { trust_admins: true, .. }))));
        let mail_test =
            |place, wait| Ok(Command::MailTest(mail_test::Args { email: "ops@acme.test".to_owned(), wait, place }));
        assert_eq!(parsed("mail-test ops@acme.test"), mail_test(local(), 180));
        assert_eq!(parsed("mail-test --remote ops@acme.test --wait 60"), mail_test(remote(), 60));
        let deploy = |first: Option<(&str, &str)>, dry_run, yes| {
            let (name, owner_email) = first.map(|(name, email)| (name.to_owned(), email.to_owned())).unzip();
            Ok(Command::Deploy(deploy::Args { name, owner_email, dry_run, yes }))
        };
        assert_eq!(parsed("deploy --dry-run"), deploy(None, true, false));
        assert_eq!(parsed("deploy Acme ann@acme.test --yes"), deploy(Some(("Acme", "ann@acme.test")), false, true));
        let verify = |keys: Option<&str>| {
            Ok(Command::VerifyAudit(verify_audit::Args {
                file: "-".to_owned(),
                keys: keys.map(str::to_owned),
                account: None,
            }))
        };
        assert_eq!(parsed("verify-audit -"), verify(None));
        assert_eq!(parsed("verify-audit --keys keys.json -"), verify(Some("keys.json")));
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for typed in ["", "--help", "recover --help"] {
            assert_eq!(parsed(typed), Err(ErrorKind::DisplayHelp), "{typed}");
        }
        for (typed, wrong) in [
            ("restart", ErrorKind::InvalidSubcommand),
            ("status all", ErrorKind::UnknownArgument),
            ("status --yes", ErrorKind::UnknownArgument),
            ("status --local --remote", ErrorKind::ArgumentConflict),
            ("status --remote --persist-to state", ErrorKind::ArgumentConflict),
            ("recover", ErrorKind::MissingRequiredArgument),
            ("recover --yes", ErrorKind::MissingRequiredArgument),
            ("recover a@acme.test b@acme.test", ErrorKind::UnknownArgument),
            ("recover a@acme.test --force", ErrorKind::UnknownArgument),
            ("recover a@acme.test --keys", ErrorKind::InvalidValue),
            ("recover a@acme.test --recovery-codes", ErrorKind::UnknownArgument),
            ("end-everything mia@acme.test", ErrorKind::UnknownArgument),
            ("end-everything --all", ErrorKind::UnknownArgument),
            ("create-account Two", ErrorKind::MissingRequiredArgument),
            ("create-account Two rosa@two.test --name", ErrorKind::InvalidValue),
            ("create-account Two rosa@two.test --name --remote", ErrorKind::InvalidValue),
            ("create-account Two rosa@two.test --name Rosa --name Rosa", ErrorKind::ArgumentConflict),
            ("mail-test", ErrorKind::MissingRequiredArgument),
            ("mail-test a@acme.test b@acme.test", ErrorKind::UnknownArgument),
            ("mail-test a@acme.test --wait 600", ErrorKind::ValueValidation),
            ("verify-audit", ErrorKind::MissingRequiredArgument),
            ("verify-audit file --remote", ErrorKind::UnknownArgument),
            ("verify-audit file --keys", ErrorKind::InvalidValue),
            ("demo", ErrorKind::MissingRequiredArgument),
            ("demo --remote", ErrorKind::UnknownArgument),
            ("demo --show --persist-to state", ErrorKind::ArgumentConflict),
            ("secrets --remote", ErrorKind::UnknownArgument),
            ("settings --remote", ErrorKind::UnknownArgument),
            ("deploy Acme", ErrorKind::MissingRequiredArgument),
            ("deploy Acme ann@acme.test --remote", ErrorKind::UnknownArgument),
        ] {
            assert_eq!(parsed(typed), Err(wrong), "{typed}");
        }
    }
}
