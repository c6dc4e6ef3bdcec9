// npm run bench: what the gate costs. CPU of the runtime for one request, D1 included, on a path that is public and on one
// that needs a session, to the same app: the difference is the session's two statements, the policy and the signed assertion.

import { once } from "node:events";
import http from "node:http";
import { Client, runtime, start } from "../tests/e2e/airlock.mjs";

const [ROUNDS, REQUESTS, AT_ONCE] = [5, 400, 8];

const app = http.createServer((_, response) => response.end("ok"));
await once(app.listen(0, "127.0.0.1"), "listening");
const airlock = await start(undefined, { APP_URL: `http://127.0.0.1:${app.address().port}`, PUBLIC_PATHS: "/public" });
const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });

async function cost(path, cookie) {
  const ask = () =>
    new Promise((resolve, reject) => {
      const options = { agent, host: "127.0.0.1", port: airlock.port, path, headers: { host: airlock.host, cookie } };
      http.get(options, (response) => (response.resume(), response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(response.statusCode)))))).on("error", reject);
    });
  const before = runtime(airlock).cpu;
  let left = REQUESTS;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await ask(); }));
  return (runtime(airlock).cpu - before) / REQUESTS;
}

const mia = new Client(airlock);
await mia.login("mia@acme.test");
const { cookie } = mia;
const rounds = [];
for (let round = 0; round <= ROUNDS; round++) {
  const [open, gated] = [await cost("/public", cookie), await cost("/private", cookie)];
  if (round > 0) rounds.push({ open, gated, added: gated - open }); // the first one warms up
}
const median = (name) => rounds.map((round) => round[name]).sort((a, b) => a - b)[ROUNDS >> 1];
console.log(`CPU of workerd for one request, median of ${ROUNDS} rounds of ${REQUESTS}:`);
console.log(`  public path   ${median("open").toFixed(2)} ms`);
console.log(`  gated path    ${median("gated").toFixed(2)} ms`);
console.log(`  the gate adds ${median("added").toFixed(2)} ms`);
await airlock.stop();
app.close();
process.exit(0);
