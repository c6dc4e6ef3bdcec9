// npm run attack: sqlmap and wapiti against the Workers as `npm start` serves them. Prints what was tried and found; a
// finding that is not shown to be none where it was made fails the run. `-- --quick` tries less of each.
//
// A scanner reaches a Worker by a relay that speaks for one kind of caller. It has every request meet the same rows, so
// that sessions do not end on the way and no pause holds, counts, and looks at each answer itself. The coarse brake of a
// hundred logins a minute is on: the relay waits.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import { AUTH, Client, OWNER_SEED, code, open, send, session, sql, start } from "../e2e/airlock.mjs";

const QUICK = process.argv.includes("--quick");
const ONLY = process.argv.find((word) => word.startsWith("--only="))?.slice("--only=".length) ?? "";
const OURS = new RegExp(`^${AUTH}(/|$)`);

/** The app's own pages have the headers that the app gives them; Airlock's have all that wapiti asks for. */
async function apps([place, headers = {}], method, path) {
  const [its, ours] = [await send(place, method, path, headers), await send(place, "GET", `${AUTH}/login`)];
  const missing = Object.keys(ours.headers).filter((name) => /^(content-security-policy|x-|strict-transport)/.test(name) && !(name in its.headers));
  return place === airlock && !OURS.test(path) && its.status === 200 && missing.length > 2;
}

