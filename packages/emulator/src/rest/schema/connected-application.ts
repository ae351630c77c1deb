import { idField } from './common-fields.ts';
import { systemField } from './field.ts';
import { SObject } from './sobject.ts';

const START_URL = { length: 2400, isNillable: true } as const;

/** ConnectedApplication: the connected apps, which the configuration decides. Page: Object Reference, "ConnectedApplication". */
export const CONNECTED_APPLICATION: SObject = new SObject({
  name: 'ConnectedApplication',
  label: 'Connected App',
  labelPlural: 'Connected Apps',
  keyPrefix: '0H4',
  isChangeable: false,
  isInTooling: false,
  fields: [
    idField('Connected App ID'),
    systemField('Name', 'Connected App Name', 'string', { length: 80, isNameField: true, isIdLookup: true }),
    systemField('CreatedDate', 'Created Date', 'datetime'),
    systemField('LastModifiedDate', 'Last Modified Date', 'datetime'),
    systemField('SystemModstamp', 'System Modstamp', 'datetime'),
    systemField('OptionsAllowAdminApprovedUsersOnly', 'AllowAdminApprovedUsersOnly', 'boolean'),
    systemField('MobileStartUrl', 'Mobile Start URL', 'url', START_URL),
    systemField('StartUrl', 'Start URL', 'url', START_URL),
  ],
});
