// The admin API held against its own OpenAPI document, as schemathesis does it: requests made up from the document, right
// ones and wrong ones, by token and by session, each answer compared with what the document says.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { resolve as resolvePath } from "node:path";
import { after, before, test } from "node:test";
import { Client, OWNER_SEED, code, send, sql, start } from "./airlock.mjs";

// As in schemathesis.toml: to be changed, and to be removed.
const MEMBERS = ["mia", "leo", "noor", ...[1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [`m${n}`, `l${n}`])];

let airlock;
let owner;
let token;

before(async () => {
  airlock = await start();
  owner = new Client(airlock.admin);
  await owner.login("owner@acme.test");
  assert.equal((await owner.verify(code(OWNER_SEED))).status, 200);
  const scopes = ["two_factor:read", "two_factor:write", "reset", "users:read", "users:write", "audit:read"];
  const made = await owner.post("/api/v1/accounts/acme/tokens", { name: "schemathesis", scopes });
  assert.equal(made.status, 201, made.text);
  token = made.json.token;
});
after(() => airlock?.stop());

/** Runs Python in the server's own folder, where it may leave what it likes; answers its exit code and what it printed. */
function python(...args) {
  return new Promise((resolve, reject) => {
    const DAY_TO_COME = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const child = spawn(process.env.PYTHON, args, { cwd: airlock.folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, DAY_TO_COME } });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
    child.on("error", reject);
    child.on("close", (exit) => resolve({ exit, printed }));
  });
}

/** Everyone is a member again. */
function gather() {
  const users = "INSERT OR IGNORE INTO users (id, email, name, password_phc, password_key, created_at) SELECT ?1, ?1 || '@acme.test', ?1, password_phc, password_key, 0 FROM users WHERE id = 'mia'";
  const memberships = "INSERT OR REPLACE INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', ?1, ?1 || '@acme.test', 'member', 'active', 0)";
  for (const id of MEMBERS) for (const statement of [users, memberships]) sql(airlock, statement, id);
}

/** Runs schemathesis with these headers and options: it finds nothing wrong, and the caller is still who it was. */
async function tried(headers, ...options) {
  gather();
  // A run before it takes as long as a proof is fresh.
  sql(airlock, "UPDATE sessions SET reauthenticated_at = ? WHERE user_id = 'owner'", Date.now());
  const { port, host } = airlock.admin;
  const url = `http://127.0.0.1:${port}/api/v1`; // not every resolver knows admin.localhost
  const sent = Object.entries({ Host: host, ...headers }).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const { exit, printed } = await python(
    ...["-m", "schemathesis.cli", "--config-file", resolvePath("tests/e2e/schemathesis.toml"), "run", `${url}/openapi.json`],
    ...["--url", url, ...sent, "--seed", process.env.SEED ?? "1", "--continue-on-failure", "--no-color", ...options],
  );
  assert.equal(exit, 0, printed);
  const { json } = await send(airlock.admin, "GET", "/api/v1/accounts", headers);
  assert.equal(json.accounts?.[0]?.role, "owner", `most of it was refused\n${printed}`);
}

test("the document is OpenAPI 3.1", async () => {
  const check = `
import json, sys
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
OPENAPI_31_VALIDATOR.validate(json.load(open(sys.argv[1])))`;
  const { exit, printed } = await python("-c", check, resolvePath("core/src/admin/openapi.json"));
  assert.equal(exit, 0, printed);
});

// In this order: a session ends tokens, no token ends a session.
test("with a token, every answer is as documented", async () => {
  await tried({ Authorization: `Bearer ${token}` }, "--exclude-path-regex", "tokens");
});

test("with a session, every answer is as documented", async () => {
  const cookie = Object.entries(owner.cookies).map(([name, value]) => `${name}=${value}`).join("; ");
  await tried({ Cookie: cookie, "Sec-Fetch-Site": "same-origin" });
});
