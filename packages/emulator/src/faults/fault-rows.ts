import { errorPage } from '../authorize/error-page.ts';
import { loginPage } from '../authorize/login-page.ts';
import type { Refusal } from '../oauth/refusals.ts';
import { escapeMarkup } from '../oauth/wire-format.ts';
import type { Org } from '../org/org.ts';
import { RestError, restErrorAnswer } from '../rest/errors.ts';
import { findAnswer, ROWS } from '../rows/catalogue.ts';
import type { RowAnswer, RowForm } from '../rows/row.ts';
import {
  type EmulatorAnswer,
  type EmulatorRequest,
  htmlAnswer,
  jsonAnswer,
  parametersOf,
  textAnswer,
} from '../server/http-message.ts';
import { refuseAtEndpoint } from './endpoint-refusal.ts';
import type { FaultAction } from './faults.ts';
import { soapFault } from './soap-fault.ts';

/** What a fault's row does to a request. */
export interface RowResult {
  /** undefined: the connection is reset. */
  readonly answer: EmulatorAnswer | undefined;
  /** For the ledger: the error code, or `http_<status>`. */
  readonly outcome: string;
  readonly description: string | null;
}

/** The answer of a row of the error catalogue, in the form that the endpoint of this request has for it. */
export function rowResult(org: Org, request: EmulatorRequest, action: FaultAction & { readonly row: string }): RowResult {
  const row = ROWS.get(action.row);
  const found = row === undefined ? undefined : findAnswer(row, action.variant);
  if (row === undefined || found === undefined) throw new Error(`the fault names the row ${action.row}, which does not exist`);
  const form = found.form ?? row.form;
  const refused = org.refusals.ofRow(row.id, found, action);
  const { error, description } = refused;
  if (form === 'oauth') return { answer: refuseAtEndpoint(org, request, refused), outcome: error, description };
  const answer = otherAnswer(org, request, form, found, refused);
  return { answer, outcome: answer === undefined ? 'dropped' : `http_${answer.status}`, description: null };
}

function otherAnswer(
  org: Org,
  request: EmulatorRequest,
  form: Exclude<RowForm, 'oauth'>,
  found: RowAnswer,
  refused: Refusal,
): EmulatorAnswer | undefined {
  const { error } = refused;
  const description = refused.description ?? '';
  switch (form) {
    case 'page':
      return errorPage(refused, org, request);
    case 'login': {
      const parameters = parametersOf(request);
      const username = parameters.get('username') ?? parameters.get('login_hint') ?? '';
      return loginPage(parameters.get('transaction') ?? '', { username, message: description, examples: [] });
    }
    case 'text':
      return textAnswer(found.status ?? 403, error);
    case 'inactive':
      return jsonAnswer(200, { active: false });
    case 'rest':
      return restErrorAnswer(new RestError(refused.status, error, description));
    case 'soap':
      return soapFault(error, description);
    case 'html': {
      const answer = htmlAnswer(refused.status, `<!doctype html><html><body><p>${escapeMarkup(description)}</p></body></html>`);
      if (found.location === undefined) return answer;
      return { ...answer, headers: { ...answer.headers, location: `${org.origins[request.host]}${found.location}` } };
    }
    case 'reset':
      return undefined;
  }
}
