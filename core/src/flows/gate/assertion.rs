//! Who a request is from, for the protected app to check: a JWT (RFC 7519) signed with Ed25519 (RFC 8037) and good for a
//! minute.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_compact::{KeyPair, Seed};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    people::{Membership, service::Service, session::Session},
    ports::{Fault, Now},
    secret::{Key, Keyring},
};

/// How long an assertion is good for, in seconds.
pub const LIFETIME_S: i64 = 60;

/// What signs assertions.
pub struct Issuer {
    origin: String,
    audience: String,
    /// The JWT's header, encoded: the same in each.
    header: String,
    key: KeyPair,
    jwks: Value,
}

/// What an assertion says of a person. Times are seconds since 1970.
#[derive(Serialize)]
struct PersonClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    /// User id.
    sub: &'a str,
    email: &'a str,
    /// Whether a link mailed to it was followed; until then it is only vouched for.
    email_verified: bool,
    name: &'a str,
    accounts: &'a [Membership],
    /// What was proven (RFC 8176): the password, and a one-time or recovery code.
    amr: Vec<&'static str>,
    /// When, the last time.
    auth_time: i64,
    /// Session id.
    sid: &'a str,
    iat: i64,
    exp: i64,
}

/// The same of a program.
#[derive(Serialize)]
struct ServiceClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    /// Id of its token.
    sub: &'a str,
    /// What that is called.
    name: &'a str,
    /// The one whose it is.
    accounts: [Account<'a>; 1],
    amr: [&'static str; 1],
    iat: i64,
    exp: i64,
}

#[derive(Serialize)]
struct Account<'a> {
    id: &'a str,
    name: &'a str,
}

impl Issuer {
    /// The first of the keys signs; all of them are published.
    pub fn new(origin: String, audience: String, keys: &Keyring) -> Self {
        let pair = |key: &Key| KeyPair::from_seed(Seed::new(*key.expose()));
        let key = pair(keys.current());
        // A multiplication on the curve, and this is before the first answer: each key once.
        let public = |other: &Key| if other.id() == keys.current().id() { key.pk } else { pair(other).pk };
        let published = keys.all().map(|key| {
            json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": key.id(),
                "x": Base64UrlUnpadded::encode_string(&*public(key)),
            })
        });
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": keys.current().id() });
        Self {
            origin,
            audience,
            header: Base64UrlUnpadded::encode_string(header.to_string().as_bytes()),
            jwks: json!({ "keys": published.collect::<Vec<_>>() }),
            key,
        }
    }

    /// The public keys (RFC 7517 §5).
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// An assertion that names this session's person.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of_session(&self, session: &Session, now: Now) -> Result<String, Fault> {
        let issued_s = now.0.div_euclid(1000);
        self.signed(&PersonClaims {
            iss: &self.origin,
            aud: &self.audience,
            sub: &session.person.id,
            email: &session.person.email,
            email_verified: session.person.email_verified,
            name: &session.person.name,
            accounts: &session.person.memberships,
            amr: session.proof.amr(),
            auth_time: session.proofs().map(|at| at.0.div_euclid(1000)).max().unwrap_or(0),
            sid: &session.id,
            iat: issued_s,
            exp: issued_s + LIFETIME_S,
        })
    }

    /// An assertion that names a program.
    ///
    /// # Errors
    /// As [`Issuer::of_session`].
    pub fn of_service(&self, service: &Service, now: Now) -> Result<String, Fault> {
        let issued_s = now.0.div_euclid(1000);
        self.signed(&ServiceClaims {
            iss: &self.origin,
            aud: &self.audience,
            sub: &service.id,
            name: &service.name,
            accounts: [Account { id: &service.account_id, name: &service.account_name }],
            amr: ["svc"],
            iat: issued_s,
            exp: issued_s + LIFETIME_S,
        })
    }

    fn signed(&self, claims: &impl Serialize) -> Result<String, Fault> {
        let claims = serde_json::to_vec(claims).map_err(Fault::new)?;
        let signed = format!("{}.{}", self.header, Base64UrlUnpadded::encode_string(&claims));
        // Without noise a signature is a function of key and text alone (RFC 8032): no randomness to get wrong.
        let signature = self.key.sk.sign(&signed, None);
        Ok(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&*signature)))
    }
}
