//! What comparing secrets takes, counted in instructions by valgrind: where a wrong one differs does not show, nor whether an
//! address has a user. `airlock_tests`' program `work` does the work, one piece in each process.

use std::{fs, path::Path, process::Command};

/// What a piece of work took.
struct Counted {
    instructions: u64,
    /// As callgrind writes it.
    profile: String,
}

impl Counted {
    /// What `work NAME` takes.
    fn of(name: &str) -> Self {
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind.{}", name.replace('/', ".")));
        let ran = Command::new("valgrind")
            .args(["-q", "--tool=callgrind", "--toggle-collect=*counted*", "--compress-strings=no"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .args([env!("CARGO_BIN_EXE_work"), name])
            .output()
            .unwrap_or_else(|e| panic!("valgrind, which npm test installs: {e}"));
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let profile = fs::read_to_string(profile).unwrap();
        let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        Self { instructions: total.trim().parse().unwrap(), profile }
    }

    /// How often a function with this in its name was called in the whole process.
    fn calls(&self, name: &str) -> u64 {
        let lines: Vec<&str> = self.profile.lines().collect();
        let called = lines.iter().enumerate().filter(|(_, line)| line.starts_with("cfn=") && line.contains(name));
        let calls =
            called.filter_map(|(i, _)| lines[i + 1].strip_prefix("calls=")?.split(' ').next()?.parse::<u64>().ok());
        calls.sum()
    }
}

/// Whether a secret was right is told to whoever sent it anyway, and may take some instructions (a wrong tag is held against the
/// next key, if there is one: 112); what was wrong with it not one.
const RIGHT_OR_WRONG: u64 = 150;

/// Of each kind the classes that must take the same to the instruction, and those beside them.
const KINDS: [(&str, &[&str], &[&str]); 6] = [
    ("code", &["before", "present", "after"], &["used", "first"]),
    ("code", &["first", "last"], &[]),
    ("tag", &["equal", "first", "last"], &[]),
    ("password", &["first", "last"], &["equal"]),
    ("recovery", &["equal", "first", "last"], &[]),
    ("token", &["equal", "first", "last"], &[]),
];

#[test]
fn where_a_wrong_secret_differs_takes_not_one_instruction_more_or_less() {
    for (kind, alike, beside) in KINDS {
        let count = |class: &&str| Counted::of(&format!("{kind}/{class}")).instructions;
        let counts: Vec<u64> = alike.iter().map(count).collect();
        assert!(counts[0] > 1_000, "{kind}: {counts:?} is no work");
        assert!(counts.iter().all(|count| *count == counts[0]), "{kind}: {alike:?} take {counts:?}");
        for class in beside {
            let count = count(class);
            assert!(
                count.abs_diff(counts[0]) <= RIGHT_OR_WRONG,
                "{kind}: {class} takes {count}, {alike:?} {}",
                counts[0]
            );
        }
    }
}

/// As the tests are built. Three steps, each an HMAC: 314,110 when this was written, and a fifth more is a regression.
#[test]
fn a_code_is_checked_within_its_budget() {
    let count = Counted::of("code/present").instructions;
    assert!(count <= 377_000, "{count}");
}

/// One hash at the same costs, and all else within half a million instructions, unoptimised: a two-hundredth of a hash at the
/// product's cost.
#[test]
fn a_wrong_password_takes_the_same_instructions_for_every_kind_of_address() {
    let hashes =
        |counted: &Counted| (counted.calls("argon2::Argon2::fill_blocks"), counted.calls("argon2::Argon2::compress"));
    let [mut in_one_form, mut in_two] = [0, 0];
    for (typed, hashed) in [("login", &mut in_one_form), ("decomposed", &mut in_two)] {
        let [nobody, others @ ..] = ["nobody", "member", "factor", "invite", "keyout"]
            .map(|kind| (kind, Counted::of(&format!("{typed}/{kind}"))));
        *hashed = hashes(&nobody.1).0;
        assert!(*hashed >= 1 && hashes(&nobody.1).1 > 9_000, "{typed}: {:?}", hashes(&nobody.1));
        for (kind, counted) in others {
            assert_eq!(hashes(&counted), hashes(&nobody.1), "{typed}/{kind}");
            let [count, of_nobody] = [counted.instructions, nobody.1.instructions];
            assert!(
                count.abs_diff(of_nobody) <= 500_000,
                "{typed}/{kind}: {count}, {of_nobody} for an address that nobody has"
            );
        }
    }
    assert_eq!(in_two, in_one_form + 1, "one hash more where two forms are compared");
}
