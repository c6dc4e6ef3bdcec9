//! A mail over SMTP, by a server that does as it is told: whatever it does and wherever, what became of the mail is known or
//! counts as not known, and it is said without a word of the server's.

use std::{
    collections::VecDeque,
    future::{pending, ready},
};

use airlock::{
    jobs,
    mail::{Mail, Mailbox, Server, smtp},
    ports::{Delivery, LocalFuture, Now, Wire},
};

const IMPLICIT: &str = "smtps://airlock:s3cret-pass@mail.test";
const START_TLS: &str = "smtp://airlock:s3cret-pass@mail.test";
const LOCAL: &str = "smtp://127.0.0.1:1025";

/// What the server does next.
enum Does {
    Says(String),
    Nothing,
    Leaves,
    TakesNothing,
}
use Does::{Leaves, Nothing, TakesNothing};

fn says(text: &str) -> Does {
    Does::Says(text.to_owned())
}

/// A server that answers what stands in its script, and what it was told.
#[derive(Default)]
struct Script {
    script: VecDeque<Does>,
    told: Vec<u8>,
    secured_after: Option<usize>,
}

impl Wire for Script {
    fn read(&mut self) -> LocalFuture<'_, Option<Vec<u8>>> {
        match self.script.pop_front() {
            Some(Does::Says(text)) => Box::pin(ready(Some(text.into_bytes()))),
            Some(Nothing) => Box::pin(pending()),
            Some(Leaves | TakesNothing) | None => Box::pin(ready(None)),
        }
    }

    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Option<()>> {
        if let Some(TakesNothing) = self.script.front() {
            return Box::pin(ready(None));
        }
        self.told.extend_from_slice(bytes);
        Box::pin(ready(Some(())))
    }

    fn start_tls(&mut self) -> LocalFuture<'_, Option<()>> {
        self.secured_after = Some(self.told.len());
        Box::pin(ready(Some(())))
    }
}

/// Hands a mail to a server with this script, at this address. A server that does nothing has run into the deadline.
fn send(url: &str, script: Vec<Does>) -> (Delivery, Script) {
    send_to(url, "mia@acme.test", script)
}

fn send_to(url: &str, to: &str, script: Vec<Does>) -> (Delivery, Script) {
    let mut wire = Script { script: script.into(), ..Script::default() };
    let from = Mailbox::parse("Airlock <login@app.test>").unwrap();
    let (text, html) = (".\r\n..\r\n.hidden\r\nend".to_owned(), "<p>.</p>".to_owned());
    let at = Now(1_800_000_000_000);
    let mail = Mail { from: &from, to, message_id: "m1@app.test".to_owned(), at, subject: "Hello", text, html };
    let server = Server::parse(url).unwrap();
    let delivery = pollster::block_on(smtp::send(&mut wire, Box::pin(ready(())), &server, "app.test", &mail));
    (delivery, wire)
}

impl Script {
    fn told(&self) -> String {
        String::from_utf8(self.told.clone()).unwrap()
    }
}

const EHLO: &str = "250-mail.test\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n";

/// All that a server says to a mail it takes, TLS being there from the start, and what is said of an attempt that ends at each.
fn taken() -> Vec<(Does, &'static str)> {
    vec![
        (says("220 mail.test ESMTP\r\n"), "connecting"),
        (says(EHLO), "EHLO"),
        (says("235 2.7.0 welcome\r\n"), "AUTH"),
        (says("250 2.1.0 ok\r\n"), "MAIL"),
        (says("250 2.1.5 ok\r\n"), "RCPT"),
        (says("354 go on\r\n"), "DATA"),
        (says("250 2.0.0 queued as 17\r\n"), "the whole message"),
    ]
}

/// The script up to a point, where something else happens.
fn but(at: usize, does: Does) -> Vec<Does> {
    taken().into_iter().take(at).map(|(does, _)| does).chain([does]).collect()
}

fn fate(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Taken => "taken",
        Delivery::Refused(_) => "refused",
        Delivery::NotYet(_) => "not yet",
        Delivery::Unanswered(_) => "unanswered",
    }
}

fn why(delivery: &Delivery) -> &str {
    match delivery {
        Delivery::Taken => "",
        Delivery::Refused(why) | Delivery::NotYet(why) | Delivery::Unanswered(why) => why,
    }
}

