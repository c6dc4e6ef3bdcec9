// The assertion of who a request is from, checked by those who know nothing of Airlock: the examples, on jose, PyJWT and
// jsonwebtoken, and other libraries, each by every algorithm that it has.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { SignJWT, createRemoteJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { verifier } from "../../examples/node/verify.mjs";
import { AUTH, Client, NOOR_SEED, PASSWORD, code, nextCode, open, send, start } from "./airlock.mjs";

const RUST = "target/example/debug/airlock-example";
const AUDIENCE = "the-app";
/** Pairs of keys for each algorithm: the first signs, the second may soon. */
const PAIRS = {
  EdDSA: () => generateKeyPairSync("ed25519"),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  RS256: (id) => generateKeyPairSync("rsa", { modulusLength: id === "a1" ? 4096 : 2048 }),
};

/** What each is set up with besides. */
const SETTINGS = { IDENTITY_HEADERS: "Remote-User=email Remote-Name=name X-Forwarded-Groups=groups", PUBLIC_PATHS: "/public" };

let app, asserted, got;
const airlocks = {};
const services = [];

/** An entry of ASSERTION_KEYS. */
function entry(id, algorithm, { privateKey }) {
  const jwk = privateKey.export({ format: "jwk" });
  if (algorithm === "EdDSA") return `${id}:${Buffer.from(jwk.d, "base64url").toString("base64")}`;
  return `${id}:${algorithm}:${Buffer.from(JSON.stringify(jwk)).toString("base64url")}`;
}

before(async () => {
  execFileSync("cargo", ["build", "-q", "--locked", "--manifest-path", "examples/rust/Cargo.toml", "--target-dir", "target/example"]);
  app = http.createServer((request, response) => {
    asserted = request.headers["airlock-assertion"];
    got = request.rawHeaders;
    response.end("the app");
  });
  await once(app.listen(0, "127.0.0.1"), "listening");
  for (const [algorithm, pair] of Object.entries(PAIRS)) {
    const keys = { a1: pair("a1"), a2: pair("a2") };
    const entries = Object.entries(keys).map(([id, key]) => entry(id, algorithm, key));
    // One of before, as in the minutes after a change: it is published, and no library may stumble over it.
    if (algorithm !== "EdDSA") entries.push(entry("a0", "EdDSA", PAIRS.EdDSA()));
    const variables = { APP_URL: `http://127.0.0.1:${app.address().port}`, ASSERTION_AUDIENCE: AUDIENCE, ASSERTION_KEYS: entries.join(","), ...SETTINGS };
    airlocks[algorithm] = Object.assign(await start(undefined, variables), { keys });
  }
});
after(async () => {
  for (const child of services) child.kill();
  for (const airlock of Object.values(airlocks)) await airlock.stop();
  app?.close();
});

/** Runs a verifier that reads the assertion; answers what it says, or throws. */
function program(command, args, assertion) {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))));
    child.stdin.end(assertion);
  });
}

/** A verifier that reads an assertion a line, for as long as the tests run. */
function service(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  services.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (assertion) => {
    child.stdin.write(`${assertion}\n`);
    const claims = JSON.parse((await lines.next()).value);
    if (!claims) throw new Error("refused");
    return claims;
  };
}

/** Those that know an algorithm: the three examples, unless it is one that they do not ask for, and other libraries. */
function verifiers(algorithm) {
  return (airlocks[algorithm].verifiers ??= begun(algorithm));
}

async function begun(algorithm) {
  const airlock = airlocks[algorithm];
  const file = join(airlock.folder, "jwks.json");
  writeFileSync(file, (await send(airlock, "GET", "/.well-known/jwks.json")).text);
  const python = (library) => service(process.env.PYTHON, ["tests/e2e/verify.py", library, algorithm, file, airlock.origin, AUDIENCE]);
  const examples = {
    "jose, as the example has it": verifier(airlock.origin, AUDIENCE),
    "PyJWT, as the example has it": (assertion) => program(process.env.PYTHON, ["examples/python/verify.py", airlock.origin, AUDIENCE], assertion),
    "jsonwebtoken in Rust, as the example has it": (assertion) => program(RUST, [airlock.origin, AUDIENCE, file], assertion),
  };
  if (algorithm === "EdDSA") return { ...examples, PyJWT: python("pyjwt") };
  const published = createRemoteJWKSet(new URL("/.well-known/jwks.json", airlock.origin));
  const others = {
    jose: async (assertion) => {
      const options = { algorithms: [algorithm], issuer: airlock.origin, audience: AUDIENCE, requiredClaims: ["exp"] };
      return (await jwtVerify(assertion, published, options)).payload;
    },
    "jsonwebtoken in Node": async (assertion) => {
      const { keys } = (await send(airlock, "GET", "/.well-known/jwks.json")).json;
      const { header } = jsonwebtoken.decode(assertion, { complete: true });
      const key = createPublicKey({ key: keys.find(({ kid }) => kid === header.kid), format: "jwk" });
      const claims = jsonwebtoken.verify(assertion, key, { algorithms: [algorithm], issuer: airlock.origin, audience: AUDIENCE });
      assert.ok(claims.exp, "which this library does not ask for");
      return claims;
    },
    PyJWT: python("pyjwt"),
    "python-jose": python("python_jose"),
    joserfc: python("joserfc"),
  };
  return algorithm === "ES256" ? { ...examples, ...others } : others;
}

