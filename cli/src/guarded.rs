//! What recover and end-everything share: they take one of the Workers' keys, and on Cloudflare they ask first.

use std::path::PathBuf;

use airlock::{
    ports::{Fault, Rows},
    secret::Keyring,
    store::operator::{KeyCheck, clock},
};
use serde::Deserialize;

use crate::{
    d1::{Database, Place},
    keys, npm,
    world::{World, next},
};

/// By how many seconds this machine's clock may differ from the database's.
const CLOCK_S: i64 = 60;

/// Their options, and the database.
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The file whose PEPPER_KEYS the Workers have [default: .env, or with --remote airlock.keys]
    #[arg(long, value_name = "FILE")]
    pub keys: Option<String>,
    /// Don't ask first on Cloudflare
    #[arg(long)]
    pub yes: bool,
    /// The database.
    #[command(flatten)]
    pub place: Place,
}

impl Guard {
    /// Runs a command with the keys; it is also told whether to ask first.
    ///
    /// # Errors
    /// There are no keys, or the command's own.
    pub fn run(self, act: impl FnOnce(&World<'_>, &Peppers, bool) -> Result<String, Fault>) -> Result<String, Fault> {
        let database = self.place.database()?;
        let peppers = Peppers::read(&database, self.keys.as_deref())?;
        let asks = database == Database::Remote && !self.yes;
        database.on(|world| {
            if database == Database::Remote {
                same_clock(world)?;
            }
            act(world, &peppers, asks)
        })
    }
}

/// That this machine's clock is as the database's: by what these commands write, the Workers tell what is over.
///
/// # Errors
/// They differ by more than a minute.
fn same_clock(world: &World<'_>) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Clock {
        at: i64,
    }
    let clock = next(&mut (world.batch)(&[clock()])?.into_iter())?.parse::<Clock>()?.pop();
    let Clock { at } = clock.ok_or_else(|| Fault::new("the database does not say what time it is"))?;
    let seconds = (world.now.0 - at) / 1000;
    if seconds.abs() > CLOCK_S {
        return Err(Fault::new(format_args!(
            "this machine's clock differs from Cloudflare's by {seconds} s: set it right first. Nothing was changed."
        )));
    }
    Ok(())
}

/// The peppers of whoever gives the command.
pub struct Peppers {
    keys: Keyring,
    /// The file they are kept in.
    from: String,
}

impl Peppers {
    /// Those in the file, else where they are kept for this database.
    fn read(database: &Database, file: Option<&str>) -> Result<Self, Fault> {
        let file = match (file, database) {
            (Some(file), _) => npm::path(file),
            (None, Database::Local(_)) => PathBuf::from(".env"),
            (None, Database::Remote) => PathBuf::from(keys::FILE),
        };
        let from = file.display().to_string();
        match keys::read(&file, "PEPPER_KEYS") {
            Ok(keys) => Ok(Self { keys, from }),
            Err(fault) => Err(Fault::new(format_args!(
                "{fault}\nThis takes a key that the Workers have: their PEPPER_KEYS, in {from} or in --keys FILE. Nothing was \
                 changed."
            ))),
        }
    }

    /// Proof that one of them is a key of the Workers, whose checks the database has in `found`.
    ///
    /// # Errors
    /// None is.
    pub fn check(&self, found: Rows) -> Result<KeyCheck, Fault> {
        let checks: Vec<KeyCheck> = found.parse()?;
        if checks.is_empty() {
            return Err(Fault::new(
                "the database does not know yet which keys the Workers have: they tell it once a minute. Nothing was \
                 changed.",
            ));
        }
        let held = self.keys.all().find(|key| checks.iter().any(|check| check.is_of(key)));
        held.map(KeyCheck::of).ok_or_else(|| {
            let ids: Vec<_> = checks.iter().map(|check| check.key_id.as_str()).collect();
            Fault::new(format_args!(
                "PEPPER_KEYS in {} has no key that the Workers have ({}). Nothing was changed.",
                self.from,
                ids.join(", ")
            ))
        })
    }
}

#[cfg(test)]
pub mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use airlock_tests::PEPPER_KEYS;

    use super::*;
    use crate::{end_everything, recover, recover::tests::recovered, world::tests::on};

    pub fn peppers(keys: &str) -> Peppers {
        Peppers { keys: Keyring::parse(keys).unwrap(), from: "airlock.keys".to_owned() }
    }

    #[test]
    fn nothing_is_recovered_or_ended_by_a_clock_that_is_wrong() {
        let world = airlock_tests::World::new();
        let present = crate::world::now().unwrap().0;
        for (off_s, same) in [(0, true), (-50, true), (50, true), (-70, false), (70, false), (86_400, false)] {
            world.now.set(airlock::ports::Now(present + off_s * 1000));
            let said = on(&world, same_clock).map_err(|fault| fault.to_string());
            assert_eq!(said.is_ok(), same, "{off_s}: {said:?}");
            assert!(said.is_ok() || said.unwrap_err().contains("set it right first"));
        }
    }

    #[test]
    fn nothing_is_recovered_or_ended_without_a_key_that_the_workers_have() {
        const OTHER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
        let world = airlock_tests::World::new();
        let refused = |keys: &str| {
            let before = world.db.dump();
            let said = [
                on(&world, |world| recover::recover(world, &peppers(keys), "noor@acme.test", |_| Ok(true))),
                on(&world, |world| recover::recover(world, &peppers(keys), "nobody@acme.test", |_| Ok(true))),
                on(&world, |world| end_everything::end(world, &peppers(keys), true, || Ok(true))),
            ]
            .map(|answer| answer.unwrap_err().to_string());
            assert!(world.db.dump() == before && said.iter().all(|other| *other == said[0]), "{said:?}");
            said[0].clone()
        };
        // The right id with another key, and another id with the right one.
        for keys in [format!("p1:{OTHER}"), PEPPER_KEYS.replace("p1", "p2")] {
            assert_eq!(
                refused(&keys),
                "PEPPER_KEYS in airlock.keys has no key that the Workers have (p1). Nothing was changed."
            );
        }
        world.db.execute("DELETE FROM key_checks", &[]);
        assert!(refused(PEPPER_KEYS).contains("does not know yet which keys the Workers have"));
        world.tick();
        recovered(&world, "noor@acme.test").unwrap();
        // A key that was taken away no longer counts; one of several is enough.
        let both = format!("p2:{OTHER},{PEPPER_KEYS}");
        world.rotate_keys("s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &format!("p2:{OTHER}"));
        world.tick();
        assert!(refused(PEPPER_KEYS).contains("(p2)"));
        on(&world, |world| recover::recover(world, &peppers(&both), "noor@acme.test", |_| Ok(true))).unwrap();
    }
}
