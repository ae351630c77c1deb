import type { AppConfig } from '../config/config.ts';
import type { ResolvedConfig } from '../config/config-defaults.ts';
import { Operations } from '../control/operations.ts';
import { Faults } from '../faults/faults.ts';
import { Pauses } from '../faults/pauses.ts';
import { Ledger } from '../ledger/ledger.ts';
import { RequestLog } from '../ledger/request-log.ts';
import { Service } from '../service.ts';
import { createApp } from './apps.ts';
import { Org, type OrgEnvironment } from './org.ts';

/** Everything that requests and operations change. It is never mended, only made anew, so that nothing can be left over. */
export interface RunningOrg {
  readonly org: Org;
  readonly pauses: Pauses;
  readonly requests: RequestLog;
  readonly service: Service;
  readonly operations: Operations;
}

/** What stays the same from one running org to the next. */
export interface OrgBlueprint {
  readonly config: ResolvedConfig;
  readonly environment: OrgEnvironment;
  /** PEM of the certificate for `certificate: true`. */
  readonly certificate: string;
}

/** @param reset begins anew */
export function runOrg(blueprint: OrgBlueprint, reset: () => void): RunningOrg {
  const { config, environment, certificate } = blueprint;
  const { random } = environment;
  const org = new Org(config, environment);
  for (const [name, app] of Object.entries(config.apps)) {
    org.apps.set(createApp(name, app, { random, nowMs: org.createdAtMs, generatedCertificate: certificate }));
  }
  const ledger = new Ledger(config.ledgerLimit);
  const requests = new RequestLog(config.requestLogLimit);
  const faults = new Faults();
  const pauses = new Pauses();
  return {
    org,
    pauses,
    requests,
    service: new Service(org, ledger, faults, pauses),
    operations: new Operations(org, { ledger, requests }, faults, random, config.apps, reset),
  };
}

/** The same blueprint with the consumer keys and secrets that were generated for a running org. */
export function withCredentialsOf(blueprint: OrgBlueprint, org: Org): OrgBlueprint {
  const apps = Object.entries(blueprint.config.apps).map(([name, app]): [string, AppConfig] => {
    const { clientId, clientSecret } = org.apps.named(name) ?? {};
    return [
      name,
      { ...app, ...(clientId === undefined ? {} : { clientId }), ...(clientSecret === undefined ? {} : { clientSecret }) },
    ];
  });
  return { ...blueprint, config: { ...blueprint.config, apps: Object.fromEntries(apps) } };
}
