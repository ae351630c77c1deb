import { join } from 'node:path';
import { loginUrlPattern, type OrgKind, type RemainingStep, type StepId } from '@forcemint/setup';
import { shellWord } from '../emulator/shell-command.ts';
import type { CredentialFile } from './credential-files.ts';

/** Something that is left to do once the app is deployed: in Setup, or with this program. */
export interface SetupStep {
  readonly id: StepId | 'move-connection';
  readonly text: string;
  /** Absent where it is not done in Setup. */
  readonly setup?: string;
  /** Address of that place, where it is known. */
  readonly link?: string;
  readonly why: string;
  /** Of this program: its parts, between which it may be broken, quoted for a shell. */
  readonly command?: readonly string[];
}

/** The connection that is made, and where its credentials lie. */
export interface Prepared {
  readonly name: string;
  readonly orgKind: OrgKind;
  readonly folder: string;
  readonly files: readonly CredentialFile[];
}

/** Whether the connection is made at a login host that orgs share, and must leave it. */
export function movesConnection(steps: readonly RemainingStep[]): boolean {
  return steps.some(({ id }) => id === 'find-login-url');
}

/** The steps that the Salesforce CLI does not do; once the login URL is found, the connection is moved to it. */
export function setupSteps(steps: readonly RemainingStep[], prepared: Prepared): readonly SetupStep[] {
  return steps
    .filter(({ command }) => command === undefined)
    .flatMap(({ command: _none, ...step }) => (step.id === 'find-login-url' ? [step, moveStep(prepared)] : [step]));
}

function moveStep({ name, orgKind, folder, files }: Prepared): SetupStep {
  const given = files.map(({ flag, path }) => `${flag} ${shellWord(join(folder, path))}`);
  return {
    id: 'move-connection',
    text: 'Move the connection to that login URL:',
    why: 'It was made at a login host that orgs share. A move discards the secrets of a connection unless they are given again.',
    command: [`forcemint update ${name}`, `--login-url ${loginUrlPattern(orgKind)}`, ...given],
  };
}
