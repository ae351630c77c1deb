import { randomBytes } from 'node:crypto';
import {
  type AppGrant,
  type AppInput,
  type AppKind,
  type AppPlan,
  createKeyPair,
  newConsumerKey,
  planApp,
} from '../../src/index.ts';

export const KINDS: readonly AppKind[] = ['external-client-app', 'connected-app'];
export const GRANTS: readonly AppGrant[] = ['jwt-bearer', 'authorization-code', 'refresh-token', 'client-credentials'];
export const KEYS = await createKeyPair({ commonName: 'setup test', nowMs: Date.now() });
export const CONSUMER_KEY = newConsumerKey(randomBytes);
export const CONSUMER_SECRET = newConsumerKey(randomBytes);

/** What a plan cannot do without. */
export function least(kind: AppKind, grant: AppGrant): AppInput {
  const input: AppInput = { label: 'Nightly Sync', contactEmail: 'admins@example.com', kind, grant };
  if (grant === 'jwt-bearer') return { ...input, certificatePem: KEYS.certificatePem, permissionSet: 'Nightly_Users' };
  if (grant !== 'client-credentials') return { ...input, callbackUrls: ['http://localhost:1717/OauthRedirect'] };
  const runAs = kind === 'connected-app' ? { runAsUsername: 'sync@example.com', consumerKey: CONSUMER_KEY } : {};
  return { ...input, permissionSet: 'Nightly_Users', ...runAs };
}

/** Everything that a plan can have. */
export function most(kind: AppKind, grant: AppGrant): AppInput {
  return {
    ...least(kind, grant),
    name: 'Sync_App',
    label: 'Nightly <Sync> & “Co”',
    consumerKey: CONSUMER_KEY,
    consumerSecret: CONSUMER_SECRET,
    callbackUrls: ['https://app.example/cb?a=1&b=2', 'myapp://callback'],
    pkce: true,
    rotation: true,
    idleLimit: true,
    refreshTokenPolicy: { type: 'SpecificLifetime', period: 4, unit: 'Hours' },
    permittedUsers: 'admin-approved',
    permissionSet: 'Nightly_Users',
    profiles: ['System Administrator', 'Read Only'],
    ipRelaxation: 'Enforce_RelaxRefresh',
    ...(grant === 'client-credentials' && { runAsUsername: 'sync@example.com' }),
    sessionTimeoutMinutes: 120,
    apiVersion: '67.0',
  };
}

/** One of every sort, with what it is called in messages. */
export function allPlans(): readonly { readonly title: string; readonly plan: AppPlan }[] {
  return KINDS.flatMap((kind) =>
    GRANTS.flatMap((grant) => [
      { title: `${kind}, ${grant}, least`, plan: planApp(least(kind, grant)) },
      { title: `${kind}, ${grant}, most`, plan: planApp(most(kind, grant)) },
    ]),
  );
}
