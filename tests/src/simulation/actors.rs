//! Who takes part, what each of them knows, and what they do next.

use airlock::{
    http::{Request, Response},
    password,
    recovery::RecoveryCodes,
    secret::Secret,
    session::{Role, Site},
    totp::{generate_seed, seed_text},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng},
};
use serde_json::{Value as Json, json};

use super::rows::{State, User};
use crate::{Browser, World, configs, set_header};

/// The two accounts.
pub const ACCOUNTS: [&str; 2] = ["acme", "umbra"];

type Memberships = &'static [(&'static str, Role)];

/// Id, accounts and roles, and whether two-factor login is set up from the start.
const PEOPLE: [(&str, Memberships, bool); 9] = [
    ("olga", &[("acme", Role::Owner)], true),
    ("otto", &[("acme", Role::Owner), ("umbra", Role::Member)], true),
    ("ada", &[("acme", Role::Admin)], true),
    ("leo", &[("acme", Role::Member), ("umbra", Role::Admin)], true),
    ("uma", &[("umbra", Role::Owner)], true),
    ("noor", &[("acme", Role::Member)], true),
    ("mia", &[("acme", Role::Member)], false),
    ("zoe", &[("umbra", Role::Member)], false),
    ("kai", &[("acme", Role::Member), ("umbra", Role::Member)], true),
];

/// The pepper before the present one.
pub const OLD_PEPPER: &str = "p0:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// What the seed decides.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % n
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these, if there is any.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }

    /// One of these, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, from: &[(usize, T)]) -> T {
        let mut at = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in from {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return *what,
            }
        }
        from[0].1
    }
}

