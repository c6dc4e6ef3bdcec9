// What an admin sees and does, in Chromium at the admin host: the owner's whole story without JavaScript, the ways that
// are closed, the way by keyboard alone, and the states that no story comes by.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, PASSWORD, code, growStale, nextCode, send, sql, start } from "./airlock.mjs";
import { alert, button, confirm, enter, flip, follow, heading, launch, link, open, press, said, scan, signIn, tabTo, text, through, type } from "./chromium.mjs";

const SETTINGS = "/settings/security/two-factor";
const LONG = "maximilian-alexander.von-hohenstein-wittelsbach@department.university.example";

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

/** Signs in at the admin host and comes to the settings, or wherever `path` leads. */
async function arrive(page, path = "/") {
  await page.goto(airlock.admin.origin + path);
  await signIn(page, "owner@acme.test");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await page.getByRole("navigation", { name: "Admin" }).waitFor();
}

/** The owner's password and code once more. */
const confirmed = (page) => confirm(page, nextCode(airlock, "owner", OWNER_SEED));

/** Gives someone an authenticator that nobody holds. */
const lost = (user) =>
  sql(
    airlock,
    `INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at, last_used_at)
     SELECT ? || '-lost', ?, name, algorithm, digits, period_s, sealed_seed, seed_key, 0, created_at, last_used_at
     FROM authenticators WHERE user_id = 'owner'`,
    user, user,
  );

/** The addresses of the list on the page, in its order. */
async function listed(page) {
  const cells = await page.locator("tbody th").allInnerTexts();
  return cells.map((cell) => cell.split("\n")[0]);
}

