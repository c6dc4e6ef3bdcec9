// Apps as they are, behind the gate with nothing set but their address: each by its own defaults, in Chromium. And what other
// sites send to one.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { APPS } from "../apps/apps.mjs";
import { tried } from "../apps/trying.mjs";
import { start } from "./airlock.mjs";
import { heading, launch, press, signIn, text } from "./chromium.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

for (const app of APPS.filter(({ quick }) => quick)) test(app.name, () => tried(app, browser));

/** A server at an address of its own. */
async function serve(answer) {
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.setHeader("content-type", "text/html").end(answer(request, body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

test("a form that another site sends reaches the app at the press of a button, also after a login", async () => {
  const app = await serve(({ method }, body) => `<!doctype html><title>App</title><h1>The app</h1><p>${method} ${body}</p>`);
  const airlock = await start(undefined, { APP_URL: app.origin, FORM_POST_PATHS: "/saml/acs" });
  // To localhost 127.0.0.1 is another site.
  const provider = await serve(({ url }) => {
    const action = `${airlock.origin}${url === "/named" ? "/saml/acs?x=y" : "/saml/other"}`;
    return `<!doctype html><form method="post" action="${action}"><input name="SAMLResponse" value="a+b=&#34;"><button>Go</button></form>`;
  });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const sent = async (path) => {
      await page.goto(provider.origin + path);
      await press(page, "Go");
    };
    await sent("/other");
    await heading(page, "Nothing was saved");
    await sent("/named");
    await heading(page, "Send this form on?");
    assert.match(await text(page), new RegExp(`It came from ${provider.origin}`));
    // Signed out, it waits.
    const [login] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Sign in" }).click()]);
    await signIn(login, "mia@acme.test");
    await heading(login, "The app");
    await press(page, "Continue");
    await heading(page, "The app");
    assert.match(await page.locator("p").innerText(), /^POST SAMLResponse=a%2Bb%3D%22$/);
    assert.equal(page.url(), `${airlock.origin}/saml/acs?x=y`);
    // Signed in as well: the cookie does not come along.
    await sent("/named");
    await press(page, "Continue");
    await heading(page, "The app");
  } finally {
    await context.close();
    await airlock.stop();
    app.stop();
    provider.stop();
  }
});