/// Something to ask of Airlock.
#[derive(Clone, Debug)]
pub enum Act {
    Login { email: String, password: String },
    Verify { code: String },
    Recovery { code: String },
    Begin,
    Confirm { code: String, name: String },
    Reauth { password: String, code: Option<String> },
    Disable,
    RemoveAuthenticator { id: String },
    NewCodes,
    Kept { code: String },
    Later,
    Rename { name: String },
    Password { current: String, new: String },
    Logout,
    EndSession { id: String },
    EndOthers,
    Gate,
    Session,
    Profile,
    Join { token: String, password: String },
    Require { account: String, required: bool, applies: &'static str },
    Reset { account: String, user: String },
    Invite { account: String, email: String, role: &'static str },
    Change { account: String, user: String, role: Option<&'static str>, active: Option<bool>, name: Option<String> },
    Remove { account: String, user: String },
    MakeToken { account: String },
    RevokeToken { account: String, id: String },
    Members { account: String },
    Tick,
    Recover { user: String },
}

impl Act {
    /// Method, path and body.
    fn call(&self, site: Site) -> (&'static str, String, Json) {
        let user = |account: &str, user: &str| format!("/api/v1/accounts/{account}/users/{user}");
        match self {
            Self::Login { email, password } => {
                ("POST", "/auth/login".to_owned(), json!({ "email": email, "password": password }))
            }
            Self::Verify { code } => ("POST", "/auth/verify".to_owned(), json!({ "code": code })),
            Self::Recovery { code } => ("POST", "/auth/recovery".to_owned(), json!({ "code": code })),
            Self::Begin => ("GET", "/auth/enrol".to_owned(), Json::Null),
            Self::Confirm { code, name } => ("POST", "/auth/enrol".to_owned(), json!({ "code": code, "name": name })),
            Self::Reauth { password, code: None } => {
                ("POST", "/auth/reauth".to_owned(), json!({ "password": password }))
            }
            Self::Reauth { password, code } => {
                ("POST", "/auth/reauth".to_owned(), json!({ "password": password, "code": code }))
            }
            Self::Disable => ("POST", "/auth/two-factor/disable".to_owned(), json!({})),
            Self::RemoveAuthenticator { id } => ("POST", format!("/auth/authenticators/{id}/remove"), json!({})),
            Self::NewCodes => ("POST", "/auth/recovery-codes".to_owned(), json!({})),
            Self::Kept { code } => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "code": code })),
            Self::Later => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "later": true })),
            Self::Rename { name } => ("POST", "/auth/profile/edit".to_owned(), json!({ "name": name })),
            Self::Password { current, new } => {
                ("POST", "/auth/password".to_owned(), json!({ "current_password": current, "new_password": new }))
            }
            Self::Logout => ("POST", "/auth/logout".to_owned(), json!({})),
            Self::EndSession { id } => ("POST", format!("/auth/sessions/{id}/end"), json!({})),
            Self::EndOthers => ("POST", "/auth/sessions/end-others".to_owned(), json!({})),
            Self::Gate if site == Site::Admin => ("GET", "/api/v1/accounts".to_owned(), Json::Null),
            Self::Gate => ("GET", "/reports".to_owned(), Json::Null),
            Self::Session => ("GET", "/auth/session".to_owned(), Json::Null),
            Self::Profile => ("GET", "/auth/profile".to_owned(), Json::Null),
            Self::Join { token, password } => {
                ("POST", format!("/auth/invite/{token}"), json!({ "password": password }))
            }
            Self::Require { account, required, applies } => (
                "PUT",
                format!("/api/v1/accounts/{account}/two-factor"),
                json!({ "required": required, "applies": applies }),
            ),
            Self::Reset { account, user: id } => ("POST", user(account, id) + "/two-factor/reset", json!({})),
            Self::Invite { account, email, role } => (
                "POST",
                format!("/api/v1/accounts/{account}/users"),
                json!({ "email": email, "name": "Invited", "role": role }),
            ),
            Self::Change { account, user: id, role, active, name } => {
                let mut change = serde_json::Map::new();
                change.extend(role.map(|role| ("role".to_owned(), role.into())));
                change.extend(active.map(|active| ("active".to_owned(), active.into())));
                change.extend(name.clone().map(|name| ("name".to_owned(), name.into())));
                ("PATCH", user(account, id), change.into())
            }
            Self::Remove { account, user: id } => ("DELETE", user(account, id), Json::Null),
            Self::MakeToken { account } => (
                "POST",
                format!("/api/v1/accounts/{account}/tokens"),
                json!({ "name": "job", "scopes": ["two_factor:write", "reset", "users:read", "users:write"] }),
            ),
            Self::RevokeToken { account, id } => {
                ("DELETE", format!("/api/v1/accounts/{account}/tokens/{id}"), json!({}))
            }
            Self::Members { account } => ("GET", format!("/api/v1/accounts/{account}/users"), Json::Null),
            // No request: the admin Worker's job of every minute, and the operator with the database in hand.
            Self::Tick | Self::Recover { .. } => ("", String::new(), Json::Null),
        }
    }
}

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
    /// Every password they ever had, the present one last, as far as they know.
    passwords: Vec<String>,
    /// Every seed in their phone, the newest last.
    seeds: Vec<String>,
    /// Recovery codes they wrote down, old ones too.
    codes: Vec<String>,
    /// What they typed lately, where others could see it.
    typed: Vec<String>,
}

/// A browser, and who sits before it.
pub struct Client<'w> {
    /// The browser.
    pub browser: Browser<'w>,
    person: usize,
    /// Someone who is not that person: has neither phone nor notes.
    thief: bool,
    stage: Stage,
    setup: Option<String>,
    fresh_at: i64,
}

/// Who asks: one of the browsers, a program with an API token, or nobody.
#[derive(Clone, Debug)]
pub enum Who {
    Browser(usize),
    Token(String),
    Nobody,
}

/// Everyone.
pub struct Cast<'w> {
    world: &'w World,
    people: Vec<Person>,
    clients: Vec<Client<'w>>,
    /// Those whom most happens to in this world, their browsers, those of admins, and those of thieves.
    hot: [usize; 2],
    near: Vec<usize>,
    admins: Vec<usize>,
    thieves: Vec<usize>,
    /// Browsers that are signed in before anything happens.
    pub settled: Vec<usize>,
    /// How much more or less likely each kind of act is in this world.
    bias: [usize; 24],
    tokens: Vec<(String, String)>,
    links: Vec<(String, String)>,
    named: usize,
}

