// What a person sees and does, in Chromium, with and without JavaScript: signing in, setting up by the picture on the
// screen, signing in with a code, signing out. Pictures of every page are left in build/screenshots.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { OWNER_SEED, PASSWORD, code, require2fa, sql, start } from "./airlock.mjs";

const PICTURES = "build/screenshots";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let airlock;
let browser;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  airlock = await start();
  // One more member without a second factor: the demo's two are busy below.
  sql(airlock, "INSERT INTO users SELECT 'una', 'una@acme.test', 'Una', password_phc, password_key, 1, 0, 0, 0, 0 FROM users WHERE id = 'mia'");
  sql(airlock, "INSERT INTO memberships VALUES ('acme', 'una', 'member', 0)");
  browser = await chromium.launch({ executablePath: process.env.CHROME, args: FLAGS });
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
});

/** A new window; it fails the test on anything the content security policy refuses and any page too wide for it. */
async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, ...options });
  const page = await context.newPage();
  const refused = [];
  page.on("console", (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) refused.push(message.text());
  });
  page.picture = async (name) => {
    await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
    const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]).catch(() => [0, 0]);
    assert.ok(content <= window, `${name} is ${content} wide in a window of ${window}`);
    assert.deepEqual(refused, []);
  };
  return page;
}

async function signIn(page, email) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Reads the QR code from the page's pixels, as a phone would. */
async function scan(page) {
  const file = `${PICTURES}/qr.png`;
  await page.locator(".qr").screenshot({ path: file });
  return new URL(execFileSync("zbarimg", ["-q", "--raw", file], { encoding: "utf8" }).trim());
}

const ways = [
  { name: "with JavaScript, wide and dark", email: "mia@acme.test", options: { colorScheme: "dark" } },
  {
    name: "without JavaScript, 320 px wide",
    email: "leo@acme.test",
    options: { javaScriptEnabled: false, viewport: { width: 320, height: 640 } },
  },
];

for (const { name, email, options } of ways) {
  test(`a user turns two-factor login on, and is asked from then on: ${name}`, async () => {
    const page = await open(options);
    const picture = (what) => page.picture(`${what}-${options.viewport?.width ?? 1280}`);
    await page.goto(`${airlock.origin}/reports?year=2027`);
    await picture("login");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    assert.match(await page.getByRole("alert").innerText(), /Sign-in failed/);
    assert.match(await page.title(), /^Error: /);
    assert.equal(await page.getByLabel("E-mail address").inputValue(), email, "what was typed is still there");
    await picture("login-failed");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    assert.equal(page.url(), `${airlock.origin}/reports?year=2027`, "back to where one was going");
    await picture("signed-in");

    await page.getByRole("link", { name: "Turn on two-factor login" }).click();
    await picture("confirm");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    await picture("set-up");
    const uri = await scan(page);
    assert.equal(uri.protocol, "otpauth:");
    assert.equal(decodeURIComponent(uri.pathname.split("/").pop()), `Airlock:${email}`);
    const { secret, ...rest } = Object.fromEntries(uri.searchParams);
    assert.deepEqual(rest, { issuer: "Airlock", algorithm: "SHA1", digits: "6", period: "30" });
    await page.getByText("Cannot scan it?").click();
    assert.equal((await page.locator("#key").innerText()).replaceAll(" ", ""), secret);
    await page.getByLabel("Six-digit code").fill("000000");
    await page.getByRole("button", { name: "Turn on two-factor login" }).click();
    assert.match(await page.getByRole("alert").innerText(), /That code is not right/);
    assert.equal((await scan(page)).searchParams.get("secret"), secret, "a wrong code loses nothing");
    await picture("set-up-failed");
    const shown = code(secret);
    await page.getByLabel("Six-digit code").fill(`${shown.slice(0, 3)} ${shown.slice(3)}`);
    await page.getByRole("button", { name: "Turn on two-factor login" }).click();
    const recovery = await page.locator(".codes code").allInnerTexts();
    assert.equal(recovery.length, 10);
    await picture("recovery-codes");
    await page.getByRole("link", { name: /kept them/ }).click();
    assert.equal(page.url(), `${airlock.origin}/reports?year=2027`);
    await page.getByRole("button", { name: "Sign out" }).click();

    await signIn(page, email);
    assert.equal(page.url(), `${airlock.origin}/auth/verify`);
    await picture("verify");
    await page.goto(`${airlock.origin}/reports`);
    assert.equal(page.url(), `${airlock.origin}/auth/verify`, "nothing else is reachable");
    const field = page.getByLabel("Six-digit code");
    assert.equal(await field.getAttribute("autocomplete"), "one-time-code");
    await field.fill("000000");
    await page.getByRole("button", { name: "Continue" }).click();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await picture("verify-failed");
    await field.fill(code(secret, 1));
    await page.getByRole("button", { name: "Continue" }).click();
    assert.match(await page.locator("main").innerText(), /On, 10 recovery codes left/);
    await page.getByRole("button", { name: "Sign out" }).click();

    await signIn(page, email);
    await page.getByRole("link", { name: "Use a recovery code instead" }).click();
    await picture("recovery");
    await page.getByLabel("Recovery code").fill(recovery[4].toLowerCase());
    await page.getByRole("button", { name: "Continue" }).click();
    assert.match(await page.locator("main").innerText(), /9 recovery codes left/);
    await picture("recovery-used");
    await page.context().close();
  });
}

test("signing in takes two screens, by keyboard alone", async () => {
  const page = await open({ viewport: { width: 768, height: 900 } });
  await page.goto(airlock.origin);
  const screens = [];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await page.keyboard.type("owner@acme.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/auth/verify");
  await page.keyboard.type(code(OWNER_SEED));
  await page.keyboard.press("Enter");
  await page.waitForURL(`${airlock.origin}/`);
  assert.deepEqual(screens, ["/auth/verify", "/"]);
  await page.context().close();
});

test("where the account requires it, login to recovery codes takes three screens", async () => {
  require2fa(airlock, true);
  const page = await open({ viewport: { width: 768, height: 900 } });
  await page.goto(airlock.origin);
  await signIn(page, "una@acme.test");
  assert.equal(page.url(), `${airlock.origin}/auth/enrol`);
  await page.picture("set-up-required");
  await page.goto(`${airlock.origin}/reports`);
  assert.equal(page.url(), `${airlock.origin}/auth/enrol`, "nothing else is reachable");
  await page.getByLabel("Six-digit code").fill(code((await scan(page)).searchParams.get("secret")));
  await page.getByRole("button", { name: "Turn on two-factor login" }).click();
  assert.equal(await page.locator(".codes code").count(), 10);
  await page.context().close();
});
