//! Signatures, by the runtime's WebCrypto.

use airlock::ports::{Algorithm, Fault, LocalFuture, Sign, Signing};
use js_sys::{Array, JSON, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsValue};
use worker::web_sys::WorkerGlobalScope;

use web_sys::{CryptoKey, SubtleCrypto};

use crate::thrown;

/// What every new key signs once, for its public part to verify.
const TRIAL: &str = "airlock";

/// The runtime's own.
pub struct WebCrypto;

impl Signing for WebCrypto {
    fn import<'a>(
        &'a self,
        algorithm: Algorithm,
        private: &'a str,
        public: &'a str,
    ) -> LocalFuture<'a, Result<Box<dyn Sign>, Fault>> {
        Box::pin(async move {
            let parameters = parameters(algorithm).map_err(thrown)?;
            // What WebCrypto throws may say more of a key than a log may hold.
            let refused = |_| Fault::new("not a key as the runtime takes it");
            let key = import(&parameters, private, "sign").await.map_err(refused)?;
            let public = import(&parameters, public, "verify").await.map_err(refused)?;
            let key = Key { subtle: subtle().map_err(thrown)?, parameters, key };
            // The runtime does not even sign with an RSA key of two.
            let verified = match key.sign(TRIAL).await {
                Ok(signature) => key.verifies(&public, &signature).await.unwrap_or(false),
                Err(_) => false,
            };
            match verified {
                true => Ok(Box::new(key) as Box<dyn Sign>),
                false => Err(Fault::new("its public part is another key's")),
            }
        })
    }
}

/// A private key, which the runtime holds and gives out to nobody.
struct Key {
    subtle: SubtleCrypto,
    parameters: Object,
    key: CryptoKey,
}

impl Sign for Key {
    fn sign<'a>(&'a self, text: &'a str) -> LocalFuture<'a, Result<Vec<u8>, Fault>> {
        Box::pin(async move {
            let data = Uint8Array::from(text.as_bytes());
            let signature = self.subtle.sign_with_object_and_js_u8_array(&self.parameters, &self.key, &data);
            let signature = JsFuture::from(signature.map_err(thrown)?).await.map_err(thrown)?;
            Ok(Uint8Array::new(&signature).to_vec())
        })
    }
}

impl Key {
    async fn verifies(&self, public: &CryptoKey, signature: &[u8]) -> Result<bool, JsValue> {
        let (signature, data) = (Uint8Array::from(signature), Uint8Array::from(TRIAL.as_bytes()));
        let verified = self.subtle.verify_with_object_and_js_u8_array_and_js_u8_array(
            &self.parameters,
            public,
            &signature,
            &data,
        )?;
        Ok(JsFuture::from(verified).await? == JsValue::TRUE)
    }
}

async fn import(parameters: &Object, jwk: &str, usage: &str) -> Result<CryptoKey, JsValue> {
    let jwk = JSON::parse(jwk)?.unchecked_into();
    let usages = Array::of1(&usage.into());
    let key = subtle()?.import_key_with_object("jwk", &jwk, parameters, false, &usages)?;
    Ok(JsFuture::from(key).await?.unchecked_into())
}

/// As WebCrypto names the algorithm, for taking a key in as for signing with it.
fn parameters(algorithm: Algorithm) -> Result<Object, JsValue> {
    let parameters = match algorithm {
        Algorithm::Es256 => [("name", "ECDSA"), ("namedCurve", "P-256"), ("hash", "SHA-256")].as_slice(),
        Algorithm::Rs256 => &[("name", "RSASSA-PKCS1-v1_5"), ("hash", "SHA-256")],
    };
    let object = Object::new();
    for (name, value) in parameters {
        Reflect::set(&object, &(*name).into(), &(*value).into())?;
    }
    Ok(object)
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle())
}
