import { LOGIN_PATH } from '../endpoints.ts';
import type { User } from '../org/users.ts';
import type { EmulatorAnswer } from '../server/http-message.ts';
import { markup, page } from './page.ts';

export interface LoginPageOptions {
  readonly username: string;
  readonly message?: string;
  /** Users to name with their passwords, which are synthetic: nobody knows by heart who lives in an emulator. */
  readonly examples: readonly User[];
}

/** The login form: POST of `transaction`, `username` and `password`. */
export function loginPage(transactionId: string, options: LoginPageOptions): EmulatorAnswer {
  const examples = options.examples.map(
    ({ username, password }) => markup`<li><code>${username}</code><br><code>${password}</code></li>`,
  );
  const message = options.message === undefined ? [] : [markup`<p class="alert" role="alert">${options.message}</p>`];
  // Whoever was turned away looks for a user that is taken.
  const open = options.message === undefined ? [] : [markup` open`];
  const help =
    examples.length === 0 ? [] : [markup`<details${open}><summary>Who can log in here?</summary><ul>${examples}</ul></details>`];
  const focus = [markup` autofocus`];
  const [inUsername, inPassword] = options.username === '' ? [focus, []] : [[], focus];
  return page(
    200,
    'Log in',
    markup`${message}<form method="post" action="${LOGIN_PATH}">
<input type="hidden" name="transaction" value="${transactionId}">
<label for="username">Username</label>
<input id="username" name="username" value="${options.username}" autocomplete="username" required${inUsername}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${inPassword}>
<button type="submit">Log in</button></form>
${help}`,
  );
}
