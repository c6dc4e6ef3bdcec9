// The simulation behind docs/scale.md: that it is one, and that the document shows what it says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unequal } from "../../bench/growth-report.mjs";
import { capacity, models, simulate, tables } from "../../bench/scale.mjs";

const read = (path) => readFileSync(path, "utf8");
const one = { mix: [["gate", 1]], times: { gate: [{ ms: 1, writes: false }] } };

test("a queue waits as queueing theory says", () => {
  // One server, arrivals at random, 1 ms for each: the time spent is 1 + u / (2 (1 - u)) ms on average; its median is computed
  // here from the other end, a queue too short to wait in.
  const { answered, refused, p50 } = simulate({ ...one, load: 100, seconds: 200 });
  assert.ok(Math.abs(answered - 100) < 3, answered);
  assert.deepEqual([refused, p50], [0, 1]);
  const busy = simulate({ ...one, load: 900, seconds: 200 });
  // The 99th percentile of M/D/1 at 90 %: between those of a half and of all of M/M/1's wait, -ln(0.01 / 0.9) / (1 / 1 - 0.9).
  const most = 1 - Math.log(0.01 / 0.9) / (1 - 0.9);
  assert.ok(busy.p99 > 1 + (most - 1) / 2.2 && busy.p99 < 1 + (most - 1) / 1.8, busy.p99);
});

test("requests beyond what a database can do are refused", () => {
  const { answered, refused, p50 } = simulate({ ...one, load: 2000, seconds: 20 });
  assert.ok(Math.abs(answered - 1000) < 10, answered);
  assert.ok(refused > 900 && refused < 1000, refused);
  assert.ok(p50 > 900 && p50 <= 1002, p50);
});

test("several databases carry that many times more, unless one account fills its own", () => {
  const [alone, four] = [capacity(one), capacity({ ...one, cells: 4 })];
  assert.ok(four > 3.8 * alone && four < 4.2 * alone, `${four} ${alone}`);
  const sixteen = capacity({ ...one, cells: 16, unequal: true });
  assert.ok(sixteen > 9.5 * alone && sixteen < 10.5 * alone, `${sixteen} ${alone}`);
});

test("docs/scale.md shows the last results", () => {
  const growth = JSON.parse(read("bench/results/growth.json"));
  assert.equal(Object.keys(growth.sizes).length, 3);
  assert.deepEqual(unequal(growth), []);
  const document = read("docs/scale.md");
  const said = JSON.parse(read("bench/results/scale.json"));
  const { table: latency } = JSON.parse(read("bench/results/latency.json"));
  for (const table of [...Object.values(said), latency]) assert.ok(document.includes(table), table);
  // The others take a minute.
  const { carries, trusting, rising } = tables(models(growth));
  assert.deepEqual([carries(), trusting(), rising()], [said.carries, said.trusting, said.rising]);
});
