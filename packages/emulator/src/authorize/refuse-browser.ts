import { OAuthError } from '../oauth/oauth-error.ts';
import type { Refusal } from '../oauth/refusals.ts';
import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, parametersOf } from '../server/http-message.ts';
import { readResponseTarget } from './authorization-request.ts';
import { errorPage } from './error-page.ts';
import { redirectError } from './redirect.ts';

/** Answers a browser with a refusal: back at the client where that is safe, on the error page where it is not. */
export function refuseBrowser(org: Org, request: EmulatorRequest, refusal: Refusal): EmulatorAnswer {
  const target = refusal.isPage ? undefined : findTarget(org, parametersOf(request));
  return target === undefined ? errorPage(refusal, org, request) : redirectError(target.redirectUri, refusal, target.state);
}

/** Where the request's client takes answers: by a form of the login, or by the parameters of an authorization request. */
function findTarget(org: Org, parameters: URLSearchParams): { redirectUri: string; state: string | undefined } | undefined {
  const transaction = org.transactions.find(parameters.get('transaction') ?? '');
  if (transaction !== undefined) return transaction;
  try {
    const { redirectUri } = readResponseTarget(org, parameters);
    return { redirectUri, state: parameters.get('state') ?? undefined };
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}
