//! What only the operator can do: open an account, let someone back in, see how far accounts are, check an export.

use std::{
    io::{BufRead, Read, Write},
    path::Path,
};

use airlock::{
    audit::{self, Begins, Seal},
    policy::Applies,
    ports::{Fault, Now, Rng, Rows, Statement},
    secret::{Keyring, Token},
    session::{NAME_MAX_CHARS, Role, canonical_email, canonical_name, typed_email},
    sign_in::invite_url,
    store::{
        INVITATION_MS, NewAccount, NewInvitation, Reset,
        operator::{
            self, AccountStatus, Ended, Found, KeyCheck, KeyUse, Refused, break_glass, find_user, key_checks,
            open_account, status as select_status,
        },
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

/// The peppers that whoever gives the command has.
pub struct Keys {
    /// The keys.
    pub peppers: Keyring,
    /// The file they are kept in.
    pub from: String,
}

impl Keys {
    /// What shows that one of them is a key of the Workers, whose checks the database has in `found`.
    fn check(&self, found: Rows) -> Result<KeyCheck, Fault> {
        let checks: Vec<KeyCheck> = found.parse()?;
        if checks.is_empty() {
            return Err(Fault::new(
                "the database does not know yet which keys the Workers have: the admin Worker tells it once a minute. \
                 Nothing was changed.",
            ));
        }
        let held = self.peppers.all().find(|key| checks.iter().any(|check| check.is_of(key)));
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
/// None of the keys is the Workers', nobody has this address, it is not confirmed, or the database.
pub fn recover(
    world: &World<'_>,
    keys: &Keys,
    email: &str,
    confirmed: impl FnOnce(&str) -> Result<bool, Fault>,
) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Written {
        authenticators: usize,
    }
    let email = typed_email(email).ok_or_else(|| Fault::new(format_args!("{email} is not an e-mail address")))?;
    let mut found = (world.batch)(&[key_checks(), find_user(&email)])?.into_iter();
    let check = keys.check(next(&mut found)?)?;
    let found = next(&mut found)?.parse::<Found>()?.pop();
    let user = found.ok_or_else(|| Fault::new(format_args!("nobody has the address {email}")))?;
    if user.joined == 0 {
        return Err(Fault::new(format_args!("{email} was only invited so far, and has nothing to recover")));
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
         Next: their password leads straight to setting up two-factor login, for whoever has it. Tell them to do it now.\n\
         \u{20}     Until then nothing else is open to them.\n\
         In the audit: break_glass, by the operator, with key {}, {}.",
        user.name,
        counted(*authenticators, "authenticator"),
        counted(recovery_codes_removed, "unused recovery code"),
        counted(sessions_ended, "session"),
        check.key_id,
        counted(written.len(), "row"),
    ))
}

/// Ends everything that someone may hold who should not, once the database was restored from an earlier moment.
///
/// # Errors
/// None of the keys is the Workers', it is not confirmed, or the database.
pub fn end_everything(
    world: &World<'_>,
    keys: &Keys,
    recovery_codes: bool,
    confirmed: impl FnOnce() -> Result<bool, Fault>,
) -> Result<String, Fault> {
    let check = keys.check(next(&mut (world.batch)(&[key_checks()])?.into_iter())?)?;
    if !confirmed()? {
        return Err(Fault::new("not confirmed: nothing was changed"));
    }
    let statements = operator::end_everything(&check, recovery_codes, &world.rng.id()?, world.now);
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
        "Gone: {}, {}, {}, {}{codes}.\n\
         One-time codes of up to now are used up: the next one works in two minutes at most.\n\
         Next: what else has come back (people removed, roles, passwords, requirements) is in docs/restore.md.\n\
         In the audit: everything_ended, by the operator, with key {}, {}.",
        counted(ended.sessions, "session"),
        counted(ended.tokens, "API token"),
        counted(ended.browsers, "known browser"),
        counted(ended.invitations, "invitation"),
        check.key_id,
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
    let refused: Vec<Refused> = next(&mut answers)?.parse()?;
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
    let mut said = table(&lines) + "\n\nKeys in use: " + &keys + &strangers(&refused);
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

/// What strangers were refused in 24 hours: how often in all, and from where most.
fn strangers(refused: &[Refused]) -> String {
    let Some(Refused { total, .. }) = refused.first() else { return String::new() };
    let most: Vec<String> =
        refused.iter().map(|Refused { network, times, .. }| format!("{network} ({times})")).collect();
    format!("\n\nRefused to strangers in 24 hours: {total}, most of them from {}", most.join(", "))
}

/// Checks an export of an account's audit, from a file or (`-`) from the standard input; with a file of public keys its
/// signatures too.
///
/// # Errors
/// It cannot be read, is empty, or a line does not hold. With keys: nothing in it is signed.
pub fn verify_audit(file: &str, keys: Option<&str>) -> Result<String, Fault> {
    let keys = match keys {
        Some(file) => audit::keys(&contents(file)?).map_err(|e| Fault::new(format_args!("{file}: {e}")))?,
        None => Vec::new(),
    };
    let verified = audit::verify(&contents(file)?, &keys).map_err(|e| Fault::new(format_args!("{file}: {e}")))?;
    if verified.rows == 0 {
        return Err(Fault::new(format_args!("{file} has no rows")));
    }
    let signed = match &verified.signed {
        Seal::By(row, key) if verified.unsigned == 0 => format!("Signed up to row {row}, its last, by key {key}."),
        Seal::By(row, key) => format!(
            "Signed up to row {row} by key {key}. Not signed: {} after it, which whoever has the file could have written.",
            counted(verified.unsigned, "row")
        ),
        Seal::Unchecked(row) => format!(
            "A signature up to row {row} is there and was not checked: pass --keys. Without, whoever has the file could \
             have written it anew."
        ),
        Seal::Missing if keys.is_empty() => {
            "Not signed: whoever has the file could have written it anew. Exports of today are.".to_owned()
        }
        Seal::Missing => {
            return Err(Fault::new(format_args!("{file} is not signed: whoever has it could have written it")));
        }
    };
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
         {signed}\n\
         It ends at row {}: newer ones may exist, and the audit page says where the next part begins.\n\
         Head: {}\n\
         Note the head down: until its row is old enough to be removed, an export that does not hold it has lost its end.",
        counted(verified.rows, "row"),
        verified.last,
        verified.head,
    ))
}

/// What a file, or the standard input (`-`), says.
fn contents(file: &str) -> Result<String, Fault> {
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_string(&mut text),
        // npm starts commands in the project's folder, and names here the one that the user is in.
        _ => std::fs::File::open(Path::new(&std::env::var_os("INIT_CWD").unwrap_or_default()).join(file))
            .and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|e| Fault::new(format_args!("{file}: {e}")))?;
    Ok(text)
}