/// Makes the people of [`PEOPLE`] in an empty world.
pub fn people(world: &World) -> Vec<Person> {
    for account in ACCOUNTS {
        world.add_account(account);
    }
    let [edge, _] = &*world.config.borrow().clone();
    let [older, _] = configs(crate::SEED_KEYS, OLD_PEPPER);
    PEOPLE
        .into_iter()
        .enumerate()
        .map(|(i, (id, memberships, two_factor))| {
            let email = format!("{id}@{}.test", memberships[0].0);
            let password = format!("{id} keeps grey herons");
            let seed = two_factor.then(|| seed_text(&generate_seed(&world.rng).unwrap()).to_string());
            // Half of them have not signed in since the pepper was changed.
            let peppers = if i % 2 == 0 { &edge.pepper_keys } else { &older.pepper_keys };
            let stored =
                password::hash(edge.password_cost, peppers, &world.rng, &Secret::new(password.clone())).unwrap();
            world.add_user_with(memberships[0].0, id, &email, memberships[0].1, seed.as_deref(), stored);
            for (account, role) in memberships.iter().skip(1) {
                world.join(account, id, &email, *role);
            }
            let mut codes = Vec::new();
            if two_factor {
                // Some have set it up only because an account once asked for it.
                if i % 2 == 1 {
                    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = ?1", &[id.into()]);
                }
                let made = RecoveryCodes::generate(&world.rng, &edge.pepper_keys, id).unwrap();
                for (mac, shown) in made.macs.iter().zip(&made.shown).take(4) {
                    world.db.execute(
                        "INSERT INTO recovery_codes (user_id, mac, created_at) VALUES (?1, ?2, 0)",
                        &[id.into(), mac.into()],
                    );
                    codes.push(shown.to_string());
                }
            }
            Person {
                id: id.to_owned(),
                email,
                passwords: vec![password],
                seeds: seed.into_iter().collect(),
                codes,
                typed: Vec::new(),
            }
        })
        .collect()
}

