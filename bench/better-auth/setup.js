// Makes better-auth's tables and one user with two-factor login, by better-auth itself. The seed is in the address it answers.
import { getMigrations } from "better-auth/db/migration";
import { auth } from "./auth.js";

const PASSWORD = "correct horse battery staple";

export default {
  async fetch(request, env) {
    const made = auth(env);
    const { runMigrations } = await getMigrations(made.options);
    await runMigrations();
    const signedUp = await made.api.signUpEmail({ body: { email: "p0@bench.test", password: PASSWORD, name: "p0" }, asResponse: true });
    const cookie = signedUp.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
    const { totpURI } = await made.api.enableTwoFactor({ body: { password: PASSWORD }, headers: new Headers({ cookie }) });
    return new Response(totpURI);
  },
};
