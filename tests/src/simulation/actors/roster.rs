//! Who lives in a world: ten people in three accounts, with their passwords, authenticators and recovery codes.

use airlock::{
    factor::{
        password,
        recovery::RecoveryCodes,
        totp::{generate_seed, seed_text},
    },
    people::Role,
};

use super::Person;
use crate::{World, configs};

/// The accounts: two of honest people, and one of a thief.
pub const ACCOUNTS: [&str; 3] = ["acme", "umbra", "den"];

/// The thief who administers an account.
pub const REX: usize = 9;

type Memberships = &'static [(&'static str, Role)];

/// Each person's id, accounts and roles, and whether two-factor login is set up from the start.
pub const PEOPLE: [(&str, Memberships, bool); 10] = [
    ("olga", &[("acme", Role::Owner)], true),
    ("otto", &[("acme", Role::Owner), ("umbra", Role::Member)], true),
    ("ada", &[("acme", Role::Admin), ("umbra", Role::Admin)], true),
    ("leo", &[("acme", Role::Member), ("umbra", Role::Admin)], true),
    ("uma", &[("umbra", Role::Owner)], true),
    ("noor", &[("acme", Role::Member)], true),
    ("mia", &[("acme", Role::Member)], false),
    ("zoe", &[("umbra", Role::Member), ("den", Role::Member)], false),
    ("kai", &[("acme", Role::Member), ("den", Role::Member)], true),
    ("rex", &[("den", Role::Owner)], true),
];

/// The pepper before the present one.
pub const OLD_PEPPER: &str = "p0:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Makes the people of [`PEOPLE`] in an empty world.
pub fn people(world: &World) -> Vec<Person> {
    for account in ACCOUNTS {
        world.add_account(account);
    }
    let [edge, _] = &*world.config.borrow().clone();
    let [older, _] = configs(crate::SEED_KEYS, OLD_PEPPER);
    PEOPLE
        .into_iter()
        .enumerate()
        .map(|(i, (id, memberships, two_factor))| {
            let email = format!("{id}@{}.test", memberships[0].0);
            let password = format!("{id} keeps grey herons");
            let seed = two_factor.then(|| seed_text(&generate_seed(&world.rng).unwrap()).to_string());
            // Half of them have not signed in since the pepper changed.
            let peppers = if i % 2 == 0 { &edge.pepper_keys } else { &older.pepper_keys };
            let stored = password::hash(edge.password_cost, peppers, &world.rng, &crate::password(&password)).unwrap();
            world.add_user_with(memberships[0].0, id, &email, memberships[0].1, seed.as_deref(), stored);
            for (account, role) in memberships.iter().skip(1) {
                world.join(account, id, &email, *role);
            }
            let mut codes = Vec::new();
            if two_factor {
                // Some have set it up only because an account once asked for it.
                if i % 2 == 1 {
                    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = ?1", &[id.into()]);
                }
                let made = RecoveryCodes::generate(&world.rng, &edge.pepper_keys, id).unwrap();
                for (mac, shown) in made.macs.iter().zip(&made.shown).take(4) {
                    world.db.execute(
                        "INSERT INTO recovery_codes (user_id, mac, created_at) VALUES (?1, ?2, 0)",
                        &[id.into(), mac.into()],
                    );
                    codes.push(shown.to_string());
                }
            }
            Person {
                id: id.to_owned(),
                home: email.clone(),
                email,
                passwords: vec![password],
                seeds: seed.into_iter().collect(),
                codes,
                typed: Vec::new(),
            }
        })
        .collect()
}
