import { createInterface } from 'node:readline';
import { type AccessToken, ConfigurationError, type ConnectionStatus, type LoginAttempt } from '@forcemint/core';
import { reauthorizationRequired } from '@forcemint/core/tokens/failures';
import type { Forcemint } from '@forcemint/node';
import type { LoginListener } from '@forcemint/node/login-listener';
import type { Command } from 'commander';
import { tokenValidity } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { parseDuration } from '../durations.ts';
import { hasBrowser, openBrowser } from '../login/browser.ts';
import { readPastedCallback } from '../login/pasted-callback.ts';
import { startProgress, withProgress } from '../terminal/progress.ts';
import { askLine, canAsk } from '../terminal/prompt.ts';
import { tokenJson } from '../token-format.ts';
import { UsageError } from '../usage-error.ts';

interface LoginFlags {
  readonly paste?: boolean;
  readonly pkce: boolean;
  readonly browser: boolean;
  readonly timeout: string;
  readonly redirectUri?: string;
  readonly json?: boolean;
}

const HELP = `
Opens the browser and waits for it at the callback URL on this machine. A connection that was authorized before is
authorized anew, and its old grant is revoked. With --json the first line on stdout is
{"authorize_url":…,"redirect_uri":…}, no browser is opened, and the last line is the result.

--paste needs no callback on this machine: open the address anywhere, log in, and paste the address that the browser
ends at (its page may fail to load), or the code in it.

Examples:
  forcemint login acme
  forcemint login acme --paste`;

export function register(program: Command, context: Context): void {
  program
    .command('login')
    .summary('log in with the browser, once, for an authorization-code connection')
    .description('A person logs in with the browser and allows the app; from then on tokens are renewed without anybody.')
    .argument('<name>', 'name of the connection')
    .option('--paste', 'paste the callback URL or the code instead of waiting for the browser')
    .option('--no-pkce', 'leave PKCE out, for apps that cannot take it')
    .option('--no-browser', 'only print the address')
    .option('--timeout <duration>', 'how long to wait for the browser', '5m')
    .option('--redirect-uri <url>', 'another callback URL that is registered with the app')
    .option('--json', 'print JSON lines')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: LoginFlags) => login(context, name, flags)));
}

async function login(context: Context, name: string, flags: LoginFlags): Promise<undefined> {
  const timeoutMs = parseDuration(flags.timeout, '--timeout') * 1000;
  await withForcemint(context, async (forcemint) => {
    const status = await forcemint.status(name);
    const token =
      flags.paste === true
        ? await pasted(context, forcemint, name, flags)
        : await called(context, forcemint, status, flags, timeoutMs);
    const { output } = context;
    if (flags.json === true) {
      const { access_token: _secret, source: _source, ...facts } = tokenJson(token, { source: 'exchange', nowMs: context.now() });
      output.stdout.write(`${JSON.stringify({ authorized: true, ...facts })}\n`);
      return;
    }
    const { paint } = output;
    output.result(`${paint('green', '✔')} ${paint('bold', name)} is authorized`);
    output.result(`  token  valid for ${tokenValidity(token, context.now())}`);
    output.result(`  org    ${token.instanceUrl}`);
    const { hasRefreshToken } = await forcemint.status(name);
    if (hasRefreshToken) output.result(`  next   forcemint token ${name}   or   forcemint api ${name} limits`);
    else
      output.warn('Salesforce gave no refresh token: when this token is over, somebody must log in again (scope refresh_token).');
  });
  return undefined;
}

/** With a listener at the callback URL. */
async function called(
  context: Context,
  forcemint: Forcemint,
  status: ConnectionStatus,
  flags: LoginFlags,
  timeoutMs: number,
): Promise<AccessToken> {
  const { output, interrupts } = context;
  const { connection } = status;
  return interrupts.clearingAway(async (interrupted) => {
    const { attempt, listener } = await listen(forcemint, connection.name, redirectUris(status, flags), flags.pkce);
    try {
      await invite(context, attempt, flags);
      const stop = startProgress(output, 'waiting for the browser to come back (Ctrl-C stops)');
      const timeout = AbortSignal.timeout(timeoutMs);
      const callback = await listener
        .waitForCallback(AbortSignal.any([interrupted, timeout]))
        .catch((error: unknown) => {
          interrupts.throwIfInterrupted();
          throw timeout.aborted ? reauthorizationRequired(connection, 'login_timeout') : error;
        })
        .finally(stop);
      return await complete(context, forcemint, attempt, callback);
    } finally {
      await listener.close();
    }
  });
}