/// Whether the address is typed once more.
///
/// # Errors
/// There is no terminal to type it in.
pub fn typed_again(email: &str, input: impl BufRead, output: impl Write) -> Result<bool, Fault> {
    let question =
        format!("This ends every session of {email} and takes the second factor away.\nType the address again: ");
    Ok(typed_email(&typed(&question, input, output)?).as_deref() == Some(email))
}

/// Whether it is typed that everything is to end.
///
/// # Errors
/// There is no terminal to type it in.
pub fn typed_everything(input: impl BufRead, output: impl Write) -> Result<bool, Fault> {
    let question =
        "This signs everyone out and ends every API token, invitation and known browser.\nType end everything: ";
    Ok(typed(question, input, output)?.trim() == "end everything")
}

fn typed(question: &str, mut input: impl BufRead, mut output: impl Write) -> Result<String, Fault> {
    write!(output, "{question}").and_then(|()| output.flush()).map_err(Fault::new)?;
    let mut typed = String::new();
    input.read_line(&mut typed).map_err(Fault::new)?;
    Ok(typed)
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
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use airlock::session::Role;
    use airlock_tests::{NOOR_SEED, ORIGIN, OWNER_SEED, PEPPER_KEYS};
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
        on(world, |world| recover(world, &keys(PEPPER_KEYS), email, |_| Ok(true))).map_err(|fault| fault.to_string())
    }

    fn ended(world: &airlock_tests::World, recovery_codes: bool) -> String {
        on(world, |world| end_everything(world, &keys(PEPPER_KEYS), recovery_codes, || Ok(true))).unwrap()
    }

    fn keys(peppers: &str) -> Keys {
        Keys { peppers: Keyring::parse(peppers).unwrap(), from: "airlock.keys".to_owned() }
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
        assert_eq!(world.count("SELECT count(*) FROM audit WHERE detail = 'by the operator, with key p1'"), 4);
    }

    #[test]
    fn nothing_is_recovered_or_ended_without_a_key_that_the_workers_have() {
        const OTHER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
        let world = airlock_tests::World::new();
        let refused = |peppers: &str| {
            let before = world.db.dump();
            let said = [
                on(&world, |world| recover(world, &keys(peppers), "noor@acme.test", |_| Ok(true))),
                on(&world, |world| recover(world, &keys(peppers), "nobody@acme.test", |_| Ok(true))),
                on(&world, |world| end_everything(world, &keys(peppers), true, || Ok(true))),
            ]
            .map(|answer| answer.unwrap_err().to_string());
            assert!(world.db.dump() == before && said.iter().all(|other| *other == said[0]), "{said:?}");
            said[0].clone()
        };
        // The right id over another key, and another id over the right one.
        for peppers in [format!("p1:{OTHER}"), PEPPER_KEYS.replace("p1", "p2")] {
            assert_eq!(
                refused(&peppers),
                "PEPPER_KEYS in airlock.keys has no key that the Workers have (p1). Nothing was changed."
            );
        }
        world.db.execute("DELETE FROM key_checks", &[]);
        assert!(refused(PEPPER_KEYS).contains("does not know yet which keys the Workers have"));
        world.tick();
        recovered(&world, "noor@acme.test").unwrap();
        // A key that was taken away is none any more; one of several is enough.
        let both = format!("p2:{OTHER},{PEPPER_KEYS}");
        world.rotate_keys("s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &format!("p2:{OTHER}"));
        world.tick();
        assert!(refused(PEPPER_KEYS).contains("(p2)"));
        on(&world, |world| recover(world, &keys(&both), "noor@acme.test", |_| Ok(true))).unwrap();
    }

    #[test]
    fn nothing_of_before_opens_anything_once_everything_has_ended() {
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
        let link = created(&world, "Two", "rosa@two.test").unwrap();
        noor.sign_in("noor@acme.test", NOOR_SEED);
        world.wait_s(60);
        waiting.login("noor@acme.test").expect(200).field("next", "verify");
        // Codes that were used after the moment that was restored: of now, and of a telephone that is ahead.
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
            said.starts_with("Gone: 3 sessions, 1 API token, 2 known browsers, 1 invitation.\n")
                && said.contains("everything_ended, by the operator, with key p1, 2 rows."),
            "{said}"
        );
        assert_eq!([noor.stage(), waiting.stage(), owner.stage()], ["none"; 3].map(str::to_owned));
        assert_eq!(users(), 401);
        world.browser().get(path(&link)).expect(404);
        for table in ["sessions", "enrolments", "api_tokens", "browsers", "invitations", "code_attempts"] {
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
            "by the operator, with key p1, recovery codes too"
        );
    }

    #[test]
    fn everything_ends_where_there_is_nothing_and_not_unless_confirmed() {
        let world = airlock_tests::World::new();
        let before = world.db.dump();
        on(&world, |world| end_everything(world, &keys(PEPPER_KEYS), true, || Ok(false))).unwrap_err();
        assert!(world.db.dump() == before);
        world.db.execute("DELETE FROM accounts", &[]);
        assert!(ended(&world, true).contains("with key p1, 1 row."));
        let typed = |text: &str| typed_everything(text.as_bytes(), std::io::sink()).unwrap();
        assert!(typed("end everything\n") && !typed("") && !typed("y\n") && !typed("everything\n"));
    }

    #[test]
    fn recovering_someone_of_no_account_leaves_a_row_too() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM memberships WHERE user_id = 'noor'", &[]);
        assert!(recovered(&world, "noor@acme.test").unwrap().contains("by the operator, with key p1, 1 row."));
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
        on(&world, |world| recover(world, &keys(PEPPER_KEYS), "noor@acme.test", |_| Ok(false))).unwrap_err();
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
    fn status_counts_what_strangers_were_refused_in_a_day_and_from_where() {
        let world = airlock_tests::World::new();
        let minute = world.now.get().0 / 60_000;
        for (ago, network, times) in
            [(0, "192.0.2.1", 7), (1_439, "192.0.2.1", 1), (5, "2001:db8:1::/48", 40), (1_440, "192.0.2.9", 900)]
        {
            world.db.execute(
                "INSERT INTO refusals VALUES (?1, ?2, 'login', '', ?3)",
                &[(minute - ago).into(), network.into(), times.into()],
            );
        }
        let said = on(&world, status).unwrap();
        assert!(
            said.ends_with(
                "Refused to strangers in 24 hours: 48, most of them from 2001:db8:1::/48 (40), 192.0.2.1 (8)"
            ),
            "{said}"
        );
    }

    /// What `verify-audit` says of a file with this in it.
    fn said_of(name: &str, text: &str, keys: Option<&str>) -> Result<String, String> {
        let file = |what: &str, text: &str| {
            let file = std::env::temp_dir().join(format!("airlock-{}-{name}-{what}", std::process::id()));
            std::fs::write(&file, text).unwrap();
            file.to_str().unwrap().to_owned()
        };
        let (audit, keys) = (file("audit", text), keys.map(|keys| file("keys", keys)));
        verify_audit(&audit, keys.as_deref()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn verify_audit_says_up_to_where_who_signed_and_what_was_not_looked_at() {
        let world = airlock_tests::World::new();
        let owner = world.admin();
        owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
        let export = owner.open("/audit/export?account=acme").expect(200).0.body;
        let keys = world.browser().get("/auth/audit-keys").expect(200).0.body;
        assert_eq!(owner.get("/api/v1/audit/keys").expect(200).0.body, keys);
        let id = audit::keys(&keys).unwrap().pop().unwrap().id();
        let signed = said_of("signed", &export, Some(&keys)).unwrap();
        assert!(signed.starts_with("2 rows as sealed") && signed.contains("It ends at row 2: newer"), "{signed}");
        assert!(signed.contains(&format!("Signed up to row 2, its last, by key {id}.")), "{signed}");
        let last: audit::Sealed = serde_json::from_str(export.lines().nth(1).unwrap()).unwrap();
        let row = audit::Row { id: 3, ..last.row };
        let forged = audit::Sealed { previous: last.hash.clone(), hash: row.seal(&last.hash), row };
        let behind = said_of("behind", &(export.clone() + &audit::export(&[forged], [])), Some(&keys)).unwrap();
        assert!(behind.contains(&format!("Signed up to row 2 by key {id}. Not signed: 1 row after it")), "{behind}");
        let unchecked = said_of("unchecked", &export, None).unwrap();
        assert!(unchecked.contains("was not checked: pass --keys"), "{unchecked}");
        let bare: String = export.lines().take(2).map(|line| format!("{line}\n")).collect();
        assert!(said_of("bare", &bare, None).unwrap().contains("Not signed"));
        assert!(said_of("bare-keys", &bare, Some(&keys)).unwrap_err().contains("is not signed"));
        // What it is instead, where it is no export.
        let list = owner.get("/api/v1/accounts/acme/audit").expect(200).0.body;
        assert!(said_of("list", &list, None).unwrap_err().contains("a list as the API answers it"));
        let page = owner.open("/audit?account=acme").expect(200).0.body;
        assert!(said_of("page", &page, None).unwrap_err().contains("a web page"));
        let problem = world.admin().get("/api/v1/accounts/acme/audit").expect(401).0.body;
        assert!(said_of("problem", &problem, None).unwrap_err().contains("an error that the Worker answered"));
        assert!(said_of("no-keys", &export, Some("{}")).unwrap_err().contains("no public key"));
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
