//! The steps of a deployment: which are left to take, what is missing for them, and how each is taken.

use std::fmt;

use airlock::{context, ports::Fault};

use super::{
    Target,
    cloudflare::{self, Found, look},
    files::{read, write},
    keys,
    workers::{EDGE, EXAMPLE, WORKERS, Worker, no_way_for_mails, with_database, wrong},
};
use crate::{
    create_account,
    d1::DATABASE,
    keys::{FILE, Kind, SMTP_URL},
    settings,
    world::World,
};

/// What to do, what is missing for it, and what both follow from.
pub struct Plan<'a> {
    target: &'a Target<'a>,
    workers: Vec<Worker>,
    found: Found,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What to do first, by hand.
    pub missing: Vec<String>,
}

/// A step. It can be taken twice without harm, except for the last: that is only taken while there is no account.
pub enum Step {
    CreateDatabase,
    NameDatabase,
    Migrate,
    MakeKeys(Vec<&'static Kind>),
    SetKeys { file: &'static str, worker: String, names: Vec<String> },
    Deploy { file: &'static str, worker: String, host: Option<String> },
    Invite { name: String, email: String },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDatabase => write!(f, "create the D1 database {DATABASE}"),
            Self::NameDatabase => {
                write!(f, "write the database's id into {EDGE}, and from there into the other Workers' files")
            }
            Self::Migrate => write!(f, "apply the migrations that the database has not had yet"),
            Self::MakeKeys(kinds) => {
                let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
                write!(f, "make {}, and keep them in {FILE}", names.join(", "))
            }
            Self::SetKeys { worker, names, .. } => write!(f, "set {} of {worker}", names.join(", ")),
            Self::Deploy { worker, host: Some(host), .. } => write!(f, "deploy {worker} to {host}"),
            Self::Deploy { worker, host: None, .. } => write!(f, "deploy {worker}"),
            Self::Invite { name, email } => write!(f, "create the account {name} and invite {email} as its owner"),
        }
    }
}

impl<'a> Plan<'a> {
    /// Looks at what there is, and plans the rest.
    ///
    /// # Errors
    /// Files that cannot be read, or what Cloudflare refuses.
    pub fn new(target: &'a Target<'a>, first: Option<&(String, String)>) -> Result<Self, Fault> {
        settings::copy(target.folder)?;
        let workers = WORKERS.iter().map(|spec| Worker::read(target.folder, spec));
        let mut workers = workers.collect::<Result<Vec<_>, _>>()?;
        let mut missing = wrong(&workers);
        let found = look(target, &mut workers, &mut missing)?;
        let mut plan = Self { target, workers, found, steps: Vec::new(), missing };
        plan.data();
        let keys = keys::steps(target.folder, &plan.workers, plan.found.accounts, &mut plan.missing)?;
        plan.steps.extend(keys);
        // What is set there, only Cloudflare knows.
        if plan.found.looked {
            let kept = keys::kept(target.folder)?.contains_key(SMTP_URL);
            plan.missing.extend(no_way_for_mails(&plan.workers, kept));
        }
        plan.deployments();
        plan.invitation(first);
        Ok(plan)
    }

    fn data(&mut self) {
        let database = self.found.database.as_deref();
        if database.is_none() {
            self.steps.push(Step::CreateDatabase);
        }
        if database.is_none() || self.workers.iter().any(|worker| worker.config.database() != database) {
            self.steps.push(Step::NameDatabase);
        }
        self.steps.push(Step::Migrate);
    }

    fn deployments(&mut self) {
        let (example, file) = EXAMPLE;
        if let Some(Worker { config, spec, .. }) = self.workers.iter().find(|worker| worker.config.has_service(example))
        {
            match config.var("APP_URL").unwrap_or_default() {
                "" => self.steps.push(Step::Deploy { file, worker: example.to_owned(), host: None }),
                // Cloudflare takes no Worker with a binding to one that is not there.
                _ => self
                    .missing
                    .push(format!("{}: APP_URL names your app, so take out the [[services]] of {example}", spec.file)),
            }
        }
        self.steps.extend(self.workers.iter().map(|worker| Step::Deploy {
            file: worker.spec.file,
            worker: worker.config.name.clone(),
            host: worker.host().map(str::to_owned),
        }));
    }

