//! Headers of the operator's choice that tell the app who a request is from, for apps that take a header and check no
//! signature: `Remote-User=email Remote-Name=name`.

use super::{
    assertion::{Account, Subject},
    headers::HOP_BY_HOP,
};

/// How many there may be.
pub const IDENTITY_HEADERS_MAX: usize = 16;

/// The longest name of one, in bytes.
const NAME_MAX_BYTES: usize = 64;

/// Beginnings of names that already mean something, to the app or on the way there.
const TAKEN: &[&str] = &[
    "accept",
    "access-control-",
    "airlock-",
    "alt-",
    "cf-",
    "content-",
    "cookie",
    "http-",
    "if-",
    "proxy",
    "sec-",
    "x-accel-",
    "x-csrf",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-pr", // `-Prefix` and `-Proto`
    "x-forwarded-s",  // `-Server`, `-Ssl` and `-Scheme`
    "x-forwarded-uri",
    "x-http-",
    "x-invoke-",
    "x-matched-path",
    "x-middleware-",
    "x-original-",
    "x-real-ip",
    "x-requested-with",
    "x-rewrite-",
    "x-sendfile",
    "x-xsrf",
];

/// The same, whole names. Those between two neighbours are refused besides.
const TAKEN_ALONE: &[&str] = &[
    "age",
    "authorization",
    "cache-control",
    "date",
    "depth",
    "destination",
    "early-data",
    "expect",
    "forwarded",
    "from",
    "host",
    "last-event-id",
    "lock-token",
    "max-forwards",
    "origin",
    "overwrite",
    "pragma",
    "priority",
    "range",
    "referer",
    "service-worker",
    "set-cookie",
    "timeout",
    "upgrade",
    "user-agent",
    "via",
];

/// What a header says.
#[derive(Clone, Copy)]
enum Says {
    Sub,
    Email,
    Name,
    Accounts,
    Groups,
}

/// The headers, by their names in lower case: none, unless the operator names some.
#[derive(Default)]
pub struct IdentityHeaders(Vec<(String, Says)>);

impl IdentityHeaders {
    /// Reads a list such as `Remote-User=email Remote-Name=name`.
    ///
    /// # Errors
    /// What is wrong with which entry.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut headers: Vec<(String, Says)> = Vec::new();
        for entry in list.split_ascii_whitespace() {
            let wrong = |problem: &str| Err(format!("has {entry:?}, {problem}"));
            let Some((name, says)) = entry.split_once('=') else {
                return wrong("which is not of the form Remote-User=email");
            };
            let name = name.to_ascii_lowercase();
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !plain || !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.len() > NAME_MAX_BYTES {
                return wrong("and a name has letters, digits and hyphens, and 64 of them at most");
            }
            if TAKEN.iter().any(|start| name.starts_with(start))
                || TAKEN_ALONE.contains(&name.as_str())
                || HOP_BY_HOP.contains(&name.as_str())
            {
                return wrong("a header that already means something");
            }
            if headers.iter().any(|(other, _)| *other == name) {
                return wrong("a header that is named twice");
            }
            let says = match says {
                "sub" => Says::Sub,
                "email" => Says::Email,
                "name" => Says::Name,
                "accounts" => Says::Accounts,
                "groups" => Says::Groups,
                _ => return wrong("and a header says sub, email, name, accounts or groups"),
            };
            headers.push((name, says));
        }
        match headers.len() > IDENTITY_HEADERS_MAX {
            true => Err(format!("names more than {IDENTITY_HEADERS_MAX} headers")),
            false => Ok(Self(headers)),
        }
    }

    /// Whether apps that `read` a header's name so, with `-` for `_` and `.`, take it for one of these.
    pub fn has(&self, read: &str) -> bool {
        self.0.iter().any(|(name, _)| name == read)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The headers about `subject`. What does not fit into one is left out: an app that finds no user lets nobody in, and one
    /// that finds another would be fooled.
    pub fn of(&self, subject: &Subject<'_>) -> Vec<(String, String)> {
        let accounts = subject.accounts.iter();
        let value = |says: Says| match says {
            // As UTF-8, which is what sign-in proxies write there.
            Says::Name => Some(subject.name.to_owned()).filter(|name| !name.chars().any(char::is_control)),
            Says::Sub => visible(subject.sub.to_owned()),
            Says::Email => visible(subject.email?.to_owned()),
            Says::Accounts => visible(accounts.clone().map(|account| account.id).collect::<Vec<_>>().join(",")),
            Says::Groups => {
                let group = |account: &Account<'_>| Some(format!("{}:{}", account.id, account.role?.name()));
                visible(accounts.clone().filter_map(group).collect::<Vec<_>>().join(","))
            }
        };
        self.0.iter().filter_map(|(name, says)| Some((name.clone(), value(*says)?))).collect()
    }
}

/// What everyone reads alike: ASCII without spaces.
fn visible(value: String) -> Option<String> {
    (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())).then_some(value)
}