test("the owner's story, without JavaScript", async (t) => {
  const noor = new Client(airlock);
  await noor.login("noor@acme.test");
  assert.equal((await noor.verify(code(NOOR_SEED))).status, 200);
  const page = await open(browser, { javaScriptEnabled: false });

  await t.test("signs in with password and code", async () => {
    await page.goto(airlock.admin.origin);
    assert.match(await page.locator("header").innerText(), /Airlock Admin/);
    await page.look("admin-sign-in");
    await arrive(page);
    assert.equal(page.url(), `${airlock.admin.origin}${SETTINGS}?account=acme`);
  });

  await t.test("sees what the switch will do, throws it, and sees what it has done", async () => {
    assert.match(await text(page), /Not required/);
    assert.match(await text(page), /2 of 4 members have set it up/);
    await page.look("admin-policy-off");
    await flip(page, "Require two-factor login");
    await heading(page, "Require two-factor login in Acme?");
    assert.match(await text(page), /2 of 4 members have not set it up\. They'll have to at their next login, and can't skip it/);
    assert.ok(await page.getByLabel("From the next login").isChecked());
    await page.look("admin-require");
    await press(page, "Require two-factor login");
    assert.equal(await said(page), "Two-factor login is now required.");
    assert.match(await page.title(), /^Done: /);
    assert.match(await text(page), /Required since .* UTC, from each member's next login/);
    assert.match(await text(page), /2 of 4 members have not, and can't get in before they do/);
    await page.look("admin-policy-on");
    assert.equal((await new Client(airlock).login("mia@acme.test")).json.next, "enrol");
    await press(page, "Apply to open sessions now");
    assert.match(await text(page), /Required since .* UTC, for open sessions too/);
    assert.equal(await button(page, "Apply to open sessions now").count(), 0);
  });

  await t.test("filters the list and searches it", async () => {
    assert.deepEqual(await listed(page), ["noor@acme.test", "owner@acme.test"]);
    await follow(page, "Not set up");
    assert.deepEqual(await listed(page), ["leo@acme.test", "mia@acme.test"]);
    assert.equal(await page.locator(".icon").count(), 0, "nobody here has anything to reset");
    await follow(page, "All");
    assert.deepEqual(await listed(page), ["leo@acme.test", "mia@acme.test", "noor@acme.test", "owner@acme.test"]);
    const search = page.getByLabel("Name or e-mail address");
    for (const part of ["No", "OOR", "haddad"]) {
      await search.fill(part);
      await press(page, "Search");
      assert.deepEqual(await listed(page), ["noor@acme.test"], part);
    }
    await search.fill("zzz");
    await press(page, "Search");
    assert.match(await text(page), /Nobody here has “zzz” in their name or address/);
    await page.look("admin-policy-nobody");
    await follow(page, "Show all members");
    assert.equal((await listed(page)).length, 4);
  });

  await t.test("resets noor with the icon, after a warning that it cannot be undone", async () => {
    const icon = link(page, "Reset two-factor login for noor@acme.test");
    assert.equal(await page.locator(".icon").count(), 1, "the owner's own row has none");
    const { width, height } = await icon.boundingBox();
    assert.ok(width >= 44 && height >= 44, "large enough for a thumb");
    await through(icon);
    await heading(page, "Reset two-factor login for noor@acme.test?");
    assert.match(await text(page), /it's really Noor Haddad asking/);
    assert.match(await text(page), /You can't undo this\./);
    await page.look("admin-reset");
    await follow(page, "Cancel");
    assert.equal((await noor.get(`${AUTH}/session`)).status, 200, "nothing has happened so far");
    await through(icon);
    await press(page, "Reset two-factor login");
    assert.equal(await said(page), "Two-factor login for noor@acme.test is reset. They'll set it up again next time they sign in.");
    assert.deepEqual(await listed(page), ["owner@acme.test"]);
    assert.match(await text(page), /1 of 4 members has set it up/);
    await page.look("admin-reset-done");
    assert.equal((await noor.get(`${AUTH}/session`)).status, 401);
    const edge = await open(browser, { javaScriptEnabled: false });
    await edge.goto(`${airlock.origin}/reports`);
    await signIn(edge, "noor@acme.test");
    await edge.waitForURL(`${airlock.origin}${AUTH}/enrol?return_to=%2Freports`);
    await edge.goto(`${airlock.origin}/accounts`);
    assert.equal(edge.url(), `${airlock.origin}${AUTH}/enrol?return_to=%2Faccounts`, "nothing else is reachable");
    await edge.leave();
  });

  await t.test("invites zoe, and sees the link once", async () => {
    await follow(page, "Members");
    await page.look("admin-members");
    await page.getByText("Invite someone").click();
    const fill = async (email, name, role) => {
      await page.getByLabel("E-mail address", { exact: true }).fill(email);
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByLabel("Role").selectOption(role);
      await press(page, "Invite");
    };
    await fill("mia@acme.test", "Mia", "Admin");
    assert.match(await alert(page), /Already a member/);
    assert.equal(await page.getByLabel("E-mail address", { exact: true }).inputValue(), "mia@acme.test");
    assert.equal(await page.getByLabel("Role").inputValue(), "admin", "what was typed is still there");
    await page.look("admin-invite-failed");
    await fill("zoe@acme.test", "Zoe Zimmer", "Member");
    await heading(page, "Invitation");
    assert.match(await text(page), /you can see it here for ten minutes\. Send this link to zoe@acme\.test/);
    const invitation = await page.locator("#value").innerText();
    assert.ok(invitation.startsWith(`${airlock.origin}${AUTH}/invite/`), invitation);
    await page.look("admin-invited");
    await follow(page, "Done");
    assert.match(await page.getByRole("row", { name: "zoe@acme.test" }).innerText(), /Invited, not joined yet/);
    assert.ok(!(await page.content()).includes(invitation.split("/").pop()));

    const zoe = await open(browser, { javaScriptEnabled: false });
    await zoe.goto(invitation);
    await zoe.getByLabel("New password").fill("seven purple umbrellas walk north");
    await press(zoe, "Join");
    assert.equal(new URL(zoe.url()).pathname, `${AUTH}/enrol`, "in at once, and led to what the account requires");
    await zoe.leave();
  });

  await t.test("changes her role, deactivates her, removes her", async () => {
    const login = () => new Client(airlock).post(`${AUTH}/login`, { email: "zoe@acme.test", password: "seven purple umbrellas walk north" });
    await follow(page, "Members");
    await follow(page, "zoe@acme.test");
    await page.look("admin-member");
    await page.getByLabel("Role").selectOption("Admin");
    await press(page, "Save");
    assert.equal(await said(page), "Saved.");
    assert.equal(await page.getByLabel("Role").inputValue(), "admin");
    assert.equal((await login()).json.next, "enrol");
    await press(page, "Deactivate");
    assert.match(await text(page), /Not set up Deactivated/);
    assert.equal((await login()).status, 401);
    await press(page, "Activate");
    assert.equal((await login()).json.next, "enrol");
    await follow(page, "Remove member");
    await heading(page, "Remove zoe@acme.test from Acme?");
    await page.look("admin-remove");
    await press(page, "Remove member");
    assert.equal(await said(page), "zoe@acme.test removed from the account.");
    assert.deepEqual(await listed(page), ["leo@acme.test", "mia@acme.test", "noor@acme.test", "owner@acme.test"]);
    assert.equal((await login()).status, 401);
  });

  await t.test("reads the audit and downloads it", async () => {
    await follow(page, "Audit");
    const reset = page.getByRole("row", { name: "Two-factor login reset" });
    assert.match(await reset.innerText(), /owner@acme\.test[^]*noor@acme\.test/);
    await page.look("admin-audit");
    await page.getByLabel("What").selectOption("Policy changed");
    await press(page, "Search");
    const found = await page.locator("tbody tr").allInnerTexts();
    assert.equal(found.length, 2);
    for (const row of found) assert.match(row, /Policy changed/);
    assert.equal(await page.getByLabel("What").inputValue(), "policy");
    await page.getByLabel("To whom").fill("nobody@acme.test");
    await press(page, "Search");
    assert.match(await text(page), /Nothing found/);
    await page.look("admin-audit-nothing");
    const [download] = await Promise.all([page.waitForEvent("download"), link(page, "Download").click()]);
    assert.equal(download.suggestedFilename(), "audit.ndjson");
    let previous = "";
    const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
    assert.match(JSON.parse(lines.pop()).checkpoint, /^admin\.localhost:\d+\/audit\/acme\n\d+\n/, "signed");
    for (const line of lines) {
      const { previous: before, hash, ...row } = JSON.parse(line);
      assert.equal(before, previous);
      assert.equal(hash, createHash("sha256").update(`${before}\n${JSON.stringify(row)}`).digest("hex"), "sealed");
      previous = hash;
    }
    assert.ok(lines.some((line) => JSON.parse(line).action === "two_factor_reset"));
  });

  await t.test("makes an API token, uses it, revokes it", async () => {
    await follow(page, "API tokens");
    assert.match(await text(page), /There are no tokens yet/);
    await page.locator("summary").click();
    await page.look("admin-token-form");
    await page.getByLabel("Name").fill("Nightly report");
    await page.getByLabel("Expires after").selectOption("A year");
    await press(page, "Make a token");
    assert.match(await alert(page), /at least one scope/);
    assert.equal(await page.getByLabel("Name").inputValue(), "Nightly report");
    assert.equal(await page.getByLabel("Expires after").inputValue(), "365", "what was filled in is still there");
    await page.look("admin-token-failed");
    await page.getByLabel("See members").check();
    await press(page, "Make a token");
    await heading(page, "New API token");
    const token = await page.locator("#value").innerText();
    assert.match(token, /^airlock_[\w-]{43}$/);
    await page.look("admin-token-made");
    const api = (path) => new Client(airlock.admin).get(`/api/v1/accounts/acme${path}`, { authorization: `Bearer ${token}` });
    const users = await api("/users?two_factor=enabled");
    assert.equal(users.status, 200);
    assert.deepEqual(users.json.users.map(({ email }) => email), ["owner@acme.test"]);
    assert.equal((await api("/audit")).status, 403, "it is not for that");
    await follow(page, "Done");
    const row = page.getByRole("row", { name: "Nightly report" });
    assert.match(await row.innerText(), /users:read/);
    assert.doesNotMatch(await row.innerText(), /never/, "it says when the token was last used");
    assert.ok(!(await page.content()).includes(token));
    await page.look("admin-tokens");
    await press(page, "Revoke Nightly report");
    assert.equal(await said(page), "“Nightly report” revoked. It no longer works.");
    assert.equal((await api("/users")).status, 401);
  });

  await t.test("makes a service token, by which a program gets to the app, and revokes it", async () => {
    await follow(page, "Service tokens");
    assert.match(await text(page), /There are no tokens yet/);
    await page.locator("summary").click();
    await page.look("admin-service-token-form");
    await page.getByLabel("Name").fill("Deploy job");
    await page.getByLabel("Paths").fill("api");
    await press(page, "Make a token");
    assert.match(await alert(page), /Enter 1 to 20 paths/);
    assert.deepEqual([await page.getByLabel("Name").inputValue(), await page.getByLabel("Paths").inputValue()], ["Deploy job", "api"]);
    await page.look("admin-service-token-failed");
    await page.getByLabel("Paths").fill("/  /reports/*");
    await press(page, "Make a token");
    await heading(page, "New service token");
    const token = await page.locator("#value").innerText();
    assert.match(token, /^airlock_svc_[\w-]{43}$/);
    await page.look("admin-service-token-made");
    const app = (path) => send(airlock, "GET", path, { "airlock-token": token });
    assert.deepEqual([(await app("/")).status, (await app("/other")).status], [200, 403]);
    await follow(page, "Done");
    const row = page.getByRole("row", { name: "Deploy job" });
    assert.match(await row.innerText(), /GET\s+\/\s+\/reports\/\*/);
    assert.ok(!(await page.content()).includes(token));
    await page.look("admin-service-tokens");
    await press(page, "Revoke Deploy job");
    assert.equal(await said(page), "“Deploy job” revoked. It no longer works.");
    assert.equal((await app("/")).status, 401);
  });

  await t.test("gives members their choice back, and signs out", async () => {
    await follow(page, "Two-factor");
    await flip(page, "Require two-factor login");
    await heading(page, "Stop requiring two-factor login in Acme?");
    assert.match(await text(page), /members have not set it up, and will go on signing in with just a password/);
    await page.look("admin-stop");
    await follow(page, "Cancel");
    assert.match(await text(page), /Required since/, "nothing has happened so far");
    await flip(page, "Require two-factor login");
    await press(page, "Stop requiring it");
    assert.equal(await said(page), "Two-factor login is no longer required.");
    await press(page, "Sign out");
    await page.waitForURL(`${airlock.admin.origin}${AUTH}/login?why=signed-out`);
    await page.goto(`${airlock.admin.origin}/members?account=acme`);
    assert.ok(page.url().includes(`${AUTH}/login?return_to=`), page.url());
  });
  await page.leave();
});

test("the sections take two rows on the narrowest phone, in each language", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await arrive(page);
  await page.setViewportSize({ width: 320, height: 640 });
  for (const language of ["en", "de", "hi"]) {
    await page.setExtraHTTPHeaders({ "accept-language": language });
    for (const path of ["/members", "/audit"]) {
      await page.goto(`${airlock.admin.origin}${path}?account=acme`);
      const links = page.locator("nav").first().getByRole("link");
      const boxes = await Promise.all((await links.all()).map((one) => one.boundingBox()));
      const where = `${path} in ${language}`;
      assert.deepEqual([boxes.length, new Set(boxes.map(({ y }) => y)).size], [5, 2], where);
      for (const { x, width, height } of boxes) assert.ok(x >= 0 && x + width <= 320 && height >= 24, `${where}: all of it is seen, and can be hit`);
      assert.equal(await page.locator("nav").first().locator("[aria-current=page]").count(), 1, where);
    }
  }
  await page.leave();
});

test("a member does not get in at the admin host, and learns no more than a stranger", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.admin.origin);
  await signIn(page, "mia@acme.test");
  assert.match(await alert(page), /Sign-in failed\s+The e-mail address or the password is wrong/);
  await page.leave();
});

test("an admin without a second factor sets one up first, and can do nothing else", async () => {
  sql(airlock, "UPDATE memberships SET role = 'admin' WHERE user_id = 'leo'");
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(`${airlock.admin.origin}/members`);
  await signIn(page, "leo@acme.test");
  await page.waitForURL(`**${AUTH}/enrol?return_to=%2Fmembers`);
  assert.match(await text(page), /Admins need a code/);
  for (const path of ["/", SETTINGS, "/members?account=acme", "/members/mia/reset?account=acme", "/audit?account=acme", "/tokens?account=acme"]) {
    await page.goto(airlock.admin.origin + path);
    assert.equal(new URL(page.url()).pathname, `${AUTH}/enrol`, path);
  }
  await page.look("admin-set-up");
  const { seed } = await scan(page);
  await page.getByLabel("Six-digit code").fill(code(seed));
  await press(page, "Turn on two-factor login");
  const recovery = await page.locator(".codes code").allInnerTexts();
  await follow(page, "I've saved my codes");
  await page.look("admin-kept");
  await page.getByLabel("Recovery code").fill(recovery[3]);
  await press(page, "Continue");
  assert.equal(page.url(), `${airlock.admin.origin}/tokens?account=acme`, "where this tab asked to go last");
  await follow(page, "Two-factor");
  assert.deepEqual(await listed(page), ["leo@acme.test", "owner@acme.test"]);
  assert.equal(await page.locator(".icon").count(), 0, "an admin resets no owner");
  await page.goto(`${airlock.admin.origin}/members/owner?account=acme`);
  assert.match(await text(page), /Only an owner can change, reset or remove an owner/);
  await page.look("admin-member-above");
  await page.leave();
});

test("after five minutes each change asks for password and code again, then returns to where it was", async () => {
  const page = await open(browser, { javaScriptEnabled: false });
  await arrive(page, "/tokens?account=acme");
  await page.locator("summary").click();
  await page.getByLabel("Name").fill("Backup");
  await page.getByLabel("Read the audit").check();
  await press(page, "Make a token");
  await follow(page, "Done");
  growStale(airlock);
  await press(page, "Revoke Backup");
  await confirmed(page);
  assert.match(await said(page), /^“Backup” revoked/, "what was clicked is done afterwards");

  growStale(airlock);
  await follow(page, "Two-factor");
  await follow(page, "Reset two-factor login for leo@acme.test");
  await page.look("admin-confirm");
  await confirmed(page);
  await heading(page, "Reset two-factor login for leo@acme.test?");
  await press(page, "Reset two-factor login");
  assert.match(await said(page), /^Two-factor login for leo@acme\.test is reset/);

  growStale(airlock);
  await follow(page, "Members");
  await page.look("admin-members-stale");
  await follow(page, "Invite someone");
  await confirmed(page);
  await page.getByLabel("E-mail address", { exact: true }).fill("ida@acme.test");
  await page.getByLabel("Name", { exact: true }).fill("Ida");
  await press(page, "Invite");
  await heading(page, "Invitation");

  growStale(airlock);
  await follow(page, "Two-factor");
  await page.look("admin-policy-stale");
  await flip(page, "Require two-factor login");
  await confirmed(page);
  assert.match(await text(page), /members have not set it up\. They'll have to at their next login/);
  await page.getByLabel("At once").check();
  await press(page, "Require two-factor login");
  assert.match(await text(page), /Required since .* UTC, for open sessions too/);
  await page.leave();
});

test("sign-in, the switch and a reset by keyboard alone", async () => {
  // noor and leo were reset above, so somebody is to be reset: with an authenticator that nobody holds.
  sql(airlock, "UPDATE accounts SET two_factor_required = 0");
  lost("mia");
  const page = await open(browser, { viewport: { width: 768, height: 900 } });
  await page.goto(airlock.admin.origin);
  await type(page, "#email", "owner@acme.test", "Tab");
  await type(page, "#password", PASSWORD, "Enter");
  await page.waitForURL(`**${AUTH}/verify`);
  await type(page, "#code", nextCode(airlock, "owner", OWNER_SEED), "Enter");
  await page.waitForURL(`**${SETTINGS}?account=acme`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.innerText), "Skip to content");
  await page.keyboard.press("Enter");
  await tabTo(page, ".switch", 2);
  await page.keyboard.press("Enter");
  await heading(page, "Require two-factor login in Acme?");
  await tabTo(page, "[name=applies]");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "[value=now]");
  await tabTo(page, ".actions button");
  await page.keyboard.press("Enter");
  await page.getByText("Required", { exact: true }).waitFor();
  assert.match(await text(page), /for open sessions too/);
  await tabTo(page, ".icon", 25);
  await page.keyboard.press("Enter");
  await heading(page, "Reset two-factor login for mia@acme.test?");
  await tabTo(page, ".danger");
  await page.keyboard.press("Enter");
  await page.getByText("Two-factor login for mia@acme.test is reset").waitFor();
  await page.leave();
});

