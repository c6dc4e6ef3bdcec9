// What a person sees and does, in Chromium, with and without JavaScript: signing in, setting up by the picture on the
// screen, signing in with a code, signing out. Pictures of every page are left in build/screenshots.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { OWNER_SEED, PASSWORD, code, require2fa, sql, start } from "./airlock.mjs";
import { PICTURES, inFocus, launch, open, signIn, tabTo, type } from "./chromium.mjs";

let airlock;
let browser;

before(async () => {
  airlock = await start();
  // One more member without a second factor: the demo's two are busy below.
  sql(airlock, "INSERT INTO users SELECT 'una', 'una@acme.test', 'Una', password_phc, password_key, 0, 0, 0, 0 FROM users WHERE id = 'mia'");
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', 'una', 'una@acme.test', 'member', 'active', 0)");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
});

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
    const page = await open(browser, options);
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
    await page.waitForURL(`${airlock.origin}/reports?year=2027`);
    await picture("signed-in");

    await page.getByRole("link", { name: "Turn on two-factor login" }).click();
    await page.getByRole("heading", { name: "Confirm it is you" }).waitFor();
    await picture("confirm");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Set up two-factor login" }).waitFor();
    await picture("set-up");
    const uri = await scan(page);
    assert.equal(uri.protocol, "otpauth:");
    assert.equal(decodeURIComponent(uri.pathname.split("/").pop()), `Airlock:${email}`);
    const { secret, ...rest } = Object.fromEntries(uri.searchParams);
    assert.deepEqual(rest, { issuer: "Airlock", algorithm: "SHA1", digits: "6", period: "30" });
    await page.getByText("Cannot scan it?").click();
    await picture("set-up-by-hand");
    assert.equal((await page.locator("#key").innerText()).replaceAll(" ", ""), secret);
    await page.getByLabel("Six-digit code").fill("000000");
    await page.getByRole("button", { name: "Turn on two-factor login" }).click();
    assert.match(await page.getByRole("alert").innerText(), /That code is not right/);
    const again = await inFocus(page);
    assert.deepEqual([again.id, again.invalid], ["code", true]);
    assert.match(again.description, /That code is not right/);
    assert.equal((await scan(page)).searchParams.get("secret"), secret, "a wrong code loses nothing");
    await picture("set-up-failed");
    const shown = code(secret);
    await page.getByLabel("Six-digit code").fill(`${shown.slice(0, 3)} ${shown.slice(3)}`);
    await page.getByRole("button", { name: "Turn on two-factor login" }).click();
    await page.getByRole("heading", { name: "Keep your recovery codes" }).waitFor();
    const recovery = await page.locator(".codes code").allInnerTexts();
    assert.equal(recovery.length, 10);
    await picture("recovery-codes");
    await page.getByRole("link", { name: /kept them/ }).click();
    await page.waitForURL(`${airlock.origin}/reports?year=2027`);
    await page.getByRole("button", { name: "Sign out" }).click();

    await signIn(page, email);
    await page.waitForURL(`${airlock.origin}/auth/verify`);
    await picture("verify");
    await page.goto(`${airlock.origin}/reports`);
    assert.equal(page.url(), `${airlock.origin}/auth/verify`, "nothing else is reachable");
    const field = page.getByLabel("Six-digit code");
    assert.equal(await field.getAttribute("autocomplete"), "one-time-code");
    await field.fill("000000");
    await page.getByRole("button", { name: "Continue" }).click();
    assert.match(await page.getByRole("alert").innerText(), /That code is not right/);
    const wrong = await inFocus(page);
    assert.deepEqual([wrong.id, wrong.invalid], ["code", true]);
    assert.match(wrong.description, /That code is not right/);
    await picture("verify-failed");
    await field.fill(code(secret, 1));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "You are signed in" }).waitFor();
    assert.match(await page.locator("main").innerText(), /On, 10 recovery codes left/);
    await page.getByRole("button", { name: "Sign out" }).click();

    await signIn(page, email);
    await page.getByRole("link", { name: "Use a recovery code instead" }).click();
    await page.getByRole("heading", { name: "Use a recovery code" }).waitFor();
    await picture("recovery");
    await page.getByLabel("Recovery code").fill("0".repeat(24));
    await page.getByRole("button", { name: "Continue" }).click();
    assert.match(await page.getByRole("alert").innerText(), /not one of your recovery codes/);
    assert.equal((await inFocus(page)).id, "code");
    await picture("recovery-failed");
    await page.getByLabel("Recovery code").fill(recovery[4].toLowerCase());
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("You have 9 recovery codes left.").waitFor();
    await picture("recovery-used");
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByText("On, 9 recovery codes left").waitFor();
    await page.goto(`${airlock.origin}/auth/nothing`);
    await picture("not-found");
    await page.context().close();
  });
}

test("signing in takes two screens, by keyboard alone", async () => {
  const page = await open(browser, { viewport: { width: 768, height: 900 } });
  await page.goto(airlock.origin);
  const screens = [];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await type(page, "#email", "owner@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await page.waitForURL("**/auth/verify");
  await type(page, "#code", code(OWNER_SEED), "Enter");
  await page.waitForURL(`${airlock.origin}/`);
  assert.deepEqual(screens, ["/auth/verify", "/"]);
  await page.context().close();
});

test("where the account requires it, login to recovery codes takes three screens, by keyboard alone", async () => {
  require2fa(airlock, true);
  const page = await open(browser, { viewport: { width: 768, height: 900 } });
  await page.goto(`${airlock.origin}/some/page?x=1`);
  const screens = ["/auth/login"];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await type(page, "#email", "una@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await page.waitForURL(`${airlock.origin}/auth/enrol`);
  await page.picture("set-up-required");
  const { searchParams } = await scan(page);
  await tabTo(page, "#code");
  await type(page, "#code", code(searchParams.get("secret")), "Enter");
  await page.getByRole("heading", { name: "Keep your recovery codes" }).waitFor();
  assert.equal(await page.locator(".codes code").count(), 10);
  assert.deepEqual(screens, ["/auth/login", "/auth/enrol", "/auth/enrol"]);
  await tabTo(page, "a.button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${airlock.origin}/some/page?x=1`);
  await page.context().close();
});

test("before set-up is done, no other page opens", async () => {
  sql(airlock, "UPDATE users SET must_enrol = 1 WHERE id = 'una'");
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.origin);
  await signIn(page, "una@acme.test");
  await page.waitForURL(`${airlock.origin}/auth/enrol`);
  for (const path of ["/reports", "/auth/reauth", "/auth/verify"]) {
    await page.goto(airlock.origin + path);
    assert.equal(page.url(), `${airlock.origin}/auth/enrol`, path);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${airlock.origin}/auth/login`);
  await page.goto(`${airlock.origin}/auth/enrol`);
  assert.equal(page.url(), `${airlock.origin}/auth/login`);
  await page.context().close();
});
