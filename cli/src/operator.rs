//! What only the operator can do: open an account, let someone back in, see how far accounts are, check an export.

use std::{
    io::{BufRead, Read, Write},
    path::Path,
};

use airlock::{
    audit::{self, Begins},
    policy::Applies,
    ports::{Fault, Now, Rng, Rows, Statement},
    secret::Token,
    session::{NAME_MAX_CHARS, Role, canonical_email, canonical_name},
    sign_in::invite_url,
    store::{
        INVITATION_MS, NewAccount, NewInvitation, Reset,
        operator::{AccountStatus, Found, KeyUse, break_glass, find_user, open_account, status as select_status},
    },
};
use serde::Deserialize;

/// How statements are run as one transaction.
pub type Batch<'a> = dyn Fn(&[Statement]) -> Result<Vec<Rows>, Fault> + 'a;

/// What commands act on: a database, randomness and the time.
pub struct World<'a> {
    /// The database.
    pub batch: &'a Batch<'a>,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// When the command was given.
    pub now: Now,
}

/// Creates an account and invites its first owner. The answer holds the link. Without mail nothing proves whose an address
/// is, so a deployment has one account, unless the operator trusts the admins of each with the people of all.
///
/// # Errors
/// A name or address that cannot be one, an account that there is already, or the database.
pub fn create_account(
    world: &World<'_>,
    origin: &str,
    name: &str,
    owner_email: &str,
    owner_name: Option<&str>,
    trusts_admins: bool,
) -> Result<String, Fault> {
    let (name, email) = (named(name)?, address(owner_email)?);
    let owner_name = named(owner_name.or(email.split('@').next()).unwrap_or_default())?;
    let (account_id, user_id, event) = (world.rng.id()?, world.rng.id()?, world.rng.id()?);
    let token = Token::generate(world.rng)?;
    let expires_at = Now(world.now.0 + INVITATION_MS);
    let account = NewAccount { id: &account_id, name };
    let owner = NewInvitation {
        user_id: &user_id,
        email: &email,
        name: owner_name,
        role: Role::Owner,
        token: &token,
        expires_at,
    };
    let mut done = (world.batch)(&open_account(&account, &owner, trusts_admins, &event, world.now))?.into_iter();
    if next(&mut done)?.0.is_empty() {
        return Err(Fault::new(match trusts_admins {
            true => format!("there is an account called {name} already: choose another name"),
            false => {
                "there is an account already, and one deployment has one: without mail, whoever administers a second \
                      one could invite the people of the first. If you trust the admins of each with the people of \
                      all, say --trust-admins"
                    .to_owned()
            }
        }));
    }
    let gone: Vec<Named> = next(&mut done)?.parse()?;
    let gone: String = gone
        .iter()
        .map(|gone| format!("The account {} is gone, and its link with it: nobody had joined it.\n", gone.name))
        .collect();
    Ok(format!(
        "{gone}Created the account {name} ({account_id}) and invited {email} as its owner.\n\
         This link works once, until {}, and is not shown again:\n\n{}",
        expires_at.rfc3339(),
        invite_url(origin, &token),
    ))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Takes away a user's second factor. `confirmed` is asked once it is known whose.
///
/// # Errors
/// Nobody has this address, it is not confirmed, or the database.
pub fn recover(
    world: &World<'_>,
    email: &str,
    confirmed: impl FnOnce(&str) -> Result<bool, Fault>,
) -> Result<String, Fault> {
    let email = address(email)?;
    let found = results((world.batch)(&[find_user(&email)])?)?.parse::<Found>()?.pop();
    let user = found.ok_or_else(|| Fault::new(format_args!("nobody has the address {email}")))?;
    if user.joined == 0 {
        return Err(Fault::new(format_args!("{email} was only invited so far, and has nothing to recover")));
    }
    if !confirmed(&email)? {
        return Err(Fault::new("not confirmed: nothing was changed"));
    }
    let mut done = (world.batch)(&break_glass(&user.id, &world.rng.id()?, world.now))?.into_iter();
    let (written, sessions, codes) = (next(&mut done)?, next(&mut done)?, next(&mut done)?);
    if written.0.is_empty() {
        return Err(Fault::new(format_args!("nobody has the address {email} any more")));
    }
    let Reset { sessions_ended, recovery_codes_removed } = Reset::count(&sessions, &codes);
    Ok(format!(
        "{email} ({}) has no second factor any more.\n\
         Gone: every authenticator, {}, {}, and in every account their API tokens and the invitations they made.\n\
         Next: their password leads straight to setting up two-factor login, for whoever has it. Tell them to do it now.\n\
         \u{20}     Until then nothing else is open to them.\n\
         In the audit: break_glass, by the operator, {}.",
        user.name,
        counted(recovery_codes_removed, "unused recovery code"),
        counted(sessions_ended, "session"),
        counted(written.0.len(), "row"),
    ))
}

/// Every account, and how far its members are.
///
/// # Errors
/// The database.
pub fn status(world: &World<'_>) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Unsealed {
        unsealed: i64,
    }
    #[derive(Deserialize)]
    struct Addressed {
        email: String,
    }
    let mut answers = (world.batch)(&select_status(world.now))?.into_iter();
    let accounts: Vec<AccountStatus> = next(&mut answers)?.parse()?;
    let nobodys = next(&mut answers)?.parse::<Unsealed>()?.pop().map_or(0, |row| row.unsealed);
    let uses: Vec<KeyUse> = next(&mut answers)?.parse()?;
    let addresses: Vec<Addressed> = next(&mut answers)?.parse()?;
    if accounts.is_empty() {
        return Ok("No accounts yet: create-account makes one.".to_owned());
    }
    let mut lines =
        vec![["ACCOUNT", "ID", "MEMBERS", "TWO-FACTOR", "REQUIRED", "INVITED", "UNSEALED"].map(str::to_owned)];
    lines.extend(accounts.into_iter().map(|account| {
        let required = match (account.two_factor_required, account.applies) {
            (1, Applies::NextLogin) => "next login",
            (1, Applies::Now) => "now",
            _ => "no",
        };
        let [members, enabled] = [account.members, account.enabled].map(|count| count.to_string());
        let [invited, unsealed] = [account.invited, account.unsealed].map(|count| count.to_string());
        [account.name, account.id, members, enabled, required.to_owned(), invited, unsealed]
    }));
    let of_nobody = format!("\n\nAudit rows of no account that are not sealed yet: {nobodys}");
    let keys: Vec<String> = uses
        .iter()
        .map(|KeyUse { kind, key, rows }| format!("{key} ({})", counted(usize::try_from(*rows).unwrap_or(0), kind)))
        .collect();
    let keys = if keys.is_empty() { "none yet".to_owned() } else { keys.join(", ") };
    let mut said = table(&lines) + "\n\nKeys in use: " + &keys;
    if nobodys > 0 {
        said += &of_nobody;
    }
    // The header is a line too.
    if lines.len() > 2 {
        said += "\n\nWarning: there are several accounts, and without mail nothing proves whose an address is. Whoever \
                 administers\none of them can invite the people of another.";
    }
    let older: Vec<&str> = addresses
        .iter()
        .map(|row| row.email.as_str())
        .filter(|email| canonical_email(email).as_deref() != Some(email))
        .collect();
    if !older.is_empty() {
        said += "\n\nAddresses that nobody could be invited by today; they still sign in: ";
        said += &older.join(", ");
    }
    Ok(said)
}

