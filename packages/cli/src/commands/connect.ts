import {
  type AccessToken,
  AuthError,
  ConfigurationError,
  type NewConnection,
  OAuthResponseError,
  ReauthorizationRequired,
} from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import type { Command } from 'commander';
import { connectionDocument, GRANT_IN_WORDS } from '../connection-facts.ts';
import { addConnectionFlags, type ConnectionFlags, type GivenConnection, readConnectionFlags } from '../connection-flags.ts';
import { tokenValidity } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { NotedError } from '../noted-error.ts';
import { getTokenPatiently } from '../patience.ts';
import { askSecret, canAsk } from '../terminal/prompt.ts';
import { UsageError } from '../usage-error.ts';

interface ConnectFlags extends ConnectionFlags {
  readonly verify: boolean;
  readonly replace?: boolean;
  readonly json?: boolean;
}

const HELP = `
It proves the connection by getting a token. When Salesforce refuses, nothing is kept, so that the same command with
the right value works; passing trouble keeps the connection. --replace makes it anew under the same name; the old
grant stays alive at Salesforce (forcemint revoke NAME first, if it shall not).

Examples:
  A server, with a certificate (JWT bearer):
    forcemint connect acme --grant jwt-bearer --login-url https://acme.my.salesforce.com \\
      --client-id 3MVG9… --username integration@acme.example --private-key-file acme.key
  A server, with a secret (client credentials; the org's My Domain):
    forcemint connect acme --grant client-credentials --login-url https://acme.my.salesforce.com \\
      --client-id 3MVG9… --client-secret-file -
  A person in the browser, once (authorization code):
    forcemint connect acme --grant authorization-code --client-id 3MVG9…
    forcemint login acme
  A refresh token that is there already:
    forcemint connect acme --grant refresh-token --client-id 3MVG9… --refresh-token-file token.txt`;

export function register(program: Command, context: Context): void {
  const command = program.command('connect').summary('make a connection and prove it by getting a token');
  command
    .description('Makes a connection: org, app, grant and credentials under one name.')
    .argument('<name>', 'name of the connection');
  addConnectionFlags(command)
    .option('--no-verify', 'do not get a token now')
    .option('--replace', 'replace the connection of that name')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: ConnectFlags) => connect(context, name, flags)));
}

async function connect(context: Context, name: string, flags: ConnectFlags): Promise<undefined> {
  const { grant } = flags;
  if (grant === undefined) {
    throw new UsageError('The grant is missing.', {
      fix: [
        '--grant jwt-bearer: a server with a certificate',
        '--grant client-credentials: a server with a secret',
        '--grant authorization-code: a person logs in once',
        '--grant refresh-token: there is a refresh token already',
      ],
    });
  }
  const given = await withAskedSecret(context, grant, await readConnectionFlags(context, flags));
  const { settings, secrets, refreshToken } = given;
  await withForcemint(context, async (forcemint) => {
    await makeConnection(
      context,
      forcemint,
      name,
      { settings: { ...settings, grant }, secrets, refreshToken },
      flags.replace === true,
    );
    const needsLogin = grant === 'authorization-code' && refreshToken === undefined;
    const token = flags.verify && !needsLogin ? await prove(context, forcemint, name, flags.replace === true) : undefined;
    await tell(context, forcemint, name, { token, needsLogin, json: flags.json === true });
  });
  return undefined;
}

/** What the grant cannot do without is asked for where somebody sits at a terminal. */
async function withAskedSecret(context: Context, grant: string, given: GivenConnection): Promise<GivenConnection> {
  if (!canAsk(context)) return given;
  const { secrets, refreshToken } = given;
  if (grant === 'client-credentials' && secrets.clientSecret === undefined && secrets.privateKey === undefined) {
    return { ...given, secrets: { ...secrets, clientSecret: notEmpty(await askSecret(context, 'Consumer secret')) } };
  }
  if (grant === 'refresh-token' && refreshToken === undefined) {
    return { ...given, refreshToken: notEmpty(await askSecret(context, 'Refresh token')) };
  }
  return given;
}

function notEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Makes it; with `replace` in the place of the one that has the name, which is touched only once the new settings are known to be good. */
export async function makeConnection(
  context: Context,
  forcemint: Forcemint,
  name: string,
  input: NewConnection,
  replace: boolean,
): Promise<void> {
  const { administration } = forcemint;
  await context.interrupts.protect(async () => {
    try {
      await administration.connect(name, input);
    } catch (error) {
      const taken = error instanceof ConfigurationError && error.code === 'connection_exists';
      if (!taken || !replace) throw error;
      await administration.remove(name, { keepGrant: true });
      await administration.connect(name, input);
      context.output.note(`Replaced ${name}; its old grant was not revoked at Salesforce.`);
    }
  });
}

/**
 * The proof: a token. A definite refusal takes the connection away again, unless it replaced another; anything that may have used a refresh token up keeps it.
 * @throws NotedError
 */
export async function prove(context: Context, forcemint: Forcemint, name: string, keep: boolean): Promise<AccessToken> {
  try {
    return await getTokenPatiently(context, forcemint, name);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const fix = error.diagnosis?.fix ?? [];
    if (error.retryable) throw new NotedError(error, [...fix, `${name} is kept; try again later: forcemint token ${name}`]);
    if (!isRefusal(error)) throw new NotedError(error, [...fix, `${name} is kept: forcemint show ${name}`]);
    if (keep) throw new NotedError(error, [...fix, `${name} has its new settings: forcemint update ${name} … changes them`]);
    await forcemint.administration.remove(name, { keepGrant: true });
    const again = `Then run the same command again: ${name} was not kept (--no-verify would have kept it).`;
    throw new NotedError(error, [...fix.flatMap((line) => withoutConnection(line, name)), again]);
  }
}

/** A piece of advice where the connection that it speaks of is gone. */
function withoutConnection(line: string, name: string): readonly string[] {
  const plain = line.replace(`forcemint update ${name} `, '');
  return plain.includes(`forcemint show ${name}`) || plain.includes(`forcemint remove ${name}`) ? [] : [plain];
}

function isRefusal(error: AuthError): boolean {
  if (error instanceof OAuthResponseError) return !error.retryable;
  return error instanceof ReauthorizationRequired && error.code === 'refresh_token_dead';
}

/** Tells what was made, and what to do with it. */
export async function tell(
  context: Context,
  forcemint: Forcemint,
  name: string,
  made: { readonly token: AccessToken | undefined; readonly needsLogin: boolean; readonly json: boolean },
): Promise<void> {
  const { output } = context;
  const status = await forcemint.status(name);
  if (made.json) return output.json(connectionDocument(status));
  const { settings } = status.connection;
  const { paint } = output;
  const { token, needsLogin } = made;
  const how = `${GRANT_IN_WORDS[settings.grant]} at ${settings.loginUrl}`;
  if (needsLogin) {
    output.result(`${paint('cyan', '●')} ${paint('bold', name)} is made (${how}) and waits for its first login`);
    output.result(`  next   forcemint login ${name}`);
  } else if (token === undefined) {
    output.result(`${paint('cyan', '●')} ${paint('bold', name)} is made (${how}); it was not tried`);
    output.result(`  next   forcemint token ${name}`);
  } else {
    output.result(`${paint('green', '✔')} ${paint('bold', name)} works (${how})`);
    output.result(`  token  valid for ${tokenValidity(token, context.now())}`);
    output.result(`  org    ${token.instanceUrl}`);
    output.result(`  next   forcemint token ${name}   or   forcemint api ${name} limits`);
  }
}
