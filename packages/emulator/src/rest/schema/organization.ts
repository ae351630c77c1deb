import { AUDIT_FIELDS, addressFields, idField } from './common-fields.ts';
import { systemField } from './field.ts';
import { SObject } from './sobject.ts';

/** Organization: one record, the org itself. Page: Object Reference, "Organization". */
export const ORGANIZATION: SObject = new SObject({
  name: 'Organization',
  label: 'Organization',
  labelPlural: 'Organizations',
  keyPrefix: '00D',
  isChangeable: false,
  isInTooling: true,
  fields: [
    idField('Organization ID'),
    systemField('Name', 'Name', 'string', { length: 80, isNameField: true }),
    systemField('Division', 'Division', 'string', { length: 80, isNillable: true }),
    ...addressFields('').map((part) => ({ ...part, isCreateable: false, isUpdateable: false })),
    systemField('Phone', 'Phone', 'phone', { isNillable: true }),
    systemField('PrimaryContact', 'Primary Contact', 'string', { length: 80, isNillable: true }),
    systemField('DefaultLocaleSidKey', 'Locale', 'picklist', { picklistValues: ['en_US'] }),
    systemField('TimeZoneSidKey', 'Time Zone', 'picklist', { picklistValues: ['GMT'] }),
    systemField('LanguageLocaleKey', 'Language', 'picklist', { picklistValues: ['en_US'] }),
    systemField('FiscalYearStartMonth', 'Fiscal Year Starts In', 'int', { isNillable: true }),
    systemField('TrialExpirationDate', 'Trial Expiration Date', 'datetime', { isNillable: true }),
    systemField('OrganizationType', 'Edition', 'picklist'),
    systemField('NamespacePrefix', 'Namespace Prefix', 'string', { length: 15, isNillable: true }),
    systemField('InstanceName', 'Instance Name', 'string', { length: 5 }),
    systemField('IsSandbox', 'Is Sandbox', 'boolean'),
    systemField('IsReadOnly', 'Is Read Only', 'boolean'),
    ...AUDIT_FIELDS,
  ],
});
