import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../server/http-message.ts';

/** A request to the REST API, its session checked. */
export interface RestCall {
  readonly org: Org;
  readonly request: EmulatorRequest;
  readonly session: Session;
  /** `/services/data/vNN.0`, with `/tooling` for the Tooling API. */
  readonly base: string;
  readonly isTooling: boolean;
  /** The parts of the path that the resource left open. */
  readonly parts: readonly string[];
}

/** Answers one method of a resource; throws a `RestError` for a refusal. */
export type RestHandler = (call: RestCall) => EmulatorAnswer;

/** A handler whose answer is a value. */
export function answering(value: (call: RestCall) => unknown): RestHandler {
  return (call) => jsonAnswer(200, value(call));
}

/** What a save without anything to tell is answered with. */
export const NO_CONTENT: EmulatorAnswer = { status: 204, headers: {}, body: '' };
