//! `recover`: takes away a second factor that no admin can reset.

use std::io::{self, BufRead, Write};

use airlock::{
    people::names::typed_email,
    ports::Fault,
    store::{
        Reset,
        operator::{Found, break_glass, find_user, key_checks},
    },
};
use serde::Deserialize;

use crate::{
    console::{ask, counted},
    guarded::{Guard, Peppers},
    world::{World, next},
};

/// Takes away the second factor of someone whom no admin can reset, and ends their sessions
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// Their e-mail address
    pub email: String,
    /// The keys and the database.
    #[command(flatten)]
    pub guarded: Guard,
}

impl Args {
    /// Takes it away.
    ///
    /// # Errors
    /// As [`recover`].
    pub fn run(self) -> Result<String, Fault> {
        self.guarded.run(|world, peppers, asks| {
            recover(world, peppers, &self.email, |email| {
                Ok(!asks || typed_again(email, io::stdin().lock(), io::stderr())?)
            })
        })
    }
}

/// Takes away a user's second factor, once `confirmed` says yes to their address.
///
/// # Errors
/// The Workers have none of the keys, nobody has this address, it is not confirmed, or the database.
pub fn recover(
    world: &World<'_>,
    peppers: &Peppers,
    email: &str,
    confirmed: impl FnOnce(&str) -> Result<bool, Fault>,
) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Written {
        authenticators: usize,
    }
    let email = typed_email(email).ok_or_else(|| Fault::new(format_args!("{email} is not an e-mail address")))?;
    let mut found = (world.batch)(&[key_checks(), find_user(&email)])?.into_iter();
    let check = peppers.check(next(&mut found)?)?;
    let found = next(&mut found)?.parse::<Found>()?.pop();
    let user = found.ok_or_else(|| Fault::new(format_args!("nobody has the address {email}")))?;
    if !user.joined {
        return Err(Fault::new(format_args!("{email} was only invited, and has nothing to recover yet")));
    }
    if !confirmed(&email)? {
        return Err(Fault::new("not confirmed: nothing was changed"));
    }
    let mut done = (world.batch)(&break_glass(&user.id, &check, &world.rng.id()?, world.now))?.into_iter();
    let (written, sessions, codes) = (next(&mut done)?, next(&mut done)?, next(&mut done)?);
    let written: Vec<Written> = written.parse()?;
    let Some(Written { authenticators }) = written.first() else {
        return Err(Fault::new(format_args!("nobody has the address {email} any more, or the keys have just changed")));
    };
    let Reset { sessions_ended, recovery_codes_removed } = Reset::count(&sessions, &codes);
    Ok(format!(
        "{email} ({}) has no second factor any more.\n\
         Gone: {}, {}, {}, and in every account their API tokens and the invitations they made.\n\
         Next: their password alone now leads to setting up two-factor login, whoever types it. Tell them to do it at once.\n\
         \u{20}     Until then it opens nothing else.\n\
         In the audit: break_glass, by the operator, with key {}, {}.",
        user.name,
        counted(*authenticators, "authenticator"),
        counted(recovery_codes_removed, "unused recovery code"),
        counted(sessions_ended, "session"),
        check.key_id,
        counted(written.len(), "row"),
    ))
}

/// Whether the address is typed again.
///
/// # Errors
/// There is no terminal to type it in.
fn typed_again(email: &str, input: impl BufRead, output: impl Write) -> Result<bool, Fault> {
    let question =
        format!("This ends every session of {email} and takes the second factor away.\nType the address again: ");
    Ok(typed_email(&ask(&question, input, output)?).as_deref() == Some(email))
}

#[cfg(test)]
pub mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use airlock_tests::{NOOR_SEED, PEPPER_KEYS};

    use super::*;
    use crate::{create_account::tests::created, guarded::tests::peppers, status::status, world::tests::on};

    pub fn recovered(world: &airlock_tests::World, email: &str) -> Result<String, String> {
        on(world, |world| recover(world, &peppers(PEPPER_KEYS), email, |_| Ok(true))).map_err(|fault| fault.to_string())
    }

    #[test]
    fn recovery_ends_the_second_factor_and_shows_in_every_account() {
        let world = airlock_tests::World::new();
        world.db.execute(
            "INSERT INTO accounts (id, name, created_at) VALUES ('two', 'Two', 1), ('three', 'Three', 1)",
            &[],
        );
        for (account, state) in [("two", "inactive"), ("three", "invited")] {
            world.db.execute(
                "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
                 VALUES (?1, 'noor', 'noor@acme.test', 'member', ?2, 1)",
                &[account.into(), state.into()],
            );
        }
        let (full, waiting) = (world.browser(), world.browser());
        full.sign_in("noor@acme.test", NOOR_SEED);
        world.wait_s(30);
        waiting.login("noor@acme.test").expect(200).field("next", "verify");
        for (mac, used) in [("a", None), ("b", Some(1)), ("c", None)] {
            world.db.execute(
                "INSERT INTO recovery_codes (user_id, mac, used_at, created_at) VALUES ('noor', ?1, ?2, 1)",
                &[mac.into(), used.into()],
            );
        }
        let said = recovered(&world, "Noor@acme.test").unwrap();
        assert!(
            said.contains("1 authenticator, 2 unused recovery codes, 2 sessions, and in every account")
                && said.contains("by the operator, with key p1, 2 rows."),
            "{said}"
        );
        let again = recovered(&world, "noor@acme.test").unwrap();
        assert!(again.contains("Gone: 0 authenticators, 0 unused recovery codes, 0 sessions, and"), "{again}");
        assert_eq!([full.stage(), waiting.stage()], ["none", "none"]);
        world.browser().login("noor@acme.test").expect(200).field("next", "enrol");
        let rows = world.db.table("SELECT account_id FROM audit WHERE action = 'break_glass' ORDER BY account_id");
        assert!(rows.contains("acme") && rows.contains("two") && !rows.contains("three"), "{rows}");
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE detail ->> 'key' = 'p1'"), 4);
    }

    #[test]
    fn recovering_someone_without_an_account_leaves_a_row_too() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM memberships WHERE user_id = 'noor'", &[]);
        assert!(recovered(&world, "noor@acme.test").unwrap().contains("by the operator, with key p1, 1 row."));
        let said = on(&world, status).unwrap();
        assert!(said.contains("of no account that are not sealed yet: 1\n"), "{said}");
    }

    #[test]
    fn the_unknown_the_only_invited_and_the_unconfirmed_are_not_recovered() {
        let world = airlock_tests::World::new();
        created(&world, "Two", "rosa@two.test").unwrap();
        let before = world.db.dump();
        assert_eq!(recovered(&world, "nobody@acme.test").unwrap_err(), "nobody has the address nobody@acme.test");
        assert!(recovered(&world, "rosa@two.test").unwrap_err().contains("only invited"));
        on(&world, |world| recover(world, &peppers(PEPPER_KEYS), "noor@acme.test", |_| Ok(false))).unwrap_err();
        assert!(world.db.dump() == before);
    }

    #[test]
    fn only_the_same_address_confirms() {
        let answer = |typed: &str| typed_again("noor@acme.test", typed.as_bytes(), std::io::sink()).unwrap();
        assert!(answer("Noor@acme.test\n"));
        for typed in ["", "\n", "y\n", "noor\n", "mia@acme.test\n"] {
            assert!(!answer(typed), "{typed}");
        }
    }
}
