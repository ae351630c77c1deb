import { refuseBrowser } from '../authorize/refuse-browser.ts';
import { endpointOf } from '../endpoints.ts';
import { refusalAnswer } from '../oauth/refusal-answer.ts';
import { type Refusal, withToken } from '../oauth/refusals.ts';
import { refuseRevocation } from '../oauth/revoke.ts';
import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, parametersOf } from '../server/http-message.ts';

/** A refusal in the form that it has at the endpoint of this request. */
export function refuseAtEndpoint(org: Org, request: EmulatorRequest, refusal: Refusal): EmulatorAnswer {
  switch (endpointOf(request.path)) {
    case 'revoke':
      return refuseRevocation(org, request, refusal);
    case 'authorize':
    case 'login':
    case 'consent':
      return refuseBrowser(org, request, refusal);
    default:
      return refusalAnswer(org, request, withToken(refusal, parametersOf(request).get('token')), 'json');
  }
}
