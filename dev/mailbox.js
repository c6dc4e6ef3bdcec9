// The mailbox of development: what the Workers send lands here and goes nowhere. A page to read it, and JSON for programs:
// `curl -H 'Accept: application/json' 'http://mail.localhost:8787/?to=mia@acme.test'`.
import { WorkerEntrypoint } from "cloudflare:workers";

/** As many as a person looks through. */
const MOST = 100;

let last = 0;

/** What the jobs Worker has in the place of Cloudflare's own binding for mails. */
export class Mailbox extends WorkerEntrypoint {
  async send({ to, subject, text, html }) {
    // The newest first, as the names are listed in order.
    last = Math.max(last + 1, Date.now());
    const at = new Date(last).toISOString();
    await this.env.MAILS.put(String(1e15 - last), JSON.stringify({ to, subject, text, html, at }));
    return { messageId: `<${last}@mail.localhost>` };
  }
}

/** The page, or JSON. */
export async function answer(request, env) {
  const to = new URL(request.url).searchParams.get("to");
  const { keys } = await env.MAILS.list({ limit: 1000 });
  const mails = [];
  for (const { name } of keys) {
    const mail = await env.MAILS.get(name, "json");
    if (mail && (!to || mail.to === to.toLowerCase())) mails.push(mail);
    if (mails.length === MOST) break;
  }
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff", vary: "accept" };
  if (/application\/json/.test(request.headers.get("accept") ?? "")) return Response.json({ mails }, { headers });
  headers["content-type"] = "text/html; charset=utf-8";
  headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  return new Response(page(mails, to), { headers });
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A text with its addresses as links. */
const linked = (text) =>
  text.split(/(https?:\/\/[^\s<>"]+)/).map((part, i) => (i % 2 ? `<a href="${escaped(part)}" target="_blank" rel="noopener">${escaped(part)}</a>` : escaped(part))).join("");

/** A mail's own page runs nothing here; its links open beside it. */
const framed = (html) =>
  `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as a page" srcdoc="${escaped(`<base target="_blank">${html}`)}"></iframe>`;

const page = (mails, to) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mails</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff }
details { border-top: 1px solid #bbb; padding: .5rem 0 } summary { cursor: pointer } time { color: #555 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; background: #f4f4f4; padding: 1rem }
iframe { width: 100%; height: 28rem; border: 1px solid #bbb }
</style></head><body>
<h1>Mails</h1>
<p>What Airlock sends while it runs on this machine; none of it goes anywhere else. Load the page again for what came since.</p>
<form><label>To <input name="to" type="email" value="${escaped(to ?? "")}"></label> <button>Show</button></form>
${mails.map(({ to, subject, text, html, at }, i) => `<details${i ? "" : " open"}>
<summary><strong>${escaped(subject)}</strong><br>To ${escaped(to)}, <time datetime="${at}">${at.slice(0, 19).replace("T", " ")} UTC</time></summary>
<pre>${linked(text)}</pre>
${framed(html)}
</details>`).join("\n") || "<p>No mails yet.</p>"}
</body></html>
`;
