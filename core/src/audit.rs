//! The audit as people read it, the chain of hashes that shows whether anything was cut out of it or changed, and the
//! signatures over that chain: a hash anyone can compute again, a signature only who holds the key.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ed25519_compact::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

use crate::{
    event::{Action, Detail},
    ports::{Ed25519, Fault, Now, Sign, Signing},
    secret::{Keyring, sha256, sha256_bytes},
};

/// One thing that happened, in one account: a row as stored, in the order of `schema.sql`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number: later ones are higher.
    pub id: i64,
    /// The account; empty for what belongs to none.
    pub account_id: String,
    /// The event's id, the same in every account it concerns.
    pub event: String,
    /// When: Unix time in milliseconds.
    pub at: i64,
    /// The actor's user id.
    pub actor_id: Option<String>,
    /// The API token by which it was done.
    pub token_id: Option<String>,
    /// User id of whom it concerns.
    pub target_id: Option<String>,
    /// What was attempted.
    pub action: String,
    /// `ok`, or why not.
    pub result: String,
    /// What exactly, or empty.
    pub detail: String,
    /// The address it came from.
    pub ip: String,
    /// Two-letter country code, or empty.
    pub country: String,
    /// The request, as the platform names it, or empty.
    pub request_id: String,
}

/// A row with what is known of it besides.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The row.
    pub row: Row,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a row besides.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    /// The e-mail address that the actor has now.
    pub actor_email: Option<String>,
    /// The e-mail address that the target has now.
    pub target_email: Option<String>,
    /// The row's seal, once it has one.
    pub hash: Option<String>,
    /// How often: the same refusal, again and again within an hour, is one entry.
    pub times: i64,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The actor's id or e-mail address.
    pub actor: Option<String>,
    /// Id or e-mail address of whom it concerns.
    pub target: Option<String>,
    /// What was attempted.
    pub action: Option<String>,
    /// Only entries with a lower number.
    pub before: Option<i64>,
}

impl Row {
    /// The hash that seals this row after the one sealed by `previous` (empty for an account's first): SHA-256, in
    /// hexadecimal, over `previous`, a line feed and the row as JSON.
    pub fn seal(&self, previous: &str) -> String {
        let row = serde_json::to_string(self).unwrap_or_default();
        sha256(&format!("{previous}\n{row}"))
    }
}

/// One line of an export: a row, its seal, and the seal before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The seal of the account's row before this one; empty for the first.
    pub previous: String,
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// Its seal.
    pub hash: String,
}

/// A line of an export beside its rows: the account's audit up to one of them, signed.
#[derive(Serialize, Deserialize)]
struct Signed {
    checkpoint: String,
}

/// These rows and checkpoints as lines of JSON.
pub fn export<'a>(rows: &[Sealed], notes: impl IntoIterator<Item = &'a str>) -> String {
    let rows = rows.iter().filter_map(|row| Some(one_line(&serde_json::to_string(row).ok()?)));
    rows.chain(notes.into_iter().map(signed_line)).map(|line| line + "\n").collect()
}

fn signed_line(note: &str) -> String {
    one_line(&serde_json::to_string(&Signed { checkpoint: note.to_owned() }).unwrap_or_default())
}

/// JSON as one line for every reader: some take more than a line feed for the end of a line (Python's `splitlines`, for one).
/// JSON has such characters within strings alone.
fn one_line(json: &str) -> String {
    json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Whether each of these rows is as it was sealed and follows the one before.
pub fn holds(rows: &[Sealed]) -> bool {
    let next = rows.iter().skip(1).map(|sealed| &sealed.previous);
    rows.iter().all(|sealed| sealed.row.seal(&sealed.previous) == sealed.hash)
        && rows.iter().map(|sealed| &sealed.hash).zip(next).all(|(hash, previous)| hash == previous)
}

/// A public key of checkpoints, as notes name it (C2SP signed-note).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose it is: the admin Worker's host and what it signs.
    pub name: String,
    key: [u8; 32],
}

/// What a note says of a key's kind: Ed25519.
const ED25519: u8 = 1;

