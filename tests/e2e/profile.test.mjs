// What people do with what is their own, in Chromium: the whole story of a profile without JavaScript, what a wrong code
// says, an invitation, and the same by keyboard alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, PASSWORD, code, growStale, nextCode, require2fa, sql, start } from "./airlock.mjs";
import { alert, button, confirm, enter, flip, follow, heading, inFocus, launch, link, open, press, said, scan, signIn, tabTo, text, through, type } from "./chromium.mjs";

const NEW_PASSWORD = "seven purple umbrellas walk north";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

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
const codesShown = async (page) => {
  await heading(page, "Save your recovery codes");
  return page.locator(".codes code").allInnerTexts();
};
/** What the rows of a list on the profile are called: authenticators, or sessions. */
const rows = (page, list) => page.locator(`${list} strong`).allInnerTexts();
const AUTHENTICATORS = "h3 + .entries";
const SESSIONS = "h2 + .entries";

test("a profile's story, without JavaScript", async (t) => {
  const page = await open(browser, { javaScriptEnabled: false });
  let [seed, tablet, recovery] = [];

  await t.test("shows who they are, and takes another name", async () => {
    await page.goto(airlock.origin);
    await signIn(page, "mia@acme.test");
    await follow(page, "Your profile");
    assert.match(await text(page), /mia@acme\.test[^]*Off You sign in with just your password/);
    await page.look("profile-off");
    await follow(page, "Edit profile");
    await page.look("edit");
    await page.getByLabel("Name").fill(" ");
    await press(page, "Save");
    assert.match(await alert(page), /A name has 1 to 100 characters/);
    assert.match((await inFocus(page)).description, /1 to 100/);
    await page.look("edit-failed");
    await page.getByLabel("Name").fill("Mia Marín");
    await press(page, "Save");
    assert.equal(await said(page), "Saved.");
    assert.match(await text(page), /Mia Marín/);
  });

  await t.test("turns two-factor login on", async () => {
    await follow(page, "Edit profile");
    await flip(page, "Enable 2FA");
    await confirm(page);
    ({ seed } = await scan(page));
    await page.getByLabel("Six-digit code").fill(code(seed, -4));
    await press(page, "Turn on two-factor login");
    assert.match(await alert(page), /Your app's clock is about (90 seconds|2 minutes) behind/);
    await page.getByLabel("Six-digit code").fill(code(seed));
    await press(page, "Turn on two-factor login");
    recovery = await codesShown(page);
    const [download] = await Promise.all([page.waitForEvent("download"), link(page, "Download").click()]);
    assert.equal(download.suggestedFilename(), "recovery-codes.txt");
    const file = readFileSync(await download.path(), "utf8");
    assert.equal(file, `Airlock recovery codes\nmia@acme.test\n${new Date().toISOString().slice(0, 10)}\n\n${recovery.join("\n")}\n`);
    await follow(page, "I've saved my codes");
    await page.getByLabel("Recovery code").fill(recovery[6]);
    await press(page, "Continue");
    await profile(page);
    assert.match(await text(page), /On You're asked for a code each time you sign in/);
    assert.match(await text(page), /10 recovery codes are left\.$/m);
    assert.deepEqual(await rows(page, AUTHENTICATORS), ["Authenticator app"]);
    assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0, "the only one stays");
    await page.look("profile-one");
    await follow(page, "Edit profile");
    await page.look("edit-on");
    await follow(page, "Profile");
  });

  await t.test("adds a tablet, and signs in with it elsewhere", async () => {
    await follow(page, "Add an authenticator");
    ({ seed: tablet } = await scan(page));
    assert.notEqual(tablet, seed);
    await page.look("set-up-another");
    await page.getByLabel("Name").fill("Tablet");
    await page.getByLabel("Six-digit code").fill(code(tablet));
    assert.ok(await page.getByLabel("Keep them and add this one").isChecked());
    await press(page, "Confirm");
    assert.deepEqual(await rows(page, AUTHENTICATORS), ["Authenticator app", "Tablet"]);
    assert.match(await text(page), /10 recovery codes are left\.$/m, "they stay as they are");
    const phone = await open(browser, { javaScriptEnabled: false, userAgent: IPHONE });
    await phone.goto(`${airlock.origin}/reports`);
    await signIn(phone, "mia@acme.test");
    await enter(phone, code(tablet, 1));
    assert.equal(phone.url(), `${airlock.origin}/reports`);
    await profile(page);
    assert.deepEqual(await rows(page, SESSIONS), ["Chrome on Linux", "Safari on iPhone"]);
    await page.look("profile-two");
    await phone.leave();
  });

  await t.test("removes the first, never the last", async () => {
    const stale = await page.context().newPage();
    await profile(stale);
    await page.bringToFront();
    growStale(airlock);
    await press(page, "Remove Authenticator app");
    await page.look("confirm-with-code");
    await confirm(page, "000000");
    assert.match(await alert(page), /That code isn't right/);
    assert.match(await text(page), /Next: Remove an authenticator/, "still");
    await page.look("confirm-failed");
    assert.equal(sql(airlock, "SELECT count(*) AS n FROM authenticators WHERE user_id = 'mia'")[0].n, 2, "nothing has happened so far");
    await confirm(page, nextCode(airlock, "mia", tablet));
    assert.equal(await said(page), "“Authenticator app” removed. You're signed out everywhere else.");
    assert.deepEqual(await rows(page, AUTHENTICATORS), ["Tablet"]);
    assert.deepEqual(await rows(page, SESSIONS), ["Chrome on Linux"]);
    await page.look("profile-removed");
    // A page from before that proof presses nothing: it has to be opened again.
    await stale.bringToFront();
    await press(stale, "Remove Tablet");
    assert.match(await alert(stale), /Nothing was changed/);
    const key = await stale.context().newPage();
    await profile(key);
    const last = `${AUTH}/authenticators/${sql(airlock, "SELECT id FROM authenticators WHERE user_id = 'mia'")[0].id}/remove`;
    await key.evaluate((path) => {
      const form = document.querySelector("form[action$='/recovery-codes']");
      form.action = path;
      form.querySelector("button").id = "last";
    }, last);
    await through(key.locator("#last"));
    assert.match(await alert(key), /This is your last one/);
    await key.close();
    await stale.close();
    await page.bringToFront();
    await page.goto(page.url().replace(/\?.*/, ""));
    assert.deepEqual(await rows(page, AUTHENTICATORS), ["Tablet"]);
  });

  await t.test("makes new recovery codes", async () => {
    await press(page, "Make new recovery codes");
    const fresh = await codesShown(page);
    assert.ok(fresh.length === 10 && !fresh.some((one) => recovery.includes(one)));
    await page.reload();
    assert.deepEqual(await codesShown(page), fresh, "a reload shows them again");
    await follow(page, "I've saved my codes");
    await press(page, "Ask me next time I sign in");
    assert.match(await text(page), /You haven't confirmed that you saved them/);
    await follow(page, "Confirm now");
    await page.getByLabel("Recovery code").fill(recovery[1]);
    await press(page, "Continue");
    assert.match(await alert(page), /isn't one of your recovery codes/);
    await page.getByLabel("Recovery code").fill(fresh[1]);
    await press(page, "Continue");
    assert.equal(page.url(), `${airlock.origin}${AUTH}/profile`);
  });

  await t.test("sees where they are signed in, ends one session, then all others", async () => {
    const others = [];
    for (const userAgent of [IPHONE, FIREFOX, FIREFOX]) {
      const other = await open(browser, { javaScriptEnabled: false, userAgent });
      await other.goto(airlock.origin);
      await signIn(other, "mia@acme.test");
      await enter(other, nextCode(airlock, "mia", tablet));
      await heading(other, "Dashboard");
      others.push(other);
    }
    const isIn = (other) => other.goto(airlock.origin).then(() => !other.url().includes(`${AUTH}/login`));
    await profile(page);
    assert.deepEqual((await rows(page, SESSIONS)).toSorted(), ["Chrome on Linux", "Firefox on Windows", "Firefox on Windows", "Safari on iPhone"]);
    assert.match(await page.locator(`${SESSIONS} li`).first().innerText(), /Chrome on Linux This session/);
    await through(page.getByRole("button", { name: /^Sign out Safari on iPhone/ }));
    assert.equal(await said(page), "Signed out Safari on iPhone.");
    assert.deepEqual(await Promise.all(others.map(isIn)), [false, true, true]);
    await press(page, "Sign out everywhere else");
    assert.equal(await said(page), "You're signed out everywhere else.");
    assert.deepEqual(await rows(page, SESSIONS), ["Chrome on Linux"]);
    assert.equal(await button(page, "Sign out everywhere else").count(), 0);
    assert.deepEqual(await Promise.all(others.map(isIn)), [false, false, false]);
    for (const other of others) await other.leave();
  });

  await t.test("changes the password, and signs in with it", async () => {
    await follow(page, "Change password");
    await page.look("password");
    const field = page.getByLabel("New password");
    await page.getByLabel("Current password").fill(PASSWORD);
    await field.fill("fourteen chars");
    await button(page, "Change password").click();
    assert.ok(await field.evaluate((it) => it.matches(":focus") && it.validity.tooShort), "the browser says so, beside it");
    const change = async (current, next) => {
      await page.getByLabel("Current password").fill(current);
      await field.fill(next);
      await press(page, "Change password");
    };
    await change(PASSWORD, "passwordpassword");
    assert.match(await alert(page), /Choose another password/);
    assert.match(await page.locator("#new").evaluate((field) => field.getAttribute("aria-describedby")), /problem/);
    await page.look("password-failed");
    await change("not the password", NEW_PASSWORD);
    assert.match(await alert(page), /Wrong password/);
    await change(PASSWORD, NEW_PASSWORD);
    assert.equal(await said(page), "Your password is changed. You're signed out everywhere else.");
    await press(page, "Sign out");
    await signIn(page, "mia@acme.test");
    assert.match(await alert(page), /Sign-in failed/);
    await signIn(page, "mia@acme.test", NEW_PASSWORD);
    await enter(page, nextCode(airlock, "mia", tablet));
    await heading(page, "Dashboard");
  });

  await t.test("finds a switch that does not move while the account requires it", async () => {
    require2fa(airlock, true);
    await profile(page);
    assert.match(await text(page), /Acme requires two-factor login, so you can't turn it off/);
    assert.equal(await link(page, "Turn off two-factor login").count(), 0);
    await page.look("profile-required");
    await follow(page, "Edit profile");
    assert.ok(await page.getByRole("switch", { name: "Enable 2FA", checked: true, disabled: true }).isVisible());
    assert.match(await text(page), /Acme requires two-factor login, so you can't turn it off/);
    await page.look("edit-required");
    require2fa(airlock, false);
  });

  await t.test("turns two-factor login off", async () => {
    growStale(airlock);
    await profile(page);
    await follow(page, "Edit profile");
    await flip(page, "Enable 2FA");
    await confirm(page, nextCode(airlock, "mia", tablet), NEW_PASSWORD);
    await heading(page, "Turn off two-factor login");
    await page.look("turning-off");
    await press(page, "Turn off two-factor login");
    assert.equal(await said(page), "Two-factor login is off. You're signed out everywhere else.");
    assert.match(await text(page), /Off You sign in with just your password/);
    await press(page, "Sign out");
    await signIn(page, "mia@acme.test", NEW_PASSWORD);
    await heading(page, "Dashboard");
    assert.match(await text(page), /You signed in with your password/);
  });
  await page.leave();
});

test("a wrong code says why", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.origin);
  await signIn(page, "noor@acme.test");
  const refused = async (wrong) => {
    await enter(page, wrong);
    return alert(page);
  };
  // 90 seconds; or 120, if the next step begins meanwhile.
  assert.match(await refused(code(NOOR_SEED, -3)), /Your app's clock is about (90 seconds|2 minutes) behind/);
  await page.look("verify-clock");
  assert.match(await refused(code(NOOR_SEED, 4)), /Your app's clock is about (90 seconds|2 minutes) ahead/);
  assert.match(await refused("12345"), /Enter all six digits/);
  const right = nextCode(airlock, "noor", NOOR_SEED);
  await enter(page, right);
  await heading(page, "Dashboard");
  await press(page, "Sign out");
  await signIn(page, "noor@acme.test");
  assert.match(await refused(right), /You've already used this code/);
  // It is one of the five of its login.
  for (let tries = 0; tries < 4; tries++) assert.match(await refused("000000"), /That code isn't right/);
  assert.match(await refused("000000"), /Too many wrong codes\. Sign in again/);
  await page.look("verify-too-many");
  await page.leave();
});

test("joining: someone new chooses a password and is in; someone with a login joins with one click, after every factor", async () => {
  const owner = new Client(airlock.admin);
  await owner.login("owner@acme.test");
  await owner.verify(nextCode(airlock, "owner", OWNER_SEED));
  const invite = async (account, email) =>
    (await owner.post(`/api/v1/accounts/${account}/users`, { email, name: "Zoe", role: "member" })).json.invite_url;
  const zoe = await open(browser, { javaScriptEnabled: false });
  const first = await invite("acme", "zoe@acme.test");
  await zoe.goto(first);
  await heading(zoe, "Join Acme");
  await zoe.look("join");
  await zoe.getByLabel("New password").fill("passwordpassword");
  await press(zoe, "Join");
  assert.match(await alert(zoe), /Choose another password/);
  await zoe.look("join-failed");
  await zoe.getByLabel("New password").fill(NEW_PASSWORD);
  await press(zoe, "Join");
  await heading(zoe, "Dashboard");
  assert.match(await text(zoe), /Acme \(member\)/);
  await zoe.goto(first);
  assert.match(await alert(zoe), /Invitation not valid/);
  await zoe.look("join-gone");

  sql(airlock, "INSERT INTO accounts (id, name, created_at) VALUES ('umbrella', 'Umbrella', 0)");
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('umbrella', 'owner', 'owner@acme.test', 'owner', 'active', 0)");
  sql(airlock, "DELETE FROM code_attempts");
  const second = await invite("umbrella", "noor@acme.test");
  const joined = () => sql(airlock, "SELECT state FROM memberships WHERE account_id = 'umbrella' AND user_id = 'noor'")[0].state === "active";
  await zoe.goto(second);
  assert.match(await text(zoe), /zoe@acme\.test[^]*This invitation is for noor@acme\.test/);
  assert.equal(await button(zoe, "Join").count(), 0);
  await zoe.look("join-other");
  await zoe.leave();

  const noor = await open(browser, { javaScriptEnabled: false });
  await noor.goto(second);
  await noor.getByLabel("New password").fill(NEW_PASSWORD);
  await press(noor, "Join");
  assert.match(await alert(noor), /already a login for this address/);
  await follow(noor, "I already have a login");
  await signIn(noor, "noor@acme.test");
  assert.equal(new URL(noor.url()).pathname, `${AUTH}/verify`);
  await noor.goto(second);
  assert.match(await text(noor), /Choose a password/, "the password alone joins nobody");
  await noor.goto(`${airlock.origin}${AUTH}/verify`);
  await enter(noor, nextCode(airlock, "noor", NOOR_SEED));
  assert.equal(noor.url(), `${airlock.origin}${AUTH}/invite`, "back where it began");
  assert.match(await text(noor), /noor@acme\.test/);
  await noor.look("join-another");
  assert.ok(!joined());
  await press(noor, "Join");
  assert.ok(joined());
  await heading(noor, "Dashboard");
  assert.match(await text(noor), /Acme \(member\), Umbrella \(member\)/);
  await noor.leave();
});

test("the pages hold in each language, and when written from right to left", async () => {
  const texts = { "de-AT": /Profil/, "hi-IN": /प्रोफ़ाइल/ };
  for (const [locale, words] of Object.entries(texts)) {
    const page = await open(browser, { javaScriptEnabled: false, locale });
    await page.goto(airlock.origin);
    await page.look(`login-${locale}`);
    await page.locator("#email").fill("owner@acme.test");
    await page.locator("#password").fill(PASSWORD);
    await through(page.locator("form button").first());
    await page.look(`verify-${locale}`);
    await page.locator("#code").fill(nextCode(airlock, "owner", OWNER_SEED));
    await through(page.locator("form button").first());
    await profile(page);
    assert.match(await text(page), words);
    assert.equal(await page.locator("html").getAttribute("lang"), locale.slice(0, 2));
    await page.look(`profile-${locale}`);
    for (const path of [`${AUTH}/profile`, `${AUTH}/profile/edit`, `${AUTH}/password`, `${AUTH}/reauth`]) {
      await page.goto(airlock.origin + path);
      await page.setViewportSize({ width: 320, height: 800 });
      await page.evaluate(() => (document.documentElement.dir = "rtl"));
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
      assert.ok(wide <= 320, `${path} from right to left is ${wide} wide`);
    }
    await profile(page);
    await press(page, "English");
    assert.match(await text(page), /Edit profile/, "what one chooses goes before what the browser asks for");
    await page.goto(`${airlock.origin}${AUTH}/password`);
    assert.match(await text(page), /Change password/);
    await page.leave();
  }
});

test("set-up from the profile in three screens, and the profile, by keyboard alone", async () => {
  const page = await open(browser, { viewport: { width: 768, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] });
  const go = async (control, most) => {
    await tabTo(page, control, most);
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  };
  // By the app: a login that leads to the profile is proof enough there.
  await page.goto(airlock.origin);
  await type(page, "#email", "leo@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await heading(page, "Dashboard");
  await go(`[href='${AUTH}/profile']`);
  await go(`[href='${AUTH}/profile/edit']`);
  const [begun, screens] = [Date.now(), []];
  page.on("framenavigated", (frame) => screens.push(new URL(frame.url()).pathname));
  await go(".switch");
  await type(page, "#password", PASSWORD, "Enter");
  await heading(page, "Set up two-factor login");
  await tabTo(page, ".qr + details summary");
  await page.keyboard.press("Enter");
  const seed = (await page.locator("#key").innerText()).replaceAll(" ", "");
  await tabTo(page, "[data-copy]");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), seed);
  await tabTo(page, "#code");
  await type(page, "#code", code(seed), "Enter");
  const [, recovery] = await codesShown(page);
  assert.deepEqual(screens, [`${AUTH}/reauth`, `${AUTH}/enrol`, `${AUTH}/recovery-codes`], "password, QR code, recovery codes");
  assert.ok(Date.now() - begun < 60_000);
  await go(".actions .button:not(.second)");
  await type(page, "#code", recovery, "Enter");
  await heading(page, "Profile");
  assert.equal(await said(page), "Your authenticator is set up. You're signed out everywhere else.");
  await go(`[href='${AUTH}/enrol']`, 25);
  await tabTo(page, "#name");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Watch");
  await tabTo(page, "#code");
  await page.keyboard.type(code((await scan(page)).seed));
  await page.keyboard.press("Enter");
  await heading(page, "Profile");
  await go("[action$='/remove'] button");
  assert.equal(await said(page), "“Authenticator app” removed. You're signed out everywhere else.");
  assert.deepEqual(await rows(page, AUTHENTICATORS), ["Watch"]);
  await go("[href$='/two-factor/disable']", 25);
  await go(".danger");
  assert.equal(await said(page), "Two-factor login is off. You're signed out everywhere else.");
  await go(`[href='${AUTH}/password']`);
  await type(page, "#current", PASSWORD, "Tab");
  await page.keyboard.press("Tab"); // past "Show"
  await page.keyboard.type(NEW_PASSWORD);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  assert.equal(await said(page), "Your password is changed. You're signed out everywhere else.");
  await page.leave();
});

test("the states that no story reaches", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.origin);
  await signIn(page, "noor@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  await enter(page, nextCode(airlock, "noor", NOOR_SEED));
  sql(airlock, "UPDATE users SET two_factor_chosen = 0 WHERE id = 'noor'");
  await profile(page);
  await page.look("profile-not-asked");
  sql(airlock, "UPDATE users SET two_factor_chosen = 1, code_failures = 100 WHERE id = 'noor'");
  await profile(page);
  await page.look("profile-locked");
  sql(airlock, "UPDATE users SET code_failures = 0 WHERE id = 'noor'");
  await page.goto(`${airlock.origin}${AUTH}/enrol`);
  await confirm(page, nextCode(airlock, "noor", NOOR_SEED));
  sql(airlock, "DELETE FROM enrolments");
  await page.getByLabel("Six-digit code").fill("000000");
  await press(page, "Confirm");
  assert.match(await alert(page), /Nothing to confirm/);
  await page.look("start-again");
  await page.leave();
});
