// One target: Workers in a workerd of their own, what that process uses, and one client that asks it, a request at a time.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import workerd from "workerd"; // wrangler's own, as is:
import { Miniflare, convertV4MiniflareOptions } from "miniflare";

/** The address that browsers would see; where it is listened at is another matter. */
export const ORIGIN = "http://localhost:8787";
const COMPATIBILITY_DATE = "2026-11-01";
export const PASSWORD = "correct horse battery staple";

/** Serves the first of the Workers, and no proxy in front of it. Its database is kept in `folder`. */
export async function serve(workers, folder) {
  const before = new Set(runtimes());
  const begun = performance.now();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: folder,
      cf: false,
      handleStructuredLogs() {}, // a line for each login
      workers: workers.map((worker) => ({ compatibilityDate: COMPATIBILITY_DATE, unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }], stripCfConnectingIp: false, ...worker })),
    }),
  );
  const { port } = await miniflare.unsafeGetDirectURL(workers[0].name);
  const pids = runtimes().filter((pid) => !before.has(pid));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    miniflare,
    begun,
    cpu: () => pids.reduce((total, pid) => total + cpu(pid), 0),
    memory: () => pids.reduce((total, pid) => total + memory(pid), 0),
    ask: (request) => ask(agent, port, request),
    async stop() {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}

/**
 * How a Worker starts in a workerd that holds nothing else: what measures the CPU in ms until it listens, by when its Wasm is
 * compiled and its global scope has run. With Miniflare's own Workers beside it, ten times as much noise would count too.
 */
export function starting({ modules, compatibilityFlags = [] }, folder) {
  const kinds = { ESModule: "esModule", CompiledWasm: "wasm" };
  mkdirSync(folder);
  for (const { path, contents } of modules) writeFileSync(join(folder, path), contents);
  const embedded = modules.map(({ type, path }) => `(name = "${path}", ${kinds[type]} = embed "${path}")`);
  const config = join(folder, "config.capnp");
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = (modules = [${embedded}], compatibilityDate = "${COMPATIBILITY_DATE}", compatibilityFlags = ${JSON.stringify(compatibilityFlags)}))],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);`,
  );
  return async () => {
    const process = spawn(workerd.default, ["serve", "--control-fd=1", config], { stdio: ["ignore", "pipe", "ignore"] });
    await Promise.race([once(process.stdout, "data"), once(process, "exit").then(() => { throw new Error("workerd did not start"); })]);
    const used = cpu(process.pid);
    process.kill();
    await once(process, "exit");
    return used;
  };
}

/** The workerd processes that this one has started. */
function runtimes() {
  return readdirSync("/proc").filter((pid) => {
    try {
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
      return name === "workerd" && Number(rest.split(" ")[1]) === process.pid;
    } catch {
      return false; // no process, or none any more
    }
  });
}

/** Milliseconds of CPU that the threads of a process have used so far. `/proc/PID/stat` has it too, but in ticks of 10 ms. */
function cpu(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
  return threads.reduce((total, text) => total + Number(text.split(" ")[0]), 0) / 1e6;
}

/** Resident memory in MB. */
function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

function ask(agent, port, { method = "GET", path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const sent = { host: new URL(ORIGIN).host, accept: "application/json", ...headers };
    if (body) Object.assign(sent, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    const request = http.request({ agent, host: "127.0.0.1", port, method, path, headers: sent }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A browser of its own, at an address of its own. */
export class Browser {
  constructor(person) {
    this.person = person;
    this.cookies = new Map();
  }

  /** A request of this browser; its answer goes to `took`. */
  request(path, fields) {
    const headers = { "cf-connecting-ip": `10.${this.person >> 16}.${(this.person >> 8) & 255}.${this.person & 255}`, "user-agent": "bench" };
    if (this.cookies.size > 0) headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (!fields) return { path, headers };
    return { method: "POST", path, headers: { ...headers, origin: ORIGIN, "sec-fetch-site": "same-origin" }, body: JSON.stringify(fields) };
  }

  took({ headers }) {
    for (const line of headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

/** The code that an authenticator shows (RFC 6238); `key` in bytes. */
export function code(key) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export const wrongCode = (key) => String((Number(code(key)) + 500_000) % 1_000_000).padStart(6, "0");

/** The bytes of a seed as people type it. */
export function base32(text) {
  let [bits, bytes] = ["", []];
  for (const letter of text) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  for (let at = 0; at + 8 <= bits.length; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8), 2));
  return Buffer.from(bytes);
}
