// The admin Worker's API beside the edge Worker, both in workerd over one D1: what one decides the other holds to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, code, send, sql, start } from "./airlock.mjs";

const POLICY = "/api/v1/accounts/acme/two-factor";
const USERS = "/api/v1/accounts/acme/users";

let airlock;
let owner;

before(async () => {
  airlock = await start();
  owner = new Client(airlock.admin);
  assert.equal((await owner.login("owner@acme.test")).json.next, "verify");
  assert.equal((await owner.verify(code(OWNER_SEED))).json.next, "done");
});
after(() => airlock?.stop());

const edge = () => new Client(airlock);
const call = (method, path, fields = {}) => owner.send(method, path, { body: JSON.stringify(fields) });
const enabled = async () => (await owner.get(`${USERS}?two_factor=enabled`)).json.users.map(({ email }) => email);

test("the owner requires it, mia sets it up, noor is reset; turned off again, everyone has their own choice back", async () => {
  const noor = edge();
  await noor.login("noor@acme.test");
  assert.equal((await noor.verify(code(NOOR_SEED))).json.next, "done");

  const on = await call("PUT", POLICY, { required: true });
  assert.deepEqual([on.status, on.json.members, on.json.enabled, on.json.not_enabled], [200, 4, 2, 2]);
  const mia = edge();
  assert.equal((await mia.login("mia@acme.test")).json.next, "enrol");
  assert.equal((await mia.get("/reports")).status, 401);
  assert.equal((await mia.get(`${AUTH}/session`)).json.stage, "enrol");
  const { secret } = (await mia.get(`${AUTH}/enrol`)).json;
  assert.equal((await mia.post(`${AUTH}/enrol`, { code: code(secret) })).json.next, "done");
  assert.equal((await mia.get("/reports")).status, 200);
  assert.deepEqual(await enabled(), ["mia@acme.test", "noor@acme.test", "owner@acme.test"]);

  const reset = await call("POST", `${USERS}/noor/two-factor/reset`);
  assert.deepEqual([reset.status, reset.json], [200, { sessions_ended: 1, recovery_codes_removed: 0 }]);
  assert.equal((await noor.get(`${AUTH}/session`)).status, 401);
  const again = edge();
  assert.equal((await again.login("noor@acme.test")).json.next, "enrol");
  assert.equal((await again.verify(code(NOOR_SEED, 1))).status, 401);
  assert.equal((await again.get("/reports")).status, 401);

  assert.equal((await call("PUT", POLICY, { required: false })).json.required, false);
  assert.equal((await edge().login("leo@acme.test")).json.next, "done");
  assert.equal((await edge().login("mia@acme.test")).json.next, "done", "her own switch is as it was");
  assert.equal((await edge().login("noor@acme.test")).json.next, "enrol", "a reset holds whatever the switches say");
});

test("`now` reaches open sessions at their very next request", async () => {
  const leo = edge();
  await leo.login("leo@acme.test");
  assert.equal((await leo.get("/reports")).status, 200);
  await call("PUT", POLICY, { required: true });
  assert.equal((await leo.get("/reports")).status, 200);
  await call("PUT", POLICY, { required: true, applies: "now" });
  assert.equal((await leo.get("/reports")).json.code, "enrol_required");
  await call("PUT", POLICY, { required: false });
});

test("an invitation works once; then a login with the chosen password, and a token for programs", async () => {
  const invited = await call("POST", USERS, { email: "una@acme.test", name: "Una", role: "member" });
  assert.equal(invited.status, 201);
  const path = invited.json.invite_url.slice(airlock.origin.length);
  assert.ok(invited.json.invite_url.startsWith(`${airlock.origin}${AUTH}/invite/`));
  const una = edge();
  assert.equal((await una.get(path)).json.email, "una@acme.test");
  const password = "seven grey herons wade";
  const tries = await Promise.all([1, 2, 3].map(() => una.twin().post(path, { password })));
  assert.deepEqual(tries.map(({ status }) => status).sort(), [200, 404, 404], "of three at once one joins");
  assert.equal((await una.post(`${AUTH}/login`, { email: "una@acme.test", password })).json.next, "done");

  const { token } = (await call("POST", "/api/v1/accounts/acme/tokens", { name: "job", scopes: ["users:read"] })).json;
  const bearer = (path, method = "GET") => send(airlock.admin, method, path, { authorization: `Bearer ${token}` });
  assert.equal((await bearer(USERS)).json.users.length, 5);
  assert.equal((await bearer(POLICY)).status, 403);
  assert.equal((await bearer(`${USERS}/una`, "DELETE")).status, 403);
});

