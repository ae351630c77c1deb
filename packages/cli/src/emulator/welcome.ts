import type { ReadyLine } from '@forcemint/emulator';
import type { Environment } from '../context.ts';
import { ownCommand } from '../own-command.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { shellCommand, shellWord } from './shell-command.ts';

/** A client id has 85 characters; whole ones are in the ready line. */
const CLIENT_ID_SHOWN = 20;

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
    ['control', `${ready.controlUrl}/_emulator/ledger`],
    ...(ready.caFile === undefined ? [] : [['CA file', ready.caFile]]),
    ['org', `${ready.org.id}  ${ready.org.name}`],
  ];
  output.result(table(places, { paint }));
  title('Users');
  const users = ready.users.map(({ username, password }) => [username, password]);
  output.result(table(users, { head: ['username', 'password'], paint }));
  title('Apps');
  const apps = Object.entries(ready.apps).map(([name, app]) => [name, shortened(app.clientId), app.scopes.join(' ')]);
  output.result(table(apps, { head: ['app', 'client id', 'scopes'], paint, ...(columns === undefined ? {} : { columns }) }));
  output.result(`\n${paint('dim', 'Client ids, secrets and key files in full: the first line of --json, or')}`);
  const trust = ready.caFile === undefined ? [] : [`--cacert ${shellWord(ready.caFile)}`];
  output.result(`  ${shellCommand(['curl', ...trust, `${ready.controlUrl}/_emulator/ready`], columns, 2)}`);
  title('Try it, in another terminal');
  for (const words of examples(ready, ownCommand(env))) output.result(`  ${shellCommand(words, columns, 2)}`);
}

function shortened(clientId: string): string {
  return clientId.length > CLIENT_ID_SHOWN ? `${clientId.slice(0, CLIENT_ID_SHOWN - 1)}…` : clientId;
}

/** Commands to paste into a shell, for each grant that the apps allow; each as the parts between which it may be broken. */
function examples(ready: ReadyLine, forcemint: string): readonly (readonly string[])[] {
  const { jwt, web, clientCredentials } = ready.apps;
  const { loginUrl, myDomainUrl, caFile } = ready;
  const connect = (name: string, grant: string, url: string, clientId: string): readonly string[] => [
    `${forcemint} connect ${name}`,
    `--grant ${grant}`,
    `--login-url ${url}`,
    `--client-id ${shellWord(clientId)}`,
  ];
  const fromStdin = (secret: string): string => `printf %s ${shellWord(secret)} |`;
  const lines: (readonly string[])[] = [];
  if (caFile !== undefined) lines.push([`export NODE_EXTRA_CA_CERTS=${shellWord(caFile)}`]);
  lines.push([`export FORCEMINT_EXTRA_HOSTS=${loginUrl},${myDomainUrl}`]);
  if (jwt?.privateKeyFile !== undefined && jwt.username !== undefined) {
    const key = [`--username ${shellWord(jwt.username)}`, `--private-key-file ${shellWord(jwt.privateKeyFile)}`];
    lines.push([...connect('try-jwt', 'jwt-bearer', loginUrl, jwt.clientId), ...key]);
  }
  if (clientCredentials?.clientSecret !== undefined) {
    const { clientId, clientSecret } = clientCredentials;
    const connecting = connect('try-client', 'client-credentials', myDomainUrl, clientId);
    lines.push([fromStdin(clientSecret), ...connecting, '--client-secret-file -']);
  }
  if (web?.clientSecret !== undefined) {
    const connecting = connect('try-login', 'authorization-code', loginUrl, web.clientId);
    lines.push([fromStdin(web.clientSecret), ...connecting, '--client-secret-file -'], [`${forcemint} login try-login`]);
  }
  return [...lines, [`${forcemint} list`]];
}
