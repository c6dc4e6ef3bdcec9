// The operator's commands as they are given: the real CLI over wrangler, beside a server that uses the same database.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, code, run as runBeside, sql, start } from "./airlock.mjs";

let airlock;

before(async () => {
  airlock = await start();
});
after(() => airlock?.stop());

const run = (command, options) => runBeside(airlock, command, options);
const admin = (...words) => run(["npm", "run", "--silent", "admin", "--", ...words]);

async function done(...words) {
  const { status, stdout, stderr } = await admin(...words);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The parts, each after its length, as they are hashed. */
function hashed(hash, ...parts) {
  for (const part of parts) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
}

const invitationHash = (token) => hashed(createHash("sha256"), "invitation", token);

test("create-account prints a link that makes its holder owner once; the database knows only its hash", async () => {
  const account = ["create-account", "Two; DROP TABLE 'users'", " Rosa@Two.Test ", "--name", "Rosa Roth"];
  const refused = await run(["npm", "run", "--silent", "admin", "--", ...account], { env: { MAIL_FROM: "" } });
  assert.equal(refused.status, 1, "without mail there is one account");
  assert.match(refused.stderr, /--trust-admins/);
  const said = await done(...account);
  const [, origin, token] = new RegExp(`^(\\S+)${AUTH}/invite/([\\w-]{43})$`, "m").exec(said);
  assert.equal(origin, airlock.origin);
  const invited = "SELECT i.*, a.name AS account FROM invitations i JOIN accounts a ON a.id = i.account_id";
  const [row] = sql(airlock, invited);
  assert.deepEqual([row.account, row.name, row.token_hash], ["Two; DROP TABLE 'users'", "Rosa Roth", invitationHash(token)]);
  for (const file of globSync(join(airlock.folder, "v3/d1/**")).filter((path) => statSync(path).isFile())) {
    assert.ok(!readFileSync(file).includes(token), `the token is in ${file}`);
  }
  const [event] = sql(airlock, "SELECT * FROM audit WHERE action = 'account_created'");
  assert.deepEqual([event.actor_id, event.account_id, event.target_id], [null, row.account_id, row.user_id]);
  assert.match(await done("status"), /^Two; DROP TABLE 'users' +\w{24} +0 +0 +no +1 +1$/m);

  const rosa = new Client(airlock);
  const join_ = () => rosa.post(`${AUTH}/invite/${token}`, { password: "seven grey herons wade" });
  assert.equal((await rosa.get(`${AUTH}/invite/${token}`)).status, 200);
  assert.equal((await join_()).status, 200);
  assert.equal((await join_()).status, 404);
  await rosa.post(`${AUTH}/login`, { email: "rosa@two.test", password: "seven grey herons wade" });
  const { accounts } = (await rosa.get(`${AUTH}/session`)).json;
  assert.deepEqual(accounts.map(({ name, role }) => [name, role]), [["Two; DROP TABLE 'users'", "owner"]]);
  assert.match(await done("status"), /^Two; DROP TABLE 'users' +\w{24} +1 +0 +no +0 +\d+$/m);
});

test("npm start prints what the Workers say but no request paths; only its user can read what it keeps", async () => {
  const secret = "a".repeat(43);
  assert.equal((await new Client(airlock).get(`${AUTH}/invite/${secret}`)).status, 404);
  await new Client(airlock).login("nobody@acme.test");
  assert.ok(await airlock.logged('"action":"login"'), airlock.log);
  assert.ok(!airlock.log.includes(secret) && !airlock.log.includes(`${AUTH}/`), airlock.log);
  assert.match(airlock.log, /Ready on http/);
  for (const path of globSync(`${airlock.folder}/**`)) assert.equal(statSync(path).mode & 0o077, 0, path);
});

test("npm start refuses a database that another one has", async () => {
  await assert.rejects(
    start(["sh", "-c", `STATE_DIR='${airlock.folder}' exec sh dev/start.sh`]),
    /Another npm start has this database\. Stop it, or take another: PORT=\d+ STATE_DIR=\.wrangler\/state-\d+ npm start/,
  );
});

test("mail-test says that no mails are sent where MAIL_FROM is empty", async () => {
  const { status, stdout, stderr } = await admin("mail-test", "ops@acme.test");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /the jobs Worker sends no mails: MAIL_FROM is empty where it runs/);
  assert.deepEqual(sql(airlock, "SELECT * FROM outbox"), []);
  const remote = await admin("mail-test", "ops@acme.test", "--remote");
  assert.equal(remote.status, 1);
  assert.match(remote.stderr, /MAIL_FROM is empty in wrangler\.toml, so no mail is sent/);
});

