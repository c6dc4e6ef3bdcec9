//! Who takes part, and what each of them knows. What they do next is in [`acts`], and what they plot in [`plots`].

mod acts;
mod dice;
mod plots;

use airlock::{
    factor::{
        password,
        recovery::RecoveryCodes,
        totp::{generate_seed, seed_text},
    },
    people::{Role, session::Site},
    secret::Secret,
    web::{Body, Request, Response},
};
use serde_json::{Value as Json, json};

use super::{
    oracle::By,
    rows::{State, User},
};
use crate::{Browser, World, configs, set_header};
pub use dice::Dice;
use plots::Plot;

/// The accounts: two of honest people, and one of a thief.
pub const ACCOUNTS: [&str; 3] = ["acme", "umbra", "den"];

/// The thief who administers an account.
const REX: usize = 9;

/// What API tokens are made for.
const SCOPES: [&[&str]; 3] = [
    &["two_factor:write", "reset", "users:read", "users:write"],
    &["two_factor:write", "users:read"],
    &["reset", "users:read"],
];

type Memberships = &'static [(&'static str, Role)];

/// Id, accounts and roles, and whether two-factor login is set up from the start.
const PEOPLE: [(&str, Memberships, bool); 10] = [
    ("olga", &[("acme", Role::Owner)], true),
    ("otto", &[("acme", Role::Owner), ("umbra", Role::Member)], true),
    ("ada", &[("acme", Role::Admin), ("umbra", Role::Admin)], true),
    ("leo", &[("acme", Role::Member), ("umbra", Role::Admin)], true),
    ("uma", &[("umbra", Role::Owner)], true),
    ("noor", &[("acme", Role::Member)], true),
    ("mia", &[("acme", Role::Member)], false),
    ("zoe", &[("umbra", Role::Member), ("den", Role::Member)], false),
    ("kai", &[("acme", Role::Member), ("den", Role::Member)], true),
    ("rex", &[("den", Role::Owner)], true),
];

/// The pepper before the present one.
pub const OLD_PEPPER: &str = "p0:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Something to ask of Airlock.
#[derive(Clone, Debug)]
pub enum Act {
    Login { email: String, password: String, return_to: &'static str },
    Verify { code: String },
    Recovery { code: String },
    Begin,
    Confirm { code: String, name: String },
    Reauth { password: String, code: Option<String>, purpose: &'static str },
    Disable,
    RemoveAuthenticator { id: String },
    NewCodes,
    Kept { code: String },
    Later,
    Rename { name: String },
    Password { current: String, new: String, keep_tokens: bool },
    Logout,
    EndSession { id: String },
    EndOthers,
    Gate,
    Billing,
    Session,
    Profile,
    Join { token: String, password: Option<String> },
    Require { account: String, required: bool, applies: &'static str },
    Reset { account: String, user: String },
    Invite { account: String, email: String, role: &'static str },
    Change { account: String, user: String, role: Option<&'static str>, active: Option<bool>, name: Option<String> },
    Remove { account: String, user: String },
    MakeToken { account: String, scopes: &'static [&'static str] },
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
            Self::Login { email, password, return_to } => {
                let fields = json!({ "email": email, "password": password, "return_to": return_to });
                ("POST", "/auth/login".to_owned(), fields)
            }
            Self::Verify { code } => ("POST", "/auth/verify".to_owned(), json!({ "code": code })),
            Self::Recovery { code } => ("POST", "/auth/recovery".to_owned(), json!({ "code": code })),
            Self::Begin => ("GET", "/auth/enrol".to_owned(), Json::Null),
            Self::Confirm { code, name } => ("POST", "/auth/enrol".to_owned(), json!({ "code": code, "name": name })),
            Self::Reauth { password, code, purpose } => {
                let mut fields = json!({ "password": password, "purpose": purpose });
                if let Some(code) = code {
                    fields["code"] = code.as_str().into();
                }
                ("POST", "/auth/reauth".to_owned(), fields)
            }
            Self::Disable => ("POST", "/auth/two-factor/disable".to_owned(), json!({})),
            Self::RemoveAuthenticator { id } => ("POST", format!("/auth/authenticators/{id}/remove"), json!({})),
            Self::NewCodes => ("POST", "/auth/recovery-codes".to_owned(), json!({})),
            Self::Kept { code } => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "code": code })),
            Self::Later => ("POST", "/auth/recovery-codes/kept".to_owned(), json!({ "later": true })),
            Self::Rename { name } => ("POST", "/auth/profile/edit".to_owned(), json!({ "name": name })),
            Self::Password { current, new, keep_tokens } => (
                "POST",
                "/auth/password".to_owned(),
                json!({ "current_password": current, "new_password": new, "keep_tokens": keep_tokens }),
            ),
            Self::Logout => ("POST", "/auth/logout".to_owned(), json!({})),
            Self::EndSession { id } => ("POST", format!("/auth/sessions/{id}/end"), json!({})),
            Self::EndOthers => ("POST", "/auth/sessions/end-others".to_owned(), json!({})),
            Self::Gate if site == Site::Admin => ("GET", "/api/v1/accounts".to_owned(), Json::Null),
            Self::Gate => ("GET", "/reports".to_owned(), Json::Null),
            Self::Billing => ("GET", "/billing".to_owned(), Json::Null),
            Self::Session => ("GET", "/auth/session".to_owned(), Json::Null),
            Self::Profile => ("GET", "/auth/profile".to_owned(), Json::Null),
            Self::Join { token, password } => {
                let fields = password.as_ref().map_or(json!({}), |password| json!({ "password": password }));
                ("POST", format!("/auth/invite/{token}"), fields)
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
            Self::MakeToken { account, scopes } => {
                ("POST", format!("/api/v1/accounts/{account}/tokens"), json!({ "name": "job", "scopes": scopes }))
            }
            Self::RevokeToken { account, id } => {
                ("DELETE", format!("/api/v1/accounts/{account}/tokens/{id}"), json!({}))
            }
            Self::Members { account } => ("GET", format!("/api/v1/accounts/{account}/users"), Json::Null),
            // No request: the admin Worker's job of every minute, and the operator with the database in hand.
            Self::Tick | Self::Recover { .. } => ("", String::new(), Json::Null),
        }
    }
}

