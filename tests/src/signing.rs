//! What the platform has for signatures, by the crates p256 and ed25519-compact. There is no RSA here: `tests/e2e/assertion.test.mjs` has it
//! from the runtime itself.

use std::future::ready;

use airlock::ports::{Algorithm, Ed25519, Fault, LocalFuture, Sign, Signing};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_compact::{KeyPair, Seed};
use p256::{
    SecretKey,
    ecdsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{Signer, Verifier},
    },
    elliptic_curve::sec1::ToSec1Point,
};
use serde_json::Value;

/// Signs by ES256 and Ed25519.
pub struct Signatures;

impl Signing for Signatures {
    fn import<'a>(
        &'a self,
        algorithm: Algorithm,
        private: &'a str,
        public: &'a str,
    ) -> LocalFuture<'a, Result<Box<dyn Sign>, Fault>> {
        assert_eq!(algorithm, Algorithm::Es256);
        let member = |jwk: &str, name: &str| {
            let jwk: Value = serde_json::from_str(jwk).unwrap();
            Base64UrlUnpadded::decode_vec(jwk[name].as_str().unwrap()).unwrap()
        };
        let import = || {
            let key = SecretKey::from_slice(&member(private, "d")).map_err(|_| Fault::new("not a key"))?;
            let key = SigningKey::from(key);
            match [member(public, "x"), member(public, "y")].concat()
                == key.verifying_key().to_sec1_point(false).as_bytes()[1..]
            {
                true => Ok(Box::new(Key(key)) as Box<dyn Sign>),
                false => Err(Fault::new("its public part is another key's")),
            }
        };
        Box::pin(ready(import()))
    }

    fn ed25519<'a>(&'a self, private: &'a [u8; 32]) -> LocalFuture<'a, Result<Ed25519, Fault>> {
        let pair = KeyPair::from_seed(Seed::new(*private));
        let public = Base64UrlUnpadded::encode_string(&*pair.pk);
        Box::pin(ready(Ok(Ed25519 { public, private: Box::new(Pair(pair)) })))
    }
}

struct Key(SigningKey);

impl Sign for Key {
    fn sign<'a>(&'a self, text: &'a str) -> LocalFuture<'a, Result<Vec<u8>, Fault>> {
        let signature: Signature = self.0.sign(text.as_bytes());
        Box::pin(ready(Ok(signature.to_bytes().to_vec())))
    }
}

struct Pair(KeyPair);

impl Sign for Pair {
    fn sign<'a>(&'a self, text: &'a str) -> LocalFuture<'a, Result<Vec<u8>, Fault>> {
        Box::pin(ready(Ok(self.0.sk.sign(text, None).to_vec())))
    }
}

/// Whether ES256 verifies: the public key is a JWK.
pub fn es256_verifies(jwk: &Value, text: &str, signature: &[u8]) -> bool {
    let coordinate = |name: &str| Base64UrlUnpadded::decode_vec(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    Signature::from_slice(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
}

/// An entry of `ASSERTION_KEYS`: the key of ES256 whose private number is this one.
pub fn es256(id: &str, d: [u8; 32]) -> String {
    let point = SecretKey::from_slice(&d).unwrap().public_key().to_sec1_point(false).as_bytes().to_vec();
    let [x, y, d] = [&point[1..33], &point[33..], &d].map(Base64UrlUnpadded::encode_string);
    jwk_entry(id, "ES256", &serde_json::json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d }))
}

/// An entry of `ASSERTION_KEYS` with this JWK.
pub fn jwk_entry(id: &str, algorithm: &str, jwk: &Value) -> String {
    format!("{id}:{algorithm}:{}", Base64UrlUnpadded::encode_string(jwk.to_string().as_bytes()))
}
