//! The operator's logo, which stands beside the name of the site.

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
        let named = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%+=&?".contains(&byte);
        let (origin, path) = match text.strip_prefix("https://").and_then(|rest| rest.split_once('/')) {
            Some((host, path)) if !host.is_empty() && named(host) => (format!("https://{host}"), path),
            _ => (edge.to_owned(), text.strip_prefix('/').unwrap_or_default()),
        };
        let sound = !path.is_empty() && !path.starts_with('/') && path.bytes().all(plain);
        match sound && text.len() <= MAX_BYTES {
            true => Ok(Self { src: format!("{origin}/{path}"), origin }),
            false => Err("is neither a path of the app such as /logo.svg nor an https URL"),
        }
    }
}
