import { CONSENT_PATH } from '../endpoints.ts';
import type { User } from '../org/users.ts';
import type { EmulatorAnswer } from '../server/http-message.ts';
import { type Markup, markup, page } from './page.ts';
import { SCOPE_MEANINGS } from './scope-meanings.ts';
import type { Transaction } from './transactions.ts';

/** The consent form: POST of `transaction` and `decision=allow|deny`. */
export function consentPage(transactionId: string, transaction: Transaction, user: User): EmulatorAnswer {
  return page(
    200,
    'Allow access?',
    markup`<p>The app <strong>${transaction.app.name}</strong> asks to act as <strong>${user.username}</strong> with:</p>
<ul>${transaction.scopes.map((scope) => markup`<li><code>${scope}</code>${meaning(scope)}</li>`)}</ul>
<form method="post" action="${CONSENT_PATH}">
<input type="hidden" name="transaction" value="${transactionId}">
<button type="submit" name="decision" value="allow">Allow</button>
<button class="plain" type="submit" name="decision" value="deny">Deny</button></form>`,
  );
}

function meaning(scope: string): Markup | readonly Markup[] {
  const text = SCOPE_MEANINGS.get(scope);
  return text === undefined ? [] : markup`<br>${text}`;
}
