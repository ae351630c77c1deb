import type { ConnectionStatus } from '@forcemint/core';
import { wayToAuthorize } from '@forcemint/core/tokens/failures';
import { credentialRows, dueCredentials } from './credential-ages.ts';
import type { Cell } from './terminal/table.ts';
import { absoluteTime, relativeTime } from './terminal/time.ts';

/** What is not finished about a connection, and how it goes on: lines that follow its state. */
export function outstandingRows(status: ConnectionStatus, nowMs: number): readonly (readonly Cell[])[] {
  const rows: (readonly [string, string])[] = [
    ...stagedRows(status),
    ...repetitionRows(status, nowMs),
    ...handOverRows(status),
    ...revocationRows(status),
    ...credentialRows(status, nowMs),
  ];
  return rows.map(([what, text]) => [{ text: what, style: 'dim' }, text]);
}

/** The same in a few words, for a column; empty where everything is finished. */
export function outstandingInShort(status: ConnectionStatus, nowMs: number): string {
  const { hasStagedAnswer, repeatsAtMs, pendingRevocations, state, hasRefreshToken } = status;
  return [
    hasStagedAnswer ? 'answer staged' : '',
    repeatsAtMs === undefined || hasStagedAnswer
      ? ''
      : `repeats ${repeatsAtMs <= nowMs ? 'when asked' : whenFrom(repeatsAtMs, nowMs)}`,
    state === 'handed-over' && hasRefreshToken ? 'file not written' : '',
    pendingRevocations > 0 ? `${pendingRevocations} to revoke` : '',
    ...dueCredentials(status.connection.settings, nowMs),
    status.secretNames?.some((name) => name.startsWith('next')) === true ? 'credential staged' : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function stagedRows({ hasStagedAnswer, connection }: ConnectionStatus): readonly (readonly [string, string])[] {
  if (!hasStagedAnswer) return [];
  return [
    ['staged', 'Salesforce’s answer is safe on disk and waits for the store'],
    ['do', `take it up now: forcemint token ${connection.name}`],
  ];
}

function repetitionRows(
  { repeatsAtMs, hasStagedAnswer }: ConnectionStatus,
  nowMs: number,
): readonly (readonly [string, string])[] {
  if (repeatsAtMs === undefined || hasStagedAnswer) return [];
  const when =
    repeatsAtMs <= nowMs
      ? 'the next one who asks for a token'
      : `whoever asks for a token from ${absoluteTime(repeatsAtMs / 1000)} on (${whenFrom(repeatsAtMs, nowMs)})`;
  return [['repeated', `once, by ${when}`]];
}

function handOverRows({ state, hasRefreshToken, connection }: ConnectionStatus): readonly (readonly [string, string])[] {
  if (state !== 'handed-over') return [];
  if (hasRefreshToken) {
    return [
      ['hand-over', 'its refresh token is released and still kept here: the hand-over was cut short'],
      ['do', `finish it: forcemint export ${connection.name} --hand-over --out F`],
    ];
  }
  return [
    ['hand-over', 'another product owns the grant and renews it; nothing does so here'],
    ['do', `to have it back: ${wayToAuthorize(connection)}`],
  ];
}

function revocationRows({ pendingRevocations: count }: ConnectionStatus): readonly (readonly [string, string])[] {
  if (count === 0) return [];
  const what = count === 1 ? '1 grant that it left behind' : `${count} grants that it left behind`;
  return [['to revoke', `${what}: tried with the next exchanges until Salesforce confirms`]];
}

function whenFrom(instantMs: number, nowMs: number): string {
  return relativeTime(instantMs / 1000, nowMs);
}
