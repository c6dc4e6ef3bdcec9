//! The two addresses that an app behind the gate has: the one that browsers see, and its own. It is asked under its own, so
//! whatever names the public one is told to it in terms of that, and what it answers is led back.

use crate::{context::host_name, flows::Prefix};

/// Headers of a request that may name where it was sent from, or what it is about (WebDAV: RFC 4918 §10.3).
const ASKED: [&str; 3] = ["origin", "referer", "destination"];

/// Headers of an answer that may name the app's own address.
pub const ANSWERED: [&str; 5] = ["location", "content-location", "refresh", "link", "set-cookie"];

/// How `/` is written in a header.
const PLAIN: &[&str] = &["/"];

/// And in an attribute: some escape it (Mustache, Tera, validators).
const ESCAPED: &[&str] = &["/", "&#x2F;", "&#x2f;", "&#47;", "&sol;"];

/// Both, as origins: scheme, host and port.
#[derive(Clone)]
pub struct Addresses {
    public: String,
    own: String,
}

impl Addresses {
    /// Of an app that browsers see at the one, and Airlock at the other.
    pub fn new(public: &str, own: &str) -> Self {
        Self { public: public.to_owned(), own: own.to_owned() }
    }

    /// What the app gets in place of a request's header, if it is something else; empty: nothing. Only what names the public
    /// origin to the letter, as browsers write it, becomes the app's own, and nothing else is ever told to be: whatever is
    /// foreign stays so, and the app's own defence against forged requests goes on.
    pub fn asked(&self, name: &str, value: &str) -> Option<String> {
        let own = match name {
            "if" => value.split('<').any(|part| self.of_public(part, PLAIN).is_some()),
            name if ASKED.contains(&name) => self.of_public(value, PLAIN).is_some(),
            _ => return None,
        };
        match name {
            // A page that is at the app's own address, beside the gate.
            "origin" if own => Some("null".to_owned()),
            _ if own => Some(String::new()),
            "if" => self.in_brackets(value, |address| self.of_own(address)),
            _ => self.of_own(value),
        }
    }

    /// What browsers get in place of an answer's header, if it is something else.
    pub fn answered(&self, name: &str, value: &str) -> Option<String> {
        match name {
            "link" => self.in_brackets(value, |address| self.of_public(address, PLAIN)),
            "refresh" => self.refresh(value, PLAIN),
            "set-cookie" => self.cookie(value),
            "location" | "content-location" => self.of_public(value, PLAIN),
            _ => None,
        }
    }

    /// Whether there is anything to lead back.
    pub fn differ(&self) -> bool {
        self.own != self.public
    }

    /// The most bytes that the app's own takes.
    pub fn longest(&self) -> usize {
        self.own.len()
    }

    /// What a page gets in place of the `start` of an attribute's value as it is spelled there, if it is something else.
    /// `refresh`: it says when to go where, as the header does. `whole`: nothing comes after it.
    pub fn in_page(&self, refresh: bool, start: &str, whole: bool) -> Option<String> {
        let led = if refresh { self.refresh(start, ESCAPED) } else { self.of_public(start, ESCAPED) };
        // What comes after may go on with the name of the host, or with its port.
        led.filter(|led| whole || !led.ends_with(&self.public))
    }

    fn of_own(&self, address: &str) -> Option<String> {
        let rest = address.strip_prefix(&self.public).filter(|rest| begins_path(rest))?;
        self.differ().then(|| format!("{}{rest}", self.own))
    }

    /// An app may not know by which scheme it is reached: where a proxy before it ends TLS, it is another one.
    fn of_public(&self, address: &str, slashes: &[&str]) -> Option<String> {
        let after_slash = |text| slashes.iter().find_map(|slash| str::strip_prefix(text, slash));
        let address = address.trim_ascii_start();
        let (scheme, after) = address.split_at(address.find(['/', '&'])?);
        let after = after_slash(after_slash(after)?)?;
        let (authority, rest) = after.split_at(after.find(['/', '?', '#', '\\', '&']).unwrap_or(after.len()));
        let scheme = scheme.to_ascii_lowercase();
        let own = match scheme.as_str() {
            "https:" | "http:" => same_host(authority, &self.own, &scheme),
            "" => ["https:", "http:"].iter().any(|scheme| same_host(authority, &self.own, scheme)),
            _ => false,
        };
        let own = own && (!rest.starts_with('&') || after_slash(rest).is_some());
        (own && self.differ()).then(|| format!("{}{rest}", self.public))
    }

