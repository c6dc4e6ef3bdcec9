// What those find who listen to the pages, or point at them by name: every form of both Workers, filled in and sent by role
// and accessible name alone. axe looks at the same pages elsewhere; here is what it does not ask.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUTH, Client, OWNER_SEED, PASSWORD, code, nextCode, sql, start } from "./airlock.mjs";
import { alert, button, enter, flip, follow, heading, launch, link, open, press, said, signIn, through } from "./chromium.mjs";

const NEW_PASSWORD = "seven purple umbrellas walk north";

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

const field = (page, name) => page.getByLabel(name, { exact: true });
const codesOf = (page) => page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
const shown = (page) => page.getByRole("main").getByRole("code").innerText();
const inMain = (page) => page.getByRole("main").innerText();

/** The seed, as the link has it that opens an app on this device. */
async function seedOf(page) {
  const open = link(page, "Open it in an app on this device");
  if (!(await open.isVisible())) await page.getByText("Can't scan it?").click();
  return new URL(await open.getAttribute("href")).searchParams.get("secret");
}

/**
 * What holds for each page, which `title` and `h1` name: its landmarks, names and fields, that nothing to press is too small,
 * and that Tab comes to everything in its order, and shows where it is.
 */
async function check(page, title, h1 = title, language = "en") {
  await heading(page, h1);
  const found = await page.evaluate(inspect);
  const where = `${title}, ${page.url()}`;
  assert.deepEqual(found.headings, [h1], where);
  assert.equal(found.title.replace(/^(Error|Done): /, "").split(" – ")[0], title, where);
  assert.equal(found.title.startsWith("Error: "), (await page.getByRole("alert").count()) === 1, `${where}: ${found.title}`);
  assert.deepEqual([found.language, found.direction], [language, "ltr"], where);
  assert.deepEqual(found.twice, [], `${where}: ids`);
  assert.deepEqual(found.unnamed, [], `${where}: fields without a label, and what fills them in`);
  for (const landmark of ["main", "banner", "contentinfo"]) assert.equal(await page.getByRole(landmark).count(), 1, `${where}: ${landmark}`);
  const size = page.viewportSize();
  for (const width of [320, size.width]) {
    await page.setViewportSize({ ...size, width });
    assert.deepEqual(await page.evaluate(small), [], `${where}: too small to be hit, ${width} wide`);
  }
  const count = await page.evaluate(order);
  for (let i = 0; i < count; i++) {
    await page.keyboard.press("Tab");
    // Day, month, year and calendar of one field.
    while (await page.evaluate(within, i - 1)) await page.keyboard.press("Tab");
    assert.deepEqual(await page.evaluate(focused), [i, true], `${where}: after ${i + 1} times Tab, of ${count}`);
  }
}

/** Everything a page is asked by its document. */
function inspect() {
  const all = (what) => [...document.querySelectorAll(what)];
  const ids = all("[id]").map(({ id }) => id);
  const seen = all("input:not([type=hidden]), select, textarea").filter((it) => it.checkVisibility());
  const faults = seen.map((it) => {
    const { type, labels, autocomplete, tabIndex } = it;
    const what = `${it.name || it.id} ${type}`;
    // For password managers alone: nobody comes to it.
    if (tabIndex < 0) return autocomplete === "username" && it.ariaLabel ? null : what;
    if (labels.length !== 1 || !labels[0].innerText.trim()) return `${what}: no label`;
    if (["select-one", "radio", "checkbox"].includes(type)) return null;
    // What is about its user says so (WCAG 2.2 §1.3.5); what is about others, that it isn't.
    const own = document.title.match(/Edit profile|Profil bearbeiten/) ? { name: "name" } : {};
    const right = { email: /^(username|off)$/, password: /^(current|new)-password$/ }[type] ?? { ...own, code: /^(one-time-code|off)$/ }[it.name] ?? "off";
    return autocomplete.match(right)?.[0] === autocomplete ? null : `${what}: autocomplete ${autocomplete}`;
  });
  return {
    title: document.title,
    headings: all("h1").map((it) => it.innerText),
    language: document.documentElement.lang,
    direction: document.documentElement.dir,
    twice: ids.filter((id, i) => ids.indexOf(id) !== i),
    unnamed: [...faults.filter(Boolean), ...all("nav, section").filter((it) => !it.ariaLabel && !it.ariaLabelledByElements?.length).map((it) => it.outerHTML)],
  };
}

