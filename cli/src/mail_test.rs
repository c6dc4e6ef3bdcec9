//! `mail-test`: one mail to see whether mails arrive, and what keeps them from it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread::sleep,
    time::Duration,
};

use airlock::{
    people::names::canonical_email,
    ports::Fault,
    store::operator::{TestMail, find_test_mail, forget_test_mail, write_test_mail},
};

use crate::{
    d1::{Database, Place},
    deploy,
    world::{World, next},
};

/// Sends a test mail, and says what becomes of it
///
/// It goes the way all mails go: the jobs Worker hands it over, which on Cloudflare looks every minute.
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// The e-mail address it goes to
    pub email: String,
    /// How long to wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=540))]
    pub wait: u64,
    /// The database.
    #[command(flatten)]
    pub place: Place,
}

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3);

impl Args {
    /// Sends it.
    ///
    /// # Errors
    /// As [`test`], or mails are not set up.
    pub fn run(self) -> Result<String, Fault> {
        let database = self.place.database()?;
        match database {
            Database::Remote => {
                if deploy::mail_from(Path::new("."))?.is_none() {
                    return Err(Fault::new(
                        "MAIL_FROM is empty in wrangler.toml, so no mail is sent: docs/deploy.md says how to set mail up",
                    ));
                }
            }
            Database::Local(_) => wake()?,
        }
        let looks = self.wait.div_ceil(PAUSE.as_secs()).max(1);
        let place = if database == Database::Remote { REMOTE } else { LOCAL };
        database.on(|world| {
            test(world, &self.email, looks, place, |progress| {
                if let Some(progress) = progress {
                    eprintln!("{progress}");
                }
                // Nothing wakes the jobs Worker of `npm start` but who asks for it.
                if database != Database::Remote {
                    wake()?;
                }
                sleep(PAUSE);
                Ok(())
            })
        })
    }
}

/// Fires the trigger that wakes the jobs Worker of `npm start`.
fn wake() -> Result<(), Fault> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8787".to_owned());
    let told = || -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        // As long as an attempt at a mail may take, and the rest of what is done every minute.
        server.set_read_timeout(Some(Duration::from_secs(60)))?;
        server.write_all(b"GET /cdn-cgi/local/scheduled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = told().map_err(|e| {
        Fault::new(format_args!(
            "no answer on port {port} ({e}): mails leave while `npm start` runs, PORT=… if not there"
        ))
    })?;
    match answer.get(9..12) {
        Some(b"200") => Ok(()),
        _ => Err(Fault::new(format_args!(
            "the jobs Worker of `npm start` on port {port} failed: look at what that says"
        ))),
    }
}

const REMOTE: &str = "Is it deployed, with its trigger of every minute? Its log says what ails it: npx wrangler tail -c \
                      jobs/wrangler.toml";
const LOCAL: &str = "What `npm start` prints says what ails it";

/// Writes a test mail, and looks this often whether it has gone, with `pause` between. `looks_after` says what to look at where
/// nobody does.
///
/// # Errors
/// No address, or why it has not gone.
pub fn test(
    world: &World<'_>,
    email: &str,
    looks: u64,
    looks_after: &str,
    mut pause: impl FnMut(Option<String>) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let to = canonical_email(email).ok_or_else(|| Fault::new(format_args!("{email} is not an e-mail address")))?;
    let id = world.rng.id()?;
    (world.batch)(&write_test_mail(&id, &to, world.now))?;
    let (mut progress, mut told) = (Some(format!("A mail to {to} waits for the jobs Worker …")), None);
    for _ in 0..looks {
        pause(progress.take())?;
        let found = next(&mut (world.batch)(&[find_test_mail(&id)])?.into_iter())?.parse::<TestMail>()?.pop();
        let Some(mail) = found else {
            return Ok(format!("Sent: a server has taken the mail to {to}. Whether it arrives, the mailbox shows."));
        };
        if mail.given_up() {
            (world.batch)(&[forget_test_mail(&id)])?;
            return Err(given_up(&to, mail.error.as_deref().unwrap_or_default()));
        }
        if mail.error.is_some() && mail.error != told {
            progress = mail.error.as_ref().map(|why| format!("Not taken yet: {why}. It is tried again in a minute …"));
            told.clone_from(&mail.error);
        }
        told = told.or((mail.attempts > 0).then(String::new));
    }
    Err(match told.as_deref() {
        None => Fault::new(format_args!("the jobs Worker has not looked at the mail to {to}. {looks_after}")),
        Some("") => Fault::new(format_args!("the mail to {to} is being handed over, and no answer has come yet")),
        Some(why) => Fault::new(format_args!(
            "the mail to {to} is not taken yet: {why}. It is tried on until ten minutes are over; other mails, for a day"
        )),
    })
}

