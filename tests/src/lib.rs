//! A small world for tests: the whole core on in-memory SQLite, with a clock that only moves when told, randomness from
//! a seed, and browsers with cookie jars.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a broken test should stop there"
)]

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    future::Future,
    rc::Rc,
    task::{self, Poll, Waker},
};

use airlock::{
    admin,
    context::{Config, Context},
    edge,
    http::{Body, Client, Request, Response},
    password,
    ports::{Brake, Db, Fault, LocalFuture, Log, Now, Rng, Rows, Statement, Value},
    secret::{Secret, seal},
    session::{Role, Site},
    store::{self, NewAccount, NewUser},
    totp::{Parameters, parse_seed},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng},
};
use rusqlite::{Connection, StatementStatus, types::ValueRef};
use serde_json::json;

/// The origin the world's browsers see.
pub const ORIGIN: &str = "https://app.test";
/// The origin of the admin Worker.
pub const ADMIN_ORIGIN: &str = "https://admin.test";
/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// The seed of `owner@acme.test`.
pub const OWNER_SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// The seed of `noor@acme.test`.
pub const NOOR_SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// Development keys: 32 bytes each.
const SEED_KEYS: &str = "s1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const PEPPER_KEYS: &str = "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The core and everything around it.
pub struct World {
    /// The database.
    pub db: Sqlite,
    /// What time it is; moves only when told.
    pub now: Cell<Now>,
    /// Settings of both Workers; a test may replace them.
    pub config: RefCell<Rc<[Config; 2]>>,
    /// Whether the coarse brake lets logins through.
    pub brake_admits: Cell<bool>,
    /// Every line logged.
    pub log: Lines,
    rng: Seeded,
}

