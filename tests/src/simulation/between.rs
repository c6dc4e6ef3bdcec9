//! What stands between the core and the database: it decides who runs next and what fails, and shows the oracle everything.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    task::{self, Poll, Waker},
};

use airlock::{
    admin,
    audit::Sealed,
    context::{Config, Context},
    edge, jobs,
    mail::Mail,
    people::session::Site,
    ports::{Db, Delivery, Fault, LocalFuture, Mailer, Rows, Statement, Value},
    store::operator::{self, KeyCheck},
    web::{Request, Response},
};

use super::{
    Outcome,
    actors::{ACCOUNTS, Act, Cast, Dice, Who},
    bugs::Planted,
    oracle::{Begins, Export, Job, Oracle, Violation, Written},
    rows::State,
    settle::{settle, wait},
};
use crate::{Forwarded, Posted, THE_APP, World, copy};

/// Requests in one world, and how many of them may be under way at once.
const REQUESTS: usize = 80;
const AT_ONCE: usize = 6;

/// For how long a run of the jobs has a mail for itself, and for how much of that it begins with others.
const LEASE_MS: i64 = 120_000;
const BEGINS_MS: i64 = 90_000;

/// What stands between the core and the database.
pub struct Between<'w> {
    world: &'w World,
    /// Settings without mail, and with it, which is sent once so many requests are left.
    configs: (&'w [Rc<[Config; 2]>; 2], usize),
    oracle: RefCell<Oracle>,
    dice: RefCell<Dice>,
    jobs: RefCell<Vec<Job>>,
    /// Forms under way, as they were sent; and those whose answer was lost, which come again later.
    forms: RefCell<BTreeMap<usize, (Act, Request)>>,
    late: RefCell<Vec<(Who, Act, Request)>>,
    current: Cell<usize>,
    /// Runs of the jobs that are at a mail: until when they have it, and its Message-ID once it was handed over.
    mails: RefCell<BTreeMap<usize, (i64, String)>>,
    /// How many of a hundred transactions fail.
    fails: Cell<usize>,
    bug: Option<Planted>,
    violation: RefCell<Option<Violation>>,
    trace: RefCell<Option<Vec<String>>>,
}

impl<'w> Between<'w> {
    /// A world in which nothing has happened so far.
    pub fn new(
        world: &'w World,
        configs: (&'w [Rc<[Config; 2]>; 2], usize),
        oracle: Oracle,
        dice: Dice,
        bug: Option<Planted>,
        traced: bool,
    ) -> Self {
        Self {
            world,
            configs,
            oracle: RefCell::new(oracle),
            dice: RefCell::new(dice),
            jobs: RefCell::default(),
            forms: RefCell::default(),
            late: RefCell::default(),
            current: Cell::new(0),
            mails: RefCell::default(),
            fails: Cell::new(0),
            bug,
            violation: RefCell::default(),
            trace: RefCell::new(traced.then(Vec::new)),
        }
    }

    /// What became of it.
    pub fn outcome(self) -> Outcome {
        let planted = self.bug.as_ref().map_or(0, Planted::chances);
        let trace = self.trace.into_inner().unwrap_or_default();
        Outcome { violation: self.violation.into_inner(), trace, planted }
    }

    fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut *self.trace.borrow_mut() {
            let ms = self.world.now.get().0 - 1_800_000_000_000;
            trace.push(format!("{:>9}.{:03}  {}", ms / 1000, ms % 1000, line()));
        }
    }

    fn judged(&self, verdict: Result<(), Violation>) {
        if let Err(violation) = verdict {
            self.note(|| format!("VIOLATION  {}: {}", violation.promise, violation.what));
            self.violation.borrow_mut().get_or_insert(violation);
        }
    }

