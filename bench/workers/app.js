// The app behind each gate.
export default { fetch: () => new Response("the app") };
