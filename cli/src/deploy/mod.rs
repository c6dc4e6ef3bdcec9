//! `deploy`: the Workers on Cloudflare, and all that they need there. It looks at what is there and does only the rest: so
//! wherever a run ended, the next one goes on.

#[cfg(test)]
pub mod cloud;
mod cloudflare;
mod files;
mod keys;
mod plan;
mod workers;

use std::path::Path;

use airlock::ports::{Fault, Now, Rng, Rows, Statement};

use crate::{
    console, d1,
    world::{Random, now},
    wrangler::{self, Call, Prints},
};
use plan::{Plan, Step};

pub use cloudflare::Secret;
pub use files::{read, write};
pub use workers::{Config, EDGE, EXAMPLE, JOBS, WORKERS, mail_from, variable};

/// Brings the Workers up on Cloudflare, or up to date, with all they need
///
/// The first time it also creates an account, as create-account does. Whatever ended a run, the same command goes on from
/// there.
#[derive(clap::Args, Debug, PartialEq, Eq)]
#[command(override_usage = "npm run deploy -- [NAME OWNER_EMAIL] [--dry-run] [--yes]")]
pub struct Args {
    /// The first account's name
    #[arg(requires = "owner_email")]
    pub name: Option<String>,
    /// Its owner's e-mail address
    pub owner_email: Option<String>,
    /// Show the steps, and take none
    #[arg(long)]
    pub dry_run: bool,
    /// Take over hosts that are in use, without asking
    #[arg(long)]
    pub yes: bool,
}

impl Args {
    /// Deploys from the folder that npm starts commands in, the project's.
    ///
    /// # Errors
    /// As [`deploy`] or [`dry_run`], or there is nobody to ask.
    pub fn run(self) -> Result<String, Fault> {
        let first = self.name.zip(self.owner_email);
        let asking = !self.yes && console::someone_can_answer();
        // Without a terminal wrangler takes over a host's DNS record, or another Worker's host, and does not ask.
        if !asking && !self.yes && !self.dry_run {
            return Err(Fault::new("no terminal: pass --yes to take over hosts that are in use without being asked"));
        }
        let target = Target {
            folder: Path::new("."),
            wrangler: &|call| match call.prints {
                Prints::Dialogue if !asking => wrangler::run(&Call { prints: Prints::Progress, ..*call }),
                _ => wrangler::run(call),
            },
            batch: &d1::remote_batch,
            rng: &Random,
            now: now()?,
            say: &|line| eprintln!("\n==> {line}"),
        };
        match self.dry_run {
            true => dry_run(&target, first.as_ref()),
            false => deploy(&target, first.as_ref()),
        }
    }
}

/// Runs statements as one transaction in the database with an id.
pub type Batch<'a> = dyn Fn(&str, &[Statement]) -> Result<Vec<Rows>, Fault> + 'a;

/// What a deployment acts on.
pub struct Target<'a> {
    /// The project's folder.
    pub folder: &'a Path,
    /// Calls wrangler.
    pub wrangler: &'a dyn Fn(&Call<'_>) -> Result<Vec<u8>, Fault>,
    /// Reaches the database.
    pub batch: &'a Batch<'a>,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// When the command was given.
    pub now: Now,
    /// Says what is being done.
    pub say: &'a dyn Fn(&str),
}

/// Deploys, or brings up to date what is deployed. `first` is the first account's name and its owner's address; if it is
/// created, the answer holds the owner's link.
///
/// # Errors
/// What to do first, before anything is changed; or what went wrong, and the same command goes on from there.
fn deploy(target: &Target<'_>, first: Option<&(String, String)>) -> Result<String, Fault> {
    let plan = Plan::new(target, first)?;
    if !plan.missing.is_empty() {
        return Err(Fault::new(format_args!("nothing was changed. First:\n{}", list(&plan.missing))));
    }
    plan.build()?;
    plan.take().map_err(|fault| Fault::new(format_args!("{fault}\nThe same command goes on from here.")))
}