    fn invitation(&mut self, first: Option<&(String, String)>) {
        if self.found.accounts > 0 {
            return;
        }
        let Some((name, email)) = first else {
            let how = "npm run deploy -- \"Acme\" ann@acme.test";
            return self.missing.push(format!("there is no account yet: give its name and its owner's address, {how}"));
        };
        let typed = create_account::named(name).and_then(|name| Ok((name, create_account::address(email)?)));
        match typed {
            Ok((name, email)) => self.steps.push(Step::Invite { name: name.to_owned(), email }),
            Err(fault) => self.missing.push(fault.to_string()),
        }
    }

    /// Builds every Worker as it will be deployed, so that one that cannot be built is known before anything changes.
    ///
    /// # Errors
    /// One cannot be built.
    pub fn build(&self) -> Result<(), Fault> {
        for step in &self.steps {
            if let Step::Deploy { file, worker, host } = step {
                (self.target.say)(&format!("Building {worker}"));
                cloudflare::deploy(self.target, file, host.as_deref(), true)?;
            }
        }
        Ok(())
    }

    /// Takes the steps in order, and sums up.
    ///
    /// # Errors
    /// What a step ran into; the next plan begins with that step.
    pub fn take(self) -> Result<String, Fault> {
        let (mut database, mut link) = (self.found.database.clone(), None);
        for (number, step) in (1..).zip(&self.steps) {
            (self.target.say)(&format!("[{number}/{}] {step}", self.steps.len()));
            self.take_one(step, &mut database, &mut link)?;
        }
        self.summary(link)
    }

    fn take_one(&self, step: &Step, database: &mut Option<String>, link: &mut Option<String>) -> Result<(), Fault> {
        let Target { folder, batch, rng, now, .. } = *self.target;
        let database_id = || database.as_deref().ok_or_else(|| Fault::new("the new database is not listed"));
        match step {
            Step::CreateDatabase => *database = cloudflare::create_database(self.target)?,
            Step::NameDatabase => {
                let named = with_database(&read(folder, EDGE)?, database_id()?);
                let named = named.ok_or_else(|| Fault::new(format_args!("{EDGE}: no database_id")))?;
                write(folder, EDGE, &named, 0o644)?;
                settings::copy(folder)?;
            }
            Step::Migrate => cloudflare::migrate(self.target)?,
            Step::MakeKeys(kinds) => keys::make(folder, kinds, rng)?,
            Step::SetKeys { file, names, .. } => keys::set(self.target, file, names)?,
            Step::Deploy { file, host, .. } => cloudflare::deploy(self.target, file, host.as_deref(), false)?,
            Step::Invite { name, email } => {
                let id = database_id()?;
                let world = World { batch: &|statements| batch(id, statements), rng, now };
                *link = Some(create_account::create(&world, &self.own()?, name, email, None, false)?);
            }
        }
        Ok(())
    }

    /// The origin of the Worker that has it in this variable.
    fn origin(&self, name: &str) -> &str {
        let worker = self.workers.iter().find(|worker| worker.spec.origin == Some(name));
        worker.and_then(|worker| worker.config.var(name)).unwrap_or_default()
    }

    /// What Airlock's own paths at the edge begin with, origin and all.
    fn own(&self) -> Result<String, Fault> {
        let edge = self.workers.iter().find(|worker| worker.spec.file == EDGE);
        let prefix = context::prefix(|name| edge?.config.var(name).map(str::to_owned))?;
        Ok(format!("{}{prefix}", self.origin("EDGE_ORIGIN")))
    }