#[test]
fn a_mail_is_handed_over_line_by_line_with_its_dots_doubled() {
    let (delivery, wire) = send(IMPLICIT, taken().into_iter().map(|(does, _)| does).collect());
    assert_eq!(delivery, Delivery::Taken);
    let told = wire.told();
    let (commands, message) = told.split_once("DATA\r\n").unwrap();
    assert_eq!(
        commands,
        "EHLO app.test\r\nAUTH PLAIN AGFpcmxvY2sAczNjcmV0LXBhc3M=\r\nMAIL FROM:<login@app.test>\r\nRCPT TO:<mia@acme.test>\r\n"
    );
    let message = message.strip_suffix("\r\n.\r\nQUIT\r\n").unwrap();
    assert!(message.contains("Message-ID: <m1@app.test>"), "{message}");
    assert!(!message.lines().any(|line| line == "."), "{message}");
    let body: Vec<_> = message.lines().filter(|line| line.starts_with('.')).collect();
    assert!(body.iter().all(|line| line.starts_with("..")), "{body:?}");
    assert!(wire.secured_after.is_none());
}

/// Nothing of a login, no address and no message goes out before TLS.
#[test]
fn over_a_plain_port_nothing_is_said_before_tls() {
    let hello = "250-mail.test\r\n250 STARTTLS\r\n";
    let mut script: Vec<_> = taken().into_iter().map(|(does, _)| does).collect();
    script.splice(1..1, [says(hello), says("220 2.0.0 ready\r\n")]);
    let (delivery, wire) = send(START_TLS, script);
    assert_eq!(delivery, Delivery::Taken);
    let (before, after) = wire.told.split_at(wire.secured_after.unwrap());
    assert_eq!(before, b"EHLO app.test\r\nSTARTTLS\r\n");
    assert!(after.starts_with(b"EHLO app.test\r\nAUTH PLAIN "));

    for (script, said) in [
        (vec![says("220 hi\r\n"), says(EHLO)], "no STARTTLS after EHLO"),
        (vec![says("220 hi\r\n"), says(hello), says("454 4.7.0 not now\r\n")], "454 4.7.0 after STARTTLS"),
        (vec![says("220 hi\r\n"), says(hello), says("502 no\r\n")], "502 after STARTTLS"),
        // Said by whoever is in between, to be taken for the server's own answer under TLS.
        (vec![says("220 hi\r\n"), says(hello), says("220 go\r\n250 AUTH PLAIN\r\n")], "two answers after STARTTLS"),
        (vec![says("220 hi\r\n"), says(hello), says("220 go\r\n"), Leaves], "connection lost after STARTTLS"),
    ] {
        let (delivery, wire) = send(START_TLS, script);
        assert_eq!(delivery, Delivery::NotYet(said.to_owned()));
        assert!(!wire.told().contains("AUTH") && !wire.told().contains("MAIL"), "{}", wire.told());
    }
}

#[test]
fn on_this_machine_tls_is_taken_where_it_is_offered() {
    let script = |from: usize| taken().into_iter().skip(from).map(|(does, _)| does);
    let plain = [says("220 hi\r\n"), says("250 hi\r\n")].into_iter().chain(script(3)).collect();
    let (delivery, wire) = send(LOCAL, plain);
    assert_eq!((delivery, wire.secured_after), (Delivery::Taken, None));
    let offered = [says("220 hi\r\n"), says("250-hi\r\n250 STARTTLS\r\n"), says("220 go\r\n"), says("250 hi\r\n")];
    let (delivery, wire) = send(LOCAL, offered.into_iter().chain(script(3)).collect());
    assert_eq!(delivery, Delivery::Taken);
    assert!(wire.secured_after.is_some());
}

