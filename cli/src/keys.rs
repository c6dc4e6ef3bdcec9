//! Airlock's keys as files keep them: a line `NAME="id:key"` for each secret.

use std::{collections::BTreeMap, fmt::Display, fs, path::Path};

use airlock::{
    ports::{Fault, Rng},
    secret::Keyring,
};
use zeroize::Zeroizing;

/// A secret that holds keys.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The id of its first key.
    pub first_id: &'static str,
    /// Whether what the database holds of users can only be read with it.
    pub of_users: bool,
}

/// All of them.
pub static KINDS: &[Kind] = &[
    Kind { name: "SEED_KEYS", first_id: "s1", of_users: true },
    Kind { name: "PEPPER_KEYS", first_id: "p1", of_users: true },
    Kind { name: "ASSERTION_KEYS", first_id: "a1", of_users: false },
    Kind { name: "AUDIT_KEYS", first_id: "l1", of_users: false },
    Kind { name: "PROXY_KEYS", first_id: "x1", of_users: false },
];

/// Where `npm run deploy` keeps them: Cloudflare takes secrets and never shows them again, and Workers share some.
pub const FILE: &str = "airlock.keys";

impl Kind {
    /// A new key, as a line of a file.
    ///
    /// # Errors
    /// No randomness.
    pub fn line(&self, rng: &dyn Rng) -> Result<String, Fault> {
        Ok(format!("{}=\"{}\"", self.name, *Keyring::generate(self.first_id, rng)?))
    }
}

/// The keys under this name in a file, which may hold other variables too.
///
/// # Errors
/// The file cannot be read, or has no such keys.
pub fn read(file: &Path, name: &str) -> Result<Keyring, Fault> {
    let wrong = |problem: &dyn Display| Fault::new(format_args!("{}: {problem}", file.display()));
    let variables = Zeroizing::new(fs::read_to_string(file).map_err(|e| wrong(&e))?);
    let value = variables.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    let value = value.ok_or_else(|| wrong(&format_args!("has no {name}")))?;
    Keyring::parse(value.trim_matches('"')).map_err(|problem| wrong(&format_args!("{name} {problem}")))
}

/// All keys in the text of [`FILE`], by the secret's name.
///
/// # Errors
/// The first line that is damaged, by its number: nothing of it is shown.
pub fn parse(text: &str) -> Result<BTreeMap<String, Zeroizing<String>>, Fault> {
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let wrong = |why| Fault::new(format_args!("{FILE}, line {number}: {why}"));
            let (name, value) = line.split_once("=\"").ok_or_else(|| wrong("must be NAME=\"id:key\""))?;
            let value = value.trim_end_matches('"');
            Keyring::parse(value).map_err(wrong)?;
            Ok((name.to_owned(), Zeroizing::new(value.to_owned())))
        })
        .collect()
}