test("create-account refuses what cannot be a name or an address, and writes nothing", async () => {
  const rows = () => sql(airlock, "SELECT (SELECT count(*) FROM accounts) AS a, (SELECT count(*) FROM users) AS u")[0];
  const before = rows();
  for (const [name, email] of [[" ", "x@two.test"], ["x".repeat(101), "x@two.test"], ["Two", "two.test"]]) {
    const { status, stdout, stderr } = await admin("create-account", name, email);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /1 to 100 characters|not an e-mail address/);
  }
  assert.deepEqual(rows(), before);
});

test("recover: the old second factor is dead, the next login sets up a new one, and the audit says so", async () => {
  const noor = new Client(airlock);
  await noor.login("noor@acme.test");
  assert.equal((await noor.verify(code(NOOR_SEED))).json.next, "done");
  const waiting = new Client(airlock);
  assert.equal((await waiting.login("noor@acme.test")).json.next, "verify");
  const said = await done("recover", "Noor@acme.test");
  assert.match(said, /noor@acme\.test \(Noor Haddad\) has no second factor any more/);
  assert.match(said, /Gone: 1 authenticator, 0 unused recovery codes, 2 sessions, and in every account their API tokens/);
  assert.equal((await noor.get(`${AUTH}/session`)).status, 401);
  assert.equal((await waiting.verify(code(NOOR_SEED, 1))).status, 401);
  const again = new Client(airlock);
  assert.equal((await again.login("noor@acme.test")).json.next, "enrol");
  assert.notEqual((await again.verify(code(NOOR_SEED, 1))).status, 200);
  assert.equal((await again.get(`${AUTH}/session`)).json.stage, "enrol");
  const rows = sql(airlock, "SELECT account_id, actor_id, target_id, result, detail FROM audit WHERE action = 'break_glass'");
  const row = { account_id: "acme", actor_id: null, target_id: "noor", result: "ok", detail: '{"operator":true,"key":"p1"}' };
  assert.deepEqual(rows.map((found) => ({ ...found })), [row]);
});

test("recover of an unknown address says so and writes nothing", async () => {
  const before = sql(airlock, "SELECT count(*) AS rows FROM audit")[0].rows;
  const { status, stdout, stderr } = await admin("recover", "nobody@acme.test");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /nobody has the address nobody@acme\.test/);
  assert.equal(sql(airlock, "SELECT count(*) AS rows FROM audit")[0].rows, before);
});

test("recover and end-everything need one of the Workers' keys", async () => {
  const file = join(airlock.folder, "other.keys");
  writeFileSync(file, `PEPPER_KEYS="p1:${Buffer.alloc(32, 9).toString("base64")}"\n`);
  const rows = () => sql(airlock, "SELECT (SELECT count(*) FROM audit) AS a, (SELECT count(*) FROM authenticators) AS f")[0];
  const before = rows();
  for (const command of [["recover", "owner@acme.test"], ["end-everything", "--yes"]]) {
    for (const [keys, said] of [[file, /has no key that the Workers have \(p1\)/], [`${file}.none`, /takes a key that the Workers have/]]) {
      const { status, stdout, stderr } = await admin(...command, "--keys", keys);
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, said);
    }
  }
  assert.deepEqual(rows(), before);
});

