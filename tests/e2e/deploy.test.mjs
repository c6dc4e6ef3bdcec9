// `npm run deploy` as it is given: the real CLI and the real wrangler, which builds the real Workers. Cloudflare itself is
// out of a test's reach: a stand-in answers in its place, as far as its API is known.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, resolve as resolvePath } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { AUTH } from "./airlock.mjs";

const ID = "0a0b0c0d-1111-2222-3333-444455556666";
const CONFIGS = { "airlock-jobs": "jobs/wrangler.toml", "airlock-edge": "wrangler.toml", "airlock-admin": "admin/wrangler.toml" };
const KEYS = "airlock.keys";
const TOKEN = { CLOUDFLARE_API_TOKEN: "token" };

let folder;
let cloud;

before(async () => {
  // A copy of the project, as a run edits it; times stay, so that what is built counts as built.
  folder = mkdtempSync(join(tmpdir(), "airlock-deploy-"));
  const left = [".git", ".wrangler", ".env", "docs", "node_modules", "target", KEYS];
  execFileSync("cp", ["-a", ...readdirSync(".").filter((name) => !left.includes(name)), folder]);
  symlinkSync(resolvePath("node_modules"), join(folder, "node_modules"));
  cloud = await cloudflare();
});
after(() => {
  cloud?.server.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const file = (name) => readFileSync(join(folder, name), "utf8");
const files = () => [...Object.values(CONFIGS), KEYS].map((name) => existsSync(join(folder, name)) && file(name));

/** The secrets kept in the copy, by name. */
const kept = () => Object.fromEntries([...file(KEYS).matchAll(/^(\w+)="(.+)"$/gm)].map(([, name, value]) => [name, value]));

/**
 * Runs a command in the copy, by nobody: without a login, and without an account that wrangler remembers. With `answer` it
 * has a terminal, on which that is typed at a question; both outputs are one then.
 */
function run(words, env = {}, answer = undefined) {
  const terminal = ["python3", "-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"];
  const [program, ...args] = answer ? [...terminal, ...words] : words;
  const home = join(folder, "home");
  const nobody = { XDG_CONFIG_HOME: home, WRANGLER_CACHE_DIR: home, CLOUDFLARE_API_BASE_URL: cloud.url, CLOUDFLARE_API_TOKEN: "" };
  return new Promise((resolve, reject) => {
    const around = { ...process.env, ...nobody, ...env };
    const child = spawn(program, args, { cwd: folder, env: around, stdio: [answer ? "pipe" : "ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].on("data", (data) => (said[stream] += data));
    if (answer) child.stdout.on("data", () => said.stdout.includes("(Y/n)") && child.stdin.writable && child.stdin.end(answer));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...said }));
  });
}

function deploy(words, env, answer) {
  const manifest = resolvePath("Cargo.toml"); // the copy's own would be built anew
  return run(["cargo", "run", "-q", "-p", "airlock-cli", "--manifest-path", manifest, "--", "deploy", ...words], env, answer);
}

/** As much of Cloudflare's API as a deployment uses, for one account. */
async function cloudflare() {
  const cloud = { database: undefined, secrets: {}, uploads: {}, domains: {}, crons: {}, changes: [], unknown: [], conflicting: [] };
  const respond = (method, path, body, form) => {
    const [, worker, of] = /^\/accounts\/acme\/workers\/(?:scripts|services|workers)\/([^/]+)(.*)$/.exec(path) ?? [];
    const call = worker ? `${method} worker${of}` : `${method} ${path}`;
    if (method !== "GET" && !/^SELECT/.test(body?.sql)) cloud.changes.push(call);
    switch (call) {
      case "GET /user/tokens/verify":
        return { id: "token", status: "active" };
      case "GET /user":
        return { id: "op", email: "op@acme.test" };
      case "GET /accounts":
        return [{ id: "acme", name: "Acme" }];
      case "GET /memberships":
        return [{ id: "one", account: { id: "acme", name: "Acme" } }];
      case "GET /accounts/acme/d1/database":
        return cloud.database ? [{ uuid: ID, name: "airlock" }] : [];
      case "POST /accounts/acme/d1/database":
        cloud.database = new DatabaseSync(":memory:");
        return { uuid: ID, name: body.name };
      case `GET /accounts/acme/d1/database/${ID}`:
        return { uuid: ID, name: "airlock" };
      case `POST /accounts/acme/d1/database/${ID}/query`:
        return query(cloud.database, body.sql);
      case "GET worker/secrets":
        return cloud.secrets[worker] && Object.keys(cloud.secrets[worker]).map((name) => ({ name, type: "secret_text" }));
      case "PATCH worker/secrets-bulk":
        for (const { name, text } of cloud.secrets[worker] ? Object.values(body.secrets) : []) cloud.secrets[worker][name] = text;
        return cloud.secrets[worker] && {};
      case "GET worker":
        return (
          cloud.secrets[worker] && {
            default_environment: { environment: "production", script: { last_deployed_from: "wrangler" } },
            subdomain: { enabled: false, previews_enabled: false },
          }
        );
      case "PUT worker":
        cloud.secrets[worker] ??= {};
        return { id: worker };
      case "POST worker/versions":
        cloud.uploads[worker] = JSON.parse(/name="metadata"\r\n\r\n(.*)\r\n/.exec(form)[1]);
        return { id: ID, resources: { script: { etag: "e" } } };
      case "PUT worker/domains/records":
        for (const { hostname } of body.origins) cloud.domains[hostname] = worker;
        return {};
      case "POST worker/domains/changeset":
        return { added: [], removed: [], updated: [], conflicting: cloud.conflicting };
      case "GET worker/deployments":
        return { deployments: [] };
      case "GET worker/settings":
      case "POST worker/deployments":
      case "PATCH worker/script-settings":
      case "GET worker/subdomain":
      case "POST worker/subdomain":
        return {};
      case "PUT worker/schedules":
        cloud.crons[worker] = body.map(({ cron }) => cron);
        return {};
      default:
        cloud.unknown.push(call);
        return undefined;
    }
  };
  cloud.server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const body = request.headers["content-type"]?.includes("json") ? JSON.parse(text) : undefined;
      const { pathname } = new URL(request.url, "http://cloud");
      const answer = { success: true, errors: [], messages: [], result: null, result_info: { page: 1, count: 1, total_count: 1, total_pages: 1 } };
      let status = 200;
      try {
        answer.result = respond(request.method, pathname, body, text);
        if (answer.result === undefined) [status, answer.errors] = [404, [{ code: 10007, message: "This Worker does not exist." }]];
      } catch (error) {
        [status, answer.errors] = [400, [{ code: 7500, message: error.message }]];
      }
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...answer, success: status === 200 }));
    });
  });
  await new Promise((resolve) => cloud.server.listen(0, "127.0.0.1", resolve));
  cloud.url = `http://127.0.0.1:${cloud.server.address().port}`;
  return cloud;
}

