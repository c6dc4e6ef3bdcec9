// Checks the assertion that Airlock adds to each request: https://github.com/panva/jose does it all.
import { createRemoteJWKSet, jwtVerify } from "jose";

/**
 * Answers a function that takes the value of the `Airlock-Assertion` header and answers who the request is from, or throws.
 * `origin` is where Airlock is (EDGE_ORIGIN), `audience` its ASSERTION_AUDIENCE, if that was set.
 */
export function verifier(origin, audience = origin) {
  // Fetched when first needed, and again when a key is not among them: keys change without the app noticing.
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", origin));
  return async (assertion) => {
    const { payload } = await jwtVerify(assertion ?? "", keys, {
      algorithms: ["ES256", "EdDSA"],
      issuer: origin,
      audience,
      requiredClaims: ["sub", "amr", "exp"],
    });
    return payload;
  };
}
