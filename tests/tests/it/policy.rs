//! The policy over its whole input, and over sequences of what people and admins do.

use airlock::{
    policy::{Applies, Authenticator, Proof, Requirement, SecondFactor, Step, User, next_step},
    ports::Now,
};
use airlock_tests::World;
use proptest::prelude::*;

const LOGIN: Now = Now(1000);
const AUTHENTICATORS: [Authenticator; 3] = [Authenticator::Missing, Authenticator::Ready, Authenticator::Locked];
const FACTORS: [Option<SecondFactor>; 3] = [None, Some(SecondFactor::Totp), Some(SecondFactor::Recovery)];

/// Every kind of requirement, and whether it holds a session begun at [`LOGIN`].
fn requirements() -> Vec<(Requirement, bool)> {
    let requirement = |since, applies| Requirement { since: Now(since), applies };
    vec![
        (requirement(999, Applies::NextLogin), true),
        (requirement(1000, Applies::NextLogin), true),
        (requirement(1001, Applies::NextLogin), false),
        (requirement(1001, Applies::Now), true),
    ]
}

/// The policy as prose, written the other way round: what must be true of whoever is let in, and of whoever is not.
#[test]
fn the_whole_table() {
    let mut accounts: Vec<(Vec<Requirement>, bool)> = vec![(vec![], false)];
    for (one, held) in requirements() {
        accounts.push((vec![one], held));
        for (other, also) in requirements() {
            accounts.push((vec![one, other], held || also));
        }
    }
    let mut rows = 0;
    for (requirements, required) in &accounts {
        for authenticator in AUTHENTICATORS {
            for second_factor in FACTORS {
                for bits in 0..8 {
                    let user =
                        User { active: bits & 1 > 0, chosen: bits & 2 > 0, must_enrol: bits & 4 > 0, authenticator };
                    let proof = Proof { password_at: LOGIN, second_factor };
                    let step = next_step(user, requirements, proof);
                    let asked = *required || user.chosen;
                    let expected = if !user.active {
                        Step::Refuse
                    } else if user.must_enrol || asked && authenticator == Authenticator::Missing {
                        Step::Enrol
                    } else if !asked {
                        Step::Done
                    } else {
                        match (second_factor, authenticator) {
                            (None, _) => Step::Verify,
                            (Some(SecondFactor::Recovery), Authenticator::Locked) => Step::Enrol,
                            _ => Step::Done,
                        }
                    };
                    assert_eq!(step, expected, "{user:?} {requirements:?} {proof:?}");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 21 * 3 * 3 * 8);
}

/// What someone does next.
#[derive(Clone, Debug)]
enum Act {
    Login,
    Code(bool),
    Enrol(bool),
    Reauth,
    Logout,
    Require(bool, bool),
    Reset,
    Wait(i64),
    Get(&'static str),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        Just(Act::Login),
        any::<bool>().prop_map(Act::Code),
        any::<bool>().prop_map(Act::Enrol),
        Just(Act::Reauth),
        Just(Act::Logout),
        (any::<bool>(), any::<bool>()).prop_map(|(required, now)| Act::Require(required, now)),
        Just(Act::Reset),
        prop_oneof![Just(1), Just(31), Just(301), Just(1801)].prop_map(Act::Wait),
        prop_oneof![Just("/"), Just("/auth/enrol"), Just("/auth/session")].prop_map(Act::Get),
    ];
    prop::collection::vec(act, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever people and admins do, in any order: whoever is let in has proven what is asked at that moment.
    #[test]
    fn no_sequence_reaches_full_without_what_the_policy_asks(acts in acts()) {
        let world = World::new();
        let browser = world.browser();
        let mut seed = airlock_tests::NOOR_SEED.to_owned();
        // What this session has really proven, kept apart from the product.
        let mut proven_code = false;
        let mut logged_in_at = Now(0);
        let (mut required_since, mut applies_now, mut must_enrol, mut set_up) = (None, false, false, true);
        for act in acts {
            match act {
                Act::Login => {
                    browser.login("noor@acme.test").expect(200);
                    (proven_code, logged_in_at) = (false, world.now.get());
                }
                Act::Code(right) => {
                    let code = if right { world.code(&seed, 0) } else { "000000".to_owned() };
                    proven_code |= browser.verify(&code).0.status == 200;
                }
                Act::Enrol(right) => {
                    let setup = browser.get("/auth/enrol");
                    if setup.0.status == 200 {
                        let new = setup.json()["secret"].as_str().unwrap().to_owned();
                        let code = if right { world.code(&new, 0) } else { "000000".to_owned() };
                        if browser.post("/auth/enrol", serde_json::json!({ "code": code })).0.status == 200 {
                            (seed, proven_code, must_enrol, set_up) = (new, true, false, true);
                        }
                    }
                }
                Act::Reauth => {
                    let code = set_up.then(|| world.code(&seed, 0));
                    browser.reauth(code.as_deref());
                }
                Act::Logout => {
                    browser.post("/auth/logout", serde_json::json!({})).expect(204);
                }
                Act::Require(required, now) => {
                    world.require("acme", required, if now { "now" } else { "next_login" });
                    (required_since, applies_now) = (required.then(|| world.now.get()), now);
                }
                Act::Reset => {
                    world.reset("noor");
                    (must_enrol, set_up, proven_code) = (true, false, false);
                }
                Act::Wait(seconds) => world.wait_s(seconds),
                Act::Get(path) => {
                    browser.get(path);
                }
            }
            if browser.get("/").0.status == 200 {
                // Noor chose two-factor login herself, so it is asked whatever the account says.
                prop_assert!(!must_enrol && set_up && proven_code, "let in with less than was asked");
                prop_assert!(logged_in_at.0 > 0 || required_since.is_none() || applies_now);
            }
        }
    }
}
