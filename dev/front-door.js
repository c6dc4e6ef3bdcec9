// Passes each request on as it came, to the Worker whose host it names, and the answer back as it is. The cron trigger
// goes to the Worker that has it: `curl localhost:8787/cdn-cgi/local/scheduled` fires it.
export default {
  fetch: (request, env) => (new URL(request.url).hostname === "admin.localhost" ? env.ADMIN : env.EDGE).fetch(request),
  async scheduled({ cron, scheduledTime }, env) {
    const { outcome } = await env.JOBS.scheduled({ cron, scheduledTime: new Date(scheduledTime) });
    if (outcome !== "ok") throw new Error(`the cron trigger: ${outcome}`);
  },
};
