// npm run bench -- --latency: how long a page with a hundred assets takes behind the gate, by how far the database is away, where
// each request is asked about (GATE_TRUST_S = 0) and where a session is trusted for half a minute. The real Worker and D1 of workerd;
// before each question it waits for as long as the way would take. The browser is next to it, and asks for all assets at once.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import { join } from "node:path";
import { Browser, ORIGIN, serve } from "./measure.mjs";
import { quantile } from "./report.mjs";
import { airlock, served } from "./targets.mjs";

const [PAGES, ASSETS] = [20, 100];

const folder = mkdtempSync(join(os.tmpdir(), "airlock-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const rows = [];
for (const farMs of [0, 30, 150]) {
  const row = { farMs };
  for (const trust of ["0", "30"]) {
    process.stderr.write(`The database ${farMs} ms away, trusting for ${trust} s\n`);
    const own = join(folder, `${farMs}-${trust}`);
    mkdirSync(own);
    const { worker, steps } = await airlock(own, 2, { GATE_TRUST_S: trust });
    const target = await serve(served([worker], farMs).counting, own);
    row[trust] = await pages(target, steps);
    await target.stop();
  }
  rows.push(row);
}
const line = (cells) => `| ${cells.join(" | ")} |`;
const table = [
  line(["the database is away", "each request is asked about", "GATE_TRUST_S = 30", "ratio"]),
  line(["---:", "---:", "---:", "---:"]),
  ...rows.map((row) => line([`${row.farMs} ms`, `${row[0].toFixed(0)} ms`, `${row[30].toFixed(0)} ms`, (row[30] / row[0]).toFixed(2)])),
].join("\n");
writeFileSync("bench/results/latency.json", `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), pages: PAGES, assets: ASSETS, rows, table }, null, 1)}\n`);
console.log(table);
process.exit(0);

/** Signs someone in and has them open pages: the median of how long one takes, in ms. */
async function pages(target, { password, code: second, gate: [ask] }) {
  const browser = new Browser(1);
  for (const [request] of [password, second]) browser.took(await target.ask(request(browser)));
  const { port } = await target.miniflare.unsafeGetDirectURL("main");
  const agent = new http.Agent({ keepAlive: true, maxSockets: ASSETS });
  const times = [];
  for (let page = -3; page < PAGES; page++) {
    browser.cookies.delete("__Host-airlock-pass"); // it was long ago
    const begun = performance.now();
    await get();
    await Promise.all(Array.from({ length: ASSETS }, get));
    if (page >= 0) times.push(performance.now() - begun);
  }
  agent.destroy();
  return quantile(times, 0.5);

  function get() {
    const { path, headers } = ask(browser);
    return new Promise((resolve, reject) => {
      const sent = { host: new URL(ORIGIN).host, accept: "*/*", ...headers };
      http.get({ agent, host: "127.0.0.1", port, path, headers: sent }, (response) => {
        browser.took(response);
        response.resume();
        response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
      }).on("error", reject);
    });
  }
}