#[test]
fn a_login_goes_by_what_the_server_offers() {
    let login = "250-mail.test\r\n250 auth=login\r\n";
    let mut script: Vec<_> = taken().into_iter().map(|(does, _)| does).collect();
    script.splice(1..3, [says(login), says("334 VXNlcm5hbWU6\r\n"), says("334 UGFzc3dvcmQ6\r\n"), says("235 ok\r\n")]);
    let (delivery, wire) = send(IMPLICIT, script);
    assert_eq!(delivery, Delivery::Taken);
    assert!(wire.told().contains("AUTH LOGIN\r\nYWlybG9jaw==\r\nczNjcmV0LXBhc3M=\r\nMAIL"), "{}", wire.told());
    let (delivery, _) = send(IMPLICIT, vec![says("220 hi\r\n"), says("250-x\r\n250 AUTH XOAUTH2\r\n")]);
    assert_eq!(delivery, Delivery::NotYet("neither AUTH PLAIN nor AUTH LOGIN after EHLO".to_owned()));
}

/// Until the message has ended nothing was taken; from then on it may have been.
#[test]
fn wherever_the_server_falls_silent_or_leaves() {
    for (at, (_, step)) in taken().iter().enumerate() {
        let last = *step == "the whole message";
        for (does, what) in [(Nothing, "no answer"), (Leaves, "connection lost")] {
            let (delivery, _) = send(IMPLICIT, but(at, does));
            assert_eq!(fate(&delivery), if last { "unanswered" } else { "not yet" }, "{step}: {what}");
            assert_eq!(why(&delivery), format!("{what} after {step}"));
        }
    }
    let (delivery, _) = send(IMPLICIT, but(6, TakesNothing));
    assert_eq!(delivery, Delivery::NotYet("connection lost after half the message".to_owned()));
    let (delivery, _) = send(IMPLICIT, but(3, TakesNothing));
    assert_eq!(delivery, Delivery::NotYet("connection lost after MAIL".to_owned()));
}

/// What the mail is refused for ends it; what the operator is refused for does not.
#[test]
fn wherever_the_server_refuses() {
    let numbers = [("421 4.7.0", ["not yet"; 7]), ("450 4.2.0", ["not yet"; 7])];
    let of_the_mail = ["not yet", "not yet", "not yet", "not yet", "refused", "refused", "refused"];
    let permanent = ["550 5.1.1", "554 5.7.1", "500 5.5.1", "599 5.0.0"].map(|number| (number, of_the_mail));
    let of_the_login = ["530 5.7.0", "535 5.7.8"].map(|number| (number, ["not yet"; 7]));
    for (number, fates) in numbers.into_iter().chain(permanent).chain(of_the_login) {
        for ((at, (_, step)), expected) in taken().iter().enumerate().zip(fates) {
            let words = format!("{number} <mia@acme.test> s3cret-pass unknown here\r\n");
            let (delivery, wire) = send(IMPLICIT, but(at, says(&words)));
            assert_eq!((fate(&delivery), why(&delivery)), (expected, format!("{number} after {step}").as_str()));
            assert!(wire.told().ends_with("QUIT\r\n"));
        }
    }
}

#[test]
fn wherever_the_server_says_what_is_no_answer() {
    let long = format!("250 {}\r\n", "x".repeat(5_000));
    let (many, endless) = ("250-x\r\n".repeat(101), "x".repeat(5_000));
    for (at, (_, step)) in taken().iter().enumerate() {
        let last = *step == "the whole message";
        for (garbage, what) in [
            ("\r\n", "no answer of SMTP"),
            ("hello\r\n", "no answer of SMTP"),
            ("25\r\n", "no answer of SMTP"),
            ("2500 ok\r\n", "no answer of SMTP"),
            ("150 wait\r\n", "no answer of SMTP"),
            ("999 ok\r\n", "no answer of SMTP"),
            ("250-ok\r\n450 ok\r\n", "no answer of SMTP"),
            ("\u{2502}\u{2502} ok\r\n", "no answer of SMTP"),
            (&long, "too long an answer"),
            (&many, "too long an answer"),
            (&endless, "too long an answer"),
        ] {
            let (delivery, _) = send(IMPLICIT, but(at, says(garbage)));
            assert_eq!(fate(&delivery), if last { "unanswered" } else { "not yet" }, "{step}: {garbage:?}");
            assert_eq!(why(&delivery), format!("{what} after {step}"));
        }
        // An answer of another kind than the one that goes on.
        let (other, number) = if *step == "DATA" { ("250 ok\r\n", "250") } else { ("354 go on\r\n", "354") };
        let (delivery, _) = send(IMPLICIT, but(at, says(other)));
        assert_eq!(fate(&delivery), if last { "unanswered" } else { "not yet" }, "{step}");
        assert_eq!(why(&delivery), format!("{number} after {step}"));
    }
}

