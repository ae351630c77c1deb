import type { AppConfig, UserSettings } from './config/config.ts';
import { withDefaults } from './config/config-defaults.ts';
import { validateConfig, validateReferences } from './config/config-validation.ts';
import { type EmulatorOptions, validateOptions } from './config/emulator-options.ts';
import type { Switches } from './config/switches.ts';
import { CONTROL_PREFIX, control } from './control/control.ts';
import type { GrantSpec, RevokeSpec } from './control/operations.ts';
import type { ReadyApp, ReadyLine } from './control/ready-line.ts';
import type { FaultSpec, WaitingFault } from './faults/faults.ts';
import { grantType as JWT_BEARER } from './grants/jwt-bearer.ts';
import type { LedgerEntry } from './ledger/ledger.ts';
import type { RequestEntry } from './ledger/request-log.ts';
import { requireNode } from './node-version.ts';
import type { App, AppSettings } from './org/apps.ts';
import { Clock } from './org/clock.ts';
import { toId18 } from './org/ids.ts';
import { pooledRandom } from './org/opaque-text.ts';
import type { Org } from './org/org.ts';
import { type OrgBlueprint, runOrg, withCredentialsOf } from './org/running-org.ts';
import { SigningKeys } from './org/signing-keys.ts';
import type { RowDescription } from './rows/describe-rows.ts';
import { type Hosts, openHosts } from './server/hosts.ts';
import { send, sendDefect } from './server/http-listener.ts';
import { type KeyFiles, writeKeyFiles } from './server/key-files.ts';
import { orderKeyPairs } from './server/key-pair-supply.ts';
import { createTemporaryFolder } from './server/temporary-folder.ts';

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
  /** Every request to both hosts, the control interface aside, oldest first; those after `afterSeq` only. */
  requests(afterSeq?: number): RequestEntry[];
  fault(spec: FaultSpec): void;
  /** The faults that still wait, oldest first. */
  faults(): readonly WaitingFault[];
  clearFaults(): void;
  /** Every row that a fault can name, with the texts of this emulator. */
  rows(): RowDescription[];
  /**
   * Back to the state after the start: the same hosts, keys, apps and users, and nothing else. Requests that a fault
   * delays are answered at once, from the state before.
   */
  reset(): void;
  advanceClock(seconds: number): void;
  /** Refresh tokens without a browser. */
  grant(spec: GrantSpec): string[];
  /** Returns how many tokens were revoked. */
  revoke(spec: RevokeSpec): number;
  setSwitches(switches: Partial<Switches>): void;
  /** Changes settings of an app: scopes, rotation, policies. */
  configureApp(name: string, settings: AppSettings): void;
  /** Deactivates, freezes or restricts a user, or takes that back. */
  configureUser(username: string, settings: UserSettings): void;
  /** New keys for ID tokens and JWT access tokens; `/id/keys` lists the old ones as well. */
  rotateSigningKeys(): void;
  close(): Promise<void>;
}

/**
 * Starts a local Salesforce: login host and My Domain on loopback, synthetic users and apps.
 *
 * @throws {Error} before Node 24
 * @throws {TypeError} when an option or the configuration is wrong, naming the place
 * @throws {EmulatorListenError} when a port is taken
 * @throws {EmulatorCaFileError} when the CA certificate can't be written
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  requireNode(process.versions.node);
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
  const blueprint = {
    config: { ...resolved, audiences: [...resolved.audiences, ...hosts.otherOrigins] },
    environment: {
      clock,
      random,
      origins: hosts.origins,
      signingKeys: new SigningKeys(toId18(resolved.org.id), keyPairs.signing),
    },
    certificate: keyFiles.certificate,
  };
  return start(blueprint, hosts, keyFiles, starting.move());
}

function start(first: OrgBlueprint, hosts: Hosts, keyFiles: KeyFiles, resources: AsyncDisposableStack): Emulator {
  const { config } = first;
  const reset = (): void => {
    blueprint.environment.clock.reset();
    pauses.end();
    ({ org, pauses, requests, service, operations } = runOrg(blueprint, reset));
  };
  let { org, pauses, requests, service, operations } = runOrg(first, reset);
  const blueprint = withCredentialsOf(first, org);
  const { login: loginUrl, mydomain: myDomainUrl } = org.origins;
  const ready: ReadyLine = {
    ready: true,
    loginUrl,
    myDomainUrl,
    controlUrl: loginUrl,
    ...(hosts.caFile === undefined ? {} : { caFile: hosts.caFile }),
    org: { id: org.id, name: org.settings.name },
    get users() {
      return org.users.all().map(({ id, username, password }) => ({ id, username, password }));
    },
    get apps() {
      return Object.fromEntries(org.apps.all().map((app) => [app.name, readyApp(app, config.apps[app.name], keyFiles, org)]));
    },
  };
  for (const listener of hosts.listeners) {
    listener.serve((arrival) => {
      const { request, response } = arrival;
      if (request.host === 'login' && request.path.startsWith(CONTROL_PREFIX)) {
        send(response, control(operations, ready, request));
      } else {
        const ended = requests.open(request, arrival.startedAtMs);
        response.once('close', () => ended(response.headersSent ? response.statusCode : null));
        response.setHeader('date', new Date(org.now()).toUTCString());
        service.serve(arrival).catch((error: unknown) => sendDefect(response, error));
      }
    });
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
    requests: (afterSeq) => operations.requests(afterSeq),
    fault: (spec) => operations.fault(spec),
    faults: () => operations.faults(),
    clearFaults: () => operations.clearFaults(),
    rows: () => operations.rows(),
    reset,
    advanceClock: (seconds) => operations.advanceClock(seconds),
    grant: (spec) => operations.grant(spec),
    revoke: (spec) => operations.revoke(spec),
    setSwitches: (switches) => operations.setSwitches(switches),
    configureApp: (name, settings) => operations.configureApp(name, settings),
    configureUser: (username, settings) => operations.configureUser(username, settings),
    rotateSigningKeys: () => operations.rotateSigningKeys(),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function readyApp(app: App, config: AppConfig | undefined, keyFiles: KeyFiles, org: Org): ReadyApp {
  const username = config?.username ?? app.oauthClientCredentialUser ?? org.users.first(1)[0]?.username;
  return {
    clientId: app.clientId,
    ...(app.isPublic ? {} : { clientSecret: app.clientSecret }),
    ...(config?.certificate === true
      ? { privateKeyFile: keyFiles.privateKeyFile, certificateFile: keyFiles.certificateFile }
      : {}),
    grantTypes: grantTypes(app),
    ...(app.callbackUrls.length === 0 ? {} : { redirectUris: app.callbackUrls }),
    ...(username === undefined ? {} : { username }),
    scopes: app.scopes,
  };
}

/** JWT bearer where nobody must have allowed the app before. */
function grantTypes(app: App): string[] {
  return [
    ...(app.callbackUrls.length === 0 ? [] : ['authorization_code']),
    ...(app.isClientCredentialEnabled && app.oauthClientCredentialUser !== undefined ? ['client_credentials'] : []),
    ...(app.certificate !== undefined && app.isAdminApproved && app.scopes.includes('refresh_token') ? [JWT_BEARER] : []),
  ];
}
