// npm run bench: Airlock beside what people would use instead, and beside what nothing can be cheaper than. One run, one
// machine, one version of workerd; batches of requests take turns, so that whatever else runs here falls on all alike.
// `-- --quick` measures less.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { Browser, serve, starting } from "./measure.mjs";
import { quantile, report } from "./report.mjs";
import { targets } from "./targets.mjs";

const quick = process.argv.includes("--quick");
const [ROUNDS, PEOPLE, STARTS] = quick ? [2, 10, 2] : [7, 24, 25]; // PEOPLE sign in, in each round, at each target
const WARM = 20; // sign in before anything is measured
// Every step in the order of one login, and how many times each of its people asks. The wrong code has a login of its own.
const STEPS = { password: 1, code: 1, session: 5, gate: 5, trusted: 5, pass: 5, hello: 5, read: 5, write: 5, hash: 1, again: 1, wrong: 1 };

const folder = mkdtempSync(join(os.tmpdir(), "airlock-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const say = (text) => process.stderr.write(`${text}\n`);

say("Setting the targets up");
const all = await targets(folder, WARM + ROUNDS * PEOPLE + 1);
const results = { ...machine(), native: {}, targets: {} };
const hashes = natively({ baseline: [], machine: ["-march=native"] });
for (const { name, gzipKb } of all) results.targets[name] = { gzipKb, steps: {} };

say("Counting round trips");
for (const { name, counting, folder, steps } of all) {
  const target = await serve(counting, folder);
  for await (const [step, [answer]] of through(target, steps, [0], () => 1)) {
    results.targets[name].steps[step] = { d1: JSON.parse(answer.headers["d1-cost"]) };
  }
  await target.stop();
}

say("Starting each");
const starts = Object.fromEntries(all.map(({ name }) => [name, []]));
const alone = Object.fromEntries(all.map(({ name, worker, folder }) => [name, starting(worker, join(folder, "alone"))]));
for (let start = 0; start < STARTS; start++) {
  for (const { name, workers, folder, steps } of all) {
    const startup = await alone[name]();
    const target = await serve(workers, folder);
    const [request] = steps.hello ?? steps.session;
    await target.ask(request(new Browser(0)));
    starts[name].push({ startup, wall: performance.now() - target.begun, cpu: target.cpu(), memory: target.memory() });
    await target.stop();
  }
}
for (const { name } of all) {
  results.targets[name].start = Object.fromEntries(["startup", "wall", "cpu", "memory"].map((what) => [what, quantile(starts[name].map((start) => start[what]), 0.5)]));
}

const running = [];
for (const target of all) running.push({ ...target, ...(await serve(target.workers, target.folder)), samples: {} });
const people = (from, count) => Array.from({ length: count }, (_, i) => from + i);
say("Warming up");
for (const target of running) for await (const _ of through(target, target.steps, people(1, WARM), (step) => STEPS[step] ** 2));
for (let round = 0; round < ROUNDS; round++) {
  say(`Round ${round + 1} of ${ROUNDS}`);
  const turns = running.map((target) => ({ target, batches: through(target, target.steps, people(1 + WARM + round * PEOPLE, PEOPLE), (step) => STEPS[step]) }));
  for (const { run } of hashes) run();
  // One step of each target, then the next step: A B C, A B C.
  for (let left = turns; left.length > 0; ) {
    const still = [];
    for (const turn of left) {
      const { value, done } = await turn.batches.next();
      if (done) continue;
      const [step, answers, cpu] = value;
      const samples = (turn.target.samples[step] ??= { cpu: [], each: [], wall: [] });
      samples.cpu.push(cpu / answers.length);
      samples.each.push(...answers.map(({ cpu }) => cpu));
      samples.wall.push(...answers.map(({ ms }) => ms));
      still.push(turn);
    }
    left = still;
  }
}
for (const { name, samples } of hashes) results.native[name] = quantile(samples, 0.5);
for (const { name, samples, memory } of running) {
  const into = results.targets[name];
  into.memory = memory();
  for (const [step, { cpu, each, wall }] of Object.entries(samples)) {
    const { d1 } = into.steps[step] ?? {};
    const spread = [0.25, 0.75].map((q) => quantile(cpu, q));
    into.steps[step] = { requests: wall.length, cpu: quantile(cpu, 0.5), spread, p99: quantile(each, 0.99), p50: quantile(wall, 0.5), p95: quantile(wall, 0.95), d1 };
  }
}
for (const target of running) await target.stop();
mkdirSync("bench/results", { recursive: true });
console.log(report(results, quick ? undefined : "bench/results"));
process.exit(0);

/** Takes these people through the steps of a target: for each step its name, all answers, and the CPU that they took. */
async function* through(target, steps, people, times) {
  let browsers = people.map((person) => new Browser(person));
  for (const step of Object.keys(STEPS)) {
    if (step === "again" && steps.password) browsers = people.map((person) => new Browser(person));
    const [request, right] = steps[step === "again" ? "password" : step] ?? [];
    if (!request) continue;
    const before = target.cpu();
    const answers = [];
    for (let time = 0; time < times(step); time++) {
      for (const browser of browsers) {
        const [begun, used] = [performance.now(), target.cpu()];
        const answer = await target.ask(request(browser));
        [answer.ms, answer.cpu] = [performance.now() - begun, target.cpu() - used];
        if (!right(answer, browser)) throw new Error(`${target.name}: ${step}: ${answer.status} ${answer.text}`);
        browser.took(answer);
        answers.push(answer);
      }
    }
    const name = step === "again" ? "password" : step;
    yield [name, answers, target.cpu() - before];
  }
}

/** Programs that hash in native C, with these flags of the compiler: what each says a hash costs, whenever it is asked. */
function natively(flags) {
  const source = "bench/node_modules/argon2/argon2";
  const files = ["argon2", "core", "encoding", "thread", "opt", "blake2/blake2b"].map((name) => `${source}/src/${name}.c`);
  return Object.entries(flags).map(([name, flags]) => {
    const program = join(folder, name);
    execFileSync("cc", ["-O3", ...flags, "-pthread", `-I${source}/include`, `-I${source}/src`, "bench/native.c", ...files, "-o", program]);
    const samples = [];
    return { name, samples, run: () => samples.push(...execFileSync(program, ["10"], { encoding: "utf8" }).trim().split("\n").map(Number)) };
  });
}

function machine() {
  const version = (path) => JSON.parse(readFileSync(`${path}/package.json`, "utf8")).version;
  return {
    date: new Date().toISOString().slice(0, 10),
    quick,
    cpu: os.cpus()[0].model,
    cores: os.cpus().length,
    versions: {
      node: process.version.slice(1),
      workerd: version("node_modules/workerd"),
      miniflare: version("node_modules/miniflare"),
      "better-auth": version("bench/node_modules/better-auth"),
      argon2: version("bench/node_modules/argon2"),
    },
  };
}
