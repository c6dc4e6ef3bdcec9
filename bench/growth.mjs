// npm run bench -- --growth: what every step costs as the database grows, on the real runtime and its D1: a thousand users, a
// hundred thousand, a million, with as many sessions, authenticators and rows of the audit. The rows that D1 reads for a step
// must be the same at each size; where they are not, it says so and ends with 1. `--quick` leaves the million out, and writes
// nothing.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { growth } from "./growth-report.mjs";
import { Browser, ORIGIN, PASSWORD, base32, code, serve, wrongCode } from "./measure.mjs";
import { quantile } from "./report.mjs";
import { SEED, bundle, database, email, served } from "./targets.mjs";

const quick = process.argv.includes("--quick");
const SIZES = quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
const LARGEST_ACCOUNT = 100_000;
const [PEOPLE, TIMED] = [20, 40]; // take each step here, and natively
const ADMIN_ORIGIN = "http://admin.localhost:8787";
const say = (text) => process.stderr.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "airlock-growth-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

// p0 is the account's owner here; then those who sign in, those who mistype, and those who sign in natively with an owner of
// their own, since codes are used up there.
const people = (from, count) => Array.from({ length: count }, (_, i) => new Browser(from + i));
const KNOWN = 1 + 2 * PEOPLE + TIMED + 1;
const base = join(folder, "people.sqlite");
const keys = cargo("people", String(KNOWN), base).trim().split("\n");
const bindings = { ...Object.fromEntries(keys.map((line) => line.split(/=(.*)/s))), EDGE_ORIGIN: ORIGIN, ADMIN_ORIGIN, SITE_NAME: "Bench" };
const ratelimits = { LOGIN_BRAKE: { namespace_id: "1001", simple: { limit: 100, period: 60 } } };
const worker = (script, name, more) => served([{ ...bundle(script, join(folder, name)), ratelimits, bindings: { ...bindings, ...more } }]).counting;
const edge = worker("worker/build/index.js", "edge", { APP_URL: "", PUBLIC_PATHS: "/public" });
const admin = worker("admin/build/index.js", "admin");

const results = {
  date: new Date().toISOString().slice(0, 10),
  cores: os.cpus().length,
  cpu: os.cpus()[0].model,
  workerd: JSON.parse(readFileSync("node_modules/workerd/package.json", "utf8")).version,
  people: PEOPLE,
  sizes: {},
};
for (const size of SIZES) {
  const own = join(folder, String(size));
  mkdirSync(own);
  const file = await database(edge.slice(0, 1), own);
  for (const rest of ["-wal", "-shm"]) rmSync(file + rest, { force: true });
  copyFileSync(base, file);
  say(`${size.toLocaleString("en")} users: seeding`);
  const farOn = grow(file, size);
  const mb = statSync(file).size / 1e6;
  say(`${size.toLocaleString("en")} users, ${mb.toFixed(0)} MB: natively`);
  const native = JSON.parse(cargo("transactions", file, String(1 + 2 * PEOPLE), String(TIMED)));
  say(`${size.toLocaleString("en")} users: on workerd`);
  const steps = { ...(await through(edge, own, atTheEdge)), ...(await through(admin, own, (step) => atTheAdminWorker(step, farOn))) };
  results.sizes[size] = { mb, steps, native };
  rmSync(own, { recursive: true });
}
const { text, grew } = growth(results, quick ? undefined : "bench/results");
console.log(text);
if (grew.length > 0) say(`Rows read grow: ${grew.join(", ")}`);
process.exit(grew.length > 0 ? 1 : 0);

function cargo(bin, ...args) {
  return execFileSync("cargo", ["run", "-q", "--profile", "simulate", "-p", "airlock-tests", "--bin", bin, "--", ...args], { encoding: "utf8" });
}

