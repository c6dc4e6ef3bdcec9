// Real apps, each as its own documentation starts it, and what a person does there in a browser: `npm run apps` tries all,
// `npm test` those that take no minutes to install.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import WebSocket from "ws";
import { Client, OWNER_SEED, nextCode, send } from "../e2e/airlock.mjs";

const here = import.meta.dirname;
const python = process.env.APPS_PYTHON;
const module = (name) => [python, "-m", name];

const nodeApp = (path) => join(process.env.APPS_NODE, "node_modules", path);

/** The cookies of this browser, as it sends them to the app. */
async function cookies(page) {
  const all = await page.context().cookies();
  return all.map(({ name, value }) => `${name}=${value}`).join("; ");
}

/** What a program sends to get through the gate: a service token, which an owner makes for it. */
async function pass(place) {
  const owner = new Client(place.admin);
  await owner.login("owner@acme.test");
  await owner.verify(nextCode(place, "owner", OWNER_SEED));
  const { json, text } = await owner.post("/api/v1/accounts/acme/service-tokens", { name: "program", paths: ["/*"], methods: ["*"] });
  assert.ok(json.token, text);
  return { "airlock-token": json.token };
}

/** The status that a web socket gets which a page of `origin` opens with the cookies of this browser. */
async function socket(page, place, path, origin) {
  const headers = { host: place.host, origin, cookie: await cookies(page) };
  const asked = new WebSocket(`ws://127.0.0.1:${place.port}${path}`, { headers });
  return new Promise((resolve, reject) => {
    asked.on("open", () => (resolve(101), asked.terminate()));
    asked.on("unexpected-response", (_, { statusCode }) => (resolve(statusCode), asked.terminate()));
    asked.on("error", reject);
  });
}

