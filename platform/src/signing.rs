//! Signatures, by the runtime's WebCrypto.

use airlock::ports::{Algorithm, Ed25519, Fault, LocalFuture, Sign, Signing};
use js_sys::{Array, JSON, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsValue};
use worker::web_sys::WorkerGlobalScope;

use web_sys::{CryptoKey, SubtleCrypto};

use crate::thrown;

/// What every new key signs once, for its public part to verify.
const TRIAL: &str = "airlock";

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 §7).
const PKCS8: &[u8; 16] = b"\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

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
            let parameters = parameters(match algorithm {
                Algorithm::Es256 => &[("name", "ECDSA"), ("namedCurve", "P-256"), ("hash", "SHA-256")],
                Algorithm::Rs256 => &[("name", "RSASSA-PKCS1-v1_5"), ("hash", "SHA-256")],
            });
            let parameters = parameters.map_err(thrown)?;
            let jwk = |text| JSON::parse(text).map_err(refused);
            let key = import(&parameters, "jwk", &jwk(private)?, "sign", false).await.map_err(refused)?;
            let public = import(&parameters, "jwk", &jwk(public)?, "verify", false).await.map_err(refused)?;
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

    fn ed25519<'a>(&'a self, private: &'a [u8; 32]) -> LocalFuture<'a, Result<Ed25519, Fault>> {
        Box::pin(async move {
            let parameters = parameters(&[("name", "Ed25519")]).map_err(thrown)?;
            let subtle = subtle().map_err(thrown)?;
            let written = Uint8Array::new_with_length(48);
            written.set(&Uint8Array::from(PKCS8.as_slice()), 0);
            written.set(&Uint8Array::from(private.as_slice()), 16);
            // Only what may be given out tells its public part.
            let open = import(&parameters, "pkcs8", &written, "sign", true).await.map_err(refused)?;
            let jwk = JsFuture::from(subtle.export_key("jwk", &open).map_err(refused)?).await.map_err(refused)?;
            let key = import(&parameters, "jwk", &jwk, "sign", false).await.map_err(refused)?;
            let public = Reflect::get(&jwk, &"x".into()).ok().and_then(|x| x.as_string());
            let public = public.ok_or_else(|| Fault::new("a key without its public part"))?;
            Ok(Ed25519 { public, private: Box::new(Key { subtle, parameters, key }) })
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

/// What WebCrypto throws may say more of a key than a log may hold.
fn refused(_: JsValue) -> Fault {
    Fault::new("not a key as the runtime takes it")
}

async fn import(
    parameters: &Object,
    format: &str,
    key: &JsValue,
    usage: &str,
    extractable: bool,
) -> Result<CryptoKey, JsValue> {
    let usages = Array::of1(&usage.into());
    let key = subtle()?.import_key_with_object(format, key.unchecked_ref(), parameters, extractable, &usages)?;
    Ok(JsFuture::from(key).await?.unchecked_into())
}

/// As WebCrypto names an algorithm, for taking a key in as for signing with it.
fn parameters(named: &[(&str, &str)]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in named {
        Reflect::set(&object, &(*name).into(), &(*value).into())?;
    }
    Ok(object)
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle())
}
