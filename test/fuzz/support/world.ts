import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createEmulator, type Emulator, type EmulatorConfig, type ReadyApp } from '@forcemint/emulator';
import { seededBytes } from './runs.ts';
import { get, type Host, postForm, Wire } from './wire.ts';

export const CALLBACK = 'http://localhost:23456/callback';
export const WEB_CALLBACK = 'https://client.example/callback?tenant=1';
export const APP_CALLBACK = 'com.example.app:/oauth';
export const VERIFIER = 'synthetic-code-verifier.0123456789~abcdefghij';
export const CODE_LIFETIME_MS = 900_000;

export const USERS = {
  admin: { username: 'admin@emulator.example', password: 'synthetic password: one' },
  person: { username: 'person@emulator.example', password: 'synthetic password: two' },
  gone: { username: 'gone@emulator.example', password: 'synthetic password: three', isActive: false },
} as const;
export type UserName = keyof typeof USERS;

const SCOPES = ['api', 'web', 'refresh_token', 'openid', 'id'];
const CALLBACKS = ['http://localhost:*/callback', 'http://127.0.0.1:*', WEB_CALLBACK, APP_CALLBACK];
const ADMIN_ONLY = { isAdminApproved: true, approvedUsers: [USERS.admin.username] };

const APPS = {
  web: { scopes: SCOPES, callbackUrls: CALLBACKS, certificate: true },
  other: { scopes: SCOPES, callbackUrls: CALLBACKS },
  rotating: {
    public: true,
    scopes: SCOPES,
    callbackUrls: CALLBACKS,
    isPkceRequired: true,
    isRefreshTokenRotationEnabled: true,
  },
  secretOptional: {
    scopes: SCOPES,
    callbackUrls: CALLBACKS,
    isConsumerSecretOptional: true,
    isSecretRequiredForRefreshToken: false,
  },
  adminOnly: { scopes: SCOPES, callbackUrls: CALLBACKS, ...ADMIN_ONLY },
  jwt: { scopes: ['api', 'refresh_token'], certificate: true, ...ADMIN_ONLY },
  jwtUnapproved: { scopes: ['api', 'refresh_token'], certificate: true },
  machine: {
    scopes: ['api', 'id'],
    isClientCredentialEnabled: true,
    oauthClientCredentialUser: USERS.person.username,
    callbackUrls: [CALLBACK],
  },
  machineOff: { scopes: ['api', 'id'], oauthClientCredentialUser: USERS.person.username },
} as const;
export type AppName = keyof typeof APPS;
export const APP_NAMES = Object.keys(APPS) as AppName[];

const CONFIG: EmulatorConfig = { users: Object.values(USERS), apps: APPS, switches: { processingMs: 0 } };

export interface CodeFacts {
  readonly app: AppName;
  readonly user: UserName;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly issuedAtMs: number;
  isSpent: boolean;
}

/** Refresh tokens that came of one approval. */
export interface Family {
  readonly app: AppName;
  readonly user: UserName;
  current: string;
  isAlive: boolean;
}

