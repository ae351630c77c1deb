import type { User, Users } from '../../org/users.ts';
import type { FieldValue } from '../schema/field.ts';
import { ADMINISTRATOR_PROFILE_ID } from '../schema/profile.ts';
import type { SObject } from '../schema/sobject.ts';
import { USER } from '../schema/user.ts';
import type { ObjectRecords, OrgRecord } from './org-record.ts';

/** A user seen as a record. It is made when it is asked for: an org can have a hundred thousand users. */
class UserRecord implements OrgRecord {
  readonly #user: User;
  readonly #users: UserRecords;

  constructor(user: User, users: UserRecords) {
    this.#user = user;
    this.#users = users;
  }

  get id(): string {
    return this.#user.id;
  }

  get(fieldName: string): FieldValue {
    const user = this.#user;
    switch (fieldName) {
      case 'Id':
        return user.id;
      case 'Username':
        return user.username;
      case 'LastName':
        return user.lastName;
      case 'FirstName':
        return user.firstName;
      case 'Name':
        return `${user.firstName} ${user.lastName}`;
      case 'Email':
        return user.email;
      case 'Alias':
        return `${user.firstName.slice(0, 1)}${user.lastName}`.slice(0, 8).toLowerCase();
      case 'CommunityNickname':
        return (user.username.split('@')[0] ?? user.username).slice(0, 40);
      case 'IsActive':
        return user.isActive;
      case 'ProfileId':
        return ADMINISTRATOR_PROFILE_ID;
      case 'UserType':
        return 'Standard';
      case 'TimeZoneSidKey':
        return 'GMT';
      case 'EmailEncodingKey':
        return 'UTF-8';
      case 'LocaleSidKey':
      case 'LanguageLocaleKey':
        return 'en_US';
      case 'CreatedDate':
      case 'LastModifiedDate':
      case 'SystemModstamp':
        return this.#users.createdDate;
      case 'CreatedById':
      case 'LastModifiedById':
        return this.#users.systemUserId;
      default:
        return null;
    }
  }
}

/** The org's users as records of User. */
export class UserRecords implements ObjectRecords {
  readonly schema: SObject = USER;
  readonly createdDate: string;
  readonly systemUserId: string | null;
  readonly #users: Users;

  constructor(users: Users, createdDate: string, systemUserId: string | null) {
    this.#users = users;
    this.createdDate = createdDate;
    this.systemUserId = systemUserId;
  }

  find(id: string): OrgRecord | undefined {
    return this.#recordOf(this.#users.withId(id));
  }

  findDeleted(): undefined {
    return undefined;
  }

  *all(): Iterable<OrgRecord> {
    for (const user of this.#users.values()) yield new UserRecord(user, this);
  }

  deleted(): Iterable<OrgRecord> {
    return [];
  }

  lookup(fieldName: string, values: readonly FieldValue[]): readonly OrgRecord[] | undefined {
    if (fieldName !== 'Username' || values.includes(null)) return undefined;
    const usernames = new Set(values.map(String));
    return [...usernames].flatMap((username) => this.#recordOf(this.#users.find(username)) ?? []);
  }

  #recordOf(user: User | undefined): OrgRecord | undefined {
    return user === undefined ? undefined : new UserRecord(user, this);
  }
}
