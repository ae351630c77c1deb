import type { Org } from '../org/org.ts';
import { revokeToken } from '../org/revocation.ts';
import { type EmulatorAnswer, type EmulatorRequest, parameterOf, parametersOf, textAnswer } from '../server/http-message.ts';
import { refusal } from './error-catalogue.ts';
import { jsonpAnswer, jsonpCallback } from './jsonp.ts';
import { OAuthError } from './oauth-error.ts';
import { refusalAnswer } from './refusal-answer.ts';
import { errorFields, type Refusal, withToken } from './refusals.ts';

/**
 * RFC 7009 as Salesforce has it: no client authentication, GET too, JSONP by `callback`, and a token that isn't known
 * is an error. Without an `Accept` for JSON, errors come form-encoded.
 */
export function revoke(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const token = parameterOf(request, 'token');
  const callback = jsonpCallback(parametersOf(request).get('callback'));
  try {
    if (token === null) throw refusal('V1');
    // A session that is no OAuth token; Salesforce repeats it in the answer.
    if (org.browserSessions.findById(token, org.now()) !== undefined) throw refusal('V2');
    if (!revokeToken(org, token)) throw refusal('V1');
    return callback === undefined ? textAnswer(200, '') : jsonpAnswer(callback, {});
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return refuseRevocation(org, request, org.refusals.of(error));
  }
}

/** A refusal as the revocation endpoint sends it: in JSONP with status 200, because a script could not read another. */
export function refuseRevocation(org: Org, request: EmulatorRequest, refused: Refusal): EmulatorAnswer {
  const told = withToken(refused, parameterOf(request, 'token'));
  const callback = jsonpCallback(parametersOf(request).get('callback'));
  if (callback === undefined) return refusalAnswer(org, request, told, 'urlencoded');
  return jsonpAnswer(callback, errorFields(told, org.origins[request.host]));
}
