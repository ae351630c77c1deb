import { ConfigurationError } from '../errors.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';
import type { Administration, NewConnection } from './administration.ts';
import { KnownGrants } from './known-grant.ts';

/** Makes many connections, any number at once; what each has to know of all others is read once. */
export class BulkImport {
  readonly #administration: Administration;
  readonly #ports: Pick<ExchangePorts, 'store' | 'seal'>;
  /** Read when the first refresh token comes. */
  #grants: Promise<KnownGrants> | undefined;

  /** Use `Administration.bulkImport`. */
  constructor(ports: Pick<ExchangePorts, 'store' | 'seal'>, administration: Administration) {
    this.#ports = ports;
    this.#administration = administration;
  }

  /**
   * Makes a connection whole, or not at all. One that an earlier run has made is left as it is, so that a run that was cut short is taken up by another.
   * @throws ConfigurationError as `Administration.connect` does; StoreError
   */
  async connect(name: string, input: NewConnection): Promise<'made' | 'was-there'> {
    try {
      if (input.refreshToken !== undefined) this.#grants ??= KnownGrants.read(this.#ports);
      await this.#administration.connect(name, input, await this.#grants);
      return 'made';
    } catch (error) {
      const isTaken =
        error instanceof ConfigurationError && (error.code === 'connection_exists' || error.code === 'grant_is_shared');
      if (isTaken && (await this.#administration.isMade(name, input))) return 'was-there';
      throw error;
    }
  }
}
