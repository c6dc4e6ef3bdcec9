//! The server that mails are handed to, as the operator names it: `smtps://USER:PASSWORD@HOST` or `smtp://…`.

use std::net::{IpAddr, Ipv6Addr};

use zeroize::Zeroizing;

/// The port of SMTP that is TLS from its first byte (RFC 8314 §3.3).
const TLS_PORT: u16 = 465;

/// The port of SMTP that becomes TLS by STARTTLS (RFC 6409).
const PLAIN_PORT: u16 = 587;

/// A server for outgoing mail.
pub struct Server {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: Tls,
    /// Who one is there.
    pub login: Option<Login>,
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// By STARTTLS, and nothing is said without it.
    StartTls,
    /// By STARTTLS where the server has it. Only for one at an address of this very machine, such as 127.0.0.1: what is said
    /// there no network sees.
    Local,
}

/// Who one is to a server.
pub struct Login {
    /// The name.
    pub user: Zeroizing<String>,
    /// What proves it.
    pub password: Zeroizing<String>,
}

impl Server {
    /// Reads the address of one.
    ///
    /// # Errors
    /// What it is not; nothing of it is said.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let not = "is neither smtps://USER:PASSWORD@HOST:465 nor smtp://USER:PASSWORD@HOST:587, user and password \
                   percent-encoded";
        let (implicit, rest) = match url.split_once("://") {
            Some(("smtps", rest)) => (true, rest),
            Some(("smtp", rest)) => (false, rest),
            _ => return Err(not),
        };
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let (host, port) = host_and_port(place.strip_suffix('/').unwrap_or(place)).ok_or(not)?;
        let port = port.unwrap_or(if implicit { TLS_PORT } else { PLAIN_PORT });
        match (implicit, port) {
            (_, 25) => return Err("names port 25, which Workers cannot reach: take 465 (smtps://) or 587 (smtp://)"),
            (false, TLS_PORT) => return Err("names port 465, which is TLS from the start: begin it with smtps://"),
            (true, PLAIN_PORT) => return Err("names port 587, which becomes TLS by STARTTLS: begin it with smtp://"),
            _ => {}
        }
        let tls = match implicit {
            true => Tls::Implicit,
            false if is_this_machine(host) => Tls::Local,
            false => Tls::StartTls,
        };
        let login = login.map(|login| {
            let (user, password) = login.split_once(':')?;
            Some(Login { user: decoded(user)?, password: decoded(password)? })
        });
        let login = match login {
            Some(login) => Some(login.ok_or(not)?),
            None => None,
        };
        Ok(Self { host: host.to_owned(), port, tls, login })
    }
}

fn host_and_port(place: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match place.rsplit_once(':') {
        // The colons in the brackets are the address's.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
        _ => (place, None),
    };
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let known = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(name),
    };
    known.then_some((host, port))
}

fn is_this_machine(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A text percent-decoded (RFC 3986 §2.1), if it has anything, and nothing that would end a line.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| u8::try_from(char::from(byte?).to_digit(16)?).ok();
                digit(rest.next())? << 4 | digit(rest.next())?
            }
            _ => byte,
        });
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    (!text.is_empty() && !text.contains(char::is_control)).then(|| Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_server_is_read_with_its_port_its_tls_and_its_login() {
        for (url, host, port, tls, login) in [
            ("smtps://u:p@mail.example.com", "mail.example.com", 465, Tls::Implicit, Some(("u", "p"))),
            ("smtps://u:p@mail.example.com:2465/", "mail.example.com", 2465, Tls::Implicit, Some(("u", "p"))),
            ("smtp://u:p@mail.example.com", "mail.example.com", 587, Tls::StartTls, Some(("u", "p"))),
            (
                "smtp://a%40b.test:p%3A%2F%25%20%C3%A4:x@h:2525",
                "h",
                2525,
                Tls::StartTls,
                Some(("a@b.test", "p:/% ä:x")),
            ),
            ("smtp://a@b.test:p@ss@h", "h", 587, Tls::StartTls, Some(("a@b.test", "p@ss"))),
            ("smtp://mail.example.com:587", "mail.example.com", 587, Tls::StartTls, None),
            ("smtp://[2001:db8::1]", "[2001:db8::1]", 587, Tls::StartTls, None),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Tls::Local, None),
            ("smtp://localhost:1025", "localhost", 1025, Tls::StartTls, None),
            ("smtp://10.0.0.1:1025", "10.0.0.1", 1025, Tls::StartTls, None),
            ("smtp://[::1]:1025", "[::1]", 1025, Tls::Local, None),
        ] {
            let server = Server::parse(url).map_err(|problem| format!("{url}: {problem}")).unwrap();
            let read = server.login.as_ref().map(|login| (login.user.as_str(), login.password.as_str()));
            assert_eq!((server.host.as_str(), server.port, server.tls, read), (host, port, tls, login), "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_shown() {
        for (url, why) in [
            ("", "is neither"),
            ("mail.secret.test", "is neither"),
            ("https://u:secret@mail.test", "is neither"),
            ("smtps://secret@mail.test", "is neither"),
            ("smtps://u:@mail.test", "is neither"),
            ("smtps://:secret@mail.test", "is neither"),
            ("smtps://u:%zzsecret@mail.test", "is neither"),
            ("smtps://u:secret%2@mail.test", "is neither"),
            ("smtps://u:secret%0d%0aRSET@mail.test", "is neither"),
            ("smtps://u:secret%ff@mail.test", "is neither"),
            ("smtps://u:secret@", "is neither"),
            ("smtps://u:secret@mail.test:port", "is neither"),
            ("smtps://u:secret@mail.test:0", "is neither"),
            ("smtps://u:secret@mail.test:66000", "is neither"),
            ("smtps://u:secret@mail.test/path", "is neither"),
            ("smtps://u:secret@mail.test?x=1", "is neither"),
            ("smtps://u:secret@[::g]", "is neither"),
            ("smtp://u:secret@mail.test:25", "port 25, which Workers cannot reach"),
            ("smtps://u:secret@mail.test:25", "port 25, which Workers cannot reach"),
            ("smtp://u:secret@mail.test:465", "begin it with smtps://"),
            ("smtps://u:secret@mail.test:587", "begin it with smtp://"),
        ] {
            let problem = Server::parse(url).err().unwrap_or_default();
            assert!(problem.contains(why) && !problem.contains("secret"), "{url}: {problem}");
        }
    }
}
