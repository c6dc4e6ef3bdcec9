//! For tests: a project's folder and a Cloudflare account, as far as a deployment sees them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use airlock::ports::{Fault, Rows, Statement};
use serde_json::json;

use super::{
    Target, deploy,
    files::read,
    keys::kept,
    workers::{Config, EDGE, EXAMPLE, NO_DATABASE, WORKERS, Worker},
};
use crate::{d1::DATABASE, keys::FILE, settings, wrangler::Call};

pub const ID: &str = "11111111-2222-3333-4444-555555555555";

/// A project's folder and a Cloudflare account, both empty at first.
pub struct Cloud {
    pub folder: PathBuf,
    pub logged_in: Cell<bool>,
    pub database: Cell<bool>,
    pub migrated: Cell<bool>,
    pub rows: airlock_tests::World,
    /// The secrets of each Worker that is there.
    pub workers: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
    /// The Workers deployed in this run.
    pub deployed: RefCell<Vec<String>>,
    /// Every argument, and all that was said.
    pub seen: RefCell<String>,
    /// Changes made on Cloudflare in this run.
    pub changes: Cell<usize>,
    /// The change at which the run ends, and whether it still happens.
    pub ends_at: Cell<Option<(usize, bool)>>,
    /// Every value that a secret ever had.
    pub values: RefCell<BTreeSet<(String, String)>>,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Cloud {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("airlock-deploy-{}-{number}", std::process::id()));
        let rows = airlock_tests::World::new();
        rows.db.execute("DELETE FROM accounts", &[]);
        let cloud = Self {
            folder,
            logged_in: Cell::new(true),
            database: Cell::default(),
            migrated: Cell::default(),
            rows,
            workers: RefCell::default(),
            deployed: RefCell::default(),
            seen: RefCell::default(),
            changes: Cell::default(),
            ends_at: Cell::default(),
            values: RefCell::default(),
        };
        for folder in ["admin", "jobs", "examples/dashboard"] {
            fs::create_dir_all(cloud.folder.join(folder)).unwrap();
        }
        let shared = format!(
            "\n# >>> Shared\n\
             [[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"airlock\"\ndatabase_id = \"{NO_DATABASE}\" # why\n\
             [vars]\nEDGE_ORIGIN = \"https://app.acme.test\"\nADMIN_ORIGIN = \"https://admin.acme.test\"\n\
             SITE_NAME = \"Acme\"\n\
             # <<< Shared\n"
        );
        for (file, name, required) in [
            (EDGE, "airlock-edge", "\"SEED_KEYS\", \"PEPPER_KEYS\", \"ASSERTION_KEYS\", \"PROXY_KEYS\""),
            ("admin/wrangler.toml", "airlock-admin", "\"SEED_KEYS\", \"PEPPER_KEYS\""),
            ("jobs/wrangler.toml", "airlock-jobs", "\"SEED_KEYS\", \"PEPPER_KEYS\", \"AUDIT_KEYS\""),
        ] {
            cloud.put(file, &format!("name = \"{name}\"\n{shared}\n[secrets]\nrequired = [{required}]\n"));
        }
        let app = "[[services]]\nbinding = \"APP\"\nservice = \"acme-app\"\n";
        cloud.put(EDGE, &(cloud.file(EDGE) + app));
        cloud.put(EXAMPLE.1, "name = \"airlock-example\"\n");
        cloud
    }

    pub fn put(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    pub fn file(&self, file: &str) -> String {
        read(&self.folder, file).unwrap()
    }

    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.file(file);
        assert!(text.contains(from), "{text}");
        self.put(file, &text.replace(from, to));
    }

    /// Sets a secret, as an earlier deployment did.
    pub fn has(&self, worker: &str, secret: &str) {
        self.workers.borrow_mut().entry(worker.to_owned()).or_default().insert(secret.to_owned(), "old".to_owned());
    }

    pub fn populate(&self) {
        self.database.set(true);
        self.migrated.set(true);
        self.rows.add_account("acme");
    }

    pub fn on<T>(&self, act: impl FnOnce(&Target<'_>) -> T) -> T {
        self.changes.set(0);
        self.deployed.borrow_mut().clear();
        let batch = |id: &str, statements: &[Statement]| {
            assert_eq!((id, self.database.get()), (ID, true));
            if !self.migrated.get() {
                return Ok(vec![Rows::default()]);
            }
            match statements.iter().any(|statement| statement.sql.contains("INSERT")) {
                true => self.change(|| self.rows.db.run(statements.to_vec())),
                false => Ok(self.rows.db.run(statements.to_vec())),
            }
        };
        let target = Target {
            folder: &self.folder,
            wrangler: &|call| self.wrangler(call),
            batch: &batch,
            rng: &crate::world::Random,
            now: self.rows.now.get(),
            say: &|line| self.seen.borrow_mut().push_str(line),
        };
        act(&target)
    }

    pub fn deploy(&self, first: Option<(&str, &str)>) -> Result<String, String> {
        let first = first.map(|(name, email)| (name.to_owned(), email.to_owned()));
        let said = self.on(|target| deploy(target, first.as_ref())).map_err(|fault| fault.to_string());
        self.seen.borrow_mut().push_str(said.as_ref().unwrap_or_else(|said| said));
        said
    }

    pub fn first(&self) -> Result<String, String> {
        self.deploy(Some(("Acme", "ann@acme.test")))
    }

    /// What must be done first, and that it was said before anything changed.
    pub fn refused(&self, first: Option<(&str, &str)>) -> String {
        let _ = settings::copy(&self.folder); // which a deployment begins with
        let files = || {
            let all = WORKERS.iter().map(|spec| spec.file).chain([FILE]);
            all.map(|file| fs::read_to_string(self.folder.join(file)).ok()).collect::<Vec<_>>()
        };
        let before = files();
        let said = self.deploy(first).unwrap_err();
        assert_eq!((self.changes.get(), files()), (0, before), "{said}");
        said
    }

    fn change<T>(&self, act: impl FnOnce() -> T) -> Result<T, Fault> {
        self.changes.set(self.changes.get() + 1);
        match self.ends_at.get() {
            Some((number, happens)) if number == self.changes.get() => {
                if happens {
                    act();
                }
                Err(Fault::new("the run ended"))
            }
            _ => Ok(act()),
        }
    }

    /// As wrangler behaves.
    fn wrangler(&self, call: &Call<'_>) -> Result<Vec<u8>, Fault> {
        self.seen.borrow_mut().push_str(&call.args.join(" "));
        let answer = |value: serde_json::Value| Ok(value.to_string().into_bytes());
        let config = |file: &str| match WORKERS.iter().find(|spec| spec.file == file) {
            Some(spec) => Worker::read(&self.folder, spec).unwrap().config,
            None => Config::read(&self.folder, file).unwrap(),
        };
        match call.args {
            ["whoami", "--json"] if self.logged_in.get() => answer(json!({ "loggedIn": true })),
            ["whoami", "--json"] => Err(Fault::new("wrangler failed\n{\"loggedIn\":false}")),
            _ if !self.logged_in.get() && call.args.last() != Some(&"--dry-run") => panic!("{:?}", call.args),
            ["d1", "list", "--json"] => match self.database.get() {
                true => answer(json!([{ "uuid": "other", "name": "other" }, { "uuid": ID, "name": DATABASE }])),
                false => answer(json!([])),
            },
            ["d1", "create", DATABASE] => {
                assert!(!self.database.get(), "there is one");
                self.change(|| self.database.set(true)).map(|()| Vec::new())
            }
            ["d1", "migrations", "apply", DATABASE, "--remote"] => {
                assert_eq!(config(EDGE).database(), Some(ID));
                self.change(|| self.migrated.set(true)).map(|()| Vec::new())
            }
            ["secret", "list", "-c", file] => {
                let name = config(file).name;
                match self.workers.borrow().get(&name) {
                    Some(secrets) => answer(secrets.keys().map(|name| json!({ "name": name })).collect()),
                    None => Err(Fault::new(format_args!("wrangler failed\nWorker \"{name}\" not found."))),
                }
            }
            ["secret", "bulk", "-c", file] => {
                let values: BTreeMap<String, String> = serde_json::from_str(call.input).unwrap();
                assert!(!values.is_empty());
                self.change(|| {
                    self.values.borrow_mut().extend(values.clone());
                    self.workers.borrow_mut().entry(config(file).name).or_default().extend(values);
                    Vec::new()
                })
            }
            ["deploy", "-c", file, rest @ ..] => {
                let worker = config(file);
                if rest.last() == Some(&"--dry-run") {
                    return Ok(Vec::new());
                }
                assert_eq!(worker.database().unwrap_or(ID), ID);
                let workers = self.workers.borrow();
                for name in &worker.secrets.required {
                    assert!(workers[&worker.name].contains_key(name), "{name} is not set");
                }
                self.change(|| self.deployed.borrow_mut().push(format!("{} {}", worker.name, rest.join(" "))))
                    .map(|()| Vec::new())
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn accounts(&self) -> usize {
        self.rows.db.table("SELECT id FROM accounts").lines().count()
    }

    /// Checks that all is as one whole run leaves it.
    pub fn assert_up(&self) {
        for file in WORKERS.iter().map(|spec| spec.file) {
            assert!(self.file(file).contains(&format!("database_id = \"{ID}\" # why\n")), "{}", self.file(file));
        }
        let keys = kept(&self.folder).unwrap();
        assert_eq!(
            keys.keys().collect::<Vec<_>>(),
            ["ASSERTION_KEYS", "AUDIT_KEYS", "PEPPER_KEYS", "PROXY_KEYS", "SEED_KEYS"]
        );
        assert_eq!(fs::metadata(self.folder.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        let workers = self.workers.borrow();
        let set = |worker: &str| {
            workers[worker].iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        let kept =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), keys[*name].to_string())).collect::<Vec<_>>();
        assert_eq!(set("airlock-edge"), kept(&["ASSERTION_KEYS", "PEPPER_KEYS", "PROXY_KEYS", "SEED_KEYS"]));
        // Its file is older than the first of them.
        assert_eq!(set("airlock-admin"), kept(&["AUDIT_KEYS", "PEPPER_KEYS", "SEED_KEYS"]));
        assert_eq!(set("airlock-jobs"), kept(&["AUDIT_KEYS", "PEPPER_KEYS", "SEED_KEYS"]));
        assert_eq!(self.values.borrow().len(), 5, "a key was made twice");
        for (_, value) in &*self.values.borrow() {
            let secret = value.split_once(':').unwrap().1;
            assert!(!self.seen.borrow().contains(secret), "a key was said, or an argument");
        }
        assert!(self.migrated.get());
        assert_eq!(self.accounts(), 1);
    }
}