    fn summary(&self, link: Option<String>) -> Result<String, Fault> {
        let (edge, admin) = (self.origin("EDGE_ORIGIN"), self.origin("ADMIN_ORIGIN"));
        let mut said = vec![format!(
            "Airlock is at {edge}, for admins at {admin}. A new host takes some minutes to get its certificate;\n\
             {}/health answers 200 when all is well.",
            self.own()?
        )];
        if self.steps.iter().any(|step| matches!(step, Step::Deploy { file, .. } if *file == EXAMPLE.1)) {
            said.push(format!(
                "Behind it is the example app. For your own, put the name of its Worker into [[services]] in {EDGE}, or its\n\
                 address into APP_URL there and take [[services]] out; then deploy again."
            ));
        }
        if self.target.folder.join(FILE).exists() {
            said.push(format!(
                "{FILE} holds the keys. Keep a copy somewhere safe: without it no password and no seed can be checked."
            ));
        }
        said.push(match (link, self.found.members) {
            (Some(link), _) => link,
            (None, 0) => {
                "There is an account already that nobody has joined. If its link was lost, make another in its place:\n\
                 npm run admin -- create-account NAME OWNER_EMAIL --remote"
                    .to_owned()
            }
            (None, _) => "There are accounts already: npm run admin -- status --remote".to_owned(),
        });
        Ok(said.join("\n\n"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use crate::{
        deploy::{
            cloud::Cloud,
            workers::{EDGE, JOBS, NO_DATABASE},
        },
        keys::{FILE, SMTP_URL},
        settings,
    };

    #[test]
    fn all_that_is_missing_is_listed_before_anything_changes() {
        let cloud = Cloud::new();
        cloud.edit(EDGE, "https://app.acme.test", "http://localhost:8787");
        cloud.edit(EDGE, "https://admin.acme.test", "https://Admin.acme.test");
        cloud.edit(EDGE, "\"ASSERTION_KEYS\"", "\"MAIL_TOKEN\"");
        cloud.edit(EDGE, "\"airlock\"", "\"airlocks\"");
        let said = cloud.refused(None);
        for line in [
            "wrangler.toml: EDGE_ORIGIN is \"http://localhost:8787\" and must be",
            "wrangler.toml: ADMIN_ORIGIN is \"https://Admin.acme.test\" and must be",
            "wrangler.toml: a [[d1_databases]] needs database_name = \"airlock\"",
            "npx wrangler secret put MAIL_TOKEN -c wrangler.toml",
            "there is no account yet",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
    }

    #[test]
    fn any_one_thing_missing_is_enough_to_change_nothing() {
        let acme = Some(("Acme", "ann@acme.test"));
        let refused = |prepare: &dyn Fn(&Cloud), first, why: &str| {
            let cloud = Cloud::new();
            prepare(&cloud);
            let said = cloud.refused(first);
            assert!(said.contains(why), "{why}\n{said}");
        };
        refused(&|cloud| cloud.logged_in.set(false), acme, "npx wrangler login");
        refused(&|_| (), None, "npm run deploy -- \"Acme\" ann@acme.test");
        refused(&|_| (), Some(("Acme", "ann")), "ann is not an e-mail address");
        refused(&|_| (), Some((" ", "ann@acme.test")), "a name has 1 to 100 characters");
        refused(
            &|cloud| cloud.edit(EDGE, "admin.acme.test", "app.acme.test"),
            acme,
            "on a different host from EDGE_ORIGIN",
        );
        refused(
            &|cloud| cloud.edit(EDGE, "https://admin.acme.test", "https://admin.acme.test:8443"),
            acme,
            "ADMIN_ORIGIN is",
        );
        refused(&|cloud| cloud.edit(EDGE, NO_DATABASE, "another"), acme, "not in this Cloudflare account");
        refused(&|cloud| cloud.put(EDGE, "name = "), acme, "wrangler.toml");
        refused(
            &|cloud| cloud.edit("admin/wrangler.toml", "# <<< Shared", "# <<< Shared\nAUDIT_KEEP_DAYS = 365"),
            acme,
            "admin/wrangler.toml: AUDIT_KEEP_DAYS is read from jobs/wrangler.toml alone",
        );
    }

    /// What would close every Worker once it is deployed, or leave it without an app.
    #[test]
    fn what_cannot_work_is_refused_by_its_name_before_anything_changes() {
        let with = |line: &str| {
            let cloud = Cloud::new();
            cloud.edit(EDGE, "# <<< Shared\n", &format!("# <<< Shared\n{line}\n"));
            cloud
        };
        for (line, why) in [
            ("APP_URL = \"localhost:3000/x\"", "wrangler.toml: APP_URL is not an origin"),
            ("APP_URL = \"https://app.acme.test\"", "wrangler.toml: APP_URL is EDGE_ORIGIN"),
            ("APP_URL = \"http://localhost:3000\"", "which Cloudflare cannot reach"),
            ("APP_URL = \"http://10.1.2.3\"", "which Cloudflare cannot reach"),
            ("APP_URL = \"http://[fd00::1]:3000\"", "which Cloudflare cannot reach"),
            ("APP_URL = \"http://app.internal:3000\"", "which Cloudflare cannot reach"),
            ("PUBLIC_PATHS = \"/*\"", "wrangler.toml: PUBLIC_PATHS names every path"),
            ("PUBLIC_PATHS = [\"/health\"]", "wrangler.toml: PUBLIC_PATHS has"),
            ("STEP_UP_PATHS = []", "wrangler.toml: STEP_UP_PATHS has"),
            ("HSTS_SUBDOMAINS = false", "wrangler.toml: HSTS_SUBDOMAINS"),
            ("SIGN_OUT_CLEARS = true", "wrangler.toml: SIGN_OUT_CLEARS"),
            ("APP_TIMEOUT_S = \"5m\"", "wrangler.toml: APP_TIMEOUT_S is not a number"),
            ("APP_SEES = \"both\"", "wrangler.toml: APP_SEES is neither"),
            ("IDENTITY_HEADERS = \"Host=email\"", "wrangler.toml: IDENTITY_HEADERS has"),
            ("SMTP_URL = \"smtps://u:p@mail.test\"", "wrangler.toml: SMTP_URL holds a password"),
            ("CODE_WINDOW_STEPS = 3", "admin/wrangler.toml: CODE_WINDOW_STEPS"),
            ("MAIL_FROM = \"Acme\"", "jobs/wrangler.toml: MAIL_FROM is neither an address nor"),
        ] {
            let cloud = with(line);
            if !why.starts_with("wrangler.toml") && !why.starts_with("which") {
                cloud.edit(EDGE, line, "");
                cloud.edit(EDGE, "# <<< Shared", &format!("{line}\n# <<< Shared"));
            }
            let said = cloud.refused(Some(("Acme", "ann@acme.test")));
            assert!(said.contains(why), "{line}: {said}");
        }
        let cloud = Cloud::new();
        cloud.edit(EDGE, "\"APP\"", "\"OTHER\"");
        assert!(cloud.refused(None).contains("there is no app"));
        // What no Worker reads would count as unset.
        let said = with("STEP_UP_PATH = \"/billing/*\"").refused(None);
        assert!(said.contains("wrangler.toml: no Worker reads STEP_UP_PATH"), "{said}");
        let cloud = Cloud::new();
        cloud.edit("admin/wrangler.toml", "# <<< Shared", "# <<< Shared\nSTEP_UP_PATHS = \"/billing\"");
        assert!(cloud.refused(None).contains("admin/wrangler.toml: STEP_UP_PATHS is read from wrangler.toml alone"));
        let cloud = Cloud::new();
        cloud.edit(EDGE, "[secrets]", "[env.live.vars]\nPUBLIC_PATHS = \"/x\"\n[secrets]");
        assert!(cloud.refused(None).contains("wrangler.toml: [env] is not supported"));
        let cloud = Cloud::new();
        cloud.edit(EDGE, "[secrets]", "[observability.logs]\nPUBLIC_PATHS = \"/x\"\n[secrets]");
        assert!(cloud.refused(None).contains("PUBLIC_PATHS belongs in [vars], not in observability"));
        for (place, table) in [("name = \"airlock-edge\"", "the file itself"), ("binding = \"APP\"", "services")] {
            let cloud = Cloud::new();
            cloud.edit(EDGE, place, &format!("{place}\nPUBLIC_PATHS = \"/health\""));
            let said = cloud.refused(None);
            assert!(said.contains(&format!("PUBLIC_PATHS belongs in [vars], not in {table}")), "{said}");
        }
        for line in [
            "IDENTITY_HEADERS = \"Remote-User=email\"",
            "APP_URL = \"https://origin.acme.test:8443\"",
            "APP_TIMEOUT_S = 5",
            "APP_URL = \"http://8.8.8.8\"",
        ] {
            with(line).first().unwrap();
        }
    }

    /// Mails that nobody takes are given up after a day, each of them an invitation that did not arrive.
    #[test]
    fn mails_need_a_way_out_before_anything_changes() {
        let acme = Some(("Acme", "ann@acme.test"));
        let mailing = || {
            let cloud = Cloud::new();
            cloud.edit(EDGE, "# <<< Shared", "MAIL_FROM = \"Acme <login@acme.test>\"\n# <<< Shared");
            cloud
        };
        let said = mailing().refused(acme);
        assert!(said.contains("wrangler.toml: MAIL_FROM is set, but nothing takes mails"), "{said}");
        let out = mailing();
        out.logged_in.set(false);
        assert!(!out.refused(acme).contains("MAIL_FROM"), "what is set there is not known");

        let bound = mailing();
        settings::copy(&bound.folder).unwrap();
        bound.put(JOBS, &(bound.file(JOBS) + "[[send_email]]\nname = \"EMAIL\"\n"));
        bound.first().unwrap();
        assert!(!bound.workers.borrow()["airlock-jobs"].contains_key(SMTP_URL));

        let set = mailing();
        set.has("airlock-jobs", SMTP_URL);
        set.first().unwrap();
        assert_eq!(set.workers.borrow()["airlock-jobs"][SMTP_URL], "old");

        // From the file it is set anew each time: whether it has changed, nobody can see.
        for address in ["smtps://u:p@mail.test", "smtps://u:p@other.test"] {
            set.put(FILE, &format!("{}\n{SMTP_URL}=\"{address}\"\n", set.file(FILE).split("SMTP_URL").next().unwrap()));
            set.deploy(None).unwrap();
            let workers = set.workers.borrow();
            assert_eq!(workers["airlock-jobs"][SMTP_URL], address);
            assert!(
                !workers["airlock-edge"].contains_key(SMTP_URL) && !workers["airlock-admin"].contains_key(SMTP_URL)
            );
        }
        assert!(!set.seen.borrow().contains("u:p@"), "it was said, or an argument");

        let named = mailing();
        named.edit(JOBS, "\"AUDIT_KEYS\"", "\"AUDIT_KEYS\", \"SMTP_URL\"");
        let said = named.refused(acme);
        assert!(said.contains("npx wrangler secret put SMTP_URL -c jobs/wrangler.toml"), "{said}");
        let malformed = mailing();
        malformed.put(FILE, "SMTP_URL=\"smtp://u:secret@mail.test:25\"");
        let said = malformed.refused(acme);
        assert!(said.contains("airlock.keys, line 1: SMTP_URL names port 25") && !said.contains("secret"), "{said}");
    }

    #[test]
    fn the_example_is_deployed_first_while_no_app_is_named() {
        let bound = "[[services]]\nbinding = \"APP\"\nservice = \"airlock-example\"\n[secrets]";
        let cloud = Cloud::new();
        cloud.edit(EDGE, "[secrets]", bound);
        let said = cloud.first().unwrap();
        assert!(said.contains("Behind it is the example app"), "{said}");
        let deployed: Vec<_> =
            cloud.deployed.borrow().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(deployed, ["airlock-example", "airlock-jobs", "airlock-edge", "airlock-admin"]);
        cloud.edit(EDGE, "# <<< Shared\n", "# <<< Shared\nAPP_URL = \"https://origin.acme.test\"\n");
        assert!(cloud.refused(None).contains("take out the [[services]] of airlock-example"));
        cloud.edit(EDGE, "\"airlock-example\"", "\"own-app\"");
        assert!(!cloud.deploy(None).unwrap().contains("example app"));
        assert_eq!(cloud.deployed.borrow().len(), 3);
    }

    #[test]
    fn own_routes_replace_the_custom_domain() {
        let cloud = Cloud::new();
        let routes = "routes = [{ pattern = \"app.acme.test/*\", zone_name = \"acme.test\" }]\n# >>> Shared";
        cloud.edit(EDGE, "# >>> Shared", routes);
        cloud.first().unwrap();
        assert!(cloud.deployed.borrow().contains(&"airlock-edge ".to_owned()));
    }
}
