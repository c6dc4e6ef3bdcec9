// What is shipped is what its bill of materials says, and nothing that only tests or development use.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { OWNER_SEED } from "./airlock.mjs";

const run = (program, ...args) => execFileSync(program, args, { encoding: "utf8" });
const crate = { worker: "airlock-worker", admin: "airlock-admin", jobs: "airlock-jobs" };
const own = { worker: "__Host-airlock", admin: "__Host-airlock", jobs: "audit_checkpoints" };
const shipped = (worker) => readFileSync(globSync(`${worker}/build/*.wasm`)[0], "latin1");
const sbom = (worker) => readFileSync(`build/sbom/${crate[worker]}.cdx.json`, "utf8");
const ref = ({ name, version }) => `${name}@${version}`;

for (const worker of Object.keys(crate)) {
  test(`the bill of materials of the ${worker} Worker lists exactly what it is built from`, () => {
    run("npm", "run", "--silent", "sbom");
    const text = sbom(worker);
    const { bomFormat, specVersion, metadata, components, dependencies } = JSON.parse(text);
    assert.deepEqual([bomFormat, specVersion, metadata.component.name], ["CycloneDX", "1.6", crate[worker]]);
    const tree = run("cargo", "tree", "--locked", "--target", "wasm32-unknown-unknown", "-e", "normal", "-p", crate[worker], "--prefix", "none", "-f", "{p}");
    const built = new Set(tree.trim().split("\n").map((line) => line.split(" ").slice(0, 2).join("@").replace("@v", "@")));
    const listed = [metadata.component, ...components].map(ref);
    assert.deepEqual(listed.toSorted(), [...built].sort());
    // From the other end: the places of panics, which the compiler leaves in the Wasm, name crates.
    const named = new Set([...shipped(worker).matchAll(/index\.crates\.io-[0-9a-f]+\/([\w-]+?)-(\d+\.\d+\.\d+[\w.+-]*)\//g)].map(([, name, version]) => `${name}@${version}`));
    const required = components.filter(({ scope }) => scope === "required").map(ref);
    assert.ok(named.size > 15, `${named.size}`);
    assert.deepEqual([...named].filter((name) => !required.includes(name)), []);
    const { scope } = components.find(({ name }) => name === "serde_derive");
    assert.equal(scope, "excluded", "macros are not shipped");

    const lock = readFileSync("Cargo.lock", "utf8");
    for (const { name, version, hashes, purl, licenses } of components) {
      assert.match(licenses[0].expression, /^[\w.() -]+$/);
      if (name.startsWith("airlock")) continue;
      assert.equal(purl, `pkg:cargo/${name}@${version}`);
      assert.ok(lock.includes(`name = "${name}"\nversion = "${version}"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${hashes[0].content}"\n`), name);
    }
    assert.deepEqual(dependencies.map(({ ref }) => ref), listed.toSorted());
    for (const { dependsOn } of dependencies) for (const needed of dependsOn) assert.ok(listed.includes(needed), needed);
    run("npm", "run", "--silent", "sbom");
    assert.equal(sbom(worker), text, "the same sources give the same file");
  });

  test(`the ${worker} Worker holds no trace of tests, development or whoever built it`, () => {
    const code = globSync(`${worker}/build/**/*.{js,wasm}`).map((path) => readFileSync(path, "latin1")).join("\n");
    assert.ok(code.includes(own[worker]) && code.includes("wasm"), "the search sees something");
    for (const word of [OWNER_SEED.slice(0, 16), "acme.test", "airlock-tests", "rand_chacha", "rusqlite", "pollster", "utoipa", "__test", "sourceMappingURL", homedir()]) {
      assert.ok(!code.includes(word), word);
    }
    // What writes mails has the bare name, for a mail without a Message-ID; ours have one.
    const local = worker === "jobs" ? /\/\/localhost|\.localhost|localhost:\d/ : /localhost/;
    assert.ok(!local.test(code), `${local}`);
  });
}
