/** Plays the person at the browser: login form, consent form, and the redirect back. */

export interface SignInOptions {
  readonly username: string;
  readonly password: string;
  /** Default `allow`. */
  readonly decision?: 'allow' | 'deny';
}

/**
 * Opens the authorize URL of an emulator, fills in its forms as they come, and returns the URL to which the browser would
 * be sent back (with `code` and `state`, or `error`). Nothing is requested from that URL.
 *
 * @throws {Error} when the emulator shows an error page or doesn't take the password
 */
export async function signIn(authorizeUrl: string, options: SignInOptions): Promise<string> {
  const { username, password, decision = 'allow' } = options;
  let response = await fetch(authorizeUrl, { redirect: 'manual' });
  // Login page, consent page, redirect: a third form means that one of the two came again.
  for (let forms = 0; forms < 3; forms++) {
    const location = response.headers.get('location');
    if (location !== null) return location;
    const form = readForm(await response.text());
    const answers: Record<string, string> = form.asksPassword ? { username, password } : { decision };
    response = await fetch(new URL(form.action, authorizeUrl), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ transaction: form.transaction, ...answers }),
    });
  }
  throw new Error("The emulator's login page did not take the username and password.");
}

function readForm(html: string): { action: string; transaction: string; asksPassword: boolean } {
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1];
  const transaction = /name="transaction" value="([^"]+)"/.exec(html)?.[1];
  if (action === undefined || transaction === undefined) {
    const reason = /<code>([^<]*)<\/code>/.exec(html)?.[1] ?? 'no form in the page';
    throw new Error(`The emulator shows an error page: ${reason.replaceAll('&amp;', '&')}`);
  }
  return { action, transaction, asksPassword: html.includes('name="password"') };
}
