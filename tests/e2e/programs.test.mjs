// Programs behind the gate, by a service token: git, npm and whatever sends a header.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Client, OWNER_SEED, code, send, session, start } from "./airlock.mjs";

const SERVICE_TOKENS = "/api/v1/accounts/acme/service-tokens";
const folder = mkdtempSync(join(tmpdir(), "airlock-programs-"));
const run = async (command, args, more = {}) => {
  const env = { ...process.env, HOME: folder, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", ...more.env };
  return (await promisify(execFile)(command, args, { cwd: folder, ...more, env })).stdout;
};
let behind, airlock, owner;

/** The app: git repositories, a registry of npm with one package, and what it was sent. */
async function app() {
  const origin = () => `http://localhost:${server.address().port}`;
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, origin());
    if (url.pathname.startsWith("/git/")) {
      const asked = {
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        HTTP_GIT_PROTOCOL: request.headers["git-protocol"] ?? "",
        REMOTE_USER: "program", // git lets nobody else push
      };
      const backend = spawn("git", ["http-backend"], { env: { ...process.env, ...asked } });
      request.pipe(backend.stdin);
      const said = [];
      backend.stdout.on("data", (data) => said.push(data));
      backend.on("close", () => {
        const all = Buffer.concat(said);
        const end = all.indexOf("\r\n\r\n");
        const headers = all.subarray(0, end).toString().split("\r\n").map((line) => line.split(": "));
        const { Status: status = "200", ...others } = Object.fromEntries(headers);
        response.writeHead(Number.parseInt(status, 10), others).end(all.subarray(end + 4));
      });
    } else if (request.url.toLowerCase() === "/npm/@acme%2ftool") {
      const tarball = readFileSync(join(folder, "acme-tool-1.0.0.tgz"));
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const dist = { tarball: `${airlock.origin}/npm/@acme/tool/-/tool-1.0.0.tgz`, integrity };
      const versions = { "1.0.0": { name: "@acme/tool", version: "1.0.0", dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name: "@acme/tool", "dist-tags": { latest: "1.0.0" }, versions }));
    } else if (url.pathname === "/npm/@acme/tool/-/tool-1.0.0.tgz") {
      response.end(readFileSync(join(folder, "acme-tool-1.0.0.tgz")));
    } else if (url.pathname.startsWith("/dav/")) {
      // With its own address in a page and in a header.
      const page = `<a href="${origin()}/x">`;
      const headers = { "content-type": "text/html", "content-length": page.length, etag: '"1"', "content-location": `${origin()}/dav/a` };
      response.writeHead(200, headers).end(page);
    } else {
      response.end(JSON.stringify(request.headers));
    }
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { origin: origin(), close: () => (server.closeAllConnections(), server.close()) };
}

const make = async (paths, methods) => {
  const { status, text, json } = await owner.post(SERVICE_TOKENS, { name: "ci", paths, methods });
  assert.equal(status, 201, text);
  return json;
};
const revoke = async ({ id }) => assert.equal((await owner.send("DELETE", `${SERVICE_TOKENS}/${id}`)).status, 204);
const withPassword = (token, path) => `${airlock.origin.replace("//", `//any:${token}@`)}${path}`;

before(async () => {
  behind = await app();
  airlock = await start(undefined, { APP_URL: behind.origin });
  owner = new Client(airlock.admin);
  await owner.login("owner@acme.test");
  const { status, text } = await owner.verify(code(OWNER_SEED));
  assert.equal(status, 200, text);
});
after(async () => {
  await airlock?.stop();
  behind?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("git clones and pushes by a token that names its repository, and no other", async () => {
  for (const name of ["one", "two"]) {
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", join(folder, "git", `${name}.git`)]);
  }
  const made = await make(["/git/one.git/*"], ["GET", "POST"]);
  const git = (args, cwd = folder) => run("git", ["-c", "user.name=ci", "-c", "user.email=ci@example.com", ...args], { cwd });
  await git(["clone", "-q", withPassword(made.token, "/git/one.git"), "work"]);
  const work = join(folder, "work");
  // More than git sends in one piece.
  writeFileSync(join(work, "large"), Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 2654435761) >>> 24)));
  await git(["add", "."], work);
  await git(["commit", "-qm", "large"], work);
  await git(["push", "-q", "origin", "HEAD:main"], work);
  await git(["clone", "-q", withPassword(made.token, "/git/one.git"), "again"]);
  assert.deepEqual(readFileSync(join(folder, "again", "large")), readFileSync(join(work, "large")));
  // One that can only be read by the paths that a push needs not.
  const reader = await make(["/git/two.git/info/refs", "/git/two.git/git-upload-pack"], ["GET", "POST"]);
  await assert.rejects(git(["clone", "-q", withPassword(made.token, "/git/two.git"), "other"]), /403/);
  await git(["clone", "-q", withPassword(reader.token, "/git/two.git"), "read"]);
  const read = join(folder, "read");
  await git(["commit", "-q", "--allow-empty", "-m", "empty"], read);
  await assert.rejects(git(["push", "-q", "origin", "HEAD:main"], read), /403/);
  await assert.rejects(git(["clone", "-q", `${airlock.origin}/git/one.git`, "none"]), /could not read Username|terminal prompts disabled/);
  await revoke(made);
  await assert.rejects(git(["fetch", "-q"], work), /Authentication failed/);
});

