//! Lists of paths in the operator's settings. Servers read odd spellings of a path differently (`%2f`, `//`, `;x`), so a
//! path is public only if nobody could read it otherwise, and needs a step-up if anybody could.

use crate::sign_in;

/// Paths: `/health` is that one, `/assets/*` everything below `/assets/`.
#[derive(Default)]
pub struct Paths(Vec<Pattern>);

struct Pattern {
    /// Without the `/*`.
    path: String,
    /// Whether it means what is below.
    below: bool,
}

impl Paths {
    /// Reads a list separated by spaces.
    ///
    /// # Errors
    /// What is wrong with the first that is.
    pub fn parse(list: &str) -> Result<Self, String> {
        list.split_ascii_whitespace().map(Pattern::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a pattern means every path.
    pub fn everything(&self) -> bool {
        self.0.iter().any(|pattern| pattern.path.is_empty())
    }

    /// Whether the path is among these, for everyone who reads it.
    pub fn surely_are(&self, path: &str) -> bool {
        plain(path) && self.0.iter().any(|pattern| pattern.is(path))
    }

    /// Whether the path is among these for anyone who reads it, such as a server that ignores case or a `/` at the end.
    pub fn may_be(&self, path: &str) -> bool {
        let loose = path.trim_end_matches('/').to_ascii_lowercase();
        !self.0.is_empty() && (!plain(path) || self.0.iter().any(|pattern| pattern.may_be(&loose)))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let (path, below) = text.strip_suffix("/*").map_or((text, false), |path| (path, true));
        if !path.starts_with('/') && text != "/*" {
            return Err(format!("has {text}, which does not begin with /"));
        }
        let odd = path.contains(['*', '?', '#', ',']) || below && path.ends_with('/');
        if odd || !plain(path) && text != "/*" {
            return Err(format!("has {text}: write paths as they are sent, with /* at the end for all that is below"));
        }
        if sign_in::owns(path) {
            return Err(format!("has {text}, which is not the app's"));
        }
        Ok(Self { path: path.to_owned(), below })
    }

    fn is(&self, path: &str) -> bool {
        match path.strip_prefix(self.path.as_str()) {
            Some(rest) if self.below => rest.starts_with('/'),
            rest => rest == Some(""),
        }
    }

    /// `loose`: in lower case, without a `/` at its end.
    fn may_be(&self, loose: &str) -> bool {
        match loose.strip_prefix(self.path.trim_end_matches('/').to_ascii_lowercase().as_str()) {
            Some("") => true,
            rest => self.below && rest.is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

/// Whether every server reads the path in the same way: nothing in it to resolve, to decode into a separator or to drop.
fn plain(path: &str) -> bool {
    let mut escapes = path.split('%');
    let clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b';');
    let escaped = |text: &str| {
        let byte = text.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        byte.is_some_and(|byte| match byte {
            b'/' | b'\\' | b'%' | b';' | b'?' | b'#' | b'-' | b'.' | b'_' | b'~' => false,
            // Never in UTF-8, but in spellings of `/` that old decoders took for it.
            0xC0 | 0xC1 | 0xF5.. => false,
            byte => !byte.is_ascii_alphanumeric() && !byte.is_ascii_control(),
        })
    };
    path.starts_with('/')
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && clean(path)
        && escapes.next().is_some()
        && escapes.all(escaped)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_path_is_public_only_as_it_is_written() {
        let paths = Paths::parse("/ /health  /assets/* /a%20b").unwrap();
        for path in ["/", "/health", "/assets/", "/assets/app.css", "/assets/a/b.js", "/assets/%C3%A9.png", "/a%20b"] {
            assert!(paths.surely_are(path), "{path}");
        }
        for path in [
            "/health/",
            "/Health",
            "/healthy",
            "/health/x",
            "/assets",
            "/assetsx",
            "/Assets/app.css",
            "//",
            "//assets/x",
            "/assets//x",
            "/assets/../x",
            "/assets/./x",
            "/assets/..",
            "/assets/..%2fx",
            "/assets/%2e%2e/x",
            "/assets/%2E./x",
            "/assets/x%5c..",
            "/assets/\\x",
            "/assets/x;y",
            "/assets/..;/x",
            "/assets/%3bx",
            "/assets/%252e",
            "/assets/%c0%af",
            "/assets/%0ax",
            "/assets/%00",
            "/assets/%zz",
            "/assets/%2",
            "/assets/%61",
            "/assets/x y",
            "/assets/é",
        ] {
            assert!(!paths.surely_are(path), "{path}");
        }
        assert!(!Paths::default().surely_are("/"));
    }

    #[test]
    fn a_path_needs_a_step_up_however_it_is_written() {
        let paths = Paths::parse("/Pay /billing/*").unwrap();
        for path in [
            "/pay",
            "/PAY",
            "/pay/",
            "/billing",
            "/billing/",
            "/Billing/cards",
            "/billing/cards/",
            "/%70ay",
            "//pay",
            "/x/../pay",
            "/x/%2e%2e/pay",
            "/billing%2fcards",
            "/billing;x/cards",
            "/x\\y",
        ] {
            assert!(paths.may_be(path), "{path}");
        }
        for path in ["/", "/payment", "/billings", "/x/pay", "/x%20y"] {
            assert!(!paths.may_be(path), "{path}");
        }
        assert!(!Paths::default().may_be("//"), "nothing needs one");
        assert!(Paths::parse("/*").unwrap().may_be("/any/thing"));
        assert!(Paths::parse("/*").unwrap().may_be("/"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for list in [
            "health",
            "*",
            "/a*",
            "/a/*/b",
            "/a,/b",
            "/a?b",
            "/a#b",
            "//a",
            "/a//*",
            "/a/../b",
            "/%61",
            "/auth/*",
            "/auth",
            "/auth/login",
            "https://x.test/a",
            "a/*",
        ] {
            assert!(Paths::parse(list).is_err(), "{list}");
        }
        assert!(Paths::parse("/*").unwrap().everything());
        assert!(!Paths::parse("/ /a/*").unwrap().everything());
        assert!(Paths::parse("/a/").unwrap().surely_are("/a/"));
        assert!(!Paths::parse("/a/").unwrap().surely_are("/a"));
    }
}
