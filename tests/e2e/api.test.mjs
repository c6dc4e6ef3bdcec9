// The contract as an API client sees it: the built Worker in workerd, over HTTP, on D1.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, PASSWORD, code, nextCode, require2fa, send, sql, start } from "./airlock.mjs";

let airlock;
const canaries = [PASSWORD, OWNER_SEED, NOOR_SEED];

before(async () => {
  airlock = await start();
});
after(() => airlock?.stop());

const client = () => new Client(airlock);
const page = { accept: "text/html", "sec-fetch-mode": "navigate" };
const codes = []; // every one-time code sent
const used = (seed, steps) => {
  codes.push(code(seed, steps));
  return codes.at(-1);
};
const oneOf = (answers) => {
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`);
  assert.ok(statuses.every((status) => [200, 401, 429].includes(status)), `${statuses}`);
};

test("password, then code, then in; every older cookie is dead and the code is used up", async () => {
  const owner = client();
  assert.deepEqual((await owner.login("owner@acme.test")).json, { next: "verify", return_to: "/" });
  const pending = owner.twin();
  assert.equal((await owner.get("/")).status, 401);
  const shown = used(OWNER_SEED);
  assert.deepEqual((await owner.verify(shown)).json, { next: "done", return_to: "/" });
  const { stage, user, accounts, two_factor } = (await owner.get(`${AUTH}/session`)).json;
  assert.equal(stage, "full");
  assert.equal(user.email, "owner@acme.test");
  assert.deepEqual(accounts.map(({ name, role }) => [name, role]), [["Acme", "owner"]]);
  assert.equal(two_factor.enabled, true);
  assert.equal((await pending.get(`${AUTH}/session`)).status, 401);
  const second = client();
  await second.login("owner@acme.test");
  const replay = await second.verify(shown);
  assert.equal(replay.status, 401);
  assert.equal(replay.json.code, "invalid_code");
  canaries.push(...Object.values(owner.cookies), ...Object.values(pending.cookies));
  const full = owner.twin();
  await owner.login("owner@acme.test");
  assert.equal((await full.get(`${AUTH}/session`)).status, 401, "a new login in the same browser ends the old session");
  assert.equal((await owner.get(`${AUTH}/session`)).json.stage, "verify");
  assert.deepEqual((await owner.get(`${AUTH}/session`)).json.accounts, [], "the password alone tells nothing of the accounts");
});

test("an unknown address and a wrong password get the same answer", async () => {
  const wrong = (email) => client().post(`${AUTH}/login`, { email, password: "not the password" });
  const [known, unknown] = [await wrong("mia@acme.test"), await wrong("nobody@acme.test")];
  assert.equal(known.status, 401);
  assert.equal(known.json.code, "invalid_credentials");
  assert.deepEqual([unknown.status, unknown.text], [known.status, known.text]);
  assert.equal(known.headers["set-cookie"], undefined);
});

test("without two-factor login the password is enough, and logging out ends the session on the server", async () => {
  const mia = client();
  assert.equal((await mia.login("mia@acme.test")).json.next, "done");
  const thief = mia.twin();
  assert.equal((await mia.post(`${AUTH}/logout`)).status, 204);
  assert.equal((await thief.get(`${AUTH}/session`)).status, 401);
});

test("twenty posts of one valid code at once, over five logins: exactly one gets in", async () => {
  const logins = [];
  for (let i = 0; i < 5; i++) {
    logins.push(client());
    await logins[i].login("owner@acme.test");
  }
  const full = () => sql(airlock, "SELECT count(*) AS n FROM sessions WHERE user_id = 'owner' AND pending = 0")[0].n;
  const before = full();
  const next = used(OWNER_SEED, 1);
  oneOf(await Promise.all(logins.flatMap((login) => Array.from({ length: 4 }, () => login.twin().verify(next)))));
  assert.equal(full(), before + 1);
});

test("after five wrong codes even the right one gets 429, and nobody else is held up", async () => {
  const noor = client();
  await noor.login("noor@acme.test");
  for (let i = 0; i < 5; i++) assert.equal((await noor.verify("000000")).status, 401);
  const again = client();
  await again.login("noor@acme.test");
  for (const login of [noor, again]) {
    const right = await login.verify(used(NOOR_SEED));
    assert.equal(right.status, 429);
    assert.equal(right.json.code, "too_many_attempts");
    assert.ok(Number(right.headers["retry-after"]) > 0);
  }
  assert.equal(sql(airlock, "SELECT count(*) AS n FROM code_attempts WHERE user_id = 'noor'")[0].n, 5);
  assert.equal((await client().login("mia@acme.test")).json.next, "done");
});

test("where the account requires it, set-up comes first and nothing else is reachable", async () => {
  require2fa(airlock, true);
  const leo = client();
  assert.equal((await leo.login("leo@acme.test")).json.next, "enrol");
  assert.equal((await leo.get(`${AUTH}/session`)).json.stage, "enrol");
  assert.equal((await leo.get("/reports")).status, 401);
  assert.equal((await leo.get("/reports")).json.code, "enrol_required");
  const led = await leo.get("/reports", page);
  assert.deepEqual([led.status, led.headers.location], [303, `${AUTH}/enrol?return_to=%2Freports`]);
  assert.equal((await leo.verify("000000")).status, 401);
  const { secret, otpauth_uri, qr_svg } = (await leo.get(`${AUTH}/enrol`)).json;
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.ok(otpauth_uri.includes(`secret=${secret}`) && qr_svg.startsWith("<svg"));
  assert.equal((await leo.get(`${AUTH}/enrol`)).json.secret, secret, "asking again shows the same set-up");
  assert.equal((await leo.post(`${AUTH}/enrol`, { code: "000000" })).status, 401);
  const done = (await leo.post(`${AUTH}/enrol`, { code: used(secret) })).json;
  assert.equal(done.next, "done");
  assert.equal(done.recovery_codes.length, 10);
  assert.equal(new Set(done.recovery_codes).size, 10);
  for (const recovery of done.recovery_codes) assert.match(recovery.replaceAll("-", ""), /^[0-9A-Z]{24}$/);
  assert.equal((await leo.get(`${AUTH}/session`)).json.stage, "full");
  canaries.push(secret, ...done.recovery_codes, ...done.recovery_codes.map((c) => c.replaceAll("-", "")));

  const [recovery] = done.recovery_codes;
  const again = client();
  assert.equal((await again.login("leo@acme.test")).json.next, "verify");
  const answer = await again.post(`${AUTH}/recovery`, { code: recovery });
  assert.deepEqual(answer.json, { next: "done", return_to: "/", recovery_codes_left: 9 });
  const third = client();
  await third.login("leo@acme.test");
  assert.equal((await third.post(`${AUTH}/recovery`, { code: recovery })).status, 401);
  const fourth = client();
  await fourth.login("leo@acme.test");
  const twins = [third, fourth].flatMap((login) => Array.from({ length: 5 }, () => login.twin()));
  oneOf(await Promise.all(twins.map((twin) => twin.post(`${AUTH}/recovery`, { code: done.recovery_codes[1] }))));

  require2fa(airlock, false);
  assert.equal((await client().login("leo@acme.test")).json.next, "done", "off again, it is leo's own choice: none");
});

let miaSeed;

test("changing how you sign in needs the password again and ends your other sessions", async () => {
  const [mia, elsewhere] = [client(), client()];
  await mia.login("mia@acme.test");
  await elsewhere.login("mia@acme.test");
  const refused = await mia.get(`${AUTH}/enrol`);
  assert.deepEqual([refused.status, refused.json.code], [403, "reauth_required"]);
  assert.equal((await mia.post(`${AUTH}/recovery-codes`)).json.code, "reauth_required");
  assert.equal((await mia.post(`${AUTH}/reauth`, { password: "not the password" })).status, 401);
  assert.equal((await mia.get(`${AUTH}/enrol`)).status, 403);
  const old = mia.twin();
  assert.equal((await mia.post(`${AUTH}/reauth`, { password: PASSWORD })).status, 200);
  assert.equal((await old.get(`${AUTH}/session`)).status, 401);
  miaSeed = (await mia.get(`${AUTH}/enrol`)).json.secret;
  assert.equal((await client().login("mia@acme.test")).json.next, "done", "nothing changes before the first code");
  const done = await mia.post(`${AUTH}/enrol`, { code: used(miaSeed) });
  assert.equal(done.json.next, "done");
  assert.equal((await elsewhere.get(`${AUTH}/session`)).status, 401);
  assert.deepEqual((await mia.get(`${AUTH}/session`)).json.two_factor, {
    set_up: true,
    enabled: true,
    required_by_account: false,
    recovery_codes_left: 10,
  });
  canaries.push(miaSeed, ...done.json.recovery_codes, ...Object.values(mia.cookies));
});

test("every kind of answer carries the security headers", async () => {
  const answers = [
    [200, await client().get(`${AUTH}/health`)],
    [200, await client().get(`${AUTH}/login`, page)],
    [303, await client().get("/reports?x=1", page)],
    [401, await client().get(`${AUTH}/session`)],
    [404, await client().get(`${AUTH}/nothing`)],
    [404, await client().get(`${AUTH}/nothing`, page)],
    [404, await new Client(airlock.admin).get("/__test/clock")],
    [404, await client().get(`${AUTH}/__test/clock`)],
    [400, await client().send("POST", `${AUTH}/login`, { body: "{" })],
    [204, await client().post(`${AUTH}/logout`)],
    [405, await client().send("DELETE", `${AUTH}/session`)],
    [403, await client().send("POST", `${AUTH}/login`, { headers: { "sec-fetch-site": "cross-site" } })],
    [415, await client().send("POST", `${AUTH}/login`, { type: "text/plain", body: "x" })],
    [413, await client().send("POST", `${AUTH}/login`, { body: "x".repeat(20_000) })],
  ];
  for (const [status, { status: got, headers, text }] of answers) {
    assert.equal(got, status);
    assert.doesNotMatch(`${Object.entries(headers)} ${text}`, /powered-by|generator|airlock\/|\d\.\d+\.\d/i, "no version of anything");
    assert.equal(headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["referrer-policy"], "origin");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.match(headers["content-security-policy"], /default-src 'none'.*nonce-.*frame-ancestors 'none'/);
  }
  assert.equal(answers[2][1].headers.location, `${AUTH}/login?return_to=%2Freports%3Fx%3D1`);
  const nonces = answers.map(([, { headers }]) => /nonce-([^']+)/.exec(headers["content-security-policy"])[1]);
  assert.equal(new Set(nonces).size, answers.length, "every answer has a nonce of its own");
});

test("cookies are for this host alone, and requests must come from it", async () => {
  const login = await client().login("mia@acme.test");
  for (const cookie of login.headers["set-cookie"]) {
    assert.match(cookie, /^__Host-airlock(-browser)?=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
  }
  const body = JSON.stringify({ email: "mia@acme.test", password: PASSWORD });
  const from = (headers) => send(airlock, "POST", `${AUTH}/login`, { "content-type": "application/json", ...headers }, body);
  assert.equal((await from({ origin: airlock.origin })).status, 200);
  assert.equal((await from({})).status, 403);
  assert.equal((await from({ origin: "https://evil.test" })).status, 403);
  assert.equal((await from({ origin: airlock.origin, "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await from({ "sec-fetch-site": "same-site" })).status, 403);
  assert.equal((await from({ origin: "null" })).status, 403);
});

test("a cookie that any sub-domain can set does not pass for ours", async () => {
  const [mia, thief] = [client(), client()];
  await mia.login("mia@acme.test");
  await thief.login("leo@acme.test");
  for (const other of ["\u00a0", "\u2000", "\u3000"]) {
    // Headers are bytes: this is the name in UTF-8, as browsers send it.
    const cookie = Buffer.from(`${other}__Host-airlock=${thief.cookies["__Host-airlock"]}; ${mia.cookie}`).toString("latin1");
    const { json } = await send(airlock, "GET", `${AUTH}/session`, { cookie });
    assert.equal(json.user.email, "mia@acme.test", JSON.stringify(other));
  }
});

test("the admin Worker answers at a host of its own, whose pages cannot post to the app's", async () => {
  for (const place of [airlock, airlock.admin]) assert.equal((await new Client(place).get(`${AUTH}/health`)).status, 200, place.host);
  const from = (origin) => send(airlock, "POST", `${AUTH}/logout`, { origin, "content-type": "application/json" });
  assert.equal((await from(airlock.origin)).status, 204);
  assert.equal((await from(airlock.admin.origin)).status, 403);
});

test("a body without a stated length is refused past 16 KiB", async () => {
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
      `POST ${AUTH}/login HTTP/1.1\r\nhost: localhost:${airlock.port}\r\nsec-fetch-site: same-origin\r\n` +
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for (let i = 0; i < 5; i++) socket.write(`1000\r\n${"x".repeat(4096)}\r\n`);
    socket.write("0\r\n\r\n");
  });
  assert.match(answer, /^HTTP\/1.1 413/);
});

test("malformed input gets 400 and a reason", async () => {
  const json = "application/json";
  const form = "application/x-www-form-urlencoded";
  const bodies = [
    [json, "{"],
    [json, "[]"],
    [json, '{"email":"a@b.test"}'],
    [json, '{"email":["a@b.test"],"password":"x"}'],
    [json, '{"email":"a@b.test","password":"x","role":"owner"}'],
    [json, '{"email":"a@b.test","email":"c@d.test","password":"x"}'],
    [json, '{"email":"a@b.test","password":""}'],
    [json, JSON.stringify({ email: "a@b.test", password: "x".repeat(1025) })],
    [json, '{"email":"nobody","password":"x"}'],
    [form, "email=a%40b.test&password=x&role=owner"],
    [form, "email=a%40b.test&password=x&password=y"],
  ];
  for (const [type, body] of bodies) {
    const answer = await client().send("POST", `${AUTH}/login`, { type, body });
    assert.equal(answer.status, 400, body);
    assert.equal(answer.json.code, "invalid_request");
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
  }
  const mia = client();
  await mia.login("mia@acme.test");
  const shapes = ["", "12345", "1234567", "-12345", "12345a", "12345\u0000", 123456, null, ["123456"]];
  for (const shape of shapes) assert.equal((await mia.verify(shape)).status, 400, `code ${JSON.stringify(shape)}`);
  for (const shape of ["", "123456", "U".repeat(24), "0".repeat(25)]) {
    assert.equal((await mia.post(`${AUTH}/recovery`, { code: shape })).status, 400, `recovery code ${shape}`);
  }
  const failures = "SELECT count(*) AS n FROM code_attempts WHERE user_id = 'mia'";
  assert.equal(sql(airlock, failures)[0].n, 0, "a slip of the finger costs no attempt");
});

test("a route answers its own methods only", async () => {
  for (const method of ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const answer = await client().send(method, `${AUTH}/login`);
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.allow, "GET, HEAD, POST");
  }
  const head = await client().send("HEAD", `${AUTH}/health`);
  assert.deepEqual([head.status, head.text], [200, ""]);
});

test("signing in leads to a path of this origin, whatever was asked for", async () => {
  const login = async (return_to) => (await client().post(`${AUTH}/login`, { email: "leo@acme.test", password: PASSWORD, return_to })).json;
  assert.equal((await login("/reports?x=1&y=%2F")).return_to, "/reports?x=1&y=%2F");
  const foreign = ["https://evil.test/", "//evil.test", "/\\evil.test", "\\\\evil.test", "%2F%2Fevil.test", "/\t/evil.test", "/a\r\nset-cookie: a=b", "javascript:alert(1)", "evil.test"];
  for (const path of foreign) assert.equal((await login(path)).return_to, "/", JSON.stringify(path));
  for (const path of ["/%5Cevil.test", "/%2F/evil.test", "/.//evil.test", "/@evil.test"]) {
    const { return_to } = await login(path);
    assert.equal(new URL(return_to, airlock.origin).origin, airlock.origin, path);
  }
  const form = await client().get(`${AUTH}/login?return_to=%2F%2Fevil.test`, page);
  assert.match(form.text, /name="return_to" value="\/"/);
});

test("no header that a client can set changes time, place or host", async () => {
  const mia = client();
  await mia.login("mia@acme.test");
  const later = new Date(Date.now() + 20 * 60_000).toUTCString();
  const early = await mia.send("POST", `${AUTH}/verify`, { body: JSON.stringify({ code: used(miaSeed, 40) }), headers: { date: later } });
  assert.equal(early.status, 401);
  const evil = { "x-forwarded-host": "evil.test", "x-forwarded-proto": "https", forwarded: "host=evil.test", "x-original-url": `${AUTH}/health`, "x-http-method-override": "GET" };
  assert.equal((await client().get("/reports", { ...page, ...evil })).headers.location, `${AUTH}/login?return_to=%2Freports`);
  const post = { "content-type": "application/json", origin: "https://evil.test", ...evil };
  assert.equal((await send(airlock, "POST", `${AUTH}/login`, post, "{}")).status, 403);
});

test("with a key that is too short every route answers 503 and sets no cookie", async () => {
  const folder = mkdtempSync(join(tmpdir(), "airlock-keys-"));
  const file = join(folder, "vars");
  writeFileSync(file, 'SEED_KEYS="s1:c2hvcnQ="\nPEPPER_KEYS="p1:c2hvcnQ="\n');
  const broken = await start(["wrangler", "dev", "--ip", "127.0.0.1", "--port", "PORT", "--inspector-port", "0", "--persist-to", "FOLDER", "--env-file", file]);
  try {
    for (const path of ["/", `${AUTH}/login`, `${AUTH}/health`, `${AUTH}/session`]) {
      const answer = await new Client(broken).get(path);
      assert.equal(answer.status, 503, path);
      assert.equal(answer.json.code, "unavailable");
      assert.ok(answer.headers["retry-after"]);
      assert.equal(answer.headers["set-cookie"], undefined);
      assert.equal((await new Client(broken).get(path, page)).status, 503, `${path} as a page`);
    }
    assert.equal((await new Client(broken).login("mia@acme.test")).status, 503);
    assert.ok(await broken.logged("SEED_KEYS: a key must be 32 bytes"));
    assert.doesNotMatch(broken.log, /c2hvcnQ/);
  } finally {
    await broken.stop();
    rmSync(folder, { recursive: true });
  }
});

test("too few days for the audit, even written as a number, and no job is done; with enough all are", async () => {
  const toml = readFileSync("jobs/wrangler.toml", "utf8")
    .replace(/^\[build\][^]*?(?=^\[)/m, "")
    .replace("build/index.js", join(process.cwd(), "jobs/$&"));
  const folder = mkdtempSync(join(tmpdir(), "airlock-days-"));
  const [file, keys] = [join(folder, "wrangler.toml"), join(process.cwd(), ".env")];
  try {
    for (const days of [29, 30]) {
      writeFileSync(file, toml.replace("[vars]\n", `$&AUDIT_KEEP_DAYS = ${days}\n`));
      const command = `cp -r '${airlock.folder}/v3' "$STATE_DIR" && exec wrangler dev -c '${file}' --ip 127.0.0.1 --port PORT --inspector-port 0 --persist-to "$STATE_DIR" --env-file '${keys}'`;
      const jobs = await start(["sh", "-c", command]);
      try {
        sql(jobs, "UPDATE sessions SET expires_at = 1 WHERE id = (SELECT min(id) FROM sessions)");
        assert.equal((await send(jobs, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*")).status, 200);
        const over = sql(jobs, "SELECT id FROM sessions WHERE expires_at = 1").length;
        if (days === 29) assert.ok(await jobs.logged("AUDIT_KEEP_DAYS is not a whole number of days from 30 to 3650"));
        assert.equal(over, days === 29 ? 1 : 0);
        assert.equal((await send(jobs, "GET", `${AUTH}/login`)).status, 204, "whoever asks gets nothing");
      } finally {
        await jobs.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the admin Worker serves alone as well: what it is told to change is changed, though no jobs Worker hears of it", async () => {
  const command = `cp -r '${airlock.folder}/v3' "$STATE_DIR" && exec wrangler dev -c admin/wrangler.toml --ip 127.0.0.1 --port PORT --inspector-port 0 --persist-to "$STATE_DIR"`;
  const alone = await start(["sh", "-c", command]);
  try {
    const owner = new Client({ ...alone, host: "admin.localhost:8787" });
    assert.equal((await owner.login("owner@acme.test")).json.next, "verify");
    assert.equal((await owner.verify(nextCode(alone, "owner", OWNER_SEED))).json.next, "done");
    const made = await owner.post("/api/v1/accounts/acme/tokens", { name: "list", scopes: ["users:read"] });
    assert.equal(made.status, 201, made.text);
    assert.equal((await owner.get(`${AUTH}/health`)).status, 200);
    assert.doesNotMatch(alone.log, /"fault"|Uncaught|panicked/);
  } finally {
    await alone.stop();
  }
});

test("each Worker is at most 400 kB of Wasm, gzipped", () => {
  for (const worker of ["worker", "admin", "jobs"]) {
    const wasm = globSync(`${worker}/build/*.wasm`).map((path) => readFileSync(path));
    assert.equal(wasm.length, 1);
    const size = gzipSync(wasm[0], { level: 9 }).length;
    assert.ok(size <= 400_000, `${worker}: ${size} bytes`);
  }
});

test("each Worker is built with vectors of 128 bits", () => {
  for (const worker of ["worker", "admin", "jobs"]) {
    const text = execFileSync("wasm-dis", globSync(`${worker}/build/*.wasm`), { maxBuffer: 2 ** 28 });
    assert.ok(text.includes("(v128.load") && text.includes("(v128.store"), worker);
  }
});

test("one address gets a hundred logins a minute, whatever name it claims", async () => {
  // More than twice the limit: a new minute may begin on the way.
  const answers = [];
  for (let i = 0; i < 210; i++) {
    const headers = { "x-forwarded-for": `192.0.2.${i}`, "x-real-ip": `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` };
    answers.push(await client().send("POST", `${AUTH}/login`, { body: "{}", headers }));
  }
  const braked = answers.filter(({ status }) => status === 429);
  assert.ok(braked.length > 0);
  for (const { headers } of braked) assert.equal(headers["retry-after"], "60");
  assert.ok(answers.every(({ status }) => [400, 429].includes(status)));
  assert.equal((await client().get(`${AUTH}/health`)).status, 200);
});

test("what is stored and logged holds no seed, password, cookie or code", async () => {
  const paths = globSync(join(airlock.folder, "**/*")).filter((path) => statSync(path).isFile());
  const stored = Buffer.concat(paths.map((path) => readFileSync(path)));
  assert.ok(stored.includes("owner@acme.test") && (await airlock.logged('"action":"enrol"')), "the search sees something");
  // The note of `npm start` names the demo's password and seeds.
  const log = airlock.log.replace(/─{20}[^]*?─{20,}\n\n/, "");
  assert.ok(canaries.length > 30 && codes.length > 4);
  for (const canary of canaries) {
    const spellings = [canary, canary.replaceAll("-", ""), Buffer.from(canary).toString("base64").replaceAll("=", "")];
    if (/^[A-Z2-7]{32}$/.test(canary)) spellings.push(...["latin1", "hex", "base64"].map((as) => base32(canary).toString(as)));
    for (const spelling of spellings) {
      assert.ok(!stored.includes(spelling, 0, "latin1"), `${canary} is stored`);
      assert.ok(!log.includes(spelling), `${canary} is logged`);
    }
  }
  for (const sent of codes) {
    const alone = new RegExp(`(?<![0-9A-Za-z])${sent}(?![0-9A-Za-z])`);
    assert.doesNotMatch(stored.toString("latin1"), alone);
    assert.doesNotMatch(log, alone);
  }
});

function base32(text) {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
