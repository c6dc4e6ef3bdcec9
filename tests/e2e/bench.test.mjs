// What `npm run bench` makes of its measurements; and that the documents show the results of the last run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { goals, picture, quantile, summary } from "../../bench/report.mjs";

const d1 = { trips: 2, statements: 9, read: 9, written: 4 };
const steps = (cpu) => Object.fromEntries(["password", "code", "wrong", "session", "gate"].map((step, i) => [step, { cpu: cpu * (i + 1), d1 }]));
const results = {
  date: "2026-11-26",
  native: { baseline: 40, machine: 25 },
  targets: {
    "Airlock, trusting": { steps: { trusted: { cpu: 2.5 } } },
    Airlock: { gzipKb: 300, start: { startup: 80, cpu: 150 }, steps: steps(2) },
    "better-auth": { gzipKb: 400, start: { startup: 170, cpu: 200 }, steps: { ...steps(4), password: { cpu: 100, d1 } } },
    floor: { gzipKb: 1, start: { startup: 50, cpu: 100 }, steps: { read: { cpu: 2 } } },
    Rust: { gzipKb: 40, start: { startup: 60, cpu: 110 }, steps: { hash: { cpu: 60 } } },
  },
};

test("the value below which a given share of values lies", () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 2, 3], 0.5), 2.5);
  assert.equal(quantile([0, 10], 0.95), 9.5);
});

test("each ratio compares what it says", () => {
  const is = Object.fromEntries(goals(results).map(([what, , is]) => [what, is]));
  assert.equal(is["Password, CPU beside better-auth"], 2 / 100);
  assert.equal(is["Session check, CPU beside better-auth"], 0.5);
  assert.equal(is["One-time code, CPU beside as many single reads of D1"], 4 / 2 / 2);
  assert.equal(is["A request that is trusted, CPU beside one that is asked about"], 0.25);
  assert.equal(is["Password, CPU beside its hash alone"], 2 / 60);
  assert.equal(is["The hash in Wasm beside native C with 128-bit vectors"], 1.5);
  assert.equal(is["Start-up, ms of CPU above a bare Worker's"], 30);
  const lines = summary(results).split("\n");
  assert.ok(lines.includes("| One-time code, CPU | 4.00 ms | 8.00 ms | 0.50 |"), summary(results));
  assert.ok(lines.includes("| CPU of the start-up, above a bare Worker's | 30 ms | 120 ms | 0.25 |"), summary(results));
  assert.ok(lines.includes("| CPU until the first answer, above a bare Worker's | 50 ms | 100 ms | 0.50 |"), summary(results));
});

test("the picture's bars are as long as what they stand for", () => {
  const widths = [...picture(results).matchAll(/class="(ours|theirs)" x="\d+" y="\d+" width="([\d.]+)" height="18"/g)].map(([, whose, width]) => [whose, Number(width)]);
  assert.deepEqual(widths.slice(0, 4), [["ours", 8], ["theirs", 400], ["ours", 200], ["theirs", 400]]);
});

test("README.md and bench/results show the last results", () => {
  const latest = JSON.parse(readFileSync("bench/results/latest.json", "utf8"));
  assert.equal(latest.quick, false);
  const all = summary(latest);
  assert.ok(readFileSync("bench/results/latest.md", "utf8").includes(all), all);
  // README.md has some rows of that table, under its head.
  const [, costs] = readFileSync("README.md", "utf8").split("\n## What it costs\n");
  const rows = costs.split("\n## ")[0].split("\n").filter((line) => line.startsWith("|"));
  const lines = all.split("\n");
  assert.deepEqual(rows.slice(0, 2), lines.slice(0, 2));
  assert.ok(rows.length > 5, rows.join("\n"));
  for (const row of rows) assert.ok(lines.includes(row), row);
  assert.ok(costs.includes(latest.date));
});