fn given_up(to: &str, why: &str) -> Fault {
    match why {
        "no_mail" => Fault::new(
            "the jobs Worker sends no mails: MAIL_FROM is empty where it runs. Set it and deploy, or for `npm start` leave it out \
             of the environment",
        ),
        "no_answer" => Fault::new(format_args!(
            "the mail to {to} was handed over three times, and no answer came: it may have arrived, more than once"
        )),
        why => Fault::new(format_args!("the mail to {to} is refused: {why}")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use airlock::ports::{Delivery, Now};

    use super::*;
    use crate::world::tests::on;

    /// What is said of a mail that the server answers so, one answer a minute.
    fn tested(answers: &[Delivery], mails: bool) -> (Result<String, String>, Vec<String>, i64) {
        let world = airlock_tests::World::new();
        if mails {
            world.send_mails();
        }
        *world.post.answers.borrow_mut() = answers.iter().rev().cloned().collect();
        let mut said = Vec::new();
        let done = on(&world, |cli| {
            test(cli, " Ops@acme.test ", 5, "LOOK THERE", |progress| {
                said.extend(progress);
                world.now.set(Now(world.now.get().0 + 121_000));
                world.tick();
                Ok(())
            })
        });
        let left = world.count("SELECT count(*) FROM outbox");
        (done.map_err(|fault| fault.to_string()), said, left)
    }

    #[test]
    fn a_test_says_what_became_of_it() {
        let not_yet = Delivery::NotYet("450 4.2.0 after RCPT".to_owned());
        let unanswered = Delivery::Unanswered("connection lost after the whole message".to_owned());
        let (done, said, left) = tested(&[], true);
        assert!(done.unwrap().starts_with("Sent: a server has taken the mail to ops@acme.test"));
        assert_eq!((said, left), (vec!["A mail to ops@acme.test waits for the jobs Worker …".to_owned()], 0));

        let (done, said, _) = tested(&[not_yet.clone(), not_yet.clone()], true);
        assert!(done.is_ok());
        assert!(said.len() == 2 && said.concat().contains("Not taken yet: 450 4.2.0 after RCPT"), "{said:?}");

        let refused = Delivery::Refused("550 5.1.1 after RCPT".to_owned());
        let (done, _, left) = tested(&[refused], true);
        assert_eq!(
            (done.unwrap_err().as_str(), left),
            ("the mail to ops@acme.test is refused: 550 5.1.1 after RCPT", 0)
        );

        let (done, _, left) = tested(&[unanswered.clone(), unanswered.clone(), unanswered], true);
        assert!(done.unwrap_err().contains("handed over three times, and no answer came"));
        assert_eq!(left, 0);

        let (done, _, left) = tested(&[], false);
        assert!(done.unwrap_err().contains("MAIL_FROM is empty where it runs"));
        assert_eq!(left, 0);
    }

    #[test]
    fn a_test_that_waits_says_why() {
        let not_yet = vec![Delivery::NotYet("535 5.7.8 after AUTH".to_owned()); 9];
        // It is over after ten minutes, which is why no more than nine are waited for.
        let world = airlock_tests::World::new();
        world.send_mails();
        *world.post.answers.borrow_mut() = not_yet;
        let wait = |ticks: bool| {
            let done = on(&world, |cli| {
                test(cli, "ops@acme.test", 2, "LOOK THERE", |_| {
                    if ticks {
                        world.tick();
                    }
                    Ok(())
                })
            });
            done.unwrap_err().to_string()
        };
        assert!(wait(true).starts_with("the mail to ops@acme.test is not taken yet: 535 5.7.8 after AUTH."));
        assert_eq!(wait(false), "the jobs Worker has not looked at the mail to ops@acme.test. LOOK THERE");
        assert_eq!(world.count("SELECT count(*) FROM outbox"), 2);
        world.wait_s(601);
        on(&world, |cli| test(cli, "ops@acme.test", 1, "", |_| Ok(()))).unwrap_err();
        assert_eq!(world.count("SELECT count(*) FROM outbox"), 1, "those that are over are forgotten");
        let refused = on(&world, |cli| test(cli, "ops@acme", 1, "", |_| Ok(()))).err();
        assert!(refused.is_some_and(|fault| fault.to_string().contains("jobs Worker")), "a name without a dot is one");
        for email in ["", "ops", "ops@", "Ops <ops@acme.test>", "a@b@acme.test"] {
            let refused = on(&world, |cli| test(cli, email, 1, "", |_| Ok(()))).unwrap_err();
            assert_eq!(refused.to_string(), format!("{email} is not an e-mail address"));
        }
    }
}
