//! Secrets and what keeps them: redacted values, keys with ids, sealing, keyed hashes, tokens.

use std::fmt;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use chacha20poly1305::{
    Key as CipherKey, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::ports::{Fault, Rng};

/// A value that must not be printed, and is wiped when dropped.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: the one place where it leaves its wrapper.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("REDACTED")
    }
}

/// A 256-bit key with the id that is stored beside whatever was made with it.
pub struct Key {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    /// Reads a key of 32 bytes in base64.
    ///
    /// # Errors
    /// It is none; the value is not in what is said.
    pub fn parse(id: &str, encoded: &str) -> Result<Self, &'static str> {
        let mut bytes = Zeroizing::new([0; 32]);
        match Base64::decode(encoded, bytes.as_mut_slice()) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self { id: id.to_owned(), bytes }),
            _ => Err("a key must be 32 bytes in base64"),
        }
    }

    /// The id, stored beside what the key made.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself.
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether this is the key as [`Keyring::parse`] reads it, compared in constant time.
    pub fn is_shown(&self, text: &str) -> bool {
        let own = Zeroizing::new(format!("{}:{}", self.id, Base64::encode_string(self.bytes.as_slice())));
        own.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// Whether it is nothing but zeros, which nobody has drawn.
    pub fn is_blank(&self) -> bool {
        self.bytes.ct_eq(&[0; 32]).into()
    }

    /// HMAC-SHA-256 over `parts`, in hexadecimal. `purpose` keeps one use of a key from standing in for another; each
    /// part is preceded by its length, so no two lists of parts read the same.
    pub fn mac(&self, purpose: &str, parts: &[&str]) -> String {
        // HMAC pads a short key with zeros to the block; a whole block cannot be of the wrong length.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.bytes.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&(*block).into());
        mac.update(&bound(purpose, parts));
        hex(&mac.finalize().into_bytes())
    }

    /// Whether `tag` is [`Key::mac`] of the same arguments, compared in constant time.
    pub fn mac_matches(&self, purpose: &str, parts: &[&str], tag: &str) -> bool {
        self.mac(purpose, parts).as_bytes().ct_eq(tag.as_bytes()).into()
    }
}

/// The ids in a list of keys, `id:…,id:…`, and what follows each: ids of 1 to 16 letters and digits, each once.
///
/// # Errors
/// What is wrong, without the value.
pub fn entries(text: &str) -> Result<Vec<(&str, &str)>, &'static str> {
    let mut entries: Vec<(&str, &str)> = Vec::new();
    for entry in text.split(',') {
        let (id, key) = entry.trim().split_once(':').ok_or("must be id:base64, the newest first")?;
        if id.is_empty() || id.len() > 16 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("a key's id must be 1 to 16 letters and digits");
        }
        if entries.iter().any(|(other, _)| *other == id) {
            return Err("two keys have the same id");
        }
        entries.push((id, key));
    }
    Ok(entries)
}

/// The keys in use: the first makes new things, all check old ones, so a key can be changed without a gap.
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// Reads `id:base64,id:base64`: [`entries`] with keys of 32 bytes, the current one first.
    ///
    /// # Errors
    /// What is wrong, without the value. There is no default key.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let keys = entries(text)?.into_iter().map(|(id, encoded)| Key::parse(id, encoded));
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(Self { current: keys.next().ok_or("is empty")?, older: keys.collect() })
    }

    /// Makes a new key in the form [`Keyring::parse`] reads.
    ///
    /// # Errors
    /// No randomness.
    pub fn generate(id: &str, rng: &dyn Rng) -> Result<Zeroizing<String>, Fault> {
        let bytes = Zeroizing::new(rng.bytes::<32>()?);
        Ok(Zeroizing::new(format!("{id}:{}", Base64::encode_string(bytes.as_slice()))))
    }

    /// The key that makes new things.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// Every key in use, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.older)
    }

    /// The key with this id.
    ///
    /// # Errors
    /// It is not among those in use. That is a fault, never a way around the check it was for.
    pub fn get(&self, id: &str) -> Result<&Key, Fault> {
        self.all().find(|key| key.id == id).ok_or_else(|| Fault::new(format_args!("key {id} is not in use")))
    }
}

