import { type EmulatorAnswer, jsonAnswer } from '../server/http-message.ts';
import { describeField } from './describe-field.ts';
import { notFound } from './errors.ts';
import { recentItems } from './recent.ts';
import type { ObjectRecords } from './records/org-record.ts';
import type { RestCall } from './rest-call.ts';
import type { SObject } from './schema/sobject.ts';

const MASTER_RECORD_TYPE_ID = '012000000000000AAA';

/** The object that the first open part of the path names, as the user sees it. @throws {RestError} NOT_FOUND */
export function objectOf({ org, session, parts, isTooling }: RestCall): ObjectRecords {
  const object = org.records.object(parts[0] ?? '');
  if (object === undefined || (isTooling && !object.schema.isInTooling)) throw notFound();
  return object.visibleTo?.(session.user) ?? object;
}

/** `GET …/sobjects`: every object. */
export function describeGlobal({ org, base, isTooling }: RestCall): unknown {
  const schemas = org.records.objects().map(({ schema }) => schema);
  const sobjects = schemas.filter(({ isInTooling }) => isInTooling || !isTooling).map((schema) => basics(schema, base));
  return { encoding: 'UTF-8', maxBatchSize: 200, sobjects };
}

/** `GET …/sobjects/<object>`: the object in short, and the records of it that the user saved last. */
export function describeShortly(call: RestCall): unknown {
  const { schema } = objectOf(call);
  return { objectDescribe: basics(schema, call.base), recentItems: recentItems(call, schema) };
}

/** `GET …/sobjects/<object>/describe`; schemas don't change, so `If-Modified-Since` after the start is answered 304. */
export function describeObject(call: RestCall): EmulatorAnswer {
  const { schema } = objectOf(call);
  const lastModifiedMs = Math.floor(call.org.createdAtMs / 1000) * 1000;
  const since = Date.parse(String(call.request.headers['if-modified-since'] ?? ''));
  if (since >= lastModifiedMs) return { status: 304, headers: {}, body: '' };
  return jsonAnswer(200, describe(call, schema), { 'last-modified': new Date(lastModifiedMs).toUTCString() });
}

function describe({ org, base }: RestCall, schema: SObject): unknown {
  const urls = urlsOf(schema, base);
  return {
    actionOverrides: [],
    childRelationships: org.records.objects().flatMap((object) => childRelationships(object.schema, schema)),
    compactLayoutable: schema.isChangeable,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: schema.fields.map((field) => describeField(field, schema.isChangeable)),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [
      {
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: 'Master',
        master: true,
        name: 'Master',
        recordTypeId: MASTER_RECORD_TYPE_ID,
        urls: { layout: `${urls['describe']}/layouts/${MASTER_RECORD_TYPE_ID}` },
      },
    ],
    searchLayoutable: schema.isChangeable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [{ label: `All ${schema.labelPlural.toLowerCase()}`, name: 'everything' }],
    ...basics(schema, base),
    urls: {
      ...urls,
      uiEditTemplate: `${org.origins.mydomain}/{ID}/e`,
      uiDetailTemplate: `${org.origins.mydomain}/{ID}`,
      uiNewRecord: `${org.origins.mydomain}/${schema.keyPrefix}/e`,
    },
  };
}

function basics(schema: SObject, base: string): Readonly<Record<string, unknown>> {
  const { isChangeable } = schema;
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: isChangeable,
    custom: false,
    customSetting: false,
    deepCloneable: false,
    deletable: isChangeable,
    deprecatedAndHidden: false,
    feedEnabled: isChangeable,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: schema.keyPrefix,
    label: schema.label,
    labelPlural: schema.labelPlural,
    layoutable: isChangeable,
    mergeable: isChangeable,
    mruEnabled: isChangeable,
    name: schema.name,
    queryable: true,
    replicateable: isChangeable,
    retrieveable: true,
    searchable: isChangeable,
    triggerable: isChangeable,
    undeletable: isChangeable,
    updateable: isChangeable,
    urls: urlsOf(schema, base),
  };
}

function urlsOf({ name }: SObject, base: string): Readonly<Record<string, string>> {
  const sobject = `${base}/sobjects/${name}`;
  return { sobject, describe: `${sobject}/describe`, rowTemplate: `${sobject}/{ID}` };
}

function childRelationships(child: SObject, parent: SObject): readonly unknown[] {
  return child.fields
    .filter(({ reference }) => reference?.to === parent.name)
    .map(({ name, reference }) => ({
      cascadeDelete: reference?.isCascadeDelete ?? false,
      childSObject: child.name,
      deprecatedAndHidden: false,
      field: name,
      junctionIdListNames: [],
      junctionReferenceTo: [],
      relationshipName: reference?.childRelationshipName ?? null,
      restrictedDelete: false,
    }));
}
