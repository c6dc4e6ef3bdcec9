// What people type and paste, as a real keyboard, phone and runtime have it; and a browser that keeps no cookies.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AUTH, Client, NOOR_SEED, PASSWORD, nextCode, start } from "./airlock.mjs";
import { alert, enter, heading, launch, open, persistent, press, signIn } from "./chromium.mjs";

let airlock;
let browser;

before(async () => {
  airlock = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
});

const COMPOSED = "grüße aus zürich noël".normalize("NFC");

test("a password is the same composed and decomposed", async () => {
  const decomposed = COMPOSED.normalize("NFD");
  assert.notEqual(decomposed, COMPOSED);
  const mia = new Client(airlock);
  const login = (password, client = new Client(airlock)) => client.post(`${AUTH}/login`, { email: "mia@acme.test", password });
  assert.equal((await login(PASSWORD, mia)).status, 200);
  const change = await mia.post(`${AUTH}/password`, { current_password: PASSWORD, new_password: decomposed });
  assert.equal(change.status, 200);
  for (const [typed, status] of [[COMPOSED, 200], [decomposed, 200], [COMPOSED.replaceAll(" ", "\u00a0"), 200], [COMPOSED.replace("ü", "u"), 401]])
    assert.equal((await login(typed)).status, status, typed);
  for (const typed of [decomposed, COMPOSED]) {
    const page = await open(browser);
    await page.goto(`${airlock.origin}/`);
    await signIn(page, "mia@acme.test", typed);
    await heading(page, "Dashboard");
    await page.leave();
  }
});

test("a code is typed in the digits of one's script, or pasted with marks around it", async () => {
  for (const spelt of [(code) => code.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + +digit)), (code) => `\u200e${code.slice(0, 3)}\u00a0${code.slice(3)}\ufeff`]) {
    const page = await open(browser);
    await page.goto(`${airlock.origin}/`);
    await signIn(page, "noor@acme.test");
    await enter(page, spelt(nextCode(airlock, "noor", NOOR_SEED)));
    await heading(page, "Dashboard");
    await page.leave();
  }
});

test("a browser that keeps no cookies is told so, and goes on once it does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "airlock-chromium-"));
  mkdirSync(join(folder, "Default"));
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(blocked));
  const context = await persistent(folder);
  const page = await context.newPage();
  await page.goto(`${airlock.origin}/reports`);
  await signIn(page, "leo@acme.test");
  assert.match(await alert(page), /Your browser blocks cookies for this site/);
  assert.equal(await page.getByLabel("E-mail address").inputValue(), "leo@acme.test");
  assert.match(page.url(), /return_to=%2Freports/);
  await context.close();
  rmSync(folder, { recursive: true, force: true });
});
