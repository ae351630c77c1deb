import { type EmulatorAnswer, jsonAnswer } from '../server/http-message.ts';
import { RestError } from './errors.ts';
import { queryColumns } from './query-columns.ts';
import type { QueryCursor } from './query-cursors.ts';
import { queryPlan } from './query-plan.ts';
import type { OrgRecord } from './records/org-record.ts';
import type { RestCall } from './rest-call.ts';
import { parseSoql } from './soql/parser.ts';
import { type Projection, project } from './soql/projection.ts';
import { type BoundQuery, bindQuery, type Count } from './soql/run-query.ts';
import { describeSoqlError, SoqlError } from './soql/soql-error.ts';

const LEAST_BATCH = 200;
const MOST_BATCH = 2_000;

/** `GET …/query?q=`; with `columns=true` the columns, with `explain=` the plan instead of the records. */
export function query(call: RestCall): EmulatorAnswer {
  return answerQuery(call, false);
}

/** `GET …/queryAll?q=`: deleted records as well. */
export function queryAll(call: RestCall): EmulatorAnswer {
  return answerQuery(call, true);
}

/** `GET …/query/<locator>`: the next records of a query. */
export function queryMore({ org, session, request, base, parts }: RestCall): EmulatorAnswer {
  const [, id = '', offset = ''] = /^(01g[A-Za-z0-9]{12,15})-(\d{1,9})$/.exec(parts[0] ?? '') ?? [];
  const cursor = org.queryCursors.find(id, session.user.id, org.now());
  if (cursor === undefined || Number(offset) >= cursor.records.length) {
    throw new RestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
  }
  return jsonAnswer(200, page(cursor, id, Number(offset), batchSize(request.headers['sforce-query-options']), base));
}

function answerQuery(call: RestCall, isQueryAll: boolean): EmulatorAnswer {
  const { request, base } = call;
  const explained = request.query.get('explain');
  const source = explained ?? request.query.get('q');
  if (source === null) throw new RestError(400, 'MALFORMED_QUERY', 'A query string has to be specified');
  if (source.trim() === '') throw new RestError(400, 'MALFORMED_QUERY', 'SOQL statements cannot be empty or null');
  try {
    const { org, session, isTooling } = call;
    const context = { records: org.records, user: session.user, nowMs: org.now(), isTooling, isQueryAll };
    const bound = bindQuery(parseSoql(source), context);
    if (explained !== null) return jsonAnswer(200, queryPlan(bound, source));
    if (request.query.get('columns') === 'true') return jsonAnswer(200, queryColumns(bound));
    return jsonAnswer(200, run(call, bound, base));
  } catch (error) {
    if (error instanceof SoqlError) throw new RestError(400, error.errorCode, describeSoqlError(source, error));
    throw error;
  }
}

function run({ org, session, request }: RestCall, bound: BoundQuery, base: string): unknown {
  const records = bound.records();
  const { output } = bound;
  if (output.kind === 'size') return { totalSize: records.length, done: true, records: [] };
  if (output.kind === 'aggregate') return { totalSize: 1, done: true, records: [aggregate(output.counts, records)] };
  const size = batchSize(request.headers['sforce-query-options']);
  const cursor = { userId: session.user.id, openedAtMs: org.now(), records, projection: output.projection };
  const id = records.length > size ? org.queryCursors.open(cursor) : '';
  return page(cursor, id, 0, size, base);
}

function page(cursor: QueryCursor, id: string, offset: number, size: number, base: string): unknown {
  const { records, projection } = cursor;
  const next = offset + size;
  const isDone = next >= records.length;
  return {
    totalSize: records.length,
    done: isDone,
    ...(isDone ? {} : { nextRecordsUrl: `${base}/query/${id}-${next}` }),
    records: shownRecords(projection, records.slice(offset, next), base),
  };
}

function shownRecords(projection: Projection, records: readonly OrgRecord[], base: string): readonly unknown[] {
  return records.map((record) => project(projection, record, base));
}

function aggregate(counts: readonly Count[], records: readonly OrgRecord[]): unknown {
  const values = counts.map(({ name, field }) => [name, records.filter((record) => field.read(record) !== null).length]);
  return { attributes: { type: 'AggregateResult' }, ...Object.fromEntries(values) };
}

/** The `batchSize` of `Sforce-Query-Options`; Salesforce doesn't promise to follow it, and stays between 200 and 2,000. */
function batchSize(options: string | readonly string[] | undefined): number {
  const wanted = /(?:^|[,;\s])batchSize\s*=\s*(\d{1,9})/i.exec(String(options ?? ''))?.[1];
  return wanted === undefined ? MOST_BATCH : Math.min(MOST_BATCH, Math.max(LEAST_BATCH, Number(wanted)));
}
