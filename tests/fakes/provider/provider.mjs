// A real OpenID provider for tests: node provider.mjs SETTINGS.json. Anybody in "accounts" signs in with any password.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf-8'));
const found = createRequire(`${settings.packages}/package.json`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found));
const CLAIMS = ['name', 'preferred_username', 'employee_number', 'department', 'groups'];

const claimsOf = (account) => settings.accounts[account] ?? {};

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  jwks: settings.jwks,
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub'], profile: CLAIMS },
  // Claims in the ID token, as city directories are set up: there is no second request that could fail.
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => (settings.accounts[id] ? { accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) } : undefined),
  extraTokenClaims: async (_ctx, token) => ({
    ...claimsOf(token.accountId),
    auth_time: provider.signedInAt?.get(token.sessionUid) ?? undefined,
  }),
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => settings.audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'api', audience: settings.audience, accessTokenFormat: 'jwt', accessTokenTTL: 600,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  ttl: { Session: 3600, Interaction: 600, Grant: 3600, IdToken: 600 },
});

// Some people signed in long ago: the first time that a test sees them. What they are asked for afresh is now.
const longAgo = new Set(settings.long_ago);
const { interactionFinished } = provider;
provider.interactionFinished = function finished(req, res, result, options) {
  if (result.login) {
    const isOld = longAgo.delete(result.login.accountId);
    result.login.ts = Math.floor(Date.now() / 1000) - (isOld ? 1000 : 0);
  }
  return interactionFinished.call(this, req, res, result, options);
};

// An access token says when its session signed in, as RFC 9470 wants it.
provider.signedInAt = new Map();
provider.on('authorization.success', (ctx) => {
  const { session } = ctx.oidc;
  provider.signedInAt.set(session.uid, session.authTime());
});

provider.listen(settings.port, '127.0.0.1', () => console.log('listening'));
