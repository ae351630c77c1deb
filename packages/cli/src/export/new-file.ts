import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncDirectory } from '@forcemint/store/sqlite/private-files';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** A file for a secret: made anew, 0600, never in the place of another and never through a link. */
export class NewFile {
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @throws the error of the file system; `EEXIST` where there is anything of that name, a link too */
  static async create(path: string): Promise<NewFile> {
    return new NewFile(path, await open(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600));
  }

  /** Its whole content; durable when this resolves, its name as well. */
  async save(text: string): Promise<void> {
    await this.#file.writeFile(text);
    await this.#file.sync();
    await this.#file.close();
    syncDirectory(dirname(resolve(this.path)));
  }

  /** Takes it away again. `false`: that was not possible. */
  async discard(): Promise<boolean> {
    // A failed `save` may have closed it already.
    await this.#file.close().catch(() => undefined);
    return unlink(this.path).then(
      () => true,
      () => false,
    );
  }
}
