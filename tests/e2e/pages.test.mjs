// What the script of the pages adds, in Chromium, and that nothing is missing or stands there idle without it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUTH, NOOR_SEED, OWNER_SEED, PASSWORD, code, nextCode, sql, start } from "./airlock.mjs";
import { button, enter, follow, heading, launch, open, press, signIn, text } from "./chromium.mjs";

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

const profile = (page) => page.goto(`${airlock.origin}${AUTH}/profile`);
const signInPage = (page) => page.goto(`${airlock.origin}${AUTH}/login?return_to=${AUTH}/profile`);
const noor = async (page) => {
  await signInPage(page);
  await signIn(page, "noor@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  await enter(page, nextCode(airlock, "noor", NOOR_SEED));
  await heading(page, "Profile");
};

test("times are those of the reader's clock, in the language of the page as the reader's region writes it", async () => {
  for (const [locale, zone, language] of [["en-GB", "Asia/Kolkata", "en"], ["en-US", "America/New_York", "en"], ["de-AT", "Europe/Vienna", "de"]]) {
    const page = await open(browser, { locale, timezoneId: zone });
    await signInPage(page);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await page.locator("#email").fill("mia@acme.test");
    await page.locator("#password").fill(PASSWORD);
    await Promise.all([page.waitForURL(`**${AUTH}/profile`), page.keyboard.press("Enter")]);
    const time = page.locator("time").first();
    const at = new Date(await time.getAttribute("datetime"));
    const own = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(at);
    assert.equal(await time.innerText(), own);
    const shown = await time.getAttribute("title");
    assert.match(shown, language === "de" ? /^\d\d\.\d\d\.\d{4} \d\d:\d\d UTC$/ : /^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/, "as it is without script");
    await page.leave();
  }
});

test("a password can be looked at while it is typed, and is hidden again before it is sent", async () => {
  const page = await open(browser);
  await page.goto(`${airlock.origin}${AUTH}/login`);
  const field = page.getByLabel("Password");
  const show = button(page, "Show Password");
  await field.fill("not the password");
  assert.deepEqual([await field.getAttribute("type"), await show.getAttribute("aria-pressed")], ["password", "false"]);
  await show.click();
  assert.deepEqual([await field.getAttribute("type"), await show.getAttribute("aria-pressed")], ["text", "true"]);
  assert.deepEqual(await field.evaluate((it) => [it.spellcheck, it.value]), [false, "not the password"]);
  await page.look("login-shown");
  const [inner, outer] = [await show.boundingBox(), await field.boundingBox()];
  assert.ok(inner.x > outer.x && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height, "within its field");
  const hidden = page.evaluate(() => new Promise((resolve) => {
    document.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      resolve(document.querySelector("#password").type);
    });
  }));
  await page.getByLabel("E-mail address").fill("mia@acme.test");
  await button(page, "Sign in").click();
  assert.equal(await hidden, "password");
  await page.leave();
});

test("each field for a password has the button", async () => {
  const page = await open(browser);
  await noor(page);
  for (const [path, fields] of [["/password", 2], ["/reauth", 1]]) {
    await page.goto(`${airlock.origin}${AUTH}${path}`);
    assert.equal(await page.locator("input[type=password] + button[aria-pressed=false]").count(), fields, path);
    await page.look(`scripted${path}`.replace("/", "-"));
  }
  await page.leave();
});

test("recovery codes are copied and printed", async () => {
  const page = await open(browser, { permissions: ["clipboard-read", "clipboard-write"], viewport: { width: 320, height: 640 } });
  await page.addInitScript(() => (globalThis.print = () => (globalThis.printed = true)));
  await noor(page);
  await press(page, "Make new recovery codes");
  await heading(page, "Save your recovery codes");
  const codes = await page.locator(".codes code").allInnerTexts();
  assert.equal(codes.length, 10);
  for (const one of await page.locator(".codes code").all()) {
    assert.ok((await one.evaluate((it) => parseFloat(getComputedStyle(it).fontSize))) >= 16, "large enough to be copied by hand");
  }
  await button(page, "Copy").click();
  await button(page, "Copied").waitFor();
  assert.equal(await page.getByRole("status").innerText(), "Copied", "said aloud");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join("\n"));
  await button(page, "Copy").waitFor();
  await button(page, "Print").click();
  assert.equal(await page.evaluate(() => globalThis.printed), true);
  await page.look("recovery-codes-scripted");
  sql(airlock, "UPDATE users SET codes_kept = 'kept' WHERE id = 'noor'");
  await page.leave();
});

