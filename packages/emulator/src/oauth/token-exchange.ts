import type { Ledger, LedgerRecord } from '../ledger/ledger.ts';
import { ledgerClientId, ledgerGrantType, ledgerSubject } from '../ledger/ledger-names.ts';
import { clientAddress } from '../org/ip-ranges.ts';
import { opaqueText } from '../org/opaque-text.ts';
import type { Org } from '../org/org.ts';
import type { EmulatorAnswer, EmulatorRequest } from '../server/http-message.ts';
import { parametersOf } from '../server/http-message.ts';
import { claimedClientId } from './client-authentication.ts';
import { answerTokenRequest } from './token.ts';
import type { TokenTrace } from './token-request.ts';
import { formattedAnswer, type WireFormat, wireFormatOf } from './wire-format.ts';

/** One request to the token endpoint, from its line in the ledger to the release of its refresh token. */
export class TokenExchange {
  readonly grantType: string | null;
  readonly clientId: string | null;
  readonly record: LedgerRecord;
  readonly #org: Org;
  readonly #request: EmulatorRequest;
  readonly #parameters: URLSearchParams;
  readonly #trace: TokenTrace;
  readonly #releases: (() => void)[] = [];

  constructor(org: Org, ledger: Ledger, request: EmulatorRequest, startedAtMs: number) {
    this.#org = org;
    this.#request = request;
    this.#parameters = parametersOf(request);
    this.grantType = this.#parameters.get('grant_type');
    this.clientId = claimedClientId({ parameters: this.#parameters, authorization: request.headers.authorization });
    const clientId = ledgerClientId(org, this.clientId);
    this.#trace = { clientId, subject: null, issued: null, consumed: false, login: null };
    this.record = ledger.open({
      host: request.host,
      startedAtMs,
      clockMs: org.now(),
      grantType: ledgerGrantType(this.grantType),
      clientId,
      presentedToken: this.grantType === 'refresh_token' ? this.#parameters.get('refresh_token') : null,
    });
  }

  /** True when a refresh token is held until {@link release}. */
  get isHolding(): boolean {
    return this.#releases.length > 0;
  }

  async answer(tamper?: Readonly<Record<string, unknown>>): Promise<EmulatorAnswer> {
    const outcome = await answerTokenRequest(this.#request.method, {
      org: this.#org,
      host: this.#request.host,
      parameters: this.#parameters,
      authorization: this.#request.headers.authorization,
      address: clientAddress(this.#request),
      trace: this.#trace,
      onAnswered: (release) => this.#releases.push(release),
    });
    const { error, error_description: description } = outcome.fields;
    this.note(outcome.status === 200 ? 'ok' : (error ?? 'error'), description ?? null);
    const format = wireFormatOf(this.#request, 'json', this.#parameters);
    if (tamper === undefined || outcome.status !== 200) return this.#formatted(outcome.status, outcome.fields, format);
    const fields = Object.entries({ ...outcome.fields, ...tamper }).filter(([, value]) => value !== null);
    return this.#formatted(outcome.status, Object.fromEntries(fields), format);
  }

  /** With the cookie that Salesforce sets on every answer, so that clients with a cookie jar meet one here too. */
  #formatted(status: number, fields: Readonly<Record<string, unknown>>, format: WireFormat): EmulatorAnswer {
    const { headers, ...answer } = formattedAnswer(status, fields, format);
    const cookie = `BrowserId=${opaqueText(this.#org.random, 16)}; path=/; Max-Age=31536000`;
    return { ...answer, headers: { ...headers, 'set-cookie': cookie } };
  }

  /** Puts the outcome into the ledger; {@link answer} does so by itself. */
  note(outcome: string, description: string | null): void {
    this.record.processed({ ...this.#trace, subject: ledgerSubject(this.#trace.subject) }, outcome, description);
  }

  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}
