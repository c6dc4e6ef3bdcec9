//! Passes, where the operator trades a little of what holds "now" for speed (`GATE_TRUST_S`): a session that was just found whole
//! reads on for so many seconds, and the database is not asked. What the app is told of it is as old.

use crate::{
    context::Context,
    flows,
    people::session::Session,
    ports::{Fault, Now},
    secret::{Sealed, open, seal},
    web::{Request, cookie},
};

/// The longest that an operator may allow, in seconds: as long as an assertion is good for.
pub const TRUST_MAX_S: i64 = 60;

/// The cookie that a pass is in.
pub const COOKIE: &str = "__Host-airlock-pass";

/// The longest there is, in bytes: browsers keep 4096 of a cookie, and every request brings it along.
pub const MAX_BYTES: usize = 3 * 1024;

/// What is sealed.
const PURPOSE: &str = "pass";

/// Headers that tell the app who it is.
pub type Who = Vec<(String, String)>;

/// When a pass ends that is made now, in seconds since 1970: with the session at the latest, or where more may be asked of it.
pub fn ends_at(trust_s: i64, session: &Session, now: Now) -> i64 {
    let ends = session.person.starts.iter().map(|starts| starts.at).chain([session.expires_at]);
    ends.map(|at| at.0.div_euclid(1000)).fold(now.0.div_euclid(1000) + trust_s, i64::min)
}

/// Whether what a request begins may last: a web socket, a stream of events. Proxies that ask leave out that it upgrades.
pub fn lasts(request: &Request) -> bool {
    request.headers.iter().any(|(name, _)| name == "upgrade" || name.starts_with("sec-websocket-"))
        || request.header("accept").is_some_and(|accept| accept.to_ascii_lowercase().contains("event-stream"))
}

/// What the app is told of whoever sent a request, by the pass that came with it. None, if it was not made for this very session
/// and this app within the time that is trusted, by a clock that was not ahead.
pub fn read(cx: &Context<'_>, trust_s: i64, app: &str, request: &Request) -> Option<Who> {
    let mut parts = request.cookie(COOKIE)?.splitn(3, '.');
    let (ends, key_id, text) = (parts.next()?, parts.next()?.to_owned(), parts.next()?.to_owned());
    let ends_at: i64 = ends.parse().ok()?;
    let left_s = ends_at - cx.now.0.div_euclid(1000);
    if left_s < 1 || left_s > trust_s {
        return None;
    }
    let session = flows::token_hash(cx, request)?;
    let made_for = [PURPOSE, session.as_str(), ends, app];
    let who = open(&cx.config.seed_keys, &made_for, &Sealed { text, key_id }).ok()?;
    serde_json::from_slice(who.expose()).ok()
}

/// The line that gives the browser a pass for the session of a request, about which the database was just asked. None: it would be
/// too long.
///
/// # Errors
/// It cannot be written as JSON, or not be sealed: whoever has the browser must not read what is only for the app.
pub fn make(cx: &Context<'_>, app: &str, request: &Request, ends_at: i64, who: &Who) -> Result<Option<String>, Fault> {
    let Some(session) = flows::token_hash(cx, request) else { return Ok(None) };
    let (told, ends) = (serde_json::to_vec(who).map_err(Fault::new)?, ends_at.to_string());
    let made_for = [PURPOSE, session.as_str(), &ends, app];
    let Sealed { text, key_id } = seal(&cx.config.seed_keys, cx.rng, &made_for, &told)?;
    let pass = Some(format!("{ends}.{key_id}.{text}")).filter(|pass| pass.len() <= MAX_BYTES);
    let lasts_s = u32::try_from(ends_at - cx.now.0.div_euclid(1000)).unwrap_or(0);
    Ok(pass.map(|pass| cookie(COOKIE, &pass, Some(lasts_s))))
}
