// Stands in front of a Worker and tells what each answer cost D1: round trips, statements, rows read, rows written.
import * as target from "TARGET";

const FAR_MS = 0; // how long the way to the database and back takes
const far = () => FAR_MS && new Promise((resolve) => setTimeout(resolve, FAR_MS));

const cost = { trips: 0, statements: 0, read: 0, written: 0 };

function charge(results) {
  cost.trips++;
  for (const { meta } of results) {
    cost.statements++;
    cost.read += meta.rows_read;
    cost.written += meta.rows_written;
  }
  return results;
}

class Statement {
  constructor(inner) {
    this.inner = inner;
  }
  bind(...values) {
    return new Statement(this.inner.bind(...values));
  }
  async all() {
    await far();
    return charge([await this.inner.all()])[0];
  }
  run() {
    return this.all();
  }
  // These two answer without their cost.
  async first(column) {
    const row = (await this.all()).results[0] ?? null;
    return row && column !== undefined ? row[column] : row;
  }
  async raw() {
    return (await this.all()).results.map(Object.values);
  }
}

// By the name of its class a Rust Worker knows the binding.
class D1Database {
  constructor(inner) {
    this.inner = inner;
  }
  prepare(sql) {
    return new Statement(this.inner.prepare(sql));
  }
  async batch(statements) {
    await far();
    return charge(await this.inner.batch(statements.map(({ inner }) => inner)));
  }
  exec() {
    throw new Error("its cost is unknown");
  }
}

export default {
  async fetch(request, env, context) {
    Object.assign(cost, { trips: 0, statements: 0, read: 0, written: 0 });
    const counted = { ...env, DB: new D1Database(env.DB) };
    const worker = typeof target.default === "function" ? new target.default(context, counted) : target.default;
    const response = await worker.fetch(request, counted, context);
    const answer = new Response(response.body, response);
    answer.headers.set("d1-cost", JSON.stringify(cost));
    return answer;
  },
};
