// Mails as they leave: the built jobs Worker in workerd, over real sockets and real TLS, to a real SMTP server, to one that
// misbehaves, to Cloudflare's own binding as wrangler plays it, and to the mailbox of development.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { SMTPServer } from "smtp-server";
import { AUTH, Client, OWNER_SEED, code, freePort, run, send, sql, start } from "./airlock.mjs";

const PASSWORD = "p:/@ss w%rd";
const LOGIN = `airlock%40app.test:${encodeURIComponent(PASSWORD)}`;

let folder;
const cert = {};
const servers = [];
const running = [];

before(() => {
  folder = mkdtempSync(join(tmpdir(), "airlock-mail-"));
  const path = (name, kind) => join(folder, `${name}.${kind}`);
  const make = (name, ...more) => {
    const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
    execFileSync("openssl", [...words, "-keyout", path(name, "key"), "-out", path(name, "pem"), ...more], { stdio: "ignore" });
    return { key: readFileSync(path(name, "key")), cert: readFileSync(path(name, "pem")) };
  };
  for (const authority of ["trusted", "strange"]) make(authority);
  const signed = (name, authority, host) =>
    make(name, "-CA", path(authority, "pem"), "-CAkey", path(authority, "key"), "-addext", "basicConstraints=critical,CA:FALSE", "-addext", `subjectAltName=DNS:${host}`);
  cert.known = signed("known", "trusted", "localhost");
  cert.unknown = signed("unknown", "strange", "localhost");
  cert.other = signed("other", "trusted", "other.test");
});
after(async () => {
  for (const server of servers) server.close();
  for (const airlock of running) await airlock.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The jobs Worker alone, with mails on, in front of a database of its own. */
async function jobs(variables, more = "") {
  const toml = readFileSync("jobs/wrangler.toml", "utf8")
    .replace(/^\[build\][^]*?(?=^\[)/m, "")
    .replace("build/index.js", join(process.cwd(), "jobs/$&"))
    .replace('required = [', variables.SMTP_URL ? '$&"SMTP_URL", ' : "$&");
  const file = join(mkdtempSync(join(folder, "jobs-")), "wrangler.toml");
  writeFileSync(file, toml + more);
  const d1 = `wrangler d1 execute airlock --local --persist-to "$STATE_DIR" -c '${file}' --file schema.sql >/dev/null`;
  const command = `${d1} && exec wrangler dev -c '${file}' --ip 127.0.0.1 --port PORT --inspector-port 0 --persist-to "$STATE_DIR" --env-file '${join(process.cwd(), ".env")}'`;
  const around = { MAIL_FROM: "Ärzte am See <login@app.test>", NODE_EXTRA_CA_CERTS: join(folder, "trusted.pem"), ...variables };
  const airlock = await start(["sh", "-c", command], around);
  running.push(airlock);
  return airlock;
}

let written = 0;

/** Writes a mail to an address; answers its id. */
function write(airlock, address) {
  const id = `m${++written}`;
  sql(
    airlock,
    `INSERT INTO outbox (id, kind, address, key_id, language, created_at, due_at, expires_at)
     VALUES (?, 'test', ?, '', 'en', 1800000000000, 0, ?)`,
    id, address, Date.now() + 600_000,
  );
  return id;
}

/** Does what is done every minute. */
async function tick(airlock) {
  sql(airlock, "UPDATE outbox SET due_at = 0 WHERE due_at < 9007199254740991");
  assert.equal((await send(airlock, "GET", "/cdn-cgi/local/scheduled")).status, 200);
}

const row = (airlock, id) => sql(airlock, "SELECT attempts, unanswered, error, due_at FROM outbox WHERE id = ?", id)[0];
const GIVEN_UP = 9007199254740991;

/** Listens; answers the port. */
function listening(server) {
  servers.push(server);
  server.on("error", () => {});
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.server ?? server).address().port)));
}

/** A real server, and what it has taken. */
async function real(options) {
  const taken = [];
  const server = new SMTPServer({
    ...cert.known,
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ method, username, password }, _, done) =>
      username === "airlock@app.test" && password === PASSWORD ? done(null, { user: method }) : done(new Error("no")),
    onData: (stream, { user, secure, envelope, hostNameAppearsAs }, done) => {
      let text = "";
      stream.on("data", (data) => (text += data));
      stream.on("end", () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        taken.push({ user, secure, from: envelope.mailFrom.address, to, as: hostNameAppearsAs, text });
        done();
      });
    },
    ...options,
  });
  return { port: await listening(server), taken };
}