/** What wapiti reports and is no fault, if what shows that it is none holds where it was reported. All else is a finding. */
const ARGUED = {
  /** Forms have no token against forgery: a request must come from a page of the same origin, as its headers say. */
  async csrf([place, headers = {}], method, path) {
    const post = (from) => send(place, method, path, { ...headers, ...from, accept: "application/json", "content-type": "application/x-www-form-urlencoded" });
    const foreign = ({ status, text }) => status === 403 && text.includes("come from a page of this site");
    const forged = [{}, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.test" }, { origin: "null" }];
    const answers = await Promise.all(forged.map(post));
    return answers.every(foreign) && !foreign(await post({ "sec-fetch-site": "same-origin" }));
  },
  csp: apps,
  http_headers: apps,
  /** Its sign is that a field nobody knows changes the status. Here any such field does, to 400. */
  async spring4shell([place, headers = {}], method, path) {
    const answers = [await send(place, "GET", `${path}?account=acme`, headers), await send(place, "GET", `${path}?account=acme&unknown=1`, headers)];
    return answers[0].status !== 400 && answers[1].status === 400;
  },
  /** It wants redirects to name https. Ours name a path, and a header says to keep to https. */
  async https_redirect([place, headers = {}], method, path) {
    const { headers: its } = await send(place, method, path, headers);
    const ours = /^\/[^/]/.test(its.location) && /^max-age=\d{8}/.test(its["strict-transport-security"]);
    return ours || apps([place, headers], method, path);
  },
};

const airlock = await start();
const findings = [];
const found = (who, what) => findings.push(`${who}: ${what}`);

// The callers, and what they may be after.
const owner = new Client(airlock.admin);
assert.equal((await owner.login("owner@acme.test")).status, 200);
assert.equal((await owner.verify(code(OWNER_SEED))).status, 200);
const api = async (path, fields) => {
  const { status, json, text } = await owner.post(`/api/v1/accounts/acme/${path}`, fields);
  assert.equal(status, 201, text);
  return json;
};
const scopes = ["two_factor:read", "two_factor:write", "reset", "users:read", "users:write", "audit:read"];
const { token, id: tokenId } = await api("tokens", { name: "scanner", scopes });
const { token: service, id: serviceId } = await api("service-tokens", { name: "scanner", paths: ["/*"], methods: ["*"] });
const { invite_url: link, user: ida } = await api("users", { email: "ida@acme.test", name: "Ida", role: "member" });
const invitation = new URL(link).pathname;
const noor = session(airlock, "noor", { factor: "totp" });
const mia = session(airlock, "mia");
sql(airlock, "UPDATE sessions SET reauthenticated_at = password_at");
assert.equal((await send(airlock, "GET", `${AUTH}/enrol`, { cookie: mia })).status, 200);
const admin = session(airlock, "owner", { site: "admin", factor: "totp" });
const CALLERS = {
  stranger: [airlock],
  pending: [airlock, { cookie: session(airlock, "noor", { pending: 1 }) }],
  member: [airlock, { cookie: noor }],
  enroller: [airlock, { cookie: mia }],
  "stranger at the admin host": [airlock.admin],
  "pending admin": [airlock.admin, { cookie: session(airlock, "owner", { site: "admin", pending: 1 }) }],
  admin: [airlock.admin, { cookie: admin }],
  token: [airlock.admin, { authorization: `Bearer ${token}` }],
  program: [airlock, { "airlock-token": service }],
};
const SESSION_ID = sql(airlock, "SELECT id FROM sessions WHERE user_id = 'noor' AND pending = 0")[0].id;
const AUTHENTICATOR_ID = sql(airlock, "SELECT id FROM authenticators WHERE user_id = 'noor'")[0].id;

/** The rows as they are now, to go back to. What was written down since stays: it is the audit. */
class Rows {
  static TABLES = ["users", "accounts", "memberships", "invitations", "api_tokens", "service_tokens", "authenticators", "recovery_codes", "sessions", "enrolments"];

  constructor() {
    this.database = open(airlock);
    this.database.exec("PRAGMA synchronous = OFF");
    const insert = [];
    for (const table of Rows.TABLES) {
      const columns = this.database.prepare(`PRAGMA table_info(${table})`).all().map(({ name }) => name).join(", ");
      this.database.exec(`CREATE TEMP TABLE kept_${table} AS SELECT ${columns} FROM ${table}`);
      insert.push(`INSERT OR IGNORE INTO ${table} (${columns}) SELECT ${columns} FROM kept_${table}`);
    }
    this.emptied = "DELETE FROM users; DELETE FROM accounts";
    this.kept = insert.join("; ");
  }

  /** All as it was, or, so that what a scanner has stored is there to be found, nothing gone that was. */
  restore(wholly) {
    const now = Date.now();
    this.database.exec(`BEGIN IMMEDIATE; DELETE FROM password_budgets; DELETE FROM floods; DELETE FROM code_attempts; ${wholly ? this.emptied : "DELETE FROM sessions"}; ${this.kept};
      UPDATE users SET code_failures = 0, must_enrol = 0; UPDATE accounts SET two_factor_required = 0, required_since = NULL;
      UPDATE memberships SET (role, state) = (SELECT role, state FROM kept_memberships k WHERE k.user_id = memberships.user_id)
        WHERE user_id IN (SELECT user_id FROM kept_memberships);
      UPDATE sessions SET last_seen_at = ${now}, password_at = ${now}, expires_at = ${now + 300_000}, attempts = 0,
        reauthenticated_at = iif(pending, NULL, ${now}), second_factor_at = iif(second_factor IS NULL, NULL, ${now});
      UPDATE enrolments SET expires_at = ${now + 300_000}; COMMIT`);
  }
}

const rows = new Rows();
let turn = Promise.resolve();
/** One request at a time: only one may write to a local D1. */
const alone = (work) => (turn = turn.then(work, work));

/** Where a server that was tricked into a request of its own would turn up. */
const lure = http.createServer((request, response) => {
  if (!/^\/(get_\w+\.php|dns_\w+|$)/.test(request.url)) found("lure", `${request.method} ${request.url}`);
  response.end("{}");
});
await once(lure.listen(0, "127.0.0.1"), "listening");

/** Speaks for `caller`; `wholly`: every request meets exactly the same rows. */
async function relay(who, caller, { wholly, waits }) {
  const [place, headers = {}] = CALLERS[caller];
  const through = { requests: 0, statuses: {}, braked: 0 };
  const server = http.createServer({ insecureHTTPParser: true }, async (request, response) => {
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = await pass(request, Buffer.concat(chunks));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch (error) {
      found(who, `${request.method} ${request.url}: ${error.message}`);
      response.destroy();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;

  async function pass(request, body) {
    const sent = { "sec-fetch-site": "same-origin", ...request.headers, ...headers, host: place.host };
    for (const name of ["connection", "transfer-encoding", "content-length"]) delete sent[name];
    for (const name of ["origin", "referer"]) sent[name] = sent[name]?.replace(origin, place.origin) ?? [];
    if (headers.cookie && request.headers.cookie) sent.cookie = `${headers.cookie}; ${request.headers.cookie}`;
    if (body.length > 0) sent["content-length"] = body.length;
    for (;;) {
      const answer = await alone(() => (rows.restore(wholly), ask(place, request.method, request.url, sent, body)));
      through.requests++;
      if (answer.status !== 429 || answer.headers["retry-after"] !== "60") return looked(request, body, answer);
      through.braked++;
      if (!waits) return answer;
      await new Promise((resolve) => setTimeout(resolve, 60_500 - (Date.now() % 60_000)));
    }
  }

  function looked(request, body, answer) {
    const { status } = answer;
    through.statuses[status] = (through.statuses[status] ?? 0) + 1;
    const what = `${status} to ${request.method} ${request.url} ${JSON.stringify(body.toString().slice(0, 300))}`;
    const text = answer.body.toString();
    if (status >= 500) found(who, what);
    if (/SQLITE_|D1_ERROR|syntax error|panicked/.test(text)) found(who, `an error from within, ${what}`);
    for (const line of answer.headers["set-cookie"] ?? []) {
      // Nobody here knows a password or a code. Whoever is in already may be given a new token; whoever has the link of an
      // invitation chooses a password and is in.
      const joined = request.method === "POST" && request.url === invitation;
      if (/^__Host-airlock(-admin)?=[^;]/.test(line) && /^(stranger|pending)/.test(caller) && !joined) found(who, `a session, ${what}`);
    }
    const ours = place === airlock.admin || OURS.test(request.url.split("?")[0]);
    if (ours && /html/.test(answer.headers["content-type"]) && /<(script|iframe|object|embed|base|img src)\b/i.test(text)) {
      found(who, `markup that is not ours, ${what}`);
    }
    return answer;
  }

  return { origin, through, close: () => (server.closeAllConnections(), server.close()) };
}

/** As `send`, in bytes. */
function ask(place, method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: place.port, method, path, headers }, async (response) => {
      const chunks = [];
      // An event stream never ends.
      const stream = /event-stream/.test(response.headers["content-type"]);
      try {
        for await (const chunk of response) {
          chunks.push(chunk);
          if (stream) break;
        }
      } catch (error) {
        if (!stream) return reject(error);
      }
      const { "transfer-encoding": _, "content-length": __, connection: ___, ...rest } = response.headers;
      resolve({ status: response.statusCode, headers: rest, body: Buffer.concat(chunks) });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const children = new Set();
process.once("exit", () => children.forEach((child) => child.kill()));

/** Runs one of the scanners in a folder of its own; answers what it printed. */
function run(scanner, folder, args) {
  mkdirSync(folder, { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.PYTHON, [join(dirname(process.env.PYTHON), scanner), ...args.map(String)], {
      cwd: folder,
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PYTHONUNBUFFERED: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => ((printed += data), appendFileSync(join(folder, "printed"), data)));
    }
    child.on("error", reject);
    child.on("close", (exit) => resolve({ exit, printed }));
    children.add(child);
  });
}

let runs = 0;
const folder = () => join(airlock.folder, "attack", String(++runs));
const total = { requests: 0, parameters: 0 };
const said = (who, { requests, statuses, braked }, what) => {
  total.requests += requests;
  const kinds = Object.entries(statuses).map(([status, times]) => `${times} × ${status}`).join(", ");
  console.log(`${who}\n    ${requests} requests (${kinds}${braked ? `, braked ${braked} times` : ""}); ${what}`);
};

/** One request of the product for sqlmap to try each parameter of; where parts are marked with `*`, these. */
async function sqlmap([caller, method, path, body, options = []]) {
  const who = `sqlmap: ${method} ${path} as ${caller}`;
  if (!who.includes(ONLY)) return;
  const json = typeof body === "object";
  const marked = path.split("*").length - 1;
  const expected = options.parameters ?? (marked || [...new URLSearchParams(path.split("?")[1])].length + (json ? Object.values(body).flat().length : [...new URLSearchParams(body)].length));
  const { origin, through, close } = await relay(who, caller, { wholly: true, waits: true });
  const { printed } = await run("sqlmap", folder(), [
    ...["-u", origin + path, "--method", method, "--batch", "--disable-coloring", "--flush-session", "--output-dir", "."],
    ...["--dbms", "SQLite", "--level", QUICK ? 1 : 3, "--risk", QUICK ? 1 : 2, "--ignore-code", "*", "--ignore-redirects", "--skip-waf"],
    ...(body === undefined ? [] : ["--data", json ? JSON.stringify(body) : body]),
    ...(json ? ["-H", "Content-Type: application/json"] : []),
    ...(options.length > 0 ? options : ["--skip", "user-agent,referer,cookie,host"]),
  ]);
  close();
  const tested = [...printed.matchAll(/parameter '(.+)' does not seem to be injectable/g)].map(([, name]) => name);
  // What appears to be injectable it looks at again, and may take back: then it says that it is not.
  const seems = [...printed.matchAll(/parameter '(.+?)' (is vulnerable|appears to be '.+' injectable.*)/g)];
  const hits = seems.filter(([, name, verdict]) => verdict === "is vulnerable" || !tested.includes(name)).map(([hit]) => hit);
  if (/identified the following injection point/.test(printed)) hits.push("sqlmap says so");
  for (const hit of hits) found(who, hit);
  if (hits.length === 0 && tested.length < expected) {
    found(who, `${tested.length} of ${expected} parameters were tried: ${printed.split("\n").filter((line) => /CRITICAL|ERROR/.test(line)).join(" ")}`);
  }
  total.parameters += tested.length;
  said(who, through, `not injectable: ${tested.join(", ")}`);
}

const WRONG = { email: "noor@acme.test", password: "not the password at all" };
const ACCOUNT = "/api/v1/accounts/acme";
const form = (fields) => String(new URLSearchParams(fields));
const only = (parameters, ...words) => Object.assign(words, { parameters });
// Each lane is one after the other. Logins and invitations share a brake.
const LANES = [
  [
    ["stranger", "POST", `${AUTH}/login`, form({ ...WRONG, return_to: "/reports" })],
    ["stranger", "POST", `${AUTH}/login`, form(WRONG), only(2, "-p", "user-agent,referer", "--level", "3", "--user-agent", "Scanner", "--referer", `${airlock.origin}${AUTH}/login`)],
    ["stranger", "POST", invitation, { password: "short" }],
    ["stranger", "POST", `${invitation}*`, { password: "short" }],
  ],
  [["stranger at the admin host", "POST", `${AUTH}/login`, { ...WRONG, email: "owner@acme.test", return_to: "/tokens" }]],
  [
    ["stranger", "GET", `${AUTH}/login?return_to=/reports`],
    ["stranger", "GET", `${invitation}*`],
    ["stranger", "POST", `${AUTH}/language`, { language: "de", return_to: "/reports" }],
    ["stranger", "GET", "/reports?year=2026"],
    ["stranger", "GET", `${AUTH}/session`, undefined, only(3, "-p", "__Host-airlock,__Host-airlock-browser,__Host-airlock-language", "--level", "3", "--cookie", `${noor}; __Host-airlock-browser=x.y; __Host-airlock-language=de`)],
    ["pending", "POST", `${AUTH}/verify`, { code: "000000" }],
    ["pending", "POST", `${AUTH}/recovery`, { code: "00000-00000-00000-00000-0000" }],
    ["enroller", "POST", `${AUTH}/enrol`, { code: "000000", name: "Phone" }],
    ["member", "POST", `${AUTH}/reauth`, { password: WRONG.password, code: "000000", return_to: "/reports" }],
    ["member", "GET", `${AUTH}/reauth?return_to=/reports`],
    ["member", "GET", `${AUTH}/profile?done=saved`],
    ["member", "POST", `${AUTH}/profile/edit`, { name: "Noor" }],
    ["member", "POST", `${AUTH}/password`, form({ current_password: WRONG.password, new_password: "seven grey herons wade" })],
    ["member", "POST", `${AUTH}/recovery-codes/kept`, { code: "00000-00000-00000-00000-0000", return_to: "/reports" }],
    ["member", "POST", `${AUTH}/authenticators/${AUTHENTICATOR_ID}*/remove`, ""],
    ["member", "POST", `${AUTH}/sessions/${SESSION_ID}*/end`, ""],
    ["member", "GET", "/reports?year=2026"],
  ],
  [
    ["admin", "GET", "/settings/security/two-factor?account=acme&two_factor=all&q=mia&cursor=bWlhQGFjbWUudGVzdA&done=reset&target=noor"],
    ["admin", "POST", "/settings/security/two-factor", form({ account: "acme", required: "true", applies: "now" })],
    ["admin", "GET", "/members?account=acme&q=mia&cursor=bWlhQGFjbWUudGVzdA&done=removed"],
    ["admin", "POST", "/members", form({ account: "acme", email: "new@acme.test", name: "New", role: "member" })],
    ["admin", "GET", "/members/mia*?account=acme*"],
    ["admin", "POST", "/members/mia*", form({ account: "acme", role: "admin", name: "Mia" })],
    ["admin", "POST", "/members/mia", form({ account: "acme", role: "admin", name: "Mia", active: "true" })],
    ["admin", "GET", "/members/mia*/reset?account=acme*"],
    ["admin", "POST", "/members/mia*/reset", form({ account: "acme" })],
    ["admin", "POST", "/members/mia*/remove", form({ account: "acme" })],
    ["admin", "GET", "/audit?account=acme&actor=owner&target=noor&action=login&cursor=NQ"],
    ["admin", "GET", "/audit/export?account=acme&after=1"],
    ["admin", "POST", "/tokens", form({ account: "acme", name: "t", days: "5", "users:read": "on" })],
    ["admin", "POST", `/tokens/${tokenId}*/revoke`, form({ account: "acme" })],
    ["admin", "POST", "/service-tokens", form({ account: "acme", name: "t", days: "5", paths: "/a", methods: "GET" })],
    ["admin", "POST", `/service-tokens/${serviceId}*/revoke`, form({ account: "acme" })],
  ],
  [
    ["pending admin", "POST", `${AUTH}/verify`, { code: "000000" }],
    ["token", "GET", `${ACCOUNT}*/users`],
    ["token", "GET", `${ACCOUNT}/users?two_factor=disabled&q=mia&limit=5`],
    ["token", "GET", `${ACCOUNT}/users?cursor=bWlhQGFjbWUudGVzdA`, undefined, only(1, "-p", "cursor", "--base64", "cursor", "--base64-safe")],
    ["token", "GET", `${ACCOUNT}/audit?actor=owner&target=noor&action=login&limit=5`],
    ["token", "GET", `${ACCOUNT}/audit?cursor=NQ`, undefined, only(1, "-p", "cursor", "--base64", "cursor", "--base64-safe")],
    ["token", "GET", `${ACCOUNT}*/audit`],
    ["token", "GET", `${ACCOUNT}*/two-factor`],
    ["token", "PUT", `${ACCOUNT}/two-factor`, { required: "true", applies: "now" }],
    ["token", "POST", `${ACCOUNT}/users`, { email: "new@acme.test", name: "New", role: "member" }],
    ["token", "PATCH", `${ACCOUNT}/users/mia`, { role: "admin", name: "Mia" }],
    ["token", "PATCH", `${ACCOUNT}/users/mia*`, { name: "Mia" }],
    ["token", "DELETE", `${ACCOUNT}/users/mia*`],
    ["token", "POST", `${ACCOUNT}/users/mia*/two-factor/reset`],
    ["token", "GET", "/api/v1/accounts", undefined, only(1, "--level", "3", "-H", "Authorization: Bearer airlock_x*")],
    ["admin", "GET", `${ACCOUNT}*/tokens`],
    ["admin", "POST", `${ACCOUNT}/tokens`, { name: "t", scopes: ["users:read"], expires_at: "2027-01-01T00:00:00Z" }],
    ["admin", "DELETE", `${ACCOUNT}/tokens/${tokenId}*`],
    ["admin", "GET", `${ACCOUNT}*/service-tokens`],
    ["admin", "POST", `${ACCOUNT}/service-tokens`, { name: "t", paths: ["/a"], methods: ["GET"], expires_at: "2027-01-01T00:00:00Z" }],
    ["admin", "DELETE", `${ACCOUNT}/service-tokens/${serviceId}*`],
    ["program", "GET", "/reports*"],
  ],
];

/**
 * Not these: their databases come from the net (nikto, htp, wapp), TLS ends before us (ssl), or they ask for 31,000 paths
 * that others have, where the gate gives each the same answer (buster).
 */
const LEFT_OUT = ["nikto", "htp", "wapp", "ssl", "buster"];

/** Everything wapiti has, beginning at these paths. */
async function wapiti(caller, ...paths) {
  const who = `wapiti: as ${caller}`;
  if (!who.includes(ONLY)) return;
  const where = folder();
  const listed = await run("wapiti", where, ["--list-modules"]);
  const modules = [...listed.printed.matchAll(/^\t(\w+)(?: \(used by default\))?$/gm)].map(([, name]) => name);
  const used = QUICK ? ["cookieflags", "crlf", "csp", "csrf", "http_headers", "https_redirect", "methods", "redirect", "spring4shell", "sql", "xss"] : modules.filter((name) => !LEFT_OUT.includes(name));
  assert.ok(used.every((name) => modules.includes(name)) && modules.length > 25, listed.printed);
  const { origin, through, close } = await relay(who, caller, { wholly: false, waits: false });
  const { printed } = await run("wapiti", where, [
    ...["-u", `${origin}/`, ...paths.flatMap((path) => ["-s", origin + path]), "-m", used.join(","), "--scope", "domain", "--no-bugreport"],
    ...(caller === "stranger" ? [] : ["-x", `${origin}${AUTH}/language`]), // on every page the same form
    ...["--store-session", where, "--store-config", where, "-f", "json", "-o", "report.json", "--flush-session", "-v", "1"],
    ...["--endpoint", `http://127.0.0.1:${lure.address().port}/`, "--drop-set-cookie", "-t", "20", "--max-links-per-page", "200", "--max-files-per-dir", "200"],
  ]);
  close();
  const report = JSON.parse(readFileSync(join(where, "report.json")));
  const argued = {};
  for (const [kind, list] of Object.entries({ ...report.vulnerabilities, ...report.anomalies })) {
    for (const { module, method, path, parameter, info } of list) {
      if (await ARGUED[module]?.(CALLERS[caller], method, path)) argued[module] = (argued[module] ?? 0) + 1;
      else found(who, [module, kind, method, path, parameter, info].join(" | "));
    }
  }
  if (!/Attack process was completed|report has been generated/i.test(printed)) found(who, `it did not get to its end\n${printed.slice(-2000)}`);
  said(who, through, `${report.infos.crawled_pages_nbr ?? report.infos.crawled_pages} pages, ${used.length} modules (${used.join(", ")}); shown to be no fault: ${JSON.stringify(argued)}`);
}

const began = Date.now();
for (const work of [
  () => wapiti("stranger", `${AUTH}/login`, `${AUTH}/login?return_to=/reports`, invitation),
  () => wapiti("member", `${AUTH}/profile`, `${AUTH}/profile/edit`, `${AUTH}/password`, `${AUTH}/reauth`, `${AUTH}/enrol`, "/reports?year=2026"),
  () => wapiti("stranger at the admin host", `${AUTH}/login`),
  () => wapiti("admin", "/settings/security/two-factor?account=acme", "/members?account=acme", "/audit?account=acme&actor=owner", "/tokens?account=acme"),
]) await work();
await Promise.all(LANES.map(async (lane) => { for (const target of lane) await sqlmap(target); }));

// What is left behind.
const left = (statement) => sql(airlock, statement).map((row) => Object.values(row).join(" "));
if (String(left("PRAGMA integrity_check")) !== "ok" || left("PRAGMA foreign_key_check").length > 0) found("database", "is damaged");
for (const row of left(`SELECT action, actor_id FROM audit WHERE at >= ${began} AND result = 'ok' AND actor_id IS NOT NULL
  AND (actor_id NOT IN ('owner', 'noor', 'mia') OR action IN ('login', 'verify', 'recovery', 'enrol')) GROUP BY 1, 2`)) {
  // Whoever has the link may join, with any password that is long enough.
  if (row !== `member_joined ${ida.id}`) found("audit", `an act of nobody here: ${row}`);
}
rows.restore(true);
while (left("SELECT id FROM audit WHERE hash IS NULL LIMIT 1").length > 0) {
  assert.equal((await send(airlock, "GET", "/cdn-cgi/local/scheduled?cron=*+*+*+*+*")).status, 200);
}
let exported = "";
for (let next = "/audit/export?account=acme"; next; ) {
  const { headers, text } = await send(airlock.admin, "GET", next, { cookie: admin });
  exported += text;
  next = /<(.*)>/.exec(headers.link)?.[1];
}
writeFileSync(join(airlock.folder, "audit.ndjson"), exported);
const verified = await new Promise((resolve) => {
  const child = spawn("npm", ["run", "--silent", "admin", "--", "verify-audit", join(airlock.folder, "audit.ndjson")], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
  child.on("close", (exit) => resolve({ exit, printed }));
});
if (verified.exit !== 0) found("audit", verified.printed);
console.log(`audit\n    ${verified.printed.trim().split("\n")[0]}`);
for (const line of airlock.log.split("\n").filter((line) => /panicked|"fault"|Uncaught|RuntimeError/.test(line))) found("log", line.slice(0, 500));

const minutes = Math.round((Date.now() - began) / 6000) / 10;
console.log(`\n${total.requests} requests in ${minutes} minutes; ${total.parameters} parameters by sqlmap; ${findings.length} findings`);
for (const finding of findings) console.log(`  ${finding}`);
if (process.env.KEEP) console.log(airlock.folder);
else await airlock.stop();
process.exit(findings.length > 0 ? 1 : 0);
