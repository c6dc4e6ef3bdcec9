// The gate in front of a real app: an HTTP server of its own, and the example that `npm start` serves.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import zlib from "node:zlib";
import WebSocket, { WebSocketServer } from "ws";
import { AUTH, Client, NOOR_SEED, PASSWORD, code, growStale, nextCode, runtime, send, session, sql, start, wasmMemory } from "./airlock.mjs";

const MB = 1_000_000;

/** The app: says what it was sent, and does what apps do. */
async function app() {
  const served = Object.assign(new EventEmitter(), { open: 0 });
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, "http://app");
    const is = (path) => url.pathname === path;
    if (is("/zipped")) {
      const zipped = zlib[`${url.searchParams.get("by")}Sync`]("zipped by the app");
      const encoding = { gzip: "gzip", brotliCompress: "br" }[url.searchParams.get("by")];
      const type = url.searchParams.get("type") ?? "text/plain";
      response.writeHead(200, { "content-encoding": encoding, "content-type": type, vary: "accept-encoding", etag: '"1"' }).end(zipped);
    } else if (is("/cookies")) {
      const cookies = ["theme=dark; Path=/", "__Host-airlock=evil; Path=/; Secure", "=__Host-airlock=evil", "a=b"];
      response.writeHead(200, { "set-cookie": cookies, "x-own": "1" }).end("set");
    } else if (is("/own")) {
      const own = `http://${request.headers.host}`;
      const headers = { refresh: `5; url=${own}/b`, "content-location": `${own}/c`, link: `<${own}/d>; rel="next", <http://elsewhere.test/>; rel="x"` };
      response.writeHead(302, { ...headers, location: `${own}/a?b#c`, "set-cookie": ["a=b; Domain=127.0.0.1; Path=/", "c=d"] }).end();
    } else if (is("/page")) {
      // In parts, in latin-1, with its own address and a picture of 4 MB in it.
      const own = `http://${request.headers.host}`;
      const parts = [`<p>caf\xe9<a href="${own.slice(0, 12)}`, `${own.slice(12)}/next?a&amp;b\xe9">`];
      parts.push(`<img src="data:${"x".repeat(4 * MB)}">${own}/<script>"${own}/"</script>`);
      const headers = { "content-type": "text/html", etag: '"1"', vary: "accept-encoding" };
      if (url.searchParams.has("zipped")) {
        const body = zlib.gzipSync(Buffer.from(parts.join(""), "latin1"));
        return response.writeHead(200, { ...headers, "content-encoding": "gzip", "content-length": body.length }).end(body);
      }
      response.writeHead(200, headers);
      for (const part of parts) {
        response.write(Buffer.from(part, "latin1"));
        if (url.searchParams.has("slowly")) await once(served, "next");
      }
      response.end();
    } else if (is("/endless")) {
      response.writeHead(200, { "content-type": "text/html" });
      const part = Buffer.alloc(64 * 1024, "x");
      const parts = (function* () { for (;;) yield part; })();
      Readable.from(parts).pipe(response);
    } else if (is("/bytes")) {
      // As the app got it, byte for byte: header values are latin-1 to node.
      const got = Buffer.from(request.headers["x-bytes"] ?? "", "latin1").toString("hex");
      response.writeHead(200, { "x-bytes": "caf\xe9", "x-got": got, "x-encoding": request.headers["accept-encoding"] }).end();
    } else if (is("/redirect")) {
      response.writeHead(307, { location: "http://elsewhere.test/x?y#z" }).end();
    } else if (is("/unchanged")) {
      response.writeHead(304, { etag: '"1"' }).end();
    } else if (is("/broken")) {
      response.writeHead(500, { "content-type": "text/plain" }).end("the app's own mistake");
    } else if (is("/silent")) {
      request.resume(); // and never a word
    } else if (is("/gone")) {
      request.socket.destroy();
    } else if (is("/download")) {
      const bytes = Number(url.searchParams.get("bytes"));
      response.writeHead(200, { "content-length": bytes, "content-type": "application/octet-stream" });
      const chunk = Buffer.alloc(64 * 1024, "x");
      for (let left = bytes; left > 0; left -= chunk.length) {
        if (!response.write(chunk.subarray(0, Math.min(left, chunk.length)))) await once(response, "drain");
      }
      response.end();
    } else if (is("/events")) {
      served.open++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      let n = 0;
      const timer = setInterval(() => response.write(`data: ${n++}\n\n`), 50);
      response.on("close", () => (clearInterval(timer), served.open--));
    } else {
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of request) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      const { method, url: target, headers } = request;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method, target, headers, bytes, sha256: hash.digest("hex") }));
    }
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (protocols) => [...protocols][0] });
  sockets.on("connection", (socket, request) => {
    socket.send(JSON.stringify(request.headers));
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  served.origin = `http://127.0.0.1:${server.address().port}`;
  served.close = () => (sockets.close(), server.closeAllConnections(), server.close());
  return served;
}

/** Megabytes that the runtime holds. */
const held = (airlock) => runtime(airlock).memory / 1024;

describe("in front of an app", () => {
  let behind, airlock, cookie;

  before(async () => {
    behind = await app();
    const paths = { PUBLIC_PATHS: "/health", STEP_UP_PATHS: "/billing/*" };
    airlock = await start(undefined, { APP_URL: behind.origin, APP_TIMEOUT_S: "5", SECURITY_CONTACT: "mailto:security@acme.test", ...paths });
    cookie = session(airlock, "noor", { factor: "totp" });
  });
  after(async () => {
    await airlock?.stop();
    behind?.close();
  });

  const ask = (method, path, headers = {}, body) => send(airlock, method, path, { cookie, ...headers }, body);

  test("method, path, query, headers and body arrive as they were sent", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      const body = method === "GET" ? "" : `body of ${method}`;
      const { status, json } = await ask(method, "/a%20b/%C3%A9?q=1&q=%2F&r", {
        accept: "text/x-own",
        authorization: "Bearer the-apps-own",
        "x-own": "one, two",
        "content-type": "text/plain",
        "content-length": body.length,
      }, body);
      assert.deepEqual([status, json.method, json.target], [200, method, "/a%20b/%C3%A9?q=1&q=%2F&r"]);
      assert.equal(json.sha256, createHash("sha256").update(body).digest("hex"));
      const { accept, authorization, "x-own": own, "content-type": type } = json.headers;
      assert.deepEqual([accept, authorization, own, type], ["text/x-own", "Bearer the-apps-own", "one, two", "text/plain"]);
      assert.deepEqual([json.headers.host, json.headers["x-forwarded-host"]], [new URL(behind.origin).host, undefined]);
    }
  });

  test("the app is asked under its own address by its own pages alone, and led back to the public one", async () => {
    const asked = async (headers) => {
      const { origin, referer, destination } = (await ask("POST", "/save", headers, "x")).json.headers;
      return [origin, referer, destination];
    };
    const { origin } = airlock;
    const own = await asked({ origin, referer: `${origin}/a?b`, destination: `${origin}/dav/c` });
    assert.deepEqual(own, [behind.origin, `${behind.origin}/a?b`, `${behind.origin}/dav/c`]);
    for (const foreign of ["https://evil.test", "null", `${origin}.evil.test`, `${origin}1`]) {
      assert.deepEqual(await asked({ origin: foreign, referer: `${foreign}/a` }), [foreign, `${foreign}/a`, undefined]);
    }
    assert.deepEqual(await asked({ referer: `${origin}${AUTH}/invite/secret` }), [undefined, `${behind.origin}/`, undefined]);
    const { status, headers } = await ask("GET", "/own");
    assert.deepEqual([status, headers.location, headers.refresh], [302, `${origin}/a?b#c`, `5; url=${origin}/b`]);
    assert.deepEqual([headers["content-location"], headers.link], [`${origin}/c`, `<${origin}/d>; rel="next", <http://elsewhere.test/>; rel="x"`]);
    assert.deepEqual(headers["set-cookie"], ["a=b; Path=/", "c=d"]);
  });

  test("an address in a page leads back, every other byte stays, and each part arrives as it is sent", async () => {
    const page = (query, headers, seen = () => {}) =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port: airlock.port, path: `/page?${query}`, headers: { host: airlock.host, cookie, ...headers } };
        http.get(options, (response) => {
          const chunks = [];
          response.on("data", (chunk) => (chunks.push(chunk), seen(Buffer.concat(chunks).toString("latin1"))));
          response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks) })).on("error", reject);
        }).on("error", reject);
      });
    const own = behind.origin;
    const becomes = `<p>caf\xe9<a href="${airlock.origin}/next?a&amp;b\xe9"><img src="data:${"x".repeat(4 * MB)}">${own}/<script>"${own}/"</script>`;
    const plain = await page("");
    assert.ok(plain.body.equals(Buffer.from(becomes, "latin1")));
    assert.deepEqual([plain.headers.etag, plain.headers["content-length"]], ['W/"1"', undefined]);
    const zipped = await page("zipped", { "accept-encoding": "gzip" });
    assert.equal(zipped.headers["content-encoding"], "gzip");
    assert.ok(zlib.gunzipSync(zipped.body).equals(plain.body));
    // Nothing is held but the beginning of an address: the app goes on once what it has sent is here.
    const expected = [/caf\xe9<a href="$/, /b\xe9">$/, /<\/script>$/];
    const slow = await page("slowly", {}, (text) => expected[0]?.test(text) && (expected.shift(), behind.emit("next")));
    assert.deepEqual([expected.length, slow.body.length], [0, plain.body.length]);
  });

  test("pages that their readers leave lying take nothing of the Worker's own memory", async () => {
    await ask("GET", "/page");
    const before = wasmMemory(airlock);
    const options = { host: "127.0.0.1", port: airlock.port, path: "/endless", headers: { host: airlock.host, cookie }, agent: false };
    const read = () => new Promise((resolve, reject) => http.get(options, (response) => resolve(response.pause())).on("error", reject));
    const pages = [];
    while (pages.length < 200) pages.push(...(await Promise.all(Array.from({ length: 10 }, read))));
    assert.ok(pages.every((page) => page.statusCode === 200));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const during = wasmMemory(airlock);
    for (const page of pages) page.on("error", () => {}).destroy();
    assert.ok(before > 1 && during - before < 6, `from ${before} to ${during} MB`);
  });

  test("every byte of a header survives, both ways, and what a client cannot unpack is not packed", async () => {
    const { headers } = await ask("GET", "/bytes", { "x-bytes": "caf\xe9 \xff" });
    assert.deepEqual([headers["x-got"], headers["x-bytes"]], ["636166e920ff", "caf\xe9"]);
    assert.equal(headers["x-encoding"], "identity");
    assert.match((await ask("GET", "/bytes", { "accept-encoding": "br" })).headers["x-encoding"], /\bbr\b/);
  });

  test("Airlock's own cookies and headers stay out, and nobody else speaks for it", async () => {
    const { json } = await ask("GET", "/", {
      cookie: `a=1; ${cookie}; __Host-airlock-browser=x; b=2`,
      "airlock-assertion": "forged",
      "airlock-role": "owner",
      airlock_assertion: "forged",
      "x-original-url": "/billing",
      "remote-user": "owner",
      x_remote_user: "owner",
      "x-webauth-user": "owner",
      "x-auth-request-email": "owner@acme.test",
      "true-client-ip": "192.0.2.1",
      "x-script-name": "/billing",
      te: "trailers",
      "x-forwarded-for": "192.0.2.1",
    });
    assert.equal(json.headers.cookie, "a=1; b=2");
    assert.match(json.headers["airlock-assertion"], /^ey[^,]+$/);
    for (const name of ["airlock-role", "airlock_assertion", "x-original-url", "te"]) assert.equal(json.headers[name], undefined, name);
    assert.doesNotMatch(JSON.stringify(json.headers), /192\.0\.2\.1|"owner|script-name/);
    const { headers, text } = await ask("GET", "/cookies");
    assert.deepEqual([headers["set-cookie"], headers["x-own"], text], [["theme=dark; Path=/", "a=b"], "1", "set"]);
  });

  // Cloudflare's cache is out of a test's reach: that a request goes past it shows by what the runtime adds to it.
  test("no cache sits between gate and app, and the browser's cache headers pass unchanged", async () => {
    const plain = (await ask("GET", "/files/1.pdf")).json.headers;
    assert.deepEqual([plain.pragma, plain["cache-control"]], ["no-cache", "max-age=0"]);
    const sent = { "cache-control": "max-age=60, only-if-cached", "if-none-match": '"1"', "if-modified-since": "Fri, 15 Jan 2027 08:00:00 GMT" };
    const { json } = await ask("GET", "/files/1.pdf", sent);
    for (const [name, value] of Object.entries(sent)) assert.equal(json.headers[name], value, name);
    assert.equal((await ask("PUT", "/files/1.pdf", { "content-length": 4 }, "body")).json.headers.pragma, "no-cache");
  });

  test("redirects, statuses and compression pass unchanged", async () => {
    const redirect = await ask("POST", "/redirect", {}, "x");
    assert.deepEqual([redirect.status, redirect.headers.location], [307, "http://elsewhere.test/x?y#z"]);
    assert.equal((await ask("GET", "/unchanged", { "if-none-match": '"1"' })).status, 304);
    const broken = await ask("GET", "/broken");
    assert.deepEqual([broken.status, broken.text], [500, "the app's own mistake"]);
    const head = await ask("HEAD", "/download?bytes=1234");
    assert.deepEqual([head.status, head.text], [200, ""]);
    for (const [by, encoding, type, vary] of [
      // Nothing that a browser keeps becomes a service worker's, whatever it is updated to.
      ["gzip", "gzip", "text/plain", "accept-encoding, service-worker"],
      ["brotliCompress", "br", "text/plain", "accept-encoding, service-worker"],
      ["gzip", "gzip", "text/javascript", "accept-encoding, service-worker"],
      ["brotliCompress", "br", "text/javascript", "accept-encoding, service-worker"],
    ]) {
      const zipped = await new Promise((resolve, reject) => {
        const headers = { host: airlock.host, cookie, "accept-encoding": encoding };
        http.get({ host: "127.0.0.1", port: airlock.port, path: `/zipped?by=${by}&type=${type}`, headers }, (response) => {
          const chunks = [];
          response.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve({ response, body: Buffer.concat(chunks) }));
        }).on("error", reject);
      });
      assert.equal(zipped.response.headers["content-encoding"], encoding);
      const plain = by === "gzip" ? zlib.gunzipSync(zipped.body) : zlib.brotliDecompressSync(zipped.body);
      assert.equal(plain.toString(), "zipped by the app");
      assert.deepEqual([zipped.response.headers.etag, zipped.response.headers.vary], ['"1"', vary]);
      const head = await ask("HEAD", `/zipped?by=${by}&type=${type}`, { "accept-encoding": encoding });
      assert.deepEqual([head.status, head.text, head.headers.vary], [200, "", vary]);
    }
  });

  test("200 MB go up and come down, and the Worker holds none of it", async () => {
    const size = 200 * MB;
    await ask("GET", "/");
    const before = held(airlock);
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, held(airlock))), 100);
    const chunk = Buffer.alloc(64 * 1024, "x");
    const expected = createHash("sha256");
    const up = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: airlock.port, method: "PUT", path: "/up" };
      const headers = { host: airlock.host, cookie, "content-length": size };
      const request = http.request({ ...options, headers }, async (response) => {
        let text = "";
        for await (const part of response) text += part;
        resolve({ status: response.statusCode, text });
      });
      request.on("error", reject);
      (async () => {
        for (let left = size; left > 0; left -= chunk.length) {
          const part = chunk.subarray(0, Math.min(left, chunk.length));
          expected.update(part);
          if (!request.write(part)) await once(request, "drain");
        }
        request.end();
      })().catch(reject);
    });
    const { bytes, sha256 } = JSON.parse(up.text);
    assert.deepEqual([up.status, bytes, sha256], [200, size, expected.digest("hex")]);
    const down = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: airlock.port, path: `/download?bytes=${size}`, headers: { host: airlock.host, cookie } };
      http.get(options, async (response) => {
        let bytes = 0;
        for await (const part of response) bytes += part.length;
        resolve(bytes);
      }).on("error", reject);
    });
    clearInterval(watch);
    assert.equal(down, size);
    assert.ok(before > 0 && most - before < 100, `the runtime grew from ${before} to ${most} MB`);
  });

  test("a web socket stays connected, text and bytes", async () => {
    const headers = { host: airlock.host, cookie, origin: airlock.origin };
    const socket = new WebSocket(`ws://127.0.0.1:${airlock.port}/socket?room=1`, ["chat"], { headers });
    const [hello] = await once(socket, "message");
    const seen = JSON.parse(hello);
    assert.equal(socket.protocol, "chat");
    assert.ok(seen["airlock-assertion"] && !seen.cookie);
    assert.equal(seen.origin, behind.origin, "apps compare it with their Host");
    for (const message of ["hällo", "x".repeat(100_000), Buffer.from([0, 255, 1])]) {
      socket.send(message);
      const [answer, binary] = await once(socket, "message");
      assert.equal(binary, typeof message !== "string");
      assert.ok(Buffer.from(message).equals(answer));
    }
    socket.close(4001, "done");
    assert.equal((await once(socket, "close"))[0], 4001);
    const stranger = new WebSocket(`ws://127.0.0.1:${airlock.port}/socket`, { headers: { host: airlock.host } });
    const [, refused] = await once(stranger, "unexpected-response");
    assert.equal(refused.statusCode, 401);
  });

  test("events arrive as they are sent, and the app learns when nobody listens any more", async () => {
    const events = await new Promise((resolve, reject) => {
      const headers = { host: airlock.host, cookie, accept: "text/event-stream" };
      const request = http.get({ host: "127.0.0.1", port: airlock.port, path: "/events", headers }, (response) => {
        let text = "";
        response.on("data", (data) => {
          text += data;
          if (text.includes("data: 3")) (request.destroy(), resolve(text));
        });
      });
      request.on("error", (error) => error.code !== "ECONNRESET" && reject(error));
    });
    assert.match(events, /^data: 0\n\ndata: 1\n\n/);
    for (let tries = 0; behind.open > 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(behind.open, 0);
  });

  test("an app that is down or slow: a page that says so, and the session stays", async () => {
    const silent = await ask("GET", "/silent");
    assert.deepEqual([silent.status, silent.json.code], [504, "app_slow"]);
    const gone = await ask("GET", "/gone", { accept: "text/html" });
    assert.equal(gone.status, 502);
    assert.match(gone.text, /<h1>The app can&#39;t be reached<\/h1>/);
    assert.ok(await airlock.logged('"app":"app_slow"'));
    assert.ok(await airlock.logged('"app":"app_down"'));
    assert.equal((await ask("GET", "/")).status, 200);
  });

  test("a public path needs no login, and no spelling of another path becomes public", async () => {
    const health = await send(airlock, "GET", "/health");
    assert.deepEqual([health.status, health.json.headers["airlock-assertion"]], [200, undefined]);
    for (const path of ["/", "/health/", "/health/..%2f", "//health", "/health;x", "/Health", "/health%2f"]) {
      assert.equal((await send(airlock, "GET", path)).status, 401, path);
    }
  });

  test("two cookies with one name count as none, in one header or in two", async () => {
    const other = session(airlock, "mia");
    for (const cookies of [`${cookie}; ${other}`, `${other}; ${cookie}`, [cookie, other], [other, cookie]]) {
      assert.equal((await send(airlock, "GET", "/", { cookie: cookies })).status, 401, String(cookies));
    }
    assert.equal((await send(airlock, "GET", "/", { cookie: [cookie, "a=1"] })).status, 200);
  });

  test("security.txt says whom to tell about a vulnerability", async () => {
    const { status, headers, text } = await send(airlock, "GET", "/.well-known/security.txt");
    assert.deepEqual([status, headers["content-type"]], [200, "text/plain; charset=utf-8"]);
    const [, expires] = /^Contact: mailto:security@acme\.test\nExpires: (.+)\n/.exec(text);
    assert.ok(Date.parse(expires) > Date.now());
  });

  test("a step-up needs a second factor from the last five minutes", async () => {
    sql(airlock, "UPDATE sessions SET stepped_up_at = stepped_up_at - 360000");
    assert.equal((await ask("GET", "/")).status, 200);
    for (const path of ["/billing/cards", "/billing%20/cards", "/billing.", "/%2562illing/cards", "/x/..%2fbilling/cards"]) {
      const refused = await ask("GET", path);
      assert.deepEqual([refused.status, refused.json.code], [403, "reauth_required"], path);
    }
    for (const path of ["/files/a%2Fb", "/x//y", "/a;b/c"]) assert.equal((await ask("GET", path)).json.target, path);
    const led = await ask("GET", "/billing/cards?p=1", { accept: "text/html", "sec-fetch-mode": "navigate" });
    assert.equal(led.headers.location, `${AUTH}/reauth?return_to=%2Fbilling%2Fcards%3Fp%3D1`);
    const [name, value] = cookie.split("=");
    const noor = new Client(airlock, { [name]: value });
    growStale(airlock);
    assert.equal((await noor.post(`${AUTH}/reauth`, { password: PASSWORD, purpose: "app", code: nextCode(airlock, "noor", NOOR_SEED) })).status, 200);
    assert.equal((await noor.get("/billing/cards")).status, 200);
    cookie = `${name}=${noor.cookies[name]}`;
  });

  test("a hundred at once, each seen as themselves or not at all", async () => {
    const people = Array.from({ length: 100 }, (_, i) => ({ id: `user${i}`, kind: ["full", "waiting", "expired", "stranger", "password"][i % 5] }));
    for (const { id } of people) {
      sql(airlock, "INSERT INTO users (id, email, name, two_factor_chosen, created_at) VALUES (?, ?, ?, ?, 0)", id, `${id}@acme.test`, id, id.endsWith("4") || id.endsWith("9") ? 0 : 1);
      sql(airlock, "INSERT INTO memberships (account_id, user_id, email, role, state, created_at) VALUES ('acme', ?, ?, 'member', 'active', 0)", id, `${id}@acme.test`);
      sql(airlock, `INSERT INTO authenticators (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at, last_used_at)
        SELECT ?, ?, name, algorithm, digits, period_s, sealed_seed, seed_key, 0, 0, 0 FROM authenticators WHERE user_id = 'noor' LIMIT 1`, `${id}-app`, id);
    }
    for (const person of people) {
      const { id, kind } = person;
      if (kind === "full") person.cookie = session(airlock, id, { factor: "totp" });
      if (kind === "password") person.cookie = session(airlock, id);
      if (kind === "waiting") person.cookie = session(airlock, id, { pending: 1 });
      if (kind === "expired") person.cookie = session(airlock, id, { factor: "totp", age: 31 * 60_000 });
      if (kind === "stranger") person.cookie = `__Host-airlock=${randomBytes(32).toString("base64url")}`;
    }
    const seen = await Promise.all(
      people.flatMap((person) => [1, 2, 3].map(async (n) => ({ person, answer: await send(airlock, "GET", `/mine?n=${n}`, { cookie: person.cookie }) }))),
    );
    for (const { person, answer } of seen) {
      const through = ["full", "password"].includes(person.kind);
      assert.equal(answer.status, through ? 200 : 401, `${person.kind}: ${answer.text}`);
      if (!through) continue;
      const claims = JSON.parse(Buffer.from(answer.json.headers["airlock-assertion"].split(".")[1], "base64url"));
      assert.deepEqual([claims.sub, claims.amr], [person.id, person.kind === "full" ? ["pwd", "otp"] : ["pwd"]]);
    }
    assert.equal(seen.length, 300);
  });
});

