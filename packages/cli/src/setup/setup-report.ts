import { type AccessToken, fingerprint } from '@forcemint/core';
import { shellCommand, shellWord } from '../emulator/shell-command.ts';
import type { Output } from '../terminal/output.ts';
import { wrapped } from '../terminal/wrap.ts';
import type { Generated } from './generate.ts';
import type { SetupStep } from './setup-step.ts';

const INDENT = 4;

interface Made extends Generated {
  readonly name: string;
  readonly folder: string;
}

interface Todo {
  readonly text: string;
  /** Parts between which it may be broken. */
  readonly command?: readonly string[];
  readonly place?: string;
}

/** What a person reads: what was made, and what to do now, in order. */
export function setupText({ paint, stdout }: Output, made: Made): string {
  const { name, folder, plan, files, certificateEndsMs } = made;
  const { columns } = stdout;
  const margin = ' '.repeat(INDENT);
  const secrets = files.filter(({ isSecret }) => isSecret).map(({ path }) => path);
  const ends =
    certificateEndsMs === undefined ? [] : [`  certificate until ${new Date(certificateEndsMs).toISOString().slice(0, 10)}`];
  return [
    `${paint('green', '✔')} ${paint('bold', name)} is made, and what its org needs is in ${folder}`,
    `  app         ${plan.label} (${plan.name})`,
    ...(secrets.length === 0 ? [] : [`  secret      ${secrets.join(', ')}`]),
    ...ends,
    '',
    'Now:',
    ...todos(made).flatMap(({ text, command, place }, index) => [
      `${String(index + 1).padStart(2)}. ${wrapped(text, INDENT, columns)}`,
      ...(command === undefined ? [] : [`${margin}${shellCommand(command, columns, INDENT)}`]),
      ...(place === undefined ? [] : [`${margin}${paint('dim', wrapped(place, INDENT, columns))}`]),
    ]),
  ].join('\n');
}

function todos({ name, folder, plan, orgKind, deploy, steps }: Made): readonly Todo[] {
  const isLogin = plan.grant === 'authorization-code';
  const isBefore = ({ id }: SetupStep): boolean => id === 'check-run-as-user';
  return [
    ...steps.filter(isBefore).map(todoOf),
    {
      text: `Deploy the app${orgKind === 'site' ? ' to the org that has the site' : ''}:`,
      command: [`cd ${shellWord(folder)} &&`, ...deploy.split(/ (?=--|&&)/)],
    },
    ...steps.filter((step) => !isBefore(step)).map(todoOf),
    { text: isLogin ? `Log in: forcemint login ${name}` : `See it work: forcemint setup ${name} --prove` },
  ];
}

function todoOf({ text, command, setup, link }: SetupStep): Todo {
  return {
    text,
    ...(command !== undefined && { command }),
    ...(setup !== undefined && { place: link === undefined ? setup : `${setup}   ${link}` }),
  };
}

/** The same for programs; no secret is in it. */
export function setupDocument(of: {
  readonly name: string;
  readonly folder: string;
  readonly made: Generated | undefined;
  readonly token: AccessToken | undefined;
}): unknown {
  const { name, folder, made, token } = of;
  return {
    connection: name,
    ...(made !== undefined && {
      folder,
      app: made.plan.name,
      client_id: made.plan.consumerKey,
      files: made.files.map(({ path, isSecret }) => ({ path, secret: isSecret })),
      certificate_ends_at: made.certificateEndsMs === undefined ? null : Math.floor(made.certificateEndsMs / 1000),
      deploy: made.deploy,
      steps: made.steps.map(({ id, text, setup, link, why, command }) => ({
        id,
        text,
        setup: setup ?? null,
        link: link ?? null,
        command: command?.join(' ') ?? null,
        why,
      })),
    }),
    pre_approval_url: made?.preApprovalUrl ?? null,
    proved:
      token === undefined
        ? null
        : { fingerprint: fingerprint(token.value), instance_url: token.instanceUrl, expires_at: token.expiresAt },
  };
}
