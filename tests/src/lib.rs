//! A small world for tests: the whole core on in-memory SQLite, with a clock that only moves when told, randomness from
//! a seed, and browsers with cookie jars.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a broken test should stop there"
)]

mod around;
mod browser;
mod demo;
pub mod enumeration;
pub mod fuzz;
mod prefix;
pub mod signing;
pub mod simulation;
mod sqlite;

use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::Rc,
    task::{self, Poll, Waker},
};

use airlock::{
    admin,
    context::{Config, Context, Peer},
    edge,
    factor::{
        password::{self, Cost, Password},
        totp::{Parameters, parse_seed},
    },
    flows::{
        Prefix,
        gate::{Forward, Gate, NoAnswer},
    },
    jobs::{self, Job},
    limit::Hashes,
    mail::Mailbox,
    people::{Role, session::Site},
    ports::{Brake, Fault, LocalFuture, Now, Rng},
    secret::{Secret, seal},
    store::{
        self, NewAccount, NewUser,
        operator::{self, KeyCheck},
    },
    web::{Body, Request, Response},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng},
};
use unicode_normalization::UnicodeNormalization;

pub use around::{Lines, Pokes, Post, Posted};
pub use browser::{Answer, Browser, assert_secured, basic, key_in, set_header, tally};
pub use demo::{NOOR_SEED, OWNER_SEED, PASSWORD};
pub use sqlite::Sqlite;

use browser::copy;
use signing::Signatures;

/// The origin the world's browsers see.
pub const ORIGIN: &str = "https://app.test";
/// The origin of the admin Worker.
pub const ADMIN_ORIGIN: &str = "https://admin.test";
/// Development keys: 32 bytes each.
const SEED_KEYS: &str = "s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const ASSERTION_KEYS: &str = "a1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
/// The key that proxies show.
pub const PROXY_KEYS: &str = "x1:BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=";
const AUDIT_KEYS: &str = "l1:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";
/// The pepper.
pub const PEPPER_KEYS: &str = "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
/// The same as variables of a Worker.
pub const KEYS: [(&str, &str); 5] = [
    ("SEED_KEYS", SEED_KEYS),
    ("PEPPER_KEYS", PEPPER_KEYS),
    ("ASSERTION_KEYS", ASSERTION_KEYS),
    ("AUDIT_KEYS", AUDIT_KEYS),
    ("PROXY_KEYS", PROXY_KEYS),
];
/// As cheap as argon2id gets: what a password costs where a test does not ask for the product's own cost.
pub const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
/// What the app behind the gate answers.
pub const THE_APP: &str = "the app";

/// A request as the app gets it.
pub struct Forwarded {
    /// Its headers: names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Milliseconds until the app must have begun its answer.
    pub patience_ms: Option<u32>,
    /// Whether a page of the app's is led back.
    pub leads_pages_back: bool,
}

