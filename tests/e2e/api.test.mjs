// The contract as an API client sees it: the built Worker in workerd, over HTTP, on D1.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Client, NOOR_SEED, OWNER_SEED, PASSWORD, code, require2fa, send, sql, start } from "./airlock.mjs";

let airlock;
const canaries = [PASSWORD, OWNER_SEED, NOOR_SEED];

before(async () => {
  airlock = await start();
});
after(() => airlock?.stop());

const client = () => new Client(airlock);

test("password, then code, then in; every older cookie is dead and the code is used up", async () => {
  const owner = client();
  assert.deepEqual((await owner.login("owner@acme.test")).json, { next: "verify", return_to: "/" });
  const pending = owner.twin();
  assert.equal((await owner.get("/")).status, 401);
  const shown = code(OWNER_SEED);
  assert.deepEqual((await owner.verify(shown)).json, { next: "done", return_to: "/" });
  const { stage, user, accounts, two_factor } = (await owner.get("/auth/session")).json;
  assert.equal(stage, "full");
  assert.equal(user.email, "owner@acme.test");
  assert.deepEqual(accounts.map(({ name, role }) => [name, role]), [["Acme", "owner"]]);
  assert.equal(two_factor.enabled, true);
  assert.equal((await pending.get("/auth/session")).status, 401);
  const second = client();
  await second.login("owner@acme.test");
  const replay = await second.verify(shown);
  assert.equal(replay.status, 401);
  assert.equal(replay.json.code, "invalid_code");
  canaries.push(...Object.values(owner.cookies), ...Object.values(pending.cookies));
});

test("without two-factor login the password is enough, and logging out ends the session on the server", async () => {
  const mia = client();
  assert.equal((await mia.login("mia@acme.test")).json.next, "done");
  const thief = mia.twin();
  assert.equal((await mia.post("/auth/logout")).status, 204);
  assert.equal((await thief.get("/auth/session")).status, 401);
});