impl Act {
    /// Whether it shows or changes how someone signs in: for people alone, whatever script sends it.
    pub fn for_people(&self) -> bool {
        matches!(
            self,
            Self::Begin
                | Self::Confirm { .. }
                | Self::Disable
                | Self::RemoveAuthenticator { .. }
                | Self::NewCodes
                | Self::Kept { .. }
                | Self::Later
                | Self::Rename { .. }
                | Self::Password { .. }
                | Self::Profile
                | Self::Join { .. }
        )
    }

    /// Whether a person does it by pressing a button on a page of their own.
    pub fn is_button(&self) -> bool {
        matches!(self, Self::Disable | Self::RemoveAuthenticator { .. } | Self::NewCodes)
    }

    /// The account in which it is an admin's act.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Require { account, .. }
            | Self::Reset { account, .. }
            | Self::Invite { account, .. }
            | Self::Change { account, .. }
            | Self::Remove { account, .. }
            | Self::MakeToken { account, .. }
            | Self::RevokeToken { account, .. } => Some(account),
            _ => None,
        }
    }

    /// What an API token must be made for to do it.
    pub fn scope(&self) -> &'static str {
        match self {
            Self::Require { .. } => "two_factor:write",
            Self::Reset { .. } => "reset",
            Self::Invite { .. } | Self::Change { .. } | Self::Remove { .. } => "users:write",
            _ => "",
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

/// The client: one of the browsers, a program with an API token, or nobody.
#[derive(Clone, Debug)]
pub enum Who {
    Browser(usize),
    /// A script of the app, in the session of this browser.
    Script(usize, By),
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
    /// What thieves are after in this world, and how far they are.
    plots: Vec<Plot>,
    rex: usize,
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
            links: Vec::new(),
            named: 0,
            plots: Vec::new(),
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
        if cast.plots.iter().any(Plot::needs_rex) {
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
        self.clients.push(Client { browser, person, thief, stage: Stage::Login, setup: None, fresh_at: 0 });
        self.clients.len() - 1
    }

    /// The one whom most happens to.
    pub fn hottest(&self) -> &str {
        &self.people[self.hot[0]].id
    }

    /// Their address.
    pub fn hottest_address(&self) -> &str {
        &self.people[self.hot[0]].email
    }

    /// What a browser does next to be signed in and fresh, if it is not.
    pub fn settle(&self, client: usize) -> Option<Act> {
        let Client { ref browser, person, stage, ref setup, fresh_at, .. } = self.clients[client];
        let person = &self.people[person];
        let code = |seed: &String| self.world.code(seed, 0);
        let password = person.passwords[person.passwords.len() - 1].clone();
        let fresh = self.world.now.get().0 - fresh_at < 300_000;
        match (stage, setup) {
            (Stage::Login, _) => Some(Act::Login { email: person.email.clone(), password, return_to: "/" }),
            (Stage::Verify, _) => person.seeds.last().map(|seed| Act::Verify { code: code(seed) }),
            (Stage::Enrol, None) => Some(Act::Begin),
            (Stage::Enrol, Some(seed)) => Some(Act::Confirm { code: code(seed), name: String::new() }),
            (Stage::Full, _) if !fresh && (fresh_at == 0 || browser.site == Site::Admin) => {
                Some(Act::Reauth { password, code: person.seeds.last().map(code), purpose: "account" })
            }
            (Stage::Full, _) => None,
        }
    }

    /// Someone who was invited and has no password yet.
    fn welcome(&mut self, id: &str, email: &str, stolen: bool) {
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
            self.add(person, browser, stolen);
        }
    }

    /// The request that this act is.
    pub fn request(&self, who: &Who, act: &Act) -> Request {
        let site = match who {
            Who::Browser(client) | Who::Script(client, _) => self.clients[*client].browser.site,
            Who::Token(_) | Who::Nobody => Site::Admin,
        };
        let (method, path, body) = act.call(site);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        match who {
            Who::Browser(client) => self.clients[*client].browser.request(method, &path, &body),
            Who::Script(client, by) => {
                let mut request = self.clients[*client].browser.request(method, &path, &body);
                let (mode, dest) = if *by == By::Form { ("navigate", "document") } else { ("cors", "empty") };
                set_header(&mut request, "sec-fetch-mode", mode);
                set_header(&mut request, "sec-fetch-dest", dest);
                if *by == By::Form {
                    set_header(&mut request, "accept", "text/html");
                    set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
                    let fields: serde_json::Map<String, Json> = serde_json::from_str(&body).unwrap_or_default();
                    let fields: Vec<(&str, String)> = fields
                        .iter()
                        .map(|(name, value)| {
                            (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                        })
                        .collect();
                    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                    request.body = Body::Whole(form.into_bytes());
                }
                request
            }
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
            Who::Script(i, by) => format!("{by:?} in browser {i}"),
            Who::Token(token) => format!("token {}", &token[..14]),
            Who::Nobody => "nobody".to_owned(),
        }
    }

    /// By what a request is sent, and whether whoever sits there is the person that they say.
    pub fn sender(&self, who: &Who) -> (By, bool) {
        match who {
            Who::Browser(client) => (By::Itself, !self.clients[*client].thief),
            Who::Script(client, by) => (*by, !self.clients[*client].thief),
            Who::Token(_) | Who::Nobody => (By::Itself, true),
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
                    let stolen = matches!(who, Who::Browser(client) if *client == self.rex);
                    self.welcome(body["user"]["id"].as_str().unwrap(), email, stolen);
                }
            }
            (Act::MakeToken { account, .. }, _, Some(token)) => self.tokens.push((token, account.clone())),
            _ => {}
        }
        let (Who::Browser(i) | Who::Script(i, _)) = who else { return };
        // The browser keeps cookies whoever asked; a script of the app is told nothing else.
        if matches!(who, Who::Script(..)) {
            self.clients[*i].browser.keep(response);
            return;
        }
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
            Act::Reauth { purpose: "account", .. } if ok => client.fresh_at = now,
            Act::Login { return_to, .. } if body["next"] == "done" => {
                client.fresh_at = if return_to.starts_with("/auth/") { now } else { 1 };
            }
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
        if let (Act::Join { password: Some(password), .. }, true) = (act, ok) {
            person.passwords.push(password.clone());
        }
    }
}
