// What is measured: each target with its Workers, its database full of people, and how each step is asked of it.

import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ORIGIN, PASSWORD, base32, code, serve, wrongCode } from "./measure.mjs";

const APP = { name: "app", modules: [{ type: "ESModule", path: "app.js", contents: readFileSync("bench/workers/app.js", "utf8") }] };
export const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; // of everyone whom `people` makes

/** All targets, each with its own folder below `folder` and `people` who can sign in. */
export async function targets(folder, people) {
  const all = [];
  for (const make of [airlock, betterAuth, floor, rust, trusting]) {
    const own = join(folder, make.name);
    mkdirSync(own);
    all.push({ folder: own, ...(await make(own, people)) });
  }
  return all;
}

/** Airlock, with these variables too. */
export async function airlock(folder, people, variables = {}) {
  const seeded = join(folder, "people.sqlite");
  const keys = execFileSync("cargo", ["run", "-q", "-p", "airlock-tests", "--bin", "people", "--", String(people), seeded], { encoding: "utf8" });
  const bindings = Object.fromEntries(keys.trim().split("\n").map((line) => line.split(/=(.*)/s)));
  const workers = [{
    ...bundle("worker/build/index.js", join(folder, "bundle")),
    bindings: { ...bindings, EDGE_ORIGIN: ORIGIN, SITE_NAME: "Bench", APP_URL: "", PUBLIC_PATHS: "/public", ...variables },
    ratelimits: { LOGIN_BRAKE: { namespace_id: "1001", simple: { limit: 100, period: 60 } } },
  }];
  replace(await database(workers, folder), folder);
  const next = (stage) => (answer) => answer.status === 200 && JSON.parse(answer.text).next === stage;
  return {
    name: "Airlock",
    ...served(workers),
    steps: {
      password: [(browser) => browser.request("/auth/login", { email: email(browser.person), password: PASSWORD }), next("verify")],
      code: [(browser) => browser.request("/auth/verify", { code: code(base32(SEED)) }), next("done")],
      wrong: [(browser) => browser.request("/auth/verify", { code: wrongCode(base32(SEED)) }), ({ status }) => status === 401],
      session: [(browser) => browser.request("/auth/session"), ({ text }, { person }) => text.includes(email(person))],
      gate: [(browser) => browser.request("/private"), isApp],
      pass: [(browser) => browser.request("/public"), isApp],
    },
  };
}

/** Airlock where a session is trusted for a minute: a request by a pass, and one that is given a pass. */
async function trusting(folder, people) {
  const { steps, ...target } = await airlock(folder, people, { GATE_TRUST_S: "60" });
  const [ask, right] = steps.gate;
  const anew = (browser) => (browser.cookies.delete(PASS), ask(browser));
  return { ...target, name: "Airlock, trusting", steps: { password: steps.password, code: steps.code, session: steps.session, gate: [anew, right], trusted: [ask, right] } };
}