/** The first of the callback URLs whose port is free. */
async function listen(
  forcemint: Forcemint,
  name: string,
  uris: readonly string[],
  pkce: boolean,
): Promise<{ attempt: LoginAttempt; listener: LoginListener }> {
  const { startLoginListener } = await import('@forcemint/node/login-listener');
  let taken: unknown;
  for (const redirectUri of uris) {
    const attempt = await forcemint.login.begin(name, { redirectUri, pkce });
    try {
      const listener = await startLoginListener({ redirectUri, expectedState: attempt.state });
      return { attempt: comingBackTo(attempt, listener.redirectUri), listener };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      taken ??= error;
    }
  }
  throw taken;
}

/** Where port 0 was asked for, the listener chose one. */
function comingBackTo(attempt: LoginAttempt, redirectUri: string): LoginAttempt {
  if (attempt.redirectUri === redirectUri) return attempt;
  const url = new URL(attempt.authorizeUrl);
  url.searchParams.set('redirect_uri', redirectUri);
  return { ...attempt, redirectUri, authorizeUrl: url.href };
}

function redirectUris(status: ConnectionStatus, flags: LoginFlags): readonly string[] {
  if (flags.redirectUri !== undefined) return [flags.redirectUri];
  const registered = status.connection.settings.redirectUris ?? [];
  const here = registered.filter((uri) => /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/.test(uri));
  if (here.length > 0 || registered.length === 0) return here.length > 0 ? here : [''];
  throw new UsageError(`The callback URL of ${status.connection.name} is not on this machine: ${registered[0]}`, {
    why: 'Nobody can wait there for the browser.',
    fix: [
      `Paste what the browser ends at: forcemint login ${status.connection.name} --paste`,
      'Or give one that is registered with the app and on this machine: --redirect-uri http://localhost:1717/OauthRedirect',
    ],
  });
}

/** Shows the address, and opens the browser where there is one. */
async function invite(context: Context, attempt: LoginAttempt, flags: LoginFlags): Promise<void> {
  const { output, env } = context;
  const { authorizeUrl, redirectUri } = attempt;
  if (flags.json === true) {
    output.raw(`${JSON.stringify({ authorize_url: authorizeUrl, redirect_uri: redirectUri })}\n`);
    return;
  }
  const opened = flags.browser && hasBrowser(env, process.platform) && (await openBrowser(authorizeUrl));
  output.note(
    opened ? 'Log in in the browser window that opens. If none does, open:' : 'Open this address in a browser and log in:',
  );
  output.note(`\n  ${output.paintNote('cyan', authorizeUrl)}\n`);
  if (env.SSH_CONNECTION !== undefined) {
    const { port } = new URL(redirectUri);
    output.note(`Over SSH the browser cannot come back here: use --paste, or connect with ssh -L ${port}:localhost:${port}`);
  }
}

/** With what the person pastes. */
async function pasted(context: Context, forcemint: Forcemint, name: string, flags: LoginFlags): Promise<AccessToken> {
  const attempt = await forcemint.login.begin(name, { redirectUri: flags.redirectUri, pkce: flags.pkce });
  await invite(context, attempt, flags);
  if (flags.json !== true) {
    context.output.note(`Afterwards the browser goes to ${attempt.redirectUri}, where perhaps no page appears.`);
  }
  const line = canAsk(context)
    ? await askLine(context, 'Paste the address that the browser ended at, or the code in it')
    : await firstLine(context);
  const { kind, parameters } = readPastedCallback(line);
  if (kind === 'code') {
    parameters.set('state', attempt.state);
    if (!flags.pkce) {
      context.output.warn('a code alone, without PKCE, is not bound to this login: be sure that it came from your own browser');
    }
  }
  return complete(context, forcemint, attempt, parameters);
}

async function firstLine(context: Context): Promise<string> {
  const lines = createInterface({ input: context.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line.trim() !== '') return line;
  return '';
}

function complete(
  context: Context,
  forcemint: Forcemint,
  attempt: LoginAttempt,
  callback: URLSearchParams,
): Promise<AccessToken> {
  const { output, interrupts } = context;
  return interrupts.protect(() =>
    withProgress(output, 'exchanging the code for tokens', () => forcemint.login.complete(attempt, callback)),
  );
}