test("an option that npm kept for itself is noticed, and an argument that is not text is refused", async () => {
  for (const [script, words, option] of [
    ["admin", ["recover", "mia@acme.test", "--remote"], "--remote"],
    ["admin", ["end-everything", "--recovery-codes"], "--recovery-codes"],
    ["deploy", ["Acme", "ann@acme.test", "--dry-run"], "--dry-run"],
  ]) {
    const { status, stdout, stderr } = await run(["npm", "run", "--silent", script, ...words]);
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, new RegExp(`npm kept ${option} .* npm run ${script} -- … ${option}`));
  }
  const { status, stderr } = await run(["sh", "-c", `cargo run -q -p airlock-cli -- recover "$(printf 'm\\377a@acme.test')"`]);
  assert.equal(status, 2);
  assert.match(stderr, /invalid UTF-8/);
});

test("verify-audit accepts an export as it came, and no other", async () => {
  const owner = new Client(airlock.admin);
  await owner.login("owner@acme.test");
  assert.equal((await owner.verify(code(OWNER_SEED))).json.next, "done");
  const { status, text } = await owner.get("/audit/export?account=acme");
  assert.equal(status, 200, text);
  const lines = text.trimEnd().split("\n");
  assert.ok(lines.length > 3 && text.includes('"break_glass"'), text);
  const rows = lines.slice(0, -1);
  const verify = (export_) => run(["npm", "run", "--silent", "admin", "--", "verify-audit", "-"], { input: export_ });

  const file = join(airlock.folder, "audit.ndjson");
  writeFileSync(file, text);
  const held = await done("verify-audit", file);
  assert.ok(held.startsWith(`${rows.length} rows as sealed, none missing in between, from the account's first row on.`), held);
  assert.ok(held.includes(`Head: ${JSON.parse(rows.at(-1)).hash}\n`), held);
  assert.match(held, /was not checked: pass --keys/);
  const keys = join(airlock.folder, "audit-keys.json");
  writeFileSync(keys, (await new Client(airlock).get(`${AUTH}/audit-keys`)).text);
  const id = JSON.parse(rows.at(-1)).id;
  assert.match(await done("verify-audit", file, "--keys", keys), new RegExp(`Signed up to row ${id}, its last, by key [0-9a-f]{8}`));
  const rest = await verify(lines.slice(1).join("\n"));
  assert.equal(rest.status, 0, rest.stderr);
  assert.match(rest.stdout, /not from the account's first row on/);

  const changed = await verify(text.replace('"break_glass"', '"break_grass"'));
  const line = lines.findIndex((line) => line.includes('"break_glass"')) + 1;
  assert.deepEqual([changed.status, changed.stdout], [1, ""]);
  assert.match(changed.stderr, new RegExp(`line ${line} was changed`));
  const cut = await verify(lines.toSpliced(1, 1).join("\n"));
  assert.deepEqual([cut.status, cut.stdout], [1, ""]);
  assert.match(cut.stderr, /line 2 does not follow/);
  for (const none of ["", "\n", "not json\n"]) assert.equal((await verify(none)).status, 1, JSON.stringify(none));
  assert.equal((await admin("verify-audit", `${file}.none`)).status, 1);
});

test("no arguments show help; unknown ones change nothing", async () => {
  assert.match(await done(), /^Usage: npm run admin -- <COMMAND>$/m);
  assert.equal(await done("--help"), await done());
  const { status, stdout, stderr } = await admin("recover", "mia@acme.test", "--force");
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /unexpected argument '--force'.*^Usage: npm run admin -- recover /ms);
  assert.equal(sql(airlock, "SELECT must_enrol FROM users WHERE id = 'mia'")[0].must_enrol, 0);
});

