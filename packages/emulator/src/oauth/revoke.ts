import { type EmulatorAnswer, type EmulatorRequest, parametersOf, textAnswer } from '../http-message.ts';
import { OAuthError } from '../oauth-error.ts';
import type { Org } from '../org.ts';
import { revokeToken } from '../revocation.ts';
import { refusal } from './error-catalogue.ts';
import { formattedAnswer, wireFormatOf } from './wire-format.ts';

/** A session that is no OAuth token; Salesforce repeats it in the answer. */
function unsupportedToken(token: string): OAuthError {
  const { error, description } = refusal('V2');
  return new OAuthError(error, `${description}: ${token}`);
}

/**
 * RFC 7009 as Salesforce has it: no client authentication, GET too, JSONP by `callback`, and a token that isn't known
 * is an error. Without an `Accept` for JSON, errors come form-encoded.
 */
export function revoke(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const parameters = parametersOf(request);
  const token = parameters.get('token') ?? request.query.get('token');
  const callback = parameters.get('callback');
  const isJsonp = callback !== null && /^[\w$.]{1,100}$/.test(callback);
  const jsonp = (value: unknown): EmulatorAnswer =>
    textAnswer(200, `${callback}(${JSON.stringify(value)})`, 'application/javascript;charset=UTF-8');
  try {
    if (token === null) throw refusal('V1');
    if (org.browserSessions.findById(token, org.now()) !== undefined) throw unsupportedToken(token);
    if (!revokeToken(org, token)) throw refusal('V1');
    return isJsonp ? jsonp({}) : textAnswer(200, '');
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const fields = { error: error.error, error_description: error.description };
    return isJsonp ? jsonp(fields) : formattedAnswer(400, fields, wireFormatOf(request, 'urlencoded', parameters));
  }
}
