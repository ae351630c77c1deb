import type { Org } from '../org.ts';

export type RecordFields = Readonly<Record<string, string | number | boolean | null>>;

/** An object of the org's data: its records all have the same fields, `Id` first. */
export interface DataObject {
  readonly name: string;
  readonly keyPrefix: string;
  readonly records: readonly RecordFields[];
}

/** The object of that name, whose case does not matter. */
export function findObject(org: Org, name: string): DataObject | undefined {
  switch (name.toLowerCase()) {
    case 'organization':
      return { name: 'Organization', keyPrefix: '00D', records: [organization(org)] };
    case 'user':
      return { name: 'User', keyPrefix: '005', records: users(org) };
    case 'account':
      return { name: 'Account', keyPrefix: '001', records: accounts(org) };
    default:
      return undefined;
  }
}

export const OBJECT_NAMES: readonly string[] = ['Account', 'Organization', 'User'];

function organization(org: Org): RecordFields {
  return {
    Id: org.id,
    Name: org.settings.name,
    InstanceName: org.settings.instanceName,
    IsSandbox: org.settings.isSandbox,
    TrialExpirationDate: null,
    NamespacePrefix: null,
    OrganizationType: org.settings.organizationType,
  };
}

function users(org: Org): readonly RecordFields[] {
  return org.users.all().map((user) => ({
    Id: user.id,
    Username: user.username,
    Name: `${user.firstName} ${user.lastName}`,
    FirstName: user.firstName,
    LastName: user.lastName,
    Email: user.email,
    IsActive: user.isActive,
    UserType: 'Standard',
  }));
}

function accounts(org: Org): readonly RecordFields[] {
  const createdDate = new Date(org.createdAtMs).toISOString().replace('Z', '+0000');
  return org.accounts.map(({ id, name }) => ({
    Id: id,
    Name: name,
    Industry: 'Technology',
    CreatedDate: createdDate,
    OwnerId: org.users.all()[0]?.id ?? null,
  }));
}
