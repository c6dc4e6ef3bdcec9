// What mails lead to, in Chromium: a forgotten password, asked for, read in the mailbox of development, set anew, and the code
// asked for as before; invitations, for someone new, and for an address that somebody has made a login for; and a password that someone
// else has: its owner is told, and stops them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, PASSWORD, nextCode, send, sql, start } from "./airlock.mjs";
import { alert, enter, follow, heading, launch, open, press, said, signIn, text } from "./chromium.mjs";

const NEW_PASSWORD = "seven purple umbrellas walk north";

let airlock;
let browser;

before(async () => {
  airlock = await start(["sh", "dev/start.sh"], { MAIL_FROM: "Airlock <airlock@mail.localhost>" });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
});

/** The mails to an address, the newest first, once there are so many. */
async function mails(to, count) {
  for (const end = Date.now() + 20_000; ; await sleep(200)) {
    const { mails } = (await send(airlock.mail, "GET", `/?to=${to}`, { accept: "application/json" })).json;
    if (mails.length >= count) return mails;
    assert.ok(Date.now() < end, `${mails.length} mails to ${to}: ${airlock.log.slice(-2000)}`);
  }
}

test("someone who forgot their password sets a new one by mail, without JavaScript", async (t) => {
  const page = await open(browser, { javaScriptEnabled: false });
  const other = new Client(airlock);
  let link;

  await t.test("asks for a link where the password was wrong", async () => {
    await page.goto(airlock.origin);
    await signIn(page, "noor@acme.test", "something else entirely");
    await page.look("wrong-password-with-mail");
    await press(page, "Forgot your password?");
    await heading(page, "Forgot your password?");
    assert.equal(await page.getByLabel("E-mail address").inputValue(), "noor@acme.test");
    assert.ok(!page.url().includes("noor"), page.url());
    await page.look("forgot");
    await press(page, "E-mail me a link");
    await heading(page, "Check your e-mail");
    assert.match(await said(page), /noor@acme\.test/);
    await page.look("forgot-sent");
    await page.goto(`${airlock.origin}${AUTH}/forgot`);
    await page.look("forgot-opened");
  });

  await t.test("finds it in their mailbox, and nobody else is mailed anything", async () => {
    const [mail] = await mails("noor@acme.test", 1);
    link = mail.text.match(/^http\S+$/m)[0];
    assert.ok(link.startsWith(`${airlock.origin}${AUTH}/reset-password/`), link);
    assert.equal((await other.post(`${AUTH}/forgot`, { email: "nobody@acme.test" })).status, 200);
    await sleep(1_000);
    assert.equal(sql(airlock, "SELECT count(*) AS n FROM outbox")[0].n, 0);
    assert.deepEqual(await mails("nobody@acme.test", 0), []);
  });

  await t.test("sets a new one, and no address of the page has the link", async () => {
    await page.goto(link);
    await heading(page, "Set a new password");
    assert.equal(page.url(), `${airlock.origin}${AUTH}/reset-password`);
    await page.look("reset-password");
    await page.getByLabel("New password").fill("correct horse");
    await page.getByLabel("New password").evaluate((it) => it.removeAttribute("minlength"));
    await press(page, "Set a new password");
    assert.match(await alert(page), /15/);
    await page.look("reset-password-weak");
    await page.getByLabel("New password").fill(NEW_PASSWORD);
    await press(page, "Set a new password");
    assert.match(await said(page), /Your new password is set/);
  });

  await t.test("signs in with it and the code, and is told by mail", async () => {
    await signIn(page, "noor@acme.test", NEW_PASSWORD);
    await enter(page, nextCode(airlock, "noor", NOOR_SEED));
    await page.goto(`${airlock.origin}${AUTH}/profile`);
    assert.match(await text(page), /noor@acme\.test/);
    const subjects = (await mails("noor@acme.test", 3)).map((mail) => mail.subject);
    assert.deepEqual(subjects.slice(0, 2).toSorted(), ["New sign-in at Airlock", "You have a new password at Airlock"]);
  });

  await t.test("the link is good for nothing any more, and there is a way on", async () => {
    await page.goto(link);
    assert.match(await alert(page), /used/);
    await page.look("reset-password-gone");
    await follow(page, "Sign in");
  });
  await page.leave();
});

test("the same in German", async () => {
  const page = await open(browser, { javaScriptEnabled: false, locale: "de" });
  await page.goto(`${airlock.origin}${AUTH}/forgot`);
  await heading(page, "Passwort vergessen?");
  await page.getByLabel("E-Mail-Adresse").fill("leo@acme.test");
  await press(page, "Link schicken");
  await heading(page, "Sehen Sie in Ihr Postfach");
  await page.look("forgot-sent-german");
  const [mail] = await mails("leo@acme.test", 1);
  assert.match(mail.subject, /^Neues Passwort/);
  await page.leave();
});