/** A configuration of nginx that holds nothing outside the folder. */
function nginx(folder, server) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`).join(" ");
  const user = process.getuid() === 0 ? "user root;" : ""; // the folder is root's own then
  writeFileSync(join(folder, "nginx.conf"), `${user} daemon off; pid ${folder}/pid; events {} http { access_log off; ${temporary} server { ${server} } }`);
  return ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
}

/**
 * What each is called, whether `npm test` tries it, why it does not work by its defaults (`fails`: then it must not) and with which
 * variables, its own or Airlock's, for the public origin it does, what starts it in a folder and at a port, the path that answers once
 * it is up, and what is tried at the gate's `place`.
 */
export const APPS = [
  {
    name: "Django admin",
    quick: true,
    command: (port, folder) => [python, join(here, "django_app.py"), port, folder],
    up: "/admin/login/",
    async tried(page, place) {
      await page.goto(`${place.origin}/admin/`);
      await page.getByLabel("Username").fill("root");
      await page.getByLabel("Password").fill("root");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { name: "Site administration" }).waitFor();
      await page.goto(`${place.origin}/admin/auth/group/add/`);
      await page.getByLabel("Name:").fill("Crew");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("was added successfully").waitFor();
      // Its own defence still refuses what another site sends, cookies and token in hand.
      const token = (await page.context().cookies()).find(({ name }) => name === "csrftoken").value;
      const headers = { cookie: await cookies(page), "content-type": "application/x-www-form-urlencoded" };
      const save = (origin) => send(place, "POST", "/admin/auth/group/add/", { ...headers, origin }, `csrfmiddlewaretoken=${token}&name=${new URL(origin).hostname}`);
      const refused = await save("https://evil.test");
      assert.equal(refused.status, 403);
      assert.match(refused.text, /Origin checking failed/);
      assert.equal((await save(place.origin)).status, 302);
    },
  },
  {
    name: "Flask, redirects by whole addresses",
    quick: true,
    command: (port) => [python, join(here, "flask_app.py"), port],
    up: "/there",
    async tried(page, place) {
      await page.goto(`${place.origin}/`);
      await page.getByRole("heading", { name: "You are there" }).waitFor();
      assert.equal(page.url(), `${place.origin}/there`);
    },
  },
  {
    name: "Datasette, the next page",
    prepare(folder) {
      const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250) SELECT i AS id, 'row ' || i AS name FROM n";
      const script = `import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)"); c.execute("INSERT INTO things ${rows}"); c.commit()`;
      execFileSync(python, ["-c", script, join(folder, "shop.db")]);
    },
    command: (port, folder) => [...module("datasette"), "serve", join(folder, "shop.db"), "--port", port],
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/shop/things`);
      await page.getByRole("link", { name: "Next page" }).click();
      await page.getByText("row 150").waitFor();
      assert.ok(page.url().startsWith(`${place.origin}/shop/things?`), page.url());
    },
  },
  {
    name: "nginx, a folder without its slash",
    quick: true,
    prepare(folder) {
      mkdirSync(join(folder, "www/sub"), { recursive: true });
      writeFileSync(join(folder, "www/sub/a.txt"), "a");
    },
    command: (port, folder) => nginx(folder, `listen 127.0.0.1:${port}; root ${folder}/www; autoindex on;`),
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/sub`);
      assert.equal(page.url(), `${place.origin}/sub/`);
      await page.getByRole("link", { name: "a.txt" }).click();
      assert.equal(await page.locator("body").innerText(), "a");
    },
  },
  {
    name: "JupyterLab, running a cell",
    prepare(folder) {
      const cell = { cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [], source: "6 * 7000" };
      const kernelspec = { display_name: "Python 3", language: "python", name: "python3" };
      writeFileSync(join(folder, "a.ipynb"), JSON.stringify({ cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
    },
    command: (port, folder) => [...module("jupyterlab"), "--no-browser", "--allow-root", "--port", port, "--IdentityProvider.token=its-own", folder],
    up: "/login",
    async tried(page, place) {
      await page.goto(`${place.origin}/lab/tree/a.ipynb?token=its-own`);
      await page.locator(".jp-Notebook .jp-Cell").first().click();
      await page.getByText("Kernel status: Idle").first().waitFor({ state: "attached" });
      await page.keyboard.press("Shift+Enter");
      await page.getByText("42000").first().waitFor();
      const events = "/api/events/subscribe";
      assert.deepEqual([await socket(page, place, events, place.origin), await socket(page, place, events, "https://evil.test")], [101, 403]);
      // A form of another site has no token.
      const { value } = (await page.context().cookies()).find(({ name }) => name === "_xsrf");
      const headers = { cookie: await cookies(page), "content-type": "application/json" };
      const make = async (more) => (await send(place, "POST", "/api/contents", { ...headers, ...more }, "{}")).status;
      assert.equal(await make({ origin: place.origin }), 403);
      assert.equal(await make({ origin: place.origin, "x-xsrftoken": value }), 201);
    },
  },
  {
    name: "Bokeh, a button that the server hears",
    command: (port) => [...module("bokeh"), "serve", join(here, "bokeh_app.py"), "--port", port],
    up: "/bokeh_app",
    async tried(page, place) {
      await page.goto(`${place.origin}/bokeh_app`);
      await page.getByRole("button", { name: "Press" }).click();
      await page.getByText("The server heard it").waitFor();
      assert.equal(await socket(page, place, "/bokeh_app/ws", "https://evil.test"), 403);
    },
  },
  {
    name: "Streamlit, an upload",
    command: (port) => [...module("streamlit"), "run", join(here, "streamlit_app.py"), "--server.port", port, "--server.headless", "true", "--browser.gatherUsageStats", "false"],
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/`);
      await page.locator("input[type=file]").setInputFiles({ name: "a.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(123_456) });
      await page.getByText("It has 123456 bytes").waitFor();
      const stream = "/_stcore/stream";
      assert.deepEqual([await socket(page, place, stream, place.origin), await socket(page, place, stream, "https://evil.test")], [101, 403]);
    },
  },
  {
    name: "wsgidav, a file put and moved",
    quick: true,
    command: (port, folder) => [...module("wsgidav.server.server_cli"), "--host", "127.0.0.1", "--port", port, "--root", folder, "--auth", "anonymous"],
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/`);
      const statuses = await page.evaluate(async () => {
        const ask = async (method, path, init = {}) => (await fetch(path, { method, ...init })).status;
        const destination = `${location.origin}/b%20c.txt`;
        return [await ask("PUT", "/a.txt", { body: "a" }), await ask("MOVE", "/a.txt", { headers: { destination } }), await ask("GET", "/b%20c.txt")];
      });
      assert.deepEqual(statuses, [201, 201, 200]);
    },
  },
  {
    name: "DokuWiki, a page saved",
    prepare(folder) {
      const conf = join(folder, "conf");
      mkdirSync(conf);
      for (const file of readdirSync("/etc/dokuwiki", { withFileTypes: true })) {
        if (file.isFile()) copyFileSync(join("/etc/dokuwiki", file.name), join(conf, file.name));
      }
      for (const part of ["attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"]) {
        mkdirSync(join(folder, "data", part), { recursive: true });
      }
      const hash = execFileSync("php", ["-r", "echo password_hash('secret', PASSWORD_BCRYPT);"], { encoding: "utf8" });
      writeFileSync(join(conf, "users.auth.php"), `ann:${hash}:Ann:ann@acme.test:admin,user\n`);
      writeFileSync(join(conf, "acl.auth.php"), "*\t@ALL\t1\n*\t@user\t8\n");
      writeFileSync(join(conf, "local.php"), `<?php $conf['useacl'] = 1; $conf['savedir'] = '${folder}/data';\n`);
      writeFileSync(join(folder, "first.php"), `<?php define('DOKU_CONF', '${conf}/');\n`);
    },
    command: (port, folder) => ["php", "-d", `auto_prepend_file=${folder}/first.php`, "-S", `127.0.0.1:${port}`, "-t", "/usr/share/dokuwiki"],
    up: "/doku.php",
    async tried(page, place) {
      await page.goto(`${place.origin}/doku.php?id=start&do=login`);
      await page.getByLabel("Username").fill("ann");
      await page.getByLabel("Password").fill("secret");
      await page.getByRole("button", { name: "Log In" }).click();
      await page.getByText("Logged in as").first().waitFor();
      await page.goto(`${place.origin}/doku.php?id=start&do=edit`);
      await page.locator("#wiki__text").fill("====== Crew ======\n\nSailing at noon.");
      const token = await page.locator("#dw__editform [name=sectok]").inputValue();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: "Crew" }).waitFor();
      assert.ok(page.url().startsWith(place.origin), page.url());
      // Its own defence is a token, which other sites cannot have.
      const headers = { cookie: await cookies(page), "content-type": "application/x-www-form-urlencoded", origin: place.origin };
      const save = (sectok) => send(place, "POST", "/doku.php?id=other", headers, `sectok=${sectok}&id=other&do[save]=1&wikitext=x&prefix=.&suffix=`);
      assert.match((await save("forged")).text, /Security Token did not match/);
      assert.equal((await save(token)).status, 302);
    },
  },
  {
    name: "Node-RED with its own login",
    fails: "its login is below `/auth/`, which is Airlock's",
    helps: () => ({ AUTH_PREFIX: "/-/sign-in" }),
    prepare(folder) {
      const password = createRequire(nodeApp("node-red/red.js"))("bcryptjs").hashSync("secret", 4);
      const adminAuth = { type: "credentials", users: [{ username: "ann", password, permissions: "*" }] };
      writeFileSync(join(folder, "settings.js"), `module.exports = ${JSON.stringify({ uiHost: "127.0.0.1", adminAuth })};`);
    },
    command: (port, folder) => [process.execPath, nodeApp("node-red/red.js"), "--userDir", folder, "--port", port],
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/`);
      await page.locator("#node-dialog-login-username").fill("ann", { timeout: 10_000 });
      await page.locator("#node-dialog-login-password").fill("secret");
      await page.getByRole("button", { name: "Login" }).click();
      await page.locator("#red-ui-header-button-deploy").waitFor();
    },
  },
  {
    name: "Verdaccio, its pages: signing in, a search, a package",
    fails: "a script in its pages names its own address",
    helps: (origin) => ({ VERDACCIO_PUBLIC_URL: origin }),
    prepare(folder) {
      const hash = createHash("sha1").update("secret").digest("base64");
      writeFileSync(join(folder, "htpasswd"), `ann:{SHA}${hash}\n`);
      const manifest = { name: "crew-list", version: "1.2.3", description: "Who sails", readme: "# Who sails" };
      const version = { ...manifest, dist: { tarball: "http://localhost/crew-list/-/crew-list-1.2.3.tgz", shasum: "0" } };
      const kept = { ...manifest, versions: { "1.2.3": version }, "dist-tags": { latest: "1.2.3" }, time: { modified: "2026-01-01T00:00:00.000Z" } };
      mkdirSync(join(folder, "storage/crew-list"), { recursive: true });
      writeFileSync(join(folder, "storage/crew-list/package.json"), JSON.stringify({ ...kept, _attachments: {}, _distfiles: {}, _uplinks: {} }));
      writeFileSync(join(folder, "storage/.verdaccio-db.json"), JSON.stringify({ list: ["crew-list"], secret: "0".repeat(32) }));
      // As it comes, but for where things are kept, and without the registry behind it.
      const config = readFileSync(nodeApp("@verdaccio/config/build/conf/default.yaml"), "utf8");
      writeFileSync(join(folder, "config.yaml"), config.replace(/^ *proxy: npmjs$/gm, ""));
    },
    command: (port, folder) => [process.execPath, nodeApp("verdaccio/bin/verdaccio"), "--listen", `127.0.0.1:${port}`, "--config", join(folder, "config.yaml")],
    up: "/",
    async tried(page, place) {
      await page.goto(`${place.origin}/`);
      await page.getByTestId("header--button-login").click();
      await page.getByPlaceholder("Your username").fill("ann");
      await page.getByPlaceholder("Your strong password").fill("secret");
      await page.getByTestId("login-dialog-form-login-button").click();
      await page.getByTestId("logInDialogIcon").waitFor({ timeout: 20_000 });
      await page.getByPlaceholder("Search Packages").fill("crew");
      await page.getByRole("option", { name: "crew-list" }).or(page.getByRole("link", { name: "crew-list" })).first().click();
      await page.getByRole("heading", { name: "Who sails" }).waitFor();
      assert.equal(page.url(), `${place.origin}/-/web/detail/crew-list`);
    },
  },
  {
    name: "git over HTTP: clone, push",
    prepare(folder) {
      const git = (...args) => execFileSync("git", args, { cwd: folder, stdio: "pipe" });
      git("init", "-q", "--bare", "crew.git");
      git("-C", "crew.git", "config", "http.receivepack", "true");
    },
    command(port, folder) {
      const backend = join(execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(), "git-http-backend");
      const parameters = { SCRIPT_FILENAME: backend, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: "$uri", QUERY_STRING: "$query_string", REQUEST_METHOD: "$request_method", CONTENT_TYPE: "$content_type", HTTP_CONTENT_ENCODING: "$http_content_encoding", REMOTE_USER: "git" };
      const told = Object.entries(parameters).map(([name, value]) => `fastcgi_param ${name} ${value};`).join(" ");
      const command = nginx(folder, `listen 127.0.0.1:${port}; client_max_body_size 0; location / { ${told} fastcgi_pass unix:${folder}/git.sock; }`);
      return ["sh", "-c", `fcgiwrap -s unix:${folder}/git.sock & exec "$@"`, "sh", ...command];
    },
    up: "/",
    async tried(_, place, folder) {
      const headers = Object.entries(await pass(place)).flatMap(([name, value]) => ["-c", `http.extraHeader=${name}: ${value}`]);
      const known = ["-c", "user.name=Ann", "-c", "user.email=ann@acme.test", "-c", "init.defaultBranch=main"];
      const git = (cwd, ...args) => execFileSync("git", [...headers, ...known, ...args], { cwd: join(folder, cwd), stdio: "pipe", encoding: "utf8" });
      git("", "clone", "-q", `${place.origin}/crew.git`, "a");
      // More than git sends at once: it comes in chunks, of no length that is known before.
      writeFileSync(join(folder, "a/log"), randomBytes(3_000_000));
      git("a", "add", "log");
      git("a", "commit", "-qm", "A day at sea");
      git("a", "push", "-q", "origin", "HEAD:main");
      git("", "clone", "-q", "-b", "main", `${place.origin}/crew.git`, "b");
      assert.ok(readFileSync(join(folder, "b/log")).equals(readFileSync(join(folder, "a/log"))));
    },
  },
  {
    name: "Docker's registry: an image's layer in chunks",
    prepare(folder) {
      const config = { version: 0.1, storage: { filesystem: { rootdirectory: join(folder, "images") } } };
      writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
    },
    command: (port, folder) => ["env", `REGISTRY_HTTP_ADDR=127.0.0.1:${port}`, "docker-registry", "serve", join(folder, "config.yml")],
    up: "/v2/",
    async tried(_, place) {
      const layer = randomBytes(4_000_000);
      const digest = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
      const headers = await pass(place);
      let { status, headers: answer } = await send(place, "POST", "/v2/crew/blobs/uploads/", headers);
      assert.equal(status, 202);
      // As clients do: each request to the address that the one before has named.
      const next = () => {
        const url = new URL(answer.location, place.origin);
        assert.equal(url.origin, place.origin);
        return url.pathname + url.search;
      };
      for (const [from, to] of [[0, 2_500_000], [2_500_000, layer.length]]) {
        const part = { "content-type": "application/octet-stream", "content-range": `${from}-${to - 1}`, "content-length": to - from };
        ({ status, headers: answer } = await send(place, "PATCH", next(), { ...headers, ...part }, layer.subarray(from, to)));
        assert.deepEqual([status, answer.range], [202, `0-${to - 1}`]);
      }
      const last = next();
      ({ status, headers: answer } = await send(place, "PUT", `${last}${last.includes("?") ? "&" : "?"}digest=${digest}`, headers));
      assert.deepEqual([status, answer["docker-content-digest"]], [201, digest]);
      const head = await send(place, "HEAD", next(), headers);
      assert.deepEqual([head.status, head.headers["content-length"]], [200, String(layer.length)]);
    },
  },
];
