// npm run apps: every app, and whether it works behind the gate by its defaults. Ends with 1 if one does not.

import { launch } from "../e2e/chromium.mjs";
import { APPS } from "./apps.mjs";
import { tried } from "./trying.mjs";

const browser = await launch();
const wanted = process.argv[2]?.toLowerCase() ?? "";
let failed = 0;
console.log("| app | works by its defaults |\n|---|---|");
for (const app of APPS.filter(({ name }) => name.toLowerCase().includes(wanted))) {
  const error = await tried(app, browser).catch((error) => error);
  console.log(`| ${app.name} | ${error ? "no" : "yes"} |`);
  if (error) {
    failed++;
    console.error(error);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