/// Checks an export of an account's audit, from a file or (`-`) from the standard input.
///
/// # Errors
/// It cannot be read, is empty, or a line does not hold.
pub fn verify_audit(file: &str) -> Result<String, Fault> {
    let mut export = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_string(&mut export),
        // npm starts commands in the project's folder, and names here the one that the user is in.
        _ => std::fs::File::open(Path::new(&std::env::var_os("INIT_CWD").unwrap_or_default()).join(file))
            .and_then(|mut file| file.read_to_string(&mut export)),
    };
    read.map_err(|e| Fault::new(format_args!("{file}: {e}")))?;
    let verified = audit::verify(&export).map_err(Fault::new)?;
    if verified.rows == 0 {
        return Err(Fault::new(format_args!("{file} has no rows")));
    }
    let start = match verified.begins {
        Begins::First => "from the account's first row on".to_owned(),
        Begins::Trimmed(row) => format!(
            "but not from the account's first row on: row {row} says that the operator's limit removed those before"
        ),
        Begins::Later => {
            "but not from the account's first row on: put the exports before it in front to check those too".to_owned()
        }
    };
    Ok(format!(
        "{} as sealed, none missing in between, {start}.\n\
         Head: {}\n\
         Note the head down: until its row is old enough to be removed, an export that does not hold it has lost its end.",
        counted(verified.rows, "row"),
        verified.head,
    ))
}

