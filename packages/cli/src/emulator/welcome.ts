import type { ReadyLine } from '@forcemint/emulator';
import type { Environment } from '../context.ts';
import { ownCommand } from '../own-command.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { wrapped } from '../terminal/wrap.ts';
import { commandsToTry } from './commands-to-try.ts';
import { shellCommand, shellWord } from './shell-command.ts';

/** A client id has 85 characters; whole ones are in the ready line. */
const CLIENT_ID_SHOWN = 20;

const APP_HEAD = ['app', 'client id', 'scopes'] as const;
const GAP = 2;

/** Tells a person where the emulator is, who and what is in it, and what to try. */
export function welcome(output: Output, ready: ReadyLine, env: Environment): void {
  const { paint } = output;
  const { columns } = output.stdout;
  const title = (text: string): void => output.result(`\n${paint('bold', text)}`);
  output.result(
    `${paint('green', '✔')} ${paint('bold', 'The emulator is running')}. All its data is synthetic. Ctrl-C stops it.\n`,
  );
  const places = [
    ['login host', ready.loginUrl],
    ['My Domain', ready.myDomainUrl],
    ['control', `${ready.controlUrl}/_emulator/`],
    ...(ready.caFile === undefined ? [] : [['CA file', ready.caFile]]),
    ['org', `${ready.org.id}  ${ready.org.name}`],
  ];
  output.result(table(places, { paint }));
  title('Users');
  const users = ready.users.map(({ username, password }) => [username, password]);
  output.result(table(users, { head: ['username', 'password'], paint }));
  title('Apps');
  output.result(table(appRows(ready, columns), { head: APP_HEAD, paint }));
  output.result(`\n${paint('dim', 'Client ids, secrets and key files in full: the first line of --json, or')}`);
  const trust = ready.caFile === undefined ? [] : [`--cacert ${shellWord(ready.caFile)}`];
  output.result(`  ${shellCommand(['curl', ...trust, `${ready.controlUrl}/_emulator/ready`], columns, 2)}`);
  title('Try it, in another terminal');
  for (const words of commandsToTry(ready, ownCommand(env))) output.result(`  ${shellCommand(words, columns, 2)}`);
}

function shortened(clientId: string): string {
  return clientId.length > CLIENT_ID_SHOWN ? `${clientId.slice(0, CLIENT_ID_SHOWN - 1)}…` : clientId;
}

/** A row for each app, and more where the terminal is too narrow for its scopes. */
function appRows(ready: ReadyLine, columns: number | undefined): readonly (readonly string[])[] {
  const apps = Object.entries(ready.apps).map(([name, app]) => ({ name, clientId: shortened(app.clientId), scopes: app.scopes }));
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => [...text].length)) + GAP;
  const indent =
    width([APP_HEAD[0], ...apps.map(({ name }) => name)]) + width([APP_HEAD[1], ...apps.map(({ clientId }) => clientId)]);
  return apps.flatMap(({ name, clientId, scopes }) => {
    const [first = '', ...others] = wrapped(scopes.join(' '), indent, columns).split(/\n +/);
    return [[name, clientId, first], ...others.map((line) => ['', '', line])];
  });
}