    /// Plays it to its end, or to the first thing that does not hold.
    pub fn play(&self, mut cast: Cast<'_>) {
        let ([without, with], mail_at) = self.configs;
        self.sign_in(without, &mut cast);
        let (mut dice, mut oracle) = (self.dice.borrow_mut(), self.oracle.borrow_mut());
        settle(self.world, &without[0], &cast, &mut dice, &mut oracle.state);
        self.fails.set([0, 0, 2, 6][dice.below(4)]);
        drop((dice, oracle));
        let mut under_way: Vec<(usize, Who, LocalFuture<'_, Response>)> = Vec::new();
        let mut left = REQUESTS;
        while self.violation.borrow().is_none() {
            let begin =
                left > 0 && (under_way.is_empty() || under_way.len() < AT_ONCE && self.dice.borrow_mut().chance(35));
            if begin {
                left -= 1;
                let configs = if left < mail_at { with } else { without };
                // A run that takes longer than it has a mail for itself is cut off before.
                let until = self.mails.borrow().values().map(|(until, _)| *until).min();
                let dates = self.oracle.borrow().state.dates();
                wait(self.world, &mut self.dice.borrow_mut(), until.unwrap_or(i64::MAX), dates.into_iter());
                if let Some((who, act, form)) = self.late(&cast) {
                    let id = self.jobs.borrow().len();
                    under_way.push((id, who.clone(), self.send(configs, &cast, id, &who, act, form)));
                    continue;
                }
                let next = cast.next(&mut self.dice.borrow_mut(), &self.oracle.borrow().state);
                for (who, act) in next {
                    let id = self.jobs.borrow().len();
                    under_way.push((id, who.clone(), self.begin(configs, &cast, id, &who, act)));
                }
            } else if under_way.is_empty() {
                if left == 0 {
                    break;
                }
            } else {
                let at = self.dice.borrow_mut().below(under_way.len());
                let (id, _, future) = &mut under_way[at];
                self.current.set(*id);
                if let Poll::Ready(response) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                    let (id, who, _) = under_way.swap_remove(at);
                    let configs = if left < mail_at { with } else { without };
                    self.answered(id, &response);
                    // A browser that heard nothing sends the same form again, at once or later.
                    let form = self.forms.borrow_mut().remove(&id);
                    match form.filter(|_| self.dice.borrow_mut().chance(20)) {
                        Some((act, form)) => {
                            self.note(|| format!("#{id} the browser heard nothing"));
                            if self.dice.borrow_mut().chance(40) {
                                self.late.borrow_mut().push((who, act, form));
                            } else {
                                let again = self.jobs.borrow().len();
                                let sent = self.send(configs, &cast, again, &who, act, form);
                                under_way.push((again, who.clone(), sent));
                            }
                        }
                        None => {
                            let oracle = self.oracle.borrow();
                            cast.learn(&who, &self.jobs.borrow()[id], &response, &oracle.state);
                        }
                    }
                }
            }
        }
        drop(under_way);
        if self.violation.borrow().is_none() {
            self.judged(self.last_look());
        }
    }

