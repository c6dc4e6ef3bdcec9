//! Where Airlock's own paths begin, at both Workers.

use std::fmt;

/// The longest, in bytes.
const MAX_BYTES: usize = 64;

/// First segments that others have: Cloudflare, and RFC 8615.
const TAKEN: [&str; 2] = ["cdn-cgi", ".well-known"];

/// What Airlock's own paths begin with: `/auth`, or what the operator says. Every other path is the protected app's, or the
/// admin's.
#[derive(Clone, Debug)]
pub struct Prefix(String);

impl Default for Prefix {
    fn default() -> Self {
        Self("/auth".to_owned())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Prefix {
    /// Checks what the operator says. Only what every server and browser reads alike will do.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let mut segments = text.strip_prefix('/').unwrap_or_default().split('/');
        let sound = segments.all(|segment| !segment.is_empty() && segment.bytes().all(plain));
        let first = text.split('/').nth(1).unwrap_or_default();
        match sound && text.len() <= MAX_BYTES && !TAKEN.contains(&first) {
            true => Ok(Self(text.to_owned())),
            false => Err(
                "is not a path such as /auth or /-/login: small letters, digits, - and _, 64 bytes at most, no / at \
                          the end",
            ),
        }
    }

    /// What follows in one of Airlock's own paths; `None`: it is none.
    pub fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.0).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The path of Airlock's own that ends in `rest`.
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_every_server_reads_alike_may_be_the_prefix() {
        for right in ["/auth", "/a", "/-/sign-in_2", &format!("/{}", "x".repeat(MAX_BYTES - 1))] {
            assert_eq!(Prefix::parse(right).unwrap().path("/login"), format!("{right}/login"));
        }
        let long = format!("/{}", "x".repeat(MAX_BYTES));
        for wrong in [
            "",
            "/",
            "auth",
            "/auth/",
            "//auth",
            "/a//b",
            "/Auth",
            "/a.b",
            "/..",
            "/%61",
            "/a?b",
            "/ä",
            "/cdn-cgi/x",
            &long,
        ] {
            assert!(Prefix::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_is_within_it_by_whole_segments() {
        let prefix = Prefix::parse("/-/login").unwrap();
        for (path, rest) in [
            ("/-/login", Some("")),
            ("/-/login/", Some("/")),
            ("/-/login/verify", Some("/verify")),
            ("/-/logins", None),
            ("/-/LOGIN/verify", None),
            ("/-", None),
            ("/auth/login", None),
        ] {
            assert_eq!(prefix.within(path), rest, "{path}");
        }
    }
}