/// Whether the address is typed once more.
///
/// # Errors
/// There is no terminal to type it in.
pub fn typed_again(email: &str, mut input: impl BufRead, mut output: impl Write) -> Result<bool, Fault> {
    write!(output, "This ends every session of {email} and takes the second factor away.\nType the address again: ")
        .and_then(|()| output.flush())
        .map_err(Fault::new)?;
    let mut typed = String::new();
    input.read_line(&mut typed).map_err(Fault::new)?;
    Ok(canonical_email(&typed).as_deref() == Some(email))
}

/// A name as it is kept.
///
/// # Errors
/// It cannot be one.
pub fn named(typed: &str) -> Result<&str, Fault> {
    canonical_name(typed, NAME_MAX_CHARS).ok_or_else(|| Fault::new("a name has 1 to 100 characters"))
}

/// An address as it is kept.
///
/// # Errors
/// It cannot be one.
pub fn address(typed: &str) -> Result<String, Fault> {
    canonical_email(typed).ok_or_else(|| Fault::new(format_args!("{typed} is not an e-mail address")))
}

/// The rows of the next statement.
///
/// # Errors
/// There are none.
pub fn next(results: &mut impl Iterator<Item = Rows>) -> Result<Rows, Fault> {
    results.next().ok_or_else(|| Fault::new("the database answered fewer results than statements"))
}