test("npm installs a scoped package by a token", async () => {
  const source = join(folder, "tool");
  mkdirSync(source);
  writeFileSync(join(source, "package.json"), JSON.stringify({ name: "@acme/tool", version: "1.0.0" }));
  writeFileSync(join(source, "index.js"), "module.exports = 42;\n");
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: source });
  const made = await make(["/npm/@*%2F*", "/npm/*"], ["GET"]);
  const registry = `${airlock.origin}/npm/`;
  const config = `@acme:registry=${registry}\n${registry.replace("http:", "")}:_auth=${Buffer.from(`any:${made.token}`).toString("base64")}\n`;
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", version: "1.0.0" }));
  const install = () => run("npm", ["install", "--no-audit", "--no-fund", "--silent", "@acme/tool"], { cwd: project });
  await assert.rejects(install());
  writeFileSync(join(project, ".npmrc"), config);
  await install();
  assert.equal(readFileSync(join(project, "node_modules/@acme/tool/index.js"), "utf8"), "module.exports = 42;\n");
});

test("a header is enough, and the app sees neither it nor the password", async () => {
  const made = await make(["/api/*"], ["GET"]);
  for (const headers of [
    { "airlock-token": made.token },
    { authorization: `Basic ${Buffer.from(`any:${made.token}`).toString("base64")}` },
  ]) {
    const { status, text, json } = await send(airlock, "GET", "/api/orders", headers);
    assert.equal(status, 200, text);
    assert.ok(!text.includes(made.token.slice(12)) && !json.authorization, text);
    const claims = JSON.parse(Buffer.from(json["airlock-assertion"].split(".")[1], "base64url"));
    assert.deepEqual([claims.sub, claims.name, claims.amr, claims.email], [made.id, "ci", ["svc"], undefined]);
  }
  const asked = await send(airlock, "GET", "/api/orders");
  assert.deepEqual([asked.status, asked.headers["www-authenticate"]], [401, 'Basic realm="Airlock", charset="UTF-8"']);
  const browser = await send(airlock, "GET", "/api/orders", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" });
  assert.deepEqual([browser.status, browser.headers["www-authenticate"]], [401, undefined]);
  assert.equal((await send(airlock, "POST", "/api/orders", { "airlock-token": made.token })).status, 403);
  await revoke(made);
  assert.equal((await send(airlock, "GET", "/api/orders", { "airlock-token": made.token })).status, 401);
});

test("a program gets a page as the app wrote it, to put it back, and a person with the public address", async () => {
  const made = await make(["/dav/*"], ["GET"]);
  const get = async (headers) => {
    const { status, text, headers: told } = await send(airlock, "GET", "/dav/a.html", headers);
    return [status, text, told.etag, told["content-location"]];
  };
  const [own, location] = [`<a href="${behind.origin}/x">`, `${airlock.origin}/dav/a`];
  const basic = `Basic ${Buffer.from(`any:${made.token}`).toString("base64")}`;
  for (const headers of [{ "airlock-token": made.token }, { authorization: basic }]) {
    assert.deepEqual(await get(headers), [200, own, '"1"', location]);
  }
  const cookie = session(airlock, "noor", { factor: "totp" });
  assert.deepEqual(await get({ cookie }), [200, `<a href="${airlock.origin}/x">`, 'W/"1"', location]);
  await revoke(made);
});
