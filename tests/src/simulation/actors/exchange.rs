//! How an act is sent by a browser, a script, a form or a program, and what its sender takes in of the answer.

use airlock::people::session::Site;
use airlock::web::{Body, Request, Response};
use serde_json::Value as Json;

use super::{Act, Cast, Stage, Waits, Who};
use crate::{
    basic, set_header,
    simulation::{
        oracle::{By, Job, hash},
        rows::State,
    },
};

/// What a service token begins with.
const SERVICE: &str = "airlock_svc_";

/// What a page shows once.
pub fn shown_in(page: &str) -> Option<&str> {
    page.split_once("id=\"value\">").and_then(|(_, rest)| rest.split('<').next())
}

/// The form that waits on a page that asks for a proof: the one that was sent, or the one that its proof was to be for.
fn waiting(job: &Job, page: &str) -> Option<Waits> {
    let field = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split('"').next()?.replace("&#38;", "&"))
    };
    let (key, asked, return_to) = (field("key")?, field("asked")?, field("return_to")?);
    if let Act::Reauth { waits: Some(waits), .. } = &job.act {
        return Some(Waits { key, asked, return_to, ..(**waits).clone() });
    }
    let (act, form, session) = (job.act.clone(), job.form.clone(), job.own.clone());
    Some(Waits { act, form, session, at: job.now, key, asked, return_to, altered: false })
}

fn leads_to_shown(location: &str) -> bool {
    location.starts_with("/shown?")
}

