import type { Refusal } from '../oauth/refusals.ts';
import type { EmulatorAnswer } from '../server/http-message.ts';
import { markup, page } from './page.ts';

/** What a browser sees when it can't safely be sent back to the client. */
export function errorPage({ status, error, description }: Refusal): EmulatorAnswer {
  const text = description === null ? `error=${error}` : `error=${error}&error_description=${description}`;
  return page(
    status,
    "We can't authorize you because of an OAuth error",
    markup`<p class="alert" role="alert"><code>${text}</code></p>
<p>Nothing was sent to the app. Mend the request or the app's settings, then begin again in the app.</p>`,
  );
}