describe("as npm start serves it", () => {
  let airlock;
  before(async () => (airlock = await start()));
  after(() => airlock?.stop());

  test("the example knows whom it is talking to, through a service binding", async () => {
    assert.equal((await send(airlock, "GET", "/health")).text, "ok");
    const noor = new Client(airlock);
    await noor.login("noor@acme.test");
    await noor.verify(code(NOOR_SEED));
    const { json } = await noor.get("/api/me");
    assert.deepEqual([json.sub, json.email, json.amr], ["noor", "noor@acme.test", ["pwd", "otp"]]);
    assert.match((await noor.get("/")).text, /Hello Noor Haddad\. You signed in with password and code\./);
    assert.equal((await noor.get("/billing")).status, 200);
    const { cookie } = noor;
    const socket = new WebSocket(`ws://127.0.0.1:${airlock.port}/socket`, { headers: { host: airlock.host, cookie } });
    assert.equal(String((await once(socket, "message"))[0]), "hello noor@acme.test");
    socket.send("again");
    assert.equal(String((await once(socket, "message"))[0]), "again");
    socket.close();
  });
});

test("a setting that cannot be meant closes everything and is named in the log", async () => {
  const airlock = await start(undefined, { PUBLIC_PATHS: "/health /*" });
  try {
    for (const path of ["/health", "/", `${AUTH}/login`, `${AUTH}/health`, "/.well-known/jwks.json"]) {
      const answer = await send(airlock, "GET", path);
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "30"], path);
    }
    assert.ok(await airlock.logged("PUBLIC_PATHS names every path"));
    const page = await send(airlock, "GET", "/", { accept: "text/html", "accept-language": "de" });
    assert.match(page.text, /<h1>Diese Website ist falsch eingerichtet<\/h1>/);
    assert.equal(page.headers["content-security-policy"].includes("default-src 'none'"), true);
    assert.equal((await send(airlock, "GET", "/")).json.title, "This site isn't set up correctly");
  } finally {
    await airlock.stop();
  }
});

test("a setting that is no text is none that is missing: it closes everything as well", async () => {
  const folder = mkdtempSync(join(tmpdir(), "airlock-e2e-"));
  // As npm start has it, but for where things are and one list.
  const file = readFileSync("wrangler.toml", "utf8")
    .replace('"worker/build/index.js"', JSON.stringify(resolve("worker/build/index.js")))
    .replace(/^STEP_UP_PATHS = .*$/m, 'STEP_UP_PATHS = ["/billing"]')
    .replace(/\[build\][^]*?(?=\n#|\n\[)/, "");
  writeFileSync(join(folder, "wrangler.toml"), file);
  copyFileSync(".env", join(folder, ".env"));
  const airlock = await start(["sh", "-c", `. dev/tools.sh; use_node; exec wrangler dev -c ${folder}/wrangler.toml --ip 127.0.0.1 --port PORT --inspector-port 0 --persist-to FOLDER`, "dev/start.sh"]);
  try {
    assert.equal((await send(airlock, "GET", `${AUTH}/login`)).status, 503);
    assert.ok(await airlock.logged("STEP_UP_PATHS has"), airlock.log);
  } finally {
    await airlock.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