test("twenty posts of one valid code at once, over five logins: exactly one gets in", async () => {
  const logins = [];
  for (let i = 0; i < 5; i++) {
    logins.push(client());
    await logins[i].login("owner@acme.test");
  }
  const next = code(OWNER_SEED, 1);
  const posts = logins.flatMap((login) => Array.from({ length: 4 }, () => login.twin().verify(next)));
  const statuses = (await Promise.all(posts)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`);
  assert.ok(statuses.every((status) => [200, 401, 409, 429].includes(status)), `${statuses}`);
  assert.equal(sql(airlock, "SELECT count(*) AS n FROM sessions WHERE user_id = 'owner' AND pending = 0")[0].n, 2);
});

test("after five wrong codes it is 429, for the right code too, and nobody else is held up", async () => {
  const noor = client();
  await noor.login("noor@acme.test");
  for (let i = 0; i < 5; i++) assert.equal((await noor.verify("000000")).status, 401);
  const right = await noor.verify(code(NOOR_SEED));
  assert.equal(right.status, 429);
  assert.equal(right.json.code, "too_many_attempts");
  assert.ok(Number(right.headers["retry-after"]) > 0);
  assert.equal(sql(airlock, "SELECT failures FROM throttles WHERE scope = 'code' AND subject = 'noor'")[0].failures, 5);
  assert.equal((await client().login("mia@acme.test")).json.next, "done");
});

test("where the account requires it, set-up comes first and nothing else is reachable", async () => {
  require2fa(airlock, true);
  const leo = client();
  assert.equal((await leo.login("leo@acme.test")).json.next, "enrol");
  assert.equal((await leo.get("/auth/session")).json.stage, "enrol");
  assert.equal((await leo.get("/reports")).json.code, "enrol_required");
  const { secret, otpauth_uri, qr_svg } = (await leo.get("/auth/enrol")).json;
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.ok(otpauth_uri.includes(`secret=${secret}`) && qr_svg.startsWith("<svg"));
  assert.equal((await leo.post("/auth/enrol", { code: "000000" })).status, 401);
  const done = (await leo.post("/auth/enrol", { code: code(secret) })).json;
  assert.equal(done.next, "done");
  assert.equal(done.recovery_codes.length, 10);
  assert.equal(new Set(done.recovery_codes).size, 10);
  assert.equal((await leo.get("/auth/session")).json.stage, "full");
  canaries.push(secret, ...done.recovery_codes, ...done.recovery_codes.map((c) => c.replaceAll("-", "")));

  const [recovery] = done.recovery_codes;
  const again = client();
  assert.equal((await again.login("leo@acme.test")).json.next, "verify");
  const answer = await again.post("/auth/recovery", { code: recovery });
  assert.deepEqual(answer.json, { next: "done", return_to: "/", recovery_codes_left: 9 });
  const third = client();
  await third.login("leo@acme.test");
  assert.equal((await third.post("/auth/recovery", { code: recovery })).status, 401);

  require2fa(airlock, false);
  assert.equal((await client().login("leo@acme.test")).json.next, "done", "off again, it is leo's own choice: none");
});

test("every kind of answer carries the security headers", async () => {
  const page = { accept: "text/html", "sec-fetch-mode": "navigate" };
  const answers = [
    [200, await client().get("/auth/health")],
    [200, await client().get("/auth/login", page)],
    [303, await client().get("/reports?x=1", page)],
    [401, await client().get("/auth/session")],
    [404, await client().get("/auth/nothing")],
    [405, await client().send("DELETE", "/auth/session")],
    [403, await client().send("POST", "/auth/login", { headers: { "sec-fetch-site": "cross-site" } })],
    [415, await client().send("POST", "/auth/login", { type: "text/plain", body: "x" })],
    [413, await client().send("POST", "/auth/login", { body: "x".repeat(20_000) })],
  ];
  for (const [status, { status: got, headers }] of answers) {
    assert.equal(got, status);
    assert.equal(headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.match(headers["content-security-policy"], /default-src 'none'.*nonce-.*frame-ancestors 'none'/);
  }
  assert.equal(answers[2][1].headers.location, "/auth/login?return_to=%2Freports%3Fx%3D1");
});

test("cookies are for this host alone, and requests must come from it", async () => {
  const login = await client().login("mia@acme.test");
  for (const cookie of login.headers["set-cookie"]) {
    assert.match(cookie, /^__Host-airlock(-device)?=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
  }
  const body = JSON.stringify({ email: "mia@acme.test", password: PASSWORD });
  const from = (headers) => send(airlock, "POST", "/auth/login", { "content-type": "application/json", ...headers }, body);
  assert.equal((await from({ origin: airlock.origin })).status, 200);
  assert.equal((await from({})).status, 403);
  assert.equal((await from({ origin: "https://evil.test" })).status, 403);
  assert.equal((await from({ origin: airlock.origin, "sec-fetch-site": "cross-site" })).status, 403);
});

test("a body that never says how long it is ends at 16 KiB", async () => {
  const answer = await new Promise((resolve, reject) => {
    const socket = net.connect(airlock.port, "127.0.0.1");
    let text = "";
    socket.on("data", (data) => {
      text += data;
      if (text.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
    socket.write(
      `POST /auth/login HTTP/1.1\r\nhost: localhost:${airlock.port}\r\nsec-fetch-site: same-origin\r\n` +
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for (let i = 0; i < 5; i++) socket.write(`1000\r\n${"x".repeat(4096)}\r\n`);
    socket.write("0\r\n\r\n");
  });
  assert.match(answer, /^HTTP\/1.1 413/);
});

test("what is malformed gets 400 and a reason", async () => {
  for (const body of ["{", "[]", '{"email":"a@b","password":"x","role":"owner"}', '{"email":"a@b","email":"c@d","password":"x"}']) {
    const answer = await client().send("POST", "/auth/login", { body });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.code, "invalid_request");
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
  }
});

test("with a key that is too short every route answers 503 and sets no cookie", async () => {
  const folder = mkdtempSync(join(tmpdir(), "airlock-keys-"));
  const file = join(folder, "vars");
  writeFileSync(file, 'SEED_KEYS="s1:c2hvcnQ="\nPEPPER_KEYS="p1:c2hvcnQ="\n');
  const broken = await start(["wrangler", "dev", "--ip", "127.0.0.1", "--port", "PORT", "--persist-to", "FOLDER", "--env-file", file]);
  try {
    for (const path of ["/", "/auth/login", "/auth/health", "/auth/session"]) {
      const answer = await new Client(broken).get(path);
      assert.equal(answer.status, 503, path);
      assert.equal(answer.json.code, "unavailable");
      assert.ok(answer.headers["retry-after"]);
      assert.equal(answer.headers["set-cookie"], undefined);
    }
    assert.equal((await new Client(broken).login("mia@acme.test")).status, 503);
    assert.ok(await broken.logged("SEED_KEYS: a key must be 32 bytes"));
    assert.doesNotMatch(broken.log, /c2hvcnQ/);
  } finally {
    await broken.stop();
  }
});

test("the Worker is at most 400 kB of Wasm, gzipped, and knows nothing of tests", () => {
  const wasm = globSync("worker/build/*.wasm").map((path) => readFileSync(path));
  assert.equal(wasm.length, 1);
  const size = gzipSync(wasm[0], { level: 9 }).length;
  assert.ok(size <= 400_000, `${size} bytes`);
  assert.ok(!wasm[0].includes("JBSWY3DPEHPK3PXP") && !wasm[0].includes("acme.test"));
});

test("database and log hold no seed, password, cookie or recovery code", async () => {
  const files = globSync(join(airlock.folder, "v3/d1/**/*.sqlite*")).map((path) => readFileSync(path));
  const stored = Buffer.concat(files);
  assert.ok(stored.includes("owner@acme.test") && (await airlock.logged('"action":"enrol"')), "the search sees something");
  for (const canary of canaries) {
    assert.ok(!stored.includes(canary), `${canary} is stored`);
    // The note of `npm start` names the demo's password and seeds.
    const log = airlock.log.replace(/─{20}[^]*?─{20,}\n\n/, "");
    assert.ok(!log.includes(canary), `${canary} is logged`);
  }
  for (const seed of [OWNER_SEED, NOOR_SEED]) {
    const raw = execFileSync("python3", ["-c", "import base64,sys; sys.stdout.buffer.write(base64.b32decode(sys.argv[1]))", seed]);
    assert.ok(!stored.includes(raw) && !stored.includes(raw.toString("hex")));
  }
});
