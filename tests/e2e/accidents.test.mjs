// What a person does by accident, in Chromium on a line of 1.5 seconds: Enter twice, a double click, a reload, the way back, two
// tabs. None of it costs anything, with script or without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, PASSWORD, code, nextCode, require2fa, sql, start } from "./airlock.mjs";
import { button, confirm, enter, follow, heading, launch, open, press, scan, signIn, text, through } from "./chromium.mjs";

const NEW_PASSWORD = "seven purple umbrellas walk north";
const SETTINGS = "/settings/security/two-factor";

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

/** How many times this was done. */
const done = (action, result = "ok") =>
  sql(airlock, "SELECT count(DISTINCT event) AS n FROM audit WHERE action = ? AND result = ?", action, result)[0].n;

/** From now on each request of the page takes 1.5 seconds more. */
async function slow(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 1500, downloadThroughput: -1, uploadThroughput: -1 });
}

/** Does it, and once more 0.6 seconds later, before the page has heard of the first time. Comes to where that leads. */
async function twice(page, act, arrived) {
  await act();
  await sleep(600);
  await act().catch(() => {}); // the page may be on its way
  await come(page, arrived);
}

/** Waits for an address. What comes of the first time is given up by the browser for the second, which is no failure. */
async function come(page, arrived) {
  for (const end = Date.now() + 20_000; !arrived(new URL(page.url())); await sleep(50)) {
    assert.ok(Date.now() < end, `still at ${page.url()}: ${await text(page).catch(String)}`);
  }
  await page.waitForLoadState("load");
}

const enterTwice = (page, arrived) => twice(page, () => page.keyboard.press("Enter"), arrived);
const clickTwice = (page, control, arrived) => twice(page, () => control.click({ noWaitAfter: true, timeout: 1000 }), arrived);
const at = (path) => (url) => url.pathname === path;
const says = (what) => (url) => url.search.includes(`done=${what}`);

/** Reloads the page, and goes back and forth: nothing happens by it. */
async function wander(page) {
  const before = sql(airlock, "SELECT count(*) AS n FROM audit")[0].n;
  await page.reload();
  await page.goBack().catch(() => {});
  await page.goForward().catch(() => {});
  assert.equal(sql(airlock, "SELECT count(*) AS n FROM audit")[0].n, before, "to look is not to act");
}

