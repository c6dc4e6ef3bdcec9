// A small dashboard that knows nothing of logins: who it is talking to stands in a header of each request.
import { env } from "cloudflare:workers";
import { verifier } from "../node/verify.mjs";

const verify = verifier(env.EDGE_ORIGIN);
// What Airlock's own paths begin with.
const AUTH = env.AUTH_PREFIX;

export default {
  async fetch(request) {
    const url = new URL(request.url);
    // One of the edge Worker's PUBLIC_PATHS: nobody is signed in here.
    if (url.pathname === "/health") return new Response("ok");
    let user;
    try {
      user = await verify(request.headers.get("airlock-assertion"));
    } catch (error) {
      return new Response(`This request did not come through Airlock: ${error.message}`, { status: 403 });
    }
    switch (url.pathname) {
      case "/":
        return page("Dashboard", overview(user));
      case "/reports":
        return page("Reports", `<p>Nothing to report${url.searchParams.has("year") ? ` of ${text(url.searchParams.get("year"))}` : ""}.</p>`);
      // One of its STEP_UP_PATHS: here everyone has proven their second factor within the last five minutes.
      case "/billing":
        return page("Billing", billing(user));
      case "/api/me":
        return Response.json(user);
      case "/events":
        return new Response(visitors(), { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
      case "/socket":
        return echo(request, user);
      default:
        return page("Not found", "<p>There is nothing here.</p>", 404);
    }
  },
};

const overview = (user) => `
  <p>Hello ${text(user.name)}. ${proven(user)}</p>
  <dl>
    <dt>Account</dt><dd>${user.accounts.map((account) => `${text(account.name)} (${account.role ?? "program"})`).join(", ")}</dd>
    <dt>Visitors right now</dt><dd id="visitors">…</dd>
  </dl>
  <script>
    const events = new EventSource("/events");
    events.onmessage = (event) => (document.getElementById("visitors").textContent = event.data);
    // Signed out meanwhile? Airlock tells a script where to send its user.
    events.onerror = async () => {
      const answer = await fetch("/api/me");
      if (!answer.ok) location.href = (await answer.json()).login_url ?? "/";
    };
  </script>`;

// A program has shown a service token, and has neither address nor session.
const proven = ({ amr }) =>
  amr.includes("svc") ? "You are a program." : `You signed in with ${amr.includes("otp") ? "password and code" : "your password"}.`;

const billing = (user) => `
  <p>Only who has just proven a second factor gets here, ${text(user.name)}.</p>
  <dl><dt>Next invoice</dt><dd>€ 49 on the first of the month</dd></dl>`;

/** A server-sent event each second. */
function visitors() {
  let timer;
  return new ReadableStream({
    start(controller) {
      const tell = () => controller.enqueue(new TextEncoder().encode(`data: ${40 + Math.floor(Math.random() * 20)}\n\n`));
      tell();
      timer = setInterval(tell, 1000);
    },
    cancel: () => clearInterval(timer),
  });
}

/** A web socket that says who it talks to, and then everything back. */
function echo(request, user) {
  if (request.headers.get("upgrade") !== "websocket") return new Response("A web socket lives here.", { status: 426 });
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  server.send(`hello ${user.email ?? user.name}`);
  return new Response(null, { status: 101, webSocket: client });
}

const page = (title, body, status = 200) =>
  new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} · Example</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 0 auto; padding: 1.5rem; }
  nav { display: flex; flex-wrap: wrap; gap: 1rem; align-items: baseline; }
  dt { opacity: 0.75; } dd { margin: 0 0 1rem; }
</style>
<nav><a href="/">Dashboard</a><a href="/reports">Reports</a><a href="/billing">Billing</a><a href="${AUTH}/profile">Your profile</a>
<form method="post" action="${AUTH}/logout"><button>Sign out</button></form></nav>
<main><h1>${title}</h1>${body}</main></html>`,
    { status, headers: { "content-type": "text/html; charset=utf-8" } },
  );

const text = (value) => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