fn results(results: Vec<Rows>) -> Result<Rows, Fault> {
    next(&mut results.into_iter())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The cells in columns, each as wide as its longest.
fn table<const N: usize>(lines: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for line in lines {
        widths.iter_mut().zip(line).for_each(|(width, cell)| *width = (*width).max(cell.chars().count()));
    }
    let padded = |line: &[String; N]| {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use airlock::session::Role;
    use airlock_tests::{NOOR_SEED, ORIGIN};
    use serde_json::json;

    use super::*;

    /// Runs a command on the database that the core's tests have.
    fn on<T>(world: &airlock_tests::World, act: impl FnOnce(&World<'_>) -> T) -> T {
        let batch = |statements: &[Statement]| Ok(world.db.run(statements.to_vec()));
        act(&World { batch: &batch, rng: &crate::Random, now: world.now.get() })
    }

    fn created(world: &airlock_tests::World, name: &str, email: &str) -> Result<String, String> {
        on(world, |world| create_account(world, ORIGIN, name, email, None, true)).map_err(|fault| fault.to_string())
    }

    fn recovered(world: &airlock_tests::World, email: &str) -> Result<String, String> {
        on(world, |world| recover(world, email, |_| Ok(true))).map_err(|fault| fault.to_string())
    }

    fn path(said: &str) -> &str {
        said.rsplit_once('\n').unwrap().1.strip_prefix(ORIGIN).unwrap()
    }

    #[test]
    fn the_link_makes_its_holder_owner_of_the_new_account_once() {
        let world = airlock_tests::World::new();
        let said = created(&world, " Two ", " Rosa@Two.Test ").unwrap();
        assert!(said.contains("the account Two (") && said.contains("rosa@two.test"), "{said}");
        let (browser, password) = (world.browser(), json!({ "password": "seven grey herons wade" }));
        browser.get(path(&said)).expect(200).field("account", "Two");
        browser.post(path(&said), password.clone()).expect(200);
        browser.post(path(&said), password.clone()).expect(404);
        let owner = world.db.table(
            "SELECT a.name, m.role, u.name AS owner FROM memberships m JOIN users u ON u.id = m.user_id
            JOIN accounts a ON a.id = m.account_id WHERE m.state = 'active' AND u.email = 'rosa@two.test'",
        );
        assert!(owner.contains(r#""name": String("Two")"#) && owner.contains("owner"), "{owner}");
        assert!(owner.contains(r#""owner": String("rosa")"#), "{owner}");
        let audit =
            world.db.table("SELECT account_id <> '' AS of_account, actor_id, action, detail FROM audit LIMIT 1");
        assert!(audit.contains("Number(1)") && audit.contains("Null"), "{audit}");
        assert!(audit.contains("account_created") && audit.contains("by the operator"), "{audit}");
    }

    #[test]
    fn the_link_lapses_after_seven_days() {
        let world = airlock_tests::World::new();
        let said = created(&world, "Two", "rosa@two.test").unwrap();
        world.wait_s(7 * 86_400 - 1);
        world.browser().get(path(&said)).expect(200);
        world.wait_s(1);
        world.browser().get(path(&said)).expect(404);
    }

    #[test]
    fn someone_known_already_becomes_owner_by_their_login() {
        let world = airlock_tests::World::new();
        let said = created(&world, "Two", "mia@acme.test").unwrap();
        let browser = world.browser();
        browser.post(path(&said), json!({ "password": "seven grey herons wade" })).expect(409);
        browser.login("mia@acme.test").expect(200);
        browser.send(&browser.request("POST", path(&said), "")).expect(204);
        browser.get("/auth/session").expect(200);
    }

    #[test]
    fn nothing_is_created_of_a_name_or_address_that_cannot_be_one() {
        let world = airlock_tests::World::new();
        let before = world.db.dump();
        for (name, email) in
            [(" ", "rosa@two.test"), ("a\nb", "rosa@two.test"), ("Two", "rosa"), ("Two", "ro sa@two.test")]
        {
            created(&world, name, email).unwrap_err();
        }
        created(&world, &"x".repeat(101), "rosa@two.test").unwrap_err();
        created(&world, "Two", &format!("{}@two.test", "x".repeat(101))).unwrap_err();
        assert!(world.db.dump() == before);
    }

    #[test]
    fn recovering_ends_everything_of_the_second_factor_and_is_seen_in_every_account() {
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
            said.contains("2 unused recovery codes, 2 sessions, and in every account")
                && said.contains("by the operator, 2 rows."),
            "{said}"
        );
        assert_eq!([full.stage(), waiting.stage()], ["none", "none"]);
        world.browser().login("noor@acme.test").expect(200).field("next", "enrol");
        let rows = world.db.table("SELECT account_id FROM audit WHERE action = 'break_glass' ORDER BY account_id");
        assert!(rows.contains("acme") && rows.contains("two") && !rows.contains("three"), "{rows}");
    }

    #[test]
    fn recovering_someone_of_no_account_leaves_a_row_too() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM memberships WHERE user_id = 'noor'", &[]);
        assert!(recovered(&world, "noor@acme.test").unwrap().contains("by the operator, 1 row."));
        let said = on(&world, status).unwrap();
        assert!(said.ends_with("of no account that are not sealed yet: 1"), "{said}");
    }

    #[test]
    fn nobody_is_recovered_who_is_unknown_only_invited_or_not_confirmed() {
        let world = airlock_tests::World::new();
        created(&world, "Two", "rosa@two.test").unwrap();
        let before = world.db.dump();
        assert_eq!(recovered(&world, "nobody@acme.test").unwrap_err(), "nobody has the address nobody@acme.test");
        assert!(recovered(&world, "rosa@two.test").unwrap_err().contains("only invited"));
        on(&world, |world| recover(world, "noor@acme.test", |_| Ok(false))).unwrap_err();
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

    #[test]
    fn status_is_a_table() {
        let world = airlock_tests::World::new();
        world.db.execute("UPDATE accounts SET created_at = 1", &[]);
        world.require("acme", true, "next_login");
        let said = created(&world, "Zoë & Søn", "rosa@two.test").unwrap();
        let id = said.split_once(" (").unwrap().1.split_once(')').unwrap().0.to_owned();
        world.add_user("acme", "ivo", "ivo@acme.test", Role::Member, Some(NOOR_SEED));
        world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'ivo'", &[]);
        let said = on(&world, status).unwrap();
        let expected = format!(
            "ACCOUNT    ID                        MEMBERS  TWO-FACTOR  REQUIRED    INVITED  UNSEALED\n\
             Acme       acme                      4        2           next login  0        0\n\
             Zoë & Søn  {id}  0        0           no          1        1\n\n\
             Keys in use: s1 (3 seeds), p1 (5 passwords)\n\n\
             Warning: there are several accounts, and without mail nothing proves whose an address is. Whoever administers\n\
             one of them can invite the people of another."
        );
        assert_eq!(said, expected);
    }

    #[test]
    fn status_lists_addresses_that_are_not_in_the_form_of_new_ones() {
        let world = airlock_tests::World::new();
        let older =
            ["m\u{fc}a@acme.test", "\"q\"@acme.test", "a@b@acme.test", ".a@acme.test", "a@-acme.test", "a@ac_me.test"];
        for (n, email) in older.iter().enumerate() {
            world.add_user("acme", &format!("u{n}"), email, Role::Member, None);
        }
        let domain = ["y".repeat(60), "y".repeat(60)].join(".");
        world.add_user("acme", "fine", &format!("x.y+z'@{domain}"), Role::Member, None);
        let said = on(&world, status).unwrap();
        let listed = said.rsplit_once(": ").unwrap().1;
        assert!(older.iter().all(|email| listed.split(", ").any(|listed| listed == *email)), "{said}");
        assert_eq!(listed.split(", ").count(), older.len(), "{said}");
        assert!(!said.contains("Warning"), "{said}");
    }

    #[test]
    fn one_deployment_has_one_account_unless_the_operator_trusts_the_admins_of_each() {
        let world = airlock_tests::World::new();
        let plainly = |name: &str, email: &str| {
            on(&world, |world| create_account(world, ORIGIN, name, email, None, false)).map_err(|e| e.to_string())
        };
        let rows = || {
            ["accounts", "users", "memberships", "invitations", "audit"]
                .map(|table| world.text(&format!("SELECT count(*) || '' FROM {table}")))
        };
        let before = rows();
        assert!(plainly("Two", "rosa@two.test").unwrap_err().contains("--trust-admins"));
        assert!(created(&world, "Acme", "rosa@two.test").unwrap_err().contains("choose another name"));
        assert_eq!(rows(), before);
        created(&world, "Two", "rosa@two.test").unwrap();
        assert_eq!(world.count("SELECT count(*) FROM accounts"), 2);
    }

    #[test]
    fn creating_an_account_twice_makes_one_and_the_later_link_works() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM accounts", &[]);
        let plainly =
            |name: &str| on(&world, |world| create_account(world, ORIGIN, name, "rosa@two.test", None, false)).unwrap();
        let (first, second) = (plainly("One"), plainly("Two"));
        assert!(second.contains("The account One is gone"), "{second}");
        assert_eq!(world.count("SELECT count(*) FROM accounts"), 1);
        let browser = world.browser();
        browser.get(path(&first)).expect(404);
        browser.post(path(&second), json!({ "password": "seven grey herons wade" })).expect(200);
        let again = on(&world, |world| create_account(world, ORIGIN, "Two", "rosa@two.test", None, false));
        again.unwrap_err();
    }

    #[test]
    fn status_of_nothing() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM accounts", &[]);
        assert_eq!(on(&world, status).unwrap(), "No accounts yet: create-account makes one.");
    }
}
