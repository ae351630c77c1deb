import type {
  AccessToken,
  Administration,
  ConnectionStatus,
  CredentialFacts,
  Durations,
  EventRow,
  HandOver,
  Login,
  RenewOptions,
  TokenSource,
} from '@forcemint/core';

/** How Forcemint is opened; everything has a default. */
export interface OpenOptions {
  /** Folder for data and configuration; default `FORCEMINT_HOME`, else the platform's directories. */
  readonly home?: string;
  /** `sqlite:PATH`; default `FORCEMINT_STORE`, else `forcemint.db` in the data directory. */
  readonly store?: string;
  /** Exact origins trusted beyond Salesforce's own; added to those of `FORCEMINT_EXTRA_HOSTS`. */
  readonly extraHosts?: readonly string[];
  /** Where settings are read from. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lower some durations of the exchange; their order is checked. */
  readonly durations?: Partial<Durations>;
  /**
   * Renew without being asked, while this is open: tokens in use ahead of their expiry, refresh tokens before they were idle for too long, what dead
   * processes left behind. Default `true`; for processes that live longer than one token. It does not keep the process alive.
   */
  readonly renewAhead?: boolean;
  /**
   * Signals on which exchanges under way are finished and none is begun any more, before the signal ends the process; default none. Where the process
   * listens to the signal itself, that is left to it. An exchange takes at most `exchangeDeadlineMs`, 120 s: give the process as long to end.
   */
  readonly drainOn?: readonly NodeJS.Signals[];
  /** Told about what is not wrong enough to stop, e.g. a master key in an environment variable. Default: `process.emitWarning`. */
  readonly onWarning?: (text: string) => void;
}

/** An open store with everything that gets, keeps and renews its tokens. */
export interface Forcemint extends TokenSource, AsyncDisposable {
  readonly administration: Administration;
  readonly login: Login;
  readonly handOver: HandOver;
  /** One exchange now, whatever the token's age, within the budget. @throws AuthError */
  renew(connection: string, options?: RenewOptions): Promise<AccessToken>;
  /** What can be told of a connection's secrets without telling them. @throws ConfigurationError `connection_not_found`; StoreError `unsealing_failed` */
  credentials(connection: string): Promise<CredentialFacts>;
  /** @throws ConfigurationError `connection_not_found` */
  status(connection: string): Promise<ConnectionStatus>;
  /** Every connection, by name. */
  list(): Promise<readonly ConnectionStatus[]>;
  /** Newest first. @throws ConfigurationError `connection_not_found` */
  events(connection: string, limit?: number): Promise<readonly EventRow[]>;
  /** Begins no exchange any more and resolves when none is under way. Living tokens are handed out until then; disposing does the same first. */
  drain(): Promise<void>;
  /** Resolves when no exchange and nothing behind one is under way in this process: the moment at which it may end. */
  idle(): Promise<void>;
}
