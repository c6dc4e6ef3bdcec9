// What the end-to-end tests have in common: the real thing as `npm start` serves it, on a database of its own; a client
// with a cookie jar; an authenticator (oathtool); and the database file, to set what an admin would set.

import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const demo = JSON.parse(readFileSync(new URL("../../dev/people.json", import.meta.url), "utf8"));
export const PASSWORD = demo.password;
export const [OWNER_SEED, NOOR_SEED] = ["owner", "noor"].map((id) => demo.people.find((person) => person.id === id).seed);

/** What Airlock's own paths begin with: `AUTH_PREFIX=/-/sign-in npm test` runs all tests under another prefix. */
export const AUTH = (process.env.AUTH_PREFIX ||= "/auth");

// An interrupted run leaves no server behind.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Starts `command` as a process group with a port of its own, or this one, and these variables; answers once it answers. */
export async function start(command = ["sh", "dev/start.sh"], variables = {}, at = undefined) {
  const port = at ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "airlock-e2e-"));
  const [program, ...args] = command.map((word) => word.replace("PORT", port).replace("FOLDER", folder));
  const child = spawn(program, args, {
    detached: true,
    // No mails, unless a test asks for some.
    env: { ...process.env, MAIL_FROM: "", ...variables, PORT: String(port), STATE_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const place = (host) => ({ port, folder, host: `${host}:${port}`, origin: `http://${host}:${port}` });
  const airlock = { ...place("localhost"), admin: place("admin.localhost"), mail: place("mail.localhost"), group: child.pid, log: "" };
  child.stdout.on("data", (data) => (airlock.log += data));
  child.stderr.on("data", (data) => (airlock.log += data));
  const ended = new Promise((resolve) => child.on("exit", resolve)).then(() => (airlock.ended = true));
  airlock.logged = async (text) => {
    for (let tries = 0; tries < 100 && !airlock.log.includes(text); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    return airlock.log.includes(text);
  };
  const end = () => {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {} // it has ended already
  };
  process.once("exit", end);
  airlock.stop = async () => {
    end();
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await answering(airlock).catch(async (error) => {
    await airlock.stop();
    throw error;
  });
  return airlock;
}

/** Waits for its first answer. */
async function answering(airlock) {
  for (let tries = 0; tries < 1200 && !airlock.ended; tries++) {
    try {
      return await send(airlock, "GET", `${AUTH}/health`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  throw new Error(`no answer from ${airlock.origin}\n${airlock.log}`);
}

/** Below the ports that systems give to whoever asks for any: what begins to listen meanwhile does not take it. */
export function freePort() {
  return new Promise((resolve) => {
    const port = randomInt(10_000, 30_000);
    const server = net.createServer().once("error", () => resolve(freePort()));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
  });
}

/**
 * One request to `place` (`airlock` or `airlock.admin`: the Host header tells them apart), with exactly these headers;
 * node's fetch would not send Sec-Fetch-Site as told.
 */
export function send(place, method, path, headers = {}, body = "") {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: place.port, method, path, headers: { host: place.host, ...headers } };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text, json: parsed(text) });
      });
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An API client with a cookie jar, at `airlock` or `airlock.admin`. */
export class Client {
  constructor(place, cookies = {}) {
    this.place = place;
    this.cookies = { ...cookies };
  }

  /** The header with all its cookies. */
  get cookie() {
    return Object.entries(this.cookies).map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async send(method, path, { body = "", type = "application/json", headers = {} } = {}) {
    const sent = { accept: "application/json", "sec-fetch-site": "same-origin", ...headers };
    if (this.cookie) sent.cookie = this.cookie;
    if (method !== "GET") sent["content-type"] = type;
    const response = await send(this.place, method, path, sent, body);
    for (const line of response.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/.test(line)) delete this.cookies[name];
      else this.cookies[name] = value;
    }
    return response;
  }

  get(path, headers) {
    return this.send("GET", path, { headers });
  }

  post(path, fields = {}) {
    return this.send("POST", path, { body: JSON.stringify(fields) });
  }

  login(email) {
    return this.post(`${AUTH}/login`, { email, password: PASSWORD });
  }

  verify(code) {
    return this.post(`${AUTH}/verify`, { code });
  }

  twin() {
    return new Client(this.place, this.cookies);
  }
}

/** The code that an authenticator with this seed shows, `steps` time steps from now. */
export function code(seed, steps = 0) {
  const now = Math.floor(Date.now() / 1000) + 30 * steps;
  return execFileSync("oathtool", ["-b", "--totp", "--now", `@${now}`, seed], { encoding: "utf8" }).trim();
}

/** The same, of an authenticator that is let be used again at once, where a person would wait for the next code. */
export function nextCode(airlock, user, seed) {
  sql(airlock, "UPDATE authenticators SET last_step = 0, burned_steps = '[]' WHERE user_id = ?", user);
  return code(seed);
}

/** Lets more than five minutes pass since password and code were last proven. */
export function growStale(airlock) {
  sql(airlock, "UPDATE sessions SET reauthenticated_at = reauthenticated_at - 360000");
}

/** Where D1 keeps the database. */
export function databaseFile(airlock) {
  return globSync(join(airlock.folder, "v3/d1/**/*.sqlite")).find((path) => !path.endsWith("metadata.sqlite"));
}

/** Opens the database file. */
export function open(airlock) {
  const database = new DatabaseSync(databaseFile(airlock));
  database.exec("PRAGMA busy_timeout = 10000");
  return database;
}

/** Runs one statement on the database file, as an admin's act or to look at rows. */
export function sql(airlock, statement, ...values) {
  const database = open(airlock);
  try {
    return database.prepare(statement).all(...values);
  } finally {
    database.close();
  }
}

/** Makes a session of a user in the database; answers the cookie. */
export function session(airlock, user, { site = "edge", pending = 0, factor = null, age = 0 } = {}) {
  const token = randomBytes(32).toString("base64url");
  // As the core hashes it: each part after its length.
  const hash = createHash("sha256");
  for (const part of [`${site} session`, token]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  const now = Date.now() - age;
  sql(
    airlock,
    `INSERT INTO sessions (token_hash, id, user_id, site, pending, browser, return_to, password_at, second_factor,
       second_factor_at, last_seen_at, expires_at, created_at, ip, country, user_agent)
     VALUES (?, ?, ?, ?, ?, '', '/', ?, ?, ?, ?, ?, ?, '', '', '')`,
    hash.digest("hex"), randomBytes(12).toString("hex"), user, site, pending, now, factor, factor && now, now, now + 43_200_000, now,
  );
  return `__Host-airlock${site === "admin" ? "-admin" : ""}=${token}`;
}

/** Runs a command beside this Airlock to its end. */
export function run(airlock, [program, ...args], { input = "", env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const around = { ...process.env, PORT: String(airlock.port), STATE_DIR: airlock.folder, ...env };
    const child = spawn(program, args, { env: around });
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].on("data", (data) => (said[stream] += data));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...said }));
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

/** The processes of the runtime that serves this Airlock: their ids, and what /proc/…/stat has after the name. */
function processes(airlock) {
  const found = [];
  for (const folder of globSync("/proc/[0-9]*")) {
    try {
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`${folder}/stat`, "utf8"));
      const fields = rest.split(" ").map(Number);
      if (name === "workerd" && fields[2] === airlock.group) found.push({ id: Number(folder.slice("/proc/".length)), fields });
    } catch {} // it has ended
  }
  return found;
}

