// Real apps, each as its own documentation starts it, and what a person does there in a browser: `npm run apps` tries all,
// `npm test` those that take no minutes to install.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { send } from "../e2e/airlock.mjs";

const here = import.meta.dirname;
const python = process.env.APPS_PYTHON;
const module = (name) => [python, "-m", name];

/** The cookies of this browser, as it sends them to the app. */
async function cookies(page) {
  const all = await page.context().cookies();
  return all.map(({ name, value }) => `${name}=${value}`).join("; ");
}

/**
 * What each is called, whether `npm test` tries it, what starts it in a folder and at a port, the path that answers once it
 * is up, and what is tried at the gate's `place`.
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
    command(port, folder) {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`).join(" ");
      const server = `server { listen 127.0.0.1:${port}; root ${folder}/www; autoindex on; }`;
      writeFileSync(join(folder, "nginx.conf"), `daemon off; pid ${folder}/pid; events {} http { access_log off; ${temporary} ${server} }`);
      return ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
    },
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
      await page.getByText("Idle").first().waitFor();
      await page.keyboard.press("Shift+Enter");
      await page.getByText("42000").first().waitFor();
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
];
