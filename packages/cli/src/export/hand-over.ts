import { AuthError, type ConnectionStatus, type ReleasedGrant } from '@forcemint/core';
import { wayToAuthorize } from '@forcemint/core/tokens/failures';
import type { Forcemint } from '@forcemint/node';
import { asFileError } from '@forcemint/store/sqlite/private-files';
import { NotedError } from '../noted-error.ts';
import { UsageError } from '../usage-error.ts';
import { formatGrant, type GrantFormat } from './grant-format.ts';
import { NewFile } from './new-file.ts';

/** Where a grant goes, and in which form. */
export interface Destination {
  readonly out: string;
  readonly format: GrantFormat;
  readonly withClientSecret: boolean;
}

/**
 * Moves the grant of a connection into a file. The file is made first and the copy here erased last: cut short at any moment, the grant is here, there, or
 * both, but only ever used there once it was released.
 * @throws UsageError when the file cannot be made; NotedError, with how to finish, after the grant was released
 */
export async function handOver(
  { handOver: twoSteps }: Pick<Forcemint, 'handOver'>,
  status: ConnectionStatus,
  { out, format, withClientSecret }: Destination,
): Promise<ReleasedGrant> {
  const { name } = status.connection;
  const file = await NewFile.create(out).catch((error: unknown) => {
    throw cannotMake(error, out, status);
  });
  const grant = await twoSteps.release(name).catch(async (error: unknown) => {
    await file.discard();
    throw error;
  });
  try {
    await file.save(formatGrant(grant, format, withClientSecret));
  } catch (error) {
    throw (await file.discard()) ? await takenBack(error, twoSteps, status, out) : notWritten(error, status, out, false);
  }
  await twoSteps.forget(name).catch((error: unknown) => {
    throw notForgotten(error, out);
  });
  return grant;
}

function cannotMake(error: unknown, out: string, { state, hasRefreshToken, connection }: ConnectionStatus): UsageError {
  const code = codeOf(error);
  if (code !== 'EEXIST') {
    return new UsageError(`The file ${out} cannot be made (${code ?? 'unknown reason'}); nothing was handed over.`, {
      fix: ['--out FILE, new, in a folder that exists and that you may write to'],
    });
  }
  if (state !== 'handed-over') {
    return new UsageError(`${out} is there already; nothing was handed over.`, {
      why: 'A refresh token is never written over something else.',
      fix: ['Name a file that does not exist yet: --out FILE', 'Or delete that one, if nobody needs it.'],
    });
  }
  if (!hasRefreshToken) {
    return new UsageError(`${out} is there already, and the grant of ${connection.name} was handed over before.`, {
      why: 'That file may be where the grant is.',
      fix: ['Keep it until its new owner has it.'],
    });
  }
  return new UsageError(`${out} is there already; an earlier hand-over that was cut short may have left it.`, {
    why: `The grant of ${connection.name} is released, and still kept here.`,
    fix: [`Move ${out} aside, run the same command again, and delete the old one only when that has succeeded.`],
  });
}

function notWritten(thrown: unknown, { connection }: ConnectionStatus, out: string, isGone: boolean): NotedError {
  return noted(asFileError(thrown, out), [
    `The grant of ${connection.name} is released and not lost: its refresh token is kept here, sealed and unused, until it is written.`,
    `Then run the same command again${isGone ? '' : ' with another --out'}: it writes the same refresh token.`,
    `To go on using it here instead, authorize again: ${wayToAuthorize(connection)}`,
  ]);
}

/** Nobody has the file: the grant stays where it was. */
async function takenBack(
  thrown: unknown,
  twoSteps: Forcemint['handOver'],
  status: ConnectionStatus,
  out: string,
): Promise<NotedError> {
  const { name } = status.connection;
  try {
    await twoSteps.takeBack(name);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return notWritten(thrown, status, out, true);
  }
  return noted(asFileError(thrown, out), [
    `Nothing was handed over: ${name} is used here as before. Mend it and run the same command again.`,
  ]);
}

function notForgotten(thrown: unknown, out: string): NotedError {
  return noted(thrown, [
    `${out} is complete: its new owner can use it. A sealed copy is still kept here, and never used.`,
    'Erase the copy: the same command with another --out; then delete that other file.',
  ]);
}

function noted(thrown: unknown, fix: readonly string[]): NotedError {
  const error = thrown instanceof Error ? thrown : new Error('Something that is not an error was thrown.');
  return new NotedError(error, [...((error instanceof AuthError && error.diagnosis?.fix) || []), ...fix]);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
