import type { Action } from './differential-actions.ts';

/** Actions with nothing wrong about them, to be changed in one place each. */

type Of<Name extends Action['do']> = Extract<Action, { do: Name }>;

export const authorize = (changes: Partial<Of<'authorize'>> = {}): Action => ({
  do: 'authorize',
  client: 'web',
  challenge: 'S256',
  decision: 'allow',
  ...changes,
});

export const exchange = (changes: Partial<Of<'exchange'>> = {}): Action => ({
  do: 'exchange',
  code: 0,
  client: 'web',
  proof: 'post',
  redirectUri: 'own',
  verifier: 'right',
  ...changes,
});

export const refresh = (changes: Partial<Of<'refresh'>> = {}): Action => ({
  do: 'refresh',
  token: 0,
  client: 'web',
  proof: 'post',
  ...changes,
});

export const clientCredentials = (changes: Partial<Of<'clientCredentials'>> = {}): Action => ({
  do: 'clientCredentials',
  client: 'machine',
  proof: 'post',
  ...changes,
});

export const revoke = (changes: Partial<Of<'revoke'>> = {}): Action => ({
  do: 'revoke',
  kind: 'refresh',
  token: 0,
  client: 'web',
  proof: 'post',
  ...changes,
});

export const introspect = (changes: Partial<Of<'introspect'>> = {}): Action => ({
  do: 'introspect',
  kind: 'access',
  token: 0,
  client: 'web',
  proof: 'post',
  ...changes,
});

export const userinfo = (token = 0): Action => ({ do: 'userinfo', token });

export const token = (form: Readonly<Record<string, string>>, how: Of<'token'>['how'] = 'POST'): Action => ({
  do: 'token',
  form,
  how,
});
