import { type KeyObject, X509Certificate } from 'node:crypto';
import type { BlockList } from 'node:net';
import type { AppConfig } from '../config/config.ts';
import type { AppKind } from './app-kind.ts';
import { readIpRanges } from './ip-ranges.ts';
import type { IpRelaxation } from './ip-rules.ts';
import { opaqueText, type Random } from './opaque-text.ts';
import { parseRefreshTokenPolicy, type RefreshTokenPolicy } from './refresh-token-policy.ts';

/** An External Client App or connected app of the org, with every setting decided. */
export interface App {
  readonly name: string;
  readonly kind: AppKind;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly isPublic: boolean;
  readonly scopes: readonly string[];
  readonly callbackUrls: readonly string[];
  readonly certificate: { readonly publicKey: KeyObject; readonly validToMs: number } | undefined;
  readonly isConsumerSecretOptional: boolean;
  readonly isSecretRequiredForRefreshToken: boolean;
  readonly isPkceRequired: boolean;
  readonly isRefreshTokenRotationEnabled: boolean;
  readonly isAdminApproved: boolean;
  readonly approvedUsers: readonly string[] | undefined;
  readonly isClientCredentialEnabled: boolean;
  readonly oauthClientCredentialUser: string | undefined;
  readonly isIntrospectAllTokens: boolean;
  readonly refreshTokenPolicy: RefreshTokenPolicy;
  readonly sessionTimeoutMs: number | undefined;
  /** undefined: access tokens are opaque. */
  readonly jwtAccessToken: { readonly lifetimeMs: number | undefined } | undefined;
  readonly ipRelaxation: IpRelaxation;
  readonly tokenIpRanges: BlockList | undefined;
  readonly idToken: {
    readonly lifetimeSeconds: number;
    readonly audiences: readonly string[];
    readonly hasStandardClaims: boolean;
  };
  readonly activeFromMs: number;
  readonly modifiedAtMs: number;
}

/** The settings of an app that can be changed while the emulator runs. */
export type AppSettings = Partial<Omit<AppConfig, 'clientId' | 'clientSecret' | 'certificate' | 'public' | 'username'>>;

/** What {@link createApp} needs besides the configuration. */
export interface AppContext {
  readonly random: Random;
  readonly nowMs: number;
  /** PEM of the certificate for `certificate: true`. */
  readonly generatedCertificate: string | undefined;
}

export function createApp(name: string, config: AppConfig, context: AppContext): App {
  const isPublic = config.public ?? false;
  const pem = config.certificate === true ? context.generatedCertificate : config.certificate;
  const policy = parseRefreshTokenPolicy(config.refreshTokenPolicy ?? 'infinite', config.isEnforceRefreshTokenTTL ?? false);
  if (policy === undefined) throw new TypeError(`apps.${name}.refreshTokenPolicy: not a refresh token policy`);
  return {
    name,
    kind: config.kind ?? 'connected-app',
    clientId: config.clientId ?? `3MVG9EMU.${opaqueText(context.random, 57)}`,
    clientSecret: config.clientSecret ?? `e0e0${Buffer.from(context.random(30)).toString('hex')}`,
    isPublic,
    scopes: config.scopes.map((scope) => (scope === 'offline_access' ? 'refresh_token' : scope)),
    callbackUrls: config.callbackUrls ?? [],
    certificate: typeof pem === 'string' ? readCertificate(pem) : undefined,
    isConsumerSecretOptional: config.isConsumerSecretOptional ?? isPublic,
    isSecretRequiredForRefreshToken: config.isSecretRequiredForRefreshToken ?? !isPublic,
    isPkceRequired: config.isPkceRequired ?? false,
    isRefreshTokenRotationEnabled: config.isRefreshTokenRotationEnabled ?? false,
    isAdminApproved: config.isAdminApproved ?? false,
    approvedUsers: config.approvedUsers?.map((username) => username.toLowerCase()),
    isClientCredentialEnabled: config.isClientCredentialEnabled ?? false,
    oauthClientCredentialUser: config.oauthClientCredentialUser,
    isIntrospectAllTokens: config.isIntrospectAllTokens ?? false,
    refreshTokenPolicy: policy,
    sessionTimeoutMs: minutesToMs(config.sessionTimeoutMinutes),
    jwtAccessToken:
      config.isNamedUserJwtEnabled === true ? { lifetimeMs: minutesToMs(config.namedUserJwtTimeoutMinutes) } : undefined,
    ipRelaxation: config.ipRelaxation ?? 'ENFORCE',
    tokenIpRanges: readIpRanges(config.tokenIpRanges),
    idToken: {
      lifetimeSeconds: (config.idTokenValidityMinutes ?? 2) * 60,
      audiences: config.idTokenAudiences ?? [],
      hasStandardClaims: config.idTokenIncludeStandardClaims ?? true,
    },
    activeFromMs: context.nowMs + (config.propagationDelaySeconds ?? 0) * 1000,
    modifiedAtMs: context.nowMs,
  };
}

function minutesToMs(minutes: number | undefined): number | undefined {
  return minutes === undefined ? undefined : minutes * 60_000;
}

function readCertificate(pem: string): { publicKey: KeyObject; validToMs: number } {
  const certificate = new X509Certificate(pem);
  return { publicKey: certificate.publicKey, validToMs: certificate.validToDate.getTime() };
}

/** The apps of the org: by name for the one who runs the emulator, by consumer key for its clients. */
export class Apps {
  readonly #byName = new Map<string, App>();
  readonly #byClientId = new Map<string, App>();

  set(app: App): void {
    this.#byName.set(app.name, app);
    this.#byClientId.set(app.clientId, app);
  }

  named(name: string): App | undefined {
    return this.#byName.get(name);
  }

  /** The app with that consumer key, once its propagation delay is over. */
  find(clientId: string, nowMs: number): App | undefined {
    const app = this.#byClientId.get(clientId);
    return app !== undefined && app.activeFromMs <= nowMs ? app : undefined;
  }

  all(): App[] {
    return [...this.#byName.values()];
  }
}
