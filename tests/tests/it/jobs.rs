//! The jobs Worker: what makes it work before its next minute, and what it does then.

use airlock_tests::{Answer, NOOR_SEED, OWNER_SEED, PASSWORD, World};
use serde_json::json;

use crate::{
    admin::{POLICY, owner},
    invitations::invite,
};

const USERS: &str = "/api/v1/accounts/acme/users";

/// Pokes by what `act` does, which must answer `status`.
#[track_caller]
fn pokes(world: &World, status: u16, act: impl FnOnce() -> Answer) -> u32 {
    let before = world.pokes.0.get();
    act().expect(status);
    world.pokes.0.get() - before
}

#[test]
fn signing_in_and_out_looking_and_being_refused_poke_nobody() {
    let world = World::new();
    let (noor, owner) = (world.browser(), world.admin());
    // In browsers that are known: of others a notice is on its way.
    noor.login("noor@acme.test").expect(200);
    assert_eq!(pokes(&world, 200, || noor.verify(&world.code(NOOR_SEED, 0))), 1);
    owner.sign_in("owner@acme.test", OWNER_SEED);
    for browser in [&noor, &owner] {
        browser.post("/auth/logout", json!({})).expect(204);
    }
    world.wait_s(30);
    let poked = |status, act: &dyn Fn() -> Answer| assert_eq!(pokes(&world, status, act), 0);
    poked(200, &|| noor.login("noor@acme.test"));
    poked(401, &|| noor.verify("000000"));
    poked(200, &|| noor.verify(&world.code(NOOR_SEED, 0)));
    world.wait_s(30);
    poked(200, &|| noor.reauth(Some(&world.code(NOOR_SEED, 0))));
    poked(200, &|| noor.get("/auth/profile"));
    poked(200, &|| noor.get("/"));
    poked(404, &|| noor.post("/auth/sessions/nobodys/end", json!({})));
    poked(204, &|| noor.post("/auth/logout", json!({})));
    poked(401, &|| noor.post("/auth/login", json!({ "email": "noor@acme.test", "password": "wrong" })));
    poked(200, &|| owner.login("owner@acme.test"));
    poked(200, &|| owner.verify(&world.code(OWNER_SEED, 0)));
    poked(200, &|| owner.get(USERS));
    poked(200, &|| owner.get("/api/v1/accounts/acme/audit"));
    poked(404, &|| owner.post(&format!("{USERS}/nobody/two-factor/reset"), json!({})));
    poked(400, &|| owner.put(POLICY, json!({ "required": "maybe" })));
}

#[test]
fn whatever_an_admin_does_or_someone_changes_of_their_own_sign_in_pokes_once() {
    let world = World::new();
    let (mia, owner) = (world.browser(), owner(&world));
    mia.login("mia@acme.test").expect(200);
    mia.reauth(None).expect(200);
    let poked = |status, act: &dyn Fn() -> Answer| assert_eq!(pokes(&world, status, act), 1);
    poked(204, &|| mia.post("/auth/profile/edit", json!({ "name": "Mia K." })));
    let seed = mia.get("/auth/enrol").expect(200).json()["secret"].as_str().unwrap().to_owned();
    poked(200, &|| mia.post("/auth/enrol", json!({ "code": world.code(&seed, 0) })));
    poked(200, &|| mia.post("/auth/recovery-codes", json!({})));
    world.browser().login("mia@acme.test").expect(200);
    poked(204, &|| mia.post("/auth/sessions/end-others", json!({})));
    assert_eq!(pokes(&world, 204, || mia.post("/auth/sessions/end-others", json!({}))), 0, "there are no others");
    let password = json!({ "current_password": PASSWORD, "new_password": "seven grey herons wade" });
    poked(200, &|| mia.post("/auth/password", password.clone()));
    world.db.execute("UPDATE users SET two_factor_chosen = 0 WHERE id = 'mia'", &[]);
    poked(204, &|| mia.post("/auth/two-factor/enable", json!({})));
    poked(204, &|| mia.post("/auth/two-factor/disable", json!({})));

    poked(200, &|| owner.put(POLICY, json!({ "required": true })));
    let new = json!({ "email": "una@acme.test", "name": "Una", "role": "member" });
    poked(201, &|| owner.post(USERS, new.clone()));
    let change = json!({ "name": "Leo B." }).to_string();
    poked(200, &|| owner.send(&owner.request("PATCH", &format!("{USERS}/leo"), &change)));
    poked(200, &|| owner.post(&format!("{USERS}/noor/two-factor/reset"), json!({})));
    let token = json!({ "name": "list", "scopes": ["users:read"] });
    poked(201, &|| owner.post("/api/v1/accounts/acme/tokens", token.clone()));
    poked(204, &|| owner.send(&owner.request("DELETE", &format!("{USERS}/leo"), "")));
}

/// In every account, and nothing else: what is over goes at its minute.
#[test]
fn a_poke_seals_and_signs_all_that_is_not_sealed() {
    let world = World::new();
    owner(&world);
    world.wait_s(13 * 3_600);
    world.browser().login("mia@acme.test").expect(200);
    let sessions = "SELECT count(*) FROM sessions";
    let before = world.count(sessions);
    assert!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL") > 0);
    world.poked();
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE hash IS NULL"), 0);
    let signed = "SELECT max(row_id) FROM audit_checkpoints WHERE account_id = 'acme'";
    assert_eq!(world.count(signed), world.count("SELECT max(id) FROM audit WHERE account_id = 'acme'"));
    assert_eq!(world.count(sessions), before);
    world.tick();
    assert!(world.count(sessions) < before);
}

/// The runtime would end the attempt in the middle, and it would count as one that may have been taken.
#[test]
fn no_mail_is_begun_without_the_time_for_it() {
    let world = World::new();
    world.send_mails();
    let owner = owner(&world);
    world.db.execute("DELETE FROM outbox", &[]);
    invite(&owner, "una@acme.test", "member").expect(201);
    world.post.late.set(true);
    world.poked();
    world.tick();
    let [handed, attempts] = [world.post.handed.borrow().len() as i64, world.count("SELECT attempts FROM outbox")];
    assert_eq!((handed, attempts), (0, 0));
    world.post.late.set(false);
    world.tick();
    assert_eq!((world.post.handed.borrow().len(), world.count("SELECT count(*) FROM outbox")), (1, 0));
}
