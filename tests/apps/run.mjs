// npm run apps: every app, and whether it works behind the gate by its defaults. Ends with 1 if that is not as APPS has it.

import { launch } from "../e2e/chromium.mjs";
import { APPS } from "./apps.mjs";
import { tried } from "./trying.mjs";

const browser = await launch();
const wanted = process.argv[2]?.toLowerCase() ?? "";
let failed = 0;
console.log("| app | works by its defaults |\n|---|---|");
for (const app of APPS.filter(({ name }) => name.toLowerCase().includes(wanted))) {
  const outcome = (how) => tried(app, browser, how).then(() => undefined, (error) => error);
  let [error, works] = [await outcome(), "yes"];
  if (app.fails) {
    works = `no: ${app.fails}`;
    // What fails here works without a gate: it is not this test that does not know how.
    error = error ? await outcome({ alone: true }) : new Error(`${app.name} works, though APPS says that it does not`);
  }
  if (app.helps && !error) {
    works += `; with ${Object.keys(app.helps("")).map((name) => `\`${name}\``)}, yes`;
    error = await outcome({ helps: app.helps });
  }
  console.log(`| ${app.name} | ${error ? "NOT AS EXPECTED" : works} |`);
  if (error) {
    failed++;
    console.error(error);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
