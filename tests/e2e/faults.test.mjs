// Faults of the real thing: the runtime killed, the database locked, full or gone, keys missing, Rust code that panics, a
// clock that jumps. Whatever happens, what people were told holds, nobody is let in, and it goes on by itself afterwards.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, describe, test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, code, databaseFile, kill, nextCode, require2fa, run, send, sql, start } from "./airlock.mjs";

const USERS = "/api/v1/accounts/acme/users";
const folder = mkdtempSync(join(tmpdir(), "airlock-faults-"));
const machine = join(folder, "machine");
let airlock, owner;

/** How many seconds the runtime's clock is ahead, and whether its disk is full: see machine.c. */
function set({ ahead = 0, full = false }) {
  writeFileSync(machine, new BigInt64Array([BigInt(ahead), BigInt(full)]), { flag: "r+" });
}

before(async () => {
  writeFileSync(machine, new BigInt64Array(2));
  execFileSync("cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", join(folder, "machine.so"), "tests/e2e/machine.c"]);
  const runtime = join(folder, "workerd");
  const { default: workerd } = createRequire(import.meta.url)("workerd");
  writeFileSync(runtime, `#!/bin/sh\nLD_PRELOAD='${folder}/machine.so' exec '${workerd}' "$@"\n`);
  chmodSync(runtime, 0o755);
  airlock = await start(undefined, { MINIFLARE_WORKERD_PATH: runtime, MACHINE: machine });
  owner = new Patient(airlock.admin);
  await owner.login("owner@acme.test");
  assert.equal((await owner.verify(code(OWNER_SEED))).json.next, "done");
});
after(async () => {
  await airlock?.stop();
  rmSync(folder, { recursive: true });
});

