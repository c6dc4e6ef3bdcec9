//! Lists of paths in the operator's settings. Servers read odd spellings of a path differently (`%2f`, `//`, `;x`, `.json`),
//! so a path is public only if every server reads it as one that is, and needs a step-up if any reads it as one that does.

use std::collections::BTreeSet;

use super::readings::{decoded, folded, is_script, loose_readings, readings};
use crate::flows;

/// The longest path that is looked for in a list. One that is longer is in none for sure, and may be in any.
pub const PATH_MAX_BYTES: usize = 2 * 1024;

/// Paths: `/health` is that one, `/assets/*` everything below `/assets/`. Where a step-up is asked for, `/settings` is everything
/// below `/settings/` too: what follows a page's name is to many servers its argument.
#[derive(Default)]
pub struct Paths(Vec<Pattern>);

struct Pattern {
    /// Without the `/*`.
    path: String,
    /// All that servers read it as.
    readings: BTreeSet<String>,
    /// Its segments as the most forgiving server reads them.
    page: Vec<String>,
    /// Whether it means what is below.
    below: bool,
    /// Whether its page is a folder's own (`/`, `/docs/index.html`), so that what is below is another page.
    folder: bool,
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
        let public = |reading: &String| self.0.iter().any(|pattern| pattern.reads(reading));
        plain(path)
            && self.0.iter().any(|pattern| pattern.covers(&pattern.path, path))
            && readings(path).is_some_and(|readings| readings.iter().all(public))
    }

    /// Whether the path is among these for anyone who reads it.
    pub fn may_be(&self, path: &str) -> bool {
        let named = |reading: &str| self.0.iter().any(|pattern| pattern.may_be(reading));
        let listed = |reading: &String| named(reading) || loose_readings(reading).any(|reading| named(&reading));
        !self.0.is_empty() && readings(path).is_none_or(|readings| readings.iter().any(listed))
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
        if flows::owns(path) {
            return Err(format!("has {text}, which is not the app's"));
        }
        let mut page: Vec<String> = segments(&folded(&decoded(path))).map(str::to_owned).collect();
        let index = !below && page.last().is_some_and(|last| is_page_itself(last));
        if index {
            page.pop();
        }
        let folder = index || !below && page.is_empty();
        let readings = readings(path).ok_or_else(|| format!("has {text}, which can be read in too many ways"))?;
        Ok(Self { path: path.to_owned(), readings, page, below, folder })
    }

    /// Whether the path is this one, or below it if that is meant.
    fn covers(&self, own: &str, path: &str) -> bool {
        match path.strip_prefix(own) {
            Some(rest) if self.below => rest.starts_with('/'),
            rest => rest == Some(""),
        }
    }

    /// Whether whoever lists this one means what is read so: they know their own server.
    fn reads(&self, reading: &str) -> bool {
        self.readings.iter().any(|own| self.covers(own, reading))
    }

    /// Whether this reading is what is meant, by any of the names that frameworks give a page: with endings (`/settings.json`,
    /// `/settings.en.html`) or, where one is listed, without; and with whatever follows it, for a controller, a script or its data
    /// (`/settings/1`, `/settings.php/x`, `/settings/__data.json`).
    fn may_be(&self, reading: &str) -> bool {
        let mut segments = segments(reading);
        let (mut last, mut shorter) = ("", false);
        let mut page = self.page.iter().peekable();
        while let Some(listed) = page.next() {
            let ends = page.peek().is_none() && !self.below;
            match segments.next() {
                Some(segment) if is_named(listed, segment, ends) => {
                    (last, shorter) = (segment, segment.len() < listed.len() && !is_script(listed));
                }
                _ => return false,
            }
        }
        // What a page without its ending has below it is another page's.
        !self.folder && !shorter || segments.next().is_none_or(|next| stem(last) != last || is_page_itself(next))
    }
}

/// Whether a segment is the one listed, with more endings, or, where that `ends` what is listed, with fewer or more between.
fn is_named(listed: &str, segment: &str, ends: bool) -> bool {
    let extends = |longer: &str, shorter: &str| longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with('.'));
    let ending = listed.strip_prefix(stem(listed)).unwrap_or_default();
    segment == listed
        || extends(segment, listed)
        || ends && (extends(listed, segment) || extends(segment, stem(listed)) && segment.ends_with(ending))
}

