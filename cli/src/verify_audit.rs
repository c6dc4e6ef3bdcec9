//! `verify-audit`: whether an export of an account's audit is whole, unchanged and signed.

use std::{fs, io};

use airlock::{
    audit::{self, Begins, Seal},
    ports::Fault,
};

use crate::{console::counted, npm};

/// Checks an export of an account's audit
#[derive(clap::Args, Debug, PartialEq, Eq)]
pub struct Args {
    /// The export; - is standard input
    pub file: String,
    /// What /auth/audit-keys answered, saved at a time when you trusted it: with it the signatures are checked too
    #[arg(long, value_name = "KEYS_FILE")]
    pub keys: Option<String>,
    /// The id of the account whose audit it should be
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}

impl Args {
    /// Checks it.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn run(self) -> Result<String, Fault> {
        verify(&self.file, self.keys.as_deref(), self.account.as_deref())
    }
}

/// Checks an export from a file or (`-`) from standard input, and with a file of public keys its signatures too.
///
/// # Errors
/// It cannot be read, is empty, is another account's, or a line does not hold. With keys: nothing in it is signed.
fn verify(file: &str, keys: Option<&str>, account: Option<&str>) -> Result<String, Fault> {
    let keys = match keys {
        Some(file) => audit::keys(&contents(file)?).map_err(|e| Fault::new(format_args!("{file}: {e}")))?,
        None => Vec::new(),
    };
    let verified = audit::verify(&contents(file)?, &keys).map_err(|e| Fault::new(format_args!("{file}: {e}")))?;
    if verified.rows == 0 {
        return Err(Fault::new(format_args!("{file} has no rows")));
    }
    let signed = match &verified.signed {
        Seal::By(row, key) if verified.unsigned == 0 => format!("Signed up to row {row}, its last, by key {key}."),
        Seal::By(row, key) => format!(
            "Signed up to row {row} by key {key}. Not signed: {} after it, which whoever has the file could have written.",
            counted(verified.unsigned, "row")
        ),
        Seal::Unchecked(row) => format!(
            "A signature up to row {row} was not checked: pass --keys. Without them, whoever has the file could have \
             rewritten it."
        ),
        Seal::Missing if keys.is_empty() => {
            "Not signed: whoever has the file could have rewritten it. Exports made today are signed.".to_owned()
        }
        Seal::Missing => {
            return Err(Fault::new(format_args!("{file} is not signed: anyone could have written it")));
        }
    };
    // Anyone may have written it, to be read in a terminal.
    let whose = &verified.account_id;
    if !whose.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Fault::new(format_args!("{file} is no account's: its rows name {whose:?}")));
    }
    if account.is_some_and(|account| account != whose) {
        return Err(Fault::new(format_args!("{file} is the audit of the account {whose}")));
    }
    let start = match verified.begins {
        Begins::First => "from the account's first row on".to_owned(),
        Begins::Trimmed(row) => format!(
            "but not from the account's first row on: row {row} says that the operator's limit removed the earlier ones"
        ),
        Begins::Later => {
            "but not from the account's first row on: put the earlier exports in front of it to check those too"
                .to_owned()
        }
    };
    Ok(format!(
        "{} as sealed, none missing in between, {start}.\n\
         It is the audit of the account {whose}.\n\
         {signed}\n\
         It ends at row {}: newer ones may exist, and the audit page says where the next part begins.\n\
         Head: {}\n\
         Write the head down: until its row is old enough to be removed, an export without it has lost its end.",
        counted(verified.rows, "row"),
        verified.last,
        verified.head,
    ))
}

