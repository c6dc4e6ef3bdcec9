//! The outside world, as the product sees it. `airlock-platform` implements it for Cloudflare, the tests for SQLite.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    time::{Duration, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::{fields::Columns, mail::Mail};

/// A future that stays on its thread: Workers have only one.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// A moment: Unix time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(pub i64);

impl Now {
    /// This moment as whole seconds.
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// The moment in a text (RFC 3339, in UTC).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let since = humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self(i64::try_from(since.as_millis()).ok()?))
    }

    /// This moment in UTC to the second (RFC 3339).
    pub fn rfc3339(self) -> String {
        // The last second of the year 9999 is the last that RFC 3339 can name.
        let seconds = self.seconds().min(253_402_300_799);
        humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
    }
}

/// A fault of ours: something this request needs did not work. The detail is logged; the client sees a 503.
#[derive(Debug)]
pub struct Fault(String);

impl Fault {
    /// A fault; `detail` goes to the log and must hold no secret.
    pub fn new(detail: impl fmt::Display) -> Self {
        Self(detail.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text composed (Unicode's Normalization Form C): the Workers have JavaScript's, which knows every character.
pub type Nfc = fn(&str) -> String;

/// A value bound to a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number of at most 53 bits: all that survives the way through JavaScript.
    Integer(i64),
    /// Text.
    Text(String),
}

impl Value {
    /// The largest whole number that can be bound: all that JavaScript counts exactly.
    pub const MAX_INTEGER: i64 = (1 << 53) - 1;
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<Now> for Value {
    fn from(value: Now) -> Self {
        Self::Integer(value.0)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Reads a column that is 0 or 1.
///
/// # Errors
/// It is no whole number.
pub fn flag<'de, D: Deserializer<'de>>(column: D) -> Result<bool, D::Error> {
    Ok(i64::deserialize(column)? != 0)
}

/// One SQL statement. The text is `'static`: values can only be bound, as `?1`, `?2` and so on. D1 binds a whole number as a
/// REAL: where SQL divides by it, or makes text of it, it is CAST first.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The SQL.
    pub sql: &'static str,
    /// What is bound to `?1`, `?2`, …
    pub params: Vec<Value>,
}

/// The rows one statement returned, by column name.
#[derive(Clone, Debug, Default)]
pub struct Rows(pub Vec<serde_json::Map<String, serde_json::Value>>);

impl Rows {
    /// The rows as `T`.
    ///
    /// # Errors
    /// A row that is not of that shape: the database is not what `schema.sql` says.
    pub fn parse<T: DeserializeOwned>(self) -> Result<Vec<T>, Fault> {
        let mut parsed = Vec::with_capacity(self.0.len());
        for mut row in self.0 {
            parsed.push(T::deserialize(Columns(&mut row)).map_err(unexpected)?);
        }
        Ok(parsed)
    }

    /// Each row as two structs; each takes the columns that it knows.
    ///
    /// # Errors
    /// As [`Rows::parse`].
    pub fn parse_both<A: DeserializeOwned, B: DeserializeOwned>(self) -> Result<Vec<(A, B)>, Fault> {
        Ok(self.clone().parse()?.into_iter().zip(self.parse()?).collect())
    }
}

fn unexpected(e: serde_json::Error) -> Fault {
    Fault::new(format_args!("unexpected row: {e}"))
}

/// The database.
pub trait Db {
    /// Runs the statements in order as one transaction, all or nothing, and answers the rows each returned. One call is
    /// one round trip.
    ///
    /// # Errors
    /// The database did not answer or refused a statement; nothing may be assumed of what was written.
    fn batch(&self, statements: Vec<Statement>) -> LocalFuture<'_, Result<Vec<Rows>, Fault>>;
}

/// Unpredictable bytes.
pub trait Rng {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// No randomness to be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault>;
}

impl dyn Rng + '_ {
    /// `N` unpredictable bytes.
    ///
    /// # Errors
    /// As [`Rng::fill`].
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new opaque id: 120 random bits as 24 characters.
    ///
    /// # Errors
    /// As [`Rng::fill`].
    pub fn id(&self) -> Result<String, Fault> {
        Ok(base32::encode(base32::Alphabet::Crockford, &self.bytes::<15>()?).to_ascii_lowercase())
    }
}

/// Algorithms of signatures (RFC 7518 §3.1) that the platform has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on the curve P-256, with SHA-256.
    Es256,
    /// RSA (PKCS #1 v1.5), with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Its name in JOSE.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// A private key that signs.
pub trait Sign {
    /// The signature over `text`, as a JWS has it.
    ///
    /// # Errors
    /// The platform makes none.
    fn sign<'a>(&'a self, text: &'a str) -> LocalFuture<'a, Result<Vec<u8>, Fault>>;
}

/// An Ed25519 key that the platform has taken in.
pub struct Ed25519 {
    /// Its public part, encoded as a JWK has it.
    pub public: String,
    /// What signs.
    pub private: Box<dyn Sign>,
}

/// Signatures that the platform makes: no code for them is part of the product.
pub trait Signing {
    /// Takes a private key in, once for many signatures: a JWK (RFC 7517), of which nothing is said in a fault. It has been
    /// tried out: its public part verifies what the private one signs.
    ///
    /// # Errors
    /// The platform does not take it, or its two parts are of two keys.
    fn import<'a>(
        &'a self,
        algorithm: Algorithm,
        private: &'a str,
        public: &'a str,
    ) -> LocalFuture<'a, Result<Box<dyn Sign>, Fault>>;

    /// The same with the 32 bytes of an Ed25519 key (RFC 8032), of which the platform works out the public part.
    ///
    /// # Errors
    /// The platform does not take it.
    fn ed25519<'a>(&'a self, private: &'a [u8; 32]) -> LocalFuture<'a, Result<Ed25519, Fault>>;
}

/// A coarse limit in front of the exact ones: approximate, per location, by address.
pub trait Brake {
    /// Whether one more login from `address` may go on.
    ///
    /// # Errors
    /// The limiter did not answer.
    fn admit<'a>(&'a self, address: &'a str) -> LocalFuture<'a, Result<bool, Fault>>;
}

/// Where log lines go.
pub trait Log {
    /// Writes one line of JSON.
    fn line(&self, json: &str);
}

/// What became of a mail that was handed over. The text says where it stopped, and nothing that a server said in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A server has taken it.
    Taken,
    /// It will never be taken.
    Refused(String),
    /// It was not taken, and may be later.
    NotYet(String),
    /// It may have been taken: the answer is lost.
    Unanswered(String),
}

/// What sends a mail.
pub trait Mailer {
    /// Hands one over, within half a minute.
    fn send<'a>(&'a self, mail: &'a Mail<'a>) -> LocalFuture<'a, Delivery>;

    /// Whether there is time left for that. An attempt that is cut off counts as one that may have been taken, and one that
    /// outlasts its lease would not be the only one.
    fn has_time(&self) -> bool {
        true
    }
}

/// A connection to a server. Where it fails, nothing more comes of it: `None`.
pub trait Wire {
    /// The bytes that come next.
    fn read(&mut self) -> LocalFuture<'_, Option<Vec<u8>>>;

    /// Sends bytes on their way.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Option<()>>;

    /// Goes on under TLS, with a server that proves to be the one that was asked for.
    fn start_tls(&mut self) -> LocalFuture<'_, Option<()>>;
}

/// The jobs Worker, as the others reach it.
pub trait Jobs {
    /// Says that something was changed, so that it need not wait for the jobs Worker's next look. Nobody waits for this,
    /// and that it is not heard is no fault.
    fn poke(&self);
}
