import { UsageError } from '../usage-error.ts';
import { GRANT_FORMATS, type GrantFormat } from './grant-format.ts';
import type { Destination } from './hand-over.ts';

export interface ExportFlags {
  readonly handOver?: boolean;
  readonly out?: string;
  readonly format?: string;
  readonly withClientSecret?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What is exported, and where to. */
export type ExportTarget =
  | { readonly is: 'settings' }
  | { readonly is: 'postman'; readonly folder: string }
  | { readonly is: 'grant'; readonly destination: Destination };

/** @throws UsageError for flags that do not go together */
export function exportTarget(name: string, flags: ExportFlags): ExportTarget {
  if (flags.handOver === true) return { is: 'grant', destination: destinationOf(name, flags) };
  if (flags.format === 'postman') return { is: 'postman', folder: folderOf(name, flags) };
  const { out, format, withClientSecret, yes } = flags;
  if (out === undefined && format === undefined && withClientSecret !== true && yes === undefined) return { is: 'settings' };
  throw new UsageError('--out, --format, --with-client-secret and --yes belong to --hand-over, or to --format postman.', {
    fix: [
      `To give the grant away: forcemint export ${name} --hand-over --out FILE`,
      `To keep the settings: forcemint export ${name} > FILE`,
      `For Postman: forcemint export ${name} --format postman --out FOLDER`,
    ],
  });
}

function folderOf(name: string, { out, withClientSecret, yes }: ExportFlags): string {
  const line = `forcemint export ${name} --format postman --out FOLDER`;
  if (out === undefined || out === '' || out === '-') {
    throw new UsageError('Postman reads two files, which go into a folder.', { fix: [line] });
  }
  if (withClientSecret === true || yes !== undefined) {
    throw new UsageError('--with-client-secret and --yes belong to --hand-over.', {
      why: 'No secret is written for Postman, and nothing is asked.',
      fix: [`${line}, then fill clientSecret in in Postman`],
    });
  }
  return out;
}

function destinationOf(name: string, { out, format = 'json', withClientSecret = false }: ExportFlags): Destination {
  if (format === 'postman') {
    throw new UsageError('No grant is handed over to Postman.', {
      why: 'It gets one of its own, by a login there.',
      fix: [`forcemint export ${name} --format postman --out FOLDER`],
    });
  }
  if (out === undefined || out === '' || out === '-') {
    throw new UsageError('A refresh token is written to a file, never to the terminal or a pipe.', {
      fix: [`forcemint export ${name} --hand-over --out FILE`],
    });
  }
  const known = GRANT_FORMATS.find((one): one is GrantFormat => one === format);
  if (known === undefined) {
    throw new UsageError(`${JSON.stringify(format.slice(0, 40))} is no format.`, {
      fix: [`--format ${GRANT_FORMATS.join('|')}`],
    });
  }
  if (known === 'raw' && withClientSecret) {
    throw new UsageError('--format raw is the refresh token alone.', { fix: ['With the client secret: --format json'] });
  }
  return { out, format: known, withClientSecret };
}