impl World {
    /// A world with the demo account: owner and noor have two-factor login, mia and leo do not.
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// The same with other randomness.
    pub fn seeded(seed: u64) -> Self {
        let world = Self {
            db: Sqlite::new(),
            now: Cell::new(Now(1_800_000_000_000)),
            config: RefCell::new(Rc::new(configs(SEED_KEYS, PEPPER_KEYS))),
            brake_admits: Cell::new(true),
            log: Lines::default(),
            rng: Seeded(RefCell::new(ChaCha20Rng::seed_from_u64(seed))),
        };
        world.add_account("acme");
        world.add_user("acme", "owner", "owner@acme.test", Role::Owner, Some(OWNER_SEED));
        world.add_user("acme", "noor", "noor@acme.test", Role::Member, Some(NOOR_SEED));
        world.add_user("acme", "mia", "mia@acme.test", Role::Member, None);
        world.add_user("acme", "leo", "leo@acme.test", Role::Member, None);
        world.db.round_trips.set(0);
        world
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
        self.db.yields.set(true);
        let mut pending: Vec<_> = requests.iter().map(|request| Some(Box::pin(self.respond(request)))).collect();
        let mut statuses = vec![0; pending.len()];
        while statuses.contains(&0) {
            for (slot, status) in pending.iter_mut().zip(&mut statuses) {
                let Some(future) = slot else { continue };
                if let Poll::Ready(response) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                    *status = response.status;
                    *slot = None;
                }
            }
        }
        self.db.yields.set(false);
        statuses
    }

    /// Adds a user to an account.
    pub fn add_user(&self, account: &str, id: &str, email: &str, role: Role, seed: Option<&str>) {
        thread_local! {
            // The same hash for everyone: made once, since it is slow by design.
            static HASH: password::Stored = {
                let [Config { pepper_keys: peppers, .. }, _] = configs(SEED_KEYS, PEPPER_KEYS);
                let rng = Seeded(RefCell::new(ChaCha20Rng::seed_from_u64(7)));
                password::hash(&peppers, &rng, &Secret::new(PASSWORD.to_owned())).unwrap()
            };
        }
        let configs = self.config.borrow().clone();
        let [config, _] = &*configs;
        let authenticator_id = format!("{id}-app");
        let authenticator = seed.map(|seed| {
            let seed = parse_seed(seed).unwrap();
            let sealed = seal(&config.seed_keys, &self.rng, &[id, &authenticator_id], seed.expose()).unwrap();
            (authenticator_id.as_str(), "Authenticator app", sealed)
        });
        let user = NewUser { id, email, name: id, role, password: HASH.with(Clone::clone), authenticator };
        self.db.run(store::create_user(account, &user, self.now.get()));
    }

    /// Lets time pass.
    pub fn wait_s(&self, seconds: i64) {
        self.now.set(Now(self.now.get().0 + seconds * 1000));
    }

    /// Turns an account's requirement on or off, as an admin does.
    pub fn require(&self, account: &str, required: bool, applies: &str) {
        self.db.execute(
            "UPDATE accounts SET two_factor_required = ?2, required_since = ?3, applies = ?4 WHERE id = ?1",
            &[account.into(), required.into(), self.now.get().into(), applies.into()],
        );
    }

    /// What a reset does, as an admin does it: everything of the user's second factor and every session gone.
    pub fn reset(&self, user: &str) {
        for sql in [
            "UPDATE users SET must_enrol = 1, code_failures = 0 WHERE id = ?1",
            "DELETE FROM authenticators WHERE user_id = ?1",
            "DELETE FROM recovery_codes WHERE user_id = ?1",
            "DELETE FROM sessions WHERE user_id = ?1",
            "DELETE FROM throttles WHERE scope = 'code' AND subject = ?1",
        ] {
            self.db.execute(sql, &[user.into()]);
        }
    }

    /// Changes the settings as a variable of this name would.
    pub fn rotate_keys(&self, seed_keys: &str, pepper_keys: &str) {
        *self.config.borrow_mut() = Rc::new(configs(seed_keys, pepper_keys));
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

    /// What the admin Worker does every minute.
    pub fn tick(&self) {
        let [_, config] = &*self.config.borrow().clone();
        pollster::block_on(admin::tick(&self.context(config))).unwrap_or_else(|fault| panic!("{fault}"));
    }

    fn context<'c>(&'c self, config: &'c Config) -> Context<'c> {
        let brake = if self.brake_admits.get() { &FixedBrake(true) } else { &FixedBrake(false) };
        Context { db: &self.db, rng: &self.rng, brake, log: &self.log, now: self.now.get(), config }
    }

    /// Answers a request, step by step, by the Worker whose host it was made to.
    pub async fn respond(&self, request: &Request) -> Response {
        let [edge, admin] = &*self.config.borrow().clone();
        let config = if request.host == "app.test" { edge } else { admin };
        let cx = self.context(config);
        match config.site {
            Site::Edge => edge::handle(&cx, request).await,
            Site::Admin => admin::handle(&cx, request).await,
        }
    }

    /// The code an authenticator with this seed shows `steps` time steps from now.
    pub fn code(&self, seed: &str, steps: i64) -> String {
        let parameters = Parameters::default();
        let step = parameters.step_at(self.now.get()) + steps;
        parameters.code(parse_seed(seed).unwrap().expose(), step).to_string()
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
    [Site::Edge, Site::Admin].map(|site| config(site, seed_keys, pepper_keys))
}

fn config(site: Site, seed_keys: &str, pepper_keys: &str) -> Config {
    Config::build(site, |name| {
        let value = match name {
            "EDGE_ORIGIN" => ORIGIN,
            "ADMIN_ORIGIN" => ADMIN_ORIGIN,
            "SITE_NAME" => "Airlock",
            "SEED_KEYS" => seed_keys,
            "PEPPER_KEYS" => pepper_keys,
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap_or_else(|fault| panic!("{fault}"))
}

/// A browser: keeps cookies, and says of itself what browsers say.
pub struct Browser<'w> {
    /// Where it is.
    pub world: &'w World,
    /// Which Worker it talks to.
    pub site: Site,
    /// Its cookies.
    pub cookies: RefCell<BTreeMap<String, String>>,
    /// Its address.
    pub ip: String,
}

impl Browser<'_> {
    /// A JSON call as a page of the site itself makes it.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Request {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = [
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("cookie", cookies.join("; ")),
        ];
        Request {
            method: method.to_owned(),
            host: if self.site == Site::Edge { "app.test" } else { "admin.test" }.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
            body: Body::Whole(body.as_bytes().to_vec()),
            client: Client { ip: self.ip.clone(), country: "NZ".to_owned() },
            id: "request".to_owned(),
        }
    }

    /// Sends a request and keeps the cookies of the answer.
    pub fn send(&self, request: &Request) -> Answer {
        let response = self.world.handle(request);
        self.keep(&response);
        Answer(response)
    }

    /// Keeps the cookies of an answer.
    pub fn keep(&self, response: &Response) {
        for (_, cookie) in response.headers.iter().filter(|(name, _)| *name == "set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// `GET`, wanting JSON.
    pub fn get(&self, path: &str) -> Answer {
        self.send(&self.request("GET", path, ""))
    }

    /// `POST` of JSON.
    pub fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        self.send(&self.request("POST", path, &body.to_string()))
    }

    /// `PUT` of JSON.
    pub fn put(&self, path: &str, body: serde_json::Value) -> Answer {
        self.send(&self.request("PUT", path, &body.to_string()))
    }

    /// `GET` of a page, as a person going there.
    pub fn open(&self, path: &str) -> Answer {
        let mut request = self.request("GET", path, "");
        set_header(&mut request, "accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        set_header(&mut request, "sec-fetch-mode", "navigate");
        self.send(&request)
    }

    /// `POST` of a form, as a page sends it.
    pub fn submit(&self, path: &str, form: &str) -> Answer {
        let mut request = self.request("POST", path, form);
        set_header(&mut request, "accept", "text/html");
        set_header(&mut request, "sec-fetch-mode", "navigate");
        set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
        self.send(&request)
    }

    /// The password step with the right password.
    pub fn login(&self, email: &str) -> Answer {
        self.post("/auth/login", json!({ "email": email, "password": PASSWORD }))
    }

    /// The code step.
    pub fn verify(&self, code: &str) -> Answer {
        self.post("/auth/verify", json!({ "code": code }))
    }

    /// Both steps, with the code of the present time step.
    pub fn sign_in(&self, email: &str, seed: &str) {
        self.login(email).expect(200).field("next", "verify");
        self.verify(&self.world.code(seed, 0)).expect(200).field("next", "done");
    }

    /// Re-authenticates with password and code.
    pub fn reauth(&self, code: Option<&str>) -> Answer {
        match code {
            Some(code) => self.post("/auth/reauth", json!({ "password": PASSWORD, "code": code })),
            None => self.post("/auth/reauth", json!({ "password": PASSWORD })),
        }
    }

    /// The stage of the session, or `none`.
    pub fn stage(&self) -> String {
        let answer = self.get("/auth/session");
        if answer.0.status == 401 {
            return "none".to_owned();
        }
        answer.expect(200).json()["stage"].as_str().unwrap().to_owned()
    }

    /// The session cookie's value.
    pub fn token(&self) -> String {
        self.cookies.borrow().get(self.site.cookie()).cloned().unwrap_or_default()
    }

    /// A second browser with the same cookies.
    pub fn twin(&self) -> Self {
        Self { world: self.world, site: self.site, cookies: self.cookies.clone(), ip: self.ip.clone() }
    }
}

/// Sets a header of a request.
pub fn set_header(request: &mut Request, name: &str, value: &str) {
    request.headers.retain(|(n, _)| n != name);
    request.headers.push((name.to_owned(), value.to_owned()));
}

/// A response, with what tests ask of it.
#[derive(Debug)]
pub struct Answer(pub Response);

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.0.status, status, "{}", self.0.body);
        self
    }

    /// Asserts a field of the JSON body.
    #[track_caller]
    pub fn field(self, name: &str, value: &str) -> Self {
        assert_eq!(self.json()[name], value, "{}", self.0.body);
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.0.body).unwrap_or_else(|e| panic!("{e}: {}", self.0.body))
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }
}

