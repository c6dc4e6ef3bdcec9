"""Checks assertions by another library of Python's: verify.py LIBRARY ALGORITHM JWKS_FILE ORIGIN AUDIENCE reads one a line,
and says what it claims, or null."""

import json
import sys


def pyjwt(assertion, algorithm, jwks, origin, audience):
    import jwt

    kid = jwt.get_unverified_header(assertion)["kid"]
    key = jwt.PyJWKSet.from_dict(jwks)[kid]
    required = {"require": ["exp", "iss", "aud", "sub"]}
    return jwt.decode(assertion, key, algorithms=[algorithm], issuer=origin, audience=audience, options=required)


def python_jose(assertion, algorithm, jwks, origin, audience):
    from jose import jwt

    kid = jwt.get_unverified_header(assertion)["kid"]
    [key] = [key for key in jwks["keys"] if key["kid"] == kid]
    required = {"require_exp": True, "require_iss": True, "require_aud": True, "require_sub": True}
    return jwt.decode(assertion, key, algorithms=[algorithm], issuer=origin, audience=audience, options=required)


def joserfc(assertion, algorithm, jwks, origin, audience):
    from joserfc import jwk, jwt

    token = jwt.decode(assertion, jwk.KeySet.import_key_set(jwks), algorithms=[algorithm])
    essential = {"essential": True}
    expected = {"iss": {**essential, "value": origin}, "aud": {**essential, "value": audience}}
    jwt.JWTClaimsRegistry(exp=essential, sub=essential, **expected).validate(token.claims)
    return token.claims


if __name__ == "__main__":
    library, algorithm, file, origin, audience = sys.argv[1:]
    with open(file, encoding="utf-8") as published:
        jwks = json.load(published)
    for line in sys.stdin:
        try:
            claims = globals()[library](line.strip(), algorithm, jwks, origin, audience)
        except Exception as refused:
            print(f"{library}: {refused!r}", file=sys.stderr)
            claims = None
        print(json.dumps(claims), flush=True)