/** Fills a database up to `size` users, the account of those who are measured first. The cursor of a page near that account's end. */
function grow(file, size) {
  const sqlite = new DatabaseSync(file);
  sqlite.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA temp_store = MEMORY");
  const now = Date.now();
  const others = size - KNOWN;
  const all = (sql) => sqlite.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${others}) ${sql}`);
  // One of its own for each, in no order: as hashes and addresses are.
  const spread = "printf('%08x%08x', i * 2654435761 % 4294967296, i)";
  const account = `CASE WHEN i <= ${LARGEST_ACCOUNT - KNOWN} THEN 'bench' ELSE 'b' || (i / ${LARGEST_ACCOUNT}) END`;
  sqlite.exec(`BEGIN; UPDATE memberships SET role = 'owner' WHERE user_id IN ('p0', 'p${KNOWN - 1}')`);
  sqlite.exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${size / LARGEST_ACCOUNT})
    INSERT INTO accounts (id, name, created_at) SELECT 'b' || i, 'B', ${now} FROM n`);
  all(`INSERT INTO users (id, email, name, password_phc, password_key, two_factor_chosen, created_at)
    SELECT 'u' || i, ${spread} || '@bench.test', 'U', p.password_phc, p.password_key, 1, ${now} FROM n, users p WHERE p.id = 'p0'`);
  all(`INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
    SELECT ${account}, u.id, u.email, 'member', 'active', ${now} FROM n JOIN users u ON u.id = 'u' || i`);
  all(`INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at, last_used_at)
    SELECT 'a' || i, 'u' || i, a.name, a.algorithm, a.digits, a.period_s, a.sealed_seed, a.seed_key, 0, ${now}, ${now}
    FROM n, authenticators a WHERE a.user_id = 'p0'`);
  all(`INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, last_seen_at, expires_at, created_at, ip,
      country, user_agent)
    SELECT ${spread} || ${spread}, 's' || i, 'u' || i, 'edge', 0, 'd' || i, '/', ${now}, ${now}, ${now} + 43200000, ${now}, '192.0.2.1', 'CH',
      'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0' FROM n`);
  all(`INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id, hash)
    SELECT ${account}, ${spread} || i, ${now}, 'u' || i, 'u' || i, 'login', 'ok', 'edge', '192.0.2.1', 'CH', ${spread}, ${spread} || ${spread} FROM n`);
  sqlite.exec("COMMIT");
  const { email } = sqlite.prepare("SELECT email FROM memberships WHERE account_id = 'bench' ORDER BY email DESC LIMIT 1 OFFSET ?").get(KNOWN + 60);
  sqlite.exec("PRAGMA journal_mode = WAL");
  sqlite.close();
  return Buffer.from(email).toString("base64url");
}

/** Serves one of the Workers and takes its steps: for each, what D1 read and wrote for a request, and CPU and time. */
async function through(workers, folder, steps) {
  const target = await serve(workers, folder);
  const measured = {};
  await steps(async (step, browsers, request, right) => {
    const before = target.cpu();
    const [costs, times] = [[], []];
    for (const browser of browsers) {
      const begun = performance.now();
      const answer = await target.ask(request(browser));
      times.push(performance.now() - begun);
      if (!right(answer, browser)) throw new Error(`${step}: ${answer.status} ${answer.text}`);
      browser.took(answer);
      if (step) costs.push(JSON.parse(answer.headers["d1-cost"]));
    }
    const each = (what) => costs.map((cost) => cost[what]);
    // The first of a kind, which also prepares the statements, counts as any other: what is read does not depend on it.
    if (step) measured[step] = { read: [...new Set(each("read"))], written: quantile(each("written"), 0.5), trips: quantile(each("trips"), 0.5), cpu: (target.cpu() - before) / browsers.length, p50: quantile(times, 0.5) };
  });
  await target.stop();
  return measured;
}

async function atTheEdge(step) {
  const login = (browser) => browser.request("/auth/login", { email: email(browser.person), password: PASSWORD });
  const [signing, mistyping] = [people(1, PEOPLE), people(1 + PEOPLE, PEOPLE)];
  await step("", [new Browser(0)], login, ({ status }) => status === 200); // starts everything up
  await step("password", signing, login, ({ status }) => status === 200);
  await step("code", signing, (browser) => browser.request("/auth/verify", { code: code(base32(SEED)) }), ({ status }) => status === 200);
  await step("session check", signing, (browser) => browser.request("/auth/session"), ({ text }, { person }) => text.includes(email(person)));
  await step("gate", signing, (browser) => browser.request("/private"), ({ text }) => text === "the app");
  await step("", mistyping, login, ({ status }) => status === 200);
  await step("wrong code", mistyping, (browser) => browser.request("/auth/verify", { code: wrongCode(base32(SEED)) }), ({ status }) => status === 401);
}

async function atTheAdminWorker(step, farOn) {
  const owner = new Browser(0);
  const there = (request) => ({ ...request, headers: { ...request.headers, host: new URL(ADMIN_ORIGIN).host, ...(request.body && { origin: ADMIN_ORIGIN }) } });
  const ok = ({ status }) => status === 200;
  // The owner as often as others are many.
  const often = (name, request) => step(name, Array(PEOPLE).fill(owner), (browser) => there(request(browser)), ok);
  const once = (request) => step("", [owner], (browser) => there(request(browser)), ok);
  await once((browser) => browser.request("/auth/login", { email: email(0), password: PASSWORD }));
  await once((browser) => browser.request("/auth/verify", { code: code(base32(SEED)) }));
  const account = "/api/v1/accounts/bench";
  await often("list, page 1", (browser) => browser.request(`${account}/users`));
  await often("list, near the end", (browser) => browser.request(`${account}/users?cursor=${farOn}`));
  await often("settings page", (browser) => browser.request("/settings/security/two-factor?account=bench"));
  let required = false;
  await often("toggle", (browser) => {
    required = !required;
    const request = browser.request(`${account}/two-factor`, { required });
    return { ...request, method: "PUT" };
  });
  let reset = 0;
  await often("reset", (browser) => browser.request(`${account}/users/u${++reset}/two-factor/reset`, {}));
  await often("audit, page 1", (browser) => browser.request(`${account}/audit`));
}
