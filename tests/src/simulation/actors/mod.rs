//! Everyone who asks something of Airlock, each in a file: [`people`] and [`mishaps`], [`thieves`], [`rex`], [`admins`],
//! [`forgotten`], [`not_me`], [`addresses`] and [`mailboxes`], [`power`] and [`races`], what is [`waiting`], the app's [`script`], [`programs`], the [`operator`]. Here who they are and whose turn it is.

mod act;
mod addresses;
mod admins;
mod dice;
mod exchange;
mod forgotten;
mod mailboxes;
mod mishaps;
mod not_me;
mod operator;
mod people;
mod plots;
mod power;
mod programs;
mod races;
mod rex;
mod roster;
mod script;
mod thieves;
mod waiting;

use std::{cell::Cell, collections::BTreeMap};

use airlock::people::{Role, session::Site};

use super::{oracle::By, rows::State};
use crate::{Browser, World};
pub use act::{Act, FORM_DAYS, Waits};
pub use dice::Dice;
pub use exchange::shown_in;
pub use forgotten::OTHER_LINK;
use plots::Plot;
pub use roster::{ACCOUNTS, people};
use roster::{PEOPLE, REX};

/// Requests that are sent together.
pub type Acts = Vec<(Who, Act)>;

/// What someone believes to be the next thing asked of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Login,
    Verify,
    Enrol,
    Full,
}

/// A person, and what they know.
#[derive(Clone, Debug)]
pub struct Person {
    id: String,
    email: String,
    /// The address that they began with, whose mail they read.
    home: String,
    /// Every password they ever had, the present one last, as far as they know.
    passwords: Vec<String>,
    /// Every seed in their phone, the newest last.
    seeds: Vec<String>,
    /// Recovery codes they wrote down, old ones too.
    codes: Vec<String>,
    /// What they typed lately, where others could see it.
    typed: Vec<String>,
}

/// A browser, and who sits in front of it.
pub struct Client<'w> {
    /// The browser.
    pub browser: Browser<'w>,
    person: usize,
    /// Whether a thief sits there, with neither phone nor notes.
    thief: bool,
    stage: Stage,
    setup: Option<String>,
    fresh_at: i64,
    /// How many pages it has seen: the forms of each carry another key.
    page: usize,
}

/// Who sends a request: one of the browsers, a program with a token of either kind, or nobody.
#[derive(Clone, Debug)]
pub enum Who {
    Browser(usize),
    /// The same by the page of an admin: its form, or a look at it.
    Page(usize),
    /// A script of the app, in the session of this browser.
    Script(usize, By),
    Token(String),
    /// A program with a service token, which it shows as a password.
    Service(String),
    Nobody,
}

/// Everyone.
pub struct Cast<'w> {
    world: &'w World,
    people: Vec<Person>,
    clients: Vec<Client<'w>>,
    /// The people most happens to in this world; their browsers, the admins' and the thieves'.
    hot: [usize; 2],
    near: Vec<usize>,
    admins: Vec<usize>,
    thieves: Vec<usize>,
    /// Browsers that are signed in before anything happens.
    pub settled: Vec<usize>,
    /// How much more or less likely each kind of act is in this world.
    bias: [usize; 24],
    tokens: Vec<(String, String)>,
    /// Service tokens with their ids, and which of them was used last.
    service_tokens: Vec<(String, String)>,
    used_last: usize,
    links: Vec<(String, String)>,
    /// Those that were mailed, which nobody has but who reads the mail; and how many mails were read.
    mailed: Vec<(String, String)>,
    mails_read: usize,
    named: usize,
    /// Forms sent so far: of some, another tab has the same page, with a key of its own.
    sent: Cell<usize>,
    /// What follows at once: pages that browsers were led to, what else is asked of the app.
    led: Acts,
    /// Whom each browser has invited last by a form.
    invited: BTreeMap<usize, String>,
    /// Whether people prove in this world what forms wait for, and the pages that ask for it.
    proves: bool,
    waiting: Vec<(usize, Waits)>,
    /// What thieves are after in this world, and how far they are.
    plots: Vec<Plot>,
    /// In some worlds, what those do who are after another address, and when it is their turn.
    readdressed: Option<(usize, Dice)>,
    rex: usize,
}

