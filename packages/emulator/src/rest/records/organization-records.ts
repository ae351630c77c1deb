import type { ResolvedConfig } from '../../config-defaults.ts';
import { sameId } from '../../ids.ts';
import type { FieldValue } from '../schema/field.ts';
import { ORGANIZATION } from '../schema/organization.ts';
import type { SObject } from '../schema/sobject.ts';
import type { ObjectRecords, OrgRecord } from './org-record.ts';

/** The one record of Organization. */
export class OrganizationRecords implements ObjectRecords {
  readonly schema: SObject = ORGANIZATION;
  readonly #record: OrgRecord;

  constructor(id: string, settings: ResolvedConfig['org'], createdDate: string, systemUserId: string | null) {
    const fields = new Map<string, FieldValue>([
      ['Id', id],
      ['Name', settings.name],
      ['DefaultLocaleSidKey', 'en_US'],
      ['TimeZoneSidKey', 'GMT'],
      ['LanguageLocaleKey', 'en_US'],
      ['FiscalYearStartMonth', 1],
      ['OrganizationType', settings.organizationType],
      ['InstanceName', settings.instanceName],
      ['IsSandbox', settings.isSandbox],
      ['IsReadOnly', false],
      ['CreatedDate', createdDate],
      ['CreatedById', systemUserId],
      ['LastModifiedDate', createdDate],
      ['LastModifiedById', systemUserId],
      ['SystemModstamp', createdDate],
    ]);
    this.#record = { id, get: (fieldName) => fields.get(fieldName) ?? null };
  }

  find(id: string): OrgRecord | undefined {
    return sameId(id, this.#record.id) ? this.#record : undefined;
  }

  findDeleted(): undefined {
    return undefined;
  }

  all(): Iterable<OrgRecord> {
    return [this.#record];
  }

  deleted(): Iterable<OrgRecord> {
    return [];
  }

  lookup(): undefined {
    return undefined;
  }
}
