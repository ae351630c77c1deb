import { AUDIT_FIELDS, addressFields, IS_DELETED, idField, OWNER_ID } from './common-fields.ts';
import { field } from './field.ts';
import { INDUSTRIES, LEAD_SOURCES } from './picklists.ts';
import { SObject } from './sobject.ts';

/** Account. Page: Object Reference, "Account". */
export const ACCOUNT: SObject = new SObject({
  name: 'Account',
  label: 'Account',
  labelPlural: 'Accounts',
  keyPrefix: '001',
  isChangeable: true,
  isInTooling: false,
  fields: [
    idField('Account ID'),
    IS_DELETED,
    field('Name', 'Account Name', 'string', { access: 'required', isNameField: true }),
    field('Type', 'Account Type', 'picklist', {
      picklistValues: [
        'Prospect',
        'Customer - Direct',
        'Customer - Channel',
        'Channel Partner / Reseller',
        'Installation Partner',
        'Technology Partner',
        'Other',
      ],
    }),
    field('ParentId', 'Parent Account ID', 'reference', {
      reference: { to: 'Account', relationshipName: 'Parent', childRelationshipName: 'ChildAccounts' },
    }),
    ...addressFields('Billing'),
    ...addressFields('Shipping'),
    field('Phone', 'Account Phone', 'phone'),
    field('Fax', 'Account Fax', 'phone'),
    field('AccountNumber', 'Account Number', 'string', { length: 40 }),
    field('Website', 'Website', 'url'),
    field('Industry', 'Industry', 'picklist', { picklistValues: INDUSTRIES }),
    field('AnnualRevenue', 'Annual Revenue', 'currency'),
    field('NumberOfEmployees', 'Employees', 'int'),
    field('Description', 'Account Description', 'textarea', { length: 32_000 }),
    field('Rating', 'Account Rating', 'picklist', { picklistValues: ['Hot', 'Warm', 'Cold'] }),
    field('Site', 'Account Site', 'string', { length: 80 }),
    OWNER_ID,
    ...AUDIT_FIELDS,
    field('AccountSource', 'Account Source', 'picklist', { picklistValues: LEAD_SOURCES }),
  ],
});