/** Passes connections on to wherever `to.port` is at that moment. */
async function door(to) {
  return listening(
    net.createServer((client) => {
      const server = net.connect(to.port, "127.0.0.1");
      for (const [one, other] of [[client, server], [server, client]]) {
        one.pipe(other);
        one.on("error", () => other.destroy()).on("close", () => other.destroy());
      }
    }),
  );
}

/** Does to each mail what its address says. Keeps every message whose end it has seen, and every line that it was told. */
async function misbehaving() {
  const seen = { messages: [], lines: [] };
  const server = tls.createServer(cert.known, (socket) => {
    const say = (text) => socket.write(text.replaceAll("\n", "\r\n"));
    let [heard, to, message] = ["", "", undefined];
    const told = (line) => {
      seen.lines.push(line);
      if (message !== undefined) {
        if (to === "half") return socket.destroy();
        if (line !== ".") return (message += `${line}\n`);
        seen.messages.push({ to, message });
        message = undefined;
        if (to === "lost") return socket.destroy();
        if (to === "mute") return undefined;
        if (to === "late-no") return say("554 5.7.1 spam, says late-no@acme.test\n");
        return say("250 2.0.0 queued\n");
      }
      const [verb] = line.split(/[ :]/);
      if (verb === "RCPT") [, to] = /<(.*)@/.exec(line);
      if (verb === "EHLO") return say("250-localhost\n250-SIZE 100000\n250 AUTH PLAIN\n");
      if (verb === "AUTH") return say("235 2.7.0 hello\n");
      if (verb === "QUIT") return socket.end();
      if (verb === "RCPT" && to === "slow") return undefined;
      if (verb === "RCPT" && to === "nobody") return say("550-5.1.1 <nobody@acme.test>\n550 5.1.1 unknown to p:/@ss w%rd\n");
      if (verb === "RCPT" && to === "grey") return say("450 4.2.0 later, grey@acme.test\n");
      if (verb === "RCPT" && to === "twice") return say("250 2.1.5 ok\n250 2.1.5 ok\n");
      if (verb === "RCPT" && to === "endless") return void say("250-more\n".repeat(20_000));
      if (verb !== "DATA") return say("250 2.0.0 ok\n");
      say("354 go on\n");
      return (message = "");
    };
    say("220-localhost\n220 ESMTP\n");
    socket.on("error", () => {});
    socket.on("data", (data) => {
      heard += data;
      for (let end; (end = heard.indexOf("\r\n")) >= 0; heard = heard.slice(end + 2)) told(heard.slice(0, end));
    });
  });
  return { port: await listening(server), ...seen };
}

