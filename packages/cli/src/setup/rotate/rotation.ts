import type { ConnectionStatus, SecretName } from '@forcemint/core';
import type { RemainingStep, RotatedApp } from '@forcemint/setup';
import { UsageError } from '../../usage-error.ts';

/** A credential that is staged to take the place of the current one. */
export interface Rotation {
  readonly name: string;
  readonly what: 'certificate' | 'secret';
  readonly folder: string | undefined;
  readonly files: readonly { readonly path: string; readonly isSecret: boolean }[];
  /** When the new certificate ends, in epoch milliseconds. */
  readonly endsMs: number | undefined;
  /** Puts the certificate into the app; its parts, for a shell in the folder. `undefined`: that is done by hand. */
  readonly deploy: readonly string[] | undefined;
  readonly steps: readonly RemainingStep[];
  /** What ends the old secret. */
  readonly applyStep: RemainingStep | undefined;
}

/** What is known of the app of a connection. */
export function appOf({ connection, token }: ConnectionStatus): RotatedApp {
  const { appKind, loginUrl } = connection.settings;
  const hosts = [loginUrl, token?.instanceUrl].filter((url) => url !== undefined);
  return { kind: appKind, myDomainUrl: hosts.find((url) => /^https:\/\/[^/]+\.my\.salesforce\.com$/.test(url)) };
}

const STAGED = ['nextPrivateKey', 'nextClientSecret'] as const satisfies readonly SecretName[];

/** @throws UsageError where one is staged, unless `force`; and where the other is, since the two would be taken together or not at all */
export function refuseStaged(
  { connection, secretNames }: ConnectionStatus,
  wanted: (typeof STAGED)[number],
  force: boolean,
): void {
  const { name } = connection;
  const staged = STAGED.find((each) => secretNames?.includes(each) === true && (each !== wanted || !force));
  if (staged === undefined) return;
  throw new UsageError(`A new ${staged === 'nextPrivateKey' ? 'key' : 'client secret'} of ${name} is staged already.`, {
    fix: [
      `To try it until Salesforce takes it: forcemint setup ${name} --prove`,
      ...(staged === wanted ? ['To stage another in its place: the same command with --force'] : []),
    ],
  });
}