const one = (query, ...values) => Object.values(sql(airlock, query, ...values)[0])[0];
const count = (query, ...values) => one(`SELECT count(*) FROM ${query}`, ...values);
const done = (action, id) => count("audit WHERE account_id = 'acme' AND action = ? AND target_id = ? AND result = 'ok'", action, id);
const full = (id) => count("sessions WHERE user_id = ? AND pending = 0", id);
const failures = (id) => one("SELECT code_failures FROM users WHERE id = ?", id);
const tick = () => send(airlock, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*");

/** A new member with mia's password. */
function member(id) {
  sql(airlock, "INSERT INTO users (id, email, name, password_phc, password_key, created_at) SELECT ?1, ?1 || '@acme.test', ?1, password_phc, password_key, created_at FROM users WHERE id = 'mia'", id);
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', ?1, ?1 || '@acme.test', 'member', 'active', 0)", id);
}

/** Waits where the brake on logins, a hundred a minute from one address, asks for it. */
class Patient extends Client {
  async login(email) {
    for (;;) {
      const answer = await super.login(email);
      if (answer.status !== 429 || answer.headers["retry-after"] !== "60") return answer;
      await setTimeout(2_000);
    }
  }
}

/** A login of theirs that waits for what comes `next`. */
async function waiting(id, next) {
  const browser = new Patient(airlock);
  assert.equal((await browser.login(`${id}@acme.test`)).json.next, next);
  return browser;
}

async function setUp(id) {
  const browser = await waiting(id, "enrol");
  const { secret } = (await browser.get(`${AUTH}/enrol`)).json;
  const { recovery_codes } = (await browser.post(`${AUTH}/enrol`, { code: code(secret) })).json;
  return { browser, secret, recovery_codes };
}

/** The answer, which must not take for ever. */
async function within(answer) {
  const limit = new AbortController();
  const never = setTimeout(60_000, undefined, { signal: limit.signal }).then(() => assert.fail("no answer"), () => {});
  try {
    return await Promise.race([answer, never]);
  } finally {
    limit.abort();
  }
}

function assertUnavailable({ status, headers, text, json }, what) {
  assert.deepEqual([status, headers["retry-after"], json?.code], [503, "30", "unavailable"], `${what}: ${text}`);
  assert.equal(headers["set-cookie"], undefined, what);
  assert.doesNotMatch(text, /D1|SQL|database|table|SELECT|KEYS/i, what);
}

describe("the runtime is killed", () => {
  const told = { answered: 0, cut: 0, unheard: 0 };
  before(() => require2fa(airlock, true));
  after(() => require2fa(airlock, false));

  /** Sends all at once and kills the runtime as soon as it has committed `commits` times. What was cut off is undefined. */
  async function interrupted(posts, commits) {
    const database = new DatabaseSync(databaseFile(airlock));
    const version = () => database.prepare("PRAGMA data_version").get().data_version;
    let [open, seen] = [posts.length, version()];
    const replies = posts.map((post) =>
      post().then((reply) => (reply.status < 500 ? reply : undefined), () => undefined).finally(() => open--));
    while (open > 0 && commits > 0) {
      await setImmediate();
      if (version() !== seen) [seen, commits] = [version(), commits - 1];
    }
    database.close();
    await kill(airlock);
    const settled = await Promise.all(replies);
    for (const reply of settled) told[reply ? "answered" : "cut"]++;
    return settled;
  }

  /** How many of these replies said it was done; it happened `times`. */
  function heard(replies, times, what) {
    const said = replies.filter((reply) => reply?.status === 200).length;
    assert.ok(said <= times && times <= 1, `${what}: ${said} were told, it happened ${times} times`);
    if (said < times) told.unheard++;
    return said;
  }

  test("between password and code: the login continues, its attempts still count, and whoever is in stays in", async () => {
    const noor = await waiting("noor", "verify");
    for (let i = 0; i < 2; i++) assert.equal((await noor.verify("000000")).status, 401);
    await kill(airlock);
    assert.equal((await noor.get(`${AUTH}/session`)).json.stage, "verify");
    const tries = [];
    for (let i = 0; i < 4; i++) tries.push((await noor.verify("000000")).status);
    assert.deepEqual(tries, [401, 401, 401, 429]);
    assert.equal(failures("noor"), 5);
    await kill(airlock);
    assert.equal((await (await waiting("noor", "verify")).verify(code(NOOR_SEED))).status, 429, "the pause holds");
    sql(airlock, "UPDATE code_attempts SET at = at - 900000");
    const again = await waiting("noor", "verify");
    await kill(airlock);
    const shown = code(NOOR_SEED);
    assert.equal((await again.verify(shown)).json.next, "done");
    const replay = await waiting("noor", "verify");
    await kill(airlock);
    assert.equal((await again.get(`${AUTH}/session`)).json.stage, "full");
    assert.equal((await replay.verify(shown)).status, 401);
  });

  test("at every moment of posts in flight: all or nothing happened, once, and what people were told holds", async (t) => {
    for (const id of ["guesser", "forgetful", "round0"]) member(id);
    const [forgetful, , first] = [await setUp("forgetful"), await setUp("guesser"), await setUp("round0")];
    let old = first;
    for (const [round, commits] of [1, 2, 3, 4, 6, 8, 10, 13, 16, 20].entries()) {
      sql(airlock, "UPDATE authenticators SET last_step = 0 WHERE user_id IN ('noor', 'guesser', ?)", `round${round}`);
      sql(airlock, "DELETE FROM code_attempts");
      sql(airlock, "UPDATE sessions SET reauthenticated_at = ? WHERE user_id = 'owner'", Date.now());
      const [lost, id] = [`round${round}`, `round${round + 1}`];
      member(id);
      const typist = [await waiting("noor", "verify"), await waiting("noor", "verify")];
      const joining = await waiting(id, "enrol");
      const { secret } = (await joining.get(`${AUTH}/enrol`)).json;
      const recovering = await waiting("forgetful", "verify");
      const guesser = await waiting("guesser", "verify");
      const was = { noor: full("noor"), verify: done("verify", "noor"), recovery: done("recovery", "forgetful"), failures: failures("guesser") };
      // Of the next step, so that it is good for a minute at least.
      const [shown, confirming] = [code(NOOR_SEED, 1), code(secret)];
      const recovery_code = forgetful.recovery_codes[round];

      const verifiers = [typist[0].twin(), typist[0].twin(), typist[1].twin()];
      const confirmers = [joining.twin(), joining.twin()];
      const recoverers = [recovering.twin(), recovering.twin()];
      const replies = await interrupted([
        ...verifiers.map((browser) => () => browser.verify(shown)),
        ...confirmers.map((browser) => () => browser.post(`${AUTH}/enrol`, { code: confirming })),
        ...recoverers.map((browser) => () => browser.post(`${AUTH}/recovery`, { code: recovery_code })),
        ...[1, 2].map(() => () => guesser.twin().verify("000000")),
        () => owner.post(`${USERS}/${lost}/two-factor/reset`),
        ...["leo", "mia"].map((name) => () => new Client(airlock).login(`${name}@acme.test`)),
        tick,
      ], commits);
      const [verified, confirmed, recovered, guessed, [reset]] = [replies.slice(0, 3), replies.slice(3, 5), replies.slice(5, 7), replies.slice(7, 9), replies.slice(9)];
      const say = `killed at commit ${commits}`;
      assert.deepEqual(sql(airlock, "PRAGMA integrity_check").map((row) => row.integrity_check), ["ok"], say);
      assert.deepEqual(sql(airlock, "PRAGMA foreign_key_check"), [], say);

      // The code.
      const used = done("verify", "noor") - was.verify;
      assert.equal(full("noor") - was.noor, used, `${say}: a session for a code`);
      if (heard(verified, used, `${say}: the code`)) {
        const winner = verifiers[verified.findIndex((reply) => reply?.status === 200)];
        assert.equal((await winner.get(`${AUTH}/session`)).json.stage, "full", say);
      }
      const after = await Promise.all([...typist, await waiting("noor", "verify")].map((browser) => browser.twin().verify(shown)));
      assert.equal(after.filter(({ status }) => status === 200).length, 1 - used, `${say}: ${after.map(({ status }) => status)}`);
      assert.equal(full("noor") - was.noor, 1, say);

      // The set-up.
      const enrolled = count("authenticators WHERE user_id = ?", id);
      heard(confirmed, enrolled, `${say}: the set-up`);
      const rows = [done("enrol", id), count("recovery_codes WHERE user_id = ?", id) / 10, full(id), 1 - count("enrolments WHERE user_id = ?", id)];
      assert.deepEqual(rows, Array(4).fill(enrolled), `${say}: audit, recovery codes, session and set-up`);
      const again = await joining.twin().post(`${AUTH}/enrol`, { code: confirming });
      assert.equal(again.status, enrolled ? 401 : 200, say);
      const entering = await waiting(id, "verify");
      assert.equal((await entering.verify(code(secret, 1))).json.next, "done", say);

      // The recovery code.
      const spent = done("recovery", "forgetful") - was.recovery;
      heard(recovered, spent, `${say}: the recovery code`);
      const last = await (await waiting("forgetful", "verify")).post(`${AUTH}/recovery`, { code: recovery_code });
      assert.equal(last.status, spent ? 401 : 200, say);

      // The wrong codes.
      const [counted, refused] = [failures("guesser") - was.failures, guessed.filter((reply) => reply?.status === 401).length];
      assert.ok(refused <= counted && counted <= 2, `${say}: ${refused} refused, ${counted} counted`);
      const attempts = one("SELECT attempts FROM sessions WHERE user_id = 'guesser' AND pending = 1 ORDER BY created_at DESC LIMIT 1");
      assert.equal(attempts, counted, `${say}: of this login`);

      // The reset.
      const happened = done("two_factor_reset", lost);
      heard([reset], happened, `${say}: the reset`);
      const left = [1 - one("SELECT must_enrol FROM users WHERE id = ?", lost), count("authenticators WHERE user_id = ?", lost), count("recovery_codes WHERE user_id = ?", lost) / 10];
      assert.deepEqual(left, Array(3).fill(1 - happened), `${say}: the reset`);
      assert.equal((await old.browser.get(`${AUTH}/session`)).status, happened ? 401 : 200, say);
      if (!happened) assert.equal((await owner.post(`${USERS}/${lost}/two-factor/reset`)).status, 200, say);
      const over = await waiting(lost, "enrol");
      assert.equal((await over.verify(code(old.secret, 1))).status, 401, say);
      old = { browser: entering, secret };
    }
    t.diagnostic(`of the posts ${told.answered} were answered and ${told.cut} cut off, ${told.unheard} of these done all the same`);
    assert.ok(told.answered > 0 && told.cut > 0);
  });
});

describe("the database fails", () => {
  let mia, noor, lost;
  before(async () => {
    [mia, noor] = [await waiting("mia", "done"), await waiting("noor", "verify")];
    sql(airlock, "DELETE FROM code_attempts");
    sql(airlock, "UPDATE authenticators SET last_step = 0");
    lost = sql(airlock, "SELECT token_hash, pending, attempts, expires_at FROM sessions ORDER BY id");
  });

  afterEach(() => set({}));

  const asked = {
    health: () => mia.get(`${AUTH}/health`),
    session: () => mia.get(`${AUTH}/session`),
    app: () => mia.get("/reports"),
    admin: () => owner.get(USERS),
    login: () => new Patient(airlock).login("leo@acme.test"),
    "a wrong password": () => new Patient(airlock).post(`${AUTH}/login`, { email: "leo@acme.test", password: "not the password" }),
    code: () => noor.verify(code(NOOR_SEED, 1)),
    "a recovery code": () => noor.post(`${AUTH}/recovery`, { code: "0".repeat(24) }),
    logout: () => mia.post(`${AUTH}/logout`),
    reset: () => owner.post(`${USERS}/noor/two-factor/reset`),
  };

  /** All of these at once are refused, and nothing of why is told. */
  async function refused(...names) {
    const answers = await Promise.all(names.map((name) => within(asked[name]())));
    answers.forEach((answer, i) => assertUnavailable(answer, names[i]));
  }

  /** What was there is as before, and of use. */
  async function recovered() {
    assert.equal((await mia.get(`${AUTH}/health`)).status, 200);
    assert.deepEqual(sql(airlock, "SELECT token_hash, pending, attempts, expires_at FROM sessions ORDER BY id"), lost);
    assert.equal(count("password_budgets") + count("code_attempts"), 0, "no attempt was counted that was not looked at");
    for (const name of ["session", "app", "admin"]) assert.equal((await asked[name]()).status, 200, name);
    assert.equal((await noor.get(`${AUTH}/session`)).json.stage, "verify");
  }

  test("locked for writing: 503 at once, and it works again as soon as the lock is gone", async () => {
    const other = new DatabaseSync(databaseFile(airlock));
    other.exec("BEGIN IMMEDIATE");
    try {
      await refused("admin", "login", "a wrong password", "code", "a recovery code", "logout", "reset");
      await refused("login", "code");
      // Whoever is in stays in: a session check only reads.
      for (const name of ["session", "app"]) assert.equal((await within(asked[name]())).status, 200, name);
    } finally {
      other.close();
    }
    await recovered();
  });

  test("locked for reading too: health says so", async () => {
    const other = new DatabaseSync(databaseFile(airlock));
    await kill(airlock, () => other.exec("PRAGMA busy_timeout = 10000; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK"));
    try {
      await refused(...Object.keys(asked));
    } finally {
      other.close();
    }
    await recovered();
  });

  test("full: whatever needs room is refused, and the session check answers if it can", async () => {
    set({ full: true });
    await refused("login", "a wrong password", "code", "a recovery code", "logout", "reset");
    // SQLite may have to write before it reads, after a write that failed.
    const session = await within(asked.session());
    if (session.status !== 200) assertUnavailable(session, "session");
    set({});
    await recovered();
  });

  test("lost or garbled: nobody gets in, and with the file put back everything is there", async () => {
    const file = databaseFile(airlock);
    const parts = ["", "-wal", "-shm"].map((end) => file + end).filter((part) => existsSync(part));
    const keep = (part) => join(folder, basename(part));
    const everything = Object.keys(asked);
    for (const broken of [() => {}, () => writeFileSync(file, randomBytes(65_536))]) {
      await kill(airlock, () => {
        for (const part of parts) renameSync(part, keep(part));
        broken();
      });
      try {
        await refused(...everything);
      } finally {
        await kill(airlock, () => {
          for (const end of ["", "-wal", "-shm"]) rmSync(file + end, { force: true });
          for (const part of parts) renameSync(keep(part), part);
        });
      }
      await recovered();
    }
  });

  test("after all that the code still works, once", async () => {
    const shown = code(NOOR_SEED, 1);
    assert.equal((await noor.twin().verify(shown)).json.next, "done");
    assert.equal((await (await waiting("noor", "verify")).verify(shown)).status, 401);
  });
});

describe("the clock jumps", () => {
  const [HOUR, DAY, PAUSE] = [3600, 86_400, 900];
  const STEPS = { [-HOUR]: -120, [DAY]: 2880 };
  let una, signedIn;
  const status = async (browser) => (await browser.get(`${AUTH}/session`)).status;
  const wrong = async (browser, times) => {
    for (let i = 0; i < times; i++) assert.equal((await browser.verify("000000")).status, 401);
  };

  before(async () => {
    member("una");
    sql(airlock, "UPDATE users SET must_enrol = 1 WHERE id = 'una'");
    sql(airlock, "DELETE FROM code_attempts");
    sql(airlock, "UPDATE authenticators SET last_step = 0");
  });
  after(() => set({}));

  test("an hour back: no code works again, nothing that ended comes back, nobody stays in for longer", async () => {
    una = await setUp("una");
    const spent = code(una.secret, 1);
    signedIn = await waiting("una", "verify");
    assert.equal((await signedIn.verify(spent)).json.next, "done");
    const over = await waiting("mia", "done");
    sql(airlock, "UPDATE sessions SET expires_at = ? WHERE user_id = 'mia'", Date.now() - 600_000);
    assert.equal((await tick()).status, 200);
    const ends = () => one("SELECT max(expires_at) FROM sessions WHERE user_id = 'una'");
    const end = ends();

    set({ ahead: -HOUR });
    const late = await waiting("una", "verify");
    for (const used of [spent, code(una.secret), code(una.secret, STEPS[-HOUR])]) {
      assert.equal((await late.twin().verify(used)).status, 401, "used, or before what was used");
    }
    assert.equal(await status(over), 401, "ended ten minutes ago, which now is to come");
    assert.equal(await status(signedIn), 200);
    assert.equal(ends(), end);
    assert.equal((await late.post(`${AUTH}/recovery`, { code: una.recovery_codes[0] })).json.next, "done", "who cannot wait gets in by a recovery code, once");
    assert.equal((await (await waiting("una", "verify")).post(`${AUTH}/recovery`, { code: una.recovery_codes[0] })).status, 401);
    assert.equal(ends(), end, "no session begun now outlasts one from before");
    // Two of those above were no codes of that time; the third was used, which costs nothing.
    await wrong(await waiting("una", "verify"), 3);
    assert.equal((await (await waiting("una", "verify")).verify("000000")).status, 429);
    assert.equal((await tick()).status, 200);

    set({});
    assert.equal(await status(signedIn), 200);
    assert.equal((await (await waiting("una", "verify")).verify(nextCode(airlock, "una", una.secret))).json?.next, "done", "no pause of then is left");
  });

  test("a day ahead: sessions and pauses are over, the tick copes; back again nobody is locked out for good", async () => {
    const pause = async () => {
      await wrong(await waiting("una", "verify"), 5);
      const paused = await waiting("una", "verify");
      assert.equal((await paused.verify("000000")).status, 429);
    };
    await pause();

    set({ ahead: DAY });
    assert.equal(await status(signedIn), 401);
    const then = await waiting("una", "verify");
    assert.equal((await then.verify(code(una.secret, STEPS[DAY]))).json?.next, "done", "the pause is over");
    assert.equal((await tick()).status, 200);
    assert.equal(count("sessions WHERE expires_at <= ?", Date.now() + DAY * 1000), 0);
    await pause();

    set({});
    assert.equal((await tick()).status, 200);
    assert.equal(await status(then), 200, "one begun then ends when it would have");
    await waiting("mia", "done");
    const again = await waiting("una", "verify");
    const refused = await again.verify(nextCode(airlock, "una", una.secret));
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers["retry-after"]) <= DAY + PAUSE, "until then, and not a second longer");
    set({ ahead: DAY + PAUSE + 60 });
    assert.equal((await (await waiting("una", "verify")).verify(code(una.secret, STEPS[DAY] + PAUSE / 30 + 2))).json?.next, "done");

    set({});
    owner = new Patient(airlock.admin);
    await owner.login("owner@acme.test");
    assert.equal((await owner.verify(nextCode(airlock, "owner", OWNER_SEED))).json.next, "done");
    assert.equal((await owner.post(`${USERS}/una/two-factor/reset`)).status, 200);
    await waiting("una", "enrol");
    assert.equal(await status(then), 401, "a reset ends sessions of then too");
  });
});

