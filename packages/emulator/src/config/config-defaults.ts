import type { AppConfig, ContactConfig, EmulatorConfig, LoginHistoryConfig, OrgConfig, UserConfig } from './config.ts';
import { DEFAULT_ACCOUNTS, DEFAULT_APPS, DEFAULT_CONTACTS, DEFAULT_ORG, DEFAULT_USERS } from './default-config.ts';
import { DEFAULT_SWITCHES, type Switches } from './switches.ts';

/** An {@link EmulatorConfig} with nothing left open. */
export interface ResolvedConfig {
  readonly org: Required<OrgConfig>;
  readonly users: readonly UserConfig[];
  readonly apps: Readonly<Record<string, AppConfig>>;
  readonly accounts: readonly string[];
  readonly contacts: readonly ContactConfig[];
  readonly loginHistory: readonly LoginHistoryConfig[];
  readonly audiences: readonly string[];
  readonly switches: Switches;
  readonly errorDescriptions: Readonly<Record<string, string | null>>;
  readonly errorStatuses: Readonly<Record<string, number>>;
  readonly corsOrigins: readonly string[];
  readonly ledgerLimit: number;
  readonly requestLogLimit: number;
}

export function withDefaults(config: EmulatorConfig): ResolvedConfig {
  return {
    org: { ...DEFAULT_ORG, ...config.org },
    users: config.users ?? DEFAULT_USERS,
    apps: config.apps ?? DEFAULT_APPS,
    accounts: config.accounts ?? DEFAULT_ACCOUNTS,
    contacts: config.contacts ?? (config.accounts === undefined ? DEFAULT_CONTACTS : []),
    loginHistory: config.loginHistory ?? [],
    audiences: config.audiences ?? [],
    switches: { ...DEFAULT_SWITCHES, ...config.switches },
    errorDescriptions: config.errorDescriptions ?? {},
    errorStatuses: config.errorStatuses ?? {},
    corsOrigins: config.corsOrigins ?? [],
    ledgerLimit: config.ledgerLimit ?? 100_000,
    requestLogLimit: config.requestLogLimit ?? 10_000,
  };
}
