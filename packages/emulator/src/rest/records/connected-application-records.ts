import type { App, Apps } from '../../org/apps.ts';
import { canonicalId, emulatorId, serialOf } from '../../org/ids.ts';
import { CONNECTED_APPLICATION } from '../schema/connected-application.ts';
import type { FieldValue } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';
import { type ObjectRecords, type OrgRecord, toDatetime } from './org-record.ts';

class ConnectedApplicationRecord implements OrgRecord {
  readonly id: string;
  readonly #app: App;
  readonly #createdDate: string;

  constructor(id: string, app: App, createdDate: string) {
    this.id = id;
    this.#app = app;
    this.#createdDate = createdDate;
  }

  get(fieldName: string): FieldValue {
    switch (fieldName) {
      case 'Id':
        return this.id;
      case 'Name':
        return this.#app.name;
      case 'OptionsAllowAdminApprovedUsersOnly':
        return this.#app.isAdminApproved;
      case 'CreatedDate':
        return this.#createdDate;
      case 'LastModifiedDate':
      case 'SystemModstamp':
        return toDatetime(this.#app.modifiedAtMs);
      default:
        return null;
    }
  }
}

/** The org's connected apps as records of ConnectedApplication, under the names that LoginHistory has for them. */
export class ConnectedApplicationRecords implements ObjectRecords {
  readonly schema: SObject = CONNECTED_APPLICATION;
  readonly #apps: Apps;
  readonly #createdDate: string;

  constructor(apps: Apps, createdDate: string) {
    this.#apps = apps;
    this.#createdDate = createdDate;
  }

  find(id: string): OrgRecord | undefined {
    const wanted = canonicalId(id) ?? '';
    const serial = serialOf(wanted) ?? 0;
    const record = this.#record(serial, this.#apps.all()[serial - 1]);
    return record?.id === wanted ? record : undefined;
  }

  findDeleted(): undefined {
    return undefined;
  }

  *all(): Iterable<OrgRecord> {
    for (const [index, app] of this.#apps.all().entries()) {
      const record = this.#record(index + 1, app);
      if (record !== undefined) yield record;
    }
  }

  deleted(): Iterable<OrgRecord> {
    return [];
  }

  lookup(): undefined {
    return undefined;
  }

  /** Apps of the other kind are numbered too, so that an id stays when the kind of another app changes. */
  #record(serial: number, app: App | undefined): OrgRecord | undefined {
    if (app?.kind !== 'connected-app') return undefined;
    return new ConnectedApplicationRecord(emulatorId(CONNECTED_APPLICATION.keyPrefix, serial), app, this.#createdDate);
  }
}
