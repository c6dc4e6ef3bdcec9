//! Time-based one-time passwords (RFC 6238): codes, their window, seeds, and how an authenticator app is told of them.

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use totp_lite::{Sha1, Sha256, Sha512, totp_custom};
use zeroize::{Zeroize, Zeroizing};

use super::typed::meant;
use crate::{
    ports::{Fault, Now, Rng},
    secret::Secret,
};

/// How many steps before and after the present one are accepted unless the operator says otherwise, for clocks that are off
/// and codes typed slowly (RFC 6238 §5.2 recommends at most one).
pub const WINDOW_STEPS: i64 = 1;

/// The most that an operator may say.
pub const WINDOW_STEPS_MAX: i64 = 2;

/// Seed length in bytes: 160 bits, as RFC 4226 §4 R6 recommends.
pub const SEED_BYTES: usize = 20;

/// How an authenticator computes its codes. Stored with each one, so a change of defaults breaks none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// Digits of a code, 6 to 8.
    pub digits: u32,
    /// Length of a time step in seconds.
    pub period_s: u64,
}

impl Default for Parameters {
    /// What every authenticator app understands: SHA-1, six digits, thirty seconds.
    fn default() -> Self {
        Self { algorithm: Algorithm::Sha1, digits: 6, period_s: 30 }
    }
}

/// The hash under the HMAC (RFC 6238 §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// HMAC-SHA-1, the only one every app implements.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// Its name in an otpauth URI and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl Parameters {
    /// The number of the time step that `now` is in (RFC 6238 §4.2), wider than 32 bits.
    pub fn step_at(self, now: Now) -> i64 {
        i64::try_from(now.seconds() / self.period_s.max(1)).unwrap_or(i64::MAX)
    }

    /// The code of one time step, with leading zeros.
    pub fn code(self, seed: &[u8], step: i64) -> Zeroizing<String> {
        let step = u64::try_from(step).unwrap_or(0);
        // totp-lite divides a time by the period; a period of one second makes that time the step itself.
        Zeroizing::new(match self.algorithm {
            Algorithm::Sha1 => totp_custom::<Sha1>(1, self.digits, seed, step),
            Algorithm::Sha256 => totp_custom::<Sha256>(1, self.digits, seed, step),
            Algorithm::Sha512 => totp_custom::<Sha512>(1, self.digits, seed, step),
        })
    }

    /// The newest step of the window, so many steps around `now`, that `code` belongs to and that is later than `last_step`.
    ///
    /// Every step of the window is computed and compared in constant time, whatever the code.
    pub fn accepted_step(self, window: i64, seed: &[u8], code: &Code, last_step: i64, now: Now) -> Option<i64> {
        let present = self.step_at(now);
        let mut accepted = -1;
        for step in present - window..=present + window {
            let equal = self.code(seed, step).as_bytes().ct_eq(code.0.expose().as_bytes());
            let unused = Choice::from(u8::from(step > last_step && step >= 0));
            accepted.conditional_assign(&step, equal & unused);
        }
        (accepted >= 0).then_some(accepted)
    }
}

/// How many steps before and after the present one are looked at to say why a code was not accepted.
pub const MISS_STEPS: i64 = 10;

/// Why a code was not accepted, as far as can be told. Only for people who have proven the password: it says that a guess was close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It was used before, or a later one was.
    Used,
    /// It belongs to another time: the app's clock is off by about so many seconds, ahead if positive.
    Clock {
        /// How far.
        seconds: i64,
        /// The step it belongs to.
        step: i64,
    },
    /// The app computes with SHA-1, whatever the QR code says.
    Algorithm,
}

impl Parameters {
    /// Why [`Self::accepted_step`] did not accept `code`.
    pub fn miss(self, window: i64, seed: &[u8], code: &Code, last_step: i64, now: Now) -> Option<Miss> {
        let present = self.step_at(now);
        let is = |parameters: Self, step| {
            bool::from(parameters.code(seed, step).as_bytes().ct_eq(code.0.expose().as_bytes()))
        };
        let steps = || present - MISS_STEPS..=present + MISS_STEPS;
        let near = |step: &i64| (step - present).abs() <= window;
        if steps().filter(near).any(|step| step <= last_step && is(self, step)) {
            return Some(Miss::Used);
        }
        if let Some(step) = steps().filter(|step| !near(step)).find(|step| is(self, *step)) {
            let period_s = i64::try_from(self.period_s).unwrap_or(0);
            return Some(Miss::Clock { seconds: (step - present) * period_s, step });
        }
        let sha1 = Self { algorithm: Algorithm::Sha1, ..self };
        (sha1 != self && steps().filter(near).any(|step| is(sha1, step))).then_some(Miss::Algorithm)
    }
}

/// A one-time code as typed: six digits.
#[derive(Debug)]
pub struct Code(Secret<String>);

impl Code {
    /// Reads a code.
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String = meant(typed).take(7).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| Self(Secret::new(digits)))
    }
}

/// An authenticator's shared secret.
pub type Seed = Secret<Vec<u8>>;

/// A new seed.
///
/// # Errors
/// No randomness.
pub fn generate_seed(rng: &dyn Rng) -> Result<Seed, Fault> {
    let mut bytes = rng.bytes::<SEED_BYTES>()?;
    let seed = Secret::new(bytes.to_vec());
    bytes.zeroize();
    Ok(seed)
}

