//! Targets for fuzzing: each takes any bytes and panics where something does not hold. `npm run fuzz` goes on for as long
//! as wanted, `npm test` tries those of `tests/corpus` and some thousand
//! changes of them, the same each time.

mod gate;
mod http;
mod input;
mod smtp;

use std::{
    fs,
    ops::Range,
    panic::{self, AssertUnwindSafe},
    path::Path,
};

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng},
};

/// Something that must hold for any bytes.
pub struct Target {
    /// What it is called on the command line; its corpus is `tests/corpus/NAME.txt`.
    pub name: &'static str,
    /// Tries one input, and panics if something does not hold.
    pub run: fn(&[u8]),
    /// How many changed inputs `npm test` tries.
    pub cases: u64,
}

/// Every target.
pub const TARGETS: [Target; 8] = [
    Target { name: "http", run: http::run, cases: 1_500 },
    Target { name: "fields", run: input::fields, cases: 5_000 },
    Target { name: "codes", run: input::codes, cases: 1_500 },
    Target { name: "assertion", run: gate::assertion, cases: 500 },
    Target { name: "headers", run: gate::headers, cases: 20_000 },
    Target { name: "pages", run: gate::pages, cases: 1_500 },
    Target { name: "paths", run: gate::paths, cases: 20_000 },
    Target { name: "smtp", run: smtp::run, cases: 20_000 },
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// The inputs to begin with: what stands between lines of `====`.
    pub fn corpus(&self) -> Vec<Vec<u8>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name).with_extension("txt");
        let text = fs::read_to_string(file).unwrap();
        text.trim_end_matches('\n').split("\n====\n").map(|input| input.as_bytes().to_vec()).collect()
    }

    /// Tries the inputs of the corpus and then one changed input for each seed: the first at which something does not hold.
    pub fn search(&self, seeds: impl Iterator<Item = u64>) -> Option<Vec<u8>> {
        let corpus = self.corpus();
        let holds = |input: &Vec<u8>| panic::catch_unwind(AssertUnwindSafe(|| (self.run)(input))).is_ok();
        if let Some(input) = corpus.iter().find(|input| !holds(input)) {
            return Some(input.clone());
        }
        seeds.map(|seed| changed(&corpus, seed)).find(|input| !holds(input))
    }
}

/// Numbers of a seed.
struct Dice(ChaCha20Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// Where a part of something of this length begins and ends; mostly a short one.
    fn part(&mut self, length: usize) -> Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 8 };
        start..(start + self.below(most + 1)).min(length)
    }
}

/// What breaks parsers, and what means something here.
const WORDS: [&[u8]; 32] = [
    b"\0",
    b"\r\n",
    b"\n",
    b"\n----\n",
    b"%00",
    b"%2f",
    b"%2e%2e",
    b"/../",
    b"//",
    b"\\",
    b";",
    b"=",
    b"&",
    b"%",
    b"\"",
    b"'",
    b"<zq>",
    b"{",
    b"[",
    b",",
    b" ",
    b"+",
    b"\xc3\xa9",
    b"\xff",
    "\u{ff11}".as_bytes(),
    "\u{202e}".as_bytes(),
    b"-1",
    b"99999999999999999999",
    b"$code",
    b"$password",
    b"__Host-airlock=",
    b"Airlock_Assertion: x",
];

/// One or more inputs of the corpus, changed a little: bytes and words put in, parts left out, doubled, moved and taken from
/// others, by line as often as by byte. It knows nothing of what the code does with them.
fn changed(corpus: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut dice = Dice(ChaCha20Rng::seed_from_u64(seed));
    let mut input = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(6) {
        let other = &corpus[dice.below(corpus.len())];
        let at = dice.below(input.len() + 1);
        match dice.below(8) {
            0 if at < input.len() => input[at] ^= 1 << dice.below(8),
            1 if at < input.len() => input[at] = dice.below(256) as u8,
            2 => {
                input.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied());
            }
            3 => {
                let part = dice.part(input.len());
                input.splice(part, WORDS[dice.below(WORDS.len())].iter().copied());
            }
            4 => {
                let part = dice.part(input.len());
                input.drain(part);
            }
            5 => {
                let taken = other[dice.part(other.len())].to_vec();
                let part = dice.part(input.len());
                input.splice(part, taken);
            }
            6 => {
                let taken: Vec<u8> = input[dice.part(input.len())].repeat(1 + dice.below(40));
                input.splice(at..at, taken);
            }
            _ => {
                let mut lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
                let others: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
                let (line, taken) = (dice.below(lines.len()), others[dice.below(others.len())]);
                match dice.below(3) {
                    0 => lines[line] = taken,
                    1 => lines.insert(line, taken),
                    _ => drop(lines.remove(line)),
                }
                input = lines.join(&b'\n');
            }
        }
    }
    input
}
