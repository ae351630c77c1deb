import type { AuthError, ConnectionSettings } from '@forcemint/core';
import { preApprovalUrl } from '@forcemint/setup';
import type { Context } from '../context.ts';
import { hasBrowser, openBrowser } from '../login/browser.ts';
import type { Output } from '../terminal/output.ts';
import { oneLine } from '../terminal/printable.ts';

/** What a user does in a browser, once, where users of an app authorize themselves. */
export interface Approval {
  readonly url: string;
  readonly username: string;
}

/** For a connection by JWT bearer whose app has the callback URL that `setup` gives it; `undefined` for others. */
export function approvalOf({ grant, clientId, loginUrl, username }: ConnectionSettings): Approval | undefined {
  if (grant !== 'jwt-bearer' || username === undefined) return undefined;
  try {
    return { url: preApprovalUrl({ consumerKey: clientId }, loginUrl), username };
  } catch {
    // Over http, at a host that was trusted: no password is asked for there.
    return undefined;
  }
}

/** Opens an address in the person’s browser. @returns whether it was started */
export type OpenBrowser = (url: string) => Promise<boolean>;

/** `undefined` where nobody sits at a terminal who would see it, or does not want it. */
export function browserOf(
  { env, output }: Context,
  flags: { readonly browser: boolean; readonly json?: boolean },
): OpenBrowser | undefined {
  const isWanted = flags.browser && flags.json !== true && output.stderr.isTTY === true;
  return isWanted && hasBrowser(env, process.platform) ? openBrowser : undefined;
}

/** Whether the refusal is the one that an approval mends. */
export function isUnapproved({ diagnosis }: AuthError): boolean {
  return diagnosis?.id === 'J1';
}

/** The way out, in one line. */
export function approvalAdvice({ url, username }: Approval): string {
  return `If users of the app authorize themselves: as ${username}, open this once and choose Allow: ${url}`;
}

/**
 * Shows a person where the user approves the app.
 * @param open `undefined`: the browser is not to be opened
 */
export async function inviteToApprove(output: Output, { url, username }: Approval, open: OpenBrowser | undefined): Promise<void> {
  const opened = (await open?.(url)) === true;
  output.note(`  If users of the app authorize themselves: log in as ${oneLine(username)}, and choose Allow, once,`);
  output.note(opened ? '  in the browser window that opens. If none does, open:' : '  at this address:');
  output.note(`\n  ${output.paintNote('cyan', url)}\n`);
}
