// Another address, in Chromium: asked for, confirmed from the mailbox of development, used to sign in, and taken back from the old one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AUTH, NOOR_SEED, PASSWORD, nextCode, send, start } from "./airlock.mjs";
import { alert, enter, follow, heading, launch, open, press, said, signIn, text } from "./chromium.mjs";

const NEW_PASSWORD = "seven purple umbrellas walk north";
const NEW = "noor@new.test";

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

/** The link in the newest mail to an address, once there is one about this. */
async function mailed(to, subject) {
  for (const end = Date.now() + 20_000; ; await sleep(200)) {
    const { mails } = (await send(airlock.mail, "GET", `/?to=${to}`, { accept: "application/json" })).json;
    if (subject.test(mails[0]?.subject)) return mails[0].text.match(/^http\S+$/m)[0];
    assert.ok(Date.now() < end, `${mails.length} mails to ${to}: ${airlock.log.slice(-2000)}`);
  }
}

test("someone moves to another address, and whoever reads the old one takes it back, without JavaScript", async (t) => {
  const page = await open(browser, { javaScriptEnabled: false });
  const other = await open(browser, { javaScriptEnabled: false });
  const at = (path) => `${airlock.origin}${AUTH}${path}`;
  let asked;

  await t.test("asks for it once they have proven who they are", async () => {
    await page.goto(at("/profile"));
    await signIn(page, "noor@acme.test");
    await enter(page, nextCode(airlock, "noor", NOOR_SEED));
    await heading(page, "Profile");
    await follow(page, "Change e-mail address");
    await page.look("email");
    await page.getByLabel("New e-mail address").fill("noor@acme.test");
    await press(page, "E-mail me a link");
    assert.match(await alert(page), /another/);
    await page.look("email-refused");
    await page.getByLabel("New e-mail address").fill(NEW);
    await press(page, "E-mail me a link");
    await heading(page, "Check your e-mail");
    assert.match(await said(page), /noor@new\.test/);
    await page.look("email-sent");
  });

  await t.test("the link asks a stranger to sign in, and no address of the page has it", async () => {
    asked = await mailed(NEW, /Confirm your new/);
    assert.ok(asked.startsWith(at("/email/")), asked);
    await other.goto(asked);
    await heading(other, "Confirm the new address");
    assert.equal(other.url(), at("/email-confirm"));
    assert.ok(!(await text(other)).includes("noor@acme.test"));
    await other.look("email-signed-out");
    await follow(other, "Sign in");
    await signIn(other, "mia@acme.test");
    await heading(other, "Confirm the new address");
    assert.match(await text(other), /someone else/);
    await other.look("email-someone-else");
  });

  await t.test("confirms it, and signs in with it", async () => {
    await page.goto(asked);
    await page.look("email-confirm");
    await press(page, "Confirm the new address");
    assert.match(await said(page), /Your e-mail address is changed/);
    assert.match(await text(page), /noor@new\.test/);
    await page.look("email-changed");
    await press(other, "Sign out");
    await other.goto(at("/profile"));
    await signIn(other, "noor@acme.test");
    assert.match(await alert(other), /wrong/);
    await signIn(other, NEW);
    await enter(other, nextCode(airlock, "noor", NOOR_SEED));
    await heading(other, "Profile");
  });

  await t.test("the old mailbox takes it back with one button, and sets a new password", async () => {
    const back = await mailed("noor@acme.test", /was changed/);
    const owner = await open(browser, { javaScriptEnabled: false });
    await owner.goto(back);
    await heading(owner, "Undo the change");
    assert.equal(owner.url(), at("/email-undo"));
    await owner.look("email-undo");
    await press(owner, "Undo the change");
    await heading(owner, "Set a new password");
    await page.goto(at("/profile"));
    await heading(page, "Sign in");
    await signIn(page, "noor@acme.test", PASSWORD);
    assert.match(await alert(page), /wrong/);
    await owner.getByLabel("New password").fill(NEW_PASSWORD);
    await press(owner, "Set a new password");
    await signIn(owner, "noor@acme.test", NEW_PASSWORD);
    await enter(owner, nextCode(airlock, "noor", NOOR_SEED));
    await owner.goto(at("/profile"));
    assert.match(await text(owner), /noor@acme\.test/);
    await owner.goto(back);
    assert.match(await alert(owner), /was used/);
    await owner.look("email-gone");
    await owner.leave();
  });
  await page.leave();
  await other.leave();
});
