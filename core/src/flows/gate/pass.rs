//! Passes, where the operator trades a little of what holds "now" for speed (`GATE_TRUST_S`): a session that was just found whole
//! reads on for so many seconds, and the database is not asked. What the app is told of it is as old.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::{
    context::Context,
    flows,
    people::session::Session,
    ports::{Fault, Now},
    web::{Request, cookie},
};

/// The longest that an operator may allow, in seconds: as long as an assertion is good for.
pub const TRUST_MAX_S: i64 = 60;

/// The cookie that a pass is in.
pub const COOKIE: &str = "__Host-airlock-pass";

/// The longest there is, in bytes: browsers keep 4096 of a cookie, and every request brings it along.
pub const MAX_BYTES: usize = 3 * 1024;

/// What a pass is a MAC for.
const PURPOSE: &str = "pass";

/// Headers that tell the app who it is.
pub type Who = Vec<(String, String)>;

/// When a pass ends that is made now, in seconds since 1970: with the session at the latest.
pub fn ends_at(trust_s: i64, session: &Session, now: Now) -> i64 {
    (now.0.div_euclid(1000) + trust_s).min(session.expires_at.0.div_euclid(1000))
}

/// Whether a request can go by a pass: it reads, and is over soon.
pub fn is_for(trust_s: i64, request: &Request) -> bool {
    let lasts = request.header("upgrade").is_some()
        || request.header("accept").is_some_and(|accept| accept.to_ascii_lowercase().contains("event-stream"));
    trust_s > 0 && request.surely_by() == "GET" && !lasts
}

/// What the app is told of whoever sent a request, by the pass that came with it. None, if it was not made for this very session
/// within the time that is trusted, by a clock that was not ahead.
pub fn read(cx: &Context<'_>, trust_s: i64, request: &Request) -> Option<Who> {
    let mut parts = request.cookie(COOKIE)?.splitn(3, '.');
    let (ends, tag, told) = (parts.next()?, parts.next()?, parts.next()?);
    let ends_at: i64 = ends.parse().ok()?;
    let left_s = ends_at - cx.now.0.div_euclid(1000);
    if left_s < 1 || left_s > trust_s {
        return None;
    }
    let session = flows::token_hash(cx, request)?;
    let made_for = [session.as_str(), ends, told];
    let ours = cx.config.pepper_keys.all().any(|pepper| pepper.mac_matches(PURPOSE, &made_for, tag));
    ours.then(|| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(told).ok()?).ok()).flatten()
}

/// The line that gives the browser a pass for the session of a request, about which the database was just asked. None: it would be
/// too long.
///
/// # Errors
/// It cannot be written as JSON.
pub fn make(cx: &Context<'_>, request: &Request, ends_at: i64, who: &Who) -> Result<Option<String>, Fault> {
    let Some(session) = flows::token_hash(cx, request) else { return Ok(None) };
    let told = Base64UrlUnpadded::encode_string(&serde_json::to_vec(who).map_err(Fault::new)?);
    let ends = ends_at.to_string();
    let tag = cx.config.pepper_keys.current().mac(PURPOSE, &[session.as_str(), &ends, &told]);
    let pass = Some(format!("{ends}.{tag}.{told}")).filter(|pass| pass.len() <= MAX_BYTES);
    let lasts_s = u32::try_from(ends_at - cx.now.0.div_euclid(1000)).unwrap_or(0);
    Ok(pass.map(|pass| cookie(COOKIE, &pass, Some(lasts_s))))
}
