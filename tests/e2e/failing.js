// The edge Worker as it is shipped, for tests: a header makes its Rust code fail as nothing a client can send does.
// `panic`: the request's headers cannot be read, which the worker crate takes for impossible. `memory`: there is no more
// memory to be had, so that an allocation soon aborts. `none`: nothing fails, and the answer is how much memory it has.

import { WorkerEntrypoint } from "cloudflare:workers";

let wasm;
const { Instance } = WebAssembly;
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  wasm = instance.exports;
  return instance;
};
const { default: Airlock } = await import("WORKER/build/index.js");

function exhaust() {
  for (let size = 2 ** 28; size >= 16; size /= 2) {
    try {
      for (;;) wasm.__wbindgen_malloc(size, 1);
    } catch {} // no piece of this size is left
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    const fault = request.headers.get("x-fault");
    if (fault === "none") return new Response(wasm.memory.buffer.byteLength);
    if (fault === "memory") exhaust();
    if (fault === "panic") {
      const entries = () => [{ get: null }].values().map(() => { throw new Error("no headers"); });
      Object.defineProperty(request, "headers", { value: { entries } });
    }
    return new Airlock(this.ctx, this.env).fetch(request);
  }
}
