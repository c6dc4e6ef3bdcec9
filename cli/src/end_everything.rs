//! `end-everything`: for after the database was restored from an earlier moment.

use std::io::{self, BufRead, Write};

use airlock::{
    ports::Fault,
    store::operator::{Ended, end_everything, key_checks},
};

use crate::{
    console::{ask, counted},
    guarded::{Guard, Peppers},
    world::{World, next},
};

/// Ends everything that may be in the wrong hands, after the database was restored from an earlier moment
///
/// Ends every session, API token, service token, invitation and known browser, and every one-time code that may have been used since.
/// docs/restore.md says what else to do.
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// End all unused recovery codes too
    #[arg(long)]
    pub recovery_codes: bool,
    /// The keys and the database.
    #[command(flatten)]
    pub guarded: Guard,
}

impl Args {
    /// Ends it.
    ///
    /// # Errors
    /// As [`end`].
    pub fn run(self) -> Result<String, Fault> {
        self.guarded.run(|world, peppers, asks| {
            end(
                world,
                peppers,
                self.recovery_codes,
                || Ok(!asks || typed_everything(io::stdin().lock(), io::stderr())?),
            )
        })
    }
}

/// Ends everything that may be in the wrong hands after the database was restored from an earlier moment.
///
/// # Errors
/// The Workers have none of the keys, it is not confirmed, or the database.
pub fn end(
    world: &World<'_>,
    peppers: &Peppers,
    recovery_codes: bool,
    confirmed: impl FnOnce() -> Result<bool, Fault>,
) -> Result<String, Fault> {
    let check = peppers.check(next(&mut (world.batch)(&[key_checks()])?.into_iter())?)?;
    if !confirmed()? {
        return Err(Fault::new("not confirmed: nothing was changed"));
    }
    let statements = end_everything(&check, recovery_codes, &world.rng.id()?, world.now);
    let mut done = (world.batch)(&statements)?.into_iter();
    let (written, ended) = (next(&mut done)?, next(&mut done)?.parse::<Ended>()?.pop());
    let Some(ended) = ended.filter(|_| !written.0.is_empty()) else {
        return Err(Fault::new("the keys have just changed: nothing was changed"));
    };
    let codes = match recovery_codes {
        true => format!(", {}", counted(ended.recovery_codes, "unused recovery code")),
        false => String::new(),
    };
    Ok(format!(
        "Gone: {}, {}, {}, {}, {}{codes}.\n\
         All one-time codes up to now are used up: the next one works within two minutes.\n\
         Next: docs/restore.md says what else has come back (people removed, roles, passwords, requirements).\n\
         In the audit: everything_ended, by the operator, with key {}, {}.",
        counted(ended.sessions, "session"),
        counted(ended.tokens, "API token"),
        counted(ended.service_tokens, "service token"),
        counted(ended.browsers, "known browser"),
        counted(ended.invitations, "invitation"),
        check.key_id,
        counted(written.0.len(), "row"),
    ))
}

