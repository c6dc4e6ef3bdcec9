//! The keys of a deployment: made once, kept in `airlock.keys`, and set wherever a Worker lacks them.

use std::{collections::BTreeMap, path::Path};

use airlock::ports::{Fault, Rng};
use zeroize::Zeroizing;

use super::{
    Target, cloudflare,
    files::{read_if_there, write},
    plan::Step,
    workers::{JOBS, Worker},
};
use crate::keys::{self, FILE, KINDS, Kind, SMTP_URL};

const HEAD: &str =
    "# Airlock's keys. Without them no password and no seed can be checked: keep a copy somewhere safe, not in git.\n";

/// The steps that give each Worker the keys it lacks. What is set already stays.
///
/// # Errors
/// A damaged file of keys.
pub fn steps(folder: &Path, workers: &[Worker], accounts: i64, missing: &mut Vec<String>) -> Result<Vec<Step>, Fault> {
    let kept = kept(folder)?;
    let (mut made, mut steps): (Vec<&'static Kind>, _) = (Vec::new(), Vec::new());
    for worker in workers {
        let name = &worker.config.name;
        let mut lacking: Vec<&str> = worker.config.secrets.required.iter().map(String::as_str).collect();
        lacking.retain(|key| worker.set.iter().all(|set| set != key));
        // Whether it has changed here since it was set, nobody can see.
        if worker.spec.file == JOBS && kept.contains_key(SMTP_URL) {
            lacking.retain(|key| *key != SMTP_URL);
            lacking.push(SMTP_URL);
        }
        for key in &lacking {
            if kept.contains_key(*key) {
                continue;
            }
            let Some(kind) = KINDS.iter().find(|kind| kind.name == *key) else {
                let put = format!("npx wrangler secret put {key} -c {}", worker.spec.file);
                missing.push(format!("{name} needs the secret {key}, which is yours to set: {put}"));
                continue;
            };
            let set = |worker: &Worker| worker.set.iter().any(|set| set == key);
            let in_use = workers.iter().any(set) || kind.of_users && accounts > 0;
            if in_use {
                missing.push(format!(
                    "{name} lacks {key}, which is in use already and cannot be read back from Cloudflare: put {FILE} back \
                     where it was. With a new one nobody could sign in"
                ));
            } else if made.iter().all(|made| made.name != kind.name) {
                made.push(kind);
            }
        }
        if !lacking.is_empty() {
            let names = lacking.into_iter().map(str::to_owned).collect();
            steps.push(Step::SetKeys { file: worker.spec.file, worker: name.clone(), names });
        }
    }
    if !made.is_empty() {
        steps.insert(0, Step::MakeKeys(made));
    }
    Ok(steps)
}

/// Adds a new key of each kind to those that are kept.
///
/// # Errors
/// No randomness, or the file cannot be read or written.
pub fn make(folder: &Path, kinds: &[&Kind], rng: &dyn Rng) -> Result<(), Fault> {
    let mut text = Zeroizing::new(read_if_there(folder, FILE)?.unwrap_or_else(|| HEAD.to_owned()));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for kind in kinds {
        text.push_str(&kind.line(rng)?);
        text.push('\n');
    }
    write(folder, FILE, &text, 0o600)
}

/// Sets kept keys as secrets of the Worker in this file.
///
/// # Errors
/// A damaged file of keys, or what Cloudflare refuses.
pub fn set(target: &Target<'_>, file: &str, names: &[String]) -> Result<(), Fault> {
    let kept = kept(target.folder)?;
    let values = names.iter().filter_map(|name| Some((name.as_str(), kept.get(name)?.as_str()))).collect();
    cloudflare::set_secrets(target, file, &values)
}

/// The keys kept in the project's folder, by the secret's name.
///
/// # Errors
/// A damaged file of keys.
pub fn kept(folder: &Path) -> Result<BTreeMap<String, Zeroizing<String>>, Fault> {
    keys::parse(&Zeroizing::new(read_if_there(folder, FILE)?.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use airlock::secret::Keyring;

    use super::*;
    use crate::{deploy::cloud::Cloud, world::Random};

    #[test]
    fn no_key_is_made_where_another_may_be_in_use() {
        let at_one_worker = Cloud::new();
        at_one_worker.has("airlock-admin", "PEPPER_KEYS");
        let said = at_one_worker.refused(Some(("Acme", "ann@acme.test")));
        assert!(said.contains("airlock-edge lacks PEPPER_KEYS") && said.contains("airlock.keys"), "{said}");
        assert!(!said.contains("lacks SEED_KEYS"), "{said}");

        let by_accounts = Cloud::new();
        by_accounts.populate();
        let said = by_accounts.refused(None);
        assert!(
            said.contains("airlock-edge lacks SEED_KEYS") && said.contains("airlock-admin lacks PEPPER_KEYS"),
            "{said}"
        );
        assert!(!said.contains("ASSERTION_KEYS"), "no row depends on it: {said}");
    }

    #[test]
    fn a_new_kind_of_key_joins_those_in_use() {
        let cloud = Cloud::new();
        cloud.populate();
        for worker in ["airlock-jobs", "airlock-edge", "airlock-admin"] {
            ["SEED_KEYS", "PEPPER_KEYS"].iter().for_each(|secret| cloud.has(worker, secret));
        }
        cloud.deploy(None).unwrap();
        let made = cloud.values.borrow();
        assert_eq!(
            made.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["ASSERTION_KEYS", "AUDIT_KEYS", "PROXY_KEYS"]
        );
        assert_eq!(cloud.workers.borrow()["airlock-edge"]["SEED_KEYS"], "old");
        for worker in ["airlock-jobs", "airlock-admin"] {
            assert_eq!(cloud.workers.borrow()[worker].len(), 3);
        }
    }

    /// Of assertions the kept key goes on, whatever its form.
    #[test]
    fn a_key_of_before_is_not_replaced_by_one_of_the_new_form() {
        let cloud = Cloud::new();
        let old = format!("ASSERTION_KEYS=\"{}\"", *Keyring::generate("a1", &Random).unwrap());
        cloud.put(FILE, &old);
        cloud.first().unwrap();
        cloud.assert_up();
        assert_eq!(cloud.file(FILE).matches("ASSERTION_KEYS").count(), 1);
        assert!(cloud.file(FILE).starts_with(&old));
        let new = Cloud::new();
        new.first().unwrap();
        new.assert_up();
        assert!(new.file(FILE).contains("ASSERTION_KEYS=\"a1:ES256:"));
    }

    #[test]
    fn keys_are_added_to_an_edited_file() {
        let cloud = Cloud::new();
        let seed_keys = format!("SEED_KEYS=\"{}\"", *Keyring::generate("s2", &Random).unwrap());
        cloud.put(FILE, &seed_keys);
        cloud.first().unwrap();
        cloud.assert_up();
        assert!(cloud.file(FILE).starts_with(&format!("{seed_keys}\nPEPPER_KEYS=\"p1:")));
    }

    #[test]
    fn kept_keys_are_set_again_where_a_worker_was_lost() {
        let cloud = Cloud::new();
        cloud.first().unwrap();
        cloud.workers.borrow_mut().clear();
        cloud.deploy(None).unwrap();
        cloud.assert_up();
    }

    #[test]
    fn a_damaged_file_of_keys_is_named_and_not_shown() {
        let cloud = Cloud::new();
        let damaged = [
            ("# one\nSEED_KEYS=\"s1:c2hvcnQ=\"", "airlock.keys, line 2: a key must be 32 bytes"),
            ("s1:c2hvcnQ=", "airlock.keys, line 1: must be NAME="),
        ];
        for (text, why) in damaged {
            cloud.put(FILE, text);
            let said = cloud.refused(Some(("Acme", "ann@acme.test")));
            assert!(said.contains(why) && !said.contains("c2hvcnQ"), "{said}");
        }
    }
}
