//! The keys that sign assertions: `ASSERTION_KEYS` is a list such as `a2:ES256:eyJrdHki…,a1:AgIC…`, of which the first signs
//! and all are published. An entry without an algorithm is the 32 bytes of an Ed25519 key (RFC 8037) in base64, else a private
//! JWK (RFC 7517): its JSON in base64url without padding, which has neither comma nor colon.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    ports::{Algorithm, Ed25519, Fault, Sign, Signing},
    secret::{Key, Secret, entries},
};

/// Bits of an RSA key: fewer are too weak (RFC 7518 §3.3), and with more a signature is slow and long.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Keys as they are written down, each looked at as far as that goes without computing with it.
pub struct SigningKeys<'k>(Vec<(&'k str, Written)>);

/// One of them.
enum Written {
    Ed25519(Key),
    Jwk(Jwk),
}

/// A private JWK. Of what it holds only this goes on to the platform, and only `public` to others.
struct Jwk {
    algorithm: Algorithm,
    private: Secret<String>,
    public: Value,
    signature_bytes: usize,
}

/// Keys that can sign.
pub struct Signer {
    /// How the first of them signs.
    pub algorithm: &'static str,
    /// Its id.
    pub key_id: String,
    /// How long a signature of it is.
    pub signature_bytes: usize,
    /// The public keys of all (RFC 7517 §5).
    pub jwks: Value,
    key: Box<dyn Sign>,
}

impl<'k> SigningKeys<'k> {
    /// Reads them.
    ///
    /// # Errors
    /// What is wrong with which key, and nothing of the key.
    pub fn parse(text: &'k str) -> Result<Self, String> {
        let read = |(id, key): (&'k str, &str)| {
            let written = match key.split_once(':') {
                None => Key::parse(id, key).and_then(|key| match key.is_blank() {
                    true => Err("a key of zeros"),
                    false => Ok(Written::Ed25519(key)),
                }),
                Some(("ES256", jwk)) => Fields::parse(jwk).and_then(|fields| fields.es256()).map(Written::Jwk),
                Some(("RS256", jwk)) => Fields::parse(jwk).and_then(|fields| fields.rs256()).map(Written::Jwk),
                Some(_) => Err("no algorithm that signs assertions: ES256 or RS256"),
            };
            written.map(|written| (id, written)).map_err(|problem| format!("key {id}: {problem}"))
        };
        entries(text)?.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Makes ready what signs.
    ///
    /// # Errors
    /// The platform does not take one of them.
    pub async fn open(self, platform: &dyn Signing) -> Result<Signer, Fault> {
        let (mut first, mut published) = (None, Vec::new());
        for (id, written) in self.0 {
            let wrong = |fault| Fault::new(format_args!("key {id}: {fault}"));
            let (algorithm, signature_bytes, public, key) = match written {
                Written::Ed25519(key) => {
                    let Ed25519 { public, private } = platform.ed25519(key.expose()).await.map_err(wrong)?;
                    ("EdDSA", 64, json!({ "kty": "OKP", "crv": "Ed25519", "x": public }), private)
                }
                Written::Jwk(Jwk { algorithm, private, public, signature_bytes }) => {
                    let key = platform.import(algorithm, private.expose(), &public.to_string()).await.map_err(wrong)?;
                    (algorithm.name(), signature_bytes, public, key)
                }
            };
            let mut jwk = public;
            for (name, value) in [("alg", algorithm), ("use", "sig"), ("kid", id)] {
                if let Some(fields) = jwk.as_object_mut() {
                    fields.insert(name.to_owned(), value.into());
                }
            }
            published.push(jwk);
            first.get_or_insert((algorithm, id.to_owned(), signature_bytes, key));
        }
        let (algorithm, key_id, signature_bytes, key) = first.ok_or_else(|| Fault::new("no key"))?;
        Ok(Signer { algorithm, key_id, signature_bytes, jwks: json!({ "keys": published }), key })
    }
}

impl Signer {
    /// The signature over `text`, encoded.
    ///
    /// # Errors
    /// The platform makes none.
    pub async fn sign(&self, text: &str) -> Result<String, Fault> {
        Ok(Base64UrlUnpadded::encode_string(&self.key.sign(text).await?))
    }
}

/// The members of a private JWK (RFC 7518 §6.2, §6.3); others count for nothing.
#[derive(Deserialize)]
struct Fields {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Secret<String>>,
    p: Option<Secret<String>>,
    q: Option<Secret<String>>,
    dp: Option<Secret<String>>,
    dq: Option<Secret<String>>,
    qi: Option<Secret<String>>,
}

impl Fields {
    fn parse(jwk: &str) -> Result<Self, &'static str> {
        let json = Base64UrlUnpadded::decode_vec(jwk).map(Zeroizing::new);
        let json = json.map_err(|_| "a JWK is written as its JSON in base64url without padding")?;
        serde_json::from_slice(&json).map_err(|_| "no JWK")
    }

    fn es256(&self) -> Result<Jwk, &'static str> {
        if (self.kty.as_str(), self.crv.as_deref()) != ("EC", Some("P-256")) {
            return Err("ES256 takes a key of the curve P-256");
        }
        let (x, y) = (self.x.as_deref(), self.y.as_deref());
        let d = secret(&self.d, "no private key: `d` is missing")?;
        let (Some(x), Some(y)) = (x, y) else { return Err("no public key: `x` or `y` is missing") };
        for part in [x, y, d] {
            if number(part)?.len() != 32 {
                return Err("each of `x`, `y` and `d` has 32 bytes");
            }
        }
        let private = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","d":"{d}"}}"#);
        let public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Ok(Jwk { algorithm: Algorithm::Es256, private: Secret::new(private), public, signature_bytes: 64 })
    }

    fn rs256(&self) -> Result<Jwk, &'static str> {
        if self.kty != "RSA" {
            return Err("RS256 takes an RSA key");
        }
        let (Some(n), Some(e)) = (self.n.as_deref(), self.e.as_deref()) else {
            return Err("no public key: `n` or `e` is missing");
        };
        let d = secret(&self.d, "no private key: `d` is missing")?;
        let modulus = number(n)?;
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err("an RSA key has 2048 to 4096 bits");
        }
        // 65537, as every tool makes it.
        if e != "AQAB" {
            return Err("`e` is AQAB");
        }
        number(d)?;
        let mut private = format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}","d":"{d}""#);
        let parts = [("p", &self.p), ("q", &self.q), ("dp", &self.dp), ("dq", &self.dq), ("qi", &self.qi)];
        for (name, part) in parts {
            let part = secret(part, "one of `p`, `q`, `dp`, `dq` and `qi` is missing")?;
            number(part)?;
            private.push_str(&format!(r#","{name}":"{part}""#));
        }
        private.push('}');
        let public = json!({ "kty": "RSA", "n": n, "e": e });
        let signature_bytes = modulus.len();
        Ok(Jwk { algorithm: Algorithm::Rs256, private: Secret::new(private), public, signature_bytes })
    }
}

fn secret<'f>(field: &'f Option<Secret<String>>, missing: &'static str) -> Result<&'f str, &'static str> {
    field.as_ref().map(|value| value.expose().as_str()).ok_or(missing)
}

/// A number that is not zero. What holds one holds no quote either: it can stand in JSON as it is.
fn number(part: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let bytes =
        Base64UrlUnpadded::decode_vec(part).map(Zeroizing::new).map_err(|_| "a number that is not in base64url")?;
    match bytes.iter().all(|byte| *byte == 0) {
        true => Err("a key of zeros"),
        false => Ok(bytes),
    }
}