async function betterAuth(folder, people) {
  const flags = ["nodejs_compat"]; // its documentation asks for it
  const bindings = { ORIGIN, SECRET: "a-secret-of-32-characters-or-more" };
  const setup = [{ ...bundle("bench/better-auth/setup.js", join(folder, "setup"), flags), bindings }];
  let seed;
  const file = await database(setup, folder, async (target) => {
    const { status, text } = await target.ask({ path: "/" });
    if (status !== 200) throw new Error(text);
    seed = new URL(text).searchParams.get("secret");
  });
  // The one user it made, over again: neither hash nor seed is bound to whose they are.
  const sqlite = new DatabaseSync(file);
  sqlite.exec(`UPDATE "user" SET twoFactorEnabled = 1; UPDATE twoFactor SET verified = 1; DELETE FROM session;`);
  const copy = (table, changes) => {
    const names = sqlite.prepare(`SELECT name FROM pragma_table_info('${table}')`).all().map(({ name }) => name);
    const columns = names.map((name) => changes[name] ?? `t."${name}"`).join(", ");
    sqlite.prepare(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO "${table}" SELECT ${columns} FROM "${table}" t, n`).run(people - 1);
  };
  copy("user", { id: "'p' || i", email: "'p' || i || '@bench.test'" });
  copy("account", { id: "'a' || i", accountId: "'p' || i", userId: "'p' || i" });
  copy("twoFactor", { id: "'t' || i", userId: "'p' || i" });
  sqlite.close();
  return {
    name: "better-auth",
    ...served([{ ...bundle("bench/better-auth/worker.js", join(folder, "bundle"), flags), bindings }]),
    steps: {
      password: [
        (browser) => browser.request("/api/auth/sign-in/email", { email: email(browser.person), password: PASSWORD }),
        ({ text }) => JSON.parse(text).twoFactorMethods?.[0] === "totp",
      ],
      code: [(browser) => browser.request("/api/auth/two-factor/verify-totp", { code: code(base32(seed)) }), ({ status, text }) => status === 200 && JSON.parse(text).token],
      wrong: [(browser) => browser.request("/api/auth/two-factor/verify-totp", { code: wrongCode(base32(seed)) }), ({ text }) => JSON.parse(text).code === "INVALID_CODE"],
      session: [(browser) => browser.request("/api/auth/get-session"), ({ text }, { person }) => text.includes(email(person))],
      gate: [(browser) => browser.request("/private"), isApp],
    },
  };
}

async function floor(folder) {
  const workers = [bundle("bench/workers/floor.js", join(folder, "bundle"))];
  replace(await database(workers, folder), join(folder, "../airlock"));
  return {
    name: "floor",
    ...served(workers),
    steps: {
      hello: [() => ({ path: "/hello" }), ({ text }) => text === "hello"],
      read: [() => ({ path: "/read" }), ({ text }) => text.includes(email(1))],
      write: [() => ({ path: "/write" }), ({ text }) => JSON.parse(text).meta.changes === 1],
      pass: [() => ({ path: "/private" }), isApp],
    },
  };
}

function rust(folder) {
  return {
    name: "Rust",
    ...served([bundle("bench/rust/build/index.js", join(folder, "bundle"))]),
    steps: {
      hello: [() => ({ path: "/hello" }), ({ text }) => text === "hello"],
      hash: [() => ({ path: "/hash" }), ({ text }) => /^[0-9a-f]{64}$/.test(text)],
    },
  };
}

const PASS = "__Host-airlock-pass";
export const email = (person) => `p${person}@bench.test`;
const isApp = ({ status, text }) => status === 200 && text === "the app";

/** A target's Workers, and the same behind one that counts what they ask of D1, which is so far away. */
export function served([worker], farMs = 0) {
  const source = readFileSync("bench/workers/counted.js", "utf8").replace("FAR_MS = 0", `FAR_MS = ${farMs}`);
  const contents = source.replace("TARGET", `./${worker.modules[0].path}`);
  const counting = { ...worker, modules: [{ type: "ESModule", path: "counted.js", contents }, ...worker.modules] };
  const set = (worker) => [bound(worker), APP];
  return { worker, workers: set(worker), counting: set(counting), gzipKb: worker.gzipKb };
}

const bound = (worker) => ({ name: "main", d1Databases: { DB: "bench" }, serviceBindings: { APP: "app" }, ...worker });

/** Has workerd make the target's database, runs `use` on the target, and stops it: the file. */
export async function database(workers, folder, use = async () => {}) {
  const target = await serve([...workers.map(bound), APP], folder);
  await (await target.miniflare.getD1Database("DB", "main")).exec("SELECT 1");
  await use(target);
  await target.stop();
  const [file] = globSync(join(folder, "**/*.sqlite")).filter((path) => path.includes("/d1/") && basename(path) !== "metadata.sqlite");
  return file;
}

/** Puts what `people` made in place of a target's database. */
function replace(file, folder) {
  for (const rest of ["-wal", "-shm"]) rmSync(file + rest, { force: true });
  copyFileSync(join(folder, "people.sqlite"), file);
}

/** A Worker as wrangler would upload it. Its first module is the one to start. */
export function bundle(script, folder, flags = []) {
  const args = ["deploy", script, "--config", "bench/wrangler.toml", "--dry-run", "--outdir", folder, ...flags.flatMap((flag) => ["--compatibility-flags", flag])];
  const said = execFileSync("wrangler", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const kinds = { ".js": "ESModule", ".wasm": "CompiledWasm", ".bin": "Data" };
  const modules = globSync(join(folder, "*.{js,wasm,bin}"))
    .map((path) => ({ type: kinds[/\.\w+$/.exec(path)[0]], path: basename(path), contents: readFileSync(path) }))
    .sort((a, b) => b.path.endsWith(".js") - a.path.endsWith(".js"));
  return { modules, compatibilityFlags: flags, gzipKb: 1.024 * Number(/gzip: ([\d.]+) KiB/.exec(said)[1]) };
}
