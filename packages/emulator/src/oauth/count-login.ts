import type { User } from '../org/users.ts';
import { refusal } from './error-catalogue.ts';
import type { TokenRequest } from './token-request.ts';

/**
 * Counts a login against the user's limit. Grants call it before anything is used up: whoever is refused for the rate may
 * come again with the same code, assertion or refresh token.
 *
 * @throws {OAuthError} `rate_limit_exceeded`
 */
export function countLogin({ org }: TokenRequest, user: User): void {
  if (!org.loginLimit.count(user, org.switches.loginLimitPerHour, org.now())) throw refusal('T1');
}