impl<'w> Cast<'w> {
    /// Everyone before a browser or two.
    pub fn new(world: &'w World, people: &[Person], dice: &mut Dice) -> Self {
        let hot = [dice.below(people.len()), dice.below(people.len())];
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
            links: Vec::new(),
            named: 0,
        };
        let admin =
            |(_, memberships, _): &(_, &[(&str, Role)], _)| memberships.iter().any(|(_, role)| *role > Role::Member);
        let admins: Vec<usize> = (0..PEOPLE.len()).filter(|person| admin(&PEOPLE[*person])).collect();
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
        cast.settled = [&cast.near[..2], &cast.near[3..4], &cast.admins].concat();
        for person in (0..PEOPLE.len()).filter(|person| !hot.contains(person)) {
            cast.add(person, world.browser(), false);
        }
        cast
    }

    fn add(&mut self, person: usize, browser: Browser<'w>, thief: bool) -> usize {
        self.clients.push(Client { browser, person, thief, stage: Stage::Login, setup: None, fresh_at: 0 });
        self.clients.len() - 1
    }

    /// The one whom most happens to.
    pub fn hottest(&self) -> &str {
        &self.people[self.hot[0]].id
    }

    /// What a browser does next to be signed in and fresh, if it is not.
    pub fn settle(&self, client: usize) -> Option<Act> {
        let Client { ref browser, person, stage, ref setup, fresh_at, .. } = self.clients[client];
        let person = &self.people[person];
        let code = |seed: &String| self.world.code(seed, 0);
        let password = person.passwords[person.passwords.len() - 1].clone();
        match (stage, setup) {
            (Stage::Login, _) => Some(Act::Login { email: person.email.clone(), password }),
            (Stage::Verify, _) => person.seeds.last().map(|seed| Act::Verify { code: code(seed) }),
            (Stage::Enrol, None) => Some(Act::Begin),
            (Stage::Enrol, Some(seed)) => Some(Act::Confirm { code: code(seed), name: String::new() }),
            (Stage::Full, _) if fresh_at == 0 && browser.site == Site::Edge => {
                Some(Act::Reauth { password, code: person.seeds.last().map(code) })
            }
            (Stage::Full, _) => None,
        }
    }

    /// Someone who was invited and has no password yet.
    fn welcome(&mut self, id: &str, email: &str) {
        self.people.push(Person {
            id: id.to_owned(),
            email: email.to_owned(),
            passwords: vec![format!("a password of {}", &id[..8])],
            seeds: Vec::new(),
            codes: Vec::new(),
            typed: Vec::new(),
        });
        let person = self.people.len() - 1;
        for browser in [self.world.browser(), self.world.browser(), self.world.admin()] {
            self.add(person, browser, false);
        }
    }

    /// What happens next: one request, or several at the same time.
    pub fn next(&mut self, dice: &mut Dice, state: &State) -> Vec<(Who, Act)> {
        if dice.chance(4) {
            return vec![(Who::Nobody, Act::Tick)];
        }
        if dice.below(300) == 0 {
            return vec![(Who::Nobody, Act::Recover { user: self.someone(dice, state, "") })];
        }
        if dice.chance(8)
            && let Some((token, account)) = dice.pick(&self.tokens).cloned()
        {
            let act = if dice.chance(40) { Act::Members { account } } else { self.admin_act(dice, state, account) };
            return vec![(Who::Token(token), act)];
        }
        if dice.chance(8) {
            return self.clash(dice, state);
        }
        let all: Vec<usize> = (0..self.clients.len()).collect();
        let from = match dice.below(100) {
            0..48 => &self.near,
            48..78 => &self.admins,
            78..88 => &self.thieves,
            _ => &all,
        };
        let client = dice.pick(from).copied().unwrap();
        // The same second step at several browsers at once.
        let waits = |i: &usize| {
            self.clients[*i].person == self.clients[client].person && self.clients[*i].stage == Stage::Verify
        };
        let waiting: Vec<usize> = all.into_iter().filter(waits).collect();
        if waiting.len() > 1 && dice.chance(50) {
            return waiting.into_iter().map(|i| (Who::Browser(i), self.second_step(dice, i))).collect();
        }
        let act = if self.clients[client].thief { self.theft(dice, client) } else { self.act(dice, client, state) };
        let Some(act) = act else { return Vec::new() };
        let mut acts = vec![act.clone()];
        match dice.below(100) {
            // A double click, or the request sent again because no answer came.
            0..12 => acts.push(act),
            // Two tabs of one browser.
            12..27 if !self.clients[client].thief => acts.extend(self.act(dice, client, state)),
            _ => {}
        }
        acts.into_iter().map(|act| (Who::Browser(client), act)).collect()
    }

    /// What gets in each other's way, at the same time: two admins who act on each other and themselves, or one's own changes in two tabs
    /// while an admin changes something too.
    fn clash(&mut self, dice: &mut Dice, state: &State) -> Vec<(Who, Act)> {
        let admins = [self.admins[0], self.admins[1]];
        let ids = admins.map(|client| self.people[self.clients[client].person].id.clone());
        let on = |dice: &mut Dice, account: &str, user: &str| {
            let (account, user) = (account.to_owned(), user.to_owned());
            match dice.below(8) {
                0..3 => {
                    let role = Some(["member", "admin"][dice.below(2)]);
                    Act::Change { account, user, role, active: None, name: None }
                }
                3 => Act::Change { account, user, role: None, active: Some(false), name: None },
                4 => Act::Remove { account, user },
                5 => Act::Reset { account, user },
                _ => Act::Invite { account, email: format!("new{}@x.test", dice.below(2)), role: "owner" },
            }
        };
        let shared = |dice: &mut Dice, one: &str, other: &str| {
            let both = |account: &&str| {
                [one, other].iter().all(|id| state.memberships.contains_key(&format!("{account}/{id}")))
            };
            let shared: Vec<&str> = ACCOUNTS.into_iter().filter(both).collect();
            dice.pick(&shared).map_or(ACCOUNTS[0], |account| account)
        };
        if dice.chance(50) {
            let account = shared(dice, &ids[0], &ids[1]);
            let mut on_one = || {
                let user = &ids[dice.below(2)];
                on(dice, account, user)
            };
            return admins.map(|admin| (Who::Browser(admin), on_one())).into();
        }
        let near: Vec<usize> = self.near.iter().copied().filter(|i| self.clients[*i].stage == Stage::Full).collect();
        let Some(client) = dice.pick(&near).copied() else { return Vec::new() };
        let id = &self.people[self.clients[client].person].id;
        let mut acts = Vec::new();
        for _ in 0..2 {
            let act = dice.weighted(&[(3, 0), (1, 1), (1, 2), (1, 3)]);
            acts.push((Who::Browser(client), [Act::Disable, Act::NewCodes, Act::EndOthers, Act::Begin][act].clone()));
        }
        let admin = dice.below(2);
        let account = shared(dice, &ids[admin], id);
        let required = state.accounts[account].two_factor_required == 1;
        let act = match dice.chance(60) {
            true => Act::Require { account: account.to_owned(), required: !required, applies: "now" },
            false => on(dice, account, id),
        };
        acts.push((Who::Browser(admins[admin]), act));
        acts
    }

    /// The request that this act is.
    pub fn request(&self, who: &Who, act: &Act) -> Request {
        let site = match who {
            Who::Browser(client) => self.clients[*client].browser.site,
            Who::Token(_) | Who::Nobody => Site::Admin,
        };
        let (method, path, body) = act.call(site);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        match who {
            Who::Browser(client) => self.clients[*client].browser.request(method, &path, &body),
            Who::Token(token) => {
                let mut request = self.world.admin().request(method, &path, &body);
                request.headers.retain(|(name, _)| name != "sec-fetch-site" && name != "cookie");
                set_header(&mut request, "authorization", &format!("Bearer {token}"));
                request
            }
            Who::Nobody => self.world.admin().request(method, &path, &body),
        }
    }

    /// Who that is, for a trace.
    pub fn name(&self, who: &Who) -> String {
        match who {
            Who::Browser(i) => {
                let client = &self.clients[*i];
                let site = if client.browser.site == Site::Admin { " at admin" } else { "" };
                let thief = if client.thief { "a thief of " } else { "" };
                format!("{thief}{}, browser {i}{site}", self.people[client.person].id)
            }
            Who::Token(token) => format!("token {}", &token[..14]),
            Who::Nobody => "nobody".to_owned(),
        }
    }

    /// Takes in what was answered.
    pub fn learn(&mut self, who: &Who, act: &Act, response: &Response) {
        let body: Json = serde_json::from_str(&response.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        match (act, text("invite_url"), text("token")) {
            (Act::Invite { email, .. }, Some(url), _) => {
                self.links.push((url.rsplit('/').next().unwrap().to_owned(), email.clone()));
                if self.people.iter().all(|person| person.email != *email) {
                    self.welcome(body["user"]["id"].as_str().unwrap(), email);
                }
            }
            (Act::MakeToken { account }, _, Some(token)) => self.tokens.push((token, account.clone())),
            _ => {}
        }
        let Who::Browser(i) = who else { return };
        let now = self.world.now.get().0;
        let client = &mut self.clients[*i];
        let person = &mut self.people[client.person];
        client.browser.keep(response);
        let ok = (200..300).contains(&response.status);
        match act {
            Act::Begin if ok => client.setup = text("secret"),
            // Without an answer nobody knows whether it happened.
            Act::Confirm { .. } if ok || response.status == 503 => {
                person.seeds.extend(client.setup.take());
                if client.browser.site == Site::Admin {
                    client.fresh_at = now;
                }
            }
            Act::Reauth { .. } if ok => client.fresh_at = now,
            Act::Verify { .. } | Act::Recovery { .. } if ok && client.browser.site == Site::Admin => {
                client.fresh_at = now;
            }
            Act::Password { new, .. } if ok || response.status == 503 => person.passwords.push(new.clone()),
            Act::Logout if ok => client.stage = Stage::Login,
            _ => {}
        }
        if let Some(codes) = body["recovery_codes"].as_array() {
            person.codes.extend(codes.iter().filter_map(Json::as_str).map(str::to_owned));
        }
        client.stage = match (body["next"].as_str(), body["code"].as_str()) {
            (Some("done"), _) => Stage::Full,
            (Some("verify"), _) | (_, Some("verify_required")) => Stage::Verify,
            (Some("enrol"), _) | (_, Some("enrol_required")) => Stage::Enrol,
            (_, Some("login_required")) => Stage::Login,
            (_, Some("already_signed_in")) => Stage::Full,
            (_, Some("too_many_attempts")) if matches!(act, Act::Verify { .. }) => Stage::Login,
            _ => client.stage,
        };
        if body["code"] == "reauth_required" {
            client.fresh_at = 0;
        }
        if let (Act::Join { password, .. }, true) = (act, ok) {
            person.passwords.push(password.clone());
        }
    }

    /// The id of something, mostly of one's own.
    fn mostly_own<'s>(
        &self,
        dice: &mut Dice,
        person: usize,
        owned: impl Iterator<Item = (&'s str, &'s str)>,
    ) -> String {
        let all: Vec<(&str, &str)> = owned.collect();
        let own: Vec<(&str, &str)> =
            all.iter().copied().filter(|(_, owner)| *owner == self.people[person].id).collect();
        let from = if dice.chance(80) { own } else { all };
        dice.pick(&from).map_or_else(|| "none".to_owned(), |(id, _)| (*id).to_owned())
    }

    /// Mostly one of the hot ones, or a member of this account.
    fn someone(&self, dice: &mut Dice, state: &State, account: &str) -> String {
        let members: Vec<&String> =
            state.memberships.values().filter(|m| m.account_id == account).map(|m| &m.user_id).collect();
        let hot: Vec<&String> = self.hot.iter().map(|person| &self.people[*person].id).collect();
        let hot: Vec<&String> = hot.into_iter().filter(|id| account.is_empty() || members.contains(id)).collect();
        let known: Vec<&String> = state.users.keys().collect();
        let from = match dice.below(100) {
            0..60 if !hot.is_empty() => hot,
            0..92 if !members.is_empty() => members,
            _ => known,
        };
        (*dice.pick(&from).unwrap()).clone()
    }

    /// A code for the second step. Mostly right, sometimes of a neighbouring or a used step, sometimes a guess.
    fn code(&self, dice: &mut Dice, person: usize, thief: bool) -> String {
        let person = &self.people[person];
        let seed = if dice.chance(85) { person.seeds.last() } else { dice.pick(&person.seeds) };
        match (seed, dice.below(100)) {
            (Some(seed), 0..80) if !thief => {
                let steps = dice.weighted(&[(60, 0), (16, 1), (16, -1), (3, 2), (2, -2), (2, 5), (1, -7)]);
                self.world.code(seed, steps)
            }
            (_, 0..92) if !person.typed.is_empty() => dice.pick(&person.typed).unwrap().clone(),
            _ => format!("{:06}", dice.below(1_000_000)),
        }
    }

    fn recovery_code(&self, dice: &mut Dice, person: usize, thief: bool) -> String {
        let person = &self.people[person];
        let seen: Vec<&String> = person.typed.iter().filter(|code| code.len() > 6).collect();
        let written: Vec<&String> = if thief { Vec::new() } else { person.codes.iter().collect() };
        let from = if dice.chance(30) { seen } else { written };
        match dice.pick(&from) {
            Some(code) => (*code).clone(),
            None => "0000-0000-0000-0000-0000-0000".to_owned(),
        }
    }

    fn password(&self, dice: &mut Dice, person: usize) -> String {
        let passwords = &self.people[person].passwords;
        match dice.below(100) {
            0..80 => passwords[passwords.len() - 1].clone(),
            80..92 => dice.pick(passwords).unwrap().clone(),
            _ => "something else entirely".to_owned(),
        }
    }

    fn new_name(&mut self) -> String {
        self.named += 1;
        format!("Name {}", self.named)
    }

    fn login(&self, dice: &mut Dice, client: usize) -> Act {
        let person = self.clients[client].person;
        let email = if dice.chance(98) { self.people[person].email.clone() } else { "nobody@x.test".to_owned() };
        Act::Login { email, password: self.password(dice, person) }
    }

    fn second_step(&mut self, dice: &mut Dice, client: usize) -> Act {
        let Client { person, thief, .. } = self.clients[client];
        let act = match dice.chance(78) {
            true => Act::Verify { code: self.code(dice, person, thief) },
            false => Act::Recovery { code: self.recovery_code(dice, person, thief) },
        };
        let (Act::Verify { code } | Act::Recovery { code }) = &act else { return act };
        self.people[person].typed.push(code.clone());
        if self.people[person].typed.len() > 6 {
            self.people[person].typed.remove(0);
        }
        act
    }

    /// What a thief does: knows the password, sees what is typed, now and then gets hold of a browser's cookies.
    fn theft(&mut self, dice: &mut Dice, client: usize) -> Option<Act> {
        let person = self.clients[client].person;
        if dice.chance(12) {
            let marks: Vec<usize> = (0..self.clients.len())
                .filter(|i| self.clients[*i].person == person && self.clients[*i].browser.site == Site::Edge)
                .collect();
            let mark = dice.pick(&marks).copied()?;
            let cookies = self.clients[mark].browser.cookies.clone();
            self.clients[client].stage = self.clients[mark].stage;
            self.clients[client].browser.cookies = cookies;
        }
        Some(match (self.clients[client].stage, dice.below(100)) {
            (_, 0..15) => Act::Gate,
            (_, 15..20) => self.reauth(dice, client),
            (Stage::Login, _) => self.login(dice, client),
            (Stage::Verify, _) => self.second_step(dice, client),
            (Stage::Enrol, _) => Act::Begin,
            (Stage::Full, 20..40) => Act::NewCodes,
            (Stage::Full, 40..60) => Act::Disable,
            (Stage::Full, 60..80) => Act::Begin,
            (Stage::Full, _) => Act::EndOthers,
        })
    }

    fn reauth(&mut self, dice: &mut Dice, client: usize) -> Act {
        let Client { person, thief, .. } = self.clients[client];
        let code = match dice.below(100) {
            0..80 if !self.people[person].seeds.is_empty() || thief => Some(self.code(dice, person, thief)),
            80..92 => Some(self.recovery_code(dice, person, thief)),
            _ => None,
        };
        Act::Reauth { password: self.password(dice, person), code }
    }

    fn act(&mut self, dice: &mut Dice, client: usize, state: &State) -> Option<Act> {
        let Client { person, stage, fresh_at, ref browser, ref setup, .. } = self.clients[client];
        let (site, setup) = (browser.site, setup.clone());
        let fresh = self.world.now.get().0 - fresh_at < 300_000;
        let email = &self.people[person].email;
        let (own, others) = (self.links.iter().filter(|link| link.1 == *email).collect::<Vec<_>>(), dice.chance(1));
        let links = if others { self.links.iter().collect() } else { own };
        if (others || dice.chance(20))
            && let Some((token, _)) = dice.pick(&links).copied().cloned()
        {
            return Some(Act::Join { token, password: self.password(dice, person) });
        }
        let confirm = |cast: &mut Self, dice: &mut Dice, setup: &str| Act::Confirm {
            code: match dice.below(100) {
                0..85 => cast.world.code(setup, dice.weighted(&[(6, 0), (1, 1), (1, -1)])),
                _ => cast.code(dice, person, false),
            },
            name: ["", "Phone", "Tablet"][dice.weighted(&[(5, 0), (2, 1), (1, 2)])].to_owned(),
        };
        match (stage, dice.below(100)) {
            (Stage::Login, 0..94) | (_, 0..2) => return Some(self.login(dice, client)),
            (_, 2..5) => return Some(Act::Gate),
            (_, 5..7) => return Some(Act::Session),
            (Stage::Verify, _) | (_, 7..9) => return Some(self.second_step(dice, client)),
            (Stage::Enrol, _) => {
                return Some(match setup {
                    Some(setup) if dice.chance(90) => confirm(self, dice, &setup),
                    _ => Act::Begin,
                });
            }
            (_, 9..11) => return Some(Act::Logout),
            _ => {}
        }
        if !fresh && dice.chance(70) {
            return Some(self.reauth(dice, client));
        }
        if let Some(setup) = &setup
            && dice.chance(60)
        {
            return Some(confirm(self, dice, setup));
        }
        if site == Site::Admin && dice.chance(90) {
            let id = &self.people[person].id;
            let own: Vec<&str> = ACCOUNTS
                .into_iter()
                .filter(|account| state.memberships.contains_key(&format!("{account}/{id}")))
                .collect();
            let account = if dice.chance(97) { dice.pick(&own).copied() } else { dice.pick(&ACCOUNTS).copied() };
            return account.map(|account| self.admin_act(dice, state, account.to_owned()));
        }
        let b = self.bias;
        Some(
            match dice.weighted(&[
                (4 + b[0], 0),
                (1 + b[1], 1),
                (b[2] + usize::from(fresh) * 4, 2),
                (b[3], 3),
                (b[4], 4),
                (b[5], 5),
                (b[6] / 2, 6),
                (b[7] / 2, 7),
                (1, 8),
                (b[8], 9),
                (b[9], 10),
                (b[10], 11),
                (b[11], 12),
                (1, 13),
            ]) {
                0 => Act::Gate,
                1 => Act::Session,
                2 => Act::Begin,
                3 => Act::Disable,
                4 => {
                    let owned = state.authenticators.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
                    Act::RemoveAuthenticator { id: self.mostly_own(dice, person, owned) }
                }
                5 => Act::NewCodes,
                6 => Act::Kept { code: self.recovery_code(dice, person, false) },
                7 => Act::Later,
                8 => Act::Rename { name: self.new_name() },
                9 => Act::Password {
                    current: self.password(dice, person),
                    new: format!("{} wade at dawn", self.new_name()),
                },
                10 => Act::Logout,
                11 => {
                    let owned = state.sessions.values().map(|one| (one.id.as_str(), one.user_id.as_str()));
                    Act::EndSession { id: self.mostly_own(dice, person, owned) }
                }
                12 => Act::EndOthers,
                _ => Act::Profile,
            },
        )
    }

    fn admin_act(&mut self, dice: &mut Dice, state: &State, account: String) -> Act {
        let b = self.bias;
        let user = self.someone(dice, state, &account);
        let role = || ["member", "admin", "owner"];
        match dice.weighted(&[
            (2 + b[12], 0),
            (1 + b[13], 1),
            (b[14], 2),
            (1 + b[15], 3),
            (b[16] / 2, 4),
            (b[17], 5),
            (b[18] / 2, 6),
            (1 + b[19] / 2, 7),
        ]) {
            0 => Act::Require {
                account,
                required: dice.chance(65),
                applies: if dice.chance(50) { "now" } else { "next_login" },
            },
            1 => Act::Reset { account, user },
            2 => {
                let member = |user: &&User| state.memberships.contains_key(&format!("{account}/{}", user.id));
                let strangers: Vec<&User> = state.users.values().filter(|user| !member(user)).collect();
                let email = match dice.below(100) {
                    0..60 if !strangers.is_empty() => dice.pick(&strangers).unwrap().email.clone(),
                    0..75 => state.users[&user].email.clone(),
                    _ => format!("new{}@x.test", dice.below(2)),
                };
                Act::Invite { account, email, role: role()[dice.below(3)] }
            }
            3 => match dice.below(10) {
                0..4 => Act::Change { account, user, role: Some(role()[dice.below(3)]), active: None, name: None },
                4..9 => Act::Change { account, user, role: None, active: Some(dice.chance(55)), name: None },
                _ => Act::Change { account, user, role: None, active: None, name: Some(self.new_name()) },
            },
            4 => {
                let invited = state.invitations.values().filter(|i| i.account_id == account && i.user_id != user);
                let invited: Vec<&String> = invited.map(|i| &i.user_id).collect();
                let user = if dice.chance(50) { dice.pick(&invited).map_or(user, |id| (*id).clone()) } else { user };
                Act::Remove { account, user }
            }
            5 => Act::MakeToken { account },
            6 => {
                let ids: Vec<&String> = state.api_tokens.values().map(|token| &token.id).collect();
                Act::RevokeToken { account, id: dice.pick(&ids).map_or_else(|| "none".to_owned(), |id| (*id).clone()) }
            }
            _ => Act::Members { account },
        }
    }
}
