//! What a bug does to a form that waits for a proof: it has the keys that this is sealed with.

use airlock::{
    people::session::Site,
    ports::{Fault, Rng, Statement},
    secret::{Sealed, open, seal},
    web::{Body, Request, encoded},
};
use serde_json::Value as Json;

use crate::{World, simulation::oracle::hash};

/// A form that a request brings along.
pub struct Brought {
    /// The session that it is sealed for, and the one that brings it, if that is still known by its token.
    pub session: String,
    pub by: Option<String>,
    /// When it is brought.
    pub now: i64,
    /// The form.
    pub asked: Json,
}

impl Brought {
    /// Seals it for whichever session brings it.
    pub fn take_over(&mut self) {
        if let Some(by) = &self.by {
            self.session.clone_from(by);
        }
    }

    /// Sets a field of the form, if it has one of that name.
    pub fn set(&mut self, name: &str, value: &str) {
        for field in self.asked["fields"].as_array_mut().into_iter().flatten().filter(|field| field[0] == name) {
            field[1] = value.into();
        }
    }
}

type Fields = Vec<(String, String)>;

/// The same form stays the same, however often it is sealed.
struct Still;

impl Rng for Still {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        bytes.fill(0);
        Ok(())
    }
}

/// What waits is sealed for a session.
fn owner(session: &str) -> [&str; 2] {
    ["asked", session]
}

fn site(request: &Request) -> Site {
    if request.host == "app.test" { Site::Edge } else { Site::Admin }
}

/// What a request brings along, and its other fields.
fn brought(world: &World, request: &Request) -> Option<(Brought, Fields)> {
    let Body::Whole(body) = &request.body else { return None };
    let mut fields: Fields = form_urlencoded::parse(body).into_owned().collect();
    let at = fields.iter().position(|(name, _)| name == "asked")?;
    let (_, asked) = fields.remove(at);
    let (key_id, text) = asked.split_once('.')?;
    let sealed = Sealed { text: text.to_owned(), key_id: key_id.to_owned() };
    let site = site(request);
    let token = hash(request.cookie(site.cookie())?, site.token_purpose());
    let sessions = Statement { sql: "SELECT id, token_hash FROM sessions", params: Vec::new() };
    let sessions = world.db.run(vec![sessions]).remove(0).0;
    let id = |row: &serde_json::Map<String, Json>| row["id"].as_str().unwrap_or_default().to_owned();
    let by = sessions.iter().find(|row| row["token_hash"] == *token).map(id);
    let keys = &world.config.borrow()[0].seed_keys;
    let (session, plain) = sessions.iter().map(id).find_map(|id| {
        let plain = open(keys, &owner(&id), &sealed).ok()?;
        Some((id, plain))
    })?;
    let asked = serde_json::from_slice(plain.expose()).ok()?;
    Some((Brought { session, by, now: world.now.get().0, asked }, fields))
}

/// Alters what waits; answers whether there was something.
pub fn altered(world: &World, request: &mut Request, alters: fn(&mut Brought)) -> bool {
    let Some((mut waits, mut fields)) = brought(world, request) else { return false };
    let before = (waits.session.clone(), waits.asked.to_string());
    alters(&mut waits);
    if before == (waits.session.clone(), waits.asked.to_string()) {
        return false;
    }
    let plain = waits.asked.to_string();
    let keys = &world.config.borrow()[0].seed_keys;
    let Sealed { text, key_id } = seal(keys, &Still, &owner(&waits.session), plain.as_bytes()).unwrap();
    fields.push(("asked".to_owned(), format!("{key_id}.{text}")));
    send(request, &fields);
    true
}

/// Sends what waits, in place of its proof; answers whether there was something.
pub fn sent_on(world: &World, request: &mut Request) -> bool {
    let Some((waits, _)) = brought(world, request).filter(|(waits, _)| waits.by.as_ref() == Some(&waits.session))
    else {
        return false;
    };
    let made = format!("sent{}", waits.now);
    let token = request.cookie(site(request).cookie()).unwrap_or_default();
    let key = world.config.borrow()[0].pepper_keys.current().mac("form", &[&made, token]);
    request.path = waits.asked["path"].as_str().unwrap_or_default().to_owned();
    let mut fields: Fields = serde_json::from_value(waits.asked["fields"].clone()).unwrap();
    fields.push(("key".to_owned(), format!("{made}.{key}")));
    send(request, &fields);
    true
}

fn send(request: &mut Request, fields: &Fields) {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    request.body = Body::Whole(encoded(&fields).into_bytes());
}
