// better-auth as its documentation sets it up on Workers with D1: its defaults, with password and two-factor login.
import { betterAuth } from "better-auth";
import { twoFactor } from "better-auth/plugins";

export const auth = (env) =>
  betterAuth({
    appName: "Bench",
    baseURL: env.ORIGIN,
    secret: env.SECRET,
    database: env.DB,
    emailAndPassword: { enabled: true },
    advanced: { ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] } },
    plugins: [twoFactor()],
  });
