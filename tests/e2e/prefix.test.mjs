// Airlock's own paths begin with something else, and /auth/ is the app's, which has a login of its own there. All other
// tests run so too, by `AUTH_PREFIX=/-/sign-in npm test`; this one always does.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { OWNER_SEED, nextCode, run, send, start } from "./airlock.mjs";
import { button, enter, follow, heading, launch, link, open, press, signIn, text } from "./chromium.mjs";

const PREFIX = "/-/sign-in";

/** The app: a login of its own, keys of its own, and what it was asked for. */
async function app() {
  const [asked, has] = [[], { logo: true }];
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    if (url === "/logo.svg") {
      response.writeHead(has.logo ? 200 : 404, { "content-type": "image/svg+xml", "cache-control": "no-store" });
      return response.end(has.logo ? `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><circle cx="24" cy="24" r="24"/></svg>` : "");
    }
    asked.push({ method, url, assertion: headers["airlock-assertion"], body: Buffer.concat(await request.toArray()).toString() });
    if (url.endsWith("/jwks.json")) return response.setHeader("content-type", "application/json").end('{"keys":"of the app"}');
    const own = `<h1>The app's own login</h1><form method="post" action="/auth/login?step=2"><input name="user" value="ann"><button>Go</button></form>`;
    const page = url === "/auth/login?x=1" ? own : "<h1>The app</h1>";
    response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">${page}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { asked, has, origin: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

/** Every address on the page, within this host. */
async function addresses(page) {
  const names = ["href", "src", "action", "formaction"];
  const elements = page.locator(names.map((name) => `[${name}]`).join(", "));
  const found = await elements.evaluateAll((all, names) => all.flatMap((element) => names.map((name) => element.getAttribute(name)).filter(Boolean)), names);
  return found.map((address) => new URL(address, page.url()).pathname);
}

/** The operator's logo, a public path of the app. */
const logo = { LOGO_URL: "/logo.svg", PUBLIC_PATHS: "/logo.svg" };

test("under another prefix all of Airlock moves, and what is below /auth is the app's", async () => {
  const [behind, browser] = [await app(), await launch()];
  const airlock = await start(undefined, { AUTH_PREFIX: PREFIX, APP_URL: behind.origin, WELL_KNOWN_PATHS: "app", ...logo });
  try {
    /** It is a page of Airlock's at this path, and leads nowhere below /auth. */
    const own = async (page, path, { origin } = airlock) => {
      assert.equal(page.url().split("?")[0], `${origin}${PREFIX}${path}`);
      const all = await addresses(page);
      assert.ok(all.some((address) => address.startsWith(`${PREFIX}/`)), "it names some of its own");
      assert.deepEqual(all.filter((address) => /^\/auth/.test(address)), []);
      assert.ok(!(await text(page)).includes("/auth"));
    };

    // The logo is on the pages of both Workers, by a policy that names where it is from; where it is missing, the name stands alone.
    for (const there of [true, false]) {
      behind.has.logo = there;
      for (const [place, name, sources] of [[airlock, "Airlock", "'self'"], [airlock.admin, "Airlock Admin", `'self' ${airlock.origin}`]]) {
        const page = await open(browser, { colorScheme: "dark" });
        const answer = await page.goto(`${place.origin}${PREFIX}/login`);
        const policy = answer.headers()["content-security-policy"];
        assert.ok(policy.startsWith("default-src 'none'") && policy.includes(`img-src ${sources};`), policy);
        const picture = link(page, name).locator("img.logo");
        const { loaded, width, height } = await picture.evaluate(async (it) => {
          await it.decode().catch(() => {});
          const { width, height } = it.getBoundingClientRect();
          return { loaded: it.naturalWidth > 0, width, height };
        });
        assert.equal(await picture.getAttribute("alt"), "", "the name beside it says it");
        assert.equal(loaded, there);
        if (there) assert.deepEqual([width, height], [64, 32]);
        else assert.equal(width, 0, "no sign of a picture that is missing");
        await heading(page, "Sign in");
        await page.look(`${there ? "logo" : "logo-missing"}-${name.replace(" ", "-").toLowerCase()}`);
        await page.leave();
      }
    }

    const owner = await open(browser);
    await owner.goto(`${airlock.origin}/auth/login?x=1`);
    await own(owner, "/login");
    assert.equal(new URL(owner.url()).search, "?return_to=%2Fauth%2Flogin%3Fx%3D1");
    await signIn(owner, "owner@acme.test");
    await own(owner, "/verify");
    await follow(owner, "Use a recovery code instead");
    await own(owner, "/recovery");
    await owner.goBack();
    await enter(owner, nextCode(airlock, "owner", OWNER_SEED));
    await heading(owner, "The app's own login");
    assert.equal(owner.url(), `${airlock.origin}/auth/login?x=1`);
    await press(owner, "Go");
    await heading(owner, "The app");
    const { assertion, ...posted } = behind.asked.at(-1);
    assert.deepEqual(posted, { method: "POST", url: "/auth/login?step=2", body: "user=ann" });

    // The keys have moved too, and those at /.well-known/ are the app's.
    const keys = await send(airlock, "GET", `${PREFIX}/jwks.json`);
    assert.equal(keys.status, 200);
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(keys.json), { issuer: airlock.origin, audience: airlock.origin });
    assert.equal(payload.sub, "owner");
    for (const path of ["/auth/jwks.json", "/.well-known/jwks.json"]) {
      assert.equal((await send(airlock, "GET", path)).status, 401, path);
      await owner.goto(airlock.origin + path);
      assert.match(await owner.locator("body").innerText(), /of the app/, path);
    }

    await owner.goto(`${airlock.origin}${PREFIX}/profile`);
    await heading(owner, "Profile");
    await own(owner, "/profile");
    await follow(owner, "Edit profile");
    await own(owner, "/profile/edit");
    await owner.goto(`${airlock.origin}${PREFIX}/nothing`);
    await own(owner, "/nothing");
    await owner.goto(`${airlock.origin}${PREFIX}/logout`);
    await own(owner, "/logout");
    await press(owner, "Sign out");
    await own(owner, "/login");
    await owner.goto(airlock.origin);
    await own(owner, "/login");

    await owner.goto(airlock.admin.origin);
    await own(owner, "/login", airlock.admin);
    await signIn(owner, "owner@acme.test");
    await enter(owner, nextCode(airlock, "owner", OWNER_SEED));
    for (const name of ["Members", "Audit", "API tokens"]) {
      await follow(owner, name);
      assert.deepEqual((await addresses(owner)).filter((address) => /^\/auth/.test(address)), [], name);
    }
    await press(owner, "Sign out");
    await own(owner, "/login", airlock.admin);
    await owner.leave();

    const { stdout, stderr } = await run(
      airlock,
      ["npm", "run", "--silent", "admin", "--", "create-account", "Two", "rosa@two.test"],
      { env: { AUTH_PREFIX: PREFIX } },
    );
    const [invitation] = new RegExp(`^${airlock.origin}${PREFIX}/invite/[\\w-]{43}$`, "m").exec(stdout) ?? assert.fail(stdout + stderr);
    const rosa = await open(browser, { javaScriptEnabled: false });
    await rosa.goto(invitation);
    await own(rosa, "/invite");
    await rosa.getByLabel("New password").fill("seven grey herons wade");
    await press(rosa, "Join");
    await heading(rosa, "The app");
    assert.equal(rosa.url(), `${airlock.origin}/`);
    await rosa.goto(`${airlock.origin}${PREFIX}/profile`);
    await own(rosa, "/profile");
    await button(rosa, "Sign out").waitFor();
    await rosa.leave();

    const below = behind.asked.filter(({ url }) => /^\/(auth|-|\.well-known)\//.test(url)).map(({ method, url }) => `${method} ${url}`);
    assert.deepEqual(below, ["GET /auth/login?x=1", "POST /auth/login?step=2", "GET /auth/jwks.json", "GET /.well-known/jwks.json"], "no more than was asked for");
  } finally {
    await browser.close();
    await airlock.stop();
    behind.close();
  }
});
