// npm run sbom: what each Worker is made of, as CycloneDX JSON in build/sbom. The same sources give the same file.
//
// `cargo tree` knows which crates and features a Worker is built with; `cargo metadata` would add what only tests ask for.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

/** Checksums of Cargo.lock by `name@version`; what is not from crates.io has none. */
const checksums = new Map(
  readFileSync("Cargo.lock", "utf8").split("[[package]]").slice(1).map((entry) => {
    const field = (name) => new RegExp(`^${name} = "(.*)"$`, "m").exec(entry)?.[1];
    const source = field("source");
    if (source && source !== CRATES_IO) throw new Error(`${field("name")} comes from ${source}`);
    return [`${field("name")}@${field("version")}`, field("checksum")];
  }),
);

/** The bill of materials of one Worker. */
function sbom(worker) {
  const tree = ["tree", "--locked", "--target", "wasm32-unknown-unknown", "-e", "normal", "-p", worker];
  const lines = execFileSync("cargo", [...tree, "--prefix", "depth", "-f", " {p}|{l}"], { encoding: "utf8" });
  const crates = new Map();
  const path = []; // from the Worker down to the line before
  for (const line of lines.trimEnd().split("\n")) {
    const [, depth, name, version, macro, license] = /^(\d+) (\S+) v(\S+)( \(proc-macro\))?(?: \(.*?\))?\|(.*?)(?: \(\*\))?$/.exec(line);
    const ref = `${name}@${version}`;
    const crate = crates.get(ref) ?? { ref, name, version, license, macro: Boolean(macro), needs: new Set() };
    crates.set(ref, crate);
    path.splice(depth, Infinity, crate);
    path[depth - 1]?.needs.add(ref);
  }
  // Macros run while it is built, and so does all that only they need.
  const shipped = new Set();
  const visit = (ref) => {
    if (shipped.has(ref) || crates.get(ref).macro) return;
    shipped.add(ref);
    crates.get(ref).needs.forEach(visit);
  };
  const [root, ...others] = crates.values();
  visit(root.ref);
  const component = ({ ref, name, version, license }) => {
    const checksum = checksums.get(ref);
    return {
      "bom-ref": ref,
      name,
      version,
      licenses: [{ expression: license.replaceAll(/ ?\/ ?/g, " OR ") }],
      ...(checksum && { hashes: [{ alg: "SHA-256", content: checksum }], purl: `pkg:cargo/${ref}` }),
    };
  };
  const byRef = (a, b) => (a.ref < b.ref ? -1 : 1);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", ...component(root) } },
    components: others.sort(byRef).map((crate) => ({
      type: "library",
      ...component(crate),
      scope: shipped.has(crate.ref) ? "required" : "excluded",
    })),
    dependencies: [root, ...others].sort(byRef).map(({ ref, needs }) => ({ ref, dependsOn: [...needs].sort() })),
  };
}

mkdirSync("build/sbom", { recursive: true });
for (const worker of ["airlock-worker", "airlock-admin", "airlock-jobs"]) {
  const file = `build/sbom/${worker}.cdx.json`;
  writeFileSync(file, `${JSON.stringify(sbom(worker), null, 2)}\n`);
  console.log(file);
}
