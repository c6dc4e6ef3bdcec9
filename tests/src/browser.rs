//! Browsers with cookie jars, and the answers they get.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use airlock::{
    people::session::Site,
    web::{Body, Client, Request, Response},
};
use base64ct::{Base64, Encoding};
use serde_json::json;

use crate::{PASSWORD, World};

/// Basic credentials with this password.
pub fn basic(password: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("any:{password}").as_bytes()))
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
            ..Request::default()
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
        set_header(&mut request, "sec-fetch-dest", "document");
        self.send(&request)
    }

    /// `POST` of a form, as a page sends it.
    pub fn submit(&self, path: &str, form: &str) -> Answer {
        let mut request = self.request("POST", path, form);
        set_header(&mut request, "accept", "text/html");
        set_header(&mut request, "sec-fetch-mode", "navigate");
        set_header(&mut request, "sec-fetch-dest", "document");
        set_header(&mut request, "content-type", "application/x-www-form-urlencoded");
        self.send(&request)
    }

    /// Presses a button of the profile, as a person does: with the key that the page's forms carry.
    pub fn press(&self, path: &str) -> Answer {
        self.press_on("/auth/profile", path)
    }

    /// The same of another page.
    pub fn press_on(&self, page: &str, path: &str) -> Answer {
        self.fill(page, path, "")
    }

    /// Fills a form of a page in and sends it.
    pub fn fill(&self, page: &str, path: &str, form: &str) -> Answer {
        let page = self.open(page).expect(200).0.body;
        self.submit(path, &format!("key={}&{form}", key_in(&page).unwrap_or_default()))
    }

    /// Goes where an answer leads.
    pub fn follow(&self, answer: Answer) -> Answer {
        let answer = answer.expect(303);
        self.open(answer.header("location").unwrap_or_default())
    }

    /// The same browser at another address.
    pub fn at(self, ip: &str) -> Self {
        Self { ip: ip.to_owned(), ..self }
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

/// The product has no copies of what may hold secrets.
pub(crate) fn copy(request: &Request) -> Request {
    let Request { method, host, path, query, headers, body, client, id, form: _ } = request;
    let body = match body {
        Body::Whole(bytes) => Body::Whole(bytes.clone()),
        Body::TooLarge => Body::TooLarge,
    };
    let [method, host, path, query, id] = [method, host, path, query, id].map(String::clone);
    Request {
        method,
        host,
        path,
        query,
        headers: headers.clone(),
        body,
        client: client.clone(),
        id,
        ..Request::default()
    }
}

/// The key that a page's forms carry.
pub fn key_in(page: &str) -> Option<&str> {
    page.split_once("name=\"key\" value=\"").and_then(|(_, rest)| rest.split('"').next())
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

/// Asserts the headers that every answer of ours carries, and the attributes that every cookie has.
#[track_caller]
pub fn assert_secured(response: &Response) {
    let header = |name: &str| response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name), Some(value), "{name}: {response:?}");
    }
    assert!(header("cache-control").is_some(), "{response:?}");
    let csp = header("content-security-policy").unwrap();
    for directive in ["default-src 'none'", "base-uri 'none'", "object-src 'none'"] {
        assert!(csp.contains(directive), "{csp}");
    }
    // What leads on to the app is sent to the page's own address, and the app leads on from there.
    let leads_on =
        response.body.contains("<form method=\"post\">") || response.body.contains("<form method=\"post\" class=");
    assert!(response.body.is_empty() || csp.contains("form-action 'self'") != leads_on, "{csp}");
    // Only what has nothing to press may be shown inside a page of the app.
    let framed = csp.contains("frame-ancestors 'self'");
    assert!(framed || csp.contains("frame-ancestors 'none'"), "{csp}");
    assert_eq!(header("x-frame-options"), Some(if framed { "SAMEORIGIN" } else { "DENY" }));
    assert!(!framed || !response.body.contains("<form"), "{response:?}");
    assert!(!csp.contains("unsafe"));
    assert!(header("access-control-allow-origin").is_none());
    if !response.body.is_empty() {
        assert!(header("content-type").unwrap().ends_with("; charset=utf-8"));
    }
    for (_, cookie) in response.headers.iter().filter(|(name, _)| *name == "set-cookie") {
        assert!(cookie.starts_with("__Host-airlock"), "{cookie}");
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"));
        let session = ["__Host-airlock=", "__Host-airlock-admin="].iter().any(|name| cookie.starts_with(name))
            && !cookie.contains("Max-Age=0");
        assert!(!session || !cookie.contains("Max-Age"), "a session cookie lasts no longer than the browser: {cookie}");
    }
}

/// How often each status came up.
pub fn tally(answers: &[Answer]) -> HashMap<u16, usize> {
    answers.iter().fold(HashMap::new(), |mut tally, answer| {
        *tally.entry(answer.0.status).or_default() += 1;
        tally
    })
}