/// The database: SQLite in memory, with the schema that D1 has.
pub struct Sqlite {
    connection: RefCell<Connection>,
    /// How many batches ran.
    pub round_trips: Cell<usize>,
    /// Steps of SQLite's virtual machine that statements took: what they cost, whatever the machine.
    pub steps: Cell<i64>,
    /// Makes every batch let other requests go first.
    pub yields: Cell<bool>,
    /// Makes every batch fail.
    pub down: Cell<bool>,
    /// Lets this many batches pass, then makes the statement of this number in the next one fail.
    pub fail_later: Cell<Option<(usize, usize)>>,
    /// What the tables held before the batch that failed.
    pub before_failure: RefCell<String>,
    /// Whether to keep the statements that run.
    pub record: Cell<bool>,
    /// The statements kept.
    pub recorded: RefCell<Vec<Statement>>,
}

impl Sqlite {
    fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection.execute_batch(include_str!("../../schema.sql")).unwrap();
        Self {
            connection: RefCell::new(connection),
            round_trips: Cell::new(0),
            steps: Cell::new(0),
            yields: Cell::new(false),
            down: Cell::new(false),
            fail_later: Cell::new(None),
            before_failure: RefCell::default(),
            record: Cell::new(false),
            recorded: RefCell::default(),
        }
    }

    /// Runs statements, or stops the test.
    pub fn run(&self, statements: Vec<Statement>) -> Vec<Rows> {
        self.transaction(statements).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Runs one statement of the test's own that may be refused: why.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn try_run(&self, sql: &'static str) -> Result<(), String> {
        self.transaction(vec![Statement { sql, params: Vec::new() }]).map(drop).map_err(|e| e.to_string())
    }

    /// Runs one statement of the test's own.
    pub fn execute(&self, sql: &'static str, params: &[Value]) {
        self.run(vec![Statement { sql, params: params.to_vec() }]);
    }

    /// The query plan of a statement.
    pub fn plan(&self, statement: &Statement) -> String {
        let connection = self.connection.borrow();
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let params = rusqlite::params_from_iter(statement.params.iter().map(sqlite_value));
        let lines = explained.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// Every text and blob in the database, for a search of what must not be there.
    pub fn dump(&self) -> Vec<u8> {
        self.connection.borrow_mut().serialize("main").unwrap().to_vec()
    }

    /// Puts the database back to what [`Self::dump`] held.
    pub fn restore(&self, dump: &[u8]) {
        self.connection.borrow_mut().deserialize_read_exact("main", dump, dump.len(), false).unwrap();
    }

    /// The rows of a table, in order.
    pub fn table(&self, sql: &'static str) -> String {
        let rows = self.run(vec![Statement { sql, params: Vec::new() }]);
        rows.iter().flat_map(|rows| &rows.0).map(|row| format!("{row:?}\n")).collect()
    }

    /// All that the tables hold.
    pub fn tables(&self) -> String {
        let order = [
            "SELECT * FROM users ORDER BY id",
            "SELECT * FROM accounts ORDER BY id",
            "SELECT * FROM memberships ORDER BY account_id, user_id",
            "SELECT * FROM invitations ORDER BY account_id, user_id",
            "SELECT * FROM api_tokens ORDER BY id",
            "SELECT * FROM authenticators ORDER BY id",
            "SELECT * FROM recovery_codes ORDER BY user_id, mac",
            "SELECT * FROM sessions ORDER BY id",
            "SELECT * FROM enrolments ORDER BY id",
            "SELECT * FROM throttles ORDER BY scope, subject, device",
            "SELECT * FROM audit ORDER BY id",
        ];
        order.iter().map(|sql| self.table(sql)).collect()
    }

    fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, rusqlite::Error> {
        let fail_at = match self.fail_later.get() {
            Some((0, statement)) if statement < statements.len() => {
                self.fail_later.set(None);
                *self.before_failure.borrow_mut() = self.tables();
                Some(statement)
            }
            Some((batches, statement)) if batches > 0 => {
                self.fail_later.set(Some((batches - 1, statement)));
                None
            }
            _ => None,
        };
        let mut connection = self.connection.borrow_mut();
        let transaction = connection.transaction()?;
        let mut results = Vec::new();
        for (i, statement) in statements.iter().enumerate() {
            if fail_at == Some(i) {
                return Err(rusqlite::Error::InvalidQuery);
            }
            let (rows, steps) = rows(&transaction, statement)?;
            results.push(rows);
            self.steps.set(self.steps.get() + i64::from(steps));
        }
        transaction.commit()?;
        Ok(results)
    }
}

