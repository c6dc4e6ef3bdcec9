// What nothing can be cheaper than: an answer, one read of D1, one write, a request passed on to another Worker.
export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      case "/hello":
        return new Response("hello");
      case "/read":
        return Response.json(await env.DB.prepare("SELECT id, email, name FROM users WHERE email = ?1").bind("p1@bench.test").all());
      case "/write":
        return Response.json(await env.DB.prepare("UPDATE users SET code_failures = 0 WHERE email = ?1").bind("p1@bench.test").run());
      default:
        return env.APP.fetch(request);
    }
  },
};
