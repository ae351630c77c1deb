import { CONNECTION_ROW, rowAnswer } from './fault-rows.ts';
import type { FaultAction, Faults } from './faults.ts';
import { type Arrival, send, sendTruncated } from './http-listener.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from './http-message.ts';
import { type Ledger, wallTimeMs } from './ledger.ts';
import { TOKEN_PATH } from './oauth/token.ts';
import type { Org } from './org.ts';
import type { Pauses } from './pauses.ts';
import { answerRequest } from './routes.ts';
import { TokenExchange } from './token-exchange.ts';

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
    const exchange = request.path === TOKEN_PATH ? new TokenExchange(this.#org, this.#ledger, request, startedAtMs) : undefined;
    if (exchange !== undefined) {
      response.once('close', () => {
        const status = response.headersSent ? response.statusCode : null;
        exchange.record.ended(wallTimeMs(), response.writableFinished, status);
      });
    }
    const { grantType = null, clientId = null } = exchange ?? {};
    const fault = this.#faults.take({ host: request.host, path: request.path, grantType, clientId }) ?? {};
    if (fault.delayBeforeMs !== undefined) await this.#pauses.wait(fault.delayBeforeMs);
    if (fault.hang) return;
    if (fault.dropBefore || fault.row === CONNECTION_ROW) {
      response.destroy();
      return;
    }
    const answer = replacement(fault, exchange) ?? (await this.#process(request, exchange, fault));
    const heldMs = (exchange?.isHolding ? this.#org.switches.processingMs : 0) + (fault.delayMs ?? 0);
    if (heldMs > 0) await this.#pauses.wait(heldMs);
    exchange?.release();
    if (response.destroyed) return;
    if (fault.dropAfter) response.destroy();
    else if (fault.truncateAtByte !== undefined) sendTruncated(response, answer, fault.truncateAtByte);
    else send(response, answer);
  }

  async #process(request: EmulatorRequest, exchange: TokenExchange | undefined, fault: FaultAction): Promise<EmulatorAnswer> {
    const answer = await (exchange === undefined ? answerRequest(this.#org, request) : exchange.answer(fault.tamper?.jsonPatch));
    return fault.status === undefined ? answer : statusAnswer(fault.status, fault);
  }
}

/** The answer of a fault that keeps the request from being processed. */
function replacement(fault: FaultAction, exchange: TokenExchange | undefined): EmulatorAnswer | undefined {
  if (fault.row !== undefined) {
    const answer = rowAnswer(fault.row) ?? jsonAnswer(500, { error: 'unknown_row' });
    exchange?.note(errorOf(answer), null);
    return answer;
  }
  if (fault.status === undefined || fault.processed) return undefined;
  exchange?.note(`http_${fault.status}`, null);
  return statusAnswer(fault.status, fault);
}

function statusAnswer(status: number, { body = '', headers }: FaultAction): EmulatorAnswer {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8', ...headers }, body };
}

function errorOf(answer: EmulatorAnswer): string {
  const match = /"error":"(\w+)"/.exec(answer.body);
  return match?.[1] ?? `http_${answer.status}`;
}