test("of two owners who demote each other at once, one stays", async () => {
  sql(airlock, "UPDATE memberships SET role = 'owner' WHERE user_id = 'mia'");
  const { secret } = await setUpAgain("mia");
  const mia = new Client(airlock.admin);
  await mia.login("mia@acme.test");
  assert.equal((await mia.verify(code(secret, 1))).json.next, "done");
  const demote = (by, user) => by.send("PATCH", `${USERS}/${user}`, { body: '{"role":"member"}' });
  const answers = await Promise.all([demote(owner.twin(), "mia"), demote(mia, "owner")]);
  const statuses = answers.map(({ status }) => status).sort();
  assert.ok(statuses[0] === 200 && statuses[1] > 400 && statuses[1] < 500, `${statuses}`);
  assert.equal(sql(airlock, "SELECT count(*) AS n FROM memberships WHERE role = 'owner'")[0].n, 1);
  sql(airlock, "UPDATE memberships SET role = 'owner' WHERE user_id = 'owner'");
});

/** Rows of the audit that are not sealed yet. */
const open = () => sql(airlock, "SELECT count(*) AS n FROM audit WHERE hash IS NULL")[0].n;
const tick = () => send(airlock, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*");

/** Sets a member's authenticator up anew at the edge. */
async function setUpAgain(user) {
  sql(airlock, "DELETE FROM authenticators WHERE user_id = ?", user);
  sql(airlock, "UPDATE users SET must_enrol = 1 WHERE id = ?", user);
  const browser = edge();
  await browser.login(`${user}@acme.test`);
  const { secret } = (await browser.get(`${AUTH}/enrol`)).json;
  assert.equal((await browser.post(`${AUTH}/enrol`, { code: code(secret) })).status, 200);
  return { secret };
}

/** What was changed is sealed and signed by itself, long before a minute is over. */
async function sealed() {
  for (let tries = 0; tries < 50 && open() > 0; tries++) await setTimeout(100);
  assert.equal(open(), 0);
  const [{ newest, signed }] = sql(airlock, "SELECT (SELECT max(id) FROM audit WHERE account_id = 'acme') AS newest, (SELECT max(row_id) FROM audit_checkpoints WHERE account_id = 'acme') AS signed");
  assert.equal(signed, newest);
}

test("what an admin does is sealed and signed at once, without the cron; so is what someone changes of their own", async () => {
  const token = { name: "list", scopes: ["users:read"] };
  assert.equal((await owner.post("/api/v1/accounts/acme/tokens", token)).status, 201);
  await sealed();
  await setUpAgain("leo");
  await sealed();
});

test("nobody reaches the jobs Worker from outside: under any name it is the edge Worker that answers", async () => {
  for (const host of ["jobs", "jobs.localhost", "airlock-jobs", "airlock-jobs.localhost"]) {
    for (const path of ["/", `${AUTH}/session`]) {
      const { status, json } = await send({ port: airlock.port, host: `${host}:${airlock.port}` }, "POST", path, { accept: "application/json" });
      assert.ok(status >= 400 && json?.code, `${host}${path}: ${status}`);
    }
  }
});

test("every minute the audit is sealed for good, and sessions that have ended are deleted", async () => {
  await sealed();
  await edge().login("mia@acme.test");
  assert.ok(open() > 0, "no login wakes anyone");
  const [over] = sql(airlock, "UPDATE sessions SET expires_at = 1 WHERE user_id = 'mia' RETURNING id");
  const live = sql(airlock, "SELECT count(*) AS n FROM sessions WHERE expires_at > 1")[0].n;
  const fired = await tick();
  assert.equal(fired.status, 200, fired.text);
  assert.equal(open(), 0);
  const left = sql(airlock, "SELECT id FROM sessions").map(({ id }) => id);
  assert.ok(over && !left.includes(over.id));
  assert.equal(left.length, live);
  assert.throws(() => sql(airlock, "UPDATE audit SET result = 'x' WHERE id = 1"), /append-only/);
  assert.throws(() => sql(airlock, "DELETE FROM audit"), /append-only/);
  const { entries } = (await owner.get("/api/v1/accounts/acme/audit?action=two_factor_reset")).json;
  assert.deepEqual(entries.map(({ actor, target }) => [actor.email, target.email]), [["owner@acme.test", "noor@acme.test"]]);
  assert.match(entries[0].hash, /^[0-9a-f]{64}$/);
});

// A number that is bound is a REAL to D1: a share of it need not be whole.
test("accounts that wait for their seals all get them, whatever their number", async () => {
  for (const accounts of [3, 7]) {
    for (let i = 0; i < accounts; i++) {
      sql(airlock, "INSERT INTO audit (account_id, event, at, action, result, detail, ip, country, request_id) VALUES (?1, ?1, 1, 'login', 'ok', '', '', '', '')", `sealed-${accounts}-${i}`);
    }
    assert.equal(open(), accounts);
    const fired = await tick();
    assert.equal(fired.status, 200, fired.text);
    assert.equal(open(), 0);
  }
});