    /// One request, with no other under way.
    fn alone(&self, configs: &[Config; 2], cast: &Cast<'_>, who: &Who, act: Act) -> (usize, Response) {
        let id = self.jobs.borrow().len();
        let mut future = self.begin(configs, cast, id, who, act);
        self.current.set(id);
        let response = loop {
            if let Poll::Ready(response) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                break response;
            }
        };
        self.answered(id, &response);
        (id, response)
    }

    /// Signs some people in, one after the other; they are mailed that they are.
    fn sign_in(&self, configs: &[Config; 2], cast: &mut Cast<'_>) {
        for client in cast.settled.clone() {
            for _ in 0..6 {
                self.world.wait_s(31);
                if self.violation.borrow().is_some() {
                    return;
                }
                let Some(act) = cast.settle(client) else { break };
                let who = Who::Browser(client);
                let (id, response) = self.alone(configs, cast, &who, act);
                cast.learn(&who, &self.jobs.borrow()[id], &response, &self.oracle.borrow().state);
            }
        }
        self.alone(configs, cast, &Who::Nobody, Act::Tick);
    }

    /// A form that was sent before and comes now: from its browser, which may hold other cookies by now, or from one whose user has
    /// seen it sent.
    fn late(&self, cast: &Cast<'_>) -> Option<(Who, Act, Request)> {
        let (mut late, mut dice) = (self.late.borrow_mut(), self.dice.borrow_mut());
        if late.is_empty() || !dice.chance(40) {
            return None;
        }
        let (who, act, mut form) = late.remove(0);
        let who = match dice.below(3) {
            0 => return Some((who, act, form)),
            1 => who,
            _ => cast.another(&mut dice, &who)?,
        };
        cast.with_cookies(&who, &mut form);
        Some((who, act, form))
    }

    fn begin<'c>(
        &'c self,
        configs: &'c [Config; 2],
        cast: &Cast<'_>,
        id: usize,
        who: &Who,
        act: Act,
    ) -> LocalFuture<'c, Response> {
        let request = cast.request(who, &act);
        self.send(configs, cast, id, who, act, request)
    }

    fn send<'c>(
        &'c self,
        configs: &'c [Config; 2],
        cast: &Cast<'_>,
        id: usize,
        who: &Who,
        act: Act,
        mut request: Request,
    ) -> LocalFuture<'c, Response> {
        let config = if request.host == "app.test" { &configs[0] } else { &configs[1] };
        self.note(|| format!("#{id} {}: {act:?}", cast.name(who)));
        let mut cx = Context { db: self, ..self.world.context(config) };
        let (by, honest) = cast.sender(who);
        let job = Job::new(act.clone(), cx.now, config, &request, by, honest);
        if matches!(who, Who::Browser(_) | Who::Page(_)) && job.form.is_some() {
            self.forms.borrow_mut().insert(id, (act.clone(), copy(&request)));
        }
        self.jobs.borrow_mut().push(job);
        if let Some(bug) = &self.bug {
            bug.request(self.world, &mut request);
            cx.now = bug.now(&request, cx.now);
        }
        let gate = self.world.gate.borrow().clone();
        Box::pin(async move {
            let done = |result: Result<(), Fault>| Response::empty(if result.is_ok() { 204 } else { 503 });
            match (&act, config.site) {
                (Act::Tick, _) => {
                    let config = self.world.jobs.borrow().clone();
                    let job = jobs::Job { db: cx.db, mailer: self, now: cx.now, ..self.world.job(&config) };
                    done(jobs::tick(&job).await)
                }
                (Act::Recover { user }, _) => {
                    let event = cx.rng.id().unwrap();
                    let check = KeyCheck::of(cx.config.pepper_keys.current());
                    done(self.batch(operator::break_glass(user, &check, &event, cx.now)).await.map(drop))
                }
                (_, Site::Edge) => match edge::handle(&cx, &gate, &mut request).await {
                    edge::Answer::Ours(response) => response,
                    edge::Answer::HoldsForm(stop) => edge::form_held(&cx, &request, stop),
                    edge::Answer::Apps(forward) => {
                        let told = Forwarded::new(&request, &forward);
                        self.judged(self.oracle.borrow_mut().asserted(&self.jobs.borrow()[id], &told));
                        let answer = Response::html(200, THE_APP.to_owned());
                        forward.pass.into_iter().fold(answer, |answer, pass| answer.with("set-cookie", pass))
                    }
                },
                (_, Site::Admin) => admin::handle(&cx, &request).await,
            }
        })
    }

    fn answered(&self, id: usize, response: &Response) {
        let job = &self.jobs.borrow()[id];
        self.mails.borrow_mut().remove(&id);
        self.note(|| {
            let body: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
            let said = ["code", "reason", "next", "stage"].map(|name| body[name].as_str().unwrap_or_default());
            format!("#{id} answered {} {}", response.status, said.join(" ").trim())
        });
        let verdict = self.oracle.borrow_mut().answer(job, response);
        self.judged(verdict);
    }

    /// Runs statements as one transaction and has it judged.
    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
        let begins = match statements.first().map_or("", |first| first.sql) {
            sql if sql.starts_with("UPDATE sessions SET last_seen_at") => Begins::Looks,
            sql if sql.starts_with("INSERT INTO code_attempts") => Begins::TriesCode,
            sql if sql.starts_with("INSERT INTO password_budgets") => Begins::TriesPassword,
            _ => Begins::Otherwise,
        };
        // A statement that changed no row left every table as it was.
        let mut tables = BTreeSet::new();
        let results =
            self.world.db.watched(statements, |sql| tables.extend(written_tables(sql))).map_err(Fault::new)?;
        let mut after = self.oracle.borrow().state.clone();
        let connection = self.world.db.connection.borrow();
        for table in &tables {
            after.read(&connection, table);
        }
        drop(connection);
        let written = if tables.contains("audit") { self.written() } else { Vec::new() };
        self.judge(begins, after, &written);
        Ok(results)
    }

    /// Tells the oracle at whose session a request is about to look, and that it has asked for an answer of before.
    fn looks(&self, statements: &[Statement]) {
        let starts = |text: &'static str| statements.iter().find(move |statement| statement.sql.starts_with(text));
        let id = self.current.get();
        let job = &mut self.jobs.borrow_mut()[id];
        job.recalls |= starts("SELECT id AS session_id, token_hash, answer").is_some();
        let looks = starts("SELECT * FROM visits WHERE token_hash");
        let Some(Value::Text(token)) = looks.and_then(|looks| looks.params.first()) else { return };
        let waited = job.proof.is_some();
        let verdict = self.oracle.borrow_mut().looks(job, token);
        if job.proof.is_some() && !waited {
            self.note(|| format!("#{id} goes on with what waited: {:?}", job.act));
        }
        self.judged(verdict);
    }

    fn judge(&self, begins: Begins, after: State, written: &[Written]) {
        let job = &mut self.jobs.borrow_mut()[self.current.get()];
        self.oracle.borrow_mut().reads(&self.world.post.handed.borrow());
        let verdict = self.oracle.borrow_mut().transaction(job, begins, after, written);
        self.judged(verdict);
    }

    /// The rows that the audit has gained.
    fn written(&self) -> Vec<Written> {
        let connection = self.world.db.connection.borrow();
        let mut statement = connection
            .prepare_cached(
                "SELECT account_id, actor_id, target_id, action, result, event, id FROM audit WHERE id > ?1 ORDER BY id",
            )
            .unwrap();
        let mut oracle = self.oracle.borrow_mut();
        let rows = statement.query_map([oracle.seen], |row| {
            let written = Written {
                account_id: row.get(0)?,
                actor_id: row.get(1)?,
                target_id: row.get(2)?,
                action: row.get(3)?,
                result: row.get(4)?,
                event: row.get(5)?,
            };
            Ok((written, row.get::<_, i64>(6)?))
        });
        let rows: Vec<(Written, i64)> = rows.unwrap().map(Result::unwrap).collect();
        oracle.seen = rows.last().map_or(oracle.seen, |(_, id)| *id);
        rows.into_iter().map(|(written, _)| written).collect()
    }

    /// The end: the whole database as it is, and the chain of the audit.
    fn last_look(&self) -> Result<(), Violation> {
        let world = self.world;
        let mut state = State::default();
        for table in State::TABLES {
            state.read(&world.db.connection.borrow(), table);
        }
        assert!(state == self.oracle.borrow().state, "a change went by unseen");
        let dangling = world.db.run(vec![Statement { sql: "PRAGMA foreign_key_check", params: Vec::new() }])[0].0.len();
        // A mail that is given up is written down after the audit was sealed: that waits for the next minute.
        world.tick();
        world.tick();
        let exports = ACCOUNTS.into_iter().chain([""]).map(|account| {
            let rows = world.db.run(vec![Statement {
                sql: "SELECT *, ifnull(lag(hash) OVER (ORDER BY id), '') AS previous FROM audit WHERE account_id = ?1 ORDER BY id",
                params: vec![account.into()],
            }]);
            let row = |row: &serde_json::Map<_, _>| serde_json::from_value(row.clone().into()).unwrap();
            let sealed: Vec<Sealed> = rows[0].0.iter().map(row).collect();
            let lines = sealed.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
            Export { account, lines, rows: sealed.len() }
        });
        let exports: Vec<Export<'_>> = exports.collect();
        self.oracle.borrow().end(dangling, &exports)
    }
}

