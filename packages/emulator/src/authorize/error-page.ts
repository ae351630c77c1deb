import type { EmulatorAnswer } from '../http-message.ts';
import type { OAuthError } from '../oauth-error.ts';
import { markup, page } from './page.ts';

/** What a browser sees when it can't safely be sent back to the client. */
export function errorPage(error: OAuthError): EmulatorAnswer {
  return page(
    400,
    "We can't authorize you because of an OAuth error",
    markup`<p class="alert" role="alert"><code>error=${error.error}&amp;error_description=${error.description}</code></p>
<p>Nothing was sent to the app. Mend the request or the app's settings, then begin again in the app.</p>`,
  );
}