/// A secret sealed with XChaCha20-Poly1305, bound to the row it belongs to.
#[derive(Clone, Debug, Deserialize)]
pub struct Sealed {
    /// Nonce and ciphertext in base64.
    #[serde(rename = "sealed_seed")]
    pub text: String,
    /// Id of the key.
    #[serde(rename = "seed_key")]
    pub key_id: String,
}

/// Seals `plain` for what `owner` names: a row, such as user id and credential id, or a cookie's session.
///
/// # Errors
/// No randomness.
pub fn seal(keys: &Keyring, rng: &dyn Rng, owner: &[&str], plain: &[u8]) -> Result<Sealed, Fault> {
    let key = keys.current();
    let nonce = rng.bytes::<24>()?;
    let mut sealed = nonce.to_vec();
    let aad = bound(&format!("seed {}", key.id), owner);
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
        .map_err(|_| Fault::new("could not seal"))?;
    sealed.extend_from_slice(&ciphertext);
    Ok(Sealed { text: Base64::encode_string(&sealed), key_id: key.id.clone() })
}

/// Opens what [`seal`] made for the same `owner`.
///
/// # Errors
/// The key is not in use, or the text is not what was sealed for this owner: a fault, and no seed.
pub fn open(keys: &Keyring, owner: &[&str], sealed: &Sealed) -> Result<Secret<Vec<u8>>, Fault> {
    let key = keys.get(&sealed.key_id)?;
    let broken = || Fault::new("a sealed seed does not belong to its row");
    let bytes = Base64::decode_vec(&sealed.text).map_err(|_| broken())?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<24>().ok_or_else(broken)?;
    let aad = bound(&format!("seed {}", key.id), owner);
    let plain =
        cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &aad }).map_err(|_| broken())?;
    Ok(Secret::new(plain))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&CipherKey::from(*key.bytes))
}

/// `purpose` and `parts`, each preceded by its length.
fn bound(purpose: &str, parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in std::iter::once(&purpose).chain(parts) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// A token as whoever may use it holds it: 256 bits, random or derived from a key. The database only ever sees its [`TokenHash`].
pub struct Token(Secret<String>);

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// No randomness.
    pub fn generate(rng: &dyn Rng) -> Result<Self, Fault> {
        let bytes = Zeroizing::new(rng.bytes::<32>()?);
        Ok(Self(Secret::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))))
    }

    /// The token of a mailed link: of a key and the mail's id, so that it need be kept nowhere until the mail is sent.
    pub fn derived(key: &Key, purpose: &str, mail_id: &str) -> Self {
        Self(Secret::new(key.mac(&format!("link {purpose}"), &[mail_id])))
    }

    /// A token as it came from a browser, true or not.
    pub fn claimed(text: &str) -> Self {
        Self(Secret::new(text.to_owned()))
    }

    /// The text for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the database may know of it. A plain hash is enough for 256 bits that nobody can guess; `purpose` keeps a token of one kind
    /// from being found as another.
    pub fn hash(&self, purpose: &str) -> TokenHash {
        TokenHash(hex(&Sha256::digest(bound(purpose, &[self.expose()]))))
    }
}

/// SHA-256 of a [`Token`], in hexadecimal.
#[derive(Clone, Debug)]
pub struct TokenHash(String);

impl TokenHash {
    /// In hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&TokenHash> for crate::ports::Value {
    fn from(hash: &TokenHash) -> Self {
        Self::Text(hash.0.clone())
    }
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex(&sha256_bytes(text.as_bytes()))
}

/// SHA-256.
pub fn sha256_bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Takes the same whatever the bytes, as writing them by `{:02x}` does not.
fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}