/** An emulator whose clock stands still, and what the test knows of the credentials in it. */
export class World implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly wire: Wire;
  readonly appKey: KeyObject;
  readonly foreignKey: KeyObject = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  readonly codes = new Map<string, CodeFacts>();
  readonly families = new Map<string, Family>();
  readonly assertions = new Map<string, AssertionFacts>();
  readonly seenJwtIds = new Set<string>();
  /** All that must never be seen in the ledger. */
  readonly secrets = new Set<string>();
  nowMs: number;
  /** Up to here the ledger has been looked at. */
  ledgerSeq = 0;
  readonly #cookies = new Map<UserName, string>();

  private constructor(emulator: Emulator, nowMs: number) {
    this.emulator = emulator;
    this.nowMs = nowMs;
    this.wire = new Wire(emulator);
    this.appKey = createPrivateKey(readFileSync(this.app('jwt').privateKeyFile ?? ''));
    for (const { password } of Object.values(USERS)) this.secrets.add(password);
    for (const name of APP_NAMES) this.secrets.add(this.app(name).clientSecret ?? VERIFIER);
    this.secrets.add(VERIFIER);
  }

  static async start(): Promise<World> {
    const nowMs = Date.now();
    let world: World | undefined;
    // The org is older than anything in it that is to be too old.
    const clock = (): number => world?.nowMs ?? nowMs - 86_400_000;
    world = new World(await createEmulator({ config: CONFIG, clock, random: seededBytes() }), nowMs);
    return world;
  }

  app(name: AppName): ReadyApp {
    const app = this.emulator.ready.apps[name];
    if (app === undefined) throw new Error(`no app ${name}`);
    return app;
  }

  appOf(clientId: string | undefined): AppName | undefined {
    return APP_NAMES.find((name) => this.app(name).clientId === clientId);
  }

  origin(host: Host): string {
    return host === 'login' ? this.emulator.loginUrl : this.emulator.myDomainUrl;
  }

  /** Does something at another time. */
  async at<T>(nowMs: number, act: () => Promise<T>): Promise<T> {
    const before = this.nowMs;
    this.nowMs = nowMs;
    try {
      return await act();
    } finally {
      this.nowMs = before;
    }
  }

  /** The cookie of a browser in which that user has logged in. */
  async cookie(user: Exclude<UserName, 'gone'>): Promise<string> {
    const known = this.#cookies.get(user);
    if (known !== undefined) return known;
    const page = await this.wire.send(get('login', this.authorizeTarget('web')));
    const answer = await this.wire.send(postForm('login', '/login', { transaction: transactionIn(page.text), ...USERS[user] }));
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
    if (cookie === undefined) throw new Error(`no cookie: ${answer.status} ${answer.text}`);
    this.#cookies.set(user, cookie);
    this.secrets.add(cookie.slice(cookie.indexOf('=') + 1));
    return cookie;
  }

  authorizeTarget(app: AppName, changes: Readonly<Record<string, string>> = {}): string {
    const { clientId } = this.app(app);
    const form = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: CALLBACK,
      ...changes,
    };
    return `/services/oauth2/authorize?${new URLSearchParams(form)}`;
  }

  async newCode(app: AppName, user: Exclude<UserName, 'gone'>, challenge: string | undefined): Promise<string> {
    const cookie = [['cookie', await this.cookie(user)]] as const;
    const issuedAtMs = this.nowMs;
    const target = this.authorizeTarget(app, challenge === undefined ? {} : { code_challenge: challenge });
    let answer = await this.wire.send(get('login', target, cookie));
    if (answer.status === 200) {
      const form = { transaction: transactionIn(answer.text), decision: 'allow' };
      answer = await this.wire.send(postForm('login', '/setup/secur/RemoteAccessAuthorizationPage.apexp', form, cookie));
    }
    const code = new URL(answer.headers.location ?? 'none:').searchParams.get('code');
    if (code === null) throw new Error(`no code: ${answer.status} ${answer.headers.location} ${answer.text}`);
    this.codes.set(code, { app, user, redirectUri: CALLBACK, challenge, issuedAtMs, isSpent: false });
    this.secrets.add(code);
    return code;
  }

  newRefreshToken(app: AppName, user: UserName): string {
    const [token = ''] = this.emulator.grant({ app, user: USERS[user].username });
    this.addToFamily({ app, user, current: token, isAlive: true }, token);
    return token;
  }

  /** That token is the family's current one now. */
  addToFamily(family: Family, token: string): void {
    family.current = token;
    this.families.set(token, family);
    this.secrets.add(token);
  }

  async newAccessToken(app: AppName = 'web', user: UserName = 'admin'): Promise<string> {
    return (await this.#refresh(app, user))['access_token'] ?? '';
  }

  async newIdToken(app: AppName, user: UserName): Promise<string> {
    return (await this.#refresh(app, user))['id_token'] ?? '';
  }

  async #refresh(app: AppName, user: UserName): Promise<Record<string, string>> {
    const { clientId, clientSecret = '' } = this.app(app);
    const refreshToken = this.newRefreshToken(app, user);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId, client_secret: clientSecret };
    const answer = await this.wire.send(postForm('login', '/services/oauth2/token', form));
    const fields: Record<string, string> = JSON.parse(answer.text);
    for (const name of ['access_token', 'id_token']) {
      const token = fields[name];
      if (token === undefined) throw new Error(`no ${name}: ${answer.text}`);
      this.secrets.add(token);
    }
    return fields;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wire.close();
    await this.emulator.close();
  }
}

/** What a signed assertion is good for, as the one who signed it knows. */
export interface AssertionFacts {
  /** The user it logs in by the JWT bearer grant; undefined when it is not to be accepted. */
  readonly bearer: UserName | undefined;
  /** By an admin; else it depends on what the user approved before. */
  readonly isPreauthorized: boolean;
  /** The app that it proves as a client assertion. */
  readonly client: AppName | undefined;
  /** With the app that issued it. */
  readonly jwtId: string | undefined;
}

export function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function transactionIn(html: string): string {
  const transaction = /name="transaction" value="([^"]+)"/.exec(html)?.[1];
  if (transaction === undefined) throw new Error(`no form in: ${html}`);
  return transaction;
}