    /// Each `<address>` of a list (RFC 8288 §3, RFC 4918 §10.4) in the terms of `other`.
    fn in_brackets(&self, value: &str, other: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut changed = false;
        let mut parts = value.split('<');
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (address, after) = part.split_once('>').unwrap_or((part, ""));
            told.push('<');
            match other(address).filter(|_| part.contains('>')) {
                Some(address) => {
                    changed = true;
                    told.push_str(&address);
                    told.push('>');
                    told.push_str(after);
                }
                None => told.push_str(part),
            }
        }
        changed.then_some(told)
    }

    /// `0; url=http://…` (WHATWG HTML, shared declarative refresh steps).
    fn refresh(&self, value: &str, slashes: &[&str]) -> Option<String> {
        let (seconds, rest) = value.split_at(value.find([';', ','])?);
        let (_, rest) = rest.split_at_checked(1)?;
        if !seconds.bytes().all(|byte| byte.is_ascii_digit() || b". \t\r\n".contains(&byte)) {
            return None;
        }
        let named = rest.trim_ascii_start();
        let named = match named.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url")) {
            true => named.get(3..).and_then(|rest| rest.trim_ascii_start().strip_prefix('=')).unwrap_or(named),
            false => named,
        };
        let named = named.trim_ascii_start();
        let address = named.trim_start_matches(['"', '\'']);
        let before = value.strip_suffix(address)?;
        let quoted = address.find(['"', '\'']).filter(|_| address.len() < named.len()).unwrap_or(address.len());
        let (address, after) = address.split_at_checked(quoted)?;
        Some(format!("{before}{}{after}", self.of_public(address, slashes)?))
    }

    /// A cookie for the app's own host, or for one above that, is one for the public host alone.
    fn cookie(&self, value: &str) -> Option<String> {
        let [public, own] = [&self.public, &self.own].map(|origin| host_name(origin));
        let foreign = |attribute: &str| {
            let domain = attribute.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("domain"));
            let domain = domain.map(|(_, domain)| domain.trim().trim_start_matches('.'));
            domain.is_some_and(|domain| within(own, domain) && !within(public, domain))
        };
        let mut parts = value.split(';');
        let pair = parts.next()?;
        let (taken, kept): (Vec<&str>, Vec<&str>) = parts.partition(|attribute| foreign(attribute));
        (!taken.is_empty()).then(|| std::iter::once(pair).chain(kept).collect::<Vec<_>>().join(";"))
    }
}

/// The page that a request says it was sent from, as the app may know it: of Airlock's own only that it is one, for a link in
/// its address may be a secret.
pub fn referer(origin: &str, prefix: &Prefix, referer: &str) -> Option<String> {
    let path = referer.strip_prefix(origin)?.split(['?', '#']).next()?;
    prefix.within(path).map(|_| format!("{origin}/"))
}

/// Whether an address may go on so after its origin.
fn begins_path(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

/// Whether host and port are those of `origin`, for a client that asks by `scheme`. By the other scheme they may be as well,
/// if neither names a port.
fn same_host(authority: &str, origin: &str, scheme: &str) -> bool {
    let (own_scheme, own) = origin.split_once("//").unwrap_or_default();
    without_port(authority, scheme).eq_ignore_ascii_case(without_port(own, own_scheme))
}

/// Host and port, without a port that goes without saying.
fn without_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    authority.strip_suffix(if scheme == "https:" { ":443" } else { ":80" }).unwrap_or(authority)
}

/// Whether browsers write an origin so (RFC 6454 §6.1): apps compare what they get with what they know, to the letter.
pub fn is_canonical(origin: &str) -> bool {
    let (scheme, authority) = origin.split_once("//").unwrap_or_default();
    let plain = !origin.bytes().any(|byte| byte.is_ascii_uppercase() || matches!(byte, b'@' | b'\\'));
    plain && without_port(authority, scheme) == authority
}

