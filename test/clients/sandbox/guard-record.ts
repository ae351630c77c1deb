import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A line of what `guard.cjs` saw in the processes of a client. */
type GuardLine =
  | { readonly kind: 'start'; readonly pid: number; readonly args: readonly string[] }
  | { readonly kind: 'spawn'; readonly pid: number; readonly file: string; readonly child?: number }
  | { readonly kind: 'connect' | 'dns' | 'datagram'; readonly pid: number; readonly host: string; readonly port?: number };

/** What the guard of a folder's processes saw. */
export class GuardRecord {
  readonly #file: string;
  #seenAttempts = 0;

  /** @param file the guard appends to it; it need not be there */
  constructor(file: string) {
    this.#file = file;
  }

  /** Environment that puts every Node process below under guard. */
  get env(): Readonly<Record<string, string>> {
    const guard = fileURLToPath(new URL('guard.cjs', import.meta.url));
    return { NODE_OPTIONS: `--require ${JSON.stringify(guard)}`, FORCEMINT_GUARD_FILE: this.#file };
  }

  /** Attempts to get out that were stopped since the last call, such as `connect login.salesforce.com:443`. */
  takeAttempts(): string[] {
    const attempts = this.#lines().flatMap((line) => {
      if (line.kind === 'start' || line.kind === 'spawn') return [];
      return [`${line.kind} ${line.host}${line.port === undefined ? '' : `:${line.port}`}`];
    });
    const fresh = attempts.slice(this.#seenAttempts);
    this.#seenAttempts = attempts.length;
    return fresh;
  }

  /** Files of the programs that were started by the guarded processes. */
  spawned(): string[] {
    return this.#lines().flatMap((line) => (line.kind === 'spawn' ? [line.file] : []));
  }

  /** Guarded processes, and those they started, that still run; one that has ended counts until its parent has noticed. */
  alive(): number[] {
    const pids = this.#lines().map(({ pid }) => pid);
    return [...new Set([...pids, ...this.#children()])].filter(isAlive);
  }

  /** Those that the guarded processes started, and that still run. */
  childrenAlive(): number[] {
    return this.#children().filter(isAlive);
  }

  #children(): number[] {
    return this.#lines().flatMap((line) => (line.kind === 'spawn' ? (line.child ?? []) : []));
  }

  #lines(): GuardLine[] {
    let text = '';
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
