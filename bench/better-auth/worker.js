// better-auth as a login, and, as one would write it, as a gate in front of an app.
import { auth } from "./auth.js";

let made;

export default {
  async fetch(request, env) {
    made ??= auth(env);
    if (new URL(request.url).pathname.startsWith("/api/auth/")) return made.handler(request);
    const session = await made.api.getSession({ headers: request.headers });
    return session ? env.APP.fetch(request) : new Response("Sign in first", { status: 401 });
  },
};