/// What [`deploy`] would do. Builds the Workers, changes nothing, and needs no login.
///
/// # Errors
/// Files that cannot be read, a Worker that cannot be built, or what a deployment would be refused for.
fn dry_run(target: &Target<'_>, first: Option<&(String, String)>) -> Result<String, Fault> {
    let plan = Plan::new(target, first)?;
    plan.build()?;
    let steps: Vec<_> = plan.steps.iter().map(Step::to_string).collect();
    let mut said = format!("Nothing was changed. A deployment would:\n{}", list(&steps));
    if !plan.missing.is_empty() {
        said += &format!("\nFirst:\n{}", list(&plan.missing));
        return Err(Fault::new(said));
    }
    Ok(said)
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::{
        cloud::{Cloud, ID},
        dry_run,
        workers::{EDGE, NO_DATABASE, WORKERS},
    };
    use crate::keys::FILE;

    #[test]
    fn from_nothing_to_the_first_owners_link() {
        let cloud = Cloud::new();
        let said = cloud.first().unwrap();
        cloud.assert_up();
        assert_eq!(
            *cloud.deployed.borrow(),
            ["airlock-jobs ", "airlock-edge --domain app.acme.test", "airlock-admin --domain admin.acme.test"]
        );
        assert!(said.contains("https://app.acme.test/auth/invite/") && said.contains("ann@acme.test"), "{said}");
    }

    #[test]
    fn wherever_a_run_ends_the_next_one_goes_on() {
        let changes = {
            let cloud = Cloud::new();
            cloud.first().unwrap();
            cloud.changes.get()
        };
        assert_eq!(changes, 9, "database, migrations, secrets of three, three Workers, account");
        for (end, happens) in (1..=changes).flat_map(|end| [(end, false), (end, true)]) {
            let cloud = Cloud::new();
            cloud.ends_at.set(Some((end, happens)));
            assert_eq!(cloud.first().unwrap_err(), "the run ended\nThe same command goes on from here.", "{end}");
            cloud.ends_at.set(None);
            let said = cloud.first().unwrap_or_else(|e| panic!("after {end}, {happens}: {e}"));
            cloud.assert_up();
            assert_eq!(cloud.deployed.borrow().len(), 3);
            let lost = (end, happens) == (changes, true);
            assert_eq!(said.contains("nobody has joined"), lost, "{said}");
            assert_eq!(said.contains("/auth/invite/"), !lost, "{said}");
        }
    }

    #[test]
    fn a_run_interrupted_between_two_files_goes_on() {
        let cloud = Cloud::new();
        cloud.database.set(true);
        cloud.edit(EDGE, NO_DATABASE, ID);
        cloud.put(&format!("{FILE}.new"), "SEED_KEYS=\"half");
        cloud.first().unwrap();
        cloud.assert_up();
        assert!(!cloud.folder.join(format!("{FILE}.new")).exists());
    }

    #[test]
    fn a_second_run_updates_and_creates_nothing_twice() {
        let cloud = Cloud::new();
        cloud.first().unwrap();
        let said = cloud.deploy(None).unwrap();
        cloud.assert_up();
        assert_eq!((cloud.changes.get(), cloud.deployed.borrow().len()), (4, 3), "migrations and three Workers");
        assert!(!said.contains("/auth/invite/"), "{said}");
    }

    #[test]
    fn a_dry_run_builds_the_workers_and_changes_nothing_logged_in_or_not() {
        for logged_in in [true, false] {
            let cloud = Cloud::new();
            cloud.logged_in.set(logged_in);
            let files = || WORKERS.iter().map(|spec| cloud.file(spec.file)).collect::<Vec<_>>();
            let before = files();
            let said = cloud.on(|world| dry_run(world, None)).unwrap_err().to_string();
            assert_eq!((cloud.changes.get(), files()), (0, before));
            assert!(!cloud.folder.join(FILE).exists());
            let seen = cloud.seen.borrow();
            assert!(seen.contains("deploy -c wrangler.toml --domain app.acme.test --dry-run"), "{seen}");
            assert!(seen.contains("deploy -c jobs/wrangler.toml --dry-run"), "{seen}");
            assert!(seen.contains("deploy -c admin/wrangler.toml --domain admin.acme.test --dry-run"), "{seen}");
            for step in [
                "create the D1 database",
                "make SEED_KEYS, PEPPER_KEYS, AUDIT_KEYS, ASSERTION_KEYS, PROXY_KEYS, and keep",
                "deploy airlock-admin to admin.acme.test",
            ] {
                assert!(said.contains(step), "{step}\n{said}");
            }
            assert!(said.contains("there is no account yet"), "{said}");
            assert_eq!(said.contains("npx wrangler login"), !logged_in, "{said}");
        }
        let first = ("Acme".to_owned(), "ann@acme.test".to_owned());
        assert!(!Cloud::new().on(|world| dry_run(world, Some(&first))).unwrap().contains("First:"));
    }
}
