//! All tests under another prefix, by `AUTH_PREFIX=/-/sign-in cargo test`: they name Airlock's own paths as those are by
//! default, and what they send and get is translated on its way.

use airlock::{
    context,
    flows::Prefix,
    web::{Body, Request, Response},
};

/// What Airlock's own paths begin with in this run.
pub fn prefix() -> Prefix {
    context::prefix(|name| std::env::var(name).ok()).unwrap()
}

/// The same in an address, plain and as the value of a field in one, by default and in this run.
fn spellings() -> [[String; 2]; 2] {
    let plain = [Prefix::default(), prefix()].map(|prefix| prefix.path("/"));
    let encoded = plain.clone().map(|path| path.replace('/', "%2F"));
    [plain, encoded]
}

/// What a test says, as it is here.
pub fn here(text: &str) -> String {
    spellings().iter().fold(text.to_owned(), |text, [by_default, here]| text.replace(by_default, here))
}

/// What stands there in place of what a test sends.
pub fn sent(mut request: Request) -> Request {
    if let Some(path) = Prefix::default().within(&request.path) {
        request.path = prefix().path(path);
    }
    request.query = here(&request.query);
    for (_, value) in &mut request.headers {
        *value = here(value);
    }
    if let Body::Whole(bytes) = &mut request.body
        && let Ok(text) = str::from_utf8(bytes)
    {
        *bytes = here(text).into_bytes();
    }
    request
}

/// What a test gets in place of an answer, which names no path that is not there.
pub fn got(mut response: Response) -> Response {
    if prefix().path("") == Prefix::default().path("") {
        return response;
    }
    let translated = |text: &str| {
        spellings().iter().fold(text.to_owned(), |text, [by_default, here]| {
            assert!(!text.contains(by_default), "{text}");
            text.replace(here, by_default)
        })
    };
    response.body = translated(&response.body);
    for (_, value) in &mut response.headers {
        *value = translated(value);
    }
    response
}
