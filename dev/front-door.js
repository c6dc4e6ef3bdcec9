import { answer } from "./mailbox.js";

export { Mailbox } from "./mailbox.js";

// Passes each request on as it came, to the Worker whose host it names, and the answer back as it is; mail.localhost is the
// mailbox. The cron trigger goes to the Worker that has it: `curl localhost:8787/cdn-cgi/local/scheduled` fires it.
export default {
  fetch(request, env) {
    const { hostname } = new URL(request.url);
    if (hostname === "mail.localhost") return answer(request, env);
    return (hostname === "admin.localhost" ? env.ADMIN : env.EDGE).fetch(request);
  },
  async scheduled({ cron, scheduledTime }, env) {
    const { outcome } = await env.JOBS.scheduled({ cron, scheduledTime: new Date(scheduledTime) });
    if (outcome !== "ok") throw new Error(`the cron trigger: ${outcome}`);
  },
};