test("an invitation comes by mail, and nobody else sees its link", async (t) => {
  // Bolt, beside Acme: who is invited there may be a member here.
  sql(airlock, "INSERT INTO accounts (id, name, created_at) VALUES ('bolt', 'Bolt', 0)");
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('bolt', 'owner', 'owner@acme.test', 'owner', 'active', 0)");
  const owner = await open(browser, { javaScriptEnabled: false });
  const page = await open(browser, { javaScriptEnabled: false });
  const linkTo = async (to) => (await mails(to, 1))[0].text.match(/^http\S+$/m)[0];

  await t.test("the owner sends two", async () => {
    await owner.goto(airlock.admin.origin);
    await signIn(owner, "owner@acme.test");
    await enter(owner, nextCode(airlock, "owner", OWNER_SEED));
    for (const [email, name] of [["una@acme.test", "Una"], ["mia@acme.test", "Mia"]]) {
      await owner.goto(`${airlock.admin.origin}/members?account=bolt`);
      await owner.locator("summary").click();
      if (name === "Una") await owner.look("admin-invite-by-mail");
      await owner.getByLabel("E-mail address", { exact: true }).fill(email);
      await owner.getByLabel("Name", { exact: true }).fill(name);
      await press(owner, "Invite");
      assert.equal(await said(owner), `We've sent the invitation to ${email}. Its link works once, for seven days.`);
      assert.doesNotMatch(await owner.content(), /\/invite\//);
    }
    await owner.look("admin-invited-by-mail");
    await follow(owner, "una@acme.test");
    await owner.look("admin-member-invited-by-mail");
    await owner.leave();
  });

  await t.test("someone new chooses a password", async () => {
    await page.goto(await linkTo("una@acme.test"));
    await heading(page, "Join Bolt");
    await page.look("invitation-by-mail");
  });

  await t.test("whose address has a login that they can't sign in with starts over, and reads before what ends", async () => {
    await page.goto(await linkTo("mia@acme.test"));
    assert.match(await text(page), /There's already a login for mia@acme\.test/);
    await page.look("invitation-for-a-login");
    await follow(page, "That isn't my login, or I can't sign in with it");
    await heading(page, "Start over");
    assert.match(await text(page), /its membership of Acme/);
    await page.look("start-over");
    await page.getByLabel("New password").fill("correct horse");
    await page.getByLabel("New password").evaluate((it) => it.removeAttribute("minlength"));
    await page.getByLabel("End all of this").check();
    await press(page, "Start over");
    assert.match(await alert(page), /15/);
    await page.getByLabel("New password").fill(NEW_PASSWORD);
    await page.getByLabel("End all of this").check();
    await press(page, "Start over");
    await page.goto(`${airlock.origin}${AUTH}/profile`);
    assert.match(await text(page), /Bolt/);
    assert.doesNotMatch(await text(page), /Acme/);
  });
  await page.leave();
});

test("someone whose password is known reads of it and stops whoever knows it, without JavaScript", async (t) => {
  const [thief, owner] = [await open(browser), await open(browser, { javaScriptEnabled: false })];
  const before = (await mails("mia@acme.test", 0)).length;
  let link;

  await t.test("five wrong codes bring a mail with when, where and which browser", async () => {
    await thief.goto(airlock.origin);
    await signIn(thief, "owner@acme.test", PASSWORD);
    for (let i = 0; i < 5; i += 1) await enter(thief, "000000");
    const told = async () => (await mails("owner@acme.test", 0)).find((mail) => mail.subject.startsWith("Someone knows"));
    for (const end = Date.now() + 20_000; !(await told()); await sleep(200)) assert.ok(Date.now() < end, "nobody is told");
    const mail = await told();
    assert.match(mail.text, /When: \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    assert.match(mail.text, /Chrome/);
    assert.doesNotMatch(mail.html, /<img|src=/);
    link = mail.text.match(/^http\S+$/m)[0];
    assert.ok(link.startsWith(`${airlock.origin}${AUTH}/not-me/`), link);
  });

  await t.test("a program that follows links does nothing by it", async () => {
    const client = new Client(airlock);
    assert.equal((await client.get(new URL(link).pathname, { accept: "text/html" })).status, 200);
    assert.equal(sql(airlock, "SELECT count(*) AS n FROM users WHERE password_stopped_at IS NOT NULL")[0].n, 0);
  });

  await t.test("one button stops it, and the way to a new password follows", async () => {
    await owner.goto(link);
    await heading(owner, "This wasn't me");
    await owner.look("not-me");
    await press(owner, "Stop everything");
    await heading(owner, "Everything is stopped");
    await owner.look("not-me-done");
    await owner.reload();
    await heading(owner, "Everything is stopped");
    await follow(owner, "Set a new password");
    await heading(owner, "Forgot your password?");
  });

  await t.test("the thief's waiting login is dead, and the password too", async () => {
    assert.equal(sql(airlock, "SELECT count(*) AS n FROM sessions WHERE user_id = 'owner'")[0].n, 0);
    await thief.goto(`${airlock.origin}${AUTH}/verify`);
    await signIn(thief, "owner@acme.test", PASSWORD);
    assert.match(await alert(thief), /no longer works/);
    await thief.look("password-stopped");
  });
  assert.equal((await mails("mia@acme.test", 0)).length, before, "nobody else is told");
  await Promise.all([thief.leave(), owner.leave()]);
});
