import { AUDIT_FIELDS, addressFields, IS_DELETED, idField, OWNER_ID } from './common-fields.ts';
import { field, systemField } from './field.ts';
import { LEAD_SOURCES, SALUTATIONS } from './picklists.ts';
import { SObject } from './sobject.ts';

/** Contact. Page: Object Reference, "Contact". */
export const CONTACT: SObject = new SObject({
  name: 'Contact',
  label: 'Contact',
  labelPlural: 'Contacts',
  keyPrefix: '003',
  isChangeable: true,
  isInTooling: false,
  fields: [
    idField('Contact ID'),
    IS_DELETED,
    field('AccountId', 'Account ID', 'reference', {
      reference: { to: 'Account', relationshipName: 'Account', childRelationshipName: 'Contacts', isCascadeDelete: true },
    }),
    field('LastName', 'Last Name', 'string', { length: 80, access: 'required', compoundFieldName: 'Name' }),
    field('FirstName', 'First Name', 'string', { length: 40, compoundFieldName: 'Name' }),
    field('Salutation', 'Salutation', 'picklist', { picklistValues: SALUTATIONS, compoundFieldName: 'Name' }),
    systemField('Name', 'Full Name', 'string', { length: 121, isNameField: true }),
    ...addressFields('Mailing'),
    field('Phone', 'Business Phone', 'phone'),
    field('Fax', 'Business Fax', 'phone'),
    field('MobilePhone', 'Mobile Phone', 'phone'),
    field('HomePhone', 'Home Phone', 'phone'),
    field('ReportsToId', 'Reports To ID', 'reference', { reference: { to: 'Contact', relationshipName: 'ReportsTo' } }),
    field('Email', 'Email', 'email'),
    field('Title', 'Title', 'string', { length: 128 }),
    field('Department', 'Department', 'string', { length: 80 }),
    field('LeadSource', 'Lead Source', 'picklist', { picklistValues: LEAD_SOURCES }),
    field('Birthdate', 'Birthdate', 'date'),
    field('Description', 'Contact Description', 'textarea', { length: 32_000 }),
    OWNER_ID,
    field('HasOptedOutOfEmail', 'Email Opt Out', 'boolean'),
    field('DoNotCall', 'Do Not Call', 'boolean'),
    ...AUDIT_FIELDS,
  ],
});
