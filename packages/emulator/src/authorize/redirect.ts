import { type EmulatorAnswer, redirectAnswer } from '../http-message.ts';
import type { OAuthError } from '../oauth-error.ts';

/** Sends the browser back to the client, `state` as it came. */
export function redirectToClient(
  redirectUri: string,
  fields: Readonly<Record<string, string>>,
  state: string | undefined,
  headers?: Readonly<Record<string, string>>,
): EmulatorAnswer {
  const query = new URLSearchParams(fields);
  if (state !== undefined) query.set('state', state);
  return redirectAnswer(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`, headers);
}

export function redirectError(redirectUri: string, error: OAuthError, state: string | undefined): EmulatorAnswer {
  return redirectToClient(redirectUri, { error: error.error, error_description: error.description }, state);
}