impl Db for Between<'_> {
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>> {
        Box::pin(async move {
            let mut results = Vec::new();
            let parts = match &self.bug {
                Some(bug) => bug.parts(statements),
                None => vec![statements],
            };
            for statements in parts {
                others().await;
                let statements = match &self.bug {
                    Some(bug) => bug.statements(self.world, statements).await,
                    None => statements,
                };
                let id = self.current.get();
                self.looks(&statements);
                let mut dice = self.dice.borrow_mut();
                // `true`: only after the transaction was made.
                let fault = dice.chance(self.fails.get()).then(|| dice.chance(50));
                drop(dice);
                if fault.is_some() {
                    self.jobs.borrow_mut()[id].failed = true;
                }
                if fault == Some(false) {
                    // What became of a mail is not written down, unless it was before.
                    if let Some((_, mail)) = self.mails.borrow().get(&id) {
                        self.oracle.borrow_mut().unheard(mail);
                    }
                    self.note(|| format!("#{id} the database fails"));
                    let fault = Fault::new("the database failed");
                    return match &self.bug {
                        Some(bug) => bug.fault(statements.len(), fault),
                        None => Err(fault),
                    };
                }
                self.note(|| format!("#{id} {}", summary(&statements)));
                let mut rows = self.transaction(&statements)?;
                if let Some(bug) = &self.bug {
                    bug.rows(&statements, &mut rows, &self.jobs.borrow()[id]);
                }
                if fault == Some(true) {
                    self.note(|| format!("#{id} the database's answer is lost"));
                    return Err(Fault::new("the answer was lost"));
                }
                results.extend(rows);
            }
            Ok(results)
        })
    }
}

