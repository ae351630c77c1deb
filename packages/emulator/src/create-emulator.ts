import { type App, type AppSettings, createApp } from './apps.ts';
import { Clock } from './clock.ts';
import type { AppConfig } from './config.ts';
import { withDefaults } from './config-defaults.ts';
import { validateConfig, validateReferences } from './config-validation.ts';
import { CONTROL_PREFIX, control } from './control/control.ts';
import { type EmulatorOptions, validateOptions } from './emulator-options.ts';
import { type FaultSpec, Faults } from './faults.ts';
import { type Hosts, openHosts } from './hosts.ts';
import { send, sendDefect } from './http-listener.ts';
import { type KeyFiles, writeKeyFiles } from './key-files.ts';
import { orderKeyPairs } from './key-pair-supply.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import { pooledRandom, type Random } from './opaque-text.ts';
import { type GrantSpec, Operations, type RevokeSpec } from './operations.ts';
import { Org } from './org.ts';
import { Pauses } from './pauses.ts';
import type { ReadyApp, ReadyLine } from './ready-line.ts';
import { Service } from './service.ts';
import type { Switches } from './switches.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** Origin of the login host. */
  readonly loginUrl: string;
  /** Origin of the org's My Domain. */
  readonly myDomainUrl: string;
  /** Origin of the control interface, below `/_emulator/`. */
  readonly controlUrl: string;
  readonly ready: ReadyLine;
  /** Every token request so far, oldest first; those after `afterSeq` only. */
  ledger(afterSeq?: number): LedgerEntry[];
  fault(spec: FaultSpec): void;
  clearFaults(): void;
  advanceClock(seconds: number): void;
  /** Refresh tokens without a browser. */
  grant(spec: GrantSpec): string[];
  /** Returns how many tokens were revoked. */
  revoke(spec: RevokeSpec): number;
  setSwitches(switches: Partial<Switches>): void;
  /** Changes settings of an app: scopes, rotation, policies. */
  configureApp(name: string, settings: AppSettings): void;
  setUserActive(username: string, isActive: boolean): void;
  close(): Promise<void>;
}

/**
 * Starts a local Salesforce: login host and My Domain on loopback, synthetic users and apps.
 *
 * @throws {TypeError} when an option or the configuration is wrong, naming the place
 * @throws {EmulatorListenError} when a port is taken
 * @throws {EmulatorCaFileError} when the CA certificate can't be written
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  validateOptions(options);
  const { config = {} } = options;
  validateConfig(config);
  const resolved = withDefaults(config);
  validateReferences(resolved);
  const random = options.random ?? pooledRandom();
  const clock = new Clock(options.clock);

  const keyPairs = orderKeyPairs();
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder());
  const hosts = starting.use(await openHosts(options, folder.path, random));
  const keyFiles = await writeKeyFiles(folder.path, await keyPairs.apps, clock.now(), random);
  const audiences = [...resolved.audiences, ...hosts.otherOrigins];
  const org = new Org({ ...resolved, audiences }, { clock, random, origins: hosts.origins, signingKey: keyPairs.signing });
  for (const [name, app] of Object.entries(resolved.apps)) {
    org.apps.set(createApp(name, app, { random, nowMs: clock.now(), generatedCertificate: keyFiles.certificate }));
  }
  return start(org, hosts, keyFiles, resolved, random, starting.move());
}

function start(
  org: Org,
  hosts: Hosts,
  keyFiles: KeyFiles,
  config: ReturnType<typeof withDefaults>,
  random: Random,
  resources: AsyncDisposableStack,
): Emulator {
  const ledger = new Ledger(config.ledgerLimit);
  const faults = new Faults();
  const pauses = new Pauses();
  const service = new Service(org, ledger, faults, pauses);
  const operations = new Operations(org, ledger, faults, random, config.apps);
  const { login: loginUrl, mydomain: myDomainUrl } = org.origins;
  const ready: ReadyLine = {
    ready: true,
    loginUrl,
    myDomainUrl,
    controlUrl: loginUrl,
    ...(hosts.caFile === undefined ? {} : { caFile: hosts.caFile }),
    org: { id: org.id, name: org.settings.name },
    users: org.users.all().map(({ id, username, password }) => ({ id, username, password })),
    apps: Object.fromEntries(org.apps.all().map((app) => [app.name, readyApp(app, config.apps[app.name], keyFiles, org)])),
  };
  for (const listener of hosts.listeners) {
    listener.onArrival = (arrival) => {
      const { request, response } = arrival;
      if (request.host === 'login' && request.path.startsWith(CONTROL_PREFIX)) {
        send(response, control(operations, ready, request));
      } else {
        response.setHeader('date', new Date(org.now()).toUTCString());
        service.serve(arrival).catch((error: unknown) => sendDefect(response, error));
      }
    };
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    const closed = resources.disposeAsync();
    // After the connections are gone: nobody gets a delayed answer early.
    pauses.end();
    return closed;
  };
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };
  return {
    loginUrl,
    myDomainUrl,
    controlUrl: loginUrl,
    ready,
    ledger: (afterSeq) => operations.ledger(afterSeq),
    fault: (spec) => operations.fault(spec),
    clearFaults: () => operations.clearFaults(),
    advanceClock: (seconds) => operations.advanceClock(seconds),
    grant: (spec) => operations.grant(spec),
    revoke: (spec) => operations.revoke(spec),
    setSwitches: (switches) => operations.setSwitches(switches),
    configureApp: (name, settings) => operations.configureApp(name, settings),
    setUserActive: (username, isActive) => operations.setUserActive(username, isActive),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function readyApp(app: App, config: AppConfig | undefined, keyFiles: KeyFiles, org: Org): ReadyApp {
  const username = config?.username ?? config?.oauthClientCredentialUser ?? org.users.all()[0]?.username;
  return {
    clientId: app.clientId,
    ...(app.isPublic ? {} : { clientSecret: app.clientSecret }),
    ...(config?.certificate === true
      ? { privateKeyFile: keyFiles.privateKeyFile, certificateFile: keyFiles.certificateFile }
      : {}),
    ...(app.callbackUrls.length === 0 ? {} : { redirectUris: app.callbackUrls }),
    ...(username === undefined ? {} : { username }),
    scopes: app.scopes,
  };
}
