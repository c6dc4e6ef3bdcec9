//! The operator's logo, which stands beside the name of the site.

use crate::context::host;

/// The longest address, in bytes.
const MAX_BYTES: usize = 256;

/// Where browsers find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// The whole address.
    pub src: String,
    /// Its origin, the only one besides the page's own that images come from.
    pub origin: String,
}

impl Logo {
    /// Reads a path of the app at `edge`, or an https URL. Nothing in it can end an attribute or a directive.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(text: &str, edge: &str) -> Result<Self, &'static str> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%+=&?:".contains(&byte);
        let https =
            text.strip_prefix("https://").and_then(|rest| rest.find('/')).and_then(|at| text.split_at_checked(8 + at));
        let (origin, path) = https.filter(|(origin, _)| host(origin).is_some()).unwrap_or((edge, text));
        let sound = path.starts_with('/') && path.len() > 1 && !path.starts_with("//");
        match sound && text.len() <= MAX_BYTES && text.bytes().all(plain) {
            true => Ok(Self { src: format!("{origin}{path}"), origin: origin.to_owned() }),
            false => Err("is neither a path of the app such as /logo.svg nor an https URL"),
        }
    }
}
