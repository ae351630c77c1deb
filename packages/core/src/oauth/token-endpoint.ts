import { type Client, genericTokenEndpointRequest, processGenericTokenEndpointResponse } from 'oauth4webapi';
import { MalformedResponseError } from '../errors.ts';
import type { HttpResponse } from '../ports.ts';
import { jsonObject, type Members, malformed, type Refusal, refusalIn } from './answer.ts';
import { type Endpoints, insecureIfHttp, serverMetadata } from './authorization-server.ts';
import type { ClientAuth } from './client-authentication.ts';
import { capture, type Delivery } from './form-post.ts';

/** What is asked for: `grant_type` and its parameters. */
export interface TokenRequest {
  /** `grant_type` of the token request (RFC 6749 §4, RFC 7523 §2.1). */
  readonly grantType: string;
  /** The grant's own parameters. Pure but for signing. */
  parameters(): Promise<URLSearchParams>;
}

/** Who asks whom. */
export interface OAuthClient {
  readonly endpoints: Endpoints;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
}

/** The members of a successful token answer (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly kind: 'tokens';
  readonly members: Members;
  /** `undefined` only where `defect` says why. */
  readonly accessToken: string | undefined;
  /** Whatever else is wrong with the answer: a refresh token in it may be the only one that works. */
  readonly refreshToken: string | undefined;
  /** Not verified here. */
  readonly idToken: string | undefined;
  /** Why the access token must not be used although the answer brought a refresh token: what RFC 6749 §5.1 requires is missing. */
  readonly defect: string | undefined;
}

/**
 * One POST to the token endpoint (RFC 6749 §3.2). The answer comes back as it is, unjudged, so that it can be made durable first.
 * @throws TransportError whose `sent` says whether the request may have left; MalformedResponseError `too_large`
 */
export async function requestTokens(client: OAuthClient, grant: TokenRequest, delivery: Delivery): Promise<HttpResponse> {
  const { endpoints, clientId, clientAuth } = client;
  const parameters = await grant.parameters();
  return capture(delivery, (options) =>
    genericTokenEndpointRequest(serverMetadata(endpoints), { client_id: clientId }, clientAuth, grant.grantType, parameters, {
      ...options,
      ...insecureIfHttp(endpoints.token),
    }),
  );
}

/**
 * Judges an answer of the token endpoint by RFC 6749 §5.
 * @throws MalformedResponseError when it is neither tokens nor a refusal
 */
export async function readTokenAnswer(
  endpoints: Endpoints,
  clientId: string,
  answer: HttpResponse,
): Promise<TokenAnswer | Refusal> {
  const host = new URL(endpoints.token).host;
  if (answer.status !== 200) {
    const refusal = refusalIn(answer);
    if (refusal === undefined) throw malformed(answer, host);
    return refusal;
  }
  const members = jsonObject(answer.body);
  if (members === undefined) throw malformed(answer, host);
  const { id_token: idToken, refresh_token: brought, ...others } = members;
  const refreshToken = typeof brought === 'string' && brought !== '' ? brought : undefined;
  const rest: Members = refreshToken === undefined ? others : { ...others, refresh_token: refreshToken };
  const client: Client = { client_id: clientId };
  const common = {
    kind: 'tokens',
    members: rest,
    refreshToken,
    idToken: typeof idToken === 'string' ? idToken : undefined,
  } as const;
  try {
    const judged = await processGenericTokenEndpointResponse(serverMetadata(endpoints), client, new ReadAnswer(rest));
    return { ...common, accessToken: judged.access_token, defect: undefined };
  } catch {
    if (refreshToken !== undefined) {
      return { ...common, accessToken: undefined, defect: 'access_token or token_type is missing or of a wrong type' };
    }
    // The library's error holds the whole answer, tokens included: it must not become our cause.
    throw new MalformedResponseError(
      'missing_member',
      answer.status,
      `${host} sent a token answer that lacks what RFC 6749 §5.1 requires.`,
      {
        diagnosis: {
          cause: 'access_token or token_type is missing or of a wrong type.',
          fix: ['Check what stands between here and Salesforce (proxies, gateways).'],
          who: 'operator',
          retry: 'no',
        },
      },
    );
  }
}

/** An answer whose body has been read and parsed, for a library that wants to do both: through a real body each would be done twice. */
class ReadAnswer extends Response {
  readonly #members: Members;

  constructor(members: Members) {
    super(null, { status: 200 });
    this.#members = members;
  }

  override async json(): Promise<Record<string, unknown>> {
    return { ...this.#members };
  }
}