impl Db for Sqlite {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            self.round_trips.set(self.round_trips.get() + 1);
            let mut waited = !self.yields.get();
            std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
            if self.down.get() {
                return Err(Fault::new("D1_ERROR: no such table: users"));
            }
            if self.record.get() {
                self.recorded.borrow_mut().extend(statements.iter().cloned());
            }
            self.transaction(statements).map_err(Fault::new)
        })
    }
}

/// The rows a statement answers, and the steps it took.
fn rows(connection: &Connection, statement: &Statement) -> Result<(Rows, i32), rusqlite::Error> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    prepared.reset_status(StatementStatus::VmStep);
    let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut found = prepared.query(rusqlite::params_from_iter(statement.params.iter().map(sqlite_value)))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = names.iter().enumerate().map(|(i, name)| {
            let value = match row.get_ref(i)? {
                ValueRef::Null => serde_json::Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                other => panic!("unexpected type {other:?}"),
            };
            Ok((name.clone(), value))
        });
        rows.push(values.collect::<Result<_, rusqlite::Error>>()?);
    }
    drop(found);
    Ok((Rows(rows), prepared.get_status(StatementStatus::VmStep)))
}

fn sqlite_value(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
    }
}

struct Seeded(RefCell<ChaCha20Rng>);

impl Rng for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.0.borrow_mut().fill_bytes(bytes);
        Ok(())
    }
}

struct FixedBrake(bool);

impl Brake for FixedBrake {
    fn admit<'a>(&'a self, _: &'a str) -> LocalFuture<'a, Result<bool, Fault>> {
        Box::pin(std::future::ready(Ok(self.0)))
    }
}

/// Every line logged.
#[derive(Default)]
pub struct Lines(pub RefCell<Vec<String>>);

impl Log for Lines {
    fn line(&self, json: &str) {
        self.0.borrow_mut().push(json.to_owned());
    }
}

/// How often each status came up.
pub fn tally(answers: &[Answer]) -> HashMap<u16, usize> {
    answers.iter().fold(HashMap::new(), |mut tally, answer| {
        *tally.entry(answer.0.status).or_default() += 1;
        tally
    })
}