impl Forwarded {
    /// What the gate makes of `request`.
    pub fn new(request: &Request, forward: &Forward) -> Self {
        let Forward { changes, patience_ms, leads_pages_back, .. } = forward;
        let headers = changes.applied(&request.headers);
        Self { headers, patience_ms: *patience_ms, leads_pages_back: *leads_pages_back }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The core and everything around it.
pub struct World {
    /// The database.
    pub db: Sqlite,
    /// What time it is; moves only when told.
    pub now: Cell<Now>,
    /// Settings of the two Workers that answer; a test may replace them.
    pub config: RefCell<Rc<[Config; 2]>>,
    /// Settings of the jobs Worker; a test may replace them.
    pub jobs: RefCell<Rc<jobs::Config>>,
    /// What the mail server does, and all that it was handed.
    pub post: Post,
    /// How often the jobs Worker was poked. What it does then is [`World::poked`].
    pub pokes: Pokes,
    /// What stands behind the gate; a test may replace it.
    pub gate: RefCell<Rc<Gate>>,
    /// What came through the gate to the app.
    pub forwarded: RefCell<Vec<Forwarded>>,
    /// Why the app gives no answer, if it gives none.
    pub app_silent: Cell<Option<NoAnswer>>,
    /// Whether the coarse brake lets logins through.
    pub brake_admits: Cell<bool>,
    /// Whom it was last asked about.
    pub braked: RefCell<String>,
    /// Every line logged.
    pub log: Lines,
    /// Whether to keep what is sent and answered.
    pub listens: Cell<bool>,
    /// Whether tests name Airlock's own paths as they are by default, wherever they are in this run.
    translates: Cell<bool>,
    /// What was sent and answered: in headers, paths and bodies.
    pub heard: RefCell<Vec<Heard>>,
    /// Password hashes under way in the one instance there is.
    pub hashes: Hashes,
    rng: Seeded,
}

/// One request and its answer.
pub struct Heard {
    /// The path asked for.
    pub path: String,
    /// Headers of both.
    pub headers: Vec<(String, String)>,
    /// The bodies: what was sent, and what was answered.
    pub bodies: [String; 2],
}

impl World {
    /// A world with the demo account: owner and noor have two-factor login, mia and leo do not.
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// The same with other randomness.
    pub fn seeded(seed: u64) -> Self {
        let world = Self::empty(seed);
        world.add_account("acme");
        for demo::Person { id, email, role, seed } in demo::people() {
            world.add_user("acme", &id, &email, role, seed.as_deref());
        }
        world.db.round_trips.set(0);
        world
    }

    /// A world without anyone.
    fn empty(seed: u64) -> Self {
        let db = Sqlite::new();
        let [config, _] = configs(SEED_KEYS, PEPPER_KEYS);
        db.run(operator::keep_key_checks(&config.pepper_keys).into());
        Self {
            db,
            now: Cell::new(Now(1_800_000_000_000)),
            config: RefCell::new(Rc::new(configs(SEED_KEYS, PEPPER_KEYS))),
            jobs: RefCell::new(Rc::new(jobs_config(SEED_KEYS, PEPPER_KEYS, None))),
            pokes: Pokes::default(),
            post: Post::default(),
            gate: RefCell::new(Rc::new(gate(&[]).unwrap_or_else(|fault| panic!("{fault}")))),
            forwarded: RefCell::default(),
            app_silent: Cell::new(None),
            brake_admits: Cell::new(true),
            braked: RefCell::default(),
            log: Lines::default(),
            listens: Cell::new(false),
            translates: Cell::new(true),
            heard: RefCell::default(),
            hashes: Hashes::default(),
            rng: Seeded(RefCell::new(ChaCha20Rng::seed_from_u64(seed))),
        }
    }

    /// Adds an account whose name is its id with a capital.
    pub fn add_account(&self, id: &str) {
        let name = format!("{}{}", id[..1].to_uppercase(), &id[1..]);
        self.db.run(vec![store::create_account(&NewAccount { id, name: &name }, self.now.get())]);
    }

    /// Makes an existing user a member of one more account.
    pub fn join(&self, account: &str, id: &str, email: &str, role: Role) {
        self.db.execute(
            "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES (?1, ?2, ?3, ?4, 'active', 0)",
            &[account.into(), id.into(), email.into(), role.name().into()],
        );
    }

    /// Answers requests so that each reads before any writes, the interleaving that breaks read-then-write. They then
    /// write in the order given. The statuses.
    pub fn at_once(&self, requests: &[Request]) -> Vec<u16> {
        self.answers_at_once(requests).iter().map(|answer| answer.0.status).collect()
    }

    /// The same, and all of the answers.
    pub fn answers_at_once(&self, requests: &[Request]) -> Vec<Answer> {
        self.interleaved(requests.iter().map(|request| self.respond(request))).into_iter().map(Answer).collect()
    }

    /// The jobs of a minute twice at once, as when one run takes longer than that.
    pub fn two_ticks_at_once(&self) {
        let config = self.jobs.borrow().clone();
        let job = self.job(&config);
        for done in self.interleaved([jobs::tick(&job), jobs::tick(&job)]) {
            done.unwrap_or_else(|fault| panic!("{fault}"));
        }
    }

    /// Runs all of them, each up to its next round trip before any goes on.
    fn interleaved<T>(&self, futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
        self.db.yields.set(true);
        let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
        while pending.iter().any(|(_, done)| done.is_none()) {
            for (future, done) in pending.iter_mut().filter(|(_, done)| done.is_none()) {
                if let Poll::Ready(value) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                    *done = Some(value);
                }
            }
        }
        self.db.yields.set(false);
        pending.into_iter().filter_map(|(_, done)| done).collect()
    }

    /// Adds a user to an account.
    pub fn add_user(&self, account: &str, id: &str, email: &str, role: Role, seed: Option<&str>) {
        thread_local! {
            // The same hash for everyone.
            static HASH: password::Stored = {
                let [Config { pepper_keys: peppers, .. }, _] = configs(SEED_KEYS, PEPPER_KEYS);
                let rng = Seeded(RefCell::new(ChaCha20Rng::seed_from_u64(7)));
                password::hash(CHEAP, &peppers, &rng, &password(PASSWORD)).unwrap()
            };
        }
        self.add_user_with(account, id, email, role, seed, HASH.with(Clone::clone));
    }

    /// The same, with a password of one's own.
    fn add_user_with(
        &self,
        account: &str,
        id: &str,
        email: &str,
        role: Role,
        seed: Option<&str>,
        password: password::Stored,
    ) {
        let configs = self.config.borrow().clone();
        let [config, _] = &*configs;
        let authenticator_id = format!("{id}-app");
        let authenticator = seed.map(|seed| {
            let seed = parse_seed(seed).unwrap();
            let sealed = seal(&config.seed_keys, &self.rng, &[id, &authenticator_id], seed.expose()).unwrap();
            (authenticator_id.as_str(), "Authenticator app", sealed)
        });
        let user = NewUser { id, email, name: id, role, password, authenticator };
        self.db.run(store::create_user(account, &user, self.now.get()));
    }

    /// Lets time pass.
    pub fn wait_s(&self, seconds: i64) {
        self.now.set(Now(self.now.get().0 + seconds * 1000));
    }

    /// Turns an account's requirement on or off, as an admin does: one that is on already began when it did.
    pub fn require(&self, account: &str, required: bool, applies: &str) {
        self.db.execute(
            "UPDATE accounts SET two_factor_required = ?2, applies = ?4,
               required_since = iif(?2 = 1 AND two_factor_required = 1, required_since, ?3) WHERE id = ?1",
            &[account.into(), required.into(), self.now.get().into(), applies.into()],
        );
    }

    /// What a reset does, as an admin does it: everything of the user's second factor and every session gone.
    pub fn reset(&self, user: &str) {
        let event = (&self.rng as &dyn Rng).id().unwrap();
        let check = KeyCheck::of(self.config.borrow()[0].pepper_keys.current());
        self.db.run(operator::break_glass(user, &check, &event, self.now.get()));
    }

    /// Changes the settings as a variable of this name would.
    pub fn rotate_keys(&self, seed_keys: &str, pepper_keys: &str) {
        *self.config.borrow_mut() = Rc::new(configs(seed_keys, pepper_keys));
        *self.jobs.borrow_mut() = Rc::new(jobs_config(seed_keys, pepper_keys, None));
    }

    /// Sets the gate up with these variables.
    pub fn set_gate(&self, variables: &[(&str, &str)]) {
        *self.gate.borrow_mut() = Rc::new(gate(variables).unwrap_or_else(|fault| panic!("{fault}")));
    }

    /// Gives the pages a colour.
    pub fn set_accent(&self, colour: &str) {
        let accent = Some(airlock::pages::accent::Accent::parse(colour).unwrap());
        self.configure(|config| Config { accent, ..config });
    }

    /// Gives the pages a logo.
    pub fn set_logo(&self, url: &str) {
        let logo = Some(airlock::pages::logo::Logo::parse(url, ORIGIN).unwrap());
        self.configure(|config| Config { logo: logo.clone(), ..config });
    }

    /// Has neither Worker know where the admins are.
    pub fn hide_admins(&self) {
        self.configure(|config| Config { admin_origin: None, ..config });
    }

    /// Has signing out clear what the app keeps in browsers.
    pub fn clear_at_sign_out(&self) {
        self.configure(|config| Config { sign_out_clears: true, ..config });
    }

    /// Has Airlock's own paths begin so, and be named so.
    pub fn move_to(&self, prefix: &str) {
        self.translates.set(false);
        self.configure(|config| Config { prefix: Prefix::parse(prefix).unwrap(), ..config });
    }

    /// Has mails sent.
    pub fn send_mails(&self) {
        self.configure_mail(true);
    }

    /// Has mails sent, or no longer.
    pub fn configure_mail(&self, sent: bool) {
        let from = Mailbox::parse("Airlock <login@app.test>").ok().filter(|_| sent);
        self.configure(|config| Config { mail_from: from.clone(), ..config });
        let jobs = jobs_config(SEED_KEYS, PEPPER_KEYS, None);
        *self.jobs.borrow_mut() = Rc::new(jobs::Config { mail_from: from, ..jobs });
    }

    /// Limits for how many days the audit is kept.
    pub fn keep_audit(&self, days: i64) {
        *self.jobs.borrow_mut() = Rc::new(jobs_config(SEED_KEYS, PEPPER_KEYS, Some(days)));
    }

    /// Sets how many steps early or late a code may be.
    pub fn set_window(&self, window_steps: i64) {
        self.configure(|config| Config { window_steps, ..config });
    }

    /// Has passwords cost so much, those of before too.
    pub fn at_cost(&self, password_cost: Cost) {
        let [Config { pepper_keys, .. }, _] = &*self.config.borrow().clone();
        let stored = password::hash(password_cost, pepper_keys, &self.rng, &password(PASSWORD)).unwrap();
        let sql = "UPDATE users SET password_phc = ?1 WHERE password_phc IS NOT NULL";
        self.db.execute(sql, &[stored.phc.into()]);
        self.configure(|config| Config { password_cost, ..config });
    }

    /// Stores a user's password as it was hashed before there was one form of it: as it was typed.
    pub fn hash_as_typed(&self, user: &str, typed: &str) {
        let as_typed = Password::typed(str::to_owned, Secret::new(typed.to_owned())).unwrap();
        let stored = password::hash(CHEAP, &self.config.borrow()[0].pepper_keys, &self.rng, &as_typed).unwrap();
        self.db.execute("UPDATE users SET password_phc = ?2 WHERE id = ?1", &[user.into(), stored.phc.into()]);
    }

    fn configure(&self, set: impl Fn(Config) -> Config) {
        *self.config.borrow_mut() = Rc::new(configs(SEED_KEYS, PEPPER_KEYS).map(set));
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser<'_> {
        Browser { world: self, site: Site::Edge, cookies: RefCell::default(), ip: "203.0.113.7".to_owned() }
    }

    /// The same, at the admin Worker.
    pub fn admin(&self) -> Browser<'_> {
        Browser { site: Site::Admin, ..self.browser() }
    }

