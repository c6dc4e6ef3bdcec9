//! How a world is once people have signed in and before everything happens at once, and how its time passes.

use airlock::{context::Config, limit, ports::Now, secret::Token, store::RESET};

use super::{
    actors::{ACCOUNTS, Cast, Dice, OTHER_LINK},
    rows::State,
};
use crate::World;

/// Decides what the accounts require, and how many wrong codes and passwords are counted already.
pub fn settle(world: &World, config: &Config, cast: &Cast<'_>, dice: &mut Dice, state: &mut State) {
    for account in ACCOUNTS {
        if dice.chance(50) {
            world.require(account, dice.chance(60), if dice.chance(50) { "now" } else { "next_login" });
        }
    }
    if dice.chance(30) {
        let failures = 96 + i64::try_from(dice.below(4)).unwrap();
        let params = [cast.hottest().into(), failures.into()];
        world.db.execute("UPDATE users SET code_failures = ?2 WHERE id = ?1", &params);
    }
    if dice.chance(25) {
        // Mail was sent before, and everyone has read some.
        world.db.execute("UPDATE users SET email_proven_at = 1", &[]);
    }
    if dice.chance(25) {
        // Strangers have been at it for a while.
        let email = cast.hottest_address();
        let subject = limit::subject(&config.pepper_keys, email);
        let began_at = world.now.get().0 - 60_000;
        for subject in [subject, "198.51.100.1".to_owned()] {
            let params = [subject.into(), began_at.into(), (296 + i64::try_from(dice.below(6)).unwrap()).into()];
            world.db.execute(
                "INSERT INTO floods (subject, began_at, failures, tried_at) VALUES (?1, ?2, ?3, ?2)
                 ON CONFLICT DO UPDATE SET began_at = ?2, failures = ?3",
                &params,
            );
        }
    }
    // What it does is nobody's password.
    let other = Token::claimed(OTHER_LINK).hash(RESET);
    let params = [(&other).into(), cast.hottest().into(), cast.hottest_address().into(), world.now.get().into()];
    world.db.execute(
        "INSERT INTO links (token_hash, kind, user_id, email, created_at, expires_at)
         VALUES (?1, 'other', ?2, ?3, ?4, ?4 + 604800000)",
        &params,
    );
    for table in ["accounts", "users", "floods", "links"] {
        state.read(&world.db.connection.borrow(), table);
    }
}

/// Lets time pass: mostly seconds, sometimes hours, and now and then a little backwards; not up to `until`.
pub fn wait(world: &World, dice: &mut Dice, until: i64, dates: impl Iterator<Item = i64>) {
    let ms = match dice.below(100) {
        0..60 => dice.below(3_000),
        60..78 => 15_000 + dice.below(30_000),
        78..86 => 60_000 + dice.below(120_000),
        86..88 => 300_000 + dice.below(120_000),
        88..90 => 1_200_000 + dice.below(1_800_000),
        90 if dice.chance(50) => 7_200_000 + dice.below(43_200_000),
        _ => 0,
    };
    let back = if dice.chance(5) { dice.below(5_000) } else { 0 };
    let now = world.now.get().0 + i64::try_from(ms).unwrap() - i64::try_from(back).unwrap();
    // Now and then it is a day that was set for something, or just before it.
    let ahead = dates.filter(|at| *at > now).min().filter(|_| dice.chance(4));
    let now = ahead.map_or(now, |at| at + [-1_000, 1_000, 30_000][dice.below(3)]);
    world.now.set(Now(now.min(until - 1)));
}
