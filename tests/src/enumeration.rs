//! An address of every kind, as whoever looks for those with a user may try them.

use airlock::{limit, people::Role};

use crate::{OWNER_SEED, World};

/// What kind of address, and one of it. All are of one length, and `nobody` has no user.
pub const ADDRESSES: [(&str, &str); 10] = [
    ("nobody", "nobody@acme.test"),
    ("member", "member@acme.test"),
    ("factor", "factor@acme.test"),
    ("paused", "paused@acme.test"),
    ("absent", "absent@acme.test"),
    ("invite", "invite@acme.test"),
    ("resets", "resets@acme.test"),
    ("locked", "locked@acme.test"),
    ("double", "double@acme.test"),
    ("keyout", "keyout@acme.test"),
];

/// Adds them: without two-factor login and with it, paused after twenty wrong passwords (and, as `absent`, one that nobody
/// has), invited and without a password, reset, inactive, in two accounts, and with a password under a
/// pepper that is gone.
pub fn prepare(world: &World) {
    let add = |id: &str, seed| world.add_user("acme", id, &format!("{id}@acme.test"), Role::Member, seed);
    for id in ["member", "paused", "locked", "double", "keyout"] {
        add(id, None);
    }
    add("factor", Some(OWNER_SEED));
    add("resets", Some(OWNER_SEED));
    world.reset("resets");
    world.db.execute("UPDATE memberships SET state = 'inactive' WHERE user_id = 'locked'", &[]);
    world.db.execute("UPDATE users SET password_key = 'gone' WHERE id = 'keyout'", &[]);
    world.add_account("second");
    world.join("second", "double", "double@acme.test", Role::Member);
    for sql in [
        "INSERT INTO users (id, email, name, created_at) VALUES ('invite', 'invite@acme.test', 'invite', 0)",
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
         VALUES ('acme', 'invite', 'invite@acme.test', 'member', 'invited', 0)",
    ] {
        world.db.execute(sql, &[]);
    }
    for email in ["paused@acme.test", "absent@acme.test"] {
        world.db.execute(
            "INSERT INTO password_budgets (subject, source, failures, blocked_until, charge, updated_at, forgotten_at)
             VALUES (?1, '203.0.113.7', 20, ?2 + 900000, 'x', ?2, ?2 + 86400000)",
            &[limit::subject(&world.config.borrow()[0].pepper_keys, email).into(), world.now.get().into()],
        );
    }
}
