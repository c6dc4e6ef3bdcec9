//! The outbox: a mail is written with what it tells of, tried until it is taken, and never sent more often than it may be.

use airlock::ports::{Delivery, Now};
use airlock_tests::{Posted, World};
use serde_json::json;

use crate::{
    admin::owner,
    invitations::{UMBRA, invite},
};

const DUE: &str = "SELECT count(*) FROM outbox";

/// A world where Una was just invited, and what the server answers to each attempt.
fn invited(answers: Vec<Delivery>) -> World {
    let world = World::new();
    world.send_mails();
    let owner = owner(&world);
    unnoticed(&world);
    invite(&owner, "una@acme.test", "member").expect(201);
    *world.post.answers.borrow_mut() = answers.into_iter().rev().collect();
    world
}

/// Notices have tests of their own.
fn unnoticed(world: &World) {
    world.db.execute("DELETE FROM outbox WHERE kind IN ('notice', 'admin_notice')", &[]);
}

fn not_yet() -> Delivery {
    Delivery::NotYet("450 after RCPT".to_owned())
}

fn unanswered() -> Delivery {
    Delivery::Unanswered("after DATA".to_owned())
}

/// Minutes after which each attempt was made, until there is nothing left to send.
fn attempts(world: &World) -> Vec<i64> {
    let (mut minutes, began) = (Vec::new(), world.now.get().0);
    while world.count(DUE) > 0 {
        let due = world.count("SELECT min(due_at) FROM outbox");
        world.now.set(Now(world.now.get().0.max(due)));
        let before = world.post.handed.borrow().len();
        world.poked();
        minutes.extend((before..world.post.handed.borrow().len()).map(|_| (world.now.get().0 - began) / 60_000));
    }
    minutes
}

fn given_up(world: &World) -> Vec<String> {
    world.texts("SELECT account_id || ' ' || target_id || ' ' || result || ' ' || detail FROM audit WHERE action = 'mail_given_up'")
}

#[test]
fn a_mail_is_on_its_way_as_soon_as_the_jobs_worker_is_poked_and_only_once() {
    let world = invited(Vec::new());
    assert_eq!(world.count(DUE), 1);
    world.poked();
    let [mail] = &world.post.to("una@acme.test")[..] else { panic!("one mail") };
    assert!(mail.subject.contains("Acme") && mail.text.contains("owner@acme.test"), "{mail:?}");
    assert!(mail.id.ends_with("@app.test"), "{}", mail.id);
    assert_eq!(world.count(DUE), 0);
    world.tick();
    assert_eq!(world.post.handed.borrow().len(), 1);
}

/// What the database holds until then, and what is logged, opens nothing.
#[test]
fn the_link_is_kept_nowhere() {
    let world = invited(vec![not_yet()]);
    world.poked();
    let [mail] = &world.post.to("una@acme.test")[..] else { panic!("one mail") };
    let token = mail.link().rsplit('/').next().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    assert!(!String::from_utf8_lossy(&world.db.dump()).contains(&token));
    assert!(!world.log.0.borrow().join("\n").contains(&token));
}