    /// Answers a request.
    pub fn handle(&self, request: &Request) -> Response {
        pollster::block_on(self.respond(request))
    }

    /// What the jobs Worker does every minute.
    pub fn tick(&self) {
        self.try_tick().unwrap_or_else(|fault| panic!("{fault}"));
    }

    /// The same, where it may fail.
    ///
    /// # Errors
    /// The database.
    pub fn try_tick(&self) -> Result<(), Fault> {
        pollster::block_on(jobs::tick(&self.job(&self.jobs.borrow().clone())))
    }

    /// What the jobs Worker does when it is poked.
    pub fn poked(&self) {
        let config = self.jobs.borrow().clone();
        pollster::block_on(jobs::poked(&self.job(&config))).unwrap_or_else(|fault| panic!("{fault}"));
    }

    fn job<'c>(&'c self, config: &'c jobs::Config) -> Job<'c> {
        let (now, log) = (self.now.get(), &self.log);
        Job { db: &self.db, rng: &self.rng, signing: &Signatures, mailer: &self.post, log, now, config }
    }

    fn context<'c>(&'c self, config: &'c Config) -> Context<'c> {
        Context {
            db: &self.db,
            rng: &self.rng,
            brake: self,
            nfc,
            log: &self.log,
            jobs: &self.pokes,
            signing: &Signatures,
            now: self.now.get(),
            peer: Peer::default(),
            form: None,
            proof: None,
            hashes: &self.hashes,
            config,
        }
    }

