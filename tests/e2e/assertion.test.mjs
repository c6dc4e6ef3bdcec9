// The assertion of who a request is from, checked by those who know nothing of Airlock: jose, PyJWT and jsonwebtoken, each
// as the examples use it.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import { verifier } from "../../examples/node/verify.mjs";
import { Client, NOOR_SEED, PASSWORD, code, nextCode, send, start } from "./airlock.mjs";

const RUST = "target/example/debug/airlock-example";
const AUDIENCE = "the-app";
const key = (id) => `${id}:${randomBytes(32).toString("base64")}`;
const KEYS = [key("a1"), key("a2")];

let app, asserted, airlock;

before(async () => {
  execFileSync("cargo", ["build", "-q", "--locked", "--manifest-path", "examples/rust/Cargo.toml", "--target-dir", "target/example"]);
  app = http.createServer((request, response) => {
    asserted = request.headers["airlock-assertion"];
    response.end("the app");
  });
  await once(app.listen(0, "127.0.0.1"), "listening");
  const variables = { APP_URL: `http://127.0.0.1:${app.address().port}`, ASSERTION_AUDIENCE: AUDIENCE, ASSERTION_KEYS: KEYS.join(",") };
  airlock = await start(undefined, variables);
});
after(async () => {
  await airlock?.stop();
  app?.close();
});

/** Runs a verifier that reads the assertion; answers what it says, or throws. */
function program(command, args, assertion) {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))));
    child.stdin.end(assertion);
  });
}

/** The three verifiers. */
async function verifiers() {
  const keys = join(airlock.folder, "jwks.json");
  writeFileSync(keys, (await send(airlock, "GET", "/.well-known/jwks.json")).text);
  return {
    jose: verifier(airlock.origin, AUDIENCE),
    pyjwt: (assertion) => program(process.env.PYTHON, ["examples/python/verify.py", airlock.origin, AUDIENCE], assertion),
    jsonwebtoken: (assertion) => program(RUST, [airlock.origin, AUDIENCE, keys], assertion),
  };
}

/** The assertion that the app gets of a client's request. */
async function of(client) {
  assert.equal((await client.get("/")).status, 200);
  return asserted;
}

test("each of them reads who it is and what was proven", async () => {
  const [mia, noor, leo] = [new Client(airlock), new Client(airlock), new Client(airlock)];
  await mia.login("mia@acme.test");
  await noor.login("noor@acme.test");
  await noor.verify(code(NOOR_SEED));
  await noor.post("/auth/reauth", { password: PASSWORD, code: nextCode(airlock, "noor", NOOR_SEED) });
  const { recovery_codes: codes } = (await noor.post("/auth/recovery-codes")).json;
  await leo.login("noor@acme.test");
  assert.equal((await leo.post("/auth/recovery", { code: codes[0] })).status, 200);
  for (const [client, id, amr] of [[mia, "mia", ["pwd"]], [noor, "noor", ["pwd", "otp"]], [leo, "noor", ["pwd", "otp"]]]) {
    const assertion = await of(client);
    for (const [name, verify] of Object.entries(await verifiers())) {
      const claims = await verify(assertion);
      const { id: user } = (await client.get("/auth/session")).json.user;
      assert.deepEqual([claims.sub, claims.email, claims.amr], [user, `${id}@acme.test`, amr], name);
      assert.deepEqual(claims.accounts, [{ id: "acme", name: "Acme", role: "member" }], name);
      assert.ok(claims.sid && Math.abs(claims.auth_time - Date.now() / 1000) < 60, name);
    }
    const { iat, exp } = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url"));
    assert.equal(exp - iat, 60);
  }
});

test("none of them accepts an assertion that is forged, altered, old or meant for another", async () => {
  const mia = new Client(airlock);
  await mia.login("mia@acme.test");
  const real = await of(mia);
  const [head, body, signature] = real.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const { keys } = (await send(airlock, "GET", "/.well-known/jwks.json")).json;
  const hmac = (text) => createHmac("sha256", Buffer.from(keys[0].x, "base64url")).update(text).digest("base64url");
  const { privateKey } = generateKeyPairSync("ed25519");
  const foreign = (kid) => new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid }).sign(privateKey);
  // As PKCS #8 (RFC 8410), the second of Airlock's own keys.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(KEYS[1].split(":")[1], "base64")]);
  const own = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const signed = (changes) => new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: "EdDSA", kid: "a2" }).sign(own);
  const asOwner = encode({ ...claims, sub: "owner" });
  const confused = `${encode({ alg: "HS256", typ: "JWT", kid: "a1" })}.${asOwner}`;
  const forged = {
    "of someone else": `${head}.${asOwner}.${signature}`,
    "signed otherwise": `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    "not signed": `${encode({ alg: "none", typ: "JWT", kid: "a1" })}.${asOwner}.`,
    "signed with the public key": `${confused}.${hmac(confused)}`,
    "of a key that is not published": await foreign("a1"),
    "of a key that is not known": await foreign("zz"),
    "that has expired": await signed({ iat: claims.iat - 70, exp: claims.exp - 70 }),
    "that never expires": await signed({ exp: undefined }),
    "for another app": await signed({ aud: "another-app" }),
    "by another issuer": await signed({ iss: "https://elsewhere.test" }),
    "nothing": "",
  };
  for (const [name, verify] of Object.entries(await verifiers())) {
    for (const good of [real, await signed({})]) assert.equal((await verify(good)).sub, "mia", name);
    for (const [what, assertion] of Object.entries(forged)) await assert.rejects(verify(assertion), `${name}: ${what}`);
  }
});

test("two keys are published and the first signs", async () => {
  const { json, headers } = await send(airlock, "GET", "/.well-known/jwks.json");
  assert.deepEqual(json.keys.map(({ kid, kty, crv, d }) => [kid, kty, crv, d]), [["a1", "OKP", "Ed25519", undefined], ["a2", "OKP", "Ed25519", undefined]]);
  assert.equal(headers["cache-control"], "public, max-age=600");
  const mia = new Client(airlock);
  await mia.login("mia@acme.test");
  const [head] = (await of(mia)).split(".");
  assert.equal(JSON.parse(Buffer.from(head, "base64url")).kid, "a1");
});