#[test]
fn a_mail_that_is_not_taken_is_tried_for_a_day_with_growing_pauses() {
    let world = invited(vec![not_yet(); 100]);
    let minutes = attempts(&world);
    assert_eq!(minutes[..8], [0, 1, 3, 7, 15, 31, 63, 123]);
    assert!(minutes.last().unwrap() < &(24 * 60) && minutes.len() > 25, "{minutes:?}");
    assert_eq!(given_up(&world), [r#"acme "#.to_owned() + &una(&world) + r#" too_late {"mail":"invitation"}"#]);
    // Each time it is the same mail.
    let handed = world.post.handed.borrow();
    assert!(handed.iter().all(|mail: &Posted| *mail == handed[0]));
}

#[test]
fn a_mail_that_may_have_been_taken_is_sent_three_times_at_most() {
    let world = invited(vec![unanswered(), not_yet(), unanswered(), unanswered(), Delivery::Taken]);
    assert_eq!(attempts(&world).len(), 4);
    assert_eq!(given_up(&world), [r#"acme "#.to_owned() + &una(&world) + r#" no_answer {"mail":"invitation"}"#]);
}

#[test]
fn a_mail_that_is_refused_is_not_tried_again() {
    let world = invited(vec![Delivery::Refused("550 5.1.1 after RCPT".to_owned())]);
    assert_eq!(attempts(&world), [0]);
    assert_eq!(given_up(&world), [r#"acme "#.to_owned() + &una(&world) + r#" refused {"mail":"invitation"}"#]);
    let log = world.log.0.borrow().join("\n");
    assert!(log.contains("550 5.1.1 after RCPT") && !log.contains("una@acme.test"), "{log}");
}

/// An attempt of which nobody hears any more counts as one that may have been taken.
#[test]
fn a_worker_that_ends_in_the_middle_costs_no_mail() {
    let world = invited(Vec::new());
    world.db.execute("UPDATE outbox SET attempts = 1, unanswered = 1, lease = 'x', due_at = due_at + 120000", &[]);
    assert_eq!(attempts(&world), [2]);
    let world = invited(Vec::new());
    world.db.execute("UPDATE outbox SET attempts = 3, unanswered = 3, lease = 'x'", &[]);
    assert_eq!(attempts(&world), [0; 0]);
    assert_eq!(given_up(&world).len(), 1);
}

#[test]
fn two_runs_at_once_send_each_mail_once() {
    let world = invited(Vec::new());
    world.wait_s(30);
    let owner = owner(&world);
    unnoticed(&world);
    for name in ["a", "b", "c"] {
        invite(&owner, &format!("{name}@acme.test"), "member").expect(201);
    }
    world.two_ticks_at_once();
    let mut to: Vec<_> = world.post.handed.borrow().iter().map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["a@acme.test", "b@acme.test", "c@acme.test", "una@acme.test"]);
}

/// What cannot be written, by this release or with these keys, waits: it is no attempt that may have been taken.
#[test]
fn a_mail_that_cannot_be_written_waits() {
    let world = invited(Vec::new());
    world.db.execute("UPDATE outbox SET kind = 'of_a_later_release'", &[]);
    for _ in 0..6 {
        assert!(world.try_tick().is_err());
        world.wait_s(3_600);
    }
    assert_eq!(world.count("SELECT unanswered FROM outbox"), 0);
    world.db.execute("UPDATE outbox SET kind = 'invitation'", &[]);
    world.tick();
    assert_eq!(world.post.to("una@acme.test").len(), 1);
}

/// What it would say is over by the time it goes.
#[test]
fn a_mail_with_nothing_to_say_any_more_is_not_sent() {
    let world = invited(Vec::new());
    world.wait_s(30);
    let owner = owner(&world);
    unnoticed(&world);
    invite(&owner, "una@acme.test", "member").expect(201);
    world.tick();
    assert_eq!(world.post.handed.borrow().len(), 1, "the link of before is none any more");
    invite(&owner, "una@acme.test", "member").expect(201);
    owner.send(&owner.request("DELETE", &format!("/api/v1/accounts/acme/users/{}", una(&world)), "{}")).expect(204);
    world.tick();
    assert_eq!((world.post.handed.borrow().len(), world.count(DUE)), (1, 0));
}

#[test]
fn an_account_reads_only_of_mails_of_its_own() {
    let world = World::new();
    world.send_mails();
    world.add_account("umbra");
    world.join("umbra", "owner", "owner@acme.test", airlock::people::Role::Owner);
    let owner = owner(&world);
    unnoticed(&world);
    owner.post(UMBRA, json!({ "email": "una@acme.test", "name": "Una", "role": "member" })).expect(201);
    world.post.answers.borrow_mut().push(Delivery::Refused("550 after RCPT".to_owned()));
    world.tick();
    assert_eq!(world.texts("SELECT account_id FROM audit WHERE action = 'mail_given_up'"), ["umbra"]);
}

#[test]
fn without_mail_none_is_sent() {
    let world = World::new();
    invite(&owner(&world), "una@acme.test", "member").expect(201);
    assert_eq!(world.texts("SELECT kind FROM outbox"), ["notice"], "of the sign-in");
    world.poked();
    assert_eq!((world.count(DUE), world.post.handed.borrow().len(), given_up(&world).len()), (0, 0, 0));
}

fn una(world: &World) -> String {
    world.text("SELECT id FROM users WHERE email = 'una@acme.test'")
}
