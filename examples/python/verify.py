"""Checks the assertion that Airlock adds to each request, by PyJWT (`pip install "pyjwt[crypto]"`). As a program it reads
one from the standard input and says who it is from: verify.py ORIGIN AUDIENCE"""

import json
import sys

import jwt


def verifier(origin, audience):
    # Fetched when first needed, and again when a key is not among them: keys change without the app noticing.
    # With a name of its own, since Cloudflare may refuse Python's.
    keys = jwt.PyJWKClient(f"{origin}/.well-known/jwks.json", headers={"User-Agent": "your-app"})

    def verify(assertion):
        return jwt.decode(
            assertion,
            keys.get_signing_key_from_jwt(assertion),
            algorithms=["ES256", "EdDSA"],
            issuer=origin,
            audience=audience,
            leeway=5,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )

    return verify


if __name__ == "__main__":
    verify = verifier(*sys.argv[1:])
    print(json.dumps(verify(sys.stdin.read().strip())))