/// Whether a cookie for `domain` is sent to `host` (RFC 6265 §5.1.3).
fn within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let above = host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.') || rest.is_empty());
    !domain.is_empty() && above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses::new("https://app.test", "http://10.0.0.7:9213")
    }

    #[test]
    fn the_app_is_asked_under_its_own_address_by_its_own_pages_alone() {
        for (name, value, becomes) in [
            ("origin", "https://app.test", Some("http://10.0.0.7:9213")),
            ("origin", "null", None),
            ("origin", "https://evil.test", None),
            ("origin", "https://app.test.evil.test", None),
            ("origin", "https://app.test:444", None),
            ("origin", "http://app.test", None),
            ("origin", "https://APP.test", None),
            ("origin", "https://app.test, https://evil.test", None),
            // Beside the gate.
            ("origin", "http://10.0.0.7:9213", Some("null")),
            ("origin", "HTTPS://10.0.0.7:9213", Some("null")),
            ("referer", "http://10.0.0.7:9213/a", Some("")),
            ("destination", "http://10.0.0.7:9213/a", Some("")),
            ("if", "<https://app.test/l> (<opaque:1>) <http://10.0.0.7:9213/> (Not <DAV:no-lock>)", Some("")),
            ("referer", "https://app.test/a?b=https://app.test/", Some("http://10.0.0.7:9213/a?b=https://app.test/")),
            ("referer", "https://app.test.evil.test/a", None),
            ("referer", "https://app.test@evil.test/a", None),
            ("destination", "https://app.test/dav/b", Some("http://10.0.0.7:9213/dav/b")),
            ("destination", "/dav/b", None),
            (
                "if",
                "<https://app.test/l> (<opaque:1>) <https://x.test/> (Not <DAV:no-lock>)",
                Some("<http://10.0.0.7:9213/l> (<opaque:1>) <https://x.test/> (Not <DAV:no-lock>)"),
            ),
            ("if", "(<opaque:1>)", None),
            ("x-own", "https://app.test", None),
        ] {
            assert_eq!(addresses().asked(name, value).as_deref(), becomes, "{name}: {value}");
        }
    }

    #[test]
    fn what_names_the_apps_own_address_is_led_back() {
        for (name, value, becomes) in [
            ("location", "http://10.0.0.7:9213/sub/?a=1#b", Some("https://app.test/sub/?a=1#b")),
            ("location", "http://10.0.0.7:9213", Some("https://app.test")),
            ("location", "HTTPS://10.0.0.7:9213/x", Some("https://app.test/x")),
            ("location", "//10.0.0.7:9213/x", Some("https://app.test/x")),
            ("location", "http://10.0.0.7/x", None),
            ("location", "http://10.0.0.7:92133/x", None),
            ("location", "http://10.0.0.7:9213@evil.test/x", None),
            ("location", "http://10.0.0.7:9213.evil.test/x", None),
            ("location", "http://evil.test/http://10.0.0.7:9213/", None),
            ("location", "ftp://10.0.0.7:9213/x", None),
            ("location", "/sub/", None),
            ("location", "sub//10.0.0.7:9213/", None),
            ("content-location", "http://10.0.0.7:9213/a", Some("https://app.test/a")),
            ("refresh", "5", None),
            ("refresh", "5; url=/x", None),
            ("refresh", "as here; http://10.0.0.7:9213/x", None),
            ("refresh", "5; url=http://10.0.0.7:9213/x", Some("5; url=https://app.test/x")),
            ("refresh", "0;URL = 'http://10.0.0.7:9213/x'", Some("0;URL = 'https://app.test/x'")),
            ("refresh", "0; url='http://10.0.0.7:9213'", Some("0; url='https://app.test'")),
            ("refresh", "0, http://10.0.0.7:9213/x", Some("0, https://app.test/x")),
            (
                "link",
                "<http://10.0.0.7:9213/a?b=c,d>; rel=\"next\", <https://x.test/>; rel=prev, </e>; rel=\"x\"",
                Some("<https://app.test/a?b=c,d>; rel=\"next\", <https://x.test/>; rel=prev, </e>; rel=\"x\""),
            ),
            ("link", "<http://10.0.0.7:9213/a", None),
            ("x-own", "http://10.0.0.7:9213/", None),
        ] {
            assert_eq!(addresses().answered(name, value).as_deref(), becomes, "{name}: {value}");
        }
    }

    #[test]
    fn a_port_that_goes_without_saying_makes_no_other_address() {
        let of = |own: &str, location: &str| Addresses::new("https://app.test", own).answered("location", location);
        for (own, location, led) in [
            ("https://app.internal", "http://app.internal/x", true),
            ("https://app.internal", "https://app.internal:443/x", true),
            ("http://app.internal:80", "http://App.Internal/x", true),
            ("https://app.internal:8443", "https://app.internal/x", false),
            ("https://app.internal", "https://app.internal:80/x", false),
        ] {
            assert_eq!(of(own, location).is_some(), led, "{own}: {location}");
        }
        let bound = Addresses::new("https://app.test", "https://app.test");
        assert_eq!(bound.answered("location", "https://app.test/x"), None);
        assert_eq!(bound.asked("origin", "https://app.test"), None);
    }

    #[test]
    fn a_cookie_for_the_apps_own_host_is_one_for_the_public_host_alone() {
        let addresses = Addresses::new("https://app.example.com", "https://origin.example.com:8443");
        for (cookie, becomes) in [
            ("a=b; Path=/; Domain=origin.example.com; Secure", Some("a=b; Path=/; Secure")),
            ("a=b; domain = .Origin.Example.com", Some("a=b")),
            ("a=b; Domain=example.com; Secure", None),
            ("a=b; Domain=evil.test", None),
            ("domain=origin.example.com; Path=/", None),
            ("a=b; Domain=", None),
            ("a=b; Domain=n.example.com", None),
        ] {
            assert_eq!(addresses.answered("set-cookie", cookie).as_deref(), becomes, "{cookie}");
        }
        assert_eq!(
            Addresses::new("https://app.test", "http://app.internal:80").answered("set-cookie", "a=b; domain=internal"),
            Some("a=b".to_owned())
        );
    }

    #[test]
    fn the_link_of_an_invitation_is_not_told_to_the_app() {
        for (page, told) in [
            ("https://app.test/auth/invite/secret", Some("https://app.test/")),
            ("https://app.test/auth/login?return_to=/auth/invite/secret", Some("https://app.test/")),
            ("https://app.test/auth", Some("https://app.test/")),
            ("https://app.test/authors/1", None),
            ("https://evil.test/auth/invite/secret", None),
            ("https://app.test", None),
        ] {
            assert_eq!(referer("https://app.test", &Prefix::default(), page).as_deref(), told, "{page}");
        }
    }
}
