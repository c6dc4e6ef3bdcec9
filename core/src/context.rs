//! What a request is handled with: the outside world, the moment, settings and keys.

use crate::{
    ports::{Brake, Db, Fault, Log, Now, Rng},
    secret::Keyring,
};

/// Everything a request is handled with.
pub struct Context<'a> {
    /// The database.
    pub db: &'a dyn Db,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// The coarse brake on logins by address.
    pub brake: &'a dyn Brake,
    /// Where log lines go.
    pub log: &'a dyn Log,
    /// When the request arrived.
    pub now: Now,
    /// Settings and keys.
    pub config: &'a Config,
}

/// Settings and keys. Built once from the platform's secrets and variables by [`Config::build`].
pub struct Config {
    /// Scheme, host and port browsers use, such as `https://app.example.com`.
    pub edge_origin: String,
    /// Name shown on pages and in authenticator apps.
    pub site_name: String,
    /// Keys that seal authenticator seeds; the first seals, all open.
    pub seed_keys: Keyring,
    /// Keys of the password pepper, recovery codes and device cookies; the first makes, all check.
    pub pepper_keys: Keyring,
}

impl Config {
    /// Checks and collects the settings.
    ///
    /// # Errors
    /// The first one that is missing or malformed, by name and without its value.
    pub fn build(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let need = |name: &str| variable(name).ok_or_else(|| Fault::new(format_args!("{name} is not set")));
        let keyring =
            |name: &str| Keyring::parse(&need(name)?).map_err(|problem| Fault::new(format_args!("{name}: {problem}")));
        let edge_origin = need("EDGE_ORIGIN")?;
        let host = edge_origin.strip_prefix("https://").or_else(|| edge_origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            return Err(Fault::new("EDGE_ORIGIN is not an origin such as https://app.example.com"));
        }
        let site_name = need("SITE_NAME")?;
        if site_name.trim().is_empty() || site_name.len() > 64 || site_name.contains(':') {
            return Err(Fault::new("SITE_NAME must have 1 to 64 bytes and no colon"));
        }
        Ok(Self { edge_origin, site_name, seed_keys: keyring("SEED_KEYS")?, pepper_keys: keyring("PEPPER_KEYS")? })
    }
}