impl Mailer for Between<'_> {
    fn send<'a>(&'a self, mail: &'a Mail<'a>) -> LocalFuture<'a, Delivery> {
        Box::pin(async move {
            others().await;
            let why = || "by chance".to_owned();
            let answers =
                [Delivery::Taken, Delivery::Unanswered(why()), Delivery::NotYet(why()), Delivery::Refused(why())];
            let answer = answers[self.dice.borrow_mut().weighted(&[(17, 0), (2, 1), (2, 2), (1, 3)])].clone();
            // A mail that was not taken reaches nobody; one without an answer may have.
            let arrives = match answer {
                Delivery::Taken => true,
                Delivery::Unanswered(_) => self.dice.borrow_mut().chance(50),
                _ => false,
            };
            let posted = Posted::new(mail);
            self.note(|| format!("#{} mails {} to {}: {answer:?}", self.current.get(), posted.subject, posted.to));
            if let Some((_, handed)) = self.mails.borrow_mut().get_mut(&self.current.get()) {
                handed.clone_from(&posted.id);
            }
            let began = self.jobs.borrow()[self.current.get()].now;
            let verdict = self.oracle.borrow_mut().mailed(&posted, began, &answer);
            self.judged(verdict);
            if arrives {
                self.world.post.handed.borrow_mut().push(posted);
            }
            answer
        })
    }

    fn has_time(&self) -> bool {
        let (id, now) = (self.current.get(), self.world.now.get().0);
        let began = self.jobs.borrow()[id].now;
        let has = now < began + BEGINS_MS && !self.dice.borrow_mut().chance(2);
        let mut mails = self.mails.borrow_mut();
        if has {
            mails.insert(id, (began + LEASE_MS, String::new()))
        } else {
            mails.remove(&id)
        };
        has
    }
}

/// Lets any other request go first.
pub async fn others() {
    let mut waited = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// What statements do, in a few words.
fn summary(statements: &[Statement]) -> String {
    let words = |statement: &Statement| statement.sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    statements.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The tables that a statement may change, with those that follow by foreign key or trigger.
fn written_tables(sql: &'static str) -> impl Iterator<Item = &'static str> {
    let mut words = sql.split_whitespace();
    let table = match words.next() {
        Some("INSERT" | "DELETE") => words.nth(1),
        Some("UPDATE") => words.next(),
        _ => None,
    };
    let follow: &[&str] = match table {
        Some("audit") => &["outbox"],
        Some("sessions") => &["enrolments", "barred", "outbox"],
        Some("memberships") => &["invitations", "api_tokens", "accounts"],
        Some("authenticators") => &["memberships", "accounts"],
        Some("users") if sql.starts_with("DELETE") => &[
            "memberships",
            "invitations",
            "api_tokens",
            "accounts",
            "authenticators",
            "recovery_codes",
            "sessions",
            "enrolments",
            "barred",
            "browsers",
            "code_attempts",
            "links",
            "outbox",
        ],
        Some("users") if sql.contains("two_factor_chosen") => &["memberships", "accounts"],
        Some("users") if sql.contains("SET email") => &["memberships", "invitations"],
        _ => &[],
    };
    table.into_iter().chain(follow.iter().copied())
}
