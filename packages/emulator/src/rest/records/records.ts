import type { ContactConfig } from '../../config/config.ts';
import type { ResolvedConfig } from '../../config/config-defaults.ts';
import type { Apps } from '../../org/apps.ts';
import type { LoginHistory } from '../../org/login-history.ts';
import type { Users } from '../../org/users.ts';
import { ACCOUNT } from '../schema/account.ts';
import { CONTACT } from '../schema/contact.ts';
import { ORGANIZATION } from '../schema/organization.ts';
import { ADMINISTRATOR_PROFILE_ID, PROFILE } from '../schema/profile.ts';
import { ConnectedApplicationRecords } from './connected-application-records.ts';
import { FixedRecords } from './fixed-records.ts';
import { LoginHistoryRecords } from './login-history-records.ts';
import { type ObjectRecords, toDatetime } from './org-record.ts';
import { RecentItems } from './recent-items.ts';
import { RecordTable, type StoredFields } from './record-table.ts';
import { UserRecords } from './user-records.ts';

/** What {@link Records} begins with. */
export interface RecordsSeed {
  readonly organizationId: string;
  readonly settings: ResolvedConfig['org'];
  readonly users: Users;
  readonly accounts: readonly string[];
  readonly contacts: readonly ContactConfig[];
  readonly apps: Apps;
  readonly loginHistory: LoginHistory;
  readonly createdAtMs: number;
}

/** The data of the org, by object. */
export class Records {
  readonly recent = new RecentItems();
  /** Objects whose records can be created, updated and deleted. */
  readonly #tables: ReadonlyMap<string, RecordTable>;
  readonly #objects: ReadonlyMap<string, ObjectRecords>;

  constructor(seed: RecordsSeed) {
    const createdDate = toDatetime(seed.createdAtMs);
    const systemUserId = seed.users.first(1)[0]?.id ?? null;
    const accounts = new RecordTable(ACCOUNT);
    const contacts = new RecordTable(CONTACT);
    const audit = {
      CreatedDate: createdDate,
      CreatedById: systemUserId,
      LastModifiedDate: createdDate,
      LastModifiedById: systemUserId,
      SystemModstamp: createdDate,
    };
    const owned = { OwnerId: systemUserId, ...audit };
    const accountIds = new Map<string, string>();
    for (const name of seed.accounts) {
      const id = accounts.insert({ Name: name, Industry: 'Technology', ...owned });
      if (!accountIds.has(name)) accountIds.set(name, id);
    }
    for (const contact of seed.contacts) {
      const { firstName = null, lastName, email = null, account = '' } = contact;
      const fields: StoredFields = {
        AccountId: accountIds.get(account) ?? null,
        FirstName: firstName,
        LastName: lastName,
        Email: email,
      };
      contacts.insert({ ...fields, Name: fullName(fields), ...owned });
    }
    const objects: readonly ObjectRecords[] = [
      accounts,
      new ConnectedApplicationRecords(seed.apps, createdDate),
      contacts,
      new LoginHistoryRecords(seed.loginHistory),
      new FixedRecords(ORGANIZATION, [{ Id: seed.organizationId, ...organizationFields(seed.settings), ...audit }]),
      new FixedRecords(PROFILE, [{ Id: ADMINISTRATOR_PROFILE_ID, Name: 'System Administrator', UserType: 'Standard', ...audit }]),
      new UserRecords(seed.users, createdDate, systemUserId),
    ];
    this.#objects = new Map(objects.map((object) => [object.schema.name.toLowerCase(), object]));
    this.#tables = new Map([accounts, contacts].map((table) => [table.schema.name, table]));
  }

  /** The object of that name, whatever its case. */
  object(name: string): ObjectRecords | undefined {
    return this.#objects.get(name.toLowerCase());
  }

  /** The object whose ids begin like this one. */
  objectOfId(id: string): ObjectRecords | undefined {
    return this.objects().find(({ schema }) => schema.keyPrefix === id.slice(0, 3));
  }

  /** Every object, by name. */
  objects(): readonly ObjectRecords[] {
    return [...this.#objects.values()];
  }

  /** The table behind an object whose records can be changed, exactly named. */
  table(name: string): RecordTable | undefined {
    return this.#tables.get(name);
  }

  /** Every table. */
  tables(): readonly RecordTable[] {
    return [...this.#tables.values()];
  }
}

function organizationFields(settings: ResolvedConfig['org']): StoredFields {
  return {
    Name: settings.name,
    DefaultLocaleSidKey: 'en_US',
    TimeZoneSidKey: 'GMT',
    LanguageLocaleKey: 'en_US',
    FiscalYearStartMonth: 1,
    OrganizationType: settings.organizationType,
    InstanceName: settings.instanceName,
    IsSandbox: settings.isSandbox,
    IsReadOnly: false,
  };
}

/** The compound name of a person. */
export function fullName(fields: StoredFields): string {
  return [fields['FirstName'], fields['LastName']].filter((part) => typeof part === 'string' && part !== '').join(' ');
}
