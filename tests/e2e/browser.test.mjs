// What a person sees and does, in Chromium, with and without JavaScript: signing in, setting up by the picture on the
// screen, showing that the recovery codes were kept, signing in with a code, signing out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUTH, OWNER_SEED, PASSWORD, code, require2fa, sql, start } from "./airlock.mjs";
import { alert, button, confirm, enter, flip, follow, heading, inFocus, launch, open, press, scan, signIn, tabTo, text, type } from "./chromium.mjs";

let airlock;
let browser;

before(async () => {
  airlock = await start();
  // One more member without a second factor: the demo's two are busy below.
  sql(airlock, "INSERT INTO users (id, email, name, password_phc, password_key, created_at) SELECT 'una', 'una@acme.test', 'Una', password_phc, password_key, 0 FROM users WHERE id = 'mia'");
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', 'una', 'una@acme.test', 'member', 'active', 0)");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
});

const ways = [
  { name: "with JavaScript, wide and dark", email: "mia@acme.test", options: { colorScheme: "dark" } },
  {
    name: "without JavaScript, 320 px wide",
    email: "leo@acme.test",
    options: { javaScriptEnabled: false, viewport: { width: 320, height: 640 } },
    later: true,
  },
];

for (const { name, email, options, later } of ways) {
  test(`a user turns two-factor login on, and every later login asks for a code: ${name}`, async () => {
    const page = await open(browser, options);
    // Both come by the same pages.
    const look = async (what) => later || (await page.look(what));
    await page.goto(`${airlock.origin}/reports?year=2027`);
    await look("login");
    await signIn(page, email, "not the password");
    assert.match(await alert(page), /Sign-in failed/);
    assert.match(await page.title(), /^Error: /);
    assert.equal(await page.getByLabel("E-mail address").inputValue(), email, "what was typed is still there");
    await look("login-failed");
    await page.getByLabel("Password").fill(PASSWORD);
    await press(page, "Sign in");
    assert.equal(page.url(), `${airlock.origin}/reports?year=2027`);
    await heading(page, "Reports");

    await follow(page, "Your profile");
    await follow(page, "Edit profile");
    await flip(page, "Enable 2FA");
    await look("confirm");
    await confirm(page);
    await heading(page, "Set up two-factor login");
    await look("set-up");
    const { uri } = await scan(page);
    assert.equal(uri.protocol, "otpauth:");
    assert.equal(decodeURIComponent(uri.pathname.split("/").pop()), `Airlock:${email}`);
    const { secret, ...rest } = Object.fromEntries(uri.searchParams);
    assert.deepEqual(rest, { issuer: "Airlock", algorithm: "SHA1", digits: "6", period: "30" });
    await page.getByText("Can't scan it?").click();
    await look("set-up-by-hand");
    assert.equal((await page.locator("#key").innerText()).replaceAll(" ", ""), secret);
    await page.getByLabel("Six-digit code").fill("000000");
    await press(page, "Turn on two-factor login");
    assert.match(await alert(page), /That code isn't right/);
    const again = await inFocus(page);
    assert.deepEqual([again.id, again.invalid], ["code", true]);
    assert.match(again.description, /That code isn't right/);
    assert.equal((await scan(page)).seed, secret, "a wrong code loses nothing");
    await look("set-up-failed");
    const shown = code(secret);
    await page.getByLabel("Six-digit code").fill(`${shown.slice(0, 3)} ${shown.slice(3)}`);
    await press(page, "Turn on two-factor login");
    await heading(page, "Save your recovery codes");
    const recovery = await page.locator(".codes code").allInnerTexts();
    assert.equal(recovery.length, 10);
    await look("recovery-codes");
    await page.emulateMedia({ media: "print" });
    const advice = "If you lose your phone, each of these codes signs you in once.";
    const printed = (await page.locator("body").innerText()).split("\n").filter(Boolean);
    assert.deepEqual(printed, ["Airlock", "Save your recovery codes", advice, `Airlock, ${email}, ${new Date().toISOString().slice(0, 10)}`, ...recovery], "on paper");
    await page.emulateMedia({ media: "screen" });
    await follow(page, "I've saved my codes");
    await heading(page, "Do you have your recovery codes?");
    await look("kept");
    if (later) {
      await press(page, "Ask me next time I sign in");
    } else {
      await page.getByLabel("Recovery code").fill("0".repeat(24));
      await press(page, "Continue");
      assert.match(await alert(page), /isn't one of your recovery codes/);
      assert.equal((await inFocus(page)).id, "code");
      await look("kept-failed");
      await page.getByLabel("Recovery code").fill(recovery[0]);
      await press(page, "Continue");
    }
    assert.match(page.url(), new RegExp(`${AUTH}/profile\\?done=set-up\\.[0-9a-f]{64}$`));
    await press(page, "Sign out");

    await signIn(page, email);
    assert.equal(page.url(), `${airlock.origin}${AUTH}/verify`);
    await look("verify");
    await page.goto(`${airlock.origin}/reports`);
    assert.equal(page.url(), `${airlock.origin}${AUTH}/verify?return_to=%2Freports`, "nothing else is reachable");
    assert.equal(await page.getByLabel("Six-digit code").getAttribute("autocomplete"), "one-time-code");
    await enter(page, "000000");
    assert.match(await alert(page), /That code isn't right/);
    const wrong = await inFocus(page);
    assert.deepEqual([wrong.id, wrong.invalid], ["code", true]);
    assert.match(wrong.description, /That code isn't right/);
    await look("verify-failed");
    await enter(page, code(secret, 1));
    if (later) {
      await heading(page, "Do you have your recovery codes?");
      assert.equal(await button(page, "Ask me next time I sign in").count(), 0, "it was put off once");
      await button(page, "I don't have them: make new ones").waitFor();
      await page.look("kept-again");
      await page.getByLabel("Recovery code").fill(recovery[9].replaceAll("-", "").toLowerCase());
      await press(page, "Continue");
    }
    await page.waitForURL(`${airlock.origin}/reports`);
    await page.goto(airlock.origin);
    assert.match(await text(page), /You signed in with password and code/);
    await follow(page, "Your profile");
    await heading(page, "Profile");
    assert.match(await text(page), /10 recovery codes are left/);
    await press(page, "Sign out");

    await signIn(page, email);
    await follow(page, "Use a recovery code instead");
    await heading(page, "Use a recovery code");
    await look("recovery");
    await page.getByLabel("Recovery code").fill("0".repeat(24));
    await press(page, "Continue");
    assert.match(await alert(page), /isn't one of your recovery codes/);
    assert.equal((await inFocus(page)).id, "code");
    await look("recovery-failed");
    await page.getByLabel("Recovery code").fill(recovery[4].toLowerCase());
    await press(page, "Continue");
    assert.match(await text(page), /You have 9 recovery codes left\./);
    await heading(page, "Set up two-factor login");
    await look("recovery-used");
    await follow(page, "Not now");
    await heading(page, "Dashboard");
    await page.goto(`${airlock.origin}${AUTH}/nothing`);
    await look("not-found");
    await page.leave();
  });
}

test("signing in takes two screens, by keyboard alone", async () => {
  const page = await open(browser, { viewport: { width: 768, height: 900 } });
  await page.goto(airlock.origin);
  const screens = [];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await type(page, "#email", "owner@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await page.waitForURL(`**${AUTH}/verify`);
  await type(page, "#code", code(OWNER_SEED), "Enter");
  await page.waitForURL(`${airlock.origin}/`);
  assert.deepEqual(screens, [`${AUTH}/verify`, "/"]);
  await page.leave();
});

test("where the account requires it, login to recovery codes takes three screens, by keyboard alone", async () => {
  require2fa(airlock, true);
  const page = await open(browser, { viewport: { width: 768, height: 900 } });
  await page.goto(`${airlock.origin}/some/page?x=1`);
  const screens = [`${AUTH}/login`];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await type(page, "#email", "una@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await page.waitForURL(`${airlock.origin}${AUTH}/enrol?return_to=%2Fsome%2Fpage%3Fx%3D1`);
  await page.look("set-up-required");
  const { seed } = await scan(page);
  await tabTo(page, "#code");
  await type(page, "#code", code(seed), "Enter");
  await heading(page, "Save your recovery codes");
  const recovery = await page.locator(".codes code").allInnerTexts();
  assert.equal(recovery.length, 10);
  assert.deepEqual(screens, [`${AUTH}/login`, `${AUTH}/enrol`, `${AUTH}/recovery-codes`]);
  await tabTo(page, "a.button:not(.second)");
  await page.keyboard.press("Enter");
  await heading(page, "Do you have your recovery codes?");
  await type(page, "#code", recovery[2], "Enter");
  await page.waitForURL(`${airlock.origin}/some/page?x=1`);
  await page.leave();
});

test("before set-up is done, no other page opens", async () => {
  sql(airlock, "UPDATE users SET must_enrol = 1 WHERE id = 'una'");
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.origin);
  await signIn(page, "una@acme.test");
  await page.waitForURL(`${airlock.origin}${AUTH}/enrol`);
  for (const [path, back] of [["/reports", "?return_to=%2Freports"], [`${AUTH}/reauth`, ""], [`${AUTH}/verify`, ""]]) {
    await page.goto(airlock.origin + path);
    assert.equal(page.url(), `${airlock.origin}${AUTH}/enrol${back}`, path);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${airlock.origin}${AUTH}/login?why=signed-out`);
  await page.goto(`${airlock.origin}${AUTH}/enrol`);
  assert.equal(page.url(), `${airlock.origin}${AUTH}/login?return_to=${encodeURIComponent(`${AUTH}/enrol`)}`);
  await page.leave();
});
