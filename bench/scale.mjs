// npm run bench -- --scale: how much one D1 carries, and how much more several do: a simulation of queues, by the times that
// `--growth` measured. It is seeded and asks no clock, so every run says the same.

import { readFileSync, writeFileSync } from "node:fs";
import { quantile } from "./report.mjs";

const SECONDS = 20; // of simulated time in a run
const QUEUE = 1_000; // transactions that may wait: the documentation says that there is a limit, not which
const HASH_MS = 60; // between the two transactions of a password
const GOOD_MS = 50; // 99 of 100 requests wait and are served for no longer than this, by the database
const LARGEST = 0.1; // of all load, by one account, where accounts are unequal

// For each login, nine in ten of them without a slip: requests through the gate, of which a tenth note that the session was seen.
const MIX = [["password", 1], ["wrong code", 0.1], ["code", 1], ["gate", 90], ["gate, once a minute", 10]];
// The same where a session, which asks ten times a minute in the mix, is trusted for so many seconds.
const TRUSTING = {
  30: [["password", 1], ["wrong code", 0.1], ["code", 1], ["gate", 10], ["gate, once a minute", 10], ["trusted", 80]],
  60: [["password", 1], ["wrong code", 0.1], ["code", 1], ["gate, once a minute", 10], ["trusted", 90]],
};
const LOGIN = [["password", 1], ["code", 1]];
const GATE = [["gate", 1]];

/** Numbers from 0 to 1, always the same ones (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What comes next in time: a binary heap of [time, what]. */
class Agenda {
  heap = [];
  add(time, what) {
    const { heap } = this;
    let at = heap.push([time, what]) - 1;
    for (let up; at > 0 && heap[(up = (at - 1) >> 1)][0] > heap[at][0]; at = up) [heap[up], heap[at]] = [heap[at], heap[up]];
  }
  next() {
    const { heap } = this;
    const [first, last] = [heap[0], heap.pop()];
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && heap[left][0] < heap[least][0]) least = left;
      if (right < heap.length && heap[right][0] < heap[least][0]) least = right;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least], heap[at]];
      at = least;
    }
  }
}

/**
 * Requests that arrive at random, `load` of them a second on average, at databases of one server and one queue each. `times` has
 * the transactions of each kind of request. A request is answered when its last transaction is; one that finds a queue full
 * is refused.
 */
export function simulate({ load, mix, times, cells = 1, replicas = 0, replicated = 0, unequal = false, seed = 1, seconds = SECONDS }) {
  const chance = random(seed);
  const total = mix.reduce((sum, [, weight]) => sum + weight, 0);
  // After the cells their replicas, and the directory that says which cell an address signs in at.
  const directory = cells * (1 + replicas);
  const free = Array(directory + 1).fill(0); // when the last transaction accepted so far will be done
  const waiting = Array.from(free, () => []);
  const agenda = new Agenda();
  const [waits, end] = [[], seconds * 1000];
  let [answered, refused] = [0, 0];
  const cell = () => {
    if (!unequal || cells === 1) return Math.floor(chance() * cells);
    // The largest account has a cell of its own where it would fill more than its share of one; the others share the rest.
    const own = Math.max(LARGEST, 1 / cells);
    return chance() < own ? 0 : 1 + Math.floor(chance() * (cells - 1));
  };
  const arrive = (time) => {
    let at = chance() * total;
    const [kind] = mix.find(([, weight]) => (at -= weight) < 0) ?? mix.at(-1);
    const home = cell();
    const steps = times[kind].map(({ ms, writes }, i) => ({
      ms,
      at: !writes && chance() < replicated ? cells + home * replicas + Math.floor(chance() * replicas) : home,
      gap: kind === "password" && i === 1 ? HASH_MS : 0,
    }));
    if (steps.length === 0) {
      answered++;
      waits.push(0);
      return;
    }
    if (cells > 1 && kind === "password") steps.unshift({ ms: times.gate[0].ms, at: directory, gap: 0 });
    agenda.add(time, { steps, spent: 0 });
  };
  const interval = () => (-Math.log(1 - chance()) * 1000) / load;
  agenda.add(interval(), null);
  while (agenda.heap.length > 0) {
    const [now, request] = agenda.next();
    if (request === null) {
      if (now < end) {
        arrive(now);
        agenda.add(now + interval(), null);
      }
      continue;
    }
    const { ms, at } = request.steps.shift();
    const queue = waiting[at];
    while (queue.length > 0 && queue[0] <= now) queue.shift();
    if (queue.length > QUEUE) {
      refused++;
      continue;
    }
    free[at] = Math.max(free[at], now) + ms;
    queue.push(free[at]);
    request.spent += free[at] - now;
    if (request.steps.length > 0) {
      agenda.add(free[at] + request.steps[0].gap, request);
    } else {
      if (free[at] <= end) answered++;
      waits.push(request.spent);
    }
  }
  return { answered: answered / seconds, refused: refused / seconds, p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) };
}

