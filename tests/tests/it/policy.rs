//! The policy over its whole input, and over sequences of what people and admins do.

use airlock::{
    factor::SecondFactor,
    policy::{Applies, Authenticator, Proof, Requirement, Step, User, next_step},
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
        3 => Just(Act::Login),
        2 => any::<bool>().prop_map(Act::Code),
        2 => any::<bool>().prop_map(Act::Enrol),
        1 => Just(Act::Reauth),
        1 => Just(Act::Logout),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(required, now)| Act::Require(required, now)),
        1 => Just(Act::Reset),
        2 => prop_oneof![Just(1), Just(31), Just(301), Just(1801)].prop_map(Act::Wait),
        1 => prop_oneof![Just("/"), Just("/auth/enrol"), Just("/auth/session")].prop_map(Act::Get),
    ];
    prop::collection::vec(act, 1..24)
}

/// Someone who takes part: has chosen two-factor login, or has not, so that only the account can ask for it.
#[derive(Clone, Copy, Debug)]
struct Who {
    email: &'static str,
    id: &'static str,
    seed: Option<&'static str>,
}

const NOOR: Who = Who { email: "noor@acme.test", id: "noor", seed: Some(airlock_tests::NOOR_SEED) };
const MIA: Who = Who { email: "mia@acme.test", id: "mia", seed: None };

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever people and admins do, in any order: whoever is let in has proven what is asked at that moment, and whoever
    /// has proven it is let in.
    #[test]
    fn no_sequence_reaches_full_without_what_the_policy_asks(acts in acts(), who in prop_oneof![Just(NOOR), Just(MIA)]) {
        let world = World::new();
        let browser = world.browser();
        let mut seed = who.seed.map(str::to_owned);
        // What this person has chosen and this session has really proven, kept apart from the product.
        let (mut chosen, mut must_enrol) = (seed.is_some(), false);
        let mut session: Option<(Now, bool)> = None;
        let mut required: Option<(Now, bool)> = None;
        for act in acts {
            match act {
                Act::Login => {
                    if browser.login(who.email).0.status == 200 {
                        session = Some((world.now.get(), false));
                    }
                }
                Act::Code(right) => {
                    let code = seed.as_ref().filter(|_| right).map_or_else(|| "000000".to_owned(), |seed| world.code(seed, 0));
                    if browser.verify(&code).0.status == 200 {
                        prop_assert!(right && seed.is_some(), "a wrong code was taken");
                        session = session.map(|(at, _)| (at, true));
                    }
                }
                Act::Enrol(right) => {
                    let setup = browser.get("/auth/enrol");
                    if setup.0.status == 200 {
                        let new = setup.json()["secret"].as_str().unwrap().to_owned();
                        let code = if right { world.code(&new, 0) } else { "000000".to_owned() };
                        if browser.post("/auth/enrol", serde_json::json!({ "code": code })).0.status == 200 {
                            prop_assert!(right, "set up by a wrong code");
                            // While no account asks for it, it is their own choice.
                            chosen |= required.is_none();
                            (seed, must_enrol) = (Some(new), false);
                            session = session.map(|(at, _)| (at, true));
                        }
                    }
                }
                Act::Reauth => {
                    let code = seed.as_ref().map(|seed| world.code(seed, 0));
                    if browser.reauth(code.as_deref()).0.status == 200 && code.is_some() {
                        session = session.map(|(at, _)| (at, true));
                    }
                }
                Act::Logout => {
                    browser.post("/auth/logout", serde_json::json!({})).expect(204);
                    session = None;
                }
                Act::Require(on, now) => {
                    world.require("acme", on, if now { "now" } else { "next_login" });
                    // One that is on already began when it did.
                    let since = required.map_or_else(|| world.now.get(), |(since, _)| since);
                    required = on.then_some((since, now));
                }
                Act::Reset => {
                    world.reset(who.id);
                    (must_enrol, seed, session) = (true, None, None);
                }
                Act::Wait(seconds) => world.wait_s(seconds),
                Act::Get(path) => {
                    browser.get(path);
                }
            }
            let held = |at: Now| required.is_some_and(|(since, now)| now || at >= since);
            let enough = session.is_some_and(|(at, proven)| {
                !must_enrol && (!(chosen || held(at)) || proven && seed.is_some())
            });
            let let_in = browser.get("/").0.status == 200;
            prop_assert!(!let_in || enough, "let in with less than was asked: {session:?} {required:?} {chosen}");
            // The other way round, but for sessions that may have ended by themselves.
            let lately = session.is_some_and(|(at, _)| world.now.get().0 - at.0 < 300_000);
            prop_assert!(let_in || !(enough && lately), "not let in: {session:?} {required:?} {chosen}");
        }
    }
}