/** Someone at the profile who has just proven who they are. */
async function freshNoor(options, password) {
  sql(airlock, "UPDATE users SET codes_kept = 'kept'");
  const page = await open(browser, options);
  await page.goto(`${airlock.origin}${AUTH}/login?return_to=${AUTH}/profile`);
  await signIn(page, "noor@acme.test", password);
  await enter(page, nextCode(airlock, "noor", NOOR_SEED));
  await heading(page, "Profile");
  return page;
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with script" : "without script";

  test(`signing in and setting up, Enter pressed twice on each page, ${how}`, async () => {
    require2fa(airlock, true);
    const [email, id] = javaScriptEnabled ? ["leo@acme.test", "leo"] : ["mia@acme.test", "mia"];
    const page = await open(browser, { javaScriptEnabled });
    await page.goto(`${airlock.origin}/reports`);
    await slow(page);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await enterTwice(page, at(`${AUTH}/enrol`));
    const { seed } = await scan(page);
    await page.getByLabel("Six-digit code").fill(code(seed));
    const before = done("enrol");
    await enterTwice(page, at(`${AUTH}/recovery-codes`));
    await heading(page, "Save your recovery codes");
    const codes = await page.locator(".codes code").allInnerTexts();
    assert.equal(codes.length, 10);
    assert.equal(done("enrol"), before + 1);
    await page.reload();
    assert.deepEqual(await page.locator(".codes code").allInnerTexts(), codes, "a reload shows them again");
    await wander(page);
    await page.goto(page.url());
    await follow(page, "I've saved my codes");
    await page.getByLabel("Recovery code").fill(codes[2]);
    await enterTwice(page, at("/reports"));

    // The next login, with the next code, and one that has nothing left but a recovery code.
    const next = await open(browser, { javaScriptEnabled });
    await next.goto(`${airlock.origin}/reports`);
    await signIn(next, email);
    await slow(next);
    const verified = done("verify");
    const digits = nextCode(airlock, id, seed);
    if (javaScriptEnabled) {
      // Typed as a person types: it is sent at the sixth digit, and Enter after that is a habit.
      await next.keyboard.type(digits);
      await next.keyboard.press("Enter");
      await come(next, at("/reports"));
    } else {
      await next.getByLabel("Six-digit code").fill(digits);
      await enterTwice(next, at("/reports"));
    }
    assert.deepEqual([done("verify"), done("verify", "used_code")], [verified + 1, 0], "a code is used once, and not refused as used");

    const lost = await open(browser, { javaScriptEnabled });
    await lost.goto(`${airlock.origin}${AUTH}/login?return_to=/reports`);
    await signIn(lost, email);
    await follow(lost, "Use a recovery code instead");
    await slow(lost);
    await lost.getByLabel("Recovery code").fill("0000-0000-0000-0000-0000-0000");
    await enterTwice(lost, at(`${AUTH}/recovery`));
    await lost.getByText("That code isn't right").waitFor();
    assert.equal(sql(airlock, "SELECT count(*) AS n FROM code_attempts WHERE user_id = ?", id)[0].n, 1, "a wrong one counts once");
    await lost.getByLabel("Recovery code").fill(codes[0]);
    await enterTwice(lost, at(`${AUTH}/enrol`));
    assert.match(await text(lost), /You have 9 recovery codes left/);
    const phone = await scan(lost);
    await lost.getByLabel("Six-digit code").fill(code(phone.seed));
    await enterTwice(lost, at("/reports"));
    const left = sql(airlock, "SELECT name FROM authenticators WHERE user_id = ?", id);
    assert.equal(left.length, 1, "the lost phone's authenticator is replaced");
    await Promise.all([page, next, lost].map((one) => one.leave()));
    require2fa(airlock, false);
  });

  test(`every button of a profile clicked twice, ${how}`, async () => {
    const old = javaScriptEnabled ? PASSWORD : NEW_PASSWORD;
    const page = await freshNoor({ javaScriptEnabled }, old);
    await follow(page, "Add an authenticator");
    const { seed } = await scan(page);
    await page.getByLabel("Name").fill("Tablet");
    await page.getByLabel("Six-digit code").fill(code(seed));
    await slow(page);
    let before = done("enrol");
    await clickTwice(page, button(page, "Confirm"), (url) => !url.pathname.endsWith("/enrol"));
    assert.equal(done("enrol"), before + 1);
    await page.goto(`${airlock.origin}${AUTH}/profile`);
    const steps = [
      ["recovery_codes", () => button(page, "Make new recovery codes"), at(`${AUTH}/recovery-codes`)],
      ["authenticator_removed", () => page.getByRole("button", { name: /^Remove Tablet/ }), says("removed")],
    ];
    for (const [action, control, arrived] of steps) {
      before = done(action);
      await clickTwice(page, control(), arrived);
      assert.equal(done(action), before + 1, action);
      await wander(page);
      await page.goto(`${airlock.origin}${AUTH}/profile`);
    }
    before = done("renamed");
    await page.goto(`${airlock.origin}${AUTH}/profile/edit`);
    await page.getByLabel("Name").fill(`Noor ${how}`);
    await enterTwice(page, says("saved"));
    assert.equal(done("renamed"), before + 1);
    await page.goto(`${airlock.origin}${AUTH}/password`);
    before = done("password");
    await page.getByLabel("Current password").fill(old);
    await page.getByLabel("New password").fill(javaScriptEnabled ? NEW_PASSWORD : PASSWORD);
    await enterTwice(page, says("password"));
    assert.equal(done("password"), before + 1);
    // Proving it again, twice.
    before = done("reauth");
    await page.goto(`${airlock.origin}${AUTH}/reauth?return_to=${AUTH}/profile`);
    await page.getByLabel("Password").fill(javaScriptEnabled ? NEW_PASSWORD : PASSWORD);
    await page.getByLabel("Six-digit code").fill(nextCode(airlock, "noor", NOOR_SEED));
    await enterTwice(page, at(`${AUTH}/profile`));
    assert.equal(done("reauth"), before + 1);
    await page.leave();
  });
}