test("a day from which on it is required, without script: set, seen by a member, moved, and required at once", async () => {
  sql(airlock, "UPDATE accounts SET two_factor_required = 0");
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(airlock.admin.origin);
  await signIn(page, "owner@acme.test");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await flip(page, "Require two-factor login");
  await page.getByLabel("From which day").fill(day(0));
  await press(page, "Require two-factor login");
  assert.match(await alert(page), /Choose a day to come/);
  await flip(page, "Require two-factor login");
  await follow(page, "See who would be stopped");
  await page.getByLabel("At once").check();
  await press(page, "Show");
  assert.match(await text(page), /members? would have to set it up/);
  await page.look("admin-preview");
  const [table] = await Promise.all([page.waitForEvent("download"), link(page, "Download as a table (CSV)").click()]);
  assert.match(readFileSync(await table.path(), "utf8"), /^email,name,role,next_step,sessions,last_sign_in_at\r\n"/);
  await follow(page, "Back");
  await page.getByLabel("From which day").fill(day(9));
  await page.look("admin-require-day");
  await press(page, "Require two-factor login");
  assert.match(await text(page), new RegExp(`Two-factor login is required from ${day(9)}`));
  await page.look("admin-policy-day");

  sql(airlock, "DELETE FROM authenticators WHERE user_id = 'leo'");
  sql(airlock, "UPDATE users SET must_enrol = 0, two_factor_chosen = 0 WHERE id = 'leo'");
  const leo = await open(browser, { javaScriptEnabled: false });
  await leo.goto(`${airlock.origin}/reports?a=1`);
  await signIn(leo, "leo@acme.test");
  assert.match(await text(leo), new RegExp(`Acme requires two-factor login from ${day(9)}`));
  await leo.look("offer");
  await follow(leo, "Later");
  assert.equal(leo.url(), `${airlock.origin}/reports?a=1`);
  await leo.goto(`${airlock.origin}${AUTH}/profile`);
  assert.match(await text(leo), new RegExp(`Acme requires two-factor login from ${day(9)}`));
  await leo.look("profile-day");

  await page.goto(`${airlock.admin.origin}/members/leo?account=acme`);
  await page.getByLabel("Until which day").fill(day(0));
  await page.getByLabel("Reason").fill("On leave");
  await press(page, "Exempt");
  assert.match(await alert(page), /Choose a day to come/);
  await page.getByLabel("Until which day").fill(day(30));
  await page.look("admin-member-exempting");
  await press(page, "Exempt");
  assert.match(await text(page), new RegExp(`Exempt until ${day(30)} “On leave”`));
  await page.look("admin-member-exempt");
  await leo.goto(`${airlock.origin}${AUTH}/profile`);
  assert.match(await text(leo), new RegExp(`doesn't require two-factor login of you until ${day(30)}: “On leave”`));
  await page.goto(`${airlock.admin.origin}${SETTINGS}?account=acme`);
  await follow(page, "Exempt");
  assert.match(await text(page), /leo@acme\.test/);
  await page.goto(`${airlock.admin.origin}/members/leo?account=acme`);
  await press(page, "End the exemption");
  await page.goto(`${airlock.admin.origin}${SETTINGS}?account=acme`);

  await page.getByLabel("From which day").fill(day(12));
  await press(page, "Change the day");
  assert.match(await text(page), new RegExp(`Required from ${day(12)}`));
  await press(page, "Require it now");
  assert.match(await text(page), /Two-factor login is now required/);
  const again = await open(browser, { javaScriptEnabled: false });
  await again.goto(airlock.origin);
  await signIn(again, "leo@acme.test");
  await heading(again, "Set up two-factor login");
  for (const one of [page, leo, again]) await one.leave();
});

test("the states that no story reaches", async () => {
  sql(airlock, "UPDATE accounts SET two_factor_required = 0");
  const page = await open(browser, { javaScriptEnabled: false });
  const go = async (path, name) => {
    await page.goto(airlock.admin.origin + path);
    await page.look(name);
  };
  await page.goto(airlock.admin.origin);
  await signIn(page, "owner@acme.test", "not the password");
  await page.look("admin-sign-in-failed");
  await signIn(page, "owner@acme.test");
  await page.look("admin-verify");
  await enter(page, nextCode(airlock, "owner", OWNER_SEED));
  await go(`${SETTINGS}?account=acme&two_factor=all`, "admin-policy-all");
  await go("/members/owner?account=acme", "admin-member-own");
  await go("/members/nobody?account=acme", "admin-not-found");

  await page.goto(`${airlock.admin.origin}/members?account=acme`);
  await page.getByText("Invite someone").click();
  await page.getByLabel("E-mail address", { exact: true }).fill(LONG);
  await page.getByLabel("Name", { exact: true }).fill("Maximilian-Alexander von Hohenstein-Wittelsbach");
  await press(page, "Invite");
  await page.look("admin-invited-long");
  await follow(page, "Done");
  await page.look("admin-members-long");
  await follow(page, LONG);
  await page.look("admin-member-invited");
  await follow(page, "Withdraw the invitation");
  await page.look("admin-withdraw");

  sql(airlock, "UPDATE users SET code_failures = 100 WHERE id = 'noor'");
  lost("noor");
  sql(airlock, "UPDATE memberships SET state = 'inactive' WHERE user_id = 'noor'");
  await go("/members/noor?account=acme", "admin-member-locked");
  sql(airlock, "INSERT INTO accounts (id, name, created_at) VALUES ('umbrella', 'Umbrella Holdings International', 0)");
  sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('umbrella', 'owner', 'owner@acme.test', 'owner', 'active', 0)");
  await go(`${SETTINGS}?account=umbrella`, "admin-policy-two-accounts");
  await go("/tokens?account=umbrella", "admin-tokens-none");
  await go("/service-tokens?account=umbrella", "admin-service-tokens-none");
  growStale(airlock);
  await go("/tokens?account=umbrella", "admin-tokens-stale");
  await page.leave();
});