/** The largest load, to two figures, at which nothing is refused and 99 of 100 requests spend no longer than GOOD_MS at databases. */
export function capacity(of) {
  const good = (load) => {
    // Enough requests to tell, and time enough for a queue to grow.
    const { refused, p99 } = simulate({ ...of, load, seconds: Math.min(SECONDS, Math.max(1, 60_000 / load)) });
    return refused === 0 && p99 <= GOOD_MS;
  };
  let [low, high] = [0, 1];
  while (good(high)) [low, high] = [high, 2 * high];
  while (high - low > high / 100) {
    const middle = (low + high) / 2;
    if (good(middle)) low = middle;
    else high = middle;
  }
  return Number(low.toPrecision(2));
}

/** What transactions take: as measured in SQLite, and by the rough guideline of D1's documentation. */
export function models(growth) {
  const largest = { ...Object.values(growth.sizes).at(-1).native, trusted: [] };
  const guideline = ({ writes }) => ({ ms: writes ? 5 : 1, writes });
  return { measured: largest, guideline: Object.fromEntries(Object.entries(largest).map(([kind, all]) => [kind, all.map(guideline)])) };
}

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");
const ms = (value) => value.toFixed(value < 10 ? 1 : 0);
const whole = (value) => Math.round(value).toLocaleString("en");

/** All that docs/scale.md shows of it: what makes each table. */
export function tables({ measured, guideline }) {
  const both = (of, share = 1) => [guideline, measured].map((times) => whole(capacity({ ...of, times }) * share));
  return {
    carries: () =>
      table(
        ["one database carries", "by D1's guideline", "by SQLite's time alone"],
        [
          ["logins, a second", ...both({ mix: LOGIN }, 1 / 2)],
          ["requests through the gate, a second", ...both({ mix: GATE })],
          ["requests of the mix, a second", ...both({ mix: MIX })],
        ],
      ),
    trusting: () => {
      const rows = Object.entries({ 0: MIX, ...TRUSTING }).map(([seconds, mix]) => [seconds, ...both({ mix })]);
      return table(["GATE_TRUST_S", "guideline", "SQLite alone"], rows);
    },
    rising: () => {
      const most = capacity({ mix: MIX, times: guideline });
      const rising = [0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 2].map((share) => {
        const { answered, refused, p50, p99 } = simulate({ mix: MIX, times: guideline, load: most * share });
        return [most * share, answered, p50, p99, refused].map((value, i) => (i === 2 || i === 3 ? ms(value) : whole(value)));
      });
      return table(["requests a second", "answered", "p50, ms", "p99, ms", "refused"], rising);
    },
    cells: () => {
      const cells = [1, 4, 16].map((cells) => [cells, ...both({ mix: MIX, cells }), ...both({ mix: MIX, cells, unequal: true })]);
      return table(["cells", "guideline", "SQLite alone", "guideline, unequal", "SQLite alone, unequal"], cells);
    },
    replicas: () => {
      const replicas = [0, 0.5, 0.9].map((replicated) => [`${replicated * 100} %`, ...both({ mix: MIX, replicas: 4, replicated })]);
      return table(["of all reads", "guideline", "SQLite alone"], replicas);
    },
  };
}

if (process.argv[1]?.endsWith("/scale.mjs")) {
  const growth = JSON.parse(readFileSync("bench/results/growth.json", "utf8"));
  const all = Object.fromEntries(Object.entries(tables(models(growth))).map(([name, make]) => [name, make()]));
  writeFileSync("bench/results/scale.json", `${JSON.stringify(all, null, 1)}\n`);
  console.log(Object.values(all).join("\n\n"));
}