test("what is meant twice is done twice: two tabs are two forms", async () => {
  sql(airlock, "UPDATE users SET codes_kept = 'kept'");
  const page = await open(browser);
  await page.goto(`${airlock.origin}${AUTH}/login?return_to=${AUTH}/profile`);
  await signIn(page, "owner@acme.test");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await heading(page, "Profile");
  const other = await page.context().newPage();
  await other.goto(`${airlock.origin}${AUTH}/profile`);
  const before = done("recovery_codes");
  await press(page, "Make new recovery codes");
  const codes = await page.locator(".codes code").allInnerTexts();
  await press(other, "Make new recovery codes");
  assert.notDeepEqual(await other.locator(".codes code").allInnerTexts(), codes);
  assert.equal(done("recovery_codes"), before + 2);
  // The first tab shows what holds now.
  await page.reload();
  assert.deepEqual(await page.locator(".codes code").allInnerTexts(), await other.locator(".codes code").allInnerTexts());
  await page.leave();
});

test("an invitation joined twice, and every form of an admin's sent twice", async () => {
  sql(airlock, "UPDATE users SET codes_kept = 'kept'");
  const page = await open(browser);
  await page.goto(airlock.admin.origin);
  await signIn(page, "owner@acme.test");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await page.getByRole("navigation", { name: "Admin" }).waitFor();
  await slow(page);
  const visit = (path) => page.goto(`${airlock.admin.origin}${path}?account=acme`);
  const value = () => page.locator("#value").innerText();

  await visit("/members");
  await page.locator("summary", { hasText: "Invite" }).click();
  await page.getByLabel("E-mail address", { exact: true }).fill("una@acme.test");
  await page.getByLabel("Name", { exact: true }).fill("Una Ude");
  await enterTwice(page, at("/shown"));
  const link = await value();
  assert.equal(done("member_invited"), 1);
  await page.reload();
  assert.equal(await value(), link, "a reload shows the same link");
  await wander(page);

  const una = await open(browser);
  await una.goto(link);
  await slow(una);
  await una.getByLabel("New password").or(una.getByLabel("Password")).first().fill(NEW_PASSWORD);
  await enterTwice(una, at("/"));
  assert.equal(done("member_joined"), 1);
  await una.goto(`${airlock.origin}${AUTH}/profile`);
  assert.match(await text(una), /una@acme\.test/, "and is signed in");
  await una.leave();

  for (const [path, action, fill] of [
    ["/tokens", "token_made", () => page.getByLabel("See members").check()],
    ["/service-tokens", "service_token_made", () => page.getByLabel("Paths").fill("/api/*")],
  ]) {
    await visit(path);
    await page.locator("summary").first().click();
    await page.getByLabel("Name", { exact: true }).fill("job");
    await fill();
    await clickTwice(page, page.locator("details button").last(), at("/shown"));
    assert.equal(done(action), 1, action);
    const token = await value();
    await page.reload();
    assert.equal(await value(), token);
    await visit(path);
    await clickTwice(page, page.getByRole("button", { name: /^Revoke/ }).first(), says("revoked"));
    assert.equal(done(action.replace("made", "revoked")), 1);
  }

  await visit(`${SETTINGS}/change`);
  await clickTwice(page, button(page, "Require two-factor login"), says("policy"));
  assert.equal(done("policy"), 1);
  await visit("/members/noor/reset");
  await clickTwice(page, button(page, "Reset two-factor login"), says("reset"));
  assert.equal(done("two_factor_reset"), 1);
  await wander(page);
  await visit(`/members/leo/remove`);
  await clickTwice(page, button(page, "Remove member"), says("removed"));
  assert.equal(done("member_removed"), 1);
  await page.leave();
});
