// What the browser tests have in common: Chromium, a person's hands and eyes in it, and axe for those who see otherwise.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { PASSWORD } from "./airlock.mjs";

/** Where pictures of every page are left. */
export const PICTURES = "build/screenshots";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  mkdirSync(PICTURES, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROME, args: FLAGS });
}

/**
 * A new window. `page.picture(name)` takes a picture and fails the test on anything the console has complained of and if
 * the page is too wide for its window or for a small phone; `page.pictures(name)` does so in three widths and both schemes.
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
  const wide = page.viewportSize();
  const fits = async (name, width) => {
    await page.setViewportSize({ width, height: wide.height });
    const content = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok(content <= width, `${name} is ${content} wide in a window of ${width}`);
  };
  page.picture = async (name) => {
    await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
    for (const width of new Set([wide.width, 320])) await fits(name, width);
    await page.setViewportSize(wide);
    assert.deepEqual(complaints, []);
  };
  page.pictures = async (name) => {
    for (const colorScheme of ["dark", "light"]) {
      await page.emulateMedia({ colorScheme });
      for (const width of [320, 768, 1280]) {
        await fits(name, width);
        await page.screenshot({ path: `${PICTURES}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
    await page.setViewportSize(wide);
    assert.deepEqual(complaints, []);
  };
  return page;
}

/** Fails if axe finds fault with the page, on a phone or a desk, light or dark. The context must have `bypassCSP`. */
export async function accessible(page, name) {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const wide = page.viewportSize();
  for (const [width, colorScheme] of [[320, "dark"], [1280, "light"]]) {
    await page.setViewportSize({ width, height: wide.height });
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
    assert.ok(passes.length > 10, `${name}: axe looked at something`);
    const faults = violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}\n    ${html}`));
    assert.deepEqual(faults, [], `${name}, ${width} wide and ${colorScheme}`);
  }
  await page.setViewportSize(wide);
}

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

export async function signIn(page, email) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}