test("TLS from the start", async (t) => {
  const to = { port: 0 };
  const airlock = await jobs({ SMTP_URL: `smtps://${LOGIN}@localhost:${await door(to)}` });

  await t.test("a mail is taken once, by a server that proves its name", async () => {
    const server = await real({ secure: true, authMethods: ["LOGIN"] });
    to.port = server.port;
    const id = write(airlock, "mia@acme.test");
    await tick(airlock);
    assert.equal(row(airlock, id), undefined);
    await tick(airlock);
    const [{ text, ...mail }, ...others] = server.taken;
    assert.deepEqual(others, []);
    assert.deepEqual(mail, { user: "LOGIN", secure: true, from: "login@app.test", to: ["mia@acme.test"], as: "localhost" });
    assert.match(text, new RegExp(`^Message-ID: <${id}@localhost>\r$`, "m"));
    assert.match(text, /^From: =\?utf-8\?.* <login@app\.test>\r$/im);
    assert.match(text, /^Date: Fri, 15 Jan 2027 08:00:00 /m);
    assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
    assert.ok(text.includes("text/plain") && text.includes("text/html"));
  });

  for (const which of ["unknown", "other"]) {
    await t.test(`a certificate of an unknown authority, or for another name (${which}), gets neither login nor mail`, async () => {
      const server = await real({ secure: true, ...cert[which] });
      to.port = server.port;
      const id = write(airlock, "mia@acme.test");
      await tick(airlock);
      assert.deepEqual([row(airlock, id).error, row(airlock, id).unanswered], ["connection lost after connecting", 0]);
      assert.deepEqual(server.taken, []);
      // Which of the two it was: of a name the runtime says nothing.
      if (which === "unknown") assert.ok(await airlock.logged("UnknownIssuer"), airlock.log);
      sql(airlock, "DELETE FROM outbox");
    });
  }

  await t.test("a wrong password is the operator's to set right: the mail waits", async () => {
    const server = await real({ secure: true, onAuth: (_, __, done) => done(new Error(`no: ${PASSWORD}`)) });
    to.port = server.port;
    const id = write(airlock, "mia@acme.test");
    await tick(airlock);
    assert.match(row(airlock, id).error, /^535( [\d.]+)? after AUTH$/);
    sql(airlock, "DELETE FROM outbox");
  });

  const server = await misbehaving();
  to.port = server.port;
  const received = (name) => server.messages.filter(({ to }) => to === name);

  for (const [name, error, unanswered] of [
    ["grey", "450 4.2.0 after RCPT", 0],
    ["twice", "two answers after RCPT", 0],
    ["endless", "too long an answer after RCPT", 0],
    ["half", /^connection lost after (DATA|half the message|the whole message)$/, undefined],
    ["slow", "no answer after RCPT", 0],
  ]) {
    await t.test(`a server that is ${name} gets the mail again later`, async () => {
      const id = write(airlock, `${name}@acme.test`);
      const began = Date.now();
      await tick(airlock);
      const left = row(airlock, id);
      if (error instanceof RegExp) assert.match(left.error, error);
      else assert.equal(left.error, error);
      if (unanswered !== undefined) assert.equal(left.unanswered, unanswered);
      if (name === "slow") assert.ok(Date.now() - began > 24_000 && Date.now() - began < 40_000);
      assert.ok(left.due_at < GIVEN_UP);
      assert.deepEqual(received(name), []);
      sql(airlock, "DELETE FROM outbox");
    });
  }

  for (const [name, error] of [["nobody", "550 5.1.1 after RCPT"], ["late-no", "554 5.7.1 after the whole message"]]) {
    await t.test(`a mail that is refused (${name}) is not tried again`, async () => {
      const id = write(airlock, `${name}@acme.test`);
      await tick(airlock);
      assert.deepEqual([row(airlock, id).error, row(airlock, id).due_at], [error, GIVEN_UP]);
      // By how each conversation begins: the QUIT of one may still be on its way.
      const begun = () => server.lines.filter((line) => line.startsWith("EHLO")).length;
      const before = begun();
      await tick(airlock);
      assert.equal(begun(), before);
      assert.ok(await airlock.logged(error), airlock.log);
    });
  }

  await t.test("where the answer is lost, a mail is sent three times at most, as the same", async () => {
    const id = write(airlock, "lost@acme.test");
    for (let i = 1; i <= 5; i++) {
      await tick(airlock);
      if (i < 3) assert.deepEqual([row(airlock, id).error, row(airlock, id).unanswered], ["connection lost after the whole message", i]);
    }
    const sent = received("lost").map(({ message }) => message);
    assert.equal(sent.length, 3);
    assert.ok(sent.every((message) => message.includes(`Message-ID: <${id}@localhost>`)));
    assert.deepEqual([row(airlock, id).error, row(airlock, id).due_at], ["no_answer", GIVEN_UP]);
  });

  await t.test("mail-test says what became of its mail, and ends accordingly", async () => {
    const mailTest = (...words) => run(airlock, ["npm", "run", "--silent", "admin", "--", "mail-test", ...words]);
    const sent = await mailTest("ops@acme.test");
    assert.equal(sent.status, 0, sent.stderr);
    assert.match(sent.stdout, /^Sent: a server has taken the mail to ops@acme\.test/);
    assert.equal(received("ops").length, 1);
    const refused = await mailTest("nobody@acme.test");
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /the mail to nobody@acme\.test is refused: 550 5\.1\.1 after RCPT$/m);
    const waiting = await mailTest("grey@acme.test", "--wait", "3");
    assert.equal(waiting.status, 1);
    assert.match(waiting.stderr, /is not taken yet: 450 4\.2\.0 after RCPT\. It is tried on/);
    const nobody = await run({ ...airlock, port: await freePort() }, ["npm", "run", "--silent", "admin", "--", "mail-test", "ops@acme.test"]);
    assert.equal(nobody.status, 1);
    assert.match(nobody.stderr, /no answer on port \d+ .*: mails leave while `npm start` runs/);
    assert.match((await run(airlock, ["npm", "run", "--silent", "admin", "--", "status"])).stdout, /^Mail: as `npm start` says/m);
  });

  await t.test("nothing that a server said, no address and no password is logged", () => {
    for (const secret of ["acme.test", "app.test", PASSWORD, encodeURIComponent(PASSWORD), "unknown to", "spam", "later"]) {
      assert.ok(!airlock.log.includes(secret), `${secret}\n${airlock.log}`);
    }
  });
});

