//! `create-account`: a new account, and the link by which its owner joins.

use std::path::Path;

use airlock::{
    context,
    flows::{Prefix, invite_url},
    people::{
        Role,
        names::{NAME_MAX_CHARS, canonical_email, canonical_name},
    },
    ports::{Fault, Now},
    secret::Token,
    store::{INVITATION_MS, NewAccount, NewInvitation, operator::open_account},
};
use serde::Deserialize;

use crate::{
    d1::{Database, Place},
    deploy,
    world::{World, next},
};

/// Creates an account, and prints a link by which its owner joins
///
/// The link works once, for seven days.
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// The account's name
    pub name: String,
    /// Its owner's e-mail address
    pub owner_email: String,
    /// The owner's name [default: their address up to the @]
    #[arg(long = "name", value_name = "OWNER_NAME")]
    pub owner_name: Option<String>,
    /// The site the link leads to [default: what `npm start` serves, or with --remote EDGE_ORIGIN in wrangler.toml]
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// Allow more than one account where no mail is sent: whoever administers one of them can invite the people of another
    #[arg(long)]
    pub trust_admins: bool,
    /// The database.
    #[command(flatten)]
    pub place: Place,
}

impl Args {
    /// Creates it.
    ///
    /// # Errors
    /// As [`create`], or there is nowhere for the link to lead.
    pub fn run(self) -> Result<String, Fault> {
        let database = self.place.database()?;
        let site = format!("{}{}", edge_origin(&database, self.origin)?, prefix(&database)?);
        let owner_name = self.owner_name.as_deref();
        let several = self.trust_admins || sends_mail(&database)?;
        database.on(|world| create(world, &site, &self.name, &self.owner_email, owner_name, several))
    }
}

/// Whether invitations are mailed there: then an admin's invitation takes nobody's address. What `npm start` serves has a mailbox
/// unless it is told otherwise.
fn sends_mail(database: &Database) -> Result<bool, Fault> {
    match database {
        Database::Local(_) => Ok(std::env::var_os("MAIL_FROM").is_none_or(|from| !from.is_empty())),
        Database::Remote => Ok(deploy::mail_from(Path::new("."))?.is_some()),
    }
}

/// What Airlock's own paths begin with: as wrangler.toml has it, and of what `npm start` serves as the environment does.
fn prefix(database: &Database) -> Result<Prefix, Fault> {
    let config = deploy::Config::read(Path::new("."), deploy::EDGE)?;
    context::prefix(|name| match database {
        Database::Local(_) => config.started_with(name, |name| std::env::var(name).ok()),
        Database::Remote => config.var(name).map(str::to_owned),
    })
}

/// Where the link leads: as given, else to what `npm start` serves or what the edge Worker is deployed with.
fn edge_origin(database: &Database, given: Option<String>) -> Result<String, Fault> {
    let origin = match (given, database) {
        (Some(origin), _) => origin,
        (None, Database::Local(_)) => {
            format!("http://localhost:{}", std::env::var("PORT").unwrap_or_else(|_| "8787".to_owned()))
        }
        (None, Database::Remote) => {
            let origin = deploy::variable(Path::new("."), "EDGE_ORIGIN")?;
            origin.ok_or_else(|| Fault::new("wrangler.toml has no EDGE_ORIGIN in [vars]: pass --origin"))?
        }
    };
    if context::host(&origin).is_none() {
        return Err(Fault::new(format_args!("{origin} is not an origin such as https://app.example.com")));
    }
    // The link is shown only once, and would lead to the operator's own machine.
    if *database == Database::Remote && !origin.starts_with("https://") {
        return Err(Fault::new(format_args!(
            "{origin} is for development: pass --origin https://…, or set EDGE_ORIGIN"
        )));
    }
    Ok(origin)
}

/// Creates an account, invites its first owner, and answers with the link. Without mail nothing proves who owns an address,
/// so a deployment has one account then, unless the operator trusts the admins of each with the people of all: `several` accounts may
/// share it. `site` is what Airlock's own paths begin with there, such as `https://app.example.com/auth`.
///
/// # Errors
/// An invalid name or address, an account that exists already, or the database.
pub fn create(
    world: &World<'_>,
    site: &str,
    name: &str,
    owner_email: &str,
    owner_name: Option<&str>,
    several: bool,
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
        // The operator hands the link over: following it proves no address.
        mail: None,
    };
    let mut done = (world.batch)(&open_account(&account, &owner, several, &event, world.now))?.into_iter();
    if next(&mut done)?.0.is_empty() {
        return Err(Fault::new(match several {
            true => format!("there is already an account called {name}: choose another name"),
            false => {
                "there is already an account, and a deployment has only one: without mail, the admins of a second could \
                 invite the people of the first. If you trust the admins of each with the people of all, pass \
                 --trust-admins"
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
        invite_url(site, &token),
    ))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A name in the form in which it is kept.
///
/// # Errors
/// It is not valid.
pub fn named(typed: &str) -> Result<&str, Fault> {
    canonical_name(typed, NAME_MAX_CHARS).ok_or_else(|| Fault::new("a name has 1 to 100 characters"))
}

/// An address in the form in which it is kept.
///
/// # Errors
/// It is not valid.
pub fn address(typed: &str) -> Result<String, Fault> {
    canonical_email(typed).ok_or_else(|| Fault::new(format_args!("{typed} is not an e-mail address")))
}

#[cfg(test)]
pub mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use airlock_tests::ORIGIN;
    use serde_json::json;

    use super::*;
    use crate::world::tests::on;

    const SITE: &str = "https://app.test/auth";

    pub fn created(world: &airlock_tests::World, name: &str, email: &str) -> Result<String, String> {
        on(world, |world| create(world, SITE, name, email, None, true)).map_err(|fault| fault.to_string())
    }

    pub fn path(said: &str) -> &str {
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
        assert!(audit.contains("account_created") && audit.contains("operator"), "{audit}");
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
    fn a_known_user_becomes_owner_by_signing_in() {
        let world = airlock_tests::World::new();
        let said = created(&world, "Two", "mia@acme.test").unwrap();
        let browser = world.browser();
        browser.post(path(&said), json!({ "password": "seven grey herons wade" })).expect(409);
        let login =
            json!({ "email": "mia@acme.test", "password": airlock_tests::PASSWORD, "return_to": "/auth/invite" });
        browser.post("/auth/login", login).expect(200);
        browser.send(&browser.request("POST", path(&said), "")).expect(204);
        browser.get("/auth/session").expect(200);
    }

    #[test]
    fn an_invalid_name_or_address_creates_nothing() {
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
    fn a_deployment_has_one_account_unless_the_operator_trusts_every_admin() {
        let world = airlock_tests::World::new();
        let plainly = |name: &str, email: &str| {
            on(&world, |world| create(world, SITE, name, email, None, false)).map_err(|e| e.to_string())
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
        let plainly = |name: &str| on(&world, |world| create(world, SITE, name, "rosa@two.test", None, false)).unwrap();
        let (first, second) = (plainly("One"), plainly("Two"));
        assert!(second.contains("The account One is gone"), "{second}");
        assert_eq!(world.count("SELECT count(*) FROM accounts"), 1);
        let browser = world.browser();
        browser.get(path(&first)).expect(404);
        browser.post(path(&second), json!({ "password": "seven grey herons wade" })).expect(200);
        let again = on(&world, |world| create(world, SITE, "Two", "rosa@two.test", None, false));
        again.unwrap_err();
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