/** The assertion that the app gets of a client's request. */
async function of(client) {
  assert.equal((await client.get("/")).status, 200);
  return asserted;
}

test("each of them reads who it is and what was proven", async () => {
  for (const [algorithm, airlock] of Object.entries(airlocks)) {
    const [mia, noor, leo] = [new Client(airlock), new Client(airlock), new Client(airlock)];
    await mia.login("mia@acme.test");
    await noor.login("noor@acme.test");
    await noor.verify(code(NOOR_SEED));
    await noor.post(`${AUTH}/reauth`, { password: PASSWORD, code: nextCode(airlock, "noor", NOOR_SEED) });
    const { recovery_codes: codes } = (await noor.post(`${AUTH}/recovery-codes`)).json;
    await leo.login("noor@acme.test");
    assert.equal((await leo.post(`${AUTH}/recovery`, { code: codes[0] })).status, 200);
    for (const [client, id, amr] of [[mia, "mia", ["pwd"]], [noor, "noor", ["pwd", "otp"]], [leo, "noor", ["pwd", "otp"]]]) {
      const assertion = await of(client);
      for (const [name, verify] of Object.entries(await verifiers(algorithm))) {
        const claims = await verify(assertion);
        const { id: user } = (await client.get(`${AUTH}/session`)).json.user;
        assert.deepEqual([claims.sub, claims.email, claims.amr], [user, `${id}@acme.test`, amr], `${algorithm}, ${name}`);
        assert.deepEqual(claims.accounts, [{ id: "acme", name: "Acme", role: "member" }], `${algorithm}, ${name}`);
        assert.ok(claims.sid && Math.abs(claims.auth_time - Date.now() / 1000) < 60, `${algorithm}, ${name}`);
      }
      const { iat, exp } = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url"));
      assert.equal(exp - iat, 60);
    }
  }
});

test("none of them accepts an assertion that is forged, altered, old or meant for another", async () => {
  for (const [algorithm, airlock] of Object.entries(airlocks)) {
    const mia = new Client(airlock);
    await mia.login("mia@acme.test");
    const real = await of(mia);
    const [head, body, signature] = real.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const { publicKey } = airlock.keys.a1;
    const { n, x } = publicKey.export({ format: "jwk" });
    const hmac = (text, key) => `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
    const foreign = (kid) => new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(PAIRS[algorithm]("a2").privateKey);
    const signed = (changes) =>
      new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: algorithm, kid: "a2" }).sign(airlock.keys.a2.privateKey);
    const asOwner = encode({ ...claims, sub: "owner" });
    const confused = `${encode({ alg: "HS256", typ: "JWT", kid: "a1" })}.${asOwner}`;
    const forged = {
      "of someone else": `${head}.${asOwner}.${signature}`,
      "signed otherwise": `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      "signed with zeros": `${head}.${asOwner}.${Buffer.alloc(Buffer.from(signature, "base64url").length).toString("base64url")}`,
      "not signed": `${encode({ alg: "none", typ: "JWT", kid: "a1" })}.${asOwner}.`,
      "signed with the public key": hmac(confused, Buffer.from(x ?? n, "base64url")),
      "signed with the public key as text": hmac(confused, publicKey.export({ type: "spki", format: "pem" })),
      "of a key that is not published": await foreign("a1"),
      "of a key that is not known": await foreign("zz"),
      "that has expired": await signed({ iat: claims.iat - 70, exp: claims.exp - 70 }),
      "that never expires": await signed({ exp: undefined }),
      "for another app": await signed({ aud: "another-app" }),
      "by another issuer": await signed({ iss: "https://elsewhere.test" }),
      "nothing": "",
    };
    for (const [name, verify] of Object.entries(await verifiers(algorithm))) {
      for (const good of [real, await signed({})]) assert.equal((await verify(good)).sub, "mia", `${algorithm}, ${name}`);
      for (const [what, assertion] of Object.entries(forged)) await assert.rejects(verify(assertion), `${algorithm}, ${name}: ${what}`);
    }
  }
  // The examples ask for no RSA, so they take none.
  const mia = new Client(airlocks.RS256);
  await mia.login("mia@acme.test");
  const assertion = await of(mia);
  await assert.rejects(verifier(airlocks.RS256.origin, AUDIENCE)(assertion), /alg/);
});

