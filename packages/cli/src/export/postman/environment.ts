import type { ConnectionStatus } from '@forcemint/core';
import { signs } from './fill-in.ts';

interface Variable {
  readonly key: string;
  readonly value: string;
  readonly type: 'default' | 'secret';
  readonly enabled: true;
}

/** A Postman environment, as Postman exports one. */
export interface PostmanEnvironment {
  readonly name: string;
  readonly values: readonly Variable[];
  readonly _postman_variable_scope: 'environment';
}

/**
 * The variables of Salesforce’s own collection, those that signing takes, and what an import needs to know besides. Secrets are there, empty.
 * @param audience `aud` of the JWT bearer assertion
 */
export function postmanEnvironment(status: ConnectionStatus, audience: string): PostmanEnvironment {
  const { name, settings } = status.connection;
  const { userId, organizationId } = status.token ?? {};
  return {
    name,
    values: [
      // With its path, where it has one: an import reads no `site`.
      known('url', settings.loginUrl),
      known('site'),
      known('version', settings.apiVersion),
      known('clientId', settings.clientId),
      secret('clientSecret'),
      known('redirectUrl', settings.redirectUris?.[0]),
      known('username', settings.username),
      secret('password'),
      secret('secretToken'),
      secret('_accessToken'),
      secret('_refreshToken'),
      known('_endpoint', status.token?.instanceUrl),
      known('_userId', userId),
      known('_orgId', organizationId),
      secret('_deviceCode'),
      known('grant', settings.grant),
      known('clientAuth', settings.clientAuth),
      ...(settings.grant === 'jwt-bearer' ? [known('audience', audience)] : []),
      ...(signs(settings) ? [secret('privateKey')] : []),
    ],
    _postman_variable_scope: 'environment',
  };
}

function known(key: string, value = ''): Variable {
  return { key, value, type: 'default', enabled: true };
}

function secret(key: string): Variable {
  return { key, value: '', type: 'secret', enabled: true };
}