impl<'w> Cast<'w> {
    /// Puts everyone in front of a browser or two.
    pub fn new(world: &'w World, people: &[Person], dice: &mut Dice) -> Self {
        let hot = [dice.below(REX), dice.below(REX)];
        let mut cast = Self {
            world,
            people: people.to_vec(),
            clients: Vec::new(),
            hot,
            near: Vec::new(),
            admins: Vec::new(),
            thieves: Vec::new(),
            settled: Vec::new(),
            bias: std::array::from_fn(|_| dice.weighted(&[(1, 0), (4, 2), (2, 8)])),
            tokens: Vec::new(),
            service_tokens: Vec::new(),
            used_last: 0,
            links: Vec::new(),
            mailed: Vec::new(),
            mails_read: 0,
            named: 0,
            sent: Cell::new(0),
            led: Vec::new(),
            invited: BTreeMap::new(),
            proves: dice.aside(3).chance(40),
            waiting: Vec::new(),
            plots: Vec::new(),
            readdressed: None,
            rex: 0,
        };
        let admin =
            |(_, memberships, _): &(_, &[(&str, Role)], _)| memberships.iter().any(|(_, role)| *role > Role::Member);
        let admins: Vec<usize> = (0..REX).filter(|person| admin(&PEOPLE[*person])).collect();
        for person in hot {
            for _ in 0..3 {
                let client = cast.add(person, world.browser(), false);
                cast.near.push(client);
            }
            let thief = cast.add(person, world.browser(), true);
            cast.thieves.push(thief);
        }
        // The two owners of one account, or any two admins.
        let together = dice.chance(50);
        for owner in 0..2 {
            let person = if together { owner } else { dice.pick(&admins).copied().unwrap() };
            let client = cast.add(person, world.admin(), false);
            cast.admins.push(client);
        }
        cast.rex = cast.add(REX, world.admin(), false);
        cast.settled = [&cast.near[..2], &cast.near[3..4], &cast.admins].concat();
        cast.plots = Plot::some(dice);
        // It takes many steps, one after the other.
        let mut aside = dice.aside(2);
        cast.readdressed = aside.chance(20).then(|| (aside.below(4), aside));
        if cast.plots.iter().any(|plot| plot.needs_rex) {
            cast.settled.push(cast.rex);
        }
        for person in (0..PEOPLE.len()).filter(|person| !hot.contains(person)) {
            cast.add(person, world.browser(), false);
        }
        cast
    }

    fn add(&mut self, person: usize, browser: Browser<'w>, thief: bool) -> usize {
        let i = self.clients.len();
        // Two of them at one address, and some in the same 48 bits.
        let ip = if i.is_multiple_of(5) { format!("2001:db8:7:{i}::1") } else { format!("203.0.113.{}", i / 2 + 1) };
        let browser = browser.at(&ip);
        self.clients.push(Client { browser, person, thief, stage: Stage::Login, setup: None, fresh_at: 0, page: 0 });
        self.clients.len() - 1
    }

    /// The person most happens to.
    pub fn hottest(&self) -> &str {
        &self.people[self.hot[0]].id
    }

    /// Their address.
    pub fn hottest_address(&self) -> &str {
        &self.people[self.hot[0]].email
    }

    /// What happens next: one request, or several at the same time. What admins do at a browser they do by a form as often as not, and
    /// so does anyone of whom a proof will be asked first.
    pub fn next(&mut self, dice: &mut Dice, state: &State) -> Acts {
        self.read_mail(state);
        if let Some(next) = self.led.pop() {
            return vec![next];
        }
        let (acts, forms) = (self.acts(dice, state), dice.chance(50));
        let by_page = |client: usize, act: &Act| {
            let Client { browser, fresh_at, .. } = &self.clients[client];
            let asked = browser.site == Site::Admin || self.proves && self.world.now.get().0 - fresh_at >= 300_000;
            matches!(act, Act::Shown { .. }) || forms && asked && act.form().is_some()
        };
        let sent = |(who, act): (Who, Act)| match who {
            Who::Browser(client) if by_page(client, &act) => (Who::Page(client), act),
            who => (who, act),
        };
        acts.into_iter().map(sent).collect()
    }

