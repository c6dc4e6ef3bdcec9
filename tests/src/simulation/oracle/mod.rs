//! What must hold, judged from the rows alone and from what was really sent: a second opinion that shares no decision with
//! the product. It sees every transaction as it is made (rows before, rows after, who asked for it) and every answer.
//!
//! It judges *people*, not rows: what each of them really knows and typed, whose power was taken, which browser is known.
//! That is kept apart from the tables ([`memory`]), and [`evidence`] reasons with it. Each promise has a judge: [`judges`].

mod evidence;
mod job;
mod judges;
mod memory;
mod transaction;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use airlock::{context::Config, people::session::Site, ports::Delivery, web::Response};

use super::{
    actors::Act,
    rows::{KnownBrowser, Session, State},
};
use crate::{Forwarded, Posted};
use job::Stage;
pub use job::{By, Job, hash};
use judges::{Answer, Assertion, JUDGES, Judge};
pub use judges::{CLOSED, Export};
use transaction::Transaction;
pub use transaction::{Begins, Written};

/// What does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which promise.
    pub promise: &'static str,
    /// What was seen instead.
    pub what: String,
}

/// Hashes and passwords, and whether they belong together.
pub type Compared = Rc<RefCell<BTreeMap<(String, String), bool>>>;

/// What was really proven in a session.
#[derive(Clone, Debug)]
struct Proven {
    password_at: i64,
    /// The requirements that held as it began, by account and beginning.
    begun_under: BTreeSet<(String, i64)>,
    second_factor: Option<&'static str>,
    reauthenticated_at: Option<i64>,
    stepped_up_at: Option<i64>,
}

/// The form that a session has done last.
#[derive(Clone, Debug)]
struct Done {
    /// Tells it from every other.
    form: String,
    at: i64,
    /// After how many transactions of the world.
    order: usize,
    /// The session's token before it and after it.
    before: String,
    token: String,
    /// The proof that it has waited for: that form, and the token before that.
    proof: Option<(String, String)>,
    /// The recovery codes that it made.
    codes: BTreeSet<String>,
    /// Where its page was led.
    led: Option<String>,
    /// Whether its time was over when the jobs looked last.
    swept: bool,
}

/// An attempt that was charged.
#[derive(Clone, Debug)]
struct Tried {
    form: String,
    at: i64,
    right: bool,
}

/// What a session has made that is shown once.
#[derive(Clone, Debug)]
struct Made {
    /// In which account; none, if it is the person's own recovery codes.
    account: Option<String>,
    /// The link or token, as the database knows it.
    hash: String,
    at: i64,
    /// Whether its time was over when the jobs looked last.
    swept: bool,
}

/// A mail that was handed over.
#[derive(Clone, Debug, Default)]
struct Sent {
    link: Option<String>,
    /// How often it may have been taken without anyone here knowing.
    unanswered: usize,
    /// Whether it is known to be taken, or refused for good.
    over: bool,
}

/// All that the judges share.
pub struct Oracle {
    /// The rows as they are.
    pub state: State,
    edge: Rc<[Config; 2]>,
    proven: BTreeMap<String, Proven>,
    /// Browsers that are known: their id, and the row as it was made.
    known: BTreeMap<String, KnownBrowser>,
    /// The newest step by which each authenticator won.
    won: BTreeMap<String, i64>,
    /// Steps of authenticators whose code was shown before their time.
    shown: BTreeSet<(String, i64)>,
    /// Attempts at codes, and browsers that became known, by people who pretended to be someone else.
    strangers: BTreeSet<String>,
    /// Recovery codes that won, and all factors that were taken away.
    spent: BTreeSet<String>,
    /// Sessions that no longer count in an account.
    barred: BTreeSet<(String, String)>,
    /// Tokens, links and browsers that were taken away, by their hashes.
    taken: BTreeSet<String>,
    /// How many transactions there were, and the newest row in the audit that was seen.
    transactions: usize,
    pub seen: i64,
    /// What was compared before, in any world: all begin with the same passwords.
    compared: Compared,
    /// Tokens that a re-authentication replaced: of which session, and when.
    replaced: BTreeMap<String, (String, i64)>,
    /// Attempts that were charged: with which form, when, and whether what was typed was right.
    tried: BTreeMap<String, Tried>,
    /// The forms that sessions have done last.
    forms: BTreeMap<String, Done>,
    /// Tokens that came of a proof: its form, the token before, and when.
    proofs: BTreeMap<String, (String, String, i64)>,
    /// What they have made that is shown once, the newest last.
    made: BTreeMap<String, Vec<Made>>,
    /// For how long a session is trusted, in milliseconds, and what the app was told of each as the database was asked: an
    /// assertion, the hash of the cookie, and when.
    trust_ms: i64,
    told: BTreeMap<String, (String, i64)>,
    /// Mails that were handed over, by their Message-ID; and the logins whose overdue code the outbox has ever told of.
    sent: BTreeMap<String, Sent>,
    unfinished: BTreeSet<String>,
    /// When each user's memberships or authenticators changed last, and when each account's policy has.
    touched: BTreeMap<String, i64>,
    policies: BTreeMap<String, Vec<i64>>,
    /// When a user has left an address last.
    moved: BTreeMap<(String, String), i64>,
    /// Tokens of links that were mailed, and where to; and how many mails that were.
    posted: BTreeMap<String, String>,
    mails: usize,
    /// The rows that were last found whole. They still are while none has changed.
    whole: State,
}

