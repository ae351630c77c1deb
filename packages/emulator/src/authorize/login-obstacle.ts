import type { App } from '../org/apps.ts';
import { clientAddress } from '../org/ip-ranges.ts';
import { isLoginAddressAllowed } from '../org/ip-rules.ts';
import type { Org } from '../org/org.ts';
import type { User } from '../org/users.ts';
import type { EmulatorRequest } from '../server/http-message.ts';

/** What the login page says to a person who may not come in here, with a browser session neither; undefined when all may go on. */
export function loginObstacle(org: Org, request: EmulatorRequest, app: App, user: User): string | undefined {
  if (request.host === 'login' && org.switches.myDomainRequired) {
    return `Your org lets you log in at its My Domain only: ${org.origins.mydomain}`;
  }
  if (!isLoginAddressAllowed(app, user, clientAddress(request), false)) {
    return "You can't log in from this address: it lies outside the login IP ranges of your profile.";
  }
  return undefined;
}
