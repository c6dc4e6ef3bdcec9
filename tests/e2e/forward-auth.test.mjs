// Forward-auth: the real nginx and the real Caddy in front of a real app ask Airlock about each request, as docs/proxies.md has it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import WebSocket, { WebSocketServer } from "ws";
import { Client, NOOR_SEED, OWNER_SEED, freePort, growStale, nextCode, send, session, sql, start } from "./airlock.mjs";
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

const PROXIES = {
  nginx(folder, port, airlock, app) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`).join(" ");
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/pid; events {}
      http {
        access_log off; ${temporary}
        map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
        server {
          listen 127.0.0.1:${port};
          location / {
            auth_request /airlock;
            auth_request_set $assertion $upstream_http_airlock_assertion;
            auth_request_set $cookies $upstream_http_cookie;
            auth_request_set $credentials $upstream_http_authorization;
            auth_request_set $login $upstream_http_airlock_login;
            proxy_set_header Airlock-Assertion $assertion;
            proxy_set_header Cookie $cookies;
            proxy_set_header Authorization $credentials;
            proxy_set_header Airlock-Token "";
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            error_page 401 403 = @login;
            proxy_pass http://${app};
          }
          location = /airlock {
            internal;
            proxy_pass http://127.0.0.1:${airlock}/auth/check;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Airlock-Proxy-Key "${KEY}";
            proxy_set_header X-Forwarded-Method $request_method;
            proxy_set_header X-Forwarded-Uri $request_uri;
            proxy_set_header X-Forwarded-For $remote_addr;
          }
          location ~ ^/(auth/|\\.well-known/jwks\\.json$) {
            proxy_pass http://127.0.0.1:${airlock};
            proxy_set_header Airlock-Proxy-Key "${KEY}";
            proxy_set_header X-Forwarded-For $remote_addr;
          }
          location @login {
            if ($login) { return 303 $login; }
            return 401;
          }
        }
      }`,
    );
    return ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  },
  Caddy(folder, port, airlock, app) {
    writeFileSync(
      join(folder, "Caddyfile"),
      `{
        admin off
        auto_https off
        storage file_system ${folder}
      }
      http://localhost:${port} {
        @airlock path /auth/* /.well-known/jwks.json
        handle @airlock {
          reverse_proxy http://127.0.0.1:${airlock} {
            header_up Host {upstream_hostport}
            header_up Airlock-Proxy-Key "${KEY}"
            header_up X-Forwarded-For {remote_host}
          }
        }
        handle {
          forward_auth http://127.0.0.1:${airlock} {
            uri /auth/check?redirect=1
            header_up Host {upstream_hostport}
            header_up Airlock-Proxy-Key "${KEY}"
            header_up X-Forwarded-For {remote_host}
            copy_headers Airlock-Assertion Cookie Authorization
          }
          reverse_proxy ${app} {
            header_up -Airlock-Token
          }
        }
      }`,
    );
    return ["caddy", "run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
  },
};

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
      let airlock, proxy, place, said = "";
      // Its workers too.
      const end = () => {
        try {
          process.kill(-proxy.pid, "SIGKILL");
        } catch {} // it has ended already
      };

      before(async () => {
        const [port, own] = [await freePort(), await freePort()];
        place = { port, host: `localhost:${port}`, origin: `http://localhost:${port}` };
        const paths = { PUBLIC_PATHS: "/health", STEP_UP_PATHS: "/billing" };
        airlock = await start(undefined, { EDGE_ORIGIN: place.origin, PROXY_KEYS: KEY, ...paths }, own);
        const [program, ...args] = configured(folder, port, own, behind.address);
        proxy = spawn(program, args, { detached: true, env: { ...process.env, HOME: folder }, stdio: ["ignore", "pipe", "pipe"] });
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
        const forged = { "airlock-assertion": "forged", "x-forwarded-uri": "/health", "x-forwarded-method": "OPTIONS", "airlock-proxy-key": "x1:forged" };
        const { status, json, text } = await send(place, "POST", "/save?x=1", { cookie, ...forged }, "a form");
        assert.equal(status, 200, text);
        assert.deepEqual([json.method, json.target, json.body, json.headers.cookie], ["POST", "/save?x=1", "a form", "theme=dark"]);
        const keys = createLocalJWKSet((await send(place, "GET", "/.well-known/jwks.json")).json);
        const { payload } = await jwtVerify(json.headers["airlock-assertion"], keys, { issuer: place.origin, audience: place.origin });
        assert.deepEqual([payload.sub, payload.amr], ["noor", ["pwd", "otp"]]);
        assert.equal((await send(place, "GET", "/reports", forged)).status, 401);
        const open = await send(place, "GET", "/health", { cookie, ...forged });
        assert.equal(open.status, 200, open.text);
        assert.deepEqual([open.json.headers["airlock-assertion"] ?? "", open.json.headers.cookie], ["", "theme=dark"]);
      });

      test("a web socket opens for who is signed in, and for nobody else", async () => {
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
        assert.deepEqual([stale.status, new URL(stale.headers.location, place.origin).pathname], [303, "/auth/reauth"]);
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
