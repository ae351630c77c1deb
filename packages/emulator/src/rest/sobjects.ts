import { sameId } from '../ids.ts';
import type { Org } from '../org.ts';
import { notFound } from './errors.ts';
import { findObject, OBJECT_NAMES } from './records.ts';

/** `GET …/sobjects`: the objects that there are. */
export function listObjects(base: string): unknown {
  const sobjects = OBJECT_NAMES.map((name) => ({ name, label: name, urls: { sobject: `${base}/sobjects/${name}` } }));
  return { encoding: 'UTF-8', maxBatchSize: 200, sobjects };
}

/** `GET …/sobjects/<object>/<id>`, the id in either length; `fields` chooses. */
export function getRecord(org: Org, base: string, path: readonly string[], fields: string | null): unknown {
  const [objectName = '', id = '', ...rest] = path;
  const object = findObject(org, objectName);
  const record = object?.records.find((one) => sameId(id, String(one.Id)));
  if (object === undefined || record === undefined || rest.length > 0) throw notFound();
  const chosen = fields?.toLowerCase().split(',');
  return {
    attributes: { type: object.name, url: `${base}/sobjects/${object.name}/${record.Id}` },
    ...Object.fromEntries(
      Object.entries(record).filter(([name]) => chosen === undefined || name === 'Id' || chosen.includes(name.toLowerCase())),
    ),
  };
}