test("TLS by STARTTLS", async (t) => {
  const to = { port: 0 };
  const airlock = await jobs({ SMTP_URL: `smtp://${LOGIN}@localhost:${await door(to)}` });

  await t.test("login and mail go under TLS", async () => {
    const server = await real({ authMethods: ["PLAIN"] });
    to.port = server.port;
    const id = write(airlock, "mia@acme.test");
    await tick(airlock);
    assert.equal(row(airlock, id), undefined, JSON.stringify(row(airlock, id)));
    const [{ user, secure }, ...others] = server.taken;
    assert.deepEqual([user, secure, others], ["PLAIN", true, []]);
  });

  for (const which of ["unknown", "other"]) {
    await t.test(`a certificate of an unknown authority, or for another name (${which}), gets neither`, async () => {
      const server = await real(cert[which]);
      to.port = server.port;
      const id = write(airlock, "mia@acme.test");
      await tick(airlock);
      assert.match(row(airlock, id).error, /^(connection lost|no TLS) after STARTTLS$/);
      assert.deepEqual([row(airlock, id).unanswered, server.taken], [0, []]);
      sql(airlock, "DELETE FROM outbox");
    });
  }

  await t.test("nor does a server without STARTTLS", async () => {
    const server = await real({ hideSTARTTLS: true, allowInsecureAuth: true });
    to.port = server.port;
    const id = write(airlock, "mia@acme.test");
    await tick(airlock);
    assert.equal(row(airlock, id).error, "no STARTTLS after EHLO");
    assert.deepEqual(server.taken, []);
  });
});

test("Cloudflare's own binding, as wrangler plays it, takes the mail once", async () => {
  const airlock = await jobs({}, '\n[[send_email]]\nname = "EMAIL"\n');
  const id = write(airlock, "mia@acme.test");
  await tick(airlock);
  assert.equal(row(airlock, id), undefined, JSON.stringify(row(airlock, id)));
  assert.ok(await airlock.logged("send_email"), airlock.log);
  assert.match(airlock.log, /From: "Ärzte am See" <login@app\.test>\n\s*To: mia@acme\.test\n/);
  const [, text] = /^\s*Text: (\S+)$/m.exec(airlock.log);
  assert.match(readFileSync(text, "utf8"), /Airlock/);
  await tick(airlock);
  assert.equal(airlock.log.match(/send_email binding called/g).length, 1);
});

test("without a binding and without a server the mail waits, and why is told", async () => {
  const airlock = await jobs({});
  const id = write(airlock, "mia@acme.test");
  await tick(airlock);
  assert.equal(row(airlock, id).error, "neither SMTP_URL nor the binding EMAIL is set");
  const status = await run(airlock, ["npm", "run", "--silent", "admin", "--", "status"]);
  assert.equal(status.status, 0, status.stderr);
});

test("npm start has a mailbox for what it sends", async (t) => {
  const airlock = await start(["sh", "dev/start.sh"], { MAIL_FROM: undefined });
  running.push(airlock);
  const mails = async (query = "") => (await send(airlock.mail, "GET", `/${query}`, { accept: "application/json" })).json.mails;

  await t.test("empty at first, and its address is printed", async () => {
    assert.ok(await airlock.logged(`http://mail.localhost:${airlock.port}/`), airlock.log);
    assert.deepEqual(await mails(), []);
    assert.match((await send(airlock.mail, "GET", "/")).text, /No mails yet/);
  });

  await t.test("what is sent is there at once, the newest first, by address", async () => {
    const tested = await run(airlock, ["npm", "run", "--silent", "admin", "--", "mail-test", "ops@acme.test"]);
    assert.equal(tested.status, 0, tested.stderr);
    const owner = new Client(airlock.admin);
    await owner.login("owner@acme.test");
    assert.equal((await owner.verify(code(OWNER_SEED))).json.next, "done");
    const invited = await owner.post("/api/v1/accounts/acme/users", { email: "una@acme.test", name: "Una", role: "member" });
    assert.equal(invited.status, 201, invited.text);
    let found = [];
    for (let tries = 0; tries < 100 && found.length < 3; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await mails();
    }
    assert.deepEqual(found.map(({ to }) => to), ["una@acme.test", "owner@acme.test", "ops@acme.test"]);
    assert.equal(found[1].subject, "New sign-in at Airlock");
    const [{ subject, text, html, at }, ...others] = await mails("?to=una@acme.test");
    assert.deepEqual(others, []);
    const [link] = new RegExp(`${airlock.origin}${AUTH}/invite/\\w+`).exec(text);
    assert.ok(subject.includes("Acme") && html.includes(link));
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
    assert.equal((await send(airlock, "GET", new URL(link).pathname)).status, 200);

    const page = await send(airlock.mail, "GET", "/?to=una@acme.test");
    assert.match(page.headers["content-security-policy"], /default-src 'none'/);
    assert.ok(page.text.includes(`<a href="${link}" target="_blank"`) && page.text.includes('<iframe sandbox="allow-popups '), page.text);
    assert.ok(!page.text.includes("ops@acme.test"));
  });
});
