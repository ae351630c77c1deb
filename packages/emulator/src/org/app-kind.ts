/** What an app is in the setup of an org. OAuth works the same for both. */
export type AppKind = 'connected-app' | 'external-client-app';

export const APP_KINDS: readonly AppKind[] = ['connected-app', 'external-client-app'];
