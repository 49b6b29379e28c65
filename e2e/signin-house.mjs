// A sign-in service for the browser checks: a certified implementation of OpenID Connect on this machine. Nobody types
// a password there: `who` is let in.

import { createServer } from "node:http";
import Provider from "oidc-provider";

/// Starts the service for one client that is led back to `back`.
export async function house({ client, secret, back }) {
  const who = { sub: "", email: "", verified: true, amr: ["pwd"] };
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  // the library warns of what a real service must not do
  const { warn, info } = console;
  console.warn = console.info = () => {};
  const provider = new Provider(issuer, {
    clients: [{ client_id: client, client_secret: secret, redirect_uris: [back] }],
    claims: { openid: ["sub", "amr"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    ttl: { AccessToken: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: who.email, email_verified: who.verified }),
    }),
    // nobody is asked whether the registry may know the address
    loadExistingGrant: async (context) => {
      const { session, client: asking } = context.oidc;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
  console.warn = warn;
  console.info = info;
  const serve = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) {
      serve(request, response);
      return;
    }
    const login = { accountId: who.sub, amr: who.amr, remember: false };
    provider
      .interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
      .catch((error) => response.writeHead(500).end(error.message));
  });
  return { issuer, who, close: () => server.close() };
}