/** Runs statements as one transaction. What takes them apart on Cloudflare is known to be no parser: lines are all it sees. */
function query(database, sql) {
  database.exec("PRAGMA foreign_keys = ON; BEGIN");
  try {
    const statements = sql.split(/;\s*(?:\n|$)/).filter((statement) => statement.trim());
    const results = statements.map((statement) => ({ results: database.prepare(statement).all(), success: true, meta: { duration: 0 } }));
    database.exec("COMMIT");
    return results;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

const objects = (database) =>
  database.prepare("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE '_cf%' AND name <> 'd1_migrations' ORDER BY 1, 2").all();

function schema() {
  const database = new DatabaseSync(":memory:");
  database.exec(file("schema.sql"));
  return objects(database);
}

test("wrangler applies the migrations once, to a new local D1 and to one in use", async () => {
  const state = join(folder, "state");
  const apply = () => run(["wrangler", "d1", "migrations", "apply", "airlock", "--local", "--persist-to", state]);
  const [migrations, later] = [join(folder, "migrations"), join(folder, "later")];
  const [first] = readdirSync(migrations).sort();
  renameSync(migrations, later);
  mkdirSync(migrations);
  copyFileSync(join(later, first), join(migrations, first));
  const begun = await apply();
  assert.equal(begun.status, 0, begun.stderr);
  assert.match(begun.stdout, /0001_schema\.sql/);
  const [path] = globSync(join(state, "v3/d1/**/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  const database = new DatabaseSync(path);
  database.exec(readFileSync("tests/golden/old_rows.sql", "utf8"));
  rmSync(migrations, { recursive: true });
  renameSync(later, migrations);
  const { status, stdout, stderr } = await apply();
  assert.equal(status, 0, stderr);
  assert.match(stdout, /0005_counts\.sql/);
  assert.deepEqual(objects(database), schema());
  const account = database.prepare("SELECT members, enrolled FROM accounts").get();
  assert.deepEqual({ ...account }, { members: 1, enrolled: 1 });
  database.close();
  assert.match((await apply()).stdout, /No migrations to apply/);
});

test("a dry run builds the Workers without a login, says what is to be edited, and changes nothing", async () => {
  const before = files();
  const { status, stderr } = await deploy(["--dry-run"]);
  assert.equal(status, 1, "something is missing");
  assert.equal(stderr.match(/Total Upload: [\d.]+ KiB \/ gzip: [\d.]+ KiB/g).length >= 3, true, stderr);
  assert.match(stderr, /env\.DB \(airlock\).*env\.ADMIN_ORIGIN/s);
  for (const line of [
    /create the D1 database airlock/,
    /make SEED_KEYS, PEPPER_KEYS/,
    /deploy airlock-jobs\n/,
    /deploy airlock-edge/,
    /deploy airlock-admin/,
    / wrangler\.toml: EDGE_ORIGIN is "http:\/\/localhost:8787" and must be an https origin/,
    /npx wrangler login/,
  ]) {
    assert.match(stderr, line);
  }
  assert.deepEqual([files(), cloud.changes], [before, []]);
});

test("without a terminal only --yes lets a host be taken over", async () => {
  const { status, stderr } = await deploy(["Acme", "ann@acme.test"], TOKEN);
  assert.equal(status, 1);
  assert.match(stderr, /no terminal: .*--yes/);
  assert.deepEqual(cloud.changes, []);
});

test("a real run says everything it needs before it changes anything", async () => {
  const before = files();
  const { status, stdout, stderr } = await deploy(["--yes"], TOKEN);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /EDGE_ORIGIN is .*ADMIN_ORIGIN is .*there is no account yet/s);
  assert.deepEqual([files(), cloud.changes], [before, []]);
});

test("from nothing to the owner's link, past a host that may not be taken over at first", async () => {
  const text = file("wrangler.toml").replace("http://localhost:8787", "https://app.acme.test").replace('AUTH_PREFIX = "/auth"', `AUTH_PREFIX = "${AUTH}"`);
  writeFileSync(join(folder, "wrangler.toml"), text.replace("http://admin.localhost:8787", "https://admin.acme.test"));
  cloud.conflicting = [{ hostname: "app.acme.test" }];
  const asked = await deploy(["Acme", "ann@acme.test"], TOKEN, "n\n");
  assert.equal(asked.status, 1, asked.stdout);
  assert.match(asked.stdout, /already have DNS records.*`wrangler deploy -c wrangler\.toml .*` failed.*The same command goes on from here/s);
  assert.deepEqual(cloud.domains, {});
  const keys = kept();

  const { status, stdout, stderr } = await deploy(["Acme", "ann@acme.test", "--yes"], TOKEN);
  assert.equal(status, 0, `${stderr}\n${cloud.unknown}`);
  assert.match(stdout, new RegExp(`^https://app\\.acme\\.test${AUTH}/invite/[\\w-]{43}$`, "m"));
  assert.deepEqual(cloud.unknown, []);
  assert.deepEqual(objects(cloud.database), schema());
  const accounts = cloud.database.prepare("SELECT a.name, m.email, m.role FROM accounts a JOIN memberships m ON m.account_id = a.id").all();
  assert.deepEqual(accounts.map((row) => ({ ...row })), [{ name: "Acme", email: "ann@acme.test", role: "owner" }]);
  assert.deepEqual(cloud.domains, { "app.acme.test": "airlock-edge", "admin.acme.test": "airlock-admin" });

  assert.deepEqual(kept(), keys);
  assert.equal(statSync(join(folder, KEYS)).mode & 0o777, 0o600);
  // Only the jobs Worker has a cron; one that the admin Worker had goes.
  assert.deepEqual(cloud.crons, { "airlock-jobs": ["* * * * *"], "airlock-admin": [] });

  for (const [worker, config] of Object.entries(CONFIGS)) {
    const required = JSON.parse(/^required = (\[.*\])$/m.exec(file(config))[1]);
    assert.deepEqual(cloud.secrets[worker], Object.fromEntries(required.map((name) => [name, keys[name]])));
    const { bindings } = cloud.uploads[worker];
    const bound = (name) => bindings.find((binding) => binding.name === name);
    assert.equal(bound("DB").id ?? bound("DB").database_id, ID);
    for (const name of required) assert.deepEqual(bound(name), { name, type: "inherit" });
    assert.match(file(config), new RegExp(`^database_id = "${ID}" # `, "m"));
    assert.match(file(config), /^EDGE_ORIGIN = "https:\/\/app\.acme\.test"/m, "written once, it is everywhere");
    if (worker !== "airlock-jobs") assert.equal(bound("JOBS").service, "airlock-jobs");
  }
  for (const value of Object.values(keys)) {
    const said = [asked, { stdout, stderr }].flatMap(Object.values).join("\n");
    assert.ok(!said.includes(value.split(":")[1]), "a key was printed");
    for (const log of globSync(join(folder, "home/**/*.log"))) assert.ok(!readFileSync(log, "utf8").includes(value), log);
  }
});

test("a second run upgrades the Workers and makes no key or account", async () => {
  const [before, secrets] = [files(), structuredClone(cloud.secrets)];
  cloud.uploads = {};
  cloud.changes = [];
  const { status, stdout, stderr } = await deploy(["Acme", "ann@acme.test", "--yes"], TOKEN);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /an account already that nobody has joined/);
  assert.deepEqual(Object.keys(cloud.uploads).filter((worker) => worker !== "airlock-example"), Object.keys(CONFIGS));
  assert.deepEqual([files(), cloud.secrets], [before, secrets]);
  assert.equal(cloud.changes.includes("PATCH worker/secrets-bulk"), false);
  assert.equal(cloud.database.prepare("SELECT count(*) AS n FROM accounts").get().n, 1);
});

test("mails need a way out; a server in the file of keys is set, and never shown", async () => {
  const URL = "smtps://login%40acme.test:s3cret@mail.acme.test";
  writeFileSync(join(folder, "wrangler.toml"), file("wrangler.toml").replace('MAIL_FROM = ""', 'MAIL_FROM = "Acme <login@acme.test>"'));
  cloud.changes = [];
  const refused = await deploy(["--yes"], TOKEN);
  assert.deepEqual([refused.status, cloud.changes], [1, []]);
  assert.match(refused.stderr, /MAIL_FROM is set, but nothing takes mails/);
  const keys = file(KEYS);
  writeFileSync(join(folder, KEYS), `${keys}SMTP_URL="${URL.replace("smtps", "smtp")}:25"\n`);
  const malformed = await deploy(["--yes"], TOKEN);
  assert.deepEqual([malformed.status, cloud.changes], [1, []]);
  assert.match(malformed.stderr, /airlock\.keys, line \d+: SMTP_URL names port 25/);
  writeFileSync(join(folder, KEYS), `${keys}SMTP_URL="${URL}"\n`);
  const set = await deploy(["--yes"], TOKEN);
  assert.equal(set.status, 0, set.stderr);
  assert.deepEqual(Object.keys(CONFIGS).map((worker) => cloud.secrets[worker].SMTP_URL), [URL, undefined, undefined]);
  for (const said of [refused, malformed, set]) assert.ok(!`${said.stdout}${said.stderr}`.includes("s3cret"));

  const operate = (...words) => run(["cargo", "run", "-q", "-p", "airlock-cli", "--manifest-path", resolvePath("Cargo.toml"), "--", ...words], TOKEN);
  const status = await operate("status", "--remote");
  assert.match(status.stdout, /^Mail: from Acme <login@acme\.test>, by the server in SMTP_URL\./m, status.stderr);
  // Nobody works there: a stand-in has no jobs Worker.
  const tested = await operate("mail-test", "ops@acme.test", "--remote", "--wait", "1");
  assert.equal(tested.status, 1, tested.stdout);
  assert.match(tested.stderr, /the jobs Worker has not looked at the mail to ops@acme\.test\. Is it deployed/);
  assert.deepEqual({ ...cloud.database.prepare("SELECT kind, address FROM outbox").get() }, { kind: "test", address: "ops@acme.test" });
});

test("without the file of keys a Worker that lacks one gets no new one", async () => {
  rmSync(join(folder, KEYS));
  delete cloud.secrets["airlock-admin"].SEED_KEYS;
  cloud.changes = [];
  const { status, stdout, stderr } = await deploy(["--yes"], TOKEN);
  assert.deepEqual([status, stdout, cloud.changes], [1, "", []]);
  assert.match(stderr, /airlock-admin lacks SEED_KEYS.*put airlock\.keys back/s);
  assert.equal(existsSync(join(folder, KEYS)), false);
});
