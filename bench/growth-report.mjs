// What a run of bench/growth.mjs says: whether rows read grow, a table, a picture.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");
const ms = (value) => value.toFixed(value < 10 ? 2 : 1);
const users = (size) => Number(size).toLocaleString("en");
const rows = ({ read }) => read.toSorted((a, b) => a - b).join("–");

/** The steps for which D1 reads more, or fewer, rows at one size than at another. */
export function unequal({ sizes }) {
  const [first, ...others] = Object.values(sizes);
  return Object.keys(first.steps).filter((step) => others.some(({ steps }) => rows(steps[step]) !== rows(first.steps[step])));
}

function markdown(results) {
  const { sizes } = results;
  const [first] = Object.values(sizes);
  const each = Object.keys(sizes);
  const across = (step, value) => each.map((size) => value(sizes[size].steps[step]));
  const steps = Object.keys(first.steps);
  const read = steps.map((step) => [step, first.steps[step].trips, ...across(step, rows), first.steps[step].written]);
  const spent = steps.map((step) => [step, ...across(step, ({ cpu }) => ms(cpu)), ...across(step, ({ p50 }) => ms(p50))]);
  const native = Object.keys(first.native).flatMap((step) =>
    first.native[step].map(({ writes }, i) => [`${step}, ${i + 1}`, writes ? "writes" : "reads", ...each.map((size) => sizes[size].native[step][i].ms.toFixed(3))]),
  );
  const grew = unequal(results);
  return `# How Airlock grows

${results.date}, ${results.cores} cores (${results.cpu}), workerd ${results.workerd}. \`npm run bench -- --growth\` measures it anew: databases of
${each.map((size) => `${users(size)} users (${sizes[size].mb.toFixed(0)} MB)`).join(", ")}, each with as many
memberships, sessions, authenticators and rows of the audit, in accounts of up to 100,000 members, of which the largest is asked.

${grew.length === 0 ? "**For every step D1 reads the same number of rows at each size.**" : `**Rows read differ: ${grew.join(", ")}.**`}

![Rows read and CPU of each step](growth.svg)

## Rows that D1 reads for one request

${table(["", "round trips", ...each.map((size) => `${users(size)} users`), "rows written"], read)}

## What one request takes, ms

CPU of the workerd process, the local D1's share included, mean of ${results.people} requests; and the median time until the answer. Other
work ran on the same machine.

${table(["", ...each.map((size) => `CPU, ${users(size)}`), ...each.map((size) => `time, ${users(size)}`)], spent)}

## What each transaction takes in SQLite alone, ms

The same core natively, on the same files, in WAL mode, without waiting for a disk: the medians.

${table(["transaction", "", ...each.map((size) => `${users(size)} users`)], native)}
`;
}

/** Two panels of lines, both on logarithmic axes: a flat line is a step that does not grow. */
export function picture({ sizes, date }) {
  const each = Object.keys(sizes).map(Number);
  const names = Object.keys(Object.values(sizes)[0].steps);
  const hue = (i) => `hsl(${Math.round((i * 360) / names.length)} 65% 45%)`;
  const [top, height, width] = [50, 300, 280];
  const panel = (left, title, value, least, most) => {
    const x = (size) => left + (width * Math.log(size / each[0])) / Math.log(each.at(-1) / each[0]);
    const y = (value) => top + height - (height * Math.log(value / least)) / Math.log(most / least);
    const grid = [];
    for (let at = least; at <= most; at *= 10) grid.push(`<path class="grid" d="M${left} ${y(at)}h${width}"/><text class="end" x="${left - 6}" y="${y(at) + 5}">${at}</text>`);
    const sizesBelow = each.map((size) => `<text class="middle" x="${x(size)}" y="${top + height + 22}">${users(size)}</text>`);
    const lines = names.map((name, i) => `<polyline points="${each.map((size) => `${x(size).toFixed(1)},${y(value(sizes[size].steps[name])).toFixed(1)}`).join(" ")}" stroke="${hue(i)}"/>`);
    return `<text x="${left}" y="${top - 16}">${title}</text>${grid.join("")}${sizesBelow.join("")}${lines.join("")}`;
  };
  const key = names.map((name, i) => `<rect x="760" y="${top + i * 24}" width="14" height="14" rx="3" fill="${hue(i)}"/><text x="782" y="${top + 12 + i * 24}">${name}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 400" role="img" aria-label="Rows read and CPU of each step, by users">
<style>
  text { font: 14px system-ui, sans-serif; fill: #1b1f24; } .end { text-anchor: end; } .middle { text-anchor: middle; }
  .back { fill: #fff; } .grid { stroke: #b3bcc8; stroke-width: .5; } polyline { fill: none; stroke-width: 2; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .back { fill: #0d1117; } .grid { stroke: #4a5563; } }
</style>
<rect class="back" width="100%" height="100%"/>
${panel(60, `Rows read, by users, ${date}`, ({ read }) => Math.max(...read), 1, 1000)}
${panel(430, "CPU, ms", ({ cpu }) => cpu, 1, 1000)}
${key.join("\n")}
</svg>
`;
}

/** Writes all of it to `folder`, if there is one: the text, and which steps grew. */
export function growth(results, folder) {
  const text = markdown(results);
  if (folder) {
    writeFileSync(join(folder, "growth.json"), `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(join(folder, "growth.md"), text);
    writeFileSync(join(folder, "growth.svg"), picture(results));
  }
  return { text, grew: unequal(results) };
}
