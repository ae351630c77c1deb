import { type AccessToken, AuthError, type Http, type HttpResponse } from '@forcemint/core';
import {
  type ApiFacts,
  type AppKindFacts,
  type Endpoint,
  explain,
  type LoginRecord,
  type RefusedAnswer,
  type UserinfoFacts,
} from '@forcemint/diagnose';

const DEADLINE_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of the Login History. */
const MOST_LOGINS = 200;

/** What the org says to somebody who has a token. */
export interface OrgFacts {
  readonly userinfo: UserinfoFacts;
  readonly api: ApiFacts;
  /** `undefined`: the user may not read them, or the org does not answer. */
  readonly logins: readonly LoginRecord[] | undefined;
  /** `undefined`: the org does not tell. */
  readonly appKind: AppKindFacts;
}

/** @param apiVersion such as `66.0` */
export async function orgFacts(token: AccessToken, apiVersion: string, http: Http): Promise<OrgFacts> {
  const ask = (path: string): Promise<HttpResponse> =>
    http.request({
      method: 'GET',
      url: `${token.instanceUrl}${path}`,
      headers: { accept: 'application/json', authorization: `Bearer ${token.value}` },
      freshConnection: false,
      deadlineMs: DEADLINE_MS,
      maxResponseBytes: MOST_BYTES,
    });
  const data = `/services/data/v${apiVersion}`;
  const [userinfo, resources, versions] = await Promise.all([
    answered(ask('/services/oauth2/userinfo')),
    answered(ask(data)),
    answered(ask('/services/data')),
  ]);
  const user = userinfoFacts(userinfo);
  const userId = userinfo instanceof AuthError ? undefined : textOf(record(userinfo)?.['user_id']);
  const logins =
    userId === undefined ? undefined : await answered(ask(`${data}/query?q=${encodeURIComponent(loginsOf(userId))}`));
  const records = loginRecords(logins);
  const query = async (soql: string): Promise<HttpResponse | AuthError> =>
    answered(ask(`${data}/query?q=${encodeURIComponent(soql)}`));
  return { userinfo: user, api: apiFacts(resources, versions), logins: records, appKind: await appKind(records, query) };
}

/**
 * Salesforce says nowhere which app a token is of. The newest login by OAuth is the one that was just done, and names it; connected apps are listed under
 * their names (Object Reference, “ConnectedApplication”), External Client Apps are not.
 */
async function appKind(
  logins: readonly LoginRecord[] | undefined,
  query: (soql: string) => Promise<HttpResponse | AuthError>,
): Promise<AppKindFacts> {
  const name = logins?.find(({ loginType }) => /^remote access/i.test(loginType))?.application ?? '';
  if (name === '') return undefined;
  const literal = name.replace(/[\\']/g, (character) => `\\${character}`);
  const response = await query(`SELECT Name FROM ConnectedApplication WHERE Name = '${literal}' LIMIT 1`);
  const records = response instanceof AuthError ? undefined : record(response)?.['records'];
  if (!Array.isArray(records)) return undefined;
  return { app: name, isConnectedApp: records.length > 0 };
}

function loginsOf(userId: string): string {
  const id = userId.replace(/[^A-Za-z0-9]/g, '');
  return (
    'SELECT LoginType, LoginSubType, ApiType, Application, LoginUrl FROM LoginHistory ' +
    `WHERE UserId = '${id}' AND LoginTime = LAST_N_DAYS:30 ORDER BY LoginTime DESC LIMIT ${MOST_LOGINS}`
  );
}

function userinfoFacts(response: HttpResponse | AuthError): UserinfoFacts {
  const found = response instanceof AuthError ? undefined : record(response);
  if (found === undefined || typeof found['organization_id'] !== 'string') {
    return refusal(response, 'userinfo');
  }
  const active = found['active'];
  return {
    is: 'user',
    username: textOf(found['preferred_username']),
    organizationId: found['organization_id'],
    active: typeof active === 'boolean' ? active : undefined,
  };
}

function apiFacts(resources: HttpResponse | AuthError, versions: HttpResponse | AuthError): ApiFacts {
  if (resources instanceof AuthError || resources.status !== 200) return refusal(resources, 'rest');
  const list: unknown = versions instanceof AuthError ? undefined : parsed(versions);
  const newest = Array.isArray(list) ? textOf(asRecord(list.at(-1))?.['version']) : undefined;
  const usage = /api-usage=(\d+\/\d+)/.exec(resources.headers['sforce-limit-info'] ?? '')?.[1];
  return { is: 'open', newest, usage };
}

/** What a refusal means, by the catalogue. */
function refusal(response: HttpResponse | AuthError, endpoint: Endpoint): RefusedAnswer {
  if (response instanceof AuthError) {
    const { diagnosis, message } = response;
    return { is: 'refused', status: 0, found: message, cause: diagnosis?.cause, fix: diagnosis?.fix ?? [], id: diagnosis?.id };
  }
  const { row } = explain(Buffer.from(response.body).toString('utf8').slice(0, 20_000), { endpoint });
  const code = row === undefined ? '' : row.codes[0];
  return { is: 'refused', status: response.status, found: code ?? '', cause: row?.causes[0], fix: row?.fix ?? [], id: row?.id };
}

function loginRecords(response: HttpResponse | AuthError | undefined): readonly LoginRecord[] | undefined {
  if (response === undefined || response instanceof AuthError) return undefined;
  const records = record(response)?.['records'];
  if (!Array.isArray(records)) return undefined;
  return records.map((each) => {
    const text = (field: string): string => textOf(asRecord(each)?.[field]) ?? '';
    return {
      loginType: text('LoginType'),
      loginSubType: text('LoginSubType'),
      apiType: text('ApiType'),
      application: text('Application'),
      loginUrl: text('LoginUrl'),
    };
  });
}

function record(response: HttpResponse): Readonly<Record<string, unknown>> | undefined {
  return response.status === 200 ? asRecord(parsed(response)) : undefined;
}

function parsed({ body }: HttpResponse): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function answered(request: Promise<HttpResponse>): Promise<HttpResponse | AuthError> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}
