import type { RestCall } from './rest-call.ts';
import type { SObject } from './schema/sobject.ts';
import { attributesOf } from './soql/projection.ts';

const MOST = 200;

/** `GET …/recent?limit=`: the records that the user created or changed last, the last one first. */
export function recent(call: RestCall): unknown {
  const wanted = Number(call.request.query.get('limit') ?? MOST);
  return recentItems(call).slice(0, wanted >= 1 ? wanted : MOST);
}

/** Of one object, or of all. */
export function recentItems({ org, session, base }: RestCall, only?: SObject): readonly unknown[] {
  return org.records.recent.ids(session.user.id).flatMap((id) => {
    const object = org.records.objectOfId(id);
    const record = object?.find(id);
    if (object === undefined || record === undefined || (only !== undefined && object.schema !== only)) return [];
    const { schema } = object;
    return [{ attributes: attributesOf(schema, id, base), Id: id, Name: record.get(schema.nameField?.name ?? 'Id') }];
  });
}
