import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, temporaryHome } from './temporary-home.ts';
import { until } from './until.ts';

/** A small file system in a mount namespace of its own, for processes that are started inside. It goes with the test. */
export class OwnFileSystem {
  /** As the processes inside see it. */
  readonly home: string;
  readonly #mountPoint: string;
  readonly #keeper: ChildProcess;

  private constructor(mountPoint: string, keeper: ChildProcess) {
    this.#mountPoint = mountPoint;
    this.home = join(mountPoint, 'home');
    this.#keeper = keeper;
  }

  /** `undefined` where this machine does not let us. */
  static async make(t: Ending, bytes: number): Promise<OwnFileSystem | undefined> {
    if (process.getuid?.() !== 0 || spawnSync('unshare', ['--mount', 'true']).status !== 0) return undefined;
    const mountPoint = temporaryHome(t);
    const script = `mount -t tmpfs -o size=${bytes},mode=700 tmpfs "$0" && echo mounted && exec sleep 1000`;
    const keeper = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, mountPoint]);
    let said = '';
    keeper.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    t.after(async () => {
      keeper.kill('SIGKILL');
      if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, 'close');
    });
    const mounted = await until('the file system', () => (keeper.exitCode === null ? said.includes('mounted') && 'yes' : 'no'));
    return mounted === 'yes' ? new OwnFileSystem(mountPoint, keeper) : undefined;
  }

  /** Runs what follows inside. */
  get wrapper(): readonly string[] {
    return ['nsenter', `--mount=/proc/${this.#keeper.pid}/ns/mnt`];
  }

  /** For reading the files of the home from outside; SQLite cannot use it. */
  get #homeFromOutside(): string {
    return `/proc/${this.#keeper.pid}/root${this.home}`;
  }

  /** A file of the home, as it is now. */
  read(path: string): Buffer {
    return readFileSync(join(this.#homeFromOutside, path));
  }

  /** A copy of the home in an ordinary directory, to be looked at while nobody writes. */
  copy(t: Ending): string {
    const copy = temporaryHome(t);
    for (const name of readdirSync(this.#homeFromOutside)) {
      if (/^master\.key$|^forcemint\.db(-wal)?$/.test(name)) copyFileSync(join(this.#homeFromOutside, name), join(copy, name));
    }
    return copy;
  }

  /** @returns whether it could be done: a file that is open for writing keeps a file system writable */
  remount(mode: 'ro' | 'rw'): boolean {
    const [command = '', ...args] = [...this.wrapper, 'mount', '-o', `remount,${mode}`, this.#mountPoint];
    return spawnSync(command, args).status === 0;
  }
}