/// Whether this, below a page, is the page itself or its data: of folders and controllers, SvelteKit, Nuxt, Gatsby, Qwik,
/// React Router.
fn is_page_itself(segment: &str) -> bool {
    matches!(stem(segment), "index" | "default" | "__data" | "_payload" | "page-data" | "q-data" | "_" | "_root")
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// A segment up to its first dot, but for one that it begins with.
fn stem(segment: &str) -> &str {
    let end = segment.match_indices('.').find(|(at, _)| *at > 0);
    end.and_then(|(at, _)| segment.get(..at)).unwrap_or(segment)
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

    /// Whatever a step-up is asked for as another path is no public one.
    #[test]
    fn no_path_is_public_that_any_server_reads_as_another() {
        let [public, admin] = ["/assets/* /_next/* /pricing /", "/admin"].map(|list| Paths::parse(list).unwrap());
        for path in [
            "/assets/..%20/admin",
            "/assets/..+/admin",
            "/assets/..%a0/admin",
            "/assets/..%e2%80%8b/admin",
            "/assets/..%e0%80%afadmin",
            "/assets/%e0%80%ae%e0%80%ae/admin",
            "/assets/..%f0%80%80%afadmin",
            "/assets/..%ef%bc%8fadmin",
            "/assets/%ef%bc%8e%ef%bc%8e/admin",
            "/assets/%e2%80%a5/admin",
            "/assets/..:/admin",
            "/assets/..!x/admin",
            "/assets/x.php/admin",
            "/_next/data/BUILD/admin.json",
            "/faces/admin.xhtml",
        ] {
            assert!(admin.may_be(path) && !public.surely_are(path), "{path}");
        }
        assert!(!public.surely_are("/_next/data/BUILD/en/admin.json"));
        // Servers that run by its name what is asked for in any folder.
        for path in ["/assets/users.action", "/assets/x/users!save.action", "/assets/elmah.axd", "/assets/Pay.ASHX"] {
            assert!(!public.surely_are(path), "{path}");
            assert!(Paths::parse(path).unwrap().surely_are(path), "{path} is what the operator means");
        }
        let mixed = Paths::parse("/index.action /admin/css/* /shop/*").unwrap();
        assert!(!mixed.surely_are("/admin/css/index.action"), "Struts runs /admin/index.action");
        assert!(!mixed.surely_are("/shop/x.action") && mixed.surely_are("/admin/css/index.css"));
        for path in [
            "/assets/app.min.js",
            "/assets/a%20b.png",
            "/assets/fonts/x.woff2",
            "/assets/caf%C3%A9.png",
            "/assets/%E6%97%A5%E6%9C%AC.svg",
            "/assets/jquery-3.7.1/jquery.js",
            "/assets/v1.2/app.js",
            "/assets/App-BxT_9k~1.css",
            "/assets/chunk(1).js",
            "/assets/@scope/x.js",
            "/assets/a+b.js",
            "/assets/a,b.css",
            "/assets/index.html",
            "/_next/static/chunks/app/%5Bslug%5D/page-5f.js",
            "/_next/image",
            // The data of pages that are public themselves.
            "/_next/data/BUILD/pricing.json",
            "/_next/data/BUILD/index.json",
        ] {
            assert!(public.surely_are(path), "{path}");
        }
        // What the operator writes is what the operator means.
        for listed in ["/v1:batch", "/a!b", "/index.php/feed", "/page-data/app-data.json", "/x(S(1))"] {
            assert!(Paths::parse(listed).unwrap().surely_are(listed), "{listed}");
        }
        assert!(!Paths::parse("/index.php/*").unwrap().surely_are("/index.php/admin"));
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
            // A page's data, as frameworks have it; a session in the path, a method, scripts in front.
            "/_next/data/x7-Q/billing/cards.json",
            "/_next/data/x7-Q/pay.json",
            "/billing/__data.json",
            "/pay/__data.json",
            "/pay/_payload.json",
            "/page-data/pay/page-data.json",
            "/(S(x))/pay",
            "/p(A(1)F(2))ay",
            "/pay!input.action",
            "/index.php5/pay",
            "/app.wsgi/billing/cards",
            "//pay",
            "/x/../pay",
            "/x/%2e%2e/pay",
            "/billing%2fcards",
            "/billing;x/cards",
            // Spaces, dots and streams that Windows drops; bytes that frameworks trim.
            "/pay.",
            "/pay..%20.",
            "/pay%20",
            "/pay/%20",
            "/%20pay",
            "/pay%2e",
            "/pay/%2e",
            "/pay::$DATA",
            "/billing:$i30:$INDEX_ALLOCATION/cards",
            "/pay%09",
            "/p%0aay",
            "/pay%a0",
            "/pay%85",
            "/pay+",
            "/pay%e2%80%8b",
            "/x/..%20/pay",
            // Where others stop.
            "/pay%00",
            "/pay%00.css",
            "/pay%3fx",
            "/pay%23x",
            "/pay;x=1",
            "/x;y/../pay",
            "/x/..;/pay",
            "/pay%3bx",
            // Separators and what becomes one.
            "/%5cpay",
            "/x%5c..%5cpay",
            "\\pay",
            "/x//../../pay",
            "/x//../pay",
            "/billing//",
            "/%2fpay",
            "/x%2f..%2fpay",
            "/x%252f..%252fpay",
            "/x/..%c0%afpay",
            "/x/..%e0%80%afpay",
            "/x/..%ef%bc%8fpay",
            "/x/..%u2215pay",
            "/x/%e2%80%a5/pay",
            // Letters that become ASCII.
            "/%2570ay",
            "/%25252570ay",
            "/%u0070ay",
            "/%c1%b0ay",
            "/%ef%bd%90ay",
            "/%ef%bc%b0ay",
            "/ｐａｙ",
            "/ⓟay",
            "/\u{1d429}ay",
            // Other names of the same page.
            "/pay.json",
            "/pay.html/",
            "/billing.json",
            "/pay/index.html",
            "/pay/Index",
            "/index.php/pay",
            "/public/index.php/billing/cards",
        ] {
            assert!(paths.may_be(path), "{path}");
        }
        for path in ["/", "/payment", "/billings", "/x/pay", "/x%20y", "/pay-me", "/prepay"] {
            assert!(!paths.may_be(path), "{path}");
        }
        // Whatever of this a listed path has itself.
        let odd = Paths::parse("/v1:batch /pay!delete.action /x:y/*").unwrap();
        for path in ["/v1:batch;x=1", "/v1:batch%3Bx", "/pay!delete.action;j=1", "/x:y;a/b", "/x:y/z;a", "/v1:batch/1"]
        {
            assert!(odd.may_be(path), "{path}");
        }
        let paths = Paths::parse("/Se%C3%9F%20ion/* /report.html /tool.php").unwrap();
        for path in ["/se%c3%9f+ion/x", "/report", "/report/", "/report.html;x", "/tool.php/x", "/TOOL.PHP"] {
            assert!(paths.may_be(path), "{path}");
        }
        assert!(paths.may_be("/tool/x"), "Apache finds the script");
        for path in ["/report.css", "/report/x", "/tools.php", "/tools/x"] {
            assert!(!paths.may_be(path), "{path}");
        }
        assert!(!Paths::default().may_be("//"), "nothing needs one");
        assert!(Paths::parse("/*").unwrap().may_be("/any/thing"));
        assert!(Paths::parse("/*").unwrap().may_be("/"));
    }

    /// Whatever follows the name of its script, its endings, and what frameworks have below it.
    #[test]
    fn a_page_needs_a_step_up_by_every_name_that_servers_give_it() {
        let paths = Paths::parse("/ /settings /billing/* /shop/pay /docs/index.html /report.html").unwrap();
        for path in [
            "/settings.php/x",
            "/settings.php/x/y.css",
            "/settings.PHP7/x",
            "/settings.asp/x",
            "/settings.jsp;j=1/x",
            "/settings/index.php/x",
            "/settings/index",
            "/settings/index/1",
            "/settings/Index/1/2",
            "/settings/default.aspx",
            "/settings.json",
            "/settings.x.json",
            "/settings.en.html",
            "/settings.html__data.json",
            "/settings.segments/_tree.segment.rsc",
            "/settings/__data.json",
            "/settings/q-data.json",
            "/settings/index.pageContext.json",
            "/settings/_.data",
            "/settings.data",
            "/page-data/settings/page-data.json",
            "/_next/data/B/settings.json",
            "/billing.x/cards",
            "/billing/cards.en.json/x",
            // The first page itself.
            "/_root.data",
            "/__data.json",
            "/index.html",
            "/_next/data/B/index.json",
            "/page-data/index/page-data.json",
            // In a folder of its own.
            "/shop/index.php/pay",
            "/shop/_next/data/B/pay.json",
            "/shop/page-data/pay/page-data.json",
            // Where an ending is listed.
            "/docs",
            "/docs/",
            "/docs/index.htm",
            "/report",
            "/report.html.gz",
            "/report.en.html",
            "/report.html/x",
        ] {
            assert!(paths.may_be(path), "{path}");
        }
        for script in [
            "php3", "php8", "phtml", "phar", "asp", "aspx", "ashx", "jsp", "jspx", "do", "action", "cgi", "pl", "py",
            "rb",
        ] {
            for path in [format!("/app.{script}/settings"), format!("/shop/X.{}/pay", script.to_uppercase())] {
                assert!(paths.may_be(&path), "{path}");
            }
        }
        for path in [
            "/settings-index",
            "/settingsx.php/x",
            "/x/settings.php",
            "/report.css",
            "/report.css/x",
            "/reports",
            "/docs/x",
            "/shop",
            "/pay",
            "/.settings",
            "/v1.2/settings",
        ] {
            assert!(!paths.may_be(path), "{path}");
        }
    }

    /// What frameworks make of one address, or of several in one.
    #[test]
    fn a_page_needs_a_step_up_wherever_frameworks_have_it() {
        let paths = Paths::parse(
            "/api/trpc/billing.pay /settings /billing/* /report.xhtml /list.jsf /pay.action /elmah.axd /shop/pay.action /shop/report.xhtml",
        );
        let paths = paths.unwrap();
        for path in [
            "/api/trpc/hello,billing.pay",
            "/api/trpc/billing.pay,hello",
            "/api/trpc/a,b,billing.pay,c",
            "/api/trpc/hello%2Cbilling.pay",
            "/_next/data/B/en/settings.json",
            "/_next/data/B/default/billing/cards.json",
            "/_next/data/B/de-CH/settings/index.json",
            "/report.jsf",
            "/report.faces",
            "/faces/report.xhtml",
            "/list.xhtml",
            "/list.faces;jsessionid=1",
            "/faces/list.xhtml",
            "/x/pay.action",
            "/x/y/pay!input.action",
            "/x/Elmah.AXD",
            "/shop/x/pay.action",
            "/shop/x/y/pay!input.action",
            "/shop/faces/report.xhtml",
            "/faces/shop/report.jsf",
            "/settings/1",
            "/settings/x/y",
            "/settings/1.json",
            "//x/settings",
            "///x/settings",
            "/%2fx/settings",
            "//x:443/billing/cards",
            "/index.phpsettings",
            "/app.php5/settings",
            "/index.phpbilling/cards",
            "/shop/index.phpreport.xhtml",
        ] {
            assert!(paths.may_be(path), "{path}");
        }
        assert!(Paths::parse("/").unwrap().may_be("/_next/data/B/en.json"));
        for path in [
            "/api/trpc/hello,world",
            "/api/trpc/billing.payments,hello",
            "/_next/data/B/en/x.json",
            "/_next/data/B/x.json",
            "/reports.jsf",
            "/faces/x.xhtml",
            "/faces/report.png",
            "/x/pay.html",
            "/x/report.xhtml",
        ] {
            assert!(!paths.may_be(path), "{path}");
        }
    }

    #[test]
    fn what_nobody_reads_as_a_listed_path_needs_none_however_odd_it_is() {
        let paths = Paths::parse("/billing/* /settings /a%20b").unwrap();
        for path in [
            "/files/a%2Fb",
            "/x//y",
            "/@scope%2fname",
            "/a;b/c",
            "/~user",
            "/%7Euser",
            "/x\\y",
            "/a%20b%20c",
            "/caf%C3%A9/%E6%97%A5%E6%9C%AC",
            "/100%25",
            "/c%2B%2B",
            "/v1:batch",
            "/x/../y/./z",
            "/notes;v=1/settings-old//x%3Fy%23z",
            "/%zz%",
            "/%c3%28",
            "/.well-known/x",
            "/settingsx/%2e%2e/x",
            "/%F0%9F%92%B3/%2f%2f;%5c",
            "/files/2026.11.29/%5Bdraft%5D%20offer%20(2).pdf",
        ] {
            assert!(!paths.may_be(path), "{path}");
        }
        let route = format!("/match/v1/driving/{}", ["13.388860,52.517037"; 90].join(";"));
        assert!(!paths.may_be(&route) && Paths::parse("/match/*").unwrap().may_be(&route));
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
