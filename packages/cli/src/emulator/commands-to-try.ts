import type { ReadyApp, ReadyLine } from '@forcemint/emulator';
import { shellWord } from './shell-command.ts';

type Command = readonly string[];

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Of the redirect URIs that an app may have, those with which `forcemint login` needs no flag. */
const LOGIN_URIS = ['http://localhost:1717/OauthRedirect', 'http://localhost:*/OauthRedirect'];

/**
 * Commands to paste into a POSIX shell, for each grant that an app of this emulator has; each as the parts between which it
 * may be broken. They leave the person's own connections alone and work again with the next emulator.
 *
 * @param forcemint how to start this program
 */
export function commandsToTry(ready: ReadyLine, forcemint: string): readonly Command[] {
  const { loginUrl, myDomainUrl, caFile } = ready;
  const commands: Command[] = [['export FORCEMINT_HOME=$(mktemp -d)']];
  if (caFile !== undefined) commands.push([`export NODE_EXTRA_CA_CERTS=${shellWord(caFile)}`]);
  commands.push([`export FORCEMINT_EXTRA_HOSTS=${loginUrl},${myDomainUrl}`]);
  const { jwt, client, web } = appsToTry(ready);
  const connect = (name: string, grant: string, url: string, { clientId }: ReadyApp): Command => [
    `${forcemint} connect ${name}`,
    `--grant ${grant}`,
    `--login-url ${url}`,
    `--client-id ${shellWord(clientId)}`,
  ];
  const withSecret = (secret: string, connecting: Command): Command => [
    `printf %s ${shellWord(secret)} |`,
    ...connecting,
    '--client-secret-file -',
  ];
  if (jwt !== undefined) {
    const key = [`--username ${shellWord(jwt.username)}`, `--private-key-file ${shellWord(jwt.privateKeyFile)}`];
    commands.push([...connect('try-jwt', 'jwt-bearer', loginUrl, jwt.app), ...key]);
  }
  if (client !== undefined) {
    commands.push(withSecret(client.secret, connect('try-client', 'client-credentials', myDomainUrl, client.app)));
  }
  if (web !== undefined) {
    commands.push(withSecret(web.secret, connect('try-login', 'authorization-code', loginUrl, web.app)));
    commands.push([`${forcemint} login try-login`]);
  }
  const trust = caFile === undefined ? [] : [`--cacert ${shellWord(caFile)}`];
  if (client !== undefined) {
    const fields = ['grant_type=client_credentials', `client_id=${client.app.clientId}`, `client_secret=${client.secret}`];
    const data = fields.map((field) => `--data-urlencode ${shellWord(field)}`);
    commands.push(['curl', ...trust, `${myDomainUrl}/services/oauth2/token`, ...data]);
  }
  const connected =
    jwt !== undefined ? 'try-jwt' : client !== undefined ? 'try-client' : web !== undefined ? 'try-login' : undefined;
  if (connected !== undefined) {
    const query = shellWord(`${myDomainUrl}/services/data/v66.0/query?q=SELECT+Id,Name+FROM+Account`);
    commands.push(['curl', ...trust, query, `-H "Authorization: Bearer $(${forcemint} token ${connected})"`]);
  }
  return [...commands, [`${forcemint} list`]];
}

interface AppsToTry {
  readonly jwt: { readonly app: ReadyApp; readonly username: string; readonly privateKeyFile: string } | undefined;
  readonly client: { readonly app: ReadyApp; readonly secret: string } | undefined;
  readonly web: { readonly app: ReadyApp; readonly secret: string } | undefined;
}

/** The first app for each grant, whatever its name. */
function appsToTry(ready: ReadyLine): AppsToTry {
  const apps = Object.values(ready.apps);
  const first = <T>(of: (app: ReadyApp) => readonly T[]): T | undefined => apps.flatMap(of)[0];
  const withSecret = (app: ReadyApp) => (app.clientSecret === undefined ? [] : [{ app, secret: app.clientSecret }]);
  return {
    jwt: first((app) => {
      const { grantTypes, username, privateKeyFile } = app;
      if (!grantTypes.includes(JWT_BEARER) || username === undefined || privateKeyFile === undefined) return [];
      return [{ app, username, privateKeyFile }];
    }),
    client: first((app) => (app.grantTypes.includes('client_credentials') ? withSecret(app) : [])),
    web: first((app) => (app.redirectUris?.some((uri) => LOGIN_URIS.includes(uri)) ? withSecret(app) : [])),
  };
}
