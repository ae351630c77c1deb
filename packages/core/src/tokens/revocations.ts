import type { ConnectionEvent, ConnectionRow } from '../connections/connection.ts';
import { AuthError, TransportError } from '../errors.ts';
import { none } from '../oauth/client-authentication.ts';
import { revoke } from '../oauth/revocation.ts';
import type { PendingRevocation } from '../ports.ts';
import { salesforceEndpoints } from '../salesforce/endpoints.ts';
import { loginUrl } from '../salesforce/hosts.ts';
import type { SealPlace } from '../seal/envelope.ts';
import { barred } from './bars.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { refusalError } from './failures.ts';

const REVOKE_DEADLINE_MS = 10_000;
/** How many are tried in one go, one after the other, and for how long another one is begun: whoever ends waits for it. */
const AT_ONCE = 8;
const ROUND_MS = 5_000;
/** Between two looks that renewals bring about. */
const LOOK_EVERY_MS = 5_000;
/** Pending revocations that are looked through when a grant is adopted. */
const MAX_LOOKED_AT = 10_000;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;
/** After this long a grant is given up; Salesforce's own idle limit for refresh tokens is 30 days. */
const GIVE_UP_AFTER_MS = 30 * 86_400_000;

/** What revoking takes. Sealed: its connection may be gone, or have moved, by then. */
interface RevocableGrant {
  readonly loginUrl: string;
  readonly clientId: string;
  readonly token: string;
}

/**
 * Grants that are to be revoked. One is stored in the same transaction as what makes it superfluous, and deleted only when Salesforce has confirmed it
 * (RFC 7009 §2.2): until then it is tried again and again, by whichever process gets to it.
 */
export class Revocations {
  readonly #ports: Pick<ExchangePorts, 'store' | 'seal' | 'http' | 'clock' | 'random' | 'policy'>;
  #running: Promise<void> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: Pick<ExchangePorts, 'store' | 'seal' | 'http' | 'clock' | 'random' | 'policy'>) {
    this.#ports = ports;
  }

  /** @throws StoreError `unsealing_failed` */
  #open(id: string, sealed: Uint8Array): RevocableGrant {
    return JSON.parse(this.#ports.seal.open(grantPlace(id), sealed));
  }

  /** To be stored together with the write that makes the grant of `token` superfluous. */
  planned(connection: ConnectionRow, token: string, reason: PendingRevocation['reason']): PendingRevocation {
    const { random, seal, clock } = this.#ports;
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    const id = Buffer.from(random.bytes(16)).toString('hex');
    const nowMs = clock.nowMs();
    const grant: RevocableGrant = { loginUrl: connection.settings.loginUrl, clientId: connection.settings.clientId, token };
    const sealed = seal.seal(grantPlace(id), JSON.stringify(grant));
    return { id, connectionId: connection.id, reason, sealed, createdAtMs: nowMs, dueAtMs: nowMs, tries: 0 };
  }

  /**
   * Tries those that are due, one after the other, until Salesforce can't be reached; who asks meanwhile joins. Never throws for what Salesforce or the
   * network does; that is put off. None is tried while the store's condition forbids to end a grant.
   * @throws StoreError
   */
  runDue(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** As `runDue`, but where nothing was planned here since, not so often that every renewal costs a look at the store. @throws StoreError */
  async runNowAndThen(): Promise<void> {
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    await this.runDue();
  }

  /** Somebody has adopted the grant of this token: it is not revoked any more. @throws StoreError */
  async cancel(token: string): Promise<void> {
    const { store, clock } = this.#ports;
    for (const { id, connectionId, sealed } of await store.listDueRevocations(Number.MAX_SAFE_INTEGER, MAX_LOOKED_AT)) {
      if (this.#open(id, sealed).token !== token) continue;
      const event: ConnectionEvent = {
        connectionId,
        atMs: clock.nowMs(),
        type: 'warning',
        detail: { text: 'adopted again: not revoked' },
      };
      await store.deleteRevocation(id, [event]);
    }
  }

  async #round(): Promise<void> {
    const { store, clock } = this.#ports;
    const untilMs = clock.monotonicMs() + ROUND_MS;
    for (const revocation of await store.listDueRevocations(clock.nowMs(), AT_ONCE)) {
      // In a store that is a copy, what is superfluous here may be in use where it came from.
      if (barred(await store.condition(), true) !== undefined) return;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** revocation.tries, LONGEST_PAUSE_MS);
      // Counted before it is tried: what makes a process die here must not be tried without pause.
      if (!(await store.claimRevocation(revocation, clock.nowMs() + pauseMs))) continue;
      if (!(await this.#try(revocation)) || clock.monotonicMs() > untilMs) return;
    }
  }

  /** `false`: Salesforce could not be reached. */
  async #try(revocation: PendingRevocation): Promise<boolean> {
    const { store, clock } = this.#ports;
    const { id, connectionId, reason, createdAtMs, tries } = revocation;
    const event = (type: ConnectionEvent['type'], detail: ConnectionEvent['detail']): ConnectionEvent[] => [
      { connectionId, atMs: clock.nowMs(), type, detail },
    ];
    try {
      const outcome = await this.#revoke(revocation);
      await store.deleteRevocation(id, event('revoked', { what: reason, outcome, tries: tries + 1 }));
      return true;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      const isReached = !(error instanceof TransportError);
      if (clock.nowMs() - createdAtMs < GIVE_UP_AFTER_MS) return isReached;
      const text = `the ${reason} grant could not be revoked within 30 days and may live on at Salesforce: ${error.message}`;
      await store.deleteRevocation(id, event('warning', { text }));
      return isReached;
    }
  }

  async #revoke({ id, sealed }: PendingRevocation): Promise<'revoked' | 'already-invalid'> {
    const { http, policy } = this.#ports;
    const grant = this.#open(id, sealed);
    const client = {
      endpoints: salesforceEndpoints(loginUrl(grant.loginUrl, policy)),
      clientId: grant.clientId,
      clientAuth: none(),
    };
    const outcome = await revoke(client, grant.token, { http, freshConnection: false, deadlineMs: REVOKE_DEADLINE_MS });
    if (outcome.kind === 'refused') throw refusalError('a superfluous grant', 'refresh-token', outcome);
    return outcome.kind;
  }
}

/** Where what revoking takes is sealed to. */
export function grantPlace(id: string): SealPlace {
  return { table: 'revocations', row: id, column: 'sealed', version: 1 };
}