/** What the runtime that serves this Airlock has used so far of the CPU, in milliseconds, and holds of memory, in kilobytes. */
export function runtime(airlock) {
  const total = { cpu: 0, memory: 0 };
  for (const { id, fields } of processes(airlock)) {
    total.cpu += 10 * (fields[11] + fields[12]); // as user and as system, in ticks of 10 ms
    total.memory += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]);
  }
  return total;
}

/** Megabytes of the memory that Wasm has there: each begins 4 GiB of addresses, of which the rest may not be touched yet. */
export function wasmMemory(airlock) {
  let total = 0;
  for (const { id } of processes(airlock)) {
    const lines = readFileSync(`/proc/${id}/maps`, "utf8").trim().split("\n");
    const maps = lines.map((line) => /^(\w+)-(\w+) (\S+)/.exec(line)).map(([, from, to, may]) => ({ from: parseInt(from, 16), to: parseInt(to, 16), may }));
    for (const [i, { from, to, may }] of maps.entries()) {
      const next = maps[i + 1];
      if (may.startsWith("rw") && next?.may.startsWith("---") && next.from === to && next.to - from >= 2 ** 32) total += to - from;
    }
  }
  return total / 2 ** 20;
}

/**
 * Kills the runtime that has the Workers and the database at once, as a crash does: wrangler starts another, which goes on
 * with the same database. `meanwhile` is done before that one opens it. The runtime that listens in front only passes
 * requests on.
 */
export async function kill(airlock, meanwhile = () => {}) {
  const listens = `entry=127.0.0.1:${airlock.port}\0`;
  const [behind] = processes(airlock).filter(({ id }) => !readFileSync(`/proc/${id}/cmdline`, "utf8").includes(listens));
  process.kill(behind.id, "SIGKILL");
  meanwhile();
  // Until the other is there, what listens in front says that the connection was lost.
  while (!(await answering(airlock)).json) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** What an admin's switch does. */
export function require2fa(airlock, required) {
  sql(airlock, "UPDATE accounts SET two_factor_required = ?, required_since = ?", required ? 1 : 0, Date.now());
}
