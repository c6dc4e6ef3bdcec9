//! Programs that get past the gate by a token of an account: what such a token opens.

use serde::Deserialize;

use crate::{
    flows::{Prefix, gate::Paths},
    texts::Message,
};

/// What a service token begins with, for people and for those who scan for leaked secrets.
pub const SERVICE_PREFIX: &str = "airlock_svc_";

/// Stands for all methods.
const EVERY_METHOD: &str = "*";

/// Paths, and methods, that one token may name.
pub const NAMED_MAX: usize = 20;

/// Bytes of one path, and of one method.
const PATH_MAX_BYTES: usize = 200;
const METHOD_MAX_BYTES: usize = 32;

/// What a service token opens.
#[derive(Clone, Debug, Deserialize)]
pub struct Opens {
    /// Paths of the app, separated by spaces, as `PUBLIC_PATHS` has them.
    pub paths: String,
    /// Methods, separated by spaces; `*`: all.
    pub methods: String,
}

impl Opens {
    /// Checks what is asked for: paths of the app's, none within the prefix.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(prefix: &Prefix, paths: &[String], methods: &[String]) -> Result<Self, Message> {
        let named = |all: &[String], most_bytes| {
            let fits = |one: &String| !one.is_empty() && one.len() <= most_bytes && !one.contains(char::is_whitespace);
            (1..=NAMED_MAX).contains(&all.len()) && all.iter().all(fits)
        };
        let opens = Self { paths: paths.join(" "), methods: methods.join(" ") };
        let list = Paths::parse_without_methods(&opens.paths).ok();
        if !named(paths, PATH_MAX_BYTES) || list.is_none_or(|list| list.within(prefix).is_some()) {
            return Err(Message::ServicePaths);
        }
        let is_method = |method: &String| method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        let every = methods == [EVERY_METHOD];
        if !(every || named(methods, METHOD_MAX_BYTES) && methods.iter().all(is_method)) {
            return Err(Message::ServiceMethods);
        }
        Ok(opens)
    }

    /// Whether this method, HEAD as GET, on this path is meant for sure. What is not understood opens nothing.
    pub fn surely(&self, method: &str, path: &str) -> bool {
        self.list().is_some_and(|paths| paths.surely_are(method, path))
    }

    /// Whether they are named, whatever else servers may take the path for.
    pub fn name(&self, method: &str, path: &str) -> bool {
        self.list().is_some_and(|paths| paths.name(method, path))
    }

    fn list(&self) -> Option<Paths> {
        let methods = match self.methods.as_str() {
            EVERY_METHOD => String::new(),
            "" => return None,
            methods => methods.replace(' ', ","),
        };
        let list: String = self.paths.split(' ').flat_map(|path| [methods.as_str(), " ", path, " "]).collect();
        Paths::read(&list).ok()
    }
}

/// A program that showed a service token.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// The token's id, by which the app knows the program.
    pub id: String,
    /// What the token is called.
    pub name: String,
    /// The account whose it is.
    pub account_id: String,
    /// That account's name.
    pub account_name: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}