impl Key {
    /// The first four bytes of SHA-256 over name and key: by them a signature says which key made it.
    fn hash(&self) -> [u8; 4] {
        let mut named = format!("{}\n", self.name).into_bytes();
        named.push(ED25519);
        named.extend_from_slice(&self.key);
        let [a, b, c, d, ..] = sha256_bytes(&named);
        [a, b, c, d]
    }

    /// The same in hexadecimal.
    pub fn id(&self) -> String {
        base16ct::lower::encode_string(&self.hash())
    }

    /// The key alone, in base64.
    pub fn public_key(&self) -> String {
        Base64::encode_string(&self.key)
    }

    /// Name, id and key in one word, as readers of notes take them.
    pub fn verifier(&self) -> String {
        let typed: Vec<u8> = std::iter::once(ED25519).chain(self.key).collect();
        format!("{}+{}+{}", self.name, self.id(), Base64::encode_string(&typed))
    }

    /// Reads [`Key::verifier`].
    fn parse(word: &str) -> Option<Self> {
        let (name, rest) = word.trim().split_once('+')?;
        let (id, typed) = rest.split_once('+')?;
        let typed = Base64::decode_vec(typed).ok()?;
        let key = typed.strip_prefix(&[ED25519])?.try_into().ok()?;
        let key = Self { name: name.to_owned(), key };
        (key.id() == id).then_some(key)
    }
}

/// The public keys in a text: as the Workers answer them, or one [`Key::verifier`] a line.
///
/// # Errors
/// There are none, or one cannot be read.
pub fn keys(text: &str) -> Result<Vec<Key>, String> {
    #[derive(Deserialize)]
    struct Answer {
        keys: Vec<Published>,
    }
    #[derive(Deserialize)]
    struct Published {
        verifier: String,
    }
    let words: Vec<String> = match serde_json::from_str::<Answer>(text) {
        Ok(answer) => answer.keys.into_iter().map(|key| key.verifier).collect(),
        Err(_) => text.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect(),
    };
    let keys: Vec<Key> = words
        .iter()
        .map(|word| Key::parse(word).ok_or("this is no public key: save what /auth/audit-keys answers, as it is"))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() { Err("there is no public key in it".to_owned()) } else { Ok(keys) }
}

/// The keys of checkpoints: the jobs Worker has them, and the admin Worker for the end of an export; no other program does.
pub struct SigningKeys {
    name: String,
    ring: Keyring,
}

/// What signs checkpoints.
pub struct Signer {
    current: Box<dyn Sign>,
    keys: Vec<Key>,
}

impl SigningKeys {
    /// The first of the ring signs; all of them are published. `host` is the admin Worker's.
    pub fn new(host: &str, ring: Keyring) -> Self {
        Self { name: format!("{host}/audit"), ring }
    }

    /// Makes ready what signs.
    ///
    /// # Errors
    /// The platform does not take one of them.
    pub async fn open(&self, platform: &dyn Signing) -> Result<Signer, Fault> {
        let (mut first, mut keys) = (None, Vec::new());
        for key in self.ring.all() {
            let Ed25519 { public, private } = platform.ed25519(key.expose()).await?;
            let public = Base64UrlUnpadded::decode_vec(&public).map_err(Fault::new)?;
            let key = public.try_into().map_err(|_| Fault::new("a public key has 32 bytes"))?;
            keys.push(Key { name: self.name.clone(), key });
            first.get_or_insert(private);
        }
        Ok(Signer { current: first.ok_or_else(|| Fault::new("no key"))?, keys })
    }
}

impl Signer {
    /// The public keys, that of the signing one first.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Signs that an account's audit up to the row of this number comes to the seal `head`: four lines, an empty one, and
    /// the signature.
    ///
    /// # Errors
    /// `head` is no seal, or the platform makes no signature.
    pub async fn checkpoint(&self, account_id: &str, row_id: i64, head: &str, now: Now) -> Result<String, Fault> {
        let key = self.keys.first().ok_or_else(|| Fault::new("no key"))?;
        let head = Base64::encode_string(&base16ct::lower::decode_vec(head).map_err(Fault::new)?);
        let text = format!("{}/{account_id}\n{row_id}\n{head}\n{}\n", key.name, now.rfc3339());
        let signature = [key.hash().as_slice(), &self.current.sign(&text).await?].concat();
        Ok(format!("{text}\n\u{2014} {} {}\n", key.name, Base64::encode_string(&signature)))
    }
}

