import type { Refusal } from '../oauth/refusals.ts';
import { type EmulatorAnswer, redirectAnswer } from '../server/http-message.ts';

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

export function redirectError(redirectUri: string, refusal: Refusal, state: string | undefined): EmulatorAnswer {
  const { error, description } = refusal;
  return redirectToClient(redirectUri, description === null ? { error } : { error, error_description: description }, state);
}
