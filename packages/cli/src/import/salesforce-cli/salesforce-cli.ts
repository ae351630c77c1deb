import { UsageError } from '../../usage-error.ts';
import { isRecord } from '../invalid-import.ts';
import { UnusableAnswer, UPDATE_CLI, unusable } from './answers.ts';
import { type JwtLogin, LIST_ORGS, readJwtLogins, readOrgs, type StoredOrg } from './orgs.ts';
import { runSf, type SfOptions } from './run-sf.ts';

const SHOW_URL = 'org auth show-sfdx-auth-url';

/** The Salesforce CLI of this user, asked through its own commands. */
export class SalesforceCli {
  readonly #options: SfOptions;

  constructor(options: SfOptions) {
    this.#options = options;
  }

  /** Every org that it keeps; it asks none of them. @throws UsageError, UnusableAnswer */
  async orgs(): Promise<readonly StoredOrg[]> {
    const answer = await runSf(LIST_ORGS, [], this.#options);
    if ('result' in answer) return readOrgs(answer.result);
    throw new UsageError(`The Salesforce CLI cannot list its orgs (${answer.errorName}).`, {
      fix: [`See what it says: sf ${LIST_ORGS}`, UPDATE_CLI],
    });
  }

  /** What it keeps of logins with JWT, by username: as much as it tells. @throws UsageError when there is no such program any more */
  async jwtLogins(): Promise<ReadonlyMap<string, JwtLogin>> {
    try {
      const answer = await runSf('org list', ['--skip-connection-status'], this.#options);
      return readJwtLogins('result' in answer ? answer.result : undefined);
    } catch (error) {
      if (error instanceof UnusableAnswer) return new Map();
      throw error;
    }
  }

  /** The org's sfdxAuthUrl, a secret; or the name of the CLI's error. @throws UsageError, UnusableAnswer */
  async sfdxAuthUrl(username: string): Promise<{ readonly url: string } | { readonly errorName: string }> {
    const answer = await runSf(SHOW_URL, ['--target-org', username], this.#options);
    if ('errorName' in answer) return answer;
    const url = isRecord(answer.result) ? answer.result['sfdxAuthUrl'] : undefined;
    if (typeof url !== 'string') throw unusable(`sf ${SHOW_URL}`, 'showed no sfdxAuthUrl');
    return { url };
  }
}
