// What a run says: the figures in a table, as JSON and as a picture.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const STEPS = {
  password: "Password",
  code: "One-time code",
  wrong: "Wrong code",
  session: "Session check",
  gate: "Request through the gate",
};
const OURS = "Airlock";
const TRUSTING = "Airlock, trusting";
const THEIRS = "better-auth";

/** The value below which a share `q` of `values` lies. */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** What the targets are held to: what is asked, how much it may be and how much it is. */
export function goals({ targets, native }) {
  const ours = targets[OURS].steps;
  const floor = targets.floor.steps;
  const hash = targets.Rust.steps.hash.cpu;
  const beside = Object.keys(STEPS).map((step) => [`${STEPS[step]}, CPU beside ${THEIRS}`, 1, ours[step].cpu / targets[THEIRS].steps[step].cpu]);
  // The floor of a step is one read of D1 for each of its round trips.
  const reads = ["code", "session"].map((step) => [`${STEPS[step]}, CPU beside as many single reads of D1`, 1.5, ours[step].cpu / ours[step].d1.trips / floor.read.cpu]);
  return [
    ...beside,
    ...reads,
    ["A request that is trusted, CPU beside one that is asked about", 0.48, targets[TRUSTING].steps.trusted.cpu / ours.gate.cpu],
    ["A request that is trusted, ms of CPU", 1.2, targets[TRUSTING].steps.trusted.cpu],
    ["Password, CPU beside its hash alone", 1.1, ours.password.cpu / hash],
    ["The hash in Wasm beside native C with 128-bit vectors", 1.5, hash / native.baseline],
    ["Start-up, ms of CPU above a bare Worker's", 50, above(targets, OURS, "startup")],
  ];
}

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");

/** The short table; README.md shows some of its rows. */
export function summary({ targets }) {
  const [ours, theirs] = [targets[OURS], targets[THEIRS]];
  const line = (what, a, b, unit) => [what, unit(a), unit(b), (a / b).toFixed(2)];
  const kb = (value) => `${value.toFixed(0)} kB`;
  return table(
    ["", OURS, THEIRS, "ratio"],
    [
      ...Object.keys(STEPS).map((step) => line(`${STEPS[step]}, CPU`, ours.steps[step].cpu, theirs.steps[step].cpu, ms)),
      line("Round trips to D1, password and code", trips(ours), trips(theirs), String),
      line("Size of the Worker, gzipped", ours.gzipKb, theirs.gzipKb, kb),
      ...Object.entries({ startup: "CPU of the start-up", cpu: "CPU until the first answer" }).map(([what, name]) =>
        line(`${name}, above a bare Worker's`, above(targets, OURS, what), above(targets, THEIRS, what), (value) => `${value.toFixed(0)} ms`),
      ),
    ],
  );
}

const trips = ({ steps }) => steps.password.d1.trips + steps.code.d1.trips;
const above = (targets, name, what) => targets[name].start[what] - targets.floor.start[what];