/// A checkpoint, read.
struct Checkpoint<'a> {
    text: &'a str,
    signatures: &'a str,
    origin: &'a str,
    row_id: i64,
    head: String,
}

impl<'a> Checkpoint<'a> {
    fn parse(note: &'a str) -> Option<Self> {
        let (lines, signatures) = note.split_once("\n\n")?;
        let text = note.get(..=lines.len())?;
        let mut lines = lines.split('\n');
        let (origin, row_id, head) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
        let head = base16ct::lower::encode_string(&Base64::decode_vec(head).ok()?);
        Some(Self { text, signatures, origin, row_id, head })
    }

    /// The one of `keys` that signed it. One of them whose signature is wrong is an error; those of others say nothing.
    fn signed_by<'k>(&self, keys: &'k [Key], account_id: &str) -> Result<Option<&'k Key>, ()> {
        let mut by = None;
        for line in self.signatures.lines() {
            let Some((name, signature)) = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')) else {
                return Err(());
            };
            let signature = Base64::decode_vec(signature).map_err(|_| ())?;
            let (hash, signature) = signature.split_first_chunk::<4>().ok_or(())?;
            let Some(key) = keys.iter().find(|key| key.name == name && key.hash() == *hash) else { continue };
            let signature = Signature::from_slice(signature).map_err(|_| ())?;
            let right = PublicKey::new(key.key).verify(self.text, &signature).is_ok();
            if self.origin != format!("{}/{account_id}", key.name) || !right {
                return Err(());
            }
            by = Some(key);
        }
        Ok(by)
    }
}

/// Where an export begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// With the account's first row.
    First,
    /// After rows that the operator's limit removed, as the row of this number says; where keys are given, it is signed.
    Trimmed(i64),
    /// After rows that the export does not account for.
    Later,
}

/// How far an export is signed. Of one that is not, only a copy of before can say whether it was written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Not at all.
    Missing,
    /// Up to the row of this number, if the signature is right: there was no key to check it by.
    Unchecked(i64),
    /// Up to the row of this number, by the key of this id.
    By(i64, String),
}

impl Seal {
    fn row(&self) -> i64 {
        match self {
            Self::Missing => 0,
            Self::Unchecked(row) | Self::By(row, _) => *row,
        }
    }
}

/// What an export shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whose audit it is: the account's id.
    pub account_id: String,
    /// How many rows it has.
    pub rows: usize,
    /// Where it begins.
    pub begins: Begins,
    /// The seal of its last row: whoever notes it can tell later whether the end was cut off.
    pub head: String,
    /// The number of its last row.
    pub last: i64,
    /// How far it is signed.
    pub signed: Seal,
    /// How many rows after that are not.
    pub unsigned: usize,
}