    /// Answers a request, step by step, by the Worker whose host it was made to.
    pub async fn respond(&self, request: &Request) -> Response {
        let request = &if self.translates.get() { prefix::sent(copy(request)) } else { copy(request) };
        let [edge, admin] = &*self.config.borrow().clone();
        let config = if request.host == "app.test" { edge } else { admin };
        let cx = self.context(config);
        let response = match config.site {
            Site::Edge => {
                let gate = self.gate.borrow().clone();
                match edge::handle(&cx, &gate, &mut copy(request)).await {
                    edge::Answer::Ours(response) => response,
                    edge::Answer::HoldsForm(stop) => edge::form_held(&cx, request, stop),
                    edge::Answer::Apps(forward) => {
                        self.forwarded.borrow_mut().push(Forwarded::new(request, &forward));
                        match self.app_silent.get() {
                            Some(why) => edge::no_answer(&cx, request, why, &Fault::new("connection refused")),
                            None => {
                                let (changes, _) = gate.answered(&forward, &[], false);
                                changes
                                    .applied(&[])
                                    .into_iter()
                                    .filter(|(name, _)| name == "set-cookie")
                                    .fold(Response::html(200, THE_APP.to_owned()), |answer, (_, line)| {
                                        answer.with("set-cookie", line)
                                    })
                            }
                        }
                    }
                }
            }
            Site::Admin => admin::handle(&cx, request).await,
        };
        let response = if self.translates.get() { prefix::got(response) } else { response };
        if self.listens.get() {
            let sent = match &request.body {
                Body::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Body::TooLarge => String::new(),
            };
            let answered = response.headers.iter().map(|(name, value)| (name.to_string(), value.clone()));
            let headers = request.headers.iter().cloned().chain(answered).collect();
            let bodies = [sent, response.body.clone()];
            self.heard.borrow_mut().push(Heard { path: request.path.clone(), headers, bodies });
        }
        response
    }