/// Else its second answer would be taken for that to the next line: to the message, in the end.
#[test]
fn a_server_that_answers_twice_is_not_believed() {
    for (at, (does, step)) in taken().into_iter().enumerate() {
        let Does::Says(text) = does else { panic!("it says something") };
        let (delivery, _) = send(IMPLICIT, but(at, says(&format!("{text}250 2.0.0 queued\r\n"))));
        match step {
            "the whole message" => assert_eq!(delivery, Delivery::Taken),
            _ => assert_eq!(delivery, Delivery::NotYet(format!("two answers after {step}"))),
        }
    }
}

#[test]
fn an_answer_may_come_in_pieces_and_in_several_lines() {
    let mut script = Vec::new();
    for (does, _) in taken() {
        let Does::Says(text) = does else { panic!("it says something") };
        script.extend(text.chars().map(|piece| Does::Says(piece.to_string())));
    }
    assert_eq!(send(IMPLICIT, script).0, Delivery::Taken);
    let several = "550-5.1.1 there is\r\n550-5.1.1 nobody\r\n550 5.1.1 of that name\r\n";
    assert_eq!(send(IMPLICIT, but(4, says(several))).0, Delivery::Refused("550 5.1.1 after RCPT".to_owned()));
    for (text, said) in [
        ("550\r\n", "550 after RCPT"),
        ("550 \r\n", "550 after RCPT"),
        ("550\n", "550 after RCPT"),
        ("550 4.1.1 of another class\r\n", "550 after RCPT"),
        ("550 5.1 short\r\n", "550 after RCPT"),
        ("550 5.1.1.1 long\r\n", "550 after RCPT"),
        ("550 5.mia@acme.test.1 x\r\n", "550 after RCPT"),
        ("550 5.10.123 fine\r\n", "550 5.10.123 after RCPT"),
    ] {
        assert_eq!(send(IMPLICIT, but(4, says(text))).0, Delivery::Refused(said.to_owned()), "{text:?}");
    }
}

/// The mail's fate is known by then.
#[test]
fn whatever_happens_at_the_goodbye_does_not_matter() {
    let script = || taken().into_iter().map(|(does, _)| does);
    for does in [Nothing, Leaves, TakesNothing, says("500 what?\r\n")] {
        let (delivery, _) = send(IMPLICIT, script().chain([does]).collect());
        assert_eq!(delivery, Delivery::Taken);
    }
}

/// Addresses of before are kept as they were typed.
#[test]
fn an_address_that_would_end_its_line_is_never_said() {
    for to in ["", "mia@acme.test>\r\nRCPT TO:<x@y.test", "m\u{fc}a@acme.test", "a b@acme.test", "<a@acme.test"] {
        let (delivery, wire) = send_to(IMPLICIT, to, taken().into_iter().map(|(does, _)| does).collect());
        assert_eq!(fate(&delivery), "refused", "{to:?}");
        assert!(wire.told.is_empty());
    }
}

#[test]
fn a_malformed_server_is_no_configuration_and_is_not_shown() {
    let key = "k1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let build = |url: &str| {
        jobs::Config::build(|name| match name {
            "ADMIN_ORIGIN" | "EDGE_ORIGIN" => Some("https://admin.test".to_owned()),
            "SITE_NAME" => Some("Airlock".to_owned()),
            "AUTH_PREFIX" | "MAIL_FROM" | "AUDIT_KEEP_DAYS" => None,
            "SMTP_URL" => Some(url.to_owned()),
            _ => Some(key.to_owned()),
        })
    };
    assert!(build("").unwrap_or_else(|fault| panic!("{fault}")).mail_server.is_none());
    assert!(build(IMPLICIT).unwrap_or_else(|fault| panic!("{fault}")).mail_server.is_some());
    let said = build("smtp://airlock:s3cret-pass@mail.test:25").err().unwrap().to_string();
    assert!(
        said.starts_with("SMTP_URL names port 25") && !said.contains("s3cret") && !said.contains("mail.test"),
        "{said}"
    );
}
