//! How an act is sent by a browser, a script, a form or a program, and what its sender takes in of the answer.

use airlock::people::session::Site;
use airlock::web::{Body, Request, Response};
use serde_json::Value as Json;

use super::{Act, Cast, Client, Stage, Who};
use crate::{basic, set_header, simulation::oracle::By};

impl Cast<'_> {
    /// The request that this act is.
    pub fn request(&self, who: &Who, act: &Act) -> Request {
        let site = match who {
            Who::Browser(client) | Who::Script(client, _) => self.clients[*client].browser.site,
            Who::Service(_) => Site::Edge,
            Who::Token(_) | Who::Nobody => Site::Admin,
        };
        let (method, path, mut body) = act.call(site);
        if let (Who::Browser(client), Some(bound)) = (who, act.key()) {
            let Client { browser, page, .. } = &self.clients[*client];
            let sent = self.sent.replace(self.sent.get() + 1);
            let tab = if sent.is_multiple_of(3) { sent } else { 0 };
            let (made, token) = (format!("page{page}tab{tab}"), browser.token());
            let parts: Vec<&str> = [made.as_str(), &token].into_iter().chain(bound).collect();
            let mac = self.world.config.borrow()[0].pepper_keys.current().mac("form", &parts);
            body["key"] = format!("{made}.{mac}").into();
        }
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
            Who::Service(token) => {
                let mut request = self.world.browser().request(method, &path, &body);
                request.headers.retain(|(name, _)| name != "sec-fetch-site" && name != "cookie");
                set_header(&mut request, "authorization", &basic(token));
                request
            }
            Who::Nobody => self.world.admin().request(method, &path, &body),
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
