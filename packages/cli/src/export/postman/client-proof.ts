import type { ConnectionSettings } from '@forcemint/core';
import { type Auth, fields, type Parameter, values } from './collection-format.ts';
import { SIGN_CLIENT_ASSERTION } from './scripts/sign-jwt.ts';

/** How requests say which app they are from. */
export interface ClientProof {
  readonly auth: Auth;
  readonly form: readonly Parameter[];
  /** What is to be signed before, with `sign` of `SIGN_JWT`. */
  readonly sign?: string;
}

/** As the connection proves itself. */
export function clientProof({ clientAuth }: Pick<ConnectionSettings, 'clientAuth'>): ClientProof {
  const none: Auth = { type: 'noauth' };
  const client_id = '{{clientId}}';
  switch (clientAuth) {
    case 'none':
      return { auth: none, form: fields({ client_id }) };
    case 'post':
      return { auth: none, form: fields({ client_id, client_secret: '{{clientSecret}}' }) };
    case 'basic':
      return { auth: { type: 'basic', basic: values({ username: client_id, password: '{{clientSecret}}' }) }, form: [] };
    case 'private-key-jwt':
      return {
        auth: none,
        form: fields({
          client_id,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: '{{_clientAssertion}}',
        }),
        sign: SIGN_CLIENT_ASSERTION,
      };
  }
}
