//! What a Rust Worker costs at least: an answer, and one argon2id hash at the product's costs.

use argon2::{Algorithm, Argon2, Params, Version};
use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, _: Env, _: Context) -> Result<Response> {
    if !request.path().starts_with("/hash") {
        return Response::ok("hello");
    }
    let mut hash = [0; 32];
    let hashed = Params::new(19_456, 2, 1, Some(hash.len())).map(|params| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
            b"correct horse battery staple",
            b"saltsaltsaltsalt",
            &mut hash,
        )
    });
    match hashed {
        Ok(Ok(())) => Response::ok(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        Ok(Err(error)) | Err(error) => Response::error(error.to_string(), 500),
    }
}