test("a whole code is sent by itself, once, and people are told so before", async () => {
  const page = await open(browser);
  await page.goto(airlock.origin);
  await signIn(page, "noor@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.postData()));
  const field = page.locator("#code");
  assert.match(await text(page), /It's sent as soon as you've entered all six digits/);
  assert.ok((await field.getAttribute("aria-describedby")).includes("code-hint"));
  await page.look("verify-scripted");
  await page.keyboard.type("12345");
  assert.equal(sent.length, 0);
  await page.keyboard.press("Backspace");
  const right = nextCode(airlock, "noor", NOOR_SEED);
  await field.fill("");
  await page.keyboard.type(right);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${airlock.origin}/`);
  await heading(page, "Dashboard");
  assert.equal(sent.length, 1, "Enter by habit sends no other");
  await page.leave();
});

test("a pasted code is sent; what is left after deleting is not", async () => {
  const page = await open(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(airlock.origin);
  await signIn(page, "noor@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.postData()));
  await page.locator("#code").evaluate((it) => (it.value = "1234567"));
  await page.keyboard.press("End");
  await page.keyboard.press("Backspace");
  assert.equal(await page.locator("#code").inputValue(), "123456");
  assert.equal(sent.length, 0, "six digits are left, and nothing is sent");
  const right = nextCode(airlock, "noor", NOOR_SEED);
  await page.evaluate((text) => navigator.clipboard.writeText(text), `${right.slice(0, 3)} ${right.slice(3)}`);
  await page.keyboard.press("ControlOrMeta+A");
  await Promise.all([page.waitForURL(`${airlock.origin}/`), page.keyboard.press("ControlOrMeta+V")]);
  assert.equal(sent.length, 1);
  await page.leave();
});

test("a wait is counted down, and its end is said", async () => {
  const page = await open(browser);
  await page.route(`**${AUTH}/login`, async (route) => {
    const answer = await route.fetch();
    const at = new Date(Date.now() + 600_000).toISOString();
    const waits = `<p>Try again at <time data-countdown="3" datetime="${at}">later</time>.</p><p>Or at <time data-countdown datetime="${at}">later</time>.</p>`;
    await route.fulfill({ response: answer, body: (await answer.text()).replace("<h1>", `${waits}<h1>`) });
  });
  await page.goto(`${airlock.origin}${AUTH}/login`);
  const [seconds, clock] = await page.locator("time").all();
  assert.match(await seconds.innerText(), /^\d+:\d\d.* \(0:0[123]\)$/);
  assert.match(await clock.innerText(), /^\d+:\d\d.* \((10:00|9:5\d)\)$/, "by the reader's own clock, where the page names no seconds");
  assert.equal(await page.getByRole("status").first().innerText(), "", "nobody is told each second");
  await page.getByRole("link", { name: "You can try again now." }).waitFor();
  assert.match(await seconds.innerText(), /^\d+:\d\d[^(]*$/);
  assert.equal(await page.getByRole("status").first().innerText(), "You can try again now.");
  await follow(page, "You can try again now.");
  await heading(page, "Sign in");
  await page.leave();
});

test("without script no page has a button that does nothing", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  const idle = async () => assert.equal(await page.locator("button[type=button]:visible, [data-scripted]:visible").count(), 0, page.url());
  await signInPage(page);
  await idle();
  await signIn(page, "noor@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  await idle();
  assert.doesNotMatch(await text(page), /as soon as/);
  await enter(page, nextCode(airlock, "noor", NOOR_SEED));
  await follow(page, "Add an authenticator");
  await page.getByText("Can't scan it?").click();
  await idle();
  await profile(page);
  await press(page, "Make new recovery codes");
  await heading(page, "Save your recovery codes");
  await idle();
  await page.leave();
});

test("an admin copies a link, and comes from the profile to the admins' pages and back", async () => {
  const page = await open(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await signInPage(page);
  await signIn(page, "owner@acme.test");
  await enter(page, code(OWNER_SEED));
  await heading(page, "Profile");
  await page.look("profile-of-an-admin");
  await follow(page, "Admin pages");
  assert.equal(new URL(page.url()).origin, airlock.admin.origin);
  await signIn(page, "owner@acme.test");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await page.goto(`${airlock.admin.origin}/settings/security`);
  assert.equal(page.url(), `${airlock.admin.origin}/settings/security/two-factor?account=acme`);
  await follow(page, "Members");
  await page.getByText("Invite someone").click();
  await page.getByLabel("E-mail address", { exact: true }).fill("ida@acme.test");
  await page.getByLabel("Name", { exact: true }).fill("Ida");
  await press(page, "Invite");
  await button(page, "Copy").click();
  await button(page, "Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator("#value").innerText());
  await page.look("admin-invited-scripted");
  await follow(page, "Profile");
  await heading(page, "Profile");
  assert.equal(new URL(page.url()).origin, airlock.origin);
  await follow(page, "Back to Airlock");
  await heading(page, "Dashboard");
  await page.leave();
});
