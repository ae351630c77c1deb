import { randomBytes } from 'node:crypto';
import type { NewConnection } from '@forcemint/core';
import {
  type AppPlan,
  createKeyPair,
  deployCommand,
  newConsumerKey,
  type OrgKind,
  planApp,
  preApprovalUrl,
  projectFiles,
  type RemainingStep,
  remainingSteps,
  sharedLoginUrl,
} from '@forcemint/setup';
import { UsageError } from '../usage-error.ts';
import type { SetupAnswers } from './answers.ts';
import { credentialFiles } from './credential-files.ts';
import type { FolderFile } from './folder.ts';
import { movesConnection, type SetupStep, setupSteps } from './setup-step.ts';

const DEFAULT_CALLBACK = 'http://localhost:1717/OauthRedirect';

/** What the flags are called where the app is planned. */
const FLAGS: Readonly<Record<string, string>> = {
  alias: '--target-org',
  callbackUrls: '--callback-url',
  contactEmail: '--email',
  days: '--days',
  label: '--label',
  loginUrl: '--login-url',
  runAsUsername: '--username',
};

/** Everything that is made for one connection, before any of it is written. */
export interface Generated {
  readonly plan: AppPlan;
  readonly orgKind: OrgKind;
  readonly files: readonly FolderFile[];
  readonly connection: NewConnection;
  /** To be run in the folder: deploys, and does whatever else the Salesforce CLI can. */
  readonly deploy: string;
  readonly steps: readonly SetupStep[];
  /** Where the user approves the app, once; `undefined` where nobody has to, or where the login URL is still to be found. */
  readonly preApprovalUrl: string | undefined;
  /** When the certificate ends, in epoch milliseconds. */
  readonly certificateEndsMs: number | undefined;
}

export interface GenerateOptions {
  readonly name: string;
  /** Where the files will be. */
  readonly folder: string;
  readonly callbackUrl: string | undefined;
  readonly days: number | undefined;
  readonly targetOrg: string | undefined;
  readonly nowMs: number;
}

/** @throws UsageError for what Salesforce would refuse */
export async function generate(answers: SetupAnswers, options: GenerateOptions): Promise<Generated> {
  return inWordsOfFlags(() => made(answers, options));
}

/** What the package refuses, in words of the command line. @throws UsageError */
export async function inWordsOfFlags<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.replace(/^\w+/, (word) => FLAGS[word] ?? word));
  }
}

async function made(answers: SetupAnswers, options: GenerateOptions): Promise<Generated> {
  const { grant, orgKind, username } = answers;
  const { name, folder, nowMs, days, targetOrg, callbackUrl = DEFAULT_CALLBACK } = options;
  const isSigned = grant === 'jwt-bearer';
  const keys = isSigned ? await createKeyPair({ commonName: `Forcemint ${name}`, days, nowMs }) : undefined;
  const consumerKey = newConsumerKey(randomBytes);
  const consumerSecret = isSigned ? undefined : newConsumerKey(randomBytes);
  const plan = planApp({
    label: answers.label,
    contactEmail: answers.email,
    kind: answers.app,
    grant,
    consumerKey,
    consumerSecret,
    certificatePem: keys?.certificatePem,
    callbackUrls: grant === 'authorization-code' ? [callbackUrl] : undefined,
    ...accessOf(answers, name),
    runAsUsername: grant === 'client-credentials' ? username : undefined,
  });
  const loginUrl = answers.loginUrl ?? sharedLoginUrl(orgKind);
  const remaining = remainingSteps(plan, { orgKind, loginUrl, username });
  const moves = movesConnection(remaining);
  const beside = credentialFiles(name, { keys, consumerSecret: moves ? consumerSecret : undefined });
  const isApprovedByUser = isSigned && answers.selfAuthorize && !moves && loginUrl !== undefined;
  return {
    plan,
    orgKind,
    files: [...projectFiles(plan), ...beside],
    connection: {
      settings: {
        grant,
        loginUrl,
        clientId: consumerKey,
        appKind: answers.app,
        ...(grant !== 'client-credentials' && username !== undefined && { username }),
        ...(grant === 'authorization-code' && { redirectUris: [callbackUrl] }),
        ...(keys !== undefined && { certificate: keys.certificatePem }),
      },
      secrets: keys === undefined ? { clientSecret: consumerSecret } : { privateKey: keys.privateKeyPem },
    },
    deploy: [deployCommand(plan, targetOrg), ...commandsOf(remaining, targetOrg)].join(' && '),
    steps: setupSteps(remaining, { name, orgKind, folder, files: beside }),
    preApprovalUrl: isApprovedByUser ? preApprovalUrl(plan, loginUrl) : undefined,
    certificateEndsMs: keys?.notAfterMs,
  };
}

/** Who may use the app: those who approve it themselves, or those who have its permission set. */
function accessOf({ selfAuthorize }: SetupAnswers, name: string): Pick<AppPlan, 'permittedUsers' | 'permissionSet'> {
  if (selfAuthorize) return { permittedUsers: 'self-authorize' };
  const permissionSet = `Forcemint_${name.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}_Users`;
  return { permittedUsers: 'admin-approved', permissionSet };
}

/** What the Salesforce CLI does besides, of the same org. */
function commandsOf(steps: readonly RemainingStep[], targetOrg: string | undefined): readonly string[] {
  const org = targetOrg === undefined ? '' : ` --target-org ${targetOrg}`;
  return steps.flatMap(({ command }) => (command === undefined ? [] : [`${command}${org}`]));
}
