import type { Org } from '../org/org.ts';
import type { EmulatorAnswer, EmulatorRequest } from '../server/http-message.ts';
import { errorFields, type Refusal } from './refusals.ts';
import { formattedAnswer, type WireFormat, wireFormatOf } from './wire-format.ts';

/** A refusal in the format that the client asked for, else in `fallback`. */
export function refusalAnswer(org: Org, request: EmulatorRequest, refusal: Refusal, fallback: WireFormat): EmulatorAnswer {
  const fields = errorFields(refusal, org.origins[request.host]);
  const answer = formattedAnswer(refusal.status, fields, wireFormatOf(request, fallback));
  return { ...answer, headers: { ...answer.headers, ...refusal.headers } };
}
