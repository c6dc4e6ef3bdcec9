//! Checks the assertion that Airlock adds to each request, by the crate `jsonwebtoken`. As a program it reads one from the
//! standard input and says who it is from: `airlock-example ORIGIN AUDIENCE JWKS_FILE`.

use std::{error::Error, io::Read};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{JwkSet, KeyAlgorithm},
};
use serde::{Deserialize, Serialize};

/// Who a request is from.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// User id; or a service token's, of a program, which has nothing of what may be missing here.
    sub: String,
    email: Option<String>,
    name: String,
    accounts: Vec<Account>,
    /// How many accounts there are in all: of dozens not all are in `accounts`.
    accounts_total: Option<usize>,
    /// What was proven: `pwd`, and `otp` for a second factor; `svc`: a program's token.
    amr: Vec<String>,
    /// How much that is.
    acr: Option<String>,
    /// When it was proven last, in seconds since 1970.
    auth_time: Option<u64>,
    /// Session id.
    sid: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Account {
    id: String,
    name: String,
    role: Option<String>,
}

/// The claims of an `Airlock-Assertion` header. `keys` is what ORIGIN/.well-known/jwks.json answers: keep it, and fetch it
/// again when an assertion names a key that is not in it.
fn verify(assertion: &str, keys: &JwkSet, origin: &str, audience: &str) -> Result<Claims, Box<dyn Error>> {
    let kid = decode_header(assertion)?.kid.ok_or("no key is named")?;
    let key = keys.find(&kid).ok_or("a key that is not published")?;
    let mut validation = Validation::new(match key.common.key_algorithm {
        Some(KeyAlgorithm::ES256) => Algorithm::ES256,
        Some(KeyAlgorithm::EdDSA) => Algorithm::EdDSA,
        _ => return Err("a key of no algorithm that Airlock was set up with".into()),
    });
    validation.set_issuer(&[origin]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 5;
    Ok(decode(assertion, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}

fn main() -> Result<(), Box<dyn Error>> {
    let [_, origin, audience, keys] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("airlock-example ORIGIN AUDIENCE JWKS_FILE".into());
    };
    let keys: JwkSet = serde_json::from_slice(&std::fs::read(keys)?)?;
    let mut assertion = String::new();
    std::io::stdin().read_to_string(&mut assertion)?;
    println!("{}", serde_json::to_string(&verify(assertion.trim(), &keys, origin, audience)?)?);
    Ok(())
}