    fn acts(&mut self, dice: &mut Dice, state: &State) -> Acts {
        if dice.chance(4) {
            return operator::tick();
        }
        if dice.below(300) == 0 {
            return operator::recover(self, dice, state);
        }
        if let Some((after, mut aside)) = self.readdressed.take() {
            let acts = if aside.chance(65) { self.readdress(&mut aside, state, after) } else { None };
            self.readdressed = Some((after, aside));
            if let Some(acts) = acts {
                return acts;
            }
        }
        if dice.chance(30)
            && let Some(acts) = self.plot(dice, state)
        {
            return acts;
        }
        if self.proves && !self.waiting.is_empty() && dice.chance(40) {
            return self.prove(dice, state);
        }
        if !self.mailed.is_empty()
            && dice.chance(10)
            && let Some(acts) = self.reclaim(dice, state)
        {
            return acts;
        }
        let stopped = |person: &usize| {
            let user = state.users.get(&self.people[*person].id);
            user.is_some_and(|user| user.password_stopped_at.is_some())
        };
        if dice.chance(if self.hot.iter().any(stopped) { 12 } else { 3 })
            && let Some(acts) = self.stop(dice, state)
        {
            return acts;
        }
        if dice.chance(6) {
            return self.script(dice, state);
        }
        if dice.chance(8)
            && let Some(acts) = self.program(dice, state)
        {
            return acts;
        }
        if dice.chance(8) {
            return self.clash(dice, state);
        }
        self.at_a_browser(dice, state)
    }

    /// Takes in someone who was invited and has no password yet.
    fn welcome(&mut self, id: &str, email: &str, stolen: bool) {
        self.people.push(Person {
            id: id.to_owned(),
            email: email.to_owned(),
            home: email.to_owned(),
            passwords: vec![format!("a password of {}", &id[..8])],
            seeds: Vec::new(),
            codes: Vec::new(),
            typed: Vec::new(),
        });
        let person = self.people.len() - 1;
        for browser in [self.world.browser(), self.world.browser(), self.world.admin()] {
            self.add(person, browser, stolen);
        }
    }

    /// Another browser at the same Worker, in which someone sends what they have seen there.
    pub fn another(&self, dice: &mut Dice, who: &Who) -> Option<Who> {
        let (Who::Browser(client) | Who::Page(client)) = who else { return None };
        let site = self.clients[*client].browser.site;
        // Mostly one of those who act together.
        let near = if site == Site::Admin { &self.admins } else { &self.near };
        let all: Vec<usize> = (0..self.clients.len()).collect();
        let from = if dice.chance(80) { near } else { &all };
        let others: Vec<usize> =
            from.iter().copied().filter(|i| i != client && self.clients[*i].browser.site == site).collect();
        let other = *dice.pick(&others)?;
        Some(if matches!(who, Who::Page(_)) { Who::Page(other) } else { Who::Browser(other) })
    }

    /// Who it is, in a trace.
    pub fn name(&self, who: &Who) -> String {
        match who {
            Who::Browser(i) | Who::Page(i) => {
                let by = if matches!(who, Who::Page(_)) { ", by a page" } else { "" };
                let client = &self.clients[*i];
                let site = if client.browser.site == Site::Admin { " at admin" } else { "" };
                let thief = if client.thief { "a thief of " } else { "" };
                format!("{thief}{}, browser {i}{site}{by}", self.people[client.person].id)
            }
            Who::Script(i, by) => format!("{by:?} in browser {i}"),
            Who::Token(token) => format!("token {}", &token[..14]),
            Who::Service(token) => format!("service token {}", &token[..18]),
            Who::Nobody => "nobody".to_owned(),
        }
    }

    /// What sends a request, and whether the person there is who they say they are.
    pub fn sender(&self, who: &Who) -> (By, bool) {
        match who {
            Who::Browser(client) => (By::Itself, !self.clients[*client].thief),
            Who::Page(client) => (By::Page, !self.clients[*client].thief),
            Who::Script(client, by) => (*by, !self.clients[*client].thief),
            Who::Token(_) | Who::Service(_) | Who::Nobody => (By::Itself, true),
        }
    }
}