test("all keys are published and the first signs", async () => {
  const published = {
    EdDSA: { kty: "OKP", crv: "Ed25519" },
    ES256: { kty: "EC", crv: "P-256" },
    RS256: { kty: "RSA", crv: undefined },
  };
  for (const [algorithm, airlock] of Object.entries(airlocks)) {
    const { json, headers } = await send(airlock, "GET", "/.well-known/jwks.json");
    const own = json.keys.filter(({ kid }) => kid !== "a0");
    const { kty, crv } = published[algorithm];
    const named = (kid) => [kid, algorithm, "sig", kty, crv];
    assert.deepEqual(own.map((key) => [key.kid, key.alg, key.use, key.kty, key.crv]), [named("a1"), named("a2")]);
    for (const key of json.keys) {
      for (const secret of ["d", "p", "q", "dp", "dq", "qi"]) assert.equal(key[secret], undefined, "a private key was published");
    }
    assert.equal(headers["cache-control"], "public, max-age=600");
    const mia = new Client(airlock);
    await mia.login("mia@acme.test");
    const [head] = (await of(mia)).split(".");
    assert.deepEqual(JSON.parse(Buffer.from(head, "base64url")), { alg: algorithm, typ: "JWT", kid: "a1" });
  }
});

/** The headers of this name that the app got, as apps with CGI variables take names: each value's bytes as text. */
function told(name) {
  const pairs = got.flatMap((header, at) => (at % 2 ? [] : [[header.toLowerCase().replace(/[^a-z0-9]/g, "-"), got[at + 1]]]));
  return pairs.filter(([header]) => header === name).map(([, value]) => Buffer.from(value, "latin1").toString());
}

test("the app is told by headers too, if the operator names them, and by no client", async () => {
  const airlock = airlocks.ES256;
  const mia = new Client(airlock);
  await mia.login("mia@acme.test");
  const database = open(airlock);
  const rename = (name) => database.prepare("UPDATE users SET name = ? WHERE id = 'mia'").run(name);
  const forged = {};
  for (const name of ["Remote-User", "Remote_User", "REMOTE.USER", "Remote-Name", "remote_name", "X-Forwarded-Groups", "X_Forwarded_Groups"]) {
    forged[name] = ["owner@acme.test", "owner"];
  }
  try {
    for (const name of ["Mia", "Zoë Müller 山田 🔒"]) {
      rename(name);
      await mia.get("/", forged);
      const said = ["remote-user", "remote-name", "x-forwarded-groups"].map(told);
      assert.deepEqual(said, [["mia@acme.test"], [name], ["acme:member"]]);
    }
  } finally {
    rename("Mia");
    database.close();
  }
  for (const client of [mia, new Client(airlock)]) {
    assert.equal((await client.get("/public", forged)).status, 200);
    assert.deepEqual(["remote-user", "remote-name", "x-forwarded-groups", "airlock-assertion"].map(told), [[], [], [], []]);
  }
});

test("an assertion has 4096 bytes at most, whatever its user belongs to and whichever key signs", async () => {
  for (const [algorithm, airlock] of Object.entries(airlocks)) {
    const leo = new Client(airlock);
    await leo.login("leo@acme.test");
    const database = open(airlock);
    database.exec("BEGIN");
    for (let number = 0; number < 150; number++) {
      const id = String(number).padStart(24, "0");
      database.prepare("INSERT INTO accounts (id, name, created_at) VALUES (?, ?, 0)").run(id, "🔒".repeat(100));
      const membership = "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES (?, 'leo', 'leo@acme.test', 'member', 'active', 0)";
      database.prepare(membership).run(id);
    }
    database.exec("COMMIT");
    database.close();
    const assertion = await of(leo);
    assert.ok(assertion.length > 3000 && assertion.length <= 4096, `${algorithm}: ${assertion.length}`);
    const groups = told("x-forwarded-groups");
    for (const [name, verify] of Object.entries(await verifiers(algorithm))) {
      const { accounts, accounts_total: total } = await verify(assertion);
      assert.deepEqual([accounts.length > 0, total], [true, 151], `${algorithm}, ${name}`);
      assert.deepEqual(groups, [accounts.map(({ id, role }) => `${id}:${role}`).join()], `${algorithm}, ${name}`);
    }
  }
});

test("with a key of two halves everything is refused, and the log names it", async () => {
  const of = (algorithm, names) => {
    const [one, other] = [PAIRS[algorithm]("a2"), PAIRS[algorithm]("a2")].map(({ privateKey }) => privateKey.export({ format: "jwk" }));
    for (const name of names) one[name] = other[name];
    return `a2:${algorithm}:${Buffer.from(JSON.stringify(one)).toString("base64url")}`;
  };
  const good = entry("a1", "ES256", PAIRS.ES256());
  for (const key of [of("ES256", ["x", "y"]), of("RS256", ["n"])]) {
    const airlock = await start(undefined, { ASSERTION_KEYS: `${good},${key}` });
    try {
      for (const path of ["/", `${AUTH}/health`, "/.well-known/jwks.json"]) assert.equal((await send(airlock, "GET", path)).status, 503, path);
      const says = ["its public part is another key's", "not a key as the runtime takes it"].map((why) => `"ASSERTION_KEYS: key a2: ${why}"`);
      assert.ok((await airlock.logged("ASSERTION_KEYS: key a2: ")) && says.some((line) => airlock.log.includes(line)));
      assert.ok(!airlock.log.includes(key.slice(12, 60)), "a key was logged");
    } finally {
      await airlock.stop();
    }
  }
});