test("the audit has it all, sealed without a gap", async () => {
  assert.equal((await tick()).status, 200);
  const { status, text } = await owner.get("/audit/export?account=acme");
  assert.equal(status, 200);
  const verified = await run(airlock, ["npm", "run", "--silent", "admin", "--", "verify-audit", "-"], { input: text });
  assert.equal(verified.status, 0, verified.stderr);
  const rows = one("SELECT count(*) FROM audit WHERE account_id = 'acme'");
  assert.ok(rows > 100 && verified.stdout.startsWith(`${rows} rows as sealed, none missing in between, from the account's first row on.`), verified.stdout);
});

describe("other Workers over the same database", () => {
  const keys = Object.fromEntries([...readFileSync(".env", "utf8").matchAll(/^(\w+)="?(.*?)"?$/gm)].map(([, name, value]) => [name, value]));
  const { SEED_KEYS, PEPPER_KEYS } = keys;
  const without = (name) => ({ ...keys, [name]: undefined });
  const other = (id) => `${id}:${randomBytes(32).toString("base64")}`;
  /** By the host each has, NAME.localhost; and what the log says of one that cannot work. */
  const workers = {
    whole: {},
    seedless: { keys: without("SEED_KEYS"), says: "SEED_KEYS is not set" },
    pepperless: { keys: without("PEPPER_KEYS"), says: "PEPPER_KEYS is not set" },
    assertionless: { keys: without("ASSERTION_KEYS"), says: "ASSERTION_KEYS is not set" },
    proxyless: { keys: without("PROXY_KEYS"), says: "PROXY_KEYS is not set" },
    garbled: { keys: { ...keys, PEPPER_KEYS: PEPPER_KEYS.slice(0, -9) }, says: "PEPPER_KEYS: a key must be 32 bytes in base64" },
    admin: { config: "admin/wrangler.toml", keys: { ...keys, SEED_KEYS: SEED_KEYS.slice(3) }, says: "SEED_KEYS: must be id:base64, the newest first" },
    exchanged: { keys: { ...keys, SEED_KEYS: PEPPER_KEYS, PEPPER_KEYS: SEED_KEYS } },
    others: { keys: { ...keys, SEED_KEYS: other("s1"), PEPPER_KEYS: other("p1") } },
    failing: { main: join(folder, "failing.js") },
    mixed: { main: join(folder, "built", "index.js") },
  };
  let beside;
  const at = (name) => new Patient({ ...beside, host: `${name}.localhost:${beside.port}` });
  const moved = (browser, name) => Object.assign(at(name), { cookies: { ...browser.cookies } });
  const page = { accept: "text/html", "sec-fetch-mode": "navigate" };

  before(async () => {
    const compatible = /^compatibility_date.*$/m.exec(readFileSync("wrangler.toml", "utf8"))[0];
    const services = Object.keys(workers).map((name) => `[[services]]\nbinding = "${name}"\nservice = "${name}"\n`);
    writeFileSync(join(folder, "wrangler.toml"), `name = "by-host"\nmain = "by-host.js"\n${compatible}\n${services.join("")}`);
    writeFileSync(join(folder, "by-host.js"), `export default {
      fetch: (request, env) => (env[new URL(request.url).hostname.split(".")[0]] ?? env.whole).fetch(request),
    };`);
    writeFileSync(join(folder, "failing.js"), readFileSync("tests/e2e/failing.js", "utf8").replace("WORKER", join(process.cwd(), "worker")));
    cpSync("worker/build", join(folder, "built"), { recursive: true });
    copyFileSync("admin/build/en.bin", join(folder, "built", "en.bin"));
    for (const [name, { config = "wrangler.toml", main, keys: its = keys }] of Object.entries(workers)) {
      const toml = readFileSync(config, "utf8")
        .replace(/^\[build\][^]*?(?=^\[)/m, "")
        .replace(/^name = .*/m, `name = "${name}"`)
        .replace(/^main = "(.*)"/m, (_, built) => `main = "${main ?? resolve(dirname(config), built)}"`);
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "wrangler.toml"), toml);
      writeFileSync(join(folder, name, ".env"), Object.entries(its).filter(([, value]) => value).map(([key, value]) => `${key}="${value}"\n`).join(""));
    }
    const configs = ["", ...Object.keys(workers)].map((name) => `-c ${join(name, "wrangler.toml")}`).join(" ");
    // From there, where no .env is: the one here would reach all of them.
    const command = `cp -r '${airlock.folder}/v3' "$STATE_DIR" && cd '${folder}' && exec wrangler dev ${configs} --ip 127.0.0.1 --port PORT --inspector-port 0 --persist-to "$STATE_DIR"`;
    beside = await start(["sh", "-c", command]);
    sql(beside, "DELETE FROM code_attempts");
  });
  after(() => beside?.stop());

  test("with a missing or garbled key everything is refused; the log names the key and shows none of it", async () => {
    const [mia, noor] = [at("whole"), at("whole")];
    await mia.login("mia@acme.test");
    await noor.login("noor@acme.test");
    for (const [name, { says }] of Object.entries(workers).filter(([, { says }]) => says)) {
      const [in_, waiting] = [moved(mia, name), moved(noor, name)];
      for (const answer of [
        await in_.get(`${AUTH}/health`),
        await in_.get(`${AUTH}/session`),
        await in_.get("/reports"),
        await at(name).login("leo@acme.test"),
        await waiting.verify(nextCode(beside, "noor", NOOR_SEED)),
        await in_.post(`${AUTH}/logout`),
      ]) assertUnavailable(answer, name);
      const shown = await at(name).get(`${AUTH}/login`, page);
      assert.deepEqual([shown.status, shown.headers["retry-after"], shown.headers["set-cookie"]], [503, "30", undefined]);
      assert.match(shown.text, /<h1>This site isn't set up correctly<\/h1>/);
      assert.ok(await beside.logged(says), says);
    }
    assert.equal((await mia.get(`${AUTH}/session`)).json.stage, "full");
    assert.equal((await noor.verify(nextCode(beside, "noor", NOOR_SEED))).json.next, "done", "with the keys there it goes on");
  });

  test("with texts that are not its own a Worker refuses everything", async () => {
    const mia = at("whole");
    await mia.login("mia@acme.test");
    for (const path of [`${AUTH}/session`, "/reports", `${AUTH}/login`]) assertUnavailable(await moved(mia, "mixed").get(path), path);
    assert.ok(await beside.logged("no texts, or those of another release"));
  });

  test("of many logins at once from one network eight are hashed, in at most 48 MiB of the instance's memory", async () => {
    const logins = await Promise.all(Array.from({ length: 16 }, () => at("failing").login("mia@acme.test")));
    const refused = logins.filter(({ status }) => status !== 200);
    assert.ok(logins.length - refused.length >= 8 && refused.length > 0, logins.map(({ status }) => status).join());
    for (const { status, headers, json } of refused) {
      assert.deepEqual([status, json.code, headers["set-cookie"]], [503, "unavailable", undefined]);
      assert.ok(Number(headers["retry-after"]) > 0);
    }
    const { text } = await at("failing").get("/", { "x-fault": "none" });
    // One hash of 19 MiB has been made at least, and never two at a time.
    assert.ok(Number(text) > 19 * 2 ** 20 && Number(text) <= 48 * 2 ** 20, `${text} bytes`);
  });

  test("with other keys nobody gets in; with the right ones everyone does", async () => {
    const noor = at("whole");
    await noor.login("noor@acme.test");
    const shown = nextCode(beside, "noor", NOOR_SEED);
    for (const name of ["exchanged", "others"]) {
      assertUnavailable(await moved(noor, name).verify(shown), `${name}: a code`);
      const login = await at(name).login("mia@acme.test");
      // As for an address that nobody has, whether the pepper is gone or another one: or a stranger learned who has a password.
      assert.deepEqual([login.status, login.json.code, login.headers["set-cookie"]], [401, "invalid_credentials", undefined], name);
    }
    assert.equal((await noor.verify(shown)).json.next, "done", "no attempt of those used it up");
    assert.equal((await at("whole").login("mia@acme.test")).json.next, "done");
    const secrets = Object.values(keys).concat(Object.values(workers.others.keys)).map((value) => value.split(":")[1]);
    for (const secret of secrets) assert.ok(!beside.log.includes(secret.slice(0, 16)), "no key is in the log");
  });

  for (const fault of ["panic", "memory"]) {
    test(`${{ panic: "Rust code panics", memory: "memory runs out" }[fault]}: that request and those beside it are answered, and the next ones work`, async () => {
      const fail = () => within(at("failing").get(`${AUTH}/session`, { "x-fault": fault }));
      const mia = at("failing");
      await mia.login("mia@acme.test");
      const alone = await fail();
      assert.equal(alone.status, 500, alone.text);
      assert.equal(alone.headers["set-cookie"], undefined);
      assert.equal((await mia.get(`${AUTH}/session`)).json.stage, "full", "the very next one");

      const noor = at("failing");
      await noor.login("noor@acme.test");
      const shown = nextCode(beside, "noor", NOOR_SEED);
      const verified = () => sql(beside, "SELECT count(*) AS n FROM audit WHERE action = 'verify' AND result = 'ok' AND target_id = 'noor'")[0].n;
      const before = verified();
      const around = () => [noor.twin().verify(shown), mia.twin().get(`${AUTH}/session`), at("failing").login("leo@acme.test")];
      const answers = await Promise.all([...around(), fail(), ...around(), fail(), ...around()].map(within));
      const statuses = answers.map(({ status }) => status);
      assert.ok(statuses.every((status) => [200, 401, 500].includes(status)) && statuses.filter((status) => status === 500).length >= 2, `${statuses}`);
      const used = verified() - before;
      const again = await Promise.all([1, 2, 3].map(() => noor.twin().verify(shown)));
      assert.equal(again.filter(({ status }) => status === 200).length, 1 - used, "the code, once");
      assert.equal(verified(), before + 1);
      for (let i = 0; i < 10; i++) assert.equal((await mia.get(`${AUTH}/session`)).status, 200);
      assert.ok(await beside.logged(fault === "panic" ? "panicked at" : "RuntimeError: unreachable"));
    });
  }
});

