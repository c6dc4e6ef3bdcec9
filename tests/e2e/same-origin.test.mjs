// The app shares Airlock's origin. What a script on one of its pages can do in the session of someone who has just proven
// themselves for their own pages, in Chromium: it reads nothing of what is for people, and changes nothing.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { AUTH, NOOR_SEED, freePort, nextCode, sql, start } from "./airlock.mjs";
import { enter, heading, launch, signIn } from "./chromium.mjs";

/**
 * What the app says of its own windows: nothing, as most do; what helmet for Express does; isolated from everyone; and
 * isolated by a header that browsers take for none.
 */
const APPS = {
  "an app that says nothing of it": {},
  "an app that keeps other origins off its windows": { "cross-origin-opener-policy": "same-origin" },
  "an app that is isolated": { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" },
  "an app that says it is isolated and is not": { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp;" },
};

const AT_ONCE = `
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));`;

const SCRIPTS = {
  "/own.js": `document.title = "Works";`,
  /** Passes every navigation on, and tells the app what came back. */
  "/worker.js": `${AT_ONCE}
addEventListener("activate", (event) => event.waitUntil(registration.navigationPreload?.enable()));
addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith((async () => {
    const answers = [await event.preloadResponse, await fetch(event.request)].filter(Boolean);
    for (const answer of answers) await fetch("/stolen", { method: "POST", body: await answer.clone().text() });
    return answers[0];
  })());
});`,
  /** Makes a page of its own, with a policy of its own. */
  "/files/worker.js": `${AT_ONCE}
addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const headers = { "content-type": "text/html", "cross-origin-opener-policy": "same-origin" };
  event.respondWith(new Response("<!doctype html><title>x</title><h1>The worker's</h1>", { headers }));
});`,
};

let server, airlock, browser, authenticator;
let headers = {};
const stolen = [];

before(async () => {
  server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    if (request.url === "/stolen") stolen.push(body);
    if (request.url === "/turned") {
      // Isolated at first; when it is asked again, only the half of it that isolates is taken back.
      const again = request.headers["if-none-match"];
      const policies = again ? { "cross-origin-embedder-policy": "unsafe-none" } : APPS["an app that is isolated"];
      return response.writeHead(again ? 304 : 200, { "content-type": "text/html", "cache-control": "no-cache", etag: '"1"', ...policies }).end(again ? undefined : "<!doctype html><title>App</title><h1>The app</h1>");
    }
    const script = SCRIPTS[request.url];
    const kind = script ? { "content-type": "text/javascript", "cache-control": "max-age=600", "service-worker-allowed": "/" } : { "content-type": "text/html" };
    response.writeHead(200, { ...headers, ...kind }).end(script ?? `<!doctype html><title>App</title><script defer src="/own.js"></script><h1>The app</h1>`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  airlock = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await airlock?.stop();
  server?.close();
});

/** The gate in front of the app. */
async function serve(variables) {
  const airlock = await start(undefined, { APP_URL: `http://127.0.0.1:${server.address().port}`, ...variables });
  [{ id: authenticator }] = sql(airlock, "SELECT id FROM authenticators WHERE user_id = 'noor'");
  return airlock;
}

/** Noor's browser, which has just proven both factors for her own pages. */
async function noor() {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${airlock.origin}${AUTH}/login?return_to=${AUTH}/profile`);
  await signIn(page, "noor@acme.test");
  await enter(page, nextCode(airlock, "noor", NOOR_SEED));
  await heading(page, "Profile");
  return page;
}

/** All that is noor's to change by how she signs in. */
function state() {
  const of = (query) => sql(airlock, query).map((row) => ({ ...row }));
  return {
    user: of("SELECT name, password_phc, two_factor_chosen, codes_kept, codes_set FROM users WHERE id = 'noor'"),
    authenticators: of("SELECT id, name FROM authenticators WHERE user_id = 'noor'"),
    codes: of("SELECT mac FROM recovery_codes WHERE user_id = 'noor'"),
    audit: of("SELECT action FROM audit WHERE target_id = 'noor' AND result = 'ok' AND action NOT IN ('login', 'verify')"),
  };
}

// What only these pages say: the seed, and what the profile and the form of a new password are about.
const OWN = /[A-Z2-7]{32}|otpauth:|Authenticator app|Set up two-factor login|Edit profile|Change password/;

/** The seed of the set-up that is under way: the page shows it to whoever goes there. */
async function seed(page) {
  await page.goto(`${airlock.origin}${AUTH}/enrol`);
  await heading(page, "Set up two-factor login");
  return (await page.locator("#key").textContent()).replaceAll(/\s/g, "");
}

for (const [name, its] of Object.entries(APPS)) {
  describe(name, () => {
    let page, before_;

    before(async () => {
      headers = its;
      page = await noor();
      assert.match(await seed(page), /^[A-Z2-7]{32}$/, "she is fresh");
      before_ = state();
      await page.goto(airlock.origin);
      await heading(page, "The app");
    });
    after(async () => {
      assert.deepEqual(state(), before_);
      await page?.context().close();
    });

    test("a script that asks gets nothing, however it asks", async () => {
      const paths = [`${AUTH}/enrol`, `${AUTH}/profile`, `${AUTH}/profile/edit`, `${AUTH}/password`, `${AUTH}/recovery-codes/kept`];
      const posts = [`${AUTH}/recovery-codes`, `${AUTH}/two-factor/disable`, `${AUTH}/enrol`, `${AUTH}/profile/edit`, `${AUTH}/authenticators/${authenticator}/remove`];
      const answers = await page.evaluate(
        async ([paths, posts]) => {
          const answers = [];
          const ask = async (path, init) => {
            const answer = await fetch(path, init);
            answers.push([path, answer.status, await answer.text()]);
          };
          for (const accept of ["application/json", "text/html"]) {
            for (const path of paths) for (const mode of ["cors", "same-origin"]) await ask(path, { mode, headers: { accept } });
            for (const path of posts) await ask(path, { method: "POST", headers: { accept }, body: new URLSearchParams() });
          }
          return answers;
        },
        [paths, posts],
      );
      assert.equal(answers.length, 30);
      for (const [path, status, text] of answers) {
        assert.equal(status, 403, path);
        assert.doesNotMatch(text, OWN, path);
      }
      const impossible = await page.evaluate((path) => fetch(path, { mode: "navigate" }).catch((error) => error.name), paths[0]);
      assert.equal(impossible, "TypeError");
    });

    test("a form that it sends does nothing, not even by navigation, without the key from the button's page", async () => {
      for (const path of [`${AUTH}/two-factor/disable`, `${AUTH}/recovery-codes`, `${AUTH}/authenticators/${authenticator}/remove`]) {
        for (const key of [undefined, "", "x".repeat(43)]) {
          const [answer] = await Promise.all([
            page.waitForResponse((answer) => answer.url() === airlock.origin + path),
            page.waitForEvent("load"),
            page.evaluate(([action, key]) => {
              const form = Object.assign(document.createElement("form"), { method: "post", action });
              if (key !== undefined) form.append(Object.assign(document.createElement("input"), { name: "key", value: key }));
              document.body.append(form);
              form.submit();
            }, [path, key]),
          ]);
          assert.equal(answer.status(), 403, path);
          assert.equal(answer.request().headers()["upgrade-insecure-requests"], "1", "it was a navigation");
          await page.goto(airlock.origin);
        }
      }
    });

    test("it cannot look into a window or frame that it opens there or leads there", async () => {
      // If it got a service worker for one of its folders, it would choose the policy of that folder's pages.
      await page.evaluate(() => navigator.serviceWorker.register("/files/worker.js").catch(() => {}));
      await setTimeout(500);
      for (const [path, first, from] of [[`${AUTH}/enrol`], [`${AUTH}/profile`], [`${AUTH}/password`], [`${AUTH}/enrol`, "/"], [`${AUTH}/enrol`, undefined, "/files/x"], [`${AUTH}/enrol`, undefined, "/turned"]]) {
        if (from) await page.goto(airlock.origin + from);
        if (from === "/turned") await page.reload();
        const [popup] = await Promise.all([
          page.context().waitForEvent("page"),
          page.evaluate(([path, first]) => {
            globalThis.seen = [];
            const look = (window_) => {
              try {
                globalThis.seen.push(window_?.document?.documentElement?.outerHTML ?? "");
              } catch {} // of another group, or origin
            };
            const popup = window.open(first ?? path);
            if (first) popup.onload = () => popup.location.assign(path);
            setInterval(() => look(popup), 10);
            const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { src: path }));
            setInterval(() => look(frame.contentWindow), 10);
          }, [path, first]),
        ]);
        await popup.waitForURL(airlock.origin + path);
        await popup.locator("h1").waitFor();
        assert.match(await popup.locator("body").innerText(), OWN, "its user sees it");
        await setTimeout(500);
        for (const seen of await page.evaluate(() => globalThis.seen)) assert.doesNotMatch(seen, OWN, path);
        await popup.close();
        await page.goto(airlock.origin);
      }
    });

    test("it is not told the addresses of Airlock's own pages, by the history or as the referrer", async () => {
      const secret = `${AUTH}/invite/a-link-that-is-secret`;
      await page.goto(airlock.origin + secret);
      // Other browsers show them; of a link nothing is to be shown.
      const { entries } = await (await page.context().newCDPSession(page)).send("Page.getNavigationHistory");
      assert.ok(!entries.some(({ url }) => url.includes("secret")), "no entry has the link's address");
      assert.equal(entries.at(-1).url, `${airlock.origin}${AUTH}/invite`);
      await page.locator("main a").click();
      await heading(page, "The app");
      const told = await page.evaluate(() => [document.referrer, ...navigation.entries().map((entry) => entry.url)]);
      assert.ok(told.length > 2 && !told.some((address) => address?.includes("invite")), told.join("\n"));
    });

    test("no service worker of it comes to be, and its pages go on without", async () => {
      assert.equal(await page.title(), "Works", "its scripts run");
      await page.evaluate(async () => {
        const paths = ["/worker.js", "/files/worker.js"];
        // What the browser has kept of an ordinary request is no way around.
        for (const path of paths) await (await fetch(path)).text();
        for (const path of paths) {
          for (const options of [{}, { scope: "/" }, { type: "module" }, { updateViaCache: "all" }, { updateViaCache: "none" }]) {
            await navigator.serviceWorker.register(path, options).catch(() => {});
          }
        }
      });
      // What is registered is Airlock's own, which answers nothing, and goes at once.
      await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
      await page.reload();
      assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
      assert.equal(stolen.length, 0);
      await page.goto(`${airlock.origin}/files/x`);
      await heading(page, "The app");
    });
  });
}

test("a service worker from before the gate goes at the first page, with nobody signed in", async () => {
  const port = await freePort();
  const own = http.createServer((request, response) => {
    const script = SCRIPTS[request.url];
    response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" }).end(script ?? "<!doctype html><title>App</title><h1>The app</h1>");
  });
  await once(own.listen(port, "127.0.0.1"), "listening");
  const page = await (await browser.newContext()).newPage();
  const origin = `http://localhost:${port}`;
  await page.goto(origin);
  await page.evaluate(() => navigator.serviceWorker.register("/files/worker.js", { scope: "/" }).catch((error) => error.name));
  await page.evaluate(() => navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready));
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  own.closeAllConnections();
  own.close();
  const gated = await start(undefined, { APP_URL: `http://127.0.0.1:${server.address().port}` }, port);
  try {
    await page.goto(`${origin}${AUTH}/login`);
    // The browser looks for another one after it has shown the page, when it sees fit.
    for (let tries = 0; tries < 60 && (await page.evaluate(() => navigator.serviceWorker.controller !== null)); tries++) {
      await setTimeout(500);
      await page.goto(`${origin}${AUTH}/login`);
    }
    const left = await page.evaluate(async () => [navigator.serviceWorker.controller, (await navigator.serviceWorker.getRegistrations()).length]);
    assert.deepEqual(left, [null, 0]);
    await heading(page, "Sign in");
  } finally {
    await page.context().close();
    await gated.stop();
  }
});

describe("an app that the operator lets have service workers", () => {
  let closed;

  before(async () => {
    headers = {};
    closed = airlock;
    airlock = await serve({ APP_SERVICE_WORKERS: "allow" });
  });
  after(async () => {
    await airlock.stop();
    airlock = closed;
  });

  test("one that every navigation passes gets no page for people, preloaded or not", async () => {
    const page = await noor();
    await page.goto(airlock.origin);
    await page.evaluate(() => navigator.serviceWorker.register("/files/worker.js", { scope: "/" }).then((it) => it.unregister()));
    await page.evaluate(() => navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready));
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.goto(`${airlock.origin}/`);
    assert.equal(stolen.filter((text) => text.includes("The app")).length, 2, "it sees navigations, by both ways");
    stolen.length = 0;
    for (const path of [`${AUTH}/enrol`, `${AUTH}/profile`]) await page.goto(airlock.origin + path);
    assert.equal(stolen.length, 4);
    for (const text of stolen) assert.doesNotMatch(text, OWN);
    stolen.length = 0;
    await page.context().close();
  });
});
