import { X509Certificate } from 'node:crypto';
import type { ConnectionSettings, ConnectionStatus } from '@forcemint/core';
import { CERTIFICATE_WARNING_DAYS, SECRET_WARNING_DAYS } from '@forcemint/core/connections/credential-ages';
import { durationInWords } from './terminal/time.ts';

const DAY_MS = 86_400_000;

/** When a stored certificate ends, in epoch milliseconds; `undefined`: there is none, or it cannot be read. */
export function certificateEndMs(pem: string | undefined): number | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined;
  }
}

/** `certificate ends in 12 d`, `client secret is 400 d old`: what is due to be changed; empty where nothing is. */
export function dueCredentials(settings: ConnectionSettings, nowMs: number): readonly string[] {
  const endsMs = certificateEndMs(settings.certificate);
  const secretSetAtMs = settings.secretsSetAtMs?.clientSecret;
  const left = endsMs === undefined ? Number.POSITIVE_INFINITY : endsMs - nowMs;
  return [
    ...(left <= 0 ? ['certificate has ended'] : []),
    ...(left > 0 && left <= CERTIFICATE_WARNING_DAYS * DAY_MS ? [`certificate ends in ${durationInWords(left / 1000)}`] : []),
    ...(secretSetAtMs !== undefined && nowMs - secretSetAtMs > SECRET_WARNING_DAYS * DAY_MS
      ? [`client secret is ${durationInWords((nowMs - secretSetAtMs) / 1000)} old`]
      : []),
  ];
}

/** Lines that follow a connection’s state: what is due to be changed, and what waits to take its place. */
export function credentialRows(
  { connection, secretNames }: ConnectionStatus,
  nowMs: number,
): readonly (readonly [string, string])[] {
  const { name, settings } = connection;
  const due = dueCredentials(settings, nowMs);
  const staged = secretNames?.find((each) => each === 'nextPrivateKey' || each === 'nextClientSecret');
  if (staged !== undefined) {
    return [
      ...due.map((text) => ['due', text] as const),
      [
        'staged',
        `a new ${staged === 'nextPrivateKey' ? 'private key' : 'client secret'}, used as soon as Salesforce refuses the old one`,
      ],
      ['do', `try it now: forcemint setup ${name} --prove`],
    ];
  }
  return due.flatMap((text) => {
    const flag = text.startsWith('certificate') ? '--rotate-certificate' : '--rotate-secret';
    return [['due', text] as const, ['do', `forcemint setup ${name} ${flag}`] as const];
  });
}