/** What is smaller than 24 pixels, and has no room of 24 around its middle (WCAG 2.2 §2.5.8); links in a sentence may be. */
function small() {
  const targets = [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden]), label.choice")].filter(
    (it) => it.checkVisibility() && it.tabIndex !== -1 && !it.closest(".away, .skip, svg") && !it.parentElement.closest("label.choice"),
  );
  const boxes = targets.map((it) => it.getBoundingClientRect());
  const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const tooSmall = (box) => box.width < 24 || box.height < 24;
  const within = ([x, y], box) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)) < 12;
  const apart = ([x, y], [a, b]) => Math.hypot(x - a, y - b) >= 24;
  const words = (it) => it.innerText.trim().length;
  return targets
    .filter((it, i) => {
      const sentence = it.matches("a") && getComputedStyle(it).display === "inline" && words(it.parentElement) > words(it) + 1;
      if (!tooSmall(boxes[i]) || sentence) return false;
      return boxes.some((box, j) => j !== i && (within(middle(boxes[i]), box) || (tooSmall(box) && !apart(middle(boxes[i]), middle(box)))));
    })
    .map((it) => it.outerHTML);
}

/** Everything that Tab is to come to, in the order in which it is read; begins before the first. */
function order() {
  const may = "a[href], button:enabled, summary, select, input:not([type=hidden])";
  globalThis.inOrder = [...document.querySelectorAll(may)].filter((it) => {
    if (!it.checkVisibility() || it.tabIndex < 0) return false;
    return it.type !== "radio" || it.checked;
  });
  document.documentElement.tabIndex = -1;
  document.documentElement.focus();
  document.documentElement.removeAttribute("tabindex");
  return globalThis.inOrder.length;
}

function focused() {
  const { activeElement: it } = document;
  const { width, height } = it.getBoundingClientRect();
  return [globalThis.inOrder.indexOf(it), getComputedStyle(it).outlineStyle !== "none" && width > 1 && height > 1];
}

/** Whether the field of this number, a date, still has the focus. */
function within(i) {
  return document.activeElement.type === "date" && globalThis.inOrder[i] === document.activeElement;
}

/** A form was refused: it says so, at the field it is about, which has the focus. */
async function refused(page, name, why) {
  assert.match(await alert(page), why);
  assert.match(await page.title(), /^Error: /);
  const at = await page.evaluate(() => {
    const { activeElement: it } = document;
    const described = (it.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.innerText ?? "");
    return { labels: [...(it.labels ?? [])].map((label) => label.innerText), invalid: it.ariaInvalid, described: described.join(" ") };
  });
  assert.equal(at.labels.length, 1, page.url());
  assert.ok(name.test?.(at.labels[0]) ?? at.labels[0] === name, `${page.url()}: ${at.labels}`);
  assert.equal(at.invalid, "true", page.url());
  assert.match(at.described, why, page.url());
}