    /// The code an authenticator with this seed shows `steps` time steps from now.
    pub fn code(&self, seed: &str, steps: i64) -> String {
        let parameters = Parameters::default();
        let step = parameters.step_at(self.now.get()) + steps;
        parameters.code(parse_seed(seed).unwrap().expose(), step).to_string()
    }

    /// One text from the database.
    pub fn text(&self, sql: &str) -> String {
        self.db.connection.borrow().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// A column of texts from the database.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let connection = self.db.connection.borrow();
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// One number from the database.
    pub fn count(&self, sql: &str) -> i64 {
        self.db.connection.borrow().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn configs(seed_keys: &str, pepper_keys: &str) -> [Config; 2] {
    let sites = [Site::Edge, Site::Admin];
    sites.map(|site| Config { password_cost: CHEAP, ..config(site, seed_keys, pepper_keys) })
}

/// What a password costs in the product.
pub fn products_cost() -> Cost {
    config(Site::Edge, SEED_KEYS, PEPPER_KEYS).password_cost
}

/// A gate with these variables.
///
/// # Errors
/// They are not fit for one.
pub fn gate(variables: &[(&str, &str)]) -> Result<Gate, Fault> {
    let [edge, _] = configs(SEED_KEYS, PEPPER_KEYS);
    let given = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| prefix::here(value));
    let own = |name: &str| match name {
        "ASSERTION_KEYS" => Some(ASSERTION_KEYS.to_owned()),
        "PROXY_KEYS" => Some(PROXY_KEYS.to_owned()),
        _ => None,
    };
    pollster::block_on(Gate::build(&edge, |name| given(name).or_else(|| own(name)), &Signatures))
}

fn config(site: Site, seed_keys: &str, pepper_keys: &str) -> Config {
    Config::build(site, |name| variable(name, seed_keys, pepper_keys)).unwrap_or_else(|fault| panic!("{fault}"))
}

fn jobs_config(seed_keys: &str, pepper_keys: &str, audit_keep_days: Option<i64>) -> jobs::Config {
    let config = jobs::Config::build(|name| variable(name, seed_keys, pepper_keys));
    jobs::Config { audit_keep_days, ..config.unwrap_or_else(|fault| panic!("{fault}")) }
}

fn variable(name: &str, seed_keys: &str, pepper_keys: &str) -> Option<String> {
    let value = match name {
        "EDGE_ORIGIN" => ORIGIN,
        "ADMIN_ORIGIN" => ADMIN_ORIGIN,
        "SITE_NAME" => "Airlock",
        "SEED_KEYS" => seed_keys,
        "PEPPER_KEYS" => pepper_keys,
        "AUDIT_KEYS" => AUDIT_KEYS,
        "AUTH_PREFIX" => return std::env::var(name).ok(),
        _ => return None,
    };
    Some(value.to_owned())
}

/// A text composed, as the Workers' runtime does it.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// A password as it is compared.
pub fn password(typed: &str) -> Password {
    Password::typed(nfc, Secret::new(typed.to_owned())).unwrap()
}

struct Seeded(RefCell<ChaCha20Rng>);

impl Rng for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.0.borrow_mut().fill_bytes(bytes);
        Ok(())
    }
}

impl Brake for World {
    fn admit<'a>(&'a self, whom: &'a str) -> LocalFuture<'a, Result<bool, Fault>> {
        *self.braked.borrow_mut() = whom.to_owned();
        Box::pin(std::future::ready(Ok(self.brake_admits.get())))
    }
}
