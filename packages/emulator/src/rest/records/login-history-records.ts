import { canonicalId, emulatorId, serialOf } from '../../org/ids.ts';
import { type LoginAttempt, type LoginHistory, NOT_APPLICABLE } from '../../org/login-history.ts';
import type { User } from '../../org/users.ts';
import type { FieldValue } from '../schema/field.ts';
import { LOGIN_HISTORY } from '../schema/login-history.ts';
import type { SObject } from '../schema/sobject.ts';
import { type ObjectRecords, type OrgRecord, toDatetime } from './org-record.ts';

const UNKNOWN = 'Unknown';

/** An attempt to log in seen as a record. It is made when it is asked for: most are never read. */
class LoginHistoryRecord implements OrgRecord {
  readonly id: string;
  readonly #attempt: LoginAttempt;

  constructor(serial: number, attempt: LoginAttempt) {
    this.id = emulatorId(LOGIN_HISTORY.keyPrefix, serial);
    this.#attempt = attempt;
  }

  get(fieldName: string): FieldValue {
    const attempt = this.#attempt;
    switch (fieldName) {
      case 'Id':
        return this.id;
      case 'UserId':
        return attempt.userId;
      case 'LoginTime':
        return toDatetime(attempt.atMs);
      case 'LoginType':
        return attempt.loginType;
      case 'LoginSubType':
        return attempt.loginSubType;
      case 'SourceIp':
        return attempt.sourceIp;
      case 'LoginUrl':
        return attempt.loginUrl;
      case 'Status':
        return attempt.status;
      case 'Application':
        return attempt.application;
      case 'ApiType':
        return attempt.apiType;
      case 'ApiVersion':
      case 'ClientVersion':
        return NOT_APPLICABLE;
      case 'Browser':
      case 'Platform':
        return UNKNOWN;
      default:
        return null;
    }
  }
}

/** The login history as records of LoginHistory: of everybody, or of one user. */
export class LoginHistoryRecords implements ObjectRecords {
  readonly schema: SObject = LOGIN_HISTORY;
  readonly #history: LoginHistory;
  readonly #onlyOf: User | undefined;

  constructor(history: LoginHistory, onlyOf?: User) {
    this.#history = history;
    this.#onlyOf = onlyOf;
  }

  find(id: string): OrgRecord | undefined {
    const wanted = canonicalId(id) ?? '';
    const record = this.#record(serialOf(wanted) ?? 0);
    return record?.id === wanted ? record : undefined;
  }

  findDeleted(): undefined {
    return undefined;
  }

  *all(): Iterable<OrgRecord> {
    for (const serial of this.#history.serials()) {
      const record = this.#record(serial);
      if (record !== undefined) yield record;
    }
  }

  deleted(): Iterable<OrgRecord> {
    return [];
  }

  lookup(): undefined {
    return undefined;
  }

  /** Without the permission "Manage Users" people see their own logins. */
  visibleTo(user: User): ObjectRecords {
    return user.canManageUsers ? this : new LoginHistoryRecords(this.#history, user);
  }

  #record(serial: number): OrgRecord | undefined {
    const attempt = this.#history.find(serial);
    const isSeen = attempt !== undefined && (this.#onlyOf === undefined || attempt.userId === this.#onlyOf.id);
    return isSeen ? new LoginHistoryRecord(serial, attempt) : undefined;
  }
}
