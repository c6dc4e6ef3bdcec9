//! `status`: every account, and how far its members have got.

use std::path::Path;

use airlock::{
    people::names::canonical_email,
    policy::Applies,
    ports::{Fault, Now},
    store::operator::{self, AccountStatus, KeyUse, Refused, Waiting},
};
use serde::Deserialize;

use crate::{
    console::counted,
    d1::{Database, Place},
    deploy,
    keys::SMTP_URL,
    world::{World, next},
    wrangler::{self, Call, Prints},
};

/// Prints every account, and how far its members have got with two-factor login
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// The database.
    #[command(flatten)]
    pub place: Place,
}

impl Args {
    /// Prints it.
    ///
    /// # Errors
    /// The database.
    pub fn run(self) -> Result<String, Fault> {
        let database = self.place.database()?;
        let mail = mail(&database)?;
        Ok(format!("{}\n\n{mail}", database.on(status)?))
    }
}

/// Whether and how mails are sent.
fn mail(database: &Database) -> Result<String, Fault> {
    let folder = Path::new(".");
    if let Database::Local(_) = database {
        return Ok("Mail: as `npm start` says when it begins; by itself it has a mailbox, http://mail.localhost:8787"
            .to_owned());
    }
    let Some(from) = deploy::mail_from(folder)? else {
        return Ok("Mail: none is sent, as MAIL_FROM in wrangler.toml is empty".to_owned());
    };
    let way = match (has_server()?, deploy::Config::read(folder, deploy::JOBS)?.has_email()) {
        (true, _) => "by the server in SMTP_URL",
        (false, true) => "by Cloudflare's Email Service",
        (false, false) => "but nothing takes it: npm run deploy -- --dry-run",
    };
    Ok(format!("Mail: from {from}, {way}. npm run admin -- mail-test ADDRESS --remote tries it out"))
}

/// Whether the jobs Worker has a server for mails.
fn has_server() -> Result<bool, Fault> {
    let args = ["secret", "list", "-c", deploy::JOBS];
    let printed = wrangler::run(&Call { args: &args, input: "", prints: Prints::Answer })?;
    let set: Vec<deploy::Secret> = serde_json::from_slice(&printed)
        .map_err(|e| Fault::new(format_args!("`wrangler secret list` did not answer with JSON ({e})")))?;
    Ok(set.iter().any(|secret| secret.name == SMTP_URL))
}

/// How many mails wait, and what for.
fn waiting(Waiting { mails, since, error }: Waiting, now: Now) -> String {
    let Some(since) = since else { return String::new() };
    let minutes = (now.0 - since).max(0) / 60_000;
    let count = counted(usize::try_from(mails).unwrap_or(0), "mail");
    let why = error.map_or(String::new(), |why| format!("; the one tried most: {why}"));
    format!(
        "\n\nWaiting to be sent: {count}, for up to {}{why}",
        counted(usize::try_from(minutes).unwrap_or(0), "minute")
    )
}

/// Every account, and how far its members have got.
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
    let mut statements = operator::status(world.now).to_vec();
    statements.push(operator::mails(world.now));
    let mut answers = (world.batch)(&statements)?.into_iter();
    let accounts: Vec<AccountStatus> = next(&mut answers)?.parse()?;
    let nobodys = next(&mut answers)?.parse::<Unsealed>()?.pop().map_or(0, |row| row.unsealed);
    let uses: Vec<KeyUse> = next(&mut answers)?.parse()?;
    let refused: Vec<Refused> = next(&mut answers)?.parse()?;
    let addresses: Vec<Addressed> = next(&mut answers)?.parse()?;
    let mails = next(&mut answers)?.parse::<Waiting>()?.pop();
    if accounts.is_empty() {
        return Ok("No accounts yet: create-account makes one.".to_owned());
    }
    let mut lines = vec![["ACCOUNT", "ID", "MEMBERS", "SET UP", "REQUIRED", "INVITED", "UNSEALED"].map(str::to_owned)];
    lines.extend(accounts.into_iter().map(|account| {
        let required = match (account.two_factor_required, account.applies) {
            (false, _) => "no".to_owned(),
            (true, _) if account.starts_at.is_some_and(|at| at > world.now.0) => {
                let day = Now(account.starts_at.unwrap_or_default()).rfc3339();
                format!("from {}", day.split('T').next().unwrap_or_default())
            }
            (true, Applies::NextLogin) => "next login".to_owned(),
            (true, Applies::Now) => "now".to_owned(),
        };
        let [members, set_up] = [account.members, account.set_up].map(|count| count.to_string());
        let [invited, unsealed] = [account.invited, account.unsealed].map(|count| count.to_string());
        [account.name, account.id, members, set_up, required, invited, unsealed]
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
        said += "\n\nAddresses that could not be invited today; they still sign in: ";
        said += &older.join(", ");
    }
    Ok(said + &mails.map_or(String::new(), |mails| waiting(mails, world.now)))
}

/// How often strangers were refused in 24 hours, in all and from where most.
fn strangers(refused: &[Refused]) -> String {
    let Some(Refused { total, .. }) = refused.first() else { return String::new() };
    let most: Vec<String> =
        refused.iter().map(|Refused { network, times, .. }| format!("{network} ({times})")).collect();
    format!("\n\nRefused to strangers in 24 hours: {total}, most of them from {}", most.join(", "))
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

    use airlock::people::Role;
    use airlock_tests::NOOR_SEED;

    use super::*;
    use crate::{create_account::tests::created, world::tests::on};

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
            "ACCOUNT    ID                        MEMBERS  SET UP  REQUIRED    INVITED  UNSEALED\n\
             Acme       acme                      4        2       next login  0        0\n\
             Zoë & Søn  {id}  0        0       no          1        1\n\n\
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

    #[test]
    fn status_tells_of_mails_that_wait() {
        let world = airlock_tests::World::new();
        world.send_mails();
        assert!(!on(&world, status).unwrap().contains("Waiting"));
        for (id, kind, due_at, error) in [
            ("a", "invitation", 0, "450 after RCPT"),
            ("b", "test", 0, "535 after AUTH"),
            ("c", "starts", world.now.get().0 + 1, ""),
        ] {
            world.db.execute(
                "INSERT INTO outbox (id, kind, key_id, language, created_at, due_at, expires_at, error)
                 VALUES (?1, ?2, '', 'en', ?3, ?5, 0, ?4)",
                &[id.into(), kind.into(), (world.now.get().0 - 150_000).into(), error.into(), due_at.into()],
            );
        }
        let said = on(&world, status).unwrap();
        assert!(
            said.ends_with("Waiting to be sent: 1 mail, for up to 2 minutes; the one tried most: 450 after RCPT"),
            "{said}"
        );
    }

    #[test]
    fn status_lists_addresses_that_could_not_be_invited_today() {
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
    fn status_without_accounts() {
        let world = airlock_tests::World::new();
        world.db.execute("DELETE FROM accounts", &[]);
        assert_eq!(on(&world, status).unwrap(), "No accounts yet: create-account makes one.");
    }
}