impl Oracle {
    /// The oracle of a world that begins with these rows.
    pub fn new(state: State, edge: Rc<[Config; 2]>, compared: Compared, trust_s: i64) -> Self {
        Self {
            state,
            edge,
            proven: BTreeMap::new(),
            known: BTreeMap::new(),
            won: BTreeMap::new(),
            shown: BTreeSet::new(),
            strangers: BTreeSet::new(),
            spent: BTreeSet::new(),
            barred: BTreeSet::new(),
            taken: BTreeSet::new(),
            transactions: 0,
            seen: 0,
            compared,
            replaced: BTreeMap::new(),
            tried: BTreeMap::new(),
            forms: BTreeMap::new(),
            proofs: BTreeMap::new(),
            made: BTreeMap::new(),
            trust_ms: trust_s * 1000,
            told: BTreeMap::new(),
            sent: BTreeMap::new(),
            unfinished: BTreeSet::new(),
            touched: BTreeMap::new(),
            policies: BTreeMap::new(),
            moved: BTreeMap::new(),
            posted: BTreeMap::new(),
            mails: 0,
            whole: State::default(),
        }
    }

    /// Takes in the mails that were sent since.
    pub fn reads(&mut self, handed: &[Posted]) {
        for mail in handed.iter().skip(self.mails) {
            self.mails += 1;
            let Some(link) = mail.any_link() else { continue };
            self.posted.insert(link.rsplit('/').next().unwrap().to_owned(), mail.to.clone());
        }
    }

    /// Judges a mail that a run hands over that `began` then, and takes in what becomes of it.
    pub fn mailed(&mut self, mail: &Posted, began: i64, answer: &Delivery) -> Result<(), Violation> {
        // The clock may have been set back since, by less than a minute.
        every(|judge| judge.mailed(self, mail, began - 60_000))?;
        let sent = self.sent.entry(mail.id.clone()).or_default();
        sent.link = mail.any_link().map(str::to_owned);
        sent.unanswered += usize::from(matches!(answer, Delivery::Unanswered(_)));
        sent.over = matches!(answer, Delivery::Taken | Delivery::Refused(_));
        Ok(())
    }

    /// What became of a mail could not be written down.
    pub fn unheard(&mut self, id: &str) {
        if let Some(sent) = self.sent.get_mut(id) {
            sent.unanswered += usize::from(std::mem::take(&mut sent.over));
        }
    }

    /// Judges a transaction: it has turned the rows into `after` and written these rows in the audit.
    pub fn transaction(
        &mut self,
        job: &mut Job,
        begins: Begins,
        after: State,
        written: &[Written],
    ) -> Result<(), Violation> {
        self.transactions += 1;
        let before = std::mem::replace(&mut self.state, after.clone());
        let mut t = Transaction::new(job, begins, &before, &after, written);
        t.news = self.learn(job, &t);
        every(|judge| judge.transaction(self, job, &t))?;
        if self.whole != after {
            every(|judge| judge.rows(&after))?;
            self.whole = after.clone();
        }
        if begins == Begins::Looks || job.seen.is_none() {
            let session = self.session_of(&after, job);
            if job.seen.is_none() {
                job.looked = self.transactions;
            }
            if let (Act::Shown { account }, Some(own), None) = (&job.act, session, job.seen) {
                job.newest = self.newest(own, account).map(|made| made.hash.clone());
            }
            job.seen = Some(self.look(&after, session, job.site, job.now));
            job.user = session.map(|session| session.user_id.clone());
            job.own = session.map(|session| session.id.clone()).or(job.own.take());
            job.email = session.and_then(|session| after.users.get(&session.user_id)).map(|user| user.email.clone());
            job.token_good = self.token_good(&after, job);
            job.decided = Self::decided(&after, &job.act, session);
        }
        Ok(())
    }

    /// A request is about to look at the session with this token. If that is not its own, or it has asked what its form was answered
    /// before, a proof goes on with the form that waited for it: from here on it is judged as that.
    pub fn looks(&mut self, job: &mut Job, token: &str) -> Result<(), Violation> {
        let Act::Reauth { waits: Some(waits), .. } = &job.act else { return Ok(()) };
        if job.cookie.as_deref() == Some(token) && !job.recalls {
            return Ok(());
        }
        every(|judge| judge.goes_on(self, job, waits, token))?;
        if job.minted.is_some() {
            let response = Response::empty(204);
            let answer = Answer::done(&response, self.state.session_of(Some(token)), job.seen());
            every(|judge| judge.answer(self, job, &answer))?;
        }
        *job = job.then(waits, token);
        Ok(())
    }

