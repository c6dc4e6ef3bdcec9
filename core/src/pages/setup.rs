//! What the page of a set-up shows.

use zeroize::Zeroizing;

use crate::{factor::totp::Parameters, ports::Now, store::AuthenticatorEntry};

/// A set-up: what an authenticator app is to be given.
pub struct Setup {
    /// The seed in base32.
    pub secret: Zeroizing<String>,
    /// The same with everything else, for the app to read.
    pub otpauth_uri: Zeroizing<String>,
    /// The URI as QR code.
    pub qr_svg: Zeroizing<String>,
    /// How codes are computed.
    pub parameters: Parameters,
    /// When it lapses.
    pub expires_at: Now,
    /// Whether the user cannot go on without it.
    pub demanded: bool,
    /// Whether a recovery code let its user in, in place of one that is lost.
    pub lost: bool,
    /// How many recovery codes are left: with none, new ones are made.
    pub codes_left: i64,
    /// The authenticators that the user has already.
    pub others: Vec<AuthenticatorEntry>,
    /// Whether those are locked, so that this one takes their place.
    pub locked: bool,
    /// The one that it takes the place of; empty: of none.
    pub replaces: String,
    /// The name, as typed or as it would be.
    pub name: String,
    /// What its form carries.
    pub form_key: String,
    /// Where to go then, if the page was asked for with that.
    pub return_to: String,
}
