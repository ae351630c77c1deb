import { emulatorId } from '../../org/ids.ts';
import { AUDIT_FIELDS, idField } from './common-fields.ts';
import { systemField } from './field.ts';
import { SObject } from './sobject.ts';

/** Profile: one record, which every user has. Page: Object Reference, "Profile". */
export const PROFILE: SObject = new SObject({
  name: 'Profile',
  label: 'Profile',
  labelPlural: 'Profiles',
  keyPrefix: '00e',
  isChangeable: false,
  isInTooling: true,
  fields: [
    idField('Profile ID'),
    systemField('Name', 'Name', 'string', { isNameField: true }),
    systemField('UserType', 'User Type', 'picklist', { picklistValues: ['Standard'] }),
    systemField('Description', 'Description', 'string', { isNillable: true }),
    ...AUDIT_FIELDS,
  ],
});

export const ADMINISTRATOR_PROFILE_ID: string = emulatorId(PROFILE.keyPrefix, 1);
