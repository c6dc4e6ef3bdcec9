//! Who a request is from, for the protected app to check: a JWT (RFC 7519) signed with one of the operator's keys and good
//! for a minute.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use serde_json::{Value, json};

use super::signing::Signer;
use crate::{
    people::{Membership, Role, service::Service, session::Session},
    ports::{Fault, Now},
};

/// How long an assertion is good for, in seconds.
pub const LIFETIME_S: i64 = 60;

/// The longest there is, in bytes: servers take 8 to 16 KiB of headers in all, cookies of the app among them.
pub const MAX_BYTES: usize = 4096;

/// The longest `EDGE_ORIGIN` and `ASSERTION_AUDIENCE`, together. With them, and a name and an address of the longest, there is
/// room for accounts even beside a signature of 4096 bits.
const NAMES_MAX_BYTES: usize = 600;

/// What makes assertions.
pub struct Issuer {
    origin: String,
    audience: String,
    /// The JWT's header, encoded: the same in each.
    header: String,
    signer: Signer,
    /// How long the claims may be, in bytes.
    claims_max: usize,
}

/// Whom an assertion is about, and what they have proven. Times are seconds since 1970.
#[derive(Serialize)]
pub struct Subject<'a> {
    /// User id, or that of a program's token.
    pub(super) sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
    /// Whether a link mailed to it was followed; until then it is only vouched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    pub(super) name: &'a str,
    /// As many as there is room for.
    pub(super) accounts: Vec<Account<'a>>,
    /// How many a person belongs to in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts_total: Option<usize>,
    /// What was proven (RFC 8176): the password, and a one-time or recovery code.
    amr: Vec<&'static str>,
    /// How much that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    /// When, the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    /// Session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    pub(super) id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<Role>,
}

impl<'a> Subject<'a> {
    /// The person of a session.
    pub fn person(session: &'a Session) -> Self {
        let account =
            |Membership { account_id: id, name, role }: &'a Membership| Account { id, name, role: Some(*role) };
        Self {
            sub: &session.person.id,
            email: Some(&session.person.email),
            email_verified: Some(session.person.email_verified),
            name: &session.person.name,
            accounts: session.person.memberships.iter().map(account).collect(),
            accounts_total: Some(session.person.memberships.len()),
            amr: session.proof.amr(),
            acr: Some(session.proof.acr()),
            auth_time: Some(session.proofs().map(|at| at.0.div_euclid(1000)).max().unwrap_or(0)),
            sid: Some(&session.id),
        }
    }

    /// A program, by its token.
    pub fn program(service: &'a Service) -> Self {
        Self {
            sub: &service.id,
            email: None,
            email_verified: None,
            name: &service.name,
            accounts: vec![Account { id: &service.account_id, name: &service.account_name, role: None }],
            accounts_total: None,
            amr: vec!["svc"],
            acr: None,
            auth_time: None,
            sid: None,
        }
    }
}

/// What an assertion says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    #[serde(flatten)]
    subject: &'a Subject<'a>,
    iat: i64,
    exp: i64,
}

impl Issuer {
    /// What signs in the name of `origin`, for the app that is called `audience`.
    ///
    /// # Errors
    /// The two leave too little room for a person.
    pub fn new(origin: String, audience: String, signer: Signer) -> Result<Self, Fault> {
        if origin.len() + audience.len() > NAMES_MAX_BYTES {
            let most =
                format_args!("EDGE_ORIGIN and ASSERTION_AUDIENCE have {NAMES_MAX_BYTES} bytes at most, together");
            return Err(Fault::new(most));
        }
        let header = json!({ "alg": signer.algorithm, "typ": "JWT", "kid": signer.key_id }).to_string();
        let header = Base64UrlUnpadded::encode_string(header.as_bytes());
        // Three bytes become four characters, and there are two points.
        let signature = (signer.signature_bytes * 4).div_ceil(3);
        let claims_max = MAX_BYTES.saturating_sub(header.len() + signature + 2) * 3 / 4;
        Ok(Self { origin, audience, header, signer, claims_max })
    }

    /// The public keys (RFC 7517 §5).
    pub fn jwks(&self) -> &Value {
        &self.signer.jwks
    }

    /// An assertion about `subject` that ends at `exp`, in seconds since 1970, or after a minute. The accounts for which there is no room in it are taken from the subject.
    ///
    /// # Errors
    /// It cannot be written as JSON, or not be signed.
    pub async fn assertion(&self, subject: &mut Subject<'_>, now: Now, exp: Option<i64>) -> Result<String, Fault> {
        let iat = now.0.div_euclid(1000);
        let exp = exp.unwrap_or(iat + LIFETIME_S);
        let written = |subject: &Subject<'_>| {
            let claims = Claims { iss: &self.origin, aud: &self.audience, subject, iat, exp };
            serde_json::to_vec(&claims).map_err(Fault::new)
        };
        let mut claims = written(subject)?;
        if claims.len() > self.claims_max {
            let accounts = std::mem::take(&mut subject.accounts);
            let mut length = written(subject)?.len();
            let fits = |account: &Account<'_>| {
                // With a comma.
                length += serde_json::to_vec(account).map_or(MAX_BYTES, |json| json.len() + 1);
                length <= self.claims_max
            };
            subject.accounts = accounts.into_iter().take_while(fits).collect();
            claims = written(subject)?;
        }
        if claims.len() > self.claims_max {
            return Err(Fault::new("an assertion would be too long"));
        }
        let signed = format!("{}.{}", self.header, Base64UrlUnpadded::encode_string(&claims));
        let signature = self.signer.sign(&signed).await?;
        Ok(format!("{signed}.{signature}"))
    }
}
