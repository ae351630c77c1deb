import { readFile } from 'node:fs/promises';
import type { ConnectionInput, ConnectionSecrets } from '@forcemint/core';
import type { Command } from 'commander';
import type { Context } from './context.ts';
import { parseDuration } from './durations.ts';
import { readSecret, type SecretRequest } from './secret-input.ts';
import { UsageError } from './usage-error.ts';

/** The flags that `connect` and `update` share, as typed. */
export interface ConnectionFlags {
  readonly grant?: string;
  readonly loginUrl?: string;
  readonly clientId?: string;
  readonly clientAuth?: string;
  readonly clientSecretFile?: string;
  readonly privateKeyFile?: string;
  readonly certificateFile?: string;
  readonly username?: string;
  readonly audience?: string;
  readonly scope?: string;
  readonly redirectUri?: readonly string[];
  readonly refreshTokenFile?: string;
  readonly rotates?: string;
  readonly introspect?: string;
  readonly sessionTimeout?: string;
  readonly apiVersion?: string;
  readonly label?: readonly string[];
  readonly nextClientSecretFile?: string;
  readonly nextPrivateKeyFile?: string;
}

/** What the flags say, files read. */
export interface GivenConnection {
  readonly settings: Partial<ConnectionInput>;
  readonly secrets: ConnectionSecrets;
  readonly refreshToken: string | undefined;
}

type FileFlag = 'clientSecretFile' | 'privateKeyFile' | 'refreshTokenFile' | 'nextClientSecretFile' | 'nextPrivateKeyFile';

const SECRETS: Readonly<Record<FileFlag, SecretRequest>> = {
  clientSecretFile: { flag: '--client-secret-file', what: 'client secret' },
  privateKeyFile: { flag: '--private-key-file', what: 'private key', multiline: true },
  refreshTokenFile: { flag: '--refresh-token-file', what: 'refresh token' },
  nextClientSecretFile: { flag: '--next-client-secret-file', what: 'next client secret' },
  nextPrivateKeyFile: { flag: '--next-private-key-file', what: 'next private key', multiline: true },
};

/** Adds the flags to a command. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option('--grant <grant>', 'jwt-bearer, authorization-code, refresh-token or client-credentials')
    .option('--login-url <url>', 'login host or My Domain (default: https://login.salesforce.com)')
    .option('--client-id <id>', 'consumer key of the app')
    .option('--client-auth <method>', 'post, basic, private-key-jwt or none (default: what the secrets given allow)')
    .option('--client-secret-file <file>', 'consumer secret; - reads stdin or asks')
    .option('--private-key-file <file>', 'private key in PEM, RSA; - reads stdin')
    .option('--certificate-file <file>', 'certificate in PEM, to check that it and the key belong together')
    .option('--username <user>', 'Salesforce user (jwt-bearer; elsewhere offered at the login)')
    .option('--audience <url>', 'audience of the JWT, where the login URL does not imply it')
    .option('--scope <scopes>', 'scopes to ask for, space separated (authorization-code)')
    .option('--redirect-uri <url>', 'callback URL registered with the app; may be repeated', collect)
    .option('--refresh-token-file <file>', 'existing refresh token to adopt; - reads stdin or asks')
    .option('--rotates <how>', 'whether the app rotates refresh tokens: auto, yes or no')
    .option('--introspect <how>', 'ask Salesforce when each token expires: auto or off')
    .option('--session-timeout <duration>', 'the org’s session timeout (default: 2h)')
    .option('--api-version <version>', 'REST API version for api and exec, such as 66.0')
    .option('--label <key=value>', 'label; may be repeated', collect);
}

function collect(value: string, given: readonly string[] = []): readonly string[] {
  return [...given, value];
}

/**
 * Reads the flags and the files that they name.
 * @throws UsageError
 */
export async function readConnectionFlags(context: Context, flags: ConnectionFlags): Promise<GivenConnection> {
  const files = Object.entries(SECRETS) as [FileFlag, SecretRequest][];
  const fromStdin = files.filter(([key]) => flags[key] === '-');
  if (fromStdin.length > 1) {
    const names = fromStdin.map(([, request]) => request.flag).join(' and ');
    throw new UsageError(`Only one secret can come from stdin, not ${names}.`, { fix: ['Give the others in files.'] });
  }
  const read: Partial<Record<FileFlag, string>> = {};
  for (const [key, request] of files) {
    const source = flags[key];
    if (source !== undefined) read[key] = await readSecret(context, source, request);
  }
  const { certificateFile, sessionTimeout, redirectUri, label } = flags;
  return {
    settings: {
      grant: flags.grant,
      loginUrl: flags.loginUrl,
      clientId: flags.clientId,
      clientAuth: flags.clientAuth,
      username: flags.username,
      audience: flags.audience,
      scope: flags.scope,
      redirectUris: redirectUri,
      rotates: flags.rotates,
      introspect: flags.introspect,
      sessionTimeoutSeconds: sessionTimeout === undefined ? undefined : parseDuration(sessionTimeout, '--session-timeout'),
      apiVersion: flags.apiVersion,
      labels: label === undefined ? undefined : parseLabels(label),
      certificate: certificateFile === undefined ? undefined : await readCertificate(certificateFile),
    },
    secrets: {
      clientSecret: read.clientSecretFile,
      privateKey: read.privateKeyFile,
      nextClientSecret: read.nextClientSecretFile,
      nextPrivateKey: read.nextPrivateKeyFile,
    },
    refreshToken: read.refreshTokenFile,
  };
}

/** Labels from `key=value` texts. @throws UsageError */
function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): [string, string] => {
    const mark = text.indexOf('=');
    const key = text.slice(0, mark === -1 ? undefined : mark).trim();
    if (mark === -1 || !/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(key)) {
      throw new UsageError(`--label needs key=value, not ${JSON.stringify(text.slice(0, 80))}.`, {
        fix: ['--label team=billing'],
      });
    }
    return [key, text.slice(mark + 1)];
  });
  return Object.fromEntries(pairs);
}

async function readCertificate(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The certificate file ${path} cannot be read.`, { fix: ['--certificate-file FILE, in PEM'] });
  });
}
