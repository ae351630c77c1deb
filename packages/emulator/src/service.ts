import { endpointOf, requiredMethod } from './endpoints.ts';
import { refuseAtEndpoint } from './faults/endpoint-refusal.ts';
import { rowResult } from './faults/fault-rows.ts';
import { faultSubject } from './faults/fault-subject.ts';
import type { FaultAction, Faults } from './faults/faults.ts';
import type { Pauses } from './faults/pauses.ts';
import { type Ledger, wallTimeMs } from './ledger/ledger.ts';
import { refusal } from './oauth/error-catalogue.ts';
import { TokenExchange } from './oauth/token-exchange.ts';
import type { Org } from './org/org.ts';
import { answerRequest } from './routes.ts';
import { corsHeaders, preflightAnswer } from './server/cors.ts';
import { type Arrival, send, sendTruncated } from './server/http-listener.ts';
import type { EmulatorAnswer, EmulatorRequest } from './server/http-message.ts';
import { resetConnection } from './server/reset-connection.ts';

/** Answers requests of both hosts: a line in the ledger for token requests, the fault that waits for it, the answer. */
export class Service {
  readonly #org: Org;
  readonly #ledger: Ledger;
  readonly #faults: Faults;
  readonly #pauses: Pauses;

  constructor(org: Org, ledger: Ledger, faults: Faults, pauses: Pauses) {
    this.#org = org;
    this.#ledger = ledger;
    this.#faults = faults;
    this.#pauses = pauses;
  }

  async serve({ request, response, startedAtMs }: Arrival): Promise<void> {
    const cors = corsHeaders(this.#org, request);
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value);
    const preflight = preflightAnswer(request, cors);
    if (preflight !== undefined) {
      send(response, preflight);
      return;
    }
    const isToken = endpointOf(request.path) === 'token';
    const exchange = isToken ? new TokenExchange(this.#org, this.#ledger, request, startedAtMs) : undefined;
    if (exchange !== undefined) {
      response.once('close', () => {
        const status = response.headersSent ? response.statusCode : null;
        exchange.record.ended(wallTimeMs(), response.writableFinished, status);
      });
    }
    const fault = this.#faults.take(faultSubject(this.#org, request)) ?? {};
    if (fault.delayBeforeMs !== undefined) await this.#pauses.wait(fault.delayBeforeMs);
    if (fault.hang) return;
    if (fault.dropBefore) {
      response.destroy();
      return;
    }
    const answer = this.#replacement(request, exchange, fault) ?? (await this.#process(request, exchange, fault));
    if (answer === 'reset') {
      resetConnection(response);
      return;
    }
    const heldMs = (exchange?.isHolding ? this.#org.switches.processingMs : 0) + (fault.delayMs ?? 0);
    if (heldMs > 0) await this.#pauses.wait(heldMs);
    exchange?.release();
    if (response.destroyed) return;
    if (fault.dropAfter) response.destroy();
    else if (fault.truncateAtByte !== undefined) sendTruncated(response, answer, fault.truncateAtByte);
    else send(response, answer);
  }

  /** The answer of a fault that keeps the request from being processed. */
  #replacement(
    request: EmulatorRequest,
    exchange: TokenExchange | undefined,
    { row, status, ...fault }: FaultAction,
  ): EmulatorAnswer | 'reset' | undefined {
    if (row !== undefined) {
      const { answer, outcome, description } = rowResult(this.#org, request, { ...fault, row });
      if (answer === undefined) return 'reset';
      exchange?.note(outcome, description);
      return answer;
    }
    if (status === undefined || fault.processed) return undefined;
    exchange?.note(`http_${status}`, null);
    return statusAnswer(status, fault);
  }

  async #process(request: EmulatorRequest, exchange: TokenExchange | undefined, fault: FaultAction): Promise<EmulatorAnswer> {
    const answer = await (exchange === undefined ? this.#answer(request) : exchange.answer(fault.tamper?.jsonPatch));
    return fault.status === undefined ? answer : statusAnswer(fault.status, fault);
  }

  #answer(request: EmulatorRequest): EmulatorAnswer | Promise<EmulatorAnswer> {
    const method = requiredMethod(endpointOf(request.path), request.method);
    if (method === undefined) return answerRequest(this.#org, request);
    const refused = refusal('T5', method === 'GET' ? 'must_use_get' : 'must_use_post');
    return refuseAtEndpoint(this.#org, request, this.#org.refusals.of(refused));
  }
}

function statusAnswer(status: number, { body = '', headers }: FaultAction): EmulatorAnswer {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8', ...headers }, body };
}