/// What a browser says as it goes to a page, or sends its form.
fn navigates(request: &mut Request) {
    set_header(request, "accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    set_header(request, "sec-fetch-mode", "navigate");
    set_header(request, "sec-fetch-dest", "document");
}

impl Cast<'_> {
    /// What tells the page from every other that this browser shows, in the tab that someone turns to.
    fn page(&self, client: usize) -> String {
        let sent = self.sent.replace(self.sent.get() + 1);
        let tab = if sent.is_multiple_of(3) { sent } else { 0 };
        format!("browser{client}page{}tab{tab}", self.clients[client].page)
    }

    /// The key of a form on a page of this browser's person, over what it is made beside the session.
    pub(super) fn key(&self, client: usize, beside: Option<&str>) -> String {
        let (made, token) = (self.page(client), self.clients[client].browser.token());
        let parts: Vec<&str> = [made.as_str(), &token].into_iter().chain(beside).collect();
        let mac = self.world.config.borrow()[0].pepper_keys.current().mac("form", &parts);
        format!("{made}.{mac}")
    }

    /// The same request with the cookies of this browser.
    pub fn with_cookies(&self, who: &Who, request: &mut Request) {
        let (Who::Browser(client) | Who::Page(client)) = who else { return };
        let browser = &self.clients[*client].browser;
        let now = browser.request("GET", "/", "");
        set_header(request, "cookie", now.header("cookie").unwrap_or_default());
        request.client = now.client;
    }

    /// The request that this act is.
    pub fn request(&self, who: &Who, act: &Act) -> Request {
        let site = match who {
            Who::Browser(client) | Who::Page(client) | Who::Script(client, _) => self.clients[*client].browser.site,
            Who::Service(_) => Site::Edge,
            Who::Token(_) | Who::Nobody => Site::Admin,
        };
        let (method, path, mut body) = act.call(site);
        if let (Who::Browser(client), Some(bound)) = (who, act.key()) {
            body["key"] = self.key(*client, bound).into();
        }
        // Two of three sign in by the page, the others by a program of theirs.
        if let (Who::Browser(client), Act::Login { .. }) = (who, act)
            && !(self.sent.get() + client).is_multiple_of(3)
        {
            body["form"] = self.page(*client).into();
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut request = match who {
            Who::Browser(client) => self.clients[*client].browser.request(method, &path, &body),
            Who::Page(client) => {
                let browser = &self.clients[*client].browser;
                let Some((path, fields)) = act.form() else {
                    let mut request = browser.request(method, &path, &body);
                    navigates(&mut request);
                    return request;
                };
                let key = match act {
                    Act::Reauth { waits: Some(waits), .. } => waits.key.clone(),
                    _ if site == Site::Edge => self.key(*client, None),
                    _ => self.page(*client),
                };
                let fields = [("key", key)].into_iter().chain(fields);
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let mut request = browser.request("POST", &path, &form);
                navigates(&mut request);
                set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
                request
            }
            Who::Script(client, by) => {
                let mut request = self.clients[*client].browser.request(method, &path, &body);
                set_header(&mut request, "sec-fetch-mode", "cors");
                set_header(&mut request, "sec-fetch-dest", "empty");
                if *by == By::Form {
                    navigates(&mut request);
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
            Who::Service(token) => {
                let mut request = self.world.browser().request(method, &path, &body);
                request.headers.retain(|(name, _)| name != "sec-fetch-site" && name != "cookie");
                set_header(&mut request, "authorization", &basic(token));
                request
            }
            Who::Nobody => self.world.admin().request(method, &path, &body),
        };
        if let Act::StartOver { token, .. } = act {
            // As the link leaves it in the browser.
            let before = request.header("cookie").map(|cookies| format!("{cookies}; ")).unwrap_or_default();
            set_header(&mut request, "cookie", &format!("{before}__Host-airlock-invitation={token}"));
        }
        request
    }

    /// A link that leads there has come to this address.
    fn linked(&mut self, who: &Who, url: &str, email: &str, state: &State) {
        self.links.push((url.rsplit('/').next().unwrap().to_owned(), email.to_owned()));
        if self.people.iter().all(|person| person.email != email)
            && let Some(user) = state.user_at(email)
        {
            let stolen = matches!(who, Who::Browser(client) | Who::Page(client) if *client == self.rex);
            self.welcome(&user.id, email, stolen);
        }
    }

    /// Takes in what a page says, and goes where a form led.
    fn reads(&mut self, client: usize, job: &Job, response: &Response, state: &State) {
        let act = &job.act;
        let location = response.headers.iter().find(|(name, _)| *name == "location").map(|(_, to)| to.as_str());
        match act {
            Act::Invite { account, email, .. } if location.is_some_and(leads_to_shown) => {
                self.invited.insert(client, email.clone());
                self.led.push((Who::Page(client), Act::Shown { account: account.clone() }));
            }
            Act::MakeToken { account, .. } | Act::MakeServiceToken { account, .. }
                if location.is_some_and(leads_to_shown) =>
            {
                self.led.push((Who::Page(client), Act::Shown { account: account.clone() }));
            }
            Act::Shown { account } => match shown_in(&response.body) {
                Some(value) if value.starts_with(SERVICE) => {
                    let hash = hash(value.trim_start_matches(SERVICE), "service token");
                    let id = state.service_tokens.get(&hash).map(|token| token.id.clone());
                    self.service_tokens.extend(id.map(|id| (value.to_owned(), id)));
                }
                Some(value) if value.starts_with("airlock_") => self.tokens.push((value.to_owned(), account.clone())),
                Some(link) => {
                    if let Some(email) = self.invited.get(&client).cloned() {
                        self.linked(&Who::Page(client), link, &email, state);
                    }
                }
                None => {}
            },
            Act::Confirm { .. }
                if response.status == 503
                    || location.is_some_and(|to| !to.starts_with("/auth/login") && !to.starts_with("/auth/enrol")) =>
            {
                let client = &mut self.clients[client];
                self.people[client.person].seeds.extend(client.setup.take());
            }
            Act::Password { new, .. }
                if response.status == 503 || location.is_some_and(|to| to.contains("done=password")) =>
            {
                let person = self.clients[client].person;
                self.people[person].passwords.push(new.clone());
            }
            _ => {}
        }
        let now = self.world.now.get().0;
        let at = client;
        let client = &mut self.clients[client];
        client.page += 1;
        let token = client.browser.token();
        client.browser.keep(response);
        // What waited is done where the session has moved on.
        if client.browser.token() != token {
            client.fresh_at = now;
        }
        client.stage = match location.map(|to| to.split('?').next().unwrap_or_default()) {
            Some("/auth/login") => Stage::Login,
            Some("/auth/verify") => Stage::Verify,
            Some("/auth/enrol") => Stage::Enrol,
            _ => client.stage,
        };
        // The page that asks for a proof.
        if let Some(waits) = waiting(job, &response.body) {
            client.fresh_at = 0;
            self.waiting.push((at, waits));
        }
    }

    /// Takes in what was answered.
    pub fn learn(&mut self, who: &Who, job: &Job, response: &Response, state: &State) {
        let act = &job.act;
        if let Act::RevokeServiceToken { id, .. } = act
            && let Some((token, _)) = self.service_tokens.iter().find(|(_, of)| of == id)
        {
            // Its program has heard nothing of that.
            self.led.push((Who::Service(token.clone()), Act::Program { path: "/reports", method: "GET" }));
        }
        if let Who::Page(client) = who {
            return self.reads(*client, job, response, state);
        }
        let body: Json = serde_json::from_str(&response.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        match (act, text("invite_url"), text("token")) {
            (Act::Invite { email, .. }, Some(url), _) => self.linked(who, &url, email, state),
            (Act::MakeToken { account, .. }, _, Some(token)) => self.tokens.push((token, account.clone())),
            (Act::MakeServiceToken { .. }, _, Some(token)) => {
                self.service_tokens.push((token, text("id").unwrap()));
            }
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
        client.page += 1;
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
            Act::Password { new, .. } | Act::SetPassword { new, .. } if ok || response.status == 503 => {
                person.passwords.push(new.clone())
            }
            Act::Logout if ok => client.stage = Stage::Login,
            _ => {}
        }
        // Whoever reads goes on to read, or to change something, by what the browser has been given.
        if matches!(act, Act::Gate) && ok && client.browser.site == Site::Edge {
            self.led.push((Who::Page(*i), if self.sent.get().is_multiple_of(2) { Act::Save } else { Act::Gate }));
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
        if let (Act::StartOver { password, .. }, true) = (act, ok) {
            (person.seeds, person.codes, client.fresh_at) = (Vec::new(), Vec::new(), 0);
            person.passwords.push(password.clone());
        }
        if let (Act::Join { password: Some(password), .. }, true) = (act, ok) {
            person.passwords.push(password.clone());
        }
    }
}
