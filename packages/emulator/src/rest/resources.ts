import type { EmulatorAnswer } from '../server/http-message.ts';
import { createCollection, deleteCollection, retrieveCollection, updateCollection } from './collections.ts';
import { describeGlobal, describeObject, describeShortly } from './describe.ts';
import { notFound, RestError } from './errors.ts';
import { limits } from './limits.ts';
import { query, queryAll, queryMore } from './query.ts';
import { recent } from './recent.ts';
import { answering, type RestCall, type RestHandler } from './rest-call.ts';
import { createRecord, deleteRecord, refuseExternalId, retrieveRecord, updateRecord } from './sobject-records.ts';
import { listCompositeResources, listResources, listToolingResources } from './versions.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A path, `*` for a part that it leaves open, and what answers each method. */
interface Resource {
  readonly path: readonly string[];
  readonly handlers: Readonly<Partial<Record<Method, RestHandler>>>;
}

function resource(path: string, handlers: Resource['handlers']): Resource {
  return { path: path.split('/').filter(Boolean), handlers };
}

const SHARED: readonly Resource[] = [
  resource('query', { GET: query }),
  resource('query/*', { GET: queryMore }),
  resource('sobjects', { GET: answering(describeGlobal) }),
  resource('sobjects/*/describe', { GET: describeObject }),
];

/** The first that fits answers. */
const DATA: readonly Resource[] = [
  resource('', { GET: answering(({ org, base, session }) => listResources(base, org.identityUrl(session.user))) }),
  ...SHARED,
  resource('queryAll', { GET: queryAll }),
  resource('queryAll/*', { GET: queryMore }),
  resource('sobjects/*', { GET: answering(describeShortly), POST: createRecord }),
  resource('sobjects/*/*', { GET: answering(retrieveRecord), PATCH: updateRecord, DELETE: deleteRecord }),
  resource('sobjects/*/*/*', { GET: refuseExternalId, PATCH: refuseExternalId, DELETE: refuseExternalId }),
  resource('composite', { GET: answering(({ base }) => listCompositeResources(base)) }),
  resource('composite/sobjects', {
    POST: answering(createCollection),
    PATCH: answering(updateCollection),
    DELETE: answering(deleteCollection),
  }),
  resource('composite/sobjects/*', { GET: answering(retrieveCollection), POST: answering(retrieveCollection) }),
  resource('composite/sobjects/*/*', { PATCH: refuseExternalId }),
  resource('limits', { GET: answering(({ org }) => limits(org.apiRequests)) }),
  resource('recent', { GET: answering(recent) }),
];

const TOOLING: readonly Resource[] = [
  resource('', { GET: answering(({ base }) => listToolingResources(base)) }),
  ...SHARED,
  resource('sobjects/*', { GET: answering(describeShortly) }),
  resource('sobjects/*/*', { GET: answering(retrieveRecord) }),
];

/** Answers what stands below the version. @throws {RestError} */
export function answerResource(call: Omit<RestCall, 'parts' | 'isTooling'>, path: readonly string[]): EmulatorAnswer {
  const isTooling = path[0] === 'tooling';
  const below = isTooling ? path.slice(1) : path;
  const found = (isTooling ? TOOLING : DATA).find((one) => isAt(one, below));
  if (found === undefined) throw notFound();
  const base = isTooling ? `${call.base}/tooling` : call.base;
  const parts = below.filter((_, index) => found.path[index] === '*');
  return handlerOf(found, methodOf(call.request))({ ...call, base, isTooling, parts });
}

function isAt({ path }: Resource, parts: readonly string[]): boolean {
  return path.length === parts.length && path.every((part, index) => part === '*' || part === parts[index]);
}

/** Clients that can't send PATCH say so in the query of a POST. */
function methodOf({ method, query: parameters }: RestCall['request']): string {
  return method === 'POST' ? (parameters.get('_HttpMethod')?.toUpperCase() ?? method) : method;
}

function handlerOf({ handlers }: Resource, method: string): RestHandler {
  const handler = Object.entries(handlers).find(([one]) => one === (method === 'HEAD' ? 'GET' : method))?.[1];
  if (handler !== undefined) return handler;
  const allowed = Object.keys(handlers)
    .flatMap((one) => (one === 'GET' ? ['HEAD', 'GET'] : [one]))
    .join(',');
  throw new RestError(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed. Allowed are ${allowed}`, {
    headers: { allow: allowed },
  });
}
