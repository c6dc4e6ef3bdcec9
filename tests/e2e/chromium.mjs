// What the browser tests have in common: Chromium, a person's hands and eyes in it, and axe for those who see otherwise.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { PASSWORD } from "./airlock.mjs";

/** Where pictures are left, if any are wanted: `npm run screenshots`. */
const { PICTURES } = process.env;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  if (PICTURES) mkdirSync(PICTURES, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROME, args: FLAGS });
}

/** Chromium with a profile of its own, for what only its settings decide. */
export function persistent(folder) {
  return chromium.launchPersistentContext(folder, { executablePath: process.env.CHROME, args: FLAGS });
}

const looked = new Set();

/**
 * A new window. `page.look(name)` fails the test if the page, in any of three widths and both schemes, is too wide for its
 * window or axe finds fault with it, and on anything the console has complained of; `page.leave()` asks for the last only.
 * Other languages have longer words: what can be asked for again is looked at in those as well.
 */
export async function open(browser, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // That a form was refused is also an "error" to Chromium.
    const refusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !refusal) complaints.push(message.text());
  });
  let method;
  page.on("response", (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) method = response.request().method();
  });
  const { width: ownWidth, height } = page.viewportSize();
  page.look = async (name) => {
    assert.ok(!looked.has(name), `${name} is looked at once`);
    looked.add(name);
    await page.evaluate(AXE);
    for (const colorScheme of ["dark", "light"]) {
      await page.emulateMedia({ colorScheme });
      for (const width of [320, 768, 1280]) {
        const where = `${name}, ${width} wide and ${colorScheme}`;
        await page.setViewportSize({ width, height });
        await fits(page, width, where);
        const { faults, passes } = await audit(page);
        assert.deepEqual(faults, [], where);
        assert.ok(passes > 10, `${where}: axe looked at something`);
        if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
    await large(page, `${name}, on a phone with letters twice as large`, height);
    await contrasted(page, `${name}, in colours of the system`);
    if (method === "GET" && !options?.locale) await translated(page, name, height);
    await page.setViewportSize({ width: ownWidth, height });
    await page.emulateMedia({ colorScheme: options?.colorScheme ?? "light", forcedColors: "none" });
    assert.deepEqual(complaints, [], name);
  };
  page.leave = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return page;
}

/** The same page in each other language, in a tab of its own: it fits a narrow window and large letters. */
async function translated(page, name, height) {
  const address = page.url().split("#")[0];
  const twin = await page.context().newPage();
  for (const language of ["de", "hi"]) {
    await twin.setExtraHTTPHeaders({ "accept-language": language });
    await twin.goto(address);
    assert.equal(await twin.locator("html").getAttribute("lang"), language, name);
    for (const [width, colorScheme] of [[320, "light"], [1280, "dark"]]) {
      await twin.emulateMedia({ colorScheme });
      await twin.setViewportSize({ width, height });
      await fits(twin, width, `${name} in ${language}, ${width} wide`);
      if (PICTURES) await twin.screenshot({ path: `${PICTURES}/${name}-${language}-${width}-${colorScheme}.png`, fullPage: true });
    }
    await large(twin, `${name} in ${language}, on a phone with letters twice as large`, height);
  }
  await twin.close();
  await page.bringToFront();
}

/** Nothing is wider than the window, and nothing stands out of the card. */
async function fits(page, width, where) {
  const wide = await page.evaluate(() => {
    const edge = document.querySelector("main").getBoundingClientRect().right;
    const beyond = [...document.querySelectorAll("main *")].filter((it) => it.getBoundingClientRect().right > edge && !it.closest(".away, svg"));
    return [document.scrollingElement.scrollWidth, beyond.map((it) => it.outerHTML.slice(0, 120))];
  });
  assert.deepEqual([wide[0] <= width, wide[1]], [true, []], `${where}: its content is ${wide[0]} wide`);
}

/** Nothing is cut off or pushed out of sight. */
async function large(page, where, height) {
  await page.setViewportSize({ width: 390, height });
  const wide = await page.evaluate(() => {
    document.documentElement.style.fontSize = "200%";
    const beyond = [...document.querySelectorAll("body *")].filter((it) => it.getBoundingClientRect().right > 391 && !it.closest(".away, svg"));
    const wide = [document.scrollingElement.scrollWidth, beyond.map((it) => it.outerHTML.slice(0, 120))];
    document.documentElement.style.fontSize = "";
    return wide;
  });
  assert.deepEqual(wide, [390, []], where);
}

/** Each button has a border on all sides, or none. */
async function contrasted(page, where) {
  await page.emulateMedia({ forcedColors: "active" });
  const halves = await page.evaluate(() => {
    const sides = (it) => ["Top", "Right", "Bottom", "Left"].map((side) => getComputedStyle(it)[`border${side}Width`]);
    return [...document.querySelectorAll("button, .button")].filter((it) => new Set(sides(it)).size > 1).map((it) => it.outerHTML);
  });
  assert.deepEqual(halves, [], where);
}

/** What axe says. Without JavaScript no timer ever fires: what axe puts off happens at once. */
function audit(page) {
  return page.evaluate(async () => {
    globalThis.setTimeout = (todo) => void Promise.resolve().then(todo);
    const { violations, passes } = await globalThis.axe.run({ preload: false });
    const faults = violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}\n    ${html}`));
    return { faults, passes: passes.length };
  });
}

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const link = (page, name) => page.getByRole("link", { name, exact: true });
/** Clicks, and waits for the page that comes of it. */
export const through = (control) => Promise.all([control.page().waitForEvent("load"), control.click()]);
export const press = (page, name) => through(button(page, name));
export const flip = (page, name) => through(page.getByRole("switch", { name, exact: true }));
export const follow = (page, name) => through(link(page, name));
/** What the page says was done just before. */
export const said = (page) => page.getByRole("status").innerText();
/** What the page says went wrong. */
export const alert = (page) => page.getByRole("alert").innerText();
export const text = (page) => page.locator("main").innerText();
export const heading = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();

/** The field in focus, and what a screen reader says about it. */
export function inFocus(page) {
  return page.evaluate(() => {
    const { id, attributes } = document.activeElement;
    const described = (attributes["aria-describedby"]?.value ?? "").split(" ");
    const description = described.map((part) => document.getElementById(part)?.innerText ?? "").join(" ");
    return { id, invalid: attributes["aria-invalid"]?.value === "true", description };
  });
}

/** Types into the field that has the focus by itself, once it has it, and presses Enter or Tab. */
export async function type(page, field, text, key) {
  await page.locator(`${field}:focus`).waitFor();
  await page.keyboard.type(text);
  await page.keyboard.press(key);
}

/** Presses Tab until the focus is where `selector` says, and can be seen to be there. */
export async function tabTo(page, selector, most = 15) {
  for (let presses = 0; presses < most; presses++) {
    const [there, outline] = await page.evaluate((wanted) => {
      const { activeElement: focused } = document;
      return [focused.matches(wanted), getComputedStyle(focused).outlineStyle];
    }, selector);
    if (there) return assert.notEqual(outline, "none", `the focus on ${selector} shows`);
    await page.keyboard.press("Tab");
  }
  assert.fail(`${selector} is not within ${most} presses of Tab`);
}

export async function signIn(page, email, password = PASSWORD) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await press(page, "Sign in");
}

/** Types a code where one is asked for, and goes on. */
export async function enter(page, code) {
  const field = page.getByLabel("Six-digit code");
  // With script, the code page sends a whole code by itself.
  const sends = await field.evaluate((it) => it.matches("[data-whole]") && !document.querySelector("[data-scripted]").hidden);
  if (sends && /^\P{Nd}*(\p{Nd}\P{Nd}*){6}$/u.test(code)) return Promise.all([page.waitForEvent("load"), field.fill(code)]);
  await field.fill(code);
  await press(page, "Continue");
}

/** Password and, where it is asked for, a code once more. */
export async function confirm(page, code, password = PASSWORD) {
  await heading(page, "Confirm it's you");
  await page.getByLabel("Password").fill(password);
  if (code) return enter(page, code);
  await press(page, "Continue");
}

/** Reads the QR code from the page's pixels, as a phone would: what it says, and the seed in it. */
export async function scan(page) {
  const input = await page.locator(".qr").screenshot();
  const uri = new URL(execFileSync("zbarimg", ["-q", "--raw", "PNG:-"], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trim());
  return { uri, seed: uri.searchParams.get("secret") };
}
