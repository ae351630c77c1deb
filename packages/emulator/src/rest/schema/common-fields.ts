import { type Field, field, systemField } from './field.ts';

/** The id of an object's records. */
export function idField(label: string): Field {
  return systemField('Id', label, 'id');
}

/** `CreatedDate` to `SystemModstamp`. */
export const AUDIT_FIELDS: readonly Field[] = [
  systemField('CreatedDate', 'Created Date', 'datetime'),
  userReference('CreatedById', 'Created By ID', 'CreatedBy'),
  systemField('LastModifiedDate', 'Last Modified Date', 'datetime'),
  userReference('LastModifiedById', 'Last Modified By ID', 'LastModifiedBy'),
  systemField('SystemModstamp', 'System Modstamp', 'datetime'),
];

export const IS_DELETED: Field = systemField('IsDeleted', 'Deleted', 'boolean');

/** The owner, whoever creates the record unless it is said. */
export const OWNER_ID: Field = field('OwnerId', 'Owner ID', 'reference', {
  access: 'defaulted',
  reference: { to: 'User', relationshipName: 'Owner' },
});

/** `BillingStreet` to `BillingCountry`, and the like. */
export function addressFields(prefix: string): readonly Field[] {
  const part = (name: string, length: number, type: 'string' | 'textarea' = 'string'): Field =>
    field(
      `${prefix}${name}`,
      `${prefix} ${name.replace('PostalCode', 'Zip/Postal Code').replace('State', 'State/Province')}`.trim(),
      type,
      {
        length,
      },
    );
  return [part('Street', 255, 'textarea'), part('City', 40), part('State', 80), part('PostalCode', 20), part('Country', 80)];
}

function userReference(name: string, label: string, relationshipName: string): Field {
  return systemField(name, label, 'reference', { reference: { to: 'User', relationshipName } });
}
