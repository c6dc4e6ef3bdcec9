// One app behind the gate, as `npm start` serves it: started, tried by someone who has signed in with both factors, stopped.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { AUTH, NOOR_SEED, freePort, nextCode, start } from "../e2e/airlock.mjs";
import { enter, signIn } from "../e2e/chromium.mjs";

/** How long an app may take to be up, and each thing that is done there, in seconds. */
const PATIENCE_S = 60;

/**
 * Tries it behind the gate by its defaults, or with the variables that help there (`helps`), or without a gate (`alone`); throws,
 * with what the app has said, where it does not work.
 */
export async function tried(app, browser, { helps = () => ({}), alone = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "airlock-app-"));
  const [port, publicPort] = [String(await freePort()), await freePort()];
  const variables = helps(`http://localhost:${publicPort}`);
  const auth = variables.AUTH_PREFIX ?? AUTH;
  app.prepare?.(folder);
  const [program, ...args] = app.command(port, folder);
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: folder, ...variables } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const ended = once(child, "exit").catch((error) => (said += error));
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {} // it has ended already
  };
  process.once("exit", end);
  const own = { origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, port };
  let airlock, context;
  try {
    await Promise.race([up(`${own.origin}${app.up}`), ended.then(() => Promise.reject(new Error("it ended")))]);
    airlock = alone ? undefined : await start(undefined, { APP_URL: own.origin, ...variables }, publicPort);
    context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_S * 1000);
    if (airlock) {
      await page.goto(`${airlock.origin}${auth}/login?return_to=${auth}/profile`);
      await signIn(page, "noor@acme.test");
      await enter(page, nextCode(airlock, "noor", NOOR_SEED));
    }
    await app.tried(page, airlock ?? own, folder);
  } catch (error) {
    error.message += `\n${app.name} said:\n${said.slice(-4000)}`;
    throw error;
  } finally {
    await context?.close();
    await airlock?.stop();
    end();
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function up(address) {
  for (let tries = 0; tries < PATIENCE_S * 4; tries++) {
    try {
      return await fetch(address);
    } catch {
      await setTimeout(250);
    }
  }
  throw new Error(`no answer from ${address}`);
}