// Cloudflare itself is out of a test's reach: a stand-in for wrangler notes how it was called. It finds one user remotely
// and none locally, where it is busy for the first $BUSY calls.
test("only --remote reaches Cloudflare, where recover asks for the address again; a busy local database is tried again", async () => {
  const tools = join(airlock.folder, "tools");
  const calls = join(tools, "calls");
  mkdirSync(tools);
  const key = Buffer.alloc(32, 7);
  const check = JSON.stringify({ key_id: "p7", mac: hashed(createHmac("sha256", key), "key check", "p7") });
  const keys = join(tools, "kept.keys");
  writeFileSync(keys, `# Airlock's keys\nPEPPER_KEYS="p7:${key.toString("base64")}"\n`);
  writeFileSync(join(tools, "wrangler"), `#!/bin/sh
echo "$*" >>'${calls}'
case $* in
*" --local "*)
  if [ "$(grep -c -e ' --local ' '${calls}')" -gt "$BUSY" ]; then echo '[{ "results": [${check}] }, { "results": [] }]'; exit; fi
  echo '{ "error": { "text": "database is locked: SQLITE_BUSY" } }'
  exit 1
  ;;
*unixepoch*) echo '[{ "results": [{ "at": '"$(date +%s)"'000 }] }]' ;;
*"FROM users WHERE email"*) echo '[{ "results": [${check}] }, { "results": [{ "id": "u", "name": "Una", "joined": 1 }] }]' ;;
*) echo '[{ "results": [{ "account_id": "a", "authenticators": 1 }] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }, { "results": [] }]' ;;
esac
`);
  chmodSync(join(tools, "wrangler"), 0o755);
  const env = { PATH: `${tools}${delimiter}${process.env.PATH}`, BUSY: "0" };
  const recover = (input, ...words) =>
    run(["cargo", "run", "-q", "-p", "airlock-cli", "--", "recover", "una@two.test", "--keys", keys, ...words], { input, env });
  const called = () => {
    const log = existsSync(calls) ? readFileSync(calls, "utf8") : "";
    writeFileSync(calls, "");
    return { remote: log.split(" --remote\n").length - 1, local: log.split(" --local ").length - 1, wrote: log.includes("INSERT") };
  };
  for (const input of ["", "y\n", "una@one.test\n"]) {
    const { status, stderr } = await recover(input, "--remote");
    assert.equal(status, 1);
    assert.match(stderr, /Type the address again: .*not confirmed/s);
    assert.deepEqual(called(), { remote: 2, local: 0, wrote: false });
  }
  for (const [input, ...words] of [["una@two.test\n"], ["", "--yes"]]) {
    const { status, stdout, stderr } = await recover(input, "--remote", ...words);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /una@two\.test \(Una\) has no second factor any more/);
    assert.deepEqual(called(), { remote: 3, local: 0, wrote: true });
  }
  for (const [busy, error, tries] of [
    ["0", /nobody has the address/, 1],
    ["2", /nobody has the address/, 3],
    ["99", /SQLITE_BUSY/, 5],
  ]) {
    env.BUSY = busy;
    const { status, stderr } = await recover("");
    assert.equal(status, 1);
    assert.match(stderr, error);
    assert.deepEqual(called(), { remote: 0, local: tries, wrote: false });
  }
});

test("end-everything ends what a restored database brings back, in every account", async () => {
  const mia = new Client(airlock);
  await mia.login("mia@acme.test");
  assert.equal((await mia.get(`${AUTH}/session`)).status, 200);
  const said = await done("end-everything", "--recovery-codes");
  assert.match(said, /^Gone: \d+ sessions?, .*, 0 unused recovery codes\.$/m);
  assert.equal((await mia.get(`${AUTH}/session`)).status, 401);
  const left = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM api_tokens) + (SELECT count(*) FROM invitations) AS n";
  assert.equal(sql(airlock, left)[0].n, 0);
  const rows = sql(airlock, "SELECT a.id, u.detail FROM accounts a LEFT JOIN audit u ON u.account_id = a.id AND u.action = 'everything_ended'");
  assert.ok(rows.length === 2 && rows.every(({ detail }) => detail === '{"operator":true,"key":"p1","recovery_codes":true}'), JSON.stringify(rows));
  const owner = new Client(airlock);
  await owner.login("owner@acme.test");
  assert.equal((await owner.verify(code(OWNER_SEED))).status, 401);
});