function markdown(results) {
  const { targets, native, versions } = results;
  const steps = Object.entries(targets).flatMap(([name, { steps }]) =>
    Object.entries(steps).map(([step, { requests, cpu, spread, p99, p50, p95, d1 }]) => [
      `${name}: ${step}`, requests, ms(cpu), spread.map((value) => value.toFixed(2)).join("–"), ms(p99), ms(p50), ms(p95), d1.trips, d1.statements, d1.read, d1.written,
    ]),
  );
  const starts = Object.entries(targets).map(([name, { gzipKb, start, memory }]) => [
    name, `${gzipKb.toFixed(0)} kB`, `${start.startup.toFixed(0)} ms`, `${start.cpu.toFixed(0)} ms`, `${start.wall.toFixed(0)} ms`, `${start.memory.toFixed(0)} MB`, `${memory.toFixed(0)} MB`,
  ]);
  const held = goals(results).map(([what, most, is]) => [what, most, is.toFixed(2), is <= most ? "yes" : "no"]);
  return `# What Airlock costs

${results.date}, ${results.cores} cores (${results.cpu}), workerd ${versions.workerd}, better-auth ${versions["better-auth"]}, Node ${versions.node}.
\`npm run bench\` measures it anew. CPU is that of the workerd process for one request, the local D1's share included: median of
the rounds, in which the targets take turns. better-auth has its defaults: passwords by workerd's native scrypt (N=16384, r=16, p=1)
where Airlock has argon2id (19 MiB, t=2, p=1) in Wasm.

${summary(results)}

![CPU of one request](cpu.svg)

## What is aimed at

${table(["", "at most", "is", "reached"], held)}

## Every step

${table(["", "requests", "CPU", "middle half", "CPU, p99", "p50", "p95", "round trips", "statements", "rows read", "rows written"], steps)}

\`floor\` is JavaScript: an answer, one read of D1, one write, a request passed on to the app. \`Rust\` is an answer and one argon2id hash (19 MiB,
t=2, p=1). The same hash in native C takes ${ms(native.baseline)} with the vectors of any x86-64 and ${ms(native.machine)} with all that this CPU has.
\`pass\` is the same request to the app as \`gate\`, without the question who it is from. \`trusted\` is one by a session that was asked about within
the last minute (GATE_TRUST_S), \`gate\` beside it one that is asked about, and then trusted.

## Start, size and memory

${table(["", "gzipped", "CPU until it listens, alone", "until the first answer, with D1", "time until then", "memory then", "memory at the end"], starts)}

All of workerd is in these numbers, and from the first answer on its local D1: what a Worker adds is the difference to \`floor\`.
`;
}

/** Two bars for each step, on a scale of its own: a password costs many times what all else does. */
export function picture({ targets, date }) {
  const [left, width, height] = [200, 400, 62];
  const bars = Object.keys(STEPS).map((step, i) => {
    const costs = [OURS, THEIRS].map((name) => targets[name].steps[step].cpu);
    const most = Math.max(...costs);
    const bar = (cost, kind, y) =>
      `<rect class="${kind}" x="${left}" y="${y}" width="${((width * cost) / most).toFixed(1)}" height="18" rx="3"/><text x="${(left + 8 + (width * cost) / most).toFixed(1)}" y="${y + 14}">${ms(cost)}</text>`;
    const y = 64 + i * height;
    return `<text class="step" x="${left - 14}" y="${y + 25}">${STEPS[step]}</text>${bar(costs[0], "ours", y)}${bar(costs[1], "theirs", y + 22)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${70 + bars.length * height}" role="img" aria-label="CPU of one request, ${OURS} beside ${THEIRS}">
<style>
  text { font: 14px system-ui, sans-serif; fill: #1b1f24; } .step { text-anchor: end; } .note { fill: #57606a; }
  .back { fill: #fff; } .ours { fill: #1f5fbf; } .theirs { fill: #b3bcc8; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .note { fill: #9aa5b1; } .back { fill: #0d1117; } .ours { fill: #6ea8fe; } .theirs { fill: #4a5563; } }
</style>
<rect class="back" width="100%" height="100%"/>
<rect class="ours" x="${left}" y="18" width="14" height="14" rx="3"/><text x="${left + 20}" y="30">${OURS}</text>
<rect class="theirs" x="${left + 100}" y="18" width="14" height="14" rx="3"/><text x="${left + 120}" y="30">${THEIRS}</text>
<text class="note" x="${left + 230}" y="30">CPU of one request, ${date}</text>
${bars.join("\n")}
</svg>
`;
}

/** Writes all of it to `folder`, if there is one: the text. */
export function report(results, folder) {
  const text = markdown(results);
  if (folder) {
    writeFileSync(join(folder, "latest.json"), `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(join(folder, "latest.md"), text);
    writeFileSync(join(folder, "cpu.svg"), picture(results));
  }
  return text;
}