    /// Whether the session with this token has moved on by this very form within a minute.
    fn proven_by(&self, job: &Job, token: &str) -> bool {
        let (Some(form), Some(cookie)) = (&job.form, job.cookie.as_deref()) else { return false };
        self.proofs.get(token).is_some_and(|(proof, before, at)| {
            proof == form && (cookie == before || cookie == token) && (job.now - at).abs() < 60_000
        })
    }

    /// Judges what the app is told of whoever comes through the gate.
    pub fn asserted(&mut self, job: &Job, forward: &Forwarded) -> Result<(), Violation> {
        let assertion = Assertion::new(forward, self.session_of(&self.state, job));
        if job.seen.is_none() {
            return every(|judge| judge.trusted(self, job, &assertion));
        }
        every(|judge| judge.asserted(self, job, &assertion))?;
        if let Some(cookie) = &job.cookie {
            self.told.insert(assertion.jwt.to_owned(), (cookie.clone(), job.now));
        }
        Ok(())
    }

    /// The session of a request. What is only read of the app is read for ten seconds more by the token that a re-authentication
    /// replaced.
    fn session_of<'s>(&self, state: &'s State, job: &Job) -> Option<&'s Session> {
        let cookie = job.cookie.as_deref()?;
        let replaced = || {
            let (session, at) = self.replaced.get(cookie)?;
            let reads = matches!(job.act, Act::Gate) && job.site == Site::Edge && (at - job.now).abs() < 10_000;
            state.sessions.get(session).filter(|_| reads)
        };
        state.session_of(Some(cookie)).or_else(replaced)
    }

    /// What this session has made last that is shown once in this account.
    fn newest(&self, own: &Session, account: &str) -> Option<&Made> {
        self.made.get(&own.id)?.iter().rfind(|made| made.account.as_deref() == Some(account))
    }

    /// What was done by the same form within a minute, if it is the last that its session has done, and another request did it.
    fn again(&self, job: &Job) -> Option<&Done> {
        // A login begins anew, in place of the one before.
        let form = job.form.as_ref().filter(|_| !matches!(job.act, Act::Login { .. }))?;
        let cookie = job.cookie.as_ref()?;
        self.forms.values().find(|done| {
            let by_proof = done.proof.as_ref().is_some_and(|(proof, before)| proof == form && before == cookie);
            // What waited moved its session on in its turn.
            let moved = |(proof, before): &(String, String)| {
                done.form == *proof && done.before == *before && done.token != *cookie
            };
            let same = by_proof
                || job.proof.as_ref().is_some_and(moved)
                || done.form == *form && (done.before == *cookie || done.token == *cookie);
            same && !job.did && (job.now - done.at).abs() < 60_000
        })
    }

    /// Whether a session was begun within a minute by the form that this is, and nothing was done in it since.
    fn twin(&self, job: &Job, session: &Session) -> bool {
        let done = self.forms.get(&session.id).filter(|_| matches!(job.act, Act::Login { .. }));
        done.is_some_and(|done| Some(&done.form) == job.form.as_ref() && (job.now - done.at).abs() < 60_000)
    }

    /// Judges an answer, at the moment of the last transaction that it rests on.
    pub fn answer(&mut self, job: &Job, response: &Response) -> Result<(), Violation> {
        if job.did && !job.failed {
            let own =
                |done: &&mut Done| job.form.as_ref() == Some(&done.form) && job.cookie.as_ref() == Some(&done.before);
            let led = judges::location(response).map(str::to_owned);
            self.forms.values_mut().filter(own).for_each(|done| done.led = led.clone());
        }
        if let Some(done) = self.again(job)
            && let Some(session) = self.state.session_of(Some(&done.token))
        {
            let seen = self.look(&self.state, Some(session), job.site, job.now);
            // What moved its session on holds whatever is asked of it since; all else is done by a session that may do it.
            let may = if let Some(account) = job.act.account() {
                seen.stage == Stage::Full && seen.fresh && self.administers(session, account)
            } else if done.before == done.token {
                seen.stage == Stage::Full && seen.fresh
            } else {
                seen.stage != Stage::None
            };
            let due = may && !done.swept && !job.failed;
            // With others of the same form under way, and another act of the session between them, one may have come to nothing.
            let due = due && (done.order < job.looked || response.status != 409);
            let judged = judges::again::answered(self, job, done, due, response);
            return judged.map_err(|what| Violation { promise: judges::again::PROMISE, what });
        }
        every(|judge| judge.sent(self, job, response))?;
        if job.failed {
            return Ok(());
        }
        let session = self.session_of(&self.state, job);
        let answer = Answer::new(job, response, session, self.look(&self.state, session, job.site, job.now));
        every(|judge| judge.answer(self, job, &answer))
    }

    /// Judges the end of a world: how many rows point at what is not there, and the audit as each account exports it.
    pub fn end(&self, dangling: usize, exports: &[Export<'_>]) -> Result<(), Violation> {
        every(|judge| judge.end(dangling, exports))
    }
}

/// Asks every judge.
fn every(asks: impl Fn(&dyn Judge) -> Result<(), String>) -> Result<(), Violation> {
    JUDGES.iter().try_for_each(|judge| asks(*judge).map_err(|what| Violation { promise: judge.promise(), what }))
}