test("one's own pages, from the first sign-in to the last sign-out", async (t) => {
  const page = await open(browser);
  const profile = () => page.goto(`${airlock.origin}${AUTH}/profile`);
  let seed;
  let second;
  let recovery;

  await t.test("signing in", async () => {
    await page.goto(airlock.origin);
    await check(page, "Sign in");
    await signIn(page, "mia@acme.test", "not the password");
    await refused(page, "Password", /Sign-in failed/);
    await check(page, "Sign in");
    await field(page, "Password").fill(PASSWORD);
    await button(page, "Show Password").click();
    await press(page, "Sign in");
    await follow(page, "Your profile");
    await check(page, "Profile");
  });

  await t.test("the name", async () => {
    await follow(page, "Edit profile");
    await check(page, "Edit profile");
    await field(page, "Name").fill(" ");
    await press(page, "Save");
    await refused(page, "Name", /1 to 100 characters/);
    await field(page, "Name").fill("Mia Marín");
    await press(page, "Save");
    assert.equal(await said(page), "Saved.");
  });

  await t.test("setting up", async () => {
    await follow(page, "Edit profile");
    await flip(page, "Enable 2FA");
    await check(page, "Confirm it's you");
    await field(page, "Password").fill("not the password");
    await press(page, "Continue");
    await refused(page, "Password", /Wrong password/);
    await field(page, "Password").fill(PASSWORD);
    await press(page, "Continue");
    await check(page, "Set up two-factor login");
    await page.getByText("Don't have an authenticator app?").click();
    seed = await seedOf(page);
    await check(page, "Set up two-factor login");
    await field(page, "Six-digit code").fill("000000");
    await press(page, "Turn on two-factor login");
    await refused(page, "Six-digit code", /That code isn't right|Enter the six digits/);
    await check(page, "Set up two-factor login");
    await field(page, "Six-digit code").fill(code(seed));
    await press(page, "Turn on two-factor login");
    await check(page, "Save your recovery codes");
    recovery = await codesOf(page);
    assert.equal(recovery.length, 10);
    await follow(page, "I've saved my codes");
    await check(page, "Do you have your recovery codes?");
    await field(page, "Recovery code").fill("0".repeat(24));
    await press(page, "Continue");
    await refused(page, "Recovery code", /isn't one of your recovery codes/);
    await field(page, "Recovery code").fill(recovery[0]);
    await press(page, "Continue");
    await check(page, "Profile");
  });

  await t.test("a second authenticator, another in its place, and one less", async () => {
    await follow(page, "Add an authenticator");
    await check(page, "Set up two-factor login");
    second = await seedOf(page);
    await field(page, "Name").fill("Tablet");
    await field(page, "Six-digit code").fill(code(second));
    await press(page, "Confirm");
    await check(page, "Profile");
    await follow(page, "Add an authenticator");
    second = await seedOf(page);
    await page.getByRole("group", { name: "Keep the authenticators you have?" }).getByRole("radio", { name: "Replace Tablet" }).check();
    await field(page, "Name").fill("Watch");
    await field(page, "Six-digit code").fill("000000");
    await press(page, "Confirm");
    await refused(page, "Six-digit code", /That code isn't right|Enter the six digits/);
    assert.ok(await page.getByRole("radio", { name: "Replace Tablet" }).isChecked());
    await field(page, "Six-digit code").fill(code(second));
    await press(page, "Confirm");
    await press(page, "Remove Authenticator app");
    assert.match(await said(page), /^“Authenticator app” removed/);
    assert.match(await inMain(page), /Watch/);
    await check(page, "Profile");
  });

  await t.test("new recovery codes", async () => {
    await press(page, "Make new recovery codes");
    recovery = await codesOf(page);
    await follow(page, "I've saved my codes");
    await press(page, "Ask me next time I sign in");
    await follow(page, "Confirm now");
    await check(page, "Do you have your recovery codes?");
    await field(page, "Recovery code").fill(recovery[3]);
    await press(page, "Continue");
    await check(page, "Profile");
  });

  await t.test("the password", async () => {
    await follow(page, "Change password");
    await check(page, "Change password");
    const change = async (current, next) => {
      await field(page, "Current password").fill(current);
      await field(page, "New password").fill(next);
      await press(page, "Change password");
    };
    await change(PASSWORD, "passwordpassword");
    await refused(page, "New password", /Choose another password/);
    await check(page, "Change password");
    await change("not the password", NEW_PASSWORD);
    await refused(page, "Current password", /Wrong password/);
    await change(PASSWORD, NEW_PASSWORD);
    assert.match(await said(page), /^Your password is changed/);
  });

  await t.test("other sessions", async () => {
    for (let n = 0; n < 2; n++) {
      const other = new Client(airlock);
      await other.post(`${AUTH}/login`, { email: "mia@acme.test", password: NEW_PASSWORD });
      assert.equal((await other.verify(nextCode(airlock, "mia", second))).status, 200);
    }
    await profile();
    await check(page, "Profile");
    await through(page.getByRole("button", { name: /^Sign out .*, last seen/ }).first());
    assert.equal(await said(page), "Signed out Unknown device.");
    await press(page, "Sign out everywhere else");
    assert.equal(await said(page), "You're signed out everywhere else.");
  });

  await t.test("signing out, and in with a code or what stands in for it", async () => {
    await press(page, "Sign out");
    await check(page, "Sign in");
    assert.equal(await said(page), "You're signed out.");
    await signIn(page, "mia@acme.test", NEW_PASSWORD);
    await check(page, "Enter your code");
    await enter(page, "000000");
    await refused(page, "Six-digit code", /That code isn't right|Enter the six digits/);
    await check(page, "Enter your code");
    await follow(page, "Use a recovery code instead");
    await check(page, "Use a recovery code");
    await field(page, "Recovery code").fill("0".repeat(24));
    await press(page, "Continue");
    await refused(page, "Recovery code", /isn't one of your recovery codes/);
    await field(page, "Recovery code").fill(recovery[5]);
    await press(page, "Continue");
    await check(page, "Set up two-factor login");
    assert.match(await said(page), /9 recovery codes left/);
    await follow(page, "Not now");
    await page.goto(`${airlock.origin}${AUTH}/nothing`);
    await check(page, "Not found");
  });

  await t.test("turning it off, in another language", async () => {
    await profile();
    await press(page, "Deutsch");
    await check(page, "Profil", "Profil", "de");
    await follow(page, "Profil bearbeiten");
    await check(page, "Profil bearbeiten", "Profil bearbeiten", "de");
    await press(page, "English");
    await flip(page, "Enable 2FA");
    if (await page.getByRole("heading", { name: "Confirm it's you" }).count()) {
      await check(page, "Confirm it's you");
      await field(page, "Password").fill(NEW_PASSWORD);
      await field(page, "Six-digit code").fill(nextCode(airlock, "mia", second));
      await press(page, "Continue");
    }
    await check(page, "Turn off two-factor login");
    await press(page, "Turn off two-factor login");
    assert.match(await said(page), /^Two-factor login is off/);
    await page.goto(`${airlock.origin}${AUTH}/logout`);
    await check(page, "Sign out");
    await press(page, "Sign out");
    await check(page, "Sign in");
  });
  await page.leave();
});

test("the pages of an admin, and an invitation from both sides", async (t) => {
  const page = await open(browser);
  const tab = (name) => through(page.getByRole("navigation", { name: "Admin" }).getByRole("link", { name, exact: true }));

  await t.test("signing in", async () => {
    await page.goto(airlock.admin.origin);
    await check(page, "Sign in");
    await signIn(page, "owner@acme.test", "not the password");
    await refused(page, "Password", /Sign-in failed/);
    await signIn(page, "owner@acme.test");
    await check(page, "Enter your code");
    await enter(page, code(OWNER_SEED));
    await check(page, "Two-factor authentication");
  });

  await t.test("requiring it, and not", async () => {
    await flip(page, "Require two-factor login");
    await check(page, "Require two-factor login", "Require two-factor login in Acme?");
    await follow(page, "See who would be stopped");
    await check(page, "See who would be stopped", "Who would be stopped in Acme?");
    await page.getByRole("group", { name: "When" }).getByRole("radio", { name: "At once" }).check();
    await press(page, "Show");
    await check(page, "See who would be stopped", "Who would be stopped in Acme?");
    await follow(page, "Back");
    await page.getByRole("group", { name: "When" }).getByRole("radio", { name: "From the next login" }).check();
    await press(page, "Require two-factor login");
    assert.match(await said(page), /now required/);
    await check(page, "Two-factor authentication");
    await press(page, "Apply to open sessions now");
    await flip(page, "Require two-factor login");
    await check(page, "Stop requiring it", "Stop requiring two-factor login in Acme?");
    await press(page, "Stop requiring it");
    assert.match(await said(page), /no longer required/);
  });

  await t.test("finding someone, and resetting them", async () => {
    for (const filter of ["Not set up", "All", "Set up"]) await follow(page, filter);
    await page.getByRole("search").getByLabel("Name or e-mail address").fill("noor");
    await press(page, "Search");
    await check(page, "Two-factor authentication");
    await follow(page, "Reset two-factor login for noor@acme.test");
    await check(page, "Reset two-factor login", "Reset two-factor login for noor@acme.test?");
    await press(page, "Reset two-factor login");
    assert.match(await said(page), /noor@acme\.test is reset/);
    await check(page, "Two-factor authentication");
  });

  await t.test("inviting someone, who joins", async () => {
    await tab("Members");
    await check(page, "Members", "Members of Acme");
    await page.getByText("Invite someone").click();
    const fill = async (email, name) => {
      await field(page, "E-mail address").fill(email);
      await field(page, "Name").fill(name);
      await field(page, "Role").selectOption("Member");
      await press(page, "Invite");
    };
    await fill("mia@acme.test", "Mia");
    await refused(page, "E-mail address", /Already a member/);
    await check(page, "Members", "Members of Acme");
    await fill("zoe@acme.test", " ");
    await refused(page, "Name", /1 to 100 characters/);
    await fill("zoe@acme.test", "Zoe Zimmer");
    await check(page, "Invitation");
    const invitation = await shown(page);
    const zoe = await open(browser);
    await zoe.goto(invitation);
    await check(zoe, "Join Acme");
    await field(zoe, "New password").fill("passwordpassword");
    await press(zoe, "Join");
    await refused(zoe, "New password", /Choose another password/);
    await check(zoe, "Join Acme");
    await field(zoe, "New password").fill(NEW_PASSWORD);
    await press(zoe, "Join");
    await heading(zoe, "Dashboard");
    await zoe.goto(invitation);
    await check(zoe, "Invitation not valid");
    await zoe.leave();
    await follow(page, "Done");
  });

  await t.test("a member's role, name and access, and their end", async () => {
    await follow(page, "zoe@acme.test");
    await check(page, "zoe@acme.test");
    await field(page, "Name").fill(" ");
    await press(page, "Save");
    await refused(page, "Name", /1 to 100 characters/);
    await check(page, "zoe@acme.test");
    await field(page, "Name").fill("Zoe");
    await field(page, "Role").selectOption("Admin");
    await press(page, "Save");
    assert.equal(await said(page), "Saved.");
    await press(page, "Deactivate");
    await check(page, "zoe@acme.test");
    await press(page, "Activate");
    await follow(page, "Remove member");
    await check(page, "Remove member", "Remove zoe@acme.test from Acme?");
    await press(page, "Remove member");
    assert.match(await said(page), /^zoe@acme\.test removed/);
  });

  await t.test("an invitation withdrawn", async () => {
    await page.getByText("Invite someone").click();
    await field(page, "E-mail address").fill("ida@acme.test");
    await field(page, "Name").fill("Ida");
    await press(page, "Invite");
    await follow(page, "Done");
    await follow(page, "ida@acme.test");
    await check(page, "ida@acme.test");
    await press(page, "Make a new link");
    await follow(page, "Done");
    await follow(page, "ida@acme.test");
    await follow(page, "Withdraw the invitation");
    await check(page, "Withdraw the invitation", "Withdraw the invitation for ida@acme.test?");
    await press(page, "Withdraw the invitation");
  });

  await t.test("tokens for programs", async () => {
    const make = async () => through(page.getByRole("main").getByRole("button", { name: "Make a token" }));
    await tab("API tokens");
    await check(page, "API tokens");
    await page.getByText("Make a token").first().click();
    await check(page, "API tokens");
    await field(page, "Name").fill("Report");
    await make();
    await refused(page, /^See the two-factor policy/, /at least one scope/);
    await check(page, "API tokens");
    await page.getByRole("group", { name: "What it's for" }).getByRole("checkbox", { name: /^See members/ }).check();
    await field(page, "Expires after").selectOption("A year");
    await make();
    await check(page, "New API token");
    assert.match(await shown(page), /^airlock_/);
    await follow(page, "Done");
    await check(page, "API tokens");
    await press(page, "Revoke Report");
    assert.match(await said(page), /^“.+” revoked/);

    await tab("Service tokens");
    await page.getByText("Make a token").first().click();
    await check(page, "Service tokens");
    await field(page, "Name").fill("Deploy");
    await field(page, "Paths").fill("api");
    await make();
    await refused(page, "Paths", /1 to 20 paths/);
    await check(page, "Service tokens");
    await field(page, "Paths").fill("/reports/*");
    await field(page, "Methods").fill("get");
    await make();
    await refused(page, "Methods", /capital letters/);
    await field(page, "Methods").fill("GET");
    await field(page, "Expires after").selectOption("30 days");
    await make();
    await check(page, "New service token");
    await follow(page, "Done");
    await press(page, "Revoke Deploy");
    assert.match(await said(page), /^“.+” revoked/);
  });

  await t.test("the audit", async () => {
    await tab("Audit");
    await check(page, "Audit");
    const search = page.getByRole("search");
    await search.getByLabel("What", { exact: true }).selectOption("Two-factor login reset");
    await search.getByLabel("Who", { exact: true }).fill("owner@acme.test");
    await search.getByLabel("To whom").fill("noor@acme.test");
    await press(page, "Search");
    assert.equal(await page.getByRole("row").count(), 2, "the head, and what was looked for");
    await check(page, "Audit");
    await field(page, "After entry no.").fill("2");
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download the next part").click()]);
    assert.match(download.suggestedFilename(), /^audit/);
  });

  await t.test("signing out", async () => {
    await press(page, "Sign out");
    await check(page, "Sign in");
  });
  await page.leave();
});

test("what stands in the way of a code says so, and leads on", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.origin);
  await signIn(page, "owner@acme.test");
  sql(airlock, "DELETE FROM code_attempts");
  for (let tries = 0; tries < 6; tries++) await enter(page, "000000");
  await check(page, "Too many attempts");
  await follow(page, "Sign in as someone else");
  await check(page, "Sign in");
  await page.leave();
});
