// Forward-auth: the real nginx and the real Caddy in front of a real app ask Airlock about each request, as docs/proxies.md has it.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";
import { createLocalJWKSet, jwtVerify } from "jose";
import WebSocket, { WebSocketServer } from "ws";
import { AUTH, Client, NOOR_SEED, OWNER_SEED, freePort, growStale, nextCode, send, session, sql, start } from "./airlock.mjs";
import { enter, heading, launch, signIn } from "./chromium.mjs";

const KEY = "x1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** The app: says what it was sent, and echoes on a web socket. */
async function app() {
  const server = http.createServer(async (request, response) => {
    const { method, url: target, headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    const html = headers.accept?.includes("text/html");
    response.setHeader("content-type", html ? "text/html" : "application/json");
    response.end(html ? "<h1>The app</h1>" : JSON.stringify({ method, target, headers, body }));
  });
  new WebSocketServer({ server }).on("connection", (socket, request) => {
    const claims = JSON.parse(Buffer.from(request.headers["airlock-assertion"].split(".")[1], "base64url"));
    socket.on("message", (message) => socket.send(`${message} ${claims.sub}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { address: `127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

/** The configuration that docs/proxies.md has for a proxy, with this test's addresses in it. */
function documented(name, { app, edge, certificate }) {
  const [, section] = readFileSync(new URL("../../docs/proxies.md", import.meta.url), "utf8").split(`\n## ${name}\n`);
  const [lines] = section.split("\n## ");
  return lines
    .split("\n")
    .filter((line) => line.startsWith("    "))
    .join("\n")
    .replaceAll("https://airlock-edge.example.com", edge)
    .replaceAll(/the-app(:8080)?/g, app)
    .replaceAll("/etc/ssl/certs/ca-certificates.crt", certificate)
    .replaceAll("x1:…=", KEY)
    .replaceAll(/\/auth(?=[/$? ])/g, AUTH)
    .replace("^/(auth$|auth/|", `^(${AUTH}$|${AUTH}/|/`);
}

const PROXIES = {
  nginx(folder, port, places) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`).join(" ");
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/pid; events {}
      http {
        access_log off; ${temporary}
        map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
        server {
          listen 127.0.0.1:${port};
          ${documented("nginx", places)}
        }
      }`,
    );
    return ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  },
  "Caddy of Debian": caddy("caddy"),
  "the newest Caddy": caddy(join(dirname(process.env.PYTHON), "caddy")),
};

function caddy(program) {
  return (folder, port, places) => {
    const options = `{\n  admin off\n  auto_https off\n  storage file_system ${folder}\n}\n`;
    writeFileSync(join(folder, "Caddyfile"), options + documented("Caddy", places).replace("app.example.com", `http://localhost:${port}`));
    return [program, "run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
  };
}

/** A certificate for localhost that vouches for itself. */
function certificate(folder, name) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", [...words, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key), cert: readFileSync(cert), path: cert };
}

describe("forward-auth", () => {
  let behind, browser;

  before(async () => {
    [behind, browser] = [await app(), await launch()];
  });
  after(async () => {
    await browser?.close();
    behind?.close();
  });

  for (const [name, configured] of Object.entries(PROXIES)) {
    describe(name, () => {
      const folder = mkdtempSync(join(tmpdir(), "airlock-proxy-"));
      const [own, other] = ["own", "other"].map((of) => certificate(folder, of));
      const open = new Set();
      let airlock, proxy, place, front, said = "";
      const vouchWith = (certificate) => {
        front.setSecureContext(certificate);
        for (const socket of open) socket.destroy();
        open.clear();
      };
      // Its workers too.
      const end = () => {
        try {
          process.kill(-proxy.pid, "SIGKILL");
        } catch {} // it has ended already
      };

      before(async () => {
        const [port, plain] = [await freePort(), await freePort()];
        place = { port, host: `localhost:${port}`, origin: `http://localhost:${port}` };
        const paths = { PUBLIC_PATHS: "/health", STEP_UP_PATHS: "/billing", IDENTITY_HEADERS: "Remote-User=email" };
        airlock = await start(undefined, { EDGE_ORIGIN: place.origin, PROXY_KEYS: KEY, ...paths }, plain);
        // As Cloudflare does, it speaks TLS.
        front = tls.createServer(own, (socket) => {
          const to = net.connect(plain, "127.0.0.1");
          for (const end of [socket, to]) end.on("error", () => (socket.destroy(), to.destroy()));
          socket.pipe(to).pipe(socket);
          open.add(socket);
        });
        front.listen(0, "127.0.0.1");
        await once(front, "listening");
        const edge = `https://localhost:${front.address().port}`;
        const [program, ...args] = configured(folder, port, { app: behind.address, edge, certificate: own.path });
        const env = { ...process.env, HOME: folder, SSL_CERT_FILE: own.path };
        proxy = spawn(program, args, { detached: true, env, stdio: ["ignore", "pipe", "pipe"] });
        for (const stream of [proxy.stdout, proxy.stderr]) stream.on("data", (data) => (said += data));
        process.once("exit", end);
        for (let tries = 0; ; tries++) {
          const up = await send(place, "GET", "/health").catch(() => undefined);
          if (up?.status === 200) break;
          assert.ok(tries < 100 && proxy.exitCode === null, `${up?.status} ${said}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      });
      after(async () => {
        end();
        front?.close();
        await airlock?.stop();
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      });

      test("a person is led to the login and back, with what stands behind the question mark", async () => {
        const page = await browser.newPage();
        await page.goto(`${place.origin}/reports?page=2&sort=up`);
        await signIn(page, "noor@acme.test");
        await enter(page, nextCode(airlock, "noor", NOOR_SEED));
        await heading(page, "The app");
        assert.equal(page.url(), `${place.origin}/reports?page=2&sort=up`);
        await page.close();
      });

      test("the app is told who it is, and nothing that a client made up", async () => {
        const cookie = `${session(airlock, "noor", { factor: "totp" })}; theme=dark`;
        const forged = { "x-forwarded-uri": "/health", "x-forwarded-method": "OPTIONS", "airlock-proxy-key": "x1:forged" };
        const { status, json, text } = await send(place, "POST", "/save?x=1", { cookie, ...forged }, "a form");
        assert.equal(status, 200, text);
        assert.deepEqual([json.method, json.target, json.body, json.headers.cookie], ["POST", "/save?x=1", "a form", "theme=dark"]);
        const keys = createLocalJWKSet((await send(place, "GET", "/.well-known/jwks.json")).json);
        const { payload } = await jwtVerify(json.headers["airlock-assertion"], keys, { issuer: place.origin, audience: place.origin });
        assert.deepEqual([payload.sub, payload.amr], ["noor", ["pwd", "otp"]]);
        assert.equal((await send(place, "GET", "/reports", forged)).status, 401);
        const known = await send(place, "GET", "/health", { cookie, ...forged });
        assert.equal(known.status, 200, known.text);
        assert.deepEqual([known.json.headers["airlock-assertion"] ?? "", known.json.headers.cookie], ["", "theme=dark"]);
        for (const name of ["airlock-assertion", "remote-user"]) {
          assert.notEqual((await send(place, "GET", "/health", { [name]: "forged" })).status, 200, name);
        }
        // Such names are dropped before Airlock could see them, or not see them.
        for (const name of ["airlock_assertion", "Remote_User", "Remote.User"]) {
          const { status, text } = await send(place, "GET", "/health", { [name]: "forged" });
          assert.ok(status !== 200 || !text.includes("forged"), text);
        }
        const alone = await send(place, "GET", "/save", { cookie: session(airlock, "noor", { factor: "totp" }) });
        assert.deepEqual([alone.status, alone.json.headers.cookie], [200, "airlock=none"]);
      });

      test("a client that asks as the proxy does learns nothing", async () => {
        const cookie = `${session(airlock, "noor", { factor: "totp" })}; app=secret`;
        const as = { "x-forwarded-uri": "/health", "x-forwarded-method": "GET" };
        for (const path of ["", "/", "/health", "?redirect=1"].map((rest) => `${AUTH}/check${rest}`)) {
          const { headers } = await send(place, "GET", path, { cookie, ...as });
          assert.deepEqual([headers["airlock-assertion"], headers.cookie, headers["remote-user"]], [undefined, undefined, undefined], path);
          assert.notEqual((await send(place, "GET", path, as)).status, 200, path);
        }
        assert.notEqual((await send(place, "GET", "/airlock", { cookie, ...as })).headers["airlock-assertion"], "");
      });

      test("a script for a service worker is Airlock's, and no other answer stands for one", async () => {
        const cookie = session(airlock, "noor", { factor: "totp" });
        const script = await send(place, "GET", "/sw.js", { cookie, "service-worker": "script", "sec-fetch-dest": "serviceworker" });
        assert.deepEqual([script.status, script.text.includes("unregister()")], [200, true], script.text);
        assert.match((await send(place, "GET", "/sw.js", { cookie })).headers.vary, /service-worker/i);
      });

      test("whoever stands where Airlock should, without its certificate, lets nobody pass", async () => {
        const cookie = session(airlock, "noor", { factor: "totp" });
        vouchWith(other);
        for (const path of ["/health", "/reports", `${AUTH}/login`]) {
          const { status } = await send(place, "GET", path, { cookie });
          assert.ok(status >= 500, `${path}: ${status}`);
        }
        vouchWith(own);
        assert.equal((await send(place, "GET", "/health")).status, 200);
      });

      test("a web socket opens for a user who is signed in, and for nobody else", async () => {
        const opened = async (headers) => {
          const socket = new WebSocket(`ws://${place.host}/socket`, { headers });
          const [message] = await Promise.race([
            once(socket, "open").then(() => (socket.send("hello"), once(socket, "message"))),
            once(socket, "unexpected-response").then(([, { statusCode }]) => [statusCode]),
          ]);
          socket.terminate();
          return String(message);
        };
        assert.equal(await opened({ cookie: session(airlock, "noor", { factor: "totp" }) }), "hello noor");
        assert.equal(await opened({}), "401");
      });

      test("a step-up and a service token count here as at the gate", async () => {
        const cookie = session(airlock, "noor", { factor: "totp" });
        growStale(airlock);
        sql(airlock, "UPDATE sessions SET second_factor_at = second_factor_at - 360000");
        const stale = await send(place, "GET", "/billing", { cookie, accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" });
        assert.deepEqual([stale.status, new URL(stale.headers.location, place.origin).pathname], [303, `${AUTH}/reauth`]);
        const owner = new Client(airlock.admin);
        await owner.login("owner@acme.test");
        assert.equal((await owner.verify(nextCode(airlock, "owner", OWNER_SEED))).status, 200);
        const made = await owner.post("/api/v1/accounts/acme/service-tokens", { name: "ci", paths: ["/api/*"], methods: ["GET"] });
        const authorization = `Basic ${Buffer.from(`any:${made.json.token}`).toString("base64")}`;
        const passed = await send(place, "GET", "/api/orders", { authorization });
        assert.equal(passed.status, 200, passed.text);
        assert.ok(!passed.text.includes(authorization) && !passed.text.includes(made.json.token), "the app never sees it");
        assert.notEqual((await send(place, "GET", "/other", { authorization })).status, 200);
        // By its own name too, where the proxy keeps that from the app.
        assert.equal((await send(place, "GET", "/api/orders", { "airlock-token": made.json.token })).json.headers["airlock-token"] ?? "", "");
      });
    });
  }
});
