import { randomBytes } from 'node:crypto';
import type { NewConnection } from '@forcemint/core';
import {
  type AppPlan,
  createKeyPair,
  deployCommand,
  newConsumerKey,
  planApp,
  projectFiles,
  type RemainingStep,
  remainingSteps,
} from '@forcemint/setup';
import { UsageError } from '../usage-error.ts';
import type { SetupAnswers } from './answers.ts';
import type { FolderFile } from './folder.ts';

const SHARED_LOGIN = { production: 'login', developer: 'login', sandbox: 'test', scratch: 'test' } as const;
const DEFAULT_CALLBACK = 'http://localhost:1717/OauthRedirect';

/** What the flags are called where the app is planned. */
const FLAGS: Readonly<Record<string, string>> = {
  alias: '--target-org',
  callbackUrls: '--callback-url',
  contactEmail: '--email',
  days: '--days',
  label: '--label',
  runAsUsername: '--username',
};

/** Everything that is made for one connection, before any of it is written. */
export interface Generated {
  readonly plan: AppPlan;
  readonly files: readonly FolderFile[];
  readonly connection: NewConnection;
  /** To be run in the folder: deploys, and does whatever else the Salesforce CLI can. */
  readonly deploy: string;
  readonly steps: readonly RemainingStep[];
  /** When the certificate ends, in epoch milliseconds. */
  readonly certificateEndsMs: number | undefined;
}

export interface GenerateOptions {
  readonly name: string;
  readonly callbackUrl: string | undefined;
  readonly days: number | undefined;
  readonly targetOrg: string | undefined;
  readonly nowMs: number;
}

/** @throws UsageError for what Salesforce would refuse */
export async function generate(answers: SetupAnswers, options: GenerateOptions): Promise<Generated> {
  try {
    return await made(answers, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.replace(/^\w+/, (word) => FLAGS[word] ?? word));
  }
}

async function made(answers: SetupAnswers, options: GenerateOptions): Promise<Generated> {
  const { grant, orgKind, app: kind, label, email, username } = answers;
  const { name, nowMs, days, targetOrg } = options;
  const isSigned = grant === 'jwt-bearer';
  const keys = isSigned ? await createKeyPair({ commonName: `Forcemint ${name}`, days, nowMs }) : undefined;
  const consumerKey = newConsumerKey(randomBytes);
  const consumerSecret = isSigned ? undefined : newConsumerKey(randomBytes);
  const callbackUrl = options.callbackUrl ?? DEFAULT_CALLBACK;
  const isApproved = grant !== 'authorization-code';
  const plan = planApp({
    label,
    contactEmail: email,
    kind,
    grant,
    consumerKey,
    consumerSecret,
    certificatePem: keys?.certificatePem,
    callbackUrls: isApproved ? undefined : [callbackUrl],
    permissionSet: isApproved ? `Forcemint_${name.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}_Users` : undefined,
    runAsUsername: grant === 'client-credentials' ? username : undefined,
  });
  const loginUrl = answers.loginUrl ?? `https://${SHARED_LOGIN[orgKind]}.salesforce.com`;
  const steps = remainingSteps(plan, { orgKind, host: hostOf(answers.loginUrl), username });
  return {
    plan,
    files: [
      ...projectFiles(plan),
      ...(keys === undefined
        ? []
        : [
            { path: `${name}.key`, content: keys.privateKeyPem, isSecret: true, isKey: true },
            { path: `${name}.crt`, content: keys.certificatePem, isSecret: false },
          ]),
    ],
    connection: {
      settings: {
        grant,
        loginUrl,
        clientId: consumerKey,
        ...(grant !== 'client-credentials' && username !== undefined && { username }),
        ...(grant === 'authorization-code' && { redirectUris: [callbackUrl] }),
        ...(keys !== undefined && { certificate: keys.certificatePem }),
      },
      secrets: keys === undefined ? { clientSecret: consumerSecret } : { privateKey: keys.privateKeyPem },
    },
    deploy: [deployCommand(plan, targetOrg), ...commandsOf(steps, targetOrg)].join(' && '),
    steps: steps.filter(({ command }) => command === undefined),
    certificateEndsMs: keys?.notAfterMs,
  };
}

/** What the Salesforce CLI does besides, of the same org. */
function commandsOf(steps: readonly RemainingStep[], targetOrg: string | undefined): readonly string[] {
  const org = targetOrg === undefined ? '' : ` --target-org ${targetOrg}`;
  return steps.flatMap(({ command }) => (command === undefined ? [] : [`${command}${org}`]));
}

/** Of a login URL on the internet; an emulator’s leads to no Setup. */
function hostOf(loginUrl: string | undefined): string | undefined {
  if (loginUrl === undefined || !URL.canParse(loginUrl)) return undefined;
  const { protocol, hostname } = new URL(loginUrl);
  return protocol === 'https:' && hostname.includes('.') ? hostname : undefined;
}