/// A seed in base32 without padding (RFC 4648 §6), as apps take it.
pub fn seed_text(seed: &Seed) -> Zeroizing<String> {
    Zeroizing::new(base32::encode(base32::Alphabet::Rfc4648 { padding: false }, seed.expose()))
}

/// Reads a seed in base32.
pub fn parse_seed(text: &str) -> Option<Seed> {
    base32::decode(base32::Alphabet::Rfc4648 { padding: false }, text).map(Secret::new)
}

/// The `otpauth://` URI that an app reads from the QR code (Google Authenticator's key URI format).
pub fn otpauth_uri(seed: &Seed, parameters: Parameters, issuer: &str, email: &str) -> Zeroizing<String> {
    let (issuer, email) = (percent_encoded(issuer), percent_encoded(email));
    let Parameters { algorithm, digits, period_s } = parameters;
    Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}&algorithm={}&digits={digits}&period={period_s}",
        *seed_text(seed),
        algorithm.name(),
    ))
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3, so nothing in a name or address can add a field.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// A QR code of `text` as an SVG image: dark modules in one path on white, with the quiet zone of four modules.
///
/// # Errors
/// The text is too long for a QR code (about 2,300 bytes).
pub fn qr_svg(text: &str) -> Result<String, Fault> {
    const QUIET_ZONE: i32 = 4;
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).map_err(Fault::new)?;
    let size = code.size() + 2 * QUIET_ZONE;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE));
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\" \
         role=\"img\" aria-label=\"QR code\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const SHA1_SEED: &[u8] = b"12345678901234567890";
    const SHA256_SEED: &[u8] = b"12345678901234567890123456789012";
    const SHA512_SEED: &[u8] = b"1234567890123456789012345678901234567890123456789012345678901234";

    /// RFC 6238 Appendix B, all eighteen values.
    #[test]
    fn rfc_6238_vectors() {
        let table = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        for (seconds, sha1, sha256, sha512) in table {
            for (algorithm, seed, expected) in [
                (Algorithm::Sha1, SHA1_SEED, sha1),
                (Algorithm::Sha256, SHA256_SEED, sha256),
                (Algorithm::Sha512, SHA512_SEED, sha512),
            ] {
                let parameters = Parameters { algorithm, digits: 8, period_s: 30 };
                let step = parameters.step_at(Now(seconds * 1000));
                assert_eq!(*parameters.code(seed, step), expected, "{algorithm:?} at {seconds}");
            }
        }
    }

    /// RFC 4226 Appendix D: the same computation with the counter given.
    #[test]
    fn rfc_4226_vectors() {
        let codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489";
        for (counter, code) in (0..).zip(codes.split(' ')) {
            assert_eq!(*Parameters::default().code(SHA1_SEED, counter), code);
        }
    }

    /// Leading zeros stay, and time is wider than 32 bits.
    #[test]
    fn six_digits_with_leading_zeros() {
        for (seconds, code) in [(1_234_567_890, "005924"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let parameters = Parameters::default();
            assert_eq!(*parameters.code(SHA1_SEED, parameters.step_at(Now(seconds * 1000))), code);
        }
    }

    #[test]
    fn the_window_is_one_step_either_side_and_only_moves_forward() {
        let parameters = Parameters::default();
        let now = Now(1_800_000_000_000);
        let present = parameters.step_at(now);
        let accepted = |step: i64, last: i64| {
            let code = Code::parse(&parameters.code(SHA1_SEED, step)).unwrap();
            parameters.accepted_step(WINDOW_STEPS, SHA1_SEED, &code, last, now)
        };
        for offset in [-1, 0, 1] {
            assert_eq!(accepted(present + offset, 0), Some(present + offset));
            assert_eq!(accepted(present + offset, present + offset - 1), Some(present + offset));
            assert_eq!(accepted(present + offset, present + offset), None);
            assert_eq!(accepted(present + offset, present + 1), None);
        }
        assert_eq!(accepted(present - 2, 0), None);
        assert_eq!(accepted(present + 2, 0), None);
    }

    #[test]
    fn a_code_is_six_digits_of_any_script() {
        for good in [
            "123456",
            "123 456",
            " 123456 ",
            "123\t456\n",
            "１２３\u{3000}４５６",
            "١٢٣٤٥٦",
            "۱۲۳ ۴۵۶",
            "१२३-४५६",
            "\u{200e}123\u{a0}456\u{200b}",
            "\u{feff}123\u{2011}456",
        ] {
            assert_eq!(Code::parse(good).unwrap().0.expose(), "123456", "{good:?}");
        }
        for bad in [
            "",
            "12345",
            "1234567",
            "12345a",
            "+12345",
            "-12345",
            "12345\0",
            "12345½",
            "123.456",
            "١٢٣٤٥",
            "１２３４５６７",
        ] {
            assert!(Code::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_in_an_address_adds_a_field_to_the_uri() {
        let seed = Secret::new(SHA1_SEED.to_vec());
        let uri = otpauth_uri(&seed, Parameters::default(), "Air lock", "a:b&issuer=x\"<svg>@t.test");
        assert_eq!(
            *uri,
            "otpauth://totp/Air%20lock:a%3Ab%26issuer%3Dx%22%3Csvg%3E%40t.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Air%20lock&algorithm=SHA1&digits=6&period=30"
        );
        assert!(qr_svg(&uri).unwrap().starts_with("<svg"));
        assert!(qr_svg(&"x".repeat(5000)).is_err());
    }
}
