//! Programs at the gate: they show a service token instead of signing in.

use base64ct::{Base64, Base64Unpadded, Encoding};

use crate::{
    context::Context,
    people::service::{SERVICE_PREFIX, Service},
    ports::Fault,
    secret::Token,
    store::{self, SERVICE_TOKEN},
    texts::Message,
    web::{Problem, Request, Stop},
};

/// The header that a service token comes in.
pub const HEADER: &str = "airlock-token";

/// Characters of a token behind its prefix.
const TOKEN_LENGTH: usize = 43;

/// What clients that can send no header of their own are asked for: the token as the password, with any name (RFC 7617).
pub const CHALLENGE: &str = "Basic realm=\"Airlock\", charset=\"UTF-8\"";

/// The token that a request shows, true or not, if it shows one. A browser's Basic counts for nothing: browsers keep what was
/// typed once, or stood in a link, and send it with whatever any page has them ask for.
fn shown(request: &Request) -> Option<String> {
    let basic = || {
        let (_, password) = request.header("authorization").filter(|_| !request.from_browser()).and_then(basic)?;
        password.starts_with(SERVICE_PREFIX).then_some(password)
    };
    request.header(HEADER).map(str::to_owned).or_else(basic)
}

/// Whether a request shows a token, true or not.
pub fn shows_token(request: &Request) -> bool {
    shown(request).is_some()
}

/// User and password of Basic credentials.
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    let encoded = encoded.trim();
    let decoded = Base64::decode_vec(encoded).or_else(|_| Base64Unpadded::decode_vec(encoded)).ok()?;
    let text = String::from_utf8(decoded).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Whether credentials hold a service token, which is not for the app.
pub fn holds_token(authorization: &str) -> bool {
    let holds = |text: &str| text.contains(SERVICE_PREFIX);
    holds(authorization) || basic(authorization).is_some_and(|(user, password)| holds(&user) || holds(&password))
}

/// The program that sent a request. `None`: it shows no token.
///
/// # Errors
/// A fault of ours, or why its token does not open this.
pub async fn program(cx: &Context<'_>, request: &Request, step_up: bool) -> Result<Option<Service>, Stop> {
    let invalid = || Problem::new(401, "invalid_token", Message::InvalidServiceToken);
    let Some(shown) = shown(request) else { return Ok(None) };
    let value = shown.strip_prefix(SERVICE_PREFIX).filter(|value| value.len() == TOKEN_LENGTH).ok_or_else(invalid)?;
    let (service, opens) = store::service(cx, &Token::claimed(value).hash(SERVICE_TOKEN)).await?.ok_or_else(invalid)?;
    // A program has no second factor to prove again.
    if step_up || !request.surely_about(|path| opens.surely(request.surely_by(), path)) {
        return Err(Problem::forbidden(Message::NotForService).into());
    }
    Ok(Some(service))
}

/// Whether a client that was refused is asked for a token by [`CHALLENGE`]: no browser, which would ask its user, and only
/// where a token would open what it asks for. At most as often as its network may try to sign in.
///
/// # Errors
/// The brake, or the database.
pub async fn may_ask(cx: &Context<'_>, request: &Request) -> Result<bool, Fault> {
    let program = !request.from_browser() && !request.wants_html() && request.header(HEADER).is_none();
    let cookie = request.cookie(cx.config.site.cookie()).is_some();
    if !program || cookie || !cx.brake.admit(&format!("token {}", cx.peer.network())).await? {
        return Ok(false);
    }
    store::any_service(cx, |opens| opens.name(request.surely_by(), &request.path)).await
}
