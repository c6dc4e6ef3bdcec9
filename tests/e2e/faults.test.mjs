// Faults of the real thing: the runtime killed, the database locked, full or gone, keys missing, Rust code that panics, a
// clock that jumps. Whatever happens, what people were told holds, nobody is let in, and it goes on by itself afterwards.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, NOOR_SEED, OWNER_SEED, code, kill, require2fa, run, send, sql, start } from "./airlock.mjs";

const one = (airlock, query, ...values) => Object.values(sql(airlock, query, ...values)[0])[0];

describe("the runtime is killed", () => {
  const USERS = "/api/v1/accounts/acme/users";
  let airlock, owner, everyone;
  const told = { answered: 0, cut: 0, unheard: 0 };

  before(async () => {
    airlock = await start();
    owner = new Client(airlock.admin);
    await owner.login("owner@acme.test");
    assert.equal((await owner.verify(code(OWNER_SEED))).json.next, "done");
    require2fa(airlock, true);
  });
  after(() => airlock?.stop());

  /** A new member with mia's password. */
  function member(id) {
    sql(airlock, "INSERT INTO users SELECT ?1, ?1 || '@acme.test', ?1, password_phc, password_key, 0, 0, 'kept', 0, created_at FROM users WHERE id = 'mia'", id);
    sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', ?1, ?1 || '@acme.test', 'member', 'active', 0)", id);
  }

  /** A login of theirs that waits for what comes `next`. */
  async function waiting(id, next) {
    const browser = new Client(airlock);
    assert.equal((await browser.login(`${id}@acme.test`)).json.next, next);
    return browser;
  }

  async function setUp(id) {
    const browser = await waiting(id, "enrol");
    const { secret } = (await browser.get("/auth/enrol")).json;
    const { recovery_codes } = (await browser.post("/auth/enrol", { code: code(secret) })).json;
    return { browser, secret, recovery_codes };
  }

  const count = (query, ...values) => one(airlock, `SELECT count(*) FROM ${query}`, ...values);
  const done = (action, id) => count("audit WHERE account_id = 'acme' AND action = ? AND target_id = ? AND result = 'ok'", action, id);
  const full = (id) => count("sessions WHERE user_id = ? AND pending = 0", id);
  const failures = (id) => one(airlock, "SELECT code_failures FROM users WHERE id = ?", id);

  /** Sends all at once and kills the runtime when `answers` of them were answered. What was cut off is undefined. */
  async function interrupted(posts, answers) {
    console.error(new Date().toISOString(), "round", answers);
    let open = posts.length;
    const enough = Promise.withResolvers();
    if (answers === 0) enough.resolve();
    const replies = posts.map((post) =>
      post().then((reply) => (reply.status < 500 ? reply : undefined), () => undefined).finally(() => {
        if (--open <= posts.length - answers) enough.resolve();
      }));
    await enough.promise;
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

  test("between the password and the code: the login goes on, its attempts are counted, and in is in", async () => {
    const noor = await waiting("noor", "verify");
    for (let i = 0; i < 2; i++) assert.equal((await noor.verify("000000")).status, 401);
    await kill(airlock);
    assert.equal((await noor.get("/auth/session")).json.stage, "verify");
    const tries = [];
    for (let i = 0; i < 4; i++) tries.push((await noor.verify("000000")).status);
    assert.deepEqual(tries, [401, 401, 401, 429]);
    assert.equal(failures("noor"), 5);
    await kill(airlock);
    assert.equal((await (await waiting("noor", "verify")).verify(code(NOOR_SEED))).status, 429, "the pause holds");
    sql(airlock, "UPDATE throttles SET blocked_until = 0");
    const again = await waiting("noor", "verify");
    await kill(airlock);
    const shown = code(NOOR_SEED);
    assert.equal((await again.verify(shown)).json.next, "done");
    const replay = await waiting("noor", "verify");
    await kill(airlock);
    assert.equal((await again.get("/auth/session")).json.stage, "full");
    assert.equal((await replay.verify(shown)).status, 401);
  });

  test("at every moment of posts in flight: all of it happened or nothing, once, and what was told holds", async (t) => {
    for (const id of ["guesser", "forgetful", "round0"]) member(id);
    const [forgetful, , first] = [await setUp("forgetful"), await setUp("guesser"), await setUp("round0")];
    let old = first;
    const POSTS = 13;
    for (let answers = 0; answers <= POSTS; answers++) {
      sql(airlock, "UPDATE authenticators SET last_step = 0 WHERE user_id IN ('noor', 'guesser', ?)", `round${answers}`);
      sql(airlock, "DELETE FROM throttles");
      const [lost, id] = [`round${answers}`, `round${answers + 1}`];
      member(id);
      const typist = [await waiting("noor", "verify"), await waiting("noor", "verify")];
      const joining = await waiting(id, "enrol");
      const { secret } = (await joining.get("/auth/enrol")).json;
      const recovering = await waiting("forgetful", "verify");
      const guesser = await waiting("guesser", "verify");
      const was = { noor: full("noor"), verify: done("verify", "noor"), recovery: done("recovery", "forgetful"), failures: failures("guesser") };
      // Of the next step, so that it is good for a minute at least.
      const [shown, confirming] = [code(NOOR_SEED, 1), code(secret)];
      const recovery_code = forgetful.recovery_codes[answers % 10];
      if (answers === 10) sql(airlock, "UPDATE recovery_codes SET used_at = NULL WHERE user_id = 'forgetful'");

      const verifiers = [typist[0].twin(), typist[0].twin(), typist[1].twin()];
      const confirmers = [joining.twin(), joining.twin()];
      const recoverers = [recovering.twin(), recovering.twin()];
      const replies = await interrupted([
        ...verifiers.map((browser) => () => browser.verify(shown)),
        ...confirmers.map((browser) => () => browser.post("/auth/enrol", { code: confirming })),
        ...recoverers.map((browser) => () => browser.post("/auth/recovery", { code: recovery_code })),
        ...[1, 2].map(() => () => guesser.twin().verify("000000")),
        () => owner.post(`${USERS}/${lost}/two-factor/reset`),
        ...["leo", "mia"].map((name) => () => new Client(airlock).login(`${name}@acme.test`)),
        () => send(airlock, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*"),
      ], answers);
      assert.equal(replies.length, POSTS);
      const [verified, confirmed, recovered, guessed, [reset]] = [replies.slice(0, 3), replies.slice(3, 5), replies.slice(5, 7), replies.slice(7, 9), replies.slice(9)];
      const say = `killed after ${answers} answers`;
      assert.deepEqual(sql(airlock, "PRAGMA integrity_check").map((row) => row.integrity_check), ["ok"], say);
      assert.deepEqual(sql(airlock, "PRAGMA foreign_key_check"), [], say);

      // The code.
      let used = done("verify", "noor") - was.verify;
      assert.equal(full("noor") - was.noor, used, `${say}: a session for a code`);
      const in_ = heard(verified, used, `${say}: the code`);
      if (in_) assert.equal((await verifiers[verified.findIndex((reply) => reply?.status === 200)].get("/auth/session")).json.stage, "full", say);
      const after = await Promise.all([...typist, await waiting("noor", "verify")].map((browser) => browser.twin().verify(shown)));
      assert.equal(after.filter(({ status }) => status === 200).length, 1 - used, `${say}: ${after.map(({ status }) => status)}`);
      assert.equal(full("noor") - was.noor, 1, say);

      // The set-up.
      const enrolled = count("authenticators WHERE user_id = ?", id);
      heard(confirmed, enrolled, `${say}: the set-up`);
      const rows = [done("enrol", id), count("recovery_codes WHERE user_id = ?", id) / 10, full(id), 1 - count("enrolments WHERE user_id = ?", id)];
      assert.deepEqual(rows, Array(4).fill(enrolled), `${say}: audit, recovery codes, session and set-up`);
      const again = await joining.twin().post("/auth/enrol", { code: confirming });
      assert.equal(again.status, enrolled ? 401 : 200, say);
      assert.equal((await (await waiting(id, "verify")).verify(code(secret, 1))).json.next, "done", say);

      // The recovery code.
      const spent = done("recovery", "forgetful") - was.recovery;
      heard(recovered, spent, `${say}: the recovery code`);
      const last = await (await waiting("forgetful", "verify")).post("/auth/recovery", { code: recovery_code });
      assert.equal(last.status, spent ? 401 : 200, say);

      // The wrong codes.
      const [counted, refused] = [failures("guesser") - was.failures, guessed.filter((reply) => reply?.status === 401).length];
      assert.ok(refused <= counted && counted <= 2, `${say}: ${refused} refused, ${counted} counted`);
      assert.equal(one(airlock, "SELECT max(attempts) FROM sessions WHERE user_id = 'guesser' AND pending = 1 ORDER BY created_at DESC") >= counted, true, say);

      // The reset.
      const happened = done("two_factor_reset", lost);
      heard([reset], happened, `${say}: the reset`);
      const left = [1 - one(airlock, "SELECT must_enrol FROM users WHERE id = ?", lost), count("authenticators WHERE user_id = ?", lost), count("recovery_codes WHERE user_id = ?", lost) / 10];
      assert.deepEqual(left, Array(3).fill(1 - happened), `${say}: the reset`);
      assert.equal((await old.browser.get("/auth/session")).status, happened ? 401 : 200, say);
      if (!happened) assert.equal((await owner.post(`${USERS}/${lost}/two-factor/reset`)).status, 200, say);
      const over = await waiting(lost, "enrol");
      assert.equal((await over.verify(code(old.secret, 1))).status, 401, say);
      old = { browser: new Client(airlock), secret };
      old.browser = await (async () => {
        sql(airlock, "UPDATE authenticators SET last_step = 0 WHERE user_id = ?", id);
        const browser = await waiting(id, "verify");
        assert.equal((await browser.verify(code(secret))).json.next, "done", say);
        return browser;
      })();
    }
    t.diagnostic(`of the posts ${told.answered} were answered and ${told.cut} cut off, ${told.unheard} of these done all the same`);
    assert.ok(told.answered > 0 && told.cut > 0);
  });

  test("the audit has it all, sealed without a gap", async () => {
    assert.equal((await send(airlock, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*")).status, 200);
    const { status, text } = await owner.get("/audit/export?account=acme");
    assert.equal(status, 200);
    const verified = await run(airlock, ["npm", "run", "--silent", "admin", "--", "verify-audit", "-"], { input: text });
    assert.equal(verified.status, 0, verified.stderr);
    const rows = one(airlock, "SELECT count(*) FROM audit WHERE account_id = 'acme'");
    assert.ok(rows > 100 && verified.stdout.startsWith(`${rows} rows as sealed, none missing in between, from the account's first row on.`), verified.stdout);
  });
});
