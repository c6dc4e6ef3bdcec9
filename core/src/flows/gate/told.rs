//! Names of headers by which apps are told who or where someone is: no client may send them.

/// Beginnings of headers by which proxies and sign-in servers tell apps who someone is, what they have proven, where they
/// are, or which host and path they asked for: what a client says under these names never gets through. They are written as
/// apps with CGI variables read them, with `-` for `_` and `.`.
///
/// What stays is what an app checks itself (`Authorization`, `X-Auth-Token` and Rocket.Chat's `X-User-Id` beside it) and what
/// a client asks for (`X-HTTP-Method-Override`).
const TOLD: &[&str] = &[
    // Airlock itself, and the network as most tell of it.
    "airlock-",
    "x-forward",
    "forwarded",
    "http-",
    "x-original-",
    "x-rewrite-",
    "x-real-",
    "x-proxy",
    "x-proxied",
    // Django, WSGI, Authelia, Caddy, Guacamole, Kubernetes: REMOTE_USER and its kin.
    "remote-",
    "x-remote-",
    "x-authenticated-",
    "x-auth-request-", // oauth2-proxy
    "x-authentik-",
    "x-token-", // Caddy Security
    "x-alfresco-remote-",
    "x-auth-couchdb-",
    "x-webauth-",    // Grafana, Gitea
    "x-webobjects-", // SOGo
    "x-vouch-",
    "x-pomerium-",
    "x-oidc-",
    "oidc-",
    "x-jwt-assertion",
    "x-jwt-claim-",
    "x-sso-",
    "x-saml-",
    "mellon-",
    "shib-",
    "sm-",   // SiteMinder
    "iv-",   // IBM WebSEAL
    "oam-",  // Oracle
    "osso-", // Oracle
    "cas-",
    "x-consumer-",   // Kong
    "x-credential-", // Kong
    "x-anonymous-consumer",
    "x-replit-user-",
    "kubeflow-",
    "tailscale-",
    // Clouds and networks before the app.
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-appengine-",
    "x-cloudtasks-",
    "x-cloudscheduler",
    "x-endpoint-api-",
    "x-apigateway-",
    "x-amzn-lambda-context",
    "x-amzn-request-context",
    "x-amzn-oidc-",
    "x-amzn-mtls-",
    "cloudfront-",
    "x-ms-client-principal",
    "x-ms-forwarded-",
    "x-ms-token-",
    "ms-aspnetcore-", // IIS
    "x-arr-",         // IIS
    "x-azure-",
    "x-envoy-",
    "x-ms-original-", // Azure Static Web Apps
    "x-nf-",          // Netlify
    "x-vercel-ip-",
    "fastly-",
    "fly-",
    "x-sucuri-",
    "x-fh-", // Firebase Hosting
    "x-akamai-",
    "ngrok-auth-",
    "x-sandstorm-",
    "ynh-", // YunoHost
    // Posit, Streamlit, ShinyProxy, Dash, Snowflake, geOrchestra, Linkerd, Teleport, Home Assistant.
    "shiny-server-",
    "rstudio-connect-",
    "posit-connect-",
    "x-streamlit-",
    "x-sp-",
    "plotly-",
    "sf-context-",
    "sec-username",
    "sec-roles",
    "l5d-",
    "teleport-",
    "x-ingress-",
    "wl-proxy-", // WebLogic
    "-ws",       // WebSphere: `$WSRU` and its kin
    "ali-cdn-",
    "cdn-",
    "eo-",
    "x-geo",
    "geoip-",
    // Certificates of clients.
    "client-cert",
    "ssl-",
    "x-client-cert",
    "x-client-ssl-",
    "x-ssl-",
    "x-tls-client-",
    // What servers tell themselves between two steps: nginx and Rack, Next.js, Astro.
    "x-accel-",
    "x-astro-",
    "x-invoke-",
    "x-middleware-rewrite",
    "x-middleware-subrequest",
];

/// The same, where the beginning would say too little.
const TOLD_ALONE: &[&str] = &[
    "auth-user",
    "auth-mail",
    "auth-cn",
    "auth-groups",
    "logon-user",
    "eppn",
    "persistent-id",
    "targeted-id",
    "token-subject",
    // louketo (Keycloak Gatekeeper), Posit and others.
    "x-auth-audience",
    "x-auth-email",
    "x-auth-expiresin",
    "x-auth-groups",
    "x-auth-name",
    "x-auth-role",
    "x-auth-roles",
    "x-auth-subject",
    "x-auth-user",
    "x-auth-userid",
    "x-auth-username",
    "x-rstudio-username",
    "x-rstudio-request",
    "x-rsc-request",
    // CloudBeaver, Oathkeeper, Open WebUI and others.
    "x-user",
    "x-user-email",
    "x-user-groups",
    "x-user-name",
    "x-user-role",
    "x-user-roles",
    "x-userinfo",
    "x-username",
    "x-email",
    "x-id-token",
    "x-rh-identity",
    "x-user-login",
    "x-userid",
    "x-first-name",
    "x-last-name",
    "x-groups",
    "x-role",
    "x-roles",
    "x-spinnaker-user",
    "x-scope-orgid", // Loki, Mimir, Tempo
    "thanos-tenant",
    "x-ms-proxy",
    // Addresses.
    "client-ip",
    "do-connecting-ip",
    "incap-client-ip",
    "proxy-client-ip",
    "true-client-ip",
    "x-client-ip",
    "x-client-dn",
    "x-client-verify",
    "x-clientip",
    "x-cluster-client-ip",
    "x-country-code",
    "x-ip",
    "x-originating-ip",
    "x-vercel-forwarded-for",
    "x-vercel-proxied-for",
    // Where the app is, and by which scheme.
    "front-end-https",
    "path-info",
    "script-name",
    "x-host",
    "x-host-override",
    "x-http-host-override",
    "x-matched-path",
    "x-now-route-matches",
    "x-sendfile-type",
    "proxy", // CGI's HTTP_PROXY
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
];

/// Whether a client that sends a header of this name, in lower case, which apps may `read` so, would speak for whoever stands
/// before the app.
pub fn told(name: &str, read: &str) -> bool {
    // Cloudflare writes the first two over whatever came, under these very names; others only where the operator has it add
    // them (visitors' places, certificates, Access), and else they are the client's. The last two are a client's own.
    let passes = ["cf-ray", "cf-visitor", "cf-access-client-id", "cf-access-client-secret"].contains(&name);
    read.starts_with("cf-") && !passes || TOLD_ALONE.contains(&read) || TOLD.iter().any(|start| read.starts_with(start))
}
