import { AUDIT_FIELDS, idField } from './common-fields.ts';
import { field, systemField } from './field.ts';
import { SObject } from './sobject.ts';

/** User: a view of the org's users, whom the configuration decides. Page: Object Reference, "User". */
export const USER: SObject = new SObject({
  name: 'User',
  label: 'User',
  labelPlural: 'Users',
  keyPrefix: '005',
  isChangeable: false,
  isInTooling: true,
  fields: [
    idField('User ID'),
    systemField('Username', 'Username', 'string', { length: 80, isUnique: true }),
    systemField('LastName', 'Last Name', 'string', { length: 80, compoundFieldName: 'Name' }),
    systemField('FirstName', 'First Name', 'string', { length: 40, isNillable: true, compoundFieldName: 'Name' }),
    systemField('Name', 'Full Name', 'string', { length: 121, isNameField: true }),
    systemField('CompanyName', 'Company Name', 'string', { length: 80, isNillable: true }),
    systemField('Department', 'Department', 'string', { length: 80, isNillable: true }),
    systemField('Title', 'Title', 'string', { length: 80, isNillable: true }),
    systemField('Email', 'Email', 'email', { length: 128 }),
    systemField('Phone', 'Phone', 'phone', { isNillable: true }),
    systemField('Alias', 'Alias', 'string', { length: 8 }),
    systemField('CommunityNickname', 'Nickname', 'string', { length: 40 }),
    systemField('IsActive', 'Active', 'boolean'),
    systemField('TimeZoneSidKey', 'Time Zone', 'picklist', { picklistValues: ['GMT'] }),
    systemField('LocaleSidKey', 'Locale', 'picklist', { picklistValues: ['en_US'] }),
    systemField('EmailEncodingKey', 'Email Encoding', 'picklist', { picklistValues: ['UTF-8'] }),
    systemField('LanguageLocaleKey', 'Language', 'picklist', { picklistValues: ['en_US'] }),
    systemField('ProfileId', 'Profile ID', 'reference', { reference: { to: 'Profile', relationshipName: 'Profile' } }),
    systemField('UserRoleId', 'Role ID', 'reference', { isNillable: true, reference: { to: 'UserRole' } }),
    systemField('UserType', 'User Type', 'picklist', { picklistValues: ['Standard'] }),
    field('FederationIdentifier', 'SAML Federation ID', 'string', { length: 512, access: 'readOnly' }),
    ...AUDIT_FIELDS,
  ],
});