/// Whether "end everything" is typed.
///
/// # Errors
/// There is no terminal to type it in.
fn typed_everything(input: impl BufRead, output: impl Write) -> Result<bool, Fault> {
    let question = "This signs everyone out and ends every API token, service token, invitation and known browser.\nType end everything: ";
    Ok(ask(question, input, output)?.trim() == "end everything")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use airlock_tests::{NOOR_SEED, OWNER_SEED, PEPPER_KEYS};
    use serde_json::json;

    use super::*;
    use crate::{
        create_account::tests::{created, path},
        guarded::tests::peppers,
        world::tests::on,
    };

    fn ended(world: &airlock_tests::World, recovery_codes: bool) -> String {
        on(world, |world| end(world, &peppers(PEPPER_KEYS), recovery_codes, || Ok(true))).unwrap()
    }

    #[test]
    fn nothing_from_before_works_once_everything_has_ended() {
        let world = airlock_tests::World::new();
        let (noor, waiting, owner) = (world.browser(), world.browser(), world.admin());
        owner.sign_in("owner@acme.test", OWNER_SEED);
        let token = json!({ "name": "x", "scopes": ["users:read"] });
        let token =
            owner.post("/api/v1/accounts/acme/tokens", token).expect(201).json()["token"].as_str().unwrap().to_owned();
        let users = || {
            let mut request = world.admin().request("GET", "/api/v1/accounts/acme/users", "");
            airlock_tests::set_header(&mut request, "authorization", &format!("Bearer {token}"));
            world.handle(&request).status
        };
        assert_eq!(users(), 200);
        let service = json!({ "name": "x", "paths": ["/*"], "methods": ["GET"] });
        let service = owner.post("/api/v1/accounts/acme/service-tokens", service).expect(201).json()["token"].clone();
        let app = || {
            let mut request = world.browser().request("GET", "/", "");
            airlock_tests::set_header(&mut request, "airlock-token", service.as_str().unwrap());
            world.handle(&request).status
        };
        assert_eq!(app(), 200);
        let link = created(&world, "Two", "rosa@two.test").unwrap();
        noor.sign_in("noor@acme.test", NOOR_SEED);
        world.wait_s(60);
        waiting.login("noor@acme.test").expect(200).field("next", "verify");
        // Codes used after the restored moment: one of now, and one of a phone whose clock is ahead.
        let used = [0, 1].map(|steps| world.code(NOOR_SEED, steps));
        for mac in ["a", "b"] {
            world.db.execute(
                "INSERT INTO recovery_codes (user_id, mac, used_at, created_at) VALUES ('noor', ?1, NULL, 1)",
                &[mac.into()],
            );
        }
        let step = world.now.get().0 / 30_000;
        world.db.execute(
            "UPDATE authenticators SET burned_steps = ?1 WHERE user_id = 'noor'",
            &[format!("[{},{}]", step + 1, step + 9).into()],
        );
        let said = ended(&world, false);
        assert!(
            said.starts_with("Gone: 3 sessions, 1 API token, 1 service token, 2 known browsers, 1 invitation.\n")
                && said.contains("everything_ended, by the operator, with key p1, 2 rows."),
            "{said}"
        );
        assert_eq!([noor.stage(), waiting.stage(), owner.stage()], ["none"; 3].map(str::to_owned));
        assert_eq!([users(), app()], [401, 401]);
        world.browser().get(path(&link)).expect(404);
        let tables =
            ["sessions", "enrolments", "api_tokens", "service_tokens", "browsers", "invitations", "code_attempts"];
        for table in tables {
            assert_eq!(world.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(
            world.texts("SELECT burned_steps FROM authenticators WHERE user_id = 'noor'"),
            [format!("[{}]", step + 9)]
        );
        let again = world.browser();
        again.login("noor@acme.test").expect(200).field("next", "verify");
        for code in used {
            again.verify(&code).expect(401);
        }
        world.wait_s(90);
        again.verify(&world.code(NOOR_SEED, 0)).expect(200);
        assert_eq!(world.count("SELECT count(*) FROM recovery_codes"), 2);
        assert!(ended(&world, true).contains(", 2 unused recovery codes.\n"));
        assert_eq!(world.count("SELECT count(*) FROM recovery_codes"), 0);
        let rows =
            world.texts("SELECT account_id || ': ' || detail FROM audit WHERE action = 'everything_ended' ORDER BY id");
        assert_eq!(rows.len(), 4);
        assert_eq!(
            rows.last().unwrap().split_once(": ").unwrap().1,
            r#"{"operator":true,"key":"p1","recovery_codes":true}"#
        );
    }

    #[test]
    fn everything_ends_only_if_confirmed_and_even_without_accounts() {
        let world = airlock_tests::World::new();
        let before = world.db.dump();
        on(&world, |world| end(world, &peppers(PEPPER_KEYS), true, || Ok(false))).unwrap_err();
        assert!(world.db.dump() == before);
        world.db.execute("DELETE FROM accounts", &[]);
        assert!(ended(&world, true).contains("with key p1, 1 row."));
        let typed = |text: &str| typed_everything(text.as_bytes(), std::io::sink()).unwrap();
        assert!(typed("end everything\n") && !typed("") && !typed("y\n") && !typed("everything\n"));
    }
}