/// Checks an export: that every row is as it was sealed and has a higher number than the one before, none between the first
/// and the last is missing, and what its checkpoints sign is what is there. Without keys nobody's signature is checked.
///
/// # Errors
/// Which line does not fit, counted from 1, and why.
pub fn verify(export: &str, keys: &[Key]) -> Result<Verified, String> {
    if let Some(what) = something_else(export) {
        return Err(what.to_owned());
    }
    let signed = Seal::Missing;
    let (account_id, begins, head) = (String::new(), Begins::First, String::new());
    let mut verified = Verified { account_id, rows: 0, begins, head, last: 0, signed, unsigned: 0 };
    let (mut removed, mut trimmed) = (String::new(), None);
    let mut seals: Vec<(i64, String)> = Vec::new();
    for (number, line) in (1..).zip(export.lines().filter(|line| !line.trim().is_empty())) {
        if let Ok(Signed { checkpoint }) = serde_json::from_str(line)
            && signed_line(&checkpoint) == line
        {
            let checked =
                check(&checkpoint, keys, &verified.account_id, &seals).map_err(|e| format!("line {number} {e}"))?;
            verified.signed = checked.filter(|seal| seal.row() > verified.signed.row()).unwrap_or(verified.signed);
            continue;
        }
        let sealed: Sealed = serde_json::from_str(line).map_err(|e| format!("line {number} is not a row: {e}"))?;
        if verified.rows == 0 {
            removed.clone_from(&sealed.previous);
            verified.account_id.clone_from(&sealed.row.account_id);
            verified.begins = if removed.is_empty() { Begins::First } else { Begins::Later };
        } else if sealed.previous != verified.head {
            return Err(format!("line {number} does not follow the line before it: something was cut out or put in"));
        } else if sealed.row.id <= verified.last {
            return Err(format!("line {number} has no higher number than the line before it: it was put in"));
        }
        // To the letter: what a reader of JSON overlooks, such as a second key, is a change too. Exports of before may have
        // in their lines what some take for the end of one.
        let written = serde_json::to_string(&sealed).unwrap_or_default();
        let as_exported = written == line || one_line(&written) == line;
        if !as_exported
            || sealed.row.account_id != verified.account_id
            || sealed.row.seal(&sealed.previous) != sealed.hash
        {
            return Err(format!("line {number} was changed after it was sealed"));
        }
        if sealed.row.action == Action::AuditTrimmed.name()
            && !removed.is_empty()
            && Detail::sealed(&sealed.row.detail).as_ref() == Some(&removed)
        {
            trimmed = trimmed.or(Some(sealed.row.id));
        }
        seals.push((sealed.row.id, sealed.hash.clone()));
        (verified.rows, verified.last, verified.head) = (verified.rows + 1, sealed.row.id, sealed.hash);
    }
    // What nobody signed, whoever has the file may have written.
    let signed_to = if keys.is_empty() { i64::MAX } else { verified.signed.row() };
    verified.begins = trimmed.filter(|row| *row <= signed_to).map_or(verified.begins, Begins::Trimmed);
    verified.unsigned = seals.iter().filter(|(id, _)| *id > verified.signed.row()).count();
    Ok(verified)
}

/// How far a checkpoint signs the rows before it. That of a row before the first of them says nothing of them.
fn check(note: &str, keys: &[Key], account_id: &str, seals: &[(i64, String)]) -> Result<Option<Seal>, String> {
    let broken = || "is no checkpoint as the admin Worker signs them".to_owned();
    let checkpoint = Checkpoint::parse(note).ok_or_else(broken)?;
    let row = checkpoint.row_id;
    if seals.first().is_none_or(|(first, _)| row < *first) {
        return Ok(None);
    }
    let Some((_, seal)) = seals.iter().rev().find(|(id, _)| *id == row) else {
        return Err(format!("signs row {row}, which is not here: something was cut off or put in"));
    };
    if *seal != checkpoint.head {
        return Err(format!("signs another row {row} than is here: something up to it was cut out, changed or put in"));
    }
    match checkpoint.signed_by(keys, account_id) {
        Err(()) => Err("has a wrong signature: what it says was changed".to_owned()),
        Ok(None) if keys.is_empty() => Ok(Some(Seal::Unchecked(row))),
        Ok(None) => Err("is signed by none of these keys".to_owned()),
        Ok(Some(key)) => Ok(Some(Seal::By(row, key.id()))),
    }
}

/// What a file is that is no export, where that can be told.
fn something_else(text: &str) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Answer {
        entries: Option<serde_json::Value>,
        status: Option<serde_json::Value>,
    }
    if text.trim_start().starts_with('<') {
        return Some("this is a web page, not an export: sign in, and save what the audit page's button downloads");
    }
    match serde_json::from_str(text).ok()? {
        Answer { entries: Some(_), .. } => Some(
            "this is a list as the API answers it, which has no chain to check: save what the audit page's button downloads",
        ),
        Answer { status: Some(_), .. } => Some("this is an error that the Worker answered, not an export"),
        Answer { .. } => None,
    }
}