/// What a file, or standard input (`-`), says.
fn contents(file: &str) -> Result<String, Fault> {
    let read = match file {
        "-" => io::read_to_string(io::stdin().lock()),
        _ => fs::read_to_string(npm::path(file)),
    };
    read.map_err(|e| Fault::new(format_args!("{file}: {e}")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn first_row(export: &str) -> audit::Row {
        serde_json::from_str::<audit::Sealed>(export.lines().next().unwrap()).unwrap().row
    }

    /// What `verify-audit` says of a file with this text.
    fn said_of(name: &str, text: &str, keys: Option<&str>) -> Result<String, String> {
        said_of_account(name, text, keys, None)
    }

    fn said_of_account(name: &str, text: &str, keys: Option<&str>, account: Option<&str>) -> Result<String, String> {
        let file = |what: &str, text: &str| {
            let file = std::env::temp_dir().join(format!("airlock-{}-{name}-{what}", std::process::id()));
            std::fs::write(&file, text).unwrap();
            file.to_str().unwrap().to_owned()
        };
        let (audit, keys) = (file("audit", text), keys.map(|keys| file("keys", keys)));
        let said = verify(&audit, keys.as_deref(), account).map_err(|fault| fault.to_string());
        [Some(audit), keys].into_iter().flatten().for_each(|file| std::fs::remove_file(file).unwrap());
        said
    }

    #[test]
    fn verify_audit_says_how_far_it_is_signed_by_whom_and_what_went_unchecked() {
        let world = airlock_tests::World::new();
        let owner = world.admin();
        owner.sign_in("owner@acme.test", airlock_tests::OWNER_SEED);
        let export = owner.open("/audit/export?account=acme").expect(200).0.body;
        let keys = world.browser().get("/auth/audit-keys").expect(200).0.body;
        assert_eq!(owner.get("/api/v1/audit/keys").expect(200).0.body, keys);
        let id = audit::keys(&keys).unwrap().pop().unwrap().id();
        let signed = said_of("signed", &export, Some(&keys)).unwrap();
        assert!(signed.starts_with("2 rows as sealed") && signed.contains("\nIt is the audit of the account acme.\n"));
        assert!(signed.contains("It ends at row 2: newer"), "{signed}");
        assert!(signed.contains(&format!("Signed up to row 2, its last, by key {id}.")), "{signed}");
        assert_eq!(said_of_account("same", &export, Some(&keys), Some("acme")).unwrap(), signed);
        let other = said_of_account("other", &export, Some(&keys), Some("umbra")).unwrap_err();
        assert!(other.ends_with("is the audit of the account acme"), "{other}");
        let counterfeit = audit::Row { account_id: "acme.\n\u{1b}[8m".to_owned(), ..first_row(&export) };
        let counterfeit = audit::Sealed { previous: String::new(), hash: counterfeit.seal(""), row: counterfeit };
        let refused = said_of("counterfeit", &audit::export(&[counterfeit], []), None).unwrap_err();
        assert!(refused.contains("is no account's") && !refused.contains(['\n', '\u{1b}']), "{refused}");
        let last: audit::Sealed = serde_json::from_str(export.lines().nth(1).unwrap()).unwrap();
        let row = audit::Row { id: 3, ..last.row };
        let forged = audit::Sealed { previous: last.hash.clone(), hash: row.seal(&last.hash), row };
        let behind = said_of("behind", &(export.clone() + &audit::export(&[forged], [])), Some(&keys)).unwrap();
        assert!(behind.contains(&format!("Signed up to row 2 by key {id}. Not signed: 1 row after it")), "{behind}");
        let unchecked = said_of("unchecked", &export, None).unwrap();
        assert!(unchecked.contains("was not checked: pass --keys"), "{unchecked}");
        let bare: String = export.lines().take(2).map(|line| format!("{line}\n")).collect();
        assert!(said_of("bare", &bare, None).unwrap().contains("Not signed"));
        assert!(said_of("bare-keys", &bare, Some(&keys)).unwrap_err().contains("is not signed"));
        // What it is, if it is not an export.
        let list = owner.get("/api/v1/accounts/acme/audit").expect(200).0.body;
        assert!(said_of("list", &list, None).unwrap_err().contains("a list as the API answers it"));
        let page = owner.open("/audit?account=acme").expect(200).0.body;
        assert!(said_of("page", &page, None).unwrap_err().contains("a web page"));
        let problem = world.admin().get("/api/v1/accounts/acme/audit").expect(401).0.body;
        assert!(said_of("problem", &problem, None).unwrap_err().contains("an error that the Worker answered"));
        assert!(said_of("no-keys", &export, Some("{}")).unwrap_err().contains("no public key"));
    }
}
