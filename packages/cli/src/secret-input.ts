import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Context, InputStream } from './context.ts';
import { askSecret, canAsk } from './terminal/prompt.ts';
import { UsageError } from './usage-error.ts';

const MAX_BYTES = 256 * 1024;

/** Which secret is wanted, and by which flag. */
export interface SecretRequest {
  /** `--client-secret-file` */
  readonly flag: string;
  /** `client secret` */
  readonly what: string;
  /** A secret of many lines cannot be typed at a prompt. */
  readonly multiline?: boolean;
}

/**
 * A secret from a file, or for `-` from stdin: piped, or typed without being shown. Line ends behind it are taken off.
 * @throws UsageError when the file cannot be read, or holds nothing
 */
export async function readSecret(context: Context, source: string, request: SecretRequest): Promise<string> {
  const text = source === '-' ? await fromStdin(context, request) : await fromFile(context, source, request);
  const secret = text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '');
  if (secret.trim() === '') throw unusable(request, source, 'is empty', []);
  if (secret.includes('\u0000')) {
    throw unusable(request, source, 'is not text', ['Save it as UTF-8; some editors and shells write UTF-16.']);
  }
  return secret;
}

/** Everything that stdin brings. */
export async function readAll(stdin: InputStream, limitBytes = MAX_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limitBytes) throw new UsageError(`More than ${limitBytes / 1024} KiB came on stdin.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function fromStdin(context: Context, request: SecretRequest): Promise<string> {
  if (!canAsk(context)) return readAll(context.stdin);
  if (request.multiline !== true) return askSecret(context, request.what);
  throw new UsageError(`A ${request.what} has many lines and cannot be typed.`, {
    fix: [`${request.flag} FILE`, `Or from a pipe: … | forcemint … ${request.flag} -`],
  });
}

async function fromFile(context: Context, path: string, request: SecretRequest): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unusable(request, path, reasonOf(error), []);
  });
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw unusable(request, path, 'is a folder', []);
    if (stat.size > MAX_BYTES) throw unusable(request, path, `is larger than ${MAX_BYTES / 1024} KiB`, []);
    warnIfOthersRead(context, path, stat);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** A file with secrets that others can read is used all the same. */
export function warnIfOthersRead(context: Context, path: string, stat: Stats): void {
  if (!stat.isFile() || process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
  context.output.warn(`${path} can be read by others; make it yours alone: chmod 600 ${path}`);
}

/** Why a file could not be opened, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`;
}

function unusable(request: SecretRequest, source: string, reason: string, fix: readonly string[]): UsageError {
  const name = source === '-' ? 'stdin' : source;
  return new UsageError(`The file of the ${request.what}, ${name}, ${reason}.`, {
    fix: [...fix, `${request.flag} FILE, or ${request.flag} - for stdin`],
  });
}
