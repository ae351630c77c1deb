import { type ConnectionStatus, usesRefreshToken } from '@forcemint/core';
import { shellWord } from '../../emulator/shell-command.ts';
import type { Output } from '../../terminal/output.ts';
import type { PostmanExport } from './export-for-postman.ts';

type Of = Pick<ConnectionStatus, 'connection'>;

/** What a person reads. */
export function postmanText({ paint }: Output, { connection }: Of, { environment, collection, fillIn }: PostmanExport): string {
  const { name, settings } = connection;
  const width = Math.max(...fillIn.map(({ variable }) => variable.length));
  // A refresh token that was rotated must not be lost with the run.
  const kept = usesRefreshToken(settings) ? ['--export-environment', environment] : [];
  const run = ['newman', 'run', collection, '--environment', environment, ...kept].map(shellWord);
  return [
    `${paint('green', '✔')} ${paint('bold', name)} is written down for Postman, without a secret`,
    `  environment  ${environment}`,
    `  collection   ${collection}`,
    ...fillIn.map(({ variable, what }, index) => {
      return `  ${index === 0 ? 'fill in' : '       '}      ${variable.padEnd(width)}  ${what}`;
    }),
    '  next         import both into Postman, fill in, and send the requests in their order',
    `  or           ${run.join(' ')}`,
  ].join('\n');
}

/** What whoever goes on with the files should know. */
export function postmanNotes({ connection }: Of): readonly string[] {
  const { name, settings } = connection;
  return [
    'Fill secrets in as current (local) values, which stay on this machine; Postman uploads initial (shared) values.',
    usesRefreshToken(settings)
      ? `A login in Postman gets a grant of its own: that of ${name} stays here, and is not shared. Salesforce keeps five for each user and app.`
      : `No token of ${name} is shared. Should Salesforce give Postman the same session, “Revoke” there ends it here too, until the next renewal.`,
  ];
}

/** The same for programs. */
export function postmanDocument(name: string, { environment, collection, fillIn }: PostmanExport): unknown {
  return { connection: name, format: 'postman', environment, collection, fill_in: fillIn.map(({ variable }) => variable) };
}
